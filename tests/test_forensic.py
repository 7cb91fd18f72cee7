"""Which misprints the checks would find, and which nothing could."""

from fractions import Fraction

import pytest
from helpers import STUDY, with_printed

from lib.compatible import exclusion, forensic
from lib.paper import checks, digits, published, ratios, reconstruct, verdicts, wald

CLAIMS = reconstruct.original(published.read())
SURVEYED = forensic.survey(published.read())
COUNTS = ("patients", "primary_patency", "sensitivity", "specificity", "auc")


def test_a_misprint_in_any_number_about_counts_is_found():
    about_counts = SURVEYED[SURVEYED["claim"].map(CLAIMS["quantity"]).isin(COUNTS)]
    assert about_counts["claim"].nunique() == 13
    assert (about_counts["detected_by"] == "counts").all()


def test_what_nothing_printed_can_contradict():
    """Thresholds that were met by far, and the horizon."""
    expected = [
        name for name in CLAIMS.index if name.startswith("univariate.") or name.endswith(".horizon")
    ]
    assert sorted(forensic.unseen(SURVEYED)) == sorted(expected)


def test_adjusted_numbers_are_held_as_tightly_as_their_digits_allow():
    found = SURVEYED.set_index(["claim", "altered"])["detected_by"]
    for name, strings in ratios.adjusted(CLAIMS).items():
        for quantity in strings:
            least, most = wald.possible(strings, quantity)
            claim = f"multivariate.{name}.{quantity}"
            for altered, detected_by in found[claim].items():
                bounds = digits.interval(altered)
                possible = bounds.lower <= Fraction(most) and Fraction(least) <= bounds.upper
                assert detected_by == ("" if possible else "wald"), (claim, altered)
    # The upper limit of the listing of the Chinese abstract.
    assert found["multivariate.postoperative_collaterals.odds_ratio_upper", "5.431"] == "wald"


@pytest.mark.parametrize("at", range(7, len(SURVEYED), 29))
def test_detection_is_what_the_ledger_would_say(at):
    """All judgments made in full on the altered claims."""
    row = SURVEYED.iloc[at]
    altered = with_printed(CLAIMS, {row["claim"]: row["altered"]})
    judged = verdicts.judge(altered, checks.all_checks)
    found = [verdict for verdict, *_ in judged.values()]
    assert ("contradicted" in found) == (row["detected_by"] != "")


@pytest.mark.parametrize(("sigma", "expected"), [(0.33, "exclusion"), (0.39, "")])
def test_a_precision_that_no_core_allows_is_found_though_all_strings_agree(sigma, expected):
    name, printed = "multivariate.incomplete_coverage", wald.quantities(0.9, sigma, 1.96)
    claims = with_printed(CLAIMS, {f"{name}.{q}": f"{x:.3f}" for q, x in printed.items()})
    assert wald.agree(ratios.adjusted(claims)["incomplete_coverage"])
    bounds = exclusion.basic_bounds(STUDY.printed.first, STUDY.printed.second)
    bounds = bounds.set_axis(["k1", "k0", *STUDY.markers], axis=1)
    assert forensic.detect(claims, f"{name}.odds_ratio", bounds) == expected


def test_of_claims_that_already_contradict_one_another_nothing_is_said():
    claims = with_printed(CLAIMS, {"roc.incomplete_coverage.p_value": "0.016"})
    surveyed = forensic.survey(claims, units=(1,))
    wrong = set(SURVEYED["claim"]) - set(surveyed["claim"])
    assert "roc.incomplete_coverage.p_value" in wrong
    others = ("univariate.", "multivariate.", "patency.all.", "methods.recruitment.")
    assert not [name for name in wrong if name.startswith(others)]
    assert set(surveyed["claim"]) < set(SURVEYED["claim"])
    assert set(SURVEYED["claim"]) == set(CLAIMS.index[CLAIMS["unit"] != "month"])
