"""The directed search: its numbers are those of plain packages, and its cohorts print every claim."""

import tomllib

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
import statsmodels.formula.api as smf
from scipy import stats

from lib.compatible import exclusion, ladder
from lib.paper import published
from lib.patients.codebook import read_codebook
from lib.patients.files import DATA
from lib.search import aims, extremes, witnesses

SETTINGS = tomllib.loads(witnesses.SETTINGS.read_text(encoding="utf-8"))
CODEBOOK = read_codebook(DATA / "codebook.csv")
CLAIMS = published.read()
ABOUT = witnesses.frame(CLAIMS, CODEBOOK)
STORED = pd.read_parquet(witnesses.FOLDER / "extremes.parquet")


@pytest.fixture(scope="module")
def results() -> list[witnesses.Result]:
    return extremes.stored(ABOUT)


@pytest.fixture(scope="module")
def measured(results) -> pd.DataFrame:
    return extremes.measured(results, ABOUT)


def test_every_stored_extreme_prints_every_claim():
    problems = witnesses.verify(STORED, CLAIMS, CODEBOOK)
    assert len(problems) == STORED["index"].nunique() > 1
    assert (problems == "").all(), problems[problems != ""]


def test_what_an_earlier_search_attained_is_kept(results, tmp_path):
    extremes.write(results, ABOUT, tmp_path)
    kept = extremes.stored(ABOUT, tmp_path / "extremes.parquet")
    assert len(kept) == len(results)
    extremes.write([*results[:1], *kept], ABOUT, tmp_path)
    again = pd.read_parquet(tmp_path / "extremes.parquet")
    assert again["index"].nunique() == len(results)
    # What does not print the claims is not believed.
    again.loc[again["index"] == 0, "multiple_stents"] = 0
    again.to_parquet(tmp_path / "extremes.parquet")
    assert len(extremes.stored(ABOUT, tmp_path / "extremes.parquet")) == len(results) - 1
    assert extremes.stored(ABOUT, tmp_path / "none.parquet") == []


@pytest.mark.parametrize("place", [0, -1])
def test_values_are_those_of_plain_packages(results, measured, place):
    rows = witnesses.cohort_of(results[place].design, results[place].group, ABOUT).rows
    found = measured.iloc[place]
    outcome, (binary, length) = rows[ABOUT.outcome], witnesses.roles(ABOUT)
    model = sm.Logit(outcome, sm.add_constant(rows[ABOUT.factors])).fit(disp=0)
    alone = {
        name: stats.chi2_contingency(pd.crosstab(rows[name], outcome), correction=False).pvalue
        for name in binary
    }
    alone[length] = stats.ttest_ind(
        *(rows.loc[outcome == value, length] for value in (0, 1))
    ).pvalue
    p, events, count = model.predict(), outcome == 1, len(rows)
    wins = stats.mannwhitneyu(p[events], p[~events]).statistic
    crude = stats.contingency.odds_ratio(
        pd.crosstab(rows[binary[0]], outcome), kind="sample"
    ).statistic
    expected = {
        "binary.share": rows[binary[0]].mean(),
        "binary.odds_ratio": crude,
        "binary.p_value": alone[binary[0]],
        "binary.adjusted_odds_ratio": np.exp(model.params[binary[0]]),
        "length.p_value": alone[length],
        "length.adjusted_odds_ratio": np.exp(model.params[length]),
        "unprinted.largest_p_value": max(alone.values()),
        "unprinted.smallest_p_value": min(alone.values()),
        "model.auc": wins / (events.sum() * (~events).sum()),
        "model.brier": ((outcome - p) ** 2).mean(),
        "model.discrimination_slope": p[events].mean() - p[~events].mean(),
        "model.nagelkerke": (1 - np.exp(-model.llr / count))
        / (1 - np.exp(2 * model.llnull / count)),
    }
    added = smf.logit(
        f"{ABOUT.outcome} ~ C({ABOUT.group}) + {' + '.join(ABOUT.factors)}", rows
    ).fit(disp=0)
    for marker in ABOUT.markers:
        expected[f"{marker}.odds_ratio_with_diagnosis"] = np.exp(added.params[marker])
        expected[f"{marker}.p_value_with_diagnosis"] = added.pvalues[marker]
    for name, value in expected.items():
        # A model on the brink of separation has odds ratios that only a few digits of are settled.
        assert found[name] == pytest.approx(value, rel=1e-5), name


