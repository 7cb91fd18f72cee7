"""The tables of the chapters, one function a table.

Each takes what a module of statistics computed, puts it in words, and offers the numbers unrounded
for download.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from lib.paper import checks, ledger, published, reconstruct
from lib.patients.cohort import Cohort
from lib.show import display
from lib.show.display import limits, number, p_value, percent, whole
from lib.statistics import roc, univariate
from lib.statistics.profile import Estimates
from lib.statistics.sample_size import SampleSize
from lib.statistics.sensitivity import Comparison
from lib.words import capital


def scoreboard(judged: pd.DataFrame, name: str) -> None:
    """The verdicts, what they mean, and how many claims have each."""
    score = ledger.scoreboard(judged)
    frame = pd.DataFrame(
        {
            "Verdict": [
                {"text": verdict, "class": f"verdict verdict-{verdict}"} for verdict in score.index
            ],
            "Claims": score.to_numpy(),
            "What it means": [ledger.VERDICTS[verdict] for verdict in score.index],
        }
    )
    caption = "The printed numbers by verdict."
    display.table(frame, name=name, caption=caption, left=("What it means",))


def claims(section: str, cohort: Cohort) -> None:
    """A section's claims with their verdicts, and the cohort's own values unless it is the example."""
    judged = ledger.judge()
    rows = _of_this_book(judged[judged["section"] == section], cohort)
    found = len(reconstruct.solve(reconstruct.original(judged)))
    notes = {
        0: "The printed counts contradict one another: no whole numbers of patients print them all.",
        1: "",
    }
    note = notes.get(
        found, f"The printed numbers allow {found} sets of counts; what needs the counts is open."
    )
    if ((rows["verdict"] == "fitted") & (rows["recomputed"] != "")).any():
        note += " What is recomputed for a fitted claim rests on the example cohort (Pearson; of a number, Student)."
    if rows["recomputed"].str.contains(" to ").any():
        note += " A range is what the other claims allow, or what the tests in use give."
    display.table(
        _claims_frame(rows),
        name=f"tab-claims-{section}",
        caption="What the paper prints in this section, and what the other claims say about it.",
        left=("Verdict",),
        note=note.strip() or None,
        data=rows.drop(columns="target").reset_index(),
    )


def every_claim(judged: pd.DataFrame, cohort: Cohort) -> None:
    """The whole ledger with its reasons."""
    judged = _of_this_book(judged, cohort)
    display.table(
        _claims_frame(judged).assign(**{"Check and rule": judged["reason"].to_numpy()}),
        name="tab-ledger",
        caption="The ledger of all printed numbers. The download adds the source of each.",
        left=("Verdict", "Check and rule"),
        classes=("ledger",),
        data=judged.drop(columns="target").reset_index(),
    )


def _of_this_book(judged: pd.DataFrame, cohort: Cohort) -> pd.DataFrame:
    """The claims; in a book about other patients with their own values, and without those of the
    example cohort.
    """
    if cohort.is_example:
        return judged
    recomputed = judged["recomputed"].where(judged["verdict"] != "fitted", "")
    return judged.assign(recomputed=recomputed, this_cohort=ledger.cohort_values(cohort, judged))


def _claims_frame(judged: pd.DataFrame) -> pd.DataFrame:
    frame = pd.DataFrame(
        {
            "Claim": [capital(checks.describe(name)) for name in judged.index],
            "Paper": judged["printed"],
            "Recomputed": [text or display.DASH for text in judged["recomputed"]],
            "Verdict": [_badge(claim) for claim in judged.itertuples()],
        }
    )
    if "this_cohort" in judged:
        own = [
            display.DASH if np.isnan(value) else published.prints(value, judged.at[name, "printed"])
            for name, value in judged["this_cohort"].items()
        ]
        frame.insert(2, "This cohort", own)
    return frame


def _badge(claim) -> dict:
    """A cell that shows the verdict on a claim and links to its derivation."""
    verdict = claim.verdict
    look = f"verdict verdict-{verdict}"
    return {"text": verdict, "class": look, "title": claim.reason, "target": claim.target}


def solutions(found: list, groups: list[str]) -> None:
    """The counts of every solution, at most twenty of them."""
    rows = []
    for position, solution in enumerate(found[:20], start=1):
        occluded = {"all": (solution.patients, solution.occluded)}
        occluded |= dict(
            zip(
                groups,
                zip(solution.patients_by_group, solution.occluded_by_group, strict=True),
                strict=True,
            )
        )
        for marker, pairs in solution.markers.items():
            occluded |= {f"with {checks.about(marker)}": (a + b, a) for a, b in pairs}
        rows += [
            [position, who, size, events, size - events] for who, (size, events) in occluded.items()
        ]
    frame = pd.DataFrame(rows, columns=["Solution", "Patients", "Count", "Occluded", "Patent"])
    many = f"{len(found) or 'no'} solution{'s' * (len(found) != 1)}"
    display.table(
        frame.iloc[:, 1:] if len(found) == 1 else frame,
        name="tab-solutions",
        caption=f"Counts that print every percentage and area: {many}.",
        note="Patency lost is read as occlusion."
        + " Only the first 20 solutions are shown." * (len(found) > 20),
    )


def codebook(rules: pd.DataFrame, name: str, whose: str = "a cohort file") -> None:
    """The columns of a file, from its codebook."""
    book = rules.reset_index()
    words = {
        "name": "Column",
        "label": "Meaning",
        "label_zh": "Chinese label",
        "role": "Role",
        "type": "Type",
        "unit": "Unit",
        "levels": "Levels",
    }
    words = {column: label for column, label in words.items() if column in book}
    frame = book[list(words)].rename(columns=words)
    frame["Levels"] = frame["Levels"].str.replace("|", ", ", regex=False)
    caption = f"The columns of {whose}. The first level of a column is its reference."
    display.table(frame, name=name, caption=caption, left=tuple(words.values()), data=book)


def baseline(
    cohort: Cohort, described: pd.DataFrame, levels: dict, name: str, caption: str
) -> None:
    """A baseline table; `levels` maps each level that is described to the heading of its column."""
    frame = pd.DataFrame({"Variable": described["", "label"], "Missing": described["", "missing"]})
    for level, heading in levels.items():
        frame[heading] = [_described(row, level) for _, row in described.iterrows()]
    data = described.set_axis([" ".join(map(str, column)).strip() for column in described], axis=1)
    display.table(
        frame,
        name=name,
        caption=caption,
        note="Counts are exposed/known (percent); numbers are median (quartiles).",
        data=data.rename_axis("variable").reset_index(),
        reconstructed=cohort.is_example,
    )


def _described(row: pd.Series, level: object) -> str:
    if row["", "kind"] == "count":
        n, count = row[level, "n"], row[level, "count"]
        return f"{count:,.0f}/{n:,.0f} ({percent(count / n if n else np.nan, 0)})"
    return f"{whole(row[level, 'median'])} ({limits(row[level, 'q1'], row[level, 'q3'], whole)})"


def versions(installed: pd.DataFrame) -> None:
    """The software that made the build."""
    frame = installed.rename(columns=str.capitalize)
    display.table(frame, name="tab-versions", caption="The software that made this build.")


def patency(rates: pd.DataFrame, cohort: Cohort, source: str, reconstructed: bool) -> None:
    """Patency by group with both intervals."""
    rows = list(rates.itertuples())
    frame = pd.DataFrame(
        {
            cohort.label(cohort.group): [str(row.Index) for row in rows],
            f"{capital(cohort.no_event)}/patients": [
                f"{row.patent:,.0f}/{row.patients:,.0f}" for row in rows
            ],
            capital(cohort.freedom): [percent(row.patency) for row in rows],
            "Wilson 95% interval": [
                limits(row.wilson_lower, row.wilson_upper, percent) for row in rows
            ],
            "Exact 95% interval": [
                limits(row.exact_lower, row.exact_upper, percent) for row in rows
            ],
        }
    )
    display.table(
        frame,
        name="tab-patency",
        caption=f"Crude {cohort.freedom} at {cohort.horizon}.",
        note=source,
        data=rates.rename_axis("group").reset_index(),
        reconstructed=reconstructed,
    )


def pairs(compared: pd.DataFrame, cohort: Cohort, source: str, reconstructed: bool) -> None:
    """Differences of patency between each two groups."""
    frame = pd.DataFrame(
        {
            "Pair": compared["first"].astype(str) + " − " + compared["second"].astype(str),
            "Difference": compared["difference"].map(percent),
            "95% interval": [
                limits(row.lower, row.upper, percent) for row in compared.itertuples()
            ],
            "Fisher P": compared["fisher"].map(p_value),
            "Holm-adjusted P": compared["holm"].map(p_value),
        }
    )
    display.table(
        frame,
        name="tab-pairs",
        caption=f"Differences of {cohort.freedom} (percentage points), with Newcombe's interval.",
        note=source,
        data=compared,
        reconstructed=reconstructed,
    )


def determined(two_by_twos: dict[str, np.ndarray]) -> None:
    """The factors whose two-by-two table the claims determine, with every test."""
    computed = {
        name: univariate.crude_odds_ratio(table)
        | univariate.binary_tests(table)
        | {"mid_p": univariate.mid_p(table)}
        for name, table in two_by_twos.items()
    }
    tests = [*univariate.BINARY_TESTS, "mid_p"]
    rows = [
        {
            "Factor": capital(checks.about(name)),
            "Occluded": f"{table[0, 0]:,}/{table[:, 0].sum():,}",
            "Patent": f"{table[0, 1]:,}/{table[:, 1].sum():,}",
            "Odds ratio": number(computed[name]["odds_ratio"]),
            "95% interval": limits(computed[name]["lower"], computed[name]["upper"]),
        }
        | {univariate.TEST_LABELS[test]: p_value(computed[name][test]) for test in tests}
        for name, table in two_by_twos.items()
    ]
    headings = ["Factor", "Occluded", "Patent", "Odds ratio", "95% interval"]
    headings += [univariate.TEST_LABELS[test] for test in tests]
    display.table(
        pd.DataFrame(rows, columns=headings),
        name="tab-determined",
        caption="What the printed numbers determine: exposed among all, crude odds ratio, and P by each test.",
        data=pd.DataFrame(computed).T.rename_axis("factor").reset_index(),
    )


def factors(screened: pd.DataFrame, cohort: Cohort, known: list[str]) -> None:
    """Each factor alone in the cohort; `known` are those whose counts the claims determine."""
    rows = []
    for factor, row in screened.iterrows():
        binary = factor in cohort.binary_factors
        tests = (
            [*univariate.BINARY_TESTS, "mid_p"] if binary else [*univariate.NUMBER_TESTS, "trend"]
        )
        digits = 2 if binary else 3
        exposure = {
            capital(cohort.event): f"{row['exposed_occluded']:,.0f}/{row['occluded']:,.0f}",
            capital(cohort.no_event): f"{row['exposed_patent']:,.0f}/{row['patent']:,.0f}",
        }
        means = {
            capital(cohort.event): f"mean {number(row['mean_occluded'], 1)}",
            capital(cohort.no_event): f"mean {number(row['mean_patent'], 1)}",
        }
        rows.append(
            {"Factor": cohort.label(factor)}
            | (exposure if binary else means)
            | {
                "Odds ratio": number(row["odds_ratio"], digits),
                "95% interval": limits(row["lower"], row["upper"], digits=digits),
                "P by test": "; ".join(
                    f"{univariate.TEST_LABELS[test]} {p_value(row[test])}" for test in tests
                ),
            }
            | ({"Counts": "determined" if factor in known else "open"} if cohort.is_example else {})
        )
    display.table(
        pd.DataFrame(rows),
        name="tab-univariate",
        caption="Each factor alone: exposed among all (or mean), crude odds ratio (of a number: per unit), P.",
        left=("P by test", "Counts"),
        data=screened.rename_axis("factor").reset_index(),
        reconstructed=cohort.is_example,
    )


def missing(cohort: Cohort) -> None:
    """Missing values of each factor and of the outcome."""
    names = [*cohort.factors, cohort.outcome]
    counts = cohort.rows[names].isna().sum()
    frame = pd.DataFrame(
        {
            "Variable": [cohort.label(name) for name in names],
            "Known": [whole(len(cohort.rows) - counts[name]) for name in names],
            "Missing": [whole(counts[name]) for name in names],
            "Share missing": [percent(counts[name] / len(cohort.rows)) for name in names],
        }
    )
    display.table(
        frame,
        name="tab-missing",
        caption="Missing values by variable.",
        data=counts.rename("missing").rename_axis("variable").reset_index(),
        reconstructed=cohort.is_example,
    )


def multiplicity(adjusted: pd.DataFrame, cohort: Cohort) -> None:
    """P values before and after adjustment for the number of tests."""
    frame = pd.DataFrame({"Factor": [cohort.label(name) for name in adjusted.index]})
    headings = {"p": "P", "holm": "Holm", "benjamini_hochberg": "Benjamini-Hochberg"}
    for column, heading in headings.items():
        frame[heading] = adjusted[column].map(p_value).to_numpy()
    display.table(
        frame,
        name="tab-multiplicity",
        caption="P values (Pearson; of a number: Student) before and after adjustment.",
        data=adjusted.rename_axis("factor").reset_index(),
        reconstructed=cohort.is_example,
    )


def file_report(
    notes: tuple[str, ...],
    dropped: tuple[str, ...],
    name: str = "tab-file-report",
    whose: str = "the file",
) -> None:
    """How a file was read: what was converted, left out or changed."""
    words = [*notes]
    if dropped:
        words.append(
            f"These columns are not in the codebook and were left out: {display.listed(dropped)}."
        )
    if not words:
        words = ["The file was read as it is; nothing had to be converted, left out or hidden."]
    display.table(
        pd.DataFrame({"Step": [str(i) for i in range(1, len(words) + 1)], "What was done": words}),
        name=name,
        caption=f"How {whose} was read.",
        left=("What was done",),
    )


def joint_model(
    terms: pd.DataFrame, cohort: Cohort, printed: list[str], name: str = "tab-joint"
) -> None:
    """All terms of the joint model; `printed` are the factors whose numbers the paper prints."""
    rows = list(terms.itertuples())
    frame = pd.DataFrame(
        {
            "Term": [
                "Intercept" if row.Index == "const" else cohort.label(row.Index) for row in rows
            ],
            "Coefficient": [number(row.coefficient, 4) for row in rows],
            "SE": [number(row.standard_error, 4) for row in rows],
            "Odds ratio": [number(row.odds_ratio, 3) for row in rows],
            "95% interval": [limits(row.lower, row.upper, digits=3) for row in rows],
            "P": [number(row.p, 3) if row.p >= 0.001 else p_value(row.p) for row in rows],
        }
    )
    if cohort.is_example:
        frame["Agreement"] = ["fitted" if row.Index in printed else "not printed" for row in rows]
    display.table(
        frame,
        name=name,
        caption="The joint logistic model, with its intercept. Odds ratios of numbers are per unit.",
        left=("Agreement",),
        data=terms.rename_axis("term").reset_index(),
        reconstructed=cohort.is_example,
    )


def collinearity(measured: pd.DataFrame, cohort: Cohort) -> None:
    """Variance inflation and correlations; the columns are numbered like the rows."""
    labels = [f"{i}. {cohort.label(name)}" for i, name in enumerate(measured.index, start=1)]
    frame = pd.DataFrame(
        {
            "Factor": labels,
            "Variance inflation": measured["variance_inflation_factor"].map(number).to_numpy(),
        }
    )
    for i, name in enumerate(measured.index, start=1):
        frame[f"r with {i}"] = measured[name].map(number).to_numpy()
    display.table(
        frame,
        name="tab-collinearity",
        caption="Variance inflation factors, and correlations (r) between the factors.",
        data=measured.rename_axis("factor").reset_index(),
        reconstructed=cohort.is_example,
    )


def estimators(trials: pd.DataFrame) -> None:
    """Every standard error of every AUC, and what of the paper it prints."""
    rows = list(trials.itertuples())
    frame = pd.DataFrame(
        {
            "Marker": [capital(checks.about(row.marker)) for row in rows],
            "Standard error": [f"{roc.STANDARD_ERRORS[row.kind]}" for row in rows],
            "SE": [number(row.standard_error, 5) for row in rows],
            "95% interval": [limits(row.lower, row.upper, digits=4) for row in rows],
            "Limits printed": [f"{row.limits_printed} of 2" for row in rows],
            "P": [number(row.p, 4) for row in rows],
            "P printed": ["yes" if row.p_printed else "no" for row in rows],
        }
    )
    display.table(
        frame,
        name="tab-estimators",
        caption="Five standard errors, and whether each prints the published limits and P.",
        left=("Standard error", "P printed"),
        data=trials,
    )


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
    frame = pd.DataFrame({"Quantity": [words.format(**nouns) for words in ACCURACY_WORDS.values()]})
    for marker, found in by_marker.items():
        frame[labels[marker]] = [_estimate(kind, found.loc[kind]) for kind in ACCURACY_WORDS]
    data = (
        pd.concat(by_marker).rename_axis(["marker", "quantity"]).reset_index()
        if by_marker
        else None
    )
    display.table(
        frame,
        name="tab-accuracy",
        caption="What each marker says: counts, estimate and 95% interval.",
        note=source,
        data=data,
        reconstructed=reconstructed,
    )


def _estimate(kind: str, row: pd.Series) -> str:
    if kind.endswith("ratio"):
        return f"{number(row['estimate'])} ({limits(row['lower'], row['upper'])})"
    counts = f"{row['count']:,.0f}/{row['total']:,.0f}"
    return f"{counts}, {percent(row['estimate'])} ({limits(row['lower'], row['upper'], percent)})"


MEASURE_WORDS = {
    "auc": "AUC",
    "brier": "Brier score",
    "calibration_slope": "Calibration slope",
    "calibration_intercept": "Calibration intercept",
}


def validation(measures: pd.DataFrame, account: str, reconstructed: bool) -> None:
    """Apparent and optimism-corrected performance of the joint model."""
    frame = pd.DataFrame({"Measure": [MEASURE_WORDS[name] for name in measures.index]})
    for column in ("apparent", "optimism", "corrected"):
        frame[capital(column)] = measures[column].map(lambda value: number(value, 3)).to_numpy()
    display.table(
        frame,
        name="tab-validation",
        caption="Performance of the screened model in the patients it was made from, and after correction for that.",
        note=account,
        data=measures.rename_axis("measure").reset_index(),
        reconstructed=reconstructed,
    )


def stability(shares: pd.DataFrame, cohort: Cohort) -> None:
    """How often each factor would have been selected."""
    frame = pd.DataFrame(
        {
            "Factor": [cohort.label(name) for name in shares.index],
            "P alone": shares["screening_p"].map(p_value).to_numpy(),
            "Passed the screening": shares["screened_share"]
            .map(lambda share: percent(share, 0))
            .to_numpy(),
            "Significant together": shares["significant_share"]
            .map(lambda share: percent(share, 0))
            .to_numpy(),
        }
    )
    display.table(
        frame,
        name="tab-stability",
        caption="Shares of resamples in which a factor passed the screening, and was significant in the joint model.",
        data=shares.rename_axis("factor").reset_index(),
        reconstructed=cohort.is_example,
    )


def areas(found: pd.DataFrame, differences: pd.DataFrame, reconstructed: bool) -> None:
    """AUC of the joint model and of each marker, and how much less each marker's is."""
    frame = pd.DataFrame(
        {
            "Score": list(found.index),
            "AUC": found["auc"].map(lambda value: number(value, 3)).to_numpy(),
            "95% interval": [limits(row.lower, row.upper, digits=3) for row in found.itertuples()],
        }
    )
    first = (
        differences[differences["first"] == found.index[0]].set_index("second").reindex(found.index)
    )
    frame["Less than the model by"] = (
        first["difference"].map(lambda value: number(value, 3)).to_numpy()
    )
    display.table(
        frame,
        name="tab-areas",
        caption="Areas with DeLong intervals: the joint model and each marker in the same patients.",
        data=found.rename_axis("score").reset_index(),
        reconstructed=reconstructed,
    )


