"""The ledger of other abstracts, against verdicts worked out by hand.

The numbers are facts that others published; each file names its source, and what of it could not be
established. ``oracles/abstracts.csv`` has the verdicts with their arithmetic, and says which were
worked out before the tool was run.
"""

import re
from pathlib import Path

import pandas as pd
import pytest
from helpers import ORACLES

from lib.paper import ledger, published

FOLDER = Path(__file__).parent / "abstracts"
NAMES = sorted(path.stem for path in FOLDER.glob("*.csv"))
BY_HAND = pd.read_csv(ORACLES / "abstracts.csv", comment="#")


def test_there_are_enough_and_each_names_its_source():
    assert len(NAMES) >= 15 and set(BY_HAND["abstract"]) == set(NAMES)
    for name in NAMES:
        source = (FOLDER / f"{name}.csv").read_text(encoding="utf-8").partition("\n")[0]
        place = r"doi 10\.\d+|PMC\d+|pii S\d+|\d\)?:[A-Z]?\d+|chapter \d+"
        assert re.match(rf"# .*({place})", source) and "does not name its article" not in source


@pytest.mark.parametrize("name", NAMES)
def test_the_tool_says_what_was_worked_out_by_hand(name):
    by_hand = BY_HAND[BY_HAND["abstract"] == name].set_index("claim")["grade"]
    found = ledger.account(published.read_any(FOLDER / f"{name}.csv"))
    grades = found.claims["grade"]
    assert grades.reindex(by_hand.index).to_dict() == by_hand.to_dict()
    doubtful = grades[~grades.isin(["consistent", "not checked"])]
    # Whatever else is in doubt shares a finding with one of these.
    together = [{claim for names in one.culprits for claim in names} for one in found.findings]
    tied = set().union(*(claims for claims in together if claims & set(by_hand.index)))
    assert set(doubtful.index) <= tied | set(by_hand.index)
    # Nothing is impossible that arithmetic does not show.
    grades_of_checks = [grade for _, grade in found.checks]
    assert ("impossible" in grades_of_checks) == (name == "bmjopen2021")
