"""What a camera wrote into its file comes out as it was, and what is damaged or missing is left out."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from PIL.PngImagePlugin import PngImageFile
from PIL.TiffImagePlugin import IFDRational, ImageFileDirectory_v2

from fissura.images import CameraFacts, camera_facts, taken_hw

EXIF, GPS = 0x8769, 0x8825


def dms(degrees):
    """Degrees as EXIF stores them: degrees, minutes and ten-thousandths of seconds."""
    units = round(abs(degrees) * 3600 * 10000)
    whole, rest = divmod(units, 36_000_000)
    minutes, seconds = divmod(rest, 600_000)
    return (IFDRational(whole, 1), IFDRational(minutes, 1), IFDRational(seconds, 10000))


def photograph(plain=None, exif=None, gps=None, form="JPEG"):
    head = Image.Exif()
    for tag, value in (plain or {}).items():
        head[tag] = value
    for ifd, values in ((EXIF, exif), (GPS, gps)):
        if values:
            head.get_ifd(ifd).update(values)
    out = io.BytesIO()
    if form == "TIFF":  # Pillow writes what hangs on a TIFF's head in another way
        tags = ImageFileDirectory_v2()
        tags.update({**(plain or {}), EXIF: exif or {}, GPS: gps or {}})
        Image.new("RGB", (20, 10), "grey").save(out, form, tiffinfo=tags)
    else:
        Image.new("RGB", (20, 10), "grey").save(out, form, exif=head)
    return out.getvalue()


def position(latitude, longitude, more=None):
    return {
        1: "N" if latitude >= 0 else "S",
        2: dms(latitude),
        3: "E" if longitude >= 0 else "W",
        4: dms(longitude),
        **(more or {}),
    }


def test_pixels_of_a_png_beyond_the_limit_are_not_decoded_for_what_may_stand_behind_them(monkeypatch, tmp_path):
    path = tmp_path / "wide.png"
    Image.new("1", (300, 200)).save(path)
    decoded = []
    load = PngImageFile.load
    monkeypatch.setattr(PngImageFile, "load", lambda image: decoded.append(image) or load(image))
    assert (
        camera_facts(path, max_pixels=300 * 200 - 1) == camera_facts(path.read_bytes(), max_pixels=1) == CameraFacts()
    )
    assert not decoded
    assert camera_facts(path, max_pixels=300 * 200) == CameraFacts()
    assert decoded
    path.write_bytes(photograph({0x0110: "One"}, form="PNG"))
    assert camera_facts(path, max_pixels=1).model == "One"


@pytest.mark.parametrize("form", ["JPEG", "TIFF", "WEBP", "PNG"])
def test_time_place_and_lens_are_read_from_every_format_that_holds_them(form):
    content = photograph(
        {0x010F: "Maker\x00\x00", 0x0110: " One ", 0x0112: 6},
        {0x9003: "2024:05:31 14:05:09", 0x9011: "+02:00", 0x920A: IFDRational(43, 10), 0xA405: 26},
        position(45.7578, 4.832, {5: b"\x00", 6: IFDRational(1735, 10), 17: IFDRational(271, 1)}),
        form,
    )
    found = camera_facts(content)
    assert found == CameraFacts(
        taken="2024-05-31T14:05:09+02:00",
        latitude_deg=45.7578,
        longitude_deg=4.832,
        altitude_m=173.5,
        direction_deg=271.0,
        focal_mm=4.3,
        focal_35mm=26.0,
        make="Maker",
        model="One",
        orientation=6,
    )


@given(st.floats(-90, 90), st.floats(-180, 180))
def test_positions_come_back_on_every_side_of_the_equator_and_of_greenwich(latitude, longitude):
    found = camera_facts(photograph(gps=position(latitude, longitude)))
    if max(abs(latitude), abs(longitude)) > 1e-6:
        assert found.latitude_deg == pytest.approx(latitude, abs=2e-7)
        assert found.longitude_deg == pytest.approx(longitude, abs=2e-7)


def test_position_without_a_fix_is_none():
    assert camera_facts(photograph(gps=position(0.0, 0.0))).latitude_deg is None


def test_position_needs_both_angles_and_their_sides():
    for missing in (1, 2, 3, 4):
        gps = position(45.0, 5.0)
        del gps[missing]
        found = camera_facts(photograph(gps=gps))
        assert (found.latitude_deg, found.longitude_deg, found.altitude_m) == (None, None, None)


def test_camera_below_the_sea_is_below_it():
    gps = position(52.0, 5.0, {5: b"\x01", 6: IFDRational(4, 1)})
    assert camera_facts(photograph(gps=gps)).altitude_m == -4.0


@pytest.mark.parametrize("taken", ["0000:00:00 00:00:00", "    :  :     :  :  ", "yesterday", ""])
def test_time_that_is_none_is_left_out(taken):
    assert camera_facts(photograph(exif={0x9003: taken})).taken is None


def test_a_size_below_one_pixel_is_unknown(tmp_path):
    for wide, known in ((IFDRational(3, 10), None), (640, (480, 640))):
        (tmp_path / "a.jpg").write_bytes(photograph(exif={0xA002: wide, 0xA003: 480}))
        assert taken_hw(tmp_path / "a.jpg") == known


def test_zero_focal_length_is_unknown():
    found = camera_facts(photograph(exif={0x920A: IFDRational(0, 1), 0xA405: 0}))
    assert (found.focal_mm, found.focal_35mm) == (None, None)


def test_division_by_zero_in_a_fraction_is_unknown():
    assert camera_facts(photograph(exif={0x920A: IFDRational(4, 0)})).focal_mm is None


def test_sensor_width_follows_from_the_resolution_on_the_focal_plane():
    exif = {0xA002: 6000, 0xA003: 4000, 0xA20E: IFDRational(6000, 36), 0xA210: 4}
    assert camera_facts(photograph(exif=exif)).sensor_width_mm == pytest.approx(36.0)


def test_nothing_is_said_where_nothing_is_written_or_all_is_damaged():
    assert camera_facts(photograph()) == CameraFacts()
    assert camera_facts(b"") == CameraFacts()
    assert camera_facts(b"no image") == CameraFacts()
    whole = photograph(exif={0x9003: "2024:05:31 14:05:09"}, gps=position(45.0, 5.0))
    for cut in range(0, 400, 7):  # never raises, wherever the file breaks off
        camera_facts(whole[:cut])


def test_a_path_may_be_text(tmp_path):
    path = tmp_path / "photo.jpg"
    exif = Image.Exif()
    exif[0x010F] = "Maker"
    Image.new("L", (8, 8)).save(path, exif=exif)
    assert camera_facts(str(path)) == camera_facts(path)
    assert camera_facts(str(path)).make == "Maker"
