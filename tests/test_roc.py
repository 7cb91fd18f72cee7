"""Areas under the curve and their standard errors: published examples, pROC, and the paper's
markers.
"""

from fractions import Fraction
from functools import partial

import numpy as np
import pandas as pd
import pytest
from helpers import asah, hemorrhage, in_r, numbers_in_r, read_cohort
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.contingency_tables import Table2x2

from lib.statistics import roc

HEMORRHAGE, SCORES = hemorrhage(), ["joint", "s100b", "ndka", "wfns"]
of_scores_in_r = partial(numbers_in_r, source="prediction")
# Events and nonevents, unexposed and exposed, as the abstract determines them.
MARKERS = {"coverage": ([23, 19], [112, 29]), "collaterals": ([22, 20], [104, 37])}
# Hanley and McNeil 1982, Radiology 143:29-36: ratings of 51 abnormal and 58 normal CT images.
ABNORMAL, NORMAL = [3, 2, 2, 11, 33], [33, 6, 6, 11, 2]

levels = (
    st.integers(1, 4)
    .flatmap(
        lambda count: st.tuples(*[st.lists(st.integers(0, 6), min_size=count, max_size=count)] * 2)
    )
    .filter(lambda counts: min(map(sum, counts)) >= 2)
)


@pytest.mark.parametrize(
    ("marker", "name"),
    [("coverage", "incomplete_coverage"), ("collaterals", "postoperative_collaterals")],
)
def test_pspp_has_the_standard_error_with_ties_broken_and_the_p_that_ignores_them(marker, name):
    """Its limits, headed 95%, are those of a 90% interval."""
    found = roc.inference(*MARKERS[marker], level=0.9)
    area, error, p, lower, upper = numbers_in_r(name, "pspp")
    ours = found.loc["hanley_mcneil", ["auc", "standard_error", "lower", "upper"]]
    assert list(ours) == pytest.approx([area, error, lower, upper], abs=1e-6)
    assert found.at["null", "p"] == pytest.approx(p, abs=0.0005)


@pytest.mark.parametrize("marker", ["s100b", "ndka", "wfns"])
def test_delong_as_proc_has_it(marker):
    found = roc.inference(*roc.level_counts(asah(), marker)).loc["delong"]
    assert found["auc"] == pytest.approx(
        in_r(f"as.numeric(auc(outcome ~ {marker}, aSAH, quiet = TRUE))"), abs=1e-12
    )
    variance = in_r(f"var(roc(outcome ~ {marker}, aSAH, quiet = TRUE))")
    assert found["standard_error"] ** 2 == pytest.approx(variance, rel=1e-9)
    limits = in_r(f"as.numeric(ci.auc(outcome ~ {marker}, aSAH, quiet = TRUE))[c(1, 3)]")
    assert [found["lower"], found["upper"]] == pytest.approx(limits, abs=1e-9)


@pytest.mark.parametrize("marker", ["s100b", "ndka", "wfns"])
def test_the_null_error_corrected_for_ties_is_that_of_the_rank_sum_test(marker):
    """Without the correction for continuity, which belongs to the test and not to the error."""
    p = roc.inference(*roc.level_counts(asah(), marker)).at["null_ties", "p"]
    assert p == pytest.approx(
        in_r(f"wilcox.test(poor${marker}, good${marker}, exact = FALSE, correct = FALSE)$p.value"),
        rel=1e-9,
    )


def test_the_example_of_hanley_and_mcneil():
    """Area 0.893 and standard error 0.032 in their table II; DeLong as Stata's manual prints it for
    roctab.
    """
    found = roc.inference(ABNORMAL, NORMAL)
    assert f"{found.at['hanley_mcneil', 'auc']:.3f}" == "0.893"
    assert f"{found.at['hanley_mcneil', 'standard_error']:.3f}" == "0.032"
    delong = found.loc["delong"]
    assert (
        f"{delong['standard_error']:.4f} {delong['lower']:.5f} {delong['upper']:.5f}"
        == "0.0307 0.83295 0.95339"
    )


