"""A table as text, whatever the file it stood in: one column a variable, one row a patient.

Every cell is a string, an empty one the empty string. A column is a pandas category of strings, so
that each distinct value is looked at once however many rows have it. Nothing is known here of what
a column means.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from lib.patients.errors import places, quoted


@dataclass(frozen=True)
class Table:
    """A table read as text.

    The index of ``rows`` has the numbers of the rows as a spreadsheet shows them; ``place`` is what
    they are called, "line" or "row". ``notes`` say how the file was read where it could have been
    read otherwise, ``problems`` what is wrong with single rows and headers. Statistics packages
    keep in the file what the variables (``labels``) and the values of each (``words``) are called.
    """

    rows: pd.DataFrame
    place: str = "line"
    delimiter: str = ","
    notes: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    labels: dict[str, str] = field(default_factory=dict)
    words: dict[str, dict[str, str]] = field(default_factory=dict)


def cell_text(value: object) -> str:
    """A value as it would stand in a CSV file; the empty string where it is missing."""
    if isinstance(value, str):
        return value.strip()
    if pd.api.types.is_scalar(value) and pd.isna(value):
        return ""
    if isinstance(value, bool | np.bool_):
        return str(value).upper()
    if isinstance(value, float | np.floating) and np.isfinite(value):
        return np.format_float_positional(value, trim="-")
    return str(value).strip()


def text_column(values: Iterable[object]) -> pd.Categorical:
    """Values as a category of texts, in the order in which they first occur."""
    codes, texts = pd.factorize(np.array([cell_text(value) for value in values], dtype=object))
    return pd.Categorical.from_codes(codes, pd.Index(texts, dtype=object))


def counts_of(column: pd.Series) -> np.ndarray:
    """How many rows have each distinct value of a column."""
    return np.bincount(column.cat.codes, minlength=len(column.cat.categories))


def from_records(records: Sequence[Sequence[object]], first: int = 1, **about: object) -> Table:
    """The table in the rows of a file, the first being its header and numbered ``first``.

    Empty rows, and empty cells beyond the header, are passed over. ``about`` has other fields of
    `Table`.
    """
    header = [cell_text(cell) for cell in records[0]]
    while header and not header[-1]:
        header.pop()
    kept, numbers, ragged = [], [], {}
    for number, record in enumerate(records[1:], first + 1):
        cells = [cell_text(cell) for cell in record]
        while len(cells) > len(header) and not cells[-1]:
            cells.pop()
        if not any(cells):
            continue
        if len(cells) == len(header):
            kept.append(cells)
            numbers.append(number)
        else:
            ragged.setdefault(len(cells), []).append(number)
    table = Table(pd.DataFrame(index=pd.Index(numbers, name="line", dtype=int)), **about)
    for count, lines in ragged.items():
        have = "has" if len(lines) == 1 else "have"
        comma = count > len(header) and table.delimiter == ","
        mend = ": is a comma within a number or a text the cause?" if comma else ""
        table.problems.append(
            f"{places(lines, table.place)} {have} {count} values, expected {len(header)}{mend}"
        )
    columns = list(zip(*kept, strict=True)) if kept else [()] * len(header)
    if header and not header[0] and _are_row_numbers(columns[0]):
        table.notes.append("The first column has no name and numbers the rows; it was left out.")
        header, columns = header[1:], columns[1:]
    table.problems.extend(_header_problems(header, f"{table.place} {max(first, 1)}"))
    for name, column in zip(header, columns, strict=True):
        table.rows[name] = text_column(column)
    return table


def _are_row_numbers(cells: Sequence[str]) -> bool:
    return all(cell.isdecimal() for cell in cells) and len(set(cells)) == len(cells) > 0


def _header_problems(header: list[str], where: str) -> list[str]:
    unnamed = [i + 1 for i, name in enumerate(header) if not name]
    repeated = sorted({name for name in header if name and header.count(name) > 1})
    return [
        *(f"{where}: column {i} has no name; expected one, or no such column" for i in unnamed),
        *(
            f"column {quoted(name)[1:-1]} occurs more than once; keep one of them"
            for name in repeated
        ),
    ]
