"""The site about somebody's own patients: nothing on it comes from the example cohort, whatever was
built before.
"""

import json
import re
import shutil
from pathlib import Path

import docx
import nbformat
import pytest
from books import CHAPTER, Book, dead_links, files_of, small_book
from bs4 import BeautifulSoup
from helpers import STUDY, witness

from lib.compatible import verification
from lib.patients import loading, template
from lib.show.display import text_of
from lib.site.code import ARCHIVE
from lib.site.render import TABLE

# Bytes of pictures and fonts hold no text; everything else does.
BINARY = {".png", ".ttf", ".woff", ".woff2", ".eot"}


@pytest.fixture(scope="module")
def own(built, tmp_path_factory) -> tuple[Book, dict[str, str]]:
    """A book whose site about the paper was replaced by one about births, and the environment that
    asks for it.
    """
    folder = tmp_path_factory.mktemp("own")
    rows, _ = template.write(template.example(), folder)
    shutil.copytree(built / "book", folder / "book")
    book, environment = Book(folder / "book"), {"COHORT": str(rows)}
    assert book.rebuild(**environment)
    return book, environment


@pytest.mark.parametrize("example", [True, False])
def test_the_start_page_has_the_title_of_its_patients(tmp_path, example):
    pages = {"index": CHAPTER.format(title="A study", code="1"), "other": "# Another\n"}
    book = small_book(tmp_path / "book", pages)
    rows, _ = template.write(template.example(), tmp_path)
    done = book.build("-q", COHORT="" if example else str(rows))
    assert done.returncode == 0, done.stderr
    assert "CITATION.cff has no address" in done.stdout
    page = BeautifulSoup(book.page("index"), "html.parser")
    expected = "A study" if example else "The patients of birth_weight"
    assert page.h1.text.rstrip("#") == expected and expected in page.title.text


def test_no_row_of_any_patient_is_on_the_site(own):
    book, environment = own
    site = {
        name: plain(content)
        for name, content in files_of(book.site).items()
        if Path(name).suffix not in BINARY
    }
    assert not (book.site / "data").exists() and not [
        name for name in site if name.endswith("cohort.csv")
    ]
    for path in (loading.EXAMPLE, environment["COHORT"]):
        lines = [
            line
            for line in plain(Path(path).read_bytes()).splitlines()
            if b"," in line and b"#" not in line
        ][1:]
        # Without the identifier, which is the first; short rows would occur by chance.
        rows = {line.split(b",", 1)[1] for line in lines}
        assert len(rows) > 50 and min(map(len, rows)) > 12
        for name, content in site.items():
            assert not any(row in content for row in rows), name


def test_the_search_knows_no_number_that_no_page_shows(own):
    book, _ = own
    text = (book.site / "searchindex.js").read_text(encoding="utf-8")
    index = json.loads(text.removeprefix("Search.setIndex(").removesuffix(")"))
    pages = [page.read_text(encoding="utf-8") for page in book.site.rglob("*.html")]
    shown = {
        *re.findall(r"\w+", " ".join(BeautifulSoup(p, "html.parser").get_text(" ") for p in pages))
    }
    searched = {word for word in {*index["terms"], *index["titleterms"]} if word.isdecimal()}
    assert len(searched) > 100 and searched <= shown


def plain(content: bytes) -> bytes:
    """Without quotation marks, in which a text may stand in one file and not in another."""
    return content.replace(b"\\", b"").replace(b'"', b"")


def test_the_word_file_has_no_pattern_of_another_file(own):
    """The page about files shows how the study's own would look; it is no table of this book."""
    book, _ = own
    assert "stent_length_mm" in book.page("your_data")
    word = docx.Document(book.site / "_downloads" / "tables.docx")
    texts = [cell.text for table in word.tables for row in table.rows for cell in row.cells]
    texts += [paragraph.text for paragraph in word.paragraphs]
    assert "Smoking during pregnancy" in texts
    assert not re.findall("stent|occlu|The columns of a cohort file", " ".join(texts))


