"""``ChannelsLastNorm``: batch normalisation whose gradient is found fast on a processor, whatever the channels' number.

PyTorch's own sums up a channels-last gradient with one row of sums for each thread. Where a row is no multiple of a
cache line long, two threads write into the same line and wait for each other: with 24 channels two threads were seen to
take longer than one.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

_LINE = 16  # float32 in a cache line of 64 bytes
_ROW = 336  # float32 that are computed at once, about
_AT_ONCE = 1 << 20  # float32 of each array, so that they stay in the cache


class ChannelsLastNorm(nn.BatchNorm2d):
    """``nn.BatchNorm2d``: the same weights, the same function, the same gradient up to rounding; no second one."""

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002 - its name in PyTorch
        """The normalised maps."""
        counted = self.num_batches_tracked
        # what has no weights, keeps no statistics or a plain mean of them is PyTorch's; so is what it refuses:
        # native_batch_norm does not compare the numbers of channels, and writes where it must not
        usual = self.affine and counted is not None and self.momentum is not None
        if not (self.training and usual and _shares_lines(input) and input.shape[1] == self.num_features):
            return super().forward(input)
        assert counted is not None
        counted.add_(1)
        found: Tensor = _Normalised.apply(
            input, self.weight, self.bias, self.running_mean, self.running_var, self.momentum, self.eps
        )
        return found


def _shares_lines(maps: Tensor) -> bool:
    """Whether two threads' sums over ``maps`` lie in one line, and two columns beside each other fill whole lines."""
    return (
        maps.device.type == "cpu"
        and maps.numel() > 0
        and maps.dtype == torch.float32
        and maps.is_contiguous(memory_format=torch.channels_last)
        and maps.shape[1] % _LINE != 0
        and 2 * maps.shape[1] % _LINE == 0
        and maps.shape[3] % 2 == 0
    )


class _Normalised(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        maps: Tensor,
        weight: Tensor,
        bias: Tensor,
        running_mean: Tensor,
        running_var: Tensor,
        momentum: float,
        eps: float,
    ) -> Tensor:
        found, mean, inverse = torch.native_batch_norm(
            maps, weight, bias, running_mean, running_var, True, momentum, eps
        )
        ctx.save_for_backward(maps, weight, mean, inverse)
        ctx.eps = eps
        return found

    @staticmethod
    @once_differentiable  # statistics are saved as if they did not depend on the maps
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        """The sums from PyTorch, for even and odd columns apart; what each value gets is a sum of two products.

        Source: S. Ioffe and C. Szegedy (2015), ICML, section 3.
        """
        maps, weight, mean, inverse = ctx.saved_tensors
        gradient = gradient.contiguous(memory_format=torch.channels_last)
        _, of_weight, of_bias = torch.ops.aten.native_batch_norm_backward(
            _paired(gradient),
            _paired(maps),
            weight.repeat(2),
            None,
            None,
            mean.repeat(2),
            inverse.repeat(2),
            True,
            ctx.eps,
            [False, True, True],
        )
        of_weight, of_bias = of_weight.view(2, -1).sum(0), of_bias.view(2, -1).sum(0)
        n = maps.numel() // maps.shape[1]
        scale = weight * inverse
        slope = -scale * inverse * of_weight / n
        constant = -scale * of_bias / n - slope * mean
        return _combined(gradient, scale, maps, slope, constant), of_weight, of_bias, None, None, None, None


def _paired(maps: Tensor) -> Tensor:
    """``(n, c, h, w)`` as ``(n, 2 c, h, w / 2)``: columns in pairs, without moving anything."""
    n, channels, height, width = maps.shape
    return maps.permute(0, 2, 3, 1).view(n, height, width // 2, 2 * channels).permute(0, 3, 1, 2)


def _combined(first: Tensor, scale: Tensor, second: Tensor, slope: Tensor, constant: Tensor) -> Tensor:
    """``first * scale + second * slope + constant``, each of the three ``(c,)``, in parts that stay in the cache."""
    _, channels, _, width = first.shape
    found = torch.empty_like(first, memory_format=torch.channels_last)
    columns = max(
        count for count in range(1, width + 1) if width % count == 0 and count * channels <= max(_ROW, channels)
    )
    flat = [each.permute(0, 2, 3, 1).view(-1, columns * channels) for each in (first, second, found)]
    scale, slope, constant = (each.repeat(columns) for each in (scale, slope, constant))
    at_once = max(1, _AT_ONCE // (columns * channels))
    for start in range(0, len(flat[0]), at_once):
        one, other, out = (each[start : start + at_once] for each in flat)
        torch.addcmul(constant, other, slope, out=out).addcmul_(one, scale)
    return found
