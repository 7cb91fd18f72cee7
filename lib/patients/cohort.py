"""A cohort: one row per patient, and the codebook that says what its columns mean.

Knows nothing of the paper, nor of the file that it was read from (`loading`).
"""

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from lib.patients.codebook import DAYS, number_form, parts, read_codebook
from lib.patients.files import DATA, uncompressed
from lib.patients.levels import ALSO_NO, ALSO_YES, NO, YES
from lib.words import NO_BREAK

# Words for a level that tell nothing without the name of its column.
YES_OR_NO = {"1", "0"} | YES | NO | ALSO_YES | ALSO_NO


@cache
def _own_labels() -> frozenset[str]:
    return frozenset(
        label for file in DATA.rglob("*codebook.csv") for label in read_codebook(file)["label"]
    )


@dataclass(frozen=True)
class Withheld:
    """What may not be shown of a cohort (``disclosure``); nothing where ``threshold`` is 0.

    ``totals`` are the columns, and the levels of the group, whose own counts may not. ``outcome``
    has the factors of whose table with the outcome nothing may be shown, ``complete`` these and
    those of which nothing may among the patients without a missing value. ``groups`` has for a
    column the groups whose row in its table with the group may not, and ``pairs`` the pairs of
    factors. ``means`` are the numbers of which no mean of a group, nor of all patients, may.
    """

    threshold: int = 0
    totals: frozenset[str] = frozenset()
    outcome: frozenset[str] = frozenset()
    complete: frozenset[str] = frozenset()
    groups: dict[str, frozenset[str]] = field(default_factory=dict)
    pairs: frozenset[frozenset[str]] = frozenset()
    means: frozenset[str] = frozenset()

    def by_group(self, name: str) -> frozenset[str]:
        """The groups of which nothing about this column may be shown."""
        return self.groups.get(name, frozenset())

    @property
    def enough_for_two(self) -> int:
        """The patients of whom, parted in two in any way, one part is not too few."""
        return max(2 * self.threshold - 1, 0)

    def small(self, count: float | np.ndarray) -> bool | np.ndarray:
        """Whether so many patients are some and too few."""
        return (np.asarray(count) > 0) & (np.asarray(count) < self.threshold)

    def hides_quantile(self, values: pd.Series, quantile: float) -> bool:
        """Whether fewer than the threshold lie on either side of a quantile of the values."""
        sides = (values <= quantile).sum(), (values >= quantile).sum()
        return not pd.isna(quantile) and min(sides) < self.threshold

    def dominated(self, values: pd.Series) -> bool:
        """Whether mean and standard deviation would tell the value of one patient.

        With more than 81% of the squared deviations in one, it would be known to within ten percent
        of how far it is from the mean.
        """
        squares = (values - values.mean()) ** 2
        return bool(self.threshold and squares.max() > 0.81 * squares.sum())

    def hides_mean(self, values: pd.Series) -> bool:
        """Whether a mean with its standard deviation may not be shown: too few lie on one side of
        it, as of values that are nearly all the same."""
        sides = (values < values.mean()).sum(), (values > values.mean()).sum()
        return self.dominated(values) or (values.notna().any() and min(sides) < self.threshold)


