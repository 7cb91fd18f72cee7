"""The codebook: what the columns of a cohort file mean, one line a column.

Its own columns are name, label, role, type, unit and levels (separated by ``|``, the first being
the reference, which of a binary column may be an empty cell: ``|1``). Optional ones are
``level_labels`` (words for the levels), ``missing`` (the codes for values that are not known,
separated by ``|``; "none" says that no other number is one),
``step`` (the difference of a number that odds ratios are about), and ``label_zh`` and
``level_labels_zh``. A column that serves two roles has two lines, or the role
``outcome|event``.
"""

import re
import unicodedata
from difflib import get_close_matches
from pathlib import Path

import pandas as pd

from lib.patients.errors import fail, one_line, quoted, that_hold
from lib.patients.files import read_table
from lib.patients.table import problems_of

CODEBOOK_COLUMNS = ["name", "label", "role", "type", "unit", "levels"]
TYPES = ["text", "category", "binary", "number"]
ROLE_TYPES = {
    "id": TYPES,
    "group": ["category"],
    "factor": ["binary", "number", "category"],
    "outcome": ["binary"],
    "time": ["number"],
    "event": ["binary"],
}
OPTIONAL_ROLES = ["time", "event"]
LEVEL_WORDS = ["level_labels", "level_labels_zh"]
LISTS = ["role", "levels", "missing", *LEVEL_WORDS]
COLUMNS = [*CODEBOOK_COLUMNS, *LISTS[2:], "step", "label_zh"]
MOST_LEVELS = 50
RESERVED_NAMES = {"const", "factor", "variance_inflation_factor"}
RESERVED_LEVELS = {"all", "all patients"}
# A year is 365 days, so that 12 months, 365 days and 1 year are the same horizon.
DAYS = {"hour": 1 / 24, "h": 1 / 24, "day": 1, "d": 1, "week": 7, "month": 365 / 12, "year": 365}
PLAIN = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", flags=re.ASCII)
STEP = re.compile(r"0*[1-9]\d*(\.\d+)?|0*\.0*[1-9]\d*")
CODE = re.compile(r"[+−-]?\d+(\.\d*|,\d{1,2})?|[^\d;,]*")
DURATION = re.compile(r"(\d+(?:\.\d+)?)[ -]?([^\W\d]+)")
# Signs that the usual form (NFKC) makes plain digits and letters of: raised, lowered and circled.
RAISED = "ªº²³¹¼-¾ʰ-ʸᴬ-ᵪ⁰-ₜ⅐-⅟↉①-⓿❶-➓㈠-㉃㉈-㉟㊀-㊿\U0001f100-\U0001f10a"
INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")


def usual(text: str) -> str:
    """A text with letters, digits and signs of the usual width, and none that is not seen. What is
    raised, lowered or circled stays so: it may be a note.
    """
    plain = re.sub(f"[^{RAISED}]+", lambda run: unicodedata.normalize("NFKC", run[0]), text)
    return INVISIBLE.sub("", plain.replace("−", "-").replace("’", "'")).strip()


def number_form(text: str) -> str | None:
    """A plain number in one form, so that 1 and 1.0 are alike; None where it is no number."""
    text = usual(text)
    return f"{float(text):.15g}" if PLAIN.fullmatch(text) else None


def plain_word(text: str) -> str:
    """A number in one form, or a word without regard to case, width, spaces, underscores and
    hyphens, but for those between digits and for a hyphen at an end, which may be a minus.
    """
    if re.fullmatch(r"\d{1,3}([.,]\d{3})+", usual(text)):
        return usual(text)  # either a number with decimals or one with thousands
    word = re.sub(r"(?<!\d)[\s_]+|[\s_]+(?!\d)", "", usual(text)).casefold()
    word = re.sub(r"(?<=[^\W\d])[-‐‑]+(?=\w)|(?<=\w)[-‐‑]+(?=[^\W\d])", "", word)
    return number_form(re.sub(r"^(\d+),0+$", r"\1", text)) or word


def parts(cell: str) -> list[str]:
    """The entries of a cell that lists some, none where it is empty."""
    return cell.split("|") if cell else []


def horizon(unit: str, time_unit: str) -> float | None:
    """When the outcome is counted (its unit, such as "12 months") in the unit of the time; None
    where it is no duration, or cannot be converted.
    """
    duration = DURATION.fullmatch(unit)
    if not duration:
        return None
    counted, timed = (word.casefold().removesuffix("s") for word in (duration[2], time_unit))
    # Of one and the same unit it need not be known how long it is.
    days = {counted: 1} if counted == timed else DAYS
    return float(duration[1]) * days[counted] / days[timed] if {counted, timed} <= {*days} else None


