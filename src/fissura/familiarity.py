"""How far a picture lies from what a classifier was trained on: one plain number, at 1 a warning.

A probability says nothing of a picture that is unlike anything the network has seen: a digit, a sky, a page of text get
one too. So what the network makes of a picture on its way, averaged over the picture, and a few statistics of its
pixels are compared with those of the training pictures.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

COMPONENTS = 16  # 8 flagged 92 % of noise, 16 and more 98 to 100 %; docs/unlike.md
KEPT = 0.95  # of known surfaces that must not be called unlike
BANDS = 5
_LEAST = 1e-3  # a quarter of a grey level: less is no texture
_DIGITS = 5  # that are kept of each number in a file


@dataclass(frozen=True, eq=False)
class Familiarity:
    """The training pictures as a normal distribution of their features, full in a few directions and flat in the rest.

    Attributes:
        mean, scale: ``(d,)``, what is subtracted from features and what they are divided by.
        axes: ``(k, d)``, the directions in which the pictures differ most; orthonormal.
        variances: ``(k,)``, the variance in each.
        noise: the mean variance in every other direction.
        threshold: the distance that 95 % of held-out known pictures keep below; scores are divided by it.
        n: how many pictures it was fitted on.

    Source: M. E. Tipping, C. M. Bishop (1999), Probabilistic principal component analysis, J. R. Stat. Soc. B 61,
    611-622: the Mahalanobis distance of its model, equation 8 and section 3.3.
    """

    mean: Floats
    scale: Floats
    axes: Floats
    variances: Floats
    noise: float
    threshold: float
    n: int

    def scores(self, features: npt.NDArray[np.floating]) -> Floats:
        """How unlike the training pictures each picture of ``features`` ``(n, d)`` is, ``(n,)``; above 1: unlike."""
        scores: Floats = self._distances(features) / self.threshold
        return scores

    def _distances(self, features: npt.NDArray[np.floating]) -> Floats:
        away = (np.asarray(features, dtype=np.float64) - self.mean) / self.scale
        along = away @ self.axes.T
        beside = np.maximum(0.0, (away**2).sum(axis=1) - (along**2).sum(axis=1))
        squared: Floats = (along**2 / self.variances).sum(axis=1) + beside / self.noise
        distances: Floats = np.sqrt(squared / away.shape[1])
        return distances

    def as_dict(self) -> dict[str, Any]:
        """For a classifier file; each number with five digits that count."""
        return {
            "mean": _written(self.mean),
            "scale": _written(self.scale),
            "axes": [_written(axis) for axis in self.axes],
            "variances": _written(self.variances),
            "noise": self.noise,
            "threshold": self.threshold,
            "n": self.n,
        }

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Familiarity:
        """What ``as_dict`` gave.

        Raises:
            KeyError, TypeError, ValueError: it is damaged.
        """
        mean, scale, axes, variances = (
            np.array(values[name], dtype=np.float64) for name in ("mean", "scale", "axes", "variances")
        )
        noise, threshold = float(values["noise"]), float(values["threshold"])
        found = cls(mean, scale, axes, variances, noise, threshold, int(values["n"]))
        fits = axes.shape == (len(variances), len(mean)) and scale.shape == mean.shape
        positive = all(bool((each > 0).all()) for each in (scale, variances, np.array([noise, threshold])))
        finite = all(bool(np.isfinite(each).all()) for each in (mean, scale, axes, variances))
        if not (fits and positive and finite):
            raise ValueError("familiarity")
        return found


def fitted(
    features: npt.NDArray[np.floating],
    held_out: npt.NDArray[np.floating],
    components: int = COMPONENTS,
    kept: float = KEPT,
) -> Familiarity:
    """What training pictures are like, from ``features`` ``(n, d)`` of some, and a threshold from ``held_out`` others.

    Raises:
        ValueError: fewer than ``components + 2`` pictures, none held out, or features that are no numbers.
    """
    known, others = np.asarray(features, dtype=np.float64), np.asarray(held_out, dtype=np.float64)
    if len(known) < components + 2 or len(others) == 0 or not (np.isfinite(known).all() and np.isfinite(others).all()):
        raise ValueError(f"{len(known)} known and {len(others)} held-out pictures for {components} components")
    mean, scale = known.mean(axis=0), known.std(axis=0)
    scale = np.where(scale > 1e-9, scale, 1.0)
    away = (known - mean) / scale
    _, singular, axes = np.linalg.svd(away, full_matrices=False)
    variances = singular**2 / len(known)
    k = min(components, len(variances) - 1)
    noise = max(float(variances[k:].sum()) / max(1, away.shape[1] - k), 1e-9)
    rough = Familiarity(mean, scale, axes[:k], np.maximum(variances[:k], noise), noise, 1.0, len(known))
    rounded = Familiarity.from_dict(rough.as_dict())  # the threshold is that of what a file holds
    threshold = float(np.quantile(rounded._distances(others), kept))
    return Familiarity(
        rounded.mean, rounded.scale, rounded.axes, rounded.variances, noise, max(threshold, 1e-9), len(known)
    )


def picture_statistics(images: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """What the pixels of ``images`` ``(n, h, w)`` are like, ``(n, 4 + 2 x 5)``.

    Mean and deviation of the grey, the shares of black and of white pixels, and in each of five octaves of detail the
    logarithms of its deviation and of how evenly it is spread (mean over deviation: low for lines on an empty page).
    """
    grey = images.astype(np.float32) / 255
    found = [grey.mean(axis=(1, 2)), grey.std(axis=(1, 2))]
    found += [(grey <= 2 / 255).mean(axis=(1, 2)), (grey >= 253 / 255).mean(axis=(1, 2))]
    for _ in range(BANDS):
        if min(grey.shape[1:]) < 2:
            found += [np.full(len(grey), np.log(_LEAST)), np.zeros(len(grey))]
            continue
        grey = grey[:, : grey.shape[1] // 2 * 2, : grey.shape[2] // 2 * 2]
        coarse = (grey[:, ::2, ::2] + grey[:, 1::2, ::2] + grey[:, ::2, 1::2] + grey[:, 1::2, 1::2]) / 4
        detail = grey - coarse.repeat(2, axis=1).repeat(2, axis=2)
        deviation, spread = detail.std(axis=(1, 2)) + _LEAST, np.abs(detail).mean(axis=(1, 2)) + _LEAST
        found += [np.log(deviation), np.log(spread / deviation)]
        grey = coarse
    return np.stack(found, axis=1).astype(np.float32)


def _written(values: Floats) -> list[float]:
    return [float(f"{value:.{_DIGITS}g}") for value in values]
