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

from lib.paper import published, ratios, reconstruct, wald
from lib.paper.published import agrees, premises, subject
from lib.paper.ratios import (
    adjusted,
    confidence_level,
    level_claim,
    printed_wald_sets,
    wald_strings,
)
from lib.paper.reconstruct import MARKER_QUANTITIES
from lib.paper.verdicts import (
    Check,
    Judgment,
    Span,
    about,
    describe,
    matching,
    one_of,
    prints,
    unstated,
)
from lib.statistics import roc, univariate
from lib.words import listed

__all__ = [
    "MARKER_QUANTITIES",
    "Check",
    "Judgment",
    "about",
    "adjusted",
    "confidence_level",
    "describe",
    "matching",
    "printed_wald_sets",
    "wald_strings",
]

# More values than this are taken as all between the least and the greatest.
MOST_VALUES = 10_000


def ids(claims: pd.DataFrame, section: str, *quantities: str) -> list[str]:
    """The ids of the original claims of a section and of the quantities named."""
    rows = reconstruct.original(claims)
    return list(rows.index[(rows["section"] == section) & rows["quantity"].isin(quantities)])


# --------------------------------------------------------------------------- checks on the counts


def count_checks(claims: pd.DataFrame) -> list[Check]:
    """The checks on whole numbers, smaller ones first.

    A check is not carried out when one that it contains already fails: it could tell nothing new.
    """
    sizes = ids(claims, "methods", "patients")
    total = [name for name in sizes if subject(name) == "all"]
    events = ids(claims, "methods", "events")
    rates = ids(claims, "patency", "primary_patency")
    markers = ids(claims, "roc", *MARKER_QUANTITIES)
    areas = ids(claims, "roc", "auc")
    scores = [area for area in areas if _is_score(claims, area)]
    binary = [area for area in areas if area not in scores]
    planned = [("the groups add up to all patients", sizes, ["partition"], _no_partition(claims))]
    for rate in rates:
        words = f"a whole number of patients is behind the patency of {about(rate) or 'all'}"
        planned.append((words, [f"methods.{subject(rate)}.patients", rate], ["of"], ""))
    if markers:
        words = "one number of events is behind all sensitivities and specificities"
        planned.append((words, total + events + markers, ["of"], ""))
    for area in areas:
        words = f"the AUC of {about(area)} is the mean of its sensitivity and specificity"
        why = "it would be if the marker were a yes-or-no one (binary)" if area in scores else ""
        planned.append((words, [*total, *events, *markers, area], ["of", "binary"], why))
    words = "patency and markers share the same events"
    needs = ["partition", "of", "events", "binary"] if binary else ["partition", "of", "events"]
    planned.append((words, sizes + events + rates + markers + binary, needs, _no_partition(claims)))
    checks: list[Check] = []
    for words, names, needed, why_not in planned:
        names = tuple(name for name in names if name in claims.index)
        if len(names) < 2 or names in [check.claims for check in checks]:
            continue
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
    """Whether whole numbers print all claims but those left out. Rates that may be of events, since
    nothing says of what they are, are tried as such too."""
    using = [name for name in names if name not in left_out]
    readings = [claims]
    if "basis" in claims and "rate" not in premises(claims, names):
        readings.append(claims.assign(basis=claims["basis"] + "|rate:event"))
    return any(reconstruct.solutions(reading, using) is not None for reading in readings)


def _no_partition(claims: pd.DataFrame) -> str:
    """Why the groups need not add up, where they do not and nothing says that they make up all."""
    printed = claims["printed"]
    sizes = [int(printed.get(f"methods.{x}.patients", 0)) for x in reconstruct.groups(claims)]
    total = int(printed.get("methods.all.patients", sum(sizes)))
    together = not all(sizes) or sum(sizes) in (0, total)
    unknown = unstated(claims, ids(claims, "methods", "patients"), ["partition"])
    return "the groups may overlap or be a part (partition)" if unknown and not together else ""


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
        if quantity == "patients" or (not size and quantity != "events"):
            return [(size, size)] if size else None
        if quantity == "events" and found.occluded is not None:
            return _spans(found.occluded, np.ones_like(found.occluded))
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
    for marker in found.markers if found else ():
        if len(found.occluded) > 1:
            continue
        tables = np.unique(np.stack(reconstruct.listed(found, marker)), axis=1)
        if tables.shape[1] == 1:
            exposed, unexposed, occluded, patent = tables[:, 0]
            result[marker] = np.array(
                [[exposed, patent - unexposed], [occluded - exposed, unexposed]]
            )
    return result


# ------------------------------------------------------------------- checks on the ROC's inference


def _at_any_level(claims: pd.DataFrame, table: np.ndarray, chosen: set) -> dict:
    """The limits of the standard errors chosen at every confidence level in whole percent."""
    kinds = {key[0] for key in chosen}
    return {
        (key, percent): values
        for percent in range(50, 100)
        for key, values in interval_candidates(claims, table, percent / 100).items()
        if key[0] in kinds
    }


def interval_candidates(
    claims: pd.DataFrame, table: np.ndarray, level: float | None = None
) -> dict[tuple, tuple]:
    """Lower and upper limit of the AUC under every standard error and both z."""
    events, nonevents = table[::-1, 0], table[::-1, 1]
    area = roc.auc(events, nonevents)
    # Some software cuts limits off at 0 and 1.
    return {
        (name, z, cut): (cut(area - z * error), cut(area + z * error))
        for cut in (float, _within_one)
        for name, error in roc.standard_errors(events, nonevents).items()
        for z in wald.multipliers(level or confidence_level(claims))
    }


def _within_one(limit: float) -> float:
    return min(max(limit, 0.0), 1.0)


def p_candidates(claims: pd.DataFrame, table: np.ndarray) -> dict[str, tuple]:
    """P of the AUC against one half under every standard error."""
    return {
        name: (row["p"],) for name, row in roc.inference(table[::-1, 0], table[::-1, 1]).iterrows()
    }


def chosen_elsewhere(
    claims: pd.DataFrame, marker: str, quantities: tuple[str, ...], candidates: dict[str, dict]
) -> set:
    """Those of a marker's candidates that print the claims of all *other* markers; all of them
    where none does.

    ``candidates`` holds those of every marker.
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
            level = level_claim(claims, "roc", marker) if len(names) > 1 else None
            made_with = (level,) if level else ()
            otherwise = partial(_at_any_level, claims, known[marker], chosen)
            checks.append(one_of(claims, words, names, found, source, needs, made_with, otherwise))
    return checks


def all_checks(claims: pd.DataFrame) -> list[Check]:
    """Every check of this module that the claims allow, those on whole numbers first."""
    kinds = (count_checks, univariate_checks, ratios.wald_checks, roc_checks)
    return [check for kind in kinds for check in kind(claims)]
