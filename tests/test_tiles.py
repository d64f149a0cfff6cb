"""Photographs with masks, cut into tiles."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

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
    tiles, left_out = read_tiles(folder, 64)
    assert left_out == ()
    assert has_masks(folder)
    assert tiles.images.shape == (6, 64, 64)
    assert tiles.names[:3] == ("0-0-0", "0-0-128", "0-128-0")
    assert tiles.labels.tolist() == [1, 0, 0, 1, 0, 0]
    assert tiles.groups.tolist() == [0, 0, 0, 1, 1, 1]
    assert (tiles.classes, tiles.positive) == (("intact", "crack"), 1)


@pytest.mark.parametrize(("kind", "white"), [(np.uint8, 1), (np.uint16, 1), (np.uint8, 2), (np.uint8, 100)])
def test_masks_may_have_another_number_for_white(tmp_path, kind, white):
    folder = photographs(tmp_path)
    tiles, _ = read_tiles(folder, 64)
    for path in (folder / "masks").iterdir():
        Image.fromarray(np.asarray(Image.open(path)).astype(kind) * kind(white)).save(path)
    again, left_out = read_tiles(folder, 64)
    assert left_out == ()
    assert again.fingerprint == tiles.fingerprint


def test_what_cannot_be_used_is_left_out_and_named(tmp_path):
    folder = photographs(tmp_path)
    shutil.copy(folder / "images" / "0.jpg", folder / "images" / "2.jpg")  # without a mask
    (folder / "images" / "3.jpg").write_bytes((folder / "images" / "0.jpg").read_bytes()[:500])
    (folder / "masks" / "3.png").write_bytes((folder / "masks" / "0.png").read_bytes())
    Image.new("1", (10, 10)).save(folder / "masks" / "1.png")
    tiles, left_out = read_tiles(folder, 64)
    assert len(tiles) == 3
    assert tiles.groups.tolist() == [0, 0, 0]
    assert [left.name for left in left_out] == ["1.jpg", "2.jpg", "3.jpg"]
    assert [str(left.reason)[:30] for left in left_out] == [
        "1.jpg is 300 x 260 px, its mas",
        "2.jpg has no mask; wanted one ",
        "3.jpg breaks off before the im",
    ]


def test_a_mask_that_cannot_be_read_is_named(tmp_path):
    folder = photographs(tmp_path)
    (folder / "masks" / "0.png").write_bytes(b"")
    _, left_out = read_tiles(folder, 64)
    assert [(left.name, str(left.reason)[:21]) for left in left_out] == [("0.jpg", "masks/0.png is empty ")]


def test_a_mask_that_is_none_is_named(tmp_path):
    folder = photographs(tmp_path)
    turned = ImageOps.invert(Image.open(folder / "masks" / "0.png").convert("L"))
    turned.save(folder / "masks" / "0.png")
    Image.open(folder / "images" / "1.jpg").save(folder / "masks" / "1.png")
    with pytest.raises(DataError) as refused:
        read_tiles(folder, 64)
    assert "The first: The mask masks/0.png is white on 99 % of the photograph" in str(refused.value)


def test_nothing_that_can_be_used_says_why(tmp_path):
    with pytest.raises(DataError, match=r"2 photographs are left out. The first: 0\.jpg has no mask"):
        read_tiles(photographs(tmp_path, masks=False), 64)


def test_tiles_of_one_class_only_are_refused(tmp_path):
    with pytest.raises(DataError, match="2 cracked and 0 intact"):
        read_tiles(photographs(tmp_path), 64, tile_px=200)


@pytest.mark.slow
def test_asphalt_gives_tiles_of_both_classes(real_data):
    tiles, left_out = read_tiles(real_data("sut-crack"), 112)
    assert left_out == ()
    assert len(np.unique(tiles.groups)) == 90
    assert min(tiles.counts) > 100
