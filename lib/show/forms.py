"""The small forms of the chapters, one function a form, and what follows from its numbers.

Here each form is shown with the numbers it begins with, so that a page is complete as it is built.
What follows when a reader changes them is computed by ``chapters/assets/tools.js`` in the same
words; the tests hold the two against each other.
"""

from fractions import Fraction

import numpy as np
import pandas as pd

from lib.paper import digits, reconstruct, wald
from lib.show import display
from lib.statistics import prediction
from lib.words import DASH, capital, percent, whole

LEAST_PREVALENCE, GREATEST_PREVALENCE = 1, 60  # in percent
QUANTITY_WORDS = {
    "odds_ratio": "odds ratio",
    "odds_ratio_lower": "lower limit",
    "odds_ratio_upper": "upper limit",
    "p_value": "P",
}
LARGEST_SHOWN = 999_999


def counts(printed: str, total: int, most: int = 100) -> None:
    """Which counts out of ``total`` print a percentage, and which denominators can.

    ``printed`` is the percentage as it stands in print, ``most`` the largest denominator tried.
    """
    display.tool(
        "counts",
        title="Which counts print a percentage?",
        fields=[
            {"name": "printed", "label": "Printed", "value": printed},
            {"name": "total", "label": "Out of", "value": str(total)},
            {"name": "most", "label": "Denominators up to", "value": str(most)},
        ],
        sentences=count_sentences(printed, total, most),
    )


def count_sentences(printed: str, total: int, most: int) -> list[str]:
    """What a printed number says about the counts out of ``total``, and about denominators up to
    ``most``.
    """
    found = reconstruct.counts_behind(printed, total)
    up, even = (
        [count for count in found if Fraction(count, total) in digits.interval(printed, rule)]
        for rule in ("half_up", "half_even")
    )
    possible = [size for size in range(1, most + 1) if reconstruct.counts_behind(printed, size)]
    return [
        _which_counts(printed, total, found),
        "Both ways of rounding a half say the same."
        if up == even
        else f"Halves rounded up: {_runs(up)}. Halves to the even digit: {_runs(even)}.",
        f"Denominators up to {whole(most)} that can print {printed}: {_runs(possible)}.",
    ]


def _which_counts(printed: str, total: int, found: list[int]) -> str:
    unit = "%" if printed.endswith("%") else ""
    like = f"0.{'0' * (_decimals(printed) + 1)}{unit}"

    def share(count: int) -> str:
        return f"{whole(count)} ({digits.prints(Fraction(count, total), like)})"

    if not found:
        below = min(max(int(digits.number(printed) * total), 0), total)
        nearest = " and ".join(share(count) for count in (below, below + 1) if count <= total)
        return f"No count out of {whole(total)} prints {printed}. The nearest: {nearest}."
    if len(found) == 1:
        return f"Only one count out of {whole(total)} prints {printed}: {share(found[0])}."
    return (
        f"{whole(len(found))} counts out of {whole(total)} print {printed}: "
        f"{share(found[0])} to {share(found[-1])}."
    )


def _decimals(printed: str) -> int:
    return len(digits.NUMBER.fullmatch(printed)["decimals"] or "")


def _runs(numbers: list[int]) -> str:
    """Whole numbers in order, neighbors drawn together: "1, 4–7, 9"; "none" where there is none."""
    runs = np.split(numbers, np.flatnonzero(np.diff(numbers) > 1) + 1)
    # An end of a run that is one number is told once.
    ends = [dict.fromkeys([whole(run[0]), whole(run[-1])]) for run in runs if len(run)]
    return ", ".join(map("–".join, ends)) or "none"


