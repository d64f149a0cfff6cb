"""The content of one image file to upright pixels: JPEG by simplejpeg, the rest, and what it refuses, by Pillow.

simplejpeg decodes the grey of a METU patch four times as fast as Pillow, and tells of data missing in the middle of a
file, which Pillow fills with grey without a word. Both release Python's lock while they decode.
"""

from __future__ import annotations

import errno
import functools
import io
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, BinaryIO

import numpy as np
import simplejpeg

from fissura.images.eight_bits import EightBits, Pixels, is_deep
from fissura.images.heif import LONGEST_HEAD, is_heif, reads_heif, unread
from fissura.images.problems import ImageError, check_size, unreadable

if TYPE_CHECKING:
    from PIL import Image

MAX_PIXELS = 400_000_000
"""20,000 x 20,000: twice the largest photograph of a camera, and 400 MB as grey."""

FORMATS = (
    *("JPEG", "MPO", "PNG", "TIFF", "BMP", "DIB", "GIF", "WEBP", "PPM", "JPEG2000"),
    *("AVIF", "SGI", "TGA", "PCX", "PSD", "QOI", "ICO"),
    "HEIF",
)
"""What is read, by Pillow's names, ``"HEIF"`` (HEIC) where pillow-heif is there. It opens more, but EPS and WMF start
another program to be drawn, and the others hold no photographs."""

JPEG_START = b"\xff\xd8\xff"
_TIFF = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_JPEG_MODES = {"Gray": "L", "YCbCr": "RGB", "RGB": "RGB"}  # CMYK is left to Pillow
_MAY_TURN = (b"Exif\x00\x00", b"http://ns.adobe.com/xap/")  # orientation stands in EXIF, or in XMP
ORIENTATION = 274
"""EXIF's tag."""


@dataclass(frozen=True, eq=False)
class Decoded:
    """Upright pixels and what they were stored as.

    Attributes:
        pixels: ``(h, w)`` grey or ``(h, w, 3)`` RGB.
        format: one of ``FORMATS``, ``"JPEG"`` also for MPO.
        mode: Pillow's name of how the pixels are stored.
        orientation: EXIF's, 1 to 8, that the pixels had before.
        frames: how many frames or pages, 1 unless they were to be counted.
        deep: stored with more than 8 bits a channel.
        transparent: some of it is.
    """

    pixels: Pixels
    format: str
    mode: str
    orientation: int = 1
    frames: int = 1
    deep: bool = False
    transparent: bool = False


def decode(content: bytes, name: str, *, colour: bool, max_pixels: int, count_frames: bool = False) -> Decoded:
    """The first image in ``content``, which errors call ``name``.

    Raises:
        ImageError: it is empty, too large, breaks off or cannot be read.
    """
    if not content:
        raise ImageError(
            "{name} is empty (0 bytes); wanted an image. Copy it again from where it came from.",
            name=name,
            problem="empty",
        )
    image = _by_simplejpeg(content, name, colour, max_pixels) if content.startswith(JPEG_START) else None
    return _by_pillow(io.BytesIO(content), name, colour, max_pixels, count_frames) if image is None else image


def decode_stream(stream: BinaryIO, name: str, *, colour: bool, max_pixels: int) -> Decoded:
    """As ``decode``, of an opened file at its beginning: of all but a JPEG no copy is held beside what Pillow keeps.

    Raises:
        ImageError: as for ``decode``.
    """
    head = stream.read(len(JPEG_START))
    stream.seek(0)
    if not head or head == JPEG_START:
        return decode(stream.read(), name, colour=colour, max_pixels=max_pixels)
    return _by_pillow(stream, name, colour, max_pixels, count_frames=False)


def jpeg_head(content: bytes, name: str, max_pixels: int) -> tuple[tuple[int, int], str, int] | None:
    """((height, width) upright, Pillow's mode, EXIF's orientation) of a JPEG that simplejpeg takes; None for all else.

    Its pixels are not decoded: for files of which it is known from elsewhere that they can be.

    Raises:
        ImageError: it has more than ``max_pixels`` pixels.
    """
    head = _simplejpeg_head(content, name, max_pixels) if content.startswith(JPEG_START) else None
    if head is None:
        return None
    orientation = _turned(content)
    height, width = head[0]
    return (width, height) if orientation >= 5 else (height, width), head[1], orientation


