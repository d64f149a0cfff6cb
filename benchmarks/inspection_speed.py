"""How long large photographs take, part by part, and beside the same network slid over overlapping tiles.

python benchmarks/inspection_speed.py [--detector built-in] [--megapixels 12] [--threads 2] [--repeats 3]
    [--patches FOLDER] [--memory-megapixels 100] [--parts-only] [--json docs/measured/inspection_speed.json]

The first photograph is drawn: concrete with one crack from side to side, as JPEG of quality 90. The second, where
``--patches`` names the folder of METU's patches, is a mosaic of them, a fifth of them cracked (chosen with seed 1):
dozens of findings. Of both the parts, ``fissura.inspect`` and the whole command ``fissura inspect`` with its report are
timed, the command with and without the start of Python and its imports. Tiles are 227 px with a
stride of half a tile, as is usual with classifiers of METU's patches: one at a time, and in batches of 32. Times are
the shortest of the repeats, wall clock and the processor's own (the fairer one on a shared machine). Memory is the
process's highest, all told, of a photograph of its own.
"""

from __future__ import annotations

import argparse
import copy
import io
import json
import math
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from fissura.classifier import Classifier, evaluating, load
from fissura.data.synthetic.gauge import gauge
from fissura.images import read_grey
from fissura.inspection import Settings
from fissura.inspection.photograph import inspect, inspected, unfitness, unlikeness, unseen
from fissura.inspection.scan import log_odds_map, window_evidence

TILE_PX = 227


def photograph(megapixels: float) -> bytes:
    """A drawn photograph of that size, in the proportions 3 to 4, as JPEG."""
    height = round(math.sqrt(megapixels * 1e6 * 3 / 4))
    pixels = gauge(1, 3, 8.0, surface="fine concrete", size_hw=(height, height * 4 // 3)).image
    return jpeg(pixels)


def jpeg(pixels: np.ndarray) -> bytes:
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "JPEG", quality=90)
    return out.getvalue()


def mosaic(patches: Path, megapixels: float) -> bytes:
    """METU's patches beside one another, a fifth of them cracked, in the proportions 3 to 4, as JPEG."""
    random = np.random.default_rng(1)
    kinds = [sorted((patches / kind).glob("*.jpg")) for kind in ("Negative", "Positive")]
    rows = max(1, round(math.sqrt(megapixels * 1e6 * 3 / 4) / TILE_PX))
    columns = max(1, round(megapixels * 1e6 / rows / TILE_PX**2))
    pixels = np.zeros((rows * TILE_PX, columns * TILE_PX, 3), dtype=np.uint8)
    for place in range(rows * columns):
        files = kinds[int(random.random() < 0.2)]
        row, column = divmod(place, columns)
        patch = Image.open(files[random.integers(len(files))]).convert("RGB").crop((0, 0, TILE_PX, TILE_PX))
        pixels[row * TILE_PX : (row + 1) * TILE_PX, column * TILE_PX : (column + 1) * TILE_PX] = np.asarray(patch)
    return jpeg(pixels)


def command_times(content: bytes, detector: str, repeats: int) -> tuple[float, float]:
    """(wall clock, processor) seconds of ``fissura inspect`` on that photograph, start and report and all."""
    times = []
    for _ in range(repeats):
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "photograph.jpg").write_bytes(content)
            before, wall = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
            command = [
                sys.executable,
                "-m",
                "fissura",
                "inspect",
                "photograph.jpg",
                "--out",
                "out",
                "--model",
                detector,
            ]
            subprocess.run(command, cwd=folder, check=True, capture_output=True)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
            times.append((time.perf_counter() - wall, spent))
    return min(each[0] for each in times), min(each[1] for each in times)


