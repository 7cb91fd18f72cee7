"""Directed search: the least and the greatest value of what the abstract leaves open, as far as found.

Every bound is attained by a stored cohort that prints every claim, so the true range is at least as
wide. The claims say the same of all free binary factors, so what is found for one of them holds for
each: their columns may change names. NOT patient data: every row is made up.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import NamedTuple

import joblib
import numpy as np
import pandas as pd
from scipy import stats
from scipy.special import expit
from tqdm import tqdm

from lib import example, ladder, walk, witnesses
from lib.logits import joint_fits
from lib.witnesses import FOLDER, Frame, Result, replace

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
        return self.kind in (walk.ODDS_RATIO, walk.ADJUSTED, walk.WITH_GROUPS)


def conclusions(about: Frame) -> dict[str, Conclusion]:
    """All conclusions by name."""
    found = {
        "binary.share": Conclusion(walk.SHARE, "binary", True, 0.02),
        "binary.odds_ratio": Conclusion(walk.ODDS_RATIO, "binary", True, 0.1),
        "binary.p_value": Conclusion(walk.TEST, "binary", False, 0.2),
        "binary.adjusted_odds_ratio": Conclusion(walk.ADJUSTED, "binary", True, 0.1),
        "length.odds_ratio": Conclusion(walk.ODDS_RATIO, "length", True, 0.1),
        "length.p_value": Conclusion(walk.TEST, "length", False, 0.2),
        "length.adjusted_odds_ratio": Conclusion(walk.ADJUSTED, "length", True, 0.1),
        # With these two the markers' places among all factors, ordered by P alone, are known.
        "unprinted.largest_p_value": Conclusion(walk.LEAST_TEST, "", False, 0.1, (LEAST,)),
        "unprinted.smallest_p_value": Conclusion(walk.MOST_TEST, "", False, 0.1, (GREATEST,)),
        "model.auc": Conclusion(walk.AREA, "", True, 0.01),
        "model.brier": Conclusion(walk.BRIER, "", True, 0.003),
        "model.discrimination_slope": Conclusion(walk.DISCRIMINATION, "", True, 0.01),
        "model.nagelkerke": Conclusion(walk.NAGELKERKE, "", True, 0.01),
    }
    for marker in about.markers:
        found[f"{marker}.odds_ratio_with_diagnosis"] = Conclusion(walk.WITH_GROUPS, marker, True, 0.1)
        found[f"{marker}.p_value_with_diagnosis"] = Conclusion(walk.Z_WITH_GROUPS, marker, False, 0.1)
    return found


def roles(about: Frame) -> tuple[list[str], str]:
    """The free binary factors and the length."""
    free = [factor for factor in about.factors if f"multivariate.{factor}.odds_ratio" not in about.claims.index]
    binary = [factor for factor in free if about.codebook.at[factor, "type"] == "binary"]
    (length,) = set(free) - set(binary)
    return binary, length


def values(columns: dict[str, np.ndarray], about: Frame) -> pd.DataFrame:
    """The value of every conclusion in each of many cohorts: cohorts x conclusions.

    `columns` holds arrays of cohorts x patients. P alone is Pearson's, or Student's for the length;
    binary.* is the first of the free binary factors.
    """
    binary, length = roles(about)
    outcome = columns[about.outcome]
    events = outcome == 1
    stacked = np.stack([columns[factor] for factor in about.factors], axis=2).astype(float)
    estimates, _ = joint_fits(stacked, outcome)
    alone = {factor: _pearson(columns[factor], events) for factor in binary}
    alone[length] = np.array(
        [stats.ttest_ind(x[y], x[~y]).pvalue for x, y in zip(columns[length].astype(float), events, strict=True)]
    )
    first = columns[binary[0]] == 1
    a, b = (first & events).sum(axis=1), (first & ~events).sum(axis=1)
    c, d = events.sum(axis=1) - a, (~events).sum(axis=1) - b
    by_name = {
        "binary.share": first.mean(axis=1),
        "binary.odds_ratio": a * d / (b * c),
        "binary.p_value": alone[binary[0]],
        "binary.adjusted_odds_ratio": np.exp(estimates[:, 1 + about.factors.index(binary[0])]),
        "length.odds_ratio": np.exp(joint_fits(columns[length][:, :, None].astype(float), outcome)[0][:, 1]),
        "length.p_value": alone[length],
        "length.adjusted_odds_ratio": np.exp(estimates[:, 1 + about.factors.index(length)]),
        "unprinted.largest_p_value": np.max(list(alone.values()), axis=0),
        "unprinted.smallest_p_value": np.min(list(alone.values()), axis=0),
        **_performance(expit(estimates[:, :1] + (stacked @ estimates[:, 1:, None])[:, :, 0]), events),
    }
    levels = list(about.groups.index)
    estimates, errors = joint_fits(ladder.with_groups(stacked, columns[about.group], levels), outcome)
    for marker in about.markers:
        i = 1 + about.factors.index(marker)
        by_name[f"{marker}.odds_ratio_with_diagnosis"] = np.exp(estimates[:, i])
        by_name[f"{marker}.p_value_with_diagnosis"] = 2 * stats.norm.sf(abs(estimates[:, i]) / errors[:, i])
    return pd.DataFrame(by_name)


def _pearson(exposed: np.ndarray, events: np.ndarray) -> np.ndarray:
    """P of Pearson's test, without continuity correction, for many cohorts."""
    exposed = exposed == 1
    a, b = (exposed & events).sum(axis=1), (exposed & ~events).sum(axis=1)
    c, d = events.sum(axis=1) - a, (~events).sum(axis=1) - b
    total = a + b + c + d
    return stats.chi2.sf(total * (a * d - b * c) ** 2.0 / ((a + b) * (c + d) * (a + c) * (b + d)), 1)


