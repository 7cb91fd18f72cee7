"""Which column of a file is which of the codebook."""

from __future__ import annotations

import pandas as pd

from lib.patients.codebook import OPTIONAL_ROLES, in_file, plain_word
from lib.patients.errors import quoted
from lib.patients.levels import expectation

MOST_NAMED = 10


def match_headers(
    headers: list[str], codebook: pd.DataFrame
) -> tuple[dict[str, str], list[str], list[str]]:
    """The header of each column of the codebook that the file has, with problems and notes.

    A header is a column's name, or else, without regard to case and spaces, its name or its label
    in either language, with or without the unit.
    """
    names = {name: in_file(name, rule) for name, rule in codebook.iterrows()}
    matched = {
        name: header
        for name in codebook.index
        for header in (names[name], name)
        if header in headers
    }
    words: dict[str, set[str]] = {}
    for name, rule in codebook.iterrows():
        for word in (names[name], rule["label"], rule.get("label_zh", "")):
            for form in (word, f"{word}({rule['unit']})") if word else ():
                words.setdefault(plain_word(form), set()).add(name)
    candidates: dict[str, list[str]] = {}
    problems, notes = [], []
    for header in headers:
        meant = words.get(plain_word(header), set()) - set(matched)
        if header in matched.values() or not meant:
            continue
        if len({names[name] for name in meant}) > 1:
            shown = " or ".join(sorted(meant))
            problems.append(f"column {quoted(header)} could be {shown}; write its name instead")
        for name in meant:
            candidates.setdefault(name, []).append(header)
    for name, found in candidates.items():
        if len(found) > 1:
            shown = " and ".join(map(quoted, found))
            problems.append(f"columns {shown} could both be {name}; keep one of them")
        else:
            notes.append(f"Column {quoted(found[0])} was taken as {name}.")
        matched[name] = found[0]
    return matched, problems, notes


def missing_columns(matched: dict[str, str], codebook: pd.DataFrame) -> list[str]:
    """The columns that must be there and are not."""
    must = ~codebook["role"].isin(OPTIONAL_ROLES)
    return [name for name in codebook.index[must] if name not in matched]


def about_missing(missing: list[str], others: list[str], codebook: pd.DataFrame) -> list[str]:
    """The problem of each missing column in words."""
    shown = ", ".join(map(quoted, others[:MOST_NAMED])) + " and others" * (len(others) > MOST_NAMED)
    also = f"; the file also has {shown}" if others else ""
    return [
        f"column {name} is missing; expected {expectation(codebook.loc[name])}{also}"
        for name in missing
    ]
