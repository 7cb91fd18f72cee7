"""Validation: R's and statsmodels' numbers, the promises made of resamples, and data that allow no
answer.
"""

from functools import partial

import numpy as np
import pandas as pd
import pytest
from helpers import ORACLES, asah, numbers_in_r, read_cohort
from oracles.prediction_loop import plain_loop

from lib.patients import loading
from lib.patients.cohort import Cohort
from lib.statistics import bootstrap

pytestmark = pytest.mark.filterwarnings("error")
in_r = partial(numbers_in_r, source="prediction")


def patients(seed: int, number: int = 120) -> pd.DataFrame:
    """Three binary factors and a length, of which the outcome depends on some."""
    random = np.random.default_rng(seed)
    rows = pd.DataFrame(
        {f"has_{name}": (random.random(number) < 0.3).astype(int) for name in "abc"}
    )
    rows["length"] = random.normal(100, 30, number).round()
    log_odds = -1 + rows["has_a"] + 0.01 * (rows["length"] - 100)
    return rows.assign(outcome=(random.random(number) < 1 / (1 + np.exp(-log_odds))).astype(int))


@pytest.fixture(scope="module")
def without_gender() -> Cohort:
    everything = asah()
    return Cohort(
        everything.rows[["s100b", "ndka", "wfns", "outcome"]],
        everything.codebook,
        everything.path,
        False,
    )


@pytest.fixture
def resamples_of_r(monkeypatch) -> int:
    """Resamples are those that R drew; how many there are."""
    drawn = (
        pd.read_csv(ORACLES / "prediction_resamples.csv", comment="#", header=None).to_numpy() - 1
    )

    class Generator:
        def integers(self, patients: int, size: tuple[int, int]) -> np.ndarray:
            assert (drawn < patients).all() and drawn.shape == size
            return drawn

    monkeypatch.setattr(np.random, "default_rng", lambda seed: Generator())
    return len(drawn)


@pytest.mark.parametrize("alpha", ["1", "0.05", "0.001"])
def test_optimism_is_that_of_r(alpha, without_gender, resamples_of_r):
    found = bootstrap.validate(without_gender, resamples_of_r, alpha=float(alpha))
    assert found.used == resamples_of_r
    expected = in_r(f"optimism({alpha})")
    np.testing.assert_allclose(found.table["optimism"], expected, rtol=0, atol=1e-9)
    if alpha != "1":
        for name in ("screened", "significant"):
            expected = in_r(f"{name}({alpha})")
            np.testing.assert_allclose(found.stability[f"{name}_share"], expected)


def test_optimism_without_screening_is_that_of_rms(without_gender, resamples_of_r):
    area, brier, slope, _ = bootstrap.validate(without_gender, resamples_of_r, alpha=1).table[
        "optimism"
    ]
    # Somers' D is twice the area less one; columns: apparent, training, test, optimism, corrected.
    for name, value in {"Dxy": 2 * area, "B": brier, "Slope": slope}.items():
        assert value == pytest.approx(in_r(f'rms_validation()["{name}", 1:5]')[3], abs=1e-6)


def test_apparent_performance_is_that_of_r(without_gender):
    found = bootstrap.validate(without_gender, 5)
    expected = in_r("measures(strategy(aSAH, 0.05), aSAH)")
    np.testing.assert_allclose(found.table["apparent"], expected, rtol=0, atol=1e-9)
    corrected = found.table["apparent"] - found.table["optimism"]
    np.testing.assert_array_equal(found.table["corrected"], corrected)
    assert list(found.stability.index[found.stability["screened"]]) == ["s100b", "wfns"]


# The cohort, resamples and seed, and how many of these have an answer and how many no factor.
AGAIN = {
    "the example cohort": (lambda: loading.load(loading.EXAMPLE), 20, bootstrap.SEED, None),
    **{
        f"few patients {seed}": (
            lambda seed=seed: read_cohort(patients(seed, 20 + 5 * seed)),
            10,
            seed,
            None,
        )
        for seed in range(8)
    },
    "some without an answer": (lambda: read_cohort(patients(24, 25)), 40, 1, (36, 22)),
}


