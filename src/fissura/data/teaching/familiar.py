"""What a detector was taught from, as pictures to remember, and others of the same surfaces to try the memory on."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from fissura.data.synthetic import draw
from fissura.data.teaching.material import SUT_FOLDER, Material, kept_for_judging, masked, metu_patches
from fissura.data.teaching.settings import SIDE_PX, MaterialSettings
from fissura.data.teaching.unseen import TILES_PX, cut
from fissura.images import Pixels, resized

_SEED = 80_000_001  # nothing else draws with it
SCENES, PATCHES, TILES = 1500, 500, 100
HELD_OUT_SCENES, HELD_OUT_PATCHES, HELD_OUT_TILES = 240, 240, 60


def familiar_pictures(material: Material, data_dir: Path) -> tuple[Pixels, Pixels]:
    """(some of what was learned from, others of the same surfaces), each ``(n, 224, 224)`` uint8.

    Drawn scenes, METU patches, asphalt at three sizes and textures; the others are scenes of another seed, METU's
    validation part and the asphalt photographs kept for judging.
    """
    random = np.random.default_rng(_SEED)
    known = [_some(material.scenes.images, SCENES, random)]
    others = [_scenes(max(1, min(HELD_OUT_SCENES, len(material.scenes.images) // 4)), material.settings)]
    if material.patches is not None:
        known.append(_some(material.patches.images, PATCHES, random))
        validation = metu_patches(data_dir, material.settings, part=1)
        others += [] if validation is None else [_some(validation.images, HELD_OUT_PATCHES, random)]
    if material.asphalt:
        known += [_some(cut(material.asphalt, tile_px).images, TILES, random) for tile_px in TILES_PX]
        kept = kept_for_judging(masked(data_dir / SUT_FOLDER))
        others += [_some(cut(kept, tile_px).images, HELD_OUT_TILES, random) for tile_px in TILES_PX if kept]
    known += [_windows(each.image, tile_px) for each in material.textures for tile_px in TILES_PX]
    return np.concatenate(known), np.concatenate(others)


def _scenes(n: int, settings: MaterialSettings) -> Pixels:
    """Scenes like those taught, of a seed that nothing is taught with."""
    surfaces, clutter = settings.surfaces, settings.clutter > 0
    return np.stack(
        [draw(_SEED, number, (SIDE_PX, SIDE_PX), surfaces=surfaces, clutter=clutter).image for number in range(n)]
    )


def _some(pictures: Pixels, most: int, random: np.random.Generator) -> Pixels:
    return pictures[np.sort(random.permutation(len(pictures))[:most])]


def _windows(picture: Pixels, tile_px: int) -> Pixels:
    """Every window of a picture, by halves, at 224 px."""
    starts = [range(0, max(1, length - tile_px + 1), tile_px // 2) for length in picture.shape]
    found = [
        resized(picture[top : top + tile_px, left : left + tile_px], (SIDE_PX, SIDE_PX))
        for top in starts[0]
        for left in starts[1]
    ]
    return np.stack(found)
