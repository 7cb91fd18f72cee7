"""From claims to counts: every set of whole numbers that prints what the paper prints.

Nothing about any paper is written here: the groups, the markers and their numbers all come from the
claims. Every function returns all solutions, so that one, several or none can be told apart.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from math import ceil, floor, prod

import numpy as np
import pandas as pd
import statsmodels.api as sm

from lib.paper.cores import cores
from lib.paper.published import interval, subject


@dataclass(frozen=True)
class Counts:
    """One way to fill in the numbers of events, given a total number of events.

    `patients` and `occluded_by_group` follow the order of the groups in the claims. `markers` maps
    each marker to all its pairs (exposed among the occluded, exposed among the patent). What the
    claims in use do not touch is None or empty.
    """

    patients: int | None
    occluded: int | None
    patients_by_group: tuple[int, ...]
    occluded_by_group: tuple[int, ...]
    markers: dict[str, tuple[tuple[int, int], ...]]

    @property
    def ways(self) -> int:
        """In how many ways the markers' counts can be chosen."""
        return prod(len(pairs) for pairs in self.markers.values())


def original(claims: pd.DataFrame) -> pd.DataFrame:
    """The claims without variants printed elsewhere (whose id has a fourth part)."""
    return claims[claims.index.str.count(r"\.") == 2]


def groups(claims: pd.DataFrame) -> list[str]:
    """The groups whose size is claimed."""
    sizes = claims[(claims["section"] == "methods") & (claims["quantity"] == "patients")].index
    return [subject(name) for name in sizes if subject(name) != "all"]


def markers(claims: pd.DataFrame) -> list[str]:
    """The markers with a sensitivity and a specificity among the claims."""
    rows = claims[claims["quantity"] == "sensitivity"].index
    return [subject(name) for name in rows if f"roc.{subject(name)}.specificity" in claims.index]


def counts_behind(printed: str | None, total: int) -> list[int]:
    """All counts out of `total` whose proportion prints as `printed`; every count when None."""
    if printed is None:
        return list(range(total + 1))
    bounds = interval(printed)
    first = 0 if bounds.lower is None else max(0, ceil(bounds.lower * total))
    last = total if bounds.upper is None else min(total, floor(bounds.upper * total))
    return [count for count in range(first, last + 1) if Fraction(count, total) in bounds]


def solve(claims: pd.DataFrame, using: list[str] | None = None) -> list[Counts]:
    """All counts compatible with the claims named in `using` (default: all of them).

    The claims that matter are the numbers of patients, the patency rates, and each marker's
    sensitivity, specificity and AUC. The events of the patency rates and of the markers are taken
    to be the same where both are in use. A number of patients that is left out follows from the
    sum of the others.
    """
    using = set(claims.index if using is None else using)
    printed = {name: text for name, text in claims["printed"].items() if name in using}
    return [
        Counts(patients, occluded, sizes, by_group, marker_pairs)
        for patients, sizes in _patients(claims, printed)
        for occluded, by_group, marker_pairs in _events(claims, printed, patients, sizes)
    ]


def _patients(
    claims: pd.DataFrame, printed: dict[str, str]
) -> list[tuple[int | None, tuple[int, ...]]]:
    """The total and the group sizes; empty where they do not add up."""
    names = groups(claims)
    total = int(printed["methods.all.patients"]) if "methods.all.patients" in printed else None
    sizes = [printed.get(f"methods.{name}.patients") for name in names]
    known = [int(size) for size in sizes if size is not None]
    if not known:
        return [(total, ())]
    if len(known) == len(names):
        total = sum(known) if total is None else total
        return [(total, tuple(known))] if sum(known) == total else []
    if len(known) == len(names) - 1 and total is not None:
        rest = total - sum(known)
        return (
            [(total, tuple(rest if size is None else int(size) for size in sizes))]
            if rest > 0
            else []
        )
    return [(total, tuple(0 if size is None else int(size) for size in sizes))]


def _events(claims, printed, patients, sizes):
    """The numbers of events, in total, by group and by marker, that the claims in use allow."""
    names, marker_names = groups(claims), markers(claims)
    rates = [printed.get(f"patency.{name}.primary_patency") for name in names]
    use_rates = any(rate is not None for rate in rates) and len(sizes) == len(names)
    used = [
        m
        for m in marker_names
        if any(f"roc.{m}.{q}" in printed for q in ("sensitivity", "specificity", "auc"))
    ]
    by_total: dict[int | None, list[tuple[int, ...]]] = {None: [()]}
    if use_rates:
        options = [
            [size - patent for patent in counts_behind(rate, size)] if size else [0]
            for size, rate in zip(sizes, rates, strict=True)
        ]
        by_total = {}
        for combination in product(*options):
            by_total.setdefault(sum(combination), []).append(combination)
    if not used or patients is None:
        return [
            (total, combination, {}) for total, combos in by_total.items() for combination in combos
        ]
    complete = use_rates and all(sizes) and None not in by_total
    totals = (
        [total for total in by_total if 0 < total < patients] if complete else range(1, patients)
    )
    found = []
    for total in totals:
        pairs = {marker: marker_pairs(printed, marker, total, patients - total) for marker in used}
        if all(pairs.values()):
            found += [
                (total, combination, pairs)
                for combination in (by_total[total] if complete else [()])
            ]
    return found


