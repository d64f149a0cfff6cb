"""What is on or in a wall, looks like a crack at first sight, and is none: lines, joints, marks, stains, roots.

Each function returns the image with its thing in it. A crack runs through these; what stands before the wall is in
``objects``. They occur on intact and on cracked walls alike.
"""

from __future__ import annotations

import math

import numpy as np

from fissura.data.synthetic import paths
from fissura.data.synthetic.lines import band, constant, straight_line, tinted
from fissura.data.synthetic.noise import field
from fissura.data.synthetic.overlay import round_lines
from fissura.data.synthetic.strokes import Stroke
from fissura.data.synthetic.view import Grey, Points, View


def joint(image: Grey, view: View, random: np.random.Generator) -> Grey:
    """An expansion or control joint: one or two straight grooves of constant width."""
    for _ in range(int(random.choice([1, 1, 1, 2]))):
        distance = straight_line(view, random)
        width = math.exp(random.uniform(math.log(1.0), math.log(view.extent * 0.09)))
        groove = band(distance + 0.12 * field(view, "rough", random) * random.choice([0.0, 1.0, 2.5]), width)
        tone = random.uniform(0.08, 0.75) if random.random() < 0.85 else random.uniform(1.15, 1.5)
        floor = image * 0.4 + float(image.mean()) * 0.6
        image = image * (1 - groove) + floor * tone * groove * (1 + 0.06 * field(view, "rough", random))
        if random.random() < 0.4:  # its arris catches the light
            arris = band(distance - width / 2 - 0.6, 1.2) * random.uniform(0.05, 0.35)
            image = image * (1 + arris)
    return image


def formwork(image: Grey, view: View, random: np.random.Generator) -> Grey:
    """What the form left: seams of boards, straight and parallel, with the wood's grain, and holes of ties."""
    row, column = view.wall
    if random.random() < 0.5:
        row, column = column, row
    board = view.extent * random.uniform(0.12, 0.7)
    place = row / np.float32(board) + np.float32(random.uniform(0, 1))
    from_seam = (place - np.rint(place)) * np.float32(board)
    number = np.floor(place + 0.5)
    tone = np.sin(number * np.float32(random.uniform(2, 60)))
    seam = band(from_seam, random.uniform(0.6, 3.0))
    ridge = band(from_seam - random.uniform(1.0, 2.5), random.uniform(0.8, 2.0))
    grain = field(view, "wood", random, random.uniform(0.6, 1.5), turned=False) * random.uniform(0.0, 0.05)
    darker = random.uniform(-0.2, 0.55)
    factor = (1 + tone * random.uniform(0.0, 0.06) + grain) * (1 - darker * seam)
    return np.asarray(image * factor * (1 + random.uniform(-0.2, 0.2) * ridge))


def mortar_seams(image: Grey, view: View, random: np.random.Generator) -> Grey:
    """The joints of a wall seen through its coat: a faint grid."""
    row, column = view.wall
    course = view.extent * random.uniform(0.2, 0.8)
    length = course * random.uniform(1.2, 3.0)
    place = row / np.float32(course) + np.float32(random.uniform(0, 1))
    number = np.floor(place)
    moved = column / np.float32(length) + number * np.float32(0.5) + np.float32(random.uniform(0, 1))
    from_bed = np.abs(place - np.rint(place)) * np.float32(course)
    from_joint = np.abs(moved - np.rint(moved)) * np.float32(length)
    seams = band(np.minimum(from_bed, from_joint), random.uniform(1.0, 5.0))
    return image * (1 + seams * random.uniform(-0.45, 0.25))


def scratches(image: Grey, view: View, random: np.random.Generator) -> Grey:
    """Thin straight or slightly bent scores, bright or dark, several in about one direction."""
    heading = random.uniform(0, math.pi)
    strokes = []
    for _ in range(int(random.integers(1, 9))):
        angle = heading + random.normal(0.0, random.choice([0.05, 0.3]))
        start = paths.inside(view.size_hw, random, 0.0)
        end = start + view.extent * random.uniform(0.1, 1.0) * np.array([math.sin(angle), math.cos(angle)])
        strokes.append(constant(paths.smooth_path(start, end, 0.015, random), random.uniform(0.3, 1.6), taper=True))
    return tinted(image, view, strokes, random.choice([-1.0, 1.0]) * random.uniform(0.08, 0.5), random, 0.4)


def handwriting(image: Grey, view: View, random: np.random.Generator) -> Grey:
    """Pen, chalk or spray: loops, numbers, arrows, lines along a ruler."""
    width = math.exp(random.uniform(math.log(0.8), math.log(5.0)))
    strokes = []
    kind = random.random()
    if kind < 0.45:
        size = view.extent * random.uniform(0.08, 0.3)
        place = paths.inside(view.size_hw, random, 0.1)
        slant = random.normal(0.0, 0.2)
        for letter in range(int(random.integers(2, 8))):
            strokes += [constant(line, width) for line in _letter(place, size, slant, random)]
            place = place + np.array([math.sin(slant), math.cos(slant)]) * size * (0.9 + 0.1 * letter / 8)
    else:
        for _ in range(int(random.integers(1, 5))):
            start, end = paths.inside(view.size_hw, random, -0.1), paths.inside(view.size_hw, random, -0.1)
            bend = 0.0 if kind < 0.7 else random.uniform(0.02, 0.25)
            strokes.append(constant(paths.smooth_path(start, end, bend, random), width))
    chalky = float(random.choice([0.0, 0.5, 1.2]))
    bright = random.random() < 0.4
    return tinted(image, view, strokes, random.uniform(0.3, 0.9) * (1 if bright else -1), random, chalky)


