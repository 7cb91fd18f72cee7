"""From printed numbers to counts: the paper's facts, by brute force and rounding in the decimal
module.
"""

from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from fractions import Fraction
from itertools import product

import numpy as np
import pandas as pd
import pytest
from helpers import in_r
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from statsmodels.duration.survfunc import SurvfuncRight

from lib.paper import checks, cores, digits, published, reconstruct

CLAIMS = reconstruct.original(published.read())
MARKERS = ["incomplete_coverage", "postoperative_collaterals"]
PRINTED = {
    "incomplete_coverage": ("45.2%", "79.4%"),
    "postoperative_collaterals": ("47.6%", "73.8%"),
}
COVERAGE, COLLATERALS = np.array([[19, 29], [23, 112]]), np.array([[20, 37], [22, 104]])
# The 13 numbers about counts, each of which follows from the other twelve.
TIED = [
    *CLAIMS.index[
        CLAIMS["quantity"].isin(
            ["patients", "primary_patency", "sensitivity", "specificity", "auc"]
        )
    ]
]


def percentages(count: int, total: int) -> set[str]:
    """A proportion as a percentage with one decimal, under both half rules."""
    exact = Decimal(100 * count) / Decimal(total)
    return {f"{exact.quantize(Decimal('0.1'), rule)}%" for rule in (ROUND_HALF_UP, ROUND_HALF_EVEN)}


def printing(printed: str, total: int) -> list[int]:
    """All counts whose percentage prints so, one by one."""
    return [count for count in range(total + 1) if printed in percentages(count, total)]


def test_forty_two_occlusions_are_the_only_solution():
    by_hand = {}
    for occluded in range(1, 183):
        options = [
            printing(text, total)
            for marker in MARKERS
            for text, total in zip(PRINTED[marker], (occluded, 183 - occluded), strict=True)
        ]
        if all(options):
            by_hand[occluded] = options
    assert by_hand == {42: [[19], [112], [20], [104]]}
    (solution,) = reconstruct.solve(CLAIMS)
    assert (solution.patients, solution.occluded, solution.ways) == (183, 42, 1)
    tables = checks.two_by_twos(CLAIMS)
    assert [tables[marker].tolist() for marker in MARKERS] == [
        COVERAGE.tolist(),
        COLLATERALS.tolist(),
    ]
    table = reconstruct.printable_by_occluded(CLAIMS)
    assert (table.index[0], table.index[-1]) == (1, 182)
    assert list(table.index[table.all(axis=1)]) == [42]


def test_forty_two_survives_where_the_roc_section_may_leave_patients_out():
    assert reconstruct.events_and_others(CLAIMS) == [(42, 107), (42, 126), (42, 141)]
    # Of these the printed limits of the areas leave one, if one standard error gave them all.
    assert checks.events_and_others_by_areas(CLAIMS) == [(42, 141)]
    without_limits = CLAIMS[~CLAIMS["quantity"].isin(["auc_lower", "auc_upper"])]
    assert checks.events_and_others_by_areas(without_limits) == []


@pytest.mark.parametrize("left_out", TIED)
def test_any_twelve_numbers_fix_the_thirteenth(left_out):
    """That another last digit leaves no solution is said by the ledger (test_ledger)."""
    assert len(TIED) == 13
    assert reconstruct.solve(
        CLAIMS, [name for name in TIED if name != left_out]
    ) == reconstruct.solve(CLAIMS)


def test_several_solutions_are_all_returned():
    """Among a hundred times as many patients the same rates fit several numbers of occlusions."""
    several = CLAIMS[CLAIMS["section"].isin(["methods", "patency"])].copy()
    sizes = several["quantity"] == "patients"
    several.loc[sizes, "printed"] += "00"
    groups = [("89.4%", 4700), ("81.5%", 9200), ("54.5%", 4400)]
    options = [[size - patent for patent in printing(rate, size)] for rate, size in groups]
    expected = list(product(*options))
    assert len(expected) > 100
    assert sorted(found.occluded_by_group for found in reconstruct.solve(several)) == sorted(
        expected
    )


# ------------------------------------------------------------------------------- round trip


def half_up(numerator: int, denominator: int, digits: str) -> str:
    return str((Decimal(numerator) / Decimal(denominator)).quantize(Decimal(digits), ROUND_HALF_UP))


@st.composite
def cohorts(draw):
    """Patients and occluded of two or three groups, and the exposed among both of one or two
    markers.
    """
    groups = draw(
        st.lists(
            st.integers(2, 60).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n))),
            min_size=2,
            max_size=3,
        )
    )
    patients, occluded = (sum(column) for column in zip(*groups, strict=True))
    assume(0 < occluded < patients)
    exposed = st.tuples(st.integers(0, occluded), st.integers(0, patients - occluded))
    return groups, draw(st.lists(exposed, min_size=1, max_size=2)), occluded, patients - occluded


