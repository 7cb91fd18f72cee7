"""The checks on what other abstracts print: means of groups, P, crude ratios, agreement, and how
small a standard error can be; and all checks that the claims of any abstract allow.

Where a check rests on a premise that the abstract does not state, it names it.

Sources: Student's and Welch's t (Welch 1947, Biometrika 34:28-35); limits of a crude ratio (Woolf
1955, Ann Hum Genet 19:251-253; Katz et al. 1978, Biometrics 34:469-474); kappa (Cohen 1960, Educ
Psychol Meas 20:37-46).
"""

from collections.abc import Iterator
from fractions import Fraction
from functools import partial
from itertools import pairwise, product
from math import floor, inf, sqrt

import numpy as np
import pandas as pd
from scipy import stats

from lib.paper import checks, proportions, ratios, reconstruct, two_by_two, wald
from lib.paper.digits import last_digit, number
from lib.paper.premises import (
    MAY_BE_SCORE,
    denominator,
    no_word,
    other_method,
    stated,
    unstated,
)
from lib.paper.published import MOST_PATIENTS, RATIOS, subject
from lib.paper.topics import Topic, counts_of, ends_of, follows, spans_of, topics
from lib.paper.verdicts import Check, Span, about, describe, exactly, fitting, nothing, one_of
from lib.statistics import univariate


def all_checks(claims: pd.DataFrame) -> list[Check]:
    """Every check of this module and of ``checks`` that the claims of any abstract allow."""
    kinds = (
        order,
        proportions.shares,
        proportions.parts,
        p_of_shares,
        p_of_means,
        proportions.limits,
        crude_ratios,
        two_by_two.one_table,
        areas,
        kappas,
        not_compared,
    )
    found = [check for kind in kinds for of in topics(claims) for check in kind(claims, of)]
    return [*checks.all_checks(claims), *found, *precision(claims)]


def order(claims: pd.DataFrame, topic: Topic) -> Iterator[Check]:
    """An estimate lies within its limits, a median within its quartiles."""
    limited = [(cell, q[:-6]) for cell in topic.cells for q in cell if q.endswith("_lower")]
    for cell, quantity in limited:
        ids = [cell[q] for q in (f"{quantity}_lower", quantity, f"{quantity}_upper") if q in cell]
        ends = _ends_in_order(claims, ids)
        between = ends[ids[0]][0], ends[ids[-1]][1]
        is_confined = len(ids) > 2 and inf not in map(abs, between)
        turned = ["fits with the limits in the other order"] * bool(_ascending(ends, ids[::-1]))
        within = "quartiles" if quantity == "median" else "limits"
        of = describe(ids[0].removesuffix("_lower"), claims)
        other = sorted({"bootstrap", "other"} & set(stated(claims, ids)))
        yield Check(
            f"the {of} lies within its {within}"
            if quantity in cell
            else f"the {within} of the {of} are in order",
            tuple(ids),
            partial(_ascending, ends, ids),
            {ids[1]: [between]}.get if is_confined else nothing,
            # Means of skewed values lie beyond their quartiles.
            needs=(no_word("estimate"),) if quantity in ("difference", "mean") else (),
            why_not=f"the file says {other[0]}" if other else "",
            readings=partial(list, turned),
            inputs=tuple(ids),
        )


def _ends_in_order(claims: pd.DataFrame, names: list[str]) -> dict[str, Span]:
    """For each claim the least and the greatest value by which it is put in order with the others.
    Rounding keeps the order of values, so of equally many digits it is the printed number."""
    texts = {name: claims.at[name, "printed"] for name in names}
    if (
        any(text[0] in "<>≤≥" for text in texts.values())
        or len({*map(last_digit, texts.values())}) > 1
    ):
        return {name: ends_of(claims, name) for name in names}
    return {name: (number(text), number(text)) for name, text in texts.items()}


def _ascending(
    ends: dict[str, Span], names: list[str], left_out: frozenset[str] = frozenset()
) -> bool | None:
    """Whether none of the claims is above the next of those that are not left out."""
    pairs = pairwise(ends[name] for name in names if name not in left_out)
    fits = [low[0] <= high[1] for low, high in pairs]
    return all(fits) if fits else None


