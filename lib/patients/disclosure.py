"""What a book about real patients must not show, decided once and before anything is printed.

No row, count or estimate is changed. What could expose someone is withheld: by its place in a table
or as a whole. The method, for all count tables that the book prints:

1. A cell of 1 to threshold - 1 patients is unsafe, and so is a row in which every patient had the
   event. That nobody had it may be shown.
2. Levels of one variable: unsafe ones are withheld with the smallest others, until the withheld
   have threshold - 1 patients or more between them. They count as one level from here on.
3. Two variables: the rows with an unsafe cell are withheld, then further ones, the smallest first,
   until what is known of all rows and columns leaves each unsafe cell at least the whole range from
   1 to threshold - 1. If no rows are left and it does not, neither are the variable's own counts.
   The range is that of Fréchet: two margins a and b of n leave max(0, a+b-n) to min(a, b).
4. A third variable may be shown beside both. Then the same limits hold at each of its levels and
   add up; where they are too narrow, one of the tables with the third variable is withheld as well.

Sources: Safe Data Access Professionals 2019, Handbook on Statistical Disclosure Control for
Outputs, section B; the SACRO project 2023, for the classes of outputs; for steps 3 and 4 Dobra &
Fienberg 2000, PNAS 97:11885-11892. Hand-written, because acro, the software of SACRO, judges one
table at a time and not what another table tells of it.
"""

from __future__ import annotations

import os
from bisect import bisect
from dataclasses import dataclass, field
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from lib.patients import categories
from lib.patients.codebook import parts
from lib.patients.errors import InputError

if TYPE_CHECKING:
    from lib.patients.cohort import Cohort

THRESHOLD = 5
OFF = {"off", "0", "no"}
SHOW_ALL = "DISCLOSURE=off shows everything, for use within the house."
# A number with no more values than this is known as well as a table of them by its mean, standard
# deviation, area and tests together.
FEW_VALUES = 10
RESIDUAL_DEGREES = 10
CELL = (
    "A cell of fewer than {0} patients, or a row in which all had the event; or needed so that no "
    "such cell follows by subtraction. Of a number: a mean of fewer than {0}."
)
EVENT = "As above; or outcome and event differ in fewer than {0} patients."
PAIR = "A cell of fewer than {0} patients, or needed so that no such cell follows by subtraction."
APART = "A cell of fewer than {0} patients among those with all values, or among the others."
MODEL = "One or two factors with levels are as good as their table; or too few patients."


@dataclass(frozen=True)
class Withheld:
    """What may not be shown of a cohort; nothing where ``threshold`` is 0.

    ``totals`` are the columns, and the levels of the group, whose own counts may not. ``outcome``
    has the factors of whose table with the outcome nothing may be shown, ``complete`` those of
    which nothing may among the patients without a missing value. ``groups`` has for a column the
    groups whose row in its table with the group may not, and ``pairs`` the pairs of factors.
    """

    threshold: int = 0
    totals: frozenset[str] = frozenset()
    outcome: frozenset[str] = frozenset()
    complete: frozenset[str] = frozenset()
    groups: dict[str, frozenset[str]] = field(default_factory=dict)
    pairs: frozenset[frozenset[str]] = frozenset()

    def by_group(self, name: str) -> frozenset[str]:
        """The groups of which nothing about this column may be shown."""
        return self.groups.get(name, frozenset())

    def small(self, count: float | np.ndarray) -> bool | np.ndarray:
        """Whether so many patients are some and too few."""
        return (np.asarray(count) > 0) & (np.asarray(count) < self.threshold)

    def hides_quantile(self, values: pd.Series, quantile: float) -> bool:
        """Whether fewer than the threshold lie on either side of a quantile of the values."""
        sides = (values <= quantile).sum(), (values >= quantile).sum()
        return not pd.isna(quantile) and min(sides) < self.threshold

    def points(self, steps: np.ndarray, first: list[int] = ()) -> list[int]:
        """The places of a curve at which it may be shown.

        ``steps`` counts what happens at each place in order (places x kinds, events first); place i
        is after i steps. Between two places that are shown are the threshold of events or more, and
        of every other kind as many or none; so it is beyond the last, where none may be left.
        Places in ``first`` are tried before the others.
        """
        until = np.vstack([np.zeros(np.shape(steps)[1], int), np.cumsum(steps, axis=0)])
        shown = [0]
        for place in [*first, *range(1, len(until))]:
            at = bisect(shown, place)
            if place == shown[at - 1]:
                continue
            before = until[place] - until[shown[at - 1]]
            last = at == len(shown)
            after = until[-1 if last else shown[at]] - until[place]
            enough = before[0] >= self.threshold and (last or after[0] >= self.threshold)
            if not self.threshold or (enough and not self.small([before, after]).any()):
                shown.insert(at, place)
        return shown


