"""From a trained network for two classes to one that can be trusted: honest probabilities, a threshold for a wish.

Both are settled on validation images; test images only say afterwards what came of it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from fissura.classifier import PREDICTION_BATCH, Classifier, Decision
from fissura.data.labelled import LABELLED, LabelledImages
from fissura.errors import DataError
from fissura.evaluation import check_classes
from fissura.familiarity import fitted
from fissura.judgement import Judgement
from fissura.kinds import check_kind
from fissura.language import N_
from fissura.metrics import (
    ChosenThreshold,
    Temperature,
    Wish,
    fit_temperature,
    measure_as_dict,
    probabilities_from_logits,
    threshold_for,
)
from fissura.prediction import A_CLASSIFIER


@dataclass(frozen=True, eq=False)
class Decided:
    """What was settled on the validation images, and what it comes to on the test images.

    Attributes:
        classifier: with its decision: temperature, and the threshold of the wish, or 0.5 without one.
        temperature: what the logits are divided by, and what it did to the validation loss.
        chosen: what was found for the wish; None without one.
        validation: the validation images at threshold 0.5.
        uncalibrated: the test images at 0.5 with the probabilities as the network gave them.
        test: the same with those after the temperature.
        wished: the same at the wish's threshold; None without a wish.
    """

    classifier: Classifier
    temperature: Temperature
    chosen: ChosenThreshold | None
    validation: Judgement
    uncalibrated: Judgement
    test: Judgement
    wished: Judgement | None

    def as_dict(self) -> dict[str, Any]:
        """Every number, for JSON."""
        return {
            "temperature": {
                "value": round(self.temperature.value, 6),
                "validation_loss_before": round(self.temperature.loss_before, 6),
                "validation_loss_after": round(self.temperature.loss_after, 6),
                "n": self.temperature.n,
                "effective_n": round(self.temperature.effective_n, 1),
                "limit": self.temperature.limit,
            },
            "wish": None if self.chosen is None else chosen_as_dict(self.chosen),
            "validation": self.validation.as_dict(),
            "test_uncalibrated": self.uncalibrated.as_dict(),
            "test": self.test.as_dict(),
            "test_at_wish": None if self.wished is None else self.wished.as_dict(),
        }


def decide(classifier: Classifier, validation: LabelledImages, test: LabelledImages, wish: Wish | None) -> Decided:
    """Settle temperature and threshold on ``validation`` and judge on ``test``.

    ``wish`` chooses the threshold: ``fissura.metrics.Wish("miss", 0.01)`` for at most 1 % missed; None: it stays 0.5.

    What is looked for is what ``validation`` says.

    Raises:
        DataError: the images are of other classes than the classifier's or of another size, name no class that is
            looked for, or the validation part lacks one of the classes.
        SettingsError: an argument is of another kind.
    """
    check_kind("classifier", classifier, Classifier, A_CLASSIFIER)
    for name, images in (("validation", validation), ("test", test)):
        check_kind(name, images, LabelledImages, LABELLED)
    check_kind("wish", wish, Wish | None, N_("a Wish, such as fissura.metrics.Wish('miss', 0.01), or None"))
    if validation.positive is None:
        raise DataError(
            "{origin} names no class that is looked for. Name it with --positive; in Python: "
            "dataclasses.replace(images, positive=1)",
            origin=validation.origin,
        )
    for images in (validation, test):
        check_classes(classifier, images)
    see_both_classes(validation)
    if test.positive != validation.positive:
        test = replace(test, positive=validation.positive)
    raw = replace(classifier, decision=Decision(validation.positive))
    logits, test_logits = raw.logits(validation.images), raw.logits(test.images)
    positive = validation.labels == validation.positive
    temperature = fit_temperature(logits, positive, validation.groups)
    scores = probabilities_from_logits(logits, temperature.value)
    test_scores = probabilities_from_logits(test_logits, temperature.value)
    chosen = None if wish is None else threshold_for(scores, positive, wish, validation.groups)
    decision = Decision(validation.positive, temperature=temperature.value)
    if chosen is not None:
        said = {"wish": chosen.wish.kind, "at_most": chosen.wish.at_most, "validation_images": len(validation)}
        decision = replace(decision, threshold=chosen.seen.threshold, chosen=said)
    return Decided(
        classifier=replace(classifier, decision=decision),
        temperature=temperature,
        chosen=chosen,
        validation=Judgement(validation, scores),
        uncalibrated=Judgement(test, probabilities_from_logits(test_logits)),
        test=Judgement(test, test_scores),
        wished=None if chosen is None else Judgement(test, test_scores, chosen.seen.threshold),
    )


def see_both_classes(validation: LabelledImages) -> None:
    """Raise ``DataError`` where temperature and threshold cannot be settled on ``validation``: a class is missing."""
    for name, count in zip(validation.classes, validation.counts, strict=True):
        if count == 0:
            raise DataError(
                "{origin} has no image of {name} among its {n} validation images; temperature and threshold are "
                "settled on both classes. Use a validation part with both.",
                origin=validation.origin,
                name=name,
                n=len(validation),
            )


def acquainted(classifier: Classifier, known: npt.NDArray[np.uint8], held_out: npt.NDArray[np.uint8]) -> Classifier:
    """The same classifier, which now tells how unlike its training pictures a picture is.

    Args:
        classifier: whose network describes what it sees.
        known: ``(n, h, w)`` uint8, some hundred pictures of every surface that it was trained on.
        held_out: pictures of the same surfaces that it was not trained on: 95 % of them all are not called unlike.

    Raises:
        DataError: the pictures do not fit, or the network describes nothing.
    """
    return replace(classifier, familiarity=fitted(classifier.features(known), classifier.features(held_out)))


def matched(images: LabelledImages, classifier: Classifier) -> LabelledImages:
    """``images`` with the classes of ``classifier``, in its order.

    Classes of the same names are matched by name; else what is looked for here with what is looked for there.

    Raises:
        DataError: neither can be done.
    """
    decision = classifier.decision
    if images.classes == classifier.classes:
        return images
    if sorted(images.classes) == sorted(classifier.classes):
        order = np.array([classifier.classes.index(name) for name in images.classes], dtype=np.int64)
        labels = order[images.labels]
    elif decision is not None and images.positive is not None:
        labels = np.where(images.labels == images.positive, decision.positive, 1 - decision.positive).astype(np.int64)
    else:
        raise DataError(
            "{origin} has the classes {got}; the classifier was trained for {wanted}. Name the one that is looked for "
            "with --positive, or give images of its own classes.",
            origin=images.origin,
            got=", ".join(images.classes),
            wanted=", ".join(classifier.classes),
        )
    positive = None if decision is None else decision.positive
    return replace(images, labels=labels, classes=classifier.classes, positive=positive)


def judge(
    classifier: Classifier, images: LabelledImages, on_progress: Callable[[int, int], None] | None = None
) -> Judgement:
    """What a classifier that looks for one of two classes says of ``images``, at its own threshold.

    ``on_progress`` hears now and then of how many images are judged and of all.

    Raises:
        DataError: it looks for none, or the images are of other classes or another size.
    """
    check_kind("classifier", classifier, Classifier, A_CLASSIFIER)
    check_kind("images", images, LabelledImages, LABELLED)
    decision = classifier.decided()
    check_classes(classifier, images)
    looked_for = replace(images, positive=decision.positive)
    scores = np.empty(len(images), np.float32)
    at_once = PREDICTION_BATCH if classifier.scans else max(1, len(images))  # others take no time that could be told
    for start in range(0, len(images), at_once):
        part = slice(start, min(start + at_once, len(images)))
        scores[part] = classifier.scores(images.images[part])
        if on_progress is not None:
            on_progress(part.stop, len(images))
    return Judgement(looked_for, scores, decision.threshold)


def chosen_as_dict(chosen: ChosenThreshold) -> dict[str, Any]:
    """A wish and what was found for it on the validation images, for JSON."""
    points = {
        name: None
        if point is None
        else {
            "threshold": point.threshold,
            "missed": measure_as_dict(point.missed),
            "alarms": measure_as_dict(point.alarms),
        }
        for name, point in (("seen", chosen.seen), ("careful", chosen.careful))
    }
    return {
        "kind": chosen.wish.kind,
        "at_most": chosen.wish.at_most,
        **points,
        "units": chosen.units,
        "needed": chosen.needed,
        "grouped": chosen.grouped,
        "problem": None if chosen.problem is None else str(chosen.problem),
    }
