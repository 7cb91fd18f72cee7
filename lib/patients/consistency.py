"""What is odd about the rows of a file taken together, and what its empty cells cost."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from lib.patients.codebook import horizon
from lib.patients.cohort import Cohort
from lib.patients.errors import places
from lib.patients.table import Table
from lib.words import capital, listed

MOSTLY = 0.5


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
    identifier = table.rows.columns.intersection([by_role.get("id")])
    codes = {name: cells.cat.codes for name, cells in table.rows.drop(columns=identifier).items()}
    alike = pd.DataFrame(codes).duplicated(keep="first")
    odd = {
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
        "alike in all columns to an earlier one; entered twice?": alike
        & (alike.sum() <= max(1, len(rows) // 1000)),
    }
    notes = []
    for words, which in odd.items():
        if which.any():
            where = places(table.rows.index[np.asarray(which, bool)], table.place)
            notes.append(f"{capital(where)}: {words}.")
    return notes


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
    table, constant = account.mostly_empty, [cohort.label(name) for name in account.constant]
    if table.empty:
        return []
    shown = listed([f"“{row.label}” (known for {row.known:,})" for row in table.itertuples()])
    one, varies = len(table) == 1, "does not vary" if len(constant) == 1 else "do not vary"
    among = f". Among the {account.complete:,}, {listed(constant)} {varies}"
    return [
        f"{shown} {'is' if one else 'are'} empty for most of the {account.patients:,} patients: "
        f"with {'it' if one else 'them'} {account.complete:,} have all values, without "
        f"{account.without_them:,}{among if constant and account.complete else ''}."
    ]