def chosen_threshold(is_example: bool) -> int:
    """The threshold that the environment variable DISCLOSURE asks for; 0 withholds nothing.

    Without it, `THRESHOLD` for a user's own cohort and nothing for the example cohort, which is
    about nobody. Raises `InputError` where it is neither a whole number above one nor "off".
    """
    asked = os.environ.get("DISCLOSURE", "").strip().lower()
    if not asked:
        return 0 if is_example else THRESHOLD
    if asked in OFF:
        return 0
    if not asked.isdecimal() or not 2 <= int(asked) <= 1_000:
        raise InputError(
            f"DISCLOSURE={asked} cannot be used: expected the least number of patients that a cell "
            f"may show, such as {THRESHOLD}, or off."
        )
    return int(asked)


def hides_model(cohort: Cohort, factors: list[str], grouped: bool = False) -> bool:
    """Whether a logistic model of these factors (and of the group) may not be shown.

    One of one or two columns with levels is as good as its table. Any other is shown where it has
    ten residual degrees of freedom, and the threshold of patients with the outcome and without.
    """
    if not cohort.withheld.threshold:
        return False
    names = [*factors, *([cohort.group] if grouped else [])]
    rows = cohort.complete([*names, cohort.outcome])
    events = rows[cohort.outcome].sum()
    if min(events, len(rows) - events) < cohort.withheld.threshold:
        return True
    sources = {cohort.codebook.loc[name].get("category") or name for name in names}
    if (
        names
        and len(sources) <= 2
        and not any(rows[name].nunique() > FEW_VALUES for name in factors)
    ):
        counts = rows.groupby([*names, cohort.outcome], observed=True).size().unstack(fill_value=0)
        return bool(_unsafe(counts.to_numpy(), cohort.withheld.threshold, event=1).any())
    return len(rows) - len(factors) - grouped * (len(cohort.groups) - 1) - 1 < RESIDUAL_DEGREES


def _unsafe(counts: np.ndarray, threshold: int, event: int | None = None) -> np.ndarray:
    """Which cells (rows x columns) may not be shown; ``event`` is the column of the event."""
    unsafe = (counts > 0) & (counts < threshold)
    if event is not None:
        unsafe[:, 1 - event] |= (counts[:, 1 - event] == 0) & (counts[:, event] > 0)
    return unsafe


def _narrow(least: float, most: float, threshold: int) -> bool:
    return least > 1 or most < threshold - 1


def _rows_withheld(
    tables: list[tuple[np.ndarray, np.ndarray]], threshold: int, begin: set[int]
) -> set[int] | None:
    """The rows to withhold of tables (counts, which are unsafe) that have the same rows.

    None where withholding all of them is not enough.
    """
    hidden = begin | {int(i) for _, unsafe in tables for i in np.flatnonzero(unsafe.any(axis=1))}
    sizes = tables[0][0].sum(axis=1)
    waiting = sorted(set(range(len(sizes))) - hidden, key=lambda i: (sizes[i] == 0, sizes[i], i))
    while hidden:
        places = sorted(hidden)
        for counts, unsafe in tables:
            part = counts[places]
            rows, columns, total = part.sum(axis=1), part.sum(axis=0), part.sum()
            if any(
                _narrow(max(0, rows[i] + columns[j] - total), min(rows[i], columns[j]), threshold)
                for i, j in zip(*np.nonzero(unsafe[places]), strict=True)
            ):
                break
        else:
            return hidden
        if not waiting:
            return None
        hidden.add(waiting.pop(0))
    return hidden


