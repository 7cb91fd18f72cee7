"""Files as people have them: every format, codes for missing values, any two codes for yes and no,
what exports add. The files in `cases` hold made-up values, each of a kind that once went wrong.
"""

import gzip
import io
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyreadstat
import pytest
from chapter import run
from helpers import load_from, refusal
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyarrow import parquet
from workbooks import ods, saved, xlsx

from lib.patients import loading, template
from lib.patients.cohort import Cohort
from lib.statistics import multivariate, survival

CASES = Path(__file__).parent / "cases"
CODEBOOK = """Name,LABEL,Role,Type,Unit,Levels,Level labels,Missing
site,Site,group,category,,1|2|3,north|south|east,
sex,Sex,factor,binary,,1|2,male|female,9
drain,Drain,factor,binary,,Unchecked|Checked,,
size,Size,factor,number,mm,,,-9|99.5
leak,Leak,outcome,binary,30 days,2|1,dry|leaking,
"""
ROWS = pd.DataFrame(
    {
        "site": [1.0, 2, 3, np.nan, 1, 2, 3, 2],
        "sex": [1.0, 2, np.nan, 1, 2, 9, 2, 1],
        "drain": ["Checked", "Unchecked", "", "Checked", "Unchecked", "Checked", "Checked", ""],
        "size": [80.1, 7, np.nan, 12.25, -9, 99.5, 0.1, 1e-3],
        "leak": [2, 1, 2, 2, 1, 1, 2, 2],
    }
).dropna(subset="site")
LABELS = {"site": "Hospital", "sex": "Sex of the patient", "leak": "Leakage"}
WORDS = {
    "site": {1: "north", 2: "south", 3: "east"},
    "sex": {1: "male", 2: "female"},
    "leak": {1: "leaking", 2: "dry"},
}


def text(separator: str = ",", rows: pd.DataFrame = ROWS) -> bytes:
    return rows.to_csv(index=False, sep=separator).encode()


def records(rows: pd.DataFrame = ROWS) -> list[list]:
    filled = rows.astype(object).where(rows.notna(), "")
    return [list(filled), *filled.to_numpy().tolist()]


def in_format(path: Path, rows: pd.DataFrame = ROWS, labels: dict | None = None) -> bytes:
    """Numbers are single in Stata's files, as they are there by default."""
    size = {"size": "float32"} if path.suffix == ".dta" else {}
    return saved(rows.astype(size), path, labels, WORDS)


@pytest.fixture
def load(tmp_path):
    def loaded(content: bytes | str, codebook: str | None = CODEBOOK, **name: str) -> Cohort:
        return load_from(tmp_path, content, codebook, **name)

    return loaded


def case(name: str) -> Cohort:
    return loading.load(CASES / f"{name}.csv")


def same(one: Cohort, other: Cohort) -> None:
    pd.testing.assert_frame_equal(one.rows, other.rows)
    pd.testing.assert_frame_equal(one.codebook, other.codebook)


# ---------------------------------------------------------------------------------------- formats


def with_cell(cell: object, column: str = "size") -> list[list]:
    """The rows as a workbook has them, with another cell in row 3."""
    rows = records()
    rows[2][rows[0].index(column)] = cell
    return rows


def signs(*runs: str, place: str = "superscript") -> str:
    """A text of which every second part is raised, or lowered."""
    raised = f'<rPr><vertAlign val="{place}"/></rPr>'
    return "".join(f"<r>{raised * (i % 2)}<t>{run}</t></r>" for i, run in enumerate(runs))


SHEETS = {"Notes": [["made up"]], "Data": records(), "More": records()}
CONTENTS = {
    "registry.tsv": lambda path: text("\t"),
    "registry.txt": lambda path: text("|"),
    "registry.csv.gz": lambda path: gzip.compress(text(";")),
    "registry.xlsx": lambda path: xlsx(SHEETS),
    "registry.xlsx.gz": lambda path: gzip.compress(xlsx(SHEETS)),
    "registry.xls": lambda path: (CASES / "registry.xls").read_bytes(),
    "registry.ods": lambda path: ods(SHEETS),
    "registry.sav": in_format,
    "registry.zsav": in_format,
    "registry.dta": in_format,
    "registry.parquet": in_format,
    "wrongly named.csv": lambda path: xlsx(SHEETS),
    "text in truth.xls": lambda path: text("\t"),
}


@pytest.mark.parametrize("name", CONTENTS)
def test_one_table_gives_one_cohort_in_every_format(load, tmp_path, name):
    expected = load(text())
    assert expected.rows["leak"].tolist() == [0, 1, 0, 1, 1, 0, 0]
    assert expected.rows["size"].isna().sum() == 3 and expected.rows["sex"].isna().sum() == 2
    assert (expected.no_event, expected.event, expected.horizon) == ("dry", "leaking", "30 days")
    assert expected.level_labels("drain") == {"0": "Unchecked", "1": "Checked"}
    same(load(CONTENTS[name](tmp_path / name), name=name), expected)


def test_one_table_gives_the_same_page_in_every_format(load, tmp_path, monkeypatch):
    """Whatever a chapter shows and says, its pictures' alternatives and files included."""
    monkeypatch.setenv("DISCLOSURE", "off")
    pages = []
    for name in ("registry.txt", "registry.sav", "registry.dta", "registry.xlsx"):
        load(CONTENTS[name](tmp_path / name), name=name)
        monkeypatch.setenv("COHORT", str(tmp_path / name))
        ran = run("patency", lay_out=False)
        pages.append((ran.glued, [output.content for output in ran.shown]))
    assert pages[1:] == pages[:1] * 3


TITLE = [["Registry of leaks; as of, May"], [""], ["leak"]]
ABOVE = "What stands above the names of the columns in {} 4 was left out."
TITLE_LINES = b"Registry of leaks; as of, May\r\n\r\nleak\r\n"
WRONG = [records()[0], [*records()[1][:4], 7]]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("registry.xlsx", xlsx(SHEETS), "Of 3 sheets, “Data” was read."),
        ("registry.xlsx", xlsx({"only": [["", ""], ["# exported"], *records()]}), ""),
        ("registry.xlsx", xlsx(SHEETS | {"Data": [*TITLE, *records()]}), ABOVE.format("row")),
        *[("registry.csv", TITLE_LINES + text(sign), ABOVE.format("line")) for sign in ",;\t"],
    ],
)
def test_the_sheet_that_has_the_columns_is_read_from_their_names_on_and_that_is_said(
    load, name, content, said
):
    found = load(content, name=name)
    same(found, load(text()))
    notes = " ".join(found.notes)
    assert said in notes and "Of 1 sheet" not in notes


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (xlsx({"only": [*TITLE, *WRONG]}), "row 5, column leak: “7”"),
        (xlsx({"only": [[""], *WRONG]}), "row 3, column leak: “7”"),
        (b"", "it is empty"),
        (xlsx({"only": []}), "not a workbook that can be read"),
        # It asks for more memory than there is.
        (xlsx({"only": records()}, stray="XFD1048576"), "not a workbook that can be read"),
    ],
)
def test_a_workbook_that_cannot_be_used_is_refused_with_its_row(load, content, said):
    assert said in refusal(load, content, name="registry.xlsx")


@pytest.mark.parametrize("suffix", ["sav", "dta"])
def test_labels_of_statistics_packages_serve_where_the_codebook_has_none(load, tmp_path, suffix):
    name = f"labeled.{suffix}"
    content = in_format(tmp_path / name, labels=LABELS)
    silent = CODEBOOK.replace("Site,", ",").replace("Sex,", ",").replace("dry|leaking", "")
    found = load(content, silent.replace("male|female", "man|woman"), name=name)
    assert (found.label("site"), found.label("sex")) == ("Hospital", "Sex of the patient: woman")
    assert (found.label("leak"), found.no_event, found.event) == ("Leak", "dry", "leaking")
    assert list(found.level_labels("sex").values()) == ["man", "woman"]
    # The codebook may also name the words instead of the codes.
    in_words = CODEBOOK.replace("1|2|3,north|south|east", "north|south|east,")
    found = load(content, in_words, name=name)
    assert found.rows["site"].tolist()[:2] == ["north", "south"]
    assert any("read “1” as “north” (2)" in note for note in found.notes)


