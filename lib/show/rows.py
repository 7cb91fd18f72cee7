"""Pictures of the rows: each number by outcome and group, the share with the event by factor and
group, and how the factors go together.

Where small cells are withheld, no point is a patient, of a number only quartiles with the threshold
of patients on either side are drawn, and shares are not parted by group: their tables of group,
factor and outcome are small.
"""

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from lib.patients import disclosure
from lib.patients.cohort import Cohort
from lib.show import display, plots
from lib.show.display import INK, MUTED, PALE_BLUE, PALE_ORANGE
from lib.show.tables import of_levels, terms_of, with_all_factors
from lib.statistics.survival import ALL
from lib.words import capital, counted, decimals, listed, measured, number, percent

QUARTILES = (0.25, 0.5, 0.75)
# Of more patients points are a smear, and a heavy one. How they are spread is random.
MOST_POINTS, SEED = 1000, 2022
CLOSE = 0.3  # from here a correlation is moderate (Cohen 1988, section 3.2)


def _in_words(cohort: Cohort) -> pd.DataFrame:
    """The rows with the outcome in the words of the page, and those groups that have patients."""
    rows = cohort.complete([cohort.outcome, cohort.group])
    outcome = pd.Categorical(rows[cohort.outcome], [0.0, 1.0])
    return rows.assign(
        **{
            cohort.outcome: outcome.rename_categories([cohort.no_event, cohort.event]),
            cohort.group: rows[cohort.group].cat.remove_unused_categories(),
        }
    )


def quartiles_by_group(cohort: Cohort) -> pd.DataFrame:
    """The quartiles of each factor that is a number, of all patients with outcome and group and of
    each group, by outcome: those that may be shown, indexed by factor, group and outcome."""
    withheld, rows, found = cohort.withheld, _in_words(cohort), {}
    parts = dict(iter(rows.groupby([cohort.group, cohort.outcome], observed=True)))
    parts |= {(ALL, word): part for word, part in rows.groupby(cohort.outcome, observed=False)}
    for name in cohort.factors:
        if name in cohort.binary_factors or name in withheld.outcome:
            continue
        hidden = withheld.by_group(cohort.outcome) | withheld.by_group(name)
        if withheld.threshold and rows[name].nunique() <= disclosure.FEW_VALUES:
            hidden = {*cohort.groups}  # of so few values a quartile tells counts
        for (group, word), part in parts.items():
            values = part[name].quantile(list(QUARTILES))
            few = any(withheld.hides_quantile(part[name], value) for value in values)
            if not few and group not in hidden:
                found[name, group, word] = values.to_numpy()
    places = pd.MultiIndex.from_tuples(found, names=["factor", "group", "outcome"])
    return pd.DataFrame(
        list(found.values()), places, columns=["lower_quartile", "median", "upper_quartile"]
    )


def numbers(cohort: Cohort) -> None:
    """Every factor that is a number, by outcome and group."""
    outcomes = [cohort.no_event, cohort.event]
    found, rows = quartiles_by_group(cohort), _in_words(cohort)
    groups = rows[cohort.group].nunique()
    names = [
        name
        for name in cohort.factors
        if all((name, ALL, word) in found.index for word in outcomes)
    ]
    if not names:
        return
    found = found.loc[names]
    medians = found["median"].unstack("factor").loc[ALL].loc[outcomes, names]
    farthest = (medians.diff().iloc[-1].abs() / rows[names].std()).fillna(-1).idxmax()
    said = {
        name: [
            f"{measured(value, decimals(rows[name]) + 1)} {word}"
            for word, value in medians[name].items()
        ]
        for name in names
    }
    title = f"{cohort.label(farthest)}: median {', '.join(said[farthest][::-1])}"
    with display.figure(
        title,
        name="fig-numbers",
        caption="Each number by outcome and group, with the quartiles"
        + ("; a mark is the median." if groups > len(display.PALETTE) else ".")
        if not cohort.withheld.threshold
        else "Quartiles of each number by outcome, of all patients and of each group in which "
        "they may be shown.",
        alt="Distributions with medians",
        words=[f"{cohort.label(name)}: {listed(said[name])}" for name in names],
        data=found.reset_index(),
        reconstructed=cohort.is_example,
        height=max(2.4, 0.32 * groups) * len(names),
        nrows=len(names),
        squeeze=False,
    ) as axes:
        for panel, name in zip(axes[:, 0], names, strict=True):
            if cohort.withheld.threshold:
                _by_group_in_quartiles(panel, found.loc[name], cohort)
            else:
                _by_group(panel, rows, name, cohort)
            panel.set(xlabel=cohort.label(name), ylabel="")


