"""The factors one at a time: tests of a two-by-two table, tests of a number, crude odds ratios.

A paper that prints "P<0.05" for a factor rarely says by which test. So all in use stand side by
side: for a yes-or-no factor Pearson's chi-square without and with Yates's correction, Fisher's
exact test and the Wald test of a logistic regression; for a number Student's and Welch's t,
Mann-Whitney and Wald. Scipy and statsmodels compute them. What is hand-written are the formulas of
the first four for all possible counts at once, which no library offers, the mid-P and the trend.
"""

import warnings
from functools import cache

import numpy as np
import pandas as pd
from scipy import stats
from statsmodels.stats.contingency_tables import Table2x2
from statsmodels.stats.multitest import multipletests

from lib.patients.cohort import Cohort
from lib.statistics import multivariate, roc

BINARY_TESTS = ["pearson", "yates", "fisher", "wald"]
NUMBER_TESTS = ["student", "welch", "mann_whitney", "wald"]
# The last two are never those of a paper's P; they only answer further questions.
TEST_LABELS = {
    "pearson": "Pearson",
    "yates": "Yates",
    "fisher": "Fisher",
    "wald": "Wald",
    "student": "Student t",
    "welch": "Welch t",
    "mann_whitney": "Mann-Whitney",
    "mid_p": "mid-P",
    "trend": "trend",
}


def binary_tests(table: np.ndarray) -> dict[str, float]:
    """Two-sided P of the four tests in use for a two-by-two table; NaN where a test has no answer.

    The Wald test is that of the slope in a logistic regression on the one factor, which for a
    two-by-two table is ln(odds ratio) over the root of the summed reciprocals (Woolf 1955, Ann Hum
    Genet 19:251-253).
    """
    table = np.asarray(table, dtype=float)
    if (table.sum(axis=0) == 0).any() or (table.sum(axis=1) == 0).any():
        return dict.fromkeys(BINARY_TESTS, np.nan)
    return {
        "pearson": stats.chi2_contingency(table, correction=False).pvalue,
        "yates": stats.chi2_contingency(table, correction=True).pvalue,
        "fisher": stats.fisher_exact(table).pvalue,
        "wald": crude_odds_ratio(table)["wald"],
    }


def crude_odds_ratio(table: np.ndarray) -> dict[str, float]:
    """odds_ratio, its 95% limits lower and upper, and wald (P) of a two-by-two table; NaN where a
    cell is empty."""
    table = np.asarray(table, dtype=float)
    if (table == 0).any():
        return dict.fromkeys(["odds_ratio", "lower", "upper", "wald"], np.nan)
    crude = Table2x2(table, shift_zeros=False)
    lower, upper = crude.oddsratio_confint()
    return {
        "odds_ratio": crude.oddsratio,
        "lower": lower,
        "upper": upper,
        "wald": crude.oddsratio_pvalue(),
    }


def number_tests(cohort: Cohort, factor: str) -> dict[str, float]:
    """Two-sided P of four tests in use for a number: Student's t, Welch's t, Mann-Whitney, Wald.

    Mann-Whitney is by the normal approximation, corrected for ties and continuity. The Wald test is
    that of a logistic regression on the one factor, whose odds ratio for a step and its limits are
    there too. NaN where a test has no answer.
    """
    known = cohort.complete([factor, cohort.outcome])
    occluded, patent = (known.loc[known[cohort.outcome] == value, factor] for value in (1, 0))
    if min(len(occluded), len(patent)) < 2 or known[factor].nunique() < 2:
        return dict.fromkeys([*NUMBER_TESTS, "odds_ratio", "lower", "upper"], np.nan)
    logistic = multivariate.fit(cohort, [factor]).table.reindex([factor]).loc[factor]
    alike = occluded.nunique() == 1 and patent.nunique() == 1
    with warnings.catch_warnings():
        # Scipy's, where the numbers are nearly the same.
        warnings.simplefilter("ignore", RuntimeWarning)
        student, welch = (
            stats.ttest_ind(occluded, patent, equal_var=equal).pvalue for equal in (True, False)
        )
    return {
        "student": np.nan if alike else student,
        "welch": np.nan if alike else welch,
        "mann_whitney": stats.mannwhitneyu(occluded, patent, method="asymptotic").pvalue,
        "wald": logistic["p"],
        **logistic[["odds_ratio", "lower", "upper"]],
    }


