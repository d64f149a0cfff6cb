"""Predictions: the same numbers however pictures are given, a reason for what cannot be judged, rows as they come."""

import csv
import io
import json
import os
import re
import shutil
import signal
import unicodedata
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image
from test_cli import OFFLINE, fissura

import fissura as package
from fissura.classifier import Classifier, Decision, Preprocessing, evaluating
from fissura.cli.predict import _summary
from fissura.errors import ClassifierFileError, DataError
from fissura.inspection.photograph import unfitness
from fissura.language import language
from fissura.models import build
from fissura.prediction import Prediction, predict
from fissura.reporting.cells import cells_of

DENIED = PermissionError(13, "Permission denied")
FORMATS = {
    "sixteen.tif": lambda grey: Image.fromarray(grey.astype(np.uint16) * 257),
    "float.tif": lambda grey: Image.fromarray(grey.astype(np.float32) / 255),
    "alpha.png": lambda grey: Image.fromarray(grey).convert("RGBA"),
    "palette.png": lambda grey: Image.fromarray(grey).convert("RGB").quantize(256),
    "palette.gif": Image.fromarray,
    "cmyk.tif": lambda grey: Image.fromarray(grey).convert("RGB").convert("CMYK"),
    "plain.bmp": Image.fromarray,
}


def wall(height, width, seed=1, crack=True):
    random = np.random.default_rng(seed)
    grey = 150 + random.normal(0, 9, (height, width))
    if crack:
        columns = width / 2 + np.cumsum(random.normal(0, 0.7, height))
        grey -= 100 * np.exp(-(((np.arange(width)[None] - columns[:, None]) / 2) ** 2))
    return np.clip(grey, 0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def detector():
    torch.manual_seed(7)
    model = build("detector", (224, 224), 2)
    prepared = Preprocessing((224, 224), 0.0, 1.0)
    return Classifier("detector", {}, model, ("intact", "crack"), prepared, decision=Decision(1, 0.5))


def test_a_probability_of_the_threshold_itself_speaks_for_what_is_looked_for(detector):
    said = [detector.label_of(np.array([1 - chance, chance], np.float32)) for chance in (0.499, 0.5, 0.501)]
    assert said == [0, 1, 1]
    between = replace(detector, decision=Decision(1, 1 - 1.5 * 2**-24))  # two float32; rounded it would be the lower
    said = [between.label_of(np.array([1 - chance, chance], np.float32)) for chance in (1 - 2**-23, 1 - 2**-24)]
    assert said == [0, 1]


@pytest.fixture(scope="module")
def thorough(detector):
    return replace(detector, decision=replace(detector.decision, mirrored=(1.2, 0.1)))


@pytest.fixture(scope="module")
def digits():
    torch.manual_seed(8)
    return Classifier("cnn1", {}, build("cnn1", (28, 28), 10), tuple("0123456789"), Preprocessing((28, 28), 0.13, 0.31))


@pytest.fixture
def folder(tmp_path, detector):
    detector.save(tmp_path / "detector.safetensors")
    walls = tmp_path / "walls"
    (walls / "north" / "below").mkdir(parents=True)
    for k, (height, width) in enumerate([(224, 224), (227, 227), (300, 260), (500, 470), (150, 420)]):
        Image.fromarray(wall(height, width, k, k % 2 == 0)).save(walls / "north" / f"{k}.png")
    Image.fromarray(wall(112, 112)).save(walls / "north" / "below" / "deep.png")
    (walls / "notes.txt").write_text("no image", encoding="utf-8")
    return tmp_path


def rows_of(text):
    return [json.loads(line) for line in text.splitlines()]


def same(one, other):
    assert one.label == other.label
    assert one.window == other.window
    np.testing.assert_allclose(one.probabilities, other.probabilities, atol=1e-5)


def test_numbers_are_the_same_alone_in_a_list_and_whatever_the_batch(detector):
    pictures = [wall(h, w, h) for h, w in ((224, 224), (227, 227), (480, 460), (64, 64), (120, 420), (400, 447))]
    alone = [next(predict(detector, [each], batch=1)) for each in pictures]
    for batch in (1, 2, 3, 7, 64):
        for one, other in zip(alone, predict(detector, pictures, batch=batch), strict=True):
            same(one, other)
    for one, other in zip(alone, reversed(list(predict(detector, pictures[::-1]))), strict=True):
        same(one, other)


def test_a_picture_of_the_trained_size_is_judged_as_the_classifier_does(detector):
    tiles = np.stack([wall(224, 224, k, k < 3) for k in range(6)])
    found = np.stack([said.probabilities for said in predict(detector, list(tiles))])
    np.testing.assert_allclose(found, detector.probabilities(tiles), atol=1e-5)
    assert detector.predict(list(tiles)).labels.tolist() == detector.predict(tiles).labels.tolist()


def test_the_most_suspicious_window_decides(detector):
    picture = wall(700, 700, 3)
    said = next(predict(detector, [picture]))
    parts = detector.windows((700, 700))
    scores = detector.scores(np.stack([detector.seen(picture, part) for part in parts]))
    assert said.windows == len(parts) == 36
    assert said.window == parts[int(scores.argmax())]
    assert said.probabilities[1] == pytest.approx(scores.max(), abs=1e-6)
    assert detector.predict([picture])[0].label == said.label


def test_a_network_that_looks_at_mirror_images_says_the_same_of_each_of_them(detector):
    images = torch.from_numpy(np.stack([wall(150, 219, k) for k in range(3)])).float().unsqueeze(1) / 255
    with evaluating(detector.model):
        cells = detector.model.mirrored_map(images[:, :, :144, :208])
        for axes in ((3,), (2,), (2, 3)):
            turned = detector.model.mirrored_map(images[:, :, :144, :208].flip(axes)).flip(axes)
            torch.testing.assert_close(turned, cells, atol=1e-5, rtol=0)
        assert detector.model.mirrored_map(images).shape == detector.model.map(images).shape == (3, 1, 38, 55)
        logits, features = detector.model.described(images, mirrored=True)
        torch.testing.assert_close(logits, detector.model.pooled(detector.model.mirrored_map(images)))
        torch.testing.assert_close(features, detector.model.described(images)[1])


def test_mirror_images_count_alike_and_evidence_pools_to_the_log_odds_of_all_four(detector, thorough):
    tiles = np.stack([wall(224, 224, k, k < 2) for k in range(4)])
    found = thorough.logits(tiles)
    np.testing.assert_allclose(thorough.logits(tiles[:, ::-1]), found, atol=1e-5)
    np.testing.assert_allclose(thorough.logits(tiles[:, :, ::-1]), found, atol=1e-5)
    cells = thorough.evidence(tiles)
    with torch.inference_mode():
        pooled = detector.model.pooled(torch.from_numpy(cells)[:, None])[:, 0].numpy()
    np.testing.assert_allclose(1.2 * pooled + 0.1, found, atol=1e-5)
    one_by_one = [detector.evidence(tiles)]
    one_by_one += [np.flip(detector.evidence(np.flip(tiles, axes)), axes) for axes in ((2,), (1,), (1, 2))]
    np.testing.assert_allclose(cells, sum(one_by_one) / 4, atol=1e-5)
    np.testing.assert_allclose(thorough.probabilities(tiles, first_look=True), detector.probabilities(tiles), atol=1e-6)


def test_what_a_picture_is_unlike_takes_one_look(detector, thorough, monkeypatch):
    tiles = np.stack([wall(224, 224, k) for k in range(2)])
    monkeypatch.setattr(type(detector.model), "mirrored_map", None)
    monkeypatch.setattr(type(detector.model), "_with_mirrors", None)
    np.testing.assert_array_equal(thorough.features(tiles), detector.features(tiles))
    first = thorough.described(tiles, first_look=True)[0]
    np.testing.assert_allclose(first, detector.probabilities(tiles), atol=1e-6)


def test_of_many_windows_the_one_that_decides_is_looked_at_in_its_mirror_images(detector, thorough):
    picture = wall(700, 700, 3)
    said, quick = (next(predict(each, [picture])) for each in (thorough, detector))
    assert said.window == quick.window
    seen = thorough.seen(picture, said.window)[None]
    np.testing.assert_allclose(said.probabilities, thorough.probabilities(seen)[0], atol=1e-6)
    assert abs(said.probabilities[1] - quick.probabilities[1]) > 1e-5
    assert thorough.predict([picture])[0].label == said.label


def test_a_file_says_whether_mirror_images_are_looked_at(thorough, tmp_path):
    thorough.save(tmp_path / "thorough.safetensors")
    tile = wall(224, 224, 1)[None]
    again = package.load(tmp_path / "thorough.safetensors")
    assert again.decision == thorough.decision
    np.testing.assert_array_equal(again.probabilities(tile), thorough.probabilities(tile))


@pytest.mark.parametrize("mirrored", [(0.0, 1.0), (1.0,), True, "yes"])
def test_a_file_that_garbles_its_mirror_images_is_refused(thorough, tmp_path, mirrored):
    decision = replace(thorough.decision, mirrored=mirrored)
    with pytest.raises(package.FissuraError, match="cannot be used"):
        replace(thorough, decision=decision)
    wrong = replace(thorough)
    object.__setattr__(wrong, "decision", decision)
    wrong.save(tmp_path / "wrong.safetensors")
    with pytest.raises(ClassifierFileError, match="damaged"):
        package.load(tmp_path / "wrong.safetensors")


def test_a_network_that_has_no_mirror_images_is_not_judged_by_them(tmp_path):
    torch.manual_seed(9)
    network = build("crack", (112, 112), 2)
    decision = Decision(1, mirrored=(1.0, 0.0))
    Classifier("crack", {}, network, ("intact", "crack"), Preprocessing((112, 112), 0.5, 0.5), decision=decision).save(
        tmp_path / "crack.safetensors"
    )
    with pytest.raises(ClassifierFileError, match="mirror images"):
        package.load(tmp_path / "crack.safetensors")


def test_a_photograph_turned_by_exif_is_judged_as_its_upright_copy(detector, tmp_path):
    upright = Image.fromarray(wall(300, 500, 5))
    upright.save(tmp_path / "upright.png")
    for orientation, undo in ((3, "ROTATE_180"), (6, "ROTATE_90"), (8, "ROTATE_270"), (2, "FLIP_LEFT_RIGHT")):
        exif = Image.Exif()
        exif[274] = orientation
        stored = upright.transpose(getattr(Image.Transpose, undo))
        stored.save(tmp_path / f"{orientation}.png", exif=exif)
        one, other = predict(detector, [tmp_path / "upright.png", tmp_path / f"{orientation}.png"])
        assert one.size_hw == other.size_hw == (300, 500)
        same(one, other)


@pytest.mark.parametrize("name", FORMATS)
def test_every_way_to_store_a_grey_picture_gives_the_same_probability(detector, tmp_path, name):
    grey = wall(224, 224, 2)
    FORMATS[name](grey).save(tmp_path / name)
    one, other = predict(detector, [grey, tmp_path / name])
    assert other.reason is None
    np.testing.assert_allclose(one.probabilities, other.probabilities, atol=2e-3)  # CMYK may be a level off


def test_colour_arrays_are_judged_by_their_luma(detector):
    grey = wall(224, 224, 2)
    one, other = predict(detector, [grey, np.repeat(grey[:, :, None], 3, axis=2)])
    same(one, other)


@pytest.mark.parametrize(("level", "seen"), [(0, "is black"), (255, "is white"), (130, "shows one even tone")])
@pytest.mark.parametrize("size_hw", [(16, 16), (224, 224), (16, 900), (1000, 1000)])
def test_what_shows_nothing_gets_a_probability_and_a_reason_but_no_class(detector, level, seen, size_hw):
    for said in (next(predict(detector, [picture := np.full(size_hw, level, np.uint8)])), *detector.predict(picture)):
        assert said.label is None
        assert f"image 0 {seen}" in str(said.reason)
        assert np.isfinite(said.probabilities).all()
        assert said.probabilities.sum() == pytest.approx(1, abs=1e-5)
    assert unfitness(picture) in ({"is black": ("black",), "is white": ("white",)}.get(seen, ("flat",)), ("tiny",))


def test_what_shows_nothing_is_counted_with_what_could_not_be_judged_in_every_form(folder):
    Image.new("L", (300, 300)).save(folder / "walls" / "black.png")
    model = ["--model", "detector.safetensors"]
    done = fissura("predict", "walls", *model, "--json", rc=1, cwd=folder)
    black = next(row for row in rows_of(done.stdout) if row["path"] == "walls/black.png")
    assert (black["label"], black["of"], black["windows"]) == (None, "crack", 1)
    assert 0 <= black["probability"] <= 1
    assert black["reason"].startswith("walls/black.png is black, or nearly")
    assert "Images judged: 6" in done.stderr
    assert "could not be judged: 1" in done.stderr
    rows = list(csv.DictReader(io.StringIO(fissura("predict", "walls", *model, "--csv", rc=1, cwd=folder).stdout)))
    (row,) = [row for row in rows if row["reason"]]
    assert (row["label"], float(row["probability"])) == ("", black["probability"])
    assert "black, or nearly" in fissura("predict", "walls", *model, rc=1, cwd=folder).stdout


def test_other_classifiers_name_a_class_for_an_even_picture(digits):
    assert digits.predict(np.zeros((28, 28), np.uint8))[0].label is not None


@pytest.mark.parametrize("size_hw", [(1, 1), (3, 8000), (8000, 3), (15, 15)])
def test_too_small_a_picture_gets_a_reason(detector, size_hw):
    said = next(predict(detector, [np.zeros(size_hw, np.uint8)]))
    assert said.label is None
    assert said.size_hw == size_hw
    assert "at least 16 px" in str(said.reason)
    (row,) = detector.predict([np.zeros(size_hw, np.uint8)])
    assert str(row.reason) == str(said.reason)
    with pytest.raises(DataError, match="at least 16 px"):
        detector.classes[row]


def test_what_cannot_be_read_is_a_row_and_not_the_end(detector, tmp_path):
    (tmp_path / "empty.jpg").touch()
    (tmp_path / "text.jpg").write_text("no image", encoding="utf-8")
    Image.fromarray(wall(224, 224)).save(tmp_path / "good.jpg")
    content = (tmp_path / "good.jpg").read_bytes()
    (tmp_path / "half.jpg").write_bytes(content[: len(content) // 2])
    names = ["empty.jpg", "text.jpg", "good.jpg", "half.jpg", "absent.jpg", "."]
    said = list(predict(detector, [*(tmp_path / name for name in names), np.zeros((2, 2)), np.zeros((0, 5), np.uint8)]))
    assert [each.label is None for each in said] == [True, True, False, True, True, True, True, True]
    assert all(each.reason is not None for each in said if each.label is None)
    (large,) = predict(detector, [tmp_path / "good.jpg"], max_pixels=100)
    assert "--max-pixels" in str(large.reason)


def test_nothing_gives_nothing(detector):
    assert list(predict(detector, [])) == []
    assert list(detector.predict([])) == []
    assert detector.predict([]).labels.shape == (0,)
    assert detector.predict([]).probabilities.shape == (0, 2)
    assert len(detector.predict(np.zeros((0, 224, 224), np.uint8))) == 0


def test_rows_come_while_pictures_are_still_being_given(detector):
    given = 0

    def endless():
        nonlocal given
        while True:
            given += 1
            yield wall(64, 64, 1)

    stream = predict(detector, endless(), batch=4)
    for _ in range(10):
        next(stream)
    assert given <= 10 + 4 + 5  # one batch and the few that are decoded ahead


def test_other_classifiers_see_pictures_whole(digits):
    picture = wall(100, 60, 1)
    said = next(predict(digits, [picture]))
    assert said.windows == 1
    assert said.window.box == (0, 0, 100, 60)
    assert said.label == int(said.probabilities.argmax())
    assert said.probabilities.shape == (10,)


def test_the_package_gives_predict_by_name(detector, tmp_path):
    Image.fromarray(wall(224, 224)).save(tmp_path / "wall.png")
    (said,) = package.predict(detector, [str(tmp_path / "wall.png")])
    assert said.name == str(tmp_path / "wall.png")
    assert detector.predict([str(tmp_path / "wall.png")])[0].label == said.label


def test_one_picture_is_given_as_itself_and_gives_one_row(detector, tmp_path):
    grey = wall(300, 260, 4)
    colour = np.repeat(grey[:, :, None], 3, axis=2)
    Image.fromarray(grey).save(tmp_path / "wall.png")
    (wanted,) = predict(detector, [grey])
    for given in (str(tmp_path / "wall.png"), tmp_path / "wall.png", grey, colour, [grey], (colour,), iter([grey])):
        (row,) = detector.predict(given)
        same(row, wanted)
    for given in (str(tmp_path / "wall.png"), grey, colour):
        (row,) = predict(detector, given)
        same(row, wanted)


@pytest.mark.parametrize("size_hw", [(224, 224), (227, 227), (150, 420), (500, 470)])
def test_a_stack_of_any_size_gives_the_rows_of_its_pictures(thorough, size_hw):
    stack = np.stack([wall(*size_hw, k, k % 2 == 0) for k in range(3)])
    alone = [next(predict(thorough, [picture])) for picture in stack]
    for given in (stack, np.repeat(stack[..., None], 3, axis=3), list(stack), iter(stack)):
        rows = thorough.predict(given)
        assert [row.name for row in rows] == ["image 0", "image 1", "image 2"]
        for row, wanted in zip(rows, alone, strict=True):
            same(row, wanted)
            assert (row.windows, row.size_hw, row.reason) == (wanted.windows, size_hw, None)


def test_one_bad_picture_among_many_kinds_is_a_row_with_its_reason(detector, tmp_path):
    (tmp_path / "bad.jpg").write_bytes(b"nothing")
    Image.fromarray(wall(224, 224)).save(tmp_path / "good.png")
    files = [str(tmp_path / "good.png"), tmp_path / "bad.jpg"]
    rows = detector.predict([*files, wall(224, 224), wall(224, 224) / 255, 7, None, b"\xff\xd8"])
    assert [row.reason is None for row in rows] == [True, False, True, False, False, False, False]
    assert "image 4 is a int; wanted" in str(rows[4].reason)
    assert rows.labels[1] == -1
    assert np.isnan(rows.probabilities[1]).all()
    assert np.isfinite(rows.probabilities[[0, 2]]).all()
    assert [row.path for row in rows[:3]] == [Path(files[0]), files[1], None]


def test_rows_are_their_labels_as_an_array(detector):
    rows = detector.predict(np.stack([wall(224, 224, k) for k in range(3)]))
    labels = np.array([row.label for row in rows])
    np.testing.assert_array_equal(rows, labels)
    assert (rows == labels).all()
    assert (np.asarray(rows, dtype=float) == labels).all()
    assert [detector.classes[row] for row in rows] == [detector.classes[label] for label in labels]


def test_an_interactive_session_shows_one_line_of_many_rows(detector):
    rows = detector.predict([*(wall(224, 224, k) for k in range(3)), "absent.png"])
    intact, crack = (int((rows.labels == label).sum()) for label in (0, 1))
    assert repr(rows) == f"Predictions(n = 4, intact: {intact}, crack: {crack}, none: 1)"
    assert repr(rows[:0]) == "Predictions(n = 0, intact: 0, crack: 0)"


def test_rows_compared_with_labels_are_compared_one_by_one_and_never_silently_unequal(detector):
    rows = detector.predict([*(wall(224, 224, k, k == 0) for k in range(3)), "absent.png"])
    assert rows.labels[-1] == -1
    for label in (0, 1, np.int64(1), rows.labels, rows.labels.tolist(), rows):
        np.testing.assert_array_equal(rows == label, rows.labels == np.asarray(label))
        np.testing.assert_array_equal(rows != label, rows.labels != np.asarray(label))
    for name in ("crack", None, ["crack"] * 4):
        with pytest.raises(TypeError, match="compared with labels"):
            assert rows == name
    with pytest.raises(TypeError, match=r"row\.label"):
        assert rows[0] == 1
    assert rows[0] == rows[0] != rows[1]
    assert rows[1] in rows


def test_rows_are_chosen_by_a_mask_or_a_list_of_places_as_those_of_an_array(detector):
    rows = detector.predict([*(wall(224, 224, k, k == 0) for k in range(3)), "absent.png"])
    for label in (0, 1, -1, 5):
        assert rows[rows == label].rows == tuple(
            row for row in rows if (-1 if row.label is None else row.label) == label
        )
    assert rows[[3, 0]].rows == rows[np.array([3, 0])].rows == (rows[3], rows[0])
    assert rows[rows.labels < 0].classes == rows.classes
    assert len(rows[[]]) == 0
    assert rows[np.int64(1)] is rows[np.array(1)] is rows[-3]
    with pytest.raises(IndexError):
        rows[[True, False]]


@pytest.mark.parametrize("channels", [1, 2, 4])
def test_an_array_with_transparency_is_no_stack_of_narrow_pictures(detector, digits, channels):
    colours = np.dstack([wall(300, 260)] * 4)[..., :channels]
    for classifier in (detector, digits):
        for given in (colours, np.stack([colours] * 2)):
            with pytest.raises(DataError, match=r"Leave the transparency out, images\[\.\.\., :3\]"):
                classifier.predict(given)
    assert len(detector.predict(np.dstack([colours[..., 0]] * 3))) == 1


@pytest.mark.parametrize(
    "given",
    [
        np.zeros((2, 224, 224)),
        np.zeros(5, np.uint8),
        np.zeros((2, 2, 9, 9), np.uint8),
        np.uint8(3),
        np.array("x.jpg"),
        np.array([["x.jpg"], ["y.jpg"]]),
        torch.zeros(2, 9, 9, dtype=torch.uint8),
        b"abc",
        7,
        None,
    ],
)
def test_what_is_no_picture_and_no_list_of_pictures_is_one_sentence(detector, given):
    with pytest.raises(DataError, match=r"The images are .*; wanted"):
        detector.predict(given)


def test_the_api_and_the_command_say_the_same(folder):
    names = sorted((folder / "walls").rglob("*.png"))
    names.append(folder / "absent.png")
    model = ["--model", "detector.safetensors", "--json"]
    printed = rows_of(fissura("predict", *map(str, names), *model, rc=1, cwd=folder).stdout)
    for row, wanted in zip(package.load(folder / "detector.safetensors").predict(names), printed, strict=True):
        assert (row.name, row.windows) == (wanted["path"], wanted["windows"])
        if wanted["reason"] is None:
            assert row.probabilities[1] == pytest.approx(wanted["probability"], abs=1e-5)
        else:
            assert str(row.reason) == wanted["reason"]


def test_a_folder_a_pattern_and_single_files_give_the_same_rows(folder):
    model = ["--model", "detector.safetensors", "--json"]
    names = sorted(str(path.relative_to(folder)) for path in (folder / "walls").rglob("*.png"))
    by_folder = rows_of(fissura("predict", "walls", *model, cwd=folder).stdout)
    by_pattern = rows_of(fissura("predict", "walls/**/*.png", *model, cwd=folder).stdout)
    by_name = [rows_of(fissura("predict", name, *model, cwd=folder).stdout)[0] for name in names]
    assert sorted(row["path"] for row in by_folder) == names
    for rows in (by_folder, by_pattern):
        for row, other in zip(sorted(rows, key=lambda row: row["path"]), by_name, strict=True):
            assert row["probability"] == pytest.approx(other["probability"], abs=1e-5)
            keys = set(row) - {"probability", "probabilities"}
            assert {key: row[key] for key in keys} == {key: other[key] for key in keys}


def test_one_bad_file_among_many_makes_the_exit_code_1(folder):
    (folder / "walls" / "bad.jpg").write_bytes(b"\xff\xd8\xff nothing")
    done = fissura("predict", "walls", "absent.png", "--model", "detector.safetensors", "--csv", rc=1, cwd=folder)
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    bad = [row for row in rows if row["reason"]]
    assert [row["path"] for row in bad] == ["walls/bad.jpg", "absent.png"]
    assert all(row["probability"] == "" for row in bad)
    assert len(rows) == 8
    assert "could not be judged: 2" in done.stderr


@pytest.fixture
def shut(monkeypatch):
    """Makes a folder one that cannot be listed; root may list every other."""

    def close(folder, error=DENIED):
        listed = os.scandir

        def scandir(path="."):
            if Path(path).resolve() == folder.resolve():
                raise error
            return listed(path)

        monkeypatch.setattr(os, "scandir", scandir)

    return close


@pytest.mark.parametrize("error", [DENIED, FileNotFoundError(2, "No such file or directory")])
def test_a_folder_that_cannot_be_listed_is_a_row_with_its_reason(folder, shut, error):
    shut(folder / "walls" / "north" / "below", error)  # the second: gone after its name was read
    done = fissura("predict", "walls", "--model", "detector.safetensors", "--json", rc=1, cwd=folder)
    (row,) = [row for row in rows_of(done.stdout) if row["reason"]]
    assert row["path"] == "walls/north/below"
    assert row["reason"].startswith(f"walls/north/below cannot be listed ({error.strerror})")
    assert len(rows_of(done.stdout)) == 6
    assert "could not be judged: 1" in done.stderr


def test_a_single_folder_that_cannot_be_listed_is_a_row_too(folder, shut):
    shut(folder / "walls")
    done = fissura("predict", "walls", "--model", "detector.safetensors", rc=1, cwd=folder)
    assert "walls cannot be listed (Permission denied)" in done.stdout


def test_a_file_in_a_folder_that_may_not_be_entered_is_a_row(folder, monkeypatch):
    stat = Path.stat

    def refused(path, **how):
        if path.parent.name == "below":
            raise PermissionError(13, "Permission denied", str(path))
        return stat(path, **how)

    monkeypatch.setattr(Path, "stat", refused)
    done = fissura("predict", "walls", "--model", "detector.safetensors", "--json", rc=1, cwd=folder)
    (row,) = [row for row in rows_of(done.stdout) if row["reason"]]
    assert "walls/north/below/deep.png cannot be opened (Permission denied)" in row["reason"]


def test_a_link_that_leads_nowhere_in_a_folder_is_a_row(folder):
    below = folder / "walls" / "north" / "below"
    (below / "gone.jpg").symlink_to(folder / "nowhere.jpg")
    (below / "kind.jpg").mkdir()
    (below / "kind.jpg" / "in.jpg").write_bytes(b"")
    done = fissura("predict", "--model", "detector.safetensors", str(below), "--csv", cwd=folder, rc=1)
    assert "gone.jpg is not there" in done.stdout
    assert "kind.jpg/in.jpg is empty" in done.stdout


def test_the_table_shows_each_picture_and_where_it_is_most_suspicious(folder):
    done = fissura("predict", "walls", "--model", "detector.safetensors", cwd=folder)
    head, *rows = done.stdout.splitlines()
    assert head.split()[0] == "Image"
    assert "P(crack)" in head
    assert len([row for row in rows if row.startswith("walls/")]) == 6
    assert "of 16 windows: rows" in rows[[row.split()[0] for row in rows].index("walls/north/3.png") + 1]
    french = fissura("predict", "walls", "--model", "detector.safetensors", "--lang", "fr", cwd=folder)
    assert "fenêtres" in french.stdout
    assert "Images jugées" in french.stderr


@pytest.mark.parametrize("width", [60, 80, 100])
@pytest.mark.parametrize("language", ["en", "fr"])
def test_no_line_of_the_table_is_wider_than_the_terminal_and_no_number_is_cut(folder, width, language):
    deep = folder / "walls" / "a very long name of a folder" / "Bauwerksprüfung 2026" / "墙面裂缝墙面裂缝"
    deep.mkdir(parents=True)
    Image.fromarray(wall(500, 470, 3)).save(deep / "北面.png")
    (folder / "walls" / "bad.jpg").write_bytes(b"nothing")
    model = ["--model", "detector.safetensors", "--lang", language]
    head, *lines = fissura("predict", "walls", *model, rc=1, cwd=folder, COLUMNS=str(width)).stdout.splitlines()
    assert all(cells_of(line) <= width for line in (head, *lines))
    rows = [line for line in lines if not line.startswith("    ")]
    assert len(rows) == 8
    assert sum(re.search(r"\d+ × \d+ .*\d[.,]\d.%$", line) is not None for line in rows) == 7
    (long,) = [line for line in rows if "北面.png" in line]
    assert "…" in long
    assert any(line.startswith("    ") and "16" in line for line in lines)


def test_in_a_pipe_each_image_is_one_line_with_its_whole_path(folder, monkeypatch):
    deep = folder / "walls" / ("a very long name of a folder " * 5)
    deep.mkdir(parents=True)
    Image.fromarray(wall(500, 470, 3)).save(deep / "deep.png")
    monkeypatch.setitem(OFFLINE, "COLUMNS", "")
    _, *lines = fissura("predict", "walls", "--model", "detector.safetensors", cwd=folder).stdout.splitlines()
    assert len(lines) == 7
    assert any(line.startswith(f"walls/{deep.name}/deep.png  ") for line in lines)


def test_a_name_in_csv_is_never_a_formula_and_in_json_it_is_the_files_own(folder):
    names = [
        "=cmd.png",
        "+1.png",
        "-1.png",
        "@a.png",
        "new\nline.png",
        "back\\slash.png",
        "lat\udce9.png",
        "墙\u202e.png",
    ]
    for name in names:
        shutil.copy(folder / "walls" / "north" / "0.png", folder / name)
    asked = ["predict", *(f"./{name}" for name in names[4:]), "*.png", "--model", "detector.safetensors"]
    told = [row["path"] for row in rows_of(fissura(*asked, "--json", cwd=folder).stdout)]
    assert sorted(told) == sorted([*names, *names[4:]])
    text = fissura(*asked, "--csv", cwd=folder).stdout
    paths = [row["path"] for row in csv.DictReader(io.StringIO(text))]
    assert {"'=cmd.png", "'+1.png", "'-1.png", "'@a.png", "new\\nline.png"} <= set(paths)
    assert not any(path.startswith(("=", "+", "-", "@")) for path in paths)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["absent.png"], "No image is there"),
        (["walls/*.bmp"], "No image is there"),
        (["empty"], "No image is there"),
        (["walls", "--csv", "--json"], "give one of them"),
        (["walls", "--lang", "de"], "Language de"),
        (["walls", "--model", "absent.safetensors"], "does not exist"),
        (["walls", "--model", "walls/notes.txt"], "not a classifier file"),
        ([], "needs IMAGES"),
    ],
)
def test_nothing_to_judge_or_a_wrong_option_is_one_sentence(folder, arguments, said):
    (folder / "empty").mkdir()
    model = [] if "--model" in arguments else ["--model", "detector.safetensors"]
    done = fissura("predict", *arguments, *model, rc=2, cwd=folder)
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_an_empty_name_is_not_the_folder_one_stands_in(folder):
    detector = ["--model", str(folder / "detector.safetensors")]
    for command in ("predict", "inspect"):
        done = fissura(command, "", *detector, rc=2, cwd=folder / "walls")
        assert f"What stands behind {command} is empty" in done.stderr


