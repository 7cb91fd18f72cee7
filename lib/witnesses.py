"""Witnesses: for each core a whole cohort that prints every claim, or the nearest miss.

`python -m lib.witnesses` makes data/compatible. It can be stopped at any moment and goes on where it
was. NOT patient data: every row is made up.
"""

from __future__ import annotations

import hashlib
import json
import os
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import joblib
import numpy as np
import pandas as pd
from scipy import ndimage, stats
from scipy.special import expit
from tqdm import tqdm

from lib import example, reconstruct, univariate, walk
from lib.cohort import DATA, EXAMPLE, Cohort, load
from lib.published import Interval, interval, number

FOLDER = DATA / "compatible"
SETTINGS = FOLDER / "search.toml"
WORKING = DATA.parent / "_build" / "compatible"
MOST_ITERATIONS = 30
# A Newton step that moves no log odds by more than this is the last.
SMALLEST_STEP = 1e-9
# A matrix worse conditioned than this, its diagonal scaled to one, is taken as singular.
LARGEST_CONDITION = 1e12


class Frame(NamedTuple):
    """What all cohorts have in common."""

    claims: pd.DataFrame
    codebook: pd.DataFrame
    factors: list[str]
    markers: list[str]
    group: str
    outcome: str
    groups: pd.DataFrame  # patients and occluded by group
    tables: dict[str, np.ndarray]  # by marker: [[exposed occluded, exposed patent], [unexposed ...]]


class Result(NamedTuple):
    """What an attempt came to. `design` is that of the witness or of the nearest miss."""

    k1: int
    k0: int
    round: int
    distance: float  # 0 for a witness
    design: np.ndarray


def frame(claims: pd.DataFrame, codebook: pd.DataFrame) -> Frame:
    """Raises `InputError` when the claims do not determine the counts."""
    claims = reconstruct.original(claims)
    solutions = reconstruct.solve(claims)
    if len(solutions) != 1 or solutions[0].ways != 1:
        raise example.InputError("No witnesses: the claims must determine the counts, and allow several or none.")
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
    return list(reconstruct.cores(first, second).itertuples(index=False, name=None))


def goal(about: Frame, settings: dict) -> walk.Goal:
    """What a witness is, for the compiled walk."""
    terms = ["constant", *about.factors]
    printed = example.goal(
        about.claims,
        terms,
        {"clearance": settings["clearance"], "unprinted_odds_ratio": 0, "unprinted_p_value": 0}
        | {"unprinted_tolerance": 1, "steepness": 1},
    )
    free = [factor for factor in about.factors if f"multivariate.{factor}.odds_ratio" not in about.claims.index]
    binary = [factor for factor in free if about.codebook.at[factor, "type"] == "binary"]
    (length,) = set(free) - set(binary)
    alone = float(number(about.claims.at[example.alone(length), "printed"])) * (1 - settings["margin"])
    joint = float(number(about.claims.at[example.alone(length), "printed"])) * (1 + settings["margin"])
    occluded, patent = about.tables[about.markers[0]].sum(axis=0)
    tests = univariate.p_values_of_all_pairs(occluded, patent)
    # Comparisons with NaN are false: where a test has no answer the pair is not allowed.
    significant = np.all([p < alone for p in tests.values()], axis=0)
    return walk.Goal(
        multiplier=printed.multiplier,
        printed=np.array([term not in free and term != "constant" for term in terms]),
        least=printed.least,
        most=printed.most,
        tolerance=printed.tolerance,
        joint_z=float(stats.norm.isf(joint / 2)),
        alone_z=float(stats.norm.isf(alone / 2)),
        z_tolerance=settings["z_tolerance"],
        binary=np.array([terms.index(factor) for factor in binary]),
        length=terms.index(length),
        pairs=ndimage.distance_transform_cdt(~significant, metric="taxicab").astype(np.int64),
        shortest=settings["shortest_mm"],
        longest=settings["longest_mm"],
        steepness=1.0,
    )


