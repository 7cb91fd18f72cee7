"""The checks on counts, odds ratios and ROC curves: sums, whole numbers behind percentages, the
Wald identities, areas under the curve and what follows from them.

Each function takes the claims and returns its checks. Which premises a check rests on, and whether
the claims' column ``basis`` states them, is part of the check.
"""

from __future__ import annotations

from fractions import Fraction
from functools import partial

import numpy as np
import pandas as pd

from lib.paper import published, reconstruct, wald
from lib.paper.published import agrees, premises, subject
from lib.paper.reconstruct import MARKER_QUANTITIES
from lib.paper.verdicts import Check, Judgment, Span, about, describe, prints
from lib.statistics import roc, univariate
from lib.words import listed

__all__ = ["MARKER_QUANTITIES", "Check", "Judgment", "about", "describe"]

# More values than this are taken as all between the least and the greatest.
MOST_VALUES = 10_000
RATIOS = ("odds_ratio", "hazard_ratio", "risk_ratio")
# What a statement of these words says of an interval: that it is no normal one.
NOT_NORMAL = {"t", "profile", "bootstrap", "other"}
PREMISES = {
    "partition": "the groups make up all patients",
    "of": "the percentages are of all these patients",
    "binary": "the marker is a yes-or-no one",
    "events": "both sections count the same events",
    "normal": "interval and P come from the normal (Wald) method",
}


def unstated(claims: pd.DataFrame, names: list[str], words: list[str]) -> tuple[str, ...]:
    """Those of the premises named that none of the claims states, as sentences with the word that
    would state them. Claims without the column ``basis`` are taken to state all."""
    if "basis" not in claims:
        return ()
    known = premises(claims, names)
    return tuple(f"{PREMISES[word]} ({word})" for word in words if word not in known)


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
    scores = [area for area in areas if _is_score(claims, area)]
    binary = [area for area in areas if area not in scores]
    planned = [("the groups add up to all patients", sizes, ["partition"], _subset(claims))]
    for rate in rates:
        words = f"a whole number of patients is behind the patency of {about(rate) or 'all'}"
        planned.append((words, [f"methods.{subject(rate)}.patients", rate], ["of"], ""))
    words = "one number of events is behind all sensitivities and specificities"
    planned.append((words, total + markers, ["of"], ""))
    for area in areas:
        words = f"the AUC of {about(area)} is the mean of its sensitivity and specificity"
        why = "it would be if the marker were a yes-or-no one (binary)" if area in scores else ""
        planned.append((words, [*total, *markers, area], ["of", "binary"], why))
    words = "patency and markers share the same events"
    needs = ["partition", "of", "events"]
    planned.append((words, sizes + rates + markers + binary, needs, _subset(claims)))
    checks: list[Check] = []
    for words, names, needed, why_not in planned:
        names = tuple(name for name in names if name in claims.index)
        if any(check.holds is False and set(check.claims) <= set(names) for check in checks):
            why_not = "a check that it contains fails"
        checks.append(
            Check(
                words,
                names,
                partial(_counts_agree, claims, names),
                partial(_allowed_counts, claims, names),
                needs=unstated(claims, names, needed),
                why_not=why_not,
            )
        )
    return checks


def _counts_agree(claims: pd.DataFrame, names: tuple[str, ...], left_out: frozenset[str]) -> bool:
    return reconstruct.solutions(claims, [x for x in names if x not in left_out]) is not None


def _subset(claims: pd.DataFrame) -> str:
    """Why the groups need not add up, where nothing says that they do and they fall short."""
    printed = claims["printed"]
    sizes = [int(printed.get(f"methods.{x}.patients", 0)) for x in reconstruct.groups(claims)]
    fall_short = sizes and sum(sizes) < int(printed.get("methods.all.patients", 0))
    stated = not unstated(claims, ids(claims, section="methods"), ["partition"])
    return "" if stated or not fall_short else "the groups may be a part of all (partition)"


def _is_score(claims: pd.DataFrame, area: str) -> bool:
    """Whether a marker may be a score: nothing says that it is a yes-or-no one, and its area is not
    the mean of sensitivity and specificity."""
    names = [f"roc.{subject(area)}.{quantity}" for quantity in MARKER_QUANTITIES]
    if not unstated(claims, [area, *names], ["binary"]) or not set(names) <= set(claims.index):
        return False
    ends = [published.interval(claims.at[name, "printed"]) for name in names]
    bounds = published.interval(claims.at[area, "printed"])
    mean = [sum(getattr(end, side) for end in ends) / 2 for side in ("lower", "upper")]
    return mean[1] < bounds.lower or mean[0] > bounds.upper


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
        if found.occluded is None or (at is not None and not found.by_group):
            return None
        events = found.occluded if at is None else reconstruct.events_of_group(found, at)
        counted = events if reconstruct.counts_events(claims, name) else size - events
        return _spans(counted, np.full_like(counted, size))
    if who not in found.markers:
        return None
    exposed, unexposed, occluded, patent = reconstruct.listed(found, who)
    if quantity == "auc":
        return _spans(exposed * patent + unexposed * occluded, 2 * occluded * patent)
    return _spans(*((exposed, occluded) if quantity == "sensitivity" else (unexposed, patent)))


