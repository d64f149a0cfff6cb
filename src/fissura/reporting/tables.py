"""Tables as text: the same rows for the terminal and for the page, in the reader's language."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fissura import metrics
from fissura.evaluation import Evaluation
from fissura.language import N_, Language
from fissura.layers import LayerTable
from fissura.metrics import Share
from fissura.reporting.results import Contender, LabResult
from fissura.reporting.words import (
    duration,
    layer_words,
    mean_and_deviation,
    network_title,
    p_value,
    points,
)

NOTHING = "–"
SPLITS = {"train": N_("train"), "test": N_("test"), "validation": N_("validation")}


@dataclass(frozen=True)
class Table:
    """Text in rows and columns.

    Attributes:
        title: what the table shows.
        columns: their headings.
        rows: as many cells in each as there are columns.
        left: how many columns, from the first, hold words rather than numbers.
        total: whether the last row sums up the others.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    left: int = 1
    total: bool = False


def layer_rows(table: LayerTable, language: Language) -> Table:
    """The course's table of a network, with its two last columns filled in and the work each layer does."""
    raise NotImplementedError


def comparison_rows(lab: LabResult, language: Language) -> Table:
    """A row for each network: what it costs and what it gets right."""
    several = any(len(contender.runs) > 1 for contender in lab.contenders)
    columns = (
        language.say("Network"),
        language.say("Parameters"),
        language.say("Multiply-adds"),
        language.say("Training time"),
        language.say("Training accuracy"),
        language.say("Test accuracy"),
        language.say("95 % interval"),
        language.say("Errors"),
        *((language.say("Mean ± standard deviation, seeds"),) if several else ()),
    )
    rows = tuple(_contender_row(contender, several, language) for contender in lab.contenders)
    return Table(language.say("The networks compared"), columns, rows)


def duel_rows(lab: LabResult, language: Language) -> Table:
    """A row for every two networks: McNemar's test, with the images that decide it."""
    columns = (
        language.say("First and second network"),
        language.say("Only the first is right"),
        language.say("Only the second is right"),
        language.say("Difference in points"),
        language.say("95 % interval"),
        language.say("McNemar"),
        language.say("After Holm's correction"),
        language.say("Told apart"),
    )
    rows = tuple(
        (
            f"{network_title(duel.first, language)} – {network_title(duel.second, language)}",
            language.number(duel.paired.only_first),
            language.number(duel.paired.only_second),
            points(duel.paired.difference, language),
            language.say("{low} to {high}", low=points(duel.paired.low, language), high=points(duel.paired.high, language)),
            p_value(duel.paired.p_value, language),
            p_value(duel.p_adjusted, language),
            language.say("yes") if duel.real else language.say("no"),
        )
        for duel in lab.duels
    )
    return Table(language.say("Are the differences real?"), columns, rows)


def evaluation_rows(evaluation: Evaluation, language: Language) -> Table:
    """A row for each class with its recall and precision, and one for all images with the accuracy."""
    recalls, precisions = metrics.recalls(evaluation.confusion), metrics.precisions(evaluation.confusion)
    rows = [
        (name, language.number(n), *_share(recall, language), *_share(precision, language))
        for name, n, recall, precision in zip(
            evaluation.images.classes, evaluation.images.counts, recalls, precisions, strict=True
        )
    ]
    whole = (language.say("All (accuracy)"), language.number(len(evaluation.images)))
    rows.append((*whole, *_share(evaluation.accuracy, language), "", ""))
    title = language.say(
        "Evaluation on: {split} ({origin})",
        split=split_name(evaluation.images.split, language),
        origin=evaluation.images.origin,
    )
    columns = (
        language.say("Class"),
        language.say("Images"),
        language.say("Recall"),
        language.say("95 % interval"),
        language.say("Precision"),
        language.say("95 % interval"),
    )
    return Table(title, columns, tuple(rows), total=True)


