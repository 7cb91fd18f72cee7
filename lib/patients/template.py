"""Files to begin with: an empty cohort file, its codebook and a description in English and Chinese.

`python -m lib.patients.template FOLDER` writes them; with `--example` it writes a real public data
set instead, with the codebook that maps it, and with `--cohort FILE` a codebook for that file, to
be completed by hand. Nothing is ever overwritten.
"""

import argparse
import re
import sys
from itertools import starmap
from pathlib import Path

import pandas as pd
import statsmodels

from lib.patients import privacy
from lib.patients.codebook import (
    CODEBOOK_COLUMNS,
    LEVEL_WORDS,
    MOST_LEVELS,
    OPTIONAL_ROLES,
    number_form,
    parts,
    plain_word,
    read_codebook,
)
from lib.patients.errors import first_of, quoted
from lib.patients.files import DATA, InputError, fail, read_table, uncompressed
from lib.patients.levels import ALSO_NO, ALSO_YES, NO, YES, missing_places, not_known
from lib.patients.loading import with_labels_of_file
from lib.patients.numbers import read_numbers
from lib.patients.table import Table
from lib.words import listed, say

NAME = "registry"
EXAMPLE_NAME = "birth_weight"
# Hosmer & Lemeshow, Applied Logistic Regression, 1989, appendix 1: 189 births at Baystate Medical
# Center.
EXAMPLE_ROWS = (
    Path(statsmodels.__file__).parent / "genmod" / "tests" / "results" / "stata_lbw_glm.csv"
)
EXAMPLE_CODEBOOK = DATA / "worked_example" / f"{EXAMPLE_NAME}.codebook.csv"
HINTS = """\
{name}.csv: one row per patient below the header. An empty cell is a missing value.
{name}.codebook.csv: what the columns mean. Change it to have other columns, groups and words.
Neither names, telephone numbers, dates nor record numbers belong into the file.

{name}.csv：表头之下每行一名患者；空单元格表示缺失值。
{name}.codebook.csv：各列的含义；如需其他列、分组或名称，请修改此文件。
文件中不得包含姓名、电话、日期、住院号或病案号。

make book COHORT={name}.csv
"""
LINE = [*CODEBOOK_COLUMNS, "level_labels", "missing", "step"]
TO_COMPLETE = """\
# A beginning: give one column the role group and one the role outcome; check types and labels and\r
# levels (the first is the reference); delete the lines of columns that are no factors. Columns of\r
# free text and those that look like direct identifiers have no line.\r
# Of two levels the second is taken as having the factor, and as the event of an outcome. Check it\r
# where its word is no plain yes, and turn both levels and labels round if need be.\r
"""
VALUES = {
    "id": ("a running number, each once", "流水号，不得重复"),
    "number": ("a number", "数字"),
    "binary": ("0 or 1", "0 或 1"),
    "category": ("one of {levels}", "取值之一"),
}


def _paragraph(name: str, rule: pd.Series) -> str:
    """A column in words, in English and Chinese."""
    english, chinese = VALUES["id" if rule["role"] == "id" else rule["type"]]
    unit = f" ({rule['unit']})" if rule["unit"] else ""
    levels = parts(rule["levels"])
    return "\n".join(
        [
            name + " [optional]（可选）" * (rule["role"] in OPTIONAL_ROLES),
            f"  {rule['label']}{unit}: {english.format(levels=', '.join(levels))}",
            f"  {rule.get('label_zh', '')}{unit}：{chinese}",
            *(
                "  " + "; ".join(map(" = ".join, zip(levels, called, strict=True)))
                for called in (parts(rule.get(column, "")) for column in LEVEL_WORDS)
                if called and levels
            ),
            "",
        ]
    )


def template() -> dict[str, bytes]:
    """The files to begin with, by name. A byte order mark makes Excel read them as UTF-8."""
    codebook = read_codebook(DATA / "codebook.csv")
    header = pd.DataFrame(columns=codebook.index).to_csv(index=False, lineterminator="\r\n")
    rules = codebook.reset_index().to_csv(index=False, lineterminator="\r\n")
    words = "\n".join([HINTS.format(name=NAME), *starmap(_paragraph, codebook.iterrows())])
    return {
        f"{NAME}.csv": header.encode("utf-8-sig"),
        f"{NAME}.codebook.csv": rules.encode("utf-8-sig"),
        "README.txt": words.encode("utf-8-sig"),
    }


def example() -> dict[str, bytes]:
    """A real data set as it is in the package that ships it, and the codebook that maps it, by
    name.
    """
    return {
        f"{EXAMPLE_NAME}.csv": EXAMPLE_ROWS.read_bytes(),
        f"{EXAMPLE_NAME}.codebook.csv": EXAMPLE_CODEBOOK.read_bytes(),
    }


