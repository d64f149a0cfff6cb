"""Walls made of pieces: bricks, blocks, tiles, paving, cut stone, rubble, with the mortar between them."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from fissura.data.synthetic import masonry
from fissura.data.synthetic.masonry import Grid, Joints, Laying
from fissura.data.synthetic.noise import field
from fissura.data.synthetic.surface import Surface, pores
from fissura.data.synthetic.view import Grey, View

_LEGIBLE = 0.28  # in mortar darker than this no crack is seen, so none follows it
_LEGIBLE_PX = 2.5  # nor in a joint narrower than this


@dataclass(frozen=True)
class Finish:
    """How the pieces of a wall and its mortar look; shares unless said otherwise.

    Attributes:
        tone: reflectance of the pieces.
        mixed: how much pieces differ from each other.
        burnt: how many of them are much darker.
        mortar: reflectance of the mortar.
        recess_px: how far the mortar lies behind the faces; negative stands out.
        worn_px: how far from its edge a piece is rounded.
        weather: how unevenly mortar and faces have weathered.
        lost: how much of the mortar is gone, in patches.
    """

    tone: float
    mixed: float
    burnt: float
    mortar: float
    recess_px: float
    worn_px: float
    weather: float
    lost: float


def brick(view: View, random: np.random.Generator) -> Surface:
    """New bricks of one kind in an even bond, bright or dark mortar."""
    joints = _coursed(view, random, _some(random, 0.09, 0.5), (2.2, 4.2), (0.08, 0.2))
    laying = Laying(random.uniform(0.0, 0.6), random.uniform(0.0, 0.3), 0.0, random.uniform(0.0, 0.6), 3.0)
    finish = Finish(
        tone=random.uniform(0.25, 0.7),
        mixed=random.uniform(0.0, 0.5),
        burnt=0.0,
        mortar=random.uniform(0.2, 0.85),
        recess_px=random.uniform(-0.4, 1.5),
        worn_px=random.uniform(0.5, 1.5),
        weather=random.uniform(0.0, 0.3),
        lost=0.0,
    )
    return _laid(view, joints, laying, finish, random)


def old_brick(view: View, random: np.random.Generator) -> Surface:
    """Old bricks: mixed, burnt, chipped, laid unevenly; weathered, raked or patched mortar, partly gone."""
    joints = _coursed(view, random, _some(random, 0.09, 0.45), (1.9, 4.0), (0.08, 0.24), random.uniform(0.02, 0.09))
    unit = joints.course
    laying = Laying(
        uneven_px=unit * random.uniform(0.01, 0.04),
        ragged_px=min(1.2, unit * random.uniform(0.0, 0.02)),
        tilt_px=unit * random.uniform(0.0, 0.05),
        inset_px=joints.width * random.uniform(0.0, 0.5),
        corner_px=max(3.0, unit * random.uniform(0.03, 0.16)),
    )
    finish = Finish(
        tone=random.uniform(0.22, 0.6),
        mixed=random.uniform(0.2, 1.0),
        burnt=random.choice([0.0, 0.1, 0.3]),
        mortar=random.uniform(0.1, 0.8),
        recess_px=random.uniform(-0.3, 4.0),
        worn_px=random.uniform(1.2, 3.5),
        weather=random.uniform(0.2, 1.0),
        lost=random.choice([0.0, 0.0, 0.25, 0.6]),
    )
    return _laid(view, joints, laying, finish, random)


def blocks(view: View, random: np.random.Generator) -> Surface:
    """Large blocks of concrete or cut stone; flush or recessed joints."""
    joints = _coursed(view, random, _some(random, 0.3, 1.3), (1.0, 2.4), (0.015, 0.08))
    laying = Laying(random.uniform(0.0, 0.8), random.uniform(0.0, 0.3), 0.0, 0.0, random.uniform(2.0, 5.0))
    finish = Finish(
        tone=random.uniform(0.25, 0.75),
        mixed=random.uniform(0.0, 0.35),
        burnt=0.0,
        mortar=random.uniform(0.12, 0.85),
        recess_px=random.uniform(-0.5, 2.5),
        worn_px=random.uniform(0.5, 2.5),
        weather=random.uniform(0.0, 0.6),
        lost=0.0,
    )
    return _laid(view, joints, laying, finish, random)


def ashlar(view: View, random: np.random.Generator) -> Surface:
    """Cut stone in courses of unequal stones: tooled or rough faces, bevelled edges, narrow stained joints."""
    course = view.extent * _some(random, 0.2, 0.9)
    joints = _coursed(view, random, course / view.extent, (0.9, 2.6), (0.02, 0.1), random.uniform(0.0, 0.22))
    laying = Laying(
        course * random.uniform(0.0, 0.02),
        random.uniform(0.0, 0.5),
        course * random.uniform(0.0, 0.01),
        joints.width * random.uniform(0.0, 0.3),
        max(3.0, course * random.uniform(0.02, 0.14)),
    )
    finish = Finish(
        tone=random.uniform(0.3, 0.75),
        mixed=random.uniform(0.05, 0.5),
        burnt=0.0,
        mortar=random.uniform(0.08, 0.8),
        recess_px=random.uniform(-0.3, 3.0),
        worn_px=random.uniform(1.0, 5.0),
        weather=random.uniform(0.1, 1.0),
        lost=random.choice([0.0, 0.0, 0.2]),
    )
    wall = _laid(view, joints, laying, finish, random)
    tooled = field(view, "brushed" if random.random() < 0.5 else "grain", random, random.uniform(0.7, 2.5))
    return Surface(wall.reflectance, wall.relief + tooled * random.uniform(0.0, 0.6), wall.grain, wall.joints)


def tiles(view: View, random: np.random.Generator) -> Surface:
    """Smooth tiles in a grid with narrow straight joints."""
    side = view.extent * _some(random, 0.12, 1.1)
    length = side * random.choice([1.0, 1.0, 1.5, 2.0])
    width = max(0.8, side * random.uniform(0.01, 0.06))
    joints = Joints(side, length, width, random.choice([0.0, 0.0, 0.5]), _origin(side, length, random))
    grid = masonry.grid(view, joints, Laying(0.0, random.choice([0.0, 0.15]), 0.0, 0.0, 2.0), random)
    base = random.uniform(0.3, 0.92)
    own = 1 + (grid.value - 0.5) * random.uniform(0.0, 0.2)
    pattern = field(view, "clouds", random, random.uniform(0.5, 1.5)) * random.uniform(0.0, 0.08)
    fine = field(view, "fine", random) * random.uniform(0.0, 0.03)
    grout_tone = random.uniform(0.08, 0.9)
    grout = grout_tone * (1 + 0.08 * field(view, "rough", random))
    reflectance = base * (own + pattern + fine) * (1 - grid.mortar) + grout * grid.mortar
    relief = random.uniform(0.2, 1.5) * (1 - grid.mortar) + fine * random.uniform(0.0, 5.0)
    return Surface(reflectance, relief, 1.0, _followed(joints, grout_tone))


def paving(view: View, random: np.random.Generator) -> Surface:
    """Setts, slabs and pavers with bevelled edges; dark joints of sand, dirt or moss."""
    side = view.extent * _some(random, 0.14, 0.8)
    joints = _coursed(view, random, side / view.extent, (1.0, 2.2), (0.03, 0.12), random.uniform(0.0, 0.08))
    laying = Laying(
        side * random.uniform(0.0, 0.03),
        random.uniform(0.0, 0.5),
        side * random.uniform(0.0, 0.03),
        joints.width * random.uniform(0.0, 0.5),
        max(3.0, side * random.uniform(0.04, 0.2)),
    )
    finish = Finish(
        tone=random.uniform(0.35, 0.75),
        mixed=random.uniform(0.0, 0.6),
        burnt=0.0,
        mortar=random.uniform(0.05, 0.45),
        recess_px=random.uniform(0.5, 4.0),
        worn_px=random.uniform(1.5, 5.0),
        weather=random.uniform(0.2, 0.9),
        lost=0.0,
    )
    return _laid(view, joints, laying, finish, random)


def stone(view: View, random: np.random.Generator) -> Surface:
    """Rubble masonry: stones of any shape in wide mortar."""
    size = view.extent * _some(random, 0.18, 0.8) / 16
    wall = masonry.rubble(view, size, random, random.uniform(0.03, 0.11))
    rough = field(view, "rough", random, random.uniform(0.8, 2.0))
    fine = field(view, "grain", random, random.uniform(0.7, 1.5))
    stones = random.uniform(0.3, 0.7) * (1 + (wall.value - 0.5) * random.uniform(0.1, 0.8) + 0.07 * rough)
    mortar = random.uniform(0.25, 0.85) * (1 + 0.05 * fine + 0.05 * field(view, "clouds", random))
    reflectance = stones * (1 + fine * random.uniform(0.0, 0.06)) * (1 - wall.mortar) + mortar * wall.mortar
    bulge = wall.bulge * random.uniform(0.0, 2.5)
    relief = bulge + rough * random.uniform(0.1, 0.6) + (1 - wall.mortar) * random.uniform(-0.4, 1.5)
    return Surface(reflectance, relief, 1.0, None, wall.mortar)


def dry_stone(view: View, random: np.random.Generator) -> Surface:
    """Stones or flints with little mortar: deep dark gaps around round stones that differ from each other."""
    size = view.extent * _some(random, 0.16, 0.6) / 16
    joint = max(random.uniform(0.05, 0.1), 1.3 / (16 * size))
    wall = masonry.rubble(view, size, random, joint, random.uniform(1.0, 2.2), turned=False)
    rough = field(view, "rough", random, random.uniform(0.8, 2.0))
    fine = field(view, "grain", random, random.uniform(0.7, 1.5))
    mixed = (wall.value - 0.5) * random.uniform(0.5, 1.1)
    stones = random.uniform(0.35, 0.65) * (1 + mixed + random.uniform(0.03, 0.15) * rough)
    stones = stones * (1 + fine * random.uniform(0.0, 0.08))
    gap = random.uniform(0.03, 0.2) * (1 + 0.3 * rough)
    rounded = np.clip(wall.bulge / (0.25 * 4 * size), 0.0, 1.0) * 0.4 + 0.6  # less light comes to the stones' flanks
    reflectance = np.clip(stones, 0.05, 1.0) * rounded * (1 - wall.mortar) + gap * wall.mortar
    relief = wall.bulge * random.uniform(0.6, 3.0) + rough * random.uniform(0.1, 0.8)
    return Surface(reflectance.astype(np.float32), relief, 3.0)


def _some(random: np.random.Generator, low: float, high: float) -> float:
    """As many small sizes as large ones."""
    return float(math.exp(random.uniform(math.log(low), math.log(high))))


def _origin(course: float, length: float, random: np.random.Generator) -> tuple[float, float]:
    return float(random.uniform(0, course)), float(random.uniform(0, length))


def _coursed(
    view: View,
    random: np.random.Generator,
    course_share: float,
    lengths: tuple[float, float],
    widths: tuple[float, float],
    loose: float = 0.0,
) -> Joints:
    """Joints of a bond at random: course as a share of the view, length and mortar as shares of the course."""
    course = view.extent * course_share
    length = course * random.uniform(*lengths)
    bond = 1 / 6 if random.random() < 0.2 else 0.0  # stretcher and header by turns
    shift = float(random.choice([0.5, 0.5, 0.5, 0.25, 0.33, 0.0] if not bond else [0.5]))
    width = max(1.0, course * random.uniform(*widths))
    origin = _origin(course, length, random)
    return Joints(course, length, width, shift, origin, bond, loose, float(random.uniform(1, 2)))


def _laid(view: View, joints: Joints, laying: Laying, finish: Finish, random: np.random.Generator) -> Surface:
    """A wall in courses with its finish."""
    # a narrow or dark line with jagged edges is what a crack is: such joints have smooth ones
    ragged, uneven = min(laying.ragged_px, 0.12 * joints.width), min(laying.uneven_px, 0.4 * joints.width)
    if finish.mortar < 0.6 * finish.tone:
        ragged, uneven = min(ragged, 0.3), 0.6 * uneven
    laying = replace(laying, ragged_px=ragged, uneven_px=uneven)
    grid = masonry.grid(view, joints, laying, random)
    rough = field(view, "rough", random, random.uniform(0.8, 1.5))
    grain = field(view, "grain", random, random.uniform(0.7, 1.3))
    blotches = field(view, "rough", random, random.uniform(1.5, 3.0))
    faces = finish.tone * (1 + (grid.value - 0.5) * finish.mixed)
    faces = faces * np.where(grid.other < finish.burnt, np.float32(random.uniform(0.35, 0.75)), np.float32(1))
    texture = rough * random.uniform(0.01, 0.12) + grain * random.uniform(0.0, 0.07)
    faces = faces * (1 + texture + finish.weather * random.uniform(-0.15, 0.15) * blotches)
    mortar = finish.mortar * (1 + grain * random.uniform(0.01, 0.12) + 0.05 * rough)
    mortar = mortar * np.clip(1 + finish.weather * random.uniform(0.0, 0.5) * blotches, 0.3, 1.8)
    recess = finish.recess_px
    if finish.lost:
        # gone over the joint's whole width, in soft-edged patches: a crack is narrower and has an edge
        gone = np.clip((blotches + finish.lost - 0.9) * 1.5, 0.0, 1.0)
        mortar = mortar * (1 - gone * random.uniform(0.3, 0.7))
    if recess > 0.3:
        mortar = mortar * (1 - _in_shadow(grid, view, recess) * random.uniform(0.2, 0.75))
        mortar = mortar * (1 - random.uniform(0.0, 0.4) * np.clip(-grid.depth / 2.0 + 0.5, 0.0, 1.0))
    dark, hole = pores(view, random, random.choice([0.0, 1.0, 6.0]), view.extent * 0.02)
    reflectance = (faces * (1 - grid.mortar) + mortar * grid.mortar) * (1 - 0.5 * dark)
    edge = np.clip(grid.depth / np.float32(finish.worn_px) + 0.5, 0.0, 1.0)
    relief = edge * np.float32(min(recess, 0.9 * finish.worn_px)) + hole  # steeper, an edge would be a black line
    relief = relief + rough * random.uniform(0.05, 0.5) + grain * random.uniform(0.0, 0.25)
    return Surface(
        np.clip(reflectance, 0.02, 1.0), relief, 2.0, _followed(joints, finish.mortar if recess < 2.0 else 0.0)
    )


def _followed(joints: Joints, mortar: float) -> Joints | None:
    """The joints, where a crack that follows them would be seen in them."""
    return joints if mortar > _LEGIBLE and joints.width > _LEGIBLE_PX else None


def _in_shadow(grid: Grid, view: View, recess_px: float) -> Grey:
    """Share of light that the faces take from the mortar beside them, ``(h, w)``."""
    faces = 1 - grid.mortar
    reach = min(recess_px * 1.2, 0.7 * grid.joints.width + 0.5)
    rows, columns = (np.arange(side) for side in view.size_hw)
    shadow = np.zeros_like(faces)
    for part in (0.4, 1.0):
        down, right = round(reach * part * math.sin(view.light)), round(reach * part * math.cos(view.light))
        from_row = np.clip(rows + down, 0, len(rows) - 1)
        from_column = np.clip(columns + right, 0, len(columns) - 1)
        shadow += faces[from_row][:, from_column] * np.float32(0.5)
    return np.asarray(shadow * grid.mortar)
