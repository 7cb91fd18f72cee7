"""Each chapter's source and stored notebook agree, and its prose holds no result that was typed."""

import ast
import re
from copy import deepcopy
from pathlib import Path

import jupytext
import nbformat
import pytest
from chapter import run
from helpers import slow_but, terms, witness
from myst_nb.ext.glue import extract_glue_data_cell

from lib.compatible import conclusions
from lib.paper import ledger, published
from lib.patients import loading
from lib.site import conditional, notebooks

SOURCES = notebooks.sources()
PAGES = sorted(notebooks.CHAPTERS.glob("*.md"))

# Conventions and definitions, which no analysis of this book produces.
CONSTANTS = {"0.05", "1.96", "5%", "95%"}
# The place of the paper.
PLACE = "2022;31(12):1605–1611"
QUOTED = {"index": [PLACE], "zh": [PLACE], "corrections": ["ersion 1.0"]}

FENCE = re.compile(r"\s*(`{3,}|~{3,}|:{3,})(.*)")
NOT_PROSE = [
    re.compile(r"<!--.*?-->", re.DOTALL),
    re.compile(r"\$\$.*?\$\$", re.DOTALL),
    re.compile(r"\$[^$\n]+\$"),
    re.compile(r"(\{[a-z:]+\})?`[^`]*`"),
    re.compile(r"\]\([^)]*\)"),
    re.compile(r"https?://\S+"),
    re.compile(r"^(%|\(|:[\w-]+:).*$", re.MULTILINE),
]
NUMBER = re.compile(r"(?<![\w.])\d+(?:\.\d+)?(?:\s?%)?(?![\w%])")


@pytest.fixture(params=SOURCES, ids=lambda path: path.stem)
def source(request) -> Path:
    return request.param


@pytest.fixture
def stored(source) -> nbformat.NotebookNode:
    return nbformat.read(source.with_suffix(".ipynb"), as_version=nbformat.NO_CONVERT)


def test_every_chapter_has_its_pair_and_no_pair_is_left_over():
    assert [path.stem for path in SOURCES] == sorted(
        path.stem for path in notebooks.CHAPTERS.glob("*.ipynb")
    )


def test_source_and_stored_notebook_are_in_step(source, stored):
    def content(notebook):
        return [(cell.cell_type, cell.source, dict(cell.metadata)) for cell in notebook.cells]

    written = jupytext.read(source)
    assert content(written) == content(stored), "run `make notebooks`"
    assert written.metadata.kernelspec == stored.metadata.kernelspec


