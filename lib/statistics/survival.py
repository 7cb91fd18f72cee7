"""Primary patency over time, where a cohort says how long each patient was followed.

The Kaplan-Meier estimate multiplies, over the times at which an event happens, the share of those
still at risk who pass without one (Kaplan & Meier 1958, J Am Stat Assoc 53:457-481). A patient
whose follow-up ends without the event is at risk until then and counts no longer. The limits are
those of log(-log S), which stay between zero and one (Kalbfleisch & Prentice 2002, The Statistical
Analysis of Failure Time Data, 2nd ed., section 1.4). The log-rank test adds up, over these times,
the events in each group less those expected if the groups shared one curve (Mantel 1966, Cancer
Chemother Rep 50:163-170). Estimates come from scipy, the test from statsmodels.
"""

import warnings
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.ticker import MaxNLocator
from scipy import stats
from statsmodels.duration.survfunc import survdiff

from lib.patients.cohort import Cohort
from lib.patients.errors import that_hold

ALL = "all patients"
LOG_RANK = ["statistic", "degrees_of_freedom", "p"]


@dataclass(frozen=True)
class Survival:
    """What ``describe`` found, or in ``problem`` the reason in words why there is nothing.

    ``curves`` has the column group, then those of ``kaplan_meier``, for all patients first and then
    for each group that has patients. ``follow_up`` has one row per group, all patients first:
    patients, events, and the median follow-up with its limits. ``log_rank`` is what the function
    ``log_rank`` returns; where it is NaN, ``log_rank_problem`` says why.
    """

    curves: pd.DataFrame
    follow_up: pd.DataFrame
    log_rank: pd.Series
    left_out: int
    problem: str | None = None
    log_rank_problem: str | None = None


def kaplan_meier(time: np.ndarray, event: np.ndarray) -> pd.DataFrame:
    """Product-limit estimate of the proportion without an event, with pointwise 95% log-log limits.

    ``time`` is the follow-up of each patient, in any unit, and ``event`` is 1 where it ended with
    the event and 0 where it was censored; neither may be missing. One row per distinct time, after
    one for time 0: time, at_risk (followed up to this time or longer), events, censored, survival,
    lower, upper. The limits are NaN where the estimate is 1 or 0.

    Source: Kaplan & Meier 1958, J Am Stat Assoc 53:457-481; for the limits Kalbfleisch & Prentice,
    The Statistical Analysis of Failure Time Data, 2nd ed. 2002, section 1.4.
    """
    time, event = np.asarray(time, dtype=float), np.asarray(event, dtype=float)
    curve = pd.DataFrame({"events": event, "censored": 1 - event}).groupby(time).sum()
    curve = curve.reindex(np.union1d(curve.index, 0), fill_value=0).astype(int)
    curve.insert(
        0, "at_risk", len(time) - (curve["events"] + curve["censored"]).cumsum().shift(fill_value=0)
    )
    estimate = stats.ecdf(stats.CensoredData.right_censored(time, event == 0)).sf
    with warnings.catch_warnings():
        # That there are no limits where the estimate is 1 or 0 is said above.
        warnings.filterwarnings("ignore", "The confidence interval is undefined")
        limits = estimate.confidence_interval(method="log-log")
    for name, steps in {"survival": estimate, "lower": limits.low, "upper": limits.high}.items():
        curve[name] = pd.Series(steps.probabilities, steps.quantiles)
    return curve.fillna({"survival": 1}).rename_axis("time").reset_index()


def at_times(curve: pd.DataFrame, times: list[float]) -> pd.DataFrame:
    """A curve of ``kaplan_meier`` read at chosen times, one row each.

    Columns: at_risk (followed up to this time or longer), events (up to and at this time), censored
    (before this time), survival, lower, upper. After the longest follow-up these three are NaN.
    """
    table = curve.set_index("time")
    so_far = table[["events", "censored"]].cumsum()
    estimates = table[["survival", "lower", "upper"]].reindex(times, method="ffill")
    estimates[estimates.index > table.index.max()] = np.nan
    counts = {
        "at_risk": table["at_risk"].reindex(times, method="bfill", fill_value=0),
        "events": so_far["events"].reindex(times, method="ffill", fill_value=0),
        "censored": so_far["censored"]
        .shift(fill_value=0)
        .reindex(times, method="bfill", fill_value=so_far["censored"].iloc[-1]),
    }
    return pd.DataFrame(counts).join(estimates)


def round_times(longest: float) -> list[float]:
    """Round numbers from zero to a follow-up, at which a curve may be read."""
    ticks = MaxNLocator(6, steps=[1, 2, 3, 6, 10]).tick_values(0, longest)
    return [float(tick) for tick in ticks if 0 <= tick <= longest]