def claims_about(groups, markers, occluded, patent) -> pd.DataFrame:
    """What the paper would print about a cohort, at the precision it prints."""
    rows = {"methods.all.patients": str(occluded + patent)}
    for i, (patients, lost) in enumerate(groups):
        rows[f"methods.G{i}.patients"] = str(patients)
        rows[f"patency.G{i}.primary_patency"] = (
            half_up(100 * (patients - lost), patients, "0.1") + "%"
        )
    for i, (a, b) in enumerate(markers):
        rows[f"roc.m{i}.sensitivity"] = half_up(100 * a, occluded, "0.1") + "%"
        rows[f"roc.m{i}.specificity"] = half_up(100 * (patent - b), patent, "0.1") + "%"
        rows[f"roc.m{i}.auc"] = half_up(
            a * patent + (patent - b) * occluded, 2 * occluded * patent, "0.001"
        )
    claims = pd.DataFrame({"printed": rows})
    claims["section"], claims["quantity"] = [claims.index.str.split(".").str[at] for at in (0, 2)]
    return claims


@settings(max_examples=60, deadline=None)
@given(cohorts())
def test_the_truth_is_always_among_the_solutions(cohort):
    groups, markers, occluded, patent = cohort
    claims = claims_about(*cohort)
    truth = tuple(zip(*groups, strict=True))
    (found,) = (
        solution
        for solution in reconstruct.solve(claims)
        if (solution.patients_by_group, solution.occluded_by_group) == truth
    )
    assert (found.patients, found.occluded) == (occluded + patent, occluded)
    for i, pair in enumerate(markers):
        assert pair in found.markers[f"m{i}"]
    # Without the rates of the groups the events come from the markers alone.
    alone = [
        name for name in claims.index if name.startswith("roc") or name == "methods.all.patients"
    ]
    assert occluded in [solution.occluded for solution in reconstruct.solve(claims, alone)]


@settings(max_examples=40, deadline=None)
@given(cohorts())
def test_every_solution_prints_every_claim(cohort):
    claims = claims_about(*cohort)
    printed = claims["printed"]
    for solution in reconstruct.solve(claims):
        patent = solution.patients - solution.occluded
        assert sum(solution.patients_by_group) == solution.patients
        assert sum(solution.occluded_by_group) == solution.occluded
        for i, lost in enumerate(solution.occluded_by_group):
            size = int(printed[f"methods.G{i}.patients"])
            assert printed[f"patency.G{i}.primary_patency"] in percentages(size - lost, size)
        for marker, pairs in solution.markers.items():
            for a, b in pairs:
                assert printed[f"roc.{marker}.sensitivity"] in percentages(a, solution.occluded)
                assert printed[f"roc.{marker}.specificity"] in percentages(patent - b, patent)


@example(">", 0, 88)
@given(st.sampled_from(["", *"<≤>≥"]), st.integers(0, 1000), st.integers(1, 99))
def test_the_counts_behind_a_percentage_are_all_that_print_it(sign, tenths, total):
    printed = f"{sign}{tenths / 10}%"
    expected = [n for n in range(total + 1) if digits.agrees(printed, Fraction(n, total))]
    assert list(reconstruct.counts_behind(printed, total)) == expected


# --------------------------------------------------------------------- censoring and two markers


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 11), st.booleans()), max_size=20), st.integers(1, 20))
def test_no_censoring_hides_more_events_than_the_most(early, remaining):
    """Kaplan-Meier at 12 months: all leave early, by an event or lost, or are seen at 12."""
    times = [time for time, _ in early] + [12.0] * remaining
    events = [int(event) for _, event in early] + [0] * remaining
    curve = SurvfuncRight(times, events)
    patent = curve.surv_prob[-1] if len(curve.surv_prob) else 1.0
    claims = pd.DataFrame(
        {"printed": [str(len(times)), f"{100 * patent:.1f}%"], "section": ["methods", "patency"],
         "quantity": ["patients", "primary_patency"]},
        index=["methods.G.patients", "patency.G.primary_patency"],
    )  # fmt: skip
    assert sum(events) <= reconstruct.most_occluded(claims)["G"]


def test_a_group_whose_rate_is_not_printed_may_have_lost_everybody():
    without = CLAIMS.drop(index="patency.DVT.primary_patency")
    expected = {"NIVCS": 5, "DVT": 92, "PTS": 20}
    assert reconstruct.most_occluded(without).to_dict() == expected


def test_no_two_marker_model_prints_the_published_odds_ratios():
    cases = cores.two_marker_odds_ratios(COVERAGE, COLLATERALS)
    both = [
        digits.agrees("2.503", first) and digits.agrees("2.506", second)
        for first, second in cases.itertuples(index=False)
    ]
    assert not any(both)
    ratios = cases / [2.503, 2.506]
    closest = np.hypot(*np.log(ratios).to_numpy().T).argmin()
    assert closest == 21
    assert cases.loc[21].round(3).tolist() == [2.857, 2.234]
    assert ((ratios.loc[21] - 1) * 100).round().tolist() == [14, -11]
    r = in_r("exp(coef(logistic(cbind(occluded, patent) ~ a + b, core)))[2:3]")
    assert cases.loc[21].tolist() == pytest.approx(r, rel=1e-6)
