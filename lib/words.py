"""How numbers and lists of words read, the same on every page and in the terminal.

The ground room: every other room may use it, and it uses none. Proportions are between 0 and 1;
where there is no number (NaN or None), each function gives a dash.
"""

import os
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal, localcontext

import numpy as np
import pandas as pd

DASH = "–"
NO_BREAK = "\u00a0"  # a space at which no line ends

# -------------------------------------------------------------------------------------- numbers


def number(value: float, digits: int = 2) -> str:
    """A number with a fixed count of decimals; a half is rounded away from zero, as on paper."""
    if pd.isna(value):
        return DASH
    # What is a half on paper need not be one in binary digits: 100 * 0.575 is 57.49999999999999.
    with localcontext(rounding=ROUND_HALF_UP):
        return f"{Decimal(f'{value:.13g}'):,.{digits}f}".replace("-", "−")


def whole(value: float) -> str:
    """A count."""
    return number(value, 0)


def ratio(value: float, digits: int | None = 2) -> str:
    """A ratio with a count of decimals (three below a hundredth), or to three digits where that is
    None; beyond a thousand, or below a thousandth, only that it is."""
    if not 0.001 <= value <= 1000:
        return DASH if pd.isna(value) else ">1,000" if value > 1 else "<0.001"
    return f"{value:.3g}" if digits is None else number(value, 3 if value < 0.01 else digits)


def decimals(values: pd.Series) -> int:
    """How many decimals tell the values apart: two digits of the range of their middle half (of
    all, where that is none), but no more than they have; below 0 where tens or more are enough."""
    values = values.dropna()
    spread = values.quantile(0.75) - values.quantile(0.25) or values.max() - values.min()
    needed = 1 - int(np.floor(np.log10(spread))) if spread > 0 else 2
    # Of some files, 0.1 is only nearly that.
    own = (d for d in range(needed) if np.allclose(values, values.round(d), rtol=1e-6, atol=0))
    return next(own, needed)


def measured(value: float, decimals: int) -> str:
    """A measurement with so many decimals; with a power of ten where that is too long to read. Four
    digits before the point stand together, as in a year."""
    text = number(value, max(decimals, 0))
    if sum(map(str.isdigit, text)) > 7 or (decimals > 4 and abs(value) < 0.01):
        text = f"{round(value, decimals):.7g}".replace("-", "−")
    return text.replace(",", "") if abs(value) < 1e4 else text


def percent(value: float, digits: int = 1) -> str:
    """A proportion as a percentage."""
    return DASH if pd.isna(value) else f"{number(100 * value, digits)}%"


def p_value(value: float) -> str:
    """A P value to two significant digits, three decimals at least; "<0.0001" below that."""
    if pd.isna(value):
        return DASH
    if value < 0.0001:
        return "<0.0001"
    decimals = max(3, 1 - int(np.floor(np.log10(value))))
    return number(value, decimals)


def p_is(value: float) -> str:
    """A P value in a sentence, on one line: "P = 0.020", "P <0.0001"."""
    text = p_value(value)
    return NO_BREAK.join(["P", text] if text.startswith("<") else ["P", "=", text])


def limits(lower: float, upper: float, form: Callable[..., str] = number, **options: int) -> str:
    """Two limits, each as ``form`` writes it, on one line: "0.52 to 0.72".

    ``options`` go to ``form``.
    """
    if pd.isna(lower) or pd.isna(upper):
        return DASH
    return NO_BREAK.join([form(lower, **options), "to", form(upper, **options)])


# ---------------------------------------------------------------------------------------- words


def counted(count: int, noun: str) -> str:
    """How many there are of what a noun names: "1 factor", "12 factors"."""
    return f"{whole(count)} {noun}{'' if count == 1 else 's'}"


def listed(words: list[str], joined: str = "and") -> str:
    """Words in a row: "a", "a and b", "a, b and c"; "none" where there are none."""
    *most, last = [str(word) for word in words] or ["none"]
    return f"{', '.join(most)} {joined} {last}" if most else last


def say(*lines: str) -> None:
    """Print lines at once. Who reads only the first of them, as ``head`` does, has enough."""
    try:
        print(*lines, sep="\n", flush=True)
    except BrokenPipeError:
        # What is left in the buffer would be tried again at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def capital(words: str) -> str:
    """The same words with a capital first letter."""
    return words[:1].upper() + words[1:]
