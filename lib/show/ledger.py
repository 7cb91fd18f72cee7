"""The ledger of any abstract: what its numbers say of one another, on a page of its own.

``python -m lib.show.ledger my_abstract.csv [folder]`` writes ``ledger.html``, ``claims.csv`` and
``checks.csv`` into the folder and prints a line for each check; it fails where something is
impossible. With ``--template file.csv`` it writes a file to fill in.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from html import escape
from pathlib import Path

import pandas as pd

from lib.paper import ledger, published, verdicts
from lib.paper.verdicts import GRADES, describe
from lib.patients.files import InputError
from lib.words import capital, listed

MEANING = {
    "impossible": "no reading fits, by arithmetic alone or under premises that the file states",
    "not by this method": "it does not fit the usual method, or a premise that nobody stated",
    "one digit off": "one last digit, or cutting off instead of rounding, would explain it",
    "consistent": "the numbers can belong together, which does not make them true",
    "not checked": "nothing else bears on it, or not enough is known",
}
QUESTION = (
    "A flag is a question to the authors. Most often the answer is a misprint, a rounding or a "
    "method that the abstract had no room to name; it says nothing about anybody's conduct."
)
BASE_RATES = [
    "In abstracts, 2.7 of 100 percentages do not agree with the counts printed beside them, and "
    "5.6 to 7.5 of 100 ratios and P values do not agree with the limits printed beside them "
    "(Georgescu and Wren 2018, Bioinformatics 34:1758-1766; most differences are small).",
]
TEMPLATE = Path(__file__).with_name("ledger_template.csv")
STYLE = """\
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem;
  color: #1b1f24; background: #fff; }
table { border-collapse: collapse; margin: 1rem 0; display: block; overflow-x: auto; }
th, td { border-bottom: 1px solid #d0d7de; padding: .3rem .8rem .3rem 0; text-align: left;
  vertical-align: top; min-width: 6rem; }
