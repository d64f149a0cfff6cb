"""A photograph from file to record: what comes back, how it shows, what it refuses."""

import dataclasses
import io
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import torch
from matplotlib import pyplot as plt
from PIL import Image
from tests.perfect_map import inspected_perfectly

import fissura
from fissura.classifier import Classifier, Decision, Preprocessing
from fissura.data.synthetic.gauge import gauge
from fissura.errors import DataError, SettingsError
from fissura.images import ImageError
from fissura.inspection import Inspection, Scale, Settings, inspect_all
from fissura.inspection.photograph import unfitness
from fissura.inspection.record import REASONS, WARNINGS
from fissura.inspection.showing import text
from fissura.language import language
from fissura.models import build


@pytest.fixture(scope="module")
def detector():
    torch.manual_seed(1)
    model = build("detector", (224, 224), 2).eval()
    return Classifier(
        "detector", {}, model, ("intact", "crack"), Preprocessing((224, 224), 0.0, 1.0), decision=Decision(1, 0.5, 1.0)
    )


@pytest.fixture(scope="module")
def cracked():
    scene = gauge(3, 1, 6.0, surface="fine concrete", size_hw=(240, 320))
    return scene, inspected_perfectly(scene.image, scene.mask, scale=Scale(0.25, 0.01))


def jpeg(pixels):
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "JPEG", quality=92)
    return out.getvalue()


def test_file_bytes_and_pixels_give_the_same_findings(tmp_path, detector, cracked):
    content = jpeg(cracked[0].image)
    path = tmp_path / "wall.jpg"
    path.write_bytes(content)
    pixels = np.array(Image.open(path))
    settings = Settings(threshold=0.1)
    of_file, of_bytes, of_pixels = (
        fissura.inspect(each, detector, settings=settings) for each in (path, content, pixels)
    )
    assert of_file.name == str(path)
    assert of_file.sha256 == of_bytes.sha256 != of_pixels.sha256
    np.testing.assert_array_equal(of_file.log_odds, of_pixels.log_odds)
    assert len(of_file.findings) == len(of_pixels.findings)
    assert of_file.model == detector.fingerprint
    assert of_file.ok


def test_pixels_that_may_not_be_written_are_inspected_as_others(detector, cracked):
    fixed = cracked[0].image.copy()
    fixed.setflags(write=False)
    found, others = (fissura.inspect(pixels, detector) for pixels in (fixed, cracked[0].image))
    assert np.array_equal(found.log_odds, others.log_odds)


def test_the_record_is_frozen_and_prints_well(cracked):
    inspection = cracked[1]
    with pytest.raises(dataclasses.FrozenInstanceError):
        inspection.name = "other"
    shown = str(inspection)
    assert "240 x 320 px" in shown
    assert "0.250 ± 0.010 mm/px" in shown.replace("\u00a0", " ")
    assert inspection.findings[0].id in shown
    assert "\u00a0mm " in shown
    assert "signalements" in text(inspection, language("fr"))


def test_what_an_interactive_session_shows_of_it_holds_no_arrays(cracked):
    inspection = cracked[1]
    shown = repr(inspection)
    assert "array(" not in shown
    assert shown == str(inspection)  # all numbers of a finding are a thousand signs


def test_without_a_scale_lengths_are_in_pixels_and_said_so(cracked):
    plain = dataclasses.replace(cracked[1], scale=None)
    assert "no scale: lengths in pixels" in str(plain)
    assert "\u00a0mm" not in str(plain)
    assert plain.scaled(plain.length) == plain.length


def test_it_gives_a_table(cracked):
    pandas = pytest.importorskip("pandas")
    frame = cracked[1].to_dataframe()
    assert isinstance(frame, pandas.DataFrame)
    assert frame["length_mm"][0] == pytest.approx(cracked[1].findings[0].length.value * 0.25)
    assert {"id", "width_max_mm", "width_max_error_mm", "area_mm2", "orientation_deg"} <= set(frame.columns)
    for scale in (None, Scale(0.25, 0.01)):
        found = dataclasses.replace(cracked[1], scale=scale)
        with_one, without = found.to_dataframe(), dataclasses.replace(found, findings=()).to_dataframe()
        assert len(without) == 0
        assert list(without.columns) == list(with_one.columns)
        assert (without.dtypes == with_one.dtypes).all()


