"""The joint model as a prediction: its optimism, calibration and use, and markers compared with it.

The bootstrap needs thousands of small logistic regressions. They are fitted side by side as arrays,
because a resample is only another set of weights on the same patients: as fast as a compiled loop,
without the seconds that compiling one takes in a fresh clone.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import combinations

import numpy as np
import pandas as pd
from scipy.special import expit, logit, ndtr, ndtri
from scipy.stats import rankdata

from lib.patients.cohort import Cohort
from lib.words import listed, whole

SEED = 1983
MEASURES = ["auc", "brier", "calibration_slope", "calibration_intercept"]
# With more patients than this fewer resamples are drawn, but no fewer than the least.
MOST_PATIENTS = 10_000
LEAST_RESAMPLES = 20
# Arrays of about this many numbers stay in the cache of the processor.
BLOCK = 2**15

MOST_ITERATIONS = 30
# A Newton step that moves no log odds by more than this is the last.
SMALLEST_STEP = 1e-9
# A pivot this small beside its diagonal means that a column is, to rounding, a combination of
# those before it.
SMALLEST_PIVOT = 1e-12
# Scores closer than this, beside the largest of them, count as ties; so do log odds to ten
# decimals. Rounding in a fit or a matrix product can part what should be equal.
SMALLEST_GAP = 1e-12
DECIMALS = 10

FITTED, ONE_OUTCOME, COLLINEAR, SEPARATED = range(4)
REASONS = {
    ONE_OUTCOME: "the outcome does not vary",
    COLLINEAR: "some factors are exact combinations of others",
    SEPARATED: "the factors separate the outcomes",
}


@dataclass(frozen=True)
class Validation:
    """What `validate` found, or in `problem` the reason in words why there is nothing.

    `table` has one row per measure of `MEASURES`: apparent, optimism, corrected, and
    simulation_error, the standard error of the optimism for having drawn only so many resamples.
    `stability` has one row per factor: screening_p (its Wald P alone), screened, joint_p (its Wald
    P in the joint model) and significant, all in the cohort itself, then screened_share and
    significant_share, the shares of the resamples used. `asked`, `drawn` and `used` count
    resamples; `failed` counts those left out, by reason; `empty` those used in which no factor
    passed the screening. `without_p` has the labels of the factors that have no Wald P alone.
    """

    table: pd.DataFrame
    stability: pd.DataFrame
    patients: int
    left_out: int
    events: int
    asked: int
    drawn: int = 0
    used: int = 0
    empty: int = 0
    failed: dict[str, int] = field(default_factory=dict)
    without_p: list[str] = field(default_factory=list)
    problem: str | None = None

    @property
    def account(self) -> str:
        """What was drawn, used and left out, in sentences."""
        if self.problem:
            return f"The model could not be validated: {self.problem}."
        sentences = [f"{whole(self.used)} of {whole(self.drawn)} resamples were used."]
        if self.failed:
            reasons = [f"{whole(count)} because {reason}" for reason, count in self.failed.items()]
            sentences.append(f"Left out: {listed(reasons)}.")
        if self.empty:
            sentences.append(
                f"In {whole(self.empty)} of those used no factor passed the screening, and a model without "
                "factors has no calibration slope."
            )
        if self.drawn < self.asked:
            sentences.append(
                f"For {whole(self.patients)} patients {whole(self.drawn)} were drawn instead of {whole(self.asked)}."
            )
        if self.without_p:
            sentences.append(
                "Because they do not vary or separate the outcomes, these have no Wald P and did not pass the "
                f"screening: {listed(self.without_p)}."
            )
        return " ".join(sentences)


def validate(
    cohort: Cohort, resamples: int = 2000, seed: int = SEED, alpha: float = 0.05
) -> Validation:
    """Apparent and optimism-corrected performance of the modeling strategy, by bootstrap.

    The strategy: every factor is screened alone by the Wald test of a logistic regression, and
    those with P below `alpha` enter one joint logistic regression; where none passes, that model is
    the intercept alone. A factor whose own model has no finite maximum (it does not vary, or
    separates the outcomes) has no Wald P, which is then NaN, and does not pass. All of this is
    repeated in every resample. The resample's model is judged on the resample and on the cohort;
    the mean difference is the optimism, which is taken off the performance of the cohort's own
    model.

    The measures: auc, in which ties count one half; brier, the mean squared difference between
    probability and outcome; calibration_slope, the coefficient of the model's log odds in a
    logistic regression of the outcome on them; calibration_intercept ("in the large"), the
    intercept when that coefficient is held at one. A model without factors has no slope, so its
    resample counts for the other measures only.

    A resample in which the strategy has no answer (one outcome only; collinear or separating
    factors in the joint model) is left out of all means and shares, and counted. Such resamples are
    those in which a model looks best: where they are many, the optimism is underestimated.

    Patients with a missing value are left out. Resample i consists of the complete patients
    numbered by the i-th call of `generator.integers(patients, size=patients)`, where `generator` is
    `numpy.random.default_rng(seed)`. With more than `MOST_PATIENTS` of them only `resamples *
    MOST_PATIENTS // patients` are drawn, but at least `LEAST_RESAMPLES` if so many were asked for:
    the simulation error goes with one over the root of patients times resamples, and so does not
    grow.

    Source: Efron and Gong 1983, Am Stat 37:36-48, and Harrell, Lee and Mark 1996, Stat Med
    15:361-387, for the optimism; Brier 1950, Mon Weather Rev 78:1-3; Cox 1958, Biometrika
    45:562-565, for slope and intercept. Raises `ValueError` when fewer than one resample is asked
    for.
    """
    if resamples < 1:
        raise ValueError("at least one resample is needed")
    known = cohort.complete([*cohort.factors, cohort.outcome])
    patients, events = len(known), int(known[cohort.outcome].sum())
    table = pd.DataFrame(
        np.nan, MEASURES, ["apparent", "optimism", "corrected", "simulation_error"]
    )
    stability = pd.DataFrame(index=cohort.factors).assign(
        screening_p=np.nan,
        screened=False,
        joint_p=np.nan,
        significant=False,
        screened_share=np.nan,
        significant_share=np.nan,
    )
    sizes = {
        "patients": patients,
        "left_out": len(cohort.rows) - patients,
        "events": events,
        "asked": resamples,
    }
    if events in (0, patients):
        problem = f"{REASONS[ONE_OUTCOME]} among the patients with complete data"
        return Validation(table, stability, **sizes, problem=problem)

    kinds = _kinds(known, cohort.outcome, cohort.factors)
    status, stability["screening_p"], coefficients, stability["joint_p"] = (
        result[0] for result in _strategy(kinds, kinds.counts, alpha)
    )
    stability["screened"] = stability["screening_p"] < alpha
    stability["significant"] = stability["joint_p"] < alpha
    if status != FITTED:
        problem = f"in the joint model of the screened factors {REASONS[status]}"
        return Validation(table, stability, **sizes, problem=problem)
    table["apparent"] = _performance(kinds, coefficients[None], kinds.counts)[0][0]

    drawn = min(resamples, max(LEAST_RESAMPLES, resamples * MOST_PATIENTS // patients))
    generator, blocks = np.random.default_rng(seed), []
    together = max(1, BLOCK // len(kinds.outcome))
    for first in range(0, drawn, together):
        rows = generator.integers(patients, size=(min(together, drawn - first), patients))
        blocks.append(_optimism(kinds, kinds.weights(rows), alpha))
    statuses, screened, significant, optimism = (
        np.concatenate(parts) for parts in zip(*blocks, strict=True)
    )
    optimism = pd.DataFrame(optimism, columns=MEASURES)
    table["optimism"] = optimism.mean()
    table["corrected"] = table["apparent"] - table["optimism"]
    table["simulation_error"] = optimism.sem()
    stability["screened_share"] = pd.DataFrame(screened, columns=stability.index).mean()
    stability["significant_share"] = pd.DataFrame(significant, columns=stability.index).mean()
    return Validation(
        table,
        stability,
        **sizes,
        drawn=drawn,
        used=len(optimism),
        empty=int((~screened.any(axis=1)).sum()),
        failed={
            reason: int((statuses == code).sum())
            for code, reason in REASONS.items()
            if code in statuses
        },
        without_p=[cohort.label(name) for name in stability.index[stability["screening_p"].isna()]],
    )


@dataclass(frozen=True)
class _Kinds:
    """Patients alike in outcome and factors are one kind; a resample only weights the kinds.

    outcome: kinds, zeros first; factors: kinds x factors, standardized so that no unit makes a
    column look collinear; design: theirs, as `_facing` makes it; counts: 1 x kinds; of_patient: the
    kind of each patient; cells: per factor, the order of kinds by outcome and factor, where each
    cell begins in it, and the cells' design.
    """

    outcome: np.ndarray
    factors: np.ndarray
    design: np.ndarray
    counts: np.ndarray
    of_patient: np.ndarray
    cells: list[tuple[np.ndarray, np.ndarray, np.ndarray]]

    def weights(self, rows: np.ndarray) -> np.ndarray:
        """How many patients of each kind (resamples x kinds) the row numbers (resamples x rows)
        draw.
        """
        kinds = len(self.outcome)
        drawn = self.of_patient[rows] + kinds * np.arange(len(rows))[:, None]
        return (
            np.bincount(drawn.ravel(), minlength=kinds * len(rows)).reshape(-1, kinds).astype(float)
        )


def _kinds(known: pd.DataFrame, outcome: str, factors: list[str]) -> _Kinds:
    grouped = known.groupby([outcome, *factors], sort=True)
    counts = grouped.size()
    kinds = counts.index.to_frame(index=False)
    spread = known[factors].std(ddof=0)
    standardized = (
        (kinds[factors] - known[factors].mean()) / spread.where(spread > 0, 1)
    ).to_numpy()
    outcomes, cells = kinds[outcome].to_numpy(), []
    for column, factor in enumerate(factors):
        cell = kinds.groupby([outcome, factor], sort=True).ngroup().to_numpy()
        order = np.argsort(cell, kind="stable")
        begins = np.flatnonzero(np.diff(cell[order], prepend=-1))
        first = order[begins]
        cells.append((order, begins, _facing(outcomes[first], standardized[first, column])))
    design, of_patient = _facing(outcomes, standardized), grouped.ngroup().to_numpy()
    return _Kinds(outcomes, standardized, design, counts.to_numpy(float)[None], of_patient, cells)


def _facing(outcome: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Design (1 x rows x terms) with an intercept, its rows without an event multiplied by minus
    one.

    Every row then asks for large log odds, and the likelihood needs no outcome any more.
    """
    design = np.column_stack([np.ones(len(outcome)), columns])
    return np.where(outcome == 1, 1.0, -1.0)[None, :, None] * design


