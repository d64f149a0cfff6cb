"""The numbers of one crack, each with its standard uncertainty."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from fissura.inspection.measure import MeasuredLine, MeasuredTrace
from fissura.inspection.places import Widths, on_their_own
from fissura.inspection.profiles import Values
from fissura.inspection.record import Quantity

_ANY_DIRECTION = 180 / math.sqrt(12)  # deg, the standard deviation of a direction of which nothing is known
_END_PX = 2.0  # standard uncertainty of where a free end lies
_RULER = 0.01  # of a length: what smoothing the centre takes away and noise adds
_LENGTH_RULER, _LENGTH_ENDS, _LENGTH_FORK_PX = 0.005, 0.7, 10.0  # found on drawn cracks, plain and of every look
_UNSEEN = 0.3  # of the length along which no two edges are seen: it may be another line's, or have one beside it
_UNSEEN_EXTENT, _UNSEEN_STRAIGHTNESS = 0.1, 0.07  # likewise, of the extent and of the straightness
_UNJUDGED = 0.2  # of the width, of places that could not be judged: their errors have so much in common
_UNEVEN, _BLURRED_PX2 = 0.04, 0.6  # of the darkness: less of it at the edges, and light from beside in a narrow crack
_LEAST_LIGHT = 10.0  # grey levels beside a bright crack that what it has in addition can be a share of
_ALIKE_PX = 5.0  # points of a line this close say the same
_STRETCH = 9  # points along which a width must be reached to be the maximum
_LEAST_SHARE = 0.1  # of the places must be measurable
_FEWEST = 6  # points from which a width is told
_BESIDE_PX = 5.0  # of the surface beside a crack: 3 px of it are looked at, and its line may lie a little off


def summed_up(
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
    places = on_their_own(lines)
    if not any(_opened(each).any() for each in places):
        return "short"
    unseen = [each & ~line.seen for line, each in zip(lines, places, strict=True)]
    beyond = np.array(size_hw) - 1.0
    near = [np.minimum(line.points, beyond - line.points).min(axis=1) < line.width / 2 + _BESIDE_PX for line in lines]
    at_border = sum(int((one & other).sum()) for one, other in zip(unseen, near, strict=True))
    return "border" if at_border > sum(int(each.sum()) for each in unseen) / 2 else "hidden"


def darkness(trace: MeasuredTrace) -> Quantity:
    """Share of the light beside the crack that is missing in it; below 0 what a bright one has in addition.

    A bright crack was measured on the negative, where the light beside it is what it lacks to white.
    """
    wide = float(np.median(trace.lines[0].width))
    if not wide > 0:
        return Quantity(None, None, "", "narrow")
    narrow = _BLURRED_PX2 / wide**2
    error = math.hypot(trace.darkness_error, _UNEVEN * trace.darkness, narrow * trace.darkness)
    if trace.sign > 0:
        return Quantity(min(trace.darkness, 1.0), error, "")  # no more than all of it can be missing
    lacks = float(np.median(np.concatenate([line.background for line in trace.lines])))
    if lacks > 255.0 - _LEAST_LIGHT:
        return Quantity(None, None, "", "dark")
    factor = lacks / (255.0 - lacks)
    return Quantity(-trace.darkness * factor, error * factor, "")


def length(lines: Sequence[MeasuredLine]) -> Quantity:
    """Of all lines of a crack together, px; uncertain by its free ends, its forks and where no two edges are seen."""
    value = sum(line.length for line in lines)
    loose = sum(sum(line.loose) for line in lines)
    forks = 2 * len(lines) - loose
    wide = max(0.0, float(np.median(lines[0].width)))
    unseen = sum(line.length * float(np.mean(~line.seen)) for line in lines)
    ends = _LENGTH_ENDS * math.sqrt(loose) * (_END_PX + 0.25 * wide)
    error = math.hypot(_LENGTH_RULER * value, ends, math.sqrt(forks) * _LENGTH_FORK_PX, _UNSEEN * unseen)
    return Quantity(float(value), error, "px")


def extent_and_straightness(line: MeasuredLine) -> tuple[Quantity, Quantity]:
    """(distance between the ends, px; its share of the length, in [0, 1])."""
    value = float(np.hypot(*(line.points[-1] - line.points[0])))
    ends = math.sqrt(2) * _END_PX
    length, unseen = line.length, float(np.mean(~line.seen))
    share = min(1.0, value / length)
    error = math.hypot(_RULER + (1 - share) * ends / length, _UNSEEN_STRAIGHTNESS * unseen)
    extent = Quantity(value, math.hypot(ends, _UNSEEN_EXTENT * unseen * length), "px")
    return extent, Quantity(share, min(0.5, error), "")


def orientation(line: MeasuredLine) -> Quantity:
    """deg of the line that fits best; its uncertainty is that of the places of the points, two pixels at the ends.

    A line that is bent as much as it is long, a ring at most, has no direction: the uncertainty then is that of any.
    """
    away = line.points - line.points.mean(axis=0)
    _, spread, axes = np.linalg.svd(away, full_matrices=False)
    down, right = axes[0]
    angle = math.degrees(math.atan2(-down, right)) % 180.0 % 180.0  # a hair below 0 is 180 after the first
    along, across = (float(each) / math.sqrt(len(away)) for each in (*spread, 0.0)[:2])  # deviations of the points, px
    straight = 1 - (across / along) ** 2 if along > 0 else 0.0  # 0 where no direction is the longest
    error = math.degrees(math.atan2(_END_PX, straight * along))
    return Quantity(angle, min(error, _ANY_DIRECTION), "deg")


def area(lines: Sequence[MeasuredLine], widths: Sequence[Widths]) -> Quantity:
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
