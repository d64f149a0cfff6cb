"""How long ``fissura train built-in`` takes on this processor, from a small part of each of its three steps.

    python benchmarks/detector_training_time.py [--scenes 512] [--rounds 3] [--split-file split.json]
        [--precision mixed]

Draws a few scenes, in turns teaches one short epoch of each step's mixture, and prints windows a second, drawings a
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

from fissura.built_in import RECIPE, SECOND_PORTIONS, SECOND_RECIPE, THIRD_CLUTTER, THIRD_PORTIONS, Making, taught
from fissura.data import data_folder
from fissura.data.teaching import MaterialSettings, gathered
from fissura.data.teaching.drawn import drawn_scenes
from fissura.data.teaching.settings import DRAWN
from fissura.training.crack_lessons import Portions
from fissura.training.recipe import PRECISIONS


def short(portions: Portions, share: float) -> Portions:
    """The same mixture with a ``share`` of its windows."""
    return Portions(**{name: max(1, round(share * count)) for name, count in asdict(portions).items()})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data-dir", type=Path)
    parser.add_argument("--scenes", type=int, default=512, help="drawn scenes of a short epoch")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--split-file", type=Path)
    parser.add_argument("--precision", choices=PRECISIONS, action="append", help="given twice: both, in turns")
    asked = parser.parse_args()
    whole = MaterialSettings()
    settings = replace(whole, scenes=asked.scenes, cracks=64, clutter=64, manifest=asked.split_file)
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
    steps = {
        "first": (RECIPE, Portions()),
        "second": (SECOND_RECIPE, SECOND_PORTIONS),
        "third": (SECOND_RECIPE, THIRD_PORTIONS),
    }
    precisions = asked.precision or ["float32"]
    rates: dict[tuple[str, str], list[float]] = {(name, precision): [] for precision in precisions for name in steps}
    for _ in range(asked.rounds):
        for (name, precision), found in rates.items():
            recipe, portions = steps[name]
            some = short(portions, share)
            making = Making(settings, replace(recipe, epochs=1, precision=precision), some, device="cpu")
            with tempfile.TemporaryDirectory() as folder:
                _, history = taught(material, making, Path(folder) / "checkpoint.safetensors")
            windows = asked.scenes + sum(asdict(some).values())
            found.append(windows // recipe.batch_size * recipe.batch_size / history.seconds[0])
    print(f"{torch.get_num_threads()} threads; {drawings:.1f} drawings a second")
    drawn = 2 * (whole.scenes + whole.cracks) + THIRD_CLUTTER  # the third step has its own
    drawing = drawn / drawings / 3600
    print(f"drawing {drawn} scenes, cracks and things: {60 * drawing:.0f} min")
    for precision in precisions:
        hours = drawing
        for name, (recipe, portions) in steps.items():
            windows = recipe.epochs * (whole.scenes + sum(asdict(portions).values()))
            of_it = rates[name, precision]
            rate = statistics.median(of_it)
            hours += windows / rate / 3600
            print(
                f"{precision}, {name} step: {rate:.1f} windows a second ({min(of_it):.1f} to {max(of_it):.1f}), "
                f"{windows} windows: {windows / rate / 60:.0f} min"
            )
        print(f"{precision}: together {hours:.2f} h")


if __name__ == "__main__":
    main()
