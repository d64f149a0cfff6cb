"""Pictures for the audit: sheets of samples and mean images, distributions, and photographs for a page."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from fissura.data.audit import MEASURES, Distribution, Overview, Pair, Reader
from fissura.data.audit.symmetry import moved
from fissura.data.labelled import LabelledImages
from fissura.images import Pixels
from fissura.language import Language
from fissura.reporting.drawing import COLOURS, DASHES, WIDTH_IN, drawn, number_ticks, sheet, short
from fissura.reporting.rendering import data_address

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PER_CLASS = 5
MOST_CLASSES = 20  # on a sheet
_MOST_LINES = 6  # in one panel: beyond, colours and dashes repeat
_LONGEST_PX = 176
_JPEG_QUALITY = 85
_NAME_LETTERS = 13


def samples(images: LabelledImages, language: Language, per_class: int = PER_CLASS) -> bytes:
    """PNG of a row for each of the first 20 classes: images spread over all names, titled by class, number and name."""
    chosen = [
        each[np.linspace(0, len(each) - 1, min(per_class, len(each))).round().astype(int)]
        for label in range(min(len(images.classes), MOST_CLASSES))
        if len(each := np.flatnonzero(images.labels == label))
    ]
    blank = np.full(images.size_hw, 255, np.uint8)
    pixels: list[npt.NDArray[np.uint8]] = []
    titles: list[str] = []
    for row in chosen:
        pixels += [images.images[i] for i in row] + [blank] * (per_class - len(row))
        titles += [_title(images, int(i)) for i in row] + [" \n "] * (per_class - len(row))
    return sheet(np.stack(pixels), titles, per_class, language)


def mean_images(overview: Overview, classes: Sequence[str], language: Language) -> bytes:
    """PNG of the mean image of each of the first 20 classes, all stretched alike between black and white."""
    filled = [k for k, count in enumerate(overview.counts) if count][:MOST_CLASSES]
    means = overview.mean_images[filled].astype(np.float64)
    low, high = float(means.min()), float(means.max())
    stretched = np.round(255 * (means - low) / max(high - low, 1.0)).astype(np.uint8)
    titles = [
        f"{short(classes[k])} ({k})\n{language.number(float(overview.mean_images[k].min()))} – "
        f"{language.number(float(overview.mean_images[k].max()))}"
        for k in filled
    ]
    return sheet(stretched, titles, min(4, max(2, len(filled))), language)


def distributions(overview: Overview, classes: Sequence[str], language: Language) -> bytes:
    """SVG of how brightness, contrast and sharpness are spread, a line for each class; for many classes one for all."""

    def draw(figure: Figure) -> None:
        figure.set_size_inches(WIDTH_IN, 1.9 * len(overview.distributions) + 0.5)
        panels = np.atleast_1d(figure.subplots(len(overview.distributions)))
        for axes, each in zip(panels, overview.distributions, strict=True):
            _spread(axes, each, classes, language)
            said = language.say("{measure}, in grey levels", measure=MEASURES[each.measure])
            axes.set_xlabel(said[:1].upper() + said[1:])
            axes.set_ylabel(language.say("Images, in %"))
            axes.set_ylim(bottom=0)
            number_ticks(axes, language)
        handles, names = panels[0].get_legend_handles_labels()
        figure.legend(handles, names, loc="outside upper center", ncols=2, frameon=False)

    return drawn(draw, "svg")


def photograph(image: Pixels) -> str:
    """A ``data:`` address of the image as JPEG, its longer side 176 px at most."""
    from PIL import Image

    height, width = image.shape
    shrink = min(1.0, _LONGEST_PX / max(height, width))
    size = max(1, round(width * shrink)), max(1, round(height * shrink))
    stream = io.BytesIO()
    picture = Image.fromarray(np.ascontiguousarray(image))
    if size != (width, height):
        picture = picture.resize(size, Image.Resampling.LANCZOS)
    picture.save(stream, "JPEG", quality=_JPEG_QUALITY)
    return data_address(stream.getvalue())


def common_part(pair: Pair, read: Reader, size_hw: tuple[int, int]) -> tuple[Pixels, Pixels]:
    """The two images of an overlap with a frame around what both show; the first is mirrored and turned as needed.

    ``size_hw`` is that of the images that were searched, to which ``pair.shift_px`` belongs.
    """
    first, second = moved(read(pair.first), pair.symmetry), read(pair.second)
    down, right = pair.shift_px[0] / size_hw[0], pair.shift_px[1] / size_hw[1]
    here = (max(0.0, -down), min(1.0, 1 - down), max(0.0, -right), min(1.0, 1 - right))
    there = (here[0] + down, here[1] + down, here[2] + right, here[3] + right)
    return _framed(first, here), _framed(second, there)


def _framed(image: Pixels, part: tuple[float, float, float, float]) -> Pixels:
    """``image`` with a frame, black in white, around the part (top, bottom, left, right) in shares of its sides."""
    height, width = image.shape
    top, bottom = round(part[0] * height), round(part[1] * height)
    left, right = round(part[2] * width), round(part[3] * width)
    thick = max(1, round(max(height, width) / _LONGEST_PX))  # a pixel of what is shown
    framed = image.copy()
    for inset, level in ((0, 255), (thick, 0)):
        inner = framed[top + inset : bottom - inset, left + inset : right - inset]
        for edge in (inner[:thick], inner[-thick:], inner[:, :thick], inner[:, -thick:]):
            edge[...] = level
    return framed


def _title(images: LabelledImages, index: int) -> str:
    """Class and its number, and under it the end of the file's name."""
    label = int(images.labels[index])
    name = images.names[index].rpartition("/")[2]
    shown = name if len(name) <= _NAME_LETTERS else "…" + name[1 - _NAME_LETTERS :]
    return f"{short(images.classes[label], 9)} ({label})\n{short(shown)}"


def _spread(axes: Axes, each: Distribution, classes: Sequence[str], language: Language) -> None:
    if len(classes) > _MOST_LINES:
        lines = [(language.say("All classes"), each.counts.sum(axis=0))]
    else:
        lines = [(short(name, 24), count) for name, count in zip(classes, each.counts, strict=True)]
    for k, (name, counts) in enumerate(lines):
        share = 100 * counts / max(1, counts.sum())
        axes.stairs(share, each.edges, label=name, color=COLOURS[k], linestyle=DASHES[k], linewidth=1.6)
    axes.grid(axis="y", color="0.9")
    axes.set_axisbelow(True)
