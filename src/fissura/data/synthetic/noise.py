"""Random fields on the wall: a few periodic ones are made once per process, each scene cuts its own piece of them.

Making a field takes a Fourier transform; cutting a turned, stretched, displaced piece under the view's perspective
takes one call of Pillow, many times faster. The fields' seeds are fixed, so every process holds the same ones.
"""

from __future__ import annotations

import math
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from fissura.data.synthetic.view import Grey, View

if TYPE_CHECKING:
    from PIL.Image import Image

_PERIOD = 512  # px; a piece of 224 px, turned and at any place, shows no repetition
_CELL_PX = 16  # one stone of the cell fields
_SHAPES = {  # amplitude of each spatial frequency (cycles per px, down the rows and along the columns)
    "white": lambda f, fr, fc: np.exp(-((f / 0.40) ** 4)),
    "fine": lambda f, fr, fc: np.exp(-((f / 0.16) ** 2)),
    "grain": lambda f, fr, fc: np.exp(-((f / 0.09) ** 2)) * np.minimum(1.0, f / 0.03),
    "rough": lambda f, fr, fc: np.maximum(f, 0.004) ** -1.0 * np.exp(-((f / 0.35) ** 4)),
    "clouds": lambda f, fr, fc: np.maximum(f, 0.006) ** -1.7 * np.exp(-((f / 0.25) ** 4)),
    "wood": lambda f, fr, fc: np.exp(-((fc / 0.008) ** 2)) * np.maximum(np.abs(fr), 0.01) ** -0.7,
    "brushed": lambda f, fr, fc: np.exp(-((fc / 0.03) ** 2) - (fr / 0.25) ** 2),
    "drips": lambda f, fr, fc: np.exp(-((fr / 0.006) ** 2)) * np.maximum(np.abs(fc), 0.02) ** -0.9,
}
_CELLS = ("cell-edge", "cell-value", "cell-distance")
KINDS = (*_SHAPES, *_CELLS)


def field(
    view: View,
    kind: str,
    random: np.random.Generator,
    scale: float = 1.0,
    stretch: float = 1.0,
    turned: bool = True,
) -> Grey:
    """A piece of the field ``kind`` as the view shows it; ``(h, w)`` float32.

    Spectral kinds have mean 0 and deviation 1. ``cell-distance`` and ``cell-edge`` are the distance to a stone's
    middle, and to the border between two stones, in stone sizes; ``cell-value`` is uniform in [0, 1], one per stone.

    Args:
        view: gives size and perspective.
        kind: one of ``KINDS``.
        random: chooses place and direction.
        scale: how many times larger than in the field; a stone is 16 px at scale 1.
        stretch: how many times longer along the wall's columns.
        turned: False keeps the field's own directions (wood and drips run along an axis of the wall).
    """
    from PIL import Image

    angle = random.uniform(-math.pi, math.pi) if turned else 0.0
    flip = random.choice([-1.0, 1.0])
    place = random.uniform(0.0, _PERIOD, 2)
    cosine, sine = math.cos(angle), math.sin(angle)
    turn = np.array([[cosine * flip, -sine, 0.0], [sine * flip, cosine, 0.0], [0.0, 0.0, 1.0]])
    matrix = turn @ np.diag([1.0 / (scale * stretch), 1.0 / scale, 1.0]) @ view.to_wall
    corners = _corners(matrix, view.size_hw)
    low = corners.min(axis=0)
    repeats = 1 + math.ceil((float((corners.max(axis=0) - low).max()) + 4.0) / _PERIOD)
    shift = np.array([[1.0, 0.0, place[0] + 2.0 - low[0]], [0.0, 1.0, place[1] + 2.0 - low[1]], [0.0, 0.0, 1.0]])
    # Pillow counts from a pixel's corner, the view from its centre
    half = np.array([[1.0, 0.0, -0.5], [0.0, 1.0, -0.5], [0.0, 0.0, 1.0]])
    matrix = shift @ matrix @ half
    resample = Image.Resampling.NEAREST if kind == "cell-value" else Image.Resampling.BILINEAR
    piece = _tiled(kind, repeats).transform(
        (view.size_hw[1], view.size_hw[0]),
        Image.Transform.PERSPECTIVE,
        tuple((matrix / matrix[2, 2]).ravel()[:8]),
        resample,
    )
    return np.asarray(piece, dtype=np.float32)


