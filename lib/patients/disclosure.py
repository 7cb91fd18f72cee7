"""Small cells: what a book about real patients must not print, taken care of before anything is
computed.

The control is applied to the cohort and not to single tables. Groups are merged, factors taken out
and numbers put into blocks once, and every table, figure and model of the book is about the cohort
that results. So a shown total can not be subtracted from a shown row to find a hidden one: there
are no hidden rows, only coarser ones.

A cell is small where it has at least one patient and fewer than the threshold. Among those with the
same value of a factor, or in the same group, also "all of them had the outcome" counts as small,
for it tells the outcome of everyone of whom the value is known. "None of them had it" may be shown:
that a complication did not happen is a finding, and harms nobody. In a table of a factor by group,
an empty cell may be shown on either side, because often it follows from what the words mean.

What is counted as a cell: group by outcome, group by event, factor by outcome and factor by group,
missing values being a level of the factor. What is not: two factors at a time, and when events
happened, which is what a curve over time is for; its times are put into blocks instead.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable

import numpy as np
import pandas as pd

from lib.patients import blocks as in_blocks
from lib.patients import categories
from lib.patients.codebook import horizon
from lib.patients.cohort import Cohort
from lib.patients.files import InputError

THRESHOLD = 5
OFF = {"off", "0", "no"}
IN_HOUSE = "For use within the house, DISCLOSURE=off shows everything as it is."
ROLES = ["id", "group", "factor", "outcome", "time", "event"]


def chosen_threshold(is_example: bool) -> int:
    """The threshold that the environment variable DISCLOSURE asks for; 0 is no control.

    Without it, `THRESHOLD` for a user's own cohort and no control for the example cohort, which is
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


def controlled(cohort: Cohort) -> Cohort:
    """The cohort as the book may show it, with notes on what was done."""
    threshold = chosen_threshold(cohort.is_example)
    if not threshold:
        return cohort
    protected, notes = protect(cohort, threshold)
    return dataclasses.replace(protected, notes=(*protected.notes, *notes))


def is_small(events: np.ndarray, nonevents: np.ndarray, threshold: int) -> np.ndarray:
    """Whether patients who are alike in one respect have a small cell by outcome, or all had the
    outcome.
    """
    events, nonevents = np.asarray(events), np.asarray(nonevents)
    return ((events > 0) & (events < threshold)) | (
        (nonevents < threshold) & (events + nonevents > 0)
    )


def _some_small(counts: np.ndarray, threshold: int) -> bool:
    counts = np.asarray(counts)
    return bool(((counts > 0) & (counts < threshold)).any())


def merged(
    counts: np.ndarray, unsafe: Callable[[np.ndarray], bool], most: int | None = None
) -> list[list[int]]:
    """Rows of a table of counts put together until none is unsafe, or a single one is left.

    The smallest unsafe row is put together with the smaller of its neighbors; then again. After
    that the smallest are put together until at most `most` are left. A row without patients stays
    alone. So the order of the levels in a codebook says which may be shown together. Returns the
    places of the rows, part by part.
    """
    counts = np.asarray(counts)
    parts = [[i] for i in range(len(counts))]
    while True:
        sums = [counts[part].sum(axis=0) for part in parts]
        filled = [i for i, total in enumerate(sums) if total.sum()]
        wrong = [i for i in filled if unsafe(sums[i])]
        if not wrong and most is not None and len(filled) > most:
            wrong = filled
        if not wrong or len(filled) < 2:
            return parts
        by_size = sorted(filled, key=lambda i: (sums[i].sum(), i))
        one = min(wrong, key=by_size.index)
        place = filled.index(one)
        others = filled[max(0, place - 1) : place + 2]
        other = min((i for i in others if i != one), key=by_size.index)
        parts[min(one, other)] = sorted(parts[one] + parts[other])
        del parts[max(one, other)]


