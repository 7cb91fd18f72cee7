"""The checks on what other abstracts print: percentages and means of groups with their P, limits,
crude ratios, predictive values, agreement, and how small a standard error can be.

Most are of one form: from all that the digits of some claims allow follows what another may print.
Where this rests on a premise that the abstract does not state, the check names it.

Sources: Student's and Welch's t (Welch 1947, Biometrika 34:28-35); limits of a proportion (Brown,
Cai and DasGupta 2001, Stat Sci 16:101-133); predictive values (Altman and Bland 1994, BMJ 309:102);
kappa (Cohen 1960, Educ Psychol Meas 20:37-46).
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import partial
from itertools import pairwise, product
from math import floor, inf, prod, sqrt

import numpy as np
import pandas as pd
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from lib.paper import checks, ratios, reconstruct, wald
from lib.paper.premises import (
    OF_MEANS,
    OF_TABLE,
    OF_TABLES,
    apart,
    denominator,
    other_method,
    stated,
    unstated,
)
from lib.paper.published import MOST_PATIENTS, RATIOS, interval, number
from lib.paper.verdicts import (
    Check,
    Span,
    about,
    describe,
    exactly,
    fits,
    one_of,
)
from lib.statistics import univariate

LIMITS = {
    "normal": "Wald",
    "wilson": "Wilson",
    "beta": "exact",
    "agresti_coull": "Agresti-Coull",
    "jeffreys": "Jeffreys",
}
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


def all_checks(claims: pd.DataFrame) -> list[Check]:
    """Every check of this module and of ``checks`` that the claims of any abstract allow."""
    kinds = (
        order,
        shares,
        p_of_shares,
        p_of_means,
        limits_of_shares,
        crude_ratios,
        predictive_values,
        kappas,
    )
    found = [check for kind in kinds for of in _topics(claims) for check in kind(claims, of)]
    return [*checks.all_checks(claims), *found, *precision(claims)]


def _topics(claims: pd.DataFrame) -> list[Topic]:
    topics: dict[tuple[str, str], Topic] = {}
    for name in reconstruct.original(claims).index:
        section, who, quantity = name.split(".")
        what, _, group = who.partition("@")
        if quantity == "primary_patency":
            what, group, quantity = "all", "" if who == "all" else who, "percentage"
        topic = topics.setdefault((section, what), Topic(section, what))
        cell = topic.groups.setdefault(group, {}) if group else topic.own
        cell[quantity] = name
    return list(topics.values())


def _ends(claims: pd.DataFrame, name: str) -> Span:
    """The least and the greatest value that a claim's digits allow."""
    bounds = interval(claims.at[name, "printed"])
    return bounds.lower, bounds.upper


def _follows(
    claims: pd.DataFrame,
    words: str,
    name: str,
    others: Iterable[str | None],
    spans: Iterable[Span],
    needs: Iterable[str] = (),
    why_not: str = "",
    **more: Callable,
) -> Check:
    """The check that a claim prints one of the values which others allow."""
    values = [(span,) for span in spans]
    return one_of(
        claims, words, [name], values, rests_on=others, needs=needs, why_not=why_not, **more
    )


def order(claims: pd.DataFrame, topic: Topic) -> Iterator[Check]:
    """An estimate lies within its limits, a median within its quartiles."""
    limited = [(cell, q[:-6]) for cell in topic.cells for q in cell if q.endswith("_lower")]
    for cell, quantity in limited:
        ids = [cell[q] for q in (f"{quantity}_lower", quantity, f"{quantity}_upper") if q in cell]
        turned = ["fits with the limits in the other order"] * bool(
            _ascending(claims, ids[::-1], frozenset())
        )
        within = "quartiles" if quantity == "median" else "limits"
        yield Check(
            f"the {describe(ids[0].removesuffix('_lower'))} lies within its {within}",
            tuple(ids),
            partial(_ascending, claims, ids),
            why_not="the file says bootstrap" if "bootstrap" in stated(claims, ids) else "",
            readings=partial(list, turned),
        )


def _ascending(claims: pd.DataFrame, names: list[str], left_out: frozenset[str]) -> bool | None:
    """Whether none of the claims is above the next of those that are not left out."""
    ends = pairwise(_ends(claims, name) for name in names if name not in left_out)
    fits = [low[0] <= high[1] for low, high in ends]
    return all(fits) if fits else None


