"""Reading a cohort: what is accepted, and that everything else ends in one message for people."""

import os
import re

import pytest
from helpers import load_from, refusal

from lib.paper import published
from lib.patients import loading
from lib.patients.cohort import Cohort

CODEBOOK = """name,label,role,type,unit,levels
id,Patient,id,text,,
group,Diagnosis,group,category,,A|B
has_x,Marker,factor,binary,,0|1
length,Stent length,factor,number,mm,
outcome,Occlusion,outcome,binary,6 months,0|1
months,Follow-up,time,number,months,
"""
ROWS = """id,group,has_x,length,outcome
1,A,1,80.5,1
2,B,0,,0
3,A,,100,0
4,B,1,60,
"""


@pytest.fixture
def load(tmp_path):
    def loaded(content: bytes | str = ROWS, codebook: str = CODEBOOK) -> Cohort:
        return load_from(tmp_path, content, codebook, "rows.csv")

    return loaded


# ------------------------------------------------------------------------------ what is accepted


def test_a_cohort_is_what_its_codebook_says(load):
    patients = load()
    assert (patients.group, patients.groups, patients.outcome) == ("group", ["A", "B"], "outcome")
    assert (patients.factors, patients.binary_factors) == (["has_x", "length"], ["has_x"])
    assert (patients.label("length"), patients.label("has_x")) == ("Stent length (mm)", "Marker")
    assert patients.horizon == "6 months"
    assert not patients.is_example
    assert patients.rows["length"].dropna().tolist() == [80.5, 100, 60]
    assert patients.rows[["has_x", "length", "outcome"]].isna().sum().tolist() == [1, 1, 1]
    assert patients.complete(patients.factors)["id"].tolist() == ["1", "4"]


def worded(levels: str, words: str) -> str:
    """The codebook with words for the levels of a column that has these."""
    header, *lines = CODEBOOK.splitlines()
    ends = [f",{words}" if line.endswith(f",{levels}") else "," for line in lines]
    return "\n".join(map("".join, zip([header, *lines], [",level_labels", *ends], strict=True)))


NUMBERED = re.sub(r"^(\d),(A|B)", lambda row: f"{row[1]},{' AB'.index(row[2])}", ROWS, flags=re.M)


@pytest.mark.parametrize(
    ("rows", "levels", "words", "groups"),
    [
        (NUMBERED, "1|2", "knee|hip", ["knee", "hip"]),
        (ROWS, "A|B", "knee|hip", ["knee", "hip"]),
        # As the paper calls its groups, they are called.
        (ROWS.replace(",B,", ",DVT,"), "A|DVT", "knee|hip", ["A", "DVT"]),
        # A table has a column of all patients.
        (NUMBERED, "1|2", "all|hip", ["1", "2"]),
    ],
)
def test_groups_bear_the_words_of_the_codebook(load, rows, levels, words, groups):
    found = load(rows, worded("A|B", words).replace("A|B", levels))
    assert found.groups == groups
    assert found.rows["group"].tolist() == [groups[0], groups[1]] * 2
    assert found.original_codebook.at["group", "levels"] == levels


@pytest.mark.parametrize(
    ("levels", "words"),
    [("0|1", words) for words in ("", "no|yes", "Nein|Ja", "否|是", "patent|yes")] + [("1|0", "")],
)
def test_plain_words_for_the_outcome_say_nothing_of_it(load, levels, words):
    codebook = worded("6 months,0|1", words)
    found = load(codebook=codebook.replace("6 months,0|1", f"6 months,{levels}"))
    expected = ("without event", "with event") if words != "patent|yes" else ("patent", "yes")
    assert (found.no_event, found.event) == expected


@pytest.mark.parametrize(
    ("levels", "words", "told"),
    [
        ("M|F", "", "F"),
        ("0|1", "male|female", "female"),
        ("0|1", "男|女", "女"),
        *(("0|1", words, "") for words in ("", "no|yes", "Nein|Ja", "否|是", "neg|pos", "×|√")),
    ],
)
def test_of_a_factor_of_two_names_it_is_said_which_is_counted(load, levels, words, told):
    codebook = worded("binary,,0|1", words).replace("binary,,0|1", f"binary,,{levels}", 1)
    rows = ROWS.replace("A,1,", "A,F,").replace("B,0,", "B,M,").replace("B,1,", "B,F,")
    patients = load(rows if levels == "M|F" else ROWS, codebook)
    expected = f"Marker: {told}" if told else "Marker"
    assert {patients.label("has_x"), patients.per_step("has_x")} == {expected}
    assert patients.phrase("has_x") == expected
    assert patients.label("outcome") == "Occlusion"


@pytest.mark.parametrize(
    "label",
    ["Knieoperation", "Alter", "Child-Pugh score", "Homans sign", "BMI", "pH", "Größe", "支架长度"],
)
def test_a_label_in_a_sentence_is_as_the_codebook_writes_it(load, label):
    patients = load(codebook=CODEBOOK.replace("Stent length", label))
    assert patients.phrase("length") == label
    assert patients.label("length") == f"{label} (mm)"


