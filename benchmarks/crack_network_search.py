"""How the network for photographs was chosen: alternatives on METU's validation images, never on its test images.

    python benchmarks/crack_network_search.py stem=16 pooling=max
    python benchmarks/crack_network_search.py augmentation=photographs epochs=6

Each argument is one alternative: comma-separated changes to the usual network (``stem``, ``widths``, ``strides``,
``pooling``) or recipe (any field), for instance ``widths=48-64-64,strides=1-2-1,epochs=4``.
"""

from __future__ import annotations

import argparse
import os
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

os.environ.setdefault("GOMP_SPINCOUNT", "30000")  # as the command line sets it

import torch
from torch import nn

from fissura.classifier import Preprocessing
from fissura.data import data_folder
from fissura.data.photographs import PhotographSettings, named_photographs
from fissura.layers import LogMeanExpPool2d, layer_table
from fissura.training import RECIPES, Recipe, fit

POOLINGS = {"mean": lambda: nn.AdaptiveAvgPool2d(1), "max": lambda: nn.AdaptiveMaxPool2d(1), "lme": LogMeanExpPool2d}
USUAL = {"stem": "16", "widths": "32-48-64", "strides": "2-1-1", "pooling": "lme", "size": "112"}


def network(options: dict[str, str]) -> nn.Module:
    channels = int(options["stem"])
    layers: list[nn.Module] = [nn.Conv2d(1, channels, 8, stride=4, padding=2, bias=False)]
    layers += [nn.BatchNorm2d(channels), nn.ReLU()]
    for width, stride in zip(options["widths"].split("-"), options["strides"].split("-"), strict=True):
        layers.append(nn.Conv2d(channels, int(width), 3, stride=int(stride), padding=1, bias=False))
        channels = int(width)
        layers += [nn.BatchNorm2d(channels), nn.ReLU()]
    return nn.Sequential(*layers, nn.Conv2d(channels, 1, 1), POOLINGS[options["pooling"]](), nn.Flatten())


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
        settings = PhotographSettings(size_px=int(options["size"]))
        data = named_photographs("cracks", data_folder(asked.data_dir), settings).data
        assert data.validation is not None
        torch.manual_seed(recipe.seed)
        model = network(options)
        table = layer_table(model, (1, *data.train.size_hw))
        began = time.perf_counter()
        generator = torch.Generator().manual_seed(recipe.seed)
        history = fit(model, data.train, recipe, Preprocessing.of(data.train), generator, validation=data.validation)
        errors = [len(data.validation) - right for right in history.validation_correct]
        losses = [round(loss, 4) for loss in history.validation_losses]
        print(
            f"{alternative}: {table.parameters} parameters, {table.multiply_adds / 1e6:.1f} M multiply-adds, "
            f"{time.perf_counter() - began:.0f} s; of {len(data.validation)} validation images wrong {errors}, "
            f"loss {losses}",
            flush=True,
        )


if __name__ == "__main__":
    main()
