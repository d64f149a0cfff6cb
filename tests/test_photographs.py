"""A folder made ready: decoded, copies found, split; and what stands in where there is none."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fissura.data import photographs as module
from fissura.data.photographs import PhotographSettings, drawn_photographs, named_photographs, open_photographs
from fissura.data.splits import leaks
from fissura.errors import DataError, SettingsError
from fissura.images import ImageError
from fissura.language import language
from fissura.reporting.photograph_words import grouping_remarks

SETTINGS = PhotographSettings(size_px=64)


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    """40 patches of two classes, every fourth of which comes again, mirrored."""
    monkeypatch.setenv("FISSURA_CACHE", str(tmp_path / "cache"))
    random = np.random.default_rng(12)
    place = tmp_path / "walls"
    for number in range(40):
        name = "crack" if number % 2 else "no_crack"
        (place / name).mkdir(parents=True, exist_ok=True)
        grey = (random.normal(0, 12, (96, 96)) + 150 + random.normal(0, 15, (12, 12)).repeat(8, 0).repeat(8, 1)).clip(
            0, 255
        )
        grey = grey.astype(np.uint8)
        Image.fromarray(grey).save(place / name / f"{number}.png")
        if number % 4 == 0:
            Image.fromarray(grey[:, ::-1]).save(place / name / f"{number}-again.png")
    return place


def test_copies_stay_together_and_are_remembered(folder, monkeypatch):
    ready = open_photographs(folder, SETTINGS)
    assert ready.images.classes[ready.images.positive] == "crack"
    assert len(np.unique(ready.images.groups)) == 40
    assert ready.leaks.in_either == 0
    assert sum(ready.parts.sizes) == 50
    parts = ready.data
    assert (parts.train.split, parts.validation.split, parts.test.split) == ("train", "validation", "test")
    monkeypatch.setattr(module, "find_copies", lambda *_: pytest.fail("searched again"))
    again = open_photographs(str(folder), SETTINGS)
    assert np.array_equal(again.images.groups, ready.images.groups)
    assert np.array_equal(again.parts.test, ready.parts.test)


def test_a_grouped_split_of_images_too_small_to_show_overlaps_says_so(folder):
    (said,) = grouping_remarks(open_photographs(folder, SETTINGS), language("en"))
    assert said.startswith("At 64 px copies are found, but hardly any overlapping views")
    for other in (
        open_photographs(folder, SETTINGS).parted("random"),
        open_photographs(folder, PhotographSettings(size_px=96)),  # nothing was reduced
        open_photographs(folder),
        drawn_photographs(40, SETTINGS),
    ):
        assert grouping_remarks(other, language("en")) == []


def test_the_random_split_leaks_and_it_is_counted(folder):
    random = open_photographs(folder, SETTINGS).parted("random")
    twins = [name.replace("-again", "") for name in random.images.names]
    test = {twins[index] for index in random.parts.test}
    others = {twins[index] for index in (*random.parts.train, *random.parts.validation)}
    assert random.leaks.in_either == sum(twins[index] in others for index in random.parts.test)
    assert len(test & others) > 0


def test_a_written_split_gives_the_same_parts_again(folder, tmp_path):
    ready = open_photographs(folder, SETTINGS)
    ready.write_split(tmp_path / "split.json")
    again = open_photographs(folder, PhotographSettings(size_px=64, manifest=tmp_path / "split.json", seed=99))
    assert np.array_equal(again.parts.train, ready.parts.train)
    (folder / "crack" / "1.png").unlink()
    with pytest.raises(DataError, match="1 of its 50 images are missing"):
        open_photographs(folder, PhotographSettings(size_px=64, manifest=tmp_path / "split.json"))


def test_what_a_split_s_file_says_belongs_together_counts_beside_the_copies_that_are_found(folder, tmp_path):
    ready = open_photographs(folder, SETTINGS)
    again = np.array(["again" in name for name in ready.images.names])
    wall = np.array([int(re.split("[/.-]", name)[1]) // 8 for name in ready.images.names])  # five walls, visited twice
    visits = replace(ready, images=replace(ready.images, groups=wall + 10 * again)).parted("grouped")
    visits.write_split(tmp_path / "walls.json")
    known = open_photographs(folder, replace(SETTINGS, manifest=tmp_path / "walls.json"))
    assert [len(np.unique(wall[known.images.groups == group])) for group in range(5)] == [1] * 5
    assert known.images.groups.max() == 4
    assert known.leaks == leaks(known.parts, wall)
    assert (ready.grouped_by_file, known.grouped_by_file, known.data.grouped_by_file) == (False, True, True)
    ready.write_split(tmp_path / "split.json")
    searched = open_photographs(folder, replace(SETTINGS, manifest=tmp_path / "split.json"))
    assert np.array_equal(searched.images.groups, ready.images.groups)
    assert not searched.grouped_by_file


def test_drawn_images_stand_in_and_say_so(tmp_path):
    ready = drawn_photographs(40, SETTINGS)
    assert ready.embedded
    assert ready.data.embedded
    assert len(ready.images) == 40
    assert "synthetic" in ready.images.origin
    ready.write_split(tmp_path / "split.json")


def test_drawn_images_take_the_options_of_photographs(tmp_path):
    ready = drawn_photographs(40, PhotographSettings(size_px=64, split="random", positive="Intact"))
    assert ready.parts.how == "random"
    assert (ready.images.classes, ready.images.positive) == (("crack", "intact"), 1)
    usual = drawn_photographs(40, SETTINGS)
    assert np.array_equal(usual.images.labels, 1 - ready.images.labels)
    ready.write_split(tmp_path / "split.json")
    again = drawn_photographs(40, PhotographSettings(size_px=64, manifest=tmp_path / "split.json"))
    assert np.array_equal(again.parts.test, ready.parts.test)
    with pytest.raises(SettingsError, match="nearest name is intact"):
        drawn_photographs(40, PhotographSettings(size_px=64, positive="intakt"))


def test_crack_images_that_are_not_there_are_missed_by_name(tmp_path):
    with pytest.raises(DataError, match="fissura data get cracks"):
        named_photographs("cracks", tmp_path, SETTINGS)


def test_the_audit_gives_the_same_groups(folder):
    plain = open_photographs(folder, SETTINGS)
    audited = open_photographs(folder, PhotographSettings(size_px=64, audited=True))
    assert audited.audit is not None
    assert np.array_equal(audited.images.groups, plain.images.groups)
    assert sum(audited.audit.kinds.values()) == 10
    assert len(repr(audited.audit)) < 300  # it held the name of each photograph


def test_a_photograph_that_vanishes_after_decoding_ends_nothing(folder, monkeypatch):
    def vanished(path, *, max_pixels):
        raise ImageError("{name} is not there any more.", name=path.name, problem="missing")

    monkeypatch.setattr(module, "read_grey", vanished)
    assert len(np.unique(open_photographs(folder, SETTINGS).images.groups)) == 40


def test_a_name_that_is_nothing_gets_the_nearest(tmp_path):
    with pytest.raises(DataError, match="nearest name is mnist"):
        named_photographs("minst", tmp_path, SETTINGS, others=("mnist", "digits"))
    with pytest.raises(DataError, match=r"one of cracks, synthetic, auto\. The nearest name is cracks"):
        named_photographs("crack", tmp_path, SETTINGS)
    with pytest.raises(DataError, match=r"one of cracks, synthetic, auto\. Give one of these, or a folder"):
        named_photographs("our/walls", tmp_path, SETTINGS)


def test_paths_may_be_text(folder, tmp_path):
    ready = open_photographs(str(folder), PhotographSettings(size_px=64, cache_dir=str(tmp_path / "elsewhere")))
    assert (tmp_path / "elsewhere").is_dir()
    ready.write_split(str(tmp_path / "split.json"))
    again = open_photographs(folder, PhotographSettings(size_px=64, manifest=str(tmp_path / "split.json")))
    assert np.array_equal(again.parts.train, ready.parts.train)


def test_an_interactive_session_shows_one_line_of_photographs(folder):
    ready = open_photographs(folder, SETTINGS)
    train, validation, test = ready.parts.sizes
    assert repr(ready) == (
        "Photographs(walls: 50 images of ('no_crack', 'crack'), grouped split: "
        f"train {train}, validation {validation}, test {test}; left out: 0)"
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"size_px": 0},
        {"size_px": "64"},
        {"seed": -1},
        {"cache_dir": 3},
        {"positive": 1},
        {"classes": "crack"},
        {"classes": [1, 2]},
    ],
)
def test_a_setting_that_is_none_is_one_sentence(wrong):
    (name,) = wrong
    with pytest.raises(SettingsError, match=f"{name} is .*; wanted a"):
        PhotographSettings(**wrong)


def test_a_split_that_is_not_known_is_told_before_anything_is_decoded():
    with pytest.raises(SettingsError, match=r"^--split: .rondom. is not known\. The nearest name is random"):
        PhotographSettings(split="rondom")
