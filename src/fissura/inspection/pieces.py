"""The detector's map of one window computed piece by piece: the numbers of one pass up to 1e-4, in half the time.

At full and at half resolution a pass over a large window spends more time on fetching its maps from memory than on
computing them. The layers there look a few pixels far, so they are computed in pieces that stay in the processor's
cache, each on one thread; so are the last ones. The deep ones, small and far-sighted, are computed in broad bands.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 - its customary name
from torch import Tensor, nn

from fissura.classifier import Preprocessing
from fissura.images import Pixels
from fissura.models.contrast import BLOCK_PX, block_means, contrast, levels
from fissura.models.detector import CrackDetector
from fissura.threads import side_by_side

_STRIP_PX = 64  # rows whose blocks are averaged at once; a multiple of BLOCK_PX
_EVERYTHING = 1 << 30

Span = tuple[int, int]
Part = Callable[[Span, Span], Tensor]
"""(rows, columns) of what comes in to ``(1, c, h, w)`` of what is made of them."""


def piecewise_map(model: CrackDetector, preprocessing: Preprocessing, grey: Pixels) -> Tensor:
    """``model.map`` of one window ``(h, w)``: log-odds ``(ceil(h / 4), ceil(w / 4))``; call without gradients.

    The network is in evaluation mode, on the processor. How far its layers look, of 2, 2 and 4 px down to a quarter, of
    1 and 2 cells down to an eighth, of 8 cells of a sixteenth and 1 of an eighth in between, of 1 at the end, is
    rounded up to what its strides divide.
    """
    height, width = grey.shape
    beyond = -height % model.alignment_px, -width % model.alignment_px
    if any(beyond):
        grey = np.pad(grey, ((0, beyond[0]), (0, beyond[1])), mode="edge")
    pixels = torch.from_numpy(np.require(grey, requirements=["W"]))[None]  # read-only pixels are copied
    size_hw = (grey.shape[0], grey.shape[1])
    around = _levels(pixels, preprocessing)

    def to_quarter(rows: Span, columns: Span) -> Tensor:
        part = preprocessing(pixels[:, slice(*rows), slice(*columns)])
        down, across = (slice(span[0] // BLOCK_PX, span[1] // BLOCK_PX + 2) for span in (rows, columns))
        inputs = contrast(part, around[:, :, down, across]).contiguous(memory_format=torch.channels_last)
        found: Tensor = model.down_to_quarter(model.down_to_half(inputs))
        return found

    at_quarter, at_eighth = _channels(model.up_to_quarter), _channels(model.up_to_eighth)
    quarter = _in_pieces(to_quarter, at_quarter, size_hw, (512, 512), 16, 4)

    def to_eighth(rows: Span, columns: Span) -> Tensor:
        found: Tensor = model.down_to_eighth(quarter[:, :, slice(*rows), slice(*columns)])
        return found

    eighth = _in_pieces(to_eighth, at_eighth, (size_hw[0] // 4, size_hw[1] // 4), (128, 256), 4, 2)

    def context(rows: Span, columns: Span) -> Tensor:
        part = eighth[:, :, slice(*rows), slice(*columns)]
        deep = F.interpolate(model.up_to_eighth(model.down_to_sixteenth(part)), scale_factor=2.0)
        found: Tensor = model.up_to_quarter(model.at_eighth(deep.add_(part)))
        return found

    deep = _in_pieces(context, at_quarter, (size_hw[0] // 8, size_hw[1] // 8), (192, _EVERYTHING), 18, 1)

    def last(rows: Span, columns: Span) -> Tensor:
        above = deep[:, :, rows[0] // 2 : rows[1] // 2, columns[0] // 2 : columns[1] // 2]
        grown = F.interpolate(above, scale_factor=2.0).add_(quarter[:, :, slice(*rows), slice(*columns)])
        found: Tensor = model.evidence(model.at_quarter(grown))
        return found

    cells = _in_pieces(last, model.evidence.out_channels, (size_hw[0] // 4, size_hw[1] // 4), (128, 128), 2, 1)
    return cells[0, 0, : -(-height // model.stride), : -(-width // model.stride)]


def _in_pieces(part: Part, channels: int, size_hw: Span, piece_hw: Span, reach: int, shrink: int) -> Tensor:
    """``part`` of everything, computed for pieces of ``size_hw`` that are cut ``reach`` larger on all sides.

    Pieces and reach are multiples of what the layers of ``part`` divide by; what they give is ``shrink`` times smaller.
    """
    height, width = size_hw
    size = 1, channels, height // shrink, width // shrink
    found = torch.empty(size, dtype=torch.float32, device="cpu", memory_format=torch.channels_last)

    def work(place: tuple[Span, Span]) -> None:
        (top, bottom), (left, right) = place
        above, before = max(0, top - reach), max(0, left - reach)
        rows = slice((top - above) // shrink, (bottom - above) // shrink)
        columns = slice((left - before) // shrink, (right - before) // shrink)
        with torch.inference_mode():  # is of one thread
            cells = part((above, min(height, bottom + reach)), (before, min(width, right + reach)))
            found[:, :, top // shrink : bottom // shrink, left // shrink : right // shrink] = cells[:, :, rows, columns]

    side_by_side(work, product(_spans(height, piece_hw[0]), _spans(width, piece_hw[1])))
    return found


def _spans(size: int, length: int) -> list[Span]:
    return [(start, min(start + length, size)) for start in range(0, size, length)]


def _channels(step: nn.Sequential) -> int:
    convolution = step[0]
    assert isinstance(convolution, nn.Conv2d)
    return convolution.out_channels


def _levels(pixels: Tensor, preprocessing: Preprocessing) -> Tensor:
    """For each neighbourhood its mean and what a deviation from it is multiplied by: ``(1, 4, h / 8 + 2, w / 8 + 2)``.

    As in ``LocalContrast``, block by block, of uint8 ``(1, h, w)``, with a copy of the last blocks on all sides. Blocks
    are summed up strip by strip, each strip on one thread.
    """
    _, height, width = pixels.shape
    blocks = torch.empty((1, 2, height // BLOCK_PX, width // BLOCK_PX), dtype=torch.float32, device="cpu")

    def of_strip(span: Span) -> None:
        with torch.inference_mode():  # is of one thread
            strip = preprocessing(pixels[:, slice(*span)])
            blocks[:, :, span[0] // BLOCK_PX : span[1] // BLOCK_PX] = block_means(strip)

    side_by_side(of_strip, _spans(height, _STRIP_PX))
    return levels(blocks)
