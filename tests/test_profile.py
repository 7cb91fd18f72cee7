"""Profile limits and Firth's estimates: R's numbers, known identities, and ten patients."""

from functools import partial

import numpy as np
import pandas as pd
import pytest
from helpers import asah, numbers_in_r, random_patients, read_cohort, students
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.patients.cohort import Cohort
from lib.statistics import profile, sensitivity, separation

pytestmark = pytest.mark.filterwarnings("error")
in_r = partial(numbers_in_r, source="sensitivity")
FINITE = "no finite maximum of the likelihood exists"


def separated() -> Cohort:
    """aSAH with a factor that only patients with the outcome have."""
    rows = asah().rows
    rows.insert(2, "has_high_s100b", (rows["s100b"] > 0.5).astype(int))
    return read_cohort(rows.drop(columns="s100b"), "Female|Male", step="1")


@pytest.mark.parametrize(("name", "rows"), [("school", students), ("bleeding", asah)])
def test_profile_limits_are_those_of_confint(name, rows):
    """With its usual ten points R's own confint is off by some units of the fourth digit."""
    found = profile.profile_limits(rows())
    assert found.problem is None
    for side, column in enumerate(["lower", "upper"], 1):
        limits = np.log(found.table[column])
        assert limits.tolist() == pytest.approx(in_r(f"fine({name})[, {side}]")[1:], rel=1e-6)
        assert limits.tolist() == pytest.approx(
            in_r(f"suppressMessages(confint({name}))[, {side}]")[1:], rel=1e-3
        )
    assert found.table["p"].tolist() == pytest.approx(
        in_r(f'drop1({name}, test = "LRT")[-1, 5]'), rel=1e-8
    )


@pytest.mark.parametrize(
    ("name", "rows"), [("school", students), ("bleeding", asah), ("separated", separated)]
)
def test_firth_is_logistf(name, rows):
    found = profile.firth(rows())
    assert found.problem is None
    r, table = f"firth_{name}", found.table.copy()
    table[["lower", "upper"]] = np.log(table[["lower", "upper"]])
    for column, command in [
        ("coefficient", f"coef({r})"),
        ("standard_error", f"sqrt(diag(vcov({r})))"),
        ("lower", f"{r}$ci.lower"),
        ("upper", f"{r}$ci.upper"),
        ("p", f"{r}$prob"),
    ]:
        assert table[column].tolist() == pytest.approx(in_r(command)[1:], rel=1e-6), column


def test_firth_in_a_two_by_two_table_adds_a_half_to_every_cell():
    """A known identity of the saturated model (Heinze & Schemper 2002)."""
    counts = {(1, 1): 5, (1, 0): 0, (0, 1): 3, (0, 0): 9}
    rows = pd.DataFrame(
        [pair for pair, count in counts.items() for _ in range(count)], columns=["has_a", "outcome"]
    )
    found = profile.firth(read_cohort(rows))
    assert found.table.loc["has_a", "odds_ratio"] == pytest.approx(
        5.5 * 9.5 / (0.5 * 3.5), rel=1e-6
    )


@settings(max_examples=25)
@given(st.integers(0, 10**6), st.sampled_from([10, 12, 20]), st.sampled_from([0.2, 0.5]))
def test_ten_patients_give_numbers_or_words(seed, number, share):
    """Limits enclose their estimate; the likelihood has a maximum just where nothing separates."""
    rows = random_patients(number, seed)
    rows["outcome"] = (np.random.default_rng(seed).random(number) < share).astype(int)
    rows = read_cohort(rows, "A|B|C")
    apart = separation.separation(rows)
    plain, penalized = profile.profile_limits(rows), profile.firth(rows)
    for found in (plain, penalized):
        known = found.table.dropna()
        assert (known["lower"] <= known["odds_ratio"]).all()
        assert (known["odds_ratio"] <= known["upper"]).all()
        assert found.problem or len(known) == 3
    if penalized.table.size:
        assert (FINITE in (plain.problem or "")) == (apart.told_apart > 0)
    for found in (
        sensitivity.influence(rows)[1],
        sensitivity.adjusted_for_group(rows),
        sensitivity.functional_form(rows, "length"),
    ):
        assert found.problem is None or isinstance(found.problem, str)
