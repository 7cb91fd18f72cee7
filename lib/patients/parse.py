"""From a file to clean rows: what people write is recognized, converted with a note or refused with
the mend.

Nothing is guessed silently. Each column is looked at by its distinct values, so that a registry of
a million rows takes seconds; a problem names the lines in which a spreadsheet shows it.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from lib.patients import privacy, spreadsheet
from lib.patients.spreadsheet import Column, Sheet, places, quoted

OPTIONAL_ROLES = ["time", "event"]
VALUES_NAMED = 4

# Compared without regard to case and spaces. A dash stands for a missing number; of a yes-or-no
# column it might as well mean "negative".
MISSING = {"", "na", "n/a", "n.a.", "n.a", "#n/a", "null", ".", "?", "missing", "unknown"}
MISSING |= {"缺失", "未知", "不详", "未查"}
DASHES = {"-", "--", "–", "—", "/"}
YES = {"yes", "y", "true", "t", "positive", "是", "有", "阳性"}
NO = {"no", "n", "false", "f", "negative", "否", "无", "没有", "阴性"}
NEVER_NEGATIVE = {
    "mm",
    "cm",
    "m",
    "s",
    "min",
    "h",
    "hours",
    "days",
    "weeks",
    "months",
    "years",
    "ml",
    "l",
    "g",
    "kg",
    "%",
}
HORIZON = re.compile(r"(\d+(?:\.\d+)?) (\w+?)s?")

PLAIN = r"^-?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$"
SIGN, GROUPS = r"[+-]?", r"\d{1,3}(?:%s\d{3})+"
POINT_OR_GROUP = re.compile(SIGN + r"[1-9]\d{0,2}\.\d{3}")
COMMA_OR_GROUP = re.compile(SIGN + r"[1-9]\d{0,2},\d{3}")
DECIMAL_COMMA = re.compile(
    rf"{SIGN}(?:\d+|{GROUPS % '[.]'}|{GROUPS % ' '}|{GROUPS % chr(39)})?,\d+"
)
COMMA_GROUPS = re.compile(rf"{SIGN}(?:{GROUPS % ','}\.\d+|\d{{1,3}}(?:,\d{{3}}){{2,}})")
POINT_GROUPS = re.compile(rf"{SIGN}\d{{1,3}}(?:\.\d{{3}}){{2,}}")
OTHER_GROUPS = re.compile(rf"{SIGN}(?:{GROUPS % ' '}|{GROUPS % chr(39)})(?:\.\d+)?")
NUMBER = re.compile(PLAIN.replace("-?", SIGN, 1))

POWER_OF_TEN = r"^\d([.,]\d+)?[eE]\+\d+$"
MONTHS = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|mai|mär|mrz|okt|dez"
DATE = re.compile(
    rf"\d{{1,2}}[-. /]({MONTHS})[a-z]*\.?([-. /]\d{{2,4}})?|({MONTHS})[a-z]*\.?[-. /](\d\d|(19|20)\d\d)"
    r"|\d{4}[-./年]\d{1,2}[-./月]\d{1,2}日?([ t]\d{1,2}:\d{2}.*)?"
    r"|\d{1,2}[-/.]\d{1,2}[-/.](\d{2}|\d{4})|\d{1,2}月\d{1,2}日",
    flags=re.IGNORECASE,
)
EXCEL_ERROR = re.compile(
    r"#(value|ref|div/0|name|num|null|spill|calc)[!?]?|#+", flags=re.IGNORECASE
)


@dataclass(frozen=True)
class Intake:
    """What a file holds. `rows` has the codebook's columns that the file has; it is only to be used
    where there are no problems. A category is a pandas category, all else but the identifier
    floats."""

    rows: pd.DataFrame
    problems: tuple[str, ...]
    notes: tuple[str, ...]
    dropped: tuple[str, ...]


def read(path: Path, codebook: pd.DataFrame) -> Intake:
    """Read a cohort file as its codebook says. Raises `InputError` where it cannot be read at all."""
    path = Path(path)
    words = [
        word for column in codebook for cell in codebook[column] for word in str(cell).split("|")
    ]
    names = [*codebook.index, *codebook["label"], *codebook.get("label_zh", [])]
    return check(spreadsheet.read(path, names, [*codebook.index, *words]), codebook)


def check(sheet: Sheet, codebook: pd.DataFrame) -> Intake:
    """The rows of a sheet, and all that is to be said about them."""
    problems, notes = list(sheet.problems), list(sheet.notes)
    if not len(sheet.lines) and not problems:
        problems.append("it has a header and no rows; enter one row for each patient")
    matched, header_problems, header_notes = match_headers(
        [column.header for column in sheet.columns], codebook
    )
    notes += header_notes
    taken = {name: sheet.columns[i] for name, i in matched.items()}
    others = [column for i, column in enumerate(sheet.columns) if i not in matched.values()]

    private = {
        name: why for name in taken if (why := privacy.suspicion(taken[name], codebook.loc[name]))
    }
    problems += [
        privacy.refusal(taken[name].header, why, codebook.loc[name])
        for name, why in private.items()
    ]
    for column in others:
        if why := privacy.suspicion(column):
            problems.append(privacy.refusal(column.header, why))
    problems += header_problems
    dropped = tuple(column.header for column in others)
    if dropped:
        shown = ", ".join(map(quoted, dropped[:20])) + (
            f" and {len(dropped) - 20} more" if len(dropped) > 20 else ""
        )
        notes.append(f"Left out, because the codebook does not have them: {shown}.")

    rows = {}
    readings = {}
    for name in codebook.index:
        if name not in taken:
            continue
        reading = readings[name] = _read_column(taken[name], codebook.loc[name])
        if name not in private:
            problems += _described(name, taken[name], reading, sheet)
            notes += [f"Column {name}: {note}" for note in reading.notes]
        rows[name] = reading.values
    if any(reading.decimal_comma for reading in readings.values()):
        problems += [
            f"column {name}: its numbers look like “1.234” while others have decimal commas, so the point may be "
            "either sign; expected one decimal sign in the whole file, and no thousands separators"
            for name, reading in readings.items()
            if reading.only_point_groups
        ]
    rows = pd.DataFrame(rows, index=pd.RangeIndex(len(sheet.lines)))
    if not problems:
        problems += _impossible(rows, codebook, sheet)
        notes += _odd(rows, codebook, sheet)
    return Intake(rows, tuple(problems), tuple(notes), dropped)


# ------------------------------------------------------------------------------------- headers


def plain_word(text: str) -> str:
    """A word without regard to case, width, spaces, hyphens and underscores."""
    text = spreadsheet.INVISIBLE.sub("", unicodedata.normalize("NFKC", text))
    return re.sub(r"[\s_\-‐‑]+", "", text).casefold()


def match_headers(
    headers: list[str], codebook: pd.DataFrame
) -> tuple[dict[str, int], list[str], list[str]]:
    """Which column of the file is which of the codebook, with problems and notes.

    A header is a column's name, or else, without regard to case and spaces, its name or its label
    in either language, with or without the unit.
    """
    matched = {name: headers.index(name) for name in codebook.index if name in headers}
    words: dict[str, set[str]] = {}
    for name, rule in codebook.iterrows():
        for word in (name, rule["label"], rule.get("label_zh", "")):
            for form in (word, f"{word}({rule['unit']})") if word else ():
                words.setdefault(plain_word(form), set()).add(name)
    candidates: dict[str, list[int]] = {}
    problems, notes = [], []
    for i, header in enumerate(headers):
        meant = words.get(plain_word(header), set()) - set(matched)
        if i in matched.values() or not meant:
            continue
        if len(meant) > 1:
            problems.append(
                f"column {quoted(header)} could be {' or '.join(sorted(meant))}; write its name instead"
            )
        for name in meant:
            candidates.setdefault(name, []).append(i)
    for name, found in candidates.items():
        if len(found) > 1:
            shown = " and ".join(quoted(headers[i]) for i in found)
            problems.append(f"columns {shown} could both be {name}; keep one of them")
        else:
            notes.append(f"Column {quoted(headers[found[0]])} was taken as {name}.")
        matched[name] = found[0]
    rest = [quoted(header) for i, header in enumerate(headers) if i not in matched.values()]
    also = (
        f"; the file also has {', '.join(rest[:10])}{' and others' * (len(rest) > 10)}"
        if rest
        else ""
    )
    problems += [
        f"column {name} is missing; expected {expectation(rule)}{also}"
        for name, rule in codebook.iterrows()
        if name not in matched and rule["role"] not in OPTIONAL_ROLES
    ]
    return matched, problems, notes


# -------------------------------------------------------------------------------------- values


@dataclass
class Reading:
    """How a column was read. `refused` maps a distinct value's place to what is wrong with it."""

    values: pd.Series | np.ndarray
    refused: dict[int, str]
    notes: list[str]
    whole: str | None = None  # what is wrong with the column as a whole, instead of its values
    decimal_comma: bool = False
    only_point_groups: bool = False


