"""The networks, and ``MODELS``, where each is found by its name."""

from fissura.models.cracks import CrackNetwork
from fissura.models.detector import CrackDetector
from fissura.models.digits import CNN1, CNN2, CNN3, MultinomialRegression, StridedCNN3
from fissura.models.fast import FAST_BATCH, fast_forward, logits_in_parts
from fissura.models.named import MODELS, ModelSpec, build, reached_hw

__all__ = [
    "CNN1",
    "CNN2",
    "CNN3",
    "FAST_BATCH",
    "MODELS",
    "CrackDetector",
    "CrackNetwork",
    "ModelSpec",
    "MultinomialRegression",
    "StridedCNN3",
    "build",
    "fast_forward",
    "logits_in_parts",
    "reached_hw",
]
