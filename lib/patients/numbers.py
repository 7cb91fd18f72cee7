"""Columns of numbers as people write them: decimal commas, thousands separators, units.

Each distinct text is classified by how it is written. What could be read two ways ("1,234") is
decided by what else the column holds, or refused.
"""

import re
from typing import NamedTuple

import numpy as np
import pandas as pd

from lib.patients.codebook import DAYS, number_form, parts, usual
from lib.patients.errors import first_of, quoted, that_hold
from lib.patients.levels import (
    DASHES,
    MISSING,
    NO_CODES,
    NOT_KNOWN,
    Reading,
    expectation,
    mend,
    missing_places,
    notes_on,
)
from lib.patients.table import Table
from lib.words import listed

NEVER_NEGATIVE = {
    *("mm", "cm", "m", "s", "min", "h", "hours", "days", "weeks", "months", "years"),
    *("ml", "l", "g", "kg", "%"),
}
LONGEST_LIFE = 120 * 365  # days
EARLIEST_DATE = 20_000  # of which spreadsheet programs count the days: one of 1954
FEW = 5  # so many distinct numbers may be codes
MANY = 10  # among so many gaps between numbers, one may be that of an outlier


class Way(NamedTuple):
    """A way to write a number: its decimal sign, what stands between groups of three digits (each
    empty where the text has none), and what a note says of how it was read.
    """

    pattern: str
    decimal: str = ""
    groups: str = ""
    note: str = ""

    def number(self, text: str) -> float:
        plain = re.sub("[ '" + self.groups + "]", "", text)
        return float(plain.replace(self.decimal, ".") if self.decimal else plain)


TYPED = Way("")  # of a file that knows numbers from texts: nothing shows how people write them
PERCENT = "percent signs were left out"
COMMAS, GROUPS = "decimal commas were read as decimal points", "thousands separators were left out"
COMMA = Way(r"\d*,\d+|(\d{1,3}( \d{3})+|\d{1,3}('\d{3})+),\d+", ",", "", COMMAS)
COMMA_GROUPS = Way(r"\d{1,3}(,\d{3})+\.\d+|\d{1,3}(,\d{3}){2,}", ".", ",", GROUPS)
POINT_GROUPS = Way(r"\d{1,3}(\.\d{3}){2,}", "", ".", GROUPS)
POINT = Way(r"(\d+\.\d*|\.\d+)([eE][+-]?\d+)?", ".")
# These two can be either; what else the column holds decides.
EITHER_COMMA, EITHER_POINT = Way(r"[1-9]\d{0,2},\d{3}"), Way(r"[1-9]\d{0,2}\.\d{3}")
WAYS = [
    EITHER_COMMA,
    EITHER_POINT,
    Way(r"\d+([eE][+-]?\d+)?"),
    POINT,
    COMMA,
    COMMA_GROUPS,
    POINT_GROUPS,
    Way(r"\d{1,3}(\.\d{3})+,\d+", ",", ".", COMMAS),
    Way(r"(\d{1,3}( \d{3})+|\d{1,3}('\d{3})+)(\.\d+)?", "", "", GROUPS),
]


