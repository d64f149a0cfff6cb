"""The networks for digits: those of the course, each written as its handout lists it, and two beyond it."""

from __future__ import annotations

from torch import Tensor, nn

from fissura.errors import SettingsError


class MultinomialRegression(nn.Module):
    """Flatten the image, one linear layer: images ``(n, 1, h, w)`` to logits ``(n, classes)``."""

    def __init__(self, size_hw: tuple[int, int] = (28, 28), classes: int = 10) -> None:
        super().__init__()
        self.flatten = nn.Flatten()
        self.dense = nn.Linear(size_hw[0] * size_hw[1], classes)

    def forward(self, images: Tensor) -> Tensor:
        """Logits ``(n, classes)`` of images ``(n, 1, h, w)``, normalised."""
        logits: Tensor = self.dense(self.flatten(images))
        return logits


# Max pooling and ReLU commute: the largest of four numbers is positive when one of them is. So both networks pool
# first, and ReLU has a quarter of the work. Outputs and gradients are bit for bit those of the handout's order. Medians
# of 300 training steps (batch of 64, channels_last, one thread, forward and backward): the handout's order takes 2.0
# times as long in CNN 1, 1.1 to 1.3 times in CNN 2; a last ReLU behind the flatten 1.7 and 1.03 times.


class CNN1(nn.Module):
    """One convolution with ReLU, one pooling, one dense layer: images ``(n, 1, h, w)`` to logits ``(n, classes)``.

    Raises:
        SettingsError: nothing is left of so small an image after the pooling.
    """

    def __init__(self, size_hw: tuple[int, int] = (28, 28), classes: int = 10, same_padding: bool = False) -> None:
        super().__init__()
        height, width = _pooled(size_hw, same_padding, blocks=1)
        self.convolution = nn.Conv2d(1, 32, kernel_size=3, padding=1 if same_padding else 0)
        self.pooling = nn.MaxPool2d(2)
        self.relu = nn.ReLU()
        self.flatten = nn.Flatten()
        self.dense = nn.Linear(height * width * 32, classes)

    def forward(self, images: Tensor) -> Tensor:
        """Logits ``(n, classes)`` of images ``(n, 1, h, w)``, normalised."""
        maps = self.relu(self.pooling(self.convolution(images)))
        logits: Tensor = self.dense(self.flatten(maps))
        return logits


class CNN2(nn.Module):
    """Two convolutions with ReLU and pooling, two dense layers: images ``(n, 1, h, w)`` to logits ``(n, classes)``.

    The handout does not say whether a ReLU follows the dense layer of 128. Here it does, which is the usual reading:
    without it, the two dense layers would amount to one.

    Attributes:
        reached_hw: the part of the image, from its upper left corner, that the logits depend on. The poolings leave out
            an odd last row and column, so of 28 x 28 pixels the last two rows and columns reach nothing.

    Raises:
        SettingsError: nothing is left of so small an image after the second pooling.
    """

    def __init__(self, size_hw: tuple[int, int] = (28, 28), classes: int = 10, same_padding: bool = False) -> None:
        super().__init__()
        height, width = _pooled(size_hw, same_padding, blocks=2)
        self.reached_hw = size_hw if same_padding else (height * 4 + 6, width * 4 + 6)
        self.convolution1 = nn.Conv2d(1, 32, kernel_size=3, padding=1 if same_padding else 0)
        self.convolution2 = nn.Conv2d(32, 64, kernel_size=3, padding=1 if same_padding else 0)
        self.pooling = nn.MaxPool2d(2)
        self.relu = nn.ReLU()
        self.flatten = nn.Flatten()
        self.dense1 = nn.Linear(height * width * 64, 128)
        self.dense2 = nn.Linear(128, classes)

    def forward(self, images: Tensor) -> Tensor:
        """Logits ``(n, classes)`` of images ``(n, 1, h, w)``, normalised."""
        maps = self.relu(self.pooling(self.convolution1(images)))
        maps = self.relu(self.pooling(self.convolution2(maps)))
        cells = self.relu(self.dense1(self.flatten(maps)))
        logits: Tensor = self.dense2(cells)
        return logits


