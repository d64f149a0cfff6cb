"""Figures as bytes, SVG or PNG: drawn without a display, the same bytes each time, legible in grey and on a telephone.

A figure is 4.8 inches wide whatever it shows: at the 360 CSS pixels of a telephone its 11 point text is still 11 pixels
tall. Colours are those of M. Okabe and K. Ito, and no two things differ by their colour alone.
"""

from __future__ import annotations

import io
import math
import unicodedata
import warnings
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from fissura.data.labelled import LabelledImages
from fissura.evaluation import Evaluation
from fissura.language import Language
from fissura.reporting.results import Contender, RunResult
from fissura.reporting.words import network_title

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.transforms import Bbox

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00")
MARKERS = ("o", "s", "^", "D", "v", "P")
DASHES: tuple[Any, ...] = ("-", (0, (5, 1.5)), (0, (1.5, 1.2)), (0, (6, 1.5, 1.5, 1.5)), (0, (3, 3)), (0, (8, 3)))
SHOWN_IN_BATCH = 64
MOST_CELLS_WITH_COUNTS = 20  # classes; beyond, a count would be wider than its cell

_WIDTH_IN = 4.8
_TEXT_PT = 11
_SHEET_DPI = 200
_GAP_PX = 2
_SETTINGS: dict[Any, Any] = {
    "font.family": "DejaVu Sans",  # comes with Matplotlib, so that every machine draws the same
    "font.size": _TEXT_PT,
    "axes.labelsize": _TEXT_PT,
    "axes.titlesize": _TEXT_PT,
    "legend.fontsize": _TEXT_PT,
    "svg.hashsalt": "fissura",
    "svg.fonttype": "path",
    "text.parse_math": False,  # a class may be called $5
    "axes.spines.top": False,
    "axes.spines.right": False,
}


def sample_sheet(images: LabelledImages, language: Language, columns: int = 8) -> bytes:
    """PNG of a row for each class: its name, how many images it has, and its first ``columns`` images."""

    rows = [images.images[np.flatnonzero(images.labels == k)[:columns]] for k in range(len(images.classes))]

    def draw(figure: Figure) -> None:
        height, width = images.size_hw
        across, down = columns * (width + _GAP_PX), max(1, len(rows)) * (height + _GAP_PX)
        left = 1.25 / _WIDTH_IN  # room for the names
        axes = _canvas(figure, (down, across), left)
        for k, row in enumerate(rows):
            top = k * (height + _GAP_PX)
            for j, image in enumerate(row):
                _put(axes, image, top, j * (width + _GAP_PX))
            count = language.say("n = {n}", n=language.number(images.counts[k]))
            said = f"{_short(images.classes[k])}\n{count}"
            axes.text(-0.2 * width, top + height / 2, said, ha="right", va="center", fontsize=10)

    return _drawn(draw, "png")


def first_batch_sheet(batch: LabelledImages, language: Language) -> bytes:
    """PNG of the first 64 images of a mini-batch, in its order, each with its class above it."""
    shown = batch.subset(np.arange(min(len(batch), SHOWN_IN_BATCH)))
    titles = [_short(batch.classes[label]) for label in shown.labels]
    return _sheet(shown.images, titles, 8, language)


def mistakes_sheet(evaluation: Evaluation, language: Language, most: int = 24) -> bytes:
    """PNG of the mistakes that the classifier was surest of: image, true class -> predicted class, its probability."""
    mistakes = evaluation.mistakes(most)
    classes = evaluation.images.classes
    titles = [
        f"{_short(classes[mistake.label], 9)} → {_short(classes[mistake.predicted], 9)}\n"
        + _rounded_probability(mistake.probability, language)
        for mistake in mistakes
    ]
    return _sheet(evaluation.images.images[[mistake.index for mistake in mistakes]], titles, 4, language)


def loss_curves(runs: Sequence[RunResult], language: Language) -> bytes:
    """SVG of the mean training loss of each epoch, a line for each run; dotted the validation loss, if there is one."""
    from matplotlib.ticker import MaxNLocator

    def draw(figure: Figure) -> None:
        figure.set_size_inches(_WIDTH_IN, 3.4)
        axes = figure.subplots()
        for k, run in enumerate(runs):
            style = {"color": COLOURS[k % 6], "marker": MARKERS[k % 6], "linestyle": DASHES[k % 6]}
            title = network_title(run.name, language)
            losses, validation = run.history.losses, run.history.validation_losses
            name = language.say("{network}, training", network=title) if validation else title
            axes.plot(range(1, len(losses) + 1), losses, label=name, markevery=_every(losses), **style)
            if validation:
                name = language.say("{network}, validation", network=title)
                style = {"color": COLOURS[k % 6], "marker": MARKERS[k % 6], "mfc": "white", "linestyle": ":"}
                axes.plot(range(1, len(validation) + 1), validation, label=name, markevery=_every(validation), **style)
        axes.set_xlabel(language.say("Epoch"))
        axes.set_ylabel(language.say("Mean loss per image"))
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.set_ylim(bottom=0)
        _number_ticks(axes, language)
        axes.grid(axis="y", color="0.85")
        if runs:
            axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=1 if len(runs) == 1 else 2, frameon=False)

    return _drawn(draw, "svg")


