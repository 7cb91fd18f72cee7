"""The built site: complete, self-contained, never stale, and left alone by a build that fails."""

import ast
import os
import re
import shlex
import shutil
import subprocess
from copy import deepcopy
from importlib import import_module
from pathlib import Path
from urllib.parse import urlsplit

import jupytext
import nbformat
import pytest
from books import (
    BUILD,
    CHAPTER,
    ROOT,
    Book,
    copy_book,
    dead_links,
    files_of,
    small_book,
    without_last_line,
)
from bs4 import BeautifulSoup

from lib.site import notebooks

# ------------------------------------------------------------------------------ the whole book


@pytest.fixture(scope="session")
def pages(book) -> dict[Path, BeautifulSoup]:
    paths = book.site.rglob("*.html")
    return {path: BeautifulSoup(path.read_bytes(), "html.parser") for path in paths}


def test_every_chapter_is_a_page_and_the_site_has_a_front_door(book):
    names = {path.stem for path in (ROOT / "chapters").glob("*.md")}
    assert names == {path.stem for path in (book.site / "chapters").glob("*.html")}
    assert "chapters/index.html" in (book.site / "index.html").read_text(encoding="utf-8")


def test_nothing_is_loaded_from_another_host(book, pages):
    for path, page in pages.items():
        loaded = [tag["src"] for tag in page.find_all(src=True)] + [
            tag["href"] for tag in page.find_all("link", href=True)
        ]
        assert not [address for address in loaded if urlsplit(address).netloc], path
    for style in book.site.rglob("*.css"):
        text = style.read_text(encoding="utf-8")
        assert not re.findall(r"""(?:@import|url\()\s*["']?(?:https?:)?//[^"')]+""", text), style


def test_every_internal_link_and_anchor_leads_somewhere(book):
    assert dead_links(book.site) == []


def test_every_image_has_words_and_a_size(pages):
    for path, page in pages.items():
        for image in page.find_all("img"):
            assert image.get("alt"), f"{path.name}: {image}"
            assert image.get("width") and image.get("height"), f"{path.name}: {image}"


def test_every_page_says_whose_rows_it_rests_on(pages):
    for path, page in pages.items():
        if path.parent.name == "chapters":
            assert (
                "They are not patient data."
                in page.select_one("aside.bd-header-announcement").get_text()
            ), path


def test_no_sign_of_the_source_is_left_in_the_text(pages):
    """A formula, a role or a block that was not understood stands on the page as it was typed."""
    for path, page in pages.items():
        text = deepcopy(page.select_one("article"))
        if text is None or path.name.startswith("code_"):
            continue
        for code in text.select("code, pre, svg, dt"):
            code.decompose()
        assert not re.findall(r"\$|:::|\*\*|\{[a-z:-]+\}`", text.get_text()), path.name


def test_the_notebooks_on_offer_are_of_this_build_and_its_outputs_are_those_stored(book):
    """The copy holds no stored notebook, so whatever is offered was made by the build. nbval leaves
    out what an output says about itself, where a figure keeps its caption and data."""
    offered = {path.stem: nbformat.read(path, as_version=4) for path in book.site.rglob("*.ipynb")}
    assert set(offered) == {path.stem for path in notebooks.sources()}
    for name, notebook in offered.items():
        stored = nbformat.read(notebooks.CHAPTERS / f"{name}.ipynb", as_version=4)
        assert outputs(stored) == outputs(notebook), name
        code = [cell for cell in notebook.cells if cell.cell_type == "code"]
        assert all(cell.execution_count for cell in code), name
        text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
        assert "when}" not in text and "{glue:" not in text, name
    assert not (book.site / "_sources").exists()


def test_each_figure_and_table_links_the_function_that_made_it(pages, book):
    for source in notebooks.sources():
        name = source.stem
        (offered,) = (book.site / "_downloads" / "chapters" / name).glob("*.ipynb")
        made_by = {about["function"] for about in notebooks.described(nbformat.read(offered, 4))}
        page = pages[book.site / "chapters" / f"{name}.html"]
        links = page.select(".files a:has(.made-by)")
        assert {link["href"].partition("#")[2] for link in links} == made_by, name
        for link in links:
            assert link["href"].endswith(f".{link.get_text()}"), name


