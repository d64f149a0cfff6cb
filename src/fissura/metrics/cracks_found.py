"""Cracks counted: which of the true ones were found, which of the findings are there, and how long all of them are.

It stands on the centre lines of ``masks``; everything counted can be added over photographs.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from fissura.metrics.masks import TOLERANCE_PX, Agreement, Mask, agreement, centre_lines, near

SHORTEST_PX = 16  # pixels of centre line; a shorter piece of a true mask is not counted as a crack of its own
ENOUGH = 0.5  # share of a crack's centre line that has to be found
_EVERYWHERE = np.ones((3, 3), dtype=bool)


@dataclass(frozen=True)
class CracksFound:
    """An inspection beside the truth; ``one + other`` is that of both together.

    Attributes:
        pixels: agreement of the masks, pixel by pixel.
        lines: agreement of their centre lines within 4 px; its ``iou`` is clIoU.
        true: cracks in the truth: connected pieces at least 16 px long.
        found: those of them with at least half of their centre line within 4 px of a found one.
        findings: connected pieces that were found, of whatever length.
        alarms: those of them with less than half of their centre line within 4 px of a true one.
        true_px: length of the true centre lines.
        found_px: length of the found ones, by the same rule.
        images: how many masks were compared.
    """

    pixels: Agreement
    lines: Agreement
    true: int = 0
    found: int = 0
    findings: int = 0
    alarms: int = 0
    true_px: float = 0.0
    found_px: float = 0.0
    images: int = 1

    def __add__(self, other: CracksFound) -> CracksFound:
        return CracksFound(
            self.pixels + other.pixels,
            self.lines + other.lines,
            self.true + other.true,
            self.found + other.found,
            self.findings + other.findings,
            self.alarms + other.alarms,
            self.true_px + other.true_px,
            self.found_px + other.found_px,
            self.images + other.images,
        )

    @property
    def missed(self) -> int:
        """True cracks that were not found."""
        return self.true - self.found

    @property
    def length_error(self) -> float:
        """Found length against true length, as a share: 0.1 is a tenth too long. ``nan`` without any truth."""
        return self.found_px / self.true_px - 1 if self.true_px else math.nan


def cracks_found(found: Mask, true: Mask) -> CracksFound:
    """A found mask ``(h, w)`` beside the true one.

    Raises:
        ValueError: two sizes, or what is no mask.
    """
    pixels = agreement(found, true)
    found_lines, true_lines = centre_lines(found), centre_lines(true)
    lines = agreement(found_lines, true_lines, TOLERANCE_PX)
    there = _shares(true, true_lines, near(found_lines, TOLERANCE_PX), SHORTEST_PX)
    right = _shares(found, found_lines, near(true_lines, TOLERANCE_PX), 1)
    return CracksFound(
        pixels=pixels,
        lines=lines,
        true=len(there),
        found=int((there >= ENOUGH).sum()),
        findings=len(right),
        alarms=int((right < ENOUGH).sum()),
        true_px=line_length(true_lines),
        found_px=line_length(found_lines),
    )


def line_length(lines: Mask) -> float:
    """Length in px of thinned lines ``(h, w)``: 0.948 for each step along rows or columns, 1.341 for each diagonal one.

    Source: Z. Kulpa (1977), Computer Graphics and Image Processing 6, 434-454: without bias over all directions; up to
    5 % short along the axes. A diagonal step beside a corner that two straight steps already make is not counted.
    """
    across = int((lines[:, 1:] & lines[:, :-1]).sum())
    down = int((lines[1:] & lines[:-1]).sum())
    falling = lines[1:, 1:] & lines[:-1, :-1] & ~lines[1:, :-1] & ~lines[:-1, 1:]
    rising = lines[1:, :-1] & lines[:-1, 1:] & ~lines[1:, 1:] & ~lines[:-1, :-1]
    return 0.948 * (across + down + math.sqrt(2) * int(falling.sum() + rising.sum()))


def _shares(mask: Mask, lines: Mask, close: Mask, shortest_px: int) -> npt.NDArray[np.float64]:
    """Of each connected piece of ``mask``, the share of its centre line that lies in ``close``."""
    labels, n = ndimage.label(mask, _EVERYWHERE)
    length = np.bincount(labels[lines], minlength=n + 1)[1:]
    inside = np.bincount(labels[lines & close], minlength=n + 1)[1:]
    counted = length >= shortest_px
    return inside[counted] / length[counted]
