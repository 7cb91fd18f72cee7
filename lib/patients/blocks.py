"""Numbers put into blocks, so that no small cell by outcome can be read off a number or a time."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd


def _block_means(values: np.ndarray, starts: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """The mean of each block of sorted distinct values, within the block whatever is rounded."""
    sums = np.add.reduceat(values * counts, starts)
    means = sums / np.add.reduceat(counts, starts)
    rounded = np.array([float(f"{mean:.4g}") for mean in means])
    ends = np.append(starts[1:], len(values)) - 1
    means = np.clip(rounded, values[starts], values[ends])
    return np.repeat(means, np.diff(np.append(starts, len(values))))


def _starts(counts: list[tuple[int, int]], fits: Callable[[int, int], bool]) -> np.ndarray:
    """Where the blocks of successive pairs of counts begin, each block the shortest that fits.

    What is left at the end joins the blocks before it until it fits.
    """
    blocks, start, a, b = [], 0, 0, 0
    for place, (more_a, more_b) in enumerate(counts):
        a, b = a + more_a, b + more_b
        if fits(a, b):
            blocks.append((start, a, b))
            start, a, b = place + 1, 0, 0
    if start < len(counts):
        while blocks:
            start, more_a, more_b = blocks.pop()
            a, b = a + more_a, b + more_b
            if fits(a, b):
                break
        blocks.append((start, a, b))
    return np.array([start for start, _, _ in blocks])


def of_numbers(values: pd.Series, outcome: pd.Series, threshold: int) -> pd.Series:
    """Numbers replaced by the mean of a block of neighbors that has no small cell by outcome."""
    known = values.notna().to_numpy()
    if not known.any():
        return values
    distinct, codes, counts = np.unique(
        values.to_numpy()[known], return_inverse=True, return_counts=True
    )
    events = np.bincount(codes, outcome.to_numpy()[known], len(distinct)).astype(int)
    pairs = list(zip(events.tolist(), (counts - events).tolist(), strict=True))

    def fits(events: int, nonevents: int) -> bool:
        return nonevents >= threshold and (events == 0 or events >= threshold)

    result = values.copy()
    result[known] = _block_means(distinct, _starts(pairs, fits), counts)[codes]
    return result


def of_times(
    rows: pd.DataFrame, group: str, time: str, until: float | None, threshold: int
) -> np.ndarray:
    """Times replaced by the mean of a block of at least `threshold` patients of the same group.

    No block reaches across the horizon, unless one side of it has too few patients.
    """
    values = rows[time].to_numpy(float).copy()
    codes = rows[group].cat.codes.to_numpy()
    for one in np.unique(codes):
        mine = np.flatnonzero((codes == one) & ~np.isnan(values))
        if not len(mine):
            continue
        distinct, places, counts = np.unique(values[mine], return_inverse=True, return_counts=True)
        edge = 0 if until is None else int(np.searchsorted(distinct, until, side="right"))
        sides = [counts[:edge], counts[edge:]]
        if min(side.sum() for side in sides) < threshold:
            sides = [counts]
        starts, before = [], 0
        for side in sides:
            pairs = [(count, 0) for count in side.tolist()]
            starts.append(before + _starts(pairs, lambda patients, _: patients >= threshold))
            before += len(side)
        values[mine] = _block_means(distinct, np.concatenate(starts), counts)[places]
    return values
