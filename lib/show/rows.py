"""Pictures of the rows: each number by outcome and group, the share with the event by factor and
group, and how the factors go together.

Where small cells are withheld, only what has the threshold of patients on either side is drawn, no
point is a patient, and groups are not parted, whose tables with factor and outcome are small.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap

from lib.patients.cohort import Cohort
from lib.show import display, plots
from lib.show.display import INK, MUTED, PALE_BLUE, PALE_ORANGE, PALETTE
from lib.words import listed, number, percent

QUARTILES = (0.25, 0.5, 0.75)
CLOSE = 0.3  # from here a correlation is moderate (Cohen 1988, section 3.2)


def _in_words(cohort: Cohort) -> pd.DataFrame:
    """The rows with outcome and group in the words of the page."""
    rows = cohort.complete([cohort.outcome, cohort.group])
    words = {0.0: cohort.no_event, 1.0: cohort.event}
    names = cohort.level_labels(cohort.group)
    return rows.assign(
        **{
            cohort.outcome: pd.Categorical(rows[cohort.outcome].map(words), list(words.values())),
            cohort.group: rows[cohort.group].cat.rename_categories(names),
        }
    )


def numbers(cohort: Cohort) -> None:
    """Every factor that is a number by outcome and group: boxes, and a point for each patient."""
    names = [name for name in cohort.factors if name not in cohort.binary_factors]
    if cohort.withheld.threshold:
        by_outcome = [cohort.rows[cohort.rows[cohort.outcome] == value] for value in (0, 1)]
        names = [
            name
            for name in names
            if name not in cohort.withheld.outcome
            and not any(
                cohort.withheld.hides_quantile(rows[name], rows[name].quantile(share))
                for rows in by_outcome
                for share in QUARTILES
            )
        ]
    if not names:
        return
    rows, parted = _in_words(cohort), not cohort.withheld.threshold
    medians = rows.groupby(cohort.outcome, observed=False)[names].median()
    farthest = ((medians.max() - medians.min()) / rows[names].std()).idxmax()
    title = (
        f"{cohort.label(farthest)}: median {number(medians.loc[cohort.event, farthest], 0)} "
        f"{cohort.event}, {number(medians.loc[cohort.no_event, farthest], 0)} {cohort.no_event}"
    )
    drawing, axes = display.canvas(title, height=2.4 * len(names), nrows=len(names), squeeze=False)
    for panel, name in zip(axes[:, 0], names, strict=True):
        _boxes(panel, rows, name, cohort, parted)
    words = [
        f"{cohort.label(name)}: "
        + listed([f"{number(value, 1)} {word}" for word, value in medians[name].items()])
        for name in names
    ]
    display.figure(
        drawing,
        name="fig-numbers",
        caption="Each number by outcome"
        + (
            " and group: median, quartiles, and every patient."
            if parted
            else ": median and quartiles."
        ),
        alt=f"Boxes. {title}. Medians: {'; '.join(words)}.",
        data=medians,
        key="outcome",
        reconstructed=cohort.is_example,
    )


def _boxes(axes: Axes, rows: pd.DataFrame, name: str, cohort: Cohort, parted: bool) -> None:
    place = {"data": rows, "x": name, "y": cohort.outcome, "ax": axes, "legend": False}
    if parted:
        place |= {"hue": cohort.group, "palette": PALETTE[: len(cohort.groups)]}
    look = {"fill": False, "showfliers": False, "whis": (25, 75), "gap": 0.2, "linewidth": 1.5}
    sns.boxplot(**place, **look, **({} if parted else {"color": INK}))
    if parted:
        sns.stripplot(**place, dodge=True, size=2.5, alpha=0.5, jitter=0.2)
        for position, group in enumerate(rows[cohort.group].cat.categories):
            label = group if axes.get_subplotspec().is_first_row() else None
            axes.plot([], [], "o", color=PALETTE[position % len(PALETTE)], label=label)
    axes.set(xlabel=cohort.label(name), ylabel="")


def shares(cohort: Cohort) -> None:
    """The share with the event, with and without each yes-or-no factor, by group."""
    names = [one for one in cohort.binary_factors if one not in cohort.withheld.outcome]
    if not names:
        return
    parted = not cohort.withheld.threshold
    by = [cohort.group] if parted else []
    found = pd.concat(
        cohort.complete([cohort.outcome, name])
        .groupby([*by, name], observed=True)[cohort.outcome]
        .agg(["mean", "size"])
        .reset_index()
        .rename(columns={name: "exposed", "mean": "share", "size": "patients"})
        .assign(factor=name)
        for name in names
    )
    words = cohort.level_labels(cohort.group)
    found["group"] = found[cohort.group].astype(str).map(words) if parted else "all"
    overall = (
        found.assign(events=found["share"] * found["patients"])
        .groupby(["factor", "exposed"], sort=False)[["events", "patients"]]
        .sum()
    )
    risk = (overall["events"] / overall["patients"]).unstack()
    widest = (risk[1.0] - risk[0.0]).abs().idxmax()
    title = (
        f"{cohort.label(widest)}: {percent(risk.at[widest, 1.0], 0)} {cohort.event} with it, "
        f"{percent(risk.at[widest, 0.0], 0)} without"
    )
    drawing, axes = display.canvas(
        title, height=1.2 + 0.9 * len(names), xlabel=f"{cohort.event.capitalize()} (% of patients)"
    )
    groups = list(dict.fromkeys(found["group"]))
    for position, group in enumerate(groups):
        of_group = found[found["group"] == group].pivot(index="factor", columns="exposed")["share"]
        of_group = 100 * of_group.reindex(names)
        heights = np.arange(len(names)) + 0.18 * (position - (len(groups) - 1) / 2)
        color = PALETTE[position % len(PALETTE)]
        axes.hlines(heights, of_group[0.0], of_group[1.0], color=color, linewidth=1)
        axes.plot(of_group[0.0], heights, "o", color=color, markerfacecolor="none")
        axes.plot(of_group[1.0], heights, plots.marker(position), color=color, label=group)
    axes.set_xlim(left=0)
    plots.name_rows(axes, [cohort.label(name) for name in names])
    listing = [
        f"{cohort.label(name)}: {percent(row[1.0])} with it, {percent(row[0.0])} without"
        for name, row in risk.iterrows()
    ]
    display.figure(
        drawing,
        name="fig-shares",
        caption=f"Share {cohort.event} with each factor (filled) and without it (open)"
        + (", by group." if parted else "."),
        alt=f"Pairs of dots. {title}. {'; '.join(listing)}.",
        data=found[["factor", "group", "exposed", "patients", "share"]],
        reconstructed=cohort.is_example,
    )


def association(correlations: pd.DataFrame, cohort: Cohort) -> None:
    """How the factors go together: their correlations, those that may be shown."""
    names = list(correlations.index)
    hidden = [[frozenset((a, b)) in cohort.withheld.pairs for b in names] for a in names]
    shown = correlations[names].mask(np.array(hidden) | np.eye(len(names), dtype=bool))
    if len(names) < 2 or shown.isna().all(axis=None):
        return
    first, second = shown.abs().stack().idxmax()
    title = (
        f"The closest pair: {cohort.label(first)} and {cohort.phrase(second)}, "
        f"r = {number(shown.at[first, second])}"
    )
    drawing, axes = display.canvas(title, height=1.4 + 0.38 * len(names))
    numbered = [f"{place}. {cohort.label(name)}" for place, name in enumerate(names, start=1)]
    sns.heatmap(
        np.sign(shown) * (shown.abs() >= CLOSE),
        annot=shown.map(number) if len(names) <= 8 else False,
        fmt="",
        annot_kws={"color": INK, "fontsize": display.POINTS},
        cmap=ListedColormap([PALE_ORANGE, "none", PALE_BLUE]),
        vmin=-1,
        vmax=1,
        cbar=False,
        linewidths=1,
        linecolor=MUTED,
        yticklabels=numbered,
        xticklabels=range(1, len(names) + 1),
        ax=axes,
    )
    axes.tick_params(axis="y", rotation=0)
    display.figure(
        drawing,
        name="fig-association",
        caption=f"Correlations between the factors; blue from {CLOSE}, orange from −{CLOSE}.",
        alt=f"Grid of correlations of {len(names)} factors. {title}.",
        data=shown,
        key="factor",
        reconstructed=cohort.is_example,
    )
