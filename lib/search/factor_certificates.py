"""Proofs that a core is impossible with a yes-or-no factor that is significant alone.

For each number of occluded patients with the factor one program is solved
(`lib.search.certificates`); what its multipliers prove is checked by `lib.compatible.one_factor`,
whose head holds the proof.

`python -m lib.search.factor_certificates` makes data/compatible/one_factor.csv for the cores that
are neither excluded nor witnessed; a number after it says in how many processes.
"""

import pandas as pd

from lib.compatible.one_factor import FILE, MULTIPLIERS, least_margins, most_patent
from lib.compatible.study import FOLDER, Study, read_stored
from lib.search import designs
from lib.search.certificates import rounded, solutions
from lib.search.store import WORKING, carry_out, digest, replace, run

DIGITS = 9
HEADER = """\
# Proofs that a core is impossible with a yes-or-no factor that is significant alone: multipliers,
# of which each number of occluded patients with the factor takes the best. What they prove is
# checked by lib/compatible/one_factor.py, wherever they come from.
# Made by: python -m lib.search.factor_certificates
"""


def proof(about: Study, k1: int, k0: int) -> pd.DataFrame:
    """The rows of one_factor.csv that prove a core impossible with a factor significant alone by
    any test or, where there is no such proof, by all four; none where there is neither."""
    core = pd.DataFrame({"k1": [k1], "k0": [k0]})
    for by_any_test in (True, False):
        counts = most_patent(*about.totals, by_any_test=by_any_test)
        found = [numbers for numbers, _ in solutions(about.printed, core, counts=counts)]
        rows = core.merge(rounded(found, MULTIPLIERS, DIGITS), how="cross")
        if least_margins(about.printed, rows, by_any_test=by_any_test).item() > 0:
            return rows
    return rows[:0]


def main(jobs: int = 1) -> None:
    """Write one_factor.csv."""
    about, table = designs.read_study(), read_stored("cores.csv")
    left = table.loc[table["status"] == "undecided", ["k1", "k0"]]
    tasks = {f"{k1}-{k0}": (about, k1, k0) for k1, k0 in left.itertuples(index=False, name=None)}
    folder = WORKING / f"one-factor-{digest(about.claims.to_csv())}"
    rows = pd.concat(carry_out(folder, proof, tasks, "cores", jobs))
    text = HEADER + rows.to_csv(index=False, lineterminator="\n")
    replace(FOLDER / FILE, text.encode())


if __name__ == "__main__":
    run(main)
