"""Claims altered or deleted, one at a time."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path

import pandas as pd

from lib.compatible import conclusions, exclusion, one_factor, verification
from lib.paper import digits, published

# Units of the last digit; None for a claim that is deleted.
CHANGES = (1, 10, None)


def cases(claims: pd.DataFrame) -> list[tuple[str, int | None]]:
    """Every claim with every change that leaves a number."""
    numbers = claims.index[claims["unit"] != "month"]
    return [
        (name, units)
        for name in claims.index
        for units in CHANGES
        if units is None or (name in numbers and moved(claims.loc[name], units))
    ]


def representatives(claims: pd.DataFrame) -> list[str]:
    """One claim of each section and quantity."""
    return list(claims.reset_index().drop_duplicates(["section", "quantity"])["id"])


def moved(claim: pd.Series, units: int) -> str | None:
    """What is printed, some units of its last digit up or else down; None where neither is a number
    of this kind."""
    printed = claim["printed"]
    plain = printed.lstrip("<>≤≥ ")
    for step in (units, -units):
        value = digits.number(printed) + step * digits.last_digit(printed)
        text = printed[: len(printed) - len(plain)] + digits.prints(value, plain)
        if value > 0 and not published.expected_instead(claim["quantity"], text):
            return text
    return None


def with_change(claims: pd.DataFrame, name: str, units: int | None, path: Path) -> pd.DataFrame:
    """The claims with the one named altered, or without it; also written to a file."""
    changed = claims.drop(index=name) if units is None else claims.copy()
    if units is not None:
        changed.at[name, "printed"] = moved(claims.loc[name], units)
    changed.reset_index().to_csv(path, index=False)
    return changed


def remember(replace: Callable[[object, str, object], None]) -> None:
    """Let stored proofs and cohorts be verified once for all runs on the same numbers: replace the
    functions that do, for good or for a test."""
    for module, name in [
        (conclusions, "known"),
        (one_factor, "least_margins"),
        (exclusion, "judge"),
        (exclusion, "outer_bounds"),
        (exclusion, "basic_bounds"),
        (verification, "believed"),
    ]:
        replace(module, name, _remembered(getattr(module, name)))


RESULTS: dict = {}


def _remembered(function):
    def remembered(*args, **kwargs):
        key = (function.__qualname__, pickle.dumps((args, kwargs)))
        if key not in RESULTS:
            RESULTS[key] = function(*args, **kwargs)
        return deepcopy(RESULTS[key])

    return remembered
