"""A compiled walk through the cohorts of one core, toward one whose joint model prints what is
claimed.

A state is a design matrix (patients x terms, the intercept first) with the outcome and the markers
fixed. A move changes one or two patients. In a round many moves are weighed side by side: what the
fit becomes with each is predicted from the change of the score and of the information, which costs
no pass over the patients. The most promising ones are made together and the cohort refitted.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from lib.search import newton
from lib.search.aims import NOTHING, STEPS_PER_STRIDE, aim_gap, conclude
from lib.search.compiled import compiled
from lib.search.gaps import LENGTH_UNIT, count_exposed, length_gap, model_gap, pairs_gap
from lib.search.newton import (
    LANES,
    Fit,
    Fits,
    add_outer,
    factorize,
    fill_products,
    inverse_diagonal,
    refit,
    solve,
    third_derivatives,
    times_vector,
)

TOGETHER = 4  # moves that are made together at most
KINDS = 6  # of moves, see propose_one
ATTEMPTS = 20  # to think of a move that changes something
WARMTH = 0.2  # the temperature at the goal, in half-widths of printed numbers
SHARE_OF_EXCHANGES = 0.2  # of groups between patients, among the rounds, where they matter
THIRD_EVERY = 3  # rounds with moves made from one computation of the third derivatives to the next


class Walk(NamedTuple):
    """Where the walk is. All arrays are changed in place."""

    design: np.ndarray  # patients x terms, the length in units of LENGTH_UNIT
    products: np.ndarray  # patients x pairs of terms, see newton.fill_products
    outcome: np.ndarray
    coefficients: np.ndarray
    variances: np.ndarray
    information: np.ndarray
    third: np.ndarray  # terms x pairs of terms, minus the third derivative of the log likelihood
    slope: np.ndarray  # the two coefficients of a model with the length alone
    group: np.ndarray  # 0, 1, ... for each patient
    wide: np.ndarray  # the design with one more column for each group but the first
    wide_products: np.ndarray
    wide_coefficients: np.ndarray
    bound: np.ndarray  # one number: what the conclusion is to pass next


class Moves(NamedTuple):
    """Moves that are weighed at a time. A move has four sides: each of two patients before and
    after.
    """

    patients: np.ndarray  # moves x 2
    new: np.ndarray  # 2 x terms, the patients of one move after it
    changed: np.ndarray  # how many of the two are
    exposed: np.ndarray  # moves x what `count_exposed` counts, after
    rows: np.ndarray  # sides x terms x moves
    outcome: np.ndarray  # sides x moves
    skewness: np.ndarray
    along: np.ndarray  # moves
    weighted: np.ndarray
    change: np.ndarray  # terms x terms x moves
    coefficients: np.ndarray  # terms x moves
    gap: np.ndarray  # moves, squared distance from the goal
    noise: np.ndarray  # how far beyond the present distance each may lead, in temperatures
    touched: np.ndarray  # patients, the last round that changed them
    chosen: np.ndarray  # up to TOGETHER moves
    limit: np.ndarray  # the greatest distance accepted with each of them and those before it
    reached: np.ndarray  # the coefficients then: TOGETHER x terms
    exposed_reached: np.ndarray
    fit: Fits


class Work(NamedTuple):
    """Room for intermediate results."""

    joint: Fit
    with_groups: Fit
    moves: Moves
    moments: np.ndarray  # terms x terms
    gap: np.ndarray  # one number
    histogram: np.ndarray  # outcomes x mm
    log_odds: np.ndarray  # patients


def state(design: np.ndarray, outcome: np.ndarray, group: np.ndarray) -> Walk:
    """A walk at a cohort; `group` numbers the groups of the patients from 0."""
    patients, terms = design.shape
    wide = terms + int(group.max())
    return Walk(
        design.copy(),
        newton.products(design),
        outcome,
        np.zeros(terms),
        np.zeros(terms),
        np.zeros((terms, terms)),
        np.zeros((terms, newton.pairs(terms))),
        np.zeros(2),
        group.astype(np.int64),
        np.zeros((patients, wide)),
        np.zeros((patients, newton.pairs(wide))),
        np.zeros(wide),
        np.zeros(1),
    )


def room(patients: int, terms: int, groups: int, longest: int) -> Work:
    """Room for models of so many terms and lengths up to `longest` mm."""
    moves = Moves(
        patients=np.zeros((LANES, 2), np.int64),
        new=np.zeros((2, terms)),
        changed=np.zeros(LANES, np.int64),
        exposed=np.zeros((LANES, terms, 2), np.int64),
        rows=np.zeros((4, terms, LANES)),
        outcome=np.zeros((4, LANES)),
        skewness=np.zeros((4, LANES)),
        along=np.zeros(LANES),
        weighted=np.zeros(LANES),
        change=np.zeros((terms, terms, LANES)),
        coefficients=np.zeros((terms, LANES)),
        gap=np.zeros(LANES),
        noise=np.zeros(LANES),
        touched=np.zeros(patients, np.int64),
        chosen=np.zeros(TOGETHER, np.int64),
        limit=np.zeros(TOGETHER),
        reached=np.zeros((TOGETHER, terms)),
        exposed_reached=np.zeros((TOGETHER, terms, 2), np.int64),
        fit=newton.room_side_by_side(terms),
    )
    return Work(
        newton.room(patients, terms),
        newton.room(patients, terms + groups - 1),
        moves,
        np.zeros((terms, terms)),
        np.zeros(1),
        np.zeros((2, longest + 1), np.int64),
        np.zeros(patients),
    )


@compiled
def run(walk, goal, aim, follow, random, proposals, work):
    """Up to so many moves; the least distance met, its design and groups, and how often it arrived.

    A cohort farther from the goal is accepted as in simulated annealing (Kirkpatrick et al. 1983,
    Science 220:671-680), at a temperature in proportion to the distance, so that the walk narrows
    down by itself as it comes near. Of the moves made together half are taken back, and half of
    those left again, until it is near enough. Where a conclusion is driven, the design and the
    groups are those of the last arrival, if there was one.
    """
    design, outcome, group, moves = walk.design, walk.outcome, walk.group, work.moves
    patients, terms = design.shape
    occluded = int(outcome.sum())
    first, size = np.zeros(patients, np.int64), np.zeros(patients, np.int64)
    for i in range(patients):  # the occluded come first
        first[i] = 0 if outcome[i] == 1 else occluded
        size[i] = occluded if outcome[i] == 1 else patients - occluded
    exposed = np.zeros((len(goal.binary), 2), np.int64)
    count_exposed(design, outcome, goal.binary, exposed)
    coefficients, slope, wide = np.zeros(terms), np.zeros(2), np.zeros(len(walk.wide_coefficients))
    exposed_before = exposed.copy()
    moves.touched[:] = 0

    distance, of_length = settle(walk, walk.third[:0], goal, aim, work, exposed, np.inf, np.nan)
    rest = accept(walk, work, distance)
    third_derivatives(design, walk.products, work.joint, walk.third)
    nearest, best, best_group, taken, arrivals = distance, design.copy(), group.copy(), 1, 0
    rounds = -(-proposals // LANES)
    steepness = goal.steepness
    growth = (goal.steepest / goal.steepness) ** (1 / max(rounds, 1))
    for number in range(1, rounds + 1):
        steepness *= growth
        if distance == 0:
            arrivals += 1
            nearest = 0.0
            best[:], best_group[:] = design, group
            if aim.conclusion == NOTHING:
                break
            walk.bound[0] = conclude(walk, goal, aim, work, exposed) + aim.side * aim.step
            distance, rest = STEPS_PER_STRIDE, STEPS_PER_STRIDE**2
        exchange = aim.exchange_groups and random.random() < SHARE_OF_EXCHANGES
        i = j = 0
        if exchange:
            count = 1
            i = int(random.random() * patients)
            j = first[i] + int(random.random() * size[i])
            if group[i] == group[j]:
                continue
            moves.limit[0] = distance - math.log(1 - random.random()) * (
                distance / steepness + WARMTH
            )
        else:
            propose(walk, goal, follow, random, first, size, exposed, moves)
            predict(walk, moves)
            count = choose(
                walk, goal, moves, exposed, number, distance, rest, steepness, aim.best_first
            )
        coefficients[:], slope[:], wide[:] = walk.coefficients, walk.slope, walk.wide_coefficients
        exposed_before[:] = exposed
        while count > 0:
            known = of_length
            if exchange:
                group[i], group[j] = group[j], group[i]
            else:
                make(walk, moves, count, True)
                walk.coefficients[:] = moves.reached[count - 1]
                exposed[:] = moves.exposed_reached[count - 1, : len(exposed)]
                for which in range(count):
                    if not keeps_lengths(moves, moves.chosen[which], goal.length):
                        known = np.nan
            after, known = settle(
                walk, walk.third, goal, aim, work, exposed, moves.limit[count - 1], known
            )
            if after <= moves.limit[count - 1]:
                break
            if exchange:
                group[i], group[j] = group[j], group[i]
            else:
                make(walk, moves, count, False)
            walk.coefficients[:], walk.slope[:], walk.wide_coefficients[:] = (
                coefficients,
                slope,
                wide,
            )
            exposed[:] = exposed_before
            count //= 2
        if count > 0:
            distance, of_length = after, known
            rest = accept(walk, work, distance)
            if taken % THIRD_EVERY == 0:
                third_derivatives(design, walk.products, work.joint, walk.third)
            taken += 1
            if arrivals == 0 and distance < nearest:
                nearest = distance
                best[:], best_group[:] = design, group
    return nearest, best, best_group, arrivals


@compiled
def propose(walk, goal, follow, random, first, size, exposed, moves):
    """Think of as many moves as there is room for."""
    design, outcome = walk.design, walk.outcome
    for lane in range(len(moves.changed)):
        patients, new = moves.patients[lane], moves.new
        moves.noise[lane] = -math.log(1 - random.random())
        for _ in range(ATTEMPTS):
            moves.changed[lane] = propose_one(
                design, first, size, goal, follow, random, patients, new
            )
            if moves.changed[lane] > 0:
                break
        after = moves.exposed[lane, : len(exposed)]
        after[:] = exposed
        for c in range(2):
            i = patients[c]
            y = int(outcome[i])
            unchanged = c >= moves.changed[lane]
            moves.outcome[2 * c, lane] = moves.outcome[2 * c + 1, lane] = y
            for j in range(design.shape[1]):
                moves.rows[2 * c, j, lane] = design[i, j]
                moves.rows[2 * c + 1, j, lane] = design[i, j] if unchanged else new[c, j]
            for k in range(len(goal.binary)):
                column = goal.binary[k]
                after[k, y] += int(moves.rows[2 * c + 1, column, lane] - design[i, column])


@compiled
def propose_one(design, first, size, goal, follow, random, rows, new):
    """One move: the patients it changes into `rows`, their new values into `new`; how many."""
    patients = len(design)
    kind = int(random.random() * KINDS)
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
        if len(goal.binary) == 0:
            return 0
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


@compiled
def predict(walk, moves):
    """The coefficients and variances after each move, into moves.coefficients and
    moves.fit.variances.

    One Newton step from the present coefficients with the score and the information of the new
    rows, both of which differ from the old ones in the rows changed only, corrected to second order
    by the third derivatives. NaN where there is no answer.
    """
    fit, skewness, along, weighted = moves.fit, moves.skewness, moves.along, moves.weighted
    information, score, step, total = fit.information, fit.score, fit.step, fit.total
    sides, terms, lanes = moves.rows.shape
    score[:] = 0
    for j in range(terms):
        for k in range(j + 1):
            for lane in range(lanes):
                information[j, k, lane] = walk.information[j, k]
    for side in range(sides):
        row, sign = moves.rows[side], 1.0 if side % 2 else -1.0
        times_vector(row, walk.coefficients, along)
        for lane in range(lanes):
            probability = 1 / (1 + math.exp(-along[lane]))
            weight = sign * probability * (1 - probability)
            skewness[side, lane] = weight * (1 - 2 * probability)
            weighted[lane] = weight
            along[lane] = sign * (moves.outcome[side, lane] - probability)
        for j in range(terms):
            for lane in range(lanes):
                score[j, lane] += along[lane] * row[j, lane]
        add_outer(information, row, weighted, total)
    factorize(information, fit.factor, total)
    solve(fit.factor, score, step, total)
    for j in range(terms):
        for lane in range(lanes):
            moves.coefficients[j, lane] = walk.coefficients[j] + step[j, lane]
    correct(walk, moves)


@compiled
def correct(walk, moves):
    """Correct what `predict` has found so far by how the information changes along the step."""
    fit, along, weighted, change = moves.fit, moves.along, moves.weighted, moves.change
    information, score, step, total = fit.information, fit.score, fit.step, fit.total
    sides, terms, lanes = moves.rows.shape
    place = 0
    for j in range(terms):
        for k in range(j + 1):
            times_vector(step, walk.third[:, place], change[j, k])
            place += 1
    for side in range(sides):
        row = moves.rows[side]
        for lane in range(lanes):
            along[lane] = 0.0
        for j in range(terms):
            for lane in range(lanes):
                along[lane] += row[j, lane] * step[j, lane]
        for lane in range(lanes):
            weighted[lane] = moves.skewness[side, lane] * along[lane]
        add_outer(change, row, weighted, total)
    for j in range(terms):
        for lane in range(lanes):
            total[lane] = 0.0
        for k in range(terms):
            first, second = max(j, k), min(j, k)
            for lane in range(lanes):
                total[lane] -= 0.5 * change[first, second, lane] * step[k, lane]
        for lane in range(lanes):
            score[j, lane] = total[lane]
        for k in range(j + 1):
            for lane in range(lanes):
                information[j, k, lane] += change[j, k, lane]
    factorize(information, fit.factor, total)
    solve(fit.factor, score, step, total)
    for j in range(terms):
        for lane in range(lanes):
            moves.coefficients[j, lane] += step[j, lane]
    inverse_diagonal(fit.factor, fit.inverse, fit.variances, total)


@compiled
def choose(walk, goal, moves, exposed, number, distance, rest, steepness, best_first):
    """Moves to make together: which ones into moves.chosen, and how many; the most promising first,
    or any.

    Each is chosen as if those before it were made: what they do to coefficients and variances is
    added up. `rest` is the part of the squared distance that the moves are not seen to change.
    """
    lanes, terms, free = len(moves.changed), len(walk.coefficients), len(exposed)
    coefficients, variances = moves.coefficients, moves.fit.variances
    base, base_variances, base_exposed = (
        walk.coefficients.copy(),
        walk.variances.copy(),
        exposed.copy(),
    )
    for count in range(len(moves.chosen)):
        weigh(goal, moves, free)
        chosen, widest = -1, 0.0
        for lane in range(lanes):
            # With this the probability of acceptance is exp(-(after - before) / temperature), or
            # one.
            limit = distance + moves.noise[lane] * (distance / steepness + WARMTH)
            margin = limit - math.sqrt(moves.gap[lane])
            if margin >= widest and is_free(moves, lane, number) and (best_first or chosen < 0):
                chosen, widest, moves.limit[count] = lane, margin, limit
        if chosen < 0:
            return count
        moves.chosen[count] = chosen
        for c in range(moves.changed[chosen]):
            moves.touched[moves.patients[chosen, c]] = number
        moves.reached[count] = coefficients[:, chosen]
        moves.exposed_reached[count] = moves.exposed[chosen]
        if count + 1 == len(moves.chosen):
            break
        distance = math.sqrt(moves.gap[chosen] + rest)
        for j in range(terms):
            shift, base[j] = coefficients[j, chosen] - base[j], coefficients[j, chosen]
            more, base_variances[j] = variances[j, chosen] - base_variances[j], variances[j, chosen]
            for lane in range(lanes):
                coefficients[j, lane] += shift
                variances[j, lane] += more
        reached = moves.exposed_reached[count, :free]
        # Moves of the same patients are not added up: their counts would not be those of any
        # cohort.
        for lane in range(lanes):
            if is_free(moves, lane, number):
                for k in range(free):
                    for y in range(2):
                        moves.exposed[lane, k, y] += reached[k, y] - base_exposed[k, y]
        base_exposed[:] = reached
    return len(moves.chosen)


@compiled
def is_free(moves, lane, number):
    """Whether a move changes anyone, and no one whom a move of this round has changed."""
    changed = moves.changed[lane]
    for c in range(changed):
        if moves.touched[moves.patients[lane, c]] == number:
            return False
    return changed > 0


@compiled
def weigh(goal, moves, free):
    """How far from the goal the joint model and the counts are with each move, squared, into
    moves.gap.
    """
    for lane in range(len(moves.gap)):
        moves.gap[lane] = pairs_gap(moves.exposed[lane, :free], goal)
    model_gap(moves.coefficients, moves.fit.variances, goal, moves.gap)


@compiled
def make(walk, moves, count, after):
    """Make so many of the chosen moves, or undo them: patients become what they are on that side of
    a move.
    """
    for which in range(count):
        lane = moves.chosen[which]
        for c in range(moves.changed[lane]):
            patient, side = moves.patients[lane, c], 2 * c + (1 if after else 0)
            for j in range(len(walk.coefficients)):
                walk.design[patient, j] = moves.rows[side, j, lane]
            fill_products(walk.design[patient], walk.products[patient])


@compiled
def keeps_lengths(moves, lane, length):
    """Whether the patients of a move have the lengths they had, or each other's, within their
    outcome.
    """
    before0, after0 = moves.rows[0, length, lane], moves.rows[1, length, lane]
    before1, after1 = moves.rows[2, length, lane], moves.rows[3, length, lane]
    exchanged = (
        after0 == before1 and after1 == before0 and moves.outcome[0, lane] == moves.outcome[2, lane]
    )
    return exchanged or (after0 == before0 and after1 == before1)


@compiled
def settle(walk, third, goal, aim, work, exposed, limit, of_length):
    """Refit from the present coefficients: the distance from the goal, and the part of the length
    alone.

    The distance is infinite without a maximum, and only a lower bound where it is above `limit`.
    `third` holds the third derivatives, or nothing where they are not known; `of_length` what
    `length_gap` gives, or NaN where that is not known.
    """
    if not refit(walk.design, walk.products, walk.outcome, walk.coefficients, third, work.joint):
        return np.inf, of_length
    work.gap[0] = pairs_gap(exposed, goal)
    model_gap(walk.coefficients.reshape(-1, 1), work.joint.variances.reshape(-1, 1), goal, work.gap)
    total = work.gap[0]
    if total > limit**2:
        return math.sqrt(total), of_length
    if np.isnan(of_length):
        of_length = length_gap(walk.design, walk.outcome, walk.slope, goal, work.histogram)
    total += of_length
    if total > limit**2:
        return math.sqrt(total), of_length
    return math.sqrt(total + aim_gap(walk, goal, aim, work, exposed)), of_length


@compiled
def accept(walk, work, distance):
    """Keep what `settle` found; the part of the squared distance beside the joint model and the
    counts.
    """
    walk.information[:] = work.joint.information
    walk.variances[:] = work.joint.variances
    return max(distance**2 - work.gap[0], 0.0)
