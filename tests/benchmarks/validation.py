"""2,000 resamples of `lib.statistics.bootstrap.validate` against 40 of the same in a plain loop of
statsmodels.
"""

import numpy as np

from lib.patients import loading
from lib.statistics import bootstrap
from tests.benchmarks.timing import timed
from tests.oracles.prediction_loop import plain_loop

NAME = "validation with 2,000 resamples / plain statsmodels loop with 40 of them"
TARGET = 1.0
RESAMPLES, OF_LOOP = 2000, 40


def ratio() -> float:
    """Seconds of ours over seconds of the loop; at one we are 50 times faster for each resample."""
    example = loading.load(loading.EXAMPLE)
    known = example.complete([*example.factors, example.outcome])
    plain, plain_seconds = timed(
        lambda: plain_loop(known, example.outcome, example.factors, OF_LOOP, bootstrap.SEED)
    )
    ours, our_seconds = timed(lambda: bootstrap.validate(example, RESAMPLES))
    same = bootstrap.validate(example, OF_LOOP)
    assert ours.drawn == RESAMPLES
    np.testing.assert_allclose(same.table["optimism"], plain[0].mean(), rtol=0, atol=1e-8)
    np.testing.assert_array_equal(same.stability["screened_share"], plain[1].mean())
    np.testing.assert_array_equal(same.stability["significant_share"], plain[2].mean())
    return our_seconds / plain_seconds
