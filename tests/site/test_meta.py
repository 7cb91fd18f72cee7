"""What the site says about itself: in the pages of a small book, with and without an address of its
own.
"""

import json
import re
import shutil
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import pytest
from books import Book, small_book, without_last_line
from bs4 import BeautifulSoup

from lib.site import meta

PREVIEW = "_static/preview.png"
ADDRESS = "https://example.org/stents"
PAGES = {
    "index": 'The "start" of \\<it> & more. A second sentence. ' + "And many words. " * 20,
    "methods": "Short.",
    "cite": "How to cite.",
}


@pytest.fixture(scope="module")
def book(tmp_path_factory) -> Book:
    pages = {name: f"# The {name}\n\n{text}\n" for name, text in PAGES.items()}
    return small_book(tmp_path_factory.mktemp("meta") / "book", pages)


@pytest.fixture(scope="module")
def site(book) -> Path:
    """The small book without an address."""
    book.rebuild(SITE_URL="")
    return book.site


@pytest.fixture(scope="module")
def addressed(book, site, tmp_path_factory) -> Path:
    """The same book with one, elsewhere."""
    folder = tmp_path_factory.mktemp("addressed")
    book.rebuild("--path-output", str(folder), SITE_URL=ADDRESS)
    return folder / "_build" / "html"


def page(site: Path, name: str) -> BeautifulSoup:
    return BeautifulSoup((site / name).read_bytes(), "html.parser")


def test_each_page_describes_itself_by_its_first_words(site):
    start = page(site, "chapters/index.html")
    about = start.find("meta", {"name": "description"})["content"]
    assert about.startswith("The “start” of <it> & more. A second sentence. And many words.")
    assert 150 < len(about) <= 200 and about.endswith("...")
    assert start.find("meta", property="og:title")["content"] == "The index"
    shown = page(site, "chapters/methods.html")
    assert shown.find("meta", {"name": "description"})["content"] == "Short."
    for path in site.glob("chapters/*.html"):
        described = page(site, f"chapters/{path.name}").find_all(property="og:description")
        assert len(described) == 1


def test_without_an_address_every_reference_is_relative_and_leads_to_a_file(site):
    start = page(site, "chapters/index.html")
    image = start.find("meta", property="og:image")["content"]
    assert (site / "chapters" / image).resolve().is_file()
    assert (site / page(site, "index.html").find("meta", property="og:image")["content"]).is_file()
    assert not start.find("link", rel="canonical")
    assert "://" not in start.find("meta", property="og:url")["content"]
    assert not (site / "sitemap.xml").exists()
    assert "Sitemap" not in (site / "robots.txt").read_text(encoding="utf-8")
    assert (site / "chapters" / start.find("link", rel="icon")["href"]).resolve().is_file()


def test_with_an_address_pages_name_it_and_there_is_a_site_map(addressed):
    for name in PAGES:
        here = f"{ADDRESS}/chapters/{name}.html"
        found = page(addressed, f"chapters/{name}.html")
        assert found.find("link", rel="canonical")["href"] == here
        assert found.find("meta", property="og:url")["content"] == here
        assert found.find("meta", property="og:image")["content"] == f"{ADDRESS}/{PREVIEW}"
    locations = [
        part.text
        for part in ElementTree.parse(addressed / "sitemap.xml").iter()
        if part.tag.endswith("loc")
    ]
    assert locations == [f"{ADDRESS}/chapters/{name}.html" for name in PAGES]
    assert f"Sitemap: {ADDRESS}/sitemap.xml" in (addressed / "robots.txt").read_text(
        encoding="utf-8"
    )


def test_structured_data_name_the_book_and_the_study_on_the_start_page_alone(site):
    book = json.loads(page(site, "chapters/index.html").find(type="application/ld+json").string)
    assert "Book" in book["@type"] and book["about"]["datePublished"] == "2022"
    assert not page(site, "chapters/methods.html").find(type="application/ld+json")


def test_the_page_for_a_wrong_address_leads_back(site, addressed):
    for folder, base in [(site, ""), (addressed, "/stents/")]:
        found = page(folder, "404.html")
        assert [link["href"] for link in found.find_all("a")] == [
            f"{base}chapters/{name}.html" for name in PAGES
        ]
        assert not found.find_all(src=True)
        assert [link["href"] for link in found.find_all("link")] == ["data:,"]
        assert found.find("meta", {"name": "robots"})["content"] == "noindex"


def test_each_page_ends_with_the_citation_and_the_version_also_without_a_repository(site):
    version = meta.citation()["version"]
    for path in site.glob("chapters/*.html"):
        found = page(site, f"chapters/{path.name}")
        assert path.stem == "cite" or found.select_one('.extra_footer a[href="cite.html"]')
        assert found.select_one(".extra_footer .edition").get_text() == f"Version {version}"


def test_in_a_repository_the_version_comes_with_the_commit_and_its_date(tmp_path, monkeypatch):
    shutil.copy(meta.ROOT / "CITATION.cff", tmp_path)
    monkeypatch.setattr(meta, "ROOT", tmp_path)
    assert "commit" not in meta.edition()
    git = ["git", "-C", str(tmp_path), "-c", "user.name=n", "-c", "user.email=e@example.org"]
    for words in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "a", "--date=2026-01-02"]):
        subprocess.run([*git, *words], check=True)
    assert re.fullmatch(r"Version \S+, commit [0-9a-f]{7,} of \d{4}-\d\d-\d\d", meta.edition())
    (tmp_path / "CITATION.cff").write_text("version: 1\n", encoding="utf-8")
    assert "-dirty of" in meta.edition()


def test_a_book_about_other_patients_asks_not_to_be_indexed_and_offers_no_data(
    book, site, tmp_path
):
    registry = tmp_path / "registry.csv"
    registry.write_text(without_last_line(book.folder / "data" / "cohort.csv"), encoding="utf-8")
    book.rebuild("--path-output", str(tmp_path), COHORT=str(registry), SITE_URL=ADDRESS)
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
