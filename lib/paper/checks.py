"""The checks on counts, odds ratios and ROC curves: sums, whole numbers behind percentages, the
Wald identities, areas under the curve and what follows from them.

Each function takes the claims and returns its checks. Which premises a check rests on, and whether
the claims' column ``basis`` states them, is part of the check.
"""

from collections.abc import Iterator
from fractions import Fraction
from functools import cache, partial
from heapq import merge
from itertools import chain, groupby

import numpy as np
import pandas as pd

from lib.paper import ratios, reconstruct, wald
from lib.paper.digits import agrees
from lib.paper.premises import (
    MAY_BE_SCORE,
    any_share,
    apart,
    no_word,
    other_method,
    unstated,
)
from lib.paper.published import subject
from lib.paper.verdicts import (
    CONTAINED,
    Check,
    Span,
    about,
    describe,
    exactly,
    fitting,
    nothing,
    one_of,
    prints,
    spans_all,
)
from lib.statistics import roc, univariate

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
    total, events = "methods.all.patients", ids(claims, "methods", "events")
    printed = claims["printed"]
    counted = [
        *ids(claims, "patency", "primary_patency"),
        *ids(claims, "roc", *reconstruct.MARKER_QUANTITIES, "auc"),
    ]
    why_none = {name: why for name in counted if (why := apart(claims, name))}
    rates, markers, areas = (
        [name for name in counted if name.endswith(ends) and name not in why_none]
        for ends in (".primary_patency", reconstruct.MARKER_QUANTITIES, ".auc")
    )
    binary = [area for area in areas if not _may_be_score(claims, area)]
    why_apart = _why_groups_differ(claims, sizes)
    no_total = "" if total in claims.index else f"the number of all patients is not known ({total})"
    # In words, the claims, the premises, why it is not carried out, and of a rate the nearest
    # shares that whole numbers make.
    planned = [
        ("the groups add up to all patients", sizes, ["partition"], no_total or why_apart, None),
        *[
            (
                "a whole number of patients is behind the patency of "
                + (about(rate, claims) or "all"),
                [size, rate],
                ["of"],
                any_share(printed[rate], int(printed[size])),
                exactly(*reconstruct.nearest_shares(printed[rate], int(printed[size]))),
            )
            for rate in rates
            if (size := f"methods.{subject(rate)}.patients") in claims.index
        ],
        (
            "one number of events is behind all sensitivities and specificities",
            [total, *events, *markers] if markers else [],
            ["of", "events"],
            # Specificities are not of these events.
            "" if events and any(name.endswith("sensitivity") for name in markers) else no_total,
            None,
        ),
        *[
            (
                f"the AUC of {about(area, claims)} is the mean of its sensitivity and specificity",
                [total, *events, *markers, area],
                ["of", "events", "binary"],
                "" if area in binary else MAY_BE_SCORE,
                None,
            )
            for area in areas
        ],
        (
            "patency and markers share the same events" if markers else "the rates belong together",
            [*sizes, *events, *rates, *markers, *binary] if rates or markers else [],
            [*["partition"] * (len(sizes) > 1), "of", "events", "binary", "rate"],
            why_apart,
            None,
        ),
    ]
    checks = [
        Check(f"the {describe(name, claims)} follows from counts", (name,), nothing, why_not=why)
        for name, why in why_none.items()
        if name.endswith(".auc")
    ]
    for words, involved, needed, why_not, near in planned:
        names = tuple(name for name in involved if name in claims.index)
        if len(names) < 2 or names in [check.claims for check in checks]:
            continue
        if any(check.holds is False and set(check.claims) <= set(names) for check in checks):
            why_not = why_not or CONTAINED
        agree = cache(partial(_counts_agree, claims, names))
        allowed = cache(partial(_allowed, claims, names))
        if near:
            allowed = nothing if agree(frozenset()) else {names[1]: near}.get
        needs, inputs = unstated(claims, names, needed), tuple({*names} & {*sizes})
        checks.append(Check(words, names, agree, allowed, "", needs, why_not, inputs=inputs))
    return checks


def _counts_agree(claims: pd.DataFrame, names: tuple[str, ...], left_out: frozenset[str]) -> bool:
    """Whether whole numbers print all claims but those left out."""
    using = [name for name in names if name not in left_out]
    return any(reconstruct.solutions(of, using) is not None for of in _readings(claims))


