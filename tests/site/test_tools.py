"""The small forms of the pages compute in the browser what `lib` computes, and say it in the same
words.
"""

import re
from fractions import Fraction
from math import exp

import pytest
from books import ROOT, open_chapter
from bs4 import BeautifulSoup
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from scipy import stats

from lib.paper import digits, wald
from lib.show import forms

MANY = settings(
    max_examples=15,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.large_base_example, HealthCheck.too_slow],
)


@pytest.fixture(scope="module")
def tools(browser):
    """A page with the script of the forms alone."""
    tab = browser.new_page()
    tab.add_script_tag(path=ROOT / "chapters" / "assets" / "tools.js")
    yield tab
    tab.close()


# --------------------------------------------------------------------------- counts and percentages


@st.composite
def printed_numbers(draw) -> str:
    sign = draw(st.sampled_from(["", "", "", "", "", "<", "≤", ">", "≥"]))
    unit = draw(st.sampled_from(["%", "%", "%", ""]))
    decimals = draw(st.integers(0, 4))
    whole = draw(st.integers(0, 100 if unit else 1))
    digits = "".join(
        draw(st.lists(st.sampled_from("0123456789"), min_size=decimals, max_size=decimals))
    )
    return f"{sign}{whole}.{digits}{unit}" if digits else f"{sign}{whole}{unit}"


def test_a_percentage_that_no_count_prints_comes_with_its_neighbors():
    sentences = forms.count_sentences("50%", 3, 10)
    assert sentences[0] == "No count out of 3 prints 50%. The nearest: 1 (33.3%) and 2 (66.7%)."
    assert sentences[2] == "Denominators up to 10 that can print 50%: 2, 4, 6, 8, 10."


# ------------------------------------------------------------------ odds ratios, their limits and P


@st.composite
def wald_strings(draw) -> dict[str, str]:
    """What a model would print, often with one string changed in its last digit, or missing."""
    beta, sigma = draw(st.floats(-2.5, 2.5)), draw(st.floats(0.05, 1.2))
    z = draw(st.sampled_from(wald.multipliers()))
    like = "0." + "0" * draw(st.integers(1, 3))
    values = dict(
        zip(
            wald.QUANTITIES, [exp(beta), exp(beta - z * sigma), exp(beta + z * sigma)], strict=False
        )
    )
    printed = {quantity: digits.prints(value, like) for quantity, value in values.items()}
    p_like = draw(st.sampled_from(["0.000", "0.00", "0.0000", "<0.05", "<0.001"]))
    printed["p_value"] = digits.prints(float(2 * stats.norm.sf(abs(beta) / sigma)), p_like).replace(
        "≥", ">"
    )
    changed = draw(st.sampled_from([None, None, *wald.QUANTITIES]))
    if changed and printed[changed][0] not in "<>":
        step = draw(st.integers(-9, 9)) * digits.last_digit(printed[changed])
        printed[changed] = digits.prints(
            max(digits.number(printed[changed]) + step, Fraction(0)), printed[changed]
        )
    printed.pop(draw(st.sampled_from([None, None, None, *wald.QUANTITIES])), None)
    return printed


sane = wald_strings().filter(
    lambda printed: (
        all(digits.number(printed[quantity]) > 0 for quantity in printed if quantity != "p_value")
        and digits.number(printed.get("p_value", "1")) <= 1
    )
)


# ------------------------------------------------------------- what a tool is given, and is to say


def counts(printed: str, total: int, most: int) -> tuple[list, dict]:
    given = {"printed": printed, "total": str(total), "most": str(most)}
    return [given], {"sentences": forms.count_sentences(printed, total, most)}


def prevalence(sensitivity: float, specificity: float, percent: int) -> tuple[list, dict]:
    markers = [{"label": "A", "sensitivity": sensitivity, "specificity": specificity}]
    given = [{"percent": str(percent)}, {"markers": markers}]
    return given, {"rows": forms.risk_rows(markers, percent)}


def wald_results(printed: dict[str, str]) -> tuple[list, dict]:
    given = {quantity: printed.get(quantity, "") for quantity in wald.QUANTITIES}
    sentences, rows = forms.wald_result(printed, 0.95)
    return [given, {"level": 0.95}], {"sentences": sentences, "rows": rows}


shares = st.one_of(st.floats(0, 1), st.fractions(0, 1, max_denominator=50).map(float))


def test_a_tie_in_the_last_digit_is_the_same_on_both_sides(tools):
    """1.0005 squared over 0.1305 is 7.6705."""
    printed = {"odds_ratio": "1.000", "odds_ratio_lower": "0.131", "p_value": ">0.001"}
    given, expected = wald_results(printed)
    assert (
        tools.evaluate("given => tools.answers.wald(...given)", given)["rows"] == expected["rows"]
    )


