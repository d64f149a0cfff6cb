"""The curves of a two-class judgement: ROC, and precision beside recall. SVG.

A good classifier's curves lie in a corner, where nothing can be told apart; there they get a second, enlarged view.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from fissura import metrics
from fissura.judgement import Judgement
from fissura.language import Language
from fissura.metrics import AtThreshold, Measure
from fissura.metrics.shares import Floats
from fissura.reporting.cells import decimals_of_three
from fissura.reporting.drawing import COLOURS, MARKERS, WIDTH_IN, drawn, number_ticks, short

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.patches import Rectangle

_CORNER = 0.98  # areas from here on are enlarged
_NEARLY = 99.5  # percent of recall or precision that the enlarged view reaches
_GRID = 2000  # places across that a curve is thinned to: half a pixel of a large screen
_HAIR = 1e-6  # percent
_BREAK = "\N{NO-BREAK SPACE}"


def roc_picture(judgement: Judgement, marked: Sequence[AtThreshold], language: Language) -> bytes:
    """SVG of the ROC curve with its area; the ``marked`` thresholds are points on it."""
    curve = metrics.roc(judgement.scores, judgement.positive)
    x, y = 100 * curve.false_alarm_rate, 100 * curve.recall
    points = [(100 * (1 - each.specificity.value), 100 * each.recall.value) for each in marked]
    name = language.say("AUC {measure}", measure=_measured(judgement.auc, language))

    def content(axes: Axes) -> None:
        axes.plot(*_thinned(x, y, axes), color=COLOURS[0], linewidth=2, label=name)
        axes.plot([0, 100], [0, 100], color="0.5", linestyle=":", label=language.say("Chance"))
        _mark(axes, points, marked, language)

    def draw(figure: Figure) -> None:
        axes = square(figure, content)
        axes.set_xlabel(language.say("False alarms, in % of {name}", name=short(judgement.class_names[1])))
        axes.set_ylabel(language.say("Recall, in % of {name}", name=short(judgement.class_names[0])))
        if judgement.auc.value >= _CORNER:
            width = _span(max(x[np.argmax(y >= _NEARLY)], *_among(points, 0, 0.0)), judgement.here.specificity.n)
            low = min(y[x <= width / 20].max(), *_among(points, 1, 100.0))
            height = _span(100 - low, judgement.here.recall.n)
            _enlarge(axes, content, (0.44, 0.1, 0.52, 0.52), (0, width), (100 - height, 100), language)
        finish(axes, language)

    return _of_both_classes(judgement, draw, language)


def precision_recall_picture(judgement: Judgement, marked: Sequence[AtThreshold], language: Language) -> bytes:
    """SVG of the precision-recall curve with its average precision; the ``marked`` thresholds are points on it."""
    curve = metrics.precision_recall(judgement.scores, judgement.positive)
    x, y = 100 * curve.recall, 100 * curve.precision
    # the precision of a gain in recall is that of its end
    steps_x, steps_y = np.concatenate(([0.0], np.repeat(x, 2)[:-1])), np.repeat(y, 2)
    points = [(100 * each.recall.value, 100 * each.precision.value) for each in marked]
    name = language.say("Average precision {measure}", measure=_measured(judgement.average_precision, language))
    chance = 100 * float(judgement.positive.mean())

    def content(axes: Axes) -> None:
        axes.plot(*_thinned(steps_x, steps_y, axes), color=COLOURS[0], linewidth=2, label=name)
        axes.plot([0, 100], [chance, chance], color="0.5", linestyle=":", label=language.say("Chance"))
        _mark(axes, points, marked, language)

    def draw(figure: Figure) -> None:
        axes = square(figure, content)
        axes.set_xlabel(language.say("Recall, in % of {name}", name=short(judgement.class_names[0])))
        axes.set_ylabel(language.say("Precision, in % of those called {name}", name=short(judgement.class_names[0])))
        if judgement.average_precision.value >= _CORNER:
            left = min(x[y >= _NEARLY].max(initial=0.0), *_among(points, 0, 100.0))
            width = _span(100 - left, judgement.here.recall.n)
            low = min(y[np.argmax(x >= 100 - width / 20)], *_among(points, 1, 100.0))
            height = _span(100 - low, judgement.here.recall.n)
            _enlarge(axes, content, (0.15, 0.1, 0.52, 0.52), (100 - width, 100), (100 - height, 100), language)
        finish(axes, language)

    return _of_both_classes(judgement, draw, language)


def square(figure: Figure, content: Callable[[Axes], None] | None = None) -> Axes:
    """Axes from 0 to 100 both ways, with ``content`` in them."""
    figure.set_size_inches(WIDTH_IN, 5.4)
    axes = figure.subplots()
    axes.set_xlim(0, 100)
    axes.set_ylim(0, 100)
    axes.set_aspect("equal")
    axes.grid(color="0.9")
    axes.set_axisbelow(True)
    if content is not None:
        content(axes)
    return axes


def finish(axes: Axes, language: Language) -> None:
    """Put numbers at the axes, and above them what the lines and points are."""
    number_ticks(axes, language)
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), frameon=False, labelspacing=0.3)


def threshold_name(value: float, language: Language) -> str:
    """``threshold 0.5``, with three digits that count, of what lacks to 1 where it would be shown as that."""
    decimals = 3 if value <= 0 else decimals_of_three(value)
    return language.say("Threshold {value}", value=language.plain(value, decimals, least=1))


def _of_both_classes(judgement: Judgement, draw: Callable[[Figure], None], language: Language) -> bytes:
    """The drawing, or the sentence that there is none, since a curve takes both classes."""

    def say_so(figure: Figure) -> None:
        figure.set_size_inches(WIDTH_IN, 0.6)
        figure.text(0.5, 0.5, language.say("No curve: the images are all of one class."), ha="center", va="center")

    return drawn(draw if 0 < judgement.positive.sum() < len(judgement.positive) else say_so, "svg")


def _mark(axes: Axes, points: Sequence[tuple[float, float]], marked: Sequence[AtThreshold], language: Language) -> None:
    for k, ((x, y), each) in enumerate(zip(points, marked, strict=True)):
        style: dict[str, Any] = {"marker": MARKERS[(k + 1) % 6], "markersize": 9, "linestyle": "none"}
        style |= {"color": COLOURS[(k + 1) % 6], "markeredgecolor": "black", "clip_on": False, "zorder": 5}
        ends = ((x, axes.get_xlim()), (y, axes.get_ylim()))
        inside = all(least - _HAIR <= at <= most + _HAIR for at, (least, most) in ends)  # else it is beside them
        axes.plot(*(([x], [y]) if inside else ([], [])), label=threshold_name(each.threshold, language), **style)


def _enlarge(
    axes: Axes,
    content: Callable[[Axes], None],
    place: tuple[float, float, float, float],
    across: tuple[float, float],
    up: tuple[float, float],
    language: Language,
) -> None:
    """The ``content`` between those ends once more, larger, at ``place`` (left, bottom, width, height) in ``axes``."""
    left, bottom, width, height = place
    axes.add_patch(_sheet_of_paper((left - 0.11, bottom - 0.07), width + 0.14, height + 0.14, axes))
    inset = axes.inset_axes(place)
    inset.set_xlim(*across)
    inset.set_ylim(*up)
    content(inset)
    inset.spines[["top", "right"]].set_visible(True)
    inset.tick_params(labelsize=9)
    inset.locator_params(nbins=4)
    inset.grid(color="0.9")
    inset.set_axisbelow(True)
    inset.set_title(language.say("Enlarged"), fontsize=9.5)
    number_ticks(inset, language)
    axes.indicate_inset_zoom(inset, edgecolor="0.4")


def _sheet_of_paper(corner: tuple[float, float], width: float, height: float, axes: Axes) -> Rectangle:
    """What keeps the lines of ``axes`` from running through the words around the enlarged part."""
    from matplotlib.patches import Rectangle

    return Rectangle(corner, width, height, facecolor="white", alpha=0.85, zorder=4, transform=axes.transAxes)


def _among(points: Sequence[tuple[float, float]], side: int, otherwise: float) -> list[float]:
    """That coordinate of each point that has one."""
    return [point[side] for point in points if not math.isnan(point[side])] or [otherwise]


def _span(reach: float, n: int) -> float:
    """How many percent to show so that ``reach`` lies well inside, and five of ``n`` images can be told apart."""
    return min(50.0, max(1.35 * reach, 500 / n))


def _thinned(x: Floats, y: Floats, axes: Axes) -> tuple[Floats, Floats]:
    """The curve without the points that these axes cannot show apart from the one before."""
    (left, right), (low, high) = axes.get_xlim(), axes.get_ylim()
    places = np.round(np.stack([x, y]) * [[_GRID / (right - left)], [_GRID / (high - low)]])
    new = np.append(True, (places[:, 1:] != places[:, :-1]).any(axis=0))
    return x[new], y[new]


def _measured(measure: Measure, language: Language) -> str:
    """0.9688 (0.8182 – 1); with more decimals near 1, the value alone where its interval is not known."""
    if math.isnan(measure.value):
        return "–"
    least = measure.value if math.isnan(measure.low) else measure.low
    decimals = 4 if least >= 1 else min(6, max(4, 1 - math.floor(math.log10(1 - least))))

    def written(value: float) -> str:
        """Never 1 for what is not quite 1."""
        return "1" if value == 1 else language.number(min(value, 1 - 10.0**-decimals), decimals)

    if math.isnan(measure.low):
        return written(measure.value)
    return f"{written(measure.value)} ({written(measure.low)}{_BREAK}–{_BREAK}{written(measure.high)})"
