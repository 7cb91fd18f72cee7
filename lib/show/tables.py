"""The tables of the chapters, one function a table.

Each takes what a module of statistics computed, says how each of its columns reads, and offers the
numbers unrounded for download.
"""

from collections.abc import Callable
from functools import partial

import numpy as np
import pandas as pd

from lib.paper import checks, ledger, published, reconstruct
from lib.patients.cohort import Cohort
from lib.show import display
from lib.statistics import roc, univariate
from lib.statistics.multivariate import JointModel
from lib.statistics.sample_size import SampleSize
from lib.statistics.sensitivity import Comparison
from lib.words import DASH, capital, limits, listed, number, p_is, p_value, percent, whole

one_digit = partial(number, digits=1)
three_digits = partial(number, digits=3)
whole_percent = partial(percent, digits=0)
percent_limits = partial(limits, form=percent)


def estimate(value: float, lower: float, upper: float) -> str:
    """A value with its limits: "2.50 (1.15 to 5.44)"."""
    return DASH if np.isnan(value) else f"{number(value)} ({limits(lower, upper)})"


def four_significant(value: float) -> str:
    """A number with four significant digits, trailing zeros kept."""
    return DASH if np.isnan(value) else f"{value:#.4g}".replace("-", "−")


def per_step(table: pd.DataFrame, cohort: Cohort) -> pd.DataFrame:
    """Odds ratios and limits (factors x estimates) with those of numbers for one step of them."""
    columns = [name for name in table if name.endswith(("odds_ratio", "lower", "upper"))]
    steps = {name: cohort.step(name) for name in table.index if name in cohort.factors}
    powers = pd.Series(steps, dtype=float).reindex(table.index).fillna(1.0)
    return table.assign(**table[columns].pow(powers, axis=0))


def count_of(count: float, total: float) -> str:
    """A count among a total: "21/47"."""
    return f"{whole(count)}/{whole(total)}"


def _about(claim: str) -> str:
    return capital(checks.about(claim))


# ------------------------------------------------------------------------ claims and the ledger


