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
from fractions import Fraction
from functools import cache, partial
from itertools import chain
from math import inf

import numpy as np
import pandas as pd
from scipy.optimize import Bounds, LinearConstraint, OptimizeResult, milp

from lib.paper import reconstruct
from lib.paper.checks import ids
from lib.paper.digits import agrees, interval, last_digit, number
from lib.paper.premises import PREMISES, apart, denominator, no_word, other_method, stated, unstated
from lib.paper.published import MOST_PATIENTS, fraction_of, subject
from lib.paper.topics import Topic
from lib.paper.verdicts import Check, Span, about, exactly

# Of the cells (with the event those with the marker and without, then without the event) which a
# share counts, and which it is out of. The fifth is the number one.
CELLS = {
    "sensitivity": np.array([(1, 0, 0, 0, 0), (1, 1, 0, 0, 0)]),
    "specificity": np.array([(0, 0, 0, 1, 0), (0, 0, 1, 1, 0)]),
    "ppv": np.array([(1, 0, 0, 0, 0), (1, 0, 1, 0, 0)]),
    "npv": np.array([(0, 0, 0, 1, 0), (0, 1, 0, 1, 0)]),
}
EVENTS, PATIENTS, ONE = np.array([(1, 1, 0, 0, 0), (1, 1, 1, 1, 0), (0, 0, 0, 0, 1)])
KNOWN_ELSEWHERE = {"patients", "events", "primary_patency"}
TOTAL_EVENTS = "methods.all.events"
INFEASIBLE = 2  # the status that scipy gives
MOST_NODES = 2_000
# The finest digit of which a program can tell, a ten-thousandth of a percent.
FINEST = Fraction(1, 1_000_000)
MOST_LISTED = 10_000
CLOSE = 1e-9

# The claims that say it, a sum of cells (each so many times), and the least and the greatest value
# of that sum.
Bound = tuple[tuple[str, ...], np.ndarray, float, float]


def one_table(claims: pd.DataFrame, topic: Topic) -> Iterator[Check]:
    """One two-by-two table is behind the numbers of a marker, of all patients and of each group."""
    for cell in topic.cells:
        shares = [cell[quantity] for quantity in CELLS if quantity in cell]
        bounds, populations, needs = _bounds(claims, shares)
        if cell is topic.own and shares and len(populations) < 2:
            bounds += _of_events(claims, shares)
        names = tuple(dict.fromkeys(chain(*(of for of, *_ in bounds))))
        quantities = {name.split(".")[2] for name in names}
        # The checks on all markers together say as much of the two, if they are of all patients.
        are_both = {*reconstruct.MARKER_QUANTITIES} == quantities - KNOWN_ELSEWHERE
        is_known = are_both and not any(apart(claims, name) for name in shares)
        has_own = any(of[0] in shares and most < inf for of, *_, most in bounds)
        if len(names) < 2 - has_own or not shares or (topic.section == "roc" and is_known):
            continue
        # A specificity is not of these events.
        is_open = quantities == {"events", "specificity"}
        needs += unstated(claims, [*shares, *names], ["of", "events"])
        needs += [no_word("fractions")] * ("count" in quantities and PREMISES["of"] in needs)
        yield Check(
            f"the numbers of {about(subject(shares[0]), claims)} are of one two-by-two table",
            names,
            partial(_fits, bounds),
            cache(partial(_allows, claims, bounds)),
            needs=tuple(needs),
            why_not=other_method(claims, shares)
            or "they are of different patients" * (len(populations) > 1)
            or "the number of all patients is not known" * is_open,
        )


def _bounds(
    claims: pd.DataFrame, shares: list[str]
) -> tuple[list[Bound], set[tuple[int, str | None]], list[str]]:
    """What the shares say of the cells, of which patients they are, and what that rests on.

    A number that one share alone states is what it is out of; one that several state may as well be
    that of all.
    """
    bounds = [bound for name in shares for bound in _of_one(claims, name)]
    populations, needs, numbers = set(), [], {}
    for name in shares:
        total, size, assumed = denominator(claims, name)
        if size is None and apart(claims, name):
            numbers |= {} if _is_fraction(claims, name) else {name: total}
        elif total and not (assumed and _is_fraction(claims, name)):
            populations.add((total, size or "methods.all.patients"))
    bounds += [((size,), PATIENTS, total, total) for total, size in populations]
    for name, total in numbers.items():
        is_own = [*numbers.values()].count(total) == 1
        _, out_of = CELLS[name.split(".")[2]]
        bounds.append(((name,), out_of, total if is_own else 1, total))
        # Some share of fewer patients may print so as well.
        printed = claims.at[name, "printed"]
        if is_own and agrees(printed, number(printed).limit_denominator(total)):
            needs.append(no_word("share", total))
    return bounds, populations, needs


def _is_fraction(claims: pd.DataFrame, name: str) -> bool:
    """Whether a share is printed as a fraction, which may be of a part of its patients."""
    return stated(claims, [fraction_of(name)]).get("of", "").isdigit()


