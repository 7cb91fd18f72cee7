"""What printed digits can stand for.

A printed number is an interval. "0.020" stands for every value that rounds to it, and for the
string alone it cannot be known which one was meant.
"""

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Context, Decimal
from fractions import Fraction
from functools import cache
from math import inf

from lib.patients.errors import InputError

NUMBER = re.compile(
    r"(?P<sign>[<>≤≥]?)\s*(?P<digits>-?\d+(?:\.(?P<decimals>\d+))?)\s*(?P<percent>%?)"
)
# What stands after a number whose digits are taken to be cut off; no file may hold it.
CUT_OFF = "…"
# More digits than any number here has.
DIGITS = Context(prec=60)


@dataclass(frozen=True)
class Interval:
    """The values a printed number can stand for; an infinite bound is no bound.

    Percentages are proportions here: "89.4%" is about 0.894.
    """

    lower: Fraction | float = -inf
    upper: Fraction | float = inf
    lower_closed: bool = True
    upper_closed: bool = False

    def __contains__(self, value: float | Fraction) -> bool:
        above = value > self.lower or (self.lower_closed and value == self.lower)
        below = value < self.upper or (self.upper_closed and value == self.upper)
        return above and below

    def meets(self, low: float | Fraction, high: float | Fraction) -> bool:
        """Whether some value from ``low`` to ``high`` is among these."""
        return low in self or high in self or low < self.lower < high


def parse(printed: str) -> tuple[str, Fraction, Fraction]:
    """The sign of a threshold, the value, and one unit of the last digit.

    A percentage is a proportion here. Raises ``InputError`` when it is not a number.
    """
    match = NUMBER.fullmatch(printed.strip().removesuffix(CUT_OFF))
    if not match:
        raise InputError(
            f"“{printed}” is not a printed number; expected for example 0.020, 89.4% or <0.05"
        )
    scale = 100 if match["percent"] else 1
    unit = Fraction(1, 10 ** len(match["decimals"] or ""))
    return match["sign"], Fraction(match["digits"]) / scale, unit / scale


@cache
def interval(printed: str | None, rounding: str | None = None) -> Interval:
    """The values that print as ``printed``; every value where nothing is printed (None).

    ``rounding`` is half_up (a half goes away from zero), half_even (a half goes to the even digit),
    truncation, or None for what either of the two half rules allows. A threshold such as "<0.05"
    stands for itself; "80.9%…" is cut off. Raises ``InputError`` when ``printed`` is not a
    number.
    """
    if printed is None:
        return Interval()
    rounding = "truncation" if printed.endswith(CUT_OFF) else rounding
    sign, value, unit = parse(printed)
    if sign in ("<", "≤"):
        return Interval(-inf, value, False, sign == "≤")
    if sign in (">", "≥"):
        return Interval(value, inf, sign == "≥", False)
    even = (value / unit).numerator % 2 == 0
    # How far it reaches toward zero and away from it, and whether that end belongs to it.
    inward, outward = {
        "half_up": ((unit / 2, True), (unit / 2, False)),
        "half_even": ((unit / 2, even), (unit / 2, even)),
        "truncation": ((0, True), (unit, False)),
        None: ((unit / 2, True), (unit / 2, even)),
    }[rounding]
    # From zero either way is away from it.
    below, is_lower_closed = outward if value <= 0 else inward
    above, is_upper_closed = outward if value >= 0 else inward
    return Interval(value - below, value + above, is_lower_closed, is_upper_closed)


def number(printed: str) -> Fraction:
    """The number itself, a proportion where it is a percentage; the threshold where it is one."""
    return parse(printed)[1]


def last_digit(printed: str) -> Fraction:
    """The value of one unit of the last printed digit."""
    return parse(printed)[2]


def agrees(printed: str, value: float | Fraction) -> bool:
    """Whether ``value`` prints as ``printed`` under one of the two half rules."""
    return value in interval(printed)


def prints(value: float | Fraction, like: str) -> str:
    """``value`` printed (half up) with as many digits as the string ``like``; a threshold stays."""
    return max(printings(value, like), key=lambda text: abs(number(text)))


def printings(value: float | Fraction, like: str) -> set[str]:
    """All strings as which ``value`` may be printed, with the digits of ``like``, under either half
    rule; of a threshold, itself or its opposite.
    """
    match = NUMBER.fullmatch(like.strip().removesuffix(CUT_OFF))
    if sign := match["sign"]:
        opposite = {"<": "≥", "≤": ">", ">": "≤", "≥": "<"}[sign]
        return {(sign if agrees(like, value) else opposite) + like.strip().lstrip("<>≤≥ ")}
    value = Fraction(value) * (100 if match["percent"] else 1)
    exact = DIGITS.divide(value.numerator, value.denominator)
    last = Decimal(1).scaleb(-len(match["decimals"] or ""))
    rounded = {exact.quantize(last, rule, DIGITS) for rule in (ROUND_HALF_UP, ROUND_HALF_EVEN)}
    # Zero has no sign.
    return {f"{text or abs(text):f}{match['percent']}" for text in rounded}
