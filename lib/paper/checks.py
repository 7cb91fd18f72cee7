"""The checks on counts, odds ratios and ROC curves: sums, whole numbers behind percentages, the
Wald identities, areas under the curve and what follows from them.

Each function takes the claims and returns its checks. Which premises a check rests on, and whether
the claims' column ``basis`` states them, is part of the check.
"""

from collections.abc import Callable
from fractions import Fraction
from functools import partial
from itertools import chain

import numpy as np
import pandas as pd

from lib.paper import ratios, reconstruct, wald
from lib.paper.published import agrees, subject
from lib.paper.ratios import confidence_level, level_claim
from lib.paper.reconstruct import MARKER_QUANTITIES
from lib.paper.verdicts import (
    CONTAINED,
    Check,
    Span,
    about,
    exactly,
    matching,
    one_of,
    prints,
    unstated,
)
from lib.statistics import roc, univariate
from lib.words import listed

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
            why_not = CONTAINED
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
    using, readings = [name for name in names if name not in left_out], [claims]
    if "basis" in claims:
        stated = claims["basis"].str.contains("rate:")
        as_events = claims["basis"].where(stated, claims["basis"] + "|rate:event")
        readings.append(claims.assign(basis=as_events))
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
    """Whether a marker may be a score: nothing says that it is a yes-or-no one, and no counts make
    its area the mean of sensitivity and specificity."""
    names = [f"roc.{subject(area)}.{quantity}" for quantity in MARKER_QUANTITIES]
    using = ["methods.all.patients", *names, area]
    unknown = unstated(claims, [area, *names], ["binary"])
    return bool(unknown) and reconstruct.solutions(claims, using) is None


def _allowed_counts(claims: pd.DataFrame, using: tuple[str, ...], name: str) -> list[Span] | None:
    """The exact values of a claim about counts, given the others: each once, or from the least to
    the greatest where they are many; None where any proportion is among them."""
    found = reconstruct.values(claims, using, name)
    if found is None:
        return None
    numerators, denominators = found
    many = len(numerators) > MOST_VALUES
    values = numerators / denominators
    chosen = [values.argmin(), values.argmax()] if many else slice(None)
    pairs = zip(numerators[chosen].tolist(), denominators[chosen].tolist(), strict=True)
    exact = sorted({Fraction(*pair) for pair in pairs})
    if exact and (exact[0], exact[-1]) == (0, 1):
        return None
    return [(exact[0], exact[-1])] if many else list(exactly(*exact))


def count_prints(claims: pd.DataFrame, name: str, using: tuple[str, ...]) -> set[str] | None:
    """Everything that a claim about counts may print, given the other claims in ``using``.

    None when they do not confine it.
    """
    return prints(_allowed_counts(claims, using, name), claims.at[name, "printed"])


def two_by_twos(claims: pd.DataFrame) -> dict[str, np.ndarray]:
    """The two-by-two table of every marker that the claims determine uniquely."""
    found = reconstruct.solutions(reconstruct.original(claims))
    tables = {}
    for marker, ways in found.markers.items() if found else ():
        if (ways == ways[:, :1]).all():
            exposed, unexposed, occluded, patent = ways[:, 0]
            rows = [[exposed, patent - unexposed], [occluded - exposed, unexposed]]
            tables[marker] = np.array(rows)
    return tables


# ------------------------------------------------------------------- checks on the ROC's inference


# For each kind of claim about an AUC: its quantities, and the check in words.
ROC_INFERENCE = {
    ("auc_lower", "auc_upper"): "the limits follow from the counts",
    ("p_value",): "P follows from the counts",
}


def _roc_candidates(table: np.ndarray, quantities: tuple[str, ...], level: float) -> dict:
    """The limits of the AUC, or P against one half, by every way to compute them: a standard error,
    and for limits which of both z and whether they are cut off at 0 and 1, as some software does.
    """
    events, nonevents = table[::-1, 0], table[::-1, 1]
    found = roc.inference(events, nonevents).dropna()
    if quantities == ("p_value",):
        return {(kind,): exactly(p) for kind, p in found["p"].items()}
    area, limits = roc.auc(events, nonevents), {}
    for kind, error in found["standard_error"].items():
        for rounded, z in enumerate(wald.multipliers(level)):
            ends = area - z * error, area + z * error
            limits[kind, rounded] = exactly(*ends)
            limits[kind, rounded, "cut off"] = exactly(*np.clip(ends, 0, 1))
    return limits