FIGURES = "; a raised or circled sign may be a note"
PROGRAM = " (this is a message of the spreadsheet program; leave the cell empty"
FORMULA = (
    " (this is a formula without its result; open the file in the spreadsheet program and save"
)


@pytest.mark.parametrize(
    ("column", "cell", "said"),
    [
        *[
            ("size", (kind, before + text + after), f"row 3, column size: “{shown}”; expected a "
             f"number in mm{FIGURES}")
            for kind, before, after in (("inlineStr", "<is>", "</is>"), ("s", "", ""))
            for text, shown in (
                (signs("80", "1"), "80¹"),
                (signs("", "12", "80 mm"), "¹²80 mm"),
                (signs("80.5", "2", place="subscript"), "80.5₂"),
            )
        ],
        ("size", ("e", "<f>1/0</f><v>#DIV/0!</v>"), f"row 3, column size: “#DIV/0!”; expected a "
         f"number in mm{PROGRAM}"),
        ("leak", ("e", "<v>#REF!</v>"), "row 3, column leak: “#REF!”; expected 2 (dry) or 1 "
         f"(leaking){PROGRAM}"),
        ("size", ("n", "<f>A2*2</f><v/>"), "row 3, column size: “=”; expected a number in "
         f"mm{FORMULA}"),
        ("leak", ("n", '<f t="shared" si="0"/>'), f"column leak: “=”; expected 2 (dry) or 1 "
         f"(leaking){FORMULA}"),
    ],
)  # fmt: skip
def test_what_the_value_of_a_cell_does_not_tell_is_refused(load, column, cell, said):
    shared = cell[0] == "s"
    rows = with_cell(("s", "<v>0</v>") if shared else cell, column)
    content = xlsx({"Notes": [["made up"]], "x": rows}, texts=(cell[1],) if shared else ())
    assert said in refusal(load, content, name="registry.xlsx")


def part(text: str, before: str = "", style: int = 1) -> str:
    """A text of an OpenDocument file, the end of which has a style."""
    return f'<text:p>{before}<text:span text:style-name="{style}">{text}</text:span></text:p>'


TYPE = 'office:value-type="{}"'.format
OF = 'table:formula="of:=[.B2]" '
IN_ERROR = 'calcext:value-type="error"'


@pytest.mark.parametrize(
    ("column", "cell", "said"),
    [
        ("size", (TYPE("string"), part("1", "80")), f"“80¹”; expected a number in mm{FIGURES}"),
        ("size", (TYPE("string"), part("2", "80", 2)), f"“80₂”; expected a number in mm{FIGURES}"),
        ("size", (f'{OF}{TYPE("float")} office:value="0" {IN_ERROR}', "<text:p>#DIV/0!</text:p>"),
         f"“#DIV/0!”; expected a number in mm{PROGRAM}"),
        ("size", (f'{OF}{TYPE("string")} office:string-value=""', "<text:p>#REF!</text:p>"),
         f"“#REF!”; expected a number in mm{PROGRAM}"),
        ("leak", (f'{OF}{TYPE("float")} office:value="0" {IN_ERROR}', "<text:p>Err:502</text:p>"),
         f"“Err:502”; expected 2 (dry) or 1 (leaking){PROGRAM}"),
        ("size", (OF, ""), f"“=”; expected a number in mm{FORMULA}"),
        ("leak", (OF + TYPE("float"), ""), f"“=”; expected 2 (dry) or 1 (leaking){FORMULA}"),
    ],
)  # fmt: skip
def test_what_the_value_of_a_cell_of_opendocument_does_not_tell_is_refused(
    load, column, cell, said
):
    content = ods({"Notes": [["made up"]], "x": with_cell(cell, column)})
    assert f"row 3, column {column}: {said}" in refusal(load, content, name="registry.ods")


def test_what_opendocument_tells_is_read_as_it_is(load):
    rows = with_cell((f'{OF}{TYPE("float")} office:value="7"', "<text:p>7.0</text:p>"))
    rows[0][0] = (TYPE("string"), part("e", "sit"))
    rows[1][3] = (TYPE("string"), part("1", "80.", 3))
    rows[2][2] = (f'{OF}{TYPE("string")} office:string-value=""', "")
    found = load(ods({"x": rows}), name="registry.ods")
    same(found, load(text(rows=ROWS.assign(drain=["Checked", "", *ROWS["drain"].iloc[2:]]))))


@pytest.mark.parametrize("result", [0, 7])
@pytest.mark.parametrize("about", ["", '<calcPr fullCalcOnLoad="1"/>', '<calcPr calcId="1"/>'])
def test_results_of_0_are_refused_where_the_file_asks_for_them_to_be_computed(load, result, about):
    content = xlsx({"x": with_cell(("n", f"<f>3+4</f><v>{result}</v>"))}, about=about)
    if result == 0 and "OnLoad" in about:
        message = refusal(load, content, name="registry.xlsx")
        assert f"row 3, column size: “=”; expected a number in mm{FORMULA}" in message
    else:
        assert load(content, name="registry.xlsx").rows["size"].iloc[1] == result


def test_that_an_old_workbook_does_not_tell_its_errors_is_said(load):
    notes = load((CASES / "registry.xls").read_bytes(), name="registry.xls").notes
    assert any(
        "In an .xls file an error, such as #DIV/0!, cannot be told" in note for note in notes
    )
    assert not any(".xls" in note for note in load(xlsx(SHEETS), name="registry.xlsx").notes)


def test_formulas_with_a_result_and_raised_figures_in_words_are_what_they_were(load):
    rows = with_cell(("n", "<f>3+4</f><v>7</v>"))
    rows[0][0] = ("inlineStr", f"<is>{signs('sit', 'e')}</is>")
    rows[2][2] = ("str", '<f>IF(TRUE,"","")</f><v></v>')
    rows[3][2] = ("e", "<v>#N/A</v>")
    found = load(xlsx({"x": rows}), name="registry.xlsx")
    expected = load(text(rows=ROWS.assign(drain=["Checked", "", "#N/A", *ROWS["drain"].iloc[3:]])))
    same(found, expected)
    assert any("Column drain: read “#N/A” as missing (1)" in note for note in found.notes)


@pytest.mark.parametrize(
    ("merged", "refused"),
    [
        ("C3:C4", "row 4, column drain: “#merged”; expected Unchecked or Checked (the cell is "),
        ("B3:C4", "row 4, column drain: “#merged”; expected Unchecked or Checked (the cell is "),
        ("A1:B1", ""),  # a title
        ("E2:F2", ""),  # a name, and a column without values
        ("C4:C4", ""),
        ("C10:E12", ""),  # nothing
    ],
)
def test_merged_cells_are_refused_where_their_values_are_needed(load, merged, refused):
    rows = [["made up", ""], *with_cell("", "drain"), *[[""] * 6] * 3]
    content = xlsx({"x": rows}, merged=merged)
    if refused:
        assert refused in refusal(load, content, name="registry.xlsx")
    else:
        same(
            load(content, name="registry.xlsx"),
            load(text(rows=ROWS.assign(drain=["Checked", "", *ROWS["drain"].iloc[2:]]))),
        )


def test_merged_cells_of_opendocument_are_refused_where_their_values_are_needed(load):
    title = f'{TYPE("string")} table:number-columns-spanned="{{}}"'.format
    covered = (None, "")
    above = [(title(2), "<text:p>made up</text:p>"), covered]
    same(load(ods({"x": [above, *records()]}), name="registry.ods"), load(text()))
    rows = with_cell(covered, "drain")
    message = refusal(load, ods({"x": [above, *rows]}), name="registry.ods")
    assert "row 4, column drain: “#merged”; expected Unchecked or Checked (the cell is" in message


