"""Lines of varying width, drawn by distance: which share of each pixel they cover, exact far below one pixel.

Cracks and the lines that are no cracks go through this one function, so that no way of drawing tells them apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fissura.data.synthetic.view import Grey, Points

_RADII = (3, 4, 5, 7, 10, 14, 20, 30, 45)  # px; segments are drawn in groups of like reach


@dataclass(frozen=True, eq=False)
class Stroke:
    """A line with a left and a right half-width at each of its points.

    Attributes:
        points: ``(n, 2)`` float64 (row, column), in pixels; a pixel's centre has whole coordinates.
        left, right: ``(n,)`` float64, distance from the line to its two edges, in pixels.
        kind: what it is, as the one who drew it says.
    """

    points: Points
    left: npt.NDArray[np.float64]
    right: npt.NDArray[np.float64]
    kind: str = ""

    @property
    def width(self) -> npt.NDArray[np.float64]:
        """``(n,)`` full width, in pixels."""
        return self.left + self.right

    def resized(self, from_hw: tuple[int, int], to_hw: tuple[int, int]) -> Stroke:
        """The same line after its image was resized."""
        factors = np.array(to_hw) / np.array(from_hw)
        points = (self.points + 0.5) * factors - 0.5
        return Stroke(points, self.left * factors.mean(), self.right * factors.mean(), self.kind)


@dataclass(frozen=True, eq=False)
class Drawn:
    """What strokes are in each pixel; all ``(h, w)``.

    Attributes:
        coverage: float32, share of the pixel that they cover, in [0, 1].
        edge: float32, distance to the nearest edge in px, negative inside; ``reach`` where nothing is near.
        offset: float32, signed distance to the nearest line in px.
        width: float32, full width of that line there, in px; 0 where nothing is near.
        heading: float32, direction of the outward normal, in radians as ``View.light``.
        owner: int32, index of the stroke; -1 where nothing is near.
    """

    coverage: Grey
    edge: Grey
    offset: Grey
    width: Grey
    heading: Grey
    owner: npt.NDArray[np.int32]


def draw_strokes(strokes: Sequence[Stroke], size_hw: tuple[int, int], reach: float = 2.0) -> Drawn:
    """The union of ``strokes`` in an image, known to ``reach`` px beyond their edges."""
    height, width = size_hw
    segments = _segments(strokes, size_hw, reach)
    edge = np.full(height * width, reach, dtype=np.float32)
    found = [_measured(segments[:, inside], radius, size_hw, reach) for radius, inside in _groups(segments, reach)]
    for cells, values in found:
        np.minimum.at(edge, cells, values[0])
    layers = np.zeros((4, height * width), dtype=np.float32)
    owner = np.full(height * width, -1, dtype=np.int32)
    left, right, offset, heading = layers
    for cells, values in found:
        nearest = values[0] == edge[cells]
        where = cells[nearest]
        left[where], right[where], offset[where], heading[where] = values[1:5, nearest]
        owner[where] = values[5, nearest].astype(np.int32)
    near = np.flatnonzero(owner >= 0)
    covered = np.zeros(height * width, dtype=np.float32)
    tilt = heading[near]
    covered[near] = _area_below(right[near] - offset[near], tilt) - _area_below(-left[near] - offset[near], tilt)
    shaped = [each.reshape(size_hw) for each in (covered, edge, offset, left + right, heading)]
    return Drawn(shaped[0], shaped[1], shaped[2], shaped[3], shaped[4], owner.reshape(size_hw))


def resampled(stroke: Stroke, spacing: float) -> Stroke:
    """The same line with points about ``spacing`` px apart."""
    steps = np.hypot(*np.diff(stroke.points, axis=0).T)
    along = np.concatenate([[0.0], np.cumsum(steps)])
    count = max(2, int(along[-1] / spacing) + 2)
    wanted = np.linspace(0.0, along[-1], count)
    columns = (stroke.points[:, 0], stroke.points[:, 1], stroke.left, stroke.right)
    row, column, left, right = (np.interp(wanted, along, values) for values in columns)
    return Stroke(np.stack([row, column], axis=1), left, right, stroke.kind)


def _area_below(distance: npt.NDArray[np.float32], heading: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Share of a pixel that lies below a straight edge at signed ``distance`` from its centre; both ``(k,)``.

    Exact: the pixel seen along the edge is a trapezoid, the sum of a box as wide as the heading's cosine and one as
    wide as its sine; this is its integral.
    """
    wide = np.maximum(np.abs(np.cos(heading)), np.float32(0.02))
    high = np.maximum(np.abs(np.sin(heading)), np.float32(0.02))
    corners = ((wide + high) / 2, 1), ((wide - high) / 2, -1), ((high - wide) / 2, -1), (-(wide + high) / 2, 1)
    total = sum(sign * np.maximum(distance + shift, 0.0) ** 2 for shift, sign in corners)
    return np.clip(total / (2 * wide * high), 0.0, 1.0)


