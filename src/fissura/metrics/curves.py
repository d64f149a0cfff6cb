"""A two-class classifier at every threshold at once: the ROC and precision-recall curves and the areas below them.

Equal scores are one point of a curve: no threshold tells them apart, so their order must not matter.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fissura.metrics.shares import Flags, Floats, check_flags

Scores = npt.NDArray[np.floating]
Counts = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class RocCurve:
    """A point for each threshold, from "nothing is positive" (0, 0) to "everything is" (1, 1).

    Attributes:
        thresholds: ``(k + 1,)``, falling: infinity, then the ``k`` different scores.
        false_alarm_rate: ``(k + 1,)``, of the negative images, the share called positive; ``nan`` where there is none.
        recall: ``(k + 1,)``, of the positive images, the share called positive; ``nan`` where there is none.
    """

    thresholds: Floats
    false_alarm_rate: Floats
    recall: Floats


@dataclass(frozen=True, eq=False)
class PrecisionRecallCurve:
    """A point for each threshold, the strictest first.

    Attributes:
        thresholds: ``(k,)``, the different scores, falling.
        recall: ``(k,)``, rising to 1; ``nan`` where there is no positive image.
        precision: ``(k,)``, of the images called positive, the share that is.
    """

    thresholds: Floats
    recall: Floats
    precision: Floats


def roc(scores: Scores, positive: Flags) -> RocCurve:
    """The ROC curve of ``scores``. Source: T. Fawcett (2006), Pattern Recognit. Lett. 27, 861-874."""
    thresholds, hits, alarms = called_positive(scores, positive)
    return RocCurve(
        np.concatenate(([np.inf], thresholds)),
        _share(np.concatenate(([0], alarms)), len(positive) - int(np.count_nonzero(positive))),
        _share(np.concatenate(([0], hits)), int(np.count_nonzero(positive))),
    )


def auc(scores: Scores, positive: Flags) -> float:
    """The area below the ROC curve: how probably a positive image scores above a negative one, ties counted half.

    ``nan`` where one of the two classes has no image. Source: J. A. Hanley, B. J. McNeil (1982), Radiology 143, 29-36.

    >>> auc(np.array([0.9, 0.4, 0.4]), np.array([True, True, False]))
    0.75
    """
    _, hits, alarms = called_positive(scores, positive)
    return area_below(hits, alarms)


def precision_recall(scores: Scores, positive: Flags) -> PrecisionRecallCurve:
    """The precision-recall curve of ``scores``."""
    thresholds, hits, alarms = called_positive(scores, positive)
    return PrecisionRecallCurve(thresholds, _share(hits, int(np.count_nonzero(positive))), hits / (hits + alarms))


def average_precision(scores: Scores, positive: Flags) -> float:
    """The precision at each threshold, weighted with the recall gained there; ``nan`` where no image is positive.

    Steps and not trapezia: between two points precision does not run along a straight line, and the trapezia flatter.
    Source: J. Davis, M. Goadrich (2006), Proc. ICML, 233-240.

    >>> round(average_precision(np.array([0.9, 0.8, 0.7]), np.array([True, False, True])), 4)
    0.8333
    """
    _, hits, alarms = called_positive(scores, positive)
    return mean_precision(hits, alarms)


def called_positive(scores: Scores, positive: Flags) -> tuple[Floats, Counts, Counts]:
    """(the different scores, falling; positive images at or above each; negative images at or above each)."""
    check_flags("positive", positive, len(scores))
    order, ends = ranking(scores)
    flags = positive[order]
    falling = np.asarray(scores, dtype=np.float64)[order]
    hits = np.cumsum(flags, dtype=np.int64)[ends]
    return falling[ends], hits, ends + 1 - hits


def ranking(scores: Scores) -> tuple[Counts, Counts]:
    """(the images from the highest score to the lowest; the last place of each run of equal scores)."""
    order = np.argsort(-np.asarray(scores, dtype=np.float64), kind="stable")
    falling = np.asarray(scores, dtype=np.float64)[order]
    ends = np.flatnonzero(np.append(falling[1:] != falling[:-1], True)) if len(falling) else np.zeros(0, np.int64)
    return order, ends


def area_below(hits: Counts, alarms: Counts) -> float:
    """The area below the ROC curve through these counts ``(k,)``, each threshold's after the stricter one's."""
    if not len(hits) or hits[-1] == 0 or alarms[-1] == 0:
        return math.nan
    twice = float(alarms[0] * hits[0]) + float((np.diff(alarms) * (hits[1:] + hits[:-1])).sum())
    return twice / (2 * float(hits[-1]) * float(alarms[-1]))


def mean_precision(hits: Counts, alarms: Counts) -> float:
    """The average precision of these counts ``(k,)``, each threshold's after the stricter one's."""
    if not len(hits) or hits[-1] == 0:
        return math.nan
    gained = np.diff(hits, prepend=0)
    precision = hits / np.maximum(hits + alarms, 1)  # a resample may leave out the highest images: 0 gained there
    # no dot product: its threads cost more than they give, and their number would show in the last digits
    return float((gained * precision).sum()) / float(hits[-1])


def _share(counts: Counts, n: int) -> Floats:
    return counts / n if n else np.full(len(counts), np.nan)
