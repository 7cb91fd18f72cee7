"""Proven bounds: real fits never violate them, wrong proofs prove nothing; the paper's cores."""

from dataclasses import dataclass
from functools import cache
from math import erfc, exp, sqrt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit, log_expit

from lib.compatible import exclusion
from lib.compatible.exclusion import CERTIFICATE, FUNCTIONALS, Printed
from lib.paper import published, wald
from lib.patients.loading import EXAMPLE, load
from lib.search import certificates
from lib.statistics import logistic, multivariate

PRINTED = exclusion.from_claims(published.read())
STORED = exclusion.read()
SIGNED = [sign + name for name in FUNCTIONALS for sign in ("", "-")]
FITS = 120


@dataclass(frozen=True)
class Fit:
    """A logistic regression, and what bounds may know of it: coefficients and errors as points."""

    known: np.ndarray  # patients x (1, first marker, second marker, linear predictor)
    outcome: np.ndarray
    beta: np.ndarray
    sigma: np.ndarray
    printed: Printed
    core: pd.DataFrame

    @property
    def probability(self) -> np.ndarray:
        return expit(self.known[:, 3])

    @property
    def information(self) -> np.ndarray:
        return self.known.T @ (self.known * (self.probability * (1 - self.probability))[:, None])

    def sums(self) -> dict[str, float]:
        """What the limits of fit confine, written out from the outcomes and probabilities."""
        y, p, eta = self.outcome, self.probability, self.known[:, 3]
        log_likelihood = np.where(y == 1, log_expit(eta), log_expit(-eta)).sum()
        sums = {
            "brier": ((y - p) ** 2).sum(),
            "log_likelihood": log_likelihood,
            "probability_of_events": p[y == 1].sum(),
        }
        return sums | {"-" + name: -value for name, value in sums.items()}


def fitted(design: np.ndarray, outcome: np.ndarray) -> Fit | None:
    """The fit of a design whose first columns are 1 and the two markers; None where there is none."""
    estimates, errors = logistic.estimates(design[None, :, 1:], outcome[None])
    coefficients, sigma = estimates[0], errors[0, 1:3]
    if np.isnan(coefficients).any():
        return None
    (a, b), y = design[:, 1:3].T.astype(int), outcome.astype(int)
    tables = [
        np.array([[np.sum((x == level) & (y == value)) for value in (1, 0)] for level in (1, 0)])
        for x in (a, b)
    ]
    beta = coefficients[1:3]
    points = tuple(np.array([pair]) for pair in zip(beta, sigma, strict=True))
    core = pd.DataFrame({"k1": [np.sum(a & b & y)], "k0": [np.sum(a & b & (1 - y))]})
    known = np.column_stack([design[:, :3], design @ coefficients])
    return Fit(known, outcome, beta, sigma, Printed(*tables, points), core)


@cache
def simulated(seed: int, covariates: int | None = None) -> Fit:
    """A fit to patients whose number, markers, covariates (0 to 4 by default) and effects are
    random.
    """
    random = np.random.default_rng(seed)
    while True:
        n = int(random.integers(40, 250))
        more = int(random.integers(0, 5)) if covariates is None else covariates
        severity = random.standard_normal(n)
        lean = random.normal(0, 0.8, 2 + more)
        scores = np.outer(severity, lean) + random.standard_normal((n, 2 + more))
        cut = scores > random.uniform(-0.5, 1, 2 + more)
        continuous = np.array([False, False, *(random.random(more) < 0.5)])
        design = np.column_stack([np.ones(n), np.where(continuous, scores, cut)])
        truth = np.array(
            [random.normal(-1, 0.7), *random.normal(0.8, 0.6, 2), *random.standard_normal(more)]
        )
        outcome = (random.random(n) < expit(design @ truth)).astype(float)
        if (fit := fitted(design, outcome)) is not None:
            return fit


