"""Printed ratios (odds, hazard, risk) with their limits and P: which belong together, at which
confidence level, and which other method would print them.

The arithmetic is that of ``lib.paper.wald``, on the logarithmic scale.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from itertools import chain

import pandas as pd

from lib.paper import digits, published, reconstruct, wald
from lib.paper.premises import AT_95, other_method, stated, unstated
from lib.paper.verdicts import Check, Span, about, exactly, one_of
from lib.words import listed

# What there may be of a ratio, in words.
KINDS = {"estimate": "odds_ratio", "limits": "odds_ratio_lower", "P": "p_value"}
LIMITS = wald.QUANTITIES[1:3]
USUAL_LEVELS = (0.8, 0.9, 0.95, 0.99)
# With which a t is tried where the normal method does not fit.
DEGREES_OF_FREEDOM = [*range(3, 31), *range(35, 105, 5), 120, 150, 200, 300, 500]


@dataclass(frozen=True)
class PrintedRatio:
    """A printed ratio with its limits and P: for each claim the quantity of ``wald.QUANTITIES``
    that it is, the claim of the confidence level (None where none is printed), and the level."""

    claims: pd.DataFrame
    names: dict[str, str]
    level_claim: str | None
    level: float

    def strings(self, left_out: frozenset[str] = frozenset()) -> dict[str, str]:
        """The printed strings by quantity, without some claims."""
        return {
            quantity: self.claims.at[name, "printed"]
            for name, quantity in self.names.items()
            if name not in left_out
        }


def adjusted(claims: pd.DataFrame) -> dict[str, dict[str, str]]:
    """The printed odds ratio, limits and P, by quantity, of each factor with an adjusted odds ratio
    and at least one of its limits."""
    return {
        what: ratio.strings()
        for (section, what), ratio in ratio_sets(claims).items()
        if section == "multivariate"
    }


def printed_wald_sets(claims: pd.DataFrame) -> dict[str, dict[str, str]]:
    """The strings of ``adjusted`` by factor in words, as each other source prints them and then as
    the paper does.
    """
    variants = {
        f"{about(name)}, {claims.at[name, 'source'].partition(' (')[0]}": ratio.strings()
        for name, ratio in _variants(claims).items()
        if name.startswith("multivariate.")
    }
    return variants | {about(factor): strings for factor, strings in adjusted(claims).items()}


def confidence_level(
    claims: pd.DataFrame, section: str = "multivariate", what: str = "all"
) -> float:
    """The printed confidence level of a set of claims, or 0.95 where none is printed."""
    return level_of(claims, section, what)[1]


def level_of(claims: pd.DataFrame, section: str, what: str) -> tuple[str | None, float]:
    """The claim of the confidence level that a set of claims has (its own, that of the section that
    it names, or that of the whole paper), and the level; 0.95 where none is printed."""
    own = [name for name in claims.index if name.startswith(f"{section}.{what}.")]
    places = [
        (section, what),
        (section, what.partition("@")[0]),
        (section, "all"),
        (stated(claims, own).get("level"), "all"),
        ("methods", "all"),
    ]
    names = [f"{s}.{w}.confidence_level" for s, w in places]
    name = next((name for name in names if name in claims.index), None)
    return name, (float(digits.number(claims.at[name, "printed"])) if name else 0.95)


def ratio_sets(claims: pd.DataFrame) -> dict[tuple[str, str], PrintedRatio]:
    """Each printed ratio with a limit, by section and subject."""
    sets = {}
    for name in reconstruct.original(claims).index:
        section, what, quantity = name.split(".")
        if quantity in published.RATIOS:
            ids = [name, f"{name}_lower", f"{name}_upper", f"{section}.{what}.p_value"]
            # P of another method stands alone.
            apart = ids[3:] if other_method(claims, ids[3:]) else []
            found = {
                claim: quantity
                for claim, quantity in zip(ids, wald.QUANTITIES, strict=True)
                if claim in claims.index and claim not in apart
            }
            if bounded(found.values()):
                sets[section, what] = PrintedRatio(claims, found, *level_of(claims, section, what))
    return sets


def _variants(claims: pd.DataFrame) -> dict[str, PrintedRatio]:
    """Each number of a printed ratio that another source prints, among the paper's others."""
    sets, found = ratio_sets(claims), {}
    for name in claims.index.difference(reconstruct.original(claims).index):
        section, what, quantity = name.split(".")[:3]
        if (section, what) in sets and quantity in wald.QUANTITIES:
            of = sets[section, what]
            others = {n: q for n, q in of.names.items() if q != quantity}
            found[name] = replace(of, names={**others, name: quantity})
    return found


def bounded(quantities: Iterable[str]) -> bool:
    """Whether two of an estimate and its limits are among the quantities."""
    return sum(quantity in wald.QUANTITIES[:3] for quantity in quantities) > 1


