"""What one training step takes, by network, threads, allocator and waiting policy, each in a process of its own.

    python benchmarks/step_time.py --rounds 3

Settings of a group alternate; printed is each one's median over the rounds of the median over 200 steps of 64 images.
``by-hand`` is the regression with its gradient written out instead of ``backward()`` and ``optimiser.step()``.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time

GROUPS = {
    "allocator, CNN 1, 2 threads": [("cnn1", 2, "default", "30000"), ("cnn1", 2, "keep", "30000")],
    "allocator, CNN 2, 2 threads": [("cnn2", 2, "default", "30000"), ("cnn2", 2, "keep", "30000")],
    "rounds of spinning, CNN 1": [("cnn1", 2, "keep", spins) for spins in ("0", "30000", "300000")],
    "rounds of spinning, CNN 2": [("cnn2", 2, "keep", spins) for spins in ("0", "30000", "300000")],
    "threads, regression": [("multinomial", 1, "keep", "30000"), ("multinomial", 2, "keep", "30000")],
    "gradient, regression": [("multinomial", 1, "keep", "30000"), ("by-hand", 1, "keep", "30000")],
}


def measure(network: str, threads: int, allocator: str) -> float:
    """Median seconds of a step, batch fetched and normalised as ``fit()`` does it."""
    import torch
    import torch.nn.functional as F  # noqa: N812 - its customary name

    from fissura.classifier import Preprocessing
    from fissura.models import build
    from fissura.training.device import keep_freed_memory

    torch.set_num_threads(threads)
    if allocator == "keep":
        keep_freed_memory()
    model = build("multinomial" if network == "by-hand" else network, (28, 28), 10)
    model.to(memory_format=torch.channels_last)
    optimiser = torch.optim.SGD(model.parameters(), lr=0.01, fused=True)
    pixels, labels = torch.randint(0, 256, (6400, 28, 28), dtype=torch.uint8), torch.randint(0, 10, (6400,))
    prepare = Preprocessing((28, 28), 0.1307, 0.3081)
    weight, bias = torch.zeros(784, 10), torch.zeros(10)

    def step(chosen: torch.Tensor) -> None:
        inputs = prepare(pixels.index_select(0, chosen)).contiguous(memory_format=torch.channels_last)
        targets = labels.index_select(0, chosen)
        if network == "by-hand":
            flat = inputs.flatten(1)
            error = torch.softmax(torch.addmm(bias, flat, weight), dim=1)
            error[torch.arange(len(targets)), targets] -= 1
            weight.addmm_(flat.T, error, alpha=-0.01 / len(targets))
            bias.add_(error.sum(0), alpha=-0.01 / len(targets))
            return
        optimiser.zero_grad()
        F.cross_entropy(model(inputs), targets).backward()
        optimiser.step()

    times = []
    for number in range(230):
        began = time.perf_counter()
        step(torch.arange(64) + 64 * (number % 100))
        times.append(time.perf_counter() - began)
    return statistics.median(times[30:])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--one", nargs=3, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.one:
        print(measure(asked.one[0], int(asked.one[1]), asked.one[2]))
        return
    for title, settings in GROUPS.items():
        found: dict[tuple[str, int, str, str], list[float]] = {setting: [] for setting in settings}
        for _ in range(asked.rounds):
            for setting in settings:
                network, threads, allocator, spins = setting
                command = [sys.executable, __file__, "--one", network, str(threads), allocator]
                environment = {**os.environ, "GOMP_SPINCOUNT": spins}
                done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
                found[setting].append(float(done.stdout))
        print(title)
        for (network, threads, allocator, spins), seconds in found.items():
            print(
                f"  {network:12} threads {threads}  {allocator:8} spins {spins:>6}  "
                f"{1000 * statistics.median(seconds):7.3f} ms ({1000 * min(seconds):.3f} to {1000 * max(seconds):.3f})",
                flush=True,
            )


if __name__ == "__main__":
    main()