def marker_pairs(
    printed: dict[str, str], marker: str, occluded: int, patent: int
) -> tuple[tuple[int, int], ...]:
    """All pairs (exposed occluded, exposed patent) that print a marker's sensitivity, specificity
    and AUC, as far as they are in `printed`. The AUC of a binary marker is the mean of the two."""
    exposed = counts_behind(printed.get(f"roc.{marker}.sensitivity"), occluded)
    unexposed = counts_behind(printed.get(f"roc.{marker}.specificity"), patent)
    auc = printed.get(f"roc.{marker}.auc")
    bounds = interval(auc) if auc is not None else None
    return tuple(
        (a, patent - d)
        for a in exposed
        for d in unexposed
        if bounds is None or (Fraction(a, occluded) + Fraction(d, patent)) / 2 in bounds
    )


def events_and_others(claims: pd.DataFrame) -> list[tuple[int, int]]:
    """All numbers of events and of other patients that can print every sensitivity and specificity.

    Some patients may be left out: the two need not add up to all patients.
    """
    patients = len(printable_by_occluded(claims)) + 1
    printed = original(claims).groupby("quantity")["printed"]
    events, others = (
        [
            n
            for n in range(1, patients)
            if quantity in printed.groups
            and all(counts_behind(text, n) for text in printed.get_group(quantity))
        ]
        for quantity in ("sensitivity", "specificity")
    )
    return [(a, b) for a in events for b in others if a + b <= patients]


def group_table(claims: pd.DataFrame, solution: Counts) -> pd.DataFrame:
    """Patients and occluded by group, of one solution."""
    index = pd.Index(groups(claims), name="group")
    return pd.DataFrame(
        {"patients": solution.patients_by_group, "occluded": solution.occluded_by_group}, index
    )


def marker_table(solution: Counts, marker: str) -> np.ndarray:
    """A marker's counts [[exposed occluded, exposed patent], [unexposed occluded, unexposed
    patent]].

    Raises `ValueError` when the claims allow several.
    """
    if len(solution.markers[marker]) != 1:
        raise ValueError(
            f"the claims allow {len(solution.markers[marker])} tables for {marker}, not one"
        )
    a, b = solution.markers[marker][0]
    return np.array([[a, b], [solution.occluded - a, solution.patients - solution.occluded - b]])


def printable_by_occluded(claims: pd.DataFrame) -> pd.DataFrame:
    """For every conceivable number of events: can each sensitivity and specificity be printed?

    Index: occluded, from 1 to one less than all patients. One boolean column per claim.
    """
    rows = original(claims)
    printed = rows["printed"]
    patients = int(printed.get("methods.all.patients", 0)) or sum(
        int(printed[f"methods.{group}.patients"]) for group in groups(rows)
    )
    names = [
        f"roc.{marker}.{quantity}"
        for quantity in ("sensitivity", "specificity")
        for marker in markers(rows)
    ]
    return pd.DataFrame(
        {
            name: [
                bool(
                    counts_behind(
                        rows.at[name, "printed"],
                        n if name.endswith("sensitivity") else patients - n,
                    )
                )
                for n in range(1, patients)
            ]
            for name in names
        },
        index=pd.RangeIndex(1, patients, name="occluded"),
    )


def occluded_by_rates(claims: pd.DataFrame) -> list[tuple[int, ...]]:
    """All numbers of events by group that the sizes and patency rates of the groups allow."""
    rows = original(claims)
    names = rows.index[rows["quantity"].isin(["patients", "primary_patency"])]
    return sorted({solution.occluded_by_group for solution in solve(rows, list(names))})


def most_occluded(claims: pd.DataFrame) -> pd.Series:
    """The greatest number of events that any estimate of survival could print as claimed, for each
    group whose size and rate are claimed.

    An event that happens while some patients are lost weighs at least one over the group's size in
    a Kaplan-Meier estimate, so d events lower it by at least d/n (Kaplan and Meier 1958, J Am Stat
    Assoc 53:457-481, equation 2b, in which the numbers at risk never exceed n).
    """
    found = {}
    for group in groups(claims):
        rate = f"patency.{group}.primary_patency"
        if rate in claims.index:
            size = int(claims.at[f"methods.{group}.patients", "printed"])
            found[group] = floor((1 - interval(claims.at[rate, "printed"]).lower) * size)
    return pd.Series(found, name="occluded", dtype=int)


def two_marker_odds_ratios(first: np.ndarray, second: np.ndarray) -> pd.DataFrame:
    """Both adjusted odds ratios of a logistic model with the two markers alone, for every core.

    The score equations involve a core only through the number of patients with both markers, n11,
    so there is one row for each n11: odds_ratio_first, odds_ratio_second. NaN where no finite
    maximum exists.
    """
    occluded, patent = first.sum(axis=0)
    rows = {}
    for k1, k0 in cores(first, second).itertuples(index=False):
        if k1 + k0 in rows:
            continue
        cells = np.array(
            [
                [1, 1, k1, k0],
                [1, 0, first[0, 0] - k1, first[0, 1] - k0],
                [0, 1, second[0, 0] - k1, second[0, 1] - k0],
                [
                    0,
                    0,
                    occluded - first[0, 0] - second[0, 0] + k1,
                    patent - first[0, 1] - second[0, 1] + k0,
                ],
            ]
        )
        cells = cells[cells[:, 2:].sum(axis=1) > 0]
        with warnings.catch_warnings():
            # A core that the model reproduces exactly is no separation, though statsmodels says so.
            warnings.simplefilter("ignore")
            design = sm.add_constant(cells[:, :2])
            fitted = sm.GLM(cells[:, 2:], design, family=sm.families.Binomial()).fit()
        rows[k1 + k0] = np.exp(fitted.params[1:])
    table = pd.DataFrame.from_dict(rows, "index", columns=["odds_ratio_first", "odds_ratio_second"])
    return table.rename_axis("n11").sort_index()
