"""The joint model by its likelihood: profile limits, and Firth's penalized estimates.

A Wald interval takes the log likelihood for a parabola. A profile interval uses its real shape:

1. Hold one coefficient at some value and maximize the likelihood over all the others. What is
   reached, as a function of that value, is the coefficient's profile.
2. The limits are where the profile has fallen from its maximum by half the quantile of chi-square
   with one degree of freedom, 1.92 for 95% (Venzon & Moolgavkar 1988, J R Stat Soc C 37:87-94).
3. P is that of the likelihood-ratio test of the coefficient being zero.

With few events maximum likelihood overstates effects, and where factors separate the outcomes it
has no finite answer. Firth's penalty adds half the logarithm of the determinant of the information
to the log likelihood (Firth 1993, Biometrika 80:27-38), which takes the first-order bias away and
keeps estimates finite; limits and P follow from the penalized likelihood in the same way (Heinze &
Schemper 2002, Stat Med 21:2409-2419).

Both are fitted by firthmodels, without the penalty and with it. Its search for a limit can end on
the wrong side of the estimate or nowhere, with a dozen patients or where factors separate; such a
limit is looked for again, as the coefficient that the likelihood-ratio test just rejects.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
from firthmodels import FirthLogisticRegression
from scipy.optimize import brentq
from scipy.stats import norm

from lib.patients.cohort import Cohort
from lib.statistics.multivariate import standardized
from lib.statistics.separation import labels, why_no_model
from lib.words import listed

COLUMNS = [
    "coefficient",
    "standard_error",
    "odds_ratio",
    "lower",
    "upper",
    "p",
    "wald_lower",
    "wald_upper",
    "wald_p",
]
# The weight of the logarithm of the determinant of the information: none, or Firth's.
UNPENALIZED, FIRTH = 0.0, 0.5
# A search ends when no score and no step, in standard deviations of the factors, is larger.
SMALLEST_SCORE, SMALLEST_STEP = 1e-6, 1e-7
# Far more than large cohorts need; with ten patients the penalized steps can be slow.
MOST_STEPS = 1000
# A search for a limit that takes more than this has gone astray.
MOST_STEPS_TO_LIMIT = 50
# A limit is looked for up to so many times as far from the estimate as Wald's.
FARTHEST = 50


@dataclass(frozen=True)
class Estimates:
    """Coefficients of one model, or in ``problem`` why they, or some limits, are missing.

    ``table`` has one row per factor: coefficient, standard_error, odds_ratio, lower, upper, p
    (profile limits and likelihood-ratio test), wald_lower, wald_upper, wald_p. Limits are those of
    the odds ratio.
    """

    table: pd.DataFrame
    patients: int
    left_out: int
    events: int
    problem: str | None = None


def profile_limits(
    cohort: Cohort, factors: list[str] | None = None, level: float = 0.95
) -> Estimates:
    """Maximum likelihood estimates of the joint model with profile-likelihood limits and
    likelihood-ratio P values beside those of Wald.

    Source: Venzon & Moolgavkar 1988, J R Stat Soc C 37:87-94.
    """
    return _estimates(cohort, factors, level, UNPENALIZED)


def firth(cohort: Cohort, factors: list[str] | None = None, level: float = 0.95) -> Estimates:
    """Estimates by Firth's penalized likelihood, finite even where the factors separate the
    outcomes, with profile penalized-likelihood limits and P values.

    As in the R package logistf, standard errors come from an information in which a patient of
    leverage h counts 1 + h times.

    Source: Firth 1993, Biometrika 80:27-38; Heinze & Schemper 2002, Stat Med 21:2409-2419.
    """
    return _estimates(cohort, factors, level, FIRTH)


def _estimates(
    cohort: Cohort, factors: list[str] | None, level: float, penalty: float
) -> Estimates:
    factors = cohort.factors if factors is None else factors
    rows = cohort.complete([*factors, cohort.outcome])
    sizes = (len(rows), len(cohort.rows) - len(rows), int(rows[cohort.outcome].sum()))
    problem = why_no_model(cohort, rows, factors, finite=penalty == UNPENALIZED)
    if problem is None:
        table = _table(rows, factors, cohort.outcome, level=level, penalty=penalty)
        if table["coefficient"].isna().any():
            problem = "the search for the maximum of the likelihood came to no end"
    if problem:
        return Estimates(pd.DataFrame(columns=COLUMNS, dtype=float), *sizes, problem)
    missing = list(table.index[table.isna().any(axis=1)])
    if missing:
        names = listed(labels(cohort, missing))
        problem = f"no profile limit, or no P value, was found for {names}"
    return Estimates(table, *sizes, problem)


def _table(
    rows: pd.DataFrame, factors: list[str], outcome: str, *, level: float, penalty: float
) -> pd.DataFrame:
    """The table of ``Estimates``; NaN where a search found nothing."""
    # Patients alike in factors and outcome are one row that counts as often as they occur.
    patients = rows.groupby([*factors, outcome], sort=False).size()
    alike = patients.index.to_frame(index=False)
    design, _ = standardized(alike[factors])
    fit = partial(
        _fitted,
        design.to_numpy(),
        alike[outcome].to_numpy(),
        patients.to_numpy(float),
        penalty,
    )
    found = np.full((len(factors), 5), np.nan)
    with warnings.catch_warnings(), np.errstate(all="ignore"), suppress(np.linalg.LinAlgError):
        warnings.simplefilter("ignore")  # what was not found is said by what is missing
        model = fit()
        if model.converged_:
            for term, row in enumerate(found, start=1):
                estimate, error = model.coef_[term], model.bse_[term]
                limits = _profile_limits(model, term, level)
                for side, limit in enumerate(limits):
                    if np.isnan(limit):
                        reach = (-2, 2)[side] * error
                        limits[side] = _limit_by_test(
                            fit,
                            term,
                            design.iloc[:, term].to_numpy(),
                            estimate=estimate,
                            reach=reach,
                            level=level,
                        )
                row[:] = estimate, error, *limits, _likelihood_ratio_p(model, term)

    unit = alike[factors].std(ddof=0).to_numpy()
    coefficient, error, lower, upper = found[:, :4].T / unit
    reach = norm.ppf(0.5 + level / 2) * error
    with np.errstate(over="ignore"):  # the odds ratio of a factor in a far too small unit
        values = {
            "coefficient": coefficient,
            "standard_error": error,
            "odds_ratio": np.exp(coefficient),
            "lower": np.exp(lower),
            "upper": np.exp(upper),
            "p": found[:, 4],
            "wald_lower": np.exp(coefficient - reach),
            "wald_upper": np.exp(coefficient + reach),
            "wald_p": 2 * norm.sf(np.abs(coefficient / error)),
        }
    return pd.DataFrame(values, factors)


def _fitted(
    design: np.ndarray,
    outcome: np.ndarray,
    patients: np.ndarray,
    penalty: float,
    offset: np.ndarray | None = None,
) -> FirthLogisticRegression:
    model = FirthLogisticRegression(
        backend="numpy",  # also where numba is installed, so that all books have the same numbers
        fit_intercept=False,  # it is the first column
        penalty_weight=penalty,
        max_iter=MOST_STEPS,
        gtol=SMALLEST_SCORE,
        xtol=SMALLEST_STEP,
    )
    model.fit(design, outcome, patients, offset)
    # Near the maximum whether a step leads down is a matter of rounding, and halving it can fail.
    # Full steps then end the search.
    return (
        model
        if model.converged_
        else model.set_params(max_halfstep=0).fit(design, outcome, patients, offset)
    )


def _profile_limits(model: FirthLogisticRegression, term: int, level: float) -> tuple[float, float]:
    """Both limits (step 2) by the search of Venzon and Moolgavkar, NaN where it went astray."""
    lower, upper = model.conf_int(
        1 - level, method="pl", features=term, max_iter=MOST_STEPS_TO_LIMIT, tol=SMALLEST_STEP
    )[term]
    estimate = model.coef_[term]
    return [lower if lower < estimate else np.nan, upper if upper > estimate else np.nan]


def _limit_by_test(
    fit: Callable[..., FirthLogisticRegression],
    term: int,
    column: np.ndarray,
    *,
    estimate: float,
    reach: float,
    level: float,
) -> float:
    """One limit as the coefficient that the likelihood-ratio test just rejects; NaN if none is.

    ``reach`` is how far from the estimate it is expected. A coefficient of b is tested by adding b
    times its column to the log odds and testing that what is then left of it is zero. Slow, but it
    finds what the quicker search misses.
    """
    quantile = norm.ppf(0.5 + level / 2)

    def excess(share: float) -> float:
        tested = fit((estimate + share * reach) * column)
        return norm.isf(_likelihood_ratio_p(tested, term) / 2) - quantile

    far = 1.0
    while not excess(far) > 0 and far < FARTHEST:
        far *= 1.5
    with suppress(ValueError):  # no change of sign, or a test without an answer
        return estimate + brentq(excess, 0, far, xtol=SMALLEST_STEP) * reach
    return np.nan


def _likelihood_ratio_p(model: FirthLogisticRegression, term: int) -> float:
    """P of the test that a coefficient is zero (step 3)."""
    p = model.lrt(term).lrt_pvalues_[term]
    return model.set_params(max_halfstep=0).lrt(term).lrt_pvalues_[term] if np.isnan(p) else p
