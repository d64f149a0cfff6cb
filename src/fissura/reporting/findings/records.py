"""What the outputs are made of: one record per photograph, kept whole as JSON, so that a stopped run goes on from it.

All lengths are in pixels of the upright photograph; millimetres, and how severe a width is, follow from the scale and
the limits whenever they are asked for.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

from fissura.errors import FissuraError
from fissura.images import CameraFacts
from fissura.inspection.record import IN_MM, MEASURED, Finding, Inspection, Line, Quantity
from fissura.inspection.scale import Scale
from fissura.metrics.cracks_found import CracksFound
from fissura.metrics.masks import Agreement
from fissura.reporting.findings.outline import polygons, simplified

Corner = tuple[int, int]

LINE_TOLERANCE_PX = 0.5
NO_LENGTH, NO_DENSITY = Quantity(None, None, "px", "unseen"), Quantity(None, None, "px/Mpx", "unseen")


@dataclass(frozen=True)
class Found:
    """One finding; fields of the same name are those of ``inspection.Finding``.

    Attributes:
        lines: each with few points (row, column, width, its standard uncertainty) that stay within half a pixel of all
            that were measured; None where the width could not be.
        polygons: corners (column, row) that cover its pixels exactly, without holes.
        crop: name of its picture in the photograph's folder; empty where it has none.
        crop_box_rc: (top, left, bottom, right) of that picture in the photograph.
    """

    id: str
    probability: float
    length: Quantity
    width_mean: Quantity
    width_p95: Quantity
    width_max: Quantity
    orientation: Quantity
    extent: Quantity
    area: Quantity
    straightness: Quantity
    darkness: Quantity
    branches: int
    width_max_rc: tuple[float, float] | None
    centre_rc: tuple[float, float]
    box_rc: tuple[int, int, int, int]
    lines: tuple[tuple[tuple[float, float, float | None, float | None], ...], ...]
    polygons: tuple[tuple[Corner, ...], ...]
    warnings: tuple[str, ...] = ()
    crop: str = ""
    crop_box_rc: tuple[int, int, int, int] = (0, 0, 0, 0)

    @property
    def shown_rc(self) -> tuple[float, float]:
        """Where to look: at the greatest width, or else at the middle."""
        return self.width_max_rc or self.centre_rc

    def as_dict(self, scale: Scale | None) -> dict[str, Any]:
        """All of it for JSON; lengths a second time in millimetres where there is a scale."""
        values: dict[str, Any] = {"id": self.id, "probability": self.probability}
        for name in MEASURED:
            measured: Quantity = getattr(self, name)
            values[name] = _quantity(measured)
            if measured.unit in IN_MM:
                values[f"{name}_mm"] = None if scale is None else _quantity(measured.in_mm(scale))
        for name in ("branches", "width_max_rc", "centre_rc", "box_rc"):
            values[name] = getattr(self, name)
        values["lines"] = [{"rc_width_error": line} for line in self.lines]
        values |= {"polygons": self.polygons, "warnings": self.warnings}
        return values | {"crop": self.crop, "crop_box_rc": self.crop_box_rc}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Found:
        """The record that ``as_dict`` was made of."""
        at_most = values["width_max_rc"]
        return cls(
            id=values["id"],
            probability=values["probability"],
            **{name: Quantity(**values[name]) for name in MEASURED},
            branches=values["branches"],
            width_max_rc=None if at_most is None else (at_most[0], at_most[1]),
            centre_rc=(values["centre_rc"][0], values["centre_rc"][1]),
            box_rc=_box(values["box_rc"]),
            lines=tuple(tuple((r, c, w, e) for r, c, w, e in line["rc_width_error"]) for line in values["lines"]),
            polygons=tuple(tuple((x, y) for x, y in polygon) for polygon in values["polygons"]),
            warnings=tuple(values["warnings"]),
            crop=values["crop"],
            crop_box_rc=_box(values["crop_box_rc"]),
        )


@dataclass(frozen=True)
class Photograph:
    """One photograph and what was found on it, or why it could not be inspected.

    Attributes:
        name: as it can be printed, from the folder that all photographs have in common.
        folder: of its pictures, in the output folder; empty where it was not inspected.
        sha256: of the file's content; empty where it could not be read.
        size_hw: (height, width) upright in px; (0, 0) where it could not be read.
        camera: what the file says of its camera.
        scale: None where it is not known.
        probability: that the photograph shows a crack, in [0, 1]; None where it was not inspected.
        blur_px, unlike, warnings: as in ``inspection.Inspection``.
        length, density: of all findings together; without a value where it was not inspected.
        findings: the longest first.
        truth: beside a mask, where one was given.
        error: why it was not inspected.
        remarks: why it has no scale or could not be scored against the truth.
    """

    name: str
    folder: str = ""
    sha256: str = ""
    size_hw: tuple[int, int] = (0, 0)
    camera: CameraFacts = field(default_factory=CameraFacts)
    scale: Scale | None = None
    probability: float | None = None
    blur_px: float | None = None
    unlike: float | None = None
    warnings: tuple[str, ...] = ()
    length: Quantity = NO_LENGTH
    density: Quantity = NO_DENSITY
    findings: tuple[Found, ...] = ()
    truth: CracksFound | None = None
    error: FissuraError | None = None
    remarks: tuple[FissuraError, ...] = ()

    @property
    def widest(self) -> Found | None:
        """The finding with the greatest measured width; None where none could be measured."""
        measured = [each for each in self.findings if each.width_max.value is not None]
        return max(measured, key=lambda each: each.width_max.value or 0.0, default=None)

    @property
    def unmeasured(self) -> int:
        """How many findings have no greatest width: it could not be measured."""
        return sum(each.width_max.value is None for each in self.findings)

    def as_dict(self) -> dict[str, Any]:
        """All of it for JSON, but for errors: these are tried again."""
        return {
            "name": self.name,
            "folder": self.folder,
            "sha256": self.sha256,
            "height_px": self.size_hw[0],
            "width_px": self.size_hw[1],
            "camera": self.camera.as_dict(),
            "scale": None if self.scale is None else asdict(self.scale),
            "probability": self.probability,
            "blur_px": self.blur_px,
            "unlike": self.unlike,
            "warnings": self.warnings,
            "length": _quantity(self.length),
            "length_mm": None if self.scale is None else _quantity(self.length.in_mm(self.scale)),
            "density": _quantity(self.density),
            "density_mm": None if self.scale is None else _quantity(self.density.in_mm(self.scale)),
            "findings": [each.as_dict(self.scale) for each in self.findings],
            "truth": None if self.truth is None else asdict(self.truth),
            "error": None if self.error is None else str(self.error),
            "remarks": [str(each) for each in self.remarks],
        }

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Photograph:
        """The record of an inspected photograph that ``as_dict`` was made of."""
        scale, truth = values["scale"], values["truth"]
        if truth is not None:
            agreements = {name: Agreement(**truth[name]) for name in ("pixels", "lines")}
            truth = CracksFound(**{**truth, **agreements})
        return cls(
            name=values["name"],
            folder=values["folder"],
            sha256=values["sha256"],
            size_hw=(values["height_px"], values["width_px"]),
            camera=CameraFacts(**values["camera"]),
            scale=None if scale is None else Scale(**scale),
            probability=values["probability"],
            blur_px=values["blur_px"],
            unlike=values["unlike"],
            warnings=tuple(values["warnings"]),
            length=Quantity(**values["length"]),
            density=Quantity(**values["density"]),
            findings=tuple(Found.from_dict(each) for each in values["findings"]),
            truth=truth,
        )


def photograph(inspection: Inspection, name: str, folder: str, camera: CameraFacts) -> Photograph:
    """The record of an inspection, without crops and truth."""
    return Photograph(
        name=name,
        folder=folder,
        sha256=inspection.sha256,
        size_hw=inspection.size_hw,
        camera=camera,
        scale=inspection.scale,
        probability=None if inspection.probability is None else _never_sure(inspection.probability),
        blur_px=None if inspection.blur_px is None else rounded(inspection.blur_px),
        unlike=None if inspection.unlike is None else rounded(inspection.unlike),
        warnings=inspection.warnings,
        length=short(inspection.length),
        density=short(inspection.density),
        findings=tuple(_found(each) for each in inspection.findings),
    )


def _found(finding: Finding) -> Found:
    top, left, _, _ = finding.box_rc
    corners = [[(x + left, y + top) for x, y in polygon] for polygon in polygons(finding.mask)]
    at_most = finding.width_max_rc
    measured: dict[str, Any] = {name: short(getattr(finding, name)) for name in MEASURED}
    if measured["orientation"].value == 180.0:  # only just rounded up to what is 0
        measured["orientation"] = replace(measured["orientation"], value=0.0)
    return Found(
        id=finding.id,
        probability=_never_sure(finding.probability),
        **measured,
        branches=finding.branches,
        width_max_rc=None if at_most is None else (rounded(at_most[0], 2), rounded(at_most[1], 2)),
        centre_rc=(rounded(finding.centre_rc[0], 2), rounded(finding.centre_rc[1], 2)),
        box_rc=_box(finding.box_rc),
        lines=tuple(_line(line) for line in finding.lines),
        polygons=tuple(tuple((int(x), int(y)) for x, y in polygon) for polygon in corners),
        warnings=finding.warnings,
    )


def _never_sure(probability: float) -> float:
    """The probability with four decimals, neither 0 nor 1, which rounding alone would make of it."""
    return min(max(rounded(probability), 0.0001), 0.9999)


def _line(line: Line) -> tuple[tuple[float, float, float | None, float | None], ...]:
    kept = simplified(line.points_rc, LINE_TOLERANCE_PX)
    values = zip(line.points_rc[kept].tolist(), line.width_px[kept].tolist(), line.error_px[kept].tolist(), strict=True)
    return tuple((rounded(r, 2), rounded(c, 2), _measured(w), _measured(e)) for (r, c), w, e in values)


def _measured(value: float) -> float | None:
    """A width or its uncertainty; None where it could not be measured, which is NaN in an inspection."""
    return None if math.isnan(value) else rounded(value, 3)


def _quantity(measured: Quantity) -> dict[str, Any]:
    return {each.name: getattr(short(measured), each.name) for each in fields(Quantity)}


def short(measured: Quantity) -> Quantity:
    """The number as files have it: four decimals, or as many as its uncertainty needs for two digits."""
    if measured.value is None or measured.error is None:
        return measured
    value, error = (rounded(each, 4, least=measured.error) for each in (measured.value, measured.error))
    return Quantity(value, error, measured.unit, measured.reason)


def rounded(value: float, decimals: int = 4, *, least: float = 0.0) -> float:
    """At so many decimals; at more where ``least``, the smallest number to be told, has fewer than two digits at these.

    >>> rounded(0.0038124, 4, least=0.0006789), rounded(3.8124, 4, least=0.01)
    (0.00381, 3.8124)
    """
    more = 1 - int(f"{least:.1e}".partition("e")[2]) if least > 0 else 0
    return round(float(value), max(decimals, more))


def _box(values: Sequence[int]) -> tuple[int, int, int, int]:
    top, left, bottom, right = (int(each) for each in values)
    return top, left, bottom, right
