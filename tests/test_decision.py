"""From logits to a decision: what is settled on validation images, kept in the file, and used again."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from fissura.classifier import Classifier, Decision, Preprocessing, load
from fissura.data import LabelledImages
from fissura.decision import decide, judge, matched
from fissura.errors import DataError, SettingsError
from fissura.metrics import Wish
from fissura.models import build


def walls(n: int, seed: int, split: str = "test", positive: int | None = 1) -> LabelledImages:
    """Noise, with a dark line on every second one."""
    random = np.random.default_rng(seed)
    images = random.normal(150, 25, (n, 32, 32))
    images[1::2, :, 15] -= 30
    labels = (np.arange(n) % 2).astype(np.int64)
    names = tuple(f"{split}-{index}" for index in range(n))
    pixels = images.clip(0, 255).astype(np.uint8)
    return LabelledImages(pixels, labels, ("intact", "crack"), names, "drawn walls", split, positive=positive)


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    """Not trained: its logits are little and one-sided, so there is something to settle."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(12)
        return Classifier(
            "crack", {}, build("crack", (32, 32), 2).eval(), ("intact", "crack"), Preprocessing((32, 32), 0.5, 0.2)
        )


def test_a_wish_is_kept_on_the_images_it_was_settled_on(classifier):
    validation, test = walls(200, 1, "validation"), walls(100, 2)
    decided = decide(classifier, validation, test, Wish("miss", 0.05))
    assert decided.wished is not None
    assert decided.chosen.seen.missed.value <= 0.05
    assert decided.classifier.decision.threshold == decided.chosen.seen.threshold == decided.wished.threshold
    assert decided.temperature.loss_after <= decided.temperature.loss_before
    assert decided.test.threshold == 0.5
    told = decided.as_dict()
    assert told["wish"]["at_most"] == 0.05
    assert told["test"]["n"] == 100


def test_file_gives_back_the_decision_and_the_same_scores(classifier, tmp_path):
    decided = decide(classifier, walls(80, 1, "validation"), walls(40, 2), Wish("alarm", 0.1)).classifier
    decided.save(tmp_path / "classifier.safetensors")
    again = load(tmp_path)
    assert again.decision == decided.decision
    images = walls(30, 3).images
    assert np.array_equal(again.scores(images), decided.scores(images))
    assert np.array_equal(again.predict(images), (decided.scores(images) >= decided.decision.threshold).astype(int))


@pytest.mark.parametrize(
    "wrong", [Decision(2), Decision("crack"), Decision(1, temperature=0.0), Decision(1, -0.1), Decision(1, "7"), 0.5]
)
def test_what_nothing_can_be_decided_with_is_refused_before_it_is_saved(classifier, wrong):
    with pytest.raises(
        SettingsError, match=r"^Decision\(.* cannot be used; wanted positive 0 or 1|decision is of type float; wanted"
    ):
        replace(classifier, decision=wrong)  # its file was called damaged


def test_numbers_of_numpy_are_saved_as_any_other(classifier, tmp_path):
    decision = Decision(np.int64(1), threshold=np.float32(0.3), chosen={"images": np.uint8(20)})
    replace(classifier, decision=decision).save(tmp_path / "classifier.safetensors")
    assert load(tmp_path).decision == decision


def test_looking_for_the_first_class_turns_the_scores_round(classifier):
    images = walls(20, 4).images
    first, second = (replace(classifier, decision=Decision(positive)) for positive in (0, 1))
    assert np.allclose(first.scores(images), 1 - second.scores(images), atol=1e-6)
    assert np.allclose(first.logits(images), -second.logits(images))
    assert np.allclose(first.evidence(images), -second.evidence(images))


def test_evidence_pools_to_the_logit(classifier):
    looking = replace(classifier, decision=Decision(1))
    images = walls(6, 5).images
    cells = looking.evidence(images).reshape(6, -1).astype(np.float64)
    assert np.allclose(np.log(np.exp(cells).mean(axis=1)), looking.logits(images), atol=1e-4)


