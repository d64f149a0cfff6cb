"""How a crack looks: dark inside, lit on one wall, with broken edges, dirt, lime or damp around it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from fissura.data.synthetic.noise import field
from fissura.data.synthetic.strokes import Drawn
from fissura.data.synthetic.view import Grey, View

_GAPING_PX = 20.0  # as wide, METU's cracks are dark; dirt would fill them to the look of a stain
REACH_PX = 9.0  # how far beyond its edges a crack changes the picture


@dataclass(frozen=True)
class Look:
    """How one crack looks; shares of the light around it unless said otherwise.

    Attributes:
        depth: how much light is missing inside, in [0, 1].
        fill: ``"open"``, ``"dirt"`` or ``"lime"`` (efflorescence: bright inside).
        lit_wall: how much of its width shows a wall on which light falls.
        rim: brightness of the edge that faces the light.
        spalled_px: how wide its edges are broken away; that part is not crack.
        halo: how much it darkens (damp, dirt) or brightens (lime, negative) its surroundings.
        lip: how much one side, which stands higher, is lit and the other shaded.
        rubble: how much of its floor is covered by broken pieces, where it is wide.
    """

    depth: float
    fill: str = "open"
    lit_wall: float = 0.0
    rim: float = 0.0
    spalled_px: float = 0.0
    halo: float = 0.0
    lip: float = 0.0
    rubble: float = 0.0

    @property
    def reach_px(self) -> float:
        """How far beyond its edges the crack changes the picture, at most ``REACH_PX``."""
        rim = 4.0 if self.rim else 1.0
        return REACH_PX if self.halo or self.lip else min(REACH_PX, max(rim, 1.6 * self.spalled_px + 1.0))


def random_look(width_px: float, random: np.random.Generator) -> Look:
    """A look that fits a crack ``width_px`` wide."""
    fill = str(random.choice(["open", "dirt", "lime"], p=[0.77, 0.18, 0.05]))
    if width_px > 7 and fill == "lime":
        fill = "dirt"  # lime closes narrow cracks only
    depth = {"open": random.uniform(0.5, 0.98), "dirt": random.uniform(0.35, 0.75), "lime": random.uniform(0.3, 0.6)}
    wide = min(1.0, width_px / 5.0)
    if width_px > 4 and random.random() < 0.6:
        depth["open"] = random.uniform(0.8, 0.98)  # no light comes out of a wide open crack
    if width_px > _GAPING_PX:
        fill, depth["open"] = "open", max(depth["open"], 0.7)
    return Look(
        depth=depth[fill],
        fill=fill,
        lit_wall=random.uniform(0.0, 0.6) * wide if random.random() < (0.8 if width_px > 8 else 0.5) else 0.0,
        rim=random.uniform(0.0, 0.5) if random.random() < 0.5 else 0.0,
        spalled_px=random.uniform(0.5, 5.0) * max(0.3, wide) if random.random() < 0.35 else 0.0,
        halo=float(random.choice([0.0, 0.0, 0.0, random.uniform(0.05, 0.4), -random.uniform(0.05, 0.25)])),
        lip=float(random.choice([-1.0, 1.0]) * random.uniform(0.05, 0.35)) if random.random() < 0.15 else 0.0,
        rubble=random.uniform(0.2, 0.9) if width_px > 6 and random.random() < 0.3 else 0.0,
    )


def with_crack(image: Grey, drawn: Drawn, look: Look, view: View, random: np.random.Generator) -> Grey:
    """``image`` with the crack in it; ``(h, w)`` float32. Nothing changes beyond ``REACH_PX`` from its edges."""
    near = drawn.owner >= 0
    if not near.any():
        return image
    rough, fine = field(view, "rough", random), field(view, "fine", random)
    outside = np.maximum(drawn.edge, 0.0)
    fade = np.clip((look.reach_px - outside) / (0.35 * look.reach_px), 0.0, 1.0) * near
    fade = fade * np.clip(drawn.width / 0.8, 0.0, 1.0)  # no damp and no broken edge where the crack itself has ended
    facing = np.cos(drawn.heading - np.float32(view.light))  # 1 where the edge lies towards the light
    if look.halo:
        size = REACH_PX * 0.45
        image = image * (1 - look.halo * np.exp(-((outside / size) ** 2)) * fade * np.clip(1 + 0.4 * rough, 0.2, 1.6))
    if look.lip:
        higher = np.sign(drawn.offset) * np.exp(-((outside / (0.4 * REACH_PX)) ** 2)) * fade
        image = image * (1 + look.lip * higher)
    if look.spalled_px:
        image = _spalled(image, look, outside, facing, fade, rough, fine)
    if look.rim:
        # light from the left falls on the crack's right wall: the edge away from the light shines
        shine = np.clip(-facing, 0.0, 1.0) * np.exp(-outside / 1.1) * np.clip(0.6 + 0.6 * rough, 0.0, 1.6)
        shade = np.clip(facing, 0.0, 1.0) * np.exp(-outside / 2.0) * 0.35
        image = image * (1 + look.rim * (shine - shade) * fade)
    return image * (1 - drawn.coverage) + _core(image, drawn, look, facing, rough, fine) * drawn.coverage


def _core(image: Grey, drawn: Drawn, look: Look, facing: Grey, rough: Grey, fine: Grey) -> Grey:
    """What is seen inside."""
    level = np.float32(image.mean())
    if look.fill == "lime":
        return np.clip(image * (1 + look.depth) + 0.08 + 0.03 * rough, 0.0, 1.2)
    half = np.maximum(drawn.width / 2, 0.6)
    inward = np.clip(-drawn.edge / half, 0.0, 1.0)  # 0 at the edge, 1 in the middle
    dark = look.depth * (0.8 + 0.2 * inward)
    if look.lit_wall:
        # the wall away from the light is seen as a brighter band with a ragged border, where the crack is wide
        across = np.abs(drawn.offset) / half * np.sign(-facing)
        border = 1 - 2 * look.lit_wall * np.clip(1 + 0.5 * rough, 0.2, 2.0)
        lit = np.clip((across - border) * half + 0.5, 0.0, 1.0) * np.clip((drawn.width - 2.5) / 2.5, 0.0, 1.0)
        dark = dark * (1 - lit) + lit * np.clip(0.32 - 0.1 * rough, 0.05, 0.6)
    if look.rubble:
        # pieces of the wall lie in it, lit from above, dark between them
        pieces = np.clip((rough + 0.5 * fine + 2 * look.rubble - 1.2) * 2.5, 0.0, 1.0) * np.clip(
            -drawn.edge / 2, 0.0, 1.0
        )
        dark = dark * (1 - 0.75 * look.rubble * pieces)
    speckle = 0.05 if look.fill == "open" else 0.15
    grit = np.clip(1 + speckle * rough + speckle * fine, 0.2, 2.0)
    # the crack's own floor, not the surface's stones, shows where it is wide
    floor = 0.5 * image + 0.5 * level
    return np.asarray(floor * np.clip(1 - dark, 0.02, 1.0) * grit, dtype=np.float32)


def _spalled(image: Grey, look: Look, outside: Grey, facing: Grey, fade: Grey, rough: Grey, fine: Grey) -> Grey:
    """Edges broken away: a rough shallow slope beside the crack, in shadow on one side and bright on the other."""
    size = look.spalled_px * np.clip(rough * 0.8 + 0.2, 0.0, 1.6)
    size = np.minimum(size, look.reach_px - 1.0)
    inside = np.clip(size - outside + 0.5, 0.0, 1.0) * fade * (size > 0.3)
    tone = 1.0 - 0.28 * facing + 0.1 * rough + 0.08 * fine - 0.05 * math.copysign(1.0, look.rim - 0.2)
    return np.asarray(image * (1 - inside) + image * np.clip(tone, 0.4, 1.5) * inside)
