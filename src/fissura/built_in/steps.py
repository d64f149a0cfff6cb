"""How the shipped detector is made: three trainings, each from the weights of the one before."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from fissura.built_in.making import (
    RECIPE,
    Made,
    Making,
    found_or_made,
    judged_there,
    made_otherwise,
    recipe_said,
    same_material,
)
from fissura.classifier import load
from fissura.data.teaching import unseen_surfaces
from fissura.files import CHECKPOINT, CLASSIFIER
from fissura.training import Progress, choose_device
from fissura.training.crack_lessons import Portions
from fissura.training.device import check_precision

SECOND_RECIPE = replace(RECIPE, epochs=4, learning_rate=1e-3)
SECOND_PORTIONS = Portions(patches=26_000)
"""The second step: the same scenes with 26,000 windows of METU's 19,203 patches, at a third of the learning rate."""
THIRD_PORTIONS = Portions(patches=13_000, laid=7_000)
THIRD_CLUTTER = 2_400
THIRD_KEPT = 0.25
"""The third step: at the second's learning rate on as many new scenes, things of ``CLUTTER`` before four of ten, with
13,000 windows of METU; such things lie before three of ten of the walls, photographed or drawn, on which cracks are
laid. Its weights are three quarters of the new ones and a quarter of those that it started from."""


def make_in_steps(
    making: Making,
    data_dir: Path,
    folder: Path,
    on_material: Callable[[str, int, int], None] | None = None,
    on_training: Callable[[Progress], None] | None = None,
) -> Made:
    """What ``making`` says, in ``folder / "first"``, then two more steps from there: how the shipped one was made.

    Raises:
        DataError, OutputError, ClassifierFileError: as ``make``.
        OutputError: the folder holds a detector made in one step, or the beginning of one.
    """
    check_precision(choose_device(making.device), making.recipe.precision)
    making.material.as_dict()  # a split's file that cannot be read is told before anything is drawn
    steps = _further_steps(making)
    _check_steps(folder, steps[-1])
    surfaces = unseen_surfaces(data_dir)
    found = found_or_made(making, surfaces, data_dir, folder / "first", on_material, on_training)
    for step, place in zip(steps, (folder / "second", folder), strict=True):
        onward = replace(step, start=found)
        found = found_or_made(onward, surfaces, data_dir, place, on_material, on_training)
    return judged_there(found, surfaces, folder)


def last_of(making: Making) -> Making:
    """The last step alone, from where ``making`` starts."""
    return _further_steps(making)[1]


def _further_steps(making: Making) -> tuple[Making, Making]:
    """The second and the third step after ``making``; what each starts from is left to be said."""
    recipe = replace(SECOND_RECIPE, seed=making.recipe.seed, precision=making.recipe.precision)
    strewn = replace(making.material, clutter=THIRD_CLUTTER, seed=making.material.seed + 2)
    second = replace(making, recipe=recipe, portions=SECOND_PORTIONS)
    return second, replace(second, portions=THIRD_PORTIONS, material=strewn, kept=THIRD_KEPT)


def _check_steps(folder: Path, last: Making) -> None:
    """Fail before the hours of the first step where the folder is another run's."""
    finished, begun, before = folder / CLASSIFIER, folder / CHECKPOINT, folder / "second" / CLASSIFIER
    if finished.exists():
        found = load(finished).provenance
        start = found.data.get("start", {}).get("fingerprint")
        other = found.recipe != recipe_said(last) or not same_material(found.data, last.material)
        other = other or not before.exists() or load(before).fingerprint != start
    else:
        other = begun.exists() and not before.exists()
    if other:
        raise made_otherwise(finished if finished.exists() else begun)
