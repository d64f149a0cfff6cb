"""Figures of the lab's second part: samples, mistakes, where the network looks, the ladder of honesty."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from fissura.classifier import Classifier
from fissura.data.labelled import LabelledImages
from fissura.judgement import Judgement, WrongCall
from fissura.language import Language
from fissura.metrics import Measure, called
from fissura.reporting.cells import middle_left_out
from fissura.reporting.crack_results import Ladder, Rung
from fissura.reporting.drawing import (
    COLOURS,
    WIDTH_IN,
    canvas,
    drawn,
    number_ticks,
    put,
    sheet,
    short,
)
from fissura.reporting.phrases import rung_title

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SHOWN_PER_CLASS = 5  # as the course asks
_MOST_WRONG = 12
_PAIRS_ACROSS = 2
_GAP = 0.06  # between the pictures of where it looks, of an image's width
_STRONGEST = 0.6  # how far the colour of the evidence may cover the image
_AGAINST, _FOR = (0.0, 0.447, 0.698), (0.835, 0.369, 0.0)  # the first two of COLOURS
_WORTH_ENLARGING = 95.0  # percent; where the first rungs lie above and another far below
_LARGER_TEXT_PT, _TEXT_PT = 10.5, 9.5


def five_and_five(images: LabelledImages, language: Language, each: int = SHOWN_PER_CLASS) -> bytes:
    """PNG of a row for each class, ``each`` of its images spread over all of them, titled with class and number.

    The number is the image's place among ``images``, from 1.
    """
    chosen, titles = [], []
    for k, name in enumerate(images.classes):
        of_class = np.flatnonzero(images.labels == k)
        for index in of_class[_spread_over(len(of_class), each)]:
            chosen.append(int(index))
            number = language.say("no. {number}", number=language.number(int(index) + 1))
            titles.append(f"{short(name, 9)} ({k})\n{number}")
    return sheet(images.images[chosen], titles, each, language)


def wrong_calls_sheet(judgement: Judgement, calls: Sequence[WrongCall], language: Language) -> bytes:
    """PNG of the first 12 of ``calls``: the probability that each was given of being positive, and its file's name."""
    shown = calls[:_MOST_WRONG]
    names = [middle_left_out(short(call.name.split("/")[-1], len(call.name)), 13) for call in shown]
    titles = [f"{language.probability(call.score)}\n{name}" for call, name in zip(shown, names, strict=True)]
    return sheet(judgement.images.images[[call.index for call in shown]], titles, 4, language)


