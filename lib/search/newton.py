"""Compiled logistic regression by Newton's method, for many models side by side or for one.

Side by side, the models are the last axis of every array, along which the compiler computes several
at once. As in `lib.statistics.logistic` the loops are plain and in a fixed order, so that any
machine finds the same.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from lib.search.compiled import compiled

LANES = 32  # what the compiler does at a time at most, and how many models stand side by side
SMALLEST_PIVOT = 1e-11
# A Newton step this small beside the standard errors (its square) is the last. What is left after
# it is far less than a printed digit; with the third derivatives a longer one leaves no more.
SMALLEST_DECREMENT = 1e-12
SMALL_DECREMENT = 1e-4
MOST_ITERATIONS = 12


class Fits(NamedTuple):
    """Room for logistic regressions side by side."""

    score: np.ndarray  # terms x how many
    step: np.ndarray
    variances: np.ndarray
    information: np.ndarray  # terms x terms x how many
    factor: np.ndarray
    inverse: np.ndarray
    total: np.ndarray  # how many


class Fit(NamedTuple):
    """Room for one logistic regression."""

    score: np.ndarray  # terms
    step: np.ndarray
    variances: np.ndarray
    information: np.ndarray  # terms x terms
    factor: np.ndarray
    inverse: np.ndarray
    sums: np.ndarray  # pairs of terms
    skewness: np.ndarray  # patients


def room_side_by_side(terms: int) -> Fits:
    """Room for LANES models."""
    vectors = (np.zeros((terms, LANES)) for _ in range(3))
    matrices = (np.zeros((terms, terms, LANES)) for _ in range(3))
    return Fits(*vectors, *matrices, np.zeros(LANES))


def room(patients: int, terms: int) -> Fit:
    """Room for one model."""
    vectors, matrices = (
        (np.zeros(terms) for _ in range(3)),
        (np.zeros((terms, terms)) for _ in range(3)),
    )
    return Fit(*vectors, *matrices, np.zeros(pairs(terms)), np.zeros(patients))


def pairs(terms: int) -> int:
    """Pairs of terms, rounded up to what the compiler adds at a time."""
    return -(-terms * (terms + 1) // 2 // LANES) * LANES


@compiled
def factorize(matrices, factors, total):
    """Cholesky factors of symmetric matrices (rows x columns x how many) into `factors`.

    Its diagonal holds the reciprocals of the factors' diagonals. All that depends on a pivot that
    is not positive is NaN. `total` is room for one number each.
    """
    size, _, lanes = matrices.shape
    for column in range(size):
        for row in range(column, size):
            for lane in range(lanes):
                total[lane] = matrices[row, column, lane]
            for k in range(column):
                for lane in range(lanes):
                    total[lane] -= factors[row, k, lane] * factors[column, k, lane]
            if row > column:
                for lane in range(lanes):
                    factors[row, column, lane] = total[lane] * factors[column, column, lane]
            else:
                for lane in range(lanes):
                    regular = total[lane] > SMALLEST_PIVOT * matrices[column, column, lane]
                    factors[column, column, lane] = (
                        1 / math.sqrt(total[lane]) if regular else np.nan
                    )


@compiled
def solve(factors, right, result, total):
    """Solve matrix x = right into `result`, given the Cholesky factors of the matrices."""
    size, lanes = right.shape
    for row in range(size):
        for lane in range(lanes):
            total[lane] = right[row, lane]
        for k in range(row):
            for lane in range(lanes):
                total[lane] -= factors[row, k, lane] * result[k, lane]
        for lane in range(lanes):
            result[row, lane] = total[lane] * factors[row, row, lane]
    for row in range(size - 1, -1, -1):
        for lane in range(lanes):
            total[lane] = result[row, lane]
        for k in range(row + 1, size):
            for lane in range(lanes):
                total[lane] -= factors[k, row, lane] * result[k, lane]
        for lane in range(lanes):
            result[row, lane] = total[lane] * factors[row, row, lane]


@compiled
def inverse_diagonal(factors, inverse, result, total):
    """Diagonals of the inverses of matrices into `result`, given their Cholesky factors.

    `inverse` becomes the inverses of the factors.
    """
    size, _, lanes = factors.shape
    for column in range(size):
        for lane in range(lanes):
            inverse[column, column, lane] = factors[column, column, lane]
            result[column, lane] = factors[column, column, lane] ** 2
        for row in range(column + 1, size):
            for lane in range(lanes):
                total[lane] = 0.0
            for k in range(column, row):
                for lane in range(lanes):
                    total[lane] -= factors[row, k, lane] * inverse[k, column, lane]
            for lane in range(lanes):
                inverse[row, column, lane] = total[lane] * factors[row, row, lane]
            for lane in range(lanes):
                result[column, lane] += inverse[row, column, lane] ** 2


@compiled
def factorize_one(matrix, factor):
    """As `factorize`, for one matrix: without the room between its steps."""
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
def solve_one(factor, right, result):
    """As `solve`, for one matrix."""
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
def inverse_diagonal_one(factor, inverse, result):
    """As `inverse_diagonal`, for one matrix."""
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
def times_vector(rows, vector, result):
    """The product of each of many rows (terms x how many) with one vector."""
    terms, lanes = rows.shape
    for lane in range(lanes):
        result[lane] = 0.0
    for j in range(terms):
        for lane in range(lanes):
            result[lane] += rows[j, lane] * vector[j]


@compiled
def add_outer(matrices, rows, weights, scaled):
    """Add to each matrix so many times the product of its row with itself, below the diagonal and
    on it.
    """
    terms, lanes = rows.shape
    for j in range(terms):
        for lane in range(lanes):
            scaled[lane] = weights[lane] * rows[j, lane]
        for k in range(j + 1):
            for lane in range(lanes):
                matrices[j, k, lane] += scaled[lane] * rows[k, lane]


@compiled
def fill_products(row, products):
    """The products of a patient's values with each other, each pair once; zeros follow."""
    place = 0
    for j in range(len(row)):
        for k in range(j + 1):
            products[place] = row[j] * row[k]
            place += 1


