"""What is printed about one thing: the claims of all patients and of each group, by quantity.

From all that the digits of some claims allow follows what another may print; the checks on the
numbers of other abstracts (`proportions`, `other_abstracts`) are of this form.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import product
from math import prod

import numpy as np
import pandas as pd

from lib.paper import reconstruct
from lib.paper.digits import interval
from lib.paper.verdicts import Check, Span, one_of

# How exactly a value is computed, relative to itself.
EXACT = 1e-9
# Of more tables than this only the outermost are looked at.
MOST_TABLES = 400


@dataclass(frozen=True)
class Topic:
    """The claims about one thing: of all patients and of each group, ids by quantity."""

    section: str
    what: str
    own: dict[str, str] = field(default_factory=dict)
    groups: dict[str, dict[str, str]] = field(default_factory=dict)

    @property
    def cells(self) -> list[dict[str, str]]:
        """Of all patients, then of each group."""
        return [self.own, *self.groups.values()]


def topics(claims: pd.DataFrame) -> list[Topic]:
    """All things that the paper's own claims are about."""
    found: dict[tuple[str, str], Topic] = {}
    for name in reconstruct.original(claims).index:
        section, who, quantity = name.split(".")
        what, _, group = who.partition("@")
        if quantity.startswith("primary_patency"):
            what, group = "all", "" if who == "all" else who
            quantity = quantity.replace("primary_patency", "percentage")
        topic = found.setdefault((section, what), Topic(section, what))
        cell = topic.groups.setdefault(group, {}) if group else topic.own
        cell[quantity] = name
    return list(found.values())


def ends_of(claims: pd.DataFrame, name: str) -> Span:
    """The least and the greatest value that a claim's digits allow."""
    bounds = interval(claims.at[name, "printed"])
    return bounds.lower, bounds.upper


def follows(
    claims: pd.DataFrame,
    words: str,
    name: str,
    others: Iterable[str | None],
    spans: Iterable[Span],
    needs: Iterable[str] = (),
    why_not: str = "",
    **more: Callable | str,
) -> Check:
    """The check that a claim prints one of the values which others allow."""
    values = [(span,) for span in spans]
    return one_of(
        claims, words, [name], values, rests_on=others, needs=needs, why_not=why_not, **more
    )


def counts_of(
    claims: pd.DataFrame, names: list[str], totals: list[int]
) -> tuple[list[tuple[int, ...]], bool]:
    """All counts out of their totals that are behind some claims, each a count or a percentage, and
    whether these are all; of many the outermost."""
    ranges = [
        [min(int(claims.at[name, "printed"]), total)]
        if name.endswith(".count")
        else reconstruct.counts_behind(claims.at[name, "printed"], total)
        for name, total in zip(names, totals, strict=True)
    ]
    complete = prod(map(len, ranges)) <= MOST_TABLES
    if not complete:
        ranges = [sorted({counts[0], counts[-1]}) for counts in ranges]
    return list(product(*ranges)), complete


def spans_of(values: Iterable[Iterable[float]], complete: bool = False) -> list[Span]:
    """From the least to the greatest value of each method, or each value where those known are
    all, as exactly as it can be computed; ``values`` has a row for each table."""
    columns = np.array(list(values), float).T
    if complete:
        columns = np.unique(columns)[:, None]
    known = [column[np.isfinite(column)] for column in columns]
    ends = [(float(column.min()), float(column.max())) for column in known if len(column)]
    return [(low - abs(low) * EXACT, high + abs(high) * EXACT) for low, high in ends]
