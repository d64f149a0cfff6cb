"""``fit()``: the one training loop, for every network and every recipe; the only place that calls ``backward``."""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import nn

from fissura.classifier import PREDICTION_BATCH, Preprocessing, evaluating, versions
from fissura.data.labelled import LabelledImages
from fissura.errors import SettingsError
from fissura.language import N_
from fissura.training.checkpoint import Moving, restore, save
from fissura.training.device import check_precision, computing, keep_freed_memory, repeatable, threads
from fissura.training.history import DivergedError, History, Progress, diverged
from fissura.training.lessons import Lessons, Pictures, memory_format
from fissura.training.losses import total_loss_and_right
from fissura.training.optimisation import follow, make_optimiser, rate_at
from fissura.training.recipe import Recipe

Validate = Callable[[nn.Module], tuple[float, int]]
PROGRESS_EVERY = 32  # steps; asking a GPU for the loss more often would make it wait


@dataclass(frozen=True)
class _Tensors:
    pixels: torch.Tensor
    labels: torch.Tensor


def fit(
    model: nn.Module,
    images: LabelledImages,
    recipe: Recipe,
    preprocessing: Preprocessing,
    generator: torch.Generator,
    *,
    validation: LabelledImages | None = None,
    checkpoint: Path | None = None,
    on_progress: Callable[[Progress], None] | None = None,
) -> History:
    """Train ``model`` in place, on the device where it is, and return what was measured in each epoch.

    Args:
        model: input ``(n, 1, h, w)`` float32, output logits ``(n, classes)``.
        images: what it learns from.
        recipe: how.
        preprocessing: pixels to input.
        generator: the CPU generator that orders the images; it is drawn from as ``DataLoader(shuffle=True)`` does.
        validation: images to measure loss and accuracy on after each epoch. They change no weights, but choose the
            epoch whose weights are kept where the recipe keeps the best.
        checkpoint: written after each epoch; where it exists already, the run goes on from it.
        on_progress: called now and then, and at the end of each epoch.

    Raises:
        DivergedError: the loss is no longer a number; ``model`` has the weights that were kept after the epoch before,
            of which the checkpoint stays, or its first ones.
        ClassifierFileError: the checkpoint is damaged or of another run.
        DeviceError: the recipe's precision is none for this device.
        SettingsError: the recipe keeps the best epoch and there are no validation images.
    """
    _check_validation(recipe, validation)
    _check_batches(model, len(images), recipe)
    device = next(model.parameters()).device
    run = {
        "network": repr(model),
        "recipe": recipe.as_dict(),
        "preprocessing": asdict(preprocessing),
        "data": images.fingerprint,
        "validation": None if validation is None else validation.fingerprint,
        "device": device.type,
        "versions": versions(),
    }
    validate: Validate | None = None
    if validation is not None and len(validation):
        held_out = _on_device(validation, device)

        def validate(judged: nn.Module) -> tuple[float, int]:
            return _validate(judged, held_out, recipe, preprocessing)

    lessons, held_out_n = Pictures(model, images, recipe, preprocessing, device), len(validation or ())
    tell = None if on_progress is None else lambda progress: on_progress(replace(progress, held_out=held_out_n))
    return learn(model, lessons, recipe, generator, run, validate=validate, checkpoint=checkpoint, on_progress=tell)


