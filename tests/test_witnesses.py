"""The compatible cohorts: every stored one prints every claim, and the search for them is the same
anywhere.
"""

import json
import os
import signal
import subprocess
import sys
import time
import tomllib
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from lib.compatible import ladder, logits
from lib.paper import published
from lib.patients import loading
from lib.patients.codebook import read_codebook
from lib.patients.cohort import Cohort
from lib.patients.files import DATA
from lib.search import aims, example, gaps, newton, walk, witnesses

ROOT = Path(__file__).parent.parent
STORED = ROOT / "data" / "compatible"
CLAIMS = published.read()
CODEBOOK = read_codebook(DATA / "codebook.csv")
ABOUT = witnesses.frame(CLAIMS, CODEBOOK)
SETTINGS = tomllib.loads((STORED / "search.toml").read_text(encoding="utf-8"))
GOAL = witnesses.goal(ABOUT, SETTINGS)
FIRST = witnesses.result_of(loading.load(loading.EXAMPLE).rows, ABOUT, GOAL.length)
OUTCOME = witnesses.outcome_of(ABOUT)
NEAR = [(FIRST.k1 + i, FIRST.k0 + j) for i, j in ((0, 1), (1, 0), (0, -1))]
# Near the example cohort's core that many moves are enough, from a witness nearby too.
QUICK = SETTINGS | {"starts": 3, "moves": 240_000}


@pytest.fixture(scope="module")
def stored() -> pd.DataFrame:
    return pd.read_parquet(STORED / "cohorts.parquet")


@pytest.fixture(scope="module")
def alone(tmp_path_factory) -> list[witnesses.Result]:
    """What one process finds without interruption."""
    return witnesses.search(ABOUT, QUICK, NEAR, tmp_path_factory.mktemp("alone"))


def same(first: list[witnesses.Result], second: list[witnesses.Result]) -> bool:
    return len(first) == len(second) and all(
        a[:4] == b[:4] and (a.design == b.design).all() and (a.group == b.group).all()
        for a, b in zip(first, second, strict=True)
    )


# What is stored


def test_every_stored_witness_prints_every_claim(stored):
    began = time.perf_counter()
    problems = witnesses.verify(stored, CLAIMS, CODEBOOK)
    assert time.perf_counter() - began < 3
    assert (problems == "").all(), problems[problems != ""]


def test_every_witnessed_core_has_one_witness_and_no_other_core_has_any(stored):
    table = pd.read_csv(STORED / "cores.csv", index_col=["k1", "k0"])
    assert list(table.index) == witnesses.cores(ABOUT)
    assert set(table["status"]) <= {"witnessed", "excluded", "undecided"}
    sizes = stored.groupby(["k1", "k0"]).size()
    assert set(sizes.index) == set(table.index[table["status"] == "witnessed"])
    assert (sizes == len(OUTCOME)).all()
    misses = table["nearest_miss"].dropna()
    assert set(misses.index) <= set(table.index[table["status"] == "undecided"])
    assert (misses > 0).all()


def test_a_sample_of_the_witnesses_is_refitted_with_statsmodels(stored):
    keys = stored[["k1", "k0"]].drop_duplicates().sample(10, random_state=1)
    for _, rows in keys.merge(stored).groupby(["k1", "k0"]):
        assert (
            example.unmet(Cohort(rows.reset_index(drop=True), CODEBOOK, STORED, False), CLAIMS)
            == []
        )


def test_settings_are_those_of_the_search():
    made = json.loads((STORED / "settings.json").read_text(encoding="utf-8"))
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
    "half a millimeter": lambda rows: rows.assign(stent_length_mm=rows["stent_length_mm"] + 0.5),
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
    assert (witnesses.verify(whole, CLAIMS, CODEBOOK) == "").all()
    broken = witnesses.verify(BREAKS[what](whole), CLAIMS, CODEBOOK)
    assert len(broken) == 1
    assert broken.iloc[0]


@pytest.mark.parametrize(
    "quantity", ["odds_ratio", "odds_ratio_lower", "odds_ratio_upper", "p_value"]
)
@pytest.mark.parametrize("marker", ABOUT.markers)
def test_another_last_digit_is_refused(stored, marker, quantity):
    claims = CLAIMS.copy()
    name = f"multivariate.{marker}.{quantity}"
    printed = claims.at[name, "printed"]
    claims.loc[name, "printed"] = f"{float(printed) + 0.001:.3f}"
    problems = witnesses.verify(stored.head(len(OUTCOME)), claims, CODEBOOK)
    assert problems.iloc[0] == name


