"""What the built-in detector's way of teaching finds on surfaces that were left out, family by family.

    python benchmarks/detector_left_out.py [--epochs 3] [--scenes 15872] [--split-file split.json] [--kept FOLDER]
        [--json docs/measured/detector_left_out.json] [--page docs/left-out.md]

One detector is taught with everything, and one without each of the families below, all alike and shorter than the one
that is shipped. Each is judged on tiles of the family, beside the one taught with everything on the same tiles: the
difference is what it costs never to have seen such a surface. Probabilities and the threshold are settled as in
``fissura train built-in``, without any picture of the family. For asphalt also the masks: IoU and clIoU (4 px) over the
photographs of sut-crack, none of which was learned from.

Hours on a processor, minutes on a GPU. ``--families`` takes some of them only; ``--kept`` keeps the detectors
and reads those that are there.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from detector_surfaces import judged, looked_at, of_masks
from surface_page import ranged

from fissura.built_in import RECIPE, Making, taught
from fissura.classifier import Classifier, load
from fissura.data import data_folder
from fissura.data.labelled import LabelledImages
from fissura.data.synthetic import synthetic_scenes
from fissura.data.teaching import Material, MaterialSettings, gathered, unseen_surfaces
from fissura.data.teaching.material import SUT_FOLDER, kept_for_judging, masked, metu_patches
from fissura.data.teaching.settings import SIDE_PX
from fissura.data.teaching.unseen import TILES_PX, cut
from fissura.settling import settled

FAMILIES = {
    "METU": ("metu",),
    "asphalt": ("sut-crack", "asphalt", "speckled asphalt"),
    "brick and blocks": ("brick", "old brick", "blocks"),
    "stone and paving": ("stone", "dry stone", "paving"),
    "wood and panels": ("boards", "joinery", "panels"),
    "drawn concrete and plaster": (
        "fine concrete",
        "coarse concrete",
        "washed concrete",
        "stained",
        "plaster",
        "painted",
        "render",
    ),
}
SEED = 95_000_001  # no training draws from it
SCENES, TILES = 200, 300


def without(material: Material, names: tuple[str, ...]) -> Material:
    """What is left of the material."""
    return replace(
        material,
        settings=replace(material.settings, without=names),
        scenes=material.scenes.without(names),
        patches=None if "metu" in names else material.patches,
        asphalt=() if "sut-crack" in names else material.asphalt,
    )


def of_family(names: tuple[str, ...], data_dir: Path, settings: MaterialSettings) -> Iterator[LabelledImages]:
    """Labelled tiles of a family that nobody was taught on: of METU the validation part, of asphalt what is judged."""
    random = np.random.default_rng(SEED)
    for name in names:
        if name == "metu":
            patches = metu_patches(data_dir, settings, part=1)
            if patches is not None:
                yield replace(
                    patches.subset(np.sort(random.permutation(len(patches))[:TILES])), origin="METU, validation"
                )
        elif name == "sut-crack":
            photographs = kept_for_judging(masked(data_dir / SUT_FOLDER))
            for tile_px in TILES_PX if photographs else ():
                tiles = cut(photographs, tile_px)
                chosen = np.sort(random.permutation(len(tiles))[:TILES])
                yield replace(tiles.subset(chosen), origin=f"asphalt (sut-crack), {tile_px} px")
        else:
            scenes = synthetic_scenes(SCENES, (SIDE_PX, SIDE_PX), SEED, surfaces=(name,), split="test")
            yield replace(scenes.images, origin=f"drawn: {name}")


class School:
    """Teaches detectors that differ in what they have seen only."""

    def __init__(self, settings: MaterialSettings, making: Making, data_dir: Path, kept: Path | None) -> None:
        self.settings, self.making, self.data_dir, self.kept = settings, making, data_dir, kept

    @cached_property
    def material(self) -> Material:
        return gathered(self.data_dir, self.settings)

    @cached_property
    def surfaces(self) -> tuple[LabelledImages, ...]:
        return unseen_surfaces(self.data_dir)

    def detector(self, names: tuple[str, ...] = ()) -> Classifier:
        """One taught without these; read, where it was kept."""
        place = None if self.kept is None else self.kept / f"without-{names[0] if names else 'nothing'}.safetensors"
        if place is not None and place.exists():
            return self._as_asked(load(place), names)
        began = time.perf_counter()
        with tempfile.TemporaryDirectory() as folder:
            raw, _ = taught(without(self.material, names), self.making, Path(folder) / "checkpoint")
        settled_on = [
            images for images in self.surfaces if not ("sut-crack" in names and images.origin.startswith("asphalt"))
        ]
        found = settled(raw, tuple(settled_on))
        if place is not None:
            found.save(place)
        print(f"without {', '.join(names) or 'nothing'}: taught in {time.perf_counter() - began:.0f} s", flush=True)
        return found

    def _as_asked(self, kept: Classifier, names: tuple[str, ...]) -> Classifier:
        recipe, data = kept.provenance.recipe, kept.provenance.data
        found = (recipe["epochs"], recipe["seed"], data["scenes"], tuple(data["without"]))
        wanted = (self.making.recipe.epochs, self.making.recipe.seed, self.making.material.scenes, names)
        if found != wanted:
            raise SystemExit(f"a kept detector has epochs, seed, scenes, left out {found}; wanted {wanted}")
        return kept


def compared(school: School, data_dir: Path, families: list[str]) -> dict[str, Any]:
    """For each family and each set of its tiles: what one that never saw it finds, beside one that did."""
    everything = school.detector()
    found: dict[str, Any] = {}
    for family in families:
        names = FAMILIES[family]
        stranger = school.detector(names)
        tiles = {images.origin: images for images in of_family(names, data_dir, school.settings)}
        found[family] = {
            "left_out": list(names),
            "sets": {
                origin: {
                    "left out": judged(looked_at(stranger, images)),
                    "taught": judged(looked_at(everything, images)),
                }
                for origin, images in tiles.items()
            },
        }
        if "sut-crack" in names:
            pairs = [(each.image, each.mask) for each in masked(data_dir / SUT_FOLDER)]
            found[family]["masks"] = of_masks(stranger, pairs)
        print(json.dumps({origin: _short(each) for origin, each in found[family]["sets"].items()}), flush=True)
    return found


def _short(each: dict[str, Any]) -> dict[str, float]:
    return {what: said["auroc"]["value"] for what, said in each.items()}


def page(found: dict[str, Any], how: str) -> str:
    """The table as a document."""
    lines = [
        "# Surfaces left out, family by family",
        "",
        "On each surface two detectors are compared, both taught in the way of the built-in one and for the same",
        "time: one never saw the surface (*unseen*), the other did (*taught*). Tiles at 224 px, 95 % intervals;",
        "*AUROC*: how often a cracked tile scores above an intact one; *found* of cracked tiles, *flagged* of",
        "intact ones, each at its detector's own threshold, settled without the family. These detectors were",
        "taught for a shorter time than the one that is shipped, and without its last two steps: what counts is",
        "the difference.",
        "",
        f"Written by `{how}`.",
        "",
        "| left out | judged on | n | AUROC: unseen | taught | found: unseen | taught | flagged: unseen | taught |",
        "|---|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    differences, least = [], (2.0, "")
    for family, each in found["families"].items():
        for origin, said in each["sets"].items():
            stranger, known = said["left out"], said["taught"]
            values = [ranged(one["auroc"]) for one in (stranger, known)]
            values += [f"{100 * one['found']['value']:.0f} %" for one in (stranger, known)]
            values += [f"{100 * one['flagged']['value']:.1f} %" for one in (stranger, known)]
            lines.append(f"| {family} | {origin} | {stranger['n']} | " + " | ".join(values) + " |")
            differences.append(known["auroc"]["value"] - stranger["auroc"]["value"])
            least = min(least, (stranger["auroc"]["value"], origin))
    lines += [
        "",
        f"Never seeing a surface costs {np.mean(differences):.3f} of AUROC on average, {max(differences):.3f} at most;",
        f"the least is {least[0]:.3f} ({least[1]}).",
    ]
    for family, each in found["families"].items():
        if "masks" in each:
            masks = each["masks"]
            low, middle, high = (masks["cliou_4px"][key] for key in ("low", "value", "high"))
            lines += [
                "",
                f"Masks, taught without any {family}, over all {masks['n']} photographs of sut-crack:",
                f"IoU {masks['iou']:.3f}, F1 {masks['f1']:.3f}, clIoU {middle:.3f} [{low:.3f}, {high:.3f}].",
            ]
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--scenes", type=int, default=15_872)
    parser.add_argument("--families", nargs="+", choices=list(FAMILIES), default=list(FAMILIES))
    parser.add_argument("--split-file", type=Path)
    parser.add_argument("--data-dir", type=Path)
    parser.add_argument("--cache-dir", type=Path)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--kept", type=Path)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--page", type=Path)
    asked = parser.parse_args()
    data_dir = data_folder(asked.data_dir)
    settings = MaterialSettings(asked.scenes, manifest=asked.split_file, cache_dir=asked.cache_dir)
    making = Making(settings, replace(RECIPE, epochs=asked.epochs), device=asked.device)
    school = School(settings, making, data_dir, asked.kept)
    how = f"python benchmarks/detector_left_out.py --epochs {asked.epochs} --scenes {asked.scenes}"
    if asked.families != list(FAMILIES):
        how += " --families " + " ".join(f'"{family}"' for family in asked.families)
    found = {
        "epochs": asked.epochs,
        "scenes": asked.scenes,
        "families": compared(school, data_dir, asked.families),
    }
    if asked.json is not None:
        asked.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8", newline="\n")
    text = page(found, how)
    if asked.page is not None:
        asked.page.write_text(text, encoding="utf-8", newline="\n")
    print(text)


if __name__ == "__main__":
    main()
