"""Which images are copies of which: the same file, saved again, mirrored or turned.

Low-resolution signatures that no symmetry changes name the candidates; pixels at full resolution decide. What is kept
is a forest: each image but the first of its group hangs on the nearest that the search met first, so that a thousand
copies of one picture are 999 pairs and not half a million.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from fissura.data.audit.likeness import Likeness, likeness
from fissura.data.audit.signature import (
    CHUNK,
    Indices,
    invariants,
    low_frequencies,
    near,
    symmetry_distances,
    within,
)
from fissura.data.audit.symmetry import Floats, moved
from fissura.data.audit.threads import threads
from fissura.images import Pixels, resized
from fissura.language import N_

Reader = Callable[[int], Pixels]
"""Number of an image -> the image ``(h, w)`` uint8 at full resolution. Called from several threads at once."""

KINDS = {
    "file": N_("identical file"),
    "pixels": N_("identical pixels"),
    "saved-again": N_("saved again"),
    "left-right": N_("mirrored left-right"),
    "up-down": N_("mirrored up-down"),
    "turned-180": N_("turned by 180°"),
    "transposed": N_("mirrored at the diagonal"),
    "turned-right": N_("turned by 90° to the right"),
    "turned-left": N_("turned by 90° to the left"),
    "anti-transposed": N_("mirrored at the other diagonal"),
    "overlap": N_("overlapping views"),
}
"""Code -> words. From the fourth to the last but one in the order of the symmetries; whether they were saved again too
shows in the pair's difference."""

_COEFFICIENTS = 8
# Grey levels that JPEG of quality 50 moves a signature by, 0.24 at most on METU, and its share that a contrast changed
# by a fifth moves it by; wider gains nothing and 0.35 and 0.25 name 12,000 candidates among 32,004 patches.
_ABSOLUTE, _RELATIVE = 0.35, 0.25
_MOST_NEAR = 64
_LONGEST_SIDE_PX = 512
_ROUND = 2048


@dataclass(frozen=True)
class Pair:
    """Two images that are not independent.

    Attributes:
        first, second: their numbers; ``second`` is the one that ``kind`` speaks of.
        kind: a code of ``KINDS``.
        symmetry: of ``audit.symmetry``: what moves the first image onto the second.
        difference: mean absolute difference after that, in grey levels, where they overlap.
        correlation: of the detail there, -1 to 1; 1.0 for identical ones.
        shift_px: (rows, columns) that what both show lies further in ``second`` than in the moved ``first``, in pixels
            of the images that were searched, to 1 px at 112 px a side; (0, 0) for copies.
        overlap: the share of the image that both show, in (0, 1].
    """

    first: int
    second: int
    kind: str
    symmetry: int
    difference: float
    correlation: float
    shift_px: tuple[int, int] = (0, 0)
    overlap: float = 1.0


@dataclass(frozen=True, eq=False)
class Copies:
    """What ``find_copies`` gives.

    Attributes:
        pairs: one for every image but the first of its group, nearest first, the identical files at the head.
        groups: ``(n,)`` int64; images of one number are copies of each other. Numbered in the order of their first
            images.
        candidates: how many pairs were compared in pixels.
    """

    pairs: tuple[Pair, ...]
    groups: Indices
    candidates: int

    @property
    def distinct(self) -> int:
        """How many images are left when of each group one is kept."""
        return int(self.groups.max()) + 1 if len(self.groups) else 0


class Forest:
    """Which images hang together so far."""

    def __init__(self, n: int) -> None:
        self._parent = list(range(n))

    def root(self, index: int) -> int:
        """The smallest number of the group."""
        while self._parent[index] != index:
            self._parent[index] = self._parent[self._parent[index]]
            index = self._parent[index]
        return index

    def join(self, first: int, second: int) -> bool:
        """Make one group of two; False where they were one already."""
        one, other = sorted((self.root(first), self.root(second)))
        self._parent[other] = one
        return one != other

    def groups(self) -> Indices:
        """``(n,)`` group numbers, in the order of the groups' first images."""
        roots = np.array([self.root(index) for index in range(len(self._parent))], dtype=np.int64)
        return np.unique(roots, return_inverse=True)[1].astype(np.int64)


def joined(groups: Indices, others: Indices) -> Indices:
    """``(n,)`` group numbers: images of one number in either of two ``(n,)`` belong together, and so on along chains.

    >>> joined(np.array([0, 0, 1, 2, 3]), np.array([5, 6, 6, 7, 8])).tolist()
    [0, 0, 0, 1, 2]
    """
    forest = Forest(len(groups))
    for numbers in (groups, others):
        first: dict[int, int] = {}
        for index, number in enumerate(numbers.tolist()):
            forest.join(first.setdefault(number, index), index)
    return forest.groups()


