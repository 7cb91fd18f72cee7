"""Near misses in a cohort file: each is converted with a note, or refused with what was expected
and how to mend it.
"""

import unicodedata

import numpy as np
import pandas as pd
import pytest
from helpers import load_from, refusal

from lib.patients.cohort import Cohort

CODEBOOK = """name,label,role,type,unit,levels,label_zh,level_labels,level_labels_zh
id,Patient,id,text,,,患者编号,,
group,Diagnosis,group,category,,NIVCS|DVT|PTS,诊断,compression|thrombosis|post-thrombotic,非血栓性髂静脉压迫综合征|急性深静脉血栓形成|血栓后综合征
has_x,Marker,factor,binary,,0|1,标志,no|yes,否|是
length,Stent length,factor,number,mm,,支架长度,,
share,Coverage,factor,number,%,,,,
outcome,Occlusion,outcome,binary,12 months,0|1,闭塞,patent|occluded,通畅|闭塞
months,Follow-up,time,number,months,,随访时间,,
event,Occlusion at the end,event,binary,,0|1,,patent|occluded,
"""
HEADER = ["id", "group", "has_x", "length", "share", "outcome"]
ROWS = [
    ["p1", "NIVCS", "1", "80.5", "10", "1"],
    ["p2", "DVT", "0", "100", "20.5", "0"],
    ["p3", "PTS", "0", "120", "", "0"],
    ["p4", "DVT", "1", "", "100", "1"],
]


def written(rows=ROWS, header=HEADER, delimiter=",", end="\n") -> str:
    return "".join(delimiter.join(cells) + end for cells in [header, *rows])


def changed(column: str, *values: str) -> list[list[str]]:
    """The rows with other values in a column."""
    place = HEADER.index(column)
    return [
        [*row[:place], value, *row[place + 1 :]] for row, value in zip(ROWS, values, strict=True)
    ]


@pytest.fixture
def load(tmp_path):
    def loaded(content: str | bytes | None = None, codebook: str | bytes = CODEBOOK) -> Cohort:
        content = written() if content is None else content
        return load_from(tmp_path, content, codebook, "患者 registry.csv")

    return loaded


@pytest.mark.parametrize("prefix", ["p", "DEC-", "Mar-0", "A", "site 1/", "01-02-"])
def test_a_plain_file_gets_no_notes_and_identifiers_with_a_prefix_are_no_dates(load, prefix):
    assert load(written(changed("id", *(f"{prefix}{i}1" for i in range(4))))).notes == ()


# ------------------------------------------------------------------------------- the file as such

CHINESE = ["患者编号", "诊断", "标志", "支架长度", "share", "闭塞"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("\ufeff" + written(), None),
        (written(end="\r\n"), None),
        (written(end="\r"), None),
        (written(delimiter=";"), "separated by semicolons"),
        (written(delimiter="\t"), "separated by tabs"),
        ("sep=;\n" + written(delimiter=";"), "separated by semicolons"),
        ("sep=|\r\n" + written(delimiter="|"), "separated by “|”"),
        ("\n\n" + written(), None),
        ("# exported; by hand\n" + written(), None),
        ('"# exported, by hand",,,,,\n' + written(), None),
        (written([[*row, "", ""] for row in ROWS], [*HEADER, "", ""]), None),
        (written([[*row, "", ""] for row in ROWS]), None),
        (written([[f" {cell}\u00a0" for cell in row] for row in ROWS]), None),
        (written().encode("utf-16"), "UTF-16"),
        (written(delimiter="\t").encode("utf-16"), "separated by tabs"),
        (written(header=CHINESE).encode("gb18030"), "read as GB18030"),
        (written(header=CHINESE), "“诊断” was taken as group"),
        (
            written(
                header=["ID", "Diagnosis", "HAS X", "Stent length (mm)", "coverage", "Occlusion"]
            ),
            "taken as length",
        ),
        (written([[cell.lower() for cell in row] for row in ROWS]), "read “nivcs” as “NIVCS” (1)"),
    ],
)
def test_the_same_cohort_in_other_clothes(load, content, said):
    expected = load().rows
    found = load(content)
    pd.testing.assert_frame_equal(found.rows, expected)
    assert said is None or any(said in note for note in found.notes), found.notes


