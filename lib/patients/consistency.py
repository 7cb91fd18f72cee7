"""What is odd about the rows of a file taken together, and what its empty cells cost."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from lib.patients.codebook import horizon
from lib.patients.cohort import Cohort
from lib.patients.errors import places
from lib.patients.table import Table
from lib.words import listed

MOSTLY = 0.5


def odd_rows(rows: pd.DataFrame, codebook: pd.DataFrame, table: Table) -> list[str]:
    """Notes on values that do not go together, and on rows that are alike."""
    by_role = {rule["role"]: name for name, rule in codebook.iterrows() if name in rows}
    outcome, event, time = (by_role.get(role) for role in ("outcome", "event", "time"))
    lost = rows[outcome]
    odd = []
    if event:
        both = f"{outcome} is 1 and {event} is 0, which do not go together"
        odd.append((both, (lost == 1) & (rows[event] == 0)))
    if time:
        odd.append((f"{time} is 0", rows[time] == 0))
        odd += _against_horizon(rows, codebook, outcome, time, event)
    if event and time:
        words = f"{event} is known and {time} is missing"
        odd.append((words, rows[time].isna() & rows[event].notna()))
    compared = table.rows.drop(columns=table.rows.columns.intersection([by_role.get("id")]))
    codes = {name: column.cat.codes for name, column in compared.items()}
    alike = pd.DataFrame(codes).duplicated(keep="first")
    # Where many are alike, being alike says nothing.
    if alike.sum() <= max(1, len(rows) // 1000):
        odd.append(("alike in all columns to an earlier one; entered twice?", alike))
    notes = []
    for words, which in odd:
        if which.any():
            where = places(table.rows.index[which.to_numpy(bool)], table.place)
            notes.append(f"{where[0].upper()}{where[1:]}: {words}.")
    return notes


def _against_horizon(
    rows: pd.DataFrame, codebook: pd.DataFrame, outcome: str, time: str, event: str | None
) -> list[tuple[str, pd.Series]]:
    """Rows of which the time, the event and the outcome at its horizon contradict one another."""
    until = horizon(codebook, outcome, time)
    if until is None:
        return []
    lost, followed, words = rows[outcome], rows[time], codebook.at[outcome, "unit"]
    spared = f"{time} is shorter than {words}, and yet {outcome} is known to be 0"
    shorter = (followed < until) & (lost == 0)
    if not event:
        return [(spared, shorter)]
    had = rows[event] == 1
    return [
        (
            f"{event} is 1, {time} within {words}, and {outcome} is 0",
            had & (followed <= until) & (lost == 0),
        ),
        (
            f"{event} is 1, {time} beyond {words}, and {outcome} is 1",
            had & (followed > until) & (lost == 1),
        ),
        (spared, shorter & (rows[event] == 0)),
    ]


@dataclass(frozen=True)
class Completeness:
    """What empty cells cost the joint analysis of outcome and factors.

    ``patients`` are all, ``complete`` those without an empty cell. ``mostly_empty`` has one row for
    each factor that is empty in more than half of the rows: ``label``, ``known`` and ``missing``, a
    proportion. ``without_them`` are complete but for these columns. ``constant`` names the factors
    that vary in the file and not among the complete rows.
    """

    patients: int
    complete: int
    mostly_empty: pd.DataFrame
    without_them: int
    constant: list[str]


def completeness(cohort: Cohort) -> Completeness:
    """How many patients a cohort's analysis keeps, and which columns take the others away."""
    names = [cohort.outcome, *cohort.factors]
    empty = cohort.rows[cohort.factors].isna().mean()
    empty = empty[empty > MOSTLY]
    complete = cohort.complete(names)
    varies = cohort.rows[names].nunique() > 1
    table = pd.DataFrame(
        {
            "label": [cohort.label(name) for name in empty.index],
            "known": cohort.rows[empty.index].notna().sum(),
            "missing": empty,
        }
    )
    return Completeness(
        len(cohort.rows),
        len(complete),
        table,
        len(cohort.complete([name for name in names if name not in empty])),
        [name for name in names if varies[name] and complete[name].nunique() < 2],
    )


def in_words(account: Completeness, cohort: Cohort) -> list[str]:
    """A note on the columns that are mostly empty, if there are any."""
    table = account.mostly_empty
    if table.empty:
        return []
    shown = listed([f"“{row.label}” (known for {row.known:,})" for row in table.itertuples()])
    they, them = ("is", "it") if len(table) == 1 else ("are", "them")
    words = (
        f"{shown} {they} empty for most of the {account.patients:,} patients: with {them} "
        f"{account.complete:,} have all values, without {them} {account.without_them:,}"
    )
    if constant := account.constant:
        labels = listed([f"“{cohort.label(name)}”" for name in constant])
        does = "does" if len(constant) == 1 else "do"
        words += f". Among the {account.complete:,}, {labels} {does} not vary"
    return [f"{words}."]