def prevalence(by_marker: dict[str, pd.DataFrame], cohort: Cohort, reconstructed: bool) -> None:
    """The risk of the outcome with and without each marker, at several prevalences."""
    first = next(iter(by_marker.values()))
    outcome = cohort.phrase(cohort.outcome)
    frame = pd.DataFrame(
        {f"{capital(outcome)} among all": [percent(value, 0) for value in first["prevalence"]]}
    )
    for label, found in by_marker.items():
        frame[f"{label}: present"] = (
            found["positive_predictive_value"].map(lambda value: percent(value, 0)).to_numpy()
        )
        absent = 1 - found["negative_predictive_value"]
        frame[f"{label}: absent"] = absent.map(lambda value: percent(value, 0)).to_numpy()
    display.table(
        frame,
        name="tab-prevalence",
        caption=f"Risk of {outcome} with and without each marker, by how common it is.",
        data=pd.concat([found.assign(marker=label) for label, found in by_marker.items()]),
        reconstructed=reconstructed,
    )


def count_checks(done: list[checks.Check]) -> None:
    """The checks on whole numbers and whether they hold."""
    words = {True: "holds", False: "fails", None: "cannot be carried out"}
    frame = pd.DataFrame(
        {
            "Check": [capital(check.words) for check in done],
            "Claims": [len(check.claims) for check in done],
            "Result": [words[check.holds] for check in done],
        }
    )
    caption = "Checks on counts. One that builds on a failed check cannot be carried out."
    display.table(frame, name="tab-checks", caption=caption, left=("Result",))


