"""Measured traces to findings: the numbers of each crack with their uncertainty, its mask and its id."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from fissura.inspection.measure import MeasuredTrace
from fissura.inspection.outline import crack_mask
from fissura.inspection.places import judged
from fissura.inspection.quantities import area, darkness, extent_and_straightness, length, orientation, summed_up
from fissura.inspection.record import Finding, Line, Points, Quantity

LEAST_DARKNESS = 0.38
"""Nor are those of cracks in which less of the light is missing: damp and dirt beside a hairline look so, and the
fit takes their width for its own (drawn hairlines of 1 to 3 px in a damp halo came out 8 px wide, at 0.34 to 0.37)."""

_COARSE_ID_PX = 8

ODDS_LINE = (1.14, -0.58)
"""What findings of the built-in detector are worth: of mean log-odds z they are cracks with log-odds of 1.14 z - 0.58.

Cells above a threshold make a trace, so the mean over them flatters. Of 925 findings on 1,000 drawn scenes, half of
them without a crack, at the usual threshold: benchmarks/finding_reliability.py; checked on others in docs/measuring.md.
"""

ODDS_LINE_OF = "7dac85270f50d1d44ae053db4c5e2ca4b2f83b6e8e8f78689b4a7f0db4b9c149"
"""Fingerprint of the detector that the line was found with; of another one's findings the mean is told as it is."""


def findings(
    traces: Sequence[MeasuredTrace],
    size_hw: tuple[int, int],
    sha256: str,
    blur: float,
    detector: str = "",
) -> tuple[Finding, ...]:
    """The findings, the longest first.

    Args:
        traces: of the photograph.
        size_hw: its (height, width).
        sha256: of its content, for the ids.
        blur: standard deviation of its blur, px.
        detector: fingerprint of the classifier whose map it was.
    """
    line = ODDS_LINE if detector == ODDS_LINE_OF else (1.0, 0.0)
    order = sorted(traces, key=lambda trace: -sum(line.length for line in trace.lines))
    found: list[Finding] = []
    taken: set[str] = set()
    for trace in order:
        identity = _identity(trace, sha256)
        number = 1
        while identity in taken:  # two so alike that their rounded places coincide: told apart by their order
            number += 1
            identity = _identity(trace, f"{sha256}{number}")
        taken.add(identity)
        found.append(_finding(trace, identity, size_hw, blur, probability(trace.log_odds.mean(), line)))
    return tuple(found)


def _identity(trace: MeasuredTrace, sha256: str) -> str:
    points = trace.lines[0].points
    places = points[[0, len(points) // 2, -1]]
    ends = sorted(np.rint(places / _COARSE_ID_PX).astype(int).tolist())
    return hashlib.sha256(f"{sha256}{ends}".encode()).hexdigest()[:12]


def probability(log_odds: float, line: tuple[float, float]) -> float:
    """That a trace is a crack, where the map's mean along it is ``log_odds``, by ``line``: slope and shift."""
    slope, shift = line
    return 1 / (1 + math.exp(-float(np.clip(slope * log_odds + shift, -30, 30))))


def _finding(trace: MeasuredTrace, identity: str, size_hw: tuple[int, int], blur: float, believed: float) -> Finding:
    widths = judged(trace.lines, blur)
    width_mean, width_p95, width_max, where = summed_up(trace.lines, widths, size_hw)
    if trace.sign > 0 and trace.darkness < LEAST_DARKNESS:
        widths = [replace(each, ok=np.zeros_like(each.ok)) for each in widths]
        if width_max.measurable or width_mean.measurable:
            width_mean = width_p95 = width_max = Quantity(None, None, "px", "hidden")
            where = None
    main = trace.lines[0]
    box, mask = crack_mask([(line.points, line.width) for line in trace.lines], size_hw)
    extent, straightness = extent_and_straightness(main)
    return Finding(
        id=identity,
        probability=believed,
        lines=tuple(
            Line(line.points, np.where(each.ok, each.value, np.nan), np.where(each.ok, each.error, np.nan))
            for line, each in zip(trace.lines, widths, strict=True)
        ),
        length=length(trace.lines),
        width_mean=width_mean,
        width_p95=width_p95,
        width_max=width_max,
        width_max_rc=where,
        orientation=orientation(main),
        extent=extent,
        area=area(trace.lines, widths) if width_mean.measurable else replace(width_mean, unit="px2"),
        branches=len(trace.lines) - 1,
        straightness=straightness,
        darkness=replace(width_max, unit="") if width_max.reason == "narrow" else darkness(trace),
        box_rc=box,
        mask=mask,
        warnings=_warnings(trace, size_hw, width_mean, straightness),
    )


def _warnings(
    trace: MeasuredTrace, size_hw: tuple[int, int], width: Quantity, straightness: Quantity
) -> tuple[str, ...]:
    main = trace.lines[0]
    ends: Points = np.concatenate([line.points[[0, -1]] for line in trace.lines])
    limit = np.array(size_hw) - 1.0
    found = []
    if np.median(main.depth / np.maximum(main.background, 1.0)) < 0.15:
        found.append("faint")
    if ((ends < 3.0) | (ends > limit - 3.0)).any():
        found.append("cut")
    if trace.goes_on:
        found.append("continues")
    if trace.sign < 0:
        found.append("bright")
    even = width.value is not None and float(np.std(main.width)) < 0.08 * width.value + 0.1
    if straightness.value is not None and straightness.value > 0.998 and main.length > 150 and even:
        found.append("straight")
    return tuple(found)
