"""Everything on a page can be reached, seen and used with the keyboard alone."""

import pytest
from books import STILL, open_chapter

CHAPTERS = ["index", "ledger", "multivariate", "compatible", "code", "code_paper"]
MOST_STOPS = 400
ACTIVE = "document.activeElement"
# Where the focus is, and whether the outline or shadow of it or of what is around it tells so.
STOP = """() => {
    const here = document.activeElement;
    if (here === document.body) return null;
    // A summary may have no height of its own, and is seen by what is in it.
    const shown = here.offsetHeight ? here : here.firstElementChild ?? here;
    // A link may begin at the end of a line, and go on in the next.
    const box = shown.getClientRects()[0] ?? shown.getBoundingClientRect();
    const marks = () => [here, here.parentElement, here.closest("form")].map((element) => {
        const style = element && getComputedStyle(element);
        const { outlineStyle, outlineWidth, outlineColor, boxShadow } = style ?? {};
        return [outlineStyle, outlineWidth, outlineColor, boxShadow].join();
    }).join();
    const x = Math.min(Math.max(box.x + box.width / 2, 0), innerWidth - 1);
    // What fills the window is not scrolled to its beginning, so it is looked for below the header.
    const header = parseFloat(getComputedStyle(document.documentElement).scrollPaddingTop);
    const below = Math.min(header, box.bottom - 1);
    const y = Math.min(Math.max(box.y + Math.min(box.height / 2, 10), below), innerHeight - 1);
    const top = document.elementFromPoint(x, y);
    const focused = marks();
    HTMLElement.prototype.blur.call(here);
    const rest = marks();
    here.focus({ focusVisible: true, preventScroll: true });
    const words = (here.ariaLabel ?? here.textContent).trim().slice(0, 40);
    return {
        what: `${here.tagName} ${here.className} ${words}`,
        place: [...document.querySelectorAll("*")].indexOf(here),
        marked: focused !== rest,
        seen: Boolean(top && (here.contains(top) || top.contains(here))),
    };
}"""


def steady(tab, site, name: str, width: int) -> None:
    """A chapter on which nothing is on its way: what fades in has no mark while it does."""
    tab.emulate_media(reduced_motion="reduce")
    open_chapter(tab, site, name, width)
    tab.add_style_tag(content=STILL)


def walk_to(tab, selector: str) -> None:
    for _ in range(MOST_STOPS):
        tab.keyboard.press("Tab")
        if tab.evaluate(f"selector => {ACTIVE}.matches(selector)", selector):
            return
    pytest.fail(f"the keyboard does not reach {selector}")


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("name", CHAPTERS)
def test_the_focus_is_seen_at_every_stop_goes_in_reading_order_and_is_never_caught(
    site, tab, name, width
):
    steady(tab, site, name, width)
    stops = []
    for _ in range(MOST_STOPS):
        tab.keyboard.press("Tab")
        stop = tab.evaluate(STOP)
        if stop is None:
            break
        stops.append(stop)
    else:
        pytest.fail("the focus does not leave the page")
    assert len(stops) > 40
    assert [stop["what"] for stop in stops if not stop["marked"]] == []
    assert [stop["what"] for stop in stops if not stop["seen"]] == []
    places = [stop["place"] for stop in stops]
    assert places == sorted(set(places))


def test_the_first_stop_skips_to_the_text(site, tab):
    steady(tab, site, "compatible", 1280)
    tab.keyboard.press("Tab")
    tab.keyboard.press("Enter")
    tab.keyboard.press("Tab")
    assert tab.evaluate(f"document.querySelector('#main-content, main').contains({ACTIVE})")


@pytest.mark.parametrize("width", [390, 1280])
def test_search_opens_closes_and_gives_the_focus_back(site, tab, width):
    steady(tab, site, "compatible", width)
    walk_to(tab, ".search-button__button")
    for keys in ["Enter", "Space", "Control+k"]:
        tab.keyboard.press(keys)
        tab.wait_for_selector("#pst-search-dialog[open]")
        assert tab.evaluate(f"{ACTIVE}.matches('#pst-search-dialog input')"), keys
        tab.keyboard.press("Escape")
        tab.wait_for_selector("#pst-search-dialog", state="hidden")
        assert tab.evaluate(f"{ACTIVE}.matches('.search-button__button')"), keys


@pytest.mark.parametrize("side", ["primary", "secondary"])
def test_a_drawer_opens_closes_and_gives_the_focus_back(site, tab, side):
    steady(tab, site, "compatible", 390)
    walk_to(tab, f".{side}-toggle")
    tab.keyboard.press("Enter")
    tab.wait_for_selector(f"#pst-{side}-sidebar-modal[open]")
    tab.keyboard.press("Tab")
    assert tab.evaluate(f"{ACTIVE}.matches('#pst-{side}-sidebar-modal a')")
    tab.keyboard.press("Escape")
    tab.wait_for_selector(f"#pst-{side}-sidebar-modal", state="hidden")
    assert tab.evaluate(f"{ACTIVE}.matches('.{side}-toggle')")


@pytest.mark.parametrize("name", CHAPTERS)
def test_what_is_folded_opens_and_closes(site, tab, name):
    steady(tab, site, name, 390)
    for summary in tab.locator("article details > summary").all():
        before = summary.evaluate("summary => summary.parentElement.open")
        for key, opened in [("Enter", not before), ("Space", before)]:
            summary.press(key)
            assert summary.evaluate("summary => summary.parentElement.open") == opened


@pytest.mark.parametrize("name", ["ledger", "multivariate", "compatible"])
def test_what_is_too_wide_scrolls_with_the_arrow_keys(site, tab, name):
    steady(tab, site, name, 390)
    tab.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    wide = tab.locator("article :is(pre, .scroll-region, div.math)").filter(visible=True)
    scrolled = 0
    for region in wide.all():
        if region.evaluate("region => region.scrollWidth > region.clientWidth + 1"):
            region.focus()
            assert region.evaluate(f"region => region === {ACTIVE}"), "it cannot have the focus"
            tab.keyboard.press("ArrowRight")
            tab.wait_for_function(f"{ACTIVE}.scrollLeft > 0")
            scrolled += 1
    assert scrolled


def test_a_claim_explains_itself_until_escape(site, tab):
    steady(tab, site, "index", 1280)
    walk_to(tab, "article .claim a")
    note = tab.locator(".claim:focus-within .claim-note")
    assert note.is_visible()
    assert {"Formula:", "From", "Function:"} <= set(note.inner_text().split())
    tab.keyboard.press("Escape")
    assert not note.is_visible()
    tab.keyboard.press("Tab")
    assert note.is_visible(), "the next claim's"