def _tables(claims: pd.DataFrame, topic: Topic) -> tuple[list[str], list[np.ndarray], bool]:
    """The claims of the groups' counts or percentages, all tables (groups x with and without) that
    print them, and whether these are all; of many the outermost."""
    cells = [cell for cell in topic.groups.values() if {"count", "percentage"} & set(cell)]
    names = [cell.get("count", cell.get("percentage")) for cell in cells]
    totals = [denominator(claims, name)[0] for name in names]
    if len(names) < 2 or not all(totals):
        return names, [], True
    ways, complete = counts_of(claims, names, totals)
    return names, [np.column_stack([way, np.subtract(totals, way)]) for way in ways], complete


def p_of_shares(claims: pd.DataFrame, topic: Topic) -> Iterator[Check]:
    """P of the percentages of two or more groups, by the tests in use."""
    names, tables, complete = _tables(claims, topic)
    if len(names) < 2 or "p_value" not in topic.own:
        return
    if len(names) == 2:
        # Of which all or none have it, the margins allow one table: Fisher's P is 1.
        p_values = [
            list(univariate.binary_tests(table.T).values())
            if table.sum(axis=0).all()
            else np.ones(len(univariate.BINARY_TESTS))
            for table in tables
        ]
    else:
        p_values = [
            [stats.chi2_contingency(table, correction=False).pvalue]
            for table in tables
            if table.sum(axis=0).all()
        ]
    unknown = (
        "no test says anything of groups of which all or none have it"
        if tables
        else "no whole numbers are known behind the percentages"
    )
    yield follows(
        claims,
        f"P of {about(topic.what, claims) or topic.section} follows from the counts of the groups",
        topic.own["p_value"],
        names,
        spans_of(p_values, complete),
        [no_word("table" if len(names) == 2 else "tables")],
        other_method(claims, [topic.own["p_value"]]) or unknown * (not p_values),
        unless="it may be that of the ratio" * bool({*topic.own} & {*RATIOS}),
    )


def p_of_means(claims: pd.DataFrame, topic: Topic) -> Iterator[Check]:
    """P of two means by Student's and by Welch's t test."""
    cells = [cell for cell in topic.groups.values() if {"mean", "sd"} <= set(cell)]
    found = [denominator(claims, cell["mean"]) for cell in cells]
    sizes, p_value = [total for total, *_ in found], topic.own.get("p_value")
    if len(cells) != 2 or not p_value:
        return
    names = [cell[quantity] for quantity in ("mean", "sd") for cell in cells]
    unknown = (
        "it takes the size of each group, two patients or more (methods.<group>.patients, or of: "
        "in its basis)"
    )
    of_sizes = [premise for *_, premises in found for premise in premises]
    ends = [tuple(map(float, ends_of(claims, name))) for name in names]
    corners = np.array(list(product(*ends)))
    if ends[0][0] <= ends[1][1] and ends[1][0] <= ends[0][1]:
        corners = np.vstack([corners, corners * [0, 0, 1, 1]])  # equal means are possible
    m1, m2, s1, s2 = np.maximum(corners, [-np.inf, -np.inf, 0, 0]).T
    n1, n2 = np.array(sizes, float)

    def p_values(times1: float, times2: float) -> list[Span]:
        """With what stands after a mean multiplied to be its standard deviation."""
        groups = m1, times1 * s1, n1, m2, times2 * s2, n2
        with np.errstate(divide="ignore", invalid="ignore"):
            found = [stats.ttest_ind_from_stats(*groups, equal).pvalue for equal in (True, False)]
        return spans_of(np.transpose(found))

    spans, t_test = p_values(1, 1), unstated(claims, [p_value], ["t"])
    others = {
        "fits if ± is a standard error": p_values(sqrt(n1), sqrt(n2)),
        "fits as a one-sided P": [
            ends for p, q in spans for ends in ((p / 2, q / 2), (1 - q / 2, 1 - p / 2))
        ],
    }
    readings = [
        of
        for of, found in others.items()
        if any(fitting(claims, [p_value], [(span,) for span in found]))
    ]
    yield follows(
        claims,
        f"P of {about(topic.what, claims)} follows from means and standard deviations",
        p_value,
        names,
        spans,
        [*of_sizes, *t_test, no_word("means")],
        unknown * (min(sizes) < 2)
        or other_method(claims, [p_value]) * bool(t_test)
        or "the file says that its method is normal" * ("normal" in stated(claims, [p_value])),
        readings=partial(list, readings),
    )


