"""A crack detector surface by surface: what it finds, what it flags wrongly, what its probabilities and maps are worth.

    python benchmarks/detector_surfaces.py [CLASSIFIER ...] [--n 300] [--synthetic 48] [--kept FILE.npz] [--first-look]
        [--json docs/measured/detector_surfaces.json] [--page docs/surfaces.md]

CLASSIFIER is a classifier file or ``built-in``. Prints, for each set of surface_sets.py: AUROC, balanced accuracy at
the classifier's own threshold, share of cracked tiles found, share of intact ones flagged, expected calibration error,
each with its 95 % interval where it has one; then the masks: IoU, F1 and clIoU (4 px) over the pictures of sut-crack
and over synthetic tiles. ``--n`` is the most tiles of a set, ``--synthetic`` the drawn tiles of each surface.
Of asphalt (sut-crack) only the pictures that are kept for judging are taken, unless ``--all-asphalt`` is given.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

os.environ.setdefault("GOMP_SPINCOUNT", "30000")  # as the command line sets it

import numpy as np
import numpy.typing as npt
import torch
from surface_page import page, show
from surface_sets import Asked, Drawn, drawn, masked, sets

from fissura.classifier import Classifier, evaluating, load
from fissura.data import data_folder
from fissura.data.labelled import LabelledImages
from fissura.judgement import Judgement
from fissura.metrics import (
    Agreement,
    agreement,
    calibration_error,
    centre_line_agreement,
    measure_as_dict,
    rounded,
)

Grey = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Material:
    """What classifiers are compared on, made once."""

    tiles: tuple[LabelledImages, ...]
    drawn: tuple[Drawn, ...] = ()
    masks: tuple[tuple[str, Grey, Mask], ...] = ()
    made_in_s: float = field(default=0.0, compare=False)


def material(asked: Asked, synthetic: int, kept: Path | None = None) -> Material:
    """All sets: ``synthetic`` drawn tiles for each surface, none for 0; they are kept in the file ``kept``."""
    began = time.perf_counter()
    folder = asked.data_dir / "sut-crack"
    return Material(
        tuple(sets(asked)),
        tuple(drawn(synthetic, kept)) if synthetic else (),
        tuple(masked(folder, asked)) if folder.is_dir() else (),
        time.perf_counter() - began,
    )


def measured(classifier: Classifier, on: Material) -> dict[str, Any]:
    """Every number for one classifier: ``surfaces`` (one each), ``summary``, ``masks``."""
    told = [looked_at(classifier, images) for images in (*on.tiles, *(each.images for each in on.drawn))]
    surfaces = {each.images.origin: judged(each) for each in told}
    found: dict[str, Any] = {"surfaces": surfaces, "summary": summary(surfaces), "together": together(told)}
    if hasattr(classifier.model, "map"):
        masks: dict[str, Any] = {}
        if on.masks:
            masks["asphalt (sut-crack)"] = of_masks(classifier, ((grey, mask) for _, grey, mask in on.masks))
        cracked = [
            pair for each in on.drawn for pair in zip(each.images.images, each.masks, strict=True) if pair[1].any()
        ]
        if cracked:
            masks["synthetic, cracked tiles"] = of_masks(classifier, cracked)
        found["masks"] = masks
    return found


def looked_at(classifier: Classifier, images: LabelledImages) -> Judgement:
    """What a classifier says of one set of tiles."""
    assert classifier.decision is not None
    return Judgement(images, classifier.scores(images.images).astype(np.float64), classifier.decision.threshold)


def together(told: Sequence[Judgement]) -> dict[str, dict[str, Any]]:
    """The calibration error over all surfaces of a kind together: few tiles of one leave it to chance."""
    kinds: dict[str, list[Judgement]] = {}
    for each in told:
        if len({*each.positive.tolist()}) == 2:
            kinds.setdefault(kind_of(each.images.origin), []).append(each)
    found = {}
    for kind, some in kinds.items():
        groups = [np.arange(len(each.images)) if each.images.groups is None else each.images.groups for each in some]
        # real sets of one kind are cut from the same photographs, and their groups are these; drawn ones have their own
        own = kind.startswith("drawn")
        starts = np.cumsum([0, *(own * (int(each.max()) + 1) for each in groups[:-1])])
        error = calibration_error(
            np.concatenate([each.scores for each in some]),
            np.concatenate([each.positive for each in some]),
            np.concatenate([each + start for each, start in zip(groups, starts, strict=True)]),
            rng=np.random.default_rng(12),
        )
        found[kind] = {
            "sets": len(some),
            "n": sum(len(each.images) for each in some),
            "calibration_error": rounded(error.value),
            "calibration_error_by_chance": rounded(error.by_chance),
        }
    return found


def kind_of(origin: str) -> str:
    """What of this kind is put together."""
    if origin.startswith("synthetic"):
        return "drawn, not taught" if "not taught" in origin else "drawn, taught"
    return origin.partition(",")[0]


def judged(told: Judgement) -> dict[str, Any]:
    """All numbers of one set of tiles."""
    here = told.here
    return {
        "n": len(told.images),
        "cracked": int(np.count_nonzero(told.positive)),
        "groups": told.groups,
        "auroc": measure_as_dict(told.auc),
        "balanced_accuracy": measure_as_dict(here.balanced_accuracy),
        "accuracy": measure_as_dict(here.accuracy),
        "found": measure_as_dict(here.recall),
        "flagged": {**measure_as_dict(here.false_alarm_rate), "n": here.specificity.n},
        "calibration_error": rounded(told.calibration["mass"].value),
        "calibration_error_by_chance": rounded(told.calibration["mass"].by_chance),
    }


def summary(surfaces: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Means over real and over synthetic surfaces that have both classes, and the least AUROC."""
    found = {}
    for kind, drawn_ones in (("real", False), ("synthetic", True)):
        both = {
            name: each
            for name, each in surfaces.items()
            if each["auroc"]["value"] is not None and name.startswith("synthetic") == drawn_ones
        }
        if both:
            worst = min(both, key=lambda name: float(both[name]["auroc"]["value"]))
            found[kind] = {
                "mean_auroc": round(float(np.mean([each["auroc"]["value"] for each in both.values()])), 4),
                "least_auroc": both[worst]["auroc"]["value"],
                "least_on": worst,
                "mean_balanced_accuracy": round(
                    float(np.mean([each["balanced_accuracy"]["value"] for each in both.values()])), 4
                ),
            }
    return found


