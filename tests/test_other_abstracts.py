"""The ledger of any abstract: what is read, what is judged, and what must never be called wrong."""

import re
from collections.abc import Iterator
from fractions import Fraction
from functools import partial
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from books import python
from helpers import refusal, slow_but
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from lib.paper import digits, ledger, published, verdicts, wald
from lib.show import ledger as shown
from lib.statistics import roc, univariate

ABSTRACTS = Path(__file__).parent / "abstracts"
GOOD = {"consistent", "not checked"}


def claims_file(folder: Path, text: str) -> Path:
    path = folder / "claims.csv"
    path.write_text("id,printed,basis\n" + text, encoding="utf-8")
    return path


def account(folder: Path, text: str) -> ledger.Account:
    return ledger.account(published.read_any(claims_file(folder, text)))


def grades(of: ledger.Account) -> dict[str, str]:
    return {check.words: grade for check, grade in of.checks}


def marker(name: str, sensitivity: str, specificity: str, basis: str, rest: str = "") -> str:
    return (
        f"roc.{name}.sensitivity,{sensitivity},{basis}\n"
        f"roc.{name}.specificity,{specificity},{basis}\n{rest}"
    )


def sized(total: int, **groups: int) -> str:
    lines = [f"methods.{group}.patients,{size}," for group, size in groups.items()]
    return "\n".join([f"methods.all.patients,{total},partition", *lines]) + "\n"


def flagged(of: ledger.Account) -> dict[str, str]:
    return of.claims["grade"][~of.claims["grade"].isin(GOOD)].to_dict()


# ---------------------------------------------------------------------------- as people type them


@pytest.mark.parametrize(
    ("typed", "quantity", "written"),
    [
        (".036", "p_value", "0.036"),
        ("21,822", "patients", "21822"),
        ("2·10", "odds_ratio", "2.10"),
        ("<.001", "p_value", "<0.001"),
        ("P = .04", "p_value", "0.04"),
        ("p < 0.05", "p_value", "<0.05"),
        ("NS", "p_value", "≥0.05"),
        (">999", "odds_ratio_upper", ">999"),
        ("0.00", "odds_ratio_lower", "0.00"),
        ("45", "percentage", "45%"),
        ("12·5 %", "percentage", "12.5%"),
        ("0.843", "auc", "0.843"),
        ("−2.3", "mean", "-2.3"),
        ("–0.6", "difference", "-0.6"),
    ],
)
def test_numbers_are_understood_as_people_type_them(typed, quantity, written):
    assert published.normal(typed, quantity) == written


@pytest.mark.parametrize(
    ("line", "claims"),
    [
        ("a.x.auc_limits,0.55 to 0.70,", {"auc_lower": "0.55", "auc_upper": "0.70"}),
        ("a.x.auc_limits,0.55–0.70,", {"auc_lower": "0.55", "auc_upper": "0.70"}),
        ("a.x.auc_limits,(0.55-0.70),", {"auc_lower": "0.55", "auc_upper": "0.70"}),
        ("a.x.count,12/50 (24%),", {"count": "12", "percentage": "24%"}),
        # Limits beside a fraction are those of its percentage.
        *[
            (
                f"a.x.count,{cell},",
                {"count": "12", "percentage_lower": "13%", "percentage_upper": "38%", **level},
            )
            for cell, level in [
                ("12/50 (13-38)", {}),
                ("12/50 (13–38%)", {}),
                ("12 of 50 (95% CI 13 to 38)", {"confidence_level": "95%"}),
            ]
        ],
        ("a.x.count,n = 12 (24%),", {"count": "12", "percentage": "24%"}),
        ("a.x.mean,61.2; SD 10.4,", {"mean": "61.2", "sd": "10.4"}),
        ('a.x.mean_limits,"58.1, 64.3",', {"mean_lower": "58.1", "mean_upper": "64.3"}),
        # The hyphens and the minus sign of Unicode.
        *[
            (
                f"a.x.difference,{sign}2.1 (3.9{sign}4.5),",
                {"difference": "-2.1", "difference_lower": "3.9", "difference_upper": "4.5"},
            )
            for sign in "\u2010\u2011\u2212"
        ],
        ("a.x.count,15 (1),", {"count": "15", "percentage": "1%"}),
        ("a.x.count,1 (<0.1),", {"count": "1", "percentage": "<0.1%"}),
        (
            "a.x.median,4 (3-7),",
            {"median": "4", "median_lower": "3", "median_upper": "7"},
        ),
        (
            'a.x.difference,"–0.6 (–1.8, 0)",',
            {"difference": "-0.6", "difference_lower": "-1.8", "difference_upper": "0"},
        ),
        ('a.x.rate_limits,"(15,21)",', {"rate_lower": "15", "rate_upper": "21"}),
        ("a.x.mean,61.2 ± 10.4,", {"mean": "61.2", "sd": "10.4"}),
        ("a.x.mean,61.2 (10.4),", {"mean": "61.2", "sd": "10.4"}),
        ("a.x.mean,61.2 (SD 10.4),", {"mean": "61.2", "sd": "10.4"}),
        ("a.x.median,5 (IQR 3–8),", {"median": "5", "median_lower": "3", "median_upper": "8"}),
        *[
            (
                f'm.x.odds_ratio,"2.50 ({label}1.05 to 5.95)",',
                {
                    "odds_ratio": "2.50",
                    "odds_ratio_lower": "1.05",
                    "odds_ratio_upper": "5.95",
                    **level,
                },
            )
            for label, level in [
                ("95% CI ", {"confidence_level": "95%"}),
                ("90% CI, ", {"confidence_level": "90%"}),
                ("CI: ", {}),
            ]
        ],
        ("a.x.count,n = 12,", {"count": "12"}),
        ("a.x.confidence_level,95% CI,", {"confidence_level": "95%"}),
        ("a.x.count,12 of 50 (24%),", {"count": "12", "percentage": "24%"}),
        ("a.x.percentage,24% (12/50),", {"count": "12", "percentage": "24%"}),
        ("a.x.percentage,12/50 (24%),", {"count": "12", "percentage": "24%"}),
        (
            "a.x.percentage_limits,−1.9 to 5.9%,",
            {"percentage_lower": "-1.9%", "percentage_upper": "5.9%"},
        ),
        ("a.x.p_value,.04,normal | t", {"p_value": "0.04"}),
    ],
)
def test_several_numbers_of_a_cell_are_several_claims(tmp_path, line, claims):
    read = published.read_any(claims_file(tmp_path, line + "\n"))
    assert dict(zip(read["quantity"], read["printed"], strict=True)) == claims


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("a.x.p_value,about .04,", ["line 3", "“about .04”", "write for example"]),
        ("a.x.p_value,1.4,", ["line 3", "probability from 0 to 1"]),
        ("a.x.percentage,80.9%…,", ["line 3", "not a number"]),
        ("a.x.percentage,104%,", ["line 3", "from 0 to 100%"]),
        ("a.x.percentage,1,", ["line 3", "“1”", "with its sign; write for example 0.5%, 1%"]),
        ("a.x.percentage,0.5,of:200", ["line 3", "“0.5”", "with its sign"]),
        ("a.x.odds_ratio,2.50 (about 1.05 to 5.95),", ["line 3", "leave out all words"]),
        ("a.x.patients,12.5,", ["line 3", "whole number"]),
        ("a.x.odd_ratio,1.2,", ["line 3", "odd_ratio", "odds_ratio", "leave out"]),
        ("a.x.odd_ratio,1.2,normal", ["line 3", "odd_ratio", "odds_ratio", "leave out"]),
        ("a.x,1.2,", ["line 3", "section.subject.quantity"]),
        ("a.x.mean,1.2,nomal", ["line 3", "“nomal”", "normal"]),
        ("methods.all.patients,12,", ["line 3", "methods.all.patients", "more than once"]),
        ("a.x.percentage,24%,events:", ["line 3", "“events:”", "a name after a colon"]),
        ("a.x.percentage,24%,events:methdos", ["line 3", "“events:methdos”", "(a, methods)"]),
        ("a.x.odds_ratio,2,level:multivarate", ["line 3", "“level:multivarate”", "(a, methods)"]),
        (f"a.x.mean,{'9' * 310},", ["line 3", "at most 40"]),
        (f"a.x.percentage,24.{'0' * 200}%,", ["line 3", "at most 40"]),
        ("a.x.percentage,24%,rate:free|rate:event", ["line 3", "“rate:event”", "leave one"]),
        ("a.x.percentage,24%,of:50|of:60", ["line 3", "“of:50” and “of:60”", "leave one"]),
        ("a.x.odds_ratio,>999,", ["line 3", "“>999”", "leave out such an estimate"]),
        ("a.x.odds_ratio,0.00,", ["line 3", "“0.00”", "write it with more digits"]),
        ("a.x y.p_value,0.2,", ["line 3", "without spaces", "results.age.p_value"]),
        ("a.x.odds_ratio_limits,1.05,", ["line 3", "two numbers, such as 1.05 to 4.50"]),
        ("a.x.percentage,12%,of:nobody", ["line 3", "“of:nobody”", "nor one of all"]),
        ("a.x.percentage,12%,of:0", ["line 3", "“of:0”", "above zero"]),
        ("a.x.confidence_level,100%,", ["line 3", "a level such as 95%"]),
        ("a.x.kappa,2,", ["line 3", "from -1 to 1"]),
        ("roc.x.auc,1.2,", ["line 3", "from 0 to 100%"]),
        ("a.x.mean,61.2 ± -3,", ["line 3", "zero or more"]),
        ("a.x.mean,5200 (IQR 1000 to 4000),", ["line 3", "“5200", "as median_limits"]),
        ("a.x.mean,5200 (interquartile range 3000),", ["line 3", "“5200", "as median_limits"]),
        # A size in a cell, and what may be a deviation beside a size, are no limits.
        *[
            (f'a.x.{quantity},"{cell}",', ["line 3", f"write “{alone}” here, and of:50 in"])
            for quantity, cell, alone in [
                ("mean", "61.2 (SD 10.4, n = 50)", "61.2 (SD 10.4)"),
                ("mean", "61.2 (10.4; N=50)", "61.2 (10.4)"),
                ("mean", "61.2 ± 10.4 (n = 50)", "61.2 ± 10.4"),
                ("mean", "n = 50; 61.2 (10.4)", "61.2 (10.4)"),
                ("percentage", "24% (12; n = 50)", "24% (12)"),
                ("percentage", "24% (n = 50)", "24%"),
                ("count", "12 (n = 50)", "12"),
                ("odds_ratio", "2.50 (n = 50)", "2.50"),
            ]
        ],
        *[
            (f'a.x.mean,"{cell}",', ["line 3", f"“{cell}” leaves open", "of:50"])
            for cell in (
                "61.2 (10.4, 50)",
                "45.3 (10.4; 50)",
                "61.2 (SD 10.4, 50)",
                "61.2; SD 10.4-50",
            )
        ],
        ('a.x.difference,"−2.1 (SD 1.3, 50)",', ["line 3", "leaves open", "as in of:50"]),
        ("# a remark", ["line 3", "# are comments only above the names of the columns; move"]),
        ("# a remark,,", ["line 3", "# are comments only above the names of the columns; move"]),
    ],
)
def test_every_refusal_names_line_and_mend(tmp_path, line, words):
    message = refusal(account, tmp_path, "methods.all.patients,100,\n" + line + "\n")
    assert all(word in message for word in words)


# ---------------------------------------------------------------------- as journals print them

RATIO = {"odds_ratio": "0.82", "odds_ratio_lower": "0.70", "odds_ratio_upper": "0.96"}
AT_95 = {**RATIO, "confidence_level": "95%"}
QUARTILES = {"median": "5", "median_lower": "3", "median_upper": "8"}


def limited(quantity: str, *printed: str) -> dict[str, str]:
    return dict(zip([quantity, f"{quantity}_lower", f"{quantity}_upper"], printed, strict=False))


@pytest.mark.parametrize(
    ("quantity", "printed", "claims"),
    [
        # JAMA, NEJM and BMJ Open, without brackets or with square ones.
        ("odds_ratio", "0.82; 95% CI, 0.70 to 0.96", AT_95),
        ("odds_ratio", "0.82, 95% CI 0.70 to 0.96", AT_95),
        ("odds_ratio", "0.82 [95% CI, 0.70-0.96]", AT_95),
        ("odds_ratio", "0·82 (95% confidence interval 0·70–0·96)", AT_95),
        ("odds_ratio_limits", "95% CI 0.70 to 0.96", {**AT_95, "odds_ratio": None}),
        ("odds_ratio", "0.82 (0.70-0.96; P = .01)", {**RATIO, "p_value": "0.01"}),
        ("odds_ratio", "0.82; 95% CI, 0.70-0.96; P < .001", {**AT_95, "p_value": "<0.001"}),
        ("odds_ratio", "0.82 (0.70-0.96) (P = .01)", {**RATIO, "p_value": "0.01"}),
        ("median", "5 (interquartile range 3-8)", QUARTILES),
        ("median", "5; IQR, 3-8", QUARTILES),
        ("mean", "61.2 [10.4]", {"mean": "61.2", "sd": "10.4"}),
        ("count", "12 [24%]", {"count": "12", "percentage": "24%"}),
        ("percentage", "12 (24%)", {"count": "12", "percentage": "24%"}),
        ("percentage", "24% (12)", {"count": "12", "percentage": "24%"}),
        ("count", "12 of 50 patients (24%)", {"count": "12", "percentage": "24%"}),
        ("patients", "12 340 participants", {"patients": "12340"}),
        ("mean", "12,340 ± 1,200", {"mean": "12340", "sd": "1200"}),
        # An upper limit that is not reached is none.
        ("median", "18.4 (12.3-NR)", {"median": "18.4", "median_lower": "12.3"}),
        ("median", "18.4 (12.3 to not reached)", {"median": "18.4", "median_lower": "12.3"}),
        ("difference", "+2.1 (−0.3 to +4.5)", limited("difference", "2.1", "-0.3", "4.5")),
        ("p_value", "2.3 x 10-8", {"p_value": "0.000000023"}),
        ("p_value", "P = 2.3 × 10⁻⁸", {"p_value": "0.000000023"}),
        ("p_value", "<1.2e-12", {"p_value": "<0.0000000000012"}),
        # Wald limits pass one, and a sign is given only to what it can be meant for.
        ("sensitivity", "0.95 (0.85 to 1.05)", limited("sensitivity", "0.95", "0.85", "1.05")),
        ("sensitivity", "95 (85 to 105)", limited("sensitivity", "95%", "85%", "105%")),
        ("auc", "0.84 (78%-90%)", limited("auc", "0.84", "78%", "90%")),
        ("auc", "0.84 (78–90%)", limited("auc", "0.84", "78%", "90%")),
        ("specificity", "1 (90% to 100%)", limited("specificity", "1", "90%", "100%")),
        ("percentage", "0 (0 to 3.6%)", limited("percentage", "0%", "0%", "3.6%")),
        # As Chinese journals print them.
        (
            "odds_ratio",
            "0.82（95%CI：0.70～0.96，P＝0.014）",
            {**AT_95, "p_value": "0.014"},
        ),
        ("percentage", "1.2 (0.4 to 1.9)", limited("percentage", "1.2%", "0.4%", "1.9%")),
        (
            "percentage",
            "12 of 50 (24%; 95% CI, 13%-38%)",
            {
                "count": "12",
                **limited("percentage", "24%", "13%", "38%"),
                "confidence_level": "95%",
            },
        ),
        *[
            (
                "count",
                f"120{of} {limits}",
                {
                    "count": "120",
                    **limited("percentage", "40%", "34%", "46%"),
                    "confidence_level": "95%",
                },
            )
            for of in ("/300", " of 300", "")
            for limits in ("(40%; 95% CI, 34–46)", "(40%), 95% CI 34 to 46")
        ],
        # Bayesian limits need not contain the estimate.
        ("percentage", "0.0% (0.2 to 28.5%)", limited("percentage", "0.0%", "0.2%", "28.5%")),
        ("difference", "−30% (−39 to −21)", limited("difference", "-30%", "-39%", "-21%")),
        ("kappa", "0.95 (0.88 to 1.02)", limited("kappa", "0.95", "0.88", "1.02")),
    ],
)
def test_what_journals_print_is_read(tmp_path, quantity, printed, claims):
    read = published.read_any(claims_file(tmp_path, f'a.x.{quantity},"{printed}",\n'))
    expected = {name: text for name, text in claims.items() if text}
    assert dict(zip(read["quantity"], read["printed"], strict=True)) == expected


