"""Proofs that a core is impossible with a yes-or-no factor that is significant alone.

First only the sums of the factor over the occluded and over the patent are given: one program
(`lib.search.certificates`) for the two counts of which the certificates so far prove least, until
they exclude all of them or a new one does not help. Then, for counts that are left, the numbers of
all eight groups are given, each time those of the spread of which the certificates prove least:
cutting planes for a problem in whole numbers (Kelley 1960, J Soc Indust Appl Math 8:703-712). What
the certificates prove is checked by `lib.compatible.one_factor`, whose head holds the proof.

`python -m lib.search.factor_certificates` makes data/compatible/one_factor.csv for the cores that
are neither excluded nor witnessed; a number after it says in how many processes.
"""

import numpy as np
import pandas as pd

from lib.compatible.exclusion import GROUPS
from lib.compatible.one_factor import (
    CERTIFICATE,
    FILE,
    Excess,
    excesses,
    least_margins,
    significant_counts,
)
from lib.compatible.study import FOLDER, Study, read_stored
from lib.paper.cores import cells
from lib.search import designs
from lib.search.certificates import SOLVER_GRID, program, rounded
from lib.search.store import WORKING, carry_out, digest, replace, run

DIGITS = 9
MOST_SPREADS = 40  # of the factor, tried for the same two counts
# Of the squared standard errors. Where two counts stay farther from being excluded, the core is not
# one that this proof excludes, and no others are tried.
FAR = 1e-4
# Of eta, finer than where no factor is known, because what is proven is nearer to zero.
GRID, FINE_GRID = (np.unique([*np.arange(-4.5, 2.5, step), *SOLVER_GRID]) for step in (0.02, 0.005))
OUTCOMES = np.column_stack([GROUPS[:, 0], 1 - GROUPS[:, 0]])
HEADER = """\
# Proofs that a core is impossible with a yes-or-no factor that is significant alone: certificates,
# which together exclude every spread of such a factor over the groups of patients. What they prove
# is checked by lib/compatible/one_factor.py, wherever they come from.
# Made by: python -m lib.search.factor_certificates
"""


def proof(about: Study, k1: int, k0: int) -> pd.DataFrame:
    """The rows of one_factor.csv that prove a core impossible with a factor significant alone by
    all four tests, or come nearest to it; where they do, those that prove it by any of them."""
    by_all = _certified(about, k1, k0, [], by_any_test=False)
    if least_margins(about.printed, by_all).item() <= 0:
        return by_all
    known = list(by_all[CERTIFICATE].to_numpy())
    by_any = _certified(about, k1, k0, known, by_any_test=True)
    proves = least_margins(about.printed, by_any, by_any_test=True).item() > 0
    return by_any if proves else by_all


def _certified(
    about: Study, k1: int, k0: int, known: list[np.ndarray], *, by_any_test: bool
) -> pd.DataFrame:
    """The known certificates of a core, and more, that exclude as many of the possible counts of a
    significant factor as can be."""
    possible = significant_counts(*about.totals, by_any_test=by_any_test)
    core = pd.DataFrame({"k1": [k1], "k0": [k0]})
    sizes = cells(about.printed.first, about.printed.second, core).reshape(-1)
    by_sums = program(about.printed, factor=OUTCOMES, grid=GRID)
    by_groups = program(about.printed, factor=np.eye(len(GROUPS)), grid=FINE_GRID)
    found = known.copy()

    def rows() -> pd.DataFrame:
        return core.merge(rounded(found, CERTIFICATE, DIGITS), how="cross")

    def proven() -> Excess:
        ((_, excess),) = excesses(about.printed, rows())
        return excess

    def alone(left: np.ndarray) -> np.ndarray:
        best = proven().of_counts().max(axis=0) if found else np.full(left.shape, -np.inf)
        return np.where(left, best, np.inf)

    left = possible.copy()
    while (margins := alone(left)).min() <= 0:
        a, b = np.unravel_index(margins.argmin(), margins.shape)
        shares = OUTCOMES * sizes[:, None] / (OUTCOMES * sizes[:, None]).sum(axis=0)
        found.append(by_sums(sizes, shares @ [a, b])[0])
        if alone(left)[a, b] <= 0:
            left[a, b] = False
    for a, b in sorted(np.argwhere(possible & ~left), key=lambda pair: alone(possible)[*pair]):
        for _ in range(MOST_SPREADS):
            margin, counts = proven().worst_spread(a, b)
            if margin > 0:
                break
            found.append(by_groups(sizes, counts)[0])
            if proven().worst_spread(a, b)[0] <= margin:
                break
        if margin < -FAR:
            break
    return rows()


def main(jobs: int = 1) -> None:
    """Write one_factor.csv."""
    about, table = designs.read_study(), read_stored("cores.csv")
    left = table.loc[table["status"] == "undecided", ["k1", "k0"]]
    tasks = {f"{k1}-{k0}": (about, k1, k0) for k1, k0 in left.itertuples(index=False, name=None)}
    folder = WORKING / f"one-factor-{digest(about.claims.to_csv())}"
    rows = pd.concat(carry_out(folder, proof, tasks, "cores", jobs))
    replace(FOLDER / FILE, (HEADER + rows.to_csv(index=False, lineterminator="\n")).encode())


if __name__ == "__main__":
    run(main)
