"""How the network for photographs was chosen: alternatives on METU's validation images, never on its test images.

    python benchmarks/crack_network_search.py stem=16 pooling=max
    python benchmarks/crack_network_search.py augmentation=photographs epochs=6

Each argument is one alternative: comma-separated changes to the usual network (``stem``, ``widths``, ``strides``,
``pooling``, ``size``, ``weight`` of a crack) or recipe (any field), as in ``widths=48-64-64,strides=1-2-1,epochs=4``.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

os.environ.setdefault("GOMP_SPINCOUNT", "30000")  # as the command line sets it

import numpy as np
import torch
from torch import nn

from fissura.classifier import Preprocessing
from fissura.data import data_folder
from fissura.data.cracks import find_cracks
from fissura.data.folder import read_folder
from fissura.data.labelled import LabelledImages
from fissura.data.photographs import PhotographSettings, named_photographs
from fissura.data.pixels import open_pixels
from fissura.layers import LogMeanExpPool2d, layer_table
from fissura.training import RECIPES, Recipe, fit

POOLINGS = {"mean": lambda: nn.AdaptiveAvgPool2d(1), "max": lambda: nn.AdaptiveMaxPool2d(1), "lme": LogMeanExpPool2d}
USUAL = {"stem": "16", "widths": "32-48-64", "strides": "2-1-1", "pooling": "lme", "size": "112", "weight": ""}


def network(options: dict[str, str]) -> nn.Module:
    channels = int(options["stem"])
    layers: list[nn.Module] = [nn.Conv2d(1, channels, 8, stride=4, padding=2, bias=False)]
    layers += [nn.BatchNorm2d(channels), nn.ReLU()]
    for width, stride in zip(options["widths"].split("-"), options["strides"].split("-"), strict=True):
        layers.append(nn.Conv2d(channels, int(width), 3, stride=int(stride), padding=1, bias=False))
        channels = int(width)
        layers += [nn.BatchNorm2d(channels), nn.ReLU()]
    return nn.Sequential(*layers, nn.Conv2d(channels, 1, 1), POOLINGS[options["pooling"]](), nn.Flatten())


def parted(data_dir: Path | None, size_px: int) -> tuple[LabelledImages, LabelledImages]:
    """(training images, validation images) at a size, always by the grouped split of the usual size."""
    usual = named_photographs("cracks", data_folder(data_dir), PhotographSettings())
    folder = find_cracks(data_folder(data_dir))
    assert folder is not None  # the line before would have failed
    decoded = open_pixels(read_folder(folder), (size_px, size_px)).images
    images = replace(decoded, groups=usual.images.groups)
    return images.subset(usual.parts.train), images.subset(usual.parts.validation, "validation")


def by_threshold(model: nn.Module, preprocessing: Preprocessing, images: LabelledImages) -> dict[str, str]:
    """How many images are wrong when those above a log-odds are called cracked, and how many of them are missed."""
    model.eval()
    with torch.inference_mode():
        parts = [model(preprocessing(torch.tensor(part)))[:, 0] for part in np.array_split(images.images, 20)]
    logits, cracked = torch.cat(parts).numpy(), images.labels == 1
    found = {}
    for threshold in (-2.0, -1.0, -0.5, 0.0, 0.5):
        missed, alarms = (logits <= threshold) & cracked, (logits > threshold) & ~cracked
        found[f"{threshold:g}"] = f"{missed.sum() + alarms.sum()} ({missed.sum()} missed)"
    return found


def recipe_with(changes: dict[str, str]) -> Recipe:
    usual = replace(RECIPES["cracks"].recipe, augmentation="symmetries", epochs=3).as_dict()
    given: dict[str, Any] = {}
    for name, text in changes.items():
        kind = type(usual.get(name, ""))
        given[name] = text if kind is str else kind(float(text))
    return Recipe.from_dict({**usual, **given})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("alternatives", nargs="*", default=["pooling=lme"])
    parser.add_argument("--data-dir", type=Path)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    asked = parser.parse_args()
    torch.set_num_threads(asked.threads)
    for alternative in asked.alternatives:
        changes = dict(part.split("=") for part in alternative.split(",") if part)
        options = {name: changes.pop(name, usual) for name, usual in USUAL.items()}
        recipe = recipe_with(changes)
        train, validation = parted(asked.data_dir, int(options["size"]))
        if options["weight"]:  # of a cracked image against an intact one, whatever the recipe says
            lessons = sys.modules["fissura.training.lessons"]
            both = torch.tensor([1.0, float(options["weight"])])
            vars(lessons)["class_weights"] = lambda *_, both=both: both * 2 / both.sum()
        torch.manual_seed(recipe.seed)
        model = network(options)
        table = layer_table(model, (1, *train.size_hw))
        began, began_cpu = time.perf_counter(), time.process_time()
        generator = torch.Generator().manual_seed(recipe.seed)
        history = fit(model, train, recipe, Preprocessing.of(train), generator, validation=validation)
        errors = [len(validation) - right for right in history.validation_correct]
        losses = [round(loss, 4) for loss in history.validation_losses]
        cpu = time.process_time() - began_cpu
        print(
            f"{alternative}: {table.parameters} parameters, {table.multiply_adds / 1e6:.1f} M multiply-adds, "
            f"{time.perf_counter() - began:.0f} s, {cpu:.0f} s of processor time; "
            f"of {len(validation)} validation images wrong {errors}, "
            f"loss {losses}; wrong of the kept epoch by threshold, in log-odds: "
            f"{by_threshold(model, Preprocessing.of(train), validation)}",
            flush=True,
        )


if __name__ == "__main__":
    main()
