"""The solver behind the proofs about cores: semidefinite programming.

On a grid of linear predictors, `solutions` solves the program dual to: the least excess of the two
variances over what is printed (or the least sum of a functional) over all ways to spread the groups
of patients over the grid that meet the score equations and the information inequalities. Its
multipliers are a certificate. Nothing is claimed for it: `lib.compatible.exclusion.margins` proves,
for every linear predictor and not only those of the grid, and at every build.

With a yes-or-no factor among the terms (`lib.compatible.one_factor`) there are sixteen groups. The
sizes of the eight without regard to the factor are given, and how many patients have it: in each
group, or among the occluded and among the patent.

Source: the duality is that of linear matrix inequalities, Boyd and Vandenberghe 2004, Convex
Optimization, section 5.9; the least variance as 2 u.h - u'Mu is its Schur complement, A.5.5.

`python -m lib.search.certificates` makes data/compatible/certificates.csv; a number after it says
in how many processes.
"""

import contextlib
import warnings
from collections.abc import Callable, Iterator

import cvxpy as cp
import numpy as np
import pandas as pd
from scipy.special import expit

from lib.compatible.exclusion import (
    CERTIFICATE,
    FUNCTIONALS,
    GROUPS,
    KNOWN,
    PATH,
    Printed,
    functional_values,
    margins,
)
from lib.compatible.one_factor import KNOWN_WITH_FACTOR
from lib.paper.cores import cells
from lib.search import designs
from lib.search.store import WORKING, carry_out, digest, replace, run

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


