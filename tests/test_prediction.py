"""Prediction: R's and statsmodels' numbers, the promises made of resamples, and data that allow no
answer.
"""

from functools import partial

import numpy as np
import pandas as pd
import pytest
from helpers import ORACLES, asah, numbers_in_r, read_cohort
from hypothesis import given
from hypothesis import strategies as st
from oracles.prediction_loop import plain_loop

from lib.patients import loading
from lib.patients.cohort import Cohort
from lib.statistics import prediction

pytestmark = pytest.mark.filterwarnings("error")
in_r = partial(numbers_in_r, source="prediction")
GRID = [0.1, 0.25, 0.5, 0.75, 0.9]


@pytest.fixture(scope="module")
def hemorrhage() -> pd.DataFrame:
    """The data set aSAH with the probabilities that R's joint model gives."""
    rows = pd.read_csv(ORACLES / "aSAH.csv", comment="#")
    return rows.assign(joint=in_r("joint"))


def patients(seed: int, number: int = 120) -> pd.DataFrame:
    """Three binary factors and a length, of which the outcome depends on some."""
    random = np.random.default_rng(seed)
    rows = pd.DataFrame(
        {f"has_{name}": (random.random(number) < 0.3).astype(int) for name in "abc"}
    )
    rows["length"] = random.normal(100, 30, number).round()
    log_odds = -1 + rows["has_a"] + 0.01 * (rows["length"] - 100)
    return rows.assign(outcome=(random.random(number) < 1 / (1 + np.exp(-log_odds))).astype(int))


def optimism_of(rows: Cohort, drawn: np.ndarray, alpha: float) -> tuple[np.ndarray, ...]:
    """What the bootstrap finds in given resamples."""
    kinds = prediction._kinds(
        rows.complete([*rows.factors, rows.outcome]), rows.outcome, rows.factors
    )
    return prediction._optimism(kinds, kinds.weights(drawn), alpha)


@pytest.fixture(scope="module")
def without_gender() -> Cohort:
    everything = asah()
    return Cohort(
        everything.rows[["s100b", "ndka", "wfns", "outcome"]],
        everything.codebook,
        everything.path,
        False,
    )


@pytest.fixture(scope="module")
def drawn() -> np.ndarray:
    return (
        pd.read_csv(ORACLES / "prediction_resamples.csv", comment="#", header=None).to_numpy() - 1
    )


@pytest.mark.parametrize("alpha", ["1", "0.05", "0.001"])
def test_optimism_is_that_of_r(alpha, without_gender, drawn):
    status, screened, significant, optimism = optimism_of(without_gender, drawn, float(alpha))
    assert (status == prediction.FITTED).all()
    np.testing.assert_allclose(
        np.nanmean(optimism, axis=0), in_r(f"optimism({alpha})"), rtol=0, atol=1e-9
    )
    if alpha != "1":
        np.testing.assert_allclose(screened.mean(axis=0), in_r(f"screened({alpha})"))
        np.testing.assert_allclose(significant.mean(axis=0), in_r(f"significant({alpha})"))


def test_optimism_without_screening_is_that_of_rms(without_gender, drawn):
    _, _, _, optimism = optimism_of(without_gender, drawn, 1)
    area, brier, slope, _ = optimism.mean(axis=0)
    # Somers' D is twice the area less one; columns: apparent, training, test, optimism, corrected.
    assert 2 * area == pytest.approx(in_r('rms_validation()["Dxy", 1:5]')[3], abs=1e-6)
    assert brier == pytest.approx(in_r('rms_validation()["B", 1:5]')[3], abs=1e-6)
    assert slope == pytest.approx(in_r('rms_validation()["Slope", 1:5]')[3], abs=1e-6)


def test_apparent_performance_is_that_of_r(without_gender):
    found = prediction.validate(without_gender, 5)
    expected = in_r("measures(strategy(aSAH, 0.05), aSAH)")
    np.testing.assert_allclose(found.table["apparent"], expected, rtol=0, atol=1e-9)
    corrected = found.table["apparent"] - found.table["optimism"]
    np.testing.assert_array_equal(found.table["corrected"], corrected)
    assert list(found.stability.index[found.stability["screened"]]) == ["s100b", "wfns"]