def _simplejpeg_head(content: bytes, name: str, max_pixels: int) -> tuple[tuple[int, int], str] | None:
    """((height, width) as stored, mode); None where Pillow must try."""
    try:
        height, width, space, _ = simplejpeg.decode_jpeg_header(content)
    except ValueError:
        return None
    if space not in _JPEG_MODES:
        return None
    check_size(name, (height, width), max_pixels)
    return (height, width), _JPEG_MODES[space]


def _by_simplejpeg(content: bytes, name: str, colour: bool, max_pixels: int) -> Decoded | None:
    """None where Pillow must try: whatever simplejpeg refuses is not yet a bad image."""
    head = _simplejpeg_head(content, name, max_pixels)
    if head is None:
        return None
    try:
        pixels = simplejpeg.decode_jpeg(content, "RGB" if colour else "GRAY")
    except (ValueError, MemoryError) as error:
        if "premature end" in str(error).lower():
            raise unreadable(name, error) from error
        return None
    orientation = _turned(content)
    return Decoded(upright(pixels if colour else pixels[..., 0], orientation), "JPEG", head[1], orientation)


@dataclass(frozen=True, eq=False)
class Loaded:
    """A picture as Pillow has decoded it.

    Attributes:
        pixels: as they are stored, but for what Pillow turned itself.
        format, mode, frames, deep: as in ``Decoded``.
        orientation: EXIF's, before Pillow turned anything.
        to_turn: that by which ``pixels`` still have to be turned.
    """

    pixels: EightBits
    format: str
    mode: str
    frames: int
    deep: bool
    orientation: int
    to_turn: int


@contextmanager
def explained(name: str) -> Iterator[None]:
    """Pillow, quiet, and whatever it raises of the image ``name`` as an ``ImageError``."""
    from PIL import UnidentifiedImageError

    with QUIET_PILLOW:
        try:
            yield
        except ImageError:
            raise
        except UnidentifiedImageError as error:
            raise ImageError(
                "{name} is not an image: its content is of no format that is known. Remove it, or save it as JPEG or "
                "PNG.",
                name=name,
                problem="unreadable",
            ) from error
        except Exception as error:  # on damaged files Pillow raises nearly everything there is
            if isinstance(error, OSError) and error.errno not in (None, errno.EINVAL):  # that: a place before the file
                raise  # of the disk, not of the image: ``reading.opened`` says so
            raise unreadable(name, error) from error


def loaded_by_pillow(
    stream: BinaryIO, name: str, *, colour: bool, max_pixels: int, count_frames: bool = False
) -> Loaded:
    """The first image in ``stream``; to be called within ``explained``.

    Raises:
        ImageError: it is too large, or of a kind whose package is not there. Whatever else Pillow raises comes out.
    """
    head = stream.read(LONGEST_HEAD)
    stream.seek(0)
    with _opened(stream, head, name) as image:
        check_size(name, (image.height, image.width), max_pixels)
        kind = "JPEG" if image.format in ("JPEG", "MPO", None) else image.format
        frames = int(getattr(image, "n_frames", 1)) if count_frames and kind != "JPEG" else 1
        mode, deep = image.mode, _is_deep(image)
        as_stored = _orientation(image) if kind == "TIFF" else None  # load() turns it
        if kind == "JPEG" and not colour:
            image.draft("L", image.size)  # its first component, as simplejpeg gives it
        # before the orientation is asked for: Pillow loads a PNG for its EXIF, an error there would count as one of its
        # EXIF, and a second load() of a damaged image raises nothing
        image.load()
        to_turn = _orientation(image)
        turned = to_turn if as_stored is None else as_stored
        return Loaded(EightBits.of(image), kind, mode, frames, deep, turned, to_turn)


