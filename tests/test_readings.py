"""What the printed model may have contained: the listings against brute force, the cohorts against
statsmodels.
"""

from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, stats
from scipy.special import gammaln, logsumexp, softmax

from lib.compatible import exclusion, readings, study
from lib.paper import cores, reconstruct, wald
from lib.paper.published import agrees, prints
from lib.patients import cohort
from lib.search import designs, listings
from lib.search import readings as search
from lib.statistics import univariate

ABOUT, SETTINGS = designs.read_study(), designs.read_settings()
CLAIMS, CODEBOOK, PRINTED = ABOUT.claims, ABOUT.codebook, ABOUT.printed
SEARCHED = readings.searched(ABOUT)
COUNTS = study.read_stored("readings.csv")
STORED = study.read_stored("readings.parquet")
KEYS = list(STORED[["reading", "number"]].drop_duplicates().itertuples(index=False, name=None))
MARKERS = np.array([(1, 1), (1, 0), (0, 1), (0, 0)], float)


def of(reading: str, number: int) -> pd.DataFrame:
    rows = STORED[(STORED["reading"] == reading) & (STORED["number"] == number)]
    return rows.reset_index(drop=True)


# Cohorts


@pytest.mark.parametrize(("reading", "number"), KEYS)
def test_every_stored_cohort_prints_the_model_with_statsmodels(reading, number):
    rows, model = of(reading, number), SEARCHED[reading]
    design = rows[model.factors].astype(float)
    if model.adjusts_for_group:
        dummies = pd.get_dummies(rows[ABOUT.group].astype(str), dtype=float)
        design = design.join(dummies[list(ABOUT.groups.index[1:])])
    fitted = sm.Logit(rows[ABOUT.outcome].astype(float), sm.add_constant(design)).fit(disp=0)
    for marker in ABOUT.markers:
        lower, upper = np.exp(fitted.conf_int().loc[marker])
        values = [np.exp(fitted.params[marker]), lower, upper, fitted.pvalues[marker]]
        for quantity, value in zip(wald.QUANTITIES, values, strict=True):
            assert agrees(CLAIMS.at[f"multivariate.{marker}.{quantity}", "printed"], value)
    others = [factor for factor in model.factors if factor not in ABOUT.markers]
    assert (fitted.pvalues[others] >= 0.05).all()
    tests = univariate.screen(
        cohort.Cohort(rows.astype(dict.fromkeys(model.factors, float)), _codebook(model), "", False)
    )
    assert (tests.loc[others, univariate.TESTS].fillna(0) < 0.05).all().all()


def _codebook(model: study.Study) -> pd.DataFrame:
    keep = CODEBOOK["role"].ne("factor") | CODEBOOK.index.isin(model.factors)
    return CODEBOOK[keep]


def test_all_stored_cohorts_are_verified():
    for reading, about in SEARCHED.items():
        checked = readings.verify_reading(STORED, reading, about)
        assert (checked["problems"] == "").all()
        n11 = checked["both_occluded"] + checked["both_patent"]
        assert (n11 == checked.index.get_level_values("number")).all()


@pytest.mark.parametrize(("reading", "n11"), list(zip(SEARCHED, (13, 15), strict=True)))
def test_a_cohort_is_found_for_each_searched_reading(reading, n11):
    result = search.find(reading, n11, ABOUT, SETTINGS)
    assert result.distance == 0 and result.k1 + result.k0 == n11
    rows = search.rows_of(result, reading, ABOUT)
    checked = readings.verify_reading(rows, reading, SEARCHED[reading])
    assert checked["problems"].item() == ""


BREAKS = {
    "a longer stent": lambda rows: rows.assign(
        stent_length_mm=rows["stent_length_mm"] + 90 * (rows.index == 7)
    ),
    "half a millimeter": lambda rows: rows.assign(
        stent_length_mm=rows["stent_length_mm"].astype(float) + 0.5
    ),
    "no length": lambda rows: rows.assign(stent_length_mm=100),
    "a patient missing": lambda rows: rows.iloc[1:],
    "a marker turned over": lambda rows: rows.assign(
        incomplete_coverage=1 - rows["incomplete_coverage"]
    ),
    "an event more": lambda rows: rows.assign(
        occluded_12m=rows["occluded_12m"].where(rows.index != 100, 1)
    ),
}
BREAKS_WITH_GROUP = {
    "another diagnosis": lambda rows: rows.assign(
        diagnosis=rows["diagnosis"].replace({"PTS": "DVT"})
    ),
    "a collinear factor": lambda rows: rows.assign(inflow_thrombus=rows["multiple_stents"]),
}


