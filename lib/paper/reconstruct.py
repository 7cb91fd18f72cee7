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

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby, product
from math import inf, prod

import numpy as np
import pandas as pd

from lib.paper.digits import interval
from lib.paper.premises import apart, stated

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

    ``sizes`` holds the patients of each group, 0 where they are not known; ``occluded`` the
    possible numbers of events; ``by_group`` the least and the greatest number of events of each
    group, of which every combination with such a sum is possible.

    ``markers`` has four rows for each marker, with a column for each way to choose its counts:
    exposed among the occluded, unexposed among the patent, occluded, patent. Of very many only
    those with the least and the greatest values are there.
    """

    patients: int | None
    sizes: dict[str, int]
    occluded: np.ndarray | None
    by_group: dict[str, tuple[int, int]]
    markers: dict[str, np.ndarray]


def original(claims: pd.DataFrame) -> pd.DataFrame:
    """The claims without variants printed elsewhere (whose id has a fourth part)."""
    return claims[claims.index.str.count(r"\.") == 2]


def groups(claims: pd.DataFrame) -> list[str]:
    """The groups whose size or patency is claimed."""
    parts = [tuple(name.split(".")) for name in claims.index]
    found = [
        who
        for end in [("methods", "patients"), ("patency", "primary_patency")]
        for section, who, *rest in parts
        if (section, *rest) == end and who != "all"
    ]
    return list(dict.fromkeys(found))


def markers(claims: pd.DataFrame) -> list[str]:
    """The markers with a sensitivity and a specificity among the claims."""
    found = [name.split(".") for name in claims.index if name.endswith(".sensitivity")]
    return [
        who
        for section, who, _ in found
        if section == "roc" and f"roc.{who}.specificity" in claims.index
    ]


def counts_behind(printed: str | None, total: int) -> range:
    """All counts out of ``total`` whose proportion prints as ``printed``; every count when None."""
    first, last = _ends(printed, total)
    return range(first, last + 1)


def nearest_shares(printed: str, total: int) -> list[Fraction]:
    """The least and the greatest share of a total that whole numbers make and that prints so; where
    there is none, those below and above it."""
    return sorted(Fraction(count, total) for count in _ends(printed, total))


def _ends(printed: str | None, totals: int | np.ndarray) -> tuple:
    """The least and the greatest count out of a total, or of each, that prints so, 0 and the total
    when None; the greatest is the smaller where there is none."""
    bounds, first, last = interval(printed), totals * 0, totals
    if bounds.lower >= 0:
        first = _least(bounds.lower, totals, bounds.lower_closed)
    if bounds.upper <= 1:
        last = -_least(-bounds.upper, totals, bounds.upper_closed)
    return first, last


def _least(share: Fraction, totals: int | np.ndarray, closed: bool) -> int | np.ndarray:
    """The least whole number not below (above, unless closed) the share of a total, or of each."""
    # Among whole numbers, not below is above one less.
    return (share.numerator * totals - closed) // share.denominator + 1


def solve(claims: pd.DataFrame, using: list[str] | None = None) -> list[Counts]:
    """All counts compatible with the claims named in ``using`` (default: all of them), listed.

    The claims that matter are those of ``solutions``.
    """
    found, solved = solutions(claims, using), []
    if found is None:
        return []
    every = product(*(range(low, high + 1) for low, high in found.by_group.values()))
    by_total = {total: list(of) for total, of in groupby(sorted(every, key=sum), sum)}
    sizes = tuple(found.sizes.values())
    for total in [None] if found.occluded is None else found.occluded.tolist():
        ways = {marker: of[:, of[2] == total] for marker, of in found.markers.items()}
        markers = {
            marker: tuple(zip(exposed.tolist(), (patent - unexposed).tolist(), strict=True))
            for marker, (exposed, unexposed, _, patent) in ways.items()
        }
        solved += [
            Counts(found.patients, total, sizes, events, markers)
            for events in (by_total.get(total, []) if found.by_group else [()])
        ]
    return solved


def solutions(claims: pd.DataFrame, using: list[str] | None = None) -> Solutions | None:
    """What the claims named in ``using`` (default: all of them) allow; None where they contradict
    one another.

    The claims that matter are the numbers of patients and of events, the patency rates, and each
    marker's sensitivity, specificity and AUC. The events of the patency rates and of the markers
    are taken to be the same where both are in use. A number of patients that is left out follows
    from the sum of the others. Numbers that the file says are of other patients, or of another
    method, do not matter.
    """
    using = set(claims.index if using is None else using)
    printed = {
        name: text
        for name, text in claims["printed"].items()
        if name in using and not apart(claims, name)
    }
    used = [m for m in markers(claims) if any(f"roc.{m}.{q}" in printed for q in MARKER_QUANTITIES)]
    if not all(
        interval(printed.get(f"roc.{marker}.auc")).meets(
            *mean_area([printed.get(f"roc.{marker}.{of}") for of in MARKER_QUANTITIES])
        )
        for marker in used
    ):
        return None
    known = _patients(claims, printed)
    if known is None:
        return None
    patients, sizes = known
    is_rated = any(f"patency.{group}.primary_patency" in printed for group in sizes)
    by_group = {
        group: _events(claims, printed, group, size)
        for group, size in sizes.items()
        if size and is_rated
    }
    if any(low > high for low, high in by_group.values()):
        return None
    by_group = by_group if all(sizes.values()) else {}
    # Least and greatest number of events, as far as each part of the claims tells.
    bounds = [tuple(map(sum, zip(*by_group.values(), strict=True)))] if by_group else []
    if "patency.all.primary_patency" in printed and patients:
        bounds.append(_events(claims, printed, "all", patients))
    if events := printed.get("methods.all.events"):
        bounds.append((int(events), int(events)))
        # Also where the number of patients is not known.
        sensitivities = [printed.get(f"roc.{marker}.sensitivity") for marker in used]
        if any(np.greater(*_ends(text, int(events))) for text in sensitivities):
            return None
    if used and patients:
        bounds.append((1, patients - 1))
    least = max((low for low, _ in bounds), default=0)
    most = min([high for _, high in bounds] + ([patients] if patients else []), default=inf)
    if least > most:
        return None
    if not bounds or most - least > MOST_EVENTS:
        return Solutions(patients, sizes, None, by_group, {})
    occluded, ways = np.arange(least, most + 1), {}
    # Of several the second time with the numbers of events that all of them allow.
    for marker in used * min(len(used), 2) if patients else []:
        of_marker = _ways(printed, marker, occluded, patients)
        if of_marker is not None:
            ways[marker], occluded = of_marker, np.unique(of_marker[2])
    return Solutions(patients, sizes, occluded, by_group, ways) if len(occluded) else None


def mean_area(shares: list[str | None]) -> tuple[Fraction | float, Fraction | float]:
    """The least and the greatest mean of sensitivity and specificity, whatever the counts."""
    found = [interval(printed) for printed in shares]
    least = sum(max(of.lower, Fraction(0)) for of in found)
    return least / 2, sum(min(of.upper, Fraction(1)) for of in found) / 2


def _patients(
    claims: pd.DataFrame, printed: dict[str, str]
) -> tuple[int | None, dict[str, int]] | None:
    """The total and the group sizes, 0 where one is not known; None where they do not add up."""
    total = int(printed.get("methods.all.patients", 0)) or None
    sizes = {name: int(printed.get(f"methods.{name}.patients", 0)) for name in groups(claims)}
    unknown = [name for name, size in sizes.items() if not size]
    if len(unknown) == len(sizes):
        return total, {}
    if total is None:
        return (None if unknown else sum(sizes.values())), sizes
    rest = total - sum(sizes.values())
    if len(unknown) == 1 and rest > 0:
        sizes[unknown[0]], rest = rest, 0
    fits = rest >= 0 if len(unknown) > 1 else rest == 0
    return (total, sizes) if fits else None


def _events(claims: pd.DataFrame, printed: dict[str, str], who: str, size: int) -> tuple[int, int]:
    """Least and greatest number of events behind the rate of a group or of all; the greatest is the
    smaller where none prints it."""
    rate = f"patency.{who}.primary_patency"
    first, last = _ends(printed.get(rate), size)
    counts_events = stated(claims, [rate]).get("rate") == "event"
    return (first, last) if counts_events else (size - last, size - first)


def _ways(
    printed: dict[str, str], marker: str, occluded: np.ndarray, patients: int
) -> np.ndarray | None:
    """The counts of a marker for all numbers of events, as in ``Solutions``; None where they are
    too many. The narrower of its two intervals is listed, the other follows from it and the AUC."""
    totals = occluded, patients - occluded
    ends = [
        _ends(printed.get(f"roc.{marker}.{quantity}"), total)
        for quantity, total in zip(MARKER_QUANTITIES, totals, strict=True)
    ]
    lengths = [int((last - first + 1).clip(0).sum()) for first, last in ends]
    if min(lengths) > MOST_PAIRS:
        return None
    one, other = np.argsort(lengths, kind="stable")
    at, own = _every(*ends[one])
    total, rest = totals[one][at], totals[other][at]
    low, high = (end[at] for end in ends[other])
    if f"roc.{marker}.auc" in printed:
        # The area is own * rest + x * total out of 2 * total * rest.
        least, most = _ends(printed[f"roc.{marker}.auc"], 2 * total * rest)
        low = np.maximum(low, -((own * rest - least) // total))
        high = np.minimum(high, (most - own * rest) // total)
    if (high - low + 1).clip(0).sum() > MOST_LISTED:
        # The first and the last of each number of events have the least and the greatest values.
        (kept,) = np.nonzero(low <= high)
        of, nothing = at[kept], [-1]
        kept = kept[(np.diff(of, prepend=nothing) != 0) | (np.diff(of, append=nothing) != 0)]
        kept, x = np.tile(kept, 2), np.concatenate([low[kept], high[kept]])
    else:
        kept, x = _every(low, high)
    counts = [own[kept], x]
    return np.stack([counts[one], counts[other], *(total[at[kept]] for total in totals)])


def _every(first: np.ndarray, last: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """All whole numbers of many intervals: which interval each is of, and the number."""
    lengths = (last - first + 1).clip(0)
    at = np.repeat(np.arange(len(first)), lengths)
    begins = np.cumsum(lengths) - lengths
    return at, first[at] + np.arange(len(at)) - begins[at]


def values(
    claims: pd.DataFrame, using: Iterable[str], name: str
) -> tuple[np.ndarray, np.ndarray] | None:
    """All values that the other claims in use allow a claim about counts, as numerators and
    denominators; none where they contradict one another, None where they do not confine it."""
    found = solutions(claims, [other for other in using if other != name])
    if found is None:
        return np.array([], int), np.array([], int)
    _, who, quantity = name.split(".")[:3]
    if who in found.markers:
        exposed, unexposed, occluded, patent = found.markers[who]
        return {
            "sensitivity": (exposed, occluded),
            "specificity": (unexposed, patent),
            "auc": (exposed * patent + unexposed * occluded, 2 * occluded * patent),
        }[quantity]
    size, events = found.sizes.get(who), _events_of_group(found, who)
    if who == "all":
        size, events = found.patients, found.occluded
    if quantity == "patients":
        return (np.array([size]), np.array([1])) if size else None
    if events is None or (not size and quantity != "events"):
        return None
    if quantity == "events":
        return events, np.ones_like(events)
    counted = events if stated(claims, [name]).get("rate") == "event" else size - events
    return counted, np.full_like(counted, size)


def _events_of_group(found: Solutions, group: str) -> np.ndarray | None:
    """The numbers of events of a group with which the other groups can make up a possible sum."""
    if found.occluded is None or group not in found.by_group:
        return None
    low, high = found.by_group[group]
    events = np.arange(low, high + 1)
    least, most = map(sum, zip(*found.by_group.values(), strict=True))
    first = np.searchsorted(found.occluded, events + least - low)
    last = np.searchsorted(found.occluded, events + most - high, side="right")
    return events[first < last]


def events_and_others(claims: pd.DataFrame) -> list[tuple[int, int]]:
    """All numbers of events and of other patients that can print every sensitivity and specificity.

    Some patients may be left out: the two need not add up to all patients.
    """
    table = printable_by_occluded(claims)
    parts = [table.filter(like=f".{quantity}") for quantity in MARKER_QUANTITIES]
    events, others = (list(of.index[of.all(axis=1)]) if len(of.columns) else [] for of in parts)
    return [(a, len(table) + 1 - b) for a in events for b in reversed(others) if a <= b]


def group_table(claims: pd.DataFrame, solution: Counts) -> pd.DataFrame:
    """Patients and occluded by group, of one solution."""
    index = pd.Index(groups(claims), name="group")
    return pd.DataFrame(
        {"patients": solution.patients_by_group, "occluded": solution.occluded_by_group}, index
    )


def printable_by_occluded(claims: pd.DataFrame) -> pd.DataFrame:
    """For every conceivable number of events: can each sensitivity and specificity be printed?

    Index: occluded, from 1 to one less than all patients. One boolean column per claim, none for
    those of other patients or of another method.
    """
    rows = original(claims)
    sizes = rows.loc[rows["quantity"] == "patients", "printed"].astype(int)
    occluded = np.arange(1, sizes.get("methods.all.patients", sizes.sum()) or 1)
    totals = {"sensitivity": occluded, "specificity": occluded[::-1]}
    printable = {
        name: np.less_equal(*_ends(text, total))
        for quantity, total in totals.items()
        for name, text in rows.loc[rows["quantity"] == quantity, "printed"].items()
        if not apart(claims, name)
    }
    return pd.DataFrame(printable, index=pd.Index(occluded, name="occluded"))


def occluded_by_rates(claims: pd.DataFrame) -> list[tuple[int, ...]]:
    """All numbers of events by group that the sizes and patency rates of the groups allow."""
    names = claims.index[claims["quantity"].isin(["patients", "primary_patency"])]
    return sorted({solution.occluded_by_group for solution in solve(claims, list(names))})


def most_occluded(claims: pd.DataFrame) -> pd.Series:
    """The greatest number of events by group that any estimate of survival could print as claimed.

    An event that happens while some patients are lost weighs at least one over the group's size in
    a Kaplan-Meier estimate, so d events lower it by at least d/n (Kaplan and Meier 1958, J Am Stat
    Assoc 53:457-481, equation 2b, in which the numbers at risk never exceed n).
    """
    printed = claims["printed"].to_dict()
    _, known = _patients(claims, printed) or (None, {})
    sizes = {
        who: printed.get(f"methods.{who}.patients", known.get(who, 0)) for who in groups(claims)
    }
    most = {who: _events(claims, printed, who, int(size))[1] for who, size in sizes.items()}
    return pd.Series(most, name="occluded", dtype=int)
