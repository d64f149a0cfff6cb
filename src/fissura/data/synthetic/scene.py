"""One drawn photograph and the truth about it, fully determined by a seed and an index."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fissura.data.synthetic.camera import Camera, random_camera, taken
from fissura.data.synthetic.clutter import CLUTTER, strewn
from fissura.data.synthetic.distractors import MARKS, OBJECTS, chosen
from fissura.data.synthetic.growth import Ground
from fissura.data.synthetic.overlay import nothing
from fissura.data.synthetic.placing import clearness, legible, placed, usual_width
from fissura.data.synthetic.rendering import Look, random_look, with_crack
from fissura.data.synthetic.strokes import Drawn, Stroke, draw_strokes
from fissura.data.synthetic.surface import lit
from fissura.data.synthetic.surfaces import SURFACES
from fissura.data.synthetic.view import Grey, random_view
from fissura.errors import SettingsError
from fissura.names import unknown

NARROWEST_PX = 0.3  # a crack narrower than this is not there
SMALLEST_PX = 32
_MOST_HIDDEN = 0.65  # share of the wall; a thing that hid more is left away
_LOST_IN_GAPS = 0.03  # width, as a share of the picture, below which a crack is not seen in a gap that is black
_TRIES = 6  # at a crack that can be seen
_STREAMS = ("view", "surface", "marks", "crack", "look", "objects", "camera", "noise", "clutter")


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
            more) passes through the pixel, so that a hairline's mask has no holes; and it can be seen there: nothing
            stands before it, and it is no thin crack in a gap that is black without it.
        width_px: ``(h, w)`` float32: the crack's nominal width at each pixel of the mask, in px, 0 elsewhere: that of
            the pen that drew it. A rough line's outlines lie further apart: ``outlines`` measures those.
        coverage: ``(h, w)`` float32: share of the pixel that is crack and seen, in [0, 1].
        cracks: the centre lines.
        surface: one of ``SURFACES``.
        distractors: what is there and is no crack, in the order in which it was drawn.
        camera: how the picture was taken.
        opening: ``(h, w)`` float32: as ``coverage``, whatever stands before it: ``outlines`` measures widths on it.
        look: how the crack looks; None where there is none.
    """

    image: npt.NDArray[np.uint8]
    mask: npt.NDArray[np.bool_]
    width_px: Grey
    coverage: Grey
    cracks: tuple[Crack, ...]
    surface: str
    distractors: tuple[str, ...]
    camera: Camera
    opening: Grey
    look: Look | None

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
    clutter: bool = False,
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
        clutter: True puts one or two things of ``CLUTTER`` before nearly four walls of ten; wall, light and camera are
            as without it, a crack may run elsewhere.
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
    below, above = chosen(streams["marks"]) if distractors else ((), ())
    for each in below:
        light = MARKS[each](light, view, streams["marks"]).astype(np.float32)
    level = float(light.mean())
    before, standing = nothing(native_hw), []
    things = [(each, OBJECTS[each], streams["objects"]) for each in above]
    if clutter:
        things += [(each, CLUTTER[each], streams["clutter"]) for each in strewn(streams["clutter"])]
    for each, thing, random in things:
        more = before.then(thing(view, level, random))
        if float((more.hides >= 0.5).mean()) < _MOST_HIDDEN:
            before = more
            standing.append(each)
    strokes: list[Stroke] = []
    drawn: Drawn | None = None
    look: Look | None = None
    hidden = before.hides
    if index % 2 == 1 if crack is None else crack:
        ground = Ground(view, wall.grain, wall.joints, widths_px(native_hw, settings), wall.seams)
        # in a gap that is black already no crack is seen, unless it is wider than the gap
        black = light < 0.3 * level
        hidden = np.maximum(before.hides, black).astype(np.float32)
        strokes, look, drawn, light = _cracked(
            ground, light, hidden, settings, (streams["crack"], streams["look"]), before.factor
        )
    image = taken(before.over(light), level, settings, size_hw, streams["noise"])
    if native_hw != size_hw:
        strokes = [each.resized(native_hw, size_hw) for each in strokes]
        drawn = draw_strokes(strokes, size_hw) if strokes else None
    opening = np.zeros(size_hw, dtype=np.float32) if drawn is None else drawn.coverage
    mask, width, coverage = _truth(drawn, before.hides, hidden, size_hw)
    cracks = tuple(Crack(each.kind, np.column_stack([each.points, each.width])) for each in strokes)
    return Scene(image, mask, width, coverage, cracks, name, (*below, *standing), settings, opening, look)


