"""Patency by group against Newcombe's published examples and R."""

import math

import numpy as np
import pandas as pd
import pytest
from helpers import in_r, read_cohort
from hypothesis import given
from hypothesis import strategies as st

from lib.statistics import patency

# The abstract's groups: patients and, as the three rates leave no choice, occluded.
GROUPS = pd.DataFrame(
    {"patients": [47, 92, 44], "occluded": [5, 17, 20]}, index=["NIVCS", "DVT", "PTS"]
)


def proportions(*pairs: tuple[int, int]) -> pd.DataFrame:
    """Groups in which so many of so many stay patent."""
    return pd.DataFrame([(n, n - patent) for patent, n in pairs], columns=["patients", "occluded"])


@pytest.mark.parametrize(
    ("patent", "patients", "wilson", "exact"),
    [
        (81, 263, (0.2553, 0.3662), (0.2527, 0.3676)),
        (15, 148, (0.0624, 0.1605), (0.0578, 0.1617)),
        (0, 20, (0.0000, 0.1611), (0.0000, 0.1684)),
        (1, 29, (0.0061, 0.1718), (0.0009, 0.1776)),
    ],
)
def test_intervals_of_newcombe_table_1(patent, patients, wilson, exact):
    """Newcombe 1998, Stat Med 17:857-872, table I, methods 3 and 5."""
    rate = patency.rates(proportions((patent, patients))).iloc[0]
    for name, limits in [("wilson", wilson), ("exact", exact)]:
        assert (rate[f"{name}_lower"], rate[f"{name}_upper"]) == pytest.approx(limits, abs=5e-5)


@pytest.mark.parametrize(
    ("first", "second", "lower", "upper"),
    [
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((6, 7), (2, 7), 0.0582, 0.8062),
        ((5, 56), (0, 29), -0.0381, 0.1926),
        ((0, 10), (0, 20), -0.1611, 0.2775),
        ((0, 10), (0, 10), -0.2775, 0.2775),
        ((10, 10), (0, 20), 0.6791, 1.0000),
        ((10, 10), (0, 10), 0.6075, 1.0000),
    ],
)
def test_differences_of_newcombe_table_2(first, second, lower, upper):
    """Newcombe 1998, Stat Med 17:873-890, table II, method 10."""
    pair = patency.pairwise(proportions(first, second)).iloc[0]
    assert pair["difference"] == pytest.approx(first[0] / first[1] - second[0] / second[1])
    assert (pair["lower"], pair["upper"]) == pytest.approx((lower, upper), abs=5e-5)


def test_rates_of_the_paper_as_r_has_them():
    rates = patency.rates(GROUPS)
    for (patent, patients), rate in zip(
        [(42, 47), (75, 92), (24, 44)], rates.itertuples(), strict=True
    ):
        assert (rate.patent, rate.patients, rate.patency) == (patent, patients, patent / patients)
        wilson = in_r(f"prop.test({patent}, {patients}, correct = FALSE)$conf.int")
        exact = in_r(f"binom.test({patent}, {patients})$conf.int")
        assert [rate.wilson_lower, rate.wilson_upper] == pytest.approx(wilson, abs=1e-9)
        assert [rate.exact_lower, rate.exact_upper] == pytest.approx(exact, abs=1e-9)


def test_comparisons_of_the_paper_as_r_has_them():
    overall = patency.overall(GROUPS)
    expected = {
        "statistic": in_r("chisq.test(groups)$statistic"),
        "degrees_of_freedom": 2,
        "pearson": in_r("chisq.test(groups)$p.value"),
        "smallest_expected": in_r("min(chisq.test(groups)$expected)"),
        "exact": in_r("fisher.test(groups)$p.value"),
    }
    assert overall.to_dict() == pytest.approx(expected, rel=1e-6)
    assert (round(overall["statistic"], 2), round(overall["pearson"], 5)) == (17.67, 0.00015)
    fisher = "apply(combn(3, 2), 2, function(pair) fisher.test(groups[pair, ])$p.value)"
    pairs = patency.pairwise(GROUPS)
    assert list(zip(pairs["first"], pairs["second"], strict=True)) == [
        ("NIVCS", "DVT"),
        ("NIVCS", "PTS"),
        ("DVT", "PTS"),
    ]
    assert pairs["fisher"].tolist() == pytest.approx(in_r(fisher), rel=1e-6)
    assert pairs["holm"].tolist() == pytest.approx(in_r(f'p.adjust({fisher}, "holm")'), rel=1e-6)


