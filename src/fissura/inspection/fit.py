"""The edges of cracks by least squares with priors, many profiles at once.

A. Tarantola (2005), Inverse Problem Theory, chapter 3; samples far off the model count less: P. Huber (1964), Annals
of Mathematical Statistics 35, 73-101. Lines about as wide are fitted in one batch, small enough to stay in the
processor's cache, and of each profile only the samples that tell of an edge are looked at.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
import numpy.typing as npt

from fissura.inspection.blurred_box import PARAMETERS, model, reach
from fissura.inspection.edges import Edges, Known, Rough
from fissura.inspection.profiles import Singles, Values

Indices = npt.NDArray[np.intp]

_ROUNDS = 6
_PROFILES = 512  # in a batch, or one line's
_LAGS = 8  # samples so far apart may still say the same
_DARKER_INSIDE = -0.15  # of the darkness: less of it at the edges than in the middle, into which less light falls
_OUTSIDE = 1e6  # grey of what lies outside of the photograph: more than any, and counts for nothing


@dataclass(frozen=True, eq=False)
class Bundle:
    """n profiles of one line, dark cracks (bright ones negated): what the fit leaves over is alike in them.

    Attributes:
        grey: ``(n, k)``.
        offsets: ``(k,)`` px across the line, ascending, equally far apart; as far in all that are fitted at once.
        inside: ``(n, k)`` whether the place lies in the photograph.
        rough, known: of each profile.
    """

    grey: Values
    offsets: Values
    inside: npt.NDArray[np.bool_]
    rough: Rough
    known: Known

    @property
    def needed(self) -> slice:
        """The columns in which the edges of 99 in 100 of its profiles come to lie; no fit looks beyond them."""
        beside = float(reach(np.array(self.known.blur + self.known.blur_error))) + 1.0
        first, last = np.percentile(self.rough.left, 1) - beside, np.percentile(self.rough.right, 99) + beside
        low, high = np.searchsorted(self.offsets, [first, last])
        return slice(int(low), min(int(high) + 1, len(self.offsets)))

    @property
    def samples(self) -> int:
        """About how many samples of its profiles tell of an edge, at most."""
        around = 2 * reach(np.array(self.known.blur))
        wide = np.minimum(self.rough.right - self.rough.left, around).max(initial=0.0) + around
        return int(wide / (self.offsets[1] - self.offsets[0]))


def fitted(bundles: Sequence[Bundle]) -> list[Edges]:
    """The edges in all profiles of each bundle, by Gauss-Newton.

    The parameters of each profile are those of ``blurred_box``.
    """
    order = sorted(range(len(bundles)), key=lambda index: (bundles[index].samples, index))
    batches: list[list[int]] = []
    room = 0
    for index in order:
        count = len(bundles[index].grey)
        if count > room:
            batches.append([])
            room = _PROFILES
        batches[-1].append(index)
        room -= count
    parts = [_fitted([bundles[index] for index in batch]) for batch in batches]
    found = dict(zip(chain.from_iterable(batches), chain.from_iterable(parts), strict=True))
    return [found[index] for index in range(len(bundles))]


@dataclass(frozen=True, eq=False)
class _Batch:
    """Profiles of several lines, one below the other.

    Attributes:
        grey: ``(n, k)``, ``_OUTSIDE`` where nothing is seen; k is even.
        origin: ``(n,)`` px across the line, of the first column.
        step: px between columns.
        starts: ``(m,)`` the first row of each line.
        counts: ``(m,)`` its rows.
    """

    grey: Singles
    origin: Values
    step: float
    starts: Indices
    counts: Indices

    @staticmethod
    def of(bundles: Sequence[Bundle]) -> _Batch:
        counts = np.array([len(each.grey) for each in bundles])
        starts = np.cumsum(counts) - counts
        needed = [each.needed for each in bundles]
        widest = max(each.stop - each.start for each in needed)
        grey = np.full((counts.sum(), widest + widest % 2), _OUTSIDE, dtype=np.float32)
        for each, columns, start in zip(bundles, needed, starts, strict=True):
            seen = np.where(each.inside[:, columns], each.grey[:, columns], _OUTSIDE)
            grey[start : start + len(seen), : seen.shape[1]] = seen
        offsets = bundles[0].offsets
        origin = np.repeat([each.offsets[columns.start] for each, columns in zip(bundles, needed, strict=True)], counts)
        return _Batch(grey, origin, float(offsets[1] - offsets[0]), starts, counts)

    def around(self, state: Values) -> tuple[Singles, Singles]:
        """(grey, offsets in px), ``(n, 2 m)``: all in ``reach`` of an edge, m from the left and m to the right.

        Where the two halves are not one piece, ``_LAGS`` samples or more between the last one in reach of the left edge
        and the first one of the right one are in reach of neither.
        """
        beyond = reach(state[:, 7])
        low = np.ceil((state[:, 0] - beyond - self.origin) / self.step).astype(np.intp)
        high = np.floor((state[:, 1] + beyond - self.origin) / self.step).astype(np.intp)
        of_edge = (2 * beyond / self.step).astype(np.intp) + 1 + _LAGS // 2
        columns = self.grey.shape[1]
        half = min(int(np.minimum((high - low + 2) // 2, of_edge).max()), columns // 2)
        first = np.clip(low, 0, columns - 2 * half)
        second = np.clip(high - half + 1, first + half, columns - half)
        rows, steps = np.arange(len(state)) * columns, np.arange(half)
        places = np.empty((len(state), 2 * half), dtype=np.intp)
        offsets = np.empty((len(state), 2 * half), dtype=np.float32)
        for part, start in ((slice(half), first), (slice(half, None), second)):
            np.add((rows + start)[:, None], steps, out=places[:, part])
            from_start = (self.origin + self.step * start).astype(np.float32)
            np.add(from_start[:, None], (self.step * steps).astype(np.float32), out=offsets[:, part])
        return self.grey.ravel().take(places), offsets


def _fitted(bundles: Sequence[Bundle]) -> list[Edges]:
    """Those of one batch."""
    batch = _Batch.of(bundles)
    state = np.concatenate([_start(each.rough, each.known) for each in bundles])
    prior = state[:, 2:].copy()
    firmness = np.concatenate([_slack(each.known) for each in bundles]) ** -2.0
    noise: Values = np.concatenate([each.rough.noise for each in bundles])
    diagonal = np.arange(PARAMETERS)
    for round_ in range(_ROUNDS):
        normal, pull, noise = _normal(batch, state, noise)
        pull[:, 2:] += (prior - state[:, 2:]) * firmness
        normal[:, diagonal, diagonal] += 1e-6
        normal[:, diagonal[2:], diagonal[2:]] += firmness
        if round_ < _ROUNDS - 1:
            change = np.linalg.solve(normal, pull[:, :, None])[:, :, 0]
            state = _moved(state, np.asarray(change, dtype=np.float64))
    edges = _edges(state, normal, noise)
    return [edges.of(slice(start, start + count)) for start, count in zip(batch.starts, batch.counts, strict=True)]


def _normal(batch: _Batch, state: Values, noise: Values) -> tuple[Values, Values, Values]:
    """(matrix ``(n, 8, 8)`` and right side ``(n, 8)`` of the normal equations, noise ``(n,)`` of what is left over)."""
    grey, offsets = batch.around(state)
    table = np.empty((PARAMETERS + 1, *grey.shape), dtype=np.float32)  # derivatives, and below them what is left over
    expected, near = model(offsets, state, table[:PARAMETERS])
    near &= grey < _OUTSIDE
    seen = near.astype(np.float32)
    rest = np.subtract(grey, expected, out=table[PARAMETERS])
    weight = np.abs(rest)
    weight *= (1 / (2.5 * noise)).astype(np.float32)[:, None]
    np.maximum(weight, 1.0, out=weight)
    np.divide(seen, weight, out=weight)
    products = (table * weight).swapaxes(0, 1) @ table.transpose(1, 2, 0)
    products = products.astype(np.float64)
    used = np.maximum(np.einsum("nk->n", seen), PARAMETERS)
    noise = np.sqrt(np.maximum(products[:, -1, -1] / np.maximum(used - 5, 3), 0.25))
    rest *= seen
    products /= (np.repeat(correlated(rest, seen, batch.starts), batch.counts) * noise**2)[:, None, None]
    return products[:, :-1, :-1], products[:, :-1, -1], noise


def _start(rough: Rough, known: Known) -> Values:
    """``(n, 8)``: left, right, darkness, its tent and tilt, background, its slope, blur."""
    none = np.zeros(len(rough.left))
    depth = np.maximum(known.depth, 1.0)
    blur = np.full(len(none), known.blur)
    darker = _DARKER_INSIDE * depth
    return np.stack([rough.left, rough.right, depth, darker, none, rough.background, none, blur], axis=1)


def _slack(known: Known) -> Values:
    """``(n, 6)``: standard deviations of the priors on all but the edges."""
    depth = np.maximum(known.depth, 1.0)
    background, blur = np.full(len(depth), 200.0), np.full(len(depth), known.blur_error)
    return np.stack([known.depth_error, 0.15 * depth, 0.15 * depth, background, 0.03 * depth, blur], axis=1)


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


def _edges(state: Values, normal: Values, noise: Values) -> Edges:
    """What the fit says, with its uncertainty: the inverse of ``normal`` is the covariance of the parameters."""
    told = [0, 1, 2, 7]
    columns = np.zeros((PARAMETERS, len(told)))
    columns[told, np.arange(len(told))] = 1.0
    covariance = np.linalg.solve(normal, columns[None])[:, told]
    left, right, depth, blur = np.diagonal(covariance, axis1=1, axis2=2).T
    both = covariance[:, 0, 1]
    width = left + right - 2 * both
    # what is left of it where darkness and blur are known: the rule of conditional variances
    with_depth, with_blur = (covariance[:, 1] - covariance[:, 0]).T[2:]
    shared = covariance[:, 2, 3]
    explained = with_depth**2 * blur - 2 * with_depth * with_blur * shared + with_blur**2 * depth
    alone = width - explained / (depth * blur - shared**2)
    return Edges(
        left=state[:, 0],
        right=state[:, 1],
        width_error=np.sqrt(np.maximum(width, 1e-6)),
        width_scatter=np.sqrt(np.maximum(alone, 1e-6)),
        centre_error=np.sqrt(np.maximum(left + right + 2 * both, 1e-6)) / 2,
        background=state[:, 5],
        depth=state[:, 2],
        depth_error=np.sqrt(depth),
        blur=state[:, 7],
        blur_error=np.sqrt(blur),
        misfit=noise,
    )


def correlated(rest: Singles, near: Singles, starts: Indices) -> Values:
    """``(m,)`` of each line: how many neighbouring samples say the same.

    1 plus twice the sum of the correlations of what is left over, up to the first distance at which there is none.

    Args:
        rest: ``(n, k)``, 0 where ``near`` is.
        near: 1 for samples that count, 0 for others.
        starts: the first row of each line.
    """

    def summed(one: Singles, other: Singles) -> Values:
        return np.asarray(np.add.reduceat(np.einsum("nk,nk->n", one, other), starts), dtype=np.float64)

    power = np.maximum(summed(rest, rest), 1e-12) / np.maximum(summed(near, near), 1.0)
    total = np.ones(len(starts))
    going = np.ones(len(starts), dtype=np.bool_)
    for lag in range(1, _LAGS + 1):
        pairs = np.maximum(summed(near[:, lag:], near[:, :-lag]), 1.0)
        correlation = summed(rest[:, lag:], rest[:, :-lag]) / pairs / power
        going &= correlation > 0.05
        if not going.any():
            break
        total += np.where(going, 2 * correlation, 0.0)
    return total