def _strategy(kinds: _Kinds, weights: np.ndarray, alpha: float) -> tuple[np.ndarray, ...]:
    """The strategy in each resample: status, screening P, coefficients and joint P.

    P has the shape resamples x factors and is NaN where there is none; a coefficient (the first is
    the intercept) is zero where its factor did not pass.
    """
    screening_p = np.full((len(weights), len(kinds.cells)), np.nan)
    for factor, (order, begins, design) in enumerate(kinds.cells):
        cells = np.add.reduceat(weights[:, order], begins, axis=1)
        screening_p[:, factor] = _wald_p(*_fit(design, cells))[:, 1]
    screened = screening_p < alpha
    included = np.column_stack([np.ones(len(weights), bool), screened])
    coefficients, covariance, status = _fit(kinds.design, weights, included=included)
    joint_p = np.where(screened, _wald_p(coefficients, covariance, status)[:, 1:], np.nan)
    events = weights @ kinds.outcome
    status[(events == 0) | (events == weights.sum(axis=1))] = ONE_OUTCOME
    return status, screening_p, coefficients, joint_p


def _wald_p(coefficients: np.ndarray, covariance: np.ndarray, status: np.ndarray) -> np.ndarray:
    variance = np.where(
        status[:, None] == FITTED, np.diagonal(covariance, axis1=1, axis2=2), np.nan
    )
    return 2 * ndtr(-np.abs(coefficients) / np.sqrt(variance))


