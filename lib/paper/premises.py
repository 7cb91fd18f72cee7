"""What a file of claims says of how its numbers were computed: the column ``basis``.

A premise counts only for the numbers that state it. Which numbers one statement speaks for depends
on the premise: for the groups as a whole (``partition``), one marker (``binary``), an estimate with
its limits or a P (``normal``), or one number alone (``of``, ``t``).
"""

from collections.abc import Collection, Iterable

import pandas as pd

from lib.paper.digits import last_digit
from lib.paper.published import PROPORTIONS

# What a statement of these words says of an interval or a P: that it is no normal one.
NOT_NORMAL = {"t", "profile", "bootstrap", "other"}
PREMISES = {
    "partition": "the groups make up all patients (partition)",
    "of": "the percentages are of all these patients (of)",
    "rate": "all rates are of freedom from the event (rate:free), or all of the event (rate:event)",
    "binary": "the marker is a yes-or-no one (binary)",
    "events": "both sections count the same events (events)",
    "t": "P is that of Student's or Welch's t test (t)",
    "normal": "interval and P come from the normal (Wald) method, P two-sided against no effect "
    "(normal)",
}
# What no word of the column states, by what it is of, and what would settle it.
NO_WORD = {
    "means": (
        "P is two-sided, of two independent groups, and ± is a standard deviation",
        "the name of the test, and what follows ±,",
    ),
    "table": (
        "P is that of a two-sided Pearson, Yates, Fisher or Wald test of these counts, not of "
        "pairs",
        "the name of the test",
    ),
    "tables": ("P is that of a Pearson chi-square test of these counts", "the name of the test"),
    "area": ("the standard error of the AUC is one of the five in use", "the name of its method"),
    "estimate": ("the limits are of this very estimate", "what they are of"),
    "groups": ("these groups, of those that are printed, make up all", "which groups do"),
    "part": ("the group is a part of all patients", "who is in the group"),
    "events": ("each patient is counted once", "the number of patients with an event"),
    "fraction": ("it counts patients, each once", "what it counts"),
    "fractions": (
        "they are of the same patients, each counted once and with a result",
        "the two-by-two table",
    ),
    "share": ("it is out of all of these {:,}, not of a part of them", "its counts"),
    "limits": ("they are limits at {:.0%} by one of {}", "the method"),
    "crude": (
        "it is the plain ratio of these counts, from no model, nor a conditional one",
        "the counts and the method",
    ),
    # Of an odds ratio Woolf's, of a risk ratio Katz's.
    "crude limits": (
        "limits of an odds ratio are Woolf's and of a risk ratio Katz's, at {:.0%}",
        "the method",
    ),
    "kappa": ("kappa is of yes or no and not weighted", "the table of both raters"),
}
# For one number: the word is of:, followed by it.
OF_FRACTION = "the percentage is {:,} of {:,}, no rate of another method (of:{})"
AT_95 = "the limits are at 95% [a line with the confidence_level would settle it]"
MAY_BE_SCORE = "it would be if the marker were a yes-or-no one (binary) that speaks for the event"
COUNTED = {*PROPORTIONS} - {"confidence_level"}


def no_word(of: str, *details: object) -> str:
    """A premise that no word of the column states, as a sentence with what would settle it."""
    premise, settled_by = NO_WORD[of]
    return f"{premise.format(*details)} [no word states this; {settled_by} would settle it]"


def stated(claims: pd.DataFrame, names: Iterable[str]) -> dict[str, str]:
    """What the column ``basis`` states of any of the claims named: each word with what follows its
    colon ("of:drug" is {"of": "drug"}); nothing where the column is not there."""
    if "basis" not in claims:
        return {}
    words = "|".join(claims.at[name, "basis"] for name in names if name in claims.index).split("|")
    return dict(word.strip().partition(":")[::2] for word in words if word.strip())


def unstated(claims: pd.DataFrame, names: Collection[str], words: list[str]) -> tuple[str, ...]:
    """Those of the premises named that the claims to which they apply do not all state, as
    sentences with the word that would state them. Claims without the column ``basis`` are taken to
    state all."""
    if "basis" not in claims:
        return ()
    return tuple(
        PREMISES[word]
        for word in words
        if not all(_is_stated(claims, word, name, names) for name in names)
    )


def _is_stated(claims: pd.DataFrame, word: str, name: str, names: Collection[str]) -> bool:
    """Whether one of several claims states a word, or another that speaks for it; also where the
    word says nothing of such a claim."""
    section, who, quantity = name.split(".")[:3]
    if word == "events":
        return len({_whose_events(claims, other) for other in names} - {""}) < 2
    is_p, subject = quantity == "p_value", f"{section}.{who}."
    same = [other for other in claims.index if other.startswith(subject)]
    speaking = {
        "partition": names,
        "of": [name] if quantity in COUNTED else None,
        "rate": [name] if quantity == "primary_patency" else None,
        "t": [name] if is_p else None,
        "binary": same if quantity.startswith("auc") else None,
        "normal": [other for other in {*names} & {*same} if other.endswith(".p_value") == is_p],
    }[word]
    return speaking is None or word in stated(claims, speaking)


def _whose_events(claims: pd.DataFrame, name: str) -> str:
    """The section whose events a number counts: the one that it names, else its own; of a marker
    that names none the marker itself, of numbers of patients the empty string."""
    section, who, quantity = name.split(".")[:3]
    if quantity != "events" and quantity not in COUNTED:
        return ""
    own = f"{section}.{who}" if section == "roc" else section
    return stated(claims, [name]).get("events", own)


def other_method(claims: pd.DataFrame, names: Iterable[str]) -> str:
    """Why a check of the normal method is not carried out, where the file names another one."""
    known = sorted(NOT_NORMAL & set(stated(claims, names)))
    return f"the file says that its method is {', '.join(known)}" if known else ""


def any_share(printed: str, total: int) -> str:
    """Why no whole number need be looked for behind a percentage; the empty string where there may
    be none."""
    return (printed[0] in "<>≤≥" or total * last_digit(printed) >= 1) * (
        f"some whole number of {total:,} prints any percentage with so few digits"
    )


def denominator(claims: pd.DataFrame, name: str) -> tuple[int, str | None, list[str]]:
    """What a count or a percentage is out of (0 where that is not printed), the claim that says
    so, and the premise on which that rests, unless the file states it."""
    of = stated(claims, [name]).get("of", "")
    if of.isdigit():
        return int(of), None, []
    section, who = name.split(".")[:2]
    group = of or (who if section == "patency" else who.partition("@")[2]) or "all"
    size = group if group in claims.index else f"methods.{group}.patients"
    total = int(claims["printed"].get(size, 0))
    return total, size, [] if of else [f"it is out of all {total:,} (of:{group})"]


def apart(claims: pd.DataFrame, name: str) -> str:
    """Why a patency rate, or a number of a marker, is no count out of its group (of all patients);
    the empty string where it is taken to be one."""
    if "other" in stated(claims, [name]):
        return other_method(claims, [name])
    section, who = name.split(".")[:2]
    own = f"methods.{who if section == 'patency' else 'all'}.patients"
    total, size, _ = denominator(claims, name)
    is_own = size == own or 0 < total == int(claims["printed"].get(own, 0))
    return "" if is_own else "it is of other patients"
