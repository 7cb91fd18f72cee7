"""What the printed model may have contained: the listings against brute force, and the search."""

from itertools import product

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.discrete.conditional_models import ConditionalLogit

from lib.compatible import exclusion, readings, study
from lib.paper import cores, wald
from lib.paper.digits import prints
from lib.search import designs, listings
from lib.search import readings as search

ABOUT, SETTINGS = designs.read_study(), designs.read_settings()
PRINTED = ABOUT.printed
SEARCHED = readings.searched(ABOUT)
COUNTS = study.read_stored("readings.csv")
MARKERS = np.array([(1, 1), (1, 0), (0, 1), (0, 0)], float)


@pytest.mark.parametrize(("reading", "n11"), list(zip(SEARCHED, (13, 15), strict=True)))
def test_a_cohort_is_found_for_each_searched_reading(reading, n11):
    rows = search.find(reading, n11, ABOUT, SETTINGS)
    assert rows[ABOUT.markers].all(axis=1).sum() == n11
    assert len(readings.believed(rows, reading, SEARCHED[reading])) == len(rows)


@settings(max_examples=30)
@given(
    st.lists(
        st.tuples(*[st.tuples(st.integers(1, 9), st.integers(1, 9))] * 4), min_size=1, max_size=3
    )
)
def test_the_fit_to_sums_is_that_of_statsmodels(counts):
    """Any table of whole numbers with no empty cell has a finite fit."""
    table = np.array(counts)  # strata x cells x (occluded, patent)
    occluded = table[:, :, 0]
    one = listings.Candidates(
        table.sum(axis=2)[None],
        occluded.sum(axis=1)[None],
        (occluded.sum(axis=0) @ MARKERS[:, :2])[None],
        1,
    )
    coefficients, covariance = listings.refit(one)
    design = np.column_stack(
        [np.repeat(np.eye(len(table)), 4, axis=0), np.tile(MARKERS, (len(table), 1))]
    )
    fitted = sm.GLM(table.reshape(-1, 2), design, family=sm.families.Binomial()).fit(tol=1e-12)
    np.testing.assert_allclose(coefficients[0], fitted.params, atol=1e-6)
    np.testing.assert_allclose(np.sqrt(np.diag(covariance[0])), fitted.bse, rtol=1e-5)


FIRST, SECOND = np.array([[5, 4], [3, 9]]), np.array([[4, 5], [4, 8]])
GROUPS = np.array([[2, 4], [3, 5], [3, 4]])
Z = stats.norm.ppf(0.975)


def artificial(estimate: np.ndarray, error: np.ndarray) -> exclusion.Printed:
    """A study of 21 patients that prints a fit with two decimals."""
    strings = [
        {name: prints(x, "0.01") for name, x in wald.quantities(beta, sigma, Z).items()}
        for beta, sigma in zip(estimate, error, strict=True)
    ]
    polygons = tuple(map(exclusion.corners, strings))
    return exclusion.Printed(FIRST, SECOND, polygons, tuple(strings))


def cells_with(total: int) -> np.ndarray:
    """All ways to put so many patients into the four cells."""
    ways = np.array(
        [cells for cells in product(range(total + 1), repeat=3) if sum(cells) <= total], np.int64
    )
    return np.column_stack([ways, total - ways.sum(axis=1)])


def everything(patients: list, events: list, exposed: list) -> listings.Candidates:
    return listings.Candidates(
        np.array(patients), np.array(events), np.array(exposed), len(patients)
    )


def keys(candidates: listings.Candidates, chosen: np.ndarray) -> set:
    rows = np.column_stack([part.reshape(len(chosen), -1) for part in candidates[:3]])
    return set(map(tuple, rows[chosen].astype(int).tolist()))


def same_as_listed(every: listings.Candidates, list_all, seeds: range) -> int:
    """Compare what is found by refitting everything with what a listing finds, for several printed
    fits.
    """
    coefficients, covariance = listings.refit(every)
    errors = np.sqrt(np.diagonal(covariance, axis1=1, axis2=2))
    usable = np.flatnonzero(
        (np.abs(coefficients[:, -2:]) < 2).all(axis=1) & (errors[:, -2:] < 2).all(axis=1)
    )
    total = 0
    for seed in seeds:
        truth = np.random.default_rng(seed).choice(usable)
        study = artificial(coefficients[truth, -2:], errors[truth, -2:])
        expected = keys(every, listings.misses(coefficients[:, -2:], errors[:, -2:], study) == 0)
        listed = list_all(study)
        assert keys(listed, listings.judge(listed, study) == 0) == expected
        assert expected
        assert len(listed.events) < len(every.events)
        total += len(expected)
    return total


