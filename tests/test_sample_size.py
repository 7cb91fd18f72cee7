"""Sample sizes as they were published."""

import numpy as np
import pytest

from lib.statistics import sample_size

pytestmark = pytest.mark.filterwarnings("error")


PUBLISHED_SIZES = [
    # Riley et al. 2019, as in the examples and tests of the authors' pmsampsize 1.1.3.
    (24, 0.174, 0.288, {"overall risk": 221, "shrinkage": 623, "optimism": 662}, 4.80),
    (36, 0.174, 0.288, {"overall risk": 221, "shrinkage": 934, "optimism": 992}, 4.79),
    (24, 0.174, 0.55, {"overall risk": 221, "shrinkage": 255, "optimism": 532}, 3.86),
    (24, 0.25, 0.288, {"overall risk": 289, "shrinkage": 623, "optimism": 590}, 6.49),
]


@pytest.mark.parametrize(
    ("parameters", "risk", "r_squared", "sizes", "per_parameter"), PUBLISHED_SIZES
)
def test_published_sample_sizes(parameters, risk, r_squared, sizes, per_parameter):
    found = sample_size.minimum_sample_size(parameters, risk, r_squared)
    assert found.table["patients"][list(sizes)].to_dict() == sizes
    largest = found.table["patients"][list(sizes)].idxmax()
    assert found.table.loc[largest, "events_per_parameter"] == pytest.approx(
        per_parameter, abs=0.006
    )


def test_the_sample_size_of_a_rare_outcome():
    """Riley et al. 2020: 5% have the outcome, 30 parameters, an R squared of 0.05."""
    found = sample_size.minimum_sample_size(30, 0.05, 0.05)
    assert found.table.loc[["mean error", "shrinkage"], "patients"].tolist() == [544, 5249]
    assert found.patients == 5249
    assert found.largest_r_squared == pytest.approx(0.33, abs=0.005)
    assert np.isnan(sample_size.minimum_sample_size(31, 0.05).table.loc["mean error", "patients"])


def test_the_largest_r_squared():
    """Riley et al. 2020 list it for these risks."""
    risks = [0.5, 0.4, 0.3, 0.2, 0.1, 0.05, 0.01]
    found = [sample_size.minimum_sample_size(5, risk) for risk in risks]
    assert [round(one.largest_r_squared, 2) for one in found] == [
        0.75,
        0.74,
        0.71,
        0.63,
        0.48,
        0.33,
        0.11,
    ]
    for risk, one in zip(risks, found, strict=True):
        same = sample_size.minimum_sample_size(5, risk, 0.15 * one.largest_r_squared)
        assert one.table.equals(same.table)


@pytest.mark.parametrize(
    ("risk", "r_squared", "words"),
    [
        (0, None, "no patient with all values has the outcome"),
        (1, None, "all patients with all values have the outcome"),
        (0.2, 0.7, "the R squared expected"),
        (0.2, 0, "the R squared expected"),
    ],
)
def test_sample_sizes_that_do_not_exist(risk, r_squared, words):
    found = sample_size.minimum_sample_size(6, risk, r_squared)
    assert words in found.problem
    assert np.isnan(found.patients)
