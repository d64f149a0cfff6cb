"""HEIC, the format of many telephones: recognised always, read where the optional package pillow-heif is installed."""

from __future__ import annotations

import functools
from importlib.metadata import PackageNotFoundError, version

from fissura.images.problems import ImageError

_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"}
LONGEST_HEAD = 256  # bytes of a file that tell


def is_heif(head: bytes) -> bool:
    """Whether a file that begins so holds pictures coded as HEVC (ISO/IEC 23008-12, annex B), and is not AVIF."""
    if head[4:8] != b"ftyp":
        return False
    box = head[8 : min(int.from_bytes(head[:4], "big"), LONGEST_HEAD)]
    brands = {box[start : start + 4] for start in range(0, len(box), 4)}
    return bool(brands & _BRANDS) and b"avif" not in brands


@functools.cache
def reads_heif() -> bool:
    """Whether HEIC can be read; Pillow is told how when this is first asked."""
    try:
        import pillow_heif
    except ImportError:
        return False
    pillow_heif.register_heif_opener()
    return True


def heif_version() -> str:
    """The version of the package that reads HEIC; empty where there is none."""
    if not reads_heif():
        return ""
    try:
        return version("pillow-heif")
    except PackageNotFoundError:  # it is there, but nothing says how it came
        return "unknown"


def unread(name: str) -> ImageError:
    """The error of a HEIC file where the package is missing."""
    return ImageError(
        "{name} is a HEIC photograph, and the package that reads these is not installed. Install it: pip install "
        "pillow-heif; or save the photograph as JPEG.",
        name=name,
        problem="unreadable",
    )