def crude_ratios(claims: pd.DataFrame, topic: Topic) -> Iterator[Check]:
    """A crude odds or risk ratio of two groups, from their counts; either group may come first.

    Beside an empty cell one half may have been added to all four, as programs do.
    """
    names, tables, complete = _tables(claims, topic)
    if len(names) != 2 or not tables:
        return
    counts = np.array(tables, float)
    added = counts + (counts == 0).any(axis=(1, 2), keepdims=True) / 2
    ways = np.stack([counts, added, counts[:, ::-1], added[:, ::-1]], axis=-1)
    (a, b), (c, d) = ways.transpose(1, 2, 0, 3)
    # Each with the standard error of its logarithm.
    with np.errstate(divide="ignore", invalid="ignore"):
        values = {
            "odds_ratio": (a * d / (b * c), np.sqrt(1 / a + 1 / b + 1 / c + 1 / d)),
            "risk_ratio": (
                a * (c + d) / (c * (a + b)),
                np.sqrt(1 / a - 1 / (a + b) + 1 / c - 1 / (c + d)),
            ),
        }
    for kind in [kind for kind in values if kind in topic.own]:
        ratio, error = values[kind]
        is_crude = "crude" in stated(claims, [topic.own[kind]])
        check = follows(
            claims,
            f"the {kind.replace('_', ' ')} of {about(topic.what, claims)} follows from the counts",
            topic.own[kind],
            names,
            spans_of(ratio, complete),
            [no_word("crude")],
            unless="" if is_crude else "it would if the ratio were not adjusted (crude)",
        )
        yield check
        limited = [topic.own.get(f"{kind}{end}") for end in ("_lower", "_upper")]
        if all(limited) and complete and "normal" in stated(claims, limited):
            level = ratios.confidence_level(claims, topic.section, topic.what)
            reach = np.multiply.outer(wald.multipliers(level), error)
            # Of an empty cell to which nothing is added there are none.
            with np.errstate(invalid="ignore"):
                ends = [ratio * np.exp(side * reach) for side in (-1, 1)]
            pairs = np.stack(ends, axis=-1).reshape(-1, 2)
            yield one_of(
                claims,
                f"the limits of the {describe(topic.own[kind], claims)} follow from the counts",
                limited,
                [exactly(*pair) for pair in pairs[np.isfinite(pairs).all(axis=1)].tolist()],
                rests_on=names,
                needs=[no_word("crude limits", level)],
                why_not=check.why_not or other_method(claims, limited),
            )


def areas(claims: pd.DataFrame, topic: Topic) -> Iterator[Check]:
    """The AUC of a yes-or-no marker is the mean of its sensitivity and specificity; that of a
    section ``roc`` is part of the checks on counts."""
    for cell in topic.cells if topic.section != "roc" else ():
        *shares, area = (cell.get(of) for of in (*reconstruct.MARKER_QUANTITIES, "auc"))
        if area and all(shares):
            least, most = reconstruct.mean_area([claims.at[name, "printed"] for name in shares])
            names = [*shares, area]
            is_score = unstated(claims, names, ["binary"])
            populations = {denominator(claims, name)[:2] for name in names}
            yield follows(
                claims,
                f"the AUC of {about(subject(area), claims)} is the mean of its sensitivity and "
                "specificity",
                area,
                shares,
                # Of a marker that speaks against the event, programs turn the curve.
                [(least, most), (1 - most, 1 - least)][: 1 + (least < Fraction(1, 2))],
                unstated(claims, names, ["of", "events"]),
                other_method(claims, names)
                or "they are of different patients" * (len(populations) > 1),
                unless=MAY_BE_SCORE if is_score else "",
            )