COLUMN_OF_LEVELS = """name,label,role,type,unit,levels,level_labels,missing
site,Site,group,category,,a|b,,
x,X,factor,{},9
leak,Leak,outcome,binary,,0|1,,
"""


@pytest.mark.parametrize("suffix", ["sav", "dta"])
@pytest.mark.parametrize(
    ("rule", "words", "values", "expected"),
    [
        # As a category of pandas and a factor of R write what they hold.
        ("category,,1|2|3,", {0: "1", 1: "2", 2: "3"}, [0, 1, 2, 1], [0, 1, 2, 1]),
        ("category,,1|2|3,", {0: "1", 1: "2", 2: "3"}, [1, 2, 2, 1], [1, 2, 2, 1]),
        (
            "category,,1|2|3,",
            {1: "3", 2: "2", 3: "1"},
            [1, 2, 3, 3],
            "“1”; expected one of 1, 2, 3, and the file calls it “3”",
        ),
        ("category,,1|2|3,", {0: "1", 1: "2"}, [0, 1, 3, 1], "“3”; expected one of 1, 2, 3"),
        ("category,,0|1|2,low|mid|high", {0: "LOW", 1: "Mid"}, [0, 1, 2, 1], [0, 1, 2, 1]),
        ("category,,none|1|2,", {0: "none"}, [0, 1, 2, 1], [0, 1, 2, 1]),
        # The words are those of the codebook.
        ("category,,0|1|2,1|2|3", {0: "1", 1: "2", 2: "3"}, [0, 1, 2, 1], [0, 1, 2, 1]),
        ("binary,,0|1,", {1: "0", 2: "1"}, [1, 2, 2, 1], [0, 1, 1, 0]),
        ("binary,,0|1,no|yes", {1: "No", 2: "Yes"}, [1, 2, 2, 1], [0, 1, 1, 0]),
        ("binary,,0|1,", {1: "No", 2: "Yes"}, [1, 2, 2, 1], [0, 1, 1, 0]),
        ("binary,,0|1,", {0: "Yes", 1: "No"}, [1, 0, 0, 1], [1, 0, 0, 1]),
        ("binary,,0|1,Alive|Dead", {1: "Alive", 2: "Dead"}, [1, 2, 2, 1], [0, 1, 1, 0]),
        (
            "binary,,0|1,no|yes",
            {0: "Yes", 1: "No"},
            [0, 1, 1, 0],
            "“0”; expected 0 (no) or 1 (yes), and the file calls it “Yes”",
        ),
        (
            "binary,,0|1,no|yes",
            {0: "Yes", 1: "No", 9: "Unknown"},
            [0, 1, 1, 9],
            "Let levels and level_labels of the codebook agree with the words of the file",
        ),
        ("binary,,0|1,no|yes", {1: "leak", 2: "yes"}, [1, 2, 1, 2], "it holds 1 and 2"),
        ("binary,,0|1,man|woman", {0: "male", 1: "female"}, [0, 1, 1, 0], [0, 1, 1, 0]),
    ],
)
def test_the_words_of_a_file_for_its_values_are_read_for_all_of_them_or_for_none(
    load, tmp_path, suffix, rule, words, values, expected
):
    path, codebook = tmp_path / f"words.{suffix}", COLUMN_OF_LEVELS.format(rule)
    rows = pd.DataFrame({"site": [*"abab"], "x": map(float, values), "leak": [0.0, 1, 0, 1]})
    write = {"sav": pyreadstat.write_sav, "dta": pyreadstat.write_dta}[suffix]
    write(rows, path, variable_value_labels={"x": words})
    if isinstance(expected, str):
        assert expected in refusal(load, path.read_bytes(), codebook, name=path.name)
        return
    found = load(path.read_bytes(), codebook, name=path.name)
    levels = [name for name in found.rows if name.startswith("x=")]
    places = sum(i * found.rows[name] for i, name in enumerate(levels))
    assert list(places if levels else found.rows["x"]) == expected
    said = "Column x: its values were read by the words that the file has for them."
    assert values == expected or said in found.notes


def test_what_an_spss_file_calls_missing_is_missing(load, tmp_path):
    path = tmp_path / "missing.sav"
    rows = ROWS.assign(size=[1.0, 2, 3, 97, 98, 6, 7], drain="Checked")
    pyreadstat.write_sav(rows, path, missing_ranges={"size": [{"lo": 90, "hi": 99}]})
    assert load(path.read_bytes(), name=path.name).rows["size"].isna().sum() == 2


def test_a_date_that_stata_keeps_as_a_single_number_is_a_date(load, tmp_path):
    path = tmp_path / "date.dta"
    rows = ROWS.assign(size=80.1, day=22_000).astype({"size": "float32", "day": "float32"})
    rows.to_stata(path, write_index=False, version=114)
    # The format of the last column, which pandas makes that of a number.
    before, _, after = path.read_bytes().rpartition(b"%9.0g")
    content = before + b"%td".ljust(5, b"\0") + after
    assert "column “day” holds full dates" in refusal(load, content, name=path.name)


TIME = CODEBOOK + "span,Span,time,number,months,,,\n"


def test_lengths_of_time_are_asked_for_as_numbers(load, tmp_path):
    path, span = tmp_path / "span.parquet", pd.to_timedelta([30.5] * 7, unit="D")
    ROWS.assign(span=span).to_parquet(path)
    said = "“30 days 12:00:00”; expected a number in months (this is a length of time"
    assert said in refusal(load, path.read_bytes(), TIME, name=path.name)
    same(load(path.read_bytes(), name=path.name), load(text()))
    (written,) = template.begun(path).values()
    assert "span,,factor,category,,30 days 12:00:00," in written.decode()


@pytest.mark.parametrize("suffix", ["sav", "dta"])
@pytest.mark.parametrize("word", ["keine Angabe", "Not assessed"])
def test_a_number_that_the_file_has_a_word_for_is_named(load, tmp_path, suffix, word):
    path, rows = tmp_path / f"named.{suffix}", ROWS.assign(size=[48.0, 60, 75, 81, 90, 99, 52])
    write = {"sav": pyreadstat.write_sav, "dta": pyreadstat.write_dta}[suffix]
    write(rows, path, variable_value_labels={"size": {99: word, 100: "very long"}})
    said = f"Column size: the file calls “99” “{word}”, which was read as a number. What stands"
    for codes, named in (("98", True), ("99", False), ("none", False)):
        codebook = CODEBOOK.replace("-9|99.5", codes)
        notes = load(path.read_bytes(), codebook, name=path.name).notes
        assert any(said in note for note in notes) == named


COLUMN = st.lists(
    st.sampled_from([1.0, 2.0]) | st.none() | st.floats(0, 1e6, width=32), min_size=4, max_size=9
)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(COLUMN, st.sampled_from(["sav", "dta", "parquet", "xlsx", "ods"]))
def test_a_format_gives_what_the_csv_file_gives_or_both_are_refused(tmp_path, values, suffix):
    size = np.array(values, float)
    rows = pd.DataFrame({"site": 1.0, "sex": 2.0, "drain": "Checked", "size": size, "leak": 1.0})
    path = tmp_path / f"any.{suffix}"
    write = {"xlsx": xlsx, "ods": ods}.get(suffix)
    content = write({"x": records(rows)}) if write else in_format(path, rows)
    path.write_bytes(content)
    (tmp_path / "any.csv").write_bytes(text(rows=rows))
    (tmp_path / "any.codebook.csv").write_text(CODEBOOK.replace("-9|99.5", "none"))
    same(loading.load(path), loading.load(tmp_path / "any.csv"))


