"""What all tests share: whoever runs them may have set what steers the book, or make itself."""

import os
import shutil
import time
from pathlib import Path

import pytest
from books import Book, copy_book, needed
from hypothesis import settings
from recorded import into

from lib.show import display
from lib.site.pdf import BROWSERS, QUIET

# The same examples at every run, however slow the machine, so that a red run is a red run again.
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.load_profile("repeatable")

for name in ("COHORT", "DISCLOSURE", "OUT", "SITE_URL", "PYTHON", "MAKEFLAGS", "MAKELEVEL"):
    os.environ.pop(name, None)

LONGEST_BUILD_SECONDS = 1800
SLOW = {Path(__file__).parent / name for name in ("search", "site")}


def pytest_collection_modifyitems(items):
    """Whole builds, the browser and the search are slow, and so is what is scheduled."""
    for item in items:
        if SLOW & set(item.path.parents) or item.get_closest_marker("scheduled"):
            item.add_marker(pytest.mark.slow)


@pytest.fixture
def shown(monkeypatch) -> list:
    """What a function displays."""
    found = []
    monkeypatch.setattr(display, "display", into(found))
    return found


@pytest.fixture(scope="session")
def built(tmp_path_factory) -> Path:
    """The whole book, built once for all processes of a run: the folders `book` and `site`, a copy
    to look at.
    """
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    outcome = shared / "built"
    try:
        (shared / "building").mkdir()
    except FileExistsError:
        began = time.monotonic()
        while not outcome.exists() and time.monotonic() < began + LONGEST_BUILD_SECONDS:
            time.sleep(0.2)
    else:
        book = copy_book(shared / "whole" / "book")
        done = book.build()
        if done.returncode == 0:
            shutil.copytree(book.site, shared / "whole" / "site")
        (shared / "unfinished").write_text(
            "" if done.returncode == 0 else done.stdout + done.stderr, encoding="utf-8"
        )
        (shared / "unfinished").rename(outcome)
    complaint = outcome.read_text(encoding="utf-8")
    assert not complaint, complaint
    return shared / "whole"


@pytest.fixture(scope="session")
def book(built) -> Book:
    return Book(built / "book")


@pytest.fixture(scope="session")
def site(built) -> Path:
    """The built site, which no test changes."""
    return built / "site"


@pytest.fixture(scope="session")
def browser():
    from playwright.sync_api import sync_playwright

    path = needed(*BROWSERS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=QUIET)
        yield browser
        browser.close()
