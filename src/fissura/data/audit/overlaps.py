"""Which images show a part of the same thing: views cut from one photograph so that they overlap.

Spots that stand out from their surroundings are found in each image, described so that no symmetry changes the
description, and looked up among the spots of all others. Two images with a spot in common are laid over each other
there, and the detail of all that both show decides.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fissura.data.audit.copies import Forest, Pair
from fissura.data.audit.likeness import likeness, tile_correlations
from fissura.data.audit.signature import CHUNK, Indices, invariants, low_frequencies, near, symmetry_distances, within
from fissura.data.audit.symmetry import COUNT, Floats, moved, moved_place
from fissura.data.audit.threads import threads
from fissura.images import Pixels

SMALLEST_PX = 64
"""Images with a shorter side hold too few spots to be compared."""
_SIDE_PX = 112  # to which larger images are reduced, by whole factors
_WINDOW_PX = 25  # odd, so that a spot is its middle pixel under every symmetry
_REACH = _WINDOW_PX // 2
_SPOTS = 12
_APART_PX = 4
_COEFFICIENTS = 5
_ABSOLUTE, _RELATIVE = 0.15, 0.2
_MOST_NEAR = 32
# An edge that crosses both images correlates at 0.8 by itself, whatever is beside it: so three quarters of the tiles,
# which lie on the surface, have to agree too. Measured on METU in docs/metu.md.
_ALIKE, _SURFACE_ALIKE = 0.8, 0.65
_TILE_PX, _FEWEST_TILES = 16, 6
_QUARTER_ALIKE = 0.5  # of the window: of 12,000 pairs of METU it keeps 99.95 % of the right ones and 21 % of the others
_ROUND = 256  # pairs at a time: few, because those that earlier ones have joined need no look


@dataclass(frozen=True, eq=False)
class Spots:
    """What stands out in a set of images.

    Attributes:
        places: ``(m, 3)`` int64: the image's number, row and column in the reduced image.
        coefficients: ``(m, 5, 5)`` cosine coefficients of the window around each.
        bright: ``(m,)`` whether it is brighter than its surroundings.
    """

    places: Indices
    coefficients: Floats
    bright: npt.NDArray[np.bool_]


def find_overlaps(images: Pixels, groups: Indices, workers: int = 2) -> tuple[tuple[Pair, ...], Indices]:
    """Pairs of images that show a part of the same thing, and ``groups`` with theirs made one.

    Args:
        images: ``(n, h, w)`` uint8; may be a memory map.
        groups: ``(n,)``; of each group only the first image is searched, and pairs within one are not looked for.
        workers: threads.
    """
    forest, firsts = _grown(groups)
    if min(images.shape[1:]) < SMALLEST_PX or len(firsts) < 2:
        return (), forest.groups()
    images = np.asarray(images)  # of a memory map every slice would be a memory map again, which takes time
    pairs = []
    with threads(workers) as pool:
        spots = find_spots(images, firsts, pool)
        candidates, symmetries = _candidates(spots, pool)
        for start in range(0, len(candidates), _ROUND):
            one, other = (spots.places[candidates[start : start + _ROUND, side]] for side in (0, 1))
            pairs_open = zip(one[:, 0].tolist(), other[:, 0].tolist(), strict=True)
            apart = np.array([forest.root(first) != forest.root(second) for first, second in pairs_open])
            # one after the other: steps so small wait longer for Python's lock in threads than they take
            for laid in _aligned(images, one[apart], other[apart], symmetries[start : start + _ROUND][apart]):
                first, second = laid[:2]
                if forest.root(first) == forest.root(second):
                    continue  # an earlier pair of this round has joined them
                pair = _laid_over(images, *laid)
                if pair is not None and forest.join(pair.first, pair.second):
                    pairs.append(pair)
    return tuple(pairs), forest.groups()


def find_spots(images: Pixels, numbers: Indices, pool: ThreadPoolExecutor) -> Spots:
    """The places that stand out most in the images of those ``numbers``, at most twelve in each."""
    chunks = [numbers[start : start + CHUNK] for start in range(0, len(numbers), CHUNK)]
    parts = list(pool.map(lambda chunk: _spots(reduced(images[chunk]), chunk), chunks))
    return Spots(*(np.concatenate(each) for each in zip(*parts, strict=True)))


def reduced(images: Pixels) -> Floats:
    """``(n, h, w)`` as float32, with means of square blocks where that leaves about 112 px on the shorter side."""
    factor = _factor(images)
    if factor == 1:
        return images.astype(np.float32)
    high, wide = images.shape[1] // factor, images.shape[2] // factor
    top, left = (images.shape[1] - high * factor) // 2, (images.shape[2] - wide * factor) // 2
    whole = images[:, top : top + high * factor, left : left + wide * factor]
    means = whole.reshape(len(images), high, factor, wide, factor).mean(axis=(2, 4), dtype=np.float32)
    return np.asarray(means)


def _factor(images: Pixels) -> int:
    return max(1, round(int(min(images.shape[1:])) / _SIDE_PX))


def _grown(groups: Indices) -> tuple[Forest, Indices]:
    forest = Forest(len(groups))
    firsts = np.unique(groups, return_index=True)[1].astype(np.int64)
    for index, first in enumerate(firsts[groups].tolist()):
        forest.join(first, index)
    return forest, firsts


def _spots(images: Floats, numbers: Indices) -> tuple[Indices, Floats, npt.NDArray[np.bool_]]:
    smooth = _smoothed(_smoothed(images, 1), 2)
    smoother = _smoothed(smooth, 4)
    stands_out = smooth[:, 4:-4, 4:-4] - smoother  # 7 px from the edges of the images
    height = np.abs(stands_out)
    margin = _REACH - 7
    inside = height[:, margin:-margin, margin:-margin]
    image, row, column = np.nonzero(inside == _highest_around(height, _APART_PX)[:, 1:-1, 1:-1])
    order = np.lexsort((-inside[image, row, column], image))
    rank = np.arange(len(order)) - np.searchsorted(image[order], image[order])
    kept = order[rank < _SPOTS]
    image, row, column = image[kept], row[kept], column[kept]
    windows = np.lib.stride_tricks.sliding_window_view(images, (_WINDOW_PX, _WINDOW_PX), axis=(1, 2))
    coefficients = low_frequencies(windows[image, row, column], _COEFFICIENTS)
    places = np.stack([numbers[image], row + _REACH, column + _REACH], axis=1)
    return places, coefficients, stands_out[image, row + margin, column + margin] > 0


def _smoothed(images: Floats, step: int) -> Floats:
    """Each pixel half itself, half the mean of the two ``step`` away, along both axes; without the edges."""
    down = images[:, : -2 * step] + images[:, 2 * step :]
    down += images[:, step:-step]
    down += images[:, step:-step]
    both = down[..., : -2 * step] + down[..., 2 * step :]
    both += down[..., step:-step]
    both += down[..., step:-step]
    both *= np.float32(1 / 16)
    return both


def _highest_around(images: Floats, reach: int) -> Floats:
    """The highest value within ``reach`` in both directions; without the edges. ``reach`` is a power of two."""
    step = 1
    while step <= reach:
        images = np.maximum(images[:, :-step], images[:, step:])
        images = np.maximum(images[..., :-step], images[..., step:])
        step *= 2
    images = np.maximum(images[:, :-1], images[:, 1:])
    return np.maximum(images[..., :-1], images[..., 1:])


def _candidates(spots: Spots, pool: ThreadPoolExecutor) -> tuple[Indices, Indices]:
    """``(m, 2)`` numbers of spots that look alike in different images, the most alike first, and by which symmetry."""
    found = []
    for bright in (False, True):
        numbers = np.flatnonzero(spots.bright == bright)
        vectors = invariants(spots.coefficients[numbers])
        pairs = numbers[near(vectors, _RELATIVE, _ABSOLUTE, _MOST_NEAR, pool)[0]]
        found.append(pairs[spots.places[pairs[:, 0], 0] != spots.places[pairs[:, 1], 0]])
    pairs = np.concatenate(found)
    one, other = spots.coefficients[pairs[:, 0]], spots.coefficients[pairs[:, 1]]
    distances = symmetry_distances(one, other)
    # what is near without signs is mostly far with them: one pair in ten is left
    kept = np.flatnonzero(distances.min(axis=1) <= within(one, other, _RELATIVE, _ABSOLUTE))
    kept = kept[np.argsort(distances[kept].min(axis=1), kind="stable")]
    return pairs[kept], distances[kept].argmin(axis=1).astype(np.int64)


def _aligned(
    images: Pixels, one: Indices, other: Indices, symmetries: Indices
) -> list[tuple[int, int, int, tuple[int, int]]]:
    """(first, second, symmetry, shift) of the pairs of places ``(m, 3)`` around which two images look alike.

    A spot is the highest pixel, which another position between the pixels can move: so the second image may lie up to
    1 px aside in both directions.
    """
    first, second = _windows(images, one), _windows(images, other)
    for symmetry in range(1, COUNT):
        turned = symmetries == symmetry
        first[turned] = np.moveaxis(moved(np.moveaxis(first[turned], 0, -1), symmetry), -1, 0)
    fixed = _unit(second[:, 1:-1, 1:-1])
    side = fixed.shape[1]
    scores = np.stack(
        [
            (_unit(first[:, down : down + side, right : right + side]) * fixed).sum(axis=(1, 2))
            for down in range(3)
            for right in range(3)
        ]
    )
    best = scores.argmax(axis=0)
    size = reduced(images[:1]).shape[1:]
    found = []
    for row in np.flatnonzero(_quarters(first, second, best) >= _QUARTER_ALIKE).tolist():
        symmetry = int(symmetries[row])
        down, right = moved_place(int(one[row, 1]), int(one[row, 2]), symmetry, (size[0], size[1]))
        shift = int(other[row, 1]) - down - best[row] // 3 + 1, int(other[row, 2]) - right - best[row] % 3 + 1
        found.append((int(one[row, 0]), int(other[row, 0]), symmetry, (int(shift[0]), int(shift[1]))))
    return found


def _quarters(first: Floats, second: Floats, best: Indices) -> Floats:
    """``(m,)``: the least correlation of the four quarters of the windows, the first moved to the best position."""
    side = second.shape[1] - 2
    downs, rights = best // 3, best % 3
    moved_first = np.lib.stride_tricks.sliding_window_view(first, (side, side), axis=(1, 2))[
        np.arange(len(first)), downs, rights
    ]
    half = side // 2
    corners = [(row, column) for row in (0, side - half) for column in (0, side - half)]
    correlations = [
        (
            _unit(moved_first[:, row : row + half, column : column + half])
            * _unit(second[:, 1 + row : 1 + row + half, 1 + column : 1 + column + half])
        ).sum(axis=(1, 2))
        for row, column in corners
    ]
    return np.asarray(np.min(correlations, axis=0))


def _windows(images: Pixels, places: Indices) -> Floats:
    """``(m, 25, 25)``: what surrounds each place, in reduced images."""
    factor = _factor(images)
    side = _WINDOW_PX * factor
    margin = [size % factor // 2 for size in images.shape[1:]]
    windows = np.lib.stride_tricks.sliding_window_view(images, (side, side), axis=(1, 2))
    corners = (places[:, 1:] - _REACH) * factor + margin
    found = windows[places[:, 0], corners[:, 0], corners[:, 1]]
    whole = found.reshape(len(places), _WINDOW_PX, factor, _WINDOW_PX, factor)
    return np.asarray(whole.mean(axis=(2, 4), dtype=np.float32))


def _unit(windows: Floats) -> Floats:
    flat = windows - windows.mean(axis=(1, 2), keepdims=True)
    return np.asarray(flat / (np.sqrt(np.square(flat).sum(axis=(1, 2), keepdims=True)) + np.float32(1e-6)))


def _laid_over(images: Pixels, one: int, other: int, symmetry: int, shift: tuple[int, int]) -> Pair | None:
    """The pair when what both images show, the second laid ``shift`` over the moved first, is the same."""
    first, second = moved(reduced(images[one][None])[0], symmetry), reduced(images[other][None])[0]
    (top, bottom), (left, right) = (
        (max(0, -by), min(here, there - by)) for by, here, there in zip(shift, first.shape, second.shape, strict=True)
    )
    here = first[top:bottom, left:right]
    there = second[top + shift[0] : bottom + shift[0], left + shift[1] : right + shift[1]]
    tiles = tile_correlations(here, there, _TILE_PX)
    if len(tiles) < _FEWEST_TILES or _lower_quartile(tiles) < _SURFACE_ALIKE:
        return None
    alike = likeness(here, there)
    if alike.correlation < _ALIKE:
        return None
    factor = _factor(images)
    shift_px = shift[0] * factor, shift[1] * factor
    return Pair(one, other, "overlap", symmetry, alike.difference, alike.correlation, shift_px, here.size / second.size)


def _lower_quartile(values: npt.NDArray[np.float64]) -> float:
    """``np.quantile(values, 0.25)``, a tenth of the time for few values."""
    place = (len(values) - 1) / 4
    below = int(place)
    low, high = np.partition(values, (below, min(below + 1, len(values) - 1)))[[below, min(below + 1, len(values) - 1)]]
    return float(low + (high - low) * (place - below))
