"""Whether a cohort prints every claim: the one judge of all cohorts, stored or just found.

Nothing is believed of a cohort but its rows. Its counts must be those that the claims determine;
each factor must be significant alone by every test that the paper may have used; the joint model
must print both odds ratios with their limits and P, and no other factor of it may be significant.
Many cohorts are judged at once, refitted by ``lib.statistics.logistic``; tests compare a sample
with statsmodels.
"""

import numpy as np
import pandas as pd
from scipy import stats

from lib.compatible.study import Study
from lib.paper import wald
from lib.paper.digits import interval
from lib.paper.ratios import confidence_level
from lib.statistics import logistic, univariate

# Where the abstract claims nothing of a factor alone.
SIGNIFICANT = 0.05


def unmet(rows: pd.DataFrame, study: Study, margin: float = 1.0) -> str:
    """What one cohort does not print as claimed, in words; empty where it prints everything.

    A threshold for P alone must be met even when multiplied by ``margin``.
    """
    return verify(rows.assign(cohort=0), ["cohort"], study, margin=margin).iloc[0]


def verify(
    cohorts: pd.DataFrame, keys: list[str], study: Study, *, margin: float = 1.0
) -> pd.Series:
    """What each cohort does not print as claimed, in words; empty where it prints everything.

    ``cohorts`` has the rows of many cohorts, told apart by the columns ``keys``, by which the
    result is indexed; where there are columns k1 and k0, they must be the cohort's core.
    """
    sizes = cohorts.groupby(keys, sort=False).size()
    complete = sizes.index[sizes == sum(study.totals)]
    rows = cohorts.set_index(keys, drop=False).loc[complete]
    columns = columns_of(rows, study)
    unmet = pd.DataFrame(_unmet_counts(columns, study))
    sound = ~unmet.any(axis=1).to_numpy()
    # Tests are made of cohorts with the right counts only.
    if sound.any():
        of_sound = {name: values[sound] for name, values in columns.items()}
        tested = pd.DataFrame(_unmet_tests(of_sound, study, margin), unmet.index[sound])
        unmet = unmet.join(tested.reindex(unmet.index, fill_value=False))
    problems = pd.Series("another number of patients", sizes.index)
    problems[complete] = ["; ".join(unmet.columns[row]) for row in unmet.to_numpy()]
    return problems


