"""What a camera does to a photograph, for a whole batch at once: light, contrast, blur, noise, JPEG.

A crack survives all of it: it stays a thin dark line. Everything is drawn from PyTorch's global random state.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

import torch
import torch.nn.functional as F  # noqa: N812 - its customary name

# Annex K of ITU-T T.81: the luminance table that most encoders scale
_LUMINANCE = (
    (16, 11, 10, 16, 24, 40, 51, 61),
    (12, 12, 14, 19, 26, 58, 60, 55),
    (14, 13, 16, 24, 40, 57, 69, 56),
    (14, 17, 22, 29, 51, 87, 80, 62),
    (18, 22, 37, 56, 68, 109, 103, 77),
    (24, 35, 55, 64, 81, 104, 113, 92),
    (49, 64, 78, 87, 103, 121, 120, 101),
    (72, 92, 95, 98, 112, 100, 103, 99),
)
BLOCK = 8
QUALITIES = (40.0, 95.0)


@dataclass(frozen=True)
class Camera:
    """How strongly photographs are changed.

    Attributes:
        light: brightness is multiplied by up to ``1 + light`` or divided by it, and rises or falls by as much from one
            side of the image to the other.
        contrast: likewise for the distance from the image's mean.
        blur_px: the standard deviation of a Gaussian blur is drawn evenly from 0 to this, in pixels.
        noise: the standard deviation of the noise is drawn evenly from 0 to this, in grey levels of 255.
        jpeg: the share of images that are compressed, at a quality from 40 to 95.
    """

    light: float = 0.0
    contrast: float = 0.0
    blur_px: float = 0.0
    noise: float = 0.0
    jpeg: float = 0.0


def photographed(images: torch.Tensor, camera: Camera, strength: float = 1.0) -> torch.Tensor:
    """``images`` ``(n, h, w)`` float32 in [0, 255], each photographed anew; the same shape and range.

    ``strength`` in [0, 1] scales every bound; at 0 images stay as they are.
    """
    if camera.blur_px:
        images = _blurred(images, camera.blur_px * strength)
    if camera.light or camera.contrast:
        images = _lit(images, camera.light * strength, camera.contrast * strength)
    if camera.noise:
        images = _noisy(images, camera.noise * strength)
    images = images.clamp(0, 255)
    if camera.jpeg:
        images = _compressed(images, camera.jpeg * strength)
    return images


def _drawn(n: int, low: float, high: float, device: torch.device) -> torch.Tensor:
    """``(n, 1, 1)``, evenly from ``low`` to ``high``; drawn on the CPU, so that every device sees the same."""
    return (low + (high - low) * torch.rand(n, 1, 1)).to(device)


def _blurred(images: torch.Tensor, most_px: float) -> torch.Tensor:
    """A 5-tap Gaussian of each image's own width, along the rows and then along the columns.

    As sums of shifted images: PyTorch's convolution with a kernel for each image takes twice as long on a processor.
    """
    n, device = len(images), images.device
    sigma = _drawn(n, 0.0, most_px, device).clamp_min(1e-3)
    once, twice = torch.exp(-0.5 / sigma**2), torch.exp(-2.0 / sigma**2)
    whole = 1 + 2 * once + 2 * twice
    taps = (1 / whole, once / whole, twice / whole)
    padded = F.pad(images.unsqueeze(1), (2, 2, 2, 2), mode="reflect").squeeze(1)
    return _weighted(_weighted(padded.transpose(1, 2), taps).transpose(1, 2), taps)


def _weighted(padded: torch.Tensor, taps: tuple[torch.Tensor, ...]) -> torch.Tensor:
    """``(n, h + 4, w)`` to ``(n, h, w)``: each row with its neighbours one and two rows away, by their weights."""
    found = padded[:, 2:-2] * taps[0]
    found.addcmul_(padded[:, 1:-3] + padded[:, 3:-1], taps[1])
    return found.addcmul_(padded[:, :-4] + padded[:, 4:], taps[2])


def _lit(images: torch.Tensor, light: float, contrast: float) -> torch.Tensor:
    n, height, width = images.shape
    device = images.device
    brightness = torch.exp(_drawn(n, -1, 1, device) * math.log1p(light))
    spread = torch.exp(_drawn(n, -1, 1, device) * math.log1p(contrast))
    down = torch.linspace(-0.5, 0.5, height, device=device).view(1, height, 1)
    across = torch.linspace(-0.5, 0.5, width, device=device).view(1, 1, width)
    slope = 1 + light * (_drawn(n, -1, 1, device) * down + _drawn(n, -1, 1, device) * across)
    mean = images.mean(dim=(1, 2), keepdim=True)
    return (images * spread).add_(mean * (1 - spread)).mul_(slope.mul_(brightness))


def _noisy(images: torch.Tensor, most: float) -> torch.Tensor:
    """Noise from one long strip of normal numbers, each image reading it from a place of its own.

    Drawing fresh normal numbers for every pixel would take longer than the rest of the augmentation together.
    """
    n, height, width = images.shape
    size = height * width
    strip = torch.randn(4 * size).to(images.device)  # drawn on the CPU, so that every device sees the same
    starts = torch.randint(0, 3 * size, (n,)).tolist()
    noise = torch.stack([strip[start : start + size] for start in starts]).view(n, height, width)
    return images + noise * _drawn(n, 0.0, most, images.device)


def _compressed(images: torch.Tensor, share: float) -> torch.Tensor:
    """JPEG's loss without its file: blocks of 8 x 8 to cosines, rounded to the quality's steps, and back.

    Only the images that are drawn for it are computed. Cosines go along the rows of the whole image and then down the
    columns of each strip of 8 rows: two products of plain matrices, a third of the time of one for each block.
    """
    n, height, width = images.shape
    device = images.device
    quality = _drawn(n, *QUALITIES, device)
    chosen = (_drawn(n, 0, 1, device) < share).view(n).nonzero()[:, 0]
    if not len(chosen):
        return images
    quality = quality.index_select(0, chosen).view(-1, 1, 1, 1, 1)
    scale = torch.where(quality < 50, 5000 / quality, 200 - 2 * quality) / 100
    # laid out as the cosines below: (image, strip, row, column of blocks, column)
    steps = (torch.tensor(_LUMINANCE, device=device, dtype=torch.float32) * scale).clamp_min(1).transpose(2, 3)
    plain = images.index_select(0, chosen).unsqueeze(1)
    padded = F.pad(plain, (0, -width % BLOCK, 0, -height % BLOCK), mode="replicate") - 128
    strips, columns = padded.shape[2] // BLOCK, padded.shape[3] // BLOCK
    cosines = _cosines().to(device)
    across = (padded.reshape(-1, BLOCK) @ cosines.T).view(-1, BLOCK, columns * BLOCK)
    frequencies = (cosines @ across).view(-1, strips, BLOCK, columns, BLOCK)
    rounded = frequencies.div_(steps).round_().mul_(steps)
    down = cosines.T @ rounded.view(-1, BLOCK, columns * BLOCK)
    back = (down.view(-1, BLOCK) @ cosines).view(len(chosen), strips * BLOCK, columns * BLOCK)
    return images.index_copy(0, chosen, back[:, :height, :width].add_(128).clamp_(0, 255))


@cache
def _cosines() -> torch.Tensor:
    """The orthonormal cosine transform of 8 numbers, ``(8, 8)``."""
    k = torch.arange(BLOCK).view(-1, 1)
    x = torch.arange(BLOCK).view(1, -1)
    basis = torch.cos(math.pi * (2 * x + 1) * k / (2 * BLOCK)) * math.sqrt(2 / BLOCK)
    basis[0] /= math.sqrt(2)
    return basis
