"""Pictures on which nothing can be seen, told by their grey values alone."""

from __future__ import annotations

import math

import numpy as np

from fissura.errors import DataError
from fissura.images.eight_bits import Pixels

_SOME = 1_000_000  # pixels that are asked, of a larger picture every so many
_DARKEST, _BRIGHTEST = 0.001, 0.98
_BLACK, _WHITE, _EVEN = 12, 250, 4


def blankness(pixels: Pixels) -> str:
    """Why nothing can be seen on grey pixels ``(h, w)`` uint8: ``black``, ``white`` or ``flat``; empty where it can.

    Of all values but the brightest 2 %, which may be stuck pixels or the date, and the darkest 0.1 %, as a hairline on
    an even wall is little more: below 12, above 250, or less than 4 apart.

    >>> blankness(np.full((50, 50), 130, np.uint8))
    'flat'
    """
    step = max(1, math.isqrt(pixels.size // _SOME))
    up_to = np.bincount(pixels[::step, ::step].ravel(), minlength=256).cumsum()
    low, high = np.searchsorted(up_to, (_DARKEST * up_to[-1], _BRIGHTEST * up_to[-1]))
    if high < _BLACK:
        return "black"
    if low > _WHITE:
        return "white"
    return "flat" if high - low < _EVEN else ""


def nothing_seen(pixels: Pixels, name: str) -> DataError | None:
    """Why no class may be named for a picture; None where something can be seen on it.

    Whole sentences, one for each reason, as other languages need them.
    """
    found = blankness(pixels)
    if found == "black":
        return DataError(
            "{name} is black, or nearly: nothing can be seen on it, and a probability says nothing. Take the "
            "photograph again.",
            name=name,
        )
    if found == "white":
        return DataError(
            "{name} is white, or nearly: nothing can be seen on it, and a probability says nothing. Take the "
            "photograph again.",
            name=name,
        )
    if found == "flat":
        return DataError(
            "{name} shows one even tone: nothing can be seen on it, and a probability says nothing. Take the "
            "photograph again.",
            name=name,
        )
    return None
