"""The example cohort: made by its command, prints every claim, and is believable."""

import os
import subprocess
import sys
import tomllib
from itertools import combinations
from math import erfc, exp, sqrt
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from lib.compatible import verification
from lib.compatible.study import study
from lib.patients import loading
from lib.search import example

ROOT = Path(__file__).parent.parent
FILE = ROOT / "data" / "cohort.csv"
BINARY = [
    "crosses_inguinal_ligament",
    "incomplete_coverage",
    "postoperative_collaterals",
    "inflow_thrombus",
    "multiple_stents",
]
LENGTH = "stent_length_mm"
FACTORS = [*BINARY, LENGTH]
MARKERS = ["incomplete_coverage", "postoperative_collaterals"]
DIAGNOSES = ["NIVCS", "DVT", "PTS"]


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    return pd.read_csv(FILE, comment="#")


@pytest.fixture(scope="module")
def printed() -> pd.Series:
    return pd.read_csv(ROOT / "data" / "published.csv", dtype=str).set_index("id")["printed"]


@pytest.fixture(scope="module")
def joint(rows):
    return sm.Logit(rows["occluded_12m"], sm.add_constant(rows[FACTORS].astype(float))).fit(disp=0)


# The file


def test_command_makes_the_file_byte_for_byte(tmp_path):
    made = tmp_path / "cohort.csv"
    made.write_text("an older file")
    run = subprocess.run(
        [sys.executable, "-m", "lib.search.example", made],
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
        timeout=60,
    )
    assert run.returncode == 0, run.stderr
    assert made.read_bytes() == FILE.read_bytes()
    assert os.listdir(tmp_path) == ["cohort.csv"]


def test_file_says_what_it_is():
    comments = [
        line for line in FILE.read_text(encoding="utf-8").splitlines() if line.startswith("#")
    ]
    assert "NOT PATIENT DATA" in comments[0]
    assert any("python -m lib.search.example" in line for line in comments)


def test_file_is_a_valid_cohort(rows):
    loaded = loading.load(FILE)
    assert loaded.is_example
    assert list(rows.columns) == ["patient_id", "diagnosis", *FACTORS, "occluded_12m"]
    assert not rows.isna().any(axis=None)
    assert rows["patient_id"].is_unique
    assert all(pd.api.types.is_integer_dtype(rows[name]) for name in [*FACTORS, "occluded_12m"])


def test_order_means_nothing(rows):
    for name in [*FACTORS, "occluded_12m"]:
        assert stats.spearmanr(np.arange(len(rows)), rows[name]).pvalue > 0.01


def test_failure_leaves_the_file_alone(tmp_path, monkeypatch):
    settings = tmp_path / "example.toml"
    text = example.SETTINGS.read_text(encoding="utf-8")
    settings.write_text(text.replace("clearance = ", "clearance = 0.0 # "), encoding="utf-8")
    settings.write_text(
        settings.read_text().replace("draws = 20", "draws = 1").replace("100_000", "2_000")
    )
    monkeypatch.setattr(example, "SETTINGS", settings)
    made = tmp_path / "cohort.csv"
    made.write_text("an older file")
    with pytest.raises(RuntimeError, match="No example cohort was found in 1 draws of 2000 steps"):
        example.main(made)
    assert made.read_text() == "an older file"
    assert sorted(os.listdir(tmp_path)) == ["cohort.csv", "example.toml"]


def test_claims_without_a_solution_are_refused():
    claims = example.read()
    claims.loc["roc.incomplete_coverage.sensitivity", "printed"] = "45.1%"
    with pytest.raises(example.InputError, match="the claims must determine the counts"):
        example.make_example(claims, example.read_codebook(example.DATA / "codebook.csv"), {})


# What it prints, computed here without the library


def test_counts_and_patency(rows, printed):
    assert str(len(rows)) == printed["methods.all.patients"]
    for name in DIAGNOSES:
        group = rows[rows["diagnosis"] == name]
        assert str(len(group)) == printed[f"methods.{name}.patients"]
        assert (
            f"{1 - group['occluded_12m'].mean():.1%}" == printed[f"patency.{name}.primary_patency"]
        )


