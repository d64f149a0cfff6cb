"""Coarse lines to measured ones: the centre to a fraction of a pixel, the width at each of its points.

Three passes. First every line is moved onto the crack and straightened. Then all profiles of the photograph together
tell its blur, and those of each crack how dark it is where it is wide enough to show it. Last, with both known, each
profile is fitted, which makes the narrow ones measurable.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from fissura.inspection.doubt import doubt, shown
from fissura.inspection.edges import (
    ANY_BLUR_ERROR_PX,
    ANY_BLUR_PX,
    Edges,
    Known,
)
from fissura.inspection.fit import Bundle, fitted
from fissura.inspection.pooling import pooled
from fissura.inspection.profiles import Profiles, Values, smoothed
from fissura.inspection.record import Points
from fissura.inspection.second_look import second_look
from fissura.inspection.straight import STRIDE, Pixels, Straightened, straightened
from fissura.inspection.trace import CoarseTrace

Value = TypeVar("Value")

ANY_DARKNESS, ANY_DARKNESS_ERROR = 0.7, 0.25
"""Share of the light that is missing in a crack, where nothing else is known of it."""

_TELLING = 150  # profiles per line that are asked for blur and darkness
_TELLING_IN_ALL = 1500  # of all lines together, for the blur: there is one of it
_CENTRE_PX = 2.0  # the centre is smoothed along the line with this deviation, or a third of the crack's width
_END_SIGNAL = 2.5  # a free end is where the crack's signal sinks below so many deviations of the surface's
_END_ALONG_PX = 3.0
_BAD_FIT = 3.0
_BORDER_PX = 6.0  # a line that ends nearer to the border goes on to it
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
        darkness, darkness_error: share of the light that is missing in it (comes in addition, where it is bright).
        log_odds: of the map's cells along it.
    """

    lines: tuple[MeasuredLine, ...]
    sign: int
    darkness: float
    darkness_error: float
    log_odds: npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Fits:
    """The traces of a photograph with the fits to all of their profiles.

    Attributes:
        lines: of each trace, straightened, each beside its fit.
        signs: of each trace, 1 for a dark crack and -1 for a bright one.
        darkness: of each trace, the share of the light missing in it, and its standard uncertainty.
        blur: of the photograph, and its standard uncertainty, px; None where nothing tells it.
    """

    lines: tuple[tuple[tuple[Straightened, Edges], ...], ...]
    signs: tuple[int, ...]
    darkness: tuple[tuple[float, float], ...]
    blur: tuple[float, float] | None

    @property
    def blur_px(self) -> float:
        """The photograph's blur, px; what is usual where nothing tells it."""
        return self.blur[0] if self.blur else ANY_BLUR_PX


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


def fits_of(pixels: Pixels, traces: Sequence[CoarseTrace]) -> Fits:
    """The traces moved onto their cracks, and both edges fitted at all of their profiles."""
    straight = [straightened(pixels, trace) for trace in traces]
    lines = [line for _, of_trace in straight for line in of_trace]
    blur = photograph_blur(lines)
    known = blur or (ANY_BLUR_PX, ANY_BLUR_ERROR_PX)
    tried = fitted([_telling(line, known) for line in lines])
    darkness = [trace_darkness(fits) for fits in _by_trace(tried, traces)]
    spreads = [(of_it, spread) for trace, (of_it, _, spread) in zip(traces, darkness, strict=True) for _ in trace.lines]
    fits = fitted([_whole(line, known, *spread) for line, spread in zip(lines, spreads, strict=True)])
    return Fits(
        tuple(tuple(each) for each in _by_trace(zip(lines, fits, strict=True), traces)),
        tuple(sign for sign, _ in straight),
        tuple((of_it, error) for of_it, error, _ in darkness),
        blur,
    )


def _by_trace(values: Iterable[Value], traces: Sequence[CoarseTrace]) -> list[list[Value]]:
    """What there is for each line, in lists of those of each trace."""
    remaining = iter(values)
    return [[next(remaining) for _ in trace.lines] for trace in traces]


