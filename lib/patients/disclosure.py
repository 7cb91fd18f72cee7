"""What a book about real patients must not show, decided once and before anything is printed.

No row, count or estimate is changed. What could expose someone is withheld: by its place in a table
or as a whole. The method, for all count tables that the book prints:

1. A cell of 1 to threshold - 1 patients is unsafe, and so is a row in which every patient had the
   event. That nobody had it may be shown.
2. Small groups are withheld with the smallest others, until the withheld have the threshold of
   patients between them; they count as one group from here on. Of a factor with an unsafe level all
   counts are withheld.
3. Of a table by group, the groups with an unsafe cell are withheld; any other table with an unsafe
   cell is as a whole. So are the means of a number of many values, by group or by outcome, if one
   of them is of too few, has too few on one side, or stands beside a spread of which one patient
   makes the most (the p% rule with p = 10); by outcome with all else that the number tells of it.
   A correlation counts as the table of the patients without a missing value.
4. What is shown leaves each unsafe cell a range: from the least to the greatest that it is in any
   table of its two columns, the group and a third column with the counts that are shown (a linear
   program). It need not be asked where the ranges max(0, a+b-n) to min(a, b) that two margins of n
   patients leave (Fréchet), added up over all levels of group and third column, are wide enough. A
   table of two factors, or of one by outcome, is looked at among the patients without a missing
   value too.
5. Where that is less than the range from 1 to threshold - 1, more is withheld: the next smallest
   group of the table, a table with the third column, or at last all counts of a factor.

Sources: Safe Data Access Professionals 2019, Handbook on Statistical Disclosure Control for
Outputs, section B; the SACRO project 2023, for the classes of outputs; for step 4 Dobra & Fienberg
2000, PNAS 97:11885-11892. Hand-written, because acro, the software of SACRO, judges one table at a
time and not what another table tells of it.
"""

import os
from itertools import combinations, combinations_with_replacement

import numpy as np
import pandas as pd
from scipy.optimize import linprog
from scipy.sparse import csr_array

from lib.patients.cohort import Cohort, Withheld
from lib.patients.errors import InputError

THRESHOLD = 5
SHOW_ALL = "DISCLOSURE=off shows everything, for use within the house."
# A number with no more values than this is known as well as a table of them by its mean, standard
# deviation, area and tests together.
FEW_VALUES = 10
RESIDUAL_DEGREES = 10
ALL = slice(None)  # patients


