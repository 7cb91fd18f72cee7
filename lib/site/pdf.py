"""The whole book as one PDF: Sphinx writes all pages as one (its builder `singlehtml`), Chromium
prints it.

`python -m lib.site.pdf SITE` writes it into the folder of the site and links it from every page.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
NAME = "iliac-stent-companion.pdf"
START = "chapters/index.html"
# By way of Python, because a script's own first line breaks where the path has a space.
JUPYTER_BOOK = [sys.executable, "-c", "from jupyter_book.cli.main import main; main()", "build"]
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
# What print.css cannot do: a cover with the contents, and links that lead nowhere on paper.
ADAPT = """() => {
    const here = location.href.split("#")[0];
    const [title, banner, contents] = [".logo__title", ".bd-header-announcement__content", "nav.bd-links"]
        .map((selector) => document.querySelector(selector));
    const cover = Object.assign(document.createElement("header"), { className: "cover" });
    const words = (text, kind) =>
        cover.append(Object.assign(document.createElement("p"), { textContent: text, className: kind }));
    words(title.textContent, "book-title");
    words(banner.textContent, "");
    words("Code that the site folds away is left out here; the site and its notebooks hold it. "
        + "Code: MIT License. Text and figures: CC BY 4.0.", "");
    words("Contents", "contents-title");
    cover.append(contents);
    document.querySelector("article.bd-article").before(cover);
    document.body.classList.add("whole-book");
    for (const link of document.querySelectorAll("a[href]")) {
        if (link.protocol === "file:" && link.href.split("#")[0] !== here) link.replaceWith(...link.childNodes);
    }
    for (const part of document.querySelectorAll("details")) part.open = true;
    // An image that waits until it is seen is not printed.
    for (const image of document.images) image.loading = "eager";
}"""
# Of one length, so that no byte of the file moves.
DATE = re.compile(rb"/(CreationDate|ModDate) \(D:\d{14}")
MARK = b"%whole-book "
PLACE = re.compile(r"(<span data-whole-book[^>]*>).*?(</span>)")


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


def joined(site: Path) -> Path:
    """Let Sphinx write the pages of a site as one, from what it has read for the site.

    Raises `PdfError` where that fails, or where the environment now asks for another book.
    """
    if not (site / START).is_file():
        raise PdfError(f"There is no {site / START}. Build the book first: make book")
    folder = site.resolve().parent.parent
    command = [*JUPYTER_BOOK, str(ROOT), "--builder", "singlehtml", "-q", "--path-output", folder]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8")
    page = folder / "_build" / "singlehtml" / START
    if done.returncode != 0:
        raise PdfError(f"The pages could not be joined:\n{done.stderr}")
    if _banner(page) != _banner(site / START):
        raise PdfError(f"{site} is about other patients. Build the book again: make book")
    return page


def _banner(page: Path) -> str:
    """Whose patients a page says that it is about, without the address of the link in it."""
    text = page.read_text(encoding="utf-8")
    banner = text.partition("bd-header-announcement__content")[2].partition("</div>")[0]
    return re.sub(r'href="[^"]*"', "", banner)


def _digest(site: Path) -> bytes:
    """A name for the content of a site's pages, wherever its folder is, the link to the PDF apart."""
    content = hashlib.sha256()
    for page in sorted(site.glob("chapters/*.html")):
        content.update(PLACE.sub(r"\1\2", page.read_text(encoding="utf-8")).encode())
    for style in sorted(site.rglob("*.css")):
        content.update(style.read_bytes())
    return content.hexdigest()[:32].encode()


def write(site: Path) -> Path:
    """Print the book into the site's folder and link it; the same book gives the same bytes.

    Raises `PdfError` where the site or a browser is missing.
    """
    from playwright.sync_api import sync_playwright

    site, executable = Path(site), browser_path()
    page_path = joined(site)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=QUIET)
        page = browser.new_page()
        page.goto(page_path.as_uri())
        page.evaluate(ADAPT)
        page.wait_for_load_state("networkidle")
        content = page.pdf(
            prefer_css_page_size=True, print_background=True, tagged=True, outline=True
        )
        browser.close()
    shutil.rmtree(page_path.parent.parent)
    content = DATE.sub(lambda date: date[0][: -len("20200101000000")] + b"20200101000000", content)
    target = site / NAME
    target.write_bytes(content + MARK + _digest(site) + b"\n")
    link(site)
    return target


def link(site: Path) -> None:
    """Link the PDF from every page; where it is not of these pages, remove it and its links."""
    path = Path(site) / NAME
    current = path.is_file() and path.read_bytes().rstrip().endswith(MARK + _digest(Path(site)))
    if not current:
        path.unlink(missing_ok=True)
    for page in Path(site).rglob("*.html"):
        html = page.read_text(encoding="utf-8")
        up = "../" * (len(page.relative_to(site).parts) - 1)
        inside = f'<a href="{up}{NAME}">The whole book as PDF</a>' if current else ""
        linked = PLACE.sub(rf"\g<1>{inside}\g<2>", html)
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