def remarked(remark: str) -> str:
    return written([[*row, remark] for row in ROWS], [*HEADER, "remark"])


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (
            written(header=["id", "group", "Größe", "Länge", "share", "outcome"]).encode("cp1252"),
            ["read as Windows-1252"],
        ),
        # Without a word of the codebook to tell, the note says that it might be the other.
        (remarked("naïve").encode("cp1252"), ["Windows-1252", "GB18030 as well", "line 2"]),
        (remarked("闭塞").encode("gb18030"), ["GB18030"]),
    ],
)
def test_windows_1252_is_told_from_gb18030(load, content, said):
    codebook = CODEBOOK.replace("Stent length", "Länge").replace("Marker", "Größe")
    assert any(all(words in note for words in said) for note in load(content, codebook).notes)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"PK\x03\x04rest", ["not a workbook that can be read", "CSV UTF-8"]),
        (b"\xd0\xcf\x11\xe0rest", ["not a workbook that can be read"]),
        (written().encode("utf-16-le"), ["line 1 is not UTF-8"]),
        (b"\xff\xfe" + written().encode("utf-16-le")[:-1], ["begins as UTF-16"]),
        (b"\xef\xbb\xbf" + written().encode() + b"\xff", ["begins as UTF-8"]),
        (written() + "p5,DVT,1\n", ["line 6 has 3 values, expected 6"]),
        (
            written([[cell.replace(".", ",") for cell in row] for row in ROWS]),
            ["lines 2 and 3 have 7 values", "comma"],
        ),
        (
            written([[*row, "x"] for row in ROWS], [*HEADER, ""]),
            ["lines 2, 3, 4 and 5 have 7 values"],
        ),
        (
            written(header=["id", "group", "has_x", "length", "length", "outcome"]),
            ["length occurs more than once"],
        ),
        (
            written(header=["id", "group", "has_x", "Stent length", "支架长度", "outcome"]),
            ["could both be length"],
        ),
        ('id,group\n1,"a\nb\n', ["line 3: unexpected end of data (the row begins in line 2)"]),
    ],
)
def test_what_no_program_should_guess_is_refused(load, content, expected):
    message = refusal(load, content)
    assert all(words in message for words in expected), message


SHIFTED = changed("outcome", "", "0", "0", "1")
SHIFTED[0][3:5] = ["80", "5", "10"]  # 80,5, as a spreadsheet program does not write it


@pytest.mark.parametrize("more", [0, 1, 2])
def test_a_comma_within_a_number_is_named_where_the_last_column_is_empty(load, more):
    message = refusal(load, written([[*row, *more * [""]] for row in SHIFTED]))
    assert f"line 2 has {7 + more} values, expected 6" in message
    assert "is a comma within a number or a text the cause?" in message
    whole = [[*row, *more * [""]] for row in ROWS]
    assert load(written(whole)).rows.equals(load().rows)


def test_lines_are_those_that_a_spreadsheet_shows(load):
    rows = [["p1", "DVT", "0", "1", '"two\nlines"', "0"], ["p2", "DVT", "0", "x", "1", "0"]]
    message = refusal(load, "sep=,\n# comment\n" + written(rows))
    # A text of two lines is one row to a spreadsheet, and the line that names the delimiter none.
    assert "line 3, column share" in message and "line 4, column length" in message


# ----------------------------------------------------------------------------- yes, no and groups


@pytest.mark.parametrize(
    ("yes", "no"),
    [
        ("Yes", "No"),
        ("y", "N"),
        ("TRUE", "False"),
        ("t", "f"),
        ("是", "否"),
        ("有", "无"),
        ("阳性", "阴性"),
        ("positive", "negative"),
        ("１", "０"),
        ("1.0", "0.0"),
        (" yes ", "no\u00a0"),
    ],
)
def test_words_for_yes_and_no(load, yes, no):
    found = load(written(changed("has_x", yes, no, "", yes)))
    assert found.rows["has_x"].tolist()[:2] == [1, 0] and np.isnan(found.rows["has_x"][2])
    plain = yes.strip() in ("1.0",)
    assert plain or any(
        note.startswith("Column has_x: read ") and "as “1” (2)" in note for note in found.notes
    )


def test_the_words_of_the_codebook_come_first(load):
    assert load(written(changed("outcome", "occluded", "patent", "通畅", "闭塞"))).rows[
        "outcome"
    ].tolist() == [
        1,
        0,
        0,
        1,
    ]
    codebook = CODEBOOK.replace(
        "Marker,factor,binary,,0|1,标志,no|yes,否|是",
        "Free of it,factor,binary,,0|1,标志,yes|no,是|否",
    )
    assert load(written(changed("has_x", "yes", "no", "是", "否")), codebook).rows[
        "has_x"
    ].tolist() == [0, 1, 0, 1]