def test_every_code_cell_is_executed_in_order(stored):
    code = [cell for cell in stored.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    assert not [output for cell in code for output in cell.outputs if output.output_type == "error"]


def asked(text: str) -> set[str]:
    """The flags and the values that a chapter's text asks for."""
    conditions = re.findall(r"when\} (.+)", text)
    parts = {part for condition in conditions for part in condition.split(" and ")}
    flags = {part.removeprefix("not ") for part in parts}
    return flags | set(re.findall(r"\{glue:text\}`(\w+)`", text))


FACTS = conditional.facts(loading.load(loading.EXAMPLE)).keys()


def test_every_fact_of_the_book_is_asked_for_by_some_page():
    pages = [asked(path.read_text(encoding="utf-8")) for path in SOURCES]
    assert set(FACTS) <= set.union(*pages)


def test_every_flag_and_value_in_the_text_is_glued_and_every_one_glued_is_used(stored):
    glued = {name for cell in stored.cells for name, _ in extract_glue_data_cell(deepcopy(cell))}
    text = "\n".join(cell.source for cell in stored.cells if cell.cell_type == "markdown")
    used = asked(text) - FACTS
    assert glued <= used
    # What is shown of a user's file alone is not glued for the example.
    code = "\n".join(cell.source for cell in stored.cells if cell.cell_type == "code")
    assert not [name for name in used - glued if not re.search(rf"\b{name}=", code)]


# What hands a table, a picture or a form to the page; glue hands a text to it.
SHOW = re.compile(
    r"(glue|display\.table|(figures|tables|model_tables|rows|left_open|forms|withhold)\.\w+)\("
)


def ends_bare(code: str) -> bool:
    """Whether a cell ends with a value, which a page would show as Python writes it."""
    *_, last = ast.parse(code).body
    return isinstance(last, ast.Expr) and not SHOW.match(ast.unparse(last))


def test_a_book_about_others_shows_no_bare_value(source):
    """Only where the paper's numbers are derived is one an answer."""
    cells = jupytext.read(source).cells
    for cell in cells:
        if cell.cell_type == "code" and "remove-cell" not in cell.metadata.get("tags", []):
            cell["outputs"] = [cell.source] if ends_bare(cell.source) else []
    conditional.keep_what_holds(cells, dict.fromkeys(FACTS, "False"))
    assert [cell.outputs for cell in cells if cell.get("outputs")] == []


def test_stored_notebook_says_nothing_of_the_machine(stored):
    assert {*stored.metadata} - {"title_for_others"} == {"kernelspec", "jupytext"}
    assert "jupytext_version" not in stored.metadata.jupytext.text_representation
    assert str(notebooks.CHAPTERS.parent) not in nbformat.writes(stored)


def test_figures_have_alt_text(stored):
    for cell in stored.cells:
        for output in cell.get("outputs", []):
            if any(kind.startswith("image/") for kind in output.get("data", {})):
                about = output.metadata["image/svg+xml"]["book"]
                assert len(about["alt"]) > 20, (
                    f"{about['name']} needs an alt text that says what the figure shows"
                )


def text_of(source: str) -> str:
    """A chapter's source without front matter and code."""
    kept, open_fences = [], []
    for line in re.sub(r"\A---\n.*?\n---\n", "", source, flags=re.DOTALL).splitlines():
        fence = FENCE.fullmatch(line)
        in_code = bool(open_fences) and open_fences[-1][1]
        if fence and open_fences and fence[1] == open_fences[-1][0] and not fence[2].strip():
            open_fences.pop()
        elif fence and not in_code:
            open_fences.append(
                (fence[1], fence[2].startswith("{code-cell}") or not fence[2].startswith("{"))
            )
        elif not in_code:
            kept.append(line)
    return "\n".join(kept)


def prose(source: str) -> str:
    """The same without mathematics, roles and addresses."""
    text = text_of(source)
    for pattern in NOT_PROSE:
        text = pattern.sub(" ", text)
    return text


def typed_results(text: str, claims: set[str]) -> list[str]:
    """Numbers in the prose of a chapter's source that look like results."""
    numbers = [re.sub(r"\s", "", number) for number in NUMBER.findall(prose(text))]
    return [n for n in numbers if ("." in n or "%" in n or n in claims) and n not in CONSTANTS]


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.stem)
def test_prose_holds_no_typed_result(page):
    text = page.read_text(encoding="utf-8")
    for quoted in QUOTED.get(page.stem, []):
        assert quoted in text, f"“{quoted}” is no longer on the page: remove it from QUOTED"
        text = text.replace(quoted, "")
    assert not typed_results(text, set(published.read()["printed"]))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("The area is 0.623 here.", ["0.623"]),
        ("In 89.4% of them, and 7 % of others.", ["89.4%", "7%"]),
        ("All 183 patients, seen for 2 years.", ["183"]),
        ("A 95% interval at 0.05 in 2022.", []),
        ("{claim}`roc.auc` and `0.623` and $p = 0.02$ and [it](https://example.org/0.5).", []),
        (
            "```{code-cell}\n0.623\n```\n\n```{note}\nIt is 0.5.\n```\n\nAnd 0.6.\n",
            ["0.5", "0.6"],
        ),
    ],
)
def test_typed_results_are_recognized(text, found):
    assert typed_results(text, {"183"}) == found


# ------------------------------------------------------------------ claims with their premises

# What is said only in a paragraph that also has each of the words behind it: what it rests on.
USUAL_MODEL = "ordinary|usual standard errors|compatible-premises|kept apart from|普通的"
PREMISES = {
    # How many patients had both markers.
    r"whatever (else )?was in|whatever else (was|the)|不论模型中还有什么": [USUAL_MODEL],
    r"`possible_both`|`both_least`|\n`span`|\{glue:text\}`span` patients": [
        "without penalty|unpenalized|compatible-premises|无惩罚",
        "all patients|all\n  \\{glue:text\\}`patients` patients|compatible-premises|全部患者",
        "yes-or-no|compatible-premises|有或无",
        "offset|compatible-premises|无偏移项",
        "Wald|compatible-premises",
        "if (that section too is about|the ROC section covers)|compatible-premises|ROC 部分包括",
    ],
    # The counts.
    r"`occluded` of them had an occlusion|No other whole numbers|were the only ones": [
        "[Ii]f the ROC section"
    ],
    r"`occluded` 例发生支架闭塞": ["如果 ROC 部分"],
    r"the only ones\s+that": ["[Ii]f the"],
    # What is contradicted, and what is not.
    r"two markers alone does not print|None gives both published": ["premises"],
    r"[Ss]tepwise selection as such": ["a final model that holds the two markers and nothing else"],
    r"`standing`": ["under the premises of its row"],
    r"cannot stand there": ["Wald intervals"],
    r"wider than they need be": ["[Ii]f these markers"],
    # What arithmetic cannot see.
    r"leaves? out one at a time|set aside alone|left out at a time": [
        "agree with one|fit each other"
    ],
    r"`with_factor_count`|`by_all_four`": ["significant (alone )?by all four tests"],
    r"`share_by_all`": ["Assumed"],
}


def paragraphs(text: str) -> list[str]:
    """The paragraphs and list items of a chapter's source, its code left out."""
    text = re.sub(r"^(`{3,})\{code-cell\}.*?^\1$", "", text, flags=re.DOTALL | re.MULTILINE)
    return [
        part for part in re.split(r"\n\s*\n|\n(?=[-*] )|^:::.*$", text, flags=re.MULTILINE) if part
    ]


