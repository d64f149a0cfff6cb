"""A second look at the two edges: where the grey rises steepest, and what speaks against one clear edge on each side.

The fit takes a crack as a dark box. A lit inner wall, a broken lip, damp, a joint or another line beside it are none of
that box; each shows in the profile as something else, and each by some pixels. Their squares are added to those of the
fit's own uncertainty, each with a weight that was found on drawn cracks of every look (docs/measuring.md says how).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fissura.inspection.edges import Edges
from fissura.inspection.profiles import Profiles, Values, median_across

_STEP_PX = 0.25
_AWAY = np.arange(-8.0, 14.01, _STEP_PX)  # px, from an edge outwards
_NEAREST = np.argsort(np.abs(_AWAY[:-1] + _STEP_PX / 2), kind="stable")  # steps by how far they are from the edge
_SOFT, _SOFT_REACH = 2.0, 8  # samples: deviation of the Gaussian under whose smoothing the steepest place is sought
_BESIDE_PX, _SURFACE_PX = 3.0, (4.0, 10.0)  # of the surface: right beside the edge, and where nothing of the crack is
_ALONG = 2.0  # fits: profiles are averaged along the line once more for what should be there over some length
_LOCAL = 4.0  # fits
_EVEN_PX = 0.1  # so rough is the measured width of the evenest crack

WEIGHTS = {
    "roughness": 1.2,
    "wide and rough": 0.9,
    "unlike sharpness": 0.7,
    "unlike steps": 1.0,
    "shoulder": 0.15,
    "one shoulder": 0.25,
}
"""Of each reason for doubt, in pixels of uncertainty for a pixel of it."""


@dataclass(frozen=True, eq=False)
class SecondLook:
    """What n profiles say on a second look.

    Attributes:
        left, right: ``(n,)`` px across the line: half-way between the fit's edge and the steepest place beside it.
        reasons: ``(n, m)`` px, one column for each name of ``WEIGHTS``.
    """

    left: Values
    right: Values
    reasons: Values


def doubt(reasons: Values) -> Values:
    """``(n,)`` px: the standard uncertainty of widths for all ``reasons`` ``(n, m)`` together."""
    return np.asarray(np.hypot.reduce(reasons * np.array(list(WEIGHTS.values())), axis=1))


def second_look(profiles: Profiles, fit: Edges, blur: float) -> SecondLook:
    """The edges that ``fit`` found in ``profiles``, looked at again; ``blur`` is the photograph's, px."""
    from scipy.ndimage import gaussian_filter1d

    smooth = gaussian_filter1d(profiles.grey, _ALONG, axis=0, mode="nearest", output=np.float64)
    middle, half = (fit.left + fit.right) / 2, np.maximum(fit.width / 2, 0.3)
    inside = middle[:, None] + half[:, None] * np.linspace(-0.5, 0.5, 9)
    greys = np.ascontiguousarray(profiles.grey), smooth
    core, core_along = (median_across(each) for each in _sampled(greys, profiles.offsets, inside))
    sides = [
        _Side.of(greys, profiles.offsets, edge, sign, (core, core_along), blur)
        for edge, sign in ((fit.left, -1.0), (fit.right, 1.0))
    ]
    one, other = sides
    left, right = fit.left - one.steepest / 2, fit.right + other.steepest / 2
    rough = np.maximum(_deviation(right - left) - _EVEN_PX, 0.0)
    depth = np.maximum(fit.depth, 1.0)
    reasons = {
        "roughness": rough,
        "wide and rough": rough * np.maximum(right - left - 6.0, 0.0) / 10,
        "unlike sharpness": np.abs(_along(one.spread - other.spread)),
        "unlike steps": blur * np.clip(np.abs(_along(one.beside - other.beside)) / depth, 0.0, 2.0),
        "shoulder": np.hypot(one.low_shoulder, other.low_shoulder),
        "one shoulder": np.abs(one.shoulder - other.shoulder),
    }
    return SecondLook(left, right, np.stack([reasons[name] for name in WEIGHTS], axis=1))


