"""The pictures of what the abstract leaves open: the map of the cores, the ladder of ranges, the
forensic power.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.collections import PatchCollection
from matplotlib.patches import Patch, Rectangle

from lib.compatible import forensic
from lib.show import display
from lib.show.display import BLUE, GRID, INK, MUTED, PALE_BLUE, PALE_ORANGE
from lib.words import capital

NAMES = {"roc": "ROC"}
STATUS_COLORS = {"witnessed": BLUE, "undecided": PALE_ORANGE, "excluded": GRID}
STATUS_HATCHES = {"witnessed": "", "undecided": "///", "excluded": ""}


def core_map(cores: pd.DataFrame, marked: dict[str, tuple[int, int]]) -> None:
    """Every core, colored by its status; `marked` are cores with a name, as (k1, k0)."""
    counts = cores["status"].value_counts().reindex(list(STATUS_COLORS), fill_value=0)
    witnessed = cores[cores["status"] == "witnessed"]
    both = witnessed["k1"] + witnessed["k0"]
    title = (
        f"{counts['excluded']} of {len(cores)} cross-tables are impossible, {counts['witnessed']} are possible, "
        f"{counts['undecided']} undecided"
    )
    drawing, axes = display.canvas(title, height=4.3)
    for status, rows in cores.groupby("status"):
        axes.add_collection(
            PatchCollection(
                [
                    Rectangle((k0 - 0.5, k1 - 0.5), 1, 1)
                    for k1, k0 in zip(rows["k1"], rows["k0"], strict=True)
                ],
                facecolor=STATUS_COLORS[status],
                hatch=STATUS_HATCHES[status],
                edgecolor=INK if status == "undecided" else "none",
                linewidth=0,
            )
        )
    for label, (k1, k0) in marked.items():
        axes.plot(k0, k1, "D", color=INK, markersize=6, label=label)
    axes.set(
        xlim=(-0.5, cores["k0"].max() + 0.5), ylim=(-0.5, cores["k1"].max() + 0.5), aspect="equal"
    )
    axes.locator_params(integer=True)
    axes.set_xlabel("Patent with both markers (count)")
    axes.set_ylabel("Occluded with both markers (count)")
    patches = [
        Patch(
            facecolor=STATUS_COLORS[status],
            hatch=STATUS_HATCHES[status],
            edgecolor=INK,
            linewidth=0.5,
            label=f"{status} ({counts[status]})",
        )
        for status in STATUS_COLORS
    ]
    handles = patches + axes.get_legend_handles_labels()[0]
    drawing.legend(handles=handles, loc="outside lower left", ncols=2, borderaxespad=0)
    left = cores[cores["status"] != "excluded"]
    spans = {
        "not excluded": left["k1"] + left["k0"],
        "witnessed": both,
    }
    words = [
        f"{name}: from {span.min()} to {span.max()} patients with both markers"
        for name, span in spans.items()
        if len(span)
    ]
    display.figure(
        drawing,
        name="fig-core-map",
        caption="Every cross-table of outcome and two markers that the printed counts allow, by what is known of it.",
        alt=f"Map of {len(cores)} cells. {title}. " + "; ".join(words) + ".",
        data=cores,
    )


EXACT = {
    "both": ("Patients with both markers", display.whole),
    "either": ("Patients with either", display.whole),
    "kappa": ("Agreement of the markers (kappa)", display.number),
    "mcnemar_exact": ("McNemar P: equally common", display.p_value),
    "auc_difference": ("Difference of the AUCs", lambda value: display.number(value, 3)),
    "delong_p": ("Its P (DeLong, paired)", display.p_value),
    "both_sensitivity": ("Both present: sensitivity", display.percent),
    "both_specificity": ("Both present: specificity", display.percent),
    "both_positive_predictive_value": ("Both present: occluded", display.percent),
    "either_sensitivity": ("Either present: sensitivity", display.percent),
    "either_specificity": ("Either present: specificity", display.percent),
    "either_negative_predictive_value": ("Neither present: patent", display.percent),
}


def exact_ranges(facts: pd.DataFrame, cores: pd.DataFrame) -> None:
    """Least and greatest value of everything about the two markers: over all cores, over those not
    excluded, and over those with a witness."""
    joined = facts.merge(cores[["k1", "k0", "status"]], on=["k1", "k0"])
    chosen = {
        "All cores": joined,
        "Not excluded": joined[joined["status"] != "excluded"],
        "Witnessed": joined[joined["status"] == "witnessed"],
    }

    def shown(values: pd.Series, form) -> str:
        least, most = form(values.min()), form(values.max())
        return least if least == most else f"{least}\u00a0to\u00a0{most}"

    frame = pd.DataFrame(
        [
            [words] + [shown(rows[name], form) for rows in chosen.values()]
            for name, (words, form) in EXACT.items()
        ],
        columns=["Quantity", *chosen],
    )
    display.table(
        frame,
        name="tab-exact",
        caption="What can be said of the two markers together: least and greatest value.",
        data=joined,
    )


def power(shares: pd.DataFrame) -> None:
    """The share of alterations detected, by section (rows) and units of the last digit (columns)."""
    least = shares[shares.columns[0]]
    all_seen = [section for section, share in least.items() if share == 1]
    title = f"Every misprint of one last digit would be seen in: {display.listed([NAMES.get(s, s) for s in all_seen])}"
    drawing, axes = display.canvas(title, height=2.9)
    for i, (_, row) in enumerate(shares.iterrows()):
        for j, share in enumerate(row):
            color = "none" if share == 0 else PALE_BLUE
            hatch = "" if share in (0, 1) else ".."
            axes.add_patch(
                Rectangle(
                    (j - 0.46, i - 0.42), 0.92, 0.84, facecolor=color, hatch=hatch, edgecolor=MUTED
                )
            )
            behind = {"facecolor": color, "edgecolor": "none", "pad": 1.5}
            axes.text(
                j, i, display.percent(share, 0), ha="center", va="center", color=INK, bbox=behind
            )
    axes.set(xlim=(-0.5, shares.shape[1] - 0.5), ylim=(len(shares) - 0.5, -0.5))
    axes.set_xticks(range(shares.shape[1]), [str(units) for units in shares])
    axes.set_yticks(range(len(shares)), [NAMES.get(name, name) for name in shares.index])
    axes.set_xlabel("Alteration (units of the last printed digit)")
    words = [
        f"{NAMES.get(section, section)}: "
        + display.listed(
            [f"{display.percent(share, 0)} at {units}" for units, share in row.items()]
        )
        for section, row in shares.iterrows()
    ]
    display.figure(
        drawing,
        name="fig-power",
        caption="Share of altered numbers that contradict the others, by section of the paper and size of the "
        "alteration.",
        alt=f"Grid of percentages. {title}. " + "; ".join(words) + ".",
        data=shares.rename_axis("section").reset_index(),
    )


def detectors(surveyed: pd.DataFrame) -> None:
    """What detects an alteration of one unit, by section."""
    first = surveyed[surveyed["units"] == surveyed["units"].min()]
    found = pd.crosstab(first["section"], first["detected_by"]).reindex(first["section"].unique())
    words = {**forensic.DETECTORS, forensic.NOT_DETECTED: "nothing"}
    found = found.reindex(columns=[name for name in words if name in found], fill_value=0)
    frame = pd.DataFrame(
        {"Section": [NAMES.get(name, name) for name in found.index], "Altered": found.sum(axis=1)}
    )
    for name in found:
        frame[capital(words[name])] = found[name].to_numpy()
    display.table(
        frame,
        name="tab-detectors",
        caption="Numbers altered by one unit of their last digit, by what contradicts the alteration.",
        note="Each alteration counts under the first check that finds it.",
        data=surveyed,
    )


PANELS = {
    "n11": "Patients with both markers (count)",
    "model.auc": "AUC of the joint model",
    "model.nagelkerke": "Nagelkerke R² of the joint model",
    "binary.odds_ratio": "Crude odds ratio of another yes-or-no factor",
    "binary.adjusted_odds_ratio": "Its adjusted odds ratio",
    "incomplete_coverage.odds_ratio_with_diagnosis": "Odds ratio of coverage, diagnosis added",
    "postoperative_collaterals.odds_ratio_with_diagnosis": "Odds ratio of collaterals, diagnosis added",
}
FARTHEST_RATIO = 30.0


def ladder(ranges: pd.DataFrame) -> None:
    """The range of each conclusion on each rung: attained (thick), and proven limits (thin)."""
    rungs = list(ranges["rung"].unique())
    shown = {name: words for name, words in PANELS.items() if name in set(ranges["conclusion"])}
    widths = ranges.assign(width=ranges["greatest"] - ranges["least"]).pivot(
        index="conclusion", columns="rung"
    )["width"]
    narrower = (widths.loc[list(shown), rungs[-1]] < 0.9 * widths.loc[list(shown), rungs[0]]).sum()
    title = (
        f"What one assumes of the other factors narrows {narrower} of {len(shown)} conclusions"
        if narrower
        else "Assumptions about the other factors narrow none of these conclusions"
    )
    drawing, axes = display.canvas(title, height=1.55 * len(shown) + 0.6, nrows=len(shown))
    words = []
    for axis, (name, label) in zip(np.atleast_1d(axes), shown.items(), strict=True):
        rows = ranges[ranges["conclusion"] == name].set_index("rung").loc[rungs]
        is_ratio = "odds_ratio" in name
        least, greatest, proven = (
            rows["least"],
            rows["greatest"],
            rows[["proven_least", "proven_greatest"]],
        )
        if is_ratio:
            least, greatest = (
                least.clip(lower=1 / FARTHEST_RATIO),
                greatest.clip(upper=FARTHEST_RATIO),
            )
            proven = proven.clip(1 / FARTHEST_RATIO, FARTHEST_RATIO)
            axis.set_xscale("log")
            ticks = [0.05, 0.1, 0.25, 0.5, 1, 2, 4, 10, 25]
            ends = np.nanmin([least, proven.iloc[:, 0]]), np.nanmax([greatest, proven.iloc[:, 1]])
            ticks = [tick for tick in ticks if ends[0] / 1.5 <= tick <= ends[1] * 1.5]
            axis.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
            axis.minorticks_off()
            axis.axvline(1, color=MUTED, linewidth=1, linestyle=":")
        places = np.arange(len(rungs))
        axis.hlines(places, *proven.to_numpy().T, color=MUTED, linewidth=1)
        axis.hlines(places, least, greatest, color=BLUE, linewidth=5)
        axis.plot(
            np.r_[least, greatest],
            np.r_[places, places],
            "|",
            color=BLUE,
            markersize=9,
            markeredgewidth=2,
        )
        for i, (low, high) in enumerate(rows[["least", "greatest"]].to_numpy()):
            if is_ratio and high > FARTHEST_RATIO:
                axis.plot(FARTHEST_RATIO, i, ">", color=BLUE, markersize=8)
            if is_ratio and low < 1 / FARTHEST_RATIO:
                axis.plot(1 / FARTHEST_RATIO, i, "<", color=BLUE, markersize=8)
        if not is_ratio:
            axis.locator_params(axis="x", nbins=6, integer=name == "n11")
        axis.set_title(label, fontsize=9.5, fontweight="normal")
        axis.set_yticks(places, [str(i) for i in places])
        axis.set_ylim(len(rungs) - 0.4, -0.6)
        axis.set_ylabel("Rung", fontsize=9)
        forms = [
            _form(name)(value)
            for value in (
                *rows.iloc[0][["least", "greatest"]],
                *rows.iloc[-1][["least", "greatest"]],
            )
        ]
        words.append(
            f"{label}: {forms[0]} to {forms[1]} without assumptions, {forms[2]} to {forms[3]} on the last rung"
        )
    display.figure(
        drawing,
        name="fig-ladder",
        caption="The assumption ladder. Thick bars: values that stored cohorts attain, so the range is at least as "
        "wide; arrows: beyond the axis. Thin lines: limits that are proven whatever else was in the model, where such "
        "are known. The rungs are numbered as in the table.",
        alt=f"Panels of bars, one bar a rung. {title}. " + "; ".join(words) + ".",
        data=ranges,
    )


def _form(name: str):
    if name == "n11":
        return display.whole
    if name.endswith("p_value") or "p_value_" in name:
        return display.p_value
    return odds_ratio if "odds_ratio" in name else lambda value: display.number(value, 3)


def odds_ratio(value: float) -> str:
    """An odds ratio; beyond a thousand, or below a thousandth, only that it is."""
    if 0.001 <= value <= 1000 or np.isnan(value):
        return display.number(value, 3)
    return ">1,000" if value > 1000 else "<0.001"


def first_and_last(ranges: pd.DataFrame, conclusion: str) -> list[str]:
    """The attained range of a conclusion on the first rung and on the last, in words."""
    of_rung, form = ranges[ranges["conclusion"] == conclusion], _form(conclusion)
    return [
        f"{form(row.least)} to {form(row.greatest)}" for row in of_rung.iloc[[0, -1]].itertuples()
    ]


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
    "postoperative_collaterals.odds_ratio_with_diagnosis": "Collaterals, diagnosis added: odds ratio",
    "postoperative_collaterals.p_value_with_diagnosis": "… P",
}


def range_table(ranges: pd.DataFrame) -> None:
    """Every conclusion: what is attained without assumptions and on the last rung, and what is
    proven.
    """
    first, last = ranges["rung"].iloc[0], ranges["rung"].iloc[-1]

    def row(name: str) -> list[str]:
        form = _form(name)
        cells = [RANGE_WORDS.get(name, name)]
        for rung in (first, last):
            found = ranges[(ranges["conclusion"] == name) & (ranges["rung"] == rung)].iloc[0]
            cells.append(display.limits(found["least"], found["greatest"], form))
        return [*cells, display.limits(found["proven_least"], found["proven_greatest"], form)]

    frame = pd.DataFrame(
        [row(name) for name in RANGE_WORDS if name in set(ranges["conclusion"])],
        columns=["Conclusion", "No restriction: attained", "Last rung: attained", "Proven limits"],
    )
    display.table(
        frame,
        name="tab-ranges",
        caption="Least and greatest value of what the abstract leaves open.",
        note="Attained values come from stored cohorts that print every claim: the true range is at least as wide. The "
        "download has every rung.",
        data=ranges,
    )


def rungs(ranges: pd.DataFrame) -> None:
    """The rungs in words, with the cohorts that stand on each and the numbers of patients with both
    markers.
    """
    both = ranges[ranges["conclusion"] == "n11"]
    frame = pd.DataFrame(
        {
            "Rung": [str(i) for i in range(len(both))],
            "What is assumed, beside what stands above": [
                capital(words) for words in both["words"]
            ],
            "Stored cohorts": both["cohorts"].map(display.whole).to_numpy(),
            "Patients with both markers": [
                display.limits(row.least, row.greatest, display.whole) for row in both.itertuples()
            ],
        }
    )
    display.table(
        frame,
        name="tab-rungs",
        caption="The rungs of the ladder.",
        left=("What is assumed, beside what stands above",),
        data=both,
    )


def readings(surveyed: pd.DataFrame) -> None:
    """What the model may have held: each hypothesis with its verdict and reason."""
    frame = pd.DataFrame(
        {
            "Reading": [capital(name) for name in surveyed.index],
            "Verdict": surveyed["verdict"].to_numpy(),
            "Why": [capital(words) + "." for words in surveyed["reason"]],
        }
    )
    display.table(
        frame,
        name="tab-readings",
        caption="Hypotheses about what the printed model held, and what the printed numbers say of each.",
        left=("Verdict", "Why"),
        data=surveyed.reset_index(),
    )


def undecided(cores: pd.DataFrame) -> None:
    """The undecided cores by the number of patients with both markers, with the nearest miss of
    each number.
    """
    rows = cores[cores["status"] == "undecided"]
    by_number = rows.groupby("n11")["nearest_miss"].agg(["size", "min"])
    frame = pd.DataFrame(
        {
            "Patients with both markers": [str(number) for number in by_number.index],
            "Undecided cores": by_number["size"].map(display.whole).to_numpy(),
            "Nearest miss (half-units)": by_number["min"].map(display.number).to_numpy(),
        }
    )
    display.table(
        frame,
        name="tab-undecided",
        caption="The undecided cores, and how near the search came, in half-units of a printed last digit.",
        note="The download lists each of them.",
        data=rows[["k1", "k0", "n11", "margin", "nearest_miss"]],
    )
