"""IDX, the file format of MNIST: a magic number, the sizes, then the bytes; gzipped or not.

The magic number is two zero bytes, the type of the numbers (0x08 for unsigned bytes, the only one read here) and how
many dimensions there are; each size follows as a big-endian 32-bit integer. Source: LeCun, Cortes and Burges, "The
MNIST database of handwritten digits", section "File formats for the MNIST database".
"""

from __future__ import annotations

import gzip
import math
import struct
import zlib
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from fissura.errors import DataError
from fissura.files import write_whole
from fissura.language import cause

LARGEST_BYTES = 2**30  # EMNIST "by class", the largest set of this family, has 0.55 GB of pixels
_UNSIGNED_BYTES = 0x0800
_GZIP_START = b"\x1f\x8b"
_CHUNK_BYTES = 2**20


def read_idx(path: Path, dimensions: int) -> npt.NDArray[np.uint8]:
    """The array in the file: uint8 with that many dimensions, 3 for images ``(n, h, w)``, 1 for labels ``(n,)``.

    Whether the file is gzipped is told by its first bytes, not by its name. Memory grows with what the file really
    holds, up to what its header announces and never beyond ``LARGEST_BYTES``, so neither a false header nor a gzip
    bomb can fill the machine.

    Raises:
        DataError: the file cannot be read, is empty, truncated, too long or damaged, or is not such an IDX file.
    """
    try:
        with path.open("rb") as file:
            start = file.read(len(_GZIP_START))
            file.seek(0)
            if start != _GZIP_START:
                return _read(file, path, dimensions)
            with gzip.GzipFile(fileobj=file) as unzipped:
                return _read(unzipped, path, dimensions)
    except EOFError as error:
        raise DataError(
            "{path} is a truncated gzip file: it ends before its content does. Remove it and download it again.",
            path=path,
        ) from error
    except (gzip.BadGzipFile, zlib.error) as error:
        raise DataError(
            "{path} is a damaged gzip file ({reason}). Remove it and download it again.", path=path, reason=error
        ) from error
    except OSError as error:
        raise DataError(
            "{path} cannot be read ({reason}). Check that it is a file and that its permissions let you read it.",
            path=path,
            reason=cause(error),
        ) from error


def write_idx(path: Path, array: npt.NDArray[np.uint8]) -> None:
    """Write ``array`` as an IDX file, gzipped when the name ends in ``.gz``; the same array gives the same bytes.

    Raises:
        DataError: the array is not uint8 or has no dimension.
        OutputError: the file cannot be written.
    """
    if array.dtype != np.uint8 or array.ndim == 0:
        raise DataError(
            "{path} cannot be written as IDX: the array is {dtype} of shape {shape}; wanted uint8 with at least one "
            "dimension.",
            path=path,
            dtype=array.dtype,
            shape=array.shape,
        )
    content = idx_header(array.shape) + array.tobytes()
    write_whole(path, gzip.compress(content, mtime=0) if path.suffix == ".gz" else content)


def idx_header(shape: tuple[int, ...]) -> bytes:
    """The bytes that stand before the numbers of a uint8 array of this shape."""
    return struct.pack(f">{1 + len(shape)}I", _UNSIGNED_BYTES + len(shape), *shape)


def _read(stream: BinaryIO | gzip.GzipFile, path: Path, dimensions: int) -> npt.NDArray[np.uint8]:
    shape = _read_header(stream, path, dimensions)
    wanted = math.prod(shape)
    if wanted > LARGEST_BYTES:
        raise DataError(
            "{path} announces {wanted} bytes (shape {shape}), more than the {limit} that are read from one file. "
            "It is damaged or not meant for this: remove it and download it again.",
            path=path,
            wanted=wanted,
            shape=shape,
            limit=LARGEST_BYTES,
        )
    content = bytearray()
    while len(content) <= wanted:
        chunk = stream.read(min(_CHUNK_BYTES, wanted + 1 - len(content)))
        if not chunk:
            break
        content += chunk
    if len(content) < wanted:
        raise DataError(
            "{path} is truncated: {got} bytes follow its header, which announces {wanted} (shape {shape}). "
            "Remove it and download it again.",
            path=path,
            got=len(content),
            wanted=wanted,
            shape=shape,
        )
    if len(content) > wanted:
        raise DataError(
            "{path} goes on after the {wanted} bytes that its header announces (shape {shape}). "
            "Remove it and download it again.",
            path=path,
            wanted=wanted,
            shape=shape,
        )
    return np.frombuffer(content, dtype=np.uint8).reshape(shape)


def _read_header(stream: BinaryIO | gzip.GzipFile, path: Path, dimensions: int) -> tuple[int, ...]:
    wanted_bytes = 4 + 4 * dimensions
    header = stream.read(wanted_bytes)
    if not header:
        raise DataError(
            "{path} is empty; wanted an IDX file of {dimensions} dimension(s). Remove it and download it again.",
            path=path,
            dimensions=dimensions,
        )
    magic, wanted = int.from_bytes(header[:4], "big"), _UNSIGNED_BYTES + dimensions
    if len(header) >= 4 and magic != wanted:
        raise DataError(
            "{path} is not the IDX file wanted here: it starts with 0x{magic}, wanted 0x{wanted} (unsigned bytes, "
            "{dimensions} dimension(s)). Check that images and labels are not exchanged, or download it again.",
            path=path,
            magic=f"{magic:08x}",
            wanted=f"{wanted:08x}",
            dimensions=dimensions,
        )
    if len(header) < wanted_bytes:
        raise DataError(
            "{path} ends inside its header: {got} bytes, wanted at least {wanted}. Remove it and download it again.",
            path=path,
            got=len(header),
            wanted=wanted_bytes,
        )
    return struct.unpack(f">{dimensions}I", header[4:])
