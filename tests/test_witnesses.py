"""The compatible cohorts: every stored one prints every claim, and the search for them is the same
anywhere.
"""

import json
import os
import signal
import subprocess
import sys
import time

import joblib
import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from lib.compatible import exclusion, ladder, study, verification
from lib.paper import ledger, published
from lib.patients import loading
from lib.patients.cohort import Cohort
from lib.search import annealing, designs, distance, fit, store, witnesses
from lib.statistics import logistic

ABOUT, SETTINGS = designs.read_study(), designs.read_settings()
TARGET, OUTCOME = designs.target_of(ABOUT, SETTINGS), designs.outcome_of(ABOUT)
EXAMPLE = designs.design_of(loading.load(loading.EXAMPLE).rows, ABOUT)
TERMS = len(TARGET.least)
K1, K0 = designs.core_of(EXAMPLE, ABOUT)
NEAR = [(K1, K0 + 1), (K1 + 1, K0), (K1, K0 - 1)]
KEYS = ["k1", "k0"]


@pytest.fixture(scope="module")
def stored() -> pd.DataFrame:
    return study.read_stored("cohorts.parquet")


@pytest.fixture(scope="module")
def alone(tmp_path_factory) -> list[store.Result]:
    """What one process finds without interruption."""
    return witnesses.find_all(ABOUT, SETTINGS, NEAR, tmp_path_factory.mktemp("alone"))


def same(first: list[store.Result], second: list[store.Result]) -> bool:
    return len(first) == len(second) and all(
        a[:3] == b[:3] and (a.design == b.design).all() for a, b in zip(first, second, strict=True)
    )


# What is stored


def test_every_stored_witness_prints_every_claim(stored):
    problems = verification.verify(stored, KEYS, ABOUT)["problems"]
    assert (problems == "").all(), problems[problems != ""]


def test_every_witnessed_core_has_one_witness_and_no_other_core_has_any(stored):
    table = study.read_stored("cores.csv").set_index(KEYS)
    assert list(table.index) == list(ABOUT.printed.cores.itertuples(index=False, name=None))
    assert table["status"].value_counts()["witnessed"] >= 319
    sizes = stored.groupby(KEYS).size()
    assert set(sizes.index) == set(table.index[table["status"] == "witnessed"])
    assert (sizes == len(OUTCOME)).all()
    misses = table["nearest_miss"].dropna()
    assert set(misses.index) == set(table.index[table["status"] == "undecided"])
    assert (misses > 0).all()
    assert (table.loc[table["status"] == "witnessed", "rung"] == ladder.RUNGS[-1].name).all()


def test_a_sample_of_the_witnesses_is_refitted_with_statsmodels(stored):
    """By the ledger's functions, which share no code with the judge of cohorts."""
    not_of_rows = ["first_month", "last_month", "horizon", "confidence_level"]
    claims = ABOUT.claims[~ABOUT.claims["quantity"].isin(not_of_rows)]
    for core in stored[KEYS].drop_duplicates().sample(10, random_state=1).itertuples(index=False):
        rows = stored[(stored[KEYS] == core).all(axis=1)].reset_index(drop=True)
        one = Cohort(rows, ABOUT.codebook, loading.EXAMPLE, False)
        for name, value in ledger.cohort_values(one, claims).items():
            assert published.agrees(claims.at[name, "printed"], value), (core, name)
        joint = sm.Logit(rows[ABOUT.outcome], sm.add_constant(rows[ABOUT.factors])).fit(disp=0)
        assert (joint.pvalues[[*ABOUT.binary, ABOUT.length]] > 0.05).all()


def test_settings_are_those_of_the_search():
    made = json.loads((study.FOLDER / "settings.json").read_text(encoding="utf-8"))
    assert made["settings"] == SETTINGS
    assert set(made["versions"]) >= {"numba", "numpy", "statsmodels"}