@dataclass(frozen=True)
class Cohort:
    """Validated rows with their codebook.

    ``rows`` holds the codebook's columns only: binary columns and numbers are floats (missing is
    NaN), the group is an ordered category. ``codebook`` is indexed by column name; a factor of more
    than two levels stands there as its indicators (``categories``), and every binary column has the
    levels 0|1. ``notes`` say how the file was read where more than one reading was possible;
    ``row_notes`` are those of them about single rows. ``original_codebook`` is that of the file,
    with its categories. ``withheld`` says what of all this a book may not show (``disclosure``).
    """

    rows: pd.DataFrame
    codebook: pd.DataFrame
    path: Path
    is_example: bool
    notes: tuple[str, ...] = ()
    row_notes: tuple[str, ...] = ()
    original_codebook: pd.DataFrame | None = None
    withheld: Withheld = field(default_factory=Withheld)

    @property
    def name(self) -> str:
        """What a book calls the cohort: its file's name without the format."""
        return uncompressed(self.path).stem

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
    def described(self) -> list[str]:
        """The factors, and of each of more than two levels also the reference, which is the first,
        and those that no patient has."""
        return [
            name
            for name, role in self.codebook["role"].items()
            if role in ("factor", "reference", "empty")
        ]

    def reference(self, factor: str) -> str | None:
        """The column of the level that a level of a category is compared with; None of others."""
        if factor not in self.codebook.index or not self.codebook.loc[factor].get("category"):
            return None
        alike = self.codebook["category"] == self.codebook.at[factor, "category"]
        return self.codebook.index[alike & (self.codebook["role"] == "reference")][0]

    def source(self, name: str) -> str:
        """The category of whose levels a column is one, or else the column itself."""
        return self.codebook.loc[name].get("category") or name

    @property
    def binary_factors(self) -> list[str]:
        return [name for name in self.factors if self.codebook.at[name, "type"] == "binary"]

    def _called(self, name: str) -> str:
        """The codebook's label of a column; of a factor with two levels that have names, such as
        male and female, also which of them is counted."""
        label = self.codebook.at[name, "label"] or name
        word = self._telling_word(name, "1", "") if name in self.binary_factors else ""
        return f"{label}: {word}" if word else label

    def label(self, name: str) -> str:
        """The words for a column, with its unit where it has one; or for a category."""
        if name not in self.codebook.index:
            return self.original_codebook.at[name, "label"] or name
        unit, label = self.codebook.at[name, "unit"], self._called(name)
        return f"{label} ({unit})" if unit and self.codebook.at[name, "role"] == "factor" else label

    def step(self, name: str) -> float:
        """The difference of a factor that its odds ratio is about: of a number the codebook's step,
        or else the power of ten nearest to its standard deviation, for whole numbers at least 1;
        otherwise 1, as of another term of a model."""
        asked = self.codebook.get("step", {}).get(name, "")
        spread = self.rows[name].std() if name in self.factors else 0
        if asked or name in self.binary_factors or not spread > 0:
            return float(asked or 1)
        # By their ratio: 80 is nearer to 100 than to 10, and 20 to 10.
        nearest = float(10.0 ** np.round(np.log10(spread)))
        are_whole = (self.rows[name].dropna() % 1 == 0).all()
        return max(nearest, 1.0) if are_whole else nearest

    def per_step(self, name: str) -> str:
        """The words for a factor, with the step where that is not its only one."""
        if self.codebook.at[name, "type"] == "binary":
            return self.label(name)
        unit, label = self.codebook.at[name, "unit"], self._called(name)
        if self.step(name) == 1 and unit.removesuffix("s") in DAYS:
            return f"{label} (per {unit.removesuffix('s')})"
        return f"{label} (per {self.step(name):,.9g}{NO_BREAK * bool(unit)}{unit})"

    def level_labels(self, name: str) -> dict[str, str]:
        """The words for each level of a column; the level itself where there are none."""
        levels = parts(self.codebook.at[name, "levels"])
        words = parts(self.codebook.loc[name].get("level_labels", ""))
        return dict(zip(levels, words if len(words) == len(levels) else levels, strict=True))

    def phrase(self, name: str) -> str:
        """The words for a column in a sentence: its label as the codebook writes it, but where all
        are those of the project's own codebooks, English nouns, with a small first letter."""
        label = self._called(name)
        own = {*self.codebook["label"]} <= _own_labels()
        return label[:1].lower() + label[1:] if own else label

    @property
    def event(self) -> str:
        """The words for patients with the outcome, for example "occluded"."""
        return self._telling_word(self.outcome, "1", "with event")

    @property
    def no_event(self) -> str:
        """The words for patients without the outcome, for example "patent"."""
        return self._telling_word(self.outcome, "0", "without event")

    def _telling_word(self, name: str, level: str, otherwise: str) -> str:
        """The codebook's words for a level of a column, if they are more than a number, yes or
        no."""
        words = self.level_labels(name)
        telling = [
            not number_form(word) and word.casefold() not in YES_OR_NO for word in words.values()
        ]
        return words[level] if any(telling) else otherwise

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
