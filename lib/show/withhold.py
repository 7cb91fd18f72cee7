"""What of curves may be shown, and the list of what is withheld.

``lib.patients.disclosure`` has the rule; where it withholds nothing, all is returned as it is.
"""

from bisect import bisect
from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np
import pandas as pd

from lib.patients import disclosure
from lib.patients.codebook import horizon
from lib.patients.cohort import Cohort
from lib.show import display
from lib.show.rows import QUARTILES, quartiles_by_group
from lib.statistics import multivariate, roc, survival
from lib.statistics.survival import ALL, Survival

READ = ["at_risk", "events", "censored", "survival", "lower", "upper"]
CELL = (
    "A cell of fewer than {0} patients, or a row in which all had the event; or needed so that no "
    "such cell follows by subtraction. Of a number: a mean with fewer than {0} on one side of it, "
    "or one patient who makes most of the spread."
)
EVENT = CELL + " Or outcome and event differ, or both are absent, in fewer than {0} patients."
PAIR = (
    "A cell of fewer than {0} patients, or needed so that no such cell follows by subtraction; or "
    "one patient makes most of the spread of a number."
)
APART = "A cell of fewer than {0} patients among those with all values, or among the others."
CURVE = (
    "Between two places that are shown, and one and the table of the outcome, are {0} events or "
    "none, and {0} censorings or none, and beyond the last {0} patients; all patients are read "
    "where every group is, or none."
)
MODEL = (
    "One or two factors with levels are as good as their table; or too few patients; or a level of "
    "so few, with or without the event, or left out, that the model or its lack would tell of "
    "them; or factors that do not vary or make up one another; or few residual degrees of freedom."
)


def account(cohort: Cohort) -> pd.DataFrame:
    """What is withheld of a cohort's tables and pictures, one a row: table, withheld and rule, in
    words; but for what only a chapter can decide, such as the points of curves over risks."""
    found = cohort.withheld
    label = {name: cohort.label(name) for name in cohort.codebook.index}
    group, outcome = label[cohort.group], label[cohort.outcome]
    rows = [
        ("Numbers of patients", ", ".join(label[x] for x in label if x in found.totals), CELL),
        (group, ", ".join(one for one in cohort.groups if one in found.totals), CELL),
        *(
            (
                f"{label[name]} by {group}",
                ", ".join(one for one in cohort.groups if one in hidden),
                EVENT if name in cohort.named("event") else CELL,
            )
            for name, hidden in found.groups.items()
        ),
        *(
            (f"{label[name]} by {outcome}", "the table and all that follows from it", CELL)
            if name in found.outcome
            else (
                f"{label[name]} by {outcome}, patients with all values",
                "all of these alone",
                APART,
            )
            for name in cohort.described
            if name in found.complete
        ),
        *(
            (f"{label[one]} by {label[other]}", "the table, its correlation", PAIR)
            for one, other in combinations(cohort.factors, 2)
            if frozenset((one, other)) in found.pairs
        ),
        ("Means", ", ".join(label[name] for name in label if name in found.means), CELL),
        ("Variance inflation", "all factors" if found.pairs else "", PAIR),
        *(
            (name, "the model and all that follows from it", MODEL)
            for name, grouped in {"Joint model": False, f"Joint model with {group}": True}.items()
            if disclosure.hides_model(cohort, cohort.factors, grouped)
        ),
        *(_withheld_beside(cohort) if found.threshold else ()),
    ]
    return pd.DataFrame(
        [(name, gone, rule.format(found.threshold)) for name, gone, rule in rows if gone],
        columns=["table", "withheld", "rule"],
    )


def _withheld_beside(cohort: Cohort) -> list[tuple[str, str, str]]:
    """The rows of the account about what is in a table or picture that is shown otherwise."""
    found, model, bars = cohort.withheld, multivariate.fit(cohort), np.zeros(0)
    if model.problem is None and not disclosure.hides_model(cohort, cohort.factors):
        bars = risk_bars(model.probabilities)[0]
    quartiles = [
        cohort.label(name)
        for name in cohort.factors
        if name not in cohort.binary_factors
        and any(
            found.hides_quantile(part[name], part[name].quantile(share))
            for by, gone in {
                cohort.group: found.by_group(name),
                cohort.outcome: {0, 1} if name in found.outcome else {},
            }.items()
            for level, part in cohort.rows.groupby(by, observed=True)
            for share in QUARTILES
            if level not in gone
        )
    ]
    drawn = quartiles_by_group(cohort).groupby("factor").size() >= 2 * (1 + len(cohort.groups))
    return [
        ("Quartiles", ", ".join(quartiles), "Fewer than {0} patients on one side of one of them."),
        (
            "P adjusted for many tests",
            ", ".join(
                words
                for words, gone in {
                    "factors": found.outcome,
                    "pairs of groups": found.by_group(cohort.outcome),
                }.items()
                if gone
            ),
            "It tells of all the others, of which at least one is withheld.",
        ),
        (
            "Pictures of numbers",
            "single patients; quartiles of some groups" if not drawn.all() else "single patients",
            "A group is drawn where {0} patients or more are on either side of each quartile.",
        ),
        (
            "Pictures of shares",
            "groups",
            "Groups are not parted there, whose tables with factor and outcome would be small.",
        ),
        *_withheld_over_time(cohort),
        (
            "How the file was read",
            "notes about single rows" * bool(cohort.row_notes),
            "They are about single patients.",
        ),
        (
            "Validation, significant together",
            "performance, shares of resamples" * bool(found.complete & {*cohort.factors}),
            "They tell whether a factor passed the screening, of which the table is withheld.",
        ),
        (
            "Influential patients",
            "the distance, the model without one" * bool(len(bars)),
            "They are about a single patient.",
        ),
        (
            "Calibration",
            "the bars of predicted risks" * bool(found.small(bars).any()),
            "A bar of fewer than {0} patients.",
        ),
        (
            "Calibration and decision curves",
            "all points" * (len(bars) > 0 and counts_patterns(cohort)),
            "They would count patients of combinations of levels, or tell of a withheld table.",
        ),
    ]