@pytest.mark.parametrize(
    ("column", "values", "expected"),
    [
        (
            "has_x",
            ["1", "2", "2", "1"],
            ["column has_x: it holds 1 and 2", "“yes” cannot be known", "Write 0 for no"],
        ),
        (
            "outcome",
            ["1", "2", "", "1"],
            ["column outcome: it holds 1 and 2", "0 for patent and 1 for occluded"],
        ),
        ("has_x", ["1", "2", "0", "1"], ["line 3, column has_x: “2”"]),
        ("has_x", ["+", "-", "0", "1"], ["line 2, column has_x: “+”", "write 1 for yes"]),
        (
            "has_x",
            ["yes", "perhaps", "0", "1"],
            ["line 3, column has_x: “perhaps”; expected 0 (no) or 1 (yes)"],
        ),
        ("has_x", ["10%", "0", "0", "1"], ["line 2, column has_x: “10%”"]),
        (
            "group",
            ["DVT", "3-May", "DVT", "PTS"],
            ["line 3, column group: “3-May”", "made a date of it"],
        ),
        ("group", ["", "NA", ".", "未知"], ["column group is empty"]),
        ("group", ["DVT", "#REF!", "DVT", "PTS"], ["“#REF!”", "message of the spreadsheet"]),
        (
            "id",
            ["1.23E+11", "2", "3", "4"],
            ["line 2, column id: “1.23E+11”", "Format the column as text"],
        ),
        (
            "id",
            ["3-May", "2", "3", "4"],
            ["line 2, column id: “3-May”", "Format the column as text"],
        ),
        ("id", ["May-03", "2", "3", "4"], ["line 2, column id: “May-03”"]),
        ("id", ["5月3日", "2", "3", "4"], ["line 2, column id: “5月3日”"]),
        (
            "id",
            ["1", "1", "3", "1"],
            ["lines 3 and 5, column id: “1”; expected a name", "only once"],
        ),
        ("outcome", ["", "NA", ".", "未知"], ["column outcome is empty"]),
    ],
)
def test_values_that_cannot_be_known_are_refused(load, column, values, expected):
    message = refusal(load, written(changed(column, *values)))
    assert all(words in message for words in expected), message


@pytest.mark.parametrize(
    ("column", "values"), [("outcome", ["ja", "nein", "ja", "nein"]), ("group", ["x", "", "", "x"])]
)
def test_a_column_whose_values_are_refused_is_not_called_empty(load, column, values):
    assert f"column {column} is empty" not in refusal(load, written(changed(column, *values)))


@pytest.mark.parametrize(
    ("line", "values"),
    [
        ("0|1,标志,Tumour|Normal,", ["T", "N", "T", "N"]),
        ("0|1,标志,male|female,", ["F", "1", "0", "F"]),
        ("0|1,标志,yes|no,", ["true", "false", "1", "0"]),
        ("0|1,标志,positive|negative,", ["yes", "no", "yes", "no"]),
        ("0|1,标志,free|ill,", ["0", "1²", "1", "0"]),
    ],
)
def test_a_word_that_may_mean_either_level_is_refused(load, line, values):
    codebook = CODEBOOK.replace("0|1,标志,no|yes,否|是", line)
    assert "column has_x: " in refusal(load, written(changed("has_x", *values)), codebook)


@pytest.mark.parametrize(
    ("line", "values"),
    [
        ("0|1,标志,free|ill,", ["yes", "No", "是", "FALSE"]),
        ("0|1,标志,negative|positive,", ["y", "N", "t", "f"]),
        ("0|1,标志,,", ["y", "N", "t", "f"]),
    ],
)
def test_general_words_for_yes_and_no_where_the_codebook_does_not_say_otherwise(load, line, values):
    codebook = CODEBOOK.replace("0|1,标志,no|yes,否|是", line)
    found = load(written(changed("has_x", *values)), codebook)
    assert found.rows["has_x"].tolist() == [1, 0, 1, 0]


