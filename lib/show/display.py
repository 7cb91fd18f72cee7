"""How a table, a figure or a form becomes an output of a chapter's cell.

Each output carries everything the site needs (caption, text alternative, data, and the function
that made it), so that a page can be rendered from stored outputs alone. What the chapters draw and
tabulate stands in ``figures``, ``rows``, ``tables``, ``model_tables``, ``left_open`` and ``forms``.
"""

import hashlib
import inspect
import io
import os
import re
import textwrap
import unicodedata
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import jinja2
import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from IPython.display import display
from myst_nb import glue as _glue

from lib.words import (
    DASH,
    capital,
    counted,
    limits,
    listed,
    number,
    p_is,
    p_value,
    percent,
    whole,
)

__all__ = [
    "DASH",
    "colors_of",
    "counted",
    "figure",
    "glue",
    "limits",
    "listed",
    "masked",
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

WITHHELD = "withheld"
# What the statistics call by the paper's disease is in a download called as of any outcome.
OF_ANY_OUTCOME = {
    "occluded": "with_event",
    "patent": "without_event",
    "patency": "event_free",
    "exposed_occluded": "exposed_with_event",
    "exposed_patent": "exposed_without_event",
    "mean_occluded": "mean_with_event",
    "mean_patent": "mean_without_event",
    "sd_occluded": "sd_with_event",
    "sd_patent": "sd_without_event",
}
EXAMPLE_MARK = "rests on the example cohort, not on patient data"

# A table in a notebook.
PLAIN_TABLE = jinja2.Template(
    "<table><caption>{{ caption }}</caption><thead><tr>"
    "{% for column in columns %}<th>{{ column.label }}</th>{% endfor %}"
    "</tr></thead><tbody>{% for row in rows %}<tr>"
    "{% for cell in row %}<td>{{ cell.text if cell is mapping else cell }}</td>{% endfor %}"
    "</tr>{% endfor %}</tbody></table>",
    autoescape=True,
)

# What a spreadsheet program takes for the beginning of a formula, in either width.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
# Fewer digits than a processor's last bits reach, so that every machine gives the same file.
DOWNLOADED = "%.8g"
SIGNED = re.compile(r"[+-](\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.ASCII | re.IGNORECASE)

# A figure is drawn for a phone, 4.7 inches wide, and fills the column wherever it is shown. On a
# screen of 390 pixels a letter of 9 points then has 9 pixels.
WIDTH, POINTS = 4.7, 9
LINE_INCHES, LETTERS_IN_INCH, MOST_LETTERS = 0.15, 12, 52  # the most in a line of all the width
BESIDE_PANEL_INCHES = 1.1
HALF = "\0"  # the second half of a wide letter
# Names of Matplotlib's for what a picture uses again.
GIVEN_NAME = re.compile(r'\bid="((?:[a-z]|C[0-9a-f]+_[0-9a-f]+_)[0-9a-f]{10})"')
CHINESE_FONTS = [
    "Noto Sans CJK SC",
    "Source Han Sans SC",
    "WenQuanYi Zen Hei",
    "Microsoft YaHei",
    "SimHei",
    "PingFang SC",
]
NO_FONT = (
    "Where this was built, no font has some letters of its labels; the text alternative has them."
)


# Every figure of a chapter looks alike, byte for byte the same at every run.
sns.set_theme(
    style="ticks",
    rc={
        # The first has everything but Chinese, and comes with Matplotlib.
        "font.family": [
            "DejaVu Sans",
            *(font for font in CHINESE_FONTS if font in mpl.font_manager.get_font_names()),
        ],
        # A dollar sign in a label is a dollar sign.
        "text.parse_math": False,
        "font.size": POINTS,
        "axes.titlesize": POINTS,
        "axes.titlelocation": "left",
        "axes.labelsize": POINTS,
        "xaxis.labellocation": "right",
        "xtick.labelsize": POINTS,
        "ytick.labelsize": POINTS,
        "legend.fontsize": POINTS,
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
        "axes.formatter.useoffset": False,
        # Curves differ in color and in line, in the order in which they are drawn.
        "axes.prop_cycle": 4 * mpl.cycler(color=PALETTE)
        + 5 * mpl.cycler(linestyle=["-", "--", "-.", ":"]),
        "figure.facecolor": "none",
        "axes.facecolor": "none",
        "savefig.facecolor": "none",
        "svg.fonttype": "path",
    },
)


def glue(hidden: object = False, /, **texts: object) -> None:
    """Make texts available to the prose of the same page as ``{glue:text}`` with their names; where
    they are hidden, the word that stands in their place."""
    for name, text in texts.items():
        _glue(name, WITHHELD if hidden else str(text), display=False)


def colors_of(names: list[str]) -> dict[str, str]:
    """A color for each name, in order; the same order gives the same colors on every page."""
    return {name: PALETTE[i % len(PALETTE)] for i, name in enumerate(names)}


# ----------------------------------------------------------------------------------- downloads


def csv(frame: pd.DataFrame) -> str:
    """A table as a CSV file in which no text can be taken for a formula.

    A spreadsheet program computes a cell that begins like a formula, whoever wrote it; such texts
    get an apostrophe before them. Numbers stay numbers. Source: OWASP, CSV injection.
    """

    def harmless(cell: object) -> object:
        if isinstance(cell, float):  # beside what is withheld
            return "" if np.isnan(cell) else DOWNLOADED % cell
        if not isinstance(cell, str):
            return cell
        # A carriage return alone is not quoted, and what follows it would begin a row.
        cell = cell.replace("\r\n", "\n").replace("\r", "\n")
        return "'" + cell if cell.startswith(FORMULA) and not SIGNED.fullmatch(cell) else cell

    return (
        frame.rename(columns=harmless)
        .map(harmless)
        .to_csv(index=False, lineterminator="\n", float_format=DOWNLOADED)
    )


def file_name(name: str) -> str:
    """A name that can stand in an address and in a path, whatever a codebook calls its columns."""
    # Labels are looked up in small letters.
    plain = re.sub(r"[^a-z0-9_-]+", "-", name.lower())
    return (
        plain if plain == name else f"{plain[:60]}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"
    )


def masked(
    frame: pd.DataFrame, hidden: np.ndarray | bool | dict, columns: list[str] | None = None
) -> pd.DataFrame:
    """The frame with the word for what is withheld in the rows that are hidden (each, or all
    alike), in all columns or those given; or by column in the rows that are hidden there.
    """
    if not isinstance(hidden, dict):
        hidden = dict.fromkeys(frame if columns is None else columns, hidden)
    return frame.assign(
        **{
            name: frame[name].astype(object).mask(np.full(len(frame), rows, bool), WITHHELD)
            for name, rows in hidden.items()
            if np.any(rows)
        }
    )


def _keyed(frame: pd.DataFrame, key: str | None) -> pd.DataFrame:
    """The frame with its index as the first column, named ``key``; as it is where there is none."""
    return frame if key is None else frame.rename_axis(key).reset_index()


def _about(name: str, caption: str, mark: str, data: pd.DataFrame) -> dict:
    """What the site needs of a table as of a figure; its function is the one of ``lib`` that the
    cell called.
    """
    callers = [caller.frame for caller in inspect.stack(context=0)]
    *_, maker = (one for one in callers if one.f_globals.get("__name__", "").startswith("lib."))
    return {
        "name": file_name(name),
        "function": f"{maker.f_globals['__name__']}.{maker.f_code.co_qualname}",
        "caption": f"{caption} {capital(mark)}." if mark else caption,
        "csv": csv(data),
        "reconstructed": bool(mark),
    }


# -------------------------------------------------------------------------------------- tables


def badge(kind: str, word: str, target: str = "", title: str = "") -> dict:
    """A cell that shows a word of a kind ("verdict" or "status") in its color; ``target`` is the
    label of the section that it links to, ``title`` explains it.
    """
    return {
        "text": word,
        "class": f"{kind} {kind}-{word.replace(' ', '-')}",
        "title": title,
        "target": target,
    }


def text_of(cell: str | dict) -> str:
    """The words of a cell."""
    return cell["text"] if isinstance(cell, dict) else cell


def table(
    rows: pd.DataFrame,
    columns: dict[str, str | tuple] | None = None,
    *,
    name: str,
    caption: str,
    key: str | None = None,
    left: tuple[str, ...] = (),
    note: str | None = None,
    data: pd.DataFrame | None = None,
    reconstructed: bool = False,
    classes: tuple[str, ...] = (),
) -> None:
    """Show a table.

    ``columns`` says for each heading what its cells are: the name of a column of ``rows``, or a
    tuple of one or more such names and, last, the function of their values that gives the words.
    Where one of them is withheld, so is the cell. Without ``columns``, ``rows`` holds the cells
    themselves. A cell is a text, or a mapping with text and, if need be, class, title, target (the
    label of a section) and function (the full name of one of ``lib``). ``key`` names the index of
    ``rows``, which thereby is a column like others.

    The first column and those named in ``left`` are set flush left, the others right. ``data`` is
    what the CSV download holds, where that is not ``rows``. ``reconstructed`` marks the caption of
    a table that rests on the example cohort.
    """
    rows = _keyed(rows, key)
    columns = columns or {name: name for name in rows}
    cells = [[_cell(row, column) for column in columns.values()] for row in rows.to_dict("records")]
    content = _about(
        name, caption, EXAMPLE_MARK * reconstructed, rows.map(text_of) if data is None else data
    ) | {
        "columns": [
            {"label": label, "align": "left" if i == 0 or label in left else "right"}
            for i, label in enumerate(columns)
        ],
        "rows": [[cell if isinstance(cell, dict) else str(cell) for cell in row] for row in cells],
        "note": note or None,
        "classes": list(classes),
    }
    display(
        {
            "application/vnd.book.table+json": content,
            "text/html": PLAIN_TABLE.render(content),
            "text/plain": content["caption"],
        },
        raw=True,
    )


def _cell(row: dict, column: str | tuple) -> object:
    if isinstance(column, str):
        return row[column]
    *names, form = column
    values = [row[name] for name in names]
    return WITHHELD if WITHHELD in values else form(*values)


# ------------------------------------------------------------------------------------- figures


def by_width(text: str) -> str:
    """The text with a sign after each letter that is as wide as two, as Chinese ones are."""
    return "".join(one + HALF * (unicodedata.east_asian_width(one) in "WF") for one in text)


def wrapped(text: str, letters: int) -> str:
    """The text with no line wider than so many letters; its own line breaks stay."""
    return "\n".join(
        textwrap.fill(line, letters, break_on_hyphens=False) for line in by_width(text).split("\n")
    ).replace(HALF, "")


def panel_inches(axes: plt.Axes) -> float:
    """About the height of what a panel draws, without its title and the names below it."""
    return axes.figure.get_figheight() / axes.get_gridspec().nrows - BESIDE_PANEL_INCHES


def make_higher(drawing: plt.Figure, lines: float) -> None:
    """Make room for so many lines of text; for none where the number is negative."""
    drawing.set_figheight(drawing.get_figheight() + LINE_INCHES * max(lines, 0))


@contextmanager
def figure(
    title: str,
    *,
    name: str,
    caption: str,
    alt: str,
    words: list[str] | None = None,
    data: pd.DataFrame,
    key: str | None = None,
    reconstructed: bool = False,
    hatched: Iterable[int] | None = None,
    height: float = 3.0,
    xlabel: str = "",
    ylabel: str = "",
    **options,
) -> Iterator[plt.Axes | np.ndarray]:
    """Show a figure that is drawn in a ``with`` block on the axes that it gets, with a legend of
    what has a label in it.

    The title states the finding; ``alt`` says in words, with the numbers, what the picture shows.
    Where ``words`` lists the numbers in parts, ``alt`` is the kind of picture, and the title and
    the parts follow it. ``data`` is what its CSV download holds, with the index as a column where
    ``key`` names it.
    ``reconstructed`` marks a figure that rests on the example cohort; where only some of its rows
    do, ``hatched`` has their numbers. ``height`` is in inches and
    holds two lines of title, but no legend; what has more lines makes the figure higher.
    ``xlabel`` and ``ylabel`` name the axes of every panel, ``options`` go to
    ``matplotlib.pyplot.subplots``. What was warned of in drawing it is told in words.
    """
    drawing, axes = plt.subplots(
        figsize=(WIDTH, height),
        layout="constrained",
        subplot_kw={"xlabel": xlabel, "ylabel": ylabel},
        **options,
    )
    if words is not None:
        alt = f"{alt}. {title}. {'; '.join(words)}."
    mark = EXAMPLE_MARK if hatched is None else f"hatched: {EXAMPLE_MARK}"
    alt += f" {capital(mark)}." * reconstructed
    title = wrapped(title, MOST_LETTERS)
    drawing.suptitle(title, x=0.01, ha="left", fontsize=POINTS + 1, fontweight="bold")
    make_higher(drawing, title.count("\n") - 1)
    buffer = io.StringIO()
    # The block may draw as well, which is where letters that no font has are warned of.
    with warnings.catch_warnings(record=True) as caught:
        yield axes
        if reconstructed:
            _hatch(drawing, hatched, mark)
        _wrap_labels(drawing)
        _add_legend(drawing)
        drawing.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
        if folder := os.environ.get("FIGURES"):  # where `make figures` wants them for print
            drawing.savefig(
                Path(folder, f"{file_name(name)}.png"),
                dpi=300,
                facecolor="white",
                metadata={"Software": None},
            )
    plt.close(drawing)
    said = [
        NO_FONT
        if "missing from font" in str(one.message)
        else f"Warned of in drawing this: {one.message}"
        for one in caught
    ]
    about = _about(name, caption, mark * reconstructed, _keyed(data, key))
    about |= {"alt": alt, "caption": " ".join([about["caption"], *dict.fromkeys(said)])}
    display(
        {"image/svg+xml": _numbered(buffer.getvalue()), "text/plain": alt},
        metadata={"image/svg+xml": {"book": about}},
        raw=True,
    )


def _hatch(drawing: plt.Figure, rows: Iterable[int] | None, mark: str) -> None:
    """Mark what rests on the example cohort: these rows, or all panels where none are named."""
    ground = {"hatch": "//", "edgecolor": GRID, "linewidth": 0}
    for panel in drawing.axes if rows is None else ():
        panel.patch.set(**ground)
    for row in rows or ():
        drawing.axes[0].axhspan(row - 0.5, row + 0.5, facecolor="none", zorder=0, **ground)
    drawing.axes[0].set_title(mark, loc="right", fontstyle="italic", color=MUTED)
    make_higher(drawing, 1)


def _numbered(svg: str) -> str:
    """The picture with numbers for the names that Matplotlib gives by chance to what it repeats."""
    for i, name in enumerate(dict.fromkeys(GIVEN_NAME.findall(svg)), start=1):
        svg = svg.replace(name, f"part_{i}")
    return svg


def _wrap_labels(drawing: plt.Figure) -> None:
    """Break the labels of the axes into lines that fit."""
    for axes in drawing.axes:
        axes.set_xlabel(wrapped(axes.get_xlabel(), MOST_LETTERS), multialignment="right")
        upright = max(12, int(LETTERS_IN_INCH * panel_inches(axes)))
        axes.set_ylabel(wrapped(axes.get_ylabel(), upright))
    make_higher(drawing, sum(axes.get_xlabel().count("\n") for axes in drawing.axes))


def _add_legend(drawing: plt.Figure) -> None:
    """A legend below the axes; short names stand side by side."""
    # The same name in two panels is the same thing.
    handles = {
        handle.get_label(): handle
        for axes in drawing.axes
        for handle in axes.get_legend_handles_labels()[0]
    }
    if not handles:
        return
    names = [wrapped(name, MOST_LETTERS - 5) for name in handles]
    longest = max(len(by_width(line)) for name in names for line in name.split("\n"))
    columns = max(1, min(3, MOST_LETTERS // (longest + 5)))
    drawing.legend(
        list(handles.values()), names, loc="outside lower left", ncols=columns, borderaxespad=0
    )
    make_higher(drawing, 1 + sum(name.count("\n") + 1.3 for name in names) / columns)


# --------------------------------------------------------------------------------------- forms


def tool(
    name: str,
    *,
    title: str,
    fields: list[dict],
    sentences: list[str],
    columns: tuple[str, ...] = (),
    rows: tuple[list[str], ...] = (),
    presets: tuple[dict, ...] = (),
    data: dict | None = None,
) -> None:
    """Show one of the forms of ``tools.js``, with what follows from the values it begins with.

    A field has a name, a label and a value; one with least and greatest is a slider. A preset has a
    label and the values of all fields. ``data`` is what the script needs beside them.
    """
    display(
        {
            "application/vnd.book.tool+json": {
                "name": name,
                "title": title,
                "fields": fields,
                "presets": list(presets),
                "sentences": sentences,
                "columns": list(columns),
                "rows": list(rows),
                "data": data or {},
            },
            "text/plain": "\n".join([title, *sentences]),
        },
        raw=True,
    )
