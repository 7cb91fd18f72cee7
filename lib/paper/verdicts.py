"""From checks to verdicts, in the same way for every abstract.

A check is one piece of arithmetic that ties claims together. It says whether it holds when some of
its claims are left out, and what the others allow each claim to be. From that alone follow

1. the grade of a check: impossible where no reading fits, by arithmetic or under premises that the
   file states; not by this method where a premise is not stated or another method fits; one digit
   off where the last digit of one rounded number, or cutting off instead of rounding, would do;
2. the smallest sets of claims without which all checks that they share hold: only these are in
   doubt, and no verdict spreads to a claim that is in none of them;
3. the verdict on each claim, leave-one-out: what do all the others allow it to print?
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache, cached_property
from itertools import chain, combinations, product
from math import floor

import pandas as pd

from lib.paper.digits import interval, last_digit, number, parse, printings
from lib.paper.published import expected_instead, subject
from lib.patients.codebook import read_codebook
from lib.patients.errors import that_hold
from lib.patients.files import DATA
from lib.words import listed

IMPOSSIBLE, BY_METHOD, ONE_DIGIT, CONSISTENT, NOT_CHECKED = GRADES = (
    "impossible",
    "not by this method",
    "one digit off",
    "consistent",
    "not checked",
)
# Why a check is not carried out that may fail as well, once the smaller one is mended.
CONTAINED = "a check that it contains fails"
# More prints than this are no confinement.
MOST_PRINTS = 20_000
# Larger sets of claims than this are not looked through for what mends a contradiction.
MOST_LEFT_OUT = 2

# Least and greatest of some values that a claim may have.
Span = tuple[float | Fraction, float | Fraction]


def nothing(name: str) -> None:
    """For ``Check.allows``: a check that confines none of its claims to values."""


@dataclass(frozen=True, eq=False)
class Check:
    """One piece of arithmetic that ties claims together.

    ``without`` says whether it holds when some of ``claims`` are left out; None where nothing is
    left to check. ``allows`` gives the values that the others allow one of them: none where they
    contradict one another, None where they do not confine it; ``inputs`` are those that only serve
    to compute what the rest are compared with. ``source`` says what else the check rests on,
    ``needs`` the premises that the file does not state, ``why_not`` why it is not carried out,
    ``readings`` which other methods would print the same.
    """

    words: str
    claims: tuple[str, ...]
    without: Callable[[frozenset[str]], bool | None]
    allows: Callable[[str], list[Span] | None] = nothing
    source: str = ""
    needs: tuple[str, ...] = ()
    why_not: str = ""
    readings: Callable[[], list[str]] = list
    inputs: tuple[str, ...] = ()

    @cached_property
    def holds(self) -> bool | None:
        """Whether it holds; None where it is not carried out."""
        return None if self.why_not else self.without(frozenset())

    def mended_without(self, names: Iterable[str]) -> bool:
        """Whether it no longer fails when some claims are left out."""
        return self.without(frozenset(names) & frozenset(self.claims)) is not False


def exactly(*values: float | Fraction) -> tuple[Span, ...]:
    """A candidate of ``one_of`` of which each claim has one value."""
    return tuple((value, value) for value in values)


def one_of(
    claims: pd.DataFrame,
    words: str,
    names: Sequence[str],
    candidates: Collection[tuple[Span, ...]],
    *,
    rests_on: Iterable[str | None] = (),
    otherwise: Callable[[frozenset[str]], Collection | None] = lambda left_out: None,
    source: str = "",
    needs: Iterable[str] = (),
    why_not: str = "",
    unless: str = "",
    readings: Callable[[], list[str]] = list,
) -> Check:
    """The check that one of the candidates prints all claims; each has a span of values for each.

    They were made with the claims that the check ``rests_on``, as far as there are any. When some
    of these are left out, ``otherwise`` gives those that remain; without it nothing is left to
    check. ``unless`` says why a check is not carried out unless it holds.
    """
    made_with = tuple(filter(None, rests_on))

    def without(left_out: frozenset[str]) -> bool | None:
        found = otherwise(left_out) if left_out & set(made_with) else candidates
        if found is None or not set(names) - left_out:
            return None
        return any(fitting(claims, names, found, left_out))

    @cache
    def allows(name: str) -> list[Span] | None:
        """A value that goes only with others of the names than those printed is none."""
        if name not in names:
            return None
        found, at = fitting(claims, names, candidates, [name]), names.index(name)
        return list(dict.fromkeys(spans[at] for spans in found))

    involved, needed = (*names, *made_with), tuple(needs)
    check = Check(words, involved, without, allows, source, needed, why_not, readings, made_with)
    return replace(check, why_not=unless) if unless and not check.holds else check


def spans_all(spans: Sequence[Span] | None) -> bool:
    """Whether a claim is not confined: to no values, or to some from 0% to 100%."""
    return spans is None or (len(spans) > 0 and (spans[0][0], spans[-1][1]) == (0, 1))


def fitting(
    claims: pd.DataFrame,
    names: Sequence[str],
    candidates: Iterable[tuple[Span, ...]],
    left_out: Collection[str] = (),
) -> Iterator[tuple[Span, ...]]:
    """The candidates that print all the claims named but those left out."""
    kept = [
        (at, interval(claims.at[name, "printed"]))
        for at, name in enumerate(names)
        if name not in left_out
    ]
    return (spans for spans in candidates if all(of.meets(*spans[at]) for at, of in kept))


@dataclass(frozen=True)
class Finding:
    """Checks that fail together, the worst of their grades, the smallest sets of claims without
    which all of them hold, all numbers in doubt, and the readings under which the printed numbers
    fit, in words."""

    checks: tuple[Check, ...]
    grade: str
    culprits: list[tuple[str, ...]]
    in_doubt: tuple[str, ...]
    readings: list[str]


# ----------------------------------------------------------------------------------------- words

# Of quantities, some of which have another name in a section.
QUANTITY_WORDS = {
    "p_value": "P",
    "auc": "AUC",
    "sd": "standard deviation",
    "ppv": "positive predictive value",
    "npv": "negative predictive value",
    "multivariate.odds_ratio": "adjusted odds ratio",
    "multivariate.p_value": "adjusted P",
    "roc.p_value": "P of the AUC",
}


@cache
def _phrases() -> dict[str, str]:
    """The words of the codebook as they stand in a sentence; none for all patients."""
    labels = read_codebook(DATA / "codebook.csv")["label"]
    return {"all": "", "recruitment": ""} | (labels.str[0].str.lower() + labels.str[1:]).to_dict()


def about(name: str, claims: pd.DataFrame | None = None) -> str:
    """What a claim, a group or a factor is about, in words; the empty string for all patients. Of
    the claims of another paper (without the column ``source``) in its own words."""
    part = subject(name) if "." in name else name
    phrases = _phrases() if claims is None or "source" in claims else {"all": ""}
    return phrases.get(part, part.replace("_", " ").replace("@", " in "))


def describe(name: str, claims: pd.DataFrame | None = None) -> str:
    """A claim in words, as in ``about``: "AUC of incomplete lesion coverage"."""
    section, _, quantity, *variant = name.split(".")
    base = quantity.removesuffix("_lower").removesuffix("_upper")
    limit, whom = quantity.removeprefix(base)[1:], about(name, claims)
    words = QUANTITY_WORDS.get(base, base.replace("_", " "))
    pieces = {
        f"{limit} limit of the ": limit,
        QUANTITY_WORDS.get(f"{section}.{base}", words): True,
        f" of {whom}": whom,
        ", alone": section == "univariate",
        f" ({', '.join(variant)})": variant,
    }
    return "".join(that_hold(pieces))


# ---------------------------------------------------------------------------------------- grades


def grade(check: Check, printed: pd.Series) -> str:
    """How far a check by itself is from holding: one of ``GRADES``, but that no other last digit
    is tried. ``printed`` holds the strings by id."""
    if check.holds is not False:
        return CONSISTENT if check.holds and confined(check, printed) else NOT_CHECKED
    return BY_METHOD if check.readings() or check.needs else IMPOSSIBLE


def confined(check: Check, printed: pd.Series) -> set[str]:
    """The claims of a check that holds which would make it fail if they were others: those of which
    it does not allow just anything, and what these were computed from."""
    names = {
        name
        for name in check.claims
        if check.allows is nothing
        or (
            (spans := check.allows(name)) is not None
            and prints(spans, printed[name]) != prints([(0, 1)], printed[name])
        )
    }
    return names | set(check.inputs if names else ())


def findings(checks: list[Check], printed: pd.Series) -> list[Finding]:
    """What fails, the worst first: checks that one claim would mend are one finding."""
    wrong = [check for check in checks if check.holds is False]
    contained, found = [check for check in checks if check.why_not == CONTAINED], []
    # Of each claim the checks that it alone mends; then each alone, as no claim may mend it.
    together = [
        [check for check in wrong if name in check.claims and check.mended_without([name])]
        for name in dict.fromkeys(chain(*(check.claims for check in wrong)))
    ] + [[check] for check in wrong]
    while any(together):
        failing = max(together, key=len)
        culprits = _culprits(failing, contained)
        together = [[check for check in some if check not in failing] for some in together]
        # Where no check is about a number that they have in common, such as a group's size, what
        # each is about mends it as well.
        own = {check.claims[0]: check.mended_without(check.claims[:1]) for check in failing}
        if all(own.values()) and not set(own) & set(chain(*culprits)):
            culprits.append(tuple(own))
        in_doubt = tuple(dict.fromkeys(chain(*culprits)))
        readings = [
            *chain(*(check.readings() for check in failing)),
            *(_supported(check, name, printed[name]) for name in in_doubt for check in checks),
        ]
        worst = min((grade(check, printed) for check in failing), key=GRADES.index)
        told = [*dict.fromkeys(filter(None, readings))]
        found.append(Finding(tuple(failing), worst, culprits, in_doubt, told))
    return sorted(found, key=lambda finding: GRADES.index(finding.grade))


def _culprits(failing: list[Check], contained: list[Check]) -> list[tuple[str, ...]]:
    """The smallest sets of claims without which failing checks hold, and those that contain one of
    them as far as possible; all of their claims together where these sets would be large."""
    names = tuple(dict.fromkeys(chain(*(check.claims for check in failing))))
    more = [check for check in contained if set(check.claims) & set(names)]
    for size, open_ones in product(range(1, MOST_LEFT_OUT + 1), ([*failing, *more], failing)):
        sets = [
            left_out
            for left_out in combinations(names, size)
            if all(check.mended_without(left_out) for check in open_ones)
        ]
        if sets:
            return sets
    return [names]


def neighbors(name: str, printed: str) -> list[str]:
    """What a claim prints with one unit of its last digit less or more; nothing for a level and a
    whole number, which are not rounded, and for a threshold."""
    sign, value, unit = parse(printed)
    is_rounded = unit < 1 and not sign and not name.endswith(".confidence_level")
    texts = chain(*(printings(value + step, printed) for step in (-unit, unit) if is_rounded))
    return [text for text in texts if expected_instead(name.split(".")[2], text) is None]


def _supported(check: Check, name: str, printed: str) -> str:
    """The check that a number in doubt passes elsewhere, in words; not for whole numbers."""
    passes = check.holds and name == check.claims[0] and check.allows(name) is not None
    is_whole = last_digit(printed) >= 1
    return f"{printed} passes another check: {check.words}" if passes and not is_whole else ""


# -------------------------------------------------------------------------------------- verdicts


def judge(
    claims: pd.DataFrame, build: Callable[[pd.DataFrame], list[Check]]
) -> dict[str, tuple[str, str, str, str]]:
    """The verdict on every claim on which a check bears, with the value recomputed, the check in
    words, and the reason: contradicted where it is in a smallest set without which the checks hold,
    else confirmed or bounded by the check that allows the fewest prints. ``build`` makes the checks
    of some claims."""
    checks = build(claims)
    failing = findings(checks, claims["printed"])
    culprits = {name for finding in failing for name in finding.in_doubt}
    judged = {name: _contradicted(claims, name, checks) for name in culprits}
    rest = claims.drop(index=list(culprits))
    if any(len(check.claims) > 1 for finding in failing for check in finding.checks):
        checks = build(rest)
    for name, printed in rest["printed"].items():
        bearing = [check for check in checks if name in check.claims and check.holds]
        check, spans, texts = _closest(bearing, name, printed)
        if texts is not None:
            verdict, others = (
                ("confirmed", "nothing else")
                if len(texts) == 1
                else ("bounded", _prints_listed(texts))
            )
            reason = f"{check.words}{check.source}; {others} could be printed"
            judged[name] = verdict, _shown(name, printed, spans, texts), check.words, reason
    return judged


def _closest(
    checks: Iterable[Check], name: str, printed: str
) -> tuple[Check | None, Sequence[Span], set[str] | None]:
    """Of the checks that confine a claim, the one that allows the fewest prints, with the values
    that it allows; no values where there is none."""
    found = [(check, spans) for check in checks if not spans_all(spans := check.allows(name))]
    known = [(check, spans, prints(spans, printed)) for check, spans in found]
    return min(
        (triple for triple in known if triple[2] is not None),
        key=lambda triple: len(triple[2]),
        default=(None, (), None),
    )


def allowed(checks: Iterable[Check], name: str, printed: str) -> str:
    """What the other claims of some checks allow a claim to be, in words: of several values those
    next to what it prints, of levels all; "" where nothing is confined."""
    _, spans, _ = _closest(checks, name, printed)
    value = number(printed)
    below = [span for span in spans if span[1] <= value]
    above = [span for span in spans if span[0] > value]
    near = [*sorted(below, key=lambda span: span[1])[-1:], *sorted(above)[:1]]
    if name.endswith(".confidence_level"):
        near = sorted(spans)
    return " or ".join(_shown(name, printed, [span], prints([span], printed)) for span in near)


def _contradicted(
    claims: pd.DataFrame, name: str, checks: list[Check]
) -> tuple[str, str, str, str]:
    printed = claims.at[name, "printed"]
    bearing = [check for check in checks if name in check.claims]
    failing = [check for check in bearing if check.holds is False]
    _, spans, texts = _closest(bearing, name, printed)
    words = "; ".join(dict.fromkeys(check.words for check in failing))
    involved = {other for check in failing for other in check.claims} - {name}
    tied = [describe(other) for other in claims.index if other in involved]
    reasons = {
        f"fails: {words}{failing[0].source}": True,
        f"it ties this to the {listed(tied)}": tied,
        f"the other claims allow {_prints_listed(texts or set())}": texts,
        "it would fit if its digits were cut off instead of rounded": _fits_cut_off(printed, spans),
    }
    shown = _shown(name, printed, spans, texts)
    return "contradicted", shown, words, "; ".join(that_hold(reasons))


def _fits_cut_off(printed: str, spans: Sequence[Span]) -> bool:
    """Whether truncation is a reading under which an allowed value prints so."""
    return any(interval(printed, "truncation").meets(*span) for span in spans)


def prints(spans: list[Span] | None, like: str) -> set[str] | None:
    """All prints, with the digits of ``like``, of the values in any of the spans; None where there
    is no end of them."""
    if spans is None:
        return None
    if like.strip()[0] in "<>≤≥":
        return {text for span in spans for end in span for text in printings(end, like)}
    found, unit = set(), last_digit(like)
    for low, high in spans:
        first, last = (floor(Fraction(value) / unit) for value in (low, high))
        if last - first > MOST_PRINTS:
            return None
        near = {text for step in range(first, last + 2) for text in printings(step * unit, like)}
        found |= {text for text in near if interval(text).meets(low, high)}
    return found


def _shown(name: str, printed: str, spans: Sequence[Span], texts: set[str] | None) -> str:
    """The values that a claim may have, in words: one, or the least and the greatest."""
    if texts and name.split(".")[2] in ("patients", "confidence_level"):
        return _prints_listed(texts)
    ends = [float(end) for span in spans for end in span]
    decimals = max(2, len(printed.rstrip("%").partition(".")[2]) + 1)
    form = f"{{:.{decimals}%}}" if "%" in printed else "{:.5g}"
    if not ends:
        return "nothing"
    return " to ".join(dict.fromkeys(form.format(end) for end in (min(ends), max(ends))))


def _prints_listed(texts: set[str]) -> str:
    ordered = sorted(texts, key=lambda text: float(text.lstrip("<>≤≥").rstrip("%")))
    if len(ordered) <= 4:
        return listed(ordered)
    return f"{ordered[0]} to {ordered[-1]} ({len(ordered)} prints)"
