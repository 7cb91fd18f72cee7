"""Where a search for a cohort starts: built near the edge of what is possible.

The program behind the convex bound (`lib.search.certificates`) also says how the patients' linear
predictors are spread where the standard errors of the markers are least. A cohort is built around
them in three steps, each of them easy:

1. The yes-or-no factors are given out by simulated annealing while the predictors stand still, so
   that their score equations hold, their counts are allowed and the markers' variances are right.
   With the weights p(1 - p) fixed, a change of one patient changes the information matrix by one
   row, and no model need be refitted.
2. The predictors are changed as little as possible until all score equations hold and the variances
   are those printed (Gauss and Newton's method for fewer equations than unknowns: Nocedal and
   Wright 2006, Numerical Optimization, 2nd ed., 10.3).
3. The length is what is left of the predictors, in whole mm.

The cohort then prints nearly what is claimed, but for the tests of each factor alone, and a short
search does the rest. NOT patient data.
"""

import math
from typing import NamedTuple

import numpy as np
from scipy.special import expit

from lib.compatible.exclusion import KNOWN
from lib.search.certificates import SOLVER_GRID
from lib.search.compiled import compiled
from lib.search.distance import LENGTH_UNIT, Target
from lib.search.fit import add_patients, invert, room

FARTHEST = 5.0  # a patient's linear predictor; beyond it one patient would decide too much
PASSES = 10
ARRANGEMENTS = 150_000  # of the factors that are tried in a pass
# Temperatures at the beginning of the first pass, of each later one, and at the end of each.
HOT, WARM, COLD = 100.0, 3.0, 0.05
EXCHANGES = 0.6  # the share of arrangements tried in which two patients exchange a factor
# What weighs as much as what: a part in ten thousand of a variance, a hundredth of a standard
# normal deviate, a thirtieth of a patient in a score equation, a fiftieth of a patient in a count.
PER_VARIANCE, PER_DEVIATE, PER_SCORE, PER_PATIENT = 1e4, 1e2, 30.0, 50.0
ROOM = 0.02  # standard normal deviates by which the joint model's tests stay below their threshold
ITERATIONS = 30  # of Gauss and Newton
LONGEST_STEP = 0.3  # of a linear predictor


class Demand(NamedTuple):
    """What is asked of the model with the intercept, both markers, the yes-or-no factors and the
    rest of the predictor."""

    beta: np.ndarray  # of the two markers
    variances: np.ndarray
    most_z: float  # of the rest of the predictor, which becomes that of the length
    pairs: np.ndarray  # as in `Target`


def start(
    spread: np.ndarray,
    outcome: np.ndarray,
    target: Target,
    markers: list[int],
    random: np.random.Generator,
) -> np.ndarray:
    """A design whose linear predictors are spread as said (`certificates.solutions`), or nearly.

    ``outcome`` has the occluded first; ``markers`` are columns of the design.
    """
    # The middle of what is printed of the markers.
    middle = (target.least[markers, :3] + target.most[markers, :3]) / 2
    sigma = (middle[:, 2] - middle[:, 1]) / (target.errors[2] - target.errors[1])
    demand = Demand(middle[:, 0], sigma**2, target.most[target.length, 3] - ROOM, target.pairs)
    known, predictor = _patients(spread, random)
    shares = random.uniform(0.2, 0.5, len(target.binary))
    free = random.random((len(outcome), len(shares))) < shares
    # The model's columns, what is left of the predictor beside the markers last.
    columns = np.column_stack([known, free, predictor - known[:, 1:] @ demand.beta])
    for number in range(PASSES):
        tries, hot = ARRANGEMENTS if len(shares) else 0, WARM if number else HOT
        left = arrange(columns, outcome, demand, tries, hot, random)
        # What is left of the scores `balance` mends; a patient too few or too many it cannot.
        if balance(columns, outcome, demand) and left < PER_PATIENT:
            break
    design = np.ones((len(outcome), len(target.least)))
    design[:, markers] = known[:, 1:]
    design[:, target.binary] = columns[:, 3:-1]
    rest = columns[:, -1]
    mm = np.interp(rest, [rest.min(), rest.max()], [target.shortest, target.longest])
    design[:, target.length] = np.rint(mm) / LENGTH_UNIT
    return design


def _patients(spread: np.ndarray, random) -> tuple[np.ndarray, np.ndarray]:
    """Intercept and markers of each patient, and the linear predictors at equal steps of each
    group's distribution.
    """
    sizes, predictors = np.rint(spread.sum(axis=1)).astype(int), []
    for size, masses in zip(sizes, spread, strict=True):
        at = (np.arange(size) + random.random()) / max(size, 1) * masses.sum()
        places = np.searchsorted(np.cumsum(masses), at).clip(0, len(SOLVER_GRID) - 1)
        predictors.append(SOLVER_GRID[places].clip(-FARTHEST, FARTHEST))
    return KNOWN.repeat(sizes, axis=0), np.concatenate(predictors)