def at_risk(read: pd.DataFrame, unit: str) -> None:
    """Patients at risk, events and losses at chosen times, with the estimate there.

    `read` has the columns group, time and those of `survival.at_times`.
    """
    rows = list(read.itertuples())
    frame = pd.DataFrame(
        {
            "Group": [row.group for row in rows],
            f"Time ({unit})": [number(row.time, 0) for row in rows],
            "At risk": [whole(row.at_risk) for row in rows],
            "Events so far": [whole(row.events) for row in rows],
            "Censored before": [whole(row.censored) for row in rows],
            "Without an event": [percent(row.survival) for row in rows],
            "95% interval": [limits(row.lower, row.upper, percent) for row in rows],
        }
    )
    display.table(
        frame,
        name="tab-at-risk",
        caption="Kaplan-Meier estimates at chosen times, with the numbers behind them.",
        note="Pointwise log-log intervals.",
        data=read,
    )


def follow_up(medians: pd.DataFrame, unit: str) -> None:
    """How long the patients were followed."""
    frame = pd.DataFrame(
        {
            "Group": [str(name) for name in medians.index],
            "Patients": medians["patients"].map(whole).to_numpy(),
            "Events": medians["events"].map(whole).to_numpy(),
            f"Median follow-up ({unit})": medians["median"]
            .map(lambda value: number(value, 1))
            .to_numpy(),
            "95% interval": [
                limits(row.lower, row.upper, digits=1) for row in medians.itertuples()
            ],
        }
    )
    display.table(
        frame,
        name="tab-follow-up",
        caption="Length of follow-up, by the reverse Kaplan-Meier method.",
        data=medians.rename_axis("group").reset_index(),
    )


