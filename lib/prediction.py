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
from scipy.special import expit, log_expit, logit, ndtr, ndtri
from scipy.stats import rankdata

from lib.cohort import Cohort
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
    passed the screening.
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
    problem: str | None = None

    @property
    def account(self) -> str:
        """The resamples drawn, used and left out, in sentences."""
        if self.problem:
            return f"The model could not be validated: {self.problem}."
        sentences = [f"{whole(self.used)} of {whole(self.drawn)} resamples were used."]
        if self.failed:
            reasons = [f"{whole(count)} because {reason}" for reason, count in self.failed.items()]
            sentences.append(f"Left out were {listed(reasons)}.")
        if self.empty:
            sentences.append(
                f"In {whole(self.empty)} of those used no factor passed the screening, and a model without "
                "factors has no calibration slope."
            )
        if self.drawn < self.asked:
            sentences.append(
                f"For {whole(self.patients)} patients {whole(self.drawn)} were drawn instead of {whole(self.asked)}."
            )
        return " ".join(sentences)


def validate(cohort: Cohort, resamples: int = 2000, seed: int = SEED, alpha: float = 0.05) -> Validation:
    """Apparent and optimism-corrected performance of the modeling strategy, by bootstrap.

    The strategy: every factor is screened alone by the Wald test of a logistic regression, and those
    with P below `alpha` enter one joint logistic regression; where none passes, that model is the
    intercept alone. A factor whose own model has no finite maximum (it does not vary, or separates
    the outcomes) has no Wald P, which is then NaN, and does not pass. All of this is repeated in
    every resample. The resample's model is judged on the resample and on the cohort; the mean
    difference is the optimism, which is taken off the performance of the cohort's own model.

    The measures: auc, in which ties count one half; brier, the mean squared difference between
    probability and outcome; calibration_slope, the coefficient of the model's log odds in a logistic
    regression of the outcome on them; calibration_intercept ("in the large"), the intercept when that
    coefficient is held at one. A model without factors has no slope, so its resample counts for the
    other measures only.

    A resample in which the strategy has no answer (one outcome only; collinear or separating factors
    in the joint model) is left out of all means and shares, and counted. Such resamples are those in
    which a model looks best: where they are many, the optimism is underestimated.

    Patients with a missing value are left out. Resample i consists of the complete patients numbered
    by the i-th call of `generator.integers(patients, size=patients)`, where `generator` is
    `numpy.random.default_rng(seed)`. With more than `MOST_PATIENTS` of them only
    `resamples * MOST_PATIENTS // patients` are drawn, but at least `LEAST_RESAMPLES` if so many were
    asked for: the simulation error goes with one over the root of patients times resamples, and so
    does not grow.

    Source: Efron and Gong 1983, Am Stat 37:36-48, section 7; Harrell, Lee and Mark 1996, Stat Med
    15:361-387, section 4.3; Cox 1958, Biometrika 45:562-565, for slope and intercept.
    """
    known = cohort.complete([*cohort.factors, cohort.outcome])
    patients, events = len(known), int(known[cohort.outcome].sum())
    table = pd.DataFrame(np.nan, MEASURES, ["apparent", "optimism", "corrected", "simulation_error"])
    stability = pd.DataFrame(index=cohort.factors).assign(
        screening_p=np.nan,
        screened=False,
        joint_p=np.nan,
        significant=False,
        screened_share=np.nan,
        significant_share=np.nan,
    )
    sizes = {"patients": patients, "left_out": len(cohort.rows) - patients, "events": events, "asked": resamples}
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
    _, table["apparent"] = (result[0] for result in _performance(kinds, coefficients[None], kinds.counts))

    drawn = min(resamples, max(LEAST_RESAMPLES, resamples * MOST_PATIENTS // patients))
    generator, blocks = np.random.default_rng(seed), []
    together = max(1, BLOCK // len(kinds.outcome))
    for first in range(0, drawn, together):
        rows = generator.integers(patients, size=(min(together, drawn - first), patients))
        blocks.append(_optimism(kinds, kinds.weights(rows), alpha))
    statuses, screened, significant, optimism = (np.concatenate(parts) for parts in zip(*blocks, strict=True))
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
        failed={reason: int((statuses == code).sum()) for code, reason in REASONS.items() if code in statuses},
    )


@dataclass(frozen=True)
class _Kinds:
    """Patients alike in outcome and factors are one kind; a resample only weights the kinds.

    outcome: kinds, zeros first; factors: kinds x factors, standardized so that no unit makes a
    column look collinear; counts: 1 x kinds; of_patient: the kind of each patient; cells: per factor,
    the order of kinds by outcome and factor, where each cell begins in it, and the cells' design.
    """

    outcome: np.ndarray
    factors: np.ndarray
    counts: np.ndarray
    of_patient: np.ndarray
    cells: list[tuple[np.ndarray, np.ndarray, np.ndarray]]

    def weights(self, rows: np.ndarray) -> np.ndarray:
        """How many patients of each kind (resamples x kinds) the row numbers (resamples x rows) draw."""
        kinds = len(self.outcome)
        drawn = self.of_patient[rows] + kinds * np.arange(len(rows))[:, None]
        return np.bincount(drawn.ravel(), minlength=kinds * len(rows)).reshape(-1, kinds).astype(float)


def _kinds(known: pd.DataFrame, outcome: str, factors: list[str]) -> _Kinds:
    grouped = known.groupby([outcome, *factors], sort=True)
    counts = grouped.size()
    kinds = counts.index.to_frame(index=False)
    spread = known[factors].std(ddof=0)
    standardized = (kinds[factors] - known[factors].mean()) / spread.where(spread > 0, 1)
    cells = []
    for factor in factors:
        cell = kinds.groupby([outcome, factor], sort=True).ngroup().to_numpy()
        order = np.argsort(cell, kind="stable")
        begins = np.flatnonzero(np.diff(cell[order], prepend=-1))
        first = order[begins]
        design = _facing(kinds[outcome].to_numpy()[first], standardized[[factor]].to_numpy()[first])
        cells.append((order, begins, design))
    return _Kinds(
        kinds[outcome].to_numpy(),
        standardized.to_numpy(),
        counts.to_numpy(float)[None],
        grouped.ngroup().to_numpy(),
        cells,
    )


def _facing(outcome: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Design (1 x rows x terms) with an intercept, its rows without an event multiplied by minus one.

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
    coefficients, covariance, status = _fit(_facing(kinds.outcome, kinds.factors), weights, included=included)
    joint_p = np.where(screened, _wald_p(coefficients, covariance, status)[:, 1:], np.nan)
    events = weights @ kinds.outcome
    status[(events == 0) | (events == weights.sum(axis=1))] = ONE_OUTCOME
    return status, screening_p, coefficients, joint_p


def _wald_p(coefficients: np.ndarray, covariance: np.ndarray, status: np.ndarray) -> np.ndarray:
    variance = np.where(status[:, None] == FITTED, np.diagonal(covariance, axis1=1, axis2=2), np.nan)
    return 2 * ndtr(-np.abs(coefficients) / np.sqrt(variance))


def _optimism(kinds: _Kinds, weights: np.ndarray, alpha: float) -> tuple[np.ndarray, ...]:
    """Status of each resample; of those with an answer, what was screened, what was significant,
    and the performance in the resample less that in the cohort (resamples x measures)."""
    status, screening_p, coefficients, joint_p = _strategy(kinds, weights, alpha)
    fitted = status == FITTED
    here, there = _performance(kinds, coefficients[fitted], weights[fitted])
    return status, screening_p[fitted] < alpha, joint_p[fitted] < alpha, here - there


def _performance(kinds: _Kinds, coefficients: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Measures (models x measures) of models where they were fitted (`weights`) and in the cohort."""
    # Column by column, not as a matrix product, so that equal patients get equal log odds to the bit.
    log_odds = np.repeat(coefficients[:, :1], len(kinds.outcome), axis=1)
    for factor in range(kinds.factors.shape[1]):
        log_odds += coefficients[:, factor + 1, None] * kinds.factors[:, factor]
    squares = (expit(log_odds) - kinds.outcome) ** 2
    slope, intercept = _calibration(kinds, log_odds)
    without_slope = np.isnan(slope)
    area_here, area_there = _areas(log_odds, kinds.outcome, [weights, kinds.counts])
    brier_here, brier_there = ((squares * w).sum(axis=1) / w.sum(axis=1) for w in (weights, kinds.counts))
    # Where it was fitted, a model's slope is one and its intercept zero: these are its score equations.
    here = [area_here, brier_here, np.where(without_slope, np.nan, 1.0), np.zeros(len(slope))]
    return np.column_stack(here), np.column_stack([area_there, brier_there, slope, intercept])


def _calibration(kinds: _Kinds, log_odds: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Calibration slope and intercept of log odds (models x kinds) in the cohort."""
    facing = _facing(kinds.outcome, np.empty((len(kinds.outcome), 0)))
    design = np.stack([np.broadcast_to(facing[..., 0], log_odds.shape), facing[..., 0] * log_odds], axis=2)
    # With the log odds as an offset too, the slope is one plus their coefficient.
    beyond, _, status = _fit(design, kinds.counts, design[..., 1])
    shift, _, _ = _fit(design[..., :1], kinds.counts, design[..., 1])
    return np.where(status == FITTED, 1 + beyond[:, 1], np.nan), shift[:, 0]


def _areas(scores: np.ndarray, outcome: np.ndarray, weightings: list[np.ndarray]) -> list[np.ndarray]:
    """Areas under the ROC curves of scores (models x kinds), once for each of the weightings."""
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
    fits, terms = max(len(design), len(weights)), design.shape[2]
    coefficients, covariance = np.zeros((fits, terms)), np.zeros((fits, terms, terms))
    status = np.full(fits, SEPARATED)
    going = np.arange(fits)
    margin = np.zeros((fits, design.shape[1])) + offset
    if included is None:
        included = np.ones((1, terms), bool)

    def share(values: np.ndarray) -> np.ndarray:
        """The fits still going, of something that may be common to all."""
        return values if len(values) == 1 else values[going]

    likelihood = (weights * log_expit(margin)).sum(axis=1)
    for iteration in range(MOST_ITERATIONS):
        columns, weight, has = share(design), share(weights), share(included)
        wrong = expit(-margin)
        score = np.matmul((weight * wrong)[:, None, :], columns)[:, 0]
        information = np.matmul(np.swapaxes(columns, 1, 2), (weight * wrong * (1 - wrong))[..., None] * columns)
        both = has[:, :, None] & has[:, None, :]
        inverse, definite = _inverse(np.where(both, information, np.eye(terms)))
        if iteration == 0:
            status[going[~definite]] = COLLINEAR
        step = np.matmul(inverse, np.where(has, score, 0)[..., None])[..., 0]
        change = np.matmul(columns, step[..., None])[..., 0]
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
        size = np.ones(len(going))
        while True:
            after = (weight * log_expit(margin + size[:, None] * change)).sum(axis=1)
            worse = ~(after >= likelihood) & (largest * size > 0.001)
            if not worse.any():
                break
            size[worse] /= 2
        coefficients[going] += size[:, None] * step
        margin, likelihood = margin + size[:, None] * change, after
    return coefficients, covariance, status


def _inverse(matrices: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Inverses of symmetric matrices (count x size x size) and whether each is positive definite.

    Where it is not, the inverse is zero. Source: the sweep operator, Goodnight 1979, Am Stat
    33:149-158, section 3.
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
