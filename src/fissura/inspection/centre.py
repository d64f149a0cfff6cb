"""A coarse line moved onto the crack: the darkest way through the straightened photograph, by dynamic programming."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fissura.inspection.edges import crossings
from fissura.inspection.profiles import Profiles, Values, across, median_across, onward, smoothed
from fissura.inspection.record import Points
from fissura.inspection.trace import evenly

MARGIN_PX = 7.0
_TURN = 2  # steps of half a pixel across for each pixel along: 45 degrees
_BEND = 0.12  # price of such a step, in standard deviations of the surface
_STRAY = 0.35  # price of straying as far as the map's edge


@dataclass(frozen=True, eq=False)
class Surroundings:
    """A coarse line and what lies across it.

    Attributes:
        points: ``(n, 2)`` px, 1 px apart.
        reach_px: how far beside them the crack may run.
        profiles: across them, and ``MARGIN_PX`` further.
        darkness: ``(n, k)`` how much darker than the surface beyond ``reach_px``, in its standard deviations.
    """

    points: Points
    reach_px: float
    profiles: Profiles
    darkness: Values

    @staticmethod
    def of(pixels: npt.NDArray[np.uint8], points: Points, reach_px: float) -> Surroundings:
        """Those of the line ``points`` on a photograph ``(h, w)``."""
        profiles = across(pixels, points, reach_px + MARGIN_PX)
        return Surroundings(points, reach_px, profiles, relative_darkness(profiles, reach_px))

    @property
    def sign(self) -> int:
        """1 where the crack is darker than the surface, -1 where it is clearly brighter."""
        dark, bright = self.darkness.max(axis=1).mean(), -self.darkness.min(axis=1).mean()
        return -1 if bright > 1.5 * max(float(dark), 0.5) else 1


def on_crack(around: Surroundings, sign: int = 1) -> tuple[Points, float]:
    """(the line ``(n, 2)`` moved sideways to the middle of its crack, how wide the crack is there, roughly, in px).

    The darkest way is inside the crack, wherever in it; half-way between its two edges is its middle. A kink shorter
    than the crack is wide is none of its middle line. ``sign`` is -1 for a crack brighter than its surroundings.
    """
    found, reach_px = around.profiles, around.reach_px
    stray = _STRAY * (found.offsets / (reach_px + 1.0)) ** 2
    way = darkest_way(np.where(found.inside, sign * around.darkness, -3.0) - stray)
    start = smoothed(found.offsets[way], 1.5)
    grey = smoothed(found.grey, 1.5)
    rough = crossings(grey if sign > 0 else 255.0 - grey, found.offsets, found.inside, start)
    widths = rough.right - rough.left
    solid = (rough.depth > 2 * rough.noise) & (widths < 2 * reach_px + 2)
    width = float(np.percentile(widths[solid], 75)) if solid.any() else 2.0
    left, right = found.cut_back(rough.left, rough.right)
    middle = np.where(solid, (left + right) / 2, start)
    shift = smoothed(np.clip(middle, -reach_px - 2, reach_px + 2), max(1.5, width / 3))
    moved = around.points + found.normals * shift[:, None]
    return evenly(moved[onward(moved, found.normals)]), width


def relative_darkness(found: Profiles, reach_px: float) -> Values:
    """``(n, k)``: how much darker than the surface beyond ``reach_px``, in its standard deviations, within [-3, 6]."""
    from scipy.ndimage import gaussian_filter

    grey = gaussian_filter(found.grey, (1.0, 1.6), mode="nearest", output=np.float64)
    surface = grey[:, np.abs(found.offsets) > reach_px]
    level = smoothed(median_across(surface), 4.0)
    spread = 1.4826 * np.median(np.abs(surface - level[:, None])) + 1.0
    return np.asarray(np.clip((level[:, None] - grey) / spread, -3.0, 6.0))


def darkest_way(darkness: Values) -> npt.NDArray[np.intp]:
    """``(n,)`` columns of the way from the first to the last row of ``(n, k)`` that gathers the most darkness."""
    rows, columns = darkness.shape
    price = _BEND * np.arange(-_TURN, _TURN + 1, dtype=float)[:, None] ** 2
    gathered = np.full((rows, columns + 2 * _TURN), -np.inf)  # with a border that no way enters
    inner = gathered[:, _TURN:-_TURN]
    inner[0] = darkness[0]
    before = np.lib.stride_tricks.sliding_window_view(gathered, columns, axis=1)
    options = np.empty((len(price), columns))
    for row in range(1, rows):
        np.subtract(before[row - 1], price, out=options)
        np.add(np.maximum.reduce(options), darkness[row], out=inner[row])
    way = np.empty(rows, dtype=np.intp)
    at = int(inner[-1].argmax())
    way[-1] = at
    for row in range(rows - 1, 0, -1):
        at += int((gathered[row - 1, at : at + len(price)] - price[:, 0]).argmax()) - _TURN
        way[row - 1] = at
    return way
