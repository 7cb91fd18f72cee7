"""The joint models of many cohorts at once, as estimates and standard errors."""

from __future__ import annotations

import numpy as np

from lib.statistics import logistic


def joint_fits(factors: np.ndarray, outcome: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Coefficients and standard errors, cohorts x terms, of many logistic models.

    ``factors`` is cohorts x patients x factors, ``outcome`` cohorts x patients; the intercept comes
    first. NaN without a maximum.
    """
    found = logistic.fit_many(logistic.with_intercept(factors), outcome)
    return found.coefficients, found.standard_errors
