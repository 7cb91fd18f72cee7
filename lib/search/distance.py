"""How far a cohort is from printing what is claimed: the quantity that a search brings to zero.

The squared distance is a sum of squared excesses, each in units in which it matters as much as the
others: half a last digit of a printed odds ratio or limit (on the log scale) or of P (as a standard
normal deviate); `z_unit` deviates where a test must be significant, or must not be; `PAIR_STEP` for
each patient by which the counts of a yes-or-no factor are off. To this a step of the assumption
ladder may add its restrictions, and a directed search the wish to pass a bound of one conclusion.

Tests of a number alone: Student's and Welch's t, whose quantiles follow from normal ones (Fisher
and Cornish 1960, Technometrics 2:209-225, the first three terms), the normal approximation of Mann
and Whitney's U with ties and continuity correction, and Wald's. All of it is compiled and judges
nothing: a cohort that arrives is verified by `lib.compatible.verification`. NOT patient data.
"""

import math
from typing import NamedTuple

import numpy as np

from lib.search.compiled import compiled
from lib.search.fit import Fit, add_patients, invert, refit, room

LENGTH_UNIT = 100.0  # mm; keeps the information matrix well scaled
PAIR_STEP = 40.0
# By which the log odds of a group must exceed those of another to be called worse.
LEAST_WORSE = 0.01
STEPS_PER_STRIDE = 100.0  # how far from the target one stride beyond the bound of a conclusion is

(
    NOTHING,
    ODDS_RATIO,
    TEST,
    ADJUSTED,
    AREA,
    BRIER,
    DISCRIMINATION,
    NAGELKERKE,
    WITH_GROUPS,
    Z_WITH_GROUPS,
    SHARE,
    LEAST_TEST,
    MOST_TEST,
) = range(13)
# Of these the search drives the logarithm.
ODDS_RATIOS = (ODDS_RATIO, ADJUSTED, WITH_GROUPS)


class Target(NamedTuple):
    """What counts as arrived. `inf` or nothing where nothing is asked."""

    errors: np.ndarray  # standard errors from the estimate to itself and to either limit
    # Terms x (logarithms of the odds ratio and of its limits, |coefficient / standard error|).
    least: np.ndarray
    most: np.ndarray
    unit: np.ndarray
    binary: np.ndarray  # columns of the yes-or-no factors that are not printed
    length: int  # column of the length
    pairs: np.ndarray  # [exposed occluded, exposed patent]: patients by which to change
    alone_z: float  # least standard normal deviate of each test of the length alone
    z_unit: float
    shortest: int  # mm
    longest: int
    most_difference: float = math.inf  # standardized, of the mean length between the outcomes
    most_inflation: float = math.inf  # variance inflation factor
    # Most log odds of the last group against each of the others, in the model with the groups, in
    # which it then is the worst.
    most_last: np.ndarray = np.zeros(0)
    conclusion: int = NOTHING
    column: int = 0  # the factor that it is about
    side: float = 1.0  # 1 toward its greatest value, -1 toward its least
    stride: float = 1.0  # by which its bound moves on when it is passed


class Cohort(NamedTuple):
    """A cohort with its fits, all changed in place; the patients' order is that of the search."""

    design: np.ndarray  # patients x columns: the joint model's terms, then an indicator a group
    outcome: np.ndarray
    exposed: np.ndarray  # binary factors x (patent, occluded)
    joint: Fit  # at the cohort as it is
    trial: Fit  # at the cohort as it may become
    with_groups: Fit
    alone: Fit  # with the length alone
    of_length: np.ndarray  # Student's |t| and the standardized difference of its means
    bound: np.ndarray  # one number: what the conclusion is to pass next


def cohort_of(design: np.ndarray, outcome: np.ndarray, target: Target) -> Cohort:
    """A cohort with unfitted models; the columns beyond those of the target are the groups'."""
    terms, columns = len(target.least), design.shape[1]
    return Cohort(
        design.copy(),
        outcome,
        np.zeros((len(target.binary), 2), np.int64),
        room(terms),
        room(terms),
        room(columns),
        room(2),
        np.zeros(2),
        np.array([-math.inf if target.side > 0 else math.inf]),
    )


@compiled
def square(excess, unit):
    """The squared excess where there is one."""
    return (max(excess, 0.0) / unit) ** 2