def where_it_looks(
    classifier: Classifier,
    images: LabelledImages,
    indices: Sequence[int],
    language: Language,
    threshold: float = 0.5,
) -> bytes | None:
    """PNG of the images at ``indices``, each beside itself with its evidence map over it.

    Orange speaks for the class that is looked for, blue against it, the stronger the less of the image is left to see;
    a line encloses what speaks for it. One scale serves all images. Above each pair: what became of the image at
    ``threshold``, and its probability. None where there are no indices, or the network has no map.
    """
    chosen = images.subset(np.array(indices, dtype=np.int64))
    maps = classifier.evidence(chosen.images) if len(chosen) else None
    if maps is None or classifier.decision is None:
        return None
    scores = classifier.scores(chosen.images)
    positive = chosen.labels == classifier.decision.positive
    titles = [
        f"{_what_became(bool(is_it), bool(flagged), language)}, {language.probability(float(score))}"
        for is_it, flagged, score in zip(positive, called(scores, threshold), scores, strict=True)
    ]
    limit = max(float(np.quantile(np.abs(maps), 0.98)), 1e-6)  # a single cell may be far above all others
    name = chosen.classes[classifier.decision.positive]

    def draw(figure: Figure) -> None:
        height, width = chosen.size_hw
        gap = max(1, round(_GAP * width))
        title, legend = round(0.17 * width), round(0.62 * width)
        rows = -(-len(chosen) // _PAIRS_ACROSS)
        across = _PAIRS_ACROSS * (2 * width + 3 * gap) - 2 * gap
        axes = canvas(figure, (rows * (title + height + gap) + legend, across))
        for k, (image, found, said) in enumerate(zip(chosen.images, maps, titles, strict=True)):
            top = title + k // _PAIRS_ACROSS * (title + height + gap)
            left = k % _PAIRS_ACROSS * (2 * width + 3 * gap)
            put(axes, image, top, left)
            put_evidence(axes, image, found, limit, (top, left + width + gap))
            axes.text(left, top - 0.04 * width, said, ha="left", va="bottom", fontsize=9.5)
        evidence_legend(axes, (rows * (title + height + gap), across, legend), limit, short(name), language)

    return drawn(draw, "png")


def looked_at(judgement: Judgement, each: int = 4) -> list[int]:
    """Which images to show where the network looks at: hits spread over all, then the surest misses and alarms."""
    hits = np.flatnonzero(judgement.positive & judgement.called)
    wrong = [call.index for call in (*judgement.misses(each), *judgement.false_alarms(each))]
    return [int(hits[place]) for place in _spread_over(len(hits), each)] + wrong


def ladder_picture(ladder: Ladder, language: Language) -> bytes:
    """SVG of a row for each rung: balanced accuracy and AUC with their intervals, the name, the number of images.

    Where the first rungs crowd at the upper end and another lies far below, these are drawn once more, enlarged.
    """
    first, further = ladder.trained, ladder.further
    crowd = bool(further and first) and _lowest(first) >= _WORTH_ENLARGING and _lowest(further) < _WORTH_ENLARGING - 5

    def draw(figure: Figure) -> None:
        heights = [len(ladder.rungs), *([len(first)] if crowd else [])]
        figure.set_size_inches(WIDTH_IN, 1.15 + 0.92 * sum(heights) + 0.75 * crowd)
        panels = figure.subplots(len(heights), 1, height_ratios=heights, squeeze=False)[:, 0]
        _rungs(panels[0], ladder.rungs, language)
        if crowd:
            _rungs(panels[1], first, language)
            panels[1].set_title(language.say("The first rungs, enlarged"), loc="left")
        else:
            panels[0].set_title("")
        panels[-1].set_xlabel(language.say("in % (AUC times 100)\nLines are 95 % intervals"), fontsize=_LARGER_TEXT_PT)
        panels[0].legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=3, frameon=False, handletextpad=0.3)

    return drawn(draw, "svg")


def _rungs(axes: Axes, rungs: Sequence[Rung], language: Language) -> None:
    """A band for each rung, from the top: its name, under it the balanced accuracy, under that the AUC."""
    low = _lowest(rungs)
    left = math.floor(low / 10) * 10.0 if low < 90 else 100 - 1.25 * max(0.4, 100 - low)
    axes.set_xlim(left, 100 + 0.03 * (100 - left))
    axes.set_ylim(len(rungs) - 0.05, -0.05)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    number_ticks(axes, language)
    axes.grid(axis="x", color="0.88")
    axes.set_axisbelow(True)
    if left < 50:
        axes.axvline(50, color="0.5", linestyle=":", label=language.say("Chance"))
    for k, rung in enumerate(rungs):  # those enlarged are the first ones, so they have the same numbers
        count = language.say("n = {n}", n=language.number(len(rung.judgement.images)))
        name = short(rung_title(rung.name, language), 24)
        axes.text(left, k + 0.14, f"{k + 1}. {name}, {count}", weight="bold", va="center", fontsize=_LARGER_TEXT_PT)
        accuracy, auc = rung.judgement.here.balanced_accuracy, rung.judgement.auc
        names = (language.say("Balanced accuracy"), "AUC") if k == 0 else (None, None)
        _interval(axes, accuracy, k + 0.42, 0, (names[0], language.share(accuracy.value)))
        _interval(axes, auc, k + 0.70, 1, (names[1], language.fraction(auc.value, 4)))
        if k:
            axes.axhline(k - 0.05, color="0.75", linewidth=0.8)