@pytest.mark.parametrize(
    ("reading", "change"),
    [
        *product(SEARCHED, BREAKS),
        *((readings.ALL_WITH_DIAGNOSIS, change) for change in BREAKS_WITH_GROUP),
    ],
)
def test_a_broken_cohort_is_refused(reading, change):
    rows = of(*next(key for key in KEYS if key[0] == reading))
    broken = (BREAKS | BREAKS_WITH_GROUP)[change](rows)
    assert readings.verify_reading(broken, reading, SEARCHED[reading])["problems"].item()


@pytest.mark.parametrize("reading", dict.fromkeys(name for name, _ in KEYS))
def test_other_codes_for_a_marker_are_the_same_model(reading):
    rows, model = (
        of(*next(key for key in KEYS if key[0] == reading)),
        SEARCHED[reading],
    )
    outcome, marker = rows[ABOUT.outcome].astype(float), ABOUT.markers[0]
    design = sm.add_constant(rows[model.factors].astype(float))
    fitted, turned, higher = (
        sm.Logit(outcome, design.assign(**{marker: column})).fit(disp=0)
        for column in (design[marker], 1 - design[marker], design[marker] + 1)
    )
    np.testing.assert_allclose(higher.params[1:], fitted.params[1:], rtol=1e-6)
    np.testing.assert_allclose(turned.params[marker], -fitted.params[marker], rtol=1e-6)
    np.testing.assert_allclose(turned.bse[1:], fitted.bse[1:], rtol=1e-6)
    np.testing.assert_allclose(higher.pvalues[1:], turned.pvalues[1:], rtol=1e-6)


# Listings


@settings(max_examples=30)
@given(
    st.lists(
        st.tuples(*[st.tuples(st.integers(1, 9), st.integers(1, 9))] * 4), min_size=1, max_size=3
    )
)
def test_the_fit_to_sums_is_that_of_statsmodels(counts):
    """Any table of whole numbers with no empty cell has a finite fit."""
    table = np.array(counts)  # strata x cells x (occluded, patent)
    occluded = table[:, :, 0]
    one = listings.Candidates(
        table.sum(axis=2)[None],
        occluded.sum(axis=1)[None],
        (occluded.sum(axis=0) @ MARKERS[:, :2])[None],
        1,
    )
    coefficients, covariance = listings.refit(one)
    design = np.column_stack(
        [np.repeat(np.eye(len(table)), 4, axis=0), np.tile(MARKERS, (len(table), 1))]
    )
    fitted = sm.GLM(table.reshape(-1, 2), design, family=sm.families.Binomial()).fit(tol=1e-12)
    np.testing.assert_allclose(coefficients[0], fitted.params, atol=1e-6)
    np.testing.assert_allclose(np.sqrt(np.diag(covariance[0])), fitted.bse, rtol=1e-5)


FIRST, SECOND = np.array([[5, 4], [3, 9]]), np.array([[4, 5], [4, 8]])
GROUPS = np.array([[2, 4], [3, 5], [3, 4]])


def artificial(estimate: np.ndarray, error: np.ndarray) -> exclusion.Printed:
    """A study of 21 patients that prints a fit with two decimals."""
    strings = []
    for beta, sigma in zip(estimate, error, strict=True):
        values = (
            *np.exp(beta + stats.norm.ppf([0.5, 0.025, 0.975]) * sigma),
            2 * stats.norm.sf(abs(beta) / sigma),
        )
        strings.append(
            {name: prints(x, "0.01") for name, x in zip(wald.QUANTITIES, values, strict=True)}
        )
    polygons = tuple(map(exclusion.corners, strings))
    return exclusion.Printed(FIRST, SECOND, polygons, tuple(strings))


def cells_with(total: int) -> np.ndarray:
    """All ways to put so many patients into the four cells."""
    ways = np.array(
        [cells for cells in product(range(total + 1), repeat=3) if sum(cells) <= total], np.int64
    )
    return np.column_stack([ways, total - ways.sum(axis=1)])


def everything(patients: list, events: list, exposed: list) -> listings.Candidates:
    return listings.Candidates(
        np.array(patients), np.array(events), np.array(exposed), len(patients)
    )


def keys(candidates: listings.Candidates, chosen: np.ndarray) -> set:
    rows = np.column_stack([part.reshape(len(chosen), -1) for part in candidates[:3]])
    return set(map(tuple, rows[chosen].astype(int).tolist()))


