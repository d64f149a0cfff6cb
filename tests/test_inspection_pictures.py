"""The pictures of an inspection show what is there, where it is, and no more than they need."""

import io
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from inspection_case import TWO, inspector, wall
from PIL import Image

from fissura.images import CameraFacts, Colours, read_rgb
from fissura.reporting.findings.pictures import crop_box, maps, overlay, pictures, preview_of, shares_as_grey
from fissura.reporting.findings.records import photograph
from fissura.reporting.findings.sketch import _round_length, sketch


@given(st.integers(1, 500), st.integers(1, 500), st.floats(0, 1), st.floats(0, 1))
def test_crop_lies_in_the_photograph_and_holds_its_place(height, width, down, right):
    place = (down * (height - 1), right * (width - 1))
    top, left, bottom, end = crop_box(place, (height, width))
    assert 0 <= top <= place[0] < bottom <= height
    assert 0 <= left <= place[1] < end <= width
    assert (bottom - top, end - left) == (min(height, 240), min(width, 320))


@pytest.mark.parametrize(("size_hw", "expected"), [((1000, 1500), (1500, 1000)), ((3024, 4032), (1600, 1200))])
def test_preview_has_at_most_1600_pixels_on_its_longer_side(size_hw, expected):
    assert preview_of(Colours.of(np.zeros((*size_hw, 3), np.uint8))).size == expected


def test_preview_is_the_photograph_made_smaller_as_pillow_makes_it():
    rows, columns = np.indices((3300, 4100))
    pixels = np.stack([rows / 3300, columns / 4100, (rows // 300 + columns // 300) % 2], axis=2) * 255
    pixels = pixels.astype(np.uint8)
    preview = preview_of(Colours.of(pixels))
    reference = Image.fromarray(pixels).resize(preview.size, Image.Resampling.BOX)
    difference = np.abs(np.asarray(preview).astype(int) - np.asarray(reference))
    assert difference[..., :2].max() <= 2
    assert difference.mean() < 1


def test_overlay_is_orange_on_the_line_and_the_photograph_elsewhere():
    content = wall(TWO)
    record = photograph(inspector(content, "x", None), "x", "f", CameraFacts())
    pixels = read_rgb(content)
    drawn = np.asarray(overlay(Image.fromarray(pixels), record)).astype(int)
    for found in record.findings:
        for row, column, _, _ in found.lines[0]:
            near = drawn[max(0, round(row) - 2) : round(row) + 3, max(0, round(column) - 2) : round(column) + 3]
            assert (near[..., 0] - near[..., 2]).max() > 150
    changed = (drawn != pixels).any(axis=2)
    assert changed.mean() < 0.2


def test_crop_is_the_evidence_itself_without_a_mark():
    content = wall(TWO, size_hw=(400, 600))
    inspection = inspector(content, "x", None)
    record, files = pictures(photograph(inspection, "x", "f", CameraFacts()), Colours.of(read_rgb(content)))
    pixels = read_rgb(content).astype(int)
    for found in record.findings:
        top, left, bottom, right = found.crop_box_rc
        crop = np.asarray(Image.open(io.BytesIO(dict(files)[found.crop]))).astype(int)
        assert np.abs(crop - pixels[top:bottom, left:right]).mean() < 3


def test_mask_and_map_have_the_pixels_that_they_say():
    inspection = inspector(wall(TWO), "x", None)
    files = dict(maps(inspection))
    assert (np.asarray(Image.open(io.BytesIO(files["mask.png"]))) == inspection.mask).all()
    assert np.asarray(Image.open(io.BytesIO(files["map.png"]))).shape == inspection.log_odds.shape


def test_map_is_probability_as_grey():
    odds = np.array([[-100.0, 0.0, 100.0, np.log(3)]], np.float32)
    assert shares_as_grey(odds).tolist() == [[0, 128, 255, 191]]


def placed(latitude, longitude):
    inspection = inspector(wall(), "x", None)
    return photograph(inspection, "x", "f", CameraFacts(latitude_deg=latitude, longitude_deg=longitude))


def test_sketch_keeps_distances_and_has_north_up():
    found = sketch([placed(45.0, 5.0), placed(45.001, 5.0), placed(45.0, 5.001)])
    first, north, east = found.spots
    assert north.y < first.y
    assert north.x == first.x
    per_m = found.bar_px / found.bar_m
    assert (first.y - north.y) / per_m == pytest.approx(111.2, rel=0.01)
    assert (east.x - first.x) / per_m == pytest.approx(111.2 * np.cos(np.radians(45)), rel=0.01)


@pytest.mark.parametrize(
    ("most_m", "bar"),
    [(99.0, 50.0), (100.0, 100.0), (math.nextafter(100.0, 0.0), 50.0), (math.nextafter(1000.0, 0.0), 500.0)],
)
def test_the_bar_is_the_longest_round_one_that_fits_even_where_the_logarithm_is_rounded_up(most_m, bar):
    assert _round_length(most_m) == bar


def test_sketch_of_one_place_is_not_blown_up_and_without_any_place_there_is_none():
    found = sketch([placed(45.0, 5.0), placed(45.0, 5.0)])
    assert (found.spots[0].x, found.spots[0].y) == (360.0, 210.0)
    assert sketch([placed(None, None)]) is None


def test_sketch_across_the_date_line_stays_in_one_piece():
    found = sketch([placed(0.0, 179.9999), placed(0.0, -179.9999)])
    assert abs(found.spots[1].x - found.spots[0].x) / (found.bar_px / found.bar_m) == pytest.approx(22.2, rel=0.02)
