"""Figures of images, training and evaluation, as bytes: SVG or PNG; ``drawing`` says how all of them are drawn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from fissura.data.labelled import LabelledImages
from fissura.evaluation import Evaluation
from fissura.language import Language
from fissura.reporting.drawing import (
    COLOURS,
    DASHES,
    GAP_PX,
    MARKERS,
    WIDTH_IN,
    canvas,
    drawn,
    number_ticks,
    put,
    sheet,
    short,
)
from fissura.reporting.phrases import network_title
from fissura.reporting.results import RunResult

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SHOWN_IN_BATCH = 64
MOST_CELLS_WITH_COUNTS = 20  # classes; beyond, a count would be wider than its cell


def sample_sheet(images: LabelledImages, language: Language, columns: int = 8) -> bytes:
    """PNG of a row for each class: its name, how many images it has, and its first ``columns`` images."""

    rows = [images.images[np.flatnonzero(images.labels == k)[:columns]] for k in range(len(images.classes))]

    def draw(figure: Figure) -> None:
        height, width = images.size_hw
        across, down = columns * (width + GAP_PX), max(1, len(rows)) * (height + GAP_PX)
        left = 1.25 / WIDTH_IN  # room for the names
        axes = canvas(figure, (down, across), left)
        for k, row in enumerate(rows):
            top = k * (height + GAP_PX)
            for j, image in enumerate(row):
                put(axes, image, top, j * (width + GAP_PX))
            count = language.say("n = {n}", n=language.number(images.counts[k]))
            said = f"{short(images.classes[k])}\n{count}"
            axes.text(-0.2 * width, top + height / 2, said, ha="right", va="center", fontsize=10)

    return drawn(draw, "png")


def first_batch_sheet(batch: LabelledImages, language: Language) -> bytes:
    """PNG of the first 64 images of a mini-batch, in its order, each with its class above it."""
    shown = batch.subset(np.arange(min(len(batch), SHOWN_IN_BATCH)))
    titles = [short(batch.classes[label]) for label in shown.labels]
    return sheet(shown.images, titles, 8, language)


def mistakes_sheet(evaluation: Evaluation, language: Language, most: int = 24) -> bytes:
    """PNG of the mistakes that the classifier was surest of: image, true class -> predicted class, its probability."""
    mistakes = evaluation.mistakes(most)
    classes = evaluation.images.classes
    titles = [
        f"{short(classes[mistake.label], 9)} → {short(classes[mistake.predicted], 9)}\n"
        + language.probability(mistake.probability)
        for mistake in mistakes
    ]
    return sheet(evaluation.images.images[[mistake.index for mistake in mistakes]], titles, 4, language)


def loss_curves(runs: Sequence[RunResult], language: Language) -> bytes:
    """SVG of the mean training loss of each epoch, a line for each run; dotted the validation loss, if there is one."""
    from matplotlib.ticker import MaxNLocator

    def draw(figure: Figure) -> None:
        figure.set_size_inches(WIDTH_IN, 3.4)
        axes = figure.subplots()
        for k, run in enumerate(runs):
            style = {"color": COLOURS[k % 6], "marker": MARKERS[k % 6], "linestyle": DASHES[k % 6]}
            title = network_title(run.name, language)
            losses, validation = run.history.losses, run.history.validation_losses
            name = language.say("{network}, training", network=title) if validation else title
            axes.plot(range(1, len(losses) + 1), losses, label=name, markevery=_every(losses), **style)
            if validation:
                name = language.say("{network}, validation", network=title)
                style = {"color": COLOURS[k % 6], "marker": MARKERS[k % 6], "mfc": "white", "linestyle": ":"}
                axes.plot(range(1, len(validation) + 1), validation, label=name, markevery=_every(validation), **style)
        axes.set_xlabel(language.say("Epoch"))
        axes.set_ylabel(language.say("Mean loss per image"))
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
        axes.set_ylim(bottom=0)
        number_ticks(axes, language)
        axes.grid(axis="y", color="0.85")
        if runs:
            axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=1 if len(runs) == 1 else 2, frameon=False)

    return drawn(draw, "svg")


def validation_curves(run: RunResult, validation: int, language: Language) -> bytes:
    """SVG of the losses of each epoch, training and validation, and below them the validation accuracy.

    ``validation`` is the number of validation images. The epoch with the lowest validation loss is marked.
    """
    history = run.history
    epochs = range(1, len(history.losses) + 1)
    best = history.best_epoch

    def draw(figure: Figure) -> None:
        from matplotlib.ticker import MaxNLocator

        figure.set_size_inches(WIDTH_IN, 5.2)
        losses, accuracies = figure.subplots(2, 1, sharex=True, height_ratios=(3, 2))
        every = _every(history.losses)
        style: dict[str, Any] = {"markevery": every, "linewidth": 1.8}
        losses.plot(epochs, history.losses, color=COLOURS[0], marker="o", label=language.say("Training"), **style)
        style |= {"color": COLOURS[1], "marker": "s", "linestyle": DASHES[1]}
        name = language.say("Validation")
        losses.plot(range(1, len(history.validation_losses) + 1), history.validation_losses, label=name, **style)
        shares = [100 * right / validation for right in history.validation_correct]
        accuracies.plot(range(1, len(shares) + 1), shares, **style)
        if best is not None:
            said = language.say("Lowest validation loss: epoch {epoch}", epoch=best)
            line = {"color": "0.25", "linestyle": ":", "linewidth": 1.4, "zorder": 0}
            losses.axvline(best, label=said, **line)
            accuracies.axvline(best, **line)
        losses.set_ylabel(language.say("Mean loss per image"))
        losses.set_ylim(bottom=0)
        accuracies.set_ylabel(language.say("Validation\naccuracy in %"))
        accuracies.set_xlabel(language.say("Epoch"))
        accuracies.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
        accuracies.margins(y=0.15)
        for axes in (losses, accuracies):
            number_ticks(axes, language)
            axes.grid(axis="y", color="0.85")
        losses.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), frameon=False, labelspacing=0.3)

    return drawn(draw, "svg")


def confusion(evaluation: Evaluation, language: Language) -> bytes:
    """SVG of the confusion matrix; only mistakes are coloured: on one scale with the diagonal they would be pale."""
    counts = evaluation.confusion
    classes = [short(name) for name in evaluation.images.classes]

    def draw(figure: Figure) -> None:
        side = max(WIDTH_IN, 0.3 * len(classes))
        figure.set_size_inches(side, side)
        axes = figure.subplots()
        diagonal = np.eye(len(counts), dtype=bool)
        wrong = np.ma.masked_where(diagonal | (counts == 0), counts)
        top = max(float(wrong.filled(0).max(initial=0)), 1.0)
        axes.imshow(np.ma.masked_where(~diagonal, diagonal), cmap="Greys", vmin=0, vmax=12)
        axes.imshow(wrong, cmap="Oranges", vmin=-0.1 * top, vmax=1.2 * top)
        axes.set_xticks(range(len(classes)), classes, rotation=90 if max(map(len, classes)) > 3 else 0)
        axes.set_yticks(range(len(classes)), classes)
        axes.tick_params(length=0)
        axes.set_xlabel(language.say("Predicted class"))
        axes.set_ylabel(language.say("True class"))
        axes.set_xticks(np.arange(len(classes)) - 0.5, minor=True)
        axes.set_yticks(np.arange(len(classes)) - 0.5, minor=True)
        axes.grid(which="minor", color="0.8", linewidth=0.6)
        axes.tick_params(which="minor", length=0)
        _write_counts(axes, counts, top, language)

    return drawn(draw, "svg")


def _write_counts(axes: Axes, counts: npt.NDArray[np.int64], top: float, language: Language) -> None:
    """The counts in their cells, the right ones bold; no count for the many cells that are 0."""
    if len(counts) > MOST_CELLS_WITH_COUNTS:
        return
    size = 10.5 if len(counts) <= 10 else 8
    for i, j in np.argwhere(counts > 0):
        number = language.number(int(counts[i, j]))
        right = bool(i == j)
        style: dict[str, Any] = {"weight": "bold" if right else "normal"}
        style["fontsize"] = size if len(number) < 5 else size - 2.5
        style["color"] = "white" if not right and counts[i, j] > 0.7 * top else "black"
        axes.text(j, i, number, ha="center", va="center", **style)


def _every(losses: Sequence[float]) -> int:
    return max(1, len(losses) // 10)
