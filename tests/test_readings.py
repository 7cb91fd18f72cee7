"""What the printed model may have held: the stored cohorts against statsmodels, the verdicts."""

import re
from itertools import product

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from helpers import BREAKS, STUDY, read_cohort, with_printed
from scipy import stats

from lib.compatible import exclusion, readings, study
from lib.paper import cores, wald
from lib.paper.digits import agrees
from lib.patients.cohort import Cohort
from lib.statistics import profile, univariate

CLAIMS, CODEBOOK, PRINTED = STUDY.claims, STUDY.codebook, STUDY.printed
SEARCHED = readings.searched(STUDY)
COUNTS = study.read_stored("readings.csv")
STORED = study.read_stored("readings.parquet")
KEYS = list(STORED[["reading", "number"]].drop_duplicates().itertuples(index=False, name=None))
# What spoils only a cohort whose model holds group and other factors.
OF_ALL = ["another diagnosis", "a collinear factor"]


@pytest.fixture(scope="module")
def surveyed() -> pd.DataFrame:
    return readings.survey(CLAIMS)


def of(reading: str, number: int) -> pd.DataFrame:
    rows = STORED[(STORED["reading"] == reading) & (STORED["number"] == number)]
    return rows.reset_index(drop=True)


@pytest.mark.parametrize(("reading", "number"), KEYS)
def test_every_stored_cohort_prints_the_model_with_statsmodels(reading, number):
    rows, model = of(reading, number), SEARCHED[reading]
    design = rows[model.factors].astype(float)
    if model.adjusts_for_group:
        dummies = pd.get_dummies(rows[STUDY.group].astype(str), dtype=float)
        design = design.join(dummies[list(STUDY.groups.index[1:])])
    fitted = sm.Logit(rows[STUDY.outcome].astype(float), sm.add_constant(design)).fit(disp=0)
    for marker in STUDY.markers:
        lower, upper = np.exp(fitted.conf_int().loc[marker])
        values = [np.exp(fitted.params[marker]), lower, upper, fitted.pvalues[marker]]
        for quantity, value in zip(wald.QUANTITIES, values, strict=True):
            assert agrees(CLAIMS.at[f"multivariate.{marker}.{quantity}", "printed"], value)
    others = [factor for factor in model.factors if factor not in STUDY.markers]
    assert (fitted.pvalues[others] >= 0.05).all()
    codebook = CODEBOOK[CODEBOOK["role"].ne("factor") | CODEBOOK.index.isin(model.factors)]
    rows = rows.astype(dict.fromkeys(model.factors, float))
    tests = univariate.screen(Cohort(rows, codebook, "", False))
    every = [*univariate.BINARY_TESTS, *univariate.NUMBER_TESTS]
    assert (tests.loc[others, every].fillna(0) < 0.05).all().all()


@pytest.mark.parametrize(
    ("reading", "change"),
    [
        (reading, change)
        for reading in SEARCHED
        for change in BREAKS
        if reading == readings.ALL_WITH_DIAGNOSIS or change not in OF_ALL
    ],
)
def test_a_broken_cohort_is_refused(reading, change):
    whole = of(*next(key for key in KEYS if key[0] == reading))
    assert len(readings.believed(whole, reading, SEARCHED[reading])) == len(whole)
    assert readings.believed(BREAKS[change](whole), reading, SEARCHED[reading]).empty


def test_every_verdict_has_a_reason(surveyed):
    assert surveyed["reason"].str.len().gt(0).all()
    assert set(readings.LISTED) | set(SEARCHED) <= set(surveyed.index)
    possible = set(exclusion.possible_cores(PRINTED)["n11"])
    searched = surveyed.loc[list(SEARCHED)]
    # All that are stored pass the check.
    assert searched["found"].sum() == len(KEYS)
    ends = searched.loc[searched["found"] > 0, ["n11_least", "n11_most"]]
    assert set(ends.to_numpy().ravel()) <= possible


