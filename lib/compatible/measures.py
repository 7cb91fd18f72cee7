"""Every conclusion that the abstract leaves open, as each of many compatible cohorts has it."""

import numpy as np
import pandas as pd
from scipy import stats
from scipy.special import expit

from lib.compatible.study import Study
from lib.compatible.verification import by_outcome, counts, terms, tests_alone
from lib.statistics import logistic, multivariate


def measure(columns: dict[str, np.ndarray], study: Study) -> pd.DataFrame:
    """The value of every conclusion in each of many cohorts: cohorts x conclusions.

    ``columns`` holds arrays of cohorts x patients. P alone is Pearson's, or Student's for the
    length; binary.* is the first of the free binary factors. n11 is how many patients have both
    markers.
    """
    binary, length, outcome = study.binary, study.length, columns[study.outcome]
    factors = terms(columns, study, with_groups=False)
    estimates, _ = logistic.estimates(factors, outcome)
    adjusted = {name: np.exp(estimates[:, i]) for i, name in enumerate(study.factors, start=1)}
    p_values = {
        name: tests_alone(columns[name], outcome, study.is_binary(name))[
            "pearson" if study.is_binary(name) else "student"
        ]
        for name in (*binary, length)
    }
    exposed = columns[binary[0]] == 1
    (a, b), (c, d) = (counts(chosen, outcome).T for chosen in (exposed, ~exposed))
    of_length, _ = logistic.estimates(columns[length][:, :, None], outcome)
    probabilities = expit(estimates[:, :1] + (factors @ estimates[:, 1:, None])[:, :, 0])
    found = {
        "binary.share": exposed.mean(axis=1),
        "binary.odds_ratio": a * d / (b * c),
        "binary.p_value": p_values[binary[0]],
        "binary.adjusted_odds_ratio": adjusted[binary[0]],
        "length.odds_ratio": np.exp(of_length[:, 1]),
        "length.p_value": p_values[length],
        "length.adjusted_odds_ratio": adjusted[length],
        "unprinted.largest_p_value": np.max(list(p_values.values()), axis=0),
        "unprinted.smallest_p_value": np.min(list(p_values.values()), axis=0),
        **_performance(probabilities, outcome == 1),
    }
    estimates, errors = logistic.estimates(terms(columns, study, with_groups=True), outcome)
    for marker in study.markers:
        i = 1 + study.factors.index(marker)
        values = multivariate.odds_ratios(estimates[:, i], errors[:, i])
        found[f"{marker}.odds_ratio_with_diagnosis"] = values["odds_ratio"]
        found[f"{marker}.p_value_with_diagnosis"] = values["p"]
    both = np.all([columns[marker] == 1 for marker in study.markers], axis=0)
    return pd.DataFrame(found | {"n11": both.sum(axis=1)})


def _performance(probabilities: np.ndarray, events: np.ndarray) -> dict[str, np.ndarray]:
    """Apparent performance of many models.

    Source: Brier 1950, Mon Weather Rev 78:1-3; Yates 1982, Organ Behav Hum Perform 30:132-156, for
    the discrimination slope; Nagelkerke 1991, Biometrika 78:691-692.
    """
    patients, occluded = events.shape[1], events.sum(axis=1)
    # Patients alike in all factors are tied, whatever the last bits of their probabilities.
    ranked = by_outcome(probabilities.round(10), events)
    wins = stats.mannwhitneyu(*ranked, axis=1, method="asymptotic").statistic
    likelihood = np.log(np.where(events, probabilities, 1 - probabilities)).sum(axis=1)
    share = occluded / patients
    null = occluded * np.log(share) + (patients - occluded) * np.log(1 - share)
    of_events = (probabilities * events).sum(axis=1) / occluded
    of_others = (probabilities * ~events).sum(axis=1) / (patients - occluded)
    return {
        "model.auc": wins / (occluded * (patients - occluded)),
        "model.brier": ((events - probabilities) ** 2).mean(axis=1),
        "model.discrimination_slope": of_events - of_others,
        "model.nagelkerke": (1 - np.exp(2 / patients * (null - likelihood)))
        / (1 - np.exp(2 / patients * null)),
    }
