"""The whole book as one PDF: the pages of the built site, joined in reading order and printed by
Chromium.

`python -m lib.site.pdf SITE` writes it into the folder of the site and links it from every page.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import sys
import tempfile
from html import escape
from pathlib import Path
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

from bs4 import BeautifulSoup

NAME = "iliac-stent-companion.pdf"
START = "chapters/index.html"
BROWSERS = ["chromium", "chromium-browser", "google-chrome"]
# A browser that asks nobody anything, as root too.
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# What a page offers on a screen and a sheet of paper cannot; code that the site folds away is left
# out.
NOT_PRINTED = "script, style, .headerlink, .files, #page-downloads, details.hide, .only-dark, .toctree-wrapper"
REFERENCES = ["aria-labelledby", "aria-describedby", "aria-controls", "for"]
# Of one length, so that no byte of the file moves.
DATE = re.compile(rb"/(CreationDate|ModDate) \(D:\d{14}")
MARK = b"%whole-book "
PLACE = re.compile(r"(<span data-whole-book[^>]*>).*?(</span>)")
DOCUMENT = """\
<!DOCTYPE html>
<html lang="en" data-theme="light">
<head>
<meta charset="utf-8">
<title>{title}</title>
{styles}
</head>
<body class="whole-book">
<header class="cover">
<p class="book-title">{title}</p>
<p>{about}</p>
<p>Code that the site folds away is left out here; the site and its notebooks hold it.
Code: MIT License. Text and figures: CC BY 4.0.</p>
</header>
<nav aria-label="Contents"><p class="contents-title">Contents</p><ul>
{contents}
</ul></nav>
<main>
{chapters}
</main>
</body>
</html>
"""


class PdfError(RuntimeError):
    """The book cannot be printed; its text says what is missing and how to get it."""


def browser_path() -> str:
    """The installed Chromium. Raises `PdfError` where there is none."""
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if not path:
        raise PdfError(
            "The PDF is printed by Chromium, and none is installed. Install it (on Debian: apt-get install chromium) "
            "and run `make pdf` again. Everything else of the book works without it."
        )
    return path


def reading_order(site: Path) -> list[str]:
    """Addresses of the pages below the site's folder, from the start page along the links to the
    next page.
    """
    order, address = [], START
    while address and address not in order:
        order.append(address)
        page = _read(site, address)
        link = page.select_one('link[rel~="next"]')
        address = urljoin(address, link["href"]) if link else None
    return order


def _read(site: Path, address: str) -> BeautifulSoup:
    path = site / address
    if not path.is_file():
        raise PdfError(f"There is no {path}. Build the book first: make book")
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


def join(site: Path) -> str:
    """The book as one page of HTML whose inner links stay inside it and whose files are named in
    full.
    """
    site = Path(site).resolve()
    order = reading_order(site)
    pages = {address: _read(site, address) for address in order}
    first = pages[order[0]]
    styles = []
    for link in first.select('link[rel="stylesheet"]'):
        media = f' media="{escape(link["media"])}"' if link.get("media") else ""
        styles.append(
            f'<link rel="stylesheet" href="{_file(site, order[0], link["href"])}"{media}>'
        )
    contents, chapters = [], []
    for address in order:
        article = pages[address].select_one("article.bd-article")
        _adapt(article, site, address, order)
        heading = article.find("h1")
        contents.append(f'<li><a href="#{_anchor(address)}">{escape(heading.get_text())}</a></li>')
        chapters.append(
            f'<article class="bd-article" id="{_anchor(address)}">{article.decode_contents()}</article>'
        )
    banner = first.select_one(".bd-header-announcement__content, .bd-header-announcement")
    return DOCUMENT.format(
        title=escape(first.title.get_text().split(" — ")[-1]),
        about=escape(" ".join(banner.get_text().split())) if banner else "",
        styles="\n".join(styles),
        contents="\n".join(contents),
        chapters="\n".join(chapters),
    )


def _adapt(article, site: Path, address: str, order: list[str]) -> None:
    """Make one page's content part of the whole, in place."""
    for part in article.select(NOT_PRINTED):
        part.decompose()
    for part in article.select("details"):
        part["open"] = ""
    for part in article.find_all(id=True):
        part["id"] = _anchor(address, part["id"])
    for part in article.find_all(True):
        for name in REFERENCES:
            if part.get(name):
                part[name] = " ".join(_anchor(address, label) for label in part[name].split())
    for image in article.find_all("img"):
        image["src"] = _file(site, address, image["src"])
        # An image that waits until it is seen is not printed.
        image.attrs.pop("loading", None)
    for link in article.find_all("a", href=True):
        if urlsplit(link["href"]).scheme:
            continue
        target, label = urldefrag(urljoin(address, link["href"]))
        if target in order:
            link["href"] = "#" + _anchor(target, unquote(label))
        else:
            link.unwrap()


def _anchor(address: str, label: str = "") -> str:
    page = Path(address).stem
    return f"{page}--{label}" if label else page


def _file(site: Path, address: str, reference: str) -> str:
    """The address of a file of the site as a page refers to it, in full."""
    path = unquote(urlsplit(urljoin(address, reference)).path)
    return (site / path).as_uri()


def digest(document: str, site: Path) -> bytes:
    """A name for the content of the book, wherever its folder is."""
    content = hashlib.sha256(document.replace(Path(site).resolve().as_uri(), "").encode())
    for style in sorted(Path(site).rglob("*.css")):
        content.update(style.read_bytes())
    return content.hexdigest()[:32].encode()


def write(site: Path) -> Path:
    """Print the book into the site's folder and link it; the same book gives the same bytes.

    Raises `PdfError` where the site or a browser is missing.
    """
    from playwright.sync_api import sync_playwright

    site, executable = Path(site), browser_path()
    document = join(site)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        page_path = Path(folder, "book.html")
        page_path.write_text(document, encoding="utf-8")
        browser = playwright.chromium.launch(executable_path=executable, args=QUIET)
        page = browser.new_page()
        page.goto(page_path.as_uri())
        page.wait_for_load_state("networkidle")
        content = page.pdf(
            prefer_css_page_size=True, print_background=True, tagged=True, outline=True
        )
        browser.close()
    content = DATE.sub(lambda date: date[0][: -len("20200101000000")] + b"20200101000000", content)
    target = site / NAME
    target.write_bytes(content + MARK + digest(document, site) + b"\n")
    link(site)
    return target


def is_current(site: Path) -> bool:
    """Whether the site has a PDF, and it is of the pages that are there now."""
    path = Path(site) / NAME
    return path.is_file() and path.read_bytes().rstrip().endswith(MARK + digest(join(site), site))


def link(site: Path) -> None:
    """Link the PDF from every page; where it is not of these pages, remove it and its links."""
    site = Path(site)
    there = (site / NAME).is_file()
    current = there and is_current(site)
    if there and not current:
        (site / NAME).unlink()
    for page in site.rglob("*.html"):
        html = page.read_text(encoding="utf-8")
        up = "../" * (len(page.relative_to(site).parts) - 1)
        inside = f'<a href="{up}{NAME}">The whole book as PDF</a>' if current else ""
        linked = PLACE.sub(lambda place, inside=inside: place[1] + inside + place[2], html)
        if linked != html:
            page.write_text(linked, encoding="utf-8")


def main() -> None:
    """Print the site named on the command line; `--check` only asks whether there is a browser."""
    try:
        if sys.argv[1:] == ["--check"]:
            browser_path()
        else:
            path = write(Path(sys.argv[1] if len(sys.argv) > 1 else "_build/html"))
            print(f"The whole book as PDF: {path}")
    except PdfError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