def _withheld_over_time(cohort: Cohort) -> list[tuple[str, str, str]]:
    """The rows of the account about curves over time; none where there are no curves."""
    found = survival.describe(cohort)
    if found.problem:
        return []
    found, read = over_time(found, cohort, chosen_times(found, cohort))
    return [
        ("Kaplan-Meier curves", "points, and the numbers at each", CURVE),
        (
            "Kaplan-Meier estimates at chosen times",
            ", ".join(read.loc[read["survival"].eq(display.WITHHELD), "group"].unique()),
            CURVE,
        ),
        (
            "Length of follow-up",
            ", ".join(found.follow_up.index[found.follow_up.eq(display.WITHHELD).any(axis=1)]),
            EVENT + " Of a median or a limit: fewer than {0} patients on one side.",
        ),
        ("Log-rank test", "the test" * (found.log_rank_problem == "it is withheld"), EVENT),
    ]


def risk_bars(probabilities: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """How many patients have a predicted risk in each of forty steps, and the edges in percent."""
    return np.histogram(100 * np.asarray(probabilities), bins=40, range=(0, 100))


def counts_patterns(cohort: Cohort) -> bool:
    """Whether to count patients by their predicted risk may be to count small cells: without a
    number of many values by their levels alone, and with one of little effect nearly so."""
    found, few = cohort.withheld, cohort.rows[cohort.factors].nunique() <= disclosure.FEW_VALUES
    return found.threshold > 0 and bool(few.all() or found.pairs or found.complete)


def listing(cohort: Cohort, name: str = "tab-withheld", whose: str = "the file") -> None:
    """What is withheld of the tables about a cohort, each with its rule."""
    display.table(
        account(cohort).set_axis(["Table or picture", "Withheld", "Rule"], axis=1),
        name=name,
        caption=f"What is withheld of the tables and pictures about {whose}.",
        left=("Withheld", "Rule"),
    )


def places(
    steps: np.ndarray, cohort: Cohort, first: Sequence[int] = (), kinds: int = 1
) -> list[int]:
    """The places of a curve at which it may be shown.

    ``steps`` counts what happens at each place in order (places x kinds, events first); place i is
    after i steps. Between two places that are shown are the threshold or more of the first
    ``kinds`` and of every other kind as many or none. So it is beyond the last, where no event need
    be left if the threshold of others is; of two kinds it always is, so that in no stretch all have
    the event. Places in ``first`` are tried before the others.
    """
    withheld = cohort.withheld
    until = np.vstack([np.zeros(np.shape(steps)[1], int), np.cumsum(steps, axis=0)])
    shown = [0]
    for place in [*first, *range(1, len(until))]:
        at = bisect(shown, place)
        last = at == len(shown)
        before = until[place] - until[shown[at - 1]]
        after = until[-1 if last else shown[at]] - until[place]
        rest = after[kinds - 1 :].sum() if last else after[:kinds].min()
        enough = min(before[:kinds].min(), rest) >= withheld.threshold
        if enough and place not in shown and not withheld.small([before, after]).any():
            shown.insert(at, place)
    return shown


def chosen_times(found: Survival, cohort: Cohort) -> list[float]:
    """The horizon and round times, up to the last that the threshold of patients reached, at which
    curves are read.

    Their spacing tells nothing of a longer follow-up. Where all is shown they are those of the
    usual threshold, so that both books read the same.
    """
    at_risk = found.curves["at_risk"]
    least = min(max(cohort.withheld.threshold, disclosure.THRESHOLD), at_risk.max())
    longest = found.curves.loc[at_risk >= least, "time"].max()
    times, until = survival.round_times(longest), _horizon(cohort)
    return sorted({*times, until}) if until and until <= longest else times


def _horizon(cohort: Cohort) -> float | None:
    """When the outcome is counted, in the unit of the times, where that is known."""
    return horizon(*cohort.codebook.loc[[cohort.outcome, *cohort.named("time")], "unit"])


def over_time(found: Survival, cohort: Cohort, times: list[float]) -> tuple[Survival, pd.DataFrame]:
    """What of curves over time may be shown, and what is read at chosen times.

    The second is that of ``survival.read_by_group``, at those of the times until which the
    threshold of patients was followed. The curve of all patients is shown where those
    of all groups are withheld: beside some of them it could tell of the others. Beside all of them
    they are read at the times at which every group is.
    """
    withheld, follow_up = cohort.withheld, found.follow_up
    if not withheld.threshold:
        return found, survival.read_by_group(found.curves, times)
    (time,), (event,) = cohort.named("time"), cohort.named("event")
    hidden, known = withheld.by_group(event), cohort.complete([time, event])
    times = [one for one in times if (known[time] >= one).sum() >= withheld.threshold]
    read = survival.read_by_group(found.curves, times)
    drawn = {ALL} if hidden >= {*cohort.groups} else {*cohort.groups} - hidden
    own = {ALL: known, **dict(iter(known.groupby(cohort.group, observed=False)))}
    few = {
        column: [
            withheld.hides_quantile(own[one][time], end) for one, end in follow_up[column].items()
        ]
        for column in ("median", "lower", "upper")
    }
    follow_up = display.masked(follow_up, few)
    of_curves = display.masked(found.curves, True, READ[:3]).groupby("group", sort=False)
    may = {
        group: _of_group(curve, own[group][cohort.outcome], cohort, times)
        if group in drawn and event not in withheld.totals
        else ([], [])
        for group, curve in found.curves.groupby("group", sort=False)
    }
    if not hidden and known[cohort.group].notna().all():
        # Where every group is read, the counts of all patients are known as their sums; and since
        # each has enough events and censorings between two such times, so have they together.
        of_each = [chosen for group, (chosen, _) in may.items() if group != ALL]
        may[ALL] = [one for one in times if all(one in chosen for chosen in of_each)], []
    gone = [one.time not in may[one.group][0] for one in read.itertuples()]
    read = display.masked(read, gone, READ)
    of_all = (follow_up.index == ALL) & (event in withheld.totals)
    shown = replace(
        found,
        curves=pd.concat(of_curves.get_group(one).iloc[rows] for one, (_, rows) in may.items()),
        follow_up=display.masked(follow_up, follow_up.index.isin(hidden) | of_all),
        log_rank=found.log_rank * np.nan if hidden else found.log_rank,
        log_rank_problem="it is withheld" if hidden else found.log_rank_problem,
    )
    return shown, read


def _of_group(
    curve: pd.DataFrame, outcome: pd.Series, cohort: Cohort, times: list[float]
) -> tuple[list[float], list[int]]:
    """Of the curve of a group, which of the times may be read, and which rows may be shown.

    At each time the events come first and then the censored, so place 2i is before row i, and place
    2i + 1 between its events and its censored. ``outcome`` is that of the group's patients.
    """
    withheld, steps = cohort.withheld, np.zeros((2 * len(curve), 2), int)
    steps[::2, 0], steps[1::2, 1] = curve["events"], curve["censored"]
    at, counted = curve["time"].to_numpy(), np.vstack([[0, 0], steps.cumsum(axis=0)])
    before = {one: 2 * int(np.searchsorted(at, one)) for one in times}
    until = _horizon(cohort)
    told = [2 * int(np.searchsorted(at, until)) + int(until in at)] if until else []
    # The table of the outcome says how many had the event until then, and how many left before;
    # and so it may where it does not say when.
    known = np.vstack([[outcome.sum(), outcome.isna().sum()], counted[told]])
    shown = [
        one
        for one in places(steps, cohort, [*told, *before.values()])
        if not withheld.small(abs(counted[one] - known)).any()
    ]
    read = [
        one
        for one, place in before.items()
        if place in shown and (place + 1 in shown or one not in at or not steps[place, 0])
    ]
    # Of the start it is known that nobody had the event before it, and nothing else.
    start = set() if steps[0, 0] else {0}
    near_end = np.flatnonzero(curve["at_risk"].shift(-1, fill_value=0) < withheld.threshold)
    return read, sorted(start | ({(one - 1) // 2 for one in shown if one} - {*near_end}))


def roc_curve(marker: roc.Marker, cohort: Cohort) -> pd.DataFrame:
    """The points of a marker's curve that may be shown; all of a binary one."""
    curve = roc.curve(marker.events, marker.nonevents)
    if not cohort.withheld.threshold or len(curve) == 3:
        return curve
    steps = np.column_stack([marker.events[::-1], marker.nonevents[::-1]])
    return curve.iloc[sorted({*places(steps, cohort, kinds=2), len(curve) - 1})]


def by_risk(
    curve: pd.DataFrame, column: str, risks: np.ndarray, outcome: np.ndarray, cohort: Cohort
) -> pd.DataFrame:
    """The rows of a curve over predicted risks (in ``column``, rising) that may be shown."""
    place = np.searchsorted(curve[column].to_numpy(), risks, side="right")
    steps = [np.bincount(place[outcome == value], minlength=len(curve) + 1) for value in (1, 0)]
    shown = places(np.column_stack(steps), cohort, kinds=2)
    return curve.iloc[[one - 1 for one in shown if 0 < one <= len(curve)]]
