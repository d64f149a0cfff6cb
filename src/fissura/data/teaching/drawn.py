"""Drawn scenes and drawn cracks, once drawn kept in the cache: the same settings find them again, a kill loses nothing.

They are drawn in parts of 256, each a file that appears whole; a run that was stopped goes on with the next part.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
import zlib
from collections.abc import Callable, Collection, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

import numpy as np
import numpy.typing as npt

from fissura.data import synthetic
from fissura.data.filling import in_use
from fissura.data.pixel_cache import OPTION
from fissura.data.synthetic import AS_IT_IS, draw
from fissura.data.synthetic.clutter import CLUTTER
from fissura.data.synthetic.view import random_view
from fissura.data.teaching.settings import SIDE_PX
from fissura.files import write_whole
from fissura.processes import in_order, is_one_of_many, processors

Progress = Callable[[int, int], None]
_PART = 256
_UNCHANGED = 128  # a ratio of 1, in uint8
_PLAIN = ("fine concrete", "plaster", "painted", "coarse concrete")  # little of their own shows in a ratio


@dataclass(frozen=True, eq=False)
class Drawn:
    """Drawn pictures and their truth.

    Attributes:
        images: ``(n, 224, 224)`` uint8; of cracks or things alone, light with them over light without, 128 for 1.
        masks: ``(n, 224, 224)`` bool, True where crack is; of things alone, where they hide the wall.
        surfaces: the name of each one's surface; none for cracks and things alone.
    """

    images: npt.NDArray[np.uint8]
    masks: npt.NDArray[np.bool_]
    surfaces: tuple[str, ...] = ()

    @property
    def intact(self) -> npt.NDArray[np.int64]:
        """The numbers of those in which no crack is seen."""
        return np.flatnonzero(~self.masks.any(axis=(1, 2)))

    def without(self, surfaces: Collection[str]) -> Drawn:
        """Those of other surfaces."""
        left = [number for number, name in enumerate(self.surfaces) if name not in surfaces]
        if len(left) == len(self.surfaces):
            return self
        return Drawn(self.images[left], self.masks[left], tuple(self.surfaces[number] for number in left))


def drawn_scenes(
    n: int,
    seed: int,
    surfaces: Sequence[str],
    folder: Path,
    on_progress: Progress | None = None,
    *,
    clutter: bool = False,
) -> Drawn:
    """``n`` drawn photographs; those of odd number are cracked. ``clutter`` as for ``draw``."""
    names = tuple(surfaces)
    what = f"scenes {seed} {names}{' clutter' if clutter else ''}"
    return _drawn(n, partial(_scenes, seed, names, clutter), _place(folder, what), on_progress)


def drawn_cracks(n: int, seed: int, folder: Path, on_progress: Progress | None = None) -> Drawn:
    """``n`` drawn cracks: how many times as bright each pixel is with the crack as without it."""
    return _drawn(n, partial(_cracks, seed), _place(folder, f"cracks {seed}"), on_progress)


def drawn_clutter(n: int, seed: int, folder: Path, on_progress: Progress | None = None) -> Drawn:
    """``n`` drawn things that are no cracks: how many times as bright each pixel is, and where the wall is hidden."""
    return _drawn(n, partial(_clutter, seed), _place(folder, f"clutter {seed}"), on_progress)


def _scenes(seed: int, surfaces: tuple[str, ...], clutter: bool, numbers: range) -> Drawn:
    scenes = [draw(seed, number, (SIDE_PX, SIDE_PX), surfaces=surfaces, clutter=clutter) for number in numbers]
    images, masks = (np.stack([getattr(scene, name) for scene in scenes]) for name in ("image", "mask"))
    return Drawn(images, masks, tuple(scene.surface for scene in scenes))


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


def _clutter(seed: int, numbers: range) -> Drawn:
    ratios, masks = [], []
    names, level = list(CLUTTER), np.float32(0.5)
    for number in numbers:
        random = np.random.default_rng([seed, number])
        view = random_view((SIDE_PX, SIDE_PX), random)
        placed = CLUTTER[names[number % len(names)]](view, float(level), random)
        ratio = placed.factor + placed.added / level
        ratios.append(np.clip(np.rint(ratio * _UNCHANGED), 0, 255).astype(np.uint8))
        masks.append(placed.hides >= 0.5)
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
    images = np.empty((n, SIDE_PX, SIDE_PX), dtype=np.uint8)
    masks = np.empty((n, SIDE_PX, SIDE_PX), dtype=np.bool_)
    surfaces: dict[int, tuple[str, ...]] = {}

    def take(part: range, found: Drawn) -> None:
        here = slice(part.start, part.stop)
        images[here], masks[here], surfaces[part.start] = found.images, found.masks, found.surfaces

    missing = []
    for part in parts:
        found = _kept(_file(place, part), len(part))
        if found is None:
            missing.append(part)
        else:
            take(part, found)
    done = n - sum(map(len, missing))
    workers = 1 if is_one_of_many() else processors()
    with in_use(place, OPTION) if missing else nullcontext():
        for part, found in zip(missing, in_order(some, missing, workers), strict=True):
            content = io.BytesIO()
            names = np.array(found.surfaces, dtype=np.str_)
            np.savez_compressed(content, images=found.images, masks=np.packbits(found.masks, axis=-1), surfaces=names)
            write_whole(_file(place, part), content.getvalue(), OPTION, shared=True)
            take(part, found)
            done += len(part)
            if on_progress is not None:
                on_progress(done, n)
    return Drawn(images, masks, tuple(name for part in parts for name in surfaces[part.start]))


def _kept(path: Path, n: int) -> Drawn | None:
    """A part that was drawn before; None where it is missing or damaged: it is drawn again."""
    try:
        with path.open("rb") as stream, np.load(stream) as file:
            images, packed, surfaces = (file[name] for name in ("images", "masks", "surfaces"))
        masks = np.unpackbits(packed, axis=-1, count=SIDE_PX).astype(np.bool_)
    except (OSError, EOFError, KeyError, ValueError, zipfile.BadZipFile, zlib.error):
        return None
    if images.shape != (n, SIDE_PX, SIDE_PX) or masks.shape != images.shape or len(surfaces) not in (0, n):
        return None
    return Drawn(images, masks, tuple(map(str, surfaces)))


def _file(place: Path, part: range) -> Path:
    return place / f"{part.start:06d}-{part.stop:06d}.npz"
