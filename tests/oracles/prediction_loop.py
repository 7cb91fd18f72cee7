"""The bootstrap of lib.statistics.bootstrap as one would write it with statsmodels, one model at a
time.
"""

import warnings

import numpy as np
import pandas as pd
import statsmodels.api as sm
from scipy.optimize import brentq
from scipy.special import expit
from scipy.stats import mannwhitneyu


def plain_loop(
    known: pd.DataFrame,
    outcome: str,
    factors: list[str],
    resamples: int,
    seed: int,
    alpha: float = 0.05,
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Optimism of each measure, and which factors were screened in and significant: a row for each
    resample in which the strategy has an answer."""
    generator = np.random.default_rng(seed)
    optimism, screened, significant = [], [], []
    for _ in range(resamples):
        sample = known.iloc[generator.integers(len(known), size=len(known))]
        passed = [name for name in factors if p_values(sample, outcome, [name])[name] < alpha]
        model = logit(sample, outcome, passed)
        if model is None:
            continue
        optimism.append(
            measures(model, sample, outcome, passed) - measures(model, known, outcome, passed)
        )
        screened.append([name in passed for name in factors])
        significant.append([name in passed and model.pvalues[name] < alpha for name in factors])
    return (
        pd.DataFrame(optimism),
        pd.DataFrame(screened, columns=factors),
        pd.DataFrame(significant, columns=factors),
    )


def logit(rows: pd.DataFrame, outcome: str, factors: list[str]):
    """The fitted model, or None where there is none."""
    if rows[outcome].nunique() < 2 or np.linalg.matrix_rank(design(rows, factors)) <= len(factors):
        return None
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            model = sm.Logit(rows[outcome], design(rows, factors)).fit(disp=0, maxiter=30)
        except np.linalg.LinAlgError:
            return None
    return model if model.mle_retvals["converged"] else None


def design(rows: pd.DataFrame, factors: list[str]) -> pd.DataFrame:
    """The factors behind a column of ones."""
    return sm.add_constant(rows[factors], has_constant="add")


def p_values(rows: pd.DataFrame, outcome: str, factors: list[str]) -> pd.Series:
    """Wald P of each factor; NaN where there is no model."""
    model = logit(rows, outcome, factors)
    return pd.Series(np.nan, factors) if model is None else model.pvalues


def measures(model, rows: pd.DataFrame, outcome: str, factors: list[str]) -> pd.Series:
    """A model's performance in these rows."""
    events = rows[outcome].to_numpy()
    probabilities = np.asarray(model.predict(design(rows, factors)))
    log_odds = np.asarray(model.predict(design(rows, factors), which="linear"))
    # Rounded, because equal patients can differ in the last bit.
    of_events, of_others = (np.round(log_odds[events == value], 10) for value in (1, 0))
    area = mannwhitneyu(of_events, of_others).statistic / (len(of_events) * len(of_others))
    slope = sm.Logit(events, sm.add_constant(log_odds)).fit(disp=0).params[1] if factors else np.nan
    # Iterative fits with so steep an offset can diverge; the score equation has one root.
    shift = brentq(
        lambda intercept: (expit(intercept + log_odds) - events).sum(), -100, 100, xtol=1e-13
    )
    return pd.Series(
        {
            "auc": area,
            "brier": np.mean((probabilities - events) ** 2),
            "calibration_slope": slope,
            "calibration_intercept": shift,
        }
    )
