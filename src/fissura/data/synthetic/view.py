"""``View``: how a flat wall is seen, by a 3 x 3 homography from image pixels to wall coordinates.

Everything is drawn where it is seen, never drawn flat and warped: a line keeps its exact place and width under
perspective, and nothing is blurred by resampling. The wall's unit is one pixel at the middle of the image. A pixel's
centre has whole coordinates, in (row, column) as everywhere.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

Grey = npt.NDArray[np.floating[Any]]  # float32 as a rule
Points = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class View:
    """What the camera sees of the wall.

    Attributes:
        size_hw: (height, width) of the image, in pixels.
        to_wall: ``(3, 3)`` homography from (column, row, 1) in the image to (column, row, 1) on the wall.
        light: where the light comes from, as an angle in radians; its cosine points along the columns.
    """

    size_hw: tuple[int, int]
    to_wall: npt.NDArray[np.float64]
    light: float

    @property
    def extent(self) -> float:
        """The shorter side of the image, in pixels: what sizes are a share of."""
        return float(min(self.size_hw))

    @cached_property
    def wall(self) -> tuple[Grey, Grey]:
        """Wall (row, column) of every pixel's centre; both ``(h, w)`` float32."""
        height, width = self.size_hw
        rows = np.arange(height, dtype=np.float32)[:, None]
        columns = np.arange(width, dtype=np.float32)[None, :]
        x, y, depth = (np.float32(a) * columns + np.float32(b) * rows + np.float32(c) for a, b, c in self.to_wall)
        return y / depth, x / depth

    def on_wall(self, points: Points) -> Points:
        """Image points ``(n, 2)`` as wall points."""
        return _mapped(self.to_wall, points)

    def in_image(self, points: Points) -> Points:
        """Wall points ``(n, 2)`` as image points; those near or beyond the horizon come out far from the image."""
        return _mapped(self._to_image, points, nearest=0.25)

    def magnification(self, points: Points) -> npt.NDArray[np.float64]:
        """Image pixels per unit of the wall at image points ``(n, 2)``: the root of the change of area; ``(n,)``."""
        last = self.to_wall[2]
        depth = last[0] * points[:, 1] + last[1] * points[:, 0] + last[2]
        area = abs(float(np.linalg.det(self.to_wall))) / np.abs(depth) ** 3
        return np.asarray(1.0 / np.sqrt(area))

    @cached_property
    def _to_image(self) -> npt.NDArray[np.float64]:
        return np.asarray(np.linalg.inv(self.to_wall))


def random_view(size_hw: tuple[int, int], random: np.random.Generator, flat: bool = False) -> View:
    """A view at random: mostly upright and nearly from the front, at times turned or from the side.

    ``flat`` gives the wall seen straight from the front, whatever was drawn.
    """
    turn = random.normal(0.0, math.radians(5.0)) + random.choice([0.0, math.pi / 2])
    if random.random() < 0.3:
        turn = random.uniform(-math.pi, math.pi)
    strength = random.choice([0.0, 0.12, 0.35], p=[0.3, 0.45, 0.25])
    tilt = random.uniform(-1.0, 1.0, 2) * strength / max(size_hw)
    squeeze = 1.0 + random.exponential(0.15)
    slant = random.uniform(-math.pi, math.pi)
    light = float(random.uniform(-math.pi, math.pi))
    if flat:
        turn, tilt, squeeze = 0.0, np.zeros(2), 1.0
    height, width = size_hw
    centre = np.array([[1.0, 0.0, -(width - 1) / 2], [0.0, 1.0, -(height - 1) / 2], [0.0, 0.0, 1.0]])
    tilted = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [tilt[0], tilt[1], 1.0]])
    oblique = _turned(-slant) @ np.diag([min(squeeze, 1.9), 1.0, 1.0]) @ _turned(slant)
    return View(size_hw, _turned(turn) @ oblique @ tilted @ centre, light)


def _turned(angle: float) -> npt.NDArray[np.float64]:
    cosine, sine = math.cos(angle), math.sin(angle)
    return np.array([[cosine, -sine, 0.0], [sine, cosine, 0.0], [0.0, 0.0, 1.0]])


def _mapped(matrix: npt.NDArray[np.float64], points: Points, nearest: float = -np.inf) -> Points:
    row, column = points[:, 0], points[:, 1]
    x, y, depth = (a * column + b * row + c for a, b, c in matrix)
    depth = np.maximum(depth, nearest)  # 1 in the middle of the image, above 0.6 within it
    return np.stack([y / depth, x / depth], axis=1)