def begun(path: Path) -> dict[str, bytes]:
    """A codebook for a file of patients, by name: its columns with what the file tells of each.

    Labels and values are those of the file, types are guessed, and every column but a first one of
    identifiers is a factor. Left out are columns that look like direct identifiers (``privacy``)
    and those of more texts than a category may have. Raises ``InputError`` where the file cannot be
    read, or no column is left.
    """
    table = read_table(path, [])
    fail(path, table.problems)
    book = pd.DataFrame(
        [_rule(column, table) for _, column in table.rows.items() if not privacy.suspicion(column)],
        columns=LINE,
    )
    texts = book["levels"].map(parts).map(len) > MOST_LEVELS
    fail(
        path,
        [
            "no column is left that can be a group, an outcome or a factor: each looks like an "
            f"identifier or holds more than {MOST_LEVELS} texts ("
            f"{first_of([*map(quoted, table.rows)])}). Expected columns of numbers, or of texts "
            "that occur again"
        ]
        * bool(((book["role"] == "id") | texts).all()),
    )
    book = with_labels_of_file(book[~texts].set_index("name"), table, {})
    left = listed([quoted(name) for name in table.rows if name not in book.index])
    content = [
        TO_COMPLETE,
        *(f"# {note}\r\n" for note in [*table.notes, f"Without a line: {left}."]),
        book.to_csv(lineterminator="\r\n"),
    ]
    return {f"{uncompressed(path).stem}.codebook.csv": "".join(content).encode("utf-8-sig")}


def _rule(column: pd.Series, table: Table) -> pd.Series:
    """The line of a codebook for a column, as far as its values tell."""
    rule = pd.Series({"name": column.name, "role": "factor", "type": "number"}, LINE).fillna("")
    texts = [*column.cat.categories.delete(missing_places(column, rule))]
    called = {text: table.words.get(column.name, {}).get(text, text) for text in texts}
    unknown = not_known(called.values())
    known = [text for text in texts if called[text] not in unknown]
    rule["missing"] = "|".join(text for text in texts if text not in known)
    # Of a scale the ends may have words, and what stands between numbers.
    labeled = {*known} <= {*table.words.get(column.name, {})} and not any(
        number_form(called[text]) for text in known
    )
    # Boxes that are ticked or empty: which level an empty cell has is to be completed.
    ticked = (
        len(known) == 1 and "" in column.cat.categories and number_form(known[0]) in (None, "1")
    )
    if column.name == table.rows.columns[0] and len(known) == len(column):
        rule[["role", "type"]] = "id", "text"
    elif len(known) == 2 or ticked or labeled or read_numbers(column, rule, table, True).refused:
        words = {one: plain_word(called[one]) for one in known}
        # A letter may as well be short for another word, as f is.
        both = {*words.values()} <= YES | NO | ALSO_YES | ALSO_NO
        says = {
            one: (word in YES | ALSO_YES) - (word in NO | ALSO_NO)
            for one, word in words.items()
            if len(known) == 2 and (both or len(word) > 1)
        }
        known.sort(key=lambda one: (says.get(one, 0), plain_word(one) in YES, _in_order(one)))
        rule[["type", "levels"]] = (
            "binary" if len(known) == 2 or ticked else "category",
            "|".join(known),
        )
    return rule


def _in_order(text: str) -> tuple[str, list[float], bool, str]:
    """What sorts texts as people do: by the word before a number, then by the number, and a bound
    such as <10 before what it bounds; numbers before words.
    """
    found = [number_form(text)] if number_form(text) else re.findall(r"\d+(?:[.,]\d+)?", text)
    numbers = [float(one.replace(",", ".")) for one in found]
    return re.sub(r"[\W_]|\d.*", "", text), numbers, text[0] not in "<≤", text


def write(files: dict[str, bytes], folder: Path) -> list[Path]:
    """Write files into a folder, which is made if need be. Raises `InputError` if any of them is
    there.
    """
    paths = [folder / name for name in files]
    if there := [path for path in paths if path.exists()]:
        raise InputError(
            f"{folder} already has {listed([path.name for path in there])}, and nothing is "
            "overwritten. Choose another folder."
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path, content in zip(paths, files.values(), strict=True):
            with path.open("xb") as file:  # fails where another has made it meanwhile
                file.write(content)
    except OSError as error:
        raise InputError(
            f"{folder} cannot be written ({error.strerror}). Choose another folder."
        ) from None
    return paths


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(
        description=__doc__.split("\n")[0], prog="python -m lib.patients.template"
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument(
        "--example", action="store_true", help="a real public data set instead of an empty file"
    )
    parser.add_argument("--cohort", type=Path, help="a codebook for this file instead")
    chosen = parser.parse_args()
    try:
        files = begun(chosen.cohort) if chosen.cohort else template()
        written = write(example() if chosen.example else files, chosen.folder)
    except InputError as error:
        sys.exit(str(error))
    say(*map(str, written))


if __name__ == "__main__":
    main()
