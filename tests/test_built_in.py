"""The detector that comes with the package, and how it is made."""

import copy
import json
import shutil
from dataclasses import asdict, replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image
from sklearn.metrics import roc_auc_score
from typer.testing import CliRunner

import fissura
from fissura.built_in import (
    RECIPE,
    SECOND_PORTIONS,
    SECOND_RECIPE,
    THIRD_CLUTTER,
    THIRD_KEPT,
    THIRD_PORTIONS,
    Making,
    detector,
    last_of,
    make,
    make_in_steps,
    steps,
)
from fissura.built_in import making as training
from fissura.classifier import Classifier, load
from fissura.cli import app
from fissura.data.labelled import LabelledImages
from fissura.data.split_manifest import write_manifest
from fissura.data.splits import Split
from fissura.data.synthetic import synthetic_scenes
from fissura.data.teaching import HELD_OUT, MaterialSettings, familiar, unseen
from fissura.data.teaching.material import real_photographs
from fissura.errors import ClassifierFileError, OutputError, SettingsError
from fissura.settling import _exceeded, settled
from fissura.training.crack_lessons import Portions
from fissura.training.recipe import PRECISIONS

WEIGHTS = Path(fissura.__file__).parent / "weights"


@pytest.fixture(scope="module")
def built_in():
    return load("built-in")


def test_the_shipped_file_is_small_and_says_where_it_comes_from(built_in):
    assert (WEIGHTS / "built-in.safetensors").stat().st_size <= 2_000_000
    log = json.loads((WEIGHTS / "built-in.json").read_text(encoding="utf-8"))
    assert log["fingerprint"] == built_in.fingerprint
    assert log["decision"]["threshold"] == built_in.decision.threshold
    assert log["data"]["fingerprint"] == built_in.provenance.data["fingerprint"]
    recipes = [built_in.provenance.recipe]
    data = built_in.provenance.data
    while "start" in data:
        recipes.append(data["start"]["recipe"])
        data = data["start"]["data"]
    second = SECOND_RECIPE.as_dict()
    assert recipes == [
        {**second, "portions": asdict(THIRD_PORTIONS), "kept": THIRD_KEPT},
        {**second, "portions": asdict(SECOND_PORTIONS)},
        {**RECIPE.as_dict(), "portions": asdict(Portions())},
    ]
    assert log["data"]["metu_fingerprint"] == built_in.provenance.data["metu_fingerprint"]
    assert not built_in.provenance.data["missing"]
    assert built_in.classes == ("intact", "crack")
    assert built_in.familiarity is not None


def test_it_finds_drawn_cracks_on_surfaces_it_was_never_taught_on(built_in):
    scenes = synthetic_scenes(48, (224, 224), 555, surfaces=HELD_OUT, workers=1)
    assert roc_auc_score(scenes.images.labels, built_in.logits(scenes.images.images)) > 0.85


def test_its_map_lies_where_the_crack_is(built_in):
    scenes = synthetic_scenes(24, (224, 224), 556, surfaces=("plaster", "painted"), workers=1)
    evidence = built_in.evidence(scenes.images.images)
    cells = scenes.masks.reshape(len(evidence), 56, 4, 56, 4).any(axis=(2, 4))
    assert roc_auc_score(cells[1::2].ravel(), evidence[1::2].ravel()) > 0.9


def test_plain_grey_is_no_crack(built_in):
    for shade in (0, 128, 255):
        assert built_in.scores(np.full((1, 224, 224), shade, np.uint8))[0] < built_in.decision.threshold


def test_real_patches_are_told_apart(built_in, metu_patches):
    assert roc_auc_score(metu_patches.labels, built_in.logits(metu_patches.images)) > 0.99


def test_real_intact_walls_are_not_told_from_drawn_ones_by_their_crack_score(built_in, metu_patches):
    """What a network learns of blending would show here: both are plain concrete without a crack."""
    drawn = synthetic_scenes(80, (224, 224), 557, surfaces=("fine concrete", "plaster"), workers=1)
    real = metu_patches.images[metu_patches.labels == 0][:40]
    scores = np.concatenate([built_in.logits(real), built_in.logits(drawn.images.images[0::2])])
    auc = roc_auc_score(np.repeat([0, 1], [len(real), 40]), scores)
    assert 0.15 < auc < 0.85


