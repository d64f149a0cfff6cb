"""Photographs to judge a measurement by: one crack of a given width on a wall, everything about it known.

Unlike ``draw``, which draws what cracks look like at their most various, the crack here is what the word width means:
two smooth edges and darkness between them.
"""

from __future__ import annotations

import numpy as np

from fissura.data.synthetic import paths
from fissura.data.synthetic.camera import AS_IT_IS, Camera, taken
from fissura.data.synthetic.rendering import Look, with_crack
from fissura.data.synthetic.scene import Crack, Scene
from fissura.data.synthetic.strokes import Stroke, draw_strokes
from fissura.data.synthetic.surface import lit
from fissura.data.synthetic.surfaces import SURFACES
from fissura.data.synthetic.view import random_view

_STREAMS = 5
_ROUNDED_PX = 7  # kinks are rounded over this much: the length is then the same for every ruler up to a few pixels


def gauge(
    seed: int,
    index: int,
    width_px: float,
    camera: Camera = AS_IT_IS,
    surface: str = "fine concrete",
    size_hw: tuple[int, int] = (320, 320),
    *,
    depth: float | None = None,
    varying: float = 0.12,
) -> Scene:
    """Scene number ``index`` of the set that ``seed`` names: a crack from side to side, or thinning out inside.

    Args:
        seed: names the set.
        index: of the scene, from 0.
        width_px: its mean width.
        camera: how it is taken.
        surface: one of ``SURFACES``.
        size_hw: (height, width) of the image, in pixels.
        depth: share of the light that is missing in it; None: from 0.5 to 0.95, at random.
        varying: standard deviation of the width along the crack, as a share of it.
    """
    streams = [np.random.default_rng([seed, index, part]) for part in range(_STREAMS)]
    view = random_view(size_hw, streams[0])
    light = lit(SURFACES[surface](view, streams[1]), view, streams[1].uniform(0.1, 0.6))
    level = float(light.mean())
    stroke = _stroke(size_hw, width_px, varying, streams[2])
    look = Look(depth=float(streams[3].uniform(0.5, 0.95)) if depth is None else depth)
    drawn = draw_strokes([stroke], size_hw, look.reach_px)
    light = with_crack(light, drawn, look, view, streams[3]).astype(np.float32)
    image = taken(light, level, camera, size_hw, streams[4])
    on_line = (np.abs(drawn.offset) <= 0.5) & (drawn.owner >= 0)
    mask = (drawn.coverage >= 0.5) | on_line
    width = np.where(mask, drawn.width, 0.0).astype(np.float32)
    crack = Crack("single", np.column_stack([stroke.points, stroke.width]))
    return Scene(image, mask, width, drawn.coverage, (crack,), surface, (), camera, drawn.coverage, look)


def _stroke(size_hw: tuple[int, int], width_px: float, varying: float, random: np.random.Generator) -> Stroke:
    start, end = paths.across(size_hw, random)
    ends_inside = bool(random.random() < 0.5)
    if ends_inside:
        end = paths.inside(size_hw, random, 0.2)
        middle = np.array(size_hw) / 2
        if np.hypot(*(end - start)) < 0.5 * min(size_hw):
            end = start + 2 * (middle - start) * 0.8
    way = paths.rough_path(start, end, random.uniform(0.02, 0.12), 0.55, 1.0, random)
    way = paths.smoothed(paths.smoothed(way, _ROUNDED_PX), max(_ROUNDED_PX, int(width_px)))
    full = width_px * np.exp(varying * paths.smoothed(paths.variation(len(way), 0.6, random)[:, None], 9)[:, 0])
    if ends_inside:
        to_end = np.arange(len(full))[::-1] + 1.0
        full = full * np.minimum(1.0, to_end / (3 * width_px + 10.0)) ** 0.7
    return Stroke(way, full / 2, full / 2, "single")
