"""Tables as text: the same rows for the terminal and for the page, in the reader's language."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from fissura import metrics
from fissura.data.labelled import TrainTest
from fissura.data.sources import SourceState
from fissura.evaluation import Evaluation
from fissura.language import N_, Language
from fissura.layers import LayerRow, LayerTable
from fissura.metrics import Share
from fissura.reporting.results import Contender, LabResult
from fissura.reporting.words import (
    duration,
    mean_and_deviation,
    network_title,
    p_value,
    points,
)

NOTHING = "–"
INPUT = "input"
SPLITS = {"train": N_("train"), "test": N_("test"), "validation": N_("validation")}


STATES = {
    "present": N_("present"),
    "absent": N_("absent"),
    "incomplete": N_("incomplete"),
    "damaged": N_("damaged"),
}


@dataclass(frozen=True)
class Table:
    """Text in rows and columns.

    Attributes:
        title: what the table shows.
        columns: their headings.
        rows: as many cells in each as there are columns; a cell may have several lines.
        left: how many columns, from the first, hold words rather than numbers.
        total: whether the last row sums up the others.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    left: int = 1
    total: bool = False


def layer_rows(table: LayerTable, language: Language) -> Table:
    """The course's table of a network, its last columns filled in: each number, and under it how it comes about."""
    columns = (
        language.say("Layer"),
        language.say("Specification"),
        language.say("Output dimension"),
        language.say("Number of parameters"),
        language.say("Multiply-adds"),
        language.say("Receptive field"),
    )
    total = (
        language.say("Total"),
        "",
        "",
        language.number(table.parameters),
        language.number(table.multiply_adds),
        "",
    )
    rows = (*(_layer_row(row, language) for row in table.rows), total)
    return Table(language.say("Layers"), columns, rows, left=2, total=True)


def comparison_rows(lab: LabResult, language: Language) -> Table:
    """A row for each network: what it costs and what it gets right."""
    several = any(len(contender.runs) > 1 for contender in lab.contenders)
    columns = (
        language.say("Network"),
        language.say("Parameters"),
        language.say("Multiply-adds"),
        language.say("Training time"),
        language.say("Training accuracy"),
        language.say("Test accuracy, 95 % interval"),
        language.say("Errors"),
        *((language.say("Mean ± standard deviation over the seeds"),) if several else ()),
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
            _from_to(duel.paired.low, duel.paired.high, language),
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


def source_rows(source: SourceState, language: Language) -> Table:
    """What a data folder holds of one source: the images of each class, or the files that are missing."""
    state = language.say(STATES[source.state])
    title = f"{source.name}: {state}" + (f", {source.folder}" if source.folder is not None else "")
    if source.data is None:
        missing = tuple((name,) for name in source.missing) or ((NOTHING,),)
        return Table(title, (language.say("Missing files"),), missing)
    return replace(count_rows(source.data, language), title=title)


def count_rows(data: TrainTest, language: Language) -> Table:
    """How many images each class has in the two parts, and their sums."""
    both = zip(data.train.classes, data.train.counts, data.test.counts, strict=True)
    rows = [(name, language.number(n), language.number(m)) for name, n, m in both]
    rows.append((language.say("All"), language.number(len(data.train)), language.number(len(data.test))))
    columns = (
        language.say("Class"),
        split_name(data.train.split, language),
        split_name(data.test.split, language),
    )
    return Table(language.say("Images of each class"), columns, tuple(rows), total=True)


def recipe_rows(recipe: Mapping[str, Any], language: Language) -> Table:
    """A row for each setting of a recipe that does something: its name, its value and what it means."""
    said = {name: str(value) for name, value in recipe.items()}
    rate, decay, momentum, smoothing, averaging, warmup = (
        _plain(float(recipe.get(name, 0.0)), language)
        for name in ("learning_rate", "weight_decay", "momentum", "label_smoothing", "averaging", "warmup")
    )
    sgd = language.say("stochastic gradient on mini-batches (SGD)")
    rows = [
        (language.say("Loss"), "cross_entropy", language.say("cross-entropy of the logits, mean over the mini-batch")),
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
        if said["augmentation"] == "elastic":
            meaning = language.say("each image is turned, scaled, sheared, moved and bent a little at random")
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


def _layer_row(row: LayerRow, language: Language) -> tuple[str, ...]:
    """A layer's cells; the specification does not say again what kind of layer it is."""
    kind = language.say(row.kind)
    details = row.specification[1:] if row.specification[0].template == row.kind else row.specification
    if row.kind == INPUT:
        details = ()  # its size is in the next column
    formula = row.formula.rpartition(" = ")[0]
    note = "" if row.note is None else language.say(row.note.template, **row.note.values)
    seen = "" if row.receptive_field is None else "{} x {}".format(*row.receptive_field)
    return (
        kind,
        _typeset(", ".join(language.say(each.template, **each.values) for each in details)),
        _typeset("\n".join((row.output_shape, *dict.fromkeys(row.output_formula)))),
        "\n".join(filter(None, (language.number(row.parameters), _typeset(formula), note))),
        language.number(row.multiply_adds),
        _typeset(seen),
    )


def _typeset(arithmetic: str) -> str:
    """``x`` and ``-`` between numbers as the signs that they stand for, and no line break before them."""
    space = "\N{NO-BREAK SPACE}"
    signs = {" x ": f"{space}\N{MULTIPLICATION SIGN} ", " - ": f"{space}\N{MINUS SIGN} ", " + ": f"{space}+ "}
    for plain, sign in signs.items():
        arithmetic = arithmetic.replace(plain, sign)
    return arithmetic


def _contender_row(contender: Contender, several: bool, language: Language) -> tuple[str, ...]:
    run = contender.first
    test = contender.test_spread
    row = (
        network_title(contender.name, language),
        language.number(run.table.parameters),
        language.number(run.table.multiply_adds),
        duration(contender.seconds_spread.mean, language),
        language.percent(run.train.accuracy.value),
        "\n".join(_share(run.test.accuracy, language)),
        language.number(run.test.errors),
    )
    if not several:
        return row
    return (*row, mean_and_deviation(test.mean, test.std, language))


def _share(share: Share, language: Language) -> tuple[str, str]:
    if share.n == 0 or math.isnan(share.low):
        return NOTHING, NOTHING
    return language.percent(share.value), language.interval(share.low, share.high)


def _from_to(low: float, high: float, language: Language) -> str:
    return language.say("{low} to {high}", low=points(low, language), high=points(high, language))


def _plain(value: float, language: Language) -> str:
    """0.01, 0.0005: as many decimals as the number has."""
    text = f"{value:.8f}".rstrip("0")
    return language.number(value, len(text) - text.index(".") - 1)
