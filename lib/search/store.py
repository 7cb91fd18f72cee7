"""Results kept in files, so that a search that is stopped at any moment goes on where it was."""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import joblib
import numpy as np
from tqdm import tqdm

from lib.patients.files import DATA

WORKING = DATA.parent / "_build" / "compatible"


class Result(NamedTuple):
    """What an attempt came to: a cohort that prints the claims, or the nearest miss."""

    k1: int
    k0: int
    distance: float  # 0 for a cohort that prints the claims
    design: np.ndarray  # as in `lib.search.designs`


def digest(text: str) -> str:
    """A short name for a text."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def replace(path: Path, content: bytes) -> None:
    """Write a file at once: it is either the old one or the whole new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(path.name + ".unfinished")
    try:
        unfinished.write_bytes(content)
        os.replace(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)


def save(result: Result | None, path: Path) -> None:
    """Keep a result, or that there is none, in a file of its own."""
    content = io.BytesIO()
    np.savez_compressed(content, **({} if result is None else result._asdict()))
    replace(path, content.getvalue())


def read_result(path: Path) -> Result | None:
    """A result from its file; None where the file says that there is none."""
    with np.load(path) as file:
        if not file.files:
            return None
        design = file["design"]
        return Result(int(file["k1"]), int(file["k0"]), float(file["distance"]), design)


def carry_out(
    tasks: dict[Path, tuple], function: Callable, name: str, jobs: int = 1
) -> Iterator[Result | None]:
    """The results of ``function(*arguments)`` for each file, those of earlier runs read from it.

    Each task is done for itself, so the results depend neither on the number of workers nor on
    interruptions. `joblib.parallel_config(backend=...)` around the call names where they run.
    """
    missing = [path for path in tasks if not path.exists()]
    with tqdm(total=len(tasks), unit=" searches", desc=name) as progress:
        progress.update(len(tasks) - len(missing))
        for path, result in joblib.Parallel(n_jobs=jobs, return_as="generator_unordered")(
            joblib.delayed(_named)(path, function, tasks[path]) for path in missing
        ):
            save(result, path)
            progress.update()
    return map(read_result, tasks)


def _named(path: Path, function: Callable, arguments: Iterable) -> tuple[Path, Result | None]:
    return path, function(*arguments)
