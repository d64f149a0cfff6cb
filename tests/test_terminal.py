"""What a person sees while a network is trained, on wide and narrow terminals, in both languages."""

import io
import re
from unittest import mock

import pytest
from rich.console import Console

from fissura import terminal
from fissura.cli.watching import Watch, draws
from fissura.language import language
from fissura.reporting.epoch_lines import epoch_heading, epoch_lines
from fissura.training import History, Progress


def after(epochs: int, of: int = 12, held_out: int = 600) -> Progress:
    losses = [0.6, 0.4, 0.45, 0.3, 0.35, 0.36, 0.37, 0.38, 0.39, 0.25, 0.4, 0.5] * (1 + of // 12)
    validated = {"validation_losses": tuple(losses[:epochs]), "validation_correct": (590,) * epochs} if held_out else {}
    history = History(losses=tuple(losses[:epochs]), seconds=(65.0,) * epochs, **validated)
    return Progress(epochs, of, epochs, of, 0.5, history, held_out)


def at_width(columns: int) -> tuple[Console, io.StringIO]:
    written = io.StringIO()
    return Console(file=written, width=columns, force_terminal=True, color_system=None, highlight=False), written


@pytest.mark.parametrize("code", ["en", "fr"])
@pytest.mark.parametrize("width", [60, 100])
def test_lines_of_epochs_stand_below_their_headings_within_the_width(code, width):
    spoken, progress = language(code), after(12)
    heading, lines = epoch_heading(progress, spoken, width), epoch_lines(progress, 0, spoken, width)
    assert max(map(len, (*heading, *lines))) <= max(width, 64)  # a minute an epoch and the best: four signs more
    assert len(lines) == 12
    ends = [len(heading[0])] + [line.index("min") + len("min 05 s") for line in lines]
    assert len(set(ends[1:])) == 1


def test_the_least_validation_loss_so_far_is_marked_and_no_other():
    lines = epoch_lines(after(12), 0, language("en"), 100)
    assert [number for number, line in enumerate(lines, start=1) if line.endswith("best so far")] == [1, 2, 4, 10]


def test_each_epoch_is_told_once_and_a_resumed_run_tells_those_before(capsys):
    watch = Watch(language("en"))
    terminal._console.cache_clear()
    for epochs in (3, 3, 4, 4, 5):
        watch("CNN 1", after(epochs))
    told = [line.split()[0] for line in capsys.readouterr().err.splitlines() if "/12" in line]
    assert told == ["1/12", "2/12", "3/12", "4/12", "5/12"]


def test_of_very_many_epochs_without_validation_every_tenth_is_told():
    lines = epoch_lines(after(122, of=122, held_out=0), 0, language("en"), 100)
    assert [line.split()[0] for line in lines] == [*(f"{epoch}/122" for epoch in range(10, 121, 10)), "122/122"]


def test_programs_that_read_json_are_told_no_epochs(capsys):
    draws(lambda *_: None, "CNN 1", language("en"), quiet=True)(after(3))
    Watch(language("en"), quiet=True)("CNN 1", after(3))
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("width", [40, 60, 100])
def test_time_left_is_the_last_thing_to_go_from_the_line_of_progress(width):
    console, written = at_width(width)
    with mock.patch.object(terminal, "_console", return_value=console), terminal.progress_bar() as bar:
        for done in (0, 50, 51):
            bar("train", "Régression multinomiale : époque 1 sur 3, perte 0,1234, 12 345 images/s", done, 100)
    line = [part for part in written.getvalue().replace("\r", "\n").split("\n") if "51 %" in part][-1]
    assert re.search(r"51 % (--|\d\d):(--|\d\d)", line)
    assert "Régression multi" in line
