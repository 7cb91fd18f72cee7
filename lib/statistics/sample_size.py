"""How many patients a prediction model needs.

Four criteria, each with its formula (Riley et al. 2020, BMJ 368:m441, steps 1 to 4): the overall
risk must be known well; the predicted risks must be right on average (van Smeden et al. 2019, Stat
Methods Med Res 28:2455-2474); the coefficients must need little shrinkage, and the share of the
outcome that is explained must not be overstated by much (both Riley et al. 2019, Stat Med
38:1276-1296). The largest of the four numbers is needed. Hand-written because the authors' own
software, pmsampsize, is for R and Stata, and its translation may not be used under this licence.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

# Of the largest R squared that is possible, the part to expect where nothing better is known.
SHARE_EXPLAINED = 0.15
# By what the coefficients may have to be multiplied in new patients.
SHRINKAGE = 0.9


@dataclass(frozen=True)
class SampleSize:
    """The smallest development sample by four criteria, or in ``problem`` why there is none.

    ``table`` has the rows "overall risk", "mean error", "shrinkage" and "optimism" and the columns
    patients, events and events_per_parameter; NaN where a criterion does not apply.
    ``largest_r_squared`` is the largest Cox-Snell R squared that is possible.
    """

    table: pd.DataFrame
    largest_r_squared: float
    problem: str | None = None

    @property
    def patients(self) -> float:
        """Patients that meet every criterion which applies; NaN where there is a problem."""
        return self.table["patients"].max()


def minimum_sample_size(
    parameters: int, event_proportion: float, r_squared: float | None = None
) -> SampleSize:
    """Patients needed to develop a logistic prediction model with so many candidate parameters.

    The criteria: overall risk known to within 0.05; mean absolute error of predicted risks at most
    0.05 (a formula from simulations with up to 30 parameters; for more it is left out); expected
    shrinkage of the coefficients no stronger than 0.9; optimism of Nagelkerke's R squared at most
    0.05. Without a value for ``r_squared`` 15% of its largest possible value is taken.

    The head of this module has the sources.
    """
    risk = event_proportion
    table = pd.DataFrame(
        np.nan,
        ["overall risk", "mean error", "shrinkage", "optimism"],
        ["patients", "events", "events_per_parameter"],
    )
    if not 0 < risk < 1:
        # Also true where no patient has all values.
        share = "all patients with all values have" if risk else "no patient with all values has"
        return SampleSize(table, np.nan, f"{share} the outcome")
    largest = 1 - (risk**risk * (1 - risk) ** (1 - risk)) ** 2
    expected = SHARE_EXPLAINED * largest if r_squared is None else r_squared
    if not 0 < expected < min(largest, SHRINKAGE):
        return SampleSize(
            table,
            largest,
            "the R squared expected is not between zero and the largest that is possible",
        )

    def for_shrinkage(factor: float) -> float:
        return parameters / ((factor - 1) * np.log(1 - expected / factor))

    rarer = min(risk, 1 - risk)
    mean_error = np.exp(
        (-0.508 + 0.259 * np.log(rarer) + 0.504 * np.log(parameters) - np.log(0.05)) / 0.544
    )
    table["patients"] = np.ceil(
        [
            (1.96 / 0.05) ** 2 * risk * (1 - risk),  # step 1
            mean_error if parameters <= 30 else np.nan,  # step 2
            for_shrinkage(SHRINKAGE),  # step 3
            for_shrinkage(expected / (expected + 0.05 * largest)),  # step 4
        ]
    )
    table["events"] = table["patients"] * risk
    table["events_per_parameter"] = table["events"] / parameters
    return SampleSize(table, largest)
