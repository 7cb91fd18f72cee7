"""What a chapter's code writes to standard error, which names files of the machine; and what is
left of the chapters when a build is interrupted.
"""

import signal
from pathlib import Path

import pytest
from books import python
from nbformat.v4 import new_code_cell, new_notebook

from lib.site import notebooks

WARNS = "import warnings\nprint('before')\nwarnings.warn('a label is long', stacklevel=1)"


def run(tmp_path, code: str, strict: bool):
    notebook = new_notebook(cells=[new_code_cell(code)])
    failures = notebooks.run({tmp_path / "chapter.md": notebook}, strict=strict)
    text = "".join(output.text for output in notebook.cells[0].outputs)
    return text, notebook, list(failures.values())


def test_a_warning_of_python_becomes_a_sentence_without_the_place_of_the_file(tmp_path):
    text, notebook, failures = run(tmp_path, WARNS, strict=False)
    said = "While this was computed, Python warned: UserWarning: a label is long\n"
    assert text == f"before\n{said}" and not failures
    assert {output.name for output in notebook.cells[0].outputs} == {"stdout"}


def test_whatever_else_is_written_there_is_not_repeated(tmp_path):
    text, _, _ = run(tmp_path, "import sys\nprint('/home/somebody', file=sys.stderr)", strict=False)
    assert text == "While this was computed, Python warned: something unexpected\n"


def test_where_it_is_asked_for_a_warning_is_a_failure(tmp_path):
    _, _, (failure,) = run(tmp_path, WARNS, strict=True)
    assert failure.startswith("chapter.md warns: ") and "a label is long" in failure


@pytest.fixture
def interruptible():
    """What a shell starts in the background ignores Ctrl-C, and so does all that this starts."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_an_interruption_ends_the_chapter_that_runs_and_begins_no_other(monkeypatch, interruptible):
    monkeypatch.setattr(notebooks.os, "cpu_count", lambda: 1)
    # As Ctrl-C does, to the process that builds. The longest is run first.
    interrupts = "import os, signal; os.kill(os.getppid(), signal.SIGINT)"
    codes = {"1.md": "print('finished before'); " + "x = 1; " * 40, "2.md": interrupts, "3.md": ""}
    chapters = {Path(name): new_notebook(cells=[new_code_cell(c)]) for name, c in codes.items()}
    failures = notebooks.run(chapters, strict=True)
    assert failures == {Path("3.md"): "3.md was not run: the build was interrupted."}
    assert [chapter.cells[0].execution_count for chapter in chapters.values()] == [1, 1, None]


@pytest.mark.scheduled
def test_another_processor_gives_the_same_outputs():
    """The last bits of a sum differ between processors; nothing that is shown may hang on them."""
    nbval = ("-m", "pytest", "chapters", "--nbval", "-q", "-p", "no:cacheprovider")
    done = python(*nbval, OPENBLAS_CORETYPE="Nehalem")
    assert done.returncode == 0, done.stdout[-2000:]
