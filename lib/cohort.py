"""A cohort: one row per patient, and the codebook that says what its columns mean.

Knows nothing of the paper. The environment variable COHORT names the file; the example cohort of
`data/` is used where it is not set.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from lib.files import InputError, fail, read_csv

DATA = Path(__file__).parent.parent / "data"
EXAMPLE = DATA / "cohort.csv"
CODEBOOK_COLUMNS = ["name", "label", "role", "type", "unit", "levels"]
ROLES = ["id", "group", "factor", "outcome", "time", "event"]
TYPES = ["text", "category", "binary", "number"]
ROLE_TYPES = {
    "group": ["category"],
    "factor": ["binary", "number"],
    "outcome": ["binary"],
    "time": ["number"],
    "event": ["binary"],
}
REQUIRED_ROLES = ["group", "factor", "outcome"]
OPTIONAL_ROLES = ["time", "event"]


@dataclass(frozen=True)
class Cohort:
    """Validated rows with their codebook.

    `rows` holds the codebook's columns only: binary columns and numbers are floats (missing is
    NaN), the group is an ordered category. `codebook` is indexed by column name.
    """

    rows: pd.DataFrame
    codebook: pd.DataFrame
    path: Path
    is_example: bool

    def named(self, role: str) -> list[str]:
        """The cohort's columns that have a role, in the order of the codebook."""
        return [name for name in self.codebook.index[self.codebook["role"] == role] if name in self.rows]

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
        levels = self.levels(name)
        words = self.codebook.get("level_labels", pd.Series("", self.codebook.index))[name].split("|")
        return dict(zip(levels, words if len(words) == len(levels) else levels, strict=True))

    def phrase(self, name: str) -> str:
        """The words for a column inside a sentence: its label in lower case, but for abbreviations."""
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
        """The rows in which none of `columns` is missing."""
        return self.rows.dropna(subset=columns)


def chosen_path() -> Path:
    """The file that COHORT names, or the example cohort; a relative path starts where we are."""
    chosen = os.environ.get("COHORT", "").strip()
    return Path(chosen).expanduser().resolve() if chosen else EXAMPLE


def codebook_path(path: Path) -> Path:
    """The codebook beside a cohort file (x.codebook.csv for x.csv), or the one of `data/`."""
    beside = path.with_name(path.stem + ".codebook.csv")
    return beside if beside.is_file() else DATA / "codebook.csv"


def load(path: Path | None = None) -> Cohort:
    """The cohort the book is about. Raises `InputError` listing all that is wrong with the file."""
    path = Path(path) if path else chosen_path()
    codebook = read_codebook(codebook_path(path))
    raw = _read_parquet(path) if path.suffix == ".parquet" else read_csv(path, [])
    rows = _validated(raw, codebook, path)
    is_example = EXAMPLE.is_file() and path.read_bytes() == EXAMPLE.read_bytes()
    return Cohort(rows, codebook, path, is_example)


def read_codebook(path: Path) -> pd.DataFrame:
    """A codebook indexed by column name. Raises `InputError` listing all that is wrong with it."""
    codebook = read_csv(path, CODEBOOK_COLUMNS)
    problems = []
    for line, column in codebook.iterrows():
        if column["role"] not in ROLES:
            problems.append(f"line {line}, column role: “{column['role']}” is not one of {', '.join(ROLES)}")
        if column["type"] not in TYPES:
            problems.append(f"line {line}, column type: “{column['type']}” is not one of {', '.join(TYPES)}")
        levels = column["levels"].split("|") if column["levels"] else []
        if column["type"] == "category" and (len(levels) < 2 or "" in levels or len(set(levels)) < len(levels)):
            problems.append(
                f"line {line}, column levels: “{column['levels']}”; a category lists at least two, each once, as A|B"
            )
        if column["type"] == "binary" and levels != ["0", "1"]:
            problems.append(f"line {line}, column levels: “{column['levels']}”; a binary column has 0|1")
        fitting = ROLE_TYPES.get(column["role"], TYPES)
        if column["type"] in TYPES and column["type"] not in fitting:
            problems.append(
                f"line {line}, column type: “{column['type']}”; the {column['role']} is {' or '.join(fitting)}"
            )
        if not column["name"]:
            problems.append(f"line {line}, column name: empty; expected the name of a column")
    for name in codebook["name"][codebook["name"].duplicated()]:
        problems.append(f"column name: “{name}” occurs more than once")
    for role in ROLES:
        count = (codebook["role"] == role).sum()
        if (count == 0 and role in REQUIRED_ROLES) or (count > 1 and role != "factor"):
            expected = "at least one" if role == "factor" else "one"
            problems.append(f"column role: {count} rows have the role {role}; expected {expected}")
    fail(Path(path), problems)
    return codebook.set_index("name")


