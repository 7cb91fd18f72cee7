"""The example cohort: a cohort file that prints every claim, and is believable."""

import re
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from helpers import STUDY
from scipy import stats

from lib.compatible import verification
from lib.patients import loading

LENGTH, FACTORS = STUDY.length, STUDY.factors
BINARY = [name for name in FACTORS if name != LENGTH]


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    return pd.read_csv(loading.EXAMPLE, comment="#")


def test_file_says_what_it_is():
    first, *others = loading.EXAMPLE.read_text(encoding="utf-8").splitlines()
    assert first.startswith("#") and "NOT PATIENT DATA" in first
    assert any(re.match("#.*python -m lib.search.example", line) for line in others)


def test_it_prints_every_claim_and_means_nothing_by_its_order(rows):
    loaded = loading.load(loading.EXAMPLE)
    assert loaded.is_example and not rows.isna().any(axis=None)
    assert verification.unmet(loaded.rows, STUDY) == ""
    for name in [*FACTORS, "occluded_12m"]:
        assert stats.spearmanr(np.arange(len(rows)), rows[name]).pvalue > 0.01


def test_factors_are_commoner_from_diagnosis_to_diagnosis(rows):
    means = rows.groupby("diagnosis")[FACTORS].mean().loc[STUDY.groups.index]
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
        first, second = (stratum[marker] for marker in STUDY.markers)
        assert abs((first & second).sum() - first.sum() * second.sum() / len(stratum)) < 1