def shares(claims: pd.DataFrame, topic: Topic) -> Iterator[Check]:
    """A whole number, and the one printed if it is, is behind each percentage; the counts of the
    groups add up."""
    for cell in [cell for cell in topic.cells if {"percentage", "count"} & set(cell)]:
        share, count = cell.get("percentage"), cell.get("count")
        total, size, needs = denominator(claims, share or count)
        is_patency = share and share.endswith("primary_patency")
        if share and total and (not is_patency or apart(claims, share)):
            words = f"a whole number of {total:,} is behind the {describe(share)}"
            ends = [floor(max(0, min(end, 1)) * total) for end in _ends(claims, share)]
            near = {min(end + more, total) for end in ends for more in (0, 1)}
            if count:
                near = {int(claims.at[count, "printed"])}
                words = f"the {describe(share)} is {min(near):,} of {total:,}"
            exact = exactly(*(Fraction(x, total) for x in sorted(near)))
            why_not = other_method(claims, [share])
            yield _follows(claims, words, share, [size, count], exact, needs, why_not)
        if count and total:
            words = f"the {describe(count)} is at most {total:,}"
            yield _follows(claims, words, count, [size], [(0, total)], needs)
    counts = [cell["count"] for cell in topic.groups.values() if "count" in cell]
    if "count" in topic.own and len(counts) > 1:
        whole, *parts = (denominator(claims, name)[0] for name in (topic.own["count"], *counts))
        # Where the groups' sizes are not printed, only the sum itself can say that it is one.
        stating = ["methods.all.patients"] if whole and all(parts) else []
        yield _follows(
            claims,
            f"the counts of {about(topic.what)} add up",
            topic.own["count"],
            counts,
            exactly(int(claims.loc[counts, "printed"].astype(int).sum())),
            unstated(claims, [*stating, topic.own["count"]], ["partition"]),
            f"the sizes of these groups do not add up to {whole:,}"
            if stating and sum(parts) != whole
            else "",
        )