def three_fits(plain: Estimates, penalized: Estimates, cohort: Cohort) -> None:
    """Odds ratios with Wald and profile limits, and by Firth's penalized likelihood."""
    names = [name for name in penalized.table.index if name != "const"]
    rows = plain.table.reindex(penalized.table.index).loc[names], penalized.table.loc[names]

    def cell(row: pd.Series, lower: str, upper: str) -> str:
        known = pd.notna(row["odds_ratio"])
        return (
            f"{number(row['odds_ratio'])} ({limits(row[lower], row[upper])})"
            if known
            else display.DASH
        )

    frame = pd.DataFrame(
        {
            "Factor": [cohort.label(name) for name in names],
            "Maximum likelihood, Wald limits": [
                cell(row, "wald_lower", "wald_upper") for _, row in rows[0].iterrows()
            ],
            "Profile limits": [limits(row.lower, row.upper) for row in rows[0].itertuples()],
            "P, likelihood ratio": [p_value(p) for p in rows[0]["p"]],
            "Firth, profile limits": [cell(row, "lower", "upper") for _, row in rows[1].iterrows()],
            "P, Firth": [p_value(p) for p in rows[1]["p"]],
        }
    )
    display.table(
        frame,
        name="tab-three-fits",
        caption="Adjusted odds ratios with 95% intervals by Wald, by profile likelihood, and by Firth's penalty.",
        data=rows[0].join(rows[1].add_prefix("firth_")).rename_axis("factor").reset_index(),
        reconstructed=cohort.is_example,
    )


