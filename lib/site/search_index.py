"""What the site's own search finds, beyond what Sphinx's does.

Chinese has no spaces between its words, so every two neighboring characters are words too. And a
word of a section's title leads to that section; Sphinx asks for half of the title. Pages about the
code come after those about the study.
"""

import re
from itertools import pairwise

from sphinx.search.en import SearchEnglish

CHINESE = re.compile("[\u4e00-\u9fff]{3,}")
# What Sphinx's script of the search lacks, as `MENDED` of the pages: any three letters lead to a
# title, which comes before the text of pages, and code after all else.
MENDED = [
    (r"\(queryLower\.length >= title\.length/2\)", "(queryLower.length > 2)"),
    (r"Math\.round\(Scorer\.title \* queryLower\.length / title\.length\)", "Scorer.title + 1"),
    (
        "    // query matches the full name of an object\n",
        "    score: (item) => item[4] - 100 * /code/.test(item[0]),\n",
    ),
]


class Words(SearchEnglish):
    """The words of a text in English, with pairs of characters where it is in Chinese."""

    def split(self, input: str) -> list[str]:
        """All words of a text."""
        runs = CHINESE.findall(input)
        return super().split(input) + ["".join(pair) for run in runs for pair in pairwise(run)]
