"""The site as a browser shows it: on any screen, in either scheme, to the keyboard and to a screen
reader.
"""

import shutil
import subprocess
from itertools import pairwise
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from books import LOOKS, STILL, needed, open_chapter

from lib.site.notebooks import CHAPTERS

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
WIDTHS = [320, 390, 768, 1280, 1920]


@pytest.fixture(scope="module")
def axe(tmp_path_factory) -> str:
    """The script of axe-core, in the version and with the checksum that package-lock.json names."""
    folder = tmp_path_factory.mktemp("npm")
    npm = needed("npm")
    for name in ["package.json", "package-lock.json"]:
        shutil.copy(Path(__file__).with_name(name), folder)
    done = subprocess.run(
        [npm, "ci", "--ignore-scripts"], cwd=folder, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return (folder / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")


def test_pages_open_without_complaint_and_fit_any_screen(site, page_names, tab):
    """No error, no request to another host, and nothing that has to be scrolled sideways."""
    complaints = []
    tab.on(
        "console",
        lambda message: complaints.append(message.text) if message.type == "error" else None,
    )
    tab.on("pageerror", lambda error: complaints.append(str(error)))
    tab.on(
        "request",
        lambda asked: complaints.append(asked.url) if urlsplit(asked.url).netloc else None,
    )
    for page in page_names:
        tab.goto((site / page).as_uri())
        tab.wait_for_load_state("networkidle")
        for width in WIDTHS:
            tab.set_viewport_size({"width": width, "height": 900})
            wide = tab.evaluate("document.documentElement.scrollWidth")
            if wide > width:
                complaints.append(f"{page} is {wide} pixels wide on a screen of {width}")
    assert not complaints


# About 7,000 pixels, with room for other fonts; what needs rows has a chapter of its own.
LONGEST = 7200


@pytest.mark.parametrize("chapter", ["methods", "patency", "univariate", "multivariate", "roc"])
def test_no_section_of_the_paper_is_longer_than_said(site, tab, chapter):
    open_chapter(tab, site, chapter)
    assert tab.evaluate("document.querySelector('article').scrollHeight") <= LONGEST


@pytest.mark.parametrize("width", [390, 768, 1280])
def test_no_column_is_beyond_the_edge_without_a_cue(site, page_names, tab, width):
    """On a phone rows stack; elsewhere a shadow shows what scrolls."""
    tab.set_viewport_size({"width": width, "height": 900})
    wrong = []
    for page in page_names:
        tab.goto((site / page).as_uri())
        found = tab.evaluate(
            """[...document.querySelectorAll(".scroll-region")]
            .filter(region => region.scrollWidth > region.clientWidth)
            .map(region => [region.ariaLabel, getComputedStyle(region).backgroundImage])"""
        )
        wrong += [label for label, shadow in found if width == 390 or "gradient" not in shadow]
    assert not wrong


STYLE = (CHAPTERS / "assets" / "book.css").read_text(encoding="utf-8")
# What the theme gives: its font, and what stands at either side of a page of 1,280 pixels.
PAGE = """<style>body {{ font: 16px "DejaVu Sans" }} table {{ border-collapse: collapse }}
blockquote {{ margin: 0 0 16px; padding: 16px }} {}</style>
<article class="bd-article" style="width: 688px">{}</article>"""
CELLS = {
    "Factor": "ECOG performance status 2 or more",
    "Progressed": "mean 130.4 (SD&nbsp;16.2)",
    "Progression-free": "212/465 (45.6%)",
    "Crude odds ratio (95% CI)": "13.67 (4.21&nbsp;to&nbsp;44.32)",
    "P": "&lt;0.0001",
    "Adjusted odds ratio (95% CI)": "3.57 (0.64&nbsp;to&nbsp;19.88)",
    "Adjusted P": "0.00010",
}


def test_the_last_of_seven_columns_is_seen_between_the_lists_at_either_side(browser):
    rows = [[f"<th>{head}</th>" for head in CELLS], [f"<td>{cell}</td>" for cell in CELLS.values()]]
    table = "<thead><tr>{}</tr></thead><tbody><tr>{}</tr></tbody>".format(*map("".join, rows))
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.set_content(
        PAGE.format(
            STYLE, f'<div class="scroll-region"><table class="book-table">{table}</table></div>'
        )
    )
    region = page.locator(".scroll-region")
    assert region.evaluate("one => one.scrollWidth <= one.clientWidth")
    page.close()


def test_the_sentences_to_copy_stand_in_one_box(browser):
    said = "".join(f"<blockquote><div><p>Sentence {one}.</p></div></blockquote>" for one in "abc")
    page = browser.new_page()
    page.set_content(PAGE.format(STYLE, said + "<p>What follows.</p>"))
    tops = page.evaluate(
        """[...document.querySelectorAll("blockquote, article > p")].map(one => {
            const box = one.getBoundingClientRect();
            return [box.top, box.bottom];
        })"""
    )
    gaps = [below[0] - above[1] for above, below in pairwise(tops)]
    assert gaps == [0, 0, 16]
    page.close()


@pytest.mark.parametrize("look", LOOKS)
def test_axe_finds_nothing(site, page_names, browser, axe, look):
    width, scheme = look
    found = []
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, bypass_csp=True
    )
    tab = context.new_page()
    for page in page_names:
        tab.goto((site / page).as_uri())
        # A color on its way from one theme to the other has a contrast of its own.
        tab.add_style_tag(content=STILL)
        tab.evaluate(axe)
        result = tab.evaluate(
            "rules => axe.run({ runOnly: { type: 'tag', values: rules } })", RULES
        )
        found += [
            f"{page}: {violation['id']} {violation['nodes'][0]['target']}"
            for violation in result["violations"]
        ]
    context.close()
    assert not found


def test_a_line_of_source_fits_beside_the_sidebar(site, tab):
    tab.set_viewport_size({"width": 1280, "height": 900})
    scrolled = []
    for path in (site / "_modules" / "lib").rglob("*.html"):
        tab.goto(path.as_uri())
        block = "document.querySelector('.highlight pre')"
        if tab.evaluate(f"{block}.scrollWidth > {block}.clientWidth"):
            scrolled.append(path.name)
    assert not scrolled


CHINESE = ["闭塞", "支架", "数据", "随访", "诊断", "通畅", "侧支", "失访", "前提"]


@pytest.mark.parametrize("word", ["patency", "collaterals", "bootstrap", "certificate", *CHINESE])
def test_search_finds_what_a_reader_would_type(site, tab, word):
    tab.goto((site / "search.html").as_uri() + f"?q={word}")
    tab.wait_for_selector("#search-results li")
    assert "code" not in tab.locator("#search-results li a").first.get_attribute("href")


@pytest.mark.parametrize(
    ("word", "section"), [("Firth", "firth"), ("misprint", "misprint"), ("ties", "ties")]
)
def test_a_word_of_a_heading_leads_to_its_section(site, tab, word, section):
    tab.goto((site / "search.html").as_uri() + f"?q={word}")
    tab.wait_for_selector("#search-results li")
    links = [link.get_attribute("href") for link in tab.locator("#search-results li a").all()]
    anchors = [link.partition("#")[2].partition("?")[0] for link in links]
    assert anchors[0] and any(section in anchor for anchor in anchors)


def test_a_page_found_by_a_word_of_its_text_opens_at_the_word(site, tab):
    tab.goto((site / "search.html").as_uri() + "?q=inguinal")
    tab.locator("#search-results li a:not([href*='#'])").last.click()
    tab.wait_for_function("scrollY > 0")
    found = tab.locator("article .highlighted").first.bounding_box()
    assert 0 < found["y"] < tab.viewport_size["height"]


def test_the_scheme_can_be_chosen_and_is_remembered(site, tab):
    tab.emulate_media(color_scheme="light")
    open_chapter(tab, site, "index")
    shown = set()
    for _ in range(3):
        tab.locator(".theme-switch-button:visible").first.click()
        shown.add(tab.evaluate("document.documentElement.dataset.theme"))
    assert shown == {"light", "dark"}
    while tab.evaluate("document.documentElement.dataset.mode") != "dark":
        tab.locator(".theme-switch-button:visible").first.click()
    open_chapter(tab, site, "roc")
    assert tab.evaluate("document.documentElement.dataset.theme") == "dark"


def test_code_is_folded_on_a_phone(site, tab):
    open_chapter(tab, site, "roc", 390)
    code = tab.locator("div.cell .cell_input")
    assert code.count() > 5 and code.filter(visible=True).count() == 0
    tab.get_by_text("Show the code").first.click()
    assert code.filter(visible=True).count() == 1


def test_the_ledger_can_be_filtered(site, tab):
    open_chapter(tab, site, "ledger")
    rows = tab.locator("table.ledger tbody tr")
    words = tab.get_by_label("Filter the ledger by words")
    everything = rows.count()
    words.fill("no row has these words")
    assert rows.filter(visible=True).count() == 0
    words.fill("")
    tab.locator(".ledger-filter button").first.click()
    assert 0 < rows.filter(visible=True).count() < everything
