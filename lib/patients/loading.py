"""From a file to a cohort: what people write is recognized, converted with a note, or refused with
the mend. Nothing is guessed silently.

The environment variable COHORT names the file; the example cohort of ``data/`` is used where it is
not set.
"""

import filecmp
import os
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from lib.patients import consistency, disclosure, levels, numbers, privacy
from lib.patients.categories import expand, name_groups
from lib.patients.codebook import OPTIONAL_ROLES, match_headers, parts, read_with_notes
from lib.patients.cohort import Cohort
from lib.patients.errors import fail, first_of, places, quoted, that_hold
from lib.patients.files import DATA, read_table, uncompressed
from lib.patients.table import Table
from lib.words import counted, listed

EXAMPLE = DATA / "cohort.csv"
VALUES_NAMED = 4
NOT_TELLING = re.compile(r"[\W_]|codebook")  # in the name of a codebook


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

    Of that one (``chosen_path``) it is decided what a page may not show (``disclosure``). Raises
    ``InputError`` listing all that is wrong with the file.
    """
    chosen = chosen_path() if path is None else Path(path)
    threshold = disclosure.chosen_threshold(_is_example(chosen)) if path is None else 0
    cohort = _read(chosen, threshold)
    cohort = replace(cohort, withheld=disclosure.withheld(cohort, threshold))
    return replace(cohort, notes=(*cohort.notes, *consistency.mostly_empty(cohort)))


def _is_example(path: Path) -> bool:
    return EXAMPLE.is_file() and path.is_file() and filecmp.cmp(path, EXAMPLE, shallow=False)


def _read(path: Path, threshold: int) -> Cohort:
    beside = codebook_path(path)
    codebook, codebook_notes = read_with_notes(beside)
    words = [word for column in codebook for cell in codebook[column] for word in parts(cell)]
    names = [*codebook.index, *codebook["label"], *codebook.get("label_zh", [])]
    table = read_table(path, names, [*codebook.index, *words])
    matched, of_headers, header_notes = match_headers(list(table.rows), codebook)
    codebook = with_labels_of_file(codebook, table, matched)
    others = [name for name in table.rows if name not in matched.values()]
    private = _private(table, matched, others, codebook)
    readings = {
        name: _read_column(table.rows[header], codebook.loc[name], table, threshold == 0)
        for name, header in matched.items()
    }
    told = {name: header for name, header in matched.items() if header not in private}
    suspected, row_notes = _suspected_codes(readings, table, codebook)
    rows = pd.DataFrame({name: readings[name].values for name in codebook.index if name in matched})
    must = codebook.index[codebook["role"].isin(["group", "outcome"])].intersection(rows.columns)
    problems = [
        *table.problems,
        *private.values(),
        *of_headers,
        *_missing_columns(path, matched, others, codebook),
        *(
            problem
            for name, header in told.items()
            for problem in _described(name, table.rows[header], readings[name], table)
        ),
        *consistency.no_patients(table, matched, codebook),
        *_doubtful_points(readings, table),
        *suspected,
        *(
            f"column {name} is empty"
            for name in must
            if len(rows) and rows[name].isna().all() and not readings[name].refused
        ),
    ]
    fail(path, problems + table.notes * bool(problems))
    absent = [quoted(name) for name in codebook.index if name not in matched]
    own, near = _own_codebook(path), _near_codebook(path)
    notes = [
        *(f"{beside.name}: {note}" for note in codebook_notes),
        *table.notes,
        *header_notes,
        *that_hold(
            {
                f"Left out, because the codebook does not have them: {listed(map(quoted, others))}."
                + f" It has {listed(absent)}, which the file has not." * bool(absent): others,
                f"{near} was not read; call it {own.name} if it is meant as the codebook.": (
                    near and beside != own and not _is_example(path)
                ),
            }
        ),
        *(f"Column {name}: {note}" for name in told for note in readings[name].notes),
    ]
    row_notes += consistency.odd_rows(rows, codebook, table)
    return Cohort(
        *name_groups(*expand(rows, levels.with_plain_levels(codebook))),
        path,
        _is_example(path),
        notes=(*notes, *row_notes),
        row_notes=tuple(row_notes),
        original_codebook=codebook,
    )


def _missing_columns(
    path: Path, matched: dict[str, str], others: list[str], codebook: pd.DataFrame
) -> list[str]:
    """The columns that must be there and are not; one sentence where there is no codebook."""
    missing = [
        name
        for name, role in codebook["role"].items()
        if role not in OPTIONAL_ROLES and name not in matched
    ]
    own = _own_codebook(path)
    if not missing or own.is_file() or _is_example(path):
        also = f"; the file also has {first_of([*map(quoted, others)])}" if others else ""
        return [
            f"column {name} is missing; expected {levels.expectation(codebook.loc[name])}{also}"
            for name in missing
        ]
    near = _near_codebook(path)
    mend = (
        f"There is {near}; call it {own.name} if it is meant"
        if near
        else f"“make template COHORT='{path}'” begins one from the file, to complete. Without it "
        f"the file needs the columns of this project's own data; it lacks {', '.join(missing)}"
    )
    return [
        f"no codebook was found that says what the columns mean: expected {own.name} beside it. "
        f"{mend}"
    ]


def _near_codebook(path: Path) -> str | None:
    """The name of a file beside a cohort file without a codebook that may be meant as one."""
    meant = {
        NOT_TELLING.sub("", name.casefold())
        for name in ("", path.name, path.stem, _own_codebook(path).name, uncompressed(path).stem)
    }
    return next(
        (
            one.name
            for one in sorted(path.parent.glob("*[cC][oO][dD][eE][bB][oO][oO][kK]*"))
            if one != path and NOT_TELLING.sub("", one.stem.casefold()) in meant
        ),
        None,
    )


def _own_codebook(path: Path) -> Path:
    return path.with_name(uncompressed(path).stem + ".codebook.csv")


def with_labels_of_file(
    codebook: pd.DataFrame, table: Table, matched: dict[str, str]
) -> pd.DataFrame:
    """The codebook with the words that the file has for variables and values it has none for;
    ``matched`` names the header of a column. Where factors have one label, their names follow it.
    """
    codebook = codebook.assign(level_labels=codebook.get("level_labels", ""))
    for name, rule in codebook.iterrows():
        header = matched.get(name, name)
        words = table.words.get(header, {})
        own = parts(rule["levels"])
        labels = [words.get(level, "").replace("|", "/") for level in own]
        # Where a word is a level itself, the values may be none.
        if labels and all(labels) and len({*labels, *own}) == len(labels) + len(own):
            codebook.loc[name, "level_labels"] = rule["level_labels"] or "|".join(labels)
        codebook.loc[name, "label"] = rule["label"] or table.labels.get(header) or ""
    factors = codebook.loc[codebook["role"] == "factor", "label"]
    alike = factors.index[factors.duplicated(keep=False) & (factors != "")]
    codebook.loc[alike, "label"] += " [" + alike + "]"
    return codebook


def _private(
    table: Table, matched: dict[str, str], others: list[str], codebook: pd.DataFrame
) -> dict[str, str]:
    """The headers of columns that look like direct identifiers in any of their roles, and what is
    said of each.
    """
    known = [(header, *codebook.loc[name, ["role", "type"]]) for name, header in matched.items()]
    return {
        header: privacy.refusal(header, why, role)
        for header, role, kind in [*known, *((header, "", "") for header in others)]
        if (why := privacy.suspicion(table.rows[header], role, kind))
    }


def _read_column(
    column: pd.Series, rule: pd.Series, table: Table, shows_all: bool
) -> levels.Reading:
    if rule["role"] == "id":
        return levels.read_identifiers(column)
    read = numbers.read_numbers if rule["type"] == "number" else levels.read_levels
    return read(column, rule, table, shows_all)


def _described(name: str, column: pd.Series, reading: levels.Reading, table: Table) -> list[str]:
    """The problems of a column in words; equal ones together, the first few by their lines."""
    if reading.whole:
        return [f"column {name}: {reading.whole}"]
    result, refused = [], sorted(reading.refused)
    for place in refused[:VALUES_NAMED]:
        lines = column.index[column.cat.codes == place]
        # Of an identifier that occurs twice, the first line is not the one that is wrong.
        first = int(reading.refused[place] == levels.UNIQUE and len(lines) > 1)
        result.append(
            f"{places(lines[first:], table.place)}, column {name}: "
            f"{quoted(column.cat.categories[place])}; expected {reading.refused[place]}"
        )
    if others := refused[VALUES_NAMED:]:
        result.append(
            f"column {name}: {counted(np.isin(column.cat.codes, others).sum(), 'more value')} that "
            f"cannot be read ({len(others):,} different)"
        )
    return result


def _doubtful_points(readings: dict[str, levels.Reading], table: Table) -> list[str]:
    """Columns whose points can be decimal or between thousands, and nothing in the file decides."""
    signs = {reading.decimal_sign for reading in readings.values()} - {None}
    if "," not in signs and (signs or table.delimiter == ","):
        return []
    sign, why = (
        (",", "while others have decimal commas")
        if "," in signs
        else (".", "and no other number of the file shows which sign its point is")
    )
    return [
        f"column {name}: its numbers look like {quoted(number)} {why}, so the point may be either "
        "sign; expected one decimal sign in the whole file, and no thousands separators: write "
        f"{number.replace('.', '')} or {number.replace('.', sign)}0"
        for name, reading in readings.items()
        if (number := reading.doubtful)
    ]


def _suspected_codes(
    readings: dict[str, levels.Reading], table: Table, codebook: pd.DataFrame
) -> tuple[list[str], list[str]]:
    """Problems and notes about numbers that look like codes for missing values.

    They must be explained in the codebook where one is negative among positive ones, repeated, or
    the same in several columns. A single other one is read as a value.
    """
    suspects = {name: reading.suspects for name, reading in readings.items() if reading.suspects}
    codes = [code for found in suspects.values() for code in found]
    problems, notes = [], []
    for name, found in suspects.items():
        lines = table.rows.index[np.isin(readings[name].values, [*found])]
        shown = ", ".join(f"{code:.12g} ({count:,})" for code, count in found.items())
        where = f"{shown} in {places(lines, table.place)}"
        mend = numbers.code_mend(codebook.loc[name], [f"{code:.12g}" for code in found])
        if any(code < 0 or max(count, codes.count(code)) > 1 for code, count in found.items()):
            problems.append(
                f"column {name}: {where} may stand for missing values, apart from all others. "
                f"{mend}"
            )
        else:
            notes.append(f"Column {name}: {where} was read as a value. {mend}.")
    return problems, notes
