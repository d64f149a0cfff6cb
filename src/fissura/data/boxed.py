"""Photographs with boxes around their cracks, cut into labelled tiles: only tiles whose class the boxes decide.

The folder holds ``images`` and ``boxes``; a file of boxes has a line for each: class, centre x, centre y, width,
height, all but the class as shares of the image (YOLO's text form).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from fissura.data.labelled import LabelledImages
from fissura.data.tiles import CLASSES, corners
from fissura.errors import DataError
from fissura.images import has_image_name, read_grey, resized

Box = tuple[float, float, float, float]  # top, left, bottom, right in pixels
CLEAR_PX = 12  # a tile so far from every box is intact, as far as the boxes are complete
ALONG_PX = 24  # a tile that shows so much of a crack's length is cracked


def read_boxed_tiles(folder: Path, size_px: int, tile_px: int) -> LabelledImages:
    """Square tiles, half overlapping, ``(n, size_px, size_px)``; tiles of one photograph are one group.

    A box encloses its crack tightly, so a crack runs from each side of it to the opposite one: a tile that holds the
    whole height of a box over some of its width is crossed by the crack, and likewise the other way round. It is
    cracked; a tile well clear of every box is intact; what lies between is left out.

    Raises:
        DataError: a photograph has no boxes, or there are no tiles of either class.
    """
    pixels, labels, names, groups = [], [], [], []
    for number, path in enumerate(sorted((folder / "images").iterdir())):
        if not has_image_name(path.name):
            continue
        grey = read_grey(path)
        size_hw = (grey.shape[0], grey.shape[1])
        boxes = _boxes(folder / "boxes" / f"{path.stem}.txt", size_hw)
        for top, left in corners(size_hw, tile_px, tile_px // 2):
            label = _label(boxes, (top, left, top + tile_px, left + tile_px))
            if label is None:
                continue
            pixels.append(resized(grey[top : top + tile_px, left : left + tile_px], (size_px, size_px)))
            labels.append(label)
            names.append(f"{path.stem}-{top}-{left}")
            groups.append(number)
    if not labels:
        raise DataError("{folder} gives no tiles whose class the boxes decide.", folder=folder)
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


def _boxes(path: Path, size_hw: tuple[int, int]) -> list[Box]:
    height, width = size_hw
    found = []
    try:
        for line in path.read_text(encoding="ascii").splitlines():
            if line.strip():
                _, x, y, across, down = map(float, line.split())
                top, left = (y - down / 2) * height, (x - across / 2) * width
                found.append((top, left, top + down * height, left + across * width))
    except (OSError, ValueError) as error:
        raise DataError(
            "{path} holds no boxes; wanted a line for each: class, centre x, centre y, width, height.", path=path
        ) from error
    return found


def _label(boxes: Sequence[Box], tile: tuple[int, int, int, int]) -> int | None:
    """1 where a crack must cross the tile, 0 well clear of all, None where one cannot know."""
    clear = True
    for top, left, bottom, right in boxes:
        down = min(tile[2], bottom) - max(tile[0], top)
        across = min(tile[3], right) - max(tile[1], left)
        whole_height, whole_width = down >= bottom - top - 1, across >= right - left - 1
        if (whole_height and across >= ALONG_PX) or (whole_width and down >= ALONG_PX):
            return 1
        clear = clear and (down < -CLEAR_PX or across < -CLEAR_PX)
    return 0 if clear else None
