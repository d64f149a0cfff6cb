"""The pictures of an inspection in the README and the docs, made anew from photographs that may be shown.

    FISSURA_DATA=data python tools/inspection_pictures.py [--model FILE]

Inspects six photographs of SUT-Crack (asphalt; CC BY 4.0, by its authors) that the built-in detector never learned
from, without a scale, and writes
docs/pictures/inspection.jpg (the one where most widths were measured: its trace, its widest place) and
docs/pictures/inspection-report.jpg (the report; needs Chromium, and is left as it is where there is none).
"""

from __future__ import annotations

import argparse
import csv
import io
import os
import shutil
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path

import matplotlib as mpl
import numpy as np
from PIL import Image

from fissura.classifier import load
from fissura.inspection import Settings
from fissura.language import language
from fissura.reporting.findings.records import Found, Photograph
from fissura.reporting.findings.results import Inspected, Model
from fissura.reporting.findings.severity import read_scheme
from fissura.reporting.findings.words import quantity
from fissura.survey import Plan, detector, listed, survey

mpl.use("Agg")
import matplotlib.pyplot as plt
from matplotlib.collections import LineCollection

ROOT = Path(__file__).parent.parent
PICTURES = ROOT / "docs" / "pictures"
PHOTOGRAPHS = ("104", "110", "112", "115", "36", "92")  # of the third that the built-in detector never learned from
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
ZOOM_PX = 64
CREDIT = "Photograph: SUT-Crack (CC BY 4.0)"


def inspected(photographs: Path, out: Path, model: str) -> Inspected:
    """The report on the photographs, and what stands in it."""
    listing, settings = listed([str(photographs)]), Settings()
    command = "fissura inspect photographs --lang en"
    plan = Plan(listing, Model.of(load(model), "built-in"), settings, read_scheme("en1992"), command=command)
    return survey(plan, partial(detector, model, settings), out, language("en"))


def widths(out: Path, photograph: Photograph, found: Found) -> np.ndarray:
    """``(n, 5)`` of line, row, column, width, error of one finding."""
    text = (out / photograph.folder / "widths.csv").read_text(encoding="utf-8")
    rows = [row for row in csv.DictReader(io.StringIO(text)) if row["finding"] == found.id]
    keys = ("line", "row_px", "column_px", "width_px", "error_px")
    return np.array([[float(row[key] or "nan") for key in keys] for row in rows])


def draw(pixels: np.ndarray, table: np.ndarray, found: Found, path: Path) -> None:
    """The photograph with its trace coloured by width, and beside it the widest place with both edges."""
    figure, (whole, near) = plt.subplots(1, 2, figsize=(11, 5.2), width_ratios=(1.13, 1))
    for axes in (whole, near):
        axes.imshow(pixels)
        axes.set_axis_off()
    lines = [table[table[:, 0] == number] for number in np.unique(table[:, 0])]
    measured = table[~np.isnan(table[:, 3])]
    norm = mpl.colors.Normalize(0, float(np.ceil(measured[:, 3].max())))
    for line in lines:
        points = line[:, [2, 1]]
        pieces = np.stack([points[:-1], points[1:]], axis=1)
        whole.add_collection(LineCollection(list(pieces), colors="white", linewidths=4.2, capstyle="round"))
    for line in lines:
        points = line[:, [2, 1]]
        pieces = LineCollection(list(np.stack([points[:-1], points[1:]], axis=1)), cmap="plasma", norm=norm)
        pieces.set_array(np.ma.masked_invalid((line[:-1, 3] + line[1:, 3]) / 2))
        pieces.set(linewidths=2.6, capstyle="round")
        pieces.cmap.set_bad("0.35")
        whole.add_collection(pieces)
    whole.set_xlim(-0.5, pixels.shape[1] - 0.5)
    whole.set_ylim(pixels.shape[0] - 0.5, -0.5)
    bar = figure.colorbar(pieces, ax=whole, fraction=0.045, pad=0.02)
    bar.set_label("width, px (grey: not measurable)")
    bar.outline.set_visible(False)
    half = ZOOM_PX / 2
    row, column = (
        min(max(place, half), size - half) for place, size in zip(found.shown_rc, pixels.shape[:2], strict=True)
    )
    whole.add_patch(plt.Rectangle((column - half, row - half), ZOOM_PX, ZOOM_PX, fill=False, ec="w", lw=2))
    close_up(near, lines, found)
    near.set_xlim(column - half - 0.5, column + half - 0.5)
    near.set_ylim(row + half - 0.5, row - half - 0.5)
    whole.set_title(f"Found: {quantity(found.length, language('en'))} long", loc="left", fontsize=12)
    near.set_title(f"At its widest: {quantity(found.width_max, language('en'))}", loc="left", fontsize=12)
    figure.text(0.012, 0.015, CREDIT, fontsize=8, color="0.4")
    figure.tight_layout(rect=(0, 0.03, 1, 1))
    save(figure, path)


