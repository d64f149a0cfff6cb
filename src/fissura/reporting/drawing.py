"""How every figure is drawn: without a display, the same bytes each time, legible in grey and on a telephone.

A figure is 4.8 inches wide whatever it shows: at the 360 CSS pixels of a telephone its 11 point text is still 11 pixels
tall. Colours are those of M. Okabe and K. Ito, and no two things differ by their colour alone.
"""

from __future__ import annotations

import io
import unicodedata
import warnings
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from fissura.language import Language

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.text import Text

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00")

MARKERS = ("o", "s", "^", "D", "v", "P")

DASHES: tuple[Any, ...] = ("-", (0, (5, 1.5)), (0, (1.5, 1.2)), (0, (6, 1.5, 1.5, 1.5)), (0, (3, 3)), (0, (8, 3)))

WIDTH_IN = 4.8

_TEXT_PT = 11

_TITLE_PT = 10

_SHEET_DPI = 200

GAP_PX = 2

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


def drawn(draw: Callable[[Figure], None], form: str) -> bytes:
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


def sheet(images: npt.NDArray[np.uint8], titles: Sequence[str], columns: int, language: Language) -> bytes:
    """PNG of ``images`` ``(n, h, w)`` in rows of ``columns``, each under its title; a sentence where there is none."""

    def draw(figure: Figure) -> None:
        if not len(images):
            figure.set_size_inches(WIDTH_IN, 0.6)
            figure.text(0.5, 0.5, language.say("No mistakes on these images."), ha="center", va="center")
            return
        height, width = images.shape[1:]
        across = columns * (width + GAP_PX)
        title = round((0.18 * (1 + titles[0].count("\n")) + 0.03) * across / WIDTH_IN)
        rows = -(-len(images) // columns)
        axes = canvas(figure, (rows * (title + height + GAP_PX), across))
        written = []
        for k, (image, said) in enumerate(zip(images, titles, strict=True)):
            top = title + k // columns * (title + height + GAP_PX)
            left, baseline = k % columns * (width + GAP_PX), top - 0.1 * title
            put(axes, image, top, left)
            place: dict[str, Any] = {"ha": "center", "va": "bottom", "fontsize": _TITLE_PT, "linespacing": 1.1}
            written.append(axes.text(left + width / 2, baseline, said, **place))
        _fit(written, figure.dpi * WIDTH_IN / columns)

    return drawn(draw, "png")


def _fit(titles: Sequence[Text], room: float) -> None:
    """All titles in one size, in which the widest stays within its ``room``, in the figure's dots."""
    widest = max(each.get_window_extent().width for each in titles)
    if widest > room:
        for each in titles:
            each.set_fontsize(_TITLE_PT * 0.97 * room / widest)


def canvas(figure: Figure, size_hw: tuple[int, int], left: float = 0.0) -> Axes:
    """White axes whose units are image pixels; ``left`` is the share of the figure's width that they leave free."""
    height, width = size_hw
    figure.set_layout_engine("none")
    figure.set_size_inches(WIDTH_IN, WIDTH_IN * (1 - left) * height / width)
    axes = figure.add_axes((left, 0, 1 - left, 1))
    axes.set_axis_off()
    axes.set_xlim(0, width)
    axes.set_ylim(height, 0)
    return axes


def put(axes: Axes, image: npt.NDArray[np.uint8], top: int, left: int) -> None:
    """Put ``image`` ``(h, w)`` on a canvas, its upper left corner at (``left``, ``top``)."""
    height, width = image.shape
    sampling = "nearest" if width < 64 else "antialiased"
    extent = (left, left + width, top + height, top)
    axes.imshow(image, cmap="gray", vmin=0, vmax=255, interpolation=sampling, extent=extent, aspect="auto")
    axes.set_autoscale_on(False)


def number_ticks(axes: Axes, language: Language) -> None:
    """Tick numbers as the language writes them, with the decimals that the ticks need."""
    from matplotlib.ticker import FuncFormatter

    def written(value: float, _: int | None = None) -> str:
        return language.plain(value)

    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(FuncFormatter(written))


def short(name: str, most: int = 14) -> str:
    """A class name that fits, without characters that cannot be drawn or stand in an XML file."""
    printable = "".join(letter if unicodedata.category(letter)[0] != "C" else "?" for letter in name)
    return printable if len(printable) <= most else printable[: most - 1] + "…"
