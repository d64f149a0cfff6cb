"""Photographs as scanners, drones and telephones leave them: tiled and big TIFF, WebP, HEIC."""

import io
import struct

import numpy as np
import pytest
import tifffile
from inspection_case import ONE, inspector, wall
from PIL import Image, features
from test_survey import inspect as survey_of

from fissura.images import ImageError, camera_facts, facts, head_size, heif, read_grey, read_rgb


def picture() -> np.ndarray:
    return np.array(Image.open(io.BytesIO(wall(ONE))).convert("RGB"))


def tiff(**options) -> bytes:
    stream = io.BytesIO()
    tifffile.imwrite(stream, picture(), photometric="rgb", **options)
    return stream.getvalue()


def saved(kind: str, **options) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(picture()).save(stream, kind, **options)
    return stream.getvalue()


TIFFS = {
    "tiled": {"tile": (64, 64)},
    "tiled and packed": {"tile": (128, 64), "compression": "zlib", "predictor": True},
    "big": {"bigtiff": True},
    "big, tiled, packed": {"bigtiff": True, "tile": (64, 64), "compression": "zlib"},
    "big-endian, in strips": {"byteorder": ">", "rowsperstrip": 16},
}


@pytest.mark.parametrize("options", TIFFS.values(), ids=TIFFS)
def test_tiff_of_every_build_comes_back_as_it_was(options, tmp_path):
    content = tiff(**options)
    version = struct.unpack((">" if content[:2] == b"MM" else "<") + "H", content[2:4])[0]
    assert version == (43 if options.get("bigtiff") else 42)
    assert np.array_equal(read_rgb(content), picture())
    (tmp_path / "wall.tif").write_bytes(content)
    assert head_size(tmp_path / "wall.tif") == picture().shape[:2]


@pytest.mark.parametrize("kind", [np.float64, np.float16])
def test_tiff_of_numbers_that_cannot_be_read_is_called_one(kind):
    stream = io.BytesIO()
    tifffile.imwrite(stream, (picture()[..., 0] / 255).astype(kind))
    with pytest.raises(ImageError, match="is a TIFF whose pixels are of a kind that cannot be read"):
        read_rgb(stream.getvalue())


def test_crack_is_found_in_every_format(tmp_path):
    contents = {"a.tif": tiff(**TIFFS["big, tiled, packed"]), "b.tiff": tiff(tile=(64, 64)), "c.png": saved("PNG")}
    if features.check("webp"):
        contents["d.webp"] = saved("WEBP", lossless=True)
    (tmp_path / "walls").mkdir()
    for name, content in contents.items():
        (tmp_path / "walls" / name).write_bytes(content)
    found = survey_of(tmp_path / "walls", tmp_path / "out")
    assert [each.error for each in found.photographs] == [None] * len(contents)
    lengths = {each.length.value for each in found.photographs}
    assert len(lengths) == 1
    assert lengths.pop() > 100
    assert inspector(contents["a.tif"], "a", None).findings


def test_heic_is_read_where_its_package_is(tmp_path):
    pytest.importorskip("pillow_heif")
    assert heif.reads_heif()
    exif = Image.Exif()
    exif[274], exif[0x0110] = 6, "Telephone"
    content = saved("HEIF", quality=95, exif=exif.tobytes())  # turned as telephones do, by the container
    assert content[4:8] == b"ftyp"
    assert camera_facts(content).model == "Telephone"
    turned = np.rot90(picture(), -1)
    got = read_rgb(content)
    assert got.shape == turned.shape
    assert np.abs(got.astype(int) - turned).mean() < 4
    (tmp_path / "wall.heic").write_bytes(content)
    told = facts(tmp_path / "wall.heic")
    assert (told.format, told.size_hw, told.problems) == ("HEIF", turned.shape[:2], ())
    assert inspector(content, "wall.heic", None).findings


def test_heic_without_its_package_says_what_to_install(monkeypatch):
    monkeypatch.setattr("fissura.images.decoding.reads_heif", lambda: False)
    content = b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + b"\x00" * 99
    with pytest.raises(ImageError, match=r"wall\.heic is a HEIC photograph.*pip install pillow-heif") as caught:
        read_grey(content, name="wall.heic")
    assert caught.value.problem == "unreadable"


def test_damaged_heic_is_one_sentence():
    pytest.importorskip("pillow_heif")
    content = saved("HEIF", quality=60)
    for damaged in (content[:60], content[: len(content) // 2], content[:40] + b"\xff" * 400 + content[440:]):
        with pytest.raises(ImageError):
            read_grey(damaged)


def test_only_what_is_coded_as_heic_is_taken_for_it():
    assert not heif.is_heif(b"\x00\x00\x00\x1cftypavif\x00\x00\x00\x00avifmif1miaf")
    assert not heif.is_heif(b"\x00\x00\x00\x18ftypisom\x00\x00\x00\x00mp41avc1heic")
    assert not heif.is_heif(b"")
