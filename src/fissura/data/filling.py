"""A folder about to be filled: nothing is in it, the disk has room, and no other run is filling it."""

from __future__ import annotations

import errno
import os
import shutil
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from fissura.errors import OutputError
from fissura.files import cannot_write

_BLOCK_BYTES = 4096
_TAKEN = (errno.EACCES, errno.EAGAIN, errno.EDEADLK)
_TRIES, _PAUSE_S = 500, 0.01


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
def only_run(folder: Path, option: str = "--data-dir", lock: Path | None = None) -> Iterator[None]:
    """Holds ``folder`` + ``.lock`` while something is put together there; the system lets go of it when a run dies.

    ``option`` chooses the folder; ``lock`` is another file to hold, such as one in it.

    Raises:
        OutputError: another run holds it, or it cannot be written.
    """
    lock = lock or folder.with_name(folder.name + ".lock")
    file = _held(lock, folder, option)
    try:
        yield
    finally:
        _let_go(file, lock)


@contextmanager
def in_use(folder: Path, option: str) -> Iterator[None]:
    """Tells ``is_in_use`` that a run, one of several perhaps, is filling ``folder``, which ``option`` chooses.

    Raises:
        OutputError: it cannot be written.
    """
    lock = folder / f"{os.getpid()}-{os.urandom(4).hex()}.lock"
    file = _held(lock, folder, option, tries=_TRIES)
    try:
        yield
    finally:
        _let_go(file, lock)


def is_in_use(folder: Path) -> bool:
    """Whether a run is within ``in_use``; one that died is not, whatever it left."""
    for lock in folder.glob("*.lock"):
        try:
            with lock.open("rb+") as file:  # which makes none where it has just been removed
                _hold(file.fileno())
        except OSError as error:
            if error.errno in _TAKEN:
                return True
    return False


def _held(lock: Path, folder: Path, option: str = "--data-dir", tries: int = 1) -> BinaryIO:
    """The file of the lock, held, and still at its place: the run that held it before may just have removed it.

    Several ``tries`` are for a lock that nobody can hold for long, but who asks whether it is held.

    Raises:
        OutputError: as ``only_run``; nothing was removed.
    """
    while True:
        try:
            lock.parent.mkdir(parents=True, exist_ok=True)
            file = lock.open("ab")
        except OSError as error:
            raise cannot_write(lock, error, option) from error
        try:
            _hold(file.fileno())
        except OSError as error:
            # Anything else means that this file system has no locks: better one careless run than none.
            if error.errno in _TAKEN:
                file.close()
                tries -= 1
                if tries > 0:
                    time.sleep(_PAUSE_S)
                    continue
                raise OutputError(
                    "{folder} is being filled by another run. Wait until it ends, then run the same command again.",
                    folder=folder,
                ) from error
            return file
        if _lies_at(file, lock):
            return file
        file.close()


def _lies_at(file: BinaryIO, lock: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file.fileno()), lock.stat())
    except OSError:
        return False


def _let_go(file: BinaryIO, lock: Path) -> None:
    """Remove the file while it is held, so that no other run holds it then; Windows removes no open file."""
    if sys.platform == "win32":
        file.close()
    with suppress(OSError):  # as one that another run has opened on Windows
        lock.unlink()
    file.close()


def _hold(descriptor: int) -> None:
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
