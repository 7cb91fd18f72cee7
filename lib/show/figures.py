"""The figures of the chapters, one function a figure.

Each takes what a module of statistics computed, states the finding in its title and carries the
numbers in its text alternative.
"""

import numpy as np
import pandas as pd

from lib.paper.checklist import COMPUTED, OF_ABSTRACTS
from lib.patients.cohort import Cohort
from lib.show import display, plots, withhold
from lib.show.display import BLUE, GREEN, GRID, MUTED, ORANGE, PALE_BLUE, PALE_ORANGE, PURPLE
from lib.show.tables import estimate, terms_of, whole_percent
from lib.statistics import sensitivity, survival
from lib.words import (
    capital,
    counted,
    decimals,
    limits,
    listed,
    measured,
    p_is,
    percent,
    ratio,
    whole,
)

# Each verdict, and each answer of the checklists, with its color and its hatch.
VERDICT_FILLS = {
    "confirmed": (GREEN, ""),
    "bounded": (BLUE, "//"),
    "fitted": (MUTED, "--"),
    "given": (GRID, ""),
    "contradicted": (ORANGE, "xx"),
}
ANSWERS = [(GREEN, ""), (BLUE, "//"), (GRID, ""), ("none", "")]


# ---------------------------------------------------------------------- claims and checklists


def scoreboard(judged: pd.DataFrame) -> None:
    """How many claims of each section have each verdict."""
    sections = judged["section"].replace("roc", "ROC")
    counts = pd.crosstab(sections, judged["verdict"]).reindex(
        index=sections.unique(), columns=list(VERDICT_FILLS), fill_value=0
    )
    _answered(
        counts,
        VERDICT_FILLS,
        f"If the ledger's premises hold, {counts['confirmed'].sum()} of {len(judged)} printed "
        "numbers follow from the others",
        xlabel="Claims (count)",
        name="fig-scoreboard",
        caption="Printed numbers by section of the paper and verdict.",
    )


def checklist(counts: pd.DataFrame) -> None:
    """How many items of each guideline (row) have each answer (column)."""
    answers = counts.loc[OF_ABSTRACTS].drop(columns="not applicable").sum()
    _answered(
        counts,
        dict(zip(counts, ANSWERS, strict=True)),
        f"The abstract answers {answers['reported']} of {answers.sum()} questions asked of "
        f"abstracts; its numbers help with {answers[COMPUTED['print']]} more",
        xlabel="Items (count)",
        name="fig-checklist",
        caption="Items of each guideline by answer.",
    )


def _answered(
    counts: pd.DataFrame, fills: dict, title: str, *, xlabel: str, name: str, caption: str
) -> None:
    """Stacked bars, a row of ``counts`` each, and in words what they show."""
    with display.figure(
        title,
        name=name,
        caption=caption,
        alt="Stacked bars",
        words=[
            f"{bar}: " + listed([f"{count} {part}" for part, count in row.items() if count])
            for bar, row in counts.iterrows()
        ],
        data=counts.reset_index(),
        height=2.4,
        xlabel=xlabel,
    ) as axes:
        plots.stacked_bars(axes, counts, fills)


# ------------------------------------------------------------------------------------- patency


