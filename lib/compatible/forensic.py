"""Which misprints could be found? Every printed number is altered, one at a time, and put to the
checks.

A number is altered by whole units of its last digit. A misprint is detected when the altered claims
contradict one another, or when every core is excluded.
"""

from collections.abc import Iterator
from typing import NamedTuple

import pandas as pd

from lib.compatible import exclusion
from lib.paper import checks, published, reconstruct

UNITS = (1, 2, 3, 5, 10)
DIRECTIONS = {"up": 1, "down": -1}
# What can detect an alteration, in the order in which it is tried.
DETECTORS = {
    "counts": "no whole numbers of patients print all of them",
    "univariate": "P does not follow from the two-by-two table",
    "roc": "limits or P of an AUC do not follow from the counts",
    "wald": "an odds ratio, its limits and its P do not belong together",
    "exclusion": "no model of any core has standard errors as small as printed",
}
NOT_DETECTED = ""


class Alteration(NamedTuple):
    """One claim with another number in its place."""

    claim: str
    section: str
    printed: str
    altered: str
    units: int
    direction: str


def alterations(claims: pd.DataFrame, units: tuple[int, ...] = UNITS) -> Iterator[Alteration]:
    """Every original claim that is a number, altered up and down, where the value is possible."""
    rows = reconstruct.original(claims)
    for name, claim in rows[rows["unit"] != "month"].iterrows():
        printed = claim["printed"]
        plain = printed.lstrip("<>≤≥ ")
        for steps in units:
            for direction, sign in DIRECTIONS.items():
                value = published.number(printed) + sign * steps * published.last_digit(printed)
                altered = printed[: len(printed) - len(plain)] + published.prints(value, plain)
                if value >= 0 and not published.expected_instead(claim["quantity"], altered):
                    yield Alteration(name, claim["section"], printed, altered, steps, direction)


def survey(claims: pd.DataFrame, units: tuple[int, ...] = UNITS) -> pd.DataFrame:
    """All alterations and what detects each: the columns of `Alteration` and detected_by.

    `detected_by` is one of `DETECTORS` or the empty string. Claims of which a check already fails
    as they are printed (`already_contradicted`) are left out: nothing can be said of alterations.
    """
    claims = reconstruct.original(claims)
    bounds = _bounds(claims)
    wrong = already_contradicted(claims)
    rows = []
    for alteration in alterations(claims.drop(index=wrong), units):
        altered = claims.copy()
        altered.at[alteration.claim, "printed"] = alteration.altered
        rows.append((*alteration, detect(altered, alteration.claim, bounds)))
    return pd.DataFrame(rows, columns=[*Alteration._fields, "detected_by"])


def already_contradicted(claims: pd.DataFrame) -> list[str]:
    """The original claims that take part in a check that fails as they are printed."""
    claims = reconstruct.original(claims)
    bounds = _bounds(claims)
    return [name for name in claims.index if detect(claims, name, bounds) != NOT_DETECTED]


def _bounds(claims: pd.DataFrame) -> pd.DataFrame | None:
    """The least standard errors by core, by the names of the two markers, where the claims have
    two.
    """
    tables, adjusted = checks.two_by_twos(claims), checks.adjusted(claims)
    names = [name for name in tables if name in adjusted]
    if len(names) != 2:
        return None
    bounds = exclusion.basic_bounds(*(tables[name] for name in names))
    return bounds.set_axis(["k1", "k0", *names], axis=1)


def detect(claims: pd.DataFrame, name: str, bounds: pd.DataFrame | None) -> str:
    """What contradicts the original claims, of which only the one named may differ from what
    agrees.

    `bounds` holds the least standard errors of each core by marker. Only checks that the claim
    takes part in are carried out.
    """
    section, about, quantity = name.split(".")[:3]
    if section == "multivariate":
        factors = [factor for factor in checks.adjusted(claims) if about in (factor, "all")]
        return _detect_in_model(claims, factors, bounds)
    if section == "univariate":
        known = about in reconstruct.markers(claims)
        return "univariate" if known and _fails(checks.univariate_checks(claims)) else NOT_DETECTED
    in_counts = quantity in ("patients", "primary_patency", *checks.MARKER_QUANTITIES, "auc")
    # Every check on counts is part of the one that takes all of them together.
    if in_counts and not reconstruct.solve(claims):
        return "counts"
    if in_counts and _fails(checks.univariate_checks(claims)):
        return "univariate"
    in_areas = in_counts or section == "roc"
    return "roc" if in_areas and _fails(checks.roc_checks(claims)) else NOT_DETECTED


def _fails(done: list[checks.Check]) -> bool:
    return any(check.holds is False for check in done)


def _detect_in_model(claims: pd.DataFrame, factors: list[str], bounds: pd.DataFrame | None) -> str:
    level = checks.confidence_level(claims)
    largest = {}
    for factor in factors:
        try:
            polygon = exclusion.corners(checks.wald_strings(claims, factor), level)
        except ValueError:
            return "wald"
        largest[factor] = polygon[:, 1].max()
    if bounds is None:
        return NOT_DETECTED
    known = {factor: sigma for factor, sigma in largest.items() if factor in bounds}
    excluded = (bounds[list(known)] > pd.Series(known) * (1 + exclusion.SLACK)).any(axis=1)
    return "exclusion" if excluded.all() else NOT_DETECTED


def power(surveyed: pd.DataFrame) -> pd.DataFrame:
    """The share of alterations detected, by section (rows) and number of units (columns)."""
    table = surveyed.assign(detected=surveyed["detected_by"] != NOT_DETECTED)
    return table.pivot_table("detected", "section", "units", sort=False).sort_index(axis=1)


def unseen(surveyed: pd.DataFrame) -> list[str]:
    """The claims of which no alteration was detected."""
    detected = (
        (surveyed["detected_by"] != NOT_DETECTED).groupby(surveyed["claim"], sort=False).any()
    )
    return list(detected.index[~detected])