def learn(
    model: nn.Module,
    lessons: Lessons,
    recipe: Recipe,
    generator: torch.Generator,
    run: dict[str, Any],
    *,
    validate: Validate | None = None,
    checkpoint: Path | None = None,
    on_progress: Callable[[Progress], None] | None = None,
) -> History:
    """The loop itself: train ``model`` in place on any ``lessons``; ``fit`` calls it with labelled images.

    Args:
        model: on the device of the lessons.
        lessons: what is taught, and how an answer is marked.
        recipe: how.
        generator: the CPU generator that orders the examples.
        run: what is being trained on what, as JSON; a checkpoint of another run is refused.
        validate: a network in, (loss, examples rightly answered) out; called after each epoch.
        checkpoint: written after each epoch; where it exists already, the run goes on from it.
        on_progress: called now and then, and at the end of each epoch.

    Raises:
        DivergedError: the loss is no longer a number; ``model`` has the weights that were kept after the epoch before,
            of which the checkpoint stays, or its first ones.
        ClassifierFileError: the checkpoint is damaged or of another run.
        DeviceError: the recipe's precision is none for this device.
    """
    check_precision(lessons.on_device, recipe.precision)
    model.to(memory_format=memory_format(recipe))
    average = copy.deepcopy(model) if recipe.averaging else None
    best = copy.deepcopy(model) if recipe.keep == "best" or recipe.patience else None
    moving = Moving(model, average, make_optimiser(model, recipe), generator, best)
    history = History()
    if checkpoint is not None and checkpoint.exists():
        history = History.from_dict(restore(checkpoint, moving, run))
    kept = best or average or model
    good = copy.deepcopy(kept.state_dict())  # of the last epoch that ended in numbers
    keep_freed_memory()
    with repeatable(lessons.on_device), threads(threads_for(model, recipe)):
        for epoch in range(len(history.losses), recipe.epochs):
            if _has_waited(history, recipe):
                break
            try:
                history = _one_epoch(epoch, history, moving, lessons, recipe, validate, on_progress)
            except DivergedError as error:
                model.load_state_dict(good)
                error.history = history
                raise
            if best is not None and history.best_epoch == epoch + 1:
                best.load_state_dict((average or model).state_dict())
            if checkpoint is not None:
                save(checkpoint, moving, run, asdict(history))
            if on_progress is not None:
                n = len(lessons)
                on_progress(
                    Progress(epoch + 1, recipe.epochs, (epoch + 1) * n, recipe.epochs * n, history.losses[-1], history)
                )
            good = copy.deepcopy(kept.state_dict())
    model.load_state_dict(good)
    return history


def _one_epoch(
    epoch: int,
    history: History,
    moving: Moving,
    lessons: Lessons,
    recipe: Recipe,
    validate: Validate | None,
    on_progress: Callable[[Progress], None] | None,
) -> History:
    """Train for one epoch and look at the validation images; the history with what was measured."""
    began = time.perf_counter()
    loss = _train_one_epoch(epoch, history, moving, lessons, recipe, on_progress)
    seconds = time.perf_counter() - began
    history = replace(history, losses=(*history.losses, loss), seconds=(*history.seconds, seconds))
    if validate is None:
        return history
    validation_loss, correct = validate(moving.average or moving.model)
    if not math.isfinite(validation_loss):
        raise diverged(epoch, recipe.learning_rate)
    return replace(
        history,
        validation_losses=(*history.validation_losses, validation_loss),
        validation_correct=(*history.validation_correct, correct),
    )


def _train_one_epoch(
    epoch: int,
    history: History,
    moving: Moving,
    lessons: Lessons,
    recipe: Recipe,
    on_progress: Callable[[Progress], None] | None,
) -> float:
    """Every training image once, in a new order; returns the mean loss per image."""
    model, optimiser, device = moving.model, moving.optimiser, lessons.on_device
    n, size = len(lessons), recipe.batch_size
    steps = recipe.steps_in_epoch(n)
    order = shuffled(n, moving.generator).to(device)
    torch.manual_seed(
        _epoch_seed(recipe.seed, epoch)
    )  # of dropout and augmentation, so that a resumed run repeats them
    exact = torch.float32 if device.type == "mps" else torch.float64  # Apple's GPU has no double precision
    total_loss = torch.zeros((), dtype=exact, device=device)
    model.train()

    for step in range(steps):
        chosen = order[step * size : (step + 1) * size]
        done = (epoch * steps + step) / (recipe.epochs * steps)
        inputs, targets = lessons.batch(chosen, max(0.0, 1 - recipe.fading * done))
        for group in optimiser.param_groups:
            group["lr"] = rate_at(epoch * steps + step, recipe.epochs * steps, recipe)

        optimiser.zero_grad()
        with computing(device, recipe.precision):
            outputs = lessons.forward(model, inputs)
        loss = lessons.loss(outputs, targets)
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()

        total_loss.add_(loss.detach(), alpha=len(chosen))  # a smaller last batch weighs less: the mean is over images
        if moving.average is not None:
            follow(moving.average, model, recipe.averaging, epoch * steps + step)
        if on_progress is not None and (step % PROGRESS_EVERY == PROGRESS_EVERY - 1 or step == steps - 1):
            seen = min((step + 1) * size, n)
            so_far = float(total_loss) / seen
            on_progress(Progress(epoch + 1, recipe.epochs, epoch * n + seen, recipe.epochs * n, so_far, history))

    epoch_loss = float(total_loss) / min(n, steps * size)
    if not (math.isfinite(epoch_loss) and _finite(model)):
        raise diverged(epoch, recipe.learning_rate)
    return epoch_loss