def expectation(rule: pd.Series) -> str:
    """What a value of a column looks like, in words."""
    if rule["role"] == "id":
        return "a name for the patient that occurs only once"
    if rule["type"] == "binary":
        return "0 ({}) or 1 ({})".format(*_binary_words(rule))
    if rule["type"] == "category":
        return "one of " + ", ".join(rule["levels"].split("|"))
    unit = f" in {rule['unit']}" if rule["unit"] else ""
    return f"a number{unit}" if rule["type"] == "number" else "text"


def _binary_words(rule: pd.Series) -> list[str]:
    """What 0 and 1 mean in a column."""
    labels = rule.get("level_labels", "").split("|")
    return labels if len(labels) == 2 else ["no", "yes"]


def _read_column(column: Column, rule: pd.Series) -> Reading:
    if rule["role"] == "id":
        return _identifiers(column)
    if rule["type"] == "category":
        return _category(column, rule)
    if rule["type"] == "binary":
        return _binary(column, rule)
    if rule["type"] == "number":
        return _numbers(column, rule)
    return Reading(_texts(column), {}, [])


def _described(name: str, column: Column, reading: Reading, sheet: Sheet) -> list[str]:
    """The problems of a column in words; equal ones together, the first few by their lines."""
    if reading.whole:
        return [f"column {name}: {reading.whole}"]
    result = []
    refused = sorted(reading.refused)
    for place in refused[:VALUES_NAMED]:
        lines = sheet.lines[column.codes == place]
        # Of an identifier that occurs twice, the first line is not the one that is wrong.
        lines = (
            lines[1:] if len(lines) > 1 and reading.refused[place].startswith("a name") else lines
        )
        value = quoted(column.values[place].as_py())
        result.append(
            f"{places(lines, sheet.place)}, column {name}: {value}; expected {reading.refused[place]}"
        )
    if others := refused[VALUES_NAMED:]:
        count = np.isin(column.codes, others).sum()
        result.append(
            f"column {name}: {count:,} more values that cannot be read ({len(others):,} different ones)"
        )
    return result


