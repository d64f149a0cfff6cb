"""How true lengths and widths are, and whether their stated uncertainties hold: drawn cracks of known truth.

python benchmarks/measuring.py [--scenes 12] [--seed 101] [--workers 2] [--detector FILE] [--write docs/measuring.md]

The measuring is judged apart from the detector: its map is made from the true mask (the cells that hold crack,
blurred), unless --detector names a classifier file. The method was tuned on seeds 3 and 4; the table is of
another. One width per scene, varying along it by 12 %; cracks of every direction, half of them thinning out inside.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np
from scipy.ndimage import gaussian_filter, gaussian_filter1d
from scipy.spatial import cKDTree

from fissura.classifier import Classifier, load
from fissura.data.synthetic import AS_IT_IS, Camera, Scene, draw
from fissura.data.synthetic.gauge import gauge
from fissura.inspection import Inspection, Settings
from fissura.inspection.photograph import inspect_pixels, inspected
from fissura.inspection.trace import evenly

WIDTHS = (1.0, 2.0, 3.0, 4.0, 6.0, 10.0, 16.0, 24.0, 30.0)
SURFACES = ("fine concrete", "coarse concrete", "plaster", "asphalt")
CAMERAS = {
    "as it is": AS_IT_IS,
    "noise": Camera(noise=6.0),
    "phone, JPEG 75": Camera(defocus_px=1.0, noise=2.0, jpeg=75),
    "JPEG 50": Camera(defocus_px=0.6, noise=2.0, jpeg=50),
    "sharpened": Camera(defocus_px=1.0, noise=2.0, sharpen=1.0, jpeg=85),
    "enlarged 1.6 times": Camera(zoom=1.6, noise=2.0, jpeg=85),
    "out of focus, 2 px": Camera(defocus_px=2.0, noise=2.0),
    "moved, 3 px": Camera(motion_px=3.0, motion_angle=0.7, noise=2.0),
}
SIZE_HW = (320, 320)
BEGIN, END = "<!-- measured: written by benchmarks/measuring.py -->", "<!-- end of measured -->"


@dataclass
class Gathered:
    """Errors of one kind of scene: of places, of lengths (as shares), of whole cracks; each beside its uncertainty."""

    places: list[np.ndarray] = field(default_factory=list)
    counts: list[tuple[int, int]] = field(default_factory=list)
    lengths: list[tuple[float, float]] = field(default_factory=list)
    means: list[tuple[float, float]] = field(default_factory=list)
    widest: list[tuple[float, float]] = field(default_factory=list)

    def add(self, other: Gathered) -> None:
        for name in ("places", "counts", "lengths", "means", "widest"):
            getattr(self, name).extend(getattr(other, name))


def perfect_map(mask: np.ndarray) -> np.ndarray:
    """What a perfect detector would say, at a quarter of the resolution: log-odds of the cells that hold crack."""
    rows, columns = -(-mask.shape[0] // 4), -(-mask.shape[1] // 4)
    padded = np.zeros((4 * rows, 4 * columns), dtype=bool)
    padded[: mask.shape[0], : mask.shape[1]] = mask
    cells = padded.reshape(rows, 4, columns, 4).any(axis=(1, 3)).astype(float)
    return (12 * (gaussian_filter(cells, 0.7) - 0.35)).astype(np.float32)


def found_on(scene: Scene, detector: Classifier | None) -> Inspection:
    if detector is not None:
        return inspect_pixels(scene.image, detector, scale=None, settings=Settings(), name="drawn", sha256="0" * 64)
    cells = perfect_map(scene.mask)
    return inspected(scene.image, cells, 1.0, (), None, scale=None, settings=Settings(), name="drawn", sha256="0" * 64)


def true_line(points: np.ndarray, size_hw: tuple[int, int]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(centre line 1 px apart, its width there, which of its points are in the picture)."""
    line = evenly(points[:, :2])
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(points[:, :2], axis=0).T))])
    width = np.interp(np.linspace(0, along[-1], len(line)), along, points[:, 2])
    inside = ((line >= -0.5) & (line <= np.array(size_hw) - 0.5)).all(axis=1) & (width > 0.3)
    return line, width, inside


