"""What a page shows of a training: the recipe, the curves, every epoch in numbers."""

from __future__ import annotations

from collections.abc import Sequence

from fissura.language import Language
from fissura.reporting import figures
from fissura.reporting.cells import Table
from fissura.reporting.phrases import network_title
from fissura.reporting.recipe_table import recipe_rows
from fissura.reporting.rendering import Picture
from fissura.reporting.results import RunResult

_STAR = "\N{BLACK STAR}"


def recipe_table(run: RunResult, language: Language) -> Table:
    """How the network of ``run`` was trained."""
    return recipe_rows(run.classifier.provenance.recipe, language, run.table.rows[-1].output_size == (1,))


def curves(runs: Sequence[RunResult], language: Language, validation: int = 0) -> Picture:
    """The losses of each epoch; of a single run with ``validation`` images also the accuracy on these."""
    if len(runs) == 1 and runs[0].history.validation_losses and validation:
        return Picture(
            figures.validation_curves(runs[0], validation, language),
            language.say("Loss of each epoch on training and validation images, and validation accuracy."),
            language.say(
                "The training loss is measured while the weights are changing, and on augmented images where there is "
                "augmentation: it may lie above the validation loss, which is measured at the end of the epoch. Where "
                "the validation loss rises again while the training loss falls, the network learns its images by heart "
                "(overfitting)."
            ),
        )
    return Picture(
        figures.loss_curves(runs, language),
        language.say("Mean loss of each epoch."),
        language.say("Mean cross-entropy per training image in each epoch, measured while the weights were changing."),
    )


def epoch_rows(runs: Sequence[RunResult], language: Language, validation: int = 0) -> Table:
    """The same in numbers: a row for each epoch; of several runs the training loss alone, a column for each."""
    if len(runs) == 1 and runs[0].history.validation_losses and validation:
        return _validated_rows(runs[0], validation, language)
    epochs = max(len(run.history.losses) for run in runs)
    rows = tuple(
        (
            str(epoch + 1),
            *(language.number(run.history.losses[epoch], 4) if epoch < len(run.history.losses) else "" for run in runs),
        )
        for epoch in range(epochs)
    )
    columns = (language.say("Epoch"), *(network_title(run.name, language) for run in runs))
    return Table(language.say("Mean training loss of each epoch"), columns, rows, left=0)


def _validated_rows(run: RunResult, validation: int, language: Language) -> Table:
    history = run.history
    rows = tuple(
        (
            f"{epoch} {_STAR}" if epoch == history.best_epoch else str(epoch),
            language.number(loss, 4),
            language.number(validation_loss, 4),
            language.share(right / validation),
        )
        for epoch, (loss, validation_loss, right) in enumerate(
            zip(history.losses, history.validation_losses, history.validation_correct, strict=True), start=1
        )
    )
    columns = (
        language.say("Epoch"),
        language.say("Training loss"),
        language.say("Validation loss"),
        language.say("Validation accuracy"),
    )
    title = language.say(
        "Each epoch, on {n} validation images; {star} has the lowest validation loss",
        n=language.number(validation),
        star=_STAR,
    )
    return Table(title, columns, rows, left=0)
