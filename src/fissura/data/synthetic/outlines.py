"""How wide drawn cracks are, measured on their outlines in the final picture: the truth that a measurement has.

The width with which a stroke was drawn is a nominal one. A rough line swept by a varying width covers what its widest
and most winding places reach, and where two strokes meet they cover one opening: what is seen, and all that can be
measured, is the distance between the two outlines across the middle line.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fissura.data.synthetic.scene import NARROWEST_PX, Scene
from fissura.data.synthetic.strokes import Stroke, resampled
from fissura.data.synthetic.view import Points

Values = npt.NDArray[np.float64]

ALONG_PX = 1.5
"""Widths are means along the line, weighed by a Gaussian of this standard deviation, as those measured are."""

_STEP_PX = 0.25
_NOTHING = 0.03  # share of a pixel below which it holds no crack
_TURNS = 2
_BORDER_PX = 2 * ALONG_PX  # nearer to the picture's border the mean along the line holds what is not in it
_BESIDE_PX = 4.0  # another line nearer than this to the crack's edge: whose width is whose cannot be said


@dataclass(frozen=True, eq=False)
class Outlined:
    """One line of a drawn crack.

    Attributes:
        points: ``(n, 2)`` px, about 1 px apart, half-way between the two outlines, and as smooth as a measured centre
            line: a kink shorter than 2 px, or than a third of the pen's width, is none.
        width: ``(n,)`` px, between the outlines.
        pen: ``(n,)`` px, the width of the pen that drew it.
        seen: ``(n,)`` bool, whether the crack is seen there: in the picture, nothing before it.
        clear: ``(n,)`` bool, whether its width is beyond doubt: seen, both outlines in the picture, no other line near.
    """

    points: Points
    width: Values
    pen: Values
    seen: npt.NDArray[np.bool_]
    clear: npt.NDArray[np.bool_]


def outlined(scene: Scene) -> tuple[Outlined, ...]:
    """The lines of the scene's cracks that are seen at all, each with its width between the outlines."""
    from scipy.ndimage import maximum_filter

    lines = []
    shown = maximum_filter(scene.mask, 3)  # a hairline's mask is one pixel wide: its line's own pixel may lie beside it
    for crack in scene.cracks:
        points, nominal = crack.points[:, :2], crack.points[:, 2]
        if len(points) < 3:
            continue
        even = resampled(Stroke(points, nominal / 2, nominal / 2), 1.0)
        lines.append((even.points, even.width))
    found = []
    for index, (points, nominal) in enumerate(lines):
        cells = np.clip(np.rint(points).astype(int), 0, np.array(scene.mask.shape) - 1)
        inside = ((points >= -0.5) & (points <= np.array(scene.mask.shape) - 0.5)).all(axis=1)
        seen = inside & (nominal >= NARROWEST_PX) & shown[cells[:, 0], cells[:, 1]]
        if not seen.any():
            continue
        middle, width, whole = _between_outlines(scene.opening, scene.coverage, points, nominal)
        alone = _alone(lines, index)
        found.append(Outlined(middle, width, nominal, seen, seen & whole & alone & (width >= NARROWEST_PX)))
    return tuple(found)


def _between_outlines(
    opening: npt.NDArray[np.float32], shown: npt.NDArray[np.float32], points: Points, nominal: Values
) -> tuple[Points, Values, npt.NDArray[np.bool_]]:
    """(the middle line, its width, whether all of the crack across it is in the picture and nothing before it)."""
    from scipy.ndimage import gaussian_filter1d, map_coordinates

    usual = float(np.median(nominal))
    ruler = max(2.0, usual / 3)
    reach = 0.75 * float(nominal.max()) + 6.0
    count = int(np.ceil(reach / _STEP_PX))
    offsets = np.arange(-count, count + 1, dtype=np.float64) * _STEP_PX
    width = np.asarray(nominal, dtype=np.float64)
    whole = np.ones(len(points), dtype=np.bool_)
    for _ in range(_TURNS):
        points = _smooth(points, ruler)
        along = np.gradient(_smooth(points, 2.0), axis=0)
        along /= np.maximum(np.hypot(*along.T), 1e-9)[:, None]
        normals = np.stack([along[:, 1], -along[:, 0]], axis=1)
        places = points[:, :, None] + normals[:, :, None] * offsets
        share = map_coordinates(opening, [places[:, 0], places[:, 1]], order=1, cval=0.0, output=np.float64)
        share = np.asarray(gaussian_filter1d(share, ALONG_PX, axis=0, mode="nearest"), dtype=np.float64)
        first, last = _run(share, offsets, nominal)
        held = (np.arange(len(offsets)) >= first[:, None]) & (np.arange(len(offsets)) <= last[:, None])
        width = (share * held).sum(axis=1) * _STEP_PX
        middle = (share * held * offsets).sum(axis=1) * _STEP_PX / np.maximum(width, 1e-6)
        limit = np.array(opening.shape) - 1.0
        edges = points[:, None, :] + normals[:, None, :] * np.stack([offsets[first], offsets[last]], axis=1)[:, :, None]
        within = ((edges >= _BORDER_PX) & (edges <= limit - _BORDER_PX)).all(axis=(1, 2))
        whole = np.asarray(within & (last - first < len(offsets) - 2))
        hidden = map_coordinates(opening - shown, [places[:, 0], places[:, 1]], order=1, output=np.float64) * held
        whole &= gaussian_filter1d(hidden, 2 * ALONG_PX, axis=0, mode="nearest").max(axis=1) < _NOTHING
        if whole.any():  # elsewhere what is in the picture of the crack has its middle elsewhere
            at = np.arange(len(points))
            shift = gaussian_filter1d(np.interp(at, at[whole], middle[whole]), ruler, mode="nearest")
            points = points + normals * shift[:, None]
    return _smooth(points, ruler), width, whole


def _run(share: Values, offsets: Values, nominal: Values) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """First and last column of the unbroken crack around the place of ``(n, k)`` that is most crack near the line."""
    near = np.abs(offsets) <= np.maximum(nominal / 2, 1.0)[:, None]
    start = np.where(near, share - 1e-3 * np.abs(offsets), -1.0).argmax(axis=1)
    columns = np.arange(len(offsets))
    none = share < _NOTHING
    right = none & (columns > start[:, None])
    last = np.where(right.any(axis=1), right.argmax(axis=1), len(offsets) - 1)
    left = (none & (columns < start[:, None]))[:, ::-1]
    first = np.where(left.any(axis=1), len(offsets) - 1 - left.argmax(axis=1), 0)
    return first, last


def _alone(lines: Sequence[tuple[Points, Values]], index: int) -> npt.NDArray[np.bool_]:
    """``(n,)``: where no other line's crack comes near that of line ``index``."""
    from scipy.spatial import cKDTree

    points, width = lines[index]
    alone = np.ones(len(points), dtype=np.bool_)
    for number, (others, theirs) in enumerate(lines):
        there = theirs >= NARROWEST_PX
        if number != index and there.any():
            away, nearest = cKDTree(others[there]).query(points)
            alone &= away > (width + theirs[there][nearest]) / 2 + _BESIDE_PX
    return alone


def _smooth(values: Points, sigma: float) -> Points:
    """``(n, 2)`` smoothed along its first axis, turned about the end points, which stay."""
    from scipy.ndimage import gaussian_filter1d

    reach = int(4 * sigma + 1)
    padded = np.pad(values, [(reach, reach), (0, 0)], mode="reflect", reflect_type="odd")
    return np.asarray(gaussian_filter1d(padded, sigma, axis=0)[reach : reach + len(values)])
