"""The bound with one significant yes-or-no factor: it spares every cohort found and catches six
cores."""

from itertools import product

import numpy as np
import pandas as pd
import pytest
from helpers import STUDY

from lib.compatible import one_factor
from lib.compatible.exclusion import GROUPS
from lib.compatible.one_factor import CERTIFICATE, Excess
from lib.compatible.study import read_stored
from lib.statistics import univariate

PRINTED = STUDY.printed
STORED = read_stored(one_factor.FILE)
PROVEN = [(1, 29), (2, 28), (3, 27), (4, 26), (10, 20), (11, 19)]


def test_six_cores_are_impossible_with_a_factor_significant_by_all_four_tests():
    margins = one_factor.least_margins(PRINTED, STORED)
    assert list(margins.index[margins > 0]) == PROVEN


def test_what_is_significant_by_any_test_is_excluded_less_often():
    by_all, by_any = (
        one_factor.significant_counts(42, 141, by_any_test=by_any) for by_any in (False, True)
    )
    assert (by_any >= by_all).all() and by_any.sum() > by_all.sum()
    weaker = one_factor.least_margins(PRINTED, STORED, by_any_test=True)
    assert (weaker <= one_factor.least_margins(PRINTED, STORED) + 1e-12).all()
    assert list(weaker.index[weaker > 0]) == [*PROVEN[:3], (11, 19)]


@pytest.mark.parametrize("a", [4, 15, 20, 41])
def test_the_significant_counts_are_those_of_the_four_tests(a):
    """Which agree with R (test_univariate)."""

    def largest_p(b: int) -> float:
        return max(univariate.binary_tests([[a, b], [42 - a, 141 - b]]).values())

    most = np.flatnonzero(one_factor.significant_counts(42, 141)[a]).max()
    assert largest_p(most) < 0.05 <= largest_p(most + 1)


@pytest.mark.parametrize("seed", range(4))
def test_the_worst_spread_is_that_of_brute_force(seed):
    random = np.random.default_rng(seed)
    sizes = random.integers(0, 4, len(GROUPS))
    excess = Excess(random.normal(size=3), random.normal(size=(3, len(GROUPS))), sizes)
    spreads = np.array(list(product(*(range(size + 1) for size in sizes))))
    values = excess.constant + spreads @ excess.slopes.T
    outcomes = GROUPS[:, 0] == 1
    sums = spreads[:, outcomes].sum(axis=1), spreads[:, ~outcomes].sum(axis=1)
    alone = excess.of_counts()
    for a, b in product(range(sizes[outcomes].sum() + 1), range(sizes[~outcomes].sum() + 1)):
        here = values[(sums[0] == a) & (sums[1] == b)]
        assert np.allclose(alone[:, a, b], here.min(axis=0))
        truth = here.max(axis=1).min()
        least, spread = excess.worst_spread(a, b)
        assert spread[outcomes].sum() == a and spread[~outcomes].sum() == b
        assert (least > 0) == (truth > 0) and least <= truth + 1e-12
        if truth <= 0:
            assert least == pytest.approx(truth)
            assert (excess.constant + excess.slopes @ spread).max() == pytest.approx(truth)


def test_no_certificate_whatever_excludes_a_factor_of_a_cohort_that_was_found():
    """Each stored cohort has such factors, so at their spreads nothing can be above zero."""
    cohorts = read_stored("cohorts.parquet")
    binary = STUDY.binary
    assert len(binary) == 3
    spreads = {}
    for core, rows in cohorts.groupby(["k1", "k0"]):
        patients = rows[[STUDY.outcome, *STUDY.markers]].to_numpy()
        group = (patients[:, None] == GROUPS).all(axis=2)
        factors = rows[binary].to_numpy()
        risk = [
            [factors[patients[:, 0] == y, i].mean() for y in (0, 1)] for i in range(len(binary))
        ]
        turned = np.where([after > before for before, after in risk], factors, 1 - factors)
        spreads[core] = group.T @ turned
    cores = pd.DataFrame(list(spreads), columns=["k1", "k0"])
    for row in STORED[CERTIFICATE].iloc[::30].itertuples(index=False):
        for core, excess in one_factor.excesses(PRINTED, cores.assign(**row._asdict())):
            assert (excess.constant[0] + excess.slopes[0] @ spreads[core] <= 0).all()


@pytest.mark.parametrize("column", ["scale_first", "score_factor", "second_second"])
def test_tampered_certificates_prove_less(column):
    before = one_factor.least_margins(PRINTED, STORED)
    after = one_factor.least_margins(PRINTED, STORED.assign(**{column: -STORED[column]}))
    assert (after < before).all() and (after <= 0).all()
