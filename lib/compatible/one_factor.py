"""Which cores are impossible with a yes-or-no factor that is significant alone: a sharper proof.

The setting is that of the convex bound (`lib.compatible.exclusion`), and the model also holds a
yes-or-no factor X that is significant alone. Replaced by 1 - X if need be, which changes neither
the rest of the model nor any test, X goes with occlusion. With x = (1, A, B, X, eta), M the sum of
w x x' and y, p, w as there:

1. the sum of (y - p) nu.x is zero for every vector nu (score equations);
2. 2 k v.h - v'Mv is at most k^2 times the variance of A's coefficient for every vector v and number
   k, where h = (0, 1, 0, 0, beta_A), because the variance is at least h'M^-1 h; likewise for B with
   u and h = (0, 0, 1, 0, beta_B).

Added up, with f = (y - p) nu.x - w [(v.x)^2 + (u.x)^2], the sum over patients of f, plus
2 k v.h - k^2 sigma^2 of both markers, cannot be above zero for any model that prints (beta, sigma).
In a group of patients alike in outcome and markers f is at least m0 for a patient without X and m1
for one with it, the least values over all real eta. So numbers v, u, k, nu (a certificate) exclude
every spread of X over the eight groups, c_g patients of the n_g in group g, at which the sum of
n_g m0 + c_g (m1 - m0), with the terms of the variances at the worst corner of both polygons, is
above zero. That sum is linear in c, hence

3. of all spreads with a of the occluded and b of the patent it is least where X falls on those
   patients whose m1 - m0 is least;
4. where no certificate excludes all spreads with a and b, some may do so together: each of the
   finitely many spreads is looked at.

If every spread is excluded with which X is significant alone, no such model exists.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from lib.compatible.exclusion import GROUPS, KNOWN, Printed, proven
from lib.statistics import patency, univariate

TERMS = ("constant", "first", "second", "factor", "predictor")
# As a certificate of the convex bound, with the factor among the terms.
CERTIFICATE = [
    *(f"first_{term}" for term in TERMS),
    *(f"second_{term}" for term in TERMS),
    "scale_first",
    "scale_second",
    *(f"score_{term}" for term in TERMS),
]
FILE = "one_factor.csv"
# Certificates that fail by more than this, alone, are not tried together; a spread that one of them
# excludes by more than the other number needs no second one.
NEARLY, CLEARLY = 2e-4, 1e-5
# The eight groups without X, then with it: constant, first, second, factor.
KNOWN_WITH_FACTOR = np.column_stack([np.tile(KNOWN, (2, 1)), np.repeat([0.0, 1.0], len(GROUPS))])


def significant_counts(occluded: int, patent: int, *, by_any_test: bool = False) -> np.ndarray:
    """Which counts of the occluded and of the patent a factor may have that goes with occlusion and
    has P<0.05 alone: true or false, occluded + 1 x patent + 1.

    By all four tests, or by any of them.
    """
    a, b = np.indices((occluded + 1, patent + 1))
    significant = univariate.significant_pairs(occluded, patent, by_every_test=not by_any_test)
    return significant & (a * patent > b * occluded)


@dataclass(frozen=True)
class Excess:
    """By how much each certificate of a core exceeds zero, as a function of the patients with X in
    each group: ``constant`` plus ``slopes`` times their numbers, certificates x groups. ``sizes``
    are the patients of the groups.
    """

    constant: np.ndarray
    slopes: np.ndarray
    sizes: np.ndarray

    def of_counts(self) -> np.ndarray:
        """The least over all spreads with a of the occluded and b of the patent: certificates x
        occluded + 1 x patent + 1."""
        least = []
        for outcome in (1, 0):
            here = GROUPS[:, 0] == outcome
            slopes = np.sort(np.repeat(self.slopes[:, here], self.sizes[here], axis=1), axis=1)
            least.append(np.pad(slopes.cumsum(axis=1), ((0, 0), (1, 0))))
        return self.constant[:, None, None] + least[0][:, :, None] + least[1][:, None, :]

    def worst_spread(self, a: int, b: int) -> tuple[float, np.ndarray]:
        """The spread with a of the occluded and b of the patent at which even the best certificate
        exceeds zero least, and by how much; where that is above zero, at least so much."""
        here = GROUPS[:, 0] == 1
        occluded, patent = (
            patency.spreads(a, self.sizes[here]),
            patency.spreads(b, self.sizes[~here]),
        )
        first = self.of_counts()[:, a, b].argmax()
        by_first = self.constant[first] + np.add.outer(
            occluded @ self.slopes[first, here], patent @ self.slopes[first, ~here]
        )
        # Most are excluded by the certificate that does best alone.
        row, column = np.nonzero(by_first <= max(by_first.min(), CLEARLY))
        spreads = np.empty((len(row), len(GROUPS)))
        spreads[:, here], spreads[:, ~here] = occluded[row], patent[column]
        best = (self.constant + spreads @ self.slopes.T).max(axis=1)
        excluded = by_first.min(where=by_first > CLEARLY, initial=np.inf)
        return float(min(best.min(), excluded)), spreads[best.argmin()]


def excesses(printed: Printed, stored: pd.DataFrame) -> Iterator[tuple[tuple[int, int], Excess]]:
    """What the certificates prove of each core (k1, k0), in units of the squares of the greatest
    standard errors printed. ``stored`` has the columns k1, k0 and `CERTIFICATE`."""
    masses, minima, of_variances, slack, unit = proven(
        stored[CERTIFICATE].to_numpy(), printed, stored, KNOWN_WITH_FACTOR
    )
    without, with_factor = minima.transpose(1, 0, 2)
    # What is infinite, or no number, proves nothing.
    with np.errstate(divide="ignore", invalid="ignore"):
        constant = ((masses * without).sum(axis=1) + of_variances - slack) / unit
        slopes = (with_factor - without) / unit[:, None]
    usable = np.isfinite(constant) & np.isfinite(slopes).all(axis=1)
    for core, of in stored.reset_index(drop=True)[usable].groupby(["k1", "k0"]).groups.items():
        yield core, Excess(constant[of], slopes[of], masses[of[0]].astype(int))


def margins_by_counts(
    printed: Printed, stored: pd.DataFrame, *, by_any_test: bool = False
) -> pd.DataFrame:
    """What the stored certificates prove of each core and of each count of the factor among the
    occluded and among the patent with which it is significant alone, by all four tests or,
    ``by_any_test``, by any of them: above zero, such a factor is impossible.

    ``stored`` has the columns k1, k0 and `CERTIFICATE`; the columns returned are k1, k0, occluded,
    patent (with the factor) and margin, the least over all spreads of the factor.
    """
    possible = significant_counts(*printed.first.sum(axis=0), by_any_test=by_any_test)
    counts, tables = pd.DataFrame(np.argwhere(possible), columns=["occluded", "patent"]), []
    for (k1, k0), excess in excesses(printed, stored):
        margins = excess.of_counts().max(axis=0)[possible]
        # Together the certificates do a little more than the best of them alone.
        if margins.min() > -NEARLY:
            for at in np.flatnonzero(margins <= 0):
                margins[at] = excess.worst_spread(*counts.iloc[at])[0]
        tables.append(counts.assign(k1=k1, k0=k0, margin=margins))
    columns = ["k1", "k0", "occluded", "patent", "margin"]
    return pd.concat([pd.DataFrame(columns=columns, dtype=float), *tables])[columns]


def least_margins(
    printed: Printed, stored: pd.DataFrame, *, by_any_test: bool = False
) -> pd.Series:
    """The least margin of each core (k1, k0): above zero, it is impossible with a yes-or-no factor
    significant alone by all four tests (or, ``by_any_test``, by any of them)."""
    margins = margins_by_counts(printed, stored, by_any_test=by_any_test)
    return margins.astype({"k1": int, "k0": int}).groupby(["k1", "k0"])["margin"].min()
