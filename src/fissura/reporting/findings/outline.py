"""Masks as polygons without holes, exactly along the pixels' edges, and lines with fewer points."""

from __future__ import annotations

import itertools

import numpy as np
import numpy.typing as npt
from scipy import ndimage

Mask = npt.NDArray[np.bool_]
Polygon = list[tuple[int, int]]
"""Corners (column, row) in order, the first not repeated; corner (0, 0) is the top left one of pixel (0, 0)."""

_RIGHT, _DOWN, _LEFT, _UP = (0, 1), (1, 0), (0, -1), (-1, 0)


def polygons(mask: Mask) -> list[Polygon]:
    """Polygons that together cover exactly the pixels of ``mask`` ``(h, w)``, none of them twice.

    COCO's polygons cannot have holes, so a mask with holes is cut through each of them along a column.
    """
    if not mask.any():
        return []
    cuts = [0, *_hole_columns(mask), mask.shape[1]]
    found: list[Polygon] = []
    for left, right in itertools.pairwise(cuts):
        for loop in _loops(mask[:, left:right]):
            found.append([(column + left, row) for row, column in loop])
    return found


def simplified(points: npt.NDArray[np.float64], tolerance: float) -> list[int]:
    """Indices of those points ``(n, 2)``, first and last among them, that keep the line within ``tolerance`` of all.

    Source: D. H. Douglas, T. K. Peucker (1973), Cartographica 10, 112-122.
    """
    keep = {0, len(points) - 1}
    waiting = [(0, len(points) - 1)]
    while waiting:
        first, last = waiting.pop()
        if last - first < 2:
            continue
        away = _distances(points[first + 1 : last], points[first], points[last])
        worst = int(away.argmax())
        if away[worst] > tolerance:
            middle = first + 1 + worst
            keep.add(middle)
            waiting += [(first, middle), (middle, last)]
    return sorted(keep)


def _distances(
    points: npt.NDArray[np.float64], start: npt.NDArray[np.float64], end: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Of points ``(n, 2)`` from the segment between two points."""
    along = end - start
    square = float(along @ along)
    share = np.zeros(len(points)) if square == 0 else np.clip((points - start) @ along / square, 0, 1)
    foot = points - start - share[:, None] * along
    return np.hypot(foot[:, 0], foot[:, 1])


def _hole_columns(mask: Mask) -> list[int]:
    """A column through each hole; background is connected by edges, so that what touches by a corner is closed."""
    labels, _ = ndimage.label(~np.pad(mask, 1))
    outside = labels[0, 0]
    holes = [place[1] for label, place in enumerate(ndimage.find_objects(labels), 1) if label != outside and place]
    return sorted({(each.start + each.stop) // 2 - 1 for each in holes} - {0})


def _loops(mask: Mask) -> list[Polygon]:
    """Corners (row, column) where the outlines of a mask turn; inside lies to the right of the way round."""
    padded = np.pad(mask, 1)
    nexts: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for (row_step, column_step), edges in (
        (_RIGHT, padded[1:, :] & ~padded[:-1, :]),  # a top edge
        (_LEFT, padded[:-1, :] & ~padded[1:, :]),  # a bottom edge
    ):
        for row, column in np.argwhere(edges).tolist():
            start = (row, column - 1 if column_step > 0 else column)
            nexts.setdefault(start, []).append((row_step, column_step))
    for (row_step, column_step), edges in (
        (_UP, padded[:, 1:] & ~padded[:, :-1]),  # a left edge
        (_DOWN, padded[:, :-1] & ~padded[:, 1:]),  # a right edge
    ):
        for row, column in np.argwhere(edges).tolist():
            start = (row if row_step < 0 else row - 1, column)
            nexts.setdefault(start, []).append((row_step, column_step))
    found = []
    for start in sorted(nexts):
        while start in nexts:
            found.append(_way_round(nexts, start))
    return found


def _way_round(nexts: dict[tuple[int, int], list[tuple[int, int]]], start: tuple[int, int]) -> Polygon:
    """A closed way from ``start``, taken out of ``nexts``; where two cross it turns right: pixels that touch part."""
    corner, step = start, nexts[start][0]
    way: Polygon = []
    while True:
        steps = nexts[corner]
        right = (step[1], -step[0])
        turn = right if way and right in steps else steps[0]
        if turn != step or not way:
            way.append(corner)
        step = turn
        steps.remove(step)
        if not steps:
            del nexts[corner]
        corner = (corner[0] + step[0], corner[1] + step[1])
        if corner == start:
            return way