def _interval(axes: Axes, measure: Measure, y: float, look: int, said: tuple[str | None, str]) -> None:
    """A marker, its interval, and its number on the side where there is more room; a dash where it is not defined."""
    left, right = axes.get_xlim()
    style: dict[str, Any] = {"va": "center", "fontsize": _TEXT_PT}
    if math.isnan(measure.value):
        axes.text(left, y, "–", **style)
        return
    value, low, high = (100 * end for end in (measure.value, measure.low, measure.high))
    low, high = (value if math.isnan(end) else end for end in (low, high))
    marks: dict[str, Any] = {
        "color": COLOURS[look],
        "marker": "os"[look],
        "markersize": 7,
        "linestyle": "none",
        "clip_on": False,
    }
    axes.hlines(y, low, high, color=COLOURS[look], linewidth=2.2)
    axes.plot([value], [y], label=said[0], **marks)
    pad = 0.025 * (right - left)
    if min(low, value) - left > right - max(high, value):
        axes.text(min(low, value - pad / 2) - pad, y, said[1], ha="right", **style)
    else:
        axes.text(max(high, value + pad / 2) + pad, y, said[1], ha="left", **style)


def _lowest(rungs: Sequence[Rung]) -> float:
    """The lowest end of all intervals, in percent; of what is defined."""
    measures = [each for rung in rungs for each in (rung.judgement.here.balanced_accuracy, rung.judgement.auc)]
    ends = [end for each in measures for end in (each.value, each.low) if not math.isnan(end)]
    return 100 * min(ends, default=0.0)


def _what_became(positive: bool, called: bool, language: Language) -> str:
    if positive:
        return language.say("found") if called else language.say("missed")
    return language.say("false alarm") if called else language.say("rightly passed")


def put_evidence(
    axes: Axes, image: npt.NDArray[np.uint8], found: npt.NDArray[np.float32], limit: float, corner: tuple[int, int]
) -> None:
    """``image`` at ``corner`` (top, left) under the colours of the evidence ``found`` ``(rows, columns)``."""
    from scipy import ndimage

    height, width = image.shape
    top, left = corner
    zoom = (height / found.shape[0], width / found.shape[1])
    fine = ndimage.zoom(found, zoom, order=1, grid_mode=True, mode="nearest")[:height, :width]
    weight = _STRONGEST * np.minimum(1, np.abs(fine) / limit)[..., None]
    colour = np.where(fine[..., None] > 0, _FOR, _AGAINST)
    mixed = (1 - weight) * (image[..., None] / 255) + weight * colour
    extent = (left, left + width, top + height, top)
    axes.imshow(mixed, extent=extent, interpolation="antialiased", aspect="auto")
    axes.set_autoscale_on(False)
    if fine.min() < 0 < fine.max():
        down, across = top + np.arange(len(fine)) + 0.5, left + np.arange(fine.shape[1]) + 0.5
        for colour_of_line, line in (("black", 1.8), ("white", 0.7)):  # seen on light and on dark ground
            axes.contour(across, down, fine, levels=[0.0], colors=colour_of_line, linewidths=line)


def evidence_legend(axes: Axes, place: tuple[int, int, int], limit: float, name: str, language: Language) -> None:
    """The scale of colours below the pictures; ``place`` is its (top, width, height) in pixels of the canvas."""
    top, across, legend = place
    ramp = np.linspace(-limit, limit, 256)
    weight = _STRONGEST * (np.abs(ramp) / limit)[:, None]
    colours = ((1 - weight) * 0.75 + weight * np.where(ramp[:, None] > 0, _FOR, _AGAINST))[None]
    left, right = 0.15 * across, 0.85 * across
    low, high = top + 0.42 * legend, top + 0.62 * legend
    axes.imshow(colours, extent=(left, right, high, low), aspect="auto", interpolation="antialiased")
    axes.set_autoscale_on(False)
    words: dict[str, Any] = {"fontsize": _TEXT_PT, "va": "bottom"}
    axes.text(left, low - 0.06 * legend, language.say("against {name}", name=name), ha="left", **words)
    axes.text(right, low - 0.06 * legend, language.say("for {name}", name=name), ha="right", **words)
    for value, x in ((-limit, left), (0.0, (left + right) / 2), (limit, right)):
        axes.text(x, high + 0.06 * legend, _signed(value, language), ha="center", va="top", fontsize=_TEXT_PT)


def _signed(value: float, language: Language) -> str:
    written = language.number(abs(value), 1)
    return "0" if value == 0 else ("+" if value > 0 else "\N{MINUS SIGN}") + written


def _spread_over(n: int, each: int) -> npt.NDArray[np.int64]:
    """``each`` of the places 0 to ``n`` - 1, or all where there are fewer, at equal distances."""
    return np.unique(np.linspace(0, max(0, n - 1), min(n, each)).round().astype(np.int64))
