"""The whole book as one PDF: what is joined, what is left out, and that the same book gives the
same bytes.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from lib.site import pdf

PAGE = """\
<html><head><title>Page — Book</title><link rel="stylesheet" href="../_static/a.css">
<link rel="stylesheet" href="../_static/print.css" media="print">{next}</head>
<body><div class="bd-header-announcement"><div class="bd-header-announcement__content">Not patient data.</div></div>
<nav id="bar">navigation</nav>
<article class="bd-article"><h1 id="top">{title}<a class="headerlink" href="#top">#</a></h1>
<p id="first" aria-describedby="top">Words, <a href="#top">up</a>, <a href="two.html#first">there</a>,
<a href="https://example.org/x">outside</a>, <a href="../_downloads/x.csv">a file</a>.</p>
<details class="hide above-input"><summary>Show the code</summary><pre>folded()</pre></details>
<details><summary>More</summary><p>unfolded</p></details>
<pre>shown()</pre>
<img class="only-light" alt="a picture" loading="lazy" src="../_downloads/p.svg">
<img class="only-dark" alt="a picture" src="../_downloads/p-dark.svg">
<script>alert()</script>
<section id="page-downloads"><p class="files">IPYNB</p></section></article>
<footer><span data-whole-book></span></footer></body></html>
"""
SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9" width="9" height="9"><path d="M0 0H9V9Z"/></svg>'


ROOT = Path(__file__).parent.parent


@pytest.fixture
def site(tmp_path) -> Path:
    site = tmp_path / "a site"
    for folder in ["chapters", "_static", "_downloads"]:
        (site / folder).mkdir(parents=True)
    (site / "_static" / "a.css").write_text("p { color: black }", encoding="utf-8")
    (site / "_static" / "print.css").write_text(
        "@page { size: A4 } article { break-before: page }", encoding="utf-8"
    )
    (site / "_downloads" / "p.svg").write_text(SVG, encoding="utf-8")
    start = PAGE.format(title="One & only", next='<link rel="next" href="two.html">')
    (site / "chapters" / "index.html").write_text(start, encoding="utf-8")
    (site / "chapters" / "two.html").write_text(
        PAGE.format(title="2. Two", next=""), encoding="utf-8"
    )
    (site / "index.html").write_text("<p><span data-whole-book></span></p>", encoding="utf-8")
    return site


@pytest.fixture
def joined(site) -> BeautifulSoup:
    return BeautifulSoup(pdf.join(site), "html.parser")


def test_pages_come_in_reading_order_with_a_list_of_contents(site, joined):
    assert pdf.reading_order(site) == ["chapters/index.html", "chapters/two.html"]
    assert [article["id"] for article in joined.select("article")] == ["index", "two"]
    assert [link["href"] for link in joined.select("nav a")] == ["#index", "#two"]
    assert joined.title.get_text() == "Book"
    assert "Not patient data." in joined.select_one(".cover").get_text()


def test_links_to_the_next_page_that_go_in_a_circle_end(site):
    page = site / "chapters" / "two.html"
    text = page.read_text(encoding="utf-8").replace(
        "</head>", '<link rel="next" href="index.html"></head>'
    )
    page.write_text(text, encoding="utf-8")
    assert len(pdf.reading_order(site)) == 2


def test_no_two_parts_have_one_name_and_inner_links_stay_inside(joined):
    names = [part["id"] for part in joined.find_all(id=True)]
    assert len(names) == len(set(names))
    inner = [link["href"] for link in joined.select("main a") if link["href"].startswith("#")]
    assert inner == ["#index--top", "#two--first", "#two--top", "#two--first"]
    assert {link[1:] for link in inner} <= set(names)
    assert joined.find(id="two--first")["aria-describedby"] == "two--top"


def test_other_links_keep_their_address_or_become_words(joined):
    outer = {link["href"] for link in joined.select("main a") if not link["href"].startswith("#")}
    assert outer == {"https://example.org/x"}
    assert "a file" in joined.get_text()


def test_what_paper_cannot_offer_is_left_out_and_the_rest_is_not(joined):
    text = joined.select_one("main").get_text()
    assert "folded()" not in text and "shown()" in text and "unfolded" in text
    assert not joined.select("script, .headerlink, .only-dark, #index--page-downloads, main nav")
    assert all(part.has_attr("open") for part in joined.select("details"))


def test_files_are_named_in_full_and_no_image_waits(site, joined):
    images = joined.select("img")
    assert [image["src"] for image in images] == [
        (site.resolve() / "_downloads" / "p.svg").as_uri()
    ] * 2
    assert not any(image.has_attr("loading") for image in images)
    assert [link.get("media") for link in joined.select('link[rel="stylesheet"]')] == [
        None,
        "print",
    ]


def test_a_site_that_is_not_there_is_said_to_be_missing(tmp_path):
    with pytest.raises(pdf.PdfError, match="make book"):
        pdf.join(tmp_path)


def test_without_a_browser_one_sentence_says_what_to_install(monkeypatch, capsys):
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr("sys.argv", ["pdf", "--check"])
    with pytest.raises(SystemExit) as stopped:
        pdf.main()
    assert "apt-get install chromium" in str(stopped.value)
    assert "Traceback" not in capsys.readouterr().err


@pytest.fixture
def printed(site) -> Path:
    if not any(map(shutil.which, pdf.BROWSERS)):
        why = "no Chromium here; to run the browser's tests, install it (on Debian: apt-get install chromium)"
        pytest.fail(why) if os.environ.get("CI") else pytest.skip(why)
    return printed_by_command(site)


def printed_by_command(site: Path) -> Path:
    """The PDF that the command makes; a process of its own, since another test may have a browser
    open in this one.
    """
    done = subprocess.run(
        [sys.executable, "-m", "lib.site.pdf", str(site)], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return site / pdf.NAME


def test_the_pdf_is_tagged_has_an_outline_and_says_nothing_of_the_machine(site, printed):
    content = printed.read_bytes()
    assert content.startswith(b"%PDF-")
    assert b"/MarkInfo" in content and b"/StructTreeRoot" in content and b"/Outlines" in content
    assert b"/Lang (en)" in content
    assert len(re.findall(rb"/Type /Page\b", content)) == 3
    assert b"example.org/x" in content
    assert str(site).encode() not in content and b"file:" not in content


def test_the_same_book_gives_the_same_bytes_wherever_it_is(site, printed, tmp_path):
    first = printed.read_bytes()
    other = tmp_path / "elsewhere"
    shutil.copytree(site, other)
    (other / pdf.NAME).unlink()
    assert printed_by_command(other).read_bytes() == first


def test_every_page_links_the_pdf_from_where_it_is(site, printed):
    assert f'href="{pdf.NAME}"' in (site / "index.html").read_text(encoding="utf-8")
    assert f'href="../{pdf.NAME}"' in (site / "chapters" / "two.html").read_text(encoding="utf-8")
    before = (site / "index.html").read_text(encoding="utf-8")
    pdf.link(site)
    assert (site / "index.html").read_text(encoding="utf-8") == before


def test_a_pdf_of_other_pages_is_removed_with_its_links(site, printed):
    page = site / "chapters" / "two.html"
    page.write_text(
        page.read_text(encoding="utf-8").replace("Words", "Other words"), encoding="utf-8"
    )
    pdf.link(site)
    assert not printed.exists()
    assert pdf.NAME not in page.read_text(encoding="utf-8")
