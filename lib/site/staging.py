"""Where a site is built: beside the finished one, which it replaces in the end, and only where the
build succeeds.

So a build that is interrupted or fails leaves the site of the build before as it was.
"""

import atexit
import os
import shutil
import sqlite3
from functools import cache
from pathlib import Path

from lib.site import pdf

SITE, UNFINISHED, PREVIOUS = "html", "html.unfinished", "html.previous"
BUILDING = "building.lock"
ELSEWHERE = "build elsewhere with OUT=folder (of jupyter-book itself: --path-output folder)"


@cache  # the same process may build again
def keep_others_out(folder: Path) -> None:
    """Let no second build begin in the same place until this process ends.

    SQLite locks a file there in one step and on every system, which takes the lock away when the
    process ends, however it does. Exits where another build runs, or the folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / BUILDING).touch()
        lock = sqlite3.connect(folder / BUILDING, timeout=0, isolation_level=None)
        lock.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError as error:
        raise SystemExit(
            f"Another build is running in {folder} ({error}). Wait until it has ended, or "
            f"{ELSEWHERE}."
        ) from None
    except OSError as error:
        raise SystemExit(
            f"{folder} cannot be written, where the site is built: {error.strerror or error}. "
            f"Please {ELSEWHERE}."
        ) from None
    atexit.register(lock.close)


def begin(app, same: bool) -> None:
    """Let Sphinx build into a copy of the finished site, so that it writes only what has changed.

    Every page is read and written again, into a folder with nothing but the PDF, where the inputs
    and the looks are not the `same` as those of the finished site, of which nothing may be left,
    or where an earlier build did not end: what Sphinx then knows may be newer than the site.
    Other folders than `SITE`, and one that cannot be moved because something is mounted there, are
    built in place. Exits where the copy cannot be written.
    """
    site, unfinished, previous = _folders(app.outdir)
    if app.outdir.name != SITE or os.path.ismount(site):
        return
    interrupted = unfinished.exists()
    try:
        if interrupted and previous.exists() and not any(site.iterdir()):
            # Stopped between the two moves of `end`; Sphinx has made an empty folder since.
            site.rmdir()
            previous.rename(site)
        for left in filter(Path.exists, (unfinished, previous)):
            shutil.rmtree(left)
        if same and not interrupted:
            shutil.copytree(site, unfinished)
        else:
            unfinished.mkdir()
            shutil.rmtree(app.doctreedir, ignore_errors=True)
            if (site / pdf.NAME).is_file():
                shutil.copy2(site / pdf.NAME, unfinished)
    except OSError as error:
        raise SystemExit(
            f"{unfinished} cannot be written, where the site is built: {error.strerror or error}"
        ) from None
    app.outdir = unfinished


def end(app, error) -> None:
    """Put the site that was built in the place of the one before, unless the build failed."""
    if error or app.outdir.name != UNFINISHED:
        return
    site, unfinished, previous = _folders(app.outdir)
    site.rename(previous)
    unfinished.rename(site)
    shutil.rmtree(previous)
    app.outdir = site


def _folders(outdir: Path) -> list[Path]:
    return [outdir.with_name(name) for name in (SITE, UNFINISHED, PREVIOUS)]
