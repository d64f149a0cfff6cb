"""What the one training loop is given to teach: batches, and how an answer to one is marked."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
import torch
from torch import nn

from fissura.classifier import Preprocessing
from fissura.data.labelled import LabelledImages
from fissura.models import reached_hw
from fissura.training.augmentation import AUGMENTATIONS, augmented
from fissura.training.losses import class_weights, mean_loss
from fissura.training.recipe import Recipe


class Lessons(Protocol):
    """Something to learn from: ``len`` examples in an epoch, given by their numbers.

    ``on_device`` is where its batches lie. Randomness is drawn from PyTorch's global state, which the loop seeds anew
    for each epoch.
    """

    on_device: torch.device

    def __len__(self) -> int:
        """The number of examples in an epoch."""
        ...

    def batch(self, chosen: torch.Tensor, strength: float) -> tuple[torch.Tensor, Any]:
        """(input of the network, what it should answer) of the examples ``chosen`` ``(n,)`` int64.

        ``strength`` in [0, 1] scales what is changed at random.
        """
        ...

    def forward(self, model: nn.Module, inputs: torch.Tensor) -> Any:
        """What the network answers, in float32."""
        ...

    def loss(self, outputs: Any, targets: Any) -> torch.Tensor:
        """The mean loss per example, a scalar."""
        ...


class Pictures:
    """Lessons of labelled images: the class is to be named. All images are one uint8 tensor, moved once."""

    def __init__(
        self,
        model: nn.Module,
        images: LabelledImages,
        recipe: Recipe,
        preprocessing: Preprocessing,
        device: torch.device,
    ) -> None:
        self.on_device = device
        # not copied on a CPU, unless it is a read-only map
        self._pixels = torch.from_numpy(np.require(images.images, requirements=["C", "W"])).to(device)
        self._labels = torch.tensor(images.labels, device=device)
        weights = class_weights(images, recipe)
        self._weights = None if weights is None else weights.to(device)
        self._augmentation = AUGMENTATIONS[recipe.augmentation]
        self._smoothing = recipe.label_smoothing
        self._preprocessing = preprocessing
        self._hw = preprocessing.size_hw if recipe.plain else reached_hw(model, preprocessing.size_hw)
        self._format = memory_format(recipe)

    def __len__(self) -> int:
        return len(self._pixels)

    def batch(self, chosen: torch.Tensor, strength: float) -> tuple[torch.Tensor, torch.Tensor]:
        """(normalised images ``(n, 1, h, w)``, classes ``(n,)``)."""
        pixels, targets = self._pixels.index_select(0, chosen), self._labels.index_select(0, chosen)
        if self._augmentation is not None:
            pixels = augmented(pixels, self._augmentation, strength)
        height, width = self._hw
        inputs = self._preprocessing(pixels[:, :height, :width])
        return inputs.contiguous(memory_format=self._format), targets

    def forward(self, model: nn.Module, inputs: torch.Tensor) -> torch.Tensor:
        """Logits ``(n, classes)``."""
        logits: torch.Tensor = model(inputs)
        return logits.float()

    def loss(self, outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """Cross-entropy."""
        return mean_loss(outputs, targets, self._smoothing, self._weights)


def memory_format(recipe: Recipe) -> torch.memory_format:
    """How images lie in memory: channels last is faster; the plain way is PyTorch's default."""
    return torch.contiguous_format if recipe.plain else torch.channels_last
