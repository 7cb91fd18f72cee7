"""A compiled logistic regression, refitted at every step of a search.

Maximum likelihood by Newton's method (McCullagh and Nelder 1989, Generalized Linear Models, 2nd
ed., 2.5 and 4.4) from coefficients that are known to be near, the information matrix being factored
by Cholesky (Golub and Van Loan 2013, Matrix Computations, 4th ed., 4.2). Hand-written because no
library can be called from compiled code; `lib.statistics.logistic` checks what a search finds.

What does not change with the coefficients, the products of a patient's values with each other, is
kept from one fit to the next. The loops are plain and in a fixed order (no BLAS, no fast
mathematics), so that any machine finds the same.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from lib.search.compiled import compiled

LANES = 16  # products are padded to a multiple of this, so that the compiler adds several at once
SMALLEST_PIVOT = 1e-11
# A Newton step this small beside the standard errors (squared) is the last: what it leaves of them
# is far less than a printed half-unit.
SMALLEST_DECREMENT = 1e-10
MOST_ITERATIONS = 12


class Fit(NamedTuple):
    """A logistic regression, changed in place."""

    coefficients: np.ndarray  # terms; where the next fit starts
    variances: np.ndarray
    score: np.ndarray
    step: np.ndarray
    information: np.ndarray  # terms x terms, on and below the diagonal
    factor: np.ndarray
    inverse: np.ndarray
    sums: np.ndarray  # pairs of terms


def room(terms: int) -> Fit:
    """A fit of so many terms, all coefficients zero."""
    vectors = [np.zeros(terms) for _ in range(4)]
    matrices = [np.zeros((terms, terms)) for _ in range(3)]
    return Fit(*vectors, *matrices, np.zeros(padded_pairs(terms)))


def padded_pairs(terms: int) -> int:
    """Pairs of terms, rounded up to a multiple of `LANES`."""
    return -(-terms * (terms + 1) // 2 // LANES) * LANES


@compiled
def fill_products(row, products):
    """The products of a patient's values with each other, each pair once; zeros follow."""
    place = 0
    for j in range(len(row)):
        for k in range(j + 1):
            products[place] = row[j] * row[k]
            place += 1


def products_of(design: np.ndarray) -> np.ndarray:
    """What `fill_products` makes of every patient."""
    filled = np.zeros((len(design), padded_pairs(design.shape[1])))
    for row, result in zip(design, filled, strict=True):
        fill_products(row, result)
    return filled


@compiled
def unpack(products, matrix):
    """A matrix on and below its diagonal, from the pairs of `fill_products`."""
    place = 0
    for j in range(len(matrix)):
        for k in range(j + 1):
            matrix[j, k] = products[place]
            place += 1


@compiled
def factorize(matrix, factor):
    """The Cholesky factor of a symmetric matrix, its diagonal inverted.

    All that depends on a pivot that is not positive is NaN.
    """
    for column in range(len(matrix)):
        for row in range(column, len(matrix)):
            total = matrix[row, column]
            for k in range(column):
                total -= factor[row, k] * factor[column, k]
            if row > column:
                factor[row, column] = total * factor[column, column]
            else:
                regular = total > SMALLEST_PIVOT * matrix[column, column]
                factor[column, column] = 1 / math.sqrt(total) if regular else np.nan


@compiled
def solve(factor, right, result):
    """Solve matrix x = right into `result`, given the factor of the matrix."""
    size = len(right)
    for row in range(size):
        total = right[row]
        for k in range(row):
            total -= factor[row, k] * result[k]
        result[row] = total * factor[row, row]
    for row in range(size - 1, -1, -1):
        total = result[row]
        for k in range(row + 1, size):
            total -= factor[k, row] * result[k]
        result[row] = total * factor[row, row]


@compiled
def invert_diagonal(factor, inverse, result):
    """The diagonal of the inverse of a matrix into `result`, given its factor.

    `inverse` becomes the inverse of the factor.
    """
    for column in range(len(factor)):
        inverse[column, column] = factor[column, column]
        squares = factor[column, column] ** 2
        for row in range(column + 1, len(factor)):
            total = 0.0
            for k in range(column, row):
                total -= factor[row, k] * inverse[k, column]
            inverse[row, column] = total * factor[row, row]
            squares += inverse[row, column] ** 2
        result[column] = squares


@compiled
def predict(current, before, after, outcome, trial):
    """One Newton step from a fit when some patients change, without a pass over the others.

    Score and information at the present coefficients change by the terms of these patients alone
    (`before` and `after` hold their rows). Coefficients and variances into `trial`.
    """
    terms = len(current.coefficients)
    trial.score[:] = 0
    trial.information[:] = current.information
    for i in range(len(outcome)):
        for rows, sign in ((before, -1.0), (after, 1.0)):
            log_odds = 0.0
            for j in range(terms):
                log_odds += rows[i, j] * current.coefficients[j]
            probability = 1 / (1 + math.exp(-log_odds))
            weight = sign * probability * (1 - probability)
            residual = sign * (outcome[i] - probability)
            for j in range(terms):
                trial.score[j] += residual * rows[i, j]
                for k in range(j + 1):
                    trial.information[j, k] += weight * rows[i, j] * rows[i, k]
    factorize(trial.information, trial.factor)
    solve(trial.factor, trial.score, trial.step)
    for j in range(terms):
        trial.coefficients[j] = current.coefficients[j] + trial.step[j]
    invert_diagonal(trial.factor, trial.inverse, trial.variances)


@compiled
def refit(design, products, outcome, fit):
    """Fit as many columns of a design, its first, as the fit has terms; whether it converged."""
    coefficients, score, step, sums = fit.coefficients, fit.score, fit.step, fit.sums
    terms = len(coefficients)
    for _ in range(MOST_ITERATIONS):
        score[:] = 0
        sums[:] = 0
        for i in range(len(outcome)):
            log_odds = 0.0
            for j in range(terms):
                log_odds += design[i, j] * coefficients[j]
            probability = 1 / (1 + math.exp(-log_odds))
            weight = probability * (1 - probability)
            residual = outcome[i] - probability
            for j in range(terms):
                score[j] += residual * design[i, j]
            for place in range(len(sums)):
                sums[place] += weight * products[i, place]
        unpack(sums, fit.information)
        factorize(fit.information, fit.factor)
        solve(fit.factor, score, step)
        # The Newton decrement: half of it is how far the log likelihood is from its maximum.
        decrement = 0.0
        for j in range(terms):
            coefficients[j] += step[j]
            decrement += step[j] * score[j]
        if not decrement < 1e3:  # also where it is not a number
            return False
        if decrement < SMALLEST_DECREMENT:
            invert_diagonal(fit.factor, fit.inverse, fit.variances)
            return True
    return False


def has_maximum(design: np.ndarray, outcome: np.ndarray) -> bool:
    """Whether Newton's method finds a finite maximum of a model from zeros."""
    return bool(refit(design, products_of(design), outcome, room(design.shape[1])))
