"""Things before walls, none drawn as a detector is taught them, to see what it takes for a crack; see
detector_things.py.

Of some it is taught other drawings (``DRAWN_OTHERWISE``), of the rest none, though netting resembles grilles and
needles grass.

Each function takes the view and the wall's mean light, and returns what it adds to a picture and hides of it, as those
of ``fissura.data.synthetic.objects`` do.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise

import numpy as np
from scipy.spatial import KDTree

from fissura.data.synthetic import paths
from fissura.data.synthetic.lines import band, constant, straight_line
from fissura.data.synthetic.noise import field
from fissura.data.synthetic.overlay import Overlay, darkening, nothing, opaque, round_lines
from fissura.data.synthetic.strokes import Stroke, draw_strokes, resampled
from fissura.data.synthetic.view import Grey, Points, View


def ivy(view: View, level: float, random: np.random.Generator) -> Overlay:
    """Climbing stems, one layer before another, with leaves of one or three lobes along them."""
    every = nothing(view.size_hw)
    for _ in range(int(random.integers(1, 4))):
        stems: list[Stroke] = []
        leaves: list[Stroke] = []
        size = view.extent * random.uniform(0.03, 0.12)
        for _ in range(int(random.integers(1, 4))):
            way = paths.smooth_path(*paths.across(view.size_hw, random), random.uniform(0.05, 0.3), random, 60)
            stems.append(constant(way, random.uniform(0.8, 0.015 * view.extent + 1.0)))
            for at in random.integers(0, len(way), int(random.integers(3, 22))):
                leaves += _leaf(way[at] + random.normal(0.0, 0.03 * view.extent, 2), size, random)
        for strokes, darkest, shadow_px in ((stems, 0.3, 3.0), (leaves, 0.25, 4.0)):
            tone, shadow = random.uniform(darkest, 1.3 if strokes is stems else 1.4), random.uniform(1.0, shadow_px)
            every = every.then(round_lines(view, level, strokes, tone, shadow, random))
    return every


def twigs(view: View, level: float, random: np.random.Generator) -> Overlay:
    """Fallen or hanging twigs: pointed, knotty, forked, round, with the shadow that an open crack does not throw."""
    strokes: list[Stroke] = []
    for _ in range(int(random.integers(1, 7))):
        start = paths.inside(view.size_hw, random, 0.0)
        angle, length = random.uniform(-math.pi, math.pi), view.extent * random.uniform(0.08, 0.6)
        way = paths.rough_path(start, start + length * _towards(angle), 0.06, 0.55, 3.0, random)
        width = random.uniform(1.6, 0.02 * view.extent + 2.0)
        strokes.append(constant(way, width, taper=True))
        for _ in range(int(random.integers(0, 4))):
            at = way[int(random.integers(1, len(way) - 1))]
            aside = angle + random.choice([-1.0, 1.0]) * random.uniform(0.4, 1.0)
            end = at + length * random.uniform(0.15, 0.5) * _towards(aside)
            strokes.append(constant(paths.rough_path(at, end, 0.05, 0.55, 3.0, random), 0.65 * width, taper=True))
    # one darker than its wall is told from a crack by its shadow, which lies beside it
    return round_lines(view, level, strokes, random.uniform(0.3, 1.5), width + random.uniform(0.5, 3.0), random)


def tufts(view: View, level: float, random: np.random.Generator) -> Overlay:
    """Grass that grows in tufts along a seam, or here and there: bent blades that spread from their roots."""
    seam = paths.smooth_path(*paths.across(view.size_hw, random), 0.03, random, 200)
    along_seam = random.random() < 0.6
    length = view.extent * random.uniform(0.04, 0.25)
    width = random.uniform(0.8, 0.01 * view.extent + 1.2)
    strokes = []
    for _ in range(int(random.integers(1, 7))):
        root = seam[int(random.integers(0, len(seam)))] if along_seam else paths.inside(view.size_hw, random, 0.0)
        upright, spread = random.uniform(-math.pi, math.pi), random.uniform(0.3, 1.6)
        for _ in range(int(random.integers(4, 16))):
            foot = root + random.normal(0.0, 0.08 * length, 2)
            tip = foot + length * random.uniform(0.5, 1.2) * _towards(upright + random.normal(0.0, spread / 2))
            way = paths.smooth_path(foot, tip, 0.12, random, 16)
            half = width * random.uniform(0.5, 1.0) / 2 * np.linspace(1.0, 0.15, len(way))
            strokes.append(Stroke(way, half, half))
    return round_lines(view, level, strokes, random.uniform(0.35, 1.5), random.uniform(0.5, 2.5), random)


def tyre_marks(view: View, level: float, random: np.random.Generator) -> Overlay:
    """Rubber of one to three tyres: bands of constant width, ribbed along, worn off in places, at times hard-edged."""
    strokes = []
    width = view.extent * math.exp(random.uniform(math.log(0.03), math.log(0.3)))
    for _ in range(int(random.integers(1, 4))):
        way = paths.smooth_path(*paths.across(view.size_hw, random), random.uniform(0.0, 0.2), random)
        strokes.append(constant(way, width * random.uniform(0.8, 1.2)))
    soft = random.uniform(0.5, 0.3 * width + 0.5)
    drawn = draw_strokes([resampled(each, 3.0) for each in strokes], view.size_hw, reach=soft)
    cover = np.clip(0.5 - drawn.edge / np.float32(soft), 0.0, 1.0)
    ribs = 0.5 + 0.5 * np.sin(drawn.offset * np.float32(2 * math.pi / max(3.0, width * random.uniform(0.1, 0.4))))
    kind = "rough" if random.random() < 0.7 else "grain"
    worn = np.clip(random.uniform(0.5, 1.2) + random.uniform(0.0, 0.8) * field(view, kind, random), 0.0, 1.0)
    rubber = cover * worn * (1 - random.uniform(0.0, 1.0) * ribs)
    return darkening(np.asarray(1 - random.uniform(0.1, 0.75) * rubber, dtype=np.float32))


def rope(view: View, level: float, random: np.random.Generator) -> Overlay:
    """A rope, a chain or a ribbed bar: round, of constant width, with a twist across it, hanging or lying."""
    width = view.extent * random.uniform(0.012, 0.08) + 1.0
    way = paths.smooth_path(*paths.across(view.size_hw, random), float(random.choice([0.0, 0.05, 0.2])), random)
    stroke = resampled(constant(way, width), 3.0)
    placed = round_lines(view, level, [stroke], random.uniform(0.2, 1.4), random.uniform(0.5, 5.0), random)
    drawn = draw_strokes([stroke], view.size_hw)
    along = _along(stroke, view) + drawn.offset * random.uniform(-1.0, 1.0)
    twist = 1 + random.uniform(0.15, 0.6) * np.sin(along * np.float32(2 * math.pi / (width * random.uniform(0.5, 1.5))))
    return Overlay(placed.factor, np.asarray(placed.added * twist, dtype=np.float32), placed.hides)


def splashes(view: View, level: float, random: np.random.Generator) -> Overlay:
    """Droppings, paint, tar or mortar that hit the wall and ran: a ragged blot, runs that end in a drop."""
    row, column = view.wall
    ragged = field(view, "rough", random)
    cover = np.zeros(view.size_hw, dtype=np.float32)
    for _ in range(int(random.integers(1, 6))):
        middle = view.on_wall(paths.inside(view.size_hw, random, 0.0)[None])[0]
        down, right = row - np.float32(middle[0]), column - np.float32(middle[1])
        radius = view.extent * math.exp(random.uniform(math.log(0.008), math.log(0.08)))
        blot = radius * (1 + 0.4 * ragged) - np.hypot(down, right)
        cover = np.maximum(cover, np.clip(blot + 0.5, 0.0, 1.0))
        for _ in range(int(random.integers(0, 4))):
            aside, length = random.normal(0.0, 0.4 * radius), view.extent * random.uniform(0.05, 0.9)
            half = radius * random.uniform(0.1, 0.45) * np.clip(1.2 - 0.6 * down / np.float32(length), 0.5, 1.2)
            beside = np.abs(right - np.float32(aside) + 0.08 * radius * ragged)
            past_end = np.hypot(beside, np.maximum(down - np.float32(length), 0.0))
            cover = np.maximum(cover, np.clip(half - past_end + 0.5, 0.0, 1.0) * (down > 0))
    thick = random.uniform(0.4, 1.0)
    tone = level * float(random.choice([random.uniform(0.15, 0.6), random.uniform(1.2, 1.9)]))
    own = tone * (1 + 0.05 * field(view, "clouds", random))
    return opaque(np.asarray(thick * cover, dtype=np.float32), np.asarray(own, dtype=np.float32))


def leafless_creeper(view: View, level: float, random: np.random.Generator) -> Overlay:
    """Stems of a creeper without its leaves, close to the wall: forked again and again, with short holdfasts."""
    strokes: list[Stroke] = []
    bend, hairs = random.uniform(0.04, 0.15), random.random() < 0.6

    def stem(start: Points, angle: float, length: float, width: float) -> None:
        way = paths.rough_path(start, start + length * _towards(angle), bend, 0.55, 3.0, random)
        strokes.append(constant(way, max(width, 0.8), taper=True))
        for at in way[random.random(len(way)) < (0.25 if hairs else 0.0)]:
            aside = angle + random.choice([-1.0, 1.0]) * random.uniform(0.8, 1.6)
            strokes.append(constant(np.stack([at, at + random.uniform(1.0, 3.0) * width * _towards(aside)]), 0.8))
        for _ in range(int(random.integers(1, 4)) if width > 1.2 else 0):
            at = way[int(random.integers(1, len(way) - 1))]
            stem(at, angle + random.normal(0.0, 0.6), length * random.uniform(0.3, 0.8), width * 0.6)

    for _ in range(int(random.integers(1, 4))):
        start, end = paths.across(view.size_hw, random)
        down, right = random.uniform(0.4, 1.1) * (end - start)
        stem(start, math.atan2(down, right), math.hypot(down, right), random.uniform(1.5, 0.02 * view.extent + 1.5))
    return round_lines(view, level, strokes, random.uniform(0.35, 1.4), random.uniform(0.5, 2.5), random)


def cobweb(view: View, level: float, random: np.random.Generator) -> Overlay:
    """Threads that run from one place, others across them, laden with dust or bright in the sun."""
    middle = paths.inside(view.size_hw, random, -0.1)
    reach, count = view.extent * random.uniform(0.3, 0.9), int(random.integers(8, 24))
    angles = np.sort(random.uniform(0.0, 2 * math.pi, count))
    width = random.uniform(0.4, 1.2)
    ends = [middle + reach * random.uniform(0.5, 1.0) * _towards(angle) for angle in angles]
    strokes = [constant(np.linspace(middle, end, 8), width) for end in ends]
    for share in np.cumsum(random.uniform(0.03, 0.15, int(random.integers(3, 14)))):
        held = [middle + share * (end - middle) for end in ends]
        for one, next_one in pairwise(held):
            if share < 1.0 and random.random() < 0.8:
                sag = 0.12 * (middle - (one + next_one) / 2)
                way = np.stack([one, (one + next_one) / 2 + sag, next_one])
                strokes.append(constant(way, 0.8 * width))
    cover = draw_strokes(strokes, view.size_hw).coverage * random.uniform(0.3, 0.9)
    tone = level * float(random.choice([random.uniform(0.3, 0.7), random.uniform(1.3, 1.9)]))
    return opaque(np.asarray(cover, dtype=np.float32), np.full_like(cover, tone), 0.0)


def snail_trail(view: View, level: float, random: np.random.Generator) -> Overlay:
    """A bright, glossy, broken line of constant width."""
    way = paths.smooth_path(*paths.across(view.size_hw, random), random.uniform(0.1, 0.4), random, 80)
    line = resampled(constant(way, view.extent * random.uniform(0.008, 0.04)), 3.0)
    left = np.clip(field(view, "rough", random) + random.uniform(-0.5, 1.0), 0.0, 1.0)
    return darkening(1 + draw_strokes([line], view.size_hw).coverage * left * np.float32(random.uniform(0.1, 0.6)))


def netting(view: View, level: float, random: np.random.Generator) -> Overlay:
    """A net before the wall, sagging: two families of threads at equal distances."""
    row, column = view.wall
    angle = float(random.choice([0.0, math.pi / 4, random.uniform(0.0, math.pi)]))
    mesh, wave = view.extent * random.uniform(0.06, 0.3), view.extent * random.uniform(0.5, 1.5)
    thread = random.uniform(0.6, 0.05 * mesh + 1.0)
    sag = random.uniform(0.0, 0.25) * mesh
    cover = np.zeros(view.size_hw, dtype=np.float32)
    for turn in (0.0, math.pi / 2):
        sine, cosine = np.float32(math.sin(angle + turn)), np.float32(math.cos(angle + turn))
        place, along = row * cosine - column * sine, row * sine + column * cosine
        place = place + np.float32(sag) * np.sin(along * np.float32(2 * math.pi / wave))
        cover = np.maximum(cover, band((place / mesh - np.rint(place / mesh)) * np.float32(mesh), thread))
    tone = level * float(random.choice([0.25, 0.5, 1.4]))
    return opaque(cover, np.full_like(cover, tone), 0.0)


def needles(view: View, level: float, random: np.random.Generator) -> Overlay:
    """Fallen needles of a pine, two from one sheath."""
    strokes = []
    for _ in range(int(random.integers(3, 30))):
        start, angle = paths.inside(view.size_hw, random, 0.0), random.uniform(-math.pi, math.pi)
        length, width = view.extent * random.uniform(0.06, 0.3), random.uniform(0.6, 2.0)
        for turn in (0.0, random.uniform(0.05, 0.3)):
            end = start + length * np.array([math.sin(angle + turn), math.cos(angle + turn)])
            strokes.append(constant(paths.smooth_path(start, end, 0.06, random, 16), width))
    return round_lines(view, level, strokes, random.uniform(0.3, 1.4), random.uniform(0.3, 2.0), random)


def spalls(view: View, level: float, random: np.random.Generator) -> Overlay:
    """Places where the surface has broken out: ragged, shaded at their edges, rough inside; no crack."""
    shape = field(view, "rough", random, random.uniform(1.0, 3.0)) + field(view, "clouds", random)
    gone = np.clip((shape - random.uniform(1.0, 2.3)) * random.uniform(2.0, 8.0), 0.0, 1.0)
    down, right = np.gradient(gone)
    shade = random.uniform(0.3, 1.2) * (down * math.sin(view.light) + right * math.cos(view.light))
    floor = gone * (random.uniform(-0.4, 0.1) + random.uniform(0.03, 0.12) * field(view, "grain", random))
    return darkening(np.clip(1 + floor + shade, 0.1, 1.8).astype(np.float32))


def sheeting(view: View, level: float, random: np.random.Generator) -> Overlay:
    """A sheet or a cloth that hangs before a part of the wall, with folds."""
    folds = np.abs(field(view, "clouds", random, 0.8, random.uniform(1.0, 4.0)))
    down, right = np.gradient(folds)
    shade = (down * math.sin(view.light) + right * math.cos(view.light)) * random.uniform(1.0, 6.0)
    cover = np.clip(straight_line(view, random) + 0.5, 0.0, 1.0)
    own = random.uniform(0.3, 0.9) * np.clip(1 + shade, 0.3, 1.6)
    return opaque(cover, own.astype(np.float32), 0.0)


def _leaf(middle: Points, size: float, random: np.random.Generator) -> list[Stroke]:
    angle, length = random.uniform(-math.pi, math.pi), size * random.uniform(0.6, 1.4)
    lobes = []
    for turn in (-0.9, 0.0, 0.9) if random.random() < 0.7 else (0.0,):
        tip = middle + length * (1.0 if turn == 0 else 0.75) * _towards(angle + turn)
        half = np.maximum(0.28 * length * np.sin(math.pi * np.linspace(0.02, 0.98, 16)) ** 0.8, 0.3)
        lobes.append(Stroke(paths.smooth_path(middle, tip, 0.05, random, 16), half, half))
    return lobes


def _towards(angle: float) -> Points:
    return np.array([math.sin(angle), math.cos(angle)])


def _along(stroke: Stroke, view: View) -> Grey:
    """How far along the line the nearest of its points lies, in px, ``(h, w)`` float32."""
    fine = resampled(stroke, 1.0).points
    rows, columns = np.indices(view.size_hw)
    nearest = KDTree(fine).query(np.stack([rows.ravel(), columns.ravel()], axis=1))[1]
    return np.asarray(nearest.reshape(view.size_hw), dtype=np.float32)


OTHER_THINGS: dict[str, Callable[[View, float, np.random.Generator], Overlay]] = {
    "ivy": ivy,
    "twigs": twigs,
    "tufts of grass": tufts,
    "tyre marks": tyre_marks,
    "rope": rope,
    "splashes": splashes,
    "leafless creeper": leafless_creeper,
    "cobweb": cobweb,
    "snail trail": snail_trail,
    "netting": netting,
    "pine needles": needles,
    "spalls": spalls,
    "sheeting": sheeting,
}
DRAWN_OTHERWISE = ("ivy", "twigs", "tufts of grass", "tyre marks", "rope", "splashes")
"""Those of which ``fissura.data.synthetic.clutter`` draws its own."""
