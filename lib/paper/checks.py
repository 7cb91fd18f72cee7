"""What each claim may print, given all the others: the checks, and the arithmetic behind them.

A check is one piece of arithmetic that ties claims together. Judging is leave-one-out: a claim is
never used to judge itself. The functions `judge_*` return, by claim id, a verdict (confirmed,
bounded or contradicted), the value recomputed, the check and the reason in words.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from math import floor

import numpy as np
import pandas as pd

from lib.paper import published, reconstruct, wald
from lib.paper.published import agrees, interval, printings, subject
from lib.patients.codebook import read_codebook
from lib.patients.files import DATA
from lib.statistics import roc, univariate
from lib.words import listed

MARKER_QUANTITIES = ("sensitivity", "specificity")

QUANTITY_WORDS = {
    "patients": "patients",
    "first_month": "first month",
    "last_month": "last month",
    "horizon": "horizon",
    "primary_patency": "primary patency",
    "p_value": "P",
    "confidence_level": "confidence level",
    "odds_ratio": "adjusted odds ratio",
    "odds_ratio_lower": "lower limit of the adjusted odds ratio",
    "odds_ratio_upper": "upper limit of the adjusted odds ratio",
    "auc": "AUC",
    "auc_lower": "lower limit of the AUC",
    "auc_upper": "upper limit of the AUC",
    "sensitivity": "sensitivity",
    "specificity": "specificity",
}


@dataclass(frozen=True)
class Judgment:
    """A verdict on one claim, with the value recomputed, the check in words, and the reason."""

    verdict: str
    recomputed: str
    check: str
    reason: str


@dataclass(frozen=True)
class Check:
    """One piece of arithmetic: its words, the claims it ties together, and whether it holds.

    `holds` is None where the check cannot be carried out, because a check that it builds on fails.
    """

    words: str
    claims: tuple[str, ...]
    holds: bool | None


def ids(
    claims: pd.DataFrame, *, section: str | None = None, quantities: tuple[str, ...] = ()
) -> list[str]:
    """The ids of the original claims of a section and of the quantities named."""
    rows = reconstruct.original(claims)
    chosen = pd.Series(True, rows.index)
    if section:
        chosen &= rows["section"] == section
    if quantities:
        chosen &= rows["quantity"].isin(quantities)
    return list(rows.index[chosen])


@cache
def _labels() -> dict[str, str]:
    return read_codebook(DATA / "codebook.csv")["label"].to_dict()


def about(name: str) -> str:
    """What a claim, a group or a factor is about, in words; the empty string for all patients."""
    part = subject(name) if "." in name else name
    words = _labels().get(part, part)
    words = words if words.isupper() or part not in _labels() else words[0].lower() + words[1:]
    return "" if part in ("all", "recruitment") else words


def describe(name: str) -> str:
    """A claim in words: "AUC of incomplete lesion coverage"."""
    section, _, quantity, *variant = name.split(".")
    words = QUANTITY_WORDS[quantity]
    if quantity == "p_value":
        words = {"univariate": "P", "multivariate": "adjusted P", "roc": "P of the AUC"}[section]
    words = f"{words} of {about(name)}" if about(name) else words
    words = f"{words}, alone" if section == "univariate" else words
    return f"{words} ({', '.join(variant)})" if variant else words


def adjusted(claims: pd.DataFrame) -> list[str]:
    """The factors with an adjusted odds ratio and at least one of its limits."""
    factors = [
        subject(name) for name in ids(claims, section="multivariate", quantities=("odds_ratio",))
    ]
    return [
        factor
        for factor in factors
        if sum(q in wald_strings(claims, factor) for q in wald.QUANTITIES[:3]) > 1
    ]


def wald_strings(claims: pd.DataFrame, factor: str) -> dict[str, str]:
    """The printed odds ratio, limits and P of a factor, by quantity."""
    names = {quantity: f"multivariate.{factor}.{quantity}" for quantity in wald.QUANTITIES}
    return {
        quantity: claims.at[name, "printed"]
        for quantity, name in names.items()
        if name in claims.index
    }


def printed_wald_sets(claims: pd.DataFrame) -> dict[str, dict[str, str]]:
    """The strings of `wald_strings` by factor in words, as each other source prints them and then
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


