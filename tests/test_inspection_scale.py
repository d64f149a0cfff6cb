"""Millimetres per pixel: given, from distance and lens, from a table."""

import math
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

from fissura.errors import DataError, SettingsError
from fissura.inspection.scale import Scale, as_scale, distance_mm, from_distance, read_scales


@pytest.mark.parametrize(
    ("value", "error"),
    [
        (0, 0),
        (-0.2, 0),
        (math.nan, 0),
        (math.inf, 0),
        (0.2, -1),
        (0.2, math.nan),
        (Decimal("-0.2"), 0),
        (Decimal("sNaN"), 0),
        (10**400, 0),
        (0.2, Decimal(-1)),
    ],
)
def test_what_is_no_scale_is_refused(value, error):
    with pytest.raises(SettingsError, match="wanted a number"):
        Scale(value, error).check()


def test_an_uncertainty_as_large_as_the_scale_is_refused():
    for error in (0.2, 0.5):
        with pytest.raises(SettingsError, match=r"is at least as large as the scale itself, 0\.2"):
            Scale(0.2, error).check()
    Scale(0.2, 0.19).check()


@pytest.mark.parametrize("kind", [float, Decimal, Fraction, np.float32, np.float64])
def test_a_scale_is_a_number_of_any_kind(kind):
    assert as_scale(kind("0.25")) == as_scale(Scale(kind("0.25"))) == Scale(0.25)
    assert type(as_scale(Scale(0.25, kind("0.125"))).error_mm_per_px) is float


def test_distance_and_lens_give_the_scale_of_a_pinhole():
    # 36 mm wide sensor, 6000 px: a pixel is 0.006 mm; at 2 m through 50 mm it sees 0.24 mm
    scale = from_distance(2000, (4000, 6000), focal_mm=50, sensor_width_mm=36)
    assert scale.mm_per_px == pytest.approx(0.24)
    assert scale.error_mm_per_px == pytest.approx(0.24 * 0.02 * math.sqrt(2))
    assert scale.source == "distance"


def test_the_equivalent_on_film_is_the_same_lens():
    on_film = from_distance(2000, (4000, 6000), focal_35mm=50)
    assert on_film.mm_per_px == pytest.approx(0.24)
    upright = from_distance(2000, (6000, 4000), focal_35mm=50)
    assert upright.mm_per_px == on_film.mm_per_px


def test_a_distance_without_a_lens_says_what_is_missing():
    with pytest.raises(SettingsError, match="--focal-length"):
        from_distance(1500, (3000, 4000))


@pytest.mark.parametrize("wrong", [{"distance_mm": 0}, {"distance_mm": 1500, "focal_35mm": -2}])
def test_lenses_and_distances_below_zero_are_refused(wrong):
    with pytest.raises(SettingsError, match="above 0"):
        from_distance(**{"size_hw": (10, 10), **wrong})


@pytest.mark.parametrize(
    ("text", "wanted"), [("1.5m", 1500), ("1,5 m", 1500), ("80cm", 800), ("350 mm", 350), ("2", 2000)]
)
def test_distances_are_read_with_their_unit(text, wanted):
    assert distance_mm(text) == wanted


@pytest.mark.parametrize("text", ["", "0", "-1m", "near", "nan", "1.5km", "m"])
def test_what_is_no_distance_is_refused(text):
    with pytest.raises(SettingsError, match="is no distance"):
        distance_mm(text)


def test_a_table_gives_each_photograph_its_scale(tmp_path):
    table = tmp_path / "scales.csv"
    table.write_text("photo,mm_per_px,error\na.jpg,0.2,0.01\nb c.jpg,1.5,\n", encoding="utf-8")
    assert read_scales(table) == {"a.jpg": Scale(0.2, 0.01, "table"), "b c.jpg": Scale(1.5, 0.0, "table")}
    table.write_text("\ufeffphoto;mm_per_px\nà.jpg;0,25\n", encoding="utf-8")
    assert read_scales(table) == {"à.jpg": Scale(0.25, 0.0, "table")}
    table.write_text("photo,mm_per_px\na.jpg,0.2,,\n", encoding="utf-8")  # as spreadsheets save a table once wider
    assert read_scales(table) == {"a.jpg": Scale(0.2, 0.0, "table")}


@pytest.mark.parametrize("error", ["3%", "3 %", "3,0%"])
def test_the_error_of_a_table_may_be_a_share(tmp_path, error):
    table = tmp_path / "scales.csv"
    table.write_text(f"photo;mm_per_px;error\na.jpg;0,2;{error}\n", encoding="utf-8")
    assert read_scales(table)["a.jpg"].error_mm_per_px == pytest.approx(0.006)


@pytest.mark.parametrize("empty", [";;", " ; ;", ";;;;", ""])
def test_lines_of_a_table_without_anything_in_them_are_passed_over(tmp_path, empty):
    table = tmp_path / "scales.csv"
    table.write_text(f"photo;mm_per_px;error\n{empty}\na.jpg;0,2;\n{empty}\n", encoding="utf-8")
    assert read_scales(table) == {"a.jpg": Scale(0.2, 0.0, "table")}


@pytest.mark.parametrize(
    ("content", "wanted"),
    [
        ("name,scale\na,1\n", "columns name, scale"),
        ("", "none"),
        ("photo,mm_per_px\na.jpg,0\n", "line 2"),
        ("photo,mm_per_px\na.jpg,1\nb.jpg,wide\n", "line 3"),
        ("photo,mm_per_px\na.jpg\n", "line 2"),
        ("photo,mm_per_px\na.jpg,1e-300\n", "line 2"),
        ("photo,mm_per_px,error\na.jpg,0.2,-1\n", r"line 2: a.jpg,0.2,-1 is no scale"),
        ("photo,mm_per_px,error\na.jpg,0.2,0.2\n", r"line 2: a.jpg,0.2,0.2 is no scale"),
        ("photo,mm_per_px,error\na.jpg,0.2,%\n", r"line 2: a.jpg,0.2,% is no scale"),
        ("photo,mm_per_px\na.jpg,0.2\n,0.3\n", "line 3 has a scale and names no photograph"),
        ("photo,mm_per_px\na.jpg,1,2\n", "line 2 has more values than there are columns"),
        ("photo,mm_per_px\na.jpg,0.2\nb.jpg,1\na.jpg,0.3\n", "lines 2 and 4: two scales for a.jpg"),
    ],
)
def test_a_table_that_cannot_be_used_says_where(tmp_path, content, wanted):
    table = tmp_path / "scales.csv"
    table.write_text(content, encoding="utf-8")
    with pytest.raises(DataError, match=wanted):
        read_scales(table)


def test_a_table_that_is_not_there_or_no_text_is_one_sentence(tmp_path):
    with pytest.raises(DataError, match="cannot be read"):
        read_scales(tmp_path / "none.csv")
    (tmp_path / "x.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DataError, match="not text"):
        read_scales(tmp_path / "x.csv")


def test_a_table_with_a_field_without_end_is_refused_in_a_sentence(tmp_path):
    table = tmp_path / "scales.csv"
    table.write_text('photo,mm_per_px\nx.jpg,"' + "1" * 150_000 + '"\n', encoding="utf-8")
    with pytest.raises(DataError, match="no table that can be read"):
        read_scales(table)
