"""Readings: what the printed model may have contained, each put to the printed odds ratios, limits
and P values.

A reading is a hypothesis about what was entered, and for which patients. Where a model holds
nothing but the two markers and a division of the patients into strata (no division; a diagnosis;
any binary factor), every such model can be looked at. With the coefficients of the markers at their
printed values, the number of events in a stratum fixes its intercept, and the score equations of
the markers (fitted events with a marker = events with it) then hold for very few tables, which are
refitted. Where a length or all factors are entered, a cohort is searched for.

`python -m lib.search.readings` makes readings.csv and readings.parquet in data/compatible. NOT
patient data: every row is made up.
"""

from __future__ import annotations

import hashlib
import math
import tomllib
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd
from numba import njit
from scipy import stats
from scipy.special import expit
from statsmodels.discrete.conditional_models import ConditionalLogit
from tqdm import tqdm

from lib.compatible import exclusion
from lib.compatible.logits import joint_fits
from lib.paper import checks, cores, reconstruct, wald
from lib.paper.published import agrees, interval, number, read, subject
from lib.patients.cohort import DATA, EXAMPLE, load, read_codebook
from lib.search import example, witnesses
from lib.statistics import univariate

COUNTS = witnesses.FOLDER / "readings.csv"
ROWS = witnesses.FOLDER / "readings.parquet"
# Added to what a score may be off, for the rounding of floating point.
SLACK = 1e-6

SEED = 2022
MOVES = 300_000
# An attempt that is still so far from the goal (in half-units) after a third of its moves is given
# up.
FAR = 50.0
LENGTH_STEP = 20  # mm


class Study(NamedTuple):
    """What the claims say of the two markers."""

    printed: exclusion.Printed
    strings: tuple[dict[str, str], dict[str, str]]  # as in `wald`
    level: float

    @property
    def events(self) -> np.ndarray:
        """Occluded patients, and those of them with each marker."""
        return np.array(
            [self.printed.first[:, 0].sum(), self.printed.first[0, 0], self.printed.second[0, 0]]
        )

    @property
    def sizes(self) -> np.ndarray:
        """Patients, and those of them with each marker."""
        return np.array(
            [self.printed.first.sum(), self.printed.first[0].sum(), self.printed.second[0].sum()]
        )


class Candidates(NamedTuple):
    """Tables whose score equations nearly hold at the printed coefficients, and how many were
    looked at.

    `patients` is tables x strata x cells (in the order of `cores.CELLS`), `events` tables x strata,
    `exposed` (events with each marker) tables x 2.
    """

    patients: np.ndarray
    events: np.ndarray
    exposed: np.ndarray
    looked_at: int


def study(claims: pd.DataFrame) -> Study:
    """Raises `ValueError` as `exclusion.from_claims` does."""
    claims = reconstruct.original(claims)
    printed = exclusion.from_claims(claims)
    names = [name for name in checks.two_by_twos(claims) if name in checks.adjusted(claims)]
    strings = tuple(checks.wald_strings(claims, name) for name in names)
    return Study(printed, strings, checks.confidence_level(claims))


def miss(estimates: np.ndarray, errors: np.ndarray, about: Study, multipliers=None) -> np.ndarray:
    """How far fits are from printing the claims: the largest excess, in units of half a last digit.

    `estimates` and `errors` are fits x 2. Zero for a fit that prints everything, with the z of
    `multipliers` (default: both of `wald.multipliers`) that suits it best; infinite for one that is
    NaN.
    """
    farthest = []
    with np.errstate(invalid="ignore"):
        for z in multipliers or wald.multipliers(about.level):
            excess = np.zeros(len(estimates))
            for i, strings in enumerate(about.strings):
                beta, sigma = estimates[:, i], errors[:, i]
                values = {
                    "odds_ratio": np.exp(beta),
                    "odds_ratio_lower": np.exp(beta - z * sigma),
                    "odds_ratio_upper": np.exp(beta + z * sigma),
                    "p_value": 2 * stats.norm.sf(np.abs(beta) / sigma),
                }
                for quantity, text in strings.items():
                    bounds = interval(text)
                    middle, half = (
                        float(bounds.lower + bounds.upper) / 2,
                        float(bounds.upper - bounds.lower) / 2,
                    )
                    excess = np.maximum(excess, np.abs(values[quantity] - middle) / half - 1)
            farthest.append(np.where(np.isnan(excess), np.inf, excess))
    return np.min(farthest, axis=0)


# ---------------------------------------------------------------- the markers and strata: all tables


