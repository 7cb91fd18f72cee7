"""The search for witnesses: what it finds prints every claim, and is the same anywhere."""

import json
import os
import signal
import subprocess
import sys
import time

import joblib
import pytest

from lib.compatible import exclusion, ladder, study, verification
from lib.patients import loading
from lib.search import designs, witnesses

ABOUT, SETTINGS = designs.read_study(), designs.read_settings()
EXAMPLE = designs.design_of(loading.load(loading.EXAMPLE).rows, ABOUT)
K1, K0 = designs.core_of(EXAMPLE, ABOUT)
NEAR = [(K1, K0 + 1), (K1 + 1, K0), (K1, K0 - 1)]
KEYS = ["k1", "k0"]


@pytest.fixture(scope="module")
def alone(tmp_path_factory) -> list[designs.Result]:
    """What one process finds without interruption."""
    return witnesses.find_all(ABOUT, SETTINGS, NEAR, tmp_path_factory.mktemp("alone"))


def same(first: list[designs.Result], second: list[designs.Result]) -> bool:
    return len(first) == len(second) and all(
        a.distance == b.distance and (a.design == b.design).all()
        for a, b in zip(first, second, strict=True)
    )


def test_settings_are_those_of_the_search():
    made = json.loads((study.FOLDER / "settings.json").read_text(encoding="utf-8"))
    assert made["settings"] == SETTINGS
    assert set(made["versions"]) >= {"numba", "numpy", "statsmodels"}


def test_search_finds_witnesses(alone):
    assert all(result.distance == 0 for result in alone)
    table = witnesses.table_of([result.design for result in alone], ABOUT)
    assert (verification.verify(table, KEYS, ABOUT) == "").all()


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
    while run.poll() is None and not list(tmp_path.glob("*.result")):
        time.sleep(0.002)
    run.send_signal(signal.SIGKILL)
    run.wait()
    kept = {path.name: path.read_bytes() for path in tmp_path.glob("*.result")}
    assert kept
    assert same(witnesses.find_all(ABOUT, SETTINGS, NEAR, tmp_path), alone)
    now = {path.name: path.read_bytes() for path in tmp_path.glob("*.result")}
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
    missed = designs.Result(1.5, EXAMPLE)
    witnesses.write([*alone[:2], missed], ABOUT, SETTINGS, tmp_path)
    witnesses.write([*alone[1:], missed._replace(distance=40.0)], ABOUT, SETTINGS, tmp_path)
    table = study.read_stored("cores.csv", tmp_path).set_index(KEYS)
    assert (table["status"] == "witnessed").sum() == 3
    assert table.at[(K1, K0), "nearest_miss"] == 1.5
    cohorts = study.read_stored("cohorts.parquet", tmp_path)
    assert (verification.verify(cohorts, KEYS, ABOUT) == "").sum() == 3
    assert sorted(os.listdir(tmp_path)) == ["cohorts.parquet", "cores.csv", "settings.json"]


def test_a_witness_of_an_excluded_core_is_an_error(tmp_path, alone, monkeypatch):
    everything = exclusion.judge(ABOUT.printed, exclusion.read()).assign(excluded_by="a mistake")
    monkeypatch.setattr(exclusion, "judge", lambda printed, certificates: everything)
    with pytest.raises(ValueError, match="both excluded and witnessed"):
        witnesses.write(alone, ABOUT, SETTINGS, tmp_path)


@pytest.mark.parametrize("core", [(0, 13), (19, 10)])
def test_a_witness_is_found_where_both_markers_are_rarest_and_commonest(core):
    result = witnesses.find(core, ABOUT, SETTINGS)
    assert result.distance == 0 and designs.core_of(result.design, ABOUT) == core
    assert verification.unmet(designs.rows_of(result.design, ABOUT), ABOUT) == ""


def test_where_there_is_no_witness_the_nearest_miss_is_given():
    result = witnesses.find((18, 12), ABOUT, SETTINGS | {"starts": 1, "steps": 2_000})
    assert result.distance > 10
