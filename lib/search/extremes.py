"""Directed search: the least and the greatest value of what the abstract leaves open, as far as
found.

Every bound is attained by a stored cohort that prints every claim, so the true range is at least as
wide. The claims say the same of all free binary factors, so what is found for one of them holds for
each: their columns may change names. NOT patient data: every row is made up.
"""

from __future__ import annotations

import json
import sys
import tomllib
from pathlib import Path
from typing import NamedTuple

import joblib
import numpy as np
import pandas as pd
from scipy import stats
from scipy.special import expit
from tqdm import tqdm

from lib.compatible import exclusion, ladder
from lib.compatible.logits import joint_fits
from lib.paper.published import read
from lib.patients.codebook import read_codebook
from lib.patients.files import DATA
from lib.search import aims, example, walk, witnesses
from lib.search.witnesses import FOLDER, Frame, Result, replace

LEAST, GREATEST = "least", "greatest"


class Conclusion(NamedTuple):
    """Something that the abstract leaves open. `about` is a factor, binary, length or empty."""

    kind: int  # what the walk drives
    about: str
    rises: bool  # whether the value rises with what the walk drives, or falls
    stride: float
    sides: tuple[str, ...] = (LEAST, GREATEST)

    @property
    def is_log(self) -> bool:
        """Whether the walk drives the logarithm of an odds ratio."""
        return self.kind in (aims.ODDS_RATIO, aims.ADJUSTED, aims.WITH_GROUPS)


def conclusions(about: Frame) -> dict[str, Conclusion]:
    """All conclusions by name."""
    found = {
        "binary.share": Conclusion(aims.SHARE, "binary", True, 0.02),
        "binary.odds_ratio": Conclusion(aims.ODDS_RATIO, "binary", True, 0.1),
        "binary.p_value": Conclusion(aims.TEST, "binary", False, 0.2),
        "binary.adjusted_odds_ratio": Conclusion(aims.ADJUSTED, "binary", True, 0.1),
        "length.odds_ratio": Conclusion(aims.ODDS_RATIO, "length", True, 0.1),
        "length.p_value": Conclusion(aims.TEST, "length", False, 0.2),
        "length.adjusted_odds_ratio": Conclusion(aims.ADJUSTED, "length", True, 0.1),
        # With these two the markers' places among all factors, ordered by P alone, are known.
        "unprinted.largest_p_value": Conclusion(aims.LEAST_TEST, "", False, 0.1, (LEAST,)),
        "unprinted.smallest_p_value": Conclusion(aims.MOST_TEST, "", False, 0.1, (GREATEST,)),
        "model.auc": Conclusion(aims.AREA, "", True, 0.01),
        "model.brier": Conclusion(aims.BRIER, "", True, 0.003),
        "model.discrimination_slope": Conclusion(aims.DISCRIMINATION, "", True, 0.01),
        "model.nagelkerke": Conclusion(aims.NAGELKERKE, "", True, 0.01),
    }
    for marker in about.markers:
        found[f"{marker}.odds_ratio_with_diagnosis"] = Conclusion(
            aims.WITH_GROUPS, marker, True, 0.1
        )
        found[f"{marker}.p_value_with_diagnosis"] = Conclusion(
            aims.Z_WITH_GROUPS, marker, False, 0.1
        )
    return found


