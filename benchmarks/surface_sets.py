"""The surfaces that a crack detector is measured on, each as 224 px tiles with labels; see detector_surfaces.py.

Every set is drawn from fixed places with a fixed seed, so that two classifiers are compared on the same tiles.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from fissura.data.boxed import read_boxed_tiles
from fissura.data.cracks import find_cracks
from fissura.data.labelled import LabelledImages
from fissura.data.photographs import PhotographSettings, open_photographs
from fissura.data.synthetic import SURFACES, synthetic_scenes
from fissura.data.teaching import HELD_OUT
from fissura.data.teaching.material import kept_for_judging
from fissura.data.teaching.material import masked as photographs_with_masks
from fissura.data.tiles import read_tiles
from fissura.images import read_grey, resized

SIZE_PX = 224
TILES_PX = (112, 160, 200, 250)
CLASSES = ("intact", "crack")
SYNTHETIC_SEED = 90_000_001  # no training draws from it


@dataclass(frozen=True)
class Asked:
    """Which sets, and how much of them: at most ``n`` tiles of a set."""

    data_dir: Path
    n: int = 300
    seed: int = 12
    all_asphalt: bool = False  # also the pictures of sut-crack that the built-in detector learned from


def sets(asked: Asked) -> Iterator[LabelledImages]:
    """Every set of labelled tiles that the data folder allows, one after the other.

    Not the textures: these are three pictures, and all of them were learned from.
    """
    if find_cracks(asked.data_dir) is not None:
        yield metu(asked)
    asphalt = asked.data_dir / "sut-crack"
    if asphalt.is_dir():
        for tile_px in TILES_PX:
            tiles, _ = read_tiles(asphalt, SIZE_PX, tile_px)
            yield _some(_kept(tiles, asphalt_names(asphalt, asked)), f"asphalt, {tile_px} px", asked)
    quay_folder = asked.data_dir / "omu-quay"
    if quay_folder.is_dir():
        for tile_px in (128, 192):
            yield _some(read_boxed_tiles(quay_folder, SIZE_PX, tile_px), f"quay, {tile_px} px", asked)


def metu(asked: Asked) -> LabelledImages:
    """Of METU's grouped test split, ``n`` patches at 224 px with their groups."""
    folder = find_cracks(asked.data_dir)
    assert folder is not None
    test = open_photographs(folder, PhotographSettings()).data.test
    chosen = np.sort(np.random.default_rng(asked.seed).permutation(len(test))[: asked.n])
    part = test.subset(chosen)
    pixels = np.stack([resized(read_grey(folder / name), (SIZE_PX, SIZE_PX)) for name in part.names])
    return _set("METU, grouped test split", pixels, part.labels, part.names, part.groups)


@dataclass(frozen=True, eq=False)
class Drawn:
    """Synthetic tiles of one surface, and their true masks ``(n, h, w)`` bool."""

    images: LabelledImages
    masks: npt.NDArray[np.bool_]


def drawn(n: int, kept: Path | None = None, surfaces: Sequence[str] = tuple(SURFACES)) -> Iterator[Drawn]:
    """``n`` synthetic tiles of each surface, half of them cracked; a third of a second each.

    They are read from ``kept`` where that file is there and holds as many, else drawn and written there.
    """
    known: dict[str, Any] = {}
    if kept is not None and kept.exists():
        with np.load(kept) as file:
            known = {name: file[name] for name in file.files}
    fresh: dict[str, npt.NDArray[Any]] = {}
    for number, surface in enumerate(surfaces):
        pixels, masks = known.get(f"{surface} pixels", np.empty(0)), known.get(f"{surface} masks", np.empty(0))
        if len(pixels) != n:
            scenes = synthetic_scenes(n, (SIZE_PX, SIZE_PX), SYNTHETIC_SEED + number, surfaces=(surface,), split="test")
            pixels, masks = scenes.images.images, scenes.masks
        fresh |= {f"{surface} pixels": pixels, f"{surface} masks": masks}
        names = [f"synthetic-{index:06d}" for index in range(n)]
        title = f"synthetic: {surface}" + (" (not taught)" if surface in HELD_OUT else "")
        yield Drawn(_set(title, pixels, np.arange(n) % 2, names, np.arange(n)), masks)
    if kept is not None:
        np.savez_compressed(kept, allow_pickle=False, **fresh)


def asphalt_names(folder: Path, asked: Asked) -> set[str]:
    """The pictures of sut-crack to judge on, by name without suffix: those kept for judging unless all are wanted."""
    every = photographs_with_masks(folder)
    return {Path(each.name).stem for each in (every if asked.all_asphalt else kept_for_judging(every))}


def masked(folder: Path, asked: Asked) -> Iterator[tuple[str, npt.NDArray[np.uint8], npt.NDArray[np.bool_]]]:
    """(name, grey picture, mask) of each picture of sut-crack to judge on."""
    names = asphalt_names(folder, asked)
    for each in photographs_with_masks(folder):
        if Path(each.name).stem in names:
            yield each.name, each.image, each.mask


def _set(
    origin: str,
    pixels: npt.NDArray[np.uint8],
    labels: Sequence[int] | npt.NDArray[np.int64],
    names: Sequence[str],
    groups: npt.NDArray[np.int64] | None,
) -> LabelledImages:
    return LabelledImages(
        pixels, np.asarray(labels, dtype=np.int64), CLASSES, tuple(names), origin, "test", groups, positive=1
    )


def _kept(images: LabelledImages, pictures: set[str]) -> LabelledImages:
    return images.subset(np.flatnonzero([name.rsplit("-", 2)[0] in pictures for name in images.names]))


def _some(images: LabelledImages, origin: str, asked: Asked) -> LabelledImages:
    """At most ``n`` tiles of a set, as many of each class as it has where that is less than half."""
    random = np.random.default_rng(asked.seed)
    chosen: list[int] = []
    for label in (0, 1):
        places = random.permutation(np.flatnonzero(images.labels == label))
        others = int(np.count_nonzero(images.labels != label))
        chosen += places[: max(asked.n // 2, asked.n - others)].tolist()
    part = images.subset(np.sort(np.array(chosen, dtype=np.int64)))
    return _set(origin, part.images, part.labels, part.names, part.groups)
