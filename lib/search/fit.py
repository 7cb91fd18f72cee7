"""A compiled logistic regression, refitted at every step of a search.

Maximum likelihood by Newton's method (McCullagh and Nelder 1989, Generalized Linear Models, 2nd
ed., 2.5 and 4.4) from coefficients that are known to be near:

1. score and information are sums over the patients (``add_patients``);
2. the coefficients move by the inverse of the information times the score (``newton_step``);
3. a step that is small beside the standard errors is the last.

Hand-written because no library can be called from compiled code; `lib.statistics.logistic` checks
what a search finds. The loops are plain and in a fixed order (no BLAS, no fast mathematics), so
that any machine finds the same.
"""

import math
from typing import NamedTuple

import numpy as np

from lib.search.compiled import compiled

SMALLEST_PIVOT = 1e-11
# A Newton step this small beside the standard errors (squared) is the last: what it leaves of them
# is far less than a printed half-unit.
SMALLEST_DECREMENT = 1e-10
MOST_ITERATIONS = 12


class Fit(NamedTuple):
    """A logistic regression, changed in place."""

    coefficients: np.ndarray  # terms; where the next fit starts
    score: np.ndarray
    information: np.ndarray  # terms x terms
    inverse: np.ndarray  # of it: variances and covariances


@compiled
def room(terms):
    """A fit of so many terms, all coefficients zero."""
    return Fit(
        np.zeros(terms),
        np.zeros(terms),
        np.zeros((terms, terms)),
        np.zeros((terms, terms)),
    )


@compiled
def invert(matrix, inverse):
    """The inverse of a symmetric matrix, NaN where that is not positive definite (Gauss and Jordan:
    Press et al. 2007, Numerical Recipes, 3rd ed., 2.1; without pivoting, as none is needed)."""
    inverse[:] = matrix
    for k in range(len(matrix)):
        pivot = inverse[k, k]
        inverse[k, k] = 1.0
        inverse[k] *= 1 / pivot if pivot > SMALLEST_PIVOT * matrix[k, k] else np.nan
        for i in range(len(matrix)):
            if i != k:
                multiple = inverse[i, k]
                inverse[i, k] = 0.0
                for j in range(len(matrix)):
                    inverse[i, j] -= multiple * inverse[k, j]


@compiled
def add_patients(rows, outcome, sign, fit):
    """Add what some patients contribute to score and information, or take it away."""
    terms = len(fit.coefficients)
    for i in range(len(outcome)):
        log_odds = 0.0
        for j in range(terms):
            log_odds += rows[i, j] * fit.coefficients[j]
        probability = 1 / (1 + math.exp(-log_odds))
        residual = sign * (outcome[i] - probability)
        weight = sign * probability * (1 - probability)
        for j in range(terms):
            fit.score[j] += residual * rows[i, j]
            weighted = weight * rows[i, j]
            for k in range(terms):
                fit.information[j, k] += weighted * rows[i, k]


@compiled
def newton_step(fit):
    """Move the coefficients by one step; the Newton decrement, half of which is how far the log
    likelihood was from its maximum."""
    invert(fit.information, fit.inverse)
    step = (fit.inverse * fit.score).sum(axis=1)
    fit.coefficients[:] += step
    return (step * fit.score).sum()


@compiled
def copy(fit, other):
    """Make another fit start from this one."""
    other.coefficients[:] = fit.coefficients
    other.information[:] = fit.information


@compiled
def predict(current, before, after, outcome, trial):
    """One Newton step from a fit when some patients change, without a pass over the others, whose
    scores sum to what these lack: ``before`` and ``after`` hold their rows. The result is `trial`.
    """
    copy(current, trial)
    trial.score[:] = 0
    add_patients(before, outcome, -1.0, trial)
    add_patients(after, outcome, 1.0, trial)
    newton_step(trial)


@compiled
def refit(design, outcome, fit):
    """Fit as many columns of a design, its first, as the fit has terms; whether it converged. Where
    it did not, the next fit starts from zero."""
    for _ in range(MOST_ITERATIONS):
        fit.score[:] = 0
        fit.information[:] = 0
        add_patients(design, outcome, 1.0, fit)
        decrement = newton_step(fit)
        if decrement < SMALLEST_DECREMENT:
            return True
        if not decrement < 1e3:  # also where it is not a number
            break
    fit.coefficients[:] = 0
    return False
