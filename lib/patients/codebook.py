"""The codebook: what the columns of a cohort file mean, one line a column.

Its own columns are name, label, role, type, unit and levels (separated by ``|``, the first being
the reference). Optional ones are ``level_labels`` (words for the levels), ``missing`` (the codes
for values that are not known, separated by ``|``, or "none" where every number is a value), and
``label_zh`` and ``level_labels_zh``. A column that serves two roles has two lines, or the role
``outcome|event``.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from pathlib import Path

import pandas as pd

from lib.patients.errors import fail, one_line, quoted
from lib.patients.files import read_table

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
OPTIONAL_ROLES = ["time", "event"]
LEVEL_WORDS = ["level_labels", "level_labels_zh"]
LISTS = ["role", "levels", "missing", *LEVEL_WORDS]
MOST_LEVELS = 50
RESERVED_NAMES = {"const"}
RESERVED_LEVELS = {"all", "all patients"}
# A year is 365 days, so that 12 months, 365 days and 1 year are the same horizon.
DAYS = {"hour": 1 / 24, "h": 1 / 24, "day": 1, "d": 1, "week": 7, "month": 365 / 12, "year": 365}
DURATION = re.compile(r"(\d+(?:\.\d+)?) ?([^\W\d]+)")
INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")


def plain_word(text: str) -> str:
    """A word without regard to case, width, spaces, hyphens and underscores, but for those between
    digits.
    """
    text = INVISIBLE.sub("", unicodedata.normalize("NFKC", text)).strip()
    return re.sub(r"(?<!\d)[\s_\-‐‑]+|[\s_\-‐‑]+(?!\d)", "", text).casefold()


def parts(cell: str) -> list[str]:
    """The entries of a cell that lists some, none where it is empty."""
    return cell.split("|") if cell else []


def in_file(name: str, rule: pd.Series) -> str:
    """The name that a column has in the file, where its second role has a name of its own."""
    return name.removesuffix(f" ({rule['role']})")


def horizon(codebook: pd.DataFrame, outcome: str, time: str) -> float | None:
    """When the outcome is counted, in the unit of the time; None where its unit is no duration, or
    the two units cannot be converted.
    """
    duration = DURATION.fullmatch(codebook.at[outcome, "unit"])
    if not duration:
        return None
    of_outcome, of_time = (
        unit.casefold().removesuffix("s") for unit in (duration[2], codebook.at[time, "unit"])
    )
    if of_outcome == of_time:
        return float(duration[1])
    if not {of_outcome, of_time} <= set(DAYS):
        return None
    return float(duration[1]) * DAYS[of_outcome] / DAYS[of_time]


def read_codebook(path: Path) -> pd.DataFrame:
    """A codebook indexed by column name. Raises `InputError` listing all that is wrong with it."""
    return read_with_notes(path)[0]


def read_with_notes(path: Path) -> tuple[pd.DataFrame, list[str]]:
    """The same, and notes on how the file was read."""
    table = read_table(path, CODEBOOK_COLUMNS)
    rows = table.rows.astype(object)
    known = {*CODEBOOK_COLUMNS, *LISTS}
    lower = {name: re.sub(r"[\s-]+", "_", name.lower()) for name in rows}
    rows = rows.rename(columns={name: new for name, new in lower.items() if new in known})
    headers = list(rows)
    problems = [*table.problems]
    for name in CODEBOOK_COLUMNS:
        if name not in headers:
            problems.append(
                f"column {name} is missing; the file has {', '.join(map(str, table.rows))}"
            )
    repeated = [name for name, count in Counter(headers).items() if count > 1]
    problems += [f"column {name} occurs more than once; keep one of them" for name in repeated]
    if rows.empty and not table.problems:
        problems.append("it has a header and no rows")
    fail(path, problems)
    rows = rows.map(one_line)
    for column in {"role", "type"}:
        rows[column] = rows[column].str.lower()
    for column in {*LISTS} & {*rows}:
        rows[column] = rows[column].map(
            lambda cell: "|".join(part.strip() for part in cell.split("|"))
        )
    rows = rows.assign(role=rows["role"].str.split("|")).explode("role")
    problems = [
        problem
        for line, rule in rows.iterrows()
        for problem in _rule_problems(f"{table.place} {line}", rule)
    ]
    named = _named_apart(rows)
    problems += _codebook_problems(named)
    fail(path, problems)
    return named.set_index("name"), table.notes


def _named_apart(rows: pd.DataFrame) -> pd.DataFrame:
    """The lines of a codebook; a column's second role has the name "column (role)"."""
    again = rows.duplicated("name") & ~rows.duplicated(["name", "role"]) & (rows["name"] != "")
    return rows.assign(name=rows["name"].where(~again, rows["name"] + " (" + rows["role"] + ")"))


