"""Readings: what the printed model may have contained, and what is known of each.

A reading is a hypothesis about what was entered, and for which patients. Where a model holds
nothing but the two markers and a division of the patients into strata (no division, the diagnosis,
or any yes-or-no factor), `lib.search.listings` looks at every such model and stores how many came
near the printed odds ratios, limits and P. Where a length or all factors are entered,
`lib.search.readings` searches for cohorts and stores those that it finds. Here stored cohorts are
refitted, and stored counts are used only if they were made from the present claims by the present
code: their name is a digest of both.
"""

import hashlib
from pathlib import Path

import numpy as np
import pandas as pd
from firthmodels import FirthLogisticRegression

from lib.compatible import exclusion, verification
from lib.compatible.exclusion import Printed
from lib.compatible.study import Study, read_stored, study
from lib.paper import cores, wald
from lib.paper.digits import agrees, number
from lib.statistics import univariate

ALONE, CONDITIONAL, DIAGNOSIS, ONE_FACTOR = LISTED = [
    "two markers alone, fewer patients",
    "two markers alone, conditional likelihood",
    "two markers and the diagnosis",
    "two markers and one binary factor",
]
LENGTH, ALL_WITH_DIAGNOSIS = "two markers and the length", "all factors and the diagnosis"
KEYS = ["reading", "number"]
FOUND = "possible: a cohort was found"
# What computes the stored counts, and so must be what it was when they were stored.
LISTING_CODE = [
    Path(__file__).parents[1] / "search" / "listings.py",
    Path(__file__).parents[1] / "statistics" / "logistic.py",
]


def searched(about: Study) -> dict[str, Study]:
    """The readings for which cohorts are searched and stored."""
    return {
        LENGTH: about.with_model([*about.markers, about.length]),
        ALL_WITH_DIAGNOSIS: about.with_model(about.factors, adjusts_for_group=True),
    }


def listed_steps(claims: pd.DataFrame) -> dict[str, list[int]]:
    """The steps of each complete listing: patients left out, or patients with both markers."""
    printed = exclusion.from_claims(claims)
    return {
        ALONE: list(range(1, printed.sizes[0] - 1)),
        CONDITIONAL: [0],
        DIAGNOSIS: [0],
        ONE_FACTOR: sorted(set(exclusion.possible_cores(printed)["n11"])),
    }


def significant_pairs(about: Study) -> np.ndarray:
    """Which count pairs of a yes-or-no factor are significant alone by any test: [a, b]."""
    threshold = max(about.threshold(factor) for factor in about.factors)
    return univariate.significant_pairs(*about.totals, threshold, by_every_test=False)


def fingerprint(about: Study) -> str:
    """A name for everything that the counts of the listings depend on, their code included."""
    printed = about.printed
    inputs = [
        printed.first.tolist(),
        printed.second.tolist(),
        printed.strings,
        printed.level,
        about.group_counts.tolist(),
        np.argwhere(significant_pairs(about)).tolist(),
        # Read as text, so that the ends of the lines do not matter.
        *(path.read_text(encoding="utf-8") for path in LISTING_CODE),
    ]
    return hashlib.sha256(repr(inputs).encode()).hexdigest()[:16]


def survey(claims: pd.DataFrame) -> pd.DataFrame:
    """Every reading with its verdict. Indexed by reading; columns verdict, found, n11_least,
    n11_most, reason.

    Stored cohorts are refitted, and those that fail count as not stored; counts made for other
    claims, or by other code, are not used.
    """
    about = study(claims)
    counts = read_stored("readings.csv")
    rows = {
        **_two_markers_alone(about.printed),
        **_listed(about, counts[counts["made_from"] == fingerprint(about)]),
        **_searched(about, read_stored("readings.parquet")),
        **_said(about.printed),
    }
    table = pd.DataFrame(rows, ["verdict", "found", "n11_least", "n11_most", "reason"])
    return table.T.rename_axis("reading")


def _two_markers_alone(printed: Printed) -> dict[str, dict]:
    """The two markers alone on all patients, for every number of patients with both."""
    plain = _compared(cores.two_marker_odds_ratios(printed.first, printed.second), printed)
    # It ends with the two markers alone, so it stands or falls with them.
    chosen = {
        "reason": "whichever way it was come to, a final model that holds the two markers and "
        "nothing else is the first of these"
    }
    return {
        "two markers alone": plain,
        "two markers alone, Firth's penalty": _compared(_firth(printed), printed),
        "a final model of two factors, chosen stepwise": plain | chosen,
    }


def _firth(printed: Printed) -> pd.DataFrame:
    """Both odds ratios of the two markers alone under Firth's penalty, for every number of patients
    with both (Firth 1993, Biometrika 80:27-38)."""
    n11, counts = cores.by_both(printed.first, printed.second)
    model = FirthLogisticRegression(backend="numpy", fit_intercept=False)
    coefficients = [
        model.fit(exclusion.KNOWN, exclusion.GROUPS[:, 0], patients).coef_[1:]
        for patients in counts.reshape(len(n11), -1).astype(float)
    ]
    return pd.DataFrame(np.exp(coefficients), n11)


