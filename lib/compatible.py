"""What the abstract leaves open: the cores with what is known of each, and the range of each conclusion.

Nothing is searched for here. What `lib.exclusion` and `lib.witnesses` stored is checked against the
claims, and what fails the check counts as not stored.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from lib import checks, exclusion, reconstruct, witnesses
from lib.cohort import DATA, EXAMPLE, load, read_codebook
from lib.words import listed


@dataclass(frozen=True)
class Known:
    """What the claims settle about the cores, or in `problem` why nothing is settled.

    `cores` has one row per core: k1, k0, n11 (patients with both markers), status ("excluded",
    "witnessed" or "undecided"), excluded_by, se_bound_first, se_bound_second, margin, nearest_miss.
    `groups` (groups x 2) holds the occluded and the patent patients of each group; `labels` are the
    markers in words and `certain` a sentence with all counts that the claims determine.
    """

    problem: str | None = None
    printed: exclusion.Printed | None = None
    cores: pd.DataFrame = field(default_factory=pd.DataFrame)
    cohorts: pd.DataFrame = field(default_factory=pd.DataFrame)
    groups: np.ndarray | None = None
    markers: tuple[str, ...] = ()
    labels: tuple[str, ...] = ("", "")
    certain: str = ""
    example_core: tuple[int, int] = (0, 0)


def known(claims: pd.DataFrame) -> Known:
    """Judge every core by the stored certificates and witnesses, each of which is checked."""
    claims = reconstruct.original(claims)
    try:
        printed = exclusion.from_claims(claims)
    except ValueError as error:
        return Known(problem=str(error))
    solutions = reconstruct.solve(claims)
    if len(solutions) != 1:
        return Known(problem=f"one set of counts; there are {len(solutions) or 'none'}")
    by_group = reconstruct.group_table(claims, solutions[0])
    markers = tuple(name for name in checks.two_by_twos(claims) if name in checks.adjusted(claims))
    codebook = read_codebook(DATA / "codebook.csv")

    table = exclusion.judge(printed, exclusion.read())
    stored = pd.read_csv(witnesses.FOLDER / "cores.csv")
    cohorts = pd.read_parquet(witnesses.FOLDER / "cohorts.parquet")
    problems = witnesses.verify(cohorts, claims, codebook)
    table["n11"] = table["k1"] + table["k0"]
    table = table.merge(stored[["k1", "k0", "nearest_miss"]], how="left", on=["k1", "k0"])
    found = pd.MultiIndex.from_frame(table[["k1", "k0"]]).isin(problems.index[problems == ""])
    table["status"] = np.select([table["excluded_by"] != "", found], ["excluded", "witnessed"], "undecided")

    example = load(EXAMPLE).rows
    both = example[list(markers)].eq(1).all(axis=1)
    occluded = example[load(EXAMPLE).outcome] == 1
    labels = tuple(checks.about(marker) for marker in markers)
    return Known(
        printed=printed,
        cores=table,
        cohorts=cohorts,
        groups=np.column_stack([by_group["occluded"], by_group["patients"] - by_group["occluded"]]),
        markers=markers,
        labels=labels,
        certain=_certain(by_group, labels, (printed.first, printed.second)),
        example_core=(int((both & occluded).sum()), int((both & ~occluded).sum())),
    )


def _certain(by_group: pd.DataFrame, labels: tuple[str, ...], tables: tuple[np.ndarray, ...]) -> str:
    """The determined counts in a sentence."""
    groups = [f"{row.occluded} of {row.patients} in {group}" for group, row in by_group.iterrows()]
    markers = [
        f"{table[0, 0]} of {table[:, 0].sum()} occluded and {table[0, 1]} of {table[:, 1].sum()} patent stents had {label}"
        for label, table in zip(labels, tables, strict=True)
    ]
    return (
        f"{by_group['occluded'].sum()} of {by_group['patients'].sum()} stents occluded: {listed(groups)}. "
        + "; ".join(markers)
        + "."
    )


def span(values: pd.Series) -> str:
    """The least and the greatest of some whole numbers, in words."""
    if not len(values):
        return "no number"
    low, high = int(values.min()), int(values.max())
    return str(low) if low == high else f"{low} to {high}"
