"""A CSV file as a spreadsheet program saved it: its encoding, its separator and its table.

Encodings are told apart here rather than by a library because words of the codebook decide where
two of them fit, which no library asks for.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from typing import NoReturn

from lib.patients.errors import fail, quoted, unusable
from lib.patients.table import Table, from_records

SAVE = "Save the file as “CSV UTF-8”."
DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "“|”"}
MARKS = {
    codecs.BOM_UTF8: ("utf-8-sig", "UTF-8"),
    codecs.BOM_UTF16_LE: ("utf-16", "UTF-16"),
    codecs.BOM_UTF16_BE: ("utf-16", "UTF-16"),
}
OTHER_TEXTS = {
    r"\s*<(!doctype|html|head|table|meta|\?xml)": "a web page or XML",
    r"\s*(\[\s*)?\{\s*\"": "JSON",
}


def read_text(path: Path, content: bytes, known: Sequence[str], words: Sequence[str] = ()) -> Table:
    """The table in the bytes of a CSV file.

    ``known`` are names of columns, by which the separator is recognized; ``words`` may occur in the
    file and help to recognize its encoding. Raises `InputError` where it cannot be read at all.
    """
    text, notes = _decoded(path, content, words)
    for pattern, what in OTHER_TEXTS.items():
        if re.match(pattern, text, flags=re.IGNORECASE):
            raise unusable(path, f"it is {what}. Save the table as “CSV UTF-8” and use that file.")
    lines = iter(io.StringIO(text, newline=""))
    number, delimiter = 1, None
    for header in lines:
        separator = re.fullmatch(r"\s*\"?sep=(.)\"?\s*", header, flags=re.IGNORECASE | re.DOTALL)
        if separator and number == 1 and not delimiter:
            # A spreadsheet program takes this line as an instruction and does not show it.
            delimiter = separator[1]
            continue
        if header.strip() and not header.lstrip('"').startswith("#"):
            break
        number += 1
    else:
        raise unusable(path, "it is empty. Expected the names of the columns, then rows.")
    if delimiter and delimiter in '"\r\n#':
        fail(path, [f"line 1: {quoted(delimiter)} cannot separate columns"])
    delimiter = delimiter or _delimiter(header, known)
    if delimiter != ",":
        shown = DELIMITERS.get(delimiter, quoted(delimiter))
        notes.append(f"The columns are separated by {shown}.")
    reader, records = csv.reader(chain([header], lines), delimiter=delimiter, strict=True), []
    try:
        records.extend(reader)
    except csv.Error as error:
        line, began = number + reader.line_num - 1, number + len(records)
        since = f" (the row begins in line {began})" if began != line else ""
        fail(
            path,
            [
                f"line {line}: {error}{since}; expected comma-separated values, and around a text "
                "with a comma or a quotation mark a pair of quotation marks"
            ],
        )
    return from_records(records, number, delimiter=delimiter, notes=notes)


def _delimiter(header: str, known: Sequence[str]) -> str:
    """The separator that finds the most of the known columns, then the most columns."""
    names = {name.casefold() for name in known}

    def found(delimiter: str) -> tuple[int, int]:
        row = next(csv.reader([header], delimiter=delimiter), [])
        cells = {cell.strip().casefold() for cell in row}
        return len(cells & names), len(cells)

    return max(DELIMITERS, key=found)


def _decoded(path: Path, content: bytes, words: Sequence[str]) -> tuple[str, list[str]]:
    """The text of a file, and a note unless it is UTF-8.

    A byte order mark decides. Without one, UTF-8, GB18030 and Windows-1252 are tried in this order
    and strictly. Where both of the latter can be read, the one decides under which some of
    ``words`` occur; else GB18030 is taken where all its characters are in common use (GB 2312), as
    they hardly ever are by accident.
    """
    for mark, (encoding, name) in MARKS.items():
        if content.startswith(mark):
            text = _strictly(content, encoding)
            if text is None or "\0" in text:
                raise unusable(path, f"it begins as {name} text and does not go on as such. {SAVE}")
            utf16 = name == "UTF-16"
            return text, ["The file is UTF-16 text and was read as such."] if utf16 else []
    if b"\0" in content:
        _not_text(path, content, content.find(b"\0"))
    try:
        return content.decode("utf-8"), []
    except UnicodeDecodeError as error:
        return _of_two_encodings(path, content, words, error.start)


def _of_two_encodings(
    path: Path, content: bytes, words: Sequence[str], first: int
) -> tuple[str, list[str]]:
    tried = {"GB18030": "gb18030", "Windows-1252": "cp1252"}
    readings = {name: _strictly(content, encoding) for name, encoding in tried.items()}
    readings = {name: text for name, text in readings.items() if text is not None}
    if not readings:
        _not_text(path, content, first)
    chosen, why = next(iter(readings)), ""
    if len(readings) == 2:
        telling = [word for word in words if not word.isascii() and len(word) > 1]
        found = [name for name, text in readings.items() if any(word in text for word in telling)]
        if len(found) == 1:
            chosen, why = found[0], ", because only so do words of the codebook occur in it"
        else:
            foreign = "".join(letter for letter in readings["GB18030"] if not letter.isascii())
            common = _strictly(foreign.encode("gb2312", errors="replace"), "gb2312") == foreign
            chosen, other = sorted(readings, reverse=not common)
            why = f"; it might be {other} as well: if letters look wrong, save as “CSV UTF-8”"
    line = content[:first].count(b"\n") + 1
    note = f"The file is not UTF-8 text (first in line {line}) and was read as {chosen}{why}."
    return readings[chosen], [note]


def _strictly(content: bytes, encoding: str) -> str | None:
    try:
        text = content.decode(encoding)
        text.encode("utf-8")  # which fails for halves of characters that some encodings let pass
    except UnicodeError:
        return None
    return text


def _not_text(path: Path, content: bytes, position: int) -> NoReturn:
    line = content[:position].count(b"\n") + 1
    raise unusable(path, f"line {line} is not UTF-8 text. {SAVE}")