@pytest.mark.parametrize(
    "quantity", ["sensitivity", "specificity", "ppv", "npv", "primary_patency", "agreement"]
)
@pytest.mark.parametrize(
    ("printed", "share"),
    [("87.5% (35/40)", "87.5%"), ("35/40 (87.5%)", "87.5%"), ("35 of 40", "87.5000%")],
)
def test_a_fraction_is_a_share_and_a_count_of_its_own(tmp_path, quantity, printed, share):
    """The count is no count of the subject, of which another share has another."""
    read = published.read_any(claims_file(tmp_path, f"roc.x@men.{quantity},{printed},\n"))
    own = f"roc.x_{quantity}@men"
    found = {f"roc.x@men.{quantity}": share, f"{own}.count": "35", f"{own}.percentage": "87.5%"}
    assert read["printed"].to_dict() == {
        name: text for name, text in found.items() if name in read.index
    }
    assert (f"{own}.percentage" in read.index) == ("%" in printed)
    assert read.at[f"{own}.count", "basis"] == "of:40"


def test_a_fraction_that_is_not_its_percentage_does_not_fit(tmp_path):
    of = account(tmp_path, "roc.x.sensitivity,88.5% (35/40),\n")
    assert grades(of)["the percentage of x sensitivity is 35 of 40"] == "impossible"


@given(st.integers(1, 99), st.integers(1, 30), st.sampled_from([" x 10-", "×10⁻", "e-"]))
def test_an_exponent_loses_and_invents_no_digit(mantissa, exponent, form):
    raised = str(exponent).translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹"))
    first, second = divmod(mantissa, 10)
    written = published.normal(
        f"{first}.{second}{form}{raised if '⁻' in form else exponent}", "p_value"
    )
    assert digits.number(written) == mantissa / Fraction(10) ** (exponent + 1)
    assert digits.last_digit(written) == 1 / Fraction(10) ** (exponent + 1)


OPEN = ["line 3", "leaves open which", "write the sign at each"]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("a.x.sensitivity,0.5 (0.2 to 2.9),", OPEN),
        ("a.x.sensitivity,95% (0.85 to 1.05),", OPEN),
        ("a.x.sensitivity,0.84 (0.78-90%),", OPEN),
        ("a.x.percentage,0.5 (0.2 to 2.9%),", OPEN),
        ("a.x.percentage_limits,0.2 to 0.8,", ["line 3", "with its sign"]),
        ("a.x.count,12/50 (0.24),", ["line 3", "with its sign; write for example 0.5%"]),
        ("a.x.sensitivity,35/30,", ["line 3", "from 0 to 100%"]),
        ("a.x.sensitivity,0/0,", ["line 3", "not a number"]),
        ("a.x.kappa,1.02,", ["line 3", "from -1 to 1"]),
        ("a.x.count,12 50,", ["line 3", "“12 50” is not a number"]),
        ('a.x.mean,"0,503",', ["line 3", "“0,503” is not a number"]),
        ("a.x.p_value,1.2e8,", ["line 3", "not a number"]),
        ("a.x.odds_ratio,P = .04,", ["line 3", "not a number"]),
        ("a.x.odds_ratio,2.5 (P for trend = .04),", ["line 3", "leave out all words"]),
        (
            "a.x.percentage,35%,of:r.y.percentage",
            ["line 3", "“of:r.y.percentage”", "patients, count"],
        ),
        ("a.x.percentage,35%,of:r.y.mean", ["line 3", "“of:r.y.mean”", "can be named"]),
        ("a.x.count,12/50 (24%),of:60", ["line 3", "“of:60”", "“12/50 (24%)”", "leave it out"]),
        (
            "r.y.risk_ratio,0.82 (99% CI 0.68 to 0.99),",
            ["line 3", "r.y.confidence_level", "as “95%” and here as “99%”", "another subject"],
        ),
        ("r.y.odds_ratio,0.80 (0.68 to 0.94; P = .01),", ["line 3", "r.y.p_value", "“0.02”"]),
        (
            "r.y.odds_ratio,0.50 (95% CI 0.30-0.80),normal",
            ["line 3", "“0.80” are two kinds of ratio of “y”", "another subject, with its P"],
        ),
    ],
)
def test_what_may_mean_two_things_is_refused(tmp_path, line, words):
    before = 'r.y.hazard_ratio,"0.80 (95% CI 0.68 to 0.94; P = .02)",\n'
    message = refusal(account, tmp_path, before + line + "\n")
    assert all(word in message for word in words)


@pytest.mark.parametrize(
    "name", ["r.y.count", "r.y_ppv.count", "methods.all.events", "methods.A.patients"]
)
def test_a_percentage_is_of_a_number_that_counts(tmp_path, name):
    """Also of one that another line prints beside a percentage."""
    lines = "r.y.percentage,34/100 (34%),\nr.y.ppv,85% (34/40),\n"
    lines += "methods.all.events,34,\nmethods.A.patients,34,\n"
    read = published.read_any(claims_file(tmp_path, f"{lines}r.z.percentage,35%,of:{name}\n"))
    assert read.at["r.z.percentage", "basis"] == f"of:{name}"


def test_one_number_of_two_lines_states_what_both_of_them_state(tmp_path):
    lines = ["r.y.hazard_ratio,0.80 (0.68 to 0.94; P = .01),normal", "r.y.p_value,.01,other"]
    for order in (lines, lines[::-1]):
        read = published.read_any(claims_file(tmp_path, "\n".join(order) + "\n"))
        assert set(read.at["r.y.p_value", "basis"].split("|")) == {"normal", "other"}


# ------------------------------------------------------------------- faults seen, and what is right


SETS = [("a", 0.3, 0.2), ("b", 0.7, 0.25), ("c", -0.4, 0.15)]


def ratios(wrong: str = "", level: float = 0.95, said: str = "95%") -> str:
    z = stats.norm.ppf(0.5 + level / 2)
    lines = [f"multivariate.all.confidence_level,{said},"]
    for name, beta, sigma in SETS:
        estimate = np.exp(beta) * (1.2 if name == wrong else 1)
        lines.append(f"multivariate.{name}.odds_ratio,{estimate:.3f},normal")
        ends = np.exp([beta - z * sigma, beta + z * sigma])
        lines.append(f"multivariate.{name}.odds_ratio_limits,{ends[0]:.3f} to {ends[1]:.3f},normal")
        lines.append(
            f"multivariate.{name}.p_value,{2 * stats.norm.sf(abs(beta) / sigma):.3f},normal"
        )
    return "\n".join(lines) + "\n"


SCORE = "roc.m.sensitivity,93.8%,\nroc.m.specificity,85.7%,\nroc.m.auc,0.897,\n"
T_TEST = (
    "multivariate.x.odds_ratio,1.48,{0}\n"
    "multivariate.x.odds_ratio_limits,1.11-1.97,{0}\nmultivariate.x.p_value,0.010,{0}\n"
)
PRECISE = (
    "methods.all.patients,100,\nmultivariate.x.odds_ratio,1.41,{0}\n"
    "multivariate.x.odds_ratio_limits,0.90 to 2.20,{0}\n"
)
PATENCY_OF_ALL = "methods.all.patients,236,\npatency.all.primary_patency,{},\n"
OF_LEVEL = (
    "r.x.hazard_ratio,0.86 (0.74 to 0.99),normal\nr.x.p_value,0.04,normal\n"
    "r.all.confidence_level,{},\n"
)
OF_RISK = "r.x.risk_ratio,0.91 ({} to 1.11),\nr.x.p_value,<0.001,{}\n"


PREDICTIVE = "roc.x.ppv,85.4%,of:all\nroc.x.npv,{},of:all\n"
CRUDE_LIMITS = (
    "methods.A.patients,50,\nmethods.B.patients,50,\nr.x@A.count,12,of:A\nr.x@B.count,22,of:B\n"
    "r.x.odds_ratio,0.40,crude|normal\nr.x.odds_ratio_limits,{},crude|normal\n"
)


SHARED_EVENTS = "of:all|binary|events:patency"
WITH_EVENTS = "methods.all.patients,100,\nmethods.all.events,24,events:patency\n"


@pytest.mark.parametrize(
    ("text", "grade", "culprits"),
    [
        # A subset need not make up all, a partition must.
        ("methods.all.patients,154,\nmethods.young.patients,14,\n", "", set()),
        ("methods.all.patients,154,partition\nmethods.young.patients,14,\n"
         "methods.old.patients,139,\n", "impossible",
         {f"methods.{group}.patients" for group in ("all", "young", "old")}),
        # Of groups that make up all none is larger than all, whichever others there are.
        ("methods.all.patients,154,partition\nmethods.young.patients,194,\n"
         "patency.young.primary_patency,50%,\npatency.old.primary_patency,50%,\n"
         "patency.very_old.primary_patency,50%,\n", "impossible",
         {f"methods.{group}.patients" for group in ("all", "young")}),
        (PATENCY_OF_ALL.format("75.0%"), "", set()),
        # Where no group is, nothing need be said of groups.
        ("methods.all.patients,100,\nmethods.all.events,30,events:patency\n"
         "patency.all.primary_patency,76%,rate:free|of:all|events:patency\n", "impossible",
         {"methods.all.patients", "methods.all.events", "patency.all.primary_patency"}),
        # One wrong ratio of several does not contradict the level; a wrong level is alone in doubt.
        (ratios(), "", set()),
        (ratios("b"), "impossible", {"multivariate.b.odds_ratio"}),
        (ratios(level=0.90), "impossible", {"multivariate.all.confidence_level"}),
        (ratios(level=0.90, said="90%"), "", set()),
        # Of one ratio alone P may be wrong as well as the level.
        ("m.x.odds_ratio,2.50 (95% CI 1.05 to 5.95; P=.38),normal\n", "impossible",
         {"m.x.p_value", "m.x.confidence_level"}),
        (ratios().replace(",0.005,", ",0.050,"), "impossible",
         {"multivariate.b.p_value"}),
        # A P of a t is not the normal one.
        (T_TEST.format(""), "not by this method",
         {"multivariate.x.p_value"}),
        (T_TEST.format("t"), "", set()),
        # No logistic regression is more precise than 4 / sqrt(100) = 0.4; limits 0.90 and 2.20 mean
        # a standard error of 0.228. An odds ratio for each year of age may well be.
        (PRECISE.format("binary|logistic"), "impossible", {"methods.all.patients"}),
        (PRECISE.format("logistic"), "", set()),
        # Groups that may overlap need not add up, also where the size of one is not printed.
        ("methods.all.patients,100,\nmethods.A.patients,60,\nmethods.B.patients,70,\n"
         "patency.C.primary_patency,50%,\n", "", set()),
        # All 63 test positive, 24 rightly: nobody has a negative predictive value.
        ("methods.all.patients,63,\nmethods.all.events,24,\nroc.x.sensitivity,100%,of:all\n"
         "roc.x.specificity,0%,of:all\nroc.x.ppv,38%,of:all\n", "", set()),
        # One number between two checks that fail is the only one in doubt.
        ("methods.all.patients,100,partition\nr.x.percentage,34%,of:all\nr.x@A.count,20,\n"
         "r.x@B.count,14,\nr.x.count,35,partition\n", "impossible", {"r.x.count"}),
        # An area that is not checked puts no number in doubt.
        ("methods.all.patients,100,\nr.x.count,35 (34%),of:all\nroc.s.sensitivity,62.5%,\n"
         "roc.s.specificity,75.0%,\nroc.s.auc,0.788,\n", "one digit off",
         {"r.x.percentage", "methods.all.patients", "r.x.count"}),
        # A rate that no number of patients gives is found without the other groups.
        ("methods.A.patients,50,\nmethods.B.patients,50,\npatency.A.primary_patency,83%,of:A\n"
         "patency.B.primary_patency,70%,of:B\n", "one digit off",
         {"methods.A.patients", "patency.A.primary_patency"}),
        # One sign is meant for the estimate and its limits.
        ("r.x.percentage,2%,of:400\nr.x.percentage_limits,0.9 to 3.9,\n", "", set()),
        # A level is not in doubt where the limits are by a t.
        ("m.z.odds_ratio,1.18,t\nm.z.odds_ratio_limits,1.08 to 1.29,t\nm.z.p_value,0.006,t\n"
         "m.all.confidence_level,90%,\n", "", set()),
        ("m.z.odds_ratio,2.50,normal\nm.z.odds_ratio_limits,1.05 to >999,normal\n"
         "m.z.p_value,0.038,normal\nm.z.confidence_level,95%,\n", "impossible",
         {"m.z.odds_ratio_upper"}),
        # 15 of 16 and 6 of 7: software prints limits of the area beyond one, or cuts them off.
        (f"methods.all.patients,23,\n{SCORE}roc.m.auc_limits,0.745 to 1.050,\n", "", set()),
        (f"methods.all.patients,23,\n{SCORE}roc.m.auc_limits,0.745-1.000,\n", "", set()),
        # EMPA-REG OUTCOME spent 0.02% of its level on an interim analysis.
        (OF_LEVEL.format("95.02%"), "", set()),
        (OF_LEVEL.format("80.02%"), "impossible", {"r.all.confidence_level", "r.x.p_value"}),
        # P < 0.001 of RE-LY is of non-inferiority; the limits would give 0.36. A threshold is
        # not one digit off, and a P of another question stands alone.
        (OF_RISK.format("0.74", ""), "not by this method", {"r.x.p_value"}),
        (OF_RISK.format("0.74", "other"), "", set()),
        (OF_RISK.format("0.54", "other"), "not by this method",
         {f"r.x.risk_ratio{end}" for end in ("", "_lower", "_upper")}),
        # A percentage that is no count is not checked.
        ("methods.A.patients,59,\nr.x@A.percentage,48.3%,of:A\n", "impossible",
         {"methods.A.patients", "r.x@A.percentage"}),
        ("methods.A.patients,59,\nr.x@A.percentage,48.3%,of:A|other\n", "", set()),
        # With one event no standard error exists.
        ("methods.all.patients,20,\nroc.x.sensitivity,100%,of:all|binary\n"
         "roc.x.specificity,52.6%,of:all\nroc.x.auc,0.763,\nroc.x.auc_limits,0.5 to 1,\n",
         "", set()),
        # 100 patients print both shares with 40 or 80 events only, of which 54/59 and 9/14 are the
        # only negative predictive values beside this positive one; of any number of patients it is
        # 91.4% to 91.7%. No other input would mend it.
        (sized(100) + marker("x", "87.5%", "90.0%", "of:all", PREDICTIVE.format("91.2%")),
         "impossible", {"roc.x.npv"}),
        (sized(100) + marker("x", "87.5%", "90.0%", "of:all", PREDICTIVE.format("91.5%")),
         "", set()),
        # 12 and 22 of 50 are 34 of 100. What is left of a sum that is too small is no less.
        (sized(100, A=50, B=50) + "r.x@A.percentage,24%,of:A\nr.x@B.percentage,44%,of:B\n"
         "r.x.percentage,60%,of:all|partition\n", "impossible",
         {"r.x.percentage", "r.x@A.percentage", "r.x@B.percentage"}),
        (sized(100, A=50, B=50) + "r.x@A.count,12,of:A\nr.x@B.count,9,of:B\n"
         "r.x.count,8,of:all|partition\n", "impossible", {"r.x.count"}),
        # Woolf's limits of 12 and 22 of 50.
        (CRUDE_LIMITS.format("0.17 to 0.95"), "", set()),
        (CRUDE_LIMITS.format("0.32 to 0.50"), "not by this method",
         {"r.x@A.count", "r.x@B.count"}),
        # 35 of 40, whose limits no method makes so narrow.
        (sized(100) + "methods.all.events,40,events:roc\n"
         + marker("x", "87.5%", "90.0%", "of:all|events:roc",
                  "roc.x.sensitivity_limits,73.2 to 95.8%,of:all|events:roc\n"), "", set()),
        (sized(100) + "methods.all.events,40,events:roc\n"
         + marker("x", "87.5%", "90.0%", "of:all|events:roc",
                  "roc.x.sensitivity_limits,87.0 to 88.0%,of:all|events:roc\n"),
         "not by this method", {"roc.x.sensitivity_lower", "roc.x.sensitivity_upper"}),
        # Of 24 no number is 60.5%, however many patients there are.
        (WITH_EVENTS + marker("s", "60.5%", "75.0%", SHARED_EVENTS), "impossible",
         {"methods.all.events", "roc.s.sensitivity"}),
        (WITH_EVENTS + marker("s", "60.5%", "75.0%", SHARED_EVENTS,
                              f"roc.s.auc,0.688,{SHARED_EVENTS}\n"),
         "impossible", {"roc.s.sensitivity"}),
        # 62.5% and 75.0% have likelihood ratios that no share of events makes 54.1% and 86.4%.
        (WITH_EVENTS + marker("s", "62.5%", "75.0%", SHARED_EVENTS,
                              f"roc.s.ppv,54.1%,{SHARED_EVENTS}\nroc.s.npv,86.4%,{SHARED_EVENTS}\n"),
         "impossible", {"roc.s.ppv"}),
        # Rounding keeps the order of values, so that a median of 9 is above a quartile of 8.
        ("r.x.median,9 (IQR 3 to 8),\n", "impossible",
         {"r.x.median", "r.x.median_upper"}),
        ("r.x.median,9 (IQR 3 to 8.5),\n", "", set()),
        ("r.x.kappa,0.82 (0.70-0.81),\n", "one digit off", {"r.x.kappa", "r.x.kappa_upper"}),
        ("r.x.odds_ratio,0.94 (0.95-1.20),other\n", "", set()),
        # Where both raters count everybody kappa is no number.
        ("methods.all.patients,50,\nr.x@one.count,50,\nr.x@two.count,50,\nr.x.kappa,1.00,of:all\n",
         "", set()),
        (sized(50) + "patency.all.primary_patency,82%,of:all|rate:free\n"
         "patency.all.primary_patency_limits,81.5 to 82.5%,of:all\n", "not by this method",
         {"patency.all.primary_patency_lower", "patency.all.primary_patency_upper"}),
        # Of 40 or fewer no number is 86.0%; 43 of 50 may be a part of 80. Two of the same number
        # are of all patients, and a fraction says itself what it is out of.
        ("roc.t.sensitivity,86.0%,of:40\n", "impossible", {"roc.t.sensitivity"}),
        ("roc.t@men.specificity,86.0%,of:40\n", "impossible", {"roc.t@men.specificity"}),
        ("r.k.agreement,86.0%,of:45\n", "impossible", {"r.k.agreement"}),
        ("roc.t.ppv,86.0%,of:80\n", "not by this method", {"roc.t.ppv"}),
        ("roc.t.sensitivity,87.5%,of:40\n", "", set()),
        (marker("t", "92.3%", "87.5%", "of:45"), "", set()),
        ("roc.t.sensitivity,87.5% (35/40),of:101\n", "", set()),
        # A percentage that is no count, beside the other and their sum, is alone in doubt.
        ("r.x@A.percentage,14.1%,of:120\nr.x@B.percentage,25.0%,of:80\nr.x.count,37,partition\n",
         "one digit off", {"r.x@A.percentage"}),
        # These are the limits of 31 of 72, which is 43%.
        ("r.x.percentage,53% (32–55%),of:72\n", "not by this method", {"r.x.percentage"}),
        ("r.x.count,31/72 (53%; 95% CI 32–55%),\n", "not by this method", {"r.x.percentage"}),
        ("r.x.percentage,43% (42–44%),of:72\n", "not by this method",
         {"r.x.percentage_lower", "r.x.percentage_upper"}),
        # At some share of events any three of them go together.
        (marker("s", "62.5%", "75.0%", "of:all", PREDICTIVE.replace("x", "s").format("86.4%"))
         .replace("85.4%", "54.1%"),
         "impossible", {f"roc.s.{q}" for q in ("sensitivity", "specificity", "ppv", "npv")}),
        # Of which all or none have it, Fisher's P is 1.
        *[
            (f"r.x@A.count,{a},\nr.x@B.count,{b},\nr.x.p_value,{p},\n", "", set())
            for a, b in (("0/20 (0%)", "0/20 (0%)"), ("20/20", "25/25"))
            for p in ("1.00", "NS", ">.99")
        ],
        ("r.x@A.count,0/20,\nr.x@B.count,0/25,\nr.x.p_value,0.50,\n", "not by this method",
         {"r.x@A.count", "r.x@B.count", "r.x.p_value"}),
        ("r.x@A.count,0/20,\nr.x@B.count,0/25,\nr.x@C.count,0/9,\nr.x.p_value,1.00,\n", "", set()),
    ],
)  # fmt: skip
def test_what_is_in_doubt_is_what_a_smallest_set_contains(tmp_path, text, grade, culprits):
    of = account(tmp_path, text)
    assert set(flagged(of)) == culprits
    assert grade == "" or grade in flagged(of).values()


