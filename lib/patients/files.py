"""Reading a table from disk so that whatever is wrong with it becomes one message for people."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pandas as pd

DATA = Path(__file__).parents[2] / "data"
LONGEST_PROBLEM = 1_000


class InputError(ValueError):
    """A file that cannot be used; its text says what is wrong, where, and how to mend it."""


def one_line(text: str) -> str:
    """Text without line breaks and other characters that are not seen, a space in place of each run
    of them.
    """
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())


def fail(path: Path, problems: list[str]) -> None:
    """Raise one `InputError` that lists every problem found in `path`, if there is any."""
    if problems:
        shown = [one_line(problem)[:LONGEST_PROBLEM] for problem in problems[:20]]
        shown += [f"… and {len(problems) - 20} more"] * (len(problems) > 20)
        raise InputError(f"{path} cannot be used:\n" + "\n".join(f"  - {line}" for line in shown))


def read_csv(path: Path, required: list[str]) -> pd.DataFrame:
    """Read a UTF-8 CSV file as text, every cell a string, an empty cell an empty string.

    Lines that begin with # before the header are comments. The index is the line of the file on
    which each row ends, so that a message can name it. Raises `InputError` when the file is
    missing, empty, not UTF-8, ragged, not separated by commas, has a repeated column or lacks one
    of the `required` columns.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"{path} cannot be used: there is no such file. Check the path.")
    content = path.read_bytes()
    try:
        text, unreadable = content.decode("utf-8-sig"), content.find(b"\0")
    except UnicodeDecodeError as error:
        text, unreadable = "", error.start
    if unreadable >= 0:
        line = content[:unreadable].count(b"\n") + 1
        raise InputError(
            f"{path} cannot be used: line {line} is not UTF-8 text. Save the file as “CSV UTF-8”."
        )

    lines = list(io.StringIO(text, newline=""))
    comments = next((i for i, line in enumerate(lines) if not line.startswith("#")), len(lines))
    reader = csv.reader(lines[comments:], strict=True)
    try:
        header, rows = next(reader, []), []
        for cells in reader:
            if any(cell.strip() for cell in cells):
                rows.append((reader.line_num + comments, cells))
    except csv.Error as error:
        fail(path, [f"line {reader.line_num + comments}: {error}; expected comma-separated values"])

    header = [name.strip() for name in header]
    if not any(header):
        raise InputError(
            f"{path} cannot be used: it is empty. Expected the names of the columns, then rows."
        )
    if len(header) == 1 and (";" in header[0] or "\t" in header[0]):
        fail(
            path,
            [
                f"line {comments + 1}: “{header[0]}” is one column; expected columns separated by commas"
            ],
        )
    missing = [name for name in required if name not in header]
    repeated = sorted({name for name in header if header.count(name) > 1})
    ragged = [(line, len(cells)) for line, cells in rows if len(cells) != len(header)]
    fail(
        path,
        [f"column {name} is missing; the file has {', '.join(header)}" for name in missing]
        + [f"column {name} occurs more than once" for name in repeated]
        + [f"line {line} has {cells} values, expected {len(header)}" for line, cells in ragged]
        + ["it has a header and no rows"] * (not rows),
    )
    index = pd.Index([line for line, _ in rows], name="line")
    return pd.DataFrame(
        [cells for _, cells in rows], columns=header, index=index, dtype=object
    ).map(str.strip)