def widths_px(size_hw: tuple[int, int], camera: Camera) -> tuple[float, float]:
    """(narrowest, widest) usual crack: 0.7 px or what survives the blur, and 13 % of the shorter side (30 of 224)."""
    return 0.7 + 0.4 * camera.defocus_px + 0.25 * camera.motion_px, 0.134 * min(size_hw)


def check_size(size_hw: tuple[int, int]) -> None:
    """Fail where a picture is too small to be drawn.

    Raises:
        SettingsError: a side is under 32 px.
    """
    if min(size_hw) < SMALLEST_PX:
        raise SettingsError(
            "A synthetic image of {got} px (height, width) is too small; wanted at least {least} px on both sides.",
            got=size_hw,
            least=SMALLEST_PX,
        )


def _check(seed: int, index: int, size_hw: tuple[int, int]) -> None:
    check_size(size_hw)
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
    ground: Ground,
    light: Grey,
    hides: Grey,
    camera: Camera,
    random: tuple[np.random.Generator, np.random.Generator],
    shade: Grey,
) -> tuple[list[Stroke], Look, Drawn, Grey]:
    """(the crack's lines, its look, what they cover, the wall with the crack in it); the clearest of a few tries."""
    best: tuple[float, list[Stroke], Look, Drawn, Grey] | None = None
    for _ in range(_TRIES):
        strokes = placed(ground, hides, random[0])
        look = random_look(usual_width(strokes, ground.view.size_hw), random[1])
        strokes, look = legible(strokes, look, light)
        drawn = draw_strokes(strokes, ground.view.size_hw, max(2.0, look.reach_px))
        made = with_crack(light, drawn, look, ground.view, random[1]).astype(np.float32)
        clear = clearness(light, made, shade, drawn, hides, strokes, camera)
        if best is None or clear > best[0]:
            best = clear, strokes, look, drawn, made
        if clear >= 1.0:
            break
    assert best is not None
    return best[1:]


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


def _truth(
    drawn: Drawn | None, hides: Grey, hides_thin: Grey, size_hw: tuple[int, int]
) -> tuple[npt.NDArray[np.bool_], Grey, Grey]:
    """(mask, width, coverage) in the final image, where a crack can be seen; ``hides_thin`` hides thin ones only."""
    if drawn is None:
        zeros = np.zeros(size_hw, dtype=np.float32)
        return zeros > 0, zeros, zeros.copy()
    thin = drawn.width < _LOST_IN_GAPS * min(size_hw)
    seen = np.where(thin, _resized(hides_thin, size_hw), _resized(hides, size_hw)) < 0.5
    on_line = (drawn.owner >= 0) & (np.abs(drawn.offset) <= 0.5) & (drawn.width >= NARROWEST_PX)
    mask = ((drawn.coverage >= 0.5) | on_line) & seen
    return mask, np.where(mask, drawn.width, 0.0).astype(np.float32), np.where(seen, drawn.coverage, 0.0)


def _resized(values: Grey, size_hw: tuple[int, int]) -> Grey:
    if values.shape == size_hw:
        return values
    from PIL import Image

    return np.asarray(Image.fromarray(values).resize((size_hw[1], size_hw[0]), Image.Resampling.BILINEAR))
