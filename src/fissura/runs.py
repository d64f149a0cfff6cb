"""One run: a network trained on one data set by one recipe and judged once, kept in a folder that it can go on from.

The folder says in ``run.json`` what the run is. The same command on the same folder goes on where it was stopped, or,
when it is finished, reads what is there; another command on it is refused, so nothing is ever overwritten by mistake.
"""

from __future__ import annotations

import math
import shlex
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from fissura.classifier import Classifier, load, versions
from fissura.command_line import typed_command
from fissura.data.filling import only_run
from fissura.data.labelled import TrainTest
from fissura.data.split_manifest import read_manifest
from fissura.data.splits import leaks_of
from fissura.decision import decide, see_both_classes
from fissura.errors import TrainingError
from fissura.evaluation import evaluate
from fissura.files import (
    CHECKPOINT,
    CLASSIFIER,
    LOCK,
    RESULTS,
    SPLIT,
    TIMING,
    claim,
    holds_another,
    read_record,
    remove,
    write_json,
)
from fissura.language import Language
from fissura.layers import layer_table
from fissura.metrics import Wish, measure_as_dict
from fissura.reporting.card import write_cards
from fissura.reporting.results import RunResult, Timing
from fissura.training import DivergedError, History, Progress, Recipe, choose_device, named_recipe, train
from fissura.training.device import check_precision

LAST_GOOD = "last-good.safetensors"


@dataclass(frozen=True)
class Plan:
    """What is to be trained.

    Attributes:
        network: the name in ``MODELS``.
        recipe: how.
        device: ``auto``, ``cpu``, ``cuda`` or ``mps``.
        options: of the network.
        wish: of two classes, what the threshold is to keep to; None for a threshold of 0.5.
    """

    network: str
    recipe: Recipe
    device: str = "auto"
    options: dict[str, Any] = field(default_factory=dict)
    wish: Wish | None = None


def run(
    plan: Plan,
    data: TrainTest,
    folder: Path,
    on_progress: Callable[[Progress], None] | None = None,
) -> RunResult:
    """Train and judge as ``plan`` says, in ``folder``; goes on from where an earlier call was stopped.

    Raises:
        DeviceError: the device is not there, or is none for the recipe's precision; the folder stays free.
        DataError: a class is looked for and the validation part lacks one of the two; likewise.
        OutputError: the folder holds something else, cannot be written, or another run is filling it.
    """
    device = choose_device(plan.device)
    if data.validation is not None and _looked_for(data) is not None:
        see_both_classes(data.validation)
    if not (folder / CLASSIFIER).exists():
        check_precision(device, plan.recipe.precision)
    identity: dict[str, Any] = {
        "kind": "run",
        "network": plan.network,
        "options": plan.options,
        "recipe": plan.recipe.as_dict(),
        "device": device.type,
        "train": data.train.fingerprint,
        "test": data.test.fingerprint,
        "versions": versions(),
    }
    identity |= {"validation": None if data.validation is None else data.validation.fingerprint}
    identity |= {"wish": None if plan.wish is None else asdict(plan.wish)}
    claim(folder, identity | {"positive": _looked_for(data)}, newer=("positive",))
    with only_run(folder, "--out", folder / LOCK):
        result = _finished(folder, data, plan) or _trained(plan, data, folder, on_progress)
        remove(folder, {CHECKPOINT})
        write_json(folder / RESULTS, result.as_dict())
    return result


def reopen(path: Path, data: TrainTest, label: str = "") -> RunResult:
    """Judge a classifier again, given as its file or its run's folder, on ``data``; nothing is written.

    It is judged as it is used, at its own threshold: ``fissura predict`` and ``evaluate`` say the same of each image.
    """
    classifier = load(path)
    timing = _timing((path if path.is_dir() else path.parent) / TIMING)
    # as it is: its temperature and threshold were settled on validation images of its own
    judged = _judged(classifier, _history(classifier), timing, replace(data, validation=None), as_used=True)
    return replace(judged, label=label)


def learned_from_files(path: Path) -> frozenset[str]:
    """SHA-256 of the images that a classifier was trained or chosen on, by the ``split.json`` of its run's folder.

    Empty where none lies there.

    Raises:
        DataError: it is damaged.
    """
    split = (path if path.is_dir() else path.parent) / SPLIT
    if not split.is_file():
        return frozenset()
    return frozenset(image.sha256 for image in read_manifest(split).images if image.part != "test")


def changes(plan: Plan, recipe: str, validation: int = 0) -> list[str]:
    """What ``plan`` changes in the named recipe, as the command line's options without their dashes: ``epochs-5``."""
    named = named_recipe(recipe).recipe.as_dict()
    changed = [name for name, value in plan.recipe.as_dict().items() if name != "seed" and value != named.get(name)]
    options = [f"{name.replace('_', '-')}-{getattr(plan.recipe, name)}" for name in changed]
    options += [name.replace("_", "-") for name, value in plan.options.items() if value]
    return options + ([f"validation-{validation}"] if validation else [])