# ---------------------------------------------------------------------------- codes for missing


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ([1.5, 2, 3, -9, 4, 5, 6], "-9 (1) in line 5 may stand for missing values"),
        ([1, 2, 3, 99, 99, 4, 5], "99 (2) in lines 5 and 6 may stand"),
        ([1, 8, 2.5, 99.9, 99.9, 4, 6], "99.9 (2)"),
        ([1, 2, 3, 888, 999, 888, 5], "888 (2), 999 (1) in lines 5, 6 and 7"),
        ([1, 2, 3, 9, 9, 4, 5], "9 (2)"),
        ([20, 49, 30, 98, 98, 99, 33], "98 (2), 99 (1)"),
        ([20, 35, 97, 97, 98, 99, 40], "97 (2), 98 (1), 99 (1)"),
        ([20, 25, 96, 97, 98, 99, 99], "96 (1), 97 (1), 98 (1), 99 (2)"),
        ([20, 49, 30, 9998, 9998, 9999, 33], "9998 (2), 9999 (1)"),
        ([20, 30, 6666, 7777, 8888, 9999, 9999], "6666 (1), 7777 (1), 8888 (1), 9999 (2)"),
        ([20, 30, -6, -7, -8, -9, 25], "-9 (1), -8 (1), -7 (1), -6 (1)"),
        ([1, 2, 3, 8, 9, 9, 4], "8 (1), 9 (2)"),
    ],
)
def test_what_looks_like_a_code_is_refused_with_the_mend(load, values, said):
    codebook = CODEBOOK.replace("-9|99.5", "").replace(",mm,", ",U,")
    rows = ROWS.assign(size=values)
    message = refusal(load, text(rows=rows), codebook)
    assert (
        f"column size: {said}" in message and "into the column missing of the codebook" in message
    )
    none = load(text(rows=rows), CODEBOOK.replace("-9|99.5", "none").replace(",mm,", ",U,"))
    assert none.rows["size"].tolist() == values
    # As the mend says: what is listed, each with how many rows have it.
    codes = [float(code.split(" (")[0]) for code in said.split(" in ")[0].split(", ")]
    written = "|".join(f"{code:g}" for code in codes)
    named = load(text(rows=rows), CODEBOOK.replace("-9|99.5", written).replace(",mm,", ",U,"))
    assert named.rows["size"].isna().tolist() == [value in codes for value in values]


def test_one_outlier_does_not_hide_a_repeated_code(load):
    ages = [*range(20, 60), 85, *[99] * 4]
    rows = pd.DataFrame({"site": 1, "sex": 2, "drain": "Checked", "size": ages, "leak": 1})
    assert "column size: 99 (4)" in refusal(load, text(rows=rows), CODEBOOK.replace("-9|99.5", ""))


@pytest.mark.parametrize("suffix", ["sav", "dta"])
@pytest.mark.parametrize("word", ["Refused", "missing", "not done", "Don't know", "未知"])
def test_a_number_that_the_file_calls_unknown_is_asked_about(load, tmp_path, suffix, word):
    path, rows = tmp_path / f"called.{suffix}", ROWS.assign(size=[41.0, 42, 43, 44, 45, 0, 46])
    write = {"sav": pyreadstat.write_sav, "dta": pyreadstat.write_dta}[suffix]
    write(rows, path, variable_value_labels={"size": {0: word, 41: "little"}})
    content = path.read_bytes()
    message = refusal(load, content, name=path.name)
    assert (
        f"row 6, column size: “0”; expected a number in mm, and the file calls it “{word}”"
        in message
    )
    assert "Write -9|99.5|0 into the column missing of the codebook, or -9|99.5|none if" in message
    none = load(content, CODEBOOK.replace("-9|99.5", "none"), name=path.name)
    assert none.rows["size"].min() == 0


@pytest.mark.parametrize("value", [999, 99.9, 888])
def test_a_single_code_is_read_and_named(load, value):
    rows = ROWS.assign(size=[74, 85, 70, 78, 77, value, 80])
    found = load(text(rows=rows), CODEBOOK.replace("-9|99.5", ""))
    assert found.rows["size"].tolist()[5] == value
    assert any(f"Column size: {value} (1) in line 7 was read as a value" in n for n in found.notes)
    twice = CODEBOOK.replace("-9|99.5", "") + "age,Age,factor,number,years,,,\n"
    shared = refusal(load, text(rows=rows.assign(age=[50, 52, 60, 55, value, 61, 58])), twice)
    assert f"column size: {value} (1)" in shared and f"column age: {value} (1)" in shared


@pytest.mark.parametrize("disclosed", ["5", "off"])
@pytest.mark.parametrize(
    ("unit", "value", "named"),
    [
        ("years", 999, True),
        ("months", 9999, True),
        # A patient may have it, and then it is that patient's.
        ("years", 99, False),
        ("months", 999, False),
        ("mm", 999, False),
        ("", 999, False),
    ],
)
def test_the_page_names_a_single_code_where_it_can_be_nobodys_value(
    load, monkeypatch, tmp_path, unit, value, named, disclosed
):
    """The terminal names it in any case, and the page says where to read of it and what to do."""
    rows = pd.concat([ROWS.assign(size=[54, 65, 50, 58, 57, 52, 60])] * 6, ignore_index=True)
    rows.loc[30, "size"] = value
    load(text(rows=rows), CODEBOOK.replace("mm,,,-9|99.5", f"{unit},,,"))
    monkeypatch.setenv("COHORT", str(tmp_path / "registry.csv"))
    monkeypatch.setenv("DISCLOSURE", disclosed)
    in_terminal = " ".join(loading.load().notes)
    mend = f"Write {value} into the column missing of the codebook, or none if it is a value."
    assert f"Column size: {value} (1) in line 32 was read as a value. {mend}" in in_terminal
    tables = {one.content["name"]: one.content for one in run("your_data", lay_out=False).shown}
    report = str(tables["tab-file-report"])
    said = f"Column size: {value} is longer than a life and was read as a value. {mend}"
    assert (said in report) == named
    assert (f"{value}" in report) == (named or disclosed == "off")
    assert ("line 32" in report) == (disclosed == "off")
    assert disclosed == "off" or "The build names each, with its row. A code for missing" in report


@pytest.mark.parametrize(
    "values",
    [
        [-3.1, 2, -1.5, 4, 0.5, -2, 1],
        [80, 88, 60, 99, 77, 65, 70],
        [1, 2, 3, 7, 8, 9, 5],
        [60, 70, 80, 90, 95, 98, 99],
    ],
)
def test_values_among_others_of_their_kind_are_no_codes(load, values):
    rows = text(rows=ROWS.assign(size=values))
    codebook = CODEBOOK.replace("-9|99.5", "").replace(",mm,", ",U,")
    assert not any("size" in note for note in load(rows, codebook).notes)


@pytest.mark.parametrize(
    ("codes", "sizes"),
    [
        ("-9", ["−9", "-9.0", "－9"]),
        ("−9", ["-9", "−9"]),
        ("-9", ["-9,0", "70,5"]),
        ("99.9", ["99,9", "99,90"]),
        ('"99,9"', ["99,90", "99.9", "99,9"]),
        ("999", ["999 mm", "999", "999.0"]),
        ("refused", ["refused"]),
        ("N/A|none", ["N/A"]),
    ],
)
def test_codes_of_the_codebook_are_missing_however_a_number_is_written(load, codes, sizes):
    rows = ROWS.assign(size=[*sizes, *["70"] * (len(ROWS) - len(sizes))])
    found = load(text(";", rows), CODEBOOK.replace("-9|99.5", codes))
    assert found.rows["size"].dropna().isin([70, 70.5]).all()


@pytest.mark.parametrize("codes", ["9;99", "900-999", "9 99", "99, 98", "9/99", ">90", "1,234"])
def test_codes_that_are_neither_numbers_nor_words_are_refused(load, codes):
    message = refusal(load, text(), CODEBOOK.replace("-9|99.5", f'"{codes}"'))
    assert f"line 5, column missing: “{codes}”; expected numbers or words" in message