def chosen_threshold(is_example: bool) -> int:
    """The threshold that the environment variable DISCLOSURE asks for; 0 withholds nothing.

    Without it, `THRESHOLD` for a user's own cohort and nothing for the example cohort, which is
    about nobody. Raises `InputError` where it is neither a whole number above one nor "off".
    """
    default = "off" if is_example else str(THRESHOLD)
    asked = os.environ.get("DISCLOSURE", "").strip().lower() or default
    if asked in ("off", "0", "no"):
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
    ten residual degrees of freedom, enough patients with the outcome and without, and no level that
    tells. That factors do not vary, or are combinations of one another, tells who is left out and
    is no answer either.
    """
    withheld, threshold = cohort.withheld, cohort.withheld.threshold
    if not threshold:
        return False
    names = [*factors, *([cohort.group] if grouped else [])]
    rows = cohort.complete([*names, cohort.outcome])
    events = rows[cohort.outcome].sum()
    leveled = {*names} - ({*cohort.factors} - {*cohort.binary_factors})
    leveled |= {reference for name in factors if (reference := cohort.reference(name))}
    if (
        events < withheld.enough_for_two
        or len(rows) - events < threshold
        or any(_level_tells(cohort, rows, names, one) for one in leveled)
    ):
        return True
    of_group = (
        pd.get_dummies(rows[cohort.group].astype(str)) if grouped else np.ones((len(rows), 1))
    )
    design = np.column_stack([rows[factors], of_group]).astype(float)
    if np.linalg.matrix_rank(design) < design.shape[1]:
        return True
    few_valued = not any(rows[name].nunique() > FEW_VALUES for name in factors)
    if names and few_valued and len({*map(cohort.source, names)}) <= 2:
        counts = rows.groupby([*names, cohort.outcome], observed=True).size().unstack(fill_value=0)
        hidden = withheld.outcome & {*factors} or withheld.pairs & {frozenset(factors)}
        rows_hidden = grouped and any(map(withheld.by_group, [*factors, cohort.outcome]))
        unsafe = _unsafe(counts.to_numpy(), threshold, of_event=True).any()
        return bool(unsafe or hidden or rows_hidden)
    return (
        len(rows) - len(factors) - grouped * (len(cohort.groups) - 1) - 1 < RESIDUAL_DEGREES
        # A number alone tells what its means do.
        or (len(names) == 1 and bool(withheld.outcome & {*names}))
    )


def _level_tells(cohort: Cohort, rows: pd.DataFrame, names: list[str], one: str) -> bool:
    """Whether by a level of one column a model of these rows and names tells of a withheld table.

    Were a model withheld only where all of a level had the outcome, it would tell of them as its
    lack of a maximum would. So all numbers from 1 to threshold - 1 that a withheld cell may be have
    the same answer.
    """
    withheld, outcome = cohort.withheld, cohort.outcome
    among, known = (
        part.groupby(one, observed=True)[outcome].agg(all="size", had="sum")
        for part in (rows, cohort.complete([one, outcome]))
    )
    known, without = known.loc[among.index], among["all"] - among["had"]
    few_known = known["had"].clip(upper=known["all"] - known["had"]) < withheld.enough_for_two
    is_withheld = bool(
        one in withheld.complete or (one == cohort.group and withheld.by_group(outcome))
    )
    terms = [name for name in names if cohort.source(name) == cohort.source(one)]
    cases = {
        "few patients": (among["all"] < withheld.enough_for_two)
        & ((among["had"] > 0) | is_withheld),
        "few without the outcome": without < withheld.threshold,
        # Had only one here had it, and the more elsewhere, too few may be left without it there.
        "few without it elsewhere": withheld.small(among["had"])
        & (
            (rows[outcome] == 0).sum() - among["all"] + 1
            < withheld.threshold * max(len(among) - 1, len(terms))
        ),
        # Of the patients left out the model and the table of all would tell.
        "few left out": is_withheld & few_known & (among["all"] < known["all"]),
    }
    return bool(pd.DataFrame(cases).to_numpy().any())


def withheld(cohort: Cohort, threshold: int) -> Withheld:
    """What may not be shown of a cohort at this threshold; the same for the same rows."""
    if not threshold:
        return Withheld()
    group, outcome, every = cohort.group, cohort.outcome, frozenset(cohort.groups)
    if Withheld(threshold).small(cohort.rows[outcome].value_counts()).any():
        raise InputError(
            f"{cohort.path} cannot be shown: fewer than {threshold} patients are with or without "
            f"“{cohort.label(outcome)}”, and every table would be about so few. {SHOW_ALL}"
        )
    tables, events = _Tables(cohort, threshold), cohort.named("event")
    source = {name: cohort.source(name) for name in [*cohort.described, outcome, *events]}
    totals = {name for name, own in source.items() if not tables.shown[own, own].all()}
    totals |= tables.small_groups if tables.shown[group, group].all() else every
    by_group = {
        name: tables.small_groups
        | {cohort.groups[i] for i in np.flatnonzero(~tables.shown[group, own].all(axis=1))}
        for name, own in source.items()
    }
    by_outcome = {
        name for name in cohort.described if not tables.shown[source[name], outcome].all()
    }
    # The tables of all leave over that of the patients with a missing value.
    apart = {
        name
        for name in cohort.described
        if any(
            tables.unsafe(source[name], outcome, part).any()
            for part in (tables.complete, ~tables.complete)
        )
    }
    return Withheld(
        threshold,
        totals=frozenset(totals),
        outcome=frozenset(by_outcome),
        complete=frozenset(by_outcome | apart),
        groups={name: groups for name, groups in by_group.items() if groups},
        pairs=frozenset(
            frozenset((one, other))
            for one, other in combinations(cohort.factors, 2)
            if not tables.shown[source[one], source[other]].all()
        ),
        means=frozenset(name for name in tables.numbers if tables.hides_means(name, group)),
    )


def _unsafe(counts: np.ndarray, threshold: int, of_event: bool) -> np.ndarray:
    """Which cells (rows x columns, the first being of those without an event) are unsafe (1)."""
    unsafe = Withheld(threshold).small(counts)
    unsafe[:, 0] |= of_event & (counts[:, 0] == 0) & (counts.sum(axis=1) > 0)
    return unsafe


def _indicators(codes: pd.Series, levels: int) -> np.ndarray:
    """Which level every patient has (patients x levels); none where the code is -1."""
    # A level's patients stand together in memory, which makes counting them much faster.
    return (codes.to_numpy() == np.arange(levels)[:, np.newaxis]).T


class _Tables:
    """The count tables of two columns, and which of their rows are shown.

    ``has`` gives for each column which level every patient has (patients x levels), none where it
    is missing, and ``sizes`` how many have each. The indicators of a category are one column, the
    groups in ``small_groups`` one level; a number of many values has one, known; those of the final
    event are neither, event only, outcome only, both, and event with the outcome unknown.
    ``tables`` are the pairs of columns of which there is a table, first the one whose levels are
    its rows. ``shown`` has for any pair which cells of its table are shown, and for a column with
    itself whether its own counts are.
    """

    def __init__(self, cohort: Cohort, threshold: int) -> None:
        self.rule, self.group, self.outcome = Withheld(threshold), cohort.group, cohort.outcome
        self.groups, rows = cohort.groups, cohort.rows
        self.events = [*cohort.named("event"), self.outcome]
        # A correlation is that of the patients in whom every factor is known.
        self.complete = rows[cohort.factors].notna().all(axis=1).to_numpy()
        codes = {self.outcome: rows[self.outcome]}
        self.factors = list(dict.fromkeys(map(cohort.source, cohort.factors)))
        for source in self.factors:
            names = [name for name in cohort.factors if cohort.source(name) == source]
            codes[source] = rows.groupby(names).ngroup()
        self.numbers = {
            name: rows[name] for name in cohort.factors if rows[name].nunique() > FEW_VALUES
        }
        codes |= {name: 0 * codes[name] for name in self.numbers}
        for event in cohort.named("event"):
            # Who lacks the outcome is in no table of it: as free of it, they would hide few others.
            both = (rows[event] + 2 * rows[self.outcome]).fillna(rows[event].map({1: 4}))
            codes[event] = both.where(rows[cohort.named("time")].notna().all(axis=1))
        self.has = {self.group: _indicators(rows[self.group].cat.codes, len(self.groups))} | {
            name: _indicators(column, max(column.max(), 0) + 1)
            for name, column in pd.DataFrame(codes).fillna(-1).items()
        }
        self.small_groups = self._merge_small_groups()
        self.sizes = {name: has.sum(axis=0) for name, has in self.has.items()}
        # The number of every patient's level; the next one where it is missing.
        self.levels = {
            name: np.where(has.any(axis=1), has.argmax(axis=1), has.shape[1])
            for name, has in self.has.items()
        }
        self.tables = [
            *((self.group, name) for name in codes),
            *((name, self.outcome) for name in self.factors),
            *combinations(self.factors, 2),
        ]
        self.shown = self._begun()
        for name in codes:
            if self.rule.small(self.sizes[name]).any():
                self._withdraw(name)
        while self._withhold_more():
            pass

    def unsafe(self, first: str, second: str, among: np.ndarray | slice = ALL) -> np.ndarray:
        """Which cells of a table are unsafe among some patients."""
        one, other = (self.has[name][among].astype(float) for name in (first, second))
        return _unsafe((one.T @ other).astype(int), self.rule.threshold, second in self.events)

    def hides_means(self, name: str, by: str, among: np.ndarray | slice = ALL) -> bool:
        """Whether a mean of a number among some patients, of all or by the levels of a column, may
        not be shown, or what they leave over of those without a level may not."""
        values, has = self.numbers[name][among], self.has[by][among]
        parts = [values, *(values[level] for level in has.T), values[~has.any(axis=1)]]
        return any(map(self.rule.hides_mean, parts))

    def _merge_small_groups(self) -> frozenset[str]:
        has = self.has[self.group]
        sizes = has.sum(axis=0)
        small = self.rule.small(sizes)
        order = np.lexsort((sizes, sizes == 0, ~small))
        enough = 1 + (sizes[order].cumsum() < self.rule.threshold).sum()
        merged = order[: max(small.sum(), 2, enough) if small.any() else 0]
        has[:, merged] = has[:, merged].any(axis=1, keepdims=True) & (merged == order[0])
        return frozenset(self.groups[i] for i in merged)

    def _begun(self) -> dict[tuple[str, str], np.ndarray]:
        """What is shown where rows are withheld only for their own sake (step 3)."""
        shown = {
            (first, second): np.full(
                (len(self.sizes[first]), len(self.sizes[second])), first == second
            )
            for first in self.has
            for second in self.has
        }
        for first, second in self.tables:
            among = self.complete if {first, second} <= {*self.factors} else ALL
            unsafe = self.unsafe(first, second) | self.unsafe(first, second, among)
            whole = unsafe.any() and (first != self.group or len(self.sizes[second]) == 1)
            # From a correlation follow the means of a number by the levels of the other column.
            whole |= first != self.group and any(
                self.hides_means(name, by, among)
                for name, by in ((first, second), (second, first))
                if name in self.numbers
            )
            if not whole:
                shown[first, second][~unsafe.any(axis=1)] = True
            # The final event would tell what is withheld of the outcome.
            if second in self.events:
                shown[first, second] &= shown[first, self.outcome].all(axis=1, keepdims=True)
            shown[second, first] = shown[first, second].T
        return shown

    def _withhold_more(self) -> bool:
        """Withhold more where an unsafe cell has too narrow a range (step 5); whether any had."""
        found, several = False, [name for name in self.has if len(self.sizes[name]) > 1]
        for first, second in [table for table in self.tables if {*table} <= {*several}]:
            parts = [ALL, self.complete] if first != self.group else [ALL]
            for among in parts[: 1 if self.complete.all() else 2]:
                for i, j in np.argwhere(self.unsafe(first, second, among)):
                    for third in [first, *several]:
                        while self._is_narrow(first, i, second, j, third, among):
                            self._withhold_beside(first, second, third)
                            found = True
        return found

    def _withdraw(self, name: str) -> None:
        """Withhold all counts of a column."""
        for other in self.has:
            self.shown[name, other][:] = False

    def _is_narrow(
        self, first: str, i: int, second: str, j: int, third: str, among: np.ndarray | slice
    ) -> bool:
        """Whether a cell's range among some patients is too narrow, given what is shown of a third
        column and of the group (step 4); by its own margins alone where the third is one of its
        two."""
        if self.shown[first, second][i, j] or not (
            self.shown[first, first].all() and self.shown[second, second].all()
        ):
            return False
        beside = [] if third in (first, second) else [self.group, third]
        names = list(dict.fromkeys([first, second, *beside]))
        codes = np.array([self.levels[name][among] for name in names])
        shape = [len(self.sizes[name]) + 1 for name in names]
        counts = np.bincount(np.ravel_multi_index(codes, shape), minlength=np.prod(shape))
        known = counts.reshape(*shape[:2], -1)[:-1, :-1]
        # The rows of the table that are shown stay as they are.
        others = known[~self.shown[first, second].any(axis=1)]
        a, b, total = known[i].sum(axis=0), others[:, j].sum(axis=0), others.sum(axis=(0, 1))
        least, most = np.maximum(0, a + b - total).sum(), np.minimum(a, b).sum()
        if least <= 1 and most >= self.rule.threshold - 1:
            return False
        level = np.indices(shape).reshape(len(names), -1)
        told = [level[x] == shape[x] - 1 for x in range(len(names))]
        for x, y in combinations_with_replacement(range(len(names)), 2):
            cells = np.argwhere(self.shown[names[x], names[y]])
            told += [(level[x] == one) & (level[y] == other) for one, other in cells]
        equations, cell = csr_array(np.array(told)), (level[0] == i) & (level[1] == j)
        least, most = (
            sign * linprog(sign * cell, A_eq=equations, b_eq=equations @ counts).fun
            for sign in (1, -1)
        )
        return least > 1 + 1e-6 or most < self.rule.threshold - 1 - 1e-6

    def _withhold_beside(self, first: str, second: str, third: str) -> None:
        """Withhold, for the sake of a cell of a table, the next smallest of its groups; or a table
        with the third column, of two factors rather than by group, and that rather than by outcome;
        or all counts of the rarer factor."""
        tables = [
            table
            for table in self.tables
            if third in table and {first, second} & {*table} and self.shown[table].any()
        ]
        if third == first and (first, second) in tables:
            sizes, rows = self.sizes[first], np.flatnonzero(self.shown[first, second].any(axis=1))
            self.shown[first, second][min(rows, key=lambda i: (sizes[i] == 0, sizes[i]))] = False
        elif third not in (first, second) and tables:
            table = min(tables, key=lambda one: (self.outcome in one, self.group in one))
            self.shown[table][:] = False
        else:
            own = [name for name in (first, second) if name not in (self.group, self.outcome)]
            self._withdraw(min(own or [first], key=lambda name: self.sizes[name].min()))
