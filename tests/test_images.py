"""Photographs to upright 8-bit pixels, and what is wrong with those that are none."""

from __future__ import annotations

import errno
import hashlib
import io
import os
import threading
import warnings
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import simplejpeg
import tifffile
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageOps, features

from fissura import images
from fissura.errors import FissuraError
from fissura.images import (
    ImageError,
    eight_bits,
    facts,
    file_sha256,
    printable_name,
    read_grey,
    read_hashed,
    read_rgb,
    resized,
)
from fissura.language import Phrase


def scene(height: int = 48, width: int = 64) -> Image.Image:
    """A coloured picture without symmetry and with smooth colours, so that JPEG keeps it well."""
    row, column = np.mgrid[0:height, 0:width]
    red = 40 + 150 * column / width
    green = 60 + 120 * row / height
    blue = 90 + 40 * np.sin(row / 9) * np.cos(column / 7)
    red[: height // 4, : width // 4] = 20
    return Image.fromarray(np.stack([red, green, blue], axis=-1).astype(np.uint8))


def encoded(image: Image.Image, kind: str = "JPEG", **options: Any) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def turned(orientation: int) -> Image.Exif:
    exif = Image.Exif()
    exif[274] = orientation
    return exif


def difference(a: np.ndarray, b: np.ndarray) -> int:
    assert a.shape == b.shape
    return int(np.abs(a.astype(int) - b.astype(int)).max())


def problem(content: bytes, **options: Any) -> str:
    with pytest.raises(ImageError) as caught:
        read_grey(content, **options)
    assert str(caught.value).startswith("image ")
    return caught.value.problem


# what is read


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP"])
def test_pieces_in_colour_are_those_of_the_whole(kind: str, orientation: int, tmp_path: Path) -> None:
    content = encoded(scene(), kind, exif=turned(orientation))
    (tmp_path / "wall").write_bytes(content)
    whole = read_rgb(content)
    colours = images.open_colours(tmp_path / "wall", hashlib.sha256(content).hexdigest(), name="wall")
    assert colours.size_hw == whole.shape[:2]
    assert np.array_equal(colours.cut(0, 0, *colours.size_hw), whole)
    assert np.array_equal(colours.cut(3, 10, 30, 41), whole[3:30, 10:41])


def test_colours_of_a_file_that_changed_are_refused(tmp_path: Path) -> None:
    (tmp_path / "wall.png").write_bytes(encoded(scene(), "PNG"))
    with pytest.raises(ImageError, match=r"wall\.png changed while it was inspected"):
        images.open_colours(tmp_path / "wall.png", "0" * 64, name="wall.png")


def kept_as(mode: str) -> Image.Image:
    """A picture that Pillow keeps in that mode, of seven strips where three rows of 64 px are one."""
    image = scene(20, 64)
    if mode == "P, transparent":
        palette = image.convert("P")
        palette.info["transparency"] = 3
        return palette
    if mode == "RGB, one colour transparent":
        image.info["transparency"] = image.getpixel((60, 15))
        return image
    if mode.startswith(("I", "F")):
        values = np.arange(20 * 64).reshape(20, 64) * 51.1
        kinds = {"I;16": "<u2", "I;16B": ">u2", "I": "<i4", "F": "<f4"}
        return Image.fromarray(values.astype(kinds[mode]))
    if mode in ("LA", "RGBA"):
        image = image.convert(mode)
        image.putalpha(Image.fromarray((np.arange(20 * 64).reshape(20, 64) % 256).astype(np.uint8)))
        return image
    return image.convert(mode)


def whole_copy(image: Image.Image, mode: str) -> np.ndarray:
    """By Pillow, all at once."""
    if image.mode.startswith("I;16"):
        image = Image.fromarray(((np.asarray(image).astype(int) + 128) // 257).astype(np.uint8))
    elif image.mode in ("I", "F"):
        image = Image.fromarray(np.rint(np.asarray(image).astype(float) / 65535 * 255).astype(np.uint8))
    elif image.has_transparency_data:
        white = Image.new("RGBA", image.size, (255, 255, 255, 255))
        white.alpha_composite(image.convert("RGBA"))
        image = white
    return np.asarray(image.convert(mode))


@pytest.mark.parametrize("mode", ["L", "RGB"])
@pytest.mark.parametrize(
    "kept",
    [
        *("1", "L", "P", "RGB", "CMYK", "YCbCr", "LA", "RGBA", "I;16", "I;16B", "I", "F"),
        *("P, transparent", "RGB, one colour transparent"),
    ],
)
def test_strip_by_strip_gives_the_bytes_of_a_whole_copy(kept: str, mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(eight_bits, "_STRIP_PIXELS", 200)
    image = kept_as(kept)
    assert image.mode == kept.partition(",")[0]
    found = eight_bits.EightBits.of(image)
    assert np.array_equal(found.whole(mode), whole_copy(image, mode))
    assert np.array_equal(found.piece(2, 5, 9, 60, mode), whole_copy(image, mode)[2:9, 5:60])


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF", "PPM", "TGA", "PCX", "SGI", "QOI"])
def test_lossless_formats_come_back_as_they_were(kind: str) -> None:
    if kind == "QOI" and "QOI" not in Image.SAVE and "QOI" not in (Image.init() or Image.SAVE):
        pytest.skip("this Pillow does not write QOI")
    content = encoded(scene(), kind)
    assert np.array_equal(read_rgb(content), np.asarray(scene()))
    assert np.array_equal(read_grey(content), np.asarray(scene().convert("L")))


@pytest.mark.parametrize("kind", ["WEBP", "AVIF", "JPEG2000", "GIF"])
def test_lossy_formats_come_back_nearly_as_they_were(kind: str) -> None:
    feature = {"WEBP": "webp", "AVIF": "avif", "JPEG2000": "jpg_2000"}.get(kind)
    if feature is not None and not features.check(feature):
        pytest.skip(f"this Pillow has no {kind}")
    grey = read_grey(encoded(scene(), kind)).astype(int)
    assert np.abs(grey - np.asarray(scene().convert("L"))).mean() < 6


@pytest.mark.parametrize(
    "options", [{}, {"progressive": True}, {"subsampling": 2}, {"keep_rgb": True}, {"quality": 30}]
)
def test_fast_jpeg_equals_pillow(options: dict[str, Any]) -> None:
    content = encoded(scene(), **{"quality": 92, **options})
    pillow = Image.open(io.BytesIO(content))
    assert difference(read_rgb(content), np.asarray(pillow.convert("RGB"))) <= 1
    assert difference(read_grey(content), np.asarray(pillow.convert("L"))) <= 2


def test_grey_jpeg_is_read_as_grey_and_as_rgb() -> None:
    content = encoded(scene().convert("L"))
    grey = read_grey(content)
    assert np.array_equal(read_rgb(content), np.repeat(grey[:, :, None], 3, axis=2))


def test_grey_of_real_photographs_is_pillows_luma(real_data: Callable[[str], Path]) -> None:
    for path in sorted((real_data("metu") / "Positive").iterdir())[::100]:
        mine, pillow = read_grey(path).astype(int), np.asarray(Image.open(path).convert("L")).astype(int)
        apart = np.abs(mine - pillow)
        assert apart.mean() < 0.02
        assert (apart > 2).mean() < 0.001


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP"])
def test_every_exif_orientation_is_set_upright(orientation: int, kind: str) -> None:
    options = {"lossless": True} if kind == "WEBP" else {"quality": 95, "subsampling": 0} if kind == "JPEG" else {}
    content = encoded(scene(), kind, exif=turned(orientation), **options)
    raw = Image.open(io.BytesIO(encoded(scene(), kind, **options))).convert("RGB")
    raw.getexif()[274] = orientation
    upright = ImageOps.exif_transpose(raw)
    assert difference(read_rgb(content), np.asarray(upright)) <= 1
    assert difference(read_grey(content), np.asarray(upright.convert("L"))) <= 2


def test_orientation_is_honoured_by_both_ways_of_reading_a_jpeg(monkeypatch: pytest.MonkeyPatch) -> None:
    content = encoded(scene(), exif=turned(6))
    fast = read_grey(content)

    def refuse(*_: object, **__: object) -> None:
        raise ValueError("unsupported")

    monkeypatch.setattr(simplejpeg, "decode_jpeg_header", refuse)
    assert np.array_equal(read_grey(content), fast)
    assert fast.shape == (64, 48)


def test_damaged_exif_does_not_lose_the_image() -> None:
    content = encoded(scene(), exif=turned(6))
    at = content.index(b"Exif\x00\x00") + 6
    broken = content[:at] + b"\xff" * 12 + content[at + 12 :]
    assert read_grey(broken).shape == (48, 64)


def test_cmyk_jpeg_is_left_to_pillow() -> None:
    content = encoded(scene().convert("CMYK"), quality=95)
    assert difference(read_rgb(content), np.asarray(Image.open(io.BytesIO(content)).convert("RGB"))) == 0
    assert np.abs(read_grey(content).astype(int) - np.asarray(scene().convert("L"))).mean() < 3


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "PPM"])
def test_sixteen_bits_are_scaled_to_eight(kind: str) -> None:
    values = np.linspace(0, 65535, 32 * 32).astype(np.uint16).reshape(32, 32)
    content = encoded(Image.fromarray(values), kind)
    assert np.array_equal(read_grey(content), np.rint(values / 257).astype(np.uint8))
    assert read_rgb(content).shape == (32, 32, 3)


def test_dark_sixteen_bit_images_stay_dark() -> None:
    values = np.full((8, 8), 200, np.uint16)
    assert read_grey(encoded(Image.fromarray(values), "PNG")).max() == 1


def test_sixteen_bit_colours_are_scaled_to_eight() -> None:
    """Pillow writes none, so this PNG is put together by hand: one row of two pixels."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return len(body).to_bytes(4, "big") + name + body + zlib.crc32(name + body).to_bytes(4, "big")

    head = (2).to_bytes(4, "big") + (1).to_bytes(4, "big") + bytes([16, 2, 0, 0, 0])
    pixels = np.array([0, 32768, 65535, 257, 514, 771], ">u2").tobytes()
    content = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" + pixels))
    content += chunk(b"IEND", b"")
    assert read_rgb(content).tolist() == [[[0, 128, 255], [1, 2, 3]]]


@pytest.mark.parametrize("top", [1.0, 255.0])
def test_fractions_are_scaled_by_the_range_that_holds_them(top: float) -> None:
    values = np.linspace(0, top, 64, dtype=np.float32).reshape(8, 8)
    expected = np.rint(values * 255 / top)
    values[0, 0] = np.nan
    assert difference(read_grey(encoded(Image.fromarray(values), "TIFF")), expected) <= 1


@pytest.mark.parametrize(("top", "kind"), [(255, "TIFF"), (65535, "TIFF"), (2**31 - 1, "TIFF"), (65535, "PPM")])
def test_whole_numbers_of_32_bits_are_scaled_by_the_range_that_holds_them(top: int, kind: str) -> None:
    values = np.linspace(0, top, 64).astype(np.int32).reshape(8, 8)
    content = encoded(Image.fromarray(values), kind)
    assert difference(read_grey(content), np.rint(values * 255.0 / top)) <= 1


@pytest.mark.parametrize("top", [255, 65535, 2**31 - 1, 2**32 - 1])
def test_whole_numbers_of_32_bits_from_zero_on_are_read_over_their_whole_range(top: int) -> None:
    """Pillow gives those from 2**31 on as negative."""
    values = np.linspace(0, top, 64).astype(np.uint32).reshape(8, 8)
    content = io.BytesIO()
    tifffile.imwrite(content, values)
    assert difference(read_grey(content.getvalue()), np.rint(values * 255.0 / top)) <= 1


def test_dark_picture_of_16_bits_stays_dark_where_pillow_gives_it_32() -> None:
    values = np.full((8, 8), 200, np.int32)
    assert read_grey(encoded(Image.fromarray(values), "PPM")).max() <= 1


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_transparent_pixels_are_laid_on_white(mode: str) -> None:
    black = np.zeros((4, 4, 4), np.uint8)
    black[:2, :, 3] = 255
    image = Image.fromarray(black)
    content = encoded(image.convert(mode) if mode != "P" else image.quantize(4), "PNG")
    assert read_grey(content).tolist() == [[0] * 4] * 2 + [[255] * 4] * 2
    assert read_rgb(content)[3].tolist() == [[255] * 3] * 4


@pytest.mark.parametrize("mode", ["1", "P", "L"])
def test_few_colours_are_read(mode: str) -> None:
    image = scene().convert(mode)
    assert np.array_equal(read_grey(encoded(image, "PNG")), np.asarray(image.convert("L")))


@pytest.mark.parametrize("kind", ["GIF", "PNG", "TIFF", "WEBP"])
def test_of_several_frames_the_first_is_read(tmp_path: Path, kind: str) -> None:
    frames = [Image.new("L", (8, 8), level) for level in (10, 200, 90)]
    path = tmp_path / f"x.{kind.lower()}"
    frames[0].save(path, kind, save_all=True, append_images=frames[1:], duration=100)
    assert abs(int(read_grey(path).mean()) - 10) <= 1
    assert facts(path).frames == 3
    assert "animated" in facts(path).problems


def test_a_file_and_its_bytes_give_the_same_pixels(tmp_path: Path) -> None:
    (tmp_path / "x.jpg").write_bytes(encoded(scene()))
    assert np.array_equal(read_grey(tmp_path / "x.jpg"), read_grey(encoded(scene())))


# what is refused


def test_empty_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "x.jpg").write_bytes(b"")
    with pytest.raises(ImageError, match="is empty") as caught:
        read_grey(tmp_path / "x.jpg")
    assert caught.value.values["name"] == str(tmp_path / "x.jpg")
    assert caught.value.problem == "empty"


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "BMP", "TIFF"])
@pytest.mark.parametrize("share", [0.2, 0.5, 0.95])
def test_truncated_images_are_named(kind: str, share: float) -> None:
    content = encoded(scene(400, 300), kind)
    assert problem(content[: int(len(content) * share)]) in ("truncated", "unreadable")


@pytest.mark.parametrize("share", [0.5, 0.9])
def test_jpeg_that_breaks_off_is_called_truncated(share: float) -> None:
    content = encoded(scene(400, 300))
    cut = content[: int(len(content) * share)]
    assert problem(cut) == "truncated"
    assert problem(cut + b"\xff\xd9") == "truncated", "Pillow would fill the rest with grey"


@pytest.mark.parametrize(
    "content", [b"x", b"no image at all\n" * 100, b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", bytes(5000)]
)
def test_other_content_is_no_image(content: bytes) -> None:
    assert problem(content) in ("unreadable", "truncated")


def test_sentences_hold_no_address_in_memory() -> None:
    with pytest.raises(ImageError) as caught:
        read_grey(b"no image", name="x.jpg")
    assert str(caught.value).startswith("x.jpg is not an image: its content is of no format")
    assert "0x" not in str(caught.value)


def test_programs_that_draw_are_not_images() -> None:
    assert problem(encoded(scene(), "EPS")) == "unreadable"


def huge_png(height: int, width: int) -> bytes:
    """The head of a PNG of any size, and no pixels."""
    body = b"IHDR" + width.to_bytes(4, "big") + height.to_bytes(4, "big") + bytes([8, 0, 0, 0, 0])
    crc = zlib.crc32(body).to_bytes(4, "big")
    return b"\x89PNG\r\n\x1a\n" + (13).to_bytes(4, "big") + body + crc + b"\0\0\0\x0aIDAT" + bytes(14)


def huge_jpeg(height: int, width: int) -> bytes:
    content = bytearray(encoded(scene()))
    at = content.index(b"\xff\xc0")
    content[at + 5 : at + 9] = height.to_bytes(2, "big") + width.to_bytes(2, "big")
    return bytes(content)


@pytest.mark.parametrize("colour", [False, True])
def test_a_png_whose_data_are_damaged_is_refused_and_not_read_in_part(colour: bool) -> None:
    content = encoded(Image.fromarray(np.random.default_rng(3).integers(0, 255, (90, 90), dtype=np.uint8)), "PNG")
    at = content.index(b"IDAT")
    length = int.from_bytes(content[at - 4 : at], "big")
    body = bytearray(content[at : at + 4 + length])
    body[length // 2 : length // 2 + 200] = bytes(200)
    damaged = content[:at] + bytes(body) + zlib.crc32(body).to_bytes(4, "big") + content[at + 8 + length :]
    for each in (damaged, huge_png(90, 90)):
        with pytest.raises(ImageError, match="damaged") as caught:
            (read_rgb if colour else read_grey)(each, name="x.png")
        assert caught.value.problem == "unreadable"


@pytest.mark.parametrize("make", [huge_png, huge_jpeg])
def test_forty_thousand_squared_is_refused_before_decoding(make: Callable[[int, int], bytes], tmp_path: Path) -> None:
    with pytest.raises(ImageError) as caught:
        read_grey(make(40_000, 40_000))
    said = str(caught.value)
    assert "40000 x 40000 px (height, width), that is 1600000000 pixels; at most 400000000 are read" in said
    assert "--max-pixels 1600000000" in said
    (tmp_path / "x").write_bytes(make(40_000, 40_000))
    known = facts(tmp_path / "x")
    assert (known.size_hw, known.problems, known.error is not None) == ((40_000, 40_000), ("too-large",), True)


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_the_limit_can_be_lowered_and_raised(kind: str) -> None:
    content = encoded(scene(), kind)
    assert problem(content, max_pixels=48 * 64 - 1) == "too-large"
    assert read_grey(content, max_pixels=48 * 64).shape == (48, 64)


def test_images_beyond_pillows_own_limit_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    content = encoded(scene(), "PNG")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)
    with pytest.raises(Image.DecompressionBombError):
        Image.open(io.BytesIO(content))
    assert read_grey(content).shape == (48, 64)
    assert Image.MAX_IMAGE_PIXELS == 1000


def test_pillow_warns_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    shades = Image.new("P", (4, 4))
    shades.putpalette([0, 0, 0, 255, 255, 255])
    palette, large = encoded(shades, "PNG", transparency=b"\x00\xff"), encoded(scene(), "PNG")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 2000)
    with pytest.warns(Image.DecompressionBombWarning):
        Image.open(io.BytesIO(large))
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        for content in (palette, large):
            read_grey(content)
            read_rgb(content)
        warnings.warn("mine", stacklevel=1)
    assert [str(warning.message) for warning in seen] == ["mine"]


def test_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match="is not there") as caught:
        read_grey(tmp_path / "x.jpg")
    assert caught.value.problem == "missing"


def test_directory_named_like_an_image_is_named(tmp_path: Path) -> None:
    (tmp_path / "x.jpg").mkdir()
    with pytest.raises(ImageError, match="is not a file"):
        read_grey(tmp_path / "x.jpg")
    assert facts(tmp_path / "x.jpg").problems == ("unreadable",)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no named pipes in folders")
def test_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "x.jpg")
    with pytest.raises(ImageError, match="is not a file"):
        read_grey(tmp_path / "x.jpg")


@pytest.mark.parametrize("name", ["n" * 300 + ".jpg", "a\0b.jpg"])
def test_names_that_no_disk_takes_are_one_sentence(tmp_path: Path, name: str) -> None:
    with pytest.raises(ImageError, match="cannot be opened") as caught:
        read_grey(tmp_path / name)
    assert caught.value.problem == "locked"


def test_file_far_longer_than_its_pixels_is_not_taken_into_memory(tmp_path: Path) -> None:
    with (tmp_path / "x.tif").open("wb") as stream:
        stream.truncate(2**21)
    with pytest.raises(ImageError, match="2097152 bytes long"):
        read_grey(tmp_path / "x.tif", max_pixels=1000)


def outcome(content: bytes) -> str:
    try:
        rgb = read_rgb(content, max_pixels=10**6)
    except ImageError as error:
        return error.problem
    return "read" if rgb.dtype == np.uint8 and rgb.ndim == 3 else "not what was promised"


@given(
    st.binary(max_size=200),
    st.sampled_from([b"", b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n", b"II*\0", b"GIF89a", b"BM"]),
)
def test_any_bytes_are_an_image_or_one_sentence(content: bytes, start: bytes) -> None:
    assert outcome(start + content) in ("read", *images.PROBLEMS)


@given(st.data())
def test_any_damage_is_an_image_or_one_sentence(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(["JPEG", "PNG", "GIF", "TIFF", "WEBP", "BMP"]))
    content = bytearray(encoded(scene(), kind))
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    assert outcome(bytes(content)) in ("read", *images.PROBLEMS)


def test_many_threads_read_and_the_settings_of_the_process_come_back() -> None:
    contents = [encoded(scene(), kind, exif=turned(6)) for kind in ("PNG", "JPEG", "TIFF")] * 40
    expected = [read_grey(content) for content in contents[:3]] * 40
    limit, filters = Image.MAX_IMAGE_PIXELS, list(warnings.filters)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(read_grey, contents))
    assert all(np.array_equal(a, b) for a, b in zip(found, expected, strict=True))
    assert (limit, filters) == (Image.MAX_IMAGE_PIXELS, list(warnings.filters))
    assert threading.active_count() < 8


# size


def test_image_of_that_size_is_left_alone() -> None:
    grey = read_grey(encoded(scene()))
    assert resized(grey, (48, 64)) is grey


@given(
    st.integers(0, 255),
    st.tuples(st.integers(1, 40), st.integers(1, 40)),
    st.tuples(st.integers(1, 40), st.integers(1, 40)),
)
def test_even_surface_stays_even(level: int, before: tuple[int, int], after: tuple[int, int]) -> None:
    assert np.array_equal(resized(np.full(before, level, np.uint8), after), np.full(after, level, np.uint8))


@given(st.integers(0, 2**32 - 1), st.integers(3, 60), st.integers(3, 60))
def test_mirrored_image_becomes_the_mirrored_result(seed: int, before: int, after: int) -> None:
    noise = np.random.default_rng(seed).integers(0, 256, (before, before), dtype=np.uint8)
    plain = resized(noise, (after, after))
    assert np.array_equal(resized(noise[:, ::-1], (after, after)), plain[:, ::-1])
    assert np.array_equal(resized(noise[::-1], (after, after)), plain[::-1])
    assert difference(resized(noise.T, (after, after)), plain.T) <= 1


def test_what_is_too_fine_for_the_new_size_becomes_grey_and_no_pattern() -> None:
    stripes = np.tile(np.array([0, 255], np.uint8), (228, 114))
    assert np.abs(resized(stripes, (100, 100))[:, 2:-2].astype(int) - 127).max() <= 8


def test_thin_crack_is_kept_all_along() -> None:
    wall = np.full((227, 227), 200, np.uint8)
    wall[:, 113] = 100
    line = 200 - resized(wall, (112, 112)).min(axis=1).astype(int)
    assert line.min() >= 25, "a quarter of its contrast even where it falls between two pixels"
    assert resized(wall, (112, 112)).max() == 200, "no rim brighter than the wall"


def test_colours_and_mirrored_views_are_resized_too() -> None:
    rgb = read_rgb(encoded(scene()))
    assert resized(rgb[:, ::-1], (12, 16)).shape == (12, 16, 3)


# facts


def test_a_good_jpeg_has_no_problem(tmp_path: Path) -> None:
    (tmp_path / "x.JPG").write_bytes(encoded(scene()))
    known = facts(tmp_path / "x.JPG")
    assert known == images.FileFacts(len(encoded(scene())), "JPEG", "RGB", (48, 64))


@pytest.mark.parametrize(
    ("name", "content", "problems"),
    [
        ("x.png", encoded(scene()), ("misnamed",)),
        ("x.jpg", encoded(scene(), "PNG"), ("misnamed",)),
        ("x", encoded(scene(), "PNG"), ()),
        ("x.jpg", encoded(scene(), exif=turned(3)), ("rotated",)),
        ("x.tif", encoded(scene(), "TIFF", exif=turned(8)), ("rotated",)),
        ("x.jpg", encoded(scene().convert("CMYK")), ("cmyk",)),
        ("x.png", encoded(Image.fromarray(np.full((4, 4), 900, np.uint16)), "PNG"), ("16-bit",)),
        ("x.png", encoded(Image.new("RGBA", (4, 4), (9, 9, 9, 100)), "PNG"), ("transparent",)),
        ("x.png", encoded(Image.new("RGBA", (4, 4), (9, 9, 9, 255)), "PNG"), ()),
        ("x.jpg", b"", ("empty",)),
        ("x.jpg", b"text", ("unreadable",)),
        ("x.jpg", encoded(scene())[:-40], ("truncated",)),
    ],
)
def test_what_is_odd_is_told_by_code(tmp_path: Path, name: str, content: bytes, problems: tuple[str, ...]) -> None:
    (tmp_path / name).write_bytes(content)
    known = facts(tmp_path / name)
    assert known.problems == problems
    assert known.bytes == len(content)
    assert (known.error is None) == (known.size_hw is not None)
    if known.error is None:  # the head alone says the same of what can be read
        assert facts(tmp_path / name, whole=False) == known


def test_size_is_that_of_the_upright_image(tmp_path: Path) -> None:
    for kind in ("JPEG", "TIFF", "PNG"):
        (tmp_path / "x").write_bytes(encoded(scene(), kind, exif=turned(6)))
        known = facts(tmp_path / "x")
        assert (known.size_hw, known.orientation) == ((64, 48), 6)
        assert facts(tmp_path / "x", whole=False) == known


def test_second_picture_in_a_jpeg_is_no_animation(tmp_path: Path) -> None:
    scene().save(tmp_path / "x.jpg", "MPO", save_all=True, append_images=[scene()])
    known = facts(tmp_path / "x.jpg")
    assert (known.format, known.frames, known.problems) == ("JPEG", 1, ())


def test_every_problem_has_words_for_the_catalogues() -> None:
    assert all(isinstance(words, Phrase) for words in images.PROBLEMS.values())


# names


@given(st.text(), st.text())
def test_printable_names_can_be_written_and_stay_different(one: str, other: str) -> None:
    assert printable_name(one).encode("utf-8").decode("utf-8").isprintable()
    assert (printable_name(one) == printable_name(other)) == (one == other)


@pytest.mark.parametrize("name", ["mur côté nord 12.jpg", "壁/🧱.png", "plain.jpg"])
def test_names_that_print_stay_as_they_are(name: str) -> None:
    assert printable_name(name) == name


def test_bytes_that_are_no_text_get_a_printable_name() -> None:
    assert printable_name(os.fsdecode(b"caf\xe9.jpg")) in ("caf\\udce9.jpg", "café.jpg")


@pytest.mark.parametrize("form", ["PNG", "TIFF", "BMP", "GIF", "WEBP", "JPEG", "JPEG2000"])
def test_file_gives_the_pixels_and_the_refusals_of_its_content(form, tmp_path):
    """Of a file only what the decoder asks for is held; content that is there already is taken as it is."""
    image = Image.fromarray(np.random.default_rng(3).integers(0, 256, (40, 50, 3), dtype=np.uint8))
    out = io.BytesIO()
    image.save(out, form)
    path = tmp_path / "picture"
    whole = out.getvalue()
    for content in (whole, whole[: len(whole) // 2], whole[:9], b""):
        path.write_bytes(content)
        grey = told(read_grey, content)
        assert same(told(read_grey, path), grey)
        assert same(told(read_rgb, path), told(read_rgb, content))
        hashed = told(read_hashed, path)
        assert same(hashed if isinstance(hashed, str) else hashed[0], grey)
        assert isinstance(hashed, str) or hashed[1] == hashlib.sha256(content).hexdigest() == file_sha256(path)


def told(read: Callable[..., Any], source: Path | bytes) -> Any:
    """What a reader gives, or the sentence of its refusal."""
    try:
        return read(source, name="picture")
    except ImageError as error:
        return str(error)


def same(one: Any, other: Any) -> bool:
    return one == other if isinstance(one, str) or isinstance(other, str) else np.array_equal(one, other)


@pytest.mark.parametrize("form", ["PNG", "TIFF", "JPEG"])
def test_a_disk_that_fails_while_an_image_is_read_is_told_as_that(form, tmp_path, monkeypatch):
    """Not as a damaged image: that would be sent for again, and the card or the cable stay as they are."""
    path = tmp_path / "picture"
    Image.fromarray(np.random.default_rng(3).integers(0, 256, (400, 500), dtype=np.uint8)).save(path, form)

    class Failing(io.FileIO):
        def readinto(self, buffer):
            if self.tell() >= 8192:
                raise OSError(errno.EIO, "Input/output error")
            return super().readinto(buffer)

        def readall(self):
            raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(Path, "open", lambda self, mode: io.BufferedReader(Failing(self)))
    for read in (read_grey, read_rgb):
        with pytest.raises(ImageError, match=r"cannot be opened \(Input/output error\)") as caught:
            read(path)
        assert caught.value.problem == "locked"


def test_a_path_may_be_text(tmp_path: Path) -> None:
    path = tmp_path / "wall.png"
    scene().save(path)
    for read in (read_grey, read_rgb, images.read_mask):
        assert np.array_equal(read(str(path)), read(path))
    with pytest.raises(FissuraError, match=r"source is of type NoneType; wanted a path, or the bytes of a file\."):
        read_grey(None)  # type: ignore[arg-type]
    with pytest.raises(ImageError, match="is not there"):
        read_rgb(str(tmp_path / "absent.jpg"))