def _texts(column: Column) -> pd.Series:
    return pd.Series(column.values.take(pa.array(column.codes)).to_pandas().astype("str"))


def _matching(values: pa.StringArray, pattern: str) -> np.ndarray:
    if not len(values):
        return np.zeros(0, bool)
    return pc.match_substring_regex(values, pattern).to_numpy(zero_copy_only=False)


def _identifiers(column: Column) -> Reading:
    expected = "a name for the patient that occurs only once"
    refused = {}
    counts = np.bincount(column.codes, minlength=len(column.values))
    for place in np.flatnonzero(
        (counts > 1) | pc.equal(column.values, "").to_numpy(zero_copy_only=False)
    ):
        refused[int(place)] = expected
    mangled = "the identifier itself: the spreadsheet program made this of it. Format the column as text and enter it anew"
    for place in np.flatnonzero(_matching(column.values, POWER_OF_TEN)):
        refused[int(place)] = mangled
    likely = np.flatnonzero(_matching(column.values, "[-./ 月][^ ]")).tolist()
    dates = [place for place in likely if DATE.fullmatch(column.values[place].as_py())]
    before_digits = {re.split(r"\d", column.values[place].as_py())[0] for place in dates}
    # One word before all numbers is a prefix, whatever month it is also short for.
    if dates and (
        len(dates) < len(column.values) or len(before_digits) > 1 or before_digits == {""}
    ):
        refused |= dict.fromkeys(dates, mangled)
    for place in np.flatnonzero(_matching(column.values, "^#")):
        if EXCEL_ERROR.fullmatch(column.values[int(place)].as_py()):
            refused[int(place)] = "an identifier; this is a message of the spreadsheet program"
    return Reading(_texts(column), refused, [])