def _allowed(claims: pd.DataFrame, names: tuple[str, ...], name: str) -> list[Span] | None:
    """The values of a claim, as in ``_allowed_counts``, in any of the readings."""
    found = [_allowed_counts(of, names, name) for of in _readings(claims)]
    return None if None in found else [span for span, _ in groupby(merge(*found))]


def _readings(claims: pd.DataFrame) -> list[pd.DataFrame]:
    """The claims, and once more with rates of events where nothing says of what the rates are."""
    if not unstated(claims, ids(claims, "patency", "primary_patency"), ["rate"]):
        return [claims]
    # The last word counts, and what a file says stands last.
    return [claims, claims.assign(basis="rate:event|" + claims["basis"])]


def _tables(claims: pd.DataFrame) -> dict[str, list[np.ndarray]]:
    """The two-by-two table of every marker that the claims determine, in each reading that fits;
    areas that may be of scores say nothing of them."""
    scores = {area for area in ids(claims, "roc", "auc") if _may_be_score(claims, area)}
    found = [
        two_by_twos(of)
        for of in _readings(reconstruct.original(claims).drop(index=scores))
        if reconstruct.solutions(of) is not None
    ] or [{}]
    return {
        marker: [tables[marker] for tables in found]
        for marker in found[0]
        if all(marker in tables for tables in found)
    }


def _why_groups_differ(claims: pd.DataFrame, sizes: list[str]) -> str:
    """Why groups that do not add up to all patients need not; the empty string where they must."""
    if reconstruct.solutions(claims, sizes) is not None:
        return ""
    if unstated(claims, sizes, ["partition"]):
        return "the groups may overlap or be a part (partition)"
    groups = claims.loc[sizes, "printed"].astype(int)
    total, sums = groups.pop("methods.all.patients"), {0}
    for size in groups:
        sums |= {size + others for others in sums}
    return "some of the groups alone make up all patients" if total in sums else ""


def _may_be_score(claims: pd.DataFrame, area: str) -> bool:
    """Whether a marker may be a score: nothing says that it is a yes-or-no one, and no counts make
    its area the mean of sensitivity and specificity; or whether its curve may be turned."""
    accuracy = [f"roc.{subject(area)}.{quantity}" for quantity in reconstruct.MARKER_QUANTITIES]
    using = ["methods.all.patients", *accuracy, area]
    is_open = unstated(claims, using, ["binary"]) and not reconstruct.solutions(claims, using)
    return bool(is_open) or _is_turned(claims, subject(area))


def _is_turned(claims: pd.DataFrame, marker: str) -> bool:
    """Whether a marker may speak against the event, so that a program may have turned its curve."""
    shares = [f"roc.{marker}.{quantity}" for quantity in reconstruct.MARKER_QUANTITIES]
    printed = [claims["printed"].get(of) for of in shares]
    return all(printed) and reconstruct.mean_area(printed)[0] < Fraction(1, 2)


def _allowed_counts(claims: pd.DataFrame, using: tuple[str, ...], name: str) -> list[Span] | None:
    """The exact values of a claim about counts, given the others: each once, or from the least to
    the greatest where they are many; None where any proportion is among them."""
    found = reconstruct.values(claims, using, name)
    if found is None and name.endswith(".auc"):
        shares = [f"roc.{subject(name)}.{of}" for of in reconstruct.MARKER_QUANTITIES]
        printed = claims["printed"]
        return [reconstruct.mean_area([printed[of] if of in using else None for of in shares])]
    if found is None:
        return None
    numerators, denominators = found
    many = len(numerators) > MOST_VALUES
    values = numerators / denominators
    chosen = [values.argmin(), values.argmax()] if many else slice(None)
    pairs = zip(numerators[chosen].tolist(), denominators[chosen].tolist(), strict=True)
    exact = sorted({Fraction(*pair) for pair in pairs})
    # Out of a number that others tell, any share is one of whole numbers.
    told = any(other.endswith((".events", ".primary_patency")) for other in {*using} - {name})
    if spans_all(exactly(*exact)) and not (told and len({*denominators.tolist()}) == 1):
        return None
    return [(exact[0], exact[-1])] if many else list(exactly(*exact))