def _segments(strokes: Sequence[Stroke], size_hw: tuple[int, int], reach: float) -> npt.NDArray[np.float32]:
    """``(9, m)``: row, column, left and right at both ends, and the stroke's index; those near the image only."""
    parts = []
    for index, stroke in enumerate(strokes):
        values = np.column_stack([stroke.points, stroke.left, stroke.right])
        owner = np.full((len(values) - 1, 1), index, dtype=float)
        parts.append(np.hstack([values[:-1], values[1:], owner]))
    if not parts:
        return np.zeros((9, 0), dtype=np.float32)
    every = np.concatenate(parts).T
    margin = np.maximum(every[2:4].max(axis=0), every[6:8].max(axis=0)) + reach + 1.0
    keep = (
        np.hypot(every[4] - every[0], every[5] - every[1]) > 1e-3
    )  # a point has no direction; its neighbours cover it
    for axis, size in enumerate(size_hw):
        low, high = np.minimum(every[axis], every[axis + 4]), np.maximum(every[axis], every[axis + 4])
        keep &= (high > -margin) & (low < size - 1 + margin)
    return every[:, keep].astype(np.float32)


def _groups(segments: npt.NDArray[np.float32], reach: float) -> list[tuple[int, npt.NDArray[np.bool_]]]:
    """Segments that need a window of at most so many pixels around their middle."""
    length = np.maximum(np.abs(segments[0] - segments[4]), np.abs(segments[1] - segments[5]))
    half = np.maximum(segments[2:4].max(axis=0), segments[6:8].max(axis=0))
    needed = half + reach + length / 2 + 0.5
    most = float(needed.max()) if len(needed) else 0.0
    groups = []
    low = 0.0
    for radius in (*_RADII, int(most) + 1):
        inside = (needed > low) & (needed <= radius)
        low = max(low, float(radius))
        if inside.any():
            groups.append((radius, inside))
    return groups


def _measured(
    segments: npt.NDArray[np.float32], radius: int, size_hw: tuple[int, int], reach: float
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.float32]]:
    """Pixels near each segment: (flat index ``(k,)``, ``(6, k)`` edge, left, right, offset, heading, owner)."""
    row, column, left, right, row2, column2, left2, right2, owner = (each[:, None, None] for each in segments)
    window = np.arange(-radius, radius + 1)
    rows = np.rint((row + row2) / 2).astype(np.intp) + window[None, :, None]
    columns = np.rint((column + column2) / 2).astype(np.intp) + window[None, None, :]
    down, across = row2 - row, column2 - column
    length = np.sqrt(down * down + across * across)
    down, across = down / length, across / length
    from_row, from_column = rows.astype(np.float32) - row, columns.astype(np.float32) - column
    along = from_row * down + from_column * across
    beside = from_column * down - from_row * across
    clamped = np.minimum(np.maximum(along, 0.0), length)
    beyond = along - clamped
    distance = np.sqrt(beside * beside + beyond * beyond)
    share = clamped / length
    here_left, here_right = left + share * (left2 - left), right + share * (right2 - right)
    on_right = beside >= 0
    edge = distance - np.where(on_right, here_right, here_left)
    near = (edge < reach) & ((rows >= 0) & (rows < size_hw[0])) & ((columns >= 0) & (columns < size_hw[1]))
    which, down_by, right_by = np.nonzero(near)
    side = np.where(on_right[near], np.float32(1.0), np.float32(-1.0))
    heading = np.arctan2(-across, down)[which, 0, 0]  # of the right-hand normal
    heading = np.where(side > 0, heading, heading + np.float32(np.pi))
    offset = side * distance[near]
    values = np.stack([edge[near], here_left[near], here_right[near], offset, heading, owner[which, 0, 0]])
    return rows[which, down_by, 0] * size_hw[1] + columns[which, 0, right_by], values
