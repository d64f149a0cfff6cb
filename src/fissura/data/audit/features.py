"""What a cheap model can know of a photograph: how bright, how rough, how much in it looks like a dark line.

No network and no training: percentiles of grey levels, and sizes of gradients and of the answers of line filters in
four directions, at two scales. On METU they tell cracked from intact as well as is needed to doubt a label.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fissura.data.audit.symmetry import Floats
from fissura.data.audit.threads import threads
from fissura.images import Pixels

_CHUNK = 64  # images at a time; with fewer, two threads wait for Python's lock: 16 take half as long again
_SIDE_PX = 56
_LEVELS = (0.0, 0.005, 0.02, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0)
_MIDDLE = _LEVELS.index(0.5)
_DIRECTIONS = ((0, 1), (1, 0), (1, 1), (1, -1))
_MARGIN = 6


@dataclass(frozen=True, eq=False)
class Looks:
    """Numbers of every image, ``(n,)`` float32 each, and the features for a model.

    Attributes:
        brightness: mean, in grey levels.
        contrast: standard deviation, in grey levels.
        sharpness: root mean square of what a pixel differs by from the mean of its four neighbours, in grey levels.
        features: ``(n, 44)``.
    """

    brightness: Floats
    contrast: Floats
    sharpness: Floats
    features: Floats


def looks(images: Pixels, workers: int = 2) -> Looks:
    """How the images ``(n, h, w)`` uint8, which may be a memory map, look."""
    chunks = [images[start : start + _CHUNK] for start in range(0, len(images), _CHUNK)]
    with threads(workers) as pool:
        parts = list(pool.map(_looks, chunks))
    return Looks(*(np.concatenate(each) for each in zip(*parts, strict=True)))


def _looks(images: Pixels) -> tuple[Floats, Floats, Floats, Floats]:
    floats = images.astype(np.float32)
    brightness = floats.mean(axis=(1, 2))
    contrast = floats.std(axis=(1, 2))
    padded = np.pad(floats, ((0, 0), (1, 1), (1, 1)), mode="edge")
    around = padded[:, :-2, 1:-1] + padded[:, 2:, 1:-1] + padded[:, 1:-1, :-2] + padded[:, 1:-1, 2:]
    sharpness = np.sqrt(np.square(floats - around * np.float32(0.25)).mean(axis=(1, 2)))
    small = _shrunk(floats, max(1, round(min(images.shape[1:]) / _SIDE_PX)))
    features = [contrast[:, None], sharpness[:, None]]
    for scale in (small, _shrunk(small, 2)):
        levels = _at_shares(scale, _LEVELS)
        features += [levels - levels[:, [_MIDDLE]], *_lines(scale)]
    return brightness, contrast, sharpness, np.concatenate(features, axis=1)


def _shrunk(images: Floats, factor: int) -> Floats:
    factor = min(factor, *images.shape[1:])
    high, wide = images.shape[1] // factor, images.shape[2] // factor
    whole = images[:, : high * factor, : wide * factor].reshape(len(images), high, factor, wide, factor)
    total: Floats = np.zeros((len(images), high, wide), np.float32)
    for row in range(factor):
        for column in range(factor):
            total += whole[:, :, row, :, column]
    total /= np.float32(factor**2)
    return total


def _lines(images: Floats) -> list[Floats]:
    """Sizes of gradients, and of the answers to dark lines one and seven pixels long in the best direction."""
    padded = np.pad(
        images, ((0, 0), (_MARGIN, _MARGIN), (_MARGIN, _MARGIN)), mode="reflect" if _roomy(images) else "edge"
    )
    size = images.shape[1:]

    def at(row: int, column: int) -> Floats:
        return padded[:, _MARGIN + row : _MARGIN + row + size[0], _MARGIN + column : _MARGIN + column + size[1]]

    gradient = np.abs(at(0, 1) - at(0, -1)) + np.abs(at(1, 0) - at(-1, 0))
    points, lines = np.full_like(images, -np.inf), np.full_like(images, -np.inf)
    for down, right in _DIRECTIONS:
        beside = (at(2 * right, -2 * down) + at(-2 * right, 2 * down)) * np.float32(0.5)
        dark = beside - images
        np.maximum(points, dark, out=points)
        np.maximum(lines, _along(dark, down, right), out=lines)
    return [_sizes(gradient), _sizes(points), _sizes(lines)]


def _roomy(images: Floats) -> bool:
    return bool(min(images.shape[1:]) > _MARGIN)


def _along(answers: Floats, down: int, right: int) -> Floats:
    """The mean over seven pixels in a direction; at the edges, of what lies inside and zeros."""
    reach = 3
    padded = np.pad(answers, ((0, 0), (reach, reach), (reach, reach)))
    high, wide = answers.shape[1:]
    total = np.zeros_like(answers)
    for step in range(-reach, reach + 1):
        row, column = reach + step * down, reach + step * right
        total += padded[:, row : row + high, column : column + wide]
    return total / np.float32(2 * reach + 1)


def _sizes(answers: Floats) -> Floats:
    """``(n, 4)``: mean, the roots of the mean square and of the mean fourth power, and the largest of the positive."""
    flat = np.maximum(answers, 0).reshape(len(answers), -1)
    squares = np.square(flat)
    second = np.sqrt(squares.mean(axis=1))
    fourth = np.sqrt(np.sqrt(np.square(squares, out=squares).mean(axis=1)))
    return np.stack([flat.mean(axis=1), second, fourth, flat.max(axis=1)], axis=1)


def _at_shares(values: Floats, shares: Sequence[float]) -> Floats:
    """``(n, len(shares))``: the values below which those shares of each image lie, as they are, not between two."""
    flat = values.reshape(len(values), -1)
    places = [round(share * (flat.shape[1] - 1)) for share in shares]
    return np.sort(flat, axis=1)[:, places]
