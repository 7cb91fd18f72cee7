"""Many logistic regressions of the same shape side by side, as arrays.

A bootstrap needs thousands of small fits, a list of stored cohorts hundreds. Libraries fit one
model at a time, a hundred times slower, so this fitter is ours; the one model of a cohort is
fitted by statsmodels, in ``lib.statistics.multivariate``.

The method is Newton's, as in McCullagh and Nelder 1989, Generalized Linear Models, 2nd ed.,
sections 2.5 and 4.4. With a design X, outcomes y that count w times each, and coefficients b:

1. The log odds are X b plus an offset, and p is the probability of an event that they give.
2. The score X'w(y - p) is the slope of the log likelihood, and the information X'w p(1 - p)X is
   its curvature.
3. The next b is b plus the inverse of the information times the score. Far from the maximum such
   a step can overshoot, so it is halved until it no longer lowers the likelihood.
4. A step that moves no log odds is the last. The inverse of the information is then the
   covariance of the coefficients.

Where the columns are collinear the information has no inverse from the start. Where they separate
the outcomes there is no maximum: the log odds grow by about one with every step, until the
information has no inverse or the steps have run out.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.special import expit, log_expit

MOST_ITERATIONS = 30
# A Newton step that moves no log odds by more than this is the last.
SMALLEST_STEP = 1e-9
# A pivot this small beside its diagonal means that a column is, to rounding, a combination of
# those before it.
SMALLEST_PIVOT = 1e-12

FITTED, COLLINEAR, SEPARATED = range(3)


@dataclass(frozen=True)
class Fits:
    """Logistic regressions of the same shape; all numbers are NaN where there is no maximum.

    ``coefficients`` are log odds ratios (fits x terms) and ``covariance`` belongs to them (fits x
    terms x terms); ``log_likelihood`` and ``status`` have one number per fit, the latter
    ``FITTED``, ``COLLINEAR`` or ``SEPARATED``.
    """

    coefficients: np.ndarray
    covariance: np.ndarray
    log_likelihood: np.ndarray
    status: np.ndarray

    @property
    def standard_errors(self) -> np.ndarray:
        """Of the coefficients, fits x terms."""
        return np.sqrt(np.diagonal(self.covariance, axis1=1, axis2=2))


def with_intercept(columns: np.ndarray) -> np.ndarray:
    """A design (fits x rows x terms): columns (fits x rows x columns) behind a column of ones."""
    return np.concatenate([np.ones((*columns.shape[:2], 1)), columns], axis=2)


def estimates(columns: np.ndarray, outcome: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Coefficients and standard errors (fits x terms, the intercept first) of models of ``columns``
    (fits x rows x columns) and ``outcome`` (fits x rows)."""
    fits = fit_many(with_intercept(np.asarray(columns, float)), outcome)
    return fits.coefficients, fits.standard_errors


def fit_many(
    design: np.ndarray,
    outcome: np.ndarray,
    *,
    weights: np.ndarray | None = None,
    offset: np.ndarray | None = None,
    included: np.ndarray | None = None,
) -> Fits:
    """Maximum likelihood logistic regressions side by side.

    What all fits share may have 1 in place of the number of fits.

    * ``design``, fits x rows x terms, has a column of ones for the intercept (``with_intercept``);
    * ``outcome``, fits x rows, is 1 for an event and 0 for none;
    * ``weights``, fits x rows, say how many patients a row stands for: one unless given;
    * ``offset``, fits x rows, is added to the log odds: nothing unless given;
    * ``included``, booleans, fits x terms, says which terms a fit has: all unless given. The
      coefficient of another term is zero.
    """
    weights = np.ones((1, design.shape[1])) if weights is None else weights
    offset = np.zeros((1, design.shape[1])) if offset is None else offset
    events = np.asarray(outcome, float) * weights
    fits = fit_sums(
        design, _times(events, design), weights=weights, offset=offset, included=included
    )
    return replace(fits, log_likelihood=fits.log_likelihood + (events * offset).sum(axis=1))