def read_numbers(column: pd.Series, rule: pd.Series, table: Table, shows_all: bool) -> Reading:
    """A column of numbers of a table; a value that is missing is NaN."""
    texts, counts = column.cat.categories, column.value_counts(sort=False).to_numpy()
    expected = expectation(rule)
    missing = missing_places(column, rule, MISSING | DASHES)
    written = {
        i: (TYPED, text, "") if text in table.typed else _written(text, rule["unit"])
        for i, text in enumerate(texts)
        if i not in missing
    }
    ways = [way for way, _, _ in written.values() if way]
    decimal, groups = ({way.decimal for way in ways} - {""}, {way.groups for way in ways} - {""})
    values, refused, kinds = np.full(len(texts), np.nan), {}, {}
    for i, (way, text, kind) in written.items():
        way = _decided(way, decimal, groups)
        if way is None:
            refused[i] = expected + mend(texts[i])
        elif way in (EITHER_COMMA, EITHER_POINT):
            refused[i] = (
                f"{expected}, with one decimal sign in the whole column, a decimal point and no "
                "thousands separator: this can be either"
            )
        else:
            values[i] = way.number(text)
            for note in filter(None, (kind, way.note)):
                kinds.setdefault(note, []).append(i)
    codes = [code.casefold().replace(",", ".") for code in parts(rule.get("missing", ""))]
    coded = np.isin(values, [float(form) for form in map(number_form, codes) if form])
    values[coded] = np.nan
    missing += np.flatnonzero(coded).tolist()
    words, asks = table.words.get(column.name, {}), NO_CODES not in codes
    lived = LONGEST_LIFE / DAYS.get(rule["unit"].casefold().removesuffix("s"), np.nan)
    is_percent, signed = rule["unit"] == "%", np.isin(np.arange(len(texts)), kinds.get(PERCENT, []))
    unsigned = np.abs(values[~signed])
    never_negative = rule["role"] == "time" or (asks and rule["unit"] in NEVER_NEGATIVE)
    # Of a value for which several hold, the last is told.
    wrong = {
        ", and the file calls it {word}. {mend}": [
            asks and np.isfinite(value) and _is_other(words.get(text, ""), value)
            for text, value in zip(texts, values, strict=True)
        ],
        ", all with the percent sign or all without: the column also has numbers below one without "
        "it": signed & is_percent & ((unsigned <= 1) & (unsigned > 0)).any(),
        "; whether 45% is 45 or 0.45 here cannot be known. Leave the sign out, or make % the unit "
        "in the codebook": signed & (not is_percent),
        " that can be": np.isinf(values),
        ", not below zero. {mend}": (values < 0) & never_negative,
        " and no longer than a life; perhaps it is a date, which spreadsheet programs keep as a "
        "number. Enter the time between two dates": (values > lived) & (values > EARLIEST_DATE),
    }
    for why, which in wrong.items():
        for i in np.flatnonzero(which).tolist():
            word, mended = quoted(words.get(texts[i], "")), code_mend(rule, [texts[i]])
            refused[i] = expected + why.format(word=word, mend=mended)
    labeled = [
        f"{quoted(text)} {quoted(words[text])}"
        for i, text in enumerate(texts)
        if asks and np.isfinite(values[i]) and i not in refused and words.get(text, text) != text
    ]
    values_read = np.where(np.isin(np.arange(len(texts)), [*refused]), np.nan, values)
    suspects = _codes_for_missing(values_read, counts) if asks else {}
    # A number of one row is told of on pages where no patient can have it.
    nobodys = [f"{code:.12g}" for code in suspects if code > lived]
    notes = that_hold(
        {
            **{
                f"{kind}{f' ({counts[found].sum():,})' if shows_all else ''}.": True
                for kind, found in kinds.items()
            },
            f"the file calls {first_of(labeled)}, which was read as a number. What stands for a "
            "missing value goes into the column missing of the codebook, or none if nothing "
            "does.": labeled,
            f"{listed(nobodys)} is longer than a life and was read as a value. "
            f"{code_mend(rule, nobodys)}.": nobodys,
            "it is the same for all patients.": len({*values}) == 1 and np.isfinite(values[0]),
            "most values are not above 1: are they fractions rather than percentages? A workbook "
            "has 0.45 where it shows 45%.": is_percent and 0 < pd.Series(values).median() <= 1,
        }
    )
    return Reading(
        values[column.cat.codes],
        refused,
        notes + notes_on(column, missing, {}, shows_all),
        decimal_sign="," if "," in decimal else next(iter(decimal), None),
        doubtful=None
        if decimal or groups
        else next((text for way, text, _ in written.values() if way == EITHER_POINT), None),
        suspects=suspects,
    )


def _is_other(word: str, value: float) -> bool:
    """Whether what a file calls a value is none, or another number, with a unit or without."""
    number = re.fullmatch(r"([\d.,]*\d)\s*[^\W\d]*", word.strip())
    forms = {number[1].replace(",", "."), number[1].replace(",", "")} if number else ()
    other = [form for form in map(number_form, forms) if form]
    return bool(NOT_KNOWN.fullmatch(word)) or (bool(other) and f"{value:.15g}" not in other)


