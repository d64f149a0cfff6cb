"""Which places along a crack can be called measured, and how wide it is there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fissura.inspection.measure import MeasuredLine
from fissura.inspection.profiles import Values, smoothed
from fissura.inspection.record import Points

NARROWEST_PX = 2.5
"""Crack widths below this, or below three and a half times the blur, are not called measured.

Drawn cracks 2 px wide come out 0.2 px wider than they are, in the sharpest photographs too, and are not doubted for it.
"""

NARROWEST_BLURS = 3.5
LEAST_SIGNAL = 8.0
"""Nor are those of cracks hardly darker than the surface is rough: by so many deviations of what the fit leaves."""

MOST_ERROR, MOST_ERROR_PX = 0.25, 0.6
"""Nor are those whose uncertainty is more than a quarter of them and more than 0.6 px: they have no two clear edges."""

_FORK_PX = 3.0  # around a fork no width is measured, this much beyond the cracks that meet
_ALONG = 0.8  # of a width's uncertainty: so much goes on all along a crack and does not average out
_LOCAL_PX = 8.0


@dataclass(frozen=True, eq=False)
class Widths:
    """The widths of one line, judged; all ``(n,)``.

    Attributes:
        ok: where the width can be called measured.
        usable: where it may be summed up, however narrow: the surface is seen on both sides, no fork, no end.
        unclear: where it is wide enough to be measured, but has no two clear edges.
        value: px, drawn towards their neighbourhood by as much as they are noise.
        error: px, standard uncertainty, all told.
        common: px, the part of it that is the same all along.
    """

    ok: npt.NDArray[np.bool_]
    usable: npt.NDArray[np.bool_]
    unclear: npt.NDArray[np.bool_]
    value: Values
    error: Values
    common: Values


def judged(lines: Sequence[MeasuredLine], blur: float) -> list[Widths]:
    """The widths of each line of a trace."""
    return [_judged_line(line, usable, blur) for line, usable in zip(lines, places_to_measure(lines), strict=True)]


def _judged_line(line: MeasuredLine, usable: npt.NDArray[np.bool_], blur: float) -> Widths:
    narrowest = max(NARROWEST_PX, NARROWEST_BLURS * blur)
    # whether a place is wide and dark enough is asked of its neighbourhood: asked of each noisy value, only those that
    # came out too wide would be left
    at = np.arange(len(usable))
    width = np.interp(at, at[usable], line.width[usable]) if usable.any() else line.width
    local = smoothed(width, _LOCAL_PX)
    wide = usable & (local >= narrowest)
    varies = smoothed((width - local) ** 2, 2 * _LOCAL_PX)
    # Source: W. James, C. Stein (1961), Proc. 4th Berkeley Symp. 1, 361-379, with the known noise of each
    share = np.clip(1 - line.scatter**2 / np.maximum(varies, 1e-6), 0.0, 1.0)
    clear = smoothed(line.signal, _LOCAL_PX / 2) >= LEAST_SIGNAL
    clear &= smoothed(line.error, _LOCAL_PX / 2) <= np.maximum(MOST_ERROR_PX, MOST_ERROR * local)
    value = local + share * (width - local)
    told = wide & clear & (value > 0)  # where an edge was moved beyond the other in the second look, there is none
    return Widths(told, usable, wide & ~told, value, line.error, _ALONG * line.error)


def places_to_measure(lines: Sequence[MeasuredLine]) -> list[npt.NDArray[np.bool_]]:
    """``(n,)`` of each line: points whose profile shows no other line of the trace, and the surface on both sides."""
    return [own & line.seen for own, line in zip(on_their_own(lines), lines, strict=True)]


def on_their_own(lines: Sequence[MeasuredLine]) -> list[npt.NDArray[np.bool_]]:
    """``(n,)`` of each line: points whose profile shows no other line of the trace and lies across no free end."""
    width = [float(np.median(line.width)) for line in lines]
    ends = [(number, end) for number, line in enumerate(lines) for end in (0, -1) if not line.loose[end]]
    forks = np.array([lines[number].points[end] for number, end in ends]).reshape(-1, 2)
    meeting = np.array([width[number] for number, _ in ends])
    found = []
    for index, line in enumerate(lines):
        usable = np.ones(len(line.points), dtype=np.bool_)
        clear = (width[index] + meeting) / 2 + _FORK_PX
        for fork in _nearby(line.points, forks, clear + 1.0):
            within = clear[fork]
            if ends[fork][0] == index:  # at its own end it meets the main line
                nearest = int(np.hypot(*(lines[0].points - forks[fork]).T).argmin())
                within = (width[index] + float(lines[0].width[nearest])) / 2 + _FORK_PX
            usable &= np.hypot(*(line.points - forks[fork]).T) > within
        for end in (0, -1):  # a width across a free end is none
            if line.loose[end]:
                away = np.hypot(*(line.points - line.points[end]).T)
                usable &= away > min(width[index] / 2, len(line.points) / 4)
        found.append(np.asarray(usable))
    return found


def _nearby(points: Points, places: Points, reach: Values) -> list[int]:
    """Which of ``places`` ``(m, 2)`` lie within ``reach`` ``(m,)`` px of the box around ``points``.

    A net of cracks has thousands of forks, and each of its lines a few of them.
    """
    low, high = points.min(axis=0), points.max(axis=0)
    away = np.maximum(np.maximum(low - places, places - high), 0.0)
    return np.flatnonzero(np.hypot(*away.T) <= reach).tolist()