def level_words(rule: pd.Series) -> dict[str, str]:
    """The level that each word for it means: the level, its labels, and one followed by the other
    in brackets.
    """
    levels = rule["levels"].split("|")
    words: dict[str, set[str]] = {}
    forms = [rule.get(column, "").split("|") for column in ("level_labels", "level_labels_zh")]
    forms = [form for form in forms if len(form) == len(levels)]
    for i, level in enumerate(levels):
        labels = [form[i] for form in forms]
        for word in [
            level,
            *labels,
            *(f"{a}({b})" for a in [level, *labels] for b in [level, *labels] if a != b),
        ]:
            words.setdefault(plain_word(word), set()).add(level)
    return {word: meant.pop() for word, meant in words.items() if len(meant) == 1 and word}


def _counted(column: Column, found: dict[int, str]) -> list[str]:
    """Notes on values that were taken as others, each with the number of rows."""
    counts = np.bincount(column.codes, minlength=len(column.values))
    parts = [
        f"{quoted(column.values[i].as_py())} as {quoted(meant)} ({counts[i]:,})"
        for i, meant in found.items()
    ]
    if not parts:
        return []
    return [
        "read "
        + ", ".join(parts[:12])
        + (f" and {len(parts) - 12} more" if len(parts) > 12 else "")
        + "."
    ]


def _missing_note(column: Column, missing: list[int]) -> list[str]:
    words = [i for i in missing if column.values[i].as_py()]
    if not words:
        return []
    shown = ", ".join(quoted(column.values[i].as_py()) for i in words)
    return [f"read {shown} as missing ({np.isin(column.codes, words).sum():,})."]


def _is_missing(text: str) -> bool:
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", text)).casefold() in MISSING


def _category(column: Column, rule: pd.Series) -> Reading:
    levels = rule["levels"].split("|")
    exact, words = {level: i for i, level in enumerate(levels)}, level_words(rule)
    codes, refused, converted, missing = np.full(len(column.values), -1), {}, {}, []
    for i, text in enumerate(column.values.to_pylist()):
        if text in exact:
            codes[i] = exact[text]
        elif (word := plain_word(text)) in words:
            codes[i] = exact[words[word]]
            converted[i] = words[word]
        elif _is_missing(text) and rule["role"] != "group":
            missing.append(i)
        else:
            refused[i] = expectation(rule) + _mend_of_text(text)
    values = pd.Categorical.from_codes(codes[column.codes] if len(codes) else [], levels)
    notes = _counted(column, converted) + _missing_note(column, missing)
    absent = [level for level in levels if level not in set(values.unique())]
    if absent and not refused:
        notes.append(f"no patient has {', '.join(map(quoted, absent))}.")
    return Reading(values, refused, notes)