def wald_checks(claims: pd.DataFrame) -> Iterator[Check]:
    """Whether ratios, limits and P belong together, at the confidence level printed; and variants
    of them that another source prints, each with the other strings of the paper."""
    sets = ratio_sets(claims)
    for (_, what), ratio in sets.items():
        names = (*ratio.names, *filter(None, [ratio.level_claim]))
        sharing = [other for other in sets.values() if other.level_claim == ratio.level_claim]
        yield _check(ratio, about(what, claims), names, sharing)
    yield from _level_checks(claims, list(sets.values()))
    for name, ratio in _variants(claims).items():
        check = _check(ratio, f"{about(name, claims)}, as this source prints them,", (name,), [])
        if check.allows(name) is not None:
            yield check


def _check(
    ratio: PrintedRatio, words: str, names: tuple[str, ...], sharing: list[PrintedRatio]
) -> Check:
    """The check of a ratio, on the claims named; ``sharing`` are all ratios with its level."""
    method = unstated(ratio.claims, ratio.names, ["normal"])
    # Without P the limits belong together at any level.
    of_level = () if ratio.level_claim or "p_value" not in ratio.names.values() else (AT_95,)
    present = {quantity.replace("upper", "lower") for quantity in ratio.names.values()}
    tied = [word for word, quantity in KINDS.items() if quantity in present]

    def agree(left_out: frozenset[str]) -> bool | None:
        strings = ratio.strings(left_out)
        if not bounded(strings):
            return None
        # Without the confidence level all ratios that share it may agree at another.
        if ratio.level_claim in left_out:
            return bool(_levels(sharing, left_out))
        return wald.agree(strings, ratio.level)

    def allowed(name: str) -> list[Span] | None:
        if name == ratio.level_claim or not bounded(ratio.strings(frozenset([name]))):
            return None
        bounds = wald.possible(ratio.strings(), ratio.names[name], ratio.level)
        return [bounds] if bounds else []

    def other_methods() -> list[str]:
        strings, swap = ratio.strings(), dict(zip(LIMITS, LIMITS[::-1], strict=True))
        turned = {swap.get(quantity, quantity): text for quantity, text in strings.items()}
        found = [
            f"fits limits at {at:.0%}"
            for at in USUAL_LEVELS
            if of_level and wald.agree(strings, at)
        ]
        found += ["fits with the limits in the other order"] * wald.agree(turned, ratio.level)
        fitting = [
            str(of) for of in DEGREES_OF_FREEDOM if method and wald.agree(strings, ratio.level, of)
        ]
        span = " to ".join(dict.fromkeys([*fitting[:1], *fitting[-1:]]))
        return [*found, *[f"fits a t with about {span} degrees of freedom"][: len(fitting)]]

    return Check(
        f"{listed(tied)} of {words} belong together",
        names,
        agree,
        allowed,
        needs=(*method, *of_level),
        why_not=other_method(ratio.claims, ratio.names),
        readings=other_methods,
    )


def _level_checks(claims: pd.DataFrame, ratios: list[PrintedRatio]) -> Iterator[Check]:
    """The levels, in whole percent, at which all ratios agree with their limits and P.

    Where there is none, no level mends what is wrong, and those ratios decide that agree.
    """
    normal = [of for of in ratios if of.level_claim and not other_method(claims, of.names)]
    for name in dict.fromkeys(ratio.level_claim for ratio in normal):
        used = [ratio for ratio in normal if ratio.level_claim == name]
        if not (fitting := _levels(used)):
            used = [ratio for ratio in used if wald.agree(ratio.strings(), ratio.level)]
            fitting = _levels(used)
        if fitting:
            yield one_of(
                claims,
                "limits and P imply the confidence level",
                [name],
                fitting,
                rests_on=chain(*(ratio.names for ratio in used)),
                otherwise=partial(_levels, used),
                needs=max((unstated(claims, of.names, ["normal"]) for of in used), key=len),
                why_not=""
                if any("p_value" in ratio.names.values() for ratio in used)
                else "limits without P belong together at any level",
            )


def _levels(
    ratios: list[PrintedRatio], left_out: frozenset[str] = frozenset()
) -> list[tuple[Span, ...]]:
    """The levels at which all ratios agree, of those in whole percent and the one printed, as
    candidates of ``one_of``; none where there are no ratios."""
    known = list(filter(bounded, (ratio.strings(left_out) for ratio in ratios)))
    printed = {Fraction(ratio.level).limit_denominator(10_000) for ratio in ratios}
    whole = {Fraction(percent, 100) for percent in range(50, 100)}
    levels = sorted(printed | whole) if ratios else []
    return [exactly(level) for level in levels if all(wald.agree(of, float(level)) for of in known)]
