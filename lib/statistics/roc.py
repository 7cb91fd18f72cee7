"""Markers as predictors: sensitivity, specificity, area under the curve and its standard errors.

A marker is described by its counts at each level, lowest level first: ``events`` (occluded) and
``nonevents`` (patent). A binary marker has two levels, unexposed and exposed.

The area A is the share of pairs, one event and one nonevent, in which the event has the higher
level, ties counting one half. Its standard error is computed in several ways, which differ in how
they account for pairs that share a patient:

* Hanley and McNeil 1982 (Radiology 143:29-36) need Q1, the chance that two events
  both exceed a nonevent, and Q2, the chance that an event exceeds two nonevents: estimated from
  the counts as in their table II, which breaks ties at random, or by the negative exponential
  model, Q1 = A/(2-A) and Q2 = 2A²/(1+A).
* DeLong et al. 1988 (Biometrics 44:837-845, equations 3 to 5) use the spread of the placements:
  for each event the share of nonevents below it, for each nonevent that of events above it. The
  differences of placements compare two markers of the same patients.
* The null ones hold where A is one half: they are those of the Mann-Whitney statistic, without
  and with the correction for ties (Lehmann 1975, Nonparametrics, section 1.4).
"""

from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd
from scipy import stats
from statsmodels.stats.contingency_tables import Table2x2
from statsmodels.stats.proportion import proportion_confint

from lib.patients.cohort import Cohort

# Scores closer than this, beside the largest of them, count as ties: rounding in a fit can part
# what should be equal.
SMALLEST_GAP = 1e-12
STANDARD_ERRORS = {
    "hanley_mcneil": "Hanley-McNeil, distribution-free",
    "exponential": "Hanley-McNeil, negative exponential",
    "delong": "DeLong",
    "null": "null, ties ignored",
    "null_ties": "null, corrected for ties",
}


def level_counts(cohort: Cohort, marker: str) -> tuple[np.ndarray, np.ndarray]:
    """Events and nonevents at each level of a marker, lowest level first."""
    known = cohort.complete([marker, cohort.outcome])
    counts = pd.crosstab(known[marker], known[cohort.outcome])
    levels = [0, 1] if cohort.codebook["type"].get(marker) == "binary" else counts.index
    return tuple(counts.reindex(index=levels, columns=[1, 0], fill_value=0).to_numpy().T)


