"""Files brought from the network: the first mirror that answers, resumed where it stopped, checked before it counts.

Standard library only: pooch, the usual choice, starts again from zero after an interruption, and waits for one mirror
after another.
"""

from __future__ import annotations

import http.client
import os
import queue
import socket
import threading
import time
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit

from fissura.data.checksum import Checksum
from fissura.data.filling import only_run
from fissura.errors import DownloadError, SettingsError
from fissura.files import cannot_write
from fissura.language import N_, cause

Progress = Callable[[int, int | None], None]
"""Called with the bytes that are there and the bytes there will be, None where the mirror does not say."""
Reason = str | DownloadError
"""Why a mirror gave nothing, in a few words that are translated when they are said, where they are ours."""

GIVE_UP_S = 8.0  # so that a command without network says so within ten seconds
_CHUNK_BYTES = 2**16
_PARTIAL, _NOTHING_LEFT = 206, 416


def part_of(destination: Path) -> Path:
    """Where the bytes of ``destination`` lie while it is not complete."""
    return destination.with_name(destination.name + ".part")


def fetch(
    urls: Sequence[str],
    destination: Path,
    verify: Checksum,
    on_progress: Progress | None = None,
    give_up_s: float = 10.0,
) -> None:
    """Bring to ``destination`` the file that all ``urls`` offer; its folder is made once a mirror has answered.

    All mirrors are asked at once and the first that answers is read. One that falls silent for ``give_up_s``, breaks
    off or sends wrong content is left for the others. What was received stays in ``destination`` + ``.part``, where
    this call or the next one goes on, unless it is wrong.

    Raises:
        SettingsError: there is no URL, or one is not http or https.
        DownloadError: no mirror gave the file; said after ``give_up_s`` when none answers, hanging name servers
            included.
        OutputError: the disk is full, the folder cannot be written, or another run is bringing the same file.
    """
    _check_urls(urls, destination)
    part = part_of(destination)
    left, failures = list(urls), dict[str, Reason]()
    while left:
        start = _size(part)
        if start > verify.largest_file_bytes:
            _remove(part)
            start = 0
        answer = _first_answer(left, start, give_up_s, failures)
        if answer is None:
            break
        with answer, only_run(destination):
            failure = _receive(answer, part, verify.largest_file_bytes, on_progress)
            if failure is None and verify.matches(part):
                _put_in_place(part, destination)
                return
            if failure is None:
                _remove(part)
        failures[answer.url] = failure or N_("wrong content")
        # What was resumed may mix two mirrors' compressions, each right: the same mirror gets another try, from zero.
        if failure is not None or answer.resumed_bytes == 0:
            left.remove(answer.url)
    raise DownloadError(
        "{file} could not be downloaded ({failures}). Check the network connection and run the same command again; "
        "it goes on where it stopped.",
        file=destination.name,
        failures=_each(failures, urls),
    )


def _each(failures: dict[str, Reason], urls: Sequence[str]) -> DownloadError:
    """Every mirror with its reason, to stand in a sentence: an error, since these are said in the reader's language."""
    hosts = {f"host{k}": _host(url) for k, url in enumerate(urls)}
    reasons = {f"reason{k}": failures[url] for k, url in enumerate(urls)}
    template = "; ".join(f"{{host{k}}}: {{reason{k}}}" for k in range(len(urls)))
    return DownloadError(template, **hosts, **reasons)


@dataclass(frozen=True)
class _Answer:
    """A mirror's response of which the head has arrived. ``response`` is None when it says that nothing is left."""

    url: str
    response: http.client.HTTPResponse | None
    resumed_bytes: int

    def __enter__(self) -> _Answer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        if self.response is not None:
            self.response.close()


@dataclass(frozen=True)
class _Failure:
    url: str
    reason: Reason


def _first_answer(urls: Sequence[str], start: int, give_up_s: float, failures: dict[str, Reason]) -> _Answer | None:
    """The first mirror's answer; None when none answers in time, and then ``failures`` is told why, for each.

    Threads, because a socket's timeout does not cover the look-up of its name; daemons, because such a look-up cannot
    be stopped and must not keep the program from ending.
    """
    arrived: queue.SimpleQueue[_Answer | _Failure] = queue.SimpleQueue()
    lock, over = threading.Lock(), threading.Event()

    def ask(url: str) -> None:
        answer = _ask(url, start, give_up_s)
        with lock:
            if not over.is_set():
                arrived.put(answer)
            elif isinstance(answer, _Answer):
                answer.close()

    deadline = time.monotonic() + give_up_s
    for url in urls:
        threading.Thread(target=ask, args=(url,), daemon=True, name=f"ask {_host(url)}").start()
    waiting = set(urls)
    first: _Answer | None = None
    while waiting and first is None:
        try:
            answer = arrived.get(timeout=max(0.0, deadline - time.monotonic()))
        except queue.Empty:
            break
        waiting.discard(answer.url)
        if isinstance(answer, _Answer):
            first = answer
        else:
            failures[answer.url] = answer.reason
    with lock:
        over.set()
    while not arrived.empty():
        late = arrived.get()
        if isinstance(late, _Answer):
            late.close()
    if first is None:
        failures.update(dict.fromkeys(waiting, no_answer(give_up_s)))
    return first


