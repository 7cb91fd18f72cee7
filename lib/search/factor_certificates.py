"""The solver behind the bound with one significant yes-or-no factor.

As in `lib.search.certificates`, with the factor X among the terms: sixteen groups of patients alike
in outcome, markers and X, of which only the sizes of the eight without regard to X are known, and
how many of the occluded (a) and at most how many of the patent (b) have X. The multipliers of these
two counts join the certificate. For each a one program is solved; what its multipliers prove is
checked by `lib.compatible.one_factor`, whose head holds the proof.

`python -m lib.search.factor_certificates` makes data/compatible/one_factor.csv for the cores that
are neither excluded nor witnessed.
"""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator

import cvxpy as cp
import numpy as np
import pandas as pd
from scipy.special import expit
from tqdm import tqdm

from lib.compatible.exclusion import GROUPS, KNOWN, Printed
from lib.compatible.one_factor import FILE, MULTIPLIERS, least_margins, most_patent
from lib.compatible.study import FOLDER, Study, read_stored
from lib.paper.cores import cells
from lib.search import designs
from lib.search.certificates import SOLVER_GRID
from lib.search.store import replace

DIGITS = 9
KEYS = ["k1", "k0"]
HEADER = """\
# Proofs that a core is impossible with a yes-or-no factor that is significant alone: multipliers,
# of which each number of occluded patients with the factor takes the best. What they prove is
# checked by lib/compatible/one_factor.py, wherever they come from.
# Made by: python -m lib.search.factor_certificates
"""


def multipliers(printed: Printed, chosen: pd.DataFrame, counts: pd.Series) -> Iterator[list[float]]:
    """The best multipliers found for each core of ``chosen`` (k1, k0) and each number of occluded
    patients with the factor in ``counts`` (`one_factor.most_patent`): numbers of `MULTIPLIERS`.
    """
    patients = printed.first.sum()
    shares, with_factor = cp.Parameter(len(GROUPS), nonneg=True), cp.Parameter(2, nonneg=True)
    values, score = cp.Variable(len(GROUPS)), cp.Variable(5)
    of_counts = cp.Variable(2)  # multipliers of the occluded and the patent with the factor
    # As in `certificates`: of each marker, [[V, s], [s', k]] is positive semidefinite.
    matrices = [cp.Variable((6, 6), PSD=True) for _ in printed.polygons]
    gains = cp.Variable(len(printed.polygons))
    total = cp.reshape(matrices[0][:5, :5] + matrices[1][:5, :5], (25,), order="C")
    probability = expit(SOLVER_GRID)
    weight = probability * (1 - probability)
    constraints = [score[4] <= 0, of_counts[1] >= 0]
    for group, known in enumerate(KNOWN):
        outcome = GROUPS[group, 0]
        for factor in (0, 1):
            fixed = np.tile([*known, factor], (len(SOLVER_GRID), 1))
            rows = np.column_stack([fixed, SOLVER_GRID])
            squares = (weight[:, None, None] * rows[:, :, None] * rows[:, None, :]).reshape(-1, 25)
            function = ((outcome - probability)[:, None] * rows) @ score - squares @ total
            added = factor * of_counts[0 if outcome == 1 else 1]
            constraints.append(function + added >= values[group])
    for i, polygon in enumerate(printed.polygons):
        vector, square = matrices[i][:5, 5], matrices[i][5, 5]
        for beta, sigma in polygon:
            linear = 2 / np.sqrt(patients) * (vector[1 + i] + beta * vector[4])
            constraints.append(linear - sigma**2 * square >= gains[i])
    greatest = [polygon[:, 1].max() ** 2 for polygon in printed.polygons]
    size = sum(s * matrix[5, 5] for s, matrix in zip(greatest, matrices, strict=True))
    goal = shares @ values + cp.sum(gains) - with_factor @ of_counts
    problem = cp.Problem(cp.Maximize(goal), [*constraints, size == 1])
    for counted in cells(printed.first, printed.second, chosen).reshape(-1, len(GROUPS)):
        shares.value = counted / patients
        for pair in counts.items():
            with_factor.value = np.array(pair) / patients
            with warnings.catch_warnings(), contextlib.suppress(cp.SolverError):
                warnings.simplefilter("ignore")
                problem.solve(solver=cp.CLARABEL)
            # Back to units of one: V = (s / root k)(s / root k)'.
            roots = [np.sqrt(max(matrix.value[5, 5], 1e-30)) for matrix in matrices]
            vectors = [
                matrix.value[:5, 5] / root for matrix, root in zip(matrices, roots, strict=True)
            ]
            scales = [root * np.sqrt(patients) for root in roots]
            occluded, patent = of_counts.value
            slope = min(score.value[4], 0)
            yield [
                *np.concatenate(vectors),
                *scales,
                *score.value[:4],
                slope,
                occluded,
                max(patent, 0),
            ]


def proven(about: Study, chosen: pd.DataFrame, *, by_any_test: bool) -> pd.DataFrame:
    """Rows of one_factor.csv for those of the cores that are proven impossible with a factor
    significant alone by all four tests, or by any of them."""
    counts = most_patent(*about.totals, by_any_test=by_any_test)
    found = tqdm(
        multipliers(about.printed, chosen, counts),
        desc="by any test" if by_any_test else "by all tests",
        total=len(chosen) * len(counts),
    )
    numbers = pd.DataFrame(list(found), columns=MULTIPLIERS)
    numbers = numbers.map(lambda x: float(f"{x:.{DIGITS}g}"))
    rows = chosen.loc[chosen.index.repeat(len(counts))].reset_index(drop=True).join(numbers)
    margins = least_margins(about.printed, rows, by_any_test=by_any_test)
    return rows[pd.MultiIndex.from_frame(rows[KEYS]).isin(margins.index[margins > 0])]


def main() -> None:
    """Write one_factor.csv: of the undecided cores first those that fall with a factor significant
    by any test, then those that fall only with one significant by all four."""
    about, table = designs.read_study(), read_stored("cores.csv")
    chosen = table.loc[table["status"] == "undecided", KEYS]
    by_any = proven(about, chosen, by_any_test=True)
    left = ~pd.MultiIndex.from_frame(chosen).isin(pd.MultiIndex.from_frame(by_any[KEYS]))
    rows = pd.concat([by_any, proven(about, chosen[left], by_any_test=False)])
    rows = rows.sort_values(KEYS, kind="stable")
    text = HEADER + rows.to_csv(index=False, lineterminator="\n")
    replace(FOLDER / FILE, text.encode())


if __name__ == "__main__":
    main()
