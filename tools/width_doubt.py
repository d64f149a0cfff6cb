"""Teaches the network that says how uncertain a measured width is; writes the file that is shipped.

    python tools/width_doubt.py src/fissura/weights/doubt.safetensors [--scenes 4800] [--gauges 1200] [--epochs 16]
        [--hidden 32] [--seed 2001] [--workers 2]

Cracks are drawn as various as the generator draws them, and as gauges of one width each (1.8 to 33 px, eight cameras,
four surfaces); each is measured on a perfect detector's map. The network is shown what a line's profiles look like and
taught how far the measured width lies off the true one. Scenes of another seed, on which nothing is taught, say what it
is worth, and by how much its uncertainties are to be stretched so that 68 % of errors lie within one and 95 % within
two. docs/measuring.md is measured on scenes of yet another seed. Same seeds, same machine: same file.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save
from scipy.spatial import cKDTree
from torch import Tensor, nn

from fissura.data.synthetic import Scene, draw
from fissura.data.synthetic.gauge import gauge
from fissura.files import write_whole
from fissura.inspection import doubt
from fissura.inspection.findings import LEAST_DARKNESS
from fissura.inspection.fits import fits_of
from fissura.inspection.measure import measured_line
from fissura.inspection.places import (
    LEAST_SIGNAL,
    MOST_ERROR,
    MOST_ERROR_PX,
    NARROWEST_BLURS,
    NARROWEST_PX,
    places_to_measure,
)
from fissura.inspection.second_look import second_look
from fissura.inspection.straight import STRIDE
from fissura.inspection.trace import coarse_traces

sys.path.insert(0, str(Path(__file__).parent.parent / "benchmarks"))
from measuring import CAMERAS, SIZE_HW, SURFACES, Truth, perfect_map

OTHERS = 2  # seeds after the first: what is judged on has no scene in common with what is taught
NARROWEST_TAUGHT_PX = 1.5
CROP = 96  # fits of a line in one lesson
BATCH = 32
FREEDOM = 6.0  # of the t distribution
TURNS = 20
MOST_RATE, DECAY = 4e-3, 1e-3


@dataclass(frozen=True, eq=False)
class Taught:
    """A measured line: what the network sees of it, and how much wider it truly is; ``counts`` where that is known."""

    right: np.ndarray
    left: np.ndarray
    unit: np.ndarray
    wider: np.ndarray
    counts: np.ndarray
    measurable: np.ndarray
    width: np.ndarray
    lit: bool | None


def lines_of(scene: Scene, lit: bool | None) -> list[Taught]:
    traces = coarse_traces(perfect_map(scene.mask), 0.0, SIZE_HW, 24.0)
    fits, truth, taught = fits_of(scene.image, traces), Truth.of(scene), []
    for lines, (darkness, _) in zip(fits.lines, fits.darkness, strict=True):
        done = [measured_line(line, fit, fits.blur_px, SIZE_HW) for line, fit in lines]
        places = places_to_measure(done)
        for index, (line, fit) in enumerate(lines):
            left, right = second_look(line.profiles, fit, fits.blur_px)
            shown = doubt.shown(line.profiles, fit, left, right, fits.blur_px)
            at = line.points[::STRIDE][: len(left)] + line.profiles.normals * ((left + right) / 2)[:, None]
            off, nearest = cKDTree(done[index].points).query(at)
            true, told = truth.at(done[index].points[nearest])
            counts = told & places[index][nearest] & (off < 3) & (true > NARROWEST_TAUGHT_PX)
            wide = right - left >= max(NARROWEST_PX, NARROWEST_BLURS * fits.blur_px)
            measurable = wide & (done[index].signal[nearest] >= LEAST_SIGNAL) & (darkness >= LEAST_DARKNESS)
            if counts.sum() > 5:
                of_right, of_left = (each.astype(np.float16) for each in doubt.inputs(shown))
                wider = np.where(counts, true - (right - left), 0.0)
                taught.append(Taught(of_right, of_left, shown.unit, wider, counts, measurable, true, lit))
    return taught


def various(index: int, seed: int) -> list[Taught]:
    scene = draw(seed, index, SIZE_HW, crack=True)
    return lines_of(scene, scene.look.lit_wall > 0 or scene.look.rubble > 0)


def plain(index: int, seed: int) -> list[Taught]:
    random = np.random.default_rng([seed, index])
    camera = CAMERAS[str(random.choice(list(CAMERAS)))]
    width = float(np.exp(random.uniform(np.log(1.8), np.log(33.0))))
    return lines_of(gauge(seed, index, width, camera, SURFACES[index % len(SURFACES)], SIZE_HW), None)


class DoubtNet(nn.Module):
    """As ``fissura.inspection.doubt`` reckons it; input ``(n, c, length)``, of either edge."""

    def __init__(self, channels: int, hidden: int) -> None:
        super().__init__()
        taps = doubt.KERNEL
        self.layers = nn.ModuleList(
            nn.Conv1d(hidden if k else channels, hidden, taps, padding=taps // 2 * each, dilation=each)
            for k, each in enumerate(doubt.DILATIONS)
        )
        self.doubt, self.scale = nn.Conv1d(hidden, hidden, 1), nn.Conv1d(hidden, 1, 1)
        nn.init.zeros_(self.scale.weight)
        nn.init.zeros_(self.scale.bias)

    def forward(self, right: Tensor, left: Tensor, there: Tensor) -> Tensor:
        """Log of the uncertainty ``(n, length)`` in units, where ``there`` ``(n, 1, length)`` is 1."""
        one, other = (torch.relu(self.doubt(self._of_edge(each, there))) for each in (right, left))
        return torch.clamp(self.scale(one + other)[:, 0], -4.0, 4.0)

    def _of_edge(self, x: Tensor, there: Tensor) -> Tensor:
        for number, layer in enumerate(self.layers):
            after = torch.relu(layer(x))
            x = (after if number == 0 else x + after) * there
        return x


def surprise(log_scale: Tensor, wider: Tensor, counts: Tensor) -> Tensor:
    """Mean negative log-likelihood of what is missing of each width, in units, by a t distribution."""
    share = wider / log_scale.exp()
    each = log_scale + (FREEDOM + 1) / 2 * torch.log1p(share**2 / FREEDOM)
    return (each * counts).sum() / counts.sum().clamp(min=1.0)


def lesson(lines: list[Taught], random: np.random.Generator) -> tuple[Tensor, ...]:
    """Pieces of ``lines``, half of them turned over, half turned round: (right, left, there, wider, counts)."""
    channels = lines[0].right.shape[1]
    sides = np.zeros((2, len(lines), CROP, channels), dtype=np.float32)
    there, wider, counts = (np.zeros((len(lines), CROP), dtype=np.float32) for _ in range(3))
    for k, line in enumerate(lines):
        start = int(random.integers(0, max(1, len(line.unit) - CROP + 1)))
        some = slice(start, start + CROP)
        length = len(line.unit[some])
        turn = slice(None, None, -1 if random.random() < 0.5 else 1)
        order = (0, 1) if random.random() < 0.5 else (1, 0)
        for side, values in zip(order, (line.right, line.left), strict=True):
            sides[side, k, :length] = values[some][turn]
        there[k, :length] = 1.0
        wider[k, :length] = (line.wider / line.unit)[some][turn]
        counts[k, :length] = line.counts[some][turn]
    right, left = torch.from_numpy(sides).transpose(2, 3)
    return right, left, *(torch.from_numpy(each) for each in (there[:, None], wider, counts))


def teach(lines: list[Taught], hidden: int, epochs: int, seed: int) -> DoubtNet:
    """Every line is drawn as often as the root of its places: neighbours say much the same."""
    torch.manual_seed(seed)
    torch.set_num_threads(1)  # a sum of parts depends on how many there are
    net = DoubtNet(lines[0].right.shape[1], hidden)
    steps = epochs * len(lines) // BATCH
    optimizer = torch.optim.AdamW(net.parameters(), MOST_RATE, weight_decay=DECAY)
    rate = torch.optim.lr_scheduler.OneCycleLR(optimizer, MOST_RATE, total_steps=steps)
    random = np.random.default_rng(seed)
    share = np.sqrt([each.counts.sum() for each in lines])
    lost, began = 0.0, time.monotonic()
    for step in range(1, steps + 1):
        chosen = random.choice(len(lines), BATCH, p=share / share.sum())
        right, left, there, wider, counts = lesson([lines[k] for k in chosen], random)
        loss = surprise(net(right, left, there), wider, counts)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step()
        rate.step()
        lost += (float(loss.detach()) - lost) / min(step, 200)
        if step % max(1, steps // 10) == 0:
            print(f"step {step} of {steps}: surprise {lost:.3f}, {time.monotonic() - began:.0f} s", flush=True)
    return net.eval()


@torch.no_grad()
def of_lines(net: DoubtNet, lines: list[Taught]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(errors, their uncertainties not stretched yet, measured widths) of all places that are wide and dark enough."""
    found = []
    for line in lines:
        right, left = (torch.from_numpy(each.astype(np.float32).T[None]) for each in (line.right, line.left))
        log_scale = net(right, left, torch.ones(1, 1, right.shape[2]))[0].double().numpy()
        some = line.counts & line.measurable
        columns = (-line.wider, np.exp(log_scale) * line.unit, line.width - line.wider)
        found.append(np.stack(columns, axis=1)[some])
    error, scale, width = np.concatenate(found).T
    return error, scale, width


