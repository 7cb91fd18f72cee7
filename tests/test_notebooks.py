"""What a chapter's code writes to standard error, which names files of the machine."""

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