def test_the_word_file_withholds_what_the_pages_withhold(own):
    """So do the notebooks on offer."""
    book, _ = own
    on_pages: list[str] = []
    for page in book.site.rglob("chapters/*.html"):
        for table in BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser").select(
            "table.book-table"
        ):
            for head in table.select(".cell-head"):
                head.decompose()
            on_pages += [in_plain(cell.text) for cell in table.select("th, td")]
    word = docx.Document(book.site / "_downloads" / "tables.docx")
    in_word = [in_plain(c.text) for t in word.tables for row in t.rows for c in row.cells]
    assert in_word.count("withheld") == on_pages.count("withheld") > 0
    assert set(in_word) <= set(on_pages)
    outputs = [
        output
        for path in book.site.rglob("*.ipynb")
        for cell in nbformat.read(path, as_version=4).cells
        for output in cell.get("outputs", [])
    ]
    tables = [output.data[TABLE] for output in outputs if TABLE in output.get("data", {})]
    in_notebooks = [text_of(cell) for table in tables for row in table["rows"] for cell in row]
    assert in_notebooks.count("withheld") == on_pages.count("withheld")


def in_plain(text: str) -> str:
    """With one kind of space and of apostrophe."""
    return " ".join(text.replace("\u2019", "'").split())


@pytest.mark.scheduled
def test_with_another_example_cohort_the_site_would_be_the_same(own, tmp_path):
    """So nothing on it was computed from the example cohort: what it shares with the site about the
    paper is about the paper alone."""
    book, environment = own
    shutil.copytree(book.folder, tmp_path / "book", ignore=shutil.ignore_patterns("_build"))
    other = Book(tmp_path / "book")
    path = other.folder / "data" / "cohort.csv"
    before = loading.load(path)
    witness().to_csv(path, index=False)
    # Another cohort that prints the abstract, and really another one.
    after = loading.load(path)
    assert verification.unmet(after.rows, STUDY) == ""
    assert sorted(map(tuple, before.rows.iloc[:, 1:].to_numpy())) != sorted(
        map(tuple, after.rows.iloc[:, 1:].to_numpy())
    )
    other.rebuild(**environment)
    here, there = files_of(book.site), files_of(other.site)
    # The project itself, which holds the example cohort, and the page that has its size.
    project = {ARCHIVE, "chapters/code.html"}
    differ = {name for name in here.keys() | there.keys() if here.get(name) != there.get(name)}
    assert differ - project == set()


def test_a_book_about_other_patients_leaves_the_paper_out(own):
    book, _ = own
    start = BeautifulSoup(book.page("index"), "html.parser")
    captions = [part.text for part in start.select(".bd-links .caption-text")]
    assert captions[0] == "Section by section" and "The paper" not in captions
    rates = BeautifulSoup(book.page("patency"), "html.parser")
    assert rates.h1.text.rstrip("#") == "Rates by group" and "Rates by group" in start.text
    assert "Patency" not in "".join(
        page for page in map(book.page, ("index", "patency", "methods"))
    )
    notebooks = [nbformat.read(path, as_version=4) for path in book.site.rglob("patency*.ipynb")]
    assert [one.cells[0].source.splitlines()[0] for one in notebooks] == ["# Rates by group"]
    # So do pages without code.
    for chapter, gone in [
        ("corrections", ("author of the paper", "collaterals", "occlusion")),
        ("cite", ("The study", "printed number")),
        ("references", ("The study", "Series of stents")),
    ]:
        page = BeautifulSoup(book.page(chapter), "html.parser").article.text
        assert not [words for words in gone if words in page], chapter
    for chapter in ("compatible", "replication", "ledger", "checklist"):
        page = BeautifulSoup(book.page(chapter), "html.parser").article
        assert not page.find_all(["table", "figure"]), chapter
    for chapter in ("methods", "patency", "univariate", "multivariate", "roc"):
        assert "What the paper reports" not in book.page(chapter)
    assert not list(book.site.rglob("tab-claims-*"))
    assert dead_links(book.site) == []
