"""``Recipe``: how a network is trained, as one frozen record; the named ones are in ``RECIPES``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from numbers import Integral, Real
from typing import Any

from fissura.errors import SettingsError
from fissura.kinds import check_kind
from fissura.language import N_
from fissura.names import unknown
from fissura.training.augmentation import AUGMENTATIONS

OPTIMISERS = ("sgd", "adam", "adamw")
SCHEDULES = ("constant", "one-cycle")
NORMALISATIONS = ("data", "half")
CLASS_WEIGHTS = ("none", "balanced", "groups")
KEPT = ("last", "best")
PRECISIONS = ("float32", "mixed")
_FIELDS = N_("a dict, such as dict(epochs=5)")


@dataclass(frozen=True)
class Recipe:
    """Everything that decides the weights besides the network and the data. The defaults are the course lab's.

    Attributes:
        epochs: passes over the training images, from 1.
        batch_size: images per step, from 1; the last batch of an epoch may be smaller and counts as what it is.
        whole_batches: leave such a smaller last batch out (batch normalisation needs many images).
        optimiser: ``sgd`` (with ``momentum``, Nesterov's where it is not 0), ``adam`` or ``adamw``.
        learning_rate: what the gradient is multiplied by in a step; the highest one where ``schedule`` changes it.
        momentum: of ``sgd``, in [0, 1).
        weight_decay: L2 penalty (``sgd``, ``adam``) or decoupled decay (``adamw``), from 0; on weights, not on biases
            and norms.
        schedule: ``constant``, or ``one-cycle``: up in a straight line over ``warmup``, then down to 0.
        warmup: the share of all steps that ``one-cycle`` rises, in [0, 1).
        label_smoothing: the share of each target spread over all classes, in [0, 1).
        averaging: decay of the moving average of the weights, in [0, 1); 0 for none. The average is what is kept.
        augmentation: ``none``, ``affine`` (a small random turn, scale, shear and shift of each image), ``elastic``
            (stronger, and bent as well), ``symmetries`` (mirrored and turned by right angles: 8 forms) or
            ``photographs`` (those, a small turn, scale and shift, and a camera's light, blur, noise and JPEG).
        fading: how much of the augmentation is gone at the end, from 0; it fades in a straight line, and with more than
            1 nothing is left of it before the end: with 1.5 after two thirds.
        normalisation: ``data`` (mean and deviation of the training pixels) or ``half`` (0.5 and 0.5, as in the lab's
            second part).
        class_weights: ``none``, ``balanced`` (an image weighs in inverse proportion to its class's number), or
            ``groups`` (to the geometric mean of its class's images and groups of copies: of a class that shows few
            things many times less is known than the number of its images says).
        keep: which weights are kept: of the ``last`` epoch, or of the ``best``, that with the lowest validation loss.
        patience: stop after so many epochs without a new lowest validation loss, and keep the best; 0 for never.
        seed: of everything random.
        precision: ``float32``, or ``mixed``: layers compute in bfloat16 (8 bits of precision instead of 24), weights,
            losses and the optimiser stay in float32. For processors with instructions for it alone.
        plain: compute as a plain PyTorch loop does, operation by operation (for comparison; slower, same function).
    """

    epochs: int = 3
    batch_size: int = 64
    whole_batches: bool = False
    optimiser: str = "sgd"
    learning_rate: float = 0.01
    momentum: float = 0.0
    weight_decay: float = 0.0
    schedule: str = "constant"
    warmup: float = 0.0
    label_smoothing: float = 0.0
    averaging: float = 0.0
    augmentation: str = "none"
    fading: float = 0.0
    normalisation: str = "data"
    class_weights: str = "none"
    keep: str = "last"
    patience: int = 0
    seed: int = 12
    precision: str = "float32"
    plain: bool = False

    def __post_init__(self) -> None:
        for name in ("epochs", "batch_size", "patience", "seed"):
            _require(isinstance(getattr(self, name), Integral), name, repr(getattr(self, name)), N_("a whole number"))
            self._keep(name, int)
        for name in ("learning_rate", "momentum", "weight_decay", "warmup", "label_smoothing", "averaging", "fading"):
            _require(isinstance(getattr(self, name), Real), name, repr(getattr(self, name)), N_("a number"))
            self._keep(name, float)
        for name in ("whole_batches", "plain"):
            _require(isinstance(getattr(self, name), bool), name, repr(getattr(self, name)), N_("True or False"))
        for name in ("epochs", "batch_size"):
            _require(getattr(self, name) >= 1, name, getattr(self, name), N_("a whole number from 1"))
        _require(
            0 < self.learning_rate < float("inf"), "learning_rate", self.learning_rate, N_("a finite number above 0")
        )
        _require(0 <= self.weight_decay < float("inf"), "weight_decay", self.weight_decay, N_("a number from 0"))
        for name in ("momentum", "warmup", "label_smoothing", "averaging"):
            _require(0 <= getattr(self, name) < 1, name, getattr(self, name), N_("a number from 0 to below 1"))
        _require(0 <= self.fading < float("inf"), "fading", self.fading, N_("a number from 0"))
        _require(self.patience >= 0, "patience", self.patience, N_("a whole number from 0"))
        _require(0 <= self.seed < 2**63, "seed", self.seed, N_("a whole number from 0 to 9223372036854775807"))
        for name, known in (
            ("optimiser", OPTIMISERS),
            ("schedule", SCHEDULES),
            ("augmentation", tuple(AUGMENTATIONS)),
            ("normalisation", NORMALISATIONS),
            ("class_weights", CLASS_WEIGHTS),
            ("keep", KEPT),
            ("precision", PRECISIONS),
        ):
            if getattr(self, name) not in known:
                raise unknown(name, getattr(self, name), known)

    def _keep(self, name: str, kind: type[int] | type[float]) -> None:
        """A number of NumPy's as Python's own: no JSON file takes the other."""
        if not isinstance(getattr(self, name), int | float):
            object.__setattr__(self, name, kind(getattr(self, name)))

    def as_dict(self) -> dict[str, Any]:
        """The fields by name, for JSON; ``precision`` where it is not float32: older files say nothing of it."""
        return {name: value for name, value in asdict(self).items() if (name, value) != ("precision", "float32")}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Recipe:
        """The recipe of these fields; an unknown one is an error that names the nearest."""
        check_kind("values", values, Mapping, _FIELDS)
        known = [field.name for field in fields(cls)]
        for name in values:
            if name not in known:
                raise unknown(N_("recipe field"), name, known)
        return cls(**values)

    def with_changes(self, changes: Mapping[str, Any]) -> Recipe:
        """The same recipe with these fields changed; an unknown one is an error that names the nearest."""
        check_kind("changes", changes, Mapping, _FIELDS)
        return Recipe.from_dict({**self.as_dict(), **changes})

    def steps_in_epoch(self, n: int) -> int:
        """How many mini-batches an epoch on ``n`` images has."""
        return max(1, n // self.batch_size) if self.whole_batches else -(-n // self.batch_size)

    def with_seed(self, seed: int) -> Recipe:
        """The same recipe with another seed."""
        return replace(self, seed=seed)


def _require(holds: bool, name: str, got: object, wanted: str) -> None:
    if not holds:
        raise SettingsError("{name} is {got}; wanted {wanted}.", name=name, got=got, wanted=wanted)


@dataclass(frozen=True)
class NamedRecipe:
    """A recipe with the network it was made for.

    Attributes:
        recipe: the settings.
        network: the name in ``MODELS`` that is trained where none is asked for.
        description: one line for people, in English.
    """

    recipe: Recipe
    network: str
    description: str
