"""The site as a browser shows it: on any screen, in either scheme, to the keyboard and to a screen
reader.
"""

import os
import shutil
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from books import STILL

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
WIDTHS = [320, 390, 768, 1280, 1920]


SOURCE = "_modules/lib/statistics/roc.html"
CODE_WIDTH = 1280


def pages(site: Path) -> list[Path]:
    """The pages, one of those with source standing for all of its kind."""
    others = ["404.html", "search.html", "_modules/index.html", SOURCE]
    return [*sorted((site / "chapters").glob("*.html")), *(site / name for name in others)]


@pytest.fixture(scope="module")
def axe(tmp_path_factory) -> str:
    """The script of axe-core, in the version and with the checksum that package-lock.json names."""
    folder = tmp_path_factory.mktemp("npm")
    if not shutil.which("npm"):
        why = "no npm here; to check accessibility, install it (on Debian: apt-get install npm)"
        pytest.fail(why) if os.environ.get("CI") else pytest.skip(why)
    for name in ["package.json", "package-lock.json"]:
        shutil.copy(Path(__file__).with_name(name), folder)
    done = subprocess.run(
        [shutil.which("npm"), "ci", "--ignore-scripts"], cwd=folder, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return (folder / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")


def test_pages_open_without_complaint_and_fit_any_screen(site, browser):
    """No error, no request to another host, and nothing that has to be scrolled sideways."""
    complaints = []
    tab = browser.new_page()
    tab.on(
        "console",
        lambda message: complaints.append(message.text) if message.type == "error" else None,
    )
    tab.on("pageerror", lambda error: complaints.append(str(error)))
    tab.on(
        "request",
        lambda asked: complaints.append(asked.url) if urlsplit(asked.url).netloc else None,
    )
    for path in pages(site):
        tab.goto(path.as_uri())
        tab.wait_for_load_state("networkidle")
        for width in WIDTHS:
            tab.set_viewport_size({"width": width, "height": 900})
            needed = tab.evaluate("document.documentElement.scrollWidth")
            if needed > width:
                complaints.append(f"{path.name} is {needed} pixels wide on a screen of {width}")
    tab.close()
    assert not complaints


# About 7,000 pixels, with room for other fonts; what needs rows has a chapter of its own.
LONGEST = 7200


@pytest.mark.parametrize("chapter", ["methods", "patency", "univariate", "multivariate", "roc"])
def test_no_section_of_the_paper_is_longer_than_said(site, browser, chapter):
    tab = browser.new_page(viewport={"width": 1280, "height": 900})
    tab.goto((site / "chapters" / f"{chapter}.html").as_uri())
    assert tab.evaluate("document.querySelector('article').scrollHeight") <= LONGEST
    tab.close()


@pytest.mark.parametrize("width", [390, 768, 1280])
def test_no_column_is_beyond_the_edge_without_a_cue(site, browser, width):
    """On a phone rows stack; elsewhere a shadow shows what scrolls."""
    tab = browser.new_page(viewport={"width": width, "height": 900})
    wrong = []
    for path in pages(site):
        tab.goto(path.as_uri())
        found = tab.evaluate(
            """[...document.querySelectorAll(".scroll-region")]
            .filter(region => region.scrollWidth > region.clientWidth)
            .map(region => [region.ariaLabel, getComputedStyle(region).backgroundImage])"""
        )
        wrong += [label for label, shadow in found if width == 390 or "gradient" not in shadow]
    tab.close()
    assert not wrong


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(site, browser, axe, width, scheme):
    found = []
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, bypass_csp=True
    )
    tab = context.new_page()
    for path in pages(site):
        tab.goto(path.as_uri())
        # A color on its way from one theme to the other has a contrast of its own.
        tab.add_style_tag(content=STILL)
        tab.evaluate(axe)
        result = tab.evaluate(
            "rules => axe.run({ runOnly: { type: 'tag', values: rules } })", RULES
        )
        found += [
            f"{path.stem}: {violation['id']} {violation['nodes'][0]['target']}"
            for violation in result["violations"]
        ]
    context.close()
    assert not found


def test_a_line_of_source_fits_beside_the_sidebar(site, browser):
    tab = browser.new_page(viewport={"width": CODE_WIDTH, "height": 900})
    scrolled = []
    for path in (site / "_modules" / "lib").rglob("*.html"):
        tab.goto(path.as_uri())
        block = "document.querySelector('.highlight pre')"
        if tab.evaluate(f"{block}.scrollWidth > {block}.clientWidth"):
            scrolled.append(path.name)
    tab.close()
    assert not scrolled


@pytest.mark.parametrize(
    "word", ["patency", "Firth", "collaterals", "bootstrap", "certificate", "闭塞"]
)
def test_search_finds_what_a_reader_would_type(site, browser, word):
    tab = browser.new_page()
    tab.goto((site / "search.html").as_uri() + f"?q={word}")
    tab.wait_for_selector("#search-results li")
    assert tab.locator("#search-results li a").count() > 0
    tab.close()


def test_the_scheme_can_be_chosen_and_is_remembered(site, browser):
    tab = browser.new_page(color_scheme="light")
    tab.goto((site / "chapters" / "index.html").as_uri())
    shown = set()
    for _ in range(3):
        tab.locator(".theme-switch-button:visible").first.click()
        shown.add(tab.evaluate("document.documentElement.dataset.theme"))
    assert shown == {"light", "dark"}
    while tab.evaluate("document.documentElement.dataset.mode") != "dark":
        tab.locator(".theme-switch-button:visible").first.click()
    tab.goto((site / "chapters" / "roc.html").as_uri())
    assert tab.evaluate("document.documentElement.dataset.theme") == "dark"
    tab.close()


def test_code_is_folded_on_a_phone(site, browser):
    tab = browser.new_page(viewport={"width": 390, "height": 900})
    tab.goto((site / "chapters" / "roc.html").as_uri())
    code = tab.locator("div.cell .cell_input")
    assert code.count() > 5 and code.filter(visible=True).count() == 0
    tab.get_by_text("Show the code").first.click()
    assert code.filter(visible=True).count() == 1
    tab.close()


def test_the_ledger_can_be_filtered(site, browser):
    tab = browser.new_page()
    tab.goto((site / "chapters" / "ledger.html").as_uri())
    rows = tab.locator("table.ledger tbody tr")
    everything = rows.count()
    tab.get_by_label("Filter the ledger by words").fill("no row has these words")
    assert rows.filter(visible=True).count() == 0
    tab.get_by_label("Filter the ledger by words").fill("")
    tab.locator(".ledger-filter button").first.click()
    assert 0 < rows.filter(visible=True).count() < everything
    tab.close()
