"""The figures and tables of what the abstract leaves open: what its printed digits do, the cores,
the ranges of conclusions on each rung of the ladder, the readings, and which misprints would be
seen.
"""

from collections.abc import Callable
from functools import partial

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from lib.compatible import forensic
from lib.show import display, plots
from lib.show.display import BLUE, GRID, INK, MUTED, ORANGE, PALE_BLUE, PALE_ORANGE
from lib.show.tables import three_digits
from lib.words import capital, limits, listed, number, p_value, percent, ratio, whole

# ------------------------------------------------------------------- what printed digits leave


def printable(table: pd.DataFrame, labels: dict[str, str], printed: dict[str, str]) -> None:
    """For which numbers of events each percentage can arise, one row of ticks per percentage."""
    answers = list(table.index[table.all(axis=1)])
    who = {0: "No number of occlusions", 1: f"Only {listed(answers)} occlusions"}.get(
        len(answers), f"{len(answers)} numbers of occlusions"
    )
    what = f"all {table.shape[1]} percentages" if len(answers) == 1 else "all percentages"
    counts = [f"{labels[name]} {printed[name]} at {table[name].sum()}" for name in table]
    with display.figure(
        f"{who} among all patients can print {what}",
        name="fig-printable",
        caption="Each tick is a number of occlusions with which a whole number of patients can "
        "print the percentage.",
        alt=f"Ticks for the numbers of occlusions, from 1 to {table.index.max()}, that can print "
        f"each percentage: {'; '.join(counts)} numbers. All rows have a tick at: "
        f"{listed(answers)}.",
        data=table.astype(int).reset_index(),
        height=2.7,
        xlabel="Occlusions among all patients (count)",
    ) as axes:
        for answer in answers:
            axes.axvline(answer, color=ORANGE, linewidth=5, alpha=0.35)
        axes.eventplot(
            [table.index[table[name]] for name in table],
            colors=BLUE,
            linelengths=0.6,
            linewidths=1.6,
        )
        plots.name_rows(axes, [f"{labels[name]}: {printed[name]}" for name in table])
        axes.set_xlim(0, table.index.max() + 1)


