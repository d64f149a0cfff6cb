"""Findings as files of other tools: CSV for spreadsheets, GeoJSON for maps, COCO for viewers of labels.

**Positions are the camera's.** A photograph says where its camera stood, not where on the wall a pixel lies: a GeoJSON
feature stands at the camera, or nowhere (``null``, as RFC 7946 allows), and where a finding lies on its photograph
stands in its properties, in pixels.
"""

from __future__ import annotations

import csv
import io
from typing import Any

from fissura.inspection.record import IN_MM, MEASURED, Quantity
from fissura.inspection.scale import Scale
from fissura.language import Language
from fissura.reporting.cells import csv_cell
from fissura.reporting.findings.records import Found, Photograph, rounded, short
from fissura.reporting.findings.results import Inspected


def csv_text(inspected: Inspected, language: Language) -> str:
    """One row per finding, the severest first; numbers with a point, empty where there is no value."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    columns = _columns()
    rows = [_row(inspected, photograph, found, language) for photograph, found in inspected.findings]
    writer.writerow(columns)
    writer.writerows([csv_cell(row[name]) for name in columns] for row in rows)
    return out.getvalue()


def photographs_csv(inspected: Inspected, language: Language) -> str:
    """One row per photograph, the severest first; last those that were not inspected, each with its reason."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    rows = [_photograph_row(inspected, each, language) for each in (*inspected.ranked, *inspected.unseen)]
    writer.writerow(_PHOTOGRAPH)
    writer.writerows([csv_cell(row.get(name)) for name in _PHOTOGRAPH] for row in rows)
    return out.getvalue()


def geojson(inspected: Inspected, language: Language) -> dict[str, Any]:
    """A feature for each photograph and for each finding, at the camera's position where that is known (RFC 7946)."""
    features = []
    for photograph in inspected.seen:
        features.append(_feature(photograph, {"kind": "photograph", **_about(photograph)}))
        for found in photograph.findings:
            properties = _row(inspected, photograph, found, language)
            lines = [[[column, row] for row, column, _, _ in line] for line in found.lines]
            features.append(_feature(photograph, {"kind": "finding", **properties, "centre_lines_px": lines}))
    return {"type": "FeatureCollection", "features": features}


def coco(inspected: Inspected) -> dict[str, Any]:
    """Images and polygons as COCO's object detection; ``score`` is the probability, ``finding`` the stable id."""
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    for number, photograph in enumerate(inspected.seen, 1):
        height, width = photograph.size_hw
        images.append({"id": number, "file_name": photograph.name, "width": width, "height": height})
        for found in photograph.findings:
            top, left, bottom, right = found.box_rc
            annotations.append(
                {
                    "id": len(annotations) + 1,
                    "image_id": number,
                    "category_id": 1,
                    "segmentation": [[each for corner in polygon for each in corner] for polygon in found.polygons],
                    "area": sum(_pixels(polygon) for polygon in found.polygons),
                    "bbox": [left, top, right - left, bottom - top],
                    "iscrowd": 0,
                    "score": found.probability,
                    "finding": found.id,
                }
            )
    return {
        "info": {"description": inspected.source, "version": inspected.versions.get("fissura", "")},
        "licenses": [],
        "categories": [{"id": 1, "name": "crack", "supercategory": "defect"}],
        "images": images,
        "annotations": annotations,
    }


def _columns() -> list[str]:
    measured: list[str] = []
    for name, unit in MEASURED.items():
        measured += _keys(name, unit)
        measured += _keys(name, IN_MM[unit]) if unit in IN_MM else []
    return [
        *("photograph", "finding", "probability", "severity_level", "severity_class", "straddles_mm"),
        *measured,
        *("branches", "row_px", "column_px", "box_top_px", "box_left_px", "box_bottom_px", "box_right_px"),
        *("not_measurable", "warnings", "mm_per_px", "mm_per_px_error", "taken"),
        *("camera_latitude_deg", "camera_longitude_deg", "crop"),
    ]