def confidence_level(claims: pd.DataFrame) -> float:
    """The printed confidence level, or 0.95 where none is printed."""
    name = "multivariate.all.confidence_level"
    return float(published.number(claims.at[name, "printed"])) if name in claims.index else 0.95


# --------------------------------------------------------------------------- checks on the counts


def count_checks(claims: pd.DataFrame) -> list[Check]:
    """The checks on whole numbers, smaller ones first.

    A check is not carried out when one that it contains already fails: it could tell nothing new.
    """
    total = [
        name
        for name in ids(claims, section="methods", quantities=("patients",))
        if subject(name) == "all"
    ]
    sizes = ids(claims, section="methods", quantities=("patients",))
    rates = ids(claims, section="patency", quantities=("primary_patency",))
    markers = ids(claims, section="roc", quantities=MARKER_QUANTITIES)
    areas = ids(claims, section="roc", quantities=("auc",))
    planned = [("the groups add up to all patients", sizes)]
    planned += [
        (
            f"a whole number of patients is behind the patency of {about(rate)}",
            [f"methods.{subject(rate)}.patients", rate],
        )
        for rate in rates
    ]
    planned += [
        ("one number of events is behind all sensitivities and specificities", total + markers)
    ]
    planned += [
        (
            f"the AUC of {about(area)} is the mean of its sensitivity and specificity",
            [*total, *markers, area],
        )
        for area in areas
    ]
    planned += [("patency and markers share the same events", sizes + rates + markers + areas)]
    checks: list[Check] = []
    for words, names in planned:
        names = [name for name in names if name in claims.index]
        contains_failure = any(
            check.holds is False and set(check.claims) <= set(names) for check in checks
        )
        holds = None if contains_failure else bool(reconstruct.solve(claims, names))
        checks.append(Check(words, tuple(names), holds))
    return checks


def count_prints(claims: pd.DataFrame, name: str, using: tuple[str, ...]) -> set[str] | None:
    """Everything that a claim about counts may print, given the other claims in `using`.

    None when they do not confine it.
    """
    values, like = _allowed_values(claims, name, using), claims.at[name, "printed"]
    return None if None in values else {text for value in values for text in printings(value, like)}


def _allowed_values(claims: pd.DataFrame, name: str, using: tuple[str, ...]) -> set:
    """The exact values of a claim about counts, given the others; None among them for any value."""
    values: set = set()
    for solution in reconstruct.solve(claims, [other for other in using if other != name]):
        values |= _count_values(claims, name, solution) or {None}
    return values


def _count_values(claims: pd.DataFrame, name: str, solution: reconstruct.Counts) -> set:
    _, about, quantity = name.split(".")[:3]
    groups = reconstruct.groups(claims)
    if solution.patients is None:
        return set()
    if about == "all":
        return {solution.patients}
    if about in groups:
        at = groups.index(about)
        if not solution.patients_by_group or not solution.patients_by_group[at]:
            return set()
        size = solution.patients_by_group[at]
        if quantity == "patients":
            return {size}
        return (
            {Fraction(size - solution.occluded_by_group[at], size)}
            if solution.occluded_by_group
            else set()
        )
    if solution.occluded is None:
        return set()
    patent = solution.patients - solution.occluded
    values = set()
    for a, b in solution.markers.get(about, ()):
        sensitivity = Fraction(a, solution.occluded)
        specificity = Fraction(patent - b, patent)
        values.add(
            {
                "sensitivity": sensitivity,
                "specificity": specificity,
                "auc": (sensitivity + specificity) / 2,
            }[quantity]
        )
    return values


def two_by_twos(claims: pd.DataFrame) -> dict[str, np.ndarray]:
    """The two-by-two table of every marker that the claims determine uniquely."""
    solutions = reconstruct.solve(reconstruct.original(claims))
    result = {}
    for marker in reconstruct.markers(claims):
        found = {
            (s.patients, s.occluded, pair) for s in solutions for pair in s.markers.get(marker, ())
        }
        if len(found) == 1:
            ((patients, occluded, (a, b)),) = found
            result[marker] = np.array([[a, b], [occluded - a, patients - occluded - b]])
    return result


# ------------------------------------------------------------------- checks on the ROC's inference


