"""The tables of the chapters, one function a table.

Each takes what a module of statistics computed, says how each of its columns reads, and offers the
numbers unrounded for download.
"""

import re
from functools import partial
from itertools import zip_longest

import numpy as np
import pandas as pd

from lib.paper import checklist as guidelines
from lib.paper import derivations, digits, ledger, reconstruct, verdicts
from lib.patients.cohort import Cohort
from lib.show import display
from lib.statistics import roc, univariate
from lib.words import (
    DASH,
    NO_BREAK,
    capital,
    counted,
    decimals,
    limits,
    listed,
    measured,
    number,
    p_value,
    percent,
    ratio,
    whole,
)

one_digit = partial(number, digits=1)
three_digits = partial(number, digits=3)
whole_percent = partial(percent, digits=0)
percent_limits = partial(limits, form=percent)
ratio_limits = partial(limits, form=ratio)


def points(value: float) -> str:
    """A difference of two proportions, in percentage points."""
    return number(100 * value, 1)


def estimate(value: float, lower: float, upper: float, digits: int = 2) -> str:
    """A ratio with its limits: "2.50 (1.15 to 5.44)"."""
    words = f"{ratio(value, digits)} ({ratio_limits(lower, upper, digits=digits)})"
    return DASH if np.isnan(value) else words


def as_printed(value: float, like: str) -> str:
    """A value with the digits of a printed number."""
    return DASH if pd.isna(value) else digits.prints(value, like)


def count_of(count: float, total: float) -> str:
    """A count among a total: "21/47"."""
    return f"{whole(count)}/{whole(total)}"


def terms_of(cohort: Cohort) -> str:
    """How many terms a model of all factors has, in words; where each has one, how many factors."""
    return counted(len(cohort.factors), "term" if "category" in cohort.codebook else "factor")


def with_all_factors(cohort: Cohort) -> str:
    """In whom the factors are compared with one another. How many also lack the outcome is nowhere
    else, and so is told only where nothing is withheld."""
    number = f"{whole(len(cohort.complete(cohort.factors)))} " * (not cohort.withheld.threshold)
    return f"the {number}patients in whom all factors are known"


def _about(claim: str) -> str:
    return capital(verdicts.about(claim))


# ------------------------------------------------------------------------ claims and the ledger


def scoreboard(judged: pd.DataFrame, name: str) -> None:
    """The verdicts, what they mean, and how many claims have each."""
    display.table(
        pd.DataFrame(
            [
                (display.badge("verdict", verdict), count, ledger.VERDICTS[verdict])
                for verdict, count in ledger.scoreboard(judged).items()
            ],
            columns=["Verdict", "Claims", "What it means"],
        ),
        name=name,
        caption="The printed numbers by verdict.",
        left=("What it means",),
    )


def claims(section: str, cohort: Cohort) -> None:
    """A section's claims with their verdicts, and the cohort's own values unless it is the example.

    ``section`` is a value of the column section of ``published.csv``.
    """
    judged = ledger.judge()
    rows = _of_this_book(judged[judged["section"] == section], cohort)
    found = len(reconstruct.solve(reconstruct.original(judged)))
    notes = {
        "The printed counts contradict one another: no whole numbers of patients print them all.": (
            found == 0
        ),
        f"The printed numbers allow {found} sets of counts; what needs the counts is open.": (
            found > 1
        ),
        "A fitted claim is printed by the example cohort because that was made so, and nothing "
        "else recomputes it.": (cohort.is_example and (rows["verdict"] == "fitted").any()),
        "A range is what the other claims allow, or what the tests in use give.": (
            rows["recomputed"].str.contains(" to ").any()
        ),
    }
    display.table(
        rows.reset_index(),
        _claim_columns(rows),
        name=f"tab-claims-{section}",
        caption="What the paper prints in this section, and what the other claims say about it.",
        left=("Verdict",),
        note=" ".join(words for words, holds in notes.items() if holds),
        data=rows.drop(columns="target").reset_index(),
    )


