"""What blur, darkness, JPEG and noise do to a detector: what it still finds, what it flags, what its probabilities are.

    python benchmarks/detector_robustness.py [CLASSIFIER] [--n 150] [--json docs/measured/detector_robustness.json]
        [--page docs/robustness.md]

Every tile of three sets (METU's grouped test part, asphalt kept for judging, drawn surfaces not taught) is corrupted in
each way and strength, the same noise for every classifier; the threshold is the one that is shipped. Prints AUROC,
balanced accuracy and expected calibration error with their 95 % intervals where they have one.
"""

from __future__ import annotations

import argparse
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image
from scipy import ndimage
from surface_page import ranged
from surface_sets import Asked, asphalt_names, drawn, metu

from fissura.classifier import Classifier, load
from fissura.data import data_folder
from fissura.data.cracks import find_cracks
from fissura.data.labelled import LabelledImages
from fissura.data.teaching import HELD_OUT
from fissura.data.tiles import read_tiles
from fissura.judgement import Judgement
from fissura.metrics import measure_as_dict, rounded

Pixels = npt.NDArray[np.uint8]
TILE_PX = 160
KINDS: dict[str, tuple[str, tuple[float, ...]]] = {
    "none": ("", (0.0,)),
    "blur": ("standard deviation in px", (0.5, 1.0, 1.5, 2.0, 3.0)),
    "darkness": ("light left", (0.7, 0.5, 0.3, 0.2, 0.1)),
    "JPEG": ("quality", (80, 60, 40, 20, 10)),
    "noise": ("standard deviation in grey levels", (5, 10, 20, 30, 40)),
}


def corrupted(images: Pixels, kind: str, strength: float) -> Pixels:
    """``images`` ``(n, h, w)`` uint8 after one kind of corruption."""
    random = np.random.default_rng([12, list(KINDS).index(kind)])
    ways: dict[str, Callable[[Pixels], npt.NDArray[Any]]] = {
        "none": lambda image: image,
        "blur": lambda image: ndimage.gaussian_filter(image.astype(np.float32), strength, mode="nearest"),
        "darkness": lambda image: image * np.float32(strength),
        "JPEG": lambda image: _compressed(image, round(strength)),
        "noise": lambda image: image + random.normal(0, strength, image.shape),
    }
    return np.stack([np.clip(np.rint(ways[kind](image)), 0, 255).astype(np.uint8) for image in images])


def sets(asked: Asked) -> Iterator[LabelledImages]:
    """The three sets, as far as the data folder allows."""
    if find_cracks(asked.data_dir) is not None:
        yield metu(asked)
    folder = asked.data_dir / "sut-crack"
    if folder.is_dir():
        (tiles, _), names = read_tiles(folder, 224, TILE_PX), asphalt_names(folder, asked)
        kept = np.flatnonzero([name.rsplit("-", 2)[0] in names for name in tiles.names])
        chosen = np.sort(np.random.default_rng(asked.seed).permutation(kept)[: asked.n])
        yield tiles.subset(chosen)
    parts = [part.images for part in drawn(max(2, asked.n // len(HELD_OUT) // 2 * 2), surfaces=HELD_OUT)]
    yield LabelledImages(
        np.concatenate([part.images for part in parts]),
        np.concatenate([part.labels for part in parts]),
        parts[0].classes,
        tuple(f"{k}-{name}" for k, part in enumerate(parts) for name in part.names),
        "drawn surfaces not taught",
        "test",
        positive=1,
    )


def measured(classifier: Classifier, images: LabelledImages) -> list[dict[str, Any]]:
    """A row for each corruption of one set."""
    assert classifier.decision is not None
    rows = []
    for kind, (unit, strengths) in KINDS.items():
        for strength in strengths:
            probabilities, unlike = classifier.described(corrupted(images.images, kind, strength))
            scores = probabilities[:, classifier.decision.positive].astype(np.float64)
            told = Judgement(images, scores, classifier.decision.threshold)
            rows.append(
                {
                    "set": images.origin,
                    "n": len(images),
                    "kind": kind,
                    "strength": strength,
                    "unit": unit,
                    "auroc": measure_as_dict(told.auc),
                    "balanced_accuracy": measure_as_dict(told.here.balanced_accuracy),
                    "found": rounded(told.here.recall.value),
                    "flagged": rounded(told.here.false_alarm_rate.value),
                    "calibration_error": rounded(told.calibration["mass"].value),
                    "by_chance": rounded(told.calibration["mass"].by_chance),
                    "unlike": None if unlike is None else round(float(np.mean(unlike > 1)), 4),
                }
            )
            print(line(rows[-1]), flush=True)
    return rows


def line(row: dict[str, Any]) -> str:
    unlike = "" if row["unlike"] is None else f"{100 * row['unlike']:.0f} %"
    auroc, accuracy = (ranged(row[each], interval="({} – {})") for each in ("auroc", "balanced_accuracy"))
    return (
        f"| {row['set']} | {row['kind']} | {row['strength'] if row['kind'] != 'none' else ''} | {auroc} "
        f"| {accuracy} | {100 * row['found']:.0f} % | {100 * row['flagged']:.1f} % "
        f"| {row['calibration_error']:.3f} ({row['by_chance']:.3f}) | {unlike} |"
    )


def page(rows: list[dict[str, Any]], command: str, fingerprint: str) -> str:
    """The table as a document."""
    units = "; ".join(f"{kind}: {unit}" for kind, (unit, _) in KINDS.items() if unit)
    counts = {row["set"]: row["n"] for row in rows}
    return "\n".join(
        [
            "# What blur, darkness, JPEG and noise do to the built-in detector\n",
            f"Strengths: {units}. *Found* and *flagged*: of cracked and of intact tiles, at the threshold that is",
            "shipped. ECE: expected calibration error, in brackets what perfect probabilities would have by chance.",
            "*Unlike*: called unlike the training data. 95 % intervals. Tiles of 224 px: "
            + ", ".join(f"{name} (n = {n})" for name, n in counts.items())
            + ".\n",
            f"Written by `{command}` for the classifier {fingerprint[:12]}.\n",
            "| set | corruption | strength | AUROC | balanced accuracy | found | flagged | ECE | unlike |",
            "|---|---|---:|---:|---:|---:|---:|---:|---:|",
            *(line(row) for row in rows),
            "",
        ]
    )


def _compressed(image: Pixels, quality: int) -> Pixels:
    stream = io.BytesIO()
    Image.fromarray(image).save(stream, "JPEG", quality=quality)
    return np.asarray(Image.open(stream))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("classifier", nargs="?", default="built-in")
    parser.add_argument("--data-dir", type=Path)
    parser.add_argument("--n", type=int, default=150)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--page", type=Path)
    asked = parser.parse_args()
    classifier = load(asked.classifier)
    found = [measured(classifier, images) for images in sets(Asked(data_folder(asked.data_dir), asked.n))]
    rows = [row for each in found for row in each]
    command = f"python benchmarks/detector_robustness.py --n {asked.n}"
    if asked.json is not None:
        told = {"fingerprint": classifier.fingerprint, "command": command, "rows": rows}
        asked.json.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8", newline="\n")
    if asked.page is not None:
        asked.page.write_text(page(rows, command, classifier.fingerprint), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