def cells(
    view: View, random: np.random.Generator, scale: float, stretch: float = 1.0, turned: bool = True
) -> tuple[Grey, Grey, Grey]:
    """The three cell fields of the same stones: (``cell-edge``, ``cell-value``, ``cell-distance``)."""
    state = random.bit_generator.state
    pieces = []
    for kind in _CELLS:
        random.bit_generator.state = state
        pieces.append(field(view, kind, random, scale, stretch, turned))
    return pieces[0], pieces[1], pieces[2]


def _corners(matrix: npt.NDArray[np.float64], size_hw: tuple[int, int]) -> npt.NDArray[np.float64]:
    height, width = size_hw
    corners = np.array([[0, 0, 1], [width - 1, 0, 1], [0, height - 1, 1], [width - 1, height - 1, 1]], dtype=float)
    mapped = corners @ matrix.T
    return np.asarray(mapped[:, :2] / mapped[:, 2:])


@cache
def _tiled(kind: str, repeats: int) -> Image:
    """The periodic field, repeated, as a Pillow image of 32-bit floats."""
    from PIL import Image

    return Image.fromarray(np.tile(_field(kind), (repeats, repeats)))


@cache
def _field(kind: str) -> Grey:
    if kind in _CELLS:
        return _cells()[_CELLS.index(kind)]
    random = np.random.default_rng([4711, KINDS.index(kind)])
    rows = np.fft.fftfreq(_PERIOD)[:, None]
    columns = np.fft.rfftfreq(_PERIOD)[None, :]
    frequency = np.hypot(rows, columns)
    spectrum = np.fft.rfft2(random.standard_normal((_PERIOD, _PERIOD)))
    spectrum *= _SHAPES[kind](frequency, rows, columns)
    spectrum[0, 0] = 0.0
    made = np.fft.irfft2(spectrum, s=(_PERIOD, _PERIOD))
    return np.asarray(made / made.std(), dtype=np.float32)


@cache
def _cells() -> tuple[Grey, Grey, Grey]:
    """Stones: (distance to the nearest border, a value per stone, distance to the middle); each periodic.

    Middles lie at random in the squares of a grid, so a pixel's nearest two are among the 25 squares around its own.
    Source: S. Worley (1996), A cellular texture basis function, SIGGRAPH.
    """
    count = _PERIOD // _CELL_PX
    random = np.random.default_rng(4712)
    middles = random.uniform(0.0, 1.0, (2, count, count))
    values = random.uniform(0.0, 1.0, (count, count))
    position = (np.arange(_PERIOD) + 0.5) / _CELL_PX
    square = position.astype(int)
    first = np.full((_PERIOD, _PERIOD), np.inf)
    second = np.full((_PERIOD, _PERIOD), np.inf)
    value = np.zeros((_PERIOD, _PERIOD))
    for down in range(-2, 3):
        for right in range(-2, 3):
            rows, columns = np.ix_((square + down) % count, (square + right) % count)
            distance = np.hypot(
                middles[0][rows, columns] + (square + down)[:, None] - position[:, None],
                middles[1][rows, columns] + (square + right)[None, :] - position[None, :],
            )
            nearer = distance < first
            second = np.where(nearer, first, np.minimum(second, distance))
            value = np.where(nearer, values[rows, columns], value)
            first = np.where(nearer, distance, first)
    edge = (second - first) / 2
    return edge.astype(np.float32), value.astype(np.float32), first.astype(np.float32)
