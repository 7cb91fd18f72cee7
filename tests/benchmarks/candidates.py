"""Candidates refitted and compared with the print, against doing so with statsmodels.

A candidate is the table after one move. The walk refits it from the change of the score and of the
information, to second order, and looks at its estimates, limits and P; so does statsmodels here. A
candidate that is taken costs the walk a full refit as well, which is not in this ratio.
"""

import time
import tomllib

import numpy as np
import statsmodels.api as sm
from numba import njit

from lib import cohort, published
from lib.search import walk, witnesses

NAME = "500 candidates refitted by the walk / one by statsmodels.Logit, with limits and P"
TARGET = 1.0
CANDIDATES, FITS, REPEATS = 100_000, 40, 5


@njit
def refit_all(state, work, goal, follow, random, candidates):
    """Refit so many candidates; the sum of their distances, so that nothing is left out."""
    patients, terms = state.design.shape
    rows, new = np.zeros(2, np.int64), np.zeros((2, terms))
    first, size = np.zeros(patients, np.int64), np.zeros(patients, np.int64)
    occluded = int(state.outcome.sum())
    for i in range(patients):
        first[i] = 0 if state.outcome[i] == 1 else occluded
        size[i] = occluded if state.outcome[i] == 1 else patients - occluded
    total, done = 0.0, 0
    while done < candidates:
        changed = walk._propose(state.design, first, size, goal, follow, random, rows, new)
        if changed > 0 and walk.predict(state, rows, new, changed, work):
            total += walk.model_gap(work.coefficients, work.variances, goal)
            done += 1
    return total


def ratio() -> float:
    """Seconds for 500 candidates over seconds for one; at one the walk is 500 times faster."""
    example = cohort.load(cohort.EXAMPLE)
    about = witnesses.frame(published.read(), example.codebook)
    settings = tomllib.loads(witnesses.SETTINGS.read_text(encoding="utf-8"))
    goal = witnesses.goal(about, settings)
    start = witnesses.result_of(example.rows, about, goal.length)
    state = walk.state(start.design, witnesses.outcome_of(about), start.group)
    work = walk.room(*start.design.shape, len(about.groups), settings["longest_mm"])
    walk.settle(state, goal, walk.AIMLESS, work, np.zeros((len(goal.binary), 2), np.int64), np.inf)
    walk.third_derivatives(state.design, state.coefficients, state.third)
    follow = witnesses.following(start.design, goal)
    random = np.random.default_rng(0)
    assert np.isfinite(refit_all(state, work, goal, follow, random, 100))  # compiles

    def ours() -> None:
        refit_all(state, work, goal, follow, random, CANDIDATES)

    design = sm.add_constant(example.rows[example.factors].to_numpy(float))
    outcome = example.rows[example.outcome].to_numpy(float)

    def plain() -> None:
        for _ in range(FITS):
            fit = sm.Logit(outcome, design).fit(disp=0)
            fit.conf_int(), fit.pvalues

    return 500 * fastest(ours) / CANDIDATES / (fastest(plain) / FITS)


def fastest(work) -> float:
    """The least seconds of a few repeats."""
    times = []
    for _ in range(REPEATS):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return min(times)
