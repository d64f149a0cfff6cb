"""One layer in words and formulas, with its numbers put in."""

from __future__ import annotations

import math
from dataclasses import dataclass

from torch import nn

from fissura.errors import SettingsError
from fissura.language import N_
from fissura.layers import activations
from fissura.layers.field import Size, paddings, pair, windows
from fissura.layers.pooling import LogMeanExpPool2d
from fissura.layers.table import Words


@dataclass(frozen=True)
class Count:
    """A number and the arithmetic that leads to it."""

    value: int
    arithmetic: str

    def __str__(self) -> str:
        return self.arithmetic if self.arithmetic == str(self.value) else f"{self.arithmetic} = {self.value}"


ZERO = Count(0, "0")


@dataclass(frozen=True)
class Description:
    """What can be said of a layer from its settings and its sizes; counts are ``None`` where its kind is not known."""

    kind: str
    specification: tuple[Words, ...]
    parameters: Count | None = ZERO
    multiply_adds: Count | None = ZERO
    output: tuple[str, ...] = ()


def describe(module: nn.Module, got: Size, gave: Size) -> Description:
    """The description of ``module``, which turned sizes ``got`` into ``gave``, the batch of 1 included."""
    match module:
        case nn.Conv2d() | nn.ConvTranspose2d():
            return _convolution(module, got, gave)
        case nn.Linear():
            return _dense(module, gave)
        case nn.MaxPool2d() | nn.AvgPool2d():
            return _pooling(module, got, gave)
        case nn.AdaptiveMaxPool2d() | nn.AdaptiveAvgPool2d():
            return _adaptive_pooling(module, gave)
        case LogMeanExpPool2d():
            words = Words(N_("log-mean-exp pooling over the whole map"))
            return Description(N_("log-mean-exp pooling"), (words,))
        case nn.BatchNorm1d() | nn.BatchNorm2d() | nn.GroupNorm() | nn.LayerNorm():
            return _normalisation(module)
        case nn.Flatten():
            return _flatten(got, gave)
        case nn.Dropout() | nn.Dropout2d():
            return _of(N_("dropout"), Words(N_("probability {p}"), {"p": module.p}))
        case nn.Upsample():
            return _of(N_("upsampling"), Words(module.mode))
        case nn.Identity() | nn.Sequential():
            return _of(N_("identity"))
    if isinstance(module, activations.ALL):
        return Description(N_("activation"), (Words(activations.name(module)),))
    kind = type(module).__name__
    if any(True for _ in module.parameters()):
        return Description(kind, (Words(kind),), None, None)
    return _of(kind)


def check(name: str, module: nn.Module, got: Size) -> None:
    """Raise an error that names the layer when a tensor of size ``got`` (batch included) does not fit it."""
    match module:
        case nn.Linear() if got:
            given, wanted = got[-1], module.in_features
        case nn.Conv2d() | nn.ConvTranspose2d() if len(got) == 4:
            given, wanted = got[1], module.in_channels
        case nn.BatchNorm1d() | nn.BatchNorm2d() if len(got) > 1:
            given, wanted = got[1], module.num_features
        case nn.GroupNorm() if len(got) > 1:
            given, wanted = got[1], module.num_channels
        case nn.LayerNorm() if got:
            given, wanted = got[-1], module.normalized_shape[-1]
        case _:
            given = wanted = 0
    if given != wanted and isinstance(module, nn.Linear | nn.LayerNorm):
        raise SettingsError(
            "Layer {layer} gets {got} values from each image and wants {wanted}. Give images of the size for which "
            "the network was built.",
            layer=name,
            got=given,
            wanted=wanted,
        )
    if given != wanted:
        raise SettingsError(
            "Layer {layer} gets {got} channels and wants {wanted}. Give images with as many channels as the network "
            "was built for.",
            layer=name,
            got=given,
            wanted=wanted,
        )
    if isinstance(module, nn.Conv2d | nn.MaxPool2d | nn.AvgPool2d) and len(got) == 4:
        _check_window(name, module, got)