@pytest.mark.parametrize("factor", BINARY)
def test_binary_factor_is_significant_by_every_test(rows, printed, factor):
    table = pd.crosstab(rows[factor], rows["occluded_12m"])
    wald = sm.Logit(rows["occluded_12m"], sm.add_constant(rows[factor].astype(float))).fit(disp=0)
    p_values = {
        "pearson": stats.chi2_contingency(table, correction=False).pvalue,
        "yates": stats.chi2_contingency(table, correction=True).pvalue,
        "fisher": stats.fisher_exact(table).pvalue,
        "wald": wald.pvalues[factor],
    }
    assert printed[f"univariate.{factor}.p_value"] == "<0.05"
    assert max(p_values.values()) < 0.04, p_values


def test_length_is_significant_by_every_test(rows, printed):
    occluded, patent = (rows.loc[rows["occluded_12m"] == value, LENGTH] for value in (1, 0))
    wald = sm.Logit(rows["occluded_12m"], sm.add_constant(rows[LENGTH].astype(float))).fit(disp=0)
    p_values = {
        "student": stats.ttest_ind(occluded, patent).pvalue,
        "welch": stats.ttest_ind(occluded, patent, equal_var=False).pvalue,
        "mann_whitney": stats.mannwhitneyu(occluded, patent).pvalue,
        "wald": wald.pvalues[LENGTH],
    }
    assert printed[f"univariate.{LENGTH}.p_value"] == "<0.05"
    assert max(p_values.values()) < 0.04, p_values


@pytest.mark.parametrize("multiplier", [stats.norm.ppf(0.975), 1.96])
@pytest.mark.parametrize("marker", MARKERS)
def test_joint_model_prints_both_odds_ratios(joint, printed, marker, multiplier):
    estimate, error = joint.params[marker], joint.bse[marker]
    found = {
        "odds_ratio": exp(estimate),
        "odds_ratio_lower": exp(estimate - multiplier * error),
        "odds_ratio_upper": exp(estimate + multiplier * error),
        "p_value": 2 * stats.norm.sf(abs(estimate) / error),
    }
    for quantity, value in found.items():
        claim = printed[f"multivariate.{marker}.{quantity}"]
        assert f"{value:.3f}" == claim
        assert abs(value - float(claim)) < 0.00046  # clear of the edges, which are 0.0005 away


def test_joint_model_leaves_the_others_unremarkable(joint):
    others = [factor for factor in FACTORS if factor not in MARKERS]
    assert (joint.pvalues[others] > 0.1).all()
    assert (joint.params[others] > 0).all()


@pytest.mark.parametrize("marker", MARKERS)
def test_roc(rows, printed, marker):
    exposed, occluded = rows[marker] == 1, rows["occluded_12m"] == 1
    n1, n0 = occluded.sum(), (~occluded).sum()
    sensitivity, specificity = (exposed & occluded).sum() / n1, (~exposed & ~occluded).sum() / n0
    area = (sensitivity + specificity) / 2
    # Hanley and McNeil 1982 with ties broken, level by level.
    events = [(~exposed & occluded).sum(), (exposed & occluded).sum()]
    nonevents = [(~exposed & ~occluded).sum(), (exposed & ~occluded).sum()]
    q1 = (
        nonevents[0] * (events[1] ** 2 + events[1] * events[0] + events[0] ** 2 / 3)
        + nonevents[1] * events[1] ** 2 / 3
    )
    q2 = (
        events[1] * (nonevents[0] ** 2 + nonevents[0] * nonevents[1] + nonevents[1] ** 2 / 3)
        + events[0] * nonevents[0] ** 2 / 3
    )
    q1, q2 = q1 / (n0 * n1**2), q2 / (n1 * n0**2)
    error = sqrt(
        (area * (1 - area) + (n1 - 1) * (q1 - area**2) + (n0 - 1) * (q2 - area**2)) / (n1 * n0)
    )
    null_error = sqrt((n1 + n0 + 1) / (12 * n1 * n0))
    found = {
        "sensitivity": f"{sensitivity:.1%}",
        "specificity": f"{specificity:.1%}",
        "auc": f"{area:.3f}",
        "auc_lower": f"{area - 1.96 * error:.3f}",
        "auc_upper": f"{area + 1.96 * error:.3f}",
        "p_value": f"{erfc((area - 0.5) / null_error / sqrt(2)):.3f}",
    }
    assert found == {quantity: printed[f"roc.{marker}.{quantity}"] for quantity in found}


