"""The crack images of the lab, ``arunrk7/surface-crack-detection``: found, unpacked, or brought from Kaggle.

The set is METU's "Concrete Crack Images for Classification" (Ç. F. Özgenel, 2019, Mendeley Data 10.17632/5y9wdsg2zt, CC
BY 4.0): 40,000 patches of 227 x 227 px, half of them cracked. Kaggle's own client, ``kagglehub``, brings it without a
login; it prints, waits without end for a silent server and shows its own bar, so it is run here with these replaced.
"""

from __future__ import annotations

import errno
import logging
import os
import shutil
import socket
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from fissura.data.archives import check_free, check_space, only_run, unpack
from fissura.data.download import Progress
from fissura.errors import DataError, DownloadError, FissuraError
from fissura.files import cannot_write

HANDLE = "arunrk7/surface-crack-detection"
PAGE = "https://www.kaggle.com/datasets/" + HANDLE
CLASSES = ("Negative", "Positive")
PER_CLASS = 20_000
FOLDER = "surface-crack-detection"
GIVE_UP_S = 8.0  # so that a command without network says so within ten seconds

_FOLDERS = (FOLDER, "cracks", "metu")
_ARCHIVES = (*_FOLDERS, "archive", "concrete crack images for classification")  # as Kaggle and Mendeley name them
_SUFFIXES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".rar")
_DEPTH = 3  # folders between the named one and the two classes, as archives and Kaggle's cache nest them
_SERVER = ("www.kaggle.com", 443)
_ARCHIVE_BYTES, _IMAGE_BYTES = 260_000_000, 6_200  # measured on the part at hand: 6.17 kB an image
_DISK_ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST)
_TIMEOUTS_S = (5.0, 15.0)  # to connect, and between two answers; the client's own is none


@dataclass(frozen=True)
class Cracks:
    """Where the images are.

    Attributes:
        folder: holds one folder ``Negative`` and one ``Positive``, whatever their capitals.
        counts: how many files each of the two holds.
        note: what to tell the user where these are not 20,000 each; else None.
    """

    folder: Path
    counts: tuple[int, int]
    note: FissuraError | None = None


def get_cracks(
    data_dir: Path,
    *,
    archive: Path | None = None,
    expected: bool = True,
    on_progress: Progress | None = None,
    give_up_s: float = GIVE_UP_S,
) -> Cracks:
    """The crack images: those of ``archive``, else those in ``data_dir``, else brought there from Kaggle.

    Args:
        data_dir: where they are looked for and brought to.
        archive: a zip, tar or rar file, which is unpacked into ``data_dir``; or a folder, which is used where it is.
        expected: whether another number than 20,000 a class is worth a note.
        on_progress: told the bytes that are there and those there will be; it starts anew when unpacking begins.
        give_up_s: how long Kaggle may take to answer at all.

    Raises:
        DataError: there are no two such folders, one is empty, or the archive is refused.
        DownloadError: Kaggle cannot be reached or does not give it; says how to put it in place by hand.
        OutputError: the disk has too little room or cannot be written, or something else is in the way.
    """
    found = archive if archive is not None else find_cracks(data_dir)
    if found is None:
        return _described(_download(data_dir, on_progress, give_up_s), expected)
    if found.is_dir():
        classes = _class_folders(found)
        if classes is None:
            raise _no_classes(found)
        return _described(classes, expected)
    return _described(_from_archive(found, data_dir / FOLDER, on_progress), expected)


def find_cracks(data_dir: Path) -> Path | None:
    """The folder in ``data_dir`` with ``Positive`` and ``Negative``, else an archive that waits there, else None.

    Looked for, with any capitals: ``data_dir`` itself, ``surface-crack-detection``, ``cracks`` and ``metu``, with what
    is inside these; archives of these names, and as Kaggle and Mendeley Data name theirs.

    Raises:
        DataError: ``data_dir`` cannot be listed.
    """
    entries = {path.name.casefold(): path for path in reversed(_listed(data_dir))}
    if _both_classes(data_dir) is not None:
        return data_dir
    for name in _FOLDERS:
        if name in entries and entries[name].is_dir() and (folder := _class_folders(entries[name])) is not None:
            return folder
    waiting = (entries.get(name + suffix) for name in _ARCHIVES for suffix in _SUFFIXES)
    return next((path for path in waiting if path is not None and path.is_file()), None)


