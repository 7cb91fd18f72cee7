"""The solver behind the convex bound: proofs about cores, found by semidefinite programming.

On a grid of linear predictors, `_solutions` solves the program dual to: the least excess of the two
variances over what is printed (or the least sum of a functional) over all ways to spread the eight
groups of patients over the grid that meet the score equations and the information inequalities. Its
multipliers are a certificate. Nothing is claimed for it: `lib.compatible.exclusion.margins` proves,
for every linear predictor and not only those of the grid, and at every build.

Source: the duality is that of linear matrix inequalities, Boyd and Vandenberghe 2004, Convex
Optimization, section 5.9; the least variance as 2 u.h - u'Mu is its Schur complement, A.5.5.

`python -m lib.search.certificates` makes data/compatible/certificates.csv.
"""

from __future__ import annotations

import contextlib
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

import cvxpy as cp
import numpy as np
import pandas as pd
from scipy.special import expit
from tqdm import tqdm

from lib.compatible.exclusion import (
    CERTIFICATE,
    FUNCTIONALS,
    GROUPS,
    PATH,
    Printed,
    from_claims,
    functional_values,
    margins,
)
from lib.paper import published
from lib.paper.cores import cells
from lib.search.store import replace

# Where the program looks at eta.
SOLVER_GRID = np.unique(
    [
        sign * x
        for sign in (-1, 1)
        for x in (*np.arange(81) / 20, *np.arange(41, 80) / 10, *range(8, 16))
    ]
)
LARGEST_MULTIPLIERS = (1e3, 1e2, 1e1)
DIGITS = 7  # of a stored certificate
HEADER = """\
# Proofs about cores: which ones no logistic model can have printed (functional empty), and limits
# of fit for the rest. What they prove is checked by lib/compatible/exclusion.py, wherever they come
# from. Made from data/published.csv by: python -m lib.search.certificates
"""


def certify(
    printed: Printed, chosen: pd.DataFrame, functional: str | None = None
) -> Iterator[np.ndarray]:
    """The best certificate found for each core of `chosen` (k1, k0), one after the other.

    Nothing is claimed for what it returns; `margins` proves.
    """
    for certificate, _ in _solutions(printed, chosen, functional):
        yield certificate


def spread(printed: Printed, k1: int, k0: int, functional: str | None = None) -> np.ndarray:
    """How a core's groups are spread over `SOLVER_GRID` where the two variances are least, or the
    sum of a functional: patients, groups x eta."""
    ((_, masses),) = _solutions(printed, pd.DataFrame({"k1": [k1], "k0": [k0]}), functional)
    return masses


