"""The highest memory of ``fissura inspect`` on one large photograph in colour, as JPEG, PNG and TIFF.

python benchmarks/inspection_memory.py [--megapixels 100] [--threads 2] [--json docs/measured/inspection_memory.json]

The photograph is a drawn wall of 1 megapixel with a crack, laid beside itself. The whole command is measured from
start to written report, in a process of its own (Linux: ``ru_maxrss``, in units of 1024 bytes; a process starts with
the highest memory of the one that starts it, so the photographs are made in another one). A gigabyte is 10^9 bytes.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import subprocess
import sys
import tempfile
from pathlib import Path

_MAKE = """
import sys
import numpy as np
import tifffile
from PIL import Image
from fissura.data.synthetic.gauge import gauge
folder, side = sys.argv[1], int(sys.argv[2])
small = gauge(1, 3, 8.0, surface="fine concrete", size_hw=(1000, 1000)).image
wall = np.repeat(np.tile(small, (side, side))[..., None], 3, axis=2)
Image.fromarray(wall).save(f"{folder}/JPEG.jpg", quality=90)
Image.fromarray(wall).save(f"{folder}/PNG.png", compress_level=1)
tifffile.imwrite(f"{folder}/TIFF, in strips.tif", wall, photometric="rgb", rowsperstrip=64)
tifffile.imwrite(f"{folder}/TIFF, tiled, deflated.tif", wall, photometric="rgb", tile=(256, 256), compression="zlib")
"""
_MEASURE = """
import resource, subprocess, sys
done = subprocess.run([sys.executable, "-m", "fissura", "inspect", *sys.argv[1:]], capture_output=True, text=True)
assert done.returncode == 0, done.stderr
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024)
"""


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--megapixels", type=float, default=100.0)
    arguments.add_argument("--threads", type=int, default=2)
    arguments.add_argument("--json", type=Path, help="write what was measured here")
    chosen = arguments.parse_args()
    os.environ["OMP_NUM_THREADS"] = str(chosen.threads)  # of the commands that are started
    side = max(1, round(math.sqrt(chosen.megapixels)))
    gigabytes: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-c", _MAKE, folder, str(side)], check=True)
        for path in sorted(Path(folder).iterdir()):
            command = [sys.executable, "-c", _MEASURE, str(path), "--out", f"{folder}/{path.stem}"]
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            gigabytes[path.stem] = round(int(done.stdout) / 1e9, 2)
            print(f"{side * side} megapixels, {path.stem}: {gigabytes[path.stem]:.2f} GB", flush=True)
    if chosen.json is not None:
        measured = {"megapixels": side * side, "threads": chosen.threads, "gigabytes": gigabytes}
        chosen.json.write_text(json.dumps(measured, indent=1) + "\n", encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
