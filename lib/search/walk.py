"""A compiled walk through the cohorts of one core, toward one whose joint model prints what is claimed.

A state is a design matrix (patients x terms, the intercept first) with the outcome and the markers
fixed. A move changes one or two patients. What the fit becomes is first predicted from the change of
the score and of the information, which costs no pass over the patients; only a cohort that the
prediction accepts is refitted. As in `lib.logistic` the loops are plain and in a fixed order.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numba import njit

LENGTH_UNIT = 100.0  # mm; keeps the information matrix well scaled
SMALLEST_PIVOT = 1e-11
# A Newton step this small beside the standard errors (its square) is the last. What is left after it is
# far less than a printed digit.
SMALLEST_DECREMENT = 1e-12
WARMTH = 0.2  # the temperature at the goal, in half-widths of printed numbers
LEAST_WORSE = 0.01  # by which the log odds of a group must exceed those of another to be called worse
SHARE_OF_EXCHANGES = 0.2  # of groups between patients, among the moves, where they matter
STEPS_PER_STRIDE = 100.0  # how far from the goal one stride beyond the bound of a conclusion is
THIRD_EVERY = 20  # accepted moves from one computation of the third derivatives to the next
MOST_ITERATIONS = 12
MOVES = 6  # kinds of moves, see _propose
PAIR_STEP = 40.0  # what one patient too few or too many weighs, beside half-widths of printed numbers


class Goal(NamedTuple):
    """What counts as arrived. `printed` marks the terms whose odds ratio, limits and P are printed."""

    multiplier: float  # standard errors from the estimate to a limit
    printed: np.ndarray  # terms
    least: np.ndarray  # terms x (odds ratio, lower limit, upper limit, P)
    most: np.ndarray
    tolerance: np.ndarray  # the unit in which a distance from the goal is counted
    joint_z: float  # most |coefficient / standard error| of the other terms
    alone_z: float  # least standard normal deviate of each test of the length alone
    z_tolerance: float
    binary: np.ndarray  # columns of the free binary factors
    length: int  # column of the length
    exchanged: np.ndarray  # columns that may be exchanged one by one between patients of the same outcome
    pairs: np.ndarray  # (exposed occluded, exposed patent): patients by which to change to be allowed
    shortest: int  # mm
    longest: int  # mm
    steepness: float  # how firmly the walk holds on to what it has reached, at its beginning
    steepest: float  # and at its end


class Aim(NamedTuple):
    """What else is asked of a cohort: a rung of the assumption ladder, and a conclusion to be driven.

    Where there is nothing to drive, `conclusion` is NOTHING and the walk ends at the goal. Otherwise
    it goes on: each time it arrives, `bound` moves on by `step`.
    """

    conclusion: int
    side: float  # 1 toward the greatest value, -1 toward the least
    column: int  # the factor that the conclusion is about, where it is about one
    step: float
    most_difference: float  # standardized difference of the mean length between the outcomes
    most_inflation: float  # variance inflation factor
    worst_last: bool  # the last group is the worst one in the model with the groups
    most_last: np.ndarray  # then also the most log odds of the last group against each of the others
    exchange_groups: bool


NOTHING, ODDS_RATIO, TEST, ADJUSTED, AREA, BRIER, DISCRIMINATION, NAGELKERKE = range(8)
WITH_GROUPS, Z_WITH_GROUPS, SHARE, LEAST_TEST, MOST_TEST = range(8, 13)


AIMLESS = Aim(NOTHING, 1.0, 0, 1.0, math.inf, math.inf, False, np.zeros(0), False)


class Walk(NamedTuple):
    """Where the walk is. All arrays are changed in place."""

    design: np.ndarray  # patients x terms, the length in units of LENGTH_UNIT
    outcome: np.ndarray
    coefficients: np.ndarray
    information: np.ndarray
    third: np.ndarray  # terms x terms x terms, minus the third derivative of the log likelihood
    slope: np.ndarray  # the two coefficients of a model with the length alone
    group: np.ndarray  # 0, 1, ... for each patient
    wide: np.ndarray  # the design with one more column for each group but the first
    wide_coefficients: np.ndarray
    bound: np.ndarray  # one number: what the conclusion is to pass next


# Not shared with lib.logistic: compiled code is kept by file, so a change there would go unnoticed here.
@njit(cache=True)
def factorize(matrix, factor):
    """Cholesky factor of a symmetric matrix into `factor`; whether it is positive definite."""
    size = len(matrix)
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
                return False
    return True


@njit(cache=True)
def solve(factor, right, result):
    """Solve matrix x = right into `result`, given the Cholesky factor of the matrix."""
    size = len(right)
    for row in range(size):
        total = right[row]
        for k in range(row):
            total -= factor[row, k] * result[k]
        result[row] = total / factor[row, row]
    for row in range(size - 1, -1, -1):
        total = result[row]
        for k in range(row + 1, size):
            total -= factor[k, row] * result[k]
        result[row] = total / factor[row, row]


@njit(cache=True)
def inverse_diagonal(factor, work, result):
    """Diagonal of the inverse of a matrix into `result`, given its Cholesky factor."""
    size = len(factor)
    for column in range(size):
        work[column, column] = 1 / factor[column, column]
        total_of_squares = work[column, column] ** 2
        for row in range(column + 1, size):
            total = 0.0
            for k in range(column, row):
                total -= factor[row, k] * work[k, column]
            work[row, column] = total / factor[row, row]
            total_of_squares += work[row, column] ** 2
        result[column] = total_of_squares


@njit(cache=True)
def refit(design, outcome, coefficients, information, factor, score, step):
    """Newton's method from `coefficients`, which together with `information` is changed in place.

    Whether it converged; `factor` is then the Cholesky factor of the information. The coefficients are
    those after the last step and the information is that before it, which for a last step below
    SMALLEST_STEP is the same to about as many digits.
    """
    patients, terms = design.shape
    for _ in range(MOST_ITERATIONS):
        score[:] = 0
        information[:] = 0
        for i in range(patients):
            log_odds = 0.0
            for j in range(terms):
                log_odds += design[i, j] * coefficients[j]
            probability = 1 / (1 + math.exp(-log_odds))
            weight = probability * (1 - probability)
            residual = outcome[i] - probability
            for j in range(terms):
                score[j] += residual * design[i, j]
                weighted = weight * design[i, j]
                for k in range(j + 1):
                    information[j, k] += weighted * design[i, k]
        for j in range(terms):
            for k in range(j):
                information[k, j] = information[j, k]
        if not factorize(information, factor):
            return False
        solve(factor, score, step)
        # The Newton decrement: half of it is how far the log likelihood is from its maximum.
        decrement = 0.0
        for j in range(terms):
            coefficients[j] += step[j]
            decrement += step[j] * score[j]
        if not decrement < 1e3:
            return False
        if decrement < SMALLEST_DECREMENT:
            return True
    return False


@njit(cache=True)
def _add_third(third, row, by):
    """Add a multiple of the triple product of a row with itself, where the indices do not increase."""
    for j in range(len(row)):
        first = by * row[j]
        if first != 0:
            for k in range(j + 1):
                second = first * row[k]
                for m in range(k + 1):
                    third[j, k, m] += second * row[m]


@njit(cache=True)
def skewness(row, coefficients):
    """The third cumulant of the outcome of one patient."""
    log_odds = 0.0
    for j in range(len(row)):
        log_odds += row[j] * coefficients[j]
    probability = 1 / (1 + math.exp(-log_odds))
    return probability * (1 - probability) * (1 - 2 * probability)


@njit(cache=True)
def fill_third(third):
    """Complete a symmetric array from the entries whose indices do not increase."""
    terms = len(third)
    for j in range(terms):
        for k in range(j + 1):
            for m in range(k + 1):
                value = third[j, k, m]
                third[j, m, k] = value
                third[k, j, m] = value
                third[k, m, j] = value
                third[m, j, k] = value
                third[m, k, j] = value


@njit(cache=True)
def third_derivatives(design, coefficients, third):
    """The change of the information with each coefficient, into `third`."""
    third[:] = 0
    for i in range(len(design)):
        _add_third(third, design[i], skewness(design[i], coefficients))
    fill_third(third)


@njit(cache=True)
def model_gap(coefficients, variances, goal):
    """Squared distance of the joint model from what it is to print."""
    total = 0.0
    for i in range(1, len(coefficients)):
        estimate, error = coefficients[i], math.sqrt(variances[i])
        if goal.printed[i]:
            for j in range(4):
                if j == 0:
                    value = math.exp(estimate)
                elif j == 1:
                    value = math.exp(estimate - goal.multiplier * error)
                elif j == 2:
                    value = math.exp(estimate + goal.multiplier * error)
                else:
                    value = math.erfc(abs(estimate) / error / math.sqrt(2))
                outside = max(goal.least[i, j] - value, value - goal.most[i, j], 0.0)
                total += (outside / goal.tolerance[i, j]) ** 2
        else:
            total += (max(abs(estimate) / error - goal.joint_z, 0.0) / goal.z_tolerance) ** 2
    return total


@njit(cache=True)
def critical_t(z, degrees):
    """The quantile of Student's t that belongs to the standard normal quantile z.

    Source: Fisher and Cornish 1960, Technometrics 2:209-225, the first three terms.
    """
    return (
        z
        + (z**3 + z) / (4 * degrees)
        + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * degrees**2)
        + (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * degrees**3)
    )


@njit(cache=True)
def length_gap(design, outcome, slope, goal, histogram):
    """Squared distance of the four tests of the length alone from significance."""
    patients = len(outcome)
    histogram[:] = 0
    sums = np.zeros((2, 3))
    for i in range(patients):
        y = int(outcome[i])
        mm = round(design[i, goal.length] * LENGTH_UNIT)
        histogram[y, mm] += 1
        sums[y, 0] += 1
        sums[y, 1] += mm
        sums[y, 2] += mm * mm
    n0, n1 = sums[0, 0], sums[1, 0]
    mean0, mean1 = sums[0, 1] / n0, sums[1, 1] / n1
    squares0, squares1 = sums[0, 2] - n0 * mean0**2, sums[1, 2] - n1 * mean1**2
    difference = abs(mean1 - mean0)
    if squares0 + squares1 < 1e-6:
        return np.inf
    student = difference / math.sqrt((squares0 + squares1) / (patients - 2) * (1 / n0 + 1 / n1))
    part0, part1 = squares0 / (n0 - 1) / n0, squares1 / (n1 - 1) / n1
    welch = difference / math.sqrt(part0 + part1)
    degrees = (part0 + part1) ** 2 / (part0**2 / (n0 - 1) + part1**2 / (n1 - 1))
    total = (max(critical_t(goal.alone_z, patients - 2) - student, 0.0) / goal.z_tolerance) ** 2
    total += (max(critical_t(goal.alone_z, degrees) - welch, 0.0) / goal.z_tolerance) ** 2

    below, u, ties = 0.0, 0.0, 0.0
    for mm in range(histogram.shape[1]):
        u += histogram[1, mm] * (below + histogram[0, mm] / 2)
        below += histogram[0, mm]
        t = histogram[0, mm] + histogram[1, mm]
        ties += t**3 - t
    deviation = math.sqrt(n0 * n1 / 12 * (patients + 1 - ties / (patients * (patients - 1))))
    mann_whitney = (abs(u - n0 * n1 / 2) - 0.5) / deviation
    total += (max(goal.alone_z - mann_whitney, 0.0) / goal.z_tolerance) ** 2

    wald = length_wald(design, outcome, slope, goal.length)
    total += (max(goal.alone_z - wald, 0.0) / goal.z_tolerance) ** 2
    return total


@njit(cache=True)
def length_wald(design, outcome, slope, column):
    """|coefficient / standard error| of a logistic model with one column alone; 0 without a maximum.

    `slope` holds the coefficients to start from and is changed in place.
    """
    for _ in range(MOST_ITERATIONS):
        u0 = u1 = i00 = i01 = i11 = 0.0
        for i in range(len(outcome)):
            x = design[i, column]
            probability = 1 / (1 + math.exp(-slope[0] - slope[1] * x))
            weight = probability * (1 - probability)
            residual = outcome[i] - probability
            u0 += residual
            u1 += residual * x
            i00 += weight
            i01 += weight * x
            i11 += weight * x * x
        determinant = i00 * i11 - i01 * i01
        if not determinant > 1e-12 * i00 * i11:
            break
        step0, step1 = (i11 * u0 - i01 * u1) / determinant, (i00 * u1 - i01 * u0) / determinant
        slope[0] += step0
        slope[1] += step1
        if step0 * u0 + step1 * u1 < 1e-10:
            return abs(slope[1]) / math.sqrt(i00 / determinant)
    slope[:] = 0
    return 0.0


@njit(cache=True)
def pairs_gap(exposed, goal):
    """Squared distance of the counts of the free binary factors from allowed ones."""
    total = 0.0
    for j in range(len(exposed)):
        total += (PAIR_STEP * goal.pairs[exposed[j, 1], exposed[j, 0]]) ** 2
    return total


@njit(cache=True)
def count_exposed(design, outcome, binary, exposed):
    """Patients with each free binary factor, by outcome, into `exposed` (factors x (patent, occluded))."""
    exposed[:] = 0
    for i in range(len(outcome)):
        for j in range(len(binary)):
            if design[i, binary[j]] == 1:
                exposed[j, int(outcome[i])] += 1


@njit(cache=True)
def _propose(design, first, size, goal, follow, random, rows, new):
    """One move: the patients it changes into `rows`, their new values into `new`; how many."""
    patients = len(design)
    kind = int(random.random() * MOVES)
    i = int(random.random() * patients)
    # Another patient of the same outcome, unless the move is to take after any patient.
    j = int(random.random() * patients) if kind == 3 else first[i] + int(random.random() * size[i])
    rows[0], rows[1] = i, j
    new[0], new[1] = design[i], design[j]
    length = goal.length
    if kind == 0:  # exchange one factor
        column = goal.exchanged[int(random.random() * len(goal.exchanged))]
        new[0, column], new[1, column] = new[1, column], new[0, column]
        return 0 if new[0, column] == new[1, column] else 2
    if kind == 1 or kind == 3:  # exchange all free factors, or take them over
        same = True
        for choice in range(len(goal.binary) + 1):
            column = length if choice == len(goal.binary) else goal.binary[choice]
            new[0, column], new[1, column] = new[1, column], new[0, column]
            same = same and new[0, column] == new[1, column]
        return 0 if same else 2 - (kind == 3)
    if kind == 2:  # turn one binary factor over, the length following or not
        choice = int(random.random() * len(goal.binary))
        column = goal.binary[choice]
        new[0, column] = 1 - new[0, column]
        if random.random() < 0.5:
            mm = follow[choice] * (2 * new[0, column] - 1)
            new[0, length] += round(mm) / LENGTH_UNIT
    else:  # change one length, or shift some from one patient to another
        mm = round(math.exp(random.random() * math.log(60.0)))
        mm *= 1 if random.random() < 0.5 else -1
        new[0, length] += mm / LENGTH_UNIT
        if kind == 5:
            if i == j:
                return 0
            new[1, length] -= mm / LENGTH_UNIT
    # Whole millimeters stay whole.
    for row in range(2):
        mm = round(new[row, length] * LENGTH_UNIT)
        if mm < goal.shortest or mm > goal.longest:
            return 0
        new[row, length] = mm / LENGTH_UNIT
    return 2 if kind == 5 else 1


@njit(cache=True)
def _add(vector, row, by):
    for j in range(len(row)):
        vector[j] += by * row[j]


@njit(cache=True)
def _add_outer(matrix, row, by):
    for j in range(len(row)):
        factor = by * row[j]
        for k in range(j + 1):
            matrix[j, k] += factor * row[k]


@njit(cache=True)
def predict(walk, rows, new, changed, work):
    """The coefficients and variances after a move into work.coefficients and work.variances.

    One Newton step from the present coefficients with the score and the information of the new
    rows, both of which differ from the old ones in the rows changed only, corrected to second order
    by the third derivatives. Whether there is an answer.
    """
    design, coefficients = walk.design, walk.coefficients
    terms = len(coefficients)
    score, information, moved, factor = work.score, work.information, work.moved, work.factor
    score[:] = 0
    for j in range(terms):
        for k in range(j + 1):
            information[j, k] = walk.information[j, k]
    for c in range(changed):
        y = walk.outcome[rows[c]]
        for sign in (-1, 1):
            row = new[c] if sign > 0 else design[rows[c]]
            log_odds = 0.0
            for j in range(terms):
                log_odds += row[j] * coefficients[j]
            probability = 1 / (1 + math.exp(-log_odds))
            weight = probability * (1 - probability)
            _add(score, row, sign * (y - probability))
            _add_outer(information, row, sign * weight)
            work.skewness[c, (sign + 1) // 2] = sign * weight * (1 - 2 * probability)
    if not factorize(information, factor):
        return False
    step, correction = work.step, work.correction
    solve(factor, score, step)
    # How the information changes along the step.
    for j in range(terms):
        for k in range(j + 1):
            total = 0.0
            for m in range(terms):
                total += walk.third[j, k, m] * step[m]
            moved[j, k] = total
    for c in range(changed):
        for side in range(2):
            row = new[c] if side else design[rows[c]]
            along = 0.0
            for j in range(terms):
                along += row[j] * step[j]
            _add_outer(moved, row, work.skewness[c, side] * along)
    for j in range(terms):
        total = 0.0
        for k in range(terms):
            total += (moved[j, k] if k <= j else moved[k, j]) * step[k]
        score[j] = -0.5 * total
        for k in range(j + 1):
            information[j, k] += moved[j, k]
    if not factorize(information, factor):
        return False
    solve(factor, score, correction)
    for j in range(terms):
        work.coefficients[j] = coefficients[j] + step[j] + correction[j]
    inverse_diagonal(factor, work.inverse, work.variances)
    return True


class Work(NamedTuple):
    """Room for intermediate results."""

    score: np.ndarray
    step: np.ndarray
    correction: np.ndarray
    coefficients: np.ndarray
    variances: np.ndarray
    information: np.ndarray
    moved: np.ndarray
    factor: np.ndarray
    inverse: np.ndarray
    skewness: np.ndarray
    histogram: np.ndarray
    log_odds: np.ndarray  # patients
    wide_score: np.ndarray
    wide_step: np.ndarray
    wide_variances: np.ndarray
    wide_information: np.ndarray
    wide_factor: np.ndarray
    wide_inverse: np.ndarray


def room(patients: int, terms: int, groups: int, longest: int) -> Work:
    """Room for models of so many terms and lengths up to `longest` mm."""
    wide = terms + groups - 1
    return Work(
        *(np.zeros(terms) for _ in range(5)),
        *(np.zeros((terms, terms)) for _ in range(4)),
        np.zeros((2, 2)),
        np.zeros((2, longest + 1)),
        np.zeros(patients),
        *(np.zeros(wide) for _ in range(3)),
        *(np.zeros((wide, wide)) for _ in range(3)),
    )


def state(design: np.ndarray, outcome: np.ndarray, group: np.ndarray) -> Walk:
    """A walk at a cohort; `group` numbers the groups of the patients from 0."""
    patients, terms = design.shape
    wide = terms + int(group.max())
    return Walk(
        design.copy(),
        outcome,
        np.zeros(terms),
        np.zeros((terms, terms)),
        np.zeros((terms, terms, terms)),
        np.zeros(2),
        group.astype(np.int64),
        np.zeros((patients, wide)),
        np.zeros(wide),
        np.zeros(1),
    )


@njit(cache=True)
def pearson_z(exposed, occluded, patent):
    """Root of Pearson's chi-square of a two-by-two table: exposed[0] of the patent, exposed[1] of the occluded."""
    a, b = exposed[1], exposed[0]
    c, d = occluded - a, patent - b
    return abs(a * d - b * c) * math.sqrt((occluded + patent) / ((a + b) * (c + d) * occluded * patent))