def patency(rates: pd.DataFrame, cohort: Cohort, reconstructed: bool) -> None:
    """Patency of each group with its Wilson interval."""
    hidden = rates.index.isin(cohort.withheld.by_group(cohort.outcome))
    known = rates[~hidden].dropna(subset=["patency"])
    if known.empty:
        return
    title = f"{capital(cohort.freedom)} at {cohort.horizon}"
    if not hidden.any():
        title += " was " + (
            f"{percent(known['patency'].iloc[0])} in every group"
            if known["patency"].nunique() == 1
            else f"highest in {known['patency'].idxmax()}, lowest in {known['patency'].idxmin()}"
        )
    colors = display.colors_of(list(rates.index))
    with display.figure(
        title,
        name="fig-patency",
        caption=f"Crude {cohort.freedom} at {cohort.horizon} by {cohort.phrase(cohort.group)}, "
        "with Wilson intervals.",
        alt="Dots with intervals",
        words=[
            f"{row.Index} {percent(row.patency)} "
            f"({limits(row.wilson_lower, row.wilson_upper, percent)})"
            for row in known.itertuples()
        ]
        + [f"{group} {display.WITHHELD}" for group in rates.index[hidden]],
        data=display.masked(rates, hidden).rename(columns=display.OF_ANY_OUTCOME),
        key="group",
        reconstructed=reconstructed,
        height=2.7,
        xlabel=f"{capital(cohort.no_event)} at {cohort.horizon} (% of patients, 95% interval)",
    ) as axes:
        for place, row in enumerate(known.itertuples()):
            plots.dots(
                axes,
                place,
                100 * row.patency,
                100 * row.wilson_lower,
                100 * row.wilson_upper,
                color=colors[row.Index],
                marker=plots.marker(place),
                markersize=9,
            )
            axes.annotate(
                percent(row.patency),
                (100 * row.patency, place),
                (0, 9),
                textcoords="offset points",
                ha="center",
            )
        plots.name_rows(
            axes, [f"{row.Index}\nn = {whole(row.patients)}" for row in known.itertuples()]
        )
        axes.set_xlim(min([30, *(100 * known["wilson_lower"] - 5)]), 100)


def kaplan_meier(
    found: survival.Survival, read: pd.DataFrame, unit: str, event: str, label: str
) -> None:
    """The curve of each group with its limits, and in words what is ``read`` at chosen times.

    Where not all of a curve may be shown, its points are joined: steps would say that nothing
    happens between them.
    """
    joined = found.curves["at_risk"].eq(display.WITHHELD).any()
    p = found.log_rank["p"]
    verdict = "differ" if p < 0.05 else "do not differ clearly"
    tested = f"the curves {verdict} between the groups (log-rank {p_is(p)})"
    title = f"{event}: {'patients without it over time' if np.isnan(p) else tested}"
    groups = [name for name in found.curves["group"].unique() if name != survival.ALL] or [
        survival.ALL
    ]
    known = read[read["survival"].notna() & (read["survival"] != display.WITHHELD)]
    with display.figure(
        title,
        name="fig-kaplan-meier",
        caption="Kaplan-Meier curves by group with pointwise 95% log-log limits; "
        "the table below gives the numbers at risk."
        + (" Points are exact, and lines only join those that may be shown." if joined else ""),
        alt="Curves",
        words=[
            f"{group}: "
            + listed(
                [
                    f"{percent(row.survival)} at {row.time:.6g} {unit} "
                    f"with {whole(row.at_risk)} at risk"
                    for row in known[known["group"] == group].itertuples()
                ]
            )
            for group in groups
        ],
        data=found.curves,
        height=3.6,
        xlabel=f"{label} ({unit})",
        ylabel="Without an event (%)",
    ) as axes:
        for position, group in enumerate(groups):
            shown = found.curves[found.curves["group"] == group]
            plots.curve(
                axes,
                shown["time"],
                100 * shown["survival"],
                band=(100 * shown["lower"], 100 * shown["upper"]),
                steps=not joined,
                label=group,
                marker=plots.marker(position) if joined else None,
            )
        axes.set(xlim=(0, None), ylim=(0, 101))


