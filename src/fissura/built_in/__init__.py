"""The crack detector that comes with the package: how it is made."""

from fissura.built_in.making import RECIPE, Made, Making, detector, make, taught
from fissura.built_in.steps import (
    SECOND_PORTIONS,
    SECOND_RECIPE,
    THIRD_CLUTTER,
    THIRD_KEPT,
    THIRD_PORTIONS,
    last_of,
    make_in_steps,
)

__all__ = [
    "RECIPE",
    "SECOND_PORTIONS",
    "SECOND_RECIPE",
    "THIRD_CLUTTER",
    "THIRD_KEPT",
    "THIRD_PORTIONS",
    "Made",
    "Making",
    "detector",
    "last_of",
    "make",
    "make_in_steps",
    "taught",
]
