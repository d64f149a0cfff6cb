"""Measured traces to findings: the numbers of each crack with their uncertainty, its mask and its id."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from fissura.inspection.measure import MeasuredLine, MeasuredTrace
from fissura.inspection.outline import crack_mask
from fissura.inspection.profiles import Values, smoothed
from fissura.inspection.record import Finding, Line, Points, Quantity

NARROWEST_PX = 2.5
"""Crack widths below this, or below three and a half times the blur, are not called measured.

Drawn cracks 2 px wide come out 0.2 px wider than they are, in the sharpest photographs too, and are not doubted for it.
"""

NARROWEST_BLURS = 3.5
LEAST_SIGNAL = 8.0
"""Nor are those of cracks hardly darker than the surface is rough: by so many deviations of what the fit leaves."""

_END_PX = 2.0  # standard uncertainty of where a free end lies
_FORK_PX = 3.0  # around a fork no width is measured, this much beyond the cracks that meet
_RULER = 0.01  # of a length: what smoothing the centre takes away and noise adds
_LENGTH_RULER, _LENGTH_ENDS, _LENGTH_FORK_PX = 0.005, 0.7, 10.0  # found on drawn cracks, plain and of every look
_UNSEEN = 0.3  # of the length along which no two edges are seen: it may be another line's, or have one beside it
_UNSEEN_EXTENT, _UNSEEN_STRAIGHTNESS = 0.1, 0.07  # likewise, of the extent and of the straightness
_UNJUDGED = 0.2  # of the width, of places that could not be judged: their errors have so much in common
_UNEVEN, _BLURRED_PX2 = 0.04, 0.6  # of the darkness: less of it at the edges, and light from beside in a narrow crack
MOST_ERROR, MOST_ERROR_PX = 0.25, 0.6
"""Nor are those whose uncertainty is more than a quarter of them and more than 0.6 px: they have no two clear edges."""

LEAST_DARKNESS = 0.38
"""Nor are those of cracks in which less of the light is missing: damp and dirt beside a hairline look so, and the
fit takes their width for its own (drawn hairlines of 1 to 3 px in a damp halo came out 8 px wide, at 0.34 to 0.37)."""

_LEAST_LIGHT = 10.0  # grey levels beside a bright crack that what it has in addition can be a share of
_ALONG = 0.8  # of a width's uncertainty: so much goes on all along a crack and does not average out
_ALIKE_PX = 5.0  # points of a line this close say the same
_LOCAL_PX = 8.0
_STRETCH = 9  # points along which a width must be reached to be the maximum
_LEAST_SHARE = 0.1  # of the places must be measurable
_FEWEST = 6  # points from which a width is told
_BESIDE_PX = 5.0  # of the surface beside a crack: 3 px of it are looked at, and its line may lie a little off
_COARSE_ID_PX = 8

ODDS_LINE = (1.13, -0.96)
"""What findings of the built-in detector are worth: of mean log-odds z they are cracks with log-odds of 1.13 z - 0.96.

Cells above a threshold make a trace, so the mean over them flatters. Of 930 findings on 1,000 drawn scenes, half of
them without a crack, at the usual threshold: benchmarks/finding_reliability.py; checked on others in docs/measuring.md.
"""

ODDS_LINE_OF = "c2c774d6c6918e234a1e3f568acb2d6fef6c1bc658517ecf61ce3a13c16b7a66"
"""Fingerprint of the detector that the line was found with; of another one's findings the mean is told as it is."""


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


def findings(
    traces: Sequence[MeasuredTrace],
    size_hw: tuple[int, int],
    sha256: str,
    blur: float,
    detector: str = "",
) -> tuple[Finding, ...]:
    """The findings, the longest first.

    Args:
        traces: of the photograph.
        size_hw: its (height, width).
        sha256: of its content, for the ids.
        blur: standard deviation of its blur, px.
        detector: fingerprint of the classifier whose map it was.
    """
    line = ODDS_LINE if detector == ODDS_LINE_OF else (1.0, 0.0)
    order = sorted(traces, key=lambda trace: -sum(line.length for line in trace.lines))
    found: list[Finding] = []
    taken: set[str] = set()
    for trace in order:
        identity = _identity(trace, sha256)
        number = 1
        while identity in taken:  # two so alike that their rounded places coincide: told apart by their order
            number += 1
            identity = _identity(trace, f"{sha256}{number}")
        taken.add(identity)
        found.append(_finding(trace, identity, size_hw, blur, probability(trace.log_odds.mean(), line)))
    return tuple(found)