@pytest.mark.parametrize(
    "words",
    [
        ["compression", "Thrombosis", "POST-THROMBOTIC", "thrombosis"],
        ["非血栓性髂静脉压迫综合征", "急性深静脉血栓形成", "血栓后综合征", "急性深静脉血栓形成"],
        [
            "非血栓性髂静脉压迫综合征（NIVCS）",
            "DVT(thrombosis)",
            "post-thrombotic (PTS)",
            " d v t ",
        ],
        ["ＮＩＶＣＳ", "dvt", "Pts", "DVT\u200b"],
    ],
)
def test_groups_by_their_words_in_either_language(load, words):
    found = load(written(changed("group", *words)))
    assert found.rows["group"].tolist() == ["NIVCS", "DVT", "PTS", "DVT"]
    assert any(note.startswith("Column group: read") for note in found.notes)


# ---------------------------------------------------------------------------------------- numbers


@pytest.mark.parametrize(
    ("values", "expected", "said"),
    [
        (
            ["80,5", "100", "1.234,5", ""],
            [80.5, 100, 1234.5, None],
            "decimal commas were read as decimal points (2)",
        ),
        (["80,5", "1,234", "0,250", "7"], [80.5, 1.234, 0.25, 7], "decimal commas"),
        (
            ["1,234.5", "1,234", "80.5", "7"],
            [1234.5, 1234, 80.5, 7],
            "thousands separators were left out (2)",
        ),
        (["1,234,567", "1,234", "7", "7"], [1234567, 1234, 7, 7], "thousands separators"),
        (["1.234.567", "1.234", "7", "7"], [1234567, 1234, 7, 7], "thousands separators"),
        (["1 234", "1\u00a0234,5", "1'234", "7"], [1234, 1234.5, 1234, 7], "thousands separators"),
        (["８０．５", "+7", "−0", "1e2"], [80.5, 7, 0, 100], "unusual digits"),
        (["80 mm", "80mm", "80,5 MM", "7"], [80, 80, 80.5, 7], "the unit “mm” was left out (3)"),
        (["NA", "n.a.", "-", "缺失"], [None] * 4, "as missing (4)"),
        (["NaN", "<NA>", "未做", "7"], [None, None, None, 7], "as missing (3)"),
        (["999", "9", "7", "8"], [999, 9, 7, 8], "999 (1) in line 2 was read as a value"),
        (["7", "7", "7.0", "7"], [7, 7, 7, 7], "the same for all patients"),
    ],
)
def test_numbers_as_people_write_them(load, values, expected, said):
    found = load(written(changed("length", *values), delimiter=";"))
    np.testing.assert_array_equal(found.rows["length"], np.array(expected, float))
    assert any(note.startswith("Column length: ") and said in note for note in found.notes), (
        found.notes
    )


@pytest.mark.parametrize(
    ("column", "values", "expected"),
    [
        (
            "length",
            ["1,234", "7", "7", "7"],
            ["line 2, column length: “1,234”", "this can be either"],
        ),
        (
            "length",
            ["1,234", "80.5", "80,5", "7"],
            ["line 2, column length: “1,234”", "this can be either"],
        ),
        (
            "length",
            ["1.234", "80,5", "7", "7"],
            ["line 2, column length: “1.234”", "one decimal sign"],
        ),
        (
            "length",
            ["45%", "7", "7", "7"],
            ["line 2, column length: “45%”", "whether 45% is 45 or 0.45"],
        ),
        ("share", ["45%", "0.5", "7", "7"], ["line 2, column share: “45%”", "all without"]),
        ("length", ["-5", "7", "7", "7"], ["line 2, column length: “-5”", "not below zero"]),
        (
            "length",
            ["8 cm", "7", "7", "7"],
            ["line 2, column length: “8 cm”; expected a number in mm"],
        ),
        *(
            ("length", [text, "7", "7", "7"], [f"line 2, column length: “{text}”", "be a note"])
            for text in ("80¹", "10²", "10⁹", "80 ²", "²", "80①", "①②", "80₁", "80ᵃ", "1½", "80⒈")
        ),
        ("length", ["<5", "7", "7", "7"], ["line 2, column length: “<5”", "a bound is no number"]),
        ("length", ["5-8", "7", "7", "7"], ["line 2, column length: “5-8”"]),
        (
            "length",
            ["05.Mrz", "7", "7", "7"],
            ["line 2, column length: “05.Mrz”", "this is a date"],
        ),
        (
            "length",
            ["#DIV/0!", "7", "7", "7"],
            ["line 2, column length: “#DIV/0!”", "message of the spreadsheet"],
        ),
        (
            "length",
            ["Infinity", "7", "7", "-inf"],
            ["line 2, column length: “Infinity”", "line 5, column length: “-inf”"],
        ),
        ("length", ["1e999", "7", "7", "7"], ["line 2, column length: “1e999”"]),
        (
            "length",
            ["1_000", "7", "7", "0x1A"],
            ["line 2, column length: “1_000”", "line 5, column length: “0x1A”"],
        ),
    ],
)
def test_numbers_that_can_be_either_are_refused(load, column, values, expected):
    message = refusal(load, written(changed(column, *values), delimiter=";"))
    assert all(words in message for words in expected), message


