"""The figures of a judgement are drawn, always the same, for every case that data may bring."""

import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest
from matplotlib.figure import Figure

from fissura.data.labelled import LabelledImages
from fissura.judgement import Judgement
from fissura.language import language
from fissura.reporting.curve_figures import _mark, precision_recall_picture, roc_picture
from fissura.reporting.judgement_figures import reliability_picture, score_histogram, two_by_two

ENGLISH, FRENCH = language("en"), language("fr")


def judgement(n=300, apart=2.0, labels=None, threshold=0.5, classes=("intact", "crack"), same=False):
    rng = np.random.default_rng(12)
    labels = rng.integers(0, 2, n) if labels is None else np.array(labels, dtype=np.int64)
    scores = 1 / (1 + np.exp(-rng.normal(size=n) - apart * (2 * labels - 1)))
    pixels = np.zeros((n, 2, 2), dtype=np.uint8)
    images = LabelledImages(pixels, labels, classes, tuple(map(str, range(n))), "drawn", "test", None, 1)
    return Judgement(images, np.full(n, 0.5) if same else scores, threshold)


DRAWN = {
    "roc": lambda judged, spoken: roc_picture(judged, [judged.at(0.5), judged.at(0.0123)], spoken),
    "precision-recall": lambda judged, spoken: precision_recall_picture(judged, [judged.at(0.5)], spoken),
    "reliability": lambda judged, spoken: reliability_picture(judged, judged, spoken),
    "reliability before": lambda judged, spoken: reliability_picture(judged, None, spoken),
    "scores": score_histogram,
    "counts": two_by_two,
}


def written(svg):
    """The words of an SVG: Matplotlib leaves them as comments beside the drawn letters."""
    ElementTree.fromstring(svg)
    return svg.decode("utf-8").replace("\N{NO-BREAK SPACE}", " ").replace("\N{NARROW NO-BREAK SPACE}", " ")


@pytest.mark.parametrize("name", DRAWN)
def test_same_judgement_has_the_same_bytes(name):
    assert DRAWN[name](judgement(), ENGLISH) == DRAWN[name](judgement(), ENGLISH)


CASES = {
    "one image": {"n": 1},
    "one class": {"n": 9, "labels": [1] * 9},
    "the other class": {"n": 9, "labels": [0] * 9},
    "few": {"n": 6},
    "all the same": {"n": 30, "same": True},
    "parted": {"apart": 40.0},
    "good": {"apart": 3.0},
    "turned over": {"apart": -3.0},
    "nothing is positive": {"threshold": 1.0000000000000002},
    "everything is positive": {"threshold": 0.0},
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("name", DRAWN)
def test_every_case_is_drawn(name, case):
    assert "</svg>" in written(DRAWN[name](judgement(**CASES[case]), FRENCH))


def test_images_of_one_class_have_a_sentence_in_place_of_a_curve():
    text = written(DRAWN["roc"](judgement(n=9, labels=[1] * 9), ENGLISH))
    assert "No curve: the images are all of one class." in text


def test_thresholds_are_marked_and_named():
    text = written(DRAWN["roc"](judgement(), ENGLISH))
    assert "Threshold 0.5" in text
    assert "Threshold 0.0123" in text


def test_curves_in_the_corner_are_enlarged():
    good = judgement(apart=3.0)
    assert good.auc.value > 0.98
    assert "Enlarged" in written(DRAWN["roc"](good, ENGLISH))
    assert "Enlarged" in written(DRAWN["precision-recall"](good, ENGLISH))
    assert "Enlarged" not in written(DRAWN["roc"](judgement(apart=0.5), ENGLISH))


def test_a_threshold_outside_the_enlarged_part_is_not_drawn_beside_it():
    judged = judgement(n=7, apart=9.0, labels=[0, 0, 0, 0, 1, 1, 1])
    marked = [judged.at(0.0), judged.at(0.5)]
    axes = Figure().subplots()
    axes.set_xlim(50, 100)
    axes.set_ylim(50, 100)
    _mark(axes, [(100.0, 42.0), (100.0, 100.0)], marked, ENGLISH)
    assert [len(line.get_xdata()) for line in axes.lines] == [0, 1]


def test_area_is_never_called_1_where_it_is_not():
    labels = np.arange(2000) % 2
    scores = np.where(labels == 1, 0.9, 0.1) + np.linspace(0, 0.01, 2000)
    scores[0] = 0.905  # a single false alarm
    images = judgement(n=2000, labels=labels).images
    text = written(DRAWN["roc"](Judgement(images, scores), ENGLISH))
    assert "AUC 0.9995 (0.9967 – 0.9999)" in text
    parted = Judgement(images, np.where(labels == 1, 0.9, 0.1))
    assert "AUC 1 (0.9924 – 1)" in written(DRAWN["roc"](parted, ENGLISH))


def test_the_four_counts_have_their_share_and_interval():
    judged = judgement()
    text = written(two_by_two(judged, ENGLISH))
    here = judged.here
    for word in (
        "found",
        "missed",
        "false alarms",
        "rightly passed",
        f"({ENGLISH.interval(here.recall.low, here.recall.high)})",
    ):
        assert word.replace("\N{NO-BREAK SPACE}", " ") in text
    assert f"<!-- {here.false_negatives} -->" in text


def test_curves_of_many_images_stay_small():
    assert len(DRAWN["roc"](judgement(n=20_000, apart=0.3), ENGLISH)) < 150_000
    assert len(DRAWN["precision-recall"](judgement(n=20_000, apart=0.3), ENGLISH)) < 150_000


@pytest.mark.parametrize("name", ["$\\frac", "<script>--></script>", "a" * 60, "\x00\x1b", "\ud800"])
def test_hostile_class_name_is_drawn_as_text(name):
    judged = judgement(n=20, classes=("intact", name))
    for draw in DRAWN.values():
        written(draw(judged, ENGLISH))
