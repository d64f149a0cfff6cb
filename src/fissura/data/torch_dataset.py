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
        place = range(len(self))[index]  # from the end where it is negative, as of a list
        pixels = torch.from_numpy(self.source.images[place].copy()).unsqueeze(0)
        image = pixels.to(torch.float32).div_(255).sub_(self.mean).div_(self.std)
        return image, int(self.source.labels[place])

    def __repr__(self) -> str:
        return f"ImageDataset({self.source}, mean={self.mean}, std={self.std})"
