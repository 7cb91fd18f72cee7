"""The example cohort: rows made up so that they print the numbers of the abstract. NOT patient
data.

`python -m lib.search.example` makes data/cohort.csv. What the claims determine is kept exactly;
what they leave open is drawn from the plausible values of data/example.toml.

The draw settles, within every diagnosis and outcome, how many patients have each factor and how
long their stents are together, and with it every test of one factor alone. The joint model depends
also on which patient has what. So values are exchanged between patients of the same diagnosis and
outcome, which leaves all of the above as it is, until the joint model prints what is claimed.
"""

from __future__ import annotations

import math
import os
import sys
import tomllib
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from numba import njit
from tqdm import tqdm

from lib.paper import ledger, reconstruct, wald
from lib.paper.published import agrees, interval, number, read
from lib.patients.codebook import read_codebook
from lib.patients.cohort import Cohort
from lib.patients.files import DATA, InputError
from lib.patients.loading import EXAMPLE
from lib.statistics import compiled_logistic as logistic
from lib.statistics import multivariate, univariate

SETTINGS = DATA / "example.toml"
HEADER = """\
# NOT PATIENT DATA: every row is made up. The rows were made to print the numbers of the abstract;
# that they print them is no evidence for anything. Made from data/published.csv, data/codebook.csv
# and data/example.toml by: python -m lib.search.example
"""
NOT_OF_ROWS = [
    "first_month",
    "last_month",
    "horizon",
    "confidence_level",
]  # claims that rows cannot meet or miss
CHANGES_PER_CALL = 1_000  # between two updates of the progress bar


class Goal(NamedTuple):
    """Where the joint model is to end. Arrays of terms x (odds ratio, lower limit, upper limit, P)."""

    multiplier: float  # standard errors from the estimate to a limit
    least: np.ndarray
    most: np.ndarray
    tolerance: np.ndarray  # the unit in which a distance from the goal is counted
    steepness: float


class Exchanges(NamedTuple):
    """Which values may change places."""

    first: np.ndarray  # for each patient, the first one of the same diagnosis and outcome
    size: np.ndarray  # and how many there are
    blocks: np.ndarray  # blocks x columns: which columns change places together
    length: int  # the column of the length; the last column holds the length as drawn
    step: int  # mm, most that changes hands at a time
    reach: int  # mm, farthest from the length as drawn


def apportion(total: int, shares: np.ndarray) -> np.ndarray:
    """Whole numbers in proportion to `shares` that sum to `total`, by largest remainder."""
    exact = total * shares / shares.sum()
    whole = np.floor(exact).astype(int)
    # The sort is stable so that equal remainders are settled alike everywhere.
    whole[np.argsort(whole - exact, kind="stable")[: total - whole.sum()]] += 1
    return whole


def draw(
    groups: pd.DataFrame, exposed: dict, codebook: pd.DataFrame, settings: dict, random
) -> pd.DataFrame:
    """Plausible patients with the counts that the claims determine, sorted by group and outcome.

    `groups` has the columns patients and occluded, `exposed` maps a marker to its pair of exposed
    occluded and exposed patent patients; `random` is a numpy Generator. The columns are those of
    the codebook without the id.
    """
    group, outcome = (codebook.index[codebook["role"] == role][0] for role in ("group", "outcome"))
    strata = pd.DataFrame(
        {0: groups["patients"] - groups["occluded"], 1: groups["occluded"]}
    ).stack()
    rows = strata.index.repeat(strata).to_frame(index=False, name=[group, outcome])
    members = rows.groupby([group, outcome]).indices
    severity = random.standard_normal(len(rows))
    loading = settings["severity"]["loading"]

    def score() -> np.ndarray:
        return loading * severity + math.sqrt(1 - loading**2) * random.standard_normal(len(rows))

    for factor, choice in settings["binary"].items():
        rows[factor] = 0
        scores = score()
        for occluded in (1, 0):
            sizes = strata.xs(occluded, level=1)
            if factor in exposed:
                total = exposed[factor][1 - occluded]
            else:
                total = round(choice["occluded" if occluded else "patent"] * sizes.sum())
            relative = pd.Series(choice["relative"])[sizes.index]
            for name, count in zip(
                sizes.index, apportion(total, (sizes * relative).to_numpy()), strict=True
            ):
                stratum = members[name, occluded]
                rows.loc[stratum[np.argsort(-scores[stratum], kind="stable")[:count]], factor] = 1

    length = settings["length"]
    mean = rows[group].map(length["mean"]) + sum(
        rows[factor] * mm for factor, mm in length["added"].items()
    )
    drawn = mean + length["standard_deviation"] * score()
    rows[length["column"]] = drawn.clip(*length["limits"]).round().astype(int)
    rows[group] = pd.Categorical(rows[group], codebook.at[group, "levels"].split("|"))
    return rows


