"""A detector that needs no network: dark lines of drawn walls, measured simply. For tests of everything around it."""

import hashlib
import io
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw
from scipy import ndimage

from fissura.images import file_bytes, read_grey
from fissura.inspection.record import Finding, Inspection, Line, Quantity, Settings
from fissura.inspection.scale import Scale
from fissura.reporting.findings.results import Model

MODEL = Model("a fake", "detector", 12345, "f" * 64, 0.5, 1.0, {"origin": "drawn"}, {"test": {"iou": 0.5}})
DARK = 90


def wall(strokes=(), size_hw=(120, 160), seed=12, **save):
    """JPEG of a grey wall with dark strokes, each a list of (column, row) and a width."""
    random = np.random.default_rng(seed)
    grey = np.clip(random.normal(170, 6, size_hw), 130, 255).astype(np.uint8)
    image = Image.fromarray(grey)
    draw = ImageDraw.Draw(image)
    for points, width in strokes:
        draw.line(points, fill=40, width=width)
    out = io.BytesIO()
    image.convert("RGB").save(out, "JPEG", quality=95, **save)
    return out.getvalue()


ONE = [([(20, 30), (80, 50), (140, 45)], 4)]
TWO = [*ONE, ([(30, 100), (120, 90)], 7)]


def inspector(source: Path | bytes, name: str, scale: Scale | None) -> Inspection:
    content = source if isinstance(source, bytes) else file_bytes(source, name=name)
    grey = read_grey(content, name=name)
    labels, _ = ndimage.label(grey < DARK, np.ones((3, 3)))
    slices = ndimage.find_objects(labels)
    findings = [_finding(labels[box] == k, box, content) for k, box in enumerate(slices, 1)]
    findings = [each for each in findings if each is not None]
    findings.sort(key=lambda each: -each.length.value)
    height, width = grey.shape
    cells = (-(-height // 4), -(-width // 4))
    return Inspection(
        name=name,
        sha256=hashlib.sha256(content).hexdigest(),
        size_hw=(height, width),
        scale=scale,
        log_odds=np.full(cells, 2.0 if findings else -4.0, np.float32),
        findings=tuple(findings),
        probability=0.97 if findings else 0.02,
        blur_px=0.8,
        unlike=0.4,
        warnings=() if grey.mean() > 60 else ("black",),
        settings=Settings(),
        model=MODEL.fingerprint,
    )


def _finding(mask, box, content):
    rows, columns = np.nonzero(mask)
    if len(rows) < 20:
        return None
    top, left = box[0].start, box[1].start
    order = np.argsort(columns) if np.ptp(columns) >= np.ptp(rows) else np.argsort(rows)
    along = np.stack([rows, columns], axis=1)[order].astype(float)
    n = max(2, len(along) // 12)
    points = np.array([part.mean(axis=0) for part in np.array_split(along, n)]) + np.array([top, left])
    length = float(np.hypot(*np.diff(points, axis=0).T).sum())
    widths = np.full(n, len(rows) / max(length, 1.0))
    widths[0] = np.nan
    narrow = widths[-1] < 3
    at_most = Quantity(None, None, "px", "narrow") if narrow else Quantity(float(widths[-1]), 0.3, "px")
    return Finding(
        id=hashlib.sha256(content + bytes([top % 256, left % 256])).hexdigest()[:12],
        probability=0.97,
        lines=(Line(points, widths, np.where(np.isnan(widths), np.nan, 0.3)),),
        length=Quantity(length, 0.02 * length, "px"),
        width_mean=at_most,
        width_p95=at_most,
        width_max=at_most,
        width_max_rc=None if narrow else (float(points[-1, 0]), float(points[-1, 1])),
        orientation=Quantity(12.0, 1.5, "deg"),
        extent=Quantity(0.95 * length, 1.0, "px"),
        area=Quantity(float(len(rows)), 20.0, "px2"),
        branches=0,
        straightness=Quantity(0.95, 0.01, ""),
        darkness=Quantity(0.7, 0.02, ""),
        box_rc=(top, left, box[0].stop, box[1].stop),
        mask=mask,
        warnings=("cut",) if top == 0 else (),
    )


def make_inspector():
    return inspector