def solutions(
    printed: Printed, chosen: pd.DataFrame, functional: str | None = None
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """For each core of ``chosen`` (k1, k0) the best certificate found, and the spread of eta that
    it proves against: where the two variances are least, or the sum of a functional, how many
    patients of each group have each eta of `SOLVER_GRID` (groups x eta).

    Nothing is claimed for what it returns; `margins` proves.
    """
    sizes = cells(printed.first, printed.second, chosen).reshape(-1, len(GROUPS))
    return map(program(printed, functional), sizes)


def program(
    printed: Printed,
    functional: str | None = None,
    factor: np.ndarray | None = None,
    grid: np.ndarray = SOLVER_GRID,
) -> Callable[..., tuple[np.ndarray, np.ndarray]]:
    """The solver, as a function of the sizes of the eight groups.

    With ``factor`` the model also has a yes-or-no factor, and the function takes as well how many
    patients of each group have it; ``factor`` (groups x sums) says over which groups only the sum
    of these numbers counts. ``grid`` is where it looks at eta.
    """
    known = KNOWN if factor is None else KNOWN_WITH_FACTOR
    terms = known.shape[1] + 1
    # Everything is counted per patient: s is in units of the root of their number, k in units of
    # it.
    patients = printed.first.sum()
    shares, with_factor = (cp.Parameter(len(GROUPS), nonneg=True) for _ in range(2))
    values, score = cp.Variable(len(GROUPS)), cp.Variable(terms)
    # Of each marker, [[V, s], [s', k]] is positive semidefinite; V = s s' / k loses nothing.
    matrices = [cp.Variable((terms + 1, terms + 1), PSD=True) for _ in printed.polygons]
    gains = cp.Variable(len(printed.polygons))
    goal = shares @ values + cp.sum(gains)
    constraints, of_groups = [score[terms - 1] <= 0], []
    if factor is not None:
        of_counts = factor @ cp.Variable(factor.shape[1])
        goal = goal - with_factor @ of_counts
    total = cp.reshape(sum(matrix[:-1, :-1] for matrix in matrices), (terms**2,), order="C")
    p, q = expit(grid), expit(-grid)
    for number, fixed in enumerate(known):
        group = number % len(GROUPS)
        outcome = GROUPS[group, 0]
        rows = np.column_stack([np.tile(fixed, (len(grid), 1)), grid])
        squares = (p * q)[:, None, None] * rows[:, :, None] * rows[:, None, :]
        function = ((outcome - p)[:, None] * rows) @ score - squares.reshape(-1, terms**2) @ total
        if functional:
            function = function + functional_values(functional, outcome, p, q)
        if number != group:
            function = function + of_counts[group]
        of_groups.append(function >= values[group])
    for i, polygon in enumerate(printed.polygons):
        vector, square = matrices[i][:-1, -1], matrices[i][-1, -1]
        for beta, sigma in polygon:
            linear = 2 / np.sqrt(patients) * (vector[1 + i] + beta * vector[terms - 1])
            constraints.append(linear - sigma**2 * square >= gains[i])
    scale = [polygon[:, 1].max() ** 2 for polygon in printed.polygons]
    size = sum(s * matrix[-1, -1] for s, matrix in zip(scale, matrices, strict=True))
    # The limit matters only where the grid makes a core look excluded that barely is not; the
    # solver may fail there, and finds its way with a lower one, at the price of a weaker
    # certificate.
    limit = cp.Parameter(nonneg=True)
    constraints.append(size <= limit if functional else size == 1)
    problem = cp.Problem(cp.Maximize(goal), constraints + of_groups)

    def solve(sizes: np.ndarray, counts: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
        """The best certificate found, and the spread of eta that it proves against."""
        shares.value = sizes / patients
        if counts is not None:
            with_factor.value = counts / patients
        for limit.value in LARGEST_MULTIPLIERS:
            # An inaccurate certificate proves a little less, and what checks it says how much.
            with warnings.catch_warnings(), contextlib.suppress(cp.SolverError):
                warnings.simplefilter("ignore")
                problem.solve(solver=cp.CLARABEL)
                if problem.status in ("optimal", "optimal_inaccurate"):
                    break
        if score.value is None:
            raise RuntimeError("The solver found no certificate, not even a bad one.")
        # Back to units of one: V = (s / root k)(s / root k)'.
        roots = np.sqrt([max(matrix.value[-1, -1], 0) for matrix in matrices])
        vectors = [matrix.value[:-1, -1] for matrix in matrices]
        certificate = [
            *(v / root if root > 0 else 0 * v for v, root in zip(vectors, roots, strict=True)),
            roots * np.sqrt(patients),
            score.value[:-1],
            [min(score.value[-1], 0)],
        ]
        spread = patients * np.stack([constraint.dual_value for constraint in of_groups])
        return np.concatenate(certificate), spread

    return solve


def rounded(certificates: list[np.ndarray], columns: list[str], digits: int) -> pd.DataFrame:
    """Certificates as they are stored, to so many significant digits."""
    return pd.DataFrame(certificates, columns=columns).map(lambda x: float(f"{x:.{digits}g}"))


def _certified(printed: Printed, chosen: pd.DataFrame, functional: str | None) -> pd.DataFrame:
    """The best certificate of each core.

    Where the solver did badly, the certificate of a core with as many patients with both markers
    may do better.
    """
    found = [certificate for certificate, _ in solutions(printed, chosen, functional)]
    numbers = rounded(found, CERTIFICATE, DIGITS)
    n11 = chosen.sum(axis=1).to_numpy()
    pairs = chosen.assign(n11=n11).merge(numbers.assign(n11=n11), on="n11")
    proven = margins(pairs[CERTIFICATE].to_numpy(), printed, pairs, functional)
    best = pairs.loc[pd.Series(proven).groupby([pairs["k1"], pairs["k0"]]).idxmax()]
    return best.assign(functional=functional or "")[["k1", "k0", "functional", *CERTIFICATE]]


def main(jobs: int = 1) -> None:
    """Certificates for every core that can be excluded, and for the limits of fit of the rest."""
    about = designs.read_study()
    printed, folder = about.printed, WORKING / f"certificates-{digest(about.claims.to_csv())}"
    tasks = {"exclusion": (printed, printed.cores, None)}
    (found,) = carry_out(folder, _certified, tasks, "exclusion")
    excluded = margins(found[CERTIFICATE].to_numpy(), printed, found) > 0
    left = found.loc[~excluded, ["k1", "k0"]]
    signed = [sign + name for name in FUNCTIONALS for sign in ("", "-")]
    tasks = {name: (printed, left, name) for name in signed}
    limits = carry_out(folder, _certified, tasks, "limits of fit", jobs)
    table = pd.concat([found[excluded], *limits], ignore_index=True)
    replace(PATH, (HEADER + table.to_csv(index=False, lineterminator="\n")).encode())


if __name__ == "__main__":
    run(main)
