"""The tables of the joint model: its terms, its variants, its validation, and what a prediction
model needs.
"""

from functools import partial

import numpy as np
import pandas as pd

from lib.patients.cohort import Cohort
from lib.show import display
from lib.show.tables import (
    count_of,
    estimate,
    of_levels,
    one_digit,
    ratio_limits,
    three_digits,
    whole_percent,
    with_all_factors,
)
from lib.statistics import multivariate, sensitivity, univariate
from lib.statistics.sample_size import SampleSize
from lib.words import (
    DASH,
    capital,
    decimals,
    limits,
    measured,
    number,
    p_is,
    p_value,
    percent,
    ratio,
    whole,
)


def four_significant(value: float) -> str:
    """A number with four significant digits, trailing zeros kept."""
    return DASH if np.isnan(value) else f"{value:#.4g}".rstrip(".").replace("-", "−")


def joint_model(
    terms: pd.DataFrame, cohort: Cohort, printed: list[str], name: str = "tab-joint"
) -> None:
    """All terms of the joint model; ``printed`` are the factors whose numbers the paper prints."""
    display.table(
        terms,
        {
            "Term": (
                "term",
                lambda term: "Intercept" if term == "const" else cohort.per_step(term),
            ),
            "Coefficient": ("coefficient", four_significant),
            "SE": ("standard_error", four_significant),
            "Odds ratio": ("odds_ratio", partial(ratio, digits=3)),
            "95% interval": ("lower", "upper", partial(ratio_limits, digits=3)),
            "P": ("p", p_value),
        }
        | (
            {"Agreement": ("term", lambda term: "fitted" if term in printed else "not printed")}
            if cohort.is_example
            else {}
        ),
        key="term",
        name=name,
        caption="The joint logistic model, with its intercept.",
        note="Coefficients, with which a risk can be computed, are per unit of a number; odds "
        "ratios per step.",
        left=("Agreement",),
        reconstructed=cohort.is_example,
    )


def crude_and_adjusted(
    crude: pd.DataFrame, adjusted: pd.DataFrame, cohort: Cohort, withheld: bool = False
) -> None:
    """What papers print of factors: counts by outcome, the odds ratio alone and in the model, which
    may be withheld."""
    of_model = adjusted[["odds_ratio", "lower", "upper", "p"]].add_prefix("adjusted_")
    references = univariate.screen(cohort, cohort.named("reference") + cohort.named("empty"))
    of_event, of_no_event = (
        [f"exposed_{outcome}", outcome, f"mean_{outcome}", f"sd_{outcome}"]
        for outcome in ("occluded", "patent")
    )
    joined = (
        crude.join(of_model)
        .reindex(cohort.described)
        .fillna(references[[*of_event[:2], *of_no_event[:2]]])
    )
    known = cohort.complete([*cohort.factors, cohort.outcome])
    fewer = not withheld and adjusted["p"].notna().any() and len(known) < len(cohort.rows)
    hidden = dict.fromkeys(crude, joined.index.isin(cohort.withheld.outcome)) | dict.fromkeys(
        of_model, joined.index.isin(crude.index) & withheld
    )

    def counted(name: str, exposed: float, total: float, mean: float, sd: float) -> str:
        """The exposed among all; of a number, the mean, with one digit more than its quartiles."""
        form = partial(measured, decimals=decimals(cohort.rows[name]) + 1)
        return (
            f"mean {form(mean)} (SD\N{NO-BREAK SPACE}{form(sd)})"
            if pd.isna(exposed)
            else f"{count_of(exposed, total)} ({percent(exposed / (total or np.nan))})"
        )

    def compared(name: str, *found: float) -> str:
        return "reference" if name == cohort.reference(name) else estimate(*found)

    display.table(
        display.masked(joined, hidden).rename(columns=display.OF_ANY_OUTCOME),
        {
            "Factor": ("factor", cohort.per_step),
            capital(cohort.event): ("factor", *map(display.OF_ANY_OUTCOME.get, of_event), counted),
            capital(cohort.no_event): (
                "factor",
                *map(display.OF_ANY_OUTCOME.get, of_no_event),
                counted,
            ),
            "Crude odds ratio (95% CI)": ("factor", "odds_ratio", "lower", "upper", compared),
            "P": ("wald", p_value),
            "Adjusted odds ratio (95% CI)": (
                "factor",
                "adjusted_odds_ratio",
                "adjusted_lower",
                "adjusted_upper",
                compared,
            ),
            "Adjusted P": ("adjusted_p", p_value),
        },
        key="factor",
        name="tab-crude-and-adjusted",
        caption="Each factor by outcome, with its odds ratio alone and in the joint model.",
        note=" ".join(
            filter(
                None,
                [
                    "Both P are Wald's.",
                    "The joint model is withheld." * withheld,
                    "Counts and crude odds ratios are of the patients in whom the factor and the "
                    f"outcome are known, adjusted ones of the {whole(len(known))} in whom all are, "
                    f"{whole(known[cohort.outcome].sum())} of them {cohort.event}." * bool(fewer),
                    of_levels(cohort),
                ],
            )
        ),
        reconstructed=cohort.is_example,
    )