@pytest.mark.parametrize("name", AGAIN)
def test_a_plain_loop_of_statsmodels_finds_the_same(name):
    make, resamples, seed, answers = AGAIN[name]
    rows = make()
    found = bootstrap.validate(rows, resamples, seed=seed)
    known = rows.complete([*rows.factors, rows.outcome])
    optimism, screened, significant = plain_loop(known, rows.outcome, rows.factors, resamples, seed)
    assert found.used == len(optimism)
    assert found.used + sum(found.failed.values()) == found.drawn == resamples
    assert found.empty == (~screened.any(axis=1)).sum()
    if found.used:
        np.testing.assert_allclose(found.table["optimism"], optimism.mean(), rtol=0, atol=1e-8)
        np.testing.assert_allclose(found.stability["screened_share"], screened.mean())
        np.testing.assert_allclose(found.stability["significant_share"], significant.mean())
    if answers:
        assert (found.used, found.empty) == answers
        assert found.account == (
            "36 of 40 resamples were used. Left out: 2 because the outcome does not vary and 2 "
            "because the factors separate the outcomes. In 22 of those used no factor passed the "
            "screening, and a model without factors has no calibration slope."
        )


def test_same_seed_same_result_and_blocks_do_not_matter(monkeypatch):
    rows = read_cohort(patients(3))
    first = bootstrap.validate(rows, 100)
    pd.testing.assert_frame_equal(
        first.table, bootstrap.validate(rows, 100).table, check_exact=True
    )
    monkeypatch.setattr(bootstrap, "BLOCK", 1000)
    pd.testing.assert_frame_equal(first.table, bootstrap.validate(rows, 100).table)
    assert not first.table.equals(bootstrap.validate(rows, 100, seed=2).table)


def test_many_patients_get_fewer_resamples():
    rows = patients(1, 100_000)
    many = Cohort(rows.astype(float), read_cohort(rows.head(20)).codebook, ORACLES, False)
    found = bootstrap.validate(many, 300)
    assert (found.asked, found.drawn, found.used) == (300, 30, 30)
    assert "100,000 patients 30 were drawn instead of 300" in found.account
    assert found.table.loc["auc", "simulation_error"] < 0.001
    assert bootstrap.validate(many, 7).drawn == 7


HARD = {
    "no events": lambda rows: rows.assign(outcome=0),
    "all events": lambda rows: rows.assign(outcome=1),
    "constant factor": lambda rows: rows.assign(has_b=1),
    "perfect separation": lambda rows: rows.assign(has_b=rows["outcome"]),
    "separated by two factors together": lambda rows: rows[["outcome"]].assign(
        first=(noise := np.random.default_rng(2).normal(size=(2, len(rows))))[0],
        second=noise[1],
        outcome=(noise[0] > noise[1]).astype(int),
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


ONE_OUTCOME = "the outcome does not vary"
PROBLEMS = {
    "no events": ONE_OUTCOME,
    "all events": ONE_OUTCOME,
    "nothing complete": "no patient has all values",
    "identical factors": "in the joint model of the screened factors some factors are exact "
    "combinations of others",
    "separated by two factors together": "in the joint model of the screened factors "
    "the factors separate the outcomes",
}


@pytest.mark.parametrize("case", HARD)
def test_hard_cases_have_an_answer(case):
    rows = read_cohort(HARD[case](patients(5)))
    found = bootstrap.validate(rows, 50)
    assert found.problem == PROBLEMS.get(case)
    assert found.patients == len(rows.complete([*rows.factors, rows.outcome]))
    assert found.account.endswith(".") and "nan" not in found.account
    if found.problem:
        assert found.table.isna().all().all()
        assert "could not be validated" in found.account
    else:
        assert found.used + sum(found.failed.values()) == found.drawn == 50
        assert found.table.loc["auc", "apparent"] >= 0.5