def close_up(axes: plt.Axes, lines: list[np.ndarray], found: Found) -> None:
    """Centre line and both edges around the widest place, and the width across it."""
    row, column = found.shown_rc
    for line in lines:
        points = line[:, 1:3]
        along = np.gradient(points, axis=0)
        normal = np.stack([-along[:, 1], along[:, 0]], axis=1) / np.hypot(*along.T)[:, None]
        reach = normal * line[:, 3:4] / 2
        axes.plot(points[:, 1], points[:, 0], color="w", lw=1.2, ls=(0, (4, 3)))
        for side in (1, -1):
            edge = points + side * reach
            axes.plot(edge[:, 1], edge[:, 0], color="#ff7a00", lw=2)
        nearest = int(np.hypot(points[:, 0] - row, points[:, 1] - column).argmin())
        if np.hypot(points[nearest, 0] - row, points[nearest, 1] - column) < 1:
            ends = np.stack([points[nearest] - reach[nearest], points[nearest] + reach[nearest]])
            axes.plot(ends[:, 1], ends[:, 0], color="#00b4ff", lw=3)


def save(figure: plt.Figure, path: Path) -> None:
    out = io.BytesIO()
    figure.savefig(out, dpi=110)
    plt.close(figure)
    Image.open(out).convert("RGB").save(path, quality=88)


def photograph_report(report: Path, path: Path) -> None:
    """The top of the report as a browser shows it."""
    browser = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if browser is None:
        print("no Chromium: the picture of the report is left as it is", file=sys.stderr)
        return
    shot = report.with_name("shot.png")
    size = "--window-size=1280,1900"
    options = ("--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", size, f"--screenshot={shot}")
    subprocess.run([browser, *options, report.as_uri()], check=True, capture_output=True)
    Image.open(shot).convert("RGB").resize((960, 1425), Image.Resampling.LANCZOS).save(path, quality=84)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="built-in")
    arguments = parser.parse_args()
    source = Path(os.environ.get("FISSURA_DATA", "data")) / "sut-crack" / "images"
    with tempfile.TemporaryDirectory() as name:
        photographs, out = Path(name) / "photographs", Path(name) / "out"
        photographs.mkdir()
        for each in PHOTOGRAPHS:
            shutil.copy(source / f"{each}.jpg", photographs)
        result = inspected(photographs, out, arguments.model)
        every = [(shown, found, widths(out, shown, found)) for shown, found in result.findings]
        shown, found, table = max(every, key=lambda one: int((~np.isnan(one[2][:, 3])).sum()))
        PICTURES.mkdir(exist_ok=True)
        pixels = np.asarray(Image.open(photographs / shown.name).convert("RGB"))
        draw(pixels, table, found, PICTURES / "inspection.jpg")
        photograph_report(out / "report.html", PICTURES / "inspection-report.jpg")
    return 0


if __name__ == "__main__":
    sys.exit(main())
