"""Hand-made judgements, what they refuse, and what JSON holds of them."""

import json
import math

import numpy as np
import pytest
from sklearn import metrics as sklearn

from fissura.data import LabelledImages
from fissura.errors import DataError, SettingsError
from fissura.judgement import Judgement
from fissura.metrics import wilson


def images(labels, groups=None, positive=1, classes=("intact", "crack")):
    n = len(labels)
    return LabelledImages(
        np.zeros((n, 2, 2), dtype=np.uint8),
        np.array(labels, dtype=np.int64),
        classes,
        tuple(f"image {i}" for i in range(n)),
        "made by hand",
        "test",
        None if groups is None else np.array(groups, dtype=np.int64),
        positive,
    )


LABELS = [1, 1, 1, 0, 0, 0, 0, 1]
SCORES = np.array([0.9, 0.4, 0.5, 0.2, 0.7, 0.1, 0.95, 0.05], dtype=np.float32)


def made(n=400, groups=None, seed=0):
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 2, n)
    scores = 1 / (1 + np.exp(-rng.normal(size=n) - 3 * labels + 1.5))
    return Judgement(images(labels, groups), scores)


def test_counts_of_a_hand_made_judgement():
    judged = Judgement(images(LABELS), SCORES)
    here = judged.here
    counts = (here.true_positives, here.false_negatives, here.false_positives, here.true_negatives)
    assert counts == (2, 2, 2, 2)
    assert judged.class_names == ("crack", "intact")
    assert here.recall == wilson(2, 4)
    assert judged.at(0.96).true_positives == 0
    assert judged.at(0.05).recall.value == 1


def test_surest_mistakes_come_first_on_both_sides():
    judged = Judgement(images(LABELS), SCORES)
    assert [(call.name, round(call.score, 2)) for call in judged.misses()] == [("image 7", 0.05), ("image 1", 0.4)]
    assert [call.index for call in judged.false_alarms()] == [6, 4]
    assert judged.false_alarms(most=1) == judged.false_alarms()[:1]


def test_a_threshold_between_two_neighbouring_scores_parts_them_wherever_it_is_asked():
    """NumPy would round it to the scores' float32, on the lower one."""
    scores = np.array([1 - 2**-23, 1 - 2**-24, 1 - 2**-23, 1 - 2**-24], dtype=np.float32)
    judged = Judgement(images([1, 1, 0, 0]), scores, 1 - 1.5 * 2**-24)
    assert judged.called.tolist() == [False, True, False, True]
    assert [len(judged.misses()), len(judged.false_alarms())] == [1, 1]
    assert [judged.here.false_negatives, judged.here.false_positives] == [1, 1]


def test_class_looked_for_may_be_the_first():
    turned = Judgement(images([1 - label for label in LABELS], positive=0, classes=("crack", "intact")), SCORES)
    assert turned.class_names == ("crack", "intact")
    assert turned.here == Judgement(images(LABELS), SCORES).here


def test_what_is_no_array_no_threshold_or_no_number_of_bins_is_one_sentence():
    for wrong in ("0.5", None, float("nan")):  # at nan every image was called negative, in silence
        for ask in (lambda t=wrong: made().at(t), lambda t=wrong: Judgement(images(LABELS), SCORES, t)):
            with pytest.raises(SettingsError, match=r"threshold is .*; wanted a number"):
                ask()
    with pytest.raises(SettingsError, match="scores is of type list; wanted an array"):
        Judgement(images(LABELS), list(SCORES))
    with pytest.raises(SettingsError, match="bins is 0; wanted a whole number from 1"):
        made().reliability(0)
    with pytest.raises(SettingsError, match=r"'masses' is not known\. The nearest name is mass"):
        made().reliability(10, "masses")


def test_losses_and_areas_are_those_of_scikit_learn():
    judged = made()
    assert judged.brier.value == pytest.approx(sklearn.brier_score_loss(judged.positive, judged.scores))
    assert judged.log_loss.value == pytest.approx(sklearn.log_loss(judged.positive, judged.scores))
    assert judged.auc.value == pytest.approx(sklearn.roc_auc_score(judged.positive, judged.scores))
    assert judged.average_precision.value == pytest.approx(
        sklearn.average_precision_score(judged.positive, judged.scores)
    )
    for measure in (judged.brier, judged.log_loss, judged.auc, judged.average_precision):
        assert measure.low < measure.value < measure.high


def test_groups_are_counted_and_widen_the_intervals():
    alone = made()
    order = np.argsort(np.abs(alone.scores - alone.positive))  # neighbours are about equally wrong
    groups = np.empty(400, dtype=np.int64)
    groups[order] = np.arange(400) // 8
    grouped = made(groups=groups)
    assert (alone.groups, grouped.groups) == (None, 50)
    for one, other in ((alone.here.accuracy, grouped.here.accuracy), (alone.brier, grouped.brier)):
        assert one.value == other.value
        assert other.high - other.low > 1.5 * (one.high - one.low)
    assert "n = 400 in 50 groups: accuracy" in repr(grouped)
    assert "groups" not in repr(alone)


def test_judgement_is_json_and_the_same_each_time():
    one, two = made().as_dict(), made().as_dict()
    assert json.dumps(one, allow_nan=False) == json.dumps(two, allow_nan=False)
    assert (one["n"], one["groups"], one["positive"], one["positives"] + one["negatives"]) == (400, None, "crack", 400)
    accuracy = one["at_threshold"]["accuracy"]
    assert accuracy["value"] == round(accuracy["count"] / accuracy["n"], 6)
    assert sum(each["share"]["n"] for each in one["reliability"]) == 400


@pytest.mark.parametrize("label", [0, 1])
@pytest.mark.parametrize("n", [1, 5])
@pytest.mark.parametrize("groups", [None, 0])
def test_images_of_one_class_have_nulls_where_nothing_can_be_said(label, n, groups):
    judged = Judgement(images([label] * n, None if groups is None else [groups] * n), np.full(n, 0.5))
    as_json = json.loads(json.dumps(judged.as_dict(), allow_nan=False))
    assert as_json["auc"] == {"value": None, "low": None, "high": None}
    assert as_json["at_threshold"]["balanced_accuracy"]["value"] is None
    assert as_json["at_threshold"]["accuracy"]["value"] == label
    assert as_json["brier"]["value"] == 0.25


def test_all_same_scores_rank_as_chance():
    judged = Judgement(images(LABELS), np.full(8, 0.3))
    assert (judged.auc.value, judged.average_precision.value) == (0.5, 0.5)
    assert math.isnan(judged.here.precision.value)


@pytest.mark.parametrize(
    ("labels", "scores", "sentence"),
    [
        ([], [], "made by hand holds no images to evaluate on."),
        ([0, 1], [0.5], r"scores of shape \(1,\) for 2 images"),
        ([0, 1], [[0.5, 0.5], [0.5, 0.5]], r"scores of shape \(2, 2\) for 2 images"),
        ([0, 1], [0.5, 1.5], "image image 1 has the score 1.5; wanted a probability"),
        ([0, 1], [math.nan, 0.5], "image image 0 has the score nan"),
    ],
)
def test_what_does_not_fit_is_refused(labels, scores, sentence):
    with pytest.raises(DataError, match=sentence):
        Judgement(images(labels), np.array(scores))


def test_a_set_without_a_class_looked_for_is_refused():
    with pytest.raises(DataError, match="classes intact, crack and none of them is named"):
        Judgement(images([0, 1], positive=None), np.array([0.5, 0.5]))
