"""The description of a cohort: its columns, its baseline table, the software in use."""

import platform
from importlib.metadata import version

import pandas as pd

from lib.patients.cohort import Cohort

PACKAGES = ["jupyter-book", "pandas", "numpy", "scipy", "statsmodels", "seaborn", "matplotlib"]


def baseline(cohort: Cohort, by: str) -> pd.DataFrame:
    """The factors and the outcome by group or by outcome.

    One row per variable with label, kind ("count" or "number"), missing (patients without a value)
    and, for each level of ``by`` and "all": n, and count (of exposed) or mean, sd, median, q1 and
    q3, as columns named (level, statistic).
    """
    levels = cohort.groups if by == cohort.group else [0.0, 1.0]
    variables = [name for name in [*cohort.factors, cohort.outcome] if name != by]
    rows = {}
    for name in variables:
        binary = cohort.codebook.at[name, "type"] == "binary"
        row: dict = {
            ("", "label"): cohort.label(name),
            ("", "kind"): "count" if binary else "number",
            ("", "missing"): int(cohort.rows[name].isna().sum()),
        }
        for level in [*levels, "all"]:
            chosen = cohort.rows if level == "all" else cohort.rows[cohort.rows[by] == level]
            values = chosen[name].dropna()
            row[level, "n"] = len(values)
            if binary:
                row[level, "count"] = int(values.sum())
            else:
                row |= {(level, "mean"): values.mean(), (level, "sd"): values.std()}
                row |= {
                    (level, part): values.quantile(q)
                    for part, q in [("q1", 0.25), ("median", 0.5), ("q3", 0.75)]
                }
        rows[name] = row
    table = pd.DataFrame.from_dict(rows, "index")
    table.columns = pd.MultiIndex.from_tuples(table.columns)
    return table


def versions() -> pd.DataFrame:
    """The software that made this build: columns software and version."""
    rows = [("Python", platform.python_version()), *((name, version(name)) for name in PACKAGES)]
    return pd.DataFrame(rows, columns=["software", "version"])