def prevalence(accuracy: dict[str, pd.DataFrame], labels: dict[str, str], share: float) -> None:
    """The risk with and without each marker, by how common the event is among all patients.

    ``accuracy`` maps each marker to the table of ``roc.accuracy``, ``labels`` to its name;
    ``share`` is the proportion that the form begins with.
    """
    markers = [
        {"label": labels[name]}
        | {kind: float(table.at[kind, "estimate"]) for kind in ("sensitivity", "specificity")}
        for name, table in accuracy.items()
    ]
    begins = min(max(round(100 * share), LEAST_PREVALENCE), GREATEST_PREVALENCE)
    display.tool(
        "prevalence",
        title="How common is the event where you work?",
        fields=[
            {
                "name": "percent",
                "label": "Patients with the event among all, in percent",
                "value": str(begins),
                "least": LEAST_PREVALENCE,
                "greatest": GREATEST_PREVALENCE,
            }
        ],
        sentences=[f"If {begins}% of all patients have the event, this is the risk of a patient:"],
        columns=["Marker", "Present", "Absent"],
        rows=risk_rows(markers, begins),
        data={"markers": markers},
    )


def risk_rows(markers: list[dict], share_in_percent: int) -> list[list[str]]:
    """For each marker its name, and the risk of the event where it is present and where absent.

    A marker is a mapping with label, sensitivity and specificity.
    """
    share = np.array([share_in_percent / 100])
    values = [
        prediction.predictive_values(marker["sensitivity"], marker["specificity"], share).iloc[0]
        for marker in markers
    ]
    return [
        [
            marker["label"],
            percent(found["positive_predictive_value"], 0),
            percent(1 - found["negative_predictive_value"], 0),
        ]
        for marker, found in zip(markers, values, strict=True)
    ]


def wald_strings(sets: dict[str, dict[str, str]], level: float) -> None:
    """Whether a printed odds ratio, its limits and P can belong together.

    Each of ``sets`` maps quantities of ``wald.QUANTITIES`` to printed strings; the first is shown,
    the others are there to choose. ``level`` is that of the limits.
    """
    first = next(iter(sets.values()))
    sentences, rows = wald_result(first, level)
    display.tool(
        "wald",
        title="Can these strings belong together?",
        fields=[
            {"name": quantity, "label": capital(words), "value": first.get(quantity, "")}
            for quantity, words in QUANTITY_WORDS.items()
        ],
        presets=[
            {"label": capital(label), "values": {q: strings.get(q, "") for q in QUANTITY_WORDS}}
            for label, strings in sets.items()
        ],
        sentences=sentences,
        columns=["Quantity", "Printed", "The others allow", "Fits"],
        rows=rows,
        data={"level": level},
    )


def wald_result(printed: dict[str, str], level: float) -> tuple[list[str], list[list[str]]]:
    """What there is to say about printed Wald results, and a row for each: its name, its string,
    the range that the others allow, and whether it fits them.
    """
    together, rows = wald.agree(printed, level), []
    fitting = "yes" if together else "no"
    for quantity, words in QUANTITY_WORDS.items():
        text = printed.get(quantity)
        try:
            bounds = wald.possible(printed, quantity, level)
            allowed = _range(bounds, text) if bounds else "nothing, they contradict one another"
        except ValueError:  # too few others
            bounds, allowed = None, DASH
        fits = fitting if text and (together or bounds) else DASH
        rows.append([capital(words), text or DASH, allowed, fits])
    if together:
        return ["These can be Wald results of one model."], rows
    odd = [
        f"the {words}"
        for words, (*_, fits) in zip(QUANTITY_WORDS.values(), rows, strict=True)
        if fits == "no"
    ]
    reason = (
        f"The misprint may be in {' or '.join(odd)}."
        if odd
        else "No single one of them is the reason."
    )
    return [f"These cannot all be Wald results of one model. {reason}"], rows


def _range(bounds: tuple[float, float], printed: str | None) -> str:
    """Two ends with one digit more than the string has; three decimals where there is none. Halves
    go up, whatever their last bits are."""
    digits = _decimals(printed) + 1 if printed else 3
    ends = [
        f"over {whole(LARGEST_SHOWN)}"
        if value > LARGEST_SHOWN
        else f"{value * (1 + 1e-12):.{digits}f}"
        for value in bounds
    ]
    return " to ".join(ends)
