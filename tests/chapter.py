"""Runs chapters in this process: `python tests/chapter.py [CHAPTER...]`, by default all."""

import contextlib
import io
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from unittest import mock

import altered
import jupytext
from matplotlib.figure import Figure
from recorded import into

from lib.show import display
from lib.site import notebooks

# The chapters that read rows.
ON_ROWS = ["methods", "patency", "univariate", "multivariate", "roc", "analysis"]


@dataclass
class Ran:
    """The cells of a chapter, with the tables, figures and forms that each hands to the page as its
    outputs; and the texts, by name."""

    cells: list
    glued: dict[str, str] = field(default_factory=dict)

    @property
    def shown(self) -> list:
        """All tables, figures and forms."""
        return [output for cell in self.cells for output in cell.get("outputs", [])]


def run(chapter: str, lay_out: bool = True) -> Ran:
    """Run all cells of a chapter. Figures are laid out at most, and not drawn, which takes long."""
    ran = Ran(jupytext.read(notebooks.CHAPTERS / f"{chapter}.md").cells)

    def laid_out(figure: Figure, file: io.TextIOBase, **options: object) -> None:
        if lay_out:
            figure.draw_without_rendering()
        file.write("<svg/>")

    names = {"__name__": "__main__"}
    shown = []
    with (
        contextlib.redirect_stdout(io.StringIO()),
        mock.patch.object(display, "_glue", lambda name, text, **_: ran.glued.update({name: text})),
        mock.patch.object(display, "display", into(shown)),
        mock.patch.object(Figure, "savefig", laid_out),
    ):
        for cell in ran.cells:
            if cell.cell_type == "code":
                exec(compile(cell.source, f"{chapter}.md", "exec"), names)
                cell["outputs"], shown[:] = list(shown), []
    return ran


def run_book(
    monkeypatch, rows: Path, disclosed: str, chapters: Iterable[str], lay_out: bool = True
) -> dict[str, Ran]:
    """Run the chapters of a book about somebody's patients, with DISCLOSURE as asked for."""
    altered.remember(monkeypatch.setattr)
    monkeypatch.setenv("COHORT", str(rows))
    monkeypatch.setenv("DISCLOSURE", disclosed)
    return {chapter: run(chapter, lay_out) for chapter in chapters}


if __name__ == "__main__":
    altered.remember(setattr)
    for name in sys.argv[1:] or [path.stem for path in notebooks.sources()]:
        run(name)
        print(name)
