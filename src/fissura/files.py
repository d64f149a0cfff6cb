"""Files that appear whole or not at all: written beside their place, flushed to the disk, then renamed; and folders.

A process killed at any moment leaves either the old file or the new one, never a half. What it may leave is one
``.part`` file, which the next write of the same file replaces; in a cache, which runs share, one that the cache's
cleaning removes.
"""

from __future__ import annotations

import errno
import json
import os
import sys
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any

from fissura.errors import OutputError
from fissura.language import cause

CLASSIFIER = "classifier.safetensors"
"""What a finished run leaves, written last."""

CHECKPOINT = "checkpoint.safetensors"
"""What an unfinished run goes on from."""

TIMING = "timing.json"
"""How long a run took: the one file of it that does not repeat."""

SPLIT = "split.json"
"""Which image a run learned from, chose on and was tested on."""

RESULTS = "results.json"
EVALUATION = "evaluation.json"
REPORT = "report.html"

LOCK = "run.lock.part"
"""What a run holds while it fills its folder."""

IDENTITY = "run.json"
"""What a folder of results says that it holds."""


def write_whole(path: Path, content: bytes, option: str = "--out", *, shared: bool = False) -> None:
    """Write ``content`` to ``path``; the folder, which ``option`` chooses, is made where it is missing.

    ``shared``: other runs may write the same file at the same time; each does so beside it under a name of its own.

    Raises:
        OutputError: the disk is full, the place is read-only or not a folder; nothing is left behind.
    """
    own = f".{os.getpid()}-{os.urandom(4).hex()}" if shared else ""
    part = path.parent / f"{path.name}{own}.part"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        part.replace(path)
    except OSError as error:
        _forget(part)
        raise cannot_write(path, error, option) from error


def write_text(path: Path, text: str, option: str = "--out", *, shared: bool = False) -> None:
    """Write ``text`` as UTF-8 with ``\\n`` line ends on every system, whole or not at all; see ``write_whole``.

    What is no text in the name of a file is written as ``\\udce9``, as ``printable_name`` does and as JSON reads it.
    """
    write_whole(path, text.encode("utf-8", "backslashreplace"), option, shared=shared)


def write_json(path: Path, value: Any, option: str = "--out", *, shared: bool = False) -> None:
    """Write ``value`` as indented JSON with its keys in their given order, whole or not at all; see ``write_whole``.

    Lists without a record in them stand on one line: a crack's thousand corners are no thousand lines.
    """
    write_text(path, laid_out(value) + "\n", option, shared=shared)


def laid_out(value: Any, indent: str = "") -> str:
    """``value`` as JSON; ten times as fast as ``json`` alone, which indents in Python, number by number.

    >>> print(laid_out({"a": [[1, 2], [3]], "b": [{"c": None}], "d": {}}))
    {
      "a": [[1, 2], [3]],
      "b": [
        {
          "c": null
        }
      ],
      "d": {}
    }
    """
    inner = indent + "  "
    if isinstance(value, dict) and value and all(isinstance(key, str) for key in value):
        parts = [f"{json.dumps(key, ensure_ascii=False)}: {laid_out(value[key], inner)}" for key in value]
    elif isinstance(value, list | tuple) and any(isinstance(each, dict) for each in value):
        parts = [laid_out(each, inner) for each in value]
    else:
        return json.dumps(value, ensure_ascii=False, allow_nan=False)
    start, end = "{}" if isinstance(value, dict) else "[]"
    return f"{start}\n{inner}" + f",\n{inner}".join(parts) + f"\n{indent}{end}"


def make_folder(path: Path, option: str = "--out") -> None:
    """Make the folder ``path``, chosen by ``option``, and see that a file can be written there before long work begins.

    Raises:
        OutputError: it is a file, or cannot be made or written.
    """
    probe = path / ".write-test.part"
    try:
        path.mkdir(parents=True, exist_ok=True)
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as error:
        raise cannot_write(path, error, option) from error


def claim(folder: Path, identity: dict[str, Any], option: str = "--out", newer: Collection[str] = ()) -> None:
    """Make ``folder``, which ``option`` chooses, the place of what ``identity`` describes, or see that it is already.

    ``newer`` are things that older versions did not write down: a folder that says nothing of them may be it.

    Raises:
        OutputError: something else is in it.
    """
    if not see_free(folder, identity, option, newer):
        make_folder(folder, option)
        write_json(folder / IDENTITY, identity, option)


def _is_read_only(folder: Path) -> bool:
    """Whether the whole file system is, as far as the system says so."""
    try:
        return bool(os.statvfs(folder).f_flag & os.ST_RDONLY)
    except (AttributeError, OSError):  # Windows has neither
        return False


