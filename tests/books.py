"""A copy of the book that a test may build and change, and the browser that looks at it."""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
BUILD = [sys.executable, str(Path(sys.executable).with_name("jupyter-book")), "build"]
STRICT = ["-W", "-n", "--keep-going"]
CHROMIUM = ["chromium", "chromium-browser", "google-chrome"]
QUIET_CHROMIUM = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@dataclass
class Book:
    """A copy of the book, so that the working tree is left alone."""

    folder: Path

    @property
    def site(self) -> Path:
        return self.folder / "_build" / "html"

    def build(self, *options: str, **environment: str) -> subprocess.CompletedProcess:
        # The copy's own lib, in the chapters' kernels too, and not the installed one.
        environment = os.environ | {"PYTHONPATH": str(self.folder)} | environment
        command = [*BUILD, ".", *(options or STRICT)]
        return subprocess.run(
            command, cwd=self.folder, env=environment, capture_output=True, text=True, encoding="utf-8"
        )

    def rebuild(self, **environment: str) -> set[str]:
        """Build without a warning; the chapters that were run."""
        done = self.build(**environment)
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
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", "*.ipynb"))
    return Book(folder)


def files_of(site: Path) -> dict[str, bytes]:
    return {str(path.relative_to(site)): path.read_bytes() for path in site.rglob("*") if path.is_file()}
