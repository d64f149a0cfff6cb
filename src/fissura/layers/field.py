"""What part of the image one cell of a layer sees, along one axis at a time.

Cell ``i`` sees the pixels ``low + i * jump`` to ``high + i * jump``. Dumoulin and Visin, "A guide to convolution
arithmetic for deep learning" (2016), arXiv:1603.07285, give the arithmetic of one layer; here it is composed.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import nn

from fissura.layers import activations
from fissura.layers.pooling import LogMeanExpPool2d

Size = tuple[int, ...]


@dataclass(frozen=True)
class Span:
    """Where the first of ``cells`` looks along one axis; ``jump`` 0 means that every cell looks at the same pixels."""

    low: int
    high: int
    jump: int
    cells: int

    def through(self, kernel: int, stride: int, padding: int, dilation: int, gave: int) -> Span:
        """After a window of ``kernel`` cells, which gives ``gave``; ``padding`` is that before the first cell."""
        low = self.low - padding * self.jump
        return Span(low, self.high + (dilation * (kernel - 1) - padding) * self.jump, self.jump * stride, gave)

    def over_all(self) -> Span:
        """Where all cells look together: what a dense layer sees, which need not be the whole image."""
        return Span(self.low, self.high + (self.cells - 1) * self.jump, 0, 1)

    def within(self, side: int) -> int:
        """How many of the image's ``side`` pixels a cell sees that lies far from the border, where there are many."""
        if self.jump == 0:
            return min(self.high, side - 1) - max(self.low, 0) + 1
        return min(self.high - self.low + 1, side)

    def joined(self, other: Span) -> Span | None:
        """Where two cells look together; ``None`` where their grids do not match."""
        for one, beside in ((self, other), (other, self)):
            if one.jump == 0:
                seen = beside.over_all()
                return one if one.low <= seen.low and seen.high <= one.high else None
        if self.jump != other.jump or self.cells != other.cells:
            return None
        return Span(min(self.low, other.low), max(self.high, other.high), self.jump, self.cells)


Field = tuple[Span, Span]
POINTWISE = (
    *(nn.Identity, nn.Sequential, nn.PReLU, nn.Dropout, nn.Dropout1d, nn.Dropout2d, nn.AlphaDropout),
    *(nn.modules.batchnorm._BatchNorm, nn.modules.instancenorm._InstanceNorm),
    *(nn.GroupNorm, nn.LayerNorm, nn.LocalResponseNorm),
    *activations.MONOTONE,
    *activations.OTHER,
)


def start(height: int, width: int) -> Field:
    """The field of the pixels themselves."""
    return Span(0, 0, 1, height), Span(0, 0, 1, width)


def over_all(field: Field) -> Field:
    """The field of a cell that is computed from the whole map."""
    return field[0].over_all(), field[1].over_all()


def joined(fields: list[Field | None]) -> Field | None:
    """The field of a cell that is computed from one cell of each; ``None`` where one is unknown."""
    if not fields or fields[0] is None:
        return None
    result = fields[0]
    for other in fields[1:]:
        spans = None if other is None else tuple(a.joined(b) for a, b in zip(result, other, strict=True))
        if spans is None or spans[0] is None or spans[1] is None:
            return None
        result = (spans[0], spans[1])
    return result


def after(module: nn.Module, field: Field, got: Size, gave: Size) -> Field | None:
    """The field behind ``module``, from sizes ``got`` to ``gave`` with the batch; ``None`` where it is not known."""
    match module:
        case nn.Conv2d() | nn.MaxPool2d() | nn.AvgPool2d():
            height, width = windows(module)
            return field[0].through(*height, gave[2]), field[1].through(*width, gave[3])
        case nn.AdaptiveAvgPool2d() | nn.AdaptiveMaxPool2d():
            axes = [_shared_out(*axis) for axis in zip(field, got[2:], gave[2:], strict=True)]
            return None if axes[0] is None or axes[1] is None else (axes[0], axes[1])
        case LogMeanExpPool2d():
            return over_all(field)
        case nn.Linear() | nn.Softmax() | nn.LogSoftmax() if len(gave) == 2:
            return over_all(field)
        case nn.Flatten():
            return field if len(gave) == 2 else None
        case nn.Softmax() | nn.LogSoftmax():
            return field if module.dim in (1, -3) and len(gave) == 4 else None
        case nn.Linear() | nn.Upsample() | nn.ConvTranspose2d() | nn.PixelShuffle():
            return None
    return field if isinstance(module, POINTWISE) else None


def windows(module: nn.Module) -> tuple[tuple[int, int, int, int], tuple[int, int, int, int]]:
    """(kernel, stride, padding before, dilation) of a convolution or pooling, down and across."""
    kernel = pair(module.kernel_size)
    stride, dilation = pair(module.stride), pair(getattr(module, "dilation", 1))
    padding = paddings(module)
    return (
        (kernel[0], stride[0], padding[0] // 2, dilation[0]),
        (kernel[1], stride[1], padding[1] // 2, dilation[1]),
    )


def paddings(module: nn.Module) -> tuple[int, int]:
    """Both sides together, down and across, with the words "same" and "valid" put into numbers."""
    padding = module.padding
    if padding == "valid":
        return 0, 0
    if padding == "same":
        kernel, dilation = pair(module.kernel_size), pair(module.dilation)
        return dilation[0] * (kernel[0] - 1), dilation[1] * (kernel[1] - 1)
    sides = pair(padding)
    return 2 * sides[0], 2 * sides[1]


def pair(value: object) -> tuple[int, int]:
    """A layer's setting, one number or two, as two."""
    if isinstance(value, tuple | list):
        return int(value[0]), int(value[1])
    assert isinstance(value, int)
    return value, value


def _shared_out(span: Span, got: int, gave: int) -> Span | None:
    """Adaptive pooling: equal windows where the sizes divide, all of it for a single cell."""
    if gave == 1:
        return span.over_all()
    return None if got % gave else span.through(got // gave, got // gave, 0, 1, gave)
