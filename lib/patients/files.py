"""Reading a table from disk, whatever its format, so that what is wrong with it becomes one message
for people. Each format is read by the package that knows it; CSV by `text_files`.
"""

import gzip
import io
import re
import zlib
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyreadstat
from pyarrow import parquet

from lib.patients.errors import InputError, fail, quoted, that_hold, unusable
from lib.patients.table import (
    Table,
    cell_text,
    from_records,
    known_columns,
    problems_of,
)
from lib.patients.text_files import COMMENT, SAVE, read_text
from lib.patients.workbook import read_sheets

__all__ = ["DATA", "InputError", "fail", "read_csv", "read_table", "uncompressed"]
DATA = Path(__file__).parents[2] / "data"
GZIP, ZIP = b"\x1f\x8b", b"PK\x03\x04"
# How a file begins, and its suffixes where that does not tell.
FORMATS = {
    "compressed folder": ((), (".zip",)),
    "workbook": ((ZIP, b"\xd0\xcf\x11\xe0"), (".xlsx", ".xls", ".ods")),
    "SPSS file": ((b"$FL2", b"$FL3"), (".sav", ".zsav")),
    "Stata file": ((b"<stata_dta>",), (".dta",)),
    "Parquet file": ((b"PAR1",), (".parquet", ".pq")),
    "SAS file": ((b"SAS ", b"HEADER RECORD*******"), (".sas7bdat", ".xpt")),
    "portable file of SPSS": ((b"ASCII SPSS PORT FILE",), (".por",)),
    "file of R": ((b"RDX", b"RDA", b"X\n\0", b"A\n"), (".rds", ".rda", ".rdata")),
    "database": ((b"SQLite format 3",), (".db", ".sqlite", ".mdb", ".accdb")),
    "Feather file": ((b"ARROW1", b"FEA1"), (".feather",)),
    "PDF file": ((b"%PDF",), (".pdf",)),
    "word processor's file": ((b"{\\rtf",), (".doc", ".docx", ".rtf")),
}


def read_table(path: Path, known: Sequence[str], words: Sequence[str] = ()) -> Table:
    """The table in a file: a workbook, a file of SPSS, Stata or Parquet, or CSV in any dialect.

    ``known`` are names of columns that are looked for; ``words`` may occur in the file and help to
    recognize its encoding. Raises `InputError` where nothing can be read at all; what is wrong with
    single rows is among the problems of the table.
    """
    content = _content(path)
    if content.startswith(GZIP):
        try:
            content = gzip.decompress(content)
        except (OSError, EOFError, zlib.error):
            raise unusable(path, "it is compressed and damaged. Compress it anew.") from None
    suffix = uncompressed(path).suffix.lower()
    # How a compressed folder begins, a workbook does as well.
    by_start = [
        what
        for what, (starts, suffixes) in FORMATS.items()
        if (content.startswith(starts) if starts else suffix in suffixes)
    ]
    by_suffix = [what for what, (_, suffixes) in FORMATS.items() if suffix in suffixes]
    # Text under the name of another format is read as the text that it is.
    what = next(iter(by_start + (by_suffix if b"\0" in content else [])), None)
    if what is None:
        return read_text(path, content, known, words)
    readers: dict[str, Callable[[bytes], Table]] = {
        "workbook": partial(_workbook, known=known),
        "SPSS file": partial(_statistics_file, read=pyreadstat.read_sav),
        "Stata file": partial(_statistics_file, read=pyreadstat.read_dta),
        "Parquet file": _parquet,
    }
    if what not in readers:
        raise unusable(path, f"it is a {what}. {SAVE}")
    try:
        return readers[what](content)
    except Exception as error:  # whatever the packages make of broken bytes
        raise unusable(
            path, f"it is not a {what} that can be read ({type(error).__name__}). {SAVE}"
        ) from None


def uncompressed(path: Path) -> Path:
    """The path without the suffix of compression."""
    return path.with_suffix("") if path.suffix.lower() == ".gz" else path


