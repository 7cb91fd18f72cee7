"""Would the joint model say the same if it were looked at in another way?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats
from scipy.special import expit

from lib.patients.cohort import Cohort
from lib.statistics.profile import fitted, odds, wald


@dataclass(frozen=True)
class Comparison:
    """Two versions of the joint model side by side, or in `problem` why one is missing.

    `table` has one row per term but the intercept: odds_ratio, wald_lower, wald_upper, wald_p of
    the joint model and the same with the prefix ``other_``; NaN for a term that is not in a version.
    """

    table: pd.DataFrame
    patients: int
    problem: str | None = None


def _compared(
    cohort: Cohort,
    factors: list[str],
    rows: pd.DataFrame,
    others: list[str],
    other_rows: pd.DataFrame,
    level: float,
    how: str,
) -> Comparison:
    """The model of `factors` and `rows` beside the other, which `how` names in a problem."""
    tables, problems = [], []
    for columns, patients in ((factors, rows), (others, other_rows)):
        found, problem = fitted(cohort, patients, columns)
        table = pd.DataFrame(np.nan, columns, ["odds_ratio", "wald_lower", "wald_upper", "wald_p"])
        if found:
            table = wald(*found[:2], ["const", *columns], level).loc[columns, table.columns]
        tables.append(table)
        problems.append(problem)
    if problems[0] is None and problems[1]:
        problems[0] = f"{how}, {problems[1]}"
    return Comparison(
        tables[0].reindex(others).join(tables[1].add_prefix("other_")), len(rows), problems[0]
    )


def adjusted_for_group(
    cohort: Cohort, factors: list[str] | None = None, level: float = 0.95
) -> Comparison:
    """The joint model beside one (``other_``) that has the group in it as well.

    The group enters as one indicator per level that has patients, but the first of these. Both
    models use the patients who have a group.
    """
    factors = cohort.factors if factors is None else factors
    rows = cohort.complete([*factors, cohort.group, cohort.outcome])
    present = [one for one in cohort.groups if (rows[cohort.group] == one).any()]
    if len(present) < 2:
        return Comparison(pd.DataFrame(), len(rows), "fewer than two groups have patients")
    names = cohort.level_labels(cohort.group)
    indicators = {
        f"{cohort.label(cohort.group)}: {names[one]}": (rows[cohort.group] == one) * 1.0
        for one in present[1:]
    }
    how = f"with {cohort.label(cohort.group)} in the model"
    return _compared(
        cohort, factors, rows, [*factors, *indicators], rows.assign(**indicators), level, how
    )


@dataclass(frozen=True)
class Influence:
    """How much single patients carry the joint model, or in `problem` why there is no such model.

    `patients` has one row per patient with complete data: leverage, residual (standardized
    Pearson), cooks_distance, and for every factor "dfbeta_<factor>", the change of its coefficient
    in standard errors. `without` compares the joint model with the one that leaves out `most`
    (identifier, or row number from 1), the patient with the largest Cook's distance.
    """

    patients: pd.DataFrame
    most: str
    without: Comparison
    problem: str | None = None


def influence(cohort: Cohort, factors: list[str] | None = None, level: float = 0.95) -> Influence:
    """Leverage, standardized residual and Cook's distance of every patient in the joint model, and
    the model without the patient who matters most.

    The first three and the changes of the coefficients are one-step approximations; the model
    without the patient is fitted anew. Source: Pregibon 1981, Ann Stat 9:705-724.
    """
    factors = cohort.factors if factors is None else factors
    rows = cohort.complete([*factors, cohort.outcome])
    found, problem = fitted(cohort, rows, factors)
    if problem:
        return Influence(
            pd.DataFrame(), "", Comparison(pd.DataFrame(), len(rows), problem), problem
        )
    likelihood, coefficients, _ = found
    covariance = likelihood.covariance(coefficients)
    # Patients alike in factors and outcome have the same measures.
    alike = rows.groupby([*factors, cohort.outcome], sort=False)
    kinds = alike.size().index.to_frame(index=False).to_numpy()
    design, outcome = np.column_stack([np.ones(len(kinds)), kinds[:, :-1]]), kinds[:, -1]
    probability = expit(design @ coefficients)
    variance = probability * (1 - probability)
    leverage = variance * ((design @ covariance) * design).sum(axis=1)
    residual = (outcome - probability) / np.sqrt(variance * (1 - leverage))
    steps = (design @ covariance) * ((outcome - probability) / (1 - leverage))[:, None]
    measures = {
        "leverage": leverage,
        "residual": residual,
        "cooks_distance": residual**2 * leverage / (1 - leverage) / len(coefficients),
    }
    measures |= dict(
        zip(
            [f"dfbeta_{name}" for name in factors],
            (steps / np.sqrt(np.diag(covariance))).T[1:],
            strict=True,
        )
    )
    identifiers = cohort.named("id")
    kind = alike.ngroup().to_numpy()
    table = pd.DataFrame({name: values[kind] for name, values in measures.items()}, rows.index)
    most = table["cooks_distance"].idxmax()
    name = str(rows.at[most, identifiers[0]] if identifiers else most + 1)
    without = _compared(
        cohort,
        factors,
        rows,
        factors,
        rows.drop(index=most),
        level,
        "without the patient who matters most",
    )
    return Influence(table, name, without)


@dataclass(frozen=True)
class FunctionalForm:
    """A number in the joint model as a straight line and as a curve, or in `problem` why not.

    `p` is that of the likelihood-ratio test of the curve against the line, on `degrees_of_freedom`.
    `curve` has the columns value (in the factor's unit), linear, spline, lower and upper: odds
    ratios against the median, with pointwise limits of the spline.
    """

    statistic: float
    degrees_of_freedom: int
    p: float
    knots: list[float]
    curve: pd.DataFrame
    problem: str | None = None


def functional_form(
    cohort: Cohort, factor: str, knots: int = 4, level: float = 0.95
) -> FunctionalForm:
    """Is the log odds a straight line in this factor, the others held? Against a restricted cubic
    spline.

    Source: Harrell, Regression Modeling Strategies, 2nd ed. 2015, section 2.4.5 (formula 2.25; the
    knots at the quantiles of table 2.3). Statistical libraries put the outer knots at the extremes.
    """
    rows = cohort.complete([*cohort.factors, cohort.outcome])
    edge = 0.1 if knots == 3 else 0.05
    places = (
        np.quantile(rows[factor], np.linspace(edge, 1 - edge, knots))
        if len(rows)
        else np.full(knots, np.nan)
    )
    nothing = (np.nan, knots - 2, np.nan, places.tolist(), pd.DataFrame())
    if len(np.unique(places)) < knots:
        return FunctionalForm(
            *nothing, "the values are too few, or too often the same, for that many knots"
        )
    bends = _bends(rows[factor].to_numpy(), places)
    names = [f"{cohort.label(factor)}, bend {i + 1}" for i in range(knots - 2)]
    linear, problem = fitted(cohort, rows, cohort.factors)
    if linear:
        bent = rows.assign(**dict(zip(names, bends.T, strict=True)))
        spline, problem = fitted(cohort, bent, [*cohort.factors, *names])
        problem = problem and f"with the curve in the model, {problem}"
    if problem:
        return FunctionalForm(*nothing, problem)

    statistic = 2 * (spline[2] - linear[2])
    middle = rows[factor].median()
    values = np.linspace(rows[factor].min(), rows[factor].max(), 101)
    contrast = np.column_stack(
        [values - middle, _bends(values, places) - _bends(np.array([middle]), places)]
    )
    terms = [1 + cohort.factors.index(factor), *range(1 + len(cohort.factors), len(spline[1]))]
    log_odds = contrast @ spline[1][terms]
    covariance = spline[0].covariance(spline[1])[np.ix_(terms, terms)]
    reach = stats.norm.ppf((1 + level) / 2) * np.sqrt(
        ((contrast @ covariance) * contrast).sum(axis=1)
    )
    curves = {"linear": contrast[:, 0] * linear[1][terms[0]], "spline": log_odds}
    curves |= {"lower": log_odds - reach, "upper": log_odds + reach}
    curve = pd.DataFrame({"value": values} | {name: odds(line) for name, line in curves.items()})
    return FunctionalForm(
        statistic, knots - 2, stats.chi2.sf(statistic, knots - 2), places.tolist(), curve
    )


def _bends(values: np.ndarray, knots: np.ndarray) -> np.ndarray:
    """The nonlinear columns of a restricted cubic spline, one per knot but the last two."""
    cubes = np.maximum(values[:, None] - knots, 0) ** 3
    before, last = knots[-2], knots[-1]
    inner = knots[:-2]
    ends = cubes[:, -2:-1] * (last - inner) - cubes[:, -1:] * (before - inner)
    return (cubes[:, :-2] - ends / (last - before)) / (last - knots[0]) ** 2


def e_values(
    odds_ratio: pd.Series, lower: pd.Series, upper: pd.Series, event_proportion: float
) -> pd.DataFrame:
    """E-value of each odds ratio and of its limit nearer to 1: e_value, e_value_limit.

    How strongly, as a risk ratio, something unmeasured would have to go with both the factor and
    the outcome to explain the odds ratio away, or to move its limit to 1; 1 where the limits
    enclose 1. Where more than 15% have the event, the square root of the odds ratio stands for the
    risk ratio. That of a number is for one unit of it, so that it says little where the unit is
    small.

    Source: VanderWeele & Ding 2017, Ann Intern Med 167:268-274.
    """
    root = 2 if event_proportion > 0.15 else 1
    nearer = np.where(lower > 1, lower, np.where(upper < 1, upper, 1.0))
    nearer = np.where(np.isnan(lower) | np.isnan(upper), np.nan, nearer)
    found = {}
    for name, ratio in (("e_value", np.asarray(odds_ratio)), ("e_value_limit", nearer)):
        with np.errstate(divide="ignore"):
            risk_ratio = np.maximum(ratio, 1 / ratio) ** (1 / root)
        found[name] = risk_ratio + np.sqrt(risk_ratio * (risk_ratio - 1))
    return pd.DataFrame(found, odds_ratio.index)
