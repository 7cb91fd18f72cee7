"""Loading a registry of 100,000 patients, every value checked, against splitting its lines and
nothing more.

`python -m tests.benchmarks.registry FILE [ROWS]` writes such a registry: made-up rows with the
columns of data/codebook.csv, the same ones every time.
"""

import csv
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow.csv import write_csv

from lib.patients import loading
from lib.patients.codebook import read_codebook
from lib.patients.files import DATA

NAME = "loading.load of 100,000 patients / list(csv.reader)"
TARGET = 4.0
ROWS = 100_000


def registry(rows: int = ROWS, seed: int = 0) -> pd.DataFrame:
    """Made-up patients with all columns of data/codebook.csv, in a few of whom the length is
    missing.
    """
    random = np.random.default_rng(seed)
    codebook = read_codebook(DATA / "codebook.csv")
    factors = codebook[codebook["role"] == "factor"]
    binary = list(factors.index[factors["type"] == "binary"])
    levels = codebook.at["diagnosis", "levels"].split("|")
    table = pd.DataFrame({"patient_id": np.arange(1, rows + 1)})
    group = random.choice(
        len(levels), rows, p=np.arange(len(levels), 0, -1) / np.arange(1, len(levels) + 1).sum()
    )
    table["diagnosis"] = np.array(levels)[group]
    for place, name in enumerate(binary):
        table[name] = (random.random(rows) < 0.15 + 0.08 * place + 0.05 * group).astype(int)
    length = np.maximum(40, random.normal(95, 28, rows).round())
    log_odds = (
        -3.2
        + 0.5 * group
        + table[binary].to_numpy() @ np.linspace(0.2, 0.9, len(binary))
        + 0.008 * (length - 95)
    )
    time_of_event = random.exponential(12 / -np.log1p(-1 / (1 + np.exp(-log_odds))))
    end = random.uniform(12, 60, rows)
    table["stent_length_mm"] = pd.array(length.astype(int), "Int64")
    table.loc[random.random(rows) < 0.02, "stent_length_mm"] = pd.NA
    table["occluded_12m"] = (time_of_event <= 12).astype(int)
    table["followup_months"] = np.minimum(time_of_event, end).round(1)
    # Rounding must not move an event across the horizon.
    table.loc[
        (table["occluded_12m"] == 0) & (table["followup_months"] <= 12), "followup_months"
    ] = 12.1
    table["occluded"] = (time_of_event <= end).astype(int)
    return table[[name for name in codebook.index if name in table]]


def write(path: Path, rows: int = ROWS, seed: int = 0) -> None:
    """Write `registry` as a CSV file."""
    write_csv(pa.Table.from_pandas(registry(rows, seed), preserve_index=False), path)


def ratio() -> float:
    """Seconds of loading over seconds of splitting."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "registry.csv")
        write(path)
        began = time.monotonic()
        loading.load(path)
        loaded = time.monotonic()
        with path.open(encoding="utf-8", newline="") as file:
            list(csv.reader(file))
        return (loaded - began) / (time.monotonic() - loaded)


if __name__ == "__main__":
    write(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else ROWS)
