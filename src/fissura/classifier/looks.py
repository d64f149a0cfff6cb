"""What a network says of images at one look, or at four: at an image and its three mirror images."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from fissura.classifier.records import Preprocessing
from fissura.familiarity import picture_statistics
from fissura.models import FAST_BATCH, fast_forward, logits_in_parts, reached_hw


@contextmanager
def evaluating(model: nn.Module) -> Iterator[None]:
    """Evaluation mode without gradients inside; every module's training mode is put back as it was found.

    No layer computes in less precision than it has weights in, whatever the caller has set.
    """
    modes = [(module, module.training) for module in model.modules()]
    device = next((each.device for each in model.parameters()), torch.device("cpu"))
    model.eval()
    try:
        with torch.inference_mode(), torch.autocast(device.type, enabled=False):
            yield
    finally:
        for module, training in modes:
            module.training = training


@dataclass(frozen=True, eq=False)
class Looks:
    """A network that looks at uint8 images ``(n, h, w)`` of its own size.

    Attributes:
        model: the network.
        preprocessing: how pixels become its input.
        mirrored: (scale, offset) of the log-odds of four looks; None: one look.
    """

    model: Any
    preprocessing: Preprocessing
    mirrored: tuple[float, float] | None

    def logits(self, images: npt.NDArray[np.uint8], batch: int, classes: int) -> torch.Tensor:
        """``(n, classes)``, or ``(n, 1)`` from a network that has one output for two classes."""
        pixels = torch.from_numpy(_writable(images))
        height, width = reached_hw(self.model, self.preprocessing.size_hw)

        def of_part(part: slice) -> torch.Tensor:
            logits: torch.Tensor = forward(self._inputs(pixels[part, :height, :width]))
            return logits

        with evaluating(self.model):
            fast = fast_forward(self.model)
            forward = (fast or self.model) if self.mirrored is None else self._of_mirrored
            if fast is not None:
                return logits_in_parts(of_part, len(pixels), min(batch, FAST_BATCH), classes)
            logits = [of_part(slice(start, start + batch)) for start in range(0, len(pixels), batch)]
        return torch.cat(logits) if logits else torch.empty(0, classes, device=self._device)

    def described(self, images: npt.NDArray[np.uint8], batch: int) -> tuple[torch.Tensor, npt.NDArray[np.float32]]:
        """(logits, features of network and pixels ``(n, d)``)."""
        logits, features = [], []
        options = {} if self.mirrored is None else {"mirrored": True}
        with evaluating(self.model):
            for start in range(0, len(images), batch):
                part = _writable(images[start : start + batch])
                found, described = self.model.described(self._inputs(torch.from_numpy(part)), **options)
                logits.append(self._settled(found))
                features.append(np.concatenate([described.cpu().numpy(), picture_statistics(part)], axis=1))
        return torch.cat(logits), np.concatenate(features)

    def cells(self, images: npt.NDArray[np.uint8]) -> torch.Tensor | None:
        """Logits of each place, ``(n, classes, rows, columns)`` or of one class; None from a network without a map."""
        mapped = getattr(self.model, "map" if self.mirrored is None else "mirrored_map", None)
        if mapped is None:
            return None
        with evaluating(self.model):
            cells: torch.Tensor = mapped(self._inputs(torch.from_numpy(_writable(images))))
        return cells

    @property
    def _device(self) -> torch.device:
        device: torch.device = next(self.model.parameters()).device
        return device

    def _inputs(self, pixels: torch.Tensor) -> torch.Tensor:
        return self.preprocessing(pixels.to(self._device)).contiguous(memory_format=torch.channels_last)

    def _of_mirrored(self, inputs: torch.Tensor) -> torch.Tensor:
        return self._settled(self.model.pooled(self.model.mirrored_map(inputs)))

    def _settled(self, logits: torch.Tensor) -> torch.Tensor:
        """Log-odds of as many looks as are asked for, put right."""
        if self.mirrored is None:
            return logits
        scale, offset = self.mirrored
        return logits * scale + offset


def _writable(images: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """``images`` in one piece; a read-only map, of which PyTorch warns, is copied."""
    found: npt.NDArray[np.uint8] = np.require(images, requirements=["C", "W"])
    return found