def _check_window(name: str, module: nn.Module, got: Size) -> None:
    """The window must fit into what comes in, else nothing comes out."""
    padding = paddings(module)
    reach = tuple(dilation * (kernel - 1) + 1 for kernel, _, _, dilation in windows(module))
    if any(side + extra < wanted for side, extra, wanted in zip(got[2:], padding, reach, strict=True)):
        raise SettingsError(
            "Layer {layer} gets {height} x {width} cells and wants at least {wanted_height} x {wanted_width}, so that "
            "nothing would come out of it. Give larger images.",
            layer=name,
            height=got[2],
            width=got[3],
            wanted_height=max(1, reach[0] - padding[0]),
            wanted_width=max(1, reach[1] - padding[1]),
        )


def _of(kind: str, *details: Words) -> Description:
    return Description(kind, (Words(kind), *details))


def _convolution(module: nn.Conv2d | nn.ConvTranspose2d, got: Size, gave: Size) -> Description:
    transposed = isinstance(module, nn.ConvTranspose2d)
    kind = N_("2-D transposed convolution") if transposed else N_("2-D convolution")
    height, width = pair(module.kernel_size)
    filters, groups = module.out_channels, module.groups
    depth = f"{module.in_channels}/{groups}" if groups > 1 else f"{module.in_channels}"
    weights = height * width * (module.in_channels // groups)
    window = f"{height} x {width} x {depth}"
    if module.bias is None:
        parameters = Count(weights * filters, f"{window} x {filters}")
    else:
        parameters = Count((weights + 1) * filters, f"({window} + 1) x {filters}")
    places = got[2:] if transposed else gave[2:]  # a transposed convolution writes a window for each cell it reads
    return Description(
        kind,
        (Words(kind), *_convolution_details(module)),
        parameters,
        Count(math.prod(places) * weights * filters, f"{places[0]} x {places[1]} x {window} x {filters}"),
        _transposed_sides(module, got, gave) if isinstance(module, nn.ConvTranspose2d) else _sides(module, got, gave),
    )


def _convolution_details(module: nn.Conv2d | nn.ConvTranspose2d) -> list[Words]:
    height, width = pair(module.kernel_size)
    filters = (
        N_("1 filter {height} x {width}") if module.out_channels == 1 else N_("{filters} filters {height} x {width}")
    )
    details = [Words(filters, {"filters": module.out_channels, "height": height, "width": width})]
    stride, dilation, sides = pair(module.stride), pair(module.dilation), paddings(module)
    same = (dilation[0] * (height - 1), dilation[1] * (width - 1))
    if stride != (1, 1):
        details.append(_stride(stride))
    if sides == same != (0, 0) and stride == (1, 1) and isinstance(module, nn.Conv2d):
        details.append(Words(N_("same-size padding")))
    elif sides != (0, 0):
        details.append(Words(N_("padding {padding}"), {"padding": _short((sides[0] // 2, sides[1] // 2))}))
    if dilation != (1, 1):
        details.append(Words(N_("dilation {dilation}"), {"dilation": _short(dilation)}))
    if module.groups > 1:
        details.append(Words(N_("{groups} groups"), {"groups": module.groups}))
    if module.bias is None:
        details.append(Words(N_("without bias")))
    return details


def _dense(module: nn.Linear, gave: Size) -> Description:
    got, cells = module.in_features, module.out_features
    rows = "".join(f"{size} x " for size in gave[1:-1])
    if module.bias is None:
        parameters = Count(got * cells, f"{got} x {cells}")
    else:
        parameters = Count((got + 1) * cells, f"({got} + 1) x {cells}")
    kind = N_("dense")
    details = [Words(N_("1 cell") if cells == 1 else N_("{cells} cells"), {"cells": cells})]
    if module.bias is None:
        details.append(Words(N_("without bias")))
    macs = Count(math.prod(gave[1:-1]) * got * cells, f"{rows}{got} x {cells}")
    return Description(kind, (Words(kind), *details), parameters, macs)


def _pooling(module: nn.MaxPool2d | nn.AvgPool2d, got: Size, gave: Size) -> Description:
    largest = isinstance(module, nn.MaxPool2d)
    kind = N_("max pooling") if largest else N_("average pooling")
    template = N_("max pooling {height} x {width}") if largest else N_("average pooling {height} x {width}")
    height, width = pair(module.kernel_size)
    details = [_stride(pair(module.stride))]
    sides = paddings(module)
    if sides != (0, 0):
        details.append(Words(N_("padding {padding}"), {"padding": _short((sides[0] // 2, sides[1] // 2))}))
    if pair(getattr(module, "dilation", 1)) != (1, 1):
        details.append(Words(N_("dilation {dilation}"), {"dilation": _short(pair(module.dilation))}))
    first = Words(template, {"height": height, "width": width})
    return Description(kind, (first, *details), output=_sides(module, got, gave))


def _adaptive_pooling(module: nn.Module, gave: Size) -> Description:
    largest = isinstance(module, nn.AdaptiveMaxPool2d)
    kind = N_("max pooling") if largest else N_("average pooling")
    if tuple(gave[2:]) == (1, 1):
        whole = N_("max pooling over the whole map") if largest else N_("average pooling over the whole map")
        return Description(kind, (Words(whole),))
    template = N_("max pooling to {height} x {width}") if largest else N_("average pooling to {height} x {width}")
    return Description(kind, (Words(template, {"height": gave[2], "width": gave[3]}),))


def _normalisation(module: nn.Module) -> Description:
    match module:
        case nn.GroupNorm():
            kind, size = N_("group normalisation"), module.num_channels
            details = [Words(N_("{groups} groups"), {"groups": module.num_groups})]
        case nn.LayerNorm():
            kind, size, details = N_("layer normalisation"), math.prod(module.normalized_shape), []
        case _:
            kind, size, details = N_("batch normalisation"), int(module.num_features), []  # type: ignore[arg-type]
    if module.weight is None:
        return _of(kind, *details)
    count = Count(size, str(size)) if module.bias is None else Count(2 * size, f"2 x {size}")
    return Description(kind, (Words(kind), *details), count)


def _flatten(got: Size, gave: Size) -> Description:
    kind = N_("flatten")
    if len(got) != 4 or len(gave) != 2:
        return _of(kind)
    return Description(kind, (Words(kind),), output=(f"{got[2]} x {got[3]} x {got[1]} = {gave[1]}",))


def _sides(module: nn.Module, got: Size, gave: Size) -> tuple[str, ...]:
    """How height and width come about; nothing when PyTorch's rule for ``ceil_mode`` gives another size."""
    texts = []
    round_up = getattr(module, "ceil_mode", False)
    for axis, ((kernel, stride, _, dilation), padding) in enumerate(
        zip(windows(module), paddings(module), strict=True), start=2
    ):
        reach = f"{dilation} x ({kernel} - 1) - 1" if dilation > 1 else f"{kernel}"
        extra = f"{padding}" if padding % 2 else f"2 x {padding // 2}"
        span = got[axis] - dilation * (kernel - 1) - 1 + padding
        fraction = f"({got[axis]} - {reach} + {extra})/{stride}"
        if span % stride:
            fraction = f"⌈{fraction}⌉" if round_up else f"⌊{fraction}⌋"
        if (-(-span // stride) if round_up else span // stride) + 1 != gave[axis]:
            return ()
        texts.append(f"{fraction} + 1 = {gave[axis]}")
    return tuple(texts)


def _transposed_sides(module: nn.ConvTranspose2d, got: Size, gave: Size) -> tuple[str, ...]:
    texts = []
    for axis, ((kernel, stride, padding, dilation), extra) in enumerate(
        zip(windows(module), pair(module.output_padding), strict=True), start=2
    ):
        rest = gave[axis] - ((got[axis] - 1) * stride - 2 * padding + dilation * (kernel - 1) + 1)
        if rest != extra:  # the caller asked for an output size of its own
            return ()
        more = f" + {extra}" if extra else ""
        texts.append(
            f"({got[axis]} - 1) x {stride} - 2 x {padding} + {dilation} x ({kernel} - 1){more} + 1 = {gave[axis]}"
        )
    return tuple(texts)


def _stride(stride: tuple[int, int]) -> Words:
    return Words(N_("stride {stride}"), {"stride": _short(stride)})


def _short(sides: tuple[int, int]) -> str:
    """``2`` for (2, 2), ``2 x 1`` for (2, 1)."""
    return str(sides[0]) if sides[0] == sides[1] else f"{sides[0]} x {sides[1]}"