def _described(folder: Path, expected: bool) -> Cracks:
    classes = _both_classes(folder)
    if classes is None:
        raise _no_classes(folder)
    negative, positive = (sum(path.is_file() for path in _listed(each)) for each in classes)
    if not (negative and positive):
        raise DataError(
            "{folder} holds {negative} images without a crack and {positive} with one; wanted some of each. Put the "
            "missing ones there, or remove the folder and get the set again.",
            folder=folder,
            negative=negative,
            positive=positive,
        )
    note = None
    if expected and (negative, positive) != (PER_CLASS, PER_CLASS):
        note = DataError(
            "{folder} holds {negative} images without a crack and {positive} with one; the whole set has {wanted} of "
            "each. It is used as it is. To get the whole set, name another folder with --data-dir.",
            folder=folder,
            negative=negative,
            positive=positive,
            wanted=PER_CLASS,
        )
    return Cracks(folder, (negative, positive), note)


def _from_archive(archive: Path, target: Path, on_progress: Progress | None) -> Path:
    """Unpack beside ``target`` and put it there only when it holds the two classes."""
    trial = target.with_name(target.name + ".unpacked")
    check_free(target)
    with only_run(target):
        shutil.rmtree(trial, ignore_errors=True)
        unpack(archive, trial, on_progress=on_progress)
        return _put_in_place(trial, target, archive)


def _put_in_place(trial: Path, target: Path, origin: object) -> Path:
    """Rename ``trial`` to ``target`` and answer where in it the classes are; removes it when there are none."""
    classes = _class_folders(trial)
    if classes is None:
        shutil.rmtree(trial, ignore_errors=True)
        raise _no_classes(origin)
    try:
        if target.exists():
            target.rmdir()
        trial.rename(target)
    except OSError as error:
        raise cannot_write(target, error, option="--data-dir") from error
    return target / classes.relative_to(trial)


def _download(data_dir: Path, on_progress: Progress | None, give_up_s: float) -> Path:
    target = data_dir / FOLDER
    cache = target.with_name(target.name + ".download")  # what it holds is gone on with by the next run
    check_free(target)
    there = sum(path.stat().st_size for path in cache.rglob("*.archive")) if cache.is_dir() else 0
    check_space(data_dir, [max(0, _ARCHIVE_BYTES - there), *([_IMAGE_BYTES] * 2 * PER_CLASS)])
    silence = _unreachable(give_up_s)
    if silence is not None:
        raise _by_hand(silence, data_dir)
    with only_run(target):
        folder = _by_kagglehub(cache, data_dir, on_progress)
        if not folder.is_relative_to(cache):
            return _class_folders(folder) or folder  # on Kaggle's own machines it is there already, read-only
        placed = _put_in_place(folder, target, HANDLE)
        shutil.rmtree(cache, ignore_errors=True)
    return placed


def _by_kagglehub(cache: Path, data_dir: Path, on_progress: Progress | None) -> Path:
    """Where Kaggle's client put the images, below ``cache`` where it could choose."""
    import kagglehub

    clients, resolver = getattr(kagglehub, "clients", None), getattr(kagglehub, "http_resolver", None)
    session = getattr(getattr(clients, "requests", None), "Session", None)

    def unpacked(archive: str, folder: str) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        try:
            unpack(Path(archive), Path(folder), on_progress=on_progress)
        except DataError:
            Path(archive).unlink()  # or the next run would find it complete, and as wrong
            raise

    try:
        with ExitStack() as stack:
            stack.enter_context(_variable("KAGGLEHUB_CACHE", str(cache.absolute())))
            stack.enter_context(_silent("kagglehub"))
            stack.enter_context(_replaced(clients, "already_printed_version_warning", True))
            stack.enter_context(_replaced(clients, "tqdm", partial(_Bar, on_progress)))
            stack.enter_context(_replaced(resolver, "_extract_archive", unpacked))
            if session is not None:
                stack.enter_context(_replaced(session, "send", _with_timeout(session.send)))
            return Path(kagglehub.dataset_download(HANDLE))
    except FissuraError:
        raise
    except Exception as error:  # whatever it is, the set can still be put in place by hand
        if isinstance(error, OSError) and error.errno in _DISK_ERRORS:
            raise cannot_write(cache, error, option="--data-dir") from error
        raise _by_hand(_reason(error), data_dir) from error


class _Bar:
    """Stands in for the client's progress bar: the same calls, told to ``tell``."""

    def __init__(self, tell: Progress | None, total: int | None = None, initial: int = 0, **_: object) -> None:
        self._tell, self._total, self._done = tell, total, initial

    def __enter__(self) -> _Bar:
        return self

    def __exit__(self, *_: object) -> None:
        return

    def update(self, n: int) -> None:
        self._done += n
        if self._tell is not None:
            self._tell(self._done, self._total)


