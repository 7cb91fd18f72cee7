"""The files to begin with: written once, never over another, and ready to be filled."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pyreadstat
import pytest
from books import ROOT, python
from helpers import refusal
from workbooks import xlsx

from lib.patients import loading, template
from lib.patients.codebook import read_codebook
from lib.patients.files import DATA
from tests.benchmarks import registry


def test_the_template_is_written_once_and_never_over_another(tmp_path):
    folder = tmp_path / "新 folder" / "deep"
    written = template.write(template.template(), folder)
    assert sorted(path.name for path in folder.iterdir()) == sorted(path.name for path in written)
    (folder / "registry.csv").write_bytes(b"mine")
    (folder / "README.txt").unlink()
    there = "already has registry.csv and registry.codebook.csv, and nothing"
    assert there in refusal(template.write, template.template(), folder)
    assert (folder / "registry.csv").read_bytes() == b"mine"
    assert not (folder / "README.txt").exists()
    below = folder / "registry.csv" / "below"
    assert "cannot be written" in refusal(template.write, template.template(), below)


def test_the_empty_template_says_what_it_lacks_and_the_filled_one_loads(tmp_path):
    template.write(template.template(), tmp_path)
    path = tmp_path / "registry.csv"
    assert "a header and no rows; enter the rows below it" in refusal(loading.load, path)
    rows = registry.registry(40)
    with path.open("a", encoding="utf-8", newline="") as file:
        rows.to_csv(file, index=False, header=False, lineterminator="\r\n")
    found = loading.load(path)
    expected = rows["diagnosis"].tolist()
    assert found.rows["diagnosis"].tolist() == expected and found.notes == ()
    pd.testing.assert_frame_equal(found.codebook, read_codebook(DATA / "codebook.csv"))


def test_the_command_says_what_it_wrote(tmp_path):
    done = python("-m", "lib.patients.template", "--example", str(tmp_path))
    written = [str(tmp_path / f"birth_weight{end}") for end in (".csv", ".codebook.csv")]
    assert (done.returncode, done.stdout.split()) == (0, written)


@pytest.mark.parametrize(
    "command", ["lib.patients.template", "lib.show.ledger", "lib.show.ledger --template"]
)
def test_a_command_whose_reader_has_enough_ends_quietly(tmp_path, command):
    """As where only the first line is taken by head."""
    reader, writer = os.pipe()
    os.close(reader)
    module, *options = command.split()
    places = [[], [str(tmp_path / "claims.csv")]][bool(options)] or [str(tmp_path / "folder")]
    claims = [str(DATA / "published.csv")] * (module == "lib.show.ledger" and not options)
    done = subprocess.run(
        [sys.executable, "-m", module, *options, *claims, *places],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=writer,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )
    os.close(writer)
    assert done.stderr == "" and done.returncode in (0, 1) and any(tmp_path.iterdir())


LABELS = {"nr": "Number", "site": "Klinik", "sex": "Geschlecht", "leak": "Leakage"}
WORDS = {
    "site": {1: "Nord", 2: "Ost", 3: "West"},
    "sex": {1: "m", 2: "w"},
    "leak": {0: "dry", 1: "wet"},
}


@pytest.fixture
def registry_sav(tmp_path) -> Path:
    """A file of SPSS with labels, and columns that no book may have."""
    random = np.random.default_rng(0)
    rows = pd.DataFrame({"nr": np.arange(1.0, 61), "site": random.choice([3.0, 1, 2], 60)})
    rows["sex"] = random.choice([2.0, 1, np.nan], 60)
    rows["bmi"] = random.normal(25, 4, 60).round(1)
    rows["drain"] = random.choice(["yes", "no", ""], 60)
    rows["grade"] = random.choice(["II", "I", "III"], 60)
    rows["leak"] = random.choice([1.0, 0], 60)
    rows["last_name"] = [f"Meier{one}" for one in range(60)]
    rows["remark"] = [f"came {one} times, and then no more to us" for one in range(60)]
    path = tmp_path / "my registry.sav"
    pyreadstat.write_sav(rows, path, column_labels=LABELS, variable_value_labels=WORDS)
    return path


def test_a_codebook_is_begun_from_a_file_and_its_roles_make_it_complete(registry_sav):
    (written,) = template.write(template.begun(registry_sav), registry_sav.parent)
    assert written.name == "my registry.codebook.csv"
    text = written.read_text(encoding="utf-8-sig")
    assert text.startswith("# A beginning: give one column the role group")
    lines = text[text.index("name,") :].splitlines()
    assert lines[1:] == [
        "nr,Number,id,text,,,,,",
        "site,Klinik,factor,category,,1|2|3,Nord|Ost|West,,",
        "sex,Geschlecht,factor,binary,,1|2,m|w,,",
        "bmi,,factor,number,,,,,",
        "drain,,factor,binary,,no|yes,,,",
        "grade,,factor,category,,I|II|III,,,",
        "leak,Leakage,factor,binary,,0|1,dry|wet,,",
    ]
    assert "0 rows have the role group" in refusal(loading.load, registry_sav)
    rows, _ = pyreadstat.read_sav(registry_sav)
    rows = rows.drop(columns=["last_name", "remark"])
    pyreadstat.write_sav(rows, registry_sav, column_labels=LABELS, variable_value_labels=WORDS)
    for name, role in {"site,Klinik": "group", "leak,Leakage": "outcome"}.items():
        text = text.replace(f"{name},factor", f"{name},{role}")
    written.write_text(text, encoding="utf-8-sig")
    patients = loading.load(registry_sav)
    assert len(patients.rows) == 60 and patients.groups == ["Nord", "Ost", "West"]
    assert patients.factors == ["sex", "bmi", "drain", "grade=II", "grade=III"]
    assert (patients.event, patients.no_event) == ("wet", "dry")


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ({1: "Yes", 2: "No"}, "2|1,No|Yes"),
        ({0: "Yes", 1: "No"}, "1|0,No|Yes"),
        ({1: "Y", 2: "N"}, "2|1,N|Y"),
        ({1: "是", 2: "否"}, "2|1,否|是"),
        ({1: "No", 2: "Yes"}, "1|2,No|Yes"),
        ({1: "positive", 2: "not seen"}, "2|1,not seen|positive"),
        ({1: "Occluded", 2: "Patent"}, "1|2,Occluded|Patent"),
        ({1: "m", 2: "f"}, "1|2,m|f"),
        ({0: "", 1: ""}, "0|1,"),
        ({1: "", 2: ""}, "1|2,"),
        ({1: "Yes", 2: "No", 3: "Unclear"}, "1|2|3,Yes|No|Unclear"),
    ],
)
def test_words_for_yes_and_no_decide_which_level_is_last(tmp_path, words, line):
    path, values = tmp_path / "r.sav", [*map(float, words)] * 6
    rows = pd.DataFrame({"nr": np.arange(len(values)) * 1.0, "leak": values})
    pyreadstat.write_sav(rows, path, variable_value_labels={"leak": words} if words[1] else {})
    (written,) = template.begun(path).values()
    text = written.decode("utf-8-sig")
    kind = "binary" if len(words) == 2 else "category"
    assert f"leak,,factor,{kind},,{line},," in text
    assert "the second is taken as having the factor, and as the event of an outcome. Check" in text


def test_a_value_that_the_file_calls_unknown_is_written_as_missing(tmp_path):
    ends = {0: "none", 10: "worst", 99: "not answered"}
    words = {
        "dm": {1: "Yes", 2: "No", 9: "Unknown"},
        "pain": ends,
        "score": {0: "none", **{i: str(i) for i in range(1, 4)}},
    }
    rows = pd.DataFrame({"nr": np.arange(48.0), "dm": [1.0, 2, 9] * 16})
    rows = rows.assign(pain=[*map(float, range(11)), 99.0] * 4, score=[0.0, 1, 2, 3] * 12)
    rows["drain"], rows["side"] = [*"YNU"] * 16, [*"LRU"] * 16
    pyreadstat.write_sav(rows, tmp_path / "r.sav", variable_value_labels=words)
    (written,) = template.begun(tmp_path / "r.sav").values()
    assert written.decode("utf-8-sig").splitlines()[-5:] == [
        "dm,,factor,binary,,2|1,No|Yes,9,",
        "pain,,factor,number,,,,99,",
        "score,,factor,number,,,,,",
        "drain,,factor,binary,,N|Y,,U,",
        "side,,factor,category,,L|R|U,,,",
    ]


@pytest.mark.parametrize("mark", ["√", "1", "yes"])
def test_a_ticked_box_is_begun_as_a_yes_or_no_column_that_is_to_be_completed(tmp_path, mark):
    lines = [
        "site,dm,age,leak",
        *(f"{'ab'[i % 2]},{mark * (i % 3 == 0)},{i},{i % 2}" for i in range(9)),
    ]
    (tmp_path / "r.csv").write_text("\n".join(lines), encoding="utf-8")
    (begun,) = template.begun(tmp_path / "r.csv").values()
    text = (
        begun.decode()
        .replace("site,,factor,binary", "site,,group,category")
        .replace("leak,,factor", "leak,,outcome")
    )
    beside = tmp_path / "r.codebook.csv"
    beside.write_text(text, encoding="utf-8")
    message = refusal(loading.load, tmp_path / "r.csv")
    assert f"levels: “{mark}”" in message and f"|{mark} where an empty cell means no" in message
    beside.write_text(text.replace(f"binary,,{mark}", f"binary,,|{mark}"), encoding="utf-8")
    assert loading.load(tmp_path / "r.csv").rows["dm"].tolist() == [1, 0, 0] * 3


@pytest.mark.parametrize(
    "levels",
    [
        ["1", "2", "10", "x"],
        ["1,5", "2,5", "10,5", "none"],
        ["T1", "T1a", "T2", "T10"],
        ["2 mm", "4.5 mm", "10 mm"],
        ["<10", "10-20", "20-100", ">100"],
        ["≤65", ">65"],
        ["L2", "L10", "S1"],
    ],
)
def test_levels_with_numbers_stand_in_the_order_of_the_numbers(tmp_path, levels):
    rows = "".join(f'{i % 2};"{levels[-1 - i % len(levels)]}"\n' for i in range(24))
    (tmp_path / "r.csv").write_text("leak;stage\n" + rows, encoding="utf-8")
    (begun,) = template.begun(tmp_path / "r.csv").values()
    assert f",{'|'.join(levels)}," in begun.decode().splitlines()[-1].replace('"', "")


@pytest.mark.parametrize("columns", [["site"], ["site", "ward"]])
def test_a_file_without_a_column_for_a_codebook_is_told_so(tmp_path, columns):
    """Each text occurs once, so none can be the level of a group, an outcome or a factor."""
    rows = pd.DataFrame({name: [f"{name} no {i}" for i in range(60)] for name in columns})
    rows.to_csv(tmp_path / "r.csv", index=False)
    message = refusal(template.begun, tmp_path / "r.csv")
    assert "no column is left that can be a group, an outcome or a factor" in message
    named = " and ".join(f"“{name}”" for name in columns).replace(" and ", ", ")
    assert f"looks like an identifier or holds more than 50 texts ({named}). Expected" in message


@pytest.mark.parametrize(
    ("yes", "no"), [("ja", "nein"), ("oui", "non"), ("sí", "no"), ("sim", "não"), ("x", "-")]
)
def test_a_yes_in_another_language_is_last_so_that_it_counts(tmp_path, yes, no):
    rows = pd.DataFrame({"site": [*"ab"] * 6, "leak": [yes, no, no] * 4})
    rows.to_csv(tmp_path / "r.csv", index=False)
    (begun,) = template.begun(tmp_path / "r.csv").values()
    assert f"leak,,factor,binary,,{no}|{yes}," in begun.decode()


def test_a_workbook_is_begun_from_its_largest_sheet_and_that_is_said(tmp_path):
    rows = [[i, "ab"[i % 2], i % 2] for i in range(12)]
    content = xlsx(
        {"Legend": [["Legend"], ["a", "Alpha"]], "Data": [["nr", "site", "leak"], *rows]}
    )
    (tmp_path / "r.xlsx").write_bytes(content)
    (begun,) = template.begun(tmp_path / "r.xlsx").values()
    text = begun.decode("utf-8-sig")
    assert "# Of 2 sheets, “Data” was read.\r\n# Without a line: none.\r\nname," in text
    assert text.splitlines()[-1] == "leak,,factor,binary,,0|1,,,"
    (tmp_path / "r.codebook.csv").write_bytes(begun)
    assert "0 rows have the role group" in refusal(loading.load, tmp_path / "r.xlsx")


def test_a_codebook_that_is_begun_names_the_columns_without_a_line(registry_sav):
    (begun,) = template.begun(registry_sav).values()
    assert "# Without a line: “last_name” and “remark”.\r\nname," in begun.decode("utf-8-sig")


def test_a_codebook_that_is_there_is_not_overwritten_by_one_that_is_begun(registry_sav):
    own = registry_sav.with_name("my registry.codebook.csv")
    own.write_text("mine")
    command = ["-m", "lib.patients.template", "--cohort", str(registry_sav), str(own.parent)]
    done = python(*command)
    assert done.returncode == 1 and "nothing is overwritten" in done.stderr
    assert "Traceback" not in done.stderr and own.read_text() == "mine"
    own.unlink()
    done = python(*command)
    assert done.returncode == 0 and done.stdout.strip() == str(own)
    assert "there is no such file" in refusal(template.begun, registry_sav.with_name("other.sav"))
    nobody = registry_sav.with_name("names.csv")
    nobody.write_text("name,phone\nAnn Lee,13800138000\nBo Chen,13900139000\n", encoding="utf-8")
    assert "no column is left" in refusal(template.begun, nobody)


def test_the_worked_example_is_mapped_by_its_codebook_alone(tmp_path):
    template.write(template.example(), tmp_path)
    births = loading.load(tmp_path / "birth_weight.csv")
    assert len(births.rows) == 189 and births.rows[births.outcome].sum() == 59
    assert births.groups == ["white", "black", "other"]
    assert births.factors == ["smoke", "ptl", "ht", "ui", "age", "lwt", "ftv"]
    # The weight itself is not in the codebook: it would tell the outcome.
    assert "Left out, because the codebook does not have them: “bwt”." in births.notes
