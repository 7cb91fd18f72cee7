"""What several tests use: cohorts made of a few columns, and the frozen results of R."""

import tempfile
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from lib.patients import cohort

ORACLES = Path(__file__).parent / "oracles"


def read_cohort(rows: pd.DataFrame, groups: str = "A|B") -> cohort.Cohort:
    """The cohort read back from a file of these rows with a codebook beside it.

    `group` (everyone in the first where there is none) and `outcome` have these roles; every other
    column is a factor, binary where its name begins with "has_" and a number otherwise.
    """
    if "group" not in rows:
        rows = rows.assign(group=groups.split("|")[0])

    def rule(name: str) -> list[str]:
        if name == "group":
            return ["group", "category", "", groups]
        role = "outcome" if name == "outcome" else "factor"
        return (
            [role, "binary", "", "0|1"]
            if role == "outcome" or name.startswith("has_")
            else [role, "number", "", ""]
        )

    codebook = pd.DataFrame(
        [[name, name, *rule(name)] for name in rows], columns=cohort.CODEBOOK_COLUMNS
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "rows.csv")
        rows.to_csv(path, index=False)
        codebook.to_csv(path.with_suffix(".codebook.csv"), index=False)
        return cohort.load(path)


def asah() -> cohort.Cohort:
    """The patients of pROC's data set aSAH, grouped by gender."""
    rows = pd.read_csv(ORACLES / "aSAH.csv", comment="#").rename(columns={"gender": "group"})
    return read_cohort(rows, "Female|Male")


@cache
def _printed(source: str) -> pd.Series:
    return pd.read_csv(
        ORACLES / f"{source}.csv", comment="#", index_col="command", keep_default_na=False
    )["result"]


def in_r(command: str, source: str = "frozen") -> float | list[float] | str:
    """What R printed for a command of the script in oracles that `source` names: a number, several,
    or text.
    """
    text = _printed(source)[command]
    try:
        numbers = numbers_in_r(command, source).tolist()
    except ValueError:
        return text
    return numbers if len(numbers) > 1 else numbers[0]


def numbers_in_r(command: str, source: str) -> np.ndarray:
    """The same, always as an array of numbers."""
    return np.array(
        [part.replace("NA", "nan") for part in _printed(source)[command].split()], float
    )


def random_patients(number: int = 60, seed: int = 1) -> pd.DataFrame:
    """Two binary factors and a number, of which the outcome depends on some."""
    random = np.random.default_rng(seed)
    rows = pd.DataFrame({"group": random.choice(["A", "B", "C"], number)})
    rows = rows.assign(**{f"has_{name}": random.integers(0, 2, number) for name in "ab"})
    rows["length"] = random.normal(100, 20, number).round(1)
    return rows.assign(
        outcome=(random.random(number) < 1 / (1 + np.exp(1 - rows["has_a"]))).astype(int)
    )
