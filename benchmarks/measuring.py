"""How true lengths and widths are, and whether their stated uncertainties hold: drawn cracks of known truth.

python benchmarks/measuring.py [--scenes 12] [--seed 101] [--workers 2] [--detector FILE] [--write docs/measuring.md]

The measuring is judged apart from the detector: its map is made from the true mask (the cells that hold crack,
blurred), unless --detector names a classifier file. The method was tuned on seeds 3 and 4, the network that says how
uncertain widths are was taught on 2001 and judged on 2003 (tools/width_doubt.py); the table is of another. One width
per plain scene, varying along it by 12 %; cracks of every direction, half of them thinning out inside.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np
from scipy.ndimage import gaussian_filter, uniform_filter1d
from scipy.spatial import cKDTree

from fissura.classifier import Classifier, load
from fissura.data.synthetic import AS_IT_IS, Camera, Scene, draw
from fissura.data.synthetic.gauge import gauge
from fissura.data.synthetic.outlines import outlined
from fissura.data.synthetic.rendering import Look
from fissura.inspection import Inspection, Settings
from fissura.inspection.photograph import inspect_pixels, inspected, unseen

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
SHORTEST_PX = 60.0  # of the length that is seen in a scene, for a share of it to mean something
TOLD = Path(__file__).parent.parent / "src" / "fissura" / "reporting" / "findings" / "uncertainties.json"
BEGIN, END = "<!-- measured: written by benchmarks/measuring.py -->", "<!-- end of measured -->"


@dataclass
class Gathered:
    """Errors of one kind of scene: of places, of lengths (as shares), of whole cracks; each beside its uncertainty."""

    places: list[np.ndarray] = field(default_factory=list)
    pens: list[np.ndarray] = field(default_factory=list)
    counts: list[tuple[int, int]] = field(default_factory=list)
    lengths: list[tuple[float, float]] = field(default_factory=list)
    means: list[tuple[float, float]] = field(default_factory=list)
    p95: list[tuple[float, float]] = field(default_factory=list)
    widest: list[tuple[float, float]] = field(default_factory=list)

    def add(self, other: Gathered) -> None:
        for name in ("places", "pens", "counts", "lengths", "means", "p95", "widest"):
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
    return inspected(unseen("drawn", "0" * 64, scene.image.shape), scene.image, cells, 1.0)


@dataclass(frozen=True, eq=False)
class Truth:
    """Where the cracks of a scene run and how wide they are between their outlines, place by place."""

    points: np.ndarray
    width: np.ndarray
    pen: np.ndarray
    clear: np.ndarray
    length: float

    @staticmethod
    def of(scene: Scene) -> Truth:
        lines = outlined(scene)
        if not lines:
            return Truth(np.zeros((0, 2)), np.zeros(0), np.zeros(0), np.zeros(0, dtype=bool), 0.0)
        length = sum(float((np.hypot(*np.diff(each.points, axis=0).T) * each.seen[1:]).sum()) for each in lines)
        parts = (
            np.concatenate([getattr(each, name) for each in lines]) for name in ("points", "width", "pen", "clear")
        )
        return Truth(*parts, length)

    def at(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(true width, whether it is told) at measured places ``(n, 2)``."""
        if not len(self.points):
            return np.full(len(points), np.nan), np.zeros(len(points), dtype=bool)
        off, nearest = cKDTree(self.points).query(points)
        width = self.width[nearest]
        return width, self.clear[nearest] & (off < width / 2 + 3)


