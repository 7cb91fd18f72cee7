"""The pictures of the chapters, one function a figure.

Each takes what a module of statistics computed, states the finding in its title and carries the
numbers in its text alternative.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.patches import Polygon

from lib.patients.cohort import Cohort
from lib.show import display
from lib.show.display import (
    BLUE,
    GRID,
    INK,
    MARKERS,
    MUTED,
    ORANGE,
    PALE_BLUE,
    PALE_ORANGE,
    VERDICT_COLORS,
)
from lib.statistics.sensitivity import FunctionalForm
from lib.statistics.survival import ALL, Survival, at_times
from lib.words import capital

MOST_STEPS = 400


def scoreboard(judged: pd.DataFrame) -> None:
    """How many claims of each section have each verdict."""
    verdicts = list(VERDICT_COLORS)
    judged = judged.assign(section=judged["section"].replace("roc", "ROC"))
    counts = judged.groupby(["section", "verdict"]).size().unstack(fill_value=0)
    counts = counts.reindex(index=judged["section"].unique(), columns=verdicts, fill_value=0)
    confirmed, total = counts["confirmed"].sum(), counts.to_numpy().sum()
    title = f"{confirmed} of {total} printed numbers follow from the others"
    drawing, axes = display.canvas(title, height=2.9)
    left = np.zeros(len(counts))
    hatches = {"confirmed": "", "bounded": "//", "fitted": "--", "given": "", "contradicted": "xx"}
    for verdict in verdicts:
        width = counts[verdict].to_numpy()
        color = VERDICT_COLORS[verdict]
        axes.barh(
            counts.index,
            width,
            left=left,
            color=color,
            hatch=hatches[verdict],
            edgecolor=INK,
            linewidth=0.6,
            label=verdict,
        )
        left += width
    axes.invert_yaxis()
    axes.set_xlabel("Claims (count)")
    drawing.legend(loc="outside lower center", ncols=3)
    words = [
        f"{section}: " + display.listed([f"{n} {verdict}" for verdict, n in row.items() if n])
        for section, row in counts.iterrows()
    ]
    display.figure(
        drawing,
        name="fig-scoreboard",
        caption="Printed numbers by section of the paper and verdict.",
        alt=f"Stacked bars. {title}. " + "; ".join(words) + ".",
        data=counts.reset_index(),
    )


def printable(table: pd.DataFrame, labels: dict[str, str], printed: dict[str, str]) -> None:
    """For which numbers of events each percentage can arise, one row of ticks per percentage."""
    answers = list(table.index[table.all(axis=1)])
    title = {
        0: "No number of occlusions can print all percentages",
        1: f"Only {answers[0] if answers else ''} occlusions can print all {table.shape[1]} percentages",
    }.get(len(answers), f"{len(answers)} numbers of occlusions can print all percentages")
    drawing, axes = display.canvas(title, height=2.9)
    for answer in answers:
        axes.axvline(answer, color=ORANGE, linewidth=5, alpha=0.35)
    for position, name in enumerate(table.columns):
        possible = table.index[table[name]]
        axes.plot(
            possible,
            [position] * len(possible),
            "|",
            color=BLUE,
            markersize=15,
            markeredgewidth=1.6,
        )
    words = [labels[name].replace(" of ", "\n", 1) for name in table.columns]
    axes.set_yticks(
        range(table.shape[1]),
        [f"{word}: {printed[name]}" for word, name in zip(words, table, strict=True)],
    )
    axes.set_ylim(table.shape[1] - 0.4, -0.6)
    axes.set_xlim(0, table.index.max() + 1)
    axes.set_xlabel("Occlusions among all patients (count)")
    counts = [f"{labels[name]} {printed[name]} at {table[name].sum()}" for name in table.columns]
    display.figure(
        drawing,
        name="fig-printable",
        caption="Each tick is a number of occlusions with which a whole number of patients can print the percentage.",
        alt=f"Ticks for the numbers of occlusions, from 1 to {table.index.max()}, that can print each percentage: "
        + "; ".join(counts)
        + f" numbers. All rows have a tick at: {display.listed(answers)}.",
        data=table.astype(int).reset_index(),
    )


def patency(rates: pd.DataFrame, cohort: Cohort, reconstructed: bool) -> None:
    """Patency of each group with its Wilson interval."""
    known = rates.dropna(subset=["patency"])
    best, worst = known["patency"].idxmax(), known["patency"].idxmin()
    alike = known["patency"].nunique() == 1
    what = f"{capital(cohort.freedom)} at {cohort.horizon}"
    title = f"{what} was highest in {best}, lowest in {worst}"
    title = (
        f"{what} was {display.percent(known['patency'].iloc[0])} in every group" if alike else title
    )
    drawing, axes = display.canvas(title, height=2.5)
    colors = display.colors_of(list(rates.index))
    for position, (group, row) in enumerate(known.iterrows()):
        marker = MARKERS[position % len(MARKERS)]
        axes.plot(
            [100 * row["wilson_lower"], 100 * row["wilson_upper"]],
            [position] * 2,
            color=colors[group],
            linewidth=2.2,
        )
        axes.plot(100 * row["patency"], position, marker, color=colors[group], markersize=9)
        axes.annotate(
            display.percent(row["patency"]),
            (100 * row["patency"], position),
            (0, 9),
            textcoords="offset points",
            ha="center",
        )
    axes.set_yticks(
        range(len(known)),
        [f"{group}\nn = {row['patients']:,.0f}" for group, row in known.iterrows()],
    )
    axes.set_ylim(len(known) - 0.5, -0.7)
    axes.set_xlim(min(30, 100 * known["wilson_lower"].min() - 5), 100)
    axes.set_xlabel(f"{capital(cohort.no_event)} at {cohort.horizon} (% of patients, 95% interval)")
    words = [
        f"{group} {display.percent(row['patency'])} "
        f"({display.limits(row['wilson_lower'], row['wilson_upper'], display.percent)})"
        for group, row in known.iterrows()
    ]
    display.figure(
        drawing,
        name="fig-patency",
        caption=f"Crude {cohort.freedom} at {cohort.horizon} by {cohort.phrase(cohort.group)}, with Wilson intervals.",
        alt=f"Dots with intervals. {title}: {'; '.join(words)}.",
        data=rates.rename_axis("group").reset_index(),
        reconstructed=reconstructed,
    )


def significant_pairs(
    p_values: np.ndarray, points: dict[str, tuple[int, int]], alpha: float, reconstructed: bool
) -> None:
    """All pairs of counts of a binary factor, shaded by whether they are significant."""
    occluded, patent = (size - 1 for size in p_values.shape)
    share = np.mean(p_values < alpha)
    title = f"{share:.0%} of all count pairs print P<{alpha:g} (Pearson)"
    drawing, axes = display.canvas(title, height=4.4)
    axes.set_facecolor(PALE_BLUE)
    for a, row in enumerate(p_values):
        open_pairs = np.flatnonzero(~(row < alpha))
        if len(open_pairs):
            low, high = (
                100 * (open_pairs.min() - 0.5) / patent,
                100 * (open_pairs.max() + 0.5) / patent,
            )
            axes.barh(
                100 * a / occluded,
                high - low,
                101 / occluded,
                left=low,
                color=PALE_ORANGE,
                linewidth=0,
            )
    axes.axline((0, 0), (100, 100), color=MUTED, linewidth=1, linestyle=":")
    for position, (label, (x, y)) in enumerate(points.items()):
        axes.plot(
            100 * y / patent,
            100 * x / occluded,
            MARKERS[position % len(MARKERS)],
            color=INK,
            markersize=7,
            label=label,
        )
    axes.set(xlim=(-1, 101), ylim=(-1, 101))
    axes.set_xlabel("Exposed among the patent (%)")
    axes.set_ylabel("Exposed among the occluded (%)")
    drawing.legend(loc="outside lower left")
    places = [
        f"{label} at {x} of {occluded} and {y} of {patent}" for label, (x, y) in points.items()
    ]
    display.figure(
        drawing,
        name="fig-significant-pairs",
        caption="Every pair of counts that a binary factor could have: significant by Pearson's test (blue) or not "
        "(orange). "
        "The marks are the factors whose counts are shown in this chapter.",
        alt=f"Map of all {p_values.size} count pairs. {title}; the others lie in a band around equal exposure. "
        f"Marked: {display.listed(places)}.",
        data=pd.DataFrame(points, index=["exposed_occluded", "exposed_patent"])
        .T.rename_axis("factor")
        .reset_index(),
        reconstructed=reconstructed,
    )


def reporting_polygons(polygons: dict[str, np.ndarray]) -> None:
    """What the printed digits leave for the coefficient and its standard error."""
    drawing, axes = display.canvas(
        "What is printed leaves a sliver for each coefficient",
        height=3.0,
        ncols=len(polygons),
        sharey=False,
    )
    words, rows = [], []
    for axis, (label, corners) in zip(np.atleast_1d(axes), polygons.items(), strict=True):
        axis.set_title(label.replace(" ", "\n", 1), fontsize=9.5, fontweight="normal")
        axis.set_xlabel("Coefficient (log odds)")
        axis.locator_params(nbins=3)
        axis.ticklabel_format(useOffset=False)
        if len(corners):
            axis.add_patch(Polygon(corners, closed=True, facecolor=PALE_BLUE, edgecolor=BLUE))
            axis.margins(0.25)
            axis.autoscale_view()
            (low, small), (high, large) = corners.min(axis=0), corners.max(axis=0)
            words.append(
                f"{label}: coefficient {low:.4f} to {high:.4f}, standard error {small:.5f} to {large:.5f}"
            )
        else:
            axis.text(
                0.5, 0.5, "empty", ha="center", va="center", transform=axis.transAxes, color=ORANGE
            )
            words.append(f"{label}: empty")
        rows += [(label, *corner) for corner in corners]
    np.atleast_1d(axes)[0].set_ylabel("Standard error")
    display.figure(
        drawing,
        name="fig-polygons",
        caption="The reporting polygons: all pairs of coefficient and standard error that print the published strings.",
        alt="Small polygons. " + "; ".join(words) + ".",
        data=pd.DataFrame(rows, columns=["factor", "coefficient", "standard_error"]),
    )


def two_marker_models(models: pd.DataFrame, printed: dict[str, float], matches: int) -> None:
    """Adjusted odds ratios of every two-marker model beside the printed ones, which `matches` of
    the models print."""
    labels = list(printed)
    title = f"{matches or 'No'} model{'s' * (matches > 1)} with the two markers alone can print both odds ratios"
    drawing, axes = display.canvas(title, height=3.6)
    for column, label, color, style in zip(
        models.columns, labels, [BLUE, ORANGE], ["-", "--"], strict=True
    ):
        axes.plot(
            models.index,
            models[column],
            color=color,
            linestyle=style,
            linewidth=2,
            label=f"model: {label}",
        )
        axes.axhline(
            printed[label], color=color, linewidth=1, label=f"printed: {printed[label]:.3f}"
        )
    axes.set_xlabel("Patients with both markers (count)")
    axes.set_ylabel("Odds ratio (log scale)")
    axes.set_yscale("log")
    ticks = [
        tick
        for tick in (0.5, 0.7, 1, 1.5, 2, 3, 4, 6, 8, 12)
        if models.min().min() <= tick <= models.max().max()
    ]
    axes.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.minorticks_off()
    drawing.legend(loc="outside lower left")
    words = [f"{label}: printed {value}" for label, value in printed.items()]
    courses = [
        f"the model's odds ratio of {label} goes from {models[column].iloc[0]:.2f} to {models[column].iloc[-1]:.2f}, "
        f"its least is {models[column].min():.2f}"
        for column, label in zip(models.columns, labels, strict=True)
    ]
    display.figure(
        drawing,
        name="fig-two-markers",
        caption="Both odds ratios of a model that holds the two markers alone, for every possible number of patients "
        "with both. The thin lines are the printed odds ratios.",
        alt=f"Two curves over {models.index.min()} to {models.index.max()} patients with both markers. "
        + "; ".join(words + courses)
        + f". Numbers of patients at which both curves meet their printed line: {matches or 'none'}.",
        data=models.reset_index(),
    )


def forest(
    crude: pd.DataFrame, adjusted: pd.DataFrame, labels: dict[str, str], reconstructed: bool
) -> None:
    """Crude beside adjusted odds ratios on a log scale."""
    lasting = [labels[name] for name in adjusted.index if adjusted.at[name, "p"] < 0.05]
    title = (
        f"{len(lasting) or 'None'} of {len(adjusted)} factors stay significant in the joint model"
    )
    drawing, axes = display.canvas(title, height=1.6 + 0.5 * len(adjusted))
    rows = [("crude", crude, -0.15, MUTED, "o"), ("adjusted", adjusted, 0.15, BLUE, "s")]
    for label, table, shift, color, marker in rows:
        places = np.arange(len(table)) + shift
        axes.hlines(places, table["lower"], table["upper"], color=color, linewidth=1.8)
        axes.plot(table["odds_ratio"], places, marker, color=color, markersize=6, label=label)
    axes.axvline(1, color=MUTED, linewidth=1, linestyle=":")
    axes.set_xscale("log")
    largest = np.nanmax([crude["upper"].max(), adjusted["upper"].max()])
    smallest = np.nanmin([crude["lower"].min(), adjusted["lower"].min()])
    ticks = [
        tick for tick in (0.1, 0.25, 0.5, 1, 2, 4, 8, 16) if smallest / 1.4 <= tick <= largest * 1.4
    ]
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.minorticks_off()
    axes.set_yticks(
        range(len(adjusted)), [labels[name].replace(" (", "\n(") for name in adjusted.index]
    )
    axes.set_ylim(len(adjusted) - 0.5, -0.6)
    axes.set_xlabel("Odds ratio (log scale, 95% interval)")
    drawing.legend(loc="outside lower center", ncols=2)
    words = [
        f"{labels[name]} crude {display.number(crude.at[name, 'odds_ratio'])}, adjusted "
        f"{display.number(row['odds_ratio'])} ({display.limits(row['lower'], row['upper'])})"
        for name, row in adjusted.iterrows()
    ]
    display.figure(
        drawing,
        name="fig-forest",
        caption="Odds ratios of each factor alone (crude) and in the joint model (adjusted).",
        alt=f"Forest plot. {title}. " + "; ".join(words) + ".",
        data=crude.join(adjusted, suffixes=("_crude", "_adjusted"))
        .rename_axis("factor")
        .reset_index(),
        reconstructed=reconstructed,
    )


def auc_intervals(
    inferences: dict[str, pd.DataFrame],
    names: dict[str, str],
    printed: dict[str, tuple[float, float]],
) -> None:
    """The interval of each AUC under every standard error."""
    keys = list(names)
    narrower = all(
        table.at["delong", "upper"] - table.at["delong", "lower"]
        < printed[label][1] - printed[label][0]
        for label, table in inferences.items()
    )
    title = (
        "Intervals that treat ties as ties are narrower than the printed ones"
        if narrower
        else "The interval of the AUC depends on the standard error"
    )
    drawing, axes = display.canvas(
        title, height=0.9 + 1.35 * len(inferences), nrows=len(inferences), sharex=True
    )
    words, rows = [], []
    for axis, (label, table) in zip(np.atleast_1d(axes), inferences.items(), strict=True):
        axis.set_title(label, fontsize=9.5, fontweight="normal")
        axis.axvspan(*printed[label], color=PALE_BLUE, linewidth=0)
        axis.hlines(
            range(len(keys)),
            table.loc[keys, "lower"],
            table.loc[keys, "upper"],
            color=BLUE,
            linewidth=2.2,
        )
        axis.plot(table.loc[keys, "auc"], range(len(keys)), "o", color=BLUE, markersize=5)
        axis.axvline(0.5, color=MUTED, linewidth=1, linestyle=":")
        axis.set_yticks(
            range(len(keys)), [names[key].replace(", ", ",\n") for key in keys], fontsize=8.5
        )
        axis.set_ylim(len(keys) - 0.4, -0.6)
        words += [
            f"{label}, {names[key]}: {table.at[key, 'lower']:.4f} to {table.at[key, 'upper']:.4f}"
            for key in keys
        ]
        rows.append(table.assign(marker=label))
    np.atleast_1d(axes)[-1].set_xlabel("AUC (95% interval; shaded: as printed)")
    display.figure(
        drawing,
        name="fig-auc-intervals",
        caption="The interval around each AUC under three standard errors; the shaded band is the printed one.",
        alt=f"Intervals. {title}. " + "; ".join(words) + ".",
        data=pd.concat(rows).rename_axis("standard_error_kind").reset_index(),
    )


def roc_curves(
    curves: dict[str, pd.DataFrame], areas: dict[str, float], reconstructed: bool
) -> None:
    """The curve of each marker; a binary one has a single corner."""
    binary = all(len(points) == 3 for points in curves.values())
    title = (
        "A binary marker has one corner, not a curve"
        if binary
        else "A number has a curve, a binary marker one corner"
    )
    drawing, axes = display.canvas(title, height=4.4)
    colors, words = display.colors_of(list(curves)), []
    for position, (label, points) in enumerate(curves.items()):
        line = f"{label} (AUC {areas[label]:.3f})"
        style = ["-", "--", "-.", ":"][position % 4]
        axes.plot(
            100 * points["false_positive_rate"],
            100 * points["sensitivity"],
            style,
            color=colors[label],
            linewidth=2,
        )
        corner = points.iloc[1:-1]
        if len(corner) == 1:
            x, y = 100 * corner["false_positive_rate"], 100 * corner["sensitivity"]
            axes.plot(x, y, MARKERS[position % 5], color=colors[label], markersize=9, label=line)
        else:
            axes.plot([], [], style, color=colors[label], label=line)
        words.append(
            f"{line}: "
            + display.listed(
                [
                    f"sensitivity {100 * s:.1f}% at specificity {100 - 100 * f:.1f}%"
                    for f, s in corner.head(3)[["false_positive_rate", "sensitivity"]].to_numpy()
                ]
            )
        )
    axes.plot([0, 100], [0, 100], color=GRID, linewidth=1)
    axes.set(xlim=(0, 100), ylim=(0, 100), aspect="equal")
    axes.set_xlabel("100 − specificity (%)")
    axes.set_ylabel("Sensitivity (%)")
    drawing.legend(loc="outside lower left")
    display.figure(
        drawing,
        name="fig-roc",
        caption="ROC curves of the markers. Straight lines join the observed points to the corners.",
        alt=f"ROC curves. {title}. " + "; ".join(words) + ".",
        data=pd.concat([points.assign(marker=label) for label, points in curves.items()]),
        reconstructed=reconstructed,
    )


def calibration(curve: pd.DataFrame, probabilities: np.ndarray, cohort: Cohort) -> None:
    """The flexible calibration curve with its interval, and where the predictions lie."""
    title = "Predicted and observed risk of the joint model"
    curve = curve.dropna()
    drawing, axes = display.canvas(title, height=3.9)
    axes.fill_between(
        100 * curve["predicted"],
        100 * curve["lower"],
        100 * curve["upper"],
        color=PALE_BLUE,
        linewidth=0,
    )
    axes.plot(
        [0, 100], [0, 100], color=MUTED, linewidth=1, linestyle=":", label="perfect calibration"
    )
    axes.plot(
        100 * curve["predicted"],
        100 * curve["observed"],
        color=BLUE,
        linewidth=2,
        label="flexible curve, 95% interval",
    )
    heights, edges = np.histogram(100 * np.asarray(probabilities), bins=40, range=(0, 100))
    axes.bar(
        edges[:-1],
        12 * heights / max(heights.max(), 1),
        width=2.3,
        align="edge",
        color=MUTED,
        label="predictions (count)",
    )
    axes.set(xlim=(0, 100), ylim=(0, 100))
    axes.set_xlabel(f"Predicted risk of {cohort.phrase(cohort.outcome)} (%)")
    axes.set_ylabel("Observed (%)")
    drawing.legend(loc="outside lower left")
    places = curve.iloc[np.linspace(0, len(curve) - 1, 5).astype(int)] if len(curve) else curve
    words = [
        f"predicted {100 * row.predicted:.0f}%, observed {100 * row.observed:.0f}% "
        f"({100 * row.lower:.0f}% to {100 * row.upper:.0f}%)"
        for row in places.itertuples()
    ]
    display.figure(
        drawing,
        name="fig-calibration",
        caption="Calibration of the joint model in the patients it was fitted to. The bars show how many predictions "
        "lie where.",
        alt=f"Calibration curve. {title}: " + "; ".join(words) + ".",
        data=curve,
        reconstructed=cohort.is_example,
    )


def decision(curve: pd.DataFrame, reconstructed: bool) -> None:
    """Net benefit of acting on the model, on everyone and on no one."""
    useful = curve[(curve["model"] > curve["treat_all"]) & (curve["model"] > curve["treat_none"])]
    span = (
        f"thresholds from {100 * useful['threshold'].min():.0f}% to {100 * useful['threshold'].max():.0f}%"
        if len(useful)
        else "no threshold"
    )
    title = "Apparent net benefit of the joint model"
    drawing, axes = display.canvas(title, height=3.7)
    for column, label, color, style in [
        ("model", "act on the model", BLUE, "-"),
        ("treat_all", "act on everyone", ORANGE, "--"),
        ("treat_none", "act on no one", MUTED, ":"),
    ]:
        axes.plot(
            100 * curve["threshold"], curve[column], style, color=color, linewidth=2, label=label
        )
    top = np.nanmax([curve["model"].max(), curve["treat_all"].max(), 0.01])
    axes.set_ylim(-0.3 * top, 1.1 * top)
    axes.set_xlabel("Risk at which one would act (%)")
    axes.set_ylabel("Net benefit")
    drawing.legend(loc="outside lower left")
    display.figure(
        drawing,
        name="fig-decision",
        caption="Decision curve: net benefit, in true positives per patient, of three policies.",
        alt=f"Three curves of net benefit over thresholds up to {100 * curve['threshold'].max():.0f}%. The model lies "
        f"above both simple policies at {span}.",
        data=curve,
        reconstructed=reconstructed,
    )


def predictive_values(
    tables_by_marker: dict[str, pd.DataFrame], cohort: Cohort, reconstructed: bool
) -> None:
    """Predictive values over the prevalence of the outcome."""
    outcome = cohort.phrase(cohort.outcome)
    title = "What a marker tells depends on the prevalence"
    # Each marker more than two takes room from the curves with its two lines in the key.
    drawing, axes = display.canvas(title, height=3.7 + 0.42 * max(0, len(tables_by_marker) - 2))
    colors, words = display.colors_of(list(tables_by_marker)), []
    for label, table in tables_by_marker.items():
        prevalence = 100 * table["prevalence"]
        axes.plot(
            prevalence,
            100 * table["positive_predictive_value"],
            color=colors[label],
            linewidth=2,
            label=f"{label}: present",
        )
        axes.plot(
            prevalence,
            100 * (1 - table["negative_predictive_value"]),
            "--",
            color=colors[label],
            linewidth=2,
            label=f"{label}: absent",
        )
        near = table.iloc[[len(table) // 5, len(table) // 2]]
        words += [
            f"{label} at a prevalence of {display.percent(row.prevalence, 0)}: "
            f"{display.percent(row.positive_predictive_value, 0)} {cohort.event} if present, "
            f"{display.percent(1 - row.negative_predictive_value, 0)} if absent"
            for row in near.itertuples()
        ]
    axes.set_xlabel(f"{capital(outcome)} among all patients (%)")
    axes.set_ylabel(f"Risk of {outcome} (%)")
    drawing.legend(loc="outside lower left")
    display.figure(
        drawing,
        name="fig-prevalence",
        caption=f"Risk of {outcome} with and without each marker, over how common it is among all patients.",
        alt=f"Curves. {title}. " + "; ".join(words) + ".",
        data=pd.concat([table.assign(marker=label) for label, table in tables_by_marker.items()]),
        reconstructed=reconstructed,
    )


def checklist(counts: pd.DataFrame) -> None:
    """How many items of each guideline (row) have each answer (column)."""
    total = counts.sum()
    applicable = total.sum() - total["not applicable"]
    title = (
        f"The abstract answers {total['reported']} of {applicable} questions; "
        f"its numbers help with {total['computed from print']} more"
    )
    drawing, axes = display.canvas(title, height=3.0)
    left = np.zeros(len(counts))
    colors = [display.GREEN, BLUE, MUTED, GRID, "none"]
    for answer, color, hatch in zip(counts, colors, ["", "//", "..", "", ""], strict=True):
        width = counts[answer].to_numpy()
        axes.barh(
            counts.index,
            width,
            left=left,
            color=color,
            hatch=hatch,
            edgecolor=INK,
            linewidth=0.6,
            label=answer,
        )
        left += width
    axes.locator_params(axis="x", integer=True)
    axes.invert_yaxis()
    axes.set_xlabel("Items (count)")
    drawing.legend(loc="outside lower center", ncols=2)
    words = [
        f"{guideline}: " + display.listed([f"{n} {answer}" for answer, n in row.items() if n])
        for guideline, row in counts.iterrows()
    ]
    display.figure(
        drawing,
        name="fig-checklist",
        caption="Items of each guideline by answer.",
        alt=f"Stacked bars. {title}. " + "; ".join(words) + ".",
        data=counts.reset_index(),
    )


def kaplan_meier(found: Survival, times: list[float], unit: str, event: str, label: str) -> None:
    """The curve of each group with its limits, and the numbers at chosen times in words."""
    p = found.log_rank["p"]
    title = f"{event} over time"
    if p == p:
        verdict = "differs" if p < 0.05 else "does not differ clearly"
        title += f" {verdict} between the groups (log-rank {display.p_is(p)})"
    groups = [name for name in found.curves["group"].unique() if name != ALL] or [ALL]
    colors, words = display.colors_of(groups), []
    drawing, axes = display.canvas(title, height=4.0)
    for position, group in enumerate(groups):
        curve = found.curves[found.curves["group"] == group]
        # A step that no screen can show only makes the picture heavy.
        shown = curve.iloc[np.unique(np.linspace(0, len(curve) - 1, MOST_STEPS).astype(int))]
        style = ["-", "--", "-.", ":"][position % 4]
        time, estimate = shown["time"], 100 * shown["survival"]
        axes.step(
            time, estimate, style, where="post", color=colors[group], linewidth=2, label=group
        )
        lower, upper = 100 * shown["lower"], 100 * shown["upper"]
        axes.fill_between(
            time, lower, upper, step="post", color=colors[group], alpha=0.15, linewidth=0
        )
        read = at_times(curve, times).dropna(subset=["survival"])
        words.append(
            f"{group}: "
            + display.listed(
                [
                    f"{display.percent(row.survival)} at {display.whole(row.Index)} {unit} with "
                    f"{display.whole(row.at_risk)} at risk"
                    for row in read.itertuples()
                ]
            )
        )
    axes.set(xlim=(0, None), ylim=(0, 101))
    axes.set_xticks(times)
    axes.set_xlabel(f"{label} ({unit})")
    axes.set_ylabel("Without an event (%)")
    drawing.legend(loc="outside lower left", ncols=min(3, len(groups)))
    display.figure(
        drawing,
        name="fig-kaplan-meier",
        caption="Kaplan-Meier curves by group with pointwise 95% log-log limits; "
        "the table below gives the numbers at risk.",
        alt=f"Curves. {title}. " + "; ".join(words) + ".",
        data=found.curves,
    )


def functional_form(form: FunctionalForm, name: str, label: str, reconstructed: bool) -> None:
    """A number in the joint model as a curve, beside the straight line."""
    bends = form.p < 0.05
    found = "a curve describes the risk better than a line" if bends else "no clear sign of a bend"
    title = f"{label}: {found}"
    drawing, axes = display.canvas(title, height=3.6)
    curve = form.curve
    axes.fill_between(curve["value"], curve["lower"], curve["upper"], color=PALE_BLUE, linewidth=0)
    axes.plot(curve["value"], curve["spline"], color=BLUE, linewidth=2, label="curve, 95% interval")
    axes.plot(
        curve["value"], curve["linear"], "--", color=ORANGE, linewidth=2, label="straight line"
    )
    axes.axhline(1, color=MUTED, linewidth=1, linestyle=":")
    axes.set_yscale("log")
    low, high = np.nanmin(curve["lower"]), np.nanmax(curve["upper"])
    ticks = [
        tick for tick in (0.01, 0.03, 0.1, 0.25, 0.5, 1, 2, 4, 10, 30, 100) if low <= tick <= high
    ]
    axes.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.minorticks_off()
    axes.set_xlabel(label)
    axes.set_ylabel("Odds ratio (log scale)")
    drawing.legend(loc="outside lower left")
    places = curve.iloc[np.linspace(0, len(curve) - 1, 5).astype(int)]
    words = [
        f"at {display.number(row.value, 0)} {row.spline:.2f} ({row.lower:.2f} to {row.upper:.2f}), "
        f"by the line {row.linear:.2f}"
        for row in places.itertuples()
    ]
    display.figure(
        drawing,
        name=f"fig-form-{name}",
        caption=f"{label}: odds ratio against the median in the joint model, as a restricted cubic spline and as a "
        "straight line.",
        alt=f"Two curves. {title} (curve against line: {display.p_is(form.p)}). Odds ratio against the median: "
        + "; ".join(words)
        + ".",
        data=curve,
        reconstructed=reconstructed,
    )
