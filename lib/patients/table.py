"""A table as text, whatever the file it stood in: one column a variable, one row a patient.

Every cell is a string, an empty one the empty string. A column is a pandas category of strings, so
that each distinct value is looked at once however many rows have it. Nothing is known here of what
a column means.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from numbers import Number

import numpy as np
import pandas as pd

from lib.patients.errors import places, quoted, that_hold
from lib.patients.workbook import MERGED
from lib.words import counted

TITLE_ROWS = 20  # so many rows at most stand above the names of the columns


@dataclass(frozen=True)
class Table:
    """A table read as text.

    The index of ``rows`` has the numbers of the rows as a spreadsheet shows them; ``place`` is what
    they are called, "line" or "row". ``notes`` say how the file was read where it could have been
    read otherwise, ``problems`` what is wrong with single rows and headers. Statistics packages
    keep in the file what the variables (``labels``) and the values of each (``words``) are called.
    ``typed`` are the texts that stand only for numbers in a file that knows numbers from texts.
    """

    rows: pd.DataFrame
    place: str = "line"
    delimiter: str = ","
    notes: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    labels: dict[str, str | None] = field(default_factory=dict)
    words: dict[str, dict[str, str]] = field(default_factory=dict)
    typed: frozenset[str] = frozenset()


def cell_text(value: object) -> str:
    """A value as it would stand in a CSV file; the empty string where it is missing."""
    if isinstance(value, str):
        return value.strip()
    if pd.api.types.is_scalar(value) and pd.isna(value):
        return ""
    if isinstance(value, timedelta | np.timedelta64):
        return str(pd.Timedelta(value))
    if isinstance(value, bool | np.bool_):
        return str(value).upper()
    if isinstance(value, float | np.floating) and np.isfinite(value):
        return np.format_float_positional(value, trim="-")
    return str(value).strip()


def text_column(texts: Sequence[str]) -> pd.Categorical:
    """Texts as a category, in the order in which they first occur."""
    return pd.Categorical(texts, pd.Index([*dict.fromkeys(texts)], dtype=object))


def known_columns(records: Sequence[Sequence[object]], known: Iterable[str]) -> list[int]:
    """How many of the known columns each row names that may be the header, whatever the case."""
    names = {name.casefold() for name in known}
    return [
        len(names & {cell_text(cell).casefold() for cell in row}) for row in records[:TITLE_ROWS]
    ]


def problems_of(table: Table, required: Iterable[str]) -> list[str]:
    """What is wrong with a table of which these columns are required."""
    return [
        *(
            f"column {name} is missing; the file has {', '.join(table.rows)}"
            for name in required
            if name not in table.rows
        ),
        *table.problems,
    ]


def from_records(
    records: Sequence[Sequence[object]],
    first: int,
    known: Sequence[str] = (),
    *,
    place: str = "line",
    delimiter: str = ",",
    notes: Sequence[str] = (),
    **about: dict,
) -> Table:
    """The table in the rows of a file, the first of them numbered ``first``.

    The first is the header; where it names none of the ``known`` columns, as a title does not, it
    is the row near it that names the most. Empty rows, and cells beyond the header that are empty
    in all rows, are passed over. ``about`` has other fields of `Table`.
    """
    named = known_columns(records, known)
    # A lone cell may happen to be the name of a column.
    above = named.index(max(named)) if not named[0] and max(named) > 1 else 0
    every = [cell for record in records[above:] for cell in record]
    typed = {
        cell_text(cell)
        for cell in every
        if isinstance(cell, Number) and not isinstance(cell, bool | np.bool_ | np.timedelta64)
    } - {cell.strip() for cell in every if isinstance(cell, str)}
    header, *rows = [list(map(cell_text, record)) for record in records[above:]]
    header = ["" if name == MERGED else name for name in header[: _filled(header)]]
    kept, ragged, width, first = {}, {}, len(header), first + above
    # An empty cell at the end of every row is one of the export; at that of single rows it may be
    # the last column, which a comma within a number has moved.
    lengths = {len(cells) for cells in rows if any(cells)}
    longest = min((length for length in lengths if length >= width), default=width)
    for number, cells in enumerate(rows, first + 1):
        filled = _filled(cells)
        if filled and filled <= width <= len(cells) <= longest:
            kept[number] = cells[:width]
        elif filled:
            ragged.setdefault(filled if filled > width else len(cells), []).append(number)
    columns = list(zip(*kept.values(), strict=True)) or [()] * width
    numbers = {*columns[0]} if header[:1] == [""] else set()
    are_numbered = len(numbers) == len(kept) > 0 and all(map(str.isdecimal, numbers))
    left_out = {
        f"What stands above the names of the columns in {place} {first} was left out.": above,
        "The first column has no name and numbers the rows; it was left out.": are_numbered,
    }
    if are_numbered:
        header, columns = header[1:], columns[1:]
    comma = ", or is a comma within a number or a text the cause" * (delimiter == ",")
    named = {
        name: text_column(column)
        for name, column in zip(header, columns, strict=True)
        if name or any(column)
    }
    return Table(
        pd.DataFrame(named, pd.Index(list(kept), name="line", dtype=int)),
        place,
        delimiter,
        notes=[*notes, *that_hold(left_out)],
        problems=[
            *(
                f"{places(lines, place)} {'has' if len(lines) == 1 else 'have'} "
                f"{counted(count, 'value')}, expected {width}"
                + f": is a name missing in the header, as R leaves one out{comma}?"
                * (count > width)
                for count, lines in ragged.items()
            ),
            *(
                f"{place} {max(first, 1)}: column {i} has no name; expected one, or no such column"
                for i, (name, column) in enumerate(zip(header, columns, strict=True), 1)
                if not name and any(column)
            ),
            *["it has a header and no rows; enter the rows below it"] * (not kept and not ragged),
            *(
                f"column {quoted(name)[1:-1]} occurs more than once; keep one of them"
                for name in sorted({*header} - {""})
                if header.count(name) > 1
            ),
        ],
        typed=frozenset(typed),
        **about,
    )


def _filled(cells: list[str]) -> int:
    """How many cells a row has up to the last that is not empty."""
    return next((count for count in range(len(cells), 0, -1) if cells[count - 1]), 0)