def three_fits(
    plain: multivariate.JointModel, penalized: multivariate.JointModel, cohort: Cohort
) -> None:
    """Odds ratios with Wald and profile limits, and by Firth's penalized likelihood."""
    display.table(
        plain.table.reindex(penalized.table.index).join(penalized.table.add_prefix("firth_")),
        {
            "Factor": ("factor", cohort.per_step),
            "Maximum likelihood, Wald limits": (
                "odds_ratio",
                "wald_lower",
                "wald_upper",
                estimate,
            ),
            "Profile limits": ("lower", "upper", ratio_limits),
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


def _with_p(value: float, lower: float, upper: float, p: float, digits: int = 2) -> str:
    return DASH if np.isnan(value) else f"{estimate(value, lower, upper, digits)}, {p_is(p)}"


def comparison(
    compared: sensitivity.Comparison,
    cohort: Cohort,
    *,
    name: str,
    caption: str,
    headings: tuple[str, str],
) -> None:
    """Two versions of the joint model side by side."""
    of_version = ["odds_ratio", "wald_lower", "wald_upper", "wald_p"]
    display.table(
        compared.table,
        {
            "Term": (
                "term",
                lambda term: cohort.per_step(term) if term in cohort.factors else term,
            ),
            headings[0]: (*of_version, _with_p),
            headings[1]: (*(f"other_{name}" for name in of_version), _with_p),
        },
        key="term",
        name=name,
        caption=caption,
        reconstructed=cohort.is_example,
    )


def collinearity(measured: pd.DataFrame, cohort: Cohort) -> None:
    """Variance inflation; the correlations, which have a picture, are in the download."""
    pairs, names = cohort.withheld.pairs, list(measured.index)
    hidden = {name: [frozenset((name, other)) in pairs for other in names] for name in names}
    display.table(
        display.masked(measured, hidden | {"variance_inflation_factor": bool(pairs)}),
        {
            "Factor": ("factor", cohort.label),
            "Variance inflation": ("variance_inflation_factor", number),
        },
        key="factor",
        name="tab-collinearity",
        caption="Variance inflation factors.",
        note=f"Of {with_all_factors(cohort)}. The CSV file, on the page of this table, has the "
        "correlations as well.",
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
            "E-value": ("e_value", ratio),
            "E-value of the nearer limit": ("e_value_limit", ratio),
        },
        name="tab-e-values",
        caption="How strong an unmeasured factor would have to be, as a risk ratio with factor and "
        "outcome both.",
        data=found.rename_axis("factor").reset_index(),
        reconstructed=reconstructed,
    )


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
    # All of it: whether the joint model has a P tells of the P alone, and in how many resamples it
    # is small of how many resamples have the few. What is so together tells which factors passed.
    hidden = cohort.withheld.complete & {*shares.index}
    together = ["joint_p", "significant", "significant_share"]
    display.table(
        display.masked(
            shares,
            dict.fromkeys(shares, shares.index.isin(hidden))
            | dict.fromkeys(together, bool(hidden)),
        ),
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
        note="P alone is Wald's, in the patients in whom all factors and the outcome are known."
        + " A level of a factor of several is screened against all the others together; in the "
        "tables of odds ratios it is compared with the first." * ("category" in cohort.codebook),
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
        f"{whole(found['patients'].max())} patients.",
        reconstructed=reconstructed,
    )


def replicated(fitted: pd.DataFrame, markers: list[str], cohort: Cohort) -> None:
    """Each way in which the joint model may be meant, with how much of the print it gives."""

    of_markers = {
        f"{cohort.label(marker)}: odds ratio (95% CI)": (
            *(f"{marker}.{part}" for part in ("odds_ratio", "lower", "upper", "p")),
            partial(_with_p, digits=3),
        )
        for marker in markers
    }
    display.table(
        display.masked(
            fitted,
            fitted["withheld"],
            [name for name in fitted if "." in name or name == "agreeing"],
        ).drop(columns="withheld"),
        {
            "Model": ("model", capital),
            "Estimated by": ("estimator", capital),
            "Printed numbers met": ("agreeing", "printed", "{} of {}".format),
            **of_markers,
        },
        name="tab-replication-models",
        caption="The odds ratios of the two markers in each model that the abstract may mean.",
        left=("Estimated by",),
        reconstructed=cohort.is_example,
    )
