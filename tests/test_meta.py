"""What the site says about itself: in the pages of a small book, with and without an address of its
own.
"""

import io
import json
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from books import Book, copy_book
from bs4 import BeautifulSoup
from docutils import nodes
from PIL import Image

from lib.site import meta

ADDRESS = "https://example.org/stents"
PAGES = {
    "index": 'The "start" of <it> & more. A second sentence.\n\nAnother paragraph.',
    "methods": "Short.",
    "cite": "How to cite.",
}


def document(*paragraphs: str) -> nodes.Element:
    return nodes.section(
        "", nodes.title("", "Title"), *[nodes.paragraph("", text) for text in paragraphs]
    )


def test_a_description_is_the_first_paragraph_on_one_line():
    assert meta.description(document("One\ntwo.", "Three.")) == "One two."
    assert meta.description(document()) == ""
    assert meta.description(None) == ""


def test_a_long_description_ends_with_a_sentence_or_at_a_word():
    sentences = "A sentence of words. " * 30
    assert meta.description(document(sentences)).endswith("words.")
    assert len(meta.description(document(sentences))) <= meta.LONGEST_DESCRIPTION
    assert meta.description(document("word " * 100)).endswith("word …")


def test_words_of_a_page_cannot_leave_their_element():
    page = BeautifulSoup(meta.tags('"><b>', "a & b", "Book", "p.png", ""), "html.parser")
    assert not page.find("b")
    assert page.find(property="og:title")["content"] == '"><b>'
    assert not page.find(property="og:url")


def test_the_preview_is_a_picture_of_the_usual_size_and_always_the_same():
    first, second = (
        meta.preview("A title that takes more than one line", ["and", "words"]) for _ in range(2)
    )
    assert first == second
    assert Image.open(io.BytesIO(first)).size == meta.PREVIEW_PIXELS
    assert len(first) < 150_000


@pytest.fixture(scope="module")
def book(tmp_path_factory) -> Book:
    book = copy_book(tmp_path_factory.mktemp("meta") / "book")
    for path in (book.folder / "chapters").glob("*.md"):
        path.unlink()
    for name, text in PAGES.items():
        (book.folder / "chapters" / f"{name}.md").write_text(
            f"# The {name}\n\n{text}\n", encoding="utf-8"
        )
    others = [{"file": f"chapters/{name}.md"} for name in list(PAGES)[1:]]
    toc = json.dumps({"format": "jb-book", "root": "chapters/index.md", "chapters": others})
    (book.folder / "_toc.yml").write_text(toc, encoding="utf-8")
    return book


@pytest.fixture(scope="module")
def site(book) -> Path:
    """The small book without an address."""
    done = book.build("-q", "-W", "-n", "--keep-going", SITE_URL="")
    assert done.returncode == 0, done.stdout + done.stderr
    return book.site


