"""Chapters as notebooks: run them side by side, and keep each chapter's stored pair in step.

`python -m lib.site.notebooks` runs every chapter, writes its outputs into the .ipynb beside it, and
brings the README's list of all tables and figures in step.
"""

import asyncio
import os
import re
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import jupytext
import nbformat
from jupyter_client.kernelspec import NoSuchKernel
from myst_nb.core.read import is_myst_markdown_notebook
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

from lib.patients import loading
from lib.site.render import ROOT, SVG, TABLE

CHAPTERS, README = ROOT / "chapters", ROOT / "README.md"
LIST_BEGINS = "<!-- The rest is made by `make notebooks`. -->\n"
SECONDS_PER_CELL = 600
ANSI_COLOR = re.compile(r"\x1b\[[0-9;]*m")
# How Python says a warning: the file and the line, the kind and what it is about, the code.
WARNING = re.compile(r"^\S.*?:\d+: (\w*Warning: .*)$", re.MULTILINE)


def run(notebooks: dict[Path, nbformat.NotebookNode], *, strict: bool) -> dict[Path, str]:
    """Execute notebooks in place, keyed by the chapter they came from, as many at once as there are
    processors; what went wrong in those that fail, with the line and the error.

    What a cell wrote to standard error becomes a sentence on its page, without the places of the
    machine that it named; ``strict`` makes it a failure. An interruption (Ctrl-C) lets those that
    run come to their end; that the others were not run is then what went wrong in them.
    """
    failures = {
        chapter: f"{chapter.name} was not run: the build was interrupted." for chapter in notebooks
    }

    def run_one(chapter: Path) -> None:
        failures[chapter] = _run(chapter, notebooks[chapter], strict)

    with suppress(KeyboardInterrupt), ThreadPoolExecutor(os.cpu_count()) as pool:
        # The longest first, as far as their code tells, so that none is left running alone.
        order = sorted(notebooks, key=lambda chapter: len(str(notebooks[chapter])), reverse=True)
        list(pool.map(run_one, order))
    return {chapter: failure for chapter, failure in failures.items() if failure}


def _run(chapter: Path, notebook: nbformat.NotebookNode, strict: bool) -> str:
    """Execute one notebook; what went wrong, if anything did."""
    began = time.monotonic()
    try:
        client = NotebookClient(
            notebook,
            timeout=SECONDS_PER_CELL,
            record_timing=False,
            # What a cell prints may arrive in one piece or in several.
            coalesce_streams=True,
            resources={"metadata": {"path": str(chapter.parent)}},
        )
        environment = os.environ | {
            # The chapters run in their own folder, where a relative path would mean another file.
            "COHORT": str(loading.chosen_path()),
            # They run side by side, and no sum should depend on the number of processors.
            "OPENBLAS_NUM_THREADS": "1",
        }
        # `client.execute` would leave an event loop open; without encryption each kernel prints
        # a warning.
        asyncio.run(client.async_execute(transport_encryption="auto", env=environment))
    except (CellExecutionError, CellTimeoutError, DeadKernelError, NoSuchKernel) as error:
        return _failure(chapter, notebook, error)
    said = _put_warnings_in_words(notebook)
    if said and strict:
        return f"{chapter.name} warns: {said}"
    print(f"ran {chapter.name} in {time.monotonic() - began:.1f} s", flush=True)
    return ""


def _put_warnings_in_words(notebook: nbformat.NotebookNode) -> str:
    """Replace what cells wrote to standard error, which names files of the machine, by what it was
    about; all of it."""
    said = []
    for output in outputs(notebook):
        if output.output_type == "stream" and output.name == "stderr":
            about = "; ".join(WARNING.findall(output.text)) or "something unexpected"
            said.append(about)
            output.update(name="stdout", text=f"While this was computed, Python warned: {about}\n")
    return "; ".join(said)


def _failure(chapter: Path, notebook: nbformat.NotebookNode, error: Exception) -> str:
    """What went wrong, and the line of the chapter's source on which it did."""
    raised = [
        (cell, output)
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if output.output_type == "error"
    ]
    if not raised:
        return f"{chapter.name} cannot be run: {ANSI_COLOR.sub('', str(error)).strip()}"
    cell, output = raised[0]
    traceback = ANSI_COLOR.sub("", "\n".join(output.traceback))
    inside = re.search(r"Cell In\[\d+\], line (\d+)", traceback)
    number = int(inside[1]) if inside else 1
    code = cell.source.splitlines()[number - 1].strip()
    before = chapter.read_text(encoding="utf-8").partition(cell.source)[0]
    line = before.count("\n") + number
    return f"{chapter.name} fails at line {line}:\n    {code}\n{output.ename}: {output.evalue}"


def outputs(notebook: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    """The outputs of all cells."""
    return [output for cell in notebook.cells for output in cell.get("outputs", [])]


def described(notebook: nbformat.NotebookNode) -> list[dict]:
    """What each figure and table of a notebook that was run says of itself (``display``)."""
    return [
        about
        for output in outputs(notebook)
        if (
            about := output.get("metadata", {}).get(SVG, {}).get("book")
            or output.get("data", {}).get(TABLE)
        )
    ]


def sources() -> list[Path]:
    """The chapters that contain code, by name."""
    return [
        path
        for path in sorted(CHAPTERS.glob("*.md"))
        if is_myst_markdown_notebook(path.read_text(encoding="utf-8"))
    ]


def tidy(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """The same notebook with nothing in it that differs between two runs: cell ids follow the order
    of the cells.
    """
    for number, cell in enumerate(notebook.cells, start=1):
        cell["id"] = f"cell-{number}"
    # The version of Python is the machine's business: stored, it would change with every reader.
    notebook.metadata.pop("language_info", None)
    notebook.metadata.pop("source_map", None)
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    return notebook


def contents() -> str:
    """Every figure and table, its chapter and the function that makes it, as a Markdown table."""
    lines = ["| what it shows | chapter | made by |", "| --- | --- | --- |"]
    for chapter in sources():
        for about in described(nbformat.read(chapter.with_suffix(".ipynb"), nbformat.NO_CONVERT)):
            maker = about["function"].removeprefix("lib.show.")
            lines.append(f"| {about['caption']} | `{chapter.stem}` | `{maker}` |")
    return "\n".join(lines) + "\n"


def run_all(*, strict: bool) -> dict[Path, nbformat.NotebookNode]:
    """Every chapter with its outputs. Exits where one fails."""
    notebooks = {chapter: jupytext.read(chapter) for chapter in sources()}
    if failures := run(notebooks, strict=strict):
        sys.exit("\n\n".join(failures.values()))
    return notebooks


def main() -> None:
    """Run every chapter and write its pair; leaves all pairs alone when one chapter fails."""
    for chapter, notebook in run_all(strict=True).items():
        nbformat.write(tidy(notebook), chapter.with_suffix(".ipynb"))
    before, begins, _ = README.read_text(encoding="utf-8").partition(LIST_BEGINS)
    README.write_text(before + begins + contents(), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
