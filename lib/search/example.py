"""The example cohort: rows made up so that they print the numbers of the abstract. NOT patient
data.

What the claims determine is kept exactly; what they leave open is drawn from the plausible values
of data/example.toml. The draw settles, within every diagnosis and outcome, how many patients have
each factor and how long their stents are together, and with it nearly every test of one factor
alone. The joint model depends also on which patient has what. So the search
(`lib.search.annealing`) exchanges values between patients of the same diagnosis and outcome, which
leaves all of this as it is, until the joint model prints what is claimed.

`python -m lib.search.example` makes data/cohort.csv.
"""

import math
from pathlib import Path

import numpy as np
import pandas as pd

from lib.compatible.study import Study
from lib.compatible.verification import tests_alone, unmet
from lib.patients.files import DATA, InputError
from lib.patients.loading import EXAMPLE
from lib.search import designs, distance
from lib.search.annealing import anneal, steps_of
from lib.search.store import replace, run

SETTINGS = DATA / "example.toml"
HEADER = """\
# NOT PATIENT DATA: every row is made up. The rows were made to print the numbers of the abstract;
# that they print them is no evidence for anything. Made from data/published.csv, data/codebook.csv
# and data/example.toml by: python -m lib.search.example
"""


def _apportion(total: int, shares: np.ndarray) -> np.ndarray:
    """Whole numbers in proportion to `shares` that sum to `total`, by largest remainder."""
    exact = total * shares / shares.sum()
    whole = np.floor(exact).astype(int)
    # The sort is stable so that equal remainders are settled alike everywhere.
    whole[np.argsort(whole - exact, kind="stable")[: total - whole.sum()]] += 1
    return whole


def _draw(about: Study, settings: dict, random: np.random.Generator) -> pd.DataFrame:
    """Plausible patients with the counts that the claims determine: group, factors and outcome, the
    occluded first and sorted by group.
    """
    group, outcome = about.group, about.outcome
    strata = pd.DataFrame(about.group_counts, about.groups.index, [1, 0]).T.stack().swaplevel()
    rows = strata.index.repeat(strata).to_frame(index=False, name=[group, outcome])
    severity = random.standard_normal(len(rows))
    loading = settings["severity"]["loading"]

    def score() -> np.ndarray:
        return loading * severity + math.sqrt(1 - loading**2) * random.standard_normal(len(rows))

    for factor, choice in settings["binary"].items():
        relative, exposed = pd.Series(choice["relative"])[about.groups.index].to_numpy(), []
        for column, name in enumerate(("occluded", "patent")):
            sizes = about.group_counts[:, column]
            total = (
                about.tables[factor][0, column]
                if factor in about.markers
                else round(choice[name] * sizes.sum())
            )
            exposed.extend(_apportion(total, sizes * relative))
        # Those with the highest scores in a stratum have the factor.
        rank = rows.assign(score=-score()).groupby([group, outcome])["score"].rank(method="first")
        rows[factor] = (rank <= np.repeat(exposed, strata)).astype(int)

    length = settings["length"]
    mean = rows[group].map(length["mean"]) + sum(
        rows[factor] * mm for factor, mm in length["added"].items()
    )
    drawn = mean + length["standard_deviation"] * score()
    rows[length["column"]] = drawn.clip(*length["limits"]).round().astype(int)
    return rows


def _search(rows: pd.DataFrame, about: Study, settings: dict, random) -> pd.DataFrame | None:
    """Exchange values between patients of the same group and outcome until the joint model prints
    what is claimed; None where it does not get there.
    """
    choice, (shortest, longest) = settings["search"], settings["length"]["limits"]
    target = designs.target_of(
        about,
        choice | {"shortest_mm": shortest, "longest_mm": longest},
        unprinted_p=choice["unprinted_p_value"],
        least_log_odds_ratio=math.log(choice["unprinted_odds_ratio"]),
    )
    column = {factor: i for i, factor in enumerate(about.factors, start=1)}
    stents = [column[factor] for factor in choice["stents"]]
    blocks = [stents, *([i] for i in column.values() if i not in stents)]
    stratum = rows.groupby([about.outcome, about.group], sort=False).ngroup().to_numpy()
    design = designs.design_of(rows, about)
    nearest, design, _ = anneal(
        distance.cohort_of(design, designs.outcome_of(about), target),
        target,
        steps_of(blocks, [], stratum, design.shape[1], choice["length_step"]),
        random,
        choice["steps"],
        tuple(choice["steepness"]),
    )
    return designs.rows_of(design, about) if nearest == 0 else None


def _made(about: Study, settings: dict) -> pd.DataFrame:
    """The rows of a cohort that prints the claims, in random order.

    Raises `InputError` when the settings do not fit the codebook, `RuntimeError` when no cohort was
    found.
    """
    if set(about.factors) != {*settings["binary"], settings["length"]["column"]}:
        raise InputError(
            f"{SETTINGS.name} and the codebook must have the same factors: "
            + ", ".join(about.factors)
        )
    choice, random = settings["search"], np.random.default_rng(settings["seed"])
    for _ in range(choice["draws"]):
        drawn = _draw(about, settings, random)
        if not _significant_alone(drawn, about, choice["alone_margin"]):
            continue
        rows = _search(drawn, about, settings, random)
        if rows is not None and not unmet(rows, about, choice["alone_margin"]):
            return _in_random_order(rows, about, random)
    raise RuntimeError(
        f"No example cohort was found in {choice['draws']} draws of {choice['steps']} steps each. "
        f"Try another seed in {SETTINGS.name}, or ask less of it."
    )


def _significant_alone(rows: pd.DataFrame, about: Study, margin: float) -> bool:
    """Whether every factor is significant alone by every test, its threshold times the margin."""
    outcome = rows[about.outcome].to_numpy()[None]
    return all(
        p[0] < about.threshold(factor) * margin
        for factor in about.factors
        for p in tests_alone(
            rows[factor].to_numpy()[None], outcome, about.is_binary(factor)
        ).values()
    )


def _in_random_order(rows: pd.DataFrame, about: Study, random) -> pd.DataFrame:
    """The same patients shuffled, so that neither their order nor their names mean anything."""
    codebook = about.codebook
    rows = rows.iloc[random.permutation(len(rows))].reset_index(drop=True)
    rows[codebook.index[codebook["role"] == "id"][0]] = [
        f"example-{i:03d}" for i in range(1, len(rows) + 1)
    ]
    return rows[[name for name in codebook.index if name in rows]]


def main(path: Path = EXAMPLE) -> None:
    """Make the example cohort and write it to `path`, which is replaced only by a finished file."""
    rows = _made(designs.read_study(), designs.read_settings(SETTINGS))
    replace(path, (HEADER + rows.to_csv(index=False, lineterminator="\n")).encode())


if __name__ == "__main__":
    run(main, Path)
