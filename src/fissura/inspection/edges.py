"""The two edges of a crack from the grey values across it, to a fraction of a pixel, with their uncertainty.

A profile is taken as a dark box blurred by a known amount: a blurred edge crosses the level half-way between
background and crack exactly where it lies, and where the blur fills a narrow crack, so that its full darkness shows
nowhere, the darkness of the crack's wider parts stands in and the width follows from how much light is missing.
Sources: the best edge between mixed pixels, H. Cho, H. Yoon, J. Jung (2018), Sensors 18, 2644 and S. Sharma et al.;
edges as error functions, least squares with priors, A. Tarantola (2005), Inverse Problem Theory, chapter 3.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fissura.inspection.profiles import Values

ANY_BLUR_PX, ANY_BLUR_ERROR_PX = 0.9, 0.5
"""What photographs have, where nothing else is known."""

_ROUNDS = 6
_BESIDE_PX = 4.0  # and three times the blur: so much of the surface beside an edge is fitted
_ALIKE = 5.0
_PARAMETERS = 8
_PER_DEVIATION = 2048  # entries of the table of blurred steps
_FAR = 8  # deviations of the blur from an edge that a step is done
_DARKER_INSIDE = -0.15  # of the darkness: less of it at the edges than in the middle, into which less light falls


@dataclass(frozen=True, eq=False)
class Rough:
    """First estimates for each of n profiles; all ``(n,)``.

    Attributes:
        left, right: px, where the profile crosses half-way between background and crack.
        background: grey beside the crack.
        depth: how much darker the middle is, grey levels.
        noise: standard deviation of the background beside it.
    """

    left: Values
    right: Values
    background: Values
    depth: Values
    noise: Values

    def of(self, rows: npt.NDArray[np.intp]) -> Rough:
        """For some of the profiles."""
        return Rough(self.left[rows], self.right[rows], self.background[rows], self.depth[rows], self.noise[rows])


@dataclass(frozen=True, eq=False)
class Edges:
    """What the fit found for each of n profiles; all ``(n,)``.

    Attributes:
        left, right: px across the line.
        width_error: px, standard uncertainty of right - left.
        width_scatter: px, the part of it that differs from profile to profile: with blur and darkness taken as known.
        centre_error: px, of their middle.
        background: grey beside the crack.
        depth, depth_error: grey levels that are missing in it.
        blur, blur_error: px, standard deviation of the blur.
        misfit: root mean square of what the model leaves over, in grey levels.
    """

    left: Values
    right: Values
    width_error: Values
    width_scatter: Values
    centre_error: Values
    background: Values
    depth: Values
    depth_error: Values
    blur: Values
    blur_error: Values
    misfit: Values

    @property
    def width(self) -> Values:
        """px."""
        return self.right - self.left


def crossings(grey: Values, offsets: Values, inside: npt.NDArray[np.bool_], start: Values | None = None) -> Rough:
    """Half-way crossings outwards from ``start`` ``(n,)`` (or 0) in profiles ``(n, k)``.

    The levels of background and crack, and the middle, are found in turns.
    """
    count = len(grey)
    usable = np.where(inside, grey, np.nan)
    outer = np.abs(offsets) >= 0.6 * offsets[-1]
    background = _median(usable[:, outer])
    background = np.where(np.isnan(background), _median(grey), background)
    middle = np.zeros(count) if start is None else start
    half = np.full(count, 0.75)
    left, right = -half, half
    for _ in range(3):
        level = _level_inside(grey, offsets, middle, half)
        limit = (background + level) / 2
        left, right = _crossed(grey, offsets, middle, limit)
        middle, half = (left + right) / 2, np.maximum((right - left) / 2, 0.5)
        beside = np.abs(offsets - middle[:, None]) - half[:, None]
        ring = (beside > 2.0) & (beside < 9.0) & inside
        ring |= ~ring.any(axis=1, keepdims=True) & (beside > 1.0)
        beside_it = _median(np.where(ring, grey, np.nan))
        background = np.where(np.isnan(beside_it), background, beside_it)  # a crack as wide as its profile has none
    level = _level_inside(grey, offsets, middle, half)
    noise = 1.4826 * _median(np.abs(np.where(ring, grey, np.nan) - background[:, None]))
    return Rough(left, right, background, background - level, np.fmax(noise, 0.5))


def _level_inside(grey: Values, offsets: Values, middle: Values, half: Values) -> Values:
    """The mean grey in the inner half of each crack."""
    core = np.abs(offsets - middle[:, None]) <= np.maximum(0.5 * half, 0.6)[:, None]
    return np.asarray((grey * core).sum(axis=1) / core.sum(axis=1))


def _crossed(grey: Values, offsets: Values, middle: Values, limit: Values) -> tuple[Values, Values]:
    """Where the profile first rises above ``limit`` on the left and on the right of ``middle``, between samples."""
    above = grey > limit[:, None]
    rows = np.arange(len(grey))
    last = len(offsets) - 1
    start = np.clip(np.rint((middle - offsets[0]) / (offsets[1] - offsets[0])).astype(int), 1, last - 1)
    columns = np.arange(len(offsets))
    to_right = above & (columns > start[:, None])
    first = np.where(to_right.any(axis=1), to_right.argmax(axis=1), last)
    to_left = (above & (columns < start[:, None]))[:, ::-1]
    back = np.where(to_left.any(axis=1), last - to_left.argmax(axis=1), 0)

    def between(outer: npt.NDArray[np.intp], inner: npt.NDArray[np.intp]) -> Values:
        high, low = grey[rows, outer], grey[rows, inner]
        share = np.clip((limit - low) / np.where(np.abs(high - low) < 1e-6, 1e-6, high - low), 0.0, 1.0)
        return np.asarray(offsets[inner] + share * (offsets[outer] - offsets[inner]))

    return between(back, np.minimum(back + 1, last)), between(first, np.maximum(first - 1, 0))


@dataclass(frozen=True, eq=False)
class Known:
    """What is known of n profiles before they are fitted, each with its standard uncertainty.

    Attributes:
        depth, depth_error: ``(n,)`` the crack's full darkness, grey levels, from its wider parts.
        blur, blur_error: standard deviation of the photograph's blur, px.
    """

    depth: Values
    depth_error: Values
    blur: float = ANY_BLUR_PX
    blur_error: float = ANY_BLUR_ERROR_PX

    def of(self, rows: npt.NDArray[np.intp]) -> Known:
        """For some of the profiles."""
        return Known(self.depth[rows], self.depth_error[rows], self.blur, self.blur_error)


def fitted(grey: Values, offsets: Values, inside: npt.NDArray[np.bool_], rough: Rough, known: Known) -> Edges:
    """Least squares with priors (Gauss-Newton), all profiles ``(n, k)`` at once: dark cracks, bright ones negated.

    The parameters of each: both edges, the darkness and how it changes towards the middle and from side to side, the
    background and its slope, the blur. Samples far off the model count less (Huber).
    """
    needed = _needed(offsets, rough, known)
    grey, offsets, inside = grey[:, needed], offsets[needed], inside[:, needed]
    state = _start(rough, known)
    prior, slack = state[:, 2:].copy(), _slack(known, len(grey))
    noise = rough.noise
    for round_ in range(_ROUNDS):
        model, slopes = _model(offsets, state)
        rest = grey - model
        beside = np.minimum(np.abs(offsets - state[:, :1]), np.abs(offsets - state[:, 1:2]))
        near = (beside <= 3 * state[:, 7:] + _BESIDE_PX) & inside
        weight = near / np.maximum(1.0, np.abs(rest) / (2.5 * noise[:, None]))
        used = np.maximum(near.sum(axis=1), 8)
        noise = np.sqrt(np.maximum((weight * rest**2).sum(axis=1) / np.maximum(used - 5, 3), 0.25))
        spread = correlated(rest * near, near) * noise**2
        weighed = slopes * weight[:, None, :]
        normal = weighed @ np.swapaxes(slopes, 1, 2) / spread[:, None, None]
        pull = (weighed @ rest[:, :, None])[:, :, 0] / spread[:, None]
        pull[:, 2:] += (prior - state[:, 2:]) / slack**2
        diagonal = np.arange(_PARAMETERS)
        normal[:, diagonal, diagonal] += 1e-6
        normal[:, diagonal[2:], diagonal[2:]] += 1 / slack**2
        if round_ < _ROUNDS - 1:
            state = _moved(state, np.linalg.solve(normal, pull[:, :, None])[:, :, 0])
    covariance = np.linalg.inv(normal)
    stiff = normal.copy()
    stiff[:, [2, 7], [2, 7]] *= 1e6
    alone = np.linalg.inv(stiff)
    first, second, both = covariance[:, 0, 0], covariance[:, 1, 1], covariance[:, 0, 1]
    return Edges(
        left=state[:, 0],
        right=state[:, 1],
        width_error=np.sqrt(np.maximum(first + second - 2 * both, 1e-6)),
        width_scatter=np.sqrt(np.maximum(alone[:, 0, 0] + alone[:, 1, 1] - 2 * alone[:, 0, 1], 1e-6)),
        centre_error=np.sqrt(np.maximum(first + second + 2 * both, 1e-6)) / 2,
        background=state[:, 5],
        depth=state[:, 2],
        depth_error=np.sqrt(covariance[:, 2, 2]),
        blur=state[:, 7],
        blur_error=np.sqrt(covariance[:, 7, 7]),
        misfit=noise,
    )


def _needed(offsets: Values, rough: Rough, known: Known) -> slice:
    """The columns of profiles that the fit can come to look at, of 99 in 100 of them."""
    beside = 3 * (known.blur + known.blur_error) + _BESIDE_PX + 1.0
    first, last = np.percentile(rough.left, 1) - beside, np.percentile(rough.right, 99) + beside
    low, high = np.searchsorted(offsets, [first, last])
    return slice(int(low), int(high) + 1)


def _start(rough: Rough, known: Known) -> Values:
    """``(n, 8)``: left, right, darkness, its tent and tilt, background, its slope, blur."""
    none = np.zeros(len(rough.left))
    depth = np.maximum(known.depth, 1.0)
    blur = np.full(len(none), known.blur)
    darker = _DARKER_INSIDE * depth
    return np.stack([rough.left, rough.right, depth, darker, none, rough.background, none, blur], axis=1)


def _slack(known: Known, count: int) -> Values:
    """``(n, 6)``: standard deviations of the priors on all but the edges."""
    depth = np.maximum(known.depth, 1.0)
    even = np.full(count, known.blur_error)
    return np.stack([known.depth_error, 0.15 * depth, 0.15 * depth, np.full(count, 200.0), 0.03 * depth, even], axis=1)


def _model(offsets: Values, state: Values) -> tuple[Values, Values]:
    """(grey ``(n, k)``, its derivatives ``(n, 8, k)``)."""
    left, right, depth, tent_share, tilt_share, background, slope, blur = (each[:, None] for each in state.T)
    centre, half = (left + right) / 2, np.maximum((right - left) / 2, 0.2)
    away = offsets - centre
    tilt = np.clip(away / half, -1.0, 1.0)
    tent = np.abs(tilt) - 0.5
    to_left, to_right = (offsets - left) / blur, (offsets - right) / blur
    box, density_left = _blurred_step(to_left)
    below_right, density_right = _blurred_step(to_right)
    box -= below_right
    missing = depth + tent_share * tent + tilt_share * tilt
    slopes = np.empty((len(state), _PARAMETERS, len(offsets)))
    at_left, at_right = slopes[:, 0], slopes[:, 1]
    np.multiply(missing, density_left, out=at_left)
    at_left /= blur
    np.multiply(missing, density_right, out=at_right)
    at_right /= -blur
    np.negative(box, out=slopes[:, 2])
    np.multiply(slopes[:, 2], tent, out=slopes[:, 3])
    np.multiply(slopes[:, 2], tilt, out=slopes[:, 4])
    slopes[:, 5] = 1.0
    slopes[:, 6] = away
    slopes[:, 7] = at_left * to_left + at_right * to_right
    return background + slope * away - missing * box, slopes


@functools.cache
def _blurred_steps() -> tuple[Values, Values]:
    """(a blurred step from 0 to 1, its slope) at every ``1 / _PER_DEVIATION`` of a deviation, ``_FAR`` to both sides.

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
    return step, (to_above - to_below) / (2 * half) * scale


