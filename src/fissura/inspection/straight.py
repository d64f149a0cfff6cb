"""Coarse lines moved onto their cracks, and the photograph across them, averaged along the line."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fissura.images import Pixels
from fissura.inspection.centre import Surroundings, on_crack
from fissura.inspection.edges import Rough, crossings
from fissura.inspection.profiles import Profiles, across
from fissura.inspection.record import Points
from fissura.inspection.trace import CoarseLine, CoarseTrace

_ALONG_PX = 1.5  # profiles are averaged along the line with this deviation
STRIDE = 2  # every second profile is fitted: neighbours say the same
_BESIDE_PX = 12.0  # of the surface beside the crack that is looked at


@dataclass(frozen=True, eq=False)
class Straightened:
    """A line on its crack, and the photograph across it.

    Attributes:
        points: ``(n, 2)`` px, 1 px apart.
        profiles: across every ``STRIDE``-th point, averaged along the line; the negative for a bright crack.
        rough: first estimates.
        loose: whether its first and its last point are free ends.
    """

    points: Points
    profiles: Profiles
    rough: Rough
    loose: tuple[bool, bool]


def straightened(pixels: Pixels, trace: CoarseTrace) -> tuple[int, list[Straightened]]:
    """(1 for a dark crack and -1 for a bright one, its lines moved onto its middle with the profiles across them)."""
    first, *others = trace.lines
    around = Surroundings.of(pixels, first.points_rc, first.reach_px)
    sign = around.sign
    lines = [_straight(pixels, first, around, sign)]
    for line in others:
        lines.append(_straight(pixels, line, Surroundings.of(pixels, line.points_rc, line.reach_px), sign))
    return sign, lines


def _straight(pixels: Pixels, line: CoarseLine, around: Surroundings, sign: int) -> Straightened:
    points, width = on_crack(around, sign)
    reach = min(line.reach_px, 0.75 * width + 2.0) + _BESIDE_PX
    profiles = _averaged(across(pixels, points, reach), sign)
    thinned = Profiles(profiles.grey[::STRIDE], profiles.offsets, profiles.inside[::STRIDE], profiles.normals[::STRIDE])
    return Straightened(points, thinned, crossings(thinned.grey, thinned.offsets, thinned.inside), line.loose)


def _averaged(profiles: Profiles, sign: int) -> Profiles:
    from scipy.ndimage import gaussian_filter1d

    grey = gaussian_filter1d(profiles.grey, _ALONG_PX, axis=0, mode="nearest", output=np.float64)
    return Profiles(grey if sign > 0 else 255.0 - grey, profiles.offsets, profiles.inside, profiles.normals)