def _validate(model: nn.Module, tensors: _Tensors, recipe: Recipe, preprocessing: Preprocessing) -> tuple[float, int]:
    """(mean loss per image, images rightly classified); the training mode stays as it is."""
    total, correct = 0.0, 0
    with evaluating(model):
        for start in range(0, len(tensors.pixels), PREDICTION_BATCH):
            pixels = tensors.pixels[start : start + PREDICTION_BATCH]
            targets = tensors.labels[start : start + PREDICTION_BATCH]
            logits = model(preprocessing(pixels).contiguous(memory_format=memory_format(recipe)))
            batch_loss, batch_correct = total_loss_and_right(logits, targets)
            total, correct = total + batch_loss, correct + batch_correct
    return total / len(tensors.pixels), correct


def _has_waited(history: History, recipe: Recipe) -> bool:
    """Whether so many epochs brought no better validation loss that the recipe's patience is over."""
    best = history.best_epoch
    return bool(recipe.patience) and best is not None and len(history.losses) - best >= recipe.patience


def _check_validation(recipe: Recipe, validation: LabelledImages | None) -> None:
    if (recipe.keep == "best" or recipe.patience) and (validation is None or not len(validation)):
        raise SettingsError(
            "The recipe {setting}, which is decided on validation images, and there are none. Give some, or another "
            "recipe.",
            setting=N_("keeps the best epoch") if recipe.keep == "best" else N_("stops early"),
        )


def shuffled(n: int, generator: torch.Generator) -> torch.Tensor:
    """A random order of ``n`` images, ``(n,)`` int64, drawn as ``DataLoader(shuffle=True)`` draws it.

    A loader draws a seed for its workers first, then one for its sampler, which makes a generator of its own from it.
    """
    torch.empty((), dtype=torch.int64).random_(generator=generator)
    seed = int(torch.empty((), dtype=torch.int64).random_(generator=generator))
    return torch.randperm(n, generator=torch.Generator().manual_seed(seed))


def first_batch(images: LabelledImages, recipe: Recipe) -> LabelledImages:
    """The first mini-batch that ``DataLoader(shuffle=True)`` gives right after ``torch.manual_seed(seed)``.

    In training the weights are drawn from that seed first: its first batch is another, as in a script that builds the
    network before it takes a batch.
    """
    order = shuffled(len(images), torch.Generator().manual_seed(recipe.seed))
    return images.subset(order[: recipe.batch_size].numpy())


def _epoch_seed(seed: int, epoch: int) -> int:
    return (seed * 1_000_003 + epoch + 1) % 2**63


def _finite(model: nn.Module) -> bool:
    """Whether every weight and statistic is a number: the last step may spoil them after its loss was taken."""
    return all(bool(value.isfinite().all()) for value in model.state_dict().values() if value.is_floating_point())


def _check_batches(model: nn.Module, n: int, recipe: Recipe) -> None:
    """Fail before training where a batch of one image would reach a normalisation over the batch's cells."""
    smallest = min(n, recipe.batch_size)
    if not recipe.whole_batches and n % recipe.batch_size:
        smallest = n % recipe.batch_size
    if smallest == 1 and any(isinstance(module, nn.BatchNorm1d) for module in model.modules()):
        raise SettingsError(
            "Batches of {size} leave one of a single image among {n}, which batch normalisation cannot use. "
            "Choose another --batch-size.",
            size=recipe.batch_size,
            n=n,
        )


def threads_for(model: nn.Module, recipe: Recipe) -> int | None:
    """One thread where there is no convolution: a second one takes longer to wake than so small a product takes."""
    convolves = any(isinstance(module, nn.Conv2d) for module in model.modules())
    return None if convolves or recipe.plain else 1


def _on_device(images: LabelledImages, device: torch.device) -> _Tensors:
    """All images as one uint8 tensor on the device, moved once."""
    return _Tensors(torch.tensor(images.images, device=device), torch.tensor(images.labels, device=device))
