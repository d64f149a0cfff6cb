"""Parting images into what a network learns from and what it is judged on."""

from __future__ import annotations

import numpy as np

from fissura.data.labelled import LabelledImages
from fissura.errors import SettingsError


def held_out(images: LabelledImages, n: int, seed: int = 0) -> tuple[LabelledImages, LabelledImages]:
    """(training part, validation part of ``n`` images), by one fixed permutation; each in its old order.

    For choosing between recipes: the test images stay untouched until the choice is made.

    Raises:
        SettingsError: ``n`` leaves one of the parts empty.
    """
    if not 1 <= n < len(images):
        raise SettingsError(
            "--validation is {got}; wanted a whole number from 1 to {most}, so that both parts hold images.",
            got=n,
            most=len(images) - 1,
        )
    order = np.random.default_rng(seed).permutation(len(images))
    return images.subset(np.sort(order[n:])), images.subset(np.sort(order[:n]), "validation")