def _mend_of_text(text: str) -> str:
    if EXCEL_ERROR.fullmatch(text):
        return " (this is a message of the spreadsheet program; leave the cell empty where nothing is known)"
    if DATE.fullmatch(text):
        return " (the spreadsheet program may have made a date of it; format the column as text and enter it anew)"
    if not text or _is_missing(text):
        return " (a patient whose group is not known cannot be placed; leave the row out, or make it a group)"
    return ""


def _binary(column: Column, rule: pd.Series) -> Reading:
    values, refused, converted, missing = np.full(len(column.values), np.nan), {}, {}, []
    words = level_words(rule)
    name = _binary_words(rule)
    plain = _matching(column.values, PLAIN)
    for i, text in enumerate(column.values.to_pylist()):
        word = plain_word(text)
        number = float(text) if plain[i] else float(words[word]) if word in words else np.nan
        if number in (0, 1):
            values[i] = number
            if not plain[i]:
                converted[i] = str(int(number))
        elif word in YES or word in NO:
            values[i] = word in YES
            converted[i] = str(int(word in YES))
        elif not plain[i] and _is_missing(text):
            missing.append(i)
        else:
            refused[i] = expectation(rule)
            if re.sub(r"\s", "", text) in DASHES | {"+"}:
                refused[i] += (
                    f"; write 1 for {name[1]}, 0 for {name[0]}, and leave the cell empty where it is not known"
                )
    numbers = {
        float(text)
        for text, is_plain in zip(column.values.to_pylist(), plain, strict=True)
        if is_plain
    }
    whole = None
    if refused and numbers == {1, 2} and len(refused) == sum(plain[i] for i in refused):
        whole = (
            "it holds 1 and 2 where 0 and 1 are expected, and which of the two is "
            f"“{name[1]}” cannot be known. Write 0 for {name[0]} and 1 for {name[1]}"
        )
    known = values[column.codes] if len(values) else np.zeros(0)
    notes = _counted(column, converted) + _missing_note(column, missing)
    present = np.unique(values[~np.isnan(values)])
    if not refused and len(present) == 1:
        only = int(present[0])
        notes.append(
            f"it holds only {only} and empty cells. An empty cell counts as not known, not as {1 - only}."
            if np.isnan(values).any()
            else f"it is {only} for all patients."
        )
    return Reading(known, refused, notes, whole)


