"""The joint logistic model: estimates, intervals, and how much the data can bear.

Maximum likelihood by statsmodels. The factors are standardized for the search and the coefficients
taken back afterwards, b = T c with covariance T V T', which changes neither the model nor its
likelihood. An interval is Wald's: the coefficient plus and minus a normal quantile times its
standard error, exponentiated; P is that of coefficient over standard error. Odds ratios and their
limits are for one step of a number (`Cohort.step`), coefficients and standard errors per unit.
"""

import warnings
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import expit
from scipy.stats import norm
from statsmodels.discrete.discrete_model import Logit
from statsmodels.tools.sm_exceptions import ModelWarning

from lib.patients.cohort import Cohort
from lib.statistics.separation import standardized, why_no_model

COLUMNS = ["coefficient", "standard_error", "odds_ratio", "lower", "upper", "p"]


@dataclass(frozen=True)
class JointModel:
    """A fitted joint model, or in ``problem`` the reason in words why there is none.

    ``table`` has one row per term, the intercept ("const") first: coefficient, standard_error,
    odds_ratio, lower, upper, p; empty when the model could not be fitted. ``probabilities`` has
    the fitted probability of the outcome for each patient with complete data, and ``covariance``
    is that of the coefficients, terms x terms.
    """

    table: pd.DataFrame
    patients: int
    left_out: int
    events: int
    problem: str | None = None
    probabilities: np.ndarray | None = None
    log_likelihood: float = np.nan
    covariance: pd.DataFrame | None = None


def fit(cohort: Cohort, factors: list[str] | None = None, level: float = 0.95) -> JointModel:
    """Logistic regression of the outcome on all factors at once (or on those given).

    By maximum likelihood, with Wald intervals and P values. Patients with a missing value are left
    out and counted.
    """
    factors = cohort.factors if factors is None else factors
    known = cohort.complete([*factors, cohort.outcome])
    outcome = known[cohort.outcome]
    sizes = (len(known), len(cohort.rows) - len(known), int(outcome.sum()))
    problem = why_no_model(cohort, known, factors)
    if problem is None:
        design, back = standardized(known[factors])
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("error", ModelWarning)
            try:
                fitted = Logit(outcome, design).fit(disp=0, maxiter=100)
            except (ModelWarning, np.linalg.LinAlgError):
                problem = "the search for the maximum of the likelihood came to no end"
    if problem is not None:
        return JointModel(pd.DataFrame(columns=COLUMNS, dtype=float), *sizes, problem)
    coefficient, covariance = back @ fitted.params, back @ fitted.cov_params() @ back.T
    steps = np.array([*map(cohort.step, back)])
    return JointModel(
        odds_ratios(coefficient, np.sqrt(np.diag(covariance)), level, steps),
        *sizes,
        probabilities=expit(fitted.fittedvalues.to_numpy()),
        log_likelihood=fitted.llf,
        covariance=covariance,
    )


def odds_ratios(
    coefficient: np.ndarray,
    error: np.ndarray,
    level: float = 0.95,
    steps: np.ndarray | float = 1.0,
) -> pd.DataFrame:
    """Coefficients with their standard errors as odds ratios, for so many units, with Wald's limits
    and P.

    Columns: coefficient, standard_error, odds_ratio, lower, upper, p.
    """
    reach = norm.ppf(0.5 + level / 2) * error
    # The odds ratio of an intercept far from the patients, and P where there is no error.
    with np.errstate(over="ignore", invalid="ignore"):
        return pd.DataFrame(
            {
                "coefficient": coefficient,
                "standard_error": error,
                "odds_ratio": np.exp(steps * coefficient),
                "lower": np.exp(steps * (coefficient - reach)),
                "upper": np.exp(steps * (coefficient + reach)),
                "p": 2 * norm.sf(np.abs(coefficient / error)),
            }
        )


def collinearity(cohort: Cohort) -> pd.DataFrame:
    """Variance inflation factor of each factor given the others, and its correlations with them.

    Columns: variance_inflation_factor, then one per factor. The variance inflation factors are the
    diagonal of the inverse of the matrix of correlations; NaN where it has none.
    """
    correlations = cohort.complete(cohort.factors)[cohort.factors].corr()
    inflation = pd.Series(np.nan, correlations.index, name="variance_inflation_factor")
    if correlations.notna().all(axis=None) and np.linalg.matrix_rank(correlations) == len(
        correlations
    ):
        inflation[:] = np.diag(np.linalg.inv(correlations))
    return pd.concat([inflation, correlations], axis=1)


def events_per_variable(model: JointModel, parameters: int) -> float:
    """Patients with the less frequent outcome, divided by the candidate parameters.

    Source: Peduzzi et al. 1996, J Clin Epidemiol 49:1373-1379.
    """
    return min(model.events, model.patients - model.events) / parameters


def significant(model: JointModel, alpha: float = 0.05) -> list[str]:
    """The factors whose P in the joint model is below ``alpha``."""
    terms = model.table.drop(index="const", errors="ignore")
    return list(terms.index[terms["p"] < alpha])
