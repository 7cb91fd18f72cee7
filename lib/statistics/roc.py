"""Markers as predictors: sensitivity, specificity, area under the curve and its standard errors.

A marker is described by its counts at each level, lowest level first: `events` (occluded) and
`nonevents` (patent). A binary marker has two levels, unexposed and exposed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from lib.patients.cohort import Cohort

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
    levels = np.array([0.0, 1.0]) if marker in cohort.binary_factors else np.unique(known[marker])
    by_level = [known.loc[known[cohort.outcome] == value, marker] for value in (1, 0)]
    events, nonevents = (
        np.bincount(np.searchsorted(levels, values), minlength=len(levels)) for values in by_level
    )
    return events, nonevents


def _pairs(events: np.ndarray, nonevents: np.ndarray) -> tuple[np.ndarray, ...]:
    """Counts and, per level, how many of the other kind lie above and below it."""
    events, nonevents = np.asarray(events, float), np.asarray(nonevents, float)
    events_above = events.sum() - np.cumsum(events)
    nonevents_below = np.cumsum(nonevents) - nonevents
    return events, nonevents, events_above, nonevents_below


def auc(events: np.ndarray, nonevents: np.ndarray) -> float:
    """Probability that an event has the higher level, ties counting one half.

    NaN when there are no events or no nonevents.
    """
    events, nonevents, _, below = _pairs(events, nonevents)
    if events.sum() == 0 or nonevents.sum() == 0:
        return np.nan
    return float((events * (below + nonevents / 2)).sum() / (events.sum() * nonevents.sum()))


def standard_errors(events: np.ndarray, nonevents: np.ndarray) -> dict[str, float]:
    """The standard errors of an AUC that are in use, by the names of `STANDARD_ERRORS`.

    Source: Hanley and McNeil 1982, Radiology 143:29-36: the distribution-free estimates of Q1 and
    Q2 of their Table II, and Q1 = A/(2-A), Q2 = 2A^2/(1+A); DeLong et al. 1988, Biometrics
    44:837-845, equations 3 to 5; the null ones are those of the Mann-Whitney statistic, without
    and with the correction for ties (Lehmann 1975, Nonparametrics, section 1.4).
    """
    area = auc(events, nonevents)
    events, nonevents, events_above, nonevents_below = _pairs(events, nonevents)
    n1, n0 = events.sum(), nonevents.sum()
    if min(n1, n0) < 2:
        return dict.fromkeys(STANDARD_ERRORS, np.nan)

    def from_q(q1: float, q2: float) -> float:
        spread = area * (1 - area) + (n1 - 1) * (q1 - area**2) + (n0 - 1) * (q2 - area**2)
        return float(np.sqrt(max(spread, 0) / (n1 * n0)))

    def third(own: np.ndarray) -> np.ndarray:
        return own[0] ** 2 + own[0] * own[1] + own[1] ** 2 / 3

    q1 = (nonevents * third((events_above, events))).sum() / (n0 * n1**2)
    q2 = (events * third((nonevents_below, nonevents))).sum() / (n1 * n0**2)
    placement_of_events = (nonevents_below + nonevents / 2) / n0
    placement_of_nonevents = (events_above + events / 2) / n1
    spread1 = (events * (placement_of_events - area) ** 2).sum() / (n1 - 1)
    spread0 = (nonevents * (placement_of_nonevents - area) ** 2).sum() / (n0 - 1)
    total, tied = n1 + n0, events + nonevents
    correction = (tied**3 - tied).sum() / (total * (total - 1))
    return {
        "hanley_mcneil": from_q(q1, q2),
        "exponential": from_q(area / (2 - area), 2 * area**2 / (1 + area)),
        "delong": float(np.sqrt(spread1 / n1 + spread0 / n0)),
        "null": float(np.sqrt((total + 1) / (12 * n1 * n0))),
        "null_ties": float(np.sqrt((total + 1 - correction) / (12 * n1 * n0))),
    }


def inference(events: np.ndarray, nonevents: np.ndarray, level: float = 0.95) -> pd.DataFrame:
    """AUC with the interval and the P value (against one half) that each standard error gives.

    One row per standard error, columns auc, standard_error, lower, upper, p.
    """
    area, z = auc(events, nonevents), stats.norm.ppf(0.5 + level / 2)
    errors = pd.Series(standard_errors(events, nonevents))
    with np.errstate(divide="ignore", invalid="ignore"):
        p = 2 * stats.norm.sf(np.abs(area - 0.5) / errors)
    return pd.DataFrame(
        {
            "auc": area,
            "standard_error": errors,
            "lower": area - z * errors,
            "upper": area + z * errors,
            "p": p,
        }
    )


def accuracy(events: np.ndarray, nonevents: np.ndarray, level: float = 0.95) -> pd.DataFrame:
    """Sensitivity, specificity, predictive values and likelihood ratios of a binary marker.

    Rows by name with the columns count, total, estimate, lower, upper. Intervals are Wilson's for
    proportions and, for likelihood ratios, those of the logarithm (Simel et al. 1991, J Clin
    Epidemiol 44:763-770). Predictive values are at the prevalence of these patients.
    """
    false_negative, true_positive = (int(count) for count in events)
    true_negative, false_positive = (int(count) for count in nonevents)
    proportions = {
        "sensitivity": (true_positive, true_positive + false_negative),
        "specificity": (true_negative, true_negative + false_positive),
        "positive_predictive_value": (true_positive, true_positive + false_positive),
        "negative_predictive_value": (true_negative, true_negative + false_negative),
    }
    rows = {}
    for name, (count, total) in proportions.items():
        lower, upper = (
            proportion_confint(count, total, 1 - level, "wilson") if total else (np.nan, np.nan)
        )
        rows[name] = [count, total, count / total if total else np.nan, lower, upper]
    n1, n0 = true_positive + false_negative, true_negative + false_positive
    for name, count1, count0 in [
        ("positive_likelihood_ratio", true_positive, false_positive),
        ("negative_likelihood_ratio", false_negative, true_negative),
    ]:
        rows[name] = [np.nan, np.nan, *_ratio(count1, n1, count0, n0, level)]
    return pd.DataFrame.from_dict(
        rows, "index", columns=["count", "total", "estimate", "lower", "upper"]
    )


def _ratio(count1: int, n1: int, count0: int, n0: int, level: float) -> tuple[float, float, float]:
    if min(count1, count0) == 0:
        return (np.nan,) * 3
    ratio = (count1 / n1) / (count0 / n0)
    error = np.sqrt(1 / count1 - 1 / n1 + 1 / count0 - 1 / n0)
    factor = np.exp(stats.norm.ppf(0.5 + level / 2) * error)
    return ratio, ratio / factor, ratio * factor


def curve(events: np.ndarray, nonevents: np.ndarray) -> pd.DataFrame:
    """The points of the ROC curve, from (0, 0) to (1, 1): false_positive_rate, sensitivity."""
    above1 = np.concatenate([[0], np.cumsum(np.asarray(events)[::-1])])
    above0 = np.concatenate([[0], np.cumsum(np.asarray(nonevents)[::-1])])
    return pd.DataFrame(
        {
            "false_positive_rate": above0 / max(above0[-1], 1),
            "sensitivity": above1 / max(above1[-1], 1),
        }
    )


@dataclass(frozen=True)
class Marker:
    """A factor judged as a marker: its label, and the counts at each level, lowest level first.

    A protective factor is `reversed`: its absence, or its lower value, is the marker.
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
