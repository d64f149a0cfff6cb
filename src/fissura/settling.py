"""The built-in detector's probabilities and threshold, settled on surfaces that it was not taught."""

from __future__ import annotations

import copy
import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import torch
from sklearn.linear_model import LogisticRegression

from fissura.classifier import Classifier, Decision
from fissura.data.labelled import LabelledImages
from fissura.errors import TrainingError
from fissura.models import CrackDetector

FLAGGED_AT_MOST = 0.02
"""Of intact windows that it never saw, each surface counting the same, METU among them."""
UNSURE = ("quay",)
"""Sets whose intact windows choose no threshold: cracks without a box are among them, as the eye sees."""


def settled(
    classifier: Classifier, surfaces: tuple[LabelledImages, ...], walls: LabelledImages | None = None
) -> Classifier:
    """``classifier`` with probabilities and a threshold settled on surfaces that it was not taught on.

    Log-odds become ``scale * logit + offset``, fitted by logistic regression (J. Platt, 1999). Every surface counts the
    same, and so do both classes. Those of one look, which a map of a photograph is, are put right in the network's own
    last two numbers, those of four looks in the decision.

    The threshold flags at most ``FLAGGED_AT_MOST`` of the intact windows, looked at four times, of these surfaces and
    of ``walls``; each surface counts the same, however many sizes its tiles are cut at.

    Raises:
        TrainingError: it tells no crack from a wall.
    """
    once = replace(classifier, decision=Decision(1))
    scale, offset = _put_right(surfaces, [once.logits(images.images) for images in surfaces])
    model = copy.deepcopy(classifier.model)
    assert isinstance(model, CrackDetector)
    with torch.no_grad():
        model.weight.mul_(scale)
        model.offset.mul_(scale).add_(offset)
    looking = replace(classifier, model=model, decision=Decision(1, mirrored=(1.0, 0.0)))
    logits = [looking.logits(images.images) for images in surfaces]
    mirrored = _put_right(surfaces, logits)
    intact = defaultdict(list)
    for images, found in zip(surfaces, logits, strict=True):
        if not images.origin.startswith(UNSURE):
            intact[images.origin.split(",")[0]].append(found[images.labels == 0])
    if walls is not None:
        intact[walls.origin].append(looking.logits(walls.images))
    cut = mirrored[0] * _exceeded([np.concatenate(some) for some in intact.values()], FLAGGED_AT_MOST) + mirrored[1]
    threshold = float(1 / (1 + np.exp(-cut)))
    threshold = math.ceil(1000 * min(1.0, max(0.5, threshold))) / 1000
    chosen = {
        "wish": f"flags at most {FLAGGED_AT_MOST:.0%} of intact windows",
        "surfaces": [images.origin for images in surfaces],
        "n": sum(map(len, surfaces)),
        "scale": scale,
        "offset": offset,
        "walls": 0 if walls is None else len(walls),
    }
    return replace(looking, decision=Decision(1, threshold, 1.0, chosen, mirrored))


def _put_right(surfaces: tuple[LabelledImages, ...], logits: Sequence[npt.NDArray[np.float32]]) -> tuple[float, float]:
    """(scale, offset) of log-odds, each class of each surface repeated to 200."""
    values, labels = [], []
    for images, found in zip(surfaces, logits, strict=True):
        for label in (0, 1):
            if (images.labels == label).any():
                values.append(np.resize(found[images.labels == label].astype(np.float64), 200))
                labels.append(np.full(200, label))
    fitted = LogisticRegression(C=1e6).fit(np.concatenate(values)[:, None], np.concatenate(labels))
    scale, offset = float(fitted.coef_[0, 0]), float(fitted.intercept_[0])
    if scale <= 0:
        raise TrainingError("The detector tells no crack from a wall: it has learned nothing. Train it for longer.")
    return scale, offset


def _exceeded(sets: Sequence[npt.NDArray[np.float32]], share: float) -> float:
    """The lowest value that at most ``share`` of what is in the sets reaches, each set counting the same."""
    sets = [each for each in sets if len(each)]
    values = np.concatenate([np.asarray(each, dtype=np.float64) for each in sets])
    weights = np.concatenate([np.full(len(each), 1 / len(each) / len(sets)) for each in sets])
    order = np.argsort(-values, kind="stable")
    values, reached = values[order], np.cumsum(weights[order])
    allowed = int(np.searchsorted(reached, share + 1e-9, side="right"))
    while 0 < allowed < len(values) and values[allowed] == values[allowed - 1]:
        allowed -= 1  # what is equal is flagged together
    return float(values[allowed - 1]) if allowed else float(np.nextafter(values[0], np.inf))
