"""The checklist: what reporting guidelines ask of such a study, and where it is answered."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd

from lib.patients.files import DATA, fail, read_csv

PATH = DATA / "checklist.csv"
COLUMNS = ["guideline", "item", "topic", "asks", "status", "basis", "where", "note"]
# What guidelines ask of an abstract, and what they ask of a whole paper.
OF_ABSTRACTS = ["STROBE for abstracts", "TRIPOD item 2"]
OF_PAPERS = ["STROBE", "RECORD", "TRIPOD+AI", "PROBAST"]
GUIDELINES = [*OF_ABSTRACTS, *OF_PAPERS]
STATUSES = ["reported", "computed", "not reported", "not applicable"]
# What rows of other patients give is no answer about the paper.
COMPUTED = {"print": "computed from print", "rows": "not reported"}
ANSWERS = ["reported", COMPUTED["print"], "not reported", "not applicable"]
# The label of a section of the book.
LABEL = re.compile(r"[a-z]+(-[a-z]+)+")


def read(path: Path = PATH) -> pd.DataFrame:
    """All items in the order of the file, with `answer`: the status, or "computed from print". What
    is computed on rows is not reported by the paper.

    Raises `InputError` naming line and column of everything that is wrong.
    """
    rows = read_csv(path, COLUMNS)
    problems = []
    for line, row in rows.iterrows():
        where = f"line {line}, column"
        for column, allowed in {"guideline": GUIDELINES, "status": STATUSES}.items():
            if row[column] not in allowed:
                problems.append(
                    f"{where} {column}: “{row[column]}” is not one of {', '.join(allowed)}"
                )
        for column in ("item", "topic", "asks", "note"):
            if not row[column]:
                problems.append(f"{where} {column}: empty")
        computed = row["status"] == "computed"
        if row["basis"] not in (COMPUTED if computed else [""]):
            expected = "print or rows" if computed else "nothing, since the item is not computed"
            problems.append(f"{where} basis: “{row['basis']}”; expected {expected}")
        if (computed or row["where"]) and not LABEL.fullmatch(row["where"]):
            problems.append(
                f"{where} where: “{row['where']}” is not the label of a section, such as roc-area"
            )
    for guideline, item in rows.loc[
        rows.duplicated(["guideline", "item"]), ["guideline", "item"]
    ].to_numpy():
        problems.append(
            f"column item: {guideline} {item} occurs more than once; each item has one row"
        )
    fail(Path(path), problems)
    return rows.assign(answer=rows["basis"].map(COMPUTED).fillna(rows["status"]))


def counts(rows: pd.DataFrame) -> pd.DataFrame:
    """How many items of each guideline (row) have each answer (column)."""
    return pd.crosstab(rows["guideline"], rows["answer"]).reindex(
        index=GUIDELINES, columns=ANSWERS, fill_value=0
    )


def summary(rows: pd.DataFrame) -> pd.DataFrame:
    """The counts as the words of a table, one row an answer."""
    table = counts(rows).T
    table.insert(0, "Answer", [badge(answer) for answer in table.index])
    return table.assign(All=counts(rows).sum())


def listing(rows: pd.DataFrame) -> pd.DataFrame:
    """The items as the words of a table; an answer links to the section that gives it, or bears on
    it.
    """
    return pd.DataFrame(
        {
            "Item": rows["item"],
            "What it asks": rows["asks"],
            "Answer": [
                badge(answer, where)
                for answer, where in zip(rows["answer"], rows["where"], strict=True)
            ],
            "Note": rows["note"],
        }
    )


def badge(answer: str, where: str = "") -> dict:
    """A table cell that shows an answer and links to `where`."""
    word = "computed" if answer == COMPUTED["print"] else answer.replace(" ", "-")
    return {"text": answer, "class": f"status status-{word}"} | ({"target": where} if where else {})