def compared(scene: Scene, inspection: Inspection) -> Gathered:
    """What was measured on a scene, beside its truth."""
    gathered, truth = Gathered(), Truth.of(scene)
    gathered.pens.append((truth.width - truth.pen)[truth.clear])
    if truth.length > SHORTEST_PX and inspection.findings:
        length = inspection.length
        gathered.lengths.append(
            ((length.value - truth.length) / truth.length, (length.value - truth.length) / length.error)
        )
    for finding in inspection.findings:
        widths = [truth.at(each.points_rc) for each in finding.lines]
        for each, (width, told) in zip(finding.lines, widths, strict=True):
            ok = told & np.isfinite(each.width_px)
            gathered.counts.append((int(ok.sum()), int(told.sum())))
            error = (each.width_px - width)[ok]
            gathered.places.append(np.stack([error, error / each.error_px[ok]]))
        measured = np.concatenate([np.isfinite(each.width_px) for each in finding.lines])
        true, told = (np.concatenate([each[k] for each in widths]) for k in (0, 1))
        ok = measured & told
        if ok.sum() < max(20, 0.8 * measured.sum()):
            continue  # too little of it has a width that is known
        smooth = uniform_filter1d(true[ok], 9)
        for kept, quantity, value in (
            (gathered.means, finding.width_mean, true[ok].mean()),
            (gathered.p95, finding.width_p95, np.quantile(true[ok], 0.95)),
            (gathered.widest, finding.width_max, smooth.max()),
        ):
            if quantity.measurable:
                kept.append((quantity.value - float(value), (quantity.value - float(value)) / quantity.error))
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


def various(index: int, seed: int, detector: str | None) -> tuple[Look, Gathered]:
    """A scene of the generator at its most various: its crack's look, what was measured."""
    scene = draw(seed, index, SIZE_HW, crack=True)
    return scene.look, compared(scene, found_on(scene, load(detector) if detector else None))


def within(shares: Iterable[float]) -> str:
    values = np.abs(np.array(list(shares), dtype=float))
    return f"{np.mean(values < 1):.0%} / {np.mean(values < 2):.0%}" if len(values) else "-"


def row(title: str, gathered: Gathered) -> str:
    measured, places = (sum(each[k] for each in gathered.counts) for k in (0, 1))
    lengths = np.array(gathered.lengths).reshape(-1, 2)
    off = f"{np.median(lengths[:, 0]):+.1%} | {spread(lengths[:, 0]):.1%}" if len(lengths) else "- | -"
    length = f"{off} | {within(lengths[:, 1])}"
    if measured < max(20, 0.1 * places):
        return f"| {title} | {len(lengths)} | {length} | {measured / max(places, 1):.0%} | - | - | - | - | - | - | - |"
    error, share = np.concatenate(gathered.places, axis=1)
    widths = f"{np.median(error):+.2f} | {spread(error):.2f} | {within(share)}"
    means = np.array(gathered.means).reshape(-1, 2)
    mean = f"{np.median(means[:, 0]):+.2f}" if len(means) else "-"
    whole = " | ".join(within(np.array(each).reshape(-1, 2)[:, 1]) for each in (means, gathered.p95, gathered.widest))
    return f"| {title} | {len(lengths)} | {length} | {measured / places:.0%} | {widths} | {mean} | {whole} |"


def spread(errors: np.ndarray) -> float:
    """Half of what holds the middle 68 %, about the middle."""
    return float(np.quantile(np.abs(errors - np.median(errors)), 0.683))


COLUMNS = (
    *("cracks", "length off", "1 sd", "within 1, 2 u", "measured", "width off, px", "1 sd, px", "within 1, 2 u"),
    *("mean width off, px", "within 1, 2 u", "95th percentile: within 1, 2 u", "maximum: within 1, 2 u"),
)


def summed(rows: list[tuple[str, float, str, Gathered]], key: int, least: float = 0.0) -> dict[object, Gathered]:
    sums: dict[object, Gathered] = {}
    for each in rows:
        if each[1] >= least:
            sums.setdefault(each[key], Gathered()).add(each[3])
    return sums


