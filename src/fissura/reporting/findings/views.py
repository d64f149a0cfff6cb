"""What the page shows, said in the reader's language: photographs, findings and facts as text, overlays as paths."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from fissura.inspection.record import Quantity
from fissura.language import Language
from fissura.reporting.findings.pictures import OVERLAY, PREVIEW, THUMBNAIL
from fissura.reporting.findings.records import Found, Photograph
from fissura.reporting.findings.results import Inspected
from fissura.reporting.findings.words import (
    chance,
    quantity,
    scale_words,
    severity_words,
    warnings_words,
    width_words,
)
from fissura.reporting.rendering import data_address

WHOLE, CROPS, SMALL = 40, 160, 400
"""How many photographs are in the page to zoom into, how many crops, how many small pictures: a page must open."""

UNCLASSED = "none"
_CLASSES = 6  # colours in the style
_ABOVE = 1e9  # more than any length in px


@dataclass(frozen=True)
class FindingView:
    """One finding. ``level`` names its colour; ``sort`` sorts by severity, width, length, probability."""

    number: str
    id: str
    photograph: int
    name: str
    level: str
    severity: str
    width: str
    why: str
    length: str
    facts: tuple[tuple[str, str], ...]
    probability: str
    orientation: str
    remarks: tuple[str, ...]
    crop: str
    crop_size: tuple[int, int]
    mark: tuple[float, float]
    sort: tuple[float, float, float, float]
    lines: str
    area: str
    label: tuple[float, float]


@dataclass(frozen=True)
class PhotographView:
    """One photograph.

    Attributes:
        image: a ``data:`` address, or empty where the page holds no more pictures.
        zooms: whether its traces and masks are drawn, and it can be zoomed into.
        overlay: where the picture of its traces lies.
        others: what is shown of it, said in words.
    """

    number: int
    name: str
    folder: str
    overlay: str
    width: int
    height: int
    image: str
    zooms: bool
    level: str
    summary: str
    probability: str
    facts: tuple[tuple[str, str], ...]
    remarks: tuple[str, ...]
    findings: tuple[FindingView, ...]


def photograph_views(inspected: Inspected, out: Path, language: Language) -> list[PhotographView]:
    """The inspected photographs in their order, with pictures from their folders in ``out``."""
    views, crops = [], CROPS
    for number, photograph in enumerate(inspected.ranked, 1):
        whole = number <= WHOLE
        findings = []
        for k, found in enumerate(inspected.findings_of(photograph), 1):
            crop = _picture(out, photograph, found.crop) if found.crop and crops > 0 else ""
            crops -= bool(crop)
            findings.append(_finding(inspected, photograph, found, (number, k), crop, whole, language))
        file = PREVIEW if whole and findings else THUMBNAIL
        height, width = photograph.size_hw
        views.append(
            PhotographView(
                number=number,
                name=photograph.name,
                folder=photograph.folder,
                overlay=f"{photograph.folder}/{OVERLAY}",
                width=width,
                height=height,
                image=_picture(out, photograph, file) if number <= SMALL else "",
                zooms=whole and bool(findings),
                level=findings[0].level if findings else UNCLASSED,
                summary=_summary(photograph, findings, language),
                probability=chance(photograph, language),
                facts=tuple(_facts(photograph, language)),
                remarks=(
                    *warnings_words(photograph.warnings, language),
                    *(language.error(each) for each in photograph.remarks),
                ),
                findings=tuple(findings),
            )
        )
    return views


def level_name(level: int | None) -> str:
    """The name of a class's colour in the style."""
    return UNCLASSED if level is None else str(min(level, _CLASSES - 1))


def _finding(
    inspected: Inspected,
    photograph: Photograph,
    found: Found,
    numbers: tuple[int, int],
    crop: str,
    drawn: bool,
    language: Language,
) -> FindingView:
    severity = inspected.severity(found, photograph)
    scaled = {name: getattr(found, name).in_mm(photograph.scale) for name in ("width_max", "length")}
    width, why = width_words(found, photograph, language)
    top, left, bottom, right = found.crop_box_rc
    row, column = found.shown_rc
    return FindingView(
        number=f"{numbers[0]}.{numbers[1]}",
        id=found.id,
        photograph=numbers[0],
        name=photograph.name,
        level=level_name(severity.level),
        severity=severity_words(severity, inspected, language),
        width=width,
        why=why,
        length=quantity(scaled["length"], language),
        facts=tuple(_measures(found, photograph, language)),
        probability=language.probability(found.probability, 0),
        orientation=quantity(found.orientation, language),
        remarks=tuple(warnings_words(found.warnings, language)),
        crop=crop,
        crop_size=(right - left, bottom - top),
        mark=(round(column - left + 0.5, 1), round(row - top + 0.5, 1)),
        sort=(
            -1.0 if severity.level is None else float(severity.level),
            _sortable(scaled["width_max"], inspected),
            _sortable(scaled["length"], inspected),
            found.probability,
        ),
        lines=" ".join(_line_path(line) for line in found.lines) if drawn else "",
        area="".join(_area_path(polygon) for polygon in found.polygons) if drawn else "",
        label=(round(found.shown_rc[1] + 0.5, 1), round(found.shown_rc[0] + 0.5, 1)),
    )


