"""Every chapter on cohorts that allow little or nothing: words where there is no answer, never a traceback or "nan"."""

import re

import jupytext
import numpy as np
import pandas as pd
import pytest

from lib import display, notebooks
from lib.cohort import EXAMPLE

ROWS = pd.read_csv(EXAMPLE, comment="#")
NOT_WORDS = re.compile(r"\b(nan|inf|NaN|NaT)\b|[|(=] None [|)]")


@pytest.fixture
def pages(tmp_path, monkeypatch):
    """Runs every chapter on some rows, in this process; the words that each shows."""

    def run(rows: pd.DataFrame) -> dict[str, str]:
        path = tmp_path / "rows.csv"
        rows.to_csv(path, index=False)
        monkeypatch.setenv("COHORT", str(path))
        shown: list[str] = []
        monkeypatch.setattr(display, "display", lambda output: shown.append(words_of(output)))
        monkeypatch.setattr(display, "_glue", lambda name, text, display: shown.append(text))
        found = {}
        for chapter in notebooks.sources():
            shown.clear()
            names: dict = {}
            for cell in jupytext.read(chapter).cells:
                if cell.cell_type == "code":
                    exec(compile(cell.source, chapter.name, "exec"), names)
            found[chapter.stem] = "\n".join(shown)
        return found

    return run


def words_of(output: display.Table | display.Figure) -> str:
    if isinstance(output, display.Figure):
        return output.about["alt"] + " " + output.about["caption"]
    cells = [display.text_of(cell) for row in output.content["rows"] for cell in row]
    return " | ".join([output.content["caption"], output.content["note"] or "", *cells])


def random_rows(number: int, seed: int = 0) -> pd.DataFrame:
    return ROWS.sample(number, random_state=seed)


CASES = {
    "no events": (lambda rows: rows.assign(occluded_12m=0), "the outcome does not vary"),
    "all events": (lambda rows: rows.assign(occluded_12m=1), "the outcome does not vary"),
    "constant": (lambda rows: rows.assign(inflow_thrombus=0), "these factors do not vary: Inflow thrombus"),
    "complete separation": (
        lambda rows: rows.assign(multiple_stents=rows["occluded_12m"]),
        "Separation is complete",
    ),
    "quasi-complete separation": (
        lambda rows: rows.assign(multiple_stents=rows["occluded_12m"] * rows["multiple_stents"]),
        "Separation is quasi-complete",
    ),
    "identical": (
        lambda rows: rows.assign(inflow_thrombus=rows["multiple_stents"]),
        "exact combinations of one another: Inflow thrombus and Multiple stents",
    ),
    "an empty group": (lambda rows: rows[rows["diagnosis"] != "PTS"], "NIVCS"),
    "one group": (lambda rows: rows.assign(diagnosis="DVT"), "fewer than two groups have patients"),
    "missing values": (
        lambda rows: rows.mask(np.random.default_rng(1).random(rows.shape) < 0.05).assign(
            patient_id=rows["patient_id"], diagnosis=rows["diagnosis"]
        ),
        "with a missing value are left out",
    ),
    "a column of missing values": (lambda rows: rows.assign(stent_length_mm=np.nan), "does not vary"),
    "ten patients": (lambda rows: random_rows(10), "patients"),
    "one patient": (lambda rows: random_rows(1), "does not vary"),
    "no significant factor": (
        lambda rows: rows.assign(occluded_12m=np.random.default_rng(4).permutation(rows["occluded_12m"])),
        "No factor has P<0.05 in the joint model, so all of them are shown.",
    ),
    "a protective factor": (
        lambda rows: rows.assign(incomplete_coverage=1 - rows["incomplete_coverage"]),
        "Protective, and therefore reversed",
    ),
}


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("name", CASES)
def test_every_chapter_has_words_for_a_hard_cohort(pages, name):
    change, expected = CASES[name]
    found = pages(change(ROWS))
    assert expected in " ".join(found.values())
    for chapter, text in found.items():
        assert not NOT_WORDS.search(text), (chapter, [line for line in text.splitlines() if NOT_WORDS.search(line)][:3])


@pytest.mark.filterwarnings("error")
def test_a_cohort_with_times_gets_its_curves(pages):
    random = np.random.default_rng(5)
    months = random.uniform(1, 60, len(ROWS)).round(1)
    occluded = (random.random(len(ROWS)) < 0.4).astype(int)
    found = pages(ROWS.assign(followup_months=months, occluded=occluded))
    assert "Kaplan-Meier curves by group" in found["patency"]
    assert "The log-rank test of the groups gives" in found["patency"]
    assert "Length of follow-up, by the reverse Kaplan-Meier method." in found["patency"]
