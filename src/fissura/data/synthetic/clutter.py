"""What grows, lies or was left before a wall, and resembles a crack more than a frame or a pipe does.

Each function takes the view and the wall's mean light, and returns what it adds to a picture and hides of it, as those
of ``objects`` do.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from fissura.data.synthetic import paths
from fissura.data.synthetic.lines import constant
from fissura.data.synthetic.noise import field
from fissura.data.synthetic.overlay import Overlay, darkening, nothing, opaque, round_lines
from fissura.data.synthetic.strokes import Stroke, draw_strokes, resampled
from fissura.data.synthetic.view import Points, View

_SPACING = 3.0  # px between the points of a way


def twigs(view: View, level: float, random: np.random.Generator) -> Overlay:
    """Twigs that lie or hang there: kinked, thick at one end, with knots and side shoots, round, above their shadow."""
    strokes: list[Stroke] = []
    thickest = random.uniform(1.8, 0.018 * view.extent + 2.2)
    for _ in range(int(random.integers(1, 6))):
        foot, heading = paths.inside(view.size_hw, random, -0.1), random.uniform(-math.pi, math.pi)
        length = view.extent * math.exp(random.uniform(math.log(0.1), math.log(0.8)))
        strokes += _twig(foot, heading, length, thickest * random.uniform(0.7, 1.0), random)
    tone = random.uniform(0.35, 0.85) if random.random() < 0.6 else random.uniform(0.85, 1.5)
    return round_lines(view, level, strokes, tone, thickest * random.uniform(0.4, 1.3) + 0.5, random)


def ivy(view: View, level: float, random: np.random.Generator) -> Overlay:
    """A climber: wandering stems, leaves with a broad foot and a point on both sides of them, in layers."""
    every = nothing(view.size_hw)
    size = view.extent * random.uniform(0.04, 0.14)
    for _ in range(int(random.integers(1, 4))):
        stems, leaves = [], []
        for _ in range(int(random.integers(1, 3))):
            start, end = paths.across(view.size_hw, random)
            way = paths.rough_path(start, end, random.uniform(0.05, 0.2), 0.5, _SPACING, random)
            stems.append(constant(way, random.uniform(0.8, 0.012 * view.extent + 1.0)))
            step = max(2, int(size * random.uniform(0.4, 2.0) / _SPACING))
            for number, at in enumerate(way[::step]):
                heading = random.uniform(-math.pi, math.pi)
                foot = at + size * random.uniform(0.1, 0.6) * (1 if number % 2 else -1) * _towards(heading)
                leaves.append(_leaf(foot, heading + random.normal(0.0, 0.8), size, random))
        every = every.then(round_lines(view, level, stems, random.uniform(0.3, 1.2), random.uniform(0.5, 2.5), random))
        every = every.then(round_lines(view, level, leaves, random.uniform(0.3, 1.3), random.uniform(1.0, 4.0), random))
    return every


def grass(view: View, level: float, random: np.random.Generator) -> Overlay:
    """Blades that grow out of one place or a row of them, each bending over to its tip."""
    strokes = []
    row = np.linspace(*paths.across(view.size_hw, random), 100)
    upwards = random.uniform(-math.pi, math.pi)
    length, width = view.extent * random.uniform(0.05, 0.3), random.uniform(0.8, 0.012 * view.extent + 1.0)
    for _ in range(int(random.integers(1, 6))):
        root = row[int(random.integers(0, len(row)))]
        for _ in range(int(random.integers(3, 14))):
            turns = np.linspace(0.0, random.normal(0.0, 1.0), 14) + upwards + random.normal(0.0, 0.45)
            step = length * random.uniform(0.4, 1.2) / 14
            steps = step * np.stack([np.sin(turns), np.cos(turns)], axis=1)
            way = root + random.normal(0.0, 0.05 * length, 2) + np.cumsum(steps, axis=0)
            half = width * random.uniform(0.6, 1.0) / 2 * np.sqrt(np.linspace(1.0, 0.02, 14))
            strokes.append(Stroke(way, half, half))
    return round_lines(view, level, strokes, random.uniform(0.35, 1.5), random.uniform(0.5, 2.5), random)


def tyre_marks(view: View, level: float, random: np.random.Generator) -> Overlay:
    """Rubber on the ground: one band or two side by side, with the grooves of the tread, patchy, fading out."""
    start, end = paths.across(view.size_hw, random)
    way = paths.smooth_path(start, end, random.uniform(0.0, 0.25), random)
    width = view.extent * math.exp(random.uniform(math.log(0.03), math.log(0.35)))
    beside = np.array([start[1] - end[1], end[0] - start[0]]) / np.hypot(*(end - start))
    apart = width * random.uniform(1.3, 4.0)
    ways = [way, way + apart * beside] if random.random() < 0.5 else [way]
    soft = random.uniform(0.6, 0.25 * width + 0.8)
    drawn = draw_strokes([resampled(constant(each, width), _SPACING) for each in ways], view.size_hw, reach=soft)
    rubber = np.clip(0.5 - drawn.edge / np.float32(soft), 0.0, 1.0)
    for _ in range(int(random.integers(0, 5))):
        groove = np.abs(drawn.offset - np.float32(width * random.uniform(-0.45, 0.45)))
        gap = np.clip(width * random.uniform(0.02, 0.08) + 0.5 - groove, 0.0, 1.0)
        rubber = rubber * (1 - random.uniform(0.3, 1.0) * gap)
    patchy = field(view, "grain" if random.random() < 0.4 else "clouds", random)
    rubber = rubber * np.clip(random.uniform(0.4, 1.3) + random.uniform(0.1, 0.7) * patchy, 0.0, 1.0)
    return darkening(np.asarray(1 - random.uniform(0.1, 0.7) * rubber, dtype=np.float32))


def rope(view: View, level: float, random: np.random.Generator) -> Overlay:
    """A rope with slanting strands, a chain, or a ribbed bar: of constant width, hanging or drawn tight."""
    width = view.extent * random.uniform(0.012, 0.07) + 1.2
    way = paths.smooth_path(*paths.across(view.size_hw, random), float(random.choice([0.0, 0.03, 0.15])), random, 80)
    tone, shadow_px = random.uniform(0.25, 1.4), random.uniform(0.5, 0.8 * width + 1.0)
    length = float(np.hypot(*np.diff(way, axis=0).T).sum())
    count = max(4, int(length / (width * random.uniform(0.45, 1.2))))
    at = np.linspace(0, len(way) - 1, count)
    middles = np.stack([np.interp(at, np.arange(len(way)), way[:, k]) for k in (0, 1)], axis=1)
    along = np.gradient(middles, axis=0)
    along = along / np.maximum(np.hypot(*along.T), 1e-6)[:, None]
    across = np.stack([-along[:, 1], along[:, 0]], axis=1)
    if random.random() < 0.25:  # a chain: every second link from its side
        step = length / count
        links = [
            constant(np.stack([middle - 0.45 * step * to, middle + 0.45 * step * to]), width * (1.0, 0.35)[number % 2])
            for number, (middle, to) in enumerate(zip(middles, along, strict=True))
        ]
        return round_lines(view, level, links, tone, shadow_px, random)
    slant = random.uniform(-1.2, 1.2)
    strands = [
        constant(np.stack([middle - 0.42 * width * to, middle + 0.42 * width * to]), max(0.6, 0.25 * width))
        for middle, to in zip(middles, across + slant * along, strict=True)
    ]
    placed = round_lines(view, level, [constant(way, width)], tone, shadow_px, random)
    between = draw_strokes([resampled(each, _SPACING) for each in strands], view.size_hw).coverage * placed.hides
    shaded = placed.added * (1 - random.choice([-1.0, 1.0]) * random.uniform(0.1, 0.5) * between)
    return Overlay(placed.factor, np.asarray(shaded, dtype=np.float32), placed.hides)


def splashes(view: View, level: float, random: np.random.Generator) -> Overlay:
    """Paint, tar, mortar or droppings: blots with fringes, drops around them, runs that end thicker."""
    strokes = []
    for _ in range(int(random.integers(1, 5))):
        middle = paths.inside(view.size_hw, random, 0.0)
        radius = view.extent * math.exp(random.uniform(math.log(0.008), math.log(0.07)))
        for _ in range(int(random.integers(5, 16))):  # the blot and its fringes
            heading, reach = random.uniform(-math.pi, math.pi), radius * random.uniform(0.3, 1.6)
            half = radius * np.linspace(random.uniform(0.5, 0.8), random.uniform(0.05, 0.3), 8)
            strokes.append(Stroke(np.linspace(middle, middle + reach * _towards(heading), 8), half, half))
        for _ in range(int(random.integers(0, 12))):
            drop = middle + radius * random.uniform(1.2, 4.0) * _towards(random.uniform(-math.pi, math.pi))
            strokes.append(constant(np.stack([drop, drop + 0.5]), radius * random.uniform(0.1, 0.4) + 0.5))
        for _ in range(int(random.integers(0, 3))):
            start = middle + np.array([0.0, random.normal(0.0, 0.5 * radius)])
            end = start + view.extent * random.uniform(0.05, 0.7) * np.array([1.0, random.normal(0.0, 0.04)])
            half = radius * random.uniform(0.08, 0.3) * np.linspace(0.8, 1.6, 30) ** 2 + 0.3
            strokes.append(Stroke(paths.smooth_path(start, end, 0.01, random, 30), half, half))
    cover = draw_strokes([resampled(each, _SPACING) for each in strokes], view.size_hw).coverage
    tone = level * (random.uniform(0.15, 0.65) if random.random() < 0.5 else random.uniform(1.15, 1.9))
    own = tone * (1 + 0.06 * field(view, "clouds", random))
    return opaque(cover * np.float32(random.uniform(0.5, 1.0)), np.asarray(own, dtype=np.float32))


CLUTTER: dict[str, Callable[[View, float, np.random.Generator], Overlay]] = {
    "twigs": twigs,
    "ivy": ivy,
    "grass": grass,
    "tyre marks": tyre_marks,
    "rope": rope,
    "splashes": splashes,
}


def strewn(random: np.random.Generator) -> tuple[str, ...]:
    """Names of what lies before one scene: nothing on six walls of ten, else mostly one of them."""
    how_many = int(random.choice(3, p=(0.6, 0.34, 0.06)))
    return tuple(str(each) for each in random.choice(list(CLUTTER), how_many, replace=False))


def _twig(foot: Points, heading: float, length: float, width: float, random: np.random.Generator) -> list[Stroke]:
    way = paths.legged_path(foot, heading, length, length * random.uniform(0.2, 0.6), _SPACING, random)
    half = width / 2 * np.linspace(1.0, random.uniform(0.2, 0.5), len(way))
    for at in random.integers(0, len(way), int(random.integers(0, 4))):
        half = half * (1 + 0.4 * np.exp(-(((np.arange(len(way)) - at) / 1.5) ** 2)))
    strokes = [Stroke(way, half, half)]
    if width > 1.4:
        for at in way[random.integers(1, len(way), int(random.integers(0, 4)))]:
            aside = heading + random.choice([-1.0, 1.0]) * random.uniform(0.4, 1.1)
            strokes += _twig(at, aside, length * random.uniform(0.15, 0.5), 0.55 * width, random)
    return strokes


def _leaf(foot: Points, heading: float, size: float, random: np.random.Generator) -> Stroke:
    length = size * random.uniform(0.7, 1.5)
    share = np.linspace(0.0, 1.0, 14)
    half = length * random.uniform(0.3, 0.55) * np.minimum(1.0, 4 * share + 0.5) * (1 - share) ** 0.7 + 0.2
    return Stroke(paths.smooth_path(foot, foot + length * _towards(heading), 0.06, random, 14), half, half)


def _towards(angle: float) -> Points:
    return np.array([math.sin(angle), math.cos(angle)])
