"""Where compiled code is kept: what is compiled from an old text is never used."""

import importlib
import sys

import pytest

from lib.search import compiled

CALLED = """
from lib.search.compiled import compiled


@compiled
def called():
    return {}
"""
CALLER = """
from called import called
from lib.search.compiled import compiled


@compiled
def caller():
    return called()
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    sources = tmp_path / "lib" / "search"
    sources.mkdir(parents=True)
    monkeypatch.setattr(compiled, "FOLDER", sources)
    monkeypatch.syspath_prepend(sources)
    return sources


def answer() -> int:
    """What the caller returns in a new process."""
    for name in ("called", "caller"):
        sys.modules.pop(name, None)
    importlib.invalidate_caches()
    return importlib.import_module("caller").caller()


def test_a_change_of_a_function_reaches_those_that_call_it_from_other_files(folder):
    (folder / "caller.py").write_text(CALLER)
    (folder / "called.py").write_text(CALLED.format(1))
    assert answer() == 1
    (folder / "called.py").write_text(CALLED.format(22))
    assert answer() == 22
    kept = sorted((folder.parents[1] / "_build" / "compiled").iterdir())
    assert len(kept) == 2