def _performance(probabilities: np.ndarray, events: np.ndarray) -> dict[str, np.ndarray]:
    """Apparent performance of many models.

    Source: Brier 1950, Mon Weather Rev 78:1-3; Yates 1982, Organ Behav Hum Perform 30:132-156, for the
    discrimination slope; Nagelkerke 1991, Biometrika 78:691-692.
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
        "model.nagelkerke": (1 - np.exp(2 / patients * (null - likelihood))) / (1 - np.exp(2 / patients * null)),
    }


def standing(columns: dict[str, np.ndarray], about: Frame) -> pd.DataFrame:
    """Which rungs of the assumption ladder each of many cohorts stands on: cohorts x rungs."""
    binary, length = roles(about)
    groups = about.groups.rename_axis(about.group)
    return ladder.allowed(columns, binary, length, about.factors, groups, about.outcome)


class Task(NamedTuple):
    """One directed search."""

    rung: int
    conclusion: str
    side: str
    attempt: int


def drive(task: Task, start: tuple[np.ndarray, np.ndarray], about: Frame, settings: dict) -> Result | None:
    """Drive a conclusion as far as it goes; the last cohort that prints every claim, or None.

    The result depends on the arguments alone.
    """
    choice, rung = settings["directed"], ladder.RUNGS[task.rung]
    names = list(conclusions(about))
    conclusion = conclusions(about)[task.conclusion]
    random = np.random.default_rng(
        [settings["seed"], 3, task.rung, names.index(task.conclusion), (LEAST, GREATEST).index(task.side), task.attempt]
    )
    terms = ["constant", *about.factors]
    target = witnesses.goal(about, settings, rung)._replace(
        exchanged=np.arange(1, len(terms)), steepness=choice["steepness"][0], steepest=choice["steepness"][1]
    )
    column = {"binary": target.binary[0], "length": target.length, "": 0}.get(conclusion.about)
    column = terms.index(conclusion.about) if column is None else column
    with_groups = rung.worst_last or conclusion.kind in (walk.WITH_GROUPS, walk.Z_WITH_GROUPS)
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
        )
        state = walk.state(design, outcome, group)
        # Any value will do at first; the walk then moves the bound on.
        state.bound[0] = -np.inf if upward else np.inf
        follow = witnesses.following(design, target)
        _, new, new_group, arrivals = walk.run(state, target, aim, follow, random, choice["moves"], work)
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
    return Result(int(both[outcome == 1].sum()), int(both[outcome == 0].sum()), task.attempt, 0.0, design, group)


def stacked(cohorts: pd.DataFrame, keys: list[str]) -> tuple[list, dict[str, np.ndarray]]:
    """The keys of stored cohorts, and their columns as arrays of cohorts x patients."""
    parts = list(cohorts.groupby(keys, sort=False))
    return [key for key, _ in parts], {
        name: np.stack([rows[name].to_numpy() for _, rows in parts]) for name in cohorts.columns if name not in keys
    }


def columns_of(results: list[Result], about: Frame) -> dict[str, np.ndarray]:
    """The columns of many cohorts as arrays of cohorts x patients."""
    rows = [witnesses.cohort_of(result.design, result.group, about).rows for result in results]
    return {name: np.stack([one[name].to_numpy() for one in rows]) for name in rows[0]}


def search(stored: list[Result], about: Frame, settings: dict, folder: Path, jobs: int = 1) -> dict:
    """For each (rung, conclusion, side) the best cohort found: (value, Result).

    From the strictest rung to none: what stands on a rung stands on those below it, so each rung
    starts from the best of the one above and from the best stored cohort, and no range gets narrower
    on the way. Like the search for witnesses it can be interrupted, and its result does not depend on
    the number of workers.
    """
    about_all = conclusions(about)
    of_stored = columns_of(stored, about)
    measured, stands = values(of_stored, about), standing(of_stored, about)
    best: dict[tuple[int, str, str], tuple[float, Result]] = {}

    def offer(rung: int, name: str, side: str, value: float, result: Result) -> None:
        known = best.get((rung, name, side))
        sign = 1 if side == GREATEST else -1
        if np.isfinite(value) and (known is None or sign * (value - known[0]) > 0):
            best[rung, name, side] = (float(value), result)

    pairs = [(name, side) for name, conclusion in about_all.items() for side in conclusion.sides]
    attempts = settings["directed"]["attempts"]
    with tqdm(total=len(pairs) * attempts * len(ladder.RUNGS), unit=" searches", desc="extremes") as progress:
        for rung in reversed(range(len(ladder.RUNGS))):
            on_rung = np.flatnonzero(stands[ladder.RUNGS[rung].name])
            tasks = {}
            for name, side in pairs:
                if (rung + 1, name, side) in best:
                    offer(rung, name, side, *best[rung + 1, name, side])
                order = on_rung[np.argsort(measured[name].to_numpy()[on_rung], kind="stable")]
                order = order[::-1] if side == GREATEST else order
                if len(order):
                    offer(rung, name, side, measured[name][order[0]], stored[order[0]])
                ranked = [best[rung, name, side][1]] if (rung, name, side) in best else []
                ranked += [stored[i] for i in order[:attempts]] or stored[:attempts]
                for attempt in range(attempts):
                    start = ranked[attempt % len(ranked)]
                    tasks[Task(rung, name, side, attempt)] = (start.design, start.group)
            done = {task: load(task, folder) for task in tasks if path_of(task, folder).exists()}
            todo = {task: start for task, start in tasks.items() if task not in done}
            new = joblib.Parallel(n_jobs=jobs, return_as="generator_unordered")(
                joblib.delayed(_named)(task, start, about, settings) for task, start in todo.items()
            )
            progress.update(len(done))
            results = dict(done)
            for task, result in new:
                save(task, result, folder)
                results[task] = result
                progress.update()
            reached = [(task, results[task]) for task in tasks if results[task] is not None]
            if reached:
                of_rung = columns_of([result for _, result in reached], about)
                found, allowed = values(of_rung, about), standing(of_rung, about)
                for i, (task, result) in enumerate(reached):
                    if allowed[ladder.RUNGS[rung].name][i]:
                        offer(rung, task.conclusion, task.side, found[task.conclusion][i], result)
    return best


def _named(task: Task, start, about: Frame, settings: dict) -> tuple[Task, Result | None]:
    return task, drive(task, start, about, settings)


def path_of(task: Task, folder: Path) -> Path:
    """The file that keeps the result of a task."""
    return folder / f"{task.rung}-{task.conclusion}-{task.side}-{task.attempt}.npz"


def save(task: Task, result: Result | None, folder: Path) -> None:
    """Keep a result, or that there is none, in a file of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    content = io.BytesIO()
    np.savez_compressed(content, **({} if result is None else result._asdict()))
    replace(path_of(task, folder), content.getvalue())


