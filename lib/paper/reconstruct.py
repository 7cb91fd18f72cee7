"""From claims to counts: every set of whole numbers that prints what the paper prints.

A printed percentage of a known total confines the count behind it to an interval of whole numbers.
With n patients and every conceivable number of events D at once:

1. each group's events lie in the interval of its rate, so all sums between the sums of the ends are
   possible, and only these;
2. the exposed of a marker among the D events lie in the interval of the sensitivity, the unexposed
   among the n - D others in that of the specificity;
3. the AUC of a yes-or-no marker is the mean of the two, which confines one given the other.

Intervals are kept as intervals, in exact whole-number arithmetic, so that many patients take little
more time than few. Nothing about any paper is written here: the groups, the markers and their
numbers all come from the claims, and one, several or no solution can be told apart.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import product, zip_longest
from math import floor, prod

import numpy as np
import pandas as pd

from lib.paper.published import Interval, interval, premises

MARKER_QUANTITIES = ("sensitivity", "specificity")
MOST_LISTED = 100_000
# Of more numbers of events than this, or of more counts of a marker, nothing is said.
MOST_EVENTS = 1_000_000
MOST_PAIRS = 3_000_000


@dataclass(frozen=True)
class Counts:
    """One way to fill in the numbers of events, given a total number of events.

    ``patients`` and ``occluded_by_group`` follow the order of the groups in the claims.
    ``markers`` maps each marker to all its pairs (exposed among the occluded, exposed among the
    patent). What the claims in use do not touch is None or empty.
    """

    patients: int | None
    occluded: int | None
    patients_by_group: tuple[int, ...]
    occluded_by_group: tuple[int, ...]
    markers: dict[str, tuple[tuple[int, int], ...]]

    @property
    def ways(self) -> int:
        """In how many ways the markers' counts can be chosen."""
        return prod(len(pairs) for pairs in self.markers.values())


@dataclass(frozen=True)
class Solutions:
    """All that the claims in use allow, as intervals; what they do not touch is None or empty.

    ``occluded`` holds the possible numbers of events; ``by_group`` the least and the greatest
    number of events of each group, of which every combination with such a sum is possible.

    ``markers`` has two arrays for each marker. The first gives positions in ``occluded``. The other
    has four rows of that length: the least and the greatest number of exposed among the occluded,
    and of unexposed among the patent. Any whole numbers between are possible, and one of the two
    pairs of ends is a single number.
    """

    patients: int | None
    sizes: tuple[int, ...]
    occluded: np.ndarray | None
    by_group: tuple[tuple[int, int], ...]
    markers: dict[str, tuple[np.ndarray, np.ndarray]]


def original(claims: pd.DataFrame) -> pd.DataFrame:
    """The claims without variants printed elsewhere (whose id has a fourth part)."""
    return claims[claims.index.str.count(r"\.") == 2]


def groups(claims: pd.DataFrame) -> list[str]:
    """The groups whose size or patency is claimed."""
    parts = [tuple(name.split(".")) for name in claims.index]
    ends = [("methods", "patients"), ("patency", "primary_patency")]
    found = [who for end in ends for section, who, *rest in parts if (section, *rest) == end]
    return [who for who in dict.fromkeys(found) if who != "all"]


def markers(claims: pd.DataFrame) -> list[str]:
    """The markers with a sensitivity and a specificity among the claims."""
    names = [name.split(".")[1] for name in claims.index if name.endswith(".sensitivity")]
    return [name for name in names if f"roc.{name}.specificity" in claims.index]


def counts_behind(printed: str | None, total: int) -> list[int]:
    """All counts out of ``total`` whose proportion prints as ``printed``; every count when None."""
    first, last = _ends(printed, np.array([total]))
    return list(range(first[0], last[0] + 1))