def screen(cohort: Cohort, factors: list[str] | None = None) -> pd.DataFrame:
    """One row per factor, by default all, all tests side by side, with the crude odds ratio and its
    interval.

    A binary factor has the counts exposed_occluded, occluded, exposed_patent, patent; a number has
    occluded, patent, the means (mean_occluded, mean_patent) and the standard deviations
    (sd_occluded, sd_patent) instead. A level of a category is
    compared with the reference. Tests that do not apply are NaN.
    """
    rows = {}
    for factor in cohort.factors if factors is None else factors:
        if cohort.codebook.at[factor, "type"] == "binary":
            # [[exposed occluded, exposed patent], [unexposed occluded, unexposed patent]]
            table = np.column_stack(roc.level_counts(cohort, factor))[::-1]
            occluded, patent = table.sum(axis=0)
            if reference := cohort.reference(factor):
                table[1] = np.column_stack(roc.level_counts(cohort, reference))[1]
            rows[factor] = {
                "exposed_occluded": table[0, 0],
                "occluded": occluded,
                "exposed_patent": table[0, 1],
                "patent": patent,
                **binary_tests(table),
                **crude_odds_ratio(table),
                "mid_p": mid_p(table),
            }
        else:
            by_outcome = cohort.complete([factor]).groupby(cohort.outcome)[factor]
            rows[factor] = {
                "occluded": by_outcome.size().get(1, 0),
                "patent": by_outcome.size().get(0, 0),
                "mean_occluded": by_outcome.mean().get(1, np.nan),
                "mean_patent": by_outcome.mean().get(0, np.nan),
                "sd_occluded": by_outcome.std().get(1, np.nan),
                "sd_patent": by_outcome.std().get(0, np.nan),
                **number_tests(cohort, factor),
                "trend": trend(cohort, factor)["p"],
            }
    return pd.DataFrame.from_dict(rows, orient="index").reindex(
        columns=[
            "exposed_occluded",
            "occluded",
            "exposed_patent",
            "patent",
            "mean_occluded",
            "mean_patent",
            "sd_occluded",
            "sd_patent",
            *TEST_LABELS,
            "odds_ratio",
            "lower",
            "upper",
        ]
    )


def adjusted_for_multiplicity(p_values: pd.Series) -> pd.DataFrame:
    """P values beside their Holm and Benjamini-Hochberg adjustments; missing ones stay missing."""
    known, methods = p_values.dropna(), {"holm": "holm", "benjamini_hochberg": "fdr_bh"}
    adjusted = {name: multipletests(known, method=method)[1] for name, method in methods.items()}
    return pd.DataFrame({"p": p_values}).join(pd.DataFrame(adjusted, known.index))


def p_values_of_all_pairs(occluded: int, patent: int) -> dict[str, np.ndarray]:
    """P of each test for every count pair of a binary factor.

    Arrays of shape (occluded + 1, patent + 1): entry [a, b] is the P value when a of the occluded
    and b of the patent are exposed; NaN where the test has no answer.
    """
    a, b = np.meshgrid(np.arange(occluded + 1.0), np.arange(patent + 1.0), indexing="ij")
    c, d, total = occluded - a, patent - b, occluded + patent
    with np.errstate(divide="ignore", invalid="ignore"):
        margins = (a + b) * (c + d) * occluded * patent
        difference = np.abs(a * d - b * c)
        pearson = total * difference**2 / margins
        yates = total * np.maximum(difference - total / 2, 0) ** 2 / margins
        wald = np.log(a * d / (b * c)) / np.sqrt(1 / a + 1 / b + 1 / c + 1 / d)
    return {
        "pearson": stats.chi2.sf(pearson, 1),
        "yates": stats.chi2.sf(yates, 1),
        "fisher": _fisher_of_all_pairs(occluded, patent),
        "wald": np.where(a * b * c * d == 0, np.nan, 2 * stats.norm.sf(np.abs(wald))),
    }