def every_claim(judged: pd.DataFrame, cohort: Cohort) -> None:
    """The whole ledger with its reasons."""
    rows = _of_this_book(judged, cohort)
    display.table(
        rows.reset_index(),
        _claim_columns(rows) | {"Check and rule": "reason"},
        name="tab-ledger",
        caption="The ledger of all printed numbers. The download adds the source of each.",
        left=("Verdict", "Check and rule"),
        classes=("ledger",),
        data=rows.drop(columns="target").reset_index(),
    )


def derivations_of_claims(judged: pd.DataFrame) -> None:
    """For each kind of claim the formula, what goes into it, and the function that computes it."""
    rows = {}
    for section, quantity, verdict in judged[["section", "quantity", "verdict"]].to_numpy():
        derivation = derivations.of_claim(section, quantity, verdict)
        if derivation.formula:
            words = re.sub(
                "^(lower|upper) limit", "limits", verdicts.describe(f"{section}.all.{quantity}")
            )
            rows.setdefault(derivation, []).append(words)
    display.table(
        pd.DataFrame(
            {
                "Claim": capital(listed(dict.fromkeys(kinds))),
                "Formula": derivation.formula,
                "From": derivation.inputs,
                "Function": {
                    "text": ".".join(derivation.function.split(".")[-2:]),
                    "function": derivation.function,
                },
            }
            for derivation, kinds in rows.items()
        ),
        name="tab-derivations",
        caption="How each kind of claim is recomputed. Φ is the normal distribution, β a "
        "coefficient and σ its standard error, n₁ and n₀ the numbers of occluded and of patent.",
        left=("Formula", "From", "Function"),
    )


def _of_this_book(judged: pd.DataFrame, cohort: Cohort) -> pd.DataFrame:
    """The claims without what the example cohort prints because it was made so; in a book about
    other patients with their own values.
    """
    rows = judged.assign(recomputed=judged["recomputed"].mask(judged["verdict"] == "fitted", ""))
    if cohort.is_example:
        return rows
    own = rows.assign(this_cohort=ledger.cohort_values(cohort, judged))
    return display.masked(own, ledger.are_withheld(cohort, judged), ["this_cohort"])


def _claim_columns(judged: pd.DataFrame) -> dict:
    own = {"This cohort": ("this_cohort", "printed", as_printed)} if "this_cohort" in judged else {}
    return {
        "Claim": ("id", lambda name: capital(verdicts.describe(name))),
        "Paper": "printed",
        **own,
        "Recomputed": ("recomputed", "quantity", _recomputed),
        "Verdict": ("verdict", "target", "reason", partial(display.badge, "verdict")),
    }


def _recomputed(text: str, quantity: str) -> str:
    """Numbers with decimals to three digits, P as everywhere, and any other text as it is.

    The ends of a range are shortened only for a P value, and are one where they then read alike:
    others may differ in the last digit.
    """
    ends = text.split(" to ")
    if len(ends) == 2 and quantity != "p_value":
        return text
    form = p_value if quantity == "p_value" else "{:#.3g}".format
    shortened = [form(float(end)) if re.fullmatch(r"\d+\.\d+", end) else end for end in ends]
    return " to ".join(dict.fromkeys(shortened)) or DASH


def replicated_claims(beside: pd.DataFrame, cohort: Cohort) -> None:
    """Every claim as printed beside the value computed from the rows."""
    display.table(
        display.masked(beside, beside["withheld"], ["value", "agreement"])
        .drop(columns="withheld")
        .rename_axis("id")
        .reset_index(),
        {
            "Claim": ("id", lambda name: capital(verdicts.describe(name))),
            "Paper": "printed",
            "This file": ("value", "printed", as_printed),
            "Agreement": ("agreement", capital),
        },
        name="tab-replication",
        caption="The printed numbers beside those computed from the rows, rounded alike.",
        left=("Agreement",),
        note="P of a single factor is Pearson's, or for a number Student's.",
        reconstructed=cohort.is_example,
    )


