"""All cross-tables of the outcome and two binary markers, and what they settle without any
sampling.

A core is one such table. Each marker's own two-by-two table is known, so a core has two free
numbers: the patients with both markers among the occluded (k1) and among the patent (k0).
"""

from itertools import product
from math import comb, prod

import numpy as np
import pandas as pd
from scipy import stats

from lib.statistics import logistic

# The cells of a core within one outcome, in the order of the arrays below.
CELLS = ("both", "first_only", "second_only", "neither")


def cores(first: np.ndarray, second: np.ndarray) -> pd.DataFrame:
    """All cross-tables of the outcome and two binary markers, given each marker's own table.

    Columns k1 and k0: patients with both markers among the occluded and among the patent.
    """
    occluded, patent = first.sum(axis=0)
    ranges = [
        range(max(0, first[0, i] + second[0, i] - total), min(first[0, i], second[0, i]) + 1)
        for i, total in enumerate((occluded, patent))
    ]
    return pd.DataFrame(list(product(*ranges)), columns=["k1", "k0"])


def cells(first: np.ndarray, second: np.ndarray, chosen: pd.DataFrame | None = None) -> np.ndarray:
    """Patients of each core by outcome (occluded, patent) and cell: cores x 2 x 4, whole numbers.

    ``chosen`` has the columns k1 and k0; all cores by default.
    """
    both = (cores(first, second) if chosen is None else chosen)[["k1", "k0"]].to_numpy()
    total = first.sum(axis=0)
    return np.stack(
        [both, first[0] - both, second[0] - both, total - first[0] - second[0] + both],
        axis=-1,
    )


def facts(first: np.ndarray, second: np.ndarray) -> pd.DataFrame:
    """Everything about the two markers alone, exactly, for every core.

    Columns: k1, k0; both, either, agree (patients); kappa; mcnemar_exact and mcnemar_asymptotic (P
    that the markers are equally frequent, by the binomial distribution and by chi-square without
    continuity correction), and the exact one among the occluded and among the patent, where it
    compares sensitivities and specificities; auc_difference (first less second) with
    delong_standard_error, delong_z and delong_p; sensitivity, specificity,
    positive_predictive_value and negative_predictive_value of having both and of having either.
    A statistic that does not exist is NaN.

    Source: Cohen 1960, Educ Psychol Meas 20:37-46; McNemar 1947, Psychometrika 12:153-157; DeLong
    et al. 1988, Biometrics 44:837-845, equation 7, which for two binary markers needs only the
    discordant pairs: a patient's placement in either group is a constant plus or minus half the
    marker, so the components of the difference are half the difference of the markers.
    """
    table = cores(first, second)
    counts = cells(first, second)
    n1, n0 = (int(total) for total in first.sum(axis=0))
    n = n1 + n0
    both, first_only, second_only, neither = counts.sum(axis=1).T
    table["both"], table["either"], table["agree"] = both, n - neither, both + neither
    exposed, other = int(first[0].sum()), int(second[0].sum())
    by_chance = (exposed * other + (n - exposed) * (n - other)) / n**2
    with np.errstate(divide="ignore", invalid="ignore"):
        table["kappa"] = (table["agree"] / n - by_chance) / (1 - by_chance)
        table["mcnemar_exact"] = _mcnemar_exact(first_only, second_only)
        statistic = (first_only - second_only) ** 2 / (first_only + second_only)
        table["mcnemar_asymptotic"] = stats.chi2.sf(statistic, 1)
        for i, outcome in enumerate(("occluded", "patent")):
            table[f"mcnemar_exact_{outcome}"] = _mcnemar_exact(counts[:, i, 1], counts[:, i, 2])

        totals = np.array([n1, n0])
        difference = counts[:, :, 1] - counts[:, :, 2]
        discordant = counts[:, :, 1] + counts[:, :, 2]
        per_patient = difference / totals
        spread = (discordant - difference * per_patient) / (totals - 1) / 4
        table["auc_difference"] = (per_patient[:, 0] - per_patient[:, 1]) / 2
        table["delong_standard_error"] = np.sqrt((spread / totals).sum(axis=1))
        table["delong_z"] = table["auc_difference"] / table["delong_standard_error"]
        table["delong_p"] = 2 * stats.norm.sf(table["delong_z"].abs())

        for name, positive in (("both", counts[:, :, 0]), ("either", totals - counts[:, :, 3])):
            negative = totals - positive
            table[f"{name}_sensitivity"] = positive[:, 0] / n1
            table[f"{name}_specificity"] = negative[:, 1] / n0
            table[f"{name}_positive_predictive_value"] = positive[:, 0] / positive.sum(axis=1)
            table[f"{name}_negative_predictive_value"] = negative[:, 1] / negative.sum(axis=1)
    return table


