"""The checklist is well formed, its links lead somewhere, every item is shown and counted once."""

import re

from schemas import complaints

from lib.paper import checklist
from lib.show import checklist as answers
from lib.site import notebooks

ROWS = checklist.read()
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
    summary = answers.summary(ROWS)
    assert summary["All"].sum() == len(ROWS)
    source = (notebooks.CHAPTERS / "checklist.md").read_text(encoding="utf-8")
    assert re.findall(r'^show\("([^"]+)"', source, re.MULTILINE) == checklist.GUIDELINES
    assert len(answers.listing(ROWS)) == len(ROWS)


def test_what_is_computed_on_rows_is_no_answer_of_the_paper():
    assert set(ROWS.loc[ROWS["basis"] == "rows", "answer"]) == {"not reported"}


def test_the_file_is_as_the_data_package_says_and_links_what_is_computed():
    assert not complaints("checklist.csv")
    computed = ROWS["status"] == "computed"
    assert list(computed) == list(ROWS["basis"] != "")
    assert (ROWS.loc[computed, "where"] != "").all()
    assert set(ROWS["answer"]) <= set(checklist.ANSWERS)