def reporting_polygons(polygons: dict[str, np.ndarray]) -> None:
    """What the printed digits leave for the coefficient and its standard error."""
    rows = [(label, *corner) for label, corners in polygons.items() for corner in corners]
    data = pd.DataFrame(rows, columns=["factor", "coefficient", "standard_error"])
    spans = data.groupby("factor", sort=False).agg(["min", "max"])
    with display.figure(
        "What is printed leaves a sliver for each coefficient",
        name="fig-polygons",
        caption="The reporting polygons: all pairs of coefficient and standard error that print "
        "the published strings.",
        alt="Small polygons",
        words=[
            f"{label}: coefficient {low:.4f} to {high:.4f}, standard error {small:.5f} to "
            f"{large:.5f}"
            for label, low, high, small, large in spans.itertuples()
        ]
        + [f"{label}: empty" for label in polygons if label not in spans.index],
        data=data,
        height=2.1,
        xlabel="Coefficient (log odds)",
        ncols=len(polygons),
        squeeze=False,
    ) as axes:
        for panel, (label, corners) in zip(axes[0], polygons.items(), strict=True):
            panel.set_title(display.wrapped(label, display.MOST_LETTERS // len(polygons) - 6))
            panel.locator_params(nbins=3, steps=[1, 2, 5, 10])
            panel.margins(0.25)
            panel.fill(*corners.T, facecolor=PALE_BLUE, edgecolor=BLUE)
            if not len(corners):
                panel.text(0.5, 0.5, "empty", ha="center", transform=panel.transAxes, color=ORANGE)
        axes[0, 0].set_ylabel("Standard error (log odds)")


def two_marker_models(models: pd.DataFrame, printed: dict[str, float], matches: int) -> None:
    """Both odds ratios of every two-marker model against each other, the printed pair as a cross;
    ``matches`` of the models print it."""
    title = (
        f"{matches or 'No'} {'models' if matches > 1 else 'model'} of all patients with the two "
        f"markers alone {'print' if matches > 1 else 'prints'} both odds ratios"
    )
    (across, x), (up, y) = printed.items()
    finite = models[np.isfinite(models).all(axis=1)]
    nearest = (np.log(finite / [x, y]) ** 2).sum(axis=1).idxmin()
    named = dict.fromkeys([finite.index[0], nearest, finite.index[-1]])
    words = [
        f"{count} patients with both: {first:.3g} and {second:.3g}"
        for count, (first, second) in zip(named, finite.loc[list(named)].to_numpy(), strict=True)
    ]
    with display.figure(
        title,
        name="fig-two-markers",
        caption="Both odds ratios of a model that holds the two markers alone, one dot for every "
        "possible number of patients with both: ordinary logistic regressions of all patients, the "
        "markers as in the ROC section. The cross is what is printed.",
        alt=f"A line of {len(finite)} dots and a cross. {title}. Printed: {x} for {across} and {y} "
        f"for {up}. Models: {'; '.join(words)}. The nearest has {nearest} patients with both.",
        data=models.reset_index(),
        height=2.9,
        xlabel=f"Odds ratio of {across} (log scale)",
        ylabel=f"Odds ratio of {up} (log scale)",
    ) as axes:
        axes.plot(
            *finite.to_numpy().T,
            "-o",
            color=BLUE,
            markersize=3,
            linewidth=1,
            label="models, by count",
        )
        axes.plot(x, y, "X", color=ORANGE, markersize=10, label="as printed")
        for count in named:
            axes.annotate(
                f"{count} with both",
                finite.loc[count],
                (9, -4),
                textcoords="offset points",
                va="top",
                color=MUTED,
            )
        axes.margins(0.15)
        for side in "xy":
            plots.ratio_scale(axes, side)


# ----------------------------------------------------------------------------------- the cores

# What is known of a core: its color and hatch on the map, and what it rests on.
KINDS = {
    "impossible": (GRID, "", "A proof on the premises, whatever else was in the model"),
    "impossible with a factor significant by all four tests": (
        PALE_ORANGE,
        "xxx",
        "A proof about models that hold a yes-or-no factor significant alone by all four tests",
    ),
    "witnessed": (BLUE, "", "A cohort that prints every number"),
    "undecided": ("none", "///", "Neither"),
}


def core_map(
    cores: pd.DataFrame, marked: dict[str, tuple[int, int]], name: str = "fig-core-map"
) -> None:
    """Every core, colored by what is known of it; ``marked`` are cores with a name, as (k1, k0)."""
    counts = cores["kind"].value_counts().reindex(list(KINDS), fill_value=0)
    impossible, with_factor, witnessed, undecided = counts
    spans = cores.groupby("kind", sort=False)["n11"].agg(["min", "max"])
    with display.figure(
        f"For a model of the usual kind {impossible} of {len(cores)} cross-tables are impossible, "
        f"{with_factor} more with a further factor; {witnessed} are possible, {undecided} open",
        name=name,
        caption="Every cross-table of outcome and two markers that the printed counts allow, by "
        "what is known of it. The usual kind of model is the one of the premises; the further "
        "factor is a yes-or-no factor significant alone by all four tests.",
        alt=f"Map of {len(cores)} cells",
        words=[
            f"{kind}: {counts[kind]}, with {_from_to(*row)} patients who have both markers"
            for kind, row in spans.iterrows()
        ],
        data=cores,
        height=3.4,
        xlabel="Patent with both markers (count)",
        ylabel="Occluded with both markers (count)",
    ) as axes:
        for kind, (color, hatch, _) in KINDS.items():
            rows = cores[cores["kind"] == kind]
            axes.bar(
                rows["k0"],
                1,
                width=1,
                bottom=rows["k1"] - 0.5,
                color=color,
                hatch=hatch,
                edgecolor=INK if hatch else color,
                linewidth=0.2,
                label=f"{kind} ({counts[kind]})",
            )
        for label, (k1, k0) in marked.items():
            axes.plot(k0, k1, "D", color=INK, markersize=6, label=label)
        axes.set(
            xlim=(-0.5, cores["k0"].max() + 0.5),
            ylim=(-0.5, cores["k1"].max() + 0.5),
            aspect="equal",
        )
        axes.locator_params(integer=True)


def core_kinds(cores: pd.DataFrame) -> None:
    """What is known of the cores in a table, with what it rests on."""
    display.table(
        cores.groupby("kind")["n11"].agg(["size", "min", "max"]).reindex(list(KINDS)).dropna(),
        {
            "What is known": ("kind", capital),
            "Cross-tables": ("size", whole),
            "Patients with both markers": ("min", "max", _from_to),
            "What it rests on": ("kind", lambda kind: KINDS[kind][2]),
        },
        key="kind",
        name="tab-core-kinds",
        caption="The cross-tables by what is known of them.",
        left=("What it rests on",),
        note="On the premises of this chapter. For each undecided one the download says how near "
        "the search came (nearest_miss, in halves of a unit of the last printed digit).",
        data=cores,
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
        "All cross-tables": joined,
        "Not excluded": joined[joined["status"] != "excluded"],
        "Witnessed": joined[joined["status"] == "witnessed"],
    }
    display.table(
        pd.DataFrame(
            {"Quantity": [quantity for quantity, _ in EXACT.values()]}
            | {
                heading: [
                    _from_to(rows[name].min(), rows[name].max(), form)
                    for name, (_, form) in EXACT.items()
                ]
                for heading, rows in chosen.items()
            }
        ),
        name="tab-exact",
        caption="What can be said of the two markers together: least and greatest value.",
        note="If the ROC section covers all patients; “not excluded” on the premises of this "
        "chapter.",
        data=joined,
    )


def _from_to(least: float, greatest: float, form: Callable[[float], str] = whole) -> str:
    """Least and greatest value, or one of them where both read alike."""
    return form(least) if form(least) == form(greatest) else limits(least, greatest, form)


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
            "Step": "place",
            assumed: ("words", capital),
            "Stored cohorts": ("cohorts", whole),
            "Patients with both markers": ("least", "greatest", partial(limits, form=whole)),
        },
        name="tab-rungs",
        caption="The steps of the assumption ladder.",
        left=(assumed,),
        data=both,
    )


