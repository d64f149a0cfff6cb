"""Letters as a picture: words of any size with Pillow's own typeface."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from fissura.data.synthetic.view import Grey

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont, ImageFont

_LETTERS = "abcdefghijklmnopqrstuvwxyzeeeaaiioonnrsttdl"
_HEIGHTS_PX = (8, 10, 12, 14, 17, 20, 25, 32, 40, 56, 80, 112, 160)  # a typeface is opened once per height


def word(random: np.random.Generator, least: int = 1, most: int = 9) -> str:
    """Letters at random, at times a number or capitals."""
    count = int(random.integers(least, most + 1))
    kind = random.random()
    if kind < 0.15:
        return "".join(str(digit) for digit in random.integers(0, 10, count))
    letters = "".join(_LETTERS[k] for k in random.integers(0, len(_LETTERS), count))
    return letters.upper() if kind < 0.3 else letters.capitalize() if kind < 0.4 else letters


def lettered(text: str, height_px: float) -> Grey:
    """``text`` about ``height_px`` high, ``(h, w)`` float32: share of each pixel that is ink, in [0, 1]."""
    from PIL import Image, ImageDraw

    font = _font(min(_HEIGHTS_PX, key=lambda height: abs(height - height_px)))
    left, _, right, _ = (round(side) for side in font.getbbox(text, anchor="ls"))
    _, top, _, bottom = (round(side) for side in font.getbbox("Hgp", anchor="ls"))  # the same line for every word
    picture = Image.new("L", (max(1, right - left + 2), max(1, bottom - top + 2)), 0)
    ImageDraw.Draw(picture).text((1 - left, 1 - top), text, fill=255, font=font, anchor="ls")
    return np.asarray(picture, dtype=np.float32) / np.float32(255)


@cache
def _font(height_px: int) -> FreeTypeFont | ImageFont:
    from PIL import ImageFont

    return ImageFont.load_default(height_px)
