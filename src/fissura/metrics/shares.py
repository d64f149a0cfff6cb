"""Shares of counted images, each with its interval: Wilson's, on as many images as the data are really worth.

Images that are copies of each other, or cut from one photograph, are right or wrong together: ten of them may tell as
little as one. Where it is known which belong together (``groups``), the interval is Wilson's on the effective number
of images. It was taken rather than the bootstrap over groups because that one, where no mistake was seen, claims that
there are none: its interval is [100 %, 100 %]. A test measures what each of them holds.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import special  # not scipy.stats: importing it takes longer than most inspections

from fissura.errors import DataError
from fissura.kinds import check_kind
from fissura.language import N_

Labels = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Groups = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

Z_95 = float(special.ndtri(0.975))
"""How many standard deviations a 95 % interval of a normal distribution goes to either side."""


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

    @property
    def complement(self) -> Measure:
        """The share of all others, with its interval: of those found, say, those missed."""
        return Measure(1 - self.value, 1 - self.high, 1 - self.low)


@dataclass(frozen=True)
class Measure:
    """A number that is no share of counted images, with the ends of its 95 % interval; ``nan`` what is not known."""

    value: float
    low: float
    high: float


def difference(one: Share | Measure, other: Share | Measure) -> Measure:
    """``one`` less ``other``, of images that have nothing to do with each other, with its 95 % interval.

    Each end lies as far off as the ends of both, put together, say; ``nan`` where one of them is not known. Intervals
    that overlap may still differ: seen so, the difference is called unknown too often.
    Source: G. Y. Zou, A. Donner (2008), Stat. Med. 27, 1693-1702.

    >>> found = difference(wilson(950, 1000), wilson(924, 1000))
    >>> found.low > 0, wilson(950, 1000).low < wilson(924, 1000).high
    (True, True)
    """
    value = one.value - other.value
    below = math.hypot(one.value - one.low, other.high - other.value)
    above = math.hypot(one.high - one.value, other.value - other.low)
    return Measure(value, value - below, value + above)


def check_flags(name: str, flags: object, n: int) -> None:
    """Refuse ``flags``, given as ``name``, that do not say true or false of each of ``n`` images.

    Labels 0 and 1 in their place would be taken for the places of two images.

    Raises:
        DataError: they are of another type or shape.
        SettingsError: they are no array.
    """
    check_kind(name, flags, np.ndarray, N_("an array"))
    if not (isinstance(flags, np.ndarray) and flags.dtype == np.bool_ and flags.shape == (n,)):
        raise DataError(
            "{name} is {dtype} of shape {shape}; wanted true or false for each of {n} images, such as labels == 1.",
            name=name,
            dtype=getattr(flags, "dtype", None),
            shape=getattr(flags, "shape", None),
            n=n,
        )


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
    return _wilson_on(count, n, float(n), float(special.ndtri(0.5 + confidence / 2)))


def share_of(hits: Flags, groups: Groups | None = None) -> Share:
    """The share of true values in ``hits`` ``(n,)`` with its 95 % interval.

    Without ``groups`` ``(n,)`` each image stands for itself: Wilson's interval. With them, Wilson's interval on the
    effective number of images ``n / d``. The design effect ``d`` is the variance of the share between groups
    (linearised, since the sizes of the groups vary too) over that of ``n`` independent images, averaged over the groups
    that hold the rarer outcome and one more, in which all images are alike. Student's quantile for the number of groups
    replaces the normal one. One group alone says nothing: 0 to 1.

    Source: E. L. Korn, B. I. Graubard (1998), Survey Methodology 24, 193-201, with Wilson's interval in place of
    Clopper's and Pearson's as in N. Dean, M. Pagano (2015), J. Surv. Stat. Methodol. 3, 484-503.

    >>> twins = np.array([0, 0, 1, 1, 2, 2, 3, 3])
    >>> share_of(np.ones(8, dtype=bool)).low > share_of(np.ones(8, dtype=bool), twins).low
    True
    """
    n, count = len(hits), int(np.count_nonzero(hits))
    if groups is None or n == 0:
        return wilson(count, n)
    _, of_image, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    if len(sizes) == n:
        return wilson(count, n)
    if len(sizes) == 1:
        return Share(count, n, 0.0, 1.0)
    student = float(special.stdtrit(len(sizes) - 1, 0.975))
    hits_of_group = np.bincount(of_image, weights=hits).astype(np.float64)
    share = count / n
    rarer = int(min(np.count_nonzero(hits_of_group), np.count_nonzero(hits_of_group < sizes)))
    effective = effective_n(hits_of_group, sizes.astype(np.float64), share * (1 - share), rarer)
    effective *= (Z_95 / student) ** 2
    return _wilson_on(count, n, effective, Z_95)


def upper_bound(count: int, n: int, confidence: float = 0.95) -> float:
    """The one-sided Clopper-Pearson bound: with this confidence the true share is at most that; 1 where n is 0.

    Source: C. J. Clopper, E. S. Pearson (1934), Biometrika 26, 404-413.

    >>> round(upper_bound(0, 299), 4)
    0.01
    """
    if not 0 <= count <= n:
        raise ValueError(f"count is {count}; wanted 0 to n = {n}")
    return 1.0 if count == n else float(special.betaincinv(count + 1, n - count, confidence))


def accuracy(labels: Labels, predicted: Labels) -> Share:
    """The share of images whose predicted class is their label; both arrays ``(n,)``."""
    return wilson(int(np.count_nonzero(labels == predicted)), len(labels))


def confusion_matrix(labels: Labels, predicted: Labels, classes: int) -> npt.NDArray[np.int64]:
    """``(classes, classes)`` counts: the row is the true class, the column the predicted one."""
    return np.bincount(labels * classes + predicted, minlength=classes * classes).reshape(classes, classes)


def measure_as_dict(measure: Share | Measure) -> dict[str, Any]:
    """A number and its interval for JSON, of a share also what was counted; ``None`` for what is not known."""
    ends = {"value": rounded(measure.value), "low": rounded(measure.low), "high": rounded(measure.high)}
    return {**ends, "count": measure.count, "n": measure.n} if isinstance(measure, Share) else ends


def rounded(value: float) -> float | None:
    """Six decimals, ``None`` for what is no number: JSON has no ``nan``."""
    return None if math.isnan(value) else round(value, 6)


def _wilson_on(count: int, n: int, effective: float, z: float) -> Share:
    """``count / n`` with the interval that the same share of ``effective`` images would have."""
    share, ratio = count / n, z * z / effective
    centre = (share + ratio / 2) / (1 + ratio)
    half = math.sqrt(ratio) / (1 + ratio) * math.sqrt(share * (1 - share) + ratio / 4)
    return Share(count, n, 0.0 if count == 0 else centre - half, 1.0 if count == n else centre + half)


def effective_n(sums: Floats, sizes: Floats, variance_of_one: float, telling: int) -> float:
    """How many independent images would tell as much of a mean as these groups do; never more than there are.

    ``sums`` ``(groups,)`` of the values of each group's images, ``sizes`` ``(groups,)``; ``variance_of_one`` is that of
    a single image's value, ``telling`` the number of groups that hold the rarer outcome.

    With mistakes in five groups, say, the variance between groups is itself poorly known, and intervals built on it
    alone held the truth in as few as 86 of 100 simulations; with the one group added, in at least 92.
    """
    n, total = float(sizes.sum()), float(sums.sum())
    all_alike = float((sizes * sizes).sum()) / n
    if variance_of_one <= 0:
        return n / all_alike
    excess = sums - total / n * sizes
    variance = len(sizes) / (len(sizes) - 1) * float((excess * excess).sum()) / (n * n)
    seen = max(1.0, variance * n / variance_of_one)
    return n * (telling + 1) / (telling * seen + all_alike)