.grade { font-weight: 600; white-space: nowrap; }
.impossible { color: #a33e00; } .consistent { color: #00664d; }
@media (prefers-color-scheme: dark) {
  body { color: #e6edf3; background: #14181d; } th, td { border-color: #454c55; }
  .impossible { color: #ff9550; } .consistent { color: #3ccf9f; } a { color: #58b2ee; }
}
@media (max-width: 40rem) { th, td { min-width: 4rem; } .grade { white-space: normal; } }
"""


def claims_table(account: ledger.Account) -> pd.DataFrame:
    """The numbers by section with the grade of each."""
    claims = account.claims
    table = pd.DataFrame(
        {
            "Section": claims["section"],
            "Number": [capital(describe(name)) for name in claims.index],
            "Printed": claims["printed"],
            "Grade": claims["grade"],
        }
    )
    return pd.concat([rows for _, rows in table.groupby("Section", sort=False)])


def checks_table(account: ledger.Account) -> pd.DataFrame:
    """The checks with their grades; of one that says nothing why, and what would settle it."""
    return pd.DataFrame(
        [
            (grade, capital(check.words), _condition(check, grade))
            for check, grade in sorted(account.checks, key=lambda pair: GRADES.index(pair[1]))
        ],
        columns=["Grade", "Check", "Condition"],
    )


def _condition(check: verdicts.Check, grade: str) -> str:
    if grade == "not checked":
        return check.why_not or "the other numbers leave it open"
    if check.needs and grade != "consistent":
        return f"if {listed(check.needs)}"
    return ""


def finding_lines(finding: verdicts.Finding, account: ledger.Account) -> list[str]:
    """What there is to say of numbers that do not fit: what mends it, what the others allow, and
    which readings fit."""
    claims, lines = account.claims, []

    def number(name: str) -> str:
        return f"{claims.at[name, 'printed']} ({describe(name)})"

    sets = [listed([number(name) for name in names]) for names in finding.culprits]
    one = "" if len(sets) == 1 else "any one of these: "
    lines.append(f"Leaving out {one}{'; '.join(sets)} mends everything.")
    for name in dict.fromkeys(name for names in finding.culprits for name in names):
        bearing = [check for check in finding.checks if name in check.claims]
        values = verdicts.allowed(bearing, name, claims.at[name, "printed"])
        if values:
            lines.append(f"The others allow {values} in place of {number(name)}.")
    lines += [f"{capital(reading)}." for reading in finding.readings]
    needs = dict.fromkeys(premise for check in finding.checks for premise in check.needs)
    if needs:
        lines.append(f"This rests on what the file does not state: {listed(list(needs))}.")
    if any(premise.endswith(")") for premise in needs):
        lines.append("Where the abstract does, write the word in parentheses in the column basis.")
    return lines


def page(account: ledger.Account, title: str) -> str:
    """The whole account as one page that needs no other file."""
    of_check = dict(account.checks)
    counts = pd.Series([grade for _, grade in account.checks], dtype=object).value_counts()
    score = pd.DataFrame(
        [(grade, counts.get(grade, 0), MEANING[grade]) for grade in GRADES],
        columns=["Grade", "Checks", "What it means"],
    )
    parts = [f"<h1>Ledger of {escape(title)}</h1>", f"<p>{QUESTION}</p>", _table(score)]
    parts.append("<h2>What does not fit</h2>")
    for finding in sorted(account.findings, key=lambda finding: finding.rank(of_check)):
        grade = GRADES[finding.rank(of_check)]
        words = "; ".join(dict.fromkeys(check.words for check in finding.checks))
        parts.append(f"<h3>{_grade(grade)}: {escape(words)}</h3>")
        lines = "".join(f"<li>{escape(line)}</li>" for line in finding_lines(finding, account))
        parts.append(f"<ul>{lines}</ul>")
    if not account.findings:
        parts.append("<p>Every check that could be carried out holds.</p>")
    parts.append("<h2>How common such findings are</h2>")
    parts.append("".join(f"<p>{escape(words)}</p>" for words in BASE_RATES))
    parts += ["<h2>The numbers</h2>", _table(claims_table(account))]
    checks = checks_table(account)
    left_open = checks["Grade"] == "not checked"
    parts += ["<h2>What was checked</h2>", _table(checks[~left_open])]
    parts.append("<h2>What was not checked, and why</h2>")
    parts.append(_table(checks.loc[left_open, ["Check", "Condition"]]))
    unseen = account.claims.index[account.claims["grade"] == "not checked"]
    words = listed([f"{account.claims.at[name, 'printed']} ({describe(name)})" for name in unseen])
    parts.append(f"<p>Numbers on which no check bears: {escape(words)}.</p>")
    return (
        f'<!DOCTYPE html>\n<html lang="en">\n<head><meta charset="utf-8"><title>Ledger of '
        f"{escape(title)}</title>\n"
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<style>\n{STYLE}</style></head>\n<body><main>\n"
        + "\n".join(parts)
        + "\n</main></body>\n</html>\n"
    )


def _grade(grade: str) -> str:
    return f'<span class="grade {grade.replace(" ", "-")}">{grade}</span>'


def _table(frame: pd.DataFrame) -> str:
    head = "".join(f'<th scope="col">{escape(column)}</th>' for column in frame)
    rows = [
        "".join(
            f"<td>{_grade(cell) if column == 'Grade' else escape(str(cell))}</td>"
            for column, cell in zip(frame, row, strict=True)
        )
        for row in frame.itertuples(index=False)
    ]
    body = "".join(f"<tr>{row}</tr>\n" for row in rows)
    return f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}</tbody>\n</table>"


def write(path: Path, folder: Path) -> ledger.Account:
    """Judge a file of claims and write the page and both tables into a folder."""
    account = ledger.account(published.read_any(path))
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "ledger.html").write_text(page(account, path.name), encoding="utf-8")
    claims_table(account).to_csv(folder / "claims.csv")
    checks_table(account).to_csv(folder / "checks.csv", index=False)
    return account


def main(arguments: Iterable[str]) -> int:
    """The command; returns 1 where something is impossible, 2 where the file cannot be read."""
    first, *rest = [*arguments, ""]
    try:
        if first == "--template":
            with open(rest[0], "x", encoding="utf-8", newline="\n") as file:
                file.write(TEMPLATE.read_text(encoding="utf-8"))
            print(f"{rest[0]} has a line for each kind of number; delete those not needed")
            return 0
        path = Path(first or published.PATH)
        folder = Path(rest[0] if rest and rest[0] else Path("_build", "ledgers", path.stem))
        account = write(path, folder)
    except (InputError, FileExistsError) as error:
        print(error, file=sys.stderr)
        return 2
    for grade, words, condition in checks_table(account).itertuples(index=False):
        print(f"{grade:19} {words}" + (f" ({condition})" if condition else ""))
    for finding in account.findings:
        print("", *finding_lines(finding, account), sep="\n  ")
    print(f"\nThe page: {folder / 'ledger.html'}. {QUESTION}")
    return int(any(grade == verdicts.IMPOSSIBLE for _, grade in account.checks))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