def published_patency(
    rates: pd.DataFrame,
    groups: list[str],
    published: pd.DataFrame,
    whose: str,
    horizon: str,
    reconstructed: bool,
) -> None:
    """The rates at hand of ``groups`` with their Wilson intervals, and below each the published
    ones of the same diagnosis.

    ``whose`` names the rates at hand, for example "The paper"; ``reconstructed`` marks rates that
    rest on the example cohort.
    """
    table = _beside(rates.loc[groups], published, whose)
    colors = display.colors_of(list(rates.index))
    values = 100 * table[["patency", "lower", "upper"]]
    told = table.dropna(subset="words")
    with display.figure(
        f"Published patency beside {whose.lower()}'s: studies differ in what they count as lost",
        name="fig-published-patency",
        caption=f"{whose} (circles, 95% Wilson intervals, shaded) and what other studies print "
        "(diamonds, with limits where these are printed). A filled diamond counts restenosis as a "
        "loss too; an open one does not say.",
        alt="Dots with intervals",
        words=[f"{row.diagnosis}, {row.study}: {row.words}" for row in told.itertuples()],
        data=told.drop(columns="words"),
        reconstructed=reconstructed,
        xlabel=f"Patency at {horizon} (%)",
    ) as axes:
        plots.name_rows(axes, list(table["study"]))
        for group, (heading, own, *others) in table.groupby("diagnosis", sort=False).groups.items():
            plots.dots(axes, own, *values.loc[own], color=colors[group], markersize=8)
            for other in others:
                plots.dots(
                    axes,
                    other,
                    *values.loc[other],
                    color=MUTED,
                    marker="D",
                    width=1.4,
                    markersize=5.5,
                    fillstyle="full" if table.at[other, "restenosis"] == "counted" else "none",
                )
            axes.fill_betweenx(
                [own - 0.45, others[-1] + 0.45],
                *values.loc[own, ["lower", "upper"]],
                color=colors[group],
                alpha=0.12,
                linewidth=0,
            )
            axes.get_yticklabels()[heading].set(color=colors[group], fontweight="bold")
        axes.tick_params(axis="y", length=0)
        axes.set_xlim(min(35, values[["patency", "lower"]].min(axis=None) - 4), 101)


def _beside(rates: pd.DataFrame, published: pd.DataFrame, whose: str) -> pd.DataFrame:
    """For each group a row with its name alone, its rate, and what other studies print for the same
    diagnosis.
    """
    headings = [(group, group, *[np.nan] * 6) for group in rates.index]
    own = [
        (
            row.Index,
            whose,
            row.patients,
            row.patency,
            row.wilson_lower,
            row.wilson_upper,
            "",
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
            row.restenosis,
            row.shown,
        )
        for row in published.itertuples()
    ]
    columns = ["diagnosis", "study", "patients", "patency", "lower", "upper", "restenosis", "words"]
    table = pd.DataFrame([*headings, *own, *others], columns=columns)
    return pd.concat(
        [table[table["diagnosis"] == group] for group in rates.index], ignore_index=True
    )


# ------------------------------------------------------------------- one factor and the model


def significant_pairs(
    p_values: np.ndarray, points: dict[str, tuple[int, int]], alpha: float, reconstructed: bool
) -> None:
    """All pairs of counts of a binary factor, shaded by whether they are significant."""
    occluded, patent = (size - 1 for size in p_values.shape)
    # In each row the pairs that are not significant lie side by side.
    others = ~(p_values < alpha)
    rows = np.flatnonzero(others.any(axis=1))
    first = others[rows].argmax(axis=1) - 0.5
    last = patent - others[rows, ::-1].argmax(axis=1) + 0.5
    with display.figure(
        f"{np.mean(p_values < alpha):.0%} of all pairs of counts give P<{alpha:g} (Pearson)",
        name="fig-significant-pairs",
        caption="Every pair of counts that a binary factor without missing values could have, if "
        "the ROC section covers all patients: significant by Pearson's "
        "test (blue) or not (orange). The marks are the factors whose counts are shown in this "
        "chapter.",
        alt=f"Map of all {p_values.size} count pairs, those that are not significant in a band "
        "around equal exposure",
        words=[
            f"{label} at {x} of {occluded} and {y} of {patent}" for label, (x, y) in points.items()
        ],
        data=pd.DataFrame(points, index=["exposed_with_event", "exposed_without_event"]).T,
        key="factor",
        reconstructed=reconstructed,
        height=3.2,
        xlabel="Exposed among the patent (%)",
        ylabel="Exposed among the occluded (%)",
    ) as axes:
        axes.set_facecolor(PALE_BLUE)
        axes.barh(
            100 * rows / occluded,
            100 * (last - first) / patent,
            101 / occluded,
            left=100 * first / patent,
            color=PALE_ORANGE,
            linewidth=0,
        )
        axes.axline((0, 0), (100, 100), color=MUTED, linewidth=1, linestyle=":")
        for position, (label, (x, y)) in enumerate(points.items()):
            axes.plot(
                100 * y / patent,
                100 * x / occluded,
                plots.marker(position),
                color=(GREEN, PURPLE)[position % 2],
                markersize=7,
                markerfacecolor="none",
                markeredgewidth=2,
                label=label,
            )
        axes.set(xlim=(-1, 101), ylim=(-1, 101))