def columns_of(rows: pd.DataFrame, study: Study) -> dict[str, np.ndarray]:
    """The columns of stacked cohorts of one size, as arrays of cohorts x patients; without the
    group and the core where there is none."""
    names = (study.group, *study.factors, study.outcome, "k1", "k0")
    return {
        name: rows[name]
        .astype(object if name == study.group else float)
        .to_numpy()
        .reshape(len(rows) // sum(study.totals), sum(study.totals))
        for name in names
        if name in rows
    }


def believed(cohorts: pd.DataFrame, keys: list[str], study: Study) -> pd.DataFrame:
    """The rows of those cohorts that print every claim."""
    if cohorts.empty:
        return cohorts
    problems = verify(cohorts, keys, study)
    return cohorts[cohorts.set_index(keys).index.isin(problems.index[problems == ""])]


def tests_alone(values: np.ndarray, outcome: np.ndarray, binary: bool) -> dict[str, np.ndarray]:
    """P of each test of one factor alone (those of ``univariate``), for many cohorts.

    ``values`` and ``outcome`` are cohorts x patients; the occluded are as many in all of them.
    """
    events = np.count_nonzero(outcome[0])
    if binary:
        pair = tuple(counts(values == 1, outcome).T)
        every = univariate.p_values_of_all_pairs(events, values.shape[1] - events)
        return {test: of_pairs[pair] for test, of_pairs in every.items()}
    occluded, patent = by_outcome(values, outcome)
    estimates, errors = logistic.estimates(values[:, :, None], outcome)
    return {
        "student": stats.ttest_ind(occluded, patent, axis=1).pvalue,
        "welch": stats.ttest_ind(occluded, patent, axis=1, equal_var=False).pvalue,
        "mann_whitney": stats.mannwhitneyu(occluded, patent, axis=1, method="asymptotic").pvalue,
        "wald": 2 * stats.norm.sf(abs(estimates[:, 1] / errors[:, 1])),
    }


def counts(chosen: np.ndarray, outcome: np.ndarray) -> np.ndarray:
    """How many of the chosen patients (cohorts x patients) are occluded and patent: cohorts x 2."""
    return np.stack([(chosen & (outcome == value)).sum(axis=1) for value in (1, 0)], axis=1)


def by_outcome(values: np.ndarray, outcome: np.ndarray) -> list[np.ndarray]:
    """Values (cohorts x patients) of the occluded and of the patent patients, who are as many in
    each cohort."""
    return [values[outcome == value].reshape(len(values), -1) for value in (1, 0)]


def terms(columns: dict[str, np.ndarray], study: Study, *, with_groups: bool) -> np.ndarray:
    """The factors and, where asked for, an indicator of each group but the first: cohorts x
    patients x terms."""
    names = study.groups.index[1:] if with_groups else ()
    indicators = [columns[study.group] == name for name in names]
    return np.stack([*(columns[factor] for factor in study.factors), *indicators], 2).astype(float)


def _unmet_counts(columns: dict[str, np.ndarray], study: Study) -> dict[str, np.ndarray]:
    """Requirements in words, and which cohorts do not meet them: of the counts that the claims
    determine, and of values of the kind that the codebook says. ``columns`` are cohorts x patients.
    """
    outcome = columns[study.outcome]
    unmet = {f"values of {study.outcome}": ~np.isin(outcome, (0, 1)).all(axis=1)}
    # Some of the patients, and how many of them are occluded and patent.
    asked = {"all patients": (np.ones(outcome.shape, bool), study.totals)}
    if study.group in columns:
        of_groups = zip(study.groups.index, study.group_counts, strict=True)
        asked |= {name: (columns[study.group] == name, pair) for name, pair in of_groups}
    exposed = {marker: columns[marker] == 1 for marker in study.markers}
    asked |= {marker: (exposed[marker], study.tables[marker][0]) for marker in study.markers}
    if "k1" in columns:
        core = np.stack([columns[name][:, 0] for name in ("k1", "k0")], axis=1)
        asked["the core"] = np.all(list(exposed.values()), axis=0), core
    for words, (chosen, pair) in asked.items():
        unmet[f"counts of {words}"] = (counts(chosen, outcome) != pair).any(axis=1)
    for factor in study.factors:
        values = columns[factor].astype(float)
        of_kind = np.isin(values, (0, 1)) if study.is_binary(factor) else values == np.rint(values)
        unmet[f"values of {factor}"] = ~of_kind.all(axis=1)
    return unmet


def _unmet_tests(
    columns: dict[str, np.ndarray], study: Study, margin: float
) -> dict[str, np.ndarray]:
    """The same of the tests of each factor alone and of the joint model."""
    claims, outcome = study.claims["printed"], columns[study.outcome]
    z = wald.multipliers(confidence_level(study.claims))[0]
    estimates, errors = logistic.estimates(
        terms(columns, study, with_groups=study.adjusts_for_group), outcome
    )
    unmet = {"no maximum of the joint model": ~np.isfinite(errors).all(axis=1)}
    # Comparisons with a NaN are false, so what has none is not met.
    for i, factor in enumerate(study.factors, start=1):
        threshold = study.threshold(factor)
        for test, p in tests_alone(columns[factor], outcome, study.is_binary(factor)).items():
            unmet[f"{factor} alone by {univariate.TEST_LABELS[test]}"] = ~(p < threshold * margin)
        values = wald.quantities(estimates[:, i], errors[:, i], z)
        if factor in study.markers:
            for quantity, value in values.items():
                name = f"multivariate.{factor}.{quantity}"
                if name in claims.index:
                    bounds = interval(claims[name])
                    unmet[name] = ~((value > float(bounds.lower)) & (value < float(bounds.upper)))
        else:
            alpha = threshold if np.isfinite(threshold) else SIGNIFICANT
            unmet[f"{factor} in the joint model"] = ~(values["p_value"] >= alpha)
    return unmet
