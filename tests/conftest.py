from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings

from fissura.data.idx import write_idx
from fissura.data.mnist import mnist_folder

# the same examples in every run: what fails on one machine fails on the next, and a green run stays green
settings.register_profile("fissura", derandomize=True, deadline=None)
settings.load_profile("fissura")

# what a terminal, or a service that runs tests, has set changes nothing of what is printed
for name in ("FORCE_COLOR", "NO_COLOR", "COLUMNS", "LINES", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
    os.environ.pop(name, None)


@pytest.fixture(scope="session")
def mnist_dir() -> Path:
    """The folder with the real MNIST, for the tests that need it; before any test changes the environment."""
    folder = Path(os.environ.get("FISSURA_DATA") or "no-folder-is-named").resolve()
    if mnist_folder(folder) is None:
        pytest.skip("FISSURA_DATA names no folder with MNIST")
    return folder


@pytest.fixture(scope="session")
def real_data() -> Callable[[str], Path]:
    """The folder with the real images of a name (``metu``, ``sut-crack``, ``omu-quay``, ``textures``), or a skip."""
    folder = Path(os.environ.get("FISSURA_DATA") or "no-folder-is-named").resolve()

    def find(name: str) -> Path:
        if not (folder / name).is_dir():
            pytest.skip(f"FISSURA_DATA names no folder with {name}")
        return folder / name

    return find


@pytest.fixture
def small_set() -> Callable[..., Path]:
    """Writes an MNIST-like set of a few images into a folder, and returns the folder."""

    def write(folder: Path, train: int = 20, test: int = 10, suffix: str = "") -> Path:
        random = np.random.default_rng(12)
        for part, count in (("train", train), ("t10k", test)):
            images = random.integers(0, 256, (count, 28, 28), dtype=np.uint8)
            write_idx(folder / f"{part}-images-idx3-ubyte{suffix}", images)
            write_idx(folder / f"{part}-labels-idx1-ubyte{suffix}", (np.arange(count) % 10).astype(np.uint8))
        return folder

    return write


@dataclass
class Mirror:
    """A web server on this machine that serves ``files`` well, or badly in one of the ways that mirrors have.

    ``behaviour`` is "good", "no ranges" (always sends all), "missing" (404), "cuts" (closes after ``cut_bytes`` of
    what it announced), "stalls" (falls silent there), "silent" (takes the request and never answers), "wrong range",
    "unannounced" (no Content-Length), "endless" (no Content-Length, never stops by itself) or "elsewhere" (redirects
    to a file).
    """

    files: dict[str, bytes]
    behaviour: str = "good"
    cut_bytes: int = 0
    ranges: list[str | None] = field(default_factory=list)
    url: str = ""
    over: threading.Event = field(default_factory=threading.Event)


@pytest.fixture
def mirror() -> Iterator[Callable[..., Mirror]]:
    """Starts mirrors; they end with the test."""
    running: list[tuple[Mirror, ThreadingHTTPServer, threading.Thread]] = []

    def start(files: dict[str, bytes], behaviour: str = "good", cut_bytes: int = 0) -> Mirror:
        new = Mirror(files, behaviour, cut_bytes)
        server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(new))
        new.url = f"http://127.0.0.1:{server.server_port}/"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        running.append((new, server, thread))
        return new

    yield start
    for each, server, thread in running:
        each.over.set()
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def deaf_url() -> Iterator[str]:
    """A port of this machine where connections are taken and nobody ever reads them."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"


@pytest.fixture
def refused_url() -> str:
    """A port of this machine where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"http://127.0.0.1:{listener.getsockname()[1]}/"


def _handler(mirror: Mirror) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = self.headers.get("Range")
            mirror.ranges.append(asked)
            content = mirror.files.get(self.path.lstrip("/"))
            if mirror.behaviour == "silent":
                mirror.over.wait()
            elif mirror.behaviour == "elsewhere":
                self._head(302, {"Location": "ftp://127.0.0.1/etc/passwd", "Content-Length": "0"})
            elif content is None or mirror.behaviour == "missing":
                self._head(404, {"Content-Length": "0"})
            else:
                self._send(content, int(asked.removeprefix("bytes=").removesuffix("-")) if asked else 0)

        def _send(self, content: bytes, start: int) -> None:
            if start and mirror.behaviour != "no ranges":
                if start >= len(content):
                    self._head(416, {"Content-Range": f"bytes */{len(content)}", "Content-Length": "0"})
                    return
                said = start + 1 if mirror.behaviour == "wrong range" else start
                span = f"bytes {said}-{len(content) - 1}/{len(content)}"
                self._head(206, {"Content-Range": span, "Content-Length": str(len(content) - start)})
                content = content[start:]
            elif mirror.behaviour in ("unannounced", "endless"):
                self._head(200, {})
            else:
                self._head(200, {"Content-Length": str(len(content))})
            if mirror.behaviour in ("cuts", "stalls"):
                content = content[: mirror.cut_bytes]
            self.wfile.write(content)
            if mirror.behaviour == "stalls":
                mirror.over.wait()
            while mirror.behaviour == "endless":
                self.wfile.write(bytes(2**16))

        def _head(self, status: int, headers: dict[str, str]) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()

        def handle(self) -> None:
            try:
                super().handle()
            except ConnectionError:
                return  # the one who asked has gone away, as the tests mean it to

        def log_message(self, *_: object) -> None:
            return

    return Handler