def photograph_blur(lines: Sequence[Straightened]) -> tuple[float, float] | None:
    """(blur, its standard uncertainty) in px, of all lines together; None where there is none."""
    asked = sum(min(len(line.rough.left), _TELLING) for line in lines)
    every = max(1, -(-asked // _TELLING_IN_ALL))
    if not lines:
        return None
    parts = fitted([_telling(line, (ANY_BLUR_PX, ANY_BLUR_ERROR_PX), every) for line in lines])
    values = np.concatenate([part.blur for part in parts])
    errors = np.concatenate([part.blur_error for part in parts])
    solid = np.concatenate([part.depth > 3 * part.misfit for part in parts])
    blur, error, _ = pooled(values, errors, ANY_BLUR_PX, ANY_BLUR_ERROR_PX, solid)
    return blur, float(np.hypot(error, 0.02))


def trace_darkness(parts: Sequence[Edges]) -> tuple[float, float, float]:
    """(share of the light missing in a crack, its standard uncertainty, how far single places may lie off it)."""
    background = np.concatenate([part.background for part in parts])
    background = np.maximum(background, 1.0)
    depth = np.concatenate([part.depth for part in parts]) / background
    errors = np.concatenate([part.depth_error for part in parts]) / background
    solid = np.concatenate([part.depth > 3 * part.misfit for part in parts])
    darkness, error, scatter = pooled(depth, errors, ANY_DARKNESS, ANY_DARKNESS_ERROR, solid)
    return darkness, error, float(np.hypot(error, np.clip(scatter, 0.03, ANY_DARKNESS_ERROR)))


def _telling(line: Straightened, blur: tuple[float, float], every: int = 1) -> Bundle:
    """The widest profiles of a line, each ``every``-th of them, to be fitted with nothing known of the crack."""
    rough, profiles = line.rough, line.profiles
    order = np.argsort(rough.left - rough.right, kind="stable")
    first = min(every // 2, min(len(order), _TELLING) - 1)
    rows = np.sort(order[first:_TELLING:every])
    background = np.maximum(rough.background[rows], 1.0)
    known = Known(ANY_DARKNESS * background, ANY_DARKNESS_ERROR * background, *blur)
    return Bundle(profiles.grey[rows], profiles.offsets, profiles.inside[rows], rough.of(rows), known)


def _whole(line: Straightened, blur: tuple[float, float], darkness: float, spread: float) -> Bundle:
    """All profiles of a line, to be fitted with its crack's darkness known up to ``spread``."""
    background = np.maximum(line.rough.background, 1.0)
    known = Known(darkness * background, spread * background, *blur)
    return Bundle(line.profiles.grey, line.profiles.offsets, line.profiles.inside, line.rough, known)


def drawn_out(line: Straightened, size_hw: tuple[int, int]) -> tuple[bool, bool]:
    """Which of the two ends are free and lie inside the photograph, not at its border."""
    limit = np.array(size_hw) - 1.0
    ends = line.points[[0, -1]]
    nearest = np.minimum(ends, limit - ends).min(axis=1)
    return line.loose[0] and bool(nearest[0] > _BORDER_PX), line.loose[1] and bool(nearest[1] > _BORDER_PX)


def measured_line(line: Straightened, fit: Edges, blur: float, size_hw: tuple[int, int]) -> MeasuredLine:
    """What the final fit of one line says at all of its points."""
    profiles = line.profiles
    left, right = second_look(profiles, fit, blur)
    error = doubt(shown(profiles, fit, left, right, blur))
    fit = replace(fit, left=left, right=right)
    at = np.arange(len(line.points), dtype=float)
    fits_at = np.arange(len(fit.left), dtype=float) * STRIDE

    def everywhere(values: Values) -> Values:
        return np.asarray(np.interp(at, fits_at, values))

    left, right, even = _undisturbed(fit)
    middle = np.clip((left + right) / 2, profiles.offsets[0], profiles.offsets[-1])
    even &= _both_sides(profiles, fit)
    trusted = np.where(even, 1.0, 0.05) / np.maximum(fit.centre_error, 0.05) ** 2
    over = max(_CENTRE_PX, float(np.median(right - left)) / 3)
    weights = smoothed(everywhere(trusted), over)
    shift = smoothed(everywhere(middle * trusted), over) / np.maximum(weights, 1e-9)
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
    points = points[start:stop]
    for end in (0, 1):
        if line.loose[end] and not free[end]:
            points, table = _to_border(points, table, end, size_hw)
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
