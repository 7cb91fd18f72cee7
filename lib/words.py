"""How numbers and lists of words read, the same on every page.

The ground room: every other room may use it, and it uses none. Proportions are between 0 and 1;
where there is no number (NaN or None), each function gives a dash.
"""

from collections.abc import Callable

import numpy as np
import pandas as pd

DASH = "–"
NO_BREAK = "\u00a0"  # a space at which no line ends

# -------------------------------------------------------------------------------------- numbers


def number(value: float, digits: int = 2) -> str:
    """A number with a fixed count of decimals."""
    return DASH if pd.isna(value) else f"{value:,.{digits}f}".replace("-", "−")


def whole(value: float) -> str:
    """A count."""
    return number(value, 0)


def percent(value: float, digits: int = 1) -> str:
    """A proportion as a percentage."""
    return DASH if pd.isna(value) else f"{100 * value:.{digits}f}%".replace("-", "−")


def p_value(value: float) -> str:
    """A P value to two significant digits, three decimals at least; "<0.0001" below that."""
    if pd.isna(value):
        return DASH
    if value < 0.0001:
        return "<0.0001"
    decimals = max(3, 1 - int(np.floor(np.log10(value))))
    return f"{value:.{decimals}f}"


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


def listed(words: list[str]) -> str:
    """Words in a row: "a", "a and b", "a, b and c"; "none" where there are none."""
    *most, last = [str(word) for word in words] or ["none"]
    return f"{', '.join(most)} and {last}" if most else last


def capital(words: str) -> str:
    """The same words with a capital first letter."""
    return words[:1].upper() + words[1:]