BREAKS = {
    "a longer stent": lambda rows: rows.assign(
        stent_length_mm=rows["stent_length_mm"] + 90 * (rows.index % 183 == 7)
    ),
    "no length": lambda rows: rows.assign(stent_length_mm=100),
    "a collinear factor": lambda rows: rows.assign(inflow_thrombus=rows["multiple_stents"]),
    "another core": lambda rows: rows.assign(k0=rows["k0"] + 1),
    "a patient missing": lambda rows: rows.iloc[1:],
    "a value that is none": lambda rows: rows.assign(inflow_thrombus=2 * rows["inflow_thrombus"]),
    "a missing value": lambda rows: rows.assign(
        inflow_thrombus=rows["inflow_thrombus"].where(rows.index % 183 != 3)
    ),
    "half a millimeter": lambda rows: rows.assign(stent_length_mm=rows["stent_length_mm"] + 0.5),
    "an event more": lambda rows: rows.assign(
        occluded_12m=rows["occluded_12m"].where(rows.index % 183 != 100, 1)
    ),
    "another diagnosis": lambda rows: rows.assign(
        diagnosis=rows["diagnosis"].replace({"PTS": "DVT"})
    ),
    "a marker turned over": lambda rows: rows.assign(
        incomplete_coverage=1 - rows["incomplete_coverage"]
    ),
}


@pytest.mark.parametrize("what", BREAKS)
def test_a_broken_witness_is_refused(stored, what):
    whole = stored.head(len(OUTCOME)).astype({"diagnosis": str})
    assert verification.verify(whole, KEYS, ABOUT)["problems"].item() == ""
    assert verification.verify(BREAKS[what](whole), KEYS, ABOUT)["problems"].item()


@pytest.mark.parametrize(
    "quantity", ["odds_ratio", "odds_ratio_lower", "odds_ratio_upper", "p_value"]
)
@pytest.mark.parametrize("marker", ABOUT.markers)
def test_another_last_digit_is_refused(stored, marker, quantity):
    claims = published.read()
    name = f"multivariate.{marker}.{quantity}"
    claims.loc[name, "printed"] = f"{float(claims.at[name, 'printed']) + 0.001:.3f}"
    about = study.study(claims, ABOUT.codebook)
    found = verification.verify(stored.head(len(OUTCOME)), KEYS, about)["problems"]
    assert found.item() == name


def test_a_margin_asks_more_of_the_tests_alone():
    rows = loading.load(loading.EXAMPLE).rows
    assert verification.unmet(rows, ABOUT) == ""
    assert "alone by" in verification.unmet(rows, ABOUT, margin=0.001)


# Array fits and the compiled search against statsmodels and scipy


@given(seed=st.integers(0, 2**32 - 1), factors=st.integers(1, 6))
@settings(max_examples=20)
def test_array_fits_are_those_of_statsmodels(seed, factors):
    random = np.random.default_rng(seed)
    values = np.concatenate(
        [random.integers(0, 2, (3, 200, factors)), random.integers(20, 400, (3, 200, 1))], axis=2
    )
    outcome = (random.random((3, 200)) < 0.3).astype(int)
    estimates, errors = logistic.estimates(values, outcome)
    for i in range(3):
        fitted = sm.Logit(outcome[i], sm.add_constant(values[i].astype(float))).fit(
            disp=0, tol=1e-13, maxiter=100
        )
        np.testing.assert_allclose(estimates[i], fitted.params, rtol=1e-8, atol=1e-10)
        np.testing.assert_allclose(errors[i], fitted.bse, rtol=1e-8, atol=1e-10)


def test_array_fits_without_a_maximum_have_no_numbers():
    random = np.random.default_rng(4)
    good = random.integers(0, 2, (100, 2))
    outcome = (random.random(100) < 0.4).astype(int)
    collinear, separated = good.copy(), good.copy()
    collinear[:, 1] = collinear[:, 0]
    separated[:, 1] = outcome
    estimates, errors = logistic.estimates(
        np.stack([good, collinear, separated]), np.stack([outcome] * 3)
    )
    assert np.isfinite(estimates[0]).all() and np.isfinite(errors[0]).all()
    assert np.isnan(estimates[1:]).all() and np.isnan(errors[1:]).all()


def changed(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """The example cohort's joint design with two patients changed, and who they are."""
    random = np.random.default_rng(seed)
    patients = random.choice(len(OUTCOME), 2, replace=False)
    design = EXAMPLE[:, :TERMS].copy()
    design[patients, TARGET.length] += random.integers(-5, 6, 2) / distance.LENGTH_UNIT
    design[patients[0], TARGET.binary[0]] = 1 - design[patients[0], TARGET.binary[0]]
    return design, patients


@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=20)
def test_compiled_fits_are_those_of_statsmodels_and_predicted_to_first_order(seed):
    now = fit.room(TERMS)
    before = EXAMPLE[:, :TERMS].copy()
    assert fit.refit(before, fit.products_of(before), OUTCOME, now)
    after, patients = changed(seed)
    fitted = sm.Logit(OUTCOME, after).fit(disp=0, tol=1e-13, maxiter=100)
    trial = fit.room(TERMS)
    fit.predict(now, before[patients], after[patients], OUTCOME[patients], trial)
    np.testing.assert_allclose(trial.coefficients, fitted.params, atol=0.02 * fitted.bse.max())
    assert fit.refit(after, fit.products_of(after), OUTCOME, trial)
    np.testing.assert_allclose(trial.coefficients, fitted.params, atol=1e-6)
    # Half a unit of a last printed digit is some ten-thousandths of a standard error.
    np.testing.assert_allclose(np.sqrt(trial.variances), fitted.bse, rtol=1e-5)


