"""Photographs with masks, cut into labelled tiles: cracked where the mask says so, intact where it says nothing.

The folder holds ``images`` and ``masks``, files of the same name in both but for the suffix; a mask is white on cracks
(``fissura.images.masks``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from fissura.data.folder import LeftOut
from fissura.data.labelled import LabelledImages
from fissura.errors import DataError
from fissura.images import Pixels, has_image_name, printable_name, read_grey, read_mask, resized, where_white
from fissura.language import cause

CLASSES = ("intact", "crack")
TILE_PX = 128
LEAST_SHARE = (
    0.005  # of a tile's pixels: less of a crack may be a corner of it, and makes no tile either cracked or intact
)


def has_masks(folder: Path) -> bool:
    """Whether ``folder`` holds photographs with masks."""
    return (folder / "images").is_dir() and (folder / "masks").is_dir()


def read_tiles(
    folder: Path, size_px: int, tile_px: int = TILE_PX, least_share: float = LEAST_SHARE
) -> tuple[LabelledImages, tuple[LeftOut, ...]]:
    """Square tiles of the photographs, ``(n, size_px, size_px)``; tiles of one photograph are one group.

    A tile is cracked when at least ``least_share`` of it is, intact when none of it is; what lies between is left out,
    and so is what remains at the right and lower edges. Beside the tiles come the photographs that are left out: one
    that cannot be read, has no mask that can, or a mask of another size or that is none.

    Raises:
        DataError: the folder cannot be listed, or there are no tiles of one of the classes.
    """
    pixels: list[npt.NDArray[np.uint8]] = []
    labels, names, groups = [], [], []
    left_out: list[LeftOut] = []
    masks = {path.stem: path for path in _images_in(folder / "masks")}
    for number, path in enumerate(_images_in(folder / "images")):
        try:
            grey, mask = with_mask(path, masks.get(path.stem))
        except DataError as error:
            left_out.append(LeftOut(printable_name(path.name), error))
            continue
        for top, left, label in decided(mask, tile_px, least_share):
            pixels.append(resized(grey[top : top + tile_px, left : left + tile_px], (size_px, size_px)))
            labels.append(label)
            names.append(f"{printable_name(path.stem)}-{top}-{left}")
            groups.append(number)
    if len(set(labels)) < len(CLASSES):
        raise _one_sided(folder, labels, left_out)
    tiles = LabelledImages(
        images=np.stack(pixels),
        labels=np.array(labels, dtype=np.int64),
        classes=CLASSES,
        names=tuple(names),
        origin=folder.resolve().name,
        split="test",
        groups=np.array(groups, dtype=np.int64),
        positive=1,
    )
    return tiles, tuple(left_out)


def decided(mask: npt.NDArray[np.bool_], tile_px: int, least_share: float) -> Iterator[tuple[int, int, int]]:
    """(top, left, label) of the tiles whose class a mask ``(h, w)`` decides.

    The label is 1 where at least ``least_share`` of the tile is cracked, 0 where none of it is.
    """
    for top, left in corners((mask.shape[0], mask.shape[1]), tile_px, tile_px):
        share = float(mask[top : top + tile_px, left : left + tile_px].mean())
        if share == 0 or share >= least_share:
            yield top, left, int(share > 0)


def corners(size_hw: tuple[int, int], tile_px: int, step_px: int) -> Iterator[tuple[int, int]]:
    """(top, left) of the square tiles of an image, a step apart; what remains at the right and lower edges has none."""
    for top in range(0, size_hw[0] - tile_px + 1, step_px):
        for left in range(0, size_hw[1] - tile_px + 1, step_px):
            yield top, left


def _images_in(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if has_image_name(path.name))
    except OSError as error:
        raise DataError(
            "{folder} cannot be listed ({reason}). Check its permissions and the disk it lies on.",
            folder=printable_name(str(folder)),
            reason=cause(error),
        ) from error


def with_mask(path: Path, mask_path: Path | None) -> tuple[Pixels, npt.NDArray[np.bool_]]:
    """A photograph in grey and where it is cracked, both ``(h, w)``.

    Raises:
        DataError: one of them cannot be read, there is no mask, or it has another size or is none.
    """
    called = printable_name(path.name)
    if mask_path is None:
        raise DataError("{image} has no mask; wanted one of the same name in the folder masks.", image=called)
    mask_name = f"masks/{printable_name(mask_path.name)}"
    grey, mask = read_grey(path, name=called), read_mask(mask_path, name=mask_name)
    if grey.shape != mask.shape:
        raise DataError(
            "{image} is {got} px, its mask {wanted} px; wanted the same size.",
            image=called,
            got="{} x {}".format(*grey.shape),
            wanted="{} x {}".format(*mask.shape),
        )
    return grey, where_white(mask, mask_name)


def _one_sided(folder: Path, labels: Sequence[int], left_out: Sequence[LeftOut]) -> DataError:
    place, cracked, intact = printable_name(str(folder)), sum(labels), len(labels) - sum(labels)
    if left_out:
        return DataError(
            "{folder} gives {cracked} cracked and {intact} intact tiles; wanted some of both. {n} photographs are left "
            "out. The first: {reason}",
            folder=place,
            cracked=cracked,
            intact=intact,
            n=len(left_out),
            reason=left_out[0].reason,
        )
    return DataError(
        "{folder} gives {cracked} cracked and {intact} intact tiles; wanted some of both. Masks are white on cracks.",
        folder=place,
        cracked=cracked,
        intact=intact,
    )