def _ask(url: str, start: int, give_up_s: float) -> _Answer | _Failure:
    request = urllib.request.Request(url, headers={"User-Agent": "fissura"})
    if start:
        request.add_header("Range", f"bytes={start}-")
    try:
        response: http.client.HTTPResponse = _opener().open(request, timeout=give_up_s)
    except HTTPError as error:
        error.close()
        if start and error.code == _NOTHING_LEFT:
            return _Answer(url, None, start)
        return _Failure(url, f"HTTP {error.code}")
    except (OSError, http.client.HTTPException) as error:
        return _Failure(url, network_reason(error))
    if response.status != _PARTIAL:
        return _Answer(url, response, 0)
    if not response.headers.get("Content-Range", "").startswith(f"bytes {start}-"):
        response.close()
        return _Failure(url, N_("sent another part than the one asked for"))
    return _Answer(url, response, start)


def _receive(answer: _Answer, part: Path, largest_bytes: int, on_progress: Progress | None) -> Reason | None:
    """Add what the mirror sends to ``part``; returns why it is not all, None when it is."""
    if answer.response is None:
        return None
    done = answer.resumed_bytes
    length = answer.response.headers.get("Content-Length", "")
    total = done + int(length) if length.isdecimal() else None
    if total is not None and total > largest_bytes:
        return DownloadError("offers {n} bytes, more than the {most} it can have", n=total, most=largest_bytes)
    failure: Reason | None = None
    try:
        part.parent.mkdir(parents=True, exist_ok=True)
        with part.open("ab" if done else "wb") as file:
            # Not until the mirror closes: read1 does not count down Content-Length before Python 3.13.
            while failure is None and done != total:
                chunk = _next_chunk(answer.response)
                if not isinstance(chunk, bytes):
                    failure = chunk
                    continue
                if not chunk:
                    break
                file.write(chunk)
                done += len(chunk)
                if on_progress is not None:
                    on_progress(done, total)
                if done > largest_bytes:
                    failure = DownloadError("sent more than the {most} bytes it can have", most=largest_bytes)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise cannot_write(part, error, option="--data-dir") from error
    if done == 0 or done > largest_bytes:
        _remove(part)
    if failure is None and (done == 0 or done < (total or 0)):
        failure = DownloadError("broke off after {n} bytes", n=done)
    return failure


def _next_chunk(response: http.client.HTTPResponse) -> bytes | Reason:
    """The next bytes, none at the end; or why there are none."""
    try:
        return response.read1(_CHUNK_BYTES)
    except (OSError, http.client.HTTPException) as error:
        return network_reason(error)


def _put_in_place(part: Path, destination: Path) -> None:
    try:
        part.replace(destination)
    except OSError as error:
        raise cannot_write(destination, error, option="--data-dir") from error


def _size(part: Path) -> int:
    try:
        return part.stat().st_size
    except (FileNotFoundError, NotADirectoryError):
        return 0
    except OSError as error:
        raise cannot_write(part, error, option="--data-dir") from error


def _remove(part: Path) -> None:
    try:
        part.unlink(missing_ok=True)
    except OSError as error:
        raise cannot_write(part, error, option="--data-dir") from error


def _check_urls(urls: Sequence[str], destination: Path) -> None:
    if not urls:
        raise SettingsError("{file}: no mirror was named; give at least one http or https URL.", file=destination.name)
    for url in urls:
        if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname:
            raise SettingsError(
                "{url} cannot be downloaded; only URLs that start with http:// or https:// can.", url=url
            )


def _opener() -> urllib.request.OpenerDirector:
    """What opens http and https, with the proxies of the environment; no file or ftp, not even by redirection."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPRedirectHandler(),
        urllib.request.HTTPErrorProcessor(),
        urllib.request.UnknownHandler(),
    ):
        opener.add_handler(handler)
    return opener


def _host(url: str) -> str:
    return urlsplit(url).netloc


def no_answer(within_s: float) -> DownloadError:
    """The reason where nobody has answered in time."""
    return DownloadError("no answer within {seconds} s", seconds=f"{within_s:g}")


def network_reason(error: Exception) -> str:
    """A few words on a network error, translated when they are said; the system's own where there are none of ours."""
    inner = error.reason if isinstance(error, URLError) else error
    if isinstance(inner, TimeoutError):
        return N_("fell silent")
    if isinstance(inner, socket.gaierror):  # each system says it otherwise, and numbers it as other errors
        return N_("its name is not found")
    if isinstance(inner, OSError) and inner.strerror:
        return cause(inner)
    return str(inner) or type(inner).__name__
