"""How true area, extent, straightness, orientation and darkness are, and whether their stated uncertainties hold.

    python benchmarks/other_measures.py [--scenes 4] [--various 400] [--seed 701] [--write docs/measuring.md]

Drawn cracks of known truth, as in measuring.py, which judges lengths and widths. Compared are scenes with one crack
without branches, traced in one piece from its true mask; their area is that of the true widths along the measured
line. A drawn crack is as dark as asked for in its middle and a fifth less at both edges: 0.93 of it in the mean. Of
cracks of every look no one darkness is true.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Iterator
from dataclasses import astuple, dataclass
from pathlib import Path

import numpy as np
from measuring import CAMERAS, SIZE_HW, SURFACES, Truth, found_on

from fissura.data.synthetic import Scene, draw
from fissura.data.synthetic.gauge import gauge
from fissura.data.synthetic.outlines import outlined
from fissura.inspection import Finding, Quantity

WIDTHS = (3.0, 4.0, 6.0, 10.0, 24.0)
FEWEST_POINTS = 30
IN_THE_MEAN = 0.93
BEGIN, END = "<!-- other measures: written by benchmarks/other_measures.py -->", "<!-- end of other measures -->"


@dataclass(frozen=True)
class Beside:
    """What was measured of one crack beside its truth: (error, stated uncertainty), or None where none is told."""

    area: tuple[float, float] | None
    extent: tuple[float, float] | None
    straightness: tuple[float, float] | None
    orientation: tuple[float, float] | None
    darkness: tuple[float, float] | None


def beside(scene: Scene, plain: bool) -> Beside | None:
    """None where the scene holds not one crack, or it was not traced in one line."""
    drawn, findings = outlined(scene), found_on(scene, None).findings
    if len(drawn) != 1 or len(findings) != 1 or len(findings[0].lines) != 1:
        return None
    points, finding = drawn[0].points[drawn[0].seen], findings[0]
    if len(points) < FEWEST_POINTS:
        return None
    extent = float(np.hypot(*(points[-1] - points[0])))
    length = float(np.hypot(*np.diff(points, axis=0).T).sum())
    down, right = np.linalg.svd(points - points.mean(axis=0), full_matrices=False)[2][0]
    turned = math.degrees(math.atan2(-down, right)) % 180
    return Beside(
        _off(finding.area, _area(scene, finding), share=True),
        _off(finding.extent, extent),
        _off(finding.straightness, extent / length),
        None if finding.orientation.value is None else _off(finding.orientation, _nearest(finding, turned)),
        _off(finding.darkness, IN_THE_MEAN * scene.look.depth) if plain else None,
    )


def _area(scene: Scene, finding: Finding) -> float:
    points = finding.lines[0].points_rc
    width, told = Truth.of(scene).at(points)
    step = np.gradient(np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(points, axis=0).T))]))
    return float((width * step)[told].sum()) * len(points) / told.sum() if told.mean() > 0.9 else math.nan


def _nearest(finding: Finding, degrees: float) -> float:
    """The same direction, less than a quarter turn from the one measured."""
    value = finding.orientation.value
    assert value is not None
    return value - ((value - degrees + 90) % 180 - 90)


def _off(measured: Quantity, true: float, share: bool = False) -> tuple[float, float] | None:
    if measured.value is None or measured.error is None or math.isnan(true):
        return None
    unit = true if share else 1.0
    return (measured.value - true) / unit, measured.error / unit


def gauges(scenes: int, seed: int) -> Iterator[Scene]:
    for index in range(scenes):
        for camera in CAMERAS.values():
            for width in WIDTHS:
                yield gauge(seed, index, width, camera, SURFACES[index % len(SURFACES)], SIZE_HW)


def table(kinds: dict[str, list[Beside]]) -> Iterator[str]:
    yield "| cracks | measure | n | off | half of 68 % | stated u | within 1, 2 u |"
    yield "|---|---|---:|---:|---:|---:|---:|"
    for kind, several in kinds.items():
        names = ("area, share", "extent, px", "straightness", "orientation, degrees", "darkness")
        for name, column in zip(names, zip(*map(astuple, several), strict=True), strict=True):
            known = np.array([each for each in column if each is not None])
            if not len(known):
                continue
            off, stated = known.T
            half = np.diff(np.percentile(off, [16, 84]))[0] / 2
            within = " / ".join(f"{100 * np.mean(np.abs(off) <= times * stated):.0f}%" for times in (1, 2))
            middle = f"{np.median(off):+.3f} | {half:.3f} | {np.median(stated):.3f}"
            yield f"| {kind} | {name} | {len(off)} | {middle} | {within} |"


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--scenes", type=int, default=4)
    arguments.add_argument("--various", type=int, default=400)
    arguments.add_argument("--seed", type=int, default=701)
    arguments.add_argument("--write", type=Path, help="the page whose section is written anew")
    chosen = arguments.parse_args()
    scenes = {
        "plain, from 3 px": gauges(chosen.scenes, chosen.seed),
        "of every look": (draw(chosen.seed, index, SIZE_HW, crack=True) for index in range(chosen.various)),
    }
    kinds = {
        kind: [told for scene in some if (told := beside(scene, kind.startswith("plain"))) is not None]
        for kind, some in scenes.items()
    }
    asked = f"--scenes {chosen.scenes} --various {chosen.various} --seed {chosen.seed}"
    told = [f"`python benchmarks/other_measures.py {asked}`:", "", *table(kinds)]
    print("\n".join(told))
    if chosen.write is not None:
        before, rest = chosen.write.read_text(encoding="utf-8").split(BEGIN)
        text = "\n".join([f"{before}{BEGIN}", *told, f"{END}{rest.split(END)[1]}"])
        chosen.write.write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
