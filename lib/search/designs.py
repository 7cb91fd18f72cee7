"""A cohort as a design matrix, and what is asked of it, in the terms of the search.

The columns of a design: ones, the factors of the joint model (a length in units of
`distance.LENGTH_UNIT`), then an indicator of each group but the first. The occluded patients come
first. NOT patient data.
"""

import tomllib
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import ndimage, stats

from lib.compatible import ladder
from lib.compatible.study import FOLDER, Study, study
from lib.compatible.verification import columns_of, terms
from lib.paper import wald
from lib.paper.digits import interval
from lib.paper.published import read
from lib.search.annealing import Steps, steps_of
from lib.search.distance import LENGTH_UNIT, Target
from lib.statistics import univariate
from lib.statistics.logistic import with_intercept

SETTINGS = FOLDER / "search.toml"


class Result(NamedTuple):
    """What a search came to: a cohort that prints the claims, or the nearest miss."""

    distance: float  # 0 for a cohort that prints the claims
    design: np.ndarray


def read_settings(path: Path = SETTINGS) -> dict:
    """How is searched; the file says what each setting means."""
    return tomllib.loads(path.read_text(encoding="utf-8"))


def read_study() -> Study:
    """The study of this book."""
    return study(read())


def outcome_of(about: Study) -> np.ndarray:
    """The outcome of the rows of a design."""
    return np.repeat([1.0, 0.0], about.totals)


def marker_columns(about: Study) -> list[int]:
    """The columns of the two markers."""
    return [1 + about.factors.index(marker) for marker in about.markers]


def random_groups(about: Study, random: np.random.Generator) -> np.ndarray:
    """Indicators of the groups, which are given out at random within each outcome."""
    names = about.groups.index.to_numpy()
    parts = [random.permutation(names.repeat(sizes)) for sizes in about.group_counts.T]
    return (np.concatenate(parts)[:, None] == names[1:]).astype(float)


def design_of(rows: pd.DataFrame, about: Study) -> np.ndarray:
    """The design of a cohort's rows, sorted."""
    rows = rows.sort_values(about.outcome, ascending=False, kind="stable")
    (design,) = with_intercept(terms(columns_of(rows, about), about, with_groups=True))
    design[:, 1 + about.factors.index(about.length)] /= LENGTH_UNIT
    return design


def rows_of(design: np.ndarray, about: Study) -> pd.DataFrame:
    """The rows of a design: group, factors and outcome."""
    terms = 1 + len(about.factors)
    rows = pd.DataFrame(design[:, 1:terms], columns=about.factors)
    rows[about.length] *= LENGTH_UNIT
    rows = rows.round().astype("int16")
    number = (design[:, terms:] @ np.arange(1, len(about.groups))).astype(int)
    rows.insert(0, about.group, about.groups.index.to_numpy()[number])
    return rows.assign(**{about.outcome: outcome_of(about).astype("int16")})


def core_of(design: np.ndarray, about: Study) -> tuple[int, int]:
    """Patients with both markers among the occluded and among the patent."""
    both = design[:, marker_columns(about)].prod(axis=1)
    return tuple(int(both[outcome_of(about) == value].sum()) for value in (1, 0))


def move_to_core(
    design: np.ndarray, core: tuple[int, int], about: Study, random: np.random.Generator
) -> np.ndarray:
    """The same patients with markers exchanged within each outcome until the core is the one
    wanted.
    """
    design, outcome = design.copy(), outcome_of(about)
    first, second = (design[:, column] for column in marker_columns(about))
    for value, wanted in zip((1, 0), core, strict=True):
        stratum = outcome == value
        while missing := wanted - int((first * second)[stratum].sum()):
            have, lack = (0, 1) if missing > 0 else (1, 0)
            i = random.choice(np.flatnonzero(stratum & (first == 1) & (second == have)))
            j = random.choice(np.flatnonzero(stratum & (first == 0) & (second == lack)))
            first[i], first[j] = first[j], first[i]
    return design


def _pairs_away(about: Study, threshold: float, rung: ladder.Rung) -> np.ndarray:
    """By how many patients each count pair of a yes-or-no factor must change to be one that the
    rung allows and every test finds significant."""
    possible = univariate.significant_pairs(*about.totals, threshold, by_every_test=True)
    possible &= ladder.admissible_pairs(*about.totals, rung)
    return ndimage.distance_transform_cdt(~possible, metric="taxicab").astype(np.int64)


def target_of(
    about: Study,
    settings: dict,
    rung: ladder.Rung = ladder.RUNGS[0],
    *,
    unprinted_p: float | None = None,
    least_log_odds_ratio: float = -np.inf,
) -> Target:
    """What a cohort is to print, and what a rung of the ladder asks of it.

    A factor whose odds ratio is not printed must have P above ``unprinted_p`` in the joint model
    (just above its threshold alone by default) and a logarithm of the odds ratio above
    ``least_log_odds_ratio``.
    """
    terms = 1 + len(about.factors) + (len(about.groups) - 1) * about.adjusts_for_group
    threshold, margin = about.threshold(about.length), settings["margin"]
    joint = threshold * (1 + margin) if unprinted_p is None else unprinted_p
    least, most, unit = (np.full((terms, 4), value) for value in (-np.inf, np.inf, 1.0))
    for i, factor in enumerate(about.factors, start=1):
        if factor in about.markers:
            for j, quantity in enumerate(wald.QUANTITIES):
                bounds = interval(about.claims.at[f"multivariate.{factor}.{quantity}", "printed"])
                middle, half = (float(bounds.upper + sign * bounds.lower) / 2 for sign in (1, -1))
                ends = middle + half * np.array(
                    [-1, 1, -settings["clearance"], settings["clearance"]]
                )
                # Odds ratios as logarithms, P as a deviate, which falls as P rises.
                ends = np.log(ends) if j < 3 else stats.norm.isf(ends / 2)
                unit[i, j] = abs(ends[1] - ends[0]) / 2
                least[i, j], most[i, j] = sorted(ends[2:])
        else:
            least[i, 0], most[i, 3] = least_log_odds_ratio, stats.norm.isf(joint / 2)
            unit[i] = settings["z_unit"]
    most_last = ladder.crude_log_odds_of_last(about) + np.log(rung.most_times_crude)
    alone = threshold * (1 - margin)
    return Target(
        errors=wald.multipliers(about.printed.level)[0] * np.array([0.0, -1.0, 1.0]),
        least=least,
        most=most,
        unit=unit,
        binary=np.array([1 + about.factors.index(name) for name in about.binary], np.int64),
        length=1 + about.factors.index(about.length),
        pairs=_pairs_away(about, alone, rung),
        alone_z=float(stats.norm.isf(alone / 2)),
        z_unit=settings["z_unit"],
        shortest=settings["shortest_mm"],
        longest=settings["longest_mm"],
        most_difference=rung.most_difference,
        most_inflation=rung.most_inflation,
        most_last=most_last if rung.worst_last else np.zeros(0),
    )


def witness_steps(about: Study, target: Target, *, keeps_core: bool) -> Steps:
    """Steps within the outcomes: each factor that is not printed is free; markers change places
    together where the core is kept, and so do the groups' indicators, unless the model has them.
    """
    free = [*target.binary.tolist(), target.length]
    groups = list(range(1 + len(about.factors), len(about.factors) + len(about.groups)))
    markers = marker_columns(about)
    blocks = [[column] for column in free] + [free]
    blocks += [markers] if keeps_core else [[column] for column in markers]
    if not about.adjusts_for_group:
        blocks.append(groups)
    return steps_of(blocks, free, 1 - outcome_of(about), groups[-1] + 1)
