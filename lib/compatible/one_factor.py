"""Which cores are impossible with a yes-or-no factor that is significant alone: a sharper proof.

The setting is that of the convex bound (`lib.compatible.exclusion`), and the model also holds a
yes-or-no factor X that is significant alone. Replaced by 1 - X if need be, which changes neither
the rest of the model nor any test, X goes with occlusion: a of the occluded have it, and at most
b_max(a) of the patent. With x = (1, A, B, X, eta), M the sum of w x x' and y, p, w as there:

1. the sum of (y - p) nu.x is zero for every vector nu (score equations);
2. 2 k v.h - v'Mv is at most k^2 times the variance of A's coefficient for every vector v and number
   k, where h = (0, 1, 0, 0, beta_A), because the variance is at least h'M^-1 h; likewise for B with
   u and h = (0, 0, 1, 0, beta_B);
3. lambda times (the occluded with X, less a) is zero, and mu times (the patent with X, less
   b_max(a)) is not above zero where mu is not below it.

Added up, with f = (y - p) nu.x - w [(v.x)^2 + (u.x)^2], the sum over patients of
f + X (lambda if occluded, mu if patent), less lambda a + mu b_max(a), plus 2 k v.h - k^2 sigma^2 of
both markers, cannot be above zero for any model that prints (beta, sigma). In a group of patients
alike in outcome and markers it is at least the number of them times the least value over X in
{0, 1} and all real eta. If it is above zero at every corner of both polygons, and for every a at
which X can be significant, no such model exists.
"""

import numpy as np
import pandas as pd

from lib.compatible.exclusion import (
    GROUPS,
    KNOWN,
    SLACK,
    Printed,
    group_minima,
    variance_terms,
)
from lib.compatible.study import read_stored
from lib.paper.cores import cells
from lib.statistics import univariate

TERMS = ("constant", "first", "second", "factor", "predictor")
# As a certificate of the convex bound, and a multiplier of each count of the factor.
MULTIPLIERS = [
    *(f"first_{term}" for term in TERMS),
    *(f"second_{term}" for term in TERMS),
    "scale_first",
    "scale_second",
    *(f"score_{term}" for term in TERMS),
    "occluded_with_factor",
    "patent_with_factor",
]
FILE = "one_factor.csv"
# The eight groups without X, then with it: constant, first, second, factor.
KNOWN_WITH_FACTOR = np.column_stack([np.tile(KNOWN, (2, 1)), np.repeat([0.0, 1.0], len(GROUPS))])


def most_patent(
    occluded: int, patent: int, threshold: float = 0.05, *, by_any_test: bool = False
) -> pd.Series:
    """The most patent patients with a factor that goes with occlusion and is significant alone, by
    how many of the occluded have it; only where it can be significant.

    By all four tests, or by any of them.
    """
    tests = univariate.p_values_of_all_pairs(occluded, patent)
    agree = np.any if by_any_test else np.all
    significant = agree([p < threshold for p in tests.values()], axis=0)
    a, b = np.indices(significant.shape)
    chosen = significant & (a * patent > b * occluded)
    pairs = pd.DataFrame({"a": a[chosen], "b": b[chosen]})
    return pairs.groupby("a")["b"].max()


def least_margins(
    printed: Printed, stored: pd.DataFrame, threshold: float = 0.05, *, by_any_test: bool = False
) -> pd.Series:
    """What the stored multipliers prove of each core: above zero, the core is impossible with a
    yes-or-no factor significant alone by all four tests (or, ``by_any_test``, by any of them).

    ``stored`` has the columns k1, k0 and `MULTIPLIERS`; several rows of a core serve different
    numbers of occluded patients with the factor, each of which takes the best of them, and the
    least over these is returned. Indexed by k1 and k0.
    """
    counts = most_patent(*printed.first.sum(axis=0), threshold, by_any_test=by_any_test)
    numbers = stored[MULTIPLIERS].to_numpy(float)
    vectors = [numbers[:, :5], numbers[:, 5:10], numbers[:, 12:17]]
    minima, terms = (
        x.reshape(len(numbers), 2, len(GROUPS)) for x in group_minima(vectors, KNOWN_WITH_FACTOR)
    )
    with_factor = np.where(GROUPS[:, 0] == 1, numbers[:, [17]], numbers[:, [18]])
    least = np.minimum(minima[:, 0], minima[:, 1] + with_factor)
    size = terms.max(axis=1) + np.abs(with_factor)
    masses = cells(printed.first, printed.second, stored).reshape(-1, len(GROUPS))
    value, size = ((masses * np.where(masses > 0, x, 0)).sum(axis=1) for x in (least, size))
    of_variances, of_sizes, unit = variance_terms(vectors[:2], numbers[:, 10:12], printed)
    value, size = value + of_variances, size + of_sizes
    of_counts = numbers[:, [17]] * counts.index.to_numpy() + numbers[:, [18]] * counts.to_numpy()
    margins = value[:, None] - of_counts - SLACK * (size[:, None] + np.abs(of_counts))
    margins[numbers[:, 18] < 0] = -np.inf
    margins /= unit[:, None]
    best = pd.DataFrame(margins).groupby([stored["k1"].to_numpy(), stored["k0"].to_numpy()]).max()
    best.index.names = ["k1", "k0"]
    return best.min(axis=1).rename("margin")


def read() -> pd.DataFrame:
    """The stored multipliers: k1, k0 and `MULTIPLIERS`."""
    return read_stored(FILE)
