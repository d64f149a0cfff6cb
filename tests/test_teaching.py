from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fissura.data.boxed import read_boxed_tiles
from fissura.data.pixel_cache import cache_entries, clean_cache
from fissura.data.synthetic.clutter import CLUTTER
from fissura.data.teaching import HELD_OUT, MaterialSettings, drawn_clutter, drawn_cracks, drawn_scenes, gathered
from fissura.data.teaching.material import kept_for_judging, masked, taught
from fissura.data.teaching.unseen import cut
from fissura.errors import DataError

PLASTER = ("plaster",)


def test_scenes_are_drawn_once_and_found_again(tmp_path):
    first = drawn_scenes(6, 3, PLASTER, tmp_path)
    files = sorted(tmp_path.rglob("*.npz"))
    stamps = [path.stat().st_mtime_ns for path in files]
    again = drawn_scenes(6, 3, PLASTER, tmp_path)
    assert np.array_equal(first.images, again.images)
    assert np.array_equal(first.masks, again.masks)
    assert [path.stat().st_mtime_ns for path in files] == stamps
    assert first.masks.any(axis=(1, 2)).tolist() == [False, True] * 3


def test_drawings_are_listed_and_cleaned_but_not_while_a_run_makes_them(tmp_path):
    removed = []
    drawn_scenes(2, 3, PLASTER, tmp_path, lambda done, total: removed.append(clean_cache(tmp_path)))
    assert removed == [()]
    (entry,) = cache_entries(tmp_path)
    assert (entry.drawn, entry.images, entry.folder) == (True, 2, "")
    assert entry.bytes == sum(path.stat().st_size for path in entry.place.iterdir()) > 0
    for left in ("000000-000002.npz.77-0badcafe.part", "77-0badcafe.lock"):  # by a run that was killed
        (entry.place / left).write_bytes(b"")
    assert clean_cache(tmp_path) == (entry,)
    assert list(tmp_path.iterdir()) == []


def test_other_settings_draw_other_scenes(tmp_path):
    assert not np.array_equal(
        drawn_scenes(2, 3, PLASTER, tmp_path).images, drawn_scenes(2, 4, PLASTER, tmp_path).images
    )


def test_a_drawn_crack_changes_the_light_under_its_mask_and_little_else(tmp_path):
    cracks = drawn_cracks(3, 1, tmp_path)
    for ratio, mask in zip(cracks.images, cracks.masks, strict=True):
        assert mask.any()
        far = ~_grown(mask, 12)
        assert np.abs(ratio[far].astype(int) - 128).max() <= 3
        assert np.abs(ratio[mask].astype(int) - 128).mean() > 10


def test_drawn_clutter_says_where_it_hides_the_wall_and_leaves_the_rest_as_it_is(tmp_path):
    clutter = drawn_clutter(12, 1, tmp_path)
    assert clutter.surfaces == ()
    assert sum(bool(mask.any()) for mask in clutter.masks) >= 6  # tyre marks hide nothing, and some lie outside
    for number, (ratio, mask) in enumerate(zip(clutter.images, clutter.masks, strict=True)):
        far = ~_grown(mask, 45)  # beyond shadows
        if number % len(CLUTTER) != list(CLUTTER).index("tyre marks"):
            assert (ratio[far] == 128).all()
        assert not mask.any() or np.abs(ratio[mask].astype(int) - 128).mean() > 10


def test_scenes_with_clutter_are_kept_apart_from_those_without(tmp_path):
    plain, strewn = (drawn_scenes(16, 3, PLASTER, tmp_path, clutter=clutter) for clutter in (False, True))
    differ = (plain.images != strewn.images).any(axis=(1, 2))
    assert 2 <= differ.sum() <= 12
    assert np.array_equal(drawn_scenes(16, 3, PLASTER, tmp_path).images, plain.images)


def test_clutter_is_in_the_material_where_it_is_asked_for(tmp_path):
    settings = MaterialSettings(scenes=2, cracks=1, clutter=6, cache_dir=tmp_path / "cache")
    found = gathered(tmp_path / "nowhere", settings)
    plain = gathered(tmp_path / "nowhere", MaterialSettings(scenes=2, cracks=1, cache_dir=tmp_path / "cache"))
    assert len(found.clutter.images) == 6
    assert plain.clutter is None
    assert found.fingerprint != plain.fingerprint
    assert found.described()["clutter"] == 6
    assert "clutter" not in plain.described()


def _grown(mask: np.ndarray, px: int) -> np.ndarray:
    from scipy.ndimage import binary_dilation

    return binary_dilation(mask, iterations=px)


def photographs(folder: Path, n: int) -> None:
    (folder / "images").mkdir(parents=True)
    (folder / "masks").mkdir()
    for number in range(n):
        mask = np.zeros((240, 240), np.uint8)
        mask[:, 60:66] = 255
        Image.fromarray(np.where(mask, 30, 140).astype(np.uint8)).save(folder / "images" / f"{number}.png")
        Image.fromarray(mask).save(folder / "masks" / f"{number}.png")


def test_what_is_kept_for_judging_is_never_learned_from(tmp_path):
    photographs(tmp_path, 9)
    every = masked(tmp_path)
    learned, judged = ({each.name for each in part} for part in (taught(every), kept_for_judging(every)))
    assert learned | judged == {each.name for each in every}
    assert not learned & judged
    assert len(judged) == 3