def scoreboard(judged: pd.DataFrame, name: str) -> None:
    """The verdicts, what they mean, and how many claims have each."""
    score = ledger.scoreboard(judged)
    badges = [{"text": verdict, "class": f"verdict verdict-{verdict}"} for verdict in score.index]
    meaning = [ledger.VERDICTS[verdict] for verdict in score.index]
    display.table(
        pd.DataFrame({"Verdict": badges, "Claims": score.to_numpy(), "What it means": meaning}),
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
    notes = []
    if found == 0:
        notes.append(
            "The printed counts contradict one another: no whole numbers of patients print them "
            "all."
        )
    if found > 1:
        notes.append(
            f"The printed numbers allow {found} sets of counts; what needs the counts is open."
        )
    if ((rows["verdict"] == "fitted") & (rows["recomputed"] != "")).any():
        notes.append(
            "What is recomputed for a fitted claim rests on the example cohort (Pearson; of a "
            "number, Student)."
        )
    if rows["recomputed"].str.contains(" to ").any():
        notes.append("A range is what the other claims allow, or what the tests in use give.")
    display.table(
        rows.reset_index(),
        _claim_columns(rows),
        name=f"tab-claims-{section}",
        caption="What the paper prints in this section, and what the other claims say about it.",
        left=("Verdict",),
        note=" ".join(notes),
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


def _of_this_book(judged: pd.DataFrame, cohort: Cohort) -> pd.DataFrame:
    """The claims; in a book about other patients with their own values, and without those of the
    example cohort.
    """
    if cohort.is_example:
        return judged
    recomputed = judged["recomputed"].where(judged["verdict"] != "fitted", "")
    own = judged.assign(recomputed=recomputed, this_cohort=ledger.cohort_values(cohort, judged))
    return display.masked(own, ledger.are_withheld(cohort, judged), ["this_cohort"])


def _claim_columns(judged: pd.DataFrame) -> dict:
    def as_printed(value: float, like: str) -> str:
        return DASH if np.isnan(value) else published.prints(value, like)

    own = {"This cohort": ("this_cohort", "printed", as_printed)} if "this_cohort" in judged else {}
    return {
        "Claim": ("id", lambda name: capital(checks.describe(name))),
        "Paper": "printed",
        **own,
        "Recomputed": ("recomputed", _in_three_digits),
        "Verdict": _badge,
    }


def _in_three_digits(text: str) -> str:
    """A number with decimals to three digits; any other text as it is."""
    decimal = text.replace(".", "", 1).isdecimal() and "." in text
    return f"{float(text):.3g}" if decimal else text or DASH


def _badge(claim: dict) -> dict:
    """A cell that shows the verdict on a claim and links to its derivation."""
    verdict = claim["verdict"]
    look = f"verdict verdict-{verdict}"
    return {"text": verdict, "class": look, "title": claim["reason"], "target": claim["target"]}


def count_checks(done: list[checks.Check]) -> None:
    """The checks on whole numbers and whether they hold."""
    words = {True: "holds", False: "fails", None: "cannot be carried out"}
    rows = [(capital(check.words), len(check.claims), words[check.holds]) for check in done]
    display.table(
        pd.DataFrame(rows, columns=["Check", "Claims", "Result"]),
        name="tab-checks",
        caption="Checks on counts. One that builds on a failed check cannot be carried out.",
        left=("Result",),
    )


# -------------------------------------------------------------------- the counts and the patients


def solutions(found: list, groups: list[str]) -> None:
    """The counts of every solution, at most twenty of them."""
    rows = []
    for position, solution in enumerate(found[:20], start=1):
        counted = [("all", solution.patients, solution.occluded)]
        counted += zip(groups, solution.patients_by_group, solution.occluded_by_group, strict=True)
        for marker, pairs in solution.markers.items():
            counted += [(f"with {checks.about(marker)}", a + b, a) for a, b in pairs]
        rows += [(position, who, size, events, size - events) for who, size, events in counted]
    frame = pd.DataFrame(rows, columns=["Solution", "Patients", "Count", "Occluded", "Patent"])
    many = f"{len(found) or 'no'} solution{'' if len(found) == 1 else 's'}"
    note = "Patency lost is read as occlusion."
    if len(found) > 20:
        note += " Only the first 20 solutions are shown."
    display.table(
        frame.drop(columns="Solution") if len(found) == 1 else frame,
        name="tab-solutions",
        caption=f"Counts that print every percentage and area: {many}.",
        note=note,
    )


def codebook(rules: pd.DataFrame, name: str, whose: str = "a cohort file") -> None:
    """The columns of a file, from its codebook."""
    book = rules.reset_index()
    columns = {
        "Column": "name",
        "Meaning": "label",
        "Chinese label": "label_zh",
        "Role": "role",
        "Type": "type",
        "Unit": "unit",
        "Levels": ("levels", lambda levels: levels.replace("|", ", ")),
    }
    if "label_zh" not in book:
        del columns["Chinese label"]
    display.table(
        book,
        columns,
        name=name,
        caption=f"The columns of {whose}. The first level of a column is its reference.",
        left=tuple(columns),
    )


def baseline(
    cohort: Cohort, described: pd.DataFrame, levels: dict, name: str, caption: str
) -> None:
    """A baseline table; ``levels`` maps each level that is described to its column's heading.

    ``described`` is what ``methods.describe`` gives: its columns are pairs of a level and what is
    said of it.
    """

    def of_level(level: object) -> Callable[[dict], str]:
        return lambda row: _described(row, level)

    names = [" ".join(map(str, column)).strip() for column in described]
    described = described.set_axis(names, axis=1)
    for level in [*levels, "all"]:  # the file of a table has more columns than its page
        described = _without_withheld(described, cohort, level)
    apart = [
        bool(cohort.withheld.by_group(one)) or one in cohort.withheld.outcome
        for one in described.index
    ]
    described = display.masked(described, apart, ["test", "p", "standardized_difference"])

    def tested(test: str, p: float) -> str:
        return f"{p_value(p)} ({test})" if test else DASH

    display.table(
        described,
        {"Variable": "label", "Missing": "missing"}
        | {heading: of_level(level) for level, heading in levels.items()}
        | {"P": ("test", "p", tested)},
        key="variable",
        name=name,
        caption=caption,
        note="Counts are exposed/known (percent); numbers are median (quartiles). P: of a count "
        "chi-squared, exact where fewer than five are expected in a cell; of a number "
        "Kruskal-Wallis. The download adds means and standardized differences.",
        reconstructed=cohort.is_example,
    )


def _without_withheld(described: pd.DataFrame, cohort: Cohort, level: object) -> pd.DataFrame:
    """The columns of one level of a baseline table with what of them may be shown."""
    withheld, rows = cohort.withheld, cohort.rows
    columns = [name for name in described if name.startswith(f"{level} ")]
    if level == "all":
        hidden = described.index.isin(withheld.totals)
    elif level in cohort.groups:
        rows = rows[rows[cohort.group] == level]
        hidden = [level in withheld.by_group(name) for name in described.index]
    else:
        rows = rows[rows[cohort.outcome] == level]
        hidden = described.index.isin(withheld.outcome)
    described = display.masked(described, hidden, columns)
    for quartile, share in ((f"{level} q1", 0.25), (f"{level} median", 0.5), (f"{level} q3", 0.75)):
        ends = rows[described.index].quantile(share)
        gone = [withheld.hides_quantile(rows[name], end) for name, end in ends.items()]
        described = display.masked(described, gone, [one for one in columns if one == quartile])
    return described


def _described(row: dict, level: object) -> str:
    if row["kind"] == "count":
        known, exposed = row[f"{level} n"], row[f"{level} count"]
        share = exposed / known if known else np.nan
        return f"{count_of(exposed, known)} ({whole_percent(share)})"
    quartiles = limits(row[f"{level} q1"], row[f"{level} q3"], whole)
    return f"{whole(row[f'{level} median'])} ({quartiles})"


def missing(cohort: Cohort) -> None:
    """Missing values of each factor and of the outcome."""
    patients = len(cohort.rows)
    display.table(
        cohort.rows[[*cohort.factors, cohort.outcome]].isna().sum().to_frame("missing"),
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
        words.append(f"Notes about single rows: {display.WITHHELD} ({len(hidden)}).")
    if cohort.dropped:
        left_out = listed(cohort.dropped)
        words.append(f"These columns are not in the codebook and were left out: {left_out}.")
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
        display.masked(rates, rates.index.isin(cohort.withheld.by_group(cohort.outcome))),
        {
            cohort.label(cohort.group): "group",
            f"{capital(cohort.no_event)}/patients": ("patent", "patients", count_of),
            capital(cohort.freedom): ("patency", percent),
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
    compared = display.masked(compared, gone, ["difference", "lower", "upper", "fisher"])
    # An adjusted P tells of all the others.
    compared = display.masked(compared, np.full(len(compared), gone.any()), ["holm"])
    display.table(
        compared,
        {
            "Pair": ("first", "second", "{} − {}".format),
            "Difference": ("difference", percent),
            "95% interval": ("lower", "upper", percent_limits),
            "Fisher P": ("fisher", p_value),
            "Holm-adjusted P": ("holm", p_value),
        },
        name="tab-pairs",
        caption=f"Differences of {cohort.freedom} (percentage points), with Newcombe's interval.",
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
            f"Time ({unit})": ("time", whole),
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
    computed = {
        name: univariate.crude_odds_ratio(table)
        | univariate.binary_tests(table)
        | {"mid_p": univariate.mid_p(table)}
        for name, table in two_by_twos.items()
    }

    def exposed(column: int) -> Callable[[str], str]:
        return lambda name: count_of(
            two_by_twos[name][0, column], two_by_twos[name][:, column].sum()
        )

    display.table(
        pd.DataFrame(computed).T,
        {
            "Factor": ("factor", _about),
            "Occluded": ("factor", exposed(0)),
            "Patent": ("factor", exposed(1)),
            "Odds ratio": ("odds_ratio", number),
            "95% interval": ("lower", "upper", limits),
        }
        | {
            univariate.TEST_LABELS[test]: (test, p_value)
            for test in [*univariate.BINARY_TESTS, "mid_p"]
        },
        key="factor",
        name="tab-determined",
        caption="What the printed numbers determine: exposed among all, crude odds ratio, and P by "
        "each test.",
    )


def factors(screened: pd.DataFrame, cohort: Cohort, known: list[str]) -> None:
    """Each factor alone in the cohort; ``known`` are those whose counts the claims determine."""

    def is_binary(row: dict) -> bool:
        return row["factor"] in cohort.binary_factors

    def exposure(outcome: str) -> Callable[[dict], str]:
        return lambda row: (
            count_of(row[f"exposed_{outcome}"], row[outcome])
            if is_binary(row)
            else f"mean {one_digit(row[f'mean_{outcome}'])}"
        )

    def tests(row: dict) -> str:
        names = (
            [*univariate.BINARY_TESTS, "mid_p"]
            if is_binary(row)
            else [*univariate.NUMBER_TESTS, "trend"]
        )
        return "; ".join(f"{univariate.TEST_LABELS[test]} {p_value(row[test])}" for test in names)

    columns = {
        "Factor": ("factor", cohort.per_step),
        capital(cohort.event): exposure("occluded"),
        capital(cohort.no_event): exposure("patent"),
        "Odds ratio": ("odds_ratio", number),
        "95% interval": ("lower", "upper", limits),
        "P by test": tests,
    }
    if cohort.is_example:
        columns["Counts"] = ("factor", lambda name: "determined" if name in known else "open")
    display.table(
        display.masked(per_step(screened, cohort), screened.index.isin(cohort.withheld.outcome)),
        columns,
        key="factor",
        name="tab-univariate",
        caption="Each factor alone: exposed among all (or mean), crude odds ratio, P.",
        left=("P by test", "Counts"),
        reconstructed=cohort.is_example,
    )


def multiplicity(adjusted: pd.DataFrame, cohort: Cohort) -> None:
    """P values before and after adjustment for the number of tests."""
    gone = adjusted.index.isin(cohort.withheld.outcome)
    every = np.full(len(adjusted), gone.any())
    adjusted = display.masked(adjusted, gone, ["p"])
    display.table(
        display.masked(adjusted, every, ["holm", "benjamini_hochberg"]),
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


# ------------------------------------------------------------------------------- the joint model


def joint_model(
    terms: pd.DataFrame, cohort: Cohort, printed: list[str], name: str = "tab-joint"
) -> None:
    """All terms of the joint model; ``printed`` are the factors whose numbers the paper prints."""
    columns = {
        "Term": ("term", lambda term: "Intercept" if term == "const" else cohort.per_step(term)),
        "Coefficient": ("coefficient", four_significant),
        "SE": ("standard_error", four_significant),
        "Odds ratio": ("odds_ratio", three_digits),
        "95% interval": ("lower", "upper", partial(limits, digits=3)),
        "P": ("p", lambda p: three_digits(p) if p >= 0.001 else p_value(p)),
    }
    if cohort.is_example:
        columns["Agreement"] = ("term", lambda term: "fitted" if term in printed else "not printed")
    display.table(
        per_step(terms, cohort),
        columns,
        key="term",
        name=name,
        caption="The joint logistic model, with its intercept.",
        note="Coefficients, with which a risk can be computed, are per unit of a number; odds "
        "ratios per step.",
        left=("Agreement",),
        reconstructed=cohort.is_example,
    )


def crude_and_adjusted(crude: pd.DataFrame, adjusted: pd.DataFrame, cohort: Cohort) -> None:
    """What papers print of factors: counts by outcome, the odds ratio alone and in the model."""
    joined = crude.join(adjusted[["odds_ratio", "lower", "upper", "p"]].add_prefix("adjusted_"))
    hidden = joined.index.isin(cohort.withheld.outcome)
    joined = display.masked(per_step(joined, cohort), hidden, list(crude))

    def counted(exposed: float, total: float, mean: float) -> str:
        if pd.isna(exposed):
            return f"mean {number(mean, 1)}"
        return f"{whole(exposed)}/{whole(total)} ({percent(exposed / total)})"

    display.table(
        joined,
        {
            "Factor": ("factor", cohort.per_step),
            capital(cohort.event): ("exposed_occluded", "occluded", "mean_occluded", counted),
            capital(cohort.no_event): ("exposed_patent", "patent", "mean_patent", counted),
            "Crude odds ratio (95% CI)": ("odds_ratio", "lower", "upper", estimate),
            "P": ("wald", p_value),
            "Adjusted odds ratio (95% CI)": (
                "adjusted_odds_ratio",
                "adjusted_lower",
                "adjusted_upper",
                estimate,
            ),
            "Adjusted P": ("adjusted_p", p_value),
        },
        key="factor",
        name="tab-crude-and-adjusted",
        caption="Each factor by outcome, with its odds ratio alone and in the joint model.",
        note="Both P are Wald's.",
        reconstructed=cohort.is_example,
    )


def three_fits(plain: JointModel, penalized: JointModel, cohort: Cohort) -> None:
    """Odds ratios with Wald and profile limits, and by Firth's penalized likelihood."""
    firth = penalized.table.drop(index="const", errors="ignore")
    display.table(
        per_step(plain.table.reindex(firth.index).join(firth.add_prefix("firth_")), cohort),
        {
            "Factor": ("factor", cohort.per_step),
            "Maximum likelihood, Wald limits": (
                "odds_ratio",
                "wald_lower",
                "wald_upper",
                estimate,
            ),
            "Profile limits": ("lower", "upper", limits),
            "P, likelihood ratio": ("p", p_value),
            "Firth, profile limits": ("firth_odds_ratio", "firth_lower", "firth_upper", estimate),
            "P, Firth": ("firth_p", p_value),
        },
        key="factor",
        name="tab-three-fits",
        caption="Adjusted odds ratios with 95% intervals by Wald, by profile likelihood, and by "
        "Firth's penalty.",
        reconstructed=cohort.is_example,
    )


def comparison(
    compared: Comparison, cohort: Cohort, *, name: str, caption: str, headings: tuple[str, str]
) -> None:
    """Two versions of the joint model side by side."""

    def term(name: str) -> str:
        return cohort.per_step(name) if name in cohort.codebook.index else name

    def with_p(ratio: float, lower: float, upper: float, p: float) -> str:
        return DASH if np.isnan(ratio) else f"{estimate(ratio, lower, upper)}, {p_is(p)}"

    of_version = ["odds_ratio", "wald_lower", "wald_upper", "wald_p"]
    display.table(
        per_step(compared.table, cohort),
        {
            "Term": ("term", term),
            headings[0]: (*of_version, with_p),
            headings[1]: (*(f"other_{name}" for name in of_version), with_p),
        },
        key="term",
        name=name,
        caption=caption,
        reconstructed=cohort.is_example,
    )


def collinearity(measured: pd.DataFrame, cohort: Cohort) -> None:
    """Variance inflation and correlations; the columns are numbered like the rows."""
    places = {name: place for place, name in enumerate(measured.index, start=1)}
    pairs = cohort.withheld.pairs
    every = np.full(len(measured), bool(pairs))
    measured = display.masked(measured, every, ["variance_inflation_factor"])
    for name in places:
        hidden = [frozenset((name, other)) in pairs for other in places]
        measured = display.masked(measured, hidden, [name])
    display.table(
        measured,
        {
            "Factor": ("factor", lambda name: f"{places[name]}. {cohort.label(name)}"),
            "Variance inflation": ("variance_inflation_factor", number),
        }
        | {f"r with {place}": (name, number) for name, place in places.items()},
        key="factor",
        name="tab-collinearity",
        caption="Variance inflation factors, and correlations (r) between the factors.",
        reconstructed=cohort.is_example,
    )


CRITERION_WORDS = {
    "overall risk": "Overall risk known to within 0.05",
    "mean error": "Mean error of predicted risks at most 0.05",
    "shrinkage": "Shrinkage of the coefficients no stronger than 0.9",
    "optimism": "Optimism of R squared at most 0.05",
}


def sample_size(needed: SampleSize, reconstructed: bool) -> None:
    """The patients that each of the four criteria asks for."""
    display.table(
        needed.table,
        {
            "Criterion": ("criterion", CRITERION_WORDS.get),
            "Patients": ("patients", whole),
            "Events": ("events", whole),
            "Events per parameter": ("events_per_parameter", one_digit),
        },
        key="criterion",
        name="tab-sample-size",
        caption="Patients needed to develop a prediction model with so many parameters.",
        reconstructed=reconstructed,
    )


def e_values(found: pd.DataFrame, words: list[str], ratios: list[str], reconstructed: bool) -> None:
    """E-values beside the odds ratios that they belong to.

    ``words`` name the factors and ``ratios`` give their odds ratios in words, both in the order of
    ``found``.
    """
    display.table(
        found.assign(words=words, ratio=ratios),
        {
            "Factor": "words",
            "Adjusted odds ratio": "ratio",
            "E-value": ("e_value", number),
            "E-value of the nearer limit": ("e_value_limit", number),
        },
        name="tab-e-values",
        caption="How strong an unmeasured factor would have to be, as a risk ratio with factor and "
        "outcome both.",
        data=found.rename_axis("factor").reset_index(),
        reconstructed=reconstructed,
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
        caption="Five standard errors, and which of the published limits and P each prints.",
        left=("Standard error", "Prints"),
    )


def _which_printed(limits_printed: int, p_printed: bool) -> str:
    words = {0: [], 1: ["one limit"], 2: ["both limits"]}[limits_printed]
    if p_printed:
        words = [*words, "P"]
    return " and ".join(words) or "neither"


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
    words = {
        "Quantity": ("kind", lambda kind: ACCURACY_WORDS[kind].format(**nouns)),
    }
    display.table(
        pd.DataFrame({"kind": list(ACCURACY_WORDS)}),
        words
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
        return f"{number(row['estimate'])} ({limits(row['lower'], row['upper'])})"
    share = f"{percent(row['estimate'])} ({percent_limits(row['lower'], row['upper'])})"
    return f"{count_of(row['count'], row['total'])}, {share}"


MEASURE_WORDS = {
    "auc": "AUC",
    "brier": "Brier score",
    "calibration_slope": "Calibration slope",
    "calibration_intercept": "Calibration intercept",
}


def validation(measures: pd.DataFrame, account: str, reconstructed: bool) -> None:
    """Apparent and optimism-corrected performance of the joint model."""
    display.table(
        measures,
        {
            "Measure": ("measure", MEASURE_WORDS.get),
            "Apparent": ("apparent", three_digits),
            "Optimism": ("optimism", three_digits),
            "Corrected": ("corrected", three_digits),
        },
        key="measure",
        name="tab-validation",
        caption="Performance of the screened model in the patients it was made from, and after "
        "correction for that.",
        note=account,
        reconstructed=reconstructed,
    )


def stability(shares: pd.DataFrame, cohort: Cohort) -> None:
    """How often each factor would have been selected."""
    alone = ["screening_p", "screened", "screened_share"]
    display.table(
        display.masked(shares, shares.index.isin(cohort.withheld.complete), alone),
        {
            "Factor": ("factor", cohort.label),
            "P alone": ("screening_p", p_value),
            "Passed the screening": ("screened_share", whole_percent),
            "Significant together": ("significant_share", whole_percent),
        },
        key="factor",
        name="tab-stability",
        caption="Shares of resamples in which a factor passed the screening, and was significant "
        "in the joint model.",
        reconstructed=cohort.is_example,
    )


def areas(found: pd.DataFrame, differences: pd.DataFrame, reconstructed: bool) -> None:
    """AUC of the joint model and of each marker, and how much less each marker's is."""
    of_model = differences[differences["first"] == found.index[0]]
    less = of_model.set_index("second")["difference"].reindex(found.index)
    display.table(
        found,
        {
            "Score": "score",
            "AUC": ("auc", three_digits),
            "95% interval": ("lower", "upper", partial(limits, digits=3)),
            "Less than the model by": ("score", lambda score: three_digits(less[score])),
        },
        key="score",
        name="tab-areas",
        caption="Areas with DeLong intervals: the joint model and each marker in the same "
        "patients.",
        reconstructed=reconstructed,
    )