@pytest.mark.parametrize(
    ("table", "patients", "occluded"),
    [("coverage", [48, 135], [19, 23]), ("collaterals", [57, 126], [20, 22])],
)
def test_the_exact_test_of_two_groups_is_fishers(table, patients, occluded):
    """The two markers' tables, as groups of exposed and unexposed patients."""
    groups = pd.DataFrame({"patients": patients, "occluded": occluded})
    fisher = in_r(f"fisher.test({table})$p.value")
    assert patency.overall(groups)["exact"] == pytest.approx(fisher, rel=1e-6)


@given(
    st.lists(st.tuples(st.integers(1, 12), st.integers(0, 12)), min_size=2, max_size=4),
    st.permutations(range(4)),
)
def test_the_exact_test_depends_on_no_order_and_on_no_choice_of_what_is_counted(groups, order):
    table = proportions(*((min(had, of), of) for of, had in groups))
    again = table.iloc[[place for place in order if place < len(table)]]
    other = again.assign(occluded=again["patients"] - again["occluded"])
    expected = patency.overall(table)["exact"]
    for one in (again, other):
        assert patency.overall(one)["exact"] == pytest.approx(expected, rel=1e-6, nan_ok=True)


def test_the_exact_test_of_four_groups_of_many_patients_is_computed():
    """Of a size that Pearson's test does not fit; counted here with whole numbers alone."""
    sizes, observed = [196, 189, 235, 15], [33, 32, 52, 9]
    overall = patency.overall(pd.DataFrame({"patients": sizes, "occluded": observed}))
    total = sum(observed)
    ways = [
        [math.comb(size, count) for count in range(min(size, total) + 1)]
        for size in [196, 189, 15, 235]
    ]
    of_two = [
        (one + other, of_one * of_other)
        for one, of_one in enumerate(ways[0])
        for other, of_other in enumerate(ways[1])
        if one + other <= total
    ]
    seen = math.prod(math.comb(*pair) for pair in zip(sizes, observed, strict=True))
    probable = sum(
        here
        for count, before in of_two
        for third, of_third in enumerate(ways[2][: total - count + 1])
        if (here := before * of_third * ways[3][total - count - third]) <= seen
    )
    assert overall["smallest_expected"] < 5
    assert overall["exact"] == pytest.approx(probable / math.comb(sum(sizes), total), rel=1e-6)


def test_the_exact_test_is_left_out_where_there_are_too_many_tables():
    assert np.isnan(patency.overall(proportions(*[(150, 300)] * 4))["exact"])


def test_patients_are_counted_where_group_and_outcome_are_known():
    rows = pd.DataFrame({"group": list("AAABB"), "has_x": 1, "outcome": [1, 0, np.nan, 0, 0]})
    counts = patency.counts(read_cohort(rows, "A|B|C"))
    assert counts.loc[["A", "B", "C"], ["patients", "occluded"]].to_numpy().tolist() == [
        [2, 1],
        [2, 0],
        [0, 0],
    ]


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    "groups",
    [
        proportions((3, 5)),
        proportions((3, 5), (0, 0)),
        proportions((5, 5), (4, 4)),
        proportions((0, 5), (0, 4)),
    ],
    ids=["one group", "an empty group", "no events", "only events"],
)
def test_what_cannot_be_compared_has_no_p_value(groups):
    assert patency.overall(groups).isna().all()
    rates, pairs = patency.rates(groups), patency.pairwise(groups)
    assert rates["wilson_lower"].isna().tolist() == (groups["patients"] == 0).tolist()
    assert len(pairs) == (groups["patients"] > 0).sum() - 1
    assert (pairs["fisher"] == 1).all()
