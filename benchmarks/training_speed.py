"""How much faster than the plain recipe: torchvision's MNIST with ToTensor and Normalize, DataLoader, a plain loop.

    python benchmarks/training_speed.py --data-dir data --images 12800 --rounds 5

Both train the same network from the same first weights on the same batches for the same number of steps, in turn within
one run, so that a machine busy with something else slows both. What is printed is the ratio, round by round.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 - its customary name
from torch import nn
from torch.utils.data import DataLoader, Subset
from torchvision.datasets import MNIST
from torchvision.transforms import Compose, Normalize, ToTensor

from fissura.classifier import Classifier, Preprocessing
from fissura.data import LabelledImages, data_folder, read_mnist, write_idx
from fissura.models import build
from fissura.training import Recipe, train


class TextbookRegression(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.dense = nn.Linear(784, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.dense(torch.flatten(x, 1))


class TextbookCNN1(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 32, 3)
        self.dense1 = nn.Linear(5408, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.dense1(torch.flatten(F.max_pool2d(F.relu(self.conv1(x)), 2), 1))


class TextbookCNN2(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 32, 3)
        self.conv2 = nn.Conv2d(32, 64, 3)
        self.dense1 = nn.Linear(1600, 128)
        self.dense2 = nn.Linear(128, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        return self.dense2(F.relu(self.dense1(torch.flatten(x, 1))))


TEXTBOOK = {"multinomial": TextbookRegression, "cnn1": TextbookCNN1, "cnn2": TextbookCNN2}


def plain_training(name: str, dataset: Subset) -> tuple[float, nn.Module]:
    torch.manual_seed(12)
    model = TEXTBOOK[name]()
    loader = DataLoader(dataset, batch_size=64, shuffle=True)
    optimiser = torch.optim.SGD(model.parameters(), lr=0.01)
    began = time.perf_counter()
    model.train()
    total = 0.0
    for inputs, targets in loader:
        optimiser.zero_grad()
        loss = F.cross_entropy(model(inputs), targets)
        loss.backward()
        optimiser.step()
        total += loss.item() * len(targets)
    return time.perf_counter() - began, model


def plain_evaluation(model: nn.Module, dataset: Subset) -> tuple[float, int]:
    began = time.perf_counter()
    model.eval()
    correct = 0
    with torch.no_grad():
        for inputs, targets in DataLoader(dataset, batch_size=64):
            correct += int((model(inputs).argmax(1) == targets).sum())
    return time.perf_counter() - began, correct


def our_training(name: str, images: LabelledImages) -> tuple[float, Classifier]:
    began = time.perf_counter()
    trained = train(name, images, Recipe(epochs=1), device="cpu")
    return time.perf_counter() - began, trained.classifier


def our_evaluation(classifier: Classifier, images: LabelledImages) -> tuple[float, int]:
    began = time.perf_counter()
    correct = int((classifier.predict(images.images) == images.labels).sum())
    return time.perf_counter() - began, correct


def torchvision_copy(images: LabelledImages, folder: Path) -> Subset:
    raw = folder / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for prefix in ("train", "t10k"):
        write_idx(raw / f"{prefix}-images-idx3-ubyte", images.images)
        write_idx(raw / f"{prefix}-labels-idx1-ubyte", images.labels.astype(np.uint8))
    # the constants that ours computes from the same images, so that both see the same numbers
    preprocessing = Preprocessing.of(images)
    transform = Compose([ToTensor(), Normalize((preprocessing.mean,), (preprocessing.std,))])
    return Subset(MNIST(str(folder), train=True, transform=transform), range(len(images)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data-dir", type=Path)
    parser.add_argument("--images", type=int, default=12_800)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--networks", nargs="+", default=list(TEXTBOOK))
    asked = parser.parse_args()
    images = read_mnist(data_folder(asked.data_dir)).train.subset(np.arange(asked.images))
    print(f"MNIST train, first {len(images)} images, 1 epoch, batches of 64, {torch.get_num_threads()} threads")
    print(f"{'network':12} {'what':11} {'plain s':>8} {'ours s':>8} {'ratio':>6}   (median; least and greatest ratio)")
    with tempfile.TemporaryDirectory() as folder:
        dataset = torchvision_copy(images, Path(folder))
        for name in asked.networks:
            build(name, (28, 28), 10)
            training, evaluation = [], []
            our_training(name, images.subset(np.arange(640)))
            for _ in range(asked.rounds):
                plain_s, model = plain_training(name, dataset)
                ours_s, classifier = our_training(name, images)
                training.append((plain_s, ours_s))
                plain_s, plain_correct = plain_evaluation(model, dataset)
                ours_s, our_correct = our_evaluation(classifier, images)
                evaluation.append((plain_s, ours_s))
            for what, pairs in (("training", training), ("evaluation", evaluation)):
                ratios = sorted(plain / ours for plain, ours in pairs)
                plain, ours = (statistics.median(column) for column in zip(*pairs, strict=True))
                print(
                    f"{name:12} {what:11} {plain:8.2f} {ours:8.3f} {statistics.median(ratios):6.1f}   "
                    f"({ratios[0]:.1f} to {ratios[-1]:.1f})"
                )
            print(f"{'':12} right: {plain_correct} and {our_correct} of {len(images)}", flush=True)


if __name__ == "__main__":
    main()
