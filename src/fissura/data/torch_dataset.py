"""``LabelledImages`` as the ``Dataset`` of a PyTorch textbook."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch.utils.data import Dataset

if TYPE_CHECKING:
    from fissura.data.labelled import LabelledImages


class ImageDataset(Dataset[tuple[torch.Tensor, int]]):
    """Item ``i`` is (float32 tensor ``(1, h, w)``, label)."""

    def __init__(self, source: LabelledImages, mean: float, std: float) -> None:
        self.source = source
        self.mean = mean
        self.std = std

    def __len__(self) -> int:
        return len(self.source)

    def __getitem__(self, index: int) -> tuple[torch.Tensor, int]:
        if not 0 <= index < len(self):
            raise IndexError(index)
        pixels = torch.from_numpy(self.source.images[index].copy()).unsqueeze(0)
        image = pixels.to(torch.float32).div_(255).sub_(self.mean).div_(self.std)
        return image, int(self.source.labels[index])