def _blurred_step(away: Values) -> tuple[Values, Values]:
    """(a blurred step, its slope) at ``away`` in standard deviations of the blur, from the nearest entry of a table.

    The step goes on from there along its slope: it is right to 1e-7, the slope to 1e-4.
    """
    step, slope = _blurred_steps()
    place = np.clip(away, -_FAR, _FAR)
    place *= _PER_DEVIATION
    nearest = np.rint(place)
    place -= nearest
    nearest += _FAR * _PER_DEVIATION
    index = nearest.astype(np.int32)
    density = slope.take(index)
    place *= density
    place /= _PER_DEVIATION
    place += step.take(index)
    return place, density


def _moved(state: Values, change: Values) -> Values:
    """The next state: steps limited, edges in their order, darkness and blur positive."""
    half = np.maximum((state[:, 1] - state[:, 0]) / 2, 0.6)[:, None]
    moved = state.copy()
    moved[:, :2] += np.clip(change[:, :2], -0.5 * half, 0.5 * half)
    moved[:, 2:7] += change[:, 2:7]
    moved[:, 2] = np.maximum(moved[:, 2], 1.0)
    moved[:, 7] = np.clip(moved[:, 7] + np.clip(change[:, 7], -0.4, 0.4), 0.3, 6.0)
    middle = moved[:, :2].mean(axis=1)
    narrow = moved[:, 1] - moved[:, 0] < 0.1
    moved[:, 0] = np.where(narrow, middle - 0.05, moved[:, 0])
    moved[:, 1] = np.where(narrow, middle + 0.05, moved[:, 1])
    return moved


