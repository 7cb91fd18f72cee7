"""Proven bounds: real fits never violate them, wrong proofs prove nothing; the paper's cores."""

import numpy as np
import pandas as pd
import pytest
from fits import Fit, fitted, simulated
from helpers import STUDY
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit

from lib.compatible import exclusion
from lib.compatible.exclusion import CERTIFICATE, FUNCTIONALS, Printed
from lib.paper import wald
from lib.patients.loading import EXAMPLE, load

PRINTED = STUDY.printed
STORED = exclusion.read()
SIGNED = [sign + name for name in FUNCTIONALS for sign in ("", "-")]
FITS = 120


# ----------------------------------------------------------------------------------- basic bound


@settings(max_examples=30)
@given(st.lists(st.integers(1, 12), min_size=8, max_size=8))
def test_the_basic_bound_is_the_least_over_all_constant_probabilities(counts):
    """Brute force over the expected events with both markers, inverting the 3 x 3 information."""
    counts = np.array(counts).reshape(2, 4)
    first, second = (
        np.array([counts[:, rows].sum(axis=1), counts[:, others].sum(axis=1)])
        for rows, others in (([0, 1], [2, 3]), ([0, 2], [1, 3]))
    )
    e, a, b = counts[0].sum(), first[0, 0], second[0, 0]
    size = counts.sum(axis=0)
    cell = np.array([[1, 1, 1], [1, 1, 0], [1, 0, 1], [1, 0, 0]])
    least = np.full(2, np.inf)
    for s in np.linspace(0, min(a, b), 4001)[1:-1]:
        expected = np.array([s, a - s, b - s, e - a - b + s])
        if (expected > 0).all() and (expected < size).all():
            information = cell.T @ (cell * (expected * (size - expected) / size)[:, None])
            least = np.minimum(least, np.sqrt(np.diag(np.linalg.inv(information))[1:]))
    bounds = exclusion.basic_bounds(first, second)
    row = bounds[(bounds["k1"] == counts[0, 0]) & (bounds["k0"] == counts[1, 0])].iloc[0]
    found = row[["se_bound_first", "se_bound_second"]].to_numpy(float)
    assert (found <= least * (1 + 1e-9)).all()
    assert found == pytest.approx(least, rel=1e-4)
    # Only the number of patients with both markers matters.
    assert (bounds.groupby(bounds["k1"] + bounds["k0"])["se_bound_first"].nunique() == 1).all()


# ---------------------------------------------------------------------------------- convex bound


@pytest.mark.slow
def test_no_certificate_whatever_excludes_a_fit_from_its_own_core():
    """Random ones, and those nearest to success: the vectors sharpest for this very fit, and
    changes of them.
    """
    random = np.random.default_rng(0)
    closest = -np.inf
    for seed in range(FITS):
        fit = simulated(seed)
        tries = random.standard_normal((40, len(CERTIFICATE)))
        inverse = np.linalg.pinv(fit.information)
        for i in (0, 1):
            sharpest = inverse @ [0, 1 - i, i, fit.beta[i]]
            tries[20:, 4 * i : 4 * i + 4] = sharpest * (1 + 0.05 * random.standard_normal((20, 4)))
            tries[20:, 8 + i] = random.choice([0, 1], 20)
        tries[20:, :4] *= tries[20:, [8]]
        tries[20:, 4:8] *= tries[20:, [9]]
        tries[20:, 10:] *= 0.003
        tries[:, 13] = -np.abs(tries[:, 13])
        core = pd.concat([fit.core] * len(tries))
        proven = exclusion.margins(tries, fit.printed, core)
        assert (proven <= 0).all()
        closest = max(closest, proven.max())
        for functional, value in fit.sums().items():
            assert (exclusion.margins(tries, fit.printed, core, functional) <= value + 1e-9).all()
    assert closest > -0.2


def printed_by(fit: Fit) -> list[dict[str, str]]:
    """The odds ratios, limits and P values of the two markers with three decimals."""
    fits = zip(fit.beta, fit.sigma, strict=True)
    found = [wald.quantities(beta, sigma, wald.multipliers()[0]) for beta, sigma in fits]
    return [{name: f"{value:.3f}" for name, value in one.items()} for one in found]


