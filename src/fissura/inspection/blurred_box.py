"""The model of a profile across a crack: a dark box, blurred; its derivatives; and the table of blurred steps.

In single precision: six digits of a grey value are three more than a photograph has, and half of the time.
"""

from __future__ import annotations

import functools

import numpy as np
import numpy.typing as npt

from fissura.inspection.profiles import Singles, Values

PARAMETERS = 8
"""Both edges, the darkness and how it changes towards the middle and from side to side, the background and its slope,
the blur: the order of the columns of a state."""

_BESIDE_PX = 4.0  # and three times the blur: so much of the surface beside an edge is fitted
_PER_DEVIATION = 512  # entries of the table of blurred steps
_FAR = 8  # deviations of the blur from an edge that a step is done


def reach(blur: Values) -> Values:
    """``(n,)`` px: how far from an edge samples tell of it."""
    return 3 * blur + _BESIDE_PX


def model(offsets: Singles, state: Values, slopes: Singles) -> tuple[Singles, npt.NDArray[np.bool_]]:
    """(grey, which samples are in ``reach`` of an edge), both ``(n, k)``, of n profiles with parameters ``state``.

    Args:
        offsets: ``(n, k)`` px across the line.
        state: ``(n, 8)``.
        slopes: ``(8, n, k)``, is filled with the derivatives by each parameter.
    """
    left, right, depth, tent_share, tilt_share, background, slope, blur = state.astype(np.float32).T[:, :, None]
    half = np.maximum((right - left) / 2, 0.2)
    scale = _PER_DEVIATION / blur
    from_left = (offsets - left) * scale
    from_right = from_left - (right - left) * scale
    near = np.minimum(np.abs(from_left), np.abs(from_right)) <= (3 * blur + _BESIDE_PX) * scale
    away = np.subtract(offsets, (left + right) / 2, out=slopes[6])
    tilt = away * (1 / half)
    np.clip(tilt, -1.0, 1.0, out=tilt)
    tent = np.abs(tilt)
    tent -= 0.5
    box, density_left = _blurred_step(from_left)
    beyond, density_right = _blurred_step(from_right)
    box -= beyond
    missing = tent * tent_share
    missing += depth
    missing += tilt * tilt_share
    at_left = np.multiply(missing, density_left, out=slopes[0])
    at_left *= 1 / blur
    at_right = np.multiply(missing, density_right, out=slopes[1])
    at_right *= -1 / blur
    np.negative(box, out=slopes[2])
    np.multiply(slopes[2], tent, out=slopes[3])
    np.multiply(slopes[2], tilt, out=slopes[4])
    slopes[5] = 1.0
    from_left *= at_left
    from_right *= at_right
    from_left += from_right
    np.multiply(from_left, 1 / _PER_DEVIATION, out=slopes[7])
    grey = away * slope
    grey += background
    missing *= box
    grey -= missing
    return grey, near


@functools.cache
def _blurred_steps() -> tuple[Singles, Singles]:
    """(a blurred step from 0 to 1, its slope) at every ``1 / _PER_DEVIATION`` of a deviation, ``_FAR`` to both sides.

    From the middle to the right, then from the left to the middle: places left of it are indices from the end.

    The blur is a Gaussian convolved with a box of the same variance: more compact than a Gaussian alone, as what blurs
    a photograph is (a disk by the lens, a box by the pixel), and less than those. For a crack as narrow as its blur
    the difference is felt: it decides how width and darkness are told apart.
    """
    from scipy.special import ndtr

    away = np.arange(-_FAR * _PER_DEVIATION, _FAR * _PER_DEVIATION + 1) / _PER_DEVIATION
    scale = np.sqrt(2.0)  # of a standard deviation to that of the Gaussian part
    half = np.sqrt(3.0)  # of the box, in deviations of the Gaussian part
    above, below = away * scale + half, away * scale - half
    to_above, to_below = ndtr(above), ndtr(below)
    bells = (np.exp(-(above**2) / 2) - np.exp(-(below**2) / 2)) / np.sqrt(2 * np.pi)
    step = (above * to_above - below * to_below + bells) / (2 * half)
    slope = (to_above - to_below) / (2 * half) * scale
    step, slope = (np.roll(each, -_FAR * _PER_DEVIATION).astype(np.float32) for each in (step, slope))
    return step, slope


def _blurred_step(away: Singles) -> tuple[Singles, Singles]:
    """(a blurred step, its slope) at ``away`` in entries of the table, ``_PER_DEVIATION`` for a deviation of the blur.

    The step goes on from the nearest entry along its slope: it is right to 5e-7, the slope to 5e-4.
    """
    step, slope = _blurred_steps()
    place = np.clip(away, -_FAR * _PER_DEVIATION, _FAR * _PER_DEVIATION)
    nearest = np.rint(place)
    index = nearest.astype(np.intp)
    density = slope.take(index)
    place -= nearest
    place *= density
    place *= 1 / _PER_DEVIATION
    place += step.take(index)
    return place, density
