"""The ledger: every claim with its verdict, what was recomputed, and where the book derives it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import chain
from pathlib import Path

import numpy as np
import pandas as pd

from lib.paper import (
    checks,
    derivations,
    digits,
    other_abstracts,
    published,
    reconstruct,
    verdicts,
    wald,
)
from lib.patients import disclosure
from lib.patients.codebook import read_codebook
from lib.patients.cohort import Cohort
from lib.patients.files import DATA
from lib.patients.loading import EXAMPLE, load
from lib.statistics import multivariate, patency, roc, univariate
from lib.words import listed

VERDICTS = {
    "confirmed": "the other claims allow only this printed value",
    "bounded": "the other claims allow several printed values, this one among them",
    "fitted": "nothing else determines it; the example cohort was made to print it, which is no "
    "evidence",
    "given": "nothing determines it and nothing was made to print it",
    "contradicted": "a check that involves it fails, so not all claims of that check can be right",
}
CUT_OFF = "fits if all percentages were cut off instead of rounded"
# The columns of a table of terms, and what the paper calls them.
ESTIMATES = dict(zip(["odds_ratio", "lower", "upper", "p"], wald.QUANTITIES, strict=True))


def cohort_values(cohort: Cohort, claims: pd.DataFrame) -> pd.Series:
    """What a cohort has in place of each claim; NaN where it has no such number.

    P of a single factor is Pearson's, or for a number Student's; limits and P of an AUC are those
    that the paper's own standard errors give (see the chapter on the ROC curves).
    """
    sections, values = set(claims["section"]), {"methods.all.patients": len(cohort.rows)}
    for group, row in patency.rates(patency.counts(cohort)).iterrows():
        values[f"methods.{group}.patients"] = row["patients"]
        values[f"patency.{group}.primary_patency"] = row["patency"]
    if "univariate" in sections:
        p_values = univariate.screen(cohort)[["pearson", "student"]].mean(axis="columns")
        values |= {f"univariate.{factor}.p_value": p for factor, p in p_values.items()}
    if "multivariate" in sections:
        table = multivariate.fit(cohort).table.rename(columns=ESTIMATES)[wald.QUANTITIES]
        values |= {
            f"multivariate.{factor}.{quantity}": value
            for (factor, quantity), value in table.stack(future_stack=True).items()
        }
    for marker in cohort.binary_factors if "roc" in sections else []:
        events, nonevents = roc.level_counts(cohort, marker)
        accuracy = roc.accuracy(events, nonevents)["estimate"]
        found = roc.inference(events, nonevents)
        of_area = found.loc["hanley_mcneil"].rename({"lower": "auc_lower", "upper": "auc_upper"})
        numbers = {**accuracy, **of_area, "p_value": found.at["null", "p"]}
        values |= {f"roc.{marker}.{quantity}": value for quantity, value in numbers.items()}
    found = [values.get(".".join(name.split(".")[:3]), np.nan) for name in claims.index]
    return pd.Series(found, claims.index, dtype=float)


def comparable(cohort: Cohort, claims: pd.DataFrame) -> bool:
    """Whether the cohort has a group or a factor of the paper. If not, its book leaves the paper
    out."""
    return bool({*cohort.groups, *cohort.factors} & {*claims.index.map(published.subject)})


def are_withheld(cohort: Cohort, claims: pd.DataFrame) -> list[bool]:
    """Of which claims the cohort's own value may not be shown."""
    withheld, model = cohort.withheld, disclosure.hides_model(cohort, cohort.factors)
    few = withheld.by_group(cohort.outcome) | withheld.outcome | withheld.totals
    return [
        model if section == "multivariate" else published.subject(name) in few
        for name, section in claims["section"].items()
    ]


def judge(claims: pd.DataFrame | None = None) -> pd.DataFrame:
    """Every claim with verdict, recomputed, check, reason and target (label of its derivation).

    Indexed by claim id, in the order of the claims, with all columns of the claims as well. A claim
    on which no check bears is ``fitted`` when the example cohort prints it, else ``given``.
    """
    return _judged_file(published.PATH) if claims is None else _judge(claims)


@cache
def _judged_file(path: Path) -> pd.DataFrame:
    return _judge(published.read(path))


def _judge(claims: pd.DataFrame) -> pd.DataFrame:
    judged = verdicts.judge(claims, checks.all_checks)
    example = cohort_values(load(EXAMPLE), claims)
    for name in claims.index.difference(list(judged)):
        judged[name] = "given", "", "none", "no other claim bears on it"
        if not np.isnan(example[name]) and digits.agrees(claims.at[name, "printed"], example[name]):
            judged[name] = (
                "fitted",
                f"{example[name]:.5g}",
                "none",
                "no other claim bears on it; the example cohort was made to print it, which is no "
                "evidence",
            )
    columns = ["verdict", "recomputed", "check", "reason"]
    table = claims.join(pd.DataFrame.from_dict(judged, "index", columns=columns))
    kinds = zip(table["section"], table["quantity"], table["verdict"], strict=True)
    return table.assign(target=[derivations.of_claim(*kind).target for kind in kinds])


def source_of_counts(cohort: Cohort, claims: pd.DataFrame, premise: str) -> tuple[str, bool]:
    """Where the cohort's counts come from, in words, and whether that is the example cohort alone;
    ``premise`` is that of their following from the printed numbers."""
    if not cohort.is_example:
        return f"Counted in {cohort.name}.", False
    if len(reconstruct.solve(reconstruct.original(claims))) == 1:
        return f"These counts follow from the printed numbers, if {premise}.", False
    words = "Counted in the example cohort; the printed numbers determine no single set of counts."
    return words, True