@given(seed=st.integers(0, 2**32 - 1), shift=st.floats(-40, 40))
@settings(max_examples=40)
def test_tests_of_the_length_are_those_of_scipy(seed, shift):
    random = np.random.default_rng(seed)
    design = EXAMPLE.copy()
    mm = random.normal(150, random.uniform(10, 40), len(OUTCOME)) + shift * OUTCOME
    mm = np.rint(mm).clip(20, 400)
    design[:, TARGET.length] = mm / distance.LENGTH_UNIT
    gap = distance.distance_of_length(distance.cohort_of(design, OUTCOME, TARGET), TARGET)
    x, y = mm[OUTCOME == 1], mm[OUTCOME == 0]
    p_values = [
        stats.ttest_ind(x, y).pvalue,
        stats.ttest_ind(x, y, equal_var=False).pvalue,
        stats.mannwhitneyu(x, y, method="asymptotic").pvalue,
        sm.Logit(OUTCOME, sm.add_constant(mm)).fit(disp=0).pvalues[1],
    ]
    short = np.maximum(TARGET.alone_z - stats.norm.isf(np.array(p_values) / 2), 0)
    assert (gap == 0) == (short.max() < 1e-4) or short.max() < 1e-4
    assert np.sqrt(gap) * TARGET.z_unit == pytest.approx(
        np.sqrt((short**2).sum()), rel=0.1, abs=1e-3
    )


@given(
    seed=st.integers(0, 2**32 - 1),
    core=st.sampled_from(list(ABOUT.printed.cores.itertuples(index=False, name=None))),
)
@settings(max_examples=40)
def test_any_core_can_be_moved_to(seed, core):
    design = designs.move_to_core(EXAMPLE, core, ABOUT, np.random.default_rng(seed))
    assert designs.core_of(design, ABOUT) == core
    for value in (0, 1):
        before, after = (one[value == OUTCOME] for one in (EXAMPLE, design))
        assert (before.sum(axis=0) == after.sum(axis=0)).all()
    others = np.setdiff1d(np.arange(design.shape[1]), designs.marker_columns(ABOUT))
    assert (design[:, others] == EXAMPLE[:, others]).all()


def test_a_design_is_its_cohort():
    rows = designs.rows_of(EXAMPLE, ABOUT)
    assert (designs.design_of(rows, ABOUT) == EXAMPLE).all()
    assert verification.unmet(rows, ABOUT) == ""


@pytest.mark.parametrize("strata", ["outcome", "outcome and group"])
def test_exchanges_keep_every_sum_within_the_strata(strata):
    group = EXAMPLE[:, TERMS:] @ [1, 2]
    order = np.lexsort([group, -OUTCOME])
    design, target = EXAMPLE[order], TARGET._replace(most=TARGET.most - 1)
    labels = (1 - OUTCOME) if strata == "outcome" else (1 - OUTCOME) * 3 + group[order]
    labels = np.unique(labels, return_inverse=True)[1]
    steps = annealing.steps_of([[1, 4], [5]], [], labels, design.shape[1])
    walked = distance.cohort_of(design, OUTCOME, target)
    nearest, _, arrivals = annealing.anneal(
        walked, target, steps, np.random.default_rng(1), 5_000, (6.0, 6.0)
    )
    assert nearest > 0 and arrivals == 0
    assert not (walked.design == design).all()
    for stratum in np.unique(labels):
        before, after = (one[labels == stratum].sum(axis=0) for one in (design, walked.design))
        assert after == pytest.approx(before)
    pair = [tuple(row) for row in walked.design[:, [1, 4]]]
    assert sorted(pair) == sorted(tuple(row) for row in design[:, [1, 4]])


# The search


