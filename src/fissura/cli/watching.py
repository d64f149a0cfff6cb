"""A training watched on the terminal: a bar with the time left, and a line for each finished epoch."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from fissura import terminal
from fissura.language import N_, Language

if TYPE_CHECKING:
    from fissura.training import Progress

Bar = Callable[[str, str, float, float], None]


def steps(bar: Bar, spoken: Language) -> Callable[[str, int, int], None]:
    """What draws the progress of work in steps that are called by English sentences: a bar for each."""
    return lambda what, done, total: bar(what, spoken.say(what), done, total)


def draws(bar: Bar, title: str, spoken: Language, quiet: bool = False) -> Callable[[Progress], None]:
    """What draws the progress of trainings that are all called ``title``: a bar, and unless ``quiet`` their epochs."""
    began: list[tuple[float, int]] = []
    told = _tells(title, spoken)

    def on_progress(progress: Progress) -> None:
        if not quiet:
            told(progress)
        if began and progress.done < began[-1][1]:
            began.clear()  # another training has begun
        began.append((time.perf_counter(), progress.done))
        (start, first), (now, done) = began[0], began[-1]
        del began[1:]
        what = spoken.say(
            "{network}: epoch {epoch} of {epochs}, loss {loss}, {speed} images/s",
            network=title,
            epoch=progress.epoch,
            epochs=progress.epochs,
            loss=spoken.number(progress.loss, 4),
            speed=spoken.number(round((done - first) / (now - start))) if now > start else "-",
        )
        bar("train", what, progress.done, progress.total)

    return on_progress


class Watch:
    """Several trainings in one command, each with its heading and its epochs; ``quiet`` says nothing."""

    def __init__(self, spoken: Language, quiet: bool = False) -> None:
        self._spoken, self._quiet = spoken, quiet
        self._of: dict[str, Callable[[Progress], None]] = {}

    def __call__(self, title: str, progress: Progress) -> None:
        """Tell what is new of the training called ``title``."""
        if not self._quiet:
            self._of.setdefault(title, _tells(title, self._spoken))(progress)


def epoch_of(title: str, progress: Progress, spoken: Language) -> str:
    """Where the training called ``title`` is, for a bar."""
    sentence = N_("{training}: epoch {epoch} of {epochs}")
    return spoken.say(sentence, training=title, epoch=progress.epoch, epochs=progress.epochs)


def _tells(title: str, spoken: Language) -> Callable[[Progress], None]:
    """What prints the epochs of one training after the other, on standard error, below a heading for each training."""
    shown = 0

    def tell(progress: Progress) -> None:
        from fissura.reporting.epoch_lines import epoch_heading, epoch_lines

        nonlocal shown
        finished = len(progress.history.losses)
        if finished < shown:
            shown = 0  # another training has begun
        if finished == shown:
            return
        width = terminal.remark_width()
        if shown == 0:
            for line in ("", title, *epoch_heading(progress, spoken, width)):
                terminal.remark(line)
        for line in epoch_lines(progress, shown, spoken, width):
            terminal.remark(line)
        shown = finished

    return tell
