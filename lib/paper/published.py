"""Claims: the numbers that the paper prints, and the values each printed string can stand for.

A printed number is an interval. "0.020" stands for every value that rounds to it, and for the
string alone it cannot be known which one was meant. Knows nothing of cohorts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from math import floor
from pathlib import Path

import pandas as pd

from lib.patients.files import DATA, InputError, fail, read_csv

__all__ = [
    "InputError",
    "Interval",
    "agrees",
    "interval",
    "last_digit",
    "number",
    "premises",
    "printings",
    "prints",
    "read",
    "rounding_that_fits",
]

PATH = DATA / "published.csv"
COLUMNS = ["id", "section", "quantity", "printed", "unit", "source"]
COUNTS = ["patients", "horizon"]
ODDS_RATIOS = ["odds_ratio", "odds_ratio_lower", "odds_ratio_upper"]
SECTIONS = {
    "methods": ["first_month", "last_month", "patients"],
    "patency": ["horizon", "primary_patency"],
    "univariate": ["p_value"],
    "multivariate": ["confidence_level", *ODDS_RATIOS, "p_value"],
    "roc": ["auc", "auc_lower", "auc_upper", "p_value", "sensitivity", "specificity"],
}
MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
ROUNDINGS = ["half_up", "half_even", "truncation"]
NUMBER = re.compile(
    r"(?P<sign>[<>≤≥]?)\s*(?P<digits>-?\d+(?:\.(?P<decimals>\d+))?)\s*(?P<percent>%?)"
)


@dataclass(frozen=True)
class Interval:
    """The values a printed number can stand for; a bound of None is no bound.

    Percentages are proportions here: "89.4%" is about 0.894.
    """

    lower: Fraction | None
    upper: Fraction | None
    lower_closed: bool = True
    upper_closed: bool = False

    def __contains__(self, value: float | Fraction) -> bool:
        value = Fraction(value)
        above = (
            self.lower is None or value > self.lower or (self.lower_closed and value == self.lower)
        )
        below = (
            self.upper is None or value < self.upper or (self.upper_closed and value == self.upper)
        )
        return above and below


def read(path: Path | None = None) -> pd.DataFrame:
    """All claims of a file (default: our own), indexed by ``id`` (section.subject.quantity), the
    printed strings untouched.

    Raises `InputError` naming file, line and column of everything that cannot be read.
    """
    path = Path(path or PATH)
    claims = read_csv(path, COLUMNS)
    problems = []
    for line, claim in claims.iterrows():
        where = f"line {line}, column"
        parts = claim["id"].split(".")
        if (
            len(parts) not in (3, 4)
            or parts[0] != claim["section"]
            or parts[2] != claim["quantity"]
        ):
            problems.append(
                f"{where} id: “{claim['id']}” is not section.subject.quantity of the same line"
            )
        if claim["section"] not in SECTIONS:
            problems.append(
                f"{where} section: “{claim['section']}” is not one of {', '.join(SECTIONS)}"
            )
        elif claim["quantity"] not in SECTIONS[claim["section"]]:
            expected = ", ".join(SECTIONS[claim["section"]])
            problems.append(f"{where} quantity: “{claim['quantity']}” is not one of {expected}")
        if not claim["source"]:
            problems.append(f"{where} source: empty; expected where the number is printed")
        if claim["unit"] == "month":
            month, _, year = claim["printed"].partition(" ")
            if month not in MONTHS or not re.fullmatch(r"\d{4}", year):
                problems.append(
                    f"{where} printed: “{claim['printed']}” is not a month such as “May 2019”"
                )
        elif not NUMBER.fullmatch(claim["printed"]):
            problems.append(
                f"{where} printed: “{claim['printed']}” is not a number; expected for example "
                "0.020, 89.4% or <0.05"
            )
        elif expected := expected_instead(claim["quantity"], claim["printed"]):
            problems.append(f"{where} printed: “{claim['printed']}” is not {expected}")
    for name in claims["id"][claims["id"].duplicated()]:
        problems.append(f"column id: “{name}” occurs more than once; each claim has one row")
    fail(path, problems)
    return claims.set_index("id")


def expected_instead(quantity: str, printed: str) -> str | None:
    """What a number of this quantity looks like, in words, where the printed one cannot be one."""
    sign, value, _ = _parse(printed)
    if quantity in COUNTS:
        expected, fits = "a whole number above zero", re.fullmatch(r"[1-9]\d*", printed)
    elif quantity in ODDS_RATIOS:
        expected, fits = "a plain number above zero", value > 0 and not sign and "%" not in printed
    elif quantity == "p_value":
        expected, fits = (
            "a probability",
            0 <= value <= 1 and not (sign in ("<", "≤") and value == 0),
        )
    else:
        expected, fits = "a proportion or a percentage", 0 <= value <= 1 and not sign
    return None if fits else expected


def subject(claim_id: str) -> str:
    """What a claim is about: a group, a factor, or all."""
    return claim_id.split(".")[1]


def premises(claims: pd.DataFrame, names: Iterable[str]) -> dict[str, str]:
    """What the column ``basis`` states of any of the claims named: each word with what follows its
    colon ("of:drug" is {"of": "drug"}); nothing where the column is not there."""
    if "basis" not in claims:
        return {}
    words = "|".join(claims.at[name, "basis"] for name in names if name in claims.index).split("|")
    return dict(word.strip().partition(":")[::2] for word in words if word.strip())


def _parse(printed: str) -> tuple[str, Fraction, Fraction]:
    match = NUMBER.fullmatch(printed.strip())
    if not match:
        raise InputError(
            f"“{printed}” is not a printed number; expected for example 0.020, 89.4% or <0.05"
        )
    scale = 100 if match["percent"] else 1
    unit = Fraction(1, 10 ** len(match["decimals"] or ""))
    return match["sign"], Fraction(match["digits"]) / scale, unit / scale


@cache
def interval(printed: str, rounding: str | None = None) -> Interval:
    """The values that print as `printed`.

    `rounding` is half_up (a half goes away from zero), half_even (a half goes to the even digit),
    truncation, or None for what either of the two half rules allows. A threshold such as "<0.05"
    stands for itself. Raises `InputError` when `printed` is not a number.
    """
    sign, value, unit = _parse(printed)
    if sign in ("<", "≤"):
        return Interval(None, value, False, sign == "≤")
    if sign in (">", "≥"):
        return Interval(value, None, sign == "≥", False)
    half = unit / 2
    even = (value / unit).numerator % 2 == 0
    away, toward = (True, False) if value >= 0 else (False, True)
    if rounding == "truncation":
        if value == 0:
            return Interval(-unit, unit, False, False)
        return (
            Interval(value, value + unit, True, False)
            if value > 0
            else Interval(value - unit, value, False, True)
        )
    if value == 0:
        return Interval(-half, half, rounding != "half_up", rounding != "half_up")
    closed = {
        "half_up": (away, toward),
        "half_even": (even, even),
        None: (away or even, toward or even),
    }
    return Interval(value - half, value + half, *closed[rounding])


def number(printed: str) -> Fraction:
    """The number itself, a proportion where it is a percentage; the threshold where it is one."""
    return _parse(printed)[1]


def last_digit(printed: str) -> Fraction:
    """The value of one unit of the last printed digit."""
    return _parse(printed)[2]


def agrees(printed: str, value: float | Fraction) -> bool:
    """Whether `value` prints as `printed` under one of the two half rules."""
    return value in interval(printed)


def rounding_that_fits(printed: str, value: float | Fraction) -> list[str]:
    """The rounding rules under which `value` prints as `printed`, truncation included."""
    return [rounding for rounding in ROUNDINGS if value in interval(printed, rounding)]


def prints(value: float | Fraction, like: str) -> str:
    """`value` printed (half up) with as many digits as the string `like`; a threshold stays one."""
    sign, _, unit = _parse(like)
    if sign:
        opposite = {"<": "≥", "≤": ">", ">": "≤", "≥": "<"}[sign]
        return (sign if agrees(like, value) else opposite) + like.strip().lstrip("<>≤≥ ")
    steps = abs(Fraction(value)) / unit
    return _with_digits(floor(steps + Fraction(1, 2)), value < 0, like)


def printings(value: float | Fraction, like: str) -> set[str]:
    """All strings as which `value` may be printed, with the digits of `like`, under either half
    rule.
    """
    sign, _, unit = _parse(like)
    if sign:
        return {prints(value, like)}
    below = floor(abs(Fraction(value)) / unit)
    candidates = {_with_digits(whole, value < 0, like) for whole in (below, below + 1)}
    return {text for text in candidates if agrees(text, value)}


def _with_digits(whole: int, negative: bool, like: str) -> str:
    match = NUMBER.fullmatch(like.strip())
    decimals = len(match["decimals"] or "")
    digits = f"{whole:0{decimals + 1}d}"
    digits = f"{digits[:-decimals]}.{digits[-decimals:]}" if decimals else digits
    return ("-" if negative and whole else "") + digits + match["percent"]
