"""The whole book as one PDF: what is on it, and that the same book gives the same bytes."""

import re
import shutil

import pytest
from books import CHAPTER, Book, files_of, needed, python, small_book

from lib.site import pdf

PROSE = """

(methods-example)=
## Again

[Outside](https://example.org/x), {doc}`there <index>`, {ref}`here <methods-example>`.

```{table} Made up
:class: book-table reconstructed

| a heading | another |
| --- | --- |
| 0.0123 | 0.184 |
```
"""
CODE = "# The code\n\nWhat is not printed.\n\n```{py:function} example()\nDoes nothing.\n```\n"


@pytest.fixture(scope="module")
def book(tmp_path_factory) -> Book:
    """A built book of two chapters, and a page of code."""
    chapters = {
        "index": CHAPTER.format(title="One & only", code="print('shown')"),
        "methods": CHAPTER.format(title="Two", code="print('shown')") + PROSE,
        "code_site": CODE,
    }
    book = small_book(tmp_path_factory.mktemp("pdf") / "a book", chapters)
    book.rebuild()
    return book


@pytest.fixture(scope="module")
def content(book) -> bytes:
    needed(*pdf.BROWSERS)
    # By its command, because another test may have a browser open in this process.
    done = python("-m", "lib.site.pdf", str(book.folder), folder=book.folder)
    assert done.returncode == 0, done.stderr
    return (book.site / pdf.NAME).read_bytes()


def test_it_is_tagged_has_an_outline_and_says_nothing_of_the_machine(book, content):
    assert content.startswith(b"%PDF-")
    assert b"/MarkInfo" in content and b"/StructTreeRoot" in content and b"/Outlines" in content
    assert b"/Lang (en)" in content
    # A cover with the contents, and a page for each of the two chapters.
    assert len(re.findall(rb"/Type /Page\b", content)) == 3
    assert b"example.org/x" in content
    assert str(book.folder).encode() not in content and b"file:" not in content


def test_what_is_marked_is_drawn_with_lines_and_no_picture_of_the_page(content):
    assert b"/Subtype /Image" not in content


def test_no_number_of_a_table_is_broken_although_the_code_is_on_the_same_page(book, tab):
    assert book.build("--builder", "singlehtml").returncode == 0
    joined = book.folder / "_build" / "singlehtml"
    shutil.move(joined / pdf.START, joined / "book.html")
    tab.emulate_media(media="print")
    tab.goto((joined / "book.html").as_uri())
    wraps = "cells => cells.map(cell => getComputedStyle(cell).overflowWrap)"
    assert set(tab.eval_on_selector_all("td", wraps)) == {"normal"}
    shutil.rmtree(joined)


def test_links_within_the_book_stay_in_it(content):
    places = re.findall(rb"/Dest /(\S+)", content)
    assert {b"document-chapters/index", b"methods-example"} <= {unquoted(name) for name in places}


def unquoted(name: bytes) -> bytes:
    """A name of the PDF, in which a sign may be written as its code."""
    return re.sub(rb"#([0-9a-fA-F]{2})", lambda code: bytes.fromhex(code[1].decode()), name)


@pytest.mark.scheduled
def test_the_same_book_gives_the_same_bytes_wherever_it_is(book, content, tmp_path):
    shutil.copytree(book.folder, tmp_path / "elsewhere", ignore=shutil.ignore_patterns("_build"))
    other = Book(tmp_path / "elsewhere")
    done = python("-m", "lib.site.pdf", str(other.folder), folder=other.folder)
    assert done.returncode == 0, done.stderr
    assert (other.site / pdf.NAME).read_bytes() == content


def test_every_page_links_it_from_where_it_is_and_nothing_of_the_printing_is_left(book, content):
    assert f'href="../{pdf.NAME}"' in book.page("methods")
    assert f'href="{pdf.NAME}"' in (book.site / "search.html").read_text(encoding="utf-8")
    assert not (book.site.parent / "singlehtml").exists()
    before = files_of(book.site)
    pdf.link(book.site)
    assert files_of(book.site) == before


def test_a_pdf_of_other_pages_is_removed_with_its_links(book, content):
    page = book.site / "chapters" / "methods.html"
    page.write_text(book.page("methods").replace("prose", "other prose"), encoding="utf-8")
    pdf.link(book.site)
    assert not (book.site / pdf.NAME).exists()
    assert pdf.NAME not in book.page("methods")


def test_without_a_browser_one_sentence_says_what_to_install(book):
    done = python("-m", "lib.site.pdf", str(book.folder), folder=book.folder, PATH="")
    assert done.returncode != 0 and "apt-get install chromium" in done.stderr
    assert "Traceback" not in done.stderr