def confusion(evaluation: Evaluation, language: Language) -> bytes:
    """SVG of the confusion matrix; only mistakes are coloured: on one scale with the diagonal they would be pale."""
    counts = evaluation.confusion
    classes = [_short(name) for name in evaluation.images.classes]

    def draw(figure: Figure) -> None:
        side = max(_WIDTH_IN, 0.3 * len(classes))
        figure.set_size_inches(side, side)
        axes = figure.subplots()
        diagonal = np.eye(len(counts), dtype=bool)
        wrong = np.ma.masked_where(diagonal | (counts == 0), counts)
        top = max(float(wrong.filled(0).max(initial=0)), 1.0)
        axes.imshow(np.ma.masked_where(~diagonal, diagonal), cmap="Greys", vmin=0, vmax=12)
        axes.imshow(wrong, cmap="Oranges", vmin=-0.1 * top, vmax=1.2 * top)
        axes.set_xticks(range(len(classes)), classes, rotation=90 if max(map(len, classes)) > 3 else 0)
        axes.set_yticks(range(len(classes)), classes)
        axes.tick_params(length=0)
        axes.set_xlabel(language.say("Predicted class"))
        axes.set_ylabel(language.say("True class"))
        axes.set_xticks(np.arange(len(classes)) - 0.5, minor=True)
        axes.set_yticks(np.arange(len(classes)) - 0.5, minor=True)
        axes.grid(which="minor", color="0.8", linewidth=0.6)
        axes.tick_params(which="minor", length=0)
        _write_counts(axes, counts, top, language)

    return _drawn(draw, "svg")


def complexity_picture(contenders: Sequence[Contender], language: Language) -> bytes:
    """SVG of test accuracy (first seed, with its 95 % interval) over parameters; each point says its name and cost.

    The other seeds, where there are some, are the small dots at the same number of parameters.
    """

    def draw(figure: Figure) -> None:
        figure.set_size_inches(_WIDTH_IN, 3.9)
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
        _number_ticks(axes, language)
        axes.grid(color="0.88")
        axes.set_axisbelow(True)
        _name_points(figure, axes, contenders, language)

    return _drawn(draw, "svg")


def _drawn(draw: Callable[[Figure], None], form: str) -> bytes:
    """The bytes of what ``draw`` puts on a figure: no date, no program, no random names in them."""
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    stream = io.BytesIO()
    metadata: dict[str, None] = {"Date": None, "Creator": None} if form == "svg" else {"Software": None}
    with mpl.rc_context(_SETTINGS), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing")  # a class name in a script the font lacks
        figure = Figure(layout="constrained")
        FigureCanvasAgg(figure)
        draw(figure)
        figure.savefig(stream, format=form, metadata=metadata, dpi=_SHEET_DPI)
    return stream.getvalue()