def pooled(
    values: Values, errors: Values, prior: float, prior_error: float, solid: npt.NDArray[np.bool_]
) -> tuple[float, float, float]:
    """(what m fits with a common prior say together, its standard uncertainty, the scatter of single ones).

    Each fit says as much as its data do: the prior is taken out of its value and weight, and put in once at the end.
    About ``_ALIKE`` neighbours along a line say the same. The middle is the median, by weight.
    """
    of_prior = 1 / prior_error**2
    says = np.where(solid, np.maximum(1 / errors**2 - of_prior, 0.0), 0.0)
    telling = says > 0.05 * of_prior
    if not telling.any():
        return prior, prior_error, prior_error
    says = says[telling]
    values = values[telling] + (values[telling] - prior) * of_prior / says
    middle = weighted_median(values, says)
    scatter = 1.4826 * weighted_median(np.abs(values - middle), says)
    effective = max(1.0, says.sum() ** 2 / (says**2).sum() / _ALIKE)
    of_data = 1 / max(_ALIKE / says.sum(), scatter**2 / effective)
    together = (middle * of_data + prior * of_prior) / (of_data + of_prior)
    return float(together), float(1 / np.sqrt(of_data + of_prior)), float(scatter)


def weighted_median(values: Values, weights: Values) -> float:
    """The value at which half of the weight is reached."""
    order = np.argsort(values, kind="stable")
    gathered = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(gathered, gathered[-1] / 2)])


def correlated(rest: Values, near: npt.NDArray[np.bool_]) -> float:
    """How many neighbouring samples say the same: 1 plus twice the sum of the correlations of what is left over."""
    power = float((rest**2).sum())
    if power <= 0:
        return 1.0
    total = 1.0
    for lag in range(1, 9):
        both = near[:, lag:] & near[:, :-lag]
        pairs = int(both.sum())
        if not pairs:
            break
        correlation = float((rest[:, lag:] * rest[:, :-lag] * both).sum()) / pairs / (power / max(int(near.sum()), 1))
        if correlation <= 0.05:
            break
        total += 2 * correlation
    return total


def _median(values: Values) -> Values:
    """Row by row, of those that are numbers; NaN where none is."""
    ordered = np.sort(values, axis=1)  # NaN comes last
    count = np.count_nonzero(~np.isnan(values), axis=1)
    rows = np.arange(len(values))
    low, high = np.maximum((count - 1) // 2, 0), np.minimum(count // 2, values.shape[1] - 1)
    return np.asarray((ordered[rows, low] + ordered[rows, high]) / 2)