def compared(scene: Scene, inspection: Inspection) -> Gathered:
    """What was measured on a gauge, beside its truth."""
    gathered = Gathered()
    line, width, inside = true_line(scene.cracks[0].points, scene.image.shape)
    if not inspection.findings:
        return gathered
    step = float(np.hypot(*np.diff(line, axis=0).T).mean())
    truth = inside.sum() * step
    length = inspection.length
    gathered.lengths.append(((length.value - truth) / truth, (length.value - truth) / length.error))
    finding = inspection.findings[0]
    tree = cKDTree(line)
    nearest_widths = []
    for each in finding.lines:
        ok = np.isfinite(each.width_px)
        gathered.counts.append((int(ok.sum()), len(ok)))
        if not ok.any():
            continue
        off, nearest = tree.query(each.points_rc[ok])
        here = off < width[nearest] / 2 + 2
        error = each.width_px[ok][here] - width[nearest][here]
        gathered.places.append(np.stack([error, error / each.error_px[ok][here]]))
        nearest_widths.append(width[nearest][here])
    if nearest_widths and finding.width_mean.measurable:
        true = np.concatenate(nearest_widths)
        off = finding.width_mean.value - float(true.mean())
        gathered.means.append((off, off / finding.width_mean.error))
        if finding.width_max.measurable:
            off = finding.width_max.value - float(true.max())
            gathered.widest.append((off, off / finding.width_max.error))
    return gathered


def gauged(index: int, seed: int, detector: str | None) -> list[tuple[str, float, str, Gathered]]:
    """Scene number ``index`` through every camera and width."""
    classifier = load(detector) if detector else None
    rows = []
    surface = SURFACES[index % len(SURFACES)]
    for name, camera in CAMERAS.items():
        for width in WIDTHS:
            scene = gauge(seed, index, width, camera, surface, SIZE_HW)
            rows.append((name, width, surface, compared(scene, found_on(scene, classifier))))
    return rows


def various(index: int, seed: int, detector: str | None) -> tuple[np.ndarray, float | None, int]:
    """A scene of the generator at its most various: (errors and shares of places, length found by true, places)."""
    classifier = load(detector) if detector else None
    scene = draw(seed, index, SIZE_HW, crack=True)
    inspection = found_on(scene, classifier)
    lines = [true_line(crack.points, scene.image.shape) for crack in scene.cracks if len(crack.points) > 9]
    truth, points, widths = 0.0, [], []
    for line, width, inside in lines:
        cell = np.clip(np.rint(line).astype(int), 0, np.array(scene.mask.shape) - 1)
        seen = inside & scene.mask[cell[:, 0], cell[:, 1]]
        # a ruler as coarse as the measuring: the drawn line is rough at every scale
        smooth = gaussian_filter1d(line, max(2.0, float(np.median(width)) / 3), axis=0, mode="nearest")
        truth += float((np.hypot(*np.diff(smooth, axis=0).T) * seen[1:]).sum())
        points.append(line[seen])
        # a place's width is a mean over a few pixels along, as a profile's is
        widths.append(gaussian_filter1d(width, 2.0)[seen])
    if not points or not sum(len(each) for each in points):
        return np.zeros((2, 0)), None, 0
    tree, width = cKDTree(np.concatenate(points)), np.concatenate(widths)
    errors, places = [], 0
    for finding in inspection.findings:
        for each in finding.lines:
            places += len(each.width_px)
            ok = np.isfinite(each.width_px)
            if ok.any():
                off, nearest = tree.query(each.points_rc[ok])
                here = off < width[nearest] / 2 + 3
                error = each.width_px[ok][here] - width[nearest][here]
                errors.append(np.stack([error, error / each.error_px[ok][here]]))
    found = np.concatenate(errors, axis=1) if errors else np.zeros((2, 0))
    return found, (inspection.length.value / truth if truth > 60 else None), places


def within(shares: Iterable[float]) -> str:
    values = np.abs(np.array(list(shares), dtype=float))
    return f"{np.mean(values < 1):.0%} / {np.mean(values < 2):.0%}" if len(values) else "-"


