"""A training run's state after an epoch, in one ``.safetensors`` file: arrays and one JSON text, nothing executable.

Going on from it gives the same bytes as never having stopped. Everything random after an epoch comes from the
generator's state, which is kept, or is seeded anew in each epoch.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import safetensors
import safetensors.torch
import torch
from torch import nn

from fissura.classifier_file import CHECKPOINT_KEY, metadata
from fissura.errors import ClassifierFileError
from fissura.files import write_whole
from fissura.language import N_


@dataclass(frozen=True)
class Moving:
    """What changes during training and is saved together."""

    model: nn.Module
    average: nn.Module | None
    optimiser: torch.optim.Optimizer
    generator: torch.Generator
    best: nn.Module | None = None


def save(path: Path, moving: Moving, run: dict[str, Any], history: dict[str, Any]) -> None:
    """Write the state after the last epoch of ``history``; ``run`` says what is being trained on what."""
    arrays = {f"model.{name}": value for name, value in moving.model.state_dict().items()}
    for prefix, beside in (("average", moving.average), ("best", moving.best)):
        if beside is not None:
            arrays |= {f"{prefix}.{name}": value for name, value in beside.state_dict().items()}
    for index, state in moving.optimiser.state_dict()["state"].items():
        for name, value in state.items():
            if value is not None:
                arrays[f"optimiser.{index}.{name}"] = torch.as_tensor(value)
    arrays["generator"] = moving.generator.get_state()
    text = json.dumps({"run": run, "history": history}, sort_keys=True)
    whole = {name: value.detach().cpu().contiguous() for name, value in arrays.items()}
    write_whole(path, safetensors.torch.save(whole, metadata={CHECKPOINT_KEY: text}))


def restore(path: Path, moving: Moving, run: dict[str, Any]) -> dict[str, Any]:
    """Put the saved state back into ``moving`` and return the history so far.

    Raises:
        ClassifierFileError: damaged, of another run, or no checkpoint at all.
    """
    damaged = ClassifierFileError(
        "{path} is damaged and the run cannot go on from it. Remove it to start the run from its beginning.", path=path
    )
    if path.is_dir():
        raise _no_checkpoint(path, N_("a folder"))
    try:
        content = path.read_bytes()
        arrays = safetensors.torch.load(content)
        described = metadata(content)
        if CHECKPOINT_KEY not in described:  # not called damaged: a classifier might be removed for it
            raise _no_checkpoint(path, N_("the file of a classifier or of another program"))
        text = json.loads(described[CHECKPOINT_KEY])
        saved_run, history = dict(text["run"]), dict(text["history"])
    except (OSError, safetensors.SafetensorError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise damaged from error
    if saved_run != json.loads(json.dumps(run)):  # as JSON says it: a tuple becomes a list
        raise ClassifierFileError(
            "{path} is the checkpoint of another run: network, recipe, data, device or versions differ. "
            "Choose another folder with --out.",
            path=path,
        )
    try:
        moving.model.load_state_dict(_below("model.", arrays))
        for prefix, beside in (("average.", moving.average), ("best.", moving.best)):
            if beside is not None:
                beside.load_state_dict(_below(prefix, arrays))
        _restore_optimiser(moving.optimiser, _below("optimiser.", arrays))
        moving.generator.set_state(arrays["generator"])
    except (RuntimeError, KeyError, ValueError, TypeError) as error:
        raise damaged from error
    return history


def _no_checkpoint(path: Path, what: str) -> ClassifierFileError:
    return ClassifierFileError(
        "{path} is {what} and no checkpoint. Name the checkpoint of this run, or a file that is not there yet.",
        path=path,
        what=what,
    )


def _restore_optimiser(optimiser: torch.optim.Optimizer, arrays: dict[str, torch.Tensor]) -> None:
    state: dict[int, dict[str, Any]] = {}
    for name, value in arrays.items():
        index, _, key = name.partition(".")
        state.setdefault(int(index), {})[key] = value
    groups = optimiser.state_dict()["param_groups"]
    optimiser.load_state_dict({"state": state, "param_groups": groups})
    for parameter, kept in optimiser.state.items():
        for name, value in kept.items():
            if value.shape == parameter.shape:
                # in the parameter's own memory layout: fused kernels pair the two element by element as they lie there
                kept[name] = torch.empty_like(parameter, requires_grad=False).copy_(value)


def _below(prefix: str, arrays: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {name.removeprefix(prefix): value for name, value in arrays.items() if name.startswith(prefix)}