class CNN3(nn.Sequential):
    """Three convolutions with batch normalisation, beyond the handout: ``(n, 1, h, w)`` to logits ``(n, classes)``.

    The network of ``--recipe best``, chosen among those of at most 225,034 parameters: see docs/decisions.
    Pooling comes before normalisation and ReLU, which then have a quarter of the work. Biases that a normalisation
    would take away again are left out.
    """

    def __init__(self, size_hw: tuple[int, int] = (28, 28), classes: int = 10) -> None:
        height, width = _remaining(size_hw, ((5, 1), (2, 2), (3, 1), (2, 2), (3, 1)))
        super().__init__(
            nn.Conv2d(1, 32, kernel_size=5, bias=False),
            nn.MaxPool2d(2),
            nn.BatchNorm2d(32),
            nn.ReLU(),
            nn.Conv2d(32, 64, kernel_size=3, bias=False),
            nn.MaxPool2d(2),
            nn.BatchNorm2d(64),
            nn.ReLU(),
            nn.Conv2d(64, 128, kernel_size=3, bias=False),
            nn.BatchNorm2d(128),
            nn.ReLU(),
            nn.Flatten(),
            nn.Linear(height * width * 128, 80, bias=False),
            nn.BatchNorm1d(80),
            nn.ReLU(),
            nn.Linear(80, classes),
        )


class StridedCNN3(nn.Sequential):
    """Three convolutions, two of them with stride 2 instead of pooling: images ``(n, 1, h, w)`` to ``(n, classes)``.

    A step of it costs a third of one of CNN 2: the network of ``--recipe fast``.
    """

    def __init__(self, size_hw: tuple[int, int] = (28, 28), classes: int = 10) -> None:
        height, width = _remaining(size_hw, ((5, 2), (1, 2), (3, 1)))
        super().__init__(
            nn.Conv2d(1, 16, kernel_size=5, stride=2, bias=False),
            nn.BatchNorm2d(16),
            nn.ReLU(),
            nn.Conv2d(16, 32, kernel_size=3, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(32),
            nn.ReLU(),
            nn.Conv2d(32, 64, kernel_size=3, bias=False),
            nn.BatchNorm2d(64),
            nn.ReLU(),
            nn.Flatten(),
            nn.Linear(height * width * 64, classes),
        )


def _pooled(size_hw: tuple[int, int], same_padding: bool, blocks: int) -> tuple[int, int]:
    """Height and width after ``blocks`` times a 3 x 3 convolution and a 2 x 2 pooling."""
    height, width = size_hw
    for _ in range(blocks):
        height, width = ((side if same_padding else side - 2) // 2 for side in (height, width))
    if min(height, width) < 1:
        raise SettingsError(
            "Images of {height} x {width} px are too small for the network: nothing is left after its last pooling. "
            "Give images of at least {wanted} x {wanted} px.",
            height=size_hw[0],
            width=size_hw[1],
            wanted=_smallest(same_padding, blocks),
        )
    return height, width


def _smallest(same_padding: bool, blocks: int) -> int:
    side = 1
    for _ in range(blocks):
        side = side * 2 + (0 if same_padding else 2)
    return side


def _remaining(size_hw: tuple[int, int], windows: tuple[tuple[int, int], ...]) -> tuple[int, int]:
    """Height and width after sliding these (size, stride) windows over the image, one after the other."""
    height, width = size_hw
    for size, stride in windows:
        height, width = (height - size) // stride + 1, (width - size) // stride + 1
        if height < 1 or width < 1:
            raise SettingsError(
                "Images of {height} x {width} px are too small for this network: nothing is left after its "
                "convolutions. Use larger images or another network.",
                height=size_hw[0],
                width=size_hw[1],
            )
    return height, width
