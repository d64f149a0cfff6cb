"""Surfaces without pieces: concrete, asphalt, plaster, paint, and what dirt and water make of them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from fissura.data.synthetic.noise import cells, field
from fissura.data.synthetic.surface import Surface, pits, pores
from fissura.data.synthetic.view import View


def fine_concrete(view: View, random: np.random.Generator) -> Surface:
    """Smooth concrete: clouds, fine grain, some air holes."""
    base = random.uniform(0.35, 0.8)
    clouds = field(view, "clouds", random, random.uniform(0.6, 2.0)) * random.uniform(0.01, 0.07)
    grain = field(view, "fine", random, random.uniform(0.8, 2.2)) * random.uniform(0.005, 0.035)
    rough = field(view, "rough", random, random.uniform(0.8, 1.6))
    dark, hole = pores(view, random, random.choice([0.0, 3.0, 12.0]), view.extent * 0.03)
    reflectance = base * (1 + clouds + grain + rough * random.uniform(0.0, 0.03)) * (1 - 0.6 * dark)
    return Surface(reflectance, rough * random.uniform(0.05, 0.35) + hole, 1.0)


def coarse_concrete(view: View, random: np.random.Generator) -> Surface:
    """Weathered concrete: the stones show, the paste between them is washed out."""
    base = random.uniform(0.3, 0.7)
    size = random.uniform(0.35, 1.4)
    _, stones, middle = cells(view, random, size)
    round_stones = np.clip(0.55 - middle, -0.3, 0.5)
    rough = field(view, "rough", random, random.uniform(0.8, 1.5))
    grain = field(view, "grain", random, random.uniform(0.7, 1.6))
    clouds = field(view, "clouds", random, 1.5) * random.uniform(0.02, 0.08)
    dark, hole = pores(view, random, random.choice([2.0, 10.0, 25.0]), view.extent * 0.035)
    shown = random.uniform(0.0, 0.25) * np.clip(rough - random.uniform(-1.0, 1.5), 0.0, 1.0)
    reflectance = base * (1 + clouds + shown * (stones - 0.5) + grain * random.uniform(0.02, 0.09)) * (1 - 0.6 * dark)
    relief = rough * random.uniform(0.2, 0.7) + round_stones * random.uniform(0.0, 1.5) + hole
    broken = pits(view, random) if random.random() < 0.5 else np.zeros_like(grain)
    relief = relief + grain * random.uniform(0.05, 0.3) - broken
    return Surface(reflectance * (1 - broken), relief, 16 * size * 0.5)


def washed_concrete(view: View, random: np.random.Generator) -> Surface:
    """Exposed aggregate: pebbles or chippings of many greys side by side, dark in the gaps."""
    size = random.uniform(0.35, 1.2)
    edge, tone, middle = cells(view, random, size, random.uniform(1.0, 1.6))
    rough = field(view, "rough", random, random.uniform(0.6, 1.2))
    # round stones, not cells that fill the plane: a thin dark net between them would be a crack's
    ragged = np.minimum(1.5 * edge, random.uniform(0.55, 0.75) - middle) + 0.04 * rough
    if random.random() < 0.5:  # some stones lie on others
        _, tone_above, middle_above = cells(view, random, size * random.uniform(0.8, 1.4))
        above = 0.55 - middle_above + 0.05 * rough
        on_top = above > random.uniform(0.0, 0.15)
        tone, ragged = np.where(on_top, tone_above, tone), np.where(on_top, above, ragged)
    gap = np.clip(1 - ragged / random.uniform(0.1, 0.25), 0.0, 1.0)
    stones = 1 + (tone - 0.5) * random.uniform(0.2, 0.9) + rough * random.uniform(0.0, 0.08)
    stones = stones + 0.15 * random.uniform(0.0, 1.0) * field(view, "clouds", random)
    reflectance = random.uniform(0.35, 0.7) * stones * (1 - gap * random.uniform(0.3, 0.85))
    height = np.sqrt(np.clip(ragged, 0.0, 0.35)) * size * random.uniform(1.0, 7.0)
    return Surface(np.clip(reflectance, 0.02, 1.0), height + rough * random.uniform(0.0, 0.3), 16 * size * 0.7)


def asphalt(view: View, random: np.random.Generator) -> Surface:
    """Road: dark binder, stones of many greys standing out, small deep holes between them."""
    base = random.uniform(0.25, 0.65)
    size = random.uniform(0.2, 0.5)
    _, stones, middle = cells(view, random, size)
    shown = np.clip(1.15 - 2.0 * middle, 0.0, 1.0)  # a stone stands out in its middle and sinks into the binder
    grain = field(view, "grain", random, random.uniform(0.5, 1.3))
    fine = field(view, "fine", random, random.uniform(0.7, 1.3))
    rough = field(view, "rough", random, random.uniform(0.8, 1.5))
    clouds = field(view, "clouds", random, 1.6) * random.uniform(0.02, 0.09)
    bright = np.clip(stones - random.uniform(0.6, 0.97), 0.0, 1.0) * random.uniform(0.3, 2.0)
    dark = np.clip(random.uniform(0.0, 0.25) - stones, 0.0, 1.0) * random.uniform(0.0, 3.0)
    holes = pits(view, random)
    mixed = 1 + clouds + ((stones - 0.5) * random.uniform(0.0, 0.3) + bright - dark) * shown
    mixed = mixed + fine * random.uniform(0.02, 0.12) + grain * random.uniform(0.0, 0.12)
    relief = grain * random.uniform(0.1, 0.6) + shown * random.uniform(0.0, 0.7) + fine * random.uniform(0.0, 0.3)
    return Surface(
        base * mixed * (1 - holes), relief + rough * random.uniform(0.0, 0.3) - holes, max(3.0, 16 * size * 0.8)
    )


def speckled_asphalt(view: View, random: np.random.Generator) -> Surface:
    """Open-pored or worn road: hard black and white grains close together, the finest as large as a pixel."""
    base = random.uniform(0.3, 0.6)
    sharp = field(view, "white", random, random.uniform(1.2, 2.6), random.uniform(1.0, 1.8))
    grains = field(view, "grain", random, random.uniform(0.35, 0.9), random.uniform(1.0, 1.6))
    clouds = field(view, "clouds", random, 1.6) * random.uniform(0.02, 0.1)
    stones = np.clip(np.abs(sharp) - random.uniform(1.2, 2.2), 0.0, 1.0) * np.sign(sharp)  # single bright and dark ones
    strength = random.uniform(0.08, 0.32)
    mixed = 1 + clouds + strength * (0.6 * grains + 0.5 * sharp) + stones * random.uniform(0.1, 0.6)
    relief = grains * random.uniform(0.2, 0.9) + sharp * random.uniform(0.0, 0.25)
    holes = pits(view, random) * (random.random() < 0.4)
    return Surface(np.clip(base * mixed * (1 - holes), 0.02, 1.0), relief, 3.0)


def grooved_concrete(view: View, random: np.random.Generator) -> Surface:
    """Swept, raked or sawn concrete floor: fine parallel furrows, shallow or deep, on a fine or a coarse ground."""
    below = (fine_concrete if random.random() < 0.5 else coarse_concrete)(view, random)
    if random.random() < 0.6:
        furrow = field(view, "wood", random, random.uniform(0.8, 2.5), random.uniform(0.5, 2.0), turned=False)
        furrow = furrow * random.uniform(0.1, 0.6)
    else:
        row, _ = view.wall
        period = view.extent * random.uniform(0.03, 0.2)
        wavy = field(view, "clouds", random, 2.0) * random.uniform(0.0, 0.04)
        deep = np.sin((row / np.float32(period) + wavy) * np.float32(2 * np.pi))
        furrow = -np.clip((deep - random.uniform(0.0, 0.8)) * 4, 0.0, 1.0) * random.uniform(0.3, 1.0)
    dirt = np.clip(-furrow, 0.0, 1.0) * random.uniform(0.0, 0.4)
    return replace(below, reflectance=below.reflectance * (1 - dirt), relief=below.relief + furrow)


def plaster(view: View, random: np.random.Generator) -> Surface:
    """Bright smooth plaster or render, with the strokes of the trowel or a fine spatter."""
    base = random.uniform(0.5, 0.92)
    strokes = field(view, "brushed", random, random.uniform(1.0, 2.5), random.uniform(1.0, 3.0))
    clouds = field(view, "clouds", random, random.uniform(1.0, 2.5)) * random.uniform(0.005, 0.05)
    spatter = field(view, "grain", random, random.uniform(0.8, 3.0)) * random.choice([0.05, 0.3, 0.8])
    fine = field(view, "fine", random) * random.uniform(0.002, 0.02)
    relief = strokes * random.uniform(0.0, 0.3) + spatter + field(view, "clouds", random, 0.8) * 0.3
    return Surface(base * (1 + clouds + fine), relief, 1.0)


def painted(view: View, random: np.random.Generator) -> Surface:
    """A coat of paint: even, with the roller's grain, worn through in places to what is below."""
    base = random.uniform(0.25, 0.95)
    roller = field(view, "grain", random, random.uniform(0.6, 1.5))
    clouds = field(view, "clouds", random, 2.0) * random.uniform(0.0, 0.03)
    reflectance = base * (1 + clouds + field(view, "fine", random) * random.uniform(0.0, 0.015))
    relief = roller * random.uniform(0.02, 0.35)
    if random.random() < 0.4:
        below = fine_concrete(view, random)
        gone = np.clip((field(view, "rough", random, random.uniform(0.8, 2.0)) - random.uniform(1.0, 2.2)) * 4, 0, 1)
        reflectance = reflectance * (1 - gone) + below.reflectance * gone
        relief = relief - gone * random.uniform(0.3, 1.2)
    return Surface(reflectance, relief, 1.0)


