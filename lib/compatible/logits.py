"""Many logistic regressions of the same shape at once, as arrays: no compiling, for the chapters."""

from __future__ import annotations

import numpy as np
from scipy.special import expit

MOST_ITERATIONS = 30
# A Newton step that moves no log odds by more than this is the last.
SMALLEST_STEP = 1e-9
# A matrix worse conditioned than this, its diagonal scaled to one, is taken as singular.
LARGEST_CONDITION = 1e12


def joint_fits(factors: np.ndarray, outcome: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Coefficients and standard errors, cohorts x terms, of many logistic models.

    `factors` is cohorts x patients x factors, `outcome` cohorts x patients. NaN without a maximum.
    """
    outcome = outcome.astype(float)
    # Scaled so that one tolerance serves all columns.
    scale = np.maximum(abs(factors).max(axis=(0, 1)), 1.0)
    designs = np.concatenate([np.ones((*factors.shape[:2], 1)), factors / scale], axis=2)
    transposed = np.ascontiguousarray(designs.transpose(0, 2, 1))
    coefficients = np.zeros((len(designs), designs.shape[2]))
    for _ in range(MOST_ITERATIONS):
        probabilities = expit((designs @ coefficients[:, :, None])[:, :, 0])
        score = (transposed @ (outcome - probabilities)[:, :, None])[:, :, 0]
        weights = probabilities * (1 - probabilities)
        covariance = _inverse((transposed * weights[:, None, :]) @ designs)
        step = (covariance @ score[:, :, None])[:, :, 0]
        coefficients += np.nan_to_num(step)
        size = abs(designs @ step[:, :, None]).max(axis=(1, 2))
        if not (size > SMALLEST_STEP).any():
            break
    converged = (size <= SMALLEST_STEP)[:, None]
    divisor = np.concatenate([[1.0], scale])
    errors = np.sqrt(np.diagonal(covariance, axis1=1, axis2=2))
    return np.where(converged, coefficients, np.nan) / divisor, np.where(
        converged, errors, np.nan
    ) / divisor


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
