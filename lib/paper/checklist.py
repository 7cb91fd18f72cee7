"""The checklist: what reporting guidelines ask of such a study, and where it is answered."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from lib.patients.files import DATA, read_csv

PATH = DATA / "checklist.csv"
COLUMNS = ["guideline", "item", "topic", "asks", "status", "basis", "where", "note"]
GUIDELINES = ["STROBE", "RECORD", "TRIPOD+AI", "PROBAST"]
COMPUTED = {"print": "computed from print", "rows": "computed on rows"}
ANSWERS = ["reported", *COMPUTED.values(), "not reported", "not applicable"]


def read(path: Path = PATH) -> pd.DataFrame:
    """All items in the order of the file, with ``answer``: the status, and for a computed item
    what it rests on.

    What else the file must satisfy stands in ``data/datapackage.json``.
    """
    rows = read_csv(path, COLUMNS)
    return rows.assign(answer=rows["basis"].map(COMPUTED).fillna(rows["status"]))


def counts(rows: pd.DataFrame) -> pd.DataFrame:
    """How many items of each guideline (row) have each answer (column)."""
    return pd.crosstab(rows["guideline"], rows["answer"]).reindex(
        index=GUIDELINES, columns=ANSWERS, fill_value=0
    )
