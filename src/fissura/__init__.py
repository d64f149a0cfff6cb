"""Teaching and trusting small image classifiers.

The public names are loaded on first use, so that ``import fissura`` and ``fissura --help`` do not wait for PyTorch; the
modules that they come from likewise, and ``fissura.images`` and ``fissura.metrics``.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from fissura.classifier import Classifier as Classifier
    from fissura.classifier import load as load
    from fissura.data import LabelledImages as LabelledImages
    from fissura.data import embedded_digits as embedded_digits
    from fissura.data import read_mnist as read_mnist
    from fissura.data.photographs import open_photographs as open_photographs
    from fissura.data.synthetic import synthetic_cracks as synthetic_cracks
    from fissura.decision import decide as decide
    from fissura.decision import judge as judge
    from fissura.errors import FissuraError as FissuraError
    from fissura.evaluation import compare as compare
    from fissura.evaluation import evaluate as evaluate
    from fissura.inspection import inspect as inspect
    from fissura.layers import layer_table as layer_table
    from fissura.models import build as build
    from fissura.prediction import predict as predict
    from fissura.training import RECIPES as RECIPES
    from fissura.training import Recipe as Recipe
    from fissura.training import train as train

_HOME = {
    "Classifier": "classifier",
    "FissuraError": "errors",
    "LabelledImages": "data",
    "RECIPES": "training",
    "Recipe": "training",
    "build": "models",
    "compare": "evaluation",
    "decide": "decision",
    "embedded_digits": "data",
    "evaluate": "evaluation",
    "inspect": "inspection",
    "judge": "decision",
    "layer_table": "layers",
    "load": "classifier",
    "open_photographs": "data.photographs",
    "predict": "prediction",
    "read_mnist": "data",
    "synthetic_cracks": "data.synthetic",
    "train": "training",
}

_MODULES = {home.partition(".")[0] for home in _HOME.values()} | {"images", "metrics"}

__all__ = sorted([*_HOME, "__version__"])  # noqa: PLE0605 - the names are listed once, in _HOME


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(f"fissura.{_HOME[name]}"), name)
    if name in _MODULES:
        return import_module(f"fissura.{name}")
    raise AttributeError(f"module 'fissura' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME, *_MODULES})
