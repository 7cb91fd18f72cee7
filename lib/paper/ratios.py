"""Printed ratios (odds, hazard, risk) with their limits and P: which belong together, at which
confidence level, and which other method would print them.

The arithmetic is that of ``lib.paper.wald``, on the logarithmic scale.
"""

from __future__ import annotations

from fractions import Fraction
from functools import partial

import pandas as pd

from lib.paper import published, reconstruct, wald
from lib.paper.published import RATIOS, premises
from lib.paper.verdicts import NOT_NORMAL, Check, Span, about, one_of, unstated


def adjusted(claims: pd.DataFrame) -> list[str]:
    """The factors with an adjusted odds ratio and at least one of its limits."""
    return [what for section, what in ratio_sets(claims) if section == "multivariate"]


def wald_strings(claims: pd.DataFrame, factor: str) -> dict[str, str]:
    """The printed odds ratio, limits and P of a factor, by quantity."""
    names = {f"multivariate.{factor}.{quantity}": quantity for quantity in wald.QUANTITIES}
    return _strings(claims, {n: q for n, q in names.items() if n in claims.index})


def printed_wald_sets(claims: pd.DataFrame) -> dict[str, dict[str, str]]:
    """The strings of ``wald_strings`` by factor in words, as each other source prints them and then
    as the paper does.
    """
    sets = {}
    for name in claims.index.difference(reconstruct.original(claims).index):
        factor, quantity = name.split(".")[1:3]
        if factor in adjusted(claims) and quantity in wald.QUANTITIES:
            strings = wald_strings(claims, factor) | {quantity: claims.at[name, "printed"]}
            source = claims.at[name, "source"].partition(" (")[0]
            sets[f"{about(factor)}, {source}"] = strings
    return sets | {about(factor): wald_strings(claims, factor) for factor in adjusted(claims)}


def confidence_level(
    claims: pd.DataFrame, section: str = "multivariate", what: str = "all"
) -> float:
    """The printed confidence level of a set of claims, or 0.95 where none is printed."""
    name = level_claim(claims, section, what)
    return float(published.number(claims.at[name, "printed"])) if name else 0.95


def level_claim(claims: pd.DataFrame, section: str, what: str) -> str | None:
    """The claim of the confidence level that a set of claims has."""
    places = [(section, what), (section, "all"), ("multivariate", "all"), ("methods", "all")]
    names = [f"{s}.{w}.confidence_level" for s, w in places]
    return next((name for name in names if name in claims.index), None)


def wald_checks(claims: pd.DataFrame) -> list[Check]:
    """Whether ratios, limits and P belong together, at the confidence level printed; and variants
    of them that another source prints, each with the other strings of the paper."""
    sets = ratio_sets(claims)
    checks = []
    for (section, what), names in sets.items():
        words = f"estimate, limits and P of {about(what)} belong together"
        known = premises(claims, list(names))
        why_not = ", ".join(sorted(NOT_NORMAL & set(known)))
        level = level_claim(claims, section, what)
        sharing = [n for (s, w), n in sets.items() if level and level_claim(claims, s, w) == level]
        checks.append(
            Check(
                words,
                (*names, *([level] if level else [])),
                partial(_wald_agrees, claims, names, level, sharing),
                partial(_allowed_wald, claims, names, level),
                needs=unstated(claims, list(names), ["normal"]),
                why_not=f"the file says that its method is {why_not}" if why_not else "",
                readings=partial(_other_methods, claims, names, level, known),
            )
        )
    checks += _level_checks(claims, sets)
    for name in claims.index.difference(reconstruct.original(claims).index):
        section, factor, quantity = name.split(".")[:3]
        own = f"{section}.{factor}.{quantity}"
        names = {n: q for n, q in sets.get((section, factor), {}).items() if n != own}
        if quantity in wald.QUANTITIES and _bounded(names.values()):
            names[name] = quantity
            words = (
                f"estimate, limits and P of {about(factor)}, as this source prints them, "
                "belong together"
            )
            level = level_claim(claims, section, factor)
            agrees_alone = partial(_wald_agrees, claims, names, level, [])
            allows = partial(_allowed_wald, claims, names, level)
            checks.append(
                Check(words, (name,), lambda out, f=agrees_alone: None if out else f(out), allows)
            )
    return checks