def values(columns: dict[str, np.ndarray], about: Frame) -> pd.DataFrame:
    """The value of every conclusion in each of many cohorts: cohorts x conclusions.

    `columns` holds arrays of cohorts x patients. P alone is Pearson's, or Student's for the length;
    binary.* is the first of the free binary factors.
    """
    binary, length = witnesses.roles(about)
    outcome = columns[about.outcome]
    events = outcome == 1
    stacked = np.stack([columns[factor] for factor in about.factors], axis=2).astype(float)
    estimates, _ = joint_fits(stacked, outcome)
    alone = {factor: _pearson(columns[factor], events) for factor in binary}
    alone[length] = stats.ttest_ind(*witnesses.by_outcome(columns[length], outcome), axis=1).pvalue
    first = columns[binary[0]] == 1
    a, b = (first & events).sum(axis=1), (first & ~events).sum(axis=1)
    c, d = events.sum(axis=1) - a, (~events).sum(axis=1) - b
    by_name = {
        "binary.share": first.mean(axis=1),
        "binary.odds_ratio": a * d / (b * c),
        "binary.p_value": alone[binary[0]],
        "binary.adjusted_odds_ratio": np.exp(estimates[:, 1 + about.factors.index(binary[0])]),
        "length.odds_ratio": np.exp(
            joint_fits(columns[length][:, :, None].astype(float), outcome)[0][:, 1]
        ),
        "length.p_value": alone[length],
        "length.adjusted_odds_ratio": np.exp(estimates[:, 1 + about.factors.index(length)]),
        "unprinted.largest_p_value": np.max(list(alone.values()), axis=0),
        "unprinted.smallest_p_value": np.min(list(alone.values()), axis=0),
        **_performance(
            expit(estimates[:, :1] + (stacked @ estimates[:, 1:, None])[:, :, 0]), events
        ),
    }
    levels = list(about.groups.index)
    estimates, errors = joint_fits(
        ladder.with_groups(stacked, columns[about.group], levels), outcome
    )
    for marker in about.markers:
        i = 1 + about.factors.index(marker)
        with np.errstate(
            over="ignore"
        ):  # a finite estimate can have an odds ratio beyond any float
            by_name[f"{marker}.odds_ratio_with_diagnosis"] = np.exp(estimates[:, i])
        by_name[f"{marker}.p_value_with_diagnosis"] = 2 * stats.norm.sf(
            abs(estimates[:, i]) / errors[:, i]
        )
    return pd.DataFrame(by_name)


def _pearson(exposed: np.ndarray, events: np.ndarray) -> np.ndarray:
    """P of Pearson's test, without continuity correction, for many cohorts."""
    exposed = exposed == 1
    a, b = (exposed & events).sum(axis=1), (exposed & ~events).sum(axis=1)
    c, d = events.sum(axis=1) - a, (~events).sum(axis=1) - b
    total = a + b + c + d
    return stats.chi2.sf(
        total * (a * d - b * c) ** 2.0 / ((a + b) * (c + d) * (a + c) * (b + d)), 1
    )


def _performance(probabilities: np.ndarray, events: np.ndarray) -> dict[str, np.ndarray]:
    """Apparent performance of many models.

    Source: Brier 1950, Mon Weather Rev 78:1-3; Yates 1982, Organ Behav Hum Perform 30:132-156, for
    the discrimination slope; Nagelkerke 1991, Biometrika 78:691-692.
    """
    patients, occluded = events.shape[1], events.sum(axis=1)
    areas = []
    for p, y in zip(probabilities, events, strict=True):
        difference = p[y][:, None] - p[~y][None, :]
        areas.append(((difference > 1e-10) + 0.5 * (abs(difference) <= 1e-10)).mean())
    likelihood = np.log(np.where(events, probabilities, 1 - probabilities)).sum(axis=1)
    share = occluded / patients
    null = occluded * np.log(share) + (patients - occluded) * np.log(1 - share)
    return {
        "model.auc": np.array(areas),
        "model.brier": ((events - probabilities) ** 2).mean(axis=1),
        "model.discrimination_slope": (probabilities * events).sum(axis=1) / occluded
        - (probabilities * ~events).sum(axis=1) / (patients - occluded),
        "model.nagelkerke": (1 - np.exp(2 / patients * (null - likelihood)))
        / (1 - np.exp(2 / patients * null)),
    }


class Task(NamedTuple):
    """One directed search."""

    rung: int
    conclusion: str
    side: str
    attempt: int