def goal(claims: pd.DataFrame, terms: list[str], search: dict) -> Goal:
    """What the joint model is to print, by term; the intercept, the first term, is free."""
    shape = (len(terms), len(wald.QUANTITIES))
    least, most, tolerance = np.full(shape, -np.inf), np.full(shape, np.inf), np.ones(shape)
    for i, term in enumerate(terms[1:], start=1):
        if f"multivariate.{term}.odds_ratio" in claims.index:
            for j, quantity in enumerate(wald.QUANTITIES):
                bounds = interval(claims.at[f"multivariate.{term}.{quantity}", "printed"])
                middle, half = (
                    float(bounds.upper + bounds.lower) / 2,
                    float(bounds.upper - bounds.lower) / 2,
                )
                least[i, j], most[i, j] = (
                    middle - search["clearance"] * half,
                    middle + search["clearance"] * half,
                )
                tolerance[i, j] = half
        else:
            least[i, [0, 3]] = search["unprinted_odds_ratio"], search["unprinted_p_value"]
            tolerance[i] = search["unprinted_tolerance"]
    level = float(number(claims.at["multivariate.all.confidence_level", "printed"]))
    return Goal(wald.multipliers(level)[0], least, most, tolerance, search["steepness"])


@njit
def gap(design, outcome, start, goal):
    """How far the joint model is from its goal (0 when there), and its coefficients."""
    coefficients, covariance, converged = logistic.fit(design, outcome, start)
    if not converged:
        return np.inf, start
    total = 0.0
    for i in range(len(coefficients)):
        estimate, error = coefficients[i], math.sqrt(covariance[i, i])
        values = (
            math.exp(estimate),
            math.exp(estimate - goal.multiplier * error),
            math.exp(estimate + goal.multiplier * error),
            math.erfc(abs(estimate) / error / math.sqrt(2)),
        )
        for j in range(4):
            outside = max(goal.least[i, j] - values[j], values[j] - goal.most[i, j], 0.0)
            total += (outside / goal.tolerance[i, j]) ** 2
    return math.sqrt(total), coefficients


@njit
def _change_places(patients, i, j, block):
    """Exchange a block of columns between two patients; whether that changes anything."""
    changed = False
    for column in range(len(block)):
        if block[column]:
            changed = changed or patients[i, column] != patients[j, column]
            patients[i, column], patients[j, column] = patients[j, column], patients[i, column]
    return changed


