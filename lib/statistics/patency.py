"""Primary patency by group: rates with intervals, and comparisons of the groups.

Crude proportions, with the intervals of Wilson and of Clopper and Pearson; chi-square and the exact
test for all groups together; for pairs Newcombe's interval and Fisher's test, adjusted by Holm.
Scipy and statsmodels compute them, all but the exact test of a table with more than two rows, which
adds up the probabilities of tables itself (Freeman and Halton 1951, Biometrika 38:141-149).
"""

from itertools import combinations

import numpy as np
import pandas as pd
from scipy import stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from lib.patients.cohort import Cohort

MOST_TABLES = 2_000_000


def counts(cohort: Cohort) -> pd.DataFrame:
    """Patients with a known outcome and, of these, the occluded, one row per group."""
    known = cohort.complete([cohort.group, cohort.outcome])
    by_group = known.groupby(cohort.group, observed=False)[cohort.outcome]
    return pd.DataFrame({"patients": by_group.size(), "occluded": by_group.sum().astype(int)})


def rates(table: pd.DataFrame) -> pd.DataFrame:
    """Crude patency of each group with 95% Wilson and exact (Clopper-Pearson) intervals.

    ``table`` has the columns patients and occluded; the result has the columns patients, occluded,
    patent, patency, wilson_lower, wilson_upper, exact_lower, exact_upper, all proportions.
    Source: Wilson 1927, J Am Stat Assoc 22:209-212; Clopper and Pearson 1934, Biometrika
    26:404-413.
    """
    result = table[["patients", "occluded"]].copy()
    result["patent"] = result["patients"] - result["occluded"]
    patients = result["patients"].replace(0, np.nan)
    result["patency"] = result["patent"] / patients
    for name, method in [("wilson", "wilson"), ("exact", "beta")]:
        result[f"{name}_lower"], result[f"{name}_upper"] = proportion_confint(
            result["patent"], patients, method=method
        )
    return result


def overall(table: pd.DataFrame) -> pd.Series:
    """Does patency differ between the groups? Pearson's chi-square and the exact test.

    Returns statistic, degrees_of_freedom, pearson, smallest_expected and exact (P values). The
    exact test sums the probabilities, given all margins, of the tables that are no more probable
    than the one observed (Freeman and Halton 1951, Biometrika 38:141-149). All NaN where only one
    group has patients or the outcome does not vary.
    """
    names = ["statistic", "degrees_of_freedom", "pearson", "smallest_expected", "exact"]
    table = table[table["patients"] > 0].sort_values("patients")
    occluded, patients = table["occluded"].to_numpy(), table["patients"].to_numpy()
    if len(table) < 2 or occluded.sum() in (0, patients.sum()):
        return pd.Series(np.nan, index=names)
    pearson = stats.chi2_contingency(np.array([occluded, patients - occluded]), correction=False)
    smallest, exact = pearson.expected_freq.min(), _freeman_halton(occluded, patients)
    return pd.Series([pearson.statistic, pearson.dof, pearson.pvalue, smallest, exact], names)


def _freeman_halton(occluded: np.ndarray, patients: np.ndarray) -> float:
    """P of the exact test, or NaN where there are more than ``MOST_TABLES`` tables to add up."""
    # The more frequent outcome and the largest group, the last, need not be gone through.
    occluded = min(occluded, patients - occluded, key=sum)
    total = occluded.sum()
    if np.prod(np.minimum(patients[:-1], total) + 1.0) > MOST_TABLES:
        return np.nan
    probability = stats.multivariate_hypergeom.pmf(spreads(total, patients), patients, total)
    observed = stats.multivariate_hypergeom.pmf(occluded, patients, total)
    return float(min(1.0, probability[probability <= observed * (1 + 1e-7)].sum()))


def spreads(total: int, sizes: np.ndarray) -> np.ndarray:
    """All ways to spread so many patients over groups of these sizes: ways x groups."""
    counts = np.indices(np.minimum(sizes[:-1], total) + 1).reshape(len(sizes) - 1, -1).T
    last = total - counts.sum(axis=1)
    fits = (last >= 0) & (last <= sizes[-1])
    return np.column_stack([counts[fits], last[fits]])


def pairwise(table: pd.DataFrame) -> pd.DataFrame:
    """Every pair of groups: difference of patency (first minus second) with Newcombe's 95%
    interval, Fisher's exact P, and that P adjusted by Holm's method.

    Source: Newcombe 1998, Stat Med 17:873-890 (method 10); Holm 1979, Scand J Stat 6:65-70.
    """
    rows = []
    rate = rates(table)
    for first, second in combinations(table.index[table["patients"] > 0], 2):
        a, b = rate.loc[first], rate.loc[second]
        limits = confint_proportions_2indep(
            a["patent"], a["patients"], b["patent"], b["patients"], method="newcomb"
        )
        fisher = stats.fisher_exact(
            [[a["patent"], a["occluded"]], [b["patent"], b["occluded"]]]
        ).pvalue
        rows.append([first, second, a["patency"] - b["patency"], *limits, fisher])
    result = pd.DataFrame(
        rows, columns=["first", "second", "difference", "lower", "upper", "fisher"]
    )
    result["holm"] = multipletests(result["fisher"], method="holm")[1] if len(result) else np.nan
    return result
