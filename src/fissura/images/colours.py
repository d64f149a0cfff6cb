"""A photograph in colour of which pieces are cut, so that no array holds all of it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from fissura.images.decoding import JPEG_START, MAX_PIXELS, decode, explained, loaded_by_pillow, upright
from fissura.images.eight_bits import Pixels
from fissura.images.problems import ImageError
from fissura.images.reading import opened

Cut = Callable[[int, int, int, int], Pixels]
"""(top, left, bottom, right), the last two exclusive, to ``(h, w, 3)`` red, green, blue."""


@dataclass(frozen=True, eq=False)
class Colours:
    """An upright photograph in colour.

    Attributes:
        size_hw: (height, width) in pixels.
        cut: gives a piece of it.
    """

    size_hw: tuple[int, int]
    cut: Cut

    @classmethod
    def of(cls, pixels: Pixels) -> Colours:
        """Those of an array ``(h, w, 3)``."""
        return cls((pixels.shape[0], pixels.shape[1]), lambda top, left, bottom, right: pixels[top:bottom, left:right])


def open_colours(path: Path, sha256: str, *, max_pixels: int = MAX_PIXELS, name: str) -> Colours:
    """The colours of the image file, which errors call ``name``, if its content still has the hash ``sha256``.

    Neither the file nor a copy of its pixels is held beside what the decoder keeps: four bytes for each pixel, three of
    a JPEG.

    Raises:
        ImageError: it cannot be opened or read, has more than ``max_pixels`` pixels, or another content by now.
    """
    with opened(path, max_pixels=max_pixels, name=name) as stream:
        if hashlib.file_digest(stream, "sha256").hexdigest() != sha256:
            raise ImageError(
                "{name} changed while it was inspected. Run the same command again when it is complete.",
                name=name,
                problem="changed",
            )
        stream.seek(0)
        if stream.read(len(JPEG_START)) == JPEG_START:
            stream.seek(0)
            return Colours.of(decode(stream.read(), name, colour=True, max_pixels=max_pixels).pixels)
        stream.seek(0)
        with explained(name):
            loaded = loaded_by_pillow(stream, name, colour=True, max_pixels=max_pixels)
    height, width = loaded.pixels.size_hw
    orientation = loaded.to_turn

    def cut(top: int, left: int, bottom: int, right: int) -> Pixels:
        box = stored_box((top, left, bottom, right), (height, width), orientation)
        return upright(loaded.pixels.piece(*box, "RGB"), orientation)

    return Colours((width, height) if orientation >= 5 else (height, width), cut)


def stored_box(box: tuple[int, int, int, int], size_hw: tuple[int, int], orientation: int) -> tuple[int, int, int, int]:
    """Where (top, left, bottom, right) of the upright picture lies in one stored as ``size_hw``."""
    top, left, bottom, right = box
    exchanged = orientation >= 5
    height, width = (size_hw[1], size_hw[0]) if exchanged else size_hw
    if orientation in (3, 4, 7, 8):
        top, bottom = height - bottom, height - top
    if orientation in (2, 3, 6, 7):
        left, right = width - right, width - left
    return (left, top, right, bottom) if exchanged else (top, left, bottom, right)
