"""The example cohort is made by its command, and left alone by one that fails."""

import os
import subprocess
import sys

import pytest

from lib.patients import loading
from lib.search import example


@pytest.mark.scheduled
def test_command_makes_the_file_byte_for_byte(tmp_path):
    made = tmp_path / "cohort.csv"
    made.write_text("an older file")
    run = subprocess.run(
        [sys.executable, "-m", "lib.search.example", made],
        cwd=loading.DATA.parent,
        capture_output=True,
        encoding="utf-8",
    )
    assert run.returncode == 0, run.stderr
    assert made.read_bytes() == loading.EXAMPLE.read_bytes()
    assert os.listdir(tmp_path) == ["cohort.csv"]


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
