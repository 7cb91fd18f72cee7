"""From a file to a cohort: what people write is recognized, converted with a note, or refused with
the mend. Nothing is guessed silently.

The environment variable COHORT names the file; the example cohort of ``data/`` is used where it is
not set.
"""

from __future__ import annotations

import dataclasses
import filecmp
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd

from lib.patients import consistency, disclosure, privacy
from lib.patients.categories import expand
from lib.patients.codebook import parts, read_with_notes
from lib.patients.cohort import Cohort
from lib.patients.errors import fail, places, quoted
from lib.patients.files import DATA, read_table, suffix_and_stem
from lib.patients.headers import about_missing, match_headers, missing_columns
from lib.patients.levels import (
    UNIQUE,
    Reading,
    read_identifiers,
    read_levels,
    with_plain_levels,
)
from lib.patients.numbers import read_numbers
from lib.patients.table import Table, counts_of

EXAMPLE = DATA / "cohort.csv"
# The environment variable by which a build hands the cohort on to its chapters.
HANDED_ON = "COHORT_AS_READ"
VALUES_NAMED = 4
DROPPED_NAMED = 20


def chosen_path() -> Path:
    """The file that COHORT names, or the example cohort; a relative path starts where we are."""
    chosen = os.environ.get("COHORT", "").strip()
    return Path(chosen).expanduser().resolve() if chosen else EXAMPLE


def codebook_path(path: Path) -> Path:
    """The codebook beside a cohort file (x.codebook.csv for x.csv), or the one of ``data/``."""
    beside = _own_codebook(path)
    return beside if beside.is_file() else DATA / "codebook.csv"


def load(path: Path | None = None) -> Cohort:
    """The cohort in a file, as it is; without a path, the cohort the book is about.

    That one comes from `chosen_path`, or from the build that runs the chapter (`hand_on`), and
    before anything is printed of it, small cells are taken care of (`disclosure`). Raises
    `InputError` listing all that is wrong with the file.
    """
    if path is not None:
        return _read(Path(path))
    handed_on = os.environ.get(HANDED_ON)
    if handed_on:
        return pd.read_pickle(handed_on, compression=None)
    return disclosure.controlled(_read(chosen_path()))


@contextmanager
def hand_on(cohort: Cohort, path: Path) -> Iterator[None]:
    """Let this process and those that it starts meanwhile have this cohort from `load`, without
    reading its file again.

    ``path`` holds it for so long, for nobody else to read.
    """
    path.touch(mode=0o600)
    pd.to_pickle(cohort, path, compression=None)
    os.environ[HANDED_ON] = str(path)
    try:
        yield
    finally:
        del os.environ[HANDED_ON]
        path.unlink()


def _read(path: Path) -> Cohort:
    codebook, codebook_notes = read_with_notes(codebook_path(path))
    words = [word for column in codebook for cell in codebook[column] for word in parts(cell)]
    names = [*codebook.index, *codebook["label"], *codebook.get("label_zh", [])]
    table = read_table(path, names, [*codebook.index, *words])
    codebook = _with_labels_of_file(codebook, table)
    matched, problems, notes = match_headers(list(table.rows), codebook)
    others = [name for name in table.rows if name not in matched.values()]
    missing = missing_columns(matched, codebook)
    if missing and not _own_codebook(path).is_file():
        fail(path, [_no_codebook(path, missing), *table.problems])
    private = _private(table, matched, others, codebook)
    problems = [*table.problems, *private.values(), *problems]
    problems += about_missing(missing, others, codebook)
    if table.rows.empty and not problems:
        problems.append("it has a header and no rows; enter one row for each patient")
    if others:
        shown = ", ".join(map(quoted, others[:DROPPED_NAMED]))
        more = len(others) - DROPPED_NAMED
        shown += f" and {more} more" if more > 0 else ""
        notes.append(f"Left out, because the codebook does not have them: {shown}.")
    readings = {
        name: _read_column(table.rows[header], codebook.loc[name], table.words.get(header, {}))
        for name, header in matched.items()
    }
    for name, reading in readings.items():
        if matched[name] not in private:
            problems += _described(name, table.rows[matched[name]], reading, table)
            notes += [f"Column {name}: {note}" for note in reading.notes]
    problems += _doubtful_points(readings, table)
    suspected, named = _suspected_codes(readings, table, matched)
    problems, notes = problems + suspected, notes + named
    rows = pd.DataFrame({name: readings[name].values for name in codebook.index if name in matched})
    outcome = codebook.index[codebook["role"] == "outcome"][0]
    if not problems and rows[outcome].isna().all():
        problems.append(f"column {outcome} is empty")
    fail(path, problems)
    notes = [
        *(f"{codebook_path(path).name}: {note}" for note in codebook_notes),
        *table.notes,
        *notes,
        *consistency.odd_rows(rows, codebook, table),
    ]
    codebook = with_plain_levels(codebook)
    is_example = EXAMPLE.is_file() and filecmp.cmp(path, EXAMPLE, shallow=False)
    cohort = Cohort(
        *expand(rows, codebook), path, is_example, dropped=tuple(others), original_codebook=codebook
    )
    account = consistency.completeness(cohort)
    notes += consistency.in_words(account, cohort)
    return dataclasses.replace(cohort, notes=tuple(notes))


def _own_codebook(path: Path) -> Path:
    return path.with_name(suffix_and_stem(path)[1] + ".codebook.csv")