def _at_the_printed(about: Study) -> tuple[np.ndarray, np.ndarray]:
    """Log odds of the four cells at the middle of the polygons, and how far the scores may then be
    from zero.

    Along the polygons the score of a marker, intercepts maximized out, changes by at most the
    information times the change of the coefficients. The information about a marker is at most a
    quarter of the patients with it, and that about both at most the geometric mean of the two.
    """
    low, high = (
        np.array([end(polygon[:, 0]) for polygon in about.printed.polygons])
        for end in (np.min, np.max)
    )
    most = about.sizes[1:] / 4
    tolerance = np.sqrt(np.outer(most, most)) @ ((high - low) / 2)
    first, second = (low + high) / 2
    return np.array([first + second, first, second, 0.0]), tolerance + SLACK


@njit(cache=True)
def _fitted_exposed(patients, events, log_odds, ratios):
    """Fitted events with each marker in a stratum, its intercept being that which fits its events."""
    total = patients.sum()
    shift = 0.0
    for cell in range(4):
        shift += patients[cell] * log_odds[cell]
    odds = events / (total - events) * math.exp(-shift / total)
    probabilities = np.zeros(4)
    for _ in range(50):
        fitted, weight = 0.0, 0.0
        for cell in range(4):
            p = odds * ratios[cell] / (1 + odds * ratios[cell])
            fitted += patients[cell] * p
            weight += patients[cell] * p * (1 - p)
        step = min(max((events - fitted) / weight, -2.0), 2.0)
        odds *= math.exp(step)
        if abs(step) < 1e-6:  # Newton's method: the next step would be about its square
            break
    for cell in range(4):
        probabilities[cell] = patients[cell] * odds * ratios[cell] / (1 + odds * ratios[cell])
    return probabilities[0] + probabilities[1], probabilities[0] + probabilities[2]


def _candidates(found: list, strata: int, looked_at: int) -> Candidates:
    rows = np.array(found, dtype=np.int64).reshape(len(found), 5 * strata + 2)
    patients = rows[:, : 4 * strata].reshape(-1, strata, 4)
    return Candidates(patients, rows[:, 4 * strata : 5 * strata], rows[:, 5 * strata :], looked_at)


def fewer_patients(about: Study, left_out: int) -> Candidates:
    """The two markers alone, so many patients left out of the model, whoever they are.

    Raises `ValueError` when the printed numbers are so coarse that two numbers of events may fit.
    """
    log_odds, tolerance = _at_the_printed(about)
    if (tolerance >= 0.5).any():
        raise ValueError("the printed numbers are too coarse for a listing with fewer patients")
    return _candidates(
        *_fewer(left_out, about.sizes, about.events, log_odds, np.exp(log_odds), tolerance)
    )


@njit(cache=True)
def _fewer(left_out, sizes, events, log_odds, ratios, tolerance):
    found = [(0, 0, 0, 0, 0, 0, 0)]
    found.pop()
    looked_at = 0
    patients = np.zeros(4, np.int64)
    total = sizes[0] - left_out
    for both in range(min(sizes[1], sizes[2]) + 1):
        for first in range(max(0, sizes[1] - left_out - both), sizes[1] - both + 1):
            for second in range(max(0, sizes[2] - left_out - both), sizes[2] - both + 1):
                patients[:] = (both, first, second, total - both - first - second)
                if patients[3] < 0:
                    continue
                for occluded in range(max(1, events[0] - left_out), min(events[0], total - 1) + 1):
                    looked_at += 1
                    a, b = _fitted_exposed(patients, occluded, log_odds, ratios)
                    x, y = round(a), round(b)
                    near = abs(a - x) <= tolerance[0] and abs(b - y) <= tolerance[1]
                    if near and x <= events[1] and y <= events[2]:
                        found.append((both, first, second, patients[3], occluded, int(x), int(y)))
    return found, 1, looked_at


def with_groups(about: Study, groups: np.ndarray) -> Candidates:
    """The markers and a group of three, whose occluded and patent patients are the rows of
    `groups`.

    All tables of group x cell with the claimed margins, two groups being listed and the third, the
    largest, looked up by how many of each marker are left for it.
    """
    log_odds, tolerance = _at_the_printed(about)
    order = np.argsort(groups.sum(axis=1), kind="stable")
    listed = []
    for occluded, patent in groups[order]:
        listed.append(
            _tables_of_group(occluded + patent, occluded, about.sizes, log_odds, np.exp(log_odds))
        )
    patients, fitted = listed[2]
    key = patients[:, 0] + patients[:, 1], patients[:, 0] + patients[:, 2]
    sort = np.lexsort(key[::-1])
    listed[2] = patients[sort], fitted[sort]
    place = np.ravel_multi_index(key, about.sizes[1:] + 1)[sort]
    ends = np.searchsorted(place, np.arange(np.prod(about.sizes[1:] + 1) + 1))
    found, looked_at = _combine(
        *listed[0], *listed[1], *listed[2], ends, about.sizes, about.events, tolerance
    )
    chosen = np.array(found, dtype=np.int64).reshape(-1, 3)
    tables = np.stack([listed[i][0][chosen[:, i]] for i in range(3)], axis=1)
    back = np.argsort(order)
    every = np.ones((len(chosen), 1), np.int64)
    return Candidates(tables[:, back], every * groups[:, 0], every * about.events[1:], looked_at)