def design_of(rows: pd.DataFrame, about: Frame, length: int) -> np.ndarray:
    """The design matrix of a cohort, the occluded first."""
    rows = rows.sort_values(about.outcome, ascending=False, kind="stable")
    design = np.column_stack([np.ones(len(rows)), rows[about.factors].to_numpy(float)])
    design[:, length] /= walk.LENGTH_UNIT
    return design


def outcome_of(about: Frame) -> np.ndarray:
    """The outcome of the rows of a design matrix."""
    occluded, patent = about.tables[about.markers[0]].sum(axis=0)
    return np.repeat([1.0, 0.0], [occluded, patent])


def cohort_of(design: np.ndarray, about: Frame, random) -> Cohort:
    """A cohort with these factors, the groups given out at random within each outcome."""
    rows = pd.DataFrame(np.rint(design[:, 1:]), columns=about.factors)
    for i, factor in enumerate(about.factors):
        if about.codebook.at[factor, "type"] == "number":
            rows[factor] = np.rint(design[:, i + 1] * walk.LENGTH_UNIT)
    rows[about.outcome] = outcome_of(about)
    names = about.groups.index.to_numpy()
    sizes = [about.groups["occluded"], about.groups["patients"] - about.groups["occluded"]]
    group = np.concatenate([random.permutation(np.repeat(names, size)) for size in sizes])
    rows.insert(0, about.group, pd.Categorical(group, about.codebook.at[about.group, "levels"].split("|")))
    return Cohort(rows, about.codebook, EXAMPLE, False)


def move_to_core(design: np.ndarray, outcome: np.ndarray, markers: tuple[int, int], core, random) -> np.ndarray:
    """The same patients with markers exchanged within each outcome until the core is the one wanted."""
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


def collinear_start(about: Frame, target: walk.Goal, random) -> np.ndarray:
    """Random patients whose length is nearly a sum over their binary factors.

    Each factor is then hardly significant beside the others, however strong the effect of all of
    them together: what cores far from the middle need.
    """
    outcome = outcome_of(about)
    design = np.zeros((len(outcome), len(about.factors) + 1))
    design[:, 0] = 1
    for marker in about.markers:
        for value, exposed in zip((1, 0), about.tables[marker][0], strict=True):
            design[
                random.choice(np.flatnonzero(outcome == value), exposed, replace=False), about.factors.index(marker) + 1
            ] = 1
    allowed = np.argwhere(target.pairs == 0)
    total = np.zeros(len(outcome))
    for column in target.binary:
        pair = allowed[random.integers(len(allowed))]
        for value, exposed in zip((1, 0), pair, strict=True):
            design[random.choice(np.flatnonzero(outcome == value), exposed, replace=False), column] = 1
        total += random.uniform(-1, 1) * design[:, column]
    span = max(np.ptp(total), 1e-9)
    middle, half = (target.longest + target.shortest) / 2, (target.longest - target.shortest) / 2
    noise = np.exp(random.uniform(np.log(2), np.log(half / 4)))
    mm = (
        middle
        + half * random.uniform(0.2, 1) * (total - total.mean()) / span
        + noise * random.standard_normal(len(total))
    )
    design[:, target.length] = np.rint(mm.clip(target.shortest, target.longest)) / walk.LENGTH_UNIT
    return design


