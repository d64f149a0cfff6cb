"""Sets of drawn photographs: as labelled images, or with masks; drawn by all processors, always the same bytes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from numbers import Integral

import numpy as np
import numpy.typing as npt

from fissura.data.download import Progress
from fissura.data.labelled import LabelledImages
from fissura.data.synthetic.scene import draw
from fissura.data.synthetic.surfaces import SURFACES
from fissura.errors import SettingsError
from fissura.kinds import check_kind, check_size
from fissura.language import N_
from fissura.processes import in_order, is_one_of_many, processors

CLASSES = ("intact", "crack")
ORIGIN = N_("drawn surfaces with and without cracks (synthetic, no photographs)")
_TOGETHER = 32  # scenes per errand: long enough that handing them over costs nothing
_WORTH_PROCESSES = 256  # below, starting processes takes longer than drawing


@dataclass(frozen=True, eq=False)
class SyntheticScenes:
    """Drawn photographs with the truth for each pixel.

    Attributes:
        images: the photographs, with their classes and names.
        masks: ``(n, h, w)`` bool, True where crack is; see ``Scene.mask``.
        widths_px: ``(n, h, w)`` float16, the crack's full width at each pixel of the mask, in px; 0 elsewhere.
        surfaces: the name of each one's surface.
        distractors: for each, what is there and is no crack.
    """

    images: LabelledImages
    masks: npt.NDArray[np.bool_]
    widths_px: npt.NDArray[np.float16]
    surfaces: tuple[str, ...]
    distractors: tuple[tuple[str, ...], ...]

    def __repr__(self) -> str:
        return f"SyntheticScenes({self.images})"


def synthetic_cracks(
    n: int,
    size_hw: tuple[int, int] = (112, 112),
    seed: int = 12,
    *,
    surfaces: Sequence[str] = tuple(SURFACES),
    split: str = "train",
    workers: int | None = None,
    on_progress: Progress | None = None,
) -> LabelledImages:
    """``n`` drawn photographs ``(n, h, w)``: in turn ``intact``, label 0, and ``crack``, label 1, which is looked for.

    The arguments are those of ``fissura.data.synthetic.synthetic_scenes``, which gives masks and widths as well. A
    script that asks for more than a few hundred needs the usual ``if __name__ == "__main__":``, as processes are
    started.

    Raises:
        SettingsError: as for ``synthetic_scenes``.
    """
    return synthetic_scenes(
        n, size_hw, seed, surfaces=surfaces, split=split, workers=workers, on_progress=on_progress
    ).images


def synthetic_scenes(
    n: int,
    size_hw: tuple[int, int] = (112, 112),
    seed: int = 12,
    *,
    surfaces: Sequence[str] = tuple(SURFACES),
    split: str = "train",
    workers: int | None = None,
    on_progress: Progress | None = None,
) -> SyntheticScenes:
    """``n`` drawn photographs with their masks; those of odd index are cracked.

    The first of a larger set are the whole of a smaller one. A script that calls this for more than a few hundred needs
    the usual ``if __name__ == "__main__":``, as processes are started.

    Args:
        n: how many, at least 1.
        size_hw: (height, width), in pixels.
        seed: names the set.
        surfaces: on which surfaces; leave some out to test on them.
        split: which part of the data this is.
        workers: processes that draw; None: one per processor, none for a few images or where none can be started.
        on_progress: told (drawn, ``n``) now and then.

    Raises:
        SettingsError: ``n`` is less than 1, a surface is unknown, or the size is too small.
    """
    check_kind("n", n, Integral, N_("a whole number"))
    check_kind("seed", seed, Integral, N_("a whole number"))
    check_kind("workers", workers, Integral | None, N_("a whole number"))
    check_kind("surfaces", surfaces, tuple | list, N_("a list of names"))
    check_size(size_hw)
    if n < 1:
        raise SettingsError("{got} synthetic images were asked for; wanted at least 1.", got=n)
    images = np.empty((n, *size_hw), dtype=np.uint8)
    masks = np.empty((n, *size_hw), dtype=np.bool_)
    widths = np.empty((n, *size_hw), dtype=np.float16)
    names: list[str] = []
    others: list[tuple[str, ...]] = []
    for part in _drawn(n, partial(_some, seed, size_hw, tuple(surfaces)), workers):
        here = slice(len(names), len(names) + len(part.surfaces))
        images[here], masks[here], widths[here] = part.images, part.masks, part.widths_px
        names += part.surfaces
        others += part.distractors
        if on_progress is not None:
            on_progress(len(names), n)
    labels = np.arange(n, dtype=np.int64) % 2
    titles = tuple(f"synthetic-{index:06d}" for index in range(n))
    labelled = LabelledImages(images, labels, CLASSES, titles, ORIGIN, split, positive=1)
    return SyntheticScenes(labelled, masks, widths, tuple(names), tuple(others))


@dataclass(frozen=True, eq=False)
class _Part:
    """A few scenes one after the other, as they come from the one who drew them."""

    images: npt.NDArray[np.uint8]
    masks: npt.NDArray[np.bool_]
    widths_px: npt.NDArray[np.float16]
    surfaces: list[str]
    distractors: list[tuple[str, ...]]


def _some(seed: int, size_hw: tuple[int, int], surfaces: tuple[str, ...], indices: range) -> _Part:
    scenes = [draw(seed, index, size_hw, surfaces=surfaces) for index in indices]
    return _Part(
        np.stack([scene.image for scene in scenes]),
        np.stack([scene.mask for scene in scenes]),
        np.stack([scene.width_px for scene in scenes]).astype(np.float16),
        [scene.surface for scene in scenes],
        [scene.distractors for scene in scenes],
    )


def _drawn(n: int, some: partial[_Part], workers: int | None) -> Iterator[_Part]:
    """The parts in order, from several processes where that is worth it, else from this one."""
    errands = [range(start, min(start + _TOGETHER, n)) for start in range(0, n, _TOGETHER)]
    if workers is None:
        workers = 1 if n < _WORTH_PROCESSES or is_one_of_many() else processors()
    return in_order(some, errands, workers)
