"""How a classifier's input is prepared, how its output is read, and where it comes from."""

from __future__ import annotations

import math
import platform
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

import fissura
from fissura.data.labelled import LabelledImages
from fissura.errors import DataError


@dataclass(frozen=True)
class Preprocessing:
    """Pixels to [0, 1], then ``(pixel - mean) / std``; images must be ``size_hw`` (height, width) in pixels."""

    size_hw: tuple[int, int]
    mean: float
    std: float

    @classmethod
    def of(cls, images: LabelledImages) -> Preprocessing:
        """Mean and standard deviation of the training pixels, to four digits (on MNIST: 0.1307 and 0.3081)."""
        mean, std = images.moments
        return cls(images.size_hw, round(mean, 4), round(std, 4) or 1.0)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Preprocessing:
        """From the fields as a classifier file holds them; fails in some way where they are not all there and right."""
        size_hw = int(values["size_hw"][0]), int(values["size_hw"][1])
        preprocessing = cls(size_hw, float(values["mean"]), float(values["std"]))
        preprocessing.check()
        return preprocessing

    def check(self) -> None:
        """Raise ``ValueError`` where mean or deviation can't be computed with."""
        if not (math.isfinite(self.mean) and math.isfinite(self.std) and self.std > 0):
            raise ValueError(f"mean {self.mean} and std {self.std}")

    def check_images(self, images: npt.NDArray[Any]) -> None:
        """Raise ``DataError`` where images are no array, not uint8 or not of that size."""
        if not isinstance(images, np.ndarray):
            raise DataError(
                "The images are a {kind}; this classifier wants a NumPy array, uint8 of shape (n, {height}, {width}). "
                "Its predict takes lists and files as well.",
                kind=type(images).__name__,
                height=self.size_hw[0],
                width=self.size_hw[1],
            )
        if images.dtype != np.uint8 or images.ndim != 3 or images.shape[1:] != tuple(self.size_hw):
            raise DataError(
                "The images are {dtype} of shape {shape}; this classifier wants uint8 of shape "
                "(n, {height}, {width}), the size it was trained on.",
                dtype=images.dtype,
                shape=images.shape,
                height=self.size_hw[0],
                width=self.size_hw[1],
            )

    def __call__(self, pixels: torch.Tensor) -> torch.Tensor:
        """``(n, h, w)`` in 0 to 255 to ``(n, 1, h, w)`` float32, operation by operation as ToTensor and Normalize."""
        floats = pixels.unsqueeze(1).to(torch.float32)
        scaled = floats.div(255) if pixels.dtype == torch.float32 else floats.div_(255)  # what was given stays as it is
        return scaled.sub_(self.mean).div_(self.std)


@dataclass(frozen=True)
class Provenance:
    """Where a classifier comes from: everything that is needed to train it again.

    Attributes:
        recipe: the training recipe's fields.
        data: origin, split, number of images and fingerprint of the training data.
        metrics: what was measured on which split when it was trained.
        versions: of the package, Python and PyTorch.
    """

    recipe: dict[str, Any] = field(default_factory=dict)
    data: dict[str, Any] = field(default_factory=dict)
    metrics: dict[str, Any] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Decision:
    """How the output of a network for two classes is read.

    Attributes:
        positive: the index of the class that is looked for.
        threshold: an image is said to be of it when its probability is at least that, in [0, 1]; a little above 1 for
            never.
        temperature: logits are divided by it, which makes probabilities honest and changes no order; above 0.
        chosen: the wish that the threshold was chosen for and on how many validation images, for people; may be empty.
        mirrored: (scale, offset): the network looks at an image and its three mirror images, and the log-odds pooled
            from the mean of the four maps count, times ``scale`` plus ``offset``, which settle them as those of one
            look are settled in the network. None: one look.
    """

    positive: int
    threshold: float = 0.5
    temperature: float = 1.0
    chosen: dict[str, Any] = field(default_factory=dict)
    mirrored: tuple[float, float] | None = None

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Decision:
        """From the fields as a classifier file holds them; fails in some way where they are not all there and right."""
        decision = cls(
            int(values["positive"]),
            float(values["threshold"]),
            float(values["temperature"]),
            dict(values["chosen"]),
            None if values.get("mirrored") is None else (float(values["mirrored"][0]), float(values["mirrored"][1])),
        )
        decision.check()
        return decision

    def check(self) -> None:
        """Raise ``ValueError`` where it cannot be decided with."""
        scale, offset = self.mirrored or (1.0, 0.0)
        fine = self.positive in (0, 1) and 0 <= self.threshold <= 1 + 1e-4 and 0 < self.temperature < math.inf
        if not (fine and 0 < scale < math.inf and math.isfinite(offset)):
            raise ValueError(
                f"positive {self.positive}, threshold {self.threshold}, temperature {self.temperature}, "
                f"mirrored {self.mirrored}"
            )


def earlier(data: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """What ``Provenance.data`` says of the trainings that one went on from, the last one first."""
    found = []
    while isinstance(start := data.get("start"), Mapping):
        found.append(start)
        data = start.get("data") or {}
    return found


def learned_from(data: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """``Provenance.data`` of a training and of those that it went on from: all that the weights have learned from."""
    return [data, *(start.get("data") or {} for start in earlier(data))]


def versions() -> dict[str, str]:
    """The versions that the numbers depend on."""
    return {
        "fissura": fissura.__version__,
        "python": platform.python_version(),
        "torch": str(torch.__version__),
        "numpy": np.__version__,
    }