def count_checks(done: list[verdicts.Check]) -> None:
    """The checks on whole numbers and whether they hold."""
    words = {True: "holds", False: "fails", None: "cannot be carried out"}
    display.table(
        pd.DataFrame(
            [(capital(check.words), len(check.claims), words[check.holds]) for check in done],
            columns=["Check", "Claims", "Result"],
        ),
        name="tab-checks",
        caption="Checks on counts. One that builds on a failed check cannot be carried out.",
        left=("Result",),
    )


def checklists(rows: pd.DataFrame) -> None:
    """How many items of each guideline have each answer."""
    counts = guidelines.counts(rows)
    display.table(
        counts.T.assign(All=counts.sum()),
        {"Answer": ("answer", partial(display.badge, "status"))}
        | {name: name for name in [*counts.index, "All"]},
        key="answer",
        name="tab-checklist",
        caption="The items of each guideline by answer.",
        data=counts.reset_index(),
    )


def checklist(rows: pd.DataFrame, guideline: str, name: str) -> None:
    """The items of a guideline; an answer links to the section that gives it, or bears on it."""
    items = rows[rows["guideline"] == guideline]
    display.table(
        items,
        {
            "Item": "item",
            "What it asks": "asks",
            "Answer": ("answer", "where", partial(display.badge, "status")),
            "Note": "note",
        },
        name=name,
        caption=f"Items of {guideline}.",
        left=("What it asks", "Answer", "Note"),
        data=items.drop(columns="answer"),
    )


# -------------------------------------------------------------------- the counts and the patients


def solutions(found: list, groups: list[str]) -> None:
    """The counts of every solution, at most twenty of them."""
    rows = []
    for position, solution in enumerate(found[:20], start=1):
        held = [("all", solution.patients, solution.occluded)]
        held += zip(groups, solution.patients_by_group, solution.occluded_by_group, strict=True)
        for marker, pairs in solution.markers.items():
            held += [(f"with {verdicts.about(marker)}", a + b, a) for a, b in pairs]
        rows += [(position, who, size, events, size - events) for who, size, events in held]
    frame = pd.DataFrame(rows, columns=["Solution", "Patients", "Count", "Occluded", "Patent"])
    display.table(
        frame.drop(columns="Solution") if len(found) == 1 else frame,
        name="tab-solutions",
        caption=f"Counts that print every percentage and area: {counted(len(found), 'solution')}.",
        note="If the ROC section covers all patients, and the rates are crude and count occlusions "
        "alone." + (" Only the first 20 solutions are shown." if len(found) > 20 else ""),
    )


def codebook(
    rules: pd.DataFrame, name: str, whose: str = "a cohort file", classes: tuple[str, ...] = ()
) -> None:
    """The columns of a file, from its codebook."""
    columns = {
        "Column": "name",
        "Meaning": "label",
        **({"Chinese label": "label_zh"} if "label_zh" in rules else {}),
        "Role": "role",
        "Type": "type",
        "Unit": "unit",
        "Levels": ("levels", "level_labels", _levels),
    }
    display.table(
        rules.assign(level_labels=rules.get("level_labels", "")).reset_index(),
        columns,
        name=name,
        caption=f"The columns of {whose}. The first level of a column is its reference.",
        left=tuple(columns),
        classes=classes,
    )


def _levels(levels: str, words: str) -> str:
    """The levels of a column, each with what it means where that is said."""
    said = zip_longest(levels.split("|"), words.split("|") if words else [], fillvalue="")
    return ", ".join(
        f"{one or 'empty'} ({word})" if word not in ("", one) else one or "empty"
        for one, word in said
        if levels
    )


