"""A compiled logistic regression, for loops that refit it many thousands of times.

The printed model is fitted with statsmodels. This fit gives the same numbers
some hundred times faster and is meant for searches and bootstraps. Its loops
are plain and in a fixed order (no BLAS, no fast mathematics), so that the
result does not depend on which linear algebra library is installed.
"""

import math

import numpy as np
from numba import njit

MOST_ITERATIONS = 30
# A Newton step that moves no patient's log odds by more than this is the last.
SMALLEST_STEP = 1e-9
# A pivot this small beside its diagonal means that a column is, to rounding,
# a combination of those before it.
SMALLEST_PIVOT = 1e-12


@njit(cache=True)
def _invert(matrix):
    """Inverse of a symmetric matrix by Cholesky, and whether it is positive definite."""
    size = matrix.shape[0]
    factor = np.zeros((size, size))
    for column in range(size):
        for row in range(column, size):
            remainder = matrix[row, column]
            for k in range(column):
                remainder -= factor[row, k] * factor[column, k]
            if row > column:
                factor[row, column] = remainder / factor[column, column]
            elif remainder > SMALLEST_PIVOT * matrix[column, column]:
                factor[column, column] = math.sqrt(remainder)
            else:  # also where the remainder is not a number
                return np.full((size, size), np.nan), False
    # factor becomes its own inverse, then the inverse of the matrix follows.
    for column in range(size):
        factor[column, column] = 1 / factor[column, column]
        for row in range(column + 1, size):
            total = 0.0
            for k in range(column, row):
                total -= factor[row, k] * factor[k, column]
            factor[row, column] = total / factor[row, row]
    inverse = np.zeros((size, size))
    for row in range(size):
        for column in range(row + 1):
            total = 0.0
            for k in range(row, size):
                total += factor[k, row] * factor[k, column]
            inverse[row, column] = total
            inverse[column, row] = total
    return inverse, True


@njit(cache=True)
def _log_likelihood(log_odds, outcome):
    """Bernoulli log likelihood, written so that large log odds do not overflow."""
    total = 0.0
    for i in range(outcome.shape[0]):
        total += outcome[i] * log_odds[i] - max(log_odds[i], 0.0)
        total -= math.log1p(math.exp(-abs(log_odds[i])))
    return total


@njit(cache=True)
def _linear_predictor(design, coefficients):
    patients, terms = design.shape
    log_odds = np.zeros(patients)
    for i in range(patients):
        for j in range(terms):
            log_odds[i] += design[i, j] * coefficients[j]
    return log_odds


@njit(cache=True)
def fit(design, outcome, start):
    """Maximum likelihood logistic regression by Newton's method with step halving.

    Parameters
    ----------
    design : float array, patients x terms
        One column per term, the column of ones for the intercept included.
    outcome : float array, patients
        1 for an event, 0 for none.
    start : float array, terms
        Coefficients to start from; zeros unless a fit to similar rows is known.

    Returns
    -------
    coefficients : float array, terms
        Log odds ratios per unit of their column.
    covariance : float array, terms x terms
        Inverse of the information matrix; the squares of the standard errors
        are on its diagonal.
    converged : bool
        False where no finite maximum was found: collinear columns, separated
        outcomes, values that are not numbers, or a start so far off that all
        probabilities are 0 or 1. The coefficients are then those of the last
        iteration and the covariance is all NaN.

    Source: McCullagh & Nelder, Generalized Linear Models, 2nd ed. 1989, 2.5 and 4.4.
    """
    patients, terms = design.shape
    coefficients = start.copy()
    log_odds = _linear_predictor(design, coefficients)
    likelihood = _log_likelihood(log_odds, outcome)
    for _ in range(MOST_ITERATIONS):
        score = np.zeros(terms)
        information = np.zeros((terms, terms))
        for i in range(patients):
            probability = 1 / (1 + math.exp(-log_odds[i]))
            weight = probability * (1 - probability)
            for j in range(terms):
                score[j] += (outcome[i] - probability) * design[i, j]
                for k in range(j + 1):
                    information[j, k] += weight * design[i, j] * design[i, k]
        covariance, definite = _invert(information)
        if not definite:
            break
        step = np.zeros(terms)
        for j in range(terms):
            for k in range(terms):
                step[j] += covariance[j, k] * score[k]
        change = _linear_predictor(design, step)
        largest = 0.0
        for i in range(patients):
            largest = max(largest, abs(change[i]))
        # Separated outcomes never get here: their log odds grow by about one
        # with every step until the information is singular.
        if largest < SMALLEST_STEP:
            return coefficients + step, covariance, True
        # Far from the maximum a full step can overshoot. Near it a lower
        # likelihood is only rounding, and halving would go on for nothing.
        size = 1.0
        after = _log_likelihood(log_odds + change, outcome)
        while largest * size > 0.001 and not after >= likelihood:
            size /= 2
            after = _log_likelihood(log_odds + size * change, outcome)
        coefficients += size * step
        log_odds += size * change
        likelihood = after
    return coefficients, np.full((terms, terms), np.nan), False
