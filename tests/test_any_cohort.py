"""For valid files of any shape the book's numbers are those of plain packages on the same rows.

The rows are made here, written to a file as people write them, and read back by the book; what is
expected is computed from the rows themselves and not from what was read.
"""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from helpers import write_rows
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from lib.patients.loading import load
from lib.statistics import methods, multivariate, patency, roc, univariate


@st.composite
def studies(draw) -> tuple[pd.DataFrame, pd.DataFrame, dict]:
    """Rows, their codebook, and how the file is written."""
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    patients = draw(st.integers(60, 400))
    groups = [f"group {letter}" for letter in "ABCDEF"[: draw(st.integers(2, 6))]]
    binary = [f"marker_{i}" for i in range(draw(st.integers(1, 4)))]
    numbers = [f"size_{i}" for i in range(draw(st.integers(0, 2)))]
    missing = draw(st.sampled_from([0, 0, 0.05, 0.2]))
    rows = pd.DataFrame({"clinic": random.choice(groups, patients)})
    for name in binary:
        rows[name] = (random.random(patients) < random.uniform(0.2, 0.8)).astype(float)
    for name in numbers:
        rows[name] = random.normal(80, 20, patients).round(random.integers(0, 3))
    log_odds = rows[binary].sum(axis=1) * 0.5 + random.normal(0, 1, patients) - 1
    rows["died"] = (random.random(patients) < 1 / (1 + np.exp(-log_odds))).astype(float)
    for name in [*binary, *numbers, "died"]:
        rows.loc[random.random(patients) < missing, name] = np.nan
    codebook = pd.DataFrame(
        [
            ["clinic", "Clinic", "group", "category", "", "|".join(groups)],
            *([name, name.capitalize(), "factor", "binary", "", "0|1"] for name in binary),
            *([name, name.capitalize(), "factor", "number", "kg", ""] for name in numbers),
            ["died", "Death", "outcome", "binary", "30 days", "0|1"],
        ],
        columns=["name", "label", "role", "type", "unit", "levels"],
    )
    return (
        rows,
        codebook,
        {"sep": draw(st.sampled_from([",", ";", "\t"])), "words": draw(st.booleans())},
    )


def written(rows: pd.DataFrame, codebook: pd.DataFrame, dialect: dict, folder):
    """The file as a hospital might write it: with words for yes and no, and other separators."""
    shown = rows.copy()
    if dialect["words"]:
        for name in [*rows.filter(like="marker"), "died"]:
            shown[name] = rows[name].map({1.0: "Yes", 0.0: "no"})
    # A row with nothing but its group might be a heading.
    shown = shown.astype(object).where(shown.notna(), "NA")
    return write_rows(folder, shown, codebook, dialect["sep"])


def same(found: float, expected: float) -> bool:
    return found == pytest.approx(expected, rel=1e-7, abs=1e-12, nan_ok=True)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(studies())
def test_the_numbers_are_those_of_plain_packages(tmp_path, study):
    rows, codebook, dialect = study
    cohort = load(written(rows, codebook, dialect, tmp_path))

    rates = patency.rates(patency.counts(cohort))
    for group, of_group in rows.dropna(subset="died").groupby("clinic"):
        free, known = int((of_group["died"] == 0).sum()), len(of_group)
        wilson = proportion_confint(free, known, method="wilson")
        assert (rates.at[group, "patent"], rates.at[group, "patients"]) == (free, known)
        assert same(rates.at[group, "wilson_lower"], wilson[0]) and same(
            rates.at[group, "wilson_upper"], wilson[1]
        )
    crossed = pd.crosstab(rows["clinic"], rows["died"])
    if len(crossed) > 1:
        assert same(
            patency.overall(patency.counts(cohort))["pearson"],
            stats.chi2_contingency(crossed, False).pvalue,
        )

    described = methods.baseline(cohort, cohort.group)
    screened = univariate.screen(cohort)
    for name in cohort.factors:
        known = rows[[name, "died"]].dropna()
        assert described.loc[name, "all n"] == rows[name].notna().sum()
        if name in cohort.binary_factors:
            table = pd.crosstab(known[name], known["died"]).to_numpy()[::-1, ::-1]
            assert screened.at[name, "exposed_occluded"] == table[0, 0]
            assert same(
                screened.at[name, "pearson"], stats.chi2_contingency(table, correction=False).pvalue
            )
            assert same(screened.at[name, "fisher"], stats.fisher_exact(table).pvalue)
            assert same(screened.at[name, "odds_ratio"], sm.stats.Table2x2(table).oddsratio)
        else:
            parts = [known.loc[known["died"] == value, name] for value in (1, 0)]
            assert same(screened.at[name, "student"], stats.ttest_ind(*parts).pvalue)
            assert same(screened.at[name, "welch"], stats.ttest_ind(*parts, equal_var=False).pvalue)
            assert same(described.loc[name, "all median"], rows[name].median())
        area = roc.auc(*roc.level_counts(cohort, name))
        events, others = (known.loc[known["died"] == value, name] for value in (1, 0))
        assert same(area, stats.mannwhitneyu(events, others).statistic / len(events) / len(others))

    model = multivariate.fit(cohort)
    complete = rows[[*cohort.factors, "died"]].dropna()
    assert (model.patients, model.left_out) == (len(complete), len(rows) - len(complete))
    if model.problem is None:
        design = sm.add_constant(complete[cohort.factors])
        plain = sm.GLM(complete["died"], design, sm.families.Binomial()).fit(tol=1e-12)
        np.testing.assert_allclose(model.table["coefficient"], plain.params, rtol=1e-5, atol=1e-7)
        np.testing.assert_allclose(model.table["p"], plain.pvalues, rtol=1e-4, atol=1e-9)
