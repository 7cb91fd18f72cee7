"""Why a logistic model may have no answer: factors that do not vary, repeat one another, or
separate the outcomes.

Factors separate the outcomes where some combination of them puts patients on their outcome's side
of a border and none on the other side (Albert & Anderson 1984, Biometrika 71:1-10). Its
coefficients can then grow without end while the likelihood rises. Of all combinations with
coefficients from -1 to 1 that put no patient on the wrong side, a linear program finds the one
whose distances from the border, on the right side, have the largest sum: zero where nothing
separates (Konis 2007, Linear programming algorithms for detecting separated data in binary logistic
regression models, thesis, Oxford, section 4).

Hand-written because firthmodels, which solves the same program, says neither which patients are
told apart nor which factors suffice for it.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.optimize import linprog
from statsmodels.tools.tools import add_constant

from lib.patients.cohort import Cohort
from lib.words import listed, whole

# A combination of standardized columns tells a patient apart from this distance to the border on.
MARGIN = 1e-6
# Where this many rows, taken evenly, overlap in every direction, all rows do.
FEW = 5000
JOIN = "; join a level that none of them has with another, in the file and its codebook"


def why_no_model(
    cohort: Cohort, rows: pd.DataFrame, factors: list[str], finite: bool = True
) -> str | None:
    """Why a model of these columns has no answer; ``finite`` where separation is such a reason."""
    if rows[cohort.outcome].nunique() < 2:
        return one_outcome(cohort, rows)
    constant = [name for name in factors if rows[name].nunique() < 2]
    if constant:
        absent = [cohort.reference(name) for name in constant if not rows[name].any()]
        return (
            f"these factors do not vary{_among(cohort, rows)}: {listed(labels(cohort, constant))}"
            + JOIN * any(0 < rows[reference].mean() < 1 for reference in absent if reference)
        )
    patterns, _ = standardized(rows[factors].drop_duplicates())
    rank = np.linalg.matrix_rank(patterns)
    if rank <= len(factors):
        spare = [
            name for name in factors if np.linalg.matrix_rank(patterns.drop(columns=name)) == rank
        ]
        # Without a patient at the reference, the other levels are together all patients.
        references = dict.fromkeys(filter(None, map(cohort.reference, spare)))
        if empty := [name for name in references if not rows[name].any()]:
            return (
                f"no patient{' with complete data' if _among(cohort, rows) else ''} has "
                f"{listed(labels(cohort, empty))}, the reference; put another level first in the "
                "column levels of the codebook"
            )
        return (
            f"these factors are exact combinations of one another: {listed(labels(cohort, spare))}"
        )
    if finite and _separated(rows, factors, cohort.outcome):
        return "the factors separate the outcomes, so no finite maximum of the likelihood exists"
    return None


def standardized(factors: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """A design of standardized factors, and the matrix that takes its coefficients back.

    The design has a column of ones ("const") and each factor less its mean, over its standard
    deviation where it varies, so that no unit and no far origin (years, say) troubles a search. The
    matrix times the coefficients of the design, intercept first, is the coefficients of the factors
    as they are.
    """
    mean, spread = factors.mean(), factors.std(ddof=0).replace(0, 1)
    design = add_constant((factors - mean) / spread, has_constant="add")
    back = pd.DataFrame(np.diag([1.0, *1 / spread]), design.columns, design.columns)
    back.loc["const", factors.columns] = -mean / spread
    return design, back


def one_outcome(cohort: Cohort, rows: pd.DataFrame) -> str:
    """Why rows that have no two outcomes give no answer."""
    if rows.empty:
        return "no patient has all values"
    return f"the outcome does not vary{_among(cohort, rows)}"


def _among(cohort: Cohort, rows: pd.DataFrame) -> str:
    return " among the patients with complete data" * (len(rows) < len(cohort.rows))


def labels(cohort: Cohort, names: list[str]) -> list[str]:
    return [cohort.label(name) if name in cohort.codebook.index else name for name in names]


@dataclass(frozen=True)
class Separation:
    """Which factors tell the outcomes apart.

    ``told_apart`` counts the patients whose outcome the factors leave no doubt about; ``account``
    says in words which factors separate by themselves, and which only in combination.
    """

    told_apart: int
    account: str


def separation(cohort: Cohort) -> Separation:
    """Do factors, alone or combined, separate the outcomes, so that odds ratios become infinite?

    Of a combination only the factors are named none of which can be spared.
    """
    factors = cohort.factors
    rows = cohort.complete([*factors, cohort.outcome])
    if rows[cohort.outcome].nunique() < 2:
        return Separation(0, f"Separation cannot be judged: {one_outcome(cohort, rows)}.")
    told_apart = _separated(rows, factors, cohort.outcome)
    if not told_apart:
        return Separation(0, "No factor and no combination of factors separates the outcomes.")
    kind = "complete" if told_apart == len(rows) else "quasi-complete"
    alone = [name for name in factors if _separated(rows, [name], cohort.outcome)]
    sentences = [
        f"Separation is {kind}: the factors leave no doubt about {whole(told_apart)} "
        f"of {whole(len(rows))} patients.",
        *(_one_sided(cohort, rows, name) for name in alone),
    ]
    together = [name for name in factors if name not in alone]
    if _separated(rows, together, cohort.outcome):
        for name in list(together):
            fewer = [other for other in together if other != name]
            together = fewer if _separated(rows, fewer, cohort.outcome) else together
        sentences.append(
            f"Only in combination, these separate the outcomes: {listed(labels(cohort, together))}."
        )
    return Separation(told_apart, " ".join(sentences))


def _separated(rows: pd.DataFrame, factors: list[str], outcome: str) -> int:
    """How many patients some combination of the factors puts on their outcome's side of a border,
    while it puts none on the other side."""
    counts = rows.groupby([*factors, outcome], sort=False).size()
    patterns = counts.index.to_frame()
    design, _ = standardized(patterns[factors])
    signed = design.to_numpy() * (2 * patterns[[outcome]] - 1).to_numpy()
    some = signed[:: len(signed) // FEW + 1]
    if np.linalg.matrix_rank(some) == some.shape[1] and not _apart(some).any():
        return 0
    # Each program leaves some rows on the border. Those it told apart stay so, however little is
    # added of a combination that separates the rest.
    total, counts = 0, counts.to_numpy()
    while len(signed) and (apart := _apart(signed)).any():
        total += counts[apart].sum()
        signed, counts = signed[~apart], counts[~apart]
    return int(total)


def _apart(signed: np.ndarray) -> np.ndarray:
    """The rows told apart by the linear program of Konis: of the combinations within a box that put
    no row on the wrong side, the one whose distances on the right side have the largest sum."""
    found = linprog(-signed.sum(axis=0), A_ub=-signed, b_ub=np.zeros(len(signed)), bounds=(-1, 1))
    return signed @ found.x > MARGIN


def _one_sided(cohort: Cohort, rows: pd.DataFrame, factor: str) -> str:
    """Which values of a factor that separates alone occur with one outcome only, in words."""
    outcomes, levels = cohort.level_labels(cohort.outcome), cohort.level_labels(factor)
    values, parts = rows[factor], []
    for outcome in (1, 0):
        other = values[rows[cohort.outcome] != outcome]
        for side, limit, beyond, level in (
            ("above", other.max(), values > other.max(), "1"),
            ("below", other.min(), values < other.min(), "0"),
        ):
            where = (
                f"“{levels[level]}”"
                if factor in cohort.binary_factors
                else f"{side} {limit:.7g}".replace("-", "−")
            )
            if beyond.any():
                parts.append(
                    f"where it is {where}, every patient ({whole(beyond.sum())}) has the outcome "
                    f"“{outcomes[str(outcome)]}”"
                )
    return f"{cohort.label(factor)} separates alone: {listed(parts)}."
