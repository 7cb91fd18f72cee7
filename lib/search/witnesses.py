"""Witnesses: for each core a whole cohort that prints every claim, or the nearest miss.

For a core that no proof excludes, a cohort is built near the edge of what is possible
(`lib.search.start`) and annealed (`lib.search.annealing`) until it prints every claim and stands on
the strictest rung of the assumption ladder, which implies all the others. Where that fails, the
same is tried with no restriction. What arrives is judged by `lib.compatible.verification`, which
shares no code with the search.

`python -m lib.search.witnesses` makes cohorts.parquet, cores.csv and settings.json in
data/compatible, in one process or in as many as a number after it says. It can be stopped at any
moment and goes on where it was. NOT patient data: every row is made up.
"""

import json
import platform
from importlib.metadata import version
from itertools import product
from operator import attrgetter
from pathlib import Path

import numpy as np
import pandas as pd

from lib.compatible import exclusion, ladder
from lib.compatible.study import FOLDER, Study, read_stored
from lib.compatible.verification import believed, columns_of, unmet
from lib.search import certificates, designs, distance
from lib.search.annealing import anneal
from lib.search.designs import Result
from lib.search.fit import refit, room
from lib.search.start import start
from lib.search.store import WORKING, carry_out, digest, replace, run

STRICTEST, NO_RESTRICTION = ladder.RUNGS[-1], ladder.RUNGS[0]
KEYS = ["k1", "k0"]


def attempt(
    core: tuple[int, int],
    trial: int,
    about: Study,
    settings: dict,
    functional: str | None = None,
    *,
    rung: ladder.Rung = NO_RESTRICTION,
    origin: np.ndarray | None = None,
) -> Result:
    """Search for a cohort of a core from another one (``origin``, a design), or from the edge of
    what is possible: where the variances are least, or the sum of a functional
    (``exclusion.FUNCTIONALS``).

    The result depends on the arguments alone. Its distance is 0 only if every claim is printed.
    """
    random = np.random.default_rng([settings["seed"], *core, trial, ladder.RUNGS.index(rung)])
    target, outcome = designs.target_of(about, settings, rung), designs.outcome_of(about)
    loosest, firmest = settings["steepness"]
    if origin is None:
        # At the edge the search is near its target from the beginning.
        loosest, markers = firmest, designs.marker_columns(about)
        table = pd.DataFrame([core], columns=KEYS)
        ((_, spread),) = certificates.solutions(about.printed, table, functional)
    design = None
    # Where the model has no maximum, another start is made.
    while design is None or not refit(design, outcome, room(len(target.least))):
        if origin is None:
            factors = start(spread, outcome, target, markers, random)
            design = np.column_stack([factors, designs.random_groups(about, random)])
        else:
            design = designs.move_to_core(origin, core, about, random)
    nearest, design, _ = anneal(
        distance.cohort_of(design, outcome, target),
        target,
        designs.witness_steps(about, target, keeps_core=True),
        random,
        settings["steps"],
        (loosest, firmest),
    )
    if nearest == 0 and unmet(designs.rows_of(design, about), about):
        nearest = 1.0
    return Result(nearest, design)


def find(core: tuple[int, int], about: Study, settings: dict) -> Result:
    """A witness of a core, or the nearest miss of as many starts as ``settings`` allow."""
    results = []
    for rung, trial in product((STRICTEST, NO_RESTRICTION), range(1, settings["starts"] + 1)):
        results.append(attempt(core, trial, about, settings, rung=rung))
        if results[-1].distance == 0:
            break
    return min(results, key=attrgetter("distance"))


def find_all(
    about: Study, settings: dict, wanted: list[tuple[int, int]], folder: Path, jobs: int = 1
) -> list[Result]:
    """Look for a witness of each core; ``folder`` keeps the results (`store.carry_out`)."""
    tasks = {f"{k1}-{k0}": ((k1, k0), about, settings) for k1, k0 in wanted}
    return list(carry_out(folder, find, tasks, "witnesses", jobs))


def fingerprint(about: Study, settings: dict) -> str:
    """A name for everything that witnesses depend on, and for how a result is kept."""
    used = {name: value for name, value in settings.items() if name != "directed"}
    return digest(about.claims.to_csv(), about.codebook.to_csv(), used, Result._fields)