def drive(
    task: Task, start: tuple[np.ndarray, np.ndarray], about: Frame, settings: dict
) -> Result | None:
    """Drive a conclusion as far as it goes; the last cohort that prints every claim, or None.

    The result depends on the arguments alone.
    """
    choice, rung = settings["directed"], ladder.RUNGS[task.rung]
    names = list(conclusions(about))
    conclusion = conclusions(about)[task.conclusion]
    random = np.random.default_rng(
        [
            settings["seed"],
            3,
            task.rung,
            names.index(task.conclusion),
            (LEAST, GREATEST).index(task.side),
            task.attempt,
        ]
    )
    terms = ["constant", *about.factors]
    target = witnesses.goal(about, settings, rung)._replace(
        exchanged=np.arange(1, len(terms)),
        steepness=choice["steepness"][0],
        steepest=choice["steepness"][1],
    )
    column = {"binary": target.binary[0], "length": target.length, "": 0}.get(conclusion.about)
    column = terms.index(conclusion.about) if column is None else column
    with_groups = rung.worst_last or conclusion.kind in (aims.WITH_GROUPS, aims.Z_WITH_GROUPS)
    upward = conclusion.rises == (task.side == GREATEST)
    outcome = witnesses.outcome_of(about)
    work = walk.room(len(outcome), len(terms), len(about.groups), settings["longest_mm"])
    stride, design, group, arrived, value = conclusion.stride, *start, False, None
    accepted = None
    for _ in range(choice["turns"]):
        aim = witnesses.aim(rung, about)._replace(
            conclusion=conclusion.kind,
            side=1.0 if upward else -1.0,
            column=column,
            step=stride,
            exchange_groups=with_groups,
            # The best leads far in what hangs on many patients, any in what hangs on counts.
            best_first=task.attempt % 2 == 0,
        )
        state = walk.state(design, outcome, group)
        # Any value will do at first; the walk then moves the bound on.
        state.bound[0] = -np.inf if upward else np.inf
        follow = witnesses.following(design, target)
        _, new, new_group, arrivals = walk.run(
            state, target, aim, follow, random, choice["moves"], work
        )
        if arrivals == 0:
            if arrived:
                stride /= 2
            else:
                design, group = state.design.copy(), state.group.copy()
            continue
        reached = state.bound[0] - aim.side * stride
        further = not arrived or aim.side * (reached - value) > stride / 100
        arrived, design, group, value = True, new, new_group, reached
        if not example.unmet(witnesses.cohort_of(design, group, about), about.claims):
            accepted = (design, group)
        stride = stride * 1.5 if further and arrivals > 3 else stride / 2 if not further else stride
        unlimited = conclusion.is_log and abs(value) > np.log(choice["unlimited"])
        if unlimited or stride < choice["smallest_stride"] * conclusion.stride:
            break
    if accepted is None:
        return None
    design, group = accepted
    both = design[:, [terms.index(marker) for marker in about.markers]].prod(axis=1)
    return Result(
        int(both[outcome == 1].sum()),
        int(both[outcome == 0].sum()),
        task.attempt,
        0.0,
        design,
        group,
    )


def at_limits(
    witnessed: list[Result], about: Frame, settings: dict, folder: Path, jobs: int = 1
) -> list[Result]:
    """Witnesses built where certificates limit how well the model fits, in the witnessed cores with
    the widest limits.

    They too are kept in `folder`.
    """
    choice, printed, certificates = (
        settings["directed"],
        exclusion.from_claims(about.claims),
        exclusion.read(),
    )
    cores = [(result.k1, result.k0) for result in witnessed]
    tasks = {}
    for functional, rows in certificates[certificates["functional"] != ""].groupby("functional"):
        limits = exclusion.margins(
            rows[exclusion.CERTIFICATE].to_numpy(), printed, rows, functional
        )
        widest = (
            pd.Series(limits, pd.MultiIndex.from_frame(rows[["k1", "k0"]]))
            .reindex(cores)
            .nsmallest(choice["limits"])
        )
        for core in widest.index:
            for trial in range(choice["starts"]):
                tasks[core, len(tasks), functional] = (
                    folder / f"{functional}-{core[0]}-{core[1]}-{trial}.npz"
                )
    with tqdm(total=len(tasks), unit=" starts", desc="limits") as progress:
        new = {task: path for task, path in tasks.items() if not path.exists()}
        progress.update(len(tasks) - len(new))
        results = joblib.Parallel(n_jobs=jobs, return_as="generator")(
            joblib.delayed(witnesses.attempt)(
                core, trial, None, about, settings, functional=functional
            )
            for core, trial, functional in new
        )
        for path, result in zip(new.values(), results, strict=True):
            witnesses.save(result, path)
            progress.update()
    return [
        result for path in tasks.values() if (result := witnesses.read_result(path)).distance == 0
    ]


