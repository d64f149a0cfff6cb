"""Archives unpacked into a folder that appears whole or not at all; nothing in them is trusted.

Every entry is listed and checked before the first byte is written, and every file is written here, never by another
program: what reads RAR only sends its bytes. Names come out the same on every system, because a split goes by names.
"""

from __future__ import annotations

import bz2
import errno
import gzip
import hashlib
import io
import json
import lzma
import os
import re
import shutil
import stat
import struct
import subprocess
import sys
import tarfile
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, Any, Protocol, cast

from fissura.data.download import Progress
from fissura.errors import DataError, OutputError
from fissura.files import cannot_write
from fissura.language import N_, Phrase

MAX_BYTES = 32 * 2**30
MAX_FILES = 1_000_000
MAX_RATIO = 200  # photographs hardly shrink, drawn masks up to about a hundredfold; a bomb is made to exceed thousands
RATIO_FREE_BYTES = 2**28  # so little is unpacked at any ratio

_BLOCK_BYTES, _CHUNK_BYTES, _LONGEST_NAME_BYTES = 4096, 2**20, 200
_RAR = b"Rar!\x1a\x07"
_DECOMPRESSORS: tuple[tuple[bytes, Callable[..., Any]], ...] = (
    (b"\x1f\x8b", gzip.open),
    (b"BZh", bz2.open),
    (b"\xfd7zXZ\x00", lzma.open),
    (b"\x5d\x00\x00", lzma.open),
)
# All that the readers of the standard library raise on bytes that are not what they should be.
_DAMAGE = (
    *(OSError, EOFError, RuntimeError, ValueError, LookupError, OverflowError, struct.error),
    *(zlib.error, lzma.LZMAError, zipfile.BadZipFile, tarfile.TarError),
)
_LEAVES, _LINK = N_("a path that leaves the folder"), N_("a link")
_DEVICE, _CIPHER = N_("a device or a pipe"), N_("encrypted")
_SEVEN = ("l", "-slt", "-sccUTF-8", "-p", "--"), ("x", "-so", "-p", "--")
_RAR_LISTERS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "unrar": (("unrar", "lt", "-p-", "-cfg-", "--"), ("unrar", "p", "-inul", "-p-", "-cfg-", "--")),
    "unar": (("lsar", "-json", "-nr"), ("unar", "-o", "-", "-q", "-nr", "-k", "skip")),
    "7z": (("7z", *_SEVEN[0]), ("7z", *_SEVEN[1])),
    "7zz": (("7zz", *_SEVEN[0]), ("7zz", *_SEVEN[1])),
}
_RAR_TO_TAR = ("bsdtar", "tar")  # the tar of Windows and of macOS is bsdtar
_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?", re.IGNORECASE)


@dataclass(frozen=True)
class _Entry:
    """One entry as the archive tells it; ``problem`` says why it is refused."""

    name: str
    size_bytes: int
    folder: bool = False
    problem: Phrase | None = None


class _Content(Protocol):
    def read(self, size: int, /) -> bytes: ...

    def close(self) -> None: ...


_Walk = Generator[tuple[_Entry, Callable[[], _Content]], None, None]
"""Each entry in the archive's order, and what opens its content, which must be read before the next one's."""


