"""What each claim may print, given all the others: the checks, and the arithmetic behind them.

A check is one piece of arithmetic that ties claims together. It says whether it holds, and for each
of its claims what the others allow it to be. Judging is leave-one-out: a claim is never used to
judge itself. Every kind of check is judged by the one function `judge`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, partial
from math import floor

import numpy as np
import pandas as pd

from lib.paper import published, reconstruct, wald
from lib.paper.published import agrees, interval, printings, subject
from lib.paper.reconstruct import MARKER_QUANTITIES
from lib.patients.cohort import DATA, read_codebook
from lib.statistics import roc, univariate
from lib.words import listed

PERCENTAGES = ("primary_patency", *MARKER_QUANTITIES)
# More prints than this are no confinement; more values than this are taken as all between two.
MOST_PRINTS, MOST_VALUES = 100_000, 1_000

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

# Least and greatest of some values that a claim may have.
Span = tuple[float | Fraction, float | Fraction]


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
    `allows` gives the values that the other claims allow one of `claims`: none where they
    contradict one another, None where they do not confine it. `source` says in words what else
    the check rests on.
    """

    words: str
    claims: tuple[str, ...]
    holds: bool | None
    allows: Callable[[str], list[Span] | None]
    source: str = ""


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
    sizes = ids(claims, section="methods", quantities=("patients",))
    total = [name for name in sizes if subject(name) == "all"]
    rates = ids(claims, section="patency", quantities=("primary_patency",))
    markers = ids(claims, section="roc", quantities=MARKER_QUANTITIES)
    areas = ids(claims, section="roc", quantities=("auc",))
    planned = [
        ("the groups add up to all patients", sizes),
        *(
            (
                f"a whole number of patients is behind the patency of {about(rate)}",
                [f"methods.{subject(rate)}.patients", rate],
            )
            for rate in rates
        ),
        ("one number of events is behind all sensitivities and specificities", total + markers),
        *(
            (
                f"the AUC of {about(area)} is the mean of its sensitivity and specificity",
                [*total, *markers, area],
            )
            for area in areas
        ),
        ("patency and markers share the same events", sizes + rates + markers + areas),
    ]
    checks: list[Check] = []
    for words, names in planned:
        names = tuple(name for name in names if name in claims.index)
        contains_failure = any(
            check.holds is False and set(check.claims) <= set(names) for check in checks
        )
        holds = None if contains_failure else reconstruct.solutions(claims, names) is not None
        checks.append(Check(words, names, holds, partial(_allowed_counts, claims, names)))
    return checks


def count_prints(claims: pd.DataFrame, name: str, using: tuple[str, ...]) -> set[str] | None:
    """Everything that a claim about counts may print, given the other claims in `using`.

    None when they do not confine it.
    """
    return _prints(_allowed_counts(claims, using, name), claims.at[name, "printed"])


def _allowed_counts(claims: pd.DataFrame, using: tuple[str, ...], name: str) -> list[Span] | None:
    """The exact values of a claim about counts, given the others."""
    found = reconstruct.solutions(claims, [other for other in using if other != name])
    if found is None:
        return []
    _, who, quantity = name.split(".")[:3]
    groups = reconstruct.groups(claims)
    if who == "all" or who in groups:
        at = groups.index(who) if who in groups else None
        size = found.patients if at is None else found.sizes[at] if found.sizes else None
        if quantity == "patients" or not size:
            return [(size, size)] if size else None
        if at is None or not found.by_group:
            return None
        events = reconstruct.events_of_group(found, at)
        return _spans(size - events, np.full_like(events, size))
    if who not in found.markers:
        return None
    exposed, unexposed, occluded, patent = reconstruct.listed(found, who)
    if quantity == "auc":
        return _spans(exposed * patent + unexposed * occluded, 2 * occluded * patent)
    return _spans(*((exposed, occluded) if quantity == "sensitivity" else (unexposed, patent)))