# 5 and 15 events: 17 of 20 is 85%, 59 of 80 is 73.75%.
OF_EVENTS = (
    "methods.all.patients,100,partition\nmethods.A.patients,50,\nmethods.B.patients,50,\n"
    "patency.A.primary_patency,10%,{0}\npatency.B.primary_patency,30%,{1}\n"
    "roc.m.sensitivity,85%,\nroc.m.specificity,73.8%,\n"
)
SHARED = "patency and markers share the same events"
OF_COUNTS = "r.x@A.count,{},\nr.x@B.count,{},\nr.x.risk_ratio,{},crude\n"
CRUDE = "the risk ratio of x follows from the counts"


@pytest.mark.parametrize(
    ("text", "check", "grade"),
    [
        (
            "methods.all.patients,212,\nroc.score.sensitivity,80.2%,\n"
            "roc.score.specificity,75.0%,\nroc.score.auc,0.843,\n",
            "the AUC of score is the mean of its sensitivity and specificity",
            "not checked",
        ),
        (OF_EVENTS.format("rate:event", "rate:event"), SHARED, "consistent"),
        (OF_EVENTS.format("rate:event|of:A", "rate:event|of:B"), SHARED, "consistent"),
        (OF_EVENTS.format("", ""), SHARED, "consistent"),
        # One half is added to each cell where one is empty.
        (OF_COUNTS.format("0/159", "3/159", "0.14"), CRUDE, "consistent"),
        (
            OF_COUNTS.format("0/159", "3/159", "0.14 (0.01 to 2.74),crude|normal").replace(
                ",crude\n", "\n"
            ),
            "the limits of the risk ratio of x follow from the counts",
            "consistent",
        ),
        # An unadjusted ratio may come from a model of clusters, and is never impossible.
        (OF_COUNTS.format("138/2820", "391/12340", "1.54"), CRUDE, "consistent"),
        (OF_COUNTS.format("138/2820", "391/12340", "1.69"), CRUDE, "not by this method"),
    ],
)
def test_what_another_reading_explains_is_not_called_impossible(tmp_path, text, check, grade):
    """A score's area, a rate of events, and a crude ratio."""
    of = account(tmp_path, text)
    assert grades(of)[check] == grade
    assert set(flagged(of).values()) == {grade} - GOOD


KAPLAN_MEIER = (
    "methods.all.patients,183,partition\nmethods.A.patients,90,\nmethods.B.patients,93,\n"
)
KAPLAN_MEIER += (
    "patency.A.primary_patency,83.4%,rate:free|of:A|other\n"
    "patency.B.primary_patency,71.9%,rate:free|of:B|other\n"
    "patency.all.primary_patency,77.7%,rate:free|of:all|other\n"
)


def means(size: int, drug: str, placebo: str, p_value: str) -> str:
    return (
        sized(2 * size, drug=size, placebo=size)
        + f"r.y@drug.mean,{drug},\nr.y@placebo.mean,{placebo},\nr.y.p_value,{p_value},t\n"
    )


def pet_and_ct(basis_of_pet: str, basis_of_ct: str) -> str:
    """13 of 14 and 41 of 47 with one outcome, 11 of 17 and 39 of 44 with another."""
    pet = marker("pet", "92.9%", "87.2%", basis_of_pet)
    return sized(61) + pet + marker("ct", "64.7%", "88.6%", basis_of_ct)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        # A percentage by Kaplan-Meier, and a sensitivity of a model, are no counts.
        (KAPLAN_MEIER, "its method is other"),
        (sized(20) + marker("m", "62.9%", "79.4%", "of:all|other"), "its method is other"),
        # What the first marker states is not said of the second.
        (
            pet_and_ct("of:all", ""),
            "of all these patients (of) and both sections count the same events (events)",
        ),
        (
            pet_and_ct("of:all", "of:all"),
            "both sections count the same events (events)",
        ),
        # Predictive values at another prevalence.
        (
            sized(200)
            + "methods.all.events,60,\n"
            + marker(
                "t", "80.0%", "75.0%", "of:all|events:methods",
                "roc.t.ppv,34.8%,\nroc.t.npv,95.7%,\n",
            ),
            "the percentages are of all these patients (of)",
        ),
        # P of a log-rank test beside limits of which alone the method is stated.
        (
            "m.x.hazard_ratio,0.70,\nm.x.hazard_ratio_limits,0.50 to 0.98,normal\n"
            "m.x.p_value,0.017,\n",
            "interval and P come from the normal (Wald) method",
        ),
        # 24 died; of 40 with metastases PET finds 35, and it is right in 72 of the 80 others.
        (
            sized(120)
            + "methods.all.events,24,\n"
            + marker(
                "pet", "87.5%", "90.0%", "of:all",
                "roc.pet.ppv,81.4%,of:all\nroc.pet.npv,93.5%,of:all\n",
            ),
            "both sections count the same events (events)",
        ),
        # 12 of 13 and 28 of 32 are 45 of 46 patients.
        (
            sized(46) + marker("pet", "92.3%", "87.5%", "of:45"),
            "the numbers of pet are of one two-by-two table",
        ),
        # 10 of 13 and 13 of 16 men, 7 of 11 and 17 of 20 women.
        (
            sized(60, men=29, women=31)
            + marker("crp@men", "76.9%", "81.3%", "of:men")
            + marker("crp@women", "63.6%", "85.0%", "of:women"),
            "the numbers of crp in women are of one two-by-two table",
        ),
        # 37 of 45 and 35 of 49, in groups of 50.
        (
            sized(100, drug=50, placebo=50)
            + "patency.drug.primary_patency,82.2%,of:45\n"
            + "patency.placebo.primary_patency,71.4%,of:49\n",
            "a whole number of 45 is behind the primary patency of drug",
        ),
        # Deaths of two of three groups.
        (
            sized(150, A=50, B=50, C=50)
            + "r.death@A.count,12,\nr.death@B.count,8,\nr.death.count,25,\n",
            "these groups do not add up to 150",
        ),
        # The same deaths by treatment and by sex.
        (
            sized(100, drug=50, placebo=50)
            + "r.death@drug.count,12,\nr.death@placebo.count,8,\nr.death.count,20,\n"
            + "r.death@men.count,13,of:60\nr.death@women.count,7,of:40\n",
            "these groups do not add up to 100",
        ),
        (
            sized(100, drug=50, placebo=50, men=60, women=40)
            + "r.death@drug.count,12,\nr.death@placebo.count,8,\nr.death.count,20,\n",
            "some of the groups alone make up all patients",
        ),
        # 132 men and 110 old ones of 230 overlap.
        (
            "methods.all.patients,230,\nmethods.men.patients,132,\nmethods.old.patients,110,\n"
            "r.d.count,59,of:all\nr.d@men.count,36,of:men\nr.d@old.count,25,of:old\n",
            "these groups do not add up to 230",
        ),
        # Half of the two-sided P; a paired test; means of 38 and 41; standard errors.
        (means(50, "61.2 ± 10.4", "65.3 ± 11.1", "0.030"), "Fits as a one-sided P"),
        (means(40, "60.0 ± 9.4", "61.3 ± 10.7", "0.037"), "of two independent groups"),
        (means(50, "59.3 ± 11.3", "61.6 ± 7.7", "0.292"), "it is out of all 50 (of:drug)"),
        (means(50, "59.4 ± 1.4", "65.1 ± 1.2", "0.003"), "Fits if ± is a standard error"),
        # Limits at 90%.
        (
            "m.x.odds_ratio,2.00 (1.20 to 3.33),normal\nm.x.p_value,0.025,normal\n",
            "Fits limits at 90%",
        ),
        (
            "r.x.percentage,34.0%,of:100\nr.x.percentage_limits,26.7 to 42.2,\n",
            "they are limits at 95% by one of Wald",
        ),
        (
            sized(100) + "m.x.odds_ratio,3.00 (1.40 to 6.43),binary|logistic\n",
            "by its limits at most 0.597, is at least 4 / √100 = 0.4",
        ),
        # A bootstrap, whose interval no formula bounds.
        (
            sized(100) + "m.x.odds_ratio,1.41 (0.90 to 2.20),binary|logistic|bootstrap\n",
            "its method is bootstrap",
        ),
        # A one-sided test of Fisher.
        (
            "r.x@A.count,12/50,\nr.x@B.count,22/50,\nr.x.p_value,0.028,\n",
            "two-sided Pearson, Yates, Fisher or Wald test",
        ),
        # Fisher's test of three groups.
        (
            "r.x@A.count,2/20,\nr.x@B.count,7/20,\nr.x@C.count,5/20,\nr.x.p_value,0.201,\n",
            "P is that of a Pearson chi-square test",
        ),
        ('r.x.difference,"−2.1 (−0.3 to −3.9)",\n', "Fits with the limits in the other order"),
        (
            "m.x.odds_ratio,2.50 (5.95 to 1.05),normal\nm.x.p_value,0.038,normal\n",
            "Fits with the limits in the other order",
        ),
        # Wald limits below zero.
        (
            "r.x.percentage,2%,of:50\nr.x.percentage_limits,−1.9 to 5.9,\n",
            "limits beyond 0 or 100% are not tried",
        ),
        # P of one factor's table, of which nobody says by which test.
        (
            sized(40)
            + marker("m", "64.3%", "73.1%", "of:all", "roc.m.auc,0.687,binary|of:all\n")
            + "univariate.m.p_value,0.007,\n",
            "two-sided Pearson, Yates, Fisher or Wald test",
        ),
        # The variance of a mean of two shares, each out of its own number: not DeLong's.
        (
            "methods.all.patients,22,\nmethods.all.events,10,events:roc\n"
            + marker("pet", "80.0%", "75.0%", "of:all|events:roc")
            + "roc.pet.auc,0.775,of:all|binary|events:roc\n"
            "roc.pet.auc_limits,0.601 to 0.949,normal\n",
            "the standard error of the AUC is one of the five in use",
        ),
        # By Kaplan-Meier, beside the number of events.
        ("r.x.count,15/120 (14.1%),\n", "no rate of another method (of:120)"),
        ("r.x.percentage,14.1% (15/120),\n", "no rate of another method (of:120)"),
        # Admissions, of which a patient may have several.
        (
            sized(100, drug=50, placebo=50) + "methods.all.events,130,\n",
            "each patient is counted once",
        ),
        # A level that is said of the joint model alone.
        (
            "multivariate.all.confidence_level,99%,\n"
            "multivariate.age.odds_ratio,1.50 (1.01 to 2.23),normal\n"
            "results.death.hazard_ratio,0.80 (0.68 to 0.94),normal\n"
            "results.death.p_value,0.007,normal\n",
            "limits and p imply the confidence level",
        ),
        # Hodges and Lehmann's limits beside a difference of medians, and a credible interval.
        ("r.stay.difference,-5.5 (-3.3 to 0.3),other\n", "the file says other"),
        ("r.stay.difference,-5.5 (-3.3 to 0.3),\n", "the limits are of this very estimate"),
        (
            "r.leak.percentage,0.0%,of:10|other\nr.leak.percentage_limits,0.2 to 28.5%,other\n",
            "the file says other",
        ),
        # R's prop.test, and a group whose limits are at another level.
        (
            "r.x.percentage,24.0%,of:50\nr.x.percentage_limits,13.5 to 38.5%,\n",
            "the limits of the percentage of x follow",
        ),
        (
            "methods.drug.patients,50,\nr.x@drug.percentage,24% (99% CI 11 to 43%),of:drug\n",
            "the limits of the percentage of x in drug",
        ),
        # Of fewer patients the limits would be wider.
        (sized(250) + "r.x.percentage,72% (95% CI 70 to 74),\n", "it is out of all 250 (of:all)"),
        ("r.x.hazard_ratio_limits,0.65 to 0.95,\n",
         "the limits of the hazard ratio of x are in order"),
        # Percentages of those with a value: 10 of 25, 20 of 40, 30 of 65 where none says so.
        (
            sized(100, A=50, B=50)
            + "r.x@A.percentage,40%,\nr.x@B.percentage,50%,\nr.x.percentage,46%,partition\n",
            "it is out of all 50 (of:A)",
        ),
        # Exacerbations, of which a patient may have several.
        (
            sized(100, A=50, B=50) + "r.x@A.count,80,\nr.x@B.count,110,\nr.x.count,190,\n",
            "the counts of x add up",
        ),
        # More of a group than of all, where they may not be a part.
        (
            sized(100, drug=50, placebo=50) + "r.x.count,14,of:all\nr.x@drug.count,20,of:drug\n",
            "the group is a part of all patients",
        ),
    ],
)  # fmt: skip
def test_what_can_be_is_never_impossible_and_the_page_names_what_it_rests_on(tmp_path, text, words):
    """A premise counts only for the numbers that state it."""
    of = account(tmp_path, text)
    assert "impossible" not in grades(of).values()
    lines = [line for finding in of.findings for line in shown.finding_lines(finding, of)]
    table = shown.checks_table(of)
    assert words in " ".join([*lines, *table["Check"].str.lower(), *table["Condition"]])


