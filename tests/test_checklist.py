"""The checklist is well formed, its links lead somewhere, every item is shown and counted once."""

import re

from lib.paper import checklist
from lib.show import tables
from lib.site import notebooks

ROWS = checklist.read()


def labels() -> set[str]:
    """The labels of sections in the sources of all chapters."""
    sources = (path.read_text(encoding="utf-8") for path in notebooks.CHAPTERS.glob("*.md"))
    return {
        label for text in sources for label in re.findall(r"^\(([\w-]+)\)=$", text, re.MULTILINE)
    }


def test_every_link_leads_to_a_section():
    assert set(ROWS["where"]) - {""} <= labels()


def test_every_item_is_counted_once_and_shown_once(shown):
    counts = checklist.counts(ROWS)
    assert counts.to_numpy().sum() == len(ROWS)
    assert list(counts.sum(axis=1)) == [
        sum(ROWS["guideline"] == name) for name in checklist.GUIDELINES
    ]
    tables.checklists(ROWS)
    summary = shown.pop().content["rows"]
    assert sum(int(row[-1]) for row in summary) == len(ROWS)
    source = (notebooks.CHAPTERS / "checklist.md").read_text(encoding="utf-8")
    named = re.findall(r'^tables.checklist\(rows, "([^"]+)"', source, re.MULTILINE)
    assert named == checklist.GUIDELINES
    for guideline in named:
        tables.checklist(ROWS, guideline, "tab-x")
    assert sum(len(output.content["rows"]) for output in shown) == len(ROWS)


def test_what_is_computed_is_linked_and_on_rows_no_answer_of_the_paper():
    assert set(ROWS.loc[ROWS["basis"] == "rows", "answer"]) == {"not reported"}
    computed = ROWS["status"] == "computed"
    assert list(computed) == list(ROWS["basis"] != "")
    assert (ROWS.loc[computed, "where"] != "").all()
    assert set(ROWS["answer"]) <= set(checklist.ANSWERS)
