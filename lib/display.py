"""The house style: numbers in words, tables, figures, and what a page offers for download.

Figures and tables carry everything the site needs (caption, text alternative, data) in their
output, so that a page can be rendered from stored outputs alone.
"""

from __future__ import annotations

import html
import io
import textwrap
from dataclasses import dataclass

import matplotlib as mpl
import matplotlib.pyplot as plt
import pandas as pd
import seaborn as sns
from IPython.display import display
from myst_nb import glue as _glue

from lib.words import DASH, limits, listed, number, p_value, percent, whole

__all__ = [
    "DASH",
    "canvas",
    "colors_of",
    "figure",
    "glue",
    "limits",
    "listed",
    "number",
    "p_value",
    "percent",
    "table",
    "tool",
    "whole",
]

INK, MUTED, GRID = "#1b1f24", "#57606a", "#d0d7de"
BLUE, ORANGE, GREEN, PURPLE = "#0072b2", "#c44e00", "#00795a", "#a23b78"
PALE_BLUE, PALE_ORANGE = "#cfe4f3", "#fadcc8"
PALETTE = [BLUE, ORANGE, GREEN, PURPLE, MUTED]
MARKERS = ["o", "s", "^", "D", "v"]
VERDICT_COLORS = {"confirmed": GREEN, "bounded": BLUE, "fitted": MUTED, "given": GRID, "contradicted": ORANGE}

# Each color of a figure on a light page and its counterpart on a dark one.
DARK = {
    INK: "#e6edf3",
    MUTED: "#9ba6b2",
    GRID: "#454c55",
    BLUE: "#58b2ee",
    ORANGE: "#ff9550",
    GREEN: "#3ccf9f",
    PURPLE: "#e08fc0",
    PALE_BLUE: "#1f4663",
    PALE_ORANGE: "#66391c",
}

EXAMPLE_MARK = "rests on the example cohort, not on patient data"


def set_style() -> None:
    """Make every figure of a chapter look alike, byte for byte the same at every run."""
    sns.set_theme(style="ticks")
    mpl.rcParams.update(
        {
            "font.family": "DejaVu Sans",
            "font.size": 10,
            "axes.titlesize": 10.5,
            "axes.titleweight": "bold",
            "axes.titlelocation": "left",
            "axes.labelsize": 10,
            "xaxis.labellocation": "right",
            "xtick.labelsize": 9.5,
            "ytick.labelsize": 9.5,
            "legend.fontsize": 9.5,
            "legend.frameon": False,
            "text.color": INK,
            "axes.labelcolor": INK,
            "axes.edgecolor": MUTED,
            "xtick.color": MUTED,
            "ytick.color": MUTED,
            "xtick.labelcolor": INK,
            "ytick.labelcolor": INK,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "grid.color": GRID,
            "axes.prop_cycle": mpl.cycler(color=PALETTE),
            "figure.facecolor": "none",
            "axes.facecolor": "none",
            "savefig.facecolor": "none",
            "svg.fonttype": "path",
        }
    )


set_style()


def glue(**texts: object) -> None:
    """Make texts available to the prose of the same page as {glue:text}`name`."""
    for name, text in texts.items():
        _glue(name, str(text), display=False)


# -------------------------------------------------------------------------------------- tables


@dataclass(frozen=True)
class Table:
    """A table as the site renders it; in a notebook it shows as plain HTML."""

    content: dict

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict:
        head = "".join(f"<th>{html.escape(column['label'])}</th>" for column in self.content["columns"])
        body = "".join(
            "<tr>" + "".join(f"<td>{html.escape(text_of(cell))}</td>" for cell in row) + "</tr>"
            for row in self.content["rows"]
        )
        caption = html.escape(self.content["caption"])
        markup = f"<table><caption>{caption}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
        return {
            "application/vnd.book.table+json": self.content,
            "text/html": markup,
            "text/plain": self.content["caption"],
        }


def text_of(cell: str | dict) -> str:
    """The words of a cell."""
    return cell["text"] if isinstance(cell, dict) else cell


