"""What a recipe's words mean: the optimiser, the learning rate at each step, the moving average of the weights."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import nn

from fissura.training.recipe import Recipe


class GradientDescent(torch.optim.Optimizer):
    """``weights -= rate * gradient``: what ``torch.optim.SGD`` does without momentum and decay, bit for bit.

    Without SGD's general bookkeeping a step of the regression takes a third less time.
    """

    def __init__(self, parameters: list[nn.Parameter], lr: float) -> None:
        super().__init__(parameters, {"lr": lr})

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        """One step downhill for every parameter that has a gradient."""
        for group in self.param_groups:
            moved = [parameter for parameter in group["params"] if parameter.grad is not None]
            rate = group["lr"] if group["lr"] < torch.finfo(torch.float32).max else math.inf  # as SGD rounds it
            torch._foreach_add_(moved, [parameter.grad for parameter in moved], alpha=-rate)

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of the step before."""
        for group in self.param_groups:
            for parameter in group["params"]:
                parameter.grad = None


# tells Optimizer not to wrap step() in its hooks and profiling, which would take longer than the step itself
GradientDescent.step.hooked = True  # type: ignore[attr-defined]


def make_optimiser(model: nn.Module, recipe: Recipe) -> torch.optim.Optimizer:
    """The recipe's optimiser over the model's parameters; weight decay falls on weights, not on biases and norms."""
    parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
    groups: list[dict[str, Any]] = [{"params": parameters}]
    if recipe.weight_decay:
        groups = [
            {"params": [p for p in parameters if p.ndim > 1], "weight_decay": recipe.weight_decay},
            {"params": [p for p in parameters if p.ndim <= 1], "weight_decay": 0.0},
        ]
    if recipe.optimiser == "sgd" and not (recipe.momentum or recipe.weight_decay or recipe.plain):
        return GradientDescent(parameters, recipe.learning_rate)
    fused = not recipe.plain and parameters[0].device.type in ("cpu", "cuda")
    if recipe.optimiser == "adam":
        return torch.optim.Adam(groups, lr=recipe.learning_rate, fused=fused)
    if recipe.optimiser == "adamw":
        return torch.optim.AdamW(groups, lr=recipe.learning_rate, weight_decay=0.0, fused=fused)
    nesterov = recipe.momentum > 0
    return torch.optim.SGD(groups, lr=recipe.learning_rate, momentum=recipe.momentum, nesterov=nesterov, fused=fused)


def rate_at(step: int, steps: int, recipe: Recipe) -> float:
    """The learning rate of ``step`` (from 0) of ``steps``.

    ``one-cycle`` rises in a straight line from near 0 over the first ``warmup`` share and falls in one to 0 at the end.
    """
    if recipe.schedule == "constant":
        return recipe.learning_rate
    rising = recipe.warmup * steps
    if step < rising:
        return recipe.learning_rate * min(1.0, (step + 1) / rising)
    return recipe.learning_rate * (steps - step) / (steps - rising)


@torch.no_grad()
def follow(average: nn.Module, model: nn.Module, decay: float, step: int) -> None:
    """Move ``average`` a little towards ``model``: ``average = d average + (1 - d) model``, buffers too.

    ``d`` grows to ``decay`` as ``t / (t + 10)`` with ``t = step + 1``, so that the first, random weights are forgotten.
    """
    share = 1 - min(decay, (step + 1) / (step + 11))
    for kept, new in zip(average.state_dict().values(), model.state_dict().values(), strict=True):
        if kept.dtype.is_floating_point:
            kept.lerp_(new, share)
        else:
            kept.copy_(new)