def _numbers(column: Column, rule: pd.Series) -> Reading:
    texts, unit = column.values, rule["unit"]
    plain = _matching(texts, PLAIN)
    values = np.full(len(texts), np.nan)
    values[plain] = _floats(texts.filter(pa.array(plain)))
    refused = dict.fromkeys(
        map(int, np.flatnonzero(plain & ~np.isfinite(values))), expectation(rule) + " that can be"
    )
    missing, kinds, pending, signed = [], {}, {}, []
    evidence = {"comma": False, "point": False, "point groups": False}
    ambiguous_points = plain & _matching(texts, r"^-?[1-9]\d{0,2}\.\d{3}$")
    evidence["point"] = bool((plain & _matching(texts, r"\.") & ~ambiguous_points).any())

    def took(i: int, kind: str, text: str) -> None:
        values[i] = float(text)
        if not np.isfinite(values[i]):
            refused[i] = expectation(rule) + " that can be"
        kinds.setdefault(kind, []).append(i)

    for i in map(int, np.flatnonzero(~plain)):
        original = texts[i].as_py()
        if _is_missing(original) or re.sub(r"\s", "", original) in DASHES:
            missing.append(i)
            continue
        text = (
            spreadsheet.INVISIBLE.sub("", unicodedata.normalize("NFKC", original))
            .replace("−", "-")
            .replace("’", "'")
        )
        text = " ".join(text.split())
        if text.endswith("%"):
            text = text[:-1].strip()
            signed.append(i)
        elif unit and text.casefold().endswith(unit.casefold()):
            text = text[: -len(unit)].strip()
            kinds.setdefault(f"the unit {quoted(unit)} was left out", []).append(i)
        if NUMBER.fullmatch(text):
            if POINT_OR_GROUP.fullmatch(text):
                ambiguous_points[i] = True
            elif "." in text:
                evidence["point"] = True
            took(i, "unusual digits or signs were read as usual ones", text)
        elif COMMA_OR_GROUP.fullmatch(text):
            pending[i] = text
        elif DECIMAL_COMMA.fullmatch(text):
            evidence["comma"] = True
            evidence["point groups"] |= "." in text
            took(
                i,
                "decimal commas were read as decimal points",
                re.sub("[. ']", "", text).replace(",", "."),
            )
        elif COMMA_GROUPS.fullmatch(text):
            evidence["point"] = True
            took(i, "thousands separators were left out", text.replace(",", ""))
        elif POINT_GROUPS.fullmatch(text):
            evidence["point groups"] = True
            took(i, "thousands separators were left out", text.replace(".", ""))
        elif OTHER_GROUPS.fullmatch(text):
            took(i, "thousands separators were left out", re.sub("[ ']", "", text))
        else:
            refused[i] = expectation(rule) + _mend_of_number(original)

    for i, text in pending.items():
        if evidence["comma"] and not evidence["point"]:
            took(i, "decimal commas were read as decimal points", text.replace(",", "."))
        elif evidence["point"] and not evidence["comma"]:
            took(i, "thousands separators were left out", text.replace(",", ""))
        else:
            refused[i] = (
                f"{expectation(rule)}, with a decimal point and no thousands separator: this can be either"
            )
    for i in (
        map(int, np.flatnonzero(ambiguous_points))
        if evidence["comma"] or evidence["point groups"]
        else ()
    ):
        if evidence["point groups"] and not evidence["point"]:
            took(i, "thousands separators were left out", texts[i].as_py().replace(".", ""))
        else:
            refused[i] = (
                f"{expectation(rule)}, with one decimal sign in the whole column: this can be either"
            )
    if signed and unit != "%":
        why = "; whether 45% is 45 or 0.45 here cannot be known. Leave the sign out, or make % the unit in the codebook"
        refused |= {i: expectation(rule) + why for i in signed if i not in refused}
    elif signed and (plain & (np.abs(values) <= 1) & (values != 0)).any():
        why = ", all with the percent sign or all without: the column also has numbers below one without it"
        refused |= {i: expectation(rule) + why for i in signed if i not in refused}
    elif signed:
        kinds["percent signs were left out"] = signed
    if rule["role"] == "time" or unit in NEVER_NEGATIVE:
        negative = f"{expectation(rule)}, not below zero"
        refused |= {i: negative for i in map(int, np.flatnonzero(values < 0)) if i not in refused}

    counts = np.bincount(column.codes, minlength=len(texts))
    notes = [f"{kind} ({counts[places].sum():,})." for kind, places in kinds.items()]
    known = values[column.codes] if len(values) else np.zeros(0)
    if not refused:
        notes += _code_for_missing(values, counts)
        if len(np.unique(values)) == 1 and not np.isnan(values).any():
            notes.append("it is the same for all patients.")
    only_points = bool(ambiguous_points.any()) and not evidence["point"] and not evidence["comma"]
    return Reading(
        known, refused, notes + _missing_note(column, missing), None, evidence["comma"], only_points
    )


def _floats(texts: pa.StringArray) -> np.ndarray:
    try:
        return texts.cast(pa.float64()).to_numpy(zero_copy_only=False)
    except pa.ArrowInvalid:  # a number beyond all bounds
        return np.array([float(text) for text in texts.to_pylist()], float)


