"""Building again after a sentence was changed, against building from nothing."""

import tempfile
import time
from pathlib import Path

from tests.books import copy_book

NAME = "rebuild after a change of prose / cold book build"
TARGET = 0.2
CHAPTER = "chapters/multivariate.md"


def ratio() -> float:
    """Seconds of one over seconds of the other; no chapter may run again for a sentence."""
    with tempfile.TemporaryDirectory() as folder:
        book = copy_book(Path(folder, "book"))
        cold = seconds(book)
        path = book.folder / CHAPTER
        path.write_text(
            path.read_text(encoding="utf-8") + "\nOne more sentence.\n", encoding="utf-8"
        )
        again = seconds(book)
        assert "One more sentence." in book.page("multivariate")
        return again / cold


def seconds(book) -> float:
    """How long a build takes; it must succeed."""
    began = time.monotonic()
    book.rebuild()
    return time.monotonic() - began