def started_times(content: bytes, detector: str, repeats: int) -> tuple[float, float]:
    """(wall clock, processor) seconds of the command where everything is imported, from the file to the written report.

    The detector's file is read anew each time.
    """
    script = (
        "import sys, time\n"
        "from fissura.cli import main\n"
        "def once(out):\n"
        "    sys.argv[1:] = ['inspect', 'photograph.jpg', '--out', out, '--model', detector]\n"
        "    wall, cpu = time.perf_counter(), time.process_time()\n"
        "    try:\n"
        "        main()\n"
        "    except SystemExit as ended:\n"
        "        assert not ended.code, ended.code\n"
        "    return time.perf_counter() - wall, time.process_time() - cpu\n"
        "detector, repeats = sys.argv[1], int(sys.argv[2])\n"
        "times = [once(f'out-{number}') for number in range(repeats + 1)]\n"
        "print(*(f'{wall} {cpu}' for wall, cpu in times), sep='\\n', file=open('times.txt', 'w'))\n"
    )
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "photograph.jpg").write_bytes(content)
        command = [sys.executable, "-c", script, detector, str(repeats)]
        subprocess.run(command, cwd=folder, check=True, capture_output=True)
        lines = (Path(folder) / "times.txt").read_text(encoding="utf-8").splitlines()
    rows = [[float(word) for word in line.split()] for line in lines[1:]]
    return min(row[0] for row in rows), min(row[1] for row in rows)


def timed(work: Callable[[], object], repeats: int) -> tuple[float, float]:
    """(wall clock, processor) seconds, the shortest of each."""
    times = []
    for _ in range(repeats):
        wall, cpu = time.perf_counter(), time.process_time()
        work()
        times.append((time.perf_counter() - wall, time.process_time() - cpu))
    return min(each[0] for each in times), min(each[1] for each in times)


def tiles(pixels: np.ndarray) -> list[tuple[int, int]]:
    """(top, left) of overlapping tiles, the last ones shifted back inside."""
    stride = TILE_PX // 2
    starts = [sorted({*range(0, side - TILE_PX, stride), side - TILE_PX}) for side in pixels.shape]
    return [(top, left) for top in starts[0] for left in starts[1]]


def slid(classifier: Classifier, pixels: np.ndarray, batch: int, layout: torch.memory_format) -> np.ndarray:
    """One answer per tile."""
    places = tiles(pixels)
    classifier.model.to(memory_format=layout)
    found = []
    with evaluating(classifier.model):
        for first in range(0, len(places), batch):
            cut = [pixels[top : top + TILE_PX, left : left + TILE_PX] for top, left in places[first : first + batch]]
            inputs = classifier.preprocessing(torch.from_numpy(np.stack(cut)))
            found.append(classifier.model(inputs.contiguous(memory_format=layout)))
    return torch.cat(found).numpy()


def memory(megapixels: float, detector: str, threads: int) -> dict[str, float]:
    """Run in a process of its own: the highest memory of one inspection, told in megabytes."""
    torch.set_num_threads(threads)
    side = round(math.sqrt(megapixels * 1e6))
    small = gauge(1, 3, 8.0, surface="fine concrete", size_hw=(1000, 1000)).image
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "large.jpg"
        script = (
            "import sys, numpy as np; from PIL import Image; "
            f"Image.fromarray(np.tile(np.load(sys.argv[1]), ({side // 1000}, {side // 1000}))).save(sys.argv[2])"
        )
        np.save(Path(folder) / "small.npy", small)  # made elsewhere, so that its memory is not counted
        subprocess.run([sys.executable, "-c", script, str(Path(folder) / "small.npy"), str(path)], check=True)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        found = inspect(path, load(detector), settings=Settings())
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    height, width = found.size_hw
    print(f"{height * width / 1e6:.0f} megapixels: highest memory {most:.0f} MB, of which {before:.0f} before reading")
    return {"megapixels": height * width / 1e6, "megabytes": most}


def told(name: str, content: bytes, classifier: Classifier, chosen: argparse.Namespace) -> dict[str, Any]:
    """Print the times of one photograph; they come back."""
    pixels = read_grey(content)
    cells = log_odds_map(classifier, pixels)
    height, width = pixels.shape
    begun = unseen(name, "0" * 64, (height, width), model=classifier.fingerprint)
    windows = window_evidence(classifier, cells)
    parts: dict[str, Callable[[], object]] = {
        "decode": lambda: read_grey(content),
        "fit to be inspected?": lambda: unfitness(pixels),
        "scan": lambda: log_odds_map(classifier, pixels),
        "windows": lambda: window_evidence(classifier, cells),
        "unlike?": lambda: unlikeness(pixels, classifier),
        "trace and measure": lambda: inspected(begun, pixels, cells, 1.0, windows),
        "fissura.inspect": lambda: inspect(content, classifier),
    }
    found = inspected(begun, pixels, cells, 1.0, windows)
    print(
        f"{name}: {height} x {width} px, {chosen.threads} threads, {len(found.findings)} findings, "
        f"{found.length.value:.0f} px"
    )
    times = {part: timed(work, chosen.repeats) for part, work in parts.items()}
    times["command, once started"] = started_times(content, chosen.detector, chosen.repeats)
    times["command, all of it"] = command_times(content, chosen.detector, chosen.repeats)
    for part, (wall, cpu) in times.items():
        print(f"  {part:24s} {wall:7.2f} s   processor {cpu:7.2f} s", flush=True)
    return {"size_hw": [height, width], "findings": len(found.findings), "seconds": times}