def read_by_group(curves: pd.DataFrame, times: list[float]) -> pd.DataFrame:
    """Curves of ``describe`` at chosen times: group, time, and the columns of ``at_times``."""
    read = {group: at_times(curve, times) for group, curve in curves.groupby("group", sort=False)}
    return pd.concat(read, names=["group"]).reset_index()


def median(curve: pd.DataFrame) -> pd.Series:
    """Median time to the event, from a curve of ``kaplan_meier``, with its limits: median, lower,
    upper.

    The first time at which the estimate is below one half; where it equals one half for a while,
    the middle of that while. The limits are where the pointwise limits do the same. NaN where it is
    not reached. Source: Brookmeyer & Crowley 1982, Biometrics 38:29-41.
    """
    crossings = {"median": "survival", "lower": "lower", "upper": "upper"}
    return pd.Series(
        {name: _first_half(curve["time"], curve[column]) for name, column in crossings.items()}
    )


def _first_half(time: pd.Series, values: pd.Series) -> float:
    # Products of fractions that are one half on paper need not be so in floating point.
    reached, passed = time[values <= 0.5 + 1e-9], time[values < 0.5 - 1e-9]
    return (reached.min() + (reached if passed.empty else passed).min()) / 2


def median_follow_up(time: np.ndarray, event: np.ndarray) -> pd.Series:
    """Median follow-up with its limits (median, lower, upper) by the reverse Kaplan-Meier method,
    in which being censored is the event. Source: Schemper & Smith 1996, Control Clin Trials
    17:343-346."""
    return median(kaplan_meier(time, 1 - np.asarray(event)))


def log_rank(time: np.ndarray, event: np.ndarray, group: np.ndarray) -> pd.Series:
    """Do the curves of the groups differ? Unweighted log-rank test of any number of groups.

    Returns statistic (chi-square), degrees_of_freedom and p; NaN where fewer than two groups have
    patients, or the groups are never at risk together when an event happens. Source: Mantel 1966,
    Cancer Chemother Rep 50:163-170.
    """
    degrees = len(np.unique(group)) - 1
    if degrees < 1:
        return pd.Series(np.nan, LOG_RANK)
    try:
        statistic, _ = survdiff(time, event, group)
    except np.linalg.LinAlgError:  # a matrix without an inverse
        return pd.Series(np.nan, LOG_RANK)
    # Not the library's own P, which as a difference from one is 0 below 1e-16.
    return pd.Series([statistic, degrees, stats.chi2.sf(statistic, degrees)], LOG_RANK)


def describe(cohort: Cohort) -> Survival:
    """Curves, log-rank test and median follow-up of a cohort with a time and an event column.

    Patients with a missing time or event are left out and counted. Those whose group is missing are
    among all patients, and in no group.
    """
    names = [*cohort.named("time"), *cohort.named("event")]
    known = cohort.complete(names)
    left_out = len(cohort.rows) - len(known)
    problems = that_hold(
        {
            "the cohort has no column for the length of follow-up, or none for the event at its "
            "end": len(names) < 2,
            "no patient has a time and an event": known.empty,
            "some lengths of follow-up are negative": (known[names[:1]] < 0).any(axis=None),
        }
    )
    if problems:
        nothing = pd.DataFrame(), pd.DataFrame(), pd.Series(np.nan, LOG_RANK)
        return Survival(*nothing, left_out, problems[0])

    time, event, group = (known[name].to_numpy() for name in (*names, cohort.group))
    curves, follow_up = {}, {}
    for name in [ALL, *cohort.groups]:
        members = np.full(len(known), True) if name == ALL else group == name
        follow_up[name] = {"patients": members.sum(), "events": int(event[members].sum())}
        if members.any():
            curves[name] = kaplan_meier(time[members], event[members])
            follow_up[name] |= median_follow_up(time[members], event[members])
    placed = known[cohort.group].notna().to_numpy()
    test = log_rank(time[placed], event[placed], group[placed])
    test_problems = that_hold(
        {
            "fewer than two groups have patients": len(np.unique(group[placed])) < 2,
            "no patient has the event": not event[placed].any(),
            "the groups are never at risk together": test.isna().any(),
        }
    )
    table = pd.concat(curves, names=["group"]).reset_index("group").reset_index(drop=True)
    follow_up = pd.DataFrame.from_dict(follow_up, orient="index").reindex(
        columns=["patients", "events", "median", "lower", "upper"]
    )
    return Survival(table, follow_up, test, left_out, None, next(iter(test_problems), None))