def same_as_loop(rows: Cohort, resamples: int, seed: int) -> prediction.Validation:
    """The validation, after making sure that a plain loop of statsmodels finds the same."""
    found = prediction.validate(rows, resamples, seed)
    known = rows.complete([*rows.factors, rows.outcome])
    optimism, screened, significant = plain_loop(known, rows.outcome, rows.factors, resamples, seed)
    assert found.used == len(optimism)
    assert found.used + sum(found.failed.values()) == found.drawn == resamples
    assert found.empty == (~screened.any(axis=1)).sum()
    if found.used:
        np.testing.assert_allclose(found.table["optimism"], optimism.mean(), rtol=0, atol=1e-8)
        np.testing.assert_allclose(found.stability["screened_share"], screened.mean())
        np.testing.assert_allclose(found.stability["significant_share"], significant.mean())
    return found


def test_same_as_a_plain_loop_on_the_example_cohort():
    same_as_loop(loading.load(loading.EXAMPLE), 20, prediction.SEED)


@pytest.mark.parametrize("seed", range(8))
def test_same_as_a_plain_loop_on_few_patients(seed):
    rows = read_cohort(patients(seed, 20 + 5 * seed))
    same_as_loop(rows, 10, seed)


def test_resamples_without_an_answer_are_counted():
    found = same_as_loop(read_cohort(patients(24, 25)), 40, 1)
    assert list(found.failed) == ["the outcome does not vary", "the factors separate the outcomes"]
    assert (found.used, found.empty) == (36, 22)
    assert found.account == (
        "36 of 40 resamples were used. Left out: 2 because the outcome does not vary and 2 because the factors "
        "separate the outcomes. In 22 of those used no factor passed the screening, and a model without factors "
        "has no calibration slope."
    )


def test_same_seed_same_result_and_blocks_do_not_matter(monkeypatch):
    rows = read_cohort(patients(3))
    first = prediction.validate(rows, 100)
    pd.testing.assert_frame_equal(
        first.table, prediction.validate(rows, 100).table, check_exact=True
    )
    monkeypatch.setattr(prediction, "BLOCK", 1000)
    pd.testing.assert_frame_equal(first.table, prediction.validate(rows, 100).table)
    assert not first.table.equals(prediction.validate(rows, 100, seed=2).table)


def test_units_do_not_matter():
    rows = patients(4)
    meters = rows.assign(length=2e6 + rows["length"] / 1000)
    expected = prediction.validate(read_cohort(rows), 50)
    found = prediction.validate(read_cohort(meters), 50)
    np.testing.assert_allclose(found.table, expected.table, rtol=0, atol=1e-6)


def test_many_patients_get_fewer_resamples():
    random = np.random.default_rng(1)
    rows = pd.DataFrame(
        {f"has_{name}": (random.random(1_000_000) < 0.3).astype(float) for name in "abcde"}
    )
    rows["length"] = random.normal(100, 30, 1_000_000).round()
    rows["outcome"] = (random.random(1_000_000) < 0.1 + 0.1 * rows["has_a"]).astype(float)
    codebook = read_cohort(rows.head(20)).codebook
    million = Cohort(rows, codebook, ORACLES, False)
    found = prediction.validate(million)
    assert (found.asked, found.drawn, found.used) == (2000, 20, 20)
    assert "1,000,000 patients 20 were drawn instead of 2,000" in found.account
    assert found.table.loc["auc", "simulation_error"] < 0.001
    assert prediction.validate(million, 7).drawn == 7