def test_it_draws_itself(cracked):
    scene, inspection = cracked
    axes = inspection.plot(scene.image)
    assert len(axes.collections) == sum(len(finding.lines) for finding in inspection.findings)
    assert inspection.plot().images
    assert inspection.plot(axes=axes) is axes
    for given, kind in ((axes, "Axes"), ("wall.jpg", "str")):
        with pytest.raises(fissura.FissuraError, match=rf"are a {kind}; .* plot\(axes=\.\.\.\)"):
            inspection.plot(given)
    with pytest.raises(fissura.FissuraError, match=r"shape \(3, 4\); the photograph is \d+ x \d+ px"):
        inspection.plot(scene.image[:3, :4])
    plt.close("all")


def test_a_picture_of_findings_is_one_that_a_session_shows_and_a_script_forgets(cracked, monkeypatch):
    before = plt.get_fignums()
    cracked[1].plot()
    assert plt.get_fignums() == before
    monkeypatch.setattr(sys, "ps1", ">>> ", raising=False)
    shown = cracked[1].plot().figure
    assert shown.number in plt.get_fignums()
    plt.close(shown)


@pytest.mark.parametrize(
    ("pixels", "code"),
    [
        (np.zeros((300, 300), np.uint8), "black"),
        (np.full((300, 300), 255, np.uint8), "white"),
        (np.full((300, 300), 128, np.uint8), "flat"),
        (np.random.default_rng(0).integers(0, 255, (20, 300)).astype(np.uint8), "tiny"),
        (np.full((1, 1), 7, np.uint8), "tiny"),
    ],
)
def test_a_picture_of_nothing_is_a_warning_and_no_finding(detector, pixels, code):
    found = fissura.inspect(pixels, detector, settings=Settings(threshold=0.001))
    assert found.warnings == (code,)
    assert found.findings == ()
    assert found.probability is None
    assert not found.ok
    assert found.length.value is found.area.value is found.density.value is None
    assert found.log_odds.shape == tuple(-(-side // 4) for side in pixels.shape)
    assert np.isnan(found.log_odds).all()
    assert WARNINGS[code] in str(found)
    assert "that there is no finding says nothing" in str(found)
    plt.close(found.plot().figure)


def test_every_warning_and_reason_that_is_promised_is_given_somewhere():
    package = Path(fissura.__file__).parent
    record = package / "inspection" / "record.py"
    files = [each for folder in ("inspection", "images") for each in (package / folder).glob("*.py") if each != record]
    code = "".join(each.read_text(encoding="utf-8") for each in files)
    named = record.read_text(encoding="utf-8").count
    assert [each for each in (*WARNINGS, *REASONS) if f'"{each}"' not in code and named(f'"{each}"') < 2] == []


@pytest.mark.parametrize("blur_px", [5, 12, 30])
def test_a_blurred_picture_is_called_blurred_and_a_sharp_one_not(blur_px):
    from scipy.ndimage import gaussian_filter

    scene = gauge(3, 1, 6.0, surface="plaster", size_hw=(320, 480))
    assert unfitness(scene.image) == ()
    assert unfitness(gaussian_filter(scene.image, blur_px)) == ("blurred",)


def test_a_sharp_crack_on_a_smooth_wall_lit_from_one_side_is_not_blurred():
    wall = np.tile(np.linspace(120, 200, 480).astype(np.uint8), (320, 1))
    assert unfitness(wall) == ("blurred",)  # nothing on it is sharp
    wall[40:100, 200:203] = 30
    assert unfitness(wall) == ()


def test_many_photographs_come_in_their_order_and_a_bad_one_does_not_stop_them(tmp_path, detector, cracked):
    good = jpeg(cracked[0].image)
    contents = {"a.jpg": good, "b.jpg": b"", "c.jpg": good[: len(good) // 2], "d.jpg": good}
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    paths = [*(tmp_path / name for name in contents), tmp_path / "gone.jpg"]
    found = list(inspect_all(paths, detector, at_once=2))
    assert [Path(each.name).name for each in found] == [path.name for path in paths]
    assert [each.ok for each in found] == [True, False, False, True, False]
    assert isinstance(found[1].error, ImageError)
    assert "not inspected" in str(found[1])
    assert all(isinstance(each, Inspection) for each in found)


def test_what_is_no_photograph_among_many_is_told_like_a_bad_one(detector):
    wrong = [np.zeros((64, 64)), None, b"", np.zeros((64, 64), np.uint8)]
    found = list(inspect_all(wrong, detector, at_once=1))
    assert [each.name for each in found] == ["pixels", "image", "image", "pixels"]
    assert [type(each.error) for each in found] == [DataError, DataError, ImageError, type(None)]


@pytest.mark.parametrize("scale", [0, -0.2, float("nan")])
def test_a_scale_that_is_none_is_refused(detector, scale):
    with pytest.raises(SettingsError, match="wanted a number above 0"):
        fissura.inspect(np.zeros((50, 50), np.uint8), detector, scale=scale)


@pytest.mark.parametrize("scale", ["0.2", True, (0.2,), np.array([0.2, 0.3]), 1j, Scale("0.2"), Scale(0.2, "3%")])
def test_what_is_no_number_is_no_scale_in_one_sentence(detector, scale):
    with pytest.raises(SettingsError, match=r"is not an? .*; wanted a number"):
        fissura.inspect(np.zeros((60, 60), np.uint8), detector, scale=scale)


@pytest.mark.parametrize("scale", [2, np.float32(2), np.float64(2), np.int64(2), Fraction(2), Scale(np.float32(2))])
def test_any_kind_of_number_is_a_scale(detector, scale):
    assert fissura.inspect(np.zeros((60, 60), np.uint8), detector, scale=scale).scale == Scale(2.0)


@pytest.mark.parametrize(
    "settings",
    [
        Settings(threshold=0),
        Settings(threshold=1.5),
        Settings(threshold="0.5"),
        Settings(shortest_px=-1),
        Settings(shortest_px=None),
        Settings(two_scales="no"),
        Settings(max_pixels=0),
        Settings(max_pixels=2.5),
    ],
)
def test_settings_out_of_range_are_refused(detector, settings):
    with pytest.raises(SettingsError, match=r"wanted (a|True)"):
        fissura.inspect(np.zeros((50, 50), np.uint8), detector, settings=settings)


def test_pixels_in_colour_are_inspected_as_their_grey(detector, cracked):
    colours = np.stack([cracked[0].image] * 3, axis=2)
    of_grey, of_colours = (fissura.inspect(pixels, detector) for pixels in (cracked[0].image, colours))
    assert np.array_equal(of_grey.log_odds, of_colours.log_odds)
    assert of_grey.sha256 != of_colours.sha256


@pytest.mark.parametrize("wrong", [np.zeros((64, 64)), np.zeros((64, 64, 4), np.uint8), np.zeros((0, 64), np.uint8)])
def test_pixels_of_another_kind_are_refused(detector, wrong):
    with pytest.raises(DataError, match=r"wanted uint8 of shape \(height, width\) or \(height, width, 3\)\."):
        fissura.inspect(wrong, detector)


@pytest.mark.parametrize("photo", [None, 3, ["a.jpg", "b.jpg"]])
def test_what_is_no_photograph_is_one_sentence(detector, photo):
    with pytest.raises(DataError, match=f"is a {type(photo).__name__}; wanted one file"):
        fissura.inspect(photo, detector)


def test_too_many_pixels_are_refused_before_they_are_decoded(tmp_path, detector):
    (tmp_path / "big.png").write_bytes(jpeg(np.zeros((60, 60), np.uint8)))
    with pytest.raises(ImageError, match="3600 pixels; at most 100"):
        fissura.inspect(tmp_path / "big.png", detector, settings=Settings(max_pixels=100))


def test_python_of_the_page_runs(tmp_path, monkeypatch, capsys):
    text = (Path(__file__).parent.parent / "docs" / "inspecting.md").read_text(encoding="utf-8")
    code = text.partition("## From Python")[2].partition("```python\n")[2].partition("```")[0]
    monkeypatch.chdir(tmp_path)
    scene = gauge(3, 5, 6.0, surface="fine concrete", size_hw=(448, 448))
    Image.fromarray(scene.image).save("wall.jpg", quality=95)
    names = {}
    exec(compile(code, "inspecting.md", "exec"), names)
    plt.close("all")
    shown = capsys.readouterr().out
    assert "448 x 448 px, 0.2000 ± 0.0060 mm/px" in shown.replace("\xa0", " ")
    assert "wall.jpg True" in shown
    assert "absent.jpg False None absent.jpg is not there" in shown
    assert len(names["table"]) > 0
    assert Path("wall-findings.png").stat().st_size > 0


def test_one_photograph_is_as_good_as_a_list_of_one(detector, tmp_path):
    for path in (tmp_path / "absent.jpg", str(tmp_path / "absent.jpg")):
        (found,) = inspect_all(path, detector)
        assert not found.ok
    with pytest.raises(fissura.FissuraError, match=r"scales is of type float; wanted a list, with one for each"):
        list(inspect_all([tmp_path / "absent.jpg"], detector, scales=0.2))