def test_further_codes_are_asked_about_beside_those_of_the_codebook(load):
    rows = text(rows=ROWS.assign(size=[1, -9, 2, 999, 999, 3, 4]))
    message = refusal(load, rows, CODEBOOK.replace("-9|99.5", "-9"))
    assert "column size: 999 (2)" in message
    assert "Write -9|999 into the column missing of the codebook, or -9|none if" in message
    assert load(rows, CODEBOOK.replace("-9|99.5", "-9|none")).rows["size"].max() == 999
    codebook = CODEBOOK.replace("-9|99.5", "None").replace(",mm,", ",U,")
    assert load(rows, codebook).rows["size"].min() == -9


def test_codes_of_the_codebook_are_missing_in_every_kind_of_column(load):
    codebook = CODEBOOK.replace("Checked,,", "Checked,,-1|not done").replace("-9|99.5", "-9|99.5|x")
    rows = ROWS.assign(drain=["-1", "not done", "Checked", "Unchecked", "-1.0", "Checked", ""])
    found = load(text(rows=rows), codebook)
    assert found.rows["drain"].isna().sum() == 4
    assert any(
        "Column drain: read “-1”, “not done”, “-1.0” as missing (3)" in n for n in found.notes
    )
    assert "“9” is a level too" in refusal(load, text(), CODEBOOK.replace("1|2,male", "1|9,male"))


# -------------------------------------------------------------------------------- levels and roles


@pytest.mark.parametrize(
    ("no", "yes"),
    [("M", "F"), ("Stable", "Worse"), ("男", "女"), ("nein", "ja"), ("×", "√"), ("2", "1")],
)
def test_any_two_codes_stand_for_no_and_yes(load, no, yes):
    rows = text(rows=ROWS.assign(sex=[yes, no, "", yes, no, yes, no]))
    for levels in (f"{no}|{yes},male|female", f"0|1,{no}|{yes}"):
        found = load(rows, CODEBOOK.replace("1|2,male|female", levels))
        np.testing.assert_array_equal(found.rows["sex"], [1, 0, np.nan, 1, 0, 1, 0])
        assert list(found.codebook.loc["sex", ["levels"]]) == ["0|1"]
    if no != "2":
        message = refusal(load, rows, CODEBOOK.replace("1|2,male|female", "0|1,"))
        first, second = sorted([no, yes])
        assert f"sex,Sex,factor,binary,,{first}|{second} (or {second}|{first})" in message


def test_a_yes_of_a_database_is_minus_one(load):
    rows = text(rows=ROWS.assign(sex=[-1, 0, "", -1, 0, -1, 0]))
    message = refusal(load, rows, CODEBOOK.replace("1|2,male|female", "0|1,"))
    assert "sex,Sex,factor,binary,,0|-1 (or -1|0)" in message and "missing" not in message
    found = load(rows, CODEBOOK.replace("1|2,male|female", "0|-1,"))
    np.testing.assert_array_equal(found.rows["sex"], [1, 0, np.nan, 1, 0, 1, 0])


def test_a_number_with_a_point_is_the_level_that_it_equals(load):
    found = load(text(rows=ROWS.assign(leak=ROWS["leak"].astype(float))))
    assert any(note == "Column site: read “1.0” as “1” (2), “2.0” as “2” (3), “3.0” as “3” (2)."
               for note in found.notes)  # fmt: skip
    assert any("Column leak: read “2.0” as “2” (4)" in note for note in found.notes)
    assert "“-1”; expected 1 (male) or 2 (female)" in refusal(
        load, text(rows=ROWS.assign(sex=[1, 2, -1, 1, 2, 2, 1]))
    )


@pytest.mark.parametrize("line", ["outcome|event", "outcome"])
def test_a_column_may_serve_two_roles(load, line):
    codebook = CODEBOOK.replace("Leak,outcome", f"Leak,{line}")
    codebook += "days,Days,time,number,days,,,\n"
    if line == "outcome":
        codebook += "leak,Leak,event,binary,,2|1,dry|leaking,\n"
    found = load(text(rows=ROWS.assign(days=range(10, 17))), codebook)
    assert found.outcome == "leak" and found.named("event") == ["leak (event)"]
    assert found.rows["leak"].tolist() == found.rows["leak (event)"].tolist()
    assert survival.describe(found).follow_up["events"].iloc[0] == 3


@pytest.mark.parametrize(
    ("horizon", "unit", "within"),
    [
        ("12 months", "days", 365),
        ("1 year", "months", 12),
        ("30 days", "weeks", 30 / 7),
        ("1-year", "months", 12),
        ("12-month", "years", 1),
    ],
)
def test_horizon_and_time_may_have_different_units(load, horizon, unit, within):
    codebook = CODEBOOK.replace("30 days", horizon) + f"time,Time,time,number,{unit},,,\n"
    rows = ROWS.assign(time=[within, within - 0.1, *[2 * within] * 5])
    rows["leak"] = [2, 2, 1, 1, 2, 2, 2]
    notes = load(text(rows=rows), codebook).notes
    assert f"Line 3: time is shorter than {horizon}, and yet leak is known to be 0." in notes
    message = refusal(load, text(rows=rows), codebook.replace(f"number,{unit}", "number,visits"))
    assert f"counted at “{horizon}” and the time has the unit “visits”" in message
    for words in ("one year", "12 Monate", "discharge", "12m"):
        message = refusal(load, text(rows=rows), codebook.replace(horizon, words))
        assert f"counted at “{words}” and the time has the unit “{unit}”" in message


# ----------------------------------------------------------------------------- what exports add


def test_without_a_codebook_one_sentence_says_how_to_get_one(load, tmp_path):
    message = refusal(load, text(), None)
    command = f"make template COHORT='{tmp_path / 'registry.csv'}'"
    assert message.count("\n") == 1 and command in message
    assert "no codebook was found" in message and "expected registry.codebook.csv" in message
    nearby = ("registry_codebook.csv", "Codebook.csv", "registry.codebook.xlsx")
    for near in (*nearby, "registry.csv.codebook.csv", "registry.codebook.csv.txt"):
        (tmp_path / near).write_text(CODEBOOK)
        assert f"There is {near}; call it registry.codebook.csv" in refusal(load, text(), None)
        (tmp_path / near).unlink()
    (tmp_path / "another.codebook.csv").write_text(CODEBOOK)
    assert "another" not in refusal(load, text(), None)


def test_a_codebook_beside_the_studys_own_columns_is_not_passed_over_in_silence(tmp_path):
    """There the file needs none of its own, but somebody has written one."""
    rows = (template.DATA / "cohort.csv").read_bytes().splitlines(keepends=True)
    (tmp_path / "registry.csv").write_bytes(b"".join(rows[:-1]))
    assert "codebook" not in " ".join(loading.load(tmp_path / "registry.csv").notes)
    (tmp_path / "registry.csv.codebook.csv").write_bytes(b"name,label\n")
    said = "registry.csv.codebook.csv was not read; call it registry.codebook.csv if it is meant"
    assert said in " ".join(loading.load(tmp_path / "registry.csv").notes)


@pytest.mark.parametrize("name", ["registry.csv.gz", "registry.gz"])
def test_the_codebook_of_a_compressed_file_may_bear_its_whole_name(load, tmp_path, name):
    (tmp_path / f"{name}.codebook.csv").write_text(CODEBOOK)
    message = refusal(load, gzip.compress(text()), None, name=name)
    assert f"There is {name}.codebook.csv; call it registry.codebook.csv" in message


INDEXES = {
    "a column": pd.Index([f"P{i:02}" for i in range(len(ROWS))], name="nr"),
    "numbers": pd.RangeIndex(7, 7 + 3 * len(ROWS), 3, name="nr"),
    "unnamed": pd.Index([f"P{i:02}" for i in range(len(ROWS))]),
    "unnamed numbers": pd.RangeIndex(len(ROWS)),
}


