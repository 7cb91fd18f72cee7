"""Compiled: how far a cohort is from one that prints what is claimed. NOT patient data."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from lib.search.compiled import compiled
from lib.search.newton import MOST_ITERATIONS

LENGTH_UNIT = 100.0  # mm; keeps the information matrix well scaled
PAIR_STEP = (
    40.0  # what one patient too few or too many weighs, beside half-widths of printed numbers
)


class Goal(NamedTuple):
    """What counts as arrived."""

    errors: (
        np.ndarray
    )  # standard errors from the estimate to itself, to the lower limit and to the upper one
    least: (
        np.ndarray
    )  # terms x (logarithms of the odds ratio and of its limits, |coefficient / standard error|)
    most: np.ndarray
    unit: np.ndarray  # in which a distance from the goal is counted
    alone_z: float  # least standard normal deviate of each test of the length alone
    z_tolerance: float
    binary: np.ndarray  # columns of the free binary factors
    length: int  # column of the length
    exchanged: (
        np.ndarray
    )  # columns that may be exchanged one by one between patients of the same outcome
    pairs: (
        np.ndarray
    )  # (exposed occluded, exposed patent): patients by which to change to be allowed
    shortest: int  # mm
    longest: int  # mm
    steepness: float  # how firmly the walk holds on to what it has reached, at its beginning
    steepest: float  # and at its end


@compiled
def model_gap(coefficients, variances, goal, gap):
    """Add to `gap` the squared distances of joint models (terms x how many) from what they are to
    print.
    """
    terms, lanes = coefficients.shape
    for i in range(1, terms):
        estimate, variance = coefficients[i], variances[i]
        for number in range(4):
            least, most, unit = goal.least[i, number], goal.most[i, number], goal.unit[i, number]
            if number < 3:
                errors = goal.errors[number]
                for lane in range(lanes):
                    value = estimate[lane] + errors * math.sqrt(variance[lane])
                    gap[lane] += (max(least - value, value - most, 0.0) / unit) ** 2
            else:
                for lane in range(lanes):
                    value = abs(estimate[lane]) / math.sqrt(variance[lane])
                    gap[lane] += (max(least - value, value - most, 0.0) / unit) ** 2


@compiled
def pairs_gap(exposed, goal):
    """Squared distance of the counts of the free binary factors from allowed ones."""
    total = 0.0
    for j in range(len(exposed)):
        total += (PAIR_STEP * goal.pairs[exposed[j, 1], exposed[j, 0]]) ** 2
    return total


@compiled
def count_exposed(design, outcome, binary, exposed):
    """Patients with each free binary factor, by outcome, into `exposed` (factors x (patent,
    occluded)).
    """
    exposed[:] = 0
    for i in range(len(outcome)):
        for j in range(len(binary)):
            if design[i, binary[j]] == 1:
                exposed[j, int(outcome[i])] += 1


@compiled
def length_gap(design, outcome, slope, goal, histogram):
    """Squared distance of the four tests of the length alone from significance."""
    patients = len(outcome)
    histogram[:] = 0
    n0 = n1 = sum0 = sum1 = squares0 = squares1 = 0
    shortest, longest = goal.longest, goal.shortest
    for i in range(patients):
        mm = int(design[i, goal.length] * LENGTH_UNIT + 0.5)
        shortest, longest = min(shortest, mm), max(longest, mm)
        if outcome[i] == 1:
            histogram[1, mm] += 1
            n1, sum1, squares1 = n1 + 1, sum1 + mm, squares1 + mm * mm
        else:
            histogram[0, mm] += 1
            n0, sum0, squares0 = n0 + 1, sum0 + mm, squares0 + mm * mm
    mean0, mean1 = sum0 / n0, sum1 / n1
    squares0, squares1 = squares0 - n0 * mean0**2, squares1 - n1 * mean1**2
    difference = abs(mean1 - mean0)
    if squares0 + squares1 < 1e-6:
        return np.inf
    student = difference / math.sqrt((squares0 + squares1) / (patients - 2) * (1 / n0 + 1 / n1))
    part0, part1 = squares0 / (n0 - 1) / n0, squares1 / (n1 - 1) / n1
    welch = difference / math.sqrt(part0 + part1)
    degrees = (part0 + part1) ** 2 / (part0**2 / (n0 - 1) + part1**2 / (n1 - 1))
    total = (max(critical_t(goal.alone_z, patients - 2) - student, 0.0) / goal.z_tolerance) ** 2
    total += (max(critical_t(goal.alone_z, degrees) - welch, 0.0) / goal.z_tolerance) ** 2

    below = twice_u = ties = 0
    for mm in range(shortest, longest + 1):
        patent, occluded = histogram[0, mm], histogram[1, mm]
        twice_u += occluded * (2 * below + patent)
        below += patent
        tied = patent + occluded
        ties += tied * tied * tied - tied
    deviation = math.sqrt(n0 * n1 / 12 * (patients + 1 - ties / (patients * (patients - 1))))
    mann_whitney = (abs(twice_u - n0 * n1) / 2 - 0.5) / deviation
    total += (max(goal.alone_z - mann_whitney, 0.0) / goal.z_tolerance) ** 2

    wald = length_wald(design, outcome, slope, goal.length)
    total += (max(goal.alone_z - wald, 0.0) / goal.z_tolerance) ** 2
    return total


@compiled
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


@compiled
def length_wald(design, outcome, slope, column):
    """The absolute coefficient / standard error of a logistic model with one column alone; 0 without
    a maximum.

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
