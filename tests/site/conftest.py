"""What the tests of the built site share: a page of the browser."""

import pytest


@pytest.fixture
def page_names(site) -> list[str]:
    """The pages, one of those with source standing for all of its kind."""
    chapters = sorted(f"chapters/{path.name}" for path in (site / "chapters").glob("*.html"))
    source = ["_modules/index.html", "_modules/lib/statistics/roc.html"]
    return [*chapters, "404.html", "search.html", *source]


@pytest.fixture
def tab(browser):
    """An empty page, closed after its test."""
    tab = browser.new_page()
    yield tab
    tab.close()