def _counts(
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


def _tables(claims: pd.DataFrame, topic: Topic) -> tuple[list[str], list[np.ndarray], bool]:
    """The claims of the groups' counts or percentages, all tables (groups x with and without) that
    print them, and whether these are all; of many the outermost."""
    cells = [cell for cell in topic.groups.values() if {"count", "percentage"} & set(cell)]
    names = [cell.get("count", cell.get("percentage")) for cell in cells]
    totals = [denominator(claims, name)[0] for name in names]
    if len(names) < 2 or not all(totals):
        return names, [], True
    ways, complete = _counts(claims, names, totals)
    return names, [np.column_stack([way, np.subtract(totals, way)]) for way in ways], complete


def _spans(values: Iterable[Iterable[float]], complete: bool = False) -> list[Span]:
    """From the least to the greatest value of each method, or each value where those known are
    all, as exactly as it can be computed; ``values`` has a row for each table."""
    columns = np.array(list(values), float).T
    if complete:
        columns = np.unique(columns)[:, None]
    known = [column[np.isfinite(column)] for column in columns]
    ends = [(float(column.min()), float(column.max())) for column in known if len(column)]
    return [(low - abs(low) * EXACT, high + abs(high) * EXACT) for low, high in ends]


def p_of_shares(claims: pd.DataFrame, topic: Topic) -> Iterator[Check]:
    """P of the percentages of two or more groups, by the tests in use."""
    names, tables, complete = _tables(claims, topic)
    if len(names) < 2 or "p_value" not in topic.own:
        return
    if len(names) == 2:
        p_values = [list(univariate.binary_tests(table.T).values()) for table in tables]
    else:
        kept = [table for table in tables if table.sum(axis=0).all()]
        p_values = [[stats.chi2_contingency(table, correction=False).pvalue] for table in kept]
    unknown = "" if tables else "no whole numbers are known behind the percentages"
    check = _follows(
        claims,
        f"P of {about(topic.what) or topic.section} follows from the counts of the groups",
        topic.own["p_value"],
        names,
        _spans(p_values, complete),
        [OF_TABLE if len(names) == 2 else OF_TABLES],
        unknown or other_method(claims, [topic.own["p_value"]]),
    )
    # Beside a ratio, P may be the ratio's and not that of these counts.
    if check.holds or not set(topic.own) & set(RATIOS):
        yield check


def p_of_means(claims: pd.DataFrame, topic: Topic) -> Iterator[Check]:
    """P of two means by Student's and by Welch's t test."""
    cells = [cell for cell in topic.groups.values() if {"mean", "sd"} <= set(cell)]
    found = [denominator(claims, cell["mean"]) for cell in cells]
    sizes, p_value = [total for total, *_ in found], topic.own.get("p_value")
    if len(cells) != 2 or not p_value or min(sizes) < 2:
        return
    names = [cell[quantity] for quantity in ("mean", "sd") for cell in cells]
    of_sizes = [premise for *_, premises in found for premise in premises]
    ends = [tuple(map(float, _ends(claims, name))) for name in names]
    corners = np.array(list(product(*ends)))
    if ends[0][0] <= ends[1][1] and ends[1][0] <= ends[0][1]:
        corners = np.vstack([corners, corners * [0, 0, 1, 1]])  # equal means are possible
    m1, m2, s1, s2 = np.maximum(corners, [-np.inf, -np.inf, 0, 0]).T
    n1, n2 = sizes

    def p_values(times1: float, times2: float) -> list[Span]:
        """With what stands after a mean multiplied to be its standard deviation."""
        groups = m1, times1 * s1, n1, m2, times2 * s2, n2
        with np.errstate(divide="ignore", invalid="ignore"):
            found = [stats.ttest_ind_from_stats(*groups, equal).pvalue for equal in (True, False)]
        return _spans(np.transpose(found))

    spans, t_test = p_values(1, 1), unstated(claims, [p_value], ["t"])
    others = {
        "fits if ± is a standard error": p_values(sqrt(n1), sqrt(n2)),
        "fits as a one-sided P": [
            ends for p, q in spans for ends in ((p / 2, q / 2), (1 - q / 2, 1 - p / 2))
        ],
    }
    readings = [of for of in others if any(fits(claims, [p_value], (span,)) for span in others[of])]
    yield _follows(
        claims,
        f"P of {about(topic.what)} follows from means and standard deviations",
        p_value,
        names,
        spans,
        [*of_sizes, *t_test, OF_MEANS],
        other_method(claims, [p_value]) if t_test else "",
        readings=partial(list, readings),
    )


def limits_of_shares(claims: pd.DataFrame, topic: Topic) -> Iterator[Check]:
    """Limits of a percentage of a known number, by the methods in use."""
    for cell in topic.cells:
        names = [cell.get(q) for q in ("percentage", "percentage_lower", "percentage_upper")]
        total = denominator(claims, names[0])[0] if all(names) else 0
        counts = reconstruct.counts_behind(claims.at[names[0], "printed"], total) if total else []
        if not counts:
            continue
        tried = np.unique(np.linspace(counts[0], counts[-1], 50).round().astype(int)).tolist()
        level = ratios.confidence_level(claims, topic.section, topic.what)
        ends = [number(claims.at[name, "printed"]) for name in names]
        is_beyond = min(ends) < 0 or max(ends) > 1
        yield one_of(
            claims,
            f"the limits of the {describe(names[0])} follow from the counts",
            names,
            [
                exactly(k / total, *proportion_confint(k, total, 1 - level, method))
                for k, method in product(tried, LIMITS)
            ],
            needs=[f"they are limits at {level:.0%} by one of {', '.join(LIMITS.values())}"],
            why_not=other_method(claims, names)
            or is_beyond * "limits beyond 0 or 100% are not tried",
        )


def crude_ratios(claims: pd.DataFrame, topic: Topic) -> Iterator[Check]:
    """A crude odds or risk ratio of two groups, from their counts; either group may come first.

    Beside an empty cell one half may have been added to all four, as programs do.
    """
    names, tables, complete = _tables(claims, topic)
    if len(names) != 2 or not tables:
        return
    plain = np.array(tables, float)
    added = plain + (plain == 0).any(axis=(1, 2), keepdims=True) / 2
    (a, b), (c, d) = np.stack([plain, added], axis=-1).transpose(1, 2, 0, 3)
    with np.errstate(divide="ignore", invalid="ignore"):
        found = {"odds_ratio": a * d / (b * c), "risk_ratio": a * (c + d) / (c * (a + b))}
        both_ways = {kind: np.hstack([ratio, 1 / ratio]) for kind, ratio in found.items()}
    for kind in [kind for kind in both_ways if kind in topic.own]:
        check = _follows(
            claims,
            f"the {kind.replace('_', ' ')} of {about(topic.what)} follows from the counts",
            topic.own[kind],
            names,
            _spans(both_ways[kind], complete),
            ["it is the plain ratio of these counts, from no model, nor a conditional one"],
        )
        if not check.holds and "crude" not in stated(claims, [topic.own[kind]]):
            check = replace(check, why_not="it would if the ratio were not adjusted (crude)")
        yield check


def predictive_values(claims: pd.DataFrame, topic: Topic) -> Iterator[Check]:
    """Predictive values come from the same whole numbers as sensitivity and specificity. Where the
    number of events is not printed, the odds of sensitivity times those of specificity are the odds
    of the one predictive value times those of the other."""
    own, printed = topic.own, claims["printed"]
    accuracy = [own[q] for q in reconstruct.MARKER_QUANTITIES if q in own]
    predictive = [own[q] for q in ("ppv", "npv") if q in own]
    if len(accuracy) < 2 or not predictive:
        return
    words = f"predictive values and accuracy of {about(topic.what)} go with one share of events"
    names, counted = [*accuracy, *predictive], ["methods.all.events", "methods.all.patients"]
    of_all = not any(apart(claims, name) for name in names)
    events, total = (int(printed.get(name, 0)) if of_all else 0 for name in counted)
    by_counts = 0 < events < total
    needs = unstated(claims, names + by_counts * counted, ["of", "events"])
    differ = len({denominator(claims, name)[:2] for name in names}) > 1
    why_not = other_method(claims, names) or differ * "they are of different patients"
    if by_counts:
        others = total - events
        ways, complete = _counts(claims, accuracy, [events, others])
        # Of the patients with each result of the test, who has it rightly and who wrongly.
        tables = [{"ppv": (a, others - b), "npv": (b, events - a)} for a, b in ways]
        pairs = [[table[q] for q in table if q in own] for table in tables]
        values = [[Fraction(x, x + y) for x, y in row] for row in pairs if all(map(sum, row))]
        candidates = [exactly(*row) for row in values] if complete else [tuple(_spans(values))]
        rests_on = [*accuracy, *counted]
        yield one_of(
            claims, words, predictive, candidates, rests_on=rests_on, needs=needs, why_not=why_not
        )
    elif len(predictive) == 2:
        ends = [_ends(claims, name) for name in (*accuracy, own["ppv"])]
        shares = np.clip(np.array(ends, float), 1e-9, 1 - 1e-9)
        sensitivity, specificity, ppv = shares / (1 - shares)
        odds = sensitivity * specificity / ppv[::-1]
        span = tuple((odds / (1 + odds)).tolist())
        yield _follows(claims, words, own["npv"], [*accuracy, own["ppv"]], [span], needs, why_not)


def kappas(claims: pd.DataFrame, topic: Topic) -> Iterator[Check]:
    """Kappa is no greater than the agreement, and comes from whole numbers where both raters'
    counts are printed."""
    name, agreement = topic.own.get("kappa"), topic.own.get("agreement")
    needs = ["kappa is of yes or no and not weighted"]
    if name and agreement:
        words = f"kappa of {about(topic.what)} is at most the agreement"
        most = min(_ends(claims, agreement)[1], 1)
        yield _follows(claims, words, name, [agreement], [(Fraction(-1), most)], needs)
    raters = [cell["count"] for cell in topic.groups.values() if "count" in cell]
    total, size, of = denominator(claims, name) if name else (0, None, [])
    if len(raters) == 2 and total:
        first, second = (int(claims.at[rater, "printed"]) for rater in raters)
        chance = Fraction(first * second + (total - first) * (total - second), total**2)
        least, most = max(0, first + second - total), min(first, second)
        ends = [chance + (1 - chance) * end for end in _ends(claims, name)]
        # Of all who are counted by both raters, those next to what the digits allow.
        near = [floor((total * end - total + first + second) / 2) for end in ends]
        both = {k for k in (*near, *(k + 1 for k in near), least, most) if least <= k <= most}
        shares = [Fraction(total - first - second + 2 * k, total) for k in sorted(both)]
        values = [(share - chance) / (1 - chance) for share in shares if chance < 1]
        words = f"whole numbers are behind kappa of {about(topic.what)}"
        yield _follows(claims, words, name, [*raters, size], exactly(*values), [*needs, *of])


def precision(claims: pd.DataFrame) -> Iterator[Check]:
    """The standard error of a yes-or-no factor in a logistic regression of n patients is at least
    4 / sqrt(n): the weight p (1 - p) of a patient is at most 1/4, and so is the variance of the
    factor, so that the information about it is at most n / 16."""
    for (_, what), ratio in ratios.ratio_sets(claims).items():
        names = [name for name, quantity in ratio.names.items() if quantity != "p_value"]
        total, size, _ = denominator(claims, names[0])
        strings = ratio.strings(frozenset(ratio.names) - set(names))
        # Limits whose level is not printed are at 80% or more.
        level = ratio.level if ratio.level_claim else min(ratios.USUAL_LEVELS)
        is_odds = bool(total and size) and names[0].split(".")[2].startswith("odds_ratio")
        bounds = wald.possible(strings, "sigma", level) if is_odds else None
        if bounds is None:
            continue
        check = _follows(
            claims,
            f"the standard error of {about(what)}, by its limits at most {bounds[1]:.2g}, "
            f"is at least 4 / √{total} = {4 / sqrt(total):.2g}",
            size,
            names,
            [(16 / bounds[1] ** 2 if bounds[1] else inf, MOST_PATIENTS)],
            why_not=other_method(claims, names),
        )
        if not check.holds and not {"binary", "logistic"} <= set(stated(claims, names)):
            check = replace(
                check, why_not="it is narrower, as that of a number may be (binary, logistic)"
            )
        yield check
