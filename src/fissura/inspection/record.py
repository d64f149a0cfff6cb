"""What an inspection found, as frozen records: ``Inspection`` of one photograph, its ``Finding``s, their ``Quantity``s.

Everything is kept in pixels of the upright photograph, (row, column), a pixel's centre having whole coordinates;
``Inspection.scaled`` turns a quantity into millimetres where the scale is known. Every number has its standard
uncertainty: about 68 % of all true values lie within one of it, 95 % within two.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cached_property
from numbers import Real
from typing import Any

import numpy as np
import numpy.typing as npt

from fissura.errors import FissuraError, SettingsError
from fissura.images import MAX_PIXELS
from fissura.inspection.scale import Scale
from fissura.kinds import check_kind, check_whole
from fissura.language import N_

Points = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Map = npt.NDArray[np.float32]
"""Of the detector: log-odds, a number for each cell of ``CELL_PX`` pixels."""

CELL_PX = 4  # one cell of the detector's map

NOT_MEASURABLE = N_("detected, not measurable")
REASONS = {
    "narrow": N_("narrower than the photograph can tell"),
    "hidden": N_("no clear edges"),
    "border": N_("too close to the border of the photograph"),
    "short": N_("too short"),
    "dark": N_("hardly any light beside it to compare with"),
    "unseen": N_("nothing was looked for on the photograph"),
}
"""Code -> why a quantity has no value."""

WARNINGS = {
    "black": N_("The photograph is black, or nearly: nothing can be seen on it."),
    "white": N_("The photograph is white, or nearly: nothing can be seen on it."),
    "flat": N_("The photograph shows one even tone: nothing can be seen on it."),
    "blurred": N_("The photograph is blurred: fine cracks are not seen on it, widths are uncertain."),
    "tiny": N_("The photograph is too small to be inspected."),
    "unlike": N_("The photograph is unlike those that the detector was taught on: do not trust its answer."),
    "faint": N_("The finding hardly differs from its surroundings: its width is uncertain."),
    "cut": N_("The finding reaches the border of the photograph: it may go on beyond."),
    "continues": N_(
        "A line like it goes on beyond an end of the finding: the crack may be longer than its length says."
    ),
    "bright": N_("The finding is brighter than its surroundings: lime, or no crack."),
    "straight": N_("The finding is remarkably straight and even: it may be a joint, an edge or a cable."),
    "many": N_("The photograph holds more findings than are kept; the longest are."),
}
"""Code -> what to tell the reader; the first six and the last are of photographs, the others of findings."""

UNFIT = ("black", "white", "flat", "tiny")
"""The codes of ``WARNINGS`` of photographs on which nothing is looked for: that nothing is found there says nothing."""

MEASURED = {
    **dict.fromkeys(("length", "width_mean", "width_p95", "width_max"), "px"),
    "orientation": "deg",
    "extent": "px",
    "area": "px2",
    **dict.fromkeys(("straightness", "darkness"), ""),
}
"""The measured fields of a ``Finding``, in the order of all outputs, each with the unit that it is kept in."""

IN_MM = {"px": "mm", "px2": "mm2", "px/Mpx": "mm/m2"}
"""What a unit becomes where the scale is known; others stay."""

SIGNS = {"px2": "px²", "mm2": "mm²", "mm/m2": "mm/m²", "deg": "°"}
"""Units as a reader is shown them, where records write them otherwise."""

_POWER = {"px": 1, "px2": 2, "px/Mpx": -1}  # of the scale, in millimetres per pixel


@dataclass(frozen=True)
class Quantity:
    """A measured number.

    Attributes:
        value: in ``unit``; None where it could not be measured.
        error: its standard uncertainty, in ``unit``; None likewise.
        unit: ``"px"``, ``"px2"``, ``"px/Mpx"`` (pixels per million pixels), ``"mm"``, ``"mm2"``, ``"mm/m2"``,
            ``"deg"``, or ``""`` for a share.
        reason: code of ``REASONS``, why there is no value; empty where there is one.
    """

    value: float | None
    error: float | None
    unit: str
    reason: str = ""

    @property
    def measurable(self) -> bool:
        """Whether there is a value."""
        return self.value is not None

    def in_mm(self, scale: Scale | None) -> Quantity:
        """The same in millimetres, the scale's own uncertainty in its error; itself without a scale or a length."""
        power = _POWER.get(self.unit)
        if scale is None or power is None:
            return self
        unit = IN_MM[self.unit]
        if self.value is None or self.error is None:
            return Quantity(None, None, unit, self.reason)
        factor = scale.mm_per_px**power
        of_scale = self.value * factor * abs(power) * scale.error_mm_per_px / scale.mm_per_px
        return Quantity(self.value * factor, math.hypot(self.error * factor, of_scale), unit)


