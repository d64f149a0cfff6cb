"""CNN 1 and CNN 2 for prediction alone: the same functions as their ``forward()``, without a gradient, much faster.

Both networks wait for memory more than they compute: the first convolution's 32 maps of 26 x 26 take 86 kB an image,
and the pooling throws three quarters of them away. Here a cell after the pooling is computed straight from the 4 x 4
pixels that it depends on, so that the larger maps never exist, and few images at a time, so that what exists stays in
the processor's cache. CNN 2's second convolution takes 16 products a cell instead of 36 (Winograd's minimal filtering).

Arrays are kept place by place, ``(rows, columns, n, channels)``: then each step is one matrix product over all images.
What was measured, and what did not help, is in docs/decisions/0002-one-loop.md.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor, nn

from fissura.models.digits import CNN1, CNN2
from fissura.threads import side_by_side

Forward = Callable[[Tensor], Tensor]

FAST_BATCH = 32  # images at a time: of 8 to 64 the fastest, with 2 MiB of cache for each core

_numbers = partial(torch.tensor, dtype=torch.float32, device="cpu")  # whatever the caller has set PyTorch to
_zeros = partial(torch.zeros, dtype=torch.float32, device="cpu")
_empty = partial(torch.empty, dtype=torch.float32, device="cpu")

# Lavin and Gray, Fast Algorithms for Convolutional Neural Networks (2015), section 4.1: F(2 x 2, 3 x 3). Four inputs d
# in a row and a kernel g of three give two sums: outputs @ ((kernels @ g) * (inputs @ d)), with * element by element.
_OF_INPUTS = _numbers([[1.0, 0, -1, 0], [0, 1, 1, 0], [0, -1, 1, 0], [0, 1, 0, -1]])
_OF_KERNELS = _numbers([[1.0, 0, 0], [0.5, 0.5, 0.5], [0.5, -0.5, 0.5], [0, 0, 1]])
_OF_OUTPUTS = _numbers([[1.0, 1, 1, 0], [0, 1, -1, -1]])


def fast_forward(model: nn.Module) -> Forward | None:
    """What gives the logits of ``model``, with the weights it has now, faster than itself; None if nothing does.

    It takes ``(n, 1, h, w)`` float32 and returns ``(n, classes)``, the same as ``model`` up to float32's rounding. It
    is for CPUs and takes few images at once: ``FAST_BATCH``.
    """
    if not all(weights.device.type == "cpu" and weights.dtype == torch.float32 for weights in model.parameters()):
        return None
    if type(model) is CNN1 and model.convolution.padding == (0, 0):
        return _cnn1(model)
    if type(model) is CNN2 and model.convolution1.padding == (0, 0):
        return _cnn2(model)
    return None


def logits_in_parts(part: Callable[[slice], Tensor], n: int, size: int, classes: int) -> Tensor:
    """Logits ``(n, classes)`` from those of parts of ``size`` images, as many parts at a time as PyTorch has threads.

    Each part is computed on one thread, an only one too: waking a second one for every small product would take longer
    than it saves, and it changes no bit how many images there are.
    """
    logits = _empty(n, classes)

    def fill(start: int) -> None:
        chosen = slice(start, min(start + size, n))
        with torch.inference_mode():  # is of one thread
            logits[chosen] = part(chosen)

    side_by_side(fill, range(0, n, size), alone_on_one_thread=True)
    return logits


def _cnn1(model: CNN1) -> Forward:
    kernels, bias = _first_kernels(model.convolution)
    dense = _dense_by_place(model.dense, channels=32)

    def forward(inputs: Tensor) -> Tensor:
        maps = _first_maps(inputs, kernels, bias)
        return torch.addmm(model.dense.bias, _by_image(maps), dense)

    return forward


def _cnn2(model: CNN2) -> Forward:
    kernels, bias = _first_kernels(model.convolution1)
    second = _Minimal.of(model.convolution2, columns=(model.reached_hw[1] - 6) // 4)
    dense = _dense_by_place(model.dense1, channels=64)
    height, width = model.reached_hw

    def forward(inputs: Tensor) -> Tensor:
        maps = _first_maps(inputs[:, :, :height, :width], kernels, bias)
        cells = torch.addmm(model.dense1.bias, _by_image(second(maps)), dense).relu_()
        logits: Tensor = model.dense2(cells)
        return logits

    return forward


def _first_kernels(convolution: nn.Conv2d) -> tuple[Tensor, Tensor]:
    """``(4, 16, channels)``: from 4 x 4 pixels to the four results that one pooling takes the largest of; and the bias.

    For each of the four the 3 x 3 kernel lies in another corner of the 4 x 4 pixels, with zeros beside it.
    """
    weight = convolution.weight.detach()
    kernels = _zeros(2, 2, 4, 4, len(weight))
    for row in range(2):
        for column in range(2):
            kernels[row, column, row : row + 3, column : column + 3] = weight[:, 0].permute(1, 2, 0)
    assert convolution.bias is not None
    return kernels.view(4, 16, -1), convolution.bias.detach()


def _first_maps(inputs: Tensor, kernels: Tensor, bias: Tensor) -> Tensor:
    """Convolution, pooling and ReLU of images ``(n, 1, h, w)``: ``(rows, columns, n, channels)``."""
    pixels = inputs[:, 0].permute(1, 2, 0).contiguous()
    patches = pixels.unfold(0, 4, 2).unfold(1, 4, 2)  # (rows, columns, n, 4, 4), each two pixels from the next
    rows, columns, n = patches.shape[:3]
    patches = patches.permute(3, 4, 0, 1, 2).reshape(16, -1).T
    largest = patches @ kernels[0]
    other = torch.empty_like(largest)
    for kernel in kernels[1:]:
        torch.maximum(largest, torch.mm(patches, kernel, out=other), out=largest)
    return largest.add_(bias).relu_().view(rows, columns, n, -1)


@dataclass(frozen=True, eq=False)
class _Minimal:
    """Convolution, pooling and ReLU of maps ``(rows, columns, n, c)``, giving ``(rows', columns', n, c')``.

    A pooled cell depends on 4 x 4 places, one tile of the algorithm, whose four outputs are what is pooled.

    Attributes:
        across: ``(4 x columns', columns)``, the inputs' transform of every tile in a row.
        filters: ``(16, c, c')``, the transformed kernels.
        to_outputs: ``(4, 16)``, from a tile's products to its outputs.
        bias: ``(c',)``.
    """

    across: Tensor
    filters: Tensor
    to_outputs: Tensor
    bias: Tensor

    @classmethod
    def of(cls, convolution: nn.Conv2d, columns: int) -> _Minimal:
        """From a 3 x 3 convolution without padding and the number of pooled columns."""
        across = _zeros(4, columns, 2 * columns + 2)
        for column in range(columns):
            across[:, column, 2 * column : 2 * column + 4] = _OF_INPUTS
        weight = convolution.weight.detach()
        filters = torch.einsum("ik,ockl,jl->ijco", _OF_KERNELS, weight, _OF_KERNELS)
        to_outputs = torch.einsum("pi,qj->pqij", _OF_OUTPUTS, _OF_OUTPUTS)
        assert convolution.bias is not None
        return cls(
            across.flatten(0, 1),
            filters.flatten(0, 1).contiguous(),
            to_outputs.reshape(4, 16),
            convolution.bias.detach(),
        )

    def __call__(self, maps: Tensor) -> Tensor:
        n, (_, depth, channels) = maps.shape[2], self.filters.shape
        rows, columns = maps.shape[0] // 2 - 1, len(self.across) // 4
        pooled = _empty(rows, columns * n * channels)
        down = _empty(4, maps.shape[1], n * depth)
        tiles = _empty(4, 4 * columns, n * depth)
        products = _empty(16, columns * n, channels)
        for row in range(rows):
            torch.mm(_OF_INPUTS, maps[2 * row : 2 * row + 4].view(4, -1), out=down.view(4, -1))
            torch.matmul(self.across, down, out=tiles)
            torch.bmm(tiles.view(16, columns * n, depth), self.filters, out=products)
            torch.amax(self.to_outputs @ products.view(16, -1), dim=0, out=pooled[row])
        return pooled.view(rows, columns, n, channels).add_(self.bias).relu_()


def _dense_by_place(dense: nn.Linear, channels: int) -> Tensor:
    """The weights ``(places x channels, cells)`` of a dense layer for inputs that lie place by place."""
    weight = dense.weight.detach()
    return weight.view(len(weight), channels, -1).permute(2, 1, 0).reshape(-1, len(weight)).contiguous()


def _by_image(maps: Tensor) -> Tensor:
    """``(rows, columns, n, channels)`` to ``(n, rows x columns x channels)``."""
    return maps.permute(2, 0, 1, 3).reshape(maps.shape[2], -1)