@pytest.mark.parametrize(
    ("marker", "expected", "printed"),
    [
        (
            "coverage",
            {"auc": "0.6234", "error": "0.05164", "limits": "0.5221-0.7246", "p": "0.0153"}
            | {"delong": "0.0425 0.0037", "p_ties": "0.0015"},
            ("0.522", "0.725", "0.015"),
        ),
        (
            "collaterals",
            {"auc": "0.6069", "error": "0.05125", "limits": "0.5064-0.7073", "p": "0.0357"}
            | {"delong": "0.0432 0.0134", "p_ties": "0.0088"},
            ("0.506", "0.707", "0.036"),
        ),
    ],
)
def test_either_marker_alone_singles_the_paper_s_estimators_out(marker, expected, printed):
    found = roc.inference(*MARKERS[marker])
    paper, delong = found.loc["hanley_mcneil"], found.loc["delong"]
    assert {
        "auc": f"{paper['auc']:.4f}",
        "error": f"{paper['standard_error']:.5f}",
        "limits": f"{paper['lower']:.4f}-{paper['upper']:.4f}",
        "p": f"{found.at['null', 'p']:.4f}",
        "delong": f"{delong['standard_error']:.4f} {delong['p']:.4f}",
        "p_ties": f"{found.at['null_ties', 'p']:.4f}",
    } == expected
    rounded = found[["lower", "upper", "p"]].map("{:.3f}".format)
    as_printed = rounded == list(printed)
    assert list(found.index[as_printed["lower"] & as_printed["upper"]]) == ["hanley_mcneil"]
    assert list(found.index[as_printed["p"]]) == ["null"]


@given(levels)
def test_every_estimate_is_its_definition_over_all_pairs(counts):
    """Pairs one by one: the area counts ties as a half; DeLong's variances are those of each
    patient's placement among the others."""
    cases, controls = (np.repeat(range(len(one)), one) for one in counts)
    wins = (cases[:, None] > controls) + (cases[:, None] == controls) / 2
    assert roc.auc(*counts) == pytest.approx(wins.mean())
    area = wins.mean()
    q1, q2 = area / (2 - area), 2 * area**2 / (1 + area)
    expected = {
        "delong": sum(wins.mean(axis=i).var(ddof=1) / wins.shape[1 - i] for i in (0, 1)),
        "exponential": _hanley_mcneil(area, q1, q2, len(cases), len(controls)),
    }
    errors = roc.standard_errors(*counts)
    assert {name: errors[name] ** 2 for name in expected} == pytest.approx(expected, abs=1e-12)


@given(levels)
def test_hanley_and_mcneil_break_ties_at_random(counts):
    """Q1 is the chance that two cases, drawn with replacement and each spread evenly over its
    level, both exceed a control; Q2 likewise. Simpson's rule is exact for these squares."""
    cases, controls = (np.repeat(range(len(one)), one) for one in counts)

    def chance(many: np.ndarray, one: int, sign: int) -> Fraction:
        def share(place: Fraction) -> Fraction:
            beyond, tied = int((sign * many > sign * one).sum()), int((many == one).sum())
            return Fraction(beyond + tied * place, 1) / len(many)

        return (
            share(Fraction(0)) ** 2 + 4 * share(Fraction(1, 2)) ** 2 + share(Fraction(1)) ** 2
        ) / 6

    q1 = float(sum(chance(cases, control, 1) for control in controls) / len(controls))
    q2 = float(sum(chance(controls, case, -1) for case in cases) / len(cases))
    expected = _hanley_mcneil(roc.auc(*counts), q1, q2, len(cases), len(controls))
    assert roc.standard_errors(*counts)["hanley_mcneil"] ** 2 == pytest.approx(
        max(expected, 0), abs=1e-12
    )


def _hanley_mcneil(area: float, q1: float, q2: float, cases: int, controls: int) -> float:
    """Their equation 2: the variance of the area."""
    return (area * (1 - area) + (cases - 1) * (q1 - area**2) + (controls - 1) * (q2 - area**2)) / (
        cases * controls
    )


@given(levels)
def test_the_area_is_the_area_under_the_curve(counts):
    points = roc.curve(*counts)
    assert points.iloc[[0, -1]].to_numpy().tolist() == [[0, 0], [1, 1]]
    assert np.trapezoid(points["sensitivity"], points["false_positive_rate"]) == pytest.approx(
        roc.auc(*counts)
    )


