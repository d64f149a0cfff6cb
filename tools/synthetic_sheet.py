"""Draw contact sheets of synthetic scenes, for the eye; beside real photographs where a folder with some is named.

python tools/synthetic_sheet.py SHEET.png [--n 48] [--size 200] [--seed 12] [--start 0] [--surface brick]
    [--crack yes|no] [--mask] [--plain] [--beside FOLDER]

--mask paints the truth white over each picture; --plain leaves out what is no crack; --beside puts as many photographs
of FOLDER, cut to a square, to the right.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from fissura.data.synthetic import SURFACES, Scene, draw

GAP_PX = 3
Images = list[npt.NDArray[np.uint8]]


def photographs(folder: Path, n: int, size: int, seed: int) -> Images:
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in (".jpg", ".jpeg", ".png"))
    chosen = np.random.default_rng(seed).choice(len(paths), min(n, len(paths)), replace=False)
    found = []
    for index in chosen:
        picture = Image.open(paths[index]).convert("L")
        side = min(picture.size)
        found.append(np.asarray(picture.crop((0, 0, side, side)).resize((size, size), Image.Resampling.LANCZOS)))
    return found


def shown(scene: Scene, mask: bool) -> npt.NDArray[np.uint8]:
    return np.where(scene.mask, 255, scene.image).astype(np.uint8) if mask else scene.image


def sheet(images: Images, columns: int) -> npt.NDArray[np.uint8]:
    size = images[0].shape[0]
    rows = -(-len(images) // columns)
    canvas = np.full((rows * (size + GAP_PX), columns * (size + GAP_PX)), 255, dtype=np.uint8)
    for index, image in enumerate(images):
        top, left = (part * (size + GAP_PX) for part in divmod(index, columns))
        canvas[top : top + size, left : left + size] = image
    return canvas


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sheet", type=Path)
    parser.add_argument("--n", type=int, default=48)
    parser.add_argument("--size", type=int, default=200)
    parser.add_argument("--columns", type=int, default=8)
    parser.add_argument("--seed", type=int, default=12)
    parser.add_argument("--start", type=int, default=0)
    parser.add_argument("--surface", choices=list(SURFACES))
    parser.add_argument("--crack", choices=["yes", "no"])
    parser.add_argument("--mask", action="store_true")
    parser.add_argument("--plain", action="store_true")
    parser.add_argument("--beside", type=Path)
    options = parser.parse_args()
    crack = None if options.crack is None else options.crack == "yes"
    size_hw = (options.size, options.size)
    scenes = [
        draw(options.seed, index, size_hw, crack, options.surface, distractors=not options.plain)
        for index in range(options.start, options.start + options.n)
    ]
    canvas = sheet([shown(scene, options.mask) for scene in scenes], options.columns)
    if options.beside:
        real = sheet(photographs(options.beside, options.n, options.size, options.seed), options.columns)
        between = np.zeros((max(canvas.shape[0], real.shape[0]), 12), dtype=np.uint8)
        canvas, real = (np.pad(each, ((0, len(between) - len(each)), (0, 0))) for each in (canvas, real))
        canvas = np.hstack([canvas, between, real])
    Image.fromarray(canvas).save(options.sheet)
    print(f"{options.n} scenes in {options.sheet}")


if __name__ == "__main__":
    main()
