"""Kaplan-Meier curves: R's numbers on the lung data of its survival package, and data that allow no
curve.
"""

from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from helpers import ORACLES, numbers_in_r, read_cohort
from hypothesis import given
from hypothesis import strategies as st

from lib.patients.codebook import CODEBOOK_COLUMNS
from lib.patients.cohort import Cohort
from lib.show import withhold
from lib.statistics import survival

pytestmark = pytest.mark.filterwarnings("error")
in_r = partial(numbers_in_r, source="survival")
LUNG = pd.read_csv(ORACLES / "survival_lung.csv", comment="#")


def of_curve(rows: pd.DataFrame) -> pd.DataFrame:
    return survival.kaplan_meier(rows["time"], rows["event"])


def with_times(rows: pd.DataFrame) -> Cohort:
    """A cohort of the columns time, event and group, or of those there are."""
    rules = {
        "group": ["group", "group", "category", "", "A|B|C"],
        "time": ["time", "time", "number", "days", ""],
        "event": ["event", "event", "binary", "", "0|1"],
    }
    codebook = pd.DataFrame(
        [[name, *rule] for name, rule in rules.items()], columns=CODEBOOK_COLUMNS
    ).set_index("name")
    rows = rows.assign(group=pd.Categorical(rows["group"], ["A", "B", "C"]))
    return Cohort(rows, codebook, Path("rows.csv"), False)


FEW = pd.DataFrame(
    {
        "time": [1.0, 2, 3, 4, 5, 6, 7, 8, 9, 10],
        "event": [1.0, 0, 1, 0, 1, 0, 1, 0, 1, 0],
        "group": ["A", "B"] * 5,
    }
)


@pytest.mark.parametrize("name", ["all", "female", "male"])
def test_a_curve_as_survfit_has_it(name):
    curve = of_curve(LUNG if name == "all" else LUNG[LUNG["sex"] == name])
    assert curve.iloc[0].tolist() == pytest.approx(
        [0, curve["at_risk"].max(), 0, 0, 1, np.nan, np.nan], nan_ok=True
    )
    columns = {"time": "time", "surv": "survival", "lower": "lower", "upper": "upper"}
    if name == "all":
        columns |= {"n.risk": "at_risk", "n.event": "events", "n.censor": "censored"}
    for command, column in columns.items():
        assert curve[column].iloc[1:].tolist() == pytest.approx(
            in_r(f"{name}${command}"), rel=1e-9, nan_ok=True
        )


def test_a_curve_read_at_chosen_times():
    """R counts the events up to a time and those at risk just before it, as we do."""
    times = [0, 100, 250, 310, 500, 1000]
    read = survival.at_times(of_curve(LUNG), times)
    assert read["at_risk"].tolist() == in_r("read$n.risk").tolist()
    assert read["events"].tolist() == in_r("cumsum(read$n.event)").tolist()
    for column, command in [("survival", "surv"), ("lower", "lower"), ("upper", "upper")]:
        # R gives the limits 1 and 1 at the start.
        assert read[column].tolist()[1:] == pytest.approx(in_r(f"read${command}")[1:], rel=1e-9)
    after = survival.at_times(of_curve(LUNG), [5000]).iloc[0]
    assert after["at_risk"] == 0
    assert np.isnan(after["survival"])
    assert after["events"] + after["censored"] == len(LUNG)


FEW_TIMES = pd.DataFrame({"time": [1, 2, 3, 4, 5, 6], "event": [1, 1, 1, 0, 1, 0], "sex": ""})
FEMALE, MALE = 'subset(lung, sex == "female")', 'subset(lung, sex == "male")'


@pytest.mark.parametrize(
    ("rows", "sex", "curve", "reverse"),
    [
        (LUNG, ["female", "male"], "all", "curve(lung, TRUE)"),
        (LUNG, ["female"], "female", f"curve({FEMALE}, TRUE)"),
        (LUNG, ["male"], None, f"curve({MALE}, TRUE)"),
        (FEW_TIMES, [""], "curve(few)", None),
    ],
)
def test_medians_as_r_has_them(rows, sex, curve, reverse):
    """Of the time to the event and of follow-up. An estimate that stays at one half for a while has
    its median in the middle of that while."""
    members = rows[rows["sex"].isin(sex)]
    found = {
        curve: survival.median(of_curve(members)),
        reverse: survival.median_follow_up(members["time"], members["event"]),
    }
    for command in filter(None, found):
        expected = in_r(f'summary({command})$table[c("median", "0.95LCL", "0.95UCL")]')
        assert found[command].tolist() == pytest.approx(expected, nan_ok=True)


