"""A few numbers per image that stay the same when it is mirrored, turned, saved again or made brighter.

The lowest cosine coefficients of an image: a mirror changes only their signs, and exchanging rows and columns only
their places. So the sizes of the two coefficients (i, j) and (j, i), larger first, are the same for all eight. Two
images are at least as far apart as these numbers say: what is searched among them with a radius misses none.
"""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import numpy as np
import numpy.typing as npt

from fissura.data.audit.symmetry import COUNT, Floats, moved_coefficients

Indices = npt.NDArray[np.int64]

CHUNK = 16
"""Images that are worked on together: few enough for the processor's cache, many enough to forget Python."""
_BLOCK_ROWS, _BLOCK_COLUMNS = 1024, 4096


def low_frequencies(images: npt.NDArray[np.uint8] | Floats, count: int) -> Floats:
    """``(n, count, count)`` cosine coefficients of ``(n, h, w)``, vertical frequency first, in grey levels.

    The root of the sum of their squares is the root mean square of what they describe, whatever the image's size.
    """
    rows, columns = _cosines(images.shape[1], count), _cosines(images.shape[2], count)
    across = images.astype(np.float32) @ columns.T
    scale = np.float32(1 / math.sqrt(images.shape[1] * images.shape[2]))
    return np.asarray(rows @ across * scale, dtype=np.float32)


def invariants(coefficients: Floats) -> Floats:
    """``(n, k * k - 1)``: sizes of the coefficients, the same for all eight symmetries; without the mean brightness."""
    sizes = np.abs(coefficients)
    upper = np.triu_indices(sizes.shape[-1], 1)
    one, other = sizes[..., *upper], np.swapaxes(sizes, -1, -2)[..., *upper]
    diagonal = np.diagonal(sizes, axis1=-2, axis2=-1)[..., 1:]
    return np.concatenate([np.maximum(one, other), np.minimum(one, other), diagonal], axis=-1)


def symmetry_distances(first: Floats, second: Floats) -> Floats:
    """``(m, 8)``: how far ``second`` is from each symmetry of ``first``; both ``(m, k, k)``; mean brightness aside."""
    distances = np.empty((len(first), COUNT), np.float32)
    for symmetry in range(COUNT):
        apart = moved_coefficients(first, symmetry) - second
        apart[:, 0, 0] = 0
        distances[:, symmetry] = np.sqrt(np.square(apart).sum(axis=(1, 2)))
    return distances


def within(first: Floats, second: Floats, relative: float, absolute: float) -> Floats:
    """``(m,)``: how far apart two images of coefficients ``(m, k, k)`` may be and be ``near``."""
    squares = np.square(first).sum(axis=(1, 2)) - np.square(first[:, 0, 0])
    squares = squares + np.square(second).sum(axis=(1, 2)) - np.square(second[:, 0, 0])
    return np.asarray(np.sqrt(absolute**2 + relative**2 * squares / 2), dtype=np.float32)


def near(
    vectors: Floats, relative: float, absolute: float, most: int, pool: ThreadPoolExecutor
) -> tuple[Indices, Floats]:
    """Pairs of rows that lie near each other, nearest first, as ``(m, 2)`` with the smaller index first; and how near.

    Two rows are near when their distance is at most ``sqrt(absolute² + relative² * mean of their squared lengths)``.
    Every such pair is found, by matrix products over rows sorted by length, except that a row keeps only the ``most``
    nearest of the rows as long as it or longer: a thousand pictures of one thing are still one chain.
    """
    lengths = np.sqrt(np.square(vectors).sum(axis=1))
    order = np.argsort(lengths, kind="stable")
    sorted_lengths = lengths[order]
    share = np.float32((1 - relative**2 / 2) / 2)
    # One product gives v·w - share (|v|² + |w|²) + absolute² / 2, which is not negative just when they are near.
    half = share * np.square(sorted_lengths)[:, None]
    ones = np.ones_like(half)
    left = np.concatenate([vectors[order], np.float32(absolute**2 / 2) - half, -ones], axis=1)
    right = np.concatenate([vectors[order], ones, half], axis=1)
    ends = np.searchsorted(sorted_lengths, _longest(sorted_lengths, relative, absolute), side="right")

    def search(start: int) -> tuple[Indices, Floats]:
        stop = min(start + _BLOCK_ROWS, len(vectors))
        found = []
        for column in range(start, int(ends[stop - 1]), _BLOCK_COLUMNS):
            until = min(column + _BLOCK_COLUMNS, int(ends[stop - 1]))
            hits = np.flatnonzero(left[start:stop] @ right[column:until].T >= 0)
            rows, columns = hits // (until - column) + start, hits % (until - column) + column
            found.append(np.stack([rows, columns], axis=1)[rows < columns])
        pairs = np.concatenate(found)
        distances = _distances(left[:, :-2], pairs)
        kept = _nearest(pairs[:, 0], distances, most)
        return pairs[kept], distances[kept]

    parts = list(pool.map(search, range(0, len(vectors), _BLOCK_ROWS)))
    if not parts:
        return np.empty((0, 2), np.int64), np.empty(0, np.float32)
    pairs = np.sort(order[np.concatenate([part[0] for part in parts])], axis=1)
    distances = np.concatenate([part[1] for part in parts])
    nearest = np.lexsort((pairs[:, 1], pairs[:, 0], distances))
    return pairs[nearest], distances[nearest]


@cache
def _cosines(length: int, count: int) -> Floats:
    places = (np.arange(length) + 0.5) * np.pi / length
    rows = np.cos(np.outer(np.arange(count), places)) * math.sqrt(2 / length)
    rows[0] /= math.sqrt(2)
    return np.asarray(rows, dtype=np.float32)


def _longest(lengths: Floats, relative: float, absolute: float) -> npt.NDArray[np.float64]:
    """How long a row can be that is near one of ``lengths``: where the two point the same way."""
    own = lengths.astype(np.float64)
    half = relative**2 / 2
    # the larger root of (x - own)² = absolute² + half (x² + own²)
    inside = np.square(own) - (1 - half) * ((1 - half) * np.square(own) - absolute**2)
    return np.asarray((own + np.sqrt(np.maximum(inside, 0))) / (1 - half) * (1 + 1e-5) + 1e-5)


def _distances(vectors: Floats, pairs: Indices) -> Floats:
    distances = np.empty(len(pairs), np.float32)
    for start in range(0, len(pairs), 2**16):
        some = pairs[start : start + 2**16]
        apart = vectors[some[:, 0]] - vectors[some[:, 1]]
        distances[start : start + 2**16] = np.sqrt(np.square(apart).sum(axis=1))
    return distances


def _nearest(rows: Indices, distances: Floats, most: int) -> Indices:
    """The positions of the ``most`` nearest of each row."""
    order = np.lexsort((distances, rows))
    starts = np.searchsorted(rows[order], rows[order], side="left")
    return order[np.arange(len(order)) - starts < most]
