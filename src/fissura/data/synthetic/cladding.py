"""Walls that are clad or built of wood and metal, and rough renders: boards, doors, panels, slates, float marks.

They are full of dark straight gaps, grain and parallel mouldings, which are no cracks.
"""

from __future__ import annotations

import math

import numpy as np

from fissura.data.synthetic import masonry, paths
from fissura.data.synthetic.lines import band
from fissura.data.synthetic.masonry import Joints, Laying, scattered
from fissura.data.synthetic.noise import cells, field
from fissura.data.synthetic.surface import Surface
from fissura.data.synthetic.view import Grey, View

STEP_PX = 0.25  # between the points of a profile


def boards(view: View, random: np.random.Generator) -> Surface:
    """Planks side by side: dark gaps of constant width, grain along them, knots, nails, ends that meet."""
    row, column = view.wall
    unit = view.extent * math.exp(random.uniform(math.log(0.07), math.log(0.8)))
    place = row / np.float32(unit) + np.float32(random.uniform(0, 1))
    number = np.floor(place)
    across = place - number
    from_gap = np.minimum(across, 1 - across) * np.float32(unit)
    salt = float(random.uniform(1, 2))
    tone = scattered(number, number * 0 + 1, salt)
    length = view.extent * random.uniform(0.9, 5.0)
    along = column / np.float32(length) + scattered(number, number * 0 + 2, salt)
    from_end = np.abs(along - np.rint(along)) * np.float32(length)
    gap_px = math.exp(random.uniform(math.log(0.8), math.log(min(8.0, 0.2 * unit + 1.5))))
    gap = np.maximum(band(from_gap, gap_px), band(from_end, random.uniform(0.7, 2.0)) * (random.random() < 0.5))
    grain = field(view, "wood", random, random.uniform(0.5, 2.0), random.uniform(0.6, 1.5), turned=False)
    rough = field(view, "rough", random, random.uniform(0.8, 2.0))
    painted = random.random() < 0.4
    strong = random.uniform(0.0, 0.05) if painted else random.uniform(0.03, 0.16)
    factor = 1 + (tone - 0.5) * random.uniform(0.0, 0.12 if painted else 0.5) + grain * strong
    factor = factor + rough * random.uniform(0.0, 0.08)
    if not painted and random.random() < 0.6:
        factor = factor * _knots(view, row, column, random)
    if random.random() < 0.35:
        factor = factor * _nails(from_gap, along * np.float32(length), unit, view, random)
    base = random.uniform(0.2, 0.85)
    reflectance = base * factor * (1 - gap) + base * random.uniform(0.03, 0.5) * gap
    edge = np.clip(from_gap / np.float32(random.uniform(1.0, 4.0)), 0.0, 1.0) * random.uniform(0.0, 2.5)
    overlap = (across - np.float32(0.5)) * random.choice([0.0, 0.0, 0.04]) * np.float32(unit)  # weatherboards lean
    relief = edge + overlap + grain * random.uniform(0.0, 0.25) + rough * random.uniform(0.0, 0.15)
    return Surface(np.clip(reflectance, 0.02, 1.0).astype(np.float32), relief, 1.0)


def joinery(view: View, random: np.random.Generator) -> Surface:
    """A door or window frame close by: parallel mouldings, steps and shadow gaps, straight or mitred."""
    distance = _across(view, random)
    reach = 1.6 * float(max(view.size_hw))
    tones, heights = profile(random, reach, view.extent * random.uniform(0.02, 0.25))
    at = np.clip((distance + np.float32(reach / 2)) / np.float32(STEP_PX), 2, len(tones) - 3)
    index = np.rint(at).astype(np.intp)
    summed = np.cumsum(tones)  # a pixel shows the mean over its own width
    tone = ((summed[index + 2] - summed[index - 2]) * np.float32(0.25)).astype(np.float32)
    wood = field(view, "wood", random, random.uniform(0.6, 1.8), turned=False) * random.uniform(0.0, 0.05)
    fine = field(view, "rough", random, random.uniform(0.8, 2.0)) * random.uniform(0.0, 0.05)
    reflectance = random.uniform(0.3, 0.9) * tone * (1 + wood + fine)
    relief = np.interp(at, np.arange(len(heights)), heights).astype(np.float32)
    return Surface(np.clip(reflectance, 0.02, 1.0).astype(np.float32), relief + fine * 2.0, 1.0)


