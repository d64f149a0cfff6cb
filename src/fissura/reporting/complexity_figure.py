"""What more parameters buy, in one picture: each network a point that says its name and cost."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from fissura.language import Language
from fissura.reporting.drawing import COLOURS, MARKERS, WIDTH_IN, drawn, number_ticks
from fissura.reporting.phrases import network_title
from fissura.reporting.results import Contender

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.transforms import Bbox


def complexity_picture(contenders: Sequence[Contender], language: Language) -> bytes:
    """SVG of test accuracy (first seed, with its 95 % interval) over parameters; each point says its name and cost.

    The other seeds, where there are some, are the small dots at the same number of parameters.
    """

    def draw(figure: Figure) -> None:
        figure.set_size_inches(WIDTH_IN, 3.9)
        axes = figure.subplots()
        axes.set_xscale("log")
        _round_limits(axes, [contender.first.table.parameters for contender in contenders])
        for k, contender in enumerate(contenders):
            share, parameters = contender.first.test.accuracy, contender.first.table.parameters
            others = [100 * run.test.accuracy.value for run in contender.runs[1:]]
            axes.plot([parameters] * len(others), others, ".", color="0.45", markersize=6)
            axes.vlines(parameters, 100 * share.low, 100 * share.high, color=COLOURS[k % 6], linewidth=2)
            axes.plot(parameters, 100 * share.value, color=COLOURS[k % 6], marker=MARKERS[k % 6], markersize=9)
        axes.set_xlabel(language.say("Parameters (each mark on the axis is ten times the one before)"), fontsize=9.5)
        axes.set_ylabel(language.say("Test accuracy in %"))
        axes.margins(y=0.2)
        number_ticks(axes, language)
        axes.grid(color="0.88")
        axes.set_axisbelow(True)
        _name_points(figure, axes, contenders, language)

    return drawn(draw, "svg")


def _name_points(figure: Figure, axes: Axes, contenders: Sequence[Contender], language: Language) -> None:
    """Write each point's name and cost beside it, at the first place that is free."""
    figure.draw_without_rendering()  # settles where the axes are
    figure.set_layout_engine("none")
    taken = [_point_box(axes, contender) for contender in contenders]
    for contender in contenders:
        run = contender.first
        lines = [
            network_title(contender.name, language),
            language.say("{n} multiply-adds", n=_large(run.table.multiply_adds, language)),
        ]
        if not math.isnan(run.timing.seconds):
            lines.append(language.say("{time} of training", time=language.seconds(run.timing.seconds)))
        at = (run.table.parameters, 100 * run.test.accuracy.value)
        places = (*_PLACES, *_beyond_the_bar(figure, axes, contender))
        taken.append(_place(figure, axes, "\n".join(lines), at, places, taken))


def _place(
    figure: Figure, axes: Axes, text: str, at: tuple[float, float], places: Sequence[_Place], taken: Sequence[Bbox]
) -> Bbox:
    """Write ``text`` beside ``at``, at the first of ``places`` that is free, else the freest; return its room."""
    renderer = figure.canvas.get_renderer()  # type: ignore[attr-defined]  # the Agg canvas has one
    room = axes.get_window_extent(renderer)
    tried: list[tuple[float, int, tuple[float, float], dict[str, Any], Bbox]] = []
    for (right, above), across, up in places:
        style: dict[str, Any] = {"ha": across, "va": up, "fontsize": 10, "linespacing": 1.15}
        label = axes.annotate(text, at, (right, above), textcoords="offset points", **style)
        box = label.get_window_extent(renderer)
        label.remove()
        beyond_px = 0.0
        if across == "center":  # above or below its point, where it need not be in the middle
            beyond_px = max(0.0, box.x1 - room.x1) - max(0.0, room.x0 - box.x0)
            box = box.translated(-beyond_px, 0)
        offset = (right - beyond_px * 72 / figure.dpi, above)
        outside = box.width * box.height - _common_area(box, room)
        tried.append((outside + sum(_common_area(box, other) for other in taken), len(tried), offset, style, box))
    _, _, offset, style, box = min(tried, key=lambda place: place[:2])
    axes.annotate(text, at, offset, textcoords="offset points", **style)
    return box


def _common_area(one: Bbox, other: Bbox) -> float:
    width = float(min(one.x1, other.x1) - max(one.x0, other.x0))
    height = float(min(one.y1, other.y1) - max(one.y0, other.y0))
    return max(0.0, width) * max(0.0, height)


def _beyond_the_bar(figure: Figure, axes: Axes, contender: Contender) -> Iterator[_Place]:
    """Places above and below the whole interval, for long bars: beside their middle, and their ends, others stand."""
    share = contender.first.test.accuracy
    low, middle, high = axes.transData.transform([(1, 100 * each) for each in (share.low, share.value, share.high)])
    point_px = figure.dpi / 72
    for beyond in (4, 18, 32):
        for across in ("center", "left", "right"):
            yield (0, (high[1] - middle[1]) / point_px + beyond), across, "bottom"
            yield (0, (low[1] - middle[1]) / point_px - beyond), across, "top"


_Place = tuple[tuple[float, float], str, str]  # points to the right and up, and which side of the text is there
_PLACES: tuple[_Place, ...] = (
    ((10, 0), "left", "center"),
    ((-10, 0), "right", "center"),
    ((0, -26), "center", "top"),
    ((0, 26), "center", "bottom"),
    ((0, -34), "center", "top"),
    ((0, 34), "center", "bottom"),
    ((0, -48), "center", "top"),
    ((0, 48), "center", "bottom"),
    ((8, -10), "left", "top"),
    ((-8, -10), "right", "top"),
    ((8, 10), "left", "bottom"),
    ((-8, 10), "right", "bottom"),
    ((-8, -44), "right", "top"),
    ((8, 44), "left", "bottom"),
    ((10, -70), "left", "top"),
)


def _point_box(axes: Axes, contender: Contender) -> Bbox:
    """The room that a point and its interval take, in display pixels."""
    from matplotlib.transforms import Bbox

    share, parameters = contender.first.test.accuracy, contender.first.table.parameters
    ends = [share.low, share.high, *(run.test.accuracy.value for run in contender.runs)]
    low, high = axes.transData.transform([(parameters, 100 * min(ends)), (parameters, 100 * max(ends))])
    return Bbox([[low[0] - 8, low[1] - 2], [high[0] + 8, high[1] + 2]])


def _round_limits(axes: Axes, parameters: Sequence[int]) -> None:
    """Whole powers of ten around all points, so that the axis has at least two marks."""
    if parameters:
        low, high = (np.log10(max(1, extreme(parameters))) for extreme in (min, max))
        axes.set_xlim(10 ** np.floor(low - 0.05), 10 ** np.ceil(high + 0.05))


def _large(value: int, language: Language) -> str:
    """421 k, 2.3 M: three digits are enough beside a point."""
    for unit, letter in ((10**9, "G"), (10**6, "M"), (10**3, "k")):
        if value >= unit:
            scaled = value / unit
            return f"{language.number(scaled, 0 if scaled >= 100 else 1)}\N{NO-BREAK SPACE}{letter}"
    return language.number(value)