class _Tables:
    """The count tables of the columns that have levels, and which of their rows are withheld.

    ``codes`` gives for each column the place of its level in every row of the file (-1: missing),
    ``levels`` their names; the withheld among them count as one, with the name "". A column all of
    whose levels are withheld is in neither. ``hidden`` has for a table (two columns, first the one
    whose levels are its rows) the places of the rows that are withheld. Of a table of two factors
    all are or none, because a correlation is one number.
    """

    def __init__(self, cohort: Cohort, threshold: int) -> None:
        original = cohort.codebook if cohort.original_codebook is None else cohort.original_codebook
        columns, book = categories.collapse(cohort.rows, cohort.codebook, original)
        self.threshold, self.group, self.outcome = threshold, cohort.group, cohort.outcome
        self.codes, self.levels, self.hidden = {}, {}, {}
        for name in [self.group, *book.index[book["role"] == "factor"], self.outcome]:
            kind, column = book.at[name, "type"], columns[name]
            if kind == "number" and column.nunique() > FEW_VALUES:
                continue
            levels = parts(book.at[name, "levels"]) if kind == "category" else [0.0, 1.0]
            levels = sorted(column.dropna().unique()) if kind == "number" else levels
            self.levels[name] = [str(level) for level in levels]
            self.codes[name] = pd.Categorical(column, categories=levels).codes.astype(int)
        self.every = dict(self.levels)
        # A correlation is that of the patients in whom every factor is known.
        self.complete = cohort.rows[cohort.factors].notna().all(axis=1).to_numpy()
        for name in list(self.levels):
            self._decide_levels(name)
        while not self._decide_pairs():
            pass
        self._decide_thirds()

    def counts(self, first: str, second: str, among: np.ndarray | bool = True) -> np.ndarray:
        """Patients by the levels of two columns (rows x columns)."""
        one, other = self.codes[first], self.codes[second]
        have = (one >= 0) & (other >= 0) & among
        shape = len(self.levels[first]), len(self.levels[second])
        place = one[have] * shape[1] + other[have]
        return np.bincount(place, minlength=shape[0] * shape[1]).reshape(shape)

    def unsafe(self, first: str, second: str, among: np.ndarray | bool = True) -> np.ndarray:
        """Which cells of a table may not be shown."""
        event = 1 if second == self.outcome else None
        return _unsafe(self.counts(first, second, among), self.threshold, event)

    def shows(self, name: str, level: str, other: str | None = None) -> bool:
        """Whether the count of a level may be shown, or its row in a table with another column."""
        if level not in self.levels.get(name, []) or (other and other not in self.levels):
            return False
        return not other or self.levels[name].index(level) not in self.hidden[name, other]

    def _withdraw(self, name: str, places: list[int]) -> None:
        levels, codes = self.levels[name], self.codes[name]
        kept = [i for i in range(len(levels)) if i not in places]
        if not kept:
            del self.levels[name], self.codes[name]
            return
        place = np.full(len(levels) + 1, len(kept))
        place[kept], place[-1] = range(len(kept)), -1
        self.codes[name], self.levels[name] = place[codes], [*(levels[i] for i in kept), ""]

    def _decide_levels(self, name: str) -> None:
        codes = self.codes[name]
        counts = np.bincount(codes[codes >= 0], minlength=len(self.levels[name]))
        small = (counts > 0) & (counts < self.threshold)
        order = sorted(range(len(counts)), key=lambda i: (not small[i], counts[i] == 0, counts[i]))
        many = int(small.sum())
        while 0 < many < len(order) and (many < 2 or counts[order[:many]].sum() < self.threshold):
            many += 1
        if many:
            self._withdraw(name, order[:many])

    def _decide_pairs(self) -> bool:
        """Decide the tables of two columns; False where a column had to be withdrawn for it."""
        self.hidden = {}
        factors = [name for name in self.levels if name not in (self.group, self.outcome)]
        tables = [(name, self.outcome) for name in self.levels if name != self.outcome]
        tables += [(self.group, name) for name in factors] + [*combinations(factors, 2)]
        for first, second in tables:
            if first not in self.levels or second not in self.levels:
                continue
            two_factors = first in factors and second in factors
            among = self.complete if two_factors else True
            counts, unsafe = self.counts(first, second, among), self.unsafe(first, second, among)
            begin = set(range(len(counts))) if two_factors and unsafe.any() else set()
            # Nobody knows the margins of a correlation that is not about all patients.
            if two_factors and not self.complete.all():
                hidden = begin
            else:
                hidden = _rows_withheld([(counts, unsafe)], self.threshold, begin)
            if hidden is None:
                gone = [name for name in (first, second) if name in factors] or [first]
                gone = min(gone, key=self._rarest)
                self._withdraw(gone, list(range(len(self.levels[gone]))))
                return False
            self.hidden[first, second] = hidden
        return True

    def _rarest(self, name: str) -> int:
        codes = self.codes[name]
        return int(np.bincount(codes[codes >= 0]).min())

    def _decide_thirds(self) -> None:
        cells = [
            (first, int(i), second, int(j))
            for (first, second), rows in self.hidden.items()
            for i, j in zip(*np.nonzero(self.unsafe(first, second)), strict=True)
            if i in rows
        ]
        found = True
        while found:
            found = False
            for cell in cells:
                for third in self.levels:
                    if third not in cell[::2] and self._too_narrow(*cell, third):
                        self._withhold_beside(third, {cell[0], cell[2]})
                        found = True

    def _shows_cell(self, first: str, i: int, second: str, j: int) -> bool:
        if (first, second) in self.hidden:
            return i not in self.hidden[first, second]
        return j not in self.hidden.get((second, first), {j})

    def _too_narrow(self, first: str, i: int, second: str, j: int, third: str) -> bool:
        """Whether the levels of a third column leave a cell too narrow a range."""
        codes = self.codes[third]
        shown = [
            k
            for k in range(len(self.levels[third]))
            if self._shows_cell(first, i, third, k) and self._shows_cell(second, j, third, k)
        ]
        if not shown:
            return False
        one, other = self.codes[first] == i, self.codes[second] == j
        have = (self.codes[first] >= 0) & (self.codes[second] >= 0) & (codes >= 0)
        least = most = 0
        for where in [*(codes == k for k in shown), ~np.isin(codes, shown)]:
            a, b, total = ((what & where & have).sum() for what in (one, other, have))
            least, most = least + max(0, a + b - total), most + min(a, b)
        return _narrow(least, most, self.threshold)

    def _withhold_beside(self, third: str, others: set[str]) -> None:
        """Withhold a table of the third column: of two factors rather than of a factor and the
        group, and that rather than one with the outcome."""
        tables = [
            table
            for table, rows in self.hidden.items()
            if third in table and others & {*table} and len(rows) < len(self.levels[table[0]])
        ]
        table = min(tables, key=lambda one: (self.outcome in one, self.group in one))
        self.hidden[table] = set(range(len(self.levels[table[0]])))


