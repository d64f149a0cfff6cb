"""``MARKS`` and ``OBJECTS``: every thing that is no crack, by its name; on intact and cracked walls alike."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from fissura.data.synthetic import fittings, marks, objects, traces
from fissura.data.synthetic.overlay import Overlay
from fissura.data.synthetic.view import Grey, View

MARKS: dict[str, Callable[[Grey, View, np.random.Generator], Grey]] = {
    "joint": marks.joint,
    "formwork": marks.formwork,
    "mortar seams": marks.mortar_seams,
    "scratches": marks.scratches,
    "handwriting": marks.handwriting,
    "road paint": marks.road_paint,
    "stains": marks.stains,
    "drips": marks.drips,
    "spots": marks.spots,
    "roots": marks.roots,
    "sealed joint": traces.sealed_joint,
    "patch": traces.patch,
    "lettering": traces.lettering,
    "tie holes": traces.tie_holes,
    "water line": traces.water_line,
    "hairs": traces.hairs,
    "peeling": traces.peeling,
}

OBJECTS: dict[str, Callable[[View, float, np.random.Generator], Overlay]] = {
    "shadow": objects.shadow,
    "branch shadow": objects.branch_shadow,
    "edge": objects.edge,
    "frame corner": objects.frame_corner,
    "pipe": objects.pipe,
    "cable": objects.cable,
    "bolts": objects.bolts,
    "leaves": objects.leaves,
    "frame": fittings.frame,
    "other wall": fittings.other_wall,
    "grille": fittings.grille,
    "railing shadow": fittings.railing_shadow,
    "sign": fittings.sign,
}


def chosen(random: np.random.Generator) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Names of (marks, objects) of one scene: none on four walls of ten, mostly one or two."""
    if random.random() < 0.15:
        return (), ()
    below = random.choice(list(MARKS), min(len(MARKS), int(random.poisson(0.6))), replace=False)
    above = random.choice(list(OBJECTS), min(len(OBJECTS), int(random.poisson(0.55))), replace=False)
    return tuple(str(each) for each in below), tuple(str(each) for each in above)