def read_codebook(path: Path) -> pd.DataFrame:
    """A codebook indexed by column name. Raises `InputError` listing all that is wrong with it."""
    return read_with_notes(path)[0]


def read_with_notes(path: Path) -> tuple[pd.DataFrame, list[str]]:
    """The same, and notes on how the file was read."""
    table = read_table(path, CODEBOOK_COLUMNS)
    rows = table.rows.astype(object)
    forms = {header: re.sub(r"[\s-]+", "_", header.lower()) for header in rows}
    rows = rows.rename(columns={one: form for one, form in forms.items() if form in COLUMNS})
    required = [name for name in CODEBOOK_COLUMNS if name not in rows]
    if len(required) > 1 and "，" in "".join(forms):
        fail(path, ["its columns are separated by full-width commas (，); write plain ones (,)"])
    notes, problems = _other_columns(forms)
    fail(path, problems_of(table, required) + problems)
    rows = rows.map(one_line).replace(dict.fromkeys(LISTS, r"\s*[|｜]\s*"), "|", regex=True)
    rows[["role", "type"]] = rows[["role", "type"]].map(str.lower)
    rows = rows.assign(role=rows["role"].str.split("|")).explode("role")
    problems = [
        f"{table.place} {line}, column {problem}"
        for line, rule in rows.iterrows()
        for problem in _rule_problems(rule)
    ]
    # The second role of a column is a column of its own.
    again = rows.duplicated("name") & ~rows.duplicated(["name", "role"]) & (rows["name"] != "")
    rows["name"] = rows["name"].mask(again, rows["name"] + " (" + rows["role"] + ")")
    fail(path, problems + _codebook_problems(rows))
    return rows.set_index("name"), table.notes + notes


def _other_columns(forms: dict[str, str]) -> tuple[list[str], list[str]]:
    """A note on the headers of a codebook that are no column of one, and what is wrong with those
    that one may be meant by; ``forms`` has what each may be, in small letters.
    """
    headers = {form: [one for one in forms if forms[one] == form] for form in forms.values()}
    absent = [name for name in COLUMNS if name not in headers and not name.endswith("_zh")]
    others = {one: form for one, form in forms.items() if form not in COLUMNS}
    # A column beside one that is there, as levels_de, is more of that.
    near = {
        one: get_close_matches(re.sub("_(codes|values)$", "", form), absent, cutoff=0.88)
        for one, form in others.items()
        if not form.startswith(tuple({*COLUMNS} & {*headers}))
    }
    problems = [
        *(
            f"columns {' and '.join(map(quoted, twice))} are both {form}; keep one of them"
            for form, twice in headers.items()
            if len(twice) > 1 and form in COLUMNS
        ),
        *(
            f"column {quoted(one)} is not known; call it {names[0]} if that is meant, or delete it"
            for one, names in near.items()
            if names
        ),
    ]
    left = ", ".join(map(quoted, others))
    return [f"Left out, because a codebook has no such columns: {left}."] * bool(others), problems


def _rule_problems(rule: pd.Series) -> list[str]:
    """What is wrong with one line of a codebook: the column and the words."""
    name, kind, role, levels = rule["name"], rule["type"], rule["role"], parts(rule["levels"])
    fitting = ROLE_TYPES.get(role, TYPES)
    all_differ = "" not in levels and len(set(levels)) == len(levels)
    labels = {column: parts(rule.get(column, "")) for column in LEVEL_WORDS}
    both = sorted({*parts(rule.get("missing", ""))} & {*levels})
    taken = sorted({*levels} & RESERVED_LEVELS) if role == "group" else []
    shown = quoted(rule["levels"])
    return that_hold(
        {
            f"role: {quoted(role)} is not one of {', '.join(ROLE_TYPES)}": role not in ROLE_TYPES,
            f"type: {quoted(kind)} is not one of {', '.join(TYPES)}": kind not in TYPES,
            f"type: {quoted(kind)}; the {role} is {' or '.join(fitting)}": (
                kind in TYPES and kind not in fitting
            ),
            f"levels: {shown}; a category lists at least two, each once, as A|B": (
                kind == "category" and (len(levels) < 2 or not all_differ)
            ),
            f"levels: {len(levels)} levels; a category has at most {MOST_LEVELS}": (
                kind == "category" and len(levels) > MOST_LEVELS
            ),
            f"levels: {shown}; a binary column has two, the reference first, such as 0|1, or as "
            f"|{levels[0] if len(levels) == 1 else 1} where an empty cell means no": (
                kind == "binary" and (len({*levels}) != 2 or len(levels) != 2 or not levels[1])
            ),
            "name: empty; expected the name of a column": not name,
            f"step: {quoted(rule.get('step', ''))}; expected a number above zero, such as 10, in "
            "the line of a number": (
                rule.get("step") and (kind != "number" or not STEP.fullmatch(rule["step"]))
            ),
            **{
                f"{column}: {quoted(rule.get(column, ''))}; expected {len(levels)} different ones, "
                "one a level": (words and levels and not len({*words}) == len(words) == len(levels))
                for column, words in labels.items()
            },
            f"missing: {quoted(rule.get('missing', ''))}; expected numbers or words separated by "
            "|, such as 9|99, or none": (
                kind == "number" and not all(map(CODE.fullmatch, parts(rule.get("missing", ""))))
            ),
            f"missing: {quoted('|'.join(both))} is a level too; keep it in one of the two": both,
            # The analyses use these words for other things.
            f"name: {quoted(name)} has a meaning of its own; choose another name": (
                name in RESERVED_NAMES
            ),
            f"levels: {quoted('|'.join(taken))} has a meaning of its own; choose another word": (
                taken
            ),
        }
    )


