"""What people, water and time leave on a wall and is no crack: filled joints, patches, letters, tie holes, peeling."""

from __future__ import annotations

import math

import numpy as np

from fissura.data.synthetic import paths
from fissura.data.synthetic.lettering import lettered, word
from fissura.data.synthetic.lines import band, constant, straight_line, tinted
from fissura.data.synthetic.noise import field
from fissura.data.synthetic.view import Grey, View


def sealed_joint(image: Grey, view: View, random: np.random.Generator) -> Grey:
    """A joint filled with sealant or bitumen: a smooth band of constant width, sunk or proud, with fine edges."""
    distance = straight_line(view, random, 0.8)
    width = view.extent * math.exp(random.uniform(math.log(0.012), math.log(0.12)))
    cover = band(distance, width)
    tone = float(image.mean()) * random.uniform(0.15, 1.5)
    soft = 1 + random.uniform(0.0, 0.06) * field(view, "rough", random, 1.5)
    across = distance / np.float32(width / 2)
    hollow = 1 - random.uniform(-0.25, 0.3) * across * random.choice([0.0, 1.0])
    image = image * (1 - cover) + np.clip(tone, 0.03, 1.0) * soft * hollow * cover
    for side in (-1.0, 1.0):
        line = band(distance + side * width / 2, random.uniform(0.6, 1.8))
        image = image * (1 - random.uniform(-0.25, 0.6) * line * (random.random() < 0.7))
    return np.asarray(image)


def patch(image: Grey, view: View, random: np.random.Generator) -> Grey:
    """A mended or repainted rectangle: another tone, smoother or rougher, its straight edge seen as a fine line."""
    row, column = view.wall
    middle = view.on_wall(paths.inside(view.size_hw, random, 0.0)[None])[0]
    half = view.extent * random.uniform(0.1, 0.6, 2)
    uneven = random.uniform(0.0, 1.5) * field(view, "clouds", random)
    down, right = (np.float32(half[k]) - np.abs(place - np.float32(middle[k])) for k, place in enumerate((row, column)))
    inward = np.minimum(down, right) + uneven
    cover = np.clip(inward + 0.5, 0.0, 1.0)
    own = float(image.mean()) * random.uniform(0.6, 1.4)
    grain = random.uniform(0.0, 0.08) * field(view, "grain", random, random.uniform(0.7, 1.5))
    kept = random.uniform(0.1, 0.9)
    inside = (image * kept + own * (1 - kept)) * (1 + grain)
    line = band(inward, random.uniform(0.6, 3.0)) * random.uniform(-0.3, 0.6)
    return np.asarray((image * (1 - cover) + inside * cover) * (1 - line))


def lettering(image: Grey, view: View, random: np.random.Generator) -> Grey:
    """Words or numbers, printed, stencilled or worn."""
    from PIL import Image

    ink = Image.new("F", (view.size_hw[1], view.size_hw[0]), 0.0)
    height = view.extent * math.exp(random.uniform(math.log(0.06), math.log(0.5)))
    place = paths.inside(view.size_hw, random, 0.05)
    for line in range(int(random.integers(1, 4))):
        part = Image.fromarray(lettered(word(random), height))
        ink.paste(part, (round(place[1] - part.width / 2), round(place[0] + 1.4 * line * height - height / 2)))
    turned = ink.rotate(float(random.normal(0.0, 6.0)), Image.Resampling.BILINEAR)
    cover = np.asarray(turned, dtype=np.float32)
    worn = random.choice([0.0, 0.6, 1.5]) * np.clip(field(view, "rough", random), 0.0, 2.0)
    cover = cover * np.clip(1 - worn, 0.0, 1.0) * np.float32(random.uniform(0.5, 0.98))
    return np.asarray(image * (1 - cover) + cover * random.choice([0.04, 0.04, 0.95, random.uniform(0.1, 0.9)]))


def tie_holes(image: Grey, view: View, random: np.random.Generator) -> Grey:
    """Holes of formwork ties, or of bolts, in a grid: round, shaded, open or stopped with mortar."""
    row, column = view.wall
    steps = view.extent * random.uniform(0.25, 0.9, 2)
    radius = view.extent * random.uniform(0.008, 0.05) + 0.8
    down, right = (
        (place / np.float32(step) + np.float32(random.uniform(0, 1)))
        for place, step in zip((row, column), steps, strict=True)
    )
    down, right = (
        (place - np.rint(place)) * np.float32(step) for place, step in zip((down, right), steps, strict=True)
    )
    far = np.hypot(down, right)
    cover = np.clip(radius + 0.5 - far, 0.0, 1.0)
    slope = (down * math.sin(view.light) + right * math.cos(view.light)) / np.float32(radius)
    dark = random.uniform(-0.2, 0.9) * np.clip(1 - 0.5 * slope, 0.2, 1.6)
    rim = band(far - radius, 1.5) * random.uniform(-0.3, 0.4)
    return np.asarray(image * (1 - cover * np.clip(dark, -0.5, 0.97)) * (1 + rim))


def water_line(image: Grey, view: View, random: np.random.Generator) -> Grey:
    """How high water or damp has stood: a wavy border between two tones, with a rim of lime or dirt."""
    distance = straight_line(view, random, 0.85)
    wavy = field(view, "clouds", random, random.uniform(1.0, 3.0)) * view.extent * random.uniform(0.0, 0.06)
    distance = distance + wavy + random.uniform(0.0, 1.5) * field(view, "rough", random)
    below = np.clip(distance / random.uniform(0.8, 0.1 * view.extent) + 0.5, 0.0, 1.0)
    rim = np.exp(-((distance / np.float32(random.uniform(2.0, 7.0))) ** 2)) * random.uniform(-0.12, 0.35)
    return np.asarray(image * (1 - below * random.uniform(-0.2, 0.5)) * (1 + rim))


def hairs(image: Grey, view: View, random: np.random.Generator) -> Grey:
    """Hairs, threads, fine dry stems: thin, smooth, of constant width, curled."""
    strokes = []
    width = random.uniform(0.5, 1.8)
    for _ in range(int(random.integers(1, 6))):
        start = paths.inside(view.size_hw, random, 0.0)
        angle = random.uniform(-math.pi, math.pi)
        end = start + view.extent * random.uniform(0.15, 0.6) * np.array([math.sin(angle), math.cos(angle)])
        strokes.append(constant(paths.smooth_path(start, end, random.uniform(0.25, 0.7), random, 60), width))
    return tinted(image, view, strokes, random.choice([-1.0, -1.0, 1.0]) * random.uniform(0.3, 0.9), random, 0.0)


def peeling(image: Grey, view: View, random: np.random.Generator) -> Grey:
    """A coat that has come off in flakes: another tone below, an edge bright on one side and dark on the other."""
    shape = field(view, "rough", random, random.uniform(1.2, 4.0)) + 0.4 * field(view, "clouds", random, 2.0)
    gone = np.clip((shape - random.uniform(0.3, 1.6)) * random.uniform(3.0, 10.0), 0.0, 1.0)
    own = float(image.mean()) * random.uniform(0.5, 1.5)
    kept = random.uniform(0.2, 0.7)
    inside = (image * kept + own * (1 - kept)) * (1 + 0.05 * field(view, "grain", random))
    down, right = np.diff(gone, axis=0, prepend=gone[:1]), np.diff(gone, axis=1, prepend=gone[:, :1])
    facing = down * math.sin(view.light) + right * math.cos(view.light)
    return np.asarray((image * (1 - gone) + inside * gone) * np.clip(1 + random.uniform(0.0, 1.2) * facing, 0.2, 1.8))
