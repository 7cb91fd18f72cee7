"""Witnesses: for each core a whole cohort that prints every claim, or the nearest miss.

`python -m lib.search.witnesses` makes cohorts.parquet, cores.csv and settings.json in
data/compatible, in one process or in as many as a number after it says. It can be stopped at any
moment and goes on where it was. NOT patient data: every row is made up.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import platform
import sys
import tomllib
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import joblib
import numpy as np
import pandas as pd
from scipy import stats
from tqdm import tqdm

from lib.compatible import exclusion, ladder
from lib.compatible.logits import joint_fits
from lib.paper import reconstruct
from lib.paper.cores import cores as all_cores
from lib.paper.published import Interval, interval, number, read
from lib.patients.cohort import DATA, EXAMPLE, Cohort, load, read_codebook
from lib.patients.files import InputError
from lib.search import aims, edge, example, gaps, newton, walk
from lib.statistics import univariate

FOLDER = DATA / "compatible"
SETTINGS = FOLDER / "search.toml"
WORKING = DATA.parent / "_build" / "compatible"
# What tells one stored cohort from another.
KEYS = ("k1", "k0", "index")


class Frame(NamedTuple):
    """What all cohorts have in common."""

    claims: pd.DataFrame
    codebook: pd.DataFrame
    factors: list[str]
    markers: list[str]
    group: str
    outcome: str
    groups: pd.DataFrame  # patients and occluded by group
    tables: dict[
        str, np.ndarray
    ]  # by marker: [[exposed occluded, exposed patent], [unexposed ...]]


class Result(NamedTuple):
    """What an attempt came to: a witness or the nearest miss, the occluded first."""

    k1: int
    k0: int
    trial: int  # which start it came from
    distance: float  # 0 for a witness
    design: np.ndarray
    group: np.ndarray  # the number of each patient's group


def frame(claims: pd.DataFrame, codebook: pd.DataFrame) -> Frame:
    """Raises `InputError` when the claims do not determine the counts."""
    claims = reconstruct.original(claims)
    solutions = reconstruct.solve(claims)
    if len(solutions) != 1 or solutions[0].ways != 1:
        raise InputError(
            "No witnesses: the claims must determine the counts, and allow several or none."
        )
    markers = reconstruct.markers(claims)
    return Frame(
        claims,
        codebook,
        list(codebook.index[codebook["role"] == "factor"]),
        markers,
        *(codebook.index[codebook["role"] == role][0] for role in ("group", "outcome")),
        reconstruct.group_table(claims, solutions[0]),
        {marker: reconstruct.marker_table(solutions[0], marker) for marker in markers},
    )


def cores(about: Frame) -> list[tuple[int, int]]:
    """All cores (k1, k0)."""
    first, second = (about.tables[marker] for marker in about.markers)
    return list(all_cores(first, second).itertuples(index=False, name=None))


def roles(about: Frame) -> tuple[list[str], str]:
    """The free binary factors and the length."""
    free = [
        factor
        for factor in about.factors
        if f"multivariate.{factor}.odds_ratio" not in about.claims.index
    ]
    binary = [factor for factor in free if about.codebook.at[factor, "type"] == "binary"]
    (length,) = set(free) - set(binary)
    return binary, length


def goal(about: Frame, settings: dict, rung: ladder.Rung = ladder.RUNGS[0]) -> gaps.Goal:
    """What a witness is, for the compiled walk; of a rung only what concerns the binary factors."""
    terms = ["constant", *about.factors]
    search = {
        "unprinted_odds_ratio": 0,
        "unprinted_p_value": 0,
        "unprinted_tolerance": 1,
        "steepness": 1,
    }
    printed = example.goal(about.claims, terms, search | {"clearance": settings["clearance"]})
    binary, length = roles(about)
    threshold = float(number(about.claims["printed"].get(example.alone(length), "<0.05")))
    alone, joint = threshold * (1 - settings["margin"]), threshold * (1 + settings["margin"])
    least, most, unit = (np.full((len(terms), 4), value) for value in (-np.inf, np.inf, 1.0))
    for i, term in enumerate(terms[1:], start=1):
        if term in (*binary, length):
            most[i, 3], unit[i, 3] = stats.norm.isf(joint / 2), settings["z_tolerance"]
            continue
        middle, half = (printed.least[i] + printed.most[i]) / 2, printed.tolerance[i]
        ends = (printed.least[i], printed.most[i], middle - half, middle + half)
        least[i], most[i], low, high = map(_logarithms_and_z, ends)
        unit[i] = abs(high - low) / 2
        least[i, 3], most[i, 3] = most[i, 3], least[i, 3]  # the larger P, the smaller the deviate
    occluded, patent = about.tables[about.markers[0]].sum(axis=0)
    return gaps.Goal(
        errors=printed.multiplier * np.array([0.0, -1.0, 1.0]),
        least=least,
        most=most,
        unit=unit,
        alone_z=float(stats.norm.isf(alone / 2)),
        z_tolerance=settings["z_tolerance"],
        binary=np.array([terms.index(factor) for factor in binary], dtype=np.int64),
        length=terms.index(length),
        exchanged=np.array([terms.index(factor) for factor in [*binary, length]]),
        pairs=ladder.pairs_away(int(occluded), int(patent), alone, rung),
        shortest=settings["shortest_mm"],
        longest=settings["longest_mm"],
        steepness=1.0,
        steepest=1.0,
    )


def _logarithms_and_z(values: np.ndarray) -> np.ndarray:
    """Of an odds ratio and its limits the logarithms, of P the standard normal deviate."""
    return np.append(np.log(values[:3]), stats.norm.isf(values[3] / 2))


def result_of(rows: pd.DataFrame, about: Frame, length: int) -> Result:
    """A compatible cohort as a witness of its core."""
    rows = rows.sort_values(about.outcome, ascending=False, kind="stable")
    design = np.column_stack([np.ones(len(rows)), rows[about.factors].to_numpy(float)])
    design[:, length] /= gaps.LENGTH_UNIT
    both = (rows[about.markers] == 1).all(axis=1)
    core = (int((both & (rows[about.outcome] == value)).sum()) for value in (1, 0))
    group = about.groups.index.get_indexer(rows[about.group].astype(str))
    return Result(*core, 0, 0.0, design, group)


def outcome_of(about: Frame) -> np.ndarray:
    """The outcome of the rows of a design matrix."""
    occluded, patent = about.tables[about.markers[0]].sum(axis=0)
    return np.repeat([1.0, 0.0], [occluded, patent])


def group_of(about: Frame, random) -> np.ndarray:
    """The groups given out at random within each outcome."""
    numbers = np.arange(len(about.groups))
    sizes = [about.groups["occluded"], about.groups["patients"] - about.groups["occluded"]]
    return np.concatenate([random.permutation(np.repeat(numbers, size)) for size in sizes])


def cohort_of(design: np.ndarray, group: np.ndarray, about: Frame) -> Cohort:
    """The cohort of a design matrix."""
    rows = pd.DataFrame(np.rint(design[:, 1:]), columns=about.factors)
    for i, factor in enumerate(about.factors):
        if about.codebook.at[factor, "type"] == "number":
            rows[factor] = np.rint(design[:, i + 1] * gaps.LENGTH_UNIT)
    rows[about.outcome] = outcome_of(about)
    levels = about.codebook.at[about.group, "levels"].split("|")
    rows.insert(0, about.group, pd.Categorical(about.groups.index.to_numpy()[group], levels))
    return Cohort(rows, about.codebook, EXAMPLE, False)


def move_to_core(
    design: np.ndarray, outcome: np.ndarray, markers: tuple[int, int], core, random
) -> np.ndarray:
    """The same patients with markers exchanged within each outcome until the core is the one
    wanted.
    """
    design = design.copy()
    first, second = design[:, markers[0]], design[:, markers[1]]
    for value, wanted in zip((1, 0), core, strict=True):
        stratum = outcome == value
        while missing := wanted - int((first * second)[stratum].sum()):
            have, lack = (0, 1) if missing > 0 else (1, 0)
            i = random.choice(np.flatnonzero(stratum & (first == 1) & (second == have)))
            j = random.choice(np.flatnonzero(stratum & (first == 0) & (second == lack)))
            first[i], first[j] = first[j], first[i]
    return design


def attempt(
    core: tuple[int, int],
    trial: int,
    start: tuple[np.ndarray, np.ndarray] | None,
    about: Frame,
    settings: dict,
    rung: ladder.Rung = ladder.RUNGS[0],
    functional: str | None = None,
) -> Result:
    """Walk toward a witness of a core from a start (design and groups), or from the edge of what is
    possible: where the variances are least, or the sum of a functional (`exclusion.FUNCTIONALS`).

    The result depends on the arguments alone. It is a witness only if plain packages print every
    claim from it.
    """
    random = np.random.default_rng([settings["seed"], *core, trial, ladder.RUNGS.index(rung)])
    loosest, firmest = settings["steepness"]
    # At the edge the walk is near its goal from the beginning.
    target = goal(about, settings, rung)._replace(
        steepness=firmest if start is None else loosest, steepest=firmest
    )
    outcome = outcome_of(about)
    columns = [about.factors.index(marker) + 1 for marker in about.markers]
    if start is None:
        spread = exclusion.spread(exclusion.from_claims(about.claims), *core, functional)
    design = None
    while design is None or not newton.has_maximum(design, outcome):
        if start is None:
            design, group = (
                edge.start(spread, outcome, target, columns, random),
                group_of(about, random),
            )
        else:
            design, group = move_to_core(start[0], outcome, columns, core, random), start[1]
    nearest, design, group, _ = walk.run(
        walk.state(design, outcome, group),
        target,
        aim(rung, about),
        following(design, target),
        random,
        settings["moves"],
        walk.room(*design.shape, len(about.groups), settings["longest_mm"]),
    )
    if nearest == 0 and example.unmet(cohort_of(design, group, about), about.claims):
        nearest = 1.0
    return Result(*core, trial, nearest, design, group)


def aim(rung: ladder.Rung, about: Frame) -> aims.Aim:
    """What a rung asks beside the claims."""
    return aims.AIMLESS._replace(
        most_last=np.log(ladder.crude_odds_ratios_of_last(about.groups) * rung.most_times_crude),
        most_difference=rung.most_difference,
        most_inflation=rung.most_inflation,
        worst_last=rung.worst_last,
        exchange_groups=rung.worst_last,
    )


def following(design: np.ndarray, target: gaps.Goal) -> np.ndarray:
    """How many mm the length goes up with each free binary factor, by least squares."""
    free = np.column_stack([np.ones(len(design)), design[:, target.binary]])
    return np.linalg.lstsq(free, design[:, target.length] * gaps.LENGTH_UNIT)[0][1:]


def find(core: tuple[int, int], about: Frame, settings: dict) -> Result:
    """A witness of a core, or the nearest miss of as many starts as `settings` allow."""
    nearest = None
    for trial in range(1, settings["starts"] + 1):
        result = attempt(core, trial, None, about, settings)
        if nearest is None or result.distance < nearest.distance:
            nearest = result
        if nearest.distance == 0:
            break
    return nearest


def digest(content: bytes) -> str:
    """A short name for some content."""
    return hashlib.sha256(content).hexdigest()[:16]


def fingerprint(about: Frame, settings: dict) -> str:
    """A name for everything that witnesses depend on."""
    used = {name: value for name, value in settings.items() if name not in ("climb", "directed")}
    text = about.claims.to_csv() + about.codebook.to_csv() + json.dumps(used, sort_keys=True)
    return digest(text.encode())


def save(result: Result | None, path: Path) -> None:
    """Keep a result, or that there is none, in a file of its own."""
    path.parent.mkdir(parents=True, exist_ok=True)
    content = io.BytesIO()
    np.savez_compressed(content, **({} if result is None else result._asdict()))
    replace(path, content.getvalue())


def read_result(path: Path) -> Result | None:
    """A result from its file; None where the file says that there is none."""
    with np.load(path) as file:
        if not file.files:
            return None
        numbers = (int(file[name]) for name in ("k1", "k0", "trial"))
        return Result(*numbers, float(file["distance"]), file["design"], file["group"])


def search(
    about: Frame, settings: dict, wanted: list[tuple[int, int]], folder: Path, jobs: int = 1
) -> list[Result]:
    """Look for a witness of each core; all results, those of earlier runs in `folder` included.

    Each core is searched for itself, so the results depend neither on the number of workers nor on
    interruptions. `joblib.parallel_config(backend=...)` around the call names where the searches
    run.
    """
    first = result_of(load(EXAMPLE).rows, about, goal(about, settings).length)
    earlier = [read_result(path) for path in folder.glob("*.npz")]
    found = {(result.k1, result.k0): result for result in [*earlier, first]}
    with tqdm(total=len(wanted), unit=" cores", desc="witnesses") as progress:
        missing = [core for core in wanted if core not in found]
        progress.update(len(wanted) - len(missing))
        new = joblib.Parallel(n_jobs=jobs, return_as="generator_unordered")(
            joblib.delayed(find)(core, about, settings) for core in missing
        )
        for result in new:
            save(result, folder / f"{result.k1}-{result.k0}.npz")
            found[result.k1, result.k0] = result
            progress.update()
            progress.set_postfix_str(
                f"{sum(result.distance == 0 for result in found.values())} found"
            )
    return [found[core] for core in wanted]


def table_of(results: list[Result], about: Frame) -> pd.DataFrame:
    """Cohorts as rows of patients, with the columns k1 and k0 in front, in compact types."""
    parts = []
    for result in results:
        rows = cohort_of(result.design, result.group, about).rows
        parts.append(rows.assign(k1=result.k1, k0=result.k0))
    table = pd.concat(parts, ignore_index=True)
    whole = [name for name in table.columns if name != about.group]
    table[whole] = table[whole].astype("int16")
    return table[["k1", "k0", *[name for name in table.columns if name not in ("k1", "k0")]]]


def columns_of(results: list[Result], about: Frame) -> dict[str, np.ndarray]:
    """The columns of many cohorts as arrays of cohorts x patients."""
    rows = [cohort_of(result.design, result.group, about).rows for result in results]
    return {name: np.stack([one[name].to_numpy() for one in rows]) for name in rows[0]}


def standing(columns: dict[str, np.ndarray], about: Frame) -> pd.DataFrame:
    """Which rungs of the assumption ladder each of many cohorts stands on: cohorts x rungs."""
    binary, length = roles(about)
    groups = about.groups.rename_axis(about.group)
    return ladder.allowed(columns, binary, length, about.factors, groups, about.outcome)


def climb(
    witnessed: list[Result], about: Frame, settings: dict, folder: Path, jobs: int = 1
) -> dict[tuple[int, int], tuple[int, Result]]:
    """For each core a witness on the strictest rung on which one was found, and that rung's number.

    On each rung, from the strictest down, a core is tried from its own witness and then, pass by
    pass, from that of the nearest core which has one there. Can be interrupted like `search`.
    """
    schedule = settings["climb"]
    quick = settings | {"moves": schedule["moves"]}
    stands = standing(columns_of(witnessed, about), about).to_numpy()
    own = {(result.k1, result.k0): result for result in witnessed}
    highest = {core: (int(row.sum()) - 1, own[core]) for core, row in zip(own, stands, strict=True)}
    with tqdm(total=len(own) * (len(ladder.RUNGS) - 1), unit=" cores", desc="ladder") as progress:
        for number in reversed(range(1, len(ladder.RUNGS))):
            rung = ladder.RUNGS[number]
            for turn in range(schedule["passes"]):
                there = [core for core, (level, _) in highest.items() if level >= number]
                progress.set_postfix_str(f"{rung.name}, pass {turn + 1}: {len(there)}")
                tasks = {}
                for core in own.keys() - set(there):
                    away = {
                        known: abs(core[0] - known[0]) + abs(core[1] - known[1]) for known in there
                    }
                    if turn == 0:
                        tasks[core] = own[core]
                    elif away and min(away.values()) <= turn:
                        tasks[core] = highest[min(sorted(away), key=away.get)][1]
                # Named after their start, because which it is depends on what else was found.
                paths = {
                    core: folder
                    / f"{number}-{turn}-{core[0]}-{core[1]}-{digest(start.design.tobytes())}.npz"
                    for core, start in sorted(tasks.items())
                }
                new = joblib.Parallel(n_jobs=jobs, return_as="generator_unordered")(
                    joblib.delayed(attempt)(
                        core, turn, (tasks[core].design, tasks[core].group), about, quick, rung
                    )
                    for core, path in paths.items()
                    if not path.exists()
                )
                for result in new:
                    save(result, paths[result.k1, result.k0])
                for core, path in paths.items():
                    result = read_result(path)
                    if (
                        result.distance == 0
                        and standing(columns_of([result], about), about)[rung.name].all()
                    ):
                        highest[core] = (number, result)
            progress.update(len(own))
    return highest


def write(
    results: list[Result],
    highest: dict[tuple[int, int], tuple[int, Result]],
    about: Frame,
    settings: dict,
    table: pd.DataFrame,
    folder: Path = FOLDER,
) -> None:
    """Write cohorts.parquet, cores.csv and settings.json.

    `table` has a row for each core, indexed by k1 and k0: the column excluded (true or false) and
    any others, which are passed on. cores.csv adds status (witnessed, excluded or undecided); rung,
    the strictest one that a witness stands on; and nearest_miss, for undecided cores the least
    distance from the goal that was reached. The witness stored is that of the rung. Raises
    `ValueError` when a core is both witnessed and excluded, since one of the two is then wrong.
    """
    nearest = (
        pd.DataFrame(results)[["k1", "k0", "distance"]].groupby(["k1", "k0"])["distance"].min()
    )
    nearest = nearest.reindex(table.index)
    is_excluded = table["excluded"].astype(bool)
    if (is_excluded & (nearest == 0)).any():
        raise ValueError(
            f"both excluded and witnessed: {list(table.index[is_excluded & (nearest == 0)])}"
        )
    status = np.select([nearest == 0, is_excluded], ["witnessed", "excluded"], "undecided")
    table = table.drop(columns="excluded")
    table.insert(0, "status", status)
    table.insert(
        1,
        "rung",
        pd.Series({core: ladder.RUNGS[number].name for core, (number, _) in highest.items()}),
    )
    table.insert(2, "nearest_miss", nearest.where(status == "undecided").round(3))
    made = {
        "settings": settings,
        "python": platform.python_version(),
        "versions": {
            name: version(name)
            for name in ("clarabel", "cvxpy", "numba", "numpy", "pandas", "scipy", "statsmodels")
        },
    }
    folder.mkdir(parents=True, exist_ok=True)
    replace(folder / "cores.csv", table.to_csv(lineterminator="\n").encode())
    cohorts = table_of([highest[core][1] for core in sorted(highest)], about)
    replace(folder / "cohorts.parquet", cohorts.to_parquet(index=False, compression="zstd"))
    replace(folder / "settings.json", (json.dumps(made, indent=1) + "\n").encode())


def replace(path: Path, content: bytes) -> None:
    """Write a file at once: it is either the old one or the whole new one."""
    unfinished = path.with_name(path.name + ".unfinished")
    unfinished.write_bytes(content)
    os.replace(unfinished, path)


def verify(cohorts: pd.DataFrame, claims: pd.DataFrame, codebook: pd.DataFrame) -> pd.Series:
    """For each stored cohort, indexed by k1, k0 and, where several share a core, index: what it
    does not print as claimed, in words.

    The same requirements as `example.unmet`, computed for all cohorts at once.
    An empty string means that every claim is met.
    """
    about = frame(claims, codebook)
    found = {}
    keyed = [name for name in KEYS if name in cohorts]
    groups = dict(list(cohorts.groupby(keyed, sort=False)))
    size = len(outcome_of(about))
    complete = {key: rows for key, rows in groups.items() if len(rows) == size}
    found |= {key: f"{len(rows)} patients" for key, rows in groups.items() if len(rows) != size}
    keys = list(complete)
    columns = [name for name in cohorts.columns if name not in keyed]
    stacked = {
        name: np.stack([complete[key][name].to_numpy() for key in keys]) for name in columns if keys
    }
    problems = _problems(stacked, keys, about) if keys else []
    found |= {key: "; ".join(words) for key, words in zip(keys, problems, strict=True)}
    return pd.Series(found, name="problems").rename_axis(keyed)


def believed(path: Path, claims: pd.DataFrame, codebook: pd.DataFrame) -> pd.DataFrame:
    """The rows of those cohorts in a file that print every claim."""
    cohorts = pd.read_parquet(path)
    problems = verify(cohorts, claims, codebook)
    keys = cohorts.set_index(list(problems.index.names)).index
    return cohorts[keys.isin(problems.index[problems == ""])]


def _problems(columns: dict[str, np.ndarray], keys: list, about: Frame) -> list[list[str]]:
    """What is wrong with each of many cohorts; `columns` holds arrays of cohorts x patients."""
    problems = [[] for _ in keys]

    def require(holds: np.ndarray, words: str) -> None:
        for i in np.flatnonzero(~np.asarray(holds, bool)):
            problems[i].append(words)

    outcome = columns[about.outcome]
    claims = about.claims["printed"]
    for name, (patients, occluded) in about.groups.iterrows():
        of_group = columns[about.group] == name
        require(of_group.sum(axis=1) == patients, f"patients with {name}")
        require((of_group & (outcome == 1)).sum(axis=1) == occluded, f"occluded with {name}")
    for marker, table in about.tables.items():
        for value, exposed in zip((1, 0), table[0], strict=True):
            require(
                ((columns[marker] == 1) & (outcome == value)).sum(axis=1) == exposed,
                f"counts of {marker}",
            )
    first, second = (columns[marker] for marker in about.markers)
    both = (first == 1) & (second == 1)
    for value, wanted in zip((1, 0), np.array(keys).T[:2], strict=True):
        require((both & (outcome == value)).sum(axis=1) == wanted, "another core")

    occluded, patent = about.tables[about.markers[0]].sum(axis=0)
    of_pairs = univariate.p_values_of_all_pairs(occluded, patent)
    for factor in about.factors:
        values, printed = columns[factor], claims.get(example.alone(factor), "<0.05")
        if about.codebook.at[factor, "type"] == "binary":
            require(np.isin(values, (0, 1)).all(axis=1), f"values of {factor}")
            pair = tuple(((values == 1) & (outcome == value)).sum(axis=1) for value in (1, 0))
            tests = {test: of_all[pair] for test, of_all in of_pairs.items()}
        else:
            require((values == np.rint(values)).all(axis=1), f"values of {factor}")
            tests = _number_tests(values, outcome)
        threshold = interval(printed)
        for test, p in tests.items():
            require(_inside(p, threshold), f"{factor} alone by {univariate.TEST_LABELS[test]}")

    level = number(claims.get("multivariate.all.confidence_level", "95%"))
    z = stats.norm.ppf(0.5 + float(level) / 2)
    estimates, errors = joint_fits(
        np.stack([columns[factor] for factor in about.factors], axis=2), outcome
    )
    for i, factor in enumerate(about.factors, start=1):
        estimate, error = estimates[:, i], errors[:, i]
        values = {
            "odds_ratio": np.exp(estimate),
            "odds_ratio_lower": np.exp(estimate - z * error),
            "odds_ratio_upper": np.exp(estimate + z * error),
            "p_value": 2 * stats.norm.sf(abs(estimate) / error),
        }
        if f"multivariate.{factor}.odds_ratio" in claims.index:
            for quantity, value in values.items():
                name = f"multivariate.{factor}.{quantity}"
                if name in claims.index:
                    require(_inside(value, interval(claims[name])), name)
        else:
            alone = interval(claims.get(example.alone(factor), "<0.05"))
            significant = _inside(values["p_value"], alone)
            require(np.isfinite(error) & ~significant, f"{factor} in the joint model")
    return problems


def _inside(values: np.ndarray, bounds: Interval) -> np.ndarray:
    """Whether each value lies strictly inside an interval; a NaN does not."""
    lower = -np.inf if bounds.lower is None else float(bounds.lower)
    upper = np.inf if bounds.upper is None else float(bounds.upper)
    return (values > lower) & (values < upper)


def by_outcome(values: np.ndarray, outcome: np.ndarray) -> list[np.ndarray]:
    """The values of the occluded and of the patent, for many cohorts; the occluded are as many in
    all of them.
    """
    order = np.argsort(-outcome, axis=1, kind="stable")
    return np.split(
        np.take_along_axis(values.astype(float), order, axis=1),
        [np.count_nonzero(outcome[0])],
        axis=1,
    )


def _number_tests(values: np.ndarray, outcome: np.ndarray) -> dict[str, np.ndarray]:
    """P of the tests of a number alone, for many cohorts."""
    occluded, patent = by_outcome(values, outcome)
    estimates, errors = joint_fits(values[:, :, None], outcome)
    return {
        "student": stats.ttest_ind(occluded, patent, axis=1).pvalue,
        "welch": stats.ttest_ind(occluded, patent, axis=1, equal_var=False).pvalue,
        "mann_whitney": stats.mannwhitneyu(occluded, patent, axis=1, method="asymptotic").pvalue,
        "wald": 2 * stats.norm.sf(abs(estimates[:, 1] / errors[:, 1])),
    }


def proven(about: Frame) -> pd.DataFrame:
    """What is proven about each core, indexed by k1 and k0: excluded, reason, and the bounds on
    both errors.
    """
    table = exclusion.judge(exclusion.from_claims(about.claims), exclusion.read()).set_index(
        ["k1", "k0"]
    )
    bounds = {
        f"se_bound_{place}": f"se_bound_{marker.rsplit('_', 1)[-1]}"
        for place, marker in zip(("first", "second"), about.markers, strict=True)
    }
    table = table.rename(columns={"excluded_by": "reason"} | bounds)
    return table.assign(excluded=table["reason"] != "")[["excluded", "reason", *bounds.values()]]


def run(about: Frame, settings: dict, jobs: int = 1) -> list[Result]:
    """What the search came to for each core that is not excluded, going on from earlier runs."""
    excluded = proven(about)["excluded"]
    wanted = [core for core in cores(about) if not excluded[core]]
    return search(about, settings, wanted, WORKING / fingerprint(about, settings), jobs)


def main(jobs: int = 1) -> None:
    """Search all cores that are not excluded, and write their part of data/compatible."""
    settings = tomllib.loads(SETTINGS.read_text(encoding="utf-8"))
    about = frame(read(), read_codebook(DATA / "codebook.csv"))
    results = run(about, settings, jobs)
    found = [result for result in results if result.distance == 0]
    folder = (
        WORKING
        / f"{fingerprint(about, settings)}-ladder-{digest(json.dumps(settings['climb']).encode())}"
    )
    write(results, climb(found, about, settings, folder, jobs), about, settings, proven(about))


if __name__ == "__main__":
    try:
        main(*map(int, sys.argv[1:]))
    except InputError as error:
        sys.exit(str(error))
