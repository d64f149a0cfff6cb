"""Widths measured on real cracks beside the widths of masks that people drew on the same photographs.

    FISSURA_DATA=data python benchmarks/widths_beside_masks.py [--write docs/measuring.md] [--picture PATH]

The 90 photographs of SUT-Crack (asphalt, 512 x 512 px; CC BY 4.0). The measuring was neither tuned nor taught on them;
the detector, which only says where a crack is, learned from 60. At every place whose width could be measured the mask
is looked at across the line, from 2 px before the place to 2 px after it, as the measurement is. A mask is no truth: it
is drawn to a pixel or two, and includes what whoever drew it took for the crack. So this shows whether widths are right
in the mean on real cracks, and bounds their errors; ``--picture`` shows both on some photographs.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw
from scipy.ndimage import map_coordinates

from fissura.classifier import load
from fissura.data.teaching import Photograph
from fissura.data.teaching.material import SUT_FOLDER, masked
from fissura.inspection import Inspection, Line, inspect
from fissura.inspection.profiles import normals_of

BEGIN, END = "<!-- beside masks: written by benchmarks/widths_beside_masks.py -->", "<!-- end of beside masks -->"
CLASSES = ((0.0, 4.0), (4.0, 6.0), (6.0, 10.0), (10.0, np.inf))
STEP_PX, REACH_PX, AWAY_PX = 0.25, 60.0, 4.0
ALONG = 2  # places before and after
CUT_PX, ZOOM, SHOWN = 100, 4, 6
RESAMPLES = 2000


@dataclass(frozen=True, eq=False)
class Places:
    """Those of one photograph whose width was measured; all ``(n,)`` px.

    Attributes:
        width, error: as measured.
        mask: the width of the mask, NaN where it is not within ``AWAY_PX``.
    """

    width: np.ndarray
    error: np.ndarray
    mask: np.ndarray


def widths_of_mask(mask: np.ndarray, points: np.ndarray) -> np.ndarray:
    """``(n,)`` px: how wide the mask ``(h, w)`` is across a line ``(n, 2)``, averaged along it; NaN where it is not."""
    offsets = np.arange(-REACH_PX, REACH_PX + STEP_PX / 2, STEP_PX)
    across = points[:, :, None] + normals_of(points)[:, :, None] * offsets
    inside = map_coordinates(mask.astype(float), across.transpose(1, 0, 2), order=1) > 0.5
    single = np.array([_run(row) for row in inside])
    padded = np.pad(single, ALONG, constant_values=np.nan)
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * ALONG + 1)
    known = ~np.isnan(windows)
    sums = np.where(known, windows, 0.0).sum(axis=1)
    return np.where(np.isnan(single), np.nan, sums / np.maximum(known.sum(axis=1), 1))


def _run(inside: np.ndarray) -> float:
    """Length of the run of true samples that is nearest to the middle; NaN where none is near or it goes on outside."""
    middle = len(inside) // 2
    on = np.flatnonzero(inside)
    if not len(on):
        return np.nan
    nearest = on[np.abs(on - middle).argmin()]
    before, after = np.flatnonzero(~inside[:nearest]), np.flatnonzero(~inside[nearest:])
    if abs(nearest - middle) * STEP_PX > AWAY_PX or not (len(before) and len(after)):
        return np.nan
    return float((nearest + after[0] - before[-1] - 1) * STEP_PX)


def places(found: Inspection, mask: np.ndarray) -> Places:
    """All measured places of one photograph."""
    lines = [line for finding in found.findings for line in finding.lines if len(line.points_rc) > 2 * ALONG]
    table = [
        np.stack([line.width_px, line.error_px, widths_of_mask(mask, line.points_rc)], axis=1)[_measured(line)]
        for line in lines
    ]
    return Places(*np.concatenate([np.empty((0, 3)), *table]).T)


def _measured(line: Line) -> np.ndarray:
    return ~np.isnan(line.width_px)


def rows(every: list[Places]) -> Iterator[str]:
    """The table, line by line."""
    heads = "measured width, px", "photographs", "places", "measured", "mask", "off", "half of 68 %", "stated u"
    yield f"| {' | '.join(heads)} | within 1, 2 u |"
    yield "|---|---:|---:|---:|---:|---:|---:|---:|---:|"
    for low, high in (*CLASSES, (0.0, np.inf)):
        parts = [_between(each, low, high) for each in every]
        width, error, mask = (
            np.concatenate([getattr(each, name) for each in parts]) for name in ("width", "error", "mask")
        )
        off = width - mask
        begins = f"{low:g} to" if low else "up to"
        name = f"{begins} {high:g}" if np.isfinite(high) else f"from {low:g}" if low else "all"
        half = np.diff(np.percentile(off, [16, 84]))[0] / 2
        within = " / ".join(f"{100 * np.mean(np.abs(off) <= times * error):.0f}%" for times in (1, 2))
        yield (
            f"| {name} | {sum(len(each.width) > 0 for each in parts)} | {len(off)} | {np.median(width):.1f} | "
            f"{np.median(mask):.1f} | {np.median(off):+.2f} | {half:.2f} | {np.median(error):.2f} | {within} |"
        )


def _between(these: Places, low: float, high: float) -> Places:
    chosen = (these.width >= low) & (these.width < high) & ~np.isnan(these.mask)
    return Places(these.width[chosen], these.error[chosen], these.mask[chosen])


def interval(every: list[Places]) -> tuple[float, float]:
    """95 % of the median difference over resampled photographs."""
    differences = [each.width - each.mask for each in every]
    kept = [each[~np.isnan(each)] for each in differences if len(each)]
    random = np.random.default_rng(12)
    drawn = [
        float(np.median(np.concatenate([kept[k] for k in random.integers(len(kept), size=len(kept))])))
        for _ in range(RESAMPLES)
    ]
    low, high = np.percentile(drawn, [2.5, 97.5])
    return float(low), float(high)


def cut_out(photograph: Photograph, found: Inspection) -> Image.Image:
    """Part of a photograph about its longest measured line: edges as measured red, the outline of the mask blue."""
    lines = [line for finding in found.findings for line in finding.lines]
    longest = max(lines, key=lambda line: int(_measured(line).sum()))
    centre = longest.points_rc[_measured(longest)][int(_measured(longest).sum()) // 2]
    size = np.array(photograph.image.shape)
    top, left = np.clip(centre - CUT_PX / 2, 0, size - CUT_PX).astype(int)
    part = np.s_[top : top + CUT_PX, left : left + CUT_PX]
    picture = Image.fromarray(photograph.image[part]).convert("RGB")
    picture = picture.resize((CUT_PX * ZOOM,) * 2, Image.Resampling.BICUBIC)
    pen = ImageDraw.Draw(picture)
    mask = photograph.mask[part]
    for row, column in np.argwhere(mask[:, 1:] != mask[:, :-1]):
        pen.line([((column + 1) * ZOOM, row * ZOOM), ((column + 1) * ZOOM, (row + 1) * ZOOM)], fill=(0, 220, 255))
    for row, column in np.argwhere(mask[1:] != mask[:-1]):
        pen.line([(column * ZOOM, (row + 1) * ZOOM), ((column + 1) * ZOOM, (row + 1) * ZOOM)], fill=(0, 220, 255))
    for line in lines:
        aside = normals_of(line.points_rc) * line.width_px[:, None] / 2
        for edge in (line.points_rc - aside, line.points_rc + aside):
            for row, column in (edge[_measured(line)] - (top, left) + 0.5) * ZOOM:
                pen.ellipse([column - 1.2, row - 1.2, column + 1.2, row + 1.2], fill=(255, 50, 0))
    return picture


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--write", type=Path, help="the page whose section is written anew")
    arguments.add_argument("--picture", type=Path)
    chosen = arguments.parse_args()
    detector = load("built-in")
    photographs = masked(Path(os.environ.get("FISSURA_DATA", "data")) / SUT_FOLDER)
    inspected = [inspect(each.image, detector) for each in photographs]
    every = [places(found, each.mask) for found, each in zip(inspected, photographs, strict=True)]
    low, high = interval(every)
    asked = sum(len(each.width) for each in every)
    beside = sum(int((~np.isnan(each.mask)).sum()) for each in every)
    without = f"Of {asked} places {asked - beside} have no mask within {AWAY_PX:g} px, or one beyond {REACH_PX:g} px."
    told = [
        "`python benchmarks/widths_beside_masks.py`:",
        "",
        *rows(every),
        "",
        f"*Off*, all together: between {low:+.2f} and {high:+.2f} px in 95 % of resampled photographs. {without}",
    ]
    print("\n".join(told))
    if chosen.write is not None:
        before, rest = chosen.write.read_text(encoding="utf-8").split(BEGIN)
        text = "\n".join([f"{before}{BEGIN}", *told, f"{END}{rest.split(END)[1]}"])
        chosen.write.write_text(text, encoding="utf-8", newline="\n")
    if chosen.picture is not None:
        most = sorted(range(len(every)), key=lambda number: -len(every[number].width))[:SHOWN]
        cuts = [cut_out(photographs[number], inspected[number]) for number in most]
        side, gap, columns = CUT_PX * ZOOM, 8, 3
        sheet = Image.new("RGB", (columns * (side + gap) - gap, -(-SHOWN // columns) * (side + gap) - gap), "white")
        for number, cut in enumerate(cuts):
            sheet.paste(cut, ((number % columns) * (side + gap), number // columns * (side + gap)))
        sheet.save(chosen.picture, quality=88)


if __name__ == "__main__":
    main()
