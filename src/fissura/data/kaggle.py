"""The lab's crack images from Kaggle, ``arunrk7/surface-crack-detection``, through Kaggle's own client.

``kagglehub`` brings a public set without a login; it prints, waits without end for a silent server and shows its own
bar, so it is run here with these replaced.
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
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from fissura.data.archives import unpack
from fissura.data.download import Progress, Reason, network_reason, no_answer
from fissura.errors import DataError, DownloadError, FissuraError
from fissura.files import cannot_write
from fissura.language import Phrase

HANDLE = "arunrk7/surface-crack-detection"
PAGE = "https://www.kaggle.com/datasets/" + HANDLE
_SERVER = ("www.kaggle.com", 443)
_DISK_ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST)
_TIMEOUTS_S = (5.0, 15.0)  # to connect, and between two answers; the client's own is none


def by_kagglehub(cache: Path, data_dir: Path, on_progress: Progress | None) -> Path:
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
        raise by_hand(_reason(error), data_dir) from error


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


def unreachable(give_up_s: float) -> Reason | None:
    """Why Kaggle, or the proxy on the way there, cannot be reached; None when it can.

    In a thread, because no timeout covers the look-up of a name; a daemon, because such a look-up cannot be stopped.
    """
    if "KAGGLE_KERNEL_RUN_TYPE" in os.environ:
        return None  # Kaggle's own machines need no network: the client puts the set there
    failures: list[Reason | None] = []

    def connect() -> None:
        try:
            socket.create_connection(_next_server(), timeout=give_up_s).close()
            failures.append(None)
        except (OSError, ValueError) as error:
            failures.append(_reason(error))

    thread = threading.Thread(target=connect, daemon=True, name="ask Kaggle")
    thread.start()
    thread.join(give_up_s)
    return failures[0] if failures else no_answer(give_up_s)


def _next_server() -> tuple[str, int]:
    """(host, port) of the first machine that a connection to Kaggle goes to."""
    proxies = urllib.request.getproxies()
    proxy = proxies.get("https") or proxies.get("all")
    if not proxy or urllib.request.proxy_bypass(_SERVER[0]):
        return _SERVER
    parts = urlsplit(proxy if "://" in proxy else "http://" + proxy)
    return parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)


def _reason(error: Exception) -> str:
    """A few words on what went wrong, on one line, translated when they are said."""
    status = getattr(getattr(error, "response", None), "status_code", None)
    if status is not None:
        return f"HTTP {status}"
    words = network_reason(error)
    return words if isinstance(words, Phrase) else " ".join(words.split())[:200]


def by_hand(reason: Reason, data_dir: Path) -> DownloadError:
    """The error that says how to put the set in place without a network."""
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
