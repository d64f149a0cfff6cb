"""What the built-in detector is taught from: drawn scenes with masks, drawn cracks, and the real photographs allowed."""

from fissura.data.teaching.drawn import Drawn, drawn_cracks, drawn_scenes
from fissura.data.teaching.material import Material, Photograph, gathered
from fissura.data.teaching.settings import REAL, MaterialSettings

__all__ = [
    "REAL",
    "Drawn",
    "Material",
    "MaterialSettings",
    "Photograph",
    "drawn_cracks",
    "drawn_scenes",
    "gathered",
]
