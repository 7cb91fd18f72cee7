"""What the claims settle about the patients, which every compatible cohort must have."""

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from lib.compatible import exclusion
from lib.paper import checks, reconstruct
from lib.paper.digits import number
from lib.paper.published import subject
from lib.patients.codebook import read_codebook
from lib.patients.files import DATA, InputError

FOLDER = DATA / "compatible"


@dataclass(frozen=True)
class Study:
    """Counts that the claims determine, and what is asked of a cohort.

    ``factors`` are those of the joint model and ``markers`` the two of them with determined counts;
    ``groups`` has the patients and the occluded by group, ``tables`` each marker's two-by-two table
    (``checks.two_by_twos``). With ``adjusts_for_group`` the joint model also has an indicator
    of each group but the first.
    """

    claims: pd.DataFrame
    codebook: pd.DataFrame
    factors: list[str]
    markers: list[str]
    group: str
    outcome: str
    groups: pd.DataFrame
    tables: dict[str, np.ndarray]
    adjusts_for_group: bool = False

    @property
    def totals(self) -> tuple[int, int]:
        """Occluded and patent patients."""
        return tuple(self.tables[self.markers[0]].sum(axis=0).tolist())

    @property
    def group_counts(self) -> np.ndarray:
        """Occluded and patent patients of each group, groups x 2."""
        return np.column_stack(
            [self.groups["occluded"], self.groups["patients"] - self.groups["occluded"]]
        )

    @property
    def binary(self) -> list[str]:
        """The yes-or-no factors whose counts are not printed."""
        return [name for name in self.factors if self.is_binary(name) and name not in self.markers]

    @property
    def length(self) -> str:
        """The one factor that is a number."""
        (name,) = (name for name in self.factors if not self.is_binary(name))
        return name

    def is_binary(self, factor: str) -> bool:
        """Whether a factor is a yes or no."""
        return self.codebook.at[factor, "type"] == "binary"

    def threshold(self, factor: str) -> float:
        """The P below which a factor alone is claimed to be; infinite where no claim is made."""
        printed = self.claims["printed"].get(f"univariate.{factor}.p_value")
        return np.inf if printed is None else float(number(printed))

    @cached_property
    def printed(self) -> exclusion.Printed:
        """What is printed of the two markers; raises as ``exclusion.from_claims``."""
        return exclusion.from_claims(self.claims)

    def with_model(self, factors: list[str], adjusts_for_group: bool = False) -> "Study":
        """The same patients when the joint model holds these factors, and nothing is asked of the
        others."""
        asked = ~self.claims.index.map(subject).isin(set(self.factors) - set(factors))
        return replace(
            self,
            factors=factors,
            claims=self.claims[asked],
            adjusts_for_group=adjusts_for_group,
        )


def study(claims: pd.DataFrame, codebook: pd.DataFrame | None = None) -> Study:
    """What the claims settle, in the columns of a codebook, by default the paper's.

    Raises ``InputError`` when the claims do not determine the counts.
    """
    codebook = read_codebook(DATA / "codebook.csv") if codebook is None else codebook
    claims = reconstruct.original(claims)
    solutions = reconstruct.solve(claims)
    sets = sum(solution.ways for solution in solutions)
    if sets != 1:
        raise InputError(
            "one set of counts is needed: the claims must determine the counts, and allow "
            f"{sets or 'none'}"
        )
    group, outcome = (codebook.index[codebook["role"] == role][0] for role in ("group", "outcome"))
    return Study(
        claims=claims,
        codebook=codebook,
        factors=list(codebook.index[codebook["role"] == "factor"]),
        markers=reconstruct.markers(claims),
        group=group,
        outcome=outcome,
        groups=reconstruct.group_table(claims, solutions[0]),
        tables=checks.two_by_twos(claims),
    )


def read_stored(name: str, folder: Path = FOLDER) -> pd.DataFrame:
    """A stored table; an empty one where nothing is stored."""
    path = folder / name
    if not path.exists():
        return pd.DataFrame()
    return pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path, comment="#")