def test_stopping_says_that_printed_rows_hold_and_nothing_is_gone_on_with(folder, monkeypatch):
    def stopped(*_, **__):
        yield Prediction("a.png", reason=DataError("bad"))
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr("fissura.prediction.predict", stopped)
    done = fissura("predict", "walls", "--model", "detector.safetensors", "--json", rc=2, cwd=folder)
    assert len(rows_of(done.stdout)) == 1
    assert "The rows that were printed hold" in done.stderr


def test_stopping_before_the_first_row_says_the_same(folder, monkeypatch):
    monkeypatch.setattr("fissura.classifier.load", lambda _: signal.raise_signal(signal.SIGINT))
    done = fissura("predict", "walls", rc=2, cwd=folder)
    assert "the same command begins again" in done.stderr
    assert "goes on from there" not in done.stderr


def test_a_classifier_of_digits_says_what_it_is(folder, digits):
    digits.save(folder / "digits.safetensors")
    done = fissura("predict", "walls", "--model", "digits.safetensors", "--json", cwd=folder)
    assert "tells 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 apart" in done.stderr
    assert all(row["of"] == row["label"] for row in rows_of(done.stdout))


def test_evidence_is_drawn_for_each_picture_and_no_name_is_taken_twice(folder):
    (folder / "walls" / "south").mkdir()
    Image.fromarray(wall(224, 224, 9)).save(folder / "walls" / "south" / "0.png")
    (folder / "walls" / "bad.png").write_bytes(b"nothing")
    asked = ["predict", "walls", "--model", "detector.safetensors", "--evidence", "maps"]
    fissura(*asked, rc=1, cwd=folder)
    drawn = sorted(path.name for path in (folder / "maps").iterdir() if path.name != "run.json")
    assert drawn == ["0-2.png", "0.png", "1.png", "2.png", "3.png", "4.png", "deep.png"]
    before = (folder / "maps" / "3.png").read_bytes()
    fissura(*asked, rc=1, cwd=folder)
    assert (folder / "maps" / "3.png").read_bytes() == before
    with Image.open(folder / "maps" / "3.png") as picture:
        assert np.ptp(np.asarray(picture.convert("RGB")).astype(int), axis=2).max() > 40  # there is colour


