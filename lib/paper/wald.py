"""What a printed odds ratio, its limits and its P value say together: the reporting polygon.

With a Wald interval all four are functions of two unknowns, the coefficient beta and its standard
error sigma: the odds ratio is exp(beta), the limits exp(beta - z sigma) and exp(beta + z sigma),
and P is two-sided for beta / sigma. Each printed string confines (beta, sigma) between two straight
lines, so what all of them allow is a convex polygon. An empty one is a contradiction.
"""

from functools import cache
from math import exp, inf, log, prod

import numpy as np
from scipy import stats

from lib.paper.digits import interval

QUANTITIES = ["odds_ratio", "odds_ratio_lower", "odds_ratio_upper", "p_value"]
TOLERANCE = 1e-12
FARTHEST = 50.0  # a coefficient, and a standard error, on the log scale


@cache
def multipliers(level: float = 0.95, degrees: float = np.inf) -> tuple[float, float]:
    """The two z in use for an interval: the exact quantile and the one rounded to two decimals.

    With finite ``degrees`` of freedom those of Student's t.
    """
    exact = float(stats.t.ppf(0.5 + level / 2, degrees))
    return exact, round(exact, 2)


def quantities(beta, sigma, z: float) -> dict:
    """The odds ratio, its limits and P that a coefficient and its standard error make."""
    return {
        "odds_ratio": np.exp(beta),
        "odds_ratio_lower": np.exp(beta - z * sigma),
        "odds_ratio_upper": np.exp(beta + z * sigma),
        "p_value": 2 * stats.norm.sf(np.abs(beta / sigma)),
    }


def _half_planes(printed: dict[str, str], z: float, side: int, degrees: float) -> np.ndarray:
    """Rows (a, b, c) of a beta + b sigma <= c for the printed quantities of ``QUANTITIES``.

    ``printed`` may lack some of them. ``side`` is the sign that beta has, on which P depends.
    """
    # A limit of zero, or one above any number, confines nothing; this does.
    rows = [(-side, 0.0, 0.0), (0.0, -1.0, 0.0), (side, 0.0, FARTHEST), (0.0, 1.0, FARTHEST)]
    for quantity, slope in zip(QUANTITIES[:3], (0.0, -z, z), strict=True):
        bounds = interval(printed.get(quantity))
        if bounds.upper < inf:
            rows.append((1.0, slope, log(bounds.upper)))
        if bounds.lower > 0:
            rows.append((-1.0, -slope, -log(bounds.lower)))
    bounds = interval(printed.get("p_value"))
    if bounds.upper < 1:
        rows.append((-side, float(stats.t.isf(float(bounds.upper) / 2, degrees)), 0.0))
    if bounds.lower > 0:
        rows.append((side, -float(stats.t.isf(float(bounds.lower) / 2, degrees)), 0.0))
    return np.array(rows)


def _sides(printed: dict[str, str]) -> list[int]:
    """The signs that beta may have: both where the odds ratio may lie on either side of one."""
    # The estimate itself, or the limits, whose product is its square.
    names = QUANTITIES[:1] if "odds_ratio" in printed else QUANTITIES[1:3]
    bounds = [interval(printed[name]) for name in names if name in printed]
    low = prod(max(bound.lower, 0) for bound in bounds)
    high = prod(bound.upper for bound in bounds)
    return [side for side, possible in ((1, high >= 1), (-1, low < 1)) if possible]


def polygon(
    printed: dict[str, str], z: float, side: int | None = None, degrees: float = np.inf
) -> np.ndarray:
    """Corners (beta, sigma) of what the printed strings allow, in order around it.

    Shape (corners, 2); no rows when they contradict one another. ``side`` is the sign of beta; by
    default the first of ``sides``, which is the only one unless the odds ratio may be one. Raises
    ``ValueError`` when they leave the polygon unbounded (fewer than two of the estimate and its
    limits).
    """
    if sum(quantity in printed for quantity in QUANTITIES[:3]) < 2:
        raise ValueError(
            "the estimate and one limit, or both limits, are needed to bound the polygon"
        )
    planes = _half_planes(printed, z, _sides(printed)[0] if side is None else side, degrees)
    pairs = planes[np.transpose(np.triu_indices(len(planes), 1))]
    crossing = pairs[np.abs(np.linalg.det(pairs[:, :, :2])) > TOLERANCE]
    corners = np.linalg.solve(crossing[:, :, :2], crossing[:, :, 2:])[:, :, 0]
    corners = corners[(corners @ planes[:, :2].T <= planes[:, 2] + TOLERANCE).all(axis=1)]
    if not len(corners):
        return corners
    corners = np.unique(np.round(corners, 12), axis=0)
    around = corners - corners.mean(axis=0)
    return corners[np.argsort(np.arctan2(around[:, 1], around[:, 0]))]


def corners(printed: dict[str, str], z: float, degrees: float = np.inf) -> np.ndarray:
    """The corners of the polygons on all sides, as in ``polygon``."""
    return np.vstack([polygon(printed, z, side, degrees) for side in _sides(printed)])


def possible(
    printed: dict[str, str], quantity: str, level: float = 0.95
) -> tuple[float, float] | None:
    """Least and greatest value of a quantity that the other printed strings allow, over both z.

    ``quantity`` is one of ``QUANTITIES``, "beta" or "sigma"; its own string is not used. None when
    the others contradict one another.
    """
    others = {name: text for name, text in printed.items() if name != quantity}
    # A standard error of zero makes P zero; of an odds ratio of one any other makes it 1.
    with np.errstate(divide="ignore", invalid="ignore"):
        found = [
            {"beta": beta, "sigma": sigma, **quantities(beta, sigma, z)}[quantity]
            for z in multipliers(level)
            for beta, sigma in [corners(others, z).T]
        ]
    values = np.nan_to_num(np.concatenate(found), nan=1.0, posinf=inf).tolist()
    if not values:
        return None
    least = min(values)
    return (0.0 if 0 < least < exp(-FARTHEST / 2) else least), max(values)


def agree(printed: dict[str, str], level: float = 0.95, degrees: float = np.inf) -> bool:
    """Whether estimate, limits and P can belong together, with either z (or t, given ``degrees`` of
    freedom)."""
    return any(len(corners(printed, z, degrees)) for z in multipliers(level, degrees))
