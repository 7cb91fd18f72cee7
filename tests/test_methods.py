"""The baseline table: tests of no difference, and standardized differences."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from helpers import codebook_of, read_cohort, students, write_rows
from scipy import stats

from lib.patients.loading import load
from lib.statistics import methods, univariate


def shares(first: int, second: int, of: int) -> pd.DataFrame:
    """Two groups of patients, of whom so many have a factor."""
    has = [1] * first + [0] * (of - first) + [1] * second + [0] * (of - second)
    return pd.DataFrame({"has_it": has, "group": ["A"] * of + ["B"] * of, "outcome": [0, 1] * of})


@pytest.mark.parametrize(
    ("first", "second", "of", "test", "p", "difference"),
    [
        # Austin 2009: (0.5 - 0.4) / sqrt((0.25 + 0.24) / 2).
        (50, 40, 100, "chi-square", lambda table: stats.chi2_contingency(table, False), 0.202031),
        # Few expected patients ask for the exact test.
        (4, 1, 20, "exact", stats.fisher_exact, 0.465690),
    ],
)
def test_shares_are_compared_by_a_test_and_a_standardized_difference(
    first, second, of, test, p, difference
):
    cohort = read_cohort(shares(first, second, of), "A|B")
    row = methods.baseline(cohort, cohort.group).loc["has_it"]
    assert row["test"] == test
    assert row["p"] == pytest.approx(p([[first, of - first], [second, of - second]]).pvalue)
    assert row["standardized_difference"] == pytest.approx(difference, abs=1e-6)


@pytest.mark.parametrize("groups", ["AB", "ABC"])
@pytest.mark.parametrize("patients", [240, 24])
def test_a_category_is_tested_as_a_whole(tmp_path, groups, patients):
    """Beside its first level; exactly where few are expected and two samples are compared."""
    random = np.random.default_rng(patients)
    rows = pd.DataFrame({"group": random.choice(list(groups), patients)})
    rows["side"] = np.where(random.random(patients) < 0.3, "left", "right")
    rows["side"] = rows["side"].mask(random.random(patients) < 0.3, "both")
    rows["outcome"] = random.integers(0, 2, patients)
    codebook = codebook_of(rows, "|".join(groups)).set_index("name", drop=False)
    codebook.loc["side", ["type", "levels", "missing"]] = ["category", "left|right|both", ""]
    cohort = load(write_rows(tmp_path, rows, codebook))
    for by in ("group", "outcome"):
        found = methods.baseline(cohort, by)[["test", "p"]]
        table, exact = pd.crosstab(rows["side"], rows[by]), patients == 24
        if exact and table.shape[1] == 2:
            chosen = stats.MonteCarloMethod(rng=np.random.default_rng(1))
            expected = "exact", stats.fisher_exact(table, method=chosen).pvalue
        else:
            expected = "chi-square", stats.chi2_contingency(table).pvalue
        assert found.loc["side=left", "test"] == expected[0]
        assert found.loc["side=left", "p"] == pytest.approx(
            expected[1], abs=0.02 if exact else 1e-9
        )
        assert found.loc[["side=right", "side=both"], "p"].isna().all()


def test_a_number_is_compared_by_its_ranks():
    cohort = students()
    row = methods.baseline(cohort, cohort.outcome).loc["GPA"]
    parts = [cohort.rows.loc[cohort.rows["outcome"] == value, "GPA"] for value in (0, 1)]
    pooled = np.sqrt((parts[0].var() + parts[1].var()) / 2)
    assert row["p"] == pytest.approx(stats.kruskal(*parts).pvalue)
    assert row["standardized_difference"] == pytest.approx(
        abs(parts[0].mean() - parts[1].mean()) / pooled
    )


def test_what_does_not_vary_has_no_test():
    cohort = read_cohort(shares(20, 20, 20), "A|B")
    row = methods.baseline(cohort, cohort.group).loc["has_it"]
    assert np.isnan(row["p"])
    assert np.isnan(row["standardized_difference"])


def test_an_odds_ratio_is_about_a_step_that_can_be_seen():
    """The nearest power of ten: the grade points of these students have a standard deviation of
    0.47, the score of 3.9."""
    asked = students()
    cohort = replace(asked, codebook=asked.codebook.assign(step=""))
    assert (cohort.step("GPA"), cohort.step("TUCE"), cohort.step("has_PSI")) == (1.0, 10.0, 1.0)
    found, for_one = univariate.screen(cohort), univariate.screen(asked)
    assert found.at["TUCE", "odds_ratio"] == pytest.approx(for_one.at["TUCE", "odds_ratio"] ** 10)
    assert (cohort.per_step("TUCE"), asked.per_step("TUCE")) == ("TUCE (per 10)", "TUCE (per 1)")


@pytest.mark.parametrize(
    ("spread", "step"), [(80, 100), (20, 10), (0.2, 0.1), (0.5, 1), (3, 1), (3.3, 10), (31, 10)]
)
def test_the_step_is_the_power_of_ten_nearest_to_the_standard_deviation(spread, step):
    """By their ratio; of whole numbers at least 1."""
    asked = students()
    values = asked.rows["GPA"] / asked.rows["GPA"].std() * spread
    cohort = replace(
        asked, rows=asked.rows.assign(GPA=values), codebook=asked.codebook.assign(step="")
    )
    assert cohort.step("GPA") == step
    whole = replace(cohort, rows=cohort.rows.assign(GPA=values.round()))
    assert whole.step("GPA") == max(step, 1)


@pytest.mark.parametrize(
    ("step", "words"),
    [
        ("0.1", "0.1"),
        ("2500", "2,500"),
        ("1000000", "1,000,000"),
        ("100000000", "100,000,000"),
        ("1000000000", "1e+09"),
    ],
)
def test_a_step_is_written_out_as_far_as_it_can_be_read(step, words):
    asked = students()
    cohort = replace(asked, codebook=asked.codebook.assign(step=step))
    assert cohort.per_step("GPA") == f"GPA (per {words})"
