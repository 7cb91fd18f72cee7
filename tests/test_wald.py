"""What an odds ratio, its limits and its P value, as printed, say about one another."""

from math import erfc, exp, sqrt

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from lib.paper import digits, wald

COVERAGE = {
    "odds_ratio": "2.503",
    "odds_ratio_lower": "1.144",
    "odds_ratio_upper": "5.477",
    "p_value": "0.022",
}
COLLATERALS = {
    "odds_ratio": "2.506",
    "odds_ratio_lower": "1.155",
    "odds_ratio_upper": "5.436",
    "p_value": "0.020",
}
LISTING = COLLATERALS | {"odds_ratio_upper": "5.431"}
LIMITS = ["odds_ratio_lower", "odds_ratio_upper"]


def reported(beta: float, sigma: float, z: float = 1.959964) -> dict[str, float]:
    """The four numbers that a coefficient and its standard error make."""
    limits = [exp(beta - z * sigma), exp(beta + z * sigma)]
    return dict(
        zip(wald.QUANTITIES, [exp(beta), *limits, erfc(abs(beta) / sigma / sqrt(2))], strict=True)
    )


def printed(beta: float, sigma: float, z: float = 1.959964, decimals: int = 3) -> dict[str, str]:
    return {name: f"{value:.{decimals}f}" for name, value in reported(beta, sigma, z).items()}


betas, sigmas = st.floats(-2.5, 2.5), st.floats(0.05, 1.2)
multipliers = st.sampled_from([1.96, 1.959963984540054])


@settings(max_examples=100, deadline=None)
@given(betas | st.floats(-0.01, 0.01), sigmas, multipliers, st.integers(2, 4))
def test_what_a_model_prints_agrees_and_leaves_the_model_possible(beta, sigma, z, decimals):
    strings = printed(beta, sigma, z, decimals)
    assume(strings["odds_ratio_lower"].strip("0."))
    assert wald.agree(strings)
    for quantity, value in [*reported(beta, sigma, z).items(), ("beta", beta), ("sigma", sigma)]:
        low, high = wald.possible(strings, quantity)
        assert low - 1e-9 <= value <= high + 1e-9, quantity


@settings(max_examples=60, deadline=None)
@given(st.sampled_from([COVERAGE, COLLATERALS]), st.sampled_from(wald.multipliers()), st.data())
def test_the_polygon_is_what_prints_the_strings(strings, z, data):
    """Any mixture of its corners prints them; any point well beyond its box does not."""
    corners = wald.polygon(strings, z)
    weights = data.draw(st.lists(st.floats(0.01, 1), min_size=len(corners), max_size=len(corners)))
    inside = np.average(corners, axis=0, weights=weights)
    assert all(digits.agrees(strings[name], value) for name, value in reported(*inside, z).items())
    beta, sigma = (data.draw(st.floats(low, high)) for low, high in [(0.9, 0.94), (0.39, 0.405)])
    margin = 1e-6
    (low_beta, low_sigma), (high_beta, high_sigma) = (
        corners.min(axis=0) - margin,
        corners.max(axis=0) + margin,
    )
    if not (low_beta < beta < high_beta and low_sigma < sigma < high_sigma):
        assert not all(
            digits.agrees(strings[name], value) for name, value in reported(beta, sigma, z).items()
        )


def test_the_papers_odds_ratios_are_wald_and_their_digits_allow_so_large_errors():
    assert wald.agree(COVERAGE) and wald.agree(COLLATERALS)
    largest = [wald.possible(strings, "sigma")[1] for strings in (COVERAGE, COLLATERALS)]
    assert [f"{sigma:.5f}" for sigma in largest] == ["0.39964", "0.39524"]


def test_the_listings_upper_limit_cannot_accompany_its_odds_ratio():
    assert not wald.agree(LISTING)
    low, high = wald.possible(LISTING, "odds_ratio_upper")
    assert (f"{low:.3f}", f"{high:.3f}") == ("5.433", "5.442")
    interval_alone = {name: LISTING[name] for name in LIMITS}
    low, high = wald.possible(interval_alone, "odds_ratio")
    assert (f"{low:.3f}", f"{high:.3f}") == ("2.504", "2.505")
