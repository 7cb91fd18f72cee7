"""Which cores no logistic model can have printed: two lower bounds on standard errors, both proofs.

The setting is a logistic regression fitted by unpenalized maximum likelihood to all patients, with
an intercept, both markers as main effects and any other covariates whatever. What is printed
confines the coefficient and the standard error of each marker to a polygon (`lib.paper.wald`).

At the fit let eta be a patient's linear predictor, p the fitted probability, w = p(1 - p) and
x = (1, A, B, eta). All four are in the span of the covariates, so

* the score equations say that the sum of (y - p) x is zero;
* for every vector u, the variance of A's coefficient is at least 2 u.h - u'Mu, where M is the sum
  of w x x' and h = (0, 1, 0, beta_A); likewise for B with h = (0, 0, 1, beta_B).

The basic bound uses 1, A and B alone and depends on the number of patients with both markers. The
convex bound uses all of it: whatever the other covariates are, they enter only through the values
that eta takes in each of the eight groups of patients alike in outcome and markers. A certificate,
14 numbers, proves that no such values exist, and checking one needs no solver.

`python -m lib.search.certificates` makes data/compatible/certificates.csv.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import entr, expit

from lib.paper import checks, ratios, wald
from lib.paper.cores import by_both, cells, cores, two_marker_fits
from lib.patients.files import DATA

PATH = DATA / "compatible" / "certificates.csv"
TERMS = ("constant", "first", "second", "predictor")
# A certificate: two vectors and two scales, one for each marker's variance, and the multipliers of
# the score equations.
CERTIFICATE = [
    *(f"first_{term}" for term in TERMS),
    *(f"second_{term}" for term in TERMS),
    "scale_first",
    "scale_second",
    *(f"score_{term}" for term in TERMS),
]
# The eight groups in the order of `cells`: outcome, first marker, second marker.
GROUPS = np.array([(y, a, b) for y in (1, 0) for a, b in ((1, 1), (1, 0), (0, 1), (0, 0))], float)
KNOWN = np.column_stack([np.ones(len(GROUPS)), GROUPS[:, 1:]])

# What can be bounded, as a sum over patients of a function of outcome and fitted probability, and
# what is shown. The log likelihood is minus the sum of the entropies because the score equation of
# eta says so. Each function's second derivative with respect to eta is at most 2 w (1 + |eta|).
FUNCTIONALS = {
    "brier": lambda y, p, q: np.where(y == 1, q, p) ** 2,
    "log_likelihood": lambda y, p, q: -entr(p) - entr(q),
    "probability_of_events": lambda y, p, q: y * p,
}

FARTHEST = 40.0  # beyond this eta the tails are bounded by hand
NODES = np.unique(
    [0.0, *np.outer([-1, 1], FARTHEST * np.sinh(np.linspace(0, 5, 31)) / np.sinh(5)).ravel()]
)
# How far below the least value found a proven bound may stay, relative to the coefficients.
TOLERANCE = 1e-9
# Taken off every proven value for the rounding of floating point, relative to its terms.
SLACK = 1e-9
MOST_HALVINGS = 60


@dataclass(frozen=True)
class Printed:
    """What is known of a study: each marker's two-by-two table (as in `checks.two_by_twos`)
    the corners (beta, sigma) of what is printed of its coefficient, corners x 2, and the printed
    strings themselves (as in `wald`) with the level of the limits."""

    first: np.ndarray
    second: np.ndarray
    polygons: tuple[np.ndarray, np.ndarray]
    strings: tuple[dict[str, str], ...] = ()
    level: float = 0.95

    @property
    def events(self) -> np.ndarray:
        """Occluded patients, and those of them with each marker."""
        return np.array([self.first[:, 0].sum(), self.first[0, 0], self.second[0, 0]])

    @property
    def sizes(self) -> np.ndarray:
        """Patients, and those of them with each marker."""
        return np.array([self.first.sum(), self.first[0].sum(), self.second[0].sum()])

    @property
    def cores(self) -> pd.DataFrame:
        return cores(self.first, self.second)


# --------------------------------------------------------------------------------- basic bound


@np.errstate(divide="ignore", invalid="ignore")
def basic_bounds(first: np.ndarray, second: np.ndarray) -> pd.DataFrame:
    """The least standard errors that any model of this setting can have, for every core.

    Columns k1, k0, se_bound_first, se_bound_second.

    The score equations fix the sum of p over all patients and over those with each marker. The
    information about A given 1 and B is the sum over the two levels of B of the parallel sum
    W1 W0 / (W1 + W0) of the weights with and without A. It increases in the weights, and p(1 - p)
    is concave, so nothing is lost by taking p constant in each cell. One number is left, the
    expected events with both markers. Parallel sums are concave and increasing, so the information
    is a concave function of it: bisection on the sign of its slope brackets the maximum, and in the
    bracket no value exceeds that of the tangent at its middle.
    """
    n11, counts = by_both(first, second)
    events, *exposed_events = first[:, 0].sum(), first[0, 0], second[0, 0]
    # With and without the first marker x with and without the second x n11; expected events are
    # `start` + `step` times those with both.
    size = counts.sum(axis=1).T.reshape(2, 2, -1).astype(float)
    start = np.array([0, *exposed_events, events - sum(exposed_events)], float).reshape(2, 2, 1)
    step = np.array([[1.0, -1.0], [-1.0, 1.0]])[:, :, None]
    # For each marker: with and without the other x with and without it x n11.
    size, start = (np.stack([cell.swapaxes(0, 1), cell]) for cell in (size, start))

    def information(both: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The information about each marker and its derivative with respect to `both`."""
        expected = start + step * both[:, None, None]
        weight = np.where(size > 0, expected * (size - expected) / size, 0)
        slope = np.where(size > 0, step * (1 - 2 * expected / size), 0)
        one, other = weight[:, :, 0], weight[:, :, 1]
        share = np.where(one + other > 0, one / (one + other), 0)
        of_cells = np.stack([(1 - share) ** 2, share**2], axis=2) * slope
        return (share * other).sum(axis=1), of_cells.sum(axis=(1, 2))

    lower = np.max(np.where(step > 0, -start, start - size), axis=(1, 2))
    upper = np.min(np.where(step > 0, size - start, start), axis=(1, 2))
    for _ in range(100):
        middle = (lower + upper) / 2
        rising = information(middle)[1] > 0
        lower, upper = np.where(rising, middle, lower), np.where(rising, upper, middle)
    middle = (lower + upper) / 2
    value, derivative = information(middle)
    bounds = 1 / np.sqrt(value + np.abs(derivative) * (upper - lower) / 2)
    table = cores(first, second)
    of_core = np.searchsorted(n11, table["k1"] + table["k0"])
    return table.assign(se_bound_first=bounds[0, of_core], se_bound_second=bounds[1, of_core])