def standard_error_trials(claims: pd.DataFrame) -> pd.DataFrame:
    """Every standard error of every marker whose table is determined, and what it prints.

    Columns marker, kind, auc, standard_error, lower, upper, p, limits_printed (0 to 2 of the
    published limits) and p_printed.
    """
    trials, printed = [], claims["printed"]
    for marker, table in two_by_twos(claims).items():
        trial = roc.inference(table[::-1, 0], table[::-1, 1], confidence_level(claims))
        fits = {}
        for column, quantity in {
            "lower": "auc_lower",
            "upper": "auc_upper",
            "p": "p_value",
        }.items():
            text = printed.get(f"roc.{marker}.{quantity}")
            fits[column] = [text is not None and agrees(text, value) for value in trial[column]]
        limits = np.sum([fits["lower"], fits["upper"]], axis=0)
        trials.append(trial.assign(limits_printed=limits, p_printed=fits["p"], marker=marker))
    columns = ["marker", "kind", "auc", "standard_error", "lower", "upper", "p"]
    columns += ["limits_printed", "p_printed"]
    if not trials:
        return pd.DataFrame(columns=columns)
    return pd.concat(trials).rename_axis("kind").reset_index()[columns]


# ------------------------------------------------------------------------------- the other checks


def univariate_checks(claims: pd.DataFrame) -> list[Check]:
    """P of each factor whose two-by-two table is determined, by all tests in use."""
    checks = []
    for marker, table in two_by_twos(claims).items():
        name = f"univariate.{marker}.p_value"
        if name in claims.index:
            words = f"P follows from the two-by-two table of {about(marker)}"
            tests = {test: exactly(p) for test, p in univariate.binary_tests(table).items()}
            source = ", by all four tests in use"
            checks.append(one_of(claims, words, (name,), tests, source=source))
    return checks


def roc_checks(claims: pd.DataFrame) -> list[Check]:
    """Limits and P of each AUC, by the standard error that prints those of the other markers."""
    checks = []
    for quantities, words in ROC_INFERENCE.items():
        at_level = {}
        for marker, table in two_by_twos(claims).items():
            names = tuple(f"roc.{marker}.{quantity}" for quantity in quantities)
            if set(names) <= set(claims.index):
                at_level[names] = partial(_roc_candidates, table, quantities)
        found = {
            names: of(confidence_level(claims, "roc", subject(names[0])))
            for names, of in at_level.items()
        }
        for names in [names for names, candidates in found.items() if candidates]:
            others = {other: found[other] for other in found if other != names}
            checks.append(_roc_check(claims, words, names, at_level[names], others))
    return checks


def _roc_check(
    claims: pd.DataFrame,
    words: str,
    names: tuple[str, ...],
    at_level: Callable[[float], dict],
    others: dict[tuple[str, ...], dict],
) -> Check:
    """The check of one marker: ``at_level`` gives its candidates at a confidence level, ``others``
    has those of the other markers by the ids of their claims.

    A way to compute them is among the candidates when it prints the claims of all *other* markers,
    as far as these are not left out; every way is where none does. Without the claim of the level
    the candidates are those at every level in whole percent.
    """
    marker = subject(names[0])
    level, level_name = (of(claims, "roc", marker) for of in (confidence_level, level_claim))

    def chosen(left_out: frozenset[str]) -> dict:
        ways = set(at_level(level))
        for other, candidates in others.items():
            ways = ways & matching(claims, other, candidates, left_out) or ways
        levels = (
            [percent / 100 for percent in range(50, 100)] if level_name in left_out else [level]
        )
        every = {(one, *way): spans for one in levels for way, spans in at_level(one).items()}
        return {key: spans for key, spans in every.items() if key[1:] in ways}

    candidates, source = chosen(frozenset()), ", with every standard error in use"
    if len(candidates) < len(at_level(level)):
        labels = sorted({roc.STANDARD_ERRORS[kind] for _, kind, *_ in candidates})
        source = f", with the standard error chosen on the other marker: {listed(labels)}"
    made_with = [level_name] if level_name and len(names) > 1 else []
    return one_of(
        claims,
        words,
        names,
        candidates,
        rests_on=(*made_with, *chain(*others)),
        otherwise=chosen,
        source=source,
        needs=unstated(claims, [f"roc.{marker}.auc", *names], ["binary", "normal"]),
    )


def all_checks(claims: pd.DataFrame) -> list[Check]:
    """Every check of this module that the claims allow, those on whole numbers first."""
    kinds = (count_checks, univariate_checks, ratios.wald_checks, roc_checks)
    return [check for kind in kinds for check in kind(claims)]
