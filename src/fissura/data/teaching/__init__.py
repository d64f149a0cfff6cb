"""What the built-in detector is taught from: drawn scenes with masks, drawn cracks, and photographs."""

from fissura.data.teaching.drawn import Drawn, drawn_clutter, drawn_cracks, drawn_scenes
from fissura.data.teaching.familiar import familiar_pictures
from fissura.data.teaching.material import Material, Photograph, gathered
from fissura.data.teaching.settings import HELD_OUT, REAL, MaterialSettings
from fissura.data.teaching.unseen import QUAY, QUAY_FOLDER, unseen_surfaces

__all__ = [
    "HELD_OUT",
    "QUAY",
    "QUAY_FOLDER",
    "REAL",
    "Drawn",
    "Material",
    "MaterialSettings",
    "Photograph",
    "drawn_clutter",
    "drawn_cracks",
    "drawn_scenes",
    "familiar_pictures",
    "gathered",
    "unseen_surfaces",
]
