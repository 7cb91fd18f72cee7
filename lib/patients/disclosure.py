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
   of them is of too few. A correlation counts as the table of the patients without a missing value.
4. What is shown leaves each unsafe cell a range: two margins a and b of n patients leave it
   max(0, a+b-n) to min(a, b) (Fréchet). So it is in each part of the patients in which both margins
   are shown, such as the groups that are withheld, or the levels of a third column whose tables
   with both are shown; the ranges in the parts add up.
5. Where that is less than the range from 1 to threshold - 1, more is withheld: the next smallest
   group of the table, a table with the third column, or at last all counts of a factor.

Sources: Safe Data Access Professionals 2019, Handbook on Statistical Disclosure Control for
Outputs, section B; the SACRO project 2023, for the classes of outputs; for step 4 Dobra & Fienberg
2000, PNAS 97:11885-11892. Hand-written, because acro, the software of SACRO, judges one table at a
time and not what another table tells of it.
"""

import os
from itertools import combinations

import numpy as np

from lib.patients.cohort import Cohort, Withheld
from lib.patients.errors import InputError

THRESHOLD = 5
SHOW_ALL = "DISCLOSURE=off shows everything, for use within the house."
# A number with no more values than this is known as well as a table of them by its mean, standard
# deviation, area and tests together.
FEW_VALUES = 10
RESIDUAL_DEGREES = 10


def chosen_threshold(is_example: bool) -> int:
    """The threshold that the environment variable DISCLOSURE asks for; 0 withholds nothing.

    Without it, `THRESHOLD` for a user's own cohort and nothing for the example cohort, which is
    about nobody. Raises `InputError` where it is neither a whole number above one nor "off".
    """
    asked = os.environ.get("DISCLOSURE", "").strip().lower()
    if not asked:
        return 0 if is_example else THRESHOLD
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
    ten residual degrees of freedom, the threshold of patients with the outcome and without, and no
    level of fewer patients, or at which most had the outcome and fewer had not: were it withheld
    only where all had it, it would tell of them as its lack of a maximum would.
    """
    withheld, threshold = cohort.withheld, cohort.withheld.threshold
    if not threshold:
        return False
    names = [*factors, *([cohort.group] if grouped else [])]
    rows = cohort.complete([*names, cohort.outcome])
    events = rows[cohort.outcome].sum()
    if min(events, len(rows) - events) < threshold:
        return True
    leveled = {*names} - ({*cohort.factors} - {*cohort.binary_factors})
    leveled |= {reference for name in factors if (reference := cohort.reference(name))}
    for one in leveled:
        level = rows.groupby(one, observed=True)[cohort.outcome].agg(["size", "sum"])
        without = level["size"] - level["sum"]
        mostly = (without < level["sum"]) | (level["size"] < threshold)
        if (mostly & (without < threshold)).any():
            return True
    few_valued = not any(rows[name].nunique() > FEW_VALUES for name in factors)
    if names and few_valued and len({_source(cohort, name) for name in names}) <= 2:
        counts = rows.groupby([*names, cohort.outcome], observed=True).size().unstack(fill_value=0)
        hidden = withheld.outcome & {*factors} or withheld.pairs & {frozenset(factors)}
        rows_hidden = grouped and any(map(withheld.by_group, [*factors, cohort.outcome]))
        unsafe = _unsafe(counts.to_numpy(), threshold, of_event=True).any()
        return bool(unsafe or hidden or rows_hidden)
    return len(rows) - len(factors) - grouped * (len(cohort.groups) - 1) - 1 < RESIDUAL_DEGREES


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
    source = {name: _source(cohort, name) for name in [*cohort.described, outcome, *events]}
    totals = {name for name in source if source[name] in tables.withdrawn}
    totals |= every if group in tables.withdrawn else tables.small_groups
    by_group = {
        name: tables.small_groups | {cohort.groups[i] for i in tables.hidden[group, source[name]]}
        for name in source
    }
    by_outcome = {name for name in cohort.described if tables.hidden[source[name], outcome]}
    # The tables of all leave over that of the patients with a missing value.
    complete = cohort.rows[[*cohort.factors, outcome]].notna().all(axis=1).to_numpy()
    apart = {
        name
        for name in cohort.described
        if any(tables.unsafe(source[name], outcome, part).any() for part in (complete, ~complete))
    }
    pairs = {
        frozenset((one, other))
        for one, other in combinations(cohort.factors, 2)
        if tables.hidden.get((source[one], source[other]), source[one] in tables.withdrawn)
    }
    return Withheld(
        threshold,
        frozenset(totals),
        frozenset(by_outcome),
        frozenset(by_outcome | apart),
        {name: groups for name, groups in by_group.items() if groups},
        frozenset(pairs),
    )


