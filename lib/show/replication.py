"""The tables of the replication: what a cohort prints beside what the paper printed."""

import pandas as pd

from lib.paper import checks, published
from lib.patients.cohort import Cohort
from lib.show import display, left_open
from lib.statistics.univariate import TEST_LABELS
from lib.words import DASH, capital, limits, number, p_value


def _as_printed(value: float, like: str) -> str:
    return DASH if pd.isna(value) else published.prints(value, like)


def claims(beside: pd.DataFrame, cohort: Cohort) -> None:
    """Every claim as printed beside the value computed from the rows."""
    shown = display.masked(beside, beside["withheld"], ["value", "agreement"])
    display.table(
        shown.drop(columns="withheld").rename_axis("id").reset_index(),
        {
            "Claim": ("id", lambda name: capital(checks.describe(name))),
            "Paper": "printed",
            "This file": ("value", "printed", _as_printed),
            "Agreement": ("agreement", capital),
        },
        name="tab-replication",
        caption="The printed numbers beside those computed from the rows, rounded alike.",
        left=("Agreement",),
        note="P of a single factor is Pearson's, or for a number Student's.",
        reconstructed=cohort.is_example,
    )


def _estimate(value: float, lower: float, upper: float) -> str:
    """With the three decimals that the paper prints."""
    return DASH if pd.isna(value) else f"{number(value, 3)} ({limits(lower, upper, digits=3)})"


def models(fitted: pd.DataFrame, markers: list[str], cohort: Cohort) -> None:
    """Each way in which the joint model may be meant, with how much of the print it gives."""

    def of_marker(marker: str) -> dict:
        names = [f"{marker}.{part}" for part in ("odds_ratio", "lower", "upper", "p")]
        label = cohort.label(marker)
        return {
            f"{label}: odds ratio (95% CI)": (*names[:3], _estimate),
            f"{label}: P": (names[3], p_value),
        }

    values = [name for name in fitted if "." in name or name == "agreeing"]
    shown = display.masked(fitted, fitted["withheld"], values)
    display.table(
        shown.drop(columns="withheld"),
        {
            "Model": ("model", capital),
            "Estimated by": ("estimator", capital),
            "Printed numbers met": ("agreeing", "printed", "{} of {}".format),
            **of_marker(markers[0]),
            **of_marker(markers[1]),
        },
        name="tab-replication-models",
        caption="The odds ratios of the two markers in each model that the abstract may mean.",
        left=("Estimated by",),
        reconstructed=cohort.is_example,
    )


def tests(alone: pd.DataFrame, cohort: Cohort) -> None:
    """P of each factor alone by each test."""
    tests = [test for test in alone if alone[test].notna().any()]
    display.table(
        display.masked(alone, alone.index.isin(cohort.withheld.outcome)),
        {"Factor": ("factor", cohort.label)}
        | {capital(TEST_LABELS[test]): (test, p_value) for test in tests},
        key="factor",
        name="tab-replication-tests",
        caption="P of each factor alone, by every test in use.",
        reconstructed=cohort.is_example,
    )


def conclusions(found: pd.DataFrame) -> None:
    """What the abstract leaves open, in this file and in the stored cohorts."""

    def form(name: str, *values: float) -> str:
        write = left_open.form_of(name)
        return write(*values) if len(values) == 1 else limits(*values, write)

    display.table(
        found.loc[[name for name in left_open.RANGE_WORDS if name in found.index]],
        {
            "Conclusion": ("conclusion", left_open.RANGE_WORDS.get),
            "This file": ("conclusion", "value", form),
            "Stored cohorts": ("conclusion", "least", "greatest", form),
        },
        key="conclusion",
        name="tab-replication-conclusions",
        caption="What the abstract leaves open, as this file settles it.",
    )