def protect(cohort: Cohort, threshold: int = THRESHOLD) -> tuple[Cohort, list[str]]:
    """A cohort without small cells, and notes on what was done to it.

    Patients without a known outcome, and those few in whom a value is missing, are left out; groups
    and levels of a category are merged; factors that still have a small cell are taken out; numbers
    are replaced by the mean of a block of neighbors; follow-up is put into blocks of patients of
    the same group, so that no curve goes on with fewer than the threshold. Identifiers are removed
    and the rows sorted. Raises `InputError` where nothing is left that can be shown.
    """
    before = cohort.codebook if cohort.original_codebook is None else cohort.original_codebook
    rows, codebook = categories.collapse(cohort.rows, cohort.codebook, before)
    label = {name: rule["label"] or name for name, rule in codebook.iterrows()}
    named = {
        role: [name for name in codebook.index[codebook["role"] == role] if name in rows]
        for role in ROLES
    }
    (group,), (outcome,), factors = named["group"], named["outcome"], named["factor"]
    notes = []

    whole = len(rows)
    rows = rows[rows[group].notna()]
    rows = _without_rare_gaps(rows, outcome, [*factors, *named["event"], *named["time"]], threshold)
    if len(rows) < whole:
        count = whole - len(rows)
        notes.append(
            f"{f'{count:,}' if count >= threshold else f'Fewer than {threshold}'} patients are "
            "left out, because their outcome is not known or they are among the few in whom a "
            "value is missing."
        )
    for value, words in ((1, "with"), (0, "without")):
        if (rows[outcome] == value).sum() < threshold:
            raise InputError(
                f"{cohort.path} cannot be shown: fewer than {threshold} patients are {words} "
                f"“{label[outcome]}”, and every table would be about so few. {IN_HOUSE}"
            )

    event, time = (next(iter(named[role]), None) for role in ("event", "time"))
    if (event or time) and not (
        event and time and _curves_can_be_shown(rows, group, event, time, threshold)
    ):
        taken = [name for name in (event, time) if name]
        rows, event, time = rows.drop(columns=taken), None, None
        notes.append(
            f"{_listed(label, taken)}: left out, because a curve over time needs both columns and "
            f"would rest on fewer than {threshold} patients, or be missing for so few."
        )

    parts, level_parts, unsafe = _least_loss(
        rows, codebook, group, outcome, event, factors, threshold
    )
    for name, how in {group: parts, **level_parts}.items():
        if any(len(part) > 1 for part in how):
            rows, codebook, merges = _with_merged_levels(rows, codebook, name, how)
            notes.append(
                f"“{label[name]}”: {merges} shown together, because in some table fewer than "
                f"{threshold} patients would stand alone. Which ones may be put together follows "
                "from their order in the codebook."
            )
    numbers = [
        name for name in factors if codebook.at[name, "type"] == "number" and name not in unsafe
    ]
    for name in numbers:
        blocks = in_blocks.of_numbers(rows[name], rows[outcome], threshold)
        if blocks.nunique() < 2:
            unsafe.append(name)
        elif not blocks.equals(rows[name]):
            rows[name] = blocks
            notes.append(
                f"“{label[name]}”: a value is replaced by the mean of its block of neighbors, "
                f"which has at least {threshold} patients without the outcome and as many or none "
                "with it."
            )
    if unsafe:
        rows, codebook = rows.drop(columns=unsafe), codebook.drop(index=unsafe)
        notes.append(
            f"Not used as factors: {_listed(label, unsafe)}, because a table would show fewer than "
            f"{threshold} patients alone, or that all who have some value had the outcome."
        )
    if len(unsafe) == len(factors):
        raise InputError(
            f"{cohort.path} cannot be shown: a table of any of its factors would show fewer than "
            f"{threshold} patients alone. {IN_HOUSE}"
        )
    if time:
        until = horizon(codebook.at[outcome, "unit"], codebook.at[time, "unit"])
        rows[time] = in_blocks.of_times(rows, group, time, until, threshold)
        notes.append(
            f"“{label[time]}”: a value is replaced by the mean of a block of at least {threshold} "
            "patients of the same group, so that no curve goes on with fewer."
        )
    if notes:
        notes.append(IN_HOUSE)
    rows, codebook = rows.drop(columns=named["id"]), codebook.drop(index=named["id"])
    # A row's place would lead back to the file.
    rows = rows.sort_values(list(rows)).reset_index(drop=True)
    shown, expanded = categories.expand(rows, codebook)
    result = dataclasses.replace(
        cohort, rows=shown, codebook=expanded, original_codebook=codebook, threshold=threshold
    )
    return result, notes