@pytest.mark.parametrize("claim", PREMISES)
def test_what_is_claimed_carries_its_premises(claim):
    said = [
        (page.stem, part)
        for page in PAGES
        for part in paragraphs(page.read_text(encoding="utf-8"))
        if re.search(claim, part)
    ]
    assert said, "no page says this any more: remove it from PREMISES"
    for page, part in said:
        for premise in PREMISES[claim]:
            assert re.search(premise, part), f"{page}: “{part}” does not say “{premise}”"


def test_figures_and_tables_that_claim_carry_their_premises():
    claiming = {}
    for chapter in notebooks.sources():
        for about in notebooks.described(nbformat.read(chapter.with_suffix(".ipynb"), 4)):
            said = f"{about['caption']} {about.get('alt', '')}"
            if re.search("proven|impossible|[Nn]o model|determine", said):
                claiming[about["name"]] = said
    assert {"fig-two-markers", "fig-core-map", "fig-ladder"} <= set(claiming)
    for name, said in claiming.items():
        assert re.search("premises|usual kind|all patients|[Ii]f the", said), name


# ----------------------------------------------------------------------------- the glossary

# Also words of every day, which cannot all be links.
EVERYDAY = {
    *("Bounded", "Check", "Confirmed", "Contradicted", "Determined", "Excluded", "Fitted", "Given"),
    *("Open", "Print"),
}
ROLE = re.compile(r"\{term\}`(?:[^`<]*<)?([^`<>]+)>?`")
NO_WORDS = re.compile(
    r"\{[a-z:]+\}`[^`]*`|`[^`]*`|\[[^\]]*\]\([^)]*\)|\$\$.*?\$\$|\$[^$\n]+\$", re.DOTALL
)


def blank(found: re.Match) -> str:
    return " " * len(found[0])


def unlinked(source: str, terms: list[str]) -> list[str]:
    """The terms whose first use in a chapter's source is not a link to the glossary."""
    text = re.sub(r"^[#(].*$", "", text_of(source), flags=re.MULTILINE)
    words, lacking = NO_WORDS.sub(blank, text), []
    # The longest first: an "adjusted odds ratio" is no use of "odds ratio".
    for term in sorted(terms, key=len, reverse=True):
        spelled = re.escape(term).replace(r"\ ", r"\s+")
        flags = 0 if term.isupper() else re.IGNORECASE
        use = re.compile(rf"(?<![\w-]){spelled}s?(?![\w-])", flags)
        first = use.search(words)
        before = text[: first.start()] if first else text
        linked = {link[1].casefold() for link in ROLE.finditer(before)}
        if first and term.casefold() not in linked and term not in EVERYDAY:
            lacking.append(term)
        words = use.sub(blank, words)
    return lacking


@pytest.mark.parametrize(
    "page",
    [path for path in PAGES if not re.match("glossary|references|zh|code", path.stem)],
    ids=lambda path: path.stem,
)
def test_each_term_of_the_glossary_is_a_link_where_a_page_first_uses_it(page):
    assert unlinked(page.read_text(encoding="utf-8"), terms()) == []


@pytest.mark.parametrize(
    ("text", "lacking"),
    [
        ("An odds ratio, and {term}`odds ratios <Odds ratio>`.", ["Odds ratio"]),
        ("{term}`Odds ratios <Odds ratio>`, then an odds ratio.", []),
        ("# Odds ratio\n\nIts `odds ratio` is an {term}`Adjusted odds ratio`.", []),
        ("An adjusted odds ratio.", ["Adjusted odds ratio"]),
    ],
)
def test_first_uses_are_recognized(text, lacking):
    assert unlinked(text, ["Odds ratio", "Adjusted odds ratio"]) == lacking


# ---------------------------------------------------------- what rests on the example cohort


LOADS_ROWS = [path.stem for path in notebooks.sources() if "load()" in path.read_text("utf-8")]


@pytest.mark.parametrize("chapter", slow_but(["methods", "patency", "roc"], LOADS_ROWS))
def test_what_another_example_cohort_would_change_is_marked(chapter, tmp_path, monkeypatch):
    """By running the chapter with one: a table or figure that changes is marked, and so is each
    sentence with a number that does."""
    ours = run(chapter)
    path = tmp_path / "cohort.csv"
    witness().to_csv(path, index=False)
    for module in (loading, ledger, conclusions):
        monkeypatch.setattr(module, "EXAMPLE", path)
    theirs = run(chapter)
    assert len(ours.shown) == len(theirs.shown)
    for one, other in zip(ours.shown, theirs.shown, strict=True):
        about, changed = (getattr(x, "about", None) or x.content for x in (one, other))
        if about != changed:
            words = f"{about.get('caption')} {about.get('note')}".lower()
            assert "rests on the example cohort" in words, words
    changed = {name for name, text in ours.glued.items() if theirs.glued[name] != text}
    assert changed or chapter != "analysis"
    for part in paragraphs((notebooks.CHAPTERS / f"{chapter}.md").read_text(encoding="utf-8")):
        if changed & set(re.findall(r"\{glue:text\}`(\w+)`", part)):
            assert re.search(
                "example cohort|`here`|example made|In cohorts that|cohorts that print", part
            ), part