@dataclass(frozen=True, eq=False)
class Line:
    """One line of a finding without a fork: its centre and how wide the crack is there.

    Attributes:
        points_rc: ``(n, 2)`` (row, column), smooth, about 1 px apart; n is at least 2.
        width_px: ``(n,)`` full width across the line; NaN where it could not be measured.
        error_px: ``(n,)`` standard uncertainty of ``width_px``; NaN likewise.
    """

    points_rc: Points
    width_px: npt.NDArray[np.float64]
    error_px: npt.NDArray[np.float64]

    @property
    def length_px(self) -> float:
        """Along the points, in pixels."""
        return float(np.hypot(*np.diff(self.points_rc, axis=0).T).sum())


@dataclass(frozen=True, eq=False)
class Finding:
    """One connected crack, all in pixels of the upright photograph.

    Attributes:
        id: 12 hexadecimal digits made of the photograph's content and the place: the same whenever it is found again.
        probability: that it is a crack, in [0, 1]: the detector's own along its lines; of the built-in one put right by
            what such findings turned out to be on drawn walls of which half hold a crack.
        lines: the longest way through it first, then its branches.
        length: of all lines together, px.
        width_mean, width_p95, width_max: over the points that could be measured, px.
        width_max_rc: (row, column) of the greatest width; None where no width could be measured.
        orientation: deg, of the line that fits it best, from 0 to 180: from the horizontal, counter-clockwise as seen
            on the upright photograph. 0 lies along the rows, 90 is upright, 45 rises to the right, 135 falls.
        extent: px, between the two ends of the longest way.
        area: px2, share by share of a pixel.
        branches: number of branches beside the longest way.
        straightness: share, extent divided by the length of the longest way; 1 is straight.
        darkness: share of the light beside it that is missing in it; negative where it is brighter.
        box_rc: (top, left, bottom, right) of ``mask`` in the photograph, bottom and right exclusive.
        mask: ``(bottom - top, right - left)`` bool, its pixels.
        warnings: codes of ``WARNINGS``.
    """

    id: str
    probability: float
    lines: tuple[Line, ...] = field(repr=False)
    length: Quantity
    width_mean: Quantity
    width_p95: Quantity
    width_max: Quantity
    width_max_rc: tuple[float, float] | None
    orientation: Quantity
    extent: Quantity
    area: Quantity
    branches: int
    straightness: Quantity
    darkness: Quantity
    box_rc: tuple[int, int, int, int]
    mask: Mask = field(repr=False)
    warnings: tuple[str, ...] = ()

    @property
    def centre_rc(self) -> tuple[float, float]:
        """(row, column) of the middle of its longest way."""
        row, column = self.lines[0].points_rc[len(self.lines[0].points_rc) // 2]
        return float(row), float(column)


@dataclass(frozen=True)
class Settings:
    """What an inspection depends on, beside the photograph and the classifier.

    Attributes:
        threshold: probability from which on a cell of the map is crack, in (0, 1).
        two_scales: the photograph at half its size is looked at as well.
        shortest_px: findings shorter than this are left out.
        max_pixels: photographs of more pixels are refused.
    """

    threshold: float = 0.5
    two_scales: bool = False
    shortest_px: float = 24.0
    max_pixels: int = MAX_PIXELS

    def check(self) -> None:
        """Refuse what cannot be worked with.

        Raises:
            SettingsError: a number lies outside its range, or is none.
        """
        check_kind("threshold", self.threshold, Real, N_("a number"))
        check_kind("shortest_px", self.shortest_px, Real, N_("a number"))
        check_kind("two_scales", self.two_scales, bool, N_("True or False"))
        check_whole("max_pixels", self.max_pixels, least=1)
        if not 0 < self.threshold < 1:
            raise SettingsError(
                "{got} is not a threshold; wanted a probability between 0 and 1, such as 0.5.", got=self.threshold
            )
        if not (math.isfinite(self.shortest_px) and self.shortest_px >= 0):
            raise SettingsError(
                "{got} px is not a shortest length; wanted a number from 0, such as 24.", got=self.shortest_px
            )


@dataclass(frozen=True, eq=False)
class Inspection:
    """What was found on one photograph.

    Attributes:
        name: of the photograph, as it can be printed.
        sha256: of the file's content (of the pixels, where an array was given), 64 hexadecimal digits; empty where it
            could not be read.
        size_hw: (height, width) upright, in pixels; (0, 0) where it could not be read.
        scale: millimetres per pixel; None where it isn't known.
        log_odds: ``(ceil(h / 4), ceil(w / 4))`` float32, the detector's calibrated log-odds of crack, cell by cell; NaN
            where it did not look.
        findings: the longest first.
        probability: that the photograph shows a crack, in [0, 1]; None where nothing was looked for.
        blur_px: how far the photograph smears a sharp edge, standard deviation in pixels; None where nothing tells.
        unlike: how unlike the training data the photograph is (above 1: unlike); None where it was not judged.
        warnings: codes of ``WARNINGS``.
        settings: what was asked for.
        model: fingerprint of the classifier, 64 hexadecimal digits.
        error: why it could not be inspected; None where it was.
    """

    name: str
    sha256: str
    size_hw: tuple[int, int]
    scale: Scale | None
    log_odds: npt.NDArray[np.float32]
    findings: tuple[Finding, ...]
    probability: float | None
    blur_px: float | None
    unlike: float | None
    warnings: tuple[str, ...]
    settings: Settings
    model: str
    error: FissuraError | None = None

    @property
    def ok(self) -> bool:
        """Whether the photograph was inspected: it could be read, and something can be seen on it."""
        return self.error is None and self.probability is not None

    @cached_property
    def mask(self) -> Mask:
        """``(h, w)`` bool, the pixels of all findings."""
        whole = np.zeros(self.size_hw, dtype=np.bool_)
        for finding in self.findings:
            top, left, bottom, right = finding.box_rc
            whole[top:bottom, left:right] |= finding.mask
        return whole

    @property
    def length(self) -> Quantity:
        """Of all findings together, px; no value where nothing was looked for."""
        if not self.ok:
            return Quantity(None, None, "px", "unseen")
        return total([finding.length for finding in self.findings], "px")

    @property
    def area(self) -> Quantity:
        """Of all findings together, px2; no value either where that of one of them could not be measured."""
        if not self.ok:
            return Quantity(None, None, "px2", "unseen")
        parts = [finding.area for finding in self.findings]
        return next((part for part in parts if not part.measurable), total(parts, "px2"))

    @property
    def density(self) -> Quantity:
        """Length of cracks per area of the photograph, px/Mpx."""
        height, width = self.size_hw
        length = self.length
        if length.value is None or length.error is None or not height * width:
            return Quantity(None, None, "px/Mpx", "unseen")
        factor = 1e6 / (height * width)
        return Quantity(length.value * factor, length.error * factor, "px/Mpx")

    def scaled(self, quantity: Quantity) -> Quantity:
        """``quantity`` in millimetres where the scale is known; itself otherwise."""
        return quantity.in_mm(self.scale)

    def __repr__(self) -> str:
        """The findings as a small table, which is what an interactive session shows."""
        return str(self)

    def __str__(self) -> str:
        """The same, in English: what was found, how long and how wide, and what to beware of."""
        from fissura.inspection.showing import english

        return english(self)

    def plot(self, pixels: Any = None, axes: Any = None) -> Any:
        """The findings drawn: their centre lines, numbered in their order, a ring where each is widest.

        Args:
            pixels: of the photograph, ``(h, w)`` or ``(h, w, 3)``, to draw on; None: its map is drawn below.
            axes: matplotlib's, to draw into; None: those of a new figure. They come back.

        Raises:
            DataError: the pixels are none, or not those of a photograph of this size.
        """
        from fissura.inspection.showing import plot

        return plot(self, pixels, axes)

    def to_dataframe(self) -> Any:
        """One row per finding, in millimetres where the scale is known; needs pandas.

        Raises:
            SettingsError: pandas is not installed.
        """
        from fissura.inspection.showing import table

        return table(self)


def total(parts: list[Quantity], unit: str) -> Quantity:
    """Their sum; their errors are taken as of one another's making (added), which is never too small."""
    known = [(part.value, part.error) for part in parts if part.value is not None and part.error is not None]
    return Quantity(float(sum(value for value, _ in known)), float(sum(error for _, error in known)), unit)
