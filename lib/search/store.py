"""Results kept in files, so that a search that is stopped at any moment goes on where it was."""

import hashlib
import pickle
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import joblib
from tqdm import tqdm

from lib.patients.files import DATA, InputError

WORKING = DATA.parent / "_build" / "compatible"


def digest(*parts: object) -> str:
    """A short name for all of these."""
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


def replace(path: Path, content: bytes) -> None:
    """Write a file at once: it is either the old one or the whole new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(path.name + ".unfinished")
    try:
        unfinished.write_bytes(content)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def carry_out(
    folder: Path, function: Callable, tasks: dict[str, tuple], name: str, jobs: int = 1
) -> Iterator:
    """The results of ``function(*arguments)`` for each task, which ``folder`` keeps by the tasks'
    names; those of earlier runs are read from it.

    Each task is done for itself, so the results depend neither on the number of workers nor on
    interruptions. `joblib.parallel_config(backend=...)` around the call names where they run.
    """
    paths = {task: folder / f"{task}.result" for task in tasks}
    missing = [task for task, path in paths.items() if not path.exists()]
    results = joblib.Parallel(n_jobs=jobs, return_as="generator_unordered")(
        joblib.delayed(_named)(task, function, tasks[task]) for task in missing
    )
    for task, result in tqdm(
        results, name, len(tasks), initial=len(tasks) - len(missing), unit=" tasks"
    ):
        replace(paths[task], pickle.dumps(result))
    return map(joblib.load, paths.values())


def _named(task: str, function: Callable, arguments: tuple) -> tuple[str, Any]:
    return task, function(*arguments)


def run(main: Callable[..., None], kind: type = int) -> None:
    """Run a command with what stands behind its name, read as a number or as ``kind``; what goes
    wrong is said in words."""
    try:
        main(*map(kind, sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit("Stopped. The same command goes on from what was finished.")
    except (InputError, RuntimeError) as error:
        sys.exit(str(error))