_three_digits = partial(ratio, digits=None)


def _of_ten(ratio_of_one: float) -> str:
    return _three_digits(ratio_of_one**10)


# Each conclusion of ``extremes.csv`` in words, and how its values read.
CONCLUSIONS = {
    "n11": ("Patients with both markers", whole),
    "binary.share": ("Another yes-or-no factor: share of patients", three_digits),
    "binary.odds_ratio": ("… crude odds ratio", _three_digits),
    "binary.p_value": ("… P alone", p_value),
    "binary.adjusted_odds_ratio": ("… adjusted odds ratio", _three_digits),
    "length.odds_ratio": ("Stent length, per 10 mm: crude odds ratio", _of_ten),
    "length.p_value": ("… P alone", p_value),
    "length.adjusted_odds_ratio": ("… adjusted odds ratio", _of_ten),
    "unprinted.smallest_p_value": ("Smallest P alone of the four unprinted factors", p_value),
    "unprinted.largest_p_value": ("Largest P alone of the four", p_value),
    "model.auc": ("Joint model: AUC", three_digits),
    "model.brier": ("… Brier score", three_digits),
    "model.discrimination_slope": ("… discrimination slope", three_digits),
    "model.nagelkerke": ("… Nagelkerke R²", three_digits),
    "incomplete_coverage.odds_ratio_with_diagnosis": (
        "Coverage, diagnosis added: odds ratio",
        _three_digits,
    ),
    "incomplete_coverage.p_value_with_diagnosis": ("… P", p_value),
    "postoperative_collaterals.odds_ratio_with_diagnosis": (
        "Collaterals, diagnosis added: odds ratio",
        _three_digits,
    ),
    "postoperative_collaterals.p_value_with_diagnosis": ("… P", p_value),
}