def withheld(cohort: Cohort, threshold: int) -> Withheld:
    """What may not be shown of a cohort at this threshold; the same for the same rows."""
    if not threshold:
        return Withheld()
    group, outcome = cohort.group, cohort.outcome
    tables = _Tables(cohort, threshold)
    if outcome not in tables.levels:
        raise InputError(
            f"{cohort.path} cannot be shown: fewer than {threshold} patients are with or without "
            f"“{cohort.label(outcome)}”, and every table would be about so few. {SHOW_ALL}"
        )
    every = frozenset(cohort.groups)
    totals = {name for name in every if not tables.shows(group, name)}
    hidden = {outcome: {one for one in every if not tables.shows(group, one, outcome)}}
    with_outcome, sources = set(), {}
    for name in cohort.factors:
        source = sources[name] = cohort.codebook.loc[name].get("category") or name
        if source not in tables.every:
            hidden[name] = totals & every | _few(cohort, name, group, threshold)
            if _few(cohort, name, outcome, threshold) - {""}:
                with_outcome.add(name)
            if _few(cohort, name, outcome, threshold) | hidden[name]:
                totals.add(name)
            continue
        levels = tables.every[source] if source == name else [name.removeprefix(f"{source}=")]
        if not all(tables.shows(source, level) for level in levels):
            totals.add(name)
        if not all(tables.shows(source, level, outcome) for level in levels):
            with_outcome.add(name)
        hidden[name] = {
            one for one in every if name in totals or not tables.shows(group, one, source)
        }
    without_number = {name for name in sources if sources[name] in tables.every}
    pairs = {
        frozenset((one, other))
        for one, other in combinations(cohort.factors, 2)
        if {one, other} & totals & without_number
        or tables.hidden.get((sources[one], sources[other]))
    }
    for event in cohort.named("event"):
        hidden[event] = _without_event(cohort, tables, hidden[outcome])
        totals |= {event} if hidden[event] == every else set()
    apart = {name for name in cohort.factors if _apart(cohort, tables, sources[name], threshold)}
    return Withheld(
        threshold,
        frozenset(totals),
        frozenset(with_outcome),
        frozenset(with_outcome | apart),
        {name: frozenset(groups) for name, groups in hidden.items() if groups},
        frozenset(pairs),
    )


