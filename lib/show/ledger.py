"""The ledger of any abstract: what its numbers say of one another, on a page of its own.

``python -m lib.show.ledger my_abstract.csv [folder]`` writes ``ledger.html``, ``claims.csv`` and
``checks.csv`` into the folder and prints a line for each check; it fails where something is
impossible. With ``--template file.csv`` it writes a file to fill in.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import jinja2
import pandas as pd

from lib.paper import ledger, premises, published, reconstruct, verdicts
from lib.patients.errors import InputError, that_hold
from lib.words import capital, listed, say

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
# Of more numbers than these only the first are shown.
MOST_SHOWN = 10
TEMPLATE = Path(__file__).with_name("ledger_template.csv")
PAGE = jinja2.Template(
    Path(__file__).with_name("ledger.html").read_text(encoding="utf-8"),
    autoescape=True,
    trim_blocks=True,
)


def claims_table(account: ledger.Account) -> pd.DataFrame:
    """The numbers by section with the grade of each."""
    claims = account.claims
    by_section = pd.DataFrame(
        {
            "Section": claims["section"],
            "Number": [capital(verdicts.describe(name, claims)) for name in claims.index],
            "Printed": [_printed(claims, name) for name in claims.index],
            "Grade": claims["grade"],
        }
    ).groupby("Section", sort=False)
    return pd.concat([rows for _, rows in by_section])


def checks_table(account: ledger.Account) -> pd.DataFrame:
    """The checks with their grades; of one that says nothing why, and what would settle it."""
    return pd.DataFrame(
        [
            (grade, capital(check.words), _condition(check, grade))
            for check, grade in sorted(
                account.checks, key=lambda pair: verdicts.GRADES.index(pair[1])
            )
        ],
        columns=["Grade", "Check", "Condition"],
    )


def _condition(check: verdicts.Check, grade: str) -> str:
    if grade == "not checked":
        return check.why_not or "the other numbers leave it open, or are too many to try"
    if check.needs and grade != "consistent":
        return f"if {listed(check.needs)}"
    return ""


def finding_lines(finding: verdicts.Finding, account: ledger.Account) -> list[str]:
    """What there is to say of numbers that do not fit: what mends it, what the others allow, and
    which readings fit."""
    claims = account.claims
    sets = [listed([_number(claims, name) for name in names]) for names in finding.culprits]
    one = "" if len(sets) == 1 else "any one of these: "
    lines = [f"Leaving out {one}{'; '.join(sets)} mends this."]
    for name in finding.in_doubt:
        bearing = [check for check in finding.checks if name in check.claims]
        if values := verdicts.allowed(bearing, name, claims.at[name, "printed"]):
            nearest = "" if " to " in values else ", at the nearest"
            lines.append(f"In place of {_number(claims, name)} the others allow {values}{nearest}.")
    lines += [f"{capital(reading)}." for reading in finding.readings]
    lines += _numbers_of_events(finding, claims)
    needs = dict.fromkeys(premise for check in finding.checks for premise in check.needs)
    resting = [check.words for check in finding.checks if check.needs]
    it = "This" if len(resting) == len(finding.checks) else f"That {'; that '.join(resting)}"
    notes = {
        f"{it} rests on what the file does not state: {listed(list(needs))}.": bool(needs),
        "Where the abstract says so, write the word in parentheses in the column basis; where it "
        "says otherwise, write what it says, such as of:120, t or other.": any(
            premise.endswith(")") for premise in needs
        ),
        "A percentage by Kaplan-Meier, per year, imputed or adjusted is no count out of a number: "
        "write other in its basis.": any(
            name.endswith((".percentage", ".primary_patency"))
            for check in finding.checks
            for name in check.claims
        ),
    }
    return lines + that_hold(notes)


def _numbers_of_events(finding: verdicts.Finding, claims: pd.DataFrame) -> Iterator[str]:
    """With which numbers of events each sensitivity and specificity goes, where these alone do not
    fit; an area follows from them without. Nothing where no number of patients is printed."""
    names = dict.fromkeys(
        name
        for check in finding.checks
        if not any(one.endswith(".auc") for one in check.claims)
        for name in check.claims
    )
    printable = reconstruct.printable_by_occluded(claims)
    for name in [name for name in names if name in printable and len(printable)]:
        events = [str(number) for number in printable.index[printable[name]]]
        few = ", ".join(events[:MOST_SHOWN] + ["…"] * (len(events) > MOST_SHOWN)) or "none"
        yield f"{_number(claims, name)} goes with these numbers of events: {few}."


def _number(claims: pd.DataFrame, name: str) -> str:
    return f"{_printed(claims, name)} ({verdicts.describe(name, claims)})"


def _printed(claims: pd.DataFrame, name: str) -> str:
    """What is printed of a number: of a percentage that nobody printed its fraction."""
    if not published.is_computed(claims, name):
        return claims.at[name, "printed"]
    fraction = published.fraction_of(name)
    return f"{claims.at[fraction, 'printed']}/{premises.denominator(claims, fraction)[0]}"


def page(account: ledger.Account, title: str) -> str:
    """The whole account as one page that needs no other file."""
    claims, counted = account.claims, Counter(grade for _, grade in account.checks)
    left_open = claims.index[claims["grade"] == "not checked"]
    touched = {name for check, _ in account.checks for name in check.claims}
    return PAGE.render(
        title=title,
        question=QUESTION,
        score=pd.DataFrame(
            [(grade, counted[grade], MEANING[grade]) for grade in verdicts.GRADES],
            columns=["Grade", "Checks", "What it means"],
        ),
        findings=[
            (
                finding.grade,
                "; ".join(dict.fromkeys(check.words for check in finding.checks)),
                finding_lines(finding, account),
            )
            for finding in account.findings
        ],
        numbers=claims_table(account),
        checks=checks_table(account),
        left_open=listed([_number(claims, name) for name in left_open]),
        untouched=[_number(claims, name) for name in left_open if name not in touched],
        listed=listed,
    ).lstrip()


def write(path: Path, folder: Path) -> ledger.Account:
    """Judge a file of claims and write the page and both tables into a folder."""
    account = ledger.account(published.read_any(path))
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "ledger.html").write_text(page(account, path.name), encoding="utf-8")
    claims_table(account).to_csv(folder / "claims.csv")
    checks_table(account).to_csv(folder / "checks.csv", index=False)
    return account


def main(arguments: list[str]) -> int:
    """The command; returns 1 where something is impossible, 2 where a file cannot be used."""
    parser = argparse.ArgumentParser(
        prog="python -m lib.show.ledger", description=__doc__.split("\n")[0]
    )
    parser.add_argument("claims", nargs="?", help="a file of claims; without one, our own")
    parser.add_argument("folder", nargs="?", help="where the page and its tables go")
    parser.add_argument("--template", metavar="FILE", help="write a file to fill in")
    chosen = parser.parse_args(arguments)
    try:
        if chosen.template is not None:
            with open(chosen.template, "x", encoding="utf-8", newline="\n") as file:
                file.write(TEMPLATE.read_text(encoding="utf-8"))
            say(f"{chosen.template} has a line for each kind of number; delete those not needed")
            return 0
        path = Path(chosen.claims or published.PATH)
        folder = Path(chosen.folder or Path("_build", "ledgers", path.stem))
        account = write(path, folder)
    except InputError as error:
        print(error, file=sys.stderr)
        return 2
    except OSError as error:
        reason = (error.strerror or "").lower()
        print(f"“{error.filename}” cannot be written: {reason}. Name another.", file=sys.stderr)
        return 2
    lines = [
        f"{grade:19} {words}" + (f" ({condition})" if condition else "")
        for grade, words, condition in checks_table(account).itertuples(index=False)
    ]
    for finding in account.findings:
        lines += ["", *(f"  {line}" for line in finding_lines(finding, account))]
    say(*lines, f"\nThe page: {folder / 'ledger.html'}. {QUESTION}")
    return int(any(grade == verdicts.IMPOSSIBLE for _, grade in account.checks))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