# The panels of the ladder: on each one axis, by the name of a conclusion its words.
PANELS = {
    "Patients (count)": {"n11": "Patients with both markers"},
    "Joint model": {"model.auc": "AUC", "model.nagelkerke": "Nagelkerke R²"},
    "Odds ratio (log scale)": {
        "binary.odds_ratio": "Another yes-or-no factor, crude",
        "binary.adjusted_odds_ratio": "The same, adjusted",
        "incomplete_coverage.odds_ratio_with_diagnosis": "Coverage, diagnosis in the model",
        "postoperative_collaterals.odds_ratio_with_diagnosis": "Collaterals, diagnosis in the "
        "model",
    },
}
FARTHEST_RATIO = 30.0


def ladder(ranges: pd.DataFrame) -> None:
    """The range of each conclusion on the first rung and on the last, and what is proven of it."""
    names = [name for panel in PANELS.values() for name in panel]
    first, last = (rung.loc[names] for rung in _outer_rungs(ranges))
    narrower = (last["greatest"] - last["least"] < 0.9 * (first["greatest"] - first["least"])).sum()
    with display.figure(
        f"What one assumes of the other factors narrows {narrower} of {len(names)} ranges"
        if narrower
        else "Assumptions about the other factors narrow none of these conclusions",
        name="fig-ladder",
        caption="The assumption ladder, its first and its last step. Thick bars: values that "
        "stored cohorts attain, so the range is at least as wide; arrows: beyond the axis. Thin "
        "lines: limits that are proven on the premises of this chapter, where such are known.",
        alt="Bars, two for each conclusion",
        words=[
            f"{words}: {' with no restriction, '.join(first_and_last(ranges, name))} "
            "on the last step"
            for panel in PANELS.values()
            for name, words in panel.items()
        ],
        data=ranges,
        height=5.2,
        nrows=len(PANELS),
        gridspec_kw={"height_ratios": [len(panel) + 0.4 for panel in PANELS.values()]},
    ) as axes:
        for panel, (unit, words) in zip(axes, PANELS.items(), strict=True):
            if unit.startswith("Odds ratio"):
                plots.ratio_scale(panel, "x")
                panel.axvline(1, color=MUTED, linewidth=1, linestyle=":")
            for rows, shift, color, label in (
                (first, -0.17, MUTED, "attained: no restriction (step 0)"),
                (last, 0.17, BLUE, "attained: all restrictions (step 5)"),
            ):
                _bars(panel, rows.loc[list(words)], shift, color, label)
            proven = first.loc[list(words), ["proven_least", "proven_greatest"]].to_numpy().T
            panel.hlines(np.arange(len(words)), *proven, color=INK, linewidth=1, label="proven")
            panel.set(xlabel=unit, ylim=(len(words) - 0.5, -0.5))
            panel.set_yticks(
                range(len(words)), [display.wrapped(one, 20) for one in words.values()]
            )
        axes[0].locator_params(axis="x", integer=True)


def _bars(axes: Axes, rows: pd.DataFrame, shift: float, color: str, label: str) -> None:
    """A bar from least to greatest for each row, with an arrow where it goes beyond the axis."""
    places, ends = np.arange(len(rows)) + shift, rows[["least", "greatest"]]
    if axes.get_xscale() == "log":
        ends = ends.clip(1 / FARTHEST_RATIO, FARTHEST_RATIO)
    axes.hlines(places, ends["least"], ends["greatest"], color=color, linewidth=6, label=label)
    for end, arrow in {"least": "<", "greatest": ">"}.items():
        beyond = (rows[end] != ends[end]).to_numpy()
        axes.plot(ends[end][beyond], places[beyond], arrow, color=color, markersize=9)


def range_table(ranges: pd.DataFrame) -> None:
    """Every conclusion: what is attained without assumptions and on the last rung, and what is
    proven.
    """
    first, last = _outer_rungs(ranges)
    display.table(
        last.join(first[["least", "greatest"]].add_prefix("first_")).loc[list(CONCLUSIONS)],
        {
            "Conclusion": ("conclusion", in_words),
            "No restriction: attained": ("conclusion", "first_least", "first_greatest", _range_of),
            "Last step: attained": ("conclusion", "least", "greatest", _range_of),
            "Proven limits": ("conclusion", "proven_least", "proven_greatest", _range_of),
        },
        key="conclusion",
        name="tab-ranges",
        caption="Least and greatest value of what the abstract leaves open.",
        note="Attained values come from stored cohorts that print every claim: the true range is "
        "at least as wide. Proven limits hold on the premises of this chapter; those of another "
        "yes-or-no factor if the ROC section covers all patients, no value of the factor is "
        "missing, and it is significant by at least one of the four tests. The download has every "
        "step.",
        data=ranges,
    )


