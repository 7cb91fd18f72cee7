"""A cold build of the book against running its notebooks one by one and printing them as HTML."""

import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

NAME = "cold book build / jupyter nbconvert --execute --to html"
TARGET = 1.0
ROOT = Path(__file__).parent.parent.parent
BUILD = [sys.executable, str(Path(sys.executable).with_name("jupyter-book")), "build"]
CONVERT = [sys.executable, "-m", "nbconvert", "--execute", "--to", "html"]


def ratio() -> float:
    """Seconds of the build over seconds of the conversion, both in empty folders."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(ROOT / "chapters", Path(folder, "chapters"))
        notebooks = [str(path) for path in sorted(Path(folder, "chapters").glob("*.ipynb"))]
        build = seconds([*BUILD, str(ROOT), "--path-output", folder])
        return build / seconds([*CONVERT, *notebooks, "--output-dir", folder])


def seconds(command: list[str]) -> float:
    """How long a command takes; it must succeed."""
    began = time.monotonic()
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return time.monotonic() - began
