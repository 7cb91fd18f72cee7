"""Complete listings: every model of the two markers and strata that could print the claims.

Where a model holds nothing but the two markers and a division of the patients into strata, its fit
depends on a few sums. With the coefficients of the markers at their printed values, the number of
events in a stratum fixes its intercept, and the score equations of the markers (fitted events with
a marker = events with it) then hold for very few tables. These are refitted. Four listings:

* the two markers alone, any number of patients left out of the model, whoever they are;
* the two markers alone, likelihood conditional on the number of events;
* the two markers and the diagnosis;
* the two markers and any one yes-or-no factor that is significant alone by some test.

How far the scores may be from zero: along the polygons of what is printed a marker's score,
intercepts maximized out, changes by at most the information times the change of the coefficients.
The information about a marker is at most a quarter of the patients with it, and that about both at
most the geometric mean of the two.

`python -m lib.search.listings` makes data/compatible/readings.csv. Its counts are used only as long
as this file is what it was when they were made (`lib.compatible.readings.fingerprint`).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import stats
from statsmodels.discrete.conditional_models import ConditionalLogit
from tqdm import tqdm

from lib.compatible import readings
from lib.compatible.exclusion import GROUPS, Printed
from lib.compatible.study import FOLDER, Study, study
from lib.paper import cores, wald
from lib.paper.published import interval, read
from lib.patients.codebook import read_codebook
from lib.patients.files import DATA
from lib.search.compiled import compiled
from lib.search.store import replace
from lib.statistics import logistic

SLACK = 1e-6  # added to what a score may be off, for the rounding of floating point
MARKERS = GROUPS[:4, 1:]  # of the four cells of a stratum


class Candidates(NamedTuple):
    """Tables whose score equations nearly hold at the printed coefficients, and how many were
    looked at.

    ``patients`` is tables x strata x cells (in the order of ``cores.CELLS``), ``events`` tables x
    strata, ``exposed`` (events with each marker) tables x 2.
    """

    patients: np.ndarray
    events: np.ndarray
    exposed: np.ndarray
    looked_at: int


def misses(estimates: np.ndarray, errors: np.ndarray, printed: Printed) -> np.ndarray:
    """How far fits are from printing the claims: the largest excess, in units of half a last digit.

    ``estimates`` and ``errors`` are fits x 2. Zero for a fit that prints everything, with the z of
    ``wald.multipliers`` that suits it best; infinite for one that is NaN.
    """
    farthest = []
    with np.errstate(invalid="ignore", over="ignore"):
        for z in wald.multipliers(printed.level):
            excess = np.zeros(len(estimates))
            for i, strings in enumerate(printed.strings):
                values = wald.quantities(estimates[:, i], errors[:, i], z)
                for quantity, text in strings.items():
                    bounds = interval(text)
                    middle = float(bounds.lower + bounds.upper) / 2
                    half = float(bounds.upper - bounds.lower) / 2
                    excess = np.maximum(excess, np.abs(values[quantity] - middle) / half - 1)
            farthest.append(np.where(np.isnan(excess), np.inf, excess))
    return np.min(farthest, axis=0)


def refit(candidates: Candidates) -> tuple[np.ndarray, np.ndarray]:
    """Coefficients (tables x terms) and covariances: an intercept for each stratum, both markers.

    NaN without a maximum.
    """
    tables, strata = candidates.events.shape
    design = np.column_stack([np.repeat(np.eye(strata), 4, axis=0), np.tile(MARKERS, (strata, 1))])
    sums = np.concatenate([candidates.events, candidates.exposed], axis=1).astype(float)
    patients = candidates.patients.reshape(tables, -1).astype(float)
    fits = logistic.fit_sums(design[None], sums, weights=patients)
    return fits.coefficients, fits.covariance


def judge(candidates: Candidates, printed: Printed) -> np.ndarray:
    """`misses` of each candidate when refitted."""
    if not len(candidates.events):
        return np.zeros(0)
    coefficients, covariances = refit(candidates)
    errors = np.sqrt(np.diagonal(covariances, axis1=1, axis2=2))
    return misses(coefficients[:, -2:], errors[:, -2:], printed)


def z_of_factor(candidates: Candidates) -> np.ndarray:
    """Absolute z (Wald) of a yes-or-no factor, in models with two strata."""
    coefficients, covariances = refit(candidates)
    variance = covariances[:, 0, 0] + covariances[:, 1, 1] - 2 * covariances[:, 0, 1]
    return np.abs(coefficients[:, 0] - coefficients[:, 1]) / np.sqrt(variance)


# -------------------------------------------------------------------------------- the listings


def _at_the_printed(printed: Printed) -> tuple[np.ndarray, np.ndarray]:
    """Log odds of the four cells at the middle of the polygons, and how far the scores may be from
    zero there."""
    low, high = (
        np.array([end(polygon[:, 0]) for polygon in printed.polygons]) for end in (np.min, np.max)
    )
    most = printed.sizes[1:] / 4
    tolerance = np.sqrt(np.outer(most, most)) @ ((high - low) / 2)
    return MARKERS @ (low + high) / 2, tolerance + SLACK


@compiled
def _fitted_exposed(patients, events, log_odds, ratios):
    """Fitted events with each marker in a stratum whose intercept fits the number of its events."""
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


def fewer_patients(printed: Printed, left_out: int) -> Candidates:
    """The two markers alone, so many patients left out of the model, whoever they are.

    Raises `ValueError` when the printed numbers are so coarse that two numbers of events may fit.
    """
    log_odds, tolerance = _at_the_printed(printed)
    if (tolerance >= 0.5).any():
        raise ValueError("the printed numbers are too coarse for a listing with fewer patients")
    found, looked_at = _fewer(
        left_out, printed.sizes, printed.events, log_odds, np.exp(log_odds), tolerance
    )
    return _candidates(found[1:], 1, looked_at)


@compiled
def _fewer(left_out, sizes, events, log_odds, ratios, tolerance):
    found = [(0, 0, 0, 0, 0, 0, 0)]  # tells the compiler the type; left out by the caller
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
    return found, looked_at


def with_groups(printed: Printed, groups: np.ndarray) -> Candidates:
    """The markers and a group of three, whose occluded and patent patients are the rows of
    ``groups``.

    All tables of group x cell with the claimed margins, two groups being listed and the third, the
    largest, looked up by how many of each marker are left for it.
    """
    log_odds, tolerance = _at_the_printed(printed)
    order = np.argsort(groups.sum(axis=1), kind="stable")
    ratios = np.exp(log_odds)
    listed = [
        _tables_of_group(occluded + patent, occluded, printed.sizes, log_odds, ratios)
        for occluded, patent in groups[order]
    ]
    patients, fitted = map(list, zip(*listed, strict=True))
    place = np.ravel_multi_index((patients[2] @ MARKERS.astype(int)).T, printed.sizes[1:] + 1)
    sort = np.argsort(place, kind="stable")
    patients[2], fitted[2] = patients[2][sort], fitted[2][sort]
    ends = np.searchsorted(place[sort], np.arange(np.prod(printed.sizes[1:] + 1) + 1))
    left = [table @ MARKERS.astype(int) for table in patients[:2]]
    found, looked_at = _combine(
        left[0], left[1], fitted[0], fitted[1], fitted[2], ends, printed.sizes, printed.events,
        tolerance,
    )  # fmt: skip
    chosen = np.array(found[1:], dtype=np.int64).reshape(-1, 3)
    tables = np.stack([patients[i][chosen[:, i]] for i in range(3)], axis=1)
    every = np.ones((len(chosen), 1), np.int64)
    back = np.argsort(order)
    return Candidates(tables[:, back], every * groups[:, 0], every * printed.events[1:], looked_at)


@compiled
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


@compiled
def _combine(left0, left1, fitted0, fitted1, fitted2, ends, sizes, events, tolerance):
    found = [(0, 0, 0)]  # as in `_fewer`
    looked_at = 0
    for i in range(len(left0)):
        for j in range(len(left1)):
            first = sizes[1] - left0[i, 0] - left1[j, 0]
            second = sizes[2] - left0[i, 1] - left1[j, 1]
            if first < 0 or second < 0:
                continue
            a = events[1] - fitted0[i, 0] - fitted1[j, 0]
            b = events[2] - fitted0[i, 1] - fitted1[j, 1]
            place = first * (sizes[2] + 1) + second
            looked_at += ends[place + 1] - ends[place]
            for k in range(ends[place], ends[place + 1]):
                near = abs(fitted2[k, 0] - a) <= tolerance[0]
                if near and abs(fitted2[k, 1] - b) <= tolerance[1]:
                    found.append((i, j, k))
    return found, looked_at


def with_factor(printed: Printed, n11: int, alone: np.ndarray) -> Candidates:
    """The markers and any one yes-or-no factor, when ``n11`` patients have both markers.

    ``alone`` says for [exposed occluded, exposed patent] whether the factor is significant alone.
    Of a factor and its opposite, which give the same fit, that which fewer patients have is taken.
    """
    log_odds, tolerance = _at_the_printed(printed)
    total, first, second = printed.sizes
    patients = np.array([n11, first - n11, second - n11, total - first - second + n11])
    found, looked_at = _with_factor(
        patients, printed.events, alone, log_odds, np.exp(log_odds), tolerance
    )
    return _candidates(found[1:], 2, looked_at)


@compiled
def _with_factor(patients, events, alone, log_odds, ratios, tolerance):
    found = [(0,) * 12]  # as in `_fewer`
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
                    least = max(1, exposed - (total - events[0]) + 1)
                    for occluded in range(least, min(exposed, events[0])):
                        if not alone[occluded, exposed - occluded]:
                            continue
                        looked_at += 1
                        rest = events[0] - occluded
                        a, b = _fitted_exposed(inside, occluded, log_odds, ratios)
                        c, d = _fitted_exposed(outside, rest, log_odds, ratios)
                        near = abs(a + c - events[1]) <= tolerance[0]
                        if near and abs(b + d - events[2]) <= tolerance[1]:
                            table = (i, j, k, m, outside[0], outside[1], outside[2], outside[3])
                            found.append((*table, occluded, rest, events[1], events[2]))
    return found, looked_at


def conditional_fit(printed: Printed, k1: int, k0: int) -> tuple[np.ndarray, np.ndarray]:
    """Both estimates and standard errors of a model with the two markers alone in a core, when its
    likelihood is conditional on the number of events. They depend on no more than how many patients
    have both markers.

    Source: Gail, Lubin & Rubinstein 1981, Biometrika 68:703-707, as fitted by statsmodels.
    """
    core = pd.DataFrame({"k1": [k1], "k0": [k0]})
    (counts,) = cores.cells(printed.first, printed.second, core)
    rows = GROUPS.repeat(counts.ravel(), axis=0)
    model = ConditionalLogit(rows[:, 0], rows[:, 1:], groups=np.ones(len(rows)))
    fitted = model.fit(method="newton")
    return fitted.params, fitted.bse


# ------------------------------------------------------------------------------- what is stored


def listings(about: Study) -> Iterator[dict]:
    """One row per step of the listings: reading, step (patients left out, or patients with both
    markers), looked_at, nearly (refitted), nearest_miss, found.
    """
    printed, steps = about.printed, readings.listed_steps(about.claims)
    threshold = max(about.threshold(factor) for factor in about.factors)
    alone = readings.significant_pairs(about)
    for left_out in steps[readings.ALONE]:
        listed = fewer_patients(printed, left_out)
        yield _row(readings.ALONE, left_out, listed.looked_at, judge(listed, printed))
    table = printed.cores
    of_each_number = table[~(table["k1"] + table["k0"]).duplicated()].to_numpy()
    fits = [conditional_fit(printed, k1, k0) for k1, k0 in of_each_number]
    far = misses(*np.swapaxes(fits, 0, 1), printed)
    yield _row(readings.CONDITIONAL, 0, len(far), far)
    listed = with_groups(printed, about.group_counts)
    yield _row(readings.DIAGNOSIS, 0, listed.looked_at, judge(listed, printed))
    for n11 in steps[readings.ONE_FACTOR]:
        listed = with_factor(printed, n11, alone)
        far = judge(listed, printed)
        # The third factor must not be significant in the model.
        small = np.ones(len(far), bool)
        if (far == 0).any():
            small = z_of_factor(listed) <= stats.norm.isf(threshold / 2)
        yield _row(readings.ONE_FACTOR, n11, listed.looked_at, far, small)


def _row(reading: str, step: int, looked_at: int, far: np.ndarray, also=True) -> dict:
    """A row of `listings`; what is found must also meet ``also``."""
    nearest = round(float(far.min()), 3) if len(far) and np.isfinite(far.min()) else np.nan
    return {
        "reading": reading,
        "step": step,
        "looked_at": looked_at,
        "nearly": len(far),
        "nearest_miss": nearest,
        "found": int(((far == 0) & also).sum()),
    }


def main() -> None:
    """Write readings.csv."""
    about = study(read(), read_codebook(DATA / "codebook.csv"))
    steps = sum(map(len, readings.listed_steps(about.claims).values()))
    rows = tqdm(listings(about), total=steps, desc="listings", unit=" steps")
    table = pd.DataFrame(list(rows)).assign(made_from=readings.fingerprint(about))
    replace(FOLDER / "readings.csv", table.to_csv(index=False, lineterminator="\n").encode())


if __name__ == "__main__":
    main()
