"""Pictures as they are given, files or arrays, one or many; decoded one after the other, a few ahead."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from fissura.data.listing import ShutFolder
from fissura.errors import DataError
from fissura.images import Pixels, as_grey, printable_name, read_grey

Picture: TypeAlias = str | os.PathLike[str] | npt.NDArray[np.uint8]
"""A file, or pixels: ``(h, w)`` grey or ``(h, w, 3)`` red, green, blue."""
Pictures: TypeAlias = Picture | Iterable[Picture]
"""One, or some; also a stack ``(n, h, w)`` or ``(n, h, w, 3)``."""
_CHANNELS_OF_OTHERS = (1, 2, 4)  # grey, grey with transparency, colours with transparency: no pictures 1 to 4 px wide
_AHEAD = 4  # pictures that are decoded while the network is busy


def each_of(pictures: Pictures | Iterable[Picture | ShutFolder]) -> Iterable[Picture | ShutFolder]:
    """One picture as a list of one, and a stack as its pictures.

    Raises:
        DataError: an array that is no picture and no stack of them, or what cannot be gone through.
    """
    if isinstance(pictures, np.ndarray) and pictures.dtype.kind not in "OUST":  # those hold paths or arrays
        if is_picture(pictures):
            return [pictures]
        if pictures.ndim in (3, 4) and pictures.shape[-1] in _CHANNELS_OF_OTHERS:
            raise DataError(
                "The images are {dtype} of shape {shape}, whose last length, {channels}, is that of grey or of colours "
                "with transparency; wanted (height, width), (height, width, 3) or a stack of these. Leave the "
                "transparency out, images[..., :3], or take grey alone, images[..., 0].",
                dtype=pictures.dtype,
                shape=pictures.shape,
                channels=pictures.shape[-1],
            )
        if pictures.dtype == np.uint8 and (pictures.ndim == 3 or (pictures.ndim == 4 and pictures.shape[3] == 3)):
            return pictures
        raise DataError(
            "The images are {dtype} of shape {shape}; wanted uint8 of shape (height, width) or (height, width, 3), or "
            "a stack of these, (n, height, width) or (n, height, width, 3). Values from 0 to 1 become that by: "
            "(255 * images).round().astype(numpy.uint8).",
            dtype=pictures.dtype,
            shape=pictures.shape,
        )
    if isinstance(pictures, str | os.PathLike):
        return [pictures]
    lengths = tuple(getattr(pictures, "shape", (0,)))  # of a tensor, say; a column of paths has a single one
    if isinstance(pictures, bytes | bytearray | Mapping) or len(lengths) != 1 or not isinstance(pictures, Iterable):
        raise DataError(
            "The images are a {kind}; wanted the path of a file, a NumPy array of pixels, or a list of these.",
            kind=type(pictures).__name__ + ("" if len(lengths) == 1 else f" {lengths}"),
        )
    return pictures


def is_picture(array: npt.NDArray[Any]) -> bool:
    """Whether it is one picture: uint8, ``(h, w)`` or ``(h, w, 3)``."""
    return array.dtype == np.uint8 and (array.ndim == 2 or (array.ndim == 3 and array.shape[2] == 3))


def decoded(
    pictures: Iterable[Picture | ShutFolder], max_pixels: int
) -> Iterator[tuple[str, Path | None, Pixels | DataError]]:
    """(name, file, grey pixels or why there are none), in order; the next few are decoded meanwhile."""
    pool = ThreadPoolExecutor(2, thread_name_prefix="decode")
    ahead: deque[tuple[str, Path | None, Future[Pixels | DataError]]] = deque()
    try:
        for number, picture in enumerate(pictures):
            file = picture.path if isinstance(picture, ShutFolder) else picture
            path = Path(file) if isinstance(file, str | os.PathLike) else None
            called = picture_name(file, number)
            ahead.append((called, path, pool.submit(_read, picture, called, max_pixels)))
            if len(ahead) > _AHEAD:
                name, place, future = ahead.popleft()
                yield name, place, future.result()
        while ahead:
            name, place, future = ahead.popleft()
            yield name, place, future.result()
    finally:
        pool.shutdown(cancel_futures=True)


def picture_name(picture: object, number: int) -> str:
    """What a picture is called: its path, printable, or its place."""
    return printable_name(os.fspath(picture)) if isinstance(picture, str | os.PathLike) else f"image {number}"


def _read(picture: object, name: str, max_pixels: int) -> Pixels | DataError:
    if isinstance(picture, ShutFolder):
        return picture.reason
    try:
        if isinstance(picture, np.ndarray):
            return as_grey(picture, name)
        if isinstance(picture, str | os.PathLike):
            return read_grey(Path(picture), max_pixels=max_pixels, name=name)
    except DataError as error:  # an ImageError is one
        return error
    return DataError(
        "{name} is a {kind}; wanted the path of a file or a NumPy array of pixels.",
        name=name,
        kind=type(picture).__name__,
    )