@njit
def walk_toward(patients, outcome, coefficients, distance, goal, exchanges, proposals):
    """Try one exchange for each row of random numbers in `proposals`; stop at the goal.

    `patients` (patients x columns) is changed in place. A cohort farther from the goal is accepted
    with probability (distance before / distance after)^steepness, both counted from one tolerance
    beyond the goal. Far away only the ratio matters, so the walk narrows down by itself as it comes
    near, without a schedule of temperatures.
    """
    design = patients[:, :-1]
    length = exchanges.length
    for proposal in proposals:
        i = int(proposal[0] * len(patients))
        j = exchanges.first[i] + int(proposal[1] * exchanges.size[i])
        block = int(proposal[2] * (len(exchanges.blocks) + 1))
        mm = 1 + int(proposal[3] * exchanges.step)
        lengthen = block == len(exchanges.blocks)
        if lengthen:
            patients[i, length] += mm
            patients[j, length] -= mm
            allowed = (
                abs(patients[i, length] - patients[i, -1]) <= exchanges.reach
                and abs(patients[j, length] - patients[j, -1]) <= exchanges.reach
            )
        else:
            allowed = _change_places(patients, i, j, exchanges.blocks[block])
        after, fitted = (
            gap(design, outcome, coefficients, goal) if allowed else (np.inf, coefficients)
        )
        if proposal[4] < ((1 + distance) / (1 + after)) ** goal.steepness:
            distance, coefficients = after, fitted
            if distance == 0:
                break
        elif lengthen:
            patients[i, length] -= mm
            patients[j, length] += mm
        else:
            _change_places(patients, i, j, exchanges.blocks[block])
    return distance, coefficients


def search(cohort: Cohort, goal: Goal, settings: dict, random, progress: tqdm) -> bool:
    """Exchange values between patients until the joint model is at its goal; whether it got there.

    The rows of `cohort`, which must be sorted by group and outcome, are changed in place.
    """
    rows, factors = cohort.rows, cohort.factors
    choice, column = settings["search"], settings["length"]["column"]
    columns = ["constant", *factors, "drawn"]
    patients = rows.assign(constant=1, drawn=rows[column])[columns].to_numpy(float, copy=True)
    outcome = rows[cohort.outcome].to_numpy(float)
    stratum = rows.groupby([cohort.group, cohort.outcome], observed=True, sort=False).ngroup()
    single = [[factor] for factor in factors if factor not in choice["stents"]]
    exchanges = Exchanges(
        first=np.searchsorted(stratum, stratum),
        size=stratum.map(stratum.value_counts()).to_numpy(),
        blocks=np.array(
            [
                [name in block for name in columns]
                for block in [[*choice["stents"], "drawn"], *single]
            ]
        ),
        length=columns.index(column),
        step=choice["length_step"],
        reach=choice["length_reach"],
    )
    distance, coefficients = gap(patients[:, :-1], outcome, np.zeros(len(factors) + 1), goal)
    for _ in range(0, choice["changes"], CHANGES_PER_CALL):
        proposals = random.random((CHANGES_PER_CALL, 5))
        distance, coefficients = walk_toward(
            patients, outcome, coefficients, distance, goal, exchanges, proposals
        )
        progress.set_postfix_str(f"{distance:.2f} from the goal", refresh=False)
        progress.update(CHANGES_PER_CALL)
        if distance == 0:
            rows[factors] = patients[:, 1:-1].astype(int)
            return True
    return False


def unmet(cohort: Cohort, claims: pd.DataFrame, margin: float = 1) -> list[str]:
    """What a cohort does not print as claimed, in words, from fits that share nothing with the
    search.

    A claim about one factor alone must hold by every test that the paper may have used, even with P
    divided by `margin`, and a factor whose odds ratio is not printed must not be significant in the
    joint model. What the cohort has no number for, such as a joint model that cannot be fitted, is
    unmet.
    """
    claims = reconstruct.original(claims)
    values = ledger.cohort_values(cohort, claims[~claims["quantity"].isin(NOT_OF_ROWS)])
    found = univariate_unmet(cohort, claims, margin) + [
        f"{name} is {value:.6f}, not {claims.at[name, 'printed']}"
        for name, value in values.items()
        if np.isnan(value) or not agrees(claims.at[name, "printed"], value)
    ]
    for factor, p in multivariate.fit(cohort).table["p"].items():
        printed = f"multivariate.{factor}.odds_ratio" in claims.index
        if (
            factor in cohort.factors
            and not printed
            and agrees(claims.at[alone(factor), "printed"], p)
        ):
            found.append(f"{factor} is significant in the joint model, P {p:.4f}")
    return found