def test_search_finds_witnesses(alone):
    assert all(result.distance == 0 for result in alone)
    table = witnesses.table_of(alone, ABOUT)
    assert (verification.verify(table, KEYS, ABOUT)["problems"] == "").all()


def test_an_attempt_depends_on_its_arguments_alone():
    first, again, other = (
        witnesses.attempt(
            NEAR[0], number, ABOUT, SETTINGS | {"seed": seed, "steps": 5_000}, origin=EXAMPLE
        )
        for number, seed in ((1, 1), (1, 1), (1, 2))
    )
    assert same([first], [again])
    assert not (first.design == other.design).all()


@pytest.mark.parametrize("rung", ladder.RUNGS[1:], ids=lambda rung: rung.name)
def test_an_attempt_keeps_to_its_rung(rung):
    result = witnesses.attempt(NEAR[0], 1, ABOUT, SETTINGS, rung=rung)
    assert result.distance == 0
    rows = designs.rows_of(result.design, ABOUT)
    columns = {name: rows[name].to_numpy()[None] for name in rows}
    assert ladder.standing(columns, ABOUT)[rung.name].all()


SCRIPT = """
import json, sys
from pathlib import Path
from lib.search import designs, witnesses
wanted = [tuple(core) for core in json.loads(sys.argv[1])]
settings = designs.read_settings()
witnesses.find_all(designs.read_study(), settings, wanted, Path(sys.argv[2]))
"""


def test_a_killed_search_loses_nothing(tmp_path, alone):
    """Killed after a result: what is found stays, and the end is the same as without
    interruption.
    """
    command = [sys.executable, "-c", SCRIPT, json.dumps(NEAR), str(tmp_path)]
    run = subprocess.Popen(command, cwd=loading.DATA.parent, stderr=subprocess.DEVNULL)
    while run.poll() is None and not list(tmp_path.glob("*.npz")):
        time.sleep(0.002)
    run.send_signal(signal.SIGKILL)
    run.wait()
    kept = {path.name: path.read_bytes() for path in tmp_path.glob("*.npz")}
    assert kept
    assert same(witnesses.find_all(ABOUT, SETTINGS, NEAR, tmp_path), alone)
    now = {path.name: path.read_bytes() for path in tmp_path.glob("*.npz")}
    assert kept.items() <= now.items()


def test_a_cluster_finds_the_same(tmp_path, alone):
    distributed = pytest.importorskip("distributed")
    options = {
        "n_workers": 2,
        "threads_per_worker": 1,
        "dashboard_address": None,
        "local_directory": str(tmp_path),
    }
    with (
        distributed.LocalCluster(**options) as cluster,
        distributed.Client(cluster),
        joblib.parallel_config(backend="dask"),
    ):
        found = witnesses.find_all(ABOUT, SETTINGS, NEAR, tmp_path / "results", jobs=-1)
    assert same(found, alone)


def test_what_is_written_can_be_read_and_keeps_what_was_stored(tmp_path, alone):
    missed = store.Result(7, 23, 1.5, EXAMPLE)
    witnesses.write([*alone[:2], missed], ABOUT, SETTINGS, tmp_path)
    witnesses.write([*alone[1:], missed._replace(distance=40.0)], ABOUT, SETTINGS, tmp_path)
    table = study.read_stored("cores.csv", tmp_path).set_index(KEYS)
    assert (table["status"] == "witnessed").sum() == 3
    assert table.at[(7, 23), "nearest_miss"] == 1.5
    cohorts = study.read_stored("cohorts.parquet", tmp_path)
    assert (verification.verify(cohorts, KEYS, ABOUT)["problems"] == "").sum() == 3
    assert sorted(os.listdir(tmp_path)) == ["cohorts.parquet", "cores.csv", "settings.json"]


def test_a_witness_of_an_excluded_core_is_an_error(tmp_path, alone, monkeypatch):
    everything = exclusion.judge(ABOUT.printed, exclusion.read()).assign(excluded_by="a mistake")
    monkeypatch.setattr(exclusion, "judge", lambda printed, certificates: everything)
    with pytest.raises(ValueError, match="both excluded and witnessed"):
        witnesses.write(alone, ABOUT, SETTINGS, tmp_path)


def test_claims_without_a_solution_are_refused():
    claims = published.read()
    claims.loc["roc.incomplete_coverage.sensitivity", "printed"] = "45.1%"
    with pytest.raises(study.InputError, match="the claims must determine the counts"):
        study.study(claims, ABOUT.codebook)
