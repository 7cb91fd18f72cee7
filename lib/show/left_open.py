"""The figures and tables of what the abstract leaves open: the cores, the ranges of conclusions on
each rung of the ladder, the readings, and which misprints would be seen.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap

from lib.compatible import forensic
from lib.show import display, plots
from lib.show.display import BLUE, GRID, INK, MUTED, PALE_BLUE, PALE_ORANGE
from lib.words import capital, limits, listed, number, p_value, percent, whole

three_digits = partial(number, digits=3)

# Each status of a core with its color and its hatch.
STATUSES = {"witnessed": (BLUE, ""), "undecided": (PALE_ORANGE, "///"), "excluded": (GRID, "")}


def core_map(cores: pd.DataFrame, marked: dict[str, tuple[int, int]]) -> None:
    """Every core, colored by its status; ``marked`` are cores with a name, as (k1, k0)."""
    counts = cores["status"].value_counts().reindex(list(STATUSES), fill_value=0)
    title = (
        f"{counts['excluded']} of {len(cores)} cross-tables are impossible, "
        f"{counts['witnessed']} are possible, {counts['undecided']} undecided"
    )
    drawing, axes = display.canvas(
        title,
        height=4.0,
        xlabel="Patent with both markers (count)",
        ylabel="Occluded with both markers (count)",
    )
    for status, (color, hatch) in STATUSES.items():
        rows = cores[cores["status"] == status]
        axes.bar(
            rows["k0"],
            1,
            width=1,
            bottom=rows["k1"] - 0.5,
            color=color,
            hatch=hatch,
            edgecolor=INK if hatch else color,
            linewidth=0 if hatch else 0.2,
            label=f"{status} ({counts[status]})",
        )
    for label, (k1, k0) in marked.items():
        axes.plot(k0, k1, "D", color=INK, markersize=6, label=label)
    axes.set_xlim(-0.5, cores["k0"].max() + 0.5)
    axes.set_ylim(-0.5, cores["k1"].max() + 0.5)
    axes.set_aspect("equal")
    axes.locator_params(integer=True)
    both = cores["k1"] + cores["k0"]
    spans = {
        "not excluded": both[cores["status"] != "excluded"],
        "witnessed": both[cores["status"] == "witnessed"],
    }
    words = [
        f"{name}: from {span.min()} to {span.max()} patients with both markers"
        for name, span in spans.items()
        if len(span)
    ]
    display.figure(
        drawing,
        name="fig-core-map",
        caption="Every cross-table of outcome and two markers that the printed counts allow, by "
        "what is known of it.",
        alt=f"Map of {len(cores)} cells. {title}. {'; '.join(words)}.",
        data=cores,
    )


def undecided(cores: pd.DataFrame) -> None:
    """The undecided cores by the number of patients with both markers, with the nearest miss of
    each number.
    """
    rows = cores[cores["status"] == "undecided"]
    display.table(
        rows.groupby("n11")["nearest_miss"].agg(["size", "min"]).reset_index(),
        {
            "Patients with both markers": "n11",
            "Undecided cores": ("size", whole),
            "Nearest miss (half-units)": ("min", number),
        },
        name="tab-undecided",
        caption="The undecided cores, and how near the search came, in half-units of a printed "
        "last digit.",
        note="The download lists each of them.",
        data=rows[["k1", "k0", "n11", "margin", "nearest_miss"]],
    )


EXACT = {
    "both": ("Patients with both markers", whole),
    "either": ("Patients with either", whole),
    "kappa": ("Agreement of the markers (kappa)", number),
    "mcnemar_exact": ("McNemar P: equally common", p_value),
    "auc_difference": ("Difference of the AUCs", three_digits),
    "delong_p": ("Its P (DeLong, paired)", p_value),
    "both_sensitivity": ("Both present: sensitivity", percent),
    "both_specificity": ("Both present: specificity", percent),
    "both_positive_predictive_value": ("Both present: occluded", percent),
    "either_sensitivity": ("Either present: sensitivity", percent),
    "either_specificity": ("Either present: specificity", percent),
    "either_negative_predictive_value": ("Neither present: patent", percent),
}


def exact_ranges(facts: pd.DataFrame, cores: pd.DataFrame) -> None:
    """Least and greatest value of everything about the two markers: over all cores, over those not
    excluded, and over those with a witness.
    """
    joined = facts.merge(cores[["k1", "k0", "status"]], on=["k1", "k0"])
    chosen = {
        "All cores": joined,
        "Not excluded": joined[joined["status"] != "excluded"],
        "Witnessed": joined[joined["status"] == "witnessed"],
    }

    words = [
        [quantity, *(_span(rows[name], form) for rows in chosen.values())]
        for name, (quantity, form) in EXACT.items()
    ]
    display.table(
        pd.DataFrame(words, columns=["Quantity", *chosen]),
        name="tab-exact",
        caption="What can be said of the two markers together: least and greatest value.",
        data=joined,
    )


def _span(values: pd.Series, form: Callable[[float], str]) -> str:
    """Least and greatest value, or one of them where both read alike."""
    least, greatest = values.min(), values.max()
    same = form(least) == form(greatest)
    return form(least) if same else limits(least, greatest, form)


# --------------------------------------------------------------------------------- the ladder


def rungs(ranges: pd.DataFrame) -> None:
    """The rungs in words, with the cohorts that stand on each and the numbers of patients with both
    markers.
    """
    both = ranges[ranges["conclusion"] == "n11"]
    assumed = "What is assumed, beside what stands above"
    display.table(
        both.assign(place=range(len(both))),
        {
            "Rung": "place",
            assumed: ("words", capital),
            "Stored cohorts": ("cohorts", whole),
            "Patients with both markers": ("least", "greatest", partial(limits, form=whole)),
        },
        name="tab-rungs",
        caption="The rungs of the ladder.",
        left=(assumed,),
        data=both,
    )


PANELS = {
    "n11": "Patients with both markers (count)",
    "model.auc": "AUC of the joint model",
    "model.nagelkerke": "Nagelkerke R² of the joint model",
    "binary.odds_ratio": "Crude odds ratio of another yes-or-no factor",
    "binary.adjusted_odds_ratio": "Its adjusted odds ratio",
    "incomplete_coverage.odds_ratio_with_diagnosis": "Odds ratio of coverage, diagnosis added",
    "postoperative_collaterals.odds_ratio_with_diagnosis": "Odds ratio of collaterals, diagnosis "
    "added",
}
FARTHEST_RATIO = 30.0


def ladder(ranges: pd.DataFrame) -> None:
    """The range of each conclusion on each rung: attained (thick), and proven limits (thin)."""
    by_conclusion = dict(list(ranges.groupby("conclusion")))
    panels = {name: by_conclusion[name] for name in PANELS if name in by_conclusion}
    widths = [(rows["greatest"] - rows["least"]).iloc[[0, -1]] for rows in panels.values()]
    narrower = sum(last < 0.9 * first for first, last in widths)
    title = "Assumptions about the other factors narrow none of these conclusions"
    if narrower:
        title = (
            f"What one assumes of the other factors narrows {narrower} of {len(panels)} conclusions"
        )
    drawing, axes = display.canvas(
        title, height=1.45 * len(panels) + 0.6, nrows=len(panels), squeeze=False
    )
    words = []
    for panel, (name, rows) in zip(axes[:, 0], panels.items(), strict=True):
        _panel(panel, rows, is_ratio="odds_ratio" in name)
        panel.set_title(PANELS[name])
        first, last = first_and_last(ranges, name)
        words.append(f"{PANELS[name]}: {first} without assumptions, {last} on the last rung")
    display.figure(
        drawing,
        name="fig-ladder",
        caption="The assumption ladder. Thick bars: values that stored cohorts attain, so the "
        "range is at least as wide; arrows: beyond the axis. Thin lines: limits that are proven "
        "whatever else was in the model, where such are known. The rungs are numbered as in the "
        "table.",
        alt=f"Panels of bars, one bar a rung. {title}. {'; '.join(words)}.",
        data=ranges,
    )


def _panel(axes: Axes, rows: pd.DataFrame, is_ratio: bool) -> None:
    """A panel of the ladder: a bar for each rung, with an arrow where it goes beyond the axis."""
    places = np.arange(len(rows))
    shown = rows[["least", "greatest", "proven_least", "proven_greatest"]]
    if is_ratio:
        shown = shown.clip(1 / FARTHEST_RATIO, FARTHEST_RATIO)
        plots.ratio_scale(axes, "x")
        axes.axvline(1, color=MUTED, linewidth=1, linestyle=":")
    axes.hlines(places, shown["proven_least"], shown["proven_greatest"], color=MUTED, linewidth=1)
    axes.hlines(places, shown["least"], shown["greatest"], color=BLUE, linewidth=5)
    for end, arrow in {"least": "<", "greatest": ">"}.items():
        beyond = (rows[end] != shown[end]).to_numpy()
        axes.plot(shown[end], places, "|", color=BLUE, markersize=9, markeredgewidth=2)
        axes.plot(shown[end][beyond], places[beyond], arrow, color=BLUE, markersize=8)
    if not is_ratio:
        axes.locator_params(axis="x", nbins=6, integer=(rows["conclusion"] == "n11").all())
    axes.set(yticks=places, ylim=(len(places) - 0.4, -0.6), ylabel="Rung")


RANGE_WORDS = {
    "n11": "Patients with both markers",
    "binary.share": "Another yes-or-no factor: share of patients",
    "binary.odds_ratio": "… crude odds ratio",
    "binary.p_value": "… P alone",
    "binary.adjusted_odds_ratio": "… adjusted odds ratio",
    "length.odds_ratio": "Stent length, per mm: crude odds ratio",
    "length.p_value": "… P alone",
    "length.adjusted_odds_ratio": "… adjusted odds ratio",
    "unprinted.smallest_p_value": "Smallest P alone of the four unprinted factors",
    "unprinted.largest_p_value": "Largest P alone of the four",
    "model.auc": "Joint model: AUC",
    "model.brier": "… Brier score",
    "model.discrimination_slope": "… discrimination slope",
    "model.nagelkerke": "… Nagelkerke R²",
    "incomplete_coverage.odds_ratio_with_diagnosis": "Coverage, diagnosis added: odds ratio",
    "incomplete_coverage.p_value_with_diagnosis": "… P",
    "postoperative_collaterals.odds_ratio_with_diagnosis": "Collaterals, diagnosis added: odds "
    "ratio",
    "postoperative_collaterals.p_value_with_diagnosis": "… P",
}


def range_table(ranges: pd.DataFrame) -> None:
    """Every conclusion: what is attained without assumptions and on the last rung, and what is
    proven.
    """
    by_conclusion = ranges.set_index("conclusion")
    first = by_conclusion[(ranges["rung"] == ranges["rung"].iloc[0]).to_numpy()]
    last = by_conclusion[(ranges["rung"] == ranges["rung"].iloc[-1]).to_numpy()]

    def span(rows: pd.DataFrame, least: str, greatest: str) -> Callable[[str], str]:
        return lambda name: limits(*rows.loc[name, [least, greatest]], form_of(name))

    display.table(
        pd.DataFrame({"name": [name for name in RANGE_WORDS if name in by_conclusion.index]}),
        {
            "Conclusion": ("name", RANGE_WORDS.get),
            "No restriction: attained": ("name", span(first, "least", "greatest")),
            "Last rung: attained": ("name", span(last, "least", "greatest")),
            "Proven limits": ("name", span(last, "proven_least", "proven_greatest")),
        },
        name="tab-ranges",
        caption="Least and greatest value of what the abstract leaves open.",
        note="Attained values come from stored cohorts that print every claim: the true range is "
        "at least as wide. The download has every rung.",
        data=ranges,
    )


def first_and_last(ranges: pd.DataFrame, conclusion: str) -> list[str]:
    """The attained range of a conclusion on the first rung and on the last, in words."""
    of_rung, form = ranges[ranges["conclusion"] == conclusion], form_of(conclusion)
    return [
        f"{form(row.least)} to {form(row.greatest)}" for row in of_rung.iloc[[0, -1]].itertuples()
    ]


def form_of(name: str) -> Callable[[float], str]:
    """How the values of a conclusion of ``extremes.csv`` read."""
    if name == "n11":
        return whole
    if name.endswith("p_value") or "p_value_" in name:
        return p_value
    return _odds_ratio if "odds_ratio" in name else three_digits


def _odds_ratio(value: float) -> str:
    """An odds ratio; beyond a thousand, or below a thousandth, only that it is."""
    if value > 1000:
        return ">1,000"
    return "<0.001" if value < 0.001 else three_digits(value)


# ---------------------------------------------------------------------- readings and misprints


def readings(surveyed: pd.DataFrame) -> None:
    """What the model may have held: each hypothesis with its verdict and reason."""
    display.table(
        surveyed,
        {
            "Reading": ("reading", capital),
            "Verdict": "verdict",
            "Why": ("reason", lambda words: f"{capital(words)}."),
        },
        key="reading",
        name="tab-readings",
        caption="Hypotheses about what the printed model held, and what the printed numbers say of "
        "each.",
        left=("Verdict", "Why"),
    )


def _section(name: str) -> str:
    return name.replace("roc", "ROC")


def power(shares: pd.DataFrame) -> None:
    """The share of alterations detected.

    A row of ``shares`` is a section of the paper, a column a number of units of the last digit.
    """
    data, shares = shares, shares.rename(index=_section)
    kind = (shares > 0).astype(int) + (shares == 1)
    all_seen = list(shares.index[kind.iloc[:, 0] == 2])
    title = f"Every misprint of one last digit would be seen in: {listed(all_seen)}"
    drawing, axes = display.canvas(title, height=2.7)
    sns.heatmap(
        kind,
        annot=shares.map(lambda share: percent(share, 0)),
        fmt="",
        annot_kws={"color": INK, "fontsize": display.POINTS},
        cmap=ListedColormap(["none", PALE_ORANGE, PALE_BLUE]),
        vmin=0,
        vmax=2,
        cbar=False,
        linewidths=1,
        linecolor=MUTED,
        ax=axes,
    )
    axes.tick_params(axis="y", rotation=0)
    axes.set(xlabel="Alteration (units of the last printed digit)", ylabel="")
    words = [
        f"{section}: " + listed([f"{percent(share, 0)} at {units}" for units, share in row.items()])
        for section, row in shares.iterrows()
    ]
    display.figure(
        drawing,
        name="fig-power",
        caption="Share of altered numbers that contradict the others, by section of the paper and "
        "size of the alteration.",
        alt=f"Grid of percentages. {title}. {'; '.join(words)}.",
        data=data,
        key="section",
    )


def detectors(surveyed: pd.DataFrame) -> None:
    """What detects an alteration of one unit, by section."""
    first = surveyed[surveyed["units"] == surveyed["units"].min()]
    found = pd.crosstab(first["section"], first["detected_by"]).reindex(first["section"].unique())
    words = forensic.DETECTORS | {forensic.NOT_DETECTED: "nothing"}
    display.table(
        found.assign(altered=found.sum(axis=1)).reset_index(),
        {"Section": ("section", _section), "Altered": "altered"}
        | {capital(heading): name for name, heading in words.items() if name in found},
        name="tab-detectors",
        caption="Numbers altered by one unit of their last digit, by what contradicts the "
        "alteration.",
        note="Each alteration counts under the first check that finds it.",
        data=surveyed,
    )
