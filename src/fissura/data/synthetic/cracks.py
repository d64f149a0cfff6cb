"""Cracks: where they run and how wide they are at each point. How they look is ``rendering``'s.

Every crack is a set of strokes in image pixels, so the truth about place and width is known below a pixel.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from fissura.data.synthetic import paths
from fissura.data.synthetic.masonry import Joints
from fissura.data.synthetic.strokes import Stroke
from fissura.data.synthetic.view import Points, View

_NARROWEST_PX = 0.3  # a crack that thins out ends here: below, no camera shows it
_END_PX = 0.7


@dataclass(frozen=True, eq=False)
class Ground:
    """What a crack needs to know of the place where it runs.

    Attributes:
        view: the view of the wall.
        grain: px, size of the surface's grains.
        joints: the joints that it may follow, if there are any.
        width_px: (narrowest, widest) width at a crack's wide part, in image pixels.
    """

    view: View
    grain: float
    joints: Joints | None
    width_px: tuple[float, float]


def single(ground: Ground, random: np.random.Generator) -> list[Stroke]:
    """One crack from side to side, or ending inside, sometimes with branches."""
    width = _any_width(ground, random)
    main = _line(ground, *_ends(ground, random), width, random)
    return [main, *_branches(ground, main, random, int(random.choice([0, 0, 0, 1, 2])))]


def branching(ground: Ground, random: np.random.Generator) -> list[Stroke]:
    """A crack with several branches, some of which branch again."""
    main = _line(ground, *_ends(ground, random), _any_width(ground, random), random)
    first = _branches(ground, main, random, int(random.integers(2, 5)))
    again = [twig for branch in first[:2] for twig in _branches(ground, branch, random, int(random.integers(0, 2)))]
    return [main, *first, *again]


def gaping(ground: Ground, random: np.random.Generator) -> list[Stroke]:
    """One crack so wide that its walls and its floor are seen."""
    wide = random.uniform(0.9, 2.2) * ground.width_px[1]
    start, end = paths.across(ground.view.size_hw, random)
    main = _line(ground, start, end, wide, random)
    return [main, *_branches(ground, main, random, int(random.choice([0, 0, 1])))]


def hairline(ground: Ground, random: np.random.Generator) -> list[Stroke]:
    """One or two very thin cracks, thinning out and coming back."""
    found = []
    for _ in range(int(random.choice([1, 1, 2]))):
        width = ground.width_px[0] * random.uniform(1.0, 2.2)
        found.append(_line(ground, *_ends(ground, random), width, random))
    return found


def interrupted(ground: Ground, random: np.random.Generator) -> list[Stroke]:
    """A crack in pieces that overlap a little, each beside the last one's line."""
    start, end = _ends(ground, random)
    width = _any_width(ground, random)
    pieces = int(random.integers(2, 6))
    along = end - start
    beside = np.array([-along[1], along[0]]) / (np.hypot(*along) + 1e-9)
    cuts = np.linspace(0.0, 1.0, pieces + 1)
    found = []
    for begin, finish in pairwise(cuts):
        shift = beside * random.normal(0.0, 0.03) * ground.view.extent
        low, high = begin + random.uniform(-0.03, 0.05), finish + random.uniform(-0.05, 0.03)
        found.append(_line(ground, start + low * along + shift, start + high * along + shift, width, random, (1, 1)))
    return found


def parallel(ground: Ground, random: np.random.Generator) -> list[Stroke]:
    """Two or three cracks that run beside each other, as over reinforcement."""
    start, end = _ends(ground, random)
    along = end - start
    beside = np.array([-along[1], along[0]]) / (np.hypot(*along) + 1e-9)
    found = []
    for _ in range(int(random.integers(2, 4))):
        shift = beside * random.uniform(-0.3, 0.3) * ground.view.extent
        tips = shift + random.normal(0.0, 0.06, (2, 2)) * ground.view.extent
        width = _any_width(ground, random) * 0.7
        found.append(_line(ground, start + tips[0], end + tips[1], max(width, ground.width_px[0]), random))
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
    common = min(_any_width(ground, random), size * 0.08)
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
            found.append(_line(ground, corners[0], corners[1], wide, random, loose))
    return found


