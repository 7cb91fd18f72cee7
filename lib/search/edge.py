"""Where a walk toward a witness starts: a cohort built near the edge of what is possible.

The program behind the convex bound (`lib.compatible.exclusion`) also says how the patients' linear
predictors are spread where the standard errors of the markers are least. A cohort is built around
them in three steps, each of them easy. The free binary factors are given out by annealing while the
predictors stand still. The predictors are changed as little as possible until the score equations
hold. And the length is what is left of the predictors once each binary factor has had a share: in
whole mm the cohort then prints nearly what is claimed, and a short walk does the rest. NOT patient
data.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from scipy.special import expit

from lib.compatible.exclusion import GROUPS, SOLVER_GRID
from lib.search import gaps, newton
from lib.search.compiled import compiled

FARTHEST = 5.0  # a patient's linear predictor; beyond it one patient would decide too much
PASSES = 10
ARRANGEMENTS = 150_000  # of the binary factors that are tried in a pass
# Temperatures at the beginning of the first pass, of each later one, and at the end of each.
HOT, WARM, COLD = 100.0, 3.0, 0.05
EXCHANGES = 0.6  # the share of arrangements tried in which two patients exchange a factor
# What weighs as much as what: a part in ten thousand of a variance, a hundredth of a standard
# normal deviate, a thirtieth of a patient in a score equation, a fiftieth of a patient in a count.
PER_VARIANCE, PER_DEVIATE, PER_SCORE, PER_PATIENT = 1e4, 1e2, 30.0, 50.0
ROOM = 0.02  # standard normal deviates by which the joint model's tests stay below their threshold
STEPS = 30  # of Gauss and Newton
LONGEST_STEP = 0.3  # of a linear predictor
SHARES = 400  # divisions of the predictors between length and binary factors that are tried
MARGIN_MM = 3  # kept free at either end of the range of lengths


class Demand(NamedTuple):
    """What is asked of the model with the intercept, both markers, the binary factors and the rest
    of the predictor.
    """

    beta: np.ndarray  # of the two markers
    variances: np.ndarray
    most_z: float  # of the rest of the predictor, which becomes that of the length
    pairs: np.ndarray  # as in `gaps.Goal`


def demand_of(goal: gaps.Goal, markers: list[int]) -> Demand:
    """The middle of what is printed of the markers (columns of the design)."""
    middle = (goal.least[markers, :3] + goal.most[markers, :3]) / 2
    sigma = (middle[:, 2] - middle[:, 1]) / (goal.errors[2] - goal.errors[1])
    return Demand(middle[:, 0], sigma**2, goal.most[goal.length, 3] - ROOM, goal.pairs)


def start(
    spread: np.ndarray, outcome: np.ndarray, goal: gaps.Goal, markers: list[int], random
) -> np.ndarray:
    """A design in which the patients' linear predictors are spread as said (`exclusion.spread`), as
    far as can be.

    `outcome` has the occluded first; `markers` are columns of the design.
    """
    demand = demand_of(goal, markers)
    known, predictor = _patients(spread, random)
    free = (
        random.random((len(outcome), len(goal.binary))) < random.uniform(0.2, 0.5, len(goal.binary))
    ).astype(float)
    for number in range(PASSES):
        columns = _columns(known, free, predictor, demand)
        weight, residual = expit(predictor) * expit(-predictor), outcome - expit(predictor)
        arrangements, hot = ARRANGEMENTS if len(goal.binary) else 0, WARM if number else HOT
        room = newton.room(*columns.shape)
        left = arrange(columns, weight, residual, outcome, demand, arrangements, hot, random, room)
        free = columns[:, 3:-1]
        predictor, holds = balance(known, free, predictor, outcome, demand)
        # What is left of the scores `balance` has mended; a patient too few or too many it cannot.
        if holds and left < PER_PATIENT:
            break
    design = np.zeros((len(outcome), len(goal.least)))
    design[:, 0] = 1
    design[:, markers] = known[:, 1:]
    design[:, goal.binary] = free
    design[:, goal.length] = (
        lengths(known, free, predictor, outcome, goal, demand, random) / gaps.LENGTH_UNIT
    )
    return design


def _patients(spread: np.ndarray, random) -> tuple[np.ndarray, np.ndarray]:
    """Intercept and markers of each patient, and the linear predictors at equal steps of each
    group's distribution.
    """
    known, predictors = [], []
    for group, masses in zip(GROUPS, spread, strict=True):
        size = round(masses.sum())
        at = (np.arange(size) + random.random()) / max(size, 1) * masses.sum()
        places = np.searchsorted(np.cumsum(masses), at).clip(0, len(SOLVER_GRID) - 1)
        predictors.append(SOLVER_GRID[places].clip(-FARTHEST, FARTHEST))
        known.append(np.tile([1, *group[1:]], (size, 1)))
    return np.vstack(known), np.concatenate(predictors)


def _columns(
    known: np.ndarray, free: np.ndarray, predictor: np.ndarray, demand: Demand
) -> np.ndarray:
    """The model's columns, what is left of the predictor beside the markers last."""
    return np.column_stack([known, free, predictor - known[:, 1:] @ demand.beta])


