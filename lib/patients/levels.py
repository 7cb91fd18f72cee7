"""Columns that hold levels, and identifiers: which level each of their texts means."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import product

import numpy as np
import pandas as pd

from lib.patients.codebook import (
    CODEBOOK_COLUMNS,
    LEVEL_WORDS,
    RAISED,
    number_form,
    parts,
    plain_word,
    usual,
)
from lib.patients.errors import MOST_NAMED, first_of, quoted, that_hold
from lib.patients.table import Table
from lib.words import counted, listed

# Compared without regard to case and spaces. A dash stands for a missing number; of a yes-or-no
# column it might as well mean "negative".
MISSING = {
    *("", "na", "n/a", "n.a.", "n.a", "#n/a", "null", ".", "?", "missing", "unknown"),
    *("nan", "nat", "<na>", "(null)", r"\n", "缺失", "未知", "不详", "未查", "未做"),
}
# What a file calls a value that is none.
NOT_KNOWN = re.compile(
    r"(system )?missing.*|(unknown|refused|declined|invalid)( .*)?|no (answer|data|response).*"
    r"|(not|never|un)[ -]?(done|known|applicable|asked|available|answered|measured|recorded|tested)"
    r"( .*)?|(don.?t|doesn.?t|did not|didn.?t|do not) (know|answer).*|n\.?/?a\.?|[dr]\.?k\.?"
    r"|缺失.*|未知|不详|未查|拒绝.*|不适用|不知道",
    flags=re.IGNORECASE,
)
# Words that may say it of what is no number.
ALSO_NOT_KNOWN = {
    *("u", "unk", "nk", "n.k.", "inconnu", "unbekannt", "keineangabe", "k.a."),
    *("desconocido", "desconhecido", "sconosciuto"),
}
SHORT = 3  # letters
CODE_AND_WORD = re.compile(r"([^\W_]+)\s*[=:]\s*(\S.*)")
CODE_OF_NINES = re.compile(r"-?([789])\1*(\.0+)?")
DASHES = {"-", "--", "–", "—", "/"}
YES = {"yes", "y", "true", "t", "positive", "checked", "是", "有", "阳性"}
NO = {"no", "n", "false", "f", "negative", "unchecked", "否", "无", "没有", "阴性"}
# Words that say it too, and are read only where the codebook has them.
ALSO_YES = {"ja", "oui", "si", "sí", "sì", "sim", "pos", "√", "✓", "x", "+"}
ALSO_NO = {"nein", "non", "não", "neg", "×", "✗", "-"}
NO_CODES = "none"  # in the column missing of the codebook: every other number is a value
POWER_OF_TEN = re.compile(r"\d([.,]\d+)?[eE]\+\d+")
MONTHS = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|mai|mär|mrz|okt|dez"
DATE = re.compile(
    rf"\d{{1,2}}[-. /]({MONTHS})[a-z]*\.?([-. /]\d{{2,4}})?"
    rf"|({MONTHS})[a-z]*\.?[-. /](\d\d|(19|20)\d\d)"
    r"|\d{4}[-./年]\d{1,2}[-./月]\d{1,2}日?([ t]\d{1,2}:\d{2}.*)?"
    r"|\d{1,2}[-/.]\d{1,2}[-/.](\d{2}|\d{4})|\d{1,2}月\d{1,2}日",
    flags=re.IGNORECASE,
)
# What a text is that is no value, and how to mend it.
MENDS = {
    "#merged": " (the cell is merged with one before it; write into each of them the value that is "
    "meant)",
    r"#(value|ref|div/0|name|num|null|spill|calc)[!?]?|err:\d+|#+": " (this is a message of the "
    "spreadsheet program; leave the cell empty where nothing is known)",
    "=.*": " (this is a formula without its result; open the file in the spreadsheet program and "
    "save it anew, or write the value itself)",
    DATE.pattern: " (this is a date; perhaps the spreadsheet program made a date of it. Format the "
    "column as text and enter it anew)",
    r"(-?\d+ days )?[+-]?\d\d:\d\d:.*": " (this is a length of time or a time of day; write days "
    "or months as a number)",
    r"[+-]?(inf|infinity)": "; leave the cell empty where nothing is known",
    f".*[{RAISED}].*": "; a raised or circled sign may be a note or belong to the "
    "value. Leave it out, or write the value in full",
    r"[<>≤≥~≈].*": "; a bound is no number. Decide on one and say so where you describe the data",
    r"[+-]?\d+(\.\d+)?": "; a code for missing goes into the column missing of the codebook",
}
SUMMARY = re.compile(
    r"((grand |sub ?)?totals?|sums?|means?|averages?|medians?|合计|总计|小计|总和|平均值?|均值)"
    r"\s*([(:=：（±+].*)?",
    flags=re.IGNORECASE,
)
UNIQUE = "a name for the patient that occurs only once"


@dataclass
class Reading:
    """How a column was read: what its rows hold, and notes on it.

    ``refused`` maps the place of a distinct value to what was expected instead; ``whole`` is what
    is wrong with the column, instead of its values. The others are of numbers (`numbers`).
    """

    values: np.ndarray | pd.Categorical | pd.Series
    refused: dict[int, str]
    notes: list[str]
    whole: str | None = None
    decimal_sign: str | None = None
    doubtful: str | None = None
    suspects: dict[float, int] = field(default_factory=dict)


def expectation(rule: pd.Series) -> str:
    """What a value of a column looks like, in words."""
    levels, unit = parts(rule["levels"]), f" in {rule['unit']}" if rule["unit"] else ""
    binary = [
        level if level == word else f"{level or 'an empty cell'} ({word})"
        for level, word in zip(levels, binary_words(rule), strict=False)
    ]
    expected = {
        "binary": " or ".join(binary),
        "category": "one of " + ", ".join(levels),
        "number": f"a number{unit}",
    }
    return UNIQUE if rule["role"] == "id" else expected[rule["type"]]


def binary_words(rule: pd.Series) -> list[str]:
    """What the two levels of a column mean."""
    levels = parts(rule["levels"])
    return parts(rule.get("level_labels", "")) or (
        ["no", "yes"] if levels == ["0", "1"] or "" in levels else levels
    )


def mend(text: str) -> str:
    """How a text that could not be read is mended, if it is of a kind that is known."""
    return next(
        (words for pattern, words in MENDS.items() if re.fullmatch(pattern, text, re.IGNORECASE)),
        "",
    )


def with_plain_levels(codebook: pd.DataFrame) -> pd.DataFrame:
    """The codebook in which every binary column has the levels 0|1, as in the rows; what they are
    called in the file stays as their words.
    """
    other = (codebook["type"] == "binary") & (codebook["levels"] != "0|1")
    # An empty cell is no word.
    unnamed = other & (codebook["level_labels"] == "") & (codebook["levels"].str[:1] != "|")
    return codebook.assign(
        levels=codebook["levels"].mask(other, "0|1"),
        level_labels=codebook["level_labels"].mask(unnamed, codebook["levels"]),
    )


def missing_places(column: pd.Series, rule: pd.Series, words: set[str] = MISSING) -> list[int]:
    """The places of the texts that stand for a value that is not known: ``words``, and the codes of
    the codebook, a number in whatever form and a word in whatever case.
    """
    codes = {plain_word(one) for one in parts(rule.get("missing", "")) if one != NO_CODES}
    return [
        i
        for i, text in enumerate(column.cat.categories)
        if re.sub(r"\s", "", usual(text)).casefold() in words or plain_word(text) in codes
    ]


def says_not_known(word: str) -> bool:
    """Whether a word may say that a value is not known."""
    return plain_word(word) in ALSO_NOT_KNOWN or bool(NOT_KNOWN.fullmatch(word))


def not_known(words: Iterable[str]) -> list[str]:
    """Those of the words of a column that say that a value is not known. A short one, as U or NK,
    says so only beside words for yes and no: it may be a country or a side.
    """
    said = list(filter(says_not_known, words))
    others = {plain_word(word) for word in words if word not in said}
    return [word for word in said if len(word) > SHORT or (others and others <= YES | NO)]


def notes_on(
    column: pd.Series, missing: list[int], converted: dict[int, str], shows_all: bool
) -> list[str]:
    """Notes on the texts that were taken as others, and on those that were read as missing, but for
    empty cells; each with the number of rows, but of the former only in a book that shows all.
    """
    texts, counts = column.cat.categories, column.value_counts(sort=False).to_numpy()
    named = [
        f"{quoted(texts[i])} as {quoted(to)}{f' ({counts[i]:,})' if shows_all else ''}"
        for i, to in converted.items()
    ]
    words = [i for i in missing if texts[i]]
    shown = first_of([quoted(texts[i]) for i in words])
    return that_hold(
        {
            f"read {first_of(named)}.": named,
            f"read {shown} as missing ({counts[words].sum():,}).": words,
        }
    )


def read_levels(column: pd.Series, rule: pd.Series, table: Table, shows_all: bool) -> Reading:
    """A category or a binary column of a table, by its levels, their words, and the words that the
    file itself has for its values; the first level of a binary column is 0.
    """
    levels, texts, names = parts(rule["levels"]), list(column.cat.categories), _level_words(rule)
    missing = [
        i
        for i in missing_places(column, rule)
        if texts[i] not in levels and plain_word(texts[i]) not in names
    ]
    read = {i: text for i, text in enumerate(texts) if i not in missing}
    words = table.words.get(column.name, {})
    meant, notes = _texts_meant([*read.values()], rule, names, words)
    places = np.array([meant.get(read.get(i), -1) for i in range(len(texts))], int)
    refused = {
        i: expectation(rule) + _mend(text, rule, words) for i, text in read.items() if places[i] < 0
    }
    in_one = dict(found.groups() for level in levels if (found := CODE_AND_WORD.fullmatch(level)))
    are_parts = {read[i] for i in refused} <= {*in_one, *in_one.values()}
    if refused and are_parts and len(in_one) == len(levels):
        whole = (
            f"the levels {rule['levels']} of the codebook are codes and words in one; write "
            f"{'|'.join(in_one)} into the column levels and {'|'.join(in_one.values())} into "
            "level_labels"
        )
        return Reading(places[column.cat.codes].astype(float), refused, [], whole)
    converted = {
        i: levels[places[i]]
        for i, text in read.items()
        if places[i] >= 0 and text != levels[places[i]]
    }
    known = places[column.cat.codes]
    notes += notes_on(column, missing, converted, shows_all)
    absent = [level for i, level in enumerate(levels) if i not in set(places)]
    if rule["type"] == "category":
        is_group, lost = rule["role"] == "group", (known < 0).sum()
        notes += that_hold(
            {
                f"no patient has {', '.join(map(quoted, absent))}.": absent and not refused,
                f"it is not known for {lost:,} of {counted(len(known), 'patient')}, left out of "
                "all groups.": is_group and lost,
            }
        )
        blocks = is_group and 0 < len({*known}) - 1 == len(known) - lost < lost
        whole = (
            "each group stands in one row only and most rows have none, as where cells were merged;"
            " write the group in every row"
            if blocks
            else None
        )
        return Reading(pd.Categorical.from_codes(known, levels), refused, notes, whole)
    notes += _reversed(rule)
    if len(absent) == 1 and not refused:
        [only] = {*levels} - {*absent}
        notes.append(
            f"it holds only {only}; every other cell counts as not known, not as {absent[0]}."
            if -1 in known and "" not in levels
            else f"it is {only or 'empty'} for all patients."
        )
    held = {
        text: int(places[i])
        for i, text in sorted(
            read.items(), key=lambda one: (places[one[0]] < 0, places[one[0]], one[1])
        )
    }
    more = _further_values(column, held, rule)
    refused |= {i: words + more for i, words in refused.items() if i == min(refused)}
    whole = _only_ticks(column, held, rule) or _other_codes(held, rule)
    return Reading(
        np.where(known < 0, np.nan, known.astype(float)), refused, notes, whole and whole + more
    )


def _reversed(rule: pd.Series) -> list[str]:
    """Notes where the codebook has the level that means no last, and so as the event, or where it
    is an empty cell.
    """
    says = dict.fromkeys([*NO, "0"], 0) | dict.fromkeys([*YES, "1"], 1)
    levels, labels = parts(rule["levels"]), parts(rule.get("level_labels", ""))
    meant = [[says.get(plain_word(word)) for word in words] for words in (levels, labels)]
    return that_hold(
        {
            f"“{levels[1]}” counts as having it, because the codebook has this level last.": (
                [1, 0] in meant
            ),
            f"an empty cell counts as {binary_words(rule)[0]}, as the codebook says.": "" in levels,
        }
    )


def _texts_meant(
    texts: list[str], rule: pd.Series, names: dict[str, int], words: dict[str, str]
) -> tuple[dict[str, int], list[str]]:
    """Which level each text means (-1: none), and a note; ``names`` are the codebook's.

    The file's own words for its values are read for all of them or for none: for all where a value
    that has one is no level. Where all are levels, none may be another level than its word. So are
    the codebook's labels, where one of them is also another level.
    """
    levels = parts(rule["levels"])
    labels = {plain_word(label): i for i, label in enumerate(parts(rule.get("level_labels", "")))}

    def place(word: str) -> int:
        return levels.index(word) if word in levels else names.get(plain_word(word), -1)

    by_text = {text: place(text) for text in [*texts, *words]}
    # A label may be another level. So the texts are all levels, or all labels.
    by_label = {text: labels.get(plain_word(text), -1) for text in texts}
    other = [text for text in texts if by_label[text] not in (-1, by_text[text])]
    if other and not {*map(plain_word, texts)} <= {*map(plain_word, levels)}:
        if -1 in by_label.values():
            return by_text | dict.fromkeys(other, -1), []
        return by_label, ["its values were read by the labels of the codebook."]
    # A word that is the level's own label agrees with it, whatever level it is also called.
    agreed = {text for text, word in words.items() if labels.get(plain_word(word)) == by_text[text]}
    by_word = {
        text: found
        for text, word in words.items()
        if (found := by_text[text] if text in agreed else place(word)) >= 0
    }
    opposed = [text for text, found in by_word.items() if by_text[text] not in (-1, found)]
    labeled = {*texts} & {*words}
    if opposed and all(by_text[text] >= 0 for text in by_word):
        return by_text | dict.fromkeys(opposed, -1), []
    if opposed or (labeled <= {*by_word} and any(by_text[text] < 0 for text in labeled)):
        return (by_word if opposed else by_text | by_word), [
            "its values were read by the words that the file has for them."
        ]
    return by_text, []


def _level_words(rule: pd.Series) -> dict[str, int]:
    """Which level each word means: a level, its labels, and one followed by the other in brackets;
    a level rather than a label. The general words for yes and no come after those of the codebook,
    and do not count where these say something else.
    """
    levels = parts(rule["levels"])
    labels = [words for column in LEVEL_WORDS if (words := parts(rule.get(column, "")))]
    called = {
        (plain_word(word), i)
        for i, names in enumerate(zip(levels, *labels, strict=True))
        for one, other in product(names, names)
        for word in (one, f"{one}({other})")
        if word != f"{one}({one})"
    }
    often = Counter(word for word, _ in called)
    found = {word: i for word, i in called if often[word] == 1 and word}
    if rule["type"] == "binary" and levels in (["0", "1"], ["", "1"]):
        general = dict.fromkeys(NO, 0) | dict.fromkeys(YES, 1)
        said = [(general.get(plain_word(words[i])), i) for words in labels for i in (0, 1)]
        agrees = all(place == i for place, i in said)
        if all(place in (i, None) for place, i in said):
            # A letter may as well be short for another word.
            found = {w: i for w, i in general.items() if agrees or w not in {*"ytnf"}} | found
    return found | {plain_word(level): i for i, level in reversed([*enumerate(levels)])}


def _mend(text: str, rule: pd.Series, words: dict[str, str]) -> str:
    if text in words:
        return (
            f", and the file calls it {quoted(words[text])}. Let levels and level_labels of the "
            "codebook agree with the words of the file; a code for missing goes into its column "
            "missing"
        )
    if rule["type"] == "binary" and text.replace(" ", "") in DASHES | {"+"}:
        (zero, one), (no, yes) = parts(rule["levels"]), binary_words(rule)
        return f"; write {one} for {yes}, {zero} for {no}, and leave the cell empty where not known"
    codes, known = "|".join([*parts(rule.get("missing", "")), text]), mend(text)
    says, level = says_not_known(text), number_form(text) or (not known and text)
    if rule["levels"].startswith("|") and level and not (says or CODE_OF_NINES.fullmatch(text)):
        return (
            f". Where it means {binary_words(rule)[0]}, and an empty cell that nothing is known, "
            f"let the codebook say so: {_line(rule, levels=level + rule['levels'])}"
            + f". Where it stands for not known, write {codes} into its column missing"
            * (plain_word(text) not in NO | {"0"})
        )
    if says or (rule["type"] == "binary" and not known):
        return f"; write {codes} into the column missing of the codebook if it stands for not known"
    return known + f": {codes}" * bool(known and number_form(text))


def _line(rule: pd.Series, **changed: str) -> str:
    """The line of the codebook for a column, with what is changed in it."""
    return ",".join([rule.name, *pd.Series({**rule, **changed})[CODEBOOK_COLUMNS[1:]]])


def _only_ticks(column: pd.Series, held: dict[str, int], rule: pd.Series) -> str | None:
    """What to do about a binary column of one mark, as of boxes that are ticked, and empty cells:
    these may mean no, or that nothing is known. Nothing where the mark may be none. ``held`` has
    the level of each text, in their order; -1 is none.
    """
    (zero, one), (no, _) = parts(rule["levels"]), binary_words(rule)
    is_level, empty = {*held.values()} == {1}, (column == "").sum()
    mark = one if is_level else next(iter(held), "")
    is_mark = (
        len({*map(plain_word, held)}) == 1
        and plain_word(mark) not in NO | DASHES | {"0"}
        and not (says_not_known(mark) or CODE_OF_NINES.fullmatch(mark))
        and (number_form(mark) or not mend(mark))
    )
    if not empty or 0 in held.values() or not (is_level or is_mark):
        return None
    return (
        f"it holds {listed(map(quoted, held))} ({column.isin([*held]).sum():,}) and empty cells "
        f"({empty:,}). An empty cell is read as missing, and then the column has one value only. "
        f"Where every empty cell means {no}, say so in the codebook: "
        f"{_line(rule, levels=f'|{mark}')}. Otherwise write {zero} into those that mean it, NA "
        "into the others" + f", and {one} in place of {quoted(mark)}" * (not is_level)
    )


def _further_values(column: pd.Series, held: dict[str, int], rule: pd.Series) -> str:
    """What a binary column with more values than two holds, and what to do if none stands for
    missing; nothing where one of them is another kind of mistake, or there are many.
    """
    others = [text for text, level in held.items() if level < 0]
    may_be_codes = all(
        (number_form(text) or not mend(text)) and text.replace(" ", "") not in DASHES | {"+"}
        for text in others
    )
    if not others or not may_be_codes or not 2 < len(held) <= MOST_NAMED or "" in held:
        return ""
    counts = column.value_counts()
    shown = listed([f"{text} ({counts[text]:,})" for text in held])
    # Two words for one level would be two levels of a category.
    alike = len({*held.values()} - {-1}) < len(held) - len(others)
    is_category = rule["role"] == "factor" and not alike
    as_category = _line(rule, type="category", levels="|".join(held))
    return (
        f". It holds {shown}"
        + f"; if all are values, make it a category: {as_category}" * is_category
    )


def _other_codes(held: dict[str, int], rule: pd.Series) -> str | None:
    """What to do about a binary column that holds two codes other than its levels, and perhaps a
    third one for what is not known: the one that says so, one of nines, or the largest number.
    """
    (zero, one), (no, yes) = parts(rule["levels"]), binary_words(rule)
    says = {text: (says_not_known(text), bool(CODE_OF_NINES.fullmatch(text))) for text in held}
    third = sorted(held, key=lambda text: (*says[text], float(number_form(text) or 0)))[2:]
    is_code = len(held) == 3 and (any(says[third[0]]) or all(map(number_form, held)))
    unknown = third if is_code and not {zero, one} <= {*held} else []
    codes = [text for text in held if text not in unknown]
    others = [text for text in codes if held[text] < 0]
    plain = len(codes) != 2 or {*codes} == {zero, one} or not (others and zero)
    # Beside one of the levels a word is a typing error, and a code of nines that for what is not
    # known. A yes is -1 in the databases of some programs.
    are_codes = all(map(number_form, codes)) and not any(map(CODE_OF_NINES.fullmatch, others))
    if plain or ({zero, one} & {*codes} and not are_codes):
        return None
    # What the codebook calls a yes may well be one.
    first, last = sorted(codes, key=lambda text: plain_word(text) == plain_word(one))
    missing = "|".join([*parts(rule.get("missing", "")), *unknown])
    return (
        f"it holds {listed(held)} where {zero} and {one} are expected, and which of "
        f"{listed(codes)} is “{yes}” cannot be known. Write {zero} for {no} and {one} for {yes}, "
        f"or name its codes in the codebook, the one for “{no}” first: "
        f"{_line(rule, levels=f'{first}|{last}')} (or {last}|{first})"
        + f", with {missing} in its column missing if that stands for not known"
        * bool(unknown)
    )


def read_identifiers(column: pd.Series) -> Reading:
    """Identifiers: each once, none empty, and none that a spreadsheet program has spoiled."""
    texts, counts = column.cat.categories, column.value_counts(sort=False).to_numpy()
    dates = {text for text in texts if DATE.fullmatch(text)}
    # One word before all numbers is a prefix, whatever month it is also short for; and numbers of
    # one length, such as 01-02-13, are what they are.
    if len(dates) == len(texts) and len({re.sub(r"\d", "0", text) for text in dates}) == 1:
        dates = set()
    said = {
        i: that_hold(
            {
                "the identifier itself: the spreadsheet program made this of it. Format the column "
                "as text and enter it anew": text in dates or POWER_OF_TEN.fullmatch(text),
                "a patient, and this may be a row that sums up the others. Delete it, or call the "
                "patient otherwise": SUMMARY.fullmatch(text),
                f"an identifier{mend(text)}": text.startswith(("#", "=")) and mend(text),
                UNIQUE: counts[i] > 1 or not text,
            }
        )
        for i, text in enumerate(texts)
    }
    # The first of these tells most.
    refused = {i: words[0] for i, words in said.items() if words}
    return Reading(column.astype("str").reset_index(drop=True), refused, [])