@njit(cache=True)
def _tables_of_group(total, occluded, sizes, log_odds, ratios):
    """All tables of one group, and the fitted events with each marker."""
    count = 0
    for both in range(min(total, sizes[1], sizes[2]) + 1):
        for first in range(min(total, sizes[1]) - both + 1):
            count += min(total - both - first, sizes[2] - both) + 1
    patients, fitted = np.zeros((count, 4), np.int64), np.zeros((count, 2))
    row = 0
    for both in range(min(total, sizes[1], sizes[2]) + 1):
        for first in range(min(total, sizes[1]) - both + 1):
            for second in range(min(total - both - first, sizes[2] - both) + 1):
                patients[row] = (both, first, second, total - both - first - second)
                fitted[row] = _fitted_exposed(patients[row], occluded, log_odds, ratios)
                row += 1
    return patients, fitted


@njit(cache=True)
def _combine(
    patients0, fitted0, patients1, fitted1, patients2, fitted2, ends, sizes, events, tolerance
):
    found = [(0, 0, 0)]
    found.pop()
    looked_at = 0
    for i in range(len(patients0)):
        for j in range(len(patients1)):
            first = sizes[1] - patients0[i, 0] - patients0[i, 1] - patients1[j, 0] - patients1[j, 1]
            second = (
                sizes[2] - patients0[i, 0] - patients0[i, 2] - patients1[j, 0] - patients1[j, 2]
            )
            if first < 0 or second < 0:
                continue
            a, b = (
                events[1] - fitted0[i, 0] - fitted1[j, 0],
                events[2] - fitted0[i, 1] - fitted1[j, 1],
            )
            place = first * (sizes[2] + 1) + second
            looked_at += ends[place + 1] - ends[place]
            for k in range(ends[place], ends[place + 1]):
                if (
                    abs(fitted2[k, 0] - a) <= tolerance[0]
                    and abs(fitted2[k, 1] - b) <= tolerance[1]
                ):
                    found.append((i, j, k))
    return found, looked_at


def with_factor(about: Study, n11: int, alone: np.ndarray) -> Candidates:
    """The markers and any one binary factor, when `n11` patients have both markers.

    `alone` says for (exposed occluded, exposed patent) whether the factor is significant alone. Of
    a factor and its opposite, which give the same fit, the one that fewer patients have is taken.
    """
    log_odds, tolerance = _at_the_printed(about)
    total, first, second = about.sizes
    patients = np.array([n11, first - n11, second - n11, total - first - second + n11])
    return _candidates(
        *_with_factor(patients, about.events, alone, log_odds, np.exp(log_odds), tolerance)
    )


