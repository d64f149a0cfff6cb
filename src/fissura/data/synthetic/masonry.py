"""Walls made of pieces: where mortar is, which piece a pixel belongs to, and where a crack can follow the joints."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fissura.data.synthetic.noise import cells, field
from fissura.data.synthetic.view import Grey, Points, View


@dataclass(frozen=True)
class Joints:
    """The joints of a wall laid in courses, in wall pixels.

    Attributes:
        course, length: height of a course and length of a piece, from joint to joint.
        width: of the mortar.
        shift: how far each course is moved, as a share of a piece.
        origin: wall (row, column) of joint 0 of course 0.
    """

    course: float
    length: float
    width: float
    shift: float
    origin: tuple[float, float]

    def corner(self, course: int, joint: int) -> Points:
        """Wall point ``(2,)`` where joint ``joint`` of course ``course`` meets that course's upper bed."""
        column = (joint + course * self.shift) * self.length
        return np.array([self.origin[0] + course * self.course, self.origin[1] + column])

    def nearest(self, point: Points) -> tuple[int, int]:
        """(course, joint) whose corner is near a wall point ``(2,)``."""
        course = round((float(point[0]) - self.origin[0]) / self.course)
        joint = round((float(point[1]) - self.origin[1]) / self.length - course * self.shift)
        return course, joint


@dataclass(frozen=True, eq=False)
class Grid:
    """A coursed wall in the view: ``mortar`` in [0, 1] and a ``value`` in [0, 1] per piece; both ``(h, w)`` float32."""

    mortar: Grey
    value: Grey
    joints: Joints


@dataclass(frozen=True, eq=False)
class Rubble:
    """Irregular stones: ``mortar`` and ``value`` as in ``Grid``; ``bulge`` is their roundness in px; ``(h, w)``."""

    mortar: Grey
    value: Grey
    bulge: Grey


def grid(
    view: View,
    course: float,
    length: float,
    joint: float,
    shift: float,
    uneven_px: float,
    random: np.random.Generator,
) -> Grid:
    """Pieces of ``length`` x ``course`` wall pixels with joints of ``joint``, edges uneven by ``uneven_px``."""
    row, column = view.wall
    origin = (float(random.uniform(0, course)), float(random.uniform(0, length)))
    ragged = np.float32(uneven_px * 0.6)
    row = row - np.float32(origin[0]) + ragged * field(view, "rough", random)
    column = column - np.float32(origin[1]) + ragged * field(view, "rough", random)
    number = np.floor(row / np.float32(course))
    moved = column / np.float32(length) - number * np.float32(shift)
    piece = np.floor(moved)
    from_bed = _to_nearest(row / np.float32(course)) * np.float32(course)
    from_joint = _to_nearest(moved) * np.float32(length)
    mortar = np.clip(joint / 2 + 0.5 - np.minimum(from_bed, from_joint), 0.0, 1.0)
    return Grid(
        mortar.astype(np.float32),
        _scattered(number, piece, float(random.uniform(1, 2))),
        Joints(course, length, joint, shift, origin),
    )


def rubble(view: View, size: float, random: np.random.Generator) -> Rubble:
    """Stones of ``16 * size`` px in mortar; both ends of the width of real rubble's joints occur."""
    edge, value, _ = cells(view, random, size, 1.4)
    uneven = 0.5 * field(view, "clouds", random, 2.0) + 0.12 * field(view, "rough", random, 2.0)
    joint = random.uniform(0.03, 0.11) * (1 + 0.4 * np.clip(uneven, -1.5, 1.5))
    soft = 1.0 / (16 * size)
    mortar = np.clip((joint - edge) / soft * 0.6 + 0.5, 0.0, 1.0).astype(np.float32)
    bulge = np.sqrt(np.clip(edge - joint, 0.0, 0.3)) * np.float32(4 * size)
    return Rubble(mortar, value, bulge.astype(np.float32))


def _to_nearest(values: Grey) -> Grey:
    """Distance to the nearest whole number."""
    return np.abs(values - np.rint(values))


def _scattered(number: Grey, piece: Grey, salt: float) -> Grey:
    """A value in [0, 1] per (number, piece), the same for the whole piece."""
    mixed = np.sin(number * np.float32(12.9898 * salt) + piece * np.float32(78.233)) * np.float32(437.585)
    return mixed - np.floor(mixed)