def _by_group(axes: Axes, rows: pd.DataFrame, name: str, cohort: Cohort) -> None:
    """The distribution of a number in each group by outcome, with its quartiles and patients."""
    colors = display.colors_of(list(rows[cohort.group].cat.categories))
    place = {
        "data": rows,
        "x": name,
        "y": cohort.outcome,
        "hue": cohort.group,
        "palette": colors,
        "legend": False,
        "ax": axes,
    }
    sns.violinplot(
        **place, inner="quart", cut=0, density_norm="width", fill=False, linewidth=1, gridsize=50
    )
    if len(rows) <= MOST_POINTS:
        np.random.seed(SEED)
        sns.stripplot(**place, dodge=True, size=2.5, alpha=0.5, jitter=0.2)
    medians = rows.groupby([cohort.group, cohort.outcome], observed=False)[name].median()
    for position, (group, color) in enumerate(colors.items()):
        places, marker, found = [], "o", []
        if len(colors) > len(display.PALETTE):  # a color comes again
            found, marker = medians.loc[group], plots.marker(position)
            places = np.arange(2) + 0.8 * ((position + 0.5) / len(colors) - 0.5)
        axes.plot(found, places, marker, color=color, label=group)


def _by_group_in_quartiles(axes: Axes, found: pd.DataFrame, cohort: Cohort) -> None:
    """The quartiles of a number by outcome, of all patients and of the groups that have them."""
    outcomes, colors = [cohort.no_event, cohort.event], display.colors_of(list(cohort.groups))
    shown = [ALL, *(group for group in colors if group in found.index)]
    for position, group in enumerate(shown):
        own = found.loc[group].reindex(outcomes)
        plots.dots(
            axes,
            np.arange(len(outcomes)) + 0.7 * (position - (len(shown) - 1) / 2) / len(shown),
            own["median"],
            own["lower_quartile"],
            own["upper_quartile"],
            color=colors.get(group, INK),
            marker=plots.marker([ALL, *colors].index(group)),
            label=group,
        )
    plots.name_rows(axes, outcomes)


