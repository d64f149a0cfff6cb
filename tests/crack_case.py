"""A small second part of the lab for tests: drawn stripes, an untrained network, every record real."""

import numpy as np
import torch

from fissura.classifier import Classifier, Decision, Preprocessing, Provenance
from fissura.data.audit import audit
from fissura.data.labelled import LabelledImages
from fissura.data.photographs import Photographs
from fissura.data.splits import leaks, split
from fissura.decision import decide, judge
from fissura.evaluation import evaluate
from fissura.judgement import Judgement
from fissura.layers import layer_table
from fissura.metrics import miss_at_most
from fissura.models import build
from fissura.reporting.crack_results import GROUPED, RANDOM, CrackLabResult, Ladder, Rung
from fissura.reporting.results import RunResult, Timing
from fissura.training import History, named_recipe

CLASSES = ("intact", "crack")


def stripes(n=120, classes=CLASSES, origin="stripes", split="train", grouped=True):
    """Noise with and without a dark line; every other image of a class has the same group as the one before."""
    rng = np.random.default_rng(n)
    labels = np.arange(n, dtype=np.int64) % 2
    pixels = rng.integers(120, 180, (n, 24, 24), dtype=np.uint8)
    pixels[labels == 1, :, 10:13] = 20
    groups = np.arange(n) // 4 * 2 + labels if grouped else np.arange(n)
    names = tuple(f"{classes[label]}/{k:04d}.jpg" for k, label in enumerate(labels))
    return LabelledImages(pixels, labels, classes, names, origin, split, groups, 1)


def photographs(images=None, embedded=False, how=GROUPED):
    images = stripes() if images is None else images
    parts = split(images.names, images.labels, how, images.groups)
    found = None if embedded else audit(images)
    source = "synthetic" if embedded else "stripes"
    return Photographs(images, parts, leaks(parts, images.groups), (), (), (), source, embedded, found)


def run_result(data, wish="20%", recipe="cracks", seed=12):
    """An untrained network with a made-up history, judged for real."""
    torch.manual_seed(seed)
    model = build("crack", data.train.size_hw, 2).eval()
    provenance = Provenance(recipe=named_recipe(recipe).recipe.as_dict(), versions={"fissura": "0.1.0", "torch": "2"})
    plain = Classifier("crack", {}, model, data.train.classes, Preprocessing(data.train.size_hw, 0.5, 0.5), provenance)
    decided = decide(plain, data.validation, data.test, None if wish is None else miss_at_most(wish))
    return RunResult(
        classifier=decided.classifier,
        table=layer_table(model, (1, *data.train.size_hw)),
        history=History((0.9, 0.5, 0.4), (0.8, 0.6, 0.7), (10, 20, 18)),
        train=evaluate(decided.classifier, data.train),
        test=evaluate(decided.classifier, data.test),
        timing=Timing(3.0, "CPU, 1 thread"),
        decided=decided,
    )


def crack_lab(wish="20%", embedded=False, images=None, also=True, recipe="cracks"):
    shots = photographs(images, embedded)
    rungs = []
    for how in (GROUPED,) if embedded else (RANDOM, GROUPED):
        parted = shots.parted(how)
        result = run_result(parted.data, wish, recipe)
        rungs.append(Rung(how, result.decided.test, result, parted.leaks))
    if also:
        elsewhere = stripes(40, shots.images.classes, "asphalt", "test", grouped=False)
        judged = judge(rungs[-1].result.classifier, elsewhere)
        rungs.append(Rung("asphalt", Judgement(judged.images, judged.scores)))
    return CrackLabResult(shots, shots.audit, Ladder(tuple(rungs)), recipe, "fissura lab --part cracks")


def judged(found, missed, passed, alarms, grouped=False):
    """A judgement with just these counts at 0.5; scores lie around 0.1 and 0.9, in no order."""
    n = found + missed + passed + alarms
    labels = np.repeat([1, 1, 0, 0], [found, missed, passed, alarms])
    high = np.repeat([True, False, False, True], [found, missed, passed, alarms])
    scores = np.where(high, 0.9, 0.1) + np.random.default_rng(12).uniform(0, 0.01, n)
    groups = np.arange(n) // 2 if grouped else None
    pixels = np.zeros((n, 2, 2), np.uint8)
    images = LabelledImages(pixels, labels, CLASSES, tuple(map(str, range(n))), "drawn", "test", groups, 1)
    return Judgement(images, scores)


def classifier_without_map(size_hw=(24, 24)):
    model = build("cnn2", size_hw, 2).eval()
    return Classifier("cnn2", {}, model, CLASSES, Preprocessing(size_hw, 0.5, 0.5), decision=Decision(1))
