"""One factor at a time, against R, the paper's two determined tables, and hopeless data."""

import numpy as np
import pandas as pd
import pytest
from helpers import asah, in_r, numbers_in_r, read_cohort
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.statistics import univariate

# Exposed and unexposed by occluded and patent, as the abstract determines them.
TABLES = {"coverage": [[19, 29], [23, 112]], "collaterals": [[20, 37], [22, 104]]}
# P of the tests, the odds ratio and its limits as printed from R.
PRINTED = {
    "coverage": ("0.0014", "0.0028", "0.0025", "3.190"),
    "collaterals": ("0.0086", "0.0148", "0.0130", "2.555"),
}


@pytest.mark.parametrize("marker", TABLES)
def test_a_two_by_two_table_as_r_has_it(marker):
    """R's defaults hide a choice: chisq.test corrects a two-by-two table unless told otherwise."""
    tests = univariate.binary_tests(TABLES[marker])
    crude = univariate.crude_odds_ratio(TABLES[marker])
    lower, upper = in_r(f"exp(confint.default(wald({marker})))[2, ]")
    assert tests | crude == pytest.approx(
        {
            "pearson": in_r(f"chisq.test({marker}, correct = FALSE)$p.value"),
            "yates": in_r(f"chisq.test({marker})$p.value"),
            "fisher": in_r(f"fisher.test({marker})$p.value"),
            "wald": in_r(f"coef(summary(wald({marker})))[2, 4]"),
            "odds_ratio": in_r(f"exp(coef(wald({marker})))[2]"),
            "lower": lower,
            "upper": upper,
        },
        rel=1e-6,
    )
    printed = [f"{tests[name]:.4f}" for name in ("pearson", "yates", "fisher")] + [
        f"{crude['odds_ratio']:.3f}"
    ]
    assert tuple(printed) == PRINTED[marker]


@pytest.mark.parametrize("factor", ["s100b", "ndka", "wfns"])
def test_a_number_as_r_has_it(factor):
    """wilcox.test corrects for continuity by default, and so do we."""
    found = univariate.screen(asah()).loc[factor]
    in_both = f"poor${factor}, good${factor}"
    lower, upper = in_r(f"exp(confint.default(logistic(outcome ~ {factor}, aSAH)))[2, ]")
    expected = {
        "occluded": 41,
        "patent": 72,
        "student": in_r(f"t.test({in_both}, var.equal = TRUE)$p.value"),
        "welch": in_r(f"t.test({in_both})$p.value"),
        "mann_whitney": in_r(f"wilcox.test({in_both}, exact = FALSE)$p.value"),
        "wald": in_r(f"coef(summary(logistic(outcome ~ {factor}, aSAH)))[2, 4]"),
        "lower": lower,
        "upper": upper,
        "odds_ratio": np.sqrt(lower * upper),
    }
    assert found[list(expected)].to_dict() == pytest.approx(expected, rel=1e-6)


def test_adjustment_for_multiplicity_as_r_has_it():
    p_values = [0.010, np.nan, 0.013, 0.014, 0.190, 0.350]
    adjusted = univariate.adjusted_for_multiplicity(pd.Series(p_values, list("abcdef")))
    for column, method in [("holm", "holm"), ("benjamini_hochberg", "BH")]:
        expected = in_r(f'p.adjust(c(0.01, NA, 0.013, 0.014, 0.19, 0.35), "{method}")')
        assert adjusted[column].tolist() == pytest.approx(expected, nan_ok=True)
    assert univariate.adjusted_for_multiplicity(pd.Series([np.nan])).isna().all(axis=None)


def test_pairs_significant_by_pearson_but_not_by_wald():
    """42 of the count pairs of 42 occluded and 141 patent, leaving out those with an empty cell."""
    p_values = univariate.p_values_of_all_pairs(42, 141)
    assert ((p_values["pearson"] < 0.05) & (p_values["wald"] >= 0.05)).sum() == 42
    assert ((p_values["pearson"] >= 0.05) & (p_values["wald"] < 0.05)).sum() == 0


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 30), st.integers(1, 30), st.data())
def test_all_pairs_at_once_are_the_tables_one_by_one(occluded, patent, data):
    a, b = data.draw(st.integers(0, occluded)), data.draw(st.integers(0, patent))
    one = univariate.binary_tests([[a, b], [occluded - a, patent - b]])
    at_once = univariate.p_values_of_all_pairs(occluded, patent)
    for test in univariate.BINARY_TESTS:
        assert at_once[test][a, b] == pytest.approx(one[test], rel=1e-9, nan_ok=True), test