def test_a_cohort_without_a_joint_model_is_not_compatible():
    shipped = loading.load(loading.EXAMPLE)
    rows = shipped.rows.assign(inflow_thrombus=shipped.rows["multiple_stents"])
    found = example.unmet(Cohort(rows, CODEBOOK, shipped.path, False), CLAIMS)
    assert any("multivariate.incomplete_coverage.odds_ratio is nan" in line for line in found)


# The compiled walk and the array fits against statsmodels and scipy


@given(seed=st.integers(0, 2**32 - 1), factors=st.integers(1, 6))
@settings(max_examples=20)
def test_array_fits_are_those_of_statsmodels(seed, factors):
    random = np.random.default_rng(seed)
    values = np.concatenate(
        [random.integers(0, 2, (3, 200, factors)), random.integers(20, 400, (3, 200, 1))], axis=2
    )
    outcome = (random.random((3, 200)) < 0.3).astype(int)
    estimates, errors = logits.joint_fits(values, outcome)
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
    estimates, errors = logits.joint_fits(
        np.stack([good, collinear, separated]), np.stack([outcome] * 3)
    )
    assert np.isfinite(estimates[0]).all() and np.isfinite(errors[0]).all()
    assert np.isnan(estimates[1:]).all() and np.isnan(errors[1:]).all()


def settled() -> tuple:
    """The example cohort's walk, settled, with the room for it, its distance and its counts."""
    state = walk.state(FIRST.design, OUTCOME, FIRST.group)
    work = walk.room(*FIRST.design.shape, len(ABOUT.groups), SETTINGS["longest_mm"])
    exposed = np.zeros((len(GOAL.binary), 2), np.int64)
    gaps.count_exposed(state.design, OUTCOME, GOAL.binary, exposed)
    far, _ = walk.settle(state, state.third[:0], GOAL, aims.AIMLESS, work, exposed, np.inf, np.nan)
    walk.accept(state, work, far)
    newton.third_derivatives(state.design, state.products, work.joint, state.third)
    return state, work, far, exposed


def propose(seed: int, state, exposed, moves) -> None:
    random = np.random.default_rng(seed)
    occluded = int(OUTCOME.sum())
    first = np.where(OUTCOME == 1, 0, occluded)
    size = np.where(OUTCOME == 1, occluded, len(OUTCOME) - occluded)
    walk.propose(
        state, GOAL, witnesses.following(state.design, GOAL), random, first, size, exposed, moves
    )


def fitted_with(rows: dict[int, np.ndarray]):
    """The joint model of the example cohort with the values of some patients replaced, by
    statsmodels.
    """
    design = FIRST.design.copy()
    for patient, values in rows.items():
        design[patient] = values
    return sm.Logit(OUTCOME, design).fit(disp=0, tol=1e-13, maxiter=100)


def rows_of(moves, lane: int) -> dict[int, np.ndarray]:
    return {
        moves.patients[lane, c]: moves.rows[2 * c + 1, :, lane] for c in range(moves.changed[lane])
    }


def test_the_example_cohort_is_at_the_goal_and_fitted_as_by_statsmodels():
    state, work, far, _ = settled()
    assert far == 0
    fitted = fitted_with({})
    np.testing.assert_allclose(state.coefficients, fitted.params, atol=1e-8)
    np.testing.assert_allclose(np.sqrt(work.joint.variances), fitted.bse, atol=1e-6)


@given(seed=st.integers(0, 2**32 - 1))
def test_what_a_move_does_to_the_fit_is_predicted(seed):
    state, work, _, exposed = settled()
    moves, random = work.moves, np.random.default_rng(seed)
    propose(seed, state, exposed, moves)
    # Another move in the first place, the others as they are.
    lane, patients = 0, random.choice(len(OUTCOME), 2, replace=False)
    new = state.design[patients].copy()
    new[:, GOAL.length] += random.integers(-5, 6, 2) / gaps.LENGTH_UNIT
    new[0, GOAL.binary[0]] = 1 - new[0, GOAL.binary[0]]
    moves.rows[::2, :, lane], moves.rows[1::2, :, lane] = state.design[patients], new
    moves.outcome[:, lane] = np.repeat(OUTCOME[patients], 2)
    walk.predict(state, moves)
    fitted = fitted_with(dict(zip(patients, new, strict=True)))
    # The change itself is some tenths of a standard error; what is left of it is of third order.
    np.testing.assert_allclose(
        moves.coefficients[:, lane], fitted.params, atol=4e-3 * fitted.bse.max()
    )
    np.testing.assert_allclose(np.sqrt(moves.fit.variances[:, lane]), fitted.bse, rtol=4e-3)


