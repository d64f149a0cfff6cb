"""One drawn photograph and the truth about it, fully determined by a seed and an index."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from fissura.data.synthetic.camera import Camera, random_camera, taken
from fissura.data.synthetic.cracks import CRACKS, Ground
from fissura.data.synthetic.marks import MARKS
from fissura.data.synthetic.objects import OBJECTS
from fissura.data.synthetic.overlay import Overlay, nothing
from fissura.data.synthetic.rendering import Look, random_look, with_crack
from fissura.data.synthetic.strokes import Drawn, Stroke, draw_strokes
from fissura.data.synthetic.surfaces import SURFACES, lit
from fissura.data.synthetic.view import Grey, random_view
from fissura.errors import SettingsError
from fissura.names import unknown

NARROWEST_PX = 0.3  # a crack narrower than this is not there
SMALLEST_PX = 32
_TRIES = 8
_STREAMS = ("view", "surface", "marks", "crack", "look", "objects", "camera", "noise")
_SHARES = (0.34, 0.13, 0.06, 0.16, 0.1, 0.05, 0.12, 0.04)  # of the kinds of cracks, in the order of CRACKS


@dataclass(frozen=True, eq=False)
class Crack:
    """The centre line of one crack.

    Attributes:
        kind: one of ``CRACKS``.
        points: ``(n, 3)`` float64: row, column and full width at that point, all in pixels of the image, a pixel's
            centre having whole coordinates. A width of 0 is a gap. Parts of it may lie outside of the image or behind
            an object: ``Scene.mask`` says what is seen.
    """

    kind: str
    points: npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Scene:
    """A drawn photograph and its truth.

    Attributes:
        image: ``(h, w)`` uint8.
        mask: ``(h, w)`` bool: crack covers at least half of the pixel, or its centre line (of a crack 0.3 px wide or
            more) passes through the pixel, so that a hairline's mask has no holes.
        width_px: ``(h, w)`` float32: the crack's full width at each pixel of the mask, in px, 0 elsewhere.
        coverage: ``(h, w)`` float32: share of the pixel that is crack, in [0, 1]: a width can be summed from it.
        cracks: the centre lines.
        surface: one of ``SURFACES``.
        distractors: what is there and is no crack, in the order in which it was drawn.
        camera: how the picture was taken.
    """

    image: npt.NDArray[np.uint8]
    mask: npt.NDArray[np.bool_]
    width_px: Grey
    coverage: Grey
    cracks: tuple[Crack, ...]
    surface: str
    distractors: tuple[str, ...]
    camera: Camera

    @property
    def cracked(self) -> bool:
        """Whether a crack is seen."""
        return bool(self.mask.any())


def draw(
    seed: int,
    index: int,
    size_hw: tuple[int, int] = (224, 224),
    crack: bool | None = None,
    surface: str | None = None,
    *,
    surfaces: Sequence[str] = tuple(SURFACES),
    distractors: bool = True,
    camera: Camera | None = None,
) -> Scene:
    """Scene number ``index`` of the set that ``seed`` names.

    Every part has its own random stream made from ``(seed, index)``: the scene does not depend on which others are
    drawn, and with ``crack=False`` it is the same wall, light and camera without the crack.

    Args:
        seed: names the set.
        index: of the scene, from 0.
        size_hw: (height, width) of the image, in pixels.
        crack: whether there is one; None: in every second scene, those of odd ``index``.
        surface: one of ``SURFACES``; None: one of ``surfaces`` at random.
        surfaces: what to choose from.
        distractors: False leaves out what is no crack and looks like one (but for the surface's own joints).
        camera: how it is taken; None: at random. ``AS_IT_IS`` takes it as it is.

    Raises:
        SettingsError: an unknown surface, none at all, an image under 32 px, or a negative number.
    """
    _check(seed, index, size_hw)
    streams = dict(zip(_STREAMS, _generators(seed, index), strict=True))
    settings = random_camera(streams["camera"]) if camera is None else camera
    name = _chosen(streams["view"], surface, surfaces)
    native_hw = _native(size_hw, settings.zoom)
    view = random_view(native_hw, streams["view"])
    wall = SURFACES[name](view, streams["surface"])
    light = lit(wall, view, streams["surface"].uniform(0.1, 1.0))
    below, above = _distractors(streams["marks"]) if distractors else ((), ())
    for each in below:
        light = MARKS[each](light, view, streams["marks"]).astype(np.float32)
    level = float(light.mean())
    before = nothing(native_hw)
    for each in above:
        before = before.then(OBJECTS[each](view, level, streams["objects"]))
    strokes: list[Stroke] = []
    if index % 2 == 1 if crack is None else crack:
        ground = Ground(view, wall.grain, wall.joints, widths_px(native_hw, settings))
        strokes, light = _cracked(ground, light, before, streams["crack"], streams["look"])
    image = taken(before.over(light), level, settings, size_hw, streams["noise"])
    strokes = [each.resized(native_hw, size_hw) for each in strokes]
    mask, width, coverage = _truth(strokes, before.hides, size_hw)
    cracks = tuple(Crack(each.kind, np.column_stack([each.points, each.width])) for each in strokes)
    return Scene(image, mask, width, coverage, cracks, name, (*below, *above), settings)


def widths_px(size_hw: tuple[int, int], camera: Camera) -> tuple[float, float]:
    """(narrowest, widest) usual crack: 0.7 px or what survives the blur, and 13 % of the shorter side (30 of 224)."""
    return 0.7 + 0.4 * camera.defocus_px + 0.25 * camera.motion_px, 0.134 * min(size_hw)


def _check(seed: int, index: int, size_hw: tuple[int, int]) -> None:
    if min(size_hw) < SMALLEST_PX:
        raise SettingsError(
            "A synthetic image of {got} px (height, width) is too small; wanted at least {least} px on both sides.",
            got=size_hw,
            least=SMALLEST_PX,
        )
    if seed < 0 or index < 0:
        raise SettingsError(
            "Synthetic image {index} of seed {seed} cannot be drawn; wanted whole numbers from 0.",
            index=index,
            seed=seed,
        )


def _native(size_hw: tuple[int, int], zoom: float) -> tuple[int, int]:
    """The size at which the picture is taken, before it is enlarged."""
    height, width = (max(SMALLEST_PX, round(side / zoom)) for side in size_hw)
    return height, width


def _cracked(
    ground: Ground, light: Grey, before: Overlay, random: np.random.Generator, appearance: np.random.Generator
) -> tuple[list[Stroke], Grey]:
    """(the crack's lines, the wall with the crack in it)."""
    strokes, drawn = _placed(ground, before, random)
    look = random_look(_usual_width(drawn), appearance)
    strokes, look = _legible(strokes, look, light, drawn)
    drawn = draw_strokes(strokes, ground.view.size_hw, look.reach_px)
    return strokes, with_crack(light, drawn, look, ground.view, appearance).astype(np.float32)


def _generators(seed: int, index: int) -> list[np.random.Generator]:
    return [np.random.default_rng([seed, index, part]) for part in range(len(_STREAMS))]


def _chosen(random: np.random.Generator, surface: str | None, surfaces: Sequence[str]) -> str:
    for each in surfaces if surface is None else (surface,):
        if each not in SURFACES:
            raise unknown("surface", each, SURFACES)
    drawn = random.random()
    if surface is not None:
        return surface
    if not surfaces:
        raise SettingsError("No surface is left to draw on; name at least one of: {known}.", known=", ".join(SURFACES))
    return surfaces[int(drawn * len(surfaces))]


def _distractors(random: np.random.Generator) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Names of (marks, objects): none on a third of the walls, mostly one or two."""
    if random.random() < 0.15:
        return (), ()
    below = random.choice(list(MARKS), min(len(MARKS), int(random.poisson(0.55))), replace=False)
    above = random.choice(list(OBJECTS), min(len(OBJECTS), int(random.poisson(0.45))), replace=False)
    return tuple(str(each) for each in below), tuple(str(each) for each in above)


def _placed(ground: Ground, before: Overlay, random: np.random.Generator) -> tuple[list[Stroke], Drawn]:
    """A crack of which enough is seen: several tries, as an object may stand before it; the best of them."""
    best: tuple[float, list[Stroke], Drawn] | None = None
    wanted = 0.3 * ground.view.extent
    for _ in range(_TRIES):
        kind = str(random.choice(list(CRACKS), p=_SHARES))
        if kind == "single" and ground.joints is not None and random.random() < 0.5:
            kind = "stepped"
        strokes = [replace(each, kind=kind) for each in CRACKS[kind](ground, random)]
        drawn = draw_strokes(strokes, ground.view.size_hw)
        on_line = (np.abs(drawn.offset) <= 0.5) & (drawn.width >= 0.6) & (before.hides < 0.5) & (drawn.owner >= 0)
        seen = float(np.count_nonzero(on_line))
        if best is None or seen > best[0]:
            best = seen, strokes, drawn
        if seen >= wanted:
            break
    assert best is not None
    return best[1], best[2]


def _usual_width(drawn: Drawn) -> float:
    widths = drawn.width[drawn.coverage > 0.2]
    return float(np.median(widths)) if len(widths) else 1.0


def _legible(strokes: list[Stroke], look: Look, light: Grey, drawn: Drawn) -> tuple[list[Stroke], Look]:
    """The crack made dark enough, then wide enough, to be told from the grain beside it by one who looks closely."""
    beside = (drawn.owner >= 0) & (drawn.coverage < 0.01)  # within 2 px
    if not beside.any():
        return strokes, look
    grain = float(light[beside].std() / max(float(light[beside].mean()), 0.05))
    needed = 1.3 * grain / min(1.0, _usual_width(drawn) / 1.5) + 0.1
    wider = min(2.5, max(1.0, needed / 0.97))
    strokes = [replace(each, left=each.left * wider, right=each.right * wider) for each in strokes]
    return strokes, replace(look, depth=max(look.depth, min(0.97, needed)))


def _truth(
    strokes: Sequence[Stroke], hides: Grey, size_hw: tuple[int, int]
) -> tuple[npt.NDArray[np.bool_], Grey, Grey]:
    """(mask, width, coverage) in the final image, where the wall is seen."""
    if not strokes:
        zeros = np.zeros(size_hw, dtype=np.float32)
        return zeros > 0, zeros, zeros.copy()
    drawn = draw_strokes(strokes, size_hw)
    seen = hides < 0.5
    if hides.shape != size_hw:
        from PIL import Image

        larger = Image.fromarray(hides).resize((size_hw[1], size_hw[0]), Image.Resampling.BILINEAR)
        seen = np.asarray(larger) < 0.5
    on_line = (drawn.owner >= 0) & (np.abs(drawn.offset) <= 0.5) & (drawn.width >= NARROWEST_PX)
    mask = ((drawn.coverage >= 0.5) | on_line) & seen
    return mask, np.where(mask, drawn.width, 0.0).astype(np.float32), np.where(seen, drawn.coverage, 0.0)