def small_cells(cohort: Cohort, threshold: int = THRESHOLD) -> pd.DataFrame:
    """The small cells of the tables that a book prints, one row each: table, level, cell and
    patients.

    For use within the house: `patients` is what must not be printed. Empty for a protected cohort.
    """
    found = []

    def look(table: str, counts: pd.DataFrame, everyone: bool) -> None:
        for level, row in counts.iterrows():
            for cell, count in row.items():
                if 0 < count < threshold or (everyone and cell == 0 and count == 0 < row.sum()):
                    found.append([table, str(level), str(cell), int(count)])

    rows = cohort.rows
    for name in (cohort.outcome, *cohort.named("event")):
        have = rows[rows[name].notna()]
        look(
            f"{cohort.group} by {name}",
            pd.crosstab(have[cohort.group], have[name].astype(int)),
            True,
        )
    have = rows[rows[cohort.outcome].notna()]
    for name in cohort.factors:
        levels = have[name].astype(object).where(have[name].notna(), "missing")
        look(
            f"{name} by {cohort.outcome}",
            pd.crosstab(levels, have[cohort.outcome].astype(int)),
            True,
        )
        if name not in cohort.binary_factors:
            levels = levels.where(have[name].isna(), "known")
        look(f"{name} by {cohort.group}", pd.crosstab(levels, have[cohort.group]), False)
    return pd.DataFrame(found, columns=["table", "level", "cell", "patients"])


# -------------------------------------------------------------------------------------- the steps


def _listed(label: dict[str, str], names: list[str]) -> str:
    return ", ".join(f"“{label[name]}”" for name in names)


def _without_rare_gaps(
    rows: pd.DataFrame, outcome: str, names: list[str], threshold: int
) -> pd.DataFrame:
    """The rows with a known outcome, but for those that lack a value which fewer than the threshold
    lack.
    """
    rows = rows[rows[outcome].notna()]
    while True:
        missing = rows[names].isna()
        counts = missing.sum()
        rare = missing[counts.index[(counts > 0) & (counts < threshold)]].any(axis=1)
        if not rare.any():
            return rows.copy()
        rows = rows[~rare]


def _curves_can_be_shown(
    rows: pd.DataFrame, group: str, event: str, time: str, threshold: int
) -> bool:
    known = rows[event].notna() & rows[time].notna()
    lost = (rows[event] == 1) & known
    by_group = pd.crosstab(rows[group], known)
    return not (
        _some_small(by_group.get(False, pd.Series([0])), threshold)
        or min(lost.sum(), (known & ~lost).sum()) < threshold
    )


def _crossed(
    rows: pd.DataFrame, codebook: pd.DataFrame, group: str, outcome: str, name: str
) -> np.ndarray:
    """Patients by group, level of a factor (the last one: missing) and outcome (without, with).

    A number has two levels, known and missing.
    """
    groups = len(rows[group].cat.categories)
    kind = codebook.at[name, "type"]
    missing = rows[name].isna().to_numpy()
    levels = {"binary": 2, "number": 1}.get(kind) or len(codebook.at[name, "levels"].split("|"))
    if kind == "category":
        codes = rows[name].cat.codes.to_numpy().astype(int)
    else:
        codes = (
            np.nan_to_num(rows[name].to_numpy(float)).astype(int)
            if kind == "binary"
            else np.zeros(len(rows), int)
        )
    codes = np.where(missing, levels, codes)
    place = (rows[group].cat.codes.to_numpy().astype(int) * (levels + 1) + codes) * 2 + rows[
        outcome
    ].to_numpy(int)
    return np.bincount(place, minlength=groups * (levels + 1) * 2).reshape(groups, levels + 1, 2)


