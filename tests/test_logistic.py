"""The compiled logistic fit: the numbers of statsmodels, and a plain no where there is no maximum."""

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import assume, given
from hypothesis import strategies as st

from lib.statistics.logistic import fit


def patients(seed: int, factors: int) -> tuple[np.ndarray, np.ndarray]:
    """A random design (intercept, binary factors, a length in mm) and outcomes that depend on it."""
    random = np.random.default_rng(seed)
    exposed = random.random((250, factors)) < random.uniform(0.2, 0.8, factors)
    length = random.normal(110, 35, 250).round()
    design = np.column_stack([np.ones(250), exposed, length])
    log_odds = design @ [random.normal(-2, 0.3), *random.normal(0, 0.7, factors), 0.01]
    return design, (random.random(250) < 1 / (1 + np.exp(-log_odds))).astype(float)


def exposed_and_unexposed_have_both_outcomes(design: np.ndarray, outcome: np.ndarray) -> bool:
    groups = [
        design[:, column] == value for column in range(1, design.shape[1] - 1) for value in (0, 1)
    ]
    return all(outcome[group].any() and not outcome[group].all() for group in groups)


@given(seed=st.integers(0, 2**32 - 1), factors=st.integers(0, 6))
def test_same_as_statsmodels(seed, factors):
    design, outcome = patients(seed, factors)
    assume(exposed_and_unexposed_have_both_outcomes(design, outcome))
    expected = sm.Logit(outcome, design).fit(disp=0, tol=1e-13, maxiter=100)
    coefficients, covariance, converged = fit(design, outcome, np.zeros(design.shape[1]))
    assert converged
    np.testing.assert_allclose(coefficients, expected.params, rtol=1e-8, atol=1e-8)
    np.testing.assert_allclose(covariance, expected.cov_params(), rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize("away", [-5, -1, 0.01, 1, 5])
def test_start_does_not_matter(away):
    design, outcome = patients(7, 4)
    near, _, _ = fit(design, outcome, np.zeros(6))
    start = near + away * np.array([1, 1, -1, 1, -1, 0.01])
    coefficients, _, converged = fit(design, outcome, start)
    assert converged
    np.testing.assert_allclose(coefficients, near, atol=1e-9)


def test_arguments_are_left_alone():
    design, outcome = patients(3, 2)
    before = design.copy(), outcome.copy()
    start = np.zeros(4)
    fit(design, outcome, start)
    assert (start == 0).all() and (design == before[0]).all() and (outcome == before[1]).all()


def no_maximum(case: str) -> tuple[np.ndarray, np.ndarray]:
    design, outcome = patients(11, 3)
    if case == "separated":
        outcome = (design[:, -1] > 110).astype(float)
    elif case == "quasi-separated":
        outcome[design[:, 1] == 1] = 1
    elif case == "no events":
        outcome[:] = 0
    elif case == "collinear":
        design = np.column_stack([design, design[:, 1] + design[:, 2]])
    elif case == "constant factor":
        design[:, 2] = 1
    elif case == "fewer patients than terms":
        design, outcome = design[:4], np.array([0.0, 1.0, 0.0, 1.0])
    elif case == "not a number":
        design[0, 1] = np.nan
    elif case == "infinite":
        design[0, 1] = np.inf
    return design, outcome


@pytest.mark.parametrize(
    "case",
    [
        "separated",
        "quasi-separated",
        "no events",
        "collinear",
        "constant factor",
        "fewer patients than terms",
        "not a number",
        "infinite",
    ],
)
def test_no_maximum_is_reported(case):
    design, outcome = no_maximum(case)
    _, covariance, converged = fit(design, outcome, np.zeros(design.shape[1]))
    assert not converged
    assert np.isnan(covariance).all()