@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=20)
def test_what_larger_moves_do_is_predicted_as_well_as_their_size_allows(seed):
    state, work, _, exposed = settled()
    moves = work.moves
    propose(seed, state, exposed, moves)
    walk.predict(state, moves)
    for lane in np.flatnonzero(moves.changed)[:5]:
        fitted = fitted_with(rows_of(moves, lane))
        away = abs(moves.coefficients[:, lane] - fitted.params) / fitted.bse
        change = abs(state.coefficients - fitted.params) / fitted.bse
        assert away.max() < 1e-3 + 0.2 * change.max() ** 2
        errors = np.sqrt(moves.fit.variances[:, lane])
        np.testing.assert_allclose(errors, fitted.bse, rtol=2e-3 + 0.2 * change.max() ** 2)


@given(seed=st.integers(0, 2**32 - 1), best_first=st.booleans())
@settings(max_examples=20)
def test_moves_made_together_are_refitted_as_by_statsmodels(seed, best_first):
    state, work, _, exposed = settled()
    moves = work.moves
    propose(seed, state, exposed, moves)
    walk.predict(state, moves)
    moves.noise[:] = 1e6  # any move will do
    count = walk.choose(state, GOAL, moves, exposed, 1, 1.0, 0.0, 1.0, best_first)
    assert count == walk.TOGETHER
    chosen = [rows_of(moves, lane) for lane in moves.chosen]
    patients = [patient for rows in chosen for patient in rows]
    assert len(set(patients)) == len(patients)
    walk.make(state, moves, count, True)
    state.coefficients[:] = moves.reached[count - 1]
    counted = exposed.copy()
    gaps.count_exposed(state.design, OUTCOME, GOAL.binary, counted)
    assert (counted == moves.exposed_reached[count - 1, : len(counted)]).all()
    walk.settle(state, state.third, GOAL, aims.AIMLESS, work, counted, np.inf, np.nan)
    fitted = fitted_with({patient: values for rows in chosen for patient, values in rows.items()})
    # Half a unit of the last printed digit is some ten-thousandths of a standard error. Moves that
    # change the fit much, which only a walk far from its goal makes, are refitted less exactly.
    np.testing.assert_allclose(state.coefficients, fitted.params, atol=2e-5 * fitted.bse.min())
    errors = np.sqrt(work.joint.variances)
    np.testing.assert_allclose(errors, fitted.bse, rtol=2e-5 if best_first else 5e-4)
    walk.make(state, moves, count, False)
    assert (state.design == FIRST.design).all()
    assert (state.products == newton.products(FIRST.design)).all()


@given(seed=st.integers(0, 2**32 - 1), shift=st.floats(-40, 40))
def test_tests_of_the_length_are_those_of_scipy(seed, shift):
    random = np.random.default_rng(seed)
    design = FIRST.design.copy()
    mm = np.rint(random.normal(150, random.uniform(10, 40), len(OUTCOME)) + shift * OUTCOME).clip(
        20, 400
    )
    design[:, GOAL.length] = mm / gaps.LENGTH_UNIT
    histogram = np.zeros((2, SETTINGS["longest_mm"] + 1), np.int64)
    gap = gaps.length_gap(design, OUTCOME, np.zeros(2), GOAL, histogram)
    x, y = mm[OUTCOME == 1], mm[OUTCOME == 0]
    fitted = sm.Logit(OUTCOME, sm.add_constant(mm)).fit(disp=0)
    p_values = [
        stats.ttest_ind(x, y).pvalue,
        stats.ttest_ind(x, y, equal_var=False).pvalue,
        stats.mannwhitneyu(x, y, method="asymptotic").pvalue,
        fitted.pvalues[1],
    ]
    short = np.maximum(GOAL.alone_z - stats.norm.isf(np.array(p_values) / 2), 0)
    assert (gap == 0) == (short.max() < 1e-4) or short.max() < 1e-4
    assert np.sqrt(gap) * GOAL.z_tolerance == pytest.approx(
        np.sqrt((short**2).sum()), rel=0.1, abs=1e-3
    )


@given(degrees=st.floats(40, 1000))
def test_critical_t(degrees):
    z = stats.norm.isf(0.025)
    assert gaps.critical_t(z, degrees) == pytest.approx(stats.t.isf(0.025, degrees), abs=2e-6)


@given(seed=st.integers(0, 2**32 - 1), core=st.sampled_from(witnesses.cores(ABOUT)))
def test_any_core_can_be_moved_to(seed, core):
    columns = [ABOUT.factors.index(marker) + 1 for marker in ABOUT.markers]
    design = witnesses.move_to_core(
        FIRST.design, OUTCOME, columns, core, np.random.default_rng(seed)
    )
    both = design[:, columns].prod(axis=1)
    assert (both[OUTCOME == 1].sum(), both[OUTCOME == 0].sum()) == core
    for value in (0, 1):
        before, after = (one[value == OUTCOME] for one in (FIRST.design, design))
        assert (before.sum(axis=0) == after.sum(axis=0)).all()
    others = np.setdiff1d(np.arange(design.shape[1]), columns)
    assert (design[:, others] == FIRST.design[:, others]).all()


