"""The Word file holds what the pages' tables hold, laid out as journals do, with the same bytes
each time.
"""

import io

import docx

from lib.site.word import WordTable, document

SMALL = WordTable(
    "Table 2.1",
    "Primary patency at 12 months, by diagnosis.",
    ["Diagnosis", "Patent / patients", "Patency (95% CI)"],
    [["NIVCS", "42/47", "89.4% (77.4 to 95.4)"], ["PTS", "24/44", "54.5% (40.1 to 68.3)"]],
    ["left", "right", "right"],
    "Wilson's limits.",
)
WIDE = WordTable(
    "Table 2.2", "Many columns.", list("abcdefgh"), [list("12345678")], ["left"] * 8, None
)


def read(tables: list[WordTable]):
    return docx.Document(io.BytesIO(document("A book", tables)))


def test_every_table_has_its_caption_its_cells_and_its_note():
    file = read([SMALL])
    (table,) = file.tables
    assert [[cell.text for cell in row.cells] for row in table.rows] == [SMALL.head, *SMALL.body]
    texts = [paragraph.text for paragraph in file.paragraphs]
    assert f"{SMALL.number}. {SMALL.caption}" in texts and SMALL.note in texts


def test_three_lines_and_no_more():
    rows = read([SMALL]).tables[0].rows
    lines = [set(cell._tc.xpath(".//w:tcBorders/*")) for row in rows for cell in row.cells]
    names = [sorted(line.tag.split("}")[1] for line in found) for found in lines]
    assert names == [["bottom", "top"]] * 3 + [[]] * 3 + [["bottom"]] * 3


def test_the_same_tables_give_the_same_bytes():
    assert document("A book", [SMALL, WIDE]) == document("A book", [SMALL, WIDE])
