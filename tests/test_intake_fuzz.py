"""Broken files by the thousand: each is read, or refused with one message that says where; nothing
else happens.

FUZZ_EXAMPLES sets how many files each test tries.
"""

import contextlib
import csv
import gzip
import io
import os
import re
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from workbooks import ods, saved, xlsx

from lib.paper import published
from lib.patients import disclosure, loading, template
from lib.patients.files import InputError
from lib.words import number

CODES = [{"9"}, {"8"}]
EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "40"))
FUZZ = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
CODEBOOK = [
    [
        "name",
        "label",
        "role",
        "type",
        "unit",
        "levels",
        "label_zh",
        "level_labels",
        "level_labels_zh",
    ],
    ["id", "Patient", "id", "text", "", "", "患者编号", "", ""],
    [
        "group",
        "Diagnosis",
        "group",
        "category",
        "",
        "NIVCS|DVT|PTS",
        "诊断",
        "one|two|three",
        "非血栓|急性|血栓后",
    ],
    ["has_x", "Marker", "factor", "binary", "", "0|1", "标志", "no|yes", "否|是"],
    ["grade", "Grade", "factor", "category", "", "I|II|III", "分级", "", ""],
    ["length", "Stent length", "factor", "number", "mm", "", "支架长度", "", ""],
    [
        "outcome",
        "Occlusion",
        "outcome",
        "binary",
        "12 months",
        "0|1",
        "闭塞",
        "patent|occluded",
        "",
    ],
    ["months", "Follow-up", "time", "number", "months", "", "", "", ""],
    ["event", "At the end", "event", "binary", "", "0|1", "", "", ""],
]
HEADER = [line[0] for line in CODEBOOK[1:]]
GOOD = {
    "group": ["NIVCS", "DVT", "PTS", "one", "急性"],
    "has_x": ["0", "1", "yes", "No", "是", ""],
    "grade": ["I", "II", "III", "ii", ""],
    "length": ["80", "80.5", "1e2", "", "80 mm"],
    "outcome": ["0", "1"],
    "months": ["0", "12.5", "60", ""],
    "event": ["0", "1", ""],
}
ODD = [
    "",
    " ",
    "NA",
    "n.a.",
    ".",
    "-",
    "–",
    "?",
    "nan",
    "inf",
    "-inf",
    "1e999",
    "1e-999",
    "-1",
    "0x10",
    "1_000",
    "1,5",
    "1.234",
    "1,234",
    "1.234,5",
    "1,234.5",
    "1 234",
    "1'234",
    "45%",
    "80 mm",
    "８０",
    "²",
    "①",
    "٣",
    "½",
    "∞",
    "<5",
    "3-May",
    "2020-01-01",
    "1.23E+11",
    "#REF!",
    "=1+1",
    "'1",
    '"',
    '""',
    "a\nb",
    "a\r\nb",
    ",",
    ";",
    "\t",
    "|",
    "true",
    "否",
    "缺失",
    "A" * 300,
    "9" * 400,
    "13812345678",
    "11010519491231002X",
    "a@b.cd",
    "<script>",
    "{{x}}",
    "$\\frac{",
    "`x`",
    "\u202e",
    "\u200b",
    "\ufeff",
    "\x1b[31m",
    "\x07",
    "é",
    "ß",
    "Σ",
    "İ",
    "🫀",
    "\u2028",
    "0.0",
    "-0",
    "1.",
    ".5",
    "+",
    "None",
    "null",
    "NULL",
]
ANYTHING = st.sampled_from(ODD) | st.text(max_size=12)


def cells_of(
    table: list[list[str]], delimiter: str = ",", end: str = "\n", quoting: int = csv.QUOTE_MINIMAL
) -> str:
    buffer = io.StringIO(newline="")
    csv.writer(buffer, delimiter=delimiter, lineterminator=end, quoting=quoting).writerows(table)
    return buffer.getvalue()


