"""What is measured in each epoch, as lines under a heading: for the terminal, while a network is trained."""

from __future__ import annotations

from collections.abc import Sequence

from fissura.language import Language
from fissura.reporting.cells import NOTHING, duration
from fissura.training import Progress

ROOMY = 80  # signs in a line from which the words need not be shortened
EACH_SHOWN = 30  # the embedded digits take 122 epochs of a blink each: a line for each would bury the results


def epoch_heading(progress: Progress, language: Language, width: int) -> tuple[str, ...]:
    """The two lines of the heading, for a terminal of ``width`` signs."""
    headings = _headings(progress, language, width)
    widths = _widths(progress, language, width)
    return tuple(_joined([heading[row] for heading in headings], widths) for row in (0, 1))


def epoch_lines(progress: Progress, shown: int, language: Language, width: int) -> tuple[str, ...]:
    """A line for each finished epoch after the first ``shown``: losses, accuracy, time, whether it is the best so far.

    Of more than 30 epochs without validation, every tenth and the last.
    """
    few = progress.epochs <= EACH_SHOWN or bool(progress.held_out)
    wanted = [
        epoch
        for epoch in range(shown + 1, len(progress.history.losses) + 1)
        if few or epoch % 10 == 0 or epoch == progress.epochs
    ]
    widths = _widths(progress, language, width)
    return tuple(_joined(_cells(progress, epoch, language), widths) for epoch in wanted)


def _headings(progress: Progress, language: Language, width: int) -> list[tuple[str, str]]:
    shortened = width < ROOMY
    said = [language.say("Epoch"), language.say("Loss\ntrain.") if shortened else language.say("Loss\ntraining")]
    if progress.held_out:
        said += [language.say("Loss\nvalidation"), language.say("Accuracy\nvalidation")]
    said.append(language.say("Time"))
    return [(above, below) for above, _, below in (heading.partition("\n") for heading in said)]


def _cells(progress: Progress, epoch: int, language: Language) -> list[str]:
    """The cells of one epoch, counted from 1."""
    history, k = progress.history, epoch - 1
    cells = [f"{epoch}/{progress.epochs}", language.number(history.losses[k], 4)]
    best = False
    if progress.held_out:
        losses, right = history.validation_losses, history.validation_correct
        known = k < len(losses)
        cells.append(language.number(losses[k], 4) if known else NOTHING)
        cells.append(language.share(right[k] / progress.held_out) if known else NOTHING)
        best = known and all(losses[k] < before for before in losses[:k])
    cells.append(duration(history.seconds[k], language) if k < len(history.seconds) else NOTHING)
    return [*cells, language.say("best so far")] if best else cells


def _widths(progress: Progress, language: Language, width: int) -> list[int]:
    """How wide each column is: the heading, and what numbers usually take, so that lines printed one by one align."""
    usual = [2 * len(str(progress.epochs)) + 1, 6, 6, 8, 6]
    headings = _headings(progress, language, width)
    if not progress.held_out:
        usual = [*usual[:2], usual[-1]]
    return [max(*map(len, heading), least) for heading, least in zip(headings, usual, strict=True)]


def _joined(cells: Sequence[str], widths: Sequence[int]) -> str:
    aligned = [f"{cell:>{wide}}" for cell, wide in zip(cells, widths, strict=False)]
    return "  ".join([*aligned, *cells[len(widths) :]]).rstrip()
