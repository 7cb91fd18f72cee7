"""Would the joint model say the same if it were looked at in another way?

Four questions, each answered by fitting the model again with one thing changed:

* with the group in the model as well (``adjusted_for_group``);
* without the patient who matters most (``influence``);
* with a curve in place of a straight line for a number (``functional_form``);
* with something unmeasured that would explain an odds ratio away (``e_values``), which needs no
  fit, only the odds ratio.
"""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy import stats
from statsmodels.genmod.families import Binomial
from statsmodels.genmod.generalized_linear_model import GLM

from lib.patients.cohort import Cohort
from lib.statistics import multivariate
from lib.statistics.multivariate import JointModel
from lib.statistics.splines import restricted_cubic_spline

# Where a curve of a number has its knots: for four, table 2.3 of Harrell 2015.
QUANTILES = [0.05, 0.35, 0.65, 0.95]
# How little the deviance may change at the last iteration.
TOLERANCE = 1e-13


@dataclass(frozen=True)
class Comparison:
    """Two versions of the joint model side by side, or in ``problem`` why one is missing.

    ``table`` has one row per term but the intercept: odds_ratio, wald_lower, wald_upper, wald_p of
    the joint model and the same with the prefix ``other_``; NaN for a term that a version lacks.
    """

    table: pd.DataFrame
    problem: str | None = None


def _compared(model: JointModel, other: JointModel, terms: list[str], how: str) -> Comparison:
    """The joint model beside another one, which ``how`` names in a problem."""
    names = {
        "odds_ratio": "odds_ratio",
        "lower": "wald_lower",
        "upper": "wald_upper",
        "p": "wald_p",
    }
    own, others = (
        one.table.reindex(terms)[list(names)].rename(columns=names) for one in (model, other)
    )
    problem = model.problem or (other.problem and f"{how}, {other.problem}")
    return Comparison(own.join(others.add_prefix("other_")), problem)


def adjusted_for_group(cohort: Cohort, factors: list[str] | None = None) -> Comparison:
    """The joint model beside one (prefix ``other_``) that has the group in it as well.

    The group enters as one indicator per level that has patients, but the first of these. Both
    models use the patients who have a group.
    """
    factors = cohort.factors if factors is None else factors
    rows = cohort.complete([*factors, cohort.group, cohort.outcome])
    groups, label = rows[cohort.group].cat.remove_unused_categories(), cohort.label(cohort.group)
    indicators = pd.get_dummies(groups, label, ": ", drop_first=True, dtype=float)
    if indicators.empty:
        return Comparison(pd.DataFrame(), "fewer than two groups have patients")
    terms = [*factors, *indicators]
    # All rows stay, without the outcome where they are left out, so that steps stay the same.
    grouped = replace(cohort, rows=cohort.rows.assign(**indicators, **rows[[cohort.outcome]]))
    return _compared(
        multivariate.fit(grouped, factors),
        multivariate.fit(grouped, terms),
        terms,
        f"with {label} in the model",
    )


def influence(cohort: Cohort) -> tuple[pd.Series, Comparison]:
    """Cook's distance of every patient in the joint model, and the joint model beside the one
    without the patient who matters most.

    By row, of the patients with complete data; of none where there is no joint model. The distance
    is a one-step approximation; the model without the patient is fitted anew. Source: Pregibon
    1981, Ann Stat 9:705-724.
    """
    factors = cohort.factors
    rows = cohort.complete([*factors, cohort.outcome])
    model = multivariate.fit(cohort)
    if model.problem:
        return pd.Series(dtype=float), Comparison(pd.DataFrame(), model.problem)
    # The distance has no unit, so that the standardized factors serve as well.
    design, _ = multivariate.standardized(rows[factors])
    fitted = GLM(rows[cohort.outcome], design, family=Binomial()).fit(tol=TOLERANCE)
    distance = pd.Series(fitted.get_influence().cooks_distance[0], rows.index)
    # Patients alike differ by rounding; the first of them is taken.
    most = (distance > distance.max() * (1 - 1e-9)).idxmax()
    # Its row stays, without the outcome, so that steps stay the same.
    fewer = cohort.rows.assign(**{cohort.outcome: cohort.rows[cohort.outcome].drop(most)})
    return distance, _compared(
        model,
        multivariate.fit(replace(cohort, rows=fewer)),
        factors,
        "without the patient who matters most",
    )


