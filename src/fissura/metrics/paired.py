"""Is one model really better? Two models on the same images, several questions at once, several seeds.

Two models judged on the same images are compared by the images on which just one of them is right (McNemar), never by
their two intervals. Copies of an image are right or wrong together: where it is known which images belong together,
whole groups are compared.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from fissura.metrics.shares import Z_95, check_flags, effective_n


@dataclass(frozen=True)
class PairedComparison:
    """Two models on the same ``n`` images.

    Attributes:
        n: images.
        only_first, only_second: images on which only that model is right.
        difference: accuracy of the second minus accuracy of the first, in [-1, 1].
        low, high: 95 % interval of ``difference`` (Bonett and Price).
        p_value: McNemar's exact two-sided test that both are wrong equally often, on whole groups where these
            are known.
        groups: how many groups the images form; None where each image stands for itself.
    """

    n: int
    only_first: int
    only_second: int
    difference: float
    low: float
    high: float
    p_value: float
    groups: int | None = None


def mcnemar(
    first_right: npt.NDArray[np.bool_],
    second_right: npt.NDArray[np.bool_],
    groups: npt.NDArray[np.int64] | None = None,
) -> PairedComparison:
    """Compare two models by the images on which just one of them is right; arrays ``(n,)``.

    The test is the exact binomial one on the discordant pairs: Q. McNemar (1947), Psychometrika 12, 153-157. The
    interval is the adjusted Wald one for paired proportions: D. G. Bonett, R. M. Price (2012), J. Educ. Behav. Stat.
    37, 479-488. Both speak of these two trained models, not of their recipes: another seed gives another pair.

    With ``groups`` ``(n,)`` the test is the exact randomisation test on groups. Were both models equally good, either
    could have given the other's answers, for all images of a group at once; so the sign of the group's difference
    (images that only the second gets right, less those that only the first does) is as likely the other one. The
    p-value is the share of all ``2 ** groups`` choices of signs whose sum is at least as far from 0 as the one seen: R.
    A. Fisher (1935), The Design of Experiments, section 21. With groups of one image it is McNemar's. The interval is
    Bonett's and Price's on the effective number of images, found as in ``share_of``; that images of a group are no
    independent pairs: N. A. Obuchowski (1998), Stat. Med. 17, 1495-1507.
    """
    check_flags("first_right", first_right, len(first_right))
    check_flags("second_right", second_right, len(second_right))
    if first_right.shape != second_right.shape:
        raise ValueError(f"shapes {first_right.shape} and {second_right.shape}; wanted the same images for both")
    n = len(first_right)
    if groups is not None and len(np.unique(groups)) < n:
        return _of_groups(first_right, second_right, groups)
    only_first = int(np.count_nonzero(first_right & ~second_right))
    only_second = int(np.count_nonzero(second_right & ~first_right))
    discordant = only_first + only_second
    p_value = 1.0
    if discordant:
        p_value = min(1.0, 2.0 * float(special.bdtr(min(only_first, only_second), discordant, 0.5)))
    low, high = _paired_interval(only_first, only_second, n)
    return PairedComparison(n, only_first, only_second, (only_second - only_first) / max(n, 1), low, high, p_value)


def _of_groups(
    first_right: npt.NDArray[np.bool_], second_right: npt.NDArray[np.bool_], groups: npt.NDArray[np.int64]
) -> PairedComparison:
    n = len(first_right)
    _, of_image, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    gains = second_right.astype(np.int64) - first_right
    each = np.bincount(of_image, weights=gains).astype(np.float64)
    only_first, only_second = int(np.count_nonzero(gains < 0)), int(np.count_nonzero(gains > 0))
    p_value = _sign_flips(np.abs(each).astype(np.int64), abs(int(each.sum())))
    low, high = -1.0, 1.0  # one group alone says nothing
    if len(sizes) > 1:
        discordant = int(np.count_nonzero(np.bincount(of_image, weights=gains != 0)))
        spread_of_one = (only_first + only_second) / n - (each.sum() / n) ** 2
        effective = effective_n(each, sizes.astype(np.float64), spread_of_one, discordant)
        scale, z = effective / n, float(special.stdtrit(len(sizes) - 1, 0.975))
        low, high = _paired_interval(only_first * scale, only_second * scale, effective, z)
    return PairedComparison(n, only_first, only_second, float(each.sum()) / n, low, high, p_value, len(sizes))


def _sign_flips(sizes: npt.NDArray[np.int64], seen: int) -> float:
    """How probably the sum of ``sizes``, each with a sign by chance, is at least as far from 0 as ``seen``; exact."""
    total = int(sizes.sum())
    chances = np.zeros(2 * total + 1)
    chances[total] = 1.0
    for size in sizes[sizes > 0]:
        chances = (np.roll(chances, size) + np.roll(chances, -size)) / 2  # the ends are 0 where they would wrap
    return min(1.0, float(chances[np.abs(np.arange(-total, total + 1)) >= seen].sum()))


def _paired_interval(only_first: float, only_second: float, n: float, z: float = Z_95) -> tuple[float, float]:
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
