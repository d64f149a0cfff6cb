"""How uncertain a width is, from what the profiles across the crack look like: a small network taught by errors.

The fit takes a crack as a dark box. A lit inner wall, rubble, a broken lip, damp, a joint or another line beside it
are none of that box, and each leads it astray by some pixels. The network sees the grey on both sides of both edges,
over about 56 px along the line, beside what the fit says of itself, and gives the standard uncertainty of the width; it
changes no width. It was taught by the errors themselves, as the scale of a t distribution. Both edges are looked at by
the same weights, each as if it were the right one: a photograph turned over is as uncertain. ``tools/width_doubt.py``
draws the cracks, measures them, teaches it and writes the file from which it is read here.

Sources: uncertainty learned as the scale of the likelihood, A. Kendall, Y. Gal (2017), What Uncertainties Do We Need;
errors with long tails, K. Lange, R. Little, J. Taylor (1989), Journal of the American Statistical Association 84.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fissura.inspection.edges import Edges
from fissura.inspection.profiles import Profiles, Singles, Values

FILE = Path(__file__).parent.parent / "weights" / "doubt.safetensors"

OUTWARDS = np.concatenate(
    [np.arange(-16.0, -6.0), np.arange(-6.0, 6.0, 0.5), np.arange(6.0, 12.0), np.arange(12, 25, 2)]
)
"""px from an edge outwards: where the grey is looked at."""

KERNEL, DILATIONS = 5, (1, 2, 4)
"""Taps of each layer along the line, and how many fits lie between them."""

_MOST = 4.0  # log of the uncertainty by its unit: no more and no less than e to this
_WIDEST_PX = 40.0  # wider cracks were not drawn


@dataclass(frozen=True, eq=False)
class Shown:
    """What the network is shown of n profiles of one line.

    Attributes:
        left, right: ``(n, s)`` missing light at ``OUTWARDS`` of either edge: 0 the surface's grey, 1 the crack's.
        said: ``(n, m)`` what the fit says, the same for both edges.
        own: ``(n, 2)`` px: how far each edge was moved outwards at the second look.
        unit: ``(n,)`` px: what uncertainties are counted in, more in wide cracks.
    """

    left: Singles
    right: Singles
    said: Singles
    own: Singles
    unit: Values


def shown(profiles: Profiles, fit: Edges, left: Values, right: Values, blur: float) -> Shown:
    """What it is shown of ``profiles``, fitted by ``fit``, whose edges lie at ``left`` and ``right`` after all."""
    width = np.maximum(right - left, 0.3)
    depth = np.maximum(fit.depth, 2.0)
    sides = [
        np.clip((fit.background[:, None] - profiles.at(edge[:, None] + sign * OUTWARDS)) / depth[:, None], -2.0, 2.5)
        for edge, sign in ((left, -1.0), (right, 1.0))
    ]
    said = (
        np.log(np.minimum(width, _WIDEST_PX)) - 1.5,
        np.full(len(width), blur),
        depth / np.maximum(fit.background, 1.0) - 0.5,
        np.minimum(fit.misfit / depth, 1.0),
        np.clip(np.log(fit.width_error), -4.0, 2.0) / 2,
        np.clip(np.log(fit.width_scatter), -4.0, 2.0) / 2,
        fit.background / 255 - 0.5,
    )
    moved = np.clip(np.stack([fit.left - left, right - fit.right], axis=1), -3.0, 3.0)
    unit = 0.1 + 0.03 * np.minimum(width, _WIDEST_PX)
    return Shown(
        sides[0].astype(np.float32),
        sides[1].astype(np.float32),
        np.stack(said, axis=1).astype(np.float32),
        moved.astype(np.float32),
        unit,
    )


def doubt(given: Shown) -> Values:
    """``(n,)`` px: the standard uncertainty of each width."""
    weights = _weights(FILE)
    edges = [_layers(weights, each) for each in inputs(given)]
    both = sum(np.maximum(_product(each, weights["doubt.weight"], weights["doubt.bias"]), 0.0) for each in edges)
    scale = _product(np.asarray(both), weights["scale.weight"], weights["scale.bias"])[:, 0].astype(np.float64)
    return np.exp(np.clip(scale, -_MOST, _MOST)) * float(weights["spread"][0]) * given.unit


def inputs(given: Shown) -> tuple[Singles, Singles]:
    """Of the right edge and of the left one ``(n, c)``: its own side, the other, what is said of both."""
    right = np.concatenate([given.right, given.left, given.own[:, ::-1], given.said], axis=1)
    left = np.concatenate([given.left, given.right, given.own, given.said], axis=1)
    return right, left


def _layers(weights: Mapping[str, Singles], x: Singles) -> Singles:
    """``(n, h)`` after the layers along the line; nothing lies beyond its ends."""
    for number, dilation in enumerate(DILATIONS):
        after = np.maximum(_along(x, weights[f"layers.{number}.weight"], weights[f"layers.{number}.bias"], dilation), 0)
        x = after if number == 0 else x + after
    return x


def _along(x: Singles, weight: Singles, bias: Singles, dilation: int) -> Singles:
    """A convolution along the first axis of ``(n, c)`` by ``weight`` ``(h, c, taps)``."""
    count, taps = len(x), weight.shape[2]
    result = np.repeat(bias[None], count, axis=0)
    for tap in range(taps):
        shift = (tap - taps // 2) * dilation
        low, high = max(0, -shift), min(count, count - shift)
        if low < high:
            result[low:high] += x[low + shift : high + shift] @ weight[:, :, tap].T
    return result


def _product(x: Singles, weight: Singles, bias: Singles) -> Singles:
    return np.asarray(x @ weight[:, :, 0].T + bias)


@functools.lru_cache(maxsize=1)
def _weights(path: Path) -> dict[str, Singles]:
    from safetensors.numpy import load_file

    return dict(load_file(path))