@st.composite
def rows(draw, odd: int = 3) -> list[list[str]]:
    """A cohort file with its header, in which a few cells may be anything."""
    size = draw(st.integers(1, 30))
    table = [
        [f"p{i}", *(GOOD[name][(i * 7 + j) % len(GOOD[name])] for j, name in enumerate(HEADER[1:]))]
        for i in range(size)
    ]
    for _ in range(draw(st.integers(0, odd))):
        row, column = draw(st.integers(0, size - 1)), draw(st.integers(0, len(HEADER) - 1))
        value = draw(ANYTHING)
        for place in range(row, size if draw(st.booleans()) else row + 1):
            table[place][column] = value
    return [list(HEADER), *table]


@st.composite
def mangled(draw, content: bytes) -> bytes:
    """Bytes of which up to four stretches are removed, doubled, replaced or turned over."""
    pieces = [
        b"\0",
        b'"',
        b"\n",
        b"\r",
        b",",
        b";",
        b"\t",
        b"|",
        b"#",
        b"sep=;\n",
        b"\xff\xfe",
        b"\xef\xbb\xbf",
        b"\x81",
        b"\xb1\xd5",
    ]
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(content)))
        end = draw(st.integers(start, min(len(content), start + 60)))
        piece = content[start:end]
        between = draw(
            st.sampled_from([b"", piece * 2, piece[::-1], piece.upper(), *pieces])
            | st.binary(max_size=6)
        )
        content = content[:start] + between + content[end:]
    return content


