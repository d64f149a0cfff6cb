"""Cracks: where they run and how wide they are at each point. How they look is ``rendering``'s.

Every crack is a set of strokes in image pixels, so the truth about place and width is known below a pixel.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise

import numpy as np

from fissura.data.synthetic import paths
from fissura.data.synthetic.growth import Ground, any_width, branches, ends, line
from fissura.data.synthetic.opened import opened_joint, stepped
from fissura.data.synthetic.strokes import Stroke


def single(ground: Ground, random: np.random.Generator) -> list[Stroke]:
    """One crack from side to side, or ending inside, sometimes with branches."""
    width = any_width(ground, random)
    main = line(ground, *ends(ground, random), width, random)
    return [main, *branches(ground, main, random, int(random.choice([0, 0, 0, 1, 2])))]


def branching(ground: Ground, random: np.random.Generator) -> list[Stroke]:
    """A crack with several branches, some of which branch again."""
    main = line(ground, *ends(ground, random), any_width(ground, random), random)
    first = branches(ground, main, random, int(random.integers(2, 5)))
    again = [twig for branch in first[:2] for twig in branches(ground, branch, random, int(random.integers(0, 2)))]
    return [main, *first, *again]


def gaping(ground: Ground, random: np.random.Generator) -> list[Stroke]:
    """One crack so wide that its walls and its floor are seen, up to a third of the picture."""
    wide = random.uniform(0.8, 2.2) * ground.width_px[1]
    start, end = paths.across(ground.view.size_hw, random)
    main = line(ground, start, end, wide, random, slender=0.3)
    return [main, *branches(ground, main, random, int(random.choice([0, 0, 1])))]


def hairline(ground: Ground, random: np.random.Generator) -> list[Stroke]:
    """One or two very thin cracks, thinning out and coming back."""
    found = []
    for _ in range(int(random.choice([1, 1, 2]))):
        width = ground.width_px[0] * random.uniform(1.0, 2.2)
        found.append(line(ground, *ends(ground, random), width, random))
    return found


def interrupted(ground: Ground, random: np.random.Generator) -> list[Stroke]:
    """A crack in pieces that overlap a little, each beside the last one's line."""
    start, end = ends(ground, random)
    width = any_width(ground, random)
    pieces = int(random.integers(2, 6))
    along = end - start
    beside = np.array([-along[1], along[0]]) / (np.hypot(*along) + 1e-9)
    cuts = np.linspace(0.0, 1.0, pieces + 1)
    found = []
    for begin, finish in pairwise(cuts):
        shift = beside * random.normal(0.0, 0.03) * ground.view.extent
        low, high = begin + random.uniform(-0.03, 0.05), finish + random.uniform(-0.05, 0.03)
        found.append(line(ground, start + low * along + shift, start + high * along + shift, width, random, (1, 1)))
    return found


def parallel(ground: Ground, random: np.random.Generator) -> list[Stroke]:
    """Two or three cracks that run beside each other, as over reinforcement."""
    start, end = ends(ground, random)
    along = end - start
    beside = np.array([-along[1], along[0]]) / (np.hypot(*along) + 1e-9)
    found = []
    for _ in range(int(random.integers(2, 4))):
        shift = beside * random.uniform(-0.3, 0.3) * ground.view.extent
        tips = shift + random.normal(0.0, 0.06, (2, 2)) * ground.view.extent
        width = any_width(ground, random) * 0.7
        found.append(line(ground, start + tips[0], end + tips[1], max(width, ground.width_px[0]), random))
    return found


def map_cracking(ground: Ground, random: np.random.Generator) -> list[Stroke]:
    """Cracks that close into cells: crazing where they are thin, alligator cracking where they are wide."""
    from scipy.spatial import Voronoi

    view = ground.view
    height, width = view.size_hw
    size = view.extent * random.uniform(0.16, 0.55)
    count = int((1.6 * height / size) * (1.6 * width / size)) + 6
    seeds = random.uniform(-0.3, 1.3, (count, 2)) * (height, width)
    diagram = Voronoi(seeds)
    common = min(any_width(ground, random), size * 0.08)
    share = random.uniform(0.55, 1.0)
    found = []
    for a, b in diagram.ridge_vertices:
        if a < 0 or b < 0 or random.random() > share:
            continue
        corners = diagram.vertices[[a, b]]
        low, high = corners.min(axis=0), corners.max(axis=0)
        near = (high > -0.05 * view.extent).all() and (low < np.array([height, width]) + 0.05 * view.extent).all()
        if near and 3.0 < np.hypot(*(high - low)) < 3 * view.extent:
            wide = max(ground.width_px[0], common * math.exp(random.normal(0.0, 0.35)))
            loose = (int(random.random() < 0.15), int(random.random() < 0.15))
            found.append(line(ground, corners[0], corners[1], wide, random, loose))
    return found


CRACKS: dict[str, Callable[[Ground, np.random.Generator], list[Stroke]]] = {
    "single": single,
    "branching": branching,
    "gaping": gaping,
    "hairline": hairline,
    "interrupted": interrupted,
    "parallel": parallel,
    "map": map_cracking,
    "stepped": stepped,
    "opened joint": opened_joint,
}
