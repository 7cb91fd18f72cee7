"""What the project needs and forbids itself: packages of the book, layers of the library, limits of
its code.
"""

import tokenize
from pathlib import Path

import pytest
from books import ROOT, python
from helpers import slow_but
from in_the_book_only import hidden_packages

from lib.patients import template
from lib.site import notebooks

# What they are now: lowered as lib gets smaller, raised only where a fault needs code to be mended.
MOST_STATEMENTS, MOST_IN_A_MODULE = 9_158, 250


def statements(path: Path) -> int:
    """Logical lines of a module."""
    with path.open("rb") as file:
        return sum(token.type == tokenize.NEWLINE for token in tokenize.tokenize(file.readline))


def test_extras_are_hidden_from_a_program_of_the_book():
    hidden = hidden_packages()
    assert {"cvxpy", "numba", "pytest", "playwright"} <= hidden
    assert not {"lib", "pandas", "statsmodels", "jupyter_book"} & hidden


@pytest.mark.parametrize("cohort", slow_but([], ["example", "births"], often=["births"]))
def test_every_chapter_runs_with_the_packages_of_the_book_alone(cohort, tmp_path):
    chosen = "" if cohort == "example" else str(template.write(template.example(), tmp_path)[0])
    done = python("tests/in_the_book_only.py", "tests/chapter.py", COHORT=chosen)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [chapter.stem for chapter in notebooks.sources()]


def test_imports_go_down_the_rooms_and_nothing_imports_the_search():
    done = python("-c", "from importlinter.cli import lint_imports_command; lint_imports_command()")
    assert done.returncode == 0, done.stdout


def test_the_code_is_formatted_and_within_its_limits():
    for command in (["check", "."], ["format", "--check", "."]):
        done = python("-m", "ruff", *command)
        assert done.returncode == 0, done.stdout


def test_lib_is_small_and_no_module_is_large():
    sizes = {str(path.relative_to(ROOT)): statements(path) for path in ROOT.glob("lib/**/*.py")}
    assert sum(sizes.values()) <= MOST_STATEMENTS
    assert not {path: size for path, size in sizes.items() if size > MOST_IN_A_MODULE}