# ------------------------------------------------------------------------ step 1: the factors


@compiled
def arrange(columns, outcome, demand, tries, hot, random):
    """Give out the factors (columns 3 to the last but one, changed in place) in so many tries,
    ``hot`` being the temperature of the first; the least distance from what is asked.
    """
    fit, exposed = room(columns.shape[1]), np.zeros((columns.shape[1] - 4, 2), np.int64)
    # Those with which the predictors are the ones given, whoever has a factor.
    fit.coefficients[1:3] = demand.beta
    fit.coefficients[-1] = 1.0
    add_patients(columns, outcome, 1.0, fit)
    for i in range(len(outcome)):
        exposed[:, int(outcome[i])] += columns[i, 3:-1].astype(np.int64)
    here = least = _far(fit, exposed, demand)
    best, patients = columns.copy(), np.zeros(2, np.int64)
    for number in range(tries):
        temperature = hot * (COLD / hot) ** (number / tries)
        column = 3 + int(random.random() * len(exposed))
        changed = 1
        patients[0] = int(random.random() * len(outcome))
        if random.random() < EXCHANGES:
            patients[1], changed = int(random.random() * len(outcome)), 2
            if columns[patients[0], column] == columns[patients[1], column]:
                continue
        for i in patients[:changed]:
            _turn(columns, column, i, outcome, fit, exposed)
        after = _far(fit, exposed, demand)
        # Where there is no inverse the distance is not a number, and the arrangement is taken back.
        if after <= here or random.random() < math.exp((here - after) / temperature):
            here = after
            if here < least:
                least = here
                best[:] = columns
        else:
            for i in patients[:changed]:
                _turn(columns, column, i, outcome, fit, exposed)
    columns[:] = best
    return least


@compiled
def _far(fit, exposed, demand):
    """How far an arrangement is from what is asked."""
    invert(fit.information, fit.inverse)
    total = 0.0
    for i in range(2):
        total += PER_VARIANCE * abs(fit.inverse[1 + i, 1 + i] / demand.variances[i] - 1)
    total += PER_DEVIATE * max(1 / math.sqrt(fit.inverse[-1, -1]) - demand.most_z, 0.0)
    for j in range(len(exposed)):
        total += PER_SCORE * abs(fit.score[3 + j])
        total += PER_PATIENT * demand.pairs[exposed[j, 1], exposed[j, 0]]
    return total


@compiled
def _turn(columns, column, i, outcome, fit, exposed):
    """Turn a factor of one patient over; score, information and counts follow."""
    add_patients(columns[i : i + 1], outcome[i : i + 1], -1.0, fit)
    columns[i, column] = 1 - columns[i, column]
    add_patients(columns[i : i + 1], outcome[i : i + 1], 1.0, fit)
    exposed[column - 3, int(outcome[i])] += int(2 * columns[i, column] - 1)


# --------------------------------------------------------------------- step 2: the predictors


def balance(columns: np.ndarray, outcome: np.ndarray, demand: Demand) -> bool:
    """Change the predictors, which are in the last column, as little as possible until they are a
    maximum and the variances are those asked for; whether the equations hold.
    """
    for _ in range(ITERATIONS):
        wrong, slopes = _equations(columns, outcome, demand)
        if np.abs(wrong).max() < 1e-9:
            return True
        scale = 1 / np.linalg.norm(slopes, axis=1)
        step = -np.linalg.lstsq(slopes * scale[:, None], wrong * scale, rcond=1e-6)[0]
        columns[:, -1] += step * min(1, LONGEST_STEP / np.abs(step).max())
    return False


def _equations(columns, outcome, demand: Demand) -> tuple[np.ndarray, np.ndarray]:
    """By how much each equation is missed, and its slope in each patient's linear predictor: the
    score equations, the two variances, and the deviate of the rest of the predictor, which counts
    only when it is too large.

    With u the column of the inverse information M^-1 that belongs to a variance, the variance
    changes by -u'(dM)u.
    """
    p = expit(columns[:, 1:3] @ demand.beta + columns[:, -1])
    weight = p * (1 - p)
    inverse = np.linalg.inv(columns.T @ (columns * weight[:, None]))
    along = columns @ inverse
    of_variances = (
        -(weight * (1 - 2 * p))[:, None] * along**2 - 2 * weight[:, None] * inverse[-1] * along
    )
    variances = np.diag(inverse)
    wrong = [columns.T @ (outcome - p), variances[1:3] / demand.variances - 1]
    slopes = [-weight * columns.T, (of_variances[:, 1:3] / demand.variances).T]
    slopes[0][-1] += outcome - p
    above = 1 / math.sqrt(variances[-1]) - demand.most_z
    if above > 0:
        wrong.append([above])
        slopes.append([-of_variances[:, -1] / 2 * variances[-1] ** -1.5])
    return np.concatenate(wrong), np.concatenate(slopes)
