"""The assumption ladder: what one may be ready to assume of the factors that the paper does not
describe.

Each rung adds one restriction to those below it. A restriction says nothing about the two markers'
printed numbers, which every compatible cohort has.
"""

from itertools import accumulate
from operator import or_
from typing import NamedTuple

import numpy as np
import pandas as pd

from lib.compatible.study import Study
from lib.compatible.verification import by_outcome, counts, terms
from lib.statistics import logistic


class Rung(NamedTuple):
    """The limits in force on a rung, its own and those of the rungs below."""

    name: str
    words: str
    least_share: float = 0.0  # of patients with a binary factor, and without it
    most_difference: float = np.inf  # standardized difference of a factor between the outcomes
    most_inflation: float = np.inf  # variance inflation factor
    worst_last: bool = False  # the last group is the worst in the model with the groups
    most_times_crude: float = np.inf  # its odds ratios there, beside the crude ones
    most_odds_ratio: float = np.inf  # crude, of a binary factor, or one over it


# What each rung adds to those below it.
_ADDED = [
    {"name": "none", "words": "no restriction beyond those of every stored cohort, named above"},
    {
        "name": "prevalence",
        "words": "at least 5% of the patients have each yes-or-no factor, and at least 5% do not",
        "least_share": 0.05,
    },
    # Cohen 1988, Statistical Power Analysis for the Behavioral Sciences, calls 0.8 large.
    {
        "name": "difference",
        "words": "no factor differs between the outcomes by more than one standard deviation",
        "most_difference": 1.0,
    },
    # The stricter of the two limits in common use, 5 and 10: James et al. 2021, An Introduction to
    # Statistical Learning, 2nd ed., 3.3.3.
    {
        "name": "collinearity",
        "words": "no variance inflation factor exceeds 5",
        "most_inflation": 5.0,
    },
    # Factors that go with the diagnosis take over a part of its effect, as a rule; twice leaves
    # room.
    {
        "name": "diagnosis",
        "words": "with the diagnosis in the model too, patients with post-thrombotic disease still "
        "do worst, and their odds ratios against the others are at most twice the crude ones",
        "worst_last": True,
        "most_times_crude": 2.0,
    },
    {
        "name": "effect",
        "words": "no crude odds ratio of a yes-or-no factor exceeds 5, or falls below a fifth",
        "most_odds_ratio": 5.0,
    },
]
RUNGS = [Rung(**limits) for limits in accumulate(_ADDED, or_)]


def admissible_pairs(occluded: int, patent: int, rung: Rung) -> np.ndarray:
    """Which count pairs of a binary factor a rung allows: entry [a, b] for a exposed among the
    occluded and b among the patent."""
    a, b = np.meshgrid(np.arange(occluded + 1.0), np.arange(patent + 1.0), indexing="ij")
    share = (a + b) / (occluded + patent)
    p, q = a / occluded, b / patent
    with np.errstate(divide="ignore", invalid="ignore"):
        difference = abs(p - q) / np.sqrt((p * (1 - p) + q * (1 - q)) / 2)
        odds_ratio = a * (patent - b) / (b * (occluded - a))
        return (
            (share >= rung.least_share)
            & (share <= 1 - rung.least_share)
            & ~(difference > rung.most_difference)
            & ~(odds_ratio > rung.most_odds_ratio)
            & ~(odds_ratio < 1 / rung.most_odds_ratio)
        )


def crude_log_odds_of_last(study: Study) -> np.ndarray:
    """The crude log odds of the last group less those of each of the others."""
    occluded, patent = study.group_counts.T
    log_odds = np.log(occluded / patent)
    return log_odds[-1] - log_odds[:-1]


def standing(columns: dict[str, np.ndarray], study: Study) -> pd.DataFrame:
    """Which rungs each of many cohorts stands on: cohorts x rungs.

    ``columns`` holds arrays of cohorts x patients. The last group is the one that should do worst.
    """
    outcome = columns[study.outcome]
    pairs = [tuple(counts(columns[factor] == 1, outcome).T) for factor in study.binary]
    lengths = by_outcome(columns[study.length], outcome)
    variance = sum(part.var(axis=1, ddof=1) for part in lengths) / 2
    apart = abs(lengths[0].mean(axis=1) - lengths[1].mean(axis=1)) / np.sqrt(variance)
    inflation = np.array(
        [
            np.diag(np.linalg.inv(np.corrcoef(one, rowvar=False))).max()
            for one in terms(columns, study, with_groups=False)
        ]
    )
    coefficients, _ = logistic.estimates(terms(columns, study, with_groups=True), outcome)
    # The first group's coefficient is zero.
    others = np.column_stack(
        [np.zeros(len(coefficients)), coefficients[:, len(study.factors) + 1 : -1]]
    )
    more, crude = coefficients[:, -1:] - others, crude_log_odds_of_last(study)
    result = {}
    for rung in RUNGS:
        admissible = admissible_pairs(*study.totals, rung)
        result[rung.name] = (
            np.all([admissible[pair] for pair in pairs], axis=0)
            & (apart <= rung.most_difference)
            & (inflation <= rung.most_inflation)
            & ((more > 0).all(axis=1) | (not rung.worst_last))
            & ~(more > crude + np.log(rung.most_times_crude)).any(axis=1)
        )
    return pd.DataFrame(result)