def code_mend(rule: pd.Series, codes: list[str]) -> str:
    """What to write into the codebook where numbers may be codes for missing values."""
    named = parts(rule.get("missing", ""))
    # A time below zero is never a value.
    is_wrong = rule["role"] == "time" and all(code.startswith(("-", "−")) for code in codes)
    other = "correct it" if is_wrong else f"{'|'.join([*named, NO_CODES])} if it is a value"
    return f"Write {'|'.join([*named, *codes])} into the column missing of the codebook, or {other}"


def _written(original: str, unit: str) -> tuple[Way | None, str, str]:
    """How a number is written; the number without its unit or percent sign, in usual digits; and
    what a note says of these.
    """
    text = " ".join(usual(original).split())
    note = "" if text == original else "unusual digits or signs were read as usual ones"
    for sign, said in {usual(unit): f"the unit {quoted(unit)} was left out", "%": PERCENT}.items():
        # What begins with a digit may be the end of the number.
        if sign and not sign[0].isdigit() and text.casefold().endswith(sign.casefold()):
            text, note = text[: -len(sign)].strip(), said
            break
    way = next((way for way in WAYS if re.fullmatch(f"[+-]?({way.pattern})", text, re.A)), None)
    return way, text, note


def _decided(way: Way | None, decimal: set[str], groups: set[str]) -> Way | None:
    """The way in which a number is written, where what else its column holds decides it."""
    decided = {
        COMMA: way == EITHER_COMMA and decimal == {","},
        COMMA_GROUPS: way == EITHER_COMMA and decimal == {"."},
        POINT: way == EITHER_POINT and "," not in decimal and "." not in groups,
        POINT_GROUPS: way == EITHER_POINT and "." not in decimal and "." in groups,
    }
    return next((other for other, is_so in decided.items() if is_so), way)


def _codes_for_missing(values: np.ndarray, counts: np.ndarray) -> dict[float, int]:
    """Values that look like codes for missing ones, and how many rows have each: 9s, 8s or 7s (99,
    99.9, 888) and what is next to 9s (97, 98, 99) at an end of the column that stand apart, and a
    few negative numbers among positive ones that are whole, or further from these than they spread.
    """
    rows = pd.Series(counts).groupby(values).sum()
    known, repeated = rows.index.to_numpy(), rows.to_numpy() > 1
    below = -_apart(-known[::-1], repeated[::-1])
    found = {*_apart(known, repeated), *below[below < 0]}
    negative, others = known[known < 0], known[known >= 0]
    # Numbers of both signs are seldom further apart than all that are positive.
    if 0 < len(negative) <= min(FEW, len(known) // 2) and (
        (negative % 1 == 0).all() or others[0] - negative[-1] > np.ptp(others)
    ):
        found |= {*negative}
    return {float(value): int(rows[value]) for value in sorted(found)}


def _apart(known: np.ndarray, repeated: np.ndarray) -> np.ndarray:
    """The largest of sorted numbers, if they look like codes and stand apart from the others by
    more than one and a half times the widest gap between those; if several rows have a code, the
    widest but that of one outlier.
    """
    for count in range(min(FEW, len(known) - 1), 0, -1):
        codes, rest = known[-count:], known[:-count]
        gaps = np.sort(np.diff(rest)) if len(rest) > 1 else abs(rest)
        outlier = len(gaps) >= MANY and repeated[-count:].any()
        alike = all(re.fullmatch(r"-?([789])\1*(\.\1+)?", f"{code:.12g}") for code in codes)
        # As 97, 98 and 99, or 6666 to 9999; of which the very old are the former as well.
        run = not f"{codes[-1]:.12g}".strip("9") and {*np.diff(codes)} in ({1}, {codes[-1] / 9})
        widest = max(gaps[-1 - outlier], 0 if alike else np.ptp(rest) / 15)
        if (alike or run) and (codes[0] - rest[-1]) / 1.5 > widest:
            return codes
    return known[:0]
