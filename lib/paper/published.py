"""Claims: the numbers that a paper prints, read from a file as people type them.

What a printed string can stand for is in `digits`. Knows nothing of cohorts.
"""

import calendar
import re
from codecs import BOM_UTF8
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from itertools import chain, combinations, dropwhile
from math import inf
from pathlib import Path

import pandas as pd

# The stored listings are keyed by the text of their code, which takes ``interval`` from here.
from lib.paper.digits import NUMBER, number, parse
from lib.paper.digits import interval as interval
from lib.patients.errors import that_hold
from lib.patients.files import DATA, InputError, fail, read_csv

PATH = DATA / "published.csv"
COLUMNS = ["id", "section", "quantity", "printed", "unit", "source"]
COUNTS = ["patients", "count", "events", "horizon"]
PROPORTIONS = [
    "percentage",
    "primary_patency",
    "sensitivity",
    "specificity",
    "ppv",
    "npv",
    "auc",
    "agreement",
    "confidence_level",
]
RATIOS = ["odds_ratio", "hazard_ratio", "risk_ratio"]
NUMBERS = ["mean", "sd", "median", "kappa", "difference", "rate"]
# What a percentage can be of, and what is printed as a fraction.
SIZES = ["patients", "count", "events"]
FRACTIONS = ["primary_patency", "agreement", "sensitivity", "specificity", "ppv", "npv"]
# No number in print is longer.
LONGEST = 40
# Products of larger counts do not fit into the machine's whole numbers.
MOST_PATIENTS = 10_000_000
MONTHS = ["first_month", "last_month"]
# What the sections of the paper print: the chapters know of nothing else.
SECTIONS = {
    "methods": ["patients", *MONTHS],
    "patency": ["horizon", "primary_patency"],
    "univariate": ["p_value"],
    "multivariate": [
        "confidence_level",
        "odds_ratio",
        "odds_ratio_lower",
        "odds_ratio_upper",
        "p_value",
    ],
    "roc": ["auc", "auc_lower", "auc_upper", "p_value", "sensitivity", "specificity"],
}
QUANTITIES = [*COUNTS, *PROPORTIONS, *RATIOS, *NUMBERS, *MONTHS, "p_value"]
# Words of the column basis; those with a colon are followed by a name.
BASIS = [
    "partition",
    "binary",
    "events:",
    "rate:event",
    "rate:free",
    "of:",
    "level:",
    "normal",
    "t",
    "profile",
    "bootstrap",
    "other",
    "logistic",
    "crude",
]
# What stands in that column of a percentage which is read beside a fraction; nobody can write it.
BESIDE = "(beside a fraction)"
# The forms of a cell with several numbers. An upper limit that is not reached is none.
LIMITS = re.compile(
    r"\(?\s*([^()]+?)\s*(?:\bto\b|[–—~;]|,(?!\d{3}(?!\d))|-)\s*"
    r"(?:(?i:NR|NE|NA|not (?:reached|estimable))|([^()]+?))\s*\)?"
)
ESTIMATE = re.compile(r"(.+?)[,;]?\s*(\([^()]+\))")
COUNT = re.compile(
    r"(\d{1,40})\s*(?:(?:/|of)\s*([1-9]\d{0,39}))?\s*(?:\(\s*([<>]?\s*\d[\d.]*)\s*(%?)\s*\))?"
)
SHARE = re.compile(r"([<>]?\d[\d.]*%)\s*\(([^()]+)\)")
MEAN = re.compile(r"(.+?)\s*(?:±|\+/-|\()\s*(.+?)\s*\)?")
P_VALUE = re.compile(r"[,;]?\s*\b[Pp]\s*(?:=\s*|(?=[<>≤≥]))((?:[^(),;\]]|,(?=\d))+)")
# Words that say what the numbers after them are.
_WORDS = (
    r"(?:(\d[\d.]*%)\s*)?"
    r"(?:CI|confidence (?:interval|limit)s?|IQR|interquartile range|SD|standard deviation)\b"
)
LABEL = re.compile(rf"(?i)\b{_WORDS}[,:]?\s*|\bn\s*=\s*")
# A number of patients, with the sign that sets it apart.
SIZE = re.compile(r"(?i)[,;]\s*n\s*=\s*(\d+)|\bn\s*=\s*(\d+)\s*[,;]?\s*")
# Two numbers of which the first may be a standard deviation and the second a size.
PAIR = re.compile(
    r"(?i)\((?:(SD|standard deviation)\b[,:]?\s*[-\d.]+\s*(?:to\b|[–—~;,-])|[-\d.]+\s*[;,])\s*-?\d"
)
# Said of a file that has one elsewhere.
COMMENTS = (
    "\n  - lines that begin with # are comments only above the names of the columns; move such a "
    "line there, or write its words in a column comment"
)
# Signs as wide as Chinese characters, as in （1.05～4.50）.
FULL_WIDTH = {ord("、"): ","} | {sign + 0xFEE0: sign for sign in range(0x21, 0x7F)}
# What people type, and how it is written here.
SPELLINGS = [
    (r"^[Pp]\s*(?=[=<>≤≥.\d])=?\s*", ""),
    (r"^(?i:n\.?s\.?)$", "≥0.05"),
    # Hyphens and the minus sign, which look alike.
    ("[\u2010\u2011\u2212]|^–", "-"),
    (r"^\+(?=[.\d])", ""),
    (r"^-(?=[0.]+%?$)", ""),
    (r"\[", "("),
    (r"\]", ")"),
    (r"·", "."),
    (r"<=", "≤"),
    (r">=", "≥"),
    # 21,822 and 21 822, but not 0,822 and 21,82.
    (
        r"(?<![\d.,])[1-9]\d{0,2}([\s,])\d{3}(?:\1\d{3})*(?!,?\d)",
        lambda found: found[0].replace(found[1], ""),
    ),
    # 2.3 × 10⁻⁸, 2.3 x 10-8 and 2.3e-8, which as decimals have the same last digit.
    (
        r"(?<![\d.])(\d+(?:\.\d{1,9})?)\s*(?:[x×]\s*10\s*\^?|[eE])[-–⁻]"
        r"([0-4⁰¹²³⁴]?[\d⁰¹²³⁴-⁹])(?![\d⁰¹²³⁴-⁹]|\.\d)",
        lambda found: format(
            Decimal(f"{found[1]}e-{found[2]}".translate(str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789"))),
            "f",
        ),
    ),
    (r"(?<![\d.])\.(?=\d)", "0."),
    (r"(?<=[<>≤≥])\s+(?=\d)|(?<=\d)\s+(?=%)", ""),
    (
        r"(?i)(?<=\d)\s+(?:patients|participants|subjects|people|persons|adults|children|men|women"
        r"|cases|events|deaths)\b",
        "",
    ),
    # What is named has brackets of its own: 0.82; 95% CI, 0.70-0.96 and (88%; 95% CI, 73%-96%).
    (rf"(?i)^([^()]+?(?:\([^()]+\))?)(?:\s*[,;]\s*|(?<!%)\s+)({_WORDS}[^()]+)$", r"\1 (\2)"),
    (rf"(?i)(\([^()]+?)\s*[,;]\s*({_WORDS}[^()]+\))$", r"\1) (\2"),
]


def read(path: Path | None = None) -> pd.DataFrame:
    """All claims of a file (default: our own), indexed by ``id`` (section.subject.quantity), the
    printed strings untouched.

    Raises ``InputError`` naming file, line and column of everything that cannot be read.
    """
    path = Path(path or PATH)
    rows = read_csv(path, COLUMNS)
    problems = []
    for line, row in rows.iterrows():
        where, section = f"line {line}, column", row["section"]
        quantity, printed = row["quantity"], row["printed"]
        known, written = SECTIONS.get(section, [quantity]), normal(printed, quantity)
        wrong = {
            f"section: “{section}” is not one of {', '.join(SECTIONS)}": section not in SECTIONS,
            f"quantity: “{quantity}” is not one of {', '.join(known)}": quantity not in known,
            f"printed: “{printed}” is written “{written}” here": written != printed,
            "source: empty; expected where the number is printed": not row["source"],
        }
        problems += [f"{where} {words}" for words, is_wrong in wrong.items() if is_wrong]
    claims = _claims(path, rows, problems)
    return claims if "basis" in rows else claims.drop(columns="basis")


def read_any(path: Path) -> pd.DataFrame:
    """The claims of any abstract, as people type them: only the columns ``id`` and ``printed`` are
    needed. Several numbers in one cell become several claims.

    A subject may name a group after an @, as in ``results.pain@drug.percentage``. Only our own file
    keeps the column ``source``: the words of our codebook are for its subjects alone.
    """
    path = Path(path)
    try:
        return _claims(path, read_csv(path, ["id", "printed"]), []).drop(
            columns=[] if path.resolve() == PATH.resolve() else ["source"], errors="ignore"
        )
    except InputError as error:
        lines = path.read_bytes().removeprefix(BOM_UTF8).splitlines() if path.is_file() else []
        table = dropwhile(lambda line: line.startswith(b"#") or not line.strip(), lines)
        below = any(line.lstrip(b'"').startswith(b"#") for line in table)
        raise InputError(f"{error}{COMMENTS * below}") from None


def _claims(path: Path, rows: pd.DataFrame, problems: list[str]) -> pd.DataFrame:
    claims: dict[str, dict] = {}
    places: dict[str, str] = {}
    groups = {"all"} | {
        who.rpartition("@")[2]
        for section, who, *_ in ([*name.split("."), ""] for name in rows["id"])
        if section in ("methods", "patency") or "@" in who
    }
    numbers = {line: _numbers(row["id"], row["printed"]) for line, row in rows.iterrows()}
    sizes = {name for of in numbers.values() for name, kind, *_ in of if kind in SIZES}
    sections = {*rows["id"].str.partition(".")[0]}
    whose = Counter(re.findall(r"\bevents:([^|\s]+)", "|".join(rows.get("basis", []))))
    # Numbers that share their events may name these as they like.
    after = {"level:": sections, "events:": {*sections, *(of for of in whose if whose[of] > 1)}}
    for line, row in rows.iterrows():
        where, section = f"line {line}, column", row["id"].partition(".")[0]
        problems += [f"{where} {words}" for words in _complaints(row, sizes | groups, after)]
        for name, kind, printed, of in numbers[line]:
            before = claims.get(name, {"printed": printed, "basis": ""})
            if before["printed"] != printed or (name in claims and [*rows["id"]].count(name) > 1):
                problems.append(
                    f"{where} id: “{name}” occurs more than once, as “{before['printed']}” and here"
                    f" as “{printed}”; each number has one row, and a subject one number of a kind:"
                    " give this line another subject where both are printed"
                )
            stated = re.search(r"\bof:(\d+)", row.get("basis", ""))
            # What a sensitivity is of may be the population of which its own patients are a part.
            if of and stated and stated[1] != of and row["id"].split(".")[2] not in FRACTIONS:
                problems.append(
                    f"{where} basis: “{stated[0]}” is not what “{row['printed']}” is out of; leave "
                    "it out"
                )
            # What stands beside a fraction may be a rate of another method, of patients at least.
            is_rate = (
                kind in FRACTIONS[:2]
                and "percentage" in [other for _, other, *_ in numbers[line]]
                and "of:" not in row.get("basis", "")
            )
            rated = kind == "percentage" and row["id"].split(".")[2] not in FRACTIONS[2:]
            basis = [
                before["basis"],
                row.get("basis", ""),
                f"of:{of}" if of and not is_rate else "",
                BESIDE if of and rated and not stated else "",
            ]
            claims[name] = {
                **row,
                "id": name,
                "section": section,
                "quantity": kind,
                "printed": printed,
                "basis": "|".join(dict.fromkeys(filter(None, basis))),
            }
            places[name] = f"{where} printed: “{row['printed']}”"
    # P and level would be those of either.
    problems += [
        f"{places[name]} and “{claims[one]['printed']}” are two kinds of ratio of "
        f"“{subject(name)}”; give this line another subject, with its P on it"
        for one, name in combinations([n for n in claims if claims[n]["quantity"] in RATIOS], 2)
        if one.split(".")[:2] == name.split(".")[:2] and one.split(".")[2] != name.split(".")[2]
    ]
    problems += [
        f"{places[name]} leaves open which of an estimate and its limits are percentages; write the"
        " sign at each that is one"
        for name in _share_signs(claims)
    ]
    problems += [
        f"{places[name]} is not {expected}"
        for name, claim in claims.items()
        if (expected := expected_instead(claim["quantity"], claim["printed"]))
    ]
    problems += [
        f"{places[name]} is out of more than {MOST_PATIENTS:,}; leave out what it is out of"
        for name, claim in claims.items()
        for of in re.findall(r"\bof:(\d+)", claim["basis"])
        if Decimal(of) > MOST_PATIENTS
    ]
    fail(path, list(dict.fromkeys(problems)))
    return pd.DataFrame(claims.values(), dtype=object).set_index("id")


def _share_signs(claims: dict[str, dict]) -> Iterator[str]:
    """Write one percent sign of an estimate and its limits at all for which it is meant, as in
    2% (0.8 to 2.9), but not in 0.84 (78% to 90%). Yields a claim of each set that leaves it open.
    """
    sets: dict[str, dict[str, dict]] = {}
    for name, claim in claims.items():
        if NUMBER.fullmatch(claim["printed"]):
            kind, base = claim["quantity"], _base(claim["quantity"])
            of = sets.setdefault(name.replace(f".{kind}", f".{base}"), {})
            of[kind.removeprefix(base)] = claim
    for of in (of for of in sets.values() if any("%" in claim["printed"] for claim in of.values())):
        lacking = [end for end in of if "%" not in of[end]["printed"]]
        # Zero is the same in either; a proportion that is too large for one has a sign already.
        unclear = [end for end in lacking if number(of[end]["printed"])]
        for end in lacking:
            of[end]["printed"] += "%" * ("" not in unclear or end not in unclear)
        values = [number(of[end]["printed"]) for end in ("_lower", "", "_upper") if end in of]
        # An estimate in units, or limits of which none has a sign.
        in_doubt = "" in unclear or {"", *unclear} == {*of}
        if in_doubt and (values != sorted(values) or {*unclear} > {""}):
            yield next(iter(of.values()))["id"]


def _complaints(row: pd.Series, named: set[str], after: dict[str, set[str]]) -> list[str]:
    """What is wrong with the id and the basis of a line; ``named`` are the groups of the file, and
    the ids of what a percentage can be of, ``after`` the names that may follow other words."""
    section, who, quantity, *rest = [*row["id"].split("."), "", ""]
    text = normal(row["printed"].translate(FULL_WIDTH), "")
    size, pair = SIZE.search(text), PAIR.search(text)
    patients = size and (size[1] or size[2])
    alone = SIZE.sub("", text).replace("()", "").strip()
    wrong = {
        f"id: “{row['id']}” is not section.subject.quantity without spaces, for example "
        "results.age.p_value": (
            not (section and who and quantity) or len(rest) > 3 or re.search(r"\s", row["id"])
        ),
        f"id: “{quantity}” is not one of {', '.join(QUANTITIES)}, _lower, _upper or _limits; "
        "leave out what is none of them": (
            re.sub("_limits$", "", _base(quantity)) not in QUANTITIES
        ),
        f"printed: “{row['printed']}” has quartiles, between which a mean need not lie; write "
        "the mean alone, and the quartiles on a line of their own as median_limits": (
            quantity == "mean" and re.search(r"(?i)\b(IQR|interquartile range)\b", row["printed"])
        ),
        f"printed: “{row['printed']}” has n = {patients} beside another number; "
        f"write “{alone}” here, and of:{patients} in the column basis where that is "
        "the size of its group; what is counted stands first, as in 12 (24%)": (
            size and (size.start() or quantity not in [*SIZES, "percentage"])
        ),
        f"printed: “{row['printed']}” leaves open what its numbers are; write a mean with its "
        "standard deviation alone, as in 61.2 (SD 10.4), limits as in 61.2 (58.1 to 64.3), and "
        "a size in the column basis, as in of:50": pair and (quantity == "mean" or pair[1]),
        f"id: “{row['id']}” is not section.subject.quantity of the same line": (
            (row.get("section", section), row.get("quantity", quantity)) != (section, quantity)
        ),
    }
    words = dict.fromkeys(filter(None, map(str.strip, row.get("basis", "").split("|"))))
    return [
        # Of several complaints about an id or a word the first tells most.
        *that_hold(wrong)[:1],
        *(
            f"basis: states both “{one}” and “{other}”; leave one of them out"
            for one, other in combinations(words, 2)
            if one.partition(":")[0] == other.partition(":")[0]
        ),
        *chain(*(_complaints_about(word, named, after)[:1] for word in words)),
    ]


def _complaints_about(word: str, named: set[str], after: dict[str, set[str]]) -> list[str]:
    """What is wrong with a word of the basis, what tells most first."""
    start, colon, name = word.partition(":")
    return that_hold(
        {
            f"basis: “{word}” names neither a number above zero nor one of "
            f"{', '.join(sorted(name for name in named if '.' not in name))}; of the ids only "
            f"those of {', '.join(SIZES)} can be named": (
                word.startswith("of:") and name not in named and not name.strip("0").isdigit()
            ),
            f"basis: “{word}” names nothing else in this file; expected one of its sections "
            f"({', '.join(sorted(after['level:']))})": (
                name and name not in after.get(start + colon, {name})
            ),
            f"basis: “{word}” is not one of {', '.join(BASIS)}; several stand between |, and a "
            "name after a colon at the end": (
                not any(name and word.startswith(b) if b[-1] == ":" else word == b for b in BASIS)
            ),
        }
    )


def fraction_of(name: str) -> str:
    """The claim of what 35/40 counts; its subject is not that of the sensitivity, but the
    sensitivity."""
    section, who, quantity = name.split(".")[:3]
    what, *group = who.partition("@")
    return f"{section}.{what}_{quantity}{''.join(group)}.count"


def percentage_of(name: str) -> str:
    """The claim of the percentage beside the fraction of a share, or the claim itself."""
    share = fraction_of(name).replace(".count", ".percentage")
    return share if name.split(".")[2] in FRACTIONS else name


def is_computed(claims: pd.DataFrame, name: str) -> bool:
    """Whether a share is none that is printed: its fraction is."""
    return fraction_of(name) in claims.index and percentage_of(name) not in claims.index


def _numbers(name: str, text: str) -> list[tuple[str, str, str, str]]:
    """The numbers of a line: each with its id, its quantity, as it is written here, and what it is
    out of if that is printed."""
    section, who, quantity, variant = [*name.split(".", 3), "", "", ""][:4]
    counted = subject(fraction_of(name)) if quantity in FRACTIONS else who
    return [
        (".".join(filter(None, [section, subject, kind, variant])), kind, normal(piece, kind), of)
        for kind, piece, of in _pieces(quantity, text.translate(FULL_WIDTH))
        for subject in [counted if kind in ("count", "percentage") else who]
    ]


def _pieces(quantity: str, text: str) -> list[tuple[str, str, str]]:
    """The numbers of a cell: each with its quantity, and what it is out of if that is printed."""
    if quantity != "p_value" and (match := P_VALUE.search(text)):
        return [
            *_pieces(quantity, text.replace(match[0], "", 1).replace("()", "")),
            ("p_value", match[1], ""),
        ]
    text = normal(text, "")
    if label := LABEL.search(text):
        level = [("confidence_level", label[1], "")] if label[1] else []
        is_level = quantity == "confidence_level" and label[1] and label[0] == text
        return [*([] if is_level else _pieces(quantity, LABEL.sub("", text))), *level]
    estimate = ESTIMATE.fullmatch(text)
    if estimate and LIMITS.fullmatch(estimate[2]):
        found = _pieces(quantity, estimate[1])
        # Limits beside a fraction, or a count and its percentage, are those of the percentage.
        of_share = quantity == "count" and (found[-1][2] or len(found) > 1)
        limited = "percentage" if of_share else quantity
        return [*found, *_pieces(f"{limited}_limits", estimate[2])]
    if quantity.endswith("_limits") and (match := LIMITS.fullmatch(text)):
        return [
            (f"{quantity.removesuffix('limits')}{end}", limit, "")
            for end, limit in zip(("lower", "upper"), match.groups(), strict=True)
            if limit
        ]
    match = COUNT.fullmatch(SHARE.sub(r"\2 (\1)", text))
    if match and (
        quantity == "count"
        or (quantity == "percentage" and match[4])
        or (quantity in ("percentage", *FRACTIONS) and match[2])
    ):
        count, of, share, sign = match.groups(default="")
        # In a column headed n (%) the sign is left out.
        share += sign or "%" * bool(share and quantity == "count" and not of)
        found = [("count", count, of), *([("percentage", share, of)] if share else [])]
        if quantity not in FRACTIONS:
            return found
        # So many digits that no other fraction of some hundred patients prints them. The first two
        # of these quantities are shares of a whole group.
        share = share or f"{100 * int(count) / int(of):.4f}%"
        return [(quantity, share, of if quantity in FRACTIONS[:2] else ""), *found]
    if quantity == "mean" and (match := MEAN.fullmatch(text)):
        return [("mean", match[1], ""), ("sd", match[2], "")]
    return [(quantity, text, "")]


def normal(text: str, quantity: str) -> str:
    """A number as this project writes it: "P < .04" is "<0.04", "21,822" is "21822", "2·10" is
    "2.10"; a percentage without its sign gets one where it is too large for a proportion."""
    text = text.strip()
    for spelling, written in SPELLINGS:
        text = re.sub(spelling, written, text)
    plain = NUMBER.fullmatch(text)
    if _base(quantity) in PROPORTIONS and plain and not plain["percent"]:
        # Limits may be above one; an area above one is a mistake.
        return text + "%" * (
            float(plain["digits"]) > (1 if quantity in {*PROPORTIONS} - {"auc"} else 2)
        )
    return text


def _base(quantity: str) -> str:
    """The quantity whose limit a quantity is, or itself."""
    return re.sub(r"_(lower|upper)$", "", quantity)


def expected_instead(quantity: str, printed: str) -> str | None:
    """What a number of this quantity looks like, in words, where the printed one cannot be one."""
    base = _base(quantity)
    is_number = NUMBER.fullmatch(printed)
    # Of what is no number, or a longer one, no value is asked for: an earlier row says so.
    sign, value, _ = parse(printed if is_number and len(printed) <= LONGEST else "0")
    # Limits of a ratio may be beyond what a program prints: 0.00, >999.
    as_ratio = value >= 0 if quantity != base else value > 0 and not sign
    # Limits of a proportion may be beyond zero and one, where software does not cut them off.
    least, most = (-inf, inf) if quantity != base else (0, 1)
    table = [
        ([base], "two numbers, such as 1.05 to 4.50", not base.endswith("_limits")),
        (
            MONTHS,
            "a month such as “May 2019”",
            re.fullmatch(rf"({'|'.join(calendar.month_name[1:])}) \d{{4}}", printed),
        ),
        (
            [base],
            "a number; write for example 0.020, .036, 89.4%, 21,822, <.001 or 1.05 to 4.50, and "
            "leave out all words",
            is_number or base in MONTHS,
        ),
        ([base], f"a number of at most {LONGEST} characters", len(printed) <= LONGEST),
        (
            ["patients", "horizon"],
            f"a whole number above zero (at most {MOST_PATIENTS:,})",
            printed.isdigit() and 0 < value <= MOST_PATIENTS,
        ),
        (
            COUNTS,
            f"a whole number (at most {MOST_PATIENTS:,})",
            printed.isdigit() and value <= MOST_PATIENTS,
        ),
        (
            RATIOS,
            "a plain number above zero; only limits may be 0.00 or >999, so leave out such an "
            "estimate or write it with more digits",
            as_ratio and "%" not in printed,
        ),
        (["sd"], "a plain number, zero or more", not sign and value >= 0),
        (["confidence_level"], "a level such as 95%", not sign and 0 < value < 1),
        (["p_value"], "a probability from 0 to 1", 0 <= value <= 1 and (value > 0 or not sign)),
        (["kappa"], "a plain number from -1 to 1", quantity != base or -1 <= value <= 1),
        (PROPORTIONS, "a proportion or a percentage from 0 to 100%", least <= value <= most),
        (NUMBERS, "a plain number", not sign),
        (
            ["percentage"],
            "a percentage with its sign; write for example 0.5%, 1% or 50%",
            "%" in printed or value == 0,
        ),
    ]
    return next((words for names, words, fits in table if base in names and not fits), None)


def subject(claim_id: str) -> str:
    """What a claim is about: a group, a factor, or all."""
    return claim_id.split(".")[1]
