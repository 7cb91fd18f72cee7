"""The table in a workbook, or in a file of SPSS, Stata or Parquet, read by the packages that know
them.
"""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyreadstat
from python_calamine import CalamineWorkbook

from lib.patients.errors import quoted, unusable
from lib.patients.table import Table, cell_text, from_records

# How a file begins, and what it is.
WORKBOOKS = {b"PK\x03\x04": "a workbook", b"\xd0\xcf\x11\xe0": "an old workbook"}
SPSS = {b"$FL2": "an SPSS file", b"$FL3": "an SPSS file"}
STATA, PARQUET = {b"<stata_dta>": "a Stata file"}, {b"PAR1": "a Parquet file"}
UNREADABLE = {
    b"SAS ": "a SAS file",
    b"%PDF": "a PDF file",
    b"{\\rtf": "a word processor's file",
}
# Where the first bytes do not tell.
SUFFIXES = {".dta": STATA, ".parquet": PARQUET, ".pq": PARQUET, ".sav": SPSS, ".zsav": SPSS}
SUFFIXES |= dict.fromkeys([".xlsx", ".xls", ".ods"], WORKBOOKS)


def read_format(path: Path, content: bytes, suffix: str, known: Sequence[str]) -> Table | None:
    """The table in a file that is not text; None where it is none of these.

    A file is known by its first bytes, else by its suffix. ``known`` are names of columns, by which
    the sheet of a workbook is found. Raises `InputError` where it cannot be read.
    """
    for start, what in UNREADABLE.items():
        if content.startswith(start):
            raise unusable(path, f"it is {what}. Save the table as “CSV UTF-8” and use that file.")
    readers = [
        (WORKBOOKS, partial(_workbook, known=known)),
        (SPSS, partial(_statistics_file, read=partial(pyreadstat.read_sav, user_missing=True))),
        (STATA, partial(_statistics_file, read=pyreadstat.read_dta)),
        (PARQUET, _parquet),
    ]
    found = [pair for pair in readers if content.startswith(tuple(pair[0]))]
    found = found or [pair for pair in readers if SUFFIXES.get(suffix) is pair[0]]
    if not found:
        return None
    kinds, read = found[0]
    what = next((what for start, what in kinds.items() if content.startswith(start)), None)
    try:
        table = read(content)
    except Exception as error:  # whatever the packages make of broken bytes
        what = what or next(iter(kinds.values()))
        why = f"it is not {what} that can be read ({type(error).__name__})."
        raise unusable(path, f"{why} Save it anew, or as “CSV UTF-8”.") from None
    if table is None:
        raise unusable(path, "it is empty. Expected the names of the columns, then rows.")
    return table


def _workbook(content: bytes, known: Sequence[str]) -> Table | None:
    """The first sheet that has the most of the known columns."""
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    names, sheets = {name.casefold() for name in known}, {}
    for title in book.sheet_names:
        records = book.get_sheet_by_name(title).to_python(skip_empty_area=False)
        before = 0
        while before < len(records) and _is_passed_over(records[before]):
            before += 1
        if before < len(records):
            sheets[title] = (before + 1, records[before:])
    if not sheets:
        return None

    def columns_found(title: str) -> int:
        return len(names & {cell_text(cell).casefold() for cell in sheets[title][1][0]})

    chosen = max(sheets, key=columns_found)
    first, records = sheets[chosen]
    notes = [f"Of {len(sheets)} sheets, {quoted(chosen)} was read."] if len(sheets) > 1 else []
    return from_records(records, first, place="row", delimiter="", notes=notes)


def _is_passed_over(record: Sequence[object]) -> bool:
    cells = [cell_text(cell) for cell in record]
    return not any(cells) or cells[0].startswith("#")


def _statistics_file(content: bytes, read: object) -> Table:
    """A file of SPSS or Stata with its labels; what the file itself calls missing is missing."""
    frame, about = read(io.BytesIO(content))
    columns, notes = {}, []
    for name in frame:
        values = frame[name]
        if about.readstat_variable_types[name] == "float":
            values = values.astype("float32")  # so that 80.1 is not 80.0999985
        is_missing = pd.Series(False, values.index)
        for code in about.missing_ranges.get(name, []):
            is_missing |= values.between(code["lo"], code["hi"])
        if is_missing.any():
            shown = ", ".join(quoted(cell_text(value)) for value in values[is_missing].unique())
            count = is_missing.sum()
            notes.append(f"Column {name}: {shown} is missing, as the file says ({count:,}).")
        # Iterating over an array keeps the precision of its numbers.
        columns[name] = [
            None if gone else value
            for value, gone in zip(values.to_numpy(), is_missing, strict=True)
        ]
    words = {
        name: {cell_text(value): str(label).strip() for value, label in labels.items()}
        for name, labels in about.variable_value_labels.items()
    }
    labels = {name: label for name, label in about.column_names_to_labels.items() if label}
    records = [list(columns), *zip(*columns.values(), strict=True)]
    about_it = {"notes": notes, "labels": labels, "words": words}
    return from_records(records, 0, place="row", delimiter="", **about_it)


def _parquet(content: bytes) -> Table:
    table = pq.read_table(pa.BufferReader(content))
    table.validate(full=True)
    # An index without a name is written under this one and means nothing.
    names = [name for name in table.column_names if not re.fullmatch(r"__index_level_\d+__", name)]
    columns = [
        table[name].to_pandas(integer_object_nulls=True, ignore_metadata=True) for name in names
    ]
    records = [names, *zip(*(column.to_numpy() for column in columns), strict=True)]
    return from_records(records, 0, place="row", delimiter="")
