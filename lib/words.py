"""Numbers in words, the same on every page."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

DASH = "–"


def number(value: float, digits: int = 2) -> str:
    """A number with a fixed count of decimals; a dash where there is none."""
    return DASH if pd.isna(value) else f"{value:,.{digits}f}".replace("-", "−")


def whole(value: float) -> str:
    """A count; a dash where there is none."""
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
    decimals = max(3, 1 - int(np.floor(np.log10(value)))) if value > 0 else 3
    return f"{value:.{decimals}f}"


def p_is(value: float) -> str:
    """The same in a sentence, on one line: "P = 0.020", "P <0.0001"."""
    text = p_value(value)
    return f"P\u00a0{text}" if text.startswith("<") else f"P\u00a0=\u00a0{text}"


def limits(lower: float, upper: float, form: Callable[..., str] = number, **options: int) -> str:
    """Two limits in words, on one line: "0.52 to 0.72"."""
    if pd.isna(lower) or pd.isna(upper):
        return DASH
    return f"{form(lower, **options)}\u00a0to\u00a0{form(upper, **options)}"


def listed(words: list[str]) -> str:
    """Words in a row: "a", "a and b", "a, b and c"; "none" where there are none."""
    words = [str(word) for word in words]
    if not words:
        return "none"
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + " and " + words[-1]


def capital(words: str) -> str:
    """The same words with a capital first letter."""
    return words[:1].upper() + words[1:]
