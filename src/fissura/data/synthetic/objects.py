"""What stands before a wall or falls on it as light: edges of things, pipes, cables, bolts, leaves, shadows.

Each function takes the view and the wall's mean light, and returns what it adds to a picture and hides of it.
"""

from __future__ import annotations

import math

import numpy as np

from fissura.data.synthetic import paths
from fissura.data.synthetic.lines import band, straight_line
from fissura.data.synthetic.noise import field
from fissura.data.synthetic.overlay import Overlay, darkening, nothing, opaque, round_lines
from fissura.data.synthetic.strokes import Stroke, draw_strokes, resampled
from fissura.data.synthetic.view import View


def shadow(view: View, level: float, random: np.random.Generator) -> Overlay:
    """The shadow of an edge, a post or a roof: straight, soft or hard."""
    distance = straight_line(view, random, 0.4)
    soft = math.exp(random.uniform(math.log(0.7), math.log(view.extent * 0.15)))
    inside = np.clip(0.5 - distance / soft, 0.0, 1.0)
    if random.random() < 0.45:
        width = view.extent * random.uniform(0.03, 0.5)
        inside = inside * np.clip(0.5 + (distance + width) / soft, 0.0, 1.0)
    inside = inside * inside * (3 - 2 * inside)
    return darkening(1 - random.uniform(0.15, 0.75) * inside)


def branch_shadow(view: View, level: float, random: np.random.Generator) -> Overlay:
    """The shadow of twigs and leaves: curved, of changing softness."""
    strokes = []
    for _ in range(int(random.integers(1, 6))):
        start, end = paths.across(view.size_hw, random)
        way = paths.smooth_path(start, end, random.uniform(0.02, 0.2), random)
        half = np.linspace(1.0, random.uniform(0.1, 1.0), len(way)) * random.uniform(0.6, 0.03 * view.extent)
        strokes.append(resampled(Stroke(way, half, half), 4.0))
    soft = random.uniform(1.0, 6.0)
    inside = np.clip(0.5 - draw_strokes(strokes, view.size_hw, reach=soft).edge / (2 * soft), 0.0, 1.0)
    if random.random() < 0.5:
        dapples = field(view, "clouds", random, random.uniform(0.3, 1.0))
        inside = np.maximum(inside, np.clip((dapples - 0.3) * random.uniform(1.0, 4.0), 0.0, 1.0))
    return darkening(1 - random.uniform(0.15, 0.6) * inside)


def edge(view: View, level: float, random: np.random.Generator) -> Overlay:
    """The edge of a door frame, a board, a sill, another wall or the ground, with its gap or shadow."""
    distance = straight_line(view, random, 0.75)
    if random.random() < 0.5:
        distance = -distance
    cover = np.clip(distance + 0.5, 0.0, 1.0)
    width = view.extent * random.uniform(0.06, 0.45)
    if random.random() < 0.45:  # a strip; else it goes on to the image's border
        cover = cover * np.clip(width - distance + 0.5, 0.0, 1.0)
    kind = ("wood", "clouds", "fine")[int(random.integers(3))]
    own = random.uniform(0.05, 0.95) * (1 + field(view, kind, random, turned=False) * random.uniform(0.0, 0.08))
    for _ in range(int(random.integers(0, 4))):  # mouldings, gaps between boards
        at, line = width * random.uniform(0.0, 1.0), random.uniform(0.6, 4.0)
        own = own * (1 - random.uniform(-0.25, 0.7) * band(distance - at, line))
    gap_px, dark = random.uniform(0.5, 5.0), random.uniform(0.0, 0.9)
    gap = band(distance, gap_px)
    fall = np.exp(-np.maximum(-distance, 0.0) / random.uniform(1.0, view.extent * 0.1))
    thrown = fall * (random.uniform(0.1, 0.6) if random.random() < 0.5 else 0.0)
    placed = opaque(cover, own, thrown)
    groove = Overlay(1 - gap * dark, np.zeros_like(gap), gap * float(dark > 0.15))
    return placed.then(groove)


def frame_corner(view: View, level: float, random: np.random.Generator) -> Overlay:
    """The corner of a window, a box or a sign: two straight edges that meet."""
    row, column = view.wall
    corner = view.on_wall(paths.inside(view.size_hw, random, 0.15)[None])[0]
    down = (row - np.float32(corner[0])) * np.float32(random.choice([-1.0, 1.0]))
    right = (column - np.float32(corner[1])) * np.float32(random.choice([-1.0, 1.0]))
    inward = np.minimum(down, right)
    cover = np.clip(inward + 0.5, 0.0, 1.0)
    border = view.extent * random.uniform(0.03, 0.2)
    inner = np.clip(inward - border + 0.5, 0.0, 1.0)
    pane = random.uniform(0.05, 0.7) * (1 + 0.1 * field(view, "clouds", random))
    own = random.uniform(0.1, 0.95) * (1 - inner) + pane * inner
    thrown = np.exp(-np.maximum(-inward, 0.0) / random.uniform(1.0, 8.0)) * random.uniform(0.0, 0.5)
    line = band(inward, random.uniform(0.6, 2.5)) * random.uniform(0.2, 0.9)
    line = np.maximum(line, band(inward - border, random.uniform(0.6, 2.0)) * random.uniform(0.0, 0.8))
    return opaque(cover, own, thrown).then(Overlay(1 - line, np.zeros_like(line), np.float32(1.0) * (line > 0.1)))