def _placements(events: np.ndarray, nonevents: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """At each level the share of nonevents below it, and that of events above it, ties by half."""
    events, nonevents = np.asarray(events, float), np.asarray(nonevents, float)
    nonevents_below = np.cumsum(nonevents) - nonevents / 2
    events_above = events.sum() - np.cumsum(events) + events / 2
    return nonevents_below / nonevents.sum(), events_above / events.sum()


def auc(events: np.ndarray, nonevents: np.ndarray) -> float:
    """Probability that an event has the higher level, ties counting one half.

    NaN when there are no events or no nonevents.
    """
    if np.sum(events) == 0 or np.sum(nonevents) == 0:
        return np.nan
    return float(np.average(_placements(events, nonevents)[0], weights=events))


def standard_errors(events: np.ndarray, nonevents: np.ndarray) -> dict[str, float]:
    """The standard errors of an AUC that are in use, by the names of ``STANDARD_ERRORS``.

    All NaN with fewer than two events or nonevents. The head of this module has the sources.
    """
    area = auc(events, nonevents)
    events, nonevents = np.asarray(events, float), np.asarray(nonevents, float)
    n1, n0 = events.sum(), nonevents.sum()
    if min(n1, n0) < 2:
        return dict.fromkeys(STANDARD_ERRORS, np.nan)

    def from_q(q1: float, q2: float) -> float:
        spread = area * (1 - area) + (n1 - 1) * (q1 - area**2) + (n0 - 1) * (q2 - area**2)
        return float(np.sqrt(max(spread, 0) / (n1 * n0)))

    of_events, of_nonevents = _placements(events, nonevents)
    # Ties that are broken at random spread a placement evenly over the share of its level; the mean
    # square is then the square of the middle and a twelfth of that of the share.
    q1 = np.average(of_nonevents**2 + (events / n1) ** 2 / 12, weights=nonevents)
    q2 = np.average(of_events**2 + (nonevents / n0) ** 2 / 12, weights=events)
    total, tied = n1 + n0, events + nonevents
    correction = (tied**3 - tied).sum() / (total * (total - 1))
    return {
        "hanley_mcneil": from_q(q1, q2),
        "exponential": from_q(area / (2 - area), 2 * area**2 / (1 + area)),
        "delong": _delong(
            np.repeat(of_events, events.astype(int)), np.repeat(of_nonevents, nonevents.astype(int))
        )[1],
        "null": float(np.sqrt((total + 1) / (12 * n1 * n0))),
        "null_ties": float(np.sqrt((total + 1 - correction) / (12 * n1 * n0))),
    }


def inference(events: np.ndarray, nonevents: np.ndarray, level: float = 0.95) -> pd.DataFrame:
    """AUC with the interval and the P value (against one half) that each standard error gives.

    One row per standard error, columns auc, standard_error, lower, upper, p.
    """
    table = pd.DataFrame({"auc": auc(events, nonevents)}, list(STANDARD_ERRORS))
    errors = pd.Series(standard_errors(events, nonevents))
    return table.join(_by_normal(table["auc"], errors, level, 0.5).drop(columns="z"))


def _by_normal(
    estimates: pd.Series, errors: pd.Series, level: float = 0.95, expected: float = 0.0
) -> pd.DataFrame:
    """standard_error, lower, upper, z and two-sided P against what is expected, by the normal
    distribution."""
    # Those of no score have no type.
    estimates, errors = estimates.astype(float), errors.astype(float)
    reach = stats.norm.ppf(0.5 + level / 2) * errors
    z = (estimates - expected) / errors
    return pd.DataFrame(
        {
            "standard_error": errors,
            "lower": estimates - reach,
            "upper": estimates + reach,
            "z": z,
            "p": 2 * stats.norm.sf(np.abs(z)),
        }
    )


def accuracy(events: np.ndarray, nonevents: np.ndarray) -> pd.DataFrame:
    """Sensitivity, specificity, predictive values and likelihood ratios of a binary marker.

    Rows by name with the columns count, total, estimate, lower, upper (95%). Intervals are
    Wilson's for proportions and, for likelihood ratios, those of the logarithm (Simel et al. 1991,
    J Clin Epidemiol 44:763-770). Predictive values are at the prevalence of these patients.
    """
    (false_negative, true_positive), (true_negative, false_positive) = events, nonevents
    proportions = {
        "sensitivity": (true_positive, true_positive + false_negative),
        "specificity": (true_negative, true_negative + false_positive),
        "positive_predictive_value": (true_positive, true_positive + false_positive),
        "negative_predictive_value": (true_negative, true_negative + false_negative),
    }
    found = pd.DataFrame.from_dict(proportions, "index", float, ["count", "total"])
    total = found["total"].where(found["total"] > 0)
    found["estimate"] = found["count"] / total
    found["lower"], found["upper"] = proportion_confint(found["count"], total, method="wilson")
    # A likelihood ratio is a ratio of two risks, of having the result with the event and without.
    had, lacked = (true_positive, false_negative), (false_positive, true_negative)
    for name, table in [
        ("positive_likelihood_ratio", [had, lacked]),
        ("negative_likelihood_ratio", [had[::-1], lacked[::-1]]),
    ]:
        ratio = Table2x2(np.array(table), shift_zeros=False)
        known = min(row[0] for row in table) > 0
        limits = ratio.riskratio_confint() if known else (np.nan, np.nan)
        found.loc[name] = [np.nan, np.nan, ratio.riskratio if known else np.nan, *limits]
    return found


def curve(events: np.ndarray, nonevents: np.ndarray) -> pd.DataFrame:
    """The points of the ROC curve, from (0, 0) to (1, 1): false_positive_rate, sensitivity."""
    above1, above0 = (
        np.concatenate([[0], np.cumsum(np.asarray(counts)[::-1])]) for counts in (events, nonevents)
    )
    return pd.DataFrame(
        {
            "false_positive_rate": above0 / max(above0[-1], 1),
            "sensitivity": above1 / max(above1[-1], 1),
        }
    )


def compare_auc(outcome: np.ndarray, scores: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Areas under the ROC curves of several scores of the same patients, and their differences.

    ``scores`` has one column per score, higher meaning more likely; ties count one half. Areas: a
    row per score with patients, events, auc, standard_error, lower, upper (cut off at zero and
    one). Differences: a row per pair of scores with first, second, difference (of the first from
    the second), standard_error, lower, upper, z and p (two-sided, normal). NaN where there are
    fewer than two events or nonevents, or where the standard error is zero: a perfect area, or
    scores of one order, say nothing about their own uncertainty. Patients with any value missing
    are left out, so that all comparisons are paired.

    Source: DeLong et al. 1988, Biometrics 44:837-845, equations 3 to 5. Raises ``ValueError`` for
    an outcome other than zero and one.
    """
    events, scores = complete_scores(outcome, scores)
    placed = {
        name: _placements_of_patients(events, scores[name].to_numpy(float)) for name in scores
    }

    def delong(values: np.ndarray) -> tuple[float, float]:
        return _delong(values[events == 1], values[events == 0])

    rows = [[len(events), int(events.sum()), *delong(placed[name])] for name in scores]
    areas = pd.DataFrame(rows, scores.columns, ["patients", "events", "auc", "error"])
    limits = _by_normal(areas["auc"], areas.pop("error").replace(0, np.nan)).drop(
        columns=["z", "p"]
    )
    limits[["lower", "upper"]] = limits[["lower", "upper"]].clip(0, 1)
    rows = [
        [first, second, *delong(placed[first] - placed[second])]
        for first, second in combinations(scores, 2)
    ]
    differences = pd.DataFrame(rows, columns=["first", "second", "difference", "error"])
    tested = _by_normal(differences["difference"], differences.pop("error").replace(0, np.nan))
    return areas.join(limits), differences.join(tested)


def complete_scores(outcome: np.ndarray, scores: pd.DataFrame) -> tuple[np.ndarray, pd.DataFrame]:
    """Outcome and scores of the patients who lack neither; ``ValueError`` for a wrong outcome."""
    outcome = np.asarray(outcome, float)
    known = ~np.isnan(outcome) & scores.notna().all(axis=1).to_numpy()
    if not np.isin(outcome[known], (0, 1)).all():
        raise ValueError("an outcome is 0 or 1")
    return outcome[known], scores[known]


def levels_of(score: np.ndarray) -> np.ndarray:
    """The level of each score, the lowest being 0; scores that only rounding parts share one."""
    order = np.argsort(score)
    ranked = score[order]
    apart = SMALLEST_GAP * np.abs(ranked[np.isfinite(ranked)]).max(initial=0)
    level = np.empty(len(score), int)
    level[order] = np.cumsum(np.concatenate([[False], ranked[1:] > ranked[:-1] + apart]))
    return level


def _placements_of_patients(outcome: np.ndarray, score: np.ndarray) -> np.ndarray:
    """The placement of each patient; NaN where the outcome does not vary."""
    if len(np.unique(outcome)) < 2:
        return np.full(len(outcome), np.nan)
    level = levels_of(score)
    counts = [np.bincount(level[outcome == value], minlength=level.max() + 1) for value in (1, 0)]
    of_events, of_nonevents = _placements(*counts)
    return np.where(outcome == 1, of_events[level], of_nonevents[level])


def _delong(of_events: np.ndarray, of_nonevents: np.ndarray) -> tuple[float, float]:
    """Mean of placements, or of their differences, and its standard error; NaN for what is none."""
    of_events, of_nonevents = pd.Series(of_events), pd.Series(of_nonevents)
    return of_events.mean(), float(np.hypot(of_events.sem(), of_nonevents.sem()))


@dataclass(frozen=True)
class Marker:
    """A factor judged as a marker: its label, and the counts at each level, lowest level first.

    One that is less common, or lower, with the event is `reversed`: its absence, or its lower
    value, is the marker.
    """

    label: str
    events: np.ndarray
    nonevents: np.ndarray
    reversed: bool


def markers(cohort: Cohort, factors: list[str]) -> dict[str, Marker]:
    """The factors as markers, by column; those that have no AUC are left out."""
    found = {}
    for name in factors:
        events, nonevents = level_counts(cohort, name)
        area, label = auc(events, nonevents), cohort.label(name)
        if area >= 0.5:
            found[name] = Marker(label, events, nonevents, False)
        elif area < 0.5:
            found[name] = Marker(f"{label}, reversed", events[::-1], nonevents[::-1], True)
    return found
