"""Drawn scenes and drawn cracks, once drawn kept in the cache: the same settings find them again, a kill loses nothing.

They are drawn in parts of 256, each a file that appears whole; a run that was stopped goes on with the next part.
"""

from __future__ import annotations

import hashlib
import io
import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

import numpy as np
import numpy.typing as npt

from fissura.data import synthetic
from fissura.data.synthetic import AS_IT_IS, draw
from fissura.data.teaching.settings import SIDE_PX
from fissura.files import write_whole

Progress = Callable[[int, int], None]
_PART = 256
_UNCHANGED = 128  # a ratio of 1, in a drawn crack's uint8
_PLAIN = ("fine concrete", "plaster", "painted", "coarse concrete")  # little of their own shows in a ratio


@dataclass(frozen=True, eq=False)
class Drawn:
    """Drawn pictures and their truth.

    Attributes:
        images: ``(n, 224, 224)`` uint8; of cracks alone, light with the crack over light without, 128 for 1.
        masks: ``(n, 224, 224)`` bool, True where crack is.
    """

    images: npt.NDArray[np.uint8]
    masks: npt.NDArray[np.bool_]


def drawn_scenes(
    n: int, seed: int, surfaces: Sequence[str], folder: Path, on_progress: Progress | None = None
) -> Drawn:
    """``n`` drawn photographs; those of odd number are cracked."""
    names = tuple(surfaces)
    return _drawn(n, partial(_scenes, seed, names), _place(folder, f"scenes {seed} {names}"), on_progress)


def drawn_cracks(n: int, seed: int, folder: Path, on_progress: Progress | None = None) -> Drawn:
    """``n`` drawn cracks: how many times as bright each pixel is with the crack as without it."""
    return _drawn(n, partial(_cracks, seed), _place(folder, f"cracks {seed}"), on_progress)


def _scenes(seed: int, surfaces: tuple[str, ...], numbers: range) -> Drawn:
    scenes = [draw(seed, number, (SIDE_PX, SIDE_PX), surfaces=surfaces) for number in numbers]
    return Drawn(np.stack([scene.image for scene in scenes]), np.stack([scene.mask for scene in scenes]))


def _cracks(seed: int, numbers: range) -> Drawn:
    ratios, masks = [], []
    for number in numbers:
        with_crack, without = (
            draw(seed, number, (SIDE_PX, SIDE_PX), crack, surfaces=_PLAIN, distractors=False, camera=AS_IT_IS)
            for crack in (True, False)
        )
        ratio = (with_crack.image + np.float32(1)) / (without.image + np.float32(1))
        ratios.append(np.clip(np.rint(ratio * _UNCHANGED), 0, 255).astype(np.uint8))
        masks.append(with_crack.mask)
    return Drawn(np.stack(ratios), np.stack(masks))


def _place(folder: Path, what: str) -> Path:
    """Where drawings of these settings by this version of the drawing code are kept."""
    digest = hashlib.sha256(f"{what} {SIDE_PX} {_code()}".encode()).hexdigest()[:16]
    return folder / f"drawn-{digest}"


@cache
def _code() -> str:
    """SHA-256 of the drawing code: another version of it draws other pictures."""
    sources = sorted(Path(synthetic.__file__).parent.glob("*.py"))
    return hashlib.sha256(b"".join(path.read_bytes() for path in (*sources, Path(__file__)))).hexdigest()


def _drawn(n: int, some: Callable[[range], Drawn], place: Path, on_progress: Progress | None) -> Drawn:
    parts = [range(start, min(start + _PART, n)) for start in range(0, n, _PART)]
    missing = [part for part in parts if not _file(place, part).exists()]
    done = n - sum(map(len, missing))
    for part, found in zip(missing, _by_all_processors(some, missing), strict=True):
        content = io.BytesIO()
        np.savez_compressed(content, images=found.images, masks=np.packbits(found.masks, axis=-1))
        write_whole(_file(place, part), content.getvalue())
        done += len(part)
        if on_progress is not None:
            on_progress(done, n)
    images = np.empty((n, SIDE_PX, SIDE_PX), dtype=np.uint8)
    masks = np.empty((n, SIDE_PX, SIDE_PX), dtype=np.bool_)
    for part in parts:
        here = slice(part.start, part.stop)
        with np.load(_file(place, part)) as kept:
            images[here] = kept["images"]
            masks[here] = np.unpackbits(kept["masks"], axis=-1, count=SIDE_PX)
    return Drawn(images, masks)


def _file(place: Path, part: range) -> Path:
    return place / f"{part.start:06d}-{part.stop:06d}.npz"


def _by_all_processors(some: Callable[[range], Drawn], parts: Sequence[range]) -> Iterator[Drawn]:
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if len(parts) < 2 or processors < 2 or multiprocessing.parent_process() is not None:
        yield from map(some, parts)
        return
    # started afresh, not forked: a fork of a process in which torch has threads can hang
    with ProcessPoolExecutor(processors, mp_context=multiprocessing.get_context("spawn")) as pool:
        yield from pool.map(some, parts)