def test_a_count_is_compared_with_its_own_percentage(tmp_path):
    """27 of 120 is 22.5%, and with the other 20 makes 47."""
    groups = "r.d@x.count,72/120 (22.5%),\nr.d@y.count,20/80 (25.0%),\n"
    of = account(tmp_path, sized(200, x=120, y=80) + groups + "r.d.count,47,partition\n")
    assert set(flagged(of)) == {"r.d@x.count"}
    lines = [line for finding in of.findings for line in shown.finding_lines(finding, of)]
    assert any("the others allow 27, at the nearest" in line for line in lines)


@pytest.mark.parametrize(
    ("text", "grade"),
    [
        (sized(46) + marker("pet", "92.3%", "87.4%", "of:all"), "impossible"),
        # 14 and 47 of 61 with the same event: 64.7% of 14 is no whole number.
        (
            pet_and_ct("of:all|events:metastases", "of:all|events:metastases"),
            "impossible",
        ),
        (
            pet_and_ct("of:all|events:metastases", "of:all|events:deaths"),
            "not by this method",
        ),
        (
            sized(100, A=50, B=50) + "r.death@A.count,12,\nr.death@B.count,8,\nr.death.count,25,\n",
            "impossible",
        ),
        (sized(100, A=50, B=49), "impossible"),
        ("r.x.count,15/120 (14.1%),of:120\n", "impossible"),
        # Two ratios at 95%, said to be at 99%.
        (
            "m.x.odds_ratio,1.50 (1.10 to 2.05),normal\nm.x.p_value,0.011,normal\n"
            "m.y.odds_ratio,2.00 (1.20 to 3.33),normal\nm.y.p_value,0.008,normal\n"
            "m.all.confidence_level,99%,\n",
            "impossible",
        ),
    ],
)
def test_what_the_premises_stated_rule_out_is_impossible(tmp_path, text, grade):
    assert set(flagged(account(tmp_path, text)).values()) == {grade}


@pytest.mark.parametrize(
    "patients", slow_but(["200", "9000000", ""], ["200", "24000", "9000000", ""])
)
def test_two_wrong_areas_put_neither_the_patients_nor_one_another_in_doubt(tmp_path, patients):
    """0.740 is not the mean of 62% and 71%, nor 0.71 that of 55% and 61%, of any patients."""
    lines = [f"methods.all.patients,{patients}," if patients else ""]
    for name, cells in (("m", "62% 71% 0.740"), ("k", "55% 61% 0.71")):
        for quantity, cell in zip(
            ("sensitivity", "specificity", "auc"), cells.split(), strict=True
        ):
            lines.append(f"roc.{name}.{quantity},{cell},binary|of:all|events:deaths")
    of = account(tmp_path, "\n".join(lines) + "\n")
    assert set(flagged(of).values()) == {"impossible"} and len(of.findings) == 2
    assert set(flagged(of)) == set(of.claims.index[of.claims["section"] == "roc"])


@pytest.mark.parametrize("cell", ["1.00 (1.00-1.00), P=.62", "1.000 (1.000 to 1.000); p=0.3"])
def test_a_ratio_without_any_spread_may_have_any_p(tmp_path, cell):
    """As that of a unit of which patients have thousands."""
    assert not flagged(account(tmp_path, f'm.x.odds_ratio,"{cell}",normal\n'))


def test_a_level_is_not_confirmed_by_ratios_that_agree_at_none(tmp_path):
    lines = "m.x.odds_ratio,2.90 (1.14 to 5.48),normal\nm.x.p_value,.022,normal\n"
    of = account(tmp_path, f"m.all.confidence_level,95%,\n{lines}")
    assert of.claims.at["m.all.confidence_level", "grade"] == "not checked"


DIRECTION = (
    sized(60, A=30, B=30) + "patency.A.primary_patency,40.0%,of:A|events:x{0}\n"
    "patency.B.primary_patency,66.7%,of:B|events:x{0}\n"
    + marker("m", "50.0%", "75.0%", "of:all|events:x")
    + "univariate.m.p_value,{1},\n"
)


@pytest.mark.parametrize(
    ("stated", "p_value", "grade"),
    [
        ("|rate:event", "0.047", "consistent"),
        ("|rate:free", "0.047", "one digit off"),
        ("|rate:free", "0.048", "consistent"),
        # What is not stated may be either, and is named where neither fits.
        ("", "0.047", "consistent"),
        ("", "0.048", "consistent"),
        ("", "0.300", "not by this method"),
    ],
)
def test_a_rate_of_unknown_direction_is_flagged_only_where_neither_fits(
    tmp_path, stated, p_value, grade
):
    of = account(tmp_path, DIRECTION.format(stated, p_value))
    words = "P follows from the two-by-two table of m"
    assert grades(of)[words] == grade
    conditions = shown.checks_table(of).set_index("Check")["Condition"]
    named = "freedom from the event (rate:free), or all of the event (rate:event)"
    assert (named in conditions[words]) == (grade == "not by this method")


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ("r.x.p_value,0.500,\n", "the name of the test would settle it"),
        ("r.x.odds_ratio,0.80,crude\n", "the counts and the method would settle it"),
        ("r.x.p_value,0.057,other\nr.x.count,10,of:100\n", "who is in the group would settle it"),
        ("m.x.odds_ratio,2.00 (1.20 to 3.33),normal\nm.x.p_value,0.025,normal\n",
         "a line with the confidence_level would settle it"),
    ],
)  # fmt: skip
def test_what_no_word_states_is_said_with_what_would_settle_it(tmp_path, lines, words):
    of = account(tmp_path, f"r.x@A.count,12/50,\nr.x@B.count,22/50,\n{lines}")
    table = shown.checks_table(of)
    conditions = table.loc[table["Grade"] == "not by this method", "Condition"]
    assert conditions.str.contains(words, regex=False).any()
    assert conditions.str.contains(r"\)|would settle it").all()
    lines = [line for finding in of.findings for line in shown.finding_lines(finding, of)]
    assert any(words in line for line in lines)


@pytest.mark.parametrize(
    ("stated", "doubtful"),
    [("", set()), ("|level:multivariate", {"multivariate.all.confidence_level"})],
)
def test_a_level_is_that_of_its_own_section_unless_the_file_says_so(tmp_path, stated, doubtful):
    """DeLong's limits of 13 of 14 and 41 of 47 at 95%, beside a model whose limits are at 99%."""
    basis = "of:all|binary|events:roc"
    rest = f"roc.m.auc,0.900,{basis}\nroc.m.auc_limits,0.81 to 0.99,normal|events:roc{stated}\n"
    text = (
        "multivariate.all.confidence_level,99%,\nmultivariate.x.odds_ratio,1.50 (0.90 to 2.50),\n"
    )
    of = account(tmp_path, sized(61) + text + marker("m", "92.9%", "87.2%", basis, rest))
    assert (set(flagged(of)) >= doubtful) and bool(flagged(of)) == bool(doubtful)
    assert grades(of)["the limits follow from the counts"] == (
        "not by this method" if doubtful else "consistent"
    )


@pytest.mark.parametrize(
    ("text", "free"),
    [
        # 5,000 patients print any percentage without decimals, and their markers allow any events.
        ("methods.all.patients,5000,\npatency.all.primary_patency,80%,rate:free|of:all|events:roc\n"
         + marker("m", "80%", "70%", "of:all"),
         {"methods.all.patients", "patency.all.primary_patency", "roc.m.sensitivity",
          "roc.m.specificity"}),
        ("r.x.percentage,81%,of:5000\n", {"r.x.percentage"}),
        ("r.x.percentage,<1%,of:50\n", {"r.x.percentage"}),
        # Two groups without their sum, and a marker without patients.
        ("methods.A.patients,50,\nmethods.B.patients,60,\npatency.A.primary_patency,80%,\n"
         + marker("m", "80%", "70%", "of:all"),
         {"methods.B.patients", "roc.m.sensitivity", "roc.m.specificity"}),
        # Limits belong together at any level.
        ("m.all.confidence_level,99%,\nm.x.odds_ratio,1.50 (0.90 to 2.50),normal\n",
         {"m.all.confidence_level"}),
        # What numbers are computed from takes part; 80% of 50 is one of 51 shares.
        ("r.x@A.mean,0.75 (1.789),of:10\nr.x@B.mean,2.33 (2.002),of:10\nr.x.p_value,0.079,t\n",
         set()),
        ("methods.A.patients,50,\npatency.A.primary_patency,80%,of:A\n", set()),
        (sized(100, A=50, B=50) + "patency.A.primary_patency,90%,rate:free|of:A\n"
         "patency.B.primary_patency,70%,rate:free|of:B\n"
         + marker("m", "85%", "73.8%", "of:all|events:patency"), set()),
    ],
)  # fmt: skip
def test_a_number_that_may_be_anything_is_not_checked(tmp_path, text, free):
    of = account(tmp_path, text)
    assert set(of.claims.index[of.claims["grade"] == "not checked"]) == free
    table = shown.checks_table(of)
    assert table.loc[table["Grade"] == "not checked", "Condition"].map(len).gt(0).all()


def test_what_has_only_a_size_in_common_is_not_all_in_doubt(tmp_path):
    """Five errors of one table are five findings, or fewer where a size would explain several."""
    lines = (
        "methods.A.patients,165,\nmethods.B.patients,128,\n"
        "r.sex@A.percentage,55.1%,of:A\nr.sex@B.percentage,44.5%,of:B\n"
        "r.age@A.mean,33.4 ± 18,\nr.age@B.mean,33.8 ± 17.8,\nr.age.p_value,0.44,\n"
        "r.cells@A.mean,15497 ± 3000,\nr.cells@B.mean,15728 ± 2793,\nr.cells.p_value,0.80,\n"
        "r.drug@A.count,13 (7.8%),of:A\nr.drug@B.count,9 (7%),of:B\nr.drug.p_value,0.71,\n"
    )
    of = account(tmp_path, lines)
    assert {len(names) for finding in of.findings for names in finding.culprits} <= {1, 2}
    assert {"r.sex@A.percentage", "r.drug@A.percentage", "r.age.p_value"} <= set(flagged(of))
    assert not {"methods.B.patients", "r.sex@B.percentage", "r.drug@B.percentage"} & set(
        flagged(of)
    )


def test_only_what_a_set_on_the_page_contains_is_in_doubt_each_as_badly_as_its_checks(tmp_path):
    """One size would explain three percentages; so would these three, each by itself."""
    lines = "methods.A.patients,47,\nr.x@A.percentage,33.4%,of:A\nr.y@A.percentage,33.4%,\n"
    of = account(tmp_path, f"{lines}r.z@A.percentage,31.9%,of:A\nr.w@A.percentage,31.8%,of:A\n")
    assert flagged(of) == {
        "methods.A.patients": "impossible",
        "r.x@A.percentage": "impossible",
        "r.y@A.percentage": "not by this method",
        "r.w@A.percentage": "one digit off",
    }
    (finding,) = of.findings
    said = shown.finding_lines(finding, of)[0]
    assert said.startswith("Leaving out any one of these: 47 (patients of A); 33.4% (percentage of")
    assert all(f"{of.claims.at[name, 'printed']} (" in said for name in flagged(of))


@pytest.mark.parametrize("path", sorted(ABSTRACTS.glob("*.csv")), ids=lambda path: path.stem)
def test_every_number_in_doubt_stands_in_a_set_of_the_page(path):
    of = ledger.account(published.read_any(path))
    page = [shown.finding_lines(finding, of)[0] for finding in of.findings]
    for name in flagged(of):
        words = f"{of.claims.at[name, 'printed']} ({verdicts.describe(name, of.claims)})"
        assert any(words in line for line in page), words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (ratios("b"), r"^Leaving out 2\.417 \("),
        # The nearest of the others, and not any long row of them.
        (PATENCY_OF_ALL.format("75.3%"), r"^(?!.*\d{4,}%)."),
        (
            "methods.all.patients,980,\nr.k@one.count,11,\nr.k@two.count,14,\n"
            "r.k.kappa,0.36,of:980\n",
            r"In place of 0\.36 \(kappa of k\) the others allow 0\.31134 or 0\.39236",
        ),
        (T_TEST.format(""), "Fits a t with about"),
        # The arithmetic stands on the page.
        (
            sized(46) + marker("pet", "92.3%", "87.4%", "of:all"),
            r"87\.4% \(specificity of pet\) goes with these numbers of events: none",
        ),
        (ratios(level=0.90), r"In place of 95% .* the others allow 90%"),
        # P of Chappell's trial is that of a chi-square test, beside limits of another method.
        (
            "r.p@A.count,11/141,\nr.p@B.count,24/142,\nr.p.odds_ratio,0.42 (0.18 to 0.93),crude\n"
            "r.p.p_value,0.020,\n",
            "0.020 passes another check: P of p follows from the counts of the groups",
        ),
    ],
)
def test_a_finding_says_what_would_mend_it_what_is_nearest_and_what_reading_fits(
    tmp_path, text, words
):
    of = account(tmp_path, text)
    (finding,) = of.findings
    assert re.search(words, " ".join(shown.finding_lines(finding, of)))


# ------------------------------------------------- each type, by a published example if it has one