def _solutions(
    printed: Printed, chosen: pd.DataFrame, functional: str | None = None
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """For each core the best certificate found, and the spread of eta that it proves against."""
    weight = expit(SOLVER_GRID) * expit(-SOLVER_GRID)
    # Everything is counted per patient: s is in units of the root of their number, k in units of
    # it.
    patients = printed.first.sum()
    shares = cp.Parameter(len(GROUPS), nonneg=True)
    values = cp.Variable(len(GROUPS))
    score = cp.Variable(4)
    # Of each marker, [[V, s], [s', k]] is positive semidefinite; V = s s' / k loses nothing.
    matrices = [cp.Variable((5, 5), PSD=True) for _ in printed.polygons]
    gains = cp.Variable(len(printed.polygons))
    constraints, of_groups = [score[3] <= 0], []
    total = cp.reshape(matrices[0][:4, :4] + matrices[1][:4, :4], (16,), order="C")
    for group, (y, a, b) in enumerate(GROUPS):
        rows = np.column_stack(
            [np.ones_like(SOLVER_GRID), a + 0 * SOLVER_GRID, b + 0 * SOLVER_GRID, SOLVER_GRID]
        )
        squares = (weight[:, None, None] * rows[:, :, None] * rows[:, None, :]).reshape(-1, 16)
        residual = y - expit(SOLVER_GRID)
        function = (residual[:, None] * rows) @ score - squares @ total
        if functional:
            function = function + functional_values(
                functional, y, expit(SOLVER_GRID), expit(-SOLVER_GRID)
            )
        of_groups.append(function >= values[group])
    for i, polygon in enumerate(printed.polygons):
        vector, square = matrices[i][:4, 4], matrices[i][4, 4]
        for beta, sigma in polygon:
            linear = 2 / np.sqrt(patients) * (vector[1 + i] + beta * vector[3])
            constraints.append(linear - sigma**2 * square >= gains[i])
    scale = [polygon[:, 1].max() ** 2 for polygon in printed.polygons]
    size = sum(s * matrix[4, 4] for s, matrix in zip(scale, matrices, strict=True))
    # The limit matters only where the grid makes a core look excluded that barely is not; the
    # solver may fail there, and finds its way with a lower one, at the price of a weaker
    # certificate.
    limit = cp.Parameter(nonneg=True)
    constraints.append(size <= limit if functional else size == 1)
    problem = cp.Problem(cp.Maximize(shares @ values + cp.sum(gains)), constraints + of_groups)
    for counts in cells(printed.first, printed.second, chosen).reshape(-1, len(GROUPS)):
        shares.value = counts / patients
        with warnings.catch_warnings():
            # An inaccurate certificate proves a little less, and `margins` says how much.
            warnings.simplefilter("ignore")
            for limit.value in LARGEST_MULTIPLIERS:
                with contextlib.suppress(cp.SolverError):
                    problem.solve(solver=cp.CLARABEL)
                    if problem.status in ("optimal", "optimal_inaccurate"):
                        break
            else:
                raise RuntimeError("The solver found no certificate, not even a bad one.")
        # Back to units of one: V = (s / root k)(s / root k)'.
        vectors, scales = [], []
        for matrix in matrices:
            root = np.sqrt(max(matrix.value[4, 4], 0))
            vectors.append(matrix.value[:4, 4] / root if root > 0 else np.zeros(4))
            scales.append(root * np.sqrt(patients))
        certificate = np.concatenate([*vectors, scales, score.value[:3], [min(score.value[3], 0)]])
        yield certificate, patients * np.stack([constraint.dual_value for constraint in of_groups])


def certify_all(printed: Printed) -> pd.DataFrame:
    """Certificates for every core that can be excluded, and for the limits of fit of the rest."""
    found = _certified(printed, printed.cores, None)
    excluded = margins(found[CERTIFICATE].to_numpy(), printed, found) > 0
    left = found.loc[~excluded, ["k1", "k0"]]
    signed = [sign + name for name in FUNCTIONALS for sign in ("", "-")]
    limits = [_certified(printed, left, name) for name in signed]
    return pd.concat([found[excluded], *limits], ignore_index=True)


def _certified(printed: Printed, chosen: pd.DataFrame, functional: str | None) -> pd.DataFrame:
    """The best certificate of each core, rounded to what is stored.

    Where the solver did badly, the certificate of a core with as many patients with both markers
    may do better.
    """
    found = tqdm(
        certify(printed, chosen, functional), desc=functional or "exclusion", total=len(chosen)
    )
    numbers = pd.DataFrame(list(found), columns=CERTIFICATE).map(lambda x: float(f"{x:.{DIGITS}g}"))
    n11 = chosen.sum(axis=1).to_numpy()
    pairs = chosen.assign(n11=n11).merge(numbers.assign(n11=n11), on="n11")
    proven = margins(pairs[CERTIFICATE].to_numpy(), printed, pairs, functional)
    best = pairs.loc[pd.Series(proven).groupby([pairs["k1"], pairs["k0"]]).idxmax()]
    return best.assign(functional=functional or "")[["k1", "k0", "functional", *CERTIFICATE]]


def main(path: Path = PATH) -> None:
    """Make all certificates and write them to `path`, which is replaced only by a finished file."""
    text = HEADER + certify_all(from_claims(published.read())).to_csv(
        index=False, lineterminator="\n"
    )
    replace(path, text.encode("utf-8"))


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