def memory_apart(chosen: argparse.Namespace) -> dict[str, Any]:
    """What ``memory`` finds in a process of its own; its first line is printed."""
    command = [sys.executable, __file__, "--memory-only", "--detector", chosen.detector]
    command += ["--threads", str(chosen.threads), "--memory-megapixels", str(chosen.memory_megapixels)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    print(done.stdout.splitlines()[0], flush=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--detector", default="built-in")
    arguments.add_argument("--megapixels", type=float, default=12.0)
    arguments.add_argument("--threads", type=int, default=2)
    arguments.add_argument("--repeats", type=int, default=3)
    arguments.add_argument("--memory-megapixels", type=float, default=100.0)
    arguments.add_argument("--patches", type=Path)
    arguments.add_argument("--memory-only", action="store_true")
    arguments.add_argument("--parts-only", action="store_true")
    arguments.add_argument("--json", type=Path, help="write what was measured here")
    chosen = arguments.parse_args()
    if chosen.memory_only:
        print(json.dumps(memory(chosen.memory_megapixels, chosen.detector, chosen.threads)))
        return
    os.environ["OMP_NUM_THREADS"] = str(chosen.threads)  # of the commands that are started
    # the memory first: a process begins with the highest memory of the one that starts it
    highest = memory_apart(chosen)
    torch.set_num_threads(chosen.threads)
    classifier = load(chosen.detector)
    content = photograph(chosen.megapixels)
    names = {"threads": chosen.threads, "megapixels": chosen.megapixels, "repeats": chosen.repeats}
    photographs = {"drawn wall": told("drawn wall", content, classifier, chosen)}
    if chosen.patches is not None:
        photographs["mosaic"] = told("mosaic", mosaic(chosen.patches, chosen.megapixels), classifier, chosen)
    if chosen.parts_only:
        if chosen.json is not None:
            arguments.error("--json wants all that is measured: leave out --parts-only")
        return
    pixels = read_grey(content)
    slides = [
        slid_beside(classifier, pixels, batch, layout, chosen.repeats)
        for layout, batch in (("usual", 1), ("usual", 32), ("channels last", 1), ("channels last", 32))
    ]
    measured = {
        **names,
        "photographs": photographs,
        "tiles": slides,
        "memory": highest,
    }
    if chosen.json is not None:
        chosen.json.write_text(json.dumps(measured, indent=1) + "\n", encoding="utf-8", newline="\n")


def load_again(classifier: Classifier) -> Classifier:
    """The same with a network of its own, which may be laid out otherwise."""
    return replace(classifier, model=copy.deepcopy(classifier.model))


def slid_beside(classifier: Classifier, pixels: np.ndarray, batch: int, layout: str, repeats: int) -> dict[str, Any]:
    """The same network slid over tiles, laid out in memory as usual or channels last, and the scan: seconds of both."""
    own = load_again(classifier)
    order = torch.contiguous_format if layout == "usual" else torch.channels_last
    rounds = [
        (timed(lambda: log_odds_map(classifier, pixels), 1), timed(lambda: slid(own, pixels, batch, order), 1))
        for _ in range(repeats)
    ]
    scan, slides = (tuple(min(each[side][k] for each in rounds) for k in (0, 1)) for side in (0, 1))
    count = len(tiles(pixels))
    print(
        f"{count} tiles, {layout}, {batch:2d} at a time {slides[0]:7.2f} s   processor {slides[1]:7.2f} s: "
        f"the scan takes 1/{slides[0] / scan[0]:.1f} (processor 1/{slides[1] / scan[1]:.1f})",
        flush=True,
    )
    return {"tiles": count, "layout": layout, "batch": batch, "seconds": slides, "scan": scan}


if __name__ == "__main__":
    main()