def same_as_listed(every: listings.Candidates, list_all, seeds: range) -> int:
    """Compare what is found by refitting everything with what a listing finds, for several printed
    fits.
    """
    coefficients, covariance = listings.refit(every)
    errors = np.sqrt(np.diagonal(covariance, axis1=1, axis2=2))
    usable = np.flatnonzero(
        (np.abs(coefficients[:, -2:]) < 2).all(axis=1) & (errors[:, -2:] < 2).all(axis=1)
    )
    total = 0
    for seed in seeds:
        truth = np.random.default_rng(seed).choice(usable)
        study = artificial(coefficients[truth, -2:], errors[truth, -2:])
        expected = keys(every, listings.misses(coefficients[:, -2:], errors[:, -2:], study) == 0)
        listed = list_all(study)
        assert keys(listed, listings.judge(listed, study) == 0) == expected
        assert expected
        assert len(listed.events) < len(every.events)
        total += len(expected)
    return total


def test_the_listing_with_groups_misses_nothing():
    sizes = [cells_with(total) for total in GROUPS.sum(axis=1)]
    target = np.array([FIRST[0].sum(), SECOND[0].sum()])
    left = [table @ MARKERS for table in sizes]
    patients = []
    for i, j in product(range(len(sizes[0])), range(len(sizes[1]))):
        for k in np.flatnonzero((left[2] == target - left[0][i] - left[1][j]).all(axis=1)):
            patients.append((sizes[0][i], sizes[1][j], sizes[2][k]))
    every = everything(
        patients, [GROUPS[:, 0]] * len(patients), [(FIRST[0, 0], SECOND[0, 0])] * len(patients)
    )
    assert same_as_listed(every, lambda study: listings.with_groups(study, GROUPS), range(3)) >= 3
    listed = listings.with_groups(artificial(np.array([1.0, 1.0]), np.array([0.9, 0.9])), GROUPS)
    assert listed.looked_at == len(patients)


def test_the_listing_with_a_binary_factor_misses_nothing():
    n11, total, occluded = 4, int(FIRST.sum()), int(FIRST[:, 0].sum())
    cells = np.array(
        [
            n11,
            FIRST[0].sum() - n11,
            SECOND[0].sum() - n11,
            total - FIRST[0].sum() - SECOND[0].sum() + n11,
        ]
    )
    patients, events = [], []
    for inside in product(*(range(size + 1) for size in cells)):
        exposed = sum(inside)
        for d in range(1, min(exposed, occluded)):
            if 2 * exposed <= total and exposed - d < total - occluded:
                patients.append((inside, cells - inside))
                events.append((d, occluded - d))
    alone = np.ones((occluded + 1, total - occluded + 1), bool)
    every = everything(patients, events, [(FIRST[0, 0], SECOND[0, 0])] * len(patients))
    assert (
        same_as_listed(every, lambda study: listings.with_factor(study, n11, alone), range(5)) >= 5
    )


def test_the_listing_with_fewer_patients_misses_nothing():
    left_out, total, occluded = 2, int(FIRST.sum()), int(FIRST[:, 0].sum())
    most = np.array([FIRST[0].sum(), SECOND[0].sum()])
    patients, events, exposed = [], [], []
    for cells in cells_with(total - left_out):
        with_marker = cells @ MARKERS
        if (with_marker > most).any() or (with_marker < most - left_out).any():
            continue
        for d, a, b in product(
            range(occluded - left_out, occluded + 1),
            range(FIRST[0, 0] + 1),
            range(SECOND[0, 0] + 1),
        ):
            patients.append((cells,))
            events.append((d,))
            exposed.append((a, b))
    every = everything(patients, events, exposed)
    assert (
        same_as_listed(every, lambda study: listings.fewer_patients(study, left_out), range(5)) >= 5
    )


def test_the_stored_count_of_the_diagnosis_is_that_of_a_new_listing():
    listed = listings.with_groups(PRINTED, ABOUT.group_counts)
    misses = listings.judge(listed, PRINTED)
    stored = COUNTS[COUNTS["reading"] == readings.DIAGNOSIS].iloc[0]
    assert listed.looked_at == stored["looked_at"]
    assert (misses == 0).sum() == stored["found"]
    assert misses.min() == pytest.approx(stored["nearest_miss"], abs=0.001)