def test_under_firths_penalty_the_two_markers_alone_print_other_odds_ratios_too(surveyed):
    row = surveyed.loc["two markers alone, Firth's penalty"]
    assert (row["verdict"], row["found"]) == ("contradicted: proven", 0)
    n11, *nearest = re.search(
        r"nearest, (\d+), prints ([\d.]+) and ([\d.]+)$", row["reason"]
    ).groups()
    # It depends on the core only through the patients with both, here all of them occluded or not.
    k1 = min(int(n11), 19)
    core = pd.DataFrame({"k1": [k1], "k0": [int(n11) - k1]})
    (patients,) = cores.cells(PRINTED.first, PRINTED.second, core).astype(int)
    cells = [(outcome, *marks) for outcome in (1, 0) for marks in product((1, 0), repeat=2)]
    rows = pd.DataFrame(cells, columns=["outcome", "has_a", "has_b"])
    of_all = rows.loc[rows.index.repeat(patients.ravel())]
    assert [f"{x:.3f}" for x in profile.firth(read_cohort(of_all)).table["odds_ratio"]] == nearest
    # Also independent of the project.
    assert (int(n11), nearest) == (21, ["2.819", "2.213"])


def test_a_stepwise_choice_that_keeps_a_third_factor_is_not_contradicted(surveyed):
    assert surveyed.at["stepwise selection that keeps a third factor", "verdict"].startswith("open")


@pytest.mark.parametrize("reading", readings.LISTED)
def test_a_listing_with_a_step_missing_proves_nothing(surveyed, reading, monkeypatch):
    last = COUNTS.index[COUNTS["reading"] == reading][-1]
    assert surveyed.at[reading, "verdict"] == "contradicted: proven"
    found = COUNTS.assign(found=COUNTS["found"].where(COUNTS.index != last, 1))
    for counts, verdict in [(COUNTS.drop(last), "not listed"), (found, "fits found")]:
        stored = {"readings.csv": counts, "readings.parquet": STORED}
        monkeypatch.setattr(readings, "read_stored", stored.get)
        assert readings.survey(CLAIMS).at[reading, "verdict"] == f"open: {verdict}"


def test_what_was_made_for_other_claims_is_not_used():
    claims = with_printed(CLAIMS, {"multivariate.incomplete_coverage.p_value": "0.02"})
    table = readings.survey(claims)
    assert (table.loc[readings.LISTED, "verdict"] == "open: not listed").all()


@pytest.mark.parametrize("place", range(len(readings.LISTING_CODE)))
def test_what_was_made_by_other_code_is_not_used(place, tmp_path, monkeypatch):
    """One altered number in what computes the counts, and they prove nothing."""
    changed = tmp_path / "changed.py"
    text = readings.LISTING_CODE[place].read_text(encoding="utf-8")
    changed.write_text(text.replace("1e-", "2e-", 1), encoding="utf-8")
    assert changed.read_text(encoding="utf-8") != text
    code = [changed if i == place else path for i, path in enumerate(readings.LISTING_CODE)]
    monkeypatch.setattr(readings, "LISTING_CODE", code)
    table = readings.survey(CLAIMS)
    assert (table.loc[readings.LISTED, "verdict"] == "open: not listed").all()


def test_what_computes_the_counts_is_what_they_are_keyed_by():
    assert "listings.py" in [path.name for path in readings.LISTING_CODE]
    assert (COUNTS["made_from"] == readings.fingerprint(STUDY)).all()


def test_two_markers_that_were_the_whole_model_are_not_contradicted(surveyed):
    """What a model with the two markers alone prints is possible for such a model."""
    fitted = cores.two_marker_odds_ratios(PRINTED.first, PRINTED.second).loc[20]
    printed = {
        f"multivariate.{marker}.{quantity}": f"{number:.3f}"
        for marker, beta in zip(STUDY.markers, np.log(fitted), strict=True)
        for quantity, number in wald.quantities(beta, 0.4, stats.norm.isf(0.025)).items()
    }
    claims = with_printed(CLAIMS, printed)
    for reading in ("two markers alone", "a final model of two factors, chosen stepwise"):
        assert readings.survey(claims).at[reading, "verdict"] == "open: odds ratios possible"
        assert surveyed.at[reading, "verdict"] == "contradicted: proven"
