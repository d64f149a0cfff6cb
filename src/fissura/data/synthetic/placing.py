"""Where a crack goes on its wall, so that enough of it is seen and one who looks closely can tell it from the grain."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from fissura.data.synthetic.camera import Camera
from fissura.data.synthetic.cracks import CRACKS
from fissura.data.synthetic.growth import Ground
from fissura.data.synthetic.rendering import Look
from fissura.data.synthetic.strokes import Drawn, Stroke
from fissura.data.synthetic.view import Grey, Points

_TRIES = 20
_SHARES = (0.34, 0.13, 0.06, 0.16, 0.1, 0.05, 0.12, 0.04, 0.0)  # of the kinds of cracks, in the order of CRACKS
_MAY_FOLLOW_JOINTS = ("single", "branching", "hairline", "interrupted")
_SEEN_PX = 0.6  # width from which a point of a crack counts as seen


def placed(ground: Ground, hides: Grey, random: np.random.Generator) -> list[Stroke]:
    """A crack of which enough is seen: several tries, as an object may stand before it; the best of them."""
    best: tuple[float, list[Stroke]] = (-1.0, [])
    wanted = 0.22 * ground.view.extent
    for _ in range(_TRIES):
        kind = str(random.choice(list(CRACKS), p=_SHARES))
        if ground.joints is not None and kind in _MAY_FOLLOW_JOINTS and random.random() < 0.6:
            kind = "stepped" if random.random() < 0.75 else "opened joint"
        strokes = [replace(each, kind=kind) for each in CRACKS[kind](ground, random)]
        seen = _seen_px(strokes, hides)
        if seen > best[0]:
            best = seen, strokes
        if seen >= wanted:
            break
    return best[1]


def usual_width(strokes: list[Stroke], size_hw: tuple[int, int]) -> float:
    """Median width of what is seen in the image, in px."""
    widths = [stroke.width[_inside(stroke.points, size_hw) & (stroke.width > 0)] for stroke in strokes]
    every = np.concatenate(widths) if widths else np.zeros(0)
    return float(np.median(every)) if len(every) else 1.0


def legible(strokes: list[Stroke], look: Look, light: Grey) -> tuple[list[Stroke], Look]:
    """The crack made dark enough, then wide enough, to be told from the grain beside it by one who looks closely."""
    beside = np.concatenate([np.zeros(0), *_beside(strokes, light)])
    if len(beside) < 8:
        return strokes, look
    grain = float(beside.std() / max(float(beside.mean()), 0.05))
    needed = 1.3 * grain / min(1.0, usual_width(strokes, (light.shape[0], light.shape[1])) / 1.5) + 0.1
    wider = min(2.5, max(1.0, needed / 0.97))
    if wider > 1.0:
        strokes = [replace(each, left=each.left * wider, right=each.right * wider) for each in strokes]
    return strokes, replace(look, depth=max(look.depth, min(0.97, needed)))


def clearness(
    before: Grey, after: Grey, shade: Grey, drawn: Drawn, hides: Grey, strokes: list[Stroke], camera: Camera
) -> float:
    """How well the crack is seen in the picture; from about 1 on, one who looks closely finds it.

    The smallest of its contrasts with the wall's grain, with the camera's noise, and with what an eye can tell; a short
    one needs more. ``shade`` is the share of light that reaches the wall.
    """
    inside = (drawn.owner >= 0) & (np.abs(drawn.offset) <= np.maximum(0.5, 0.3 * drawn.width)) & (hides < 0.5)
    inside &= drawn.width >= 0.5
    if np.count_nonzero(inside) < 8:
        return 0.0
    change = float(np.percentile((np.abs(after - before) * shade)[inside], 40))
    thin = float(np.median(drawn.width[inside]))
    change *= thin / (thin + 1.2 * camera.defocus_px + 0.4 * camera.motion_px)  # what blur leaves of it
    beside = [each for each in _beside(strokes, before) if len(each) > 3]
    steps = [np.abs(each[3:] - each[:-3]) for each in beside]
    # pieces of different tones are no grain, so not the deviation alone
    grain = max(float(np.median(np.concatenate(steps))), 0.75 * float(np.concatenate(beside).std())) if steps else 0.0
    shaded = float(shade[inside].mean())
    level = max(float(before.mean()), 1e-3)
    greys = change / level * camera.exposure * camera.contrast * 255
    long = min(3.0, 0.5 + np.count_nonzero(inside) / 60)  # the eye adds up along a line
    follows = 1.7 if strokes[0].kind in ("stepped", "opened joint") else 1.0  # a joint is a line already
    clear = min(
        change / (1.3 * grain * shaded + 1e-6),
        greys * long / (1.5 * camera.noise + 1e-6),
        greys / 12.0,
        change / (0.12 * follows * level * shaded + 1e-6),
    )
    return clear * min(1.0, max(0.5, np.count_nonzero(inside) / 90))


def _beside(strokes: list[Stroke], light: Grey) -> Iterator[Grey]:
    """The wall's light 1 and 2 px beside both edges of each stroke, where it is in the image."""
    for stroke in strokes:
        along = np.gradient(stroke.points, axis=0)
        normal = np.stack([-along[:, 1], along[:, 0]], axis=1) / (np.hypot(*along.T)[:, None] + 1e-6)
        for sign, half in ((1.0, stroke.width / 2), (-1.0, stroke.width / 2)):
            for away in (1.2, 2.2):
                places = stroke.points + sign * (half + away)[:, None] * normal
                seen = _inside(places, light.shape) & (stroke.width > 0)
                row, column = np.rint(places[seen]).astype(int).T
                yield light[row, column]


def _seen_px(strokes: list[Stroke], hides: Grey) -> float:
    """Length of the lines that are wide enough, in the image, and not behind something; in px."""
    total = 0.0
    for stroke in strokes:
        # both of its edges in the picture: one of them alone may be anything's
        seen = _inside(stroke.points, hides.shape, stroke.width / 2) & (stroke.width >= _SEEN_PX)
        row, column = np.rint(stroke.points[seen]).astype(int).T
        shown = np.zeros(len(seen), dtype=bool)
        shown[seen] = hides[row, column] < 0.5
        steps = np.hypot(*np.diff(stroke.points, axis=0).T)
        total += float(steps[shown[1:]].sum())
    return total


def _inside(
    points: Points, size_hw: tuple[int, ...], margin: npt.NDArray[np.float64] | float = 0.0
) -> npt.NDArray[np.bool_]:
    away = np.asarray(margin)[..., None]
    return np.asarray(((points > away - 0.5) & (points < np.array(size_hw) - 0.5 - away)).all(axis=1))
