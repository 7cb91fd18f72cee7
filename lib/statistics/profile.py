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

Both are fitted by firthmodels, without the penalty and with it. With a dozen patients its search
for a limit can end on the wrong side of the estimate; such a limit is taken as not found.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
from firthmodels import FirthLogisticRegression
from scipy.stats import norm

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
# A search ends when no score and no step, in standard deviations of the factors, is larger.
SMALLEST_SCORE, SMALLEST_STEP = 1e-6, 1e-7
# Far more than large cohorts need; with ten patients the penalized steps can be slow.
MOST_STEPS = 200


@dataclass(frozen=True)
class Estimates:
    """Coefficients of one model, or in ``problem`` why they, or some limits, are missing.

    ``table`` has one row per term, the intercept ("const") first: coefficient, standard_error,
    odds_ratio, lower, upper, p (profile limits and likelihood-ratio test), wald_lower, wald_upper,
    wald_p. Limits are those of the odds ratio.
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
        if table.loc[factors, "coefficient"].isna().any():
            problem = "the search for the maximum of the likelihood came to no end"
    if problem:
        return Estimates(pd.DataFrame(columns=COLUMNS, dtype=float), *sizes, problem)
    missing = table.index[table.isna().any(axis=1)]
    if len(missing):
        names = ["the intercept" if name == "const" else name for name in missing]
        problem = f"no profile limit, or no P value, was found for {listed(labels(cohort, names))}"
    return Estimates(table, *sizes, problem)


def _table(
    rows: pd.DataFrame, factors: list[str], outcome: str, *, level: float, penalty: float
) -> pd.DataFrame:
    """The table of ``Estimates``; NaN where a search found nothing."""
    # Patients alike in factors and outcome are one row that counts as often as they occur.
    patients = rows.groupby([*factors, outcome], sort=False).size()
    alike = patients.index.to_frame(index=False)
    unit = alike[factors].std(ddof=0)
    scaled = alike[factors] / unit
    search = partial(
        _searched, outcome=alike[outcome], patients=patients, level=level, penalty=penalty
    )
    # Searches end best with factors counted from their means, but the intercept depends on that.
    found = (
        np.vstack(
            [
                search(scaled, terms=[len(factors)]),
                search(scaled - scaled.mean(), terms=range(len(factors))),
            ]
        )
        / np.array([1, *unit])[:, None]
    )
    coefficient, error, lower, upper = found[:, :4].T
    p = found[:, 4] * np.array([1, *unit])
    reach = norm.ppf(0.5 + level / 2) * error
    with np.errstate(over="ignore"):  # the odds ratio of a factor in a far too small unit
        values = {
            "coefficient": coefficient,
            "standard_error": error,
            "odds_ratio": np.exp(coefficient),
            "lower": np.exp(lower),
            "upper": np.exp(upper),
            "p": p,
            "wald_lower": np.exp(coefficient - reach),
            "wald_upper": np.exp(coefficient + reach),
            "wald_p": 2 * norm.sf(np.abs(coefficient / error)),
        }
    return pd.DataFrame(values, ["const", *factors])


def _searched(
    columns: pd.DataFrame,
    *,
    outcome: pd.Series,
    patients: pd.Series,
    terms: Sequence[int],
    level: float,
    penalty: float,
) -> np.ndarray:
    """Coefficient, standard error, profile limits and P of some terms (the intercept is the last).

    NaN where a search came to no end, or ended on the wrong side of the estimate.
    """
    found = np.full((len(terms), 5), np.nan)
    # Halving steps that seem to lead down guards a search far from the maximum. Near it, where that
    # is a matter of rounding, the halving can fail; full steps then end the search.
    for halvings in (25, 0):
        model = FirthLogisticRegression(
            backend="numpy",  # also where numba is installed: all books have the same numbers
            penalty_weight=penalty,
            max_iter=MOST_STEPS,
            max_halfstep=halvings,
            gtol=SMALLEST_SCORE,
            xtol=SMALLEST_STEP,
        )
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")  # what was not found is said by what is missing
            with suppress(np.linalg.LinAlgError):
                model.fit(columns.to_numpy(), outcome, patients.to_numpy(float))
                again = [_of_term(model, term, level) for term in terms]
                found = np.where(np.isnan(found), again, found)
        if not np.isnan(found).any():
            break
    return found


def _of_term(model: FirthLogisticRegression, term: int, level: float) -> list[float]:
    """Coefficient, standard error, profile limits and P; NaN where there is none."""
    if not model.converged_:
        return [np.nan] * 5
    estimate = np.append(model.coef_, model.intercept_)[term]
    lower = upper = p = np.nan
    with suppress(np.linalg.LinAlgError):
        lower, upper = model.conf_int(
            1 - level, method="pl", features=term, max_iter=MOST_STEPS, tol=SMALLEST_STEP
        )[term]  # step 2
        lower, upper = lower if lower < estimate else np.nan, upper if upper > estimate else np.nan
        p = model.lrt(term).lrt_pvalues_[term]  # step 3
    return [estimate, model.bse_[term], lower, upper, p]
