"""Each photograph gets its scale, or the reason why it has none."""

import io

import pytest
from PIL import Image
from PIL.TiffImagePlugin import IFDRational

from fissura.errors import DataError, SettingsError
from fissura.inspection.scale import Scale
from fissura.survey import ScaleWish, listed, scales_of
from fissura.survey.truth import masks_of


@pytest.fixture
def walls(tmp_path):
    (tmp_path / "walls" / "sub").mkdir(parents=True)
    for name, lens in (("phone.jpg", {0xA405: 26}), ("sub/plain.jpg", {}), ("lens.jpg", {0x920A: IFDRational(50, 1)})):
        head, out = Image.Exif(), io.BytesIO()
        head.get_ifd(0x8769).update(lens)
        Image.new("L", (400, 300), 128).save(out, "JPEG", exif=head)
        (tmp_path / "walls" / name).write_bytes(out.getvalue())
    (tmp_path / "walls" / "broken.jpg").write_bytes(b"")
    return tmp_path


def found(walls, **wish):
    return scales_of(listed([str(walls / "walls")]).entries, ScaleWish(**wish))


def test_one_number_is_the_scale_of_all(walls):
    scales = found(walls, mm_per_px=0.2, error="0.01")
    assert set(scales.values()) == {Scale(0.2, 0.01, "given")}
    assert found(walls, mm_per_px=0.2, error="5 %")["phone.jpg"].error_mm_per_px == pytest.approx(0.01)
    assert found(walls, mm_per_px=0.2, error="0,01")["phone.jpg"].error_mm_per_px == pytest.approx(0.01)


def test_distance_takes_the_lens_from_the_photograph_and_says_where_it_is_missing(walls):
    scales = found(walls, distance="1.5m")
    assert scales["phone.jpg"].mm_per_px == pytest.approx(1500 * 43.2666 / 26 / 500, rel=1e-4)
    assert isinstance(scales["sub/plain.jpg"], SettingsError)
    assert isinstance(scales["lens.jpg"], SettingsError)
    assert "broken.jpg" not in scales


@pytest.mark.parametrize("taken", [(800, 600), (600, 800), (4032, 3000)])
def test_photograph_made_smaller_or_turned_keeps_its_lens(tmp_path, taken):
    scale = found(cut(tmp_path, taken), distance="1.5m")["cut.jpg"]
    assert scale.mm_per_px == pytest.approx(1500 * 43.2666 / 26 / 500, rel=1e-4)


def test_distance_gives_no_scale_to_a_photograph_that_was_cut(tmp_path):
    lens = {"distance": "2m", "focal_mm": 50.0, "sensor_width_mm": 36.0}
    for wish in ({"distance": "1.5m"}, lens):
        with pytest.raises(SettingsError, match=r"cut\.jpg was cut: it has 400 x 300 px, .* took 4000 x 2250"):
            found(cut(tmp_path, (4000, 2250)), **wish)


def cut(folder, taken):
    """A photograph of 400 x 300 px whose camera says that it took ``taken`` (width, height)."""
    head, out = Image.Exif(), io.BytesIO()
    head.get_ifd(0x8769).update({0xA405: 26, 0xA002: taken[0], 0xA003: taken[1]})
    Image.new("L", (400, 300), 128).save(out, "JPEG", exif=head)
    (folder / "walls").mkdir(exist_ok=True)
    (folder / "walls" / "cut.jpg").write_bytes(out.getvalue())
    return folder


def test_lens_that_is_given_goes_before_that_of_the_photograph(walls):
    scales = found(walls, distance="2m", focal_mm=50.0, sensor_width_mm=36.0)
    assert scales["phone.jpg"].mm_per_px == pytest.approx(2000 * 36 / 400 / 50)
    assert scales["sub/plain.jpg"] == scales["phone.jpg"]
    assert found(walls, distance="2m", sensor_width_mm=36.0)["lens.jpg"] == scales["lens.jpg"]


def test_table_names_photographs_with_or_without_their_folder(walls):
    (walls / "scales.csv").write_text("photo,mm_per_px,error\nplain.jpg,0.3,0.01\nphone.jpg,0.2,\n", encoding="utf-8")
    scales = found(walls, table=walls / "scales.csv")
    assert scales["sub/plain.jpg"] == Scale(0.3, 0.01, "table")
    assert scales["phone.jpg"] == Scale(0.2, 0.0, "table")
    assert isinstance(scales["lens.jpg"], DataError)