@njit(cache=True)
def student_z(design, outcome, column):
    """|t| of Student's test between the outcomes, and the standardized difference of the means."""
    n1 = s1 = q1 = n0 = s0 = q0 = 0.0
    for i in range(len(outcome)):
        x = design[i, column]
        if outcome[i] == 1:
            n1 += 1
            s1 += x
            q1 += x * x
        else:
            n0 += 1
            s0 += x
            q0 += x * x
    squares1, squares0 = q1 - s1 * s1 / n1, q0 - s0 * s0 / n0
    difference = abs(s1 / n1 - s0 / n0)
    pooled = (squares1 + squares0) / (n1 + n0 - 2)
    apart = difference / math.sqrt((squares1 / (n1 - 1) + squares0 / (n0 - 1)) / 2)
    return difference / math.sqrt(pooled * (1 / n1 + 1 / n0)), apart


@njit(cache=True)
def largest_inflation(design, work):
    """The largest variance inflation factor of the terms beside the intercept; infinite if collinear."""
    patients, terms = design.shape
    moments = work.moved
    moments[:] = 0
    for i in range(patients):
        for j in range(terms):
            for k in range(j + 1):
                moments[j, k] += design[i, j] * design[i, k]
    if not factorize(moments, work.factor):
        return np.inf
    inverse_diagonal(work.factor, work.inverse, work.step)
    largest = 0.0
    for j in range(1, terms):
        largest = max(largest, work.step[j] * (moments[j, j] - moments[j, 0] ** 2 / patients))
    return largest


