"""Masks: where a picture drawn beside a photograph says that there is a crack."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from fissura.errors import DataError
from fissura.images.problems import printable_name

_MOST_BETWEEN = 0.2  # of a mask neither black nor white: edges of a crack, not a photograph
_MOST_WHITE = 0.5  # of a photograph cracked


def where_white(grey: npt.NDArray[np.uint8], name: str) -> npt.NDArray[np.bool_]:
    """Where a mask ``(h, w)`` is white: above half of its brightest value, as some write 1 or 2 for white.

    Raises:
        DataError: it is no mask but a photograph, or white where there is none; ``name`` is told.
    """
    most = int(grey.max())
    between = float(np.mean((grey > most // 10) & (grey < most - most // 10)))
    if between > _MOST_BETWEEN:
        raise DataError(
            "The mask {mask} is not a mask: {percent} % of it is neither black nor white. Wanted white where there is "
            "a crack, black elsewhere.",
            mask=printable_name(name),
            percent=round(100 * between),
        )
    white: npt.NDArray[np.bool_] = grey > most // 2
    if float(white.mean()) > _MOST_WHITE:
        raise DataError(
            "The mask {mask} is white on {percent} % of the photograph, as if black and white were exchanged. Wanted "
            "white where there is a crack, black elsewhere.",
            mask=printable_name(name),
            percent=round(100 * float(white.mean())),
        )
    return white