@compiled
def miss(fit, scores, exposed, demand):
    """How far an arrangement is from what is asked."""
    newton.factorize_one(fit.information, fit.factor)
    newton.inverse_diagonal_one(fit.factor, fit.inverse, fit.variances)
    total = 0.0
    for i in range(2):
        total += PER_VARIANCE * abs(fit.variances[1 + i] / demand.variances[i] - 1)
    total += PER_DEVIATE * max(1 / math.sqrt(fit.variances[-1]) - demand.most_z, 0.0)
    for j in range(len(scores)):
        total += (
            PER_SCORE * abs(scores[j]) + PER_PATIENT * demand.pairs[exposed[j, 1], exposed[j, 0]]
        )
    return total


@compiled
def turn(columns, column, patient, weight, residual, outcome, fit, scores, exposed):
    """Turn a binary factor of one patient over, and bring the information, the scores and the
    counts up to date.
    """
    sign = 1 - 2 * columns[patient, column]
    columns[patient, column] += sign
    scores[column - 3] += sign * residual[patient]
    exposed[column - 3, int(outcome[patient])] += int(sign)
    for k in range(columns.shape[1]):
        # The factor's own square is 0 or 1.
        change = sign * weight[patient] * (columns[patient, k] if k != column else 1.0)
        fit.information[max(k, column), min(k, column)] += change


@compiled
def arrange(columns, weight, residual, outcome, demand, arrangements, hot, random, fit):
    """Give out the binary factors (columns 3 to the last but one, changed in place) by simulated
    annealing; the least distance from what is asked. Source: Kirkpatrick et al. 1983, Science
    220:671-680.
    """
    patients, terms = columns.shape
    free = terms - 4
    scores, exposed = np.zeros(free), np.zeros((free, 2), np.int64)
    fit.information[:] = 0
    for i in range(patients):
        for j in range(terms):
            for k in range(j + 1):
                fit.information[j, k] += weight[i] * columns[i, j] * columns[i, k]
        for j in range(free):
            scores[j] += residual[i] * columns[i, 3 + j]
            exposed[j, int(outcome[i])] += int(columns[i, 3 + j])
    distance = miss(fit, scores, exposed, demand)
    least, best = distance, columns.copy()
    for number in range(arrangements):
        temperature = hot * (COLD / hot) ** (number / arrangements)
        column = 3 + int(random.random() * free)
        first = second = int(random.random() * patients)
        if random.random() < EXCHANGES:
            second = int(random.random() * patients)
            if columns[first, column] == columns[second, column]:
                continue
        turn(columns, column, first, weight, residual, outcome, fit, scores, exposed)
        if second != first:
            turn(columns, column, second, weight, residual, outcome, fit, scores, exposed)
        after = miss(fit, scores, exposed, demand)
        # Where there is no inverse the distance is not a number, and the arrangement is taken back.
        if after <= distance or random.random() < math.exp((distance - after) / temperature):
            distance = after
            if distance < least:
                least = distance
                best[:] = columns
        else:
            turn(columns, column, first, weight, residual, outcome, fit, scores, exposed)
            if second != first:
                turn(columns, column, second, weight, residual, outcome, fit, scores, exposed)
    columns[:] = best
    return least