@njit(cache=True)
def fit_wide(walk, work):
    """Fit the model with the groups; whether there is a maximum. Variances go into work.wide_variances."""
    design, wide = walk.design, walk.wide
    patients, terms = design.shape
    for i in range(patients):
        for j in range(terms):
            wide[i, j] = design[i, j]
        for j in range(terms, wide.shape[1]):
            wide[i, j] = 1.0 if walk.group[i] == j - terms + 1 else 0.0
    for _ in range(2):
        if refit(
            wide,
            walk.outcome,
            walk.wide_coefficients,
            work.wide_information,
            work.wide_factor,
            work.wide_score,
            work.wide_step,
        ):
            inverse_diagonal(work.wide_factor, work.wide_inverse, work.wide_variances)
            return True
        walk.wide_coefficients[:] = 0
    return False


@njit(cache=True)
def prediction_value(conclusion, walk, work):
    """AUC, Brier score, discrimination slope or Nagelkerke's R2 of the joint model."""
    design, outcome, log_odds = walk.design, walk.outcome, work.log_odds
    patients, terms = design.shape
    occluded, squares, likelihood, of_events, of_others = 0.0, 0.0, 0.0, 0.0, 0.0
    for i in range(patients):
        total = 0.0
        for j in range(terms):
            total += design[i, j] * walk.coefficients[j]
        log_odds[i] = total
        probability = 1 / (1 + math.exp(-total))
        occluded += outcome[i]
        squares += (outcome[i] - probability) ** 2
        likelihood += math.log(probability if outcome[i] == 1 else 1 - probability)
        of_events += outcome[i] * probability
        of_others += (1 - outcome[i]) * probability
    patent = patients - occluded
    if conclusion == BRIER:
        return squares / patients
    if conclusion == DISCRIMINATION:
        return of_events / occluded - of_others / patent
    if conclusion == NAGELKERKE:
        null = occluded * math.log(occluded / patients) + patent * math.log(patent / patients)
        return (1 - math.exp(2 / patients * (null - likelihood))) / (1 - math.exp(2 / patients * null))
    wins = 0.0
    for i in range(patients):
        if outcome[i] == 1:
            for k in range(patients):
                if outcome[k] == 0:
                    difference = log_odds[i] - log_odds[k]
                    if difference > 1e-10:
                        wins += 1
                    elif difference > -1e-10:
                        wins += 0.5
    return wins / (occluded * patent)