@pytest.mark.parametrize("n11", [12, 25])
def test_conditional_fits_are_those_of_the_enumerated_likelihood(n11):
    """Given the number of events, their split over the four cells is noncentral hypergeometric: all
    splits, summed.
    """
    core = PRINTED.cores.query("k1 + k0 == @n11")[:1]
    events, patent = cores.cells(PRINTED.first, PRINTED.second, core)[0]
    sizes, splits = (events + patent).astype(int), []
    total, with_first, with_second = events.sum(), events[0] + events[1], events[0] + events[2]
    for both, first, second in product(*(range(size + 1) for size in sizes[:3])):
        if 0 <= total - both - first - second <= sizes[3]:
            splits.append((both, first, second, total - both - first - second))
    splits = np.array(splits)
    ways = (gammaln(sizes + 1) - gammaln(splits + 1) - gammaln(sizes - splits + 1)).sum(axis=1)
    exposed = np.column_stack([splits[:, 0] + splits[:, 1], splits[:, 0] + splits[:, 2]])

    def minus_log_likelihood(beta):
        return logsumexp(ways + exposed @ beta) - np.array([with_first, with_second]) @ beta

    best = optimize.minimize(
        minus_log_likelihood, [0.9, 0.9], method="BFGS", options={"gtol": 1e-8}
    ).x
    chance = softmax(ways + exposed @ best)
    information = np.cov(exposed.T, aweights=chance, ddof=0)
    estimates, errors = listings.conditional_fit(PRINTED, *core[["k1", "k0"]].iloc[0])
    np.testing.assert_allclose(estimates, best, atol=1e-5)
    np.testing.assert_allclose(errors, np.sqrt(np.diag(np.linalg.inv(information))), rtol=1e-4)


# Verdicts


def test_every_verdict_has_a_reason():
    table = readings.survey(CLAIMS)
    assert table["reason"].str.len().gt(0).all()
    assert set(readings.LISTED) | set(SEARCHED) <= set(table.index)
    possible = set(readings.possible_cores(CLAIMS)["n11"])
    searched = table.loc[list(SEARCHED)]
    assert searched["found"].sum() == len(KEYS)
    for _, row in searched[searched["found"] > 0].iterrows():
        assert {row["n11_least"], row["n11_most"]} <= possible


@pytest.mark.parametrize("reading", readings.LISTED)
def test_a_listing_with_a_step_missing_proves_nothing(reading):
    last = COUNTS.index[COUNTS["reading"] == reading][-1]
    assert readings.survey(CLAIMS).at[reading, "verdict"] == "contradicted: proven"
    assert readings.survey(CLAIMS, COUNTS.drop(last)).at[reading, "verdict"] == "open: not listed"
    found = COUNTS.assign(found=COUNTS["found"].where(COUNTS.index != last, 1))
    assert readings.survey(CLAIMS, found).at[reading, "verdict"] == "open: fits found"


def test_what_was_made_for_other_claims_is_not_used():
    claims = CLAIMS.copy()
    claims.loc["multivariate.incomplete_coverage.p_value", "printed"] = "0.02"
    table = readings.survey(claims)
    assert (table.loc[readings.LISTED, "verdict"] == "open: not listed").all()


@pytest.mark.parametrize("place", range(len(readings.LISTING_CODE)))
def test_what_was_made_by_other_code_is_not_used(place, tmp_path, monkeypatch):
    """One altered number in what computes the counts, and they prove nothing."""
    changed = tmp_path / "changed.py"
    text = readings.LISTING_CODE[place].read_text(encoding="utf-8")
    changed.write_text(text.replace("1e-", "2e-", 1), encoding="utf-8")
    assert changed.read_text(encoding="utf-8") != text
    code: list[Path] = list(readings.LISTING_CODE)
    code[place] = changed
    monkeypatch.setattr(readings, "LISTING_CODE", code)
    table = readings.survey(CLAIMS)
    assert (table.loc[readings.LISTED, "verdict"] == "open: not listed").all()


def test_what_computes_the_counts_is_what_they_are_keyed_by():
    assert Path(listings.__file__) in readings.LISTING_CODE
    assert (COUNTS["made_from"] == readings.fingerprint(ABOUT)).all()


def test_two_markers_that_were_the_whole_model_are_not_contradicted():
    """What a model with the two markers alone prints is possible for such a model."""
    fitted = reconstruct.two_marker_odds_ratios(PRINTED.first, PRINTED.second).loc[20]
    claims = CLAIMS.copy()
    for marker, value in zip(ABOUT.markers, fitted, strict=True):
        beta, sigma = np.log(value), 0.4
        for quantity, number in wald.quantities(beta, sigma, stats.norm.isf(0.025)).items():
            claims.at[f"multivariate.{marker}.{quantity}", "printed"] = f"{number:.3f}"
    for reading in ("two markers alone", "stepwise selection of what is significant"):
        assert readings.survey(claims).at[reading, "verdict"] == "open: odds ratios possible"
        assert readings.survey(CLAIMS).at[reading, "verdict"] == "contradicted: proven"
