"""Directed search: the least and the greatest value of what the abstract leaves open, as far as
found.

For each conclusion, side and rung of the ladder the search starts from the most extreme cohorts
known so far and drives the conclusion on: whenever a cohort that prints every claim passes the
bound, the bound moves on by a stride, which grows with success and is halved without. Every bound
is attained by a stored cohort, so the true range is at least as wide. What an earlier search
attained is kept.

The claims say the same of all yes-or-no factors that are not printed, so what is found for one of
them holds for each: their columns may change names.

`python -m lib.search.extremes` makes extremes.parquet in data/compatible; a number after it says in
how many processes. It can be stopped at any moment and goes on where it was. NOT patient data:
every row is made up.
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from lib.compatible import exclusion, ladder, measures
from lib.compatible.study import FOLDER, Study, read_stored
from lib.compatible.verification import believed, columns_of, unmet
from lib.search import designs, distance, witnesses
from lib.search.annealing import anneal
from lib.search.store import WORKING, carry_out, digest, replace, run

LEAST, GREATEST = "least", "greatest"
KEYS = [*witnesses.KEYS, "index"]


class Conclusion(NamedTuple):
    """Something that the abstract leaves open, named as in `measures.measure`."""

    kind: int  # what the search drives
    factor: str  # that it is about, where it is about one
    rises: bool  # whether the value rises with what the search drives, or falls
    stride: float
    sides: tuple[str, ...] = (LEAST, GREATEST)


def conclusions(about: Study) -> dict[str, Conclusion]:
    """All conclusions by name."""
    binary, length = about.binary[0], about.length
    found = {
        "binary.share": Conclusion(distance.SHARE, binary, True, 0.02),
        "binary.odds_ratio": Conclusion(distance.ODDS_RATIO, binary, True, 0.1),
        "binary.p_value": Conclusion(distance.TEST, binary, False, 0.2),
        "binary.adjusted_odds_ratio": Conclusion(distance.ADJUSTED, binary, True, 0.1),
        "length.odds_ratio": Conclusion(distance.ODDS_RATIO, length, True, 0.1),
        "length.p_value": Conclusion(distance.TEST, length, False, 0.2),
        "length.adjusted_odds_ratio": Conclusion(distance.ADJUSTED, length, True, 0.1),
        # With these two the markers' places among all factors, ordered by P alone, are known.
        "unprinted.largest_p_value": Conclusion(distance.LEAST_TEST, "", False, 0.1, (LEAST,)),
        "unprinted.smallest_p_value": Conclusion(distance.MOST_TEST, "", False, 0.1, (GREATEST,)),
        "model.auc": Conclusion(distance.AREA, "", True, 0.01),
        "model.brier": Conclusion(distance.BRIER, "", True, 0.003),
        "model.discrimination_slope": Conclusion(distance.DISCRIMINATION, "", True, 0.01),
        "model.nagelkerke": Conclusion(distance.NAGELKERKE, "", True, 0.01),
    }
    for marker in about.markers:
        found |= {
            f"{marker}.odds_ratio_with_diagnosis": Conclusion(
                distance.WITH_GROUPS, marker, True, 0.1
            ),
            f"{marker}.p_value_with_diagnosis": Conclusion(
                distance.Z_WITH_GROUPS, marker, False, 0.1
            ),
        }
    return found


def drive(
    task: tuple[int, str, str, int], origin: np.ndarray, about: Study, settings: dict
) -> np.ndarray | None:
    """Drive a conclusion as far as it goes from a design; that of the last cohort that prints
    every claim, or None.

    A task is a rung, a conclusion, a side and which attempt it is. The result depends on the
    arguments alone.
    """
    (rung, name, side, attempt), choice = task, settings["directed"]
    known = conclusions(about)
    conclusion = known[name]
    random = np.random.default_rng(
        [settings["seed"], 3, rung, list(known).index(name), side == GREATEST, attempt]
    )
    upward = conclusion.rises == (side == GREATEST)
    target = designs.target_of(about, settings, ladder.RUNGS[rung])._replace(
        conclusion=conclusion.kind,
        column=1 + about.factors.index(conclusion.factor) if conclusion.factor else 0,
        side=1.0 if upward else -1.0,
    )
    steps = designs.witness_steps(about, target, keeps_core=False)
    outcome, stride, design = designs.outcome_of(about), conclusion.stride, origin
    accepted = reached = None
    for _ in range(choice["turns"]):
        target = target._replace(stride=stride)
        cohort = distance.cohort_of(design, outcome, target)
        _, arrived, arrivals = anneal(
            cohort, target, steps, random, choice["steps"], tuple(choice["steepness"])
        )
        if arrivals == 0:
            # Nearer to arriving, or a shorter stride.
            design, stride = (cohort.design, stride) if reached is None else (design, stride / 2)
        else:
            value = cohort.bound[0] - target.side * stride
            further = reached is None or target.side * (value - reached) > stride / 100
            reached, design = value, arrived
            if not unmet(designs.rows_of(design, about), about):
                accepted = design
            if not further:
                stride /= 2
            elif arrivals > 3:
                stride *= 1.5
            if conclusion.kind in distance.ODDS_RATIOS and abs(value) > np.log(choice["unlimited"]):
                break
        if stride < choice["smallest_stride"] * conclusion.stride:
            break
    return accepted


def at_limits(
    cores: pd.DataFrame, about: Study, settings: dict, folder: Path, jobs: int = 1
) -> list[np.ndarray]:
    """Cohorts built where certificates limit how well the model fits, in those of the cores (k1,
    k0) that have the widest limits.
    """
    choice, certificates = settings["directed"], exclusion.read()
    tasks = {}
    for functional, rows in certificates[certificates["functional"] != ""].groupby("functional"):
        limits = exclusion.margins(
            rows[exclusion.CERTIFICATE].to_numpy(), about.printed, rows, functional
        )
        rows = rows.assign(limit=limits).merge(cores, on=["k1", "k0"])
        for row in rows.nsmallest(choice["limits"], "limit").itertuples():
            for trial in range(choice["starts"]):
                name = f"{functional}-{row.k1}-{row.k0}-{trial}"
                tasks[name] = ((row.k1, row.k0), trial, about, settings, functional)
    return [
        result.design
        for result in carry_out(folder, witnesses.attempt, tasks, "limits", jobs)
        if result.distance == 0
    ]


def drive_all(
    known: list[np.ndarray], about: Study, settings: dict, folder: Path, jobs: int = 1
) -> list[np.ndarray]:
    """What every directed search came to; ``folder`` keeps the results (`store.carry_out`).

    From the strictest rung down to none: what stands on a rung stands on those below it, so each
    rung starts from the best of the rung above and from the best cohorts known.
    """
    attempts, found = settings["directed"]["attempts"], []
    for rung in reversed(range(len(ladder.RUNGS))):
        so_far, tasks = known + found, {}
        table = measured(so_far, about)
        for name, conclusion in conclusions(about).items():
            for side in conclusion.sides:
                most_extreme = order(table, rung, name, side)[:attempts]
                best = [so_far[place] for place in most_extreme] or known[:1]
                for attempt in range(attempts):
                    task, origin = (rung, name, side, attempt), best[attempt % len(best)]
                    tasks["-".join(map(str, task))] = (task, origin, about, settings)
        driven = carry_out(folder, drive, tasks, f"extremes, {ladder.RUNGS[rung].name}", jobs)
        found += [design for design in driven if design is not None]
    return found


def measured(found: list[np.ndarray], about: Study) -> pd.DataFrame:
    """One row per cohort: the value of every conclusion, then whether it stands on each rung."""
    columns = columns_of(witnesses.table_of(found, about), about)
    return pd.concat([measures.measure(columns, about), ladder.standing(columns, about)], axis=1)


def order(table: pd.DataFrame, rung: int, name: str, side: str) -> np.ndarray:
    """The rows of `measured` that stand on a rung, the most extreme value of a conclusion first."""
    values = table.loc[table[ladder.RUNGS[rung].name] & np.isfinite(table[name]), name]
    return values.sort_values(ascending=side == LEAST, kind="stable").index.to_numpy()


def write(found: list[np.ndarray], about: Study, folder: Path = FOLDER) -> None:
    """Write extremes.parquet: of these cohorts the most extreme on each rung, each stored once.

    Its columns are k1, k0, index, which tells cohorts of one core apart, and those of a cohort.
    """
    table, chosen = measured(found, about), {}
    for name, conclusion in conclusions(about).items():
        for rung in range(len(ladder.RUNGS)):
            for side in conclusion.sides:
                chosen |= dict.fromkeys(order(table, rung, name, side)[:1])
    cohorts = witnesses.table_of([found[place] for place in chosen], about)
    index = np.arange(len(chosen), dtype="int16").repeat(sum(about.totals))
    cohorts.insert(2, "index", index)
    replace(folder / "extremes.parquet", cohorts.to_parquet(index=False, compression="zstd"))


def stored(
    about: Study,
    name: str = "extremes.parquet",
    keys: list[str] = KEYS,
    folder: Path = FOLDER,
) -> list[np.ndarray]:
    """The stored cohorts that print every claim: what was attained before is not given up."""
    cohorts = believed(read_stored(name, folder), keys, about)
    if cohorts.empty:
        return []
    return [designs.design_of(rows, about) for _, rows in cohorts.groupby(keys)]


def main(jobs: int = 1) -> None:
    """Search in both directions from the witnesses and write extremes.parquet."""
    about, settings = designs.read_study(), designs.read_settings()
    known = stored(about, "cohorts.parquet", witnesses.KEYS)
    folder = WORKING / f"{witnesses.fingerprint(about, settings)}-{digest(settings['directed'])}"
    cores = pd.DataFrame(
        [designs.core_of(design, about) for design in known], columns=witnesses.KEYS
    )
    known += at_limits(cores, about, settings, folder / "limits", jobs)
    write([*known, *drive_all(known, about, settings, folder, jobs), *stored(about)], about)


if __name__ == "__main__":
    run(main)