@njit(cache=True)
def conclude(walk, goal, aim, work, exposed):
    """The value of the conclusion at a settled walk."""
    kind, column = aim.conclusion, aim.column
    occluded = int(walk.outcome.sum())
    patent = len(walk.outcome) - occluded
    if kind in (AREA, BRIER, DISCRIMINATION, NAGELKERKE):
        return prediction_value(kind, walk, work)
    if kind == ADJUSTED:
        return walk.coefficients[column]
    if kind == WITH_GROUPS:
        return walk.wide_coefficients[column]
    if kind == Z_WITH_GROUPS:
        return abs(walk.wide_coefficients[column]) / math.sqrt(work.wide_variances[column])
    if kind in (LEAST_TEST, MOST_TEST):
        least = most = student_z(walk.design, walk.outcome, goal.length)[0]
        for j in range(len(goal.binary)):
            z = pearson_z(exposed[j], occluded, patent)
            least, most = min(least, z), max(most, z)
        return least if kind == LEAST_TEST else most
    if column == goal.length:
        if kind == TEST:
            return student_z(walk.design, walk.outcome, goal.length)[0]
        length_wald(walk.design, walk.outcome, walk.slope, goal.length)
        return walk.slope[1]
    for j in range(len(goal.binary)):
        if goal.binary[j] == column:
            a, b = exposed[j, 1], exposed[j, 0]
            if kind == TEST:
                return pearson_z(exposed[j], occluded, patent)
            if kind == SHARE:
                return (a + b) / (occluded + patent)
            c, d = occluded - a, patent - b
            if a * b * c * d == 0:
                return -aim.side * np.inf
            return math.log(a * d / (b * c))
    return np.nan


