"""``Surface``: a wall before light falls on it; the light; and what many surfaces have: air holes and pits."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from fissura.data.synthetic.masonry import Joints
from fissura.data.synthetic.noise import field
from fissura.data.synthetic.view import Grey, View


@dataclass(frozen=True, eq=False)
class Surface:
    """A wall before light falls on it.

    Attributes:
        reflectance: ``(h, w)`` float32 in [0, 1].
        relief: ``(h, w)`` float32, height towards the camera in pixels.
        grain: px, size of its grains: cracks go around them.
        joints: where its joints are, if it has joints that a crack follows.
        seams: ``(h, w)``, great where a crack runs most easily, if it is not in courses; in the mortar of rubble.
    """

    reflectance: Grey
    relief: Grey
    grain: float = 1.0
    joints: Joints | None = None
    seams: Grey | None = None


def lit(surface: Surface, view: View, strength: float) -> Grey:
    """The surface under light from the side, ``(h, w)``; ``strength`` is 0 for flat light, 1 for raking light."""
    relief = surface.relief
    down = np.zeros_like(relief)
    right = np.zeros_like(relief)
    down[1:] = relief[1:] - relief[:-1]
    right[:, 1:] = relief[:, 1:] - relief[:, :-1]
    # a slope faces the light when the height falls towards it
    slope = -(down * np.float32(math.sin(view.light)) + right * np.float32(math.cos(view.light)))
    light = surface.reflectance * np.clip(1.0 + np.float32(strength) * slope, 0.25, 1.9)
    return np.asarray(np.clip(light, 0.0, 1.5), dtype=np.float32)


def pores(view: View, random: np.random.Generator, density: float, largest: float) -> tuple[Grey, Grey]:
    """(darkness in [0, 1], depth in px) of round and oblong air holes; both ``(h, w)`` float32.

    ``density`` is how many there are per 10,000 px.
    """
    height, width = view.size_hw
    dark = np.zeros(view.size_hw, dtype=np.float32)
    count = int(random.poisson(density * height * width / 10_000))
    radii = np.clip(0.6 + random.pareto(2.2, count) * 0.7, 0.6, largest)
    for radius in radii:
        row, column = random.uniform(0, height), random.uniform(0, width)
        oblong, angle, depth = random.uniform(1.0, 2.0), random.uniform(0, math.pi), random.uniform(0.3, 1.0)
        reach = int(radius * oblong + 2)
        top, left = max(0, int(row) - reach), max(0, int(column) - reach)
        part = dark[top : int(row) + reach + 1, left : int(column) + reach + 1]
        rows = np.arange(top, top + part.shape[0], dtype=np.float32)[:, None] - np.float32(row)
        columns = np.arange(left, left + part.shape[1], dtype=np.float32)[None, :] - np.float32(column)
        u = (columns * math.cos(angle) + rows * math.sin(angle)) / oblong
        v = rows * math.cos(angle) - columns * math.sin(angle)
        np.maximum(part, np.clip(radius + 0.5 - np.hypot(u, v), 0.0, 1.0) * depth, out=part)
    return dark, -dark


def pits(view: View, random: np.random.Generator) -> Grey:
    """Depth in [0, 0.85] of ragged holes, often longer than wide: where stones broke out. ``(h, w)``."""
    shape = field(view, "grain", random, random.uniform(0.5, 2.6), random.uniform(1.0, 2.2))
    ragged = shape + 0.25 * field(view, "rough", random, 0.8)
    depth = np.clip((ragged - random.uniform(1.0, 2.6)) * random.uniform(1.0, 4.0), 0.0, 1.0)
    return np.asarray(depth * random.uniform(0.2, 0.85))
