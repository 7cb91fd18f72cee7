"""The finished site stays whole whenever a build is stopped, and the next build leaves nothing of
the stopped one.
"""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from books import BUILD, CHAPTER, ROOT, Book, files_of, python, small_book
from helpers import codebook_of, slow_but, write_rows

from lib.site import pdf, staging

SLOW = "import time\ntime.sleep(2)\nprint('slow')"


@pytest.fixture(scope="module")
def book(tmp_path_factory) -> Book:
    """A small book with two chapters that run and enough pages that writing them takes a while."""
    pages = {
        "index": CHAPTER.format(title="index", code=SLOW),
        "methods": CHAPTER.format(title="methods", code=SLOW),
        "patency": CHAPTER.format(title="patency", code="print('another')"),
    }
    pages |= {f"page{number}": f"# {number}\n\nSome prose.\n" for number in range(12)}
    book = small_book(tmp_path_factory.mktemp("staging") / "book", pages)
    assert book.rebuild() == {"index", "methods", "patency"}
    return book


def left_over(book: Book) -> list[Path]:
    """What only a build that did not end leaves behind: folders beside the site."""
    return [*book.site.parent.glob("html?*")]


def change(book: Book, word: str) -> None:
    """Other prose on every page, and other code in two chapters."""
    for path in (book.folder / "chapters").glob("*.md"):
        text = path.read_text(encoding="utf-8")
        lines = re.sub(r"(time.sleep.*\n)print\(.*\)", rf"\1print({word!r})", text).splitlines()
        prose = next(i for i, line in enumerate(lines) if line.startswith("Some prose"))
        lines[prose] = f"Some prose, and {word}."
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def started(book: Book, **environment: str) -> subprocess.Popen:
    return subprocess.Popen(
        [*BUILD, "."],
        cwd=book.folder,
        env=os.environ | {"PYTHONPATH": str(book.folder)} | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
        # Whoever runs the tests in the background of a shell has interrupts ignored, and this would
        # inherit it.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


def until(build: subprocess.Popen, happens) -> None:
    while not happens():
        assert build.poll() is None, build.stdout.read()
        time.sleep(0.005)


def pages_changed(book: Book, before: dict[str, float]) -> int:
    folder = book.site.with_name(staging.UNFINISHED) / "chapters"
    return sum(path.stat().st_mtime != before.get(path.name) for path in folder.glob("*.html"))


MOMENTS = {
    "interrupted while chapters run": (signal.SIGINT, 0),
    "killed in the middle of the pages": (signal.SIGKILL, 8),
}


@pytest.mark.parametrize("moment", slow_but([], MOMENTS, ["killed in the middle of the pages"]))
def test_a_stopped_build_leaves_the_site_and_nothing_of_it_is_in_the_next(book, tmp_path, moment):
    how, pages = MOMENTS[moment]
    before = files_of(book.site)
    times = {path.name: path.stat().st_mtime for path in (book.site / "chapters").glob("*.html")}
    change(book, moment)
    build = started(book)
    folder = book.site.with_name(staging.UNFINISHED) / "chapters"
    until(build, lambda: folder.is_dir() and pages_changed(book, times) >= pages)
    os.killpg(build.pid, how)
    build.communicate()
    assert build.returncode != 0
    assert files_of(book.site) == before

    assert {"index", "methods"} >= book.rebuild()
    assert left_over(book) == []
    fresh = Book(tmp_path / "fresh")
    book.rebuild("--path-output", str(fresh.folder))
    assert files_of(book.site) == files_of(fresh.site)


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_a_build_that_is_ended_while_it_knows_the_patients_leaves_no_row(tmp_path, how):
    """Neither as text nor as the bytes of a number, in the book or among temporary files."""
    code = "import time\nfrom pathlib import Path\nfrom lib.patients.loading import load\n"
    code += "cohort = load()\nPath('read').touch()\ntime.sleep(60)"
    code = CHAPTER.format(title="rows", code=code)
    book = small_book(tmp_path / "book", {"index": "# A study\n", "chapter": code})
    place = np.arange(100)
    rows = pd.DataFrame({"group": np.where(place < 50, "A", "B"), "outcome": place % 2})
    rows["size"] = 1000.5 + place * 7.25
    path = write_rows(tmp_path, rows, codebook_of(rows, "A|B"))
    build = started(book, COHORT=str(path), TMPDIR=str(tmp_path), DISCLOSURE="off")
    until(build, (book.folder / "chapters" / "read").exists)
    os.killpg(build.pid, how)
    build.communicate()
    written = [one for one in tmp_path.rglob("*") if one.is_file() and one.parent != tmp_path]
    assert len(written) > 50
    for value in rows["size"]:
        told = [f"{value}".encode(), np.float64(value).tobytes()]
        assert not [one for one in written if any(text in one.read_bytes() for text in told)]


# ---------------------------------------------------------------- the folders, without a build


@pytest.fixture
def folders(tmp_path) -> tuple[Path, Path, Path]:
    """A finished site of one page, and the places of the other two."""
    site, unfinished, previous = (
        tmp_path / name for name in (staging.SITE, staging.UNFINISHED, staging.PREVIOUS)
    )
    site.mkdir()
    (site / "page.html").write_text("old", encoding="utf-8")
    return site, unfinished, previous


def build(site: Path, error: Exception | None, same: bool = True) -> dict[str, bytes]:
    """What a build of one page does; what was in its folder before."""
    site.mkdir(exist_ok=True)  # as Sphinx does
    app = SimpleNamespace(outdir=site, doctreedir=site.with_name(".doctrees"))
    staging.begin(app, same)
    found = files_of(app.outdir)
    (app.outdir / "page.html").write_text("new", encoding="utf-8")
    staging.end(app, error)
    assert app.outdir == (site.with_name(staging.UNFINISHED) if error else site)
    return found


OLD, NEW = {"page.html": b"old"}, {"page.html": b"new"}


def put(folder: Path, name: str = "page.html") -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text("put", encoding="utf-8")


@pytest.mark.parametrize(
    ("happened", "same", "found"),
    [
        pytest.param(lambda *_: None, True, OLD, id="a build begins with the finished site"),
        pytest.param(
            lambda site, *_: build(site, ValueError()), True, {}, id="the last one did not end"
        ),
        pytest.param(
            lambda site, *_: put(site, pdf.NAME), False, {pdf.NAME: b"put"}, id="other inputs"
        ),
        pytest.param(
            lambda site, unfinished, previous: (site.rename(previous), unfinished.mkdir()),
            True,
            {},
            id="stopped between the two moves",
        ),
        pytest.param(
            lambda site, _, previous: put(previous, "part.html"),
            True,
            OLD,
            id="stopped while the earlier site is deleted",
        ),
    ],
)
@pytest.mark.parametrize("error", [None, ValueError()], ids=["ends", "fails"])
def test_a_build_takes_the_place_of_the_site_or_leaves_it(folders, happened, same, found, error):
    site, unfinished, previous = folders
    happened(*folders)
    assert build(site, error, same) == found
    kept = {name: content for name, content in files_of(site).items() if name != pdf.NAME}
    assert kept == (OLD if error else NEW)
    assert unfinished.exists() == bool(error) and not previous.exists()


def test_a_place_that_cannot_be_written_gives_one_sentence(folders):
    site, unfinished, _ = folders
    unfinished.write_text("a file of somebody's", encoding="utf-8")
    with pytest.raises(
        SystemExit, match=r"html.unfinished cannot be written, where the site is built: .*irectory"
    ):
        staging.begin(SimpleNamespace(outdir=site), True)
    assert files_of(site) == {"page.html": b"old"} and unfinished.is_file()


BUILDER = """import sys
from pathlib import Path
from lib.site import staging
input()
staging.keep_others_out(Path(sys.argv[1]))
print("in", flush=True)
input()
"""


def test_of_builds_that_start_together_in_one_place_one_gets_in(tmp_path):
    """And the next does, however that one ended; the same process may build again."""
    builds = [
        subprocess.Popen(
            [sys.executable, "-c", BUILDER, str(tmp_path / "_build")],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    for build in builds:
        build.stdin.write("\n")
        build.stdin.flush()
    first = [build for build in builds if build.stdout.readline() == "in\n"]
    with pytest.raises(SystemExit, match=r"Another build is running .* OUT=folder"):
        staging.keep_others_out(tmp_path / "_build")
    for build in first:
        build.kill()
    said = [build.communicate()[1] for build in builds if build not in first]
    assert [build.wait() for build in first] == [-signal.SIGKILL]
    assert all(re.fullmatch(r"Another build is running .*\n", words) for words in said), said
    staging.keep_others_out(tmp_path / "_build")
    staging.keep_others_out(tmp_path / "_build")


@pytest.mark.parametrize("under", ["file", "file/x", "/proc/none"])
def test_a_place_that_cannot_be_made_gives_one_sentence(tmp_path, under):
    (tmp_path / "file").touch()
    done = python(*BUILD[1:], ".", "-q", "--path-output", str(tmp_path / under))
    assert done.returncode != 0
    assert re.fullmatch(r"\S+/_build cannot be written, .* with OUT=folder .*\n", done.stderr)