@njit(cache=True)
def aim_gap(walk, goal, aim, work, exposed):
    """Squared distance from what the aim asks beside the goal."""
    total = 0.0
    if aim.most_difference < np.inf:
        apart = student_z(walk.design, walk.outcome, goal.length)[1]
        total += (max(apart - aim.most_difference, 0.0) / goal.z_tolerance) ** 2
    if aim.most_inflation < np.inf:
        total += (max(largest_inflation(walk.design, work) - aim.most_inflation, 0.0) / (5 * goal.z_tolerance)) ** 2
    if aim.worst_last or aim.conclusion == WITH_GROUPS or aim.conclusion == Z_WITH_GROUPS:
        if not fit_wide(walk, work):
            return np.inf
        if aim.worst_last:
            terms = walk.design.shape[1]
            last = walk.wide_coefficients[-1]
            for j in range(len(aim.most_last)):
                more = last - (walk.wide_coefficients[terms + j - 1] if j > 0 else 0.0)
                total += (max(LEAST_WORSE - more, more - aim.most_last[j], 0.0) / goal.z_tolerance) ** 2
    if aim.conclusion != NOTHING:
        short = aim.side * (walk.bound[0] - conclude(walk, goal, aim, work, exposed))
        total += (max(short, 0.0) / (aim.step / STEPS_PER_STRIDE)) ** 2
    return total


