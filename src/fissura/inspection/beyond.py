"""Beyond a free end: whether the photograph shows a line that goes on where the trace of a crack stops.

A trace ends where the detector's map does, which in what it takes for a joint or a cable may be before the crack's own
end. Then its length says too little, and no uncertainty of the traced line tells by how much.
"""

from __future__ import annotations

import numpy as np

from fissura.images import Pixels
from fissura.inspection.measure import MeasuredLine, MeasuredTrace
from fissura.inspection.profiles import Values, across
from fissura.inspection.record import Points

_FROM_PX, _TO_PX = 5.0, 25.0  # beyond the end: nearer, the end itself is blurred; further, it may be another line
_AHEAD_PX = 30  # of the line before the end, that say where it heads and how dark it is
_TURN = 0.35  # px to the side for each px ahead that the line may have turned
_AS_DARK = 0.6  # of the crack's own depth, in the middle of the places beyond
_EVERYWHERE = 0.2  # and at nine of ten of them


def goes_on(pixels: Pixels, trace: MeasuredTrace) -> bool:
    """Whether at some free end of ``trace`` as dark a line (as bright a one, of a bright crack) goes on."""
    return any(line_beyond(pixels, line, end, trace.sign) for line in trace.lines for end in (0, 1) if line.loose[end])


def line_beyond(pixels: Pixels, line: MeasuredLine, end: int, sign: int) -> bool:
    """Whether a line as dark goes on at the first (``end`` 0) or last (1) point; as bright, where ``sign`` is -1."""
    order = slice(None, None, -1) if end == 0 else slice(None)
    points, some = line.points[order], min(_AHEAD_PX, len(line.points))
    if some < _AHEAD_PX // 2:
        return False
    near = slice(len(points) - some, len(points) - some // 4)  # before the very end
    depth, width = (float(np.median(values[order][near])) for values in (line.depth, line.width))
    if depth <= 0 or width <= 0:
        return False
    along = points[-1] - points[len(points) - some]
    along = along / max(float(np.hypot(*along)), 1e-9)
    grey = _ahead(pixels, points[-1], along, width)
    if grey is None:
        return False
    offsets, values = grey
    values = values if sign > 0 else 255.0 - values
    steps = np.arange(_FROM_PX, _TO_PX)[:, None]
    inside = np.abs(offsets) <= 1.5 + _TURN * steps
    beside = np.where(np.abs(offsets) > 1.5 + _TURN * steps + width / 2, values, np.nan)
    light = np.nanmedian(beside, axis=1)
    darkest = np.where(inside, values, np.inf).min(axis=1)
    missing = (light - darkest) / depth
    return bool(np.median(missing) >= _AS_DARK and np.quantile(missing, 0.1) >= _EVERYWHERE)


def _ahead(pixels: Pixels, at: Points, along: Points, width: float) -> tuple[Values, Values] | None:
    """(offsets across ``(k,)``, grey ``(steps, k)``) ahead, smoothed over most of the width; None beyond the border."""
    from scipy.ndimage import uniform_filter1d

    places = at + np.arange(_FROM_PX, _TO_PX)[:, None] * along
    if (places < 0).any() or (places > np.array(pixels.shape) - 1).any():
        return None
    profiles = across(pixels, places, 1.5 + _TURN * _TO_PX + width / 2 + max(8.0, width), step=1.0)
    grey = uniform_filter1d(profiles.grey, max(1, round(0.7 * width)), axis=1, mode="nearest")
    return profiles.offsets, uniform_filter1d(grey, 3, axis=0, mode="nearest")
