"""What is built before a wall or beside it: door frames, another surface, grilles, railings' shadows, signs."""

from __future__ import annotations

import math

import numpy as np

from fissura.data.synthetic import cladding, paths, plain, walls
from fissura.data.synthetic.lettering import lettered, word
from fissura.data.synthetic.lines import band, straight_line
from fissura.data.synthetic.noise import field
from fissura.data.synthetic.overlay import Overlay, darkening, opaque
from fissura.data.synthetic.surface import lit
from fissura.data.synthetic.view import Grey, Points, View

_BESIDE = (cladding.boards, cladding.panels, cladding.render, cladding.joinery, walls.brick, plain.painted)


def frame(view: View, level: float, random: np.random.Generator) -> Overlay:
    """A door or window frame: parallel mouldings and shadow gaps, from the wall to the picture's border or a strip."""
    distance = straight_line(view, random, 0.85) * random.choice([-1.0, 1.0])
    reach = 1.5 * float(max(view.size_hw))
    tones, heights = cladding.profile(random, reach, view.extent * random.uniform(0.02, 0.15))
    at = np.clip(distance / np.float32(cladding.STEP_PX), 2, len(tones) - 3)
    index = np.rint(at).astype(np.intp)
    summed = np.cumsum(tones)
    tone = (summed[index + 2] - summed[index - 2]) * np.float32(0.25)
    slope = np.gradient(heights) / cladding.STEP_PX * random.uniform(-0.8, 0.8)
    shading = np.clip(1 + np.interp(at, np.arange(len(slope)), slope), 0.25, 1.8)
    grain = field(view, "wood", random, random.uniform(0.6, 1.8), turned=False) * random.uniform(0.0, 0.05)
    own = np.clip(random.uniform(0.15, 0.95) * tone * shading * (1 + grain), 0.0, 1.2)
    cover = np.clip(distance + 0.5, 0.0, 1.0)
    if random.random() < 0.4:
        cover = cover * np.clip(view.extent * random.uniform(0.1, 0.5) - distance + 0.5, 0.0, 1.0)
    return _beside(distance, cover, own.astype(np.float32), view, random)


def other_wall(view: View, level: float, random: np.random.Generator) -> Overlay:
    """Another surface beside this one: cladding, brick, render, with the edge between them."""
    distance = straight_line(view, random, 0.85) * random.choice([-1.0, 1.0])
    surface = _BESIDE[int(random.integers(len(_BESIDE)))](view, random)
    own = lit(surface, view, random.uniform(0.1, 1.0))
    own = own * np.float32(level * random.uniform(0.5, 1.6) / max(float(own.mean()), 0.05))
    cover = np.clip(distance + 0.5, 0.0, 1.0)
    return _beside(distance, cover, own, view, random)


def grille(view: View, level: float, random: np.random.Generator) -> Overlay:
    """Wire mesh, a fence, bars: one or two families of thin parallel lines before the wall, with their shadow."""
    spacing = view.extent * math.exp(random.uniform(math.log(0.13), math.log(0.5)))
    width = min(0.15 * spacing, math.exp(random.uniform(math.log(0.8), math.log(5.0))))
    first = straight_line(view, random, 0.4)
    row, column = view.wall
    turned = random.uniform(0.9, 2.2)
    second = first * math.cos(turned) + (row * random.choice([-1.0, 1.0]) + column) * np.float32(0.7)
    families = [first] if random.random() < 0.4 else [first, second]
    shift = random.uniform(0.5, 6.0)
    cover, thrown = np.zeros_like(row), np.zeros_like(row)
    for family in families:
        cover = np.maximum(cover, band(_periodic(family, spacing), width))
        thrown = np.maximum(thrown, band(_periodic(family + shift, spacing), width * 1.3))
    tone = level * (random.uniform(0.05, 0.6) if random.random() < 0.6 else random.uniform(1.1, 1.8))
    return opaque(cover, np.full_like(row, min(tone, 1.1)), thrown * random.uniform(0.0, 0.5))


def railing_shadow(view: View, level: float, random: np.random.Generator) -> Overlay:
    """Stripes of shadow, of a railing, a blind or a ladder: parallel, equal, more or less sharp."""
    distance = straight_line(view, random, 0.3)
    spacing = view.extent * random.uniform(0.06, 0.5)
    share, soft = random.uniform(0.1, 0.6), random.uniform(0.8, 0.15 * spacing + 1.0)
    inside = np.clip(0.5 + (0.5 * share * spacing - np.abs(_periodic(distance, spacing))) / soft, 0.0, 1.0)
    return darkening((1 - random.uniform(0.1, 0.6) * inside).astype(np.float32))


def sign(view: View, level: float, random: np.random.Generator) -> Overlay:
    """A plate with a border and letters, its shadow below it."""
    row, column = view.wall
    middle = view.on_wall(paths.inside(view.size_hw, random, 0.0)[None])[0]
    half = view.extent * random.uniform(0.1, 0.45, 2)
    inward = np.minimum(
        np.float32(half[0]) - np.abs(row - np.float32(middle[0])),
        np.float32(half[1]) - np.abs(column - np.float32(middle[1])),
    )
    cover = np.clip(inward + 0.5, 0.0, 1.0)
    tone = random.uniform(0.1, 0.95)
    ink = random.choice([0.05, 0.95]) if 0.3 < tone < 0.7 else 0.95 - 0.9 * round(tone)
    letters = _letters(view, view.in_image(middle[None])[0], float(half.min()), random)
    own = np.float32(tone) * (1 - letters) + np.float32(ink) * letters
    border = band(inward - random.uniform(1.0, 0.04 * view.extent), random.uniform(0.6, 3.0)) * (random.random() < 0.5)
    own = own * (1 - border) + np.float32(ink) * border
    thrown = np.exp(-np.maximum(-inward, 0.0) / random.uniform(1.0, 6.0)) * random.uniform(0.0, 0.5)
    return opaque(cover, own.astype(np.float32), thrown.astype(np.float32))


def _letters(view: View, middle: Points, room_px: float, random: np.random.Generator) -> Grey:
    """A few words around ``middle`` in the image; ``(h, w)``, share of each pixel that is ink."""
    from PIL import Image

    ink = Image.new("F", (view.size_hw[1], view.size_hw[0]), 0.0)
    height = room_px * random.uniform(0.2, 0.9)
    count = int(random.integers(1, 4))
    for line in range(count):
        part = Image.fromarray(lettered(word(random, 1, 6), height))
        top = middle[0] + (line - count / 2) * 1.2 * height
        ink.paste(part, (round(middle[1] - part.width / 2), round(top)))
    return np.asarray(ink, dtype=np.float32)


def _beside(distance: Grey, cover: Grey, own: Grey, view: View, random: np.random.Generator) -> Overlay:
    """A thing that begins where ``distance`` is 0, with the gap and the shadow at its edge."""
    fall = np.exp(-np.maximum(-distance, 0.0) / np.float32(random.uniform(1.0, 0.1 * view.extent)))
    thrown = fall * (random.uniform(0.1, 0.6) if random.random() < 0.5 else 0.0)
    gap_px, dark = random.uniform(0.5, 5.0), random.uniform(0.0, 0.9) * (random.random() < 0.7)
    gap = band(distance, gap_px)
    groove = Overlay(1 - gap * dark, np.zeros_like(gap), gap * float(dark > 0.15))
    return opaque(cover, own, thrown).then(groove)


def _periodic(distance: Grey, spacing: float) -> Grey:
    """Distance to the nearest of many parallel lines."""
    place = distance / np.float32(spacing)
    return np.asarray((place - np.rint(place)) * np.float32(spacing))
