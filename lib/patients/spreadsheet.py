"""A table as a spreadsheet program saved it, read as text, with a note for every choice that was
made.

CSV files differ in encoding, delimiter and small print, and Parquet files in types. Here they all
become columns of text. Nothing is known here of what a column means.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from itertools import chain, islice
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from lib.patients.files import InputError, one_line

DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs"}
OTHER_FILES = {
    b"PK\x03\x04": "an Excel or OpenDocument workbook",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"$FL2": "an SPSS file",
    b"<stata_dta>": "a Stata file",
    b"SAS ": "a SAS file",
    b"\x1f\x8b": "a compressed file",
    b"%PDF": "a PDF file",
    b"{\\rtf": "a word processor's file",
}
INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")
ROWS_AT_A_TIME = 20_000
PLACES_NAMED = 3


class Column(NamedTuple):
    """A column of text: the distinct values in the order in which they first occur, and each row's
    place among them.
    """

    header: str
    values: pa.StringArray
    codes: np.ndarray


class Sheet(NamedTuple):
    """A table read as text. `lines` are the rows' numbers as a spreadsheet shows them."""

    columns: list[Column]
    lines: np.ndarray
    place: str  # "line" in a CSV file, "row" in a Parquet file
    notes: list[str]
    problems: list[str]


def places(lines: np.ndarray, place: str) -> str:
    """Lines in words: "line 3", "lines 3, 5 and 8", "lines 3, 5, 8 and 97 more"."""
    lines = [str(line) for line in lines]
    if len(lines) == 1:
        return f"{place} {lines[0]}"
    if len(lines) <= PLACES_NAMED + 1:
        return f"{place}s {', '.join(lines[:-1])} and {lines[-1]}"
    return f"{place}s {', '.join(lines[:PLACES_NAMED])} and {len(lines) - PLACES_NAMED:,} more"


def quoted(text: str) -> str:
    """A value as a message shows it: on one line and of bearable length."""
    text = one_line(text)
    return f"“{text[:40]}…”" if len(text) > 40 else f"“{text}”"


def content_of(path: Path) -> bytes:
    """The bytes of a file. Raises `InputError` where there are none to be had."""
    if not path.is_file():
        raise InputError(f"{path} cannot be used: there is no such file. Check the path.")
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(
            f"{path} cannot be used: it cannot be read ({error.strerror}). Check who may read it."
        ) from None


def read(path: Path, known: list[str], words: list[str] = ()) -> Sheet:
    """The table in a CSV or Parquet file.

    `known` are the names of columns that are looked for, by which the delimiter is recognized;
    `words` may occur in the file and help to recognize its encoding. Raises `InputError` where
    nothing can be read at all; what is wrong with single rows is among the problems of the sheet.
    """
    path = Path(path)
    content = content_of(path)
    if path.suffix.lower() in (".parquet", ".pq") or content.startswith(b"PAR1"):
        return _read_parquet(path, content)
    for start, what in OTHER_FILES.items():
        if content.startswith(start):
            raise InputError(
                f"{path} cannot be used: it is {what}. Save the table as “CSV UTF-8” and use that file."
            )
    encoding, notes = encoding_of(path, content, words)
    return _read_csv(path, content, encoding, known, notes)


# ----------------------------------------------------------------------------------- encodings


def encoding_of(path: Path, content: bytes, words: list[str] = ()) -> tuple[str, list[str]]:
    """How the bytes of a text file are to be read, and a note unless it is UTF-8.

    A byte order mark decides. Without one, UTF-8, GB18030 and Windows-1252 are tried in this order
    and strictly. Where both of the latter can be read, the one decides under which some of `words`
    occur; else GB18030 is taken where all its characters are in common use (GB 2312), as they
    hardly ever are by accident. Raises `InputError` where nothing fits.
    """
    for mark, encoding in [
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ]:
        if content.startswith(mark):
            text = _decoded(content, encoding)
            if text is None or "\0" in text:
                name = encoding[:6].upper().removesuffix("-")
                raise InputError(
                    f"{path} cannot be used: it begins as {name} text and does not go on as such. "
                    "Save the file as “CSV UTF-8”."
                )
            return encoding, ["The file is UTF-16 text and was read as such."] * (
                encoding == "utf-16"
            )
    unreadable = content.find(b"\0")
    if unreadable < 0:
        if _decoded(content, "utf-8") is not None:
            return "utf-8", []
        return _of_two_encodings(path, content, words)
    _not_text(path, content, unreadable)


