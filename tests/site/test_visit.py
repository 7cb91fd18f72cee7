"""A visit to the site over the network: light, steady to the end, and whole without scripts or
style sheets.
"""

import pytest
from books import LOOKS, Server, served

FIRST_VISIT_BYTES = 600_000
LATER_PAGE_BYTES = 150_000
LARGEST_SHIFT = 0.01
BACKGROUND = "--pst-color-background"
OBSERVE = """
    window.shifts = [];
    new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) {
            const moved = entry.sources.map(({ node }) => node?.className || node?.nodeName);
            if (!entry.hadRecentInput) window.shifts.push([entry.value, moved.join(", ")]);
        }
    }).observe({ type: "layout-shift", buffered: true });
"""
READ_TO_THE_END = """async () => {
    for (let y = 0; y < document.documentElement.scrollHeight; y += 500) {
        window.scrollTo({ top: y, behavior: "instant" });
        await new Promise((resolve) => setTimeout(resolve, 40));
    }
}"""


@pytest.fixture(scope="module")
def server(site):
    with served(site) as server:
        yield server


def read(tab, server: Server, page: str) -> None:
    """Open a page and scroll to its end, as a reader would who looks at everything."""
    tab.goto(f"{server.address}/{page}")
    tab.wait_for_load_state("networkidle")
    tab.evaluate(READ_TO_THE_END)
    tab.wait_for_load_state("networkidle")


@pytest.mark.scheduled
def test_a_visit_is_light(page_names, server, browser):
    """A first visit of any page, read to its end, takes at most 600 KB, and a page after it 150 KB.

    The limits are on the bytes transferred, headers included, by a host that compresses text as
    GitHub Pages does. What a host that does not would send is printed (pytest -rP); it has no
    limit.
    """
    heavy = []
    visitor = browser.new_context()
    returning = visitor.new_page()
    read(returning, server, "chapters/index.html")
    for page in page_names:
        newcomer = browser.new_context()
        for kind, tab, limit in [
            ("first", newcomer.new_page(), FIRST_VISIT_BYTES),
            ("later", returning, LATER_PAGE_BYTES),
        ]:
            server.answers.clear()
            read(tab, server, page)
            sent, uncompressed = (sum(answer[i] for answer in server.answers) for i in (1, 2))
            print(f"{page}, {kind} visit: {sent:,} bytes sent, {uncompressed:,} uncompressed")
            if sent > limit:
                largest = sorted(server.answers, key=lambda answer: -answer[1])[:3]
                heavy.append(f"{page}, {kind} visit: {sent:,} bytes, most of them {largest}")
            if kind == "first":
                assert server.answers, page
        newcomer.close()
    visitor.close()
    assert not heavy


@pytest.mark.scheduled
@pytest.mark.parametrize("look", LOOKS)
def test_nothing_moves_while_a_page_loads_or_is_read(page_names, server, browser, look):
    (width, scheme), moved = look, []
    for page in page_names:
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
        context.add_init_script(OBSERVE)
        tab = context.new_page()
        read(tab, server, page)
        shifts = tab.evaluate("shifts")
        if sum(value for value, _ in shifts) >= LARGEST_SHIFT:
            moved.append(f"{page}: {shifts}")
        context.close()
    assert not moved


def test_without_scripts_a_page_has_its_colors_and_shows_each_figure_once(
    page_names, server, browser
):
    context = browser.new_context(java_script_enabled=False)
    tab = context.new_page()
    for page in page_names:
        tab.goto(f"{server.address}/{page}")
        for kind, shown in [("light", True), ("dark", False)]:
            images = tab.locator(f".book-figure img.only-{kind}")
            assert all(images.nth(i).is_visible() == shown for i in range(images.count())), page
        if page.startswith("chapters/"):
            assert tab.evaluate(
                f"getComputedStyle(document.documentElement).getPropertyValue('{BACKGROUND}')"
            ), page
    context.close()


IN_ORDER = """selector => {
    const tops = [...document.querySelectorAll(selector)].filter((part) => part.checkVisibility())
        .map((part) => part.getBoundingClientRect().top);
    return tops.length > 0 && tops.every((top, i) => i === 0 || top >= tops[i - 1]);
}"""
HEADINGS = "article :is(h1, h2, h3, h4)"
LANDMARKS = (
    "#pst-skip-link, aside[aria-label=Announcement], #pst-primary-sidebar, main, article, footer"
)


def test_without_style_sheets_a_page_reads_in_the_same_order_and_says_nothing_twice(
    page_names, server, browser, tab
):
    """As in a browser's reading view, or to whoever brings a style of their own."""
    tab.set_viewport_size({"width": 390, "height": 900})
    plain = browser.new_page()
    plain.route("**/*.css*", lambda route: route.abort())
    for page in [page for page in page_names if page.startswith("chapters/")]:
        tab.goto(f"{server.address}/{page}")
        plain.goto(f"{server.address}/{page}")
        assert tab.evaluate(IN_ORDER, HEADINGS), page
        assert plain.evaluate(IN_ORDER, HEADINGS), page
        assert plain.evaluate(IN_ORDER, LANDMARKS), page
        assert plain.locator(".claim-note").filter(visible=True).count() == 0, page
        figures = plain.locator(".book-figure").count()
        assert plain.locator(".book-figure img").filter(visible=True).count() == figures, page
    plain.close()
