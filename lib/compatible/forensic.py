"""Which misprints could be found? Every printed number is altered, one at a time, and put to the
checks.

A number is altered by whole units of its last digit. A misprint is detected when the altered claims
contradict one another, or when every core is excluded.
"""

from itertools import product

import pandas as pd

from lib.compatible import exclusion
from lib.paper import checks, digits, published, ratios, reconstruct, verdicts, wald

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


def _alterations(claims: pd.DataFrame, units: tuple[int, ...]) -> pd.DataFrame:
    """Every original claim that is a number, altered up and down, where the value is possible."""
    rows = []
    for name, claim in claims[claims["unit"] != "month"].iterrows():
        printed = claim["printed"]
        plain = printed.lstrip("<>≤≥ ")
        for steps, (direction, sign) in product(units, DIRECTIONS.items()):
            value = digits.number(printed) + sign * steps * digits.last_digit(printed)
            altered = printed[: len(printed) - len(plain)] + digits.prints(value, plain)
            if value >= 0 and not published.expected_instead(claim["quantity"], altered):
                rows.append((name, claim["section"], printed, altered, steps, direction))
    columns = ["claim", "section", "printed", "altered", "units", "direction"]
    return pd.DataFrame(rows, columns=columns)


def survey(claims: pd.DataFrame, units: tuple[int, ...] = (1, 2, 3, 5, 10)) -> pd.DataFrame:
    """All alterations and what detects each: columns claim, section, printed, altered, units,
    direction and detected_by.

    `detected_by` is one of `DETECTORS` or the empty string. Claims of which a check already fails
    as they are printed are left out: nothing can be said of alterations.
    """
    claims = reconstruct.original(claims)
    tables, bounds = exclusion.two_markers(claims), pd.DataFrame()
    if len(tables) == 2:
        bounds = exclusion.basic_bounds(*tables.values()).set_axis(["k1", "k0", *tables], axis=1)
    sound = [name for name in claims.index if detect(claims, name, bounds) == NOT_DETECTED]
    table = _alterations(claims.loc[sound], units)
    altered = (
        (name, claims.assign(printed=claims["printed"].where(claims.index != name, text)))
        for name, text in zip(table["claim"], table["altered"], strict=True)
    )
    return table.assign(detected_by=[detect(others, name, bounds) for name, others in altered])


def detect(claims: pd.DataFrame, name: str, bounds: pd.DataFrame) -> str:
    """What contradicts the original claims, of which only the one named may differ from what
    agrees.

    `bounds` holds the least standard errors of each core by marker, or nothing unless there are two
    markers. Only checks that the claim takes part in are carried out.
    """
    section, about, quantity = name.split(".")[:3]
    if section == "multivariate":
        return _detect_in_model(claims, about, bounds)
    in_counts = quantity in ("patients", "primary_patency", *reconstruct.MARKER_QUANTITIES, "auc")
    in_tests = section == "univariate" and about in reconstruct.markers(claims)
    tried = {
        # Every check on counts is part of the one that takes all of them together.
        "counts": (in_counts, lambda: not reconstruct.solve(claims)),
        "univariate": (in_counts or in_tests, lambda: _fails(checks.univariate_checks(claims))),
        "roc": (in_counts or section == "roc", lambda: _fails(checks.roc_checks(claims))),
    }
    return next((name for name, (bears, fails) in tried.items() if bears and fails()), NOT_DETECTED)


def _fails(done: list[verdicts.Check]) -> bool:
    return any(check.holds is False for check in done)


def _detect_in_model(claims: pd.DataFrame, about: str, bounds: pd.DataFrame) -> str:
    excluded = pd.Series(False, bounds.index)
    for factor, strings in ratios.adjusted(claims).items():
        if about in (factor, "all"):
            sigma = wald.possible(strings, "sigma", ratios.confidence_level(claims))
            if sigma is None:
                return "wald"
            if factor in bounds:
                excluded |= bounds[factor] > sigma[1] * (1 + exclusion.SLACK)
    return "exclusion" if len(excluded) and excluded.all() else NOT_DETECTED


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
