"""Archives unpacked into a folder that appears whole or not at all; nothing in them is trusted.

Every entry is listed and checked before the first byte is written, and every file is written here, never by another
program: what reads RAR only sends its bytes. Names come out the same on every system, because a split goes by names.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import shutil
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

from fissura.data.archive_entries import CHUNK_BYTES, DAMAGE, Content, Entry, Walk, walk_tar, walk_zip
from fissura.data.download import Progress
from fissura.data.filling import check_free, check_space, only_run
from fissura.data.portable_names import Places, is_system_record, parts_of
from fissura.data.rar import walk_rar
from fissura.errors import DataError
from fissura.files import cannot_write
from fissura.given_file import check_ordinary
from fissura.language import N_, cause

_LEAVES = N_("a path that leaves the folder")
MAX_BYTES = 32 * 2**30
MAX_FILES = 1_000_000
MAX_RATIO = 200  # photographs hardly shrink, drawn masks up to about a hundredfold; a bomb is made to exceed thousands
RATIO_FREE_BYTES = 2**28  # so little is unpacked at any ratio
_RAR = b"Rar!\x1a\x07"
_DECOMPRESSORS: tuple[tuple[bytes, Callable[..., Any]], ...] = (
    (b"\x1f\x8b", gzip.open),
    (b"BZh", bz2.open),
    (b"\xfd7zXZ\x00", lzma.open),
    (b"\x5d\x00\x00", lzma.open),
)


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


def _plan(archive: Path, max_bytes: int, max_files: int) -> list[tuple[Entry, Path | None]]:
    """Each entry and its place in the folder, None for what is not written. Reading stops where a limit is passed."""
    plan: list[tuple[Entry, Path | None]] = []
    names, total = Places(), 0
    try:
        with closing(_walk(archive, reading=False)) as walk:
            packed_bytes = archive.stat().st_size
            for entry, _ in walk:
                parts = parts_of(entry.name)
                if entry.problem is not None or parts is None:
                    raise _refused(archive, entry)
                plan.append((entry, None if entry.folder or is_system_record(parts) else names.place(parts)))
                total += entry.size_bytes
                _check_limits(archive, len(plan), max_files, total, max_bytes, packed_bytes)
    except DAMAGE as error:
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


def _write(archive: Path, plan: Sequence[tuple[Entry, Path | None]], part: Path, on_progress: Progress | None) -> None:
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
            if on_progress is not None and (done - told >= CHUNK_BYTES or done == total):
                on_progress(done, total)
                told = done


def _contents(
    archive: Path, plan: Sequence[tuple[Entry, Path | None]]
) -> Generator[tuple[Path, Iterator[bytes]], None, None]:
    """Each place and the content for it. What is wrong with the archive is a DataError; an OSError is the disk's."""
    try:
        with closing(_walk(archive, reading=True)) as walk:
            for (entry, place), (again, open_content) in zip(plan, walk, strict=True):
                if again != entry:
                    raise ValueError("it changed while it was read")
                if place is not None:
                    yield place, _chunks(archive, entry, open_content)
    except DAMAGE as error:
        raise _damaged(archive, error) from error


def _chunks(archive: Path, entry: Entry, open_content: Callable[[], Content]) -> Iterator[bytes]:
    """The content, piece by piece, as long as the entry says and no longer."""
    left = entry.size_bytes
    try:
        with closing(open_content()) as content:
            while left >= 0 and (chunk := content.read(min(CHUNK_BYTES, left + 1))):
                left -= len(chunk)
                yield chunk if left >= 0 else b""
        if left:
            raise ValueError(f"{entry.name!a} is not as long as it says")
    except DAMAGE as error:
        raise _damaged(archive, error) from error


def _walk(archive: Path, reading: bool) -> Walk:
    """The entries of an archive of any kind; ``reading`` says that their contents will be asked for."""
    if archive.is_dir():
        raise DataError("{archive} is a folder; wanted an archive: zip, tar or rar.", archive=archive)
    try:
        check_ordinary(archive)
        with archive.open("rb") as file:
            start = file.read(8)
    except OSError as error:
        raise DataError(
            "{archive} cannot be read ({reason}). Check its name and its permissions.",
            archive=archive,
            reason=cause(error),
        ) from error
    if start.startswith(b"PK"):
        return walk_zip(archive)
    if start.startswith(_RAR):
        return walk_rar(archive, reading)
    decompress = next((opener for magic, opener in _DECOMPRESSORS if start.startswith(magic)), None)
    return walk_tar(archive, partial(decompress or io.FileIO, archive))


def _remove(part: Path) -> None:
    """Remove what a killed run left."""
    if part.is_dir() and not part.is_symlink():
        shutil.rmtree(part)
    else:
        part.unlink(missing_ok=True)


def _refused(archive: Path, entry: Entry) -> DataError:
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
