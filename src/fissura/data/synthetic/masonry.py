"""Walls made of pieces: where mortar is, which piece a pixel belongs to, and where a crack can follow the joints."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

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
        bond: long and short pieces by turns: how far every second joint is moved, as a share of a piece.
        loose: how far a joint and a bed stray from their place at random, as a share of a piece, at most 0.3.
        salt: names the random strays.
    """

    course: float
    length: float
    width: float
    shift: float
    origin: tuple[float, float]
    bond: float = 0.0
    loose: float = 0.0
    salt: float = 1.0

    def bed(self, course: Any) -> Any:
        """Wall rows of the upper beds of courses, counted from the origin, in courses."""
        return course + np.float32(0.6 * self.loose) * (scattered(course, course * 0 + 3, self.salt) - np.float32(0.5))

    def place(self, course: Any, joint: Any) -> Any:
        """Wall columns of joints of their courses, counted from the origin, in pieces."""
        stray = np.float32(2 * self.loose) * (scattered(course, joint, self.salt) - np.float32(0.5))
        longer = np.float32(self.bond) * (2 * (joint - 2 * np.floor(joint / 2)) - 1)
        return joint + course * np.float32(self.shift) + longer + stray

    def corner(self, course: int, joint: int) -> Points:
        """Wall point ``(2,)`` where joint ``joint`` of course ``course`` meets that course's upper bed."""
        number, which = np.float32(course), np.float32(joint)
        row = self.origin[0] + float(self.bed(number)) * self.course
        return np.array([row, self.origin[1] + float(self.place(number, which)) * self.length])

    def nearest(self, point: Points) -> tuple[int, int]:
        """(course, joint) whose corner is near a wall point ``(2,)``."""
        course = round((float(point[0]) - self.origin[0]) / self.course)
        joint = round((float(point[1]) - self.origin[1]) / self.length - course * self.shift)
        return course, joint


@dataclass(frozen=True)
class Laying:
    """How well the pieces are made and laid, in pixels of the wall.

    Attributes:
        uneven_px: how wavy their edges are.
        ragged_px: how jagged their edges are.
        tilt_px: how far a piece's ends lie above or below.
        inset_px: how much smaller than its place a piece may be.
        corner_px: radius of its corners, and how deep ``Grid.depth`` is known.
    """

    uneven_px: float = 0.5
    ragged_px: float = 0.3
    tilt_px: float = 0.0
    inset_px: float = 0.0
    corner_px: float = 3.0


@dataclass(frozen=True, eq=False)
class Grid:
    """A coursed wall in the view; all but ``joints`` are ``(h, w)`` float32.

    Attributes:
        mortar: in [0, 1].
        value, other: two values in [0, 1] per piece.
        depth: how far inside its piece a pixel lies, at most ``Laying.corner_px``; negative in the mortar; in px.
        joints: where they are.
    """

    mortar: Grey
    value: Grey
    other: Grey
    depth: Grey
    joints: Joints


@dataclass(frozen=True, eq=False)
class Rubble:
    """Irregular stones: ``mortar`` and ``value`` as in ``Grid``; ``bulge`` is their roundness in px; ``(h, w)``."""

    mortar: Grey
    value: Grey
    bulge: Grey


def grid(view: View, joints: Joints, laying: Laying, random: np.random.Generator) -> Grid:
    """Pieces in courses with the joints between them, as ``laying`` makes them irregular."""
    row, column = view.wall
    row, column = row - np.float32(joints.origin[0]), column - np.float32(joints.origin[1])
    if laying.uneven_px:
        row = row + np.float32(laying.uneven_px) * field(view, "clouds", random)
        column = column + np.float32(laying.uneven_px) * field(view, "clouds", random)
    row, column = row / np.float32(joints.course), column / np.float32(joints.length)
    number = _piece(row, joints.bed, np.float32(0))
    guess = column - number * np.float32(joints.shift)
    piece = _piece(column, lambda joint: joints.place(number, joint), guess - column)
    left, right = joints.place(number, piece), joints.place(number, piece + 1)
    top, bottom = joints.bed(number), joints.bed(number + 1)
    value, other = scattered(number, piece, joints.salt + 0.31), scattered(number, piece, joints.salt + 0.67)
    leaning = np.float32(2 * laying.tilt_px) * (other - np.float32(0.5))
    leaning = leaning * (2 * (column - left) / np.maximum(right - left, np.float32(0.1)) - 1)
    beside = np.minimum(column - left, right - column) * np.float32(joints.length)
    across = np.minimum(
        (row - top) * np.float32(joints.course) + leaning, (bottom - row) * np.float32(joints.course) - leaning
    )
    inset = np.float32(joints.width / 2) + np.float32(laying.inset_px) * scattered(number, piece, joints.salt + 0.9)
    if laying.ragged_px:
        inset = inset + np.float32(laying.ragged_px) * field(view, "rough", random)
    round_px = np.float32(laying.corner_px)
    far = np.hypot(np.maximum(round_px - beside + inset, 0), np.maximum(round_px - across + inset, 0))
    depth = (round_px - far).astype(np.float32)
    return Grid(np.clip(0.5 - depth, 0.0, 1.0), value, other, depth, joints)


def rubble(
    view: View, size: float, random: np.random.Generator, joint: float = 0.07, stretch: float = 1.4, turned: bool = True
) -> Rubble:
    """Stones of ``16 * size`` px in mortar, ``joint`` stones wide, ``stretch`` times longer than high."""
    edge, value, _ = cells(view, random, size, stretch, turned)
    uneven = 0.5 * field(view, "clouds", random, 2.0) + 0.12 * field(view, "rough", random, 2.0)
    wide = joint * (1 + 0.4 * np.clip(uneven, -1.5, 1.5))
    soft = 1.0 / (16 * size)
    mortar = np.clip((wide - edge) / soft * 0.6 + 0.5, 0.0, 1.0).astype(np.float32)
    bulge = np.sqrt(np.clip(edge - wide, 0.0, 0.3)) * np.float32(4 * size)
    return Rubble(mortar, value, bulge.astype(np.float32))


def scattered(number: Any, piece: Any, salt: float) -> Any:
    """A value in [0, 1] per (number, piece), the same for the whole piece."""
    mixed = np.sin(number * np.float32(12.9898 * salt) + piece * np.float32(78.233)) * np.float32(437.585)
    return mixed - np.floor(mixed)


def _piece(along: Grey, border: Any, beside: Any) -> Grey:
    """Number of the piece at each pixel, whose borders ``border(number)`` and ``border(number + 1)`` stray a little."""
    number = np.floor(along + beside)
    number = number - (along < border(number))
    return np.asarray(number + (along >= border(number + 1)), dtype=np.float32)
