"""The edges of all cracks of a photograph, fitted with what all of its profiles together tell.

First all profiles tell the photograph's blur, and those of each crack how dark it is where it is wide enough to show
it. Then, with both known, each profile is fitted, which makes the narrow ones measurable.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from fissura.images import Pixels
from fissura.inspection.edges import ANY_BLUR_ERROR_PX, ANY_BLUR_PX, Edges, Known
from fissura.inspection.fit import Bundle, fitted
from fissura.inspection.pooling import pooled, tell
from fissura.inspection.straight import Straightened, straightened
from fissura.inspection.trace import CoarseTrace

Value = TypeVar("Value")

ANY_DARKNESS, ANY_DARKNESS_ERROR = 0.7, 0.25
"""Share of the light that is missing in a crack, where nothing else is known of it."""

_TELLING = 150  # profiles per line that are asked for blur and darkness
_TELLING_IN_ALL = 1500  # of all lines together, for the blur: there is one of it


@dataclass(frozen=True, eq=False)
class Fits:
    """The traces of a photograph with the fits to all of their profiles.

    Attributes:
        lines: of each trace, straightened, each beside its fit.
        signs: of each trace, 1 for a dark crack and -1 for a bright one.
        darkness: of each trace, the share of the light missing in it, and its standard uncertainty; of a bright one, in
            the negative.
        blur: of the photograph, and its standard uncertainty, px; None where nothing tells it.
    """

    lines: tuple[tuple[tuple[Straightened, Edges], ...], ...]
    signs: tuple[int, ...]
    darkness: tuple[tuple[float, float], ...]
    blur: tuple[float, float] | None

    @property
    def blur_px(self) -> float:
        """The photograph's blur, px; what is usual where nothing tells it."""
        return self.blur[0] if self.blur else ANY_BLUR_PX


def fits_of(pixels: Pixels, traces: Sequence[CoarseTrace]) -> Fits:
    """The traces moved onto their cracks, and both edges fitted at all of their profiles."""
    straight = [straightened(pixels, trace) for trace in traces]
    lines = [line for _, of_trace in straight for line in of_trace]
    blur = photograph_blur(lines)
    known = blur or (ANY_BLUR_PX, ANY_BLUR_ERROR_PX)
    tried = fitted([_telling(line, known) for line in lines])
    darkness = [trace_darkness(fits) for fits in _by_trace(tried, traces)]
    spreads = [(of_it, spread) for trace, (of_it, _, spread) in zip(traces, darkness, strict=True) for _ in trace.lines]
    fits = fitted([_whole(line, known, *spread) for line, spread in zip(lines, spreads, strict=True)])
    return Fits(
        tuple(tuple(each) for each in _by_trace(zip(lines, fits, strict=True), traces)),
        tuple(sign for sign, _ in straight),
        tuple((of_it, error) for of_it, error, _ in darkness),
        blur,
    )


def _by_trace(values: Iterable[Value], traces: Sequence[CoarseTrace]) -> list[list[Value]]:
    """What there is for each line, in lists of those of each trace."""
    remaining = iter(values)
    return [[next(remaining) for _ in trace.lines] for trace in traces]


def photograph_blur(lines: Sequence[Straightened]) -> tuple[float, float] | None:
    """(blur, its standard uncertainty) in px, of all lines together; None where no line tells it."""
    asked = sum(min(len(line.rough.left), _TELLING) for line in lines)
    every = max(1, -(-asked // _TELLING_IN_ALL))
    if not lines:
        return None
    parts = fitted([_telling(line, (ANY_BLUR_PX, ANY_BLUR_ERROR_PX), every) for line in lines])
    values = np.concatenate([part.blur for part in parts])
    errors = np.concatenate([part.blur_error for part in parts])
    solid = np.concatenate([part.depth > 3 * part.misfit for part in parts])
    if not tell(errors, ANY_BLUR_ERROR_PX, solid).any():
        return None
    blur, error, _ = pooled(values, errors, ANY_BLUR_PX, ANY_BLUR_ERROR_PX, solid)
    return blur, float(np.hypot(error, 0.02))


def trace_darkness(parts: Sequence[Edges]) -> tuple[float, float, float]:
    """(share of the light missing in a crack, its standard uncertainty, how far single places may lie off it)."""
    background = np.concatenate([part.background for part in parts])
    background = np.maximum(background, 1.0)
    depth = np.concatenate([part.depth for part in parts]) / background
    errors = np.concatenate([part.depth_error for part in parts]) / background
    solid = np.concatenate([part.depth > 3 * part.misfit for part in parts])
    darkness, error, scatter = pooled(depth, errors, ANY_DARKNESS, ANY_DARKNESS_ERROR, solid)
    return darkness, error, float(np.hypot(error, np.clip(scatter, 0.03, ANY_DARKNESS_ERROR)))


def _telling(line: Straightened, blur: tuple[float, float], every: int = 1) -> Bundle:
    """The widest profiles of a line, each ``every``-th of them, to be fitted with nothing known of the crack."""
    rough, profiles = line.rough, line.profiles
    order = np.argsort(rough.left - rough.right, kind="stable")
    first = min(every // 2, min(len(order), _TELLING) - 1)
    rows = np.sort(order[first:_TELLING:every])
    background = np.maximum(rough.background[rows], 1.0)
    known = Known(ANY_DARKNESS * background, ANY_DARKNESS_ERROR * background, *blur)
    return Bundle(profiles.grey[rows], profiles.offsets, profiles.inside[rows], rough.of(rows), known)


def _whole(line: Straightened, blur: tuple[float, float], darkness: float, spread: float) -> Bundle:
    """All profiles of a line, to be fitted with its crack's darkness known up to ``spread``."""
    background = np.maximum(line.rough.background, 1.0)
    known = Known(darkness * background, spread * background, *blur)
    return Bundle(line.profiles.grey, line.profiles.offsets, line.profiles.inside, line.rough, known)