def test_each_stored_cohort_is_the_most_extreme_of_something(measured):
    needed = {
        extremes.order(measured, rung, name, side)[0]
        for name, conclusion in extremes.conclusions(ABOUT).items()
        for rung in range(len(ladder.RUNGS))
        for side in conclusion.sides
        if len(extremes.order(measured, rung, name, side))
    }
    assert needed == set(range(len(measured)))


@pytest.mark.parametrize(
    ("conclusion", "side"),
    [("model.auc", "greatest"), ("model.brier", "least"), ("length.p_value", "least")],
)
def test_a_search_goes_where_it_is_sent_and_stays_compatible(results, measured, conclusion, side):
    other_side = extremes.LEAST if side == extremes.GREATEST else extremes.GREATEST
    start = results[extremes.order(measured, 0, conclusion, other_side)[0]]
    settings = SETTINGS | {"directed": SETTINGS["directed"] | {"turns": 8, "moves": 20_000}}
    task = extremes.Task(0, conclusion, side, 0)
    found = extremes.drive(task, (start.design, start.group), ABOUT, settings)
    again = extremes.drive(task, (start.design, start.group), ABOUT, settings)
    assert np.array_equal(found.design, again.design)
    rows = witnesses.table_of([found], ABOUT)
    assert (witnesses.verify(rows, CLAIMS, CODEBOOK) == "").all()
    before, after = (extremes.measured([one], ABOUT)[conclusion].item() for one in (start, found))
    assert after > before if side == "greatest" else after < before


def test_a_search_that_was_stopped_goes_on_from_what_it_had(results, tmp_path, monkeypatch):
    settings = SETTINGS | {
        "directed": SETTINGS["directed"] | {"turns": 1, "moves": 500, "attempts": 1}
    }
    monkeypatch.setattr(
        extremes,
        "conclusions",
        lambda about: {"model.auc": extremes.Conclusion(aims.AREA, "", True, 0.01)},
    )
    whole = extremes.search(results[:3], ABOUT, settings, tmp_path, 1)
    files = sorted(tmp_path.glob("*.npz"))
    assert len(files) == 2 * len(ladder.RUNGS)
    for path in files[::2]:
        path.unlink()
    again = extremes.search(results[:3], ABOUT, settings, tmp_path, 1)
    assert [one.design.tobytes() for one in again] == [one.design.tobytes() for one in whole]


def test_witnesses_at_the_limits_of_fit_are_compatible_and_come_near_the_limits(results, tmp_path):
    settings = SETTINGS | {"directed": SETTINGS["directed"] | {"limits": 1, "starts": 2}}
    found = extremes.at_limits(results, ABOUT, settings, tmp_path)
    tables = [witnesses.table_of([result], ABOUT).assign(index=i) for i, result in enumerate(found)]
    problems = witnesses.verify(pd.concat(tables, ignore_index=True), CLAIMS, CODEBOOK)
    assert len(problems) == len(found) > 6 and (problems == "").all()
    bounds = exclusion.outer_bounds(exclusion.from_claims(CLAIMS), exclusion.read())["nagelkerke"]
    least, most = bounds["least"].min(), bounds["most"].max()
    values = extremes.measured(found, ABOUT)["model.nagelkerke"]
    assert least < values.min() < least + 0.35 * (most - least)
    assert most - 0.35 * (most - least) < values.max() < most
    again = extremes.at_limits(results, ABOUT, settings, tmp_path)
    assert [one.design.tobytes() for one in again] == [one.design.tobytes() for one in found]
