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

Tables are enumerated block by block with numpy, and `_fitted`, which is compiled, fits the
intercepts. `python -m lib.search.listings` makes data/compatible/readings.csv; a number after it
says in how many processes. The counts are used only as long as this file is what it was when they
were made (`lib.compatible.readings.fingerprint`).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import stats
from statsmodels.discrete.conditional_models import ConditionalLogit

from lib.compatible import readings
from lib.compatible.exclusion import GROUPS, Printed
from lib.compatible.study import FOLDER, Study
from lib.paper import cores, wald
from lib.paper.published import interval
from lib.search import designs
from lib.search.compiled import compiled
from lib.search.store import WORKING, carry_out, replace, run
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
    patients = candidates.patients.reshape(tables, 4 * strata).astype(float)
    fits = logistic.fit_sums(design[None], sums, weights=patients)
    return fits.coefficients, fits.covariance


def judge(candidates: Candidates, printed: Printed) -> np.ndarray:
    """`misses` of each candidate when refitted."""
    coefficients, covariances = refit(candidates)
    errors = np.sqrt(np.diagonal(covariances, axis1=1, axis2=2))
    return misses(coefficients[:, -2:], errors[:, -2:], printed)


def z_of_factor(candidates: Candidates) -> np.ndarray:
    """Absolute z (Wald) of a yes-or-no factor, in models with two strata."""
    coefficients, covariances = refit(candidates)
    variance = covariances[:, 0, 0] + covariances[:, 1, 1] - 2 * covariances[:, 0, 1]
    return np.abs(coefficients[:, 0] - coefficients[:, 1]) / np.sqrt(variance)


# -------------------------------------------------------------------------------- the listings


def fewer_patients(printed: Printed, left_out: int) -> Candidates:
    """The two markers alone, so many patients left out of the model, whoever they are.

    Raises `ValueError` when the printed numbers are so coarse that two numbers of events may fit.
    """
    _, tolerance = _at_the_printed(printed)
    if (tolerance >= 0.5).any():
        raise ValueError("the printed numbers are too coarse for a listing with fewer patients")
    (total, *sizes), occluded = printed.sizes, printed.events[0]
    total -= left_out

    def tables() -> Iterator[tuple[np.ndarray, np.ndarray]]:
        for both in range(min(sizes) + 1):
            ways = _all_ways(
                [both],
                *(range(max(0, size - left_out - both), size - both + 1) for size in sizes),
                range(max(1, occluded - left_out), min(occluded, total - 1) + 1),
            )
            neither = total - ways[:, :3].sum(axis=1)
            possible = neither >= 0
            patients = np.column_stack([ways[:, :3], neither])
            yield patients[possible, None], ways[possible, 3:]

    return _near_the_printed(tables(), printed, all_patients=False)