def told(origin, intact, cracked):
    """Tiles whose first pixel is what the detector says of them, see below."""
    values = np.array([*intact, *cracked], np.uint8)
    images = np.broadcast_to(values[:, None, None], (len(values), 16, 16)).copy()
    labels = np.repeat([0, 1], [len(intact), len(cracked)])
    names = tuple(map(str, range(len(values))))
    return LabelledImages(images, labels, ("intact", "crack"), names, origin, "validation", positive=1)


def test_at_most_the_share_is_flagged_and_what_is_equal_together():
    def lowest(share, *sets):
        return _exceeded([np.array(each, np.float32) for each in sets], share)

    assert lowest(0.4, [1, 2, 3, 4, 5]) == 4  # two of five
    assert lowest(0.39, [1, 2, 3, 4, 5]) == 5
    assert lowest(0.19, [1, 2, 3, 4, 5]) == np.nextafter(5, np.inf)  # none
    assert lowest(0.4, [1, 2, 4, 4, 5]) == 5  # with one 4 both would be
    assert lowest(0.6, [1, 2, 4, 4, 5]) == 4
    assert lowest(0.3, [9, 1], [8, 7, 6, 5]) == 9  # half of a half, then an eighth
    assert lowest(0.375, [9, 1], [8, 7, 6, 5], []) == 8


def test_each_surface_counts_once_in_the_threshold_however_many_sizes_its_tiles_have(built_in, monkeypatch):
    monkeypatch.setattr(Classifier, "logits", lambda self, images: images[:, 0, 0].astype(np.float32) / 16 - 8)
    noisy = told("drawn: a", [*range(60, 160)], [*range(150, 250)])
    quiet = [told(f"road, {side} px", [*range(20, 120)][::step], [*range(150, 250)]) for side, step in SIZES]
    one, three, turned = (settled(built_in, (noisy, *sizes)).decision for sizes in (quiet[:1], quiet, quiet[::-1]))

    def first_flagged(decision):
        scale, offset = decision.mirrored
        return 16 * ((np.log(decision.threshold / (1 - decision.threshold)) - offset) / scale + 8)

    # 2 % of two surfaces are 4 of the noisy one's 100 tiles, of three surfaces 6
    for decision in (one, three, turned):
        assert first_flagged(decision) == pytest.approx(156, abs=0.4)
    walls = told("METU, validation", [*range(20, 120)], [])
    with_walls = settled(built_in, (noisy, *quiet), walls).decision
    assert first_flagged(with_walls) == pytest.approx(154, abs=0.4)
    assert (with_walls.chosen["walls"], with_walls.mirrored) == (100, three.mirrored)  # probabilities stay


SIZES = ((112, 1), (160, 3), (224, 7))


def test_what_one_look_and_four_looks_say_is_put_right_apart(built_in, monkeypatch):
    """Four looks of this detector say twice what one says: the second fit has half the scale of what is left to do."""

    def logits(self, images):
        scale, offset = self.decision.mirrored or (1.0, 0.0)
        looks = 1.0 if self.decision.mirrored is None else 2.0
        inside = self.model.weight.item() / built_in.model.weight.item()
        return looks * inside * (images[:, 0, 0].astype(np.float32) / 16 - 8) * scale + offset

    monkeypatch.setattr(Classifier, "logits", logits)
    found = settled(built_in, (told("drawn: a", [*range(60, 160)], [*range(110, 210)]),))
    assert found.decision.mirrored[0] == pytest.approx(0.5, abs=1e-3)
    scale = found.model.weight.item() / built_in.model.weight.item()
    assert scale == pytest.approx(found.decision.chosen["scale"], abs=1e-4)


@pytest.fixture
def metu_patches(real_data):
    """100 patches of each class that it was not taught on."""
    from fissura.images import read_grey, resized

    folder = real_data("metu")
    pixels = [
        resized(read_grey(path), (224, 224))
        for name in ("Negative", "Positive")
        for path in sorted((folder / name).iterdir())[::160][:100]
    ]
    labels = np.repeat([0, 1], 100)
    names = tuple(map(str, range(200)))
    return LabelledImages(np.stack(pixels), labels, ("intact", "crack"), names, "METU", "test", positive=1)


