"""Drawn pictures that are no wall at all: a detector of cracks has to say that it knows nothing of them."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from fissura.data.synthetic import paths
from fissura.data.synthetic.lettering import lettered, word
from fissura.data.synthetic.noise import field
from fissura.data.synthetic.overlay import round_lines
from fissura.data.synthetic.scene import check_size
from fissura.data.synthetic.strokes import Stroke
from fissura.data.synthetic.view import Grey, random_view
from fissura.errors import SettingsError
from fissura.names import unknown


def strangers(kind: str, n: int, size_hw: tuple[int, int] = (224, 224), seed: int = 12) -> npt.NDArray[np.uint8]:
    """``n`` pictures of a ``kind`` of ``STRANGERS``; ``(n, h, w)`` uint8.

    Picture ``i`` depends on seed, kind and ``i`` only: more of them begin with the same ones.

    Raises:
        SettingsError: an unknown kind, none asked for, or a picture under 32 px.
    """
    if kind not in STRANGERS:
        raise unknown("kind of stranger", kind, STRANGERS)
    if n < 1:
        raise SettingsError("{got} pictures of {kind} were asked for; wanted at least 1.", got=n, kind=kind)
    check_size(size_hw)
    which = list(STRANGERS).index(kind)
    drawn = [STRANGERS[kind](size_hw, np.random.default_rng([seed, index, 77, which])) for index in range(n)]
    return np.stack([np.clip(np.rint(each * 255), 0, 255).astype(np.uint8) for each in drawn])


def digits(size_hw: tuple[int, int], random: np.random.Generator) -> Grey:
    """One or a few large digits, written by a thick pen or printed, bright on black or dark on white."""
    height, width = size_hw
    ink = np.zeros(size_hw, dtype=np.float32)
    count = int(random.choice([1, 1, 1, 2, 3]))
    for place in range(count):
        size = height * random.uniform(0.5, 0.8) / (1 if count == 1 else 1.3)
        sign = _turned(lettered(str(random.integers(0, 10)), size), random.normal(0.0, 8.0))
        left = width * (place + 0.5) / count - sign.shape[1] / 2 + random.normal(0.0, 0.03 * width)
        _pasted(ink, sign, height / 2 - sign.shape[0] / 2 + random.normal(0.0, 0.05 * height), left)
    if random.random() < 0.5:
        ink = _softened(ink, random.uniform(1.0, 5.0))
    return ink if random.random() < 0.6 else 1 - ink


def noise(size_hw: tuple[int, int], random: np.random.Generator) -> Grey:
    """Faces of noise: every pixel or every square by itself, even, normal, or black and white."""
    square = int(random.choice([1, 1, 1, 2, 2, 4, 8]))
    rows, columns = (-(-side // square) for side in size_hw)
    values = random.random((rows, columns), dtype=np.float32)
    kind = random.random()
    if kind < 0.3:
        values = np.rint(values)
    elif kind < 0.6:
        values = 0.5 + random.uniform(0.1, 0.4) * random.standard_normal((rows, columns), dtype=np.float32)
    return np.repeat(np.repeat(values, square, axis=0), square, axis=1)[: size_hw[0], : size_hw[1]]


def sky(size_hw: tuple[int, int], random: np.random.Generator) -> Grey:
    """Sky that grows brighter downwards, with or without clouds."""
    view = random_view(size_hw, random, flat=True)
    down = np.linspace(0.0, 1.0, size_hw[0], dtype=np.float32)[:, None]
    base = random.uniform(0.25, 0.8) + down * random.uniform(0.0, 0.3)
    shape = field(view, "clouds", random, random.uniform(0.8, 3.0), random.uniform(1.0, 2.5), turned=False)
    detail = field(view, "rough", random, random.uniform(1.5, 4.0))
    cloud = np.clip((shape + 0.25 * detail - random.uniform(-0.8, 2.0)) * random.uniform(0.4, 1.5), 0.0, 1.0)
    lit = random.uniform(0.85, 1.0) - 0.12 * np.clip(shape - 0.8, 0.0, 2.0)
    return np.asarray(base * (1 - cloud) + lit * cloud + 0.004 * field(view, "white", random))


def text(size_hw: tuple[int, int], random: np.random.Generator) -> Grey:
    """A page of text: lines of words in paragraphs, dark on bright paper, at times slanted."""
    height, width = size_hw
    ink = np.zeros(size_hw, dtype=np.float32)
    letter = random.uniform(9.0, max(12.0, 0.09 * height))
    spacing = letter * random.uniform(1.4, 1.9)
    margin = width * random.uniform(-0.05, 0.1)
    top = random.uniform(-letter, letter)
    while top < height:
        left = margin + (letter * 2 if random.random() < 0.15 else 0.0)
        end = width - margin if random.random() < 0.85 else random.uniform(0.3, 0.9) * width
        while left < end:
            part = lettered(word(random), letter)
            _pasted(ink, part, top, left)
            left += part.shape[1] + 0.45 * letter
        top += spacing * (2.0 if random.random() < 0.12 else 1.0)
    ink = _turned(ink, random.normal(0.0, 3.0), same_size=True)
    view = random_view(size_hw, random)
    paper = random.uniform(0.75, 1.0) + 0.01 * field(view, "clouds", random)
    return np.asarray(paper * (1 - ink * random.uniform(0.7, 0.97)))


def leaves(size_hw: tuple[int, int], random: np.random.Generator) -> Grey:
    """Leaves or blades of grass that lie on each other and fill the picture."""
    view = random_view(size_hw, random)
    image = 0.15 + 0.05 * field(view, "rough", random, 2.0)
    blades = random.random() < 0.4
    for _ in range(6):
        strokes = []
        for _ in range(14 if blades else 7):
            start = paths.inside(size_hw, random, -0.1)
            angle = random.uniform(-math.pi, math.pi)
            length = view.extent * random.uniform(0.3, 0.8)
            end = start + length * np.array([math.sin(angle), math.cos(angle)])
            thick = length * (random.uniform(0.01, 0.03) if blades else random.uniform(0.12, 0.25))
            half = np.maximum(thick * np.sin(math.pi * np.linspace(0.02, 0.98, 24)) ** 0.8, 0.3)
            strokes.append(Stroke(paths.smooth_path(start, end, 0.08, random, 24), half, half))
        tone = random.uniform(0.25, 0.9)
        image = round_lines(view, tone, strokes, 1.0, random.uniform(1.0, 5.0), random).over(image)
    return np.asarray(image * (1 + 0.05 * field(view, "grain", random)))


STRANGERS: dict[str, Callable[[tuple[int, int], np.random.Generator], Grey]] = {
    "digits": digits,
    "noise": noise,
    "sky": sky,
    "text": text,
    "leaves": leaves,
}


def _pasted(ink: Grey, part: Grey, top: float, left: float) -> None:
    """Put ``part`` onto ``ink``, in place, as far as it lies inside."""
    row, column = round(top), round(left)
    rows = slice(max(0, row), max(0, min(ink.shape[0], row + part.shape[0])))
    columns = slice(max(0, column), max(0, min(ink.shape[1], column + part.shape[1])))
    if rows.stop <= rows.start or columns.stop <= columns.start:
        return
    seen = part[rows.start - row : rows.stop - row, columns.start - column : columns.stop - column]
    np.maximum(ink[rows, columns], seen, out=ink[rows, columns])


def _turned(ink: Grey, degrees: float, same_size: bool = False) -> Grey:
    from PIL import Image

    turned = Image.fromarray(ink).rotate(degrees, Image.Resampling.BILINEAR, expand=not same_size)
    return np.asarray(turned, dtype=np.float32)


def _softened(ink: Grey, radius: float) -> Grey:
    """Blurred, and hard again: as a soft pen writes."""
    from scipy import ndimage

    blurred = ndimage.gaussian_filter(ink, radius)
    return np.asarray(np.clip((blurred - 0.35) * 3 + 0.35, 0.0, 1.0), dtype=np.float32)