@pytest.mark.parametrize("kind", INDEXES)
def test_the_index_of_a_parquet_file_is_a_column_where_it_has_a_name(load, tmp_path, kind):
    """As pandas writes it: apart from the columns, and one that counts without its values."""
    path = tmp_path / "registry.parquet"
    ROWS.set_axis(INDEXES[kind]).to_parquet(path)
    codebook = CODEBOOK + "nr,Number,id,text,,,,\n" * (INDEXES[kind].name == "nr")
    found = load(path.read_bytes(), codebook, name=path.name)
    np.testing.assert_array_equal(found.rows["leak"], load(text()).rows["leak"])
    if INDEXES[kind].name:
        assert found.rows["nr"].tolist() == [*map(str, INDEXES[kind])]
        (begun,) = template.begun(path).values()
        assert "\r\nnr,,id,text,,,,,\r\nsite," in begun.decode()
    said = "The index of the rows has no name; it was left out."
    assert (said in found.notes) == (kind == "unnamed")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("<!DOCTYPE html><table><tr><td>1</td></tr></table>", "it is a web page or XML"),
        ('<?xml version="1.0"?><Workbook/>', "it is a web page or XML"),
        ('[{"site": 1, "sex": 2}]', "it is JSON"),
        ('{"site": [1, 2]}', "it is JSON"),
        (b"%PDF-1.7", "it is a PDF file"),
        (gzip.compress(b"X\n\0\0\0\3\0", mtime=0), "it is a file of R"),
        (b"HEADER RECORD*******LIBRARY", "it is a SAS file"),
        (b"ASCII SPSS PORT FILE", "it is a portable file of SPSS"),
        (b"SQLite format 3\0", "it is a database"),
        (gzip.compress(text(), mtime=0)[:-9], "it is compressed and damaged"),
    ],
)
@pytest.mark.parametrize("name", ["registry.csv", "registry.xls"])
def test_what_is_no_table_is_called_by_its_name(load, content, said, name):
    assert said in refusal(load, content, name=name)


def test_a_compressed_folder_is_no_workbook(load):
    assert "it is a compressed folder" in refusal(load, xlsx(SHEETS), name="registry.zip")


@pytest.mark.parametrize("number", ["#", "#no", "#1"])
@pytest.mark.parametrize("name", ["registry.csv", "registry.tsv", "registry.xlsx"])
def test_the_name_of_a_first_column_may_begin_like_a_comment(load, name, number):
    rows = ROWS.assign(place=range(len(ROWS)))[["place", *ROWS]].rename(columns={"place": number})
    sign = "\t" if name.endswith("tsv") else ","
    content = xlsx({"x": records(rows)}) if name.endswith("xlsx") else text(sign, rows)
    same(load(content, name=name), load(text()))
    named = CODEBOOK.replace("site,Site", f"{number},Number,id,text,,,,\nsite,Site")
    assert load(content, named, name=name).rows[number].tolist() == [*map(str, rows[number])]


def test_an_empty_column_without_a_name_is_passed_over(load):
    empty = ROWS.assign(**{"": ""})[["site", "", "sex", "drain", "size", "leak"]]
    same(load(text(rows=empty)), load(text()))
    same(load(xlsx({"x": records(empty)}), name="registry.xlsx"), load(text()))
    assert "line 1: column 2 has no name" in refusal(load, text(rows=empty.assign(**{"": "x"})))


def test_row_names_without_a_name_are_named_as_such(load):
    header, *lines = text().decode().splitlines()
    content = "\n".join([header, *(f"r{i},{line}" for i, line in enumerate(lines))])
    assert "is a name missing in the header, as R leaves one out, or is a comma" in refusal(
        load, content
    )


def test_two_columns_of_one_name_are_named_in_every_format(load):
    buffer, table = io.BytesIO(), pa.Table.from_pandas(ROWS, preserve_index=False)
    names = [*table.column_names, "size"]
    parquet.write_table(pa.Table.from_arrays([*table.columns, table["size"]], names), buffer)
    twice = [[*record, record[3]] for record in records()]
    for name, content in {"x.parquet": buffer.getvalue(), "x.xlsx": xlsx({"x": twice})}.items():
        assert "column size occurs more than once" in refusal(load, content, name=name)


POINTS = CODEBOOK.replace("-9|99.5", "none") + "weight,Weight,factor,number,kg,,,\n"
DOUBTFUL = ROWS.assign(size=["1.119", "900", "1.015", "1.123", "732", "1.393", "1.035"], weight=1)


@pytest.mark.parametrize("sign", [";", "\t", "|", ","])
def test_points_are_read_where_another_number_shows_what_they_are(load, sign):
    for rows in (DOUBTFUL.replace({"size": {"900": "1.2"}}), DOUBTFUL.assign(weight="61.5")):
        assert load(text(sign, rows), POINTS).rows["size"].iloc[0] == 1.119
    if sign == ",":
        assert load(text(sign, DOUBTFUL), POINTS).rows["size"].iloc[0] == 1.119
    else:
        message = refusal(load, text(sign, DOUBTFUL), POINTS)
        assert "look like “1.119” and no other number of the file shows" in message


def test_a_doubtful_point_beside_decimal_commas_is_mended_with_a_comma(load):
    rows = text(";", DOUBTFUL.assign(weight="61,5"))
    assert "write 1119 or 1,1190" in refusal(load, rows, POINTS)
    for mended, value in {"1119": 1119, "1,1190": 1.119}.items():
        sizes = [mended] + ["900"] * 6
        rows = text(";", DOUBTFUL.assign(weight="61,5", size=sizes))
        assert load(rows, POINTS).rows["size"].iloc[0] == value


@pytest.mark.parametrize("write", [xlsx, ods])
def test_a_number_of_a_workbook_has_no_doubtful_point_and_a_text_has_one(load, write):
    name, typed = f"registry.{write.__name__}", DOUBTFUL.assign(size=DOUBTFUL["size"].map(float))
    assert load(write({"x": records(typed)}), POINTS, name=name).rows["size"].iloc[0] == 1.119
    for rows in (DOUBTFUL, DOUBTFUL.assign(weight=61.5)):
        message = refusal(load, write({"x": records(rows)}), POINTS, name=name)
        assert "look like “1.119” and no other number of the file shows" in message


def test_percentages_that_a_workbook_keeps_as_fractions_are_noted(load):
    rows = text(rows=ROWS.assign(size=[0.45, 1.2, 0.3, 0.95, 0.45, 1.2, 0.3]))
    notes = load(
        rows, POINTS.replace(",mm,", ",%,").replace("weight,", "sex,").rpartition("sex")[0]
    ).notes
    assert any("Column size: most values are not above 1" in note for note in notes)


# ------------------------------------------------------------------------------------------ cases


def test_an_export_of_r_is_read_as_the_codebook_says():
    patients, rows = case("r_export"), pd.read_csv(CASES / "r_export.csv")
    assert "numbers the rows; it was left out" in patients.notes[0]
    assert not any("codebook does not have" in note for note in patients.notes)
    for name, one in (("sex", 2), ("drain", "Checked"), ("leak", 1)):
        assert patients.rows[name].tolist() == (rows[name] == one).astype(float).tolist()
    np.testing.assert_array_equal(patients.rows["site"].astype(float), rows["site"])
    unplaced = rows["site"].isna().sum()
    assert (
        f"Column site: it is not known for {unplaced} of 60 patients, left out of all groups."
        in (patients.notes)
    )
    assert any("Column site: read “3.0” as “3”" in note for note in patients.notes)


def test_a_column_that_is_mostly_empty_is_named_before_it_takes_patients_away():
    patients = case("nearly_empty")
    assert (
        "“Late visit” (known for 9) is empty for most of the 120 patients: with it all values "
        "are known for 9, without for 120. Among those with all values, Diabetes does not vary."
        in patients.notes
    )
    assert multivariate.fit(patients).problem == (
        "these factors do not vary among the patients with complete data: Diabetes"
    )


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("codes", ["-9 (3)", "99 (4), 999 (1)", "score: 9 (2)", "missing of the codebook"]),
        ("points", ["thrombozyten", "write 1119 or 1.1190"]),
    ],
)
def test_what_can_be_read_two_ways_is_refused_with_the_mend(name, said):
    words = refusal(case, name)
    assert [one for one in said if one not in words] == []


