"""What predicted probabilities are worth: calibration, decision curve, predictive values.

Calibration asks whether of the patients to whom a model gives 30% about 30% have the outcome. The
curve comes from a logistic regression of the outcome on a restricted cubic spline of the predicted
log odds, so that no patients need be put into groups.

A decision curve asks whether acting on the model does more good than harm. Whoever acts at a
probability of 20% takes one patient treated rightly to be worth four treated wrongly; net benefit
is the share of patients treated rightly less that of those treated wrongly times these odds.

Predictive values follow from sensitivity, specificity and prevalence by Bayes' theorem.

Whether a model does as well in new patients is asked in ``lib.statistics.bootstrap``.
"""

import numpy as np
import pandas as pd
from scipy.special import expit, logit, ndtri

from lib.statistics import logistic
from lib.statistics.roc import complete_scores
from lib.statistics.splines import restricted_cubic_spline


def calibration_curve(
    probabilities: np.ndarray, outcome: np.ndarray, grid: np.ndarray
) -> pd.DataFrame:
    """How often the outcome occurred at a predicted probability, as a smooth curve with limits.

    The outcome is regressed, by logistic regression, on a restricted cubic spline of the predicted
    log odds with three knots, at their 10th, 50th and 90th percentile (more would follow chance in
    a study with few events); where these are not three, on the log odds alone. Columns, a row for
    each number of ``grid``: predicted, observed, lower, upper (95%, Wald, of the log odds, one at
    a time). NaN outside the range of the predictions, and everywhere if no curve can be
    fitted: the outcome or the prediction does not vary, a prediction is zero or one, or predictions
    and outcomes are separated. Patients with a missing value are left out.

    Source: Harrell 2015, Regression Modeling Strategies, 2nd ed., sections 2.4.5 and 2.4.6; Van
    Calster et al. 2016, J Clin Epidemiol 74:167-176, for flexible calibration. Raises
    ``ValueError`` for a probability outside zero to one or an outcome other than zero and one.
    """
    grid = np.asarray(grid, float)
    curve = pd.DataFrame({"predicted": grid, "observed": np.nan, "lower": np.nan, "upper": np.nan})
    values, events = _complete(probabilities, outcome)
    within = (grid >= values.min(initial=1)) & (grid <= values.max(initial=0))
    if values.min(initial=1) == 0 or values.max(initial=0) == 1 or not within.any():
        return curve
    log_odds = logit(values)
    # Knots are predictions that occur, so that few different ones cannot make columns collinear.
    knots = np.unique(np.quantile(log_odds, [0.1, 0.5, 0.9], method="closest_observation"))

    def terms(values: np.ndarray) -> np.ndarray:
        return restricted_cubic_spline(values, knots) if len(knots) == 3 else values[:, None]

    found = logistic.fit_many(logistic.with_intercept(terms(log_odds)[None]), events[None])
    # Where there is no fit the numbers are NaN, and so is the curve.
    read = logistic.with_intercept(terms(logit(grid[within]))[None])[0]
    middle = read @ found.coefficients[0]
    half = ndtri(0.975) * np.sqrt(((read @ found.covariance[0]) * read).sum(axis=1))
    limits = expit(np.column_stack([middle, middle - half, middle + half]))
    curve.loc[within, ["observed", "lower", "upper"]] = limits
    return curve


def decision_curve(
    probabilities: np.ndarray, outcome: np.ndarray, thresholds: np.ndarray
) -> pd.DataFrame:
    """Net benefit per patient of acting on the model, on everyone and on no one.

    With the model, those are treated whose probability is at least the threshold. Net benefit is
    the share of true positives less that of false positives times the odds of the threshold.
    Columns, a row for each threshold: threshold, model, treat_all, treat_none; NaN where a
    threshold is not in [0, 1) or there are no patients. Patients with a missing value are left out.

    Source: Vickers and Elkin 2006, Med Decis Making 26:565-574. Raises ``ValueError`` for a
    probability outside zero to one or an outcome other than zero and one.
    """
    thresholds = np.asarray(thresholds, float)
    values, events = _complete(probabilities, outcome)
    usable = np.where((thresholds >= 0) & (thresholds < 1), thresholds, np.nan)
    odds = usable / (1 - usable)
    treated = values >= usable[:, None]  # thresholds x patients
    true, false = ((treated & (events == value)).sum(axis=1) for value in (1, 0))
    patients = len(values) or np.nan
    return pd.DataFrame(
        {
            "threshold": thresholds,
            "model": (true - false * odds) / patients,
            "treat_all": (events.sum() - (1 - events).sum() * odds) / patients,
            "treat_none": 0 * usable / patients,
        }
    )


def predictive_values(
    sensitivity: float, specificity: float, prevalences: np.ndarray
) -> pd.DataFrame:
    """Predictive values of a test, by Bayes' theorem, at other prevalences than the study's.

    Columns, a row for each prevalence: prevalence, positive_predictive_value,
    negative_predictive_value, all from zero to one; NaN where no result of that kind can occur.
    Raises ``ValueError`` for a number outside zero to one.

    Source: Vecchio 1966, N Engl J Med 274:1171-1173.
    """
    prevalences = _probabilities(pd.Series(prevalences, dtype=float))
    sensitivity, specificity = _probabilities(np.array([sensitivity, specificity], float))
    true_positive, false_positive = sensitivity * prevalences, (1 - specificity) * (1 - prevalences)
    true_negative, false_negative = specificity * (1 - prevalences), (1 - sensitivity) * prevalences
    return pd.DataFrame(
        {
            "prevalence": prevalences,
            "positive_predictive_value": true_positive / (true_positive + false_positive),
            "negative_predictive_value": true_negative / (true_negative + false_negative),
        }
    )


def _complete(probabilities: np.ndarray, outcome: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities and outcomes of the patients who lack neither."""
    events, known = complete_scores(outcome, pd.DataFrame({"probability": np.array(probabilities)}))
    return _probabilities(known["probability"].to_numpy()), events


def _probabilities(values: np.ndarray) -> np.ndarray:
    if (np.less(values, 0) | np.greater(values, 1)).any():
        raise ValueError("a probability is a number from 0 to 1")
    return values