def significant_pairs(
    occluded: int, patent: int, threshold: float = 0.05, *, by_every_test: bool
) -> np.ndarray:
    """Which count pairs of a yes-or-no factor have P below a threshold alone, by every test in use
    or by at least one of them: true or false, occluded + 1 x patent + 1."""
    together = np.all if by_every_test else np.any
    tests = p_values_of_all_pairs(occluded, patent)
    # Comparisons with NaN are false: where a test has no answer the pair is not significant by it.
    return together([p < threshold for p in tests.values()], axis=0)


def limits_of_significant(occluded: int, patent: int, *, by_every_test: bool) -> pd.DataFrame:
    """Limits of a yes-or-no factor that has P<0.05 alone, over all its count pairs.

    By every test in use, or by at least one of them. Rows share (of all patients), odds_ratio and
    p_value (Pearson's); columns least and greatest.
    """
    places = np.nonzero(significant_pairs(occluded, patent, by_every_test=by_every_test))
    a, b = map(pd.Series, places)
    values = {
        "share": (a + b) / (occluded + patent),
        "odds_ratio": a * (patent - b) / (b * (occluded - a)),
        "p_value": p_values_of_all_pairs(occluded, patent)["pearson"][places],
    }
    return pd.DataFrame(
        {"least": pd.DataFrame(values).min(), "greatest": pd.DataFrame(values).max()}
    )


@cache  # asked for the same patients again and again
def _fisher_of_all_pairs(occluded: int, patent: int) -> np.ndarray:
    result = np.full((occluded + 1, patent + 1), np.nan)
    for exposed in range(1, occluded + patent):
        a = np.arange(max(0, exposed - patent), min(exposed, occluded) + 1)
        probability = stats.hypergeom.pmf(a, occluded + patent, occluded, exposed)
        no_more_probable = probability[None, :] <= probability[:, None] * (1 + 1e-7)
        result[a, exposed - a] = np.minimum(1, no_more_probable @ probability)
    return result


def mid_p(table: np.ndarray) -> float:
    """Two-sided mid-P of Fisher's exact test of a two-by-two table; NaN where a margin is zero.

    Fisher's P less half the probability of the table itself, which brings the size of the test near
    to its level. Source: Lydersen, Fagerland & Laake 2009, Stat Med 28:1159-1175.
    """
    table = np.asarray(table)
    observed = stats.hypergeom.pmf(table[0, 0], table.sum(), table[0].sum(), table[:, 0].sum())
    return float(binary_tests(table)["fisher"] - observed / 2)


def trend(cohort: Cohort, factor: str) -> dict[str, float]:
    """Does the risk rise or fall steadily with a number? The Cochran-Armitage test for trend.

    Returns statistic (chi-square on one degree of freedom) and p, the scores being the factor's own
    values; NaN where the factor or the outcome does not vary. For a binary factor this is Pearson's
    test. Source: Armitage 1955, Biometrics 11:375-386, as patients times the squared correlation.
    """
    known = cohort.complete([factor, cohort.outcome])
    if known[factor].nunique() < 2 or known[cohort.outcome].nunique() < 2:
        return {"statistic": np.nan, "p": np.nan}
    statistic = len(known) * np.corrcoef(known[factor], known[cohort.outcome])[0, 1] ** 2
    return {"statistic": statistic, "p": stats.chi2.sf(statistic, 1)}
