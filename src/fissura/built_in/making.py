"""One training of a detector: material, lessons, calibration, and the file with its log.

The same command on the same machine makes the same file; stopped at any moment, it goes on where it was.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from fissura.classifier import Classifier, Decision, Preprocessing, Provenance, load, versions
from fissura.data.labelled import LabelledImages
from fissura.data.teaching import Material, MaterialSettings, familiar_pictures, gathered, unseen_surfaces
from fissura.data.teaching.material import metu_patches, real_photographs
from fissura.data.teaching.settings import SIDE_PX
from fissura.data.tiles import CLASSES
from fissura.decision import acquainted, judge
from fissura.errors import ClassifierFileError, OutputError, SettingsError
from fissura.files import CHECKPOINT, CLASSIFIER, TIMING, write_json
from fissura.judgement import Judgement
from fissura.metrics import measure_as_dict, rounded
from fissura.models import CrackDetector
from fissura.settling import settled
from fissura.training import History, Progress, Recipe, choose_device, device_name
from fissura.training.crack_lessons import CrackLessons, Portions
from fissura.training.device import check_precision, gpus
from fissura.training.fit import learn

NETWORK = "detector"
RECIPE = Recipe(
    epochs=16,
    batch_size=128,
    whole_batches=True,
    optimiser="adamw",
    learning_rate=3e-3,
    weight_decay=0.02,
    schedule="one-cycle",
    warmup=0.1,
    averaging=0.998,
    fading=0.3,
)
WALLS = 600
"""Intact patches of METU's validation part that the threshold looks at, at most."""
LEAST_KNOWN = 40
"""Pictures; fewer do not say what the training data are like, nor how far from them is far."""


@dataclass(frozen=True)
class Making:
    """What is to be made.

    Attributes:
        material: what is drawn, and what is left out.
        recipe: how the detector learns.
        portions: how many windows of each kind are in an epoch.
        device: ``auto``, ``cpu``, ``cuda`` or ``mps``.
        start: a detector to go on from, instead of from random weights.
        kept: share of the start's weights, from 0 to 1, in the mean that is taken at the end; so what is learned anew
            costs less of what was known. Source: M. Wortsman et al. (2022), Robust fine-tuning of zero-shot models,
            CVPR, 7959-7971.
    """

    material: MaterialSettings = field(default_factory=MaterialSettings)
    recipe: Recipe = RECIPE
    portions: Portions = field(default_factory=Portions)
    device: str = "auto"
    start: Classifier | None = None
    kept: float = 0.0


@dataclass(frozen=True, eq=False)
class Made:
    """What came of it.

    Attributes:
        classifier: with its decision.
        history: losses per epoch.
        judged: each surface that was not learned from, judged with that decision.
        log: all of it as JSON.
    """

    classifier: Classifier
    history: History
    judged: tuple[Judgement, ...]
    log: dict[str, Any]


def made_otherwise(path: Path) -> OutputError:
    """That what is there was not made as it is asked for now."""
    return OutputError(
        "{path} was made in another way: recipe or material differ. Choose another folder with --out.", path=path
    )


def make(
    making: Making,
    data_dir: Path,
    folder: Path,
    on_material: Callable[[str, int, int], None] | None = None,
    on_training: Callable[[Progress], None] | None = None,
) -> Made:
    """Teach a detector and settle its probabilities.

    ``folder`` gets the classifier, its log, the time it took and, meanwhile, a checkpoint.

    Raises:
        DataError: photographs that are there cannot be used.
        OutputError: the folder or the cache cannot be written.
        ClassifierFileError: the folder holds the checkpoint of another run.
        DeviceError: the device is not there, or is none for the recipe's precision.
    """
    check_precision(choose_device(making.device), making.recipe.precision)
    making.material.as_dict()  # a split's file that cannot be read is told before anything is drawn
    surfaces = unseen_surfaces(data_dir)
    return judged_there(found_or_made(making, surfaces, data_dir, folder, on_material, on_training), surfaces, folder)


def judged_there(classifier: Classifier, surfaces: tuple[LabelledImages, ...], folder: Path) -> Made:
    """What the detector is worth on surfaces that it was not taught, logged in ``folder``."""
    judged = tuple(judge(classifier, images) for images in surfaces)
    history = History.from_dict(classifier.provenance.metrics["history"])
    log = _log(classifier, judged)
    write_json(folder / "training.json", log)
    return Made(classifier, history, judged, log)


def found_or_made(
    making: Making,
    surfaces: tuple[LabelledImages, ...],
    data_dir: Path,
    folder: Path,
    on_material: Callable[[str, int, int], None] | None,
    on_training: Callable[[Progress], None] | None,
) -> Classifier:
    """The detector of this making that the folder holds, or one that is made there now.

    Raises:
        DataError, OutputError, ClassifierFileError: as ``make``.
    """
    return _finished(folder, making, data_dir) or _made(making, surfaces, data_dir, folder, on_material, on_training)


def _made(
    making: Making,
    surfaces: tuple[LabelledImages, ...],
    data_dir: Path,
    folder: Path,
    on_material: Callable[[str, int, int], None] | None,
    on_training: Callable[[Progress], None] | None,
) -> Classifier:
    material = gathered(data_dir, making.material, on_material)
    checkpoint = folder / CHECKPOINT
    raw, history = taught(material, making, checkpoint, on_training)
    classifier = settled(raw, surfaces, _validated_walls(data_dir, making.material))
    known, others = familiar_pictures(material, data_dir)
    if len(known) >= LEAST_KNOWN and len(others) >= LEAST_KNOWN:
        classifier = acquainted(classifier, known, others)
    write_json(folder / TIMING, {"seconds": [round(seconds, 1) for seconds in history.seconds]})
    classifier.save(folder / CLASSIFIER)
    checkpoint.unlink(missing_ok=True)
    return load(folder / CLASSIFIER)  # as the next run finds it, so that it is told in the same words


