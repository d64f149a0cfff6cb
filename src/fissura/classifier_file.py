"""The file of a classifier: ``.safetensors``, weights as plain arrays and one JSON text that describes them.

Reading it executes nothing. What the description means is ``fissura.classifier``'s to say.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import safetensors
import safetensors.torch
import torch

from fissura.errors import ClassifierFileError
from fissura.files import CLASSIFIER, write_whole
from fissura.given_file import given_bytes
from fissura.language import cause

FORMAT = 1
METADATA_KEY = "fissura"  # one key only: the library writes several in no fixed order, and bytes must repeat
CHECKPOINT_KEY = "fissura-checkpoint"
"""What a checkpoint of a training has in its place: see ``fissura.training.checkpoint``."""


def write_classifier_file(path: Path, description: Mapping[str, Any], weights: Mapping[str, torch.Tensor]) -> None:
    """Write one file, whole or not at all; the same description and weights give the same bytes.

    Raises:
        OutputError: it cannot be written.
    """
    whole = {"format": FORMAT, **description}
    text = json.dumps(whole, sort_keys=True, ensure_ascii=False, allow_nan=False, default=_plain)
    state = {name: tensor.detach().cpu().contiguous() for name, tensor in weights.items()}
    write_whole(path, safetensors.torch.save(state, metadata={METADATA_KEY: text}))


def _plain(value: object) -> object:
    """A number of NumPy's as Python's own, which is all that JSON takes."""
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"{type(value).__name__} in the description of a classifier")


def read_classifier_file(path: Path) -> tuple[dict[str, Any], dict[str, torch.Tensor]]:
    """(description, weights by name) of a classifier file, or of the one in the run folder ``path``.

    Raises:
        ClassifierFileError: missing, damaged, foreign, or written by a newer version.
    """
    content = _content(path)
    try:
        state = safetensors.torch.load(content)  # checks the header's form before it is read here
        described = metadata(content)
    except (safetensors.SafetensorError, ValueError, AttributeError, KeyError, RecursionError) as error:
        raise ClassifierFileError(
            "{path} is not a classifier file, or is damaged: it is no whole .safetensors file.", path=path
        ) from error
    if CHECKPOINT_KEY in described:
        raise ClassifierFileError(
            "{path} is the checkpoint of a training, not its classifier. Give the classifier.safetensors of a finished "
            "run, or in Python what the classifier was saved to.",
            path=path,
        )
    text = described.get(METADATA_KEY)
    try:
        header = json.loads(text) if text else None
    except (ValueError, RecursionError):
        header = None
    if not isinstance(header, dict) or "format" not in header:
        raise ClassifierFileError(
            "{path} is a .safetensors file of another program: it does not say which network and classes it holds.",
            path=path,
        )
    if header["format"] != FORMAT:
        raise ClassifierFileError(
            "{path} is of format {got}; this version of fissura reads format {wanted}. Update fissura.",
            path=path,
            got=header["format"],
            wanted=FORMAT,
        )
    return header, state


def metadata(content: bytes) -> dict[str, Any]:
    """The texts by name that a ``.safetensors`` file carries beside its arrays; often none.

    ``content`` is all of the file; whether its head is one has been seen by loading the arrays.
    """
    length = int.from_bytes(content[:8], "little")
    found = json.loads(content[8 : 8 + length]).get("__metadata__")
    return found if isinstance(found, dict) else {}


def _content(path: Path) -> bytes:
    """That of the file, or of the one in the run folder ``path``.

    Raises:
        ClassifierFileError: there is none, or it cannot be read.
    """
    try:
        return given_bytes(path / CLASSIFIER if path.is_dir() else path)
    except FileNotFoundError as error:
        if not path.is_dir():
            raise ClassifierFileError(
                "{path} does not exist. Give the classifier.safetensors of a run, or the run's folder.", path=path
            ) from error
        several = sorted(path.glob(f"*/{CLASSIFIER}"))
        if several:  # as train --seeds leaves it
            raise ClassifierFileError(
                "{path} is a folder of several runs; wanted one of them, such as {first}.",
                path=path,
                first=several[0].parent,
            ) from error
        raise ClassifierFileError(
            "{path} is a folder without a classifier.safetensors: no run, or one that is not finished. Give the "
            "folder of a finished run, or a classifier file.",
            path=path,
        ) from error
    except OSError as error:
        raise ClassifierFileError("{path} could not be read ({reason}).", path=path, reason=cause(error)) from error


def check_weights(state: Mapping[str, torch.Tensor], kinds: Mapping[str, torch.dtype]) -> None:
    """Fail where weights are not what the network wants.

    Raises:
        ValueError: one is of another kind.
        FloatingPointError: one holds what is no finite number.
    """
    for name, value in state.items():
        if value.dtype != kinds[name]:
            raise ValueError(f"{name} is {value.dtype}")
        if value.is_floating_point() and not bool(value.isfinite().all()):
            raise FloatingPointError(f"{name} holds what is no finite number")
