"""Published patency: the file, and the picture that sets it beside a cohort's."""

import pandas as pd
import pytest
from schemas import complaints

from lib.paper import published, published_elsewhere
from lib.show import display, figures
from lib.statistics import patency

RATES = patency.rates(
    pd.DataFrame({"patients": [50, 40], "occluded": [5, 20]}, index=["NIVCS", "PTS"])
)


def test_every_published_rate_names_its_source_and_is_about_a_diagnosis_of_the_paper():
    rows = published_elsewhere.read()
    groups = {
        name.split(".")[1] for name in published.read().index if name.endswith(".primary_patency")
    }
    assert set(rows["diagnosis"]) <= {*groups, "all"}
    assert rows["source_note"].str.len().min() > 20
    assert rows["doi"].str.fullmatch(r"(10\.\d{4,}/\S+)?").all()
    assert list(rows["low"].isna()) == list(rows["high"].isna())
    printed = rows.dropna(subset=["low"])
    assert (printed["low"].le(printed["estimate"]) & printed["estimate"].le(printed["high"])).all()


WRONG = [
    {"study": ""},
    {"year": "soon"},
    {"patients": "-3"},
    {"estimate_percent": "180"},
    {"estimate_percent": "high"},
]


@pytest.mark.parametrize("changes", WRONG)
def test_a_row_that_makes_no_sense_is_none_of_the_data_package(tmp_path, changes):
    rows = pd.read_csv(published_elsewhere.PATH, dtype=str, keep_default_na=False)
    rows.head(1).assign(**changes).to_csv(tmp_path / published_elsewhere.PATH.name, index=False)
    assert complaints(published_elsewhere.PATH.name, tmp_path)


def rates_elsewhere(*estimates: float, diagnosis: str = "PTS") -> pd.DataFrame:
    return pd.DataFrame({"diagnosis": diagnosis, "estimate": estimates})


def test_only_groups_that_a_published_rate_is_about_are_set_beside_others():
    assert published_elsewhere.groups_of(RATES, rates_elsewhere(0.3, 0.9)) == ["PTS"]
    assert published_elsewhere.groups_of(RATES, rates_elsewhere(0.3, diagnosis="DVT")) == []


def test_a_group_has_the_color_that_it_has_in_the_other_pictures_of_patency(shown):
    rows = published_elsewhere.read()
    figures.published_patency(RATES, ["PTS"], rows, "The paper", "12 months", False)
    svg = shown[0].forms["image/svg+xml"]
    first, second = display.colors_of(list(RATES.index)).values()
    assert second in svg and first not in svg


def test_the_picture_says_in_words_what_was_printed(shown):
    rows = published_elsewhere.read()
    figures.published_patency(RATES, list(RATES.index), rows, "The paper", "12 months", False)
    alt = shown[0].content["alt"]
    for row in rows[rows["diagnosis"].isin(RATES.index)].itertuples():
        assert f"{row.diagnosis}, {row.study}: {row.shown}" in alt
    assert rows.loc["chen2022.PTS", "shown"] == "45.5%"
    assert rows.loc["jvsvl2024.PTS.across", "shown"] == "93.7% (87.8% to 99.9%)"
    assert rows.loc["razavi2015.PTS", "shown"] == "79%"
    assert "PTS, The paper: 50.0% (35.2%\u00a0to\u00a064.8%)" in alt
    assert "DVT" not in alt
    assert (
        shown[0].content["csv"].count("\n")
        == 1 + len(RATES) + rows["diagnosis"].isin(RATES.index).sum()
    )