def table_of(found: list[np.ndarray], about: Study) -> pd.DataFrame:
    """Designs as rows of patients, with the columns k1 and k0 in front."""
    cores = [designs.core_of(design, about) for design in found]
    table = pd.concat([designs.rows_of(design, about) for design in found], keys=cores, names=KEYS)
    return table.reset_index(KEYS).reset_index(drop=True).astype(dict.fromkeys(KEYS, "int16"))


def with_stored(found: pd.DataFrame, stored: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """The cohorts found, and of the stored ones those with other ``keys``; sorted by these."""
    if not stored.empty:
        is_found = stored.set_index(keys).index.isin(found.set_index(keys).index)
        found = pd.concat([found, stored[~is_found]])
    return found.sort_values(keys, kind="stable", ignore_index=True)


def write(results: list[Result], about: Study, settings: dict, folder: Path = FOLDER) -> None:
    """Write cohorts.parquet, cores.csv and settings.json.

    cores.csv has a row for each core: k1, k0; status (witnessed, excluded or undecided); rung, the
    strictest one that its witness stands on; nearest_miss, for undecided cores the least distance
    that this or an earlier search reached; reason of an exclusion; and the bound on the standard
    error of each marker. Raises `ValueError` when a core is both witnessed and excluded, since one
    of the two is then wrong.
    """
    found = table_of([result.design for result in results if result.distance == 0], about)
    stored = believed(read_stored("cohorts.parquet", folder), KEYS, about)
    cohorts = with_stored(found, stored, KEYS)
    witnessed = cohorts[KEYS].drop_duplicates()
    stands = ladder.standing(columns_of(cohorts, about), about)
    witnessed["rung"] = stands.columns.to_numpy()[stands.sum(axis=1).to_numpy() - 1]
    table = exclusion.judge(about.printed, exclusion.read()).merge(witnessed, how="left", on=KEYS)
    excluded, has_witness = table["excluded_by"] != "", table["rung"].notna()
    if (excluded & has_witness).any():
        wrong = table.loc[excluded & has_witness, KEYS].to_numpy().tolist()
        raise ValueError(f"both excluded and witnessed: {wrong}")
    table["status"] = np.select([has_witness, excluded], ["witnessed", "excluded"], "undecided")
    reached = pd.DataFrame(
        [(*designs.core_of(result.design, about), result.distance) for result in results],
        columns=[*KEYS, "nearest_miss"],
    )
    reached = pd.concat([reached, read_stored("cores.csv", folder)])
    table = table.join(reached.groupby(KEYS)["nearest_miss"].min().round(3), on=KEYS)
    table.loc[table["status"] != "undecided", "nearest_miss"] = np.nan
    bounds = {
        f"se_bound_{place}": f"se_bound_{marker.rsplit('_', 1)[-1]}"
        for place, marker in zip(("first", "second"), about.markers, strict=True)
    }
    table = table.rename(columns={"excluded_by": "reason"} | bounds)[
        [*KEYS, "status", "rung", "nearest_miss", "reason", *bounds.values()]
    ]
    packages = ("clarabel", "cvxpy", "numba", "numpy", "pandas", "scipy", "statsmodels")
    made = {
        "settings": settings,
        "python": platform.python_version(),
        "versions": {name: version(name) for name in packages},
    }
    replace(folder / "cores.csv", table.to_csv(index=False, lineterminator="\n").encode())
    replace(folder / "cohorts.parquet", cohorts.to_parquet(index=False, compression="zstd"))
    replace(folder / "settings.json", (json.dumps(made, indent=1) + "\n").encode())


def main(jobs: int = 1) -> None:
    """Search all cores that are not excluded, and write their part of data/compatible."""
    about, settings = designs.read_study(), designs.read_settings()
    cores = exclusion.possible_cores(about.printed)[KEYS].itertuples(index=False, name=None)
    folder = WORKING / fingerprint(about, settings)
    write(find_all(about, settings, list(cores), folder, jobs), about, settings)


if __name__ == "__main__":
    run(main)
