"""Separation: what is said of it, and borders tried one by one."""

from itertools import product

import numpy as np
import pandas as pd
import pytest
from helpers import codebook_of, random_patients, read_cohort, write_rows
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.patients.loading import load
from lib.show import model_tables
from lib.statistics import bootstrap, multivariate, profile, sensitivity, separation, univariate

pytestmark = pytest.mark.filterwarnings("error")
FINITE = "no finite maximum of the likelihood exists"


SEPARATED = {
    "quasi-complete": (
        lambda rows: rows.assign(outcome=rows["outcome"] | rows["has_a"]),
        "Separation is quasi-complete: the factors leave no doubt about 34 of 60 patients. "
        "has_a separates alone: where it is “1”, every patient (34) has the outcome “1”.",
    ),
    "complete": (
        lambda rows: rows.assign(outcome=rows["has_a"]),
        "Separation is complete: the factors leave no doubt about 60 of 60 patients. "
        "has_a separates alone: where it is “1”, every patient (34) has the outcome “1” "
        "and where it is “0”, every patient (26) has the outcome “0”.",
    ),
    "number": (
        lambda rows: rows.assign(outcome=(rows["length"] < 90).astype(int)),
        "Separation is complete: the factors leave no doubt about 60 of 60 patients. "
        "length separates alone: where it is below 91.6, every patient (18) has the outcome “1” "
        "and where it is above 89.9, every patient (42) has the outcome “0”.",
    ),
    "combination": (
        lambda rows: rows.assign(outcome=(rows["length"] + 30 * rows["has_a"] > 110).astype(int)),
        "Separation is complete: the factors leave no doubt about 60 of 60 patients. "
        "Only in combination, these separate the outcomes: has_a and length.",
    ),
}


@pytest.mark.parametrize("name", SEPARATED)
def test_separation_is_described_in_words_and_firth_has_an_answer(name):
    change, words = SEPARATED[name]
    rows = read_cohort(change(random_patients()), "A|B|C")
    assert separation.separation(rows).account == words
    assert FINITE in profile.profile_limits(rows).problem
    assert FINITE in sensitivity.influence(rows)[1].problem
    penalized = profile.firth(rows)
    assert penalized.problem is None
    assert np.isfinite(penalized.table).all(axis=None)


def test_a_level_of_a_category_is_called_there_or_not(tmp_path):
    rows = random_patients()
    rows["side"] = np.where(rows["has_a"], np.where(rows["has_b"], "both", "left"), "right")
    rows["outcome"] |= rows["side"] == "both"
    rules = codebook_of(rows.drop(columns=["has_a", "has_b"]), "A|B|C").set_index("name")
    rules.loc["side", ["type", "levels", "missing"]] = ["category", "left|right|both", ""]
    account = separation.separation(load(write_rows(tmp_path, rows, rules.reset_index()))).account
    assert "side: both separates alone: where it is “yes”" in account


ALL_BUT_4 = {"outcome": [1, 0] * 60, "stage": ["1", "2", "3"] * 40}


@pytest.mark.parametrize(
    ("levels", "changes", "problem"),
    [
        ("1|2|3|4", {}, None),
        ("4|1|2|3", {}, "no patient has stage: 4, the reference; put another level first in the "
         "column levels of the codebook"),
        ("1|2|3|4", {"stage": "1"}, "these factors do not vary: stage: 2, stage: 3 and stage: 4"),
        ("1|2|3|4", {"stage": "2"}, "these factors do not vary: stage: 2, stage: 3 and stage: 4"),
        (
            "1|2|3|4",
            {"stage": ["4", "4", *ALL_BUT_4["stage"][2:]], "size": ["", "", *range(118)]},
            "these factors do not vary among the patients with complete data: stage: 4; join a "
            "level that none of them has with another, in the file and its codebook",
        ),
        (
            "4|1|2|3",
            {"stage": ["4", "4", *ALL_BUT_4["stage"][2:]], "size": ["", "", *range(118)]},
            "no patient with complete data has stage: 4, the reference; put another level first "
            "in the column levels of the codebook",
        ),
    ],
)  # fmt: skip
def test_a_level_that_no_patient_has_is_left_out_or_named(
    tmp_path, shown, levels, changes, problem
):
    rows = pd.DataFrame({"group": ["A", "B"] * 60, "size": range(120), **ALL_BUT_4, **changes})
    rules = codebook_of(rows, "A|B").set_index("name", drop=False)
    rules.loc["stage", ["type", "levels", "missing"]] = ["category", levels, ""]
    rules.loc["size", ["type", "levels"]] = ["number", ""]
    cohort = load(write_rows(tmp_path, rows, rules))
    models = [multivariate.fit(cohort), profile.firth(cohort), profile.profile_limits(cohort)]
    assert [model.problem for model in models] == [problem] * 3
    screened = univariate.screen(cohort)  # also where nobody is at the reference
    if problem is None:
        assert list(models[0].table.index) == ["const", "size", "stage=2", "stage=3"]
        assert cohort.described == ["size", "stage=1", "stage=2", "stage=3", "stage=4"]
        assert multivariate.collinearity(cohort).notna().all(axis=None)
        model_tables.crude_and_adjusted(screened, models[0].table, cohort)
        cells = {name: row for name, *row in shown[0].content["rows"]}
        assert cells["stage: 4"][:2] == ["0/60 (0.0%)"] * 2
        assert cells["stage: 4"][2:] == ["–"] * 4


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"outcome": 1}, "the outcome does not vary"),
        ({"length": np.nan}, "no patient has all values"),
        (
            {"outcome": 1, "length": [np.nan] + [5] * 59},
            "the outcome does not vary among the patients with complete data",
        ),
    ],
)
def test_it_is_said_among_whom_the_outcome_does_not_vary(changes, words):
    cohort = read_cohort(random_patients().assign(**changes), "A|B|C")
    account = separation.separation(cohort).account
    assert account == f"Separation cannot be judged: {words}."
    assert multivariate.fit(cohort).problem == profile.firth(cohort).problem == words
    assert bootstrap.validate(cohort, 20).problem == words


@settings(max_examples=40)
@given(
    st.lists(st.tuples(*[st.integers(0, 1)] * 3), min_size=4, max_size=9).filter(
        lambda rows: len({row[2] for row in rows}) == 2
    )
)
def test_a_patient_is_told_apart_just_where_some_border_does(rows):
    """Two binary factors: every border there is can be tried one by one."""
    table = pd.DataFrame(rows, columns=["has_a", "has_b", "outcome"])
    points, sign = (
        np.column_stack([np.ones(len(table)), table[["has_a", "has_b"]]]),
        2 * table["outcome"].to_numpy() - 1,
    )
    sides = (sign[:, None] * points) @ np.array(list(product(np.arange(-3, 4) / 2, repeat=3))).T
    borders = sides[:, (sides >= 0).all(axis=0)]
    assert separation.separation(read_cohort(table)).told_apart == (borders > 0).any(axis=1).sum()