def row(title: str, gathered: Gathered) -> str:
    measured, places = (sum(each[k] for each in gathered.counts) for k in (0, 1))
    lengths = np.array(gathered.lengths).reshape(-1, 2)
    length = f"{lengths[:, 0].mean():+.1%} | {np.sqrt((lengths[:, 0] ** 2).mean()):.1%} | {within(lengths[:, 1])}"
    if measured < 0.1 * places or not gathered.places:
        return f"| {title} | {len(lengths)} | {length} | {measured / max(places, 1):.0%} | - | - | - | - | - |"
    error, share = np.concatenate(gathered.places, axis=1)
    deviation = np.quantile(np.abs(error - np.median(error)), 0.683)
    means = np.array(gathered.means).reshape(-1, 2)
    mean = f"{means[:, 0].mean():+.2f}" if len(means) else "-"
    widths = f"{np.median(error):+.2f} | {deviation:.2f} | {within(share)} | {mean} | {within(means[:, 1])}"
    return f"| {title} | {len(lengths)} | {length} | {measured / places:.0%} | {widths} |"


COLUMNS = (
    *("cracks", "length off", "rms", "within 1, 2 u", "measured", "width off, px", "1 sd, px", "within 1, 2 u"),
    *("mean width off, px", "within 1, 2 u"),
)


def summed(rows: list[tuple[str, float, str, Gathered]], key: int, least: float = 0.0) -> dict[object, Gathered]:
    sums: dict[object, Gathered] = {}
    for each in rows:
        if each[1] >= least:
            sums.setdefault(each[key], Gathered()).add(each[3])
    return sums


def report(rows: list[tuple[str, float, str, Gathered]], mixed: list[tuple[np.ndarray, float | None, int]]) -> str:
    lines = ["By width, over all cameras and surfaces:", "", head("true width, px")]
    lines += [row(f"{width:g}", gathered) for width, gathered in summed(rows, 1).items()]
    lines += ["", "By camera, widths from 3 px:", "", head("camera")]
    lines += [row(str(name), gathered) for name, gathered in summed(rows, 0, 3.0).items()]
    lines += ["", "By surface, widths from 3 px:", "", head("surface")]
    lines += [row(str(name), gathered) for name, gathered in summed(rows, 2, 3.0).items()]
    everything = Gathered()
    for each in rows:
        if each[1] >= 3:
            everything.add(each[3])
    lines += [row("all", everything)]
    lines += [
        "",
        _various(mixed),
    ]
    return "\n".join(lines)


def head(what: str) -> str:
    return f"| {what} | {' | '.join(COLUMNS)} |\n|{'---|' * (len(COLUMNS) + 1)}"


def _various(mixed: list[tuple[np.ndarray, float | None, int]]) -> str:
    error, share = np.concatenate([each[0] for each in mixed], axis=1)
    ratios = np.array([each[1] for each in mixed if each[1] is not None])
    places = sum(each[2] for each in mixed)
    return (
        f"Cracks as various as the generator draws them (lit walls inside, broken edges, dirt, damp, look-alikes, any "
        f"camera), {len(mixed)} scenes: {len(error) / max(places, 1):.0%} of {places:,} places measured; width off "
        f"{np.median(error):+.2f} px in the middle, {np.quantile(np.abs(error - np.median(error)), 0.683):.2f} px "
        f"(1 sd), within one and two stated uncertainties {within(share)}; length found by true "
        f"{np.median(ratios):.2f} in the middle, {np.quantile(ratios, 0.16):.2f} to {np.quantile(ratios, 0.84):.2f} "
        f"for the middle 68 %."
    )


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--scenes", type=int, default=12)
    arguments.add_argument("--various", type=int, default=100)
    arguments.add_argument("--seed", type=int, default=101)
    arguments.add_argument("--workers", type=int, default=2)
    arguments.add_argument("--detector")
    arguments.add_argument("--write", type=Path)
    chosen = arguments.parse_args()
    with ProcessPoolExecutor(chosen.workers) as pool:
        each = partial(gauged, seed=chosen.seed, detector=chosen.detector)
        rows = [row for part in pool.map(each, range(chosen.scenes)) for row in part]
        mixed = list(pool.map(partial(various, seed=chosen.seed, detector=chosen.detector), range(chosen.various)))
    rows.sort(key=lambda row: row[1])
    rows.sort(key=lambda row: list(CAMERAS).index(row[0]))
    text = report(rows, mixed)
    print(text)
    if chosen.write is not None:
        page = chosen.write.read_text(encoding="utf-8")
        before, rest = page.split(BEGIN)
        command = f"`python benchmarks/measuring.py --scenes {chosen.scenes} --seed {chosen.seed}`"
        after = rest.split(END)[1]
        chosen.write.write_text(f"{before}{BEGIN}\n{command}:\n\n{text}\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
