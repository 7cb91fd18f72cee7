"""What the site's own search finds, beyond what Sphinx's does.

Chinese has no spaces between its words, so every two neighboring characters are words too. And a
word of a section's title leads to that section; Sphinx asks for half of the title. Pages about the
code come after those about the study.
"""

import re
from itertools import pairwise
from pathlib import Path

from sphinx.search.en import SearchEnglish

CHINESE = re.compile("[\u4e00-\u9fff]{3,}")
SCRIPT = "_static/searchtools.js"
# As Sphinx has it, and as it is here: any three letters, a title before the text of pages, and code
# after all else.
CHANGES = {
    "(queryLower.length >= title.length/2)": "(queryLower.length > 2)",
    "Math.round(Scorer.title * queryLower.length / title.length)": "Scorer.title + 1",
    "    // query matches the full name of an object\n": "    score: (item) => item[4] - 100 * "
    "/code/.test(item[0]),\n",
}


class Words(SearchEnglish):
    """The words of a text in English, with pairs of characters where it is in Chinese."""

    def split(self, input: str) -> list[str]:
        """All words of a text."""
        runs = CHINESE.findall(input)
        return super().split(input) + ["".join(pair) for run in runs for pair in pairwise(run)]


def rank(site: Path) -> None:
    """Let a word of a section's title lead to the section, and pages about code come last."""
    text = (site / SCRIPT).read_text(encoding="utf-8")
    for sphinx, here in CHANGES.items():
        text = text.replace(sphinx, here)
    (site / SCRIPT).write_text(text, encoding="utf-8")