def table(
    frame: pd.DataFrame,
    *,
    name: str,
    caption: str,
    left: tuple[str, ...] = (),
    note: str | None = None,
    data: pd.DataFrame | None = None,
    reconstructed: bool = False,
    classes: tuple[str, ...] = (),
) -> None:
    """Show a table: `frame` holds the words of its cells, its columns the headings.

    The first column and those named in `left` are set flush left, the others right. A cell may be a
    mapping with text and, if need be, class, title and target (the label of a section).
    `data` is what the CSV download holds, `frame` itself where it is None. `reconstructed` marks
    a table that rests on the example cohort.
    """
    labels = list(frame.columns)
    rows = [[cell if isinstance(cell, dict) else str(cell) for cell in row] for row in frame.itertuples(index=False)]
    download = frame.map(lambda cell: text_of(cell)) if data is None else data
    mark = EXAMPLE_MARK[0].upper() + EXAMPLE_MARK[1:] + "." if reconstructed else ""
    display(
        Table(
            {
                "name": name,
                "caption": caption,
                "columns": [
                    {"label": label, "align": "left" if i == 0 or label in left else "right"}
                    for i, label in enumerate(labels)
                ],
                "rows": rows,
                "csv": download.to_csv(index=False, lineterminator="\n", float_format="%.10g"),
                "note": " ".join(part for part in (note, mark) if part) or None,
                "classes": list(classes),
                "reconstructed": reconstructed,
            }
        )
    )


# ------------------------------------------------------------------------------------- figures


@dataclass(frozen=True)
class Figure:
    """A drawn figure with its caption, its text alternative and the data behind it."""

    svg: str
    about: dict

    def _repr_mimebundle_(self, include=None, exclude=None) -> tuple[dict, dict]:
        data = {"image/svg+xml": self.svg, "text/plain": self.about["alt"]}
        return data, {"image/svg+xml": {"book": self.about}}


def canvas(title: str, *, height: float = 3.3, width: float = 4.7, **options) -> tuple[plt.Figure, plt.Axes]:
    """An empty figure whose title states the finding. Sizes in inches; wide enough for a phone."""
    drawing, axes = plt.subplots(figsize=(width, height), layout="constrained", **options)
    drawing.suptitle(
        textwrap.fill(title, int(width * 11)), x=0.01, ha="left", fontsize=10.5, fontweight="bold", color=INK
    )
    return drawing, axes


def figure(
    drawing: plt.Figure,
    *,
    name: str,
    caption: str,
    alt: str,
    data: pd.DataFrame | None = None,
    reconstructed: bool = False,
) -> None:
    """Show a figure. `alt` says in words, with the numbers, what the picture shows; `data` is what
    its CSV download holds. `reconstructed` marks a figure that rests on the example cohort."""
    if reconstructed:
        drawing.axes[0].set_title(
            EXAMPLE_MARK, loc="right", fontsize=8.5, fontweight="normal", fontstyle="italic", color=MUTED
        )
    buffer = io.StringIO()
    with mpl.rc_context({"svg.hashsalt": name}):
        drawing.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    plt.close(drawing)
    csv = None if data is None else data.to_csv(index=False, lineterminator="\n", float_format="%.10g")
    about = {"name": name, "caption": caption, "alt": alt, "csv": csv, "reconstructed": reconstructed}
    display(Figure(buffer.getvalue(), about))


# --------------------------------------------------------------------------------------- tools


@dataclass(frozen=True)
class Tool:
    """A form with what follows from it, as the site renders it; a notebook shows the words alone."""

    content: dict

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict:
        words = "\n".join([self.content["title"], *self.content["sentences"]])
        return {"application/vnd.book.tool+json": self.content, "text/plain": words}


def tool(
    name: str,
    *,
    title: str,
    fields: list[dict],
    sentences: list[str],
    columns: list[str] | None = None,
    rows: list[list[str]] | None = None,
    presets: list[dict] | None = None,
    data: dict | None = None,
) -> None:
    """Show one of the tools of `tools.js`, with what follows from the values that its fields begin with.

    A field has a name, a label and a value; one with least and greatest is a slider. A preset has a
    label and the values of all fields. `data` is what the script needs beside them.
    """
    display(
        Tool(
            {
                "name": name,
                "title": title,
                "fields": fields,
                "presets": presets or [],
                "sentences": sentences,
                "columns": columns or [],
                "rows": rows or [],
                "data": data or {},
            }
        )
    )


def colors_of(names: list[str]) -> dict[str, str]:
    """A color for each name, in order; the same order gives the same colors on every page."""
    return {name: PALETTE[i % len(PALETTE)] for i, name in enumerate(names)}
