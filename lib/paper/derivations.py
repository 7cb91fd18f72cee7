"""How each kind of claim is recomputed: where the book derives it, by which formula, from which
other claims, and by which function. The pages read it from here, so that the note beside a number,
the ledger and the chapters name the same.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Derivation:
    """``target`` is the label of the section that derives it, ``function`` a full name in ``lib``;
    ``formula``, ``inputs`` and ``function`` are empty where nothing is recomputed."""

    target: str
    formula: str = ""
    inputs: str = ""
    function: str = ""


_POLYGON = Derivation(
    "multivariate-wald",
    "odds ratio = exp(β), limits = exp(β − zσ) and exp(β + zσ), P = 2 Φ(−|β| / σ)",
    "the other three of the same marker, each as the interval that its digits stand for, and the "
    "level of confidence, which gives z",
    "lib.paper.wald.possible",
)
_COUNTS = "the other percentages, areas and group sizes: whole numbers that print all of them"
_TABLE = "the two-by-two table of the marker, which those percentages determine"
_CHOSEN = f"{_TABLE}; the standard error is the one that prints the other marker's"
_LIMITS = Derivation(
    "roc-estimator",
    "A ± z SE, SE² = [A(1 − A) + (n₁ − 1)(Q₁ − A²) + (n₀ − 1)(Q₂ − A²)] / (n₁n₀)",
    _CHOSEN,
    "lib.statistics.roc.standard_errors",
)

OF_CLAIMS = {
    ("methods", "patients"): Derivation(
        "methods-counts",
        "all patients = sum of the groups",
        _COUNTS,
        "lib.paper.reconstruct.solutions",
    ),
    ("methods", "first_month"): Derivation("methods-study"),
    ("methods", "last_month"): Derivation("methods-study"),
    ("patency", "primary_patency"): Derivation(
        "patency-rates",
        "patency = (patients − occluded) / patients",
        _COUNTS,
        "lib.paper.reconstruct.solutions",
    ),
    ("patency", "horizon"): Derivation("patency-horizon"),
    ("univariate", "p_value"): Derivation(
        "univariate-determined",
        "χ² = Σ (observed − expected)² / expected with 1 degree of freedom, and three other tests",
        _TABLE,
        "lib.statistics.univariate.binary_tests",
    ),
    ("multivariate", "confidence_level"): Derivation(
        "multivariate-wald",
        "level = 2 Φ(z) − 1, where ln(upper / lower) = 2zσ",
        "the odds ratios with their limits and P",
        "lib.paper.wald.agree",
    ),
    ("multivariate", "odds_ratio"): _POLYGON,
    ("multivariate", "odds_ratio_lower"): _POLYGON,
    ("multivariate", "odds_ratio_upper"): _POLYGON,
    ("multivariate", "p_value"): _POLYGON,
    ("roc", "sensitivity"): Derivation(
        "methods-counts",
        "sensitivity = occluded with the marker / all occluded",
        _COUNTS,
        "lib.paper.reconstruct.solutions",
    ),
    ("roc", "specificity"): Derivation(
        "methods-counts",
        "specificity = patent without the marker / all patent",
        _COUNTS,
        "lib.paper.reconstruct.solutions",
    ),
    ("roc", "auc"): Derivation(
        "roc-area",
        "A = (sensitivity + specificity) / 2",
        _COUNTS,
        "lib.statistics.roc.auc",
    ),
    ("roc", "auc_lower"): _LIMITS,
    ("roc", "auc_upper"): _LIMITS,
    ("roc", "p_value"): Derivation(
        "roc-estimator",
        "P = 2 Φ(−|A − ½| / SE₀), SE₀² = (n₁ + n₀ + 1) / (12 n₁n₀)",
        _CHOSEN,
        "lib.statistics.roc.inference",
    ),
}
# Of a factor alone whose two-by-two table the claims leave open.
OPEN = Derivation(
    "univariate-open",
    "Pearson's χ² of the two-by-two table; of a number, Student's t",
    "the rows of the example cohort, which was made to print it",
    "lib.statistics.univariate.screen",
)


def of_claim(section: str, quantity: str, verdict: str) -> Derivation:
    """How a claim with this verdict is recomputed."""
    is_open = section == "univariate" and verdict == "fitted"
    return OPEN if is_open else OF_CLAIMS[section, quantity]
