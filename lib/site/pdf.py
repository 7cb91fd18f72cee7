"""The whole book as one PDF: Sphinx writes all pages as one (its builder `singlehtml`), Chromium
prints it.

`python -m lib.site.pdf FOLDER` builds the book into the folder, as ``--path-output`` would, prints
it into the site and links it from every page.
"""

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
ADAPT = """async () => {
    const find = (selector) => document.querySelector(selector);
    const cover = Object.assign(document.createElement("header"), { className: "cover" });
    for (const [className, textContent] of [
        ["book-title", find(".logo__title").textContent],
        ["", find(".bd-header-announcement__content").textContent],
        ["", "Code that the site folds away is left out here; the site and its notebooks hold it. "
            + "Code: MIT License. Text and figures: CC BY 4.0."],
        ["contents-title", "Contents"],
    ]) cover.append(Object.assign(document.createElement("p"), { className, textContent }));
    cover.append(find("#jb-print-toc nav"));
    find("article.bd-article").before(cover);
    find("article.bd-article").id = "document-chapters/index";
    document.body.classList.add("whole-book");
    for (const link of document.querySelectorAll("a[href]")) {
        const inside = link.getAttribute("href").match(/^(?:chapters\\/index\\.html)?(#.+)/);
        if (inside) link.setAttribute("href", inside[1]);
        else if (link.protocol === "file:") link.replaceWith(...link.childNodes);
    }
    for (const part of document.querySelectorAll("details")) part.open = true;
    // An image that waits until it is seen, and a font that is not there yet, are not printed.
    for (const image of document.images) image.loading = "eager";
    await Promise.allSettled([...document.images].map((image) => image.decode()));
    await document.fonts.ready;
}"""
# Of one length, so that no byte of the file moves.
DATE = re.compile(rb"/(CreationDate|ModDate) \(D:\d{14}")
# The headings of tables bear numbers that Chromium gives by chance, in the order of the page.
HEADING = re.compile(rb"\(node(\d{8})\)")
MARK = b"%whole-book "
PLACE = re.compile(r"(<span data-whole-book[^>]*>).*?(</span>)")


def browser_path() -> str:
    """The installed Chromium. Exits where there is none, and says how to get it."""
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if not path:
        sys.exit(
            "The PDF is printed by Chromium, and none is installed. Install it (on Debian: "
            "apt-get install chromium) and run `make pdf` again. Everything else of the book works "
            "without it."
        )
    return path


def _build(builder: str, folder: Path) -> Path:
    """Let Jupyter Book write the pages as `builder` does; the folder with them."""
    command = [*JUPYTER_BOOK, str(ROOT), "--builder", builder, "-q", "--path-output", str(folder)]
    if subprocess.run(command).returncode != 0:
        sys.exit("The book cannot be built, so there is nothing to print.")
    return folder / "_build" / builder


def _digest(site: Path) -> bytes:
    """A name for the content of a site's pages wherever it is, the links to the PDF apart."""
    content = [
        *(
            PLACE.sub(r"\1\2", page.read_text(encoding="utf-8")).encode()
            for page in sorted(site.glob("chapters/*.html"))
        ),
        *(style.read_bytes() for style in sorted(site.rglob("*.css"))),
    ]
    return hashlib.sha256(b"".join(content)).hexdigest()[:32].encode()


def write(folder: Path) -> Path:
    """Build the book into a folder and print it into the site; the same book, the same bytes.

    Exits where the book cannot be built or there is no browser.
    """
    from playwright.sync_api import sync_playwright

    executable = browser_path()
    site, joined = (_build(builder, folder.resolve()) for builder in ("html", "singlehtml"))
    shutil.copytree(site / "_downloads", joined / "_downloads", dirs_exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=QUIET)
        page = browser.new_page()
        # The one page names all files as if it stood at the root of the site.
        page.goto((joined / START).replace(joined / "book.html").as_uri())
        page.evaluate(ADAPT)
        content = page.pdf(
            prefer_css_page_size=True, print_background=True, tagged=True, outline=True
        )
        browser.close()
    shutil.rmtree(joined)
    content = DATE.sub(lambda date: date[0][: -len("20200101000000")] + b"20200101000000", content)
    ranks = {node: i for i, node in enumerate(sorted(set(HEADING.findall(content))))}
    content = HEADING.sub(lambda heading: b"(node%08d)" % ranks[heading[1]], content)
    (site / NAME).write_bytes(content + MARK + _digest(site) + b"\n")
    link(site)
    return site / NAME


def link(site: Path) -> None:
    """Link the PDF from every page; where it is not of these pages, remove it and its links."""
    path = site / NAME
    current = path.is_file() and path.read_bytes().rstrip().endswith(MARK + _digest(site))
    if not current:
        path.unlink(missing_ok=True)
    for page in site.rglob("*.html"):
        html = page.read_text(encoding="utf-8")
        up = "../" * (len(page.relative_to(site).parts) - 1)
        inside = f'<a href="{up}{NAME}">The whole book as PDF</a>' if current else ""
        page.write_text(PLACE.sub(rf"\g<1>{inside}\g<2>", html), encoding="utf-8")


if __name__ == "__main__":
    print(f"The whole book as PDF: {write(Path(*sys.argv[1:]))}")
