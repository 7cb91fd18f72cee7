"""The whole book of altered claims: it runs, says what follows, and calls contradicted what is."""

import altered
import pytest
from chapter import ON_ROWS, run
from helpers import slow_but

from lib.paper import digits, ledger, published

CLAIMS = published.read()
BEFORE = ledger.judge(CLAIMS)
CHAPTERS = ["index", *ON_ROWS[:-1], "compatible", "ledger", "checklist"]


def every_case() -> list:
    """One claim of each section and quantity at every run of the slow tests, the changes in turn;
    the others, and the other changes, when the scheduled tests are run."""
    cases, often = altered.cases(CLAIMS), []
    for turn, name in enumerate(altered.representatives(CLAIMS)):
        own = [case for case in cases if case[0] == name]
        often.append(own[turn % len(own)])
    return slow_but([], cases, often)


@pytest.mark.parametrize("case", every_case(), ids=str)
def test_the_book_of_an_altered_claim(case, tmp_path, monkeypatch):
    name, units = case
    changed = altered.with_change(CLAIMS, name, units, tmp_path / "claims.csv")
    monkeypatch.setattr(published, "PATH", tmp_path / "claims.csv")
    altered.remember(monkeypatch.setattr)
    judged = ledger.judge()
    assert list(judged["printed"]) == list(changed["printed"])
    wrong = set(judged.index[judged["verdict"] == "contradicted"])
    if units is None:
        # What is left agreed before, and still does.
        assert wrong <= set(BEFORE.index[BEFORE["verdict"] == "contradicted"])
    elif judged.at[name, "printed"] not in might_print(name):
        assert name in wrong
    for chapter in CHAPTERS:
        glued = run(chapter, lay_out=False).glued
        assert "nan" not in " ".join(glued.values()).split(), chapter


def might_print(name: str) -> set[str]:
    """What the other claims allow a claim to print, as far as its last digits are concerned: what
    nothing confines may be anything near."""
    claim = CLAIMS.loc[name]
    near = {altered.moved(claim, units) for units in (1, 10)} | {claim["printed"]}
    verdict = BEFORE.at[name, "verdict"]
    if verdict in ("fitted", "given"):
        return near
    if name.startswith("univariate"):
        return {text for text in near if text}  # a threshold that is met by far
    if verdict == "confirmed":
        return {claim["printed"]}
    low, high = (float(end) for end in BEFORE.at[name, "recomputed"].split(" to "))
    bounds = {text: digits.interval(text) for text in near if text}
    return {text for text, of in bounds.items() if of.lower <= high and of.upper >= low}
