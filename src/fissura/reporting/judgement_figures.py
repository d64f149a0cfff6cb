"""Figures of a two-class judgement beside its curves: calibration, scores, counts. SVG."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from fissura.judgement import Judgement
from fissura.language import Language
from fissura.metrics import Share
from fissura.metrics.curves import Scores
from fissura.reporting.curve_figures import finish, square, threshold_name
from fissura.reporting.drawing import COLOURS, MARKERS, WIDTH_IN, drawn, number_ticks, short

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_BINS = 25
_RIGHT, _WRONG = COLOURS[0], COLOURS[1]
_FOOT = 0.6  # where the bars begin: a single image must be seen on the logarithmic scale
_LOOKS: tuple[dict[str, Any], ...] = (
    {"facecolor": _RIGHT, "edgecolor": "white", "linewidth": 0.4},
    {"facecolor": "white", "edgecolor": _WRONG, "linewidth": 1.0, "hatch": "//////"},
)


def reliability_picture(before: Judgement, after: Judgement | None, language: Language) -> bytes:
    """SVG of probabilities beside the shares that came true, with 95 % intervals, before and after the temperature."""

    def draw(figure: Figure) -> None:
        axes = square(figure)
        axes.set_xlabel(language.say("Mean probability of {name}, in %", name=short(before.class_names[0])))
        axes.set_ylabel(language.say("Share that is {name}, in %", name=short(before.class_names[0])))
        axes.plot([0, 100], [0, 100], color="0.5", linestyle=":", label=language.say("As it should be"))
        said = language.percent(before.calibration["mass"].value)
        first = language.say("Before calibration, error {error}", error=said)
        if after is None:
            _bins(axes, before, 0, language.say("Calibration error {error}", error=said))
        else:
            _bins(axes, before, 1, first)
            said = language.percent(after.calibration["mass"].value)
            _bins(axes, after, 0, language.say("After calibration, error {error}", error=said))
        finish(axes, language)

    return drawn(draw, "svg")


def score_histogram(judgement: Judgement, language: Language) -> bytes:
    """SVG of the scores of each class, counts on a logarithmic scale; what lies on the wrong side is hatched."""

    def draw(figure: Figure) -> None:
        figure.set_size_inches(WIDTH_IN, 4.4)
        panels = figure.subplots(2, 1, sharex=True)
        called = judgement.called
        rows = zip(
            panels, (judgement.positive, ~judgement.positive), (called, ~called), judgement.class_names, strict=True
        )
        for axes, chosen, right, name in rows:
            _bars(axes, [judgement.scores[chosen & right], judgement.scores[chosen & ~right]])
            axes.axvline(judgement.threshold, color="black", linestyle="--", linewidth=1.2)
            count = language.number(int(np.count_nonzero(chosen)))
            axes.set_title(f"{short(name)}, {language.say('n = {n}', n=count)}", loc="left")
            number_ticks(axes, language)
        panels[1].set_xlim(min(-0.02, judgement.threshold - 0.02), max(1.02, judgement.threshold + 0.02))
        panels[1].set_xlabel(language.say("Probability of {name}", name=short(judgement.class_names[0])))
        figure.supylabel(language.say("Images (each mark is ten times the one before)"), fontsize=10)
        line = {"color": "black", "linestyle": "--", "linewidth": 1.2}
        panels[0].plot([], [], label=threshold_name(judgement.threshold, language), **line)
        handles = panels[0].get_legend_handles_labels()
        names = [language.say("rightly called"), language.say("wrongly called"), *handles[1]]
        patches = [*_patches(), *handles[0]]
        figure.legend(patches, names, loc="outside upper center", ncols=2, frameon=False)

    return drawn(draw, "svg")


def two_by_two(judgement: Judgement, language: Language) -> bytes:
    """SVG of the confusion matrix: counts, what each of the four is called, and its share of the row."""
    here = judgement.here
    cells: tuple[tuple[int, Share, bool, str], ...] = (
        (here.true_positives, here.recall, True, language.say("found")),
        (here.false_negatives, here.recall, False, language.say("missed")),
        (here.false_positives, here.specificity, False, language.say("false alarms")),
        (here.true_negatives, here.specificity, True, language.say("rightly passed")),
    )

    def draw(figure: Figure) -> None:
        figure.set_size_inches(WIDTH_IN, 4.0)
        axes = figure.subplots()
        axes.set_xlim(-0.5, 1.5)
        axes.set_ylim(1.5, -0.5)
        for place, (count, share, right, name) in enumerate(cells):
            row, column = divmod(place, 2)
            face = "0.93" if right else ("#fde3d0" if count else "white")
            axes.fill_between([column - 0.5, column + 0.5], row - 0.5, row + 0.5, color=face, linewidth=0)
            style: dict[str, Any] = {"ha": "center", "va": "center"}
            weight = "bold" if right else "normal"
            axes.text(column, row - 0.2, language.number(count), fontsize=17, weight=weight, **style)
            axes.text(column, row + 0.05, name, **style)
            axes.text(column, row + 0.27, _row_share(share, right, language), fontsize=9.5, linespacing=1.2, **style)
        names = [short(name) for name in judgement.class_names]
        axes.set_xticks([0, 1], names)
        axes.set_yticks([0, 1], names, rotation=90, va="center")
        axes.tick_params(length=0)
        axes.set_xlabel(language.say("Predicted class"))
        axes.set_ylabel(language.say("True class"))
        axes.axhline(0.5, color="0.7", linewidth=0.8)
        axes.axvline(0.5, color="0.7", linewidth=0.8)

    return drawn(draw, "svg")


def _bins(axes: Axes, judgement: Judgement, k: int, name: str) -> None:
    """A point and an interval for each bin; ``k`` chooses the looks."""
    found = judgement.reliability()
    x = [100 * each.mean for each in found]
    low, high = (
        [100 * end for end in ends] for ends in zip(*((b.share.low, b.share.high) for b in found), strict=True)
    )
    axes.vlines(x, low, high, color=COLOURS[k], linewidth=2 if k == 0 else 1.2)
    style: dict[str, Any] = {"marker": MARKERS[k], "markersize": 7, "linestyle": "none", "color": COLOURS[k]}
    style |= {"clip_on": False, "markerfacecolor": "white" if k else COLOURS[k], "zorder": 4 - k}
    axes.plot(x, [100 * each.share.value for each in found], label=name, **style)


def _bars(axes: Axes, right_and_wrong: Sequence[Scores]) -> None:
    edges = np.linspace(0, 1, _BINS + 1)
    counts = [np.histogram(scores, edges)[0] for scores in right_and_wrong]
    for k in range(_BINS):
        # where the threshold runs through a bin, the shorter bar stands before the longer one
        for which in sorted((0, 1), key=lambda which: -int(counts[which][k])):
            if counts[which][k]:
                axes.bar(edges[k], counts[which][k] - _FOOT, 1 / _BINS, _FOOT, align="edge", **_LOOKS[which])
    axes.set_yscale("log")
    axes.set_ylim(_FOOT, max(10.0, 1.5 * max(float(each.max()) for each in counts)))
    axes.minorticks_off()


def _patches() -> list[Any]:
    from matplotlib.patches import Patch

    return [Patch(**looks) for looks in _LOOKS]


def _row_share(share: Share, right: bool, language: Language) -> str:
    """The share of the row that a cell is, and its interval in the second line."""
    if share.n == 0:
        return ""
    shown = share if right else share.complement
    return f"{language.share(shown.value)}\n({language.interval(shown.low, shown.high)})"
