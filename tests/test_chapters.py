"""Each chapter's source and stored notebook agree, and its prose holds no result that was typed."""

import re
from pathlib import Path

import jupytext
import nbformat
import pytest

from lib.paper import published
from lib.site import notebooks

SOURCES = notebooks.sources()
PAGES = sorted(notebooks.CHAPTERS.glob("*.md"))

# Conventions and definitions, which no analysis of this book produces.
CONSTANTS = {"0.05", "1.96", "5%", "95%"}
# The place of the paper.
PLACE = "2022;31(12):1605–1611"
QUOTED = {"index": [PLACE], "zh": [PLACE]}

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


def test_stored_notebook_says_nothing_of_the_machine(stored):
    assert set(stored.metadata) == {"kernelspec", "jupytext"}
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


def prose(text: str) -> str:
    """A chapter's source without front matter, code, mathematics, roles and addresses."""
    kept, open_fences = [], []
    for line in re.sub(r"\A---\n.*?\n---\n", "", text, flags=re.DOTALL).splitlines():
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
    text = "\n".join(kept)
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