def count_prints(claims: pd.DataFrame, name: str, using: tuple[str, ...]) -> set[str] | None:
    """Everything that a claim about counts may print, given the other claims in ``using``.

    None when they do not confine it.
    """
    return prints(_allowed_counts(claims, using, name), claims.at[name, "printed"])


def _spans(numerators: np.ndarray, denominators: np.ndarray) -> list[Span] | None:
    """The proportions, each once, or from the least to the greatest where they are many; None where
    any proportion is among them."""
    values = numerators / denominators
    ends = [at(values) for at in (np.argmin, np.argmax)]
    least, greatest = (Fraction(int(numerators[at]), int(denominators[at])) for at in ends)
    if least == 0 and greatest == 1:
        return None
    if len(values) > MOST_VALUES:
        return [(least, greatest)]
    fractions = set(map(Fraction, numerators.tolist(), denominators.tolist()))
    return [(value, value) for value in sorted(fractions)]


def two_by_twos(claims: pd.DataFrame) -> dict[str, np.ndarray]:
    """The two-by-two table of every marker that the claims determine uniquely."""
    found = reconstruct.solutions(reconstruct.original(claims))
    result = {}
    for marker in found.markers if found and len(found.occluded) == 1 else ():
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
    # Some software cuts limits off at 0 and 1.
    return {
        (name, z, cut): (cut(area - z * error), cut(area + z * error))
        for cut in (float, _within_one)
        for name, error in roc.standard_errors(events, nonevents).items()
        for z in wald.multipliers(confidence_level(claims))
    }


def _within_one(limit: float) -> float:
    return min(max(limit, 0.0), 1.0)


def p_candidates(claims: pd.DataFrame, table: np.ndarray) -> dict[str, tuple]:
    """P of the AUC against one half under every standard error."""
    return {
        name: (row["p"],) for name, row in roc.inference(table[::-1, 0], table[::-1, 1]).iterrows()
    }


def matching(
    claims: pd.DataFrame,
    names: tuple[str, ...],
    candidates: dict,
    left_out: frozenset[str] = frozenset(),
) -> set:
    """The candidates that print all the claims named but those left out."""
    return {
        key
        for key, values in candidates.items()
        if all(
            agrees(claims.at[name, "printed"], value)
            for name, value in zip(names, values, strict=True)
            if name not in left_out
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


def univariate_checks(claims: pd.DataFrame) -> list[Check]:
    """P of each factor whose two-by-two table is determined, by all tests in use."""
    checks = []
    for marker, table in two_by_twos(claims).items():
        name = f"univariate.{marker}.p_value"
        if name in claims.index:
            tests = univariate.binary_tests(table).values()
            words = f"P follows from the two-by-two table of {about(marker)}"
            values = {key: (p,) for key, p in enumerate(tests)}
            checks.append(one_of(claims, words, (name,), values, ", by all four tests in use"))
    return checks


def one_of(
    claims: pd.DataFrame,
    words: str,
    names: tuple[str, ...],
    candidates: dict,
    source: str = "",
    needs: tuple[str, ...] = (),
) -> Check:
    """The check that one of the candidates prints all claims; each has a value for each claim."""

    def without(left_out: frozenset[str]) -> bool | None:
        return (
            bool(matching(claims, names, candidates, left_out)) if set(names) - left_out else None
        )

    spans = {
        name: [(values[at], values[at]) for values in candidates.values()]
        for at, name in enumerate(names)
    }
    return Check(words, names, without, spans.get, source, needs)


def wald_checks(claims: pd.DataFrame) -> list[Check]:
    """Whether ratios, limits and P belong together, at the confidence level printed; and variants
    of them that another source prints, each with the other strings of the paper."""
    sets = ratio_sets(claims)
    checks = []
    for (section, what), names in sets.items():
        words = f"estimate, limits and P of {about(what)} belong together"
        known = premises(claims, list(names))
        why_not = ", ".join(NOT_NORMAL & set(known))
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
    for name in ids(claims, quantities=("confidence_level",)):
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


def roc_checks(claims: pd.DataFrame) -> list[Check]:
    """Limits and P of each AUC, by the standard error that prints those of the other markers."""
    known = two_by_twos(claims)
    checks = []
    for quantities, candidates_of, words in ROC_INFERENCE:
        candidates = {marker: candidates_of(claims, table) for marker, table in known.items()}
        for marker, own in candidates.items():
            names = tuple(f"roc.{marker}.{quantity}" for quantity in quantities)
            if not all(name in claims.index for name in names):
                continue
            chosen = chosen_elsewhere(claims, marker, quantities, candidates)
            source = ", with every standard error in use"
            if len(chosen) < len(own):
                labels = listed(candidate_labels(chosen))
                source = f", with the standard error chosen on the other marker: {labels}"
            needs = unstated(claims, [f"roc.{marker}.auc", *names], ["binary", "normal"])
            found = {key: own[key] for key in chosen}
            checks.append(one_of(claims, words, names, found, source, needs))
    return checks


def all_checks(claims: pd.DataFrame) -> list[Check]:
    """Every check of this module that the claims allow, those on whole numbers first."""
    kinds = (count_checks, univariate_checks, wald_checks, roc_checks)
    return [check for kind in kinds for check in kind(claims)]