def baseline(
    cohort: Cohort, described: pd.DataFrame, levels: dict, name: str, caption: str
) -> None:
    """A baseline table; ``levels`` maps each level that is described to its column's heading.

    ``described`` is what ``methods.baseline`` gives.
    """
    for level in levels | {"all": "All"}:  # the file of a table has more columns than its page
        described = _without_withheld(described, cohort, level)
    apart = cohort.withheld.outcome if 0.0 in levels else cohort.withheld.groups.keys()
    means = apart if 0.0 in levels else apart | cohort.withheld.means
    gone = {"test": apart, "p": apart, "standardized_difference": means}
    described = display.masked(
        described, {column: described.index.isin(names) for column, names in gone.items()}
    )
    parts = [part for level in levels for part in _parts(level)]
    # The levels of the outcome are numbers, of which a file says nothing.
    words = {
        column: column.replace(str(level), heading, 1)
        for level, heading in levels.items()
        for column in described.columns
        if level in (0.0, 1.0) and column.startswith(f"{level} ")
    }
    display.table(
        described.reindex(columns=described.columns.union(parts, sort=False)),
        {"Variable": "label"}
        | (
            {f"Missing of {whole(len(cohort.rows))}": "missing"}
            if described["missing"].any()
            else {}
        )
        | {
            _headed(cohort, level, heading): (
                "variable",
                "kind",
                *_parts(level),
                partial(_described, cohort),
            )
            for level, heading in levels.items()
        }
        | {"P": ("test", "p", lambda test, p: f"{p_value(p)} ({test})" if test else DASH)},
        key="variable",
        name=name,
        caption=caption,
        note="Counts are exposed/known (percent); numbers are median (quartiles). P: of a count "
        "chi-square, exact where fewer than five are expected in a cell and the patients are not "
        "too many for it; of a number Kruskal-Wallis. The CSV file, on the page of this table, "
        "adds means and standardized differences."
        + " Of a factor of several levels the P is that of all, beside the first; exact if two "
        "groups are compared." * ("category" in cohort.codebook),
        data=described.rename_axis("variable").reset_index().rename(columns=words),
        reconstructed=cohort.is_example,
    )


def _patients_of(cohort: Cohort, level: object) -> pd.DataFrame:
    """The rows of a level of group or outcome, or all."""
    known = cohort.rows[[cohort.group, cohort.outcome]]
    return cohort.rows[known.eq(level).any(axis=1) | (level == "all")]


def _headed(cohort: Cohort, level: object, heading: str) -> str:
    """The heading of a level with its number of patients, if that may be shown."""
    gone = (cohort.outcome if level in (0.0, 1.0) else level) in cohort.withheld.totals
    number = display.WITHHELD if gone else whole(len(_patients_of(cohort, level)))
    return f"{heading} (n{NO_BREAK}={NO_BREAK}{number})"


def _without_withheld(described: pd.DataFrame, cohort: Cohort, level: object) -> pd.DataFrame:
    """The columns of one level of a baseline table with what of them may be shown."""
    withheld, rows = cohort.withheld, _patients_of(cohort, level)
    hidden = {"all": withheld.totals} | {
        group: [name for name in described.index if group in withheld.by_group(name)]
        for group in cohort.groups
    }
    few = {
        column: [
            withheld.hides_quantile(rows[name], end) for name, end in described[column].items()
        ]
        for column in described.columns.intersection(_parts(level)[2:])
    }
    means = described.columns.intersection([f"{level} mean", f"{level} sd"])
    gone = described.index.isin(withheld.means) & (level in hidden)
    return display.masked(
        display.masked(display.masked(described, few), gone, means),
        described.index.isin(hidden.get(level, withheld.outcome)),
        described.columns.intersection([*_parts(level), *means]),
    )


def _parts(level: object) -> list[str]:
    """The columns from which a cell of a baseline table is made."""
    return [f"{level} {part}" for part in ("n", "count", "median", "q1", "q3")]


