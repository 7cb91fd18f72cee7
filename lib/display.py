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
import numpy as np
import pandas as pd
import seaborn as sns
from IPython.display import display
from myst_nb import glue as _glue

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
DASH = "–"


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


# ------------------------------------------------------------------------------------- numbers


def number(value: float, digits: int = 2) -> str:
    """A number with a fixed count of decimals; a dash where there is none."""
    return DASH if pd.isna(value) else f"{value:,.{digits}f}".replace("-", "−")


def whole(value: float) -> str:
    """A count; a dash where there is none."""
    return number(value, 0)


def percent(value: float, digits: int = 1) -> str:
    """A proportion as a percentage."""
    return DASH if pd.isna(value) else f"{100 * value:.{digits}f}%".replace("-", "−")


def p_value(value: float) -> str:
    """A P value to two significant digits, three decimals at least; "<0.0001" below that."""
    if pd.isna(value):
        return DASH
    if value < 0.0001:
        return "<0.0001"
    decimals = max(3, 1 - int(np.floor(np.log10(value)))) if value > 0 else 3
    return f"{value:.{decimals}f}"


def limits(lower: float, upper: float, form=number, **options) -> str:
    """Two limits in words: "0.52 to 0.72"."""
    if pd.isna(lower) or pd.isna(upper):
        return DASH
    return f"{form(lower, **options)} to {form(upper, **options)}"


def listed(words: list[str]) -> str:
    """Words in a row: "a", "a and b", "a, b and c"; "none" where there are none."""
    words = [str(word) for word in words]
    if not words:
        return "none"
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + " and " + words[-1]


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


def canvas(title: str, *, height: float = 3.3, width: float = 5.2, **options) -> tuple[plt.Figure, plt.Axes]:
    """An empty figure whose title states the finding. Sizes in inches; wide enough for a phone."""
    drawing, axes = plt.subplots(figsize=(width, height), layout="constrained", **options)
    drawing.suptitle(
        textwrap.fill(title, int(width * 11.2)), x=0.01, ha="left", fontsize=10.5, fontweight="bold", color=INK
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
        drawing.supxlabel(EXAMPLE_MARK, x=0.99, ha="right", fontsize=8.5, color=MUTED, style="italic")
    buffer = io.StringIO()
    with mpl.rc_context({"svg.hashsalt": name}):
        drawing.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    plt.close(drawing)
    csv = None if data is None else data.to_csv(index=False, lineterminator="\n", float_format="%.10g")
    about = {"name": name, "caption": caption, "alt": alt, "csv": csv, "reconstructed": reconstructed}
    display(Figure(buffer.getvalue(), about))


def colors_of(names: list[str]) -> dict[str, str]:
    """A color for each name, in order; the same order gives the same colors on every page."""
    return {name: PALETTE[i % len(PALETTE)] for i, name in enumerate(names)}
