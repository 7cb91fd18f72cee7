"""Patency at twelve months as other studies print it, to set beside the rates at hand."""

from pathlib import Path

import pandas as pd

from lib.patients.files import DATA, read_csv

PATH = DATA / "published_patency.csv"
COLUMNS = ["id", "study", "diagnosis", "patients", "estimate_percent", "lower", "upper"]


def read(path: Path = PATH) -> pd.DataFrame:
    """The published rates, one row each, by id.

    The columns are those of the file, as text, the proportions estimate, low and high, NaN where no
    limit is printed, and shown: the rate with its limits as it is printed, to one decimal at most.
    What else the file must satisfy stands in ``data/datapackage.json``.
    """
    rows = read_csv(path, COLUMNS).set_index("id")
    texts = rows[["estimate_percent", "lower", "upper"]]
    rows[["estimate", "low", "high"]] = texts.apply(pd.to_numeric, errors="coerce") / 100
    shown = texts.map(
        lambda text: f"{float(text):.1f}" if len(text.partition(".")[2]) > 1 else text
    )
    limits = " (" + shown["lower"] + "% to " + shown["upper"] + "%)"
    return rows.assign(
        shown=shown["estimate_percent"] + "%" + limits.where(rows["lower"] != "", "")
    )


def groups_of(rates: pd.DataFrame, published: pd.DataFrame) -> list[str]:
    """The groups with a rate of their own (``patency.rates``) that some published rate is about."""
    is_known = rates["patency"].notna() & rates.index.isin(published["diagnosis"])
    return list(rates.index[is_known])
