"""Is one model really better? Two models on the same images, several questions at once, several seeds.

Two models judged on the same images are compared by the images on which just one of them is right (McNemar), never by
their two intervals.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special


@dataclass(frozen=True)
class PairedComparison:
    """Two models on the same ``n`` images.

    Attributes:
        n: images.
        only_first, only_second: images on which only that model is right.
        difference: accuracy of the second minus accuracy of the first, in [-1, 1].
        low, high: 95 % interval of ``difference`` (Bonett and Price).
        p_value: McNemar's exact two-sided test that both are wrong equally often.
    """

    n: int
    only_first: int
    only_second: int
    difference: float
    low: float
    high: float
    p_value: float


def mcnemar(first_right: npt.NDArray[np.bool_], second_right: npt.NDArray[np.bool_]) -> PairedComparison:
    """Compare two models by the images on which just one of them is right; both arrays ``(n,)``.

    The test is the exact binomial one on the discordant pairs: Q. McNemar (1947), Psychometrika 12, 153-157. The
    interval is the adjusted Wald one for paired proportions: D. G. Bonett, R. M. Price (2012), J. Educ. Behav. Stat.
    37, 479-488. Both speak of these two trained models, not of their recipes: another seed gives another pair.
    """
    if first_right.shape != second_right.shape:
        raise ValueError(f"shapes {first_right.shape} and {second_right.shape}; wanted the same images for both")
    n = len(first_right)
    only_first = int(np.count_nonzero(first_right & ~second_right))
    only_second = int(np.count_nonzero(second_right & ~first_right))
    discordant = only_first + only_second
    p_value = 1.0
    if discordant:
        p_value = min(1.0, 2.0 * float(special.bdtr(min(only_first, only_second), discordant, 0.5)))
    low, high = _paired_interval(only_first, only_second, n)
    return PairedComparison(n, only_first, only_second, (only_second - only_first) / max(n, 1), low, high, p_value)


def _paired_interval(only_first: int, only_second: int, n: int) -> tuple[float, float]:
    z = float(special.ndtri(0.975))
    first, second = (only_first + 1) / (n + 2), (only_second + 1) / (n + 2)
    half = z * math.sqrt((first + second - (second - first) ** 2) / (n + 2))
    return max(-1.0, second - first - half), min(1.0, second - first + half)


def holm(p_values: list[float]) -> list[float]:
    """``p_values`` adjusted for having asked several questions at once, in the given order.

    Source: S. Holm (1979), Scand. J. Stat. 6, 65-70.

    >>> [round(p, 6) for p in holm([0.01, 0.04, 0.03])]
    [0.03, 0.06, 0.06]
    """
    order = sorted(range(len(p_values)), key=p_values.__getitem__)
    adjusted = [0.0] * len(p_values)
    largest = 0.0
    for rank, index in enumerate(order):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_values[index]))
        adjusted[index] = largest
    return adjusted


@dataclass(frozen=True)
class Spread:
    """A number measured with several seeds: mean, standard deviation (n - 1), and the 95 % interval of the mean.

    ``std``, ``low`` and ``high`` are ``nan`` for a single seed: one run says nothing about the next.
    """

    values: tuple[float, ...]
    mean: float
    std: float
    low: float
    high: float


def spread(values: list[float]) -> Spread:
    """Mean, standard deviation and the Student t interval of the mean of ``values`` (at least one)."""
    mean = float(np.mean(values))
    if len(values) == 1:
        return Spread(tuple(values), mean, math.nan, math.nan, math.nan)
    std = float(np.std(values, ddof=1))
    half = float(special.stdtrit(len(values) - 1, 0.975)) * std / math.sqrt(len(values))
    return Spread(tuple(values), mean, std, mean - half, mean + half)
