"""Restricted cubic splines: curves of cubic pieces that meet smoothly at their knots.

Before the first knot and beyond the last one the curve is a straight line, so that few patients at
the ends cannot bend it. Formulaic supplies the columns whose combinations are these curves.

Source: Harrell 2015, Regression Modeling Strategies, 2nd ed., section 2.4.5, formula 2.25, whose
columns are other ones that have the same combinations.
"""

import numpy as np
from formulaic.transforms.cubic_spline import natural_cubic_spline


def restricted_cubic_spline(values: np.ndarray, knots: np.ndarray) -> np.ndarray:
    """Columns of a restricted cubic spline (values x knots less one), beside an intercept.

    ``knots`` are three or more different numbers in order.
    """
    columns = natural_cubic_spline(
        np.asarray(values, float),
        knots=knots[1:-1],
        lower_bound=knots[0],
        upper_bound=knots[-1],
    )
    # They sum to one, so that beside an intercept one of them says nothing new.
    return np.column_stack(list(columns.values()))[:, 1:]