def forest(
    crude: pd.DataFrame,
    adjusted: pd.DataFrame,
    cohort: Cohort,
    determined: list[str],
    withheld: bool = False,
) -> None:
    """Crude beside adjusted odds ratios on a log scale; of the crude those that may be shown, and
    the adjusted unless the joint model is ``withheld``.

    The printed numbers determine the crude ones of the factors ``determined``, and hold the
    adjusted ones: these do not rest on the example cohort.
    """
    hidden = crude.index.isin(cohort.withheld.outcome)
    adjusted = adjusted.head(0 if withheld else None).reindex(crude.index)
    lasting = (adjusted["p"] < 0.05).sum()
    with display.figure(
        f"Significant in the joint model: {lasting or 'none'} of {terms_of(cohort)}"
        if adjusted["p"].notna().any()
        else "Odds ratios of each factor alone",
        name="fig-forest",
        caption="Odds ratios of each factor alone (crude) and in the joint model (adjusted)."
        + " Those of the joint model are withheld." * withheld
        + (
            " In rows without hatching the adjusted odds ratio is the printed one, and the printed "
            "numbers determine the crude one if the ROC section covers all patients."
            if cohort.is_example and determined
            else ""
        ),
        alt="Forest plot",
        words=[
            f"{cohort.per_step(row.Index)} crude "
            f"{display.WITHHELD if gone else ratio(crude.at[row.Index, 'odds_ratio'])}, adjusted "
            + (display.WITHHELD if withheld else estimate(row.odds_ratio, row.lower, row.upper))
            for row, gone in zip(adjusted.itertuples(), hidden, strict=True)
        ],
        data=display.masked(crude, hidden)
        .rename(columns=display.OF_ANY_OUTCOME)
        .join(display.masked(adjusted, withheld), suffixes=("_crude", "_adjusted"))
        .assign(step=[cohort.step(name) for name in crude.index]),
        key="factor",
        reconstructed=cohort.is_example,
        hatched=[i for i, name in enumerate(adjusted.index) if name not in determined],
        height=1.2 + 0.4 * len(adjusted),
        xlabel="Odds ratio (log scale, 95% interval)",
    ) as axes:
        # Beside each other where both are; one alone stands at its name.
        both = crude["odds_ratio"].notna() & ~hidden & adjusted["odds_ratio"].notna()
        for name, table, shift, color, marker in [
            ("crude", crude[~hidden].reindex(crude.index), -0.15, MUTED, "o"),
            ("adjusted", adjusted, 0.15, BLUE, "s"),
        ]:
            plots.dots(
                axes,
                np.arange(len(table)) + shift * both,
                table["odds_ratio"],
                table["lower"],
                table["upper"],
                color=color,
                marker=marker,
                label=name if table["odds_ratio"].notna().any() else None,
            )
        axes.axvline(1, color=MUTED, linewidth=1, linestyle=":")
        plots.ratio_scale(axes, "x")
        plots.name_rows(axes, [cohort.per_step(name) for name in adjusted.index])