def load(task: Task, folder: Path) -> Result | None:
    """The kept result of a task."""
    return witnesses.read_result(path_of(task, folder))


def write(best: dict, about: Frame, folder: Path = FOLDER) -> None:
    """Write ranges.csv and extremes.parquet; the same cohort is stored once."""
    cohorts, index, rows = [], {}, []
    for (rung, name, side), (value, result) in sorted(best.items(), key=lambda item: item[0]):
        key = result.design.tobytes() + result.group.astype(np.int8).tobytes()
        if key not in index:
            index[key] = len(index)
            cohorts.append(result)
        rows.append([name, ladder.RUNGS[rung].name, side, value, result.k1, result.k0, index[key]])
    table = witnesses.table_of(cohorts, about)
    table.insert(0, "index", np.repeat(np.arange(len(cohorts), dtype="int16"), len(table) // len(cohorts)))
    ranges = pd.DataFrame(rows, columns=["conclusion", "rung", "side", "value", "k1", "k0", "index"])
    replace(folder / "ranges.csv", ranges.to_csv(index=False, float_format="%.6g", lineterminator="\n").encode())
    replace(folder / "extremes.parquet", table.to_parquet(index=False, compression="zstd"))


def stored_results(cohorts: pd.DataFrame, about: Frame, length: int) -> list[Result]:
    """Stored witnesses as results, in their order."""
    return [witnesses.result_of(rows, about, length) for _, rows in cohorts.groupby(["k1", "k0"], sort=False)]
