"""The crack classifier on real patches: accuracy over seeds on both splits, and how long the whole job takes.

    python benchmarks/crack_accuracy.py --seeds 12 13 14 --json docs/measured/cracks.json

Each run trains, keeps the epoch that is best on validation images, and looks at its test images once. The seconds of
each stage are printed too: decoding into a cache of its own, audit, training, evaluation.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

os.environ.setdefault("GOMP_SPINCOUNT", "30000")  # as the command line sets it

import torch

from fissura.classifier import Classifier
from fissura.data import TrainTest, data_folder
from fissura.data.cracks import find_cracks
from fissura.data.folder import read_folder
from fissura.data.photographs import Photographs, PhotographSettings, audit_of, open_photographs
from fissura.data.pixels import open_pixels
from fissura.decision import decide
from fissura.metrics import spread
from fissura.training import RECIPES, Recipe, train


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data-dir", type=Path)
    parser.add_argument("--recipe", default="cracks")
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--seeds", type=int, nargs="+", default=[12, 13, 14])
    parser.add_argument("--splits", nargs="+", default=["grouped", "random"])
    parser.add_argument("--json", type=Path, help="write what was measured here (others in it stay)")
    asked = parser.parse_args()
    folder = find_cracks(data_folder(asked.data_dir))
    if folder is None:
        parser.error("the data folder holds no crack images")
    named = RECIPES[asked.recipe]
    recipe = named.recipe if asked.epochs is None else replace(named.recipe, epochs=asked.epochs)
    with tempfile.TemporaryDirectory() as cache:
        photographs, stages = made_ready(folder, PhotographSettings(cache_dir=Path(cache)))
        results = json.loads(asked.json.read_text(encoding="utf-8")) if asked.json and asked.json.exists() else {}
        for how in asked.splits:
            name = f"{asked.recipe}-{how}"
            results[name] = over_seeds(photographs, how, named.network, recipe, asked.seeds, stages)
            if asked.json is not None:
                asked.json.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")


def made_ready(folder: Path, settings: PhotographSettings) -> tuple[Photographs, dict[str, float]]:
    """(the patches, the seconds of each stage)."""
    began = time.perf_counter()
    found = read_folder(folder)
    decoded = open_pixels(found, (settings.size_px, settings.size_px), settings.cache_dir)
    decoding = time.perf_counter() - began
    began = time.perf_counter()
    audit = audit_of(decoded, found.root)
    auditing = time.perf_counter() - began
    photographs = open_photographs(folder, settings)
    print(f"{len(audit.names)} images, {audit.copies.distinct} distinct, {audit.groups.max() + 1} groups; ", end="")
    print(f"decoding {decoding:.1f} s, audit {auditing:.1f} s", flush=True)
    return photographs, {"decoding_s": round(decoding, 1), "audit_s": round(auditing, 1)}


def over_seeds(
    photographs: Photographs, how: str, network: str, recipe: Recipe, seeds: list[int], stages: dict[str, float]
) -> dict[str, Any]:
    """What comes of training with each seed on the split ``how``, beside the seconds of the ``stages`` before."""
    parted = photographs.parted(how)
    rows: list[dict[str, Any]] = []
    for seed in seeds:
        classifier, row = with_seed(parted.data, network, recipe, seed)
        rows.append(row)
        print(how, f"n = {len(parted.data.test)}", row, flush=True)
    over = spread([row["accuracy"] for row in rows])
    print(
        f"{how}: test accuracy {100 * over.mean:.3f} % over {len(rows)} seeds, deviation {100 * over.std:.3f}; "
        f"{parted.leaks.in_either} of {parted.leaks.n} test images have a twin elsewhere",
        flush=True,
    )
    return {
        "parameters": classifier.parameters,
        "recipe": recipe.as_dict(),
        "sizes": list(parted.parts.sizes),
        "leaking_test_images": parted.leaks.in_either,
        "threads": torch.get_num_threads(),
        **stages,
        "runs": rows,
        "versions": classifier.provenance.versions,
    }


def with_seed(data: TrainTest, network: str, recipe: Recipe, seed: int) -> tuple[Classifier, dict[str, Any]]:
    """Train with one seed, and look at the test images once."""
    began = time.perf_counter()
    trained = train(network, data.train, recipe.with_seed(seed), device="auto", validation=data.validation)
    training = time.perf_counter() - began
    began = time.perf_counter()
    decided = decide(trained.classifier, data.validation, data.test, None)
    told = decided.test.as_dict()
    evaluation = time.perf_counter() - began
    here = decided.test.here
    return trained.classifier, {
        "seed": seed,
        "accuracy": here.accuracy.value,
        "errors": here.accuracy.n - here.accuracy.count,
        "auc": told["auc"]["value"],
        "best_epoch": trained.history.best_epoch,
        "training_s": round(training, 1),
        "evaluation_s": round(evaluation, 1),
    }


if __name__ == "__main__":
    main()