def count_prints(claims: pd.DataFrame, name: str, using: tuple[str, ...]) -> set[str] | None:
    """Everything that a claim about counts may print, given the other claims in ``using``.

    None when they do not confine it.
    """
    spans = _allowed_counts(claims, using, name)
    return None if spans_all(spans) else prints(spans, claims.at[name, "printed"])


def two_by_twos(claims: pd.DataFrame) -> dict[str, np.ndarray]:
    """The two-by-two table of every marker that the claims determine uniquely."""
    found = reconstruct.solutions(reconstruct.original(claims))
    tables = {}
    for marker, ways in found.markers.items() if found else ():
        if (ways == ways[:, :1]).all():
            exposed, unexposed, occluded, patent = ways[:, 0]
            tables[marker] = np.array(
                [[exposed, patent - unexposed], [occluded - exposed, unexposed]]
            )
    return tables


# ------------------------------------------------------------------- checks on the ROC's inference


# For each kind of claim about an AUC: its quantities, and the check in words.
ROC_INFERENCE = {
    ("auc_lower", "auc_upper"): "the limits follow from the counts",
    ("p_value",): "P follows from the counts",
}


def _roc_candidates(tables: list[np.ndarray], names: tuple[str, ...], level: float) -> dict:
    """The limits of the AUC (two claims), or P against one half (one), by every way to compute
    them: a standard error, the reading of which a table is, and for limits which of both z and
    whether they are cut off at 0 and 1, as some software does.
    """
    ways = {}
    for reading, table in enumerate(tables):
        events, nonevents = table[::-1, 0], table[::-1, 1]
        for kind, row in roc.inference(events, nonevents).dropna().iterrows():
            if len(names) == 1:
                ways[kind, reading] = exactly(row["p"])
            for rounded, z in enumerate(wald.multipliers(level) if len(names) > 1 else ()):
                ends = roc.auc(events, nonevents) + z * row["standard_error"] * np.array([-1, 1])
                ways[kind, reading, rounded] = exactly(*ends)
                ways[kind, reading, rounded, "cut off"] = exactly(*np.clip(ends, 0, 1))
    return ways


def standard_error_trials(claims: pd.DataFrame) -> pd.DataFrame:
    """Every standard error of every marker whose table is determined, and what it prints.

    Columns marker, kind, auc, standard_error, lower, upper, p, limits_printed (0 to 2 of the
    published limits) and p_printed.
    """
    trials, printed = [], claims["printed"]
    claimed = {"lower": "auc_lower", "upper": "auc_upper", "p": "p_value"}
    for marker, table in two_by_twos(claims).items():
        found = roc.inference(table[::-1, 0], table[::-1, 1], ratios.confidence_level(claims))
        texts = {column: printed.get(f"roc.{marker}.{claimed[column]}") for column in claimed}
        for kind, row in found.iterrows():
            hits = {of: text is not None and agrees(text, row[of]) for of, text in texts.items()}
            both = {"limits_printed": hits["lower"] + hits["upper"], "p_printed": hits["p"]}
            trials.append({"marker": marker, "kind": kind, **row, **both})
    columns = ["marker", "kind", "auc", "standard_error", *claimed, "limits_printed", "p_printed"]
    return pd.DataFrame(trials, columns=columns)


def events_and_others_by_areas(claims: pd.DataFrame) -> list[tuple[int, int]]:
    """Of ``reconstruct.events_and_others`` those with which one standard error prints every limit
    of the AUCs; none where no limit or no number of patients is printed."""
    limits, size = ids(claims, "roc", "auc_lower", "auc_upper"), "methods.all.patients"
    if not limits or size not in claims.index:
        return []
    rows = claims[
        claims["section"].eq("roc")
        | claims["quantity"].eq("confidence_level")
        | (claims.index == size)
    ]

    def by_one_error(events_and_others: tuple[int, int]) -> bool:
        printed = rows["printed"].mask(rows.index == size, str(sum(events_and_others)))
        trials = standard_error_trials(rows.assign(printed=printed))
        return trials.groupby("kind")["limits_printed"].sum().eq(len(limits)).any()

    return list(filter(by_one_error, reconstruct.events_and_others(claims)))


# ------------------------------------------------------------------------------- the other checks


