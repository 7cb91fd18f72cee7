"""The judge of compatible cohorts: all stored ones print every claim, broken ones are refused."""

import pandas as pd
import pytest
import statsmodels.api as sm
from helpers import BREAKS, STUDY, refusal, with_printed

from lib.compatible import ladder, study, verification
from lib.paper import digits, ledger, published
from lib.patients import loading
from lib.patients.cohort import Cohort

KEYS, CLAIMS = ["k1", "k0"], published.read()
PATIENTS = sum(STUDY.totals)


@pytest.fixture(scope="module")
def stored() -> pd.DataFrame:
    return study.read_stored("cohorts.parquet")


def test_every_witnessed_core_has_one_witness_and_no_other_core_has_any(stored):
    """That each prints every claim is said in test_compatible, of all that are known."""
    table = study.read_stored("cores.csv").set_index(KEYS)
    assert list(table.index) == list(STUDY.printed.cores.itertuples(index=False, name=None))
    assert table["status"].value_counts()["witnessed"] >= 319
    sizes = stored.groupby(KEYS).size()
    assert set(sizes.index) == set(table.index[table["status"] == "witnessed"])
    assert (sizes == PATIENTS).all()
    misses = table["nearest_miss"].dropna()
    assert set(misses.index) == set(table.index[table["status"] == "undecided"])
    assert (misses > 0).all()
    assert (table.loc[table["status"] == "witnessed", "rung"] == ladder.RUNGS[-1].name).all()


def test_a_sample_of_the_witnesses_is_refitted_with_statsmodels(stored):
    """By the ledger's functions, which share no code with the judge of cohorts."""
    not_of_rows = ["first_month", "last_month", "horizon", "confidence_level"]
    claims = STUDY.claims[~STUDY.claims["quantity"].isin(not_of_rows)]
    for core in stored[KEYS].drop_duplicates().sample(10, random_state=1).itertuples(index=False):
        rows = stored[(stored[KEYS] == list(core)).all(axis=1)].reset_index(drop=True)
        one = Cohort(rows, STUDY.codebook, loading.EXAMPLE, False)
        for name, value in ledger.cohort_values(one, claims).items():
            assert digits.agrees(claims.at[name, "printed"], value), (core, name)
        joint = sm.Logit(rows[STUDY.outcome], sm.add_constant(rows[STUDY.factors])).fit(disp=0)
        assert (joint.pvalues[[*STUDY.binary, STUDY.length]] > 0.05).all()


BROKEN = BREAKS | {
    "another core": lambda rows: rows.assign(k0=rows["k0"] + 1),
    "a value that is none": lambda rows: rows.assign(inflow_thrombus=2 * rows["inflow_thrombus"]),
    "a missing value": lambda rows: rows.assign(
        inflow_thrombus=rows["inflow_thrombus"].where(rows.index % 183 != 3)
    ),
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_broken_witness_is_refused(stored, what):
    whole = stored.head(PATIENTS).astype({"diagnosis": str})
    assert verification.verify(whole, KEYS, STUDY).item() == ""
    assert verification.verify(BROKEN[what](whole), KEYS, STUDY).item()


@pytest.mark.parametrize(
    "quantity", ["odds_ratio", "odds_ratio_lower", "odds_ratio_upper", "p_value"]
)
@pytest.mark.parametrize("marker", STUDY.markers)
def test_another_last_digit_is_refused(stored, marker, quantity):
    name = f"multivariate.{marker}.{quantity}"
    other = f"{float(CLAIMS.at[name, 'printed']) + 0.001:.3f}"
    about = study.study(with_printed(CLAIMS, {name: other}), STUDY.codebook)
    found = verification.verify(stored.head(PATIENTS), KEYS, about)
    assert found.item() == name


def test_a_margin_asks_more_of_the_tests_alone():
    rows = loading.load(loading.EXAMPLE).rows
    assert verification.unmet(rows, STUDY) == ""
    assert "alone by" in verification.unmet(rows, STUDY, margin=0.001)


def test_claims_without_a_solution_are_refused():
    claims = with_printed(CLAIMS, {"roc.incomplete_coverage.sensitivity": "45.1%"})
    said = refusal(study.study, claims, STUDY.codebook)
    assert "the claims must determine the counts" in said