@pytest.mark.parametrize(
    ("lines", "wrong"),
    [
        # Brown, Cai and DasGupta's intervals as the APSAC study prints them (Meinertz 1988).
        ("methods.A.patients,162,\nr.d@A.count,9 (5.6%),\n"
        "r.d@A.percentage_limits,{} to 10.2,\n", ("3.0", "4.0")),
        # Altman and Bland 1994 (BMJ 309:102): 231/258, 54/86, 231/263, 54/81; prevalence 0.75.
        (
            "methods.all.patients,344,\nmethods.all.events,258,\n"
            "roc.x.sensitivity,0.90,\nroc.x.specificity,0.63,\n"
            "roc.x.ppv,0.88,\nroc.x.npv,{},\n",
            ("0.67", "0.76"),
        ),
        # enum2x2: 768 patients, 158 and 466 positive, kappa 0.29.
        ("methods.all.patients,768,\nr.k@one.count,158,\nr.k@two.count,466,\n"
        "r.k.kappa,{},\n", ("0.29", "0.49")),
        # Chappell 1999: 11 of 141 against 24 of 142.
        (
            "r.p@A.count,11/141,\nr.p@B.count,24/142,\nr.p.p_value,{},\n",
            ("0.020", "0.041"),
        ),
        ("r.p@A.count,11/141,\nr.p@B.count,24/142,\nr.p.odds_ratio,{},crude\n", ("0.42", "0.62")),
        # Student's t for the sleep data (Student 1908): means 0.75 and 2.33, P = 0.079.
        (
            "methods.one.patients,10,\nmethods.two.patients,10,\nr.sleep@one.mean,0.75 (1.789),\n"
            "r.sleep@two.mean,2.33 (2.002),\nr.sleep.p_value,{},t\n",
            ("0.079", "0.179"),
        ),
        # These three are made up: no method is behind them but order and sum.
        ("r.x.median,5,\nr.x.median_limits,{} to 8,\n", ("3", "7")),
        ("r.x.kappa,{},\nr.x.agreement,80%,\n", ("0.55", "0.85")),
        ("methods.all.patients,50,partition\nr.x@A.count,12,\nr.x@B.count,9,\n"
        "r.x.count,{},partition\n", ("21", "22")),
    ],
)  # fmt: skip
def test_examples_fit_and_altered_ones_do_not(tmp_path, lines, wrong):
    right, altered = wrong
    assert not flagged(account(tmp_path, lines.format(right)))
    assert flagged(account(tmp_path, lines.format(altered)))


# ------------------------------------------------------------------------------ simulated studies


class Drawn:
    """Numbers of a simulated study, and how it prints them."""

    def __init__(self, draw):
        self.draw = draw

    def whole(self, low: int, high: int) -> int:
        return self.draw(st.integers(low, high))

    def real(self, low: float, high: float) -> float:
        return self.draw(st.floats(low, high))

    def one_of(self, choices):
        return self.draw(st.sampled_from(list(choices)))

    def share(self, count: int, total: int) -> str:
        return f"{100 * count / total:.{self.whole(0, 2)}f}%"

    def p_value(self, value: float) -> str:
        """As journals print it: two or three decimals, small ones as a threshold."""
        assume(np.isfinite(value))
        return self.one_of([f"{value:.3f}", f"{value:.2f}", "<0.001" if value < 0.001 else "<1"])


def counts_and_shares(study: Drawn) -> list[str]:
    n = [study.whole(8, 400) for _ in range(study.whole(2, 3))]
    k = [study.whole(0, size) for size in n]
    assume(0 < sum(k) < sum(n))
    lines = [f"methods.all.patients,{sum(n)},partition", f"r.x.count,{sum(k)},partition|of:all"]
    for group, size, count in zip("ABC", n, k, strict=False):
        lines += [f"methods.{group}.patients,{size},"]
        cell = study.one_of(
            [f"{count}", f"{count}/{size}", f"{count} ({study.share(count, size)})"]
        )
        lines += [f"r.x@{group}.count,{cell},of:{group}"]
    table = np.array([k, np.subtract(n, k)])
    tests = (
        univariate.binary_tests(table)
        if len(n) == 2
        else {"chi-square": stats.chi2_contingency(table, correction=False).pvalue}
    )
    return [*lines, f"r.x.p_value,{study.p_value(study.one_of(tests.values()))},"]


def two_percentages(study: Drawn) -> list[str]:
    n = [study.whole(8, 400) for _ in range(2)]
    (a, b), (c, d) = table = np.array([[k := study.whole(1, size - 1), size - k] for size in n])
    lines = [f"methods.{group}.patients,{size}," for group, size in zip("AB", n, strict=True)]
    for group, (count, _), size in zip("AB", table, n, strict=True):
        lines.append(f"r.x@{group}.percentage,{study.share(count, size)},of:{group}")
    quantity, ratio = study.one_of(
        [("odds_ratio", a * d / (b * c)), ("risk_ratio", a / n[0] * n[1] / c)]
    )
    lines.append(f"r.x.{quantity},{study.one_of([ratio, 1 / ratio]):.{study.whole(2, 3)}f},crude")
    assume(lines[-1].split(",")[1].strip("0.") != "")
    p = study.one_of(univariate.binary_tests(table.T).values())
    return [*lines, f"r.x.p_value,{study.p_value(p)},"]


def limits_of_a_percentage(study: Drawn) -> list[str]:
    n = study.whole(5, 900)
    k, level = study.whole(0, n), study.one_of([0.9, 0.95, 0.99])
    method = study.one_of(["normal", "wilson", "beta", "agresti_coull", "jeffreys"])
    low, high = proportion_confint(k, n, 1 - level, method)
    digits = study.whole(0, 1)
    limits = f"{100 * max(low, 0):.{digits}f} to {100 * min(high, 1):.{digits}f}"
    lines = [f"r.x.percentage,{study.share(k, n)},of:{n}", f"r.x.percentage_limits,{limits},"]
    return [*lines, f"r.x.confidence_level,{level:.0%},"]


def two_means(study: Drawn) -> list[str]:
    n = [study.whole(3, 300) for _ in range(2)]
    means, sds = [[study.real(*ends) for _ in n] for ends in ((1, 80), (0.5, 20))]
    p = stats.ttest_ind_from_stats(
        means[0], sds[0], n[0], means[1], sds[1], n[1], study.one_of([True, False])
    ).pvalue
    digits, form = study.whole(0, 2), study.one_of(["{} ± {}", "{} ({})"])
    lines = [f"r.y.p_value,{study.p_value(p)},{study.one_of(['t', ''])}"]
    for group, size, mean, sd in zip("AB", n, means, sds, strict=True):
        cell = form.format(f"{mean:.{digits}f}", f"{sd:.{digits}f}")
        lines += [f"methods.{group}.patients,{size},", f"r.y@{group}.mean,{cell},"]
    return lines


def a_median(study: Drawn) -> list[str]:
    values = study.draw(st.lists(st.floats(0, 100), min_size=3, max_size=30))
    low, median, high = (f"{x:.{study.whole(0, 1)}f}" for x in np.percentile(values, [25, 50, 75]))
    return [f"r.x.median,{median},", f"r.x.median_limits,{low} to {high},"]


def a_ratio(study: Drawn) -> list[str]:
    beta, sigma = study.real(-2, 2), study.real(0.05, 1)
    level, degrees = study.one_of([0.9, 0.95, 0.99]), study.one_of([np.inf, 12, 40])
    z = study.one_of([exact := stats.t.ppf(0.5 + level / 2, degrees), round(exact, 2)])
    quantity, digits = study.one_of(["odds_ratio", "hazard_ratio", "risk_ratio"]), study.whole(2, 3)
    # A profile or a bootstrap leans to one side.
    lean = study.one_of([1, 1, 1.1])
    ends = (beta, beta - z * sigma, beta + lean * z * sigma)
    ends = [f"{np.exp(end):.{digits}f}" for end in ends]
    assume(all(end.strip("0.") for end in ends))
    basis = "normal" if np.isinf(degrees) else study.one_of(["t", ""])
    basis = basis if lean == 1 else study.one_of(["profile", "bootstrap", "other", ""])
    p = study.p_value(2 * stats.t.sf(abs(beta) / sigma, degrees))
    return [
        f"m.z.{quantity},{ends[0]},{basis}",
        f"m.z.{quantity}_limits,{ends[1]} to {ends[2]},{basis}",
        f"m.z.p_value,{p},{basis}",
        f"m.all.confidence_level,{level:.0%},",
    ]


def drawn_table(study: Drawn) -> np.ndarray:
    """Positive and negative tests (rows) with and without the event."""
    return np.array([[study.whole(1, 200) for _ in range(2)] for _ in range(2)])


def predictive_values(study: Drawn) -> list[str]:
    (tp, fp), (fn, tn) = drawn_table(study)
    shares = {"sensitivity": (tp, tp + fn), "specificity": (tn, tn + fp)}
    shares |= {"ppv": (tp, tp + fp), "npv": (tn, tn + fn)}
    lines = [f"roc.x.{quantity},{study.share(*of)},of:all" for quantity, of in shares.items()]
    counted = [f"methods.all.patients,{tp + fp + fn + tn},", f"methods.all.events,{tp + fn},"]
    return lines + study.one_of([[], counted])


def agreement(study: Drawn) -> list[str]:
    (a, b), (c, d) = drawn_table(study)
    n = a + b + c + d
    chance = ((a + b) * (a + c) + (c + d) * (b + d)) / n**2
    kappa = ((a + d) / n - chance) / (1 - chance)
    counts = [f"r.k@one.count,{a + b},", f"r.k@two.count,{a + c},", f"methods.all.patients,{n},"]
    lines = [f"r.k.kappa,{kappa:.{study.whole(2, 3)}f},", f"r.k.agreement,{study.share(a + d, n)},"]
    return lines + study.one_of([[], counts])


def events_of_groups(study: Drawn) -> list[str]:
    n = [study.whole(5, 200) for _ in range(study.whole(1, 3))]
    k = [study.whole(0, size) for size in n]
    kind = study.one_of(["free", "event"])
    lines = [f"methods.all.patients,{sum(n)},partition", f"methods.all.events,{sum(k)},"]
    for group, size, count in zip("ABC", n, k, strict=False):
        shown = study.share(count if kind == "event" else size - count, size)
        basis = study.one_of([f"rate:{kind}|of:{group}", ""])
        lines += [f"methods.{group}.patients,{size},"]
        lines += [f"patency.{group}.primary_patency,{shown},{basis}"]
    return lines


def areas(study: Drawn) -> list[str]:
    (tp, fp), (fn, tn) = drawn_table(study) + 1
    events, others = np.array([fn, tp]), np.array([tn, fp])
    level = study.one_of([0.9, 0.95])
    found = roc.inference(events, others, level)
    row = found.loc[study.one_of(found.index)]
    cut = study.one_of([(-9, 9), (0, 1)])
    ends = [f"{x:.3f}" for x in np.clip([row["lower"], row["upper"]], *cut)]
    assume(all(0 <= float(end) <= 1 for end in ends))
    basis = study.one_of(["of:all|binary", "binary|normal|of:all", ""])
    return [
        f"methods.all.patients,{tp + fp + fn + tn},",
        f"roc.x.sensitivity,{study.share(tp, tp + fn)},{basis}",
        f"roc.x.specificity,{study.share(tn, tn + fp)},{basis}",
        f"roc.x.auc,{row['auc']:.3f},{basis}",
        f"roc.x.auc_limits,{ends[0]} to {ends[1]},{basis}",
        f"roc.x.p_value,{study.p_value(study.one_of(found['p']))},{basis}",
        f"roc.all.confidence_level,{level:.0%},",
    ]


TYPES = [counts_and_shares, two_percentages, limits_of_a_percentage, two_means, a_median, a_ratio]
TYPES += [predictive_values, agreement, events_of_groups, areas]


@pytest.mark.parametrize("of_type", TYPES, ids=lambda of_type: of_type.__name__)
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
@given(st.data())
def test_a_simulated_study_is_never_wrong(tmp_path_factory, of_type, data):
    """Printed at usual precision under each method in use: nothing is impossible, and nothing else
    is flagged, unless a t that the file does not state fits in place of the normal method."""
    lines = of_type(Drawn(data.draw))
    of = account(tmp_path_factory.mktemp("study"), "\n".join(lines) + "\n")
    assert "impossible" not in set(grades(of).values()), lines
    if of_type is not a_ratio or "normal" in lines[0]:
        assert not flagged(of), lines


# ---------------------------------------------- one digit altered, against an exhaustive check

STEPS = (-3, -1, 1, 3)


def printings(value: float, decimals: int) -> set[int]:
    """Units of the last digit in which a value may be printed, under both half rules."""
    scaled = round(value * 10**decimals, 9)
    return {int(np.floor(scaled + 0.5)), int(np.ceil(scaled - 0.5))}


def altered_percentages(name: str = "r.NAME.percentage") -> Iterator[tuple[list[str], bool]]:
    """Caught exactly where no count prints it."""
    for size, count, step in product((7, 23, 39, 55, 455, 731), range(1, 60, 9), STEPS):
        altered = max(printings(100 * count / size, 1)) + step
        if count < size and 0 <= altered <= 1000:
            possible = [printings(100 * k / size, 1) for k in range(size + 1)]
            line = f"{name},{altered / 10:.1f}%,of:{size}"
            yield [line], altered not in set().union(*possible)


def altered_p_values() -> Iterator[tuple[list[str], bool]]:
    """Of two percentages: where no test prints it. Of at most 99 patients a percentage with one
    decimal is of one count."""
    sizes, counts = [(31, 57), (80, 44)], [(4, 9), (12, 30), (17, 8)]
    for n, k, test, step in product(sizes, counts, univariate.BINARY_TESTS, STEPS):
        p_values = univariate.binary_tests(np.array([k, np.subtract(n, k)]))
        altered = max(printings(p_values[test], 3)) + step
        if 0 <= altered <= 1000:
            lines = [
                f"r.NAME@{group}.percentage,{100 * count / size:.1f}%,of:{size}"
                for group, count, size in zip("AB", k, n, strict=True)
            ]
            possible = set().union(*(printings(p, 3) for p in p_values.values()))
            yield [*lines, f"r.NAME.p_value,{altered / 1000:.3f},"], altered not in possible


def altered_p_values_between_tables() -> Iterator[tuple[list[str], bool]]:
    """Of two percentages without decimals, each of several counts: where no test of any of the
    tables prints it."""
    for n, shares, step in product([(180, 190), (250, 260)], [(12, 20), (19, 28)], range(-9, 10)):
        counts = [
            [k for k in range(size + 1) if share in printings(100 * k / size, 0)]
            for size, share in zip(n, shares, strict=True)
        ]
        tables = [np.array([pair, np.subtract(n, pair)]) for pair in product(*counts)]
        p_values = [p for table in tables for p in univariate.binary_tests(table).values()]
        altered = max(printings(np.median(p_values), 3)) + step
        lines = [
            f"r.NAME@{group}.percentage,{share}%,of:{size}"
            for group, share, size in zip("AB", shares, n, strict=True)
        ]
        possible = set().union(*(printings(p, 3) for p in p_values))
        if 1 <= altered <= 1000:
            yield [*lines, f"r.NAME.p_value,{altered / 1000:.3f},"], altered not in possible


def altered_limits() -> Iterator[tuple[list[str], bool]]:
    """Where it cannot be the other's mirror image: the estimate is the root of the product of its
    limits, each anywhere in its interval."""
    for beta, sigma, step in product((-0.9, 0.2, 0.8), (0.11, 0.3, 0.52), (*STEPS, -9, 9)):
        units = [max(printings(np.exp(beta + z * sigma), 2)) for z in (-1.96, 0, 1.96)]
        units[2] += step
        low, middle, high = [unit / 100 for unit in units]
        ends = [[(unit + side) / 100 for side in (-0.5, 0.5)] for unit in units]
        least, most = (ends[0][i] * ends[2][i] for i in (0, 1))
        lines = [
            f"m.NAME.odds_ratio,{middle:.2f},normal",
            f"m.NAME.odds_ratio_limits,{low:.2f} to {high:.2f},normal",
        ]
        yield lines, least > ends[1][1] ** 2 or most < ends[1][0] ** 2


def altered_kappas() -> Iterator[tuple[list[str], bool]]:
    """Where no table of the two raters has it."""
    n = 240
    for one, other, both, step in product((66, 102), (54, 120), (18, 42), (-2, -1, 1, 2)):
        chance = (one * other + (n - one) * (n - other)) / n**2
        agreed = [(n - one - other + 2 * k) / n for k in range(min(one, other) + 1)]
        kappas = [(share - chance) / (1 - chance) for share in agreed]
        altered = max(printings(kappas[both], 2)) + step
        lines = [f"r.NAME@a.count,{one},", f"r.NAME@b.count,{other},"]
        possible = set().union(*(printings(kappa, 2) for kappa in kappas))
        yield [*lines, f"r.NAME.kappa,{altered / 100:.2f},of:{n}"], altered not in possible


