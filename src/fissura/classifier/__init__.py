"""A classifier: a network, what its outputs mean, how its input is prepared, and where it comes from; one file on disk.

Loading it executes nothing: the network is built from its name in ``MODELS`` and the file's arrays become its weights.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import nn

from fissura.classifier.classifier import PREDICTION_BATCH, Classifier
from fissura.classifier.looks import evaluating
from fissura.classifier.records import Decision, Preprocessing, Provenance, earlier, learned_from, versions
from fissura.classifier_file import check_weights, read_classifier_file
from fissura.errors import ClassifierFileError, FissuraError
from fissura.familiarity import Familiarity
from fissura.kinds import A_PATH, PATH, check_kind
from fissura.models import build

__all__ = [
    "BUILT_IN",
    "PREDICTION_BATCH",
    "WEIGHTS",
    "Classifier",
    "Decision",
    "Preprocessing",
    "Provenance",
    "earlier",
    "evaluating",
    "learned_from",
    "load",
    "versions",
]

BUILT_IN = "built-in"
WEIGHTS = Path(__file__).parent.parent / "weights"


def load(path: str | Path) -> Classifier:
    """Read a classifier file; a run folder may be given for the classifier in it. Executes nothing from the file.

    ``"built-in"`` is the crack detector that comes with the package.

    Raises:
        ClassifierFileError: missing, damaged, foreign, or written by a newer version.
    """
    check_kind("path", path, PATH, A_PATH)
    path = WEIGHTS / f"{BUILT_IN}.safetensors" if str(path) == BUILT_IN else Path(path)
    header, state = read_classifier_file(path)
    if header.get("task", "classification") != "classification":
        raise ClassifierFileError(
            "{path} holds a network for another task ({task}); wanted a classifier. It may be of a newer version of "
            "fissura.",
            path=path,
            task=header["task"],
        )
    try:
        classes = tuple(str(name) for name in header["classes"])
        preprocessing = Preprocessing.from_dict(header["preprocessing"])
        options = dict(header["options"])
        network = str(header["network"])
        provenance = Provenance(*(dict(header[key]) for key in ("recipe", "data", "metrics", "versions")))
        decision = None if header.get("decision") is None else Decision.from_dict(header["decision"])
        known = header.get("familiarity")
        familiarity = None if known is None else Familiarity.from_dict(known)
    except (KeyError, TypeError, ValueError, IndexError, OverflowError) as error:
        raise ClassifierFileError(
            "{path} is damaged: its description lacks or garbles {what}. Train it again or fetch it anew.",
            path=path,
            what=error,
        ) from error
    if decision is not None and len(classes) != 2:
        raise ClassifierFileError(
            "{path} is damaged: it looks for one of two classes and names {n}. Train it again or fetch it anew.",
            path=path,
            n=len(classes),
        )
    model = _rebuilt(path, network, options, preprocessing, classes, state)
    if decision is not None and decision.mirrored is not None and not hasattr(model, "mirrored_map"):
        raise ClassifierFileError(
            "{path} is damaged: it looks at mirror images, which its network {network} cannot do. Train it again or "
            "fetch it anew.",
            path=path,
            network=network,
        )
    classifier = Classifier(network, options, model, classes, preprocessing, provenance, decision, familiarity)
    if header.get("fingerprint") not in (None, classifier.fingerprint):  # older files do not say theirs
        raise ClassifierFileError(
            "{path} is damaged: its weights are not those that were written. Train it again or fetch it anew.",
            path=path,
        )
    return classifier


def _rebuilt(
    path: Path,
    network: str,
    options: dict[str, Any],
    preprocessing: Preprocessing,
    classes: tuple[str, ...],
    state: dict[str, torch.Tensor],
) -> nn.Module:
    try:
        with torch.device("meta"):  # nothing is allocated or drawn: the file's own arrays become the weights
            model = build(network, preprocessing.size_hw, len(classes), **options).float()
        kinds = {name: value.dtype for name, value in model.state_dict().items()}
        model.load_state_dict(state, assign=True)
        check_weights(state, kinds)
    except FloatingPointError as error:
        raise ClassifierFileError(
            "{path} is damaged: some of its weights are no finite numbers. Copy it again, or train once more.",
            path=path,
        ) from error
    except FissuraError as error:
        raise ClassifierFileError(
            "{path} holds a network that this version of fissura cannot build. {problem}", path=path, problem=error
        ) from error
    except (RuntimeError, TypeError, ValueError) as error:
        raise ClassifierFileError(
            "{path} is damaged: its weights do not fit the network {network} that it names.", path=path, network=network
        ) from error
    return model.eval()
