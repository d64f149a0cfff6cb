"""What is in a RAR archive, entry by entry, through the first tool that is there to read it."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import IO

from fissura.data.archive_entries import CHUNK_BYTES, CIPHER, LINK, Content, Entry, Walk, walk_tar
from fissura.errors import DataError

_SEVEN = ("l", "-slt", "-sccUTF-8", "-p", "--"), ("x", "-so", "-p", "--")
_LISTERS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "unrar": (("unrar", "lt", "-p-", "-cfg-", "--"), ("unrar", "p", "-inul", "-p-", "-cfg-", "--")),
    "unar": (("lsar", "-json", "-nr"), ("unar", "-o", "-", "-q", "-nr", "-k", "skip")),
    "7z": (("7z", *_SEVEN[0]), ("7z", *_SEVEN[1])),
    "7zz": (("7zz", *_SEVEN[0]), ("7zz", *_SEVEN[1])),
}
_TO_TAR = ("bsdtar", "tar")  # the tar of Windows and of macOS is bsdtar


def walk_rar(archive: Path, reading: bool) -> Walk:
    """Through the first tool that can list it; bsdtar last, which sends a tar archive and lists nothing itself."""
    path = archive.absolute()
    for name, (listing, sending) in _LISTERS.items():
        if shutil.which(name) is not None and shutil.which(listing[0]) is not None:
            with _sending([*listing, str(path)]) as process:
                text = _output(process).read().decode("utf-8", "surrogateescape")
                failed = process.wait()
            entries = [] if failed else _listed_json(text) if name == "unar" else _listed_blocks(text)
            if entries:
                return _walk_listed(entries, [*sending, str(path)] if reading else None)
    for name in _TO_TAR:
        if shutil.which(name) is not None and _is_bsdtar(name):
            return _walk_sent_tar(archive, [name, "-c", "-f", "-", "--format=pax", f"@{path}"])
    raise DataError(
        "{archive} is a rar archive, and none of {tools} is there to read it, or it is encrypted or damaged. Install "
        "one of them, or unpack it yourself and name the folder instead.",
        archive=archive,
        tools=", ".join((*_LISTERS, *_TO_TAR)),
    )


def _is_bsdtar(name: str) -> bool:
    """Whether the tool of that name is bsdtar; one that does not say what it is, as on some small systems, is not."""
    quiet = subprocess.DEVNULL
    said = subprocess.run([name, "--version"], stdin=quiet, stdout=subprocess.PIPE, stderr=quiet, check=False).stdout
    return b"bsdtar" in said


def _walk_sent_tar(archive: Path, command: Sequence[str]) -> Walk:
    with _sending(command) as process:
        yield from walk_tar(archive, partial(_output, process))
        if process.wait():
            raise ValueError(f"{command[0]} could not read all of it")


def _walk_listed(entries: Sequence[Entry], command: Sequence[str] | None) -> Walk:
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


def _itself(content: Content) -> Content:
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
        while self.read(CHUNK_BYTES):
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


def _listed_json(text: str) -> list[Entry]:
    """What ``lsar -json`` says."""
    return [
        Entry(
            entry["XADFileName"],
            0 if entry.get("XADIsDirectory") else int(entry["XADFileSize"]),
            bool(entry.get("XADIsDirectory")),
            LINK if entry.get("XADIsLink") else CIPHER if entry.get("XADIsEncrypted") else None,
        )
        for entry in json.loads(text)["lsarContents"]
    ]


def _listed_blocks(text: str) -> list[Entry]:
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
        entries.append(Entry(name, size, folder, LINK if linked else CIPHER if encrypted else None))
    return entries