def _sortable(measured: Quantity, inspected: Inspected) -> float:
    """What a column is sorted by; where only some photographs have a scale, all millimetres lie above all pixels."""
    if measured.value is None:
        return -1.0
    return measured.value + (_ABOVE if measured.unit == "mm" and not inspected.scaled else 0.0)


def _line_path(line: Sequence[tuple[float, float, float | None, float | None]]) -> str:
    """Centres of pixels have whole coordinates in records, and lie at halves in a drawing."""
    return "M" + "L".join(f"{column + 0.5:.1f} {row + 0.5:.1f}" for row, column, _, _ in line)


def _area_path(polygon: Sequence[tuple[int, int]]) -> str:
    """All edges run along rows and columns, so each needs one number."""
    x, y = polygon[0]
    path = [f"M{x} {y}"]
    for next_x, next_y in polygon[1:]:
        path.append(f"h{next_x - x}" if next_y == y else f"v{next_y - y}")
        x, y = next_x, next_y
    return "".join(path) + "z"


def _measures(found: Found, photograph: Photograph, language: Language) -> list[tuple[str, str]]:
    """The further numbers of a finding."""
    scale, facts = photograph.scale, []
    for title, measured in (
        (language.say("Width, 95th percentile"), found.width_p95.in_mm(scale)),
        (language.say("Width, mean"), found.width_mean.in_mm(scale)),
        (language.say("End to end"), found.extent.in_mm(scale)),
        (language.say("Area"), found.area.in_mm(scale)),
        (language.say("Straightness"), found.straightness),
        (language.say("Darkness"), found.darkness),
    ):
        if measured.value is not None:
            facts.append((title, quantity(measured, language)))
    facts.insert(2, (language.say("Direction"), quantity(found.orientation, language)))
    return [*facts, (language.say("Branches"), language.number(found.branches))]


def _facts(photograph: Photograph, language: Language) -> list[tuple[str, str]]:
    camera = photograph.camera
    height, width = photograph.size_hw
    facts = [
        (
            language.say("Size"),
            f"{language.number(width)}\N{NO-BREAK SPACE}×\N{NO-BREAK SPACE}{language.number(height)} px",
        ),
        (language.say("Scale"), scale_words(photograph, language)),
        (language.say("Probability of a crack"), chance(photograph, language)),
    ]
    if photograph.findings:
        facts.append((language.say("Length of all"), quantity(photograph.length.in_mm(photograph.scale), language)))
        facts.append((language.say("Density"), quantity(photograph.density.in_mm(photograph.scale), language)))
    if photograph.blur_px is not None:
        facts.append((language.say("Blur"), f"{language.number(photograph.blur_px, 1)} px"))
    if camera.taken is not None:
        facts.append((language.say("Taken, by the camera's clock"), camera.taken.replace("T", " ")))
    if camera.latitude_deg is not None and camera.longitude_deg is not None:
        position = language.between_numbers.join(
            language.number(each, 5) for each in (camera.latitude_deg, camera.longitude_deg)
        )
        facts.append((language.say("Camera's position (latitude, longitude)"), position))
    if camera.model is not None:
        named = camera.model if camera.make is None or camera.make in camera.model else f"{camera.make} {camera.model}"
        lens = "" if camera.focal_mm is None else f", {language.number(camera.focal_mm, 1)} mm"
        facts.append((language.say("Camera"), f"{named}{lens}"))
    return facts


def _summary(photograph: Photograph, findings: Sequence[FindingView], language: Language) -> str:
    if not findings:
        return language.say("nothing found")
    count = language.say("findings: {n}", n=language.number(len(findings)))
    widest, unmeasured = photograph.widest, photograph.unmeasured
    said = [count]
    if widest is None:
        said.append(quantity(photograph.length.in_mm(photograph.scale), language))
    else:
        width = quantity(widest.width_max.in_mm(photograph.scale), language)
        said.append(language.say("widest measured: {width}", width=width))
    if unmeasured:
        said.append(language.say("width not measurable: {n}", n=language.number(unmeasured)))
    return " · ".join(said)


def _picture(out: Path, photograph: Photograph, file: str) -> str:
    """The file as a ``data:`` address; empty where somebody took it away."""
    try:
        return data_address((out / photograph.folder / file).read_bytes())
    except OSError:
        return ""
