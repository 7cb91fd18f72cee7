"""What the abstract leaves open: the cores with what is known of each, and the range of each
conclusion.

Nothing is searched for here. What the search stored (`lib.search`) is checked against the claims,
and what fails the check counts as not stored.
"""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from lib.compatible import exclusion, ladder, measures, one_factor, verification
from lib.compatible.study import Study, read_stored, study
from lib.paper import reconstruct, verdicts
from lib.patients.loading import EXAMPLE, load
from lib.statistics import univariate

# What is known of a core: impossible whatever else was in the model; impossible if the model held a
# yes-or-no factor significant alone by all four tests; a cohort is stored; or neither.
KINDS = [
    "impossible",
    "impossible with a factor significant by all four tests",
    "witnessed",
    "undecided",
]


@dataclass(frozen=True)
class Known:
    """What the claims settle about the cores, or in `problem` why nothing is settled.

    `cores` has one row per core: k1, k0, n11 (patients with both markers), status ("excluded",
    "witnessed" or "undecided"), excluded_by, se_bound_first, se_bound_second, margin, nearest_miss;
    factor_margin, what is proven of a model with a significant yes-or-no factor (`one_factor`, NaN
    where nothing is stored), and kind, one of `KINDS`.
    `values` and `standing` have one row per stored cohort that prints every claim, the example
    cohort last where it is asked for: every conclusion (`measures.measure`) with n11, and the rungs
    that it stands on. `limits` are what is proven of the fit in each core that is not excluded
    (`exclusion.outer_bounds`). `labels` are the markers in words.
    """

    problem: str | None = None
    study: Study | None = None
    cores: pd.DataFrame = field(default_factory=pd.DataFrame)
    values: pd.DataFrame = field(default_factory=pd.DataFrame)
    standing: pd.DataFrame = field(default_factory=pd.DataFrame)
    limits: pd.DataFrame = field(default_factory=pd.DataFrame)
    labels: tuple[str, ...] = ("", "")


def known(claims: pd.DataFrame, with_example: bool = True) -> Known:
    """Judge every core by the stored certificates and witnesses, each of which is checked.

    A book about other patients leaves the example cohort out.
    """
    claims = reconstruct.original(claims)
    try:
        printed = exclusion.from_claims(claims)
        about = study(claims)
    except ValueError as error:
        return Known(problem=str(error))

    certificates = exclusion.read()
    table = exclusion.judge(printed, certificates)
    table = table.merge(read_stored("cores.csv")[["k1", "k0", "nearest_miss"]], how="left")
    stored = {"cohorts.parquet": ["k1", "k0"], "extremes.parquet": ["k1", "k0", "index"]}
    of_cores, of_extremes = (
        verification.believed(read_stored(name), keys, about) for name, keys in stored.items()
    )
    margins = one_factor.least_margins(printed, read_stored(one_factor.FILE))
    table = table.join(margins.rename("factor_margin"), on=["k1", "k0"])
    excluded, with_factor = table["excluded_by"] != "", table["factor_margin"] > 0
    keys, of_witness, of_extreme = (
        pd.MultiIndex.from_frame(one[["k1", "k0"]]) for one in (table, of_cores, of_extremes)
    )
    witnessed = keys.isin(of_witness)
    wrong = table.loc[(excluded | with_factor) & keys.isin(of_witness.union(of_extreme))]
    if len(wrong):
        raise ValueError(
            f"a proof says that no cohort has the core (k1, k0), and a cohort is stored: "
            f"{wrong[['k1', 'k0']].to_numpy().tolist()}. One of the checks is wrong, of the "
            "certificates (exclusion, one_factor) or of the cohorts (verification)."
        )
    table["status"] = np.select([excluded, witnessed], ["excluded", "witnessed"], "undecided")
    table["kind"] = np.select([excluded, with_factor, witnessed], KINDS[:3], KINDS[3])

    example = [load(EXAMPLE).rows] if with_example else []
    columns = verification.columns_of(pd.concat([of_cores, of_extremes, *example]), about)
    return Known(
        study=about,
        cores=table,
        values=measures.measure(columns, about),
        standing=ladder.standing(columns, about),
        limits=exclusion.outer_bounds(printed, certificates),
        labels=tuple(verdicts.about(marker) for marker in about.markers),
    )


def span(values: pd.Series) -> str:
    """The least and the greatest of some whole numbers, in words."""
    if not len(values):
        return "no number"
    return " to ".join(dict.fromkeys(f"{end:.0f}" for end in (values.min(), values.max())))


def ranges(of: Known) -> pd.DataFrame:
    """The least and the greatest value of every conclusion on every rung of the assumption ladder.

    Columns: conclusion, rung, words (of the rung), cohorts (that stand on it), least and greatest,
    both attained by stored cohorts; proven_least and proven_greatest, limits that hold whatever
    else was in the model (NaN where none is known).
    """
    proven = pd.DataFrame(_proven(of), index=["proven_least", "proven_greatest"]).T
    attained = {
        (rung.name, rung.words): of.values[of.standing[rung.name]].agg(["count", "min", "max"]).T
        for rung in ladder.RUNGS
    }
    table = pd.concat(attained, names=["rung", "words", "conclusion"])
    table = table.set_axis(["cohorts", "least", "greatest"], axis=1).join(proven, on="conclusion")
    return table.reset_index(["rung", "words"]).reset_index()


def _proven(of: Known) -> dict[str, tuple[float, float]]:
    """Limits of conclusions, over all cores that are not excluded, that certificates or complete
    listing prove.
    """
    left = of.cores.loc[of.cores["status"] != "excluded", "n11"]
    of_fit = {
        f"model.{name}": (of.limits[name, "least"].min(), of.limits[name, "most"].max())
        for name in ("brier", "discrimination_slope", "nagelkerke")
    }
    # Whichever test the printed P is of; the odds ratio then has no limit.
    factor = univariate.limits_of_significant(*of.study.totals, by_every_test=False)
    of_factor = {f"binary.{name}": tuple(factor.loc[name]) for name in ("share", "p_value")}
    return {"n11": (left.min(), left.max()), **of_fit, **of_factor}


def holds(values: pd.Series) -> str:
    """Whether P values are below 0.05 in all of some cohorts, in some or in none."""
    below = (values < 0.05).mean()
    return (
        "in all cohorts found"
        if below == 1
        else "in none of the cohorts found"
        if below == 0
        else "in some cohorts and not in others"
    )