@njit(cache=True)
def settle(walk, goal, aim, work, exposed, limit):
    """Refit from the present coefficients; the distance from the goal, infinite without a maximum.

    Only a lower bound of it where that is above `limit`.
    """
    converged = refit(
        walk.design, walk.outcome, walk.coefficients, walk.information, work.factor, work.score, work.step
    )
    if not converged:
        return np.inf
    inverse_diagonal(work.factor, work.inverse, work.variances)
    total = model_gap(walk.coefficients, work.variances, goal) + pairs_gap(exposed, goal)
    if total > limit**2:
        return math.sqrt(total)
    total += length_gap(walk.design, walk.outcome, walk.slope, goal, work.histogram)
    if total > limit**2:
        return math.sqrt(total)
    return math.sqrt(total + aim_gap(walk, goal, aim, work, exposed))


def settles(design: np.ndarray, outcome: np.ndarray) -> bool:
    """Whether the joint model has a finite maximum that a walk can start from."""
    terms = design.shape[1]
    vectors, matrices = (np.zeros(terms) for _ in range(3)), (np.zeros((terms, terms)) for _ in range(2))
    coefficients, score, step = vectors
    information, factor = matrices
    return bool(refit(design, outcome, coefficients, information, factor, score, step))


@njit(cache=True)
def run(walk, goal, aim, follow, random, proposals, work):
    """Up to so many moves; the least distance met, its design and groups, and how often it arrived.

    A cohort farther from the goal is accepted as in simulated annealing (Kirkpatrick et al. 1983, Science
    220:671-680), at a temperature in proportion to the distance, so that the walk narrows down by itself
    as it comes near. Where a conclusion is driven, the design and the groups are those of the last
    arrival, if there was one.
    """
    design, outcome, group = walk.design, walk.outcome, walk.group
    patients, terms = design.shape
    free = len(goal.binary)
    occluded = int(outcome.sum())
    first, size = np.zeros(patients, np.int64), np.zeros(patients, np.int64)
    for i in range(patients):  # the occluded come first
        first[i] = 0 if outcome[i] == 1 else occluded
        size[i] = occluded if outcome[i] == 1 else patients - occluded
    exposed, before = np.zeros((free, 2), np.int64), np.zeros((free, 2), np.int64)
    count_exposed(design, outcome, goal.binary, exposed)
    rows, new, old = np.zeros(2, np.int64), np.zeros((2, terms)), np.zeros((2, terms))
    start, information, slope = np.zeros(terms), np.zeros((terms, terms)), np.zeros(2)
    wide = np.zeros(len(walk.wide_coefficients))

    distance = settle(walk, goal, aim, work, exposed, np.inf)
    third_derivatives(design, walk.coefficients, walk.third)
    nearest, best, best_group, taken, arrivals = distance, design.copy(), group.copy(), 0, 0
    steepness = goal.steepness
    growth = (goal.steepest / goal.steepness) ** (1 / max(proposals, 1))
    for _ in range(proposals):
        steepness *= growth
        if distance == 0:
            arrivals += 1
            nearest = 0.0
            best[:], best_group[:] = design, group
            if aim.conclusion == NOTHING:
                break
            walk.bound[0] = conclude(walk, goal, aim, work, exposed) + aim.side * aim.step
            distance = STEPS_PER_STRIDE
        exchange = aim.exchange_groups and random.random() < SHARE_OF_EXCHANGES
        if exchange:
            changed = 0
            i = int(random.random() * patients)
            j = first[i] + int(random.random() * size[i])
            if group[i] == group[j]:
                continue
            group[i], group[j] = group[j], group[i]
        else:
            changed = _propose(design, first, size, goal, follow, random, rows, new)
            if changed == 0:
                continue
        before[:] = exposed
        for c in range(changed):
            y = int(outcome[rows[c]])
            for k in range(free):
                exposed[k, y] += int(new[c, goal.binary[k]]) - int(design[rows[c], goal.binary[k]])
        # With this the probability of acceptance is exp(-(after - before) / temperature), or one.
        limit = distance - math.log(1 - random.random()) * (distance / steepness + WARMTH)
        accepted = False
        promising = exchange
        if not exchange and predict(walk, rows, new, changed, work):
            promising = model_gap(work.coefficients, work.variances, goal) + pairs_gap(exposed, goal) <= limit**2
        if promising:
            start[:], information[:], slope[:] = walk.coefficients, walk.information, walk.slope
            wide[:] = walk.wide_coefficients
            for c in range(changed):
                old[c] = design[rows[c]]
                design[rows[c]] = new[c]
            if not exchange:
                walk.coefficients[:] = work.coefficients
            after = settle(walk, goal, aim, work, exposed, limit)
            accepted = after <= limit
            if accepted:
                distance = after
                taken += 1
                if taken % THIRD_EVERY == 0:
                    third_derivatives(design, walk.coefficients, walk.third)
                elif changed > 0:
                    for c in range(changed):
                        _add_third(walk.third, old[c], -skewness(old[c], start))
                        _add_third(walk.third, new[c], skewness(new[c], start))
                    fill_third(walk.third)
                if arrivals == 0 and distance < nearest:
                    nearest = distance
                    best[:], best_group[:] = design, group
            else:
                for c in range(changed):
                    design[rows[c]] = old[c]
                walk.coefficients[:], walk.information[:], walk.slope[:] = start, information, slope
                walk.wide_coefficients[:] = wide
        if not accepted:
            exposed[:] = before
            if exchange:
                group[i], group[j] = group[j], group[i]
    return nearest, best, best_group, arrivals
