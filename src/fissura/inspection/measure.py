"""Coarse lines to measured ones: the centre to a fraction of a pixel, the width at each of its points.

Every line is moved onto its crack and straightened, and both edges are fitted at all of its profiles (``fits``); here
that becomes what is measured at each of its points, with its uncertainty, between ends cut back to where it is seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from fissura.images import Pixels
from fissura.inspection.doubt import doubt, shown
from fissura.inspection.edges import Edges
from fissura.inspection.fits import fits_of
from fissura.inspection.profiles import Profiles, Values, onward, smoothed
from fissura.inspection.record import Points
from fissura.inspection.second_look import second_look
from fissura.inspection.straight import STRIDE, Straightened
from fissura.inspection.trace import CoarseTrace

_CENTRE_PX = 2.0  # the centre is smoothed along the line with this deviation, or a third of the crack's width
_END_SIGNAL = 2.5  # a free end is where the crack's signal sinks below so many deviations of the surface's
_END_ALONG_PX = 3.0
_BAD_FIT = 3.0
_BORDER_PX = 6.0  # a line that ends nearer to the border goes on to it
_ALONG_PX, _HEADING_PX = 24, 4.0  # if it came so much nearer over so long a way; else it runs along the border
_INSIDE = slice(3, 8)  # fits from the end, where a crack that ends bluntly has its full darkness
_NEIGHBOURS = 21  # fits whose median an edge is compared with
_JUMP_PX = 0.9
_SURFACE_PX = 3.0  # of the surface must be seen on both sides


@dataclass(frozen=True, eq=False)
class MeasuredLine:
    """A line with what was measured at each of its points; all ``(n,)`` but for ``points``.

    Attributes:
        points: ``(n, 2)`` px, about 1 px apart, on the middle of the crack.
        width: px, the best estimate, also where it is too narrow to be called measured.
        error: px, standard uncertainty of the width, all told.
        scatter: px, what of the fit's own uncertainty differs from place to place.
        background, depth: grey levels beside it, and missing in it.
        signal: how much darker it is, in standard deviations of what the fit leaves over.
        seen: bool, whether both edges are seen: the surface beside is in the photograph and nothing touches the crack.
        loose: whether its first and its last point are free ends.
    """

    points: Points
    width: Values
    error: Values
    scatter: Values
    background: Values
    depth: Values
    signal: Values
    seen: npt.NDArray[np.bool_]
    loose: tuple[bool, bool]

    @property
    def length(self) -> float:
        """Along the points, px."""
        return float(np.hypot(*np.diff(self.points, axis=0).T).sum())


@dataclass(frozen=True, eq=False)
class MeasuredTrace:
    """A connected crack, measured.

    Attributes:
        lines: the longest way first.
        sign: 1 for a dark crack, -1 for a bright one.
        darkness, darkness_error: share of the light that is missing in it; of a bright one, in the negative.
        log_odds: of the map's cells along it.
        goes_on: whether at a free end the photograph shows a line that goes on: see ``beyond``.
    """

    lines: tuple[MeasuredLine, ...]
    sign: int
    darkness: float
    darkness_error: float
    log_odds: npt.NDArray[np.float32]
    goes_on: bool = False


def measured(pixels: Pixels, traces: Sequence[CoarseTrace]) -> tuple[list[MeasuredTrace], tuple[float, float] | None]:
    """(the traces measured on the photograph ``(h, w)``, its blur and the blur's standard uncertainty in px)."""
    size_hw = (pixels.shape[0], pixels.shape[1])
    fits = fits_of(pixels, traces)
    found = [
        MeasuredTrace(
            tuple(measured_line(line, fit, fits.blur_px, size_hw) for line, fit in lines),
            sign,
            *darkness,
            trace.log_odds,
        )
        for trace, lines, sign, darkness in zip(traces, fits.lines, fits.signs, fits.darkness, strict=True)
    ]
    return found, fits.blur


def drawn_out(line: Straightened, size_hw: tuple[int, int]) -> tuple[bool, bool]:
    """Which of the two ends are free and lie inside the photograph, or near its border without heading there."""
    limit, back = np.array(size_hw) - 1.0, min(_ALONG_PX, len(line.points) - 1)
    near, before = (
        np.minimum(points, limit - points).min(axis=1)
        for points in (line.points[[0, -1]], line.points[[back, -1 - back]])
    )
    inside = (near > _BORDER_PX) | (before < near + _HEADING_PX)
    return line.loose[0] and bool(inside[0]), line.loose[1] and bool(inside[1])


def measured_line(line: Straightened, fit: Edges, blur: float, size_hw: tuple[int, int]) -> MeasuredLine:
    """What the final fit of one line says at all of its points."""
    from scipy.ndimage import gaussian_filter1d

    profiles = line.profiles
    left, right = second_look(profiles, fit, blur)
    error = doubt(shown(profiles, fit, left, right, blur))
    fit = replace(fit, left=left, right=right)
    at = np.arange(len(line.points), dtype=float)
    fits_at = np.arange(len(fit.left), dtype=float) * STRIDE

    def everywhere(values: Values) -> Values:
        return np.asarray(np.interp(at, fits_at, values))

    left, right, even = _undisturbed(fit)
    left, right = profiles.cut_back(left, right, STRIDE)
    middle = np.clip((left + right) / 2, profiles.offsets[0], profiles.offsets[-1])
    even &= _both_sides(profiles, fit)
    trusted = np.where(even, 1.0, 0.05) / np.maximum(fit.centre_error, 0.05) ** 2
    over = max(_CENTRE_PX, float(np.median(right - left)) / 3)
    # not turned about the end, which is the least to be trusted: there it would be what the last fit says alone
    sums = gaussian_filter1d(
        np.stack([everywhere(middle * trusted), everywhere(trusted)]), over, mode="nearest", output=np.float64
    )
    shift = sums[0] / np.maximum(sums[1], 1e-9)
    normals = np.stack([everywhere(profiles.normals[:, k]) for k in (0, 1)], axis=1)
    points = line.points + normals * shift[:, None]
    free = drawn_out(line, size_hw)
    first, last = _ends(fit, free)
    start, stop = first * STRIDE, min(last * STRIDE + STRIDE, len(points))
    start = min(start, max(0, stop - 2))
    columns = [
        *(right - left, error, fit.width_scatter, fit.background, fit.depth, _signal(fit)),
        even.astype(np.float64),
    ]
    table = np.stack([everywhere(column)[start:stop] for column in columns], axis=1)
    kept = onward(points[start:stop], normals[start:stop])
    points, table = points[start:stop][kept], table[kept]
    for end in (0, 1):
        if line.loose[end] and not free[end]:
            points, table = _to_border(points, table, end, size_hw)
    points, table = _in_sight(points, table, size_hw)
    width, error, scatter, background, depth, signal, seen = table.T
    return MeasuredLine(points, width, error, scatter, background, depth, signal, seen > 0.9, line.loose)


def _to_border(points: Points, table: Values, end: int, size_hw: tuple[int, int]) -> tuple[Points, Values]:
    """A line and the columns beside it, drawn out straight at one end to the photograph's border."""
    if end == 0:
        points, table = points[::-1], table[::-1]
    along = points[-1] - points[max(0, len(points) - 9)]
    along /= max(float(np.hypot(*along)), 1e-9)
    steps = points[-1] + np.arange(1, 25)[:, None] * along
    inside = ((steps >= -0.5) & (steps <= np.array(size_hw) - 0.5)).all(axis=1)
    count = int(inside.argmin()) if not inside.all() else 0
    points = np.concatenate([points, steps[:count]])
    table = np.concatenate([table, np.repeat(table[-1:], count, axis=0)])
    table[len(table) - count :, -1] = 0.0  # its width is a guess there
    return (points[::-1], table[::-1]) if end == 0 else (points, table)


def _in_sight(points: Points, table: Values, size_hw: tuple[int, int]) -> tuple[Points, Values]:
    """A line and the columns beside it, without ends that lie beyond the photograph's border."""
    limit = np.array(size_hw) - 0.5
    inside = np.flatnonzero(((points >= -0.5) & (points <= limit)).all(axis=1))
    if len(inside) > 1:
        points, table = points[inside[0] : inside[-1] + 1], table[inside[0] : inside[-1] + 1]
    return np.clip(points, -0.5, limit), table


def _undisturbed(fit: Edges) -> tuple[Values, Values, npt.NDArray[np.bool_]]:
    """(left, right, whether the place is undisturbed), all ``(n,)``.

    Where a pore, a stain or a broken edge touches the crack, one edge jumps away from its neighbours for a short way;
    it is put back to their median. A crack that is wider for longer than half of the window keeps its width.
    """
    from scipy.ndimage import binary_dilation, median_filter

    width = fit.width
    usual = [
        median_filter(each, _NEIGHBOURS, mode="nearest", output=np.float64) for each in (fit.left, fit.right, width)
    ]
    away = [each - middle for each, middle in zip((fit.left, fit.right, width), usual, strict=True)]
    most = np.maximum(1.2, 0.25 * usual[2])
    limits = [np.clip(3.5 * 1.4826 * np.median(np.abs(each)), _JUMP_PX, most) for each in away]
    jumps = (np.abs(away[2]) > limits[2]) & ((np.abs(away[0]) > limits[0]) | (np.abs(away[1]) > limits[1]))
    even = ~binary_dilation(jumps, iterations=2)
    return np.where(even, fit.left, usual[0]), np.where(even, fit.right, usual[1]), even


def _both_sides(profiles: Profiles, fit: Edges) -> npt.NDArray[np.bool_]:
    """``(n,)``: whether the surface is seen for some pixels on both sides of the crack."""
    first, last = (fit.left - _SURFACE_PX)[:, None], (fit.right + _SURFACE_PX)[:, None]
    within = (profiles.offsets >= first) & (profiles.offsets <= last)
    looked_at = (first[:, 0] >= profiles.offsets[0]) & (last[:, 0] <= profiles.offsets[-1])
    return np.asarray((profiles.inside | ~within).all(axis=1) & looked_at)


def _signal(fit: Edges) -> Values:
    """``(n,)``: how much darker the crack is than the surface, after the blur, in deviations of what the fit leaves."""
    return np.asarray(_missing(fit) / fit.misfit)


def _missing(fit: Edges) -> Values:
    """``(n,)``: about how many grey levels are missing in the middle of the crack, after the blur."""
    return np.asarray(fit.depth * fit.width / np.maximum(fit.width, 2.5 * fit.blur))


def _ends(fit: Edges, loose: tuple[bool, bool]) -> tuple[int, int]:
    """(first, last) fit between which a crack is seen: its free ends were drawn out and are cut back."""
    signal = smoothed(_signal(fit), _END_ALONG_PX / STRIDE)
    seen = np.flatnonzero(signal >= _END_SIGNAL)
    if len(seen) == 0:
        return 0, len(signal) - 1
    most = len(signal) // 3
    # where the line was drawn out beyond the crack, its profiles look at anything, and are fitted badly
    fits = fit.misfit <= _BAD_FIT * np.median(fit.misfit) + 1.0
    missing = np.where(fits, _missing(fit), 0.0)
    first = min(int(seen[0]) + _blunt(missing[seen[0] :]), most) if loose[0] else 0
    last = max(int(seen[-1]) - _blunt(missing[: seen[-1] + 1][::-1]), len(signal) - 1 - most)
    return first, last if loose[1] else len(signal) - 1


def _blunt(missing: Values) -> int:
    """How many fits from a free end the crack begins: where a third of the light is missing that is, further in.

    Half of it would be right for an end cut square; most cracks thin out.
    """
    inside = missing[_INSIDE]
    if len(inside) == 0:
        return 0
    return int((missing >= np.median(inside) / 3).argmax())
