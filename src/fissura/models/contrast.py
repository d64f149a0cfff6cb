"""``LocalContrast``: light and contrast taken out of a photograph by its own neighbourhood, before a network sees it.

Means and deviations of the neighbourhoods are taken of blocks of 8 x 8 px and are linear between the blocks' middles.
The parts are functions of their own, since a large photograph is put together from pieces that need the same levels.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F  # noqa: N812 - its customary name
from torch import Tensor, nn

BLOCK_PX = 8  # local means are taken of blocks this large, then smoothed
_NEIGHBOURHOODS = (5, 13)  # sides of the neighbourhoods in blocks: 40 px and 104 px
_LEAST_CONTRAST = 0.02  # 5 grey levels: where a wall varies less than that, its noise is not blown up to contrast
_AT_ONCE_PX = 1 << 18  # what a processor works on at once, so that it stays in its cache


class LocalContrast(nn.Module):
    """Grey ``(n, 1, h, w)`` in [0, 1] to ``(n, 2, h, w)``: how many deviations each pixel lies off its neighbourhood.

    One channel for each of two neighbourhoods, 40 px and 104 px wide. Height and width are multiples of 8.
    Source: K. Jarrett et al. (2009), ICCV, 2146-2153, section 3.1 (local contrast normalisation), with flat windows.
    """

    def forward(self, images: Tensor) -> Tensor:
        """The contrasts; they have no gradient, as nothing before them is taught."""
        with torch.no_grad():
            around = levels(block_means(images))
            n, _, height, width = images.shape
            if images.device.type != "cpu":
                return contrast(images, around)
            at_once = max(1, _AT_ONCE_PX // (height * width))
            found = images.new_empty((n, 2, height, width))
            for first in range(0, n, at_once):
                some = slice(first, first + at_once)
                found[some] = contrast(images[some], around[some])
            return found


def block_means(images: Tensor) -> Tensor:
    """Grey ``(n, 1, h, w)`` to ``(n, 2, h / 8, w / 8)``: mean and mean square of each block of 8 x 8 px."""
    n, _, height, width = images.shape
    means = images.new_empty((n, 2, height // BLOCK_PX, width // BLOCK_PX))
    for channel, values in enumerate((images, images * images)):
        rows = values.reshape(n, height // BLOCK_PX, BLOCK_PX, width).sum(2)
        means[:, channel] = rows.view(n, height // BLOCK_PX, width // BLOCK_PX, BLOCK_PX).sum(3)
    return means.div_(BLOCK_PX**2)


def levels(blocks: Tensor) -> Tensor:
    """Of ``block_means`` ``(n, 2, rows, columns)``, for each neighbourhood its mean and what a difference from it is
    multiplied by: ``(n, 4, rows + 2, columns + 2)``, with a copy of the last blocks on all sides."""
    found = []
    for side in _NEIGHBOURHOODS:
        # along the rows, then along the columns: 26 instead of 169 values for a mean
        around = F.avg_pool2d(blocks, (1, side), stride=1, padding=(0, side // 2), count_include_pad=False)
        around = F.avg_pool2d(around, (side, 1), stride=1, padding=(side // 2, 0), count_include_pad=False)
        deviation = (around[:, 1:] - around[:, :1].square()).clamp_min(0).sqrt()
        found += [around[:, :1], 1 / (deviation + _LEAST_CONTRAST)]
    return F.pad(torch.cat(found, dim=1), (1, 1, 1, 1), mode="replicate")


def contrast(images: Tensor, around: Tensor) -> Tensor:
    """``(n, 2, h, w)`` of grey ``(n, 1, h, w)`` and their ``levels``."""
    enlarged = _enlarged(around)
    return (images - enlarged[:, ::2]).mul_(enlarged[:, 1::2]).clamp_(-8, 8)


def _enlarged(values: Tensor) -> Tensor:
    """``(n, c, rows + 2, columns + 2)`` to ``(n, c, 8 rows, 8 columns)``: linear between the middles of the blocks.

    The outermost blocks only say where the lines on the ones beside them lead. It is ``interpolate`` with the mode
    ``bilinear`` up to rounding, in less than half of its time.
    """
    n, channels, rows, columns = values.shape
    place = (torch.arange(BLOCK_PX, device=values.device, dtype=values.dtype) + 0.5) / BLOCK_PX  # from middle to middle
    inside = slice(BLOCK_PX // 2, -BLOCK_PX // 2)
    across = torch.lerp(values[..., :-1, None], values[..., 1:, None], place)
    across = across.view(n, channels, rows, BLOCK_PX * (columns - 1))[..., inside]
    down = torch.lerp(across[:, :, :-1, None], across[:, :, 1:, None], place.view(-1, 1))
    return down.view(n, channels, BLOCK_PX * (rows - 1), across.shape[3])[:, :, inside]
