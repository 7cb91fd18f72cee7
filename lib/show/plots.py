"""The few ways in which the figures draw: dots with intervals, curves, stacked bars, grids,
named rows, and a scale for ratios.

Estimates and limits are in the unit of the axis on which they are drawn.
"""

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.ticker import LogLocator, MaxNLocator, NullLocator

from lib.show.display import (
    INK,
    LINE_INCHES,
    MUTED,
    POINTS,
    by_width,
    make_higher,
    panel_inches,
    wrapped,
)

Places = float | np.ndarray | pd.Series

# Seven, so that with the five colors 35 series differ.
MARKERS = ["o", "s", "^", "D", "v", "P", "X"]
MOST_IN_ROW = 29  # letters of a row's name
MOST_POINTS = 400  # of a curve: more no screen can show


def marker(position: int) -> str:
    """The marker of the series at this position among others."""
    return MARKERS[position % len(MARKERS)]


def dots(
    axes: Axes,
    places: Places,
    estimate: Places,
    lower: Places,
    upper: Places,
    *,
    color: str,
    marker: str = "o",
    width: float = 2,
    **options,
) -> None:
    """Dots at these heights, each with a line from its lower to its upper limit; ``options`` of the
    dots are those of ``matplotlib.axes.Axes.plot``."""
    axes.hlines(places, lower, upper, color=color, linewidth=width)
    axes.plot(estimate, places, marker, color=color, **options)


def curve(
    axes: Axes,
    x: Places,
    y: Places,
    *,
    band: tuple[Places, Places] | None = None,
    steps: bool = False,
    **options,
) -> None:
    """A curve, and where ``band`` holds its limits the band between them.

    ``steps`` keeps each value until the next. ``options`` (label, marker and the like) are those of
    ``matplotlib.axes.Axes.plot``; color and line are the next in turn.
    """
    # A step that no screen can show only makes the picture heavy.
    shown = np.unique(np.linspace(0, len(x) - 1, min(len(x), MOST_POINTS)).astype(int))
    x = np.asarray(x)[shown]
    (line,) = axes.plot(
        x,
        np.asarray(y)[shown],
        drawstyle="steps-post" if steps else "default",
        linewidth=2,
        **options,
    )
    if band is not None:
        axes.fill_between(
            x,
            *(np.asarray(limit)[shown] for limit in band),
            step="post" if steps else None,
            color=line.get_color(),
            alpha=0.15,
            linewidth=0,
        )


def stacked_bars(axes: Axes, counts: pd.DataFrame, fills: dict[str, tuple[str, str]]) -> None:
    """A bar for each row of ``counts``, divided by its columns.

    ``fills`` gives each column, in order, its color and its hatch.
    """
    counts = counts[list(fills)]
    left = counts.cumsum(axis=1) - counts
    for name, (color, hatch) in fills.items():
        axes.barh(
            range(len(counts)),
            counts[name],
            left=left[name],
            color=color,
            hatch=hatch,
            edgecolor=INK,
            linewidth=0.6,
            label=name,
        )
    name_rows(axes, list(counts.index))
    axes.locator_params(axis="x", integer=True)


def grid(axes: Axes, kinds: pd.DataFrame, colors: dict[int, str], **options) -> None:
    """A grid of cells, each in the color of its kind; ``options`` go to ``seaborn.heatmap``.

    ``colors`` has a color for each of the kinds, which are whole numbers in order.
    """
    sns.heatmap(
        kinds,
        fmt="",
        annot_kws={"color": INK, "fontsize": POINTS},
        cmap=ListedColormap(list(colors.values())),
        vmin=min(colors),
        vmax=max(colors),
        cbar=False,
        linewidths=1,
        linecolor=MUTED,
        ax=axes,
        **options,
    )
    axes.tick_params(axis="y", rotation=0)


def name_rows(axes: Axes, names: list[str]) -> None:
    """Name the rows 0, 1, 2 ... of a drawing from the top; long names break into lines.

    The drawing gets higher where two neighbors would not have room.
    """
    names = [wrapped(name, MOST_IN_ROW) for name in names]
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.4, -0.6)
    # Lines of Chinese are higher.
    high = 1.25 if any(by_width(name) != name for name in names) else 1
    lines = [high * name.count("\n") + 1.4 for name in names]
    needed = (len(names) + 0.2) * max(np.convolve(lines, [0.5, 0.5]), default=0)
    present = panel_inches(axes) / LINE_INCHES
    make_higher(axes.figure, axes.get_gridspec().nrows * (needed - present))


class _RatioLocator(LogLocator):
    """Ticks at 1, 2, 5, 10 ..., or between them where fewer than two of these are in sight."""

    def tick_values(self, vmin: float, vmax: float) -> np.ndarray:
        ticks = super().tick_values(vmin, vmax)
        seen = (ticks >= vmin) & (ticks <= vmax)
        return ticks if seen.sum() > 1 else MaxNLocator(6).tick_values(vmin, vmax)


def ratio_scale(axes: Axes, which: str) -> None:
    """A logarithmic scale with plain numbers on the axis "x" or "y"."""
    axes.set(**{f"{which}scale": "log"})
    getattr(axes, f"{which}axis").set(
        major_locator=_RatioLocator(subs=(1, 2, 5)),
        major_formatter="{x:g}",
        minor_locator=NullLocator(),
    )