def _identity(trace: MeasuredTrace, sha256: str) -> str:
    points = trace.lines[0].points
    places = points[[0, len(points) // 2, -1]]
    ends = sorted(np.rint(places / _COARSE_ID_PX).astype(int).tolist())
    return hashlib.sha256(f"{sha256}{ends}".encode()).hexdigest()[:12]


def probability(log_odds: float, line: tuple[float, float]) -> float:
    """That a trace is a crack, where the map's mean along it is ``log_odds``, by ``line``: slope and shift."""
    slope, shift = line
    return 1 / (1 + math.exp(-float(np.clip(slope * log_odds + shift, -30, 30))))


def _finding(trace: MeasuredTrace, identity: str, size_hw: tuple[int, int], blur: float, believed: float) -> Finding:
    widths = _judged(trace.lines, blur)
    width_mean, width_p95, width_max, where = _summed_up(trace.lines, widths, size_hw)
    if trace.sign > 0 and trace.darkness < LEAST_DARKNESS:
        widths = [replace(each, ok=np.zeros_like(each.ok)) for each in widths]
        if width_max.measurable:
            width_mean = width_p95 = width_max = Quantity(None, None, "px", "hidden")
            where = None
    main = trace.lines[0]
    box, mask = crack_mask([(line.points, line.width) for line in trace.lines], size_hw)
    extent, straightness = _extent(main)
    return Finding(
        id=identity,
        probability=believed,
        lines=tuple(
            Line(line.points, np.where(each.ok, each.value, np.nan), np.where(each.ok, each.error, np.nan))
            for line, each in zip(trace.lines, widths, strict=True)
        ),
        length=_length(trace.lines),
        width_mean=width_mean,
        width_p95=width_p95,
        width_max=width_max,
        width_max_rc=where,
        orientation=_orientation(main),
        extent=extent,
        area=_area(trace.lines, widths) if width_mean.measurable else replace(width_mean, unit="px2"),
        branches=len(trace.lines) - 1,
        straightness=straightness,
        darkness=replace(width_max, unit="") if width_max.reason == "narrow" else _darkness(trace),
        box_rc=box,
        mask=mask,
        warnings=_warnings(trace, size_hw, width_mean, straightness),
    )


def _judged(lines: Sequence[MeasuredLine], blur: float) -> list[Widths]:
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
    return Widths(wide & clear, usable, wide & ~clear, value, line.error, _ALONG * line.error)


def places_to_measure(lines: Sequence[MeasuredLine]) -> list[npt.NDArray[np.bool_]]:
    """``(n,)`` of each line: points whose profile shows no other line of the trace, and the surface on both sides."""
    return [own & line.seen for own, line in zip(_on_their_own(lines), lines, strict=True)]


def _on_their_own(lines: Sequence[MeasuredLine]) -> list[npt.NDArray[np.bool_]]:
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


def _summed_up(
    lines: Sequence[MeasuredLine], widths: Sequence[Widths], size_hw: tuple[int, int]
) -> tuple[Quantity, Quantity, Quantity, tuple[float, float] | None]:
    """(mean, 95th percentile, maximum, where the maximum is).

    Over the places that can be called measured; none of them is told where those are less than half, but for the
    maximum, which needs only itself.
    """
    ok = np.concatenate([each.ok for each in widths])
    usable = np.concatenate([each.usable for each in widths])
    if usable.sum() < _FEWEST:
        return (*(Quantity(None, None, "px", _why_unseen(lines, size_hw)),) * 3, None)
    unclear = np.concatenate([each.unclear for each in widths])
    why = "hidden" if unclear.sum() > (usable & ~ok).sum() / 2 else "narrow"
    if ok.sum() < max(_FEWEST, _LEAST_SHARE * usable.sum()):
        return (*(Quantity(None, None, "px", why),) * 3, None)
    value, error, common = (
        np.concatenate([getattr(each, name) for each in widths])[ok] for name in ("value", "error", "common")
    )
    points = np.concatenate([line.points for line in lines])[ok]
    alone = np.sqrt(np.maximum(error**2 - common**2, 0.0))
    order = np.argsort(value, kind="stable")
    at95 = order[int(0.95 * (len(order) - 1))]
    kept = np.concatenate([_kept_up(each) for each in widths])[ok]
    most = int(kept.argmax())
    if kept[most] > 0:  # what one place in twenty exceeds is no less than the greatest that is kept up
        greatest = max(float(kept[most]), float(value[at95]))
        width_max = Quantity(greatest, math.hypot(float(error[most]), float(alone[most]) / 2), "px")
    else:
        some = any(_opened(each.usable).any() for each in widths)
        width_max = Quantity(None, None, "px", why if some else _why_unseen(lines, size_hw))
    shown = int(np.where(value >= (width_max.value or 0.0), kept, -1.0).argmax())  # a place as wide as is told
    where = (float(points[shown, 0]), float(points[shown, 1])) if width_max.measurable else None
    if ok.sum() < usable.sum() / 2:
        none = Quantity(None, None, "px", why)
        return none, none, width_max, where
    of_mean = math.hypot(float(alone.mean()) / math.sqrt(max(1.0, len(value) / _ALIKE_PX)), float(common.mean()))
    mean = Quantity(float(value.mean()), of_mean, "px")
    p95 = Quantity(float(value[at95]), math.hypot(float(common[at95]), float(alone[at95]) / 2), "px")
    return mean, p95, width_max, where


def _kept_up(widths: Widths) -> Values:
    """``(n,)`` the greatest width that is reached all along a stretch of ``_STRETCH`` points around; 0 where none is.

    One place alone may be wide by chance; the widest of a thousand will be.
    """
    return _opened(np.where(widths.ok, widths.value, 0.0))


def _opened(values: npt.NDArray[Any]) -> Values:
    """``(n,)`` what is reached all along a stretch of ``_STRETCH`` points around; its half will do at an end."""
    from scipy.ndimage import grey_opening

    return np.asarray(grey_opening(values.astype(np.float64), size=_STRETCH, mode="nearest"))


def _why_unseen(lines: Sequence[MeasuredLine], size_hw: tuple[int, int]) -> str:
    """Code of ``REASONS``, where too few places are to be measured at all: too short, at the border, no edges seen."""
    places = _on_their_own(lines)
    if not any(_opened(each).any() for each in places):
        return "short"
    unseen = [each & ~line.seen for line, each in zip(lines, places, strict=True)]
    beyond = np.array(size_hw) - 1.0
    near = [np.minimum(line.points, beyond - line.points).min(axis=1) < line.width / 2 + _BESIDE_PX for line in lines]
    at_border = sum(int((one & other).sum()) for one, other in zip(unseen, near, strict=True))
    return "border" if at_border > sum(int(each.sum()) for each in unseen) / 2 else "hidden"


def _darkness(trace: MeasuredTrace) -> Quantity:
    """Share of the light beside the crack that is missing in it; below 0 what a bright one has in addition.

    A bright crack was measured on the negative, where the light beside it is what it lacks to white.
    """
    narrow = _BLURRED_PX2 / float(np.median(trace.lines[0].width)) ** 2
    error = math.hypot(trace.darkness_error, _UNEVEN * trace.darkness, narrow * trace.darkness)
    if trace.sign > 0:
        return Quantity(min(trace.darkness, 1.0), error, "")  # no more than all of it can be missing
    lacks = float(np.median(np.concatenate([line.background for line in trace.lines])))
    if lacks > 255.0 - _LEAST_LIGHT:
        return Quantity(None, None, "", "dark")
    factor = lacks / (255.0 - lacks)
    return Quantity(-trace.darkness * factor, error * factor, "")


def _length(lines: Sequence[MeasuredLine]) -> Quantity:
    value = sum(line.length for line in lines)
    loose = sum(sum(line.loose) for line in lines)
    forks = 2 * len(lines) - loose
    wide = float(np.median(lines[0].width))
    unseen = sum(line.length * float(np.mean(~line.seen)) for line in lines)
    ends = _LENGTH_ENDS * math.sqrt(loose) * (_END_PX + 0.25 * wide)
    error = math.hypot(_LENGTH_RULER * value, ends, math.sqrt(forks) * _LENGTH_FORK_PX, _UNSEEN * unseen)
    return Quantity(float(value), error, "px")


def _extent(line: MeasuredLine) -> tuple[Quantity, Quantity]:
    value = float(np.hypot(*(line.points[-1] - line.points[0])))
    ends = math.sqrt(2) * _END_PX
    length, unseen = line.length, float(np.mean(~line.seen))
    share = min(1.0, value / length)
    error = math.hypot(_RULER + (1 - share) * ends / length, _UNSEEN_STRAIGHTNESS * unseen)
    extent = Quantity(value, math.hypot(ends, _UNSEEN_EXTENT * unseen * length), "px")
    return extent, Quantity(share, min(0.5, error), "")


def _orientation(line: MeasuredLine) -> Quantity:
    """deg of the line that fits best; its uncertainty is that of the places of the points, two pixels at the ends."""
    away = line.points - line.points.mean(axis=0)
    _, _, axes = np.linalg.svd(away, full_matrices=False)
    down, right = axes[0]
    angle = math.degrees(math.atan2(-down, right)) % 180.0
    return Quantity(angle, math.degrees(math.atan2(_END_PX, line.length / math.sqrt(12))), "deg")


def _area(lines: Sequence[MeasuredLine], widths: Sequence[Widths]) -> Quantity:
    """Widths summed along the lines; where a branch begins inside the crack that it leaves it is not counted twice.

    To be told where the mean width is: of drawn cracks without one the sum is off by half of itself, for 6 % as stated.
    """
    value, spread, common = 0.0, 0.0, 0.0
    for number, (line, judged) in enumerate(zip(lines, widths, strict=True)):
        step = np.gradient(np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(line.points, axis=0).T))]))
        counts = np.ones(len(line.points), dtype=np.bool_)
        for end in (0, -1):
            if number and not line.loose[end]:
                nearest = int(np.hypot(*(lines[0].points - line.points[end]).T).argmin())
                inside = float(lines[0].width[nearest]) / 2
                counts &= np.hypot(*(line.points - line.points[end]).T) > inside
        # where the fit could not judge a place, it is as uncertain as half its width, not without bound; a part of that
        # is the same all along, as what hides one place hides the next
        error = np.where(judged.ok, judged.error, line.width / 2)
        shared = np.where(judged.ok, judged.common, _UNJUDGED * line.width)
        value += float((line.width * step)[counts].sum())
        spread += float(((error**2 - shared**2) * step**2)[counts].sum()) * _ALIKE_PX
        common += float((shared * step)[counts].sum())
    return Quantity(value, math.hypot(math.sqrt(spread), common), "px2")


def _warnings(
    trace: MeasuredTrace, size_hw: tuple[int, int], width: Quantity, straightness: Quantity
) -> tuple[str, ...]:
    main = trace.lines[0]
    ends: Points = np.concatenate([line.points[[0, -1]] for line in trace.lines])
    limit = np.array(size_hw) - 1.0
    found = []
    if np.median(main.depth / np.maximum(main.background, 1.0)) < 0.15:
        found.append("faint")
    if ((ends < 3.0) | (ends > limit - 3.0)).any():
        found.append("cut")
    if trace.sign < 0:
        found.append("bright")
    even = width.value is not None and float(np.std(main.width)) < 0.08 * width.value + 0.1
    if straightness.value is not None and straightness.value > 0.998 and main.length > 150 and even:
        found.append("straight")
    return tuple(found)
