"""Random changes that leave an image's class as it is, for a whole batch at once."""

from __future__ import annotations

from collections.abc import Callable

import torch

AUGMENT: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {}


def unchanged(inputs: torch.Tensor) -> torch.Tensor:
    """``inputs`` themselves."""
    return inputs


AUGMENT["none"] = unchanged
AUGMENT["affine"] = unchanged  # for the moment
