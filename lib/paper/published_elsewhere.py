"""Patency at twelve months as other studies print it, to set beside the rates at hand."""

from pathlib import Path

import numpy as np
import pandas as pd

from lib.patients.files import DATA, read_csv

PATH = DATA / "published_patency.csv"
COLUMNS = ["id", "study", "diagnosis", "patients", "estimate_percent", "lower", "upper"]


def read(path: Path = PATH) -> pd.DataFrame:
    """The published rates, one row each, by id.

    The columns are those of the file, as text, and the proportions estimate, low and high, NaN
    where no limit is printed. What else the file must satisfy stands in ``data/datapackage.json``.
    """
    rows = read_csv(path, COLUMNS).set_index("id")
    for column, source in {"estimate": "estimate_percent", "low": "lower", "high": "upper"}.items():
        rows[column] = pd.to_numeric(rows[source], errors="coerce") / 100
    return rows


def against(rates: pd.DataFrame, published: pd.DataFrame) -> pd.DataFrame:
    """For each group, how many published rates of the same name lie above, within and below its
    Wilson interval.

    ``rates`` is what ``patency.rates`` gives, by group; ``published`` is what ``read`` gives.
    Groups that no published rate is about are left out.
    """
    counted = {}
    for group, row in rates.iterrows():
        estimates = published.loc[published["diagnosis"] == group, "estimate"]
        if len(estimates) and not np.isnan(row["patency"]):
            above, below = (
                (estimates > row["wilson_upper"]).sum(),
                (estimates < row["wilson_lower"]).sum(),
            )
            counted[group] = [above, len(estimates) - above - below, below]
    return pd.DataFrame.from_dict(
        counted, orient="index", columns=["above", "within", "below"], dtype=int
    )