def _read_parquet(path: Path) -> pd.DataFrame:
    if not path.is_file():
        raise InputError(f"{path} cannot be used: there is no such file. Check the path.")
    try:
        table = pd.read_parquet(path)
        table = table if table.index.names == [None] else table.reset_index()
    except (OSError, ValueError) as error:
        raise InputError(f"{path} cannot be used: it is not a Parquet file ({type(error).__name__}).") from None
    table.index = pd.RangeIndex(1, len(table) + 1, name="row")
    return table.map(_as_text)


def _as_text(value: object) -> str:
    """A value as it would stand in a CSV file."""
    if np.ndim(value) == 0 and pd.isna(value):
        return ""
    if isinstance(value, (bool, np.bool_)):
        return str(int(value))
    if isinstance(value, (float, np.floating)):
        return np.format_float_positional(value, trim="-")
    return str(value).strip()


def _validated(raw: pd.DataFrame, codebook: pd.DataFrame, path: Path) -> pd.DataFrame:
    problems, columns = [], {}
    for name, rule in codebook.iterrows():
        if name not in raw:
            if rule["role"] not in OPTIONAL_ROLES:
                problems.append(f"column {name} is missing; expected {_expectation(rule)}")
            continue
        values, wrong = _converted(raw[name], rule)
        place = raw.index.name
        problems += [
            f"{place} {line}, column {name}: “{raw.at[line, name]}”; expected {_expectation(rule)}" for line in wrong
        ]
        columns[name] = values
    outcome = codebook.index[codebook["role"] == "outcome"][0]
    if outcome in columns and not problems and columns[outcome].isna().all():
        problems.append(f"column {outcome} is empty")
    fail(path, problems)
    return pd.DataFrame(columns).reset_index(drop=True)


def _expectation(rule: pd.Series) -> str:
    if rule["role"] == "id":
        return "a name for the patient that occurs only once"
    if rule["type"] in ("category", "binary"):
        return "one of " + ", ".join(rule["levels"].split("|"))
    unit = f" in {rule['unit']}" if rule["unit"] else ""
    return f"a number{unit}" if rule["type"] == "number" else "text"


def _converted(cells: pd.Series, rule: pd.Series) -> tuple[pd.Series, list]:
    """A column in its own type, and the lines whose value cannot be read."""
    empty = cells == ""
    if rule["role"] == "id":
        return cells, list(cells.index[cells.duplicated() | empty])
    if rule["type"] == "text":
        return cells, []
    if rule["type"] == "category":
        levels = rule["levels"].split("|")
        wrong = ~cells.isin(levels)
        return pd.Series(pd.Categorical(cells.where(~wrong), levels), cells.index), list(cells.index[wrong])
    numbers = pd.to_numeric(cells.where(~empty), errors="coerce").astype(float)
    wrong = ~empty & ~np.isfinite(numbers)
    if rule["type"] == "binary":
        wrong |= ~empty & ~numbers.isin([0, 1])
    return numbers, list(cells.index[wrong])