def interval_candidates(claims: pd.DataFrame, table: np.ndarray) -> dict[tuple[str, float], tuple]:
    """Lower and upper limit of the AUC under every standard error and both z."""
    events, nonevents = table[::-1, 0], table[::-1, 1]
    area = roc.auc(events, nonevents)
    return {
        (name, z): (area - z * error, area + z * error)
        for name, error in roc.standard_errors(events, nonevents).items()
        for z in wald.multipliers(confidence_level(claims))
    }


def p_candidates(claims: pd.DataFrame, table: np.ndarray) -> dict[str, tuple]:
    """P of the AUC against one half under every standard error."""
    return {
        name: (row["p"],) for name, row in roc.inference(table[::-1, 0], table[::-1, 1]).iterrows()
    }


def matching(claims: pd.DataFrame, names: list[str], candidates: dict) -> set:
    """The candidates that print all the claims named."""
    return {
        key
        for key, values in candidates.items()
        if all(
            agrees(claims.at[name, "printed"], value)
            for name, value in zip(names, values, strict=True)
        )
    }


def chosen_elsewhere(
    claims: pd.DataFrame, marker: str, quantities: tuple[str, ...], candidates: dict[str, dict]
) -> set:
    """Those of a marker's candidates that print the claims of all *other* markers; all of them
    where none does.

    `candidates` holds those of every marker.
    """
    everything = set(candidates[marker])
    chosen = set(everything)
    for other, of_other in candidates.items():
        if other != marker:
            names = [f"roc.{other}.{quantity}" for quantity in quantities]
            if all(name in claims.index for name in names):
                chosen &= matching(claims, names, of_other) or everything
    return chosen or everything


# For each kind of claim about an AUC: its quantities, its candidates, the check in words.
ROC_INFERENCE = [
    (("auc_lower", "auc_upper"), interval_candidates, "the limits follow from the counts"),
    (("p_value",), p_candidates, "P follows from the counts"),
]


def candidate_labels(candidates: set) -> list[str]:
    """The standard errors behind a set of candidates, in words."""
    return sorted(
        {roc.STANDARD_ERRORS[key[0] if isinstance(key, tuple) else key] for key in candidates}
    )


def standard_error_trials(claims: pd.DataFrame) -> pd.DataFrame:
    """Every standard error of every marker whose table is determined, and what it prints.

    Columns marker, kind, auc, standard_error, lower, upper, p, limits_printed (0 to 2 of the
    published limits) and p_printed.
    """
    trials = []
    for marker, table in two_by_twos(claims).items():
        trial = roc.inference(table[::-1, 0], table[::-1, 1], confidence_level(claims))
        agreement = {
            column: [
                agrees(claims.at[f"roc.{marker}.{quantity}", "printed"], value)
                for value in trial[column]
            ]
            for column, quantity in [
                ("lower", "auc_lower"),
                ("upper", "auc_upper"),
                ("p", "p_value"),
            ]
        }
        trial["limits_printed"] = np.add(agreement["lower"], agreement["upper"], dtype=int)
        trial["p_printed"] = agreement["p"]
        trials.append(trial.rename_axis("kind").reset_index().assign(marker=marker))
    columns = [
        "marker",
        "kind",
        "auc",
        "standard_error",
        "lower",
        "upper",
        "p",
        "limits_printed",
        "p_printed",
    ]
    return pd.concat(trials)[columns] if trials else pd.DataFrame(columns=columns)


# ------------------------------------------------------------------------------------ judgments


def judge_counts(claims: pd.DataFrame) -> dict[str, Judgment]:
    """Judge the claims that come from whole numbers of patients."""
    checks = count_checks(claims)
    tied = tuple(name for name in claims.index if any(name in check.claims for check in checks))
    judgments = {}
    for name in tied:
        failing = [check for check in checks if check.holds is False and name in check.claims]
        holding = [check for check in checks if check.holds and name in check.claims]
        if failing:
            words = "; ".join(check.words for check in failing)
            others = [other for other in tied if any(other in check.claims for check in failing)]
            allowed = count_prints(claims, name, tied)
            remedy = (
                f"without it the others allow {_prints_listed(allowed)}"
                if allowed
                else "leaving it out mends nothing"
            )
            cut_off = _if_cut_off(claims.at[name, "printed"], _allowed_values(claims, name, tied))
            reason = f"fails: {words}; {_ties(name, others)}; {remedy}{cut_off}"
            judgments[name] = Judgment("contradicted", "no solution", words, reason)
            continue
        confined = [(count_prints(claims, name, check.claims), check) for check in holding]
        confined = [(prints, check) for prints, check in confined if prints is not None]
        if confined:
            prints, check = min(confined, key=lambda pair: len(pair[0]))
            judgments[name] = _from_prints(
                claims, name, prints, _solved(claims, name, prints), check.words
            )
    return judgments


