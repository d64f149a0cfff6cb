"""``looks`` of a memory map by a process of its own, while copies are searched here.

Threads that search and threads that look would wait for Python's lock. A process of ``multiprocessing`` would run the
main module once more, which a script that calls ``audit`` need not be made for; this one runs a line of its own.
"""

from __future__ import annotations

import io
import json
import mmap
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from fissura.data.audit.features import Looks, looks
from fissura.images import Pixels

_FEWEST = 2_000
"""Images from which it pays: to start the process takes as long as to look at 500."""
_LONGEST_S = 900.0  # a file on a network that has gone is not waited for for ever
_CHILD = "FISSURA_LOOKING"  # set in the process that looks, so that it never starts another
_FIELDS = ("brightness", "contrast", "sharpness", "features")
_CODE = (
    "import json, sys; given = json.loads(sys.argv[1]); sys.path[:] = given['path']; "
    "from fissura.data.audit.looking import answer; answer(given)"
)


@contextmanager
def looking(images: Pixels, workers: int = 2) -> Iterator[Callable[[], Looks]]:
    """``looks(images)`` begins at once; what is given waits for it.

    Where ``images`` are no plain memory map of a whole file or few, there is one worker, or no process can be started,
    it is computed when it is asked for. When this process is killed the other one ends as soon as it has looked.
    """
    process = _started(images) if workers > 1 else None

    def found() -> Looks:
        seen = None if process is None else _taken(process, len(images))
        return looks(images, workers) if seen is None else seen

    try:
        yield found
    finally:
        if process is not None:
            process.kill()
            with process:  # closes what is open and waits for its end
                pass


def answer(given: dict[str, Any]) -> None:
    """What the other process does: the looks of the file's images, on its standard output."""
    images = np.memmap(given["file"], np.uint8, "r", given["offset"], tuple(given["shape"]))
    seen = looks(images, 1)
    np.savez(sys.stdout.buffer, **{name: getattr(seen, name) for name in _FIELDS})


def _started(images: Pixels) -> subprocess.Popen[bytes] | None:
    if not isinstance(images, np.memmap) or not isinstance(images.base, mmap.mmap) or len(images) < _FEWEST:
        return None
    if images.mode != "r" or images.dtype != np.uint8 or not images.flags.c_contiguous or _CHILD in os.environ:
        return None
    if not sys.executable or getattr(sys, "frozen", False):  # no Python of its own, or a program that is no Python
        return None
    given = {
        "file": str(images.filename),
        "offset": int(images.offset),
        "shape": images.shape,
        "path": [entry for entry in sys.path if isinstance(entry, str)],
    }
    command = [sys.executable, "-I", "-c", _CODE, json.dumps(given)]  # -I: nothing from the folder it is in
    try:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, _CHILD: "1"},
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),  # Windows has it
        )
    except OSError:
        return None


def _taken(process: subprocess.Popen[bytes], n: int) -> Looks | None:
    """What the process found; None where it was killed or gave nothing that can be used."""
    try:
        content = process.communicate(timeout=_LONGEST_S)[0]
        with np.load(io.BytesIO(content)) as file:
            seen = Looks(*(file[name] for name in _FIELDS))
    except (subprocess.TimeoutExpired, OSError, EOFError, KeyError, TypeError, ValueError, zipfile.BadZipFile):
        return None
    return seen if all(len(getattr(seen, name)) == n for name in _FIELDS) else None
