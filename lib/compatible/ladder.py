"""The assumption ladder: what one may be ready to assume of the factors that the paper does not
describe.

Each rung adds one restriction to those below it. A restriction says nothing about the two markers'
printed numbers, which every compatible cohort has.
"""

from __future__ import annotations

import functools
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import ndimage

from lib.compatible.logits import joint_fits
from lib.statistics import univariate


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


RUNGS = [Rung("none", "no restriction")]
for _name, _words, _limits in [
    (
        "prevalence",
        "each binary factor is neither rarer nor commoner than 5% and 95%",
        {"least_share": 0.05},
    ),
    # Cohen 1988, Statistical Power Analysis for the Behavioral Sciences, calls 0.8 large.
    (
        "difference",
        "no factor differs between the outcomes by more than one standard deviation",
        {"most_difference": 1.0},
    ),
    # The stricter of the two limits in common use, 5 and 10: James et al. 2021, An Introduction to
    # Statistical Learning, 2nd ed., 3.3.3.
    ("collinearity", "no variance inflation factor exceeds 5", {"most_inflation": 5.0}),
    # Factors that go with the diagnosis take over a part of its effect, as a rule; twice leaves
    # room.
    (
        "diagnosis",
        "with the diagnosis in the model too, its last level (post-thrombotic disease) does worst, its odds ratios at "
        "most twice the crude ones",
        {"worst_last": True, "most_times_crude": 2.0},
    ),
    (
        "effect",
        "no crude odds ratio of a binary factor exceeds 5, or falls below a fifth",
        {"most_odds_ratio": 5.0},
    ),
]:
    RUNGS.append(RUNGS[-1]._replace(name=_name, words=_words, **_limits))


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


@functools.cache
def pairs_away(occluded: int, patent: int, alone: float, rung: Rung) -> np.ndarray:
    """By how many patients each count pair must change to be one that the rung allows and every
    test finds significant.

    `alone` is the P below which it is.
    """
    tests = univariate.p_values_of_all_pairs(occluded, patent)
    # Comparisons with NaN are false: where a test has no answer the pair is not allowed.
    possible = np.all([p < alone for p in tests.values()], axis=0) & admissible_pairs(
        occluded, patent, rung
    )
    return ndimage.distance_transform_cdt(~possible, metric="taxicab").astype(np.int64)


def crude_odds_ratios_of_last(groups: pd.DataFrame) -> np.ndarray:
    """The crude odds ratios of the last group against each of the others, from patients and
    occluded.
    """
    odds = (groups["occluded"] / (groups["patients"] - groups["occluded"])).to_numpy()
    return odds[-1] / odds[:-1]


def allowed(
    columns: dict[str, np.ndarray],
    binary: list[str],
    number: str,
    factors: list[str],
    groups: pd.DataFrame,
    outcome: str,
) -> pd.DataFrame:
    """Which rungs each of many cohorts stands on: cohorts x rungs.

    `columns` holds arrays of cohorts x patients; `binary` and `number` are the factors that are
    restricted, `factors` those of the joint model; `groups` has patients and occluded by group, its
    index bears the name of the group's column, and its last row is the one that should do worst.
    """
    events = columns[outcome] == 1
    occluded, patent = int(events[0].sum()), int((~events[0]).sum())
    pairs = {
        factor: tuple(
            ((columns[factor] == 1) & (events == value)).sum(axis=1) for value in (True, False)
        )
        for factor in binary
    }
    lengths = columns[number].astype(float)
    apart = abs(
        _by_outcome(lengths, events, np.mean) - _by_outcome(lengths, ~events, np.mean)
    ) / np.sqrt(
        (_by_outcome(lengths, events, _variance) + _by_outcome(lengths, ~events, _variance)) / 2
    )
    stacked = np.stack([columns[factor] for factor in factors], axis=2).astype(float)
    inflation = np.array(
        [np.diag(np.linalg.inv(np.corrcoef(one, rowvar=False))).max() for one in stacked]
    )
    levels = list(groups.index)
    coefficients, _ = joint_fits(
        with_groups(stacked, columns[groups.index.name], levels), columns[outcome]
    )
    others = np.column_stack([np.zeros(len(coefficients)), coefficients[:, len(factors) + 1 : -1]])
    more = coefficients[:, -1:] - others
    crude = np.log(crude_odds_ratios_of_last(groups))
    return pd.DataFrame(
        {
            rung.name: np.all(
                [admissible_pairs(occluded, patent, rung)[pair] for pair in pairs.values()], axis=0
            )
            & (apart <= rung.most_difference)
            & (inflation <= rung.most_inflation)
            & ((more > 0).all(axis=1) | (not rung.worst_last))
            & ~(more > crude + np.log(rung.most_times_crude)).any(axis=1)
            for rung in RUNGS
        }
    )


def with_groups(factors: np.ndarray, group: np.ndarray, levels: list[str]) -> np.ndarray:
    """Factors (cohorts x patients x factors) with an indicator for each group but the first."""
    return np.concatenate(
        [factors, *((group == level)[:, :, None].astype(float) for level in levels[1:])], axis=2
    )


def _by_outcome(values: np.ndarray, chosen: np.ndarray, of) -> np.ndarray:
    return np.array([of(one[these]) for one, these in zip(values, chosen, strict=True)])


def _variance(values: np.ndarray) -> float:
    return values.var(ddof=1)
