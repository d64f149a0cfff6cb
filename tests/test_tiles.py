"""Photographs with masks, cut into tiles."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fissura.data.tiles import has_masks, read_tiles
from fissura.errors import DataError


def photographs(folder: Path, masks: bool = True) -> Path:
    for name in ("images", "masks"):
        (folder / name).mkdir(parents=True)
    for number in range(2):
        grey = np.full((300, 260), 180, np.uint8)
        mask = np.zeros((300, 260), np.uint8)
        mask[:128, 60:64] = 255  # the upper left tile
        mask[200, 200] = 255  # one pixel of the lower right one: neither cracked nor intact
        grey[mask > 0] = 40
        Image.fromarray(grey).save(folder / "images" / f"{number}.jpg")
        if masks:
            Image.fromarray(mask).convert("1").save(folder / "masks" / f"{number}.png")
    return folder


def test_masks_decide_and_corners_of_cracks_are_left_out(tmp_path):
    folder = photographs(tmp_path)
    tiles = read_tiles(folder, 64)
    assert has_masks(folder)
    assert tiles.images.shape == (6, 64, 64)
    assert tiles.names[:3] == ("0-0-0", "0-0-128", "0-128-0")
    assert tiles.labels.tolist() == [1, 0, 0, 1, 0, 0]
    assert tiles.groups.tolist() == [0, 0, 0, 1, 1, 1]
    assert (tiles.classes, tiles.positive) == (("intact", "crack"), 1)


def test_missing_and_foreign_masks_are_named(tmp_path):
    with pytest.raises(DataError, match=r"0.jpg has no mask"):
        read_tiles(photographs(tmp_path / "none", masks=False), 64)
    other = photographs(tmp_path / "other")
    Image.new("1", (10, 10)).save(other / "masks" / "1.png")
    with pytest.raises(DataError, match=r"1\.jpg is 300 x 260 px, its mask 10 x 10 px"):
        read_tiles(other, 64)


def test_tiles_of_one_class_only_are_refused(tmp_path):
    with pytest.raises(DataError, match="2 cracked and 0 intact"):
        read_tiles(photographs(tmp_path), 64, tile_px=200)


@pytest.mark.slow
def test_asphalt_gives_tiles_of_both_classes(real_data):
    tiles = read_tiles(real_data("sut-crack"), 112)
    assert len(np.unique(tiles.groups)) == 90
    assert min(tiles.counts) > 100
