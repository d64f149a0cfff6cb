"""The two edges of a crack from the grey values across it: first estimates, what is known before a fit, what it finds.

A profile is taken as a dark box blurred by a known amount: a blurred edge crosses the level half-way between
background and crack exactly where it lies, and where the blur fills a narrow crack, so that its full darkness shows
nowhere, the darkness of the crack's wider parts stands in and the width follows from how much light is missing.
Sources: the best edge between mixed pixels, H. Cho, H. Yoon, J. Jung (2018), Sensors 18, 2644 and S. Sharma et al.
``fit`` finds the edges by least squares with priors.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from fissura.inspection.profiles import Values
from fissura.inspection.record import Mask

ANY_BLUR_PX, ANY_BLUR_ERROR_PX = 0.9, 0.5
"""What photographs have, where nothing else is known."""

_SURFACE_PX = 2.0, 9.0  # so far beside a crack lies the surface that it is compared with


@dataclass(frozen=True, eq=False)
class Rough:
    """First estimates for each of n profiles; all ``(n,)``.

    Attributes:
        left, right: px, where the profile crosses half-way between background and crack.
        background: grey beside the crack.
        depth: how much darker the middle is, grey levels.
        noise: standard deviation of the background beside it.
    """

    left: Values
    right: Values
    background: Values
    depth: Values
    noise: Values

    def of(self, rows: npt.NDArray[np.intp]) -> Rough:
        """For some of the profiles."""
        return Rough(self.left[rows], self.right[rows], self.background[rows], self.depth[rows], self.noise[rows])


@dataclass(frozen=True, eq=False)
class Known:
    """What is known of n profiles before they are fitted, each with its standard uncertainty.

    Attributes:
        depth, depth_error: ``(n,)`` the crack's full darkness, grey levels, from its wider parts.
        blur, blur_error: standard deviation of the photograph's blur, px.
    """

    depth: Values
    depth_error: Values
    blur: float = ANY_BLUR_PX
    blur_error: float = ANY_BLUR_ERROR_PX


@dataclass(frozen=True, eq=False)
class Edges:
    """What the fit found for each of n profiles; all ``(n,)``.

    Attributes:
        left, right: px across the line.
        width_error: px, standard uncertainty of right - left.
        width_scatter: px, the part of it that differs from profile to profile: with blur and darkness taken as known.
        centre_error: px, of their middle.
        background: grey beside the crack.
        depth, depth_error: grey levels that are missing in it.
        blur, blur_error: px, standard deviation of the blur.
        misfit: root mean square of what the model leaves over, in grey levels.
    """

    left: Values
    right: Values
    width_error: Values
    width_scatter: Values
    centre_error: Values
    background: Values
    depth: Values
    depth_error: Values
    blur: Values
    blur_error: Values
    misfit: Values

    @property
    def width(self) -> Values:
        """px."""
        return self.right - self.left

    def of(self, rows: slice) -> Edges:
        """Of some of the profiles."""
        return Edges(*(getattr(self, each.name)[rows] for each in fields(self)))


def crossings(grey: Values, offsets: Values, inside: Mask, start: Values | None = None) -> Rough:
    """Half-way crossings outwards from ``start`` ``(n,)`` (or 0) in profiles ``(n, k)``, ``offsets`` equally far apart.

    The levels of background and crack, and the middle, are found in turns.
    """
    count = len(grey)
    outer = np.abs(offsets) >= 0.6 * offsets[-1]
    background = _median(np.where(inside[:, outer], grey[:, outer], np.nan))
    none = np.isnan(background)
    if none.any():
        background[none] = _median(grey[none])
    middle = np.zeros(count) if start is None else start
    half = np.full(count, 0.75)
    for _ in range(3):
        level = _level_inside(grey, offsets, middle, half)
        left, right = _crossed(grey, offsets, middle, (background + level) / 2)
        middle, half = (left + right) / 2, np.maximum((right - left) / 2, 0.5)
        surface = _beside(grey, offsets, inside, middle, half)
        beside_it = _median(surface)
        background = np.where(np.isnan(beside_it), background, beside_it)  # a crack as wide as its profile has none
    level = _level_inside(grey, offsets, middle, half)
    noise = 1.4826 * _median(np.abs(surface - background[:, None]))
    return Rough(left, right, background, background - level, np.fmax(noise, 0.5))


def _level_inside(grey: Values, offsets: Values, middle: Values, half: Values) -> Values:
    """The mean grey in the inner half of each crack."""
    core = np.abs(offsets - middle[:, None]) <= np.maximum(0.5 * half, 0.6)[:, None]
    return np.asarray((grey * core).sum(axis=1) / np.count_nonzero(core, axis=1))


def _beside(grey: Values, offsets: Values, inside: Mask, middle: Values, half: Values) -> Values:
    """``(n, m)``: the grey of the surface a few pixels beside each crack, in any order, NaN where there is no more.

    Where the photograph or the profile ends before, it is all that lies beyond the crack.
    """
    near, far = _SURFACE_PX
    step = offsets[1] - offsets[0]
    run = np.arange(int(np.ceil((far - near) / step)) + 2)
    starts = np.stack([middle - half - far, middle + half + near], axis=1)
    columns = np.floor((starts - offsets[0]) / step).astype(np.intp)[:, :, None] + run
    columns = columns.reshape(len(grey), -1)
    kept = np.clip(columns, 0, len(offsets) - 1)
    away = np.abs(offsets[kept] - middle[:, None]) - half[:, None]
    places = kept + np.arange(len(grey))[:, None] * len(offsets)
    taken = (away > near) & (away < far) & (columns == kept) & inside.ravel().take(places)
    found = np.where(taken, grey.ravel().take(places), np.nan)
    rows = np.flatnonzero(~taken.any(axis=1))
    if len(rows):
        found = np.pad(found, ((0, 0), (0, max(0, len(offsets) - found.shape[1]))), constant_values=np.nan)
        beyond = np.abs(offsets - middle[rows, None]) - half[rows, None] > 1.0
        found[rows, : len(offsets)] = np.where(beyond, grey[rows], np.nan)
    return found


def _crossed(grey: Values, offsets: Values, middle: Values, limit: Values) -> tuple[Values, Values]:
    """Where the profile first rises above ``limit`` on the left and on the right of ``middle``, between samples."""
    above = grey > limit[:, None]
    rows = np.arange(len(grey))
    last = len(offsets) - 1
    start = np.clip(np.rint((middle - offsets[0]) / (offsets[1] - offsets[0])).astype(int), 1, last - 1)
    columns = np.arange(len(offsets), dtype=np.int32)
    before = columns < start[:, None].astype(np.int32)
    to_left = (above & before)[:, ::-1].argmax(axis=1)
    before[rows, start] = True
    to_right = (above & ~before).argmax(axis=1)
    back = np.where(above[rows, last - to_left] & (last - to_left < start), last - to_left, 0)
    first = np.where(above[rows, to_right] & (to_right > start), to_right, last)

    def between(outer: npt.NDArray[np.intp], inner: npt.NDArray[np.intp]) -> Values:
        high, low = grey[rows, outer], grey[rows, inner]
        share = np.clip((limit - low) / np.where(np.abs(high - low) < 1e-6, 1e-6, high - low), 0.0, 1.0)
        return np.asarray(offsets[inner] + share * (offsets[outer] - offsets[inner]))

    return between(back, np.minimum(back + 1, last)), between(first, np.maximum(first - 1, 0))


def _median(values: Values) -> Values:
    """Row by row, of those that are numbers; NaN where none is."""
    ordered = np.sort(values, axis=1)  # NaN comes last
    count = np.count_nonzero(~np.isnan(values), axis=1)
    rows = np.arange(len(values))
    low, high = np.maximum((count - 1) // 2, 0), np.minimum(count // 2, values.shape[1] - 1)
    return np.asarray((ordered[rows, low] + ordered[rows, high]) / 2)