def account(cohort: Cohort) -> pd.DataFrame:
    """What is withheld of a cohort's tables, one a row: table, withheld and rule, in words."""
    found, rows = cohort.withheld, []
    label = {name: cohort.label(name) for name in cohort.codebook.index}

    def add(table: str, what: list[str], rule: str) -> None:
        if what:
            rows.append([table, ", ".join(what), rule.format(found.threshold)])

    group, outcome = label[cohort.group], label[cohort.outcome]
    numbers = {name for name in cohort.factors if name not in cohort.binary_factors}
    counted = [name for name in cohort.codebook.index if name in found.totals - numbers]
    add("Numbers of patients", [label[name] for name in counted], CELL)
    add(group, [one for one in cohort.groups if one in found.totals], CELL)
    for name, hidden in found.groups.items():
        rule = EVENT if name in cohort.named("event") else CELL
        add(f"{label[name]} by {group}", [one for one in cohort.groups if one in hidden], rule)
    for name in cohort.factors:
        if name in found.outcome:
            add(f"{label[name]} by {outcome}", ["the table and all that follows from it"], CELL)
        elif name in found.complete:
            add(f"{label[name]} by {outcome}, patients with all values", ["the table"], APART)
    for one, other in combinations(cohort.factors, 2):
        if frozenset((one, other)) in found.pairs:
            add(f"{label[one]} by {label[other]}", ["the table, its correlation"], PAIR)
    if found.pairs:
        add("Variance inflation", ["all factors"], PAIR)
    if hides_model(cohort, cohort.factors):
        add("Joint model", ["the model and all that follows from it"], MODEL)
    return pd.DataFrame(rows, columns=["table", "withheld", "rule"])


def _few(cohort: Cohort, number: str, by: str, threshold: int, among=None) -> set[str]:
    """The levels of a column in which so few patients have a number that its mean tells of them;
    "" for those in no level, whose mean the others leave over."""
    rows = cohort.rows if among is None else cohort.rows[among]
    levels = rows.loc[rows[number].notna(), by].astype(object).fillna("")
    counts = levels.value_counts()
    return {str(level) for level in counts.index[counts < threshold]}


def _apart(cohort: Cohort, tables: _Tables, source: str, threshold: int) -> bool:
    """Whether a factor's table with the outcome is unsafe among the patients without a missing
    value, or among the others, which the tables of all leave over."""
    complete = cohort.rows[[*cohort.factors, cohort.outcome]].notna().all(axis=1).to_numpy()
    if complete.all():
        return False
    if source in tables.levels:
        tested = (tables.unsafe(source, cohort.outcome, one) for one in (complete, ~complete))
        return any(unsafe.any() for unsafe in tested)
    return source not in tables.every and any(
        _few(cohort, source, cohort.outcome, threshold, one) - {""} for one in (complete, ~complete)
    )


def _without_event(cohort: Cohort, tables: _Tables, outcome: set[str]) -> set[str]:
    """The groups of whose final events nothing may be shown, given those of the outcome.

    What is shown of both says how many had the event later, which is a cell like others.
    """
    (event,), every = cohort.named("event"), set(cohort.groups)
    had, lost = cohort.rows[event], cohort.rows[cohort.outcome]
    known = cohort.rows[[event, *cohort.named("time")]].notna().all(axis=1)
    differ = ((had != lost) & had.notna() & lost.notna()).sum()
    events = had[known].sum()
    few = np.array([differ, events, known.sum() - events])
    levels = tables.levels.get(cohort.group)
    if levels is None or _unsafe(few, tables.threshold).any():
        return every
    of_both = []
    for which in (had == 1, (had == 1) & (lost == 0), (had == 0) & (lost == 1)):
        codes = tables.codes[cohort.group]
        counts = np.column_stack(
            [
                np.bincount(codes[(codes >= 0) & known & one], minlength=len(levels))
                for one in (~which, which)
            ]
        )
        unsafe = _unsafe(counts, tables.threshold)
        if of_both:
            unsafe[:, 0] = False  # Whoever had no later event is no small group.
        else:
            unsafe = _unsafe(counts, tables.threshold, event=1)
        of_both.append((counts, unsafe))
    begin = {i for i, level in enumerate(levels) if level in outcome}
    rows = _rows_withheld(of_both, tables.threshold, begin)
    if rows is None:
        return every
    return {one for one in every if one not in levels or levels.index(one) in rows}
