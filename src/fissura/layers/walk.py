"""One run of a network on an empty image, watched layer by layer."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from numbers import Integral
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy
from torch.overrides import TorchFunctionMode

from fissura.errors import SettingsError
from fissura.kinds import check_kind
from fissura.language import N_
from fissura.layers import activations
from fissura.layers import field as receptive
from fissura.layers.describe import Description, check, describe
from fissura.layers.field import Size
from fissura.layers.table import COUNTED_BEFORE, NO_FORMULA, NOT_SEEN, LayerRow, LayerTable, Words

CELLS_TOGETHER = frozenset(("add", "iadd", "radd", "sub", "isub", "rsub", "mul", "imul", "rmul", "maximum"))
CELL_BY_CELL = frozenset(("relu", "leaky_relu", "gelu", "silu", "sigmoid", "tanh", "dropout", "clone", "contiguous"))
OVER_THE_MAP = frozenset(("mean", "amax", "adaptive_avg_pool2d", "adaptive_max_pool2d"))
TO_A_VECTOR = frozenset(("flatten", "view", "reshape"))

Key = tuple[int, int]  # a tensor and how often it was written to: an in-place ReLU makes a new value in the old place


def layer_table(model: nn.Module, input_shape_chw: tuple[int, int, int]) -> LayerTable:
    """The layers of ``model`` in the order in which an image of (channels, height, width) meets them.

    The model runs once, on zeros, in evaluation mode and without gradients; it is left as it was found. An activation
    is named in the row of the convolution or dense layer that it follows, also across a flatten, and across a max
    pooling where the order makes no difference. What a ``forward`` computes without modules (``F.relu``, ``+``,
    ``torch.flatten``) has no row.

    >>> from fissura.models import CNN1
    >>> [(row.text, row.output_shape, row.parameters) for row in layer_table(CNN1(), (1, 28, 28)).rows][1]
    ('2-D convolution, 32 filters 3 x 3, ReLU', '26 x 26 x 32', 320)

    Raises:
        SettingsError: the image does not fit a layer, or nothing is left of it; the network cannot be run on it for
            another reason, which is told, or is lazy and has no weights yet.
    """
    check_kind("model", model, nn.Module, N_("a network (torch.nn.Module), such as classifier.model"))
    given = isinstance(input_shape_chw, Sequence) and len(input_shape_chw) == 3
    if not (given and all(isinstance(each, Integral) and each >= 1 for each in input_shape_chw)):
        raise SettingsError(
            "An image is given as (channels, height, width), each at least 1; got {got}.", got=repr(input_shape_chw)
        )
    for name, weights in (*model.named_parameters(), *model.named_buffers()):
        if is_lazy(weights):
            raise SettingsError(
                "The network's {name} has no size yet. Call the network once on an image, which gives it one: "
                "network(torch.zeros(1, {channels}, {height}, {width}))",
                name=name,
                channels=input_shape_chw[0],
                height=input_shape_chw[1],
                width=input_shape_chw[2],
            )
    walk = _Walk(model, input_shape_chw)
    with _evaluating(model), torch.inference_mode(False), torch.no_grad():
        walk.run()
    return walk.table()


@dataclass(frozen=True)
class _Origin:
    """Which convolution or dense layer a tensor comes from, with nothing but poolings and flattens in between."""

    row: int
    path: tuple[Key, ...] = ()
    pooled: bool = False
    flattened: bool = False

    def allows(self, activation: nn.Module) -> bool:
        """Whether ``activation`` could as well stand at the origin."""
        if self.pooled and not activations.is_monotone(activation):
            return False
        return not (self.flattened or self.pooled) or activations.is_cell_by_cell(activation)


class _Walk(TorchFunctionMode):
    """Hooks on the layers write the rows; between the layers, each function called says how its result is made."""

    def __init__(self, model: nn.Module, input_shape_chw: tuple[int, int, int]) -> None:
        super().__init__()
        self.model = model
        self.shape_chw = input_shape_chw
        self.rows: list[LayerRow] = []
        self.counted: dict[int, str] = {}  # parameters by identity, and the layer that they were counted in
        self.fields: dict[Key, receptive.Field] = {}
        self.origins: dict[Key, _Origin] = {}
        self.uses: Counter[Key] = Counter()
        self.mergers: list[tuple[int, _Origin]] = []  # an activation's row, and where it might be named
        self.kept: list[Tensor] = []  # else another tensor would get the same identity
        self.entering: tuple[Key | None, Size] = (None, ())

    def run(self) -> None:
        """Call the model on zeros."""
        example = next((each for each in self.model.parameters() if each.is_floating_point()), None)
        image = torch.zeros(
            (1, *self.shape_chw),
            dtype=None if example is None else example.dtype,
            device=None if example is None else example.device,
        )
        text = Words(N_("input ({height}, {width})"), {"height": self.shape_chw[1], "width": self.shape_chw[2]})
        self.rows.append(LayerRow("", N_("input"), (text,), _cells(image), receptive_field=(1, 1), jump=(1, 1)))
        self.kept.append(image)
        self.fields[_key(image)] = receptive.start(*self.shape_chw[1:])
        handles = []
        try:
            for name, module in _layers(self.model):
                handles.append(module.register_forward_pre_hook(self._before(name)))
                handles.append(module.register_forward_hook(self._after(name)))
            with self:
                result = self.model(image)
        except (
            RuntimeError,
            ValueError,
            IndexError,
        ) as error:  # PyTorch's, or of a forward that counts on another size
            raise SettingsError(
                "The network cannot be run on an image of (channels, height, width) {shape}: {reason}. Give the "
                "shape of the images that it takes.",
                shape=self.shape_chw,
                reason=str(error).partition("\n")[0].rstrip("."),
            ) from error
        finally:
            for handle in handles:
                handle.remove()
        self.uses.update(_key(tensor) for tensor in _tensors(result))

    def table(self) -> LayerTable:
        """The table, once the model has run."""
        rows: list[LayerRow | None] = list(self.rows)
        for index, origin in self.mergers:
            host = rows[origin.row]
            activation = rows[index]
            if host is not None and activation is not None and all(self.uses[key] == 1 for key in origin.path):
                rows[origin.row] = replace(host, specification=host.specification + activation.specification)
                rows[index] = None
        rows.extend(self._not_seen())
        parameters = list(self.model.parameters())
        return LayerTable(
            rows=tuple(row for row in rows if row is not None),
            parameters=sum(each.numel() for each in parameters),
            trainable=sum(each.numel() for each in parameters if each.requires_grad),
            multiply_adds=sum(row.multiply_adds for row in rows if row is not None),
        )

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Call ``func``, count the use of its arguments, and carry the receptive field over."""
        inputs = _tensors((args, kwargs or {}))
        keys = [_key(tensor) for tensor in inputs]  # before the call, which may write into its arguments
        result = func(*args, **(kwargs or {}))
        outputs = _tensors(result)
        if outputs:
            self.kept.extend((*inputs, *outputs))
            self.uses.update(keys)
            seen = [
                (self.fields.get(key), tuple(tensor.shape))
                for key, tensor in zip(keys, inputs, strict=True)
                if not isinstance(tensor, nn.Parameter)
            ]
            name = getattr(func, "__name__", "").strip("_")
            field = self._computed(name, seen, tuple(outputs[0].shape)) if seen else None
            if field is not None:
                self.fields.setdefault(_key(outputs[0]), field)
        return result

    def _computed(
        self, name: str, seen: list[tuple[receptive.Field | None, Size]], gave: Size
    ) -> receptive.Field | None:
        """The field of what the function ``name`` makes of inputs with these fields and sizes."""
        first, got = seen[0]
        if first is None:
            return None
        if name in CELL_BY_CELL or (name in TO_A_VECTOR and gave == (1, math.prod(got))):
            return first
        if name in OVER_THE_MAP and len(got) == 4 and gave[:2] == got[:2] and math.prod(gave) == got[1]:
            return receptive.over_all(first)
        beside = name in ("cat", "concat") and gave[1] == sum(size[1] for _, size in seen)
        if name in CELLS_TOGETHER or beside:
            aligned = all(size[2:] == gave[2:] or _same_for_all(field) for field, size in seen)
            return receptive.joined([field for field, _ in seen]) if aligned else None
        return None

    def _before(self, name: str) -> Callable[[nn.Module, tuple[Any, ...]], None]:
        def hook(module: nn.Module, inputs: tuple[Any, ...]) -> None:
            tensors = _tensors(inputs)
            self.entering = (_key(tensors[0]), tuple(tensors[0].shape)) if tensors else (None, ())
            check(name, module, self.entering[1])

        return hook

    def _after(self, name: str) -> Callable[[nn.Module, tuple[Any, ...], Any], None]:
        def hook(module: nn.Module, _inputs: tuple[Any, ...], result: Any) -> None:
            tensors = _tensors(result)
            if not tensors:
                return
            key, got = self.entering
            gave = tuple(tensors[0].shape)
            seen = None if key is None else self.fields.get(key)
            field = None if seen is None else receptive.after(module, seen, got, gave)
            if field is not None:
                self.fields[_key(tensors[0])] = field
            self._follow_origin(module, key, _key(tensors[0]))
            self._add_row(name, module, describe(module, got, gave), tensors[0])

        return hook

    def _follow_origin(self, module: nn.Module, came: Key | None, goes: Key) -> None:
        """Keep track of where an activation could be named; to be called before its row is added."""
        origin = None if came is None else self.origins.get(came)
        if isinstance(module, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
            self.origins[goes] = _Origin(len(self.rows), (goes,))
        elif origin is None:
            return
        elif isinstance(module, nn.MaxPool2d | nn.AdaptiveMaxPool2d):
            self.origins[goes] = replace(origin, path=(*origin.path, goes), pooled=True)
        elif isinstance(module, nn.Flatten):
            self.origins[goes] = replace(origin, path=(*origin.path, goes), flattened=True)
        elif isinstance(module, activations.ALL) and origin.allows(module):
            self.mergers.append((len(self.rows), origin))

    def _add_row(self, name: str, module: nn.Module, description: Description, output: Tensor) -> None:
        weights = {id(each): each for each in module.parameters()}
        fresh = [each for key, each in weights.items() if key not in self.counted]
        shared = next((self.counted[key] for key in weights if key in self.counted), None)
        self.counted.update({key: name for key in weights if key not in self.counted})
        total = sum(each.numel() for each in weights.values())
        known = description.parameters is not None and description.parameters.value == total
        note = None
        if shared is not None:
            note = Words(COUNTED_BEFORE, {"name": shared})
        elif not known:
            note = Words(NO_FORMULA)
        multiply_adds = description.multiply_adds
        receptive_field, jump = self._seen(output)
        self.rows.append(
            LayerRow(
                name=name,
                kind=description.kind,
                specification=description.specification,
                output_size=_cells(output),
                parameters=sum(each.numel() for each in fresh),
                trainable=sum(each.numel() for each in fresh if each.requires_grad),
                formula=str(description.parameters) if known and (fresh or not weights) else "",
                note=note,
                multiply_adds=0 if multiply_adds is None else multiply_adds.value,
                multiply_adds_formula="" if multiply_adds is None else str(multiply_adds),
                output_formula=description.output,
                receptive_field=receptive_field,
                jump=jump,
            )
        )

    def _seen(self, output: Tensor) -> tuple[tuple[int, int] | None, tuple[int, int] | None]:
        """Receptive field, never more than the image, and jump, where there is a grid of cells."""
        field = self.fields.get(_key(output))
        if field is None:
            return None, None
        down, across = field
        extent = down.within(self.shape_chw[1]), across.within(self.shape_chw[2])
        is_grid = output.dim() == 4 and down.jump > 0 and across.jump > 0
        return extent, (down.jump, across.jump) if is_grid else None

    def _not_seen(self) -> Iterator[LayerRow]:
        """A row for each module that holds weights which no layer was seen to use."""
        for name, module in self.model.named_modules():
            weights = [each for each in module.parameters(recurse=False) if id(each) not in self.counted]
            if weights:
                self.counted.update({id(each): name for each in weights})
                kind = type(module).__name__
                yield LayerRow(
                    name=name or kind,
                    kind=kind,
                    specification=(Words(kind),),
                    output_size=(),
                    parameters=sum(each.numel() for each in weights),
                    trainable=sum(each.numel() for each in weights if each.requires_grad),
                    formula="",
                    note=Words(NOT_SEEN),
                    multiply_adds_formula="",
                )


def _layers(model: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    """The modules that get a row, each once: those without parts, and the usual layers although they have parts."""
    inside: set[int] = set()
    for name, module in model.named_modules():
        if id(module) in inside:
            continue
        usual = isinstance(
            module, nn.Conv2d | nn.ConvTranspose2d | nn.Linear
        )  # with parametrized weights, for instance
        if usual or next(module.children(), None) is None:
            inside.update(id(part) for part in module.modules())
            yield name or type(module).__name__, module


@contextmanager
def _evaluating(model: nn.Module) -> Iterator[None]:
    """Evaluation mode for a while; each part goes back to the mode that it had by itself."""
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        yield
    finally:
        for module, training in modes:
            module.training = training


def _same_for_all(field: receptive.Field | None) -> bool:
    """Whether every cell sees the same pixels, so that it does not matter beside which cell it is used."""
    return field is not None and all(span.jump == 0 for span in field)


def _cells(output: Tensor) -> tuple[int, ...]:
    """Without the batch, and the channels last, as the handout counts."""
    size = tuple(output.shape[1:])
    return (size[1], size[2], size[0]) if len(size) == 3 else size


def _key(tensor: Tensor) -> Key:
    return id(tensor), 0 if tensor.is_inference() else tensor._version


def _tensors(value: object) -> list[Tensor]:
    """The tensors in nested tuples, lists and dictionaries."""
    if isinstance(value, Tensor):
        return [value]
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, tuple | list) else ()
    return [tensor for part in parts for tensor in _tensors(part)]