def _of_one(claims: pd.DataFrame, name: str) -> list[Bound]:
    """What a share says of the cells: by its fraction, which says more than its percentage, or by
    its digits."""
    counted, out_of = CELLS[name.split(".")[2]]
    if not _is_fraction(claims, name):
        of_digits = _of_share(claims.at[name, "printed"], counted, out_of).values()
        return [((name,), *of) for of in ((out_of, 1, inf), *of_digits)]
    fraction = fraction_of(name)
    count, total = int(claims.at[fraction, "printed"]), denominator(claims, fraction)[0]
    return [((fraction,), counted, count, count), ((fraction,), out_of, total, total)]


def _of_events(claims: pd.DataFrame, shares: list[str]) -> Iterator[Bound]:
    """How many events are printed; and how many the rates of patency allow, if it is stated that
    they count the same."""
    if events := claims["printed"].get(TOTAL_EVENTS):
        yield (TOTAL_EVENTS,), EVENTS, int(events), int(events)
    sizes = ids(claims, "methods", "patients")
    rates = [name for name in ids(claims, "patency", "primary_patency") if not apart(claims, name)]
    words = ["of", "rate", *["partition"] * (len(sizes) > 1)]
    is_open = unstated(claims, [*shares, *rates], ["events"])
    found = reconstruct.solutions(claims, [*sizes, *rates]) if rates and not is_open else None
    if found and found.occluded is not None and not unstated(claims, [*sizes, *rates], words):
        yield (*sizes, *rates), EVENTS, int(found.occluded.min()), int(found.occluded.max())


def _fits(bounds: list[Bound], left_out: frozenset[str]) -> bool | None:
    """Whether some table prints all claims but those left out."""
    kept = [bound for bound in bounds if not left_out & {*bound[0]}]
    return _solved(kept).status != INFEASIBLE if kept else None


def _allows(claims: pd.DataFrame, bounds: list[Bound], name: str) -> list[Span] | None:
    """The least and the greatest value that the others allow a claim, where there is a table; else
    those next below and above what is printed."""
    own = [bound for bound in bounds if name in bound[0]]
    if not all(len(names) == 1 for names, *_ in own):
        return None
    # What a share is out of stays.
    stays = [bound for bound in own[1:] if bound[3] < inf]
    kept = [bound for bound in bounds if name not in bound[0]] + stays
    counted, out_of = CELLS.get(name.split(".")[2], (own[0][1], ONE))
    if _fits(bounds, frozenset()):
        least, most = (_best(kept, counted, out_of, sign) for sign in (-1, 1))
        total, greatest = (_best(kept, out_of, ONE, sign) for sign in (-1, 1))
        is_known = None not in (least, most, total, greatest)
        if is_known and out_of is not ONE and total == greatest <= MOST_LISTED:
            counts = range(int(least * total), int(most * total) + 1)
            return list(exactly(*(count / total for count in counts)))
        free = [_best(stays, counted, out_of, sign) for sign in (-1, 1)]
        return [(least, most)] if is_known and [least, most] != free else None
    printed = _of_share(claims.at[name, "printed"], counted, out_of)
    found = [
        _best([*kept, ((), -row, 1 - least, inf)], counted, out_of, sign)
        for sign, (row, least, _) in printed.items()
    ]
    return list(exactly(*(value for value in found if value is not None)))


def _of_share(printed: str, counted: np.ndarray, out_of: np.ndarray) -> dict[int, tuple]:
    """What the digits of a share of some cells in others say, from below (1) and from above (-1);
    nothing where they are too fine. What is not closed is farther by a whole number."""
    of = interval(printed)
    if last_digit(printed) < FINEST:
        return {}
    ends = {1: (of.lower, of.lower_closed), -1: (of.upper, of.upper_closed)}
    return {
        sign: (sign * (end.denominator * counted - end.numerator * out_of), int(not closed), inf)
        for sign, (end, closed) in ends.items()
        if abs(end) < inf
    }


def _best(
    bounds: list[Bound], counted: np.ndarray, out_of: np.ndarray, sign: int
) -> Fraction | None:
    """The greatest (1) or least (-1) share of some cells in others; None where no table is."""
    bounds, best = [*bounds, ((), out_of, 1, inf)], None
    cells = _solved(bounds).x
    while cells is not None:
        share = Fraction(float(counted @ cells)) / Fraction(float(out_of @ cells))
        if best is not None and sign * (share - best) < CLOSE:
            break
        best = share
        cells = _solved(bounds, -sign * (counted - float(best) * out_of)).x
    return best


def _solved(bounds: list[Bound], objective: np.ndarray = 0 * ONE) -> OptimizeResult:
    """The cells of a table that is least in an objective. With no number of patients they may be
    any multiple of its cells, so that what is above zero may as well be one or more."""
    _, *columns = zip(*bounds, strict=True)
    rows, least, most = map(np.array, columns)
    is_counted = bool((most < inf).any() or rows[:, -1].any())
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
