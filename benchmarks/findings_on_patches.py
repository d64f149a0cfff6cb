"""How often ``fissura inspect`` finds something on walls without a crack, and on cracked ones: patches of METU.

    FISSURA_DATA=data python benchmarks/findings_on_patches.py [--n 0] [--picture PATH] [--write docs/inspecting.md]

The patches of METU's grouped test split (concrete, 227 x 227 px), from whose copies nothing was learned, are inspected
as photographs, with no settings. ``--n`` is the most patches of a class (seed 12; 0: all of them). Intervals know which
patches are copies. Labels are METU's: some intact patches do show a crack; ``--picture`` shows those with the surest
findings. ``--write`` also writes what reports tell of it.
"""

from __future__ import annotations

import argparse
import json
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageDraw

import fissura
from fissura.classifier import load
from fissura.data import data_folder
from fissura.data.cracks import find_cracks
from fissura.data.photographs import PhotographSettings, open_photographs
from fissura.metrics.shares import share_of

BEGIN, END = "<!-- on patches: written by benchmarks/findings_on_patches.py -->", "<!-- end of on patches -->"
TOLD = Path(__file__).parent.parent / "src" / "fissura" / "reporting" / "findings" / "on_intact.json"
COLUMNS, ROWS, GAP = 8, 3, 4


def found_on(name: str, folder: Path) -> list[float]:
    """Probabilities of the findings of one patch."""
    return [finding.probability for finding in fissura.inspect(folder / name, load("built-in")).findings]


def row(title: str, found: list[list[float]], groups: np.ndarray, pixels: int) -> str:
    cells = []
    for least in (0.0, 0.5, 0.9):
        share = share_of(np.array([any(each >= least for each in some) for some in found]), groups)
        cells.append(f"{share.value:.1%} ({share.low:.1%} – {share.high:.1%})".replace("%", " %"))
    per_megapixel = sum(map(len, found)) / (len(found) * pixels / 1e6)
    return f"| {title} | {len(found)} | {' | '.join(cells)} | {per_megapixel:.2f} |"


def drawn(path: Path) -> Image.Image:
    """A patch beside itself with what was found on it."""
    patch = Image.open(path).convert("RGB")
    marked = patch.copy()
    for finding in fissura.inspect(path, load("built-in")).findings:
        for line in finding.lines:
            ImageDraw.Draw(marked).line([(float(x), float(y)) for y, x in line.points_rc], fill=(255, 0, 0), width=2)
    both = Image.new("RGB", (patch.width, 2 * patch.height + GAP), (255, 255, 255))
    both.paste(patch, (0, 0))
    both.paste(marked, (0, patch.height + GAP))
    return both


def sheet(paths: list[Path], to: Path) -> None:
    pairs = [drawn(path) for path in paths[: COLUMNS * ROWS]]
    width, height = pairs[0].width + GAP, pairs[0].height + 3 * GAP
    whole = Image.new("RGB", (COLUMNS * width, -(-len(pairs) // COLUMNS) * height), (255, 255, 255))
    for place, pair in enumerate(pairs):
        whole.paste(pair, (place % COLUMNS * width, place // COLUMNS * height))
    whole.resize((whole.width * 2 // 3, whole.height * 2 // 3)).save(to, quality=85)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--n", type=int, default=0)
    arguments.add_argument("--workers", type=int, default=2)
    arguments.add_argument("--picture", type=Path)
    arguments.add_argument("--write", type=Path)
    chosen = arguments.parse_args()
    folder = find_cracks(data_folder(None))
    if folder is None:
        arguments.error("no METU patches in the data folder")
    test = open_photographs(folder, PhotographSettings()).data.test
    random, lines, sure, told = np.random.default_rng(12), [], [], {}
    with ProcessPoolExecutor(chosen.workers, initializer=torch.set_num_threads, initargs=(1,)) as pool:
        for label, title in ((0, "intact"), (1, "cracked")):
            places = random.permutation(np.flatnonzero(test.labels == label))
            part = test.subset(np.sort(places[: chosen.n or None]))
            assert part.groups is not None
            found = list(pool.map(partial(found_on, folder=folder), part.names, chunksize=32))
            width, height = Image.open(folder / part.names[0]).size
            lines.append(row(title, found, part.groups, width * height))
            if label == 0:
                surest = sorted((-max(some), name) for some, name in zip(found, part.names, strict=True) if some)
                sure = [folder / name for _, name in surest]
                told = {
                    "detector": load("built-in").fingerprint,
                    "patches": len(found),
                    "megapixels": round(len(found) * width * height / 1e6),
                    "findings": sum(map(len, found)),
                }
    head = "| patches | n | with a finding | with one from 50 % on | with one from 90 % on | findings per megapixel |"
    text = "\n".join([head, "|---|---:|---:|---:|---:|---:|", *lines])
    print(text)
    if chosen.picture is not None and sure:
        sheet(sure, chosen.picture)
    if chosen.write is not None:
        page = chosen.write.read_text(encoding="utf-8")
        before, rest = page.split(BEGIN)
        asked = f" --n {chosen.n}" if chosen.n else ""
        command = f"`python benchmarks/findings_on_patches.py{asked}`:"
        written = f"{before}{BEGIN}\n{command}\n\n{text}\n{END}{rest.split(END)[1]}"
        chosen.write.write_text(written, encoding="utf-8", newline="\n")
        TOLD.write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