def pipe(view: View, level: float, random: np.random.Generator) -> Overlay:
    """A pipe or a rod: straight, of constant width, shaded round, with its shadow beside it."""
    distance = straight_line(view, random, 0.8)
    radius = view.extent * random.uniform(0.015, 0.16) + 1.0
    beside = distance / np.float32(radius)
    cover = np.clip(radius - np.abs(distance) + 0.5, 0.0, 1.0)
    lamp = random.uniform(-0.7, 0.7)
    normal = np.sqrt(np.clip(1 - beside**2, 0.0, 1.0))
    shading = 0.25 + 0.75 * np.clip(normal * math.cos(lamp) + beside * math.sin(lamp), 0.0, 1.0)
    shine = np.exp(-(((beside - lamp) / 0.15) ** 2)) * random.uniform(0.0, 0.4)
    own = random.uniform(0.15, 0.95) * shading + shine
    away = (1 if random.random() < 0.5 else -1) * radius * random.uniform(0.3, 1.8)
    soft = random.uniform(0.8, 6.0)
    thrown = np.clip((radius - np.abs(distance - away)) / soft + 0.5, 0.0, 1.0) * random.uniform(0.0, 0.6)
    return opaque(cover, own, thrown)


def cable(view: View, level: float, random: np.random.Generator) -> Overlay:
    """Cables, hoses, wires: smooth curves of constant width, dark or bright, sometimes two together."""
    start, end = paths.across(view.size_hw, random)
    way = paths.smooth_path(start, end, float(random.choice([0.0, 0.02, 0.08, 0.2])), random)
    width = math.exp(random.uniform(math.log(0.9), math.log(view.extent * 0.06 + 1.0)))
    half = np.full(len(way), width / 2)
    strokes = [Stroke(way, half, half)]
    if random.random() < 0.25:
        strokes.append(Stroke(way + random.uniform(0.9, 2.8) * width, half, half))
    tone = random.uniform(0.05, 0.6) if random.random() < 0.7 else random.uniform(1.1, 1.9)
    return round_lines(view, level, strokes, tone, float(random.choice([0.5, 2.0, 6.0])), random)


def bolts(view: View, level: float, random: np.random.Generator) -> Overlay:
    """Bolts, screws, drill holes, sockets: round things, bright or dark, with shading."""
    row, column = view.wall
    sine, cosine = math.sin(view.light), math.cos(view.light)
    radius = view.extent * random.uniform(0.012, 0.09) + 1.0
    tone, dome = random.uniform(0.05, 0.95), random.uniform(-0.6, 0.6)
    every = nothing(view.size_hw)
    for _ in range(int(random.integers(1, 5))):
        middle = view.on_wall(paths.inside(view.size_hw, random, 0.0)[None])[0]
        down, right = row - np.float32(middle[0]), column - np.float32(middle[1])
        cover = np.clip(radius - np.hypot(down, right) + 0.5, 0.0, 1.0)
        thrown = np.clip(radius * 1.15 - np.hypot(down + 0.4 * radius * sine, right + 0.4 * radius * cosine), 0.0, 2.0)
        slope = (down * sine + right * cosine) / radius
        every = every.then(opaque(cover, tone * np.clip(1 + dome * slope, 0.2, 1.6), 0.2 * thrown))
    return every


def leaves(view: View, level: float, random: np.random.Generator) -> Overlay:
    """Leaves and blades of grass: pointed, smooth, with a middle rib and a shadow."""
    blades = random.random() < 0.5
    strokes = []
    for _ in range(int(random.integers(1, 14 if blades else 4))):
        start = paths.inside(view.size_hw, random, -0.05)
        angle = random.uniform(-math.pi, math.pi)
        length = view.extent * random.uniform(0.12, 0.7 if blades else 0.35)
        end = start + length * np.array([math.sin(angle), math.cos(angle)])
        way = paths.smooth_path(start, end, 0.12 if blades else 0.05, random, 24)
        thick = length * (random.uniform(0.01, 0.05) if blades else random.uniform(0.12, 0.3))
        half = np.maximum(thick * np.sin(math.pi * np.linspace(0.02, 0.98, 24)) ** 0.8, 0.25)
        strokes.append(Stroke(way, half, half))
    placed = round_lines(view, level, strokes, random.uniform(0.3, 1.9), random.uniform(0.5, 4.0), random)
    drawn = draw_strokes([resampled(each, 3.0) for each in strokes], view.size_hw)
    rib = 1 + band(drawn.offset, 1.0) * (drawn.width > 4) * random.uniform(-0.3, 0.3)
    return Overlay(placed.factor, placed.added * rib, placed.hides)
