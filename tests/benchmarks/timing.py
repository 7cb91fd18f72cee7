"""How long work takes: for ratios of two that are timed in one run."""

import time
from collections.abc import Callable


def timed(work: Callable[[], object]) -> tuple[object, float]:
    """What a function returns, and the seconds it takes."""
    began = time.perf_counter()
    result = work()
    return result, time.perf_counter() - began
