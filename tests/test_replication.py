"""A file with the paper's columns beside the print: stored witnesses agree, altered ones do not."""

from dataclasses import replace

import pandas as pd
import pytest
from helpers import witness, write_rows

from lib.compatible import conclusions, replication
from lib.compatible.study import read_stored
from lib.paper import published, reconstruct
from lib.patients import disclosure
from lib.patients.cohort import Withheld
from lib.patients.files import DATA
from lib.patients.loading import load

CLAIMS = reconstruct.original(published.read())
MARKERS = reconstruct.markers(CLAIMS)
NOT_IN_ROWS = {
    "methods.recruitment.first_month",
    "methods.recruitment.last_month",
    "patency.all.horizon",
    "multivariate.all.confidence_level",
}


@pytest.fixture
def cohort_of(tmp_path, monkeypatch):
    """Rows as somebody's file."""
    monkeypatch.setenv("DISCLOSURE", "off")

    def made(rows: pd.DataFrame):
        codebook = pd.read_csv(DATA / "codebook.csv", dtype=str, keep_default_na=False)
        codebook = codebook[codebook["name"].isin(rows.columns)]
        return load(write_rows(tmp_path, rows, codebook))

    return made


def agreements(cohort) -> pd.Series:
    return replication.beside_claims(cohort, CLAIMS)["agreement"]


@pytest.mark.parametrize("place", [0, 160, -1])
def test_every_claim_agrees_with_a_stored_witness_whose_core_is_its_place(cohort_of, place):
    cohort = cohort_of(witness(place))
    cores = list(read_stored("cohorts.parquet").groupby(["k1", "k0"]).groups)
    assert replication.core(cohort, MARKERS) == cores[place]
    found = agreements(cohort)
    assert set(found.index[found == replication.ABSENT]) == NOT_IN_ROWS
    assert (found.drop(list(NOT_IN_ROWS)) == replication.AGREES).all()
    models = replication.models(cohort, CLAIMS)
    full = models[models["agreeing"] == models["printed"]]
    assert ("all factors", "maximum likelihood, Wald limits") in set(
        zip(full["model"], full["estimator"], strict=True)
    )
    settled = replication.conclusions(
        cohort, CLAIMS, conclusions.ranges(conclusions.known(CLAIMS, with_example=False))
    )
    assert settled["inside"].all()


def test_three_exchanged_patients_are_seen(cohort_of):
    rows, marker = witness(160), MARKERS[0]
    exposed = rows.index[(rows[marker] == 1) & (rows["occluded_12m"] == 1)][:3]
    others = rows.index[(rows[marker] == 0) & (rows["occluded_12m"] == 0)][:3]
    rows.loc[exposed, marker], rows.loc[others, marker] = 0, 1
    found = agreements(cohort_of(rows))
    of_marker = [f"roc.{marker}.sensitivity", f"multivariate.{marker}.odds_ratio"]
    assert (found[of_marker] == replication.DIFFERS).all()
    assert found[f"roc.{MARKERS[1]}.sensitivity"] == replication.AGREES
    assert (found.filter(like="patency.") != replication.DIFFERS).all()


def test_a_column_that_is_missing_is_named_and_the_rest_compared(cohort_of):
    cohort = cohort_of(witness().drop(columns="stent_length_mm"))
    assert replication.lacking(cohort, CLAIMS) == ["stent_length_mm"]
    found = agreements(cohort)
    assert found["univariate.stent_length_mm.p_value"] == replication.ABSENT
    assert found["roc.incomplete_coverage.auc"] == replication.AGREES
    assert replication.conclusions(cohort, CLAIMS, pd.DataFrame()).empty


def test_the_example_cohort_as_a_users_file_agrees(cohort_of):
    cohort = cohort_of(pd.read_csv(DATA / "cohort.csv", comment="#"))
    assert not cohort.is_example
    assert (agreements(cohort).drop(list(NOT_IN_ROWS)) == replication.AGREES).all()


@pytest.mark.parametrize(
    ("printed", "value", "expected"),
    [
        ("0.623", 0.62344, replication.AGREES),
        ("0.623", 0.62361, replication.NEAR),
        ("0.623", 0.6251, replication.DIFFERS),
        ("89.4%", 0.8951, replication.NEAR),
        ("183", 182, replication.NEAR),
        ("<0.05", 0.0501, replication.DIFFERS),
        ("0.020", float("nan"), replication.ABSENT),
    ],
)
def test_agreement_is_by_printed_digits(printed, value, expected):
    assert replication.agreement(printed, value) == expected


def test_that_a_model_has_no_maximum_is_not_told_by_what_is_in_the_file(cohort_of):
    """Of twelve patients with a factor all had the event, or all but a few: the rows say the
    same."""
    told = set()
    for without in (0, 1, 3):
        rows = witness()
        had, had_not = (rows.index[rows["occluded_12m"] == one] for one in (1, 0))
        chosen = [*had[: 12 - without], *had_not[:without]]
        rows["crosses_inguinal_ligament"] = rows.index.isin(chosen).astype(int)
        cohort = cohort_of(rows)
        cohort = replace(cohort, withheld=disclosure.withheld(cohort, 5))
        found = replication.beside_claims(cohort, CLAIMS)
        adjusted = found.filter(like="multivariate.", axis=0)["withheld"]
        assert adjusted.drop("multivariate.all.confidence_level").all()
        told.add(tuple(found["withheld"]))
    assert len(told) == 1


def test_what_backward_elimination_lets_go_is_not_told_beside_a_withheld_table(cohort_of):
    cohort, factor = cohort_of(witness()), "crosses_inguinal_ligament"
    shown = [
        replication.models(replace(cohort, withheld=Withheld(5, complete=gone)), CLAIMS)["model"]
        for gone in (frozenset(), frozenset({factor}))
    ]
    assert [models.str.startswith("backward").any() for models in shown] == [True, False]


def test_that_backward_elimination_keeps_no_factor_is_said(cohort_of):
    rows = witness()
    rows["occluded_12m"] = rows["occluded_12m"].sample(frac=1, random_state=2).to_numpy()
    cohort = cohort_of(rows)
    assert replication.backward(cohort) == []
    models = replication.models(cohort, CLAIMS)["model"]
    assert "backward elimination, which ends with none" in set(models)


def test_the_place_is_withheld_with_the_table_of_the_markers(cohort_of):
    cohort = cohort_of(witness(160))
    for pairs in (frozenset(), frozenset({frozenset(MARKERS)})):
        withheld = replace(cohort, withheld=Withheld(5, pairs=pairs))
        assert replication.hides_place(withheld, MARKERS) == bool(pairs)


def test_a_file_without_a_marker_is_not_compared(cohort_of):
    assert not replication.is_possible(cohort_of(witness().drop(columns=MARKERS[0])), CLAIMS)