@njit(cache=True)
def _with_factor(patients, events, alone, log_odds, ratios, tolerance):
    found = [(0,) * 12]
    found.pop()
    looked_at = 0
    inside, outside = np.zeros(4, np.int64), np.zeros(4, np.int64)
    total = patients.sum()
    for i in range(patients[0] + 1):
        for j in range(patients[1] + 1):
            for k in range(patients[2] + 1):
                for m in range(min(patients[3], total // 2 - i - j - k) + 1):
                    inside[:] = (i, j, k, m)
                    outside[:] = patients - inside
                    exposed = i + j + k + m
                    for occluded in range(
                        max(1, exposed - (total - events[0]) + 1), min(exposed, events[0])
                    ):
                        if not alone[occluded, exposed - occluded]:
                            continue
                        looked_at += 1
                        a, b = _fitted_exposed(inside, occluded, log_odds, ratios)
                        c, d = _fitted_exposed(outside, events[0] - occluded, log_odds, ratios)
                        if (
                            abs(a + c - events[1]) <= tolerance[0]
                            and abs(b + d - events[2]) <= tolerance[1]
                        ):
                            rest = events[0] - occluded
                            table = (i, j, k, m, outside[0], outside[1], outside[2], outside[3])
                            found.append((*table, occluded, rest, events[1], events[2]))
    return found, 2, looked_at


def refit(candidates: Candidates, about: Study) -> tuple[np.ndarray, np.ndarray]:
    """Coefficients (tables x terms) and covariances of the models with the markers and the strata.

    The terms are an intercept for each stratum, then the two markers. NaN without a maximum.
    """
    tables, strata = candidates.events.shape
    markers = np.array([(1, 1), (1, 0), (0, 1), (0, 0)], float)
    design = np.column_stack([np.repeat(np.eye(strata), 4, axis=0), np.tile(markers, (strata, 1))])
    patients = candidates.patients.reshape(tables, -1).astype(float)
    sums = np.concatenate([candidates.events, candidates.exposed], axis=1)
    log_odds, _ = _at_the_printed(about)
    size = candidates.patients.sum(axis=2)
    coefficients = np.concatenate(
        [np.log(candidates.events / (size - candidates.events)), np.zeros((tables, 2))], axis=1
    )
    coefficients[:, :strata] -= (candidates.patients @ log_odds) / size
    coefficients[:, strata:] = log_odds[1:3]
    for _ in range(30):
        p = expit(coefficients @ design.T)
        information = np.einsum("tc,ci,cj->tij", patients * p * (1 - p), design, design)
        regular = np.linalg.cond(information) < 1e10
        covariance = np.full_like(information, np.nan)
        covariance[regular] = np.linalg.inv(information[regular])
        step = np.einsum("tij,tj->ti", covariance, sums - (patients * p) @ design)
        coefficients = coefficients + np.nan_to_num(step)
        if not (np.abs(step) > 1e-10).any():
            break
    settled = (np.abs(step) <= 1e-8).all(axis=1)
    return np.where(settled[:, None], coefficients, np.nan), covariance


def judge(candidates: Candidates, about: Study) -> np.ndarray:
    """`miss` of each candidate when refitted."""
    if not len(candidates.events):
        return np.zeros(0)
    coefficients, covariance = refit(candidates, about)
    errors = np.sqrt(np.diagonal(covariance, axis1=1, axis2=2))
    return miss(coefficients[:, -2:], errors[:, -2:], about)


def z_of_factor(candidates: Candidates, about: Study) -> np.ndarray:
    """|coefficient / standard error| of a binary factor, in models with two strata."""
    coefficients, covariance = refit(candidates, about)
    variance = covariance[:, 0, 0] + covariance[:, 1, 1] - 2 * covariance[:, 0, 1]
    return np.abs(coefficients[:, 0] - coefficients[:, 1]) / np.sqrt(variance)


# ------------------------------------------------------------ a length, or all factors: a search


class Model(NamedTuple):
    """What a model of a reading contains, apart from the intercept."""

    factors: list[str]
    group: bool
    attempts: int  # to find a cohort, for each number of patients with both markers


def models(about: witnesses.Frame) -> dict[str, Model]:
    """The readings for which cohorts are searched and stored."""
    length = [name for name in about.factors if about.codebook.at[name, "type"] != "binary"]
    return {
        "two markers and the length": Model(about.markers + length, False, 20),
        "all factors and the diagnosis": Model(about.factors, True, 4),
    }


def matrix(rows: pd.DataFrame, model: Model, about: witnesses.Frame) -> np.ndarray:
    """The columns of a model without the intercept; of the group, an indicator of each level but
    the first.
    """
    indicators = (
        [rows[about.group].to_numpy() == name for name in about.groups.index[1:]]
        if model.group
        else []
    )
    return np.column_stack([rows[model.factors].to_numpy(float), *indicators]).astype(float)


def search(
    name: str, core: tuple[int, int], random, about: witnesses.Frame, settings: dict
) -> pd.DataFrame | None:
    """Patients of a core from whom the model of a reading prints what is claimed, or None."""
    model = models(about)[name]
    if model.group:
        return _with_groups(model, core, random, about, settings)
    of_model = ~about.claims.index.map(subject).isin(set(about.factors) - set(model.factors))
    about = about._replace(factors=model.factors, claims=about.claims[of_model])
    result = witnesses.attempt(core, int(random.integers(2**32)), None, about, settings)
    if result.distance > 0:
        return None
    rows = witnesses.cohort_of(result.design, result.group, about).rows
    return rows[[*model.factors, about.outcome]].astype(int)


def _with_groups(
    model: Model, core: tuple[int, int], random, about: witnesses.Frame, settings: dict
) -> pd.DataFrame | None:
    """As `search`, for a model with the groups.

    The walk of `example` from the example cohort, its markers exchanged until the core is the one
    wanted. It exchanges values between patients of the same outcome, which leaves every binary
    factor alone as it is.
    """
    rows = load(EXAMPLE).rows.sort_values(
        about.outcome, ascending=False, kind="stable", ignore_index=True
    )
    outcome = rows[about.outcome].to_numpy(float)
    (length,) = (
        factor for factor in about.factors if about.codebook.at[factor, "type"] != "binary"
    )
    rows[about.markers] = witnesses.move_to_core(
        rows[about.markers].to_numpy(float), outcome, (0, 1), core, random
    )
    middle, reach = (
        (settings["longest_mm"] + settings["shortest_mm"]) // 2,
        (settings["longest_mm"] - settings["shortest_mm"]) // 2,
    )
    columns = matrix(rows, model, about)
    terms = ["constant", *model.factors, *about.groups.index[1:]][: columns.shape[1] + 1]
    goal = example.goal(
        about.claims,
        terms,
        {
            "clearance": settings["clearance"],
            "unprinted_odds_ratio": 0,
            "unprinted_p_value": float(_threshold(about.claims, length)) * (1 + settings["margin"]),
            "unprinted_tolerance": settings["z_tolerance"],
            "steepness": settings["steepness"][0],
        },
    )
    goal.least[len(model.factors) + 1 :] = -np.inf  # nothing is claimed about the groups
    patients = np.column_stack([np.ones(len(rows)), columns, np.full(len(rows), middle)])
    # The markers change places together, so that the core stays, and so do the indicators of the
    # groups.
    blocks = [about.markers, *([factor] for factor in model.factors if factor not in about.markers)]
    blocks.append(terms[len(model.factors) + 1 :])
    first = np.searchsorted(-outcome, -outcome)
    exchanges = example.Exchanges(
        first=first,
        size=np.bincount(first)[first],
        blocks=np.array([[term in block for term in [*terms, ""]] for block in blocks]),
        length=terms.index(length),
        step=LENGTH_STEP,
        reach=reach,
    )
    distance, coefficients = example.gap(patients[:, :-1], outcome, np.zeros(len(terms)), goal)
    schedule = np.geomspace(*settings["steepness"], MOVES // example.CHANGES_PER_CALL)
    for call, steepness in enumerate(schedule, start=1):
        proposals = random.random((example.CHANGES_PER_CALL, 5))
        distance, coefficients = example.walk_toward(
            patients,
            outcome,
            coefficients,
            distance,
            goal._replace(steepness=steepness),
            exchanges,
            proposals,
        )
        if call == len(schedule) // 3 and distance > FAR:
            break
        if distance == 0:
            found = pd.DataFrame(
                patients[:, 1 : len(model.factors) + 1].astype(int), columns=model.factors
            )
            numbers = (
                patients[:, len(model.factors) + 1 : -1] @ np.arange(1, len(about.groups))
            ).astype(int)
            found.insert(0, about.group, about.groups.index.to_numpy()[numbers])
            return found.assign(**{about.outcome: outcome.astype(int)})
    return None


def _threshold(claims: pd.DataFrame, factor: str):
    """The P below which a factor alone is claimed to be."""
    return number(claims["printed"].get(example.alone(factor), "<0.05"))


def verify(stored: pd.DataFrame, claims: pd.DataFrame, codebook: pd.DataFrame) -> pd.DataFrame:
    """What each stored cohort is, and what it does not print as claimed, in words (empty: nothing).

    `stored` has the columns reading and number, which together name a cohort, and those of its
    patients. Columns: reading, number, n11, problems. The markers must have the claimed counts,
    both odds ratios, limits and P values must be printed, and each other factor of the model must
    be significant alone by every test that fits it and not in the model. With the groups, their
    counts must be the claimed ones too.
    """
    about, of = witnesses.frame(claims, codebook), study(claims)
    found = []
    for name, rows in stored.groupby("reading", sort=False):
        model = models(about).get(name)
        numbered = dict(list(rows.groupby("number", sort=True)))
        complete = {
            i: patients
            for i, patients in numbered.items()
            if model and len(patients) == of.sizes[0]
        }
        found += [
            (name, i, np.nan, "not a reading, or not all patients")
            for i in numbered
            if i not in complete
        ]
        if complete:
            found += _verified(name, model, complete, about, of)
    return pd.DataFrame(found, columns=["reading", "number", "n11", "problems"])


def _verified(
    name: str, model: Model, cohorts: dict, about: witnesses.Frame, of: Study
) -> list[tuple]:
    designs = np.stack([matrix(rows, model, about) for rows in cohorts.values()])
    outcome = np.stack([rows[about.outcome].to_numpy(float) for rows in cohorts.values()])
    problems = [[] for _ in cohorts]

    def require(holds: np.ndarray, words: str) -> None:
        for i in np.flatnonzero(~holds):
            problems[i].append(words)

    column = {factor: designs[:, :, i] for i, factor in enumerate(model.factors)}
    require(np.isin(outcome, (0, 1)).all(axis=1) & (outcome.sum(axis=1) == of.events[0]), "events")
    for marker, table in about.tables.items():
        for value, exposed in zip((1, 0), table[0], strict=True):
            require(
                ((column[marker] == 1) & (outcome == value)).sum(axis=1) == exposed,
                f"counts of {marker}",
            )
    if model.group:
        groups = np.stack([rows[about.group].to_numpy() for rows in cohorts.values()])
        for group, (patients, occluded) in about.groups.iterrows():
            require((groups == group).sum(axis=1) == patients, f"patients with {group}")
            require(
                ((groups == group) & (outcome == 1)).sum(axis=1) == occluded,
                f"occluded with {group}",
            )

    estimates, errors = joint_fits(designs, outcome)
    place = [1 + model.factors.index(marker) for marker in about.markers]
    exact = wald.multipliers(of.level)[:1]  # as statsmodels prints it
    require(
        miss(estimates[:, place], errors[:, place], of, exact) == 0,
        "odds ratios, limits and P of the markers",
    )
    require(np.isfinite(errors).all(axis=1), "no maximum")
    for i, factor in enumerate(model.factors, start=1):
        values, threshold = column[factor], float(_threshold(about.claims, factor))
        binary = about.codebook.at[factor, "type"] == "binary"
        require(
            (np.isin(values, (0, 1)) if binary else values == np.rint(values)).all(axis=1),
            f"values of {factor}",
        )
        if factor not in about.markers:
            p = np.array(list(_alone(values, outcome, binary).values()))
            require((p < threshold).all(axis=0), f"{factor} alone")
            require(
                2 * stats.norm.sf(np.abs(estimates[:, i] / errors[:, i])) >= threshold,
                f"{factor} in the model",
            )
    first, second = (column[marker] == 1 for marker in about.markers)
    both = (first & second).sum(axis=1)
    return [
        (name, number_, n11, "; ".join(words))
        for number_, n11, words in zip(cohorts, both, problems, strict=True)
    ]


def _alone(values: np.ndarray, outcome: np.ndarray, binary: bool) -> dict[str, np.ndarray]:
    """P of the tests of one factor alone (those of `univariate`), cohorts x patients at once."""
    events = int(outcome[0].sum())
    if binary:
        pair = tuple(((values == 1) & (outcome == value)).sum(axis=1) for value in (1, 0))
        tests = univariate.p_values_of_all_pairs(events, values.shape[1] - events)
        return {test: table[pair] for test, table in tests.items()}
    order = np.argsort(-outcome, axis=1, kind="stable")
    occluded, patent = np.split(np.take_along_axis(values, order, axis=1), [events], axis=1)
    estimates, errors = joint_fits(values[:, :, None], outcome)
    return {
        "student": stats.ttest_ind(occluded, patent, axis=1).pvalue,
        "welch": stats.ttest_ind(occluded, patent, axis=1, equal_var=False).pvalue,
        "mann_whitney": stats.mannwhitneyu(occluded, patent, axis=1, method="asymptotic").pvalue,
        "wald": 2 * stats.norm.sf(np.abs(estimates[:, 1] / errors[:, 1])),
    }


# ------------------------------------------------------------------------------- what is stored

LISTED = [
    "two markers alone, fewer patients",
    "two markers alone, conditional likelihood",
    "two markers and the diagnosis",
    "two markers and one binary factor",
]


def fingerprint(claims: pd.DataFrame) -> str:
    """A name for everything in the claims that the stored counts depend on."""
    of = study(claims)
    groups = _groups(claims)
    text = repr(
        [
            of.printed.first.tolist(),
            of.printed.second.tolist(),
            of.strings,
            of.level,
            groups.tolist(),
        ]
    )
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _groups(claims: pd.DataFrame) -> np.ndarray:
    """Occluded and patent patients of each group."""
    claims = reconstruct.original(claims)
    table = reconstruct.group_table(claims, reconstruct.solve(claims)[0])
    return np.column_stack([table["occluded"], table["patients"] - table["occluded"]])


def listings(claims: pd.DataFrame, possible: list[int]) -> Iterator[dict]:
    """One row per step of the listings: reading, step (patients left out, or patients with both
    markers), looked_at, nearly (refitted), nearest_miss, found.

    `possible` are the numbers of patients with both markers that no proof excludes for all models.
    """
    of = study(claims)
    occluded, patent = of.printed.first.sum(axis=0)
    names = claims.index[claims["section"] == "univariate"]
    threshold = max(float(number(claims.at[name, "printed"])) for name in names)
    with np.errstate(invalid="ignore"):
        tests = univariate.p_values_of_all_pairs(occluded, patent)
        alone = np.any([p < threshold for p in tests.values()], axis=0)

    def row(reading: str, step: int, candidates: Candidates, most_z: float | None = None) -> dict:
        misses = judge(candidates, of)
        found = misses == 0
        if most_z is not None and found.any():
            found = found & (z_of_factor(candidates, of) <= most_z)
        return _row(reading, step, candidates.looked_at, misses, found)

    for left_out in range(1, of.sizes[0] - 1):
        yield row(LISTED[0], left_out, fewer_patients(of, left_out))
    of_each_number = of.printed.cores.assign(
        n11=lambda table: table["k1"] + table["k0"]
    ).drop_duplicates("n11")
    fits = [conditional_fit(of, k1, k0) for k1, k0 in of_each_number[["k1", "k0"]].to_numpy()]
    misses = miss(*np.swapaxes(fits, 0, 1), of)
    yield _row(LISTED[1], 0, len(misses), misses, misses == 0)
    yield row(LISTED[2], 0, with_groups(of, _groups(claims)))
    for n11 in possible:
        yield row(LISTED[3], n11, with_factor(of, n11, alone), stats.norm.isf(threshold / 2))


def _row(reading: str, step: int, looked_at: int, misses: np.ndarray, found: np.ndarray) -> dict:
    """A row of `listings`."""
    nearest = round(float(misses.min()), 3) if len(misses) and np.isfinite(misses.min()) else np.nan
    return {
        "reading": reading,
        "step": step,
        "looked_at": looked_at,
        "nearly": len(misses),
        "nearest_miss": nearest,
        "found": int(found.sum()),
    }


def conditional_fit(of: Study, k1: int, k0: int) -> tuple[np.ndarray, np.ndarray]:
    """Both estimates and standard errors of a model with the two markers alone in a core, when its
    likelihood is conditional on the number of events. They depend on no more than how many patients
    have both markers.

    Source: Gail, Lubin & Rubinstein 1981, Biometrika 68:703-707, as fitted by statsmodels.
    """
    (counts,) = cores.cells(
        of.printed.first, of.printed.second, pd.DataFrame({"k1": [k1], "k0": [k0]})
    )
    rows = exclusion.GROUPS.repeat(counts.ravel(), axis=0)
    fitted = ConditionalLogit(rows[:, 0], rows[:, 1:], groups=np.ones(len(rows))).fit(
        method="newton"
    )
    return fitted.params, fitted.bse


def possible_cores(claims: pd.DataFrame) -> pd.DataFrame:
    """The cores that no proof excludes for any model with both markers and all patients: k1, k0,
    n11.
    """
    table = exclusion.judge(exclusion.from_claims(claims), exclusion.read())
    table = table.loc[table["excluded_by"] == "", ["k1", "k0"]]
    return table.assign(n11=table["k1"] + table["k0"]).sort_values(["n11", "k1"], ignore_index=True)


def survey(
    claims: pd.DataFrame, counts: pd.DataFrame | None = None, stored: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Every reading with its verdict. Indexed by reading; columns verdict, found, n11_least,
    n11_most, reason.

    `counts` and `stored` are the contents of readings.csv and readings.parquet by default. Stored
    cohorts are refitted, and those that fail count as not stored; counts of a listing made for
    other claims are not used.
    """
    claims = reconstruct.original(claims)
    counts = pd.read_csv(COUNTS) if counts is None else counts
    stored = pd.read_parquet(ROWS) if stored is None else stored
    counts = counts[counts["claims"] == fingerprint(claims)]
    of, codebook = study(claims), read_codebook(DATA / "codebook.csv")
    checked = verify(stored, claims, codebook)
    possible = set(possible_cores(claims)["n11"])
    alone = _alone_reading(of)
    rows = [alone, _stepwise_reading(alone)]
    tables, _ = cores.count_tables(of.printed.first, of.printed.second, _groups(claims))
    words = {
        LISTED[
            0
        ]: "{looked_at:,} sets of sums, for every number of patients left out, whoever they are",
        LISTED[
            1
        ]: "the fit depends only on how many patients have both markers; all {looked_at} numbers were tried",
        LISTED[2]: f"all {tables:,} tables of whole numbers, through {{looked_at:,}} sets of sums",
        LISTED[
            3
        ]: "{looked_at:,} sets of sums: any factor significant alone, for every number of patients with both "
        "markers that is not excluded for all models",
    }
    needed = {
        LISTED[0]: set(range(1, of.sizes[0] - 1)),
        LISTED[1]: {0},
        LISTED[2]: {0},
        LISTED[3]: possible,
    }
    for reading in LISTED:
        rows.append(
            _listed_reading(
                reading, counts[counts["reading"] == reading], needed[reading], words[reading]
            )
        )
    for reading in models(witnesses.frame(claims, codebook)):
        good = checked[(checked["reading"] == reading) & (checked["problems"] == "")]
        verdict = "possible: witness" if len(good) else "open: none found"
        reason = (
            f"{len(good)} cohorts found and refitted"
            if len(good)
            else "a search found none, which proves nothing"
        )
        rows.append((reading, verdict, len(good), good["n11"].min(), good["n11"].max(), reason))
    rows += [
        _said(
            "all factors",
            "possible: witness",
            "the main reading, and what screening the factors one at a time leaves; it has cohorts of its own",
        ),
        _said(
            "markers coded the other way, or 1 and 2",
            "the same model",
            "a marker turned over has one over the odds ratio and limits, and the same P; 1 and 2 for 0 and 1 change "
            "only the intercept",
        ),
        _limits_reading(of),
        _said(
            "stepwise selection with a laxer threshold",
            "open: not searched",
            "a third factor that is not significant may have stayed in the model",
        ),
        _said(
            "conditional likelihood with more factors",
            "open: not searched",
            "its information is that of the outcomes within strata, of which no proof here speaks",
        ),
        _said(
            "penalized likelihood",
            "open: not searched",
            "its fitted events need not be the observed ones, on which every proof here rests",
        ),
    ]
    table = pd.DataFrame(
        rows, columns=["reading", "verdict", "found", "n11_least", "n11_most", "reason"]
    )
    return table.astype(dict.fromkeys(["found", "n11_least", "n11_most"], "Int64")).set_index(
        "reading"
    )


def _said(reading: str, verdict: str, reason: str) -> tuple:
    """A row of `survey` for which nothing was counted."""
    return (reading, verdict, pd.NA, pd.NA, pd.NA, reason)


def _alone_reading(of: Study) -> tuple:
    """The two markers alone on all patients, for every number of patients with both."""
    table = reconstruct.two_marker_odds_ratios(of.printed.first, of.printed.second)
    printed = [strings["odds_ratio"] for strings in of.strings]
    prints = [
        all(agrees(text, value) for text, value in zip(printed, row, strict=True))
        for row in table.to_numpy()
        if np.isfinite(row).all()
    ]
    apart = np.abs(np.log(table / [float(number(text)) for text in printed])).max(axis=1)
    nearest = table.loc[apart.idxmin()]
    reason = (
        f"the fit depends only on how many patients have both markers; of {len(table)} numbers the nearest, "
        f"{apart.idxmin()}, prints {nearest.iloc[0]:.3f} and {nearest.iloc[1]:.3f}"
    )
    verdict = "open: odds ratios possible" if any(prints) else "contradicted: proven"
    return ("two markers alone", verdict, sum(prints), pd.NA, pd.NA, reason)


def _stepwise_reading(alone: tuple) -> tuple:
    """Selection ends with the two markers alone, so it stands or falls with them."""
    _, verdict, found, *_ = alone
    reason = (
        "forward or backward, by the conditional, the likelihood-ratio or the Wald criterion, it ends with what is "
        "significant, the two markers alone"
    )
    return ("stepwise selection of what is significant", verdict, found, pd.NA, pd.NA, reason)


def _listed_reading(reading: str, counts: pd.DataFrame, needed: set[int], words: str) -> tuple:
    """The verdict of a listing: contradicted only where no step is missing."""
    if not needed <= set(counts["step"]):
        return _said(reading, "open: not listed", "no complete listing for these claims is stored")
    found = int(counts["found"].sum())
    reason = words.format(looked_at=counts["looked_at"].sum())
    if found:
        verdict, reason = (
            "open: fits found",
            f"{reason}; {found} print all numbers, patients were not made from them",
        )
    else:
        nearest = counts["nearest_miss"].min()
        verdict, reason = (
            "contradicted: proven",
            f"{reason}; the nearest is {1 + nearest:.1f} half-units from a print",
        )
    return (reading, verdict, found, pd.NA, pd.NA, reason)


def _limits_reading(of: Study) -> tuple:
    """Whether estimate, limits and P of both markers are those of Wald."""
    fits = all(wald.agree(strings, of.level) for strings in of.strings)
    reason = (
        "the limits multiply to the square of the odds ratio and P follows from them, to the printed digits"
        if fits
        else "the limits do not multiply to the square of the odds ratio, or P does not follow from them"
    )
    return _said(
        "limits other than Wald's", "not needed: Wald fits" if fits else "open: Wald fails", reason
    )


def make(claims: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The counts of all listings, and a cohort for each searched reading and number of patients
    with both.
    """
    claims = reconstruct.original(claims)
    about = witnesses.frame(claims, read_codebook(DATA / "codebook.csv"))
    settings = tomllib.loads(witnesses.SETTINGS.read_text(encoding="utf-8"))
    possible = possible_cores(claims)
    numbers = sorted(set(possible["n11"]))
    steps = study(claims).sizes[0] + len(numbers)
    counts = pd.DataFrame(
        list(tqdm(listings(claims, numbers), total=steps, desc="listings", unit=" steps"))
    )
    found = []
    tasks = [(name, n11) for name in models(about) for n11 in numbers]
    for name, n11 in tqdm(tasks, desc="searches", unit=" searches"):
        choice = possible[possible["n11"] == n11]
        random = np.random.default_rng([SEED, list(models(about)).index(name), n11])
        for _ in range(models(about)[name].attempts):
            k1, k0 = choice.iloc[random.integers(len(choice))][["k1", "k0"]]
            rows = search(name, (int(k1), int(k0)), random, about, settings)
            if rows is not None:
                rows = rows.assign(reading=name, number=n11)
                if verify(rows, claims, about.codebook)["problems"].item() == "":
                    found.append(rows)
                    break
    stored = pd.concat(found, ignore_index=True)
    stored = stored[
        [name for name in [*about.codebook.index, "reading", "number"] if name in stored]
    ]
    whole = [name for name in stored.columns if name not in ("reading", about.group)]
    return counts.assign(claims=fingerprint(claims)), stored.astype(dict.fromkeys(whole, "Int16"))


def main() -> None:
    """Write readings.csv and readings.parquet."""
    counts, stored = make(read())
    witnesses.replace(COUNTS, counts.to_csv(index=False, lineterminator="\n").encode())
    witnesses.replace(ROWS, stored.to_parquet(index=False, compression="zstd"))


if __name__ == "__main__":
    main()
