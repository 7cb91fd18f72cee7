"""Columns of numbers as people write them: decimal commas, thousands separators, units.

Each distinct text is classified by how it is written. What could be read two ways ("1,234") is
decided by what else the column holds, or refused.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

import numpy as np
import pandas as pd

from lib.patients.codebook import INVISIBLE, parts
from lib.patients.errors import quoted
from lib.patients.levels import (
    DASHES,
    DATE,
    EXCEL_ERROR,
    PLAIN,
    Reading,
    expectation,
    is_missing,
    missing_note,
)
from lib.patients.table import counts_of

NEVER_NEGATIVE = {"mm", "cm", "m", "s", "min", "h", "hours", "days", "weeks", "months", "years"}
NEVER_NEGATIVE |= {"ml", "l", "g", "kg", "%"}
# Ways to write a number; of the first and the third a note says how they were read.
COMMA, POINT = "decimal commas were read as decimal points", "a decimal point"
GROUPS, WHOLE = "thousands separators were left out", "a whole number"
POINT_GROUPS, SPACED_GROUPS = "groups with points", "groups with spaces"
COMMA_OR_GROUP, POINT_OR_GROUP = "a comma that can be either", "a point that can be either"
EITHER = {
    COMMA_OR_GROUP: ", with a decimal point and no thousands separator: this can be either",
    POINT_OR_GROUP: ", with one decimal sign in the whole column: this can be either",
}
CODE = "a code for missing goes into the column missing of the codebook"
# Tried in this order; the group of three digits that either sign may begin is looked at first.
WAYS = [
    (POINT_OR_GROUP, r"[1-9]\d{0,2}\.\d{3}"),
    (COMMA_OR_GROUP, r"[1-9]\d{0,2},\d{3}"),
    (WHOLE, r"\d+"),
    (POINT, r"(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?"),
    (COMMA, r"(\d+|\d{1,3}(\.\d{3})+|\d{1,3}( \d{3})+|\d{1,3}('\d{3})+)?,\d+"),
    (GROUPS, r"\d{1,3}(,\d{3})+\.\d+|\d{1,3}(,\d{3}){2,}"),
    (POINT_GROUPS, r"\d{1,3}(\.\d{3}){2,}"),
    (SPACED_GROUPS, r"(\d{1,3}( \d{3})+|\d{1,3}('\d{3})+)(\.\d+)?"),
]
WAYS = [(way, re.compile("[+-]?(" + pattern + ")", flags=re.ASCII)) for way, pattern in WAYS]
FEW = 3  # so many distinct negative numbers among positive ones may be codes


def read_numbers(column: pd.Series, rule: pd.Series) -> Reading:
    """A column of numbers; a value that is missing is NaN."""
    texts, codes = list(column.cat.categories), parts(rule.get("missing", ""))
    values, counts = np.full(len(texts), np.nan), counts_of(column)
    missing = [
        i
        for i, text in enumerate(texts)
        if is_missing(text, codes) or re.sub(r"\s", "", text) in DASHES
    ]
    written = {i: _written(texts[i], rule["unit"]) for i in set(range(len(texts))) - {*missing}}
    signs = _signs(written.values())
    kinds: dict[str, list[int]] = {}
    refused: dict[int, str] = {}
    for i, (way, text, suffix) in written.items():
        way = _decided(way, signs)
        if way is None or way in EITHER:
            refused[i] = expectation(rule) + (EITHER[way] if way else _mend(texts[i]))
            continue
        values[i] = float(_plain(way, text))
        if not np.isfinite(values[i]):
            refused[i] = f"{expectation(rule)} that can be"
        for kind in _said(way, suffix, texts[i], rule["unit"]):
            kinds.setdefault(kind, []).append(i)
    signed = [i for i, (_, _, suffix) in written.items() if suffix == "%"]
    refused = _refused_signs(signed, values, rule) | refused
    if rule["role"] == "time" or rule["unit"] in NEVER_NEGATIVE:
        for i in np.flatnonzero(values < 0):
            refused.setdefault(int(i), f"{expectation(rule)}, not below zero; {CODE}")
    notes = [f"{kind} ({counts[found].sum():,})." for kind, found in kinds.items()]
    if not refused and len(np.unique(values)) == 1 and not np.isnan(values).any():
        notes.append("it is the same for all patients.")
    usable = np.where(np.isin(np.arange(len(texts)), list(refused)), np.nan, values)
    either = [text for way, text, _ in written.values() if way == POINT_OR_GROUP]
    return Reading(
        values[column.cat.codes],
        refused,
        notes + missing_note(column, missing),
        decimal_sign="," if COMMA in signs else "." if POINT in signs else None,
        doubtful=either[0] if either and not signs else None,
        suspects={} if codes else _codes_for_missing(usable, counts),
    )


def _written(original: str, unit: str) -> tuple[str | None, str, str | None]:
    """How a number is written, the number without its unit or sign, and which of these it had."""
    text, suffix = _usual_signs(original, unit)
    return next((way for way, pattern in WAYS if pattern.fullmatch(text)), None), text, suffix


def _signs(written: Iterable[tuple[str | None, str, str | None]]) -> set[str]:
    """What a column tells of its signs: a decimal comma, a decimal point, points between groups."""
    signs = set()
    for way, text, _ in written:
        if way in (POINT, GROUPS):
            signs.add(POINT)
        elif way == COMMA:
            signs.add(COMMA)
        if way == POINT_GROUPS or (way == COMMA and "." in text):
            signs.add(POINT_GROUPS)
    return signs


def _decided(way: str | None, signs: set[str]) -> str | None:
    """The way in which a number is written, where what else the column holds decides it."""
    if way == COMMA_OR_GROUP and (COMMA in signs) != (POINT in signs):
        return COMMA if COMMA in signs else GROUPS
    if way == POINT_OR_GROUP and not signs & {COMMA, POINT_GROUPS}:
        return POINT
    if way == POINT_OR_GROUP and POINT_GROUPS in signs and POINT not in signs:
        return POINT_GROUPS
    return way


def _said(way: str, suffix: str | None, original: str, unit: str) -> list[str]:
    """What a note says of how a number was read."""
    said = {"%": ["percent signs were left out"], "unit": [f"the unit {quoted(unit)} was left out"]}
    kinds = list(said.get(suffix, []))
    if way in (COMMA, GROUPS):
        kinds.append(way)
    elif way in (POINT_GROUPS, SPACED_GROUPS):
        kinds.append(GROUPS)
    elif not suffix and not PLAIN.fullmatch(original):
        kinds.append("unusual digits or signs were read as usual ones")
    return kinds


def _usual_signs(text: str, unit: str) -> tuple[str, str | None]:
    """A number without its unit or percent sign, in usual digits and signs; and which it had."""
    text = INVISIBLE.sub("", unicodedata.normalize("NFKC", text))
    text = " ".join(text.replace("−", "-").replace("’", "'").split())
    if text.endswith("%"):
        return text[:-1].strip(), "%"
    if unit and text.casefold().endswith(unit.casefold()):
        return text[: -len(unit)].strip(), "unit"
    return text, None


def _plain(way: str, text: str) -> str:
    """A number as Python reads it."""
    text = re.sub("[ ']", "", text)
    if way == COMMA:
        return text.replace(".", "").replace(",", ".")
    if way == POINT_GROUPS:
        return text.replace(".", "")
    return text.replace(",", "")


def _refused_signs(signed: list[int], values: np.ndarray, rule: pd.Series) -> dict[int, str]:
    """Percentages of which the scale cannot be known."""
    if not signed:
        return {}
    why, others = None, np.delete(values, signed)
    if rule["unit"] != "%":
        why = (
            "; whether 45% is 45 or 0.45 here cannot be known. Leave the sign out, or make % the "
            "unit in the codebook"
        )
    elif ((np.abs(others) <= 1) & (others != 0)).any():
        why = (
            ", all with the percent sign or all without: the column also has numbers below one "
            "without it"
        )
    return dict.fromkeys(signed, expectation(rule) + why) if why else {}


def _mend(text: str) -> str:
    small = text.casefold()
    if EXCEL_ERROR.fullmatch(small):
        return (
            " (this is a message of the spreadsheet program; leave the cell empty where nothing is "
            "known)"
        )
    if DATE.fullmatch(small):
        return (
            " (this is a date, perhaps made by the spreadsheet program; format the column as text "
            "and enter it anew)"
        )
    if re.fullmatch(r"[+-]?(nan|inf|infinity)", small):
        return "; leave the cell empty where nothing is known"
    if small[:1] in "<>≤≥~≈":
        return "; a bound is no number. Decide on one and say so where you describe the data"
    return ""


def _codes_for_missing(values: np.ndarray, counts: np.ndarray) -> dict[float, int]:
    """Values that look like codes for missing ones, and how many rows have each: 9s, 8s or 7s (99,
    99.9, 888) at an end of the column that stand apart, and a few whole negative numbers among
    positive ones.
    """
    known = np.unique(values[np.isfinite(values)])
    negative = known[known < 0]
    found = {*_apart(known)} | {code for code in -_apart(-known[::-1]) if code < 0}
    if len(negative) <= min(FEW, len(known) // 2) and (negative % 1 == 0).all():
        found |= {*negative}
    return {float(value): int(counts[values == value].sum()) for value in sorted(found)}


def _apart(known: np.ndarray) -> np.ndarray:
    """The largest of sorted numbers, if they look like codes and stand apart from the others by
    more than one and a half times the widest gap between those.
    """
    for count in range(min(FEW, len(known) - 1), 0, -1):
        codes, rest = known[-count:], known[:-count]
        gap = np.diff(rest).max() if len(rest) > 1 else abs(rest[0])
        alike = all(re.fullmatch(r"-?([789])\1*(\.\1+)?", f"{code:.12g}") for code in codes)
        if alike and codes[0] - rest[-1] > 1.5 * gap:
            return codes
    return known[:0]
