"""What is in a zip or a tar archive, entry by entry, as it tells it; ``rar`` does the same for RAR."""

from __future__ import annotations

import lzma
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Generator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, Protocol, cast

from fissura.errors import DataError
from fissura.language import N_, Phrase

CHUNK_BYTES = 2**20

LINK, DEVICE, CIPHER = N_("a link"), N_("a device or a pipe"), N_("encrypted")
# All that the readers of the standard library raise on bytes that are not what they should be.
DAMAGE = (
    *(OSError, EOFError, RuntimeError, ValueError, LookupError, OverflowError, struct.error),
    *(zlib.error, lzma.LZMAError, zipfile.BadZipFile, tarfile.TarError),
)


@dataclass(frozen=True)
class Entry:
    """One entry as the archive tells it; ``problem`` says why it is refused."""

    name: str
    size_bytes: int
    folder: bool = False
    problem: Phrase | None = None


class Content(Protocol):
    """The bytes of one entry, as a stream."""

    def read(self, size: int, /) -> bytes:
        """At most ``size`` bytes; none at the end."""

    def close(self) -> None:
        """Let go of it."""


Walk = Generator[tuple[Entry, Callable[[], Content]], None, None]
"""Each entry in the archive's order, and what opens its content, which must be read before the next one's."""


def walk_zip(archive: Path) -> Walk:
    """The entries of a zip archive."""
    with zipfile.ZipFile(archive) as opened:
        for info in opened.infolist():
            kind = stat.S_IFMT(info.external_attr >> 16)
            folder = info.is_dir() or info.filename.endswith("\\")
            plain = kind in (0, stat.S_IFREG, stat.S_IFDIR)
            problem = LINK if kind == stat.S_IFLNK else DEVICE if not plain else CIPHER if info.flag_bits & 1 else None
            size = 0 if folder else info.file_size
            yield Entry(_zip_name(info), size, folder, problem), partial(opened.open, info)


def _zip_name(info: zipfile.ZipInfo) -> str:
    """The name; without the flag for UTF-8 it is read as cp437, and several programs write UTF-8 without the flag."""
    if info.flag_bits & 0x800:
        return info.filename
    try:
        return info.filename.encode("cp437").decode("utf-8")
    except UnicodeError:
        return info.filename


def walk_tar(archive: Path, open_stream: Callable[[], IO[bytes]]) -> Walk:
    """The entries of the tar archive whose bytes ``open_stream`` gives; errors call it ``archive``."""
    with open_stream() as stream:
        tape = _Tape(stream)
        try:
            opened = tarfile.open(fileobj=cast("IO[bytes]", tape), mode="r:")  # noqa: SIM115 - closed with its stream
        except tarfile.ReadError as error:
            if tape.tell() == 0:
                raise DataError("{archive} is empty (0 bytes). Fetch it once more.", archive=archive) from error
            raise DataError(
                "{archive} is neither a zip nor a tar nor a rar archive (it starts with {start}). Check that it was "
                "fetched whole and is not a web page that was saved under this name.",
                archive=archive,
                start=ascii(tape.last[:12].decode("latin-1")),
            ) from error
        for member in opened:
            plain = member.isreg() or member.isdir()
            problem = None if plain else LINK if member.issym() or member.islnk() else DEVICE
            size = member.size if member.isreg() else 0
            yield (
                Entry(member.name, size, member.isdir(), problem),
                partial(cast("Callable[..., Content]", opened.extractfile), member),
            )
        tape.finish()


class _Tape:
    """A stream as ``tarfile`` wants it: only forward, and without the huge headers that would fill the memory."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream, self._position, self.last = stream, 0, b""

    def tell(self) -> int:
        return self._position

    def read(self, size: int = -1) -> bytes:
        if not 0 <= size <= CHUNK_BYTES:
            raise ValueError("a header of impossible size")
        self.last = self._stream.read(size)
        self._position += len(self.last)
        return self.last

    def seek(self, position: int) -> None:
        if position < self._position:
            raise ValueError("an entry that lies before another")
        while self._position < position and self.read(min(CHUNK_BYTES, position - self._position)):
            pass

    def finish(self) -> None:
        """Check what ``tarfile`` lets pass: that an empty block ends the archive, and the checksum after it."""
        if self.last != bytes(tarfile.BLOCKSIZE):
            raise EOFError("it breaks off")
        while self.read(CHUNK_BYTES):
            if self.last.strip(b"\0"):
                raise ValueError("something follows its end")