def test_evidence_is_never_drawn_over_a_photograph(folder):
    before = (folder / "walls" / "north" / "0.png").read_bytes()
    asked = ["predict", "walls", "--model", "detector.safetensors", "--evidence", "walls/north"]
    done = fissura(*asked, rc=2, cwd=folder)
    assert "walls/north is not empty" in done.stderr
    assert "another folder with --evidence" in done.stderr
    assert (folder / "walls" / "north" / "0.png").read_bytes() == before


def test_evidence_lies_where_the_map_says(detector):
    from fissura.language import language
    from fissura.reporting.evidence_picture import evidence_picture

    picture = wall(300, 700, 3)
    said = next(predict(detector, [picture]))
    shown = Image.open(io.BytesIO(evidence_picture(detector, picture, said, language("en"))))
    colours = np.asarray(shown.convert("RGB")).astype(int)
    right = colours[100:560, 500:950]
    assert (right[..., 0] - right[..., 2]).std() > 0
    assert evidence_picture(detector, picture, Prediction("x"), language("en")) is None


def test_a_place_where_evidence_cannot_be_drawn_is_said_before_anything_is_judged(folder):
    (folder / "taken").write_text("a file")
    done = fissura("predict", "walls", "--model", "detector.safetensors", "--evidence", "taken", rc=2, cwd=folder)
    assert "a file stands where a folder is needed. Choose another folder with --evidence." in done.stderr
    assert done.stdout == ""