def altered_p_values_of_ratios() -> Iterator[tuple[list[str], bool]]:
    """Where no estimate and standard error within the digits print P."""
    for beta, sigma, step in product((-0.9, 0.4, 0.8), (0.21, 0.4), (*STEPS, -40, 40)):
        ends = [np.exp(beta + z * sigma) for z in (-1.96, 0, 1.96)]
        altered = max(printings(2 * stats.norm.sf(abs(beta) / sigma), 3)) + step
        if altered > 0:
            cells = [f"{end:.2f}" for end in ends]
            strings = dict(zip(wald.QUANTITIES, [cells[1], cells[0], cells[2]], strict=False))
            least, most = wald.possible(strings, "p_value")
            lines = [f"m.NAME.odds_ratio,{cells[1]} ({cells[0]} to {cells[2]}),normal"]
            is_wrong = (altered + 0.5) / 1000 < least or (altered - 0.5) / 1000 > most
            yield [*lines, f"m.NAME.p_value,{altered / 1000:.3f},normal"], is_wrong


def altered_sums() -> Iterator[tuple[list[str], bool]]:
    """Two counts have one sum."""
    for first, second, step in product((12, 40), (9, 33), (*STEPS, 0)):
        groups = [f"r.NAME@A.count,{first},of:50", f"r.NAME@B.count,{second},of:50"]
        yield [*groups, f"r.NAME.count,{first + second + step},of:100|partition"], step != 0


def altered_counts() -> Iterator[tuple[list[str], bool]]:
    """Where the count beside a percentage does not print it: k/N (%)."""
    for size, count, step in product((37, 455, 1731), (4, 19, 30), (*STEPS, 0)):
        share = max(printings(100 * count / size, 1))
        line = f"r.NAME.count,{count + step}/{size} ({share / 10:.1f}%),"
        yield [line], share not in printings(100 * (count + step) / size, 1)


def altered_limits_of_percentages() -> Iterator[tuple[list[str], bool]]:
    """Where no method in use prints both limits of the count."""
    for size, count, at, step in product((50, 340), (4, 23), (0, 1), (*STEPS, 0)):
        by_method = [
            [
                printings(100 * float(end), 1)
                for end in proportion_confint(count, size, 0.05, method)
            ]
            for method in ("normal", "wilson", "beta", "agresti_coull", "jeffreys")
        ]
        units = [max(end) for end in by_method[1]]
        units[at] += step
        lines = [
            f"r.NAME.percentage,{100 * count / size:.1f}%,of:{size}",
            f"r.NAME.percentage_limits,{units[0] / 10:.1f} to {units[1] / 10:.1f}%,",
        ]
        yield (
            lines,
            not any(
                all(unit in end for unit, end in zip(units, of, strict=True)) for of in by_method
            ),
        )


STUDIES = [
    ((12, 15), (52, 69), (18, 21)),
    ((8, 40), (610, 641), (44, 97)),
    ((90, 70), (31, 31), (9, 7)),
]


def altered_means() -> Iterator[tuple[list[str], bool]]:
    """Where neither Student's nor Welch's t prints it, for means and standard deviations anywhere
    in their intervals."""
    for (n, *tenths), equal, at, step in product(STUDIES, (True, False), range(5), STEPS):
        (m1, m2), (s1, s2) = np.array(tenths) / 10
        p = stats.ttest_ind_from_stats(m1, s1, n[0], m2, s2, n[1], equal).pvalue
        units = [*tenths[0], *tenths[1], max(printings(p, 3))]
        units[at] += step
        if units[4] <= 1000:
            ends = [np.linspace(unit - 0.5, unit + 0.5, 9) / 10 for unit in units[:4]]
            m1, m2, s1, s2 = (grid.ravel() for grid in np.meshgrid(*ends))
            found = [
                stats.ttest_ind_from_stats(m1, s1, n[0], m2, s2, n[1], either).pvalue
                for either in (True, False)
            ]
            least, most = (units[4] - 0.5) / 1000, (units[4] + 0.5) / 1000
            lines = [
                f"r.NAME@{group}.mean,{mean / 10:.1f} ± {sd / 10:.1f},of:{size}"
                for group, size, mean, sd in zip("AB", n, units[:2], units[2:4], strict=True)
            ]
            possible = any(p.min() <= most and p.max() >= least for p in found)
            yield [*lines, f"r.NAME.p_value,{units[4] / 1000:.3f},t"], not possible


# With the event and a positive test, the event and a negative one, then both without the event.
ACCURACY = ("sensitivity", "specificity", "ppv", "npv")
TESTED = [(19, 5, 8, 31), (11, 13, 2, 37), (23, 1, 20, 19)]


def accuracy_of(tp: int, fn: int, fp: int, tn: int) -> list[float]:
    pairs = [(tp, fn), (tn, fp), (tp, fp), (tn, fn)]
    return [right / (right + wrong) if right + wrong else np.nan for right, wrong in pairs]


def altered_accuracy(digits: int, most: int) -> Iterator[tuple[list[int], list[str]]]:
    """Units of the last digit of the four, one of them altered, and the lines that print them."""
    for table, at, step in product(TESTED, range(4), STEPS):
        units = [max(printings(100 * share, digits)) for share in accuracy_of(*table)]
        units[at] += step
        if max(units) <= most:
            cells = [f"{unit / 10**digits:.{digits}f}%" for unit in units]
            pairs = zip(ACCURACY, cells, strict=True)
            yield units, [f"r.NAME.{quantity},{cell},of:all" for quantity, cell in pairs]


def predictive_values_with_counts(times: int, digits: int) -> Iterator[tuple[list[str], bool]]:
    """Where no counts print it: all tables of as many patients with and without the event."""
    events, others = 24 * times, 39 * times
    counts = product(range(events + 1), range(others + 1))
    tables = [accuracy_of(a, events - a, b, others - b) for a, b in counts]
    possible = {
        units
        for row in tables
        if np.isfinite(row).all()
        for units in product(*(printings(100 * share, digits) for share in row))
    }
    printed = [f"methods.all.patients,{events + others},", f"methods.all.events,{events},"]
    for units, lines in altered_accuracy(digits, 100 * 10**digits):
        yield [*printed, *lines], tuple(units) not in possible


def predictive_values_alone() -> Iterator[tuple[list[str], bool]]:
    """Where no prevalence prints it: the one that a predictive value implies gives the other
    (Altman and Bland 1994, BMJ 309:102), for all that the digits of the other three allow."""
    for units, lines in altered_accuracy(0, 99):
        grids = [np.linspace(unit - 0.5, unit + 0.5, 9) / 100 for unit in units[:3]]
        sensitivity, specificity, ppv = (grid.ravel() for grid in np.meshgrid(*grids))
        odds = ppv / (1 - ppv) * (1 - specificity) / sensitivity
        npv = specificity / (specificity + (1 - sensitivity) * odds)
        yield lines, npv.min() > (units[3] + 0.5) / 100 or npv.max() < (units[3] - 0.5) / 100


def in_doubt(of: ledger.Account) -> set[str]:
    """The subjects of which some number is flagged."""
    return {name.split(".")[1].partition("@")[0] for name in flagged(of)}


def with_wrong_predictive_values(of: ledger.Account) -> set[str]:
    """The markers whose predictive values do not go with their accuracy."""
    words = r"the numbers of (\S+) are of one two-by-two table"
    failed = [said for said, grade in grades(of).items() if grade not in GOOD]
    return {found[1] for said in failed if (found := re.fullmatch(words, said))}


@pytest.mark.parametrize(
    ("alterations", "caught", "always"),
    [
        (altered_percentages, in_doubt, False),
        (partial(altered_percentages, "patency.NAME.primary_patency"), in_doubt, False),
        (altered_p_values, in_doubt, False),
        (altered_p_values_between_tables, in_doubt, False),
        (altered_limits, in_doubt, False),
        (altered_kappas, in_doubt, False),
        (altered_means, in_doubt, False),
        (altered_p_values_of_ratios, in_doubt, False),
        (altered_sums, in_doubt, False),
        (altered_counts, in_doubt, False),
        (altered_limits_of_percentages, in_doubt, False),
        (partial(predictive_values_with_counts, 5, 0), with_wrong_predictive_values, False),
        # With few patients and a decimal no other table prints anything near.
        (partial(predictive_values_with_counts, 1, 1), with_wrong_predictive_values, True),
        (predictive_values_alone, with_wrong_predictive_values, False),
    ],
)
def test_an_altered_number_is_caught_exactly_where_nothing_prints_it(
    tmp_path, alterations, caught, always
):
    """All alterations of a kind are judged as one file."""
    lines, expected = {}, {}
    for place, (printed, wrong) in enumerate(alterations()):
        lines |= dict.fromkeys(line.replace("NAME", f"x{place}") for line in printed)
        expected[f"x{place}"] = wrong
    of = account(tmp_path, "\n".join(lines) + "\n")
    assert caught(of) & set(expected) == {name for name in expected if expected[name]}
    assert any(expected.values()) and all(expected.values()) == always


@pytest.mark.parametrize("steps", [(0, 1, 0), (2, 0, 0), (0, 0, -3), (0, 3, 0), (0, 0, 0)])
def test_an_altered_marker_is_caught_exactly_where_no_counts_print_it(tmp_path, steps):
    """Sensitivity, specificity and area of 40 patients, against all counts of all events."""
    shares = (9 / 14, 19 / 26, (9 / 14 + 19 / 26) / 2)
    units = [max(printings(x, 3)) + step for x, step in zip(shares, steps, strict=True)]
    possible = [
        all(
            u in printings(x, 3)
            for u, x in zip(units, (a / d, b / c, (a / d + b / c) / 2), strict=True)
        )
        for d in range(1, 40)
        for c in [40 - d]
        for a, b in product(range(d + 1), range(c + 1))
    ]
    cells = [f"{units[0] / 10:.1f}%", f"{units[1] / 10:.1f}%", f"{units[2] / 1000:.3f}"]
    lines = ["methods.all.patients,40,"]
    for quantity, cell in zip(("sensitivity", "specificity", "auc"), cells, strict=True):
        lines.append(f"roc.m.{quantity},{cell},of:all|binary")
    assert bool(flagged(account(tmp_path, "\n".join(lines) + "\n"))) == (not any(possible))


def area_by_pairs(positive: int, events: int, false: int, others: int) -> tuple[float, np.ndarray]:
    """The area of a yes-or-no marker, positive in so many of the events and of the others, and its
    standard errors in use, by comparing every pair of patients."""
    having, lacking = np.arange(events) < positive, np.arange(others) < false
    above, tied = having[:, None] > lacking, having[:, None] == lacking
    wins, pairs = above + tied / 2, events * others
    area = wins.mean()
    # Hanley and McNeil's Q1 and Q2, where chance decides a tie, for all pairs of a patient alike:
    # the mean of the square over that chance, which two nodes give exactly.
    chance = (0.5 + np.array([-1, 1]) / np.sqrt(12))[:, None]
    of_others, of_events = (((above.mean(i) + chance * tied.mean(i)) ** 2).mean() for i in (0, 1))
    by_scores = area / (2 - area), 2 * area**2 / (1 + area)
    spreads = [
        area * (1 - area) + (events - 1) * (one - area**2) + (others - 1) * (two - area**2)
        for one, two in ((of_others, of_events), by_scores)
    ]
    placed = wins.mean(1).var(ddof=1) / events + wins.mean(0).var(ddof=1) / others
    # Where the marker tells nothing, all orders of the patients are as likely.
    ranks = stats.rankdata([*having, *lacking]), np.arange(events + others)
    of_no_marker = [of.var(ddof=1) / pairs / (events + others) for of in ranks]
    return area, np.sqrt([*np.divide(spreads, pairs), placed, *of_no_marker])


@pytest.mark.parametrize(("end", "step"), [(0, 0), (0, 1), (0, -3), (1, -1), (1, 9)])
@pytest.mark.parametrize("counts", [(9, 14, 7, 26), (20, 22, 6, 18)])
def test_an_altered_limit_of_an_area_is_caught_exactly_where_no_counts_and_method_print_it(
    tmp_path, counts, end, step
):
    area, errors = area_by_pairs(*counts)
    positive, events, false, others = counts
    shares = positive / events, 1 - false / others
    printed = [max(printings(100 * x, 1)) for x in shares] + [max(printings(area, 3))]
    limits = [max(printings(area + side * 1.96 * errors[0], 3)) for side in (-1, 1)]
    limits[end] += step
    possible = False
    for d in range(2, 39):
        c = 40 - d
        hits = [k for k in range(d + 1) if printed[0] in printings(100 * k / d, 1)]
        misses = [k for k in range(c + 1) if printed[1] in printings(100 - 100 * k / c, 1)]
        for one, other in product(hits, misses):
            value, found = area_by_pairs(one, d, other, c)
            ways = [
                np.clip([value - z * error, value + z * error], *cut)
                for error, z, cut in product(found, (1.96, 1.959964), [(-9, 9), (0, 1)])
            ]
            possible |= printed[2] in printings(value, 3) and any(
                all(u in printings(x, 3) for u, x in zip(limits, of, strict=True)) for of in ways
            )
    cells = [f"{printed[0] / 10:.1f}%", f"{printed[1] / 10:.1f}%", f"{printed[2] / 1000:.3f}"]
    lines = ["methods.all.patients,40,", "roc.all.confidence_level,95%,"]
    for quantity, cell in zip(("sensitivity", "specificity", "auc"), cells, strict=True):
        lines.append(f"roc.m.{quantity},{cell},of:all|binary")
    lines.append(f"roc.m.auc_limits,{limits[0] / 1000:.3f} to {limits[1] / 1000:.3f},")
    assert bool(flagged(account(tmp_path, "\n".join(lines) + "\n"))) == (not possible)


def test_a_p_that_another_marker_speaks_against_is_one_finding_with_either(tmp_path):
    """The standard error that prints the one P does not print the other: either may be wrong."""
    claims = published.read()
    claims.at["roc.incomplete_coverage.p_value", "printed"] = "0.008"
    claims.at["roc.incomplete_coverage.p_value", "basis"] = "normal"
    of = ledger.account(claims.drop(index=claims.index[claims.index.str.count(r"\.") > 2]))
    (finding,) = of.findings
    assert ("roc.incomplete_coverage.p_value",) in finding.culprits
    assert {name for names in finding.culprits for name in names} <= {
        f"roc.{marker}.p_value" for marker in ("incomplete_coverage", "postoperative_collaterals")
    }


def test_more_patients_than_can_be_listed_are_said_to_be_open(tmp_path):
    text = "methods.all.patients,{},\nroc.m.sensitivity,45%,of:all\nroc.m.specificity,79%,of:all\n"
    of = account(tmp_path, text.format("9000000"))
    assert set(of.claims["grade"]) == {"not checked"}
    assert "at most 10,000,000" in refusal(account, tmp_path, text.format("1000000000"))


# ------------------------------------------------- which numbers are in doubt, and how far they are

OF_120 = (
    "methods.all.patients,120,\nroc.t.sensitivity,80%,of:all\nroc.t.specificity,75%,of:all\n"
    "roc.t.ppv,{},of:all\nroc.t.npv,{},of:all\n"
)


@pytest.mark.parametrize(
    ("text", "grade", "never"),
    [
        # 84.72% prints 85%, yet with 120 patients only beside a negative predictive value of 65%.
        (OF_120.format("85%", "90%"), "impossible", "last digit|cut off|84.72%|90.14%"),
        # 32 of 40 and 60 of 80 print 80% and 75%: 32 of 52 is 62%, 60 of 68 is 88%.
        (OF_120.format("62%", "87%"), "one digit off", "nothing"),
        # The lower limit is that of one method, the upper that of another.
        ("r.x.percentage,43.1% (31.4 to 54.6),of:72\n", "not by this method", "last digit|cut off"),
    ],
)
def test_a_value_that_fits_only_beside_other_printed_numbers_explains_nothing(
    tmp_path, text, grade, never
):
    of = account(tmp_path, text)
    assert {*flagged(of).values()} == {grade}
    lines = [line for one in of.findings for line in shown.finding_lines(one, of)]
    assert not re.search(never, " ".join(lines))