def _described(
    cohort: Cohort, name: str, kind: str, known: float, exposed: float, *quartiles: float
) -> str:
    if kind == "count":
        return f"{count_of(exposed, known)} ({whole_percent(exposed / (known or np.nan))})"
    form = partial(measured, decimals=decimals(cohort.rows[name]))
    return f"{form(quartiles[0])} ({limits(*quartiles[1:], form)})"


def missing(cohort: Cohort) -> None:
    """Missing values of each factor, whose levels lack the same, and of the outcome."""
    patients, lost = len(cohort.rows), cohort.rows[[*cohort.factors, cohort.outcome]].isna().sum()
    display.table(
        lost.groupby(cohort.source, sort=False).first().to_frame("missing"),
        {
            "Variable": ("variable", cohort.label),
            "Known": ("missing", lambda lost: whole(patients - lost)),
            "Missing": ("missing", whole),
            "Share missing": ("missing", lambda lost: percent(lost / patients)),
        },
        key="variable",
        name="tab-missing",
        caption="Missing values by variable.",
        reconstructed=cohort.is_example,
    )


def file_report(cohort: Cohort, name: str = "tab-file-report", whose: str = "the file") -> None:
    """How a file was read: what was converted or left out."""
    hidden = cohort.row_notes if cohort.withheld.threshold else ()
    words = [note for note in cohort.notes if note not in hidden]
    if hidden:
        words.append(
            f"Notes about single rows: {display.WITHHELD} ({len(hidden)}). The build names each, "
            "with its row. A code for missing among them goes into the column missing of the "
            "codebook; none, written there, says that it is a value."
        )
    if not words:
        words = ["The file was read as it is; nothing had to be converted or left out."]
    display.table(
        pd.DataFrame({"Step": range(1, len(words) + 1), "What was done": words}),
        name=name,
        caption=f"How {whose} was read.",
        left=("What was done",),
    )


# ------------------------------------------------------------------------- patency and follow-up


def patency(rates: pd.DataFrame, cohort: Cohort, source: str, reconstructed: bool) -> None:
    """Patency by group with both intervals."""
    display.table(
        display.masked(rates, rates.index.isin(cohort.withheld.by_group(cohort.outcome))).rename(
            columns=display.OF_ANY_OUTCOME
        ),
        {
            cohort.label(cohort.group): "group",
            f"{capital(cohort.no_event)}/patients": ("without_event", "patients", count_of),
            capital(cohort.freedom): ("event_free", percent),
            "Wilson 95% interval": ("wilson_lower", "wilson_upper", percent_limits),
            "Exact 95% interval": ("exact_lower", "exact_upper", percent_limits),
        },
        key="group",
        name="tab-patency",
        caption=f"Crude {cohort.freedom} at {cohort.horizon}.",
        note=source,
        reconstructed=reconstructed,
    )


def pairs(compared: pd.DataFrame, cohort: Cohort, source: str, reconstructed: bool) -> None:
    """Differences of patency between each two groups."""
    gone = compared[["first", "second"]].isin(cohort.withheld.by_group(cohort.outcome)).any(axis=1)
    display.table(
        # An adjusted P tells of all the others.
        display.masked(
            compared,
            dict.fromkeys(["difference", "lower", "upper", "fisher"], gone) | {"holm": gone.any()},
        ),
        {
            "Pair": ("first", "second", "{} − {}".format),
            "Difference (points)": ("difference", points),
            "95% interval": ("lower", "upper", partial(limits, form=points)),
            "Fisher P": ("fisher", p_value),
            "Holm-adjusted P": ("holm", p_value),
        },
        name="tab-pairs",
        caption=f"Differences of {cohort.freedom} in percentage points, with Newcombe's interval.",
        note=source,
        reconstructed=reconstructed,
    )


