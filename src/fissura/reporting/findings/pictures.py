"""The pictures of one inspected photograph as files' bytes: evidence as it is, mask, map, and an overlay to look at."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from fissura.images import Colours, Pixels
from fissura.inspection.record import Inspection
from fissura.reporting.findings.records import Photograph

PREVIEW_PX, THUMBNAIL_PX = 1600, 480  # the longer side
CROP_HW = (240, 320)
MOST_CROPS = 100  # of one photograph, the longest findings first
PREVIEW, THUMBNAIL, OVERLAY, MASK, MAP = "preview.jpg", "thumbnail.jpg", "overlay.jpg", "mask.png", "map.png"
FILES = (PREVIEW, THUMBNAIL, OVERLAY, MASK, MAP)
CROPS = "crops"
_PREVIEW_QUALITY, _CROP_QUALITY = 82, 92
_STRIP = 64  # rows of the small picture at once
_LINE, _CASING = (255, 92, 0), (255, 255, 255)


def maps(inspection: Inspection) -> list[tuple[str, bytes]]:
    """``(name in the photograph's folder, content)`` of its mask and of its map."""
    # made here and not kept, as Inspection.mask would be: of 100 megapixels it is 100 MB
    whole = np.zeros(inspection.size_hw, dtype=np.bool_)
    for finding in inspection.findings:
        top, left, bottom, right = finding.box_rc
        whole[top:bottom, left:right] |= finding.mask
    return [
        (MASK, _png(Image.fromarray(whole))),
        (MAP, _png(Image.fromarray(shares_as_grey(inspection.log_odds)))),
    ]


def pictures(photograph: Photograph, colours: Colours) -> tuple[Photograph, list[tuple[str, bytes]]]:
    """The photograph's record with its crops named, and ``(name in its folder, content)`` of every picture to look at.

    ``colours`` are those of the whole photograph.
    """
    preview = preview_of(colours)
    files = [
        (PREVIEW, _jpeg(preview, _PREVIEW_QUALITY)),
        (THUMBNAIL, _jpeg(_within(preview, THUMBNAIL_PX), _PREVIEW_QUALITY)),
        (OVERLAY, _jpeg(overlay(preview, photograph), _PREVIEW_QUALITY)),
    ]
    findings = list(photograph.findings)
    for k, found in enumerate(findings[:MOST_CROPS]):
        top, left, bottom, right = crop_box(found.shown_rc, photograph.size_hw)
        findings[k] = replace(found, crop=f"{CROPS}/{found.id}.jpg", crop_box_rc=(top, left, bottom, right))
        crop = np.ascontiguousarray(colours.cut(top, left, bottom, right))
        files.append((findings[k].crop, _jpeg(Image.fromarray(crop), _CROP_QUALITY)))
    return replace(photograph, findings=tuple(findings)), files


def preview_of(colours: Colours) -> Image.Image:
    """The photograph with at most 1600 px on its longer side.

    Whole blocks of pixels are averaged first, strip by strip: Pillow's own copy would take 4 bytes for each pixel.
    """
    height, width = colours.size_hw
    block = max(1, max(height, width) // PREVIEW_PX)
    if block > 1 and min(height, width) >= block:
        rows, columns = height // block, width // block
        small = np.empty((rows, columns, 3), dtype=np.uint8)
        for start in range(0, rows, _STRIP):
            end = min(start + _STRIP, rows)
            strip = colours.cut(start * block, 0, end * block, columns * block)
            small[start:end] = np.asarray(Image.fromarray(np.ascontiguousarray(strip)).reduce(block))
        return _within(Image.fromarray(small), PREVIEW_PX)
    return _within(Image.fromarray(np.ascontiguousarray(colours.cut(0, 0, height, width))), PREVIEW_PX)


def shares_as_grey(log_odds: npt.NDArray[np.float32]) -> Pixels:
    """The map as grey: 0 is probability 0, 255 is 1; ``(h, w)`` of log-odds to the same of uint8."""
    odds = np.clip(log_odds.astype(np.float64), -30, 30)
    return np.rint(255 / (1 + np.exp(-odds))).astype(np.uint8)


def crop_box(centre_rc: tuple[float, float], size_hw: tuple[int, int]) -> tuple[int, int, int, int]:
    """(top, left, bottom, right) of the piece around a place, shifted back inside, smaller where the photograph is."""
    ends = []
    for centre, size, wanted in zip(centre_rc, size_hw, CROP_HW, strict=True):
        length = min(size, wanted)
        start = min(max(0, round(centre) - length // 2), size - length)
        ends.append((start, start + length))
    return ends[0][0], ends[1][0], ends[0][1], ends[1][1]


def overlay(preview: Image.Image, photograph: Photograph) -> Image.Image:
    """The photograph, made smaller, with the centre line of each finding: orange with a white border."""
    drawn = preview.copy()
    draw = ImageDraw.Draw(drawn)
    factor = preview.width / max(1, photograph.size_hw[1])
    ways = [_way(line, factor) for found in photograph.findings for line in found.lines]
    width = max(2, round(max(preview.size) / 400))
    for colour, thick in ((_CASING, width + 2), (_LINE, width)):
        for way in ways:
            draw.line(way, fill=colour, width=thick, joint="curve")
    return drawn


def _way(line: Sequence[tuple[float, float, float | None, float | None]], factor: float) -> list[tuple[float, float]]:
    return [((column + 0.5) * factor, (row + 0.5) * factor) for row, column, _, _ in line]


def _within(image: Image.Image, longest_px: int) -> Image.Image:
    if max(image.size) <= longest_px:
        return image
    factor = longest_px / max(image.size)
    size = (max(1, round(image.width * factor)), max(1, round(image.height * factor)))
    return image.resize(size, Image.Resampling.BILINEAR)


def _jpeg(image: Image.Image, quality: int) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality)
    return out.getvalue()


def _png(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()
