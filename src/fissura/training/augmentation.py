"""Random changes that leave an image's class as it is, for a whole batch at once: no work per image in Python.

Each image is turned, scaled, sheared, shifted and, where asked, bent a little. All of that is one displacement per
pixel, a sum of few basis fields (x, y, 1, and 25 smooth bumps for the bending), so a batch takes one matrix product and
one ``grid_sample``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

import torch
import torch.nn.functional as F  # noqa: N812 - its customary name

BUMPS = 5  # the bending is a 5 x 5 grid of random vectors, smoothly interpolated


@dataclass(frozen=True)
class Augmentation:
    """How strongly images are changed; each change is drawn evenly from minus to plus its bound.

    Attributes:
        degrees: turn.
        scale: relative change of each side.
        shear: relative.
        shift_px: in pixels, along each axis.
        bend_px: standard deviation of the bending at each of its 25 points, in pixels; 0 for none.
    """

    degrees: float
    scale: float
    shear: float
    shift_px: float
    bend_px: float = 0.0


AUGMENTATIONS: dict[str, Augmentation | None] = {
    "none": None,
    "affine": Augmentation(degrees=8, scale=0.1, shear=0.1, shift_px=1.0),
    "elastic": Augmentation(degrees=10, scale=0.1, shear=0.1, shift_px=1.5, bend_px=0.4),
}


def augmented(pixels: torch.Tensor, how: Augmentation, strength: float) -> torch.Tensor:
    """``pixels`` ``(n, h, w)`` uint8, each changed at random; float32 ``(n, h, w)`` in [0, 255], black from outside.

    Draws from PyTorch's global random state. ``strength`` in [0, 1] scales every bound; at 0 images stay as they are.
    """
    n, height, width = pixels.shape
    coefficients = _coefficients(n, how, strength, (height, width))
    basis = _basis(height, width, how.bend_px > 0).to(pixels.device)
    grid = (coefficients.to(pixels.device).view(n, -1) @ basis).view(n, height, width, 2)
    moved = F.grid_sample(pixels.unsqueeze(1).to(torch.float32), grid, align_corners=False)
    return moved.squeeze(1)


def _coefficients(n: int, how: Augmentation, strength: float, size_hw: tuple[int, int]) -> torch.Tensor:
    """``(n, 2, fields)``: how much of each basis field moves an image along x and along y."""

    def evenly(bound: float) -> torch.Tensor:
        return (torch.rand(n) * 2 - 1) * bound * strength

    turn = evenly(math.radians(how.degrees))
    across, along, shear = 1 + evenly(how.scale), 1 + evenly(how.scale), evenly(how.shear)
    fields = 3 + (BUMPS * BUMPS if how.bend_px > 0 else 0)
    found = torch.zeros(n, 2, fields)
    found[:, 0, 0] = turn.cos() * across
    found[:, 0, 1] = (turn.cos() * shear - turn.sin()) * along
    found[:, 0, 2] = evenly(2 * how.shift_px / size_hw[1])  # the grid's unit is half the image
    found[:, 1, 0] = turn.sin() * across
    found[:, 1, 1] = (turn.sin() * shear + turn.cos()) * along
    found[:, 1, 2] = evenly(2 * how.shift_px / size_hw[0])
    if how.bend_px > 0:
        unit = torch.tensor([2 / size_hw[1], 2 / size_hw[0]]).view(1, 2, 1)
        found[:, :, 3:] = torch.randn(n, 2, BUMPS * BUMPS) * unit * how.bend_px * strength
    return found


@cache
def _basis(height: int, width: int, bending: bool) -> torch.Tensor:
    """``(2 fields, h w 2)``: the basis fields, once for x and once for y, interleaved as ``grid_sample`` wants them."""
    x = ((torch.arange(width) + 0.5) * 2 / width - 1).repeat(height)
    y = ((torch.arange(height) + 0.5) * 2 / height - 1).repeat_interleave(width)
    fields = torch.stack([x, y, torch.ones_like(x)])
    if bending:
        points = torch.eye(BUMPS * BUMPS).view(-1, 1, BUMPS, BUMPS)
        bumps = F.interpolate(points, size=(height, width), mode="bicubic", align_corners=True)
        fields = torch.cat([fields, bumps.view(BUMPS * BUMPS, height * width)])
    both = torch.zeros(2, len(fields), height * width, 2)
    both[0, :, :, 0] = fields
    both[1, :, :, 1] = fields
    return both.view(2 * len(fields), height * width * 2)