def _with_timeout(send: Any) -> Any:
    """The ``Session.send`` of requests, which waits ``_TIMEOUTS_S`` where the caller did not say how long."""

    def sending(self: object, request: object, **options: Any) -> Any:
        return send(self, request, **{**options, "timeout": options.get("timeout") or _TIMEOUTS_S})

    return sending


@contextmanager
def _replaced(owner: Any, name: str, value: object) -> Iterator[None]:
    """``owner.name`` is ``value`` meanwhile; nothing is done where another version of the client has no such thing."""
    if not hasattr(owner, name):
        yield
        return
    before = getattr(owner, name)
    setattr(owner, name, value)
    try:
        yield
    finally:
        setattr(owner, name, before)


@contextmanager
def _variable(name: str, value: str) -> Iterator[None]:
    before = os.environ.get(name)
    os.environ[name] = value
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before


@contextmanager
def _silent(name: str) -> Iterator[None]:
    logger = logging.getLogger(name)
    before = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        logger.setLevel(before)


def _unreachable(give_up_s: float) -> str | None:
    """Why Kaggle, or the proxy on the way there, cannot be reached; None when it can.

    In a thread, because no timeout covers the look-up of a name; a daemon, because such a look-up cannot be stopped.
    """
    if "KAGGLE_KERNEL_RUN_TYPE" in os.environ:
        return None  # Kaggle's own machines need no network: the client puts the set there
    failures: list[str | None] = []

    def connect() -> None:
        try:
            socket.create_connection(_next_server(), timeout=give_up_s).close()
            failures.append(None)
        except (OSError, ValueError) as error:
            failures.append(_reason(error))

    thread = threading.Thread(target=connect, daemon=True, name="ask Kaggle")
    thread.start()
    thread.join(give_up_s)
    return failures[0] if failures else f"no answer within {give_up_s:g} s"


def _next_server() -> tuple[str, int]:
    """(host, port) of the first machine that a connection to Kaggle goes to."""
    proxies = urllib.request.getproxies()
    proxy = proxies.get("https") or proxies.get("all")
    if not proxy or urllib.request.proxy_bypass(_SERVER[0]):
        return _SERVER
    parts = urlsplit(proxy if "://" in proxy else "http://" + proxy)
    return parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)


def _reason(error: Exception) -> str:
    """A few words on what went wrong, on one line."""
    status = getattr(getattr(error, "response", None), "status_code", None)
    if status is not None:
        return f"HTTP {status}"
    words = (error.strerror if isinstance(error, OSError) else None) or str(error) or type(error).__name__
    return " ".join(words.split())[:200]


def _class_folders(folder: Path) -> Path | None:
    """The one folder, ``folder`` itself or a few levels below it, that holds both classes; None for none or several."""
    level = [folder]
    for _ in range(_DEPTH + 1):
        found = [each for each in level if _both_classes(each) is not None]
        if found:
            return found[0] if len(found) == 1 else None
        level = [path for each in level for path in _listed(each) if path.is_dir()]
    return None


def _both_classes(folder: Path) -> tuple[Path, Path] | None:
    """(negative, positive) where ``folder`` holds one of each."""
    named = [[path for path in _listed(folder) if path.name.casefold() == name.casefold()] for name in CLASSES]
    if [len(paths) for paths in named] != [1, 1] or not all(paths[0].is_dir() for paths in named):
        return None
    return named[0][0], named[1][0]


def _listed(folder: Path) -> list[Path]:
    """What ``folder`` holds, sorted, without hidden files; nothing where it is not there."""
    try:
        return sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    except FileNotFoundError:
        return []
    except OSError as error:
        raise DataError(
            "{folder} cannot be listed ({reason}). Check that it is a folder and that its permissions let you read it.",
            folder=folder,
            reason=error.strerror or type(error).__name__,
        ) from error


def _no_classes(place: object) -> DataError:
    return DataError(
        "{place} does not hold one folder {negative} and one folder {positive}, neither itself nor in one place below "
        "it. Name the folder or the archive that holds the two.",
        place=place,
        negative=CLASSES[0],
        positive=CLASSES[1],
    )


def _by_hand(reason: str, data_dir: Path) -> DownloadError:
    return DownloadError(
        "{handle} could not be brought from Kaggle ({reason}). Check the network connection and run the same command "
        "again, which goes on where it stopped. Or put it in place by hand: download archive.zip from {page} on a "
        "machine that is connected, copy it to {folder} and run: fissura data get cracks --from {archive}",
        handle=HANDLE,
        reason=reason,
        page=PAGE,
        folder=data_dir,
        archive=data_dir / "archive.zip",
    )
