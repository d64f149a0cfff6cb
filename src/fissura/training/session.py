"""``train()``: a network by its name, images and a recipe in; a classifier out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from fissura.classifier import Classifier, Preprocessing, Provenance, versions
from fissura.data.labelled import LABELLED, LabelledImages
from fissura.errors import DataError
from fissura.kinds import A_PATH, PATH, check_kind
from fissura.language import N_
from fissura.models import build
from fissura.training.device import choose_device, device_name, gpus, own_settings
from fissura.training.fit import fit, threads_for
from fissura.training.history import DivergedError, History, Progress
from fissura.training.recipe import Recipe


@dataclass(frozen=True, eq=False)
class Trained:
    """What training gives.

    Attributes:
        classifier: the trained classifier, on the device where it was trained.
        history: losses per epoch.
        device: what it was trained on.
    """

    classifier: Classifier
    history: History
    device: str


def train(
    network: str,
    images: LabelledImages,
    recipe: Recipe | None = None,
    *,
    options: dict[str, Any] | None = None,
    device: str = "auto",
    validation: LabelledImages | None = None,
    checkpoint: Path | str | None = None,
    on_progress: Callable[[Progress], None] | None = None,
) -> Trained:
    """Build ``network``, train it on ``images`` and return the classifier.

    The same arguments on the same machine give the same weights to the last bit, whatever the caller has set PyTorch
    to. The recipe's seed decides the first weights and the order of the images as ``torch.manual_seed(seed)`` before a
    plain PyTorch script would. Of two classes none is looked for yet: ``fissura.decide`` settles that, the temperature
    and the threshold.

    Args:
        network: a name in ``fissura.models.MODELS``, such as ``cnn1``.
        images: what it learns from.
        recipe: how; the course lab's by default.
        options: of the network, for instance ``{"same_padding": True}``.
        device: ``auto``, ``cpu``, ``cuda`` or ``mps``.
        validation: images to watch after each epoch.
        checkpoint: a file to write after each epoch and to go on from.
        on_progress: called now and then.

    Raises:
        DataError: no images, a single class, or validation images of other classes or another size.
        DivergedError: the loss is no longer a number; it carries the classifier of the epochs before.
        SettingsError: no such network, option or device, images too small for the network, a recipe that wants
            validation images where there are none, or an argument of another kind.
        DeviceError: the device is not there, or not for the recipe's precision.
        ClassifierFileError: the checkpoint is damaged or of another run.
        OutputError: the checkpoint cannot be written.

    >>> from fissura.data import embedded_digits
    >>> digits = embedded_digits()
    >>> trained = train("multinomial", digits.train, Recipe(epochs=1), device="cpu")
    >>> trained.classifier.parameters
    7850
    """
    check_kind("images", images, LabelledImages, LABELLED)
    check_kind("recipe", recipe, Recipe | None, N_("a Recipe, such as fissura.RECIPES['fast'].recipe"))
    check_kind("options", options, dict | None, N_("a dict, such as dict(same_padding=True)"))
    check_kind("validation", validation, LabelledImages | None, LABELLED)
    check_kind("checkpoint", checkpoint, PATH | None, A_PATH)
    if len(images) == 0:
        raise DataError("{origin} holds no images to train on.", origin=images.origin)
    if len(images.classes) < 2:
        raise DataError(
            "{origin} has a single class, {name}; wanted two at least to tell apart.",
            origin=images.origin,
            name=", ".join(images.classes),
        )
    if validation is not None and (validation.classes, validation.size_hw) != (images.classes, images.size_hw):
        raise DataError(
            "The validation images, {validation}, have other classes or another size than the training images, "
            "{images}. Give two parts of the same images.",
            validation=validation,
            images=images,
        )
    target = choose_device(device)
    with own_settings(target):
        return _trained(
            network,
            images,
            recipe or Recipe(),
            options or {},
            target,
            validation=validation,
            checkpoint=None if checkpoint is None else Path(checkpoint),
            on_progress=on_progress,
        )


def _trained(
    network: str,
    images: LabelledImages,
    recipe: Recipe,
    options: dict[str, Any],
    target: torch.device,
    *,
    validation: LabelledImages | None,
    checkpoint: Path | None,
    on_progress: Callable[[Progress], None] | None,
) -> Trained:
    with torch.random.fork_rng(devices=gpus()):
        torch.manual_seed(recipe.seed)
        model = build(network, images.size_hw, len(images.classes), **options).to(target)
        generator = torch.Generator()
        generator.set_state(torch.get_rng_state())
    preprocessing = (
        Preprocessing.of(images) if recipe.normalisation == "data" else Preprocessing(images.size_hw, 0.5, 0.5)
    )

    def made(history: History) -> Classifier:
        measured = {"history": history.as_dict()}
        provenance = Provenance(recipe.as_dict(), describe(images), measured, versions())
        return Classifier(network, options, model.eval(), images.classes, preprocessing, provenance)

    try:
        history = fit(
            model,
            images,
            recipe,
            preprocessing,
            generator,
            validation=validation,
            checkpoint=checkpoint,
            on_progress=on_progress,
        )
    except DivergedError as error:
        if error.history.losses:
            error.classifier = made(error.history)
        raise
    return Trained(made(history), history, device_name(target, threads_for(model, recipe)))


def describe(images: LabelledImages) -> dict[str, Any]:
    """What a file says about the images it was trained or measured on."""
    return {
        "origin": images.origin,
        "split": images.split,
        "n": len(images),
        "classes": list(images.classes),
        "counts": list(images.counts),
        "fingerprint": images.fingerprint,
    }
