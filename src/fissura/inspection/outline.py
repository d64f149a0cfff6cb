"""The pixels of a crack, from its centre lines and widths, and their outlines."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from fissura.inspection.profiles import Values, normals_of
from fissura.inspection.record import Mask, Points

_PIECE = 12  # points drawn as one polygon


def crack_mask(
    lines: Sequence[tuple[Points, Values]], size_hw: tuple[int, int]
) -> tuple[tuple[int, int, int, int], Mask]:
    """((top, left, bottom, right), the mask in that box) of centre lines and the width at each of their points.

    A pixel belongs to it when its centre lies between the edges, or the centre line passes through the pixel, so that
    the mask of a hairline has no holes.
    """
    most = max(float(width.max()) for _, width in lines) / 2 + 2
    every = np.concatenate([points for points, _ in lines])
    low = np.maximum(np.floor(every.min(axis=0) - most), 0).astype(int)
    high = np.minimum(np.ceil(every.max(axis=0) + most) + 1, size_hw).astype(int)
    mask = np.zeros(tuple(np.maximum(high - low, 1)), dtype=np.bool_)
    for points, width in lines:
        _draw(mask, points - low, width)
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    top, bottom, left, right = rows[0], rows[-1] + 1, columns[0], columns[-1] + 1
    box = (int(low[0] + top), int(low[1] + left), int(low[0] + bottom), int(low[1] + right))
    return box, mask[top:bottom, left:right].copy()


def _draw(mask: npt.NDArray[np.bool_], points: Points, width: Values) -> None:
    from skimage.draw import polygon

    beside = normals_of(points) * (width / 2)[:, None]
    left, right = points - beside, points + beside
    for first in range(0, len(points) - 1, _PIECE):
        piece = slice(first, first + _PIECE + 1)
        ring = np.concatenate([left[piece], right[piece][::-1]])
        mask[polygon(ring[:, 0], ring[:, 1], mask.shape)] = True
    steps = max(2, 2 * len(points))
    at = np.linspace(0, len(points) - 1, steps)
    line = np.stack([np.interp(at, np.arange(len(points)), points[:, k]) for k in (0, 1)], axis=1)
    cells = np.clip(np.rint(line).astype(int), 0, np.array(mask.shape) - 1)
    mask[cells[:, 0], cells[:, 1]] = True


def outlines(mask: Mask, origin_rc: tuple[int, int] = (0, 0)) -> list[tuple[Points, bool]]:
    """Outlines of a mask ``(h, w)`` as polygons between its pixels, each ``(n, 2)`` with whether it is a hole.

    (row, column), moved by ``origin_rc``; corners lie half-way between the centres of pixels in and outside.
    """
    from skimage.measure import find_contours

    found = []
    for ring in find_contours(np.pad(mask, 1).astype(np.uint8), 0.5):
        following = np.roll(ring, -1, axis=0)
        turn = float((ring[:, 1] * following[:, 0] - following[:, 1] * ring[:, 0]).sum())
        found.append((ring[:-1] - 1 + np.array(origin_rc), bool(turn < 0)))
    return found
