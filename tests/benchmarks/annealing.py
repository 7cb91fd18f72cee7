"""Witnesses found per minute, against a plain annealing with numpy on the same cores."""

import time
import tomllib

import numpy as np

from lib.paper import published
from lib.patients import loading
from lib.search import example, witnesses

NAME = "10 x witnesses a minute of a plain numpy annealing / those of the search"
TARGET = 1.0
SECONDS = 20  # for each core
NEIGHBORS = [(0, 1), (1, 0), (1, 1)]


def ratio() -> float:
    """At one the search finds ten times as many; zero where the plain annealing finds none in its
    time.
    """
    shipped = loading.load(loading.EXAMPLE)
    about = witnesses.frame(published.read(), shipped.codebook)
    settings = tomllib.loads(witnesses.SETTINGS.read_text(encoding="utf-8"))
    target = witnesses.goal(about, settings)
    start = witnesses.result_of(shipped.rows, about, target.length)
    cores = [(start.k1 + i, start.k0 + j) for i, j in NEIGHBORS]
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
    outcome = witnesses.outcome_of(about)
    columns = [about.factors.index(marker) + 1 for marker in about.markers]
    free = [i for i in range(1, len(about.factors) + 1) if i not in columns]
    design = witnesses.move_to_core(start.design, outcome, columns, core, random).copy()
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
                made = witnesses.cohort_of(design, start.group, about)
                return not example.unmet(made, about.claims)
        else:
            design[[i, j]] = before
    return False


def gap(design: np.ndarray, outcome: np.ndarray, target) -> float:
    """How far the joint model is from what it is to print, in half-widths of the printed intervals."""
    coefficients = np.zeros(design.shape[1])
    for _ in range(25):
        p = 1 / (1 + np.exp(-design @ coefficients))
        information = (design * (p * (1 - p))[:, None]).T @ design
        step = np.linalg.solve(information, design.T @ (outcome - p))
        coefficients = coefficients + step
        if np.abs(step).max() < 1e-9:
            break
    error = np.sqrt(np.diag(np.linalg.inv(information)))
    least, most, unit = (limits[:, :3] for limits in (target.least, target.most, target.unit))
    values = coefficients[:, None] + error[:, None] * target.errors
    outside = np.maximum(least - values, values - most)
    return float(np.sqrt(((np.maximum(outside, 0) / unit) ** 2).sum()))
