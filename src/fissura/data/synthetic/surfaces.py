"""``SURFACES``: every kind of wall by its name, a function of a view and a random stream; sets can leave some out."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from fissura.data.synthetic import cladding, plain, walls
from fissura.data.synthetic.surface import Surface
from fissura.data.synthetic.view import View

SURFACES: dict[str, Callable[[View, np.random.Generator], Surface]] = {
    "fine concrete": plain.fine_concrete,
    "coarse concrete": plain.coarse_concrete,
    "washed concrete": plain.washed_concrete,
    "asphalt": plain.asphalt,
    "speckled asphalt": plain.speckled_asphalt,
    "grooved concrete": plain.grooved_concrete,
    "plaster": plain.plaster,
    "painted": plain.painted,
    "stained": plain.stained,
    "wet": plain.wet,
    "render": cladding.render,
    "brick": walls.brick,
    "old brick": walls.old_brick,
    "blocks": walls.blocks,
    "ashlar": walls.ashlar,
    "tiles": walls.tiles,
    "paving": walls.paving,
    "stone": walls.stone,
    "dry stone": walls.dry_stone,
    "boards": cladding.boards,
    "joinery": cladding.joinery,
    "panels": cladding.panels,
    "slates": cladding.slates,
}
