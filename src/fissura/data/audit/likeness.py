"""Whether two images of one size show the same pixels: how their fine detail goes together.

Two patches of plain concrete have the same brightness, contrast and texture, and are still not copies. What tells is
the detail that is left when the mean of every 8 x 8 block is taken away: it correlates at 0.9 between an image and
itself saved again, and not at all between two images, however alike they look.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from fissura.data.audit.symmetry import Floats
from fissura.images import Pixels

# Saving again costs a rough surface more detail than a plain one, and leaves the plain one less like itself: so either
# little detail differs, or little of it. Measured on METU (docs/metu.md): copies correlate at 0.76 or more and differ
# by at most 5.0 levels; of the others those that correlate at 0.4 or more, up to 0.76, differ by 7.0 levels or more.
_LITTLE_APART, _LEAST_CORRELATION = 5.5, 0.4  # grey levels of detail
_MUCH_APART, _HIGH_CORRELATION = 12.0, 0.8  # half the resolution and JPEG of quality 85 change up to 8.2 levels
_BLOCK_PX = 8
_LEAST_DETAIL = 0.7  # grey levels: an even surface has no detail to compare, and rounding alone makes 0.3
_NO_DETAIL = 1e-3  # of a variance: below it is what float32 leaves of an even surface
_CONTRAST = (0.6, 1 / 0.6)


@dataclass(frozen=True)
class Likeness:
    """How alike two images are.

    Attributes:
        correlation: of their detail, -1 to 1; 0 where one of them has none.
        difference: mean absolute difference, in grey levels.
        identical: every pixel is the same.
        detail: root mean square of the detail of the one that has less, in grey levels.
        apart: root mean square of the detail of the one that has more which the other does not explain.
        contrast: detail of the second over detail of the first; 1 where one has none.
    """

    correlation: float
    difference: float
    identical: bool
    detail: float
    apart: float
    contrast: float

    @property
    def same(self) -> bool:
        """Whether one is the other saved again, brighter or darker, rather than another image like it."""
        agrees = (self.correlation >= _LEAST_CORRELATION and self.apart <= _LITTLE_APART) or (
            self.correlation >= _HIGH_CORRELATION and self.apart <= _MUCH_APART
        )
        brightened = _CONTRAST[0] <= self.contrast <= _CONTRAST[1]
        return self.identical or (agrees and brightened and self.detail >= _LEAST_DETAIL)


def likeness(first: Pixels | Floats, second: Pixels | Floats) -> Likeness:
    """How alike two images ``(h, w)`` of one size are, pixel on pixel."""
    one, other = _centred(first), _centred(second)
    difference = float(np.abs(np.subtract(first, second, dtype=np.float32)).mean())
    identical = difference == 0
    own, its, both = (float(each.mean()) for each in _covariances(one, other, min(_BLOCK_PX, *first.shape)))
    if min(own, its) < _NO_DETAIL:
        return Likeness(0.0, difference, identical, math.sqrt(max(min(own, its), 0)), math.sqrt(max(own, its, 0)), 1.0)
    correlation = 1.0 if identical else max(-1.0, min(1.0, both / math.sqrt(own * its)))
    apart = math.sqrt(max(own, its) * (1 - correlation**2))
    return Likeness(correlation, difference, identical, math.sqrt(min(own, its)), apart, math.sqrt(its / own))


def tile_correlations(first: Pixels | Floats, second: Pixels | Floats, side_px: int) -> npt.NDArray[np.float64]:
    """``(m,)``: the correlation of each whole square tile of two images ``(h, w)`` of one size; 0 for an even tile."""
    own, its, both = _covariances(_centred(first), _centred(second), side_px)
    product = own * its
    even = np.minimum(own, its) < _NO_DETAIL
    return np.asarray(np.where(even, 0, both / np.sqrt(np.where(even, 1, product)))).reshape(-1)


def _centred(image: Pixels | Floats) -> Floats:
    floats: Floats = image.astype(np.float32)
    floats -= floats.sum(dtype=np.float32) / np.float32(floats.size)  # as mean() does it, without its detours
    return floats


def _covariances(one: Floats, other: Floats, side_px: int) -> list[npt.NDArray[np.float64]]:
    """Per tile: variance of the first, of the second, covariance, each about the tile's own mean."""
    rows, columns = _tile_means(one.shape[0], side_px), _tile_means(one.shape[1], side_px)
    high, wide = rows.shape[1], columns.shape[1]
    one, other = one[:high, :wide], other[:high, :wide]
    mean, its_mean = rows @ one @ columns.T, rows @ other @ columns.T
    return [
        (rows @ product @ columns.T).astype(np.float64) - np.multiply(*means, dtype=np.float64)
        for product, means in (
            (one * one, (mean, mean)),
            (other * other, (its_mean, its_mean)),
            (one * other, (mean, its_mean)),
        )
    ]


@cache
def _tile_means(length: int, side_px: int) -> Floats:
    """The matrix that takes the mean of each whole run of ``side_px``; a product with it is faster than ``mean``."""
    means = np.kron(np.eye(length // side_px), np.full((1, side_px), 1 / side_px))
    return np.asarray(means, dtype=np.float32)
