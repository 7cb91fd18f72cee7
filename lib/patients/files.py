"""Reading a table from disk, whatever its format, so that what is wrong with it becomes one message
for people.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from lib.patients.errors import InputError, fail, unusable
from lib.patients.formats import read_format
from lib.patients.table import Table
from lib.patients.text_files import read_text

__all__ = ["DATA", "InputError", "fail", "read_csv", "read_table", "suffix_and_stem"]
DATA = Path(__file__).parents[2] / "data"
GZIP = b"\x1f\x8b"


def read_table(path: Path, known: Sequence[str], words: Sequence[str] = ()) -> Table:
    """The table in a file: a workbook, a file of SPSS, Stata or Parquet, or CSV in any dialect.

    ``known`` are names of columns that are looked for; ``words`` may occur in the file and help to
    recognize its encoding. Raises `InputError` where nothing can be read at all; what is wrong with
    single rows is among the problems of the table.
    """
    path = Path(path)
    content = _content(path)
    if content.startswith(GZIP):
        try:
            content = gzip.decompress(content)
        except (OSError, EOFError, zlib.error):
            why = "it is a compressed file that is damaged. Compress it anew."
            raise unusable(path, why) from None
    suffix, _ = suffix_and_stem(path)
    return read_format(path, content, suffix, known) or read_text(path, content, known, words)


def suffix_and_stem(path: Path) -> tuple[str, str]:
    """A file's suffix and the name before it, that of compression set aside."""
    inner = path.with_suffix("") if path.suffix.lower() == ".gz" else path
    return inner.suffix.lower(), inner.stem


def read_csv(path: Path, required: list[str]) -> pd.DataFrame:
    """Read one of the project's own tables, plain CSV, as text: an empty cell an empty string.

    Lines that begin with # before the header are comments. The index is the number of each row as a
    spreadsheet shows it, so that a message can name it. Raises `InputError` when the file is
    missing, empty, not UTF-8, ragged, not separated by commas, has a repeated column or lacks one
    of the ``required`` columns.
    """
    path = Path(path)
    table = read_text(path, _content(path), required)
    if table.notes:
        mend = "expected UTF-8 text, columns separated by commas"
        fail(path, [f"{note.removesuffix('.')}; {mend}" for note in table.notes])
    rows = table.rows
    missing = [name for name in required if name not in rows]
    problems = [
        f"column {name} is missing; the file has {', '.join(rows.columns)}" for name in missing
    ]
    problems += table.problems
    if rows.empty and not problems:
        problems.append("it has a header and no rows")
    fail(path, problems)
    return rows.astype(object)


def _content(path: Path) -> bytes:
    if path.is_dir():
        raise unusable(path, "it is a folder. Name the file in it.")
    if not path.is_file():
        raise unusable(path, "there is no such file. Check the path.")
    try:
        return path.read_bytes()
    except OSError as error:
        why = f"it cannot be read ({error.strerror}). Check who may read it."
        raise unusable(path, why) from None