def _ends(printed: str | None, totals: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The least and the greatest count out of each total that prints so; the greatest is the
    smaller where there is none."""
    share = _shares(printed)
    first = _least(share.lower, totals, share.lower_closed)
    return first, _most(share.upper, totals, share.upper_closed)


def _shares(printed: str | None) -> Interval:
    """The proportions that print so, from 0 to 1; all of them when None."""
    bounds = interval(printed) if printed is not None else Interval(None, None)
    zero = Interval(Fraction(0), Fraction(0), True, True)
    low = zero if bounds.lower is None or bounds.lower < 0 else bounds
    one = Interval(Fraction(1), Fraction(1), True, True)
    high = one if bounds.upper is None or bounds.upper > 1 else bounds
    return Interval(low.lower, high.upper, low.lower_closed, high.upper_closed)


def _least(share: Fraction, totals: np.ndarray, closed: bool, over: np.ndarray | int = 1):
    """The least whole number not below (above, unless closed) share * totals / over."""
    above = -(-share.numerator * totals // (share.denominator * over))
    return above if closed else share.numerator * totals // (share.denominator * over) + 1


def _most(share: Fraction, totals: np.ndarray, closed: bool, over: np.ndarray | int = 1):
    return -_least(-share, totals, closed, over)


def solve(claims: pd.DataFrame, using: list[str] | None = None) -> list[Counts]:
    """All counts compatible with the claims named in ``using`` (default: all of them), listed.

    The claims that matter are those of ``solutions``.
    """
    found = solutions(claims, using)
    return list(_listed(found)) if found else []


def _listed(found: Solutions) -> Iterator[Counts]:
    by_total: dict[int | None, list[tuple[int, ...]]] = {}
    for events in product(*(range(low, high + 1) for low, high in found.by_group)):
        by_total.setdefault(sum(events) if events else None, []).append(events)
    pairs: dict[int, dict[str, tuple]] = {}
    for marker in found.markers:
        for exposed, unexposed, occluded, patent in np.transpose(listed(found, marker)).tolist():
            of = pairs.setdefault(occluded, {}).setdefault(marker, [])
            of.append((exposed, patent - unexposed))
    for total in pairs or by_total:
        markers = {marker: tuple(of) for marker, of in pairs.get(total, {}).items()}
        for events in by_total.get(total, []) if found.by_group else [()]:
            yield Counts(found.patients, total, found.sizes, events, markers)


def solutions(claims: pd.DataFrame, using: list[str] | None = None) -> Solutions | None:
    """What the claims named in ``using`` (default: all of them) allow; None where they contradict
    one another.

    The claims that matter are the numbers of patients and of events, the patency rates, and each
    marker's sensitivity, specificity and AUC. The events of the patency rates and of the markers
    are taken to be the same where both are in use. A number of patients that is left out follows
    from the sum of the others.
    """
    using = set(claims.index if using is None else using)
    printed = {name: text for name, text in claims["printed"].items() if name in using}
    known = _patients(claims, printed)
    if known is None:
        return None
    patients, sizes = known
    by_group = _by_group(claims, printed, sizes)
    if any(low > high for low, high in by_group):
        return None
    by_group = by_group if all(sizes) else ()
    used = [m for m in markers(claims) if any(f"roc.{m}.{q}" in printed for q in MARKER_QUANTITIES)]
    overall, events = "patency.all.primary_patency", printed.get("methods.all.events")
    # Least and greatest number of events, as far as each part of the claims tells.
    bounds = [tuple(map(sum, zip(*by_group, strict=True)))] if by_group else []
    if overall in printed and patients:
        bounds.append(_events(claims, overall, printed[overall], patients))
    if events:
        bounds.append((int(events), int(events)))
    if used and patients:
        bounds.append((1, patients - 1))
    if not bounds:
        return Solutions(patients, sizes, None, (), {})
    least = max(low for low, _ in bounds)
    most = min([high for _, high in bounds] + ([patients] if patients else []))
    if least > most:
        return None
    if most - least > MOST_EVENTS:
        return Solutions(patients, sizes, None, by_group, {})
    occluded = np.arange(least, most + 1)
    lengths = {
        marker: [
            last - first + 1 for first, last in _marker_ends(printed, marker, occluded, patients)
        ]
        for marker in (used if patients else [])
    }
    in_use = [m for m, of in lengths.items() if min(n.clip(0).sum() for n in of) <= MOST_PAIRS]
    for marker in in_use:
        occluded = occluded[np.unique(_pairs(printed, marker, occluded, patients)[0])]
    pairs = {marker: _pairs(printed, marker, occluded, patients) for marker in in_use}
    return Solutions(patients, sizes, occluded, by_group, pairs) if len(occluded) else None


def _patients(
    claims: pd.DataFrame, printed: dict[str, str]
) -> tuple[int | None, tuple[int, ...]] | None:
    """The total and the group sizes, 0 where one is not known; None where they do not add up."""
    names = [f"methods.{name}.patients" for name in groups(claims)]
    total = int(printed["methods.all.patients"]) if "methods.all.patients" in printed else None
    sizes = [int(printed.get(name, 0)) for name in names]
    missing = sizes.count(0)
    if missing == len(sizes):
        return total, ()
    if total is None:
        return (None if missing else sum(sizes)), tuple(sizes)
    rest = total - sum(sizes)
    if missing == 1 and rest > 0:
        sizes[sizes.index(0)], rest = rest, 0
    return (total, tuple(sizes)) if missing > 1 or rest == 0 else None


def _by_group(
    claims: pd.DataFrame, printed: dict[str, str], sizes: tuple[int, ...]
) -> tuple[tuple[int, int], ...]:
    """Least and greatest number of events of each group whose size is known, where some rate is in
    use; the greatest is the smaller where a rate cannot be printed."""
    rates = [f"patency.{name}.primary_patency" for name in groups(claims)]
    if not any(rate in printed for rate in rates):
        return ()
    pairs = zip(rates, sizes, strict=False)
    return tuple(_events(claims, rate, printed.get(rate), size) for rate, size in pairs if size)


def _events(claims: pd.DataFrame, rate: str, printed: str | None, size: int) -> tuple[int, int]:
    """Least and greatest number of events behind a rate; the greatest is the smaller where none
    prints it."""
    (first,), (last,) = _ends(printed, np.array([size]))
    counts_events = premises(claims, [rate]).get("rate") == "event"
    ends = (first, last) if counts_events else (size - last, size - first)
    return int(ends[0]), int(ends[1])


def size_and_events(found: Solutions, at: int | None) -> tuple[int | None, np.ndarray | None]:
    """The patients and the possible numbers of events of a group, given those of all groups
    together, or of all patients; None for what is not known."""
    if at is None:
        return found.patients, found.occluded
    if found.occluded is None or not found.by_group:
        return (found.sizes[at] if found.sizes else None), None
    low, high = found.by_group[at]
    events = np.arange(low, high + 1)
    rest = [sum(ends) for ends in zip(*found.by_group, strict=True)]
    first = np.searchsorted(found.occluded, events + rest[0] - low)
    last = np.searchsorted(found.occluded, events + rest[1] - high, side="right")
    return found.sizes[at], events[first < last]


def listed(found: Solutions, marker: str) -> tuple[np.ndarray, ...]:
    """All counts of a marker: exposed among the occluded, unexposed among the patent, occluded and
    patent; of very many only the two ends of each interval."""
    events, ends = found.markers[marker]
    lengths = ends[1] - ends[0] + ends[3] - ends[2] + 1
    if lengths.sum() > MOST_LISTED:
        at, steps = np.tile(np.arange(len(events)), 2), np.zeros(2 * len(events), int)
        steps[len(events) :] = lengths - 1
    else:
        at = np.repeat(np.arange(len(events)), lengths)
        steps = np.arange(len(at)) - (np.cumsum(lengths) - lengths)[at]
    first, last, lowest, _ = ends[:, at]
    occluded = found.occluded[events[at]]
    exposed, unexposed = first + steps * (last > first), lowest + steps * (last == first)
    return exposed, unexposed, occluded, found.patients - occluded


def _marker_ends(
    printed: dict[str, str], marker: str, occluded: np.ndarray, patients: int
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Least and greatest number of exposed among the occluded, and of unexposed among the
    patent."""
    totals = zip(MARKER_QUANTITIES, (occluded, patients - occluded), strict=True)
    return [_ends(printed.get(f"roc.{marker}.{quantity}"), total) for quantity, total in totals]


def _pairs(
    printed: dict[str, str], marker: str, occluded: np.ndarray, patients: int
) -> tuple[np.ndarray, np.ndarray]:
    """The counts of a marker for each number of events, as in ``Solutions``; the narrower of its
    two intervals is listed, the other follows from it and the AUC."""
    totals = occluded, patients - occluded
    ends = _marker_ends(printed, marker, occluded, patients)
    lengths = [np.maximum(last - first + 1, 0) for first, last in ends]
    listed = int(lengths[1].sum() < lengths[0].sum())
    at = np.repeat(np.arange(len(occluded)), lengths[listed])
    begins = np.cumsum(lengths[listed]) - lengths[listed]
    own = ends[listed][0][at] + np.arange(len(at)) - begins[at]
    low, high = (end[at] for end in ends[1 - listed])
    if f"roc.{marker}.auc" in printed:
        bounds = _shares(printed[f"roc.{marker}.auc"])
        total, other = totals[listed][at], totals[1 - listed][at]
        # own / total + x / other is twice the area, and x is what is left over for the other.
        least, most = (
            (other * (2 * end.numerator * total - own * end.denominator), end.denominator)
            for end in (bounds.lower, bounds.upper)
        )
        low = np.maximum(low, _least(Fraction(1, least[1]), least[0], bounds.lower_closed, total))
        high = np.minimum(high, _most(Fraction(1, most[1]), most[0], bounds.upper_closed, total))
    (kept,) = np.nonzero(low <= high)
    if len(kept) > MOST_LISTED:
        # The first and the last of each number of events have the least and the greatest values.
        ends = np.flatnonzero(np.diff(at[kept]))
        kept = kept[np.union1d([0, *ends], [*(ends + 1), len(kept) - 1]).astype(int)]
    both = [(own, own), (low, high)]
    return at[kept], np.stack([*both[listed], *both[1 - listed]])[:, kept]


def events_and_others(claims: pd.DataFrame) -> list[tuple[int, int]]:
    """All numbers of events and of other patients that can print every sensitivity and specificity.

    Some patients may be left out: the two need not add up to all patients.
    """
    table = printable_by_occluded(claims)
    patients, quantity = len(table) + 1, table.columns.str.split(".").str[-1]
    parts = [table.loc[:, quantity == name] for name in MARKER_QUANTITIES]
    events, others = (list(of.index[of.all(axis=1)]) if len(of.columns) else [] for of in parts)
    return [(a, patients - b) for a in events for b in reversed(others) if a <= b]


def group_table(claims: pd.DataFrame, solution: Counts) -> pd.DataFrame:
    """Patients and occluded by group, of one solution."""
    index = pd.Index(groups(claims), name="group")
    return pd.DataFrame(
        {"patients": solution.patients_by_group, "occluded": solution.occluded_by_group}, index
    )


def printable_by_occluded(claims: pd.DataFrame) -> pd.DataFrame:
    """For every conceivable number of events: can each sensitivity and specificity be printed?

    Index: occluded, from 1 to one less than all patients. One boolean column per claim.
    """
    rows = original(claims)
    sizes = rows.loc[rows["quantity"] == "patients", "printed"].astype(int)
    occluded = np.arange(1, sizes.get("methods.all.patients", sizes.sum()) or 1)
    totals = {"sensitivity": occluded, "specificity": occluded[::-1]}
    printable = {}
    for quantity, total in totals.items():
        for name in rows.index[rows["quantity"] == quantity]:
            first, last = _ends(rows.at[name, "printed"], total)
            printable[name] = first <= last
    return pd.DataFrame(printable, index=pd.Index(occluded, name="occluded"))


def occluded_by_rates(claims: pd.DataFrame) -> list[tuple[int, ...]]:
    """All numbers of events by group that the sizes and patency rates of the groups allow."""
    rows = original(claims)
    names = rows.index[rows["quantity"].isin(["patients", "primary_patency"])]
    return sorted({solution.occluded_by_group for solution in solve(rows, list(names))})


def most_occluded(claims: pd.DataFrame) -> pd.Series:
    """The greatest number of events by group that any estimate of survival could print as claimed.

    An event that happens while some patients are lost weighs at least one over the group's size in
    a Kaplan-Meier estimate, so d events lower it by at least d/n (Kaplan and Meier 1958, J Am Stat
    Assoc 53:457-481, equation 2b, in which the numbers at risk never exceed n).
    """
    found, printed = {}, claims["printed"]
    _, implied = _patients(claims, printed.to_dict()) or (None, ())
    for group, size in zip_longest(groups(claims), implied, fillvalue=0):
        size = int(printed.get(f"methods.{group}.patients", size))
        rate = f"patency.{group}.primary_patency"
        lower = interval(claims.at[rate, "printed"]).lower if rate in claims.index else 0
        found[group] = floor((1 - lower) * size)
    return pd.Series(found, name="occluded", dtype=int)