def _spans(numerators: np.ndarray, denominators: np.ndarray) -> list[Span] | None:
    """The proportions, each once, or from the least to the greatest where they are many; None where
    any proportion is among them."""
    divisor = np.gcd(numerators, denominators)
    pairs = np.unique(np.stack([numerators // divisor, denominators // divisor]), axis=1)
    values = pairs[0] / pairs[1]
    least, greatest = (Fraction(*pairs[:, at(values)].tolist()) for at in (np.argmin, np.argmax))
    if least == 0 and greatest == 1:
        return None
    if len(values) > MOST_VALUES:
        return [(least, greatest)]
    fractions = [Fraction(*pair) for pair in pairs.T.tolist()]
    return [(value, value) for value in fractions]


def two_by_twos(claims: pd.DataFrame) -> dict[str, np.ndarray]:
    """The two-by-two table of every marker that the claims determine uniquely."""
    found = reconstruct.solutions(reconstruct.original(claims))
    result = {}
    for marker in found.markers if found else ():
        tables = np.unique(np.stack(reconstruct.listed(found, marker)), axis=1)
        if tables.shape[1] == 1:
            exposed, unexposed, occluded, patent = tables[:, 0]
            result[marker] = np.array(
                [[exposed, patent - unexposed], [occluded - exposed, unexposed]]
            )
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
        printed = {
            column: trial[column].map(partial(_prints_claim, claims, f"roc.{marker}.{quantity}"))
            for column, quantity in zip(
                ("lower", "upper", "p"), ("auc_lower", "auc_upper", "p_value"), strict=True
            )
        }
        trial["limits_printed"] = printed["lower"].astype(int) + printed["upper"].astype(int)
        trials.append(trial.assign(p_printed=printed["p"], marker=marker))
    columns = ["marker", "kind", "auc", "standard_error", "lower", "upper", "p"]
    columns += ["limits_printed", "p_printed"]
    if not trials:
        return pd.DataFrame(columns=columns)
    return pd.concat(trials).rename_axis("kind").reset_index()[columns]


def _prints_claim(claims: pd.DataFrame, name: str, value: float) -> bool:
    return name in claims.index and agrees(claims.at[name, "printed"], value)


# ------------------------------------------------------------------------------- the other checks


def all_checks(claims: pd.DataFrame) -> list[Check]:
    """Every check that the claims allow, those on whole numbers first."""
    return [
        *count_checks(claims),
        *univariate_checks(claims),
        *wald_checks(claims),
        *roc_checks(claims),
    ]


def univariate_checks(claims: pd.DataFrame) -> list[Check]:
    """P of each factor whose two-by-two table is determined, by all tests in use."""
    checks = []
    for marker, table in two_by_twos(claims).items():
        name = f"univariate.{marker}.p_value"
        if name in claims.index:
            p_values = univariate.binary_tests(table).values()
            words = f"P follows from the two-by-two table of {about(marker)}"
            holds = any(agrees(claims.at[name, "printed"], p) for p in p_values)
            allows = _fixed({name: list(p_values)})
            checks.append(Check(words, (name,), holds, allows, ", by all four tests in use"))
    return checks


def _fixed(values: dict[str, list[float]]) -> Callable[[str], list[Span] | None]:
    """For `Check.allows`: the values by claim, whatever the claims of the check are."""
    spans = {name: [(value, value) for value in found] for name, found in values.items()}
    return spans.get


def wald_checks(claims: pd.DataFrame) -> list[Check]:
    """Whether adjusted odds ratios, limits and P belong together, at the confidence level printed;
    and variants of them that another source prints, each with the other strings of the paper."""
    level = confidence_level(claims)
    checks = []
    for factor in adjusted(claims):
        strings = wald_strings(claims, factor)
        names = {f"multivariate.{factor}.{quantity}": quantity for quantity in strings}
        words = f"estimate, limits and P of {about(factor)} belong together"
        allows = partial(_allowed_wald, strings, level, names)
        checks.append(Check(words, tuple(names), wald.agree(strings, level), allows))
    checks += _level_check(claims, level)
    for name in claims.index.difference(reconstruct.original(claims).index):
        factor, quantity = name.split(".")[1:3]
        strings = wald_strings(claims, factor) | {quantity: claims.at[name, "printed"]}
        if quantity in wald.QUANTITIES and _confined(strings, quantity):
            words = (
                f"estimate, limits and P of {about(factor)}, as this source prints them, "
                "belong together"
            )
            allows = partial(_allowed_wald, strings, level, {name: quantity})
            checks.append(Check(words, (name,), wald.agree(strings, level), allows))
    return checks


def _confined(strings: dict[str, str], quantity: str) -> bool:
    """Whether two of the estimate and its limits are printed besides this quantity."""
    return sum(other in strings for other in wald.QUANTITIES[:3] if other != quantity) > 1


def _allowed_wald(
    strings: dict[str, str], level: float, names: dict[str, str], name: str
) -> list[Span] | None:
    if not _confined(strings, names[name]):
        return None
    bounds = wald.possible(strings, names[name], level)
    return [bounds] if bounds else []


def _level_check(claims: pd.DataFrame, level: float) -> list[Check]:
    """The levels, in whole percent, at which all odds ratios agree with their limits and P.

    Where there is none, no level mends what is wrong, and those odds ratios decide that agree.
    """
    name = "multivariate.all.confidence_level"
    sets = [wald_strings(claims, factor) for factor in adjusted(claims)]
    if name not in claims.index or not sets:
        return []
    fitting = _levels(sets) or _levels([strings for strings in sets if wald.agree(strings, level)])
    if not fitting:
        return []
    holds = level in [float(percent) for percent in fitting]
    words = "limits and P imply the confidence level"
    return [Check(words, (name,), holds, _fixed({name: fitting}))]


def _levels(sets: list[dict[str, str]]) -> list[Fraction]:
    levels = [Fraction(percent, 100) for percent in range(50, 100)] if sets else []
    return [x for x in levels if all(wald.agree(strings, float(x)) for strings in sets)]


def roc_checks(claims: pd.DataFrame) -> list[Check]:
    """Limits and P of each AUC, by the standard error that prints those of the other markers."""
    known = two_by_twos(claims)
    checks = []
    for quantities, candidates_of, words in ROC_INFERENCE:
        candidates = {marker: candidates_of(claims, table) for marker, table in known.items()}
        for marker, own in candidates.items():
            names = [f"roc.{marker}.{quantity}" for quantity in quantities]
            if not all(name in claims.index for name in names):
                continue
            chosen = chosen_elsewhere(claims, marker, quantities, candidates)
            source = ", with every standard error in use"
            if len(chosen) < len(own):
                labels = listed(candidate_labels(chosen))
                source = f", with the standard error chosen on the other marker: {labels}"
            holds = bool(matching(claims, names, {key: own[key] for key in chosen}))
            values = {name: [own[key][at] for key in chosen] for at, name in enumerate(names)}
            tied = (f"roc.{marker}.auc", *names)
            checks.append(Check(words, tied, holds, _fixed(values), source))
    return checks


# ------------------------------------------------------------------------------------ judgments


def judge(claims: pd.DataFrame, checks: list[Check]) -> dict[str, Judgment]:
    """The verdict on every claim that one of the checks bears on: contradicted where one fails,
    else confirmed or bounded by the check that allows the fewest prints."""
    judgments = {}
    for name, printed in claims["printed"].items():
        bearing = [check for check in checks if name in check.claims]
        failing = [check for check in bearing if check.holds is False]
        found = [(check, check.allows(name)) for check in bearing if failing or check.holds]
        known = [(check, spans, _prints(spans, printed)) for check, spans in found]
        known = [triple for triple in known if triple[2] is not None]
        check, spans, prints = min(
            known, key=lambda triple: len(triple[2]), default=(None, [], None)
        )
        shown = _shown(name, spans, prints)
        if failing:
            judgments[name] = _contradicted(claims, name, failing, spans, prints)
        elif prints is not None:
            verdict = "confirmed" if len(prints) == 1 else "bounded"
            others = "nothing else" if len(prints) == 1 else _prints_listed(prints)
            reason = f"{check.words}{check.source}; {others} could be printed"
            judgments[name] = Judgment(verdict, shown, check.words, reason)
    return judgments


def _contradicted(
    claims: pd.DataFrame,
    name: str,
    failing: list[Check],
    spans: list[Span],
    prints: set[str] | None,
) -> Judgment:
    words = "; ".join(check.words for check in failing)
    reason = f"fails: {words}{failing[0].source}"
    tied = [other for check in failing for other in check.claims if other != name]
    if tied:
        others = [describe(other) for other in claims.index if other in tied]
        reason += f"; it ties this to the {listed(others)}"
    if prints is not None:
        remedy = f"the other claims allow {_prints_listed(prints)}"
        reason += f"; {remedy if prints else 'leaving it out mends nothing'}"
    if _fits_cut_off(claims.at[name, "printed"], spans):
        reason += "; it would fit if its digits were cut off instead of rounded"
    return Judgment("contradicted", _shown(name, spans, prints), words, reason)


def _fits_cut_off(printed: str, spans: list[Span]) -> bool:
    """Whether truncation is a reading under which an allowed value prints so."""
    bounds, least = interval(printed, "truncation"), published.number(printed)
    return any(max(low, least) <= high and max(low, least) in bounds for low, high in spans)


def _prints(spans: list[Span] | None, like: str) -> set[str] | None:
    """All prints, with the digits of `like`, of the values in any of the spans; None where there
    is no end of them."""
    prints: set[str] = set()
    for low, high in spans or []:
        if low == high or like.strip()[0] in "<>≤≥":
            prints |= printings(low, like) | printings(high, like)
            continue
        unit = published.last_digit(like)
        first, last = (floor(Fraction(value) / unit) for value in (low, high))
        if last - first > MOST_PRINTS:
            return None
        texts = {text for step in range(first, last + 2) for text in printings(step * unit, like)}
        prints |= {t for t in texts if interval(t).lower <= high and interval(t).upper >= low}
    return None if spans is None else prints


def _shown(name: str, spans: list[Span] | None, prints: set[str] | None) -> str:
    """The values that a claim may have, in words: one, or the least and the greatest."""
    quantity = name.split(".")[2]
    if quantity in ("patients", "confidence_level") and prints:
        return _prints_listed(prints)
    ends = [float(end) for span in spans or [] for end in span]
    form = "{:.2%}" if quantity in PERCENTAGES else "{:.5g}"
    texts = (
        dict.fromkeys(form.format(end) for end in (min(ends), max(ends))) if ends else ["nothing"]
    )
    return " to ".join(texts)


def _prints_listed(prints: set[str]) -> str:
    ordered = sorted(prints, key=lambda text: float(text.lstrip("<>≤≥").rstrip("%")))
    if len(ordered) <= 4:
        return listed(ordered)
    return f"{ordered[0]} to {ordered[-1]} ({len(ordered)} prints)"