@dataclass(frozen=True, eq=False)
class _Side:
    """One side's edge in n profiles; all ``(n,)``, px outwards from the fit's edge or grey levels."""

    steepest: Values
    spread: Values
    beside: Values
    surface: Values
    low_shoulder: Values
    shoulder: Values

    @staticmethod
    def of(
        greys: tuple[Values, Values],
        offsets: Values,
        edge: Values,
        sign: float,
        cores: tuple[Values, Values],
        blur: float,
    ) -> _Side:
        core, core_along = cores
        near = 1.2 * blur + 0.5
        outwards = edge[:, None] + sign * _AWAY
        sharp, even = _sampled(greys, offsets, outwards)
        beside = median_across(sharp[:, (near <= _AWAY) & (near + _BESIDE_PX >= _AWAY)])
        far = (near + _SURFACE_PX[0] <= _AWAY) & (near + _SURFACE_PX[1] >= _AWAY)
        surface = _along(median_across(even[:, far]))
        rise = np.maximum(beside - core, 2.0)
        high, low = (_nearest_rise(sharp, core + share * rise) for share in (0.7, 0.3))
        whole = np.maximum(surface - core_along, 2.0)
        # a Gaussian's edge reaches 70 and 80 % of its height 0.52 and 0.84 deviations beyond its middle
        shoulders = [
            np.clip(_first_above(even, core_along + share * whole) - beyond * blur, 0.0, 14.0)
            for share, beyond in ((0.7, 0.52), (0.8, 0.84))
        ]
        return _Side(_steepest(sharp, 2 * blur + 1.5), high - low, beside, surface, *shoulders)


def _sampled(greys: Sequence[Values], offsets: Values, at: Values) -> list[Values]:
    """``(n, m)`` of each of ``greys`` ``(n, k)`` at ``at`` ``(n, m)`` px across, linear between samples."""
    place = np.clip((at - offsets[0]) / (offsets[1] - offsets[0]), 0.0, len(offsets) - 1.001)
    whole = place.astype(np.intp)
    share = place - whole
    rest = 1 - share
    whole += np.arange(len(at))[:, None] * len(offsets)
    return [grey.ravel().take(whole) * rest + grey.ravel()[1:].take(whole) * share for grey in greys]


def _steepest(grey: Values, reach: float) -> Values:
    """``(n,)`` px: where the grey rises most within ``reach`` of the edge, between samples by a parabola."""
    from scipy.ndimage import gaussian_filter1d

    within = np.flatnonzero(np.abs(_AWAY) <= reach)
    first = max(0, within[0] - 1 - _SOFT_REACH)  # what lies further tells nothing of the slope within
    slope = np.zeros(grey.shape)
    looked_at = slice(first, within[-1] + 2 + _SOFT_REACH)
    gaussian_filter1d(grey[:, looked_at], _SOFT, axis=1, order=1, output=slope[:, looked_at], radius=_SOFT_REACH)
    best = within[slope[:, within].argmax(axis=1)]
    rows = np.arange(len(grey))
    before, here, after = slope[rows, best - 1], slope[rows, best], slope[rows, best + 1]
    bend = before - 2 * here + after
    part = np.where(bend < -1e-9, 0.5 * (before - after) / np.where(bend < -1e-9, bend, -1.0), 0.0)
    return np.asarray(np.clip(_AWAY[best] + _STEP_PX * np.clip(part, -0.5, 0.5), -reach, reach))


def _nearest_rise(grey: Values, level: Values) -> Values:
    """``(n,)`` px: where the grey rises through ``level`` nearest to the edge; 3 px beyond where it nowhere does."""
    above = grey > level[:, None]
    rises = ~above[:, :-1] & above[:, 1:]
    best = _NEAREST[rises[:, _NEAREST].argmax(axis=1)]
    rows = np.arange(len(grey))
    low, high = grey[rows, best], grey[rows, best + 1]
    place = _AWAY[best] + _STEP_PX * (level - low) / np.maximum(high - low, 1e-6)
    return np.asarray(np.where(rises[rows, best], place, 3.0))


def _first_above(grey: Values, level: Values) -> Values:
    """``(n,)`` px: where from the edge outwards the grey is first above ``level``; the end where it nowhere is."""
    above = (grey > level[:, None]) & (_AWAY >= 0)
    return np.asarray(np.where(above.any(axis=1), _AWAY[above.argmax(axis=1)], _AWAY[-1]))


def _along(values: Values) -> Values:
    from scipy.ndimage import gaussian_filter1d

    return np.asarray(gaussian_filter1d(values, _LOCAL, mode="nearest", output=np.float64))


def _deviation(values: Values) -> Values:
    """``(n,)`` how far values lie off their neighbourhood's mean, root mean square."""
    return np.asarray(np.sqrt(np.maximum(_along((values - _along(values)) ** 2), 0.0)))