def test_patients_who_left_before_the_horizon_are_in_the_curves_and_in_no_rate():
    patients = case("censored")
    read = survival.read_by_group(survival.describe(patients).curves, [12.0])
    assert read.set_index("group")["survival"].round(12).to_dict() == {
        "all patients": 0.8,
        "A": 0.8,
        "B": 0.8,
    }
    assert patients.rows["event_12m"].isna().sum() == 24


def test_two_rare_factors_stay_and_their_common_table_is_withheld(monkeypatch):
    monkeypatch.setenv("COHORT", str(CASES / "rare_pair.csv"))
    patients = loading.load()
    assert patients.factors == ["pep", "precut", "female"]
    assert frozenset({"pep", "precut"}) in patients.withheld.pairs


def one_column(rule: str, *values: str, group: str = "abab") -> tuple[str, str]:
    """A file with a column x of these values, and its codebook."""
    rows = zip(group, values, "0101", strict=True)
    lines = ["site,x,leak", *(",".join(row) for row in rows)]
    return "\n".join(lines), COLUMN_OF_LEVELS.format(rule).replace(",9\n", ",\n")


@pytest.mark.parametrize(
    ("rule", "values", "expected", "said"),
    [
        # Labels that are other levels too: all are read as levels, or all as labels.
        ("binary,,1|2,0|1", "0110", [0, 1, 1, 0], "by the labels of the codebook"),
        ("binary,,1|2,0|1", "1221", [0, 1, 1, 0], ""),
        # As pandas writes them beside an empty cell, and R with zeros before.
        ("binary,,1|2,0|1", ["1.0", "2.0", "", "1.0"], [0, 1, None, 0], ""),
        ("binary,,0|1,1|0", ["00", "01", "01", "00"], [0, 1, 1, 0], "“1” counts as having it"),
        # What the codebook calls a level is no missing value.
        ("binary,,1|9,known|unknown", ["known", "Unknown", "1", "9"], [0, 1, 0, 1], ""),
        # Last in the codebook is the one that counts.
        ("binary,,Yes|No,", ["Yes", "no", "No", "yes"], [0, 1, 1, 0], "“No” counts as having it"),
        ("binary,,0|1,yes|no", "0110", [0, 1, 1, 0], "“1” counts as having it"),
        ("binary,,0|1,", ["Unchecked", "Checked", "0", "1"], [0, 1, 0, 1], ""),
        # A hyphen at the end may be a minus.
        ("binary,,HBV+|HBV-,", ["HBV-", "HBV+", "hbv -", "HBV-"], [1, 0, 1, 1], ""),
        ("binary,,0｜1,no｜yes", ["0", "yes", "1,0", "1"], [0, 1, 1, 1], ""),
    ],
)
def test_a_level_is_the_one_that_the_column_as_a_whole_means(load, rule, values, expected, said):
    content, codebook = one_column(rule, *(f'"{one}"' for one in values))
    found = load(content, codebook)
    np.testing.assert_array_equal(found.rows["x"], np.array(expected, float))
    assert said in " ".join(found.notes) and ("counts as" in said) == any(
        "counts as" in note for note in found.notes
    )


@pytest.mark.parametrize(
    ("rule", "values", "said"),
    [
        ("binary,,0|1,HBV+|negative", ["HBV", "0", "1", "1"], "“HBV”; expected"),
        ("category,,1|2|3,0|1|2", ["0", "1", "2", "3"], "“1”; expected one of 1, 2, 3"),
        ("category,,1|10|1000,", ['"1,000"', "1", "10", "1"], "“1,000”; expected one of 1, 10"),
        ("category,,1|10|1000,", ["1.000", "1", "10", "1"], "“1.000”; expected one of 1, 10"),
    ],
)
def test_a_level_that_cannot_be_told_is_refused(load, rule, values, said):
    assert said in refusal(load, *one_column(rule, *values))


def line_of(message: str, after: str) -> str:
    """The line of the codebook that a message shows."""
    return message.partition(after)[2].partition(".")[0].splitlines()[0]


@pytest.mark.parametrize("role", ["factor", "outcome"])
@pytest.mark.parametrize(
    ("rule", "marks", "no"),
    [
        *(
            ("binary,,0|1,", [mark], "no")
            for mark in ["√", "✓", "x", "X", "+", "1", "yes", "Checked"]
        ),
        ("binary,,0|1,", ["x", "X"], "no"),
        ("binary,,0|1,", ["1", "yes", "1.0"], "no"),
        ("binary,,Unchecked|Checked,", ["Checked"], "Unchecked"),
        ("binary,,×|√,", ["√"], "×"),
        ("binary,,0|1,dry|leaking", ["leaking"], "dry"),
    ],
)
def test_boxes_that_are_ticked_or_empty_are_refused_with_the_line_that_says_what_empty_means(
    load, rule, marks, no, role
):
    """An empty cell may mean no, or that it is not known. Each of the mends works."""
    cells = [*marks, "", *marks, "", ""]
    lines = ["site,x,y", *(f"{'ab'[i % 2]},{cell},{i % 3}" for i, cell in enumerate(cells))]
    codebook = f"{{}}\nsite,Site,group,category,,a|b,\nx,X,{role},{rule}\n".format(
        "name,label,role,type,unit,levels,level_labels"
    ) + ("y,Y,factor,number,,,\n" if role == "outcome" else "y,Y,outcome,binary,,0|1,\n")
    lines = [line.replace(",2", ",1") for line in lines]
    message = refusal(load, "\n".join(lines), codebook)
    count = 2 * len(marks)
    assert f"column x: it holds “{marks[0]}”" in message.replace("“X” and “x”", "“x” and “X”")
    assert f"({count}) and empty cells (3). An empty cell is read as missing" in message
    stated = line_of(message, f"every empty cell means {no}, say so in the codebook: ")
    words = codebook.splitlines()[2].split(",")[6]
    found = load("\n".join(lines), codebook.replace(codebook.splitlines()[2], f"{stated},{words}"))
    assert found.rows["x"].tolist() == [float(cell != "") for cell in cells]
    assert any("Column x: an empty cell counts as" in note for note in found.notes)
    zero, one = rule.split(",")[2].split("|")
    assert f"Otherwise write {zero} into those that mean it, NA into the others" in message
    as_told = [cell or (zero if i % 2 else "NA") for i, cell in enumerate(cells)]
    if "in place of" in message:
        as_told = [one if cell in marks else cell for cell in as_told]
    told = [
        f"{line.split(',')[0]},{cell},{line.split(',')[2]}"
        for line, cell in zip(lines[1:], as_told, strict=True)
    ]
    known = [{zero: 0.0, "NA": np.nan}.get(cell, 1.0) for cell in as_told]
    np.testing.assert_array_equal(load("\n".join([lines[0], *told]), codebook).rows["x"], known)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (["no", ""], "it holds only 0; every other cell counts as not known, not as 1."),
        (["1", "NA"], "it holds only 1; every other cell counts as not known, not as 0."),
    ],
)
def test_a_lone_no_and_what_is_said_to_be_missing_are_read(load, values, said):
    found = load(*one_column("binary,,0|1,", *values * 2))
    assert any(said in note for note in found.notes)


@pytest.mark.parametrize("mark", ["-", "9", "#REF!", "unknown to us", "0=no"])
def test_what_is_no_tick_is_not_taken_for_one(load, mark):
    message = refusal(load, *one_column("binary,,0|1,", mark, "", mark, ""))
    assert "say so in the codebook" not in message or mark == "0=no"


def test_a_patient_without_any_tick_is_a_patient_where_the_codebook_says_so(load):
    """At the end of a file too, where a row of numbers may be a total."""
    content, codebook = one_column("binary,,|√,", "√", "", "√", "")
    codebook = codebook.replace("0|1", "|1")
    content = content.replace(",0", ",") + "\na,,"
    assert load(content, codebook).rows["x"].tolist() == [1, 0, 1, 0, 0]