def ratio_sets(claims: pd.DataFrame) -> dict[tuple[str, str], dict[str, str]]:
    """Each printed ratio with a limit: by section and subject, its claims and for each the
    quantity of ``wald.QUANTITIES`` that it is."""
    sets = {}
    for name in reconstruct.original(claims).index:
        section, what, quantity = name.split(".")
        if quantity in RATIOS:
            ids = [f"{name}{end}" for end in ("", "_lower", "_upper")]
            ids.append(f"{section}.{what}.p_value")
            pairs = dict(zip(ids, wald.QUANTITIES, strict=True))
            found = {n: q for n, q in pairs.items() if n in claims.index}
            if _bounded(found.values()):
                sets[section, what] = found
    return sets


def _bounded(quantities) -> bool:
    """Whether two of an estimate and its limits are among the quantities."""
    return sum(quantity in wald.QUANTITIES[:3] for quantity in quantities) > 1


def _at(claims: pd.DataFrame, level: str | None) -> float:
    return float(published.number(claims.at[level, "printed"])) if level else 0.95


def _strings(claims, names: dict[str, str], left_out: frozenset[str] = frozenset()) -> dict:
    return {q: claims.at[name, "printed"] for name, q in names.items() if name not in left_out}


def _wald_agrees(
    claims: pd.DataFrame,
    names: dict[str, str],
    level: str | None,
    sharing: list[dict[str, str]],
    left_out: frozenset[str],
) -> bool | None:
    """Without the confidence level: whether all sets that share it agree at another."""
    strings = _strings(claims, names, left_out)
    if not _bounded(strings):
        return None
    if level in left_out:
        return bool(_levels([_strings(claims, other, left_out) for other in sharing]))
    return wald.agree(strings, _at(claims, level))


def _allowed_wald(
    claims: pd.DataFrame, names: dict[str, str], level: str | None, name: str
) -> list[Span] | None:
    if name == level or not _bounded(q for n, q in names.items() if n != name):
        return None
    bounds = wald.possible(_strings(claims, names), names[name], _at(claims, level))
    return [bounds] if bounds else []


def _other_methods(
    claims: pd.DataFrame, names: dict[str, str], level: str | None, known: dict[str, str]
) -> list[str]:
    """The readings under which a set that is not the normal one fits."""
    if "normal" in known or "basis" not in claims:
        return []
    degrees = wald.degrees_of_freedom(_strings(claims, names), _at(claims, level))
    if not degrees:
        return []
    span = dict.fromkeys([min(degrees), max(degrees)])
    return [f"fits a t with about {' to '.join(map(str, span))} degrees of freedom"]


def _level_checks(claims: pd.DataFrame, sets: dict) -> list[Check]:
    """The levels, in whole percent, at which all ratios agree with their limits and P.

    Where there is none, no level mends what is wrong, and those ratios decide that agree.
    """
    checks = []
    for name in [n for n in claims.index if n.endswith(".confidence_level")]:
        strings = [
            _strings(claims, names)
            for (section, what), names in sets.items()
            if level_claim(claims, section, what) == name
        ]
        level = _at(claims, name)
        fitting = _levels(strings) or _levels([x for x in strings if wald.agree(x, level)])
        if fitting:
            words = "limits and P imply the confidence level"
            checks.append(one_of(claims, words, (name,), {x: (x,) for x in fitting}))
    return checks


def _levels(sets: list[dict[str, str]]) -> list[Fraction]:
    levels = [Fraction(percent, 100) for percent in range(50, 100)] if sets else []
    return [
        level for level in levels if all(wald.agree(s, float(level)) for s in sets if _bounded(s))
    ]
