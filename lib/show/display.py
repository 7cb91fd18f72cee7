"""The house style: numbers in words, tables, figures, and what a page offers for download.

Figures and tables carry everything the site needs (caption, text alternative, data) in their
output, so that a page can be rendered from stored outputs alone.
"""

from __future__ import annotations

import hashlib
import html
import io
import re
import textwrap
import warnings
from dataclasses import dataclass

import matplotlib as mpl
import matplotlib.font_manager
import matplotlib.pyplot as plt
import pandas as pd
import seaborn as sns
from IPython.display import display
from myst_nb import glue as _glue

from lib.words import DASH, limits, listed, number, p_is, p_value, percent, whole

__all__ = [
    "DASH",
    "canvas",
    "colors_of",
    "figure",
    "glue",
    "limits",
    "listed",
    "number",
    "p_is",
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
VERDICT_COLORS = {
    "confirmed": GREEN,
    "bounded": BLUE,
    "fitted": MUTED,
    "given": GRID,
    "contradicted": ORANGE,
}

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

# What a spreadsheet program takes for the beginning of a formula, in either width.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
NO_GLYPH = "missing from font"
CHINESE_FONTS = [
    "Noto Sans CJK SC",
    "Source Han Sans SC",
    "WenQuanYi Zen Hei",
    "Microsoft YaHei",
    "SimHei",
    "PingFang SC",
]


def set_style() -> None:
    """Make every figure of a chapter look alike, byte for byte the same at every run."""
    sns.set_theme(style="ticks")
    installed = set(mpl.font_manager.get_font_names())
    mpl.rcParams.update(
        {
            # The first has everything but Chinese, and comes with Matplotlib.
            "font.family": ["DejaVu Sans", *(font for font in CHINESE_FONTS if font in installed)],
            # A dollar sign in a label is a dollar sign.
            "text.parse_math": False,
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


def csv(frame: pd.DataFrame) -> str:
    """A table as a CSV file in which no text can be taken for a formula.

    A spreadsheet program computes a cell that begins like a formula, whoever wrote it; such texts
    get an apostrophe before them. Numbers stay numbers. Source: OWASP, CSV injection.
    """

    def harmless(cell: object) -> object:
        if not isinstance(cell, str):
            return cell
        # A carriage return alone is not quoted, and what follows it would begin a row.
        cell = cell.replace("\r\n", "\n").replace("\r", "\n")
        return "'" + cell if cell.startswith(FORMULA) and not _is_number(cell) else cell

    texts = frame.select_dtypes(exclude=["number", "bool"]).columns
    safe = frame.rename(columns=harmless)
    for place, name in enumerate(frame.columns):
        if name in texts:
            safe.isetitem(place, frame.iloc[:, place].astype(object).map(harmless))
    return safe.to_csv(index=False, lineterminator="\n", float_format="%.10g")


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return text.isprintable()


def file_name(name: str) -> str:
    """A name that can stand in an address and in a path, whatever a codebook calls its columns."""
    # Labels are looked up in small letters.
    plain = re.sub(r"[^a-z0-9_-]+", "-", name.lower())
    return (
        plain if plain == name else f"{plain[:60]}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"
    )


# -------------------------------------------------------------------------------------- tables


@dataclass(frozen=True)
class Table:
    """A table as the site renders it; in a notebook it shows as plain HTML."""

    content: dict

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict:
        head = "".join(
            f"<th>{html.escape(column['label'])}</th>" for column in self.content["columns"]
        )
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
    rows = [
        [cell if isinstance(cell, dict) else str(cell) for cell in row]
        for row in frame.itertuples(index=False)
    ]
    download = frame.map(lambda cell: text_of(cell)) if data is None else data
    mark = EXAMPLE_MARK[0].upper() + EXAMPLE_MARK[1:] + "." if reconstructed else ""
    display(
        Table(
            {
                "name": file_name(name),
                "caption": caption,
                "columns": [
                    {"label": label, "align": "left" if i == 0 or label in left else "right"}
                    for i, label in enumerate(labels)
                ],
                "rows": rows,
                "csv": csv(download),
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


def canvas(
    title: str, *, height: float = 3.3, width: float = 4.7, **options
) -> tuple[plt.Figure, plt.Axes]:
    """An empty figure whose title states the finding. Sizes in inches; wide enough for a phone."""
    drawing, axes = plt.subplots(figsize=(width, height), layout="constrained", **options)
    drawing.suptitle(
        textwrap.fill(title, int(width * 11)),
        x=0.01,
        ha="left",
        fontsize=10.5,
        fontweight="bold",
        color=INK,
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
            EXAMPLE_MARK,
            loc="right",
            fontsize=8.5,
            fontweight="normal",
            fontstyle="italic",
            color=MUTED,
        )
    buffer = io.StringIO()
    with mpl.rc_context({"svg.hashsalt": name}), warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        drawing.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    plt.close(drawing)
    for warning in caught:
        if NO_GLYPH not in str(warning.message):
            warnings.warn(warning.message, stacklevel=2)
    if any(NO_GLYPH in str(warning.message) for warning in caught):
        caption += " Where this was built, no font has some letters of its labels; the text alternative has them."
    about = {
        "name": file_name(name),
        "caption": caption,
        "alt": alt,
        "csv": None if data is None else csv(data),
        "reconstructed": reconstructed,
    }
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
    """Show one of the tools of `tools.js`, with what follows from the values that its fields begin
    with.

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
