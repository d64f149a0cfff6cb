"""Surfaces that the detector is never taught on: what its probabilities and its threshold are settled on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from fissura.data.boxed import read_boxed_tiles
from fissura.data.labelled import LabelledImages
from fissura.data.synthetic import synthetic_scenes
from fissura.data.teaching.material import SUT_FOLDER, Photograph, kept_for_judging, masked
from fissura.data.teaching.settings import HELD_OUT, SIDE_PX
from fissura.data.tiles import CLASSES, decided
from fissura.images import resized

Progress = Callable[[int, int], None]
QUAY_FOLDER, QUAY = "omu-quay", "quay"
TILES_PX = (112, 160, 224)
_SEED = 70_000_001  # nothing else draws with it
_LEAST_SHARE = 0.004
_OF_EACH = 300


def unseen_surfaces(data_dir: Path, on_progress: Progress | None = None) -> tuple[LabelledImages, ...]:
    """Labelled tiles at 224 px: each kind of drawn surface held out, the quay, and the asphalt kept for judging.

    The asphalt photographs are others than those learned from, but of the same roads. What is not in ``data_dir`` is
    left out.
    """
    found = []
    for number, kind in enumerate(HELD_OUT):
        scenes = synthetic_scenes(_OF_EACH, (SIDE_PX, SIDE_PX), _SEED + number, surfaces=(kind,), split="validation")
        found.append(replace(scenes.images, origin=f"drawn: {kind}"))
        if on_progress is not None:
            on_progress(number + 1, len(HELD_OUT))
    quay = data_dir / QUAY_FOLDER
    if (quay / "boxes").is_dir():
        found += [_some(read_boxed_tiles(quay, SIDE_PX, tile_px), f"{QUAY}, {tile_px} px") for tile_px in (128, 192)]
    asphalt = kept_for_judging(masked(data_dir / SUT_FOLDER))
    found += [_some(cut(asphalt, tile_px), f"asphalt, {tile_px} px") for tile_px in TILES_PX if asphalt]
    return tuple(found)


def cut(photographs: tuple[Photograph, ...], tile_px: int) -> LabelledImages:
    """Tiles of photographs with masks, ``(n, 224, 224)``: what is neither cracked nor intact left out."""
    pixels, labels, names, groups = [], [], [], []
    for number, each in enumerate(photographs):
        for top, left, label in decided(each.mask, tile_px, _LEAST_SHARE):
            pixels.append(resized(each.image[top : top + tile_px, left : left + tile_px], (SIDE_PX, SIDE_PX)))
            labels.append(label)
            names.append(f"{each.name}-{top}-{left}")
            groups.append(number)
    return LabelledImages(
        np.stack(pixels) if pixels else np.empty((0, SIDE_PX, SIDE_PX), dtype=np.uint8),
        np.array(labels, dtype=np.int64),
        CLASSES,
        tuple(names),
        SUT_FOLDER,
        "validation",
        np.array(groups, dtype=np.int64),
        positive=1,
    )


def _some(images: LabelledImages, origin: str) -> LabelledImages:
    """At most so many tiles of each class, chosen at random but always the same."""
    random = np.random.default_rng(_SEED)
    chosen = [random.permutation(np.flatnonzero(images.labels == label))[: _OF_EACH // 2] for label in (0, 1)]
    return replace(images.subset(np.sort(np.concatenate(chosen))), origin=origin, split="validation")
