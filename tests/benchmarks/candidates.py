"""Candidates that the compiled walk weighs, against fitting each with statsmodels."""

import time
import tomllib

import numpy as np
import statsmodels.api as sm

from lib.paper import published
from lib.patients import loading
from lib.search import witnesses

NAME = "500 candidates weighed by the walk / one statsmodels.Logit of the same table"
TARGET = 1.0
CANDIDATES, FITS = 200_000, 40
TURNS = 20  # of each, one after the other; the fastest of each counts


def ratio() -> float:
    """Seconds for 500 candidates over seconds for one fit; at one the walk is 500 times faster."""
    example = loading.load(loading.EXAMPLE)
    about = witnesses.frame(published.read(), example.codebook)
    settings = tomllib.loads(witnesses.SETTINGS.read_text(encoding="utf-8"))
    settings["moves"] = CANDIDATES
    length = witnesses.goal(about, settings).length
    start = witnesses.result_of(example.rows, about, length)
    # Far from its witness, so that the walk does not end early.
    core = (start.k1 - 5, start.k0 - 4)

    def walk() -> float:
        began = time.perf_counter()
        result = witnesses.attempt(core, 0, (start.design, start.group), about, settings)
        assert result.distance > 0, (
            "the walk arrived, so that fewer candidates were weighed than counted"
        )
        return time.perf_counter() - began

    design, outcome = sm.add_constant(example.rows[example.factors]), example.rows[example.outcome]

    def plain() -> float:
        began = time.perf_counter()
        for _ in range(FITS):
            sm.Logit(outcome, design).fit(disp=0)
        return time.perf_counter() - began

    walk()  # compiles
    times = [(walk() / CANDIDATES, plain() / FITS) for _ in range(TURNS)]
    ours, theirs = np.min(times, axis=0)
    return 500 * ours / theirs
