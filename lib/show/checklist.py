"""The tables of the checklist: its items and their answers as the words of cells."""

import pandas as pd

from lib.paper import checklist


def summary(rows: pd.DataFrame) -> pd.DataFrame:
    """The counts as the words of a table, one row an answer."""
    table = checklist.counts(rows).T
    table.insert(0, "Answer", [_badge(answer) for answer in table.index])
    return table.assign(All=checklist.counts(rows).sum())


def listing(rows: pd.DataFrame) -> pd.DataFrame:
    """The items as the words of a table; an answer links to the section that gives it, or bears on
    it.
    """
    return pd.DataFrame(
        {
            "Item": rows["item"],
            "What it asks": rows["asks"],
            "Answer": [
                _badge(answer, where)
                for answer, where in zip(rows["answer"], rows["where"], strict=True)
            ],
            "Note": rows["note"],
        }
    )


def _badge(answer: str, where: str = "") -> dict:
    """A table cell that shows an answer and links to ``where``."""
    word = "computed" if answer == checklist.COMPUTED["print"] else answer.replace(" ", "-")
    look = {"text": answer, "class": f"status status-{word}"}
    return look | ({"target": where} if where else {})