def small(monkeypatch) -> Making:
    monkeypatch.setattr(unseen, "_OF_EACH", 12)
    for name in ("SCENES", "HELD_OUT_SCENES"):
        monkeypatch.setattr(familiar, name, 48)
    # from weights that know a crack: so few scenes would teach none, and that is refused
    recipe = replace(RECIPE, epochs=2, batch_size=16, learning_rate=1e-4)
    return Making(MaterialSettings(scenes=200, cracks=8), recipe, Portions(0, 0, 0, 40), "cpu", load("built-in"))


@pytest.mark.slow
def test_a_detector_is_made_then_found_again_then_gone_on_from(tmp_path, monkeypatch):
    making = small(monkeypatch)
    making = replace(making, material=replace(making.material, cache_dir=tmp_path / "cache"))
    folder = tmp_path / "run"
    made = make(making, tmp_path / "nothing", folder)
    first = (folder / "classifier.safetensors").read_bytes()
    assert not (folder / "checkpoint.safetensors").exists()
    assert set(made.log["unseen"]) == {f"drawn: {kind}" for kind in HELD_OUT}
    again = make(making, tmp_path / "nothing", folder)
    assert again.log == made.log
    assert (folder / "classifier.safetensors").read_bytes() == first
    other = make(making, tmp_path / "nothing", tmp_path / "other")
    assert other.classifier.fingerprint == made.classifier.fingerprint
    assert (tmp_path / "other" / "classifier.safetensors").read_bytes() == first
    with pytest.raises(OutputError, match="made in another way"):
        make(replace(making, recipe=replace(making.recipe, epochs=3)), tmp_path / "nothing", folder)
    one_look = replace(made.classifier, decision=replace(made.classifier.decision, mirrored=None))
    one_look.save(tmp_path / "older" / "classifier.safetensors")  # as it was settled before there were four looks
    with pytest.raises(OutputError, match="made in another way"):
        make(making, tmp_path / "nothing", tmp_path / "older")
    monkeypatch.setattr(steps, "SECOND_RECIPE", replace(making.recipe, epochs=1))
    for portions in ("SECOND_PORTIONS", "THIRD_PORTIONS"):
        monkeypatch.setattr(steps, portions, making.portions)
    monkeypatch.setattr(steps, "THIRD_CLUTTER", 6)
    shutil.copytree(folder, tmp_path / "all" / "first")
    every = make_in_steps(making, tmp_path / "nothing", tmp_path / "all")
    second = detector(tmp_path / "all" / "second")
    assert second.provenance.data["start"]["fingerprint"] == again.classifier.fingerprint
    assert every.log["data"]["start"]["fingerprint"] == second.fingerprint
    assert every.log["data"]["clutter"] == 6
    assert every.log["recipe"]["epochs"] == 1
    onward = replace(making, start=detector(folder), recipe=replace(making.recipe, epochs=1))
    assert make(onward, tmp_path / "nothing", tmp_path / "onward").classifier.fingerprint == second.fingerprint
    last = make(last_of(replace(making, start=second)), tmp_path / "nothing", tmp_path / "last")
    assert last.classifier.fingerprint == every.classifier.fingerprint


