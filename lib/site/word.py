"""All tables of a book as one Word file, made from the same descriptions as the tables of its
pages.

What a page withholds is withheld here, because there is only the one description. The layout is
that of journals: a caption above, lines above and below the head and below the body, notes under
it, and pages in landscape for wide tables. The same tables give the same bytes.
"""

import io
import zipfile
from datetime import UTC, datetime

import docx
from docx.enum.section import WD_ORIENT, WD_SECTION
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from docx.shared import Pt

from lib.show.display import text_of
from lib.site.code import write_zip

# Tables of more columns, or with longer rows, are on their side.
MOST_COLUMNS, MOST_CHARACTERS = 6, 110
LINE = 'w:val="single" w:sz="8" w:space="0" w:color="000000"'


def document(title: str, tables: dict[str, dict], mark: str = "") -> bytes:
    """The Word file of a book's tables: by their number ("Table 2.1"), the descriptions that the
    pages are made from. ``mark`` stands at the head of every page."""
    file = docx.Document()
    file.core_properties.title = title
    file.core_properties.author = ""
    file.core_properties.created = file.core_properties.modified = datetime(2000, 1, 1, tzinfo=UTC)
    file.styles["Normal"].font.size = Pt(9)
    # The sections that follow go on with the header of the first.
    file.sections[0].header.paragraphs[0].text = mark
    file.add_heading(title, level=1)
    for number, about in tables.items():
        cells = [[column["label"] for column in about["columns"]], *about["rows"]]
        texts = [list(map(text_of, row)) for row in cells]
        _turn_for(file, texts)
        _add(file, number, about, texts)
    saved, fixed = io.BytesIO(), io.BytesIO()
    file.save(saved)
    with zipfile.ZipFile(saved) as archive:
        write_zip(fixed, {name: archive.read(name) for name in archive.namelist()})
    return fixed.getvalue()


def _turn_for(file, texts: list[list[str]]) -> None:
    """Go on in a new section where the pages so far have the other orientation."""
    landscape = len(texts[0]) > MOST_COLUMNS or any(
        sum(map(len, row)) > MOST_CHARACTERS for row in texts
    )
    now = file.sections[-1]
    if (now.orientation == WD_ORIENT.LANDSCAPE) != landscape:
        new = file.add_section(WD_SECTION.NEW_PAGE)
        new.orientation = WD_ORIENT.LANDSCAPE if landscape else WD_ORIENT.PORTRAIT
        new.page_width, new.page_height = now.page_height, now.page_width


def _add(file, number: str, about: dict, texts: list[list[str]]) -> None:
    """Caption, table and note."""
    caption = file.add_paragraph()
    caption.add_run(f"{number}. ").bold = True
    caption.add_run(about["caption"])
    caption.paragraph_format.keep_with_next = True
    grid = file.add_table(rows=len(texts), cols=len(texts[0]))
    for place, row in enumerate(grid.rows):
        for cell, text, column in zip(row.cells, texts[place], about["columns"], strict=True):
            (paragraph,) = cell.paragraphs
            paragraph.add_run(text).bold = place == 0
            paragraph.alignment = WD_ALIGN_PARAGRAPH[column["align"].upper()]
    _rule(grid.rows[0], "top", "bottom")
    _rule(grid.rows[-1], "bottom")
    grid.rows[0]._tr.get_or_add_trPr().append(parse_xml(f"<w:tblHeader {nsdecls('w')}/>"))
    file.add_paragraph(about["note"] or "")


def _rule(row, *sides: str) -> None:
    """Lines along sides of a row's cells; python-docx has no call for borders."""
    lines = "".join(f"<w:{side} {LINE}/>" for side in sides)
    for cell in row.cells:
        borders = parse_xml(f"<w:tcBorders {nsdecls('w')}>{lines}</w:tcBorders>")
        cell._tc.get_or_add_tcPr().append(borders)
