"""The description of a cohort: its columns, its baseline table, the software in use."""

import platform
from importlib.metadata import version
from itertools import combinations

import numpy as np
import pandas as pd
from scipy import stats

from lib.patients.cohort import Cohort
from lib.statistics import patency

PACKAGES = ["jupyter-book", "pandas", "numpy", "scipy", "statsmodels", "seaborn", "matplotlib"]


def baseline(cohort: Cohort, by: str) -> pd.DataFrame:
    """The factors, with every level of a category, and the outcome by group or by outcome.

    One row per variable with label, kind ("count" or "number"), missing (patients without a value),
    test and p (of no difference between the levels of ``by``; of a category beside its first
    level), standardized_difference (the largest between two levels of ``by``) and, for each of
    these and "all": n, and count (of exposed) or mean, sd, median, q1 and q3, as columns named by
    both, such as "all median".
    """
    levels = cohort.groups if by == cohort.group else [0.0, 1.0]
    variables = [name for name in [*cohort.described, cohort.outcome] if name != by]
    rows_of = {level: cohort.rows[cohort.rows[by] == level] for level in levels}
    rows = {}
    for name in variables:
        binary = cohort.codebook.at[name, "type"] == "binary"
        samples = [part.dropna() for _, part in cohort.rows[name].groupby(cohort.rows[by])]
        alike = [one for one in variables if cohort.reference(one) == name]
        values = cohort.rows[alike] @ np.arange(len(alike)) if alike else cohort.rows[name]
        test, p = (
            _compared(values, cohort.rows[by], not binary)
            if cohort.reference(name) in (None, name)
            else ("", np.nan)
        )
        row: dict = {
            "label": cohort.label(name),
            "kind": "count" if binary else "number",
            "missing": int(cohort.rows[name].isna().sum()),
            "test": test,
            "p": p,
            "standardized_difference": _standardized_difference(samples, binary),
        }
        for level, chosen in {**rows_of, "all": cohort.rows}.items():
            values = chosen[name].dropna()
            numbers = {
                "mean": values.mean(),
                "sd": values.std(),
                "q1": values.quantile(0.25),
                "median": values.quantile(0.5),
                "q3": values.quantile(0.75),
            }
            found = {"count": int(values.sum())} if binary else numbers
            row |= {f"{level} {what}": of for what, of in {"n": len(values), **found}.items()}
        rows[name] = row
    return pd.DataFrame.from_dict(rows, "index")


def _compared(values: pd.Series, by: pd.Series, is_number: bool) -> tuple[str, float]:
    """The test that a number, or the shares of some levels, do not differ between two or more
    samples, and its P; NaN where nothing varies.

    A table of more than two samples and more than two levels has no exact test.
    """
    known = values[by.notna()].dropna()
    samples = known.groupby(by, observed=True)
    if len(samples) < 2 or known.nunique() < 2:
        return "", np.nan
    if is_number:
        return "Kruskal-Wallis", stats.kruskal(*(sample for _, sample in samples)).pvalue
    table = samples.value_counts().unstack(fill_value=0).to_numpy()
    if 2 not in table.shape:
        return "chi-square", stats.chi2_contingency(table).pvalue
    first, second = table.T if table.shape[1] == 2 else table
    found = patency.overall(pd.DataFrame({"patients": first + second, "occluded": first}))
    few = found["smallest_expected"] < 5 and not np.isnan(found["exact"])
    return ("exact", found["exact"]) if few else ("chi-square", found["pearson"])


def _standardized_difference(samples: list[pd.Series], binary: bool) -> float:
    """The largest difference of two means over the root of the mean of their variances, which for
    shares are p(1 - p).

    Source: Austin 2009, Stat Med 28:3083-3107.
    """
    moments = [(sample.mean(), sample.var(ddof=0 if binary else 1)) for sample in samples]
    found = [
        abs(mean - other) / np.sqrt((variance + of_other) / 2)
        for (mean, variance), (other, of_other) in combinations(moments, 2)
        if variance + of_other > 0
    ]
    return max(found, default=np.nan)


def versions() -> pd.DataFrame:
    """The software that made this build: columns software and version."""
    rows = [("Python", platform.python_version()), *((name, version(name)) for name in PACKAGES)]
    return pd.DataFrame(rows, columns=["software", "version"])