def test_no_sign_that_is_raised_or_circled_becomes_part_of_a_number(load):
    signs = [
        sign
        for sign in map(chr, range(0x80, 0x20000))
        if unicodedata.category(sign) == "No" and unicodedata.normalize("NFKC", sign) != sign
    ]
    rows = [[f"p{i}", "DVT", "1", f"8{sign}", "", "1"] for i, sign in enumerate(signs)]
    message = refusal(load, written([*rows, *ROWS[:1]]))
    assert f"column length: {len(signs) - 4} more values that cannot be read" in message


@pytest.mark.parametrize(("unit", "text"), [("1", "61"), ("0", "80"), ("00", "1 100")])
def test_a_unit_that_is_a_digit_is_not_cut_off_a_number(load, unit, text):
    codebook = CODEBOOK.replace(",mm,", f",{unit},")
    found = load(written(changed("length", text, "7", "7", "7")), codebook)
    assert found.rows["length"][0] == float(text.replace(" ", ""))


# ----------------------------------------------------------------------------- notes on the whole


def test_a_length_below_zero_is_one_where_the_codebook_says_that_no_number_is_a_code(load):
    lost = written(changed("length", "-0.21", "7", "7", "7"))
    assert "or none if it is a value" in refusal(load, lost)
    header, *lines = CODEBOOK.split("\n")
    fields = ["," * 1 if line else "" for line in lines]
    told = [header + ",missing", *(line + end for line, end in zip(lines, fields, strict=True))]
    told = "\n".join(told).replace("支架长度,,,", "支架长度,,,none")
    assert load(lost, told).rows["length"].tolist() == [-0.21, 7, 7, 7]