def stepped(ground: Ground, random: np.random.Generator) -> list[Stroke]:
    """A staircase along the joints of a wall laid in courses; ``single`` where there are no joints."""
    joints = ground.joints
    if joints is None:
        return single(ground, random)
    view = ground.view
    middle = view.on_wall(paths.inside(view.size_hw, random, 0.25)[None])[0]
    course, joint = joints.nearest(middle)
    steps = int(3 + view.extent / joints.course)
    start = np.array([course - steps // 2, joint])
    way = paths.along_grid(start, steps, joints.corner, random)
    way = way + random.uniform(-0.5, 0.5) * joints.width + random.normal(0.0, 0.15 * joints.width, way.shape)
    pieces = [
        paths.rough_path(a, b, min(0.06, 0.35 * joints.width / (np.hypot(*(b - a)) + 1e-6)), 0.66, 1.0, random)
        for a, b in pairwise(way)
        if np.hypot(*(b - a)) > 0.5
    ]
    width = min(_any_width(ground, random), max(ground.width_px[0], 0.9 * joints.width))
    if not pieces:
        return single(ground, random)
    return [_stroke(ground, view.in_image(np.concatenate(pieces)), width, random, (0, 0))]


CRACKS: dict[str, Callable[[Ground, np.random.Generator], list[Stroke]]] = {
    "single": single,
    "branching": branching,
    "gaping": gaping,
    "hairline": hairline,
    "interrupted": interrupted,
    "parallel": parallel,
    "map": map_cracking,
    "stepped": stepped,
}


def _any_width(ground: Ground, random: np.random.Generator) -> float:
    """As many cracks between 1 and 2 px as between 10 and 20."""
    low, high = ground.width_px
    return float(math.exp(random.uniform(math.log(low), math.log(high))))


def _ends(ground: Ground, random: np.random.Generator) -> tuple[Points, Points]:
    """Two image points: through the whole image, or from a side to a place inside, or both inside."""
    start, end = paths.across(ground.view.size_hw, random)
    inner = paths.inside(ground.view.size_hw, random)
    drawn = random.random()
    if drawn < 0.25:
        end = inner
    elif drawn < 0.32:
        along = end - start
        start, end = start + 0.28 * along, start + random.uniform(0.55, 0.8) * along
    return start, end


def _line(
    ground: Ground,
    start: Points,
    end: Points,
    width: float,
    random: np.random.Generator,
    loose: tuple[int, int] | None = None,
) -> Stroke:
    """A crack between two image points; ``loose`` says which of its ends taper (by default those inside)."""
    view = ground.view
    tips = np.stack([start, end])
    if loose is None:
        first, last = (bool(((tip > 2) & (tip < np.array(view.size_hw) - 3)).all()) for tip in tips)
        loose = (int(first), int(last))
    wall = view.on_wall(tips)
    width = max(ground.width_px[0], min(width, 0.12 * float(np.hypot(*(end - start)))))  # a crack is long and thin
    roughness = random.uniform(0.5, 0.67)
    spacing = min(4.0, max(1.0, 0.1 * width))
    if random.random() < 0.4:
        along = wall[1] - wall[0]
        length = float(np.hypot(*along))
        leg = max(6.0, view.extent * random.uniform(0.06, 0.3))
        way = paths.legged_path(wall[0], math.atan2(*along), length, leg, spacing, random)
        # the legs wander off: bring the far end to its place
        share = np.linspace(0.0, 1.0, len(way))[:, None]
        way = way + share * (wall[1] - way[-1])
    else:
        bend = min(0.35, abs(random.normal(0.0, 0.07)) + 0.015)
        way = paths.rough_path(wall[0], wall[1], bend, roughness, spacing, random)
    if width > 3.0:
        # a wide crack's two edges are rough, its middle line is not: a kink shorter than the width is no kink
        way = paths.smoothed(way, int(0.9 * width / spacing))
    if ground.grain > 2.5 and width < 2 * ground.grain:  # around the stones
        count = max(2, int(len(way) * spacing / ground.grain))
        knots = random.normal(0.0, 0.22 * ground.grain, (count, 2))
        at = np.linspace(0, count - 1, len(way))
        way = way + np.stack([np.interp(at, np.arange(count), knots[:, k]) for k in (0, 1)], axis=1)
    return _stroke(ground, view.in_image(way), width, random, loose)


def _stroke(
    ground: Ground, points: Points, width: float, random: np.random.Generator, loose: tuple[int, int]
) -> Stroke:
    """``points`` with a width that varies at every scale and goes to nothing at loose ends."""
    count = len(points)
    varying = np.exp(random.uniform(0.1, 0.45) * paths.variation(count, 0.72, random))
    full = width * varying * np.clip(ground.view.magnification(points), 0.4, 2.5)
    share = np.linspace(0.0, 1.0, count)
    taper = random.uniform(0.15, 0.6)
    if loose[0]:
        full = full * np.minimum(1.0, share / taper) ** 0.7
    if loose[1]:
        full = full * np.minimum(1.0, (1.0 - share) / taper) ** 0.7
    if random.random() < 0.25:  # fades out for a while and comes back
        fading = paths.variation(count, 0.6, random)
        full = full * np.clip(1.2 - 1.2 * np.maximum(fading, 0.0), 0.15, 1.0)
    full = np.where(full < _NARROWEST_PX, 0.0, np.clip(full, _END_PX * 0.5, 2.4 * ground.width_px[1]))
    # each edge has its own jags, of a pixel or two whatever the width
    jags = random.uniform(0.1, 0.5) * np.minimum(full, 3.0) * random.laplace(0.0, 0.6, (2, count))
    jags = paths.smoothed(jags.T, int(random.integers(1, 4))).T
    lean = 0.5 + np.clip(0.22 * paths.variation(count, 0.8, random), -0.4, 0.4)
    left, right = np.maximum(full * lean + jags[0], 0.1 * full), np.maximum(full * (1.0 - lean) + jags[1], 0.1 * full)
    return Stroke(points, left, right)


def _branches(ground: Ground, parent: Stroke, random: np.random.Generator, count: int) -> list[Stroke]:
    found = []
    for _ in range(count):
        at = int(random.uniform(0.15, 0.85) * (len(parent.points) - 1))
        ahead = parent.points[min(at + 8, len(parent.points) - 1)] - parent.points[max(at - 8, 0)]
        angle = math.atan2(*ahead) + random.choice([-1, 1]) * random.uniform(0.35, 1.4)
        length = ground.view.extent * random.uniform(0.2, 0.8)
        end = parent.points[at] + length * np.array([math.sin(angle), math.cos(angle)])
        width = max(ground.width_px[0], float(parent.width[at]) * random.uniform(0.3, 0.85))
        width = min(width, ground.width_px[1])
        found.append(_line(ground, parent.points[at], end, width, random, (0, 1)))
    return found