@compiled
def distance_of_model(fit, target):
    """Squared distance of a joint model from what it is to print."""
    total = 0.0
    for i in range(1, len(fit.coefficients)):
        estimate, error = fit.coefficients[i], math.sqrt(fit.inverse[i, i])
        for number in range(4):
            value = (
                estimate + target.errors[number] * error if number < 3 else abs(estimate) / error
            )
            excess = max(target.least[i, number] - value, value - target.most[i, number])
            total += square(excess, target.unit[i, number])
    return total


@compiled
def distance_of_counts(cohort, target):
    """Squared distance of the counts of the yes-or-no factors from allowed ones."""
    exposed, total = cohort.exposed, 0.0
    exposed[:] = 0
    for j in range(len(exposed)):
        for i in range(len(cohort.outcome)):
            exposed[j, int(cohort.outcome[i])] += int(cohort.design[i, target.binary[j]])
        total += (PAIR_STEP * target.pairs[exposed[j, 1], exposed[j, 0]]) ** 2
    return total


@compiled
def distance(cohort, target, limit):
    """Refit from the trial's coefficients: the distance from the target.

    Infinite without a maximum, and only a lower bound where it is above `limit`.
    """
    total = distance_of_counts(cohort, target)
    if total <= limit**2:
        if not refit(cohort.design, cohort.outcome, cohort.trial):
            return np.inf
        total += distance_of_model(cohort.trial, target)
    if total <= limit**2:
        total += distance_of_length(cohort, target)
    if total <= limit**2:
        total += distance_of_ladder(cohort, target)
        if target.conclusion != NOTHING:
            # The conclusion is to pass its bound.
            short = target.side * (cohort.bound[0] - conclude(cohort, target))
            total += square(short, target.stride / STEPS_PER_STRIDE)
    return math.sqrt(total)


@compiled
def distance_of_length(cohort, target):
    """Squared distance of the four tests of the length alone from significance."""
    outcome, lengths = cohort.outcome, cohort.design[:, target.length]
    mm = np.rint(lengths * LENGTH_UNIT).astype(np.int64)
    patent, occluded = mm[outcome == 0], mm[outcome == 1]
    n0, n1, patients = len(patent), len(occluded), len(outcome)
    rest0, rest1 = n0 * patent.var(), n1 * occluded.var()
    if rest0 + rest1 < 1e-6:
        return np.inf
    difference = abs(occluded.mean() - patent.mean())
    student = difference / math.sqrt((rest0 + rest1) / (patients - 2) * (1 / n0 + 1 / n1))
    part0, part1 = rest0 / (n0 - 1) / n0, rest1 / (n1 - 1) / n1
    welch = difference / math.sqrt(part0 + part1)
    degrees = (part0 + part1) ** 2 / (part0**2 / (n0 - 1) + part1**2 / (n1 - 1))
    # Patients of each length, and twice the pairs in which the occluded one has the greater.
    at0 = np.bincount(patent, minlength=target.longest + 1)
    at1 = np.bincount(occluded, minlength=target.longest + 1)
    twice_u = (at1 * (2 * np.cumsum(at0) - at0)).sum()
    ties = ((at0 + at1) ** 3 - (at0 + at1)).sum()
    deviation = math.sqrt(n0 * n1 / 12 * (patients + 1 - ties / (patients * (patients - 1))))
    mann_whitney = (abs(twice_u - n0 * n1) / 2 - 0.5) / deviation
    total = square(critical_t(target.alone_z, patients - 2) - student, target.z_unit)
    total += square(critical_t(target.alone_z, degrees) - welch, target.z_unit)
    total += square(target.alone_z - mann_whitney, target.z_unit)
    cohort.of_length[:] = student, difference / math.sqrt((part0 * n0 + part1 * n1) / 2)
    fit, length_alone = cohort.alone, np.column_stack((np.ones(patients), lengths))
    if not refit(length_alone, outcome, fit):
        return np.inf
    wald = abs(fit.coefficients[1]) / math.sqrt(fit.inverse[1, 1])
    return total + square(target.alone_z - wald, target.z_unit)


@compiled
def critical_t(z, degrees):
    """The quantile of Student's t that belongs to the standard normal quantile z."""
    return (
        z
        + (z**3 + z) / (4 * degrees)
        + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * degrees**2)
        + (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * degrees**3)
    )


