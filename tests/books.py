"""A copy of the book that a test may build and change, and the browser that looks at it."""

import gzip
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from bs4 import BeautifulSoup
from helpers import slow_but

ROOT = Path(__file__).parent.parent
BUILD = [sys.executable, str(Path(sys.executable).with_name("jupyter-book")), "build"]
STRICT = ["-W", "-n", "--keep-going"]
# Lets nothing on a page be on its way from one look to another.
STILL = "*, *::before, *::after { transition: none !important; animation: none !important }"
# Width and scheme of a browser.
LOOKS = slow_but(
    [],
    [(390, "light"), (390, "dark"), (1280, "light"), (1280, "dark")],
    often=[(390, "dark"), (1280, "light")],
)
# A chapter with one cell, for a small book.
CHAPTER = """\
---
jupytext:
  text_representation: {{extension: .md, format_name: myst, format_version: 0.13}}
kernelspec: {{display_name: Python 3, language: python, name: python3}}
---

# {title}

Some prose.

```{{code-cell}}
{code}
```
"""


def python(*arguments: str, folder: Path = ROOT, **environment: str) -> subprocess.CompletedProcess:
    """Run Python in a folder, with the lib that is there and not the installed one, in the kernels
    of chapters too."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(folder)} | environment,
        capture_output=True,
        encoding="utf-8",
    )


@dataclass
class Book:
    """A copy of the book, so that the working tree is left alone."""

    folder: Path

    @property
    def site(self) -> Path:
        return self.folder / "_build" / "html"

    def build(self, *options: str, **environment: str) -> subprocess.CompletedProcess:
        command = [*BUILD[1:], ".", *(options or STRICT)]
        return python(*command, folder=self.folder, **environment)

    def rebuild(self, *options: str, **environment: str) -> set[str]:
        """Build without a warning; the chapters that were run."""
        done = self.build(*STRICT, *options, **environment)
        assert done.returncode == 0, done.stdout + done.stderr
        return set(re.findall(r"^ran (\w+)\.md", done.stdout, flags=re.MULTILINE))

    def replace(self, path: str, old: str, new: str) -> None:
        file = self.folder / path
        text = file.read_text(encoding="utf-8")
        assert old in text
        file.write_text(text.replace(old, new), encoding="utf-8")

    def page(self, name: str) -> str:
        return (self.site / "chapters" / f"{name}.html").read_text(encoding="utf-8")


def copy_book(folder: Path) -> Book:
    folder.mkdir(parents=True)
    for name in ["_config.yml", "_toc.yml", "Makefile", "CITATION.cff"]:
        shutil.copy(ROOT / name, folder)
    for name in ["lib", "data", "chapters"]:
        shutil.copytree(
            ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", "*.ipynb")
        )
    return Book(folder)


def small_book(folder: Path, pages: dict[str, str]) -> Book:
    """A copy of the book with these pages instead of its own, the first being its start."""
    book = copy_book(folder)
    for path in (book.folder / "chapters").glob("*.md"):
        path.unlink()
    for name, text in pages.items():
        (book.folder / "chapters" / f"{name}.md").write_text(text, encoding="utf-8")
    start, *others = (f"chapters/{name}.md" for name in pages)
    listed = "".join(f"  - file: {path}\n" for path in others)
    toc = f"format: jb-book\nroot: {start}\nchapters:\n{listed}"
    (book.folder / "_toc.yml").write_text(toc, encoding="utf-8")
    return book


def needed(*programs: str) -> str:
    """Where one of these programs is; without any a test is left out, or fails in CI."""
    path = next(filter(None, map(shutil.which, programs)), None)
    if not path:
        why = f"no {programs[0]} here; install it (on Debian: apt-get install {programs[0]})"
        pytest.fail(why) if os.environ.get("CI") else pytest.skip(why)
    return path


def without_last_line(path: Path) -> str:
    """A file of rows with one patient less: other patients, as far as a build can tell."""
    return "".join(path.read_text(encoding="utf-8").splitlines(keepends=True)[:-1])


def files_of(site: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(site)): path.read_bytes() for path in site.rglob("*") if path.is_file()
    }


def dead_links(site: Path) -> list[str]:
    """The links and sources within a site that lead nowhere, with their pages."""
    pages = {
        path.resolve(): BeautifulSoup(path.read_bytes(), "html.parser")
        for path in site.rglob("*.html")
    }
    anchors = {path: {tag["id"] for tag in page.find_all(id=True)} for path, page in pages.items()}
    found = []
    for path, page in pages.items():
        for tag in page.find_all(["a", "img", "script", "link"]):
            address = urlsplit(tag.get("href") or tag.get("src") or "")
            if address.scheme or address.netloc:
                continue
            target = (path.parent / unquote(address.path)).resolve() if address.path else path
            anchor = unquote(address.fragment)
            if not target.is_file() or (anchor and anchor not in anchors.get(target, {anchor})):
                found.append(f"{path.name}: {tag}")
    return found


def open_chapter(tab, site: Path, name: str, width: int = 1280) -> None:
    """Look at a chapter in the browser, on a screen of some width."""
    tab.set_viewport_size({"width": width, "height": 900})
    tab.goto((site / "chapters" / f"{name}.html").as_uri())


@dataclass
class Server:
    """A site on the network of this machine: its address, and what was asked of it and answered.

    An answer is the path, the bytes that were sent, and the bytes of the file as it is.
    """

    address: str = ""
    answers: list[tuple[str, int, int]] = field(default_factory=list)


# What a host such as GitHub Pages compresses before it sends it.
COMPRESSED = {".html", ".css", ".js", ".svg", ".json", ".ipynb", ".csv", ".txt", ".xml"}


@contextmanager
def served(site: Path) -> Iterator[Server]:
    """Serve a site as GitHub Pages does: compressed where that helps, kept for ten minutes."""
    server = Server()

    class Handler(SimpleHTTPRequestHandler):
        def log_message(self, *about):
            pass

        def do_GET(self):
            path = Path(self.translate_path(self.path))
            if not path.is_file():
                return self.send_error(404)
            content = sent = path.read_bytes()
            self.send_response(200)
            self.send_header("Content-Type", self.guess_type(str(path)))
            if path.suffix in COMPRESSED and "gzip" in self.headers.get("Accept-Encoding", ""):
                sent = gzip.compress(content)
                self.send_header("Content-Encoding", "gzip")
            self.send_header("Content-Length", str(len(sent)))
            self.send_header("Cache-Control", "max-age=600")
            headers = sum(map(len, self._headers_buffer))
            self.end_headers()
            self.wfile.write(sent)
            server.answers.append((self.path, headers + len(sent), len(content)))

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(site))) as listener:
        server.address = f"http://127.0.0.1:{listener.server_port}"
        threading.Thread(target=listener.serve_forever, daemon=True).start()
        yield server
        listener.shutdown()
