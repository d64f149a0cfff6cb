"""How long a command takes that does next to nothing, and what of it is saved from Python's search for garbage.

python benchmarks/start_time.py [--repeats 7]

``import torch`` alone, ``fissura --help`` (which does not import it) and ``fissura predict`` of one drawn image of 64
px, the last with garbage collected as Python usually does, too: the command line searches more seldom, and at its end
not again. In turns, one thread each; the shortest of the repeats, wall clock and the processor's own seconds.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from PIL import Image

from fissura.data.synthetic import draw

_USUAL = "import gc; gc.freeze = gc.set_threshold = lambda *_: None; from fissura.cli import main; main()"


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--repeats", type=int, default=7)
    repeats = arguments.parse_args().repeats
    with tempfile.TemporaryDirectory() as folder:
        image = Path(folder) / "wall.png"
        Image.fromarray(draw(1, 1, (64, 64), crack=True).image).save(image)
        commands = {
            "import torch": ["-c", "import torch"],
            "fissura --help": ["-m", "fissura", "--help"],
            "fissura predict": ["-m", "fissura", "predict", str(image)],
            "the same, garbage as usual": ["-c", _USUAL, "predict", str(image)],
        }
        times: dict[str, list[tuple[float, float]]] = {name: [] for name in commands}
        for _ in range(repeats):
            for name, command in commands.items():
                times[name].append(_seconds(command))
    print(f"{'':28}{'wall, s':>10}{'processor, s':>14}")
    for name, each in times.items():
        wall, processor = (min(column) for column in zip(*each, strict=True))
        print(f"{name:28}{wall:10.2f}{processor:14.2f}")


def _seconds(command: list[str]) -> tuple[float, float]:
    """(wall clock, processor) of a Python of its own."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    subprocess.run([sys.executable, *command], check=True, capture_output=True, env=environment)
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    main()