def at_risk(read: pd.DataFrame, unit: str) -> None:
    """Patients at risk, events and losses at chosen times, with the estimate there.

    ``read`` has the columns group, time and those of ``survival.at_times``.
    """
    display.table(
        read,
        {
            "Group": "group",
            f"Time ({unit})": ("time", "{:.6g}".format),
            "At risk": ("at_risk", whole),
            "Events so far": ("events", whole),
            "Censored before": ("censored", whole),
            "Without an event": ("survival", percent),
            "95% interval": ("lower", "upper", percent_limits),
        },
        name="tab-at-risk",
        caption="Kaplan-Meier estimates at chosen times, with the numbers behind them.",
        note="Pointwise log-log intervals.",
    )


def follow_up(medians: pd.DataFrame, unit: str) -> None:
    """How long the patients were followed."""
    display.table(
        medians,
        {
            "Group": "group",
            "Patients": ("patients", whole),
            "Events": ("events", whole),
            f"Median follow-up ({unit})": ("median", one_digit),
            "95% interval": ("lower", "upper", partial(limits, digits=1)),
        },
        key="group",
        name="tab-follow-up",
        caption="Length of follow-up, by the reverse Kaplan-Meier method.",
    )


# --------------------------------------------------------------------------------- each factor


def determined(two_by_twos: dict[str, np.ndarray]) -> None:
    """The factors whose two-by-two table the claims determine, with every test."""
    display.table(
        pd.DataFrame(
            {
                name: {
                    "exposed_with_event": table[0, 0],
                    "with_event": table[:, 0].sum(),
                    "exposed_without_event": table[0, 1],
                    "without_event": table[:, 1].sum(),
                }
                | univariate.crude_odds_ratio(table)
                | univariate.binary_tests(table)
                for name, table in two_by_twos.items()
            }
        ).T,
        {
            "Factor": ("factor", _about),
            "Occluded": ("exposed_with_event", "with_event", count_of),
            "Patent": ("exposed_without_event", "without_event", count_of),
            "Odds ratio": ("odds_ratio", ratio),
            "95% interval": ("lower", "upper", ratio_limits),
        }
        | {univariate.TEST_LABELS[test]: (test, p_value) for test in univariate.BINARY_TESTS},
        key="factor",
        name="tab-determined",
        caption="What the printed numbers determine if the ROC section covers all patients: "
        "exposed among all, crude odds ratio, and P by each test.",
    )


def of_levels(cohort: Cohort) -> str:
    """What crude odds ratios and tests of a factor of several levels compare."""
    return "A level of a factor of several is compared with the first of them." * (
        "category" in cohort.codebook
    )


def factors(screened: pd.DataFrame, cohort: Cohort, known: list[str]) -> None:
    """Each factor alone in the cohort; ``known`` are those whose counts the claims determine."""

    # Those of a yes-or-no factor and those of a number; Wald's is of either.
    tests = [*univariate.BINARY_TESTS[:-1], *univariate.NUMBER_TESTS, "mid_p", "trend"]

    def computed(*p_values: float) -> str:
        return "; ".join(
            f"{univariate.TEST_LABELS[test]} {p_value(p)}"
            for test, p in zip(tests, p_values, strict=True)
            if not pd.isna(p)
        )

    display.table(
        display.masked(screened, screened.index.isin(cohort.withheld.outcome)).rename(
            columns=display.OF_ANY_OUTCOME
        ),
        {
            "Factor": ("factor", cohort.per_step),
            **(
                {"Counts": ("factor", lambda name: "determined" if name in known else "open")}
                if cohort.is_example
                else {}
            ),
            "Odds ratio": ("odds_ratio", ratio),
            "95% interval": ("lower", "upper", ratio_limits),
            "P by test": (*tests, computed),
        },
        key="factor",
        name="tab-univariate",
        caption="Each factor alone: crude odds ratio, and P by each test.",
        note=of_levels(cohort),
        left=("P by test", "Counts"),
        reconstructed=cohort.is_example,
    )