@pytest.mark.parametrize("group", ["sex", "ecog"])
def test_the_log_rank_test_as_survdiff_has_it(group):
    """Two groups, and four of which one is a single patient."""
    known = LUNG.dropna(subset=group)
    found = survival.log_rank(known["time"], known["event"], known[group])
    statistic = f"survdiff(Surv(time, event) ~ {group}, lung)$chisq"
    freedom = known[group].nunique() - 1
    assert found["statistic"] == pytest.approx(in_r(statistic)[0], rel=1e-9)
    assert found["degrees_of_freedom"] == freedom
    assert found["p"] == pytest.approx(
        in_r(f"pchisq({statistic}, {freedom}, lower.tail = FALSE)")[0], rel=1e-9
    )


def test_a_cohort_as_a_whole_and_by_group():
    lacking = FEW.head(1).assign(time=np.nan)
    found = survival.describe(with_times(pd.concat([FEW, lacking])))
    assert (found.problem, found.log_rank_problem, found.left_out) == (None, None, 1)
    assert list(found.follow_up.index) == [survival.ALL, "A", "B", "C"]
    assert found.follow_up["patients"].tolist() == [10, 5, 5, 0]
    assert found.follow_up["events"].tolist() == [5, 5, 0, 0]
    assert found.follow_up.loc["C", "median":].isna().all()
    assert list(found.curves["group"].unique()) == [survival.ALL, "A", "B"]
    of_a = found.curves[found.curves["group"] == "A"].drop(columns="group").reset_index(drop=True)
    pd.testing.assert_frame_equal(of_a, of_curve(FEW[FEW["group"] == "A"]))


@pytest.mark.parametrize(
    ("change", "problem", "words"),
    [
        (
            lambda rows: rows.drop(columns="time"),
            "problem",
            "no column for the length of follow-up",
        ),
        (lambda rows: rows.drop(columns="event"), "problem", "none for the event"),
        (lambda rows: rows.assign(time=np.nan), "problem", "no patient has a time and an event"),
        (lambda rows: rows.assign(time=rows["time"] - 5), "problem", "negative"),
        (lambda rows: rows.assign(event=0.0), "log_rank_problem", "no patient has the event"),
        (lambda rows: rows.assign(group="A"), "log_rank_problem", "fewer than two groups"),
        (
            lambda rows: rows.assign(
                event=rows["time"] > 5, group=np.where(rows["time"] > 5, "A", "B")
            ),
            "log_rank_problem",
            "never at risk",
        ),
    ],
)
def test_what_has_no_answer_is_described_in_words(change, problem, words):
    """A cohort without usable times has no curve either."""
    found = survival.describe(with_times(change(FEW)))
    assert words in getattr(found, problem)
    assert found.log_rank.isna().all()
    assert found.curves.empty == (problem == "problem") == bool(found.problem)


@given(
    st.lists(
        st.tuples(st.integers(0, 6), st.integers(0, 1), st.sampled_from("ABC")),
        min_size=1,
        max_size=12,
    )
)
def test_small_cohorts_give_numbers_or_words(patients):
    """Without censoring the curve is the plain proportion; no patient is lost from the counts."""
    rows = pd.DataFrame(patients, columns=["time", "event", "group"]).astype(
        {"time": float, "event": float}
    )
    found = survival.describe(with_times(rows))
    assert found.problem is None
    assert found.log_rank.isna().any() == (found.log_rank_problem is not None)
    curve = of_curve(rows)
    assert (curve["at_risk"] - curve["events"] - curve["censored"]).tolist() == [
        *curve["at_risk"].iloc[1:],
        0,
    ]
    assert (curve["survival"].diff().fillna(0) <= 1e-12).all()
    known = curve.dropna()
    assert ((known["lower"] <= known["survival"]) & (known["survival"] <= known["upper"])).all()
    uncensored = of_curve(rows.assign(event=1))
    proportions = [(rows["time"] > time).mean() for time in uncensored["time"]]
    assert uncensored["survival"].tolist() == pytest.approx(proportions)


@pytest.mark.parametrize(
    ("longest", "times"),
    [(58, [0, 10, 12, 20, 30, 40, 50]), (25, [0, 6, 12, 18, 24]), (9, [0, 2, 4, 6, 8])],
)
def test_a_curve_is_read_at_the_horizon_of_the_outcome_too(longest, times):
    """The outcome is at 12 months."""
    random = np.random.default_rng(5)
    months, event = random.integers(1, longest, 120), random.integers(0, 2, 120)
    months[:9], event[:9] = longest, 0
    outcome = np.where(months > 12, 0, event)
    rows = pd.DataFrame({"months": months, "event": event, "outcome": outcome})
    cohort = read_cohort(rows.assign(has_x=event))
    assert withhold.chosen_times(survival.describe(cohort), cohort) == times
