"""The pictures of what the abstract leaves open: the map of the cores, the ladder of ranges, the forensic power."""

from __future__ import annotations

import pandas as pd
from matplotlib.patches import Patch, Rectangle

from lib import display
from lib.display import BLUE, GRID, INK, PALE_ORANGE

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
    for row in cores.itertuples():
        axes.add_patch(
            Rectangle(
                (row.k0 - 0.5, row.k1 - 0.5),
                1,
                1,
                facecolor=STATUS_COLORS[row.status],
                hatch=STATUS_HATCHES[row.status],
                edgecolor=INK if row.status == "undecided" else "none",
                linewidth=0,
            )
        )
    for label, (k1, k0) in marked.items():
        axes.plot(k0, k1, "D", color=INK, markersize=6, label=label)
    axes.set(xlim=(-0.5, cores["k0"].max() + 0.5), ylim=(-0.5, cores["k1"].max() + 0.5), aspect="equal")
    axes.set_xlabel("Patients with both markers among the patent (count)")
    axes.set_ylabel("among the occluded (count)")
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
    drawing.legend(handles=handles, loc="outside lower left", ncols=2)
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
        [[words] + [shown(rows[name], form) for rows in chosen.values()] for name, (words, form) in EXACT.items()],
        columns=["Quantity", *chosen],
    )
    display.table(
        frame,
        name="tab-exact",
        caption="What can be said of the two markers together: least and greatest value.",
        data=joined,
    )