def road_paint(image: Grey, view: View, random: np.random.Generator) -> Grey:
    """A painted band with straight or worn edges, brighter (sometimes darker) than the ground."""
    distance = straight_line(view, random, 0.4) + field(view, "rough", random) * random.uniform(0.0, 1.5)
    cover = band(distance, view.extent * random.uniform(0.08, 0.9))
    worn = field(view, "rough", random, random.uniform(0.6, 2.0)) + 0.5 * field(view, "grain", random)
    cover = cover * np.clip((worn + random.uniform(0.0, 3.0)) * 2.0, 0.0, 1.0)
    tone = random.uniform(0.6, 0.97) if random.random() < 0.8 else random.uniform(0.1, 0.4)
    texture = image / max(float(image.mean()), 1e-3)
    return image * (1 - cover) + cover * tone * (0.7 + 0.3 * texture)


def stains(image: Grey, view: View, random: np.random.Generator) -> Grey:
    """Blotches of oil, rust, moss, lime: any shape, edges sharp or soft."""
    shape = field(view, "rough" if random.random() < 0.6 else "clouds", random, random.uniform(0.6, 2.5))
    amount = np.clip((shape - random.uniform(0.4, 2.0)) * random.uniform(0.8, 12.0), 0.0, 1.0)
    return np.asarray(image * (1 - amount * random.uniform(-0.5, 0.65)))


def drips(image: Grey, view: View, random: np.random.Generator) -> Grey:
    """Streaks that run down, dark or bright, soft, with a ragged start."""
    row, column = view.wall
    strength = random.uniform(-0.35, 0.5)
    for _ in range(int(random.integers(1, 6))):
        top, left = view.on_wall(paths.inside(view.size_hw, random, -0.1)[None])[0]
        width = math.exp(random.uniform(math.log(1.0), math.log(view.extent * 0.1)))
        length = view.extent * random.uniform(0.3, 2.0)
        bend = np.float32(random.normal(0.0, 0.02)) * (row - np.float32(top))
        beside = np.exp(-(((column - np.float32(left) + bend) / np.float32(width)) ** 2))
        down = (row - np.float32(top)) / np.float32(length)
        along = np.clip(down * 20, 0.0, 1.0) * np.clip(1 - down, 0.0, 1.0)
        image = image * (1 - strength * random.uniform(0.4, 1.0) * beside * along)
    return image


def spots(image: Grey, view: View, random: np.random.Generator) -> Grey:
    """Round and ragged spots, dark or bright: chewing gum, droppings, moss, chipped stones."""
    row, column = view.wall
    ragged = field(view, "rough", random, random.uniform(0.5, 1.2))
    for _ in range(int(random.integers(1, 12))):
        middle = view.on_wall(paths.inside(view.size_hw, random, 0.0)[None])[0]
        radius = math.exp(random.uniform(math.log(1.0), math.log(view.extent * 0.1)))
        oblong = random.uniform(1.0, 2.5)
        distance = np.hypot(row - np.float32(middle[0]), (column - np.float32(middle[1])) / np.float32(oblong))
        cover = np.clip(radius + radius * 0.35 * ragged - distance + 0.5, 0.0, 1.0)
        image = image * (1 - cover * random.uniform(-0.6, 0.8))
    return image


def roots(image: Grey, view: View, random: np.random.Generator) -> Grey:
    """Thin roots, ivy or dry stems on the wall: smooth, round, with a highlight and a shadow beside them."""
    strokes: list[Stroke] = []
    start, end = paths.across(view.size_hw, random)
    trunk = paths.smooth_path(start, end, random.uniform(0.05, 0.2), random, 60)
    width = random.uniform(1.0, 0.03 * view.extent + 1.5)
    strokes.append(constant(trunk, width))
    for _ in range(int(random.integers(0, 6))):
        at = int(random.uniform(0.1, 0.9) * 59)
        angle = math.atan2(*(trunk[min(at + 1, 59)] - trunk[at - 1])) + random.choice([-1, 1]) * random.uniform(
            0.3, 1.2
        )
        tip = trunk[at] + view.extent * random.uniform(0.1, 0.6) * np.array([math.sin(angle), math.cos(angle)])
        way = paths.smooth_path(trunk[at], tip, 0.12, random)
        strokes.append(constant(way, width * random.uniform(0.3, 0.7), taper=True))
    tone, shadow_px = random.uniform(0.35, 1.5), random.uniform(0.5, 3.0)
    return round_lines(view, float(image.mean()), strokes, tone, shadow_px, random).over(image)


def _letter(place: Points, size: float, slant: float, random: np.random.Generator) -> list[Points]:
    """One sign of one to three smooth strokes in a box of ``size`` px."""
    lines = []
    cosine, sine = math.cos(slant), math.sin(slant)
    for _ in range(int(random.integers(1, 4))):
        knots = random.uniform(0.0, 1.0, (int(random.integers(2, 5)), 2)) * (1.0, 0.65)
        at = np.linspace(0, len(knots) - 1, 14)
        way = np.stack([np.interp(at, np.arange(len(knots)), knots[:, k]) for k in (0, 1)], axis=1)
        way[1:-1] = (way[:-2] + way[1:-1] + way[2:]) / 3
        row, column = way[:, 0] * size, way[:, 1] * size
        lines.append(place + np.stack([row * cosine + column * sine, column * cosine - row * sine], axis=1))
    return lines
