"""All tables of a book as one Word file, made from the same descriptions as the tables of its
pages.

What a page withholds is withheld here, because there is only the one description. The layout is
that of journals: a caption above, lines above and below the head and below the body, notes under
it, and pages in landscape for wide tables. The same tables give the same bytes.
"""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from datetime import UTC, datetime

import docx
from docx.enum.section import WD_ORIENT, WD_SECTION
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Pt

# Tables of more columns, or with longer rows, are on their side.
MOST_COLUMNS, MOST_CHARACTERS = 6, 110
FIXED = datetime(2000, 1, 1, tzinfo=UTC)
LINE = {"val": "single", "sz": "8", "space": "0", "color": "000000"}
ALIGNMENT = {"left": WD_ALIGN_PARAGRAPH.LEFT, "right": WD_ALIGN_PARAGRAPH.RIGHT}


@dataclass(frozen=True)
class WordTable:
    """A table as a page shows it: `number` ("Table 2.1"), texts of head and body (rows x columns),
    and for each column whether it is "left" or "right".
    """

    number: str
    caption: str
    head: list[str]
    body: list[list[str]]
    align: list[str]
    note: str | None


def from_description(number: str, about: dict) -> WordTable:
    """A table from the description that its page is made from."""
    texts = [
        [cell if isinstance(cell, str) else cell["text"] for cell in row] for row in about["rows"]
    ]
    columns = about["columns"]
    head, align = ([column[key] for column in columns] for key in ("label", "align"))
    return WordTable(number, about["caption"], head, texts, align, about["note"])


def document(title: str, tables: list[WordTable]) -> bytes:
    """The Word file of a book's tables."""
    file = docx.Document()
    file.core_properties.title = title
    file.core_properties.author = ""
    file.core_properties.created = file.core_properties.modified = FIXED
    file.styles["Normal"].font.size = Pt(9)
    file.add_heading(title, level=1)
    for table in tables:
        _turn(file, landscape=_is_wide(table))
        _add(file, table)
    content = io.BytesIO()
    file.save(content)
    return _with_fixed_times(content)


def _is_wide(table: WordTable) -> bool:
    longest = max(sum(map(len, row)) for row in [table.head, *table.body])
    return len(table.head) > MOST_COLUMNS or longest > MOST_CHARACTERS


def _turn(file, landscape: bool) -> None:
    """Go on in a new section where the pages so far have the other orientation."""
    now = file.sections[-1]
    if (now.orientation == WD_ORIENT.LANDSCAPE) != landscape:
        new = file.add_section(WD_SECTION.NEW_PAGE)
        new.orientation = WD_ORIENT.LANDSCAPE if landscape else WD_ORIENT.PORTRAIT
        new.page_width, new.page_height = now.page_height, now.page_width


def _add(file, table: WordTable) -> None:
    """Caption, table and note."""
    caption = file.add_paragraph()
    caption.add_run(f"{table.number}. ").bold = True
    caption.add_run(table.caption)
    caption.paragraph_format.keep_with_next = True
    grid = file.add_table(rows=0, cols=len(table.head))
    rows = [grid.add_row() for _ in [table.head, *table.body]]
    for row, texts in zip(rows, [table.head, *table.body], strict=True):
        for cell, text, side in zip(row.cells, texts, table.align, strict=True):
            cell.paragraphs[0].add_run(text).bold = row is rows[0]
            cell.paragraphs[0].alignment = ALIGNMENT[side]
    _rule(rows[0], "top", "bottom")
    _rule(rows[-1], "bottom")
    repeated = OxmlElement("w:tblHeader")
    rows[0]._tr.get_or_add_trPr().append(repeated)
    file.add_paragraph(table.note or "")


def _rule(row, *sides: str) -> None:
    """Lines along sides of a row's cells; python-docx has no call for borders."""
    for cell in row.cells:
        borders = OxmlElement("w:tcBorders")
        for side in sides:
            line = OxmlElement(f"w:{side}")
            for name, value in LINE.items():
                line.set(qn(f"w:{name}"), value)
            borders.append(line)
        cell._tc.get_or_add_tcPr().append(borders)


def _with_fixed_times(content: io.BytesIO) -> bytes:
    """The same archive, its members dated alike at every build."""
    fixed = io.BytesIO()
    with zipfile.ZipFile(content) as old, zipfile.ZipFile(fixed, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            member = zipfile.ZipInfo(name, FIXED.timetuple()[:6])
            new.writestr(member, old.read(name), zipfile.ZIP_DEFLATED)
    return fixed.getvalue()