def _of_two_encodings(path: Path, content: bytes, words: list[str]) -> tuple[str, list[str]]:
    readings = {
        "GB18030": _decoded(content, "gb18030"),
        "Windows-1252": _decoded(content, "cp1252"),
    }
    readings = {name: text for name, text in readings.items() if text is not None}
    if not readings:
        _not_text(path, content, _first_not_utf8(content))
    chosen, why = next(iter(readings)), ""
    if len(readings) == 2:
        telling = [word for word in words if not word.isascii() and len(word) > 1]
        found = [name for name, text in readings.items() if any(word in text for word in telling)]
        if len(found) == 1:
            chosen, why = found[0], ", because only so do words of the codebook occur in it"
        else:
            chosen = "GB18030" if _common_chinese(readings["GB18030"]) else "Windows-1252"
            other = "Windows-1252" if chosen == "GB18030" else "GB18030"
            why = f"; it might be {other} as well: if letters look wrong, save the file as “CSV UTF-8”"
    line = content[: _first_not_utf8(content)].count(b"\n") + 1
    note = f"The file is not UTF-8 text (first in line {line}) and was read as {chosen}{why}."
    return {"GB18030": "gb18030", "Windows-1252": "cp1252"}[chosen], [note]


def _decoded(content: bytes, encoding: str) -> str | None:
    try:
        text = content.decode(encoding)
        text.encode("utf-8")  # which fails for halves of characters that some encodings let pass
    except UnicodeError:
        return None
    return text


def _common_chinese(text: str) -> bool:
    try:
        "".join({letter for letter in text if not letter.isascii()}).encode("gb2312")
    except UnicodeEncodeError:
        return False
    return True


def _first_not_utf8(content: bytes) -> int:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.start
    return 0


def _not_text(path: Path, content: bytes, position: int) -> None:
    line = content[:position].count(b"\n") + 1
    raise InputError(
        f"{path} cannot be used: line {line} is not UTF-8 text. Save the file as “CSV UTF-8”."
    )


# ----------------------------------------------------------------------------------------- CSV


def _read_csv(
    path: Path, content: bytes, encoding: str, known: list[str], notes: list[str]
) -> Sheet:
    stream = io.TextIOWrapper(io.BytesIO(content), encoding, newline="")
    before, hidden, delimiter = 0, 0, None
    for first in stream:
        separator = re.fullmatch(r"\s*\"?sep=(.)\"?\s*", first, flags=re.IGNORECASE | re.DOTALL)
        if separator and not before:
            # A spreadsheet program takes this line as an instruction and does not show it.
            delimiter, hidden = separator[1], 1
        elif first.strip() and not first.lstrip('"').startswith("#"):
            break
        before += 1
    else:
        raise InputError(
            f"{path} cannot be used: it is empty. Expected the names of the columns, then rows."
        )
    if delimiter is None:
        delimiter = _delimiter(first, known)
    elif delimiter in '"\r\n#':
        raise InputError(
            f"{path} cannot be used:\n  - line 1: {quoted(delimiter)} cannot separate columns"
        )
    if delimiter != ",":
        notes = [
            *notes,
            f"The columns are separated by {DELIMITERS.get(delimiter, quoted(delimiter))}.",
        ]

    reader = csv.reader(chain([first], stream), delimiter=delimiter, strict=True)
    records, blank, chunks, lines, wrong = 0, 0, [], [], {}
    try:
        header = [name.strip() for name in next(reader)]
        records = 1
        while header and not header[-1]:
            header.pop()
        width = len(header)
        while rows := list(islice(reader, ROWS_AT_A_TIME)):
            numbers = np.arange(
                before - hidden + records + 1, before - hidden + records + 1 + len(rows)
            )
            records += len(rows)
            if set(map(len, rows)) != {width}:
                rows, numbers, empty = _squared(rows, numbers, width, wrong)
                blank += empty
            chunks.append(
                [pa.array(cells, pa.string()) for cells in zip(*rows, strict=True)] if rows else []
            )
            lines.append(numbers)
    except csv.Error as error:
        line, began = reader.line_num + before - hidden, records + before - hidden + 1
        since = f" (the row begins in line {began})" if began != line else ""
        raise InputError(
            f"{path} cannot be used:\n  - line {line}: {error}{since}; expected comma-separated values, "
            "and around a text with a comma or a quotation mark a pair of quotation marks"
        ) from None

    problems = _header_problems(header, before - hidden + 1)
    for count, numbers in wrong.items():
        have = "has" if len(numbers) == 1 else "have"
        mend = (
            ": is a comma within a number or a text the cause?"
            if count > width and delimiter == ","
            else ""
        )
        problems.append(f"{places(numbers, 'line')} {have} {count} values, expected {width}{mend}")
    chunks = [chunk for chunk in chunks if chunk]
    columns = [
        _column(name, pa.chunked_array([chunk[i] for chunk in chunks], pa.string()))
        for i, name in enumerate(header)
    ]
    return _without_blank_rows(
        Sheet(
            columns, np.concatenate([*lines, np.zeros(0, int)]).astype(int), "line", notes, problems
        )
    )


