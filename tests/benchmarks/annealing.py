"""Witnesses found per minute, against a plain annealing with numpy on the same cores."""

import time

import numpy as np

from lib.compatible import verification
from lib.patients import loading
from lib.search import designs, witnesses
from lib.statistics import logistic

NAME = "10 x witnesses a minute of a plain numpy annealing / those of the search"
TARGET = 1.0
SECONDS = 20  # for each core
NEIGHBORS = [(0, 1), (1, 0), (1, 1)]


def ratio() -> float:
    """At one the search finds ten times as many; zero where the plain annealing finds none in its
    time.
    """
    about, settings = designs.read_study(), designs.read_settings()
    target = designs.target_of(about, settings)
    start = designs.design_of(loading.load(loading.EXAMPLE).rows, about)
    k1, k0 = designs.core_of(start, about)
    cores = [(k1 + i, k0 + j) for i, j in NEIGHBORS]
    witnesses.find(cores[0], about, settings)  # compiles

    began, found = time.perf_counter(), 0
    for core in cores:
        found += witnesses.find(core, about, settings).distance == 0
    ours = found / (time.perf_counter() - began)
    assert found, "the search found none"

    began, found = time.perf_counter(), 0
    for core in cores:
        found += plain_annealing(core, start, about, target)
    return 10 * found / (time.perf_counter() - began) / ours


def plain_annealing(core: tuple[int, int], start, about, target) -> bool:
    """Exchanges and changes of length, each refitted with numpy, at a temperature that falls with
    time.
    """
    random = np.random.default_rng(core)
    outcome, terms = designs.outcome_of(about), 1 + len(about.factors)
    free = np.setdiff1d(np.arange(1, terms), designs.marker_columns(about))
    design = designs.move_to_core(start, core, about, random)[:, :terms]
    distance, began = gap(design, outcome, target), time.perf_counter()
    while (spent := (time.perf_counter() - began) / SECONDS) < 1:
        i = random.integers(len(outcome))
        j = random.choice(np.flatnonzero(outcome == outcome[i]))
        column = random.choice(free)
        before = design[[i, j]].copy()
        design[[i, j], column] = design[[j, i], column]
        after = gap(design, outcome, target)
        if after < distance or random.random() < np.exp((distance - after) / (100 * 0.001**spent)):
            distance = after
            if distance == 0:
                made = np.column_stack([design, start[:, terms:]])
                return verification.unmet(designs.rows_of(made, about), about) == ""
        else:
            design[[i, j]] = before
    return False


def gap(design: np.ndarray, outcome: np.ndarray, target) -> float:
    """How far the joint model is from what it is to print, in half-widths of the intervals."""
    estimates, errors = logistic.estimates(design[None, :, 1:], outcome[None])
    least, most, unit = (limits[:, :3] for limits in (target.least, target.most, target.unit))
    values = estimates[0][:, None] + errors[0][:, None] * target.errors
    outside = np.maximum(least - values, values - most)
    return float(np.sqrt(((np.maximum(outside, 0) / unit) ** 2).sum()))