def stained(view: View, random: np.random.Generator) -> Surface:
    """Concrete or plaster with blotches and streaks of dirt and lime."""
    below = (fine_concrete, coarse_concrete, plaster)[int(random.integers(3))](view, random)
    blotches = field(view, "rough", random, random.uniform(1.0, 3.0))
    sharpness = random.uniform(0.7, 6.0)
    blotches = np.clip((blotches - random.uniform(-0.5, 1.2)) * sharpness, 0.0, 1.0)
    drips = np.clip(field(view, "drips", random, random.uniform(0.7, 2.0), turned=False), 0.0, 2.0)
    factor = 1 - blotches * random.uniform(-0.25, 0.5) - drips * random.uniform(-0.08, 0.16)
    return replace(below, reflectance=below.reflectance * np.clip(factor, 0.2, 1.6))


def wet(view: View, random: np.random.Generator) -> Surface:
    """Any ground, dark where it is wet, with an edge that is sharp or soft, and a sheen."""
    below = (fine_concrete, coarse_concrete, asphalt)[int(random.integers(3))](view, random)
    border = field(view, "clouds", random, random.uniform(1.0, 3.0)) + 0.15 * field(view, "rough", random)
    soaked = np.clip((border - random.uniform(-1.0, 1.0)) * random.uniform(1.5, 15.0), 0.0, 1.0)
    sheen = np.clip(field(view, "clouds", random, 1.5) - 1.0, 0.0, 1.0) * random.uniform(0.0, 0.25)
    reflectance = below.reflectance * (1 - soaked * random.uniform(0.25, 0.6)) + soaked * sheen
    return replace(below, reflectance=reflectance, relief=below.relief * (1 - 0.5 * soaked))