def of_masks(classifier: Classifier, pairs: Iterable[tuple[Grey, Mask]]) -> dict[str, Any]:
    """IoU, F1 and clIoU of the map where it says crack (log-odds of at least 0), summed over the pictures."""
    pixels, lines = [], []
    for grey, mask in pairs:
        found = map_of(classifier, grey) >= 0
        pixels.append(agreement(found, mask))
        lines.append(centre_line_agreement(found, mask))
    whole, thin = sum(pixels, Agreement()), sum(lines, Agreement())
    low, high = _interval(lines)
    return {
        "n": len(pixels),
        "iou": rounded(whole.iou),
        "f1": rounded(whole.f1),
        "cliou_4px": {"value": rounded(thin.iou), "low": rounded(low), "high": rounded(high)},
        "line_precision": rounded(thin.precision),
        "line_recall": rounded(thin.recall),
    }


def map_of(classifier: Classifier, grey: Grey) -> npt.NDArray[np.float32]:
    """The log-odds of the map at the resolution of the picture ``(h, w)``, bilinear between cells."""
    model: Any = classifier.model
    with evaluating(model):
        pixels = classifier.preprocessing(torch.from_numpy(grey.copy()).unsqueeze(0))
        cells = model.map(pixels.contiguous(memory_format=torch.channels_last))
        stride = -(-grey.shape[0] // cells.shape[2])
        whole = torch.nn.functional.interpolate(cells, scale_factor=stride, mode="bilinear", align_corners=False)
    found: npt.NDArray[np.float32] = whole[0, 0, : grey.shape[0], : grey.shape[1]].numpy()
    return found


def _interval(each: list[Agreement], resamples: int = 1000) -> tuple[float, float]:
    """Percentile bootstrap over pictures."""
    counts = np.array([[one.found, one.found_right, one.true, one.true_found] for one in each])
    drawn_ones = np.random.default_rng(12).multinomial(len(each), np.full(len(each), 1 / len(each)), resamples) @ counts
    shares = drawn_ones[:, 3] / np.maximum(1, drawn_ones[:, 2] + drawn_ones[:, 0] - drawn_ones[:, 1])
    low, high = np.quantile(shares, [0.025, 0.975])
    return float(low), float(high)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("classifiers", nargs="*", default=["built-in"])
    parser.add_argument("--data-dir", type=Path)
    parser.add_argument("--n", type=int, default=300)
    parser.add_argument("--synthetic", type=int, default=48, help="drawn tiles of each surface; 0: none")
    parser.add_argument("--kept", type=Path, help="an .npz file that keeps the drawn tiles for the next time")
    parser.add_argument("--all-asphalt", action="store_true", help="also asphalt that the built-in one learned from")
    parser.add_argument("--first-look", action="store_true", help="without the mirror images of a tile")
    parser.add_argument("--seed", type=int, default=12)
    parser.add_argument("--threads", type=int)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--page", type=Path, help="a document with the table of the last classifier")
    asked = parser.parse_args()
    if asked.threads:
        torch.set_num_threads(asked.threads)
    on = material(
        Asked(data_folder(asked.data_dir), asked.n, asked.seed, asked.all_asphalt),
        asked.synthetic,
        asked.kept,
    )
    count = sum(len(each.images) for each in on.drawn)
    print(f"{sum(map(len, on.tiles))} tiles read, {count} drawn in {on.made_in_s:.0f} s")
    results = {}
    for name in asked.classifiers:
        classifier = load(name)
        if asked.first_look and classifier.decision is not None:
            classifier = replace(classifier, decision=replace(classifier.decision, mirrored=None))
        began = time.perf_counter()
        found = measured(classifier, on)
        took = time.perf_counter() - began
        show(
            f"{name}: {classifier}, threshold {classifier.decision and classifier.decision.threshold} ({took:.0f} s)",
            found,
        )
        results[Path(name).name] = {"fingerprint": classifier.fingerprint, "n": asked.n, "seed": asked.seed, **found}
    if asked.page is not None:
        command = f"python benchmarks/detector_surfaces.py --n {asked.n} --synthetic {asked.synthetic}"
        asked.page.write_text(page(found, command, classifier.fingerprint), encoding="utf-8", newline="\n")
    if asked.json is not None:
        asked.json.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
