"""The cells of a workbook, read by a process of its own.

A damaged workbook, or one stray cell in its last row and column, can ask for more memory than there
is, which ends the process that reads it. So that is not the one that makes the book.

What a cell shows may be more than its value: 80 with a raised figure 1, often a note, has the value
801; an error, and a formula that nothing has computed, have none, or 0; nor have cells that are
merged with the one before. Such cells get a text that tells it: signs for the raised and lowered
figures, the message of the error, "=", and "#merged". In .xls, only the last can be told.
"""

import io
import pickle
import re
import subprocess
import sys
import zipfile

from lxml import etree
from python_calamine import CalamineWorkbook

MERGED = "#merged"
# As the formats have it: "superscript", "super 58%" or "33% 58%", "subscript" or "-33% 58%".
SIGNS = {
    r"super|[1-9]": str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹"),
    r"sub|-": str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉"),
}
OFFICE, STYLE, TABLE, TEXT = (
    f"{{urn:oasis:names:tc:opendocument:xmlns:{name}:1.0}}"
    for name in ("office", "style", "table", "text")
)
# A part without any of these, as most are, has nothing that is to be told.
MAY_TELL = rb"vertAlign|text-position|covered|formula|<(\w+:)?f\b|\bt=.e.|>#"
WIDE = 256  # so many merged cells in a row are those of a title over the whole sheet


def read_sheets(content: bytes) -> dict[str, list[list[object]]]:
    """The rows of each sheet by its title. Raises ``ValueError`` where it cannot be read."""
    command = [sys.executable, "-I", __file__]  # isolated, so that nothing here hides a package
    done = subprocess.run(command, input=content, capture_output=True)
    if done.returncode:
        raise ValueError("damaged")
    return pickle.loads(done.stdout)


def _main() -> None:
    content = sys.stdin.buffer.read()
    told = _told(content) if content.startswith(b"PK") else content
    book = CalamineWorkbook.from_filelike(io.BytesIO(told))
    sheets = {}
    for sheet in map(book.get_sheet_by_name, book.sheet_names):
        rows = sheets[sheet.name] = sheet.to_python(skip_empty_area=False)
        for (first, left), (last, right) in sheet.merged_cell_ranges or []:
            block, columns = rows[first : last + 1], slice(left, right + 1)
            if any(cell != "" for row in block for cell in row[columns]):
                for row in block:
                    row[columns] = [MERGED if cell == "" else cell for cell in row[columns]]
    pickle.dump(sheets, sys.stdout.buffer)


def _told(content: bytes) -> bytes:
    """An .xlsx or .ods file whose values tell what the cells show."""
    told = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(told, "w") as new:
        parts = {name: old.read(name) for name in old.namelist()}
        # Programs that write 0 for what they do not compute ask the next one to compute it.
        to_compute = any(b'fullCalcOnLoad="1"' in part for part in parts.values())
        for name, part in parts.items():
            if name.lower().endswith(".xml") and re.search(MAY_TELL, part):
                root = etree.fromstring(part, etree.XMLParser(huge_tree=True))
                _tell_xlsx(root, {"", "0"} if to_compute else {""})
                _tell_ods(root)
                part = etree.tostring(root, encoding="UTF-8")
            new.writestr(name, part)
    return told.getvalue()


def _tell_xlsx(root: etree.Element, no_result: set[str]) -> None:
    for text in root.iter("{*}si", "{*}is"):
        runs = {run.find("{*}t"): run.find("{*}rPr/{*}vertAlign") for run in text.iter("{*}r")}
        _mark(text, {run: sign.get("val") for run, sign in runs.items() if sign is not None})
    for cell in root.iter("{*}c"):
        value, kind = cell.findtext("{*}v", "").strip(), cell.get("t")
        # An empty text is a result.
        is_formula = kind != "str" and cell.find("{*}f") is not None
        if (kind == "e" and value) or (is_formula and value in no_result):
            cell.set("t", "str")
            del cell[1:]
            cell[0].tag, cell[0].text = cell.tag[:-1] + "v", "=" if value in no_result else value


def _tell_ods(root: etree.Element) -> None:
    places = {
        style.get(STYLE + "name"): about.get(STYLE + "text-position", "")
        for style in root.iter(STYLE + "style")
        for about in style.iter(STYLE + "text-properties")
    }
    for text in root.iter(TEXT + "p"):
        _mark(
            text,
            {
                span: places.get(span.get(TEXT + "style-name"), "")
                for span in text.iter(TEXT + "span")
            },
        )
    told = {
        cell: MERGED
        for cell in root.iter(TABLE + "covered-table-cell")
        if int(cell.get(TABLE + "number-columns-repeated", 1)) < WIDE
    }
    for cell in root.iter(TABLE + "table-cell"):
        shown = cell.findtext(TEXT + "p", "")
        # LibreOffice names an error in whatever language, and has a type for it.
        is_error = re.fullmatch(r"#[A-Z/0]+[!?]?", shown) or "error" in cell.attrib.values()
        has_result = shown or any(name.endswith("value") for name in cell.attrib)
        if is_error or (cell.get(TABLE + "formula") and not has_result):
            told[cell] = shown or "="
    for cell, text in told.items():
        cell.attrib.pop(OFFICE + "value", None)
        cell.attrib.update({OFFICE + "value-type": "string", OFFICE + "string-value": text})


def _mark(text: etree.Element, runs: dict[etree.Element, str]) -> None:
    """Mark the raised and lowered figures of a number. A word with such figures, as the name of a
    volume, is the same word without.
    """
    if re.match(r"[\W_]*\d", "".join(text.itertext())):
        for run, place in runs.items():
            signs = next((of for at, of in SIGNS.items() if re.match(at, place)), {})
            run.text = (run.text or "").translate(signs)


if __name__ == "__main__":
    _main()
