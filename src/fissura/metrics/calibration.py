"""Does a probability mean what it says? Reliability, calibration error, proper losses, and one temperature to mend it.

All of it speaks of the probability of the class that is looked for, not of the class that was predicted.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy import special

from fissura.errors import DataError
from fissura.metrics.curves import Scores
from fissura.metrics.shares import Z_95, Flags, Floats, Groups, Share, share_of

BINS = 15  # as in Guo et al. (2017), so that numbers can be compared
SHARPEST, FLATTEST = 0.05, 20.0  # temperatures; beyond, probabilities are 0 and 1, or all the same
Binning = Literal["width", "mass"]
Limit = Literal["undetermined", "sharpest", "flattest"]
_LEAST_VARIANCE = 1e-4  # of a label; what is nearly sure says little of how alike labels are
_FURTHEST = 10.0  # standard deviations: one label against a sure probability does not decide it alone
_UNLIKE = 1.3
_LARGEST = float(np.finfo(np.float32).max)  # logits come from float32 networks; their products fit into a float64


@dataclass(frozen=True)
class ReliabilityBin:
    """The images whose probabilities lie between ``low`` and ``high``.

    Attributes:
        low, high: of equal-width bins, their edges; of equal-mass bins, the least and the greatest probability in it.
        mean: of the probabilities; what the share should be.
        share: of positive images, with its interval.
    """

    low: float
    high: float
    mean: float
    share: Share


@dataclass(frozen=True)
class CalibrationError:
    """How far probabilities and shares lie apart.

    Attributes:
        value: sum over the bins of ``|share - mean| n_bin / n``, in [0, 1].
        by_chance: the mean of the same number for labels drawn from the probabilities themselves. A perfectly
            calibrated classifier has that much on these images, because shares of few images scatter.
        limit: what such labels exceed in one case of twenty; a ``value`` below it is no evidence of bad calibration.
    """

    value: float
    by_chance: float
    limit: float


@dataclass(frozen=True)
class Temperature:
    """What logits are divided by before they become probabilities; above 1 makes a classifier less sure.

    Attributes:
        value: from 0.05 to 20; 1 where there is nothing to learn it from.
        loss_before, loss_after: mean log loss in nats on the images that it was fitted on.
        n: how many these were.
        effective_n: how many independent ones these are worth for it; ``n`` where each counts for itself.
        limit: ``"undetermined"``: every image is on its right side, so the loss falls for ever as the temperature
            does (or no logit differs from another), and it was left at 1. ``"sharpest"`` or ``"flattest"``: the best
            lies beyond that end of the range, and the end was taken. None: the best was found.
    """

    value: float
    loss_before: float
    loss_after: float
    n: int
    limit: Limit | None
    effective_n: float

    @property
    def told_from_1(self) -> bool:
        """Whether the loss falls by more than chance explains, at 5 %: twice the log likelihood's gain is chi-squared.

        Source: S. S. Wilks (1938), Ann. Math. Stat. 9, 60-62.
        """
        return 2 * self.effective_n * (self.loss_before - self.loss_after) >= Z_95**2


def squared_errors(probabilities: Scores, positive: Flags) -> Floats:
    """``(p - y)^2`` of each image, ``(n,)``; their mean is the Brier score.

    Source: G. W. Brier (1950), Mon. Weather Rev. 78, 1-3, in its form for two classes: from 0 to 1, not to 2.
    """
    errors: Floats = (np.asarray(probabilities, dtype=np.float64) - positive) ** 2
    return errors


def log_losses(probabilities: Scores, positive: Flags) -> Floats:
    """Minus the logarithm of the probability given to the true class of each image, in nats, ``(n,)``.

    A probability of 0 counts as the least normal float32, about 1.2e-38, so that a loss is at most 87.3 nats.
    """
    given = np.where(positive, np.asarray(probabilities, dtype=np.float64), 1 - np.asarray(probabilities, np.float64))
    losses: Floats = -np.log(np.maximum(given, float(np.finfo(np.float32).tiny)))
    return losses


def reliability(
    probabilities: Scores, positive: Flags, groups: Groups | None = None, bins: int = BINS, binning: Binning = "width"
) -> tuple[ReliabilityBin, ...]:
    """The bins that hold images, from the lowest probabilities to the highest.

    ``"width"``: bins as wide as each other, each with its upper edge; the first holds 0 too. ``"mass"``: bins with as
    many images each, as far as equal probabilities, which stay together, allow.
    """
    given = np.asarray(probabilities, dtype=np.float64)
    bin_of = _bin_of(given, bins, binning)
    edges = np.linspace(0, 1, bins + 1)
    found = []
    for k in np.unique(bin_of):
        inside = bin_of == k
        low, high = (edges[k], edges[k + 1]) if binning == "width" else (given[inside].min(), given[inside].max())
        share = share_of(positive[inside], None if groups is None else groups[inside])
        found.append(ReliabilityBin(float(low), float(high), float(given[inside].mean()), share))
    return tuple(found)


def calibration_error(
    probabilities: Scores,
    positive: Flags,
    groups: Groups | None = None,
    bins: int = BINS,
    binning: Binning = "mass",
    *,
    rng: np.random.Generator,
    draws: int = 500,
) -> CalibrationError:
    """The expected calibration error, and what chance alone makes of it; ``nan`` without images.

    It is biased upwards: even perfect probabilities have a positive one, the more so the fewer images and the more
    bins there are (A. Kumar, P. Liang, T. Ma, 2019, NeurIPS 32). Equal-mass bins bias it less than equal-width ones (R.
    Roelofs et al., 2022, Proc. AISTATS, 4036-4054). So it comes with the error of labels drawn from the probabilities:
    J. Bröcker, L. A. Smith (2007), Weather Forecast. 22, 651-661. In a group they are drawn as much alike as what came
    true beyond the probabilities is alike in the groups: copies together, views of one place that differ each alone.
    """
    n = len(probabilities)
    if n == 0:
        return CalibrationError(math.nan, math.nan, math.nan)
    given = np.asarray(probabilities, dtype=np.float64)
    bin_of = _bin_of(given, bins, binning)
    total = np.bincount(bin_of, weights=given, minlength=bins)

    def error(labels: Flags) -> float:
        return float(np.abs(np.bincount(bin_of, weights=labels, minlength=bins) - total).sum()) / n

    of_image = np.arange(n) if groups is None else np.unique(groups, return_inverse=True)[1]
    units = int(of_image.max()) + 1
    alike = _alike(given, positive, of_image) if units < n else 0.0
    limits = special.ndtri(given)  # of a standard normal draw: above it the label is negative

    def drawn() -> Flags:
        own = rng.standard_normal(n)
        if alike > 0:
            own = math.sqrt(alike) * rng.standard_normal(units)[of_image] + math.sqrt(1 - alike) * own
        below: Flags = own < limits
        return below

    by_chance = [error(drawn()) for _ in range(draws)]
    return CalibrationError(error(positive), float(np.mean(by_chance)), float(np.quantile(by_chance, 0.95)))


def _alike(given: Floats, positive: Flags, of_image: npt.NDArray[np.int64]) -> float:
    """How alike labels are within groups beyond their probabilities, in [0, 1], on the scale of normal draws.

    An upper bound: few groups hardly know it, and one knows nothing. It is of how much more the groups' sums of
    standardised residuals vary than those of images that have nothing in common, at 90 % as if these sums were normal;
    what all groups share is the probabilities' error and is left out. The sine takes a correlation of labels to that of
    the normal draws behind them, exactly where both probabilities are 1/2: W. F. Sheppard (1899), Phil. Trans. A 192,
    101-167; where they differ labels correlate less, hence ``_UNLIKE``.
    """
    sizes = np.bincount(of_image).astype(np.float64)
    units, pairs = len(sizes), float((sizes * (sizes - 1)).sum())
    if units == 1:
        return 1.0
    spread = np.sqrt(np.maximum(given * (1 - given), _LEAST_VARIANCE))
    of_one = float((given * (1 - given) / spread**2).mean())  # 1, where no probability is nearly sure
    if pairs == 0 or of_one <= 0:
        return 0.0
    residuals = np.clip((positive - given) / spread, -_FURTHEST, _FURTHEST)
    means = np.bincount(of_image, weights=residuals) / sizes
    if np.abs(residuals - means[of_image]).max() < 1e-9:  # all alike within each group, as copies are
        return 1.0
    sums = np.bincount(of_image, weights=residuals - residuals.mean())
    most = units * float((sums * sums).sum()) / float(special.chdtri(units - 1, 0.9))
    correlation = min(1.0, max(0.0, (most / of_one - len(given)) / pairs))
    return min(1.0, _UNLIKE * math.sin(math.pi / 2 * correlation))


def probabilities_from_logits(logits: Scores, temperature: float = 1.0) -> Floats:
    """The probabilities of ``logits / temperature``.

    ``(n,)`` logits of one output cell give the positive class's ``(n,)``; ``(n, classes)`` those of every class.
    """
    scaled = np.asarray(logits, dtype=np.float64) / temperature
    probabilities: Floats = special.expit(scaled) if scaled.ndim == 1 else special.softmax(scaled, axis=1)
    return probabilities


def fit_temperature(
    logits: Scores, labels: npt.NDArray[np.integer] | Flags, groups: Groups | None = None
) -> Temperature:
    """The temperature that makes the log loss of these images least: fit it on validation images, never on test ones.

    ``logits`` are ``(n,)`` of a network with one output cell, whose ``labels`` say which images are positive, or
    ``(n, classes)`` with class indices as ``labels``. No decision at the middle changes: dividing keeps the order.
    The loss is convex in ``1 / temperature`` and its slope is brought to zero between the two ends of the range.
    Source: C. Guo, G. Pleiss, Y. Sun, K. Q. Weinberger (2017), Proc. ICML, 1321-1330. Where ``groups`` ``(n,)`` say
    which images belong together, what the images are worth is ``n`` over how much more the groups' slopes of the loss
    vary than those of single images would: J. N. K. Rao, A. J. Scott (1984), Ann. Stat. 12, 46-60.

    Raises:
        DataError: no images, or logits that are not finite numbers.
    """
    cells = np.asarray(logits, dtype=np.float64)
    if cells.ndim == 1:
        cells = np.stack([np.zeros_like(cells), cells], axis=1)
    usable = (np.abs(cells) <= _LARGEST).all(axis=1)
    if not usable.all() or len(cells) == 0:
        raise DataError(
            "The temperature cannot be fitted: {n} images, {bad} of them with logits that are not finite numbers; "
            "wanted validation images, all with finite ones. Check the classifier and the validation part.",
            n=len(cells),
            bad=int(np.count_nonzero(~usable)),
        )
    given = cells[np.arange(len(cells)), np.asarray(labels, dtype=np.int64)]

    def loss(sharpness: float) -> float:
        return float(np.mean(special.logsumexp(sharpness * cells, axis=1) - sharpness * given))

    def slopes(sharpness: float) -> Floats:
        found: Floats = (special.softmax(sharpness * cells, axis=1) * cells).sum(axis=1) - given
        return found

    value, limit = _where_flat(
        lambda sharpness: float(np.mean(slopes(sharpness))), undetermined=bool((given >= cells.max(axis=1)).all())
    )
    worth = _effective_n(slopes(1 / value), groups)
    return Temperature(value, loss(1.0), loss(1 / value), len(cells), limit, worth)


def _effective_n(slopes: Floats, groups: Groups | None) -> float:
    """How many independent images tell as much of where the mean of ``slopes`` is 0; never more than there are."""
    n = len(slopes)
    _, of_image = (0, np.arange(n)) if groups is None else np.unique(groups, return_inverse=True)
    units = int(of_image.max()) + 1
    if units == n:
        return float(n)
    if units == 1 or not slopes.any():
        return 1.0
    together = np.bincount(of_image, weights=slopes)
    more = units / (units - 1) * float((together * together).sum()) / float((slopes * slopes).sum())
    return n / max(1.0, more) * (Z_95 / float(special.stdtrit(units - 1, 0.975))) ** 2


def _where_flat(slope: Callable[[float], float], undetermined: bool) -> tuple[float, Limit | None]:
    """(the temperature at which ``slope``, which rises with 1 / temperature, is 0; which end stood in its place)."""
    if undetermined:
        return 1.0, "undetermined"
    if slope(1 / FLATTEST) >= 0:
        return FLATTEST, "flattest"
    if slope(1 / SHARPEST) <= 0:
        return SHARPEST, "sharpest"
    from scipy.optimize import brentq  # here, as importing it takes a third of a second

    return 1 / float(brentq(slope, 1 / FLATTEST, 1 / SHARPEST, xtol=1e-12)), None


def _bin_of(probabilities: Floats, bins: int, binning: Binning) -> npt.NDArray[np.int64]:
    """The bin of each image, 0 to ``bins - 1``; those of equal mass go by mean rank, so that ties stay together."""
    if binning == "width":
        inner = np.linspace(0, 1, bins + 1)[1:-1]
        return np.searchsorted(inner, probabilities).astype(np.int64)
    _, of_image, counts = np.unique(probabilities, return_inverse=True, return_counts=True)
    middle = np.cumsum(counts) - counts / 2
    return np.floor(bins * middle / max(len(probabilities), 1)).astype(np.int64)[of_image]