@pytest.mark.parametrize(("unit", "factor"), [("days", 1), ("months", 30), ("years", 365)])
def test_dates_as_spreadsheets_count_them_are_no_length_of_time(load, unit, factor):
    months = [str(12_000 // factor), "44927", "20001.5" if unit != "days" else "45000", ""]
    rows = [[*row, one] for row, one in zip(ROWS, months, strict=True)]
    codebook = CODEBOOK.replace("time,number,months", f"time,number,{unit}")
    codebook = codebook.replace("binary,12 months", f"binary,12 {unit}")
    message = refusal(lambda: load(written(rows, [*HEADER, "months"]), codebook))
    for line, text in [(3, months[1]), (4, months[2])]:
        assert f"line {line}, column months: “{text}”" in message
    assert "perhaps it is a date" in message and "line 2" not in message


@pytest.mark.parametrize(("codes", "written_codes"), [("", "-6"), ("none", "none|-6")])
def test_a_time_below_zero_is_never_a_value(load, codes, written_codes):
    rows = [[*row, months] for row, months in zip(ROWS, ["5", "-6", "7", "8"], strict=True)]
    content, named = written(rows, [*HEADER, "months"]), CODEBOOK.replace("\n", ",\n")
    named = named.replace("_zh,\n", "_zh,missing\n", 1).replace(
        "随访时间,,,", f"随访时间,,,{codes}"
    )
    message = refusal(load, content, named)
    assert f"Write {written_codes} into the column missing" in message
    assert message.endswith("of the codebook, or correct it")


def test_what_does_not_go_together_is_noted(load):
    header = [*HEADER, "months", "event"]
    rows = [
        ["p1", "DVT", "0", "1", "1", "1", "5", "0"],
        ["p2", "DVT", "0", "2", "2", "0", "5", "1"],
        ["p3", "DVT", "0", "3", "3", "1", "20", "1"],
        ["p4", "DVT", "1", "4", "4", "0", "5", "0"],
        ["p5", "PTS", "0", "5", "5", "0", "0", "0"],
        ["p6", "NIVCS", "0", "6", "6", "0", "", "0"],
        ["p7", "NIVCS", "0", "7", "7", "0", "30", "0"],
    ]
    notes = "\n".join(load(written(rows, header)).notes)
    for words in (
        "Line 2: outcome is 1 and event is 0",
        "Line 3: event is 1, months within 12 months, and outcome is 0",
        "Line 4: event is 1, months beyond 12 months, and outcome is 1",
        "Lines 5 and 6: months is shorter than 12 months, and yet outcome is known to be 0",
        "Line 6: months is 0",
        "Line 7: event is known and months is missing",
    ):
        assert words in notes
    assert "ine 8" not in notes


@pytest.mark.parametrize(
    ("rows", "header", "said"),
    [
        (
            [*ROWS, ["p5", *ROWS[0][1:]]],
            HEADER,
            "Line 6: alike in all columns to an earlier one; perhaps entered twice.",
        ),
        (
            changed("has_x", "0", "", "0", ""),
            HEADER,
            "only 0; every other cell counts as not known, not as 1",
        ),
        (changed("has_x", "1", "1", "1", "1"), HEADER, "it is 1 for all patients"),
        (
            [[*row, "Venovo"] for row in ROWS],
            [*HEADER, "stent_name"],
            "the codebook does not have them: “stent_name”",
        ),
    ],
)
def test_what_is_odd_about_rows_and_columns_is_noted(load, rows, header, said):
    found = load(written(rows, header))
    assert any(said in note for note in found.notes)
    assert "stent_name" not in found.rows


@pytest.mark.parametrize(
    ("under", "said"),
    [
        ([["", "", "", "100.1", "", ""]], "line 6: nothing but a name, numbers or a remark stands"),
        ([["Mean", "", "", "100", "4"], ["N", "", "", "4", "4"]], "lines 6 and 7: nothing"),
        ([["Source: registry 2021", "", "", "", ""]], "line 6: nothing but a name, numbers"),
        *(
            ([[name, "DVT", "1", "100", "4", "1"]], f"line 6, column id: “{name}”; expected a pat")
            for name in ("Total", "MEAN", "Mean (SD)", "合计", "Subtotal:", "平均值")
        ),
    ],
)
def test_totals_and_remarks_under_the_table_are_no_patients(load, under, said):
    rows = [*ROWS, *([*row, *[""] * (len(HEADER) - len(row))] for row in under)]
    assert said in refusal(load, written(rows))


NAMELESS = """name,label,role,type,unit,levels
site,Site,group,category,,A|B
age,Age,factor,number,years,
dm,Diabetes,factor,binary,,0|1
crea,Creatinine,factor,number,umol/L,
leak,Leakage,outcome,binary,30 days,0|1
"""


def nameless(*more: str, column: str = "", values: tuple = (), at: int = 60) -> str:
    """Sixty patients without identifiers, other values in a column, and other rows among them."""
    rows = pd.DataFrame({"site": [*"AB"] * 30, "age": range(40, 100), "dm": [0, 1, 1] * 20})
    rows = rows.assign(crea=range(60, 120), leak=[0, 0, 1, 0, 1] * 12).astype(object)
    if values:
        rows[column] = [*values, *rows[column][len(values) :]]
    lines = rows.to_csv(index=False).splitlines()
    return "\n".join([*lines[: at + 1], *more, *lines[at + 1 :]])


@pytest.mark.parametrize(
    ("more", "at", "lines"),
    [
        (["A,59.4,,78.8,", "B,57.1,,79.3,"], 60, "lines 62 and 63"),
        (["A,33,,,"], 60, "line 62"),
        (["A,,,,"], 0, "line 2"),
        (["A,,,,", "B,,,,"], 30, "lines 32 and 33"),
    ],
)
def test_rows_that_have_only_the_group_and_numbers_are_refused(load, more, at, lines):
    message = refusal(load, nameless(*more, at=at), NAMELESS)
    assert f"{lines}: nothing but the group, or numbers beside it, stands there; del" in message
    # As the mend says: these are patients.
    lines = nameless(*(line.replace(",,", ",NA,", 1) for line in more), at=at)
    assert len(load(lines, NAMELESS).rows) == 60 + len(more)


def test_a_patient_of_whom_only_numbers_are_known_is_named(load):
    """Lost to follow-up, for instance; but for a last row, which may be a total."""
    found = load(nameless("A,59,,78,", at=30), NAMELESS)
    assert len(found.rows) == 61
    assert any("nothing but the group and numbers is known" in note for note in found.row_notes)


def test_a_file_without_its_group_says_so(load):
    lines = nameless("A,59,,78,", at=30).splitlines()
    message = refusal(load, "\n".join(line.partition(",")[2] for line in lines), NAMELESS)
    assert "column site is missing" in message


@pytest.mark.parametrize(
    ("levels", "values", "said"),
    [
        ("0|1", "129", "dm,Diabetes,factor,binary,,2|1 (or 1|2), with 9 in its column missing"),
        ("0|1", "123", "dm,Diabetes,factor,binary,,2|1 (or 1|2), with 3 in its column missing"),
        ("0|1", ["1", "2", "-9"], ",2|1 (or 1|2), with -9 in its column missing"),
        ("0|1", "12", "dm,Diabetes,factor,binary,,2|1 (or 1|2)"),
        ("0|1", "MFU", ",F|M (or M|F), with U in its column missing"),
        ("0|1", ["oui", "non", "inconnu"], ",non|oui (or oui|non), with inconnu in its column"),
        ("non|oui", ["oui", "non", "inconnu"], "; write inconnu into the column missing"),
        (
            "0|1",
            "123",
            "It holds 1 (20), 2 (20) and 3 (20); if all are values, make it a category: ",
        ),
        ("0|1", "YNU", "“U”; expected 0 (no) or 1 (yes); write U into the column missing"),
        ("0|1", "019", "“9”; expected 0 (no) or 1 (yes); a code for missing goes into the column"),
        ("0|1", "19", "“9”; expected 0 (no) or 1 (yes); a code for missing goes into the column"),
    ],
)
def test_a_third_code_is_told_from_the_two_for_no_and_yes(load, levels, values, said):
    codebook = NAMELESS.replace(
        "dm,Diabetes,factor,binary,,0|1", f"dm,Diabetes,factor,binary,,{levels}"
    )
    message = refusal(
        load, nameless(column="dm", values=(*values,) * (60 // len(values))), codebook
    )
    assert said in message


def test_a_word_for_missing_is_one_in_any_case(load):
    codebook = NAMELESS.replace("\n", ",\n").replace("levels,", "levels,missing")
    codebook = codebook.replace("30 days,0|1,", "30 days,0|1,NK")
    rows = load(nameless(column="leak", values=("nk", "0", "1") * 20), codebook).rows
    assert rows["leak"].isna().sum() == 20


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ((-1.2,), "-1.2 (1) in line 2 may stand for missing values"),
        ((-9.5,) * 3, "-9.5 (3) in lines 2, 3 and 4 may stand"),
        ((-9, -9.5), "-9.5 (1), -9 (1) in lines 2 and 3 may stand"),
    ],
)
def test_a_negative_among_positives_is_asked_about_though_it_is_not_whole(load, values, said):
    rows = nameless(column="crea", values=values)
    message = refusal(load, rows, NAMELESS)
    assert f"column crea: {said}" in message and "or none if it is a value" in message


@pytest.mark.parametrize("lowest", [-3, -1, -0.25])
def test_numbers_of_both_signs_are_values(load, lowest):
    values = (*np.linspace(lowest, lowest + 6, 60).round(2),)
    found = load(nameless(column="crea", values=values), NAMELESS)
    assert found.rows["crea"].tolist() == [*values]


@pytest.mark.parametrize("seed", range(20))
def test_a_tail_below_zero_is_of_values(load, seed):
    """As the logarithm of a ratio has one."""
    values = (*np.random.default_rng(seed).normal(2, 1, 60).round(2),)
    assert load(nameless(column="crea", values=values), NAMELESS).rows["crea"].tolist() == [*values]


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("missing_codes", "column “missing_codes” is not known; call it missing if that is meant"),
        ("missings", "column “missings” is not known; call it missing if"),
        ("Level label", "column “Level label” is not known; call it level_labels if"),
        ("Levels", "columns “levels” and “Levels” are both levels; keep one of them"),
        *[(name, None) for name in ("comment", "levels_de", "site", "timing", "n_missing")],
    ],
)
def test_a_column_that_no_codebook_has_is_named(load, header, said):
    codebook = NAMELESS.replace("\n", ",\n").replace("levels,", f"levels,{header}", 1)
    if said:
        assert said in refusal(load, nameless(), codebook)
    else:
        said = f"Left out, because a codebook has no such columns: “{header}”."
        assert any(said in note for note in load(nameless(), codebook).notes)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "0|1",
            "0=no|1=yes",
            "column dm: the levels 0=no|1=yes of the codebook are codes and words in one; write "
            "0|1 into the column levels and no|yes into level_labels",
        ),
        ("A|B", "A: Nord|B: Ost", "write A|B into the column levels and Nord|Ost into level_la"),
        (",", "，", "separated by full-width commas (，); write plain ones (,)"),
    ],
)
def test_a_codebook_written_in_another_way_is_told_how(load, old, new, said):
    message = refusal(load, nameless(), NAMELESS.replace(old, new))
    assert said in message and "is missing" not in message


