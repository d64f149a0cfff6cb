"""A photograph of any size to the detector's map, in windows with a halo: the map of one pass over the whole of it."""

from __future__ import annotations

import copy
import math
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F  # noqa: N812 - its customary name
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from fissura.classifier import Classifier, evaluating
from fissura.errors import SettingsError
from fissura.images import Pixels
from fissura.inspection.pieces import piecewise_map
from fissura.inspection.record import CELL_PX, Map
from fissura.models.detector import CrackDetector
from fissura.threads import side_by_side
from fissura.tiling import starts

WINDOW_PIXELS = 13_000_000
"""Pixels of the largest window, halo and all: the layers that are kept whole take 270 MB for it."""

_WINDOWS_AT_ONCE = 128


def log_odds_map(
    classifier: Classifier, pixels: Pixels, *, window_px: int | None = None, two_scales: bool = False
) -> Map:
    """Calibrated log-odds of crack in each cell of 4 x 4 px, ``(ceil(h / 4), ceil(w / 4))``, of grey ``(h, w)``.

    Each window is cut with a halo as wide as the network looks, at multiples of what its strides need, so that neither
    the size of the windows nor their order changes the map beyond the rounding of sums.

    Args:
        classifier: whose network has a map and says how far it looks.
        pixels: at least as large as the network needs, 16 px.
        window_px: side of the part of a window that is kept; None: as few windows as memory allows.
        two_scales: the photograph at half its size is looked at as well, and the mean of both log-odds is the answer.

    Raises:
        SettingsError: the classifier's network has no map that windows can be cut from, or it looks for no class.
    """
    alignment, reach = _geometry(classifier)
    halo = -(-reach // alignment) * alignment
    height, width = pixels.shape
    if window_px is None:
        core_hw = _core(pixels.shape, alignment, halo)
    else:
        core_hw = (max(alignment, window_px // alignment * alignment),) * 2
    found = np.empty((-(-height // CELL_PX), -(-width // CELL_PX)), dtype=np.float32)
    model = folded(classifier).model
    with evaluating(model):
        for top in range(0, height, core_hw[0]):
            for left in range(0, width, core_hw[1]):
                bottom, right = min(top + core_hw[0], height), min(left + core_hw[1], width)
                above, before = max(0, top - halo), max(0, left - halo)
                window = pixels[above : min(bottom + halo, height), before : min(right + halo, width)]
                cells = _mapped(classifier, model, window)
                rows = slice((top - above) // CELL_PX, -(-(bottom - above) // CELL_PX))
                columns = slice((left - before) // CELL_PX, -(-(right - before) // CELL_PX))
                found[top // CELL_PX : -(-bottom // CELL_PX), left // CELL_PX : -(-right // CELL_PX)] = cells[
                    rows, columns
                ]
    if two_scales and min(pixels.shape) >= 4 * alignment:
        found = (found + _enlarged(log_odds_map(classifier, halved(pixels), window_px=window_px), found.shape)) / 2
    return found


def _core(size_hw: tuple[int, ...], alignment: int, halo: int) -> tuple[int, int]:
    """(height, width) of the parts that a photograph is cut into: the cut that is least work within the memory."""
    best: tuple[float, tuple[int, int]] | None = None
    for down in range(1, 65):
        for right in range(1, 65):
            parts = zip(size_hw, (down, right), strict=True)
            core = [math.ceil(side / count / alignment) * alignment for side, count in parts]
            window = [min(side, part + 2 * halo) for side, part in zip(size_hw, core, strict=True)]
            if window[0] * window[1] > WINDOW_PIXELS and (down, right) != (64, 64):
                continue
            work = 1.0
            for side, part in zip(size_hw, core, strict=True):
                work *= side + 2 * halo * (math.ceil(side / part) - 1)
            if best is None or work < best[0]:
                best = work, (core[0], core[1])
            break  # more columns are never less work
    assert best is not None
    return best[1]


def folded(classifier: Classifier) -> Classifier:
    """With a copy of the network for inference: normalisations in the convolutions before them, ReLU in place."""
    model = copy.deepcopy(classifier.model).eval()
    for part in list(model.modules()):
        if isinstance(part, nn.Sequential):
            for number in range(len(part) - 1):
                first, second = part[number], part[number + 1]
                if isinstance(first, nn.Conv2d) and isinstance(second, nn.BatchNorm2d):
                    part[number] = fuse_conv_bn_eval(first, second)
                    part[number + 1] = nn.Identity()
        elif isinstance(part, nn.ReLU):
            part.inplace = True
    return replace(classifier, model=model)


@dataclass(frozen=True, eq=False)
class WindowEvidence:
    """What each window of a photograph says, half overlapping, of the size that the network was taught on.

    Attributes:
        tops, lefts: where the windows begin, in cells of the map.
        size: (rows, columns) of a window, in cells.
        log_odds: ``(tops, lefts)``, that the window holds a crack; calibrated.
    """

    tops: tuple[int, ...]
    lefts: tuple[int, ...]
    size: tuple[int, int]
    log_odds: Map

    @property
    def probability(self) -> float:
        """In [0, 1]: that of the most suspicious window."""
        return _probability(float(self.log_odds.max()))

    def around(self, points_rc: npt.NDArray[np.floating]) -> float:
        """The probability of the most suspicious window that holds one of the points ``(n, 2)``, in pixels."""
        cells = np.asarray(points_rc) / CELL_PX
        rows, columns = (
            (where[:, None] >= starts) & (where[:, None] < np.array(starts) + side)
            for where, starts, side in zip(cells.T, (self.tops, self.lefts), self.size, strict=True)
        )
        held = rows.T.astype(np.float32) @ columns.astype(np.float32) > 0  # windows by how many points they hold
        return _probability(float(self.log_odds[held].max(initial=-np.inf)))


def window_evidence(classifier: Classifier, cells: Map) -> WindowEvidence:
    """The network's own pooling of the calibrated map ``cells``, window by window."""
    decision = classifier.decision
    temperature = 1.0 if decision is None else decision.temperature
    rows, columns = (max(1, side // CELL_PX) for side in classifier.preprocessing.size_hw)
    tops, lefts = starts(cells.shape[0], rows), starts(cells.shape[1], columns)
    windows = [cells[top : top + rows, left : left + columns] for top in tops for left in lefts]

    def of_some(first: int) -> npt.NDArray[np.float32]:
        with torch.inference_mode():  # is of one thread
            some = torch.from_numpy(np.stack(windows[first : first + _WINDOWS_AT_ONCE]))[:, None] * temperature
            pooled: torch.Tensor = classifier.model.pooled(some)  # type: ignore[operator]
            return np.asarray(pooled[:, 0].numpy() / temperature)

    with evaluating(classifier.model):
        found = side_by_side(of_some, range(0, len(windows), _WINDOWS_AT_ONCE))
    log_odds = np.concatenate(found).astype(np.float32).reshape(len(tops), len(lefts))
    return WindowEvidence(tops, lefts, (rows, columns), log_odds)


def _probability(log_odds: float) -> float:
    return float(1 / (1 + np.exp(-np.clip(log_odds, -60, 60))))


def halved(pixels: Pixels) -> Pixels:
    """``(h, w)`` at half its size: means of 2 x 2 pixels; an odd last row or column is left out."""
    height, width = pixels.shape[0] // 2, pixels.shape[1] // 2
    blocks = pixels[: 2 * height, : 2 * width].reshape(height, 2, width, 2)
    return np.asarray((blocks.sum(axis=(1, 3), dtype=np.uint16) + 2) // 4).astype(np.uint8)


def _geometry(classifier: Classifier) -> tuple[int, int]:
    model = classifier.model
    alignment, reach, stride = (getattr(model, name, None) for name in ("alignment_px", "reach_px", "stride"))
    if not (isinstance(alignment, int) and isinstance(reach, int) and stride == CELL_PX and hasattr(model, "map")):
        raise SettingsError(
            "A classifier with the network {network} cannot inspect photographs: it gives one answer for a whole "
            "image and no map. Use the built-in detector, or train one with --model detector.",
            network=classifier.network,
        )
    if classifier.decision is None or len(classifier.classes) != 2:
        raise SettingsError(
            "This classifier tells {classes} apart and looks for none of them: what it finds would be called cracks "
            "all the same. Use the built-in detector, or train one on two classes, one of them cracks (--positive).",
            classes=", ".join(classifier.classes),
        )
    return alignment, reach


def _mapped(classifier: Classifier, model: nn.Module, window: Pixels) -> Map:
    device = next(model.parameters()).device
    if type(model) is CrackDetector and device.type == "cpu":
        cells = piecewise_map(model, classifier.preprocessing, window)
    else:
        grey = torch.from_numpy(np.require(window, requirements=["C", "W"]))[None].to(device)
        inputs = classifier.preprocessing(grey).contiguous(memory_format=torch.channels_last)
        cells = model.map(inputs)[0, 0]  # type: ignore[operator]  # nn.Module's attributes are untyped
    decision = classifier.decision
    sign = -1.0 if decision is not None and decision.positive == 0 else 1.0
    temperature = 1.0 if decision is None else decision.temperature
    found: Map = (cells * (sign / temperature)).float().cpu().numpy()
    return found


def _enlarged(cells: Map, shape: tuple[int, ...]) -> Map:
    """The map of the halved photograph, linear between its cells, as large as that of the whole."""
    twice = F.interpolate(torch.from_numpy(cells)[None, None], scale_factor=2.0, mode="bilinear", align_corners=False)
    grown = twice[0, 0].numpy()
    missing = [(0, max(0, wanted - got)) for wanted, got in zip(shape, grown.shape, strict=True)]
    return np.asarray(np.pad(grown, missing, mode="edge")[: shape[0], : shape[1]])
