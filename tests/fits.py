"""Logistic regressions of made-up patients, by which proven bounds are tried."""

from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd
from scipy.special import expit, log_expit

from lib.compatible.exclusion import Printed
from lib.statistics import logistic


@dataclass(frozen=True)
class Fit:
    """A logistic regression, and what bounds may know of it: coefficients and errors as points."""

    known: np.ndarray  # patients x (1, first marker, second marker, linear predictor)
    outcome: np.ndarray
    beta: np.ndarray
    sigma: np.ndarray
    printed: Printed
    core: pd.DataFrame

    @property
    def probability(self) -> np.ndarray:
        return expit(self.known[:, 3])

    @property
    def information(self) -> np.ndarray:
        return self.known.T @ (self.known * (self.probability * (1 - self.probability))[:, None])

    def sums(self) -> dict[str, float]:
        """What the limits of fit confine, written out from the outcomes and probabilities."""
        y, p, eta = self.outcome, self.probability, self.known[:, 3]
        log_likelihood = np.where(y == 1, log_expit(eta), log_expit(-eta)).sum()
        sums = {
            "brier": ((y - p) ** 2).sum(),
            "log_likelihood": log_likelihood,
            "probability_of_events": p[y == 1].sum(),
        }
        return sums | {"-" + name: -value for name, value in sums.items()}


def fitted(design: np.ndarray, outcome: np.ndarray) -> Fit | None:
    """The fit of a design whose first columns are 1 and the two markers; None if there is none."""
    estimates, errors = logistic.estimates(design[None, :, 1:], outcome[None])
    coefficients, sigma = estimates[0], errors[0, 1:3]
    if np.isnan(coefficients).any():
        return None
    (a, b), y = design[:, 1:3].T.astype(int), outcome.astype(int)
    tables = [
        np.array([[np.sum((x == level) & (y == value)) for value in (1, 0)] for level in (1, 0)])
        for x in (a, b)
    ]
    beta = coefficients[1:3]
    points = tuple(np.array([pair]) for pair in zip(beta, sigma, strict=True))
    core = pd.DataFrame({"k1": [np.sum(a & b & y)], "k0": [np.sum(a & b & (1 - y))]})
    known = np.column_stack([design[:, :3], design @ coefficients])
    return Fit(known, outcome, beta, sigma, Printed(*tables, points), core)


@cache
def simulated(seed: int, covariates: int | None = None) -> Fit:
    """A fit to patients whose number, markers, covariates (0 to 4 by default) and effects are
    random.
    """
    random = np.random.default_rng(seed)
    while True:
        n = int(random.integers(40, 250))
        more = int(random.integers(0, 5)) if covariates is None else covariates
        severity = random.standard_normal(n)
        lean = random.normal(0, 0.8, 2 + more)
        scores = np.outer(severity, lean) + random.standard_normal((n, 2 + more))
        cut = scores > random.uniform(-0.5, 1, 2 + more)
        continuous = np.array([False, False, *(random.random(more) < 0.5)])
        design = np.column_stack([np.ones(n), np.where(continuous, scores, cut)])
        truth = np.array(
            [random.normal(-1, 0.7), *random.normal(0.8, 0.6, 2), *random.standard_normal(more)]
        )
        outcome = (random.random(n) < expit(design @ truth)).astype(float)
        if (fit := fitted(design, outcome)) is not None:
            return fit
