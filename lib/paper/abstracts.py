"""The numbers of any abstract, read as people type them.

A file of claims has the columns ``id`` (section.subject.quantity, as in ``data/README.md``) and
``printed``, and where there is something to say ``basis`` (the premises that the abstract states)
and ``source``. A subject may name a group after an @: ``results.pain@drug.percentage``. Several
numbers in one cell become several claims.
"""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd

from lib.paper import published
from lib.patients.files import fail, read_csv

COUNTS = ["patients", "count", "events", "horizon"]
PROPORTIONS = ["percentage", "primary_patency", "sensitivity", "specificity", "ppv", "npv", "auc"]
PROPORTIONS += ["agreement", "confidence_level"]
RATIOS = ["odds_ratio", "hazard_ratio", "risk_ratio"]
NUMBERS = ["mean", "sd", "median", "kappa"]
QUANTITIES = [*COUNTS, *PROPORTIONS, *RATIOS, *NUMBERS, "p_value", "first_month", "last_month"]
# Words of the column basis; those with a colon are followed by a name.
BASIS = ["partition", "binary", "events:", "rate:event", "rate:free", "of:", "normal", "t"]
BASIS += ["profile", "bootstrap", "other", "logistic", "crude"]
LIMITS = re.compile(r"[(\[]?\s*([^()\[\]]+?)\s*(?:\bto\b|[–—;]|,\s|-)\s*([^()\[\]]+?)\s*[)\]]?")
COUNT = re.compile(r"([\d,]+)\s*(?:/\s*([\d,]+))?\s*(?:\(\s*([\d.·]+\s*%?)\s*\))?")
MEAN = re.compile(r"(.+?)\s*(?:±|\+/-|\()\s*(.+?)\s*\)?")
# What people type, and how it is written here.
SPELLINGS = [
    (r"^[Pp]\s*(?=[=<>≤≥.\d])=?", ""),
    (r"^(?i:n\.?s\.?)$", "≥0.05"),
    (r"−", "-"),
    (r"·", "."),
    (r"<=", "≤"),
    (r">=", "≥"),
    (r"(?<=\d),(?=\d{3}(?!\d))", ""),
    (r"(?<![\d.])\.(?=\d)", "0."),
    (r"\s+", ""),
]


def read(path: Path) -> pd.DataFrame:
    """The claims of a file, indexed by ``id``, with section, quantity, printed (written as this
    project writes numbers), typed (as in the file), basis and source.

    Raises `InputError` naming the line of everything that cannot be read and how to mend it.
    """
    rows = read_csv(path, ["id", "printed"])
    problems, claims = [], []
    for line, row in rows.iterrows():
        section, who, quantity, *rest = [*row["id"].split("."), "", ""]
        wrong = [word for word in row.get("basis", "").split("|") if not _is_premise(word)]
        problems += [
            f"line {line}, column basis: “{word}” is not one of {', '.join(BASIS)}; several are "
            "separated by |"
            for word in wrong
        ]
        if not (section and who and quantity) or len(rest) > 3:
            problems.append(
                f"line {line}, column id: “{row['id']}” is not section.subject.quantity"
            )
            continue
        for kind, text, of in _pieces(quantity, row["printed"]):
            printed = normal(text, kind)
            problem = _problem(kind, printed)
            if problem:
                problems.append(f"line {line}, column printed: “{row['printed']}” {problem}")
            name = ".".join([section, who, kind, *filter(None, rest)])
            basis = "|".join(filter(None, [row.get("basis", ""), of and f"of:{of}"]))
            claims.append(
                [name, section, kind, printed, row["printed"], basis, row.get("source", "")]
            )
    columns = ["id", "section", "quantity", "printed", "typed", "basis", "source"]
    table = pd.DataFrame(claims, columns=columns, dtype=object)
    for name in table["id"][table["id"].duplicated()].unique():
        problems.append(f"column id: “{name}” occurs more than once; each number has one row")
    fail(Path(path), problems)
    return table.set_index("id")


def _is_premise(word: str) -> bool:
    word = word.strip()
    return not word or any(word == b or (b.endswith(":") and word.startswith(b)) for b in BASIS)


def _pieces(quantity: str, text: str) -> list[tuple[str, str, str]]:
    """The numbers of a cell: each with its quantity, and what it is out of if that is printed."""
    if quantity.endswith("_limits") and (match := LIMITS.fullmatch(text)):
        ends = quantity.removesuffix("limits")
        return [(f"{ends}lower", match[1], ""), (f"{ends}upper", match[2], "")]
    if quantity == "count" and (match := COUNT.fullmatch(text)):
        of = (match[2] or "").replace(",", "")
        share = [("percentage", match[3], of)] if match[3] else []
        return [("count", match[1], of), *share]
    if quantity == "mean" and (match := MEAN.fullmatch(text)):
        return [("mean", match[1], ""), ("sd", match[2], "")]
    return [(quantity, text, "")]


def _base(quantity: str) -> str:
    """The quantity whose limit a quantity is, or itself."""
    return re.sub(r"_(lower|upper)$", "", quantity)


def normal(text: str, quantity: str) -> str:
    """A number as this project writes it: "P < .04" is "<0.04", "21,822" is "21822", "2·10" is
    "2.10"; a percentage without its sign gets one."""
    text = text.strip()
    for spelling, written in SPELLINGS:
        text = re.sub(spelling, written, text)
    plain = published.NUMBER.fullmatch(text)
    if _base(quantity) in PROPORTIONS and plain and not plain["percent"]:
        return text + "%" * (float(plain["digits"]) > 1)
    return text


def _problem(quantity: str, printed: str) -> str:
    """What is wrong with a number, and how to mend it; nothing where it is one of its quantity."""
    base = _base(quantity)
    if base not in QUANTITIES:
        known = ", ".join(QUANTITIES)
        return f"is a {quantity}, which is not one of {known} (with _lower, _upper or _limits)"
    if base.endswith("_month"):
        return ""
    if not published.NUMBER.fullmatch(printed):
        return (
            "is not a number; write for example 0.020, .036, 89.4%, 21,822, <.001 or 1.05 to 4.50"
        )
    sign, value = printed.lstrip()[0] in "<>≤≥", published.number(printed)
    expected = {
        "a whole number of patients": base not in COUNTS or re.fullmatch(r"\d+", printed),
        "a proportion or a percentage from 0 to 100%": base not in PROPORTIONS or 0 <= value <= 1,
        "a ratio, which is no percentage and not below 0": base not in RATIOS
        or (value >= 0 and "%" not in printed and (value > 0 or quantity != base)),
        "a probability from 0 to 1": base != "p_value" or 0 <= value <= 1,
        "a plain number": not sign or base not in [*COUNTS, *NUMBERS],
    }
    return next((f"is not {what}; correct it" for what, fits in expected.items() if not fits), "")
