"""A cohort: one row per patient, and the codebook that says what its columns mean.

Knows nothing of the paper, nor of the file that it was read from (`loading`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from lib.patients.codebook import parts
from lib.patients.disclosure import Withheld


@dataclass(frozen=True)
class Cohort:
    """Validated rows with their codebook.

    ``rows`` holds the codebook's columns only: binary columns and numbers are floats (missing is
    NaN), the group is an ordered category. ``codebook`` is indexed by column name; a factor of more
    than two levels stands there as its indicators (`categories`), and every binary column has the
    levels 0|1. ``notes`` say how the file was read where more than one reading was possible, and
    what was changed; ``dropped`` are its columns that the codebook does not have.
    ``original_codebook`` still has the categories. ``withheld`` says what of all this a book may
    not show (``disclosure``).
    """

    rows: pd.DataFrame
    codebook: pd.DataFrame
    path: Path
    is_example: bool
    notes: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    original_codebook: pd.DataFrame | None = None
    withheld: Withheld = field(default_factory=Withheld)

    def named(self, role: str) -> list[str]:
        """The cohort's columns that have a role, in the order of the codebook."""
        return [
            name for name in self.codebook.index[self.codebook["role"] == role] if name in self.rows
        ]

    @property
    def group(self) -> str:
        return self.named("group")[0]

    @property
    def groups(self) -> list[str]:
        return list(self.rows[self.group].cat.categories)

    @property
    def outcome(self) -> str:
        return self.named("outcome")[0]

    @property
    def factors(self) -> list[str]:
        return self.named("factor")

    @property
    def binary_factors(self) -> list[str]:
        return [name for name in self.factors if self.codebook.at[name, "type"] == "binary"]

    def label(self, name: str) -> str:
        """The words for a column, with its unit where it has one."""
        unit = self.codebook.at[name, "unit"]
        label = self.codebook.at[name, "label"] or name
        return f"{label} ({unit})" if unit and self.codebook.at[name, "role"] == "factor" else label

    def levels(self, name: str) -> list[str]:
        """The levels of a column, the first being the reference."""
        return self.codebook.at[name, "levels"].split("|")

    def level_labels(self, name: str) -> dict[str, str]:
        """The words for each level of a column; the level itself where there are none."""
        levels, words = self.levels(name), parts(self.codebook.loc[name].get("level_labels", ""))
        return dict(zip(levels, words if len(words) == len(levels) else levels, strict=True))

    def phrase(self, name: str) -> str:
        """The words for a column in a sentence: its label in lower case, but for abbreviations."""
        label = self.codebook.at[name, "label"] or name
        return label if label[1:2].isupper() else label[:1].lower() + label[1:]

    @property
    def event(self) -> str:
        """The word for a patient with the outcome, for example "occluded"."""
        return self.level_labels(self.outcome)["1"]

    @property
    def no_event(self) -> str:
        """The word for a patient without the outcome, for example "patent"."""
        return self.level_labels(self.outcome)["0"]

    @property
    def freedom(self) -> str:
        """The words for the share of patients without the outcome."""
        return "patency" if self.no_event == "patent" else f"share “{self.no_event}”"

    @property
    def horizon(self) -> str:
        """When the outcome is counted, for example "12 months"."""
        return self.codebook.at[self.outcome, "unit"] or "the end of follow-up"

    def complete(self, columns: list[str]) -> pd.DataFrame:
        """The rows in which none of ``columns`` is missing."""
        return self.rows.dropna(subset=columns)