@pytest.mark.parametrize(
    ("rule", "values", "expected"),
    [
        ("|1", ["0", "1", ""], [0, 1, None]),
        ("|1", ["0.0", "1.0", ""], [0, 1, None]),
        ("|1", ["0", "1"], [0, 1]),
        ("|√", ["×", "√", ""], [0, 1, None]),
        ("|Y", ["N", "Y", ""], [0, 1, None]),
        ("|2", ["1", "2", ""], [0, 1, None]),
    ],
)
def test_a_no_beside_cells_that_are_said_to_be_empty_for_no_is_named_as_the_reference(
    load, rule, values, expected
):
    """It is no code for missing, which is what an empty cell beside it may be; the mend works."""
    lines = [
        "site,x,leak",
        *(f"{'ab'[i % 2]},{one},{i // 3 % 2}" for i, one in enumerate(values * 4)),
    ]
    _, codebook = one_column(f"binary,,{rule},", *"0101")
    message = refusal(load, "\n".join(lines), codebook)
    line = line_of(message.replace("0.0", "0"), "let the codebook say so: ")
    own = next(one for one in codebook.splitlines() if one.startswith("x,"))
    found = load("\n".join(lines), codebook.replace(own, f"{line},,"))
    np.testing.assert_array_equal(found.rows["x"], np.array(expected * 4, float))
    asks = "Where it stands for not known, write"
    assert message.count("column missing") == (asks in message) == (values[0] not in "0.0N")


@pytest.mark.parametrize("value", ["9", "unknown to us", "#REF!"])
def test_what_is_no_level_beside_empty_cells_for_no_is_not_taken_for_one(load, value):
    message = refusal(load, *one_column("binary,,|1,", value, "1", "", "1"))
    assert f"“{value}”; expected an empty cell (no) or 1 (yes)" in message


@pytest.mark.parametrize("levels", ["|", "√|", "√|√", "√", "a||b"])
def test_only_the_reference_may_be_an_empty_cell(load, levels):
    content, codebook = one_column(f"binary,,{levels},", "√", "", "√", "")
    assert "column levels: " in refusal(load, content, codebook)


@pytest.mark.parametrize(
    ("rule", "values", "held"),
    [
        ("0|1", "012210", "0 (2), 1 (2) and 2 (2)"),
        ("0|1", "123321", "1 (2), 2 (2) and 3 (2)"),
        ("1|2", "123321", "1 (2), 2 (2) and 3 (2)"),
        ("0|1", "012330", "0 (2), 1 (1), 2 (1) and 3 (2)"),
        ("0|1", ["yes", "no", "maybe"] * 2, "no (2), yes (2) and maybe (2)"),
        ("0|1", ["left", "both", "right"] * 2, "both (2), left (2) and right (2)"),
        ("no|yes", ["yes", "no", "not sure"] * 2, "no (2), yes (2) and not sure (2)"),
    ],
)
def test_more_values_than_two_are_refused_with_both_lines(load, rule, values, held):
    """One of them may stand for missing, or the column is a category. Each of the mends works."""
    lines = ["site,x,leak", *(f"{'ab'[i % 2]},{cell},{i % 2}" for i, cell in enumerate(values))]
    _, codebook = one_column(f"binary,,{rule},", *"0101")
    message = refusal(load, "\n".join(lines), codebook)
    assert f"It holds {held}; if all are values, make it a category: x,X,factor" in message
    line = line_of(message, "make it a category: ")
    own = next(one for one in codebook.splitlines() if one.startswith("x,"))
    found = load("\n".join(lines), codebook.replace(own, f"{line},,"))
    assert not found.rows[found.factors].isna().any(axis=None) and len(found.factors) >= 2
    as_outcome = codebook.replace("x,X,factor", "x,X,outcome").replace(
        "leak,Leak,outcome", "leak,Leak,factor"
    )
    if as_outcome.count("outcome") == 1:
        assert "make it a category" not in refusal(load, "\n".join(lines), as_outcome)


@pytest.mark.parametrize(
    ("values", "codes"),
    [("012210", "2"), (["yes", "no", "maybe"] * 2, "maybe")],
)
def test_a_third_value_that_stands_for_missing_is_written_as_the_message_says(load, values, codes):
    lines = ["site,x,leak", *(f"{'ab'[i % 2]},{cell},{i % 2}" for i, cell in enumerate(values))]
    _, codebook = one_column("binary,,0|1,", *"0101")
    message = refusal(load, "\n".join(lines), codebook)
    assert "the column missing of the codebook" in message and codes in message
    own = next(one for one in codebook.splitlines() if one.startswith("x,"))
    assert own.endswith(",")
    found = load("\n".join(lines), codebook.replace(own, f"{own.rstrip(',')},,{codes}"))
    assert found.rows["x"].isna().sum() == 2


@pytest.mark.parametrize(
    ("words", "refused"),
    [
        # What Stata's encode and a factor of R make of numbers, and a scale that is cut off.
        ({1: "45", 2: "50 mm"}, True),
        ({110: "110 or more", 0: "0 = none"}, False),
        ({110: "above 109", 45: "short"}, False),
        ({50: "50,0 mg", 1000: "1,000"}, False),
        ({1: "0,5 mg", 2: "1,000"}, True),
    ],
)
def test_codes_for_other_numbers_are_refused(load, tmp_path, words, refused):
    values = [float(one) for one in words] * 2
    rows = pd.DataFrame({"site": [*"abab"], "x": values, "leak": [0.0, 1, 0, 1]})
    pyreadstat.write_dta(rows, tmp_path / "a.dta", variable_value_labels={"x": words})
    content, codebook = (tmp_path / "a.dta").read_bytes(), COLUMN_OF_LEVELS.format("number,mm,,")
    if refused:
        assert "the file calls it" in refusal(load, content, codebook, name="b.dta")
    else:
        assert load(content, codebook, name="b.dta").rows["x"].tolist() == values


def test_rows_between_two_stray_quotation_marks_are_not_swallowed(load):
    lines = ["site,x,leak,remark", 'a,1,0,"see', "b,2,1,", 'a,3,0,note"', "b,4,1,"]
    _, codebook = one_column("number,,,", *"1234")
    assert "line 4: a quotation mark ends here" in refusal(load, "\n".join(lines), codebook)
    whole = [*lines[:1], 'a,1,0,"see\nnote"', *lines[2:3], "a,3,0,", *lines[4:]]
    assert load("\n".join(whole), codebook).rows["x"].tolist() == [1, 2, 3, 4]


def test_a_group_in_merged_cells_is_refused(load):
    content, codebook = one_column("number,,,", *"1234", group=["a", "", "", ""])
    assert "column site: each group stands in one row only" in refusal(load, content, codebook)


def test_a_heading_between_the_rows_is_no_patient(load):
    content, codebook = one_column("number,,,", *"1234")
    lines = content.split("\n")
    numbered = ["id," + lines[0], *(f"p{i},{line}" for i, line in enumerate(lines[1:]))]
    numbered.insert(3, "Group b,,,")
    codebook += "id,ID,id,text,,,,\n"
    assert "line 4: nothing but a name" in refusal(load, "\n".join(numbered), codebook)


def test_a_column_that_the_file_has_not_is_named_beside_those_that_are_left_out(load):
    rows = ROWS.assign(fu_month=range(7))
    found = load(text(rows=rows), CODEBOOK + "fu_months,Months,time,number,months,,,\n")
    said = "“fu_month”. It has “fu_months”, which the file has not."
    assert any(said in note for note in found.notes)


def test_factors_of_one_label_are_told_apart_by_their_names(load):
    found = load(text(), CODEBOOK.replace("drain,Drain,", "drain,Sex,"))
    labels = [found.label(name) for name in ("sex", "drain")]
    assert labels == ["Sex [sex]: female", "Sex [drain]"]
