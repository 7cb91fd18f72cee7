"""Published patency: the file, and the picture that sets it beside a cohort's."""

import pandas as pd
import pytest

from lib.paper import context, published
from lib.patients.files import InputError
from lib.statistics import patency

RATES = patency.rates(
    pd.DataFrame({"patients": [50, 40], "occluded": [5, 20]}, index=["NIVCS", "PTS"])
)


@pytest.fixture
def shown(monkeypatch) -> list:
    """What a figure function displays."""
    found = []
    monkeypatch.setattr("lib.show.display.display", found.append)
    return found


def test_every_published_rate_names_its_source_and_is_about_a_diagnosis_of_the_paper():
    rows = context.read()
    groups = {
        name.split(".")[1] for name in published.read().index if name.endswith(".primary_patency")
    }
    assert set(rows["diagnosis"]) <= groups
    assert rows["source_note"].str.len().min() > 20
    assert rows["doi"].str.fullmatch(r"(10\.\d{4,}/\S+)?").all()


def test_a_printed_percentage_of_few_patients_belongs_to_a_whole_number_of_them():
    """Chen 2022 prints 45.45% (10/22)."""
    row = context.read().loc["chen2022.PTS"]
    possible = [
        n
        for n in range(23)
        if published.agrees(row["estimate_percent"] + "%", n / int(row["patients"]))
    ]
    assert possible == [10]


def write(path, **changes) -> None:
    row = dict.fromkeys(context.COLUMNS, "") | {
        "id": "a.PTS", "study": "A", "year": "2020", "diagnosis": "PTS", "patients": "20", "estimate_percent": "80",
        "lower": "70", "upper": "90", "design": "cohort", "definition": "occlusion", "source_note": "abstract",
    }  # fmt: skip
    pd.DataFrame([row | changes]).to_csv(path, index=False)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"study": ""}, "study: it is empty"),
        ({"year": "soon"}, "“soon” is not a year"),
        ({"patients": "-3"}, "“-3” is not a count"),
        ({"estimate_percent": "180"}, "“180” is not a percentage"),
        ({"estimate_percent": "high"}, "“high” is not a percentage"),
        ({"lower": "85"}, "outside its limits"),
        ({"upper": ""}, "one limit without the other"),
    ],
)
def test_a_row_that_makes_no_sense_is_named(tmp_path, changes, words):
    write(tmp_path / "rates.csv", **changes)
    with pytest.raises(InputError, match=words):
        context.read(tmp_path / "rates.csv")


def test_a_sound_row_is_read_as_proportions(tmp_path):
    write(tmp_path / "rates.csv")
    row = context.read(tmp_path / "rates.csv").loc["a.PTS"]
    assert (row["estimate"], row["low"], row["high"]) == (0.8, 0.7, 0.9)


def rates_elsewhere(*estimates: float, diagnosis: str = "PTS") -> pd.DataFrame:
    return pd.DataFrame({"diagnosis": diagnosis, "estimate": estimates})


def test_rates_are_counted_against_the_interval_of_their_own_group_only():
    """The Wilson interval of 20 of 40 is 0.352 to 0.648."""
    counts = context.against(RATES, rates_elsewhere(0.3, 0.36, 0.5, 0.64, 0.66, 0.9))
    assert counts.to_dict("index") == {"PTS": {"above": 2, "within": 3, "below": 1}}


def test_a_group_without_patients_is_left_out():
    rates = patency.rates(
        pd.DataFrame({"patients": [0, 40], "occluded": [0, 20]}, index=["NIVCS", "PTS"])
    )
    both = pd.concat([rates_elsewhere(0.9, diagnosis="NIVCS"), rates_elsewhere(0.5)])
    assert list(context.against(rates, both).index) == ["PTS"]


def test_the_picture_says_in_words_what_was_printed(shown):
    rows = context.read()
    context.figure(RATES, rows, "The paper", "12 months", False)
    alt = shown[0].about["alt"]
    for row in rows[rows["diagnosis"].isin(RATES.index)].itertuples():
        assert f"{row.diagnosis}, {row.study}: {row.estimate_percent}%" in alt
    assert "PTS, The paper: 50.0% (35.2%\u00a0to\u00a064.8%)" in alt
    assert "DVT" not in alt
    assert (
        shown[0].about["csv"].count("\n")
        == 1 + len(RATES) + rows["diagnosis"].isin(RATES.index).sum()
    )


def test_groups_of_other_names_have_no_picture(shown):
    rates = patency.rates(pd.DataFrame({"patients": [40], "occluded": [9]}, index=["men"]))
    context.figure(rates, context.read(), "This cohort", "12 months", False)
    assert not shown
