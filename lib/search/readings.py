"""Cohorts that print the claims from another model: the readings for which one is searched.

With the two markers and the length alone the search starts at the edge of what is possible, as for
a witness (`lib.search.witnesses`). With the diagnosis in the model it starts from the example
cohort, its markers exchanged until the core is the one wanted; the indicators of the groups are
then columns of the model that stay as they are.

`python -m lib.search.readings` makes readings.parquet in data/compatible: for each reading and
number of patients with both markers one cohort, where one is found. What an earlier search found is
kept. NOT patient data: every row is made up.
"""

import numpy as np
import pandas as pd

from lib.compatible import exclusion, readings
from lib.compatible.readings import KEYS
from lib.compatible.study import FOLDER, Study, read_stored
from lib.patients.loading import EXAMPLE, load
from lib.search import designs, witnesses
from lib.search.store import WORKING, carry_out, replace, run


def find(reading: str, n11: int, about: Study, settings: dict) -> pd.DataFrame | None:
    """The rows, as they are stored, of a cohort in which so many patients have both markers and
    that prints the claims from the model of a reading: the columns that this has. None where none
    is found."""
    cores = exclusion.possible_cores(about.printed).query("n11 == @n11")[["k1", "k0"]].to_numpy()
    of_reading = readings.searched(about)[reading]
    example = designs.design_of(load(EXAMPLE).rows, about)
    random = np.random.default_rng([settings["seed"], n11])
    attempts = (
        witnesses.attempt(
            tuple(map(int, random.choice(cores))),
            trial,
            of_reading,
            settings,
            origin=example if of_reading.adjusts_for_group else None,
        )
        for trial in range(1, settings["starts"] + 1)
    )
    found = next((result for result in attempts if result.distance == 0), None)
    if found is None:
        return None
    rows = designs.rows_of(found.design, of_reading).assign(reading=reading, number=n11)
    return readings.believed(rows, reading, of_reading)


def write(found: list[pd.DataFrame], about: Study) -> None:
    """Write readings.parquet: these cohorts, and for each other reading and number the one stored.

    A stored cohort that does not print the claims is given up.
    """
    stored = read_stored("readings.parquet")
    if not stored.empty:
        stored = pd.concat(
            [readings.believed(stored, *reading) for reading in readings.searched(about).items()]
        )
    found = pd.concat([*found, stored[:0]], ignore_index=True)
    table = witnesses.with_stored(found, stored, KEYS)
    names = [name for name in [*about.codebook.index, *KEYS] if name in table]
    numbers = [name for name in names if name not in ("reading", about.group)]
    table = table[names].astype(dict.fromkeys(numbers, "Int16"))
    replace(FOLDER / "readings.parquet", table.to_parquet(index=False, compression="zstd"))


def main(jobs: int = 1) -> None:
    """Search for all readings and write readings.parquet."""
    about, settings = designs.read_study(), designs.read_settings()
    numbers = sorted(set(exclusion.possible_cores(about.printed)["n11"]))
    tasks = {
        f"{reading}-{n11}": (reading, n11, about, settings)
        for reading in readings.searched(about)
        for n11 in numbers
    }
    folder = WORKING / f"{witnesses.fingerprint(about, settings)}-readings"
    found = carry_out(folder, find, tasks, "readings", jobs)
    write([rows for rows in found if rows is not None], about)


if __name__ == "__main__":
    run(main)
