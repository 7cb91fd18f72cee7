"""Fits side by side: the numbers of statsmodels, and a plain no where there is no maximum."""

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from lib.statistics import logistic

pytestmark = pytest.mark.filterwarnings("error")


def patients(seed: int, factors: int, number: int = 250) -> tuple[np.ndarray, np.ndarray]:
    """A random design (intercept, binary factors, a length) and outcomes that depend on it."""
    random = np.random.default_rng(seed)
    exposed = random.random((number, factors)) < random.uniform(0.2, 0.8, factors)
    length = random.normal(110, 35, number).round()
    design = np.column_stack([np.ones(number), exposed, length])
    log_odds = design @ [random.normal(-2, 0.3), *random.normal(0, 0.7, factors), 0.01]
    return design, (random.random(number) < 1 / (1 + np.exp(-log_odds))).astype(float)


@given(seed=st.integers(0, 2**32 - 1), factors=st.integers(0, 6))
@settings(max_examples=40)
def test_same_as_statsmodels(seed, factors):
    designs, outcomes = zip(*(patients(seed + i, factors) for i in range(3)), strict=True)
    found = logistic.fit_many(np.stack(designs), np.stack(outcomes))
    assume((found.status == logistic.FITTED).all())
    for i in range(3):
        expected = sm.Logit(outcomes[i], designs[i]).fit(disp=0, tol=1e-13, maxiter=100)
        np.testing.assert_allclose(found.coefficients[i], expected.params, rtol=1e-8, atol=1e-8)
        np.testing.assert_allclose(
            found.covariance[i], expected.cov_params(), rtol=1e-8, atol=1e-10
        )
        np.testing.assert_allclose(found.standard_errors[i], expected.bse, rtol=1e-8)
        assert found.log_likelihood[i] == pytest.approx(expected.llf)


def test_a_weight_counts_a_row_again_and_an_offset_is_a_term_held_at_one():
    design, outcome = patients(3, 2)
    weights = np.random.default_rng(1).integers(0, 4, (2, len(outcome)))
    offset = design[:, -1:].T / 50
    found = logistic.fit_many(design[None], outcome[None], weights=weights, offset=offset)
    for i in range(2):
        again = np.repeat(np.arange(len(outcome)), weights[i])
        expected = sm.GLM(
            outcome[again], design[again], sm.families.Binomial(), offset=offset[0][again]
        ).fit(tol=1e-13)
        np.testing.assert_allclose(found.coefficients[i], expected.params, rtol=1e-7)
        np.testing.assert_allclose(found.standard_errors[i], expected.bse, rtol=1e-7)


HOPELESS = {
    "separated": lambda x, y: (x, x[:, -1] > 110),
    "quasi-separated": lambda x, y: (x, np.where(x[:, 1] == 1, 1, y)),
    "no events": lambda x, y: (x, 0 * y),
    "collinear": lambda x, y: (np.column_stack([x[:, :-1], x[:, 1] + x[:, 2]]), y),
    "constant factor": lambda x, y: (np.where(np.arange(5) == 2, 1, x), y),
    "not a number": lambda x, y: (np.where(x == x.max(), np.nan, x), y),
}


def test_no_maximum_is_reported_and_leaves_the_others_alone():
    design, outcome = patients(11, 3)
    cases = [(design, outcome), *(change(design, outcome) for change in HOPELESS.values())]
    found = logistic.fit_many(*(np.stack(parts) for parts in zip(*cases, strict=True)))
    alone = logistic.fit_many(design[None], outcome[None])
    np.testing.assert_allclose(found.coefficients[0], alone.coefficients[0], rtol=1e-12)
    assert found.status.tolist() == [
        logistic.FITTED,
        *[logistic.SEPARATED] * 3,
        *[logistic.COLLINEAR] * 3,
    ]
    assert np.isnan(found.coefficients[1:]).all() and np.isnan(found.covariance[1:]).all()
