"""The eight symmetries of the square: how an image can be mirrored and turned without being resampled.

A symmetry is a number of 0 to 7: bit 4 says that rows and columns change places first, then bit 1 that left and right
do, bit 2 that top and bottom do.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

COUNT = 8
IDENTITY, LEFT_RIGHT, UP_DOWN, TURNED_180, TRANSPOSED, TURNED_RIGHT, TURNED_LEFT, ANTI_TRANSPOSED = range(COUNT)
_COLUMNS, _ROWS, _SWAP = 1, 2, 4


def moved(image: npt.NDArray[Any], symmetry: int) -> npt.NDArray[Any]:
    """``image`` ``(h, w, ...)`` mirrored or turned: a view, ``(w, h, ...)`` where rows and columns change places.

    >>> moved(np.array([[1, 2], [3, 4]]), TURNED_RIGHT).tolist()
    [[3, 1], [4, 2]]
    """
    if symmetry & _SWAP:
        image = np.swapaxes(image, 0, 1)
    if symmetry & _COLUMNS:
        image = image[:, ::-1]
    return image[::-1] if symmetry & _ROWS else image


def moved_place(row: int, column: int, symmetry: int, size_hw: tuple[int, int]) -> tuple[int, int]:
    """Where the pixel (row, column) of an image of ``size_hw`` lies in ``moved(image, symmetry)``."""
    height, width = size_hw
    if symmetry & _SWAP:
        row, column, height, width = column, row, width, height
    return height - 1 - row if symmetry & _ROWS else row, width - 1 - column if symmetry & _COLUMNS else column


def moved_coefficients(coefficients: Floats, symmetry: int) -> Floats:
    """The cosine coefficients ``(..., k, k)`` of the image that ``symmetry`` makes of one with ``coefficients``.

    A mirror turns the sign of the cosines that are odd in its direction and leaves the others.
    """
    signs = np.where(np.arange(coefficients.shape[-1]) % 2, -1, 1).astype(np.float32)
    if symmetry & _SWAP:
        coefficients = np.swapaxes(coefficients, -1, -2)
    if symmetry & _COLUMNS:
        coefficients = coefficients * signs
    return coefficients * signs[:, None] if symmetry & _ROWS else coefficients
