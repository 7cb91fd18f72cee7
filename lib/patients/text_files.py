"""A CSV file as a spreadsheet program saved it: its encoding, its separator and its table.

Encodings are told apart here rather than by a library because words of the codebook decide where
two of them fit, which no library asks for.
"""

import codecs
import csv
import io
import re
from collections.abc import Sequence
from pathlib import Path

from lib.patients.errors import fail, quoted, unusable
from lib.patients.table import TITLE_ROWS, Table, from_records, known_columns

SAVE = "Save the table as “CSV UTF-8” and use that file."
DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "“|”"}
MARKS = {
    codecs.BOM_UTF8: "UTF-8",
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
}
ENCODINGS = ["UTF-8", "GB18030", "Windows-1252"]
OTHER_TEXTS = {
    r"\s*<(!doctype|html|head|table|meta|\?xml)": "a web page or XML",
    r"\s*(\[\s*)?\{\s*\"": "JSON",
}
# The name of a column may be # or begin with it.
COMMENT = r"#(?!\w*\"?([,;\t|]|$))"
# What stands before the header. A line that names the separator is an instruction to spreadsheet
# programs, which do not show it.
BEFORE = re.compile(
    r"([^\S\r\n]*\"?sep=(?P<separator>.)\"?[^\S\r\n]*(\r\n?|\n))?"
    rf"(?P<shown>([^\S\r\n]*(\"*{COMMENT}[^\r\n]*)?(\r\n?|\n|\Z))*)",
    flags=re.IGNORECASE,
)


def read_text(path: Path, content: bytes, known: Sequence[str], words: Sequence[str] = ()) -> Table:
    """The table in the bytes of a CSV file.

    ``known`` are names of columns, by which the separator is recognized; ``words`` may occur in the
    file and help to recognize its encoding. Raises `InputError` where it cannot be read at all.
    """
    text, notes = _decoded(path, content, words)
    for pattern, what in OTHER_TEXTS.items():
        if re.match(pattern, text, flags=re.IGNORECASE):
            raise unusable(path, f"it is {what}. {SAVE}")
    before = BEFORE.match(text)
    first, text = len(re.findall(r"\r\n?|\n", before["shown"])) + 1, text[before.end() :]
    if not text:
        raise unusable(path, "it is empty. Expected the names of the columns, then rows.")
    delimiter = before["separator"] or _delimiter(text, known)
    if delimiter in '"#':
        fail(path, [f"line 1: {quoted(delimiter)} cannot separate columns"])
    if delimiter != ",":
        notes.append(
            f"The columns are separated by {DELIMITERS.get(delimiter, quoted(delimiter))}."
        )
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    records = []
    try:
        for record in reader:
            records.append(record)
            broken = [line for cell in record for line in cell.splitlines()[1:]]
            if any(line.count(delimiter) >= len(record) - 1 > 1 for line in broken):
                fail(
                    path,
                    [
                        f"line {first + reader.line_num - 1}: a quotation mark ends here that "
                        "begins in an earlier line, and whole rows stand between them; delete both "
                        "if they are not meant"
                    ],
                )
    except csv.Error as error:
        line, began = first + reader.line_num - 1, first + len(records)
        since = f" (the row begins in line {began})" if began != line else ""
        fail(
            path,
            [
                f"line {line}: {error}{since}; expected values separated by "
                f"{DELIMITERS.get(delimiter, delimiter)}, and around a text with a separator or a "
                "quotation mark a pair of quotation marks"
            ],
        )
    return from_records(records, first, known, delimiter=delimiter, notes=notes)


def _delimiter(text: str, known: Sequence[str]) -> str:
    """The separator that finds the most of the known columns, then the most columns."""
    lines = [line[:5_000] for line in re.split(r"[\r\n]+", text, maxsplit=TITLE_ROWS)[:TITLE_ROWS]]
    rows = {sign: [*csv.reader(lines, delimiter=sign)] for sign in DELIMITERS}
    return max(
        rows, key=lambda sign: (max(known_columns(rows[sign], known)), len({*rows[sign][0]}))
    )


def _decoded(path: Path, content: bytes, words: Sequence[str]) -> tuple[str, list[str]]:
    """The text of a file, and a note unless it is UTF-8.

    A byte order mark decides. Without one, UTF-8, GB18030 and Windows-1252 are tried in this order
    and strictly. Where both of the latter can be read, the one decides under which some of
    ``words`` occur; else GB18030 is taken where all its characters are in common use (GB 2312), as
    they hardly ever are by accident.
    """
    marked = [name for mark, name in MARKS.items() if content.startswith(mark)]
    readings = {
        name: text for name in marked or ENCODINGS if (text := _strictly(content, name)) is not None
    }
    if "UTF-8" in readings:
        return readings["UTF-8"], []
    if "UTF-16" in readings:
        return readings["UTF-16"], ["The file is UTF-16 text and was read as such."]
    if marked:
        raise unusable(path, f"it begins as {marked[0]} text and does not go on as such. {SAVE}")
    # Bytes that are not UTF-8 become halves of characters, which no UTF-8 text has.
    lenient = content.decode("UTF-8", errors="surrogateescape")
    line = re.split("[\0\ud800-\udfff]", lenient, maxsplit=1)[0].count("\n") + 1
    if not readings:
        raise unusable(path, f"line {line} is not UTF-8 text. {SAVE}")
    chosen, why = next(iter(readings)), ""
    if len(readings) == 2:
        telling = [word for word in words if not word.isascii() and len(word) > 1]
        found = [name for name, text in readings.items() if any(word in text for word in telling)]
        chinese = readings["GB18030"]
        common = chinese.encode("gb2312", errors="ignore").decode("gb2312") == chinese
        chosen, other = sorted(readings, reverse=not common)
        why = f"; it might be {other} as well: if letters look wrong, save as “CSV UTF-8”"
        if len(found) == 1:
            chosen, why = found[0], ", because only so do words of the codebook occur in it"
    note = f"The file is not UTF-8 text (first in line {line}) and was read as {chosen}{why}."
    return readings[chosen], [note]


def _strictly(content: bytes, encoding: str) -> str | None:
    try:
        text = content.decode(encoding).removeprefix("\ufeff")
        text.encode("utf-8")  # which fails for halves of characters that some encodings let pass
    except UnicodeError:
        return None
    return None if "\0" in text else text