def shares(cohort: Cohort) -> None:
    """The share with the event, with and without each yes-or-no factor, by group."""
    names = [
        name
        for name in cohort.binary_factors
        if cohort.rows[name].notna().any() and name not in cohort.withheld.outcome
    ]
    if not names:
        return
    parts = {"all": cohort.rows}
    if not cohort.withheld.threshold:
        parts |= dict(iter(cohort.rows.groupby(cohort.group, observed=True)))
    found = pd.concat(
        {
            (name, group): part.groupby(name)[cohort.outcome].agg(patients="count", share="mean")
            for name in names
            for group, part in parts.items()
        }
    ).rename_axis(["factor", "group", "exposed"])
    risks = found["share"].unstack("exposed").reindex(columns=[0.0, 1.0]).swaplevel()
    # Also where nothing is known of a factor in a group.
    risks = risks.reindex(pd.MultiIndex.from_product([parts, names], names=["group", "factor"]))
    risk = risks.loc["all"]
    widest = (risk[1.0] - risk[0.0]).abs().fillna(-1).idxmax()
    groups = list(parts)[1:] or ["all"]
    title = (
        f"Largest difference in the share {cohort.event}: {cohort.label(widest)} "
        f"({percent(risk.at[widest, 1.0])} against {percent(risk.at[widest, 0.0])})"
    )
    if len(parts) > 1:
        highest = {*risks.loc[groups].unstack("factor").dropna(axis=1, how="all").idxmax()}
        title = (
            f"{capital(*highest)}: the largest share {cohort.event}, with each factor and without"
            if len(highest) == 1
            else f"No group has the largest share {cohort.event} throughout"
        )
    with display.figure(
        title,
        name="fig-shares",
        caption=f"Share {cohort.event}{', by group' * (len(parts) > 1)}; filled: of the patients "
        "with the factor, open: of those without it"
        + (", that is, with any other level of the same factor." if of_levels(cohort) else "."),
        alt="Pairs of dots",
        words=[
            f"{cohort.label(name)}: "
            + ", ".join(
                (f"{group} " if len(parts) > 1 else "")
                + f"{percent(risks.at[(group, name), 1.0])} with it and "
                f"{percent(risks.at[(group, name), 0.0])} without"
                for group in parts
            )
            for name in names
        ],
        data=found.reset_index(),
        reconstructed=cohort.is_example,
        height=1.2 + max(0.65, 0.15 * len(groups)) * len(names),
        xlabel=f"{capital(cohort.event)} (% of patients)",
    ) as axes:
        for position, (group, color) in enumerate(display.colors_of(groups).items()):
            of_group = 100 * risks.reindex([(group, name) for name in names])
            apart = min(0.22, 0.9 / len(groups)) * (position - (len(groups) - 1) / 2)
            heights = np.arange(len(names)) + apart
            axes.hlines(heights, of_group[0.0], of_group[1.0], color=color, linewidth=1)
            whole = {"color": color, "clip_on": False}  # a share of 0% too
            axes.plot(of_group[0.0], heights, "o", markerfacecolor="none", **whole)
            axes.plot(
                of_group[1.0],
                heights,
                plots.marker(position),
                label=group if len(groups) > 1 else None,
                **whole,
            )
        axes.set_xlim(left=0)
        plots.name_rows(axes, [cohort.label(name) for name in names])


def association(correlations: pd.DataFrame, cohort: Cohort) -> None:
    """How the factors go together: their correlations, those that may be shown."""
    names = list(correlations.index)
    hidden = np.array([[frozenset((a, b)) in cohort.withheld.pairs for b in names] for a in names])
    shown = correlations[names].mask(hidden | np.eye(len(names), dtype=bool))
    if shown.isna().all(axis=None):
        return
    first, second = shown.abs().stack().idxmax()
    title = (
        f"The closest pair: {cohort.label(first)} and {cohort.phrase(second)}, "
        f"r = {number(shown.at[first, second])}"
    )
    few, places = len(names) <= 8, range(1, len(names) + 1)
    pairs = np.argwhere(np.triu(hidden, 1))
    lacking = f"; hatched, because withheld: {counted(len(pairs), 'pair')}" * bool(len(pairs))
    # Numbers in the grid take room from the names beside it.
    letters = min(plots.MOST_IN_ROW, 59 - 5 * len(names)) if few else plots.MOST_IN_ROW
    numbered = [
        display.wrapped(f"{place}. {cohort.label(name)}", letters)
        for place, name in zip(places, names, strict=True)
    ]
    row = max(0.38, display.LINE_INCHES * (1.4 + max(name.count("\n") for name in numbered)))
    with display.figure(
        title,
        name="fig-association",
        caption=f"Correlations between the factors, in {with_all_factors(cohort)}; blue from "
        f"{CLOSE}, orange from −{CLOSE}{lacking}.",
        alt=f"Grid of correlations of {terms_of(cohort)}. {title}{lacking}.",
        data=display.masked(correlations[names], dict(zip(names, hidden, strict=True))),
        key="factor",
        reconstructed=cohort.is_example,
        height=1.4 + row * len(names),
    ) as axes:
        plots.grid(
            axes,
            np.sign(shown) * (shown.abs() >= CLOSE),
            {-1: PALE_ORANGE, 0: "none", 1: PALE_BLUE},
            annot=shown.map(number) if few else False,
            yticklabels=numbered,
            # Of many columns every second or third is numbered.
            xticklabels=[one if one % (1 + len(names) // 12) == 0 else "" for one in places],
        )
        for pair in [*pairs, *pairs[:, ::-1]]:
            axes.add_patch(Rectangle(pair, 1, 1, fill=False, hatch="xxx", color=MUTED))