def _source(cohort: Cohort, name: str) -> str:
    """The category that a factor is an indicator of, or else the factor itself."""
    return cohort.codebook.loc[name].get("category") or name


def _unsafe(counts: np.ndarray, threshold: int, of_event: bool) -> np.ndarray:
    """Which cells (rows x columns, the first being of those without an event) are unsafe (1)."""
    unsafe = Withheld(threshold).small(counts)
    unsafe[:, 0] |= of_event & (counts[:, 0] == 0) & (counts.sum(axis=1) > 0)
    return unsafe


class _Tables:
    """The count tables of two columns, and which of their rows are withheld.

    ``codes`` gives for each column the place of its level in every row of the file (-1: missing).
    The indicators of a category are one column, the groups in ``small_groups`` one level; a number
    of many values has one, known; those of the final event are neither, event only, outcome only
    and both. ``withdrawn`` are the columns whose own counts are withheld. ``hidden`` has for a
    table (first the column whose levels are its rows) the places of the rows that are withheld.
    """

    def __init__(self, cohort: Cohort, threshold: int) -> None:
        self.rule, self.group, self.outcome = Withheld(threshold), cohort.group, cohort.outcome
        self.groups, rows = cohort.groups, cohort.rows
        self.events = [*cohort.named("event"), self.outcome]
        # A correlation is that of the patients in whom every factor is known.
        self.complete = rows[cohort.factors].notna().all(axis=1).to_numpy()
        self.codes = {self.group: rows[self.group].cat.codes.to_numpy(int)}
        self.small_groups = self._merge_small_groups()
        self.codes[self.outcome] = rows[self.outcome].fillna(-1).to_numpy(int)
        self.factors = list(dict.fromkeys(_source(cohort, name) for name in cohort.factors))
        for source in self.factors:
            names = [name for name in cohort.factors if _source(cohort, name) == source]
            levels = rows.groupby(names).ngroup()
            if len(names) == 1 and levels.nunique() > FEW_VALUES:
                levels = levels * 0
            self.codes[source] = levels.fillna(-1).to_numpy(int)
        for event in cohort.named("event"):
            both = (rows[event] == 1) + 2 * (rows[self.outcome] == 1)
            known = rows[[event, *cohort.named("time")]].notna().all(axis=1)
            self.codes[event] = both.where(known, -1).to_numpy(int)
        self.withdrawn = {
            name
            for name in self.codes.keys() - {self.group}
            if self.rule.small(self.sizes(name)).any()
        }
        self.hidden = self._begun()
        while self._withhold_more():
            pass

    def sizes(self, name: str, among: np.ndarray | bool = True) -> np.ndarray:
        """Patients by the levels of a column."""
        levels = len(self.groups) if name == self.group else max(self.codes[name].max(), 0) + 1
        return np.bincount(self.codes[name][(self.codes[name] >= 0) & among], minlength=levels)

    def unsafe(self, first: str, second: str, among: np.ndarray | bool = True) -> np.ndarray:
        """Which cells of a table are unsafe among some patients."""
        shape = len(self.sizes(first)), len(self.sizes(second))
        have = (self.codes[first] >= 0) & (self.codes[second] >= 0) & among
        place = self.codes[first][have] * shape[1] + self.codes[second][have]
        counts = np.bincount(place, minlength=shape[0] * shape[1]).reshape(shape)
        return _unsafe(counts, self.rule.threshold, second in self.events)

    def _merge_small_groups(self) -> frozenset[str]:
        sizes, codes = self.sizes(self.group), self.codes[self.group]
        small, threshold = self.rule.small(sizes), self.rule.threshold
        order = np.lexsort((sizes, sizes == 0, ~small)).tolist()
        many = int(small.sum())
        while 0 < many < len(order) and (many < 2 or sizes[order[:many]].sum() < threshold):
            many += 1
        self.codes[self.group] = np.where(np.isin(codes, order[:many]), order[0], codes)
        return frozenset(self.groups[i] for i in order[:many])

    def _begun(self) -> dict[tuple[str, str], set[int]]:
        """The rows that are withheld for their own sake (step 3)."""
        tables = [(self.group, name) for name in [self.outcome, *self.codes] if name != self.group]
        tables += [(name, self.outcome) for name in self.factors]
        hidden = {}
        for first, second in [*tables, *combinations(self.factors, 2)]:
            among = self.complete if {first, second} <= {*self.factors} else True
            unsafe = self.unsafe(first, second) | self.unsafe(first, second, among)
            whole = unsafe.any() and (first != self.group or len(self.sizes(second)) == 1)
            whole |= bool({first, second} & self.withdrawn) or self._leaves_few(first, second)
            rows = np.arange(len(unsafe)) if whole else np.flatnonzero(unsafe.any(axis=1))
            hidden[first, second] = {*rows.tolist()}
            if second in self.events:
                hidden[first, second] |= hidden.get((first, self.outcome), set())
        return hidden

    def _leaves_few(self, first: str, second: str) -> bool:
        """Whether the means of a number by group or outcome leave over that of a few in neither."""
        number, by = (second, first) if first == self.group else (first, second)
        left_over = self.sizes(number, self.codes[by] < 0)
        return len(left_over) == 1 and bool(self.rule.small(left_over).any())

    def _withhold_more(self) -> bool:
        """Withhold more where an unsafe cell has too narrow a range (step 5); whether any had."""
        found, several = False, [name for name in self.codes if len(self.sizes(name)) > 1]
        for first, second in [table for table in self.hidden if {*table} <= {*several}]:
            for i, j in zip(*np.nonzero(self.unsafe(first, second)), strict=True):
                for third in [first, *several]:
                    while self._is_narrow(first, i, second, j, third):
                        self._withhold_beside(first, second, third)
                        found = True
        return found

    def _shows(self, first: str, i: int, second: str, j: int) -> bool:
        """Whether a row of a table is shown; of a column with itself, whether its counts are."""
        if first == second:
            return first not in self.withdrawn
        if (first, second) in self.hidden:
            return i not in self.hidden[first, second]
        return j not in self.hidden.get((second, first), {j})

    def _is_narrow(self, first: str, i: int, second: str, j: int, third: str) -> bool:
        """Whether a cell's range is too narrow, given its tables with a third column (step 4)."""
        if {first, second} & self.withdrawn:
            return False
        one, other, codes = self.codes[first] == i, self.codes[second] == j, self.codes[third]
        have = (self.codes[first] >= 0) & (self.codes[second] >= 0)
        shown = [
            k
            for k in range(len(self.sizes(third)))
            if self._shows(first, i, third, k) and self._shows(second, j, third, k)
        ]
        least = most = 0
        for part in [*(codes == k for k in shown), ~np.isin(codes, shown)]:
            a, b, total = ((what & part & have).sum() for what in (one, other, have))
            least, most = least + max(0, a + b - total), most + min(a, b)
        return least > 1 or most < self.rule.threshold - 1

    def _withhold_beside(self, first: str, second: str, third: str) -> None:
        """Withhold, for the sake of a cell of a table, the next smallest of its groups; or a table
        with the third column, of two factors rather than by group, and that rather than by outcome;
        or all counts of the rarer factor."""
        every = {name: {*range(len(self.sizes(name)))} for name in self.codes}
        tables = [
            (one, other)
            for one, other in self.hidden
            if third in (one, other)
            and {first, second} & {one, other}
            and self.hidden[one, other] < every[one]
        ]
        if third == first and (first, second) in tables:
            sizes = self.sizes(first)
            waiting = every[first] - self.hidden[first, second]
            self.hidden[first, second].add(min(waiting, key=lambda i: (sizes[i] == 0, sizes[i])))
        elif third not in (first, second) and tables:
            table = min(tables, key=lambda one: (self.outcome in one, self.group in one))
            self.hidden[table] = every[table[0]]
        else:
            own = [name for name in (first, second) if name not in (self.group, self.outcome)]
            gone = min(own or [first], key=lambda name: self.sizes(name).min())
            self.withdrawn.add(gone)
            self.hidden |= {table: every[table[0]] for table in self.hidden if gone in table}