def _codebook_problems(rules: pd.DataFrame) -> list[str]:
    """What is wrong with the lines of a codebook taken together."""
    named = rules[rules["name"] != ""]
    categories = named[(named["role"] == "factor") & (named["type"] == "category")]
    counts = rules["role"].value_counts().reindex(list(ROLE_TYPES), fill_value=0)
    problems = [
        *(
            f"column name: {quoted(name)} occurs more than once in the same role"
            for name in named["name"][named.duplicated("name")].unique()
        ),
        *(
            f"column name: {quoted(f'{name}={level}')} is what a level of {quoted(name)} is called"
            for name, levels in zip(categories["name"], categories["levels"], strict=True)
            for level in parts(levels)
            if f"{name}={level}" in set(named["name"])
        ),
        *(
            f"column role: {count} rows have the role {role}; expected "
            + ("at least one" if role == "factor" else "one")
            for role, count in counts.items()
            if (count == 0 and role not in ["id", *OPTIONAL_ROLES])
            or (count > 1 and role != "factor")
        ),
    ]
    unit = dict(zip(rules["role"], rules["unit"], strict=True))
    both = not problems and unit["outcome"] and "time" in unit
    # Without a horizon the outcome is counted at the end.
    if both and horizon(unit["outcome"], unit["time"]) is None:
        problems.append(
            f"column unit: the outcome is counted at {quoted(unit['outcome'])} and the time has "
            f"the unit {quoted(unit['time'])}, which cannot be converted; write both in days, "
            "weeks, months or years, as “12 months” and “days”"
        )
    return problems


def match_headers(
    headers: list[str], codebook: pd.DataFrame
) -> tuple[dict[str, str], list[str], list[str]]:
    """The header of each column of the codebook that the file has, with problems and notes.

    A header is a column's name, or else, without regard to case and spaces, its name or its label
    in either language, with or without the unit.
    """
    # The second role of a column has a name of its own here, and none in the file.
    names = {name: name.removesuffix(f" ({role})") for name, role in codebook["role"].items()}
    matched = {
        name: header for name in names for header in (names[name], name) if header in headers
    }
    others = {header: plain_word(header) for header in headers if header not in matched.values()}
    forms = {
        name: [
            plain_word(form)
            for word in (name, names[name], rule["label"], rule.get("label_zh", ""))
            for form in (word, f"{word}({rule['unit']})")
            if word
        ]
        for name, rule in codebook.drop(index=list(matched)).iterrows()
    }
    candidates = {
        name: found
        for name, its_forms in forms.items()
        if (found := [header for header, word in others.items() if word in its_forms])
    }
    meanings = {
        header: sorted(name for name, found in candidates.items() if header in found)
        for header in others
    }
    problems = [
        *(
            f"column {quoted(header)} could be {' or '.join(meant)}; write its name instead"
            for header, meant in meanings.items()
            if len({names[name] for name in meant}) > 1
        ),
        *(
            f"columns {' and '.join(map(quoted, found))} could both be {name}; keep one of them"
            for name, found in candidates.items()
            if len(found) > 1
        ),
    ]
    taken = {name: found[0] for name, found in candidates.items()}
    notes = [
        f"Column {quoted(header)} was taken as {name}."
        for name, header in taken.items()
        if len(candidates[name]) == 1
    ]
    return matched | taken, problems, notes
