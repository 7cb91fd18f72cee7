"""What predicted probabilities are worth: R's numbers, values by hand, and data that allow no
answer.
"""

from functools import partial

import numpy as np
import pandas as pd
import pytest
from helpers import hemorrhage, numbers_in_r

from lib.statistics import prediction, roc

pytestmark = pytest.mark.filterwarnings("error")
in_r = partial(numbers_in_r, source="prediction")
GRID = [0.1, 0.25, 0.5, 0.75, 0.9]


def test_calibration_curve_is_that_of_r():
    rows = hemorrhage()
    curve = prediction.calibration_curve(rows["joint"], rows["outcome"], GRID)
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


def test_net_benefit_is_that_of_r():
    rows = hemorrhage()
    curve = prediction.decision_curve(rows["joint"], rows["outcome"], GRID)
    for column, treated in [("model", "joint >= threshold"), ("treat_all", "TRUE")]:
        thresholds = "c(0.1, 0.25, 0.5, 0.75, 0.9)"
        command = f"sapply({thresholds}, function(threshold) net_benefit({treated}, threshold))"
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


def test_predictive_values_by_hand():
    # Of 1,000 people 100 are ill: 80 found, 20 missed; of the 900 others 90 are found wrongly.
    values = prediction.predictive_values(0.8, 0.9, [0, 0.1, 1])
    np.testing.assert_allclose(values["positive_predictive_value"], [0, 80 / 170, 1])
    np.testing.assert_allclose(values["negative_predictive_value"], [1, 810 / 830, 0])
    nobody = prediction.predictive_values(0, 1, [0.1])
    assert np.isnan(nobody.loc[0, "positive_predictive_value"])
    assert nobody.loc[0, "negative_predictive_value"] == pytest.approx(0.9)


@pytest.mark.parametrize(
    ("wrong", "word"),
    [
        (lambda: roc.compare_auc([0, 1, 2], pd.DataFrame({"a": [1, 2, 3]})), "outcome"),
        (lambda: prediction.decision_curve([0.1, 1.2], [0, 1], [0.5]), "probability"),
        (lambda: prediction.calibration_curve([-0.1, 0.2], [0, 1], [0.5]), "probability"),
        (lambda: prediction.predictive_values(80, 90, [0.1]), "probability"),
    ],
)
def test_wrong_input_is_named(wrong, word):
    with pytest.raises(ValueError, match=word):
        wrong()