def functional_form(
    form: sensitivity.FunctionalForm, name: str, label: str, reconstructed: bool
) -> None:
    """A number in the joint model as a curve, beside the straight line."""
    shape = form.curve
    with display.figure(
        f"{label}: a curve fits better than a straight line"
        if form.p < 0.05
        else f"{label}: no clear sign of a bend",
        name=f"fig-form-{name}",
        caption=f"{label}: odds ratio against the median in the joint model, as a restricted cubic "
        "spline and as a straight line.",
        alt=f"Two curves of the odds ratio against the median (curve against line: {p_is(form.p)})",
        words=[
            f"at {measured(row.value, decimals(shape['value']) + 1)} {ratio(row.spline)} "
            f"({ratio(row.lower)} to {ratio(row.upper)}), by the line {ratio(row.linear)}"
            for row in _five(shape).itertuples()
            if f"{row.lower:.2f}" != f"{row.upper:.2f}"  # at the median all are 1
        ],
        data=shape,
        reconstructed=reconstructed,
        xlabel=label,
        ylabel="Odds ratio (log scale)",
    ) as axes:
        plots.curve(
            axes,
            shape["value"],
            shape["spline"],
            band=(shape["lower"], shape["upper"]),
            label="curve, 95% interval",
        )
        plots.curve(axes, shape["value"], shape["linear"], label="straight line")
        axes.axhline(1, color=MUTED, linewidth=1, linestyle=":")
        plots.ratio_scale(axes, "y")


def _five(curve: pd.DataFrame) -> pd.DataFrame:
    """Five points of a curve, from its first to its last; none of an empty one."""
    return curve.iloc[np.linspace(0, len(curve) - 1, 5).astype(int)] if len(curve) else curve


# ------------------------------------------------------------------------- markers and scores


def auc_intervals(
    inferences: dict[str, pd.DataFrame],
    names: dict[str, str],
    printed: dict[str, tuple[float, float]],
) -> None:
    """The interval of each AUC under every standard error."""
    narrower = all(
        np.ptp(table.loc["delong", ["lower", "upper"]]) < np.ptp(printed[label])
        for label, table in inferences.items()
    )
    with display.figure(
        "Intervals that treat ties as ties are narrower than the printed ones"
        if narrower
        else "The interval of the AUC depends on the standard error",
        name="fig-auc-intervals",
        caption="The interval around each AUC under three standard errors; the shaded band is the "
        "printed one.",
        alt="Intervals",
        words=[
            f"{label}, {name}: {table.at[kind, 'lower']:.3f} to {table.at[kind, 'upper']:.3f}"
            for label, table in inferences.items()
            for kind, name in names.items()
        ],
        data=pd.concat([table.assign(marker=label) for label, table in inferences.items()]),
        key="standard_error_kind",
        height=2.6,
        ncols=len(inferences),
        sharex=True,
        sharey=True,
        squeeze=False,
    ) as axes:
        for panel, (label, table) in zip(axes[0], inferences.items(), strict=True):
            rows = table.loc[list(names)]
            panel.set_title(display.wrapped(label, 20))
            panel.locator_params(axis="x", nbins=4)
            panel.axvspan(*printed[label], color=PALE_BLUE, linewidth=0)
            plots.dots(
                panel,
                range(len(names)),
                rows["auc"],
                rows["lower"],
                rows["upper"],
                color=BLUE,
                markersize=5,
            )
            panel.axvline(0.5, color=MUTED, linewidth=1, linestyle=":")
            plots.name_rows(panel, list(names.values()))
        axes[0, -1].set_xlabel("AUC (95% interval; shaded: as printed)")