def unpack(
    archive: Path,
    folder: Path,
    *,
    max_bytes: int = MAX_BYTES,
    max_files: int = MAX_FILES,
    on_progress: Progress | None = None,
) -> Path:
    """``folder``, filled with what ``archive`` holds: zip, tar (plain, gzip, bzip2, xz), or rar where a tool is there.

    It must not exist or be empty. While it fills it is called ``folder`` + ``.part``; what a killed run left of that is
    removed by the next one. Names that not every system can write are changed, and the records that macOS adds are
    left out. ``on_progress`` is told the bytes written and those there will be.

    Raises:
        DataError: the archive is missing, of another kind, damaged, encrypted, a bomb, empty, or holds a link, a device
            or a path that leaves the folder; or no tool for rar is there. Nothing is unpacked.
        OutputError: ``folder`` holds something, the disk has too little room or cannot be written, or another run is
            unpacking there. Nothing is left behind.
    """
    folder = folder.absolute()
    check_free(folder)
    plan = _plan(archive, max_bytes, max_files)
    check_space(folder, [entry.size_bytes for entry, target in plan if target is not None])
    part = folder.with_name(folder.name + ".part")
    with only_run(folder):
        try:
            _remove(part)
            _write(archive, plan, part, on_progress)
            if folder.exists():
                folder.rmdir()
            part.rename(folder)
        except BaseException as error:
            shutil.rmtree(part, ignore_errors=True)
            if isinstance(error, OSError):
                raise cannot_write(folder, error, option="--data-dir") from error
            raise
    return folder


def check_free(folder: Path) -> None:
    """Check that nothing is at ``folder``, or an empty folder.

    Raises:
        OutputError: something is there.
    """
    try:
        taken = folder.exists() and any(folder.iterdir())
    except OSError as error:
        raise cannot_write(folder, error, option="--data-dir") from error
    if taken:
        raise OutputError(
            "{folder} already holds something, which is left as it is. Remove it if it is not wanted any more, or name "
            "another folder with --data-dir.",
            folder=folder,
        )


