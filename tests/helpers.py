"""What several tests use: cohorts from a few columns, and the frozen results of R."""

import tempfile
from pathlib import Path

import pandas as pd

from lib import cohort

ORACLES = Path(__file__).parent / "oracles"


def read_cohort(rows: pd.DataFrame) -> cohort.Cohort:
    """The cohort that comes from writing `rows` to a file, with a codebook beside it.

    Columns named `group` and `outcome` have these roles; the rest are factors, binary where their
    name begins with "has_" and numbers otherwise. Without a column `group` there is one patient in
    group B and the others are in group A.
    """
    if "group" not in rows:
        rows = rows.assign(group=["A"] * (len(rows) - 1) + ["B"])
    levels = "|".join(sorted(set(rows["group"]) | {"A", "B"}))
    roles = {"group": ["group", "category", "", levels], "outcome": ["outcome", "binary", "", "0|1"]}
    lines = [
        [name, name, *roles.get(name, ["factor", "binary", "", "0|1"] if name.startswith("has_") else ["factor", "number", "", ""])]
        for name in rows
    ]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "rows.csv")
        rows.to_csv(path, index=False)
        codebook = pd.DataFrame(lines, columns=cohort.CODEBOOK_COLUMNS)
        codebook.to_csv(path.with_suffix(".codebook.csv"), index=False)
        return cohort.load(path)


def frozen() -> dict[str, list[float] | str]:
    """R's results by the command that gave each: numbers where it printed numbers."""
    table = pd.read_csv(ORACLES / "frozen.csv", comment="#", index_col="command")["result"]

    def values(text: str) -> list[float] | str:
        try:
            return [float(part.replace("NA", "nan")) for part in text.split()]
        except ValueError:
            return text

    return {command: values(text) for command, text in table.items()}