def _sheet(images: npt.NDArray[np.uint8], titles: Sequence[str], columns: int, language: Language) -> bytes:
    """PNG of ``images`` ``(n, h, w)`` in rows of ``columns``, each under its title; a sentence where there is none."""

    def draw(figure: Figure) -> None:
        if not len(images):
            figure.set_size_inches(_WIDTH_IN, 0.6)
            figure.text(0.5, 0.5, language.say("No mistakes on these images."), ha="center", va="center")
            return
        height, width = images.shape[1:]
        across = columns * (width + _GAP_PX)
        title = round((0.18 * (1 + titles[0].count("\n")) + 0.03) * across / _WIDTH_IN)
        rows = -(-len(images) // columns)
        axes = _canvas(figure, (rows * (title + height + _GAP_PX), across))
        for k, (image, said) in enumerate(zip(images, titles, strict=True)):
            top = title + k // columns * (title + height + _GAP_PX)
            left = k % columns * (width + _GAP_PX)
            _put(axes, image, top, left)
            axes.text(left + width / 2, top - 0.1 * title, said, ha="center", va="bottom", fontsize=10, linespacing=1.1)

    return _drawn(draw, "png")


def _canvas(figure: Figure, size_hw: tuple[int, int], left: float = 0.0) -> Axes:
    """White axes whose units are image pixels; ``left`` is the share of the figure's width that they leave free."""
    height, width = size_hw
    figure.set_layout_engine("none")
    figure.set_size_inches(_WIDTH_IN, _WIDTH_IN * (1 - left) * height / width)
    axes = figure.add_axes((left, 0, 1 - left, 1))
    axes.set_axis_off()
    axes.set_xlim(0, width)
    axes.set_ylim(height, 0)
    return axes


def _put(axes: Axes, image: npt.NDArray[np.uint8], top: int, left: int) -> None:
    height, width = image.shape
    sampling = "nearest" if width < 64 else "antialiased"
    extent = (left, left + width, top + height, top)
    axes.imshow(image, cmap="gray", vmin=0, vmax=255, interpolation=sampling, extent=extent, aspect="auto")
    axes.set_autoscale_on(False)


def _write_counts(axes: Axes, counts: npt.NDArray[np.int64], top: float, language: Language) -> None:
    """The counts in their cells, the right ones bold; no count for the many cells that are 0."""
    if len(counts) > MOST_CELLS_WITH_COUNTS:
        return
    size = 10.5 if len(counts) <= 10 else 8
    for i, j in np.argwhere(counts > 0):
        number = language.number(int(counts[i, j]))
        right = bool(i == j)
        style: dict[str, Any] = {"weight": "bold" if right else "normal"}
        style["fontsize"] = size if len(number) < 5 else size - 2.5
        style["color"] = "white" if not right and counts[i, j] > 0.7 * top else "black"
        axes.text(j, i, number, ha="center", va="center", **style)


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
        taken.append(_place(figure, axes, "\n".join(lines), at, taken))


def _place(figure: Figure, axes: Axes, text: str, at: tuple[float, float], taken: Sequence[Bbox]) -> Bbox:
    """Write ``text`` beside ``at``, at the first place that is free, else the freest; return the room it takes."""
    renderer = figure.canvas.get_renderer()  # type: ignore[attr-defined]  # the Agg canvas has one
    room = axes.get_window_extent(renderer)
    tried: list[tuple[float, int, tuple[float, float], dict[str, Any], Bbox]] = []
    for offset, across, up in _PLACES:
        style: dict[str, Any] = {"ha": across, "va": up, "fontsize": 10, "linespacing": 1.15}
        label = axes.annotate(text, at, offset, textcoords="offset points", **style)
        box = label.get_window_extent(renderer)
        label.remove()
        outside = box.width * box.height - _common_area(box, room)
        tried.append((outside + sum(_common_area(box, other) for other in taken), len(tried), offset, style, box))
    _, _, offset, style, box = min(tried, key=lambda place: place[:2])
    axes.annotate(text, at, offset, textcoords="offset points", **style)
    return box


def _common_area(one: Bbox, other: Bbox) -> float:
    width = float(min(one.x1, other.x1) - max(one.x0, other.x0))
    height = float(min(one.y1, other.y1) - max(one.y0, other.y0))
    return max(0.0, width) * max(0.0, height)


_PLACES: tuple[tuple[tuple[float, float], str, str], ...] = (
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


def _number_ticks(axes: Axes, language: Language) -> None:
    """Tick numbers as the language writes them, with the decimals that the ticks need."""
    from matplotlib.ticker import FuncFormatter

    def written(value: float, _: int | None = None) -> str:
        text = f"{value:.6f}".rstrip("0")
        return language.number(value, len(text) - text.index(".") - 1)

    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(FuncFormatter(written))


def _every(losses: Sequence[float]) -> int:
    return max(1, len(losses) // 10)


def _large(value: int, language: Language) -> str:
    """421 k, 2.3 M: three digits are enough beside a point."""
    for unit, letter in ((10**9, "G"), (10**6, "M"), (10**3, "k")):
        if value >= unit:
            scaled = value / unit
            return f"{language.number(scaled, 0 if scaled >= 100 else 1)}\N{NO-BREAK SPACE}{letter}"
    return language.number(value)


def _rounded_probability(probability: float, language: Language) -> str:
    """In percent, and never 100 % for what is not quite sure: > 99.9 %."""
    if probability >= 0.9995:
        return f">\N{NO-BREAK SPACE}{language.percent(0.999, 1)}"
    return language.percent(probability, 1)


def _short(name: str, most: int = 14) -> str:
    """A class name that fits, without characters that cannot be drawn or stand in an XML file."""
    printable = "".join(letter if unicodedata.category(letter)[0] != "C" else "?" for letter in name)
    return printable if len(printable) <= most else printable[: most - 1] + "…"