# -------------------------------------------------------------------------------- convex bound


def corners(printed: dict[str, str], level: float = 0.95) -> np.ndarray:
    """Corners (beta, sigma) of all polygons that the printed strings allow, over both z and all
    sides.

    Shape (corners, 2). Raises `ValueError` when the strings contradict one another.
    """
    found = np.vstack([wald.corners(printed, z) for z in wald.multipliers(level)])
    if not len(found):
        raise ValueError("the printed strings contradict one another: no coefficient has them")
    return found


def from_claims(claims: pd.DataFrame) -> Printed:
    """The two markers with determined counts and with an adjusted odds ratio, as the claims print
    them.

    Raises `ValueError` when there are not two, or when the strings of one contradict one another.
    """
    tables = two_markers(claims)
    if len(tables) != 2:
        raise ValueError(
            f"two markers with counts and adjusted odds ratios are needed, not {len(tables)}"
        )
    level = ratios.confidence_level(claims)
    adjusted = ratios.adjusted(claims)
    strings = tuple(adjusted[name] for name in tables)
    return Printed(
        *tables.values(), tuple(corners(texts, level) for texts in strings), strings, level
    )


def two_markers(claims: pd.DataFrame) -> dict[str, np.ndarray]:
    """The two-by-two tables of the markers with determined counts and an adjusted odds ratio."""
    adjusted, tables = ratios.adjusted(claims), checks.two_by_twos(claims)
    return {name: table for name, table in tables.items() if name in adjusted}