def find_copies(
    images: Pixels, read: Reader | None = None, digests: Sequence[bytes] | None = None, workers: int = 2
) -> Copies:
    """The copies among ``images`` ``(n, h, w)`` uint8, all of one size, of any resolution from about 32 px.

    Args:
        images: what is searched; may be a memory map.
        read: gives an image at full resolution for the last decision; without it ``images`` decide.
        digests: a digest of each file's bytes; without them identical files count as identical pixels.
        workers: threads.
    """
    forest = Forest(len(images))
    pairs = list(_identical_files(digests or (), forest))
    kept = np.array([index for index in range(len(images)) if forest.root(index) == index], dtype=np.int64)
    full = read if read is not None else images.__getitem__
    compared = 0
    with threads(workers) as pool:
        coefficients = _coefficients(images, kept, pool)
        candidates = near(invariants(coefficients), _RELATIVE, _ABSOLUTE, _MOST_NEAR, pool)[0]
        for start in range(0, len(candidates), _ROUND):
            some = candidates[start : start + _ROUND]
            open_ones = [
                (first, second, symmetries)
                for (first, second), symmetries in zip(kept[some].tolist(), _plausible(coefficients, some), strict=True)
                if symmetries and forest.root(first) != forest.root(second)
            ]
            compared += len(open_ones)
            for pair in pool.map(lambda each: _compared(full, *each), open_ones):
                if pair is not None and forest.join(pair.first, pair.second):
                    pairs.append(pair)
    return Copies(tuple(pairs), forest.groups(), compared)


def _identical_files(digests: Sequence[bytes], forest: Forest) -> Iterable[Pair]:
    seen: dict[bytes, int] = {}
    for index, digest in enumerate(digests):
        first = seen.setdefault(digest, index)
        if forest.join(first, index):
            yield Pair(first, index, "file", 0, 0.0, 1.0)


def _coefficients(images: Pixels, kept: Indices, pool: ThreadPoolExecutor) -> Floats:
    count = min(_COEFFICIENTS, *images.shape[1:])
    chunks = [kept[start : start + CHUNK] for start in range(0, len(kept), CHUNK)]
    parts = list(pool.map(lambda chunk: low_frequencies(images[chunk], count), chunks))
    return np.concatenate(parts) if parts else np.empty((0, count, count), np.float32)


def _plausible(coefficients: Floats, pairs: Indices) -> list[list[int]]:
    """Per pair: the symmetries by which it is near, best first, that low frequencies cannot tell from the best."""
    first, second = coefficients[pairs[:, 0]], coefficients[pairs[:, 1]]
    distances = symmetry_distances(first, second)
    limits = np.minimum(within(first, second, _RELATIVE, _ABSOLUTE), distances.min(axis=1) + _ABSOLUTE)
    order = np.argsort(distances, axis=1, kind="stable")
    near_ones = np.take_along_axis(distances, order, axis=1) <= limits[:, None]
    return [row[: int(count)].tolist() for row, count in zip(order, near_ones.sum(axis=1), strict=True)]


def _compared(read: Reader, first: int, second: int, symmetries: list[int]) -> Pair | None:
    """The pair, by the symmetry under which the two differ least; None where they are not copies."""
    one, other = read(first), read(second)
    found: list[tuple[float, int, Likeness]] = []
    for symmetry in symmetries:
        alike = likeness(*_same_size(moved(one, symmetry), other))
        if alike.same:
            found.append((alike.difference, symmetry, alike))
        if alike.identical:
            break
    if not found:
        return None
    _, symmetry, alike = min(found, key=lambda each: each[:2])
    kind = list(KINDS)[2 + symmetry] if symmetry or not alike.identical else "pixels"
    correlation = 1.0 if alike.identical else alike.correlation
    return Pair(first, second, kind, symmetry, alike.difference, correlation)


def _same_size(one: Pixels, other: Pixels) -> tuple[Pixels, Pixels]:
    """Both at the smaller one's size, and no longer than is needed to tell."""
    height, width = min(one.shape[0], other.shape[0]), min(one.shape[1], other.shape[1])
    shrink = max(1.0, max(height, width) / _LONGEST_SIDE_PX)
    size = max(1, math.floor(height / shrink)), max(1, math.floor(width / shrink))
    return resized(one, size), resized(other, size)
