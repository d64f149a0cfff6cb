"""Drawn photographs of walls with and without cracks, whose truth is known to a fraction of a pixel."""

from fissura.data.synthetic.camera import AS_IT_IS, Camera
from fissura.data.synthetic.dataset import SyntheticScenes, synthetic_cracks, synthetic_scenes
from fissura.data.synthetic.scene import Crack, Scene, draw
from fissura.data.synthetic.surfaces import SURFACES

__all__ = [
    "AS_IT_IS",
    "SURFACES",
    "Camera",
    "Crack",
    "Scene",
    "SyntheticScenes",
    "draw",
    "synthetic_cracks",
    "synthetic_scenes",
]
