"""Compiled: what else may be asked of a cohort, a rung of the ladder and a conclusion to be driven."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from lib.search.compiled import compiled
from lib.search.gaps import length_wald
from lib.search.newton import factorize_one, fill_products, inverse_diagonal_one, refit

LEAST_WORSE = (
    0.01  # by which the log odds of a group must exceed those of another to be called worse
)
STEPS_PER_STRIDE = 100.0  # how far from the goal one stride beyond the bound of a conclusion is

NOTHING, ODDS_RATIO, TEST, ADJUSTED, AREA, BRIER, DISCRIMINATION, NAGELKERKE = range(8)
WITH_GROUPS, Z_WITH_GROUPS, SHARE, LEAST_TEST, MOST_TEST = range(8, 13)


class Aim(NamedTuple):
    """What else is asked of a cohort: a rung of the assumption ladder, and a conclusion to be
    driven.

    Where there is nothing to drive, `conclusion` is NOTHING and the walk ends at the goal.
    Otherwise it goes on: each time it arrives, `bound` moves on by `step`.
    """

    conclusion: int
    side: float  # 1 toward the greatest value, -1 toward the least
    column: int  # the factor that the conclusion is about, where it is about one
    step: float
    most_difference: float  # standardized difference of the mean length between the outcomes
    most_inflation: float  # variance inflation factor
    worst_last: bool  # the last group is the worst one in the model with the groups
    most_last: (
        np.ndarray
    )  # then also the most log odds of the last group against each of the others
    exchange_groups: bool
    best_first: (
        bool  # make the moves that leave the joint model nearest to the goal, or any that it allows
    )


AIMLESS = Aim(NOTHING, 1.0, 0, 1.0, math.inf, math.inf, False, np.zeros(0), False, True)


@compiled
def aim_gap(walk, goal, aim, work, exposed):
    """Squared distance from what the aim asks beside the goal."""
    total = 0.0
    if aim.most_difference < np.inf:
        apart = student_z(walk.design, walk.outcome, goal.length)[1]
        total += (max(apart - aim.most_difference, 0.0) / goal.z_tolerance) ** 2
    if aim.most_inflation < np.inf:
        total += (
            max(largest_inflation(walk.design, work) - aim.most_inflation, 0.0)
            / (5 * goal.z_tolerance)
        ) ** 2
    if aim.worst_last or aim.conclusion == WITH_GROUPS or aim.conclusion == Z_WITH_GROUPS:
        if not fit_wide(walk, work):
            return np.inf
        if aim.worst_last:
            terms = walk.design.shape[1]
            last = walk.wide_coefficients[-1]
            for j in range(len(aim.most_last)):
                more = last - (walk.wide_coefficients[terms + j - 1] if j > 0 else 0.0)
                total += (
                    max(LEAST_WORSE - more, more - aim.most_last[j], 0.0) / goal.z_tolerance
                ) ** 2
    if aim.conclusion != NOTHING:
        short = aim.side * (walk.bound[0] - conclude(walk, goal, aim, work, exposed))
        total += (max(short, 0.0) / (aim.step / STEPS_PER_STRIDE)) ** 2
    return total


@compiled
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
        return abs(walk.wide_coefficients[column]) / math.sqrt(work.with_groups.variances[column])
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


@compiled
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
        return (1 - math.exp(2 / patients * (null - likelihood))) / (
            1 - math.exp(2 / patients * null)
        )
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


@compiled
def pearson_z(exposed, occluded, patent):
    """Root of Pearson's chi-square of a two-by-two table: exposed[0] of the patent, exposed[1] of
    the occluded.
    """
    a, b = exposed[1], exposed[0]
    c, d = occluded - a, patent - b
    return abs(a * d - b * c) * math.sqrt(
        (occluded + patent) / ((a + b) * (c + d) * occluded * patent)
    )


@compiled
def student_z(design, outcome, column):
    """The absolute t of Student's test between the outcomes, and the standardized difference of the means."""
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


@compiled
def largest_inflation(design, work):
    """The largest variance inflation factor of the terms beside the intercept; infinite if
    collinear.
    """
    patients, terms = design.shape
    moments, fit = work.moments, work.joint
    moments[:] = 0
    for i in range(patients):
        for j in range(terms):
            for k in range(j + 1):
                moments[j, k] += design[i, j] * design[i, k]
    factorize_one(moments, fit.factor)
    inverse_diagonal_one(fit.factor, fit.inverse, fit.step)
    largest = 0.0
    for j in range(1, terms):
        inflation = fit.step[j] * (moments[j, j] - moments[j, 0] ** 2 / patients)
        if not inflation < np.inf:
            return np.inf
        largest = max(largest, inflation)
    return largest


@compiled
def fit_wide(walk, work):
    """Fit the model with the groups, into work.with_groups; whether there is a maximum."""
    design, wide = walk.design, walk.wide
    patients, terms = design.shape
    for i in range(patients):
        for j in range(terms):
            wide[i, j] = design[i, j]
        for j in range(terms, wide.shape[1]):
            wide[i, j] = 1.0 if walk.group[i] == j - terms + 1 else 0.0
        fill_products(wide[i], walk.wide_products[i])
    for _ in range(2):
        if refit(
            wide,
            walk.wide_products,
            walk.outcome,
            walk.wide_coefficients,
            walk.third[:0],
            work.with_groups,
        ):
            return True
        walk.wide_coefficients[:] = 0
    return False