def test_a_grade_does_not_spread_to_a_number_that_mends_only_another_finding(tmp_path):
    """The 8 mends the sum, whatever 12 is; that one only does not go with its percentage."""
    text = "r.x@A.count,12 (25%),of:A\nr.x@B.count,9,of:B\nr.x.count,8,partition|of:all\n"
    sizes = "methods.all.patients,100,partition\nmethods.A.patients,50,\nmethods.B.patients,50,\n"
    found = flagged(account(tmp_path, sizes + text))
    assert found["r.x.count"] == "impossible"
    assert {found["r.x@A.count"], found["r.x@A.percentage"]} == {"one digit off"}


def test_one_number_that_mends_two_findings_is_the_one_in_doubt(tmp_path):
    """Without 83% the limits 32% and 55% are those of 31 of 72."""
    of = account(tmp_path, "r.x.percentage,83% (32–55%),of:72\n")
    assert flagged(of) == {"r.x.percentage": "impossible"}


@pytest.mark.parametrize("rate", ["free", "event"])
@pytest.mark.parametrize(
    ("printed", "grade", "words"),
    [
        # 41 of 53 is 77.36%, 40 are 75.47%.
        ("77.3%", "one digit off", "77.3% fits if it was cut off instead of rounded"),
        ("77.5%", "one digit off", "77.5% fits with one last digit off (77.4%)"),
        ("76.4%", "impossible", "the others allow 75.47% or 77.36%, at the nearest"),
        ("0.3%", "impossible", "the others allow 0.00% or 1.89%, at the nearest"),
        ("99.2%", "impossible", "the others allow 98.11% or 100.00%, at the nearest"),
    ],
)
def test_a_patency_is_graded_as_any_other_percentage(tmp_path, printed, grade, words, rate):
    size = "methods.A.patients,53,\n"
    for name in ("patency.A.primary_patency", "r.x.percentage"):
        of = account(tmp_path, f"{size}{name},{printed},of:A|rate:{rate}\n")
        assert flagged(of) == {"methods.A.patients": grade, name: grade}
        assert words in " ".join(shown.finding_lines(of.findings[0], of))


NO_TOTAL = "the number of all patients is not known (methods.all.patients)"


@pytest.mark.parametrize(
    ("text", "check", "why"),
    [
        (
            "methods.A.patients,40,partition\nmethods.B.patients,60,\n",
            "the groups add up to all patients",
            NO_TOTAL,
        ),
        (
            marker("t", "80%", "75%", "of:all"),
            "one number of events is behind all sensitivities and specificities",
            NO_TOTAL,
        ),
        (
            "r.w@A.mean,61.2 ± 10.4,\nr.w@B.mean,65.0 ± 9.9,\nr.w.p_value,0.02,\n",
            "P of w follows from means and standard deviations",
            "it takes the size of each group, two patients or more (methods.<group>.patients, or "
            "of: in its basis)",
        ),
    ],
)
def test_what_is_missing_for_a_check_is_said(tmp_path, text, check, why):
    table = shown.checks_table(account(tmp_path, text))
    assert table.values.tolist() == [["not checked", check[0].upper() + check[1:], why]]


@pytest.mark.parametrize(
    ("text", "is_said"),
    [
        (OF_120.format("85%", "90%"), True),
        (OF_120.format("85%", "90%").partition("\n")[2], False),
        # Of 50 and 150 of the patients, not of all.
        (
            "methods.all.patients,200,\nroc.t.sensitivity,80.5% (70 to 79%),of:50\n"
            "roc.t.specificity,75%,of:150\n",
            False,
        ),
    ],
)
def test_numbers_of_events_are_said_only_out_of_the_patients_that_they_are_of(
    tmp_path, text, is_said
):
    of = account(tmp_path, text)
    lines = " ".join(line for one in of.findings for line in shown.finding_lines(one, of))
    assert lines and ("goes with these numbers of events" in lines) == is_said


@pytest.mark.parametrize(
    ("another", "grade"),
    [
        ("", "one digit off"),
        ("r.y.percentage,34.3%,of:64\n", "one digit off"),
        # 22 of 64 is 34.375%: that is not cut off.
        ("r.y.percentage,34.4%,of:64\n", "impossible"),
    ],
)
def test_percentages_that_all_may_be_cut_off_are_not_impossible(tmp_path, another, grade):
    """17 of 21 is 80.95%, 35 of 43 is 81.40%: of these only both together fit."""
    basis = "of:all|events:roc"
    text = "methods.all.patients,64,\nmethods.all.events,21,events:roc\n"
    of = account(tmp_path, text + marker("t", "80.9%", "81.3%", basis) + another)
    assert grades(of)["one number of events is behind all sensitivities and specificities"] == grade
    assert flagged(of)["roc.t.sensitivity"] == grade
    words = "fits if all percentages were cut off instead of rounded"
    readings = {reading for finding in of.findings for reading in finding.readings}
    assert (words in readings) == (grade == "one digit off")


@pytest.mark.parametrize(
    "text",
    [
        "methods.all.patients,300,\nmethods.all.events,150,events:roc\n"
        + marker("t", "80%", "80%", "of:all|events:roc", "univariate.t.p_value,0.50,\n"),
        "r.x@A.percentage,24%,of:200\nr.x@B.percentage,10%,of:200\n"
        "r.x.odds_ratio,2.62 (1.10 to 6.24),normal\n",
    ],
)
def test_what_cannot_be_checked_of_percentages_cut_off_does_not_fit(tmp_path, text):
    """If they were, no single table would be behind them, and nothing be said of P or limits."""
    of = account(tmp_path, text)
    assert [finding.grade for finding in of.findings] == ["not by this method"]
    assert "cut off" not in str(of.findings[0].readings)


@pytest.mark.parametrize(
    ("text", "grade", "reading"),
    [
        # 0.05 fits the limits and the level.
        (
            'r.w.hazard_ratio,"0.75 (95% CI 0.56 to 1.01), P={}",normal\n'.format(".04"),
            "one digit off",
            "0.04 fits with one last digit off (0.05)",
        ),
        ('r.w.hazard_ratio,"0.75 (95% CI 0.56 to 1.01), P=.02",normal\n', "impossible", ""),
        # 25 + 44 and 24 + 45 are 69.
        (
            sized(200, A=100, B=100) + "r.x@A.percentage,24%,of:A\nr.x@B.percentage,44%,of:B\n"
            "r.x.count,69,partition|of:all\n",
            "one digit off",
            "24% fits with one last digit off (25%)",
        ),
        (
            sized(200, A=100, B=100) + "r.x@A.percentage,24%,of:A\nr.x@B.percentage,44%,of:B\n"
            "r.x.count,70,partition|of:all\n",
            "impossible",
            "",
        ),
        # Of 50 no whole number is 25%.
        (
            sized(100, A=50, B=50) + "r.x@A.percentage,24%,of:A\nr.x@B.percentage,44%,of:B\n"
            "r.x.count,33,partition|of:all\n",
            "impossible",
            "",
        ),
    ],
)
def test_what_one_last_digit_mends_in_all_its_checks_is_not_impossible(
    tmp_path, text, grade, reading
):
    of = account(tmp_path, text)
    assert {*flagged(of).values()} == {grade}
    assert [finding.grade for finding in of.findings] == [grade]
    assert reading in str(of.findings[0].readings)


def test_no_check_is_one_digit_off_by_a_number_that_another_check_still_contradicts(tmp_path):
    """2.51 lies within the limits, but it is no mean of their logarithms, as 3.86 is."""
    of = account(tmp_path, "r.x.odds_ratio,2.50 (2.51 to 5.95),normal\n")
    assert grades(of) == {
        "the odds ratio of x lies within its limits": "impossible",
        "estimate and limits of x belong together": "impossible",
    }


@pytest.mark.parametrize(("both", "grade"), [(40, "one digit off"), (41, "impossible")])
def test_a_last_digit_that_makes_another_check_impossible_mends_nothing(tmp_path, both, grade):
    """Of 83 no whole number is 24.2%. 24.1% is 20, which with the 20 of the other group is 40."""
    shares = "r.x@A.percentage,24.2%,of:A\nr.x@B.percentage,50%,of:B\n"
    total = f"r.x.count,{both},partition|of:all\n"
    of = account(tmp_path, sized(123, A=83, B=40) + shares + total)
    assert flagged(of)["r.x@A.percentage"] == grade


@pytest.mark.parametrize("section", ["roc", "results"])
@pytest.mark.parametrize(
    ("shares", "area", "basis", "grade"),
    [
        (("80.2%", "75.0%"), "0.776", "of:all|binary", "consistent"),
        (("80.2%", "75.0%"), "0.843", "of:all|binary", "impossible"),
        (("80.2%", "75.0%"), "0.843", "binary", "not by this method"),
        (("80.2%", "75.0%"), "0.843", "of:all", "not checked"),
    ],
)
def test_an_area_of_a_yes_or_no_marker_is_the_mean_in_any_section(
    tmp_path, section, shares, area, basis, grade
):
    """(80.2% + 75.0%) / 2 = 0.776; a score may have any larger area."""
    lines = "{0}.x.sensitivity,{1},of:all\n{0}.x.specificity,{2},of:all\n{0}.x.auc,{3},{4}\n"
    of = account(tmp_path, lines.format(section, *shares, area, basis))
    (found,) = (grade for words, grade in grades(of).items() if "is the mean of" in words)
    assert found == grade


@pytest.mark.parametrize(("typed", "printed"), [("30/41", "30/41"), ("30/41 (73%)", "73%")])
def test_a_percentage_that_nobody_printed_is_shown_as_its_fraction(tmp_path, typed, printed):
    of = account(tmp_path, f"roc.x.sensitivity,{typed},\n")
    assert shown.claims_table(of).at["roc.x.sensitivity", "Printed"] == printed


@pytest.mark.parametrize(
    ("text", "grade"),
    [
        # A rate by Kaplan-Meier, and an agreement that is weighted, beside the counts.
        ("patency.A.primary_patency,41/50 (83.1%),\n", "not by this method"),
        ("r.x.agreement,40/50 (81.1%),\n", "not by this method"),
        # 5 of 7 and 16 of 20 are of one group, whose size is not printed.
        (
            "methods.all.events,24,events:roc\n"
            + marker("s@drug", "71.4%", "80%", "of:drug|events:roc"),
            "",
        ),
        # An area among 60 others, and one turned, as programs do for a marker against the event.
        (
            "methods.all.patients,100,\nmethods.valid.patients,60,\nd.s.sensitivity,62.5%,of:all\n"
            "d.s.specificity,75.0%,of:all\nd.s.auc,0.75,of:valid|binary\n",
            "",
        ),
        *[
            (
                "methods.all.patients,100,\nmethods.all.events,50,events:roc\n"
                f"{section}.s.sensitivity,30%,of:all|binary|events:roc\n"
                f"{section}.s.specificity,40%,of:all|binary|events:roc\n"
                f"{section}.s.auc,0.65 (0.54 to 0.76),of:all|binary|events:roc|normal\n",
                "",
            )
            for section in ("d", "roc")
        ],
        # Men and those with the drug are half of all each, but not all together.
        (
            sized(100, men=50, women=50, drug=50, placebo=50) + "r.x.count,20,of:all|partition\n"
            "r.x@men.count,10,of:men\nr.x@drug.count,14,of:drug\n",
            "not by this method",
        ),
        # An empty cell, of which Wald's test says nothing.
        (
            "methods.all.patients,20,\nmethods.all.events,5,\n"
            + marker("m", "60%", "100%", "")
            + "univariate.m.p_value,0.004,\n",
            "not by this method",
        ),
        # 8 of 27 and 39 of 56, of which the mean is 0.496, turned 0.504.
        (
            "methods.all.patients,83,\nmethods.all.events,27,events:roc\n"
            + marker("m", "30%", "70%", "of:all|binary|events:roc")
            + "roc.m.auc,0.504,of:all|binary|events:roc\n",
            "",
        ),
        # Of 50 patients 45 were followed.
        (
            "methods.A.patients,50,\npatency.A.primary_patency,37/45 (82.2%),rate:free|of:A\n",
            "",
        ),
        # (But nobody is without the event of whom a specificity could be.)
        (
            "methods.all.patients,50,\nmethods.all.events,50,events:d\n"
            "d.x.specificity,100% (90 to 100%),of:all|events:d\n",
            "impossible",
        ),
        # The mean of skewed values is above their upper quartile.
        ("r.stay.mean,8.2,\nr.stay.mean_limits,3 to 7,\n", "not by this method"),
    ],
)
def test_what_an_honest_study_may_print_is_not_impossible(tmp_path, text, grade):
    assert {*flagged(account(tmp_path, text)).values()} == {grade} - {""}


@pytest.mark.parametrize(
    ("text", "reading"),
    [
        # The percentage beside a fraction is the sensitivity.
        (
            "methods.all.patients,100,\nmethods.all.events,24,events:methods\n"
            + marker("s", "62.6% (15/24)", "75.0%", "of:all|events:methods"),
            "62.6% fits with one last digit off (62.5%)",
        ),
        # 22 of 33 and 54 of 67 cut off, whatever else the file has.
        (
            "methods.all.patients,100,\nmethods.all.events,33,events:methods\n"
            + marker("s", "66.6%", "80.5%", "of:all|events:methods")
            + "r.a.percentage,50.4%,of:10\n",
            "fits if all percentages were cut off instead of rounded",
        ),
        # Cut off, 170 and 100 would be 270; and 23% would be 12 of 52.
        (
            sized(1000, A=700, B=300) + "r.x@A.percentage,24.2%,of:A\nr.x@B.count,100,of:B\n"
            "r.x.count,269,partition|of:all\n",
            "24.2% fits with one last digit off (24.1%)",
        ),
        (
            "methods.all.patients,82,\nmethods.all.events,52,events:roc\n"
            + marker("m", "22% (11/52)", "80%", "of:all|binary|events:roc"),
            "22% fits with one last digit off (21%)",
        ),
        # With 0.688 it is another check that fails, with or without the area.
        (
            "methods.all.patients,100,\nmethods.all.events,24,events:roc\n"
            "patency.all.primary_patency,70%,rate:free|of:all|events:roc\n"
            + marker("s", "62.5%", "75.0%", "of:all|binary|events:roc")
            + "roc.s.auc,0.689,of:all|binary|events:roc\n",
            "0.689 fits with one last digit off (0.688)",
        ),
        # That the groups need not add up is not the fault of the rate.
        (
            "methods.all.patients,100,\nmethods.drug.patients,50,\n"
            "patency.drug.primary_patency,82.1%,rate:free|of:drug\n",
            "82.1% fits with one last digit off (82.0%)",
        ),
    ],
)
def test_what_one_last_digit_mends_says_so_whatever_else_fails(tmp_path, text, reading):
    of = account(tmp_path, text)
    found = [finding for finding in of.findings if reading in finding.readings]
    assert {finding.grade for finding in found} == {"one digit off"}


def test_the_area_of_a_score_silences_no_check_of_another_marker(tmp_path):
    basis = "of:all|binary|events:roc"
    text = (
        "methods.all.patients,100,\nmethods.all.events,24,events:roc\n"
        + marker("a", "62.5%", "75.0%", basis)
        + f"roc.a.auc,0.688 (0.100 to 0.900),{basis}|normal\nunivariate.a.p_value,0.9,\n"
    )
    score = (
        marker("b", "62.5%", "75.0%", "of:all|events:roc") + "roc.b.auc,0.743,of:all|events:roc\n"
    )
    alone, beside = (grades(account(tmp_path, of)) for of in (text, text + score))
    wrong = {words for words, grade in alone.items() if grade not in GOOD}
    assert len(wrong) == 2 and wrong == {w for w, grade in beside.items() if grade not in GOOD}


def test_values_that_the_others_allow_have_a_digit_more_than_the_number(tmp_path):
    of = account(tmp_path, "r.x.percentage,24.142%,of:700\n")
    (finding,) = of.findings
    lines = shown.finding_lines(finding, of)
    assert any("24.0000% or 24.1429%" in line for line in lines)


