"""Would the model do as well in new patients? Its optimism, by bootstrap.

A model is judged too kindly by the patients it was made from. How much too kindly is estimated by
making it again from resamples of them (Efron and Gong 1983, Am Stat 37:36-48; Harrell, Lee and Mark
1996, Stat Med 15:361-387):

1. The strategy is applied to the cohort: every factor is screened alone by the Wald test of a
   logistic regression, and those with P below alpha enter one joint logistic regression. The
   performance of that model in the same patients is the apparent one.
2. As many patients as there are, drawn with replacement, are a resample. The whole strategy is
   repeated in it, the screening too.
3. The resample's model is judged on the resample and on the cohort. The difference, on average, is
   the optimism; the apparent performance less the optimism is the corrected one.

Four measures: the AUC, in which ties count one half; the Brier score, the mean squared difference
between probability and outcome (Brier 1950, Mon Weather Rev 78:1-3); the calibration slope, the
coefficient of the model's log odds in a logistic regression of the outcome on them; the calibration
intercept ("in the large"), the intercept when that coefficient is held at one (Cox 1958,
Biometrika 45:562-565). No library repeats a selection of factors in the resamples.
"""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from scipy.special import expit, ndtr

from lib.patients.cohort import Cohort
from lib.patients.errors import that_hold
from lib.statistics import logistic, multivariate, roc
from lib.statistics.logistic import COLLINEAR, FITTED, SEPARATED, Fits
from lib.statistics.separation import one_outcome
from lib.words import listed, whole

SEED = 1983
MEASURES = ["auc", "brier", "calibration_slope", "calibration_intercept"]
# With more patients than this fewer resamples are drawn, but no fewer than the least.
MOST_PATIENTS = 10_000
LEAST_RESAMPLES = 20
# Arrays of about this many numbers stay in the cache of the processor.
BLOCK = 2**15

ONE_OUTCOME = -1
REASONS = {
    ONE_OUTCOME: "the outcome does not vary",
    COLLINEAR: "some factors are exact combinations of others",
    SEPARATED: "the factors separate the outcomes",
}


@dataclass(frozen=True)
class Validation:
    """What ``validate`` found, or in ``problem`` the reason in words why there is nothing.

    ``table`` has one row per measure of ``MEASURES``: apparent, optimism, corrected, and
    simulation_error, the standard error of the optimism for having drawn only so many resamples.
    ``stability`` has one row per factor: screening_p (its Wald P alone), screened, joint_p (its
    Wald P in the joint model) and significant, all in the cohort itself, then screened_share and
    significant_share, the shares of the resamples used. ``asked``, ``drawn`` and ``used`` count
    resamples; ``failed`` counts those left out, by reason; ``empty`` those used in which no factor
    passed the screening. ``without_p`` has the labels of the factors that have no Wald P alone.
    """

    table: pd.DataFrame
    stability: pd.DataFrame
    patients: int
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
        reasons = [f"{whole(count)} because {reason}" for reason, count in self.failed.items()]
        sentences = {
            f"{whole(self.used)} of {whole(self.drawn)} resamples were used.": True,
            f"Left out: {listed(reasons)}.": self.failed,
            f"In {whole(self.empty)} of those used no factor passed the screening, and a model "
            "without factors has no calibration slope.": self.empty,
            f"For {whole(self.patients)} patients {whole(self.drawn)} were drawn instead of "
            f"{whole(self.asked)}.": self.drawn < self.asked,
            "Because they do not vary or separate the outcomes, these have no Wald P and did not "
            f"pass the screening: {listed(self.without_p)}.": self.without_p,
        }
        return " ".join(that_hold(sentences))