def test_a_photograph_that_vanishes_before_its_evidence_is_drawn_is_a_remark(folder, monkeypatch, detector, capsys):
    from fissura.cli.predict import _Drawer
    from fissura.language import language

    drawer = _Drawer(detector, folder / "maps", ["walls"], 10**9, language("en"))
    said = next(predict(detector, [folder / "walls" / "north" / "0.png"]))
    (folder / "walls" / "north" / "0.png").unlink()
    drawer.draw(said)
    assert [path.name for path in (folder / "maps").iterdir()] == ["run.json"]
    assert "0.png" in capsys.readouterr().err


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a disk that is always full is a Linux device")
def test_no_name_of_a_picture_of_evidence_differs_in_capitals_or_accents_alone(folder, detector):
    from fissura.cli.predict import _Drawer

    drawer = _Drawer(detector, folder / "maps", ["walls"], 10**9, language("en"))
    stems = ("IMG", "img", "\N{LATIN SMALL LETTER E WITH ACUTE}", "E\N{COMBINING ACUTE ACCENT}", "img-2")
    names = [unicodedata.normalize("NFC", drawer._name(stem)).casefold() for stem in stems]
    assert names == ["img.png", "img-2.png", "é.png", "é-2.png", "img-2-2.png"]


def test_a_disk_that_fills_up_while_evidence_is_drawn_is_one_sentence_and_keeps_what_was_said(folder):
    asked = ["predict", "walls", "--model", "detector.safetensors", "--json"]
    every = rows_of(fissura(*asked, cwd=folder).stdout)
    third = Path(every[2]["path"]).stem
    (folder / "maps").mkdir()
    (folder / "maps" / f"{third}.png.part").symlink_to("/dev/full")
    done = fissura(*asked, "--evidence", "maps", rc=2, cwd=folder)
    assert rows_of(done.stdout)[:2] == every[:2]
    assert "the disk is full" in done.stderr
    assert "Traceback" not in done.stderr
    drawn = {path.name for path in (folder / "maps").iterdir() if path.suffix == ".png"}
    assert drawn == {f"{Path(row['path']).stem}.png" for row in every[:2]}