@pytest.mark.parametrize("precision", PRECISIONS)
def test_each_further_step_goes_on_from_the_weights_of_the_one_before(tmp_path, monkeypatch, built_in, precision):
    asked = []

    def made(making, surfaces, data_dir, folder, on_material, on_training):
        asked.append((making, folder))
        known = built_in.provenance
        start = {} if making.start is None else {"start": {"fingerprint": making.start.fingerprint}}
        said = {name: value for name, value in known.data.items() if name not in ("start", "manifest", "clutter")}
        data = {**said, **making.material.as_dict()}
        data |= real_photographs(data_dir, making.material).described()
        provenance = replace(known, recipe=training.recipe_said(making), data={**data, **start})
        found = replace(copy.deepcopy(built_in), provenance=provenance)
        with torch.no_grad():
            found.model.offset.add_(len(folder.name))  # others in each folder
        folder.mkdir(parents=True, exist_ok=True)
        found.save(folder / "classifier.safetensors")
        return found

    monkeypatch.setattr(training, "_made", made)
    monkeypatch.setattr(steps, "unseen_surfaces", lambda data_dir: ())
    monkeypatch.setattr(steps, "check_precision", lambda device, precision: None)
    making = Making(MaterialSettings(scenes=10, seed=5), replace(RECIPE, seed=5, precision=precision))
    make_in_steps(making, tmp_path, tmp_path / "out")
    (first, _), (second, _), (third, _) = asked
    out = tmp_path / "out"
    assert [folder for _, folder in asked] == [out / "first", out / "second", out]
    assert first == making
    assert second.start.fingerprint == detector(out / "first").fingerprint
    assert third.start.fingerprint == detector(out / "second").fingerprint != second.start.fingerprint
    assert second.recipe == third.recipe == replace(SECOND_RECIPE, seed=5, precision=precision)
    assert (second.portions, third.portions) == (SECOND_PORTIONS, THIRD_PORTIONS)
    assert second.material == making.material
    assert third.material == replace(making.material, seed=7, clutter=THIRD_CLUTTER)
    assert (first.kept, second.kept, third.kept) == (0.0, 0.0, THIRD_KEPT)
    asked.clear()
    (tmp_path / "out" / "classifier.safetensors").unlink()
    make_in_steps(making, tmp_path, tmp_path / "out")  # killed in the last step: the others are not made again
    assert [folder for _, folder in asked] == [tmp_path / "out"]
    asked.clear()
    shutil.rmtree(out / "second")
    (out / "classifier.safetensors").unlink()
    make_in_steps(making, tmp_path, out)
    assert [folder for _, folder in asked] == [out / "second", out]
    made(last_of(replace(making, start=detector(out / "second"))), (), tmp_path, tmp_path / "last", None, None)
    asked.clear()
    made(making, (), tmp_path, tmp_path / "one-step", None, None)
    (tmp_path / "begun").mkdir()
    (tmp_path / "begun" / "checkpoint.safetensors").write_bytes(b"of one step")
    asked.clear()
    for name in ("one-step", "begun", "last"):
        with pytest.raises(OutputError, match="made in another way"):
            make_in_steps(making, tmp_path, tmp_path / name)
    assert asked == []


def test_a_finished_detector_is_found_only_where_its_split_and_photographs_are_the_same(tmp_path, built_in):
    def manifest(name, part, seed=12):
        parts = Split(*(np.array([k]) for k in ((0, 1, 2) if part == "train" else (1, 0, 2))), "grouped", seed)
        write_manifest(tmp_path / name, parts, ["a", "b", "c"], ["0" * 64] * 3, ["intact"] * 3)
        return MaterialSettings(scenes=10, manifest=tmp_path / name)

    def finished(settings, **said):
        data = {**settings.as_dict(), **real_photographs(tmp_path, settings).described(), **said}
        known = replace(built_in.provenance, recipe=training.recipe_said(Making()), data=data)
        replace(built_in, provenance=known).save(tmp_path / "run" / "classifier.safetensors")

    def found(settings):
        return training._finished(tmp_path / "run", Making(settings), tmp_path)

    plain, split = MaterialSettings(scenes=10), manifest("split.json", "train")
    finished(split)
    assert found(split).fingerprint == found(manifest("later.json", "train", seed=13)).fingerprint
    for other in (plain, manifest("other.json", "validation"), replace(split, scenes=20), replace(split, clutter=6)):
        with pytest.raises(OutputError, match="made in another way"):
            found(other)
    finished(replace(split, clutter=6))
    with pytest.raises(OutputError, match="made in another way"):
        found(split)
    finished(plain)
    assert found(plain)
    assert found(split)  # an older version did not say that a split was given: METU's patches would show another
    finished(plain, metu_fingerprint="of other patches")
    with pytest.raises(OutputError, match="made in another way"):
        found(split)
    finished(plain)
    (tmp_path / "textures").mkdir()
    Image.fromarray(np.full((8, 8), 99, np.uint8)).save(tmp_path / "textures" / "new.png")
    with pytest.raises(OutputError, match="made in another way"):
        found(plain)


