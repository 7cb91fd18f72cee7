"""Replication: what a cohort with the paper's columns prints, beside what the paper printed.

The authors hold the one file that settles what the abstract leaves open. Given such a file, every
claim is computed from its rows as the book computes it; the joint model is fitted in each way that
the abstract may mean, and counted is how many of the printed odds ratios, limits and P each way
reproduces. A file of as many patients as the paper's has a place among the cross-tables of the
outcome and the two markers, and values of its own for all that stored cohorts leave open.
"""

import numpy as np
import pandas as pd

from lib.compatible import measures, verification
from lib.compatible.study import study
from lib.paper import ledger, reconstruct
from lib.paper.digits import agrees, last_digit, number, printings
from lib.paper.published import subject
from lib.patients import disclosure
from lib.patients.cohort import Cohort
from lib.statistics import multivariate, profile, sensitivity, univariate
from lib.words import listed

AGREES, NEAR, DIFFERS, ABSENT = "agrees", "one digit off", "differs", "not in the file"
ESTIMATORS = {
    "maximum likelihood, Wald limits": multivariate.fit,
    "maximum likelihood, profile limits": profile.profile_limits,
    "Firth's penalty, profile limits": profile.firth,
}
WALD, _, FIRTH = ESTIMATORS


def is_possible(cohort: Cohort, claims: pd.DataFrame) -> bool:
    """Whether the cohort has the paper's two markers, its outcome and its groups."""
    has_markers = set(reconstruct.markers(claims)) <= set(cohort.binary_factors)
    return has_markers and set(reconstruct.groups(claims)) == set(cohort.groups)


def lacking(cohort: Cohort, claims: pd.DataFrame) -> list[str]:
    """The paper's factors that the cohort has not."""
    claimed = claims.index[claims["section"] == "univariate"].map(subject)
    return [name for name in claimed if name not in cohort.factors]


def agreement(printed: str, value: float) -> str:
    """How a value agrees with a printed number: to the last digit, within one unit of it, not."""
    if np.isnan(value):
        return ABSENT
    if agrees(printed, value):
        return AGREES
    is_near = any(
        abs(number(text) - number(printed)) <= last_digit(printed)
        for text in printings(value, printed)
    )
    return NEAR if is_near and printed[0] not in "<>≤≥" else DIFFERS


def beside_claims(cohort: Cohort, claims: pd.DataFrame) -> pd.DataFrame:
    """Every claim (indexed as ``claims``), columns printed, value, agreement, withheld: its value
    in the cohort; NaN for what is not in the file."""
    printed, values = claims["printed"], ledger.cohort_values(cohort, claims)
    return pd.DataFrame(
        {
            "printed": printed,
            "value": values,
            "agreement": list(map(agreement, printed, values)),
            # Of a factor of the file there may be no value, which would tell as much.
            "withheld": np.array(ledger.are_withheld(cohort, claims))
            & (values.notna() | claims.index.map(subject).isin(cohort.factors)),
        }
    )


def tests_alone(cohort: Cohort, claims: pd.DataFrame) -> pd.DataFrame:
    """P of every factor alone by every test (factors x ``univariate.TEST_LABELS``), for the factors
    of which the paper prints one."""
    factors = [name for name in cohort.factors if f"univariate.{name}.p_value" in claims.index]
    return univariate.screen(cohort, factors)[list(univariate.TEST_LABELS)]


def models(cohort: Cohort, claims: pd.DataFrame) -> pd.DataFrame:
    """The joint model in each way that the abstract may mean.

    One row per model and estimator: columns model, estimator, withheld, agreeing (how many of the
    printed numbers it prints), printed (how many there are), and for each marker odds_ratio, lower,
    upper and p, as columns named "marker.estimate"; NaN where a model cannot be fitted.
    """
    markers = reconstruct.markers(claims)
    rows = []
    for model, factors, has_group, estimator in _models(cohort, markers):
        values = _terms(cohort, factors, has_group, estimator).reindex(
            index=markers, columns=list(ledger.ESTIMATES)
        )
        hits = [
            agreement(claims.at[name, "printed"], values.at[marker, column]) == AGREES
            for marker in markers
            for column, quantity in ledger.ESTIMATES.items()
            if (name := f"multivariate.{marker}.{quantity}") in claims.index
        ]
        rows.append(
            {
                "model": model,
                "estimator": estimator,
                "withheld": disclosure.hides_model(cohort, factors, has_group),
                "agreeing": sum(hits),
                "printed": len(hits),
            }
            | {".".join(place): value for place, value in values.stack(future_stack=True).items()}
        )
    return pd.DataFrame(rows)


