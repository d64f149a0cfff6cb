"""What one file is, and what is odd about it."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path

from fissura.images.decoding import MAX_PIXELS, decode, jpeg_head
from fissura.images.problems import PROBLEMS, ImageError, printable_name
from fissura.images.reading import file_bytes

_SUFFIXES: dict[str, tuple[str, ...]] = {
    **dict.fromkeys((".jpg", ".jpeg", ".jpe", ".jfif", ".mpo"), ("JPEG",)),
    **dict.fromkeys((".png", ".apng"), ("PNG",)),
    **dict.fromkeys((".tif", ".tiff"), ("TIFF",)),
    **dict.fromkeys((".bmp", ".dib"), ("BMP", "DIB")),
    **dict.fromkeys((".pbm", ".pgm", ".ppm", ".pnm", ".pfm"), ("PPM",)),
    **dict.fromkeys((".jp2", ".j2k", ".jpc", ".j2c", ".jpf", ".jpx"), ("JPEG2000",)),
    **dict.fromkeys((".avif", ".avifs"), ("AVIF",)),
    **dict.fromkeys((".sgi", ".rgb", ".bw"), ("SGI",)),
    **dict.fromkeys((".heic", ".heif", ".hif"), ("HEIF",)),
    ".gif": ("GIF",),
    ".webp": ("WEBP",),
    ".tga": ("TGA",),
    ".pcx": ("PCX",),
    ".psd": ("PSD",),
    ".qoi": ("QOI",),
    ".ico": ("ICO",),
}
"""The ends of file names that mean an image, each with the formats that it may stand for."""


def has_image_name(name: str) -> bool:
    """Whether a file's name ends as an image's does, in letters of either case; nothing is opened.

    >>> [has_image_name(name) for name in ("wall.JPG", "wall.txt", ".jpg")]
    [True, False, False]
    """
    stem, dot, end = name.rpartition(".")
    return bool(stem) and dot + end.lower() in _SUFFIXES


@dataclass(frozen=True)
class FileFacts:
    """What one file is.

    Attributes:
        bytes: its length; 0 also where it cannot be opened.
        format: Pillow's name of what its content is, ``"JPEG"`` also for MPO. None where it cannot be read.
        mode: Pillow's name of how its pixels are stored, such as ``"L"``, ``"RGB"``, ``"CMYK"``. None likewise.
        size_hw: (height, width) in pixels, upright. None likewise, but an image that is too large has one.
        orientation: EXIF's, 1 to 8; 1 is upright.
        frames: how many frames or pages; the second picture that some cameras put into a JPEG is not counted.
        problems: codes of ``PROBLEMS``, in their order.
        error: why it cannot be read, or None.
    """

    bytes: int
    format: str | None = None
    mode: str | None = None
    size_hw: tuple[int, int] | None = None
    orientation: int = 1
    frames: int = 1
    problems: tuple[str, ...] = ()
    error: ImageError | None = None


def facts(path: Path, *, max_pixels: int = MAX_PIXELS, name: str | None = None, whole: bool = True) -> FileFacts:
    """What the file is, and in ``error`` what it cannot be read for.

    Args:
        path: of the file.
        max_pixels: an image of more cannot be read.
        name: what errors call it; else its path.
        whole: decode it all, so that damage shows. Without, the head of a usual JPEG is believed, which takes a third
            of the time: for files that are decoded elsewhere.
    """
    called = printable_name(os.fspath(path)) if name is None else name
    content = b""
    try:
        content = file_bytes(path, max_pixels=max_pixels, name=called)
        head = None if whole else jpeg_head(content, called, max_pixels)
        if head is not None:
            size_hw, mode, orientation = head
            return _with_problems(FileFacts(len(content), "JPEG", mode, size_hw, orientation), path)
        image = decode(content, called, colour=False, max_pixels=max_pixels, count_frames=True)
    except ImageError as error:
        height, width = error.values.get("height"), error.values.get("width")
        size = (height, width) if isinstance(height, int) and isinstance(width, int) else None
        return FileFacts(len(content), size_hw=size, problems=(error.problem,), error=error)
    size_hw = image.pixels.shape[0], image.pixels.shape[1]
    found = FileFacts(len(content), image.format, image.mode, size_hw, image.orientation, image.frames)
    return _with_problems(found, path, deep=image.deep, transparent=image.transparent)


def _with_problems(found: FileFacts, path: Path, deep: bool = False, transparent: bool = False) -> FileFacts:
    wanted = _SUFFIXES.get(path.suffix.lower())
    odd = {
        "misnamed": wanted is not None and found.format not in wanted,
        "animated": found.frames > 1,
        "cmyk": found.mode == "CMYK",
        "16-bit": deep,
        "transparent": transparent,
        "rotated": found.orientation != 1,
    }
    return replace(found, problems=tuple(code for code in PROBLEMS if odd.get(code)))
