"""The second half of the lab and its single steps, from the command line, on a small folder of drawn photographs."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import jsonschema
import numpy as np
import pytest
from PIL import Image
from test_cli import fissura
from test_page import commands, read

from fissura.classifier import load
from fissura.cli.lab import _usual_folder
from fissura.crack_lab import CrackLabSettings, read_also
from fissura.data.photographs import PhotographSettings, drawn_photographs, open_photographs
from fissura.data.split_manifest import read_manifest
from fissura.data.synthetic import synthetic_cracks
from fissura.errors import DataError
from fissura.lab import LabSettings
from fissura.ladder import Elsewhere, only_unseen
from fissura.language import language
from fissura.reporting.photograph_words import training_remarks
from fissura.training import named_recipe

SCHEMA = json.loads((Path(__file__).parent.parent / "docs" / "results.schema.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """``walls`` with 72 photographs in two classes, every sixth of them twice; ``asphalt`` with masks."""
    folder = tmp_path_factory.mktemp("cracks")
    drawn = synthetic_cracks(72, (64, 64), workers=1)
    for number, (image, label) in enumerate(zip(drawn.images, drawn.labels, strict=True)):
        where = folder / "walls" / ("no_crack", "crack")[int(label)]
        where.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(where / f"{number}.png")
        if number % 6 == 0:
            Image.fromarray(image[::-1]).save(where / f"{number} à l'envers.png")
    random = np.random.default_rng(12)
    for name in ("images", "masks"):
        (folder / "asphalt" / name).mkdir(parents=True)
    for number in range(2):
        mask = np.zeros((256, 256), np.uint8)
        mask[:128, 60:64] = 255
        grey = random.normal(150, 20, (256, 256)).clip(0, 255).astype(np.uint8)
        Image.fromarray(np.where(mask > 0, 40, grey).astype(np.uint8)).save(folder / "asphalt/images" / f"{number}.jpg")
        Image.fromarray(mask).save(folder / "asphalt/masks" / f"{number}.png")
    return folder


@pytest.fixture(autouse=True)
def own_cache(place, monkeypatch):
    monkeypatch.setenv("FISSURA_CACHE", str(place / "cache"))


def test_the_lab_does_its_second_half_and_goes_on_where_it_was(place):
    asked = ["lab", "--part", "cracks", "--cracks", "walls", "--also", "asphalt=asphalt", "--epochs", "1"]
    asked += ["--device", "cpu", "--out", "lab", "--lang", "fr"]
    done = fissura(*asked, cwd=place)
    assert "asphalt" in done.stdout
    page = (place / "lab" / "report.html").read_text(encoding="utf-8")
    assert '<html lang="fr"' in page
    assert "https://" not in page
    told = json.loads((place / "lab" / "results.json").read_text(encoding="utf-8"))
    assert [rung["name"] for rung in told["ladder"]] == ["random", "grouped", "asphalt"]
    assert told["ladder"][1]["leaking_test_images"] == 0
    assert told["audit"]["distinct"] == 72
    assert json.loads((place / "lab" / "random" / "split.json").read_text(encoding="utf-8"))["how"] == "random"
    split = json.loads((place / "lab" / "split.json").read_text(encoding="utf-8"))
    assert sum(split["sizes"].values()) == 84
    before = (place / "lab" / "results.json").read_bytes()
    fissura(*asked, cwd=place)
    assert (place / "lab" / "results.json").read_bytes() == before


def test_the_ladder_alone_leaves_its_report(place):
    done = fissura(
        "ladder", "walls", "--epochs", "1", "--size", "48", "--device", "cpu", "--out", "ladder", "--json", cwd=place
    )
    assert [rung["name"] for rung in json.loads(done.stdout)["rungs"]] == ["random", "grouped"]
    assert {path.name for path in (place / "ladder").iterdir()} >= {"report.html", "ladder.svg", "results.json"}


def test_training_for_a_wish_keeps_its_threshold_and_evaluating_uses_it(place):
    done = fissura(
        *["train", "--data", "walls", "--epochs", "2", "--size", "48", "--miss-at-most", "20%", "--device", "cpu"],
        *["--out", "wish", "--json"],
        cwd=place,
    )
    (told,) = json.loads(done.stdout)
    threshold = told["two_classes"]["wish"]["seen"]["threshold"]
    assert load(place / "wish").decision.threshold == threshold
    assert (place / "wish" / "split.json").is_file()
    judged = json.loads(fissura("evaluate", "wish", "--data", "walls", "--json", cwd=place).stdout)
    assert judged["at_threshold"]["threshold"] == threshold
    assert judged["n"] == told["two_classes"]["test"]["n"]
    fissura("evaluate", "wish", "--data", "walls", "--lang", "fr", "--out", "judged", cwd=place)
    written = {path.name for path in (place / "judged").iterdir()}
    assert written >= {"evaluation.json", "report.html", "roc.svg", "precision-recall.svg", "reliability.svg"}
    assert written >= {"confusion.svg", "probabilities.svg", "where-it-looks.png"}
    assert json.loads((place / "judged" / "evaluation.json").read_text(encoding="utf-8")) == judged
    assert list(jsonschema.Draft202012Validator(SCHEMA).iter_errors(judged)) == []
    page = (place / "judged" / "report.html").read_text(encoding="utf-8")
    assert "fissura evaluate wish --data walls --out judged --lang fr" in " ".join("".join(read(page).text).split())
    other = fissura("evaluate", "wish", "--data", "walls", "--split", "random", cwd=place, rc=2)
    assert "--split-file wish/split.json" in other.stderr
    again = fissura("evaluate", "wish", "--data", "walls", "--split-file", "wish/split.json", "--json", cwd=place)
    assert json.loads(again.stdout) == judged
    without = fissura(
        *["train", "--data", "walls", "--epochs", "2", "--size", "48", "--device", "cpu", "--out", "wish"],
        cwd=place,
        rc=2,
    )
    assert "another run (other wish)" in without.stderr


def test_of_images_that_were_not_learned_from_a_chosen_split_says_which_are_judged(place):
    shutil.copytree(place / "walls", place / "elsewhere" / "walls")  # as many, in a folder of the same name
    for path in sorted((place / "elsewhere" / "walls").rglob("*.png")):
        Image.fromarray(255 - np.asarray(Image.open(path))).save(path)
    fissura("train", "--data", "walls", "--epochs", "1", "--size", "48", "--device", "cpu", "--out", "judge", cwd=place)
    split = fissura("data", "split", "elsewhere/walls", "--size", "48", "--out", "others.json", "--json", cwd=place)
    sizes = json.loads(split.stdout)["sizes"]
    asked = ["evaluate", "judge", "--data", "elsewhere/walls", "--json"]
    everything = fissura(*asked, cwd=place)
    assert "was not trained on this split of these images: all" in everything.stderr
    assert json.loads(everything.stdout)["n"] == sum(sizes.values())
    of_split = fissura(*asked, "--split-file", "others.json", cwd=place)
    assert json.loads(of_split.stdout)["n"] == sizes["test"]
    assert "The test part of the split that was named is judged" in of_split.stderr
    fissura(*asked, "--split-file", "others.json", "--out", "of others", cwd=place)
    page = " ".join("".join(read((place / "of others" / "report.html").read_text(encoding="utf-8")).text).split())
    assert "The test part of the split that was named is judged" in page
    assert "--data elsewhere/walls --split-file others.json" in page
    shutil.copy(place / "others.json", place / "same.json")
    fissura(*asked, "--split-file", "same.json", "--out", "of others", cwd=place)
    fissura(*["data", "split", "elsewhere/walls", "--size", "48", "--seed", "3", "--out", "seed-3.json"], cwd=place)
    shutil.move(place / "seed-3.json", place / "others.json")
    other = fissura(*asked, "--split-file", "others.json", "--out", "of others", cwd=place, rc=2)
    assert "holds another run (other split_file)" in other.stderr


def test_the_split_can_be_used_again(place):
    fissura("train", "--data", "walls", "--epochs", "1", "--size", "48", "--device", "cpu", "--out", "one", cwd=place)
    done = fissura(
        *["train", "--data", "walls", "--epochs", "1", "--size", "48", "--device", "cpu", "--out", "two"],
        *["--split-file", "one/split.json"],
        cwd=place,
    )
    assert "The run is in two" in done.stdout
    assert load(place / "one").fingerprint == load(place / "two").fingerprint


def test_two_of_several_classes_can_be_chosen_and_one_of_them_be_looked_for(place):
    for number, name in enumerate(("vert", "rot", "blau")):
        (place / "three" / name).mkdir(parents=True)
        for k in range(12):
            pixels = np.random.default_rng(100 * number + k).integers(0, 80 * (number + 1), (48, 48)).astype(np.uint8)
            Image.fromarray(pixels).save(place / "three" / name / f"{k}.png")
    chosen = ["--classes", "vert", "--classes", "blau", "--positive", "blau", "--epochs", "1", "--device", "cpu"]
    done = fissura("ladder", "three", cwd=place, rc=2)
    assert "three has 3 classes, blau, rot, vert; the ladder takes two" in done.stderr
    assert "Choose two with --classes" in done.stderr
    fissura("train", "--data", "three", *chosen, "--size", "48", "--out", "two-of-three", cwd=place)
    assert load(place / "two-of-three").classes == ("vert", "blau")
    page = (place / "two-of-three" / "report.html").read_text(encoding="utf-8")
    assert "--classes vert --classes blau" in " ".join(commands(page))
    done = fissura("lab", "--part", "cracks", "--cracks", "three", *chosen, "--out", "lab-three", "--json", cwd=place)
    assert json.loads(done.stdout)["ladder"][0]["name"] == "random"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["train", "--data", "walls", "--positive", "crak"], "crack"),
        (["train", "--data", "walls", "--miss-at-most", "1%", "--alarm-at-most", "2%"], "give one of them"),
        (["train", "--data", "walls", "--miss-at-most", "one"], "--miss-at-most"),
        (["train", "--data", "walls/crack"], "subfolder"),
        (["train", "--data", "walls", "--validation", "5"], "--validation is for digits"),
        (["train", "--data", "walls", "--size", "8"], "--size"),
        (["train", "--data", "walls", "--patience", "-1"], "patience is -1"),
        (["ladder", "walls", "--also", "asphalt"], "--also is asphalt"),
        (["ladder", "walls", "--also", "same=walls"], "same: all of its 84 images are among those of walls"),
        (["lab", "--part", "cracks", "--data", "walls"], "named with --cracks walls"),
        (["lab", "--part", "all", "--cracks", "walls/crack"], "subfolder"),
        (["train", "--data", "digits", "--positive", "3"], "--positive is for photographs"),
        (["train", "--data", "digits", "--size", "64"], "--size is for photographs"),
        (["train", "--data", "walls", "--classes", "crack"], "Name another with --classes"),
        (["ladder", "nowhere"], "neither a folder nor one of cracks, synthetic, auto."),
        (["train", "--data", "nowhere"], "neither a folder nor one of mnist, digits, cracks, synthetic, auto."),
        (["train", "--data", "digits", "--miss-at-most", "5%"], "two classes, one of them looked for"),
        (["train", "--data", "walls", "--size", "40000", "--model", "cnn2", "--positive", "crak"], "crack"),
        (["lab", "--part", "cracks", "--cracks", "cracks"], "fissura data get cracks"),
    ],
)
def test_wrong_input_is_one_sentence(place, arguments, sentence, tmp_path):
    done = fissura(*arguments, "--out", str(tmp_path / "out"), cwd=place, rc=2)
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists()


def test_what_another_recipe_of_the_lab_gives_has_a_folder_of_its_own():
    assert _usual_folder("cracks", CrackLabSettings("cracks-lab"), "cracks") == Path("runs/lab-cracks-cracks-lab")
    assert _usual_folder("cracks", CrackLabSettings(epochs=2), "cracks") == Path("runs/lab-cracks-2-epochs")
    assert _usual_folder("mnist", LabSettings("best"), "lab") == Path("runs/lab-mnist-best")
    assert _usual_folder("mnist", LabSettings(), "lab") == Path("runs/lab-mnist")


def test_a_rung_from_elsewhere_leaves_out_what_the_network_may_have_seen():
    walls = synthetic_cracks(6, (32, 32), workers=1)
    mixed = replace(walls, images=np.concatenate([walls.images[:4], 255 - walls.images[4:]]), origin="elsewhere")
    other = only_unseen(Elsewhere("elsewhere", mixed), walls)
    assert np.array_equal(other.images.images, 255 - walls.images[4:])
    assert [left.name for left in other.left_out] == list(walls.names[:4])
    with pytest.raises(DataError, match="all of its 2 images"):
        only_unseen(Elsewhere("elsewhere", mixed.subset(np.arange(2))), walls)


def test_copies_in_a_folder_from_elsewhere_are_known(place):
    like = drawn_photographs(12, PhotographSettings(size_px=48))
    other = read_also(f"walls={place / 'walls'}", like)
    assert len(other.images) == 84
    assert len(np.unique(other.images.groups)) == 72


def test_nobody_is_judged_on_images_that_he_learned_from(place):
    settings = ["--epochs", "1", "--size", "48", "--device", "cpu"]
    for how in ("random", "grouped"):
        fissura("train", "--data", "walls", "--split", how, *settings, "--out", f"by-{how}", cwd=place)
    results = [
        json.loads((place / f"by-{how}" / "results.json").read_text(encoding="utf-8")) for how in ("grouped", "random")
    ]
    assert results[0]["leaking_test_images"] == 0 < results[1]["leaking_test_images"]
    twins = f"in training or validation: {results[1]['leaking_test_images']} of {results[1]['test']['n']}"
    assert twins in (place / "by-random" / "card.md").read_text(encoding="utf-8")
    done = fissura("compare", "by-grouped", "by-random", "--data", "walls", cwd=place, rc=2)
    assert "by-random learned from" in done.stderr
    shutil.copytree(place / "walls", place / "copied walls")
    next((place / "copied walls" / "crack").iterdir()).unlink()
    done = fissura("evaluate", "by-random", "--data", "copied walls", "--split", "random", cwd=place, rc=2)
    assert "of these 83 images" in done.stderr
    assert "--split-file by-random/split.json" in done.stderr
    done = fissura("evaluate", "by-random", "--data", "walls", "--split-file", "by-random/split.json", cwd=place)
    assert "learned from" not in done.stderr


def test_a_classifier_without_its_split_is_known_by_the_name_and_number_of_its_images(place):
    run = ["--epochs", "1", "--size", "48", "--device", "cpu", "--out", "moved"]
    fissura("train", "--data", "walls", *run, cwd=place)
    (place / "moved" / "split.json").unlink()
    done = fissura("evaluate", "moved", "--data", "walls", "--split", "random", cwd=place, rc=2)
    assert "with another split" in done.stderr


def test_a_detector_taught_on_a_folder_is_judged_there_on_what_it_did_not_learn_from(place):
    run = ["--model", "detector", "--epochs", "1", "--size", "48", "--device", "cpu", "--out", "slid"]
    fissura("train", "--data", "walls", *run, cwd=place)
    test = json.loads((place / "slid" / "results.json").read_text(encoding="utf-8"))["test"]
    for more in ([], ["--split-file", "slid/split.json"]):
        told = json.loads(fissura("evaluate", "slid", "--data", "walls", "--json", *more, cwd=place).stdout)
        assert told["n"] == test["n"]
    other = fissura("evaluate", "slid", "--data", "walls", "--split", "random", cwd=place, rc=2)
    assert "slid learned from" in other.stderr
    for number, image in enumerate(synthetic_cracks(8, (150, 130), workers=1).images[::2]):
        (place / "site" / "no_crack").mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(place / "site" / "no_crack" / f"{number}.png")
    told = json.loads(fissura("evaluate", "slid", "--data", "site", "--json", cwd=place).stdout)  # in windows, whole
    assert (told["n"], told["in_several_windows"]) == (4, 4)


def test_what_a_classifier_looks_for_need_not_be_said_again(place):
    settings = ["--epochs", "1", "--size", "48", "--device", "cpu", "--out", "sound"]
    fissura("train", "--data", "walls", "--positive", "no_crack", *settings, cwd=place)
    test = json.loads((place / "sound" / "results.json").read_text(encoding="utf-8"))["test"]
    for more in ([], ["--split-file", "sound/split.json"], ["--positive", "no_crack"]):
        told = json.loads(fissura("evaluate", "sound", "--data", "walls", "--json", *more, cwd=place).stdout)
        assert (told["positive"], told["n"]) == ("no_crack", test["n"])


@pytest.mark.parametrize("more", [[], ["--classes", "NO_crack", "--classes", "crack"]])
def test_what_a_classifier_looks_for_is_known_in_a_folder_within_the_one_named(place, more):
    (place / "outer").mkdir(exist_ok=True)
    shutil.copytree(place / "walls", place / "outer" / "walls", dirs_exist_ok=True)
    run = ["--epochs", "1", "--size", "48", "--device", "cpu", "--out", f"within-{len(more)}"]
    fissura("train", "--data", "outer", "--positive", "no_crack", *run, *more, cwd=place)
    told = json.loads(fissura("evaluate", run[-1], "--data", "outer", "--json", *more, cwd=place).stdout)
    test = json.loads((place / run[-1] / "results.json").read_text(encoding="utf-8"))["test"]
    assert (told["positive"], told["n"]) == ("no_crack", test["n"])


def test_a_comparison_on_photographs_says_that_those_of_a_group_change_sides_together(place):
    for seed in ("12", "13"):
        settings = ["--epochs", "1", "--size", "48", "--seed", seed, "--device", "cpu", "--out", f"one-{seed}"]
        fissura("train", "--data", "walls", *settings, cwd=place)
    said = " ".join(fissura("compare", "one-12", "one-13", "--data", "walls", cwd=place).stdout.split())
    assert "tested on whole groups: images that show the same thing change sides together." in said
    assert "counts once" not in said


def test_a_classifier_with_its_own_threshold_is_compared_as_it_is_used_and_its_card_says_which_number_is_where(
    place,
):
    run = ["train", "--data", "walls", "--epochs", "2", "--size", "48", "--device", "cpu"]
    told = fissura(*run, "--alarm-at-most", "5%", "--out", "careful", cwd=place).stdout
    assert "at threshold 0.5 on test" in told
    fissura(*run, "--seed", "13", "--out", "plain", cwd=place)
    judged = json.loads(fissura("evaluate", "careful", "--data", "walls", "--json", cwd=place).stdout)["at_threshold"]
    asked = ["compare", "careful", "plain", "--data", "walls"]
    compared = json.loads(fissura(*asked, "--json", cwd=place).stdout)
    careful, plain = compared["networks"]
    assert careful["test_accuracy"] == judged["accuracy"]
    assert careful["threshold"] == judged["threshold"] != plain["threshold"] == 0.5
    assert list(jsonschema.Draft202012Validator(SCHEMA).iter_errors(compared)) == []
    assert "Each is judged at its own threshold" in " ".join(fissura(*asked, cwd=place).stdout.split())
    metrics = load(place / "careful").provenance.metrics
    assert metrics["wished_accuracy"] == judged["accuracy"]
    assert metrics["wished_recall"] == judged["recall"]
    assert metrics["wished_specificity"] == judged["specificity"]
    card = (place / "careful" / "card.md").read_text(encoding="utf-8")
    assert "Accuracy on the test images, at threshold 0.5:" in card
    assert "Accuracy on the test images, at its threshold:" in card
    assert "not at 0.5" in (place / "careful" / "report.html").read_text(encoding="utf-8")
    assert "Accuracy on the test images:" in (place / "plain" / "card.md").read_text(encoding="utf-8")


def test_classifiers_of_other_sizes_and_class_names_are_compared_on_the_same_photographs_in_one_split(place):
    run = ["train", "--data", "walls", "--epochs", "1", "--device", "cpu", "--size"]
    fissura(*run, "48", "--out", "of-48", cwd=place)
    fissura(*run, "32", "--out", "of-32", "--split-file", "of-48/split.json", cwd=place)
    asked = ["compare", "of-48", "of-32", "built-in", "--data", "walls", "--split-file", "of-48/split.json"]
    done = fissura(*asked, "--json", cwd=place)
    assert "built-in: The detector learned from photographs of METU, SUT-Crack" in " ".join(done.stderr.split())
    compared = json.loads(done.stdout)
    test = [image for image in read_manifest(place / "of-48" / "split.json").images if image.part == "test"]
    assert {duel["n"] for duel in compared["comparisons"]} == {len(test)}
    for folder, told in zip(("of-48", "of-32"), compared["networks"], strict=False):
        asked = ["evaluate", folder, "--data", "walls", "--split-file", "of-48/split.json", "--json"]
        judged = json.loads(fissura(*asked, cwd=place).stdout)["at_threshold"]
        assert told["test_accuracy"]["count"] == judged["accuracy"]["count"]
    rows = load("built-in").predict([place / "walls" / image.name for image in test])
    right = sum(label == int(image.label == "crack") for label, image in zip(rows.labels, test, strict=True))
    assert compared["networks"][2]["test_accuracy"]["count"] == right
    few = ["compare", "of-48", "built-in", "--data", "few", "--split", "random", "--json"]
    cracks, sound = (sorted((place / "walls" / kind).iterdir()) for kind in ("crack", "no_crack"))
    for k in range(8):  # eight copies of one crack: they cannot be parted but at random
        for source, kind in ((cracks[0], "crack"), (sound[k], "no_crack")):
            (place / "few" / kind).mkdir(parents=True, exist_ok=True)
            with Image.open(source) as image:  # in the negative: not those that were learned from
                image.point(lambda grey: 255 - grey).save(place / "few" / kind / f"{k}.png")
    assert json.loads(fissura(*few, cwd=place).stdout)["comparisons"]
    done = fissura("compare", "of-48", "of-32", "--data", "synthetic", cwd=place, rc=2)
    assert "holds other images in 32 x 32 px than in 48 x 48 px" in " ".join(done.stderr.split())


def test_over_several_seeds_the_accuracy_at_one_half_is_called_so_where_a_threshold_was_chosen(place):
    run = ["train", "--data", "walls", "--epochs", "1", "--size", "32", "--device", "cpu", "--seeds", "2", "--out"]
    wished = fissura(*run, "two-wished", "--miss-at-most", "20%", cwd=place).stdout
    assert "Over 2 seeds: mean accuracy at threshold 0.5" in wished


def test_too_few_steps_are_told_before_they_are_taken_and_of_how_many_epochs_they_would_be_enough(place):
    run = ["--epochs", "2", "--size", "32", "--device", "cpu"]
    for command in (["train", "--data", "walls"], ["ladder", "walls"]):
        said = " ".join(fissura(*command, *run, "--out", f"few-{command[0]}", cwd=place).stderr.split())
        assert "Steps in all: 2 (1 in an epoch), few to learn in." in said
        assert "--epochs 100." in said
    walls, recipe = drawn_photographs(640, PhotographSettings(size_px=32)), named_recipe("cracks").recipe
    assert len(walls.parts.train) == 384  # 6 steps of 64 in each of 9 epochs
    assert len(training_remarks(walls, recipe, language("en"))) == 1
    assert training_remarks(walls, recipe.with_changes({"epochs": 17}), language("en")) == []


def test_a_detector_taught_on_photographs_that_predict_reads_in_windows_is_said_to_be(place):
    walls = open_photographs(place / "walls", PhotographSettings(size_px=32, cache_dir=place / "cache"))
    recipe = named_recipe("cracks").recipe.with_changes({"epochs": 200})
    assert training_remarks(walls, recipe, language("en"), slid=True) == []  # 64 px are twice its window
    wide = replace(walls, sizes_hw=((64, 65), (64, 64), (40, 60), *walls.sizes_hw[3:]))
    (said,) = training_remarks(wide, recipe, language("en"), slid=True)
    assert "larger than 64 px or longer than 4 : 3: 2 of 84." in said
    assert training_remarks(wide, recipe, language("en")) == []


def test_of_two_classes_of_which_none_is_looked_for_it_is_said_what_that_costs(place):
    shutil.copytree(place / "walls" / "crack", place / "kinds" / "lime")
    shutil.copytree(place / "walls" / "no_crack", place / "kinds" / "moss")
    run = ["train", "--data", "kinds", "--epochs", "1", "--size", "32", "--device", "cpu", "--out"]
    said = " ".join(fissura(*run, "kind", cwd=place).stderr.split())
    assert "Neither lime nor moss is known as the class that is looked for" in said
    assert "Neither" not in fissura(*run, "moss", "--positive", "moss", cwd=place).stderr


@pytest.mark.slow
def test_drawn_photographs_stand_in_and_it_is_said(tmp_path):
    done = fissura(
        *["train", "--data", "synthetic", "--epochs", "1", "--size", "48", "--device", "cpu", "--out", "drawn"],
        cwd=tmp_path,
    )
    assert "NOT PHOTOGRAPHS" in done.stderr
    assert "drawn" in (tmp_path / "drawn" / "report.html").read_text(encoding="utf-8")
