"""What many fits say together."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from fissura.inspection.profiles import Values

_ALIKE = 5.0


def pooled(
    values: Values, errors: Values, prior: float, prior_error: float, solid: npt.NDArray[np.bool_]
) -> tuple[float, float, float]:
    """(what m fits with a common prior say together, its standard uncertainty, the scatter of single ones).

    Each fit says as much as its data do: the prior is taken out of its value and weight, and put in once at the end.
    About ``_ALIKE`` neighbours along a line say the same. The middle is the median, by weight.
    """
    of_prior = 1 / prior_error**2
    says = _of_data(errors, prior_error)
    telling = tell(errors, prior_error, solid)
    if not telling.any():
        return prior, prior_error, prior_error
    says = says[telling]
    values = values[telling] + (values[telling] - prior) * of_prior / says
    middle = weighted_median(values, says)
    scatter = 1.4826 * weighted_median(np.abs(values - middle), says)
    effective = max(1.0, says.sum() ** 2 / (says**2).sum() / _ALIKE)
    of_data = 1 / max(_ALIKE / says.sum(), scatter**2 / effective)
    together = (middle * of_data + prior * of_prior) / (of_data + of_prior)
    return float(together), float(1 / np.sqrt(of_data + of_prior)), float(scatter)


def tell(errors: Values, prior_error: float, solid: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """``(m,)``: which fits say something that the prior does not."""
    return solid & (_of_data(errors, prior_error) > 0.05 / prior_error**2)


def _of_data(errors: Values, prior_error: float) -> Values:
    """Weight of each fit's own data, without that of the prior."""
    return np.maximum(1 / errors**2 - 1 / prior_error**2, 0.0)


def weighted_median(values: Values, weights: Values) -> float:
    """The value at which half of the weight is reached."""
    order = np.argsort(values, kind="stable")
    gathered = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(gathered, gathered[-1] / 2)])