def margins(
    certificates: np.ndarray, printed: Printed, chosen: pd.DataFrame, functional: str | None = None
) -> np.ndarray:
    """What each certificate proves about its core: one number per row of `chosen` (k1, k0).

    Without a functional: by how much, relative to the square of the greatest sigma printed, some
    mixture of the two variances must exceed what is printed. Above zero, the core is excluded.
    With one of `FUNCTIONALS`, or its name after a minus: a number below which its sum over all
    patients (or minus that sum) cannot be.

    Any certificate may be checked, whatever it came from: a bad one proves little or nothing.
    """
    masses, minima, of_variances, slack, unit = proven(
        certificates, printed, chosen, KNOWN, functional
    )
    value = (masses * minima[:, 0]).sum(axis=1) + of_variances - slack
    if functional:
        return value
    return np.divide(value, unit, out=np.full(len(value), -np.inf), where=unit > 0)


def proven(
    certificates: np.ndarray,
    printed: Printed,
    chosen: pd.DataFrame,
    known: np.ndarray,
    functional: str | None = None,
) -> tuple[np.ndarray, ...]:
    """The parts of what each certificate proves about its core, one of the rows of `chosen`.

    The patients of its groups (certificates x groups); the least that each of them adds, zero in an
    empty group (certificates x how often `known` has the groups x groups); what the variances add;
    what is taken off for rounding; and the squares of the greatest sigmas printed in its units.
    `known` has the values of all terms but the predictor, which is the last, in each group.
    """
    masses = cells(printed.first, printed.second, chosen).reshape(-1, len(GROUPS))
    terms = known.shape[1] + 1
    *vectors, scales, scores = np.split(
        np.asarray(certificates, float), [terms, 2 * terms, 2 * terms + 2], axis=1
    )
    # Along the predictor of a group each vector is a line: certificates x groups x (constant,
    # slope).
    first, second, line = (
        np.stack([vector[:, :-1] @ known.T, np.repeat(vector[:, -1:], len(known), axis=1)], axis=-1)
        for vector in (*vectors, scores)
    )
    quadratic = sum(
        np.stack([a**2, 2 * a * b, b**2], axis=-1)
        for a, b in (np.moveaxis(x, -1, 0) for x in (first, second))
    )
    outcome = np.resize(GROUPS[:, 0], line.shape[:2])
    found = proven_minima(
        quadratic.reshape(-1, 3), line.reshape(-1, 2), outcome.ravel(), functional
    )
    # An empty group proves and needs nothing, even where nothing bounds its function.
    shape = (len(masses), len(known) // len(GROUPS), len(GROUPS))
    minima, sizes = (np.where(masses[:, None] > 0, x.reshape(shape), 0) for x in found)
    of_variances, size, unit = variance_terms(vectors, scales, printed)
    slack = SLACK * ((masses * sizes.max(axis=1)).sum(axis=1) + size)
    return masses, minima, of_variances, slack, unit


def variance_terms(vectors: list[np.ndarray], scales: np.ndarray, printed: Printed) -> np.ndarray:
    """What each certificate gains from the two variances at the worst corner of the polygons, how
    large the terms of it are, and the squares of the greatest sigmas printed in its units: 3 x
    certificates.

    ``vectors`` and ``scales`` (certificates x 2) belong to the two markers.
    """
    of_markers = []
    for i, polygon in enumerate(printed.polygons):
        vector, scale, (beta, sigma) = vectors[i], scales[:, [i]], polygon.T
        # Linear in beta and concave in sigma, so the corners are the worst of the polygon.
        linear, square = 2 * scale * (vector[:, [1 + i]] + vector[:, [-1]] * beta), scale * sigma
        size = (np.abs(linear) + square**2).max(axis=1)
        of_markers.append([(linear - square**2).min(axis=1), size, (square**2).max(axis=1)])
    return np.sum(of_markers, axis=0)


def proven_minima(
    quadratic: np.ndarray, line: np.ndarray, outcome: np.ndarray, functional: str | None
) -> tuple[np.ndarray, np.ndarray]:
    """Proven lower bounds of each function over all real eta, and the size of the terms in each.

    Branch and bound over intervals of eta. Between two points h apart a function lies at most
    K h^2 / 8 below the lower of its values there, K being a bound of its second derivative; with
    ``|w'| <= w`` and ``|w''| <= w``, that of ``(y - p) line - w quadratic`` is at most
    ``w (|line| + 2 |line'| + quadratic + 2 |quadratic'| + quadratic'')``. No interval has
    zero inside, so that w is greatest at an end.
    """
    magnitude = np.abs(quadratic).sum(axis=1) + np.abs(line).sum(axis=1) + (functional is not None)

    def ends(i: np.ndarray, eta: np.ndarray) -> np.ndarray:
        """Eta, value, weight, and the bound of the second derivative without the weight."""
        p, q = expit(eta), expit(-eta)
        c, b, a = np.moveaxis(quadratic[i], -1, 0)
        constant, slope = np.moveaxis(line[i], -1, 0)
        y = outcome[i]
        along, curve = constant + slope * eta, c + eta * (b + eta * a)
        value = np.where(y == 1, q, -p) * along - p * q * curve
        bend = np.abs(along) + 2 * np.abs(slope) + curve + 2 * np.abs(b + 2 * a * eta) + 2 * a
        if functional:
            value = value + functional_values(functional, y, p, q)
            bend = bend + 2 * (1 + np.abs(eta))
        return np.stack(np.broadcast_arrays(eta, value, p * q, bend))

    def bounds(left: np.ndarray, right: np.ndarray) -> np.ndarray:
        least, weight, bend = np.minimum(left, right)[1], *np.maximum(left, right)[2:]
        return least - weight * bend * (right[0] - left[0]) ** 2 / 8

    here = ends(np.arange(len(line))[:, None], NODES[None, :])
    best, close = here[1].min(axis=1), TOLERANCE * magnitude
    i, cell = np.nonzero(bounds(here[..., :-1], here[..., 1:]) < (best - close)[:, None])
    left, right = here[:, i, cell], here[:, i, cell + 1]
    for _ in range(MOST_HALVINGS):
        middle = ends(i, (left[0] + right[0]) / 2)
        np.minimum.at(best, i, middle[1])
        # Both halves of every interval, of which those are kept that may hold less than is proven.
        i = np.tile(i, 2)
        left = np.concatenate([left, middle], axis=1)
        right = np.concatenate([middle, right], axis=1)
        keep = bounds(left, right) < (best - close)[i]
        i, left, right = i[keep], left[:, keep], right[:, keep]
    floor = np.minimum(best - close, _tails(quadratic, line, outcome, functional))
    floor[i] = -np.inf
    return floor, magnitude


def functional_values(name: str, y: np.ndarray, p: np.ndarray, q: np.ndarray) -> np.ndarray:
    """One of `FUNCTIONALS` at outcomes y and probabilities p = 1 - q; minus it after a minus."""
    sign = -1.0 if name.startswith("-") else 1.0
    return sign * FUNCTIONALS[name.removeprefix("-")](y, p, q)


def _tails(
    quadratic: np.ndarray, line: np.ndarray, outcome: np.ndarray, functional: str | None
) -> np.ndarray:
    """Lower bounds of each function where |eta| >= FARTHEST; minus infinity where there is none.

    There w (1 + |eta|)^2 and the smaller of p and 1 - p times (1 + |eta|) are at most
    exp(-H) (1 + H)^2. Where the outcome is contrary to the prediction, |y - p| is between
    1 - exp(-H) and 1 and the line, whose slope must not be above zero, only helps.
    """
    small = np.exp(-FARTHEST) * (1 + FARTHEST) ** 2
    vanishing = -small * (np.abs(quadratic).sum(axis=1) + np.abs(line).sum(axis=1))
    contrary = np.where(outcome == 1, 1, -1) * line[:, 0] - line[:, 1] * FARTHEST
    contrary = np.minimum(contrary, contrary * (1 - np.exp(-FARTHEST))) + vanishing
    if functional:
        # All of them are monotone in a tail, so the least is at one of its ends.
        far = expit(np.array([FARTHEST, np.inf]))[:, None]
        p = np.where(outcome == 1, far, 1 - far)
        vanishing = vanishing + functional_values(functional, outcome, p, 1 - p).min(axis=0)
        contrary = contrary + functional_values(functional, outcome, 1 - p, p).min(axis=0)
    return np.where(line[:, 1] <= 0, np.minimum(vanishing, contrary), -np.inf)


# ----------------------------------------------------------------------------------- what is stored


def read() -> pd.DataFrame:
    """The stored certificates: k1, k0, functional (empty: exclusion) and the numbers of
    `CERTIFICATE`.
    """
    return pd.read_csv(PATH, comment="#", keep_default_na=False)


def judge(printed: Printed, certificates: pd.DataFrame) -> pd.DataFrame:
    """Every core with what is proven about it, checking every certificate that is used.

    Columns k1, k0; se_bound_first, se_bound_second (`basic_bounds`); margin, what the stored
    certificate proves (`margins`), NaN where none is stored; excluded_by: "basic bound", "convex
    bound" or the empty string; n11, the patients with both markers.
    """
    table = basic_bounds(printed.first, printed.second)
    largest = [polygon[:, 1].max() for polygon in printed.polygons]
    stored = certificates[certificates["functional"] == ""]
    of_stored = stored[["k1", "k0"]].assign(
        margin=margins(stored[CERTIFICATE].to_numpy(), printed, stored)
    )
    table = table.merge(of_stored, how="left", on=["k1", "k0"], validate="one_to_one")
    basic = (table[["se_bound_first", "se_bound_second"]] > np.array(largest) * (1 + SLACK)).any(
        axis=1
    )
    by_which = np.select([basic, table["margin"] > 0], ["basic bound", "convex bound"], "")
    return table.assign(excluded_by=by_which, n11=table["k1"] + table["k0"])


def possible_cores(printed: Printed) -> pd.DataFrame:
    """The cores that no stored proof excludes for any model with both markers and all patients: k1,
    k0, n11.
    """
    left = judge(printed, read()).query("excluded_by == ''")[["k1", "k0", "n11"]]
    return left.sort_values(["n11", "k1"], ignore_index=True)


def outer_bounds(printed: Printed, certificates: pd.DataFrame) -> pd.DataFrame:
    """Proven limits, for every core with certificates for them, of what the fitted probabilities
    have.

    Indexed by k1 and k0; columns are pairs of a quantity and "least" or "most": brier;
    discrimination_slope (mean probability of the occluded less that of the patent, Tjur 2009, Am
    Stat 63:366-372); nagelkerke (R squared); and likelihood_ratio, the chi-square of all covariates
    besides the two markers together, twice the log likelihood above that of the model with the
    markers alone.
    """
    found = {}
    for name, rows in certificates[certificates["functional"] != ""].groupby("functional"):
        sign, side = (-1, "most") if name.startswith("-") else (1, "least")
        limits = sign * margins(rows[CERTIFICATE].to_numpy(), printed, rows, name)
        found[name.removeprefix("-"), side] = pd.Series(
            limits, pd.MultiIndex.from_frame(rows[["k1", "k0"]])
        )
    sums = pd.DataFrame(found).sort_index()
    n1, n0 = printed.first.sum(axis=0)
    n = n1 + n0
    null = n1 * np.log(n1 / n) + n0 * np.log(n0 / n)
    n11, fits = two_marker_fits(printed.first, printed.second)
    alone = pd.Series(fits.log_likelihood, n11)[sums.index.to_frame().sum(axis=1)].to_numpy()
    # The probabilities sum to the events, so those of the patent sum to what the events lack.
    slope = sums["probability_of_events"] * (1 / n1 + 1 / n0) - n1 / n0
    return pd.concat(
        {
            "brier": sums["brier"] / n,
            "discrimination_slope": slope,
            "nagelkerke": (1 - np.exp(2 * (null - sums["log_likelihood"]) / n))
            / (1 - np.exp(2 * null / n)),
            "likelihood_ratio": 2 * sums["log_likelihood"].sub(alone, axis=0),
        },
        axis=1,
    )
