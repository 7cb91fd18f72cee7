"""The example cohort: rows made to print the numbers of the abstract. NOT patient data.

Run `python -m lib.example` to make data/cohort.csv. What the claims determine is kept
exactly; what they leave open is drawn from the plausible values of data/example.toml.

How: the draw settles, for every diagnosis and outcome, how many patients have each factor and
how long their stents are together. Every test of one factor alone follows from that. The joint
model also depends on which patient has what, so values are exchanged between patients of one
diagnosis and one outcome, which leaves all of the above as it was, until the model prints the
claimed numbers.
"""

from __future__ import annotations

import math
import os
import sys
import tomllib
from pathlib import Path

import numpy as np
import pandas as pd
import statsmodels.api as sm
from numba import njit
from scipy import stats
from tqdm import tqdm

from lib import cohort, logistic, published

SETTINGS = cohort.DATA / "example.toml"
PRINTED = ["odds_ratio", "odds_ratio_lower", "odds_ratio_upper", "p_value"]
CHANGES_AT_A_TIME = 2_000
COMMENT = """\
# NOT PATIENT DATA. Every row is made up.
# The rows were made to print the numbers of the abstract of the paper, so that they do is no evidence for it.
# Made by `python -m lib.example` from data/published.csv, data/codebook.csv and data/example.toml.
"""


def apportion(total: int, shares: np.ndarray) -> np.ndarray:
    """Whole numbers that sum to `total` and are proportional to `shares`, by largest remainder."""
    exact = total * np.asarray(shares, dtype=float) / np.sum(shares)
    whole = np.floor(exact).astype(int)
    # A stable sort: equal remainders go to the first, on every machine.
    most_left = np.argsort(whole - exact, kind="stable")
    whole[most_left[: total - whole.sum()]] += 1
    return whole


def draw(counts, codebook: pd.DataFrame, settings: dict, random: np.random.Generator) -> pd.DataFrame:
    """Plausible patients with every determined count, sorted by diagnosis and outcome.

    `counts` holds what the claims determine; the columns are those of the codebook.
    """
    group, outcome = (codebook.index[codebook["role"] == role][0] for role in ["group", "outcome"])
    strata = [(name, occluded) for name in counts.patients for occluded in (0, 1)]
    sizes = [
        counts.events[name] if occluded else counts.patients[name] - counts.events[name] for name, occluded in strata
    ]
    rows = pd.DataFrame(strata, columns=[group, outcome]).loc[np.repeat(range(len(strata)), sizes)]
    rows = rows.reset_index(drop=True)

    loading = settings["severity"]["loading"]
    severity = random.standard_normal(len(rows))

    def score() -> np.ndarray:
        return loading * severity + np.sqrt(1 - loading**2) * random.standard_normal(len(rows))

    for name, choice in settings["binary"].items():
        rows[name] = 0
        scores = score()
        for occluded in (0, 1):
            within = [rows[(rows[group] == g) & (rows[outcome] == occluded)].index for g in counts.patients]
            patients = np.array([len(stratum) for stratum in within])
            if name in counts.exposed:
                exposed = counts.exposed[name][occluded]
            else:
                exposed = round(choice["exposed"][occluded] * patients.sum())
            relative = [choice["relative"][g] for g in counts.patients]
            for stratum, number in zip(within, apportion(exposed, patients * relative), strict=True):
                worst = np.argsort(-scores[stratum], kind="stable")[:number]
                rows.loc[stratum[worst], name] = 1

    for name, choice in settings["length"].items():
        mean = rows[group].map(choice["mean"]) + sum(rows[other] * mm for other, mm in choice["added"].items())
        length = mean + choice["standard_deviation"] * score()
        rows[name] = length.clip(*choice["limits"]).round().astype(int)
    return rows


@njit
def _loss(design, outcome, coefficients, quantile, low, high, scale):
    """How far the joint model is from its bounds, and its coefficients.

    Columns of `low`, `high` and `scale`: odds ratio, its two limits, P; one row per term.
    """
    coefficients, covariance, converged = logistic.fit(design, outcome, coefficients)
    if not converged:
        return np.inf, coefficients
    loss = 0.0
    for term in range(len(coefficients)):
        estimate = coefficients[term]
        error = np.sqrt(covariance[term, term])
        values = (
            np.exp(estimate),
            np.exp(estimate - quantile * error),
            np.exp(estimate + quantile * error),
            math.erfc(abs(estimate / error) / math.sqrt(2)),
        )
        for k in range(4):
            outside = max(low[term, k] - values[k], values[k] - high[term, k], 0.0)
            loss += (outside / scale[term, k]) ** 2
    return math.sqrt(loss), coefficients


@njit
def _exchange(design, outcome, coefficients, loss, proposals, temperatures, drawn, first, size, blocks, length, reach, limits, quantile, low, high, scale):
    for proposal, temperature in zip(proposals, temperatures):
        i = int(proposal[0] * len(outcome))
        j = first[i] + int(proposal[1] * size[i])
        kind = int(proposal[2] * (len(blocks) * 5))
        mm = 0.0
        if kind < len(blocks):
            same = True
            for column in range(design.shape[1]):
                if blocks[kind, column] and design[i, column] != design[j, column]:
                    same = False
            if same:
                continue
            for column in range(design.shape[1]):
                if blocks[kind, column]:
                    design[i, column], design[j, column] = design[j, column], design[i, column]
                    if column == length:
                        drawn[i], drawn[j] = drawn[j], drawn[i]
        else:
            mm = 1.0 + int(proposal[3] * min(reach, 3))
            if i == j or design[i, length] + mm > drawn[i] + reach or design[j, length] - mm < drawn[j] - reach:
                continue
            design[i, length] += mm
            design[j, length] -= mm
        new, fitted = _loss(design, outcome, coefficients, quantile, low, high, scale)
        if proposal[4] < (loss / max(new, 1e-300)) ** temperature:
            loss = new
            coefficients = fitted
            if loss == 0.0:
                break
        elif kind < len(blocks):
            for column in range(design.shape[1]):
                if blocks[kind, column]:
                    design[i, column], design[j, column] = design[j, column], design[i, column]
                    if column == length:
                        drawn[i], drawn[j] = drawn[j], drawn[i]
        else:
            design[i, length] -= mm
            design[j, length] += mm
    return loss, coefficients
