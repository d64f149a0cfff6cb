"""The pixels of a crack, from its centre lines and widths."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from fissura.inspection.profiles import Values, normals_of
from fissura.inspection.record import Mask, Points

_PIECE = 12  # points drawn as one polygon
_CELLS_AT_ONCE = 1_000_000


def crack_mask(
    lines: Sequence[tuple[Points, Values]], size_hw: tuple[int, int]
) -> tuple[tuple[int, int, int, int], Mask]:
    """((top, left, bottom, right), the mask in that box) of centre lines and the width at each of their points.

    A pixel belongs to it when its centre lies between the edges, or the centre line passes through the pixel, so that
    the mask of a hairline has no holes.
    """
    most = max(0.0, *(float(width.max()) for _, width in lines)) / 2 + 2
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


def _draw(mask: Mask, points: Points, width: Values) -> None:
    beside = normals_of(points) * (width / 2)[:, None]
    first = np.arange(0, len(points) - 1, _PIECE)[:, None]
    piece = np.minimum(first + np.arange(_PIECE + 1), len(points) - 1)
    rings = np.concatenate([(points - beside)[piece], (points + beside)[piece[:, ::-1]]], axis=1)
    largest = np.ptp(rings, axis=1).max(axis=0, initial=0.0) + 3
    at_once = max(1, int(_CELLS_AT_ONCE / largest.prod()))
    for start in range(0, len(rings), at_once):
        rows, columns = _filled(rings[start : start + at_once])
        seen = (rows >= 0) & (rows < mask.shape[0]) & (columns >= 0) & (columns < mask.shape[1])
        mask[rows[seen], columns[seen]] = True
    steps = max(2, 2 * len(points))
    at = np.linspace(0, len(points) - 1, steps)
    line = np.stack([np.interp(at, np.arange(len(points)), points[:, k]) for k in (0, 1)], axis=1)
    cells = np.clip(np.rint(line).astype(int), 0, np.array(mask.shape) - 1)
    mask[cells[:, 0], cells[:, 1]] = True


def _filled(rings: Values) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """(rows, columns) of all pixels whose centre lies in one of the polygons ``(p, v, 2)``, by the even-odd rule.

    Each polygon has a small canvas of its own, on which every edge turns over what lies right of it, row by row.
    """
    corner = np.floor(rings.min(axis=1))
    height, width = (np.ceil((rings.max(axis=1) - corner).max(axis=0)) + 2).astype(int)
    rings = rings - corner[:, None]
    (row, column), (next_row, next_column) = (np.moveaxis(each, 2, 0) for each in (rings, np.roll(rings, -1, axis=1)))
    upper, lower = np.ceil(np.minimum(row, next_row)), np.ceil(np.maximum(row, next_row))
    counts = (lower - upper).astype(np.intp).ravel()  # rows that an edge crosses
    edge = np.repeat(np.arange(len(counts)), counts)
    crossed = upper.ravel()[edge] + np.arange(len(edge)) - np.repeat(np.cumsum(counts) - counts, counts)
    slant = (next_column - column).ravel()[edge] / (next_row - row).ravel()[edge]
    right_of = np.ceil(column.ravel()[edge] + (crossed - row.ravel()[edge]) * slant)
    turned = ((edge // rings.shape[1]) * height + crossed.astype(np.intp)) * width + right_of.astype(np.intp)
    canvas = np.bincount(turned, minlength=len(rings) * height * width).reshape(-1, width) % 2
    line, columns = np.nonzero(np.bitwise_xor.accumulate(canvas.astype(np.int8), axis=1))
    polygon, rows = np.divmod(line, height)
    corner = corner.astype(np.intp)
    return rows + corner[polygon, 0], columns + corner[polygon, 1]