def balance(
    known: np.ndarray, free: np.ndarray, predictor: np.ndarray, outcome: np.ndarray, demand: Demand
) -> tuple[np.ndarray, bool]:
    """Change the predictors as little as possible until they are a maximum and the variances are
    those asked for.

    Gauss and Newton's method for fewer equations than unknowns. The predictors, and whether the
    equations hold.
    """
    for _ in range(STEPS):
        wrong, slopes = _equations(known, free, predictor, outcome, demand)
        if np.abs(wrong).max() < 1e-9:
            return predictor, True
        scale = 1 / np.linalg.norm(slopes, axis=1)
        step = -np.linalg.lstsq(slopes * scale[:, None], wrong * scale, rcond=1e-6)[0]
        predictor = predictor + step * min(1, LONGEST_STEP / np.abs(step).max())
    return predictor, False


def _equations(
    known: np.ndarray, free: np.ndarray, predictor: np.ndarray, outcome: np.ndarray, demand: Demand
) -> tuple[np.ndarray, np.ndarray]:
    """By how much each equation is missed, and its slope in each patient's linear predictor: the
    score equations, the two variances, and the deviate of the rest of the predictor, which counts
    only when it is too large.

    With u the column of the inverse information M^-1 that belongs to a variance, the variance
    changes by -u'(dM)u.
    """
    columns, p = _columns(known, free, predictor, demand), expit(predictor)
    weight = p * (1 - p)
    inverse = np.linalg.inv(columns.T @ (columns * weight[:, None]))
    wrong, slopes = columns.T @ (outcome - p), -weight * columns.T
    slopes[-1] += outcome - p

    def slope_of_variance(i: int) -> np.ndarray:
        along = columns @ inverse[i]
        return -(weight * (1 - 2 * p) * along**2 + 2 * weight * inverse[i, -1] * along)

    variances = np.diag(inverse)
    for i, asked in enumerate(demand.variances, start=1):
        wrong = np.append(wrong, variances[i] / asked - 1)
        slopes = np.vstack([slopes, slope_of_variance(i) / asked])
    above = 1 / math.sqrt(variances[-1]) - demand.most_z
    if above > 0:
        wrong = np.append(wrong, above)
        slopes = np.vstack([slopes, -slope_of_variance(-1) / 2 * variances[-1] ** -1.5])
    return wrong, slopes


def lengths(
    known: np.ndarray,
    free: np.ndarray,
    predictor: np.ndarray,
    outcome: np.ndarray,
    goal: gaps.Goal,
    demand: Demand,
    random,
) -> np.ndarray:
    """What is left of the predictors when each binary factor has had a share, in whole mm.

    Of the divisions in which no test of the joint model and every test of the length alone is
    significant, the one that loses least to whole mm; where there is none, the one nearest to it.
    """
    columns, weight = _columns(known, free, predictor, demand), expit(predictor) * expit(-predictor)
    inverse = np.linalg.inv(columns.T @ (columns * weight[:, None]))
    of_factors, covariances = np.diag(inverse)[3:-1], inverse[3:-1, -1]
    design = np.zeros((len(outcome), len(goal.least)))
    histogram = np.zeros((2, goal.longest + 1), np.int64)
    best = (np.inf, np.inf)
    for _ in range(SHARES):
        share = random.normal(0, 10.0 ** random.uniform(-0.5, 0.5), len(of_factors))
        z = abs(share) / np.sqrt(of_factors + share * (2 * covariances + share * inverse[-1, -1]))
        left = columns[:, -1] - free @ share
        span = np.ptp(left)
        range_mm = goal.longest - goal.shortest - 2 * MARGIN_MM
        mm = np.rint(goal.shortest + MARGIN_MM + (left - left.min()) / span * range_mm)
        design[:, goal.length] = mm / gaps.LENGTH_UNIT
        alone = gaps.length_gap(design, outcome, np.zeros(2), goal, histogram)
        joint = np.sum((np.maximum(z - demand.most_z, 0) / goal.z_tolerance) ** 2)
        if (alone + joint, span) < best:
            best, chosen = (alone + joint, span), mm
    return chosen