def profile(random: np.random.Generator, length_px: float, unit_px: float) -> tuple[Grey, Grey]:
    """(tone, height in px) every quarter of a pixel across mouldings of about ``unit_px``; both ``(n,)`` float32.

    Flats, slopes, rounds, and gaps that are dark; a step throws a shadow on what lies lower beside it.
    """
    count = int(length_px / STEP_PX)
    tones, heights = np.ones(count, dtype=np.float32), np.zeros(count, dtype=np.float32)
    at, height = 0, 0.0
    plain = random.uniform(0.1, 0.6)  # share of long flats
    while at < count:
        size = unit_px * (random.uniform(1.5, 5.0) if random.random() < plain else random.uniform(0.15, 1.0))
        end = min(count, at + max(3, int(size / STEP_PX)))
        share = np.linspace(0.0, 1.0, end - at, dtype=np.float32)
        shape = random.random()
        if shape < 0.25:  # a gap: narrow, dark, sharp
            end = min(count, at + max(3, int(math.exp(random.uniform(math.log(0.8), math.log(6.0))) / STEP_PX)))
            tones[at:end] = random.uniform(0.04, 0.6)
            heights[at:end] = height
        elif shape < 0.5:
            heights[at:end] = height + np.sin(share * np.float32(math.pi)) * random.uniform(-0.3, 0.5) * size
        elif shape < 0.75:
            change = random.uniform(-0.5, 0.5) * size
            heights[at:end] = height + share * change
            height += change
        else:
            heights[at:end] = height
            fall = random.uniform(0.0, 0.6) * np.exp(-share * size / random.uniform(1.0, 10.0))
            tones[at:end] = (1 - fall) * random.choice([1.0, 1.0, random.uniform(0.6, 1.3)])
        at = end
    return tones, heights


def panels(view: View, random: np.random.Generator) -> Surface:
    """Sheet metal and facade panels: waves or ribs, or flat sheets with seams, rivets in rows and a sheen."""
    row, column = view.wall
    base = random.uniform(0.25, 0.9)
    sheen = field(view, "clouds", random, random.uniform(1.5, 3.0)) * random.uniform(0.0, 0.1)
    fine = field(view, "fine", random) * random.uniform(0.0, 0.02)
    brushed = field(view, "wood", random, random.uniform(0.5, 1.5), turned=False) * random.choice([0.0, 0.03])
    dirt = np.clip(field(view, "drips", random, random.uniform(0.7, 2.0), turned=False) - 0.5, 0.0, 2.0)
    reflectance = base * (1 + sheen + fine + brushed - dirt * random.uniform(0.0, 0.15))
    if random.random() < 0.45:
        period = view.extent * math.exp(random.uniform(math.log(0.04), math.log(0.4)))
        phase = row / np.float32(period) * np.float32(2 * math.pi)
        wave = np.sin(phase)
        if random.random() < 0.5:  # ribs with flat floors
            wave = np.clip(wave * random.uniform(1.5, 6.0), -1.0, 1.0)
        relief = wave * np.float32(period * random.uniform(0.04, 0.16))
        return Surface(reflectance.astype(np.float32), relief + fine * 3.0, 1.0)
    side = view.extent * random.uniform(0.35, 1.6)
    length = side * random.uniform(1.0, 2.5)
    width = math.exp(random.uniform(math.log(0.8), math.log(max(1.0, 0.04 * side))))
    joints = Joints(side, length, width, random.choice([0.0, 0.5]), (float(random.uniform(0, side)), 0.0))
    grid = masonry.grid(view, joints, Laying(0.0, 0.0, 0.0, 0.0, 2.5), random)
    seam = random.uniform(0.04, 0.6) * base
    reflectance = reflectance * (1 + (grid.value - 0.5) * random.uniform(0.0, 0.15))
    if random.random() < 0.5:
        inset = random.uniform(0.03, 0.08) * side
        step = inset * random.uniform(1.0, 4.0)
        from_seam = _nearest((row - np.float32(joints.origin[0])) / np.float32(side)) * np.float32(side)
        near = np.abs(from_seam - np.float32(inset))
        along = _nearest(column / np.float32(step)) * np.float32(step)
        rivet = np.clip(random.uniform(0.15, 0.35) * inset + 0.5 - np.hypot(near, along), 0.0, 1.0)
        reflectance = reflectance * (1 + rivet * random.uniform(-0.6, 0.4))
    reflectance = reflectance * (1 - grid.mortar) + seam * grid.mortar
    edge = np.clip(grid.depth / random.uniform(1.0, 3.0), 0.0, 1.0) * random.uniform(0.0, 1.5)
    return Surface(np.clip(reflectance, 0.02, 1.0).astype(np.float32), edge + fine * 3.0, 1.0)


def slates(view: View, random: np.random.Generator) -> Surface:
    """Roof tiles, slates, shingles: courses that overlap and throw a shadow on the next; narrow dark joints."""
    course = view.extent * math.exp(random.uniform(math.log(0.1), math.log(0.5)))
    length = course * random.uniform(0.7, 1.8)
    joints = Joints(
        course, length, max(0.8, course * random.uniform(0.01, 0.06)), 0.5, (0.0, float(random.uniform(0, length)))
    )
    laying = Laying(course * random.uniform(0.0, 0.012), random.uniform(0.0, 0.2), course * random.uniform(0.0, 0.03))
    grid = masonry.grid(view, joints, laying, random)
    row, _ = view.wall
    down = row / np.float32(course) - np.floor(row / np.float32(course))
    rough = field(view, "rough", random, random.uniform(0.8, 2.0))
    wavy = np.sin(view.wall[1] / np.float32(length) * np.float32(2 * math.pi)) * random.choice([0.0, 0.12]) * course
    shade = 1 - random.uniform(0.1, 0.6) * np.exp(-down * course / random.uniform(1.5, 0.2 * course + 2.0))
    faces = random.uniform(0.2, 0.65) * (1 + (grid.value - 0.5) * random.uniform(0.05, 0.7) + 0.08 * rough)
    reflectance = faces * shade * (1 - grid.mortar) + random.uniform(0.03, 0.25) * grid.mortar
    relief = wavy + down * random.uniform(0.0, 1.0) + rough * random.uniform(0.05, 0.5)
    return Surface(np.clip(reflectance, 0.02, 1.0).astype(np.float32), relief, 1.0)


