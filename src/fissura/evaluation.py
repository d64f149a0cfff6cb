"""A classifier on labelled images: what it got right, with intervals, and whether another one is really better."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from fissura import metrics
from fissura.classifier import Classifier, Decision
from fissura.data.labelled import LABELLED, LabelledImages
from fissura.errors import DataError
from fissura.kinds import check_kind
from fissura.language import N_
from fissura.metrics import PairedComparison, Share, measure_as_dict
from fissura.prediction import A_CLASSIFIER


@dataclass(frozen=True)
class Mistake:
    """One image that was taken for another class.

    Attributes:
        index: its place in the images.
        name: its name.
        label: its class, as an index.
        predicted: the class it was taken for, as an index.
        probability: that the classifier gave to ``predicted``, in [0, 1].
    """

    index: int
    name: str
    label: int
    predicted: int
    probability: float


@dataclass(frozen=True, eq=False)
class Evaluation:
    """What a classifier said of ``n`` labelled images.

    Attributes:
        images: the images.
        probabilities: ``(n, classes)`` float32, rows sum to 1.
        decision: from which probability on an image is said to be of the class that is looked for; None: the most
            probable class is said, which of two classes is a threshold of 0.5.
    """

    images: LabelledImages
    probabilities: npt.NDArray[np.float32]
    decision: Decision | None = None

    def __repr__(self) -> str:
        share = self.accuracy
        return (
            f"Evaluation({self.images.origin}, {self.images.split}, n = {share.n}: accuracy {100 * share.value:.2f} %, "
            f"95 % interval {100 * share.low:.2f} to {100 * share.high:.2f} %)"
        )

    @cached_property
    def predicted(self) -> npt.NDArray[np.int64]:
        """The class that each image is said to be of, ``(n,)``."""
        if self.decision is not None:
            positive = self.decision.positive
            flagged = metrics.called(self.probabilities[:, positive], self.decision.threshold)
            return np.where(flagged, positive, 1 - positive).astype(np.int64)
        predicted: npt.NDArray[np.int64] = self.probabilities.argmax(axis=1).astype(np.int64)
        return predicted

    @property
    def right(self) -> npt.NDArray[np.bool_]:
        """Which images were rightly classified, ``(n,)``."""
        right: npt.NDArray[np.bool_] = self.predicted == self.images.labels
        return right

    @cached_property
    def accuracy(self) -> Share:
        """The share of rightly classified images with its 95 % interval, which knows what belongs together."""
        return metrics.share_of(self.right, self.images.groups)

    @cached_property
    def recalls(self) -> tuple[Share, ...]:
        """Per class: of its images, the share that was predicted as it; intervals likewise."""
        return tuple(self._share_where(self.images.labels == k) for k in range(len(self.images.classes)))

    @cached_property
    def precisions(self) -> tuple[Share, ...]:
        """Per class: of the images predicted as it, the share that truly is; intervals likewise."""
        return tuple(self._share_where(self.predicted == k) for k in range(len(self.images.classes)))

    def _share_where(self, chosen: npt.NDArray[np.bool_]) -> Share:
        groups = self.images.groups
        return metrics.share_of(self.right[chosen], None if groups is None else groups[chosen])

    @property
    def errors(self) -> int:
        """How many images were wrongly classified."""
        return self.accuracy.n - self.accuracy.count

    @cached_property
    def loss(self) -> float:
        """Mean cross-entropy per image, in nats."""
        given = self.probabilities[np.arange(len(self.images)), self.images.labels]
        return float(-np.log(np.maximum(given, np.finfo(np.float32).tiny)).mean(dtype=np.float64))

    @cached_property
    def confusion(self) -> npt.NDArray[np.int64]:
        """``(classes, classes)`` counts: rows are true classes, columns predicted ones."""
        return metrics.confusion_matrix(self.images.labels, self.predicted, len(self.images.classes))

    def mistakes(self, most: int = 24) -> tuple[Mistake, ...]:
        """The wrongly classified images that the classifier was surest of, the surest first."""
        wrong = np.flatnonzero(~self.right)
        sure = self.probabilities[wrong, self.predicted[wrong]]
        chosen = wrong[np.argsort(-sure, kind="stable")][:most]
        return tuple(
            Mistake(
                index=int(index),
                name=self.images.names[index],
                label=int(self.images.labels[index]),
                predicted=int(self.predicted[index]),
                probability=float(self.probabilities[index, self.predicted[index]]),
            )
            for index in chosen
        )

    def as_dict(self) -> dict[str, Any]:
        """Every number of the evaluation, for JSON; shares without images are ``null``."""
        return {
            "origin": self.images.origin,
            "split": self.images.split,
            "n": len(self.images),
            "fingerprint": self.images.fingerprint,
            "accuracy": measure_as_dict(self.accuracy),
            "errors": self.errors,
            "loss": round(self.loss, 6),
            "classes": [
                {
                    "name": name,
                    "n": self.images.counts[k],
                    "recall": measure_as_dict(self.recalls[k]),
                    "precision": measure_as_dict(self.precisions[k]),
                }
                for k, name in enumerate(self.images.classes)
            ],
            "confusion": self.confusion.tolist(),
            "mistakes": [
                {
                    "name": mistake.name,
                    "label": self.images.classes[mistake.label],
                    "predicted": self.images.classes[mistake.predicted],
                    "probability": round(mistake.probability, 6),
                }
                for mistake in self.mistakes()
            ],
        }


def evaluate(classifier: Classifier, images: LabelledImages, *, as_used: bool = False) -> Evaluation:
    """What ``classifier`` says of ``images``; its training mode stays as it is.

    Each image counts as of its most probable class, whatever threshold was chosen for a wish. ``as_used``: as of the
    class that ``Classifier.predict`` names, at the classifier's own threshold.

    Raises:
        DataError: no images, another image size, or other classes than it was trained for.
    """
    check_kind("classifier", classifier, Classifier, A_CLASSIFIER)
    check_kind("images", images, LabelledImages, LABELLED)
    if len(images) == 0:
        raise DataError("{origin} holds no images to evaluate on.", origin=images.origin)
    check_classes(classifier, images)
    return Evaluation(images, classifier.probabilities(images.images), classifier.decision if as_used else None)


def check_classes(classifier: Classifier, images: LabelledImages) -> None:
    """Raise ``DataError`` where ``images`` are of other classes than the classifier's, or of these in another order."""
    if images.classes != classifier.classes:
        raise DataError(
            "{origin} has the classes {got}; the classifier was trained for {wanted}. Give images of its "
            "own classes; on the command line name their folder with --data.",
            origin=images.origin,
            got=", ".join(images.classes),
            wanted=", ".join(classifier.classes),
        )


def compare(first: Evaluation, second: Evaluation, *, by_name: bool = False) -> PairedComparison:
    """McNemar's test between two classifiers on the same images: is one of them really better?

    Where it is known which images belong together, whole groups of them are compared. ``by_name``: the images are the
    same where their names are, for classifiers that see them in sizes and by class names of their own.

    Raises:
        DataError: they were not evaluated on the same images.
    """
    for name, judged in (("first", first), ("second", second)):
        check_kind(name, judged, Evaluation, N_("an Evaluation, as fissura.evaluate gives it"))
    alike = first.images.names == second.images.names if by_name else False
    if not alike and first.images.fingerprint != second.images.fingerprint:
        raise DataError(
            "{first} and {second} are not the same images; two classifiers are compared on the same ones.",
            first=first.images,
            second=second.images,
        )
    return metrics.mcnemar(first.right, second.right, first.images.groups)
