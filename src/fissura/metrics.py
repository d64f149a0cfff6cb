"""Arrays in, numbers with intervals out. NumPy and SciPy only; tests check every formula against another library.

Accuracy, recall and precision are shares of counted images, so each comes with a Wilson interval. Two models judged on
the same images are compared by the images on which just one of them is right (McNemar), never by their two intervals.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

Labels = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Share:
    """``count`` of ``n`` with the two ends of its interval; all three shares are ``nan`` where ``n`` is 0."""

    count: int
    n: int
    low: float
    high: float

    @property
    def value(self) -> float:
        """``count / n``, in [0, 1]."""
        return self.count / self.n if self.n else math.nan


def wilson(count: int, n: int, confidence: float = 0.95) -> Share:
    """The share ``count / n`` with its Wilson score interval.

    Unlike ``p ± 1.96 sqrt(p (1 - p) / n)`` it stays inside [0, 1] and keeps its promise near 0 and 1.
    Source: E. B. Wilson (1927), J. Am. Stat. Assoc. 22, 209-212.

    >>> share = wilson(9728, 10000)
    >>> round(share.low, 4), round(share.high, 4)
    (0.9694, 0.9758)
    """
    if not 0 <= count <= n:
        raise ValueError(f"count is {count}; wanted 0 to n = {n}")
    if n == 0:
        return Share(0, 0, math.nan, math.nan)
    z = float(stats.norm.ppf(0.5 + confidence / 2))
    share = count / n
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return Share(count, n, 0.0 if count == 0 else centre - half, 1.0 if count == n else centre + half)


def accuracy(labels: Labels, predicted: Labels) -> Share:
    """The share of images whose predicted class is their label; both arrays ``(n,)``."""
    return wilson(int(np.count_nonzero(labels == predicted)), len(labels))


def confusion_matrix(labels: Labels, predicted: Labels, classes: int) -> npt.NDArray[np.int64]:
    """``(classes, classes)`` counts: the row is the true class, the column the predicted one."""
    return np.bincount(labels * classes + predicted, minlength=classes * classes).reshape(classes, classes)


def recalls(confusion: npt.NDArray[np.int64]) -> tuple[Share, ...]:
    """Per class: of its images, the share that was predicted as it."""
    return tuple(wilson(int(confusion[k, k]), int(confusion[k].sum())) for k in range(len(confusion)))


def precisions(confusion: npt.NDArray[np.int64]) -> tuple[Share, ...]:
    """Per class: of the images predicted as it, the share that truly is."""
    return tuple(wilson(int(confusion[k, k]), int(confusion[:, k].sum())) for k in range(len(confusion)))


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
        p_value = min(1.0, 2.0 * float(stats.binom.cdf(min(only_first, only_second), discordant, 0.5)))
    low, high = _paired_interval(only_first, only_second, n)
    return PairedComparison(n, only_first, only_second, (only_second - only_first) / max(n, 1), low, high, p_value)


def _paired_interval(only_first: int, only_second: int, n: int) -> tuple[float, float]:
    z = float(stats.norm.ppf(0.975))
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
    half = float(stats.t.ppf(0.975, len(values) - 1)) * std / math.sqrt(len(values))
    return Spread(tuple(values), mean, std, mean - half, mean + half)
