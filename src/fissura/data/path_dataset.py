"""The textbook's way to photographs: a ``Dataset`` that opens a path whenever an image is asked for.

Kept for teaching, and to be measured against ``open_pixels``, which decodes once.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch.utils.data import Dataset

from fissura.data.folder import ImageFolder, read_folder
from fissura.images import printable_name, read_grey, resized


class PathDataset(Dataset[tuple[torch.Tensor, int]]):
    """Item ``i`` is (float32 tensor ``(1, h, w)``, label) of image ``indices[i]``, or of image ``i`` without them.

    The image is opened, made grey, made a tensor in [0, 1] and normalised to ``(pixel - mean) / std``, in that order;
    ``size_hw`` resizes it before, which photographs of different sizes need to share a batch.

    ``folder`` is one with a subfolder for each class.

    Raises:
        DataError: the folder cannot be used; see ``read_folder``.
        ImageError: an image that is asked for cannot be read.
    """

    def __init__(
        self,
        folder: ImageFolder | Path | str,
        indices: Sequence[int] | npt.NDArray[np.integer] | None = None,
        mean: float = 0.5,
        std: float = 0.5,
        size_hw: tuple[int, int] | None = None,
    ) -> None:
        self.folder = folder if isinstance(folder, ImageFolder) else read_folder(folder)
        self.indices = list(range(len(self.folder))) if indices is None else [int(index) for index in indices]
        self.mean = mean
        self.std = std
        self.size_hw = size_hw

    def __len__(self) -> int:
        return len(self.indices)

    def __getitem__(self, item: int) -> tuple[torch.Tensor, int]:
        index = self.indices[item]
        grey = read_grey(self.folder.path(index))
        if self.size_hw is not None:
            grey = resized(grey, self.size_hw)
        image = torch.from_numpy(grey).unsqueeze(0).to(torch.float32).div_(255)
        return image.sub_(self.mean).div_(self.std), self.folder.files[index].label

    def __repr__(self) -> str:
        root, classes = printable_name(str(self.folder.root)), self.folder.classes
        return f"PathDataset({root}: {len(self)} images of {classes}, mean={self.mean}, std={self.std})"
