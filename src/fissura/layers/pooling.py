"""A pooling that PyTorch lacks: between the mean and the maximum of a map."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn


class LogMeanExpPool2d(nn.Module):
    """``log(mean(exp(map)))`` over all places: ``(n, c, h, w)`` to ``(n, c, 1, 1)``.

    Read as log-odds, a few places with strong evidence outweigh many without, as a thin crack on a large wall should;
    the mean would drown it, and the maximum teaches one place at a time. Source: P. O. Pinheiro, R. Collobert (2015),
    CVPR, 1713-1721, equation 6 with r = 1.

    >>> round(LogMeanExpPool2d()(torch.tensor([[[[0.0, 0.0], [0.0, 10.0]]]])).item(), 2)
    8.61
    """

    def forward(self, maps: Tensor) -> Tensor:
        """The pooled maps, in float32 at least: sums of exponentials lose too much in less."""
        maps = maps if maps.dtype == torch.float64 else maps.float()
        return torch.logsumexp(maps, dim=(2, 3), keepdim=True) - math.log(maps.shape[2] * maps.shape[3])
