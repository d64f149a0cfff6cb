"""Image files and their bytes to arrays, and arrays to another size."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from fissura.errors import DataError
from fissura.images.decoding import MAX_PIXELS, decode, decode_stream, explained
from fissura.images.eight_bits import Pixels, is_deep
from fissura.images.problems import ImageError, printable_name
from fissura.kinds import PATH, check_kind
from fissura.language import N_, cause


def read_grey(source: Path | str | bytes, *, max_pixels: int = MAX_PIXELS, name: str | None = None) -> Pixels:
    """The image upright, ``(h, w)`` uint8, 0 is black; errors call it ``name`` where that is given, else by its path.

    Raises:
        ImageError: it cannot be opened or read, breaks off, or has more than ``max_pixels`` pixels, which is known
            before anything is decoded.
    """
    return _read(source, max_pixels, name, colour=False)


def read_rgb(source: Path | str | bytes, *, max_pixels: int = MAX_PIXELS, name: str | None = None) -> Pixels:
    """The image upright, ``(h, w, 3)`` uint8 red, green, blue; otherwise as ``read_grey``.

    Raises:
        ImageError: as for ``read_grey``.
    """
    return _read(source, max_pixels, name, colour=True)


def read_mask(path: Path | str, *, max_pixels: int = MAX_PIXELS, name: str | None = None) -> Pixels:
    """A mask, as ``read_grey`` reads it; one of more than 8 bits with small numbers, such as 0 and 1, is not all black.

    Raises:
        ImageError: as for ``read_grey``.
    """
    grey = read_grey(path, max_pixels=max_pixels, name=name)
    if grey.any():
        return grey
    from PIL import Image, ImageOps

    with explained(name or Path(path).name), Image.open(path) as image:
        if not is_deep(image):
            return grey
        values = np.asarray(ImageOps.exif_transpose(image))
    most = int(values.max(initial=0))
    return grey if values.shape != grey.shape or most == 0 else (values / most * 255).astype(np.uint8)


def read_hashed(path: Path, *, max_pixels: int = MAX_PIXELS, name: str | None = None) -> tuple[Pixels, str]:
    """(the image as ``read_grey`` reads it, SHA-256 of its file in hexadecimal), the file opened once.

    Raises:
        ImageError: as for ``read_grey``.
    """
    called = _called(path, name)
    with opened(path, max_pixels=max_pixels, name=called) as stream:
        sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
        stream.seek(0)
        return decode_stream(stream, called, colour=False, max_pixels=max_pixels).pixels, sha256


def file_sha256(path: Path, *, max_pixels: int = MAX_PIXELS, name: str | None = None) -> str:
    """SHA-256 of a regular file in hexadecimal; no more of it than a piece is held.

    Raises:
        ImageError: as for ``file_bytes``.
    """
    with opened(path, max_pixels=max_pixels, name=name) as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def as_grey(picture: npt.NDArray[Any], name: str = "the image") -> Pixels:
    """The grey ``(h, w)`` of an array ``(h, w)`` or, red, green, blue, ``(h, w, 3)``; uint8, 0 is black.

    Raises:
        DataError: it is no such array, or holds no pixel.
    """
    coloured = picture.ndim == 3 and picture.shape[2] == 3
    if picture.dtype != np.uint8 or not (picture.ndim == 2 or coloured) or picture.size == 0:
        raise DataError(
            "{name} is {dtype} of shape {shape}; wanted uint8 of shape (height, width) or (height, width, 3).",
            name=name,
            dtype=picture.dtype,
            shape=picture.shape,
        )
    if not coloured:
        return picture
    from PIL import Image

    return np.array(Image.fromarray(picture).convert("L"))


def file_bytes(path: Path, *, max_pixels: int = MAX_PIXELS, name: str | None = None) -> bytes:
    """The content of a regular file.

    Raises:
        ImageError: it is not there, not a file, cannot be opened, or is longer than ``max_pixels`` pixels can be.
    """
    with opened(path, max_pixels=max_pixels, name=name) as stream:
        return stream.read()


@contextmanager
def opened(path: Path, *, max_pixels: int = MAX_PIXELS, name: str | None = None) -> Iterator[BufferedReader]:
    """A regular file to read from; errors of the system on the way come out as ``ImageError``.

    Raises:
        ImageError: as for ``file_bytes``.
    """
    called = _called(path, name)
    try:
        found = path.stat()
        if stat.S_ISREG(found.st_mode) and found.st_size <= _longest(max_pixels):
            with path.open("rb") as stream:
                yield stream
                return
    except FileNotFoundError as error:
        raise ImageError(
            "{name} is not there (any more). Put it back, or run the same command again without it.",
            name=called,
            problem="missing",
        ) from error
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        raise ImageError(
            "{name} cannot be opened ({reason}). Check its permissions and the disk it lies on.",
            name=called,
            problem="locked",
            reason=cause(error),
        ) from error
    if not stat.S_ISREG(found.st_mode):  # a pipe must not even be opened: that would wait for ever
        raise ImageError(
            "{name} is not a file; wanted an image. Name the image itself.", name=called, problem="unreadable"
        )
    raise ImageError(
        "{name} is {bytes} bytes long, more than an image of {limit} pixels can be. Check that it is an image; "
        "fissura predict, inspect and data check can be allowed more pixels, with --max-pixels.",
        name=called,
        problem="too-large",
        bytes=found.st_size,
        limit=max_pixels,
    )


def resized(pixels: Pixels, size_hw: tuple[int, int]) -> Pixels:
    """``(h, w)`` or ``(h, w, 3)`` squeezed or stretched to ``size_hw``, whatever its proportions; itself at that size.

    Every new pixel is the mean of the old ones around it, weighted by a triangle two new pixels wide (Pillow's
    ``BILINEAR``). Measured from 227 to 112 px, on lines 1 px wide in all directions and positions (contrast kept;
    its variation along the line; bright rim beside it, as a share of the contrast kept):

    =========== ======== ========= ==== =================================================
    filter      contrast variation  rim
    =========== ======== ========= ==== =================================================
    BILINEAR    37 %      14 %      0 % mirrored: the same, mirrored; turned: 1 level off
    BOX         45 %      19 %      0 % mirrored: up to 71 levels off on noise
    HAMMING     42 %      21 %      0 % lets through most of what is too fine: 27 % at 0.38 cycles/px
    BICUBIC     42 %      14 %      8 % turned: up to 5 levels off on noise
    LANCZOS     44 %      13 %     16 % turned: up to 13 levels off; three times as slow
    =========== ======== ========= ==== =================================================

    A mirrored copy must stay one, for the search for copies. The arithmetic is on integers: the same bytes everywhere.
    """
    from PIL import Image

    if pixels.shape[:2] == tuple(size_hw):
        return pixels
    return np.array(Image.fromarray(pixels).resize((size_hw[1], size_hw[0]), Image.Resampling.BILINEAR))


def _read(source: Path | str | bytes, max_pixels: int, name: str | None, colour: bool) -> Pixels:
    if isinstance(source, bytes):
        return decode(source, name or "image", colour=colour, max_pixels=max_pixels).pixels
    check_kind("source", source, PATH, N_("a path, or the bytes of a file"))
    called = _called(source, name)
    with opened(Path(source), max_pixels=max_pixels, name=called) as stream:
        return decode_stream(stream, called, colour=colour, max_pixels=max_pixels).pixels


def _called(path: Path | str, name: str | None) -> str:
    return printable_name(os.fspath(path)) if name is None else name


def _longest(max_pixels: int) -> int:
    """Bytes of the longest file that may be an image of so many pixels: four channels of 16 bits, and a head."""
    return 8 * max_pixels + 2**20