@pytest.fixture(scope="module")
def addressed(book, site, tmp_path_factory) -> Path:
    """The same book with one, elsewhere."""
    folder = tmp_path_factory.mktemp("addressed")
    done = book.build(
        "-q", "-W", "-n", "--keep-going", "--path-output", str(folder), SITE_URL=ADDRESS
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "_build" / "html"


def page(site: Path, name: str) -> BeautifulSoup:
    return BeautifulSoup((site / name).read_bytes(), "html.parser")


def test_each_page_describes_itself(site):
    start = page(site, "chapters/index.html")
    about = "The “start” of <it> & more. A second sentence."
    assert start.find("meta", {"name": "description"})["content"] == about
    assert start.find("meta", property="og:title")["content"] == "The index"
    assert (
        page(site, "chapters/methods.html").find("meta", {"name": "description"})["content"]
        == "Short."
    )
    for path in site.glob("chapters/*.html"):
        assert (
            len(page(site, f"chapters/{path.name}").find_all("meta", property="og:description"))
            == 1
        )


def test_without_an_address_every_reference_is_relative_and_leads_to_a_file(site):
    start = page(site, "chapters/index.html")
    image = start.find("meta", property="og:image")["content"]
    assert (site / "chapters" / image).resolve().is_file()
    assert (site / page(site, "index.html").find("meta", property="og:image")["content"]).is_file()
    assert not start.find("link", rel="canonical") and not start.find("meta", property="og:url")
    assert not (site / "sitemap.xml").exists()
    assert "Sitemap" not in (site / "robots.txt").read_text(encoding="utf-8")
    assert (site / "chapters" / start.find("link", rel="icon")["href"]).resolve().is_file()


def test_with_an_address_pages_name_it_and_there_is_a_site_map(addressed):
    for name in PAGES:
        here = f"{ADDRESS}/chapters/{name}.html"
        found = page(addressed, f"chapters/{name}.html")
        assert found.find("link", rel="canonical")["href"] == here
        assert found.find("meta", property="og:url")["content"] == here
        assert found.find("meta", property="og:image")["content"] == f"{ADDRESS}/{meta.PREVIEW}"
    locations = [
        part.text
        for part in ElementTree.parse(addressed / "sitemap.xml").iter()
        if part.tag.endswith("loc")
    ]
    assert locations == [f"{ADDRESS}/chapters/{name}.html" for name in PAGES]
    assert f"Sitemap: {ADDRESS}/sitemap.xml" in (addressed / "robots.txt").read_text(
        encoding="utf-8"
    )


def test_structured_data_name_the_book_the_study_and_files_that_are_there(site, addressed):
    texts = [
        page(folder, "chapters/index.html").find(type="application/ld+json").string
        for folder in (site, addressed)
    ]
    for text, base in zip(texts, ["../", f"{ADDRESS}/"], strict=True):
        book, data = json.loads(text)["@graph"]
        assert "Book" in book["@type"] and data["@type"] == "Dataset"
        assert [part["name"] for part in book["hasPart"]] == [f"The {name}" for name in PAGES]
        assert book["about"]["datePublished"] == "2022"
        for part in data["distribution"]:
            assert part["contentUrl"].startswith(base)
            assert (site / part["contentUrl"].removeprefix(base)).is_file()
    assert not page(site, "chapters/methods.html").find(type="application/ld+json")


def test_the_page_for_a_wrong_address_leads_back(site, addressed):
    for folder, base in [(site, ""), (addressed, "/stents/")]:
        found = page(folder, "404.html")
        assert [link["href"] for link in found.find_all("a")] == [
            f"{base}chapters/{name}.html" for name in PAGES
        ]
        assert not found.find_all(src=True) and not found.find_all("link")
        assert found.find("meta", {"name": "robots"})["content"] == "noindex"


def test_the_end_of_each_page_leads_to_the_citation(site):
    assert page(site, "chapters/methods.html").select_one('.extra_footer a[href="cite.html"]')


def test_the_logo_keeps_its_place(site):
    images = page(site, "chapters/index.html").select("img.logo__image")
    assert images and all(image["width"] and image["height"] and image["alt"] for image in images)


def test_a_book_about_other_patients_asks_not_to_be_indexed_and_offers_no_data(
    book, site, tmp_path
):
    rows = (
        (book.folder / "data" / "cohort.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    )
    (tmp_path / "registry.csv").write_text("".join(rows[:-1]), encoding="utf-8")
    options = ["-q", "-W", "-n", "--keep-going", "--path-output", str(tmp_path)]
    done = book.build(*options, COHORT=str(tmp_path / "registry.csv"), SITE_URL=ADDRESS)
    assert done.returncode == 0, done.stdout + done.stderr
    private = tmp_path / "_build" / "html"
    assert "Disallow: /" in (private / "robots.txt").read_text(encoding="utf-8")
    assert (
        page(private, "chapters/methods.html").find("meta", {"name": "robots"})["content"]
        == "noindex"
    )
    assert not (private / "data").exists() and not (private / "sitemap.xml").exists()
    assert not re.search(
        "ld\\+json", (private / "chapters" / "index.html").read_text(encoding="utf-8")
    )
