"""The cells of a workbook, read by a process of its own.

A damaged workbook, or one stray cell in its last row and column, can ask for more memory than there
is, which ends the process that reads it. So that is not the one that makes the book.
"""

import io
import pickle
import re
import subprocess
import sys
import zipfile

# A raised figure is often a note, and is read as part of the number: 80 and a note 1 as 801.
SIGNS = {
    "super": str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹"),
    "sub": str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉"),
}
RAISED = re.compile(
    r"(<(?:\w+:)?vertAlign\b[^>]*\b(super|sub)script\b.*?<(?:\w+:)?t\b[^>]*>)([^<]*)",
    flags=re.DOTALL,
)
RUNS = re.compile(r"<(\w+:)?(si|is)>(?:(?!</?\1?\2>).)*vertAlign.*?</\1?\2>", flags=re.DOTALL)
ERROR = re.compile(r"(<(?:\w+:)?c\b[^>]*\bt=)[\"']e[\"']")
NO_RESULT = re.compile(
    r"(<(\w+:)?c\b)((?:(?!\bt=[\"']str)[^>])*)>\s*<\2?f\b(?:[^>]*/>|[^>]*>([^<]*)</\2?f>)"
    r"\s*(?:<\2?v\s*/>|<\2?v>\s*</\2?v>)?\s*</\2?c>"
)


def read_sheets(content: bytes) -> dict[str, tuple[list[list[object]], list[tuple]]]:
    """The rows of each sheet by its title, and its merged cells, each by the places (row, column)
    of the first and the last. Raises ``ValueError`` where it cannot be read.
    """
    command = [sys.executable, "-I", __file__]  # isolated, so that nothing here hides a package
    done = subprocess.run(command, input=content, capture_output=True)
    if done.returncode:
        raise ValueError("damaged")
    return pickle.loads(done.stdout)


def _main() -> None:
    from python_calamine import CalamineWorkbook

    content = sys.stdin.buffer.read()
    told = _told(content) if content.startswith(b"PK") else content
    book = CalamineWorkbook.from_filelike(io.BytesIO(told))
    sheets = {title: book.get_sheet_by_name(title) for title in book.sheet_names}
    cells = {
        title: (sheet.to_python(skip_empty_area=False), sheet.merged_cell_ranges or [])
        for title, sheet in sheets.items()
    }
    pickle.dump(cells, sys.stdout.buffer)


def _told(content: bytes) -> bytes:
    """An .xlsx file in which the values tell what the cells show: the message of an error, a
    formula that has no result, raised and lowered figures.
    """
    told = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(told, "w") as new:
        for name in old.namelist():
            part = old.read(name)
            if name.lower().startswith("xl/") and name.lower().endswith(".xml"):
                text = part.decode(errors="surrogateescape")
                text = NO_RESULT.sub(_as_text, ERROR.sub(r'\1"str"', RUNS.sub(_with_signs, text)))
                part = text.encode(errors="surrogateescape")
            new.writestr(name, part)
    return told.getvalue()


def _as_text(cell: re.Match) -> str:
    prefix, attributes = cell[2] or "", re.sub(r"\bt=([\"']).*?\1", "", cell[3])
    value = f"<{prefix}v>={cell[4] or ''}</{prefix}v>"
    return f'{cell[1]}{attributes} t="str">{value}</{prefix}c>'


def _with_signs(text: re.Match) -> str:
    """A number with the signs for its raised and lowered figures. A word with such figures, as the
    name of a volume, is the same word without.
    """
    if not re.match(r"[\W_]*\d", re.sub(r"<[^>]*>", "", text[0])):
        return text[0]
    return RAISED.sub(lambda run: run[1] + run[3].translate(SIGNS[run[2]]), text[0])


if __name__ == "__main__":
    _main()