def test_evidence_takes_a_classifier_with_a_map(folder, digits):
    digits.save(folder / "digits.safetensors")
    done = fissura("predict", "walls", "--model", "digits.safetensors", "--evidence", "maps", rc=2, cwd=folder)
    assert "this one tells 0, 1, 2" in done.stderr
    assert not (folder / "maps").exists()


def test_the_python_of_the_document_runs(detector, tmp_path, monkeypatch, capsys):
    import re
    from pathlib import Path

    detector.save(tmp_path / "built-in.safetensors")
    monkeypatch.setattr("fissura.classifier.WEIGHTS", tmp_path)
    text = (Path(__file__).parent.parent / "docs" / "predict.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL)
    exec(compile(code, "predict.md", "exec"), {})
    lines = capsys.readouterr().out.splitlines()
    said, labels, *_, reason, first, second = lines
    assert "Window(" in said
    assert labels.endswith("-1]")
    assert "absent.jpg is not there" in reason
    assert [first.split()[0:2], second.split()[0:2]] == [["image", "0"], ["image", "1"]]


def test_the_last_line_has_the_semicolons_of_its_language():
    judge = SimpleNamespace(classes=("intact", "crack"), decision=None)
    assert (
        _summary(judge, [3, 1], 2, 0, language("en"))
        == "Images judged: 4 (intact: 3, crack: 1); could not be judged: 2"
    )
    assert "\N{NO-BREAK SPACE}; impossibles" in _summary(judge, [3, 1], 2, 0, language("fr"))


def test_the_last_line_tells_the_threshold_that_the_classes_come_from():
    judge = SimpleNamespace(classes=("intact", "crack"), decision=SimpleNamespace(positive=1, threshold=0.681))
    said = _summary(judge, [3, 1], 2, 0, language("en")).replace("\N{NO-BREAK SPACE}", " ")
    assert said == "Images judged: 4 (intact: 3, crack: 1); called crack from 68.1 % on; could not be judged: 2"
