"""The checklist is well formed, its links lead somewhere, and every item is shown and counted once."""

import re

import pytest

from lib.paper import checklist
from lib.patients.files import InputError
from lib.site import notebooks

ROWS = checklist.read()
HEADER = ",".join(checklist.COLUMNS)
ROW = ["PROBAST", "4.1", "events", "Enough?", "computed", "print", "roc-area", "It follows."]
# How the items of each guideline are numbered: the last item, or the number of items in each part.
LETTERED = {"STROBE": 22, "TRIPOD+AI": 27}
DOMAINS = {"1": 2, "2": 3, "3": 6, "4": 9}
RECORD = [
    "1.1",
    "1.2",
    "1.3",
    "6.1",
    "6.2",
    "6.3",
    "7.1",
    "12.1",
    "12.2",
    "12.3",
    "13.1",
    "19.1",
    "22.1",
]


def labels() -> set[str]:
    """The labels of sections in the sources of all chapters."""
    sources = (path.read_text(encoding="utf-8") for path in notebooks.CHAPTERS.glob("*.md"))
    return {
        label for text in sources for label in re.findall(r"^\(([\w-]+)\)=$", text, re.MULTILINE)
    }


def test_every_link_leads_to_a_section():
    assert set(ROWS["where"]) - {""} <= labels()


def test_items_are_numbered_as_in_their_guideline_and_in_its_order():
    for guideline, rows in ROWS[ROWS["guideline"].isin(checklist.OF_PAPERS)].groupby("guideline"):
        items = list(rows["item"])
        assert items == sorted(
            items, key=lambda item: [int(n) for n in re.findall(r"\d+", item)] + [item[-1]]
        )
        for item in items:
            if guideline in LETTERED:
                match = re.fullmatch(r"(\d+)[a-g]?", item)
                assert match and 1 <= int(match[1]) <= LETTERED[guideline]
            elif guideline == "RECORD":
                assert item in RECORD
            else:
                domain, question = item.split(".")
                assert 1 <= int(question) <= DOMAINS[domain]


def test_every_item_is_counted_once_and_shown_once():
    counts = checklist.counts(ROWS)
    assert counts.to_numpy().sum() == len(ROWS)
    assert list(counts.sum(axis=1)) == [
        sum(ROWS["guideline"] == name) for name in checklist.GUIDELINES
    ]
    summary = checklist.summary(ROWS)
    assert summary["All"].sum() == len(ROWS)
    source = (notebooks.CHAPTERS / "checklist.md").read_text(encoding="utf-8")
    assert re.findall(r'^show\("([^"]+)"', source, re.MULTILINE) == checklist.GUIDELINES
    assert len(checklist.listing(ROWS)) == len(ROWS)


def test_what_is_computed_on_rows_is_no_answer_of_the_paper():
    assert set(ROWS.loc[ROWS["basis"] == "rows", "answer"]) == {"not reported"}


def test_a_good_row_is_read(tmp_path):
    path = tmp_path / "list.csv"
    path.write_text(f"{HEADER}\n{','.join(ROW)}\n", encoding="utf-8")
    assert list(checklist.read(path)["answer"]) == ["computed from print"]


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("guideline", "CONSORT"),
        ("item", ""),
        ("asks", ""),
        ("note", ""),
        ("status", "unclear"),
        ("basis", ""),
        ("basis", "hearsay"),
        ("where", ""),
        ("where", "chapters/roc.html"),
    ],
)
def test_a_wrong_cell_is_named_by_line_and_column(tmp_path, column, value):
    row = dict(zip(checklist.COLUMNS, ROW, strict=True)) | {column: value}
    path = tmp_path / "list.csv"
    path.write_text(f"{HEADER}\n{','.join(row.values())}\n", encoding="utf-8")
    with pytest.raises(InputError, match=f"line 2, column {column}"):
        checklist.read(path)


def test_an_item_that_occurs_twice_is_named(tmp_path):
    path = tmp_path / "list.csv"
    path.write_text("\n".join([HEADER, ",".join(ROW), ",".join(ROW), ""]), encoding="utf-8")
    with pytest.raises(InputError, match=r"PROBAST 4\.1 occurs more than once"):
        checklist.read(path)
