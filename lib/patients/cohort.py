"""A cohort: one row per patient, and the codebook that says what its columns mean.

Knows nothing of the paper. The environment variable COHORT names the file; the example cohort of
`data/` is used where it is not set.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyarrow as pa

from lib.patients import categories, disclosure, parse, spreadsheet
from lib.patients.files import DATA, fail, one_line
from lib.patients.spreadsheet import quoted

EXAMPLE = DATA / "cohort.csv"
CODEBOOK_COLUMNS = ["name", "label", "role", "type", "unit", "levels"]
ROLES = ["id", "group", "factor", "outcome", "time", "event"]
TYPES = ["text", "category", "binary", "number"]
ROLE_TYPES = {
    "group": ["category"],
    "factor": ["binary", "number", "category"],
    "outcome": ["binary"],
    "time": ["number"],
    "event": ["binary"],
}
REQUIRED_ROLES = ["group", "factor", "outcome"]
LEVEL_WORDS = ["level_labels", "level_labels_zh"]
MOST_LEVELS = 50
RESERVED_NAMES = {"const"}
RESERVED_LEVELS = {"all", "all patients"}
# The environment variable by which a build hands the cohort on to its chapters.
HANDED_ON = "COHORT_AS_READ"


@dataclass(frozen=True)
class Cohort:
    """Validated rows with their codebook.

    `rows` holds the codebook's columns only: binary columns and numbers are floats (missing is
    NaN), the group is an ordered category. `codebook` is indexed by column name; a factor of more
    than two levels stands there as its indicators (`lib.patients.categories`). `notes` say how the
    file was read where more than one reading was possible, and what was changed; `dropped` are its
    columns that the codebook does not have. `original_codebook` still has the categories. No table
    shows fewer patients than `threshold` in a cell (`lib.patients.disclosure`); where it is 0,
    nothing was done about that.
    """

    rows: pd.DataFrame
    codebook: pd.DataFrame
    path: Path
    is_example: bool
    notes: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    original_codebook: pd.DataFrame | None = None
    threshold: int = 0

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
        levels = self.levels(name)
        words = self.codebook.get("level_labels", pd.Series("", self.codebook.index))[name].split(
            "|"
        )
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
    """The cohort in a file, as it is; without a path, the cohort the book is about.

    That one comes from `chosen_path`, or from the build that runs the chapter (`hand_on`), and
    before anything is printed of it, small cells are taken care of (`lib.patients.disclosure`).
    Raises `InputError` listing all that is wrong with the file.
    """
    if path is None:
        handed_on = os.environ.get(HANDED_ON)
        return (
            pd.read_pickle(handed_on, compression=None)
            if handed_on
            else disclosure.controlled(load(chosen_path()))
        )
    path = Path(path)
    beside = codebook_path(path)
    codebook, codebook_notes = _read_codebook(beside)
    found = parse.read(path, codebook)
    fail(path, list(found.problems))
    rows, expanded = categories.expand(found.rows, codebook)
    # A bare comparison of contents would read a registry of a million rows twice.
    is_example = (
        EXAMPLE.is_file()
        and path.stat().st_size == EXAMPLE.stat().st_size
        and path.read_bytes() == EXAMPLE.read_bytes()
    )
    notes = (*(f"{beside.name}: {note}" for note in codebook_notes), *found.notes)
    return Cohort(rows, expanded, path, is_example, notes, found.dropped, codebook)


@contextmanager
def hand_on(cohort: Cohort, path: Path) -> Iterator[None]:
    """Let this process and those that it starts meanwhile have this cohort from `load`, without
    reading its file again.

    `path` holds it for so long, for nobody else to read.
    """
    path.touch(mode=0o600)
    pd.to_pickle(cohort, path, compression=None)
    os.environ[HANDED_ON] = str(path)
    try:
        yield
    finally:
        del os.environ[HANDED_ON]
        path.unlink()


def read_codebook(path: Path) -> pd.DataFrame:
    """A codebook indexed by column name. Raises `InputError` listing all that is wrong with it."""
    return _read_codebook(Path(path))[0]


def _read_codebook(path: Path) -> tuple[pd.DataFrame, list[str]]:
    """A codebook and notes on how it was read."""
    sheet = spreadsheet.read(path, CODEBOOK_COLUMNS)
    headers = [column.header for column in sheet.columns]
    problems = [
        *sheet.problems,
        *(
            f"column {name} is missing; the file has {', '.join(headers)}"
            for name in CODEBOOK_COLUMNS
            if name not in headers
        ),
        *["it has a header and no rows"] * (not len(sheet.lines) and not sheet.problems),
    ]
    fail(path, problems)
    codebook = pd.DataFrame(
        {
            column.header: [
                one_line(text) for text in column.values.take(pa.array(column.codes)).to_pylist()
            ]
            for column in sheet.columns
        },
        index=pd.Index(sheet.lines, name="line"),
        dtype=object,
    )
    for column in ("role", "type"):
        codebook[column] = codebook[column].str.lower()
    for column in {"levels", *LEVEL_WORDS} & set(codebook):
        codebook[column] = codebook[column].map(
            lambda cell: "|".join(part.strip() for part in cell.split("|"))
        )
    fail(
        path,
        [problem for line, rule in codebook.iterrows() for problem in _rule_problems(line, rule)]
        + _codebook_problems(codebook),
    )
    return codebook.set_index("name"), sheet.notes


def _rule_problems(line: int, rule: pd.Series) -> list[str]:
    """What is wrong with one line of a codebook."""
    problems = []
    levels = rule["levels"].split("|") if rule["levels"] else []
    if rule["role"] not in ROLES:
        problems.append(
            f"line {line}, column role: {quoted(rule['role'])} is not one of {', '.join(ROLES)}"
        )
    if rule["type"] not in TYPES:
        problems.append(
            f"line {line}, column type: {quoted(rule['type'])} is not one of {', '.join(TYPES)}"
        )
    if rule["type"] == "category" and (
        len(levels) < 2 or "" in levels or len(set(levels)) < len(levels)
    ):
        problems.append(
            f"line {line}, column levels: {quoted(rule['levels'])}; a category lists at least two, each once, as A|B"
        )
    if rule["type"] == "category" and len(levels) > MOST_LEVELS:
        problems.append(
            f"line {line}, column levels: {len(levels)} levels; a category has at most {MOST_LEVELS}"
        )
    if rule["type"] == "binary" and levels != ["0", "1"]:
        problems.append(
            f"line {line}, column levels: {quoted(rule['levels'])}; a binary column has 0|1"
        )
    fitting = ROLE_TYPES.get(rule["role"], TYPES)
    if rule["type"] in TYPES and rule["type"] not in fitting:
        problems.append(
            f"line {line}, column type: {quoted(rule['type'])}; the {rule['role']} is {' or '.join(fitting)}"
        )
    if not rule["name"]:
        problems.append(f"line {line}, column name: empty; expected the name of a column")
    for column in LEVEL_WORDS:
        words = rule.get(column, "")
        if (
            words
            and levels
            and (len(words.split("|")) != len(levels) or len(set(words.split("|"))) < len(levels))
        ):
            problems.append(
                f"line {line}, column {column}: {quoted(words)}; expected {len(levels)} different ones, one a level"
            )
    # The analyses use these words for other things.
    if rule["name"] in RESERVED_NAMES:
        problems.append(
            f"line {line}, column name: {quoted(rule['name'])} has a meaning of its own; choose another name"
        )
    if rule["role"] == "group" and (taken := sorted(RESERVED_LEVELS & set(levels))):
        problems.append(
            f"line {line}, column levels: {quoted(taken[0])} has a meaning of its own; choose another word"
        )
    return problems


def _codebook_problems(codebook: pd.DataFrame) -> list[str]:
    """What is wrong with the lines of a codebook taken together."""
    problems = []
    names = list(codebook["name"])
    for name in dict.fromkeys(name for name in names if name and names.count(name) > 1):
        problems.append(f"column name: {quoted(name)} occurs more than once")
    for _, rule in codebook[
        (codebook["role"] == "factor") & (codebook["type"] == "category")
    ].iterrows():
        taken = [
            new
            for level in rule["levels"].split("|")
            if (new := f"{rule['name']}={level}") in names
        ]
        problems += [
            f"column name: {quoted(new)} is what a level of {quoted(rule['name'])} is called"
            for new in taken
        ]
    for role in ROLES:
        count = (codebook["role"] == role).sum()
        if (count == 0 and role in REQUIRED_ROLES) or (count > 1 and role != "factor"):
            expected = "at least one" if role == "factor" else "one"
            problems.append(f"column role: {count} rows have the role {role}; expected {expected}")
    return problems