# The search


def test_search_finds_witnesses(alone):
    assert {(result.k1, result.k0) for result in alone if result.distance == 0} >= set(NEAR)
    table = witnesses.table_of([result for result in alone if result.distance == 0], ABOUT)
    assert (witnesses.verify(table, CLAIMS, CODEBOOK) == "").all()


def test_an_attempt_depends_on_its_arguments_alone():
    start = (FIRST.design, FIRST.group)
    first, again, other = (
        witnesses.attempt(NEAR[0], number, start, ABOUT, QUICK | {"seed": seed})
        for number, seed in ((1, 1), (1, 1), (1, 2))
    )
    assert same([first], [again])
    assert not (first.design == other.design).all()


@pytest.mark.parametrize("rung", ladder.RUNGS[1:], ids=lambda rung: rung.name)
def test_an_attempt_keeps_to_its_rung(rung):
    result = witnesses.attempt(NEAR[0], 2, (FIRST.design, FIRST.group), ABOUT, QUICK, rung)
    assert result.distance == 0


def test_a_killed_search_loses_nothing(tmp_path, alone):
    """Killed after each result: what is found stays, and the end is the same as without
    interruption.
    """
    script = (
        "import json, sys; from pathlib import Path\n"
        "from lib.paper import published; from lib.patients.codebook import read_codebook; from lib.patients.files import DATA; from lib.search import witnesses\n"
        "about = witnesses.frame(published.read(), read_codebook(DATA / 'codebook.csv'))\n"
        "settings, wanted = json.loads(sys.argv[1])\n"
        "witnesses.search(about, settings, [tuple(core) for core in wanted], Path(sys.argv[2]))\n"
    )
    command = [sys.executable, "-c", script, json.dumps([QUICK, NEAR]), str(tmp_path)]
    kept: dict[str, bytes] = {}
    kills = 0
    for _ in range(len(alone) + 1):
        run = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL)
        while run.poll() is None and len(list(tmp_path.glob("*.npz"))) == len(kept):
            time.sleep(0.002)
        if run.poll() is None:
            run.send_signal(signal.SIGKILL)
            kills += 1
        finished = run.wait() == 0
        now = {path.name: path.read_bytes() for path in tmp_path.glob("*.npz")}
        assert kept.items() <= now.items()
        kept = now
        if finished:
            break
    assert kills > 0
    assert same(witnesses.search(ABOUT, QUICK, NEAR, tmp_path), alone)


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
        found = witnesses.search(ABOUT, QUICK, NEAR, tmp_path / "results", jobs=-1)
    assert same(found, alone)


def highest(results: list[witnesses.Result]) -> dict[tuple[int, int], tuple[int, witnesses.Result]]:
    """The witnesses as `climb` returns them, none of them known to stand on more than the first
    rung.
    """
    return {(result.k1, result.k0): (0, result) for result in results if result.distance == 0}


def test_what_is_written_can_be_read(tmp_path, alone):
    excluded = pd.DataFrame(
        {"excluded": 0}, pd.MultiIndex.from_tuples(witnesses.cores(ABOUT), names=["k1", "k0"])
    )
    excluded.iloc[0] = 1
    witnesses.write(alone, highest(alone), ABOUT, QUICK, excluded, tmp_path)
    table = pd.read_csv(tmp_path / "cores.csv", index_col=["k1", "k0"])["status"]
    assert table.value_counts().to_dict() == {"undecided": 596, "witnessed": 3, "excluded": 1}
    assert (
        witnesses.verify(pd.read_parquet(tmp_path / "cohorts.parquet"), CLAIMS, CODEBOOK) == ""
    ).all()
    assert sorted(os.listdir(tmp_path)) == ["cohorts.parquet", "cores.csv", "settings.json"]


def test_a_witness_of_an_excluded_core_is_an_error(tmp_path, alone):
    excluded = pd.DataFrame(
        {"excluded": 1}, pd.MultiIndex.from_tuples(witnesses.cores(ABOUT), names=["k1", "k0"])
    )
    with pytest.raises(ValueError, match="both excluded and witnessed"):
        witnesses.write(alone, highest(alone), ABOUT, QUICK, excluded, tmp_path)


def test_claims_without_a_solution_are_refused():
    claims = CLAIMS.copy()
    claims.loc["roc.incomplete_coverage.sensitivity", "printed"] = "45.1%"
    with pytest.raises(witnesses.InputError, match="the claims must determine the counts"):
        witnesses.frame(claims, CODEBOOK)
