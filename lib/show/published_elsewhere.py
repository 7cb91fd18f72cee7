"""The picture that sets published patency beside the rates at hand."""

import numpy as np
import pandas as pd

from lib.paper import published_elsewhere
from lib.show import display, plots
from lib.show.display import MUTED
from lib.words import limits, percent


def figure(
    rates: pd.DataFrame, published: pd.DataFrame, whose: str, horizon: str, reconstructed: bool
) -> None:
    """The rates at hand with their Wilson intervals, and below each the published ones of the same
    diagnosis.

    ``whose`` names the rates at hand, for example "The paper"; ``reconstructed`` marks rates that
    rest on the example cohort. Nothing is shown where no published rate is about one of the groups.
    """
    counts = published_elsewhere.against(rates, published)
    if counts.empty:
        return
    title = f"{whose} and what others print, by diagnosis"
    table = _beside(rates.loc[counts.index], published, whose)
    drawing, axes = display.canvas(title, xlabel=f"Primary patency at {horizon} (%)")
    colors = display.colors_of(list(rates.index))
    names = []
    for group, rows in table.groupby("diagnosis", sort=False):
        places = len(names) + np.arange(1, len(rows) + 1)
        values = 100 * rows[["patency", "lower", "upper"]].to_numpy().T
        own, others = values[:, 0], values[:, 1:]
        plots.dots(axes, places[0], *own, color=colors[group], size=8)
        plots.dots(axes, places[1:], *others, color=MUTED, marker="D", size=5.5, width=1.4)
        ends = [places[0] - 0.45, places[-1] + 0.45]
        axes.fill_betweenx(ends, *own[1:], color=colors[group], alpha=0.12, linewidth=0)
        names += [group, *rows["study"]]
    plots.name_rows(axes, names)
    for name, label in zip(names, axes.get_yticklabels(), strict=True):
        if name in counts.index:
            label.set(color=colors[name], fontweight="bold")
    axes.tick_params(axis="y", length=0)
    axes.set_xlim(min(35, 100 * np.nanmin(table[["patency", "lower"]].to_numpy()) - 4), 101)
    words = [f"{row.diagnosis}, {row.study}: {row.words}" for row in table.itertuples()]
    display.figure(
        drawing,
        name="fig-published-patency",
        caption=f"{whose} (circles, 95% Wilson intervals, shaded) and what other studies print "
        "(diamonds, with limits where these are printed).",
        alt=f"Dots with intervals. {title}. {'; '.join(words)}.",
        data=table.drop(columns="words"),
        reconstructed=reconstructed,
    )


def _beside(rates: pd.DataFrame, published: pd.DataFrame, whose: str) -> pd.DataFrame:
    """The rate of each group, and below it what other studies print for the same diagnosis."""
    own = [
        (
            row.Index,
            whose,
            row.patients,
            row.patency,
            row.wilson_lower,
            row.wilson_upper,
            f"{percent(row.patency)} ({limits(row.wilson_lower, row.wilson_upper, percent)})",
        )
        for row in rates.itertuples()
    ]
    others = [
        (
            row.diagnosis,
            row.study,
            pd.to_numeric(row.patients or None),
            row.estimate,
            row.low,
            row.high,
            f"{row.estimate_percent}%" + (f" ({row.lower}% to {row.upper}%)" if row.lower else ""),
        )
        for row in published.itertuples()
        if row.diagnosis in rates.index
    ]
    columns = ["diagnosis", "study", "patients", "patency", "lower", "upper", "words"]
    table = pd.DataFrame([*own, *others], columns=columns)
    return pd.concat([table[table["diagnosis"] == group] for group in rates.index])
