"""What is known of the cores: stored proofs and cohorts are believed only as far as they pass the
check.
"""

import shutil

import pandas as pd
import pytest
from helpers import with_printed

from lib.compatible import conclusions as compatible
from lib.compatible import study
from lib.paper import published
from lib.show import left_open

CLAIMS = published.read()


@pytest.fixture(scope="module")
def known() -> compatible.Known:
    return compatible.known(CLAIMS)


@pytest.fixture(scope="module")
def ranges(known) -> pd.DataFrame:
    return compatible.ranges(known)


def test_every_core_has_one_status_and_no_impossible_core_has_a_cohort(known):
    table = known.cores
    assert len(table) == len(table[["k1", "k0"]].drop_duplicates()) == 600
    assert set(table["status"]) <= {"excluded", "witnessed", "undecided"}
    assert ((table["excluded_by"] != "") == (table["status"] == "excluded")).all()
    # A core is known as witnessed where its stored cohort is found to print every claim.
    stored = study.read_stored("cores.csv").set_index(["k1", "k0"])["status"]
    assert (
        stored.reindex(pd.MultiIndex.from_frame(table[["k1", "k0"]])).to_numpy() == table["status"]
    ).all()


def test_the_map_tells_four_kinds_of_cores_apart(known, shown):
    kinds = known.cores.groupby("kind")[["k1", "k0"]].agg(list)
    sizes = {kind: len(row["k1"]) for kind, row in kinds.iterrows()}
    assert list(sizes) == sorted(compatible.KINDS) == sorted(left_open.KINDS)
    assert sizes["impossible"] == 270 and sizes["witnessed"] == 319
    with_factor = kinds.loc["impossible with a factor significant by all four tests"]
    assert with_factor["k1"] == [1, 2, 3, 4, 10, 11]
    assert kinds.loc["undecided", "k1"] == [5, 6, 7, 8, 9]
    left_open.core_map(known.cores, {})
    left_open.core_map(known.cores, {"this file": (9, 7)}, "fig-of-file")  # on another page
    assert [output.content["name"] for output in shown] == ["fig-core-map", "fig-of-file"]
    shown.pop()
    left_open.core_kinds(known.cores)
    for kind, size in sizes.items():
        assert f"{kind}: {size}, with " in shown[0].content["alt"]
    assert {tuple(row[:2]) for row in shown[1].content["rows"]} == {
        (kind.capitalize(), str(size)) for kind, size in sizes.items()
    }


def test_what_is_proven_of_another_factor_holds_whichever_test_its_p_is_of(ranges):
    proven = ranges.groupby("conclusion")[["proven_least", "proven_greatest"]].first()
    assert proven.loc["binary.share"].round(4).to_list() == [0.0109, 0.9891]
    assert round(proven.at["binary.p_value", "proven_greatest"], 4) == 0.0500
    assert proven.loc["binary.odds_ratio"].isna().all()


def test_attained_ranges_narrow_up_the_ladder_and_lie_within_what_is_proven(ranges):
    for name, rows in ranges.groupby("conclusion"):
        assert (rows["least"].diff().dropna() >= 0).all(), name
        assert (rows["greatest"].diff().dropna() <= 0).all(), name
        assert not (rows["least"] < rows["proven_least"]).any(), name
        assert not (rows["greatest"] > rows["proven_greatest"]).any(), name
    assert (ranges["least"] <= ranges["greatest"]).all()


def test_what_the_other_factors_must_add_is_more_than_nothing(known):
    """Proven by certificates; that no two-marker model fits is proven elsewhere by enumeration."""
    rest = known.limits["likelihood_ratio"]
    assert 0 < rest["least"].min() < rest["most"].max()


def test_a_further_marker_whose_counts_stay_open_is_a_problem_in_words():
    """60% of the occluded and 50% of the patent are several numbers of patients."""
    further = CLAIMS.loc[
        [f"roc.incomplete_coverage.{name}" for name in ("sensitivity", "specificity")]
    ]
    further = further.assign(printed=["60%", "50%"])
    further.index = further.index.str.replace("incomplete_coverage", "further")
    assert "one set of counts" in compatible.known(pd.concat([CLAIMS, further])).problem


def test_a_cohort_that_was_tampered_with_is_no_witness(known, tmp_path, monkeypatch):
    shutil.copytree(study.FOLDER, tmp_path / "compatible")
    read = study.read_stored
    monkeypatch.setattr(compatible, "read_stored", lambda name: read(name, tmp_path / "compatible"))
    path = tmp_path / "compatible" / "cohorts.parquet"
    cohorts = pd.read_parquet(path)
    core = tuple(cohorts.loc[0, ["k1", "k0"]])
    first = cohorts.index[(cohorts["k1"] == core[0]) & (cohorts["k0"] == core[1])]
    cohorts.loc[first[:20], "stent_length_mm"] += 40
    cohorts.to_parquet(path)
    found = compatible.known(CLAIMS).cores.set_index(["k1", "k0"])["status"]
    before = known.cores.set_index(["k1", "k0"])["status"]
    assert (found != before).sum() == 1
    assert (before[core], found[core]) == ("witnessed", "undecided")


@pytest.mark.parametrize(
    ("claim", "printed", "words"),
    [
        ("multivariate.postoperative_collaterals.odds_ratio_upper", "5.431", "contradict"),
        ("roc.incomplete_coverage.sensitivity", "45.3%", "two markers"),
        ("methods.PTS.patients", "45", "two markers"),
    ],
)
def test_claims_that_settle_nothing_are_described_in_words(claim, printed, words):
    found = compatible.known(with_printed(CLAIMS, {claim: printed}))
    assert words in found.problem
    assert found.cores.empty


@pytest.mark.parametrize("stored", ["cohorts.parquet", "extremes.parquet"])
def test_a_core_that_is_proven_impossible_and_has_a_cohort_stops_the_book(monkeypatch, stored):
    """One of the two must be wrong, so nothing is said of either."""
    core = study.read_stored(stored).loc[0, ["k1", "k0"]].to_list()
    judge = compatible.exclusion.judge

    def wrongly(printed, certificates):
        table = judge(printed, certificates)
        here = (table[["k1", "k0"]] == core).all(axis=1)
        return table.assign(excluded_by=table["excluded_by"].mask(here, "convex bound"))

    monkeypatch.setattr(compatible.exclusion, "judge", wrongly)
    with pytest.raises(ValueError, match=rf"a cohort is stored: \[\[{core[0]}, {core[1]}\]\]"):
        compatible.known(CLAIMS)
