"""Runs a program as if nothing but the book's own dependencies were installed.

`python tests/in_the_book_only.py PROGRAM [ARGUMENT...]` hides every installed package that
requirements-book.lock does not name, then runs the program.
"""

import importlib.abc
import re
import runpy
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

LOCK = Path(__file__).parent.parent / "requirements-book.lock"
OURS = {"iliac-stent-companion"}


def normal(name: str) -> str:
    """The one spelling of a distribution's name (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def hidden_packages() -> set[str]:
    """The importable names that only other distributions than the book's provide."""
    named = re.findall(r"^([\w.-]+)==", LOCK.read_text(encoding="utf-8"), flags=re.MULTILINE)
    allowed = {normal(name) for name in named} | OURS
    return {
        package
        for package, providers in packages_distributions().items()
        if not allowed & {normal(provider) for provider in providers}
    }


class Hidden(importlib.abc.MetaPathFinder):
    """Finds nothing under the hidden names, and lets nobody else look."""

    def __init__(self, packages: set[str]):
        self.packages = packages

    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in self.packages:
            raise ModuleNotFoundError(f"No module named {name!r} among the book's dependencies")
        return None


if __name__ == "__main__":
    sys.meta_path.insert(0, Hidden(hidden_packages()))
    program, sys.argv = sys.argv[1], sys.argv[1:]
    runpy.run_path(program, run_name="__main__")