def _row(inspected: Inspected, photograph: Photograph, found: Found, language: Language) -> dict[str, Any]:
    severity = inspected.severity(found, photograph)
    scale, camera = photograph.scale, photograph.camera
    row: dict[str, Any] = {
        "photograph": photograph.name,
        "finding": found.id,
        "probability": found.probability,
        "severity_level": severity.level,
        "severity_class": None if severity.level is None else inspected.scheme.class_name(severity.level, language),
        "straddles_mm": [inspected.scheme.limits[k].width_mm for k in severity.straddles],
    }
    for name, unit in MEASURED.items():
        measured: Quantity = getattr(found, name)
        row |= _named(name, unit, measured)
        if unit in IN_MM:
            row |= _named(name, IN_MM[unit], None if scale is None else measured.in_mm(scale))
    top, left, bottom, right = found.box_rc
    row |= {"branches": found.branches, "row_px": found.shown_rc[0], "column_px": found.shown_rc[1]}
    row |= {"box_top_px": top, "box_left_px": left, "box_bottom_px": bottom, "box_right_px": right}
    widths = (found.width_max, found.width_mean, found.width_p95)  # of some cracks the maximum alone can be measured
    row |= {"not_measurable": next((each.reason for each in widths if each.reason), "")}
    row |= {"warnings": list(found.warnings)}
    row |= _scale(scale)
    row |= {"taken": camera.taken, "camera_latitude_deg": camera.latitude_deg}
    row |= {"camera_longitude_deg": camera.longitude_deg}
    return row | {"crop": f"{photograph.folder}/{found.crop}" if found.crop else ""}


_PHOTOGRAPH = (
    *("photograph", "inspected", "reason", "probability", "findings", "severity_level", "severity_class"),
    *("width_max_px", "width_max_error_px", "width_max_mm", "width_max_error_mm"),
    *("length_px", "length_error_px", "length_mm", "length_error_mm"),
    *("warnings", "height_px", "width_px", "mm_per_px", "mm_per_px_error", "taken"),
    *("camera_latitude_deg", "camera_longitude_deg", "folder"),
)


def _photograph_row(inspected: Inspected, photograph: Photograph, language: Language) -> dict[str, Any]:
    """What stands in ``photographs.csv`` of one photograph; of one that was not inspected no finding, not 0 of them."""
    scale, camera, error = photograph.scale, photograph.camera, photograph.error
    row: dict[str, Any] = {
        "photograph": photograph.name,
        "inspected": "no" if error is not None else "yes",
        "reason": None if error is None else language.error(error),
        "probability": photograph.probability,
        "findings": len(photograph.findings) if error is None else None,
        "warnings": list(photograph.warnings),
        "taken": camera.taken,
        "camera_latitude_deg": camera.latitude_deg,
        "camera_longitude_deg": camera.longitude_deg,
        "folder": photograph.folder,
    }
    if all(photograph.size_hw):
        row |= {"height_px": photograph.size_hw[0], "width_px": photograph.size_hw[1]}
    row |= _scale(scale)
    classes = [inspected.severity(found, photograph).level for found in photograph.findings]
    level = max((each for each in classes if each is not None), default=None)
    row |= {"severity_level": level}
    row |= {"severity_class": None if level is None else inspected.scheme.class_name(level, language)}
    widest = photograph.widest
    for name, measured in (("width_max", None if widest is None else widest.width_max), ("length", photograph.length)):
        row |= _named(name, "px", measured)
        row |= _named(name, "mm", None if scale is None or measured is None else measured.in_mm(scale))
    return row


def _named(name: str, unit: str, measured: Quantity | None) -> dict[str, float | None]:
    values = (None, None) if measured is None else (short(measured).value, short(measured).error)
    return dict(zip(_keys(name, unit), values, strict=True))


def _keys(name: str, unit: str) -> tuple[str, str]:
    """The columns of a quantity and of its standard uncertainty."""
    return (f"{name}_{unit}", f"{name}_error_{unit}") if unit else (name, f"{name}_error")


def _scale(scale: Scale | None) -> dict[str, float | None]:
    if scale is None:
        return {"mm_per_px": None, "mm_per_px_error": None}
    value, error = scale.mm_per_px, scale.error_mm_per_px
    return {"mm_per_px": rounded(value, 6, least=error or value), "mm_per_px_error": rounded(error, 6, least=error)}


def _about(photograph: Photograph) -> dict[str, Any]:
    camera = photograph.camera
    return {
        "photograph": photograph.name,
        "probability": photograph.probability,
        "findings": len(photograph.findings),
        "taken": camera.taken,
        "camera_altitude_m": camera.altitude_m,
        "camera_direction_deg": camera.direction_deg,
        "warnings": list(photograph.warnings),
    }


def _feature(photograph: Photograph, properties: dict[str, Any]) -> dict[str, Any]:
    camera = photograph.camera
    geometry = None
    if camera.latitude_deg is not None and camera.longitude_deg is not None:
        geometry = {"type": "Point", "coordinates": [camera.longitude_deg, camera.latitude_deg]}
    position = None if geometry is None else "camera"
    return {"type": "Feature", "geometry": geometry, "properties": {**properties, "position": position}}


def _pixels(polygon: tuple[tuple[int, int], ...]) -> int:
    """Pixels inside a polygon along their edges: the shoelace formula."""
    twice = sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in zip(polygon, (*polygon[1:], polygon[0]), strict=True))
    return twice // 2
