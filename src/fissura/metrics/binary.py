"""A two-class classifier at one threshold: what it counts, and every share of it with its interval."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from fissura.metrics.curves import Scores
from fissura.metrics.shares import Flags, Floats, Groups, Measure, Share, check_flags, share_of

_ENOUGH = 5  # groups that hold both classes


@dataclass(frozen=True)
class AtThreshold:
    """What a classifier gets right and wrong when it calls positive what scores at least ``threshold``.

    Attributes:
        threshold: the least score that is called positive.
        true_positives, false_negatives, false_positives, true_negatives: images.
        accuracy: of all images, those rightly called.
        recall: of the positive images, those called positive.
        specificity: of the negative images, those called negative.
        precision: of the images called positive, those that are.
        balanced_accuracy: the mean of recall and specificity; a classifier that always says the same has 1/2.
        f1: the harmonic mean of precision and recall; blind to true negatives.

    Intervals are of 95 %. A share of nothing is ``nan``.
    """

    threshold: float
    true_positives: int
    false_negatives: int
    false_positives: int
    true_negatives: int
    accuracy: Share
    recall: Share
    specificity: Share
    precision: Share
    balanced_accuracy: Measure
    f1: Measure

    @property
    def miss_rate(self) -> Measure:
        """Of the positive images, those called negative."""
        return self.recall.complement

    @property
    def false_alarm_rate(self) -> Measure:
        """Of the negative images, those called positive."""
        return self.specificity.complement


def called(scores: Scores, threshold: float) -> Flags:
    """Which images are called positive, ``(n,)``: compared in float64.

    NumPy would round the threshold to the scores' float32, and one between two neighbouring scores would fall on one
    of them.

    >>> called(np.array([1 - 2**-23, 1 - 2**-24], np.float32), 1 - 1.5 * 2**-24).tolist()
    [False, True]
    """
    positive: Flags = np.asarray(scores, dtype=np.float64) >= threshold
    return positive


def at_threshold(scores: Scores, positive: Flags, threshold: float = 0.5, groups: Groups | None = None) -> AtThreshold:
    """Judge ``scores`` at ``threshold``; with ``groups`` ``(n,)`` the intervals know which images belong together.

    Balanced accuracy's interval is put together from those of recall and specificity: G. Y. Zou, A. Donner (2008),
    Stat. Med. 27, 1693-1702, which like them says something also where no mistake was seen. F1 is ``2 J / (1 + J)``
    of ``J``, the share of true positives among all images but the true negatives, and so is its interval.
    """
    check_flags("positive", positive, len(scores))
    flagged = called(scores, threshold)
    recall = _share_where(positive, flagged, groups)
    specificity = _share_where(~positive, ~flagged, groups)
    overlap = _share_where(positive | flagged, positive & flagged, groups)
    return AtThreshold(
        threshold=float(threshold),
        true_positives=recall.count,
        false_negatives=recall.n - recall.count,
        false_positives=specificity.n - specificity.count,
        true_negatives=specificity.count,
        accuracy=share_of(flagged == positive, groups),
        recall=recall,
        specificity=specificity,
        precision=_share_where(flagged, positive, groups),
        balanced_accuracy=_balanced(recall, specificity, _correlation(flagged, positive, groups)),
        f1=Measure(_f1(overlap.value), _f1(overlap.low), _f1(overlap.high)),
    )


def _share_where(chosen: Flags, hits: Flags, groups: Groups | None) -> Share:
    """Of the ``chosen`` images, the share of ``hits``."""
    return share_of(hits[chosen], None if groups is None else groups[chosen])


def _f1(overlap: float) -> float:
    return 2 * overlap / (1 + overlap)


def _balanced(recall: Share, specificity: Share, correlation: float) -> Measure:
    """The mean of two shares; each end lies as far from it as both shares' ends at that side, put together, say."""
    if recall.n == 0 or specificity.n == 0:
        return Measure(math.nan, math.nan, math.nan)
    value = (recall.value + specificity.value) / 2
    below = _together(recall.value - recall.low, specificity.value - specificity.low, correlation)
    above = _together(recall.high - recall.value, specificity.high - specificity.value, correlation)
    return Measure(value, max(0.0, value - below / 2), min(1.0, value + above / 2))


def _together(one: float, other: float, correlation: float) -> float:
    return math.sqrt(max(0.0, one * one + other * other + 2 * correlation * one * other))


def _correlation(flagged: Flags, positive: Flags, groups: Groups | None) -> float:
    """How recall and specificity vary together between groups that hold both classes; 0 where nothing shows it.

    Of two groups it is always 1 or -1, whatever they hold, and of few hardly known: a negative one, which narrows the
    interval, is believed only of ``_ENOUGH``.
    """
    if groups is None or not positive.any() or positive.all():
        return 0.0
    _, of_image = np.unique(groups, return_inverse=True)
    recall, specificity = (_excess(flagged == positive, chosen, of_image) for chosen in (positive, ~positive))
    scale = math.sqrt(float((recall * recall).sum()) * float((specificity * specificity).sum()))
    found = float((recall * specificity).sum()) / scale if scale > 0 else 0.0
    holds_both = np.intersect1d(of_image[positive], of_image[~positive])
    return found if len(holds_both) >= _ENOUGH else max(0.0, found)


def _excess(right: Flags, chosen: Flags, of_image: Groups) -> Floats:
    """Per group: its right answers among the chosen images, beyond what the overall share of them foretells."""
    share = np.count_nonzero(right & chosen) / np.count_nonzero(chosen)
    return np.bincount(of_image, weights=np.where(chosen, right - share, 0.0)).astype(np.float64)
