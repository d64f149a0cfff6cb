"""The activations, sorted by whether one may be moved across a max pooling without changing the network."""

from __future__ import annotations

from torch import nn

from fissura.language import N_

MONOTONE = (
    *(nn.ReLU, nn.ReLU6, nn.LeakyReLU, nn.ELU, nn.CELU, nn.SELU, nn.Softplus),
    *(nn.Sigmoid, nn.LogSigmoid, nn.Tanh, nn.Softsign, nn.Hardtanh, nn.Hardsigmoid),
)
OTHER = (nn.GELU, nn.SiLU, nn.Mish, nn.Hardswish, nn.Hardshrink, nn.Softshrink, nn.Tanhshrink, nn.Threshold)
ACROSS_CELLS = (nn.Softmax, nn.Softmax2d, nn.LogSoftmax, nn.Softmin)  # a cell's value depends on the other cells
ALL = (*MONOTONE, *OTHER, *ACROSS_CELLS)

_WORDS = {
    nn.Sigmoid: N_("sigmoid"),
    nn.Tanh: N_("hyperbolic tangent"),
    nn.Softmax: N_("softmax"),
    nn.LogSoftmax: N_("logarithm of the softmax"),
}


def name(module: nn.Module) -> str:
    """What to call it, a template without fields; PyTorch's own name where there is no word for it.

    >>> name(nn.ReLU())
    'ReLU'
    """
    return _WORDS.get(type(module), type(module).__name__)


def is_monotone(module: nn.Module) -> bool:
    """Whether a larger input never gives a smaller output, with the settings it has."""
    slope = getattr(module, "negative_slope", getattr(module, "alpha", 1.0))
    return isinstance(module, MONOTONE) and slope >= 0


def is_cell_by_cell(module: nn.Module) -> bool:
    """Whether a cell's value depends on that cell alone, so that the cells may be laid out anew before or after."""
    return isinstance(module, (*MONOTONE, *OTHER))
