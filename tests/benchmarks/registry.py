"""A cold build of the book about a registry of 100,000 patients, against one about the example
cohort.

`python -m tests.benchmarks.registry ROWS...` prints seconds and peak memory for other sizes,
the example cohort first; `python -m tests.benchmarks.registry FILE.csv` writes such a registry:
made-up rows with the columns of data/codebook.csv, the same ones every time.
"""

import os
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import numpy as np
import pandas as pd
import psutil

from lib.patients.codebook import read_codebook
from lib.patients.files import DATA
from tests.benchmarks.cold_build import BUILD, ROOT

NAME = "cold book build about 100,000 patients / about the example cohort"
TARGET = 2.0
ROWS = 100_000
MOST_MEMORY = 2 * 2**30
SECONDS_BETWEEN_LOOKS = 0.1


def registry(rows: int = ROWS, seed: int = 0) -> pd.DataFrame:
    """Made-up patients with all columns of data/codebook.csv; of a few of them the length is
    missing.
    """
    random = np.random.default_rng(seed)
    codebook = read_codebook(DATA / "codebook.csv")
    factors = codebook[codebook["role"] == "factor"]
    binary = list(factors.index[factors["type"] == "binary"])
    levels = np.array(codebook.at["diagnosis", "levels"].split("|"))
    table = pd.DataFrame({"patient_id": np.arange(1, rows + 1)})
    group = random.integers(0, len(levels), rows)
    table["diagnosis"] = levels[group]
    for place, name in enumerate(binary):
        table[name] = (random.random(rows) < 0.15 + 0.08 * place + 0.05 * group).astype(int)
    length = np.maximum(40, random.normal(95, 28, rows).round())
    slopes = np.linspace(0.2, 0.9, len(binary))
    log_odds = -3.2 + 0.5 * group + table[binary].to_numpy() @ slopes + 0.008 * (length - 95)
    event = random.exponential(12 / -np.log1p(-1 / (1 + np.exp(-log_odds))))
    end = random.uniform(12, 60, rows)
    table["stent_length_mm"] = pd.array(length.astype(int), "Int64")
    table.loc[random.random(rows) < 0.02, "stent_length_mm"] = pd.NA
    table["occluded_12m"] = (event <= 12).astype(int)
    # Rounding must not move an event across the horizon.
    seen = np.minimum(event, end).clip(min=0.1).round(1)
    table["followup_months"] = np.where((event > 12) & (seen <= 12), 12.1, seen)
    table["occluded"] = (event <= end).astype(int)
    return table[[name for name in codebook.index if name in table]]


def ratio() -> float:
    """Seconds of one over those of the other; the larger must not need more than `MOST_MEMORY`."""
    example, _ = built()
    with tempfile.TemporaryDirectory() as folder:
        seconds, peak = built(write(Path(folder, "registry.csv"), ROWS))
    assert peak < MOST_MEMORY, f"the build needs {peak / 2**30:.1f} GiB"
    return seconds / example


def write(path: Path, rows: int = ROWS) -> Path:
    """A file with a registry of so many patients."""
    registry(rows).to_csv(path, index=False)
    return path


def built(cohort: Path | None = None) -> tuple[float, int]:
    """Seconds of a build in an empty folder, and the most bytes that its processes had at once."""
    hidden = ("COHORT", "DISCLOSURE")
    environment = {name: value for name, value in os.environ.items() if name not in hidden}
    environment |= {"COHORT": str(cohort)} if cohort else {}
    with tempfile.TemporaryDirectory() as folder, open(Path(folder, "log"), "wb") as log:
        began, peak = time.monotonic(), 0
        command = [*BUILD, str(ROOT), "--path-output", folder]
        build = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
        while build.poll() is None:
            peak = max(peak, memory(build.pid))
            time.sleep(SECONDS_BETWEEN_LOOKS)
        assert build.returncode == 0, Path(folder, "log").read_text(encoding="utf-8")
        return time.monotonic() - began, peak


def memory(process: int) -> int:
    """Bytes that a process and those below it have in memory; what they share counts for each."""
    total = 0
    with suppress(psutil.NoSuchProcess):
        parent = psutil.Process(process)
        for one in [parent, *parent.children(recursive=True)]:
            with suppress(psutil.NoSuchProcess):
                total += one.memory_info().rss
    return total


if __name__ == "__main__":
    if sys.argv[1:] and sys.argv[1].endswith(".csv"):
        write(Path(sys.argv[1]))
        sys.exit()
    with tempfile.TemporaryDirectory() as folder:
        for rows in [None, *map(int, sys.argv[1:])]:
            file = write(Path(folder, f"registry_{rows}.csv"), rows) if rows else None
            seconds, peak = built(file)
            print(f"{rows or 'example'}: {seconds:.0f} s, {peak / 2**20:.0f} MiB", flush=True)