def clear(uncertainty: np.ndarray, width: np.ndarray) -> np.ndarray:
    """Which widths are called measured, as in ``fissura.inspection.findings``."""
    return uncertainty <= np.maximum(MOST_ERROR_PX, MOST_ERROR * width)


def stretched(lines: list[Taught], net: DoubtNet) -> float:
    """By how much uncertainties are stretched: 68.3 % at least within one and 95.4 % within two of them.

    Those that are called measured count, and which they are depends on the stretched uncertainty: found in turns.
    """
    error, scale, width = of_lines(net, lines)
    share, spread = np.abs(error) / scale, 1.0
    for _ in range(TURNS):
        told = share[clear(spread * scale, width)]
        spread = float(max(np.quantile(told, 0.683), np.quantile(told, 0.954) / 2))
    return spread


def said(title: str, lines: list[Taught], net: DoubtNet, spread: float) -> str:
    error, scale, width = of_lines(net, lines)
    told = clear(spread * scale, width)
    places, error, scale = len(error), error[told], spread * scale[told]
    share = np.abs(error) / scale
    return (
        f"{title}: {places} places, {np.mean(told):.0%} with clear edges; off {np.median(error):+.2f} px, 1 sd "
        f"{np.quantile(np.abs(error - np.median(error)), 0.683):.2f} px; stated {np.median(scale):.2f} in the middle; "
        f"within 1, 2, 3: {np.mean(share < 1):.0%} {np.mean(share < 2):.0%} {np.mean(share < 3):.0%}"
    )


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("file", type=Path)
    arguments.add_argument("--scenes", type=int, default=4800)
    arguments.add_argument("--gauges", type=int, default=1200)
    arguments.add_argument("--epochs", type=int, default=16)
    arguments.add_argument("--hidden", type=int, default=32)
    arguments.add_argument("--seed", type=int, default=2001)
    arguments.add_argument("--workers", type=int, default=2)
    chosen = arguments.parse_args()
    parts = measured_parts(chosen)
    net = teach(parts["various"] + parts["plain"], chosen.hidden, chosen.epochs, chosen.seed)
    judged = {name: parts[f"{name}, judged"] for name in ("various", "plain")}
    spread = stretched(judged["various"] + judged["plain"], net)
    judged["lit wall or rubble"] = [each for each in judged["various"] if each.lit]
    judged["no lit wall"] = [each for each in judged["various"] if not each.lit]
    log = [said(title, lines, net, spread) for title, lines in judged.items()]
    print("\n".join(log))
    taught = {name: getattr(chosen, name) for name in ("scenes", "gauges", "epochs", "hidden", "seed")}
    header = json.dumps({"taught": taught, "spread": spread, "judged": log}, sort_keys=True)
    state = {name: value.detach().contiguous() for name, value in net.state_dict().items()}
    write_whole(chosen.file, save({**state, "spread": torch.tensor([spread])}, metadata={"fissura": header}))


def measured_parts(chosen: argparse.Namespace) -> dict[str, list[Taught]]:
    """Lines of scenes of each kind: to be taught on, and under ``..., judged`` of others."""
    parts = {}
    with ProcessPoolExecutor(chosen.workers, initializer=torch.set_num_threads, initargs=(1,)) as pool:
        for name, one, count in (("various", various, chosen.scenes), ("plain", plain, chosen.gauges)):
            for title, more, some in ((name, 0, count), (f"{name}, judged", OTHERS, max(20, count // 16))):
                found = pool.map(partial(one, seed=chosen.seed + more), range(some), chunksize=8)
                parts[title] = [line for lines in found for line in lines]
                print(f"{title}: {some} scenes, {len(parts[title])} lines", flush=True)
    return parts


if __name__ == "__main__":
    main()