def test_nothing_to_look_for_is_said(classifier):
    with pytest.raises(DataError, match=r"looks for none.*fissura\.decide\("):
        classifier.scores(walls(4, 6).images)
    with pytest.raises(DataError, match="--positive"):
        decide(classifier, walls(20, 1, positive=None), walls(20, 2, positive=None), None)
    with pytest.raises(DataError, match="looks for none"):
        judge(classifier, walls(4, 6))


def test_images_of_other_classes_are_neither_settled_on_nor_judged(classifier):
    others = (replace(walls(20, 6), classes=("no", "yes")), replace(walls(20, 6), classes=("crack", "intact")))
    for other in others:  # the second would turn the decision round
        with pytest.raises(DataError, match="the classifier was trained for intact, crack"):
            judge(replace(classifier, decision=Decision(1)), other)
        for validation, test in ((other, walls(20, 1)), (walls(20, 1), other)):
            with pytest.raises(DataError, match="the classifier was trained for intact, crack"):
                decide(classifier, validation, test, None)


def test_what_is_looked_for_is_what_the_validation_images_say(classifier):
    validation, test = walls(40, 1, "validation"), walls(20, 2)
    as_ever = decide(classifier, validation, test, None).test
    for positive in (None, 0):  # 0 was counted as found where a crack was
        assert decide(classifier, validation, replace(test, positive=positive), None).test.here == as_ever.here


@pytest.mark.parametrize("wish", [None, Wish("miss", 0.1)])
def test_nothing_is_settled_on_validation_images_of_a_single_class(classifier, wish):
    intact = walls(40, 1, "validation").subset(np.arange(0, 40, 2))
    with pytest.raises(DataError, match="has no image of crack among its 20 validation images"):
        decide(classifier, intact, walls(20, 2), wish)


def test_classes_of_the_same_names_are_matched_by_name(classifier):
    looking = replace(classifier, decision=Decision(1))
    turned = walls(10, 7)
    turned = replace(turned, labels=1 - turned.labels, classes=("crack", "intact"), positive=0)
    fitted = matched(turned, looking)
    assert np.array_equal(fitted.labels, walls(10, 7).labels)
    assert (fitted.classes, fitted.positive) == (("intact", "crack"), 1)
    looked_for_otherwise = replace(turned, positive=1)  # intact is looked for there, and is still intact
    assert np.array_equal(matched(looked_for_otherwise, looking).labels, walls(10, 7).labels)
    elsewhere = replace(walls(10, 7), classes=("fissure", "sain"), labels=1 - walls(10, 7).labels, positive=0)
    assert np.array_equal(matched(elsewhere, looking).labels, walls(10, 7).labels)
    with pytest.raises(DataError, match="--positive"):
        matched(replace(elsewhere, positive=None), looking)


def test_a_judgement_stands_at_the_classifiers_own_threshold(classifier):
    decided = decide(classifier, walls(80, 1, "validation"), walls(40, 2), Wish("miss", 0.1))
    judged = judge(decided.classifier, walls(40, 2))
    assert judged.threshold == decided.wished.threshold
    assert judged.here.true_positives == decided.wished.here.true_positives


def test_a_judgement_in_parts_has_the_scores_of_the_whole_and_tells_how_far_it_is(monkeypatch):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(12)
        model = build("detector", (32, 32), 2).eval()
    detector = Classifier(
        "detector", {}, model, ("intact", "crack"), Preprocessing((32, 32), 0.0, 1.0), decision=Decision(1)
    )
    monkeypatch.setattr("fissura.decision.PREDICTION_BATCH", 16)
    told = []
    judged = judge(detector, walls(40, 2), lambda done, total: told.append((done, total)))
    assert told == [(16, 40), (32, 40), (40, 40)]
    np.testing.assert_allclose(judged.scores, detector.scores(walls(40, 2).images), atol=1e-6)
