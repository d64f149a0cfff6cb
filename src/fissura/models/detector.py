"""The network of the built-in detector: one pass gives a map of cracks and, pooled from it, one answer for the window.

Fully convolutional and local: what a cell says depends on the pixels within ``reach_px`` alone, so that a large
photograph may be read in strips. Light and contrast are taken out first, by the photograph's own neighbourhood.
"""

from __future__ import annotations

from typing import ClassVar

import torch
import torch.nn.functional as F  # noqa: N812 - its customary name
from torch import Tensor, nn

from fissura.errors import SettingsError
from fissura.layers import LogMeanExpPool2d
from fissura.models.contrast import LocalContrast
from fissura.models.normalisation import ChannelsLastNorm

SMALLEST_PX = 16
_MIRRORS = ((3,), (2,), (2, 3))  # which axes are turned round


def _step(inputs: int, outputs: int, size: int = 3, stride: int = 1, dilation: int = 1) -> nn.Sequential:
    """A convolution, its normalisation and ReLU."""
    reach = dilation * (size // 2)
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, size, stride=stride, padding=reach, dilation=dilation, bias=False),
        ChannelsLastNorm(outputs),
        nn.ReLU(inplace=True),
    )


class _Context(nn.Module):
    """What lies further away, added to what is here: a dilated convolution beside a shortcut."""

    def __init__(self, channels: int, dilation: int) -> None:
        super().__init__()
        self.step = _step(channels, channels, dilation=dilation)

    def forward(self, maps: Tensor) -> Tensor:
        found: Tensor = maps + self.step(maps)
        return found


class CrackDetector(nn.Module):
    """Grey windows ``(n, 1, h, w)`` in [0, 1] to log-odds ``(n, 1)`` of a crack; ``(n, classes)`` for more classes.

    Down to a sixteenth of the resolution, where dilated convolutions see as far as a joint runs straight, and up again
    to a quarter, where a crack has its place: a small U-Net. Source: O. Ronneberger et al. (2015), MICCAI, 234-241.

    Attributes:
        stride: side of a cell of the map, in pixels.
        alignment_px: a part of a photograph cut at multiples of this has the cells of the whole.
        reach_px: pixels further away than this from a cell do not change it.

    Raises:
        SettingsError: images smaller than 16 x 16 pixels.
    """

    stride: ClassVar[int] = 4
    alignment_px: ClassVar[int] = 16
    reach_px: ClassVar[int] = 272

    def __init__(self, size_hw: tuple[int, int] = (224, 224), classes: int = 2) -> None:
        super().__init__()
        if min(size_hw) < SMALLEST_PX:
            raise SettingsError(
                "Images of {height} x {width} px are too small for this network; wanted at least {least} x {least} px. "
                "Choose a larger --size.",
                height=size_hw[0],
                width=size_hw[1],
                least=SMALLEST_PX,
            )
        self.contrast = LocalContrast()
        self.down_to_half = _step(2, 24, size=5, stride=2)
        self.down_to_quarter = nn.Sequential(_step(24, 32, stride=2), _step(32, 32))
        self.down_to_eighth = nn.Sequential(_step(32, 48, stride=2), _step(48, 48))
        self.down_to_sixteenth = nn.Sequential(
            _step(48, 96, stride=2), _Context(96, 1), _Context(96, 2), _Context(96, 4)
        )
        self.up_to_eighth = _step(96, 48, size=1)
        self.at_eighth = _step(48, 48)
        self.up_to_quarter = _step(48, 32, size=1)
        self.at_quarter = _step(32, 32)
        self.evidence = nn.Conv2d(32, 1 if classes == 2 else classes, kernel_size=1)
        self.pooling = LogMeanExpPool2d()
        self.weight = nn.Parameter(torch.ones(()))  # of the pooled evidence, and what is added to it
        self.offset = nn.Parameter(torch.full((), 2.0))
        with torch.no_grad():
            assert self.evidence.bias is not None
            self.evidence.bias.fill_(-2.0)  # most cells of most photographs hold no crack

    def map(self, images: Tensor) -> Tensor:
        """Log-odds of a crack in each cell of 4 x 4 px, ``(n, 1, ceil(h / 4), ceil(w / 4))``."""
        return self._cut(self._cells(self._aligned(images)), images)

    def mirrored_map(self, images: Tensor) -> Tensor:
        """The mean of the maps of ``images`` and of their three mirror images, laid back on each other.

        A crack stays one in the mirror, so that what differs between the four is the network's own error.
        """
        aligned = self._aligned(images)
        return self._cut(self._with_mirrors(aligned, self._cells(aligned)), images)

    def pooled(self, maps: Tensor) -> Tensor:
        """Log-odds ``(n, 1)`` that a window holds a crack, of its map ``(n, 1, rows, columns)``."""
        logits: Tensor = self.pooling(maps).flatten(1) * self.weight + self.offset
        return logits

    def forward(self, images: Tensor) -> Tensor:
        """Log-odds ``(n, 1)`` that the window holds a crack."""
        return self.pooled(self.map(images))

    def described(self, images: Tensor, mirrored: bool = False) -> tuple[Tensor, Tensor]:
        """(log-odds ``(n, 1)``, features ``(n, 352)``) from one pass; log-odds of ``mirrored_map`` where asked for.

        Features are the mean and the deviation of every channel over the window, at a quarter, an eighth and a
        sixteenth of the resolution: what the window is made of, whether or not it is cracked.
        """
        aligned = self._aligned(images)
        quarter, deep = self._encoded(aligned)
        cells = self.evidence(self._decoded(quarter, *deep))
        if mirrored:
            cells = self._with_mirrors(aligned, cells)
        levels = [level.flatten(2) for level in (quarter, *deep)]
        features = [each for level in levels for each in (level.mean(2), level.std(2, correction=0))]
        return self.pooled(self._cut(cells, images)), torch.cat(features, dim=1)

    def _cells(self, aligned: Tensor) -> Tensor:
        quarter, deep = self._encoded(aligned)
        found: Tensor = self.evidence(self._decoded(quarter, *deep))
        return found

    def _with_mirrors(self, aligned: Tensor, cells: Tensor) -> Tensor:
        for axes in _MIRRORS:
            cells = cells + self._cells(aligned.flip(axes)).flip(axes)
        return cells / (1 + len(_MIRRORS))

    def _cut(self, cells: Tensor, images: Tensor) -> Tensor:
        """The cells that lie on ``images``, without those of what they were continued by."""
        return cells[:, :, : -(-images.shape[2] // self.stride), : -(-images.shape[3] // self.stride)]

    def _aligned(self, images: Tensor) -> Tensor:
        """``images`` continued below and to the right to whole multiples of ``alignment_px``."""
        beyond = (-images.shape[3] % self.alignment_px, -images.shape[2] % self.alignment_px)
        return F.pad(images, (0, beyond[0], 0, beyond[1]), mode="replicate") if any(beyond) else images

    def _encoded(self, images: Tensor) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        quarter = self.down_to_quarter(self.down_to_half(self.contrast(images)))
        eighth = self.down_to_eighth(quarter)
        return quarter, (eighth, self.down_to_sixteenth(eighth))

    def _decoded(self, quarter: Tensor, eighth: Tensor, sixteenth: Tensor) -> Tensor:
        eighth = self.at_eighth(eighth + F.interpolate(self.up_to_eighth(sixteenth), scale_factor=2.0))
        found: Tensor = self.at_quarter(quarter + F.interpolate(self.up_to_quarter(eighth), scale_factor=2.0))
        return found
