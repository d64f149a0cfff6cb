"""``CrackLessons``: what the built-in detector learns, mixed anew for every batch.

Five kinds of windows: drawn scenes, METU's patches (of which only the class is known), asphalt with masks, textures
without cracks, and photographs of intact walls on which a drawn crack is laid: the same wall is seen with and without
one, so that neither the wall nor the drawing gives the answer away.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 - its customary name
from torch import nn

from fissura.data.teaching import Material, Photograph
from fissura.data.teaching.settings import SIDE_PX
from fissura.models import CrackDetector
from fissura.training.photography import Camera, photographed
from fissura.training.warping import placed, windows

_UNCHANGED = 128.0
_STREWN = 0.3  # of the walls on which cracks are laid, where there is clutter
_LEAST_SHARE = 0.002  # of a window: less of a crack may be the corner of one; such a window is neither
_DRAWN_CAMERA = Camera(light=0.15, contrast=0.25, blur_px=0.7, noise=4.0, jpeg=0.2)  # taken once already
_REAL_CAMERA = Camera(light=0.3, contrast=0.4, blur_px=1.2, noise=8.0, jpeg=0.4)


@dataclass(frozen=True)
class Portions:
    """How many windows of each kind make an epoch, beside all drawn scenes."""

    patches: int = 10_500
    asphalt: int = 2_500
    textures: int = 1_000
    laid: int = 6_000


class Truth(NamedTuple):
    """What is known about a batch of windows.

    Attributes:
        cracked: ``(n,)`` float32, 1 where there is a crack.
        weighs: ``(n,)`` float32, how much that counts; 0 where it cannot be said.
        cells: ``(n, 1, h / 4, w / 4)`` float32, 1 where a crack passes.
        seen: like ``cells``, how much each cell counts.
    """

    cracked: torch.Tensor
    weighs: torch.Tensor
    cells: torch.Tensor
    seen: torch.Tensor


class _Windows(NamedTuple):
    pixels: torch.Tensor  # (n, 224, 224) float32 in [0, 255]
    masks: torch.Tensor  # (n, 224, 224) float32 in [0, 1]
    known: torch.Tensor  # (n,) 1 where the mask says it all, 0 where only `cracked` is known
    cracked: torch.Tensor  # (n,) the class, where it is known without a mask; -1 where the mask says it


class CrackLessons:
    """Lessons for ``CrackDetector``: each window's class, and where its mask is known, each cell of its map."""

    def __init__(self, material: Material, portions: Portions, device: torch.device) -> None:
        self.on_device = device
        self._scenes = _tensors(material.scenes.images, material.scenes.masks, device)
        self._without_crack = torch.from_numpy(material.scenes.intact).to(device)
        self._cracks = _tensors(material.cracks.images, material.cracks.masks, device)
        clutter = material.clutter
        self._clutter = None if clutter is None else _tensors(clutter.images, clutter.masks, device)
        self._asphalt, self._textures = _stacked(material.asphalt, device), _stacked(material.textures, device)
        self._patches = self._labels = self._intact = None
        if material.patches is not None:
            self._patches = torch.tensor(np.asarray(material.patches.images), device=device)
            self._labels = torch.tensor(material.patches.labels, device=device)
            self._intact = (self._labels == 0).nonzero().flatten()
        counts = {
            "scenes": len(self._scenes[0]),
            "patches": portions.patches if self._patches is not None else 0,
            "asphalt": portions.asphalt if self._asphalt is not None else 0,
            "textures": portions.textures if self._textures is not None else 0,
            "laid": portions.laid,
        }
        self._ends = np.cumsum(list(counts.values()))

    def __len__(self) -> int:
        return int(self._ends[-1])

    def batch(self, chosen: torch.Tensor, strength: float) -> tuple[torch.Tensor, Truth]:
        """(windows ``(n, 1, 224, 224)`` in [0, 1], their truth)."""
        numbers = chosen.cpu()
        kinds = torch.bucketize(numbers, torch.from_numpy(self._ends), right=True)
        scenes = numbers[kinds == 0].to(self.on_device)
        counts = [int((kinds == kind).sum()) for kind in range(1, 5)]
        parts = [
            self._of_scenes(scenes),
            self._of_patches(counts[0]),
            self._of_photographs(self._asphalt, counts[1], (0.75, 2.0)),
            self._of_photographs(self._textures, counts[2], (0.75, 2.5)),
            self._laid(counts[3]),
        ]
        drawn, real = parts[0].pixels, torch.cat([part.pixels for part in parts[1:]])
        taken = [
            photographed(pixels, camera, strength)
            for pixels, camera in ((drawn, _DRAWN_CAMERA), (real, _REAL_CAMERA))
            if len(pixels)
        ]
        pixels = torch.cat(taken).round_().unsqueeze(1) / 255
        return pixels.contiguous(memory_format=torch.channels_last), _truth(parts)

    def forward(self, model: nn.Module, inputs: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """(log-odds of each window ``(n,)``, its map)."""
        assert isinstance(model, CrackDetector)
        maps = model.map(inputs).float()
        return model.pooled(maps)[:, 0], maps

    def loss(self, outputs: tuple[torch.Tensor, torch.Tensor], targets: Truth) -> torch.Tensor:
        """Cross-entropy of windows and of cells, and how little map and mask overlap.

        The overlap is Dice's, over the whole batch: F. Milletari et al. (2016), 3DV, 565-571, equation 3.
        """
        logits, maps = outputs
        each = F.binary_cross_entropy_with_logits(logits, targets.cracked * 0.98 + 0.01, reduction="none")
        of_windows = (each * targets.weighs).sum() / targets.weighs.sum().clamp_min(1)
        cells = F.binary_cross_entropy_with_logits(maps, targets.cells, reduction="none")
        of_cells = (cells * targets.seen).sum() / targets.seen.sum().clamp_min(1)
        found = torch.sigmoid(maps) * targets.seen
        wanted = targets.cells * targets.seen
        overlap = 2 * (found * wanted).sum() / ((found * found).sum() + wanted.sum()).clamp_min(1)
        return of_windows + 3 * of_cells + 0.5 * (1 - overlap)

    def _of_scenes(self, chosen: torch.Tensor) -> _Windows:
        images, masks = self._scenes
        where = placed(len(chosen), SIDE_PX, SIDE_PX, (1.0, 2.2), 10, plain=0.5)
        return self._masked(images[chosen], masks[chosen], where)

    def _of_photographs(
        self, photographs: tuple[torch.Tensor, torch.Tensor] | None, n: int, zooms: tuple[float, float]
    ) -> _Windows:
        if photographs is None or not n:
            return self._none()
        images, masks = photographs
        chosen = torch.randint(len(images), (n,)).to(self.on_device)
        return self._masked(images[chosen], masks[chosen], placed(n, images.shape[-1], SIDE_PX, zooms, 20))

    def _of_patches(self, n: int) -> _Windows:
        if self._patches is None or self._labels is None or not n:
            return self._none()
        chosen = torch.randint(len(self._patches), (n,)).to(self.on_device)
        where = placed(n, SIDE_PX, SIDE_PX, (0.95, 1.25), 10)
        (pixels,) = windows([self._patches[chosen]], where, SIDE_PX)
        cracked = self._labels[chosen].float()
        return _Windows(pixels, torch.zeros_like(pixels), 1 - cracked, cracked)

    def _laid(self, n: int) -> _Windows:
        """Drawn cracks on intact walls, and some of these left as they are."""
        if not n:
            return self._none()
        walls = self._walls(n)
        images, masks = self._cracks
        chosen = torch.randint(len(images), (n,)).to(self.on_device)
        where = placed(n, SIDE_PX, SIDE_PX, (0.8, 1.6), 30)
        shades, laid = windows([images[chosen], masks[chosen]], where, SIDE_PX)
        present = (torch.rand(n, 1, 1) < 0.6).to(self.on_device).float()
        ratio, laid = 1 + (shades / _UNCHANGED - 1) * present, laid * present
        if self._clutter is not None:
            ratio, laid = self._strewn(self._clutter, ratio, laid)
        return _Windows(walls * ratio, laid, self._ones(n), -self._ones(n))

    def _strewn(
        self, clutter: tuple[torch.Tensor, torch.Tensor], ratio: torch.Tensor, laid: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """The ratio of light and the cracks with a thing before some of them: what it hides is not seen."""
        n = len(ratio)
        images, masks = clutter
        chosen = torch.randint(len(images), (n,)).to(self.on_device)
        shades, hides = windows([images[chosen], masks[chosen]], placed(n, SIDE_PX, SIDE_PX, (0.8, 1.6), 30), SIDE_PX)
        before = (torch.rand(n, 1, 1) < _STREWN).to(self.on_device).float()
        hides = hides * before
        seen = 1 + (ratio - 1) * (1 - hides)
        return seen * (1 + (shades / _UNCHANGED - 1) * before), laid * (1 - hides)

    def _walls(self, n: int) -> torch.Tensor:
        """Intact walls: METU's patches, textures and drawn scenes without a crack."""
        sources = []
        if self._patches is not None and self._intact is not None:
            sources.append((self._patches, self._intact, (1.0, 1.8), 4))
        if self._textures is not None:
            every = torch.arange(len(self._textures[0]), device=self.on_device)
            sources.append((self._textures[0], every, (0.75, 2.0), 1))
        if len(self._without_crack):
            sources.append((self._scenes[0], self._without_crack, (1.0, 1.6), 2))
        shares = torch.tensor([float(share) for *_, share in sources])
        kinds = torch.multinomial(shares, n, replacement=True)
        found = []
        for kind, (images, numbers, zooms, _) in enumerate(sources):
            many = int((kinds == kind).sum())
            if many:
                picked = numbers[torch.randint(len(numbers), (many,)).to(self.on_device)]
                found += windows([images[picked]], placed(many, images.shape[-1], SIDE_PX, zooms, 10), SIDE_PX)
        return torch.cat(found)

    def _masked(self, images: torch.Tensor, masks: torch.Tensor, where: torch.Tensor) -> _Windows:
        pixels, mask = windows([images, masks], where, SIDE_PX)
        return _Windows(pixels, mask, self._ones(len(images)), -self._ones(len(images)))

    def _ones(self, n: int) -> torch.Tensor:
        return torch.ones(n, device=self.on_device)

    def _none(self) -> _Windows:
        nothing = torch.zeros(0, SIDE_PX, SIDE_PX, device=self.on_device)
        return _Windows(nothing, nothing, self._ones(0), self._ones(0))


def _truth(parts: Sequence[_Windows]) -> Truth:
    masks, known, cracked = (
        torch.cat([getattr(part, name) for part in parts]) for name in ("masks", "known", "cracked")
    )
    crack, side = masks > 0.4, CrackDetector.stride
    rows = crack.view(len(crack), -1, side, crack.shape[2]).any(2)
    cells = rows.view(len(crack), 1, rows.shape[1], -1, side).any(4).float()
    beside = F.max_pool2d(cells, 3, stride=1, padding=1) - cells  # a cell beside a crack may call either way
    share = crack.count_nonzero(dim=(1, 2)) / crack[0].numel()
    from_mask = cracked < 0
    label = torch.where(from_mask, (share > 0).float(), cracked)
    sure = torch.where(from_mask & (share > 0) & (share < _LEAST_SHARE), 0.0, 1.0)
    seen = (1 - 0.8 * beside) * known.view(-1, 1, 1, 1)
    return Truth(label, sure, cells, seen)


def _tensors(
    images: np.ndarray,
    masks: np.ndarray,
    device: torch.device,
) -> tuple[torch.Tensor, torch.Tensor]:
    return torch.from_numpy(images).to(device), torch.from_numpy(masks).to(device)


def _stacked(photographs: Sequence[Photograph], device: torch.device) -> tuple[torch.Tensor, torch.Tensor] | None:
    """All of them as squares of the smallest one's shorter side, so that they lie in one tensor; None of none."""
    if not photographs:
        return None
    side = min(min(photograph.image.shape) for photograph in photographs)
    return _tensors(
        np.stack([photograph.image[:side, :side] for photograph in photographs]),
        np.stack([photograph.mask[:side, :side] for photograph in photographs]),
        device,
    )