def test_what_is_kept_of_the_weights_is_a_share_of_those_before():
    before, after = (torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.BatchNorm1d(2)) for _ in range(2))
    after[1].num_batches_tracked += 7
    found = copy.deepcopy(after)
    training._keep(found, before, 0.25)
    for name, value in found.state_dict().items():
        one, other = before.state_dict()[name], after.state_dict()[name]
        expected = other if name.endswith("tracked") else 0.25 * one + 0.75 * other
        torch.testing.assert_close(value, expected)


@pytest.mark.parametrize(
    "asked",
    [
        ["--last-step"],
        ["--last-step", "--from", "built-in", "--further-steps"],
        ["--last-step", "--from", "built-in", "--epochs", "2"],
        ["--last-step", "--from", "built-in", "--learning-rate", "0.1"],
        ["--last-step", "--from", "built-in", "--patches", "10"],
        ["--further-steps", "--from", "built-in"],
    ],
)
def test_steps_that_do_not_go_with_what_else_is_asked_are_refused_before_a_folder_is_made(tmp_path, asked):
    with pytest.raises(SettingsError, match=r"Leave it out|leave out"):
        CliRunner().invoke(app, ["train", "built-in", *asked, "--out", str(tmp_path / "out")], catch_exceptions=False)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("asked", "further", "kept"),
    [
        ([], True, 0.0),
        (["--without", "metu"], False, 0.0),
        (["--epochs", "2"], False, 0.0),
        (["--from", "built-in"], False, 0.0),
        (["--last-step", "--from", "built-in"], False, THIRD_KEPT),
    ],
)
def test_which_steps_are_taken(tmp_path, monkeypatch, asked, further, kept):
    class Done(Exception):
        pass

    def done(name):
        def make(making, *args):
            called.append((name, making))
            raise Done

        return make

    called = []
    for name in ("make", "make_in_steps"):
        monkeypatch.setattr(fissura.built_in, name, done(name))
    (tmp_path / "cracks" / "Positive").mkdir(parents=True)
    (tmp_path / "cracks" / "Negative").mkdir()
    with pytest.raises(Done):
        CliRunner().invoke(
            app,
            ["train", "built-in", *asked, "--data-dir", str(tmp_path), "--out", str(tmp_path / "out")],
            catch_exceptions=False,
        )
    ((name, making),) = called
    assert name == ("make_in_steps" if further else "make")
    assert (making.kept, making.material.clutter) == (kept, THIRD_CLUTTER if kept else 0)
    assert making.material.seed == (14 if kept else 12)


def test_nothing_is_kept_of_weights_that_were_not_there(tmp_path):
    with pytest.raises(SettingsError, match="can be kept only where"):
        training.taught(None, Making(kept=0.5, device="cpu"), tmp_path / "checkpoint")


def test_only_a_detector_is_gone_on_from(tmp_path):
    from fissura.data import embedded_digits
    from fissura.training import Recipe, train

    trained = train("multinomial", embedded_digits().train, Recipe(epochs=1), device="cpu")
    trained.classifier.save(tmp_path / "digits.safetensors")
    with pytest.raises(ClassifierFileError, match="holds the network multinomial; wanted a detector"):
        detector(tmp_path / "digits.safetensors")


def test_photographs_that_are_not_there_are_named(tmp_path, monkeypatch, built_in):
    provenance = replace(built_in.provenance, data={"missing": ["metu", "textures"]})
    monkeypatch.setattr("fissura.reporting.card.write_cards", lambda *args: None)
    asked = ["train", "built-in", "--lang", "en", "--data-dir", str(tmp_path), "--out", str(tmp_path / "out")]
    surfaces = built_in.decision.chosen["surfaces"]
    for quay in (False, True):
        chosen = {"surfaces": [name for name in surfaces if quay or not name.startswith("quay")]}
        made = replace(built_in, provenance=provenance, decision=replace(built_in.decision, chosen=chosen))
        there = SimpleNamespace(classifier=made, judged=(), log={})
        monkeypatch.setattr(fissura.built_in, "make", lambda *args, there=there: there)
        said = " ".join(CliRunner().invoke(app, asked, catch_exceptions=False).stderr.replace("║", " ").split())
        assert "so not learned from: metu, textures." in said
        assert ("settled without it: omu-quay." in said) == (not quay)