def test_each_cell_has_its_columns_heading_for_a_screen_on_which_rows_stack(pages):
    tables = [table for page in pages.values() for table in page.select("table.book-table")]
    assert len(tables) > 30
    for table in tables:
        headings = [heading.get_text() for heading in table.select("thead th")]
        for row in table.select("tbody tr"):
            assert [head.get_text() for head in row.select(".cell-head")] == headings[1:]


def outputs(notebook: nbformat.NotebookNode) -> list:
    """The outputs that are the same on every machine: all but the versions of the software."""
    ignored = "nbval-ignore-output"
    return [
        cell.get("outputs")
        for cell in notebook.cells
        if ignored not in cell.metadata.get("tags", [])
    ]


def test_a_second_build_runs_nothing_and_changes_nothing(book):
    before = files_of(book.site)
    assert book.rebuild() == set()
    assert files_of(book.site) == before


@pytest.mark.scheduled
def test_two_clean_builds_are_identical_even_in_another_folder(book, tmp_path):
    other = copy_book(tmp_path / "an other")
    other.rebuild()
    assert files_of(other.site) == files_of(book.site)


# ------------------------------------------------------------------------- the code on the site

HIDDEN = {"remove-cell", "remove-input"}


def calls_of_lib(cells: list) -> set[str]:
    """The functions of lib that cells call where a reader sees it, by their full names."""
    names, calls = {}, set()
    for cell in cells:
        hidden = HIDDEN & set(cell.metadata.get("tags", []))
        for node in ast.walk(ast.parse(cell.source)):
            if isinstance(node, ast.ImportFrom) and node.module.startswith("lib"):
                names |= {
                    part.asname or part.name: f"{node.module}.{part.name}" for part in node.names
                }
            if isinstance(node, ast.Call) and not hidden:
                calls.add(ast.unparse(node.func))
    full = {
        names[first] + dot + rest
        for first, dot, rest in (c.partition(".") for c in calls)
        if first in names
    }
    return {_origin(name) for name in full if name.count(".") == 3}


def _origin(name: str) -> str:
    """Where a function that a module hands on comes from, which is where it is described."""
    module, _, function = name.rpartition(".")
    found = getattr(import_module(module), function)
    return f"{found.__module__}.{found.__qualname__}"


def test_each_call_of_lib_that_a_reader_sees_leads_to_its_documentation_and_source(pages, book):
    folder, found = book.site / "chapters", set()
    for source in notebooks.sources():
        links = pages[folder / f"{source.stem}.html"].select("pre a.sphinx-codeautolink-a")
        places = {link["href"].partition("#")[2]: link["href"].partition("#")[0] for link in links}
        cells = [cell for cell in jupytext.read(source).cells if cell.cell_type == "code"]
        for called in calls_of_lib(cells):
            assert called in places, f"{source.name}: {called}"
            described = pages[(folder / places[called]).resolve()].find(id=called)
            assert described.select_one("a[href*='_modules/lib/']"), called
            found.add(called)
    assert len(found) > 30


# ----------------------------------------------- what a small book with the same hooks does


@pytest.fixture(scope="session")
def small(tmp_path_factory) -> Book:
    code = {
        "index": "from lib.paper import published; from lib.patients import loading\n"
        "print(len(loading.load().rows), 'rows')\n"
        "print('the paper has', published.read().at['methods.all.patients', 'printed'])",
        "methods": "from lib.show import word\nprint('the word is', word.WORD)",
    }
    pages = {name: CHAPTER.format(title=name, code=text) for name, text in code.items()}
    book = small_book(tmp_path_factory.mktemp("small") / "book", pages)
    (book.folder / "lib" / "show" / "word.py").write_text('WORD = "first"\n', encoding="utf-8")
    assert book.rebuild() == {"index", "methods"}
    return book