def fit_sums(
    design: np.ndarray,
    sums: np.ndarray,
    *,
    weights: np.ndarray,
    offset: np.ndarray | None = None,
    included: np.ndarray | None = None,
) -> Fits:
    """The same from ``sums`` (fits x terms), the sum of each term over the events: all that a model
    needs to know of the outcomes, and all that is known of them where only totals are printed.

    The log likelihood leaves out what the offset adds, which is the same for all coefficients.
    """
    _, rows, terms = design.shape
    offset = np.zeros((1, rows)) if offset is None else offset
    included = np.ones((1, terms), bool) if included is None else included
    (fits,) = np.broadcast_shapes(
        *(values.shape[:1] for values in (design, sums, weights, offset, included))
    )
    found = Fits(
        np.full((fits, terms), np.nan),
        np.full((fits, terms, terms), np.nan),
        np.full(fits, np.nan),
        np.full(fits, SEPARATED),
    )
    going, coefficients = np.arange(fits), np.zeros((fits, terms))
    log_odds = np.zeros((fits, rows)) + offset  # step 1
    likelihood = _log_likelihood(coefficients, log_odds, sums, weights)
    for iteration in range(MOST_ITERATIONS):
        columns, own, weight, has = (
            _of(going, values) for values in (design, sums, weights, included)
        )
        # Step 2.
        expected, other = weight * expit(log_odds), expit(-log_odds)
        score = np.where(has, own - _times(expected, columns), 0)
        inverse, definite = _inverse(_information(expected * other, columns, has))
        if iteration == 0:
            found.status[going[~definite]] = COLLINEAR
        # Step 3.
        step = _times(score, inverse)
        change = _times(step, np.swapaxes(columns, 1, 2))
        largest = np.abs(change).max(axis=1)
        # Step 4.
        done = definite & (largest < SMALLEST_STEP)
        found.status[going[done]] = FITTED
        found.coefficients[going[done]] = coefficients[done] + step[done]
        found.covariance[going[done]] = inverse[done]
        found.log_likelihood[going[done]] = likelihood[done]
        more = definite & ~done
        if not more.any():
            break
        going, coefficients, log_odds, likelihood, step, change = (
            values[more] for values in (going, coefficients, log_odds, likelihood, step, change)
        )
        coefficients, log_odds, likelihood = _halved(
            (coefficients, step),
            (log_odds, change),
            likelihood,
            _of(going, sums),
            _of(going, weights),
        )
    return found


def _of(going: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Of something that may be common to all fits, what belongs to those still going."""
    return values if len(values) == 1 else values[going]


def _times(values: np.ndarray, matrices: np.ndarray) -> np.ndarray:
    """Each row of ``values`` times its own matrix, or times the one matrix that all share."""
    if len(matrices) == 1:
        return values @ matrices[0]
    return np.matmul(values[:, None, :], matrices)[:, 0]


def _log_likelihood(
    coefficients: np.ndarray, log_odds: np.ndarray, sums: np.ndarray, weights: np.ndarray
) -> np.ndarray:
    """Sum of the log odds of the events, less what all patients together could add."""
    return (sums * coefficients).sum(axis=1) + (weights * log_expit(-log_odds)).sum(axis=1)


def _information(curvature: np.ndarray, columns: np.ndarray, has: np.ndarray) -> np.ndarray:
    """Information of each fit (fits x terms x terms), that of a term it does not have being one."""
    terms = columns.shape[2]
    products = [_times(curvature * columns[..., term], columns) for term in range(terms)]
    both = has[:, :, None] & has[:, None, :]
    return np.where(both, np.stack(products, axis=1), np.eye(terms))


def _halved(
    coefficients: tuple[np.ndarray, np.ndarray],
    log_odds: tuple[np.ndarray, np.ndarray],
    likelihood: np.ndarray,
    sums: np.ndarray,
    weights: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Coefficients, log odds and likelihood after a step; each of the first two comes with its
    change, which is halved until the likelihood is no lower."""
    size, largest = np.ones((len(likelihood), 1)), np.abs(log_odds[1]).max(axis=1)
    while True:
        moved, at = (start + size * change for start, change in (coefficients, log_odds))
        after = _log_likelihood(moved, at, sums, weights)
        # Near the maximum a lower likelihood is only rounding; halving would go on for nothing.
        worse = ~(after >= likelihood) & (largest * size[:, 0] > 0.001)
        if not worse.any():
            return moved, at, after
        size[worse] /= 2


def _inverse(matrices: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Inverses of symmetric matrices (count x size x size) and whether each is positive definite.

    Where it is not, the inverse is zero. Unlike a library's inverse of many matrices this neither
    stops at one that is singular nor depends on the columns' units. Source: the sweep operator,
    Goodnight 1979, Am Stat 33:149-158.
    """
    inverse = matrices.copy()
    smallest = SMALLEST_PIVOT * np.diagonal(matrices, axis1=1, axis2=2)
    definite = np.ones(len(matrices), bool)
    for k in range(matrices.shape[1]):
        definite &= inverse[:, k, k] > smallest[:, k]  # false, too, where it is not a number
        inverse[~definite] = np.eye(matrices.shape[1])
        pivot = inverse[:, k, k].copy()
        row = inverse[:, k] / pivot[:, None]
        column = inverse[:, :, k].copy()
        inverse -= column[:, :, None] * row[:, None, :]
        inverse[:, k] = row
        inverse[:, :, k] = -column / pivot[:, None]
        inverse[:, k, k] = 1 / pivot
    inverse[~definite] = 0
    return inverse, definite