def test_table_and_masks_may_write_a_name_as_another_system_does(walls):
    (walls / "walls" / "sub" / "plain.jpg").rename(walls / "walls" / "sub" / "e\N{COMBINING ACUTE ACCENT}te.jpg")
    table = walls / "scales.csv"
    for name in ("sub/\xe9te.jpg", "\xe9te.jpg", "sub\\\xe9te.jpg"):
        table.write_text(f"photo,mm_per_px\n{name},0.3\n", encoding="utf-8")
        assert found(walls, table=table)["sub/e\N{COMBINING ACUTE ACCENT}te.jpg"] == Scale(0.3, 0.0, "table")
    (walls / "masks").mkdir()
    (walls / "masks" / "\xe9te.png").write_bytes(b"")
    masks = masks_of(listed([str(walls / "walls")]).entries, walls / "masks")
    assert list(masks) == ["sub/e\N{COMBINING ACUTE ACCENT}te.jpg"]


def test_table_may_write_a_name_in_other_capitals_where_one_photograph_alone_can_be_meant(walls):
    table = walls / "scales.csv"
    for name in ("PLAIN.JPG", "Sub/Plain.jpg", "SUB\\plain.JPG"):
        table.write_text(f"photo,mm_per_px\n{name},0.3\n", encoding="utf-8")
        assert found(walls, table=table)["sub/plain.jpg"] == Scale(0.3, 0.0, "table")
    for name in ("PHONE.jpg", "Phone.JPG"):
        (walls / "walls" / name).write_bytes((walls / "walls" / "phone.jpg").read_bytes())
    table.write_text("photo,mm_per_px\nphone.jpg,0.2\nphone.JPG,0.3\nPlain.jpg,0.4\n", encoding="utf-8")
    scales = found(walls, table=table)
    assert {name for name, scale in scales.items() if isinstance(scale, Scale)} == {"phone.jpg", "sub/plain.jpg"}
    assert scales["phone.jpg"] == Scale(0.2, 0.0, "table")


def test_bare_name_of_two_photographs_is_refused_and_of_one_at_the_top_is_its_alone(walls):
    (walls / "walls" / "other").mkdir()
    (walls / "walls" / "other" / "plain.jpg").write_bytes((walls / "walls" / "phone.jpg").read_bytes())
    (walls / "walls" / "sub" / "phone.jpg").write_bytes((walls / "walls" / "phone.jpg").read_bytes())
    table = walls / "scales.csv"
    table.write_text("photo,mm_per_px\nplain.jpg,0.3\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"plain\.jpg may be other/plain\.jpg or sub/plain\.jpg"):
        found(walls, table=table)
    table.write_text("photo,mm_per_px\nplain.jpg,0.3\nsub/plain.jpg,0.2\nphone.jpg,0.4\n", encoding="utf-8")
    scales = found(walls, table=table)
    assert [scales[name].mm_per_px for name in ("other/plain.jpg", "sub/plain.jpg", "phone.jpg")] == [0.3, 0.2, 0.4]
    assert isinstance(scales["sub/phone.jpg"], DataError)


def test_two_spellings_of_one_name_with_two_scales_are_refused(walls):
    table = walls / "scales.csv"
    table.write_text("photo,mm_per_px\nsub/plain.jpg,0.3\nsub\\plain.jpg,0.3\n", encoding="utf-8")
    assert found(walls, table=table)["sub/plain.jpg"] == Scale(0.3, 0.0, "table")
    table.write_text("photo,mm_per_px\nsub/plain.jpg,0.3\nsub\\plain.jpg,0.2\n", encoding="utf-8")
    with pytest.raises(DataError, match="are one photograph and have two scales"):
        found(walls, table=table)


def test_uncertainty_of_the_whole_scale_is_refused(walls):
    for given in ({"mm_per_px": 0.2, "error": "300%"}, {"distance": "2m", "error": "80 %", "sensor_width_mm": 36.0}):
        with pytest.raises(SettingsError, match="as large as the scale itself"):
            found(walls, **given)


def test_uncertainty_of_distance_and_lens_is_a_share_of_each(walls):
    scale = found(walls, distance="1.5m", error="3,5 %")["phone.jpg"]
    assert scale.error_mm_per_px == pytest.approx(scale.mm_per_px * 0.035 * 2**0.5)
    for typed in ("0.01", "3", "-3%", "%", "much"):  # a bare number would change its unit with the option beside it
        with pytest.raises(SettingsError, match=r"--scale-error is .*; with --distance wanted a share"):
            found(walls, distance="1.5m", error=typed)


def test_table_of_other_photographs_is_refused(walls):
    (walls / "scales.csv").write_text("photo,mm_per_px\nelsewhere.jpg,0.3\n", encoding="utf-8")
    with pytest.raises(SettingsError, match="names none of these photographs"):
        found(walls, table=walls / "scales.csv")


def test_nothing_given_is_no_scale(walls):
    assert found(walls) == {}
