"""A cold build of the book against running its notebooks one by one and printing them as HTML."""

import shutil
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path

from tests.benchmarks.timing import timed
from tests.books import BUILD, ROOT

NAME = "cold book build / jupyter nbconvert --execute --to html"
TARGET = 1.0
CONVERT = [sys.executable, "-m", "nbconvert", "--execute", "--to", "html"]


def ratio() -> float:
    """Seconds of the build over seconds of the conversion, both in empty folders."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(ROOT / "chapters", Path(folder, "chapters"))
        notebooks = [str(path) for path in sorted(Path(folder, "chapters").glob("*.ipynb"))]
        run = partial(subprocess.run, cwd=ROOT, check=True, capture_output=True)
        _, ours = timed(partial(run, [*BUILD, str(ROOT), "--path-output", folder]))
        _, theirs = timed(partial(run, [*CONVERT, *notebooks, "--output-dir", folder]))
        return ours / theirs
