"""The search itself: simulated annealing over cohorts of made-up patients. NOT patient data.

A step changes one or two patients: two of the same stratum exchange a block of values or some mm of
length; or, where values are free, one patient's factor is turned over, its length changed, or all
free values taken over from another. The joint model is refitted and the cohort's distance from the
target taken (`lib.search.distance`). A cohort that is nearer is kept; one that is farther is kept
with probability exp(-(after - before) / temperature) (Kirkpatrick, Gelatt and Vecchi 1983, Science
220:671-680). The temperature is the present distance over `steepness`, plus `WARMTH`, so that the
search narrows down by itself as it comes near; the steepness rises from step to step.

Most steps lead far away, and one Newton step from the two patients alone tells so without a pass
over the others (`lib.search.fit.predict`): the refit is left out where the distance predicted is
more than `DOUBT` times what would be kept.

Where a conclusion is driven (`Target.conclusion`) the search does not end at the target: each time
it arrives there the bound moves on by a stride. The cohort returned is that of the last arrival.
"""

import math
from typing import NamedTuple

import numpy as np

from lib.search.compiled import compiled
from lib.search.distance import (
    LENGTH_UNIT,
    NOTHING,
    STEPS_PER_STRIDE,
    conclude,
    distance,
    distance_of_counts,
    distance_of_model,
)
from lib.search.fit import copy, predict

WARMTH = 0.2  # the temperature at the target, in half-units of printed numbers
DOUBT = 2.0
LONGEST_STEP = 60.0  # mm


class Steps(NamedTuple):
    """Which steps are taken."""

    blocks: np.ndarray  # blocks x columns: which columns change places together
    free: np.ndarray  # columns that one patient may change alone; none: exchanges only
    first: np.ndarray  # for each patient the first of its stratum, whose patients are neighbors
    size: np.ndarray  # and how many there are
    longest: float  # mm, of the exchange or change of a length


def steps_of(
    blocks: list[list[int]],
    free: list[int],
    strata: np.ndarray,
    columns: int,
    longest: float = LONGEST_STEP,
) -> Steps:
    """Steps that exchange the blocks of columns within strata, which must be sorted."""
    within = np.array([[column in block for column in range(columns)] for block in blocks])
    first = np.searchsorted(strata, strata)
    return Steps(
        within, np.isin(np.arange(columns), free), first, np.bincount(first)[first], longest
    )


@compiled
def anneal(cohort, target, steps, random, count, steepness):
    """Up to so many steps; the least distance met, its design, and how often it arrived.

    `steepness` is that of the first step and that of the last. The cohort is changed in place.
    """
    design, joint, trial = cohort.design, cohort.joint, cohort.trial
    rows, patients = np.zeros((2, design.shape[1])), np.zeros(2, np.int64)
    here = distance(cohort, target, np.inf)
    copy(trial, joint)
    nearest, best, arrivals = here, design.copy(), 0
    firmness, growth = steepness[0], (steepness[1] / steepness[0]) ** (1 / max(count, 1))
    for _ in range(count):
        firmness *= growth
        if here == 0:
            arrivals, nearest = arrivals + 1, 0.0
            best[:] = design
            if target.conclusion == NOTHING:
                break
            cohort.bound[0] = conclude(cohort, target) + target.side * target.stride
            here = STEPS_PER_STRIDE
        if not propose(design, joint.coefficients, target, steps, random, patients, rows):
            continue
        limit = here - math.log(1 - random.random()) * (here / firmness + WARMTH)
        swap(design, patients, rows)
        after = np.inf
        if distance_of_counts(cohort, target) <= limit**2:
            predict(joint, rows, design[patients], cohort.outcome[patients], trial)
            if distance_of_model(trial, target) <= (DOUBT * limit) ** 2:
                after = distance(cohort, target, limit)
        if after <= limit:
            here = after
            copy(trial, joint)
            if arrivals == 0 and here < nearest:
                nearest = here
                best[:] = design
        else:
            swap(design, patients, rows)
    return nearest, best, arrivals


@compiled
def swap(design, patients, rows):
    """Two patients' rows change places with `rows`."""
    before = design[patients]
    design[patients] = rows
    rows[:] = before


@compiled
def propose(design, coefficients, target, steps, random, patients, rows):
    """A step: two patients and the values that they would have; whether it changes anything.

    The second patient may change nothing, but is never the first.
    """
    free, length = steps.free, target.length
    kind = int(random.random() * (6 if free.any() else 3))
    i = int(random.random() * len(design))
    j = steps.first[i] + int(random.random() * steps.size[i])
    if kind == 5:  # a patient of any stratum, whose free values are taken over
        j = int(random.random() * len(design))
    if i == j:
        return False
    patients[0], patients[1] = i, j
    rows[0], rows[1] = design[i], design[j]
    if kind < 2 or kind == 5:  # exchange a block, or take over
        block = steps.blocks[int(random.random() * len(steps.blocks))] if kind < 2 else free
        rows[0] = np.where(block, design[j], design[i])
        if kind < 2:
            rows[1] = np.where(block, design[i], design[j])
        return (rows[0] != design[i]).any()
    if kind == 3 and len(target.binary):  # turn a factor over, the length making up for it or not
        column = target.binary[int(random.random() * len(target.binary))]
        rows[0, column] = 1 - rows[0, column]
        mm = 0.0
        if random.random() < 0.5 and coefficients[length] != 0:
            turned = rows[0, column] - design[i, column]
            mm = -turned * coefficients[column] / coefficients[length] * LENGTH_UNIT
    else:  # change one length, or give some of it to the other patient
        mm = math.exp(random.random() * math.log(steps.longest))
        mm *= 1 if random.random() < 0.5 else -1
    for c in range(2 if kind == 2 else 1):
        # Whole millimeters stay whole.
        after = round(rows[c, length] * LENGTH_UNIT) + (round(mm) if c == 0 else -round(mm))
        if after < target.shortest or after > target.longest:
            return False
        rows[c, length] = after / LENGTH_UNIT
    return True
