"""Building again after a sentence was changed, against building from nothing."""

import tempfile
from pathlib import Path

from tests.benchmarks.timing import timed
from tests.books import copy_book

NAME = "rebuild after a change of prose / cold book build"
TARGET = 0.2
CHAPTER = "chapters/multivariate.md"


def ratio() -> float:
    """Seconds of one over seconds of the other; no chapter may run again for a sentence."""
    with tempfile.TemporaryDirectory() as folder:
        book = copy_book(Path(folder, "book"))
        _, cold = timed(book.rebuild)
        path = book.folder / CHAPTER
        path.write_text(
            path.read_text(encoding="utf-8") + "\nOne more sentence.\n", encoding="utf-8"
        )
        _, again = timed(book.rebuild)
        assert "One more sentence." in book.page("multivariate")
        return again / cold
