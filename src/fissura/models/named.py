"""``MODELS``: every network by its name, and ``build``."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass

from torch import nn

from fissura.errors import SettingsError
from fissura.kinds import check_kind, check_size, check_whole
from fissura.language import N_
from fissura.models.cracks import CrackNetwork
from fissura.models.detector import CrackDetector
from fissura.models.digits import CNN1, CNN2, CNN3, MultinomialRegression, StridedCNN3
from fissura.names import unknown


@dataclass(frozen=True)
class ModelSpec:
    """One network that can be asked for by name.

    Attributes:
        name: its key in ``MODELS``, on the command line and in classifier files.
        network: called with ``size_hw``, ``classes`` and the options.
        description: one line for lists, in English, marked for translation.
        size_px: height and width of the images that it is made for.
        classes: how many it is made for.
    """

    name: str
    network: Callable[..., nn.Module]
    description: str
    size_px: int = 28
    classes: int = 10

    @property
    def options(self) -> tuple[str, ...]:
        """The names of the network's own options."""
        return tuple(name for name in inspect.signature(self.network).parameters if name not in ("size_hw", "classes"))


MODELS: dict[str, ModelSpec] = {
    spec.name: spec
    for spec in (
        ModelSpec("multinomial", MultinomialRegression, N_("multinomial regression: one linear layer on the pixels")),
        ModelSpec("cnn1", CNN1, N_("one convolution, one pooling, one dense layer")),
        ModelSpec("cnn2", CNN2, N_("two convolutions, each with a pooling, and two dense layers")),
        ModelSpec("cnn3", CNN3, N_("three normalised convolutions and two dense layers; the network of --recipe best")),
        ModelSpec("cnn3-strided", StridedCNN3, N_("three normalised convolutions with strides; of --recipe fast")),
        ModelSpec(
            "crack",
            CrackNetwork,
            N_("fully convolutional, for photographs of two classes; of --recipe cracks"),
            size_px=112,
            classes=2,
        ),
        ModelSpec(
            "detector",
            CrackDetector,
            N_("a map of cracks at a quarter of the resolution; the built-in detector"),
            size_px=224,
            classes=2,
        ),
    )
}


def build(name: str, size_hw: tuple[int, int], classes: int, **options: object) -> nn.Module:
    """The network of that name with fresh weights, for images of ``size_hw`` (height, width) in pixels.

    Its input is ``(n, 1, h, w)`` float32, its output logits ``(n, classes)``; for two classes also ``(n, 1)``: of that
    with index 1.
    ``MODELS[name].options`` are its options: ``same_padding`` of ``cnn1`` and ``cnn2``.

    >>> sum(weights.numel() for weights in build("cnn2", (28, 28), 10).parameters())
    225034

    Raises:
        SettingsError: no such network or option, or images too small for it.
    """
    check_kind("network", name, str, N_("its name, such as cnn1"))
    check_size(size_hw)
    check_whole("classes", classes, least=1)
    if name not in MODELS:
        raise unknown(N_("network"), name, MODELS)
    spec = MODELS[name]
    for option in options:
        if not spec.options:
            raise SettingsError("Network {network} has no options; leave out {option}.", network=name, option=option)
        if option not in spec.options:
            raise unknown(N_("network option"), option, spec.options)
    return spec.network(size_hw=size_hw, classes=classes, **options)


def reached_hw(model: nn.Module, size_hw: tuple[int, int]) -> tuple[int, int]:
    """(height, width), from the upper left corner, of the pixels that the output depends on; ``size_hw`` if all do.

    Computing on the rest would be work thrown away: in CNN 2 a quarter of its time.
    """
    found: tuple[int, int] = getattr(model, "reached_hw", size_hw)
    return found
