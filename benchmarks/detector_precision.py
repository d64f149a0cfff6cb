"""What mixed precision costs and saves: the detector taught in float32 and in mixed precision, all else alike.

    python benchmarks/detector_precision.py [--scenes 4000] [--epochs 4] [--seeds 1] [--split-file split.json]

Both learn in turns, from the same drawings and photographs, by the first step's recipe with fewer epochs and scenes
than what is shipped. Printed are the mean loss of each epoch, windows a second, and AUROC on the surfaces that no
training draws from, on quay and asphalt tiles that are not learned from, and on METU's validation part.
"""

from __future__ import annotations

import argparse
import tempfile
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import torch
from detector_training_time import short

from fissura.built_in import RECIPE, Making, taught
from fissura.data import data_folder
from fissura.data.labelled import LabelledImages
from fissura.data.teaching import MaterialSettings, gathered, unseen_surfaces
from fissura.data.teaching.material import metu_patches
from fissura.decision import judge
from fissura.settling import settled
from fissura.training.crack_lessons import Portions
from fissura.training.recipe import PRECISIONS

METU_PATCHES = 1500


def of_metu(place: Path, settings: MaterialSettings) -> list[LabelledImages]:
    """Some of METU's validation part, where it is there."""
    patches = metu_patches(place, settings, part=1)
    if patches is None:
        return []
    some = np.sort(np.random.default_rng(settings.seed).permutation(len(patches))[:METU_PATCHES])
    return [replace(patches.subset(some), origin="METU, validation", classes=("intact", "crack"))]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data-dir", type=Path)
    parser.add_argument("--scenes", type=int, default=4000)
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--split-file", type=Path)
    parser.add_argument("--cache-dir", type=Path)
    asked = parser.parse_args()
    place, whole = data_folder(asked.data_dir), MaterialSettings()
    settings = replace(
        whole, scenes=asked.scenes, cracks=asked.scenes // 10, manifest=asked.split_file, cache_dir=asked.cache_dir
    )
    material = gathered(place, settings)
    surfaces = unseen_surfaces(place)
    judged_on = [*surfaces, *of_metu(place, settings)]
    portions = short(Portions(), len(material.scenes.images) / whole.scenes)
    windows = len(material.scenes.images) + sum(asdict(portions).values())
    print(f"{torch.get_num_threads()} threads; {windows} windows an epoch")
    for seed in range(RECIPE.seed, RECIPE.seed + asked.seeds):
        for precision in PRECISIONS:
            recipe = replace(RECIPE, epochs=asked.epochs, seed=seed, precision=precision)
            with tempfile.TemporaryDirectory() as folder:
                raw, history = taught(
                    material, Making(settings, recipe, portions, device="cpu"), Path(folder) / "checkpoint.safetensors"
                )
            losses = " ".join(f"{loss:.4f}" for loss in history.losses)
            print(f"seed {seed}, {precision}: {windows / min(history.seconds):.0f} windows a second, losses {losses}")
            classifier = settled(raw, surfaces, None)
            print(
                "  " + ", ".join(f"{images.origin} {judge(classifier, images).auc.value:.3f}" for images in judged_on),
                flush=True,
            )


if __name__ == "__main__":
    main()