def search(
    witnessed: list[Result], about: Frame, settings: dict, folder: Path, jobs: int = 1
) -> list[Result]:
    """What every directed search came to, those kept in `folder` by earlier runs included.

    From the strictest rung down to none: what stands on a rung stands on those below it, so each
    rung starts from the best of the rung above and from the best witnesses on it. Like the search
    for witnesses it can be interrupted, and its result does not depend on the number of workers.
    """
    pairs = [
        (name, side) for name, conclusion in conclusions(about).items() for side in conclusion.sides
    ]
    attempts = settings["directed"]["attempts"]
    known, table = list(witnessed), measured(witnessed, about)
    with tqdm(
        total=len(pairs) * attempts * len(ladder.RUNGS), unit=" searches", desc="extremes"
    ) as progress:
        for rung in reversed(range(len(ladder.RUNGS))):
            tasks = {}
            for name, side in pairs:
                places = order(table, rung, name, side)
                ranked = [known[place] for place in places[:attempts]] or witnessed[:attempts]
                for attempt in range(attempts):
                    start = ranked[attempt % len(ranked)]
                    tasks[Task(rung, name, side, attempt)] = (start.design, start.group)
            results = {
                task: witnesses.read_result(path_of(task, folder))
                for task in tasks
                if path_of(task, folder).exists()
            }
            progress.update(len(results))
            new = joblib.Parallel(n_jobs=jobs, return_as="generator_unordered")(
                joblib.delayed(_named)(task, start, about, settings)
                for task, start in tasks.items()
                if task not in results
            )
            for task, result in new:
                witnesses.save(result, path_of(task, folder))
                results[task] = result
                progress.update()
            of_rung = [results[task] for task in tasks if results[task] is not None]
            if of_rung:
                known += of_rung
                table = pd.concat([table, measured(of_rung, about)], ignore_index=True)
    return known[len(witnessed) :]


def measured(results: list[Result], about: Frame) -> pd.DataFrame:
    """One row per cohort: the value of every conclusion, then whether it stands on each rung."""
    columns = witnesses.columns_of(results, about)
    return pd.concat([values(columns, about), witnesses.standing(columns, about)], axis=1)


def order(table: pd.DataFrame, rung: int, name: str, side: str) -> np.ndarray:
    """The rows of `measured` that stand on a rung, the most extreme value of a conclusion first."""
    signed = table[name].to_numpy() * (-1 if side == GREATEST else 1)
    places = np.flatnonzero(table[ladder.RUNGS[rung].name].to_numpy() & np.isfinite(signed))
    return places[np.argsort(signed[places], kind="stable")]


def _named(task: Task, start, about: Frame, settings: dict) -> tuple[Task, Result | None]:
    return task, drive(task, start, about, settings)


def path_of(task: Task, folder: Path) -> Path:
    """The file that keeps the result of a task."""
    return folder / f"{task.rung}-{task.conclusion}-{task.side}-{task.attempt}.npz"


def write(results: list[Result], about: Frame, folder: Path = FOLDER) -> None:
    """Write extremes.parquet: of these cohorts the most extreme on each rung, each stored once.

    Its columns are k1, k0, index, which tells cohorts of one core apart, and those of a cohort.
    """
    table, chosen = measured(results, about), {}
    for name, conclusion in conclusions(about).items():
        for rung in range(len(ladder.RUNGS)):
            for side in conclusion.sides:
                chosen |= dict.fromkeys(order(table, rung, name, side)[:1])
    cohorts = witnesses.table_of([results[place] for place in chosen], about)
    patients = len(cohorts) // len(chosen)
    cohorts.insert(2, "index", np.repeat(np.arange(len(chosen), dtype="int16"), patients))
    replace(folder / "extremes.parquet", cohorts.to_parquet(index=False, compression="zstd"))


def stored(about: Frame, path: Path = FOLDER / "extremes.parquet") -> list[Result]:
    """The cohorts of an earlier search that print every claim: what it attained is not given up."""
    if not path.exists():
        return []
    cohorts = witnesses.believed(path, about.claims, about.codebook)
    length = 1 + about.factors.index(witnesses.roles(about)[1])
    return [
        witnesses.result_of(rows.drop(columns=list(witnesses.KEYS)), about, length)
        for _, rows in cohorts.groupby(list(witnesses.KEYS))
    ]


def fingerprint(witnessed: list[Result], about: Frame, settings: dict) -> str:
    """A name for everything that the directed search depends on."""
    # More attempts go on from those that there are.
    choice = {name: value for name, value in settings["directed"].items() if name != "attempts"}
    text = witnesses.fingerprint(about, settings) + json.dumps(choice, sort_keys=True)
    text += witnesses.table_of(witnessed, about).to_csv()
    return witnesses.digest(text.encode())


def main(jobs: int = 1) -> None:
    """Search in both directions from the witnesses and write extremes.parquet."""
    settings = tomllib.loads(witnesses.SETTINGS.read_text(encoding="utf-8"))
    about = witnesses.frame(read(), read_codebook(DATA / "codebook.csv"))
    witnessed = [result for result in witnesses.run(about, settings, jobs) if result.distance == 0]
    folder = witnesses.WORKING / fingerprint(witnessed, about, settings)
    witnessed += at_limits(witnessed, about, settings, folder / "limits", jobs)
    write([*witnessed, *search(witnessed, about, settings, folder, jobs), *stored(about)], about)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
