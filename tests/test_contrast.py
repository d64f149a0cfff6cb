"""Local contrast: means and deviations of blocks, linear between their middles, whatever is computed at once."""

import pytest
import torch
import torch.nn.functional as F

from fissura.models import contrast
from fissura.models.contrast import LocalContrast, block_means, levels


def textbook(images: torch.Tensor) -> torch.Tensor:
    """The same in PyTorch's own averages and its own bilinear interpolation, in double precision."""
    images = images.double()
    blocks = F.avg_pool2d(torch.cat([images, images**2], dim=1), 8)
    found = []
    for side in (5, 13):
        mean, squares = F.avg_pool2d(blocks, side, 1, side // 2, count_include_pad=False).split(1, dim=1)
        scale = 1 / ((squares - mean**2).clamp_min(0).sqrt() + 0.02)
        mean, scale = (
            F.interpolate(each, scale_factor=8, mode="bilinear", align_corners=False) for each in (mean, scale)
        )
        found.append(((images - mean) * scale).clamp(-8, 8))
    return torch.cat(found, dim=1)


@pytest.mark.parametrize("shape", [(3, 16, 16), (1, 8, 8), (2, 64, 200), (7, 224, 224), (1, 1040, 16)])
@pytest.mark.parametrize("at_once_px", [1, 1 << 18])
def test_contrast_is_that_of_averages_and_bilinear_interpolation(shape, at_once_px, monkeypatch):
    monkeypatch.setattr(contrast, "_AT_ONCE_PX", at_once_px)
    n, height, width = shape
    images = torch.rand(n, 1, height, width, generator=torch.Generator().manual_seed(height + width))
    images[:, :, : height // 2] *= 0.1  # a step of light
    torch.testing.assert_close(LocalContrast()(images).double(), textbook(images), atol=5e-5, rtol=1e-5)


def test_a_flat_wall_has_no_contrast():
    assert LocalContrast()(torch.full((1, 1, 32, 32), 0.5)).abs().max() < 1e-4


def test_levels_of_a_part_are_those_of_the_whole_beyond_the_neighbourhood():
    images = torch.rand(1, 1, 320, 320, generator=torch.Generator().manual_seed(2))
    whole, part = levels(block_means(images)), levels(block_means(images[:, :, :240, :240]))
    torch.testing.assert_close(part[:, :, 1:24, 1:24], whole[:, :, 1:24, 1:24], atol=1e-5, rtol=1e-5)