def kappas(claims: pd.DataFrame, topic: Topic) -> Iterator[Check]:
    """Kappa is no greater than the agreement, and comes from whole numbers where both raters'
    counts are printed."""
    name, agreement = topic.own.get("kappa"), topic.own.get("agreement")
    needs = [no_word("kappa")]
    if name and agreement:
        yield follows(
            claims,
            f"kappa of {about(topic.what, claims)} is at most the agreement",
            name,
            [agreement],
            [(Fraction(-1), min(ends_of(claims, agreement)[1], 1))],
            needs,
        )
    raters = [cell["count"] for cell in topic.groups.values() if "count" in cell]
    total, size, of = denominator(claims, name) if name else (0, None, [])
    first, second = map(int, claims.loc[raters, "printed"]) if len(raters) == 2 else (0, 0)
    # Where all that both count is the same, kappa is zero divided by zero.
    if 0 < first + second < 2 * total:
        chance = Fraction(first * second + (total - first) * (total - second), total**2)
        least, most = max(0, first + second - total), min(first, second)
        ends = [chance + (1 - chance) * end for end in ends_of(claims, name)]
        # Of all who are counted by both raters, those next to what the digits allow.
        near = [floor((total * end - total + first + second) / 2) for end in ends]
        both = {k for k in (*near, *(k + 1 for k in near), least, most) if least <= k <= most}
        shares = [Fraction(total - first - second + 2 * k, total) for k in sorted(both)]
        values = [(share - chance) / (1 - chance) for share in shares]
        yield follows(
            claims,
            f"whole numbers are behind kappa of {about(topic.what, claims)}",
            name,
            [*raters, size],
            exactly(*values),
            [*needs, *of],
        )


def not_compared(claims: pd.DataFrame, topic: Topic) -> Iterator[Check]:
    """What stands beside the numbers of two groups and is not recomputed from them."""
    for quantity, kinds, why in (
        (
            "difference",
            ("mean", "percentage", "count", "median"),
            "differences are not compared with the groups: they may be adjusted or of pairs",
        ),
        ("p_value", ("median",), "no rank test can be recomputed from medians"),
    ):
        cells = [cell[kind] for cell in topic.groups.values() for kind in kinds if kind in cell]
        if quantity in topic.own and len(cells) > 1:
            yield Check(
                f"the numbers of the groups give the {describe(topic.own[quantity], claims)}",
                (topic.own[quantity], *cells),
                nothing,
                why_not=why,
            )


def precision(claims: pd.DataFrame) -> Iterator[Check]:
    """The standard error of a yes-or-no factor in a logistic regression of n patients is at least
    4 / sqrt(n): the weight p (1 - p) of a patient is at most 1/4, and so is the variance of the
    factor, so that the information about it is at most n / 16."""
    for (_, what), ratio in ratios.ratio_sets(claims).items():
        names = [name for name, quantity in ratio.names.items() if quantity != "p_value"]
        total, size, _ = denominator(claims, names[0])
        is_odds = bool(total and size) and names[0].split(".")[2].startswith("odds_ratio")
        most = _most_error(ratio) if is_odds else None
        is_stated = {"binary", "logistic"} <= {*stated(claims, names)}
        if most is not None:
            yield one_of(
                claims,
                f"the standard error of {about(what, claims)}, by its limits at most {most:.3g}, "
                f"is at least 4 / √{total} = {4 / sqrt(total):.3g}",
                [size],
                _enough_patients(ratio),
                rests_on=names,
                otherwise=partial(_enough_patients, ratio),
                why_not=other_method(claims, names),
                unless=""
                if is_stated
                else "it is narrower, as that of a number may be (binary, logistic)",
            )


def _most_error(ratio: ratios.PrintedRatio, left_out: frozenset[str] = frozenset()) -> float | None:
    """The greatest standard error that an estimate and its limits allow; None where they are not
    enough, or contradict one another."""
    strings = ratio.strings(left_out)
    strings.pop("p_value", None)
    # Limits whose level is not printed are at 80% or more.
    level = ratio.level if ratio.level_claim else min(ratios.USUAL_LEVELS)
    bounds = wald.possible(strings, "sigma", level) if ratios.bounded(strings) else None
    return bounds and bounds[1]


def _enough_patients(
    ratio: ratios.PrintedRatio, left_out: frozenset[str] = frozenset()
) -> list[tuple[Span]] | None:
    """The numbers of patients with which a standard error can be so small."""
    most = _most_error(ratio, left_out)
    return None if most is None else [((16 / most**2 if most else inf, MOST_PATIENTS),)]
