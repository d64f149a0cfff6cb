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

from fissura.data import data_folder
from fissura.data.cracks import find_cracks
from fissura.data.folder import read_folder
from fissura.data.photographs import PhotographSettings, audit_of, open_photographs
from fissura.data.pixels import open_pixels
from fissura.decision import decide
from fissura.metrics import spread
from fissura.training import RECIPES, train


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
        settings = PhotographSettings(cache_dir=Path(cache))
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
        results = json.loads(asked.json.read_text(encoding="utf-8")) if asked.json and asked.json.exists() else {}
        for how in asked.splits:
            parted = photographs.parted(how)
            data = parted.data
            rows: list[dict[str, Any]] = []
            for seed in asked.seeds:
                began = time.perf_counter()
                trained = train(
                    named.network, data.train, recipe.with_seed(seed), device="auto", validation=data.validation
                )
                training = time.perf_counter() - began
                began = time.perf_counter()
                decided = decide(trained.classifier, data.validation, data.test, None)
                told = decided.test.as_dict()
                evaluation = time.perf_counter() - began
                here = decided.test.here
                rows.append(
                    {
                        "seed": seed,
                        "accuracy": here.accuracy.value,
                        "errors": here.accuracy.n - here.accuracy.count,
                        "auc": told["auc"]["value"],
                        "best_epoch": trained.history.best_epoch,
                        "training_s": round(training, 1),
                        "evaluation_s": round(evaluation, 1),
                    }
                )
                print(how, f"n = {here.accuracy.n}", rows[-1], flush=True)
            over = spread([row["accuracy"] for row in rows])
            print(
                f"{how}: test accuracy {100 * over.mean:.3f} % over {len(rows)} seeds, deviation {100 * over.std:.3f}; "
                f"{parted.leaks.in_either} of {parted.leaks.n} test images have a twin elsewhere",
                flush=True,
            )
            results[f"{asked.recipe}-{how}"] = {
                "parameters": trained.classifier.parameters,
                "recipe": recipe.as_dict(),
                "sizes": list(parted.parts.sizes),
                "leaking_test_images": parted.leaks.in_either,
                "threads": torch.get_num_threads(),
                "decoding_s": round(decoding, 1),
                "audit_s": round(auditing, 1),
                "runs": rows,
                "versions": trained.classifier.provenance.versions,
            }
            if asked.json is not None:
                asked.json.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
