"""What a person sees while a network is trained, on wide and narrow terminals, in both languages."""

import io
import re
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from fissura import terminal
from fissura.cli.watching import Watch, draws
from fissura.language import language
from fissura.layers import layer_table
from fissura.models import MODELS, build
from fissura.reporting.cells import Table
from fissura.reporting.epoch_lines import epoch_heading, epoch_lines
from fissura.reporting.folding import folded
from fissura.reporting.tables import layer_rows, layers_title
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


WORDS = st.lists(st.sampled_from(["a", "bb-bb", "3\N{NO-BREAK SPACE}x\N{NO-BREAK SPACE}3", "\n", "dddddd"]), max_size=8)


@given(st.lists(st.tuples(*[WORDS.map(" ".join)] * 4), min_size=1, max_size=5), st.integers(10, 90))
def test_a_folded_table_holds_every_word_within_the_width(rows, width):
    table = Table("title", ("one", "two-three", "four", "five"), tuple(rows), left=2)
    narrower = folded(table, width)
    if narrower is None:
        return
    widths = [
        max(len(line) for cell in column for line in cell.split("\n")) for column in zip(*narrower.rows, strict=True)
    ]
    assert sum(widths) + 2 * len(widths) <= width
    for row, told in zip(rows, narrower.rows, strict=True):
        assert re.split("[ \n]+", " ".join(row).strip(" \n")) == re.split("[ \n]+", " ".join(told).strip(" \n"))


@pytest.mark.parametrize("code", ["en", "fr"])
@pytest.mark.parametrize("name", ["multinomial", "cnn1", "cnn2", "crack", "detector"])
@pytest.mark.parametrize("width", [80, 100])
def test_layers_stay_a_table_at_80_columns(name, code, width):
    spec, spoken = MODELS[name], language(code)
    layers = layer_table(build(name, (spec.size_px,) * 2, spec.classes), (1, spec.size_px, spec.size_px))
    console, written = at_width(width)
    with mock.patch.object(terminal, "_console", return_value=console):
        terminal.show(layer_rows(layers, spoken, layers_title(name, (spec.size_px,) * 2, spec.classes, spoken)))
    lines = written.getvalue().splitlines()
    assert max(map(len, lines)) <= width
    assert any(set(line.strip()) == {"─"} for line in lines)
    assert str(spec.size_px) in lines[0]
    assert str(spec.classes) in lines[0]


def test_a_table_without_headings_has_no_empty_line_for_them(capsys):
    terminal.show(Table("beside the truth", ("", ""), (("found", "3"), ("missed", "1"))))
    lines = [line.strip() for line in capsys.readouterr().out.splitlines()]
    assert [line for line in lines if line] == ["beside the truth", "found   3", "missed  1"]
    assert lines.index("found   3") <= 2


def test_paths_in_titles_are_never_cut(capsys):
    terminal._console.cache_clear()
    path = "/a/very/long/path/to/some/photographs/of/walls/taken/in/november"
    with mock.patch.dict("os.environ", {"COLUMNS": "40"}):
        terminal.show(Table(f"cracks: present, {path}", ("Class",), (("crack",),)))
    terminal._console.cache_clear()
    assert path in capsys.readouterr().out.splitlines()


class Teletype(io.TextIOWrapper):
    """A terminal with an encoding of its own."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("encoding", "shown"),
    [
        ("ascii", '28 x 28 -> " entree ", 194 688 ? ...'),
        ("iso-8859-1", "28 × 28 -> «\xa0entrée\xa0», 194 688 ? ..."),
        ("cp437", "28 x 28 -> «\xa0entrée\xa0», 194 688 ? ..."),
        ("utf-8", "28 × 28 -> «\xa0entrée\xa0», 194\u202f688 鉄 …"),
    ],
)
def test_a_terminal_shows_what_its_encoding_lacks_by_what_is_like_it(monkeypatch, encoding, shown):
    written = io.BytesIO()
    stream = Teletype(written, encoding=encoding)
    monkeypatch.setattr("sys.stdout", stream)
    terminal.open_streams()
    terminal.row("28 × 28 -> «\xa0entrée\xa0», 194\u202f688 鉄 …")  # it was a traceback
    assert written.getvalue().decode(encoding) == shown + "\n"
    stream.detach()


def test_a_file_gets_utf_8_whatever_the_locale(monkeypatch):
    written = io.BytesIO()
    stream = io.TextIOWrapper(written, encoding="ascii")
    monkeypatch.setattr("sys.stdout", stream)
    terminal.open_streams()
    terminal.row("28 × 28")
    assert written.getvalue() == "28 × 28\n".encode()
    stream.detach()