def test_the_true_core_of_a_printed_study_is_never_excluded():
    for seed in range(FITS):
        fit = simulated(seed)
        polygons = tuple(exclusion.corners(strings) for strings in printed_by(fit))
        printed = Printed(fit.printed.first, fit.printed.second, polygons)
        judged = exclusion.judge(printed, STORED[:0]).merge(fit.core)
        assert judged["excluded_by"].tolist() == [""]


# ---------------------------------------------------------------------------------- verification

coefficients = st.floats(-3, 3).map(lambda x: round(x, 3))


@settings(max_examples=60)
@given(
    st.lists(st.tuples(coefficients, coefficients), min_size=2, max_size=2),
    coefficients,
    st.just(0.0) | st.floats(-2, 0),
    st.sampled_from([0, 1]),
    st.sampled_from([None, *SIGNED]),
)
def test_the_proven_least_value_is_that_of_a_dense_grid(
    lines, constant, slope, outcome, functional
):
    quadratic = np.array(
        [
            [
                sum(a * a for a, _ in lines),
                sum(2 * a * b for a, b in lines),
                sum(b * b for _, b in lines),
            ]
        ]
    )
    line = np.array([[constant, slope]])
    proven, size = exclusion.proven_minima(quadratic, line, np.array([outcome]), functional)
    eta = np.concatenate([np.linspace(-30, 30, 120_001), [-1e6, -1e3, -100, 100, 1e3, 1e6]])
    p, q = expit(eta), expit(-eta)
    values = (q if outcome else -p) * (constant + slope * eta)
    values -= p * q * sum((a + b * eta) ** 2 for a, b in lines)
    if functional:
        sign = -1 if functional[0] == "-" else 1
        values += sign * FUNCTIONALS[functional.removeprefix("-")](outcome, p, q)
    assert proven[0] <= values.min()
    assert proven[0] == pytest.approx(values.min(), abs=1e-6 * (1 + size[0]))


# ------------------------------------------------------------------------------------- the paper


def example() -> Fit:
    """The joint model of the example cohort, which prints what the paper prints."""
    rows = load(EXAMPLE).rows
    others = [name for name in STUDY.factors if name not in STUDY.markers]
    design = rows.assign(one=1)[["one", *STUDY.markers, *others]]
    return fitted(design.to_numpy(float), rows[STUDY.outcome].to_numpy(float))


def test_what_is_proven_about_the_papers_cores():
    judged = exclusion.judge(PRINTED, STORED)
    assert judged["excluded_by"].value_counts().to_dict() == {
        "": 330,
        "basic bound": 219,
        "convex bound": 51,
    }
    left = judged.loc[judged["excluded_by"] == "", ["k1", "k0"]].sum(axis=1)
    assert (left.min(), left.max()) == (13, 30)
    # The convex bound contains the basic one.
    assert (judged.loc[judged["excluded_by"] == "basic bound", "margin"] > 0).all()
    # Every core that is left has limits of fit.
    limits = STORED[STORED["functional"] != ""].groupby(["k1", "k0"]).size()
    assert limits.index.to_list() == list(
        judged.loc[judged["excluded_by"] == "", ["k1", "k0"]].itertuples(index=False)
    )
    assert (limits == len(SIGNED)).all()


def test_no_stored_certificate_excludes_the_example_cohort_from_its_core():
    """The example cohort prints the paper's numbers, so every proof against its core must fail."""
    fit = example()
    numbers = STORED.loc[STORED["functional"] == "", CERTIFICATE].to_numpy()
    core = pd.concat([fit.core] * len(numbers))
    assert (exclusion.margins(numbers, PRINTED, core) < 0).all()
    for functional, value in fit.sums().items():
        limits = STORED.loc[STORED["functional"] == functional, CERTIFICATE].to_numpy()
        core = pd.concat([fit.core] * len(limits))
        assert (exclusion.margins(limits, PRINTED, core, functional) < value).all()


@pytest.mark.parametrize(
    "column", ["first_first", "second_second", "scale_first", "score_constant", "score_predictor"]
)
def test_a_tampered_certificate_proves_nothing(column):
    """Those with nothing to spare: n11 = 12, where all multipliers are in use."""
    stored = STORED[(STORED["functional"] == "") & (STORED["k1"] + STORED["k0"] == 12)]
    assert (exclusion.margins(stored[CERTIFICATE].to_numpy(), PRINTED, stored) > 0).all()
    tampered = stored.assign(**{column: -stored[column]})
    assert (exclusion.margins(tampered[CERTIFICATE].to_numpy(), PRINTED, tampered) < 0).all()
