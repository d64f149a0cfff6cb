"""The order of names that a person would give them, the same on every file system."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from fissura.names import composed

Indices = npt.NDArray[np.int64]


def natural_key(name: str) -> tuple[list[tuple[int, str]], str]:
    """Sorts ``2.jpg`` before ``10.jpg``; names that differ in leading zeros alone are sorted as they are written.

    >>> sorted(["10.jpg", "2.jpg", "b1.jpg"], key=natural_key)
    ['2.jpg', '10.jpg', 'b1.jpg']
    """
    pieces = re.split("([0-9]+)", composed(name))
    # A number counts by its length, then its digits: int() refuses those of more than 4,300 digits.
    numbers = [
        (len(piece.lstrip("0")), piece.lstrip("0")) if odd % 2 else (0, piece) for odd, piece in enumerate(pieces)
    ]
    return numbers, name


def natural_order(names: Sequence[str]) -> Indices:
    """``(n,)`` int64: the indices that sort ``names`` as ``natural_key`` does."""
    return np.array(sorted(range(len(names)), key=lambda index: natural_key(names[index])), dtype=np.int64)