def test_a_level_that_the_codebook_lacks_is_named_though_its_levels_have_colons(load):
    codebook = NAMELESS.replace(
        "dm,Diabetes,factor,binary,,0|1", "dm,Titer,factor,category,,1:10|1:20"
    )
    message = refusal(load, nameless(column="dm", values=("1:10", "1:20", "1:40") * 20), codebook)
    assert "“1:40”; expected" in message


def test_none_may_be_a_code_for_missing(load):
    codebook = NAMELESS.replace("\n", ",\n").replace("levels,", "levels,missing")
    codebook = codebook.replace("30 days,0|1,", "30 days,0|1,None")
    rows = load(nameless(column="leak", values=("None", "0", "1") * 20), codebook).rows
    assert rows["leak"].isna().sum() == 20


def test_a_last_patient_of_whom_something_is_known_is_one(load):
    rows = [*ROWS, ["p5", "", "NA", "5", "5", "NA"], ["p6", "", "0", "5", "5", ""]]
    assert len(load(written(rows)).rows) == 6


def test_all_problems_come_at_once_and_in_bearable_length(load):
    rows = [[f"p{i % 50}", "X", "2", f"{i} cm", "y", "?!"] for i in range(1000)]
    message = refusal(load, written(rows))
    assert message.count("\n") <= 21
    for name in ("id", "group", "has_x", "length"):
        assert f"column {name}" in message
    assert "lines 2, 3, 4 and 997 more, column group: “X”" in message


