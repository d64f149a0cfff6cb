"""``Overlay``: a thing or a shadow before a wall, apart from what the wall shows, and how round things look."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fissura.data.synthetic.noise import field
from fissura.data.synthetic.strokes import Stroke, draw_strokes, resampled
from fissura.data.synthetic.view import Grey, View


@dataclass(frozen=True, eq=False)
class Overlay:
    """What stands before the wall: the picture becomes ``image * factor + added``.

    Attributes:
        factor: ``(h, w)``, share of the wall's light that arrives.
        added: ``(h, w)``, the thing's own light.
        hides: ``(h, w)`` in [0, 1], share of the pixel in which the wall is not seen; 0 for a shadow.
    """

    factor: Grey
    added: Grey
    hides: Grey

    def over(self, image: Grey) -> Grey:
        """``image`` with the thing before it."""
        return image * self.factor + self.added

    def then(self, nearer: Overlay) -> Overlay:
        """This one with another before it."""
        added = self.added * nearer.factor + nearer.added
        return Overlay(self.factor * nearer.factor, added, np.maximum(self.hides, nearer.hides))


def nothing(size_hw: tuple[int, int]) -> Overlay:
    """An overlay that changes nothing."""
    zeros = np.zeros(size_hw, dtype=np.float32)
    return Overlay(np.ones(size_hw, dtype=np.float32), zeros, zeros)


def darkening(factor: Grey) -> Overlay:
    """A shadow that lets through ``factor`` of the light."""
    zeros = np.zeros_like(factor)
    return Overlay(factor, zeros, zeros)


def opaque(cover: Grey, own: Grey, shadow: Grey | float = 0.0) -> Overlay:
    """A thing that covers ``cover`` of each pixel, shines with ``own``, and takes ``shadow`` of the wall's light."""
    return Overlay((1 - cover) * (1 - shadow), own * cover, cover)


def round_lines(
    view: View, level: float, strokes: Sequence[Stroke], tone: float, shadow_px: float, random: np.random.Generator
) -> Overlay:
    """Cables, stems: round, a highlight along the lit side, a shadow thrown away from the light.

    ``level`` is the mean light of the wall; ``tone`` is theirs as a share of it.
    """
    away = -shadow_px * np.array([math.sin(view.light), math.cos(view.light)])
    fine = [resampled(each, 3.0) for each in strokes]
    thrown = draw_strokes([Stroke(each.points + away, each.left, each.right) for each in fine], view.size_hw).coverage
    drawn = draw_strokes(fine, view.size_hw)
    beside = np.clip(np.abs(drawn.offset) / np.maximum(drawn.width / 2, 0.5), 0.0, 1.0)
    facing = np.cos(drawn.heading - np.float32(view.light))
    shading = np.clip(1.0 - 0.35 * beside**2 + 0.35 * facing * beside, 0.2, 1.5)
    own = level * tone * shading * (1 + 0.04 * field(view, "rough", random))
    return opaque(drawn.coverage, own, thrown * random.uniform(0.1, 0.55))
