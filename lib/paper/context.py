"""Patency at twelve months as other studies print it, to set beside the rates at hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from lib.patients.files import DATA, fail, read_csv

PATH = DATA / "published_patency.csv"
COLUMNS = [
    "id",
    "study",
    "year",
    "doi",
    "diagnosis",
    "patients",
    "estimate_percent",
    "lower",
    "upper",
    "design",
]
COLUMNS += ["definition", "source_note"]
MAY_BE_EMPTY = ["doi", "patients", "lower", "upper"]


def read(path: Path = PATH) -> pd.DataFrame:
    """The published rates, one row each, by id.

    The columns are those of the file, as text, and the proportions estimate, low and high, NaN
    where no limit is printed. Raises `InputError`, with every problem, for a file that cannot be
    used.
    """
    rows = read_csv(path, COLUMNS)
    problems = [
        f"line {line} {column}: it is empty"
        for column in COLUMNS
        if column not in MAY_BE_EMPTY
        for line in rows.index[rows[column] == ""]
    ]
    for column, kind in {"year": "a year", "patients": "a count"}.items():
        wrong = rows[(rows[column] != "") & ~rows[column].str.fullmatch(r"[1-9]\d*")]
        problems += [
            f"line {line} {column}: “{text}” is not {kind}" for line, text in wrong[column].items()
        ]
    for column, source in {"estimate": "estimate_percent", "low": "lower", "high": "upper"}.items():
        rows[column] = pd.to_numeric(rows[source], errors="coerce") / 100
        wrong = rows[(rows[source] != "") & ~rows[column].between(0, 1)]
        problems += [
            f"line {line} {source}: “{text}” is not a percentage"
            for line, text in wrong[source].items()
        ]
    crossed = (rows["low"] > rows["estimate"]) | (rows["high"] < rows["estimate"])
    halves = rows["low"].isna() != rows["high"].isna()
    problems += [
        f"line {line}: the estimate lies outside its limits" for line in rows.index[crossed]
    ]
    problems += [f"line {line}: one limit without the other" for line in rows.index[halves]]
    problems += [
        f"line {line} id: it occurs more than once" for line in rows.index[rows["id"].duplicated()]
    ]
    fail(path, problems)
    return rows.set_index("id")


def against(rates: pd.DataFrame, published: pd.DataFrame) -> pd.DataFrame:
    """For each group, how many published rates of the same name lie above, within and below its
    Wilson interval.

    `rates` is what `patency.rates` gives, by group; `published` is what `read` gives. Groups that
    no published rate is about are left out.
    """
    counted = {}
    for group, row in rates.iterrows():
        estimates = published.loc[published["diagnosis"] == group, "estimate"]
        if len(estimates) and not np.isnan(row["patency"]):
            above, below = (
                (estimates > row["wilson_upper"]).sum(),
                (estimates < row["wilson_lower"]).sum(),
            )
            counted[group] = [above, len(estimates) - above - below, below]
    return pd.DataFrame.from_dict(
        counted, orient="index", columns=["above", "within", "below"], dtype=int
    )


def figure(
    rates: pd.DataFrame, published: pd.DataFrame, whose: str, horizon: str, reconstructed: bool
) -> None:
    """The rates at hand with their Wilson intervals, and below each the published ones of the same
    diagnosis.

    `whose` names the rates at hand, for example "The paper"; `reconstructed` marks rates that rest
    on the example cohort. Nothing is shown where no published rate is about one of the groups.
    """
    from lib.show import display

    counts = against(rates, published)
    if counts.empty:
        return
    title = f"{whose} and what others print, by diagnosis"

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
            group, (0, place), (-4, 0), xycoords=("axes fraction", "data"), textcoords="offset points", ha="right",
            va="center", fontweight="bold", color=colors[group],
        )  # fmt: skip
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
                100 * own["lower"], 100 * own["upper"], *_band(ticks[-len(members)], place, len(table) + len(counts)),
                color=colors[group], alpha=0.12, linewidth=0,
            )  # fmt: skip
        place += 1
    axes.set_yticks(ticks, labels)
    axes.tick_params(axis="y", length=0, labelsize=8.5)
    axes.set_ylim(len(table) + len(counts) - 0.4, -0.6)
    axes.set_xlim(min(35, 100 * np.nanmin(table[["patency", "lower"]].to_numpy()) - 4), 101)
    axes.set_xlabel(f"Primary patency at {horizon} (%)")
    display.figure(
        drawing,
        name="fig-published-patency",
        caption=f"{whose} (circles, 95% Wilson intervals, shaded) and what other studies print (diamonds, with limits "
        "where these are printed).",
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