@compiled
def distance_of_ladder(cohort, target):
    """Squared distance from what a step of the ladder asks; fits the model with the groups."""
    total = square(cohort.of_length[1] - target.most_difference, target.z_unit)
    if target.most_inflation < np.inf:
        total += square(largest_inflation(cohort) - target.most_inflation, 5 * target.z_unit)
    if len(target.most_last) or target.conclusion in (WITH_GROUPS, Z_WITH_GROUPS):
        fit, terms = cohort.with_groups, len(target.least)
        # Anew, where the last cohort's coefficients are no help.
        if not (
            refit(cohort.design, cohort.outcome, fit) or refit(cohort.design, cohort.outcome, fit)
        ):
            return np.inf
        for j in range(len(target.most_last)):
            other = fit.coefficients[terms + j - 1] if j > 0 else 0.0
            more = fit.coefficients[-1] - other
            total += square(max(LEAST_WORSE - more, more - target.most_last[j]), target.z_unit)
    return total


@compiled
def conclude(cohort, target):
    """The value of the conclusion in a cohort whose models have been fitted."""
    kind, column = target.conclusion, target.column
    if kind in (AREA, BRIER, DISCRIMINATION, NAGELKERKE):
        return prediction_value(kind, cohort)
    if kind in (ADJUSTED, WITH_GROUPS, Z_WITH_GROUPS):
        fit = cohort.trial if kind == ADJUSTED else cohort.with_groups
        estimate, error = fit.coefficients[column], math.sqrt(fit.inverse[column, column])
        return abs(estimate) / error if kind == Z_WITH_GROUPS else estimate
    if kind in (LEAST_TEST, MOST_TEST):
        of_binary = [crude(TEST, cohort, j) for j in range(len(target.binary))]
        tests = np.array([cohort.of_length[0], *of_binary])
        return tests.min() if kind == LEAST_TEST else tests.max()
    if column == target.length:
        return cohort.of_length[0] if kind == TEST else cohort.alone.coefficients[1]
    return crude(kind, cohort, np.flatnonzero(target.binary == column)[0])


@compiled
def crude(kind, cohort, factor):
    """Of a yes-or-no factor alone the root of Pearson's chi-square, share or log odds ratio."""
    a, b = cohort.exposed[factor, 1], cohort.exposed[factor, 0]
    patients, occluded = len(cohort.outcome), int(cohort.outcome.sum())
    c, d = occluded - a, patients - occluded - b
    if kind == SHARE:
        return (a + b) / patients
    if kind == ODDS_RATIO:
        return math.log(a * d / (b * c))
    root = math.sqrt(patients / ((a + b) * (c + d) * occluded * (patients - occluded)))
    return abs(a * d - b * c) * root


@compiled
def prediction_value(kind, cohort):
    """AUC, Brier score, discrimination slope or Nagelkerke's R2 of the joint model."""
    fit, y = cohort.trial, cohort.outcome
    log_odds = np.sum(cohort.design[:, : len(fit.coefficients)] * fit.coefficients, axis=1)
    p = 1 / (1 + np.exp(-log_odds))
    occluded, patent = y.sum(), (1 - y).sum()
    if kind == BRIER:
        return ((y - p) ** 2).mean()
    if kind == DISCRIMINATION:
        return (y * p).sum() / occluded - ((1 - y) * p).sum() / patent
    if kind == NAGELKERKE:
        likelihood = np.log(np.where(y == 1, p, 1 - p)).sum()
        share = occluded / len(y)
        null = occluded * math.log(share) + patent * math.log(1 - share)
        most = 1 - math.exp(2 / len(y) * null)
        return (1 - math.exp(2 / len(y) * (null - likelihood))) / most
    # Patients alike in all factors are tied, whatever the last bits of their predictors.
    one, other = log_odds[y == 1][:, None], log_odds[y == 0]
    wins = ((other < one + 1e-10).sum() + (other < one - 1e-10).sum()) / 2
    return wins / (occluded * patent)


@compiled
def largest_inflation(cohort):
    """The largest variance inflation factor of the joint model; infinite if it is collinear.

    With all coefficients zero every weight is the same, so the information is that of a linear
    regression but for a factor, which cancels.
    """
    fit = room(len(cohort.trial.coefficients))
    add_patients(cohort.design, cohort.outcome, 1.0, fit)
    invert(fit.information, fit.inverse)
    about_mean = np.diag(fit.information) - fit.information[0] ** 2 / fit.information[0, 0]
    largest = (np.diag(fit.inverse) * about_mean)[1:].max()
    return largest if largest < np.inf else np.inf
