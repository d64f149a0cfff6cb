"""Where the evidence lies: a picture beside the window that decided, with the classifier's own map over it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fissura.classifier import Classifier
from fissura.images import Pixels, resized
from fissura.language import Language
from fissura.prediction import Prediction
from fissura.reporting.crack_figures import evidence_legend, put_evidence
from fissura.reporting.drawing import COLOURS, canvas, drawn, put, short

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SIDE = 480  # units of the canvas that each of the two pictures is high or wide at most
_GAP, _TITLE, _LEGEND = 16, 90, 150
STRONGEST = 6.0  # log-odds: 400 to 1; the scale is the same for all pictures, so that they can be compared


def evidence_picture(classifier: Classifier, picture: Pixels, said: Prediction, language: Language) -> bytes | None:
    """PNG of ``picture`` ``(h, w)`` with the window that decided, and of that window under its map of log-odds.

    Orange speaks for what is looked for, blue against it, at the scale at which the classifier saw it; a line encloses
    what speaks for it. None where the classifier has no map or nothing was said of the picture.
    """
    decision = classifier.decision
    if decision is None or said.window is None or said.probabilities is None:
        return None
    top, left, bottom, right = said.window.box
    seen = classifier.seen(picture, said.window)
    maps = classifier.evidence(seen[None])
    if maps is None:
        return None
    whole = _fitted(picture)
    chance = language.probability(float(said.probabilities[decision.positive]))
    name = short(classifier.classes[decision.positive])

    def draw(figure: Figure) -> None:
        from matplotlib.patches import Rectangle

        height = max(whole.shape[0], SIDE)
        axes = canvas(figure, (_TITLE + height + _LEGEND, 2 * SIDE + _GAP))
        put(axes, whole, _TITLE, 0)
        scale = whole.shape[0] / picture.shape[0]
        style = {"fill": False, "linewidth": 2.2, "edgecolor": COLOURS[1]}
        corner = left * scale, _TITLE + top * scale
        axes.add_patch(Rectangle(corner, (right - left) * scale, (bottom - top) * scale, **style))  # type: ignore[arg-type]
        put_evidence(axes, resized(seen, (SIDE, SIDE)), maps[0], STRONGEST, (_TITLE, SIDE + _GAP))
        axes.text(
            0, _TITLE - 14, f"{short(said.name.split('/')[-1], 30)}\nP({name}) = {chance}", ha="left", va="bottom"
        )
        where = language.say("the whole image") if said.windows == 1 else language.say("the window that decided")
        axes.text(SIDE + _GAP, _TITLE - 14, where, ha="left", va="bottom")
        evidence_legend(axes, (_TITLE + height, 2 * SIDE + _GAP, _LEGEND), STRONGEST, name, language)

    return drawn(draw, "png")


def _fitted(picture: Pixels) -> Pixels:
    """The whole picture so that its longer side is ``SIDE``."""
    height, width = picture.shape
    scale = SIDE / max(height, width)
    return np.ascontiguousarray(resized(picture, (max(1, round(height * scale)), max(1, round(width * scale)))))