def example() -> Fit:
    """The joint model of the example cohort, which prints what the paper prints."""
    cohort = load(EXAMPLE)
    markers = list(multivariate.fit(cohort).table.index)
    chosen = [
        name for name in markers if f"multivariate.{name}.odds_ratio" in published.read().index
    ]
    factors = [*chosen, *(name for name in cohort.factors if name not in chosen)]
    rows = cohort.rows[factors].to_numpy(float)
    return fitted(
        np.column_stack([np.ones(len(rows)), rows]), cohort.rows[cohort.outcome].to_numpy(float)
    )


# ----------------------------------------------------------------------------------- basic bound


def test_no_fit_has_a_standard_error_below_the_basic_bound():
    closest = np.inf
    for seed in range(FITS):
        fit = simulated(seed)
        bounds = exclusion.basic_bounds(fit.printed.first, fit.printed.second).merge(fit.core)
        ratios = fit.sigma / bounds[["se_bound_first", "se_bound_second"]].to_numpy()[0]
        assert (ratios >= 1 - 1e-9).all()
        closest = min(closest, ratios.min())
    # A bound far below every fit would be true and useless.
    assert closest < 1.02


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


def test_the_inequalities_behind_the_convex_bound_hold_in_every_fit():
    for seed in range(FITS):
        fit = simulated(seed)
        score = (fit.outcome - fit.probability) @ fit.known
        assert np.abs(score).max() < 1e-5
        inverse = np.linalg.pinv(fit.information)
        for i in (0, 1):
            direction = np.array([0, 1 - i, i, fit.beta[i]])
            assert direction @ inverse @ direction <= fit.sigma[i] ** 2 * (1 + 1e-6)


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


def test_the_solver_finds_nothing_against_a_fit():
    proven = []
    for seed in range(4):
        fit = simulated(seed, covariates=1)
        numbers = np.array(list(certificates.certify(fit.printed, fit.core)))
        proven.append(exclusion.margins(numbers, fit.printed, fit.core)[0])
    assert max(proven) <= 0
    # With one further covariate little is lost, so the best certificates come close to succeeding.
    assert max(proven) > -0.1


def test_limits_of_fit_hold_in_a_fit():
    fit = simulated(0, covariates=1)
    for functional, value in fit.sums().items():
        numbers = np.array(list(certificates.certify(fit.printed, fit.core, functional)))
        (limit,) = exclusion.margins(numbers, fit.printed, fit.core, functional)
        (trivial,) = exclusion.margins(0 * numbers, fit.printed, fit.core, functional)
        assert trivial < limit <= value


def printed_by(fit: Fit) -> list[dict[str, str]]:
    """The odds ratios, limits and P values of the two markers with three decimals."""
    z = wald.multipliers()[0]
    return [
        {
            "odds_ratio": f"{exp(beta):.3f}",
            "odds_ratio_lower": f"{exp(beta - z * sigma):.3f}",
            "odds_ratio_upper": f"{exp(beta + z * sigma):.3f}",
            "p_value": f"{erfc(abs(beta) / sigma / sqrt(2)):.3f}",
        }
        for beta, sigma in zip(fit.beta, fit.sigma, strict=True)
    ]


def test_the_true_core_of_a_printed_study_is_never_excluded():
    for seed in range(FITS):
        fit = simulated(seed)
        polygons = tuple(exclusion.corners(strings) for strings in printed_by(fit))
        printed = Printed(fit.printed.first, fit.printed.second, polygons)
        judged = exclusion.judge(printed, STORED[:0]).merge(fit.core)
        assert judged["excluded_by"].tolist() == [""]
        if seed < 12:
            numbers = np.array(list(certificates.certify(printed, fit.core)))
            assert exclusion.margins(numbers, printed, fit.core)[0] <= 0


def test_strings_that_contradict_one_another_have_no_corners():
    strings = printed_by(simulated(1))[0]
    with pytest.raises(ValueError, match="contradict"):
        exclusion.corners(strings | {"odds_ratio": strings["odds_ratio_upper"]})


def test_two_markers_with_adjusted_odds_ratios_are_needed():
    claims = published.read()
    with pytest.raises(ValueError, match="two markers"):
        exclusion.from_claims(claims[~claims.index.str.startswith("multivariate.incomplete")])


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