def _outer_rungs(ranges: pd.DataFrame) -> list[pd.DataFrame]:
    """The ranges on the first rung and on the last, by conclusion."""
    return [
        ranges.drop_duplicates("conclusion", keep=rung).set_index("conclusion")
        for rung in ("first", "last")
    ]


def in_words(conclusion: str) -> str:
    """What a conclusion is about."""
    return CONCLUSIONS[conclusion][0]


def _value(conclusion: str, value: float) -> str:
    return CONCLUSIONS[conclusion][1](value)


def _range_of(conclusion: str, least: float, greatest: float) -> str:
    return limits(least, greatest, CONCLUSIONS[conclusion][1])


def settled(found: pd.DataFrame) -> None:
    """What the abstract leaves open, in this file and in the stored cohorts."""
    display.table(
        found.loc[[name for name in CONCLUSIONS if name in found.index]],
        {
            "Conclusion": ("conclusion", in_words),
            "This file": ("conclusion", "value", _value),
            "Stored cohorts": ("conclusion", "least", "greatest", _range_of),
        },
        key="conclusion",
        name="tab-replication-conclusions",
        caption="What the abstract leaves open, as this file settles it.",
    )


def first_and_last(ranges: pd.DataFrame, conclusion: str) -> list[str]:
    """The attained range of a conclusion on the first rung and on the last, in words."""
    return [
        f"{_value(conclusion, rung.at[conclusion, 'least'])} to "
        f"{_value(conclusion, rung.at[conclusion, 'greatest'])}"
        for rung in _outer_rungs(ranges)
    ]


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


def power(shares: pd.DataFrame) -> None:
    """The share of alterations detected.

    A row of ``shares`` is a section of the paper, a column a number of units of the last digit.
    """
    data, shares = shares, shares.rename(index={"roc": "ROC"})
    kind = (shares > 0).astype(int) + (shares == 1)
    all_seen = list(shares.index[kind.iloc[:, 0] == 2])
    with display.figure(
        f"Every misprint of one last digit, alone, is found in: {listed(all_seen)}",
        name="fig-power",
        caption="Share of altered numbers that contradict the others, by section of the paper and "
        "size of the alteration. Months are not altered: no check could see it.",
        alt="Grid of percentages",
        words=[
            f"{section}: "
            + listed([f"{percent(share, 0)} at {units}" for units, share in row.items()])
            for section, row in shares.iterrows()
        ],
        data=data,
        key="section",
        height=2.7,
    ) as axes:
        plots.grid(
            axes,
            kind,
            {0: "none", 1: PALE_ORANGE, 2: PALE_BLUE},
            annot=shares.map(lambda share: percent(share, 0)),
        )
        axes.set(xlabel="Alteration (units of the last printed digit)", ylabel="")


def detectors(surveyed: pd.DataFrame) -> None:
    """What detects an alteration of one unit, by section."""
    first = surveyed[surveyed["units"] == surveyed["units"].min()]
    found = pd.crosstab(first["section"], first["detected_by"]).reindex(first["section"].unique())
    words = forensic.DETECTORS | {forensic.NOT_DETECTED: "nothing"}
    display.table(
        found.assign(altered=found.sum(axis=1)).rename(index={"roc": "ROC"}),
        {"Section": "section", "Altered": "altered"}
        | {capital(heading): name for name, heading in words.items() if name in found},
        key="section",
        name="tab-detectors",
        caption="Numbers altered by one unit of their last digit, by what contradicts the "
        "alteration.",
        note="Each alteration counts under the first check that finds it.",
        data=surveyed,
    )
