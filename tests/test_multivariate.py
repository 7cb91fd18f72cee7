"""The joint model against R on a published data set, and against data that allow no model."""

from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from helpers import in_r, read_cohort, students
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from lib.patients.cohort import Cohort
from lib.statistics import multivariate, profile, sensitivity, univariate

FACTORS = ["GPA", "TUCE", "has_PSI"]
MODEL = "logistic(GRADE ~ GPA + TUCE + PSI, spector)"


def test_a_published_model_as_r_has_it():
    model = multivariate.fit(students())
    table = model.table
    assert list(table.index) == ["const", *FACTORS]
    assert (model.patients, model.left_out, model.events, model.problem) == (32, 0, 11, None)
    expected = {
        "coefficient": in_r(f"coef({MODEL})"),
        "standard_error": in_r(f"coef(summary({MODEL}))[, 2]"),
        "odds_ratio": np.exp(in_r(f"coef({MODEL})")),
        "lower": in_r(f"exp(confint.default({MODEL}))[, 1]"),
        "upper": in_r(f"exp(confint.default({MODEL}))[, 2]"),
        "p": in_r(f"coef(summary({MODEL}))[, 4]"),
    }
    for column, values in expected.items():
        assert table[column].tolist() == pytest.approx(list(values), rel=1e-6), column
    assert model.probabilities.tolist() == pytest.approx(in_r(f"fitted({MODEL})"), rel=1e-6)
    assert multivariate.significant(model) == ["GPA", "has_PSI"]
    at_90 = multivariate.fit(students(), level=0.9).table["lower"]
    assert at_90.tolist() == pytest.approx(
        in_r(f"exp(confint.default({MODEL}, level = 0.9))[, 1]"), rel=1e-6
    )


SIZES = {"tiny": 1e-5, "small": 1e-3, "plain": 1.0, "large": 1e3, "year": 10.0, "vast": 1e9}


@cache
def of_sizes() -> tuple[Cohort, Cohort]:
    """Numbers of every size, and the same patients with each in units of its step."""
    random = np.random.default_rng(14)
    rows = pd.DataFrame({name: random.normal(9, 2, 300).round(2) for name in SIZES})
    rows["year"] = random.integers(2008, 2021, 300) / SIZES["year"]
    log_odds = (rows[list(SIZES)] - rows[list(SIZES)].mean()).sum(axis=1) / 8
    rows["outcome"] = (random.random(300) < 1 / (1 + np.exp(-log_odds))).astype(int)
    rows["group"] = np.where(random.random(300) < 0.5, "A", "B")
    rows.loc[:4, "group"] = None
    sized = read_cohort(rows.assign(**rows[list(SIZES)] * SIZES))
    steps = [sized.step(name) for name in SIZES]
    scaled = sized.rows.assign(**sized.rows[list(SIZES)] / steps)
    codebook = sized.codebook.assign(step=np.where(sized.codebook["type"] == "number", "1", ""))
    return sized, replace(sized, rows=scaled, codebook=codebook)


def test_the_odds_ratios_of_a_step_are_those_of_the_column_in_steps():
    sized, scaled = of_sizes()
    assert [sized.step(name) for name in SIZES] == pytest.approx(list(SIZES.values()))
    table = multivariate.fit(sized).table.drop(index="const")
    design = sm.add_constant(scaled.rows[list(SIZES)] - scaled.rows[list(SIZES)].mean())
    plain = sm.Logit(scaled.rows["outcome"], design).fit(disp=0)
    ends = np.exp(plain.conf_int()).set_axis(["lower", "upper"], axis=1)
    for column, expected in [("odds_ratio", np.exp(plain.params)), *ends.items()]:
        assert table[column].tolist() == pytest.approx(expected[1:].tolist(), rel=1e-6), column


