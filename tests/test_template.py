"""The files to begin with: written once, never over another, and ready to be filled."""

import subprocess
import sys

import pandas as pd
import pytest

from lib.patients import loading, template
from lib.patients.codebook import read_codebook
from lib.patients.files import DATA, InputError
from tests.benchmarks import registry


def test_the_template_is_written_once_and_never_over_another(tmp_path):
    folder = tmp_path / "新 folder" / "deep"
    written = template.write(template.template(), folder)
    assert sorted(path.name for path in folder.iterdir()) == sorted(path.name for path in written)
    (folder / "registry.csv").write_bytes(b"mine")
    (folder / "README.txt").unlink()
    with pytest.raises(
        InputError, match=r"already has registry.csv and registry.codebook.csv, and nothing"
    ):
        template.write(template.template(), folder)
    assert (folder / "registry.csv").read_bytes() == b"mine"
    assert not (folder / "README.txt").exists()
    with pytest.raises(InputError, match="cannot be written"):
        template.write(template.template(), folder / "registry.csv" / "below")


def test_the_empty_template_says_what_it_lacks_and_the_filled_one_loads(tmp_path):
    template.write(template.template(), tmp_path)
    path = tmp_path / "registry.csv"
    with pytest.raises(InputError, match="a header and no rows"):
        loading.load(path)
    rows = registry.registry(40)
    with path.open("a", encoding="utf-8", newline="") as file:
        rows.to_csv(file, index=False, header=False, lineterminator="\r\n")
    found = loading.load(path)
    expected = rows["diagnosis"].tolist()
    assert found.rows["diagnosis"].tolist() == expected and found.notes == ()
    pd.testing.assert_frame_equal(found.codebook, read_codebook(DATA / "codebook.csv"))


def test_the_command_says_what_it_wrote_and_refuses_in_one_line(tmp_path):
    def run(*arguments: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            [sys.executable, "-m", "lib.patients.template", *arguments],
            capture_output=True,
            text=True,
        )

    done = run("--example", str(tmp_path))
    assert done.returncode == 0 and done.stdout.split() == [
        str(tmp_path / f"birth_weight{end}") for end in (".csv", ".codebook.csv")
    ]
    again = run("--example", str(tmp_path))
    assert (
        again.returncode == 1
        and "nothing is overwritten" in again.stderr
        and "Traceback" not in again.stderr
    )


def test_the_worked_example_is_mapped_by_its_codebook_alone(tmp_path):
    template.write(template.example(), tmp_path)
    births = loading.load(tmp_path / "birth_weight.csv")
    assert len(births.rows) == 189 and births.rows[births.outcome].sum() == 59
    assert births.groups == ["white", "black", "other"]
    assert births.factors == ["smoke", "ptl", "ht", "ui", "age", "lwt", "ftv"]
    # The weight itself is not in the codebook: it would tell the outcome.
    assert "Left out, because the codebook does not have them: “bwt”." in births.notes
