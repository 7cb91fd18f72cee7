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

import warnings
from collections.abc import Callable
from contextlib import suppress

import numpy as np
import pandas as pd
from firthmodels import FirthLogisticRegression
from scipy.optimize import brentq
from scipy.stats import norm

from lib.patients.cohort import Cohort
from lib.statistics import multivariate
from lib.statistics.multivariate import JointModel
from lib.statistics.separation import labels, why_no_model
from lib.words import listed

COLUMNS = [*multivariate.COLUMNS, "wald_lower", "wald_upper", "wald_p"]
LEVEL = 0.95
# The weight of the logarithm of the determinant of the information: none, or Firth's.
UNPENALIZED, FIRTH = 0.0, 0.5
# A search ends when no score and no step, in standard deviations of the factors, is larger.
SMALLEST_SCORE, SMALLEST_STEP = 1e-6, 1e-7
# Far more than large cohorts need; with ten patients the penalized steps can be slow.
MOST_STEPS = 1000
# A search for a limit that takes more than this has gone astray.
MOST_STEPS_TO_LIMIT = 50
# A limit is looked for up to so many standard errors from the estimate.
FARTHEST = 100


def profile_limits(cohort: Cohort, factors: list[str] | None = None) -> JointModel:
    """Maximum likelihood estimates of the joint model with profile-likelihood limits and
    likelihood-ratio P values beside those of Wald.

    The model's ``table`` has one row per factor: coefficient, standard_error, odds_ratio, lower,
    upper, p (profile limits and likelihood-ratio test), wald_lower, wald_upper, wald_p. Limits are
    those of the odds ratio. Where a limit or a P was not found, ``problem`` says of which factors.

    Source: Venzon & Moolgavkar 1988, J R Stat Soc C 37:87-94.
    """
    return _estimates(cohort, factors, UNPENALIZED)


def firth(cohort: Cohort, factors: list[str] | None = None) -> JointModel:
    """Estimates by Firth's penalized likelihood, finite even where the factors separate the
    outcomes, with profile penalized-likelihood limits and P values, as ``profile_limits`` has them.

    As in the R package logistf, standard errors come from an information in which a patient of
    leverage h counts 1 + h times.

    Source: Firth 1993, Biometrika 80:27-38; Heinze & Schemper 2002, Stat Med 21:2409-2419.
    """
    return _estimates(cohort, factors, FIRTH)


def _estimates(cohort: Cohort, factors: list[str] | None, penalty: float) -> JointModel:
    factors = cohort.factors if factors is None else factors
    rows = cohort.complete([*factors, cohort.outcome])
    sizes = (len(rows), len(cohort.rows) - len(rows), int(rows[cohort.outcome].sum()))
    table = pd.DataFrame(columns=COLUMNS, dtype=float)
    problem = why_no_model(cohort, rows, factors, finite=penalty == UNPENALIZED)
    if problem is None:
        table = _table(rows, factors, cohort, penalty)
        missing = labels(cohort, list(table.index[table.isna().any(axis=1)]))
        if missing:
            problem = f"no profile limit, or no P value, was found for {listed(missing)}"
        if table["coefficient"].isna().any():
            table = table.iloc[:0]
            problem = "the search for the maximum of the likelihood came to no end"
    return JointModel(table, *sizes, problem)


def _table(rows: pd.DataFrame, factors: list[str], cohort: Cohort, penalty: float) -> pd.DataFrame:
    """The table of the model; NaN where a search found nothing."""
    steps = np.array([*map(cohort.step, factors)])
    # Patients alike in factors and outcome are one row that counts as often as they occur.
    patients = rows.groupby([*factors, cohort.outcome], sort=False).size()
    alike = patients.index.to_frame(index=False)
    design = multivariate.standardized(alike[factors])[0].to_numpy()

    def fit(offset: np.ndarray | None = None) -> FirthLogisticRegression:
        model = FirthLogisticRegression(
            # Also where numba is installed, so that all books have the same numbers.
            backend="numpy",
            fit_intercept=False,  # it is the first column
            penalty_weight=penalty,
            max_iter=MOST_STEPS,
            gtol=SMALLEST_SCORE,
            xtol=SMALLEST_STEP,
        )
        return model.fit(design, alike[cohort.outcome].to_numpy(), patients.to_numpy(float), offset)

    names = ["coefficient", "standard_error", "lower", "upper", "p"]
    found = pd.DataFrame(np.nan, factors, names)
    with warnings.catch_warnings(), np.errstate(all="ignore"), suppress(np.linalg.LinAlgError):
        warnings.simplefilter("ignore")  # what was not found is said by what is missing
        model = fit()
        if model.converged_:
            for term, name in enumerate(factors, start=1):
                found.loc[name] = [
                    model.coef_[term],
                    model.bse_[term],
                    *_limits(model, fit, design, term),
                    _likelihood_ratio_p(model, term),
                ]

    found[names[:4]] = found[names[:4]].div(alike[factors].std(ddof=0), axis=0)
    wald = multivariate.odds_ratios(found["coefficient"], found["standard_error"], LEVEL, steps)
    with np.errstate(over="ignore"):
        profile = np.exp(found[["lower", "upper"]].mul(steps, axis=0)).assign(p=found["p"])
    return wald.assign(**profile).join(wald[["lower", "upper", "p"]].add_prefix("wald_"))


def _limits(
    model: FirthLogisticRegression,
    fit: Callable[..., FirthLogisticRegression],
    design: np.ndarray,
    term: int,
) -> list[float]:
    """Both limits of a coefficient (step 2), NaN where none is found."""
    limits = model.conf_int(
        1 - LEVEL, method="pl", features=term, max_iter=MOST_STEPS_TO_LIMIT, tol=SMALLEST_STEP
    )[term]
    estimate, error = model.coef_[term], model.bse_[term]

    def excess(distance: float) -> float:
        # The coefficient as an offset, and the test that nothing is left of it: slow, but it finds
        # what the quicker search misses.
        value = estimate + distance * error
        p = _likelihood_ratio_p(fit(value * design[:, term]), term)
        return norm.isf(p / 2) - norm.isf((1 - LEVEL) / 2)

    for number, side in enumerate((-1, 1)):
        if not side * (limits[number] - estimate) > 0:
            limits[number] = estimate + error * _crossing(excess, 2.0 * side)
    return limits


def _crossing(excess: Callable[[float], float], far: float) -> float:
    """Where ``excess`` is zero, in the direction of ``far``; NaN if nowhere."""
    while not excess(far) > 0 and abs(far) < FARTHEST:
        far *= 1.5
    with suppress(ValueError):  # no change of sign, or a test without an answer
        return brentq(excess, 0, far, xtol=SMALLEST_STEP)
    return np.nan


def _likelihood_ratio_p(model: FirthLogisticRegression, term: int) -> float:
    """P of the test that a coefficient is zero (step 3)."""
    p = model.lrt(term).lrt_pvalues_[term]
    # Near the maximum whether a step leads down is a matter of rounding, and halving it can fail.
    # Full steps then end the search.
    return model.set_params(max_halfstep=0).lrt(term).lrt_pvalues_[term] if np.isnan(p) else p
