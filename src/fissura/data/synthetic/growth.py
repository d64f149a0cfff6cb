"""How one line of a crack grows between two points: its way, its width at each point, its branches."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from fissura.data.synthetic import paths
from fissura.data.synthetic.masonry import Joints
from fissura.data.synthetic.strokes import Stroke
from fissura.data.synthetic.view import Grey, Points, View

_NARROWEST_PX = 0.3  # a crack that thins out ends here: below, no camera shows it
_END_PX = 0.7


@dataclass(frozen=True, eq=False)
class Ground:
    """What a crack needs to know of the place where it runs.

    Attributes:
        view: the view of the wall.
        grain: px, size of the surface's grains.
        joints: the joints that it may follow, if there are any.
        seams: ``(h, w)``, great where it runs most easily, as in the mortar between stones; None: anywhere.
        width_px: (narrowest, widest) width at a crack's wide part, in image pixels.
    """

    view: View
    grain: float
    joints: Joints | None
    width_px: tuple[float, float]
    seams: Grey | None = None


def any_width(ground: Ground, random: np.random.Generator) -> float:
    """As many cracks between 1 and 2 px as between 10 and 20."""
    low, high = ground.width_px
    return float(math.exp(random.uniform(math.log(low), math.log(high))))


def ends(ground: Ground, random: np.random.Generator) -> tuple[Points, Points]:
    """Two image points: through the whole image, to a place inside, both inside, or across a corner."""
    start, end = paths.across(ground.view.size_hw, random)
    inner = paths.inside(ground.view.size_hw, random)
    drawn = random.random()
    if drawn < 0.25:
        end = inner
    elif drawn < 0.32:
        along = end - start
        start, end = start + 0.28 * along, start + random.uniform(0.55, 0.8) * along
    elif drawn < 0.4:
        height, width = ground.view.size_hw
        far = random.uniform(0.16, 0.45, 2) * (height, width)
        corner = random.choice([0.0, 1.0], 2) * (height, width)
        inward = np.where(corner > 0, -1.0, 1.0)
        start = corner + inward * np.array([far[0], -3.0])
        end = corner + inward * np.array([-3.0, far[1]])
    return start, end


def line(
    ground: Ground,
    start: Points,
    end: Points,
    width: float,
    random: np.random.Generator,
    loose: tuple[int, int] | None = None,
    slender: float = 0.12,
) -> Stroke:
    """A crack between two image points, no wider than ``slender`` times its length.

    ``loose`` says which of its ends taper (by default those inside).
    """
    view = ground.view
    tips = np.stack([start, end])
    if loose is None:
        first, last = (bool(((tip > 2) & (tip < np.array(view.size_hw) - 3)).all()) for tip in tips)
        loose = (int(first), int(last))
    wall = view.on_wall(tips)
    width = max(ground.width_px[0], min(width, slender * float(np.hypot(*(end - start)))))
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
    seen = view.in_image(way)
    if ground.seams is not None and random.random() < 0.6:
        seen = paths.drawn_to(seen, ground.seams, 0.14 * view.extent, random)
    return stroke(ground, seen, width, random, loose)


def stroke(ground: Ground, points: Points, width: float, random: np.random.Generator, loose: tuple[int, int]) -> Stroke:
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


def branches(ground: Ground, parent: Stroke, random: np.random.Generator, count: int) -> list[Stroke]:
    """``count`` thinner cracks that leave ``parent`` at an angle and end somewhere."""
    found = []
    for _ in range(count):
        at = int(random.uniform(0.15, 0.85) * (len(parent.points) - 1))
        ahead = parent.points[min(at + 8, len(parent.points) - 1)] - parent.points[max(at - 8, 0)]
        angle = math.atan2(*ahead) + random.choice([-1, 1]) * random.uniform(0.35, 1.4)
        length = ground.view.extent * random.uniform(0.2, 0.8)
        end = parent.points[at] + length * np.array([math.sin(angle), math.cos(angle)])
        width = max(ground.width_px[0], float(parent.width[at]) * random.uniform(0.3, 0.85))
        width = min(width, ground.width_px[1])
        found.append(line(ground, parent.points[at], end, width, random, (0, 1)))
    return found