def outcome_of(path: Path) -> str:
    """Load a file: "read" or "refused" with a message that is fit for people."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with contextlib.suppress(InputError):
            (begun,) = template.begun(path).values()
            assert begun.count(b"\n") >= 1
        try:
            found = loading.load(path)
        except InputError as error:
            message = str(error)
            assert str(path.parent) in message
            assert re.search(
                r"\b(lines?|rows?|columns?)\b|it is |it begins|a header and no rows|no such file",
                message,
            ), message
            assert message.count("\n") <= 21 and len(message) < 12_000
            assert all(
                letter.isprintable() or letter == "\n"
                for letter in message.replace(str(path.parent), "")
            )
            return "refused"
        rows = found.rows
        assert set(rows[found.outcome].dropna()) <= {0, 1} and rows[found.outcome].notna().any()
        assert rows[found.group].notna().any() and len(found.groups) >= 2
        for name in found.factors:
            values = rows[name].dropna()
            assert np.isfinite(values).all()
            assert name not in found.binary_factors or set(values) <= {0, 1}
        for name in found.named("id"):
            assert rows[name].is_unique and (rows[name] != "").all()
        assert all(len(note) < 3_000 and "\n" not in note for note in found.notes)
        with contextlib.suppress(InputError):
            disclosure.withheld(found, 3)
        return "read"


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "rows.codebook.csv").write_text(cells_of(CODEBOOK), encoding="utf-8")
    return tmp_path


def written(table: list[list[str]], path: Path) -> bytes:
    """The bytes of a table in the format that the suffix of a path names."""
    if path.suffix == ".gz":
        return gzip.compress(cells_of(table).encode())
    if path.suffix in (".xlsx", ".ods"):
        return {".xlsx": xlsx, ".ods": ods}[path.suffix]({"rows": table})
    if path.suffix == ".csv":
        return cells_of(table).encode()
    return saved(pd.DataFrame(table[1:], columns=table[0]), path)


FORMATS = ["csv", "csv.gz", "parquet", "xlsx", "ods", "sav", "zsav", "dta"]


@FUZZ
@given(
    st.sampled_from(["rows.codebook.csv", *(f"rows.{suffix}" for suffix in FORMATS)]),
    rows(odd=0),
    st.data(),
)
def test_mutated_bytes(folder, name, table, data):
    path, broken = folder / name.replace(".codebook", ""), folder / name
    (folder / "rows.codebook.csv").write_text(cells_of(CODEBOOK), encoding="utf-8")
    path.write_bytes(written(table, path))
    broken.write_bytes(data.draw(mangled(broken.read_bytes())))
    outcome_of(path)


@FUZZ
@given(st.data())
def test_mutated_claims(folder, data):
    lines = published.PATH.read_bytes().splitlines(keepends=True)[:6]
    (folder / "claims.csv").write_bytes(data.draw(mangled(b"".join(lines))))
    try:
        assert len(published.read(folder / "claims.csv"))
    except InputError as error:
        assert "claims.csv" in str(error)


@FUZZ
@given(
    rows(),
    st.sampled_from([",", ";", "\t"]),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "gb18030", "cp1252"]),
    st.sampled_from(["", "# a comment\n", "\n\n", "sep={}\n"]),
)
def test_odd_values_in_any_dialect(folder, table, delimiter, end, quoting, encoding, before):
    text = before.format(delimiter) + cells_of(table, delimiter, end, quoting)
    (folder / "rows.csv").write_bytes(text.encode(encoding, errors="replace"))
    outcome_of(folder / "rows.csv")


@FUZZ
@given(
    rows(odd=0),
    st.lists(
        st.tuples(st.integers(0, 8), st.integers(0, 8), ANYTHING | st.sampled_from(HEADER)),
        max_size=4,
    ),
)
def test_hostile_codebooks(folder, table, changes):
    codebook = [list(line) for line in CODEBOOK]
    for line, column, value in changes:
        codebook[line][column] = value
    (folder / "rows.codebook.csv").write_text(
        cells_of(codebook), encoding="utf-8", errors="replace"
    )
    names = [" ".join(line[0].split()) for line in codebook[1:]]
    (folder / "rows.csv").write_text(
        cells_of([names, *table[1:]]), encoding="utf-8", errors="replace"
    )
    outcome_of(folder / "rows.csv")


@FUZZ
@given(rows(), st.permutations(range(len(HEADER))), st.lists(ANYTHING, max_size=3))
def test_any_order_of_columns_and_rows_gives_the_same_cohort(folder, table, order, extra):
    """A property that a silently wrong page would break: what is read does not depend on where it
    stands.
    """
    # Without quotation marks, which Python writes around line feeds alone, it ends the line.
    assume("\r" not in cells_of(table))
    path = folder / "rows.csv"
    path.write_text(cells_of(table), encoding="utf-8", errors="replace")
    try:
        expected = loading.load(path)
    except InputError:
        return
    moved = [[line[i] for i in order] for line in [table[0], *reversed(table[1:])]]
    path.write_text(cells_of(moved, ";"), encoding="utf-8", errors="replace")
    try:
        found = loading.load(path)
    except InputError as error:
        # At the end, a row of numbers alone may be a total.
        assert "nothing but numbers or a remark stands there" in str(error)
        return
    pd.testing.assert_frame_equal(found.rows[::-1].reset_index(drop=True), expected.rows)


@FUZZ
@given(
    # Nines and eights alone may be codes for missing values, and are asked about.
    st.lists(
        st.floats(0, 1e6, width=32).filter(lambda value: set(f"{value:g}.") - {"."} not in CODES),
        min_size=2,
        max_size=20,
    ),
    st.sampled_from([("", "."), (" ", ","), (".", ","), ("'", ".")]),
)
def test_numbers_written_in_one_way_are_those_numbers_or_refused(folder, numbers, signs):
    thousands, decimal = signs
    texts = [
        f"{value:,.2f}".replace(",", "T").replace(".", decimal).replace("T", thousands)
        for value in numbers
    ]
    table = [
        HEADER,
        *([f"p{i}", "DVT", "1", "I", text, str(i % 2), "", ""] for i, text in enumerate(texts)),
    ]
    (folder / "rows.csv").write_text(cells_of(table), encoding="utf-8")
    found = loading.load(folder / "rows.csv").rows["length"]
    np.testing.assert_allclose(found, [round(value, 2) for value in numbers], rtol=0, atol=0.0051)
    assert number(found.iloc[0]) == number(float(f"{numbers[0]:.2f}"))
