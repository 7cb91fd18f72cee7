"""A cold build of the book about a registry of 100,000 patients, against one about the example
cohort.
"""

import os
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import numpy as np
import pandas as pd
import psutil

from lib.patients.codebook import read_codebook
from lib.patients.files import DATA
from lib.patients.loading import EXAMPLE
from tests.books import BUILD, ROOT

NAME = "cold book build about 100,000 patients / about the example cohort"
TARGET = 2.0
ROWS = 100_000
MOST_MEMORY = 2 * 2**30
SECONDS_BETWEEN_LOOKS = 0.1


def registry(rows: int = ROWS, seed: int = 0) -> pd.DataFrame:
    """Patients of the example cohort drawn again and again, each with a length and a follow-up of
    its own; of a few of them the length is missing.
    """
    random = np.random.default_rng(seed)
    example = pd.read_csv(EXAMPLE, comment="#")
    table = example.sample(rows, replace=True, random_state=seed, ignore_index=True)
    table["patient_id"] = np.arange(1, rows + 1)
    length = (table["stent_length_mm"] + random.integers(-20, 21, rows)).astype("Int64")
    table["stent_length_mm"] = length.mask(random.random(rows) < 0.02)
    early, late = random.uniform(0.1, 12, rows), random.uniform(12.1, 60, rows)
    table["followup_months"] = np.where(table["occluded_12m"] == 1, early, late).round(1)
    table["occluded"] = table["occluded_12m"].where(random.random(rows) > 0.2, 1)
    columns = read_codebook(DATA / "codebook.csv").index
    return table[[name for name in columns if name in table]]


def ratio() -> float:
    """Seconds of one over those of the other; the larger must not need more than `MOST_MEMORY`."""
    example, _ = built()
    with tempfile.TemporaryDirectory() as folder:
        seconds, peak = built(write(Path(folder, "registry.csv")))
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
