"""What can be wrong or odd about an image file, as codes, words and sentences."""

from __future__ import annotations

from fissura.errors import DataError
from fissura.language import N_

PROBLEMS = {
    "missing": N_("no longer there"),
    "locked": N_("cannot be opened"),
    "changed": N_("changed while it was read"),
    "empty": N_("empty"),
    "truncated": N_("truncated"),
    "unreadable": N_("unreadable"),
    "too-large": N_("too large"),
    "misnamed": N_("another format than its name says"),
    "animated": N_("several frames or pages"),
    "cmyk": N_("printing colours (CMYK)"),
    "16-bit": N_("more than 8 bits a channel"),
    "transparent": N_("transparent"),
    "rotated": N_("turned or mirrored by EXIF"),
}
"""Code -> words. The first seven keep an image from being read, with an ``ImageError``; the others are only told."""


class ImageError(DataError):
    """One image cannot be used; ``values["problem"]`` is the code in ``PROBLEMS``."""

    @property
    def problem(self) -> str:
        """The code of what is wrong, one of the first seven of ``PROBLEMS``."""
        return str(self.values["problem"])

    @property
    def passing(self) -> bool:
        """Whether it was not the file's fault: it was being written, or memory was short."""
        return self.values.get("problem") == "changed" or bool(self.values.get("memory"))


def printable_name(name: str) -> str:
    r"""``name`` with everything that does not print escaped as in Python, and the backslash doubled.

    Different names stay different, and the result can always be written as UTF-8: file names may hold newlines, signs
    that turn the direction of writing, and bytes that are no text (Python keeps those as lone surrogates).

    >>> printable_name("a\nb \udce9.jpg")
    'a\\nb \\udce9.jpg'
    """
    if name.isprintable() and "\\" not in name:
        return name
    return "".join(
        sign if sign.isprintable() and sign != "\\" else sign.encode("unicode_escape").decode("ascii") for sign in name
    )


def unreadable(name: str, reason: Exception) -> ImageError:
    """The error to raise when a decoder gave up with ``reason``, which it may have said in any way."""
    said = str(reason).lower()
    if isinstance(reason, EOFError) or "truncated" in said or "premature end" in said or "end of file" in said:
        return ImageError(
            "{name} breaks off before the image is complete. Copy it again from where it came from.",
            name=name,
            problem="truncated",
        )
    if isinstance(reason, MemoryError):
        return short_of_memory(name)
    return ImageError(
        "{name} is damaged or of a kind that cannot be read ({reason}). Copy it again from where it came from, or save "
        "it as JPEG or PNG.",
        name=name,
        problem="unreadable",
        reason=printable_name(str(reason)) or type(reason).__name__,
    )


def short_of_memory(name: str) -> ImageError:
    """The error to raise of an image that did not fit into the memory that there was."""
    return ImageError(
        "{name} needs more memory than there is. Make it smaller, or close other programs.",
        name=name,
        problem="too-large",
        memory=True,
    )


def check_size(name: str, size_hw: tuple[int, int], max_pixels: int) -> None:
    """Refuse an image of more than ``max_pixels`` pixels, before any of them is decoded.

    Raises:
        ImageError: it has more.
    """
    height, width = size_hw
    if height * width > max_pixels:
        raise ImageError(
            "{name} is {height} x {width} px (height, width), that is {pixels} pixels; at most {limit} are read. Make "
            "it smaller; fissura predict, inspect and data check can be allowed more, with --max-pixels {pixels}.",
            name=name,
            problem="too-large",
            height=height,
            width=width,
            pixels=height * width,
            limit=max_pixels,
        )
