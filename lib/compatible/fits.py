"""Many logistic regressions of the same shape at once, as arrays: no compiling, for every build.

Maximum likelihood by Newton's method (McCullagh and Nelder 1989, Generalized Linear Models, 2nd
ed., 2.5 and 4.4). A fit depends on the outcomes only through the sums of each term over the events,
so a table of counts is fitted from its sums alone. Hand-written because libraries fit one model at
a time, and hundreds of stored cohorts are refitted at every build.
"""

from __future__ import annotations

import numpy as np
from scipy.special import expit

MOST_ITERATIONS = 30
# A Newton step that moves no log odds by more than this is the last.
SMALLEST_STEP = 1e-9
# A matrix worse conditioned than this, its diagonal scaled to one, is taken as singular.
LARGEST_CONDITION = 1e12


def fit_joint_models(factors: np.ndarray, outcome: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Coefficients and standard errors, cohorts x terms, of many models with an intercept.

    ``factors`` is cohorts x patients x factors, ``outcome`` cohorts x patients. NaN without a
    maximum.
    """
    designs = np.concatenate([np.ones((*factors.shape[:2], 1)), factors], axis=2)
    events = (outcome.astype(float)[:, None, :] @ designs)[:, 0]
    coefficients, covariances = fit_sums(designs, events, np.ones(designs.shape[:2]))
    return coefficients, np.sqrt(np.diagonal(covariances, axis1=1, axis2=2))


def fit_sums(
    designs: np.ndarray, events: np.ndarray, patients: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Coefficients (models x terms) and covariance matrices of models of counts.

    ``designs`` is models x rows x terms, ``patients`` models x rows how many each row stands for,
    and ``events`` models x terms the sum of each term over the events. NaN without a maximum.
    """
    # Scaled so that one tolerance serves all columns.
    scale = np.maximum(abs(designs).max(axis=(0, 1)), 1.0)
    designs, events = designs / scale, events / scale
    transposed = np.ascontiguousarray(designs.transpose(0, 2, 1))
    coefficients = np.zeros(events.shape)
    for _ in range(MOST_ITERATIONS):
        probabilities = expit((designs @ coefficients[:, :, None])[:, :, 0])
        expected = (transposed @ (patients * probabilities)[:, :, None])[:, :, 0]
        weights = patients * probabilities * (1 - probabilities)
        covariances = _inverse((transposed * weights[:, None, :]) @ designs)
        step = (covariances @ (events - expected)[:, :, None])[:, :, 0]
        coefficients += np.nan_to_num(step)
        size = abs(designs @ step[:, :, None]).max(axis=(1, 2))
        if not (size > SMALLEST_STEP).any():
            break
    converged = size <= SMALLEST_STEP
    coefficients[~converged], covariances[~converged] = np.nan, np.nan
    return coefficients / scale, covariances / np.outer(scale, scale)


def _inverse(matrices: np.ndarray) -> np.ndarray:
    """Inverses of many symmetric matrices, NaN where one is singular to rounding."""
    diagonal = np.sqrt(np.diagonal(matrices, axis1=1, axis2=2))
    with np.errstate(divide="ignore", invalid="ignore"):
        scaled = matrices / diagonal[:, :, None] / diagonal[:, None, :]
    regular = np.isfinite(scaled).all(axis=(1, 2))
    regular[regular] = np.linalg.cond(scaled[regular]) < LARGEST_CONDITION
    result = np.full_like(matrices, np.nan)
    result[regular] = np.linalg.inv(matrices[regular])
    return result
