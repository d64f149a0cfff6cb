"""Random changes that leave an image's class as it is, for a whole batch at once: no work per image in Python.

Each image is turned, scaled, sheared, shifted and, where asked, bent a little. All of that is one displacement per
pixel, a sum of few basis fields (x, y, 1, and 25 smooth bumps for the bending), so a batch takes one matrix product and
one ``grid_sample``. Photographs may also be mirrored and turned by right angles (all 8 symmetries of the square), and
go through what a camera does to them (``photography``).
"""

from __future__ import annotations

import functools
import itertools
import math
import operator
from dataclasses import dataclass
from functools import cache

import torch
import torch.nn.functional as F  # noqa: N812 - its customary name

from fissura.training.photography import Camera, photographed

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
        symmetries: each image in one of its 8 mirrored and turned forms; of images that are not square, 4.
        reflected: what comes in from outside is the image mirrored at its edge; else it is black.
        camera: light, blur, noise and JPEG after all that; None for none.
    """

    degrees: float
    scale: float
    shear: float
    shift_px: float
    bend_px: float = 0.0
    symmetries: bool = False
    reflected: bool = False
    camera: Camera | None = None

    @property
    def moves(self) -> bool:
        """Whether pixels are moved by other than whole turns and mirrors."""
        return any((self.degrees, self.scale, self.shear, self.shift_px, self.bend_px))


AUGMENTATIONS: dict[str, Augmentation | None] = {
    "none": None,
    "affine": Augmentation(degrees=8, scale=0.1, shear=0.1, shift_px=1.0),
    "elastic": Augmentation(degrees=10, scale=0.1, shear=0.1, shift_px=1.5, bend_px=0.4),
    "symmetries": Augmentation(0, 0, 0, 0, symmetries=True),
    "photographs": Augmentation(
        degrees=12,
        scale=0.2,
        shear=0.05,
        shift_px=4.0,
        symmetries=True,
        reflected=True,
        camera=Camera(light=0.25, contrast=0.3, blur_px=0.8, noise=6.0, jpeg=0.5),
    ),
}


def augmented(pixels: torch.Tensor, how: Augmentation, strength: float) -> torch.Tensor:
    """``pixels`` ``(n, h, w)`` uint8, each changed at random; float32 ``(n, h, w)`` in [0, 255], black from outside.

    Draws from PyTorch's global random state. ``strength`` in [0, 1] scales every bound; at 0 images stay as they are,
    mirrored and turned at most.
    """
    images = _symmetric(pixels) if how.symmetries else pixels
    images = images.to(torch.float32)
    if strength == 0:
        return images
    if how.moves:
        images = _moved(images, how, strength)
    return images if how.camera is None else photographed(images, how.camera, strength)


def _moved(images: torch.Tensor, how: Augmentation, strength: float) -> torch.Tensor:
    n, height, width = images.shape
    coefficients = _coefficients(n, how, strength, (height, width))
    basis = _basis(height, width, how.bend_px > 0).to(images.device)
    grid = (coefficients.to(images.device).view(n, -1) @ basis).view(n, height, width, 2)
    outside = "reflection" if how.reflected else "zeros"
    return F.grid_sample(images.unsqueeze(1), grid, padding_mode=outside, align_corners=False).squeeze(1)


def _symmetric(pixels: torch.Tensor) -> torch.Tensor:
    """Each image mirrored left to right, up to down and along its diagonal with one chance in two each."""
    n = len(pixels)
    drawn = [(torch.rand(n) < 0.5).to(pixels.device) for _ in range(3 if pixels.shape[1] == pixels.shape[2] else 2)]
    found = torch.empty_like(pixels)
    for form in itertools.product((False, True), repeat=len(drawn)):  # images of one form together, each moved once
        mirrored, overturned, transposed = (*form, False)[:3]
        of_this_form = functools.reduce(
            operator.and_, (draw == wanted for draw, wanted in zip(drawn, form, strict=True))
        )
        chosen = of_this_form.nonzero()[:, 0]
        moved = pixels.index_select(0, chosen).flip(
            [side for side, wanted in ((2, mirrored), (1, overturned)) if wanted]
        )
        found.index_copy_(0, chosen, moved.transpose(1, 2) if transposed else moved)
    return found


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
