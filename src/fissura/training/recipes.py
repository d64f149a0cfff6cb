"""The named recipes: the lab's, a fast one and the best one found; how they were chosen is in docs/decisions."""

from __future__ import annotations

from fissura.names import unknown
from fissura.training.recipe import NamedRecipe, Recipe

RECIPES: dict[str, NamedRecipe] = {
    "lab": NamedRecipe(Recipe(), "cnn2", "the course lab: plain stochastic gradient, 3 epochs"),
}


def named_recipe(name: str) -> NamedRecipe:
    """The recipe of that name.

    Raises:
        SettingsError: no such name; the sentence gives the nearest.
    """
    if name not in RECIPES:
        raise unknown("recipe", name, RECIPES)
    return RECIPES[name]