def _mend_of_number(text: str) -> str:
    small = text.strip().casefold()
    if EXCEL_ERROR.fullmatch(small):
        return " (this is a message of the spreadsheet program; leave the cell empty where nothing is known)"
    if DATE.fullmatch(small):
        return " (this is a date, perhaps made by the spreadsheet program; format the column as text and enter it anew)"
    if re.fullmatch(r"[+-]?(nan|inf|infinity)", small):
        return "; leave the cell empty where nothing is known"
    if small[:1] in "<>≤≥~≈":
        return "; a bound is no number. Decide on one and say so where you describe the data"
    return ""


def _code_for_missing(values: np.ndarray, counts: np.ndarray) -> list[str]:
    """A note where the largest number is a row of nines far above the others, as codes for missing
    are.
    """
    if np.isfinite(values).sum() < 3:
        return []
    largest = np.nanmax(values)
    others = values[np.isfinite(values) & (values != largest)]
    count = counts[values == largest].sum()
    if largest not in (99, 999, 9999) or count < 2 or not len(others) or largest < 2 * others.max():
        return []
    return [
        f"{largest:.0f} occurs {count:,} times, far above all others. If it means missing, leave these cells empty."
    ]


# ------------------------------------------------------------------------- several columns at once


def _impossible(rows: pd.DataFrame, codebook: pd.DataFrame, sheet: Sheet) -> list[str]:
    """What stands in the way of any analysis."""
    outcome = codebook.index[codebook["role"] == "outcome"][0]
    if rows[outcome].isna().all():
        return [f"column {outcome} is empty"]
    return []


def _odd(rows: pd.DataFrame, codebook: pd.DataFrame, sheet: Sheet) -> list[str]:
    """Notes on values that do not go together, and on rows that are alike."""

    def named(role: str) -> str | None:
        return next(
            (name for name in codebook.index[codebook["role"] == role] if name in rows), None
        )

    notes = []

    def note(odd: pd.Series, words: str) -> None:
        lines = sheet.lines[odd.to_numpy(bool)]
        if len(lines):
            where = places(lines, sheet.place)
            notes.append(f"{where[0].upper()}{where[1:]}: {words}.")

    outcome, event, time, identifier = (named(role) for role in ("outcome", "event", "time", "id"))
    lost = rows[outcome]
    if event:
        note(
            (lost == 1) & (rows[event] == 0),
            f"{outcome} is 1 and {event} is 0, which do not go together",
        )
    if time:
        note(rows[time] == 0, f"{time} is 0")
        horizon = HORIZON.fullmatch(codebook.at[outcome, "unit"])
        if horizon and codebook.at[time, "unit"] in (horizon[2], horizon[2] + "s"):
            until, followed = float(horizon[1]), rows[time]
            shorter = f"{time} is shorter than {codebook.at[outcome, 'unit']}"
            if event:
                early = (rows[event] == 1) & (followed <= until)
                note(
                    early & (lost == 0),
                    f"{event} is 1, {time} within {codebook.at[outcome, 'unit']}, and {outcome} is 0",
                )
                late = (rows[event] == 1) & (followed > until)
                note(
                    late & (lost == 1),
                    f"{event} is 1, {time} beyond {codebook.at[outcome, 'unit']}, and {outcome} is 1",
                )
                note(
                    (followed < until) & (rows[event] == 0) & (lost == 0),
                    f"{shorter}, and yet {outcome} is known to be 0",
                )
            else:
                note(
                    (followed < until) & (lost == 0),
                    f"{shorter}, and yet {outcome} is known to be 0",
                )
    if event and time:
        note(rows[time].isna() & rows[event].notna(), f"{event} is known and {time} is missing")
    columns = [column.codes for column in sheet.columns if column.header != identifier]
    alike = pd.DataFrame(dict(enumerate(columns))).duplicated(keep="first")
    # Where many are alike, being alike says nothing.
    if 0 < alike.sum() <= max(1, len(rows) // 1000):
        note(alike, "alike in all columns to an earlier one; entered twice?")
    return notes
