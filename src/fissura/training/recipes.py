"""The named recipes: the lab's, a fast one and the best one found; how they were chosen is in docs/decisions."""

from __future__ import annotations

from dataclasses import replace

from fissura.language import N_
from fissura.names import unknown
from fissura.training.recipe import NamedRecipe, Recipe

_MODERN = Recipe(
    batch_size=128,
    whole_batches=True,
    learning_rate=0.1,
    momentum=0.9,
    weight_decay=1e-3,
    schedule="one-cycle",
    warmup=0.2,
    label_smoothing=0.05,
)

RECIPES: dict[str, NamedRecipe] = {
    "lab": NamedRecipe(Recipe(), "cnn2", N_("the course lab: plain stochastic gradient, 3 epochs")),
    "fast": NamedRecipe(
        replace(_MODERN, epochs=3, averaging=0.99, augmentation="affine", fading=0.8),
        "cnn3-strided",
        N_("over 99 % on MNIST in seconds: a strided network, 3 epochs"),
    ),
    "best": NamedRecipe(
        replace(_MODERN, epochs=12, averaging=0.998, augmentation="elastic", fading=1.0),
        "cnn3",
        N_("over 99.6 % on MNIST with fewer parameters than CNN 2: three normalised convolutions, 12 epochs"),
    ),
    "cracks": NamedRecipe(
        replace(
            _MODERN,
            epochs=9,
            batch_size=64,
            learning_rate=0.05,
            weight_decay=5e-4,
            label_smoothing=0.0,
            averaging=0.99,
            augmentation="photographs",
            fading=1.5,
            keep="best",
            class_weights="groups",
        ),
        "crack",
        N_("photographs of two or more classes: a fully convolutional network, augmented, the best epoch kept"),
    ),
    "cracks-lab": NamedRecipe(
        Recipe(epochs=5, batch_size=100, optimiser="adam", learning_rate=1e-3, normalisation="half", keep="best"),
        "crack",
        N_("the course lab's second part: Adam, batches of 100, mean and deviation 0.5, nothing augmented"),
    ),
}


def named_recipe(name: str) -> NamedRecipe:
    """The recipe of that name.

    Raises:
        SettingsError: no such name; the sentence gives the nearest.
    """
    if name not in RECIPES:
        raise unknown("--recipe", name, RECIPES)
    return RECIPES[name]
