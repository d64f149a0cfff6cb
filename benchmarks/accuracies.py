"""Gather finished runs into docs/measured/accuracies.json, from which the README's table is written.

fissura lab --data mnist --seeds 5 --out runs/lab
fissura train --data mnist --recipe fast --seeds 5 --out runs/fast
fissura train --data mnist --recipe best --seeds 5 --out runs/best
python benchmarks/accuracies.py lab=runs/lab fast=runs/fast best=runs/best
python tools/docs.py
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
TARGET = ROOT / "docs" / "measured" / "accuracies.json"


def gathered(recipe: str, folder: Path) -> list[dict[str, Any]]:
    """One entry per network below ``folder``, with its seeds in order."""
    found: dict[str, dict[str, Any]] = {}
    for path in sorted(folder.glob("*/results.json")):
        results = json.loads(path.read_text(encoding="utf-8"))
        timing = json.loads((path.parent / "timing.json").read_text(encoding="utf-8"))
        entry = found.setdefault(
            results["network"],
            {
                "recipe": recipe,
                "network": results["network"],
                "parameters": results["parameters"],
                "multiply_adds": results["multiply_adds"],
                "epochs": results["recipe"]["epochs"],
                "data": results["test"]["origin"],
                "n": results["test"]["n"],
                "device": timing["device"],
                "versions": results["versions"],
                "seeds": [],
                "test_accuracy": [],
                "training_seconds": [],
            },
        )
        entry["seeds"].append(results["recipe"]["seed"])
        entry["test_accuracy"].append(results["test"]["accuracy"]["value"])
        entry["training_seconds"].append(round(timing["seconds"], 1))
    return sorted(found.values(), key=lambda entry: entry["parameters"])


def main() -> None:
    entries = []
    for argument in sys.argv[1:]:
        recipe, _, folder = argument.partition("=")
        entries += gathered(recipe, Path(folder))
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    TARGET.write_text(json.dumps(entries, indent=2) + "\n", encoding="utf-8")
    print(f"{len(entries)} networks in {TARGET.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
