"""`make book` in a fresh clone, its environment included, against the same before the rooms were
built.
"""

import os
import subprocess
import tempfile
from pathlib import Path

from tests.benchmarks.timing import timed
from tests.books import ROOT

NAME = "make book in a fresh clone / the same before lib had rooms"
TARGET = 0.9
BEFORE = "57cba27"


def ratio() -> float:
    """Seconds of one over seconds of the other, both with nothing made yet."""
    return seconds("HEAD") / seconds(BEFORE)


def seconds(commit: str) -> float:
    """How long it takes from a clone of a commit to its site."""
    with tempfile.TemporaryDirectory() as folder:
        clone = Path(folder, "clone")
        subprocess.run(["git", "clone", "-q", "--shared", ROOT, clone], check=True)
        subprocess.run(["git", "checkout", "-q", commit], cwd=clone, check=True)
        environment = {name: os.environ[name] for name in os.environ if name != "PYTHONPATH"}
        options = {"cwd": clone, "env": environment, "capture_output": True}
        done, taken = timed(lambda: subprocess.run(["make", "book"], **options))
        assert done.returncode == 0, done.stderr.decode()
        return taken