HARD = {
    "no events": lambda rows: rows.assign(outcome=0),
    "all events": lambda rows: rows.assign(outcome=1),
    "constant factor": lambda rows: rows.assign(has_b=1),
    "perfect separation": lambda rows: rows.assign(has_b=rows["outcome"]),
    "separated by two factors": lambda rows: rows.assign(
        has_a=rows["outcome"] * (rows.index % 3 > 0),
        has_b=rows["outcome"] * (rows.index % 3 < 1),
        has_c=0,
    ),
    "quasi-separation": lambda rows: rows.assign(has_b=rows["outcome"] * (rows.index % 2)),
    "identical factors": lambda rows: rows.assign(has_b=rows["has_a"]),
    "ten patients": lambda rows: rows.head(10),
    "two patients": lambda rows: rows.sort_values("outcome").iloc[[0, -1]],
    "one event": lambda rows: rows.assign(outcome=(rows.index == 5).astype(int)),
    "missing values": lambda rows: rows.mask(np.random.default_rng(1).random(rows.shape) < 0.05),
    "nothing complete": lambda rows: rows.assign(has_b=np.nan),
    "nothing passes": lambda rows: rows.assign(
        outcome=rows.index % 2, has_a=0, has_b=0, has_c=0, length=7
    ),
    "three levels": lambda rows: rows.assign(length=rows["length"] // 40),
}


@pytest.mark.parametrize("case", HARD)
def test_hard_cases_have_an_answer(case):
    rows = read_cohort(HARD[case](patients(5)))
    found = prediction.validate(rows, 50)
    assert found.patients + found.left_out == len(rows.rows)
    assert found.account.endswith(".") and "nan" not in found.account
    if found.problem:
        assert found.table.isna().all().all()
        assert "could not be validated" in found.account
    else:
        assert found.used + sum(found.failed.values()) == found.drawn == 50
        assert found.table.loc["auc", "apparent"] >= 0.5


@pytest.mark.parametrize(
    ("case", "problem"),
    [
        ("no events", "the outcome does not vary among the patients with complete data"),
        ("all events", "the outcome does not vary among the patients with complete data"),
        ("nothing complete", "the outcome does not vary among the patients with complete data"),
        (
            "identical factors",
            "in the joint model of the screened factors some factors are exact combinations of others",
        ),
        ("constant factor", None),
        ("perfect separation", None),
        ("nothing passes", None),
        ("missing values", None),
    ],
)
def test_problems_in_words(case, problem):
    found = prediction.validate(read_cohort(HARD[case](patients(5))), 20)
    assert found.problem == problem


def test_a_model_of_the_intercept_alone():
    found = prediction.validate(read_cohort(HARD["nothing passes"](patients(5))), 20)
    assert found.empty == found.used == 20
    assert found.table.loc["auc"].tolist() == [0.5, 0, 0.5, 0]
    assert found.table.loc["brier", "apparent"] == pytest.approx(0.25)
    assert found.table.loc["calibration_slope"].isna().all()
    assert found.stability["screening_p"].isna().all()
    assert "In 20 of those used no factor passed the screening" in found.account


def test_a_separating_factor_is_not_screened_in():
    found = prediction.validate(read_cohort(HARD["perfect separation"](patients(5))), 20)
    assert np.isnan(found.stability.loc["has_b", "screening_p"])
    assert not found.stability.loc["has_b", "screened"]
    assert found.stability.loc["has_b", "screened_share"] == 0
    assert found.account == (
        "20 of 20 resamples were used. Because they do not vary or separate the outcomes, these have no Wald P and "
        "did not pass the screening: has_b."
    )


def test_separation_in_the_joint_model_alone():
    # Each factor overlaps, the two together do not: the outcome is whether the first is larger.
    random = np.random.default_rng(2)
    rows = pd.DataFrame({"first": random.normal(size=60), "second": random.normal(size=60)})
    found = prediction.validate(
        read_cohort(rows.assign(outcome=(rows["first"] > rows["second"]).astype(int))), 20
    )
    assert (
        found.problem
        == "in the joint model of the screened factors the factors separate the outcomes"
    )


def test_no_resample_has_an_answer():
    answers = [
        prediction.validate(read_cohort(HARD["two patients"](patients(5))), 1, seed)
        for seed in range(6)
    ]
    unused = next(found for found in answers if found.used == 0)
    assert unused.account.startswith(
        "0 of 1 resamples were used. Left out: 1 because the outcome does not vary."
    )
    assert unused.table["apparent"].notna().any() and unused.table["optimism"].isna().all()


def test_no_resamples():
    with pytest.raises(ValueError, match="at least one"):
        prediction.validate(read_cohort(patients(5)), 0)


@pytest.mark.parametrize("name", ["joint", "s100b", "ndka", "wfns"])
def test_areas_are_those_of_proc(name, hemorrhage):
    areas, _ = prediction.compare_auc(
        hemorrhage["outcome"], hemorrhage[["joint", "s100b", "ndka", "wfns"]]
    )
    lower, area, upper = in_r(f'as.numeric(ci.auc(curves${name}, method = "delong"))')
    np.testing.assert_allclose(
        areas.loc[name, ["auc", "lower", "upper"]].astype(float), [area, lower, upper], atol=1e-9
    )
    assert areas.loc[name, ["patients", "events"]].tolist() == [113, 41]


def test_differences_are_those_of_proc(hemorrhage):
    _, differences = prediction.compare_auc(
        hemorrhage["outcome"], hemorrhage[["joint", "s100b", "ndka", "wfns"]]
    )
    assert len(differences) == 6
    for _, row in differences.iterrows():
        expected = in_r(f'paired("{row["first"]}", "{row["second"]}")')
        np.testing.assert_allclose(
            row[["z", "p", "lower", "upper"]].astype(float), expected, atol=1e-9
        )


@given(seed=st.integers(0, 2**32 - 1), number=st.integers(4, 40))
def test_areas_count_pairs(seed, number):
    random = np.random.default_rng(seed)
    outcome = random.permutation(np.arange(number) % 2)
    score = random.integers(0, 6, number).astype(float)
    events, nonevents = score[outcome == 1][:, None], score[outcome == 0]
    expected = ((events > nonevents) + (events == nonevents) / 2).mean()
    areas, _ = prediction.compare_auc(outcome, pd.DataFrame({"score": score}))
    assert areas.loc["score", "auc"] == pytest.approx(expected)
    counted = prediction._areas(
        score[np.argsort(outcome)][None], np.sort(outcome), [np.ones((1, number))]
    )
    assert counted[0][0] == pytest.approx(expected)


def test_rounding_does_not_break_ties():
    outcome, score = np.array([1, 1, 1, 0, 0, 0]), np.array([0.3, 0.3, 0.7, 0.3, 0.7, 0.7])
    rounded = score + np.array([0, 1, -1, 2, 1, 0]) * 1e-16
    for values in (score, rounded):
        areas, _ = prediction.compare_auc(outcome, pd.DataFrame({"score": values}))
        assert areas.loc["score", "auc"] == pytest.approx(3 / 9)


@pytest.mark.parametrize(
    ("outcome", "area"),
    [([0, 0, 0], np.nan), ([1, 1, 1], np.nan), ([], np.nan), ([0, 0, 1], 1), ([1, 0, np.nan], 0)],
)
def test_areas_without_an_answer(outcome, area):
    scores = pd.DataFrame({"a": np.arange(len(outcome)), "b": 1.0})
    areas, differences = prediction.compare_auc(np.array(outcome), scores)
    np.testing.assert_equal(areas.loc["a", "auc"], area)
    assert areas[["standard_error", "lower", "upper"]].isna().all().all()
    assert differences[["standard_error", "p"]].isna().all().all()


def test_scores_of_one_order_have_no_p():
    rows = patients(6)
    scores = pd.DataFrame(
        {"a": rows["length"], "b": rows["length"] ** 3, "perfect": rows["outcome"]}
    )
    areas, differences = prediction.compare_auc(rows["outcome"], scores)
    assert differences.loc[0, "difference"] == 0 and np.isnan(differences.loc[0, "p"])
    assert areas.loc["perfect", "auc"] == 1 and np.isnan(areas.loc["perfect", "lower"])


def test_missing_scores_are_left_out_of_all_comparisons():
    rows = patients(7)
    scores = rows[["has_a", "length"]].astype(float)
    scores.iloc[:9, 0] = np.nan
    areas, _ = prediction.compare_auc(rows["outcome"], scores)
    expected, _ = prediction.compare_auc(rows["outcome"][9:], scores[9:])
    pd.testing.assert_frame_equal(areas, expected)
    assert (areas["patients"] == 111).all()


def test_calibration_curve_is_that_of_r(hemorrhage):
    curve = prediction.calibration_curve(hemorrhage["joint"], hemorrhage["outcome"], GRID)
    expected = in_r("curve(c(0.1, 0.25, 0.5, 0.75, 0.9))").reshape(3, 5).T
    np.testing.assert_allclose(curve[["observed", "lower", "upper"]], expected, atol=1e-8)


def test_calibration_curve_of_two_predictions_is_what_occurred():
    outcome = np.array([1, 0, 0, 0, 1, 1, 0, 1, 1, 1])
    curve = prediction.calibration_curve(
        np.repeat([0.2, 0.7], [4, 6]), outcome, [0.1, 0.2, 0.7, 0.8]
    )
    np.testing.assert_allclose(curve["observed"], [np.nan, 1 / 4, 5 / 6, np.nan])
    # The Wald limits of one proportion on the scale of the log odds.
    half = 1.959963984540054 * np.sqrt(1 / 1 + 1 / 3)
    np.testing.assert_allclose(
        curve.loc[1, ["lower", "upper"]], 1 / (1 + 3 * np.exp([half, -half]))
    )


@pytest.mark.parametrize(
    ("probabilities", "outcome"),
    [
        ([0.2, 0.3, 0.4, 0.5], [0, 0, 0, 0]),
        ([0.2, 0.3, 0.4, 0.5], [1, 1, 1, 1]),
        ([0.2, 0.3, 0.4, 0.5], [0, 0, 1, 1]),
        ([0.3, 0.3, 0.3, 0.3], [0, 1, 0, 1]),
        ([0.0, 0.3, 0.6, 1.0], [0, 1, 0, 1]),
        ([np.nan, np.nan, np.nan, 0.2], [0, 1, 1, np.nan]),
    ],
)
def test_calibration_curves_that_do_not_exist(probabilities, outcome):
    curve = prediction.calibration_curve(np.array(probabilities), np.array(outcome), GRID)
    assert curve["predicted"].tolist() == GRID
    assert curve[["observed", "lower", "upper"]].isna().all().all()


def test_net_benefit_is_that_of_r(hemorrhage):
    curve = prediction.decision_curve(hemorrhage["joint"], hemorrhage["outcome"], GRID)
    for column, treated in [("model", "joint >= threshold"), ("treat_all", "TRUE")]:
        command = f"sapply(c(0.1, 0.25, 0.5, 0.75, 0.9), function(threshold) net_benefit({treated}, threshold))"
        np.testing.assert_allclose(curve[column], in_r(command), atol=1e-9)
    assert (curve["treat_none"] == 0).all()


def test_net_benefit_by_hand():
    probabilities, outcome = np.array([0.1, 0.2, 0.2, 0.6, np.nan]), np.array([0, 0, 1, 1, 1])
    curve = prediction.decision_curve(probabilities, outcome, [0, 0.2, 0.5, 1, np.nan])
    # At 0.2 those at the threshold are treated: two true positives, one false positive at odds of
    # 1/4.
    np.testing.assert_allclose(curve["model"], [2 / 4, (2 - 1 / 4) / 4, 1 / 4, np.nan, np.nan])
    np.testing.assert_allclose(curve["treat_all"], [2 / 4, (2 - 2 / 4) / 4, 0, np.nan, np.nan])
    np.testing.assert_allclose(curve["treat_none"], [0, 0, 0, np.nan, np.nan])


def test_net_benefit_of_no_one():
    curve = prediction.decision_curve(np.array([]), np.array([]), [0.5])
    assert curve[["model", "treat_all", "treat_none"]].isna().all().all()


def test_predictive_values_by_hand():
    # Of 1,000 people 100 are ill: 80 found, 20 missed; of the 900 others 90 are found wrongly.
    values = prediction.predictive_values(0.8, 0.9, [0, 0.1, 1])
    np.testing.assert_allclose(values["positive_predictive_value"], [0, 80 / 170, 1])
    np.testing.assert_allclose(values["negative_predictive_value"], [1, 810 / 830, 0])
    nobody = prediction.predictive_values(0, 1, [0.1])
    assert np.isnan(nobody.loc[0, "positive_predictive_value"])
    assert nobody.loc[0, "negative_predictive_value"] == pytest.approx(0.9)


def test_wrong_input_is_named():
    with pytest.raises(ValueError, match="outcome"):
        prediction.compare_auc([0, 1, 2], pd.DataFrame({"a": [1, 2, 3]}))
    with pytest.raises(ValueError, match="probability"):
        prediction.decision_curve([0.1, 1.2], [0, 1], [0.5])
    with pytest.raises(ValueError, match="probability"):
        prediction.calibration_curve([-0.1, 0.2], [0, 1], [0.5])
    with pytest.raises(ValueError, match="probability"):
        prediction.predictive_values(80, 90, [0.1])
