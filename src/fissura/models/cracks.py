"""The network for photographs: fully convolutional, so that it gives a map of where it sees what it was taught."""

from __future__ import annotations

from torch import Tensor, nn

from fissura.errors import SettingsError
from fissura.layers import LogMeanExpPool2d

SMALLEST_PX = 16


class CrackNetwork(nn.Module):
    """Grey photographs ``(n, 1, h, w)`` to logits ``(n, 1)`` for two classes, ``(n, classes)`` for more.

    A large window with a large stride first: at once a sixteenth of the pixels is left, and everything after it is
    cheap. Then normalised 3 x 3 convolutions, one cell of evidence per place, and a pooling over all places in which
    strong evidence anywhere counts most. How stem, widths and pooling were chosen is in docs/decisions.

    Raises:
        SettingsError: the images are smaller than 16 x 16 pixels.
    """

    def __init__(self, size_hw: tuple[int, int] = (112, 112), classes: int = 2) -> None:
        super().__init__()
        if min(size_hw) < SMALLEST_PX:
            raise SettingsError(
                "Images of {height} x {width} px are too small for this network; wanted at least {least} x {least} px. "
                "Choose a larger --size.",
                height=size_hw[0],
                width=size_hw[1],
                least=SMALLEST_PX,
            )
        self.features = nn.Sequential(
            nn.Conv2d(1, 16, kernel_size=8, stride=4, padding=2, bias=False),
            nn.BatchNorm2d(16),
            nn.ReLU(),
            nn.Conv2d(16, 32, kernel_size=3, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(32),
            nn.ReLU(),
            nn.Conv2d(32, 48, kernel_size=3, padding=1, bias=False),
            nn.BatchNorm2d(48),
            nn.ReLU(),
            nn.Conv2d(48, 64, kernel_size=3, padding=1, bias=False),
            nn.BatchNorm2d(64),
            nn.ReLU(),
            nn.Conv2d(64, 64, kernel_size=3, padding=1, bias=False),
            nn.BatchNorm2d(64),
            nn.ReLU(),
        )
        self.evidence = nn.Conv2d(64, 1 if classes == 2 else classes, kernel_size=1)
        self.pooling = LogMeanExpPool2d()
        self.flatten = nn.Flatten()

    def map(self, images: Tensor) -> Tensor:
        """The evidence at each place, ``(n, cells, h / 8, w / 8)``; pooled over all places it is the image's logits."""
        found: Tensor = self.evidence(self.features(images))
        return found

    def forward(self, images: Tensor) -> Tensor:
        """Logits ``(n, cells)`` of images ``(n, 1, h, w)``, normalised."""
        logits: Tensor = self.flatten(self.pooling(self.map(images)))
        return logits
