"""How much faster than the plain recipe: torchvision's MNIST with ToTensor and Normalize, DataLoader, a plain loop.

    python benchmarks/training_speed.py --json docs/measured/speed.json
    python benchmarks/training_speed.py --threads 1 --json docs/measured/speed.json

Both train the same network from the same first weights on the same batches for the same number of steps, in turn
within one run and each in a process of its own, so that a machine busy with something else slows both.
What is printed is how many times longer the plain way takes: the median of the rounds, the least and the greatest, and
the same in processor time. On several threads other programs weigh on the plain way more, whose threads wait spinning:
look at the machine's load, which is told. Processor time on one thread is hardly moved by it.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import statistics
import tempfile
import time
from multiprocessing.connection import Connection
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
    correct = int((classifier.predict(images.images).labels == images.labels).sum())
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


def serve(side: str, folder: str, images: LabelledImages, network: str, threads: int, answers: Connection) -> None:
    """One side in a process of its own, so that neither profits from what the other has set or warmed up."""
    torch.set_num_threads(threads)
    plain = side == "plain"
    dataset = torchvision_copy(images, Path(folder)) if plain else None
    trained: nn.Module | Classifier | None = None
    while (asked := answers.recv()) != "stop":
        began = time.process_time()
        if asked == "training":
            seconds, trained = plain_training(network, dataset) if plain else our_training(network, images)
            correct = 0
        else:
            seconds, correct = plain_evaluation(trained, dataset) if plain else our_evaluation(trained, images)
        answers.send(({"clock": seconds, "processor": time.process_time() - began}, correct))


def ratios(network: str, images: LabelledImages, threads: int, rounds: dict[str, int]) -> dict[str, dict[str, float]]:
    """How many times longer the plain way takes, by the clock and in processor time: median, least and greatest."""
    context = multiprocessing.get_context("spawn")
    sides: dict[str, Connection] = {}
    summary, correct = {}, {}
    with tempfile.TemporaryDirectory() as folder:
        for side in ("plain", "ours"):
            if side == "ours":
                os.environ.setdefault("GOMP_SPINCOUNT", "30000")  # as the command line sets it
            sides[side], theirs = context.Pipe()
            context.Process(target=serve, args=(side, folder, images, network, threads, theirs), daemon=True).start()
        for what, times in rounds.items():
            measured = []
            for number in range(times + 1):  # the first round warms up
                pair = {}
                for side, connection in sides.items():
                    connection.send(what)
                    pair[side], correct[side] = connection.recv()
                if number:
                    measured.append(pair)
            summary[what] = summarised(network, what, measured)
        for connection in sides.values():
            connection.send("stop")
        os.environ.pop("GOMP_SPINCOUNT", None)
    print(f"{'':12} right: {correct['plain']} and {correct['ours']} of {len(images)}", flush=True)
    return summary


def summarised(network: str, what: str, measured: list[dict[str, dict[str, float]]]) -> dict[str, float]:
    found = sorted(pair["plain"]["clock"] / pair["ours"]["clock"] for pair in measured)
    processor = statistics.median(pair["plain"]["processor"] / pair["ours"]["processor"] for pair in measured)
    plain, ours = (statistics.median(pair[side]["clock"] for pair in measured) for side in ("plain", "ours"))
    print(
        f"{network:12} {what:11} {plain:8.3f} {ours:8.3f} {statistics.median(found):6.1f}   "
        f"({found[0]:.1f} to {found[-1]:.1f})   processor {processor:.1f}",
        flush=True,
    )
    return {
        "rounds": len(measured),
        "median": statistics.median(found),
        "least": found[0],
        "greatest": found[-1],
        "processor": processor,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data-dir", type=Path)
    parser.add_argument("--images", type=int, default=12_800)
    parser.add_argument("--rounds", type=int, default=5, help="of training")
    parser.add_argument("--evaluations", type=int, default=15, help="rounds of evaluating, after those of training")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--networks", nargs="+", default=list(TEXTBOOK))
    parser.add_argument("--json", type=Path, help="also write the ratios here (others in it stay), for tools/docs.py")
    asked = parser.parse_args()
    if min(asked.rounds, asked.evaluations) < 1:
        parser.error("at least one round of each: what is evaluated is trained first")
    images = read_mnist(data_folder(asked.data_dir)).train.subset(np.arange(asked.images))
    print(f"MNIST train, first {len(images)} images, 1 epoch, batches of 64, {asked.threads} threads")
    print(f"{'network':12} {'what':11} {'plain s':>8} {'ours s':>8} {'ratio':>6}   (median; least and greatest ratio)")
    found = json.loads(asked.json.read_text(encoding="utf-8")) if asked.json and asked.json.exists() else {}
    for network in asked.networks:
        rounds = {"training": asked.rounds, "evaluation": asked.evaluations}
        measured = {"images": len(images), "ratios": ratios(network, images, asked.threads, rounds)}
        measured["load"] = round(os.getloadavg()[1], 1) if hasattr(os, "getloadavg") else None
        print(f"{'':12} load average of the machine over 5 minutes: {measured['load']}", flush=True)
        found.setdefault(network, {})[str(asked.threads)] = measured
    if asked.json is not None:
        asked.json.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