def test_every_claim_is_among_these(printed):
    """A claim added to published.csv needs a test above."""
    tested = {
        "patients",
        "primary_patency",
        "p_value",
        "auc",
        "auc_lower",
        "auc_upper",
        "sensitivity",
        "specificity",
    }
    tested |= {"odds_ratio", "odds_ratio_lower", "odds_ratio_upper"}
    given = {"first_month", "last_month", "horizon", "confidence_level"}
    assert {name.split(".")[2] for name in printed.index} == tested | given


# That it is believable


def test_factors_are_commoner_from_diagnosis_to_diagnosis(rows):
    means = rows.groupby("diagnosis")[FACTORS].mean().loc[DIAGNOSES]
    assert (means.diff().iloc[1:] > 0).all(axis=None)
    assert means[BINARY].min(axis=None) > 0.02
    assert means[BINARY].max(axis=None) < 0.6
    assert rows[BINARY].mean().between(0.1, 0.4).all()


def test_lengths_are_those_of_stents(rows):
    assert rows[LENGTH].between(40, 300).all()
    assert rows[LENGTH].mean() == pytest.approx(105, abs=20)
    assert rows[LENGTH].std() == pytest.approx(32, abs=8)
    assert rows.loc[rows["multiple_stents"] == 0, LENGTH].max() <= 160
    by_stents = (
        rows.groupby(["crosses_inguinal_ligament", "multiple_stents"])[LENGTH].mean().unstack()
    )
    assert (by_stents[1] - by_stents[0] > 15).all()
    assert (by_stents.loc[1] - by_stents.loc[0] > 10).all()


def test_correlations_are_moderate_and_not_absurd(rows):
    correlations = rows[FACTORS].corr()
    for first, second in combinations(FACTORS, 2):
        assert -0.1 < correlations.at[first, second] < 0.7, (first, second)
    assert correlations.at["multiple_stents", LENGTH] > 0.4
    assert correlations.at["crosses_inguinal_ligament", LENGTH] > 0.2


def test_crude_effects_are_modest(rows):
    for factor in BINARY:
        (a, b), (c, d) = pd.crosstab(rows[factor], rows["occluded_12m"]).to_numpy()
        assert 2 < a * d / b / c < 3.3
        assert min(a, b, c, d) >= 10  # nowhere near separation


def test_core_is_what_independent_markers_would_give(rows):
    for _, stratum in rows.groupby("occluded_12m"):
        together = (stratum[MARKERS[0]] & stratum[MARKERS[1]]).sum()
        expected = stratum[MARKERS[0]].sum() * stratum[MARKERS[1]].sum() / len(stratum)
        assert abs(together - expected) < 1


# How it is made


def test_another_seed_gives_another_cohort():
    settings = tomllib.loads(example.SETTINGS.read_text(encoding="utf-8"))
    settings["seed"] += 1
    claims = example.read()
    made = example.make_example(
        claims, example.read_codebook(example.DATA / "codebook.csv"), settings
    )
    about = study(claims, made.codebook)
    assert verification.unmet(made.rows, about, settings["search"]["alone_margin"]) == ""
    assert made.rows.astype(str).to_csv() != loading.load(FILE).rows.astype(str).to_csv()


@given(total=st.integers(0, 60), shares=st.lists(st.integers(1, 100), min_size=1, max_size=6))
def test_apportion(total, shares):
    shares = np.array(shares)
    whole = example.apportion(total, shares)
    assert whole.sum() == total
    assert (abs(whole - total * shares / shares.sum()) < 1).all()
