"""Cohorts that print the claims from another model: the readings for which one is searched.

With the two markers and the length alone the search starts at the edge of what is possible, as for
a witness (`lib.search.witnesses`). With the diagnosis in the model it starts from the example
cohort, its markers exchanged until the core is the one wanted; the indicators of the groups are
then columns of the model that stay as they are.

`python -m lib.search.readings` makes readings.parquet in data/compatible: for each reading and
number of patients with both markers one cohort, where one is found. What an earlier search found is
kept. NOT patient data: every row is made up.
"""

from __future__ import annotations

import sys

import numpy as np
import pandas as pd

from lib.compatible import readings
from lib.compatible.study import FOLDER, Study, read_stored
from lib.patients.loading import EXAMPLE, load
from lib.search import designs, witnesses
from lib.search.store import WORKING, Result, carry_out, replace


def find(reading: str, n11: int, about: Study, settings: dict) -> Result:
    """A cohort in which so many patients have both markers and that prints the claims from the
    model of a reading, or the nearest miss."""
    table = readings.possible_cores(about.claims)
    cores = table.loc[table["n11"] == n11, ["k1", "k0"]].to_numpy()
    of_reading = readings.searched(about)[reading]
    origin = None
    if of_reading.adjusts_for_group:
        origin = designs.design_of(load(EXAMPLE).rows, about)
    random = np.random.default_rng([settings["seed"], n11])
    nearest = None
    for trial in range(1, settings["starts"] + 1):
        core = tuple(map(int, random.choice(cores)))
        result = witnesses.attempt(core, trial, of_reading, settings, origin=origin)
        if nearest is None or result.distance < nearest.distance:
            nearest = result
        if nearest.distance == 0:
            break
    return nearest


def rows_of(result: Result, reading: str, about: Study) -> pd.DataFrame:
    """A cohort as it is stored: the columns that the reading's model has."""
    of_reading = readings.searched(about)[reading]
    rows = designs.rows_of(result.design, of_reading)
    if not of_reading.adjusts_for_group:
        rows = rows.drop(columns=about.group)
    return rows.assign(reading=reading, number=result.k1 + result.k0)


def main(jobs: int = 1) -> None:
    """Search for all readings and write readings.parquet."""
    about, settings = designs.read_study(), designs.read_settings()
    folder = WORKING / f"{witnesses.fingerprint(about, settings)}-readings"
    numbers = sorted(set(readings.possible_cores(about.claims)["n11"]))
    tasks = {
        folder / f"{reading}-{n11}.npz": (reading, n11, about, settings)
        for reading in readings.searched(about)
        for n11 in numbers
    }
    results = carry_out(tasks, find, "readings", jobs)
    found = [
        rows_of(result, reading, about)
        for result, (reading, *_) in zip(results, tasks.values(), strict=True)
        if result.distance == 0
    ]
    write(pd.concat([*found, read_stored("readings.parquet")], ignore_index=True), about)


def write(cohorts: pd.DataFrame, about: Study) -> None:
    """Write readings.parquet: of these cohorts the first of each reading and number that prints the
    claims."""
    kept = []
    for reading, of_reading in readings.searched(about).items():
        rows = cohorts[cohorts["reading"] == reading]
        for number, of_number in rows.groupby("number"):
            for first in range(0, len(of_number), sum(about.totals)):
                one = of_number.iloc[first : first + sum(about.totals)]
                checked = readings.verify_reading(one, reading, of_reading).iloc[0]
                n11 = checked["both_occluded"] + checked["both_patent"]
                if checked["problems"] == "" and n11 == number:
                    kept.append(one)
                    break
    table = pd.concat(kept, ignore_index=True)
    names = [name for name in [*about.codebook.index, *readings.KEYS] if name in table]
    whole = [name for name in names if name not in ("reading", about.group)]
    table = table[names].astype(dict.fromkeys(whole, "Int16"))
    replace(FOLDER / "readings.parquet", table.to_parquet(index=False, compression="zstd"))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
