"""Whether a cohort prints every claim: the one judge of all cohorts, stored or just found.

Nothing is believed of a cohort but its rows. Its counts must be those that the claims determine;
each factor must be significant alone by every test that the paper may have used; the joint model
must print both odds ratios with their limits and P, and no other factor of it may be significant.
Many cohorts are judged at once, refitted by ``lib.statistics.logistic``; tests compare a sample
with statsmodels.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

from lib.compatible.study import Study
from lib.paper import wald
from lib.paper.published import Interval, interval, number
from lib.statistics import logistic, univariate


def unmet(rows: pd.DataFrame, study: Study, margin: float = 1.0) -> str:
    """What one cohort does not print as claimed, in words; empty where it prints everything.

    A threshold for P alone must be met even when multiplied by ``margin``.
    """
    keyed = rows.assign(cohort=0)
    return verify(keyed, ["cohort"], study, margin=margin)["problems"].iloc[0]


def verify(
    cohorts: pd.DataFrame, keys: list[str], study: Study, *, margin: float = 1.0
) -> pd.DataFrame:
    """Each cohort's core and what it does not print as claimed.

    ``cohorts`` has the rows of many cohorts, told apart by the columns ``keys``; where k1 and k0
    are among these, they must be the cohort's core. Indexed by ``keys``; columns both_occluded and
    both_patent (patients with both markers) and problems, in words, empty where there are none.
    """
    of_key = dict(list(cohorts.groupby(keys, sort=False)))
    names = list(of_key)
    complete = [key for key in names if len(of_key[key]) == sum(study.totals)]
    result = pd.DataFrame(
        {"both_occluded": 0, "both_patent": 0, "problems": "another number of patients"},
        index=pd.MultiIndex.from_tuples(names, names=keys),
    )
    if complete:
        columns = {
            name: np.stack([of_key[key][name].to_numpy() for key in complete])
            for name in cohorts.columns.difference(keys)
        }
        occluded, patent, problems = _judge(columns, study, margin)
        for i, name in enumerate(keys):
            for wanted, both in (("k1", occluded), ("k0", patent)):
                if name == wanted:
                    problems.require(both == np.array([key[i] for key in complete]), "another core")
        result.loc[complete] = np.column_stack(
            [occluded.astype(object), patent, problems.in_words()]
        )
    return result


def believed(cohorts: pd.DataFrame, keys: list[str], study: Study) -> pd.DataFrame:
    """The rows of those cohorts that print every claim."""
    if cohorts.empty:
        return cohorts
    problems = verify(cohorts, keys, study)["problems"]
    own = pd.MultiIndex.from_frame(cohorts[keys])
    return cohorts[own.isin(problems.index[problems == ""])]


def tests_alone(values: np.ndarray, outcome: np.ndarray, binary: bool) -> dict[str, np.ndarray]:
    """P of each test of one factor alone (those of ``univariate``), for many cohorts.

    ``values`` and ``outcome`` are cohorts x patients; the occluded are as many in all of them.
    """
    events = np.count_nonzero(outcome[0])
    if binary:
        pair = tuple(((values == 1) & (outcome == value)).sum(axis=1) for value in (1, 0))
        every = univariate.p_values_of_all_pairs(events, values.shape[1] - events)
        return {test: of_pairs[pair] for test, of_pairs in every.items()}
    order = np.argsort(-outcome, axis=1, kind="stable")
    occluded, patent = np.split(
        np.take_along_axis(values.astype(float), order, axis=1), [events], axis=1
    )
    estimates, errors = logistic.estimates(values[:, :, None], outcome)
    return {
        "student": stats.ttest_ind(occluded, patent, axis=1).pvalue,
        "welch": stats.ttest_ind(occluded, patent, axis=1, equal_var=False).pvalue,
        "mann_whitney": stats.mannwhitneyu(occluded, patent, axis=1, method="asymptotic").pvalue,
        "wald": 2 * stats.norm.sf(abs(estimates[:, 1] / errors[:, 1])),
    }


def joint_factors(columns: dict[str, np.ndarray], study: Study) -> np.ndarray:
    """The terms of the joint model beside the intercept: cohorts x patients x terms."""
    factors = np.stack([columns[factor] for factor in study.factors], axis=2).astype(float)
    return with_groups(factors, columns[study.group], study) if study.adjusts_for_group else factors


def with_groups(factors: np.ndarray, group: np.ndarray, study: Study) -> np.ndarray:
    """Factors (cohorts x patients x factors) with an indicator for each group but the first."""
    indicators = [(group == level)[:, :, None] for level in study.groups.index[1:]]
    return np.concatenate([factors, *indicators], axis=2).astype(float)


class _Problems:
    """What is wrong with each of some cohorts, collected."""

    def __init__(self, cohorts: int):
        self.of_each = [[] for _ in range(cohorts)]

    def require(self, holds: np.ndarray, words: str) -> None:
        for i in np.flatnonzero(~np.asarray(holds, bool)):
            self.of_each[i].append(words)

    def in_words(self) -> list[str]:
        return ["; ".join(words) for words in self.of_each]


def _judge(
    columns: dict[str, np.ndarray], study: Study, margin: float
) -> tuple[np.ndarray, np.ndarray, _Problems]:
    """Patients with both markers, by outcome, and the problems; columns are cohorts x patients."""
    outcome = columns[study.outcome]
    problems = _Problems(len(outcome))
    problems.require(np.isin(outcome, (0, 1)).all(axis=1), f"values of {study.outcome}")
    problems.require((outcome == 1).sum(axis=1) == study.totals[0], "occluded patients")
    _require_counts(columns, study, problems)
    sound = np.array([not words for words in problems.of_each])
    if sound.any():
        _require_tests(
            {name: x[sound] for name, x in columns.items()}, study, margin, sound, problems
        )
    both = np.all([columns[marker] == 1 for marker in study.markers], axis=0)
    return *((both & (outcome == value)).sum(axis=1) for value in (1, 0)), problems


def _require_counts(columns: dict[str, np.ndarray], study: Study, problems: _Problems) -> None:
    """The counts that the claims determine, and values of the kind that the codebook says."""
    outcome = columns[study.outcome]
    if study.group in columns:
        for name, (patients, occluded) in study.groups.iterrows():
            of_group = columns[study.group] == name
            problems.require(of_group.sum(axis=1) == patients, f"patients with {name}")
            events = (of_group & (outcome == 1)).sum(axis=1)
            problems.require(events == occluded, f"occluded with {name}")
    for marker, table in study.tables.items():
        for value, exposed in zip((1, 0), table[0], strict=True):
            found = ((columns[marker] == 1) & (outcome == value)).sum(axis=1)
            problems.require(found == exposed, f"counts of {marker}")
    for factor in study.factors:
        values = columns[factor].astype(float)
        of_kind = np.isin(values, (0, 1)) if study.is_binary(factor) else values == np.rint(values)
        problems.require(of_kind.all(axis=1), f"values of {factor}")


def _require_tests(
    columns: dict[str, np.ndarray],
    study: Study,
    margin: float,
    places: np.ndarray,
    problems: _Problems,
) -> None:
    """Tests of each factor alone and the joint model, of the cohorts at ``places``."""

    def require(holds: np.ndarray, words: str) -> None:
        every = np.ones(len(places), bool)
        every[places] = holds
        problems.require(every, words)

    claims, outcome = study.claims["printed"], columns[study.outcome]
    z = wald.multipliers(float(number(claims["multivariate.all.confidence_level"])))[0]
    estimates, errors = logistic.estimates(joint_factors(columns, study), outcome)
    require(np.isfinite(errors).all(axis=1), "no maximum of the joint model")
    for i, factor in enumerate(study.factors, start=1):
        threshold = study.threshold(factor)
        for test, p in tests_alone(columns[factor], outcome, study.is_binary(factor)).items():
            words = f"{factor} alone by {univariate.TEST_LABELS[test]}"
            require(p < threshold * margin, words)
        values = wald.quantities(estimates[:, i], errors[:, i], z)
        if factor in study.markers:
            for quantity, value in values.items():
                name = f"multivariate.{factor}.{quantity}"
                require(_inside(value, interval(claims[name])), name)
        else:
            require(values["p_value"] >= threshold, f"{factor} in the joint model")


def _inside(values: np.ndarray, bounds: Interval) -> np.ndarray:
    """Whether each value lies strictly inside an interval; a NaN does not."""
    return (values > float(bounds.lower)) & (values < float(bounds.upper))
