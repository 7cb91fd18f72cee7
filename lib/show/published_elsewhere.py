"""The picture that sets published patency beside the rates at hand."""

from __future__ import annotations

import numpy as np
import pandas as pd

from lib.paper import published_elsewhere
from lib.show import display


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
    above, within, below = counts.sum()
    side, most = max(
        [("within", within), ("above", above), ("below", below)], key=lambda pair: pair[1]
    )
    owner = whose[0].lower() + whose[1:]
    title = f"{most} of {above + within + below} published rates lie {side} {owner}'s interval"

    rows = []
    for group in counts.index:
        own = rates.loc[group]
        limits = own["wilson_lower"], own["wilson_upper"]
        words = f"{display.percent(own['patency'])} ({display.limits(*limits, display.percent)})"
        rows.append((group, whose, own["patients"], own["patency"], *limits, words))
        for row in published[published["diagnosis"] == group].itertuples():
            patients = float(row.patients) if row.patients else np.nan
            words = f"{row.estimate_percent}%" + (
                f" ({row.lower}% to {row.upper}%)" if row.lower else ""
            )
            rows.append((group, row.study, patients, row.estimate, row.low, row.high, words))
    table = pd.DataFrame(
        rows, columns=["diagnosis", "study", "patients", "patency", "lower", "upper", "words"]
    )

    drawing, axes = display.canvas(title, height=0.9 + 0.3 * (len(table) + len(counts)))
    colors = display.colors_of(list(rates.index))
    place, ticks, labels = 0, [], []
    for group, members in table.groupby("diagnosis", sort=False):
        axes.annotate(
            group,
            (0, place),
            (-4, 0),
            xycoords=("axes fraction", "data"),
            textcoords="offset points",
            ha="right",
            va="center",
            fontweight="bold",
            color=colors[group],
        )
        for row in members.itertuples():
            place += 1
            own = row.study == whose
            color = colors[group] if own else display.MUTED
            axes.plot(
                [100 * row.lower, 100 * row.upper],
                [place] * 2,
                color=color,
                linewidth=2.4 if own else 1.4,
            )
            axes.plot(
                100 * row.patency,
                place,
                "o" if own else "D",
                color=color,
                markersize=8 if own else 5.5,
            )
            ticks.append(place)
            number = "" if np.isnan(row.patients) else f", n = {row.patients:,.0f}"
            labels.append(row.study.replace(" (", "\n(") + number)
        if len(members) > 1:
            own = members.iloc[0]
            axes.axvspan(
                100 * own["lower"],
                100 * own["upper"],
                *_band(ticks[-len(members)], place, len(table) + len(counts)),
                color=colors[group],
                alpha=0.12,
                linewidth=0,
            )
        place += 1
    axes.set_yticks(ticks, labels)
    axes.tick_params(axis="y", length=0, labelsize=8.5)
    axes.set_ylim(len(table) + len(counts) - 0.4, -0.6)
    axes.set_xlim(min(35, 100 * np.nanmin(table[["patency", "lower"]].to_numpy()) - 4), 101)
    axes.set_xlabel(f"Primary patency at {horizon} (%)")
    display.figure(
        drawing,
        name="fig-published-patency",
        caption=f"{whose} (circles, 95% Wilson intervals, shaded) and what other studies print "
        "(diamonds, with limits where these are printed).",
        alt=f"Dots with intervals. {title}. "
        + "; ".join(f"{row.diagnosis}, {row.study}: {row.words}" for row in table.itertuples())
        + ".",
        data=table.drop(columns="words"),
        reconstructed=reconstructed,
    )


def _band(first: float, last: float, rows: int) -> tuple[float, float]:
    """The rows from first to last as fractions of the height of the axes, from below."""
    height = rows + 0.2
    return (rows - 0.4 - last - 0.45) / height, (rows - 0.4 - first + 0.45) / height