def _least_loss(
    rows: pd.DataFrame,
    codebook: pd.DataFrame,
    group: str,
    outcome: str,
    event: str | None,
    factors: list[str],
    threshold: int,
) -> tuple[list, dict[str, list], list[str]]:
    """How the groups are merged, how the levels of the categories are, and which factors are taken
    out.

    Merging groups further can keep a factor in. A group more and a factor more count alike, and of
    two ways that lose as much the one with more groups is taken.
    """
    crossed = {name: _crossed(rows, codebook, group, outcome, name) for name in factors}
    by_group = next(iter(crossed.values())).sum(axis=1)
    if event:
        known = rows[rows[event].notna()]
        place = known[group].cat.codes.to_numpy().astype(int) * 2 + known[event].to_numpy(int)
        by_group = np.hstack(
            [by_group, np.bincount(place, minlength=2 * len(by_group)).reshape(-1, 2)]
        )

    def unsafe(counts: np.ndarray) -> bool:
        return any(is_small(counts[i + 1], counts[i], threshold) for i in range(0, len(counts), 2))

    best = None
    for most in range(int((by_group.sum(axis=1) > 0).sum()), 0, -1):
        parts = merged(by_group, unsafe, most=most)
        level_parts, taken_out, kept = {}, [], 0
        for name in factors:
            table = np.stack([crossed[name][part].sum(axis=0) for part in parts])
            found = _levels_kept(table, codebook.at[name, "type"], threshold)
            if found is None:
                taken_out.append(name)
            else:
                kept += max(1, len(found) - 1)
                level_parts |= {name: found} if codebook.at[name, "type"] == "category" else {}
        score = kept + sum(by_group[part].sum() > 0 for part in parts) - 1
        if best is None or score > best[0]:
            best = (score, parts, level_parts, taken_out)
    return best[1:]


def _levels_kept(table: np.ndarray, kind: str, threshold: int) -> list[list[int]] | None:
    """The levels of a factor as they can be shown, part by part; None where it cannot be shown at
    all.

    `table` has the patients by group, level (the last one: missing) and outcome.
    """

    def unsafe(counts: np.ndarray) -> bool:
        by_outcome = counts.reshape(-1, 2)
        nonevents, events = by_outcome.sum(axis=0)
        return bool(is_small(events, nonevents, threshold)) or _some_small(
            by_outcome.sum(axis=1), threshold
        )

    by_level = table.transpose(1, 0, 2).reshape(table.shape[1], -1)
    if unsafe(by_level[-1]):
        return None
    levels = by_level[:-1]
    if kind == "category":
        parts = merged(levels, unsafe)
        filled = [part for part in parts if levels[part].sum()]
        safe = not any(unsafe(levels[part].sum(axis=0)) for part in filled)
        return parts if safe and len(filled) > 1 else None
    if kind == "binary" and any(unsafe(level) for level in levels):
        return None
    return [[i] for i in range(len(levels))]


def _with_merged_levels(
    rows: pd.DataFrame, codebook: pd.DataFrame, name: str, parts: list[list[int]]
) -> tuple[pd.DataFrame, pd.DataFrame, str]:
    """Rows and codebook with levels put together, and the merges in words."""
    levels = codebook.at[name, "levels"].split("|")
    codebook, rows = codebook.copy(), rows.copy()
    merges = [" and ".join(f"“{levels[i]}”" for i in part) for part in parts if len(part) > 1]
    for column, joint in (("levels", " or "), ("level_labels", " or "), ("level_labels_zh", "或")):
        words = codebook.at[name, column].split("|") if column in codebook else []
        if len(words) == len(levels):
            new = [joint.join(words[i] for i in part) for part in parts]
            while len(set(new)) < len(new):  # a level that is called as others are together
                new = [word + "*" if word in new[:i] else word for i, word in enumerate(new)]
            codebook.at[name, column] = "|".join(new)
    place = {i: at for at, part in enumerate(parts) for i in part}
    codes = rows[name].cat.codes.map(lambda code: place.get(code, -1))
    rows[name] = pd.Categorical.from_codes(codes, codebook.at[name, "levels"].split("|"))
    return rows, codebook, " and ".join(f"{merge} are" for merge in merges)