def comparison(
    compared: Comparison, cohort: Cohort, *, name: str, caption: str, headings: tuple[str, str]
) -> None:
    """Two versions of the joint model side by side."""
    table = compared.table
    known = cohort.codebook.index

    def cells(prefix: str) -> list[str]:
        return [
            display.DASH
            if pd.isna(row[f"{prefix}odds_ratio"])
            else f"{number(row[f'{prefix}odds_ratio'])} "
            f"({limits(row[f'{prefix}wald_lower'], row[f'{prefix}wald_upper'])}), "
            f"P\u00a0{_with_sign(row[f'{prefix}wald_p'])}"
            for _, row in table.iterrows()
        ]

    frame = pd.DataFrame(
        {
            "Term": [cohort.label(term) if term in known else term for term in table.index],
            headings[0]: cells(""),
            headings[1]: cells("other_"),
        }
    )
    display.table(
        frame,
        name=name,
        caption=caption,
        data=table.rename_axis("term").reset_index(),
        reconstructed=cohort.is_example,
    )


def _with_sign(p: float) -> str:
    text = p_value(p)
    return text if text.startswith("<") else f"=\u00a0{text}"


CRITERION_WORDS = {
    "overall risk": "Overall risk known to within 0.05",
    "mean error": "Mean error of predicted risks at most 0.05",
    "shrinkage": "Shrinkage of the coefficients no stronger than 0.9",
    "optimism": "Optimism of R squared at most 0.05",
}