def test_a_slope_above_zero_bounds_nothing():
    falls = np.array([[0.1, 1e-9]])
    assert exclusion.proven_minima(np.ones((1, 3)), falls, np.array([1]), None)[0][0] == -np.inf


@pytest.mark.parametrize("name", FUNCTIONALS)
@pytest.mark.parametrize("outcome", [0, 1])
def test_functionals_bend_no_more_than_the_verification_assumes(name, outcome):
    eta, h = np.linspace(-30, 30, 6001), 1e-3
    before, here, after = (
        FUNCTIONALS[name](outcome, expit(eta + d), expit(-eta - d)) for d in (-h, 0, h)
    )
    bend = np.abs(before - 2 * here + after) / h**2
    assert (bend <= 2 * expit(eta) * expit(-eta) * (1 + np.abs(eta)) + 1e-8).all()


def test_the_log_likelihood_is_minus_the_entropy_at_a_fit():
    for seed in range(10):
        fit = simulated(seed)
        p = fit.probability
        entropy = FUNCTIONALS["log_likelihood"](fit.outcome, p, 1 - p).sum()
        assert entropy == pytest.approx(fit.sums()["log_likelihood"], rel=1e-9)


# ------------------------------------------------------------------------------------- the paper


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
    sums = fit.sums()
    for functional, rows in STORED[STORED["functional"] != ""].groupby("functional"):
        core = pd.concat([fit.core] * len(rows))
        assert (
            exclusion.margins(rows[CERTIFICATE].to_numpy(), PRINTED, core, functional)
            < sums[functional]
        ).all()


def test_the_example_cohorts_fit_is_within_the_limits_of_its_core():
    fit = example()
    bounds = exclusion.outer_bounds(PRINTED, STORED).loc[tuple(fit.core.iloc[0])]
    y, p = fit.outcome, fit.probability
    alone = fitted(fit.known[:, :3], y).sums()["log_likelihood"]
    full, null = fit.sums()["log_likelihood"], fitted_null(y)
    nagelkerke = (1 - exp(2 * (null - full) / len(y))) / (1 - exp(2 * null / len(y)))
    found = {
        "brier": ((y - p) ** 2).mean(),
        "log_likelihood": full,
        "discrimination_slope": p[y == 1].mean() - p[y == 0].mean(),
        "mcfadden": 1 - full / null,
        "nagelkerke": nagelkerke,
        "likelihood_ratio": 2 * (full - alone),
    }
    assert set(bounds.index.get_level_values(0)) == set(found)
    for quantity, value in found.items():
        assert bounds[quantity, "least"] < value < bounds[quantity, "most"], quantity


def fitted_null(outcome: np.ndarray) -> float:
    """The log likelihood of the model with nothing but an intercept."""
    share = outcome.mean()
    return len(outcome) * (share * np.log(share) + (1 - share) * np.log(1 - share))


@pytest.mark.parametrize(
    "column", ["first_first", "second_second", "scale_first", "score_constant", "score_predictor"]
)
def test_a_tampered_certificate_proves_nothing(column):
    """Those with nothing to spare: n11 = 12, where all multipliers are in use."""
    stored = STORED[(STORED["functional"] == "") & (STORED["k1"] + STORED["k0"] == 12)]
    assert (exclusion.margins(stored[CERTIFICATE].to_numpy(), PRINTED, stored) > 0).all()
    tampered = stored.assign(**{column: -stored[column]})
    assert (exclusion.margins(tampered[CERTIFICATE].to_numpy(), PRINTED, tampered) < 0).all()


def test_an_empty_certificate_proves_nothing():
    zeros = np.zeros((1, len(CERTIFICATE)))
    assert exclusion.margins(zeros, PRINTED, PRINTED.cores[:1]) == -np.inf


def test_making_again_proves_the_same():
    """The solver may differ in its last digits from machine to machine; what is proven may not."""
    stored = STORED[STORED["functional"] == ""].iloc[::30]
    again = np.array(list(certificates.certify(PRINTED, stored)))
    before, after = (
        exclusion.margins(numbers, PRINTED, stored)
        for numbers in (stored[CERTIFICATE].to_numpy(), again)
    )
    assert after == pytest.approx(before, rel=1e-3)