def _solved(claims: pd.DataFrame, name: str, prints: set[str]) -> str:
    """The exact value where the counts are unique, else what may be printed."""
    solutions = reconstruct.solve(reconstruct.original(claims))
    values = {value for solution in solutions for value in _count_values(claims, name, solution)}
    if len(values) != 1:
        return _prints_listed(prints)
    value = values.pop()
    return str(value) if name.endswith(".patients") else _range(float(value), float(value), name)


def judge_univariate(claims: pd.DataFrame) -> dict[str, Judgment]:
    """Judge the P of each factor whose two-by-two table is determined, by all tests in use."""
    judgments = {}
    for marker, table in two_by_twos(claims).items():
        name = f"univariate.{marker}.p_value"
        if name in claims.index:
            p_values = univariate.binary_tests(table).values()
            prints = {text for p in p_values for text in printings(p, claims.at[name, "printed"])}
            words = f"P follows from the two-by-two table of {about(marker)}"
            shown = _range(min(p_values), max(p_values), name)
            judgments[name] = _from_prints(
                claims, name, prints, shown, words, ", by all four tests in use"
            )
    return judgments


def judge_wald(claims: pd.DataFrame) -> dict[str, Judgment]:
    """Judge adjusted odds ratios, limits and P, the confidence level, and variants of them that
    another source prints. A variant is judged with the other strings of its own source."""
    level = confidence_level(claims)
    judgments = {}
    for factor in adjusted(claims):
        strings = wald_strings(claims, factor)
        words = f"estimate, limits and P of {about(factor)} belong together"
        for quantity in strings:
            if not _confined(strings, quantity):
                continue
            name = f"multivariate.{factor}.{quantity}"
            judgments[name] = _from_wald(claims, name, strings, level, words)
            if not wald.agree(strings, level):
                ties = _ties(name, [f"multivariate.{factor}.{other}" for other in strings])
                bounds = wald.possible(strings, quantity, level)
                reason = f"fails: {words}; {ties}{_if_cut_off(strings[quantity], _ends(bounds, strings[quantity]))}"
                judgments[name] = Judgment(
                    "contradicted", judgments[name].recomputed, words, reason
                )
    judgments |= _judge_level(claims, level)
    for name in claims.index.difference(reconstruct.original(claims).index):
        factor, quantity = name.split(".")[1:3]
        strings = wald_strings(claims, factor) | {quantity: claims.at[name, "printed"]}
        if quantity in wald.QUANTITIES and _confined(strings, quantity):
            words = f"estimate, limits and P of {about(factor)}, as this source prints them, belong together"
            judgments[name] = _from_wald(claims, name, strings, level, words)
    return judgments


def _confined(strings: dict[str, str], quantity: str) -> bool:
    """Whether two of the estimate and its limits are printed besides this quantity."""
    return sum(other in strings for other in wald.QUANTITIES[:3] if other != quantity) > 1


def _from_wald(
    claims: pd.DataFrame, name: str, strings: dict[str, str], level: float, words: str
) -> Judgment:
    quantity = name.split(".")[2]
    bounds = wald.possible(strings, quantity, level)
    prints = _between(*bounds, strings[quantity]) if bounds else set()
    shown = _range(*bounds, name) if bounds else "nothing"
    return _from_prints(claims, name, prints, shown, words)


def _judge_level(claims: pd.DataFrame, level: float) -> dict[str, Judgment]:
    name = "multivariate.all.confidence_level"
    if name not in claims.index:
        return {}
    factors = [wald_strings(claims, factor) for factor in adjusted(claims)]
    fitting = {
        f"{percent}%"
        for percent in range(50, 100)
        if all(wald.agree(strings, percent / 100) for strings in factors)
    }
    words = "limits and P imply the confidence level"
    return {name: _from_prints(claims, name, fitting, _prints_listed(fitting), words)}