def _rule_problems(where: str, rule: pd.Series) -> list[str]:
    """What is wrong with one line of a codebook."""
    problems = []
    kind, role, levels = rule["type"], rule["role"], parts(rule["levels"])

    def note(column: str, words: str) -> None:
        problems.append(f"{where}, column {column}: {words}")

    if role not in ROLES:
        note("role", f"{quoted(role)} is not one of {', '.join(ROLES)}")
    if kind not in TYPES:
        note("type", f"{quoted(kind)} is not one of {', '.join(TYPES)}")
    elif kind not in (fitting := ROLE_TYPES.get(role, TYPES)):
        note("type", f"{quoted(kind)}; the {role} is {' or '.join(fitting)}")
    different = "" not in levels and len(set(levels)) == len(levels)
    shown = quoted(rule["levels"])
    if kind == "category" and (len(levels) < 2 or not different):
        note("levels", f"{shown}; a category lists at least two, each once, as A|B")
    if kind == "category" and len(levels) > MOST_LEVELS:
        note("levels", f"{len(levels)} levels; a category has at most {MOST_LEVELS}")
    if kind == "binary" and (len(levels) != 2 or not different):
        note("levels", f"{shown}; a binary column has two, the reference first, such as 0|1")
    if not rule["name"]:
        note("name", "empty; expected the name of a column")
    for column in LEVEL_WORDS:
        words = parts(rule.get(column, ""))
        if words and levels and (len(words) != len(levels) or len(set(words)) < len(levels)):
            expected = f"expected {len(levels)} different ones, one a level"
            note(column, f"{quoted(rule[column])}; {expected}")
    for code in {*parts(rule.get("missing", ""))} & {*levels}:
        note("missing", f"{quoted(code)} is a level too; keep it in one of the two columns")
    # The analyses use these words for other things.
    if rule["name"] in RESERVED_NAMES:
        note("name", f"{quoted(rule['name'])} has a meaning of its own; choose another name")
    if role == "group" and (taken := sorted(RESERVED_LEVELS & set(levels))):
        note("levels", f"{quoted(taken[0])} has a meaning of its own; choose another word")
    return problems


def _codebook_problems(rules: pd.DataFrame) -> list[str]:
    """What is wrong with the lines of a codebook taken together."""
    problems = []
    names = list(rules["name"])
    for name, count in Counter(name for name in names if name).items():
        if count > 1:
            problems.append(f"column name: {quoted(name)} occurs more than once in the same role")
    for _, rule in rules[(rules["role"] == "factor") & (rules["type"] == "category")].iterrows():
        for level in parts(rule["levels"]):
            if (new := f"{rule['name']}={level}") in names:
                what = f"what a level of {quoted(rule['name'])} is called"
                problems.append(f"column name: {quoted(new)} is {what}")
    for role in ROLES:
        count = (rules["role"] == role).sum()
        if (count == 0 and role in REQUIRED_ROLES) or (count > 1 and role != "factor"):
            expected = "at least one" if role == "factor" else "one"
            problems.append(f"column role: {count} rows have the role {role}; expected {expected}")
    of_role = rules.drop_duplicates("role").set_index("role")["name"]
    if not problems and "time" in of_role:
        by_name = rules.drop_duplicates("name").set_index("name")
        until = by_name.at[of_role["outcome"], "unit"]
        if (
            DURATION.fullmatch(until)
            and horizon(by_name, of_role["outcome"], of_role["time"]) is None
        ):
            unit = by_name.at[of_role["time"], "unit"]
            problems.append(
                f"column unit: the outcome is counted at {quoted(until)} and the time has the unit "
                f"{quoted(unit)}, which cannot be converted; write days, weeks, months or years"
            )
    return problems
