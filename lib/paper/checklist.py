"""The checklist: what reporting guidelines ask of such a study, and where it is answered."""

from pathlib import Path

import pandas as pd

from lib.patients.files import DATA, read_csv

PATH = DATA / "checklist.csv"
COLUMNS = ["guideline", "item", "topic", "asks", "status", "basis", "where", "note"]
# What guidelines ask of an abstract, and what they ask of a whole paper.
OF_ABSTRACTS = ["STROBE for abstracts", "TRIPOD+AI for abstracts"]
OF_PAPERS = ["STROBE", "RECORD", "TRIPOD+AI", "PROBAST"]
GUIDELINES = [*OF_ABSTRACTS, *OF_PAPERS]
# What rows of other patients give is no answer about the paper.
COMPUTED = {"print": "computed from printed numbers", "rows": "not reported"}
ANSWERS = ["reported", COMPUTED["print"], "not reported", "not applicable"]


def read(path: Path = PATH) -> pd.DataFrame:
    """All items in the order of the file, with ``answer``: the status, or for an item that is
    computed whether the printed numbers answer it.

    What else the file must satisfy stands in ``data/datapackage.json``.
    """
    rows = read_csv(path, COLUMNS)
    return rows.assign(answer=rows["basis"].map(COMPUTED).fillna(rows["status"]))


def counts(rows: pd.DataFrame) -> pd.DataFrame:
    """How many items of each guideline (row) have each answer (column)."""
    return pd.crosstab(rows["guideline"], rows["answer"]).reindex(
        index=GUIDELINES, columns=ANSWERS, fill_value=0
    )