def test_labels_begin_small_in_a_sentence_where_all_are_the_projects_own(load):
    example = loading.load(loading.EXAMPLE)
    assert example.phrase("incomplete_coverage") == "incomplete lesion coverage"
    own = (loading.DATA / "codebook.csv").read_text(encoding="utf-8")
    rows = loading.EXAMPLE.read_text(encoding="utf-8")
    for word, first in (("Stent length", "s"), ("Length of stents", "S")):
        patients = load(rows, own.replace("Stent length", word))
        assert patients.phrase("occluded_12m") == f"{first}tent occlusion"


def test_the_example_is_known_wherever_it_lies(tmp_path, monkeypatch):
    copy = tmp_path / "copy.csv"
    copy.write_bytes(loading.EXAMPLE.read_bytes())
    assert loading.load(copy).is_example
    copy.write_bytes(loading.EXAMPLE.read_bytes().replace(b"PTS", b"DVT", 1))
    assert not loading.load(copy).is_example
    monkeypatch.setenv("COHORT", os.path.relpath(copy))
    assert loading.load().path == copy
    monkeypatch.delenv("COHORT")
    assert loading.load().path == loading.EXAMPLE


# ------------------------------------------------------------------------------ what is refused


@pytest.mark.parametrize("read", [published.read, loading.load])
@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (None, ["no such file"]),
        (b"", ["is empty"]),
        (b"\n\n", ["is empty"]),
        (b"# only a comment\n", ["is empty"]),
        (b"id,section\n1,2\n1,2,3\n", ["line 3 has 3 values, expected 2"]),
        (b"id,section\n1,2\n1\n", ["line 3 has 1 value, expected 2"]),
        (b"# a\n# b\nid,section\n1\n", ["line 4 has 1 value, expected 2"]),
        (b"id,id\n1,2\n", ["column id occurs more than once"]),
        ("id,section\n1,2\n".encode("utf-16-le"), ["line 1", "UTF-8"]),
        (b"id,section\n1,\0\n", ["line 2", "UTF-8"]),
        (b'id,section\n1,"2\n3,4\n', ["line 3", "separated by commas"]),
        (b'id,section\n1,"2"x\n3,4\n', ["line 2", "separated by commas"]),
        (b"id,section\n1," + b"9" * 200_000 + b"\n", ["line 2", "separated by commas"]),
    ],
)
def test_an_unreadable_table_is_named_with_its_line(tmp_path, read, content, expected):
    path = tmp_path / "table.csv"
    if content is not None:
        path.write_bytes(content)
    message = refusal(read, path)
    assert all(words in message for words in ["table.csv", *expected])


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"id;section\n1;2\n", ["separated by semicolons", "columns separated by commas"]),
        (b"# x\nid\tsection\n1\t2\n", ["separated by tabs", "columns separated by commas"]),
        ("id,section\n1,闭塞\n".encode("gb18030"), ["line 2", "UTF-8"]),
        ("id,section\n1,2\n".encode("utf-16"), ["UTF-16", "expected UTF-8"]),
    ],
)
def test_the_projects_own_tables_are_plain_csv(tmp_path, content, expected):
    path = tmp_path / "table.csv"
    path.write_bytes(content)
    message = refusal(published.read, path)
    assert all(words in message for words in ["table.csv", *expected])


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("name,label", "label", ["column name is missing"]),
        (
            "group,Diagnosis,group",
            "group,Diagnosis,cluster",
            ["line 3, column role: “cluster”", "outcome"],
        ),
        ("group,category", "group,text", ["line 3, column type: “text”", "category"]),
        ("group,category", "group,nominal", ["line 3, column type: “nominal”", "category"]),
        ("A|B", "A", ["line 3, column levels: “A”", "at least two"]),
        ("A|B", "A|A", ["line 3, column levels: “A|A”", "each once"]),
        ("0|1", "0|1|2", ["line 4, column levels: “0|1|2”", "0|1"]),
        ("factor,number", "factor,text", ["line 5, column type: “text”", "binary or number"]),
        (
            "outcome,binary,6 months,0|1",
            "outcome,number,,",
            ["line 6, column type: “number”", "binary"],
        ),
        ("time,number", "time,text", ["line 7, column type: “text”", "number"]),
        ("has_x,Marker", ",Marker", ["line 4, column name: empty"]),
        ("outcome,Occlusion", ",Occlusion", ["line 6, column name: empty"]),
        ("has_x,Marker", "length,Marker", ["column name: “length” occurs more than once"]),
        ("Occlusion,outcome", "Occlusion,factor", ["0 rows have the role outcome; expected one"]),
        (
            "length,Stent length,factor,number",
            "length,,outcome,binary",
            ["2 rows have the role outcome"],
        ),
    ],
)
def test_an_unusable_codebook_is_named_with_line_and_column(load, old, new, expected):
    message = refusal(load, ROWS, CODEBOOK.replace(old, new, 1))
    assert all(words in message for words in ["rows.codebook.csv", *expected])
