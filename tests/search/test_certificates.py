"""The solver behind the proofs finds nothing against a fit, and the same again about the paper."""

import numpy as np
import pandas as pd
import pytest
from fits import simulated

from lib.compatible import exclusion
from lib.compatible.exclusion import CERTIFICATE
from lib.paper import published
from lib.search import certificates

PRINTED = exclusion.from_claims(published.read())
STORED = exclusion.read()


def certificates_of(printed: exclusion.Printed, cores: pd.DataFrame) -> np.ndarray:
    return np.array([found for found, _ in certificates.solutions(printed, cores)])


def test_the_solver_finds_nothing_against_a_fit():
    proven = []
    for seed in range(4):
        fit = simulated(seed, covariates=1)
        numbers = certificates_of(fit.printed, fit.core)
        proven.append(exclusion.margins(numbers, fit.printed, fit.core)[0])
    assert max(proven) <= 0
    # With one further covariate little is lost, so the best certificates come close to succeeding.
    assert max(proven) > -0.1


def test_making_again_proves_the_same():
    """The solver may differ in its last digits from machine to machine; what is proven may not."""
    stored = STORED[STORED["functional"] == ""].iloc[::30]
    again = certificates_of(PRINTED, stored)
    before, after = (
        exclusion.margins(numbers, PRINTED, stored)
        for numbers in (stored[CERTIFICATE].to_numpy(), again)
    )
    assert after == pytest.approx(before, rel=1e-3)
