"""A coarse line moved onto the crack: the darkest way through the straightened photograph, by dynamic programming."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from fissura.inspection.edges import Rough, crossings
from fissura.inspection.profiles import Profiles, Values, across, smoothed
from fissura.inspection.record import Points
from fissura.inspection.trace import evenly

MARGIN_PX = 7.0
_TURN = 2  # steps of half a pixel across for each pixel along: 45 degrees
_BEND = 0.12  # price of such a step, in standard deviations of the surface
_STRAY = 0.35  # price of straying as far as the map's edge


def on_crack(pixels: npt.NDArray[np.uint8], points: Points, reach_px: float, sign: int = 1) -> tuple[Points, float]:
    """(the line ``(n, 2)`` moved sideways to the middle of its crack, how wide the crack is there, roughly, in px).

    The darkest way is inside the crack, wherever in it; half-way between its two edges is its middle. A kink shorter
    than the crack is wide is none of its middle line. ``sign`` is -1 for a crack brighter than its surroundings.
    """
    found = across(pixels, points, reach_px + MARGIN_PX)
    darkness = sign * relative_darkness(found, reach_px)
    stray = _STRAY * (found.offsets / (reach_px + 1.0)) ** 2
    way = darkest_way(np.where(found.inside, darkness, -3.0) - stray)
    start = smoothed(found.offsets[way], 1.5)
    grey = smoothed(found.grey, 1.5)
    rough = crossings(grey if sign > 0 else 255.0 - grey, found.offsets, found.inside, start)
    widths = rough.right - rough.left
    solid = (rough.depth > 2 * rough.noise) & (widths < 2 * reach_px + 2)
    width = float(np.percentile(widths[solid], 75)) if solid.any() else 2.0
    middle = np.where(solid, (rough.left + rough.right) / 2, start)
    at, seen = np.arange(len(middle)), _both_edges(found, rough)
    if seen.any():  # where the border cuts an edge off, what is left of the crack has its middle elsewhere
        middle = np.interp(at, at[seen], middle[seen])
    shift = smoothed(np.clip(middle, -reach_px - 2, reach_px + 2), max(1.5, width / 3))
    return evenly(points + found.normals * shift[:, None]), width


def _both_edges(found: Profiles, rough: Rough) -> npt.NDArray[np.bool_]:
    """``(n,)``: whether everything between the two edges lies in the photograph."""
    within = (found.offsets >= rough.left[:, None] - 1) & (found.offsets <= rough.right[:, None] + 1)
    return np.asarray((found.inside | ~within).all(axis=1))


def relative_darkness(found: Profiles, reach_px: float) -> Values:
    """``(n, k)``: how much darker than the surface beyond ``reach_px``, in its standard deviations, within [-3, 6]."""
    from scipy.ndimage import gaussian_filter

    grey = gaussian_filter(found.grey, (1.0, 1.6), mode="nearest")
    surface = grey[:, np.abs(found.offsets) > reach_px]
    level = smoothed(np.median(surface, axis=1), 4.0)
    spread = 1.4826 * np.median(np.abs(surface - level[:, None])) + 1.0
    return np.asarray(np.clip((level[:, None] - grey) / spread, -3.0, 6.0))


def darkest_way(darkness: Values) -> npt.NDArray[np.intp]:
    """``(n,)`` columns of the way from the first to the last row of ``(n, k)`` that gathers the most darkness."""
    rows, columns = darkness.shape
    moves = np.arange(-_TURN, _TURN + 1)
    price = _BEND * moves.astype(float) ** 2
    gathered = darkness[0].copy()
    came = np.zeros((rows, columns), dtype=np.int8)
    padded = np.full(columns + 2 * _TURN, -np.inf)
    windows = np.lib.stride_tricks.sliding_window_view(padded, columns)
    for row in range(1, rows):
        padded[_TURN:-_TURN] = gathered
        options = windows - price[:, None]
        came[row] = options.argmax(axis=0)
        gathered = options.max(axis=0) + darkness[row]
    way = np.empty(rows, dtype=np.intp)
    way[-1] = gathered.argmax()
    for row in range(rows - 1, 0, -1):
        way[row - 1] = way[row] + came[row, way[row]] - _TURN
    return way
