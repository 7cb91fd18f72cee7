"""The directed search: its numbers are those of plain packages, its cohorts print every claim."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
import statsmodels.formula.api as smf
from scipy import stats

from lib.compatible import exclusion, ladder, verification
from lib.compatible.study import read_stored
from lib.search import designs, extremes

ABOUT, SETTINGS = designs.read_study(), designs.read_settings()


@pytest.fixture(scope="module")
def results() -> list[np.ndarray]:
    return extremes.stored(ABOUT)


@pytest.fixture(scope="module")
def measured(results) -> pd.DataFrame:
    return extremes.measured(results, ABOUT)


def test_what_an_earlier_search_attained_is_kept(results, tmp_path):
    extremes.write(results, ABOUT, tmp_path)
    kept = extremes.stored(ABOUT, folder=tmp_path)
    assert len(kept) == len(results)
    extremes.write([*results[:1], *kept], ABOUT, tmp_path)
    again = pd.read_parquet(tmp_path / "extremes.parquet")
    assert again["index"].nunique() == len(results)
    # What does not print the claims is not believed.
    again.loc[again["index"] == 0, "multiple_stents"] = 0
    again.to_parquet(tmp_path / "extremes.parquet")
    assert len(extremes.stored(ABOUT, folder=tmp_path)) == len(results) - 1
    assert extremes.stored(ABOUT, folder=tmp_path / "none") == []


@pytest.mark.parametrize("place", [0, -1])
def test_values_are_those_of_plain_packages(results, measured, place):
    rows = designs.rows_of(results[place], ABOUT)
    found = measured.iloc[place]
    outcome, binary, length = rows[ABOUT.outcome], ABOUT.binary, ABOUT.length
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


@pytest.mark.scheduled
@pytest.mark.parametrize(
    ("conclusion", "side"),
    [("model.auc", "greatest"), ("model.brier", "least"), ("length.p_value", "least")],
)
def test_a_search_goes_where_it_is_sent_and_stays_compatible(results, measured, conclusion, side):
    other_side = extremes.LEAST if side == extremes.GREATEST else extremes.GREATEST
    start = results[extremes.order(measured, 0, conclusion, other_side)[0]]
    settings = SETTINGS | {"directed": SETTINGS["directed"] | {"turns": 8, "steps": 10_000}}
    task = (0, conclusion, side, 0)
    found, again = (extremes.drive(task, start, ABOUT, settings) for _ in range(2))
    assert np.array_equal(found, again)
    assert verification.unmet(designs.rows_of(found, ABOUT), ABOUT) == ""
    before, after = (extremes.measured([one], ABOUT)[conclusion].item() for one in (start, found))
    assert after > before if side == "greatest" else after < before


def test_cohorts_at_the_limits_of_fit_are_compatible_and_come_near_the_limits(tmp_path):
    settings = SETTINGS | {"directed": SETTINGS["directed"] | {"limits": 1, "starts": 2}}
    cores = read_stored("cohorts.parquet")[["k1", "k0"]].drop_duplicates()
    found = extremes.at_limits(cores, ABOUT, settings, tmp_path)
    assert len(found) > 6
    for design in found:
        assert verification.unmet(designs.rows_of(design, ABOUT), ABOUT) == ""
    bounds = exclusion.outer_bounds(ABOUT.printed, exclusion.read())["nagelkerke"]
    least, most = bounds["least"].min(), bounds["most"].max()
    values = extremes.measured(found, ABOUT)["model.nagelkerke"]
    assert least < values.min() < least + 0.35 * (most - least)
    assert most - 0.35 * (most - least) < values.max() < most