def roc_curves(
    curves: dict[str, pd.DataFrame], areas: dict[str, float], reconstructed: bool
) -> None:
    """The curve of each marker; a binary one has a single corner."""
    names = {label: f"{label} (AUC {area:.3f})" for label, area in areas.items()}
    farthest = {
        label: points.loc[points.eval("sensitivity - false_positive_rate").idxmax()]
        for label, points in curves.items()
    }
    all_drawn = all(
        np.isclose(np.trapezoid(points["sensitivity"], points["false_positive_rate"]), areas[label])
        for label, points in curves.items()
    )
    with display.figure(
        "A binary marker has one corner, not a curve"
        if all(len(points) == 3 for points in curves.values())
        else f"The largest AUC is that of {max(areas, key=areas.get)}: {max(areas.values()):.3f}",
        name="fig-roc",
        caption="ROC curves of the markers. Straight lines join the observed points to the "
        + (
            "corners."
            if all_drawn
            else "corners, of a curve those that may be shown: the area below these is not quite "
            "the AUC, which is that of all points."
        ),
        alt="ROC curves, each with its point farthest from the diagonal",
        words=[
            f"{names[label]}: sensitivity {point['sensitivity']:.1%} "
            f"at specificity {1 - point['false_positive_rate']:.1%}"
            for label, point in farthest.items()
        ],
        data=pd.concat([points.assign(marker=label) for label, points in curves.items()]),
        reconstructed=reconstructed,
        height=3.0,
        xlabel="100 − specificity (%)",
        ylabel="Sensitivity (%)",
    ) as axes:
        for position, (label, points) in enumerate(curves.items()):
            plots.curve(
                axes,
                100 * points["false_positive_rate"],
                100 * points["sensitivity"],
                # The first and the last point are the corners of the square.
                marker=plots.marker(position) if len(points) == 3 else "",
                markevery=slice(1, -1),
                markersize=9,
                clip_on=False,  # a corner near an edge too
                label=names[label],
            )
        axes.plot([0, 100], [0, 100], color=GRID, linewidth=1, linestyle="-")
        axes.set(xlim=(0, 100), ylim=(0, 100), aspect="equal")


def calibration(curve: pd.DataFrame, probabilities: np.ndarray, cohort: Cohort) -> None:
    """The flexible calibration curve with its interval, and where the predictions lie."""
    curve = curve.dropna()
    shown = 100 * curve[["predicted", "observed", "lower", "upper"]]
    title = "Apparent calibration of the joint model"
    if len(shown):
        ends = shown.iloc[[0, -1]]
        title += ": predicted {:.0f}% to {:.0f}%, ".format(*ends["predicted"]) + (
            "observed {:.0f}% to {:.0f}%".format(*ends["observed"])
        )
    heights, edges = withhold.risk_bars(probabilities)
    bars = not cohort.withheld.small(heights).any()
    with display.figure(
        title,
        name="fig-calibration",
        caption="Calibration of the joint model in the patients it was fitted to. The bars below "
        + ("count the patients by predicted risk." if bars else "are withheld."),
        alt="Calibration curve",
        words=[
            f"predicted {row.predicted:.0f}%, observed {row.observed:.0f}% "
            f"({row.lower:.0f}% to {row.upper:.0f}%)"
            for row in _five(shown).itertuples()
        ],
        data=curve,
        reconstructed=cohort.is_example,
        height=3.8,
        xlabel=f"Predicted risk of {cohort.phrase(cohort.outcome)} (%)",
        nrows=2,
        sharex=True,
        gridspec_kw={"height_ratios": [4, 1]},
    ) as (axes, below):
        axes.set(xlabel="", ylabel="Observed (%)", xlim=(0, 100), ylim=(0, 100))
        axes.plot(
            [0, 100], [0, 100], color=MUTED, linewidth=1, linestyle=":", label="perfect calibration"
        )
        plots.curve(
            axes,
            shown["predicted"],
            shown["observed"],
            band=(shown["lower"], shown["upper"]),
            label="flexible curve, 95% interval",
        )
        if bars:
            below.bar(edges[:-1], heights, width=2.3, align="edge", color=MUTED)
        below.set_ylabel("Patients")
        below.locator_params(axis="y", nbins=3, integer=True)