def read_csv(path: Path, required: list[str]) -> pd.DataFrame:
    """Read one of the project's own tables, plain CSV, as text: an empty cell an empty string.

    Lines that begin with # before the header are comments. The index is the number of each row as a
    spreadsheet shows it, so that a message can name it. Raises `InputError` when the file is
    missing, empty, not UTF-8, ragged, not separated by commas, has a repeated column or lacks one
    of the ``required`` columns.
    """
    table = read_text(path, _content(path), required)
    notes = [
        f"{note.removesuffix('.')}; expected UTF-8 text, columns separated by commas"
        for note in table.notes
    ]
    fail(path, [*notes, *problems_of(table, required)])
    return table.rows.astype(object)


def _content(path: Path) -> bytes:
    if path.is_dir():
        raise unusable(path, "it is a folder. Name the file in it.")
    if not path.is_file():
        raise unusable(path, "there is no such file. Check the path.")
    try:
        return path.read_bytes()
    except OSError as error:
        raise unusable(
            path, f"it cannot be read ({error.strerror}). Check who may read it."
        ) from None


def _workbook(content: bytes, known: Sequence[str]) -> Table:
    """The first sheet that has the most of the known columns; the largest where none is known."""
    sheets = {}
    for title, records in read_sheets(content).items():
        used = [
            i
            for i, row in enumerate(records)
            if any(map(cell_text, row)) and not re.match(COMMENT, cell_text(row[0]))
        ]
        if used:
            sheets[title] = (used[0], records[used[0] :])
    if not sheets:
        raise ValueError("no sheet has a cell")

    def worth(title: str) -> int:
        rows = sheets[title][1]
        return max(known_columns(rows, known)) if known else sum(map(len, rows))

    chosen = max(sheets, key=worth)
    before, records = sheets[chosen]
    notes = that_hold(
        {
            f"Of {len(sheets)} sheets, {quoted(chosen)} was read.": len(sheets) > 1,
            "In an .xls file an error, such as #DIV/0!, cannot be told from an empty cell, nor a "
            "raised figure, such as that of a note, from its number. If there may be any, save the "
            "file as .xlsx, in which they are named.": not content.startswith(ZIP),
        }
    )
    return from_records(records, before + 1, known, place="row", delimiter="", notes=notes)


def _statistics_file(content: bytes, read: Callable) -> Table:
    """A file of SPSS or Stata with its labels; what the file itself calls missing is missing."""
    frame, about = read(io.BytesIO(content))
    # A date that is kept as a number is none here.
    single = {
        name
        for name, kind in about.readstat_variable_types.items()
        if kind == "float" and pd.api.types.is_float_dtype(frame[name])
    }
    frame = frame.astype(dict.fromkeys(single, "float32"))  # so that 80.1 is not 80.0999985
    words = {
        name: {cell_text(value): str(label).strip() for value, label in labels.items()}
        for name, labels in about.variable_value_labels.items()
    }
    return _typed(frame, labels=about.column_names_to_labels, words=words)


def _parquet(content: bytes) -> Table:
    table = parquet.ParquetFile(pa.BufferReader(content)).read()
    table.validate(full=True)
    # The index of pandas stands last; of one that only counts there are the limits.
    index = (table.schema.pandas_metadata or {}).get("index_columns", [])
    counted = {
        one["name"]: range(one["start"], one["stop"], one["step"])
        for one in index
        if isinstance(one, dict) and one["name"]
    }
    frame = table.to_pandas(integer_object_nulls=True, ignore_metadata=True).assign(**counted)
    is_index = frame.columns.isin([*map(str, index), *counted])
    unnamed = frame.columns.str.fullmatch(r"__index_level_\d+__")
    return _typed(
        pd.concat([frame.loc[:, is_index & ~unnamed], frame.loc[:, ~is_index & ~unnamed]], axis=1),
        notes=["The index of the rows has no name; it was left out."] * bool(unnamed.any()),
    )


def _typed(frame: pd.DataFrame, **about: object) -> Table:
    # Iterating over an array keeps the precision of its numbers; two columns may have one name.
    columns = [frame.iloc[:, i].to_numpy() for i in range(frame.shape[1])]
    records = [list(frame), *zip(*columns, strict=True)]
    return from_records(records, 0, place="row", delimiter="", **about)