def validate(
    cohort: Cohort, resamples: int = 2000, *, seed: int = SEED, alpha: float = 0.05
) -> Validation:
    """Apparent and optimism-corrected performance of the modeling strategy, by bootstrap.

    The head of this module tells the method. A factor whose own model has no finite maximum (it
    does not vary, or separates the outcomes) has no Wald P, which is then NaN, and does not pass
    the screening. Where none passes, the joint model is the intercept alone; it has no slope, so
    its resample counts for the other measures only.

    A resample in which the strategy has no answer (one outcome only; collinear or separating
    factors in the joint model) is left out of all means and shares, and counted. Such resamples are
    those in which a model looks best: where they are many, the optimism is underestimated.

    Patients with a missing value are left out. Resample i consists of the complete patients
    numbered by the i-th call of ``generator.integers(patients, size=patients)``, where
    ``generator`` is ``numpy.random.default_rng(seed)``. With more than ``MOST_PATIENTS`` of them
    only ``resamples * MOST_PATIENTS // patients`` are drawn, but at least ``LEAST_RESAMPLES`` if so
    many were asked for: the simulation error goes with one over the root of patients times
    resamples, and so does not grow.

    Raises ``ValueError`` when fewer than one resample is asked for.
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
    sizes = {"patients": patients, "asked": resamples}
    if events in (0, patients):
        return Validation(table, stability, **sizes, problem=one_outcome(cohort, known))

    # Step 1.
    patterns, of_patient = _patterns(known, cohort)
    (status,), (screening_p,), joint = _strategy(patterns, patterns.counts, alpha)
    stability["screening_p"], stability["screened"] = screening_p, screening_p < alpha
    stability["joint_p"] = np.where(stability["screened"], _wald_p(joint)[0, 1:], np.nan)
    stability["significant"] = stability["joint_p"] < alpha
    if status != FITTED:
        return Validation(
            table,
            stability,
            **sizes,
            problem=f"in the joint model of the screened factors {REASONS[status]}",
        )
    table["apparent"] = _performance(patterns, joint.coefficients, patterns.counts)[0][0]

    # Steps 2 and 3.
    drawn = min(resamples, max(LEAST_RESAMPLES, resamples * MOST_PATIENTS // patients))
    generator, blocks = np.random.default_rng(seed), []
    number = len(patterns.outcome)
    together = max(1, BLOCK // number)
    for first in range(0, drawn, together):
        rows = generator.integers(patients, size=(min(together, drawn - first), patients))
        weights = [np.bincount(of_patient[one], minlength=number) for one in rows]
        blocks.append(_resampled(patterns, np.array(weights, float), alpha))
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
            reason: int((statuses == status).sum())
            for status, reason in REASONS.items()
            if status in statuses
        },
        without_p=[cohort.label(name) for name in stability.index[stability["screening_p"].isna()]],
    )


@dataclass(frozen=True)
class _Patterns:
    """Patients alike in outcome and factors share a pattern; a resample only weights patterns.

    outcome: patterns; factors: patterns x factors, standardized so that no unit makes a column look
    collinear; counts: 1 x patterns.
    """

    outcome: np.ndarray
    factors: np.ndarray
    counts: np.ndarray


def _patterns(known: pd.DataFrame, cohort: Cohort) -> tuple[_Patterns, np.ndarray]:
    """The patterns, and the number of the pattern of each patient."""
    design, _ = multivariate.standardized(known[cohort.factors])
    grouped = design.groupby([known[cohort.outcome], *cohort.factors])
    counts = grouped.size()
    values = counts.index.to_frame().to_numpy()
    return (
        _Patterns(values[:, 0], values[:, 1:], counts.to_numpy(float)[None]),
        grouped.ngroup().to_numpy(),
    )


def _strategy(
    patterns: _Patterns, weights: np.ndarray, alpha: float
) -> tuple[np.ndarray, np.ndarray, Fits]:
    """What the strategy makes of each resample: its status, the Wald P of each factor alone
    (resamples x factors), and the joint model of those screened."""
    screening_p = np.column_stack(
        [_screening_p(patterns, weights, column) for column in patterns.factors.T]
    )
    joint = logistic.fit_many(
        logistic.with_intercept(patterns.factors[None]),
        patterns.outcome[None],
        weights=weights,
        included=np.column_stack([np.ones(len(weights), bool), screening_p < alpha]),
    )
    events = weights @ patterns.outcome
    one_outcome = (events == 0) | (events == weights.sum(axis=1))
    return np.where(one_outcome, ONE_OUTCOME, joint.status), screening_p, joint


def _screening_p(patterns: _Patterns, weights: np.ndarray, factor: np.ndarray) -> np.ndarray:
    """Wald P of one factor alone in each resample; patterns alike in it and outcome are one row."""
    sums = pd.DataFrame(weights.T).groupby([patterns.outcome, factor]).sum()
    outcome, value = sums.index.to_frame().to_numpy().T
    design = logistic.with_intercept(value[None, :, None])
    return _wald_p(logistic.fit_many(design, outcome[None], weights=sums.to_numpy().T))[:, 1]


def _wald_p(fits: Fits) -> np.ndarray:
    return 2 * ndtr(-np.abs(fits.coefficients) / fits.standard_errors)


def _resampled(patterns: _Patterns, weights: np.ndarray, alpha: float) -> tuple[np.ndarray, ...]:
    """Status of each resample; of those with an answer, what was screened, what was significant,
    and the performance in the resample less that in the cohort (resamples x measures)."""
    status, screening_p, joint = _strategy(patterns, weights, alpha)
    fitted = status == FITTED
    here, there = _performance(patterns, joint.coefficients[fitted], weights[fitted])
    # A factor that is not in the model has the coefficient 0, and so P = 1.
    return status, screening_p[fitted] < alpha, _wald_p(joint)[fitted, 1:] < alpha, here - there


def _performance(
    patterns: _Patterns, coefficients: np.ndarray, weights: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Measures (models x measures) where models were fitted (``weights``) and in the cohort."""
    log_odds = coefficients[:, :1] + coefficients[:, 1:] @ patterns.factors.T
    squares = (expit(log_odds) - patterns.outcome) ** 2
    slope, intercept = _calibration(patterns, log_odds)
    # Where it was fitted, a model's slope is one and its intercept zero: these are its score
    # equations.
    own = [np.where(np.isnan(slope), np.nan, 1.0), np.zeros(len(slope))]
    here, there = (
        [_areas(patterns, log_odds, used), (squares * used).sum(axis=1) / used.sum(axis=1)]
        for used in (weights, patterns.counts)
    )
    return np.column_stack([*here, *own]), np.column_stack([*there, slope, intercept])


def _calibration(patterns: _Patterns, log_odds: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Calibration slope and intercept of log odds (models x patterns) in the cohort."""
    design = logistic.with_intercept(log_odds[:, :, None])
    known = {"weights": patterns.counts, "offset": log_odds}
    # With the log odds as an offset too, the slope is one plus their coefficient.
    beyond = logistic.fit_many(design, patterns.outcome[None], **known)
    shift = logistic.fit_many(design[:1, :, :1], patterns.outcome[None], **known)
    return 1 + beyond.coefficients[:, 1], shift.coefficients[:, 0]


def _areas(patterns: _Patterns, log_odds: np.ndarray, weights: np.ndarray) -> list[float]:
    """Area under the ROC curve of the log odds of each model (models x patterns)."""
    areas = []
    for score, patients in zip(log_odds, np.broadcast_to(weights, log_odds.shape), strict=True):
        level = roc.levels_of(score)
        events = np.bincount(level, patients * patterns.outcome)
        areas.append(roc.auc(events, np.bincount(level, patients) - events))
    return areas