@dataclass(frozen=True)
class Account:
    """What there is to say of any abstract: its claims with the column ``grade``, all checks with
    the grade of each, and what fails."""

    claims: pd.DataFrame
    checks: list[tuple[verdicts.Check, str]]
    findings: list[verdicts.Finding]


def account(claims: pd.DataFrame) -> Account:
    """Judge the claims of any abstract, as ``published.read_any`` gives them.

    Each check gets a grade. A claim that some set contains which would mend a finding has the worst
    grade of the checks of that finding that it takes part in; it is consistent where a check that
    holds does not allow it to be just anything. What fits if all percentages were cut off, or if
    one number had another last digit, is one digit off.
    """
    done = other_abstracts.all_checks(claims)
    graded = {check: verdicts.grade(check, claims["printed"]) for check in done}
    failing, are_cut = [], _all_cut_off(claims)
    for finding in verdicts.findings(done, claims["printed"]):
        near = _other_last_digits(claims, done, finding)
        mended = [check for check in finding.checks if near.keys() & {*check.claims}]
        readings = [*finding.readings, *near.values()]
        if len(mended) < len(finding.checks) and _would_fit(claims, are_cut, done, finding.checks):
            mended, readings = finding.checks, [*readings, CUT_OFF]
        graded |= dict.fromkeys(mended, verdicts.ONE_DIGIT)
        worst = min((graded[check] for check in finding.checks), key=verdicts.GRADES.index)
        failing.append(replace(finding, grade=worst, readings=readings))
    grades = dict.fromkeys(claims.index, verdicts.NOT_CHECKED)
    doubtful = {check: {*finding.in_doubt} for finding in failing for check in finding.checks}
    for check, grade in sorted(graded.items(), key=lambda pair: -verdicts.GRADES.index(pair[1])):
        if grade != verdicts.NOT_CHECKED:
            confined = verdicts.confined(check, claims["printed"]) if check.holds else {*()}
            grades |= dict.fromkeys(doubtful.get(check, confined) & {*check.claims}, grade)
    failing.sort(key=lambda finding: verdicts.GRADES.index(finding.grade))
    return Account(claims.assign(grade=pd.Series(grades)), [*graded.items()], failing)


def _all_cut_off(claims: pd.DataFrame) -> pd.Series:
    """What the claims print, all percentages cut off instead of rounded."""
    printed, quantity = claims["printed"], claims["quantity"]
    are_shares = quantity.isin(published.PROPORTIONS) | printed.str.endswith("%")
    are_others = quantity.isin(["auc", "confidence_level"])
    return printed.mask(are_shares & ~are_others, printed + digits.CUT_OFF)


def _other_last_digits(
    claims: pd.DataFrame, done: list[verdicts.Check], finding: verdicts.Finding
) -> dict[str, str]:
    """The numbers of which another last digit would mend every check of a finding that they take
    part in, and break no other; each with the reading in words."""
    found, printed = {}, claims["printed"]
    for name in dict.fromkeys(chain(*(check.claims for check in finding.checks))):
        own = [check for check in finding.checks if name in check.claims]
        if all(check.readings() for check in own) or published.is_computed(claims, name):
            continue
        allowed = [verdicts.prints(check.allows(name), printed[name]) for check in own]
        # Where a check does not say what it allows, only what is impossible is worth the search.
        if None in allowed and finding.grade != verdicts.IMPOSSIBLE:
            continue
        same = claims.index.map(published.percentage_of) == published.percentage_of(name)
        twins = {*claims.index[same]} - {name}
        own += [check for check in done if check.holds is False and twins & {*check.claims}]
        near = [
            text
            for text in verdicts.neighbors(name, printed[name])
            if all(texts is None or text in texts for texts in allowed)
            and _would_fit(claims, printed.mask(same, text), done, own)
        ]
        cut_off = printed.mask(same, printed[name] + digits.CUT_OFF)
        if near and _would_fit(claims, cut_off, done, own):
            found[name] = f"{printed[name]} fits if it was cut off instead of rounded"
        elif near:
            found[name] = f"{printed[name]} fits with one last digit off ({listed(near, 'or')})"
    return found


def _would_fit(
    claims: pd.DataFrame,
    printed: pd.Series,
    done: list[verdicts.Check],
    mended: Sequence[verdicts.Check],
) -> bool:
    """Whether some checks that fail hold if these strings were printed, no check that holds fails
    then, and none that is not carried out becomes impossible by them."""
    changed = claims.index[printed != claims["printed"]]
    touched = [
        check
        for check in other_abstracts.all_checks(claims.assign(printed=printed))
        if {*changed} & {*check.claims}
    ]
    held, failed, holding, failing = (
        {check.claims for check in some if check.holds is holds}
        for some in (done, touched)
        for holds in (True, False)
    )
    broken = any(
        check.claims in held
        or (check.mended_without(changed) and verdicts.grade(check, printed) == verdicts.IMPOSSIBLE)
        for check in touched
        if check.claims in failing - failed
    )
    return {check.claims for check in mended} <= holding - failing and not broken


def might_be_printed(name: str, judged: pd.DataFrame) -> bool:
    """Whether a claim that the file lacks is about something that the file or the codebook knows,
    so that a page which asks for it is not mistaken: the paper may be without that number."""
    section, who, quantity, *_ = [*name.split("."), "", ""]
    codebook = read_codebook(DATA / "codebook.csv")
    known = {"all", "recruitment", *map(published.subject, judged.index), *codebook.index}
    return quantity in published.SECTIONS.get(section, ()) and who in known


def scoreboard(judged: pd.DataFrame) -> pd.Series:
    """How many claims have each verdict, in the order of ``VERDICTS``."""
    return judged["verdict"].value_counts().reindex(list(VERDICTS), fill_value=0)