def attempt(core, round_number: int, start: np.ndarray | None, about: Frame, settings: dict) -> Result:
    """Walk from a start toward a witness of a core. The result depends on the arguments alone."""
    schedule = settings["schedule"]
    random = np.random.default_rng([settings["seed"], *core, round_number])
    target = goal(about, settings)._replace(steepness=float(random.uniform(*schedule["steepness"])))
    outcome = outcome_of(about)
    columns = [about.factors.index(marker) + 1 for marker in about.markers]
    design = collinear_start(about, target, random) if start is None else start
    design = move_to_core(design, outcome, columns, core, random)
    free = np.column_stack([np.ones(len(design)), design[:, target.binary]])
    follow = np.linalg.lstsq(free, design[:, target.length] * walk.LENGTH_UNIT)[0][1:]
    moves = int(schedule["moves"] * schedule["growth"] ** round_number)
    group = np.zeros(len(outcome), int)  # they matter to no claim about the joint model
    work = walk.room(*design.shape, 1, settings["longest_mm"])
    nearest, best, _, _ = walk.run(
        walk.state(design, outcome, group), target, walk.AIMLESS, follow, random, moves, work
    )
    if nearest == 0 and example.unmet(cohort_of(best, about, random), about.claims):
        nearest = 1.0
    return Result(*core, round_number, nearest, best)


def starts(round_number: int, results: list[Result], open_cores: list, about: Frame, settings: dict) -> dict:
    """Where each open core is tried from in a round: a design, or None for a new random one.

    A core farther than `reach` from every witness waits for its neighbors.
    """
    schedule = settings["schedule"]
    witnesses = {(result.k1, result.k0): result.design for result in results if result.distance == 0}
    misses = {}
    for result in sorted(results, key=lambda result: (result.distance, result.round)):
        misses.setdefault((result.k1, result.k0), result.design)
    chosen = {}
    for core in open_cores:
        random = np.random.default_rng([settings["seed"], *core, round_number, 1])
        away = {known: abs(core[0] - known[0]) + abs(core[1] - known[1]) for known in witnesses}
        nearest = [known for known, steps in away.items() if steps <= min(away.values()) + 1]
        if min(away.values()) > schedule["reach"]:
            continue
        kind = random.random()
        if kind < schedule["collinear"]:
            chosen[core] = None
        elif core in misses and kind < schedule["collinear"] + schedule["again"]:
            chosen[core] = misses[core]
        else:
            chosen[core] = witnesses[nearest[random.integers(len(nearest))]]
    return chosen