def test_tiles_of_masked_photographs_know_their_class(tmp_path):
    photographs(tmp_path, 1)
    tiles = cut(masked(tmp_path), 112)
    assert sorted(zip(tiles.names, tiles.labels.tolist(), strict=True)) == [
        ("0.png-0-0", 1),
        ("0.png-0-112", 0),
        ("0.png-112-0", 1),
        ("0.png-112-112", 0),
    ]


def test_material_without_any_photographs_says_what_is_missing(tmp_path):
    settings = MaterialSettings(scenes=2, cracks=1, cache_dir=tmp_path / "cache")
    found = gathered(tmp_path / "nowhere", settings)
    assert found.missing == ("metu", "sut-crack", "textures")
    assert found.patches is None
    assert len(found.fingerprint) == 64
    assert not set(HELD_OUT) & set(settings.surfaces)


def test_boxes_decide_the_class_of_a_tile_or_leave_it_out(tmp_path):
    (tmp_path / "images").mkdir()
    (tmp_path / "boxes").mkdir()
    Image.fromarray(np.full((256, 256), 128, np.uint8)).save(tmp_path / "images" / "a.png")
    # a crack that runs down the left fifth of the picture, up to column 51 and up to column 54; a tile begins at 64
    for box, beside in (("0 0.15 0.5 0.1 1.0\n", 0), ("0 0.16 0.5 0.1 1.0\n", None)):
        (tmp_path / "boxes" / "a.txt").write_text(box, encoding="ascii")
        tiles = read_boxed_tiles(tmp_path, 64, 128)
        found = dict(zip(tiles.names, tiles.labels.tolist(), strict=True))
        assert found["a-0-0"] == 1
        assert found.get("a-0-64") == beside
        assert found["a-128-128"] == 0
    (tmp_path / "boxes" / "a.txt").write_text("0 x\n", encoding="ascii")
    with pytest.raises(DataError, match="holds no boxes"):
        read_boxed_tiles(tmp_path, 64, 128)


@pytest.mark.parametrize("turned", [False, True])
def test_a_tile_is_cracked_along_its_box_and_intact_well_clear_of_it(tmp_path, turned):
    (tmp_path / "images").mkdir()
    (tmp_path / "boxes").mkdir()
    (tmp_path / "images" / "notes.txt").write_text("no photograph", encoding="ascii")
    size_hw, centre, extent = (192, 320), (52.0 / 192, 156.5 / 320), (25.0 / 192, 107.0 / 320)
    order = -1 if turned else 1  # rows 39.5 to 64.5, columns 103 to 210; or the other way round
    photograph = np.random.default_rng(5).integers(0, 256, size_hw[::order], dtype=np.uint8)
    Image.fromarray(photograph).save(tmp_path / "images" / "a.png")
    (y, x), (height, width) = centre[::order], extent[::order]
    (tmp_path / "boxes" / "a.txt").write_text(f"0 {x} {y} {width} {height}\n\n", encoding="ascii")
    tiles = read_boxed_tiles(tmp_path, 64, 64)
    found = dict(zip(tiles.names, tiles.labels.tolist(), strict=True))
    for name, image in zip(tiles.names, tiles.images, strict=True):
        top, left = map(int, name.split("-")[1:])
        assert np.array_equal(image, photograph[top : top + 64, left : left + 64])

    def row(across: int) -> list[int | None]:
        along = range(0, 257, 32)
        return [found.get(f"a-{place}-{across}" if turned else f"a-{across}-{place}") for place in along]

    # columns 0, 32, ... 256: 39 px clear; 7 px; 25 px of it and more; 18 px; 14 px clear and more
    assert row(0) == [0, None, 1, 1, 1, 1, None, 0, 0]  # all but half a pixel of the box's rows are in it
    assert row(32) == row(0)
    assert row(64) == [0, None, None, None, None, None, None, 0, 0]
    assert row(96) == row(128) == [0] * 9


def test_boxed_photographs_smaller_than_a_tile_give_none(tmp_path):
    (tmp_path / "images").mkdir()
    (tmp_path / "boxes").mkdir()
    Image.fromarray(np.full((48, 48), 128, np.uint8)).save(tmp_path / "images" / "a.png")
    (tmp_path / "boxes" / "a.txt").write_text("", encoding="ascii")
    with pytest.raises(DataError, match="gives no tiles"):
        read_boxed_tiles(tmp_path, 32, 64)


def test_a_damaged_drawing_is_drawn_again(tmp_path):
    first = drawn_scenes(2, 3, PLASTER, tmp_path)
    (file,) = tmp_path.rglob("*.npz")
    whole = file.read_bytes()
    for damaged in (b"", whole[: len(whole) // 2], b"no archive"):
        file.write_bytes(damaged)
        assert np.array_equal(drawn_scenes(2, 3, PLASTER, tmp_path).images, first.images)
    assert file.read_bytes() == whole


def test_scenes_of_a_surface_left_out_are_dropped_and_the_others_stay(tmp_path):
    every = drawn_scenes(8, 3, ("plaster", "brick"), tmp_path)
    assert set(every.surfaces) == {"plaster", "brick"}
    left = every.without({"brick"})
    kept = [number for number, name in enumerate(every.surfaces) if name == "plaster"]
    assert left.surfaces == ("plaster",) * len(kept)
    assert np.array_equal(left.images, every.images[kept])
    assert every.without({"stone"}) is every
    assert every.intact.tolist() == [0, 2, 4, 6]


def test_a_mask_of_another_size_is_named(tmp_path):
    photographs(tmp_path, 1)
    Image.new("L", (10, 12)).save(tmp_path / "masks" / "0.png")
    with pytest.raises(DataError, match="wanted the same size"):
        masked(tmp_path)
