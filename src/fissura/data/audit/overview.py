"""A first look at a set: how many, how large, how bright and how sharp, and what stands out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from fissura.data.audit.features import Looks
from fissura.data.audit.signature import Indices
from fissura.data.audit.symmetry import Floats
from fissura.language import N_

MEASURES = {"brightness": N_("brightness"), "contrast": N_("contrast"), "sharpness": N_("sharpness")}
"""Code -> words; all three in grey levels, as ``features.Looks`` says."""
_BINS = 40
_ODD = 5.0  # robust standard deviations
_MOST_ODD = 24


@dataclass(frozen=True, eq=False)
class Distribution:
    """How one measure is spread in each class.

    Attributes:
        measure: a code of ``MEASURES``.
        edges: ``(41,)``, in grey levels, the same for all classes.
        counts: ``(classes, 40)``.
        medians: of each class, in grey levels; nan for an empty one.
    """

    measure: str
    edges: npt.NDArray[np.float64]
    counts: Indices
    medians: tuple[float, ...]


@dataclass(frozen=True)
class Oddity:
    """An image that is not like the others.

    Attributes:
        image: its number.
        measure: a code of ``MEASURES``.
        value: of the image, in grey levels.
        median: of the set.
        deviations: how far off it is, in robust standard deviations of the set, with its sign.
    """

    image: int
    measure: str
    value: float
    median: float
    deviations: float


@dataclass(frozen=True, eq=False)
class Overview:
    """What ``overview`` gives.

    Attributes:
        counts: images of each class.
        sizes: ``((height, width), how many)``, the most frequent first.
        mean_images: ``(classes, h, w)`` uint8; mid-grey for a class without images.
        distributions: brightness, contrast and sharpness.
        oddities: the oddest first, at most 24.
    """

    counts: tuple[int, ...]
    sizes: tuple[tuple[tuple[int, int], int], ...]
    mean_images: npt.NDArray[np.uint8]
    distributions: tuple[Distribution, ...]
    oddities: tuple[Oddity, ...]

    def as_dict(self) -> dict[str, Any]:
        """All but the mean images, for JSON."""
        return {
            "counts": list(self.counts),
            "sizes": [{"height": h, "width": w, "images": n} for (h, w), n in self.sizes],
            "distributions": [
                {
                    "measure": each.measure,
                    "edges": each.edges.round(3).tolist(),
                    "counts": each.counts.tolist(),
                    "medians": [None if np.isnan(median) else round(median, 3) for median in each.medians],
                }
                for each in self.distributions
            ],
        }


def overview(
    images: npt.NDArray[np.uint8],
    labels: Indices,
    classes: int,
    looks: Looks,
    sizes_hw: Sequence[tuple[int, int]] | None = None,
) -> Overview:
    """A first look at ``images`` ``(n, h, w)``, whose files have the sizes ``sizes_hw``, by default all (h, w)."""
    height, width = images.shape[1:]
    sizes = Counter(sizes_hw) if sizes_hw is not None else Counter({(height, width): len(images)})
    values = {"brightness": looks.brightness, "contrast": looks.contrast, "sharpness": looks.sharpness}
    return Overview(
        counts=tuple(int(count) for count in np.bincount(labels, minlength=classes)),
        sizes=tuple(sorted(sizes.items(), key=lambda each: (-each[1], each[0]))),
        mean_images=np.stack([_mean_image(images, np.flatnonzero(labels == label)) for label in range(classes)]),
        distributions=tuple(_distribution(measure, value, labels, classes) for measure, value in values.items()),
        oddities=_oddities(values),
    )


def _mean_image(images: npt.NDArray[np.uint8], numbers: Indices) -> npt.NDArray[np.uint8]:
    if not len(numbers):
        return np.full(images.shape[1:], 128, np.uint8)
    total = np.zeros(images.shape[1:], np.int64)
    for start in range(0, len(numbers), 1024):
        total += images[numbers[start : start + 1024]].sum(axis=0, dtype=np.int64)
    return np.round(total / len(numbers)).astype(np.uint8)


def _distribution(measure: str, values: Floats, labels: Indices, classes: int) -> Distribution:
    low, high = (float(values.min()), float(values.max())) if len(values) else (0.0, 1.0)
    edges = np.linspace(low, high if high > low else low + 1, _BINS + 1)
    per_class = [values[labels == label] for label in range(classes)]
    counts = np.stack([np.histogram(each, edges)[0] for each in per_class]).astype(np.int64)
    medians = tuple(float(np.median(each)) if len(each) else float("nan") for each in per_class)
    return Distribution(measure, edges, counts, medians)


def _oddities(values: dict[str, Floats]) -> tuple[Oddity, ...]:
    found: list[Oddity] = []
    for measure, value in values.items():
        # contrast and sharpness are positive and skewed: twice as sharp is as odd as half as sharp
        scale = value.astype(np.float64) if measure == "brightness" else np.log1p(value.astype(np.float64))
        if not len(scale):
            continue
        middle = float(np.median(scale))
        spread = 1.4826 * float(np.median(np.abs(scale - middle)))
        deviations = (scale - middle) / max(spread, 1e-3)
        median = float(np.median(value))
        found += [
            Oddity(int(i), measure, float(value[i]), median, float(deviations[i]))
            for i in np.flatnonzero(np.abs(deviations) >= _ODD)
        ]
    return tuple(sorted(found, key=lambda each: (-abs(each.deviations), each.image, each.measure))[:_MOST_ODD])
