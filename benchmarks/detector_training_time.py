"""How long ``fissura train built-in`` takes on this processor, from a small part of each of its two steps.

    python benchmarks/detector_training_time.py [--scenes 512] [--rounds 3] [--split-file split.json]

Draws a few scenes, in turns teaches one short epoch of either step's mixture, and prints windows a second, drawings a
second and what both come to for the whole of it: an estimate, since no processor is as fast for hours as for a minute.
Run it with nothing beside it.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from dataclasses import asdict, replace
from pathlib import Path

import torch

from fissura.built_in import RECIPE, SECOND_PORTIONS, SECOND_RECIPE, Making, taught
from fissura.data import data_folder
from fissura.data.teaching import MaterialSettings, gathered
from fissura.data.teaching.drawn import drawn_scenes
from fissura.data.teaching.settings import DRAWN
from fissura.training.crack_lessons import Portions


def short(portions: Portions, share: float) -> Portions:
    """The same mixture with a ``share`` of its windows."""
    return Portions(**{name: max(1, round(share * count)) for name, count in asdict(portions).items()})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data-dir", type=Path)
    parser.add_argument("--scenes", type=int, default=512, help="drawn scenes of a short epoch")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--split-file", type=Path)
    asked = parser.parse_args()
    whole = MaterialSettings()
    settings = replace(whole, scenes=asked.scenes, cracks=64, manifest=asked.split_file)
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        drawn_scenes(asked.scenes, 4321, DRAWN, Path(folder))
    drawings = asked.scenes / (time.perf_counter() - began)
    material = gathered(data_folder(asked.data_dir), settings)
    if material.patches is None or not material.asphalt or not material.textures:
        parser.error(
            f"{data_folder(asked.data_dir)} lacks METU's patches, asphalt or textures, which take their time too"
        )
    share = len(material.scenes.images) / whole.scenes
    steps = {"first": (RECIPE, Portions()), "second": (SECOND_RECIPE, SECOND_PORTIONS)}
    rates: dict[str, list[float]] = {name: [] for name in steps}
    for _ in range(asked.rounds):
        for name, (recipe, portions) in steps.items():
            some = short(portions, share)
            making = Making(settings, replace(recipe, epochs=1), some, device="cpu")
            with tempfile.TemporaryDirectory() as folder:
                _, history = taught(material, making, Path(folder) / "checkpoint.safetensors")
            windows = asked.scenes + sum(asdict(some).values())
            rates[name].append(windows // recipe.batch_size * recipe.batch_size / history.seconds[0])
    print(f"{torch.get_num_threads()} threads; {drawings:.1f} drawings a second")
    hours = (whole.scenes + whole.cracks) / drawings / 3600
    print(f"drawing {whole.scenes + whole.cracks} scenes and cracks: {60 * hours:.0f} min")
    for name, (recipe, portions) in steps.items():
        windows = recipe.epochs * (whole.scenes + sum(asdict(portions).values()))
        rate = statistics.median(rates[name])
        hours += windows / rate / 3600
        print(
            f"{name} step: {rate:.1f} windows a second ({min(rates[name]):.1f} to {max(rates[name]):.1f}), "
            f"{windows} windows: {windows / rate / 60:.0f} min"
        )
    print(f"together {hours:.2f} h")


if __name__ == "__main__":
    main()
