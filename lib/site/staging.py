"""Where a site is built: beside the finished one, which it replaces in the end, and only where the
build succeeds.

So a build that is interrupted or fails leaves the site of the build before as it was.
"""

import atexit
import os
import shutil
from pathlib import Path

import psutil

from lib.site import pdf

SITE, UNFINISHED, PREVIOUS = "html", "html.unfinished", "html.previous"
BUILDING = "building"


def keep_others_out(folder: Path) -> None:
    """Let no second build begin in the same place until this process ends.

    A file there holds the number of the process that builds; one that was left by a process that
    has ended counts for nothing. Exits where another build runs, or the folder cannot be written.
    """
    mark = folder / BUILDING
    try:
        folder.mkdir(parents=True, exist_ok=True)
        holder = mark.read_text(encoding="utf-8").strip() if mark.exists() else ""
        if holder.isdecimal() and int(holder) != os.getpid() and psutil.pid_exists(int(holder)):
            raise SystemExit(
                f"Another build is running in {folder} (process {holder}). Wait until it has "
                f"ended, or build elsewhere with OUT=folder. If none is running, remove {mark}."
            )
        mark.write_text(str(os.getpid()), encoding="utf-8")
    except OSError as error:
        raise SystemExit(
            f"{folder} cannot be written, where the site is built: {error.strerror or error}"
        ) from None
    atexit.register(mark.unlink, missing_ok=True)


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