def check_space(folder: Path, sizes_bytes: Sequence[int]) -> None:
    """Check that files of these sizes fit on the disk of ``folder``, which need not exist, each in whole blocks.

    Raises:
        OutputError: they do not.
    """
    place = next(parent for parent in (folder.absolute(), *folder.absolute().parents) if parent.exists())
    needed = sum(-(-size // _BLOCK_BYTES) * _BLOCK_BYTES for size in sizes_bytes)
    free = shutil.disk_usage(place).free
    if needed > free:
        raise OutputError(
            "{folder}: {needed} MB are needed and {free} MB are free on its disk; nothing was written. Free some "
            "space, or name a folder on another disk with --data-dir.",
            folder=folder,
            needed=-(-needed // 10**6),
            free=free // 10**6,
        )


@contextmanager
def only_run(folder: Path) -> Iterator[None]:
    """Holds ``folder`` + ``.lock`` while something is put together there; the system lets go of it when a run dies.

    Raises:
        OutputError: another run holds it, or it cannot be written.
    """
    lock = folder.with_name(folder.name + ".lock")
    try:
        lock.parent.mkdir(parents=True, exist_ok=True)
        file = lock.open("ab")
    except OSError as error:
        raise cannot_write(lock, error, option="--data-dir") from error
    try:
        with file:
            try:
                _hold(file.fileno())
            except OSError as error:
                # Anything else means that this file system has no locks: better one careless run than none.
                if error.errno in (errno.EACCES, errno.EAGAIN, errno.EDEADLK):
                    raise OutputError(
                        "{folder} is being filled by another run. Wait until it ends, then run the same command again.",
                        folder=folder,
                    ) from error
            yield
    finally:
        with suppress(OSError):  # Windows does not remove what another run has open
            lock.unlink()


def _hold(descriptor: int) -> None:
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _plan(archive: Path, max_bytes: int, max_files: int) -> list[tuple[_Entry, Path | None]]:
    """Each entry and its place in the folder, None for what is not written. Reading stops where a limit is passed."""
    plan: list[tuple[_Entry, Path | None]] = []
    names, total = _Names(), 0
    try:
        with closing(_walk(archive, reading=False)) as walk:
            packed_bytes = archive.stat().st_size
            for entry, _ in walk:
                parts = _parts(entry.name)
                if entry.problem is not None or parts is None:
                    raise _refused(archive, entry)
                plan.append((entry, None if entry.folder or _is_system_record(parts) else names.place(parts)))
                total += entry.size_bytes
                _check_limits(archive, len(plan), max_files, total, max_bytes, packed_bytes)
    except _DAMAGE as error:
        raise _damaged(archive, error) from error
    if all(place is None for _, place in plan):
        raise DataError(
            "{archive} holds no file. Check that it is the right archive and was fetched whole.", archive=archive
        )
    return plan


def _check_limits(archive: Path, files: int, max_files: int, total: int, max_bytes: int, packed_bytes: int) -> None:
    if files > max_files:
        raise DataError(
            "{archive} holds more than {limit} files, so nothing was unpacked. If you trust it, unpack it yourself and "
            "name the folder instead.",
            archive=archive,
            limit=max_files,
        )
    if total > max_bytes or total > max(RATIO_FREE_BYTES, MAX_RATIO * packed_bytes):
        raise DataError(
            "{archive} has {packed} MB and unpacks to {total} MB or more, as archives do that are made to fill a disk: "
            "the limits are {limit} MB and {ratio} times its size. Nothing was unpacked. If you trust it, unpack it "
            "yourself and name the folder instead.",
            archive=archive,
            packed=-(-packed_bytes // 10**6),
            total=total // 10**6,
            limit=max_bytes // 10**6,
            ratio=MAX_RATIO,
        )


def _write(archive: Path, plan: Sequence[tuple[_Entry, Path | None]], part: Path, on_progress: Progress | None) -> None:
    """Fill the new folder ``part``. Not flushed file by file, which takes minutes: the folder is renamed at the end."""
    total = sum(entry.size_bytes for entry, place in plan if place is not None)
    done = told = 0
    part.mkdir(parents=True)
    with closing(_contents(archive, plan)) as contents:
        for place, content in contents:
            path = part / place
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("xb") as file:
                for chunk in content:
                    done += file.write(chunk)
            if on_progress is not None and (done - told >= _CHUNK_BYTES or done == total):
                on_progress(done, total)
                told = done


def _contents(
    archive: Path, plan: Sequence[tuple[_Entry, Path | None]]
) -> Generator[tuple[Path, Iterator[bytes]], None, None]:
    """Each place and the content for it. What is wrong with the archive is a DataError; an OSError is the disk's."""
    try:
        with closing(_walk(archive, reading=True)) as walk:
            for (entry, place), (again, open_content) in zip(plan, walk, strict=True):
                if again != entry:
                    raise ValueError("it changed while it was read")
                if place is not None:
                    yield place, _chunks(archive, entry, open_content)
    except _DAMAGE as error:
        raise _damaged(archive, error) from error


def _chunks(archive: Path, entry: _Entry, open_content: Callable[[], _Content]) -> Iterator[bytes]:
    """The content, piece by piece, as long as the entry says and no longer."""
    left = entry.size_bytes
    try:
        with closing(open_content()) as content:
            while left >= 0 and (chunk := content.read(min(_CHUNK_BYTES, left + 1))):
                left -= len(chunk)
                yield chunk if left >= 0 else b""
        if left:
            raise ValueError(f"{entry.name!a} is not as long as it says")
    except _DAMAGE as error:
        raise _damaged(archive, error) from error


def _walk(archive: Path, reading: bool) -> _Walk:
    """The entries of an archive of any kind; ``reading`` says that their contents will be asked for."""
    if archive.is_dir():
        raise DataError("{archive} is a folder; wanted an archive: zip, tar or rar.", archive=archive)
    try:
        with archive.open("rb") as file:
            start = file.read(8)
    except OSError as error:
        raise DataError(
            "{archive} cannot be read ({reason}). Check its name and its permissions.",
            archive=archive,
            reason=error.strerror or type(error).__name__,
        ) from error
    if start.startswith(b"PK"):
        return _walk_zip(archive)
    if start.startswith(_RAR):
        return _walk_rar(archive, reading)
    decompress = next((opener for magic, opener in _DECOMPRESSORS if start.startswith(magic)), None)
    return _walk_tar(archive, partial(decompress or io.FileIO, archive))


def _walk_zip(archive: Path) -> _Walk:
    with zipfile.ZipFile(archive) as opened:
        for info in opened.infolist():
            kind = stat.S_IFMT(info.external_attr >> 16)
            folder = info.is_dir() or info.filename.endswith("\\")
            plain = kind in (0, stat.S_IFREG, stat.S_IFDIR)
            problem = (
                _LINK if kind == stat.S_IFLNK else _DEVICE if not plain else _CIPHER if info.flag_bits & 1 else None
            )
            size = 0 if folder else info.file_size
            yield _Entry(_zip_name(info), size, folder, problem), partial(opened.open, info)


def _zip_name(info: zipfile.ZipInfo) -> str:
    """The name; without the flag for UTF-8 it is read as cp437, and several programs write UTF-8 without the flag."""
    if info.flag_bits & 0x800:
        return info.filename
    try:
        return info.filename.encode("cp437").decode("utf-8")
    except UnicodeError:
        return info.filename


def _walk_tar(archive: Path, open_stream: Callable[[], IO[bytes]]) -> _Walk:
    with open_stream() as stream:
        tape = _Tape(stream)
        try:
            opened = tarfile.open(fileobj=cast("IO[bytes]", tape), mode="r:")  # noqa: SIM115 - closed with its stream
        except tarfile.ReadError as error:
            raise DataError(
                "{archive} is neither a zip nor a tar nor a rar archive (it starts with {start}). Check that it was "
                "fetched whole and is not a web page that was saved under this name.",
                archive=archive,
                start=ascii(tape.last[:12].decode("latin-1")),
            ) from error
        for member in opened:
            plain = member.isreg() or member.isdir()
            problem = None if plain else _LINK if member.issym() or member.islnk() else _DEVICE
            size = member.size if member.isreg() else 0
            yield (
                _Entry(member.name, size, member.isdir(), problem),
                partial(cast("Callable[..., _Content]", opened.extractfile), member),
            )
        tape.finish()


class _Tape:
    """A stream as ``tarfile`` wants it: only forward, and without the huge headers that would fill the memory."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream, self._position, self.last = stream, 0, b""

    def tell(self) -> int:
        return self._position

    def read(self, size: int = -1) -> bytes:
        if not 0 <= size <= _CHUNK_BYTES:
            raise ValueError("a header of impossible size")
        self.last = self._stream.read(size)
        self._position += len(self.last)
        return self.last

    def seek(self, position: int) -> None:
        if position < self._position:
            raise ValueError("an entry that lies before another")
        while self._position < position and self.read(min(_CHUNK_BYTES, position - self._position)):
            pass

    def finish(self) -> None:
        """Check what ``tarfile`` lets pass: that an empty block ends the archive, and the checksum after it."""
        if self.last != bytes(tarfile.BLOCKSIZE):
            raise EOFError("it breaks off")
        while self.read(_CHUNK_BYTES):
            if self.last.strip(b"\0"):
                raise ValueError("something follows its end")


def _walk_rar(archive: Path, reading: bool) -> _Walk:
    """Through the first tool that can list it; bsdtar last, which sends a tar archive and lists nothing itself."""
    path = archive.absolute()
    for name, (listing, sending) in _RAR_LISTERS.items():
        if shutil.which(name) is not None and shutil.which(listing[0]) is not None:
            with _sending([*listing, str(path)]) as process:
                text = _output(process).read().decode("utf-8", "surrogateescape")
                failed = process.wait()
            entries = [] if failed else _listed_json(text) if name == "unar" else _listed_blocks(text)
            if entries:
                return _walk_listed(archive, entries, [*sending, str(path)] if reading else None)
    for name in _RAR_TO_TAR:
        if shutil.which(name) is not None and b"bsdtar" in subprocess.check_output([name, "--version"]):
            return _walk_sent_tar(archive, [name, "-c", "-f", "-", "--format=pax", f"@{path}"])
    raise DataError(
        "{archive} is a rar archive, and none of {tools} is there to read it, or it is encrypted or damaged. Install "
        "one of them, or unpack it yourself and name the folder instead.",
        archive=archive,
        tools=", ".join((*_RAR_LISTERS, *_RAR_TO_TAR)),
    )


def _walk_sent_tar(archive: Path, command: Sequence[str]) -> _Walk:
    with _sending(command) as process:
        yield from _walk_tar(archive, partial(_output, process))
        if process.wait():
            raise ValueError(f"{command[0]} could not read all of it")


def _walk_listed(archive: Path, entries: Sequence[_Entry], command: Sequence[str] | None) -> _Walk:
    """The entries with their contents, which the tool sends one after the other in the order of its list."""
    if command is None:
        for entry in entries:
            yield entry, io.BytesIO
        return
    with _sending(command) as process:
        for entry in entries:
            content = _Slice(_output(process), entry.size_bytes)
            yield entry, partial(_itself, content)
            content.close()
        if _output(process).read(1) or process.wait():
            raise ValueError(f"{command[0]} could not read all of it")


def _itself(content: _Content) -> _Content:
    return content


class _Slice:
    """The next ``size_bytes`` of a stream, as a stream."""

    def __init__(self, stream: IO[bytes], size_bytes: int) -> None:
        self._stream, self._left = stream, size_bytes

    def read(self, size: int) -> bytes:
        data = self._stream.read(min(size, self._left))
        self._left -= len(data)
        return data

    def close(self) -> None:
        """Read what is left, so that the next one starts where it should."""
        while self.read(_CHUNK_BYTES):
            pass


@contextmanager
def _sending(command: Sequence[str]) -> Iterator[subprocess.Popen[bytes]]:
    # In a locale without accents bsdtar leaves out the names that have them; none is known on all systems.
    words = {**os.environ, "LC_ALL": "en_US.UTF-8" if sys.platform == "darwin" else "C.UTF-8"}
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, stdin=quiet, stdout=subprocess.PIPE, stderr=quiet, env=words) as process:
        try:
            yield process
        finally:
            process.kill()


def _output(process: subprocess.Popen[bytes]) -> IO[bytes]:
    assert process.stdout is not None  # it was started with a pipe
    return process.stdout


def _listed_json(text: str) -> list[_Entry]:
    """What ``lsar -json`` says."""
    return [
        _Entry(
            entry["XADFileName"],
            0 if entry.get("XADIsDirectory") else int(entry["XADFileSize"]),
            bool(entry.get("XADIsDirectory")),
            _LINK if entry.get("XADIsLink") else _CIPHER if entry.get("XADIsEncrypted") else None,
        )
        for entry in json.loads(text)["lsarContents"]
    ]


def _listed_blocks(text: str) -> list[_Entry]:
    """What ``unrar lt`` ("Name: a.jpg") and ``7z l -slt`` ("Path = a.jpg", below a line of dashes) tell."""
    entries = []
    for block in re.split(r"\n\s*\n", text.replace("\r\n", "\n").rpartition("\n----------\n")[2]):
        said = dict(re.findall(r"^ *([A-Z][A-Za-z ]*?) ?[:=] ?(.*)$", block, re.MULTILINE))
        name, kind = said.get("Name", said.get("Path")), said.get("Type", "File")
        if name is None or ("Name" in said) != ("Type" in said):
            continue  # the head of the list, which tells of the archive
        attributes = said.get("Attributes", "")
        folder = said.get("Folder") == "+" or kind == "Directory" or attributes.startswith("D")
        linked = kind not in ("File", "Directory") or said.get("Symbolic Link") or said.get("Hard Link")
        linked = linked or re.search("l[r-][w-]", attributes)
        encrypted = said.get("Encrypted") == "+" or "encrypted" in said.get("Flags", "")
        size = 0 if folder else int(said.get("Size") or 0)
        entries.append(_Entry(name, size, folder, _LINK if linked else _CIPHER if encrypted else None))
    return entries


def _parts(name: str) -> tuple[str, ...] | None:
    """The folders and the name of an entry; None when it is absolute, names a drive, or climbs with ``..``.

    >>> _parts("./Positive/00001.jpg"), _parts("a\\\\b.jpg"), _parts("a/../../b.jpg"), _parts("C:/b.jpg")
    (('Positive', '00001.jpg'), ('a', 'b.jpg'), None, None)
    """
    slashed = name.replace("\\", "/")
    parts = tuple(part for part in slashed.split("/") if part not in ("", "."))
    if slashed.startswith("/") or ".." in parts or re.match("[A-Za-z]:", slashed):
        return None
    return parts


def _is_system_record(parts: Sequence[str]) -> bool:
    """Whether macOS added it to an archive: beside ``a.jpg`` lies ``__MACOSX/._a.jpg``, which is no image."""
    return not parts or "__MACOSX" in parts or parts[-1].startswith("._") or parts[-1] == ".DS_Store"


class _Names:
    """Gives each path of an archive a place that every system can write and no other path has, capitals or not."""

    def __init__(self) -> None:
        self._folders: dict[tuple[Path, str], Path] = {}
        self._times: dict[Path, int] = {}

    def place(self, parts: Sequence[str]) -> Path:
        here = Path()
        for part in parts[:-1]:
            if (here, part) not in self._folders:
                self._folders[here, part] = self._free(here, part)
            here = self._folders[here, part]
        return self._free(here, parts[-1])

    def _free(self, here: Path, part: str) -> Path:
        """``a.jpg``, or ``a~2.jpg`` when an ``A.jpg`` is there."""
        name = portable_name(part)
        place = here / name
        while (key := here / place.name.casefold()) in self._times:
            first = here / name.casefold()
            self._times[first] += 1
            place = here / f"{Path(name).stem}~{self._times[first]}{Path(name).suffix}"
        self._times[key] = 1
        return place


def portable_name(name: str) -> str:
    """The name of a file or folder as every system can write it: the same wherever it is unpacked.

    Composed accents, no control characters nor those that Windows forbids, at most 200 bytes of UTF-8; what was cut off
    is stood for by the start of its SHA-256.

    >>> portable_name("cafe\u0301?.jpg"), portable_name("con.png"), portable_name("a\\n. ")
    ('café_.jpg', '_con.png', 'a_')
    """
    text = name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    text = unicodedata.normalize("NFC", text)
    text = re.sub(r'[<>:"|?*\x00-\x1f\x7f]', "_", text).rstrip(". ") or "_"
    text = "_" + text if _RESERVED.fullmatch(text) else text
    if len(text.encode("utf-8")) <= _LONGEST_NAME_BYTES:
        return text
    suffix = text[-(len(text) - text.rfind(".")) :] if 0 < len(text) - text.rfind(".") <= 8 else ""
    digest = hashlib.sha256(name.encode("utf-8", "surrogateescape")).hexdigest()[:8]
    return text.encode("utf-8")[: _LONGEST_NAME_BYTES - 40].decode("utf-8", "ignore") + "~" + digest + suffix


def _remove(part: Path) -> None:
    """Remove what a killed run left."""
    if part.is_dir() and not part.is_symlink():
        shutil.rmtree(part)
    else:
        part.unlink(missing_ok=True)


def _refused(archive: Path, entry: _Entry) -> DataError:
    return DataError(
        "{archive} holds {entry}, which is {problem}, so nothing was unpacked. A set of images holds plain files and "
        "folders only: get the archive from its origin, or pack the images anew.",
        archive=archive,
        entry=ascii(entry.name),
        problem=entry.problem or _LEAVES,
    )


def _damaged(archive: Path, error: BaseException) -> DataError:
    return DataError(
        "{archive} is damaged, cut short or packed in a way that is not known here ({reason}), so nothing was "
        "unpacked. Get it again, or unpack it yourself and name the folder instead.",
        archive=archive,
        reason=str(error) or type(error).__name__,
    )