@pytest.mark.parametrize(
    "table",
    [
        univariate.screen,
        lambda cohort: profile.profile_limits(cohort).table,
        lambda cohort: profile.firth(cohort).table,
        lambda cohort: sensitivity.adjusted_for_group(cohort).table,
        lambda cohort: sensitivity.influence(cohort)[1].table,
    ],
)
def test_every_odds_ratio_is_that_of_a_step(table):
    ratios = [table(cohort).filter(regex="odds_ratio|lower|upper") for cohort in of_sizes()]
    pd.testing.assert_frame_equal(*ratios, rtol=1e-5)
    assert np.isfinite(ratios[0].loc[list(SIZES)]).all(axis=None)


def test_collinearity_as_r_has_it():
    vif = in_r("c(vif(GPA ~ TUCE + PSI), vif(TUCE ~ GPA + PSI), vif(PSI ~ GPA + TUCE))")
    assert multivariate.collinearity(students())[
        "variance_inflation_factor"
    ].tolist() == pytest.approx(vif, rel=1e-9)


designs = st.lists(st.tuples(st.integers(0, 1), st.integers(-3, 3)), min_size=6, max_size=25)


def cohort_of(design: list[tuple[int, int]], outcome: list[int]):
    return read_cohort(pd.DataFrame(design, columns=["has_a", "b"]).assign(outcome=outcome))


@pytest.mark.filterwarnings("error")
@settings(max_examples=40, deadline=None)
@given(designs, st.integers(-2, 2), st.integers(-2, 2), st.integers(-2, 2), st.data())
def test_separated_outcomes_have_no_model(design, a, b, constant, data):
    """Outcomes that a line tells apart, whatever they are on the line itself."""
    sides = [a * x + b * z + constant for x, z in design]
    outcome = [data.draw(st.integers(0, 1)) if side == 0 else int(side > 0) for side in sides]
    assume(any(sides) and 0 < sum(outcome) < len(outcome))
    model = multivariate.fit(cohort_of(design, outcome))
    assert model.problem
    assert model.table.empty
    assert multivariate.significant(model) == []


@pytest.mark.filterwarnings("error")
@settings(max_examples=40, deadline=None)
@given(designs, st.data())
def test_overlapping_outcomes_have_the_model_that_balances_the_scores(design, data):
    """Each patient has a double with the other outcome, so nothing can separate them; some are
    there several times. At the maximum every factor sums to the same over the events as over the
    fitted probabilities."""
    columns = np.array(design).T
    assume(np.linalg.matrix_rank(np.vstack([columns, np.ones(len(design))])) == 3)
    again = data.draw(st.lists(st.integers(0, len(design) - 1), max_size=10))
    rows = [(x, y) for x in design for y in (0, 1)] + [(design[i], 1) for i in again]
    outcome = np.array([y for _, y in rows])
    model = multivariate.fit(cohort_of([x for x, _ in rows], list(outcome)))
    assert model.problem is None
    exposures = np.column_stack([np.ones(len(rows)), [x for x, _ in rows]])
    assert exposures.T @ model.probabilities == pytest.approx(exposures.T @ outcome, abs=1e-5)


X, Z = np.tile([1.0, 2.0, 4.0, 3.0], 5), np.tile([1, 1, 0, 1, 0], 4)
OUTCOME = np.tile([1, 0, 0, 1, 1, 0, 0], 3)[:20]


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"x": 5}, "do not vary: x"),
        ({"has_z": 1}, "do not vary: has_z"),
        ({"double": 2 * X - 1}, "exact combinations"),
        ({"outcome": 0}, "outcome does not vary"),
        ({"outcome": 1}, "outcome does not vary"),
        ({"x": np.nan}, "no patient has all values"),
        (
            {"x": np.where(OUTCOME == 1, np.nan, X)},
            "outcome does not vary among the patients with complete data",
        ),
        ({"has_z": OUTCOME}, "separate"),
        ({"has_z": np.maximum(OUTCOME, Z)}, "separate"),
    ],
)
def test_why_there_is_no_model_is_said_in_words(changes, words):
    model = multivariate.fit(
        read_cohort(pd.DataFrame({"x": X, "has_z": Z, "outcome": OUTCOME}).assign(**changes))
    )
    assert words in model.problem
    assert model.table.empty
    assert list(model.table.columns) == list(multivariate.fit(students()).table.columns)
    assert model.patients + model.left_out == 20
