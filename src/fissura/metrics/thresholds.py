"""From a wish in words ("miss at most 1 %") to a threshold, and to one that keeps the wish with 95 % confidence.

On the validation images a threshold can always be found that misses few enough. That it will miss as few of other
images is another matter: it was chosen to look good on these. The careful threshold is a tolerance limit: with 95 %
confidence it keeps the wish for all images of the kind that the validation images were drawn from, and of no other.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from numbers import Real
from typing import Literal

import numpy as np

from fissura.errors import DataError, FissuraError, SettingsError
from fissura.kinds import check_kind
from fissura.language import N_, Number
from fissura.metrics.curves import Scores
from fissura.metrics.shares import Flags, Floats, Groups, Share, check_flags, share_of, upper_bound
from fissura.names import unknown

CONFIDENCE = 0.95
_LEAST_SHARE = 1e-9  # a promise of less would take more images than there will ever be
_ROUNDED = 32  # steps of float32 that a probability computed in it, from a logit of up to 30, may be off
_NUMBER = re.compile(r"(\d+(?:[.,]\d*)?|[.,]\d+)\s*(%?)")


@dataclass(frozen=True)
class Wish:
    """At most this share of positive images missed, or of negative images alarmed about.

    Attributes:
        kind: ``"miss"`` or ``"alarm"``.
        at_most: from 0 to below 1.

    Raises:
        SettingsError: it is none of these.
    """

    kind: Literal["miss", "alarm"]
    at_most: float

    def __post_init__(self) -> None:
        if self.kind not in ("miss", "alarm"):
            raise unknown("kind", self.kind, ("miss", "alarm"))
        check_kind("at_most", self.at_most, Real, N_("a number"))
        if not 0 <= self.at_most < 1:
            raise SettingsError(
                "{name} is {got}; wanted {wanted}.",
                name="at_most",
                got=self.at_most,
                wanted=N_("a number from 0 to below 1"),
            )


@dataclass(frozen=True)
class OperatingPoint:
    """A threshold and what it does to the images that it was chosen on.

    Attributes:
        threshold: what scores at least that is called positive.
        missed: of the positive images, those below it.
        alarms: of the negative images, those not below it.
    """

    threshold: float
    missed: Share
    alarms: Share


@dataclass(frozen=True)
class ChosenThreshold:
    """What was found for a wish.

    Attributes:
        wish: what was wished.
        seen: the threshold that keeps the wish on these images, at the least price.
        careful: the one that keeps it with 95 % confidence on all images of their kind; None where these are too few.
        units: how many images of the class concerned, or groups of them where groups are known, it rests on.
        needed: how many units a promise takes at least; None where no number would do.
        grouped: whether units are groups, some of them of several images. Then the promise is that at most so many
            *groups* hold a mistake.
    """

    wish: Wish
    seen: OperatingPoint
    careful: OperatingPoint | None
    units: int
    needed: int | None
    grouped: bool

    @property
    def problem(self) -> FissuraError | None:
        """The sentence to tell where nothing can be promised; None where it can."""
        if self.careful is not None:
            return None
        share, units = Number(100 * self.wish.at_most), Number(self.units)
        if self.needed is None:
            return DataError(
                "No number of validation images can promise at most {share} % of mistakes; the threshold keeps the "
                "wish on the {units} seen, no more. Wish for a larger share to have a promise.",
                share=share,
                units=units,
            )
        if self.grouped:
            return DataError(
                "Groups of validation images: {units}, too few to promise at most {share} % of mistakes with 95 % "
                "confidence; it takes {needed}. The threshold keeps the wish on what was seen, no more.",
                units=units,
                share=share,
                needed=Number(self.needed),
            )
        return DataError(
            "Validation images of the class: {units}, too few to promise at most {share} % of mistakes with 95 % "
            "confidence; it takes {needed}. The threshold keeps the wish on what was seen, no more.",
            units=units,
            share=share,
            needed=Number(self.needed),
        )


def miss_at_most(text: str) -> Wish:
    """The wish of ``--miss-at-most``.

    >>> miss_at_most("1%")
    Wish(kind='miss', at_most=0.01)

    Raises:
        SettingsError: ``text`` is no share.
    """
    return Wish("miss", parse_share(text, "--miss-at-most"))


def alarm_at_most(text: str) -> Wish:
    """The wish of ``--alarm-at-most``.

    Raises:
        SettingsError: ``text`` is no share.
    """
    return Wish("alarm", parse_share(text, "--alarm-at-most"))


def parse_share(text: str, option: str) -> float:
    """The share that a person wrote: ``1%``, ``1 %``, ``1,5 %``, ``0.01``; from 0 to below 1.

    A bare ``1`` is refused: it may be meant as 1 % or as everything.

    Raises:
        SettingsError: it is none of these; the sentence names ``option``.
    """
    found = _NUMBER.fullmatch(text.strip())
    value = math.nan
    if found is not None:
        value = float(found[1].replace(",", ".")) / (100 if found[2] else 1)
    if not 0 <= value < 1:
        raise SettingsError(
            "{option} is {got}; wanted a share from 0 % to below 100 %. Write it as 1% or as 0.01.",
            option=option,
            got=repr(text),
        )
    return value


def least_to_promise(at_most: float) -> int | None:
    """How many images, none of them mistaken, it takes to promise a share of ``at_most`` with 95 % confidence.

    >>> least_to_promise(0.01)
    299
    """
    if at_most < _LEAST_SHARE:
        return None
    return math.ceil(math.log(1 - CONFIDENCE) / math.log1p(-at_most) - 1e-9)


def threshold_for(scores: Scores, positive: Flags, wish: Wish, groups: Groups | None = None) -> ChosenThreshold:
    """The threshold that keeps ``wish`` on these validation images at the least price, and the careful one.

    It lies half-way to the next score, or a little beyond the last one, so that a rounding error turns no image over.
    The careful one lets the most mistakes pass whose one-sided Clopper-Pearson bound keeps the wish; that this holds
    although the threshold was chosen on the same images is a result of S. S. Wilks (1941), Ann. Math. Stat. 12, 91-96.
    With ``groups`` it counts groups, each by its worst image.

    Raises:
        DataError: no image of the class that the wish speaks of, or a score that is no finite number.
    """
    check_flags("positive", positive, len(scores))
    values = np.asarray(scores, dtype=np.float64)
    if not np.isfinite(values).all():
        raise DataError(
            "{bad} of {n} scores are not finite numbers; a threshold takes finite ones. Check the classifier.",
            bad=int(np.count_nonzero(~np.isfinite(values))),
            n=len(values),
        )
    concerned = positive if wish.kind == "miss" else ~positive
    if not concerned.any():
        raise _nothing_to_choose_on(wish)
    # turned over, false alarms are misses: then there is but one case to think through
    sign = 1.0 if wish.kind == "miss" else -1.0
    every = np.unique(sign * values)
    units = _worst(sign * values[concerned], None if groups is None else groups[concerned])
    ranked = np.sort(sign * values[concerned])
    few = min(math.floor(wish.at_most * len(ranked) + 1e-9), len(ranked) - 1)  # 0.29 * 100 is 28.999999999999996
    seen = _cut(float(ranked[few]), every, sign)
    allowed = _allowed(len(units), wish.at_most)
    return ChosenThreshold(
        wish=wish,
        seen=_point(values, positive, seen, groups),
        careful=None if allowed is None else _point(values, positive, _cut(float(units[allowed]), every, sign), groups),
        units=len(units),
        needed=least_to_promise(wish.at_most),
        grouped=len(units) < len(ranked),
    )


def _nothing_to_choose_on(wish: Wish) -> DataError:
    if wish.kind == "miss":
        return DataError(
            "There is no positive validation image, so no threshold can be chosen for --miss-at-most. Use a validation "
            "part with both classes."
        )
    return DataError(
        "There is no negative validation image, so no threshold can be chosen for --alarm-at-most. Use a validation "
        "part with both classes."
    )


def _worst(scores: Floats, groups: Groups | None) -> Floats:
    """The lowest score of each group, rising; of each image where no groups are known."""
    if groups is None:
        return np.sort(scores)
    names, of_image = np.unique(groups, return_inverse=True)
    lowest = np.full(len(names), np.inf)
    np.minimum.at(lowest, of_image, scores)
    return np.sort(lowest)


def _allowed(n: int, at_most: float) -> int | None:
    """The most mistakes in ``n`` whose upper bound is at most ``at_most``; None where not even 0 are few enough."""
    few, many = -1, math.floor(at_most * n) + 1  # the bound of k is above k / n, so ``many`` are too many
    while many - few > 1:
        middle = (few + many) // 2
        few, many = (middle, many) if upper_bound(middle, n, CONFIDENCE) <= at_most else (few, middle)
    return None if few < 0 else few


def _cut(kept: float, every: Floats, sign: float) -> float:
    """The threshold, turned back by ``sign``, that keeps the score ``kept`` but not the next lower of ``every``."""
    place = int(np.searchsorted(every, kept))
    beyond = kept - 2 * _ROUNDED * float(np.spacing(np.float32(abs(kept))))
    lower = float(every[place - 1]) if place else kept if sign > 0 and kept == 0 else beyond
    middle = lower + (kept - lower) / 2
    if sign > 0:
        return float(middle if middle > lower else kept)
    # a score that is at least the threshold is positive, so ``kept``, turned back, must lie below it
    return float(-middle if middle < kept else np.nextafter(-kept, np.inf))


def _point(values: Floats, positive: Flags, threshold: float, groups: Groups | None) -> OperatingPoint:
    below = values < threshold
    negative = ~positive
    return OperatingPoint(
        threshold,
        share_of(below[positive], None if groups is None else groups[positive]),
        share_of(~below[negative], None if groups is None else groups[negative]),
    )