def detector(path: Path) -> Classifier:
    """The detector in a file or a folder.

    Raises:
        ClassifierFileError: no classifier file, or another network's.
    """
    found = load(path)
    if found.network != NETWORK:
        raise ClassifierFileError(
            "{path} holds the network {got}; wanted a {wanted}. Give a detector's file, or leave out --from.",
            path=path,
            got=found.network,
            wanted=NETWORK,
        )
    return found


def _finished(folder: Path, making: Making, data_dir: Path) -> Classifier | None:
    """The detector that this making has left in the folder; None where there is none.

    Raises:
        OutputError: it was made in another way, or from other photographs than lie in ``data_dir`` now.
    """
    path = folder / CLASSIFIER
    if not path.exists():
        return None
    found = load(path)
    data = found.provenance.data
    start = None if making.start is None else making.start.fingerprint
    same = found.provenance.recipe == recipe_said(making) and data.get("start", {}).get("fingerprint") == start
    same = same and same_material(data, making.material)
    as_now = found.decision is not None and found.decision.mirrored is not None  # settled as ``settled`` does it
    if same and as_now:
        there = real_photographs(data_dir, making.material).described()
        same = {name: data.get(name) for name in there} == there
    if not (same and as_now):
        raise made_otherwise(path)
    return found


def same_material(data: Mapping[str, Any], settings: MaterialSettings) -> bool:
    """Whether a file that says ``data`` was taught from what ``settings`` ask for, as far as it says so."""
    asked = settings.as_dict()
    if "manifest" not in data:  # not given, or by an older version, which did not say: its parts show in METU's patches
        asked.pop("manifest", None)
    return {name: data[name] for name in (*asked, "manifest", "clutter") if name in data} == asked


def recipe_said(making: Making) -> dict[str, Any]:
    """What a file says about how its detector was taught."""
    kept = {"kept": making.kept} if making.kept else {}
    return {**making.recipe.as_dict(), "portions": asdict(making.portions), **kept}


def taught(
    material: Material, making: Making, checkpoint: Path, on_training: Callable[[Progress], None] | None = None
) -> tuple[Classifier, History]:
    """(the network taught, its probabilities not settled yet; what was measured in each epoch)."""
    recipe, device = making.recipe, choose_device(making.device)
    if making.kept and making.start is None:
        raise SettingsError(
            "A share of the weights that a detector starts from can be kept only where it starts from one."
        )
    with torch.random.fork_rng(devices=gpus()):
        torch.manual_seed(recipe.seed)
        model = CrackDetector((SIDE_PX, SIDE_PX)).to(device)
        generator = torch.Generator()
        generator.set_state(torch.get_rng_state())
    described = {**material.described(), "device": device_name(device)}
    if making.start is not None:
        model.load_state_dict(making.start.model.state_dict())
        described["start"] = {"fingerprint": making.start.fingerprint, **asdict(making.start.provenance)}
    run = {
        "network": NETWORK,
        "recipe": recipe_said(making),
        "data": described["fingerprint"],
        "start": None if making.start is None else making.start.fingerprint,
        "device": device.type,
        "versions": versions(),
    }
    lessons = CrackLessons(material, making.portions, device)
    history = learn(model, lessons, recipe, generator, run, checkpoint=checkpoint, on_progress=on_training)
    if making.kept:
        assert making.start is not None
        _keep(model, making.start.model, making.kept)
    metrics = {"history": history.as_dict()}  # no times: the same training gives the same file
    provenance = Provenance(recipe_said(making), described, metrics, versions())
    preprocessing = Preprocessing((SIDE_PX, SIDE_PX), 0.0, 1.0)
    raw = Classifier(NETWORK, {}, model.cpu().eval(), CLASSES, preprocessing, provenance, Decision(1))
    return raw, history


def _keep(model: nn.Module, start: nn.Module, share: float) -> None:
    """Move ``model`` a ``share`` of the way back to where it started from."""
    before = start.state_dict()
    with torch.no_grad():
        for name, value in model.state_dict().items():
            if value.is_floating_point():
                value.lerp_(before[name].to(value.device), share)


def _validated_walls(data_dir: Path, settings: MaterialSettings) -> LabelledImages | None:
    """Some intact patches of METU's validation part; None where there are none or METU is left out."""
    patches = None if "metu" in settings.without else metu_patches(data_dir, settings, part=1)
    if patches is None or not (patches.labels == 0).any():
        return None
    intact = np.flatnonzero(patches.labels == 0)
    chosen = np.sort(np.random.default_rng(settings.seed).permutation(intact)[:WALLS])
    return replace(patches.subset(chosen), origin="METU, validation")


def _log(classifier: Classifier, judged: tuple[Judgement, ...]) -> dict[str, Any]:
    assert classifier.decision is not None
    return {
        "recipe": classifier.provenance.recipe,
        "data": classifier.provenance.data,
        "versions": classifier.provenance.versions,
        "losses": classifier.provenance.metrics["history"]["losses"],
        "decision": asdict(classifier.decision),
        "unseen": {each.images.origin: _surface(each) for each in judged},
        "fingerprint": classifier.fingerprint,
    }


def _surface(judged: Judgement) -> dict[str, Any]:
    """What a surface's judgement comes to, as JSON."""
    found = judged.here
    return {
        "n": len(judged.images),
        "auc": measure_as_dict(judged.auc),
        "recall": measure_as_dict(found.recall),
        "specificity": measure_as_dict(found.specificity),
        "balanced_accuracy": measure_as_dict(found.balanced_accuracy),
        "calibration_error": rounded(judged.calibration["width"].value),
    }