def _optimism(kinds: _Kinds, weights: np.ndarray, alpha: float) -> tuple[np.ndarray, ...]:
    """Status of each resample; of those with an answer, what was screened, what was significant,
    and the performance in the resample less that in the cohort (resamples x measures)."""
    status, screening_p, coefficients, joint_p = _strategy(kinds, weights, alpha)
    fitted = status == FITTED
    here, there = _performance(kinds, coefficients[fitted], weights[fitted])
    return status, screening_p[fitted] < alpha, joint_p[fitted] < alpha, here - there


def _performance(
    kinds: _Kinds, coefficients: np.ndarray, weights: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Measures (models x measures) of models where they were fitted (`weights`) and in the cohort."""
    log_odds = coefficients[:, :1] + coefficients[:, 1:] @ kinds.factors.T
    squares = (expit(log_odds) - kinds.outcome) ** 2
    slope, intercept = _calibration(kinds, log_odds)
    without_slope = np.isnan(slope)
    area_here, area_there = _areas(log_odds, kinds.outcome, [weights, kinds.counts])
    brier_here, brier_there = (
        (squares * w).sum(axis=1) / w.sum(axis=1) for w in (weights, kinds.counts)
    )
    # Where it was fitted, a model's slope is one and its intercept zero: these are its score
    # equations.
    here = [area_here, brier_here, np.where(without_slope, np.nan, 1.0), np.zeros(len(slope))]
    return np.column_stack(here), np.column_stack([area_there, brier_there, slope, intercept])


def _calibration(kinds: _Kinds, log_odds: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Calibration slope and intercept of log odds (models x kinds) in the cohort."""
    facing = kinds.design[..., 0]
    design = np.stack([np.broadcast_to(facing, log_odds.shape), facing * log_odds], axis=2)
    # With the log odds as an offset too, the slope is one plus their coefficient.
    beyond, _, status = _fit(design, kinds.counts, design[..., 1])
    shift, _, _ = _fit(facing[..., None], kinds.counts, design[..., 1])
    return np.where(status == FITTED, 1 + beyond[:, 1], np.nan), shift[:, 0]


def _areas(
    log_odds: np.ndarray, outcome: np.ndarray, weightings: list[np.ndarray]
) -> list[np.ndarray]:
    """Areas under the ROC curves of log odds (models x kinds), once for each of the weightings."""
    scores = np.round(log_odds, DECIMALS)
    order = np.argsort(scores, axis=1, kind="stable")
    ranked = np.take_along_axis(scores, order, axis=1)
    begins = np.diff(ranked, axis=1, prepend=-np.inf) > 0
    events = outcome[order]
    areas = []
    for weights in weightings:
        weight = np.take_along_axis(np.broadcast_to(weights, scores.shape), order, axis=1)
        nonevents = weight * (1 - events)
        # Equal scores keep the order of the kinds, nonevents first, so at an event `through` counts
        # all nonevents with its score and `below` none of them; the mean counts each one half.
        through = np.cumsum(nonevents, axis=1)
        below = np.maximum.accumulate(np.where(begins, through - nonevents, 0), axis=1)
        pairs = (weight * events).sum(axis=1) * through[:, -1]
        areas.append((weight * events * (below + through)).sum(axis=1) / 2 / pairs)
    return areas


def _fit(
    design: np.ndarray,
    weights: np.ndarray,
    offset: np.ndarray | float = 0.0,
    included: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Weighted logistic regressions side by side, by Newton's method with step halving.

    `design` is fits x rows x terms, as `_facing` makes it, `weights` and `offset` (turned likewise)
    fits x rows; what all fits share has 1 in place of fits. `included` (fits x terms) says which
    terms a fit has. Returns coefficients (fits x terms), covariances (fits x terms x terms) and the
    status of each fit; numbers mean nothing where that is not `FITTED`.

    Source: McCullagh and Nelder 1989, Generalized Linear Models, 2nd ed., sections 2.5 and 4.4.
    """
    fits, terms = (
        np.broadcast_shapes(design.shape[:2], weights.shape, np.shape(offset))[0],
        design.shape[2],
    )
    coefficients, covariance = np.zeros((fits, terms)), np.zeros((fits, terms, terms))
    status = np.full(fits, SEPARATED)
    going = np.arange(fits)
    margin = np.zeros((fits, design.shape[1])) + offset
    if included is None:
        included = np.ones((1, terms), bool)

    def share(values: np.ndarray) -> np.ndarray:
        """Of something that may be common to all fits, what belongs to those still going."""
        return values if len(values) == 1 else values[going]

    likelihood, wrong = _likelihood(margin, weights)
    for iteration in range(MOST_ITERATIONS):
        columns, weight, has = share(design), share(weights), share(included)
        score = np.where(has, _times(weight * wrong, columns), 0)
        curvature = weight * wrong * (1 - wrong)
        information = np.stack(
            [_times(curvature * columns[..., j], columns) for j in range(terms)], axis=1
        )
        both = has[:, :, None] & has[:, None, :]
        inverse, definite = _inverse(np.where(both, information, np.eye(terms)))
        if iteration == 0:
            status[going[~definite]] = COLLINEAR
        step = (inverse * score[:, None, :]).sum(axis=2)
        change = _times(step, np.swapaxes(columns, 1, 2))
        largest = np.abs(change).max(axis=1)
        # Separated outcomes never get here: their log odds grow by about one with every step.
        done = definite & (largest < SMALLEST_STEP)
        status[going[done]] = FITTED
        covariance[going[done]] = inverse[done]
        coefficients[going[done]] += step[done]
        more = definite & ~done
        if not more.any():
            break
        going, margin, likelihood = going[more], margin[more], likelihood[more]
        step, change, largest = step[more], change[more], largest[more]
        weight = share(weights)
        # Far from the maximum a full step can overshoot. Near it a lower likelihood is only
        # rounding, and halving would go on for nothing.
        size = np.ones((len(going), 1))
        while True:
            after, wrong = _likelihood(margin + size * change, weight)
            worse = ~(after >= likelihood) & (largest * size[:, 0] > 0.001)
            if not worse.any():
                break
            size[worse] /= 2
        coefficients[going] += size * step
        margin, likelihood = margin + size * change, after
    return coefficients, covariance, status


def _times(values: np.ndarray, matrices: np.ndarray) -> np.ndarray:
    """Each row of `values` times its own matrix, or times the one matrix that all share."""
    if len(matrices) == 1:
        return values @ matrices[0]
    return np.matmul(values[:, None, :], matrices)[:, 0]


def _likelihood(margin: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Log likelihood of each fit, and per row the probability given to the outcome it did not have.

    `margin` is the log odds of the outcome that a row has. The larger of it and its negative is
    never raised to a power, so that nothing overflows.
    """
    small = np.exp(-np.abs(margin))
    likelihood = -(weights * (np.log1p(small) + np.maximum(-margin, 0))).sum(axis=1)
    return likelihood, np.where(margin > 0, small, 1) / (1 + small)


def _inverse(matrices: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Inverses of symmetric matrices (count x size x size) and whether each is positive definite.

    Where it is not, the inverse is zero. Source: the sweep operator, Goodnight 1979, Am Stat
    33:149-158.
    """
    inverse = matrices.copy()
    smallest = SMALLEST_PIVOT * np.diagonal(matrices, axis1=1, axis2=2)
    definite = np.ones(len(matrices), bool)
    for k in range(matrices.shape[1]):
        definite &= inverse[:, k, k] > smallest[:, k]  # false, too, where it is not a number
        inverse[~definite] = np.eye(matrices.shape[1])
        pivot = inverse[:, k, k].copy()
        row = inverse[:, k] / pivot[:, None]
        column = inverse[:, :, k].copy()
        inverse -= column[:, :, None] * row[:, None, :]
        inverse[:, k] = row
        inverse[:, :, k] = -column / pivot[:, None]
        inverse[:, k, k] = 1 / pivot
    inverse[~definite] = 0
    return inverse, definite


def calibration_curve(
    probabilities: np.ndarray, outcome: np.ndarray, grid: np.ndarray, level: float = 0.95
) -> pd.DataFrame:
    """How often the outcome occurred at a predicted probability, as a smooth curve with limits.

    The outcome is regressed, by logistic regression, on a restricted cubic spline of the predicted
    log odds with three knots, at their 10th, 50th and 90th percentile (more would follow chance in
    a study with few events); where these are not three, on the log odds alone. Columns, a row for
    each number of `grid`: predicted, observed, lower, upper (Wald, on the scale of the log odds,
    one at a time). NaN outside the range of the predictions, and everywhere if no curve can be
    fitted: the outcome or the prediction does not vary, a prediction is zero or one, or predictions
    and outcomes are separated. Patients with a missing value are left out.

    Source: Harrell 2015, Regression Modeling Strategies, 2nd ed., sections 2.4.5 and 2.4.6; Van
    Calster et al. 2016, J Clin Epidemiol 74:167-176, for flexible calibration. Raises `ValueError`
    for a probability outside zero to one or an outcome other than zero and one.
    """
    grid = np.asarray(grid, float)
    curve = pd.DataFrame({"predicted": grid, "observed": np.nan, "lower": np.nan, "upper": np.nan})
    events, scores = _complete(outcome, pd.DataFrame({"probability": np.asarray(probabilities)}))
    values = _probabilities(scores["probability"].to_numpy())
    within = (grid >= values.min(initial=1)) & (grid <= values.max(initial=0))
    if values.min(initial=1) == 0 or values.max(initial=0) == 1 or not within.any():
        return curve
    log_odds = logit(values)
    # Knots are predictions that occur, so that few different predictions cannot make knots
    # collinear.
    knots = np.unique(np.quantile(log_odds, [0.1, 0.5, 0.9], method="closest_observation"))
    design = _facing(events, _spline(log_odds, knots))
    coefficients, covariance, status = (
        result[0] for result in _fit(design, np.ones((1, len(events))))
    )
    if status == FITTED:
        terms = np.column_stack([np.ones(within.sum()), _spline(logit(grid[within]), knots)])
        middle = terms @ coefficients
        half = ndtri(0.5 + level / 2) * np.sqrt(((terms @ covariance) * terms).sum(axis=1))
        limits = expit(np.column_stack([middle, middle - half, middle + half]))
        curve.loc[within, ["observed", "lower", "upper"]] = limits
    return curve


def _spline(values: np.ndarray, knots: np.ndarray) -> np.ndarray:
    """The values and, with three knots, the one further column of a restricted cubic spline."""
    if len(knots) < 3:
        return values[:, None]
    first, middle, last = knots
    beyond = [np.maximum(values - knot, 0) ** 3 for knot in knots]
    bend = beyond[0] - (beyond[1] * (last - first) - beyond[2] * (middle - first)) / (last - middle)
    return np.column_stack([values, bend / (last - first) ** 2])


def decision_curve(
    probabilities: np.ndarray, outcome: np.ndarray, thresholds: np.ndarray
) -> pd.DataFrame:
    """Net benefit per patient of acting on the model, on everyone and on no one.

    With the model, those are treated whose probability is at least the threshold. Net benefit is
    the share of true positives less that of false positives times the odds of the threshold.
    Columns, a row for each threshold: threshold, model, treat_all, treat_none; NaN where a
    threshold is not in [0, 1) or there are no patients. Patients with a missing value are left out.

    Source: Vickers and Elkin 2006, Med Decis Making 26:565-574. Raises `ValueError` for a
    probability outside zero to one or an outcome other than zero and one.
    """
    thresholds = np.asarray(thresholds, float)
    events, scores = _complete(outcome, pd.DataFrame({"probability": np.asarray(probabilities)}))
    values = _probabilities(scores["probability"].to_numpy())
    of_events, of_nonevents = (np.sort(values[events == value]) for value in (1, 0))
    kept = (thresholds >= 0) & (thresholds < 1) & (len(values) > 0)
    usable = thresholds[kept]

    def net_benefit(cuts: np.ndarray) -> np.ndarray:
        """Net benefit when those with a probability of at least the cut are treated."""
        true, false = (
            len(group) - np.searchsorted(group, cuts) for group in (of_events, of_nonevents)
        )
        return (true - false * usable / (1 - usable)) / len(values)

    curve = pd.DataFrame(
        {"threshold": thresholds, "model": np.nan, "treat_all": np.nan, "treat_none": np.nan}
    )
    if kept.any():
        curve.loc[kept, "model"] = net_benefit(usable)
        curve.loc[kept, "treat_all"] = net_benefit(np.zeros(len(usable)))
        curve.loc[kept, "treat_none"] = 0.0
    return curve


def compare_auc(
    outcome: np.ndarray, scores: pd.DataFrame, level: float = 0.95
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Areas under the ROC curves of several scores of the same patients, and their differences.

    `scores` has one column per score, higher meaning more likely; ties count one half. Areas: a row
    per score with patients, events, auc, standard_error, lower, upper (cut off at zero and one).
    Differences: a row per pair of scores with first, second, difference (of the first from the
    second), standard_error, lower, upper, z and p (two-sided, normal). NaN where there are fewer
    than two events or nonevents, or where the standard error is zero: a perfect area, or scores of
    one order, say nothing about their own uncertainty. Patients with any value missing are left
    out, so that all comparisons are paired.

    Source: DeLong et al. 1988, Biometrics 44:837-845, equations 3 to 5; by midranks as in Sun and
    Xu 2014, IEEE Signal Process Lett 21:1389-1393, in time n log n. Raises `ValueError` for an
    outcome other than zero and one.
    """
    events, scores = _complete(outcome, scores)
    of_events, of_nonevents = {}, {}
    for name in scores:
        of_events[name], of_nonevents[name] = _placements(events, scores[name].to_numpy(float))
    z = ndtri(0.5 + level / 2)
    areas, differences = [], []
    for name in scores:
        area, error = _delong(of_events[name], of_nonevents[name])
        limits = np.clip([area - z * error, area + z * error], 0, 1)
        areas.append([len(events), int(events.sum()), area, error, *limits])
    for first, second in combinations(scores, 2):
        difference, error = _delong(
            of_events[first] - of_events[second], of_nonevents[first] - of_nonevents[second]
        )
        ratio = difference / error
        limits = [difference - z * error, difference + z * error]
        differences.append(
            [first, second, difference, error, *limits, ratio, 2 * ndtr(-abs(ratio))]
        )
    columns = ["patients", "events", "auc", "standard_error", "lower", "upper"]
    columns_of_pairs = [
        "first",
        "second",
        "difference",
        "standard_error",
        "lower",
        "upper",
        "z",
        "p",
    ]
    return pd.DataFrame(areas, scores.columns, columns), pd.DataFrame(
        differences, columns=columns_of_pairs
    )


def _placements(outcome: np.ndarray, score: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """For each event the share of nonevents below it, for each nonevent that of events above it."""
    if outcome.min(initial=1) == outcome.max(initial=0):
        return np.empty(0), np.empty(0)
    order = np.argsort(score)
    ranked = score[order]
    apart = SMALLEST_GAP * np.abs(ranked[np.isfinite(ranked)]).max(initial=0)
    level = np.empty(len(score))
    level[order] = np.cumsum(np.concatenate([[True], ranked[1:] > ranked[:-1] + apart]))
    ranks = rankdata(level)
    of_event, of_nonevent = ranks[outcome == 1], ranks[outcome == 0]
    below = of_event - rankdata(level[outcome == 1])
    above = len(of_event) - (of_nonevent - rankdata(level[outcome == 0]))
    return below / len(of_nonevent), above / len(of_event)


def _delong(of_events: np.ndarray, of_nonevents: np.ndarray) -> tuple[float, float]:
    """Mean of placements (or of differences of them) and its standard error; NaN where there is
    none.
    """
    if len(of_events) == 0:
        return np.nan, np.nan
    if min(len(of_events), len(of_nonevents)) < 2:
        return float(of_events.mean()), np.nan
    variance = of_events.var(ddof=1) / len(of_events) + of_nonevents.var(ddof=1) / len(of_nonevents)
    return float(of_events.mean()), float(np.sqrt(variance)) if variance > 0 else np.nan


def predictive_values(
    sensitivity: float, specificity: float, prevalences: np.ndarray
) -> pd.DataFrame:
    """Predictive values of a test, by Bayes' theorem, at other prevalences than the study's.

    Columns, a row for each prevalence: prevalence, positive_predictive_value,
    negative_predictive_value, all from zero to one; NaN where no result of that kind can occur.
    Raises `ValueError` for a number outside zero to one.

    Source: Vecchio 1966, N Engl J Med 274:1171-1173.
    """
    prevalences = _probabilities(np.asarray(prevalences, float))
    sensitivity, specificity = _probabilities(np.array([sensitivity, specificity], float))
    true_positive, false_positive = sensitivity * prevalences, (1 - specificity) * (1 - prevalences)
    true_negative, false_negative = specificity * (1 - prevalences), (1 - sensitivity) * prevalences
    with np.errstate(invalid="ignore"):
        return pd.DataFrame(
            {
                "prevalence": prevalences,
                "positive_predictive_value": true_positive / (true_positive + false_positive),
                "negative_predictive_value": true_negative / (true_negative + false_negative),
            }
        )


def _complete(outcome: np.ndarray, scores: pd.DataFrame) -> tuple[np.ndarray, pd.DataFrame]:
    """Outcome and scores of the patients who lack neither."""
    outcome = np.asarray(outcome, float)
    known = ~np.isnan(outcome) & scores.notna().all(axis=1).to_numpy()
    if not np.isin(outcome[known], (0, 1)).all():
        raise ValueError("an outcome is 0 or 1")
    return outcome[known], scores[known]


def _probabilities(values: np.ndarray) -> np.ndarray:
    if (np.less(values, 0) | np.greater(values, 1)).any():
        raise ValueError("a probability is a number from 0 to 1")
    return values
