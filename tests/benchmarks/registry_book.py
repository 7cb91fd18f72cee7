"""A cold build of the book about a registry of 100,000 patients, against one about the example
cohort.

`python -m tests.benchmarks.registry_book ROWS...` prints seconds and peak memory for other sizes,
the example cohort first.
"""

import os
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import psutil

from tests.benchmarks import registry
from tests.benchmarks.cold_build import BUILD, ROOT

NAME = "cold book build about 100,000 patients / about the example"
TARGET = 2.0
MOST_MEMORY = 2 * 2**30
SECONDS_BETWEEN_LOOKS = 0.1


def ratio() -> float:
    """Seconds of one over seconds of the other; the larger build must not need more memory than
    `MOST_MEMORY`.
    """
    example, _ = built()
    with tempfile.TemporaryDirectory() as folder:
        seconds, peak = built(written(Path(folder), registry.ROWS))
    assert peak < MOST_MEMORY, f"the build needs {peak / 2**30:.1f} GiB"
    return seconds / example


def written(folder: Path, rows: int) -> Path:
    """A registry of so many patients."""
    path = folder / f"registry_{rows}.csv"
    registry.write(path, rows)
    return path


def built(cohort: Path | None = None) -> tuple[float, int]:
    """Seconds of a build in an empty folder, and the most bytes that all its processes had at once."""
    environment = {
        name: value for name, value in os.environ.items() if name not in ("COHORT", "DISCLOSURE")
    }
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
    with tempfile.TemporaryDirectory() as folder:
        for rows in [None, *map(int, sys.argv[1:])]:
            seconds, peak = built(written(Path(folder), rows) if rows else None)
            print(f"{rows or 'example'}: {seconds:.0f} s, {peak / 2**20:.0f} MiB", flush=True)