@pytest.mark.parametrize("section", ["roc", "results"])
def test_that_a_specificity_is_of_nobody_known_is_said(tmp_path, section):
    of = account(tmp_path, f"methods.all.events,40,\n{section}.x.specificity,75.3%,\n")
    assert {grade for _, grade in of.checks} == {"not checked"}
    assert all(check.why_not.startswith("the number of all patients") for check, _ in of.checks)


def test_a_last_digit_that_mends_one_finding_breaks_no_other_check(tmp_path):
    """With 25% of A the sum fits, but then 24 of 100 are not 25%."""
    counts = "r.x@A.count,24 (24%),of:A\nr.x@B.percentage,44%,of:B\nr.x.count,69,partition|of:all\n"
    of = account(tmp_path, sized(200, A=100, B=100) + counts)
    (finding,) = of.findings
    assert [line for line in finding.readings if "last digit" in line] == [
        "44% fits with one last digit off (45%)"
    ]


@pytest.mark.parametrize(
    ("rest", "is_flagged"),
    [
        # 30 of 40 have the event and the marker, 80 of 100 neither, so 20 have the marker alone.
        ("methods.all.events,40,\nroc.t.ppv,30/50 (60%),\nroc.t.npv,80/90 (89%),\n", False),
        ("methods.all.events,44,\n", True),
        ("roc.t.ppv,30/51 (59%),\n", True),
        ("roc.t.ppv,29/49 (59%),\n", True),
        ("roc.t.npv,80/91 (88%),\n", True),
        ("roc.t.npv,79/89 (89%),\n", True),
    ],
)
def test_fractions_of_a_marker_are_of_one_table(tmp_path, rest, is_flagged):
    text = marker("t", "30/40 (75%)", "80/100 (80%)", "", rest)
    of = account(tmp_path, text)
    words = "the numbers of t are of one two-by-two table"
    assert grades(of)[words] == ("not by this method" if is_flagged else "consistent")
    alone = account(tmp_path, marker("t", "30/40 (75%)", "80/100 (80%)", ""))
    assert grades(alone)[words] == "not checked"


# 24 events of 100 by the rates: 15 of them and 19 of the others have the marker.
BY_RATES = sized(100, A=50, B=50) + (
    "patency.A.primary_patency,82%,rate:free|of:A\npatency.B.primary_patency,70%,rate:free|of:B\n"
)
OF_ALL = "of:all|events:patency"


@pytest.mark.parametrize(
    ("text", "grade", "name", "words"),
    [
        (
            BY_RATES
            + marker("t", "62.5%", "75.0%", OF_ALL, "roc.t.ppv,54.1%,of:all|events:patency\n"),
            "impossible",
            "roc.t.ppv",
            "the others allow 44.12%",
        ),
        (
            BY_RATES
            + marker("t", "62.5%", "75.0%", OF_ALL, "roc.t.ppv,44.1%,of:all|events:patency\n"),
            "consistent",
            "roc.t.ppv",
            "",
        ),
        # Whose events they are is not said.
        (
            BY_RATES + marker("t", "62.5%", "75.0%", "of:all", "roc.t.ppv,54.1%,of:all\n"),
            "consistent",
            "roc.t.ppv",
            "",
        ),
        # 40 with the event and 100 without are not 141, unless some have no result.
        (
            sized(141) + marker("t", "30/40 (75%)", "80/100 (80%)", "of:all"),
            "impossible",
            "methods.all.patients",
            "the others allow 140",
        ),
        (sized(141) + marker("t", "30/40 (75%)", "80/100 (80%)", ""), "not checked",
         "methods.all.patients", ""),
        (sized(140) + marker("t", "30/40 (75%)", "80/100 (80%)", "of:all"), "consistent",
         "methods.all.patients", ""),
        (
            sized(41, men=40) + marker("t@men", "5/10 (50%)", "20/31 (64.5%)", "of:men"),
            "impossible",
            "methods.men.patients",
            "the others allow 41",
        ),
        # 30 of 40 have both, 80 of 100 neither; of 50 with the marker 35 would be 5 too many.
        (
            "roc.t.sensitivity,75%,of:40\nroc.t.specificity,80%,of:100\nroc.t.ppv,70%,of:50\n",
            "not by this method",
            "roc.t.ppv",
            "the others allow 60.00%",
        ),
        # 183 of 210 have both; of those, 79% and 49 without the event have the marker.
        (
            sized(386) + "methods.all.events,210,\nroc.t.sensitivity,87%,of:all|events:methods\n"
            "roc.t.ppv,79%,of:all|events:methods\nroc.t.npv,53%,of:all|events:methods\n",
            "impossible",
            "roc.t.npv",
            "the others allow 81.94%",
        ),
        # As many cases as controls; and of each result of a test, with its own number.
        (
            sized(100)
            + "methods.all.events,50,\n"
            + marker("t", "80%", "90%", "of:50|events:methods"),
            "consistent",
            "methods.all.events",
            "",
        ),
        (
            marker("t", "80%", "90%", "of:50", "roc.t.ppv,40/45 (88.9%),of:45\nroc.t.npv,45/55,\n"),
            "consistent",
            "roc.t_ppv.count",
            "",
        ),
        # 5 of 14 of the 15.
        (
            sized(15) + "methods.all.events,14,\nroc.t.sensitivity,35.7%,of:15|events:methods\n",
            "consistent",
            "roc.t.sensitivity",
            "",
        ),
        # More digits, and more patients, than a program can tell apart.
        (
            sized(71126) + "roc.t.sensitivity,35.7769%,of:all\nroc.t.ppv,49.7867%,of:all\n"
            "roc.t.npv,12.6210%,of:all\n",
            "not checked",
            "roc.t.npv",
            "",
        ),
        (
            "roc.t.sensitivity,66.66666666666666666667%,\nroc.t.ppv,0.244498777506%,\n",
            "not checked",
            "roc.t.ppv",
            "",
        ),
        # 31 of 41 are 75.6%, and nothing of fewer.
        (sized(20) + "roc.t.npv,75.6%,of:all\n", "impossible", "roc.t.npv", "75.00% or 76.47%"),
        # In any section: 15 of 24 are 62.5%.
        (
            sized(100) + "methods.all.events,24,\nr.t.sensitivity,63.5%,of:all|events:methods\n",
            "impossible",
            "r.t.sensitivity",
            "62.50% or 66.67%",
        ),
    ],
)  # fmt: skip
def test_all_numbers_of_a_marker_are_of_one_table(tmp_path, text, grade, name, words):
    of = account(tmp_path, text)
    assert of.claims.at[name, "grade"] == grade
    assert words in " ".join(line for one in of.findings for line in shown.finding_lines(one, of))


def shares_of(table: tuple[int, ...]) -> dict[str, tuple[int, int]]:
    """Counts and what they are out of, from a table's cells."""
    a, b, c, d = table
    return {
        "sensitivity": (a, a + b),
        "specificity": (d, c + d),
        "ppv": (a, a + c),
        "npv": (d, b + d),
    }


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_a_marker_is_flagged_exactly_where_no_table_prints_it(tmp_path_factory, data):
    """Against all tables of so many patients; one share may have another last digit."""
    n = data.draw(st.integers(4, 26))
    cells = product(range(n + 1), repeat=3)
    tables = [(*first, n - sum(first)) for first in cells if sum(first) <= n]
    true = data.draw(st.sampled_from(tables))
    quantities = data.draw(st.sets(st.sampled_from([*shares_of(true)]), min_size=1))
    decimals, steps = data.draw(st.integers(0, 1)), data.draw(st.integers(-3, 3))
    of_true = {quantity: shares_of(true)[quantity] for quantity in sorted(quantities)}
    assume(all(total for _, total in of_true.values()))
    shares = {quantity: 100 * count / total for quantity, (count, total) in of_true.items()}
    shares[min(shares)] += steps / 10**decimals
    assume(0 <= shares[min(shares)] <= 100)
    texts = {quantity: f"{share:.{decimals}f}%" for quantity, share in shares.items()}
    has_events = data.draw(st.booleans())

    def prints(table: tuple[int, ...]) -> bool:
        of = shares_of(table)
        return (not has_events or sum(table[:2]) == sum(true[:2])) and all(
            of[quantity][1] and digits.agrees(text, Fraction(*of[quantity]))
            for quantity, text in texts.items()
        )

    lines = [f"r.t.{quantity},{text},of:all|events:methods" for quantity, text in texts.items()]
    lines += [f"methods.all.events,{sum(true[:2])},"] * has_events
    of = account(tmp_path_factory.mktemp("one"), sized(n) + "\n".join(lines) + "\n")
    grade = grades(of)["the numbers of t are of one two-by-two table"]
    assert (grade in GOOD) == any(map(prints, tables))


@pytest.mark.parametrize("quantity", ["sensitivity", "specificity"])
@pytest.mark.parametrize(("printed", "grade"), [("62.5%", "consistent"), ("63.5%", "impossible")])
def test_one_of_sensitivity_and_specificity_is_held_against_the_events(
    tmp_path, quantity, printed, grade
):
    """15 of 24 are 62.5%; no whole number of 24 is 63.5%."""
    text = "methods.all.patients,48,\nmethods.all.events,24,events:roc\n"
    of = account(tmp_path, f"{text}roc.t.{quantity},{printed},of:all|events:roc\n")
    assert of.claims.at[f"roc.t.{quantity}", "grade"] == grade


@pytest.mark.parametrize(
    ("printed", "size", "is_flagged"), [("12/51 (24%)", 50, True), ("12/51 (24%)", 51, False)]
)
@pytest.mark.parametrize("name", ["r.x@A.count", "patency.A.primary_patency"])
def test_a_fraction_is_out_of_no_more_patients_than_its_group(
    tmp_path, printed, size, is_flagged, name
):
    of = account(tmp_path, f"methods.A.patients,{size},\n{name},{printed},\n")
    assert bool(flagged(of)) == is_flagged
    assert {*flagged(of).values()} <= {"not by this method"}


def test_fractions_of_large_numbers_are_judged_or_refused_in_words(tmp_path):
    of = account(tmp_path, "r.x.count,900000/9000000 (10%),\n")
    assert not flagged(of)
    for text in (
        'r.x.count,"33,000,000/330,000,000 (10%)",\n',
        f"r.x.percentage,{'3' * 30}/{'9' * 30} (10%),\n",
        f"roc.x.sensitivity,{'9' * 500}/8,\n",
        f"r.x.percentage,10%,of:{'9' * 5000}\n",
    ):
        assert "line 2" in refusal(account, tmp_path, text)


@pytest.mark.parametrize(("sensitivity", "specificity"), [("0.0%", "100.0%"), ("100%", "0%")])
def test_a_marker_that_nobody_or_everybody_has_gives_no_p(tmp_path, sensitivity, specificity):
    text = "methods.all.patients,10,\nmethods.all.events,5,\nunivariate.t.p_value,0.04,\n"
    assert flagged(account(tmp_path, text + marker("t", sensitivity, specificity, ""))) == {}


def test_comments_above_the_names_of_the_columns_are_not_complained_of(tmp_path):
    path = tmp_path / "claims.csv"
    path.write_bytes("\ufeff# a\n# b\nid,printed,basis\na.x.p_value,1.4,\n".encode())
    assert "are comments only above" not in refusal(published.read_any, path)


# ------------------------------------------------------------------------ the command and its page


def test_the_template_has_nothing_that_does_not_fit(tmp_path, capsys):
    template = tmp_path / "mine.csv"
    assert shown.main(["--template", str(template)]) == 0
    assert shown.main(["--template", str(template)]) == 2
    assert shown.main([str(template), str(tmp_path / "out")]) == 0
    quantities = set(published.read_any(template)["quantity"])
    missing = {*published.QUANTITIES} - quantities
    assert missing <= {"horizon", "first_month", "last_month", "hazard_ratio", "risk_ratio"}
    assert "impossible" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("--template", "usage"),
        ("--template no/such/file.csv", "“no/such/file.csv” cannot be"),
        ("a.csv b c", "usage"),
        ("none.csv", "none.csv cannot be"),
        # A folder of that name cannot be made.
        ("claims.csv claims.csv", "“claims.csv” cannot be"),
    ],
)
def test_a_wrong_command_line_says_what_is_wrong(line, words, capsys, tmp_path, monkeypatch):
    claims_file(tmp_path, "r.x.percentage,34%,\n")
    monkeypatch.chdir(tmp_path)
    try:
        code = shown.main(line.split())
    except SystemExit as stop:
        code = stop.code
    said = capsys.readouterr().err
    assert code == 2 and words in said and "Traceback" not in said


def test_the_page_needs_no_other_file_and_says_that_a_flag_is_a_question(tmp_path):
    path = claims_file(tmp_path, "methods.A.patients,47,\nr.x@A.percentage,33.4%,of:A\n")
    done = python("-m", "lib.show.ledger", str(path), str(tmp_path / "out"))
    assert done.returncode == 1, done.stderr
    assert re.search(r"^impossible .*whole number of 47", done.stdout, re.MULTILINE)
    page = (tmp_path / "out" / "ledger.html").read_text(encoding="utf-8")
    assert not re.search(r"(src|href)=", page)
    assert "question to the authors" in page and "Georgescu" in page
    assert "Leaving out any one of these: 33.4%" in page
    assert "31.91% or 34.04%, at the nearest" in page
    assert len(pd.read_csv(tmp_path / "out" / "claims.csv")) == 2
    assert set(pd.read_csv(tmp_path / "out" / "checks.csv")["Grade"]) == {"impossible"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("r.w@A.mean,61.2 ± 10.4,\nr.w@B.mean,65.0 ± 9.9,\nr.w.difference,9.8 (7.0 to 12.0),\n",
         "differences are not compared with the groups"),
        ("r.q@A.percentage,24%,of:50\nr.q@B.percentage,44%,of:50\nr.q.difference,30% (2 to 38),\n",
         "differences are not compared with the groups"),
        ("r.s@A.median,5 (3-8),\nr.s@B.median,5 (3-8),\nr.s.p_value,<0.001,\n",
         "no rank test can be recomputed from medians"),
    ],
)  # fmt: skip
def test_what_is_not_recomputed_is_said(tmp_path, text, words):
    of = account(tmp_path, text)
    table = shown.checks_table(of)
    assert table.loc[table["Grade"] == "not checked", "Condition"].str.contains(words).any()
    assert not flagged(of)


def test_another_paper_is_described_in_its_own_words_without_our_codebook(
    tmp_path, monkeypatch, capsys
):
    """Subjects that happen to be called like our columns, and a group like ours, are not ours."""
    text = (
        "id,printed,basis,source\nmethods.DVT.patients,47,,Table 1\n"
        "patency.DVT.primary_patency,83.0%,of:DVT,\nr.occluded.count,35 (34%),of:100,\n"
        "r.recruitment.percentage,12/47 (26%),,\nr.followup_months.median,12 (9-20),,\n"
        "roc.inflow_thrombus.auc,0.71 (0.60-0.80),,\n"
    )
    path = tmp_path / "theirs.csv"
    path.write_text(text, encoding="utf-8")
    monkeypatch.setattr(verdicts, "_phrases", None)
    for file in (path, shown.TEMPLATE):
        shown.main([str(file), str(tmp_path)])
    shown.main([str(path), str(tmp_path)])
    page = (tmp_path / "ledger.html").read_text(encoding="utf-8")
    for words in (
        "patients of DVT", "patency of DVT", "count of occluded", "percentage of recruitment",
        "median of followup months", "AUC of inflow thrombus",
    ):  # fmt: skip
        assert words.lower() in page.lower(), words
    assert "percentage of occluded is 35 of 100" in capsys.readouterr().out


def test_a_page_of_which_nothing_was_checked_says_so_and_why(tmp_path):
    of = account(tmp_path, "r.x.p_value,0.2,\nr.y.rate,4.2,\n")
    page = shown.page(of, "x")
    assert "No check could be carried out." in page
    assert "nothing with which a check could compare 0.2 (P of x) and 4.2 (rate of y)" in page


def test_our_own_abstract_has_one_number_that_does_not_fit():
    of = ledger.account(published.read_any(published.PATH))
    assert list(flagged(of)) == ["multivariate.postoperative_collaterals.odds_ratio_upper.listing"]
    assert set(grades(of).values()) == {"consistent", "impossible", "not checked"}
