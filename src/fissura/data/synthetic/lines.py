"""Lines that are no cracks: straight ones as a distance per pixel, drawn ones of constant width, with a tint."""

from __future__ import annotations

import math

import numpy as np

from fissura.data.synthetic import paths
from fissura.data.synthetic.noise import field
from fissura.data.synthetic.strokes import Stroke, draw_strokes, resampled
from fissura.data.synthetic.view import Grey, Points, View


def straight_line(view: View, random: np.random.Generator, square: float = 0.7) -> Grey:
    """Signed distance in wall pixels to a straight line through the image, ``(h, w)`` float32.

    ``square`` is how often it keeps to the wall's own two directions.
    """
    row, column = view.wall
    angle = random.choice([0.0, math.pi / 2]) if random.random() < square else random.uniform(0, math.pi)
    angle += random.normal(0.0, 0.02)
    through = view.on_wall(paths.inside(view.size_hw, random, 0.05)[None])[0]
    sine, cosine = np.float32(math.sin(angle)), np.float32(math.cos(angle))
    return (row - np.float32(through[0])) * cosine - (column - np.float32(through[1])) * sine


def band(distance: Grey, width: float) -> Grey:
    """Share of each pixel within ``width / 2`` of the line."""
    half = np.float32(width / 2)
    return np.asarray(np.clip(np.minimum(distance + 0.5, half) - np.maximum(distance - 0.5, -half), 0.0, 1.0))


def constant(points: Points, width: float, taper: bool = False) -> Stroke:
    """A line of constant ``width``, or one that thins out at both ends."""
    half = np.full(len(points), width / 2)
    if taper:
        half = half * np.clip(np.sin(math.pi * np.linspace(0.0, 1.0, len(points))) * 2.5, 0.0, 1.0)
    return Stroke(points, half, half)


def tinted(
    image: Grey, view: View, strokes: list[Stroke], tint: float, random: np.random.Generator, chalky: float
) -> Grey:
    """Strokes that brighten (``tint`` > 0, towards white) or darken; ``chalky`` ones skip the ground's hollows."""
    cover = draw_strokes([resampled(each, 3.0) for each in strokes], view.size_hw).coverage
    cover = cover * np.clip(1 - chalky * np.clip(field(view, "grain", random), 0.0, 2.0), 0.0, 1.0)
    target = 0.95 if tint > 0 else 0.05
    return np.asarray(image * (1 - cover * abs(tint)) + cover * abs(tint) * target)
