"""What holds exactly about two markers: by listing, by patients one at a time, by published
examples.
"""

from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.inter_rater import cohens_kappa

from lib.paper import cores
from lib.statistics import roc

COVERAGE, COLLATERALS = np.array([[19, 29], [23, 112]]), np.array([[20, 37], [22, 104]])
BY_GROUP = np.array([[5, 42], [17, 75], [20, 24]])


def patients(counts: np.ndarray) -> pd.DataFrame:
    """One row for each patient of a core (outcome x cell)."""
    cells = [(1, 1), (1, 0), (0, 1), (0, 0)]
    rows = [
        (y, *cells[j]) for i, y in enumerate((1, 0)) for j in range(4) for _ in range(counts[i, j])
    ]
    return pd.DataFrame(rows, columns=["outcome", "first", "second"])


def crossing(rows: pd.DataFrame) -> pd.DataFrame:
    """The two markers of some patients against each other."""
    table = pd.crosstab(rows["first"], rows["second"])
    return table.reindex(index=[0, 1], columns=[0, 1], fill_value=0)


small_tables = st.lists(st.integers(0, 5), min_size=4, max_size=4).map(
    lambda cells: np.array(cells).reshape(2, 2)
)


@given(small_tables, st.data())
def test_cores_are_all_ways_to_cross_two_markers(first, data):
    """Every way to say who has both markers leaves no cell of either outcome below zero."""
    totals = first.sum(axis=0)
    exposed = np.array([data.draw(st.integers(0, int(total))) for total in totals])
    expected = [
        [both1, both0]
        for both1, both0 in product(range(totals[0] + 1), range(totals[1] + 1))
        if all(
            min(both, a - both, b - both, total - a - b + both) >= 0
            for both, a, b, total in zip((both1, both0), first[0], exposed, totals, strict=True)
        )
    ]
    second = np.array([exposed, totals - exposed])
    assert cores.cores(first, second).to_numpy().tolist() == expected
    for counts, (k1, k0) in zip(cores.cells(first, second), expected, strict=True):
        assert counts[:, 0].tolist() == [k1, k0]
        assert (counts >= 0).all()
        assert (counts[:, 0] + counts[:, 1]).tolist() == first[0].tolist()
        assert (counts[:, 0] + counts[:, 2]).tolist() == exposed.tolist()
        assert counts.sum(axis=1).tolist() == totals.tolist()


@settings(max_examples=30)
@given(st.integers(0, 599))
def test_the_facts_are_those_of_the_patients(which):
    facts = cores.facts(COVERAGE, COLLATERALS).iloc[which]
    rows = patients(cores.cells(COVERAGE, COLLATERALS)[which])
    outcome, both, either = (
        rows["outcome"],
        rows["first"] & rows["second"],
        rows["first"] | rows["second"],
    )
    crossed = crossing(rows)
    _, pairs = roc.compare_auc(outcome.to_numpy(), rows[["first", "second"]])
    expected = {
        "both": both.sum(),
        "either": either.sum(),
        "agree": (rows["first"] == rows["second"]).sum(),
        "kappa": cohens_kappa(crossed).kappa,
        "mcnemar_exact": mcnemar(crossed, exact=True).pvalue,
        "mcnemar_asymptotic": mcnemar(crossed, exact=False, correction=False).pvalue,
        "mcnemar_exact_occluded": mcnemar(crossing(rows[outcome == 1]), exact=True).pvalue,
        "mcnemar_exact_patent": mcnemar(crossing(rows[outcome == 0]), exact=True).pvalue,
        "auc_difference": pairs.at[0, "difference"],
        "delong_standard_error": pairs.at[0, "standard_error"],
        "delong_p": pairs.at[0, "p"],
    }
    for name, marker in (("both", both), ("either", either)):
        counts = [
            [((marker == level) & (outcome == value)).sum() for level in (0, 1)] for value in (1, 0)
        ]
        accuracy = roc.accuracy(*counts)["estimate"][:4]
        expected |= accuracy.add_prefix(f"{name}_").to_dict()
    assert facts[list(expected)].to_dict() == pytest.approx(expected, nan_ok=True)


def test_a_published_kappa_gives_back_its_table():
    """The example of enum2x2: 768 cases, margins 158 and 466, kappa 0.29 is 158/0/308/302."""
    first, second = np.array([[158, 0], [542, 68]]), np.array([[466, 0], [234, 68]])
    facts = cores.facts(first, second)
    (fits,) = np.flatnonzero(facts["kappa"].round(2) == 0.29)
    assert cores.cells(first, second)[fits].sum(axis=0).tolist() == [158, 0, 308, 302]


# ---------------------------------------------------------------------------------- counting tables


def group_fillings(size: int):
    """All ways to spread a group over the four cells."""
    for both, first, second in product(range(size + 1), repeat=3):
        if both + first + second <= size:
            yield both, both + first, both + second


@settings(max_examples=25)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=3), st.data())
def test_the_count_is_that_of_listing(groups, data):
    groups = np.array(groups)
    totals = groups.sum(axis=0)
    first, second = (
        np.array([data.draw(st.integers(0, int(total))) for total in totals]) for _ in range(2)
    )
    listed = []
    for i in (0, 1):
        fillings = [
            np.sum(chosen, axis=0)
            for chosen in product(*map(list, map(group_fillings, groups[:, i])))
        ]
        fits = [both for both, a, b in fillings if (a, b) == (first[i], second[i])]
        listed.append(fits)
    tables = [np.array([exposed, totals - exposed]) for exposed in (first, second)]
    total, by_core = cores.count_tables(*tables, groups)
    assert total == len(listed[0]) * len(listed[1])
    expected = [
        listed[0].count(k1) * listed[1].count(k0) for k1, k0 in cores.cores(*tables).to_numpy()
    ]
    assert list(by_core) == expected


def test_the_abstract_leaves_23_trillion_tables():
    total, by_core = cores.count_tables(COVERAGE, COLLATERALS, BY_GROUP)
    assert total == 361_116 * 65_117_804
    assert len(by_core) == 600
    assert sum(by_core) == total
    assert all(isinstance(count, int) for count in by_core)