def factors_by_test(alone: pd.DataFrame, cohort: Cohort) -> None:
    """P of each factor alone by each test."""
    tests = [test for test in alone if alone[test].notna().any()]
    display.table(
        display.masked(alone, alone.index.isin(cohort.withheld.outcome)),
        {"Factor": ("factor", cohort.label)}
        | {capital(univariate.TEST_LABELS[test]): (test, p_value) for test in tests},
        key="factor",
        name="tab-replication-tests",
        caption="P of each factor alone, by every test in use.",
        reconstructed=cohort.is_example,
    )


def multiplicity(adjusted: pd.DataFrame, cohort: Cohort) -> None:
    """P values before and after adjustment for the number of tests."""
    gone = adjusted.index.isin(cohort.withheld.outcome)
    # An adjusted P tells of all the others.
    display.table(
        display.masked(adjusted, {"p": gone, "holm": gone.any(), "benjamini_hochberg": gone.any()}),
        {
            "Factor": ("factor", cohort.label),
            "P": ("p", p_value),
            "Holm": ("holm", p_value),
            "Benjamini-Hochberg": ("benjamini_hochberg", p_value),
        },
        key="factor",
        name="tab-multiplicity",
        caption="P values (Pearson; of a number: Student) before and after adjustment.",
        reconstructed=cohort.is_example,
    )


# --------------------------------------------------------------------------- markers and scores


def estimators(trials: pd.DataFrame) -> None:
    """Every standard error of every AUC, and what of the paper it prints."""
    display.table(
        trials,
        {
            "Marker": ("marker", _about),
            "Standard error": ("kind", roc.STANDARD_ERRORS.get),
            "95% interval": ("lower", "upper", partial(limits, digits=4)),
            "P": ("p", partial(number, digits=4)),
            "Prints": ("limits_printed", "p_printed", _which_printed),
        },
        name="tab-estimators",
        caption="Five standard errors, and which of the published limits and P each one gives.",
        left=("Standard error", "Prints"),
    )


def _which_printed(limits_printed: int, p_printed: bool) -> str:
    words = [["", "one limit", "both limits"][limits_printed], "P" if p_printed else ""]
    return " and ".join(filter(None, words)) or "neither"


ACCURACY_WORDS = {
    "sensitivity": "Sensitivity",
    "specificity": "Specificity",
    "positive_predictive_value": "{event} if present",
    "negative_predictive_value": "{no_event} if absent",
    "positive_likelihood_ratio": "Likelihood ratio if present",
    "negative_likelihood_ratio": "Likelihood ratio if absent",
}


def accuracy(
    by_marker: dict[str, pd.DataFrame],
    labels: dict[str, str],
    cohort: Cohort,
    source: str,
    reconstructed: bool,
) -> None:
    """What each binary marker says about a patient, one column a marker."""
    nouns = {"event": capital(cohort.event), "no_event": capital(cohort.no_event)}
    display.table(
        pd.DataFrame({"kind": list(ACCURACY_WORDS)}),
        {"Quantity": ("kind", lambda kind: ACCURACY_WORDS[kind].format(**nouns))}
        | {labels[name]: ("kind", partial(_measure, found)) for name, found in by_marker.items()},
        name="tab-accuracy",
        caption="What each marker says: counts, estimate and 95% interval.",
        note=source,
        data=pd.concat(by_marker).rename_axis(["marker", "quantity"]).reset_index(),
        reconstructed=reconstructed,
    )


def _measure(found: pd.DataFrame, kind: str) -> str:
    row = found.loc[kind]
    if kind.endswith("ratio"):
        return estimate(row["estimate"], row["lower"], row["upper"])
    return (
        f"{count_of(row['count'], row['total'])}, {percent(row['estimate'])} "
        f"({percent_limits(row['lower'], row['upper'])})"
    )
