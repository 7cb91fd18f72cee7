"""The two-by-two table behind the numbers of a marker: sensitivity, specificity, predictive values,
the fractions beside them, and how many patients there are and have the event.

Its four cells are whole numbers. A printed fraction says how many some of them are together; a
printed percentage from a to b, that one sum of cells is from a times to b times another. All this
is linear in the cells, so whether there is a table that prints everything is an integer program;
where no number of patients is printed at all, only the proportions of the cells matter, and it is
a linear one. The least and the greatest value that the others allow a claim are found by the method
of Dinkelbach (1967, Management Science 13:492-498), a row of such programs.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain
from math import inf

import numpy as np
import pandas as pd
from scipy.optimize import Bounds, LinearConstraint, OptimizeResult, milp

from lib.paper import reconstruct
from lib.paper.checks import ids
from lib.paper.digits import interval
from lib.paper.premises import PREMISES, apart, denominator, no_word, other_method, stated, unstated
from lib.paper.published import MOST_PATIENTS, fraction_of, subject
from lib.paper.topics import Topic
from lib.paper.verdicts import Check, Span, about

# Of the cells (with the event those with the marker and without, then without the event) which a
# share counts, and which it is out of. The fifth is the number one.
CELLS = {
    "sensitivity": np.array([(1, 0, 0, 0, 0), (1, 1, 0, 0, 0)]),
    "specificity": np.array([(0, 0, 0, 1, 0), (0, 0, 1, 1, 0)]),
    "ppv": np.array([(1, 0, 0, 0, 0), (1, 0, 1, 0, 0)]),
    "npv": np.array([(0, 0, 0, 1, 0), (0, 1, 0, 1, 0)]),
}
EVENTS, PATIENTS, ONE = np.array([(1, 1, 0, 0, 0), (1, 1, 1, 1, 0), (0, 0, 0, 0, 1)])
# What the checks on all markers together know as well, of all patients.
KNOWN_ELSEWHERE = {*reconstruct.MARKER_QUANTITIES, "patients", "events"}
INFEASIBLE = 2  # the status that scipy gives
MOST_NODES = 2_000
CLOSE = 1e-12

# A sum of cells, each so many times, with the least and the greatest value that it may have.
Bound = tuple[np.ndarray, float, float]


def one_table(claims: pd.DataFrame, topic: Topic) -> Iterator[Check]:
    """One two-by-two table is behind the numbers of a marker, of all patients and of each group."""
    for cell in topic.cells:
        shares = [cell[quantity] for quantity in CELLS if quantity in cell]
        bounds, populations, needs = _bounds(claims, shares)
        rates = []
        if cell is topic.own and shares and len(populations) < 2:
            rates = _rates(claims, shares)
            if "methods.all.events" in claims.index:
                events = int(claims.at["methods.all.events", "printed"])
                bounds["methods.all.events"] = [(EVENTS, events, events)]
        quantities = {name.split(".")[2] for name in bounds}
        is_known = quantities <= KNOWN_ELSEWHERE and not any(apart(claims, n) for n in shares)
        if len(bounds) < 2 or (topic.section == "roc" and is_known):
            continue
        table = _Table(claims, bounds, rates)
        needs += unstated(claims, [*shares, *bounds], ["of", "events"])
        needs += [no_word("fractions")] * ("count" in quantities and PREMISES["of"] in needs)
        yield Check(
            f"the numbers of {about(subject(shares[0]), claims)} are of one two-by-two table",
            tuple(dict.fromkeys([*bounds, *rates])),
            table.fits,
            table.allows,
            needs=tuple(needs),
            why_not=other_method(claims, shares)
            or "they are of different patients" * (len(populations) > 1),
        )


def _bounds(
    claims: pd.DataFrame, shares: list[str]
) -> tuple[dict[str, list[Bound]], set, list[str]]:
    """What each claim says of the cells, of which patients the shares are, and what that rests on.

    A fraction says more than its percentage. A number that one share alone states is what it is out
    of; one that several state is that of all patients.
    """
    of = {name: denominator(claims, name) for name in shares}
    totals = [total for total, *_ in of.values()]
    bounds, populations, needs = {}, set(), []
    for name, (total, size, assumed) in of.items():
        section, who, quantity = name.split(".")[:3]
        counted, out_of = CELLS[quantity]
        fraction = f"{section}.{fraction_of(who, quantity)}.count"
        is_fraction = stated(claims, [fraction]).get("of", "").isdigit()
        if is_fraction:
            count, out = int(claims.at[fraction, "printed"]), denominator(claims, fraction)[0]
            bounds[fraction] = [(counted, count, count), (out_of, out, out)]
        else:
            printed = claims.at[name, "printed"]
            bounds[name] = [(out_of, 1, inf), *_of_share(printed, counted, out_of).values()]
        # What a fraction is out of may be a part of what its percentage is said to be of.
        if not total or (is_fraction and (assumed or size is None)):
            continue
        if size is None and totals.count(total) == 1:
            bounds.setdefault(name, []).append((out_of, total, total))
            needs.append(no_word("share", total))
        else:
            bounds.setdefault(size or name, []).append((PATIENTS, total, total))
            populations.add((total, size))
    return bounds, populations, needs


def _of_share(printed: str, counted: np.ndarray, out_of: np.ndarray) -> dict[int, Bound]:
    """What the digits of a share of some cells in others say, from below (1) and from above (-1).
    What is not closed is farther by a whole number."""
    of = interval(printed)
    ends = {1: (of.lower, of.lower_closed), -1: (of.upper, of.upper_closed)}
    return {
        sign: (sign * (end.denominator * counted - end.numerator * out_of), int(not closed), inf)
        for sign, (end, closed) in ends.items()
        if abs(end) < inf
    }


def _rates(claims: pd.DataFrame, shares: list[str]) -> list[str]:
    """The claims of the rates of patency, and of their groups, if it is stated that they count the
    events of a marker."""
    sizes = ids(claims, "methods", "patients")
    rates = [n for n in ids(claims, "patency", "primary_patency") if not apart(claims, n)]
    words = ["of", "rate", *["partition"] * (len(sizes) > 1)]
    is_open = unstated(claims, [*shares, *rates], ["events"])
    is_open += unstated(claims, [*sizes, *rates], words)
    return [*sizes, *rates] if rates and not is_open else []


@dataclass(frozen=True)
class _Table:
    """A table that is asked for: what each claim says of its cells, and the claims of rates."""

    claims: pd.DataFrame
    bounds: dict[str, list[Bound]]
    rates: list[str]

    def fits(self, left_out: frozenset[str]) -> bool | None:
        """Whether some table prints all claims but those left out."""
        if len(self.bounds.keys() - left_out) < 2:
            return None
        return _solved(self._kept(left_out)).status != INFEASIBLE

    def allows(self, name: str) -> list[Span] | None:
        """The least and the greatest value that the others allow, where there is a table; else
        those next below and above what is printed."""
        if name not in self.bounds:
            return None
        kept = self._kept(frozenset([name]))
        counted, out_of = CELLS.get(name.split(".")[2], (self.bounds[name][0][0], ONE))
        if self.fits(frozenset()):
            ends = [_best(kept, counted, out_of, sign) for sign in (-1, 1)]
            return None if None in ends or max(ends) >= MOST_PATIENTS else [tuple(ends)]
        printed = _of_share(self.claims.at[name, "printed"], counted, out_of)
        found = [
            _best([*kept, (-row, 1 - least, inf)], counted, out_of, sign)
            for sign, (row, least, _) in printed.items()
        ]
        return [(value, value) for value in found if value is not None]

    def _kept(self, left_out: frozenset[str]) -> list[Bound]:
        """What all claims but those left out say of the cells."""
        kept = list(chain(*(self.bounds[name] for name in self.bounds.keys() - left_out)))
        rates = [name for name in self.rates if name not in left_out]
        found = reconstruct.solutions(self.claims, rates) if rates else None
        if found and found.occluded is not None:
            kept.append((EVENTS, int(found.occluded.min()), int(found.occluded.max())))
        return kept


def _best(
    bounds: list[Bound], counted: np.ndarray, out_of: np.ndarray, sign: int
) -> Fraction | None:
    """The greatest (1) or least (-1) share of some cells in others; None where no table is."""
    bounds, best = [*bounds, (out_of, 1, inf)], None
    cells = _solved(bounds).x
    while cells is not None:
        share = Fraction(float(counted @ cells)) / Fraction(float(out_of @ cells))
        if best is not None and abs(share - best) < CLOSE:
            break
        best = share
        cells = _solved(bounds, -sign * (counted - float(best) * out_of)).x
    return best


def _solved(bounds: list[Bound], objective: np.ndarray = 0 * ONE) -> OptimizeResult:
    """The cells of a table that is least in an objective; with no number of patients, their shares
    in all."""
    rows, least, most = map(np.array, zip(*bounds, strict=True))
    is_counted = bool((most < inf).any() or rows[:, -1].any())
    if not is_counted:
        # A share that is not closed comes as near to its end as one likes.
        rows, least, most = np.vstack([rows, PATIENTS]), np.append(0 * least, 1), np.append(most, 1)
    found = milp(
        objective,
        constraints=LinearConstraint(rows, least - is_counted / 2, most + is_counted / 2),
        integrality=np.full(len(ONE), int(is_counted)),
        bounds=Bounds(ONE, np.where(ONE, 1, MOST_PATIENTS)),
        options={"node_limit": MOST_NODES},
    )
    if is_counted and found.x is not None:
        found.x = found.x.round()
    return found