def report(rows: list[tuple[str, float, str, Gathered]], mixed: list[tuple[Look, Gathered]]) -> str:
    lines = ["Plain dark cracks by width, over all cameras and surfaces:", "", head("true width, px")]
    lines += [row(f"{width:g}", gathered) for width, gathered in summed(rows, 1).items()]
    lines += ["", "Plain dark cracks by camera, widths from 3 px:", "", head("camera")]
    lines += [row(str(name), gathered) for name, gathered in summed(rows, 0, 3.0).items()]
    lines += ["", "Plain dark cracks by surface, widths from 3 px:", "", head("surface")]
    lines += [row(str(name), gathered) for name, gathered in summed(rows, 2, 3.0).items()]
    lines += [row("all", together(each[3] for each in rows if each[1] >= 3))]
    lines += ["", f"Cracks as various as the generator draws them, {len(mixed)} scenes, by look:", "", head("look")]
    for title, fits in LOOKS.items():
        lines.append(row(title, together(gathered for look, gathered in mixed if fits(look))))
    wider = [
        np.concatenate(together(parts).pens) for parts in ([each[3] for each in rows], [each[1] for each in mixed])
    ]
    said = [f"{np.median(each):+.2f} px (1 sd {spread(each):.2f} px)" for each in wider]
    lines += ["", f"Outlines lie further apart than the pen was wide: plain cracks {said[0]}, various ones {said[1]}."]
    return "\n".join(lines)


def together(parts: Iterable[Gathered]) -> Gathered:
    everything = Gathered()
    for each in parts:
        everything.add(each)
    return everything


def _walls(look: Look) -> bool:
    return look.lit_wall > 0 or look.rubble > 0


LOOKS = {
    "dark, two edges": lambda look: (
        not (_walls(look) or look.spalled_px or look.halo or look.lip or look.fill == "lime")
    ),
    "broken edges, lips": lambda look: not _walls(look) and bool(look.spalled_px or look.lip),
    "damp, dirt or lime beside": lambda look: not _walls(look) and bool(look.halo or look.fill == "lime"),
    "lit wall or rubble inside": _walls,
    "all": lambda look: True,
}


def head(what: str) -> str:
    return f"| {what} | {' | '.join(COLUMNS)} |\n|{'---|' * (len(COLUMNS) + 1)}"


def told(page: str) -> dict[str, object]:
    """What reports tell of how well the uncertainties hold: shares in percent within one and two of them, by look."""
    tables = page.split(BEGIN)[-1].split(END)[0].splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in tables if line.startswith("|")]
    every = next(row for row in reversed(rows) if row[0] == "all")
    walls = next(row for row in rows if row[0] == "lit wall or rubble inside")
    columns = {"length": 4, "width_mean": 10, "width_max": 12}
    return {
        "cracks": int(every[1]),
        "all": {name: _percent(every[column]) for name, column in columns.items()},
        "lit wall": {name: _percent(walls[column]) for name, column in columns.items()},
    }


def _percent(cell: str) -> list[int]:
    """``47% / 81%`` as numbers."""
    return [int(part.strip().rstrip("%")) for part in cell.split("/")]


def write_told(page: str) -> None:
    TOLD.write_text(json.dumps(told(page), indent=2) + "\n", encoding="utf-8")


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--scenes", type=int, default=12)
    arguments.add_argument("--various", type=int, default=100)
    arguments.add_argument("--seed", type=int, default=101)
    arguments.add_argument("--workers", type=int, default=2)
    arguments.add_argument("--detector")
    arguments.add_argument("--write", type=Path)
    arguments.add_argument("--told", type=Path, help="only write anew what reports tell, from the page of this name")
    chosen = arguments.parse_args()
    if chosen.told is not None:
        write_told(chosen.told.read_text(encoding="utf-8"))
        return
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
        command = (
            f"`python benchmarks/measuring.py --scenes {chosen.scenes} --various {chosen.various} --seed {chosen.seed}`"
        )
        after = rest.split(END)[1]
        chosen.write.write_text(f"{before}{BEGIN}\n{command}:\n\n{text}\n{END}{after}", encoding="utf-8")
        write_told(text)


if __name__ == "__main__":
    main()
