"""A folder of photographs, decoded once: one memory-mapped array of grey images, found again while nothing changes."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import numpy as np
import numpy.typing as npt

from fissura.data.folder import ImageFile, ImageFolder, LeftOut
from fissura.data.labelled import LabelledImages
from fissura.data.pixel_cache import (
    MANIFEST,
    OPTION,
    PIXELS,
    Manifest,
    as_text,
    cache_folder,
    entry_name,
    read_manifest,
    remove_entry,
    remove_others,
)
from fissura.data.pixel_decoding import Progress, Row, Task, decoded, states_of
from fissura.errors import DataError, OutputError
from fissura.files import cannot_write
from fissura.images import MAX_PIXELS, ImageError, printable_name
from fissura.images.heif import heif_version
from fissura.processes import processors

_MOST_DECODERS = 8  # beyond, threads wait for Python's lock


@dataclass(frozen=True, eq=False)
class DecodedFolder:
    """The images of a folder as an array, and what is known of their files.

    Attributes:
        images: the images, named by ``ImageFile.printable``; ``images.images`` is a read-only ``np.memmap``.
        files: the file of each image, in the same order.
        sha256: of the content of each file, as 64 hexadecimal digits.
        bytes: the length of each file.
        sizes_hw: (height, width) of each photograph in pixels, upright, before it was resized.
        left_out: what is not among the images and why, sorted by name: what ``read_folder`` left out, and files that
            could not be decoded, changed or vanished meanwhile.
        place: the folder in the cache that holds the pixels.
        is_new: they were decoded now; False when they were found.
    """

    images: LabelledImages
    files: tuple[ImageFile, ...]
    sha256: tuple[str, ...]
    bytes: tuple[int, ...]
    sizes_hw: tuple[tuple[int, int], ...]
    left_out: tuple[LeftOut, ...]
    place: Path
    is_new: bool


def open_pixels(
    folder: ImageFolder,
    size_hw: tuple[int, int],
    cache_dir: Path | None = None,
    *,
    max_pixels: int = MAX_PIXELS,
    on_progress: Progress | None = None,
    workers: int | None = None,
) -> DecodedFolder:
    """The images of ``folder`` in grey at ``size_hw``, decoded now or found in the cache.

    A photograph of other proportions is squeezed to ``size_hw`` whole, not cropped. Found again is what has the same
    names, lengths and times of change, and was made by the same versions of the decoders.

    Args:
        folder: from ``read_folder``.
        size_hw: (height, width) of every image in the array.
        cache_dir: where decoded images are kept; ``cache_folder()`` by default.
        max_pixels: images of more are left out.
        on_progress: called now and then, from this thread.
        workers: threads; by default as many as processors, 8 at most. The result does not depend on it.

    Raises:
        DataError: no image of one of the classes can be read.
        OutputError: the cache cannot be written, or the disk is too full for it.
    """
    task = Task(folder, states_of(folder), size_hw, max_pixels)
    digest = _digest(task)
    place = (cache_folder() if cache_dir is None else cache_dir) / entry_name(folder.root.resolve(), size_hw, digest)
    for _ in range(3):  # another run may remove what was just found or made, when a photograph has changed
        manifest = _found(place, digest, folder)
        is_new = manifest is None
        if manifest is None:
            manifest = _made(task, digest, place, on_progress, workers or decoders())
        try:
            shape = (len(manifest.names), *size_hw)
            pixels = np.memmap(place / PIXELS, dtype=np.uint8, mode="r", shape=shape)
        except FileNotFoundError:
            continue
        except OSError as error:
            raise cannot_write(place, error, OPTION) from error
        return _assembled(folder, manifest, pixels, place, is_new)
    raise OutputError(
        "{place} does not stay: something removes it again and again. Choose another folder with {option}.",
        place=place,
        option=OPTION,
    )


def decoders() -> int:
    """How many threads decode images: one for each processor, 8 at most."""
    return min(processors(), _MOST_DECODERS)


def _found(place: Path, digest: str, folder: ImageFolder) -> Manifest | None:
    """What the cache holds for exactly this state; None where it must be decoded, or what was left out tried again."""
    manifest = _held(place, digest)
    if manifest is None:
        return None
    if any(isinstance(left.reason, ImageError) and left.reason.passing for left in manifest.left_out):
        return None
    # A permission given since, or a file put back, shows neither in the length nor in the time of change.
    shut = {left.name for left in manifest.left_out if left.reason.values.get("problem") in ("locked", "missing")}
    if shut and any(_opens(folder.root / file.name) for file in folder.files if file.printable in shut):
        return None
    return manifest


def _held(place: Path, digest: str) -> Manifest | None:
    manifest = read_manifest(place)
    return None if manifest is None or manifest.state != digest else manifest


def _made(task: Task, digest: str, place: Path, on_progress: Progress | None, workers: int) -> Manifest:
    """Decode into a folder with a name of its own, and rename it to ``place``; see ``pixel_cache``."""
    part = place.with_name(f"{place.name}.part-{os.getpid()}-{secrets.token_hex(4)}")
    rows: list[Row] = []
    left_out: list[LeftOut] = []
    try:
        part.mkdir(parents=True)
        _check_space(part, len(task.folder) * task.size_hw[0] * task.size_hw[1])
        # Written as to any file: on a full disk, what is written to a mapped one kills the process.
        with (part / PIXELS).open("wb") as stream, closing(decoded(task, on_progress, workers)) as chunks:
            for chunk in chunks:
                stream.write(chunk.pixels.data)
                rows += chunk.rows
                left_out += [LeftOut(task.folder.files[index].printable, error) for index, error in chunk.failed]
            stream.flush()
            os.fsync(stream.fileno())
        _check_classes(task.folder, rows, left_out)
        manifest = _manifest(task, digest, rows, left_out)
        with (part / MANIFEST).open("w", encoding="utf-8", newline="\n") as text:
            text.write(as_text(manifest))
            text.flush()
            os.fsync(text.fileno())
        if place.exists() and _found(place, digest, task.folder) is None:
            remove_entry(place)  # damaged, or without files that can be opened now
        manifest = _renamed(part, place, manifest)
    except OSError as error:
        raise cannot_write(place, error, OPTION) from error
    finally:
        remove_entry(part)
    remove_others(place)
    return manifest


def _renamed(part: Path, place: Path, manifest: Manifest) -> Manifest:
    """Give the finished ``part`` its name, unless another run has just put the same there; what lies there then."""
    try:
        part.rename(place)
    except OSError:
        there = _held(place, manifest.state)
        if there is None:
            raise
        return there
    return manifest


def _manifest(task: Task, digest: str, rows: Sequence[Row], left_out: Sequence[LeftOut]) -> Manifest:
    states = [state for row in rows if (state := task.states[row.index]) is not None]  # a decoded file was there
    return Manifest(
        folder=printable_name(os.fspath(task.folder.root.resolve())),
        state=digest,
        size_hw=task.size_hw,
        made=datetime.now(UTC).isoformat(timespec="seconds"),
        versions=_versions(),
        names=tuple(task.folder.files[row.index].printable for row in rows),
        bytes=tuple(state[0] for state in states),
        mtimes_ns=tuple(state[1] for state in states),
        sha256=tuple(row.sha256 for row in rows),
        sizes_hw=tuple(row.size_hw for row in rows),
        left_out=tuple(left_out),
    )


def _assembled(
    folder: ImageFolder, manifest: Manifest, pixels: npt.NDArray[np.uint8], place: Path, is_new: bool
) -> DecodedFolder:
    omitted = {left.name for left in manifest.left_out}
    files = tuple(file for file in folder.files if file.printable not in omitted) if omitted else folder.files
    return DecodedFolder(
        images=LabelledImages(
            images=pixels,
            labels=np.array([file.label for file in files], dtype=np.int64),
            classes=folder.classes,
            names=manifest.names,
            origin=printable_name(folder.root.resolve().name),
            split="train",
            positive=folder.positive,
        ),
        files=files,
        sha256=manifest.sha256,
        bytes=manifest.bytes,
        sizes_hw=manifest.sizes_hw,
        left_out=tuple(sorted((*folder.left_out, *manifest.left_out), key=lambda left: left.name)),
        place=place,
        is_new=is_new,
    )


def _check_classes(folder: ImageFolder, rows: Sequence[Row], left_out: Sequence[LeftOut]) -> None:
    filled = {folder.files[row.index].label for row in rows}
    reasons = {left.name: left.reason for left in left_out}
    for label, (name, count) in enumerate(zip(folder.classes, folder.counts, strict=True)):
        if count and label not in filled:
            raise DataError(
                "{folder}: of {count} images in {name} none can be read. The first: {reason}",
                folder=printable_name(os.fspath(folder.root)),
                count=count,
                name=name,
                reason=next(reasons[file.printable] for file in folder.files if file.label == label),
            )


def _check_space(part: Path, wanted: int) -> None:
    free = shutil.disk_usage(part).free
    if free < wanted:
        raise OutputError(
            "{folder} has {free} MB left, but the decoded images take {wanted} MB. Free some space, or choose another "
            "folder with {option}.",
            folder=part.parent,
            free=free // 10**6,
            wanted=-(-wanted // 10**6),
            option=OPTION,
        )


def _digest(task: Task) -> str:
    """SHA-256 of all that the pixels depend on. The labels do not count: with other classes the pixels are the same."""
    settings = {"size_hw": task.size_hw, "max_pixels": task.max_pixels, "versions": _versions()}
    parts = [json.dumps(settings, sort_keys=True)]
    parts += [f"{file.name}\0{state}" for file, state in zip(task.folder.files, task.states, strict=True)]
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()


def _versions() -> dict[str, str]:
    # pixels: raised when the same file gives other pixels than before, or none (2: a damaged PNG is refused)
    known = {"pixels": "2", "pillow": version("pillow"), "simplejpeg": version("simplejpeg")}
    return known | {"pillow-heif": heic} if (heic := heif_version()) else known


def _opens(path: Path) -> bool:
    try:
        with path.open("rb"):
            return True
    except OSError:
        return False
