"""Windows out of photographs, each turned, mirrored, enlarged and placed at random, with their masks alike."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F  # noqa: N812 - its customary name


def placed(
    n: int, source_px: int, side_px: int, zooms: tuple[float, float], degrees: float, plain: float = 0.0
) -> torch.Tensor:
    """``(n, 2, 3)``: where in its source of ``source_px`` each window of ``side_px`` lies, for ``affine_grid``.

    A window shows ``side_px / zoom`` pixels of the source; ``zoom`` is drawn evenly in its logarithm between
    ``zooms``, or is 1 in a share ``plain`` of the windows. It lies inside the source where it fits, is turned by up to
    ``degrees`` and by right angles, and mirrored. Draws from PyTorch's global random state on the CPU.
    """
    low, high = (math.log(zoom) for zoom in zooms)
    zoom = torch.exp(low + (high - low) * torch.rand(n))
    zoom = torch.where(torch.rand(n) < plain, torch.ones(n), zoom)
    shown = side_px / zoom / source_px  # share of the source's side
    room = (1 - shown).clamp_min(0)
    centre = (torch.rand(n, 2) * 2 - 1) * room.unsqueeze(1)
    turn = (torch.rand(n) * 2 - 1) * math.radians(degrees) + torch.randint(4, (n,)) * (math.pi / 2)
    mirrored = torch.where(torch.rand(n) < 0.5, 1.0, -1.0)
    cosine, sine = turn.cos() * shown, turn.sin() * shown
    found = torch.zeros(n, 2, 3)
    found[:, 0, 0], found[:, 0, 1] = cosine * mirrored, -sine
    found[:, 1, 0], found[:, 1, 1] = sine * mirrored, cosine
    found[:, :, 2] = centre
    return found


def windows(sources: Sequence[torch.Tensor], where: torch.Tensor, side_px: int) -> list[torch.Tensor]:
    """``(n, side_px, side_px)`` float32 of each of ``sources``, all ``(n, h, w)``: pictures, say, and their masks.

    What lies outside a source is the source mirrored. All are looked up together, as where to look takes longer to
    find than what is there.
    """
    first = sources[0]
    n, height, width = first.shape
    if not n:
        return [torch.zeros(0, side_px, side_px, device=first.device) for _ in sources]
    together = torch.empty(n, len(sources), height, width, device=first.device)
    for channel, source in enumerate(sources):
        together[:, channel] = source
    grid = _looked_up(where.to(first.device), side_px)
    return list(F.grid_sample(together, grid, padding_mode="reflection", align_corners=False).unbind(1))


def _looked_up(where: torch.Tensor, side_px: int) -> torch.Tensor:
    """``(n, side_px, side_px, 2)``: ``affine_grid`` without ``align_corners``, in a quarter of its time."""
    steps = (2 * torch.arange(side_px, device=where.device) + 1) / side_px - 1
    grid = torch.empty(len(where), side_px, side_px, 2, device=where.device)
    for axis in (0, 1):
        across, down, offset = (each.view(-1, 1, 1) for each in where[:, axis].unbind(1))
        torch.addcmul(down * steps.view(1, -1, 1) + offset, across, steps.view(1, 1, -1), out=grid[..., axis])
    return grid
