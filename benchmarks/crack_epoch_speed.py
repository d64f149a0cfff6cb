"""One epoch of crack training beside the lab's own way, and what of the difference comes from data and from the model.

    python benchmarks/crack_epoch_speed.py --images 600 --rounds 3 --json docs/measured/crack_speed.json

The lab's way opens each file with imageio, converts it to grey, to a tensor, and normalises it, image by image in a
``Dataset`` behind a ``DataLoader`` (batches of 100), and trains a plain network of four convolutions on 227 x 227
pixels with Adam. Ours trains its own network on the decoded store at 112 x 112. Both in turn, in every round.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import tempfile
import time
from pathlib import Path

os.environ.setdefault("GOMP_SPINCOUNT", "30000")  # as the command line sets it

import imageio.v3 as imageio
import numpy as np
import torch
from PIL import Image
from torch import nn
from torch.utils.data import DataLoader, Dataset
from torchvision.transforms import Compose, Grayscale, Normalize, ToTensor

from fissura.data import data_folder
from fissura.data.cracks import find_cracks
from fissura.data.folder import ImageFolder, read_folder
from fissura.data.labelled import LabelledImages
from fissura.data.pixels import open_pixels
from fissura.training import RECIPES, Recipe, train


class LabDataset(Dataset):
    """The handout's: a path is opened when its image is asked for."""

    def __init__(self, folder: ImageFolder, indices: np.ndarray) -> None:
        self.folder, self.indices = folder, indices
        self.transform = Compose([Image.fromarray, Grayscale(), ToTensor(), Normalize((0.5,), (0.5,))])

    def __len__(self) -> int:
        return len(self.indices)

    def __getitem__(self, index: int) -> tuple[torch.Tensor, float]:
        chosen = int(self.indices[index])
        return self.transform(imageio.imread(self.folder.path(chosen))), float(self.folder.files[chosen].label)


def lab_network() -> nn.Module:
    """Four convolutions, each with ReLU and pooling, and a dense layer to a single cell."""
    layers: list[nn.Module] = []
    channels = 1
    for filters in (16, 32, 64, 64):
        layers += [nn.Conv2d(channels, filters, 3), nn.ReLU(), nn.MaxPool2d(2)]
        channels = filters
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(64 * 12 * 12, 1))


def lab_epoch(dataset: LabDataset) -> tuple[float, float]:
    """(seconds of an epoch, seconds of it spent waiting for data)."""
    torch.manual_seed(12)
    model, loss = lab_network(), nn.BCEWithLogitsLoss()
    optimiser = torch.optim.Adam(model.parameters(), lr=1e-3)
    began, waited = time.perf_counter(), 0.0
    batches = iter(DataLoader(dataset, batch_size=100, shuffle=True))
    while True:
        asked = time.perf_counter()
        batch = next(batches, None)
        waited += time.perf_counter() - asked
        if batch is None:
            return time.perf_counter() - began, waited
        optimiser.zero_grad()
        loss(model(batch[0])[:, 0], batch[1].float()).backward()
        optimiser.step()


def our_epoch(images: LabelledImages, recipe: Recipe) -> float:
    return sum(train("crack", images, recipe, device="cpu").history.seconds)


def gathering(images: LabelledImages, recipe: Recipe) -> float:
    """Seconds to order, gather and normalise an epoch of batches, without any network."""
    pixels = torch.tensor(images.images)
    began = time.perf_counter()
    order = torch.randperm(len(pixels))
    for start in range(0, len(pixels), recipe.batch_size):
        chosen = pixels.index_select(0, order[start : start + recipe.batch_size])
        chosen.unsqueeze(1).to(torch.float32).div(255).sub_(0.5).div_(0.5)
    return time.perf_counter() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data-dir", type=Path)
    parser.add_argument("--images", type=int, default=600)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    where = find_cracks(data_folder(asked.data_dir))
    if where is None:
        parser.error("the data folder holds no crack images")
    folder = read_folder(where)
    chosen = np.random.default_rng(12).permutation(len(folder))[: asked.images]
    literal = Recipe(epochs=1, batch_size=100, optimiser="adam", learning_rate=1e-3, normalisation="half")
    augmented = RECIPES["cracks"].recipe.with_changes({"epochs": 1, "keep": "last"})
    rows: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as cache:
        images = open_pixels(folder, (112, 112), Path(cache)).images.subset(chosen)
        for number in range(asked.rounds + 1):  # the first round warms up
            lab, waited = lab_epoch(LabDataset(folder, chosen))
            ours = our_epoch(images, literal)
            full = our_epoch(images, augmented)
            own = gathering(images, literal)
            if number:
                measured = {
                    "lab epoch": lab,
                    "lab data": waited,
                    "lab model": lab - waited,
                    "ours, the same recipe": ours,
                    "ours, augmented": full,
                    "ours, data": own,
                    "ours, model": ours - own,
                    "ratio": lab / ours,
                    "ratio, augmented": lab / full,
                    "ratio of data": waited / own,
                    "ratio of model": (lab - waited) / (ours - own),
                }
                for name, value in measured.items():
                    rows.setdefault(name, []).append(value)
    print(
        f"{len(images)} patches, {asked.rounds} rounds, {torch.get_num_threads()} threads; median (least to greatest)"
    )
    for name, values in rows.items():
        print(f"{name:24} {statistics.median(values):8.3f}   ({min(values):.3f} to {max(values):.3f})")
    if asked.json is not None:
        told = {"images": len(images), "rounds": asked.rounds, "threads": torch.get_num_threads(), **rows}
        asked.json.write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
