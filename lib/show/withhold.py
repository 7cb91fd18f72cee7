"""What of curves may be shown: their places, and the numbers read there.

``lib.patients.disclosure`` has the rule; where it withholds nothing, all is returned as it is.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from lib.patients.codebook import horizon
from lib.patients.cohort import Cohort
from lib.show import display
from lib.statistics import roc, survival
from lib.statistics.survival import ALL, Survival

READ = ["at_risk", "events", "censored", "survival", "lower", "upper"]


def over_time(found: Survival, cohort: Cohort, times: list[float]) -> tuple[Survival, pd.DataFrame]:
    """What of curves over time may be shown, and what is read at chosen times.

    The second is that of ``survival.read_by_group``. The curve of all patients is not shown beside
    those of the groups, from which it could tell one that is withheld.
    """
    read = survival.read_by_group(found.curves, times)
    withheld = cohort.withheld
    if not withheld.threshold:
        return found, read
    (time,), (event,) = cohort.named("time"), cohort.named("event")
    hidden, curves = withheld.by_group(event), []
    known = cohort.complete([time, event])
    follow_up = found.follow_up
    for group in follow_up.index:
        own = known if group == ALL else known[known[cohort.group] == group]
        for column in ("median", "lower", "upper"):
            middle = follow_up.at[group, column]
            gone = (follow_up.index == group) & withheld.hides_quantile(own[time], middle)
            follow_up = display.masked(follow_up, gone, [column])
    for group, curve in found.curves.groupby("group", sort=False):
        chosen, rows = [], []
        if group != ALL and group not in hidden:
            chosen, rows = _of_group(curve, cohort, times, group)
            curves.append(display.masked(curve, np.full(len(curve), True), READ[:3]).iloc[rows])
        gone = (read["group"] == group) & ~read["time"].isin(chosen)
        read = display.masked(read, gone, READ)
    columns = found.curves.columns
    shown = replace(
        found,
        curves=pd.concat(curves) if curves else pd.DataFrame(columns=columns),
        follow_up=display.masked(follow_up, follow_up.index.isin(hidden)),
        log_rank=found.log_rank * np.nan if hidden else found.log_rank,
        log_rank_problem="it is withheld" if hidden else found.log_rank_problem,
    )
    return shown, read


def _of_group(
    curve: pd.DataFrame, cohort: Cohort, times: list[float], group: str
) -> tuple[list[float], list[int]]:
    """Of the curve of a group, which of the times may be read, and which rows may be shown.

    At each time the events come first and then the censored, so place 2i is before row i, and place
    2i + 1 between its events and its censored.
    """
    withheld, steps = cohort.withheld, np.zeros((2 * len(curve), 2), int)
    steps[::2, 0], steps[1::2, 1] = curve["events"], curve["censored"]
    at = curve["time"].to_numpy()
    (time,) = cohort.named("time")
    until = horizon(cohort.codebook.at[cohort.outcome, "unit"], cohort.codebook.at[time, "unit"])
    before = {one: 2 * int(np.searchsorted(at, one)) for one in times}
    first, events = list(before.values()), np.append(0, steps[:, 0].cumsum())
    if until:
        # The table of the outcome says how many had the event until then.
        place = 2 * int(np.searchsorted(at, until)) + int(until in at)
        first.insert(0, place)
    places = withheld.points(steps, first)
    if until:
        places = [one for one in places if not withheld.small(abs(events[one] - events[place]))]
    exact = dict(zip(at, curve["events"], strict=True))
    read = [
        one
        for one, place_before in before.items()
        if place_before in places and (not exact.get(one) or place_before + 1 in places)
    ]
    rows = sorted({0} | {(one - 1) // 2 for one in places if one}) if not exact[at[0]] else []
    return read, rows


def roc_curve(marker: roc.Marker, cohort: Cohort) -> pd.DataFrame:
    """The points of a marker's curve that may be shown; all of a binary one."""
    curve = roc.curve(marker.events, marker.nonevents)
    if not cohort.withheld.threshold or len(curve) == 3:
        return curve
    steps = np.column_stack([marker.events[::-1], marker.nonevents[::-1]])
    return curve.iloc[sorted({*cohort.withheld.points(steps), len(curve) - 1})]


def by_risk(
    curve: pd.DataFrame, column: str, risks: np.ndarray, outcome: np.ndarray, cohort: Cohort
) -> pd.DataFrame:
    """The rows of a curve over predicted risks (in ``column``, rising) that may be shown."""
    if not cohort.withheld.threshold:
        return curve
    place = np.searchsorted(curve[column].to_numpy(), risks, side="right")
    steps = [np.bincount(place[outcome == value], minlength=len(curve) + 1) for value in (1, 0)]
    places = cohort.withheld.points(np.column_stack(steps)[:-1])
    beyond = np.column_stack(steps)[-1]
    if cohort.withheld.small(beyond).any():
        places = places[:-1]
    return curve.iloc[[one - 1 for one in places if one]]
