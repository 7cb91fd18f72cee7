"""The joint logistic model: estimates, intervals, and how much the data can bear."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
import pandas as pd
import statsmodels.api as sm
from statsmodels.tools.sm_exceptions import ConvergenceWarning, PerfectSeparationWarning

from lib.patients.cohort import Cohort
from lib.statistics.separation import why_no_model


@dataclass(frozen=True)
class JointModel:
    """A fitted joint model, or the reason in words why there is none.

    `table` has one row per term, the intercept ("const") first: coefficient, standard_error,
    odds_ratio, lower, upper, p; empty when the model could not be fitted.
    """

    table: pd.DataFrame
    patients: int
    left_out: int
    events: int
    problem: str | None = None
    probabilities: np.ndarray | None = None


def fit(cohort: Cohort, factors: list[str] | None = None, level: float = 0.95) -> JointModel:
    """Logistic regression of the outcome on all factors at once (or on those given), by maximum
    likelihood, with Wald intervals and P values. Patients with a missing value are left out."""
    factors = cohort.factors if factors is None else factors
    known = cohort.complete([*factors, cohort.outcome])
    outcome = known[cohort.outcome]
    sizes = (len(known), len(cohort.rows) - len(known), int(outcome.sum()))
    columns = ["coefficient", "standard_error", "odds_ratio", "lower", "upper", "p"]
    problem = why_no_model(cohort, known, factors)
    if problem is None:
        with warnings.catch_warnings():
            warnings.simplefilter("error", ConvergenceWarning)
            warnings.simplefilter("error", PerfectSeparationWarning)
            try:
                fitted = sm.Logit(outcome, sm.add_constant(known[factors])).fit(disp=0, maxiter=100)
            except (ConvergenceWarning, PerfectSeparationWarning, np.linalg.LinAlgError):
                problem = "the search for the maximum of the likelihood did not end; check the scale of the factors"
    if problem is not None:
        return JointModel(pd.DataFrame(columns=columns, dtype=float), *sizes, problem)
    limits = fitted.conf_int(1 - level)
    with np.errstate(over="ignore"):
        table = pd.DataFrame(
            {
                "coefficient": fitted.params,
                "standard_error": fitted.bse,
                "odds_ratio": np.exp(fitted.params),
                "lower": np.exp(limits[0]),
                "upper": np.exp(limits[1]),
                "p": fitted.pvalues,
            }
        )
    return JointModel(table, *sizes, None, np.asarray(fitted.predict()))


def collinearity(cohort: Cohort) -> pd.DataFrame:
    """Variance inflation factor of each factor given the others, and its correlations with them.

    Columns: variance_inflation_factor, then one per factor. The variance inflation factors are the
    diagonal of the inverse of the correlations; NaN where these have none.
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
    """The factors whose P in the joint model is below `alpha`."""
    terms = model.table.drop(index="const", errors="ignore")
    return list(terms.index[terms["p"] < alpha])