def test_the_listing_with_groups_misses_nothing():
    sizes = [cells_with(total) for total in GROUPS.sum(axis=1)]
    target = np.array([FIRST[0].sum(), SECOND[0].sum()])
    left = [table @ MARKERS for table in sizes]
    patients = []
    for i, j in product(range(len(sizes[0])), range(len(sizes[1]))):
        for k in np.flatnonzero((left[2] == target - left[0][i] - left[1][j]).all(axis=1)):
            patients.append((sizes[0][i], sizes[1][j], sizes[2][k]))
    every = everything(
        patients, [GROUPS[:, 0]] * len(patients), [(FIRST[0, 0], SECOND[0, 0])] * len(patients)
    )
    assert same_as_listed(every, lambda study: listings.with_groups(study, GROUPS), range(3)) >= 3
    listed = listings.with_groups(artificial(np.array([1.0, 1.0]), np.array([0.9, 0.9])), GROUPS)
    assert listed.looked_at == len(patients)


def test_the_listing_with_a_binary_factor_misses_nothing():
    n11, total, occluded = 4, int(FIRST.sum()), int(FIRST[:, 0].sum())
    cells = np.array(
        [
            n11,
            FIRST[0].sum() - n11,
            SECOND[0].sum() - n11,
            total - FIRST[0].sum() - SECOND[0].sum() + n11,
        ]
    )
    patients, events = [], []
    for inside in product(*(range(size + 1) for size in cells)):
        exposed = sum(inside)
        for d in range(1, min(exposed, occluded)):
            if 2 * exposed <= total and exposed - d < total - occluded:
                patients.append((inside, cells - inside))
                events.append((d, occluded - d))
    alone = np.ones((occluded + 1, total - occluded + 1), bool)
    every = everything(patients, events, [(FIRST[0, 0], SECOND[0, 0])] * len(patients))
    assert (
        same_as_listed(every, lambda study: listings.with_factor(study, n11, alone), range(5)) >= 5
    )


def test_the_listing_with_fewer_patients_misses_nothing():
    left_out, total, occluded = 2, int(FIRST.sum()), int(FIRST[:, 0].sum())
    most = np.array([FIRST[0].sum(), SECOND[0].sum()])
    patients, events, exposed = [], [], []
    for cells in cells_with(total - left_out):
        with_marker = cells @ MARKERS
        if (with_marker > most).any() or (with_marker < most - left_out).any():
            continue
        for d, a, b in product(
            range(occluded - left_out, occluded + 1),
            range(FIRST[0, 0] + 1),
            range(SECOND[0, 0] + 1),
        ):
            patients.append((cells,))
            events.append((d,))
            exposed.append((a, b))
    every = everything(patients, events, exposed)
    assert (
        same_as_listed(every, lambda study: listings.fewer_patients(study, left_out), range(5)) >= 5
    )


def test_the_stored_count_of_the_diagnosis_is_that_of_a_new_listing():
    listed = listings.with_groups(PRINTED, ABOUT.group_counts)
    misses = listings.judge(listed, PRINTED)
    stored = COUNTS[COUNTS["reading"] == readings.DIAGNOSIS].iloc[0]
    assert listed.looked_at == stored["looked_at"]
    assert (misses == 0).sum() == stored["found"]
    assert misses.min() == pytest.approx(stored["nearest_miss"], abs=0.001)


@pytest.mark.parametrize("n11", [12, 25])
def test_conditional_fits_are_those_of_statsmodels(n11):
    """Given the number of events, for all patients as one stratum."""
    core = PRINTED.cores.query("k1 + k0 == @n11")[:1]
    counts = cores.cells(PRINTED.first, PRINTED.second, core)[0].astype(int)
    markers = np.repeat(np.tile(MARKERS[:, :2], (2, 1)), counts.ravel(), axis=0)
    outcome = np.repeat([1, 0], counts.sum(axis=1))
    model = ConditionalLogit(outcome, markers, groups=0 * outcome)
    fitted = model.fit(method="newton", disp=0)
    estimates, errors = listings.conditional_fit(PRINTED, *core[["k1", "k0"]].iloc[0])
    np.testing.assert_allclose(estimates, fitted.params, atol=1e-5)
    np.testing.assert_allclose(errors, fitted.bse, rtol=1e-4)