@pytest.mark.parametrize(
    ("tool", "case_of", "drawn"),
    [
        ("counts", counts, (printed_numbers(), st.integers(1, 400), st.integers(1, 120))),
        ("prevalence", prevalence, (shares, shares, st.integers(1, 60))),
        ("wald", wald_results, (sane,)),
    ],
)
@MANY
@given(st.data())
def test_the_browser_says_what_python_says(tools, tool, case_of, drawn, data):
    inputs = data.draw(st.lists(st.tuples(*drawn), min_size=20, max_size=40))
    cases = [case_of(*one) for one in inputs]
    script = f"cases => cases.map(([given]) => tools.answers.{tool}(...given))"
    answers = tools.evaluate(script, cases)
    for (asked, expected), answer in zip(cases, answers, strict=True):
        assert {part: answer[part] for part in expected} == expected, asked


# ---------------------------------------------------------------------------------------- bad input


GOOD = {
    "counts": {"printed": "12%", "total": "30", "most": "50"},
    "wald": {
        "odds_ratio": "2.0",
        "odds_ratio_lower": "1.0",
        "odds_ratio_upper": "4.0",
        "p_value": "0.05",
    },
}
DATA = {"counts": {}, "wald": {"level": 0.95}}
RUBBISH = [
    "-",
    "%",
    "abc",
    "1e5",
    "1,5",
    "NaN",
    "Infinity",
    "0x10",
    "--1",
    "1.",
    ".5",
    "12 %%",
    "∞",
    "<",
    "1 2",
]
ODD = ["", " ", "0", "-1", "101%", "2.5", "9" * 12]


@pytest.mark.parametrize(
    ("tool", "field"), [(tool, field) for tool in GOOD for field in GOOD[tool]]
)
def test_bad_input_gives_a_sentence_and_never_a_number_that_is_none(tools, tool, field):
    for text in [*RUBBISH, *ODD]:
        values = GOOD[tool] | {field: text}
        answer = tools.evaluate(
            "([tool, values, data]) => tools.answers[tool](values, data)",
            [tool, values, DATA[tool]],
        )
        words = " ".join(
            [*answer["sentences"], *(cell for row in answer.get("rows") or [] for cell in row)]
        )
        assert re.fullmatch(r"[“A-Z\d].{20,}", answer["sentences"][0]), text
        assert not re.search(r"NaN|undefined|null|Infinity(?!”)", words.replace(f"“{text}”", "")), (
            words
        )
        if text in RUBBISH:
            assert answer["field"] == field, text


# -------------------------------------------------------------------------------------- on the page


def test_each_tool_begins_with_what_the_script_would_say(site, tab):
    seen = []
    for path in sorted((site / "chapters").glob("*.html")):
        page = BeautifulSoup(path.read_bytes(), "html.parser")
        if not page.select("section.tool"):
            assert not page.select("script[src*='/tools.js']"), path.name
            continue
        tab.goto(path.as_uri())
        for section in tab.locator("section.tool").all():
            seen.append(section.get_attribute("data-tool"))
            before = section.locator(".result").inner_text()
            section.locator("form").dispatch_event("input")
            assert section.locator(".result").inner_text() == before
    assert sorted(seen) == ["counts", "prevalence", "wald"]


def test_the_tools_answer_to_the_keyboard_and_say_what_is_wrong(site, tab):
    open_chapter(tab, site, "methods")
    printed = tab.get_by_label("Printed", exact=True)
    printed.fill("50%")
    tab.get_by_label("Out of").fill("4")
    tab.get_by_label("Out of").press("Enter")
    result = tab.locator("section.tool [role=status]")
    assert "Only one count out of 4 prints 50%: 2 (50.0%)." in result.inner_text()
    printed.fill("half")
    assert "is not a printed number" in result.inner_text()
    assert printed.get_attribute("aria-invalid") == "true"

    open_chapter(tab, site, "roc")
    slider, rows = tab.get_by_role("slider"), tab.locator("section.tool tbody tr")
    before = rows.all_inner_texts()
    slider.press("ArrowRight")
    assert rows.all_inner_texts() != before
    assert slider.get_attribute("aria-valuetext") == f"{slider.input_value()}%"

    open_chapter(tab, site, "multivariate")
    sentences = set()
    for button in tab.locator("section.tool button").all():
        button.press("Enter")
        sentences.add(tab.locator("section.tool .result p").inner_text())
    assert len(sentences) > 1, "one set of strings agrees, another does not"
    tab.get_by_label("P", exact=True).fill("0.9")
    assert "The misprint may be in the P" in tab.locator("section.tool .result").inner_text()


def test_without_scripts_a_tool_shows_its_first_answer_and_no_dead_controls(site, browser):
    context = browser.new_context(java_script_enabled=False)
    tab = context.new_page()
    for page in ("methods", "roc", "multivariate"):
        open_chapter(tab, site, page)
        assert not tab.locator("section.tool form").is_visible()
        assert tab.locator("section.tool .result").is_visible()
    context.close()