def render(view: View, random: np.random.Generator) -> Surface:
    """Rough render: thrown, scraped, combed, floated in swirls, or with the ridges that a trowel leaves."""
    base = random.uniform(0.4, 0.92)
    clouds = field(view, "clouds", random, random.uniform(1.0, 2.5))
    rough = field(view, "rough", random, random.uniform(0.8, 1.6))
    fine = field(view, "fine", random)
    kind = random.random()
    if kind < 0.35:  # roughcast
        _, _, middle = cells(view, random, random.uniform(0.2, 0.7))
        relief = np.clip(0.7 - middle, 0.0, 0.7) * random.uniform(1.0, 6.0) + rough * random.uniform(0.3, 1.2)
    elif kind < 0.6:  # swirls of a float or a comb
        relief = np.sin(clouds * random.uniform(4.0, 18.0)) * random.uniform(0.1, 0.8) + rough * random.uniform(
            0.1, 0.6
        )
    elif kind < 0.8:  # scraped: short furrows in one direction
        furrows = field(view, "brushed", random, random.uniform(0.8, 2.2), random.uniform(0.6, 2.0))
        relief = furrows * random.uniform(0.3, 1.5) + rough * random.uniform(0.1, 0.5)
    else:
        relief = field(view, "grain", random, random.uniform(1.0, 3.0)) * random.uniform(0.3, 2.0) + 0.3 * rough
    ridge = np.zeros_like(rough)
    for _ in range(int(random.choice([0, 0, 1, 3]))):  # soft ridges where the trowel's edge went
        start, end = (view.on_wall(tip[None])[0] for tip in paths.across(view.size_hw, random))
        row, column = view.wall
        heading = end - start
        beside = (row - np.float32(start[0])) * np.float32(heading[1]) - (column - np.float32(start[1])) * np.float32(
            heading[0]
        )
        beside = beside / np.float32(np.hypot(*heading)) + clouds * random.uniform(0.0, 0.02) * view.extent
        ridge = ridge + np.exp(-((beside / np.float32(random.uniform(3.0, 7.0))) ** 2)) * random.uniform(0.5, 2.0)
    reflectance = base * (1 + clouds * random.uniform(0.005, 0.06) + fine * random.uniform(0.0, 0.03))
    reflectance = reflectance * (1 + np.clip(rough, -2.0, 1.0) * random.uniform(0.0, 0.06))
    return Surface(reflectance, relief + ridge + fine * random.uniform(0.0, 0.2), 1.0)


def _across(view: View, random: np.random.Generator) -> Grey:
    """Distance that mouldings follow: from a straight line, or from a rectangle's corner (mitred); ``(h, w)``."""
    row, column = view.wall
    through = view.on_wall(paths.inside(view.size_hw, random, 0.1)[None])[0]
    down, right = row - np.float32(through[0]), column - np.float32(through[1])
    kind = random.random()
    if kind < 0.6:
        return down if random.random() < 0.5 else right
    down, right = down * random.choice([-1.0, 1.0]), right * random.choice([-1.0, 1.0])
    return np.asarray(np.minimum(down, right) if kind < 0.85 else np.maximum(down, right))


def _knots(view: View, row: Grey, column: Grey, random: np.random.Generator) -> Grey:
    """Knots as a factor: dark and ringed, longer along the grain."""
    factor = np.ones_like(row)
    for _ in range(int(random.integers(1, 5))):
        middle = view.on_wall(paths.inside(view.size_hw, random, -0.05)[None])[0]
        radius = view.extent * random.uniform(0.01, 0.06)
        far = np.hypot(row - np.float32(middle[0]), (column - np.float32(middle[1])) / np.float32(1.7))
        far = far / np.float32(radius)
        dark = np.clip(1.6 - far, 0.0, 1.0) * (1 + 0.35 * np.sin(far * np.float32(random.uniform(5, 12))))
        factor = factor * (1 - random.uniform(0.2, 0.6) * dark)
    return factor


def _nails(from_gap: Grey, along: Grey, unit: float, view: View, random: np.random.Generator) -> Grey:
    """Heads of nails in rows across the boards, as a factor."""
    step = view.extent * random.uniform(0.3, 1.2)
    beside = _nearest(along / np.float32(step)) * np.float32(step)
    radius = random.uniform(0.8, 0.06 * unit + 1.2)
    head = np.clip(radius + 0.5 - np.hypot(from_gap - np.float32(0.2 * unit), beside), 0.0, 1.0)
    return np.asarray(1 - head * random.uniform(0.2, 0.8))


def _nearest(values: Grey) -> Grey:
    """Distance to the nearest whole number."""
    return np.abs(values - np.rint(values))
