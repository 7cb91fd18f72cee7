"""The checks on counts and percentages: whole numbers, parts and wholes, limits.

Sources: limits of a proportion (Brown, Cai and DasGupta 2001, Stat Sci 16:101-133; with a
correction for continuity Newcombe 1998, Stat Med 17:857-872, method 4).
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from fractions import Fraction
from functools import cache
from itertools import product

import numpy as np
import pandas as pd
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from lib.paper import ratios, reconstruct
from lib.paper.digits import number
from lib.paper.premises import (
    OF_FRACTION,
    any_share,
    apart,
    denominator,
    no_word,
    other_method,
    stated,
    unstated,
)
from lib.paper.published import BESIDE, MOST_PATIENTS, fraction_of, subject
from lib.paper.topics import Topic, counts_of, follows
from lib.paper.verdicts import Check, Span, about, describe, exactly, fitting, one_of

LIMITS = {
    "normal": "Wald",
    "wilson": "Wilson",
    "wilsoncc": "Wilson corrected for continuity",
    "beta": "exact",
    "agresti_coull": "Agresti-Coull",
    "jeffreys": "Jeffreys",
}
LIMITED = ("percentage", "agreement", *reconstruct.MARKER_QUANTITIES)
# Of more counts behind an estimate than this no limits are tried.
MOST_TRIED = 2_000


def shares(claims: pd.DataFrame, topic: Topic) -> Iterator[Check]:
    """A whole number, and the one printed if it is, is behind each percentage; no count is above
    what it is out of."""
    cells = [cell for cell in topic.cells if {"percentage", "count"} & set(cell)]
    cells += [
        {"percentage": cell["agreement"]}
        for cell in topic.cells
        if "agreement" in cell and not denominator(claims, cell["agreement"])[2]
    ]
    for cell in cells:
        share, count = cell.get("percentage"), cell.get("count")
        total, size, needs = denominator(claims, share or count)
        is_patency = share and share.endswith("primary_patency")
        if share and total and (not is_patency or apart(claims, share)):
            words = f"a whole number of {total:,} is behind the {describe(share, claims)}"
            text, because = claims.at[share, "printed"], []
            exact = exactly(*reconstruct.nearest_shares(text, total))
            if count:
                counted = int(claims.at[count, "printed"])
                words = f"the {describe(share, claims)} is {counted:,} of {total:,}"
                beside = BESIDE in stated(claims, [share])
                because = [OF_FRACTION.format(counted, total, total)] * beside
                exact = exactly(Fraction(counted, total))
            why_not = other_method(claims, [share]) or ("" if count else any_share(text, total))
            check = follows(claims, words, share, [size, count], exact, [*needs, *because], why_not)
            if count:
                behind = reconstruct.counts_behind(text, total)
                own = [(behind[0], behind[-1])] if behind else []
                check = replace(check, allows={share: exact, count: own}.get)
            yield check
        if count and total:
            yield _at_most(claims, count, size, total, needs)
        yield from _of_too_many(claims, count or share)
    if {"events", "patients"} <= set(topic.own):
        size = topic.own["patients"]
        most = int(claims.at[size, "printed"])
        yield _at_most(claims, topic.own["events"], size, most, [no_word("events")])


def _at_most(
    claims: pd.DataFrame, name: str, whole: str | None, most: int, needs: Iterable[str]
) -> Check:
    """The check that a number is no greater than the one that it is a part of."""
    words = f"the {describe(name, claims)} is at most {most:,}"
    return follows(claims, words, name, [whole], [(0, most)], needs)


def _of_too_many(claims: pd.DataFrame, name: str) -> Iterator[Check]:
    """The check that a number is not out of more patients than its group has, where it is."""
    fraction = fraction_of(name)
    total, named_size, _ = denominator(claims, fraction if fraction in claims.index else name)
    most, size, _ = denominator(claims.drop(columns="basis", errors="ignore"), name)
    # The size of another group is that of what is counted, such as limbs.
    is_other = str(total) in {*claims["printed"][claims["quantity"] == "patients"]}
    if 0 < most < total and not named_size and not is_other:
        yield Check(
            f"the {describe(name, claims)} is out of {total:,} in a group of {most:,}",
            (name, size),
            lambda left_out: None if left_out else False,
            needs=(no_word("fraction"),),
            why_not=other_method(claims, [name]),
        )


def parts(claims: pd.DataFrame, topic: Topic) -> Iterator[Check]:
    """The counts of groups, or those behind their percentages, add up to that of all; none of them
    is greater."""
    whole, *names = (cell.get("count", cell.get("percentage")) for cell in topic.cells)
    names = [name for name in names if name]
    if not whole or not names or topic.section == "patency":
        return
    total, *sizes = (denominator(claims, name)[0] for name in (whole, *names))
    if "count" in topic.own:
        most = int(claims.at[whole, "printed"])
        yield from (
            _at_most(claims, name, whole, most, [no_word("part")])
            for name in names
            if name.endswith(".count")
        )
    # A count is what it is, also one of events of which a patient may have several.
    of_whole, *greatest = [
        MOST_PATIENTS if name.endswith(".count") else size
        for name, size in zip([whole, *names], [total, *sizes], strict=True)
    ]
    if len(names) < 2 or not (of_whole and all(greatest)):
        return
    ways, complete = counts_of(claims, names, greatest)
    sums = sorted({sum(way) for way in ways})
    out_of = 1 if "count" in topic.own else total
    spans = [exactly(Fraction(count, out_of))[0] for count in sums]
    if spans and not complete:
        spans = [(spans[0][0], spans[-1][1])]

    def without(left_out: frozenset[str]) -> list[tuple[Span]]:
        """What is left of the parts, or more."""
        kept = [i for i, name in enumerate(names) if name not in left_out]
        least = min(sum(way[i] for i in kept) for way in ways)
        return [((Fraction(least, out_of), Fraction(MOST_PATIENTS)),)]

    # Where the groups' sizes are not printed, only the sum itself can say that it is one.
    stating = ["methods.all.patients"] if total and all(sizes) else []
    differ = bool(stating) and sum(sizes) != total
    of_sizes = [
        premise
        for name in (whole, *names)
        if not name.endswith(".count")
        for premise in denominator(claims, name)[2]
    ]
    sized = {*reconstruct.groups(claims)}
    if stating and sized and sized != {subject(name).partition("@")[2] for name in names}:
        of_sizes.append(no_word("groups"))
    yield follows(
        claims,
        f"the counts of {about(topic.what, claims)} add up",
        whole,
        names,
        spans,
        [*of_sizes, *unstated(claims, [*stating, whole], ["partition"])],
        other_method(claims, [whole, *names])
        or differ * f"the sizes of these groups do not add up to {total:,}"
        # The check of that percentage says so.
        or "no whole number is behind one of the percentages" * (not ways),
        otherwise=without,
    )


def limits(claims: pd.DataFrame, topic: Topic) -> Iterator[Check]:
    """Limits of a percentage of a known number, by the methods in use."""
    for cell, quantity in product(topic.cells, LIMITED):
        names = [cell.get(quantity + part) for part in ("", "_lower", "_upper")]
        counted, assumed = _counted(claims, names[0]) if all(names) else ([], [])
        if not 0 < len(counted) <= MOST_TRIED:
            continue
        level = ratios.confidence_level(claims, *names[0].split(".")[:2])
        is_beyond = any(not 0 <= number(claims.at[name, "printed"]) <= 1 for name in names)
        check = one_of(
            claims,
            f"the limits of the {describe(names[0], claims)} follow from the counts",
            names,
            _with_limits(tuple(counted), level),
            needs=[*assumed, no_word("limits", level, ", ".join(LIMITS.values()))],
            why_not=other_method(claims, names)
            or is_beyond * "limits beyond 0 or 100% are not tried",
        )
        # Without the estimate any count may be behind the limits, or the one printed.
        own = [int(claims.at[cell["count"], "printed"])] if "count" in cell else None
        totals = {total for _, total in counted}
        few = totals if own or sum(totals) <= MOST_TRIED else ()
        every = [(k, total) for total in few for k in own or range(total + 1) if k <= total]
        if check.holds is False and every:
            check = _or_of_another(check, claims, names, _with_limits(tuple(every), level))
        yield check


def _or_of_another(
    check: Check, claims: pd.DataFrame, names: list[str], candidates: list[tuple[Span, ...]]
) -> Check:
    """A check of limits that fails, mended without the estimate where they are those of another."""
    near = [spans[0] for spans in fitting(claims, names, candidates, names[:1])]
    allowed = {name: check.allows(name) for name in names} | {names[0]: near}
    return replace(
        check,
        without=lambda left_out: (bool(near) and names[0] in left_out) or check.without(left_out),
        allows=allowed.get if near else check.allows,
    )


@cache
def _with_limits(counted: tuple[tuple[int, int], ...], level: float) -> list[tuple[Span, ...]]:
    """Each count's share with its limits, by every method."""
    count, total = np.array(counted).T
    limits = [
        # Its P, which nobody asks for, takes least time at the share itself.
        [stats.binomtest(k, n, k / n).proportion_ci(level, method) for k, n in counted]
        if method == "wilsoncc"
        else np.transpose(proportion_confint(count, total, 1 - level, method))
        for method in LIMITS
    ]
    return [
        exactly(Fraction(*of), *ends)
        for by_method in limits
        for of, ends in zip(counted, by_method, strict=True)
    ]


def _counted(claims: pd.DataFrame, name: str) -> tuple[list[tuple[int, int]], Collection[str]]:
    """All counts behind a percentage, each with what it is out of; none where that is not known.
    And the premises on which that rests, unless the file states them."""
    quantity, total_events = name.split(".")[2], "methods.all.events"
    total, _, assumed = denominator(claims, name)
    known = total and (not assumed or quantity != "agreement")
    if quantity in reconstruct.MARKER_QUANTITIES:
        known = total_events in claims.index and not apart(claims, name)
        assumed = unstated(claims, [name, total_events], ["of", "events"]) if known else []
        events = int(claims["printed"].get(total_events, 0))
        total = events if quantity == "sensitivity" else total - events
    counts = reconstruct.counts_behind(claims.at[name, "printed"], total) if known and total else []
    return [(count, total) for count in counts], assumed
