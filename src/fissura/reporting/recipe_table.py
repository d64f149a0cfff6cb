"""How a network was trained, as a table: each setting that does something, its value and what it means."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fissura.language import N_, Language
from fissura.reporting.cells import Table

OPTIMISERS = {
    "sgd": N_("stochastic gradient on mini-batches (SGD)"),
    "adam": N_("Adam: each weight has a step length of its own, from the gradients before"),
    "adamw": N_("AdamW: Adam with the weights pulled towards 0 apart from the gradient"),
}
_LEARNING_RATE = N_("what the gradient is multiplied by at each step, which goes against it")
_STEP = N_("what each step, which goes against the gradient, is multiplied by")
AUGMENTATIONS = {
    "affine": N_("each image is turned, scaled, sheared and moved a little at random"),
    "elastic": N_("each image is turned, scaled, sheared, moved and bent a little at random"),
    "symmetries": N_("each image is mirrored and turned by right angles at random: 8 forms"),
    "photographs": N_(
        "each image is mirrored, turned, scaled and moved at random, and taken by another camera: light, contrast, "
        "blur, noise, JPEG"
    ),
}


def recipe_rows(recipe: Mapping[str, Any], language: Language, one_cell: bool = False) -> Table:
    """A row for each setting of a recipe that does something; ``one_cell``: the network ends in a single cell."""
    columns = (language.say("Setting"), language.say("Value"), language.say("Meaning"))
    rows = [*_usual(recipe, language, one_cell), *_optional(recipe, language)]
    return Table(language.say("How it was trained"), columns, tuple(rows), left=3)


def _usual(recipe: Mapping[str, Any], language: Language, one_cell: bool) -> list[tuple[str, str, str]]:
    loss = ("cross_entropy", language.say("cross-entropy of the logits, mean over the mini-batch"))
    if one_cell:
        loss = (
            "binary_cross_entropy_with_logits",
            language.say("binary cross-entropy of the only logit (BCEWithLogitsLoss), mean over the mini-batch"),
        )
    optimiser = str(recipe["optimiser"])
    rows = [
        (language.say("Loss"), *loss),
        (language.say("Optimiser"), optimiser, language.say(OPTIMISERS[optimiser])),
        (
            language.say("Learning rate"),
            language.plain(float(recipe["learning_rate"]), 8),
            language.say(_LEARNING_RATE if optimiser == "sgd" else _STEP),
        ),
        (
            language.say("Mini-batch"),
            str(recipe["batch_size"]),
            language.say("images per step, in a new order each epoch"),
        ),
        (language.say("Epochs"), str(recipe["epochs"]), language.say("passes over all training images")),
        (
            language.say("Random seed"),
            str(recipe["seed"]),
            language.say("decides the first weights and the order of images"),
        ),
    ]
    if recipe.get("normalisation") == "half":
        meaning = language.say("0.5 is taken off the pixels and the rest is divided by 0.5")
        rows.append((language.say("Normalisation"), "half", meaning))
    return rows


def _optional(recipe: Mapping[str, Any], language: Language) -> list[tuple[str, str, str]]:
    """The settings that do nothing at their usual value, where they have another."""
    numbers = {
        "momentum": language.say("the share of the last step that is kept (Nesterov)"),
        "weight_decay": language.say("pulls the weights towards 0 at each step"),
        "label_smoothing": language.say("the share of each target spread over all classes"),
        "averaging": language.say("decay of the moving average of the weights that is kept"),
        "warmup": language.say("the share of all steps in which the learning rate rises"),
    }
    rows = [(name, language.plain(float(recipe[name]), 8), numbers[name]) for name in numbers if recipe.get(name)]
    if recipe["schedule"] != "constant":
        meaning = language.say("the learning rate rises, then falls to 0")
        rows.append(("schedule", str(recipe["schedule"]), meaning))
    if recipe["augmentation"] != "none":
        name = str(recipe["augmentation"])
        rows.append(("augmentation", name, language.say(AUGMENTATIONS[name])))
        if recipe.get("fading"):
            meaning = language.say(
                "how much of the augmentation is gone at the end; above 1, nothing is left of it before"
            )
            rows.append(("fading", language.plain(float(recipe["fading"]), 8), meaning))
    if recipe.get("class_weights") == "balanced":
        meaning = language.say("an image weighs in inverse proportion to its class's number")
        rows.append(("class_weights", "balanced", meaning))
    if recipe.get("class_weights") == "groups":
        meaning = language.say(
            "the fewer the images of its class and the groups of copies in it, the more an image weighs"
        )
        rows.append(("class_weights", "groups", meaning))
    if recipe.get("precision") == "mixed":
        meaning = language.say("layers compute in bfloat16, weights and losses are float32")
        rows.append(("precision", "mixed", meaning))
    if recipe.get("keep") == "best":
        meaning = language.say("the weights of the epoch with the lowest validation loss are kept")
        rows.append(("keep", "best", meaning))
    if recipe.get("patience"):
        meaning = language.say("training stops after so many epochs without a new lowest validation loss")
        rows.append(("patience", str(recipe["patience"]), meaning))
    return rows