def _delimiter(header: str, known: list[str]) -> str:
    """The delimiter that finds the most of the known columns, then the most columns."""

    def found(delimiter: str) -> tuple[int, int]:
        cells = {
            cell.strip().casefold() for cell in next(csv.reader([header], delimiter=delimiter), [])
        }
        return len(cells & {name.casefold() for name in known}), len(cells)

    return max(DELIMITERS, key=found)


def _squared(
    rows: list[list[str]], numbers: np.ndarray, width: int, wrong: dict
) -> tuple[list, np.ndarray, int]:
    """Rows that have the right number of values, empty ones at the end not counted; the others go
    to `wrong`.
    """
    kept, kept_numbers, blank = [], [], 0
    for number, cells in zip(numbers.tolist(), rows, strict=True):
        while len(cells) > width and not cells[-1].strip():
            cells.pop()
        if len(cells) == width:
            kept.append(cells)
            kept_numbers.append(number)
        elif any(cell.strip() for cell in cells):
            wrong.setdefault(len(cells), []).append(number)
        else:
            blank += 1
    return kept, np.array(kept_numbers, int), blank


def _header_problems(header: list[str], line: int) -> list[str]:
    unnamed = [i + 1 for i, name in enumerate(header) if not name]
    problems = [
        f"line {line}: column {i} has no name; expected one, or no such column" for i in unnamed
    ]
    repeated = sorted({name for name in header if name and header.count(name) > 1})
    return problems + [
        f"column {quoted(name)[1:-1]} occurs more than once; keep one of them" for name in repeated
    ]


def _column(header: str, cells: pa.ChunkedArray) -> Column:
    trimmed = pc.utf8_trim_whitespace(cells).dictionary_encode().combine_chunks()
    if isinstance(trimmed, pa.ChunkedArray):  # of a column without rows
        trimmed = pa.array([], pa.string()).dictionary_encode()
    return Column(header, trimmed.dictionary, trimmed.indices.to_numpy(zero_copy_only=False))


def _without_blank_rows(sheet: Sheet) -> Sheet:
    if not sheet.columns:
        return sheet
    filled = np.zeros(len(sheet.lines), bool)
    for column in sheet.columns:
        blank = pc.index(column.values, "").as_py()
        filled |= column.codes != blank
    if filled.all():
        return sheet
    columns = []
    for column in sheet.columns:
        cells = pa.DictionaryArray.from_arrays(pa.array(column.codes[filled]), column.values).cast(
            pa.string()
        )
        columns.append(_column(column.header, pa.chunked_array([cells])))
    return sheet._replace(columns=columns, lines=sheet.lines[filled])


# ------------------------------------------------------------------------------------- Parquet


def _read_parquet(path: Path, content: bytes) -> Sheet:
    try:
        table = pq.read_table(pa.BufferReader(content))
        table.validate(full=True)
        # An index without a name is written under this one and means nothing.
        names = [
            name for name in table.column_names if not re.fullmatch(r"__index_level_\d+__", name)
        ]
        header = [name.strip() for name in names]
        problems = _header_problems(header, 1)
        columns = (
            [_column(name.strip(), _as_text(table[name])) for name in names] if not problems else []
        )
    except (OSError, ValueError, MemoryError, NotImplementedError, pa.ArrowException) as error:
        raise InputError(
            f"{path} cannot be used: it is not a Parquet file ({type(error).__name__})."
        ) from None
    return Sheet(columns, np.arange(1, table.num_rows + 1), "row", [], problems)


def _as_text(cells: pa.ChunkedArray) -> pa.ChunkedArray:
    """A column as it would stand in a CSV file."""
    kind = cells.type
    if pa.types.is_dictionary(kind):
        cells = cells.cast(kind.value_type)
        kind = cells.type
    if pa.types.is_boolean(kind):
        cells = cells.cast(pa.int8())
    if pa.types.is_floating(kind):
        encoded = cells.dictionary_encode().combine_chunks()
        encoded = (
            encoded
            if isinstance(encoded, pa.DictionaryArray)
            else pa.array([], kind).dictionary_encode()
        )
        shortest = encoded.dictionary.to_numpy(zero_copy_only=False)
        texts = [
            ""
            if np.isnan(value)
            else np.format_float_positional(value, trim="-")
            if np.isfinite(value)
            else str(value)
            for value in shortest
        ]
        cells = pa.chunked_array(
            [pa.DictionaryArray.from_arrays(encoded.indices, pa.array(texts, pa.string()))]
        )
        cells = cells.cast(pa.string())
    elif pa.types.is_nested(kind) or pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        values = cells.to_pandas()
        cells = pa.chunked_array(
            [pa.array([None if value is None else str(value) for value in values], pa.string())]
        )
    else:
        cells = cells.cast(pa.string())
    return pc.fill_null(cells, "")
