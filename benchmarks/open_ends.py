"""How often the warning that a line goes on beyond an end of a finding is right.

    python benchmarks/open_ends.py [--scenes 160] [--seed 779]

Drawn photographs of 448 x 600 px, each with a crack, inspected with the built-in detector. Every free end of a trace
that lies on a drawn crack is looked at, where the 25 px ahead of it lie in the photograph: does the drawn crack go on
there, within a cone, and does the photograph show a line there?
"""

from __future__ import annotations

import argparse

import numpy as np
from scipy.ndimage import distance_transform_edt

from fissura.classifier import load
from fissura.data.synthetic import draw
from fissura.inspection.beyond import line_beyond
from fissura.inspection.measure import MeasuredLine, measured
from fissura.inspection.scan import log_odds_map
from fissura.inspection.trace import coarse_traces
from fissura.metrics import wilson

SIZE_HW = (448, 600)
AHEAD_PX = np.arange(6, 25)


def truly(line: MeasuredLine, end: int, away: np.ndarray) -> bool | None:
    """Whether the drawn crack goes on ahead of the end; None where it is none of a crack's or too near the border."""
    points = line.points if end == 1 else line.points[::-1]
    some = min(30, len(points))
    along = points[-1] - points[-some]
    along = along / max(float(np.hypot(*along)), 1e-9)
    places = points[-1] + AHEAD_PX[:, None] * along
    limit = np.array(away.shape) - 1
    if (places < 0).any() or (places > limit).any():
        return None
    inner = np.clip(np.rint(points[-some // 2]).astype(int), 0, limit)
    if away[tuple(inner)] > 4:
        return None
    there = away[tuple(np.rint(places).astype(int).T)] <= 1 + 0.35 * AHEAD_PX
    return bool(there.mean() > 0.85)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scenes", type=int, default=160)
    parser.add_argument("--seed", type=int, default=779)
    asked = parser.parse_args()
    classifier = load("built-in")
    told: dict[bool, list[bool]] = {True: [], False: []}
    for number in range(asked.scenes):
        scene = draw(asked.seed, 2 * number + 1, SIZE_HW, crack=True)
        away = distance_transform_edt(~scene.mask)
        traces = coarse_traces(log_odds_map(classifier, scene.image), 0.0, SIZE_HW, 30.0)
        for trace in measured(scene.image, traces)[0]:
            for line in trace.lines:
                for end in (0, 1):
                    goes_on = truly(line, end, away) if line.loose[end] else None
                    if goes_on is not None:
                        told[goes_on].append(line_beyond(scene.image, line, end, trace.sign))
    for goes_on, each in told.items():
        share = wilson(sum(each), len(each))
        what = "goes on" if goes_on else "ends"
        print(
            f"ends of traces where the drawn crack {what}: {share.n}, told to go on: {share.count}, "
            f"{100 * share.value:.0f} % ({100 * share.low:.0f} to {100 * share.high:.0f} %)"
        )


if __name__ == "__main__":
    main()