def network_rows(tables: Mapping[str, LayerTable], language: Language) -> Table:
    """A row for each network by its name: what it is called and what it costs."""
    columns = (
        language.say("Name"),
        language.say("Network"),
        language.say("Parameters"),
        language.say("Multiply-adds"),
    )
    rows = tuple(
        (
            name,
            network_title(name, language),
            language.number(table.parameters),
            language.number(table.multiply_adds),
        )
        for name, table in tables.items()
    )
    return Table(language.say("Networks"), columns, rows, left=2)


def recipe_rows(recipe: Mapping[str, Any], language: Language) -> Table:
    """A row for each setting of a recipe that does something: its name, its value and what it means."""
    said = {name: str(value) for name, value in recipe.items()}
    rate, decay, momentum, smoothing, averaging, warmup = (
        _plain(float(recipe.get(name, 0.0)), language)
        for name in ("learning_rate", "weight_decay", "momentum", "label_smoothing", "averaging", "warmup")
    )
    sgd = language.say("stochastic gradient on mini-batches (SGD)")
    rows = [
        (language.say("Loss"), "cross_entropy", language.say("cross-entropy of the ten logits, mean over the batch")),
        (language.say("Optimiser"), said["optimiser"], sgd if said["optimiser"] == "sgd" else "AdamW"),
        (language.say("Learning rate"), rate, language.say("the length of a step along the gradient")),
        (language.say("Mini-batch"), said["batch_size"], language.say("images per step, in a new order each epoch")),
        (language.say("Epochs"), said["epochs"], language.say("passes over all training images")),
        (language.say("Random seed"), said["seed"], language.say("decides the first weights and the order of images")),
    ]
    optional = {
        "momentum": (momentum, language.say("the share of the last step that is kept (Nesterov)")),
        "weight_decay": (decay, language.say("pulls the weights towards 0 at each step")),
        "label_smoothing": (smoothing, language.say("the share of each target spread over all classes")),
        "averaging": (averaging, language.say("decay of the moving average of the weights that is kept")),
        "warmup": (warmup, language.say("the share of all steps in which the learning rate rises")),
    }
    rows += [(name, *optional[name]) for name in optional if recipe.get(name)]
    if said["schedule"] != "constant":
        rows.append(("schedule", said["schedule"], language.say("the learning rate rises, then falls to 0")))
    if said["augmentation"] != "none":
        meaning = language.say("each image is turned, scaled, sheared and moved a little at random")
        rows.append(("augmentation", said["augmentation"], meaning))
    columns = (language.say("Setting"), language.say("Value"), language.say("Meaning"))
    return Table(language.say("How it was trained"), columns, tuple(rows), left=3)


def split_name(split: str, language: Language) -> str:
    """The part of the data in the reader's words."""
    return language.say(SPLITS[split]) if split in SPLITS else split


def share_and_interval(share: Share, language: Language) -> str:
    """``97.28 % (96.94 – 97.58 %)``; a dash where nothing was measured."""
    value, interval = _share(share, language)
    return value if share.n == 0 else f"{value} ({interval})"


def _contender_row(contender: Contender, several: bool, language: Language) -> tuple[str, ...]:
    run = contender.first
    test = contender.test_spread
    row = (
        network_title(contender.name, language),
        language.number(run.table.parameters),
        language.number(run.table.multiply_adds),
        duration(contender.seconds_spread.mean, language),
        language.percent(run.train.accuracy.value),
        *_share(run.test.accuracy, language),
        language.number(run.test.errors),
    )
    if not several:
        return row
    return (*row, f"{mean_and_deviation(test.mean, test.std, language)}, {len(contender.runs)}")


def _share(share: Share, language: Language) -> tuple[str, str]:
    if share.n == 0 or math.isnan(share.low):
        return NOTHING, NOTHING
    return language.percent(share.value), language.interval(share.low, share.high)


def _plain(value: float, language: Language) -> str:
    """0.01, 0.0005: as many decimals as the number has."""
    text = f"{value:.8f}".rstrip("0")
    return language.number(value, len(text) - text.index(".") - 1)
