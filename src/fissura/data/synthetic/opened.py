"""Cracks in walls laid in courses: along the joints as a staircase, through the pieces, or a joint that has opened."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from fissura.data.synthetic import paths
from fissura.data.synthetic.growth import Ground, any_width, branches, ends, line, stroke
from fissura.data.synthetic.masonry import Joints
from fissura.data.synthetic.strokes import Stroke
from fissura.data.synthetic.view import Points


def stepped(ground: Ground, random: np.random.Generator) -> list[Stroke]:
    """A staircase along the joints, at times through a piece; an ordinary crack where there are no joints."""
    joints = ground.joints
    if joints is None:
        return [line(ground, *ends(ground, random), any_width(ground, random), random)]
    view = ground.view
    middle = view.on_wall(paths.inside(view.size_hw, random, 0.25)[None])[0]
    steps = int(3 + 1.3 * view.extent / joints.course)
    if random.random() < 0.3:
        steps = max(2, steps // 2)
    through = float(random.choice([0.0, 0.3, 0.6, 0.95]))  # of an upright crack nearly all courses
    way = _down(joints, middle, steps, through, random)
    side = random.uniform(-0.5, 0.5) * joints.width
    way = way + side + random.normal(0.0, 0.15 * joints.width, way.shape)
    return _strokes(ground, joints, way, any_width(ground, random), random)


def opened_joint(ground: Ground, random: np.random.Generator) -> list[Stroke]:
    """One bed that has come apart: an irregular gap between mortar and piece, at times leaving the joint."""
    joints = ground.joints
    if joints is None:
        return [line(ground, *ends(ground, random), any_width(ground, random), random)]
    view = ground.view
    course, joint = joints.nearest(view.on_wall(paths.inside(view.size_hw, random, 0.2)[None])[0])
    reach = int(1 + 0.9 * view.extent / joints.length)
    low, high = joint - int(random.integers(1, reach + 2)), joint + int(random.integers(1, reach + 2))
    row = joints.corner(course, joint)[0]
    knots = 3 * (high - low) + 1
    columns = np.linspace(joints.corner(course, low)[1], joints.corner(course, high)[1], knots)
    side = np.where(np.cumsum(random.random(knots) < 0.1) % 2 == 0, 1.0, -1.0) * random.choice([-1.0, 1.0])
    rows = row + side * joints.width * random.uniform(0.1, 0.5) + random.normal(0.0, 0.1 * joints.width, knots)
    way = np.stack([rows, columns], axis=1)
    if random.random() < 0.35:  # it leaves the joint and goes on through the pieces
        tip = way[-1] + view.extent * np.array([random.choice([-1, 1]) * random.uniform(0.2, 0.6), 0.15])
        way = np.vstack([way, tip])
    return _strokes(ground, joints, way, any_width(ground, random), random)


def _strokes(ground: Ground, joints: Joints, way: Points, width: float, random: np.random.Generator) -> list[Stroke]:
    """The crack along the corners ``way`` on the wall, no wider than a joint can open."""
    pieces = []
    for a, b in pairwise(way):
        length = float(np.hypot(*(b - a)))
        if length > 0.5:
            bend = min(0.08, max(0.35 * joints.width, 0.03 * length) / length)
            pieces.append(paths.rough_path(a, b, bend, 0.66, 1.2, random))
    if not pieces:
        return [line(ground, *ends(ground, random), width, random)]
    most = max(ground.width_px[0], random.uniform(0.5, 1.1) * joints.width)
    points = ground.view.in_image(np.concatenate(pieces))
    tips = [bool(((tip > 2) & (tip < np.array(ground.view.size_hw) - 3)).all()) for tip in (points[0], points[-1])]
    main = stroke(ground, points, min(width, most), random, (int(tips[0]), int(tips[1])))
    return [main, *branches(ground, main, random, int(random.choice([0, 0, 0, 1])))]


def _down(joints: Joints, middle: Points, steps: int, through: float, random: np.random.Generator) -> Points:
    """Down course by course: along an upright joint, else through the piece, else along the bed to the next joint."""
    first = joints.nearest(middle)[0] - steps // 2
    column = float(middle[1]) - random.choice([-1.0, 1.0]) * 0.5 * (1 - through) * steps * 0.4 * joints.length
    sideways = 1.0 if column < middle[1] else -1.0
    way = []
    for course in range(first, first + steps):
        top, bottom = (joints.corner(each, 0)[0] for each in (course, course + 1))
        nearest = joints.nearest(np.array([top, column]))[1]
        candidates = [joints.corner(course, nearest + step)[1] for step in (-2, -1, 0, 1, 2)]
        close = min(candidates, key=lambda each: abs(each - column))
        way.append(np.array([top, column]))
        if abs(close - column) > 0.25 * joints.length and random.random() < through:
            column += random.normal(0.0, 0.12) * joints.length  # through the piece
        else:
            if abs(close - column) > joints.width + 1.0:
                ahead = [each for each in candidates if sideways * (each - column) > joints.width]
                close = min(ahead, key=lambda each: abs(each - column)) if ahead else close
                way.append(np.array([top, close]))
            column = close
        way.append(np.array([bottom, column]))
        if random.random() < 0.12:
            sideways = -sideways
    return np.array(way)
