"""Printed numbers as intervals. The judge of every rounding is the standard library's decimal
module.
"""

from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.paper import digits, published
from lib.paper.digits import agrees, interval, number, printings, prints
from lib.patients.errors import InputError

RULES = {"half_up": ROUND_HALF_UP, "half_even": ROUND_HALF_EVEN, "truncation": ROUND_DOWN}


def rounded(value: Fraction, decimals: int, percent: bool, rule: str) -> str:
    """A value as decimal prints it; values here have few enough digits to be exact in decimal."""
    scaled = value * (100 if percent else 1)
    exact = Decimal(scaled.numerator) / Decimal(scaled.denominator)
    text = f"{exact.quantize(Decimal(1).scaleb(-decimals), RULES[rule]):f}"
    return (text.removeprefix("-") if Decimal(text) == 0 else text) + "%" * percent


def rules_that_fit(printed: str, value: Fraction) -> list[str]:
    return [rule for rule in RULES if value in interval(printed, rule)]


decimals = st.integers(0, 6)
# Multiples of half a unit of a digit, so that ties and exact values are common, and other numbers.
values = st.one_of(
    st.builds(
        lambda steps, digits: Fraction(steps, 2 * 10**digits), st.integers(-5000, 5000), decimals
    ),
    st.builds(Fraction, st.decimals(-20, 20, places=9)),
)


@given(values, decimals, st.booleans(), st.sampled_from(sorted(RULES)))
def test_a_value_lies_in_the_interval_of_its_print_and_of_no_neighbor(
    value, decimals, percent, rule
):
    printed = rounded(value, decimals, percent, rule)
    unit = digits.last_digit(printed)
    assert value in interval(printed, rule)
    for neighbor in (number(printed) - unit, number(printed) + unit):
        assert value not in interval(rounded(neighbor, decimals, percent, rule), rule)


@given(values, decimals, st.booleans())
def test_all_printings_are_those_of_the_two_half_rules(value, decimals, percent):
    half_rules = {rounded(value, decimals, percent, rule) for rule in ("half_up", "half_even")}
    like = rounded(Fraction(1), decimals, percent, "half_up")
    assert printings(value, like) == half_rules
    assert prints(value, like) == rounded(value, decimals, percent, "half_up")
    assert all(agrees(text, value) for text in half_rules)


@given(values, decimals, st.booleans(), st.sampled_from(sorted(RULES)))
def test_the_rules_that_fit_are_those_that_print_it(value, decimals, percent, rule):
    printed = rounded(value, decimals, percent, rule)
    fitting = {name for name in RULES if rounded(value, decimals, percent, name) == printed}
    assert set(rules_that_fit(printed, value)) == fitting


@pytest.mark.parametrize(
    ("printed", "inside", "outside"),
    [
        ("89.4%", "0.8935 0.8944999", "0.8934999 0.8945001"),
        ("89.4%", "42/47", "41/47 43/47"),
        ("0.020", "0.0195 0.0204999", "0.0194999 0.0205001"),
        ("12", "11.5 12.5", "11.4999 12.5001"),  # 12.5 goes to the even 12, or up to 13
        ("13", "12.5 13.4999", "12.4999 13.5"),
        ("-0.5", "-0.5499 -0.45", "-0.55 -0.4499"),  # away from zero
        ("0.0", "-0.05 0 0.05", "-0.0501 0.0501"),
        ("<0.05", "0 0.0499999", "0.05"),
        ("≤0.05", "0.05", "0.0500001"),
        (">0.05", "0.0500001", "0.05"),
        ("≥0.05", "0.05", "0.0499999"),
        ("<5%", "0.0499999", "0.05"),
    ],
)
def test_what_a_printed_string_stands_for(printed, inside, outside):
    assert [agrees(printed, Fraction(value)) for value in inside.split()] == [True] * len(
        inside.split()
    )
    assert [agrees(printed, Fraction(value)) for value in outside.split()] == [False] * len(
        outside.split()
    )


@given(st.fractions(0, Fraction(1, 10)) | st.just(Fraction(1, 20)), st.sampled_from("<≤>≥"))
def test_a_threshold_prints_as_itself_or_as_its_opposite(value, sign):
    opposite = {"<": "≥", "≤": ">", ">": "≤", "≥": "<"}[sign]
    printed = prints(value, sign + "0.05")
    assert printed in (sign + "0.05", opposite + "0.05")
    assert agrees(printed, value)


