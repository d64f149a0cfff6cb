"""Finds the weights of ``fissura.inspection.doubt`` on drawn cracks of every look, and says what they do on others.

    python benchmarks/width_doubt.py [--scenes 120] [--gauges 40] [--seed 3] [--others 4] [--workers 2]

The uncertainty of a width is the root of a sum of squares, each of a reason for doubt by its weight. The weights are
those under which the errors of the scenes of ``--seed`` are most probable, as a t distribution of seven degrees of
freedom (the errors have longer tails than a Gaussian), every scene counting by the root of its number of places; a weak
prior keeps reasons that say the same from taking all of each other's weight. The
scenes of ``--others`` had no part in it.
"""

from __future__ import annotations

import argparse
from concurrent.futures import ProcessPoolExecutor
from functools import partial

import numpy as np
from measuring import CAMERAS, SIZE_HW, SURFACES, WIDTHS, Truth, perfect_map
from scipy.optimize import minimize

from fissura.data.synthetic import Scene, draw
from fissura.data.synthetic.gauge import gauge
from fissura.inspection.doubt import WEIGHTS
from fissura.inspection.edges import ANY_BLUR_PX
from fissura.inspection.findings import FIT, findings, of_model
from fissura.inspection.measure import measured
from fissura.inspection.profiles import smoothed
from fissura.inspection.trace import coarse_traces

FREEDOM = 7.0
USUAL, PULL = 0.5, 0.5  # weights are drawn towards the one, as if by so much of the other's evidence


def places(scene: Scene) -> np.ndarray:
    """``(n, 4 + m)``: error of each measured place, true width, fit's and model's uncertainty, reasons for doubt."""
    traces, blur = measured(scene.image, coarse_traces(perfect_map(scene.mask), 0.0, SIZE_HW, 24.0))
    found = findings(traces, SIZE_HW, "0" * 64, ANY_BLUR_PX if blur is None else blur[0])
    measures = {id(line.points): line for trace in traces for line in trace.lines}
    truth = Truth.of(scene)
    rows = []
    for each in (line for finding in found for line in finding.lines):
        line = measures[id(each.points_rc)]
        width, told = truth.at(each.points_rc)
        ok = told & np.isfinite(each.width_px)
        model = of_model(smoothed(line.width, 8.0), ANY_BLUR_PX if blur is None else blur[0])
        columns = [each.width_px - width, width, FIT * line.error, model, *line.reasons.T]
        rows.append(np.stack(columns, axis=1)[ok])
    return np.concatenate(rows) if rows else np.zeros((0, 4 + len(WEIGHTS)))


def various(index: int, seed: int) -> np.ndarray:
    return places(draw(seed, index, SIZE_HW, crack=True))


def plain(index: int, seed: int) -> np.ndarray:
    """A gauge of some width from 2 px, camera and surface."""
    random = np.random.default_rng([seed, index])
    camera = CAMERAS[str(random.choice(list(CAMERAS)))]
    width = float(random.choice(WIDTHS[1:]))
    return places(gauge(seed, index, width, camera, SURFACES[index % len(SURFACES)], SIZE_HW))


def likeliest(rows: np.ndarray, scene: np.ndarray) -> np.ndarray:
    """``(1 + m,)`` weights of the fit and of the reasons."""
    _, which, counts = np.unique(scene, return_inverse=True, return_counts=True)
    counts_for = 1 / np.sqrt(counts[which])
    error, model = rows[:, 0], rows[:, 3]
    squares = rows[:, [2, *range(4, rows.shape[1])]] ** 2

    def surprise(logs: np.ndarray) -> tuple[float, np.ndarray]:
        variance = model**2 + squares @ np.exp(logs)
        share = error**2 / variance / FREEDOM
        value = counts_for * (0.5 * np.log(variance) + (FREEDOM + 1) / 2 * np.log1p(share))
        slope = counts_for * (0.5 - (FREEDOM + 1) / 2 * share / (1 + share)) / variance
        away = logs - 2 * np.log(USUAL)
        pulled = (squares * slope[:, None]).sum(axis=0) * np.exp(logs) + 2 * PULL * away
        return float(value.sum() + PULL * (away**2).sum()), pulled

    start = np.full(squares.shape[1], np.log(0.05))
    found = minimize(surprise, start, jac=True, method="L-BFGS-B", bounds=[(-12.0, 3.0)] * len(start))
    return np.asarray(np.exp(found.x / 2))


def said(title: str, rows: np.ndarray, weights: np.ndarray) -> None:
    error, true = rows[:, 0], rows[:, 1]
    stated = np.sqrt(rows[:, 3] ** 2 + (rows[:, [2, *range(4, rows.shape[1])]] ** 2) @ weights**2)
    for low, high in ((0, 99), (2, 3), (3, 4), (4, 6), (6, 10), (10, 16), (16, 99)):
        some = (true >= low) & (true < high)
        if some.sum() > 50:
            share = np.abs(error[some]) / stated[some]
            print(
                f"{title:14s} {low:2d}-{high:2d} px: {some.sum():6d} places, off {np.median(error[some]):+.2f}, 1 sd "
                f"{np.quantile(np.abs(error[some]), 0.683):.2f}, stated {np.median(stated[some]):.2f} in the middle, "
                f"within 1, 2, 3: {np.mean(share < 1):.0%} {np.mean(share < 2):.0%} {np.mean(share < 3):.0%}"
            )


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--scenes", type=int, default=120)
    arguments.add_argument("--gauges", type=int, default=40)
    arguments.add_argument("--seed", type=int, default=3)
    arguments.add_argument("--others", type=int, default=4)
    arguments.add_argument("--workers", type=int, default=2)
    chosen = arguments.parse_args()
    parts: dict[tuple[str, int], list[np.ndarray]] = {}
    with ProcessPoolExecutor(chosen.workers) as pool:
        for seed in (chosen.seed, chosen.others):
            parts["various", seed] = list(pool.map(partial(various, seed=seed), range(chosen.scenes)))
            parts["plain", seed] = list(pool.map(partial(plain, seed=seed), range(chosen.gauges)))
    tuned = parts["various", chosen.seed] + parts["plain", chosen.seed]
    weights = likeliest(np.concatenate(tuned), np.repeat(np.arange(len(tuned)), [len(each) for each in tuned]))
    stated = np.array([1.0, *WEIGHTS.values()])
    for name, found, used in zip(["fit", *WEIGHTS], weights, stated, strict=True):
        print(f"{name:18s} likeliest {found:.2f}, in use {used:.2f}")
    for (title, seed), rows in parts.items():
        said(f"{title} {seed}", np.concatenate(rows), stated)
        said("  (likeliest)", np.concatenate(rows), weights)


if __name__ == "__main__":
    main()