def judge_roc(claims: pd.DataFrame) -> dict[str, Judgment]:
    """Judge the limits and P of each AUC by the standard error that prints those of the others."""
    judgments: dict[str, Judgment] = {}
    known = two_by_twos(claims)
    candidates = {
        quantities: {marker: candidates_of(claims, table) for marker, table in known.items()}
        for quantities, candidates_of, _ in ROC_INFERENCE
    }
    for marker in known:
        area = f"roc.{marker}.auc"
        for quantities, _, words in ROC_INFERENCE:
            names = [f"roc.{marker}.{quantity}" for quantity in quantities]
            if not all(name in claims.index for name in names):
                continue
            own = candidates[quantities][marker]
            chosen = {
                key: own[key]
                for key in chosen_elsewhere(claims, marker, quantities, candidates[quantities])
            }
            holds = bool(matching(claims, names, chosen))
            source = ", with every standard error in use"
            if len(chosen) < len(own):
                source = f", with the standard error chosen on the other marker: {listed(candidate_labels(set(chosen)))}"
            allowed = {}
            for position, name in enumerate(names):
                values = allowed[name] = [values[position] for values in chosen.values()]
                prints = {
                    text
                    for value in values
                    for text in printings(value, claims.at[name, "printed"])
                }
                judgments[name] = _from_prints(
                    claims, name, prints, _range(min(values), max(values), name), words, source
                )
            if not holds:
                for name in [*names, area]:
                    shown = judgments[name].recomputed if name in judgments else ""
                    cut_off = (
                        ""
                        if name == area
                        else _if_cut_off(claims.at[name, "printed"], allowed[name])
                    )
                    reason = f"fails: {words}{source}; {_ties(name, [area, *names])}{cut_off}"
                    judgments[name] = Judgment("contradicted", shown, words, reason)
    return judgments


def _from_prints(
    claims: pd.DataFrame, name: str, prints: set[str], shown: str, words: str, source: str = ""
) -> Judgment:
    """The judgment on a claim whose possible prints are known."""
    if claims.at[name, "printed"].strip() not in prints:
        reason = f"fails: {words}; the other claims allow {_prints_listed(prints)}"
        return Judgment("contradicted", shown, words, reason)
    if len(prints) == 1:
        return Judgment(
            "confirmed", shown, words, f"{words}{source}; nothing else could be printed"
        )
    return Judgment(
        "bounded", shown, words, f"{words}{source}; {_prints_listed(prints)} could be printed"
    )


def _if_cut_off(printed: str, values: Iterable) -> str:
    """Truncation named, where it is a reading under which one of the values prints as it does."""
    fits = any(value is not None and value in interval(printed, "truncation") for value in values)
    return "; it would fit if its digits were cut off instead of rounded" if fits else ""


def _ends(bounds: tuple[float, float] | None, printed: str) -> list[float]:
    """The least allowed value that is no smaller than the printed digits, where there is one."""
    if bounds is None or printed.strip()[0] in "<>≤≥":
        return []
    least = max(bounds[0], float(published.number(printed)))
    return [least] if least <= bounds[1] else []


def _between(low: float, high: float, like: str) -> set[str]:
    """All prints, with the digits of `like`, of the values from low to high."""
    if like.strip()[0] in "<>≤≥":
        return printings(low, like) | printings(high, like)
    unit = published.last_digit(like)
    first, last = (floor(Fraction(value) / unit) for value in (low, high))
    texts = {text for step in range(first, last + 2) for text in printings(step * unit, like)}
    return {text for text in texts if interval(text).lower <= high and interval(text).upper >= low}


def _ties(name: str, names: list[str]) -> str:
    return "it ties this to the " + listed([describe(other) for other in names if other != name])


def _range(low: float, high: float, like_name: str) -> str:
    percent = like_name.endswith((".primary_patency", ".sensitivity", ".specificity"))
    texts = [f"{100 * value:.2f}%" if percent else f"{value:.5g}" for value in (low, high)]
    return texts[0] if texts[0] == texts[1] else f"{texts[0]} to {texts[1]}"


def _prints_listed(prints: set[str]) -> str:
    if not prints:
        return "no print at all"
    ordered = sorted(prints, key=lambda text: float(text.lstrip("<>≤≥").rstrip("%")))
    return (
        listed(ordered)
        if len(ordered) <= 4
        else f"{ordered[0]} to {ordered[-1]} ({len(ordered)} prints)"
    )
