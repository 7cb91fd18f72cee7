"""The checklist is well formed, its links lead somewhere, every item is shown and counted once."""

import re

from lib.paper import checklist
from lib.show import checklist as answers
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


def test_every_item_is_counted_once_and_shown_once():
    counts = checklist.counts(ROWS)
    assert counts.to_numpy().sum() == len(ROWS)
    assert list(counts.sum(axis=1)) == [
        sum(ROWS["guideline"] == name) for name in checklist.GUIDELINES
    ]
    summary = answers.summary(ROWS)
    assert summary["All"].sum() == len(ROWS)
    source = (notebooks.CHAPTERS / "checklist.md").read_text(encoding="utf-8")
    assert re.findall(r'^show\("([^"]+)"', source, re.MULTILINE) == checklist.GUIDELINES
    assert len(answers.listing(ROWS)) == len(ROWS)


def test_what_is_computed_on_rows_is_no_answer_of_the_paper():
    assert set(ROWS.loc[ROWS["basis"] == "rows", "answer"]) == {"not reported"}


def test_what_is_computed_is_linked():
    computed = ROWS["status"] == "computed"
    assert list(computed) == list(ROWS["basis"] != "")
    assert (ROWS.loc[computed, "where"] != "").all()
    assert set(ROWS["answer"]) <= set(checklist.ANSWERS)