def see_free(folder: Path, identity: dict[str, Any], option: str = "--out", newer: Collection[str] = ()) -> bool:
    """See that ``identity`` may claim ``folder``, before long work begins and without a trace: whether it did already.

    Raises:
        OutputError: something else is in it, or it cannot be written.
    """
    label = folder / IDENTITY
    try:
        named = label.is_file()
        others = not named and folder.is_dir() and any(_counts(entry) for entry in folder.iterdir())
        finished = (folder / CLASSIFIER).is_file()
        there = next(place for place in (folder, *folder.absolute().parents) if os.path.lexists(place))
        is_folder = there.is_dir()
    except OSError as error:
        raise cannot_write(folder, error, option) from error
    if not is_folder or not os.access(there, os.W_OK):
        number = (errno.EROFS if _is_read_only(there) else errno.EACCES) if is_folder else errno.ENOTDIR
        raise cannot_write(folder, OSError(number, os.strerror(number)), option)
    if others:
        raise OutputError(
            "{folder} is not empty and holds no run of fissura. Choose another folder with {option}; nothing was "
            "changed.",
            folder=folder,
            option=option,
        )
    if named:
        known = read_record(label)
        # what is finished is read, whatever wrote it; what is not can only be gone on with by the same versions
        passed = {key for key in newer if key not in known} | ({"versions"} if finished else set())
        keys = [key for key in identity if key not in passed]
        differing = [key for key in keys if known.get(key) != identity[key]]
        if differing:
            raise holds_another(folder, differing, option)
    return named


def kind_of_results(folder: Path) -> str | None:
    """What fissura says that it left in ``folder`` (``inspection``, ``evidence``, ``drawn``); None where it did not.

    >>> kind_of_results(Path("somewhere else")) is None
    True
    """
    try:
        content = json.loads((folder / IDENTITY).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    return str(content["kind"]) if isinstance(content, dict) and "kind" in content else None


def holds_another(folder: Path, differing: Iterable[str], option: str = "--out") -> OutputError:
    """The error to raise where ``folder`` holds another run; ``differing`` is in what."""
    return OutputError(
        "{folder} holds another run (other {differing}). Choose another folder with {option}; nothing was changed.",
        folder=folder,
        option=option,
        differing=", ".join(differing),
    )


def remove(folder: Path, names: Iterable[str]) -> None:
    """Remove files of an earlier run from ``folder``, those of ``names`` that are there.

    Raises:
        OutputError: one cannot be removed.
    """
    for name in names:
        try:
            (folder / name).unlink(missing_ok=True)
        except OSError as error:
            raise cannot_write(folder / name, error) from error


def seen_from(folder: Path, path: Path) -> str:
    """Where ``path`` lies, seen from ``folder``: it stays the same when both are moved together.

    With ``/`` on every system, links followed; from the root where no way leads there, as between drives of Windows.
    """
    here, there = os.path.realpath(folder), os.path.realpath(path)
    try:
        return Path(os.path.relpath(there, here)).as_posix()
    except ValueError:
        return Path(there).as_posix()


def read_record(path: Path) -> dict[str, Any]:
    """The JSON object in a file of a run's folder.

    Raises:
        OutputError: it is damaged or no object.
    """
    value, cause = None, None
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        cause = error
    if not isinstance(value, dict):
        raise OutputError(
            "{path} is damaged or unreadable, so the run in this folder cannot be recognised. "
            "Choose another folder with --out.",
            path=path,
        ) from cause
    return value


def cannot_write(path: Path, error: OSError, option: str = "--out") -> OutputError:
    """The error to raise when ``error`` stopped the writing of ``path``; ``option`` is what chooses its folder."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return OutputError(
            "{path} could not be written: the disk is full. Free some space or choose another folder with {option}, "
            "then run the same command again.",
            path=path,
            option=option,
        )
    if error.errno in (errno.ENOTDIR, errno.EEXIST):
        return OutputError(
            "{path} could not be written: a file stands where a folder is needed. Choose another folder with {option}.",
            path=path,
            option=option,
        )
    if sys.platform == "win32" and error.errno == errno.EACCES and path.is_file():
        return OutputError(
            "{path} could not be written: it is open in another program, or may not be changed. Close it there, or "
            "choose another folder with {option}, then run the same command again.",
            path=path,
            option=option,
        )
    return OutputError(
        "{path} could not be written ({reason}). Check the permissions or choose another folder with {option}.",
        path=path,
        option=option,
        reason=cause(error),
    )


def _forget(part: Path) -> None:
    try:
        part.unlink(missing_ok=True)
    except OSError:
        return  # a read-only place: there is nothing to remove, and the first error is the one to tell


def _counts(entry: Path) -> bool:
    """Whether a file makes a folder somebody's: not what a stopped write or the system's file browser left."""
    return entry.suffix != ".part" and entry.name not in (".DS_Store", "Thumbs.db", "desktop.ini")
