"""A two-class classifier on labelled images: every number that an honest report gives, with its interval.

``Evaluation`` serves any number of classes and takes the most probable one. Of two, one is looked for (a crack), and
its probability is compared with a threshold; so there are misses and false alarms, curves, a calibration to judge.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property
from numbers import Real
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from fissura import metrics
from fissura.data.labelled import LABELLED, LabelledImages
from fissura.errors import DataError, SettingsError
from fissura.kinds import check_kind, check_whole
from fissura.language import N_
from fissura.metrics import (
    AtThreshold,
    CalibrationError,
    Measure,
    ReliabilityBin,
    Resampled,
    measure_as_dict,
    rounded,
)
from fissura.names import unknown

MIDDLE = 0.5
_SEED = 12  # of the resamples: the same judgement has the same intervals, to the last digit


@dataclass(frozen=True)
class WrongCall:
    """One image on the wrong side of the threshold.

    Attributes:
        index: its place in the images.
        name: its name.
        score: the probability that it was given of being positive, in [0, 1].
    """

    index: int
    name: str
    score: float


@dataclass(frozen=True, eq=False)
class Judgement:
    """What a classifier said of ``n`` images of two classes.

    Attributes:
        images: the images; ``positive`` says which class is looked for, ``groups`` which images belong together.
        scores: ``(n,)``, each image's probability of the class that is looked for, in [0, 1].
        threshold: an image is called positive when its score is at least that.

    Intervals are of 95 %. Where groups are known, they know that images of one group are not independent. Numbers that
    the images do not give (a recall without positive images) are ``nan``, and ``null`` in JSON.

    Raises:
        DataError: no images, not two classes, no class named that is looked for, or scores that do not fit.
        SettingsError: the scores are no array, or the threshold no number.
    """

    images: LabelledImages
    scores: npt.NDArray[np.floating]
    threshold: float = MIDDLE

    def __post_init__(self) -> None:
        check_kind("images", self.images, LabelledImages, LABELLED)
        check_kind("scores", self.scores, np.ndarray, N_("an array"))
        _check_threshold(self.threshold)
        if len(self.images) == 0:
            raise DataError("{origin} holds no images to evaluate on.", origin=self.images.origin)
        if self.images.positive is None:
            raise DataError(
                "{origin} has the classes {classes} and none of them is named as the one looked for; misses and false "
                "alarms take two classes, one of them named.",
                origin=self.images.origin,
                classes=", ".join(self.images.classes),
            )
        if self.scores.shape != (len(self.images),):
            raise DataError(
                "{origin}: scores of shape {shape} for {n} images; wanted one score per image.",
                origin=self.images.origin,
                shape=self.scores.shape,
                n=len(self.images),
            )
        outside = ~((self.scores >= 0) & (self.scores <= 1))  # nan is outside too
        if outside.any():
            first = int(np.flatnonzero(outside)[0])
            raise DataError(
                "{origin}: image {name} has the score {got}; wanted a probability from 0 to 1. Check the classifier.",
                origin=self.images.origin,
                name=self.images.names[first],
                got=float(self.scores[first]),
            )

    def __repr__(self) -> str:
        share, groups = self.here.accuracy, "" if self.groups is None else f" in {self.groups} groups"
        return (
            f"Judgement({self.images.origin}, {self.images.split}, n = {share.n}{groups}: accuracy "
            f"{100 * share.value:.2f} %, 95 % interval {100 * share.low:.2f} to {100 * share.high:.2f} %)"
        )

    @cached_property
    def positive(self) -> npt.NDArray[np.bool_]:
        """Which images are of the class that is looked for, ``(n,)``."""
        positive: npt.NDArray[np.bool_] = self.images.labels == self.images.positive
        return positive

    @cached_property
    def called(self) -> npt.NDArray[np.bool_]:
        """Which images are called positive at the threshold, ``(n,)``."""
        return metrics.called(self.scores, self.threshold)

    @property
    def class_names(self) -> tuple[str, str]:
        """(the class that is looked for, the other one)."""
        k = self.images.positive or 0
        return self.images.classes[k], self.images.classes[1 - k]

    @cached_property
    def groups(self) -> int | None:
        """How many groups the images form; None where nothing is known of that."""
        return None if self.images.groups is None else len(np.unique(self.images.groups))

    @cached_property
    def here(self) -> AtThreshold:
        """What is right and wrong at the threshold."""
        return self.at(self.threshold)

    def at(self, threshold: float) -> AtThreshold:
        """What would be right and wrong at another threshold; at one above all scores nothing is called positive.

        Raises:
            SettingsError: it is no number.
        """
        _check_threshold(threshold)
        return metrics.at_threshold(self.scores, self.positive, threshold, self.images.groups)

    @cached_property
    def resampled(self) -> Resampled:
        """AUC, average precision, and the means Brier score and log loss, from one bootstrap."""
        losses = (metrics.squared_errors(self.scores, self.positive), metrics.log_losses(self.scores, self.positive))
        return metrics.resampled(
            self.scores, self.positive, np.stack(losses, axis=1), self.images.groups, rng=np.random.default_rng(_SEED)
        )

    @property
    def auc(self) -> Measure:
        """How probably a positive image scores above a negative one."""
        return self.resampled.auc

    @property
    def average_precision(self) -> Measure:
        """The precision, averaged over the recall; chance alone gives the share of positive images."""
        return self.resampled.average_precision

    @property
    def brier(self) -> Measure:
        """The mean squared error of the probabilities; always saying 1/2 gives 0.25."""
        brier = self.resampled.means[0]
        return replace(brier, high=min(1.0, brier.high)) if brier.high > 1 else brier

    @property
    def log_loss(self) -> Measure:
        """The mean log loss of the probabilities, in nats; always saying 1/2 gives 0.693."""
        return self.resampled.means[1]

    @cached_property
    def calibration(self) -> dict[str, CalibrationError]:
        """The expected calibration error in equal-mass (``mass``) and equal-width (``width``) bins."""
        return {"mass": self._calibration("mass"), "width": self._calibration("width")}

    def _calibration(self, binning: Literal["mass", "width"]) -> CalibrationError:
        return metrics.calibration_error(
            self.scores, self.positive, self.images.groups, binning=binning, rng=np.random.default_rng(_SEED)
        )

    def reliability(self, bins: int = 10, binning: Literal["mass", "width"] = "width") -> tuple[ReliabilityBin, ...]:
        """Probabilities beside the shares that came true, by bins: see ``fissura.metrics.reliability``.

        Raises:
            SettingsError: ``bins`` is no whole number from 1, or ``binning`` neither ``"mass"`` nor ``"width"``.
        """
        check_whole("bins", bins, least=1)
        if binning not in ("mass", "width"):
            raise unknown("binning", binning, ("mass", "width"))
        return metrics.reliability(self.scores, self.positive, self.images.groups, bins, binning)

    def misses(self, most: int = 24) -> tuple[WrongCall, ...]:
        """The positive images below the threshold, the lowest score, so the surest mistake, first."""
        wrong = np.flatnonzero(self.positive & ~self.called)
        return self._calls(wrong[np.argsort(self.scores[wrong], kind="stable")][:most])

    def false_alarms(self, most: int = 24) -> tuple[WrongCall, ...]:
        """The negative images not below the threshold, the highest score, so the surest mistake, first."""
        wrong = np.flatnonzero(~self.positive & self.called)
        return self._calls(wrong[np.argsort(-self.scores[wrong], kind="stable")][:most])

    def _calls(self, chosen: npt.NDArray[np.int64]) -> tuple[WrongCall, ...]:
        return tuple(WrongCall(int(i), self.images.names[i], float(self.scores[i])) for i in chosen)

    def as_dict(self) -> dict[str, Any]:
        """Every number, for JSON; ``null`` for what is not defined on these images."""
        positives = int(np.count_nonzero(self.positive))
        return {
            "origin": self.images.origin,
            "split": self.images.split,
            "n": len(self.images),
            "groups": self.groups,
            "fingerprint": self.images.fingerprint,
            "positive": self.class_names[0],
            "positives": positives,
            "negatives": len(self.images) - positives,
            "at_threshold": at_threshold_as_dict(self.here),
            "auc": measure_as_dict(self.auc),
            "average_precision": measure_as_dict(self.average_precision),
            "brier": measure_as_dict(self.brier),
            "log_loss": measure_as_dict(self.log_loss),
            "resamples": self.resampled.resamples,
            "calibration_error": {
                binning: {
                    "value": rounded(error.value),
                    "by_chance": rounded(error.by_chance),
                    "limit": rounded(error.limit),
                }
                for binning, error in self.calibration.items()
            },
            "reliability": [
                {
                    "low": rounded(each.low),
                    "high": rounded(each.high),
                    "mean": rounded(each.mean),
                    "share": measure_as_dict(each.share),
                }
                for each in self.reliability()
            ],
            "misses": [{"name": call.name, "score": rounded(call.score)} for call in self.misses()],
            "false_alarms": [{"name": call.name, "score": rounded(call.score)} for call in self.false_alarms()],
        }


def _check_threshold(threshold: float) -> None:
    check_kind("threshold", threshold, Real, N_("a number"))
    if math.isnan(threshold):
        raise SettingsError("{name} is {got}; wanted {wanted}.", name="threshold", got=threshold, wanted=N_("a number"))


def at_threshold_as_dict(judged: AtThreshold) -> dict[str, Any]:
    """Every number at one threshold, for JSON; the threshold in full, so that it can be used again."""
    return {
        "threshold": judged.threshold,
        "true_positives": judged.true_positives,
        "false_negatives": judged.false_negatives,
        "false_positives": judged.false_positives,
        "true_negatives": judged.true_negatives,
        "accuracy": measure_as_dict(judged.accuracy),
        "balanced_accuracy": measure_as_dict(judged.balanced_accuracy),
        "precision": measure_as_dict(judged.precision),
        "recall": measure_as_dict(judged.recall),
        "specificity": measure_as_dict(judged.specificity),
        "f1": measure_as_dict(judged.f1),
    }