@pytest.mark.parametrize("marker", MARKERS)
def test_accuracy_of_a_binary_marker(marker):
    (fn, tp), (tn, fp) = MARKERS[marker]
    found = roc.accuracy(*MARKERS[marker])
    names = ["sensitivity", "specificity"]
    names += ["positive_predictive_value", "negative_predictive_value"]
    counted = [[tp, 42], [tn, 141], [tp, tp + fp], [tn, tn + fn]]
    assert found.loc[names, ["count", "total"]].to_numpy().tolist() == counted
    assert roc.auc(*MARKERS[marker]) == pytest.approx((Fraction(tp, 42) + Fraction(tn, 141)) / 2)
    # A likelihood ratio is the ratio of two risks of having the marker.
    for name, table in [("positive", [[tp, fn], [fp, tn]]), ("negative", [[fn, tp], [tn, fp]])]:
        ratio = Table2x2(np.array(table))
        row = found.loc[f"{name}_likelihood_ratio"]
        expected = [ratio.riskratio, *ratio.riskratio_confint()]
        assert row[["estimate", "lower", "upper"]].tolist() == pytest.approx(expected, rel=1e-9)


def test_levels_are_counted_among_patients_with_both_values_known():
    rows = pd.DataFrame(
        {"x": [3, 1, 3, np.nan, 2, 1], "has_x": 0, "outcome": [1, 0, 0, 1, np.nan, 1]}
    )
    counts = roc.level_counts(read_cohort(rows), "x")
    assert [list(one) for one in counts] == [[1, 1], [1, 1]]  # levels 1 and 3
    counts = roc.level_counts(read_cohort(rows), "has_x")
    assert [list(one) for one in counts] == [[3, 0], [2, 0]]  # a binary marker keeps both levels


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    ("events", "nonevents", "area"),
    [
        ([0, 0], [3, 4], np.nan),
        ([3, 4], [0, 0], np.nan),
        ([0, 5], [5, 0], 1),
        ([5, 0], [5, 0], 0.5),
        ([1, 0], [2, 5], 1 / 7),
    ],
    ids=["no events", "no nonevents", "a perfect marker", "a constant marker", "one event"],
)
def test_hopeless_data_have_no_false_answer(events, nonevents, area):
    found = roc.inference(events, nonevents)
    assert found["auc"].tolist() == pytest.approx([area] * 5, nan_ok=True)
    if min(sum(events), sum(nonevents)) < 2:
        assert found[["standard_error", "lower", "upper", "p"]].isna().all(axis=None)
    accuracy = roc.accuracy(events, nonevents)
    empty = accuracy["total"] == 0
    assert accuracy.loc[empty, ["estimate", "lower", "upper"]].isna().all(axis=None)
    assert len(roc.curve(events, nonevents)) == 3


@pytest.mark.parametrize("name", SCORES)
def test_areas_are_those_of_proc(name):
    areas, _ = roc.compare_auc(HEMORRHAGE["outcome"], HEMORRHAGE[SCORES])
    lower, area, upper = of_scores_in_r(f'as.numeric(ci.auc(curves${name}, method = "delong"))')
    np.testing.assert_allclose(
        areas.loc[name, ["auc", "lower", "upper"]].astype(float), [area, lower, upper], atol=1e-9
    )
    assert areas.loc[name, ["patients", "events"]].tolist() == [113, 41]


def test_differences_are_those_of_proc():
    _, differences = roc.compare_auc(HEMORRHAGE["outcome"], HEMORRHAGE[SCORES])
    assert len(differences) == 6
    for _, row in differences.iterrows():
        expected = of_scores_in_r(f'paired("{row["first"]}", "{row["second"]}")')
        np.testing.assert_allclose(
            row[["z", "p", "lower", "upper"]].astype(float), expected, atol=1e-9
        )


def test_a_protective_marker_is_reversed_and_one_without_an_area_left_out():
    rows = pd.DataFrame(
        {
            "has_risk": [1, 1, 0, 0],
            "has_shield": [0, 0, 1, 1],
            "length": [np.nan] * 4,
            "outcome": [1, 1, 1, 0],
        }
    )
    cohort = read_cohort(rows)
    found = roc.markers(cohort, cohort.factors)
    assert {name: marker.reversed for name, marker in found.items()} == {
        "has_risk": False,
        "has_shield": True,
    }
    areas = {name: roc.auc(marker.events, marker.nonevents) for name, marker in found.items()}
    assert areas["has_risk"] == areas["has_shield"] == pytest.approx(5 / 6)