OUTCOME = np.repeat([1, 0], [6, 14])
SPREAD = np.tile([2.0, 5.0, 3.0, 8.0], 5)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    ("number", "binary", "outcome", "missing"),
    [
        (SPREAD, OUTCOME, OUTCOME, {"has_x": ["wald", "odds_ratio"]}),
        (OUTCOME, SPREAD > 3, OUTCOME, {"x": ["student", "welch", "wald", "odds_ratio"]}),
        (OUTCOME * 10 + SPREAD, SPREAD > 3, OUTCOME, {"x": ["wald", "odds_ratio"]}),
        (np.where(OUTCOME == 1, 8, SPREAD), SPREAD > 3, OUTCOME, {"x": ["wald", "odds_ratio"]}),
        (np.full(20, 5), np.ones(20), OUTCOME, {"x": "all", "has_x": "all"}),
        (SPREAD, SPREAD > 3, np.zeros(20), {"x": "all", "has_x": "all"}),
        (SPREAD, SPREAD > 3, np.ones(20), {"x": "all", "has_x": "all"}),
        (np.full(20, np.nan), np.full(20, np.nan), OUTCOME, {"x": "all", "has_x": "all"}),
        (
            np.where(OUTCOME == 1, np.nan, SPREAD),
            np.where(OUTCOME == 1, np.nan, 1),
            OUTCOME,
            {"x": "all", "has_x": "all"},
        ),
        (SPREAD, SPREAD > 3, np.arange(20) == 0, {"x": "all"}),
    ],
    ids=[
        "a perfect marker",
        "constant within outcomes",
        "a separating number",
        "quasi-separating",
        "constant factors",
        "no events",
        "only events",
        "all missing",
        "missing in one outcome",
        "one event",
    ],
)
def test_a_test_without_an_answer_is_missing(number, binary, outcome, missing):
    rows = pd.DataFrame(
        {"x": number, "has_x": np.asarray(binary, float), "outcome": np.asarray(outcome, float)}
    )
    screened = univariate.screen(read_cohort(rows))
    names = {"x": univariate.NUMBER_TESTS, "has_x": univariate.BINARY_TESTS}
    for factor, without in missing.items():
        tests = [*names[factor], "odds_ratio"]
        without = tests if without == "all" else without
        assert screened.loc[factor, tests].isna().tolist() == [test in without for test in tests]


def test_mid_p_and_trend_as_r_has_them():
    for marker, table in TABLES.items():
        expected = numbers_in_r(f"half_less({marker})", "sensitivity")[0]
        assert univariate.mid_p(table) == pytest.approx(expected, rel=1e-6)
    assert np.isnan(univariate.mid_p([[0, 0], [3, 4]]))
    cells = [(0, 1, 5), (0, 0, 42), (1, 1, 17), (1, 0, 75), (2, 1, 20), (2, 0, 24)]
    patients = np.repeat([pair[:2] for pair in cells], [pair[2] for pair in cells], axis=0)
    ordered = read_cohort(pd.DataFrame(patients, columns=["order", "outcome"]))
    for found, command in [
        (univariate.trend(ordered, "order"), "prop.trend.test(c(5, 17, 20), c(47, 92, 44))"),
        (
            univariate.trend(asah(), "wfns"),
            "prop.trend.test(tapply(aSAH$outcome, aSAH$wfns, sum), table(aSAH$wfns))",
        ),
    ]:
        expected = numbers_in_r(f'unlist({command}[c("statistic", "p.value")])', "sensitivity")
        assert [found["statistic"], found["p"]] == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(
    ("by_every_test", "share", "largest"),
    [(True, ("0.0273", "0.9727"), "0.0321"), (False, ("0.0109", "0.9891"), "0.0500")],
)
def test_what_is_proven_of_a_factor_hangs_on_the_test_meant(by_every_test, share, largest):
    limits = univariate.limits_of_significant(42, 141, by_every_test=by_every_test)
    assert tuple(f"{limit:.4f}" for limit in limits.loc["share"]) == share
    assert f"{limits.at['p_value', 'greatest']:.4f}" == largest
    odds_ratio = limits.loc["odds_ratio"]
    assert odds_ratio["least"] == pytest.approx(1 / odds_ratio["greatest"], abs=1e-12)