def _mcnemar_exact(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Two-sided binomial P of the discordant pairs; 1 where there are none."""
    return np.minimum(1, 2 * stats.binom.cdf(np.minimum(one, other), one + other, 0.5))


def by_both(first: np.ndarray, second: np.ndarray) -> tuple[pd.Index, np.ndarray]:
    """One core for each number of patients with both markers, n11, which is all that a model with
    the two markers alone depends on: these numbers, and the patients as in ``cells``."""
    table = cores(first, second).assign(n11=lambda both: both["k1"] + both["k0"])
    table = table.drop_duplicates("n11").sort_values("n11")
    return pd.Index(table["n11"], name="n11"), cells(first, second, table)


def two_marker_fits(first: np.ndarray, second: np.ndarray) -> tuple[pd.Index, logistic.Fits]:
    """The logistic models with the two markers alone, for each number of patients with both."""
    n11, counts = by_both(first, second)
    markers = np.tile([[1, 1], [1, 0], [0, 1], [0, 0]], (2, 1))
    design = logistic.with_intercept(markers[None].astype(float))
    outcome, weights = np.repeat([[1, 0]], 4, axis=1), counts.reshape(len(n11), -1)
    return n11, logistic.fit_many(design, outcome, weights=weights)


def two_marker_odds_ratios(first: np.ndarray, second: np.ndarray) -> pd.DataFrame:
    """Both adjusted odds ratios of a logistic model with the two markers alone, for every core.

    The score equations involve a core only through the number of patients with both markers, n11,
    so there is one row for each n11: odds_ratio_first, odds_ratio_second. NaN where no finite
    maximum exists.
    """
    n11, fits = two_marker_fits(first, second)
    names = ["odds_ratio_first", "odds_ratio_second"]
    return pd.DataFrame(np.exp(fits.coefficients[:, 1:]), n11, names)


def count_tables(
    first: np.ndarray, second: np.ndarray, groups: np.ndarray
) -> tuple[int, np.ndarray]:
    """How many tables of outcome x first marker x second marker x group have the margins given.

    ``groups`` (groups x 2) holds the occluded and the patent patients of each group. Returns the
    number of tables of whole numbers in total and, for each core in the order of ``cores``, its own
    (an array of Python integers).
    """
    both = cores(first, second)
    ways = [
        _ways(groups[:, i], int(first[0, i]), int(second[0, i]), np.unique(both[name]))
        for i, name in enumerate(("k1", "k0"))
    ]
    by_core = np.array([x * y for x, y in product(*ways)], dtype=object)
    return sum(ways[0]) * sum(ways[1]), by_core


def _ways(sizes: np.ndarray, first: int, second: int, both: np.ndarray) -> list[int]:
    """Within one outcome: the number of tables of group x cell for each number of patients with
    both.

    A group of d patients multiplies the generating function by the sum of s^i t^j u^k with
    i + j + k <= d, which is the coefficient of q^d in 1 / ((1 - q)(1 - qs)(1 - qt)(1 - qu)).
    Each factor is one running sum.
    """
    # No number on the way exceeds the number of tables with nothing but the groups' sizes fixed.
    fits = prod(comb(int(size) + 3, 3) for size in sizes) < 2**63
    reach = int(both.max())
    polynomial = np.zeros((reach + 1, first + 1, second + 1), dtype=np.int64 if fits else object)
    polynomial[0, 0, 0] = 1
    for size in sizes:
        before = [np.zeros_like(polynomial) for _ in range(3)]
        for _ in range(int(size) + 1):
            now = polynomial
            for axis in range(3):
                shifted = np.roll(before[axis], 1, axis)
                np.moveaxis(shifted, axis, 0)[0] = 0
                before[axis] = now = now + shifted
        polynomial = before[2]
    return [int(polynomial[k, first - k, second - k]) for k in both]
