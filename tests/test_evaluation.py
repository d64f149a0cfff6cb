"""Hand-made answers, and what may be compared with what."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import log_loss, precision_score, recall_score

from fissura import evaluation, metrics
from fissura.classifier import Decision
from fissura.data import LabelledImages
from fissura.errors import DataError
from fissura.evaluation import Evaluation
from fissura.training import Recipe, train


def images(labels: list[int], shade: int = 0) -> LabelledImages:
    n = len(labels)
    return LabelledImages(
        np.full((n, 4, 4), shade, dtype=np.uint8),
        np.array(labels, dtype=np.int64),
        ("a", "b", "c"),
        tuple(f"image {i}" for i in range(n)),
        "made by hand",
        "test",
    )


@pytest.fixture
def judged() -> Evaluation:
    probabilities = [[0.7, 0.2, 0.1], [0.1, 0.6, 0.3], [0.05, 0.9, 0.05], [0.8, 0.1, 0.1], [0.3, 0.3, 0.4]]
    return Evaluation(images([0, 1, 2, 1, 2]), np.array(probabilities, dtype=np.float32))


def test_counts_of_a_hand_made_evaluation(judged):
    assert (judged.accuracy.count, judged.accuracy.n, judged.errors) == (3, 5, 2)
    np.testing.assert_array_equal(judged.confusion, [[1, 0, 0], [1, 1, 0], [0, 1, 1]])


@pytest.mark.parametrize("positive", [0, 1])
def test_at_a_threshold_of_its_own_an_image_is_of_the_class_that_predict_names(positive):
    scores = np.array([0.1, 0.2, 0.3, 0.6, 0.9], np.float32)
    probabilities = np.stack([1 - scores, scores], axis=1)[:, :: 1 if positive else -1]
    two = replace(images([positive] * 5), classes=("a", "b"))
    told = Evaluation(two, probabilities, Decision(positive, threshold=float(np.float32(0.2))))
    assert told.right.tolist() == [False, True, True, True, True]
    assert Evaluation(two, probabilities).right.tolist() == [False, False, False, True, True]


def test_a_threshold_between_two_neighbouring_probabilities_is_not_rounded_to_one_of_them():
    scores = np.array([1 - 2**-23, 1 - 2**-24], dtype=np.float32)
    decision = Decision(1, threshold=1 - 1.5 * 2**-24)
    two = replace(images([0, 1]), classes=("a", "b"))
    assert Evaluation(two, np.stack([1 - scores, scores], axis=1), decision).predicted.tolist() == [0, 1]


def test_intervals_and_comparison_know_which_images_are_copies_with_three_classes_too(judged):
    twice = np.repeat(np.arange(5), 2)
    known = replace(judged.images.subset(twice), groups=twice)
    copied = Evaluation(known, judged.probabilities[twice])
    taken_for_new = Evaluation(replace(known, groups=None), judged.probabilities[twice])
    assert copied.accuracy == metrics.share_of(copied.right, twice)
    assert copied.accuracy.high - copied.accuracy.low > taken_for_new.accuracy.high - taken_for_new.accuracy.low
    assert copied.recalls[1] == metrics.share_of(copied.right[known.labels == 1], twice[known.labels == 1])
    better = Evaluation(known, np.eye(3, dtype=np.float32)[known.labels])
    assert evaluation.compare(copied, better).p_value == pytest.approx(
        evaluation.compare(
            judged, replace(better, images=judged.images, probabilities=better.probabilities[::2])
        ).p_value
    )


def test_recall_and_precision_are_those_of_scikit_learn(judged):
    truth, said = judged.images.labels, judged.predicted
    recall = recall_score(truth, said, labels=range(3), average=None)
    precision = precision_score(truth, said, labels=range(3), average=None)
    np.testing.assert_allclose([share.value for share in judged.recalls], recall)
    np.testing.assert_allclose([share.value for share in judged.precisions], precision)


def test_surest_mistake_comes_first(judged):
    first, second = judged.mistakes()
    assert (first.name, first.label, first.predicted, first.probability) == ("image 2", 2, 1, pytest.approx(0.9))
    assert second.name == "image 3"
    assert judged.mistakes(most=1) == (first,)


def test_loss_is_that_of_scikit_learn(judged):
    assert judged.loss == pytest.approx(log_loss(judged.images.labels, judged.probabilities, labels=[0, 1, 2]))


def test_probability_of_zero_gives_a_finite_loss():
    sure = Evaluation(images([0]), np.array([[0, 1, 0]], dtype=np.float32))
    assert math.isfinite(sure.loss)


def test_evaluation_is_json_and_a_class_without_images_is_null():
    judged = Evaluation(images([0, 0]), np.array([[1, 0, 0], [1, 0, 0]], dtype=np.float32))
    as_json = json.loads(json.dumps(judged.as_dict(), allow_nan=False))
    assert as_json["classes"][1]["recall"]["value"] is None
    assert as_json["accuracy"]["value"] == 1
    assert as_json["mistakes"] == []


def test_evaluation_prints_its_interval_and_split(judged):
    assert "test, n = 5: accuracy 60.00 %, 95 % interval 23.07 to 88.24 %" in repr(judged)


def test_only_the_same_images_are_compared(judged):
    others = Evaluation(images([0, 1, 2, 1, 2], shade=1), judged.probabilities)
    with pytest.raises(DataError, match="not the same images"):
        evaluation.compare(judged, others)
    assert evaluation.compare(judged, judged).p_value == 1


def test_other_classes_are_refused():
    classifier = train("multinomial", images([0, 1, 2]), Recipe(epochs=1), device="cpu").classifier
    other = images([0, 1, 2])
    other = LabelledImages(other.images, other.labels, ("x", "y", "z"), other.names, "others", "test")
    with pytest.raises(DataError, match=r"others has the classes x, y, z; .* trained for a, b, c"):
        evaluation.evaluate(classifier, other)
    with pytest.raises(DataError, match="no images"):
        evaluation.evaluate(classifier, images([]))