def train_command(
    plan: Plan, recipe: str, source: str, language: Language, validation: int = 0, added: Sequence[str] = ()
) -> str:
    """What to type to do the same run again; ``added`` are further options, as they are typed."""
    named = named_recipe(recipe).recipe.as_dict()
    given: dict[str, object] = {"data": source, "model": plan.network, "recipe": recipe}
    given |= {
        name: value for name, value in plan.recipe.as_dict().items() if name == "seed" or value != named.get(name)
    }
    given |= {name: True for name, value in plan.options.items() if value}
    given |= {"validation": validation or None, "device": None if plan.device == "auto" else plan.device}
    return typed_command("train", (), given, language, added)


def _trained(plan: Plan, data: TrainTest, folder: Path, on_progress: Callable[[Progress], None] | None) -> RunResult:
    try:
        trained = train(
            plan.network,
            data.train,
            plan.recipe,
            options=plan.options,
            device=plan.device,
            # test images wait for the end
            validation=data.test if data.test.split == "validation" else data.validation,
            checkpoint=folder / CHECKPOINT,
            on_progress=on_progress,
        )
    except DivergedError as error:
        raise _with_what_is_kept(error, folder) from error
    timing = Timing(sum(trained.history.seconds), trained.device)
    write_json(folder / TIMING, {**asdict(timing), "seconds_per_epoch": list(trained.history.seconds)})
    result = _judged(trained.classifier, trained.history, timing, data, plan.wish)
    metrics = {
        **trained.classifier.provenance.metrics,
        "train_accuracy": measure_as_dict(result.train.accuracy),
        f"{data.test.split}_accuracy": measure_as_dict(result.test.accuracy),
        **_at_wish(result),
        **_twins(data),
    }
    provenance = replace(trained.classifier.provenance, metrics=metrics)
    result = replace(result, classifier=replace(result.classifier, provenance=provenance))
    write_cards(result.classifier, plan.network, folder)
    result.classifier.save(folder / CLASSIFIER)
    return result


def _twins(data: TrainTest) -> dict[str, Any]:
    """How many test images have a copy in another part: an accuracy is worth less without saying so."""
    leaks = leaks_of(data)
    return {} if leaks is None else {"leaking_test_images": leaks.in_either}


def _at_wish(result: RunResult) -> dict[str, Any]:
    """What the classifier is worth on the test images at the threshold that was chosen for a wish."""
    if result.decided is None or result.decided.wished is None:
        return {}
    here = result.decided.wished.here
    return {
        "wished_accuracy": measure_as_dict(here.accuracy),
        "wished_recall": measure_as_dict(here.recall),
        "wished_specificity": measure_as_dict(here.specificity),
    }


def _with_what_is_kept(error: DivergedError, folder: Path) -> TrainingError:
    """Write the classifier of the last good weights, and say so."""
    if error.classifier is None:
        return TrainingError(
            "{reason} Give it another folder with --out: {folder} stays that of this training.",
            reason=error,
            folder=folder,
        )
    error.classifier.save(folder / LAST_GOOD)
    return TrainingError(
        "{reason} Give it another folder with --out: {folder} stays that of this training. The weights after epoch "
        "{epoch} are kept there: judge them with: fissura evaluate {path}",
        reason=error,
        folder=folder,
        epoch=len(error.history.losses),
        path=shlex.quote(str(folder / LAST_GOOD)),
    )


def _looked_for(data: TrainTest) -> str | None:
    """The class that a threshold is settled for; None where there is none, or no image to settle it on."""
    positive = data.test.positive
    return None if positive is None or data.validation is None else data.test.classes[positive]


def _finished(folder: Path, data: TrainTest, plan: Plan) -> RunResult | None:
    """What a finished run left in its folder; the classifier is written last.

    Raises:
        OutputError: it looks for another class, of which the record of an older run says nothing.
    """
    if not (folder / CLASSIFIER).is_file():
        return None
    classifier = load(folder / CLASSIFIER)
    decision = classifier.decision
    if (None if decision is None else classifier.classes[decision.positive]) != _looked_for(data):
        raise holds_another(folder, ["positive"])
    classifier.model.to(choose_device(plan.device))
    timing = _timing(folder / TIMING)
    return _judged(classifier, _history(classifier), timing, data, plan.wish)


def _judged(
    classifier: Classifier,
    history: History,
    timing: Timing,
    data: TrainTest,
    wish: Wish | None = None,
    *,
    as_used: bool = False,
) -> RunResult:
    decided = None
    if data.validation is not None and _looked_for(data) is not None:
        decided = decide(classifier, data.validation, data.test, wish)
        classifier = decided.classifier
    return RunResult(
        classifier=classifier,
        table=layer_table(classifier.model, (1, *classifier.preprocessing.size_hw)),
        history=history,
        train=evaluate(classifier, data.train, as_used=as_used),
        test=evaluate(classifier, data.test, as_used=as_used),
        timing=timing,
        decided=decided,
    )


def _history(classifier: Classifier) -> History:
    return History.from_dict(classifier.provenance.metrics.get("history", {}))


def _timing(path: Path) -> Timing:
    """How long it took and where; not a number where the file is gone."""
    measured = read_record(path) if path.is_file() else {}
    return Timing(float(measured.get("seconds", math.nan)), str(measured.get("device", "")))
