"""How fast photographs are read: decoded once into the cache, found there again, and the lab's way, side by side.

    python benchmarks/reading.py --data-dir data --images 2000 --rounds 5
    python benchmarks/reading.py --data-dir data --images 32004 --rounds 3 --only cold warm

In each round every way reads the same sample of METU once, one way after the other, so that what else the machine does
falls on all of them. Printed are images per second: the median and the range over the rounds, and the ratio of the
medians to the lab's. All ways end in batches of 100 normalised float32 tensors.

    cold      read_folder, then open_pixels with an empty cache: decode, make grey, resize, write and sync; then batches
    warm      the same again, with the cache filled
    path      PathDataset through a DataLoader, at full size
    lab       the usual notebook: imageio (or Pillow, where it is not installed), ToPILImage, Grayscale, ToTensor,
              Normalize of torchvision, through a DataLoader, at full size
"""

from __future__ import annotations

import os
import shutil
import statistics
import tempfile
import time
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset

from fissura.data import data_folder
from fissura.data.folder import read_folder
from fissura.data.path_dataset import PathDataset
from fissura.data.pixel_cache import clean_cache
from fissura.data.pixels import open_pixels

BATCH = 100
WAYS = ("cold", "warm", "path", "lab")


class LabDataset(Dataset[tuple[torch.Tensor, int]]):
    """As in the usual notebook of the lab."""

    def __init__(self, paths: list[Path], labels: list[int]) -> None:
        from torchvision import transforms

        self.paths, self.labels = paths, labels
        steps = [transforms.ToPILImage(), transforms.Grayscale(), transforms.ToTensor()]
        self.transform = transforms.Compose([*steps, transforms.Normalize(0.5, 0.5)])
        self.read = _imread()

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, index: int) -> tuple[torch.Tensor, int]:
        return self.transform(self.read(self.paths[index])), self.labels[index]


def _imread() -> Callable[[Path], np.ndarray]:
    try:
        from imageio.v3 import imread
    except ImportError:
        from PIL import Image

        return lambda path: np.array(Image.open(path))
    return imread


def sample(source: Path, images: int, target: Path) -> Path:
    """As many of both classes, spread over the set; the whole set itself where all are asked for."""
    if images >= len(read_folder(source)):
        return source
    for name in ("Positive", "Negative"):
        paths = sorted((source / name).iterdir())
        (target / name).mkdir(parents=True)
        for index in np.linspace(0, len(paths) - 1, images // 2).astype(int):
            shutil.copy(paths[index], target / name)
    return target


def through_cache(root: Path, size_px: int, cache: Path) -> int:
    done = open_pixels(read_folder(root), (size_px, size_px), cache).images
    for start in range(0, len(done), BATCH):
        batch = torch.from_numpy(done.images[start : start + BATCH].copy()).unsqueeze(1)
        batch.to(torch.float32).div_(255).sub_(0.5).div_(0.5)
    return len(done)


def through_loader(dataset: Dataset[tuple[torch.Tensor, int]], workers: int) -> int:
    return sum(len(labels) for _, labels in DataLoader(dataset, BATCH, num_workers=workers))


def run(way: str, root: Path, size_px: int, cache: Path, workers: int) -> float:
    """Images per second."""
    if way == "cold":
        clean_cache(cache)
    start = time.perf_counter()
    if way in ("cold", "warm"):
        n = through_cache(root, size_px, cache)
    else:
        folder = read_folder(root)
        paths = [folder.path(index) for index in range(len(folder))]
        lab = LabDataset(paths, [file.label for file in folder.files]) if way == "lab" else PathDataset(folder)
        n = through_loader(lab, workers)
    return n / (time.perf_counter() - start)


def main() -> None:
    parser = ArgumentParser(description=__doc__, formatter_class=RawDescriptionHelpFormatter)
    parser.add_argument("--data-dir", type=Path)
    parser.add_argument("--images", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--size", type=int, default=112, help="height and width in the cache")
    parser.add_argument("--loader-workers", type=int, default=0)
    parser.add_argument("--only", nargs="+", choices=WAYS, default=list(WAYS))
    arguments = parser.parse_args()
    found: dict[str, list[float]] = {way: [] for way in arguments.only}
    with tempfile.TemporaryDirectory() as folder:
        root = sample(data_folder(arguments.data_dir) / "metu", arguments.images, Path(folder) / "metu")
        for _ in range(arguments.rounds):
            for way in arguments.only:
                cache = Path(folder) / "cache"
                found[way].append(run(way, root, arguments.size, cache, arguments.loader_workers))
    print(f"{arguments.images} images of METU, {arguments.rounds} rounds, {os.cpu_count()} processors, "
          f"load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "")  # fmt: skip
    for way, speeds in found.items():
        middle = statistics.median(speeds)
        ratio = f"{middle / statistics.median(found['lab']):8.1f} x lab" if "lab" in found else ""
        print(f"{way:6s} {middle:10,.0f} images/s ({min(speeds):,.0f} to {max(speeds):,.0f}) {ratio}")


if __name__ == "__main__":
    main()