def _compared(table: pd.DataFrame, printed: Printed) -> dict:
    """A verdict on models with the two markers alone, one row of odds ratios for each number of
    patients with both."""
    texts = [strings["odds_ratio"] for strings in printed.strings]
    found = sum(
        all(agrees(text, value) for text, value in zip(texts, row, strict=True))
        for row in table.to_numpy()
        if np.isfinite(row).all()
    )
    apart = np.abs(np.log(table / [float(number(text)) for text in texts])).max(axis=1)
    nearest = table.loc[apart.idxmin()]
    return {
        "verdict": "open: odds ratios possible" if found else "contradicted: proven",
        "found": found,
        "reason": f"all {printed.sizes[0]} patients; the fit depends only on how many of them have "
        f"both markers; of {len(table)} numbers the nearest, {apart.idxmin()}, prints "
        f"{nearest.iloc[0]:.3f} and {nearest.iloc[1]:.3f}",
    }


def _listed(about: Study, counts: pd.DataFrame) -> dict[str, dict]:
    """The verdicts of the listings: contradicted only where no step is missing."""
    printed = about.printed
    tables, _ = cores.count_tables(printed.first, printed.second, about.group_counts)
    everyone = f"all {printed.sizes[0]} patients"
    words = {
        ALONE: "{looked_at:,} sets of sums, for every number of patients left out, whoever they "
        "are",
        CONDITIONAL: f"{everyone}, given the number of occlusions; the fit depends only on how "
        "many of them have both markers; all "
        "{looked_at} numbers were tried",
        DIAGNOSIS: f"{everyone}; all {tables:,} tables of whole numbers, through {{looked_at:,}} "
        "sets of sums",
        ONE_FACTOR: f"{everyone}; {{looked_at:,}} sets of sums: any factor significant alone by "
        "some test, for every number of patients with both markers that is not excluded for all "
        "models",
    }
    return {
        reading: _of_listing(counts[counts["reading"] == reading], needed, words[reading])
        for reading, needed in listed_steps(about.claims).items()
    }


def _of_listing(counts: pd.DataFrame, needed: list[int], words: str) -> dict:
    """The verdict of one listing from its counts by step; ``words`` say what it looked at."""
    if not set(needed) <= set(counts["step"]):
        return {
            "verdict": "open: not listed",
            "reason": "no complete listing for these claims is stored",
        }
    found = int(counts["found"].sum())
    if found:
        ends = f"{found} print all numbers, patients were not made from them"
    else:
        units = (1 + counts["nearest_miss"].min()) / 2
        ends = f"in the nearest a number is {units:,.1f} units of its last digit off"
    return {
        "verdict": "open: fits found" if found else "contradicted: proven",
        "found": found,
        "reason": f"{words.format(looked_at=counts['looked_at'].sum())}; {ends}",
    }


def _searched(about: Study, stored: pd.DataFrame) -> dict[str, dict]:
    """The verdicts of the readings for which cohorts are stored."""
    rows = {}
    for reading, of_reading in searched(about).items():
        good = believed(stored, reading, of_reading)
        n11 = good[about.markers].eq(1).all(axis=1).groupby(good["number"]).sum()
        rows[reading] = {
            "verdict": FOUND if len(n11) else "open: none found",
            "found": len(n11),
            "n11_least": n11.min(),
            "n11_most": n11.max(),
            "reason": f"{len(n11)} cohorts found and refitted"
            if len(n11)
            else "a search found none, which proves nothing",
        }
    return rows


def believed(stored: pd.DataFrame, reading: str, about: Study) -> pd.DataFrame:
    """The rows of those stored cohorts that print every claim from the model of a reading: the
    columns that it has, for no others are looked at.
    """
    rows = stored[stored["reading"] == reading]
    names = [*KEYS, *about.factors, about.outcome, *[about.group] * about.adjusts_for_group]
    return verification.believed(rows[names], KEYS, about)


def _said(printed: Printed) -> dict[str, dict]:
    """The readings for which nothing is counted."""
    is_wald = all(wald.agree(strings, printed.level) for strings in printed.strings)
    return {
        "all factors": {
            "verdict": FOUND,
            "reason": "the main reading, and what screening the factors one at a time leaves; it "
            "has cohorts of its own",
        },
        "markers coded the other way, or 1 and 2": {
            "verdict": "the same model",
            "reason": "a marker turned over has one over the odds ratio and limits, and the same "
            "P; 1 and 2 for 0 and 1 change only the intercept",
        },
        "limits other than Wald's": {
            "verdict": "not needed: Wald fits" if is_wald else "open: Wald fails",
            "reason": "the limits multiply to the square of the odds ratio and P follows from "
            "them, to the printed digits"
            if is_wald
            else "the limits do not multiply to the square of the odds ratio, or P does not follow "
            "from them",
        },
        "stepwise selection that keeps a third factor": {
            "verdict": "open: not searched",
            "reason": "with the usual settings (enter by score P<0.05, leave by P>0.10) one may "
            "stay whose Wald P lies between; the rows of two markers and one binary factor, or the "
            "length, say whether a model with that factor can print the claims, and whether the "
            "others then stay out was not searched",
        },
        "conditional likelihood with more factors": {
            "verdict": "open: not searched",
            "reason": "its information is that of the outcomes within strata, of which no proof "
            "here speaks",
        },
        "penalized likelihood with more factors": {
            "verdict": "open: not searched",
            "reason": "its fitted events need not be the observed ones, on which every proof here "
            "rests",
        },
    }