def univariate_unmet(cohort: Cohort, claims: pd.DataFrame, margin: float = 1) -> list[str]:
    """As `unmet`, for the tests of one factor alone."""
    tests = univariate.screen(cohort)[univariate.TESTS]
    return [
        f"{alone(factor)} is {p:.4f} by {univariate.TEST_LABELS[test]}"
        for factor, row in tests.iterrows()
        for test, p in row.dropna().items()
        if not agrees(claims.at[alone(factor), "printed"], p / margin)
    ]


def alone(factor: str) -> str:
    """The claim about a factor alone."""
    return f"univariate.{factor}.p_value"


def make(claims: pd.DataFrame, codebook: pd.DataFrame, settings: dict) -> Cohort:
    """A cohort that prints the claims, in random order; a progress bar goes to standard error.

    Raises `InputError` when the claims do not determine the counts or the settings do not fit the
    codebook, `RuntimeError` when no cohort was found.
    """
    solutions = reconstruct.solve(claims)
    if len(solutions) != 1 or solutions[0].ways != 1:
        raise InputError(
            "No example cohort: the claims must determine the counts, and allow several or none."
        )
    groups = reconstruct.group_table(claims, solutions[0])
    exposed = {marker: pairs[0] for marker, pairs in solutions[0].markers.items()}
    factors = list(codebook.index[codebook["role"] == "factor"])
    if set(factors) != {*settings["binary"], settings["length"]["column"]}:
        raise InputError(
            f"{SETTINGS.name} and the codebook must have the same factors: {', '.join(factors)}"
        )

    choice = settings["search"]
    target = goal(claims, ["constant", *factors], choice)
    random = np.random.default_rng(settings["seed"])
    with tqdm(
        total=choice["draws"] * choice["changes"], desc="example cohort", unit=" changes"
    ) as progress:
        for number_of_draws in range(1, choice["draws"] + 1):
            cohort = Cohort(
                draw(groups, exposed, codebook, settings, random), codebook, EXAMPLE, True
            )
            found = not univariate_unmet(cohort, claims, choice["margin"])
            found = found and search(cohort, target, settings, random, progress)
            if found and not unmet(cohort, claims, choice["margin"]):
                progress.total = progress.n
                return _in_random_order(cohort, random)
            progress.update(number_of_draws * choice["changes"] - progress.n)
    raise RuntimeError(
        f"No example cohort was found in {choice['draws']} draws of {choice['changes']} changes each. "
        f"Try another seed in {SETTINGS.name}, or ask less of it."
    )


def _in_random_order(cohort: Cohort, random) -> Cohort:
    """The same patients shuffled, so that neither their order nor their names mean anything."""
    codebook = cohort.codebook
    rows = cohort.rows.iloc[random.permutation(len(cohort.rows))].reset_index(drop=True)
    rows[codebook.index[codebook["role"] == "id"][0]] = [
        f"example-{i:03d}" for i in range(1, len(rows) + 1)
    ]
    return Cohort(
        rows[[name for name in codebook.index if name in rows]], codebook, cohort.path, True
    )


def main(path: Path = EXAMPLE) -> None:
    """Make the example cohort and write it to `path`, which is replaced only by a finished file."""
    settings = tomllib.loads(SETTINGS.read_text(encoding="utf-8"))
    cohort = make(read(), read_codebook(DATA / "codebook.csv"), settings)
    unfinished = path.with_name(path.name + ".unfinished")
    try:
        text = HEADER + cohort.rows.to_csv(index=False, lineterminator="\n")
        unfinished.write_bytes(text.encode("utf-8"))
        os.replace(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)


if __name__ == "__main__":
    try:
        main(*map(Path, sys.argv[1:]))
    except (InputError, RuntimeError) as error:
        sys.exit(str(error))