def products(design: np.ndarray) -> np.ndarray:
    """What `fill_products` makes of every patient."""
    filled = np.zeros((len(design), pairs(design.shape[1])))
    for row, result in zip(design, filled, strict=True):
        fill_products(row, result)
    return filled


@compiled
def unpack(products, matrix):
    """A matrix below its diagonal and on it, from the pairs of `fill_products`."""
    place = 0
    for j in range(len(matrix)):
        for k in range(j + 1):
            matrix[j, k] = products[place]
            place += 1


@compiled
def refit(design, products, outcome, coefficients, third, fit):
    """Newton's method from `coefficients`, which together with `fit` is changed in place.

    Whether it converged. Where `third` has entries, they carry the information over the last step,
    which can then be longer.
    """
    patients, terms = design.shape
    smallest = SMALL_DECREMENT if len(third) else SMALLEST_DECREMENT
    sums, step, factor = fit.sums, fit.step, fit.factor
    for _ in range(MOST_ITERATIONS):
        fit.score[:] = 0
        sums[:] = 0
        for i in range(patients):
            log_odds = 0.0
            for j in range(terms):
                log_odds += design[i, j] * coefficients[j]
            probability = 1 / (1 + math.exp(-log_odds))
            weight = probability * (1 - probability)
            residual = outcome[i] - probability
            fit.skewness[i] = weight * (1 - 2 * probability)
            for j in range(terms):
                fit.score[j] += residual * design[i, j]
            for place in range(len(sums)):
                sums[place] += weight * products[i, place]
        unpack(sums, fit.information)
        factorize_one(fit.information, factor)
        solve_one(factor, fit.score, step)
        # The Newton decrement: half of it is how far the log likelihood is from its maximum.
        decrement = 0.0
        for j in range(terms):
            coefficients[j] += step[j]
            decrement += step[j] * fit.score[j]
        if not decrement < 1e3:  # also where it is not a number
            return False
        if decrement < smallest:
            if len(third):
                for j in range(terms):
                    for place in range(len(sums)):
                        sums[place] += step[j] * third[j, place]
                unpack(sums, fit.information)
                factorize_one(fit.information, factor)
            inverse_diagonal_one(factor, fit.inverse, fit.variances)
            return True
    return False


@compiled
def third_derivatives(design, products, fit, third):
    """The change of the information with each coefficient, into `third` (terms x pairs of terms)."""
    patients, terms = design.shape
    sums = fit.sums
    for j in range(terms):
        sums[:] = 0
        for i in range(patients):
            if design[i, j] != 0:
                skewness = fit.skewness[i] * design[i, j]
                for place in range(len(sums)):
                    sums[place] += skewness * products[i, place]
        third[j] = sums


def has_maximum(design: np.ndarray, outcome: np.ndarray) -> bool:
    """Whether a model has a finite maximum that Newton's method finds from zeros."""
    patients, terms = design.shape
    none = np.zeros((0, 0))
    return bool(
        refit(design, products(design), outcome, np.zeros(terms), none, room(patients, terms))
    )