@pytest.mark.parametrize(
    ("path", "old", "new", "ran", "page", "words"),
    [
        ("chapters/methods.md", "Some prose", "Other prose", set(), "methods", "Other prose"),
        ("chapters/methods.md", "the word", "a word", {"methods"}, "methods", "a word is"),
        ("lib/show/word.py", "first", "second", {"index", "methods"}, "methods", "is second"),
        ("data/published.csv", ",183,", ",184,", {"index", "methods"}, "index", "paper has 184"),
    ],
    ids=["prose", "code", "lib", "data"],
)
def test_what_was_changed_reaches_the_page_and_runs_what_hangs_on_it(
    small, path, old, new, ran, page, words
):
    small.replace(path, old, new)
    assert small.rebuild() == ran
    assert words in small.page(page)


def test_a_changed_style_sheet_reaches_every_page_and_runs_nothing(small):
    before = re.search(r"book\.css\?v=\w+", small.page("methods"))[0]
    small.replace(
        "chapters/assets/book.css", "hanging-punctuation: first;", "hanging-punctuation: last;"
    )
    assert small.rebuild() == set()
    assert "hanging-punctuation: last;" in (small.site / "_static" / "book.css").read_text(
        encoding="utf-8"
    )
    assert before not in small.page("methods"), (
        "a browser would show the style sheet that it has kept"
    )


def test_a_cohort_of_ones_own_gets_a_site_of_its_own(small, tmp_path):
    before = files_of(small.site)
    cohort = tmp_path / "my patients.csv"
    cohort.write_text(without_last_line(small.folder / "data" / "cohort.csv"), encoding="utf-8")
    done = subprocess.run(
        [
            "make",
            "--old-file=environment",
            f"BUILD={shlex.join(BUILD)}",
            "book",
            f"COHORT={cohort}",
        ],
        cwd=small.folder,
        env=os.environ | {"PYTHONPATH": str(small.folder)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    text = Book(small.folder / "_build" / "cohorts" / "my patients").page("index")
    patients = int(re.search(r"(\d+) rows", small.page("index"))[1]) - 1
    assert f"This book is about my patients, {patients} patients." in text
    assert f"{patients} rows" in text
    assert done.stdout.splitlines()[-1].startswith(
        "Tables and pictures withheld, wholly or in part: "
    )
    assert files_of(small.site) == before


def test_a_failing_chapter_fails_the_build_and_leaves_the_site(small):
    before = files_of(small.site)
    small.replace("chapters/methods.md", "print(", "a = 1\nraise ValueError('no such vein') #")
    try:
        done = small.build()
    finally:
        small.replace("chapters/methods.md", "a = 1\nraise ValueError('no such vein') #", "print(")
    assert done.returncode != 0
    assert "methods.md fails at line 14:\n    raise ValueError('no such vein')" in done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    assert files_of(small.site) == before


def test_an_unknown_claim_or_formula_is_reported_with_its_place(small):
    wrong = "Some claim {claim}`roc.nobody.auc`, some $\\nosuchcommand$."
    small.replace("chapters/index.md", "Some prose.", wrong)
    done = small.build()
    small.replace("chapters/index.md", wrong, "Some prose.")
    assert done.returncode != 0
    assert "index.md:9: WARNING: there is no claim “roc.nobody.auc”" in done.stderr
    assert "index.md:9: WARNING: cannot set this formula: \\nosuchcommand" in done.stderr


# -------------------------------------------------------------------------------------- make


def test_make_alone_says_what_each_target_does():
    listed = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True).stdout
    for target in ["book", "test", "data", "notebooks", "bench", "lock", "clean"]:
        assert re.search(rf"^make {target} +\w", listed, flags=re.MULTILINE)


def test_an_unfit_python_gets_one_sentence(tmp_path):
    for name in ["Makefile", "requirements-book.lock", "requirements.lock", "pyproject.toml"]:
        shutil.copy(ROOT / name, tmp_path)
    done = subprocess.run(
        ["make", "book", "PYTHON=false"], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode != 0
    assert done.stderr.startswith("This needs Python 3.11 or newer")
    assert not (tmp_path / ".venv").exists()