def univariate_checks(claims: pd.DataFrame) -> Iterator[Check]:
    """P of each factor whose two-by-two table is determined, by all tests in use."""
    for marker, tables in _tables(claims).items():
        name = f"univariate.{marker}.p_value"
        # No test says anything of a table in which nobody, or everybody, has it.
        tables = [of for of in tables if of.sum(axis=0).all() and of.sum(axis=1).all()]
        if name in claims.index and tables:
            yield one_of(
                claims,
                f"P follows from the two-by-two table of {about(marker, claims)}",
                [name],
                # Beside an empty cell Wald's test says nothing.
                [
                    exactly(p)
                    for of in tables
                    for p in univariate.binary_tests(of).values()
                    if np.isfinite(p)
                ],
                source=", by all four tests in use",
                needs=[no_word("table"), *_needs_of_tables(claims)],
                why_not=other_method(claims, [name]),
            )


def _needs_of_tables(claims: pd.DataFrame) -> tuple[str, ...]:
    """The premises of the two-by-two tables that the file does not state."""
    sections = ("methods.", "patency.", "roc.")
    names = [name for name in reconstruct.original(claims).index if name.startswith(sections)]
    return unstated(claims, names, ["of", "events", "rate"])


def roc_checks(claims: pd.DataFrame) -> Iterator[Check]:
    """Limits and P of each AUC, by the standard error that prints those of the other markers."""
    tables = {
        of: found
        for of, found in _tables(claims).items()
        if not _may_be_score(claims, f"roc.{of}.auc")
    }
    for quantities, words in ROC_INFERENCE.items():
        sets = {tuple(f"roc.{of}.{quantity}" for quantity in quantities): of for of in tables}
        found = {
            names: _roc_candidates(tables[of], names, ratios.confidence_level(claims, "roc", of))
            for names, of in sets.items()
            if set(names) <= set(claims.index)
        }
        for names in filter(found.get, found):
            yield _roc_check(claims, words, names, tables[sets[names]], found)


def _roc_check(
    claims: pd.DataFrame,
    words: str,
    names: tuple[str, ...],
    tables: list[np.ndarray],
    found: dict[tuple[str, ...], dict],
) -> Check:
    """The check of one marker; ``found`` has the candidates of all markers by the ids of their
    claims.

    A way to compute them is among the candidates when it prints the claims of all *other* markers,
    as far as these are not left out; every way is where none does. Without the claim of the level
    the candidates are those at every level in whole percent; where none is printed, at the usual
    levels.
    """
    marker, own = subject(names[0]), found[names]
    level_name, level = ratios.level_of(claims, "roc", marker)
    others = {other: candidates for other, candidates in found.items() if other != names}

    def chosen(left_out: frozenset[str]) -> dict:
        ways = list(own)
        for other, candidates in others.items():
            shared = [way for way in ways if way in candidates]
            ways = [
                way for way in shared if any(fitting(claims, other, [candidates[way]], left_out))
            ] or ways
        levels = [level] if level_name else ratios.USUAL_LEVELS
        if level_name in left_out:
            levels = [percent / 100 for percent in range(50, 100)]
        every = {at: _roc_candidates(tables, names, at) for at in levels}
        return {(at, *way): every[at][way] for at in levels for way in every[at] if way in ways}

    candidates, source = chosen(frozenset()), ", with every standard error in use"
    if {key[1:] for key in candidates} < own.keys():
        labels = sorted({roc.STANDARD_ERRORS[kind] for _, kind, *_ in candidates})
        source = f", with the standard error chosen on the other marker: {' or '.join(labels)}"
    return one_of(
        claims,
        words,
        names,
        candidates.values(),
        rests_on=[level_name if len(names) > 1 else None, *chain(*others)],
        otherwise=lambda left_out: chosen(left_out).values(),
        source=source,
        needs=(
            *_needs_of_tables(claims),
            no_word("area"),
            *unstated(claims, [f"roc.{marker}.auc"], ["binary"]),
            *unstated(claims, names, ["normal"]),
        ),
        why_not=other_method(claims, names),
    )


def all_checks(claims: pd.DataFrame) -> list[Check]:
    """Every check of this module that the claims allow, those on whole numbers first."""
    kinds = (count_checks, univariate_checks, ratios.wald_checks, roc_checks)
    return [check for kind in kinds for check in kind(claims)]
