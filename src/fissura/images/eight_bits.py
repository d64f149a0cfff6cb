"""What Pillow has decoded as 8-bit grey or colours, a piece at a time.

Pillow keeps four bytes for each pixel in colour. Whole copies of that on the way to an array took 100 megapixels to 2.4
GB; strip by strip nothing comes on top but the array that is asked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from PIL import Image

Pixels = npt.NDArray[np.uint8]
Box = tuple[int, int, int, int]

_STRIP_PIXELS = 2_000_000
_WHITE = (255, 255, 255, 255)
_MOST_SIGNED, _MOST_UNSIGNED = 2.0**31 - 1, 2.0**32 - 1  # of whole numbers of 32 bits
_SAMPLE_FORMAT = 339
"""TIFF's tag: 1, which is meant where it is missing, says unsigned."""


@dataclass(frozen=True, eq=False)
class EightBits:
    """A picture that Pillow has loaded, laid on white where it is transparent; ``of`` makes it.

    Attributes:
        image: as Pillow has it.
        transparent: some of it is.
        end: of more than 8 bits a channel, what becomes 255; None for all else.
    """

    image: Image.Image
    transparent: bool
    end: float | None

    @classmethod
    def of(cls, image: Image.Image) -> EightBits:
        """The loaded ``image``."""
        if is_deep(image):
            return cls(image, False, _end(image))
        transparent = image.has_transparency_data and any(
            image.crop(box).convert("RGBA").getchannel("A").getextrema()[0] != 255 for box in _strips(image.size)
        )
        return cls(image, transparent, None)

    @property
    def size_hw(self) -> tuple[int, int]:
        """(height, width) in pixels."""
        return self.image.height, self.image.width

    def piece(self, top: int, left: int, bottom: int, right: int, mode: str) -> Pixels:
        """``(h, w)`` grey for the mode ``"L"``, ``(h, w, 3)`` for ``"RGB"``: rows ``top`` to ``bottom``, exclusive."""
        return self._piece((left, top, right, bottom), mode)

    def whole(self, mode: str) -> Pixels:
        """All of it."""
        height, width = self.size_hw
        pixels = np.empty((height, width) if mode == "L" else (height, width, 3), dtype=np.uint8)
        for box in _strips(self.image.size):
            pixels[box[1] : box[3]] = self._piece(box, mode)
        return pixels

    def _piece(self, box: Box, mode: str) -> Pixels:
        from PIL import Image

        part = self.image.crop(box)
        if self.end is not None:
            part = Image.fromarray(_scaled(np.asarray(part), self.end))
        elif self.transparent:
            coloured = part.convert("RGBA")
            part = Image.new("RGBA", part.size, _WHITE)
            part.alpha_composite(coloured)
        return np.asarray(part.convert(mode))


def is_deep(image: Image.Image) -> bool:
    """Whether Pillow keeps more than 8 bits of each pixel."""
    return image.mode.startswith("I;16") or image.mode in ("I", "F")


def _strips(size: tuple[int, int]) -> Iterator[Box]:
    """(left, top, right, bottom) of whole rows, from the top down."""
    width, height = size
    rows = max(1, _STRIP_PIXELS // max(1, width))
    for top in range(0, height, rows):
        yield 0, top, width, min(top + rows, height)


def _end(image: Image.Image) -> float:
    """The end of the smallest range that holds all values of a picture of 16 or 32 bits, or of fractions.

    16 bits are always 0 to 65535. 32 bits hold those as well in most files, and fractions 0 to 1. TIFFs of whole
    numbers of 32 bits may hold the 0 to 255 of 8 bits as they are; of other kinds Pillow gives 16 bits as 32.
    """
    if image.mode.startswith("I;16"):
        return 65535.0
    whole = (255.0, 65535.0, _MOST_SIGNED) if image.format == "TIFF" else (65535.0, _MOST_SIGNED)
    ends = (1.0, 255.0, 65535.0) if image.mode == "F" else (*whole, _MOST_UNSIGNED)
    parts = (np.asarray(image.crop(box)) for box in _strips(image.size))
    most = max(float(_finite(part.view(np.uint32) if _is_unsigned(image) else part).max()) for part in parts)
    return next((end for end in ends if most <= end), most)


def _is_unsigned(image: Image.Image) -> bool:
    """Whether a TIFF holds whole numbers of 32 bits from 0 on: Pillow gives those of the upper half as negative."""
    tags = getattr(image, "tag_v2", {})
    return image.mode == "I" and image.format == "TIFF" and tags.get(_SAMPLE_FORMAT, (1,))[0] == 1


def _finite(values: npt.NDArray[np.generic]) -> npt.NDArray[np.float64]:
    return np.nan_to_num(values.astype(np.float64), posinf=0.0, neginf=0.0)


def _scaled(values: npt.NDArray[np.generic], end: float) -> Pixels:
    """Grey of more than 8 bits to 8 bits: ``end`` becomes 255."""
    if end > _MOST_SIGNED and values.dtype == np.int32:  # ``_end`` says so of unsigned numbers alone
        values = values.view(np.uint32)
    elif values.dtype.kind == "u":
        return ((values.astype(np.uint32) + 128) // 257).astype(np.uint8)
    return np.rint(np.clip(_finite(values) / end, 0, 1) * 255).astype(np.uint8)