def with_factor(printed: Printed, n11: int, alone: np.ndarray) -> Candidates:
    """The markers and any one yes-or-no factor, when ``n11`` patients have both markers.

    ``alone`` says for [exposed occluded, exposed patent] whether the factor is significant alone.
    Of a factor and its opposite, which give the same fit, that which fewer patients have is taken.
    """
    total, first, second = printed.sizes
    cells = np.array([n11, first - n11, second - n11, total - first - second + n11])
    events = printed.events[0]

    def tables() -> Iterator[tuple[np.ndarray, np.ndarray]]:
        for both, first_only in _all_ways(range(cells[0] + 1), range(cells[1] + 1)):
            left = max(0, total // 2 - both - first_only)
            most = [min(left, size) for size in cells[2:]]
            ways = _all_ways([both], [first_only], *(range(m + 1) for m in most), range(1, events))
            patent = ways[:, :4].sum(axis=1) - ways[:, 4]
            possible = (patent > 0) & (patent < total - events)
            possible &= 2 * (patent + ways[:, 4]) <= total
            possible[possible] = alone[ways[possible, 4], patent[possible]]
            inside, occluded = ways[possible, :4], ways[possible, 4]
            yield (
                np.stack([inside, cells - inside], axis=1),
                np.column_stack([occluded, events - occluded]),
            )

    return _near_the_printed(tables(), printed, all_patients=True)


def with_groups(printed: Printed, groups: np.ndarray) -> Candidates:
    """The markers and a group of three, whose occluded and patent patients are the rows of
    ``groups``.

    All tables of group x cell with the claimed margins, two groups being listed and the third, the
    largest, looked up by how many of each marker are left for it.
    """
    log_odds, tolerance = _at_the_printed(printed)
    order = np.argsort(groups.sum(axis=1), kind="stable")
    patients, having, fitted = [], [], []
    for occluded, patent in groups[order]:
        total, sizes = occluded + patent, printed.sizes[1:]
        ways = _all_ways(*(range(size + 1) for size in (sizes.min(), *sizes)))
        of_group = np.column_stack([ways, total - ways.sum(axis=1)])
        with_marker = of_group @ MARKERS.astype(int)
        possible = (of_group[:, 3] >= 0) & (with_marker <= sizes).all(axis=1)
        patients.append(of_group[possible])
        having.append(with_marker[possible])
        events = np.full((possible.sum(), 1), occluded)
        fitted.append(_fitted(of_group[possible, None], events, log_odds))
    place = np.ravel_multi_index(having[2].T, printed.sizes[1:] + 1)
    sort = np.argsort(place, kind="stable")
    ends = np.searchsorted(place[sort], np.arange(np.prod(printed.sizes[1:] + 1) + 1))
    found, looked_at = _combine(
        having[0], having[1], fitted[0], fitted[1], fitted[2][sort], ends, printed.sizes[1:],
        printed.events[1:], tolerance,
    )  # fmt: skip
    chosen = np.array(found[1:], dtype=np.int64).reshape(-1, 3)
    chosen[:, 2] = sort[chosen[:, 2]]
    tables = np.stack([patients[i][chosen[:, i]] for i in np.argsort(order)], axis=1)
    every = np.ones((len(chosen), 1), np.int64)
    return Candidates(tables, every * groups[:, 0], every * printed.events[1:], looked_at)


def _all_ways(*ranges: Iterable[int]) -> np.ndarray:
    """All ways to take one number from each of some ranges: ways x ranges."""
    numbers = [np.array(numbers, dtype=np.int64) for numbers in ranges]
    return np.stack(np.meshgrid(*numbers, indexing="ij"), axis=-1).reshape(-1, len(ranges))


def _at_the_printed(printed: Printed) -> tuple[np.ndarray, np.ndarray]:
    """Log odds of the four cells at the middle of the polygons, and how far the scores may be from
    zero there."""
    low, high = (
        np.array([end(polygon[:, 0]) for polygon in printed.polygons]) for end in (np.min, np.max)
    )
    most = printed.sizes[1:] / 4
    tolerance = np.sqrt(np.outer(most, most)) @ ((high - low) / 2)
    return MARKERS @ (low + high) / 2, tolerance + SLACK


def _near_the_printed(
    tables: Iterator[tuple[np.ndarray, np.ndarray]], printed: Printed, *, all_patients: bool
) -> Candidates:
    """Of tables (blocks of patients by stratum and cell, and of events by stratum) those whose
    fitted events with each marker are near the printed ones; where some patients are left out,
    near any whole number up to these.
    """
    log_odds, tolerance = _at_the_printed(printed)
    found, looked_at = [], 0
    for patients, events in tables:
        fitted, most = _fitted(patients, events, log_odds), printed.events[1:]
        exposed = np.minimum(np.rint(fitted).astype(np.int64), most)
        if all_patients:
            exposed[:] = most
        near = (np.abs(fitted - exposed) <= tolerance).all(axis=1)
        found.append((patients[near], events[near], exposed[near]))
        looked_at += len(events)
    return Candidates(*map(np.concatenate, zip(*found, strict=True)), looked_at)


@compiled
def _fitted(patients, events, log_odds):
    """Fitted events with each marker (tables x 2) when the intercept of each stratum fits its
    events."""
    fitted, ratios = np.zeros((len(events), 2)), np.exp(log_odds)
    for table in range(len(events)):
        for stratum in range(events.shape[1]):
            sizes, occluded = patients[table, stratum], events[table, stratum]
            total = sizes.sum()
            odds = occluded / (total - occluded) * math.exp(-(sizes * log_odds).sum() / total)
            for _ in range(50):
                expected, weight = 0.0, 0.0
                for cell in range(4):
                    p = odds * ratios[cell] / (1 + odds * ratios[cell])
                    expected += sizes[cell] * p
                    weight += sizes[cell] * p * (1 - p)
                step = min(max((occluded - expected) / weight, -2.0), 2.0)
                odds *= math.exp(step)
                if abs(step) < 1e-6:  # Newton's method: the next step would be about its square
                    break
            of_cells = sizes * odds * ratios / (1 + odds * ratios)
            fitted[table, 0] += of_cells[0] + of_cells[1]
            fitted[table, 1] += of_cells[0] + of_cells[2]
    return fitted


@compiled
def _combine(having0, having1, fitted0, fitted1, fitted2, ends, sizes, events, tolerance):
    found = [(0, 0, 0)]  # tells the compiler the type; left out by the caller
    looked_at = 0
    for i in range(len(having0)):
        for j in range(len(having1)):
            first = sizes[0] - having0[i, 0] - having1[j, 0]
            second = sizes[1] - having0[i, 1] - having1[j, 1]
            if first < 0 or second < 0:
                continue
            a = events[0] - fitted0[i, 0] - fitted1[j, 0]
            b = events[1] - fitted0[i, 1] - fitted1[j, 1]
            place = first * (sizes[1] + 1) + second
            looked_at += ends[place + 1] - ends[place]
            for k in range(ends[place], ends[place + 1]):
                near = abs(fitted2[k, 0] - a) <= tolerance[0]
                if near and abs(fitted2[k, 1] - b) <= tolerance[1]:
                    found.append((i, j, k))
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


def look(reading: str, step: int, about: Study) -> dict:
    """What a step of a listing comes to: reading, step (patients left out, or patients with both
    markers), looked_at, nearly (refitted), nearest_miss, found.
    """
    printed = about.printed
    if reading == readings.CONDITIONAL:
        far = _conditional_misses(printed)
        looked_at, good = len(far), far == 0
    else:
        if reading == readings.ALONE:
            listed = fewer_patients(printed, step)
        elif reading == readings.DIAGNOSIS:
            listed = with_groups(printed, about.group_counts)
        else:
            listed = with_factor(printed, step, readings.significant_pairs(about))
        far, looked_at = judge(listed, printed), listed.looked_at
        good = far == 0
        if reading == readings.ONE_FACTOR and good.any():
            # The third factor must not be significant in the model.
            threshold = max(about.threshold(factor) for factor in about.factors)
            good &= z_of_factor(listed) <= stats.norm.isf(threshold / 2)
    nearest = far.min(initial=np.inf)
    return {
        "reading": reading,
        "step": step,
        "looked_at": looked_at,
        "nearly": len(far),
        "nearest_miss": round(float(nearest), 3) if np.isfinite(nearest) else np.nan,
        "found": int(good.sum()),
    }


def _conditional_misses(printed: Printed) -> np.ndarray:
    """`misses` of the conditional fit of one core for each number of patients with both markers."""
    table = printed.cores
    of_each_number = table[~table.sum(axis=1).duplicated()].to_numpy()
    fits = [conditional_fit(printed, k1, k0) for k1, k0 in of_each_number]
    return misses(*np.swapaxes(fits, 0, 1), printed)


def main(jobs: int = 1) -> None:
    """Write readings.csv."""
    about = designs.read_study()
    made_from = readings.fingerprint(about)
    tasks = {
        f"{reading}-{step}": (reading, step, about)
        for reading, steps in readings.listed_steps(about.claims).items()
        for step in steps
    }
    rows = carry_out(WORKING / f"listings-{made_from}", look, tasks, "listings", jobs)
    table = pd.DataFrame(rows).assign(made_from=made_from)
    replace(FOLDER / "readings.csv", table.to_csv(index=False, lineterminator="\n").encode())


if __name__ == "__main__":
    run(main)
