"""Training: the recipe as a record, and the one loop."""

from fissura.training.device import DEVICES, choose_device, device_name
from fissura.training.fit import first_batch, fit
from fissura.training.history import DivergedError, History, Progress
from fissura.training.recipe import NamedRecipe, Recipe
from fissura.training.recipes import RECIPES, named_recipe
from fissura.training.session import Trained, train

__all__ = [
    "DEVICES",
    "RECIPES",
    "DivergedError",
    "History",
    "NamedRecipe",
    "Progress",
    "Recipe",
    "Trained",
    "choose_device",
    "device_name",
    "first_batch",
    "fit",
    "named_recipe",
    "train",
]