def _no_codebook(path: Path, missing: list[str]) -> str:
    """What to do where no codebook was found and the file does not have the paper's columns."""
    own, stem = _own_codebook(path).name, suffix_and_stem(path)[1].casefold()
    near = [
        other.name
        for other in sorted(path.parent.iterdir())
        if re.sub(r"[\W_]|codebook", "", other.stem.casefold()) in ("", re.sub(r"[\W_]", "", stem))
        and "codebook" in other.name.casefold()
    ]
    words = f"no codebook was found that says what the columns mean: expected {own} beside it"
    if near:
        return f"{words}. There is {near[0]}; call it {own} if it is meant"
    return (
        f"{words}. “make template FOLDER=new” writes one to change. Without it the file needs the "
        f"columns of this project's own data, and lacks {', '.join(missing)}"
    )


def _with_labels_of_file(codebook: pd.DataFrame, table: Table) -> pd.DataFrame:
    """The codebook with the words that the file has for variables and values it has none for."""
    codebook = codebook.copy()
    for name, rule in codebook.iterrows():
        if not rule["label"]:
            codebook.at[name, "label"] = table.labels.get(name, "")
        levels, words = parts(rule["levels"]), table.words.get(name, {})
        labels = [words.get(level, "").replace("|", "/") for level in levels]
        if levels and all(labels) and not rule.get("level_labels", "") and len({*labels}) > 1:
            if "level_labels" not in codebook:
                codebook["level_labels"] = ""
            codebook.at[name, "level_labels"] = "|".join(labels)
    return codebook


def _private(
    table: Table, matched: dict[str, str], others: list[str], codebook: pd.DataFrame
) -> dict[str, str]:
    """The headers of columns that look like direct identifiers, and what is said of each."""
    rules = {header: codebook.loc[name] for name, header in matched.items()}
    found = {}
    for header in [*rules, *others]:
        rule = rules.get(header)
        if why := privacy.suspicion(table.rows[header], rule):
            found[header] = privacy.refusal(header, why, rule)
    return found


def _read_column(column: pd.Series, rule: pd.Series, words: dict[str, str]) -> Reading:
    if rule["role"] == "id":
        return read_identifiers(column)
    if rule["type"] == "number":
        return read_numbers(column, rule)
    if rule["type"] in ("binary", "category"):
        return read_levels(column, rule, words)
    return Reading(column.astype("str").reset_index(drop=True), {}, [])


def _described(name: str, column: pd.Series, reading: Reading, table: Table) -> list[str]:
    """The problems of a column in words; equal ones together, the first few by their lines."""
    if reading.whole:
        return [f"column {name}: {reading.whole}"]
    result, refused = [], sorted(reading.refused)
    for place in refused[:VALUES_NAMED]:
        lines = column.index[column.cat.codes == place]
        # Of an identifier that occurs twice, the first line is not the one that is wrong.
        if reading.refused[place] == UNIQUE and len(lines) > 1:
            lines = lines[1:]
        value = quoted(column.cat.categories[place])
        where = f"{places(lines, table.place)}, column {name}"
        result.append(f"{where}: {value}; expected {reading.refused[place]}")
    if others := refused[VALUES_NAMED:]:
        count = counts_of(column)[others].sum()
        different = f"{len(others):,} different ones"
        result.append(f"column {name}: {count:,} more values that cannot be read ({different})")
    return result


def _doubtful_points(readings: dict[str, Reading], table: Table) -> list[str]:
    """Columns whose points can be decimal or between thousands, and nothing in the file decides."""
    signs = {reading.decimal_sign for reading in readings.values()} - {None}
    if "," in signs:
        why = "while others have decimal commas"
    elif table.delimiter == ";" and not signs:
        why = "in a file with semicolons, which goes with decimal commas"
    else:
        return []
    return [
        f"column {name}: its numbers look like {quoted('1.234')} (“{reading.doubtful}”) {why}, so "
        "the point may be either sign; expected one decimal sign in the whole file, and no "
        "thousands separators: write 1234 or 1.2340"
        for name, reading in readings.items()
        if reading.doubtful
    ]


def _suspected_codes(
    readings: dict[str, Reading], table: Table, matched: dict[str, str]
) -> tuple[list[str], list[str]]:
    """Problems and notes about numbers that look like codes for missing values.

    One that is negative among positive ones, repeated, or in several columns must be explained in
    the codebook; a single other one is read and named.
    """
    columns = pd.Series([code for reading in readings.values() for code in reading.suspects])
    shared = set(columns[columns.duplicated()])
    problems, notes = [], []
    for name, reading in readings.items():
        codes = reading.suspects
        shown = ", ".join(f"{code:.12g} ({count:,})" for code, count in codes.items())
        written = "|".join(f"{code:.12g}" for code in codes)
        mend = (
            f"Write {written} into the column missing of the codebook, or none if "
            f"{'it is a value' if len(codes) == 1 else 'they are values'}"
        )
        if any(code < 0 or count > 1 or code in shared for code, count in codes.items()):
            problems.append(
                f"column {name}: {shown} may stand for missing values, apart from all others. {mend}"
            )
        elif codes:
            line = table.rows.index[np.isin(reading.values, list(codes))]
            where = places(line, table.place)
            notes.append(f"Column {name}: {shown} in {where} was read as a value. {mend}.")
    return problems, notes