def _opened(stream: BinaryIO, head: bytes, name: str) -> Image.Image:
    """What Pillow makes of a file that begins with ``head``, its pixels not yet decoded."""
    from PIL import Image, UnidentifiedImageError

    heif = is_heif(head)
    if heif and not reads_heif():
        raise unread(name)
    try:
        return Image.open(stream, formats=("HEIF",) if heif else _formats())
    except UnidentifiedImageError as error:
        if not head.startswith(_TIFF):
            raise
        raise ImageError(
            "{name} is a TIFF whose pixels are of a kind that cannot be read, such as numbers of 64 bits, or it is "
            "damaged. Save it with 8 or 16 bits, or as PNG.",
            name=name,
            problem="unreadable",
        ) from error


def _by_pillow(stream: BinaryIO, name: str, colour: bool, max_pixels: int, count_frames: bool) -> Decoded:
    with explained(name):
        found = loaded_by_pillow(stream, name, colour=colour, max_pixels=max_pixels, count_frames=count_frames)
        pixels, transparent = found.pixels.whole("RGB" if colour else "L"), found.pixels.transparent
    told = (found.format, found.mode, found.orientation, found.frames, found.deep, transparent)
    to_turn = found.to_turn
    del found  # four bytes for each pixel
    return Decoded(upright(pixels, to_turn), *told)


def upright(pixels: Pixels, orientation: int) -> Pixels:
    """``pixels`` as they are to be seen; EXIF 2.3, tag Orientation: where row 0 and column 0 of the picture lie."""
    if orientation >= 5:  # row and column are exchanged
        pixels = pixels.swapaxes(0, 1)
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    return np.ascontiguousarray(pixels)


def _turned(content: bytes) -> int:
    """EXIF's orientation of a JPEG, 1 where it has none."""
    if not any(mark in content for mark in _MAY_TURN):
        return 1
    from PIL import Image

    with QUIET_PILLOW:
        try:
            with Image.open(io.BytesIO(content), formats=("JPEG", "MPO")) as image:
                return _orientation(image)
        except Exception:  # a damaged head beside good pixels; Pillow raises nearly everything there is
            return 1


def _orientation(image: Image.Image) -> int:
    try:
        value = image.getexif().get(ORIENTATION, 1)
    except Exception:  # damaged EXIF is not worth losing the image for, and Pillow raises nearly everything there is
        return 1
    return known_orientation(value)


def known_orientation(value: object) -> int:
    """What EXIF says of the orientation, where that is one of its 1 to 8; else 1, which is upright."""
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def _is_deep(image: Image.Image) -> bool:
    """More than 8 bits a channel; Pillow keeps them for grey, and cuts them from colours when it unpacks its tiles."""
    tiles = getattr(image, "tile", ())
    return is_deep(image) or any(";16" in str(tile) for tile in tiles)


@functools.cache
def _formats() -> tuple[str, ...]:
    """Those of ``FORMATS`` that this build of Pillow has."""
    from PIL import Image

    Image.init()
    return tuple(name for name in FORMATS if name in Image.OPEN)


class _QuietPillow:
    """While any thread is inside, Pillow neither warns nor refuses large images: our own limit stands before it.

    Both are settings of the whole process, so they are counted in and out together: the first thread in changes them,
    the last one out puts them back. ``warnings.catch_warnings`` alone would mix up threads.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inside = 0
        self._limit: int | None = None
        self._caught = warnings.catch_warnings()

    def __enter__(self) -> None:
        from PIL import Image

        with self._lock:
            if self._inside == 0:
                self._limit, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
                self._caught = warnings.catch_warnings()
                self._caught.__enter__()
                warnings.simplefilter("ignore")
            self._inside += 1

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        from PIL import Image

        with self._lock:
            self._inside -= 1
            if self._inside == 0:
                self._caught.__exit__(None, None, None)
                Image.MAX_IMAGE_PIXELS = self._limit


QUIET_PILLOW = _QuietPillow()
"""To be entered wherever Pillow is asked anything."""