def sample_size(needed: SampleSize, reconstructed: bool) -> None:
    """The patients that each of the four criteria asks for."""
    frame = pd.DataFrame(
        {
            "Criterion": [CRITERION_WORDS[name] for name in needed.table.index],
            "Patients": needed.table["patients"].map(whole).to_numpy(),
            "Events": needed.table["events"].map(whole).to_numpy(),
            "Events per parameter": needed.table["events_per_parameter"]
            .map(lambda n: number(n, 1))
            .to_numpy(),
        }
    )
    display.table(
        frame,
        name="tab-sample-size",
        caption="Patients needed to develop a prediction model with so many parameters.",
        data=needed.table.rename_axis("criterion").reset_index(),
        reconstructed=reconstructed,
    )


def e_values(found: pd.DataFrame, words: list[str], ratios: list[str], reconstructed: bool) -> None:
    """E-values beside the odds ratios that they belong to, `ratios` in words."""
    frame = pd.DataFrame(
        {
            "Factor": words,
            "Adjusted odds ratio": ratios,
            "E-value": found["e_value"].map(number).to_numpy(),
            "E-value of the nearer limit": found["e_value_limit"].map(number).to_numpy(),
        }
    )
    display.table(
        frame,
        name="tab-e-values",
        caption="How strong an unmeasured factor would have to be, as a risk ratio with factor and outcome both.",
        data=found.rename_axis("factor").reset_index(),
        reconstructed=reconstructed,
    )
