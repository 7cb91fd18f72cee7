"""The joint model by its likelihood: profile limits, and Firth's penalized estimates.

The likelihood is maximized here rather than by a library. Profile limits need many fits with one
coefficient held, with Firth's penalty and without. statsmodels offers neither; firthmodels offers
both, but with few patients its limits can be wrong without a warning (both on the same side of the
estimate) or end in an error.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd
from scipy import stats
from scipy.optimize import brentq
from scipy.special import expit, log_expit

from lib.patients.cohort import Cohort
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
# Fisher scoring is done when what a step promises to add to the log likelihood is below this.
SMALLEST_GAIN = 1e-16
# Far more than large cohorts need; with ten patients the penalized steps can be slow.
MOST_STEPS = 1000


@dataclass(frozen=True)
class Estimates:
    """Coefficients of one model, or in `problem` why they, or some limits, are missing.

    `table` has one row per term, the intercept ("const") first: coefficient, standard_error,
    odds_ratio, lower, upper, p (profile limits and likelihood-ratio test), wald_lower, wald_upper,
    wald_p. Limits are those of the odds ratio.
    """

    table: pd.DataFrame
    patients: int
    left_out: int
    events: int
    problem: str | None = None


class _NoMaximum(Exception):
    """The search for a maximum of the likelihood came to no end."""


@dataclass(frozen=True)
class _Likelihood:
    """Log likelihood of a logistic model plus `penalty` times ln det(information).

    Patients with equal values share a row of `design` (rows x terms); `patients` and `events` count
    them.
    """

    design: np.ndarray
    patients: np.ndarray
    events: np.ndarray
    penalty: float = UNPENALIZED

    @classmethod
    def of(
        cls, rows: pd.DataFrame, factors: list[str], outcome: str, penalty: float = UNPENALIZED
    ) -> _Likelihood:
        counts = rows.groupby(factors, sort=False)[outcome].agg(["size", "sum"])
        design = np.column_stack([np.ones(len(counts)), counts.index.to_frame()])
        return cls(design, counts["size"].to_numpy(), counts["sum"].to_numpy(), penalty)

    def covariance(self, coefficients: np.ndarray) -> np.ndarray:
        return np.linalg.inv(self.derivatives(coefficients)[2])

    def derivatives(self, coefficients: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
        """Value, score and a matrix for the next step: the information, in which with the penalty a
        patient of leverage h counts 1 + h times, as in the penalized score, whose residuals
        are y - p + h (1/2 - p) (Heinze & Schemper 2002, section 2)."""
        log_odds = self.design @ coefficients
        event, none = expit(log_odds), expit(-log_odds)
        others = self.patients - self.events
        value = self.events @ log_expit(log_odds) + others @ log_expit(-log_odds)
        residual = self.events * none - others * event
        weights = self.patients * event * none
        if self.penalty:
            # The root of the information keeps its determinant exact where many weights vanish.
            q, r = np.linalg.qr(self.design * np.sqrt(weights)[:, None])
            with np.errstate(divide="ignore"):
                value += self.penalty * 2 * np.log(np.abs(np.diag(r))).sum()
            leverage = 2 * self.penalty * (q**2).sum(axis=1)
            residual = residual + leverage * (none - event) / 2
            weights = weights + leverage * event * none
        return value, self.design.T @ residual, (self.design * weights[:, None]).T @ self.design

    def maximum(self, start: np.ndarray, held: int | None = None) -> tuple[np.ndarray, float]:
        """Coefficients and value at the maximum, by Fisher scoring; `held` names a term that keeps
        its coefficient. Raises `_NoMaximum`."""
        free = np.arange(len(start)) != (-1 if held is None else held)
        coefficients, step = start, np.zeros(len(start))
        value, score, information = self.derivatives(coefficients)
        for _ in range(MOST_STEPS):
            try:
                step[free] = np.linalg.solve(information[np.ix_(free, free)], score[free])
            except np.linalg.LinAlgError:
                break
            if step @ score < SMALLEST_GAIN:
                return coefficients + step, value
            # No log odds moves by more than 5 at once, and no step may lead down (but for
            # rounding).
            size = min(1, 5 / np.abs(self.design @ step).max())
            after = self.derivatives(coefficients + size * step)
            while not after[0] >= value - 1e-9 and size > 1e-6:
                size /= 2
                after = self.derivatives(coefficients + size * step)
            if not np.isfinite(after[0]):
                break
            coefficients = coefficients + size * step
            value, score, information = after
        raise _NoMaximum

    def profile_limit(self, term: int, side: int, level: float, best: np.ndarray) -> float:
        """The coefficient of a term, below (side -1) or above (1) its estimate, at which the
        maximum over the other coefficients has fallen by half a chi-square quantile; NaN if none is
        found."""
        top, covariance = self.derivatives(best)[0], self.covariance(best)
        # Along this direction the others follow when the term's coefficient is moved.
        direction = covariance[term] / covariance[term, term]
        distance = stats.norm.ppf((1 + level) / 2)
        latest = best

        # The signed root of the deviance is nearly a straight line, so that few steps find its
        # zero. The cache keeps the ends of the bracket what they were: with very few patients the
        # penalized likelihood has several maxima, and another start may lead to another one.
        @cache
        def excess(coefficient: float) -> float:
            nonlocal latest
            start = latest + (coefficient - latest[term]) * direction
            latest, value = self.maximum(start, term)
            return np.sqrt(max(0.0, 2 * (top - value))) - distance

        near, step = best[term], side * distance * np.sqrt(covariance[term, term]) / 2
        try:
            for _ in range(100):
                if excess(near + step) > 0:
                    return brentq(excess, near, near + step, xtol=1e-7 * abs(step))
                near, step = near + step, step * 1.25
        except _NoMaximum:
            pass
        return np.nan


def odds(log_odds: np.ndarray) -> np.ndarray:
    """Infinite where the number is too large, as for a factor in a far too small unit."""
    with np.errstate(over="ignore"):
        return np.exp(log_odds)


def wald(likelihood: _Likelihood, best: np.ndarray, terms: list[str], level: float) -> pd.DataFrame:
    error = np.sqrt(np.diag(likelihood.covariance(best)))
    reach = stats.norm.ppf((1 + level) / 2) * error
    return pd.DataFrame(
        {
            "coefficient": best,
            "standard_error": error,
            "odds_ratio": odds(best),
            "wald_lower": odds(best - reach),
            "wald_upper": odds(best + reach),
            "wald_p": 2 * stats.norm.sf(np.abs(best / error)),
        },
        terms,
    )


def _estimates(
    cohort: Cohort, factors: list[str] | None, level: float, penalty: float
) -> Estimates:
    factors = cohort.factors if factors is None else factors
    rows = cohort.complete([*factors, cohort.outcome])
    sizes = (len(rows), len(cohort.rows) - len(rows), int(rows[cohort.outcome].sum()))
    found, problem = fitted(cohort, rows, factors, penalty)
    if problem:
        return Estimates(pd.DataFrame(columns=COLUMNS, dtype=float), *sizes, problem)
    likelihood, best, top = found
    table = wald(likelihood, best, ["const", *factors], level).reindex(columns=COLUMNS)
    for term, name in enumerate(table.index):
        limits = [likelihood.profile_limit(term, side, level, best) for side in (-1, 1)]
        table.loc[name, ["lower", "upper"]] = odds(np.array(limits))
        with suppress(_NoMaximum):
            without = likelihood.maximum(np.where(np.arange(len(best)) == term, 0, best), term)[1]
            table.loc[name, "p"] = stats.chi2.sf(2 * (top - without), 1)
    missing = table.index[table.isna().any(axis=1)]
    if len(missing):
        names = ["the intercept" if name == "const" else name for name in missing]
        problem = f"no profile limit, or no P value, was found for {listed(labels(cohort, names))}"
    return Estimates(table, *sizes, problem)


def fitted(
    cohort: Cohort, rows: pd.DataFrame, factors: list[str], penalty: float = UNPENALIZED
) -> tuple[tuple[_Likelihood, np.ndarray, float] | None, str | None]:
    """The likelihood with its best coefficients and their value, or the reason why there are none."""
    problem = why_no_model(cohort, rows, factors, finite=not penalty)
    if problem:
        return None, problem
    likelihood = _Likelihood.of(rows, factors, cohort.outcome, penalty)
    try:
        best, top = likelihood.maximum(np.zeros(len(factors) + 1))
        likelihood.covariance(best)
        return (likelihood, best, top), None
    except (_NoMaximum, np.linalg.LinAlgError):
        return None, "the search for the maximum of the likelihood came to no end"


def profile_limits(
    cohort: Cohort, factors: list[str] | None = None, level: float = 0.95
) -> Estimates:
    """Maximum likelihood estimates of the joint model with profile-likelihood limits and
    likelihood-ratio P values beside those of Wald.

    Source: Venzon & Moolgavkar 1988, J R Stat Soc C 37:87-94, for the definition of the limits;
    each is found by a search for a root along the profile.
    """
    return _estimates(cohort, factors, level, UNPENALIZED)


def firth(cohort: Cohort, factors: list[str] | None = None, level: float = 0.95) -> Estimates:
    """Estimates by Firth's penalized likelihood, finite even where the factors separate the
    outcomes, with profile penalized-likelihood limits and P values. As in the R package logistf,
    standard errors come from an information in which a patient of leverage h counts 1 + h times.

    Source: Firth 1993, Biometrika 80:27-38; Heinze & Schemper 2002, Stat Med 21:2409-2419.
    """
    return _estimates(cohort, factors, level, FIRTH)
