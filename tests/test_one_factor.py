"""The bound with one significant yes-or-no factor: it spares every cohort found and catches five
cores."""

import numpy as np
import pytest
from helpers import STUDY
from scipy import stats

from lib.compatible import one_factor
from lib.compatible.one_factor import MULTIPLIERS
from lib.compatible.study import read_stored

PRINTED = STUDY.printed
STORED = one_factor.read()
FIVE = [(1, 29), (2, 28), (3, 27), (4, 26), (11, 19)]


def test_five_cores_are_impossible_with_a_factor_significant_by_all_four_tests():
    margins = one_factor.least_margins(PRINTED, STORED)
    assert list(margins.index) == FIVE
    assert (margins > 0).all()


def test_three_of_them_are_impossible_with_a_factor_significant_by_any_test():
    """What counts as significant by any test may have more patent patients."""
    by_all = one_factor.most_patent(42, 141)
    by_any = one_factor.most_patent(42, 141, by_any_test=True)
    assert (by_any.reindex(by_all.index) >= by_all).all()
    weaker = one_factor.least_margins(PRINTED, STORED, by_any_test=True)
    assert (weaker <= one_factor.least_margins(PRINTED, STORED)).all()
    assert list(weaker.index[weaker > 0]) == FIVE[:3]


@pytest.mark.parametrize("a", [4, 15, 20, 41])
def test_the_most_patent_patients_are_those_of_scipy(a):
    """By Pearson, Yates and Fisher; Wald has no say where the others are met with room to spare."""

    def p_values(b: int) -> list[float]:
        table = [[a, b], [42 - a, 141 - b]]
        log_odds_ratio = np.log(a * (141 - b) / (b * (42 - a))) if b else np.inf
        error = np.sqrt(1 / a + 1 / max(b, 1e-300) + 1 / (42 - a) + 1 / (141 - b))
        return [
            stats.chi2_contingency(table, correction=False).pvalue,
            stats.chi2_contingency(table, correction=True).pvalue,
            stats.fisher_exact(table).pvalue,
            2 * stats.norm.sf(log_odds_ratio / error),
        ]

    most = one_factor.most_patent(42, 141)[a]
    assert max(p_values(most)) < 0.05
    assert max(p_values(most + 1)) >= 0.05


def test_no_multipliers_whatever_speak_against_a_core_that_has_a_cohort():
    """Every stored cohort has such a factor, so every proof against its core must fail."""
    cores = read_stored("cohorts.parquet")[["k1", "k0"]].drop_duplicates()
    for row in STORED[MULTIPLIERS].iloc[::6].itertuples(index=False):
        tried = cores.assign(**row._asdict())
        assert (one_factor.least_margins(PRINTED, tried) <= 0).all()


@pytest.mark.parametrize("column", ["scale_first", "score_factor", "patent_with_factor"])
def test_tampered_multipliers_prove_less(column):
    before = one_factor.least_margins(PRINTED, STORED)
    after = one_factor.least_margins(PRINTED, STORED.assign(**{column: -STORED[column]}))
    assert (after < before).all() and (after <= 0).all()
