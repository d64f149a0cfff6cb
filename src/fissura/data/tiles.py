"""Photographs with masks, cut into labelled tiles: cracked where the mask says so, intact where it says nothing.

The folder holds ``images`` and ``masks``, files of the same name in both but for the suffix; a mask is white on cracks.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from fissura.data.labelled import LabelledImages
from fissura.errors import DataError
from fissura.images import SUFFIXES, read_grey, resized

CLASSES = ("intact", "crack")
TILE_PX = 128
LEAST_SHARE = (
    0.005  # of a tile's pixels: less of a crack may be a corner of it, and makes no tile either cracked or intact
)
_WHITE = 128


def has_masks(folder: Path) -> bool:
    """Whether ``folder`` holds photographs with masks."""
    return (folder / "images").is_dir() and (folder / "masks").is_dir()


def read_tiles(folder: Path, size_px: int, tile_px: int = TILE_PX, least_share: float = LEAST_SHARE) -> LabelledImages:
    """Square tiles of the photographs, ``(n, size_px, size_px)``; tiles of one photograph are one group.

    A tile is cracked when at least ``least_share`` of it is, intact when none of it is; what lies between is left out,
    and so is what remains at the right and lower edges.

    Raises:
        DataError: a photograph has no mask, a mask another size, or there are no tiles of one of the classes.
    """
    pixels: list[npt.NDArray[np.uint8]] = []
    labels, names, groups = [], [], []
    photographs = sorted(path for path in (folder / "images").iterdir() if path.suffix.casefold() in SUFFIXES)
    masks = {path.stem: path for path in (folder / "masks").iterdir() if path.suffix.casefold() in SUFFIXES}
    for number, path in enumerate(photographs):
        if path.stem not in masks:
            raise DataError(
                "{image} has no mask; wanted one of the same name in {folder}.",
                image=path.name,
                folder=folder / "masks",
            )
        grey, mask = read_grey(path), read_grey(masks[path.stem]) >= _WHITE
        if grey.shape != mask.shape:
            raise DataError(
                "{image} is {got} px, its mask {wanted} px; wanted the same size.",
                image=path.name,
                got="{} x {}".format(*grey.shape),
                wanted="{} x {}".format(*mask.shape),
            )
        for top in range(0, grey.shape[0] - tile_px + 1, tile_px):
            for left in range(0, grey.shape[1] - tile_px + 1, tile_px):
                window = (slice(top, top + tile_px), slice(left, left + tile_px))
                cracked = float(mask[window].mean())
                if 0 < cracked < least_share:
                    continue
                pixels.append(resized(grey[window], (size_px, size_px)))
                labels.append(int(cracked > 0))
                names.append(f"{path.stem}-{top}-{left}")
                groups.append(number)
    if len(set(labels)) < len(CLASSES):
        raise DataError(
            "{folder} gives {cracked} cracked and {intact} intact tiles; wanted some of both. Masks are white on "
            "cracks.",
            folder=folder,
            cracked=sum(labels),
            intact=len(labels) - sum(labels),
        )
    return LabelledImages(
        images=np.stack(pixels),
        labels=np.array(labels, dtype=np.int64),
        classes=CLASSES,
        names=tuple(names),
        origin=folder.resolve().name,
        split="test",
        groups=np.array(groups, dtype=np.int64),
        positive=1,
    )