def _models(cohort: Cohort, markers: list[str]) -> list[tuple[str, list[str], bool, str]]:
    """Each model in words, its factors, whether it holds the group, and how it is estimated."""
    every, group, ends = cohort.factors, cohort.phrase(cohort.group), []
    # What selection ends with tells of the factors that it lets go, as their tests would.
    if not (cohort.withheld.complete or disclosure.hides_model(cohort, every)):
        kept = backward(cohort)
        if not disclosure.hides_model(cohort, kept):
            words = listed([cohort.phrase(name) for name in kept])
            ends = [(f"backward elimination, which ends with {words}", kept, False, WALD)]
    return [
        *(("all factors", every, False, estimator) for estimator in ESTIMATORS),
        (f"all factors and {group}", every, True, WALD),
        *ends,
        ("the two markers", markers, False, WALD),
        ("the two markers", markers, False, FIRTH),
        (f"the two markers and {group}", markers, True, WALD),
        *(
            (f"the two markers and {cohort.phrase(other)}", [*markers, other], False, WALD)
            for other in every
            if other not in markers
        ),
    ]


def _terms(cohort: Cohort, factors: list[str], has_group: bool, estimator: str) -> pd.DataFrame:
    """The table of a model's terms."""
    if not has_group:
        return ESTIMATORS[estimator](cohort, factors).table
    table = sensitivity.adjusted_for_group(cohort, factors).table
    return table.filter(like="other_").rename(
        columns=lambda name: name.removeprefix("other_").removeprefix("wald_")
    )


def backward(cohort: Cohort) -> list[str]:
    """The factors that backward elimination keeps: the one with the largest Wald P goes, until
    every P is below 0.05."""
    kept = list(cohort.factors)
    while kept:
        p = multivariate.fit(cohort, kept).table.drop(index="const", errors="ignore")["p"]
        if p.empty or p.max() < 0.05:
            break
        kept.remove(p.idxmax())
    return kept


def core(cohort: Cohort, markers: list[str]) -> tuple[int, int]:
    """Patients with both markers: those with the outcome, and those without."""
    both = cohort.rows[markers].eq(1).all(axis=1)
    return tuple(int((both & (cohort.rows[cohort.outcome] == value)).sum()) for value in (1, 0))


def hides_place(cohort: Cohort, markers: list[str]) -> bool:
    """Whether the cohort's place among the cross-tables, and what follows from its rows there, may
    not be shown: a cell of outcome and markers, or a factor's own table, has too few patients, or
    the table of the markers or their model with the group is withheld."""
    cells = cohort.rows.groupby([cohort.outcome, *markers]).size()
    few = cohort.withheld.small(cells).any() or disclosure.hides_model(cohort, markers, True)
    return bool(few or cohort.withheld.outcome or frozenset(markers) in cohort.withheld.pairs)


def conclusions(cohort: Cohort, claims: pd.DataFrame, ranges: pd.DataFrame) -> pd.DataFrame:
    """What the abstract leaves open, as this cohort has it.

    One row per conclusion of ``ranges`` (``conclusions.ranges``): value, the least and the greatest
    that stored cohorts attain, and inside (whether the value lies between). Empty unless the cohort
    has the patients and the factors of which the claims speak, and no value is missing.
    """
    empty = pd.DataFrame(columns=["value", "least", "greatest", "inside"])
    if lacking(cohort, claims):
        return empty
    about = study(claims, cohort.codebook)
    rows = cohort.complete([about.group, *about.factors, about.outcome])
    if len(rows) != sum(about.totals):
        return empty
    measured = measures.measure(verification.columns_of(rows, about), about).iloc[0]
    first = ranges.drop_duplicates("conclusion").set_index("conclusion")
    table = first[["least", "greatest"]].assign(value=measured)
    return table.assign(inside=table["value"].between(table["least"], table["greatest"]))