# ------------------------------------------------------------------- factors of several levels


GRADES = CODEBOOK.replace(
    "share,Coverage,factor,number,%,,,,",
    "grade,Grade,factor,category,,I|II|III,分级,mild|middling|severe,轻|中|重",
)


def test_a_factor_of_three_levels_becomes_two_indicators(load):
    rows = [
        [*row[:4], grade, row[5]]
        for row, grade in zip(ROWS, ["III", "mild", "中", ""], strict=True)
    ]
    found = load(written(rows, [*HEADER[:4], "grade", "outcome"]), GRADES)
    assert found.factors == ["has_x", "length", "grade=II", "grade=III"]
    assert found.binary_factors == ["has_x", "grade=II", "grade=III"]
    assert found.label("grade=III") == "Grade: severe"
    assert found.codebook.at["grade=III", "label_zh"] == "分级：重"
    np.testing.assert_array_equal(found.rows["grade=II"], [0, 0, 1, np.nan])
    np.testing.assert_array_equal(found.rows["grade=III"], [1, 0, 0, np.nan])
    assert list(found.original_codebook.index[found.original_codebook["role"] == "factor"]) == [
        "has_x",
        "length",
        "grade",
    ]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("I|II|III", "I", ["line 6", "at least two"]),
        ("I|II|III", "|".join(map(str, range(60))), ["line 6", "at most 50"]),
        (
            "mild|middling|severe",
            "mild|severe",
            ["line 6, column level_labels: “mild|severe”; expected 3"],
        ),
        ("轻|中|重", "轻|轻|重", ["line 6, column level_labels_zh"]),
        ("has_x,", "grade=II,", ["“grade=II” is what a level of “grade” is called"]),
        ("has_x,", "const,", ["“const” has a meaning of its own"]),
        ("NIVCS|DVT|PTS", "NIVCS|all|PTS", ["“all” has a meaning of its own"]),
    ],
)
def test_codebooks_that_would_confuse_the_analysis_are_refused(load, old, new, expected):
    message = refusal(load, None, GRADES.replace(old, new, 1))
    assert all(words in message for words in expected), message


@pytest.mark.parametrize(
    "codebook",
    [
        CODEBOOK.encode("gb18030"),
        CODEBOOK.replace(",", ";").encode("utf-8-sig"),
        CODEBOOK.encode("utf-16"),
    ],
)
def test_a_codebook_may_come_out_of_a_spreadsheet_too(load, codebook):
    pd.testing.assert_frame_equal(load(None, codebook).codebook, load().codebook)