@pytest.mark.parametrize(
    "text", ["", "n/a", "1,5", "1.", ".5", "5 mm", "0.02 0.03", "%", "--1", "1e-3"]
)
def test_what_is_not_a_printed_number_is_refused_by_its_text(text):
    with pytest.raises(InputError, match="not a printed number"):
        interval(text)


def test_every_number_of_the_abstract_is_a_claim_as_it_was_printed():
    """As listed by China Journal of General Surgery 2022;31(12):1605-1611, English abstract."""
    claims = published.read()
    printed = claims.loc[claims["source"] == "English abstract", "printed"]
    once = """183 47 92 44 12 89.4% 81.5% 54.5% 95% 2.503 1.144 5.477 0.022 2.506 1.155 5.436 0.020
        0.623 0.522 0.725 0.015 45.2% 79.4% 0.607 0.506 0.707 0.036 47.6% 73.8%"""
    assert sorted(printed) == sorted(["March 2015", "August 2020", *once.split(), *["<0.05"] * 6])
    assert list(claims.loc[claims["source"] != "English abstract", "printed"]) == ["5.431"]


@pytest.mark.parametrize(
    ("typed", "quantity", "written"),
    [
        ("0.95", "sensitivity", "0.95"),
        ("1.05", "sensitivity_upper", "1.05"),
        ("2", "npv_upper", "2"),
        ("105", "sensitivity_upper", "105%"),
        ("-1.9", "percentage_lower", "-1.9"),
        ("1.2", "auc", "1.2"),
        ("1.2", "percentage", "1.2%"),
        ("84", "auc", "84%"),
    ],
)
def test_a_sign_is_added_to_what_is_too_large_for_a_proportion(typed, quantity, written):
    """Wald limits may be above one; an area may not, and is none in percent either."""
    assert published.normal(typed, quantity) == written


# --------------------------------------------------------------------------------- bad input

HEADER = "id,section,quantity,printed,unit,source\n"
GOOD = "roc.x.auc,roc,auc,0.623,area,abstract\n"


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (
            "roc.x.auc,roc,auc,high,area,abstract",
            ["line 3", "column printed", "“high”", "write for example 0.020"],
        ),
        ("roc.x.auc,roc,auc,,area,abstract", ["line 3", "column printed", "“”"]),
        ("roc.x.auc,roc,auc,6.23,area,abstract", ["line 3", "“6.23” is written “6.23%”"]),
        (
            "roc.x.p_value,roc,p_value,1.5,probability,abstract",
            ["line 3", "“1.5” is not a probability"],
        ),
        (
            "multivariate.x.odds_ratio,multivariate,odds_ratio,-2.5,ratio,abstract",
            ["line 3", "above zero"],
        ),
        (
            "multivariate.x.odds_ratio,multivariate,odds_ratio,250%,ratio,abstract",
            ["line 3", "“250%”", "above zero"],
        ),
        (
            "methods.all.patients,methods,patients,18.3,patients,abstract",
            ["line 3", "“18.3”", "whole number"],
        ),
        (
            "methods.all.patients,methods,patients,0,patients,abstract",
            ["line 3", "“0”", "above zero"],
        ),
        (
            "methods.recruitment.first_month,methods,first_month,Mar 2015,month,abstract",
            ["“Mar 2015”", "May 2019"],
        ),
        (
            "roc.x.auc,rok,auc,0.623,area,abstract",
            ["line 3", "column section", "“rok”", "univariate"],
        ),
        ("roc.x.area,roc,area,0.623,area,abstract", ["line 3", "column quantity", "“area”", "auc"]),
        (
            "roc.x.auc,roc,auc_lower,0.623,area,abstract",
            ["line 3", "column id", "section.subject.quantity"],
        ),
        (
            "roc.x.auc,roc,auc,0.623,area,",
            ["line 3", "column source", "where the number is printed"],
        ),
        (GOOD.strip(), ["column id", "“roc.x.auc”", "more than once"]),
    ],
)
def test_an_unusable_claim_is_named_with_its_line_and_column(tmp_path, row, expected):
    path = tmp_path / "claims.csv"
    path.write_text(HEADER + GOOD + row + "\n", encoding="utf-8")
    with pytest.raises(InputError) as error:
        published.read(path)
    assert all(words in str(error.value) for words in ["claims.csv", *expected])
