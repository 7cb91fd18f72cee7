"""The Word file holds what the pages' tables hold, laid out as journals do."""

import io

import docx

from lib.site.word import document

SMALL = {
    "caption": "Primary patency at 12 months, by diagnosis.",
    "columns": [
        {"label": "Diagnosis", "align": "left"},
        {"label": "Patent / patients", "align": "right"},
        {"label": "Patency (95% CI)", "align": "right"},
    ],
    "rows": [
        ["NIVCS", "42/47", {"text": "89.4% (77.4 to 95.4)", "class": "verdict"}],
        ["PTS", "24/44", "54.5% (40.1 to 68.3)"],
    ],
    "note": "Wilson's limits.",
}
TEXTS = [
    ["Diagnosis", "Patent / patients", "Patency (95% CI)"],
    ["NIVCS", "42/47", "89.4% (77.4 to 95.4)"],
    ["PTS", "24/44", "54.5% (40.1 to 68.3)"],
]


def read(tables: dict[str, dict], mark: str = ""):
    return docx.Document(io.BytesIO(document("A book", tables, mark)))


def test_every_table_has_its_caption_its_cells_and_its_note():
    file = read({"Table 2.1": SMALL})
    (table,) = file.tables
    assert [[cell.text for cell in row.cells] for row in table.rows] == TEXTS
    texts = [paragraph.text for paragraph in file.paragraphs]
    assert f"Table 2.1. {SMALL['caption']}" in texts and SMALL["note"] in texts


def test_three_lines_and_no_more():
    rows = read({"Table 2.1": SMALL}).tables[0].rows
    lines = [set(cell._tc.xpath(".//w:tcBorders/*")) for row in rows for cell in row.cells]
    names = [sorted(line.tag.split("}")[1] for line in found) for found in lines]
    assert names == [["bottom", "top"]] * 3 + [[]] * 3 + [["bottom"]] * 3


def test_a_mark_stands_at_the_head_of_every_page():
    wide = SMALL | {
        "columns": SMALL["columns"] * 3,
        "rows": [row * 3 for row in SMALL["rows"]],
    }
    for mark in ("For use within the house.", ""):
        sections = read({"Table 1.1": SMALL, "Table 1.2": wide}, mark).sections
        assert len(sections) == 2
        assert [one.header.paragraphs[0].text for one in sections] == [mark, mark]
