"""Counting, both bounds of every core, and the chapter that checks what is stored, against the
seconds allowed.
"""

import os
import time

import jupytext

from lib.compatible import conclusions as compatible
from lib.compatible import exclusion
from lib.paper import cores, published
from lib.search import certificates
from lib.site import notebooks

NAME = "the slowest of counting, both bounds and the chapter that checks them / the seconds allowed"
TARGET = 1.0
ALLOWED = {"counting": 1, "basic bound": 1, "convex bound": 60, "chapter": 5}
CHAPTER = notebooks.CHAPTERS / "compatible.md"


def ratio() -> float:
    """The largest of the four; each is printed."""
    known = compatible.known(published.read())
    printed = known.printed

    def convex() -> None:
        found = list(certificates.certify(printed, printed.cores))
        exclusion.margins(found, printed, printed.cores)

    def chapter() -> None:
        assert not notebooks.run({CHAPTER: jupytext.read(CHAPTER)}, strict=True)

    taken = {
        "counting": seconds(
            lambda: cores.count_tables(printed.first, printed.second, known.groups)
        ),
        "basic bound": seconds(lambda: exclusion.basic_bounds(printed.first, printed.second)),
        "convex bound": seconds(convex),
        # Its share of a build, in which as many chapters run side by side as there are processors.
        "chapter": min(seconds(chapter) for _ in range(3)) / os.cpu_count(),
    }
    print(
        "; ".join(f"{name} {taken[name]:.2f} s of {allowed} s" for name, allowed in ALLOWED.items())
    )
    return max(taken[name] / allowed for name, allowed in ALLOWED.items())


def seconds(work) -> float:
    """How long it takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
