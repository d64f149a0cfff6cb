"""The ways that cracks and other lines take: rough at every scale, smooth, or along joints."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from fissura.data.synthetic.view import Points

Values = npt.NDArray[np.float64]


def wander(count: int, roughness: float, random: np.random.Generator) -> Values:
    """``(count,)`` values that wander from 0 to 0, rough at every scale, of size about 1 at the largest.

    Midpoint displacement; ``roughness`` in [0, 1] is 2 to the minus Hurst exponent: the share of the displacement that
    is left when the scale is halved (0.5 is nearly smooth, 0.75 very jagged). The displacements are Laplacian: most of
    them are small and a few are kinks. Source: A. Fournier, D. Fussell, L. Carpenter (1982), Comm. ACM 25, 371-384.
    """
    levels = max(1, math.ceil(math.log2(max(count - 1, 2))))
    displaced = np.clip(random.laplace(0.0, 0.7, 2**levels - 1), -2.0, 2.0)
    values = np.zeros(2)
    for level in range(levels):
        here = displaced[2**level - 1 : 2 ** (level + 1) - 1]
        finer = np.empty(2 * len(values) - 1)
        finer[::2] = values
        finer[1::2] = (values[:-1] + values[1:]) / 2 + roughness**level * here
        values = finer
    values = np.interp(np.arange(count) * ((len(values) - 1) / (count - 1)), np.arange(len(values)), values)
    return np.asarray(values)


def variation(count: int, roughness: float, random: np.random.Generator) -> Values:
    """``(count,)`` values that vary about 0 with size about 1, the two ends as freely as the middle."""
    line = wander(3 * count, roughness, random)[count : 2 * count]
    return np.asarray(line - line.mean())


def rough_path(
    start: Points, end: Points, bend: float, roughness: float, spacing: float, random: np.random.Generator
) -> Points:
    """A crack's way from ``start`` to ``end``, each ``(2,)``; ``(n, 2)`` with points about ``spacing`` apart.

    ``bend`` is how far it strays at the largest scale, as a share of the distance.
    """
    along = end - start
    length = float(np.hypot(*along))
    count = max(3, int(length / spacing) + 1)
    share = np.linspace(0.0, 1.0, count)
    beside = np.array([-along[1], along[0]]) * bend
    back = along * bend * 0.15  # a little along its own direction as well, so that steep steps can be
    lateral, forward = wander(count, roughness, random), wander(count, roughness, random)
    return start + share[:, None] * along + lateral[:, None] * beside + forward[:, None] * back


def legged_path(
    start: Points, heading: float, length: float, leg: float, spacing: float, random: np.random.Generator
) -> Points:
    """A way of straight legs with kinks between them, finely jagged; ``(n, 2)``. ``leg`` is the mean leg, in px."""
    turns = max(2, int(length / leg) + 1)
    angles = heading + np.clip(random.laplace(0.0, 0.38, turns), -1.1, 1.1)
    legs = random.gamma(2.0, leg / 2, turns)
    corners = start + np.cumsum(legs[:, None] * np.stack([np.sin(angles), np.cos(angles)], axis=1), axis=0)
    pieces = [start[None, :]]
    for before, after in zip(np.vstack([start, corners[:-1]]), corners, strict=True):
        pieces.append(rough_path(before, after, 0.06, 0.68, spacing, random)[1:])
    return np.concatenate(pieces)


def smoothed(values: Points, over: int) -> Points:
    """``(n, 2)`` with each value replaced by the mean of the ``over`` around it; the ends stay where they are."""
    over = min(over, (len(values) - 1) // 2)
    if over < 2:
        return values
    front, back = over // 2, over - 1 - over // 2
    padded = np.concatenate([np.repeat(values[:1], front, axis=0), values, np.repeat(values[-1:], back, axis=0)])
    sums = np.cumsum(np.vstack([np.zeros((1, values.shape[1])), padded]), axis=0)
    return np.asarray((sums[over:] - sums[:-over]) / over)


def smooth_path(start: Points, end: Points, bend: float, random: np.random.Generator, count: int = 40) -> Points:
    """A cable's or a pen's way: a straight line and two or three slow waves; ``(count, 2)``."""
    along = end - start
    share = np.linspace(0.0, 1.0, count)
    lateral = np.zeros(count)
    for wave in range(1, 4):
        lateral += random.normal(0.0, 1.0 / wave**1.5) * np.sin(math.pi * wave * share)
    return np.asarray(start + share[:, None] * along + (lateral * bend)[:, None] * np.array([-along[1], along[0]]))


def across(size_hw: tuple[int, int], random: np.random.Generator) -> tuple[Points, Points]:
    """Two image points ``(2,)`` a little outside of two different sides, the line between them well inside."""
    height, width = size_hw
    angle = random.uniform(0.0, math.pi)
    if random.random() < 0.3:  # along or across the picture, as joints run: the direction must not give a crack away
        angle = random.choice([0.0, math.pi / 2]) + random.normal(0.0, 0.08)
    middle = np.array([height, width]) * random.uniform(0.08, 0.92, 2)
    direction = np.array([math.sin(angle), math.cos(angle)])
    reach = 0.5 / max(abs(direction[0]) / height, abs(direction[1]) / width)
    return middle - direction * reach * 2.1, middle + direction * reach * 2.1


def inside(size_hw: tuple[int, int], random: np.random.Generator, margin: float = 0.12) -> Points:
    """An image point ``(2,)`` at least ``margin`` of the size away from the border."""
    return np.asarray(np.array(size_hw) * random.uniform(margin, 1.0 - margin, 2))


def drawn_to(way: Points, pull: npt.NDArray[np.floating[Any]], reach_px: float, random: np.random.Generator) -> Points:
    """``way`` ``(n, 2)`` in image pixels, moved sideways by up to ``reach_px`` to where ``pull`` ``(h, w)`` is great.

    The best line over all, by dynamic programming over a few sideways places per point: it bends rather than jumps.
    """
    count = max(3, int(np.hypot(*(way[-1] - way[0])) / 5.0))
    at = np.linspace(0, len(way) - 1, count)
    points = np.stack([np.interp(at, np.arange(len(way)), way[:, k]) for k in (0, 1)], axis=1)
    along = np.gradient(points, axis=0)
    beside = np.stack([-along[:, 1], along[:, 0]], axis=1) / (np.hypot(*along.T)[:, None] + 1e-6)
    offsets = np.linspace(-reach_px, reach_px, 2 * int(reach_px / 2.0) + 1)
    places = points[:, None, :] + offsets[None, :, None] * beside[:, None, :]
    row, column = (np.clip(np.rint(places[..., k]).astype(int), 0, pull.shape[k] - 1) for k in (0, 1))
    gain = pull[row, column] + 0.05 * random.standard_normal(row.shape)
    cost = 0.1 * np.abs(offsets[:, None] - offsets[None, :]) + 0.015 * (offsets[:, None] - offsets[None, :]) ** 2
    best, came = gain[0], []
    for step in range(1, count):
        total = best[None, :] - cost
        came.append(total.argmax(axis=1))
        best = total.max(axis=1) + gain[step]
    chosen = [int(best.argmax())]
    for back in reversed(came):
        chosen.append(int(back[chosen[-1]]))
    moved = np.interp(np.arange(len(way)), at, offsets[chosen[::-1]])
    moved = smoothed(moved[:, None], max(2, len(way) // count))
    direction = np.stack([np.interp(np.arange(len(way)), at, beside[:, k]) for k in (0, 1)], axis=1)
    return np.asarray(way + moved * direction)
