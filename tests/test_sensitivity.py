"""The joint model looked at in other ways: R's numbers, published examples, and data that allow no
answer.
"""

from functools import partial

import numpy as np
import pandas as pd
import pytest
from helpers import asah, numbers_in_r, random_patients, read_cohort

from lib.statistics import profile, sensitivity, separation

pytestmark = pytest.mark.filterwarnings("error")
in_r = partial(numbers_in_r, source="sensitivity")


def test_measures_of_influence_as_r_has_them():
    distances, found = sensitivity.influence(asah())
    assert found.problem is None
    in_theirs = in_r("cooks.distance(bleeding)")
    assert distances.tolist() == pytest.approx(in_theirs, rel=1e-6, abs=1e-9)
    assert distances.argmax() + 1 == in_r("matters_most")[0]
    without = in_r("exp(coef(logistic(outcome ~ s100b + ndka + wfns, aSAH[-matters_most, ])))[-1]")
    assert found.table["other_odds_ratio"].tolist() == pytest.approx(without, rel=1e-8)


def test_adjustment_for_the_group_as_r_has_it():
    found = sensitivity.adjusted_for_group(asah())
    model = "logistic(outcome ~ s100b + ndka + wfns + gender, aSAH)"
    assert list(found.table.index) == ["s100b", "ndka", "wfns", "group: Male"]
    for column, command in [
        ("odds_ratio", f"exp(coef({model}))[-1]"),
        ("wald_lower", f"exp(confint.default({model}))[-1, 1]"),
        ("wald_upper", f"exp(confint.default({model}))[-1, 2]"),
        ("wald_p", f"coef(summary({model}))[-1, 4]"),
    ]:
        assert found.table[f"other_{column}"].tolist() == pytest.approx(in_r(command), rel=1e-7)
    alone = profile.profile_limits(asah()).table["odds_ratio"]
    assert found.table["odds_ratio"].tolist() == pytest.approx([*alone, np.nan], nan_ok=True)


def test_a_spline_as_r_has_it():
    found = sensitivity.functional_form(asah(), "ndka")
    assert found.p == pytest.approx(in_r("against_line(4)")[-1])
    curve = found.curve
    for row, end in [(curve.iloc[0], "min"), (curve.iloc[-1], "max")]:
        expected = in_r(f"against_median({end}(aSAH$ndka), 4)")
        assert [row["spline"], row["lower"], row["upper"]] == pytest.approx(expected, rel=1e-6)


def test_the_published_e_value():
    """VanderWeele & Ding 2017: risk ratio 3.9 with the limits 1.8 and 8.7 gives 7.26 and 3.0."""
    ratios = pd.DataFrame(
        {"ratio": [3.9, 1 / 3.9, 1.2], "lower": [1.8, 1 / 8.7, 0.8], "upper": [8.7, 1 / 1.8, 1.8]}
    )
    rare = sensitivity.e_values(
        ratios["ratio"], ratios["lower"], ratios["upper"], event_proportion=0.1
    )
    assert rare["e_value"].round(2).tolist() == [7.26, 7.26, 1.69]
    assert rare["e_value_limit"].round(2).tolist() == [3.0, 3.0, 1.0]
    squares = ratios**2
    common = sensitivity.e_values(
        squares["ratio"], squares["lower"], squares["upper"], event_proportion=0.2
    )
    assert common.to_numpy() == pytest.approx(rare.to_numpy())


def test_a_group_without_events_is_named_as_what_separates():
    rows = random_patients()
    found = sensitivity.adjusted_for_group(
        read_cohort(rows.assign(outcome=rows["outcome"] * (rows["group"] != "C")), "A|B|C")
    )
    assert found.problem.startswith("with group in the model, the factors separate the outcomes")
    assert found.table["odds_ratio"].notna().sum() == 3
    assert found.table["other_odds_ratio"].isna().all()


def test_an_empty_group_is_left_out_and_one_group_is_none():
    rows = random_patients()
    found = sensitivity.adjusted_for_group(read_cohort(rows[rows["group"] != "A"], "A|B|C"))
    assert found.problem is None
    assert list(found.table.index) == ["has_a", "has_b", "length", "group: C"]
    alone = sensitivity.adjusted_for_group(read_cohort(rows.assign(group="B"), "A|B|C"))
    assert alone.problem == "fewer than two groups have patients"


HOPELESS = {
    "no events": (lambda rows: rows.assign(outcome=0), "the outcome does not vary"),
    "all events": (lambda rows: rows.assign(outcome=1), "the outcome does not vary"),
    "constant": (lambda rows: rows.assign(has_a=1), "these factors do not vary: has_a"),
    "identical": (
        lambda rows: rows.assign(has_b=rows["has_a"]),
        "combinations of one another: has_a and has_b",
    ),
    "nobody complete": (lambda rows: rows.assign(length=np.nan), "no patient has all values"),
}


@pytest.mark.parametrize("name", HOPELESS)
def test_hopeless_cohorts_are_described_in_words(name):
    change, words = HOPELESS[name]
    rows = read_cohort(change(random_patients()), "A|B|C")
    for analysis in (profile.profile_limits, profile.firth):
        assert words in analysis(rows).problem
    distances, without = sensitivity.influence(rows)
    assert distances.empty and words in without.problem
    groups, form = (
        sensitivity.adjusted_for_group(rows),
        sensitivity.functional_form(rows, "length"),
    )
    assert groups.problem and groups.table.isna().all(axis=None)
    assert form.problem and np.isnan(form.p)
    assert separation.separation(rows).told_apart == 0