@dataclass(frozen=True)
class FunctionalForm:
    """A number in the joint model as a straight line and as a curve, or in ``problem`` why not.

    ``p`` is that of the likelihood-ratio test of the curve against the line. ``curve`` has the
    columns value (in the factor's unit), linear, spline, lower and upper: odds ratios against the
    median, with pointwise limits of the spline.
    """

    p: float
    curve: pd.DataFrame
    problem: str | None = None


def functional_form(cohort: Cohort, factor: str) -> FunctionalForm:
    """Is the log odds a straight line in this factor, the others held? Against a restricted cubic
    spline with four knots. The curve ends where fewer patients would lie beyond than the
    cohort may show, and is empty where fewer lie beyond its outer knots.

    Source: Harrell 2015, Regression Modeling Strategies, 2nd ed., section 2.4.5, with the knots at
    the quantiles of table 2.3; libraries put the outer knots at the extremes.
    """
    rows = cohort.complete([*cohort.factors, cohort.outcome])
    knots = np.unique(np.quantile(rows[factor], QUANTILES)) if len(rows) else []
    if len(knots) < len(QUANTILES):
        return FunctionalForm(
            np.nan,
            pd.DataFrame(),
            "the values are too few, or too often the same, for that many knots",
        )
    columns = [f"{cohort.label(factor)}, part {i} of the curve" for i in range(1, len(knots))]
    others = [name for name in cohort.factors if name != factor]
    curved = pd.DataFrame(restricted_cubic_spline(rows[factor], knots), rows.index, columns)
    line = multivariate.fit(cohort)
    spline = multivariate.fit(replace(cohort, rows=rows.join(curved)), [*others, *columns])
    problem = line.problem or (spline.problem and f"with the curve in the model, {spline.problem}")
    if problem:
        return FunctionalForm(np.nan, pd.DataFrame(), problem)

    # The line is one of the curves, so twice the gain of likelihood is a chi-square.
    statistic = 2 * (spline.log_likelihood - line.log_likelihood)
    middle = rows[factor].median()
    beyond = max(cohort.withheld.threshold, 1)
    ends = np.sort(rows[factor])[[min(beyond, len(rows)) - 1, -min(beyond, len(rows))]]
    values = np.linspace(*ends, 101)
    contrast = restricted_cubic_spline(values, knots) - restricted_cubic_spline([middle], knots)
    log_odds = contrast @ spline.table.loc[columns, "coefficient"].to_numpy()
    covariance = spline.covariance.loc[columns, columns].to_numpy()
    error = np.sqrt(((contrast @ covariance) * contrast).sum(axis=1))
    ratios = multivariate.odds_ratios(log_odds, error)
    with np.errstate(over="ignore"):
        linear = np.exp((values - middle) * line.table.at[factor, "coefficient"])
    curve = pd.DataFrame(
        {
            "value": values,
            "linear": linear,
            "spline": ratios["odds_ratio"],
            "lower": ratios["lower"],
            "upper": ratios["upper"],
        }
    )
    # From a part of it the knots can be computed.
    if any(cohort.withheld.hides_quantile(rows[factor], end) for end in knots[[0, -1]]):
        curve = curve.iloc[:0]
    return FunctionalForm(stats.chi2.sf(statistic, len(knots) - 2), curve)


def e_values(
    odds_ratio: pd.Series, lower: pd.Series, upper: pd.Series, *, event_proportion: float
) -> pd.DataFrame:
    """E-value of each odds ratio and of its limit nearer to 1: e_value, e_value_limit.

    How strongly, as a risk ratio, something unmeasured would have to go with both the factor and
    the outcome to explain the odds ratio away, or to move its limit to 1; 1 where the limits
    enclose 1. Where more than 15% have the event, the square root of the odds ratio stands for the
    risk ratio. That of a number is for the difference that its odds ratio is about.

    Source: VanderWeele & Ding 2017, Ann Intern Med 167:268-274.
    """
    nearer = np.clip(1.0, lower.to_numpy(), upper.to_numpy())
    ratios = pd.DataFrame({"e_value": odds_ratio, "e_value_limit": nearer})
    root = 2 if event_proportion > 0.15 else 1
    risk_ratios = np.maximum(ratios, 1 / ratios) ** (1 / root)
    return risk_ratios + np.sqrt(risk_ratios * (risk_ratios - 1))