def fingerprint(about: Frame, settings: dict) -> str:
    """A name for everything that results depend on."""
    text = about.claims.to_csv() + about.codebook.to_csv() + json.dumps(settings, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def save(result: Result, folder: Path) -> None:
    """Write a result at once: a file is either whole or not there."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{result.round}-{result.k1}-{result.k0}.npz"
    unfinished = path.with_suffix(".unfinished")
    with unfinished.open("wb") as file:
        np.savez_compressed(file, **result._asdict())
    os.replace(unfinished, path)


def saved(folder: Path) -> list[Result]:
    """All results in a folder, in the order of rounds and cores."""
    results = []
    for path in folder.glob("*.npz"):
        with np.load(path) as file:
            results.append(
                Result(*(int(file[name]) for name in ("k1", "k0", "round")), float(file["distance"]), file["design"])
            )
    return sorted(results, key=lambda result: (result.round, result.k1, result.k0))


def search(about: Frame, settings: dict, wanted: list[tuple[int, int]], folder: Path, jobs: int = 1) -> list[Result]:
    """Try the wanted cores round by round; all results, those of earlier runs in `folder` included.

    A round starts from what the rounds before it found and from nothing else, so the results depend
    neither on the number of workers nor on interruptions. `joblib.parallel_config(backend=...)`
    around the call names where the attempts run.
    """
    start = design_of(load(EXAMPLE).rows, about, goal(about, settings).length)
    target_columns = [about.factors.index(marker) + 1 for marker in about.markers]
    both = start[:, target_columns].prod(axis=1)
    outcome = outcome_of(about)
    first = Result(int(both[outcome == 1].sum()), int(both[outcome == 0].sum()), 0, 0.0, start)
    earlier = {(result.round, result.k1, result.k0): result for result in saved(folder)}
    results = [first]
    with tqdm(total=len(wanted), unit=" cores", desc="witnesses") as progress:
        found = {(first.k1, first.k0)} & set(wanted)
        progress.update(len(found))
        for round_number in range(1, settings["schedule"]["rounds"] + 1):
            open_cores = [core for core in wanted if core not in found]
            tasks = starts(round_number, results, open_cores, about, settings)
            done = [earlier[round_number, *core] for core in tasks if (round_number, *core) in earlier]
            new = joblib.Parallel(n_jobs=jobs, return_as="generator_unordered")(
                joblib.delayed(attempt)(core, round_number, start, about, settings)
                for core, start in tasks.items()
                if (round_number, *core) not in earlier
            )
            of_round = []
            for result in chain(done, new):
                if (round_number, result.k1, result.k0) not in earlier:
                    save(result, folder)
                of_round.append(result)
                if result.distance == 0:
                    found.add((result.k1, result.k0))
                    progress.update()
                progress.set_postfix_str(
                    f"round {round_number}, {len(of_round)}/{len(tasks)}, {len(wanted) - len(found)} open"
                )
            results += sorted(of_round, key=lambda result: (result.k1, result.k0))
            if not tasks:
                break
    return results


def table_of(results: list[Result], about: Frame, settings: dict) -> pd.DataFrame:
    """The witnesses as rows of patients, with the columns k1 and k0 in front, in compact types."""
    parts = []
    for result in sorted((result for result in results if result.distance == 0), key=lambda r: (r.k1, r.k0)):
        random = np.random.default_rng([settings["seed"], result.k1, result.k0, 0])
        rows = cohort_of(result.design, about, random).rows
        parts.append(rows.assign(k1=result.k1, k0=result.k0))
    table = pd.concat(parts, ignore_index=True)
    whole = [name for name in table.columns if name != about.group]
    table[whole] = table[whole].astype("int16")
    return table[["k1", "k0", *[name for name in table.columns if name not in ("k1", "k0")]]]


def _same_for_all(cohorts: pd.DataFrame, keys: list[str]) -> list[tuple[tuple, pd.DataFrame]]:
    return [(key, rows) for key, rows in cohorts.groupby(keys, sort=False)]


def verify(cohorts: pd.DataFrame, claims: pd.DataFrame, codebook: pd.DataFrame) -> pd.Series:
    """For each stored cohort, indexed by (k1, k0), what it does not print as claimed, in words.

    The same requirements as `example.unmet`, computed for all cohorts at once.
    An empty string means that every claim is met.
    """
    about = frame(claims, codebook)
    found = {}
    groups = dict(list(cohorts.groupby(["k1", "k0"], sort=False)))
    size = len(outcome_of(about))
    complete = {key: rows for key, rows in groups.items() if len(rows) == size}
    found |= {key: f"{len(rows)} patients" for key, rows in groups.items() if len(rows) != size}
    keys = list(complete)
    stacked = {
        name: np.stack([complete[key][name].to_numpy() for key in keys])
        for name in cohorts.columns
        if name not in ("k1", "k0")
    }
    problems = _problems(stacked, keys, about)
    found |= {key: "; ".join(words) for key, words in zip(keys, problems, strict=True)}
    return pd.Series(found, name="problems").rename_axis(["k1", "k0"])


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
            require(((columns[marker] == 1) & (outcome == value)).sum(axis=1) == exposed, f"counts of {marker}")
    first, second = (columns[marker] for marker in about.markers)
    both = (first == 1) & (second == 1)
    for value, wanted in zip((1, 0), np.array(keys).T[:2], strict=True):
        require((both & (outcome == value)).sum(axis=1) == wanted, "another core")

    occluded, patent = about.tables[about.markers[0]].sum(axis=0)
    of_pairs = univariate.p_values_of_all_pairs(occluded, patent)
    for factor in about.factors:
        values, printed = columns[factor], claims[example.alone(factor)]
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

    z = stats.norm.ppf(0.5 + float(number(claims["multivariate.all.confidence_level"])) / 2)
    estimates, errors = joint_fits(np.stack([columns[factor] for factor in about.factors], axis=2), outcome)
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
                require(_inside(value, interval(claims[name])), name)
        else:
            significant = _inside(values["p_value"], interval(claims[example.alone(factor)]))
            require(np.isfinite(error) & ~significant, f"{factor} in the joint model")
    return problems


def _inside(values: np.ndarray, bounds: Interval) -> np.ndarray:
    """Whether each value lies strictly inside an interval; a NaN does not."""
    lower = -np.inf if bounds.lower is None else float(bounds.lower)
    upper = np.inf if bounds.upper is None else float(bounds.upper)
    return (values > lower) & (values < upper)


def _number_tests(values: np.ndarray, outcome: np.ndarray) -> dict[str, np.ndarray]:
    """P of the tests of a number alone, for many cohorts; the occluded are as many in all of them."""
    order = np.argsort(-outcome, axis=1, kind="stable")
    events = int(outcome[0].sum())
    ordered = np.take_along_axis(values.astype(float), order, axis=1)
    occluded, patent = ordered[:, :events], ordered[:, events:]
    estimates, errors = joint_fits(values[:, :, None], outcome)
    return {
        "student": stats.ttest_ind(occluded, patent, axis=1).pvalue,
        "welch": stats.ttest_ind(occluded, patent, axis=1, equal_var=False).pvalue,
        "mann_whitney": stats.mannwhitneyu(occluded, patent, axis=1, method="asymptotic").pvalue,
        "wald": 2 * stats.norm.sf(abs(estimates[:, 1] / errors[:, 1])),
    }


def joint_fits(factors: np.ndarray, outcome: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Coefficients and standard errors, cohorts x terms, of many logistic models.

    `factors` is cohorts x patients x factors, `outcome` cohorts x patients. NaN without a maximum.
    """
    outcome = outcome.astype(float)
    # Scaled so that one tolerance serves all columns.
    scale = np.maximum(abs(factors).max(axis=(0, 1)), 1.0)
    designs = np.concatenate([np.ones((*factors.shape[:2], 1)), factors / scale], axis=2)
    transposed = np.ascontiguousarray(designs.transpose(0, 2, 1))
    coefficients = np.zeros((len(designs), designs.shape[2]))
    for _ in range(MOST_ITERATIONS):
        probabilities = expit((designs @ coefficients[:, :, None])[:, :, 0])
        score = (transposed @ (outcome - probabilities)[:, :, None])[:, :, 0]
        weights = probabilities * (1 - probabilities)
        covariance = _inverse((transposed * weights[:, None, :]) @ designs)
        step = (covariance @ score[:, :, None])[:, :, 0]
        coefficients += np.nan_to_num(step)
        size = abs(designs @ step[:, :, None]).max(axis=(1, 2))
        if not (size > SMALLEST_STEP).any():
            break
    converged = (size <= SMALLEST_STEP)[:, None]
    divisor = np.concatenate([[1.0], scale])
    errors = np.sqrt(np.diagonal(covariance, axis1=1, axis2=2))
    return np.where(converged, coefficients, np.nan) / divisor, np.where(converged, errors, np.nan) / divisor


def _inverse(matrices: np.ndarray) -> np.ndarray:
    """Inverses of many symmetric matrices, NaN where one is singular to rounding."""
    diagonal = np.sqrt(np.diagonal(matrices, axis1=1, axis2=2))
    with np.errstate(divide="ignore", invalid="ignore"):
        scaled = matrices / diagonal[:, :, None] / diagonal[:, None, :]
    regular = np.isfinite(scaled).all(axis=(1, 2))
    regular[regular] = np.linalg.cond(scaled[regular]) < LARGEST_CONDITION
    result = np.full_like(matrices, np.nan)
    result[regular] = np.linalg.inv(matrices[regular])
    return result
