"""How far a picture lies from what a classifier was trained on: one plain number, at 1 a warning.

A probability says nothing of a picture that is unlike anything the network has seen: a digit, a sky, a page of text get
one too. So what the network makes of a picture on its way, averaged over the picture, and a few statistics of its
pixels are compared with those of the training pictures, each in its own measure: among hundreds of features of the
network the pixels would not be heard, and noise looks to a network of cracks like rough plaster.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

COMPONENTS = 16  # of the network's features
KEPT = 0.95  # of held-out pictures of known surfaces, all together, that must not be called unlike
BANDS = 5
STATISTICS = 4 + 2 * BANDS  # of the pixels, the last of all features
_LEAST = 1e-3  # a quarter of a grey level: less is no texture
_DIGITS = 5  # that are kept of each number in a file


@dataclass(frozen=True, eq=False)
class Normal:
    """A normal distribution of features, full in a few directions and flat in the rest.

    Attributes:
        mean, scale: ``(d,)``, what is subtracted from features and what they are divided by.
        axes: ``(k, d)``, the directions in which the pictures differ most; orthonormal.
        variances: ``(k,)``, the variance in each.
        noise: the mean variance in every other direction.

    Source: M. E. Tipping, C. M. Bishop (1999), Probabilistic principal component analysis, J. R. Stat. Soc. B 61,
    611-622: the Mahalanobis distance of its model, equation 8 and section 3.3.
    """

    mean: Floats
    scale: Floats
    axes: Floats
    variances: Floats
    noise: float

    def distances(self, features: npt.NDArray[np.floating]) -> Floats:
        """How far each of ``features`` ``(n, d)`` lies from the mean, ``(n,)``; about 1 for what it was fitted on."""
        away = (np.asarray(features, dtype=np.float64) - self.mean) / self.scale
        along = away @ self.axes.T
        beside = np.maximum(0.0, (away**2).sum(axis=1) - (along**2).sum(axis=1))
        squared: Floats = (along**2 / self.variances).sum(axis=1) + beside / self.noise
        distances: Floats = np.sqrt(squared / away.shape[1])
        return distances

    @classmethod
    def fitted(cls, features: Floats, components: int) -> Normal:
        """That of ``features`` ``(n, d)``, full in ``components`` directions."""
        mean, scale = features.mean(axis=0), features.std(axis=0)
        scale = np.where(scale > 1e-9, scale, 1.0)
        away = (features - mean) / scale
        _, singular, axes = np.linalg.svd(away, full_matrices=False)
        variances = singular**2 / len(features)
        k = min(components, len(variances) - 1)
        noise = _rounded(max(float(variances[k:].sum()) / max(1, away.shape[1] - k), 1e-9))
        return cls(mean, scale, axes[:k], np.maximum(variances[:k], noise), noise)

    def as_dict(self) -> dict[str, Any]:
        """For a classifier file; each number with five digits that count."""
        return {
            "mean": _written(self.mean),
            "scale": _written(self.scale),
            "axes": [_written(axis) for axis in self.axes],
            "variances": _written(self.variances),
            "noise": self.noise,
        }

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Normal:
        """What ``as_dict`` gave.

        Raises:
            KeyError, TypeError, ValueError: it is damaged.
        """
        mean, scale, axes, variances = (
            np.array(values[name], dtype=np.float64) for name in ("mean", "scale", "axes", "variances")
        )
        noise = float(values["noise"])
        fits = axes.shape == (len(variances), len(mean)) and scale.shape == mean.shape
        positive = all(bool((each > 0).all()) for each in (scale, variances, np.array([noise])))
        finite = all(bool(np.isfinite(each).all()) for each in (mean, scale, axes, variances))
        if not (fits and positive and finite):
            raise ValueError("familiarity")
        return cls(mean, scale, axes, variances, noise)


@dataclass(frozen=True, eq=False)
class Familiarity:
    """What the training pictures are like.

    Attributes:
        network: the distribution of the network's features.
        pixels: that of the ``STATISTICS`` of the pixels.
        reaches: the distance in each that 95 % of held-out known pictures keep below.
        threshold: the same of both distances together; scores are divided by it.
        n: how many pictures it was fitted on.
    """

    network: Normal
    pixels: Normal
    reaches: tuple[float, float]
    threshold: float
    n: int

    def scores(self, features: npt.NDArray[np.floating]) -> Floats:
        """How unlike the training pictures each picture of ``features`` ``(n, d)`` is, ``(n,)``; above 1: unlike.

        The root mean square of both distances, each in its own reach. The last ``STATISTICS`` features are the pixels'.
        """
        scores: Floats = self._distances(features) / self.threshold
        return scores

    def _distances(self, features: npt.NDArray[np.floating]) -> Floats:
        of_network, of_pixels = _parts(np.asarray(features, dtype=np.float64))
        far = self.network.distances(of_network) / self.reaches[0]
        strange = self.pixels.distances(of_pixels) / self.reaches[1]
        distances: Floats = np.sqrt((far**2 + strange**2) / 2)
        return distances

    def as_dict(self) -> dict[str, Any]:
        """For a classifier file."""
        return {
            "network": self.network.as_dict(),
            "pixels": self.pixels.as_dict(),
            "reaches": list(self.reaches),
            "threshold": self.threshold,
            "n": self.n,
        }

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Familiarity:
        """What ``as_dict`` gave.

        Raises:
            KeyError, TypeError, ValueError: it is damaged.
        """
        first, second = (float(reach) for reach in values["reaches"])
        threshold = float(values["threshold"])
        if not all(0 < each < float("inf") for each in (first, second, threshold)):
            raise ValueError("familiarity")
        network, pixels = Normal.from_dict(values["network"]), Normal.from_dict(values["pixels"])
        if len(pixels.mean) != STATISTICS:
            raise ValueError("familiarity")
        return cls(network, pixels, (first, second), threshold, int(values["n"]))


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
    # distances are those of what a file holds
    network, pixels = (
        Normal.from_dict(Normal.fitted(part, most).as_dict())
        for part, most in zip(_parts(known), (components, STATISTICS - 1), strict=True)
    )
    far, strange = (
        _rounded(max(float(np.quantile(normal.distances(part), kept)), 1e-9))
        for normal, part in zip((network, pixels), _parts(others), strict=True)
    )
    rough = Familiarity(network, pixels, (far, strange), 1.0, len(known))
    return replace(rough, threshold=_rounded(max(float(np.quantile(rough.scores(others), kept)), 1e-9)))


def _rounded(value: float) -> float:
    """Ten digits that count: two runs of the same sums may differ in the sixteenth, and a file is to be the same.

    Never below ``value``: what lies on a threshold stays within it.
    """
    near = float(f"{value:.10g}")
    return near if near >= value else float(f"{value * (1 + 1e-9):.10g}")


def _parts(features: Floats) -> tuple[Floats, Floats]:
    """(the network's features, the pixels' statistics)."""
    return features[:, :-STATISTICS], features[:, -STATISTICS:]


def picture_statistics(images: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """What the pixels of ``images`` ``(n, h, w)`` are like, ``(n, STATISTICS)``.

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