def decision(curve: pd.DataFrame, cohort: Cohort) -> None:
    """Net benefit of acting on the model, on everyone and on no one."""
    useful = curve[(curve["model"] > curve["treat_all"]) & (curve["model"] > curve["treat_none"])]
    where = f"{len(useful)} of {counted(len(curve), 'threshold')} shown"
    ends = useful["threshold"].agg(["min", "max"]).map(whole_percent)
    span = "; these lie between {min} and {max}".format(**ends) if len(useful) else ""
    top = np.nanmax([curve["model"].max(), curve["treat_all"].max(), 0.01])
    with display.figure(
        f"Acting on the joint model has the largest apparent net benefit at {where}",
        name="fig-decision",
        caption="Decision curve: net benefit, in true positives per patient, of three policies.",
        alt=f"Three curves of net benefit over thresholds up to "
        f"{percent(curve['threshold'].max(), 0)}. The model lies above both simple policies at "
        f"{where}{span}.",
        data=curve,
        reconstructed=cohort.is_example,
        height=3.1,
        xlabel="Risk at which one would act (%)",
        ylabel="Net benefit",
    ) as axes:
        for policy, words in {
            "model": "act on the model",
            "treat_all": "act on everyone",
            "treat_none": "act on no one",
        }.items():
            plots.curve(axes, 100 * curve["threshold"], curve[policy], label=words)
        axes.set_ylim(-0.3 * top, 1.1 * top)


def counted_patients(by_group: pd.DataFrame, two_by_twos: dict[str, np.ndarray]) -> None:
    """All patients by group, and with and without each marker, with those who had the event.

    ``by_group`` has the columns patients and occluded; ``two_by_twos`` maps the words for a marker
    to its counts [[exposed occluded, exposed patent], [unexposed occluded, unexposed patent]].
    """
    rows = [(group, row.patients, row.occluded) for group, row in by_group.iterrows()]
    for marker, (exposed, unexposed) in two_by_twos.items():
        rows += [
            ("", 0, 0),  # a gap
            (f"with {marker}", exposed.sum(), exposed[0]),
            (f"without {marker}", unexposed.sum(), unexposed[0]),
        ]
    bars = pd.DataFrame(rows, columns=["patients_with", "patients", "occluded"])
    held = bars[bars["patients"] > 0]
    title = (
        f"If the ROC section covers all patients, {by_group['occluded'].sum()} of "
        f"{by_group['patients'].sum()} had an occlusion"
    )
    words = held.apply(
        lambda row: (
            f"{row.occluded} of {row.patients} occluded ({row.occluded / row.patients:.1%})"
        ),
        axis=1,
    )
    with display.figure(
        title,
        name="fig-counted-patients",
        caption="Patients with an occlusion: by diagnosis, if the patency rates are crude and "
        "count occlusions alone; by each marker, if the ROC section covers all patients. How many "
        "had both markers is not printed.",
        alt=f"Bars. {title}; by diagnosis, if the rates are crude and count occlusions alone, and "
        f"by marker: {'; '.join(held['patients_with'] + ', ' + words)}.",
        data=held.rename(columns=display.OF_ANY_OUTCOME),
        height=1.1 + 0.42 * len(bars),
        xlabel="Patients (count)",
    ) as axes:
        parts = bars.set_index("patients_with").eval("patent = patients - occluded")
        plots.stacked_bars(axes, parts, {"occluded": (ORANGE, ""), "patent": (PALE_BLUE, "")})
        axes.bar_label(axes.containers[-1], words.reindex(bars.index, fill_value=""), padding=4)
        axes.tick_params(axis="y", length=0)
        axes.set_xlim(0, 2.6 * bars["patients"].max())
