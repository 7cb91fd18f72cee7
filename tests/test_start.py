"""Starts at the edge of what is possible: they are what they are said to be, and lead to witnesses
far out.
"""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit

from lib.compatible import exclusion, verification
from lib.paper.cores import cells
from lib.patients import loading
from lib.search import certificates, designs, start, witnesses

ABOUT, SETTINGS = designs.read_study(), designs.read_settings()
TARGET = designs.target_of(ABOUT, SETTINGS)
OUTCOME, PRINTED = designs.outcome_of(ABOUT), ABOUT.printed
MARKERS = designs.marker_columns(ABOUT)
DEMAND = start.demand_of(TARGET, MARKERS)
# The rim of what is not excluded, and beyond it: few and many patients with both markers.
FAR = [(0, 13), (13, 0), (0, 29), (19, 10), (15, 14)]
EXCLUDED = [(12, 18), (0, 12)]


@pytest.mark.parametrize("core", FAR + EXCLUDED)
def test_a_spread_is_a_model_that_comes_as_near_as_the_certificate_says(core):
    """Both sides of the program agree: what is nearest to possible, and what is proven of it."""
    masses = certificates.spread(PRINTED, *core)
    chosen = pd.DataFrame([core], columns=["k1", "k0"])
    (counts,) = cells(PRINTED.first, PRINTED.second, chosen).reshape(-1, 8)
    assert masses.sum(axis=1) == pytest.approx(counts, abs=1e-3)
    assert masses.min() > -1e-3
    eta = certificates.SOLVER_GRID
    p = expit(eta)
    score, information = np.zeros(4), np.zeros((4, 4))
    for of_group, (y, a, b) in zip(masses, exclusion.GROUPS, strict=True):
        x = np.column_stack([np.ones_like(eta), np.full_like(eta, a), np.full_like(eta, b), eta])
        score += (of_group * (y - p)) @ x
        information += x.T @ (x * (of_group * p * (1 - p))[:, None])
    # The slope in eta may be below zero, as the multiplier is: patients infinitely far make up for
    # it.
    assert score[:3] == pytest.approx(np.zeros(3), abs=0.01)
    excess = []
    for i, polygon in enumerate(PRINTED.polygons, start=1):
        beta, sigma = polygon[polygon[:, 1].argmax()]
        direction = np.array([0, i == 1, i == 2, beta])
        excess.append(direction @ np.linalg.inv(information) @ direction / sigma**2 - 1)
    (certificate,) = certificates.certify(PRINTED, chosen)
    (proven,) = exclusion.margins(certificate[None], PRINTED, chosen)
    assert max(excess) == pytest.approx(proven, abs=2e-3)
    assert (proven > 0) == (core in EXCLUDED)


def far(columns: np.ndarray, predictor: np.ndarray) -> float:
    """The distance that `start.arrange` gives, written out."""
    p = expit(predictor)
    variances = np.diag(np.linalg.inv(columns.T @ (columns * (p * (1 - p))[:, None])))
    free = columns[:, 3:-1]
    total = start.PER_VARIANCE * abs(variances[1:3] / DEMAND.variances - 1).sum()
    total += start.PER_DEVIATE * max(1 / np.sqrt(variances[-1]) - DEMAND.most_z, 0)
    total += start.PER_SCORE * abs((OUTCOME - p) @ free).sum()
    a, b = (free[value == OUTCOME].sum(axis=0).astype(int) for value in (1, 0))
    return total + start.PER_PATIENT * DEMAND.pairs[a, b].sum()


@given(seed=st.integers(0, 2**32 - 1), arrangements=st.integers(0, 3000))
@settings(max_examples=10)
def test_the_best_arrangement_is_kept_and_changes_nothing_but_the_factors(seed, arrangements):
    random = np.random.default_rng(seed)
    masses = certificates.spread(PRINTED, 15, 14)
    predictor = random.permutation(certificates.SOLVER_GRID.clip(-4, 4).repeat(2))[: len(OUTCOME)]
    known = np.repeat(
        np.insert(exclusion.GROUPS[:, 1:], 0, 1, 1), masses.sum(1).round().astype(int), 0
    )
    free = (random.random((len(known), 3)) < 0.4).astype(float)
    columns = np.column_stack([known, free, predictor - known[:, 1:] @ DEMAND.beta])
    before = columns.copy()
    least = start.arrange(columns, predictor, OUTCOME, DEMAND, (arrangements, start.HOT), random)
    assert least == pytest.approx(far(columns, predictor), rel=1e-6)
    assert least <= far(before, predictor) * (1 + 1e-9)
    others = [0, 1, 2, 6]
    assert (columns[:, others] == before[:, others]).all()
    assert np.isin(columns[:, 3:-1], (0, 1)).all()


@pytest.mark.parametrize("seed", range(6))
def test_balanced_predictors_are_a_fit_with_what_is_printed(seed):
    """Near the example cohort's fit, which prints it, there is one for certain."""
    design = designs.design_of(loading.load(loading.EXAMPLE).rows, ABOUT)[:, : len(TARGET.least)]
    predictor = design @ sm.Logit(OUTCOME, design).fit(disp=0).params
    predictor = predictor + np.random.default_rng(seed).normal(0, 0.2, len(predictor))
    known, free = design[:, [0, *MARKERS]], design[:, TARGET.binary]
    balanced, holds = start.balance(known, free, predictor, OUTCOME, DEMAND)
    assert holds
    rest = balanced - known[:, 1:] @ DEMAND.beta
    fitted = sm.Logit(OUTCOME, np.column_stack([known, free, rest])).fit(disp=0, tol=1e-13)
    assert fitted.params == pytest.approx(np.array([0, *DEMAND.beta, 0, 0, 0, 1]), abs=1e-6)
    assert fitted.bse[1:3] ** 2 == pytest.approx(DEMAND.variances, rel=1e-6)
    assert fitted.params[-1] / fitted.bse[-1] <= DEMAND.most_z * (1 + 1e-6)


@pytest.mark.parametrize("core", FAR)
def test_a_start_is_a_cohort_of_its_core_with_whole_lengths(core):
    design = start.start(
        certificates.spread(PRINTED, *core), OUTCOME, TARGET, MARKERS, np.random.default_rng(3)
    )
    assert designs.core_of(design, ABOUT) == core
    for marker, column in zip(ABOUT.markers, MARKERS, strict=True):
        exposed = [design[value == OUTCOME, column].sum() for value in (1, 0)]
        assert exposed == list(ABOUT.tables[marker][0])
    mm = design[:, TARGET.length] * 100
    assert np.rint(mm) == pytest.approx(mm)
    assert TARGET.shortest <= mm.min() and mm.max() <= TARGET.longest
    assert np.isin(design[:, TARGET.binary], (0, 1)).all()


@pytest.mark.parametrize("core", [(0, 13), (19, 10)])
def test_a_witness_is_found_where_both_markers_are_rarest_and_commonest(core):
    result = witnesses.find(core, ABOUT, SETTINGS)
    assert result.distance == 0 and (result.k1, result.k0) == core
    assert verification.unmet(designs.rows_of(result.design, ABOUT), ABOUT) == ""


def test_where_there_is_no_witness_the_nearest_miss_is_given():
    result = witnesses.find((18, 12), ABOUT, SETTINGS | {"starts": 1, "steps": 2_000})
    assert result.distance > 10
