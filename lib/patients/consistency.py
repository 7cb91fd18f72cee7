"""What is odd about the rows of a file taken together, and what its empty cells cost."""

import numpy as np
import pandas as pd

from lib.patients.codebook import horizon
from lib.patients.cohort import Cohort
from lib.patients.errors import places
from lib.patients.table import Table
from lib.words import capital, counted, listed

MOSTLY = 0.5


def no_patients(table: Table, matched: dict[str, str], codebook: pd.DataFrame) -> list[str]:
    """What is wrong with rows of which nothing but the identifier is known, with last rows without
    a value of any column that has levels, and with rows without an identifier that have nothing but
    the group, or are last and have nothing but the group and numbers: whether they are patients, or
    a heading, a total, a key or a remark of the table, cannot be known.
    """
    rules = codebook.loc[list(matched)]
    filled = table.rows[list(matched.values())].ne("").to_numpy(bool)
    # Of a patient an empty cell may be a value.
    known = filled | (rules["levels"].str[:1] == "|").to_numpy()
    roles, has_levels = rules["role"], rules["levels"] != ""

    def lacking(which: pd.Series, cells: np.ndarray = known) -> np.ndarray:
        return ~cells[:, which].any(axis=1)

    def last_lacking(which: pd.Series, cells: np.ndarray = known) -> np.ndarray:
        return np.arange(len(cells)) > np.flatnonzero(~lacking(which, cells)).max(initial=-1)

    nothing = last_lacking(has_levels, filled) | lacking(roles != "id", filled)
    tells = (roles == "id") | (has_levels & (roles != "group"))
    said = {
        "a name, numbers or a remark stands there; delete what is a heading, a total or a remark, "
        "and enter the group or the outcome of a patient": nothing,
        "the group, or numbers beside it, stands there; delete what is a heading, a total or a "
        "key. For a patient write NA where the outcome or a factor is not known": (
            ~nothing & (last_lacking(tells) | lacking(roles != "group"))
        ),
    }
    return [
        f"{places(table.rows.index[which], table.place)}: nothing but {words}"
        for words, which in said.items()
        if 0 < which.sum() < len(known)
    ]


def odd_rows(rows: pd.DataFrame, codebook: pd.DataFrame, table: Table) -> list[str]:
    """Notes on values that do not go together, and on rows that are alike."""
    by_role = {rule["role"]: name for name, rule in codebook.iterrows() if name in rows}
    outcome, event, time = (by_role.get(role) for role in ("outcome", "event", "time"))
    lost, nowhere = rows[outcome], pd.Series(np.nan, rows.index)
    had, followed = rows.get(event, nowhere), rows.get(time, nowhere)
    words = codebook.at[outcome, "unit"]
    until = horizon(words, codebook.at[time, "unit"]) if time else None
    # Where there is no horizon, no time is before or beyond it.
    early, late = (followed <= until, followed > until) if until else (followed < 0, followed < 0)
    alike = table.rows.drop(columns=[by_role.get("id")], errors="ignore").duplicated()
    tells = (codebook["role"] == "id") | (codebook["levels"] != "") & (codebook["role"] != "group")
    untold = rows[codebook.index[tells].intersection(rows.columns)].isna().all(axis=1)
    odd = {
        "nothing but the group and numbers is known: a patient, or else a total to delete": untold,
        f"{outcome} is 1 and {event} is 0, which do not go together": (lost == 1) & (had == 0),
        f"{time} is 0": followed == 0,
        f"{event} is 1, {time} within {words}, and {outcome} is 0": early
        & (had == 1)
        & (lost == 0),
        f"{event} is 1, {time} beyond {words}, and {outcome} is 1": late & (had == 1) & (lost == 1),
        f"{time} is shorter than {words}, and yet {outcome} is known to be 0": early
        & (followed != until)
        & (had != 1)
        & (had.notna() if event else True)
        & (lost == 0),
        f"{event} is known and {time} is missing": followed.isna() & had.notna() & bool(time),
        # Where many are alike, being alike says nothing.
        "alike in all columns to an earlier one; perhaps entered twice": alike
        & (alike.sum() <= max(1, len(rows) // 1000)),
    }
    return [
        f"{capital(places(table.rows.index[which.to_numpy(bool)], table.place))}: {words}."
        for words, which in odd.items()
        if which.any()
    ]


def mostly_empty(cohort: Cohort) -> list[str]:
    """A note on the factors that are empty in more than half of the rows, if there are any: how
    many patients they take from the joint analysis, and what does not vary among those it keeps,
    unless that tells of too few patients or of all their outcomes.
    """

    def told(count: int) -> str:
        few = cohort.withheld.small(count)
        return f"fewer than {cohort.withheld.threshold}" if few else f"{count:,}"

    rows, names = cohort.rows, [cohort.outcome, *cohort.factors]
    empty = [name for name in cohort.factors if rows[name].isna().mean() > MOSTLY]
    complete, without = cohort.complete(names), cohort.complete([*{*names} - {*empty}])
    has_all = rows.index.isin(complete.index)
    constant = [
        cohort.label(name)
        for name in (cohort.factors if cohort.withheld.threshold else names)
        if rows[name].nunique() > 1
        and complete[name].nunique() == 1
        and not cohort.withheld.small(rows[name].groupby(has_all).value_counts()).any()
    ]
    shown = listed(
        [f"“{cohort.label(name)}” (known for {told(rows[name].count())})" for name in empty]
    )
    one, varies = len(empty) == 1, "does not vary" if len(constant) == 1 else "do not vary"
    return [
        f"{shown} {'is' if one else 'are'} empty for most of the {counted(len(rows), 'patient')}: "
        f"with {'it' if one else 'them'} all values are known for {told(len(complete))}, "
        f"without for {told(len(without))}"
        + f". Among those with all values, {listed(constant)} {varies}" * bool(constant)
        + "."
    ] * bool(empty)
