"""What a person sees on the terminal: tables, warnings in a box, progress with the time left. Used by ``cli`` alone.

Rich is imported on first use, so that ``fissura --help`` does not wait for it.
"""

from __future__ import annotations

import codecs
import io
import os
import sys
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import TaskID

    from fissura.reporting.cells import Table

BOX_WIDTH = 100
BAR_FROM = 90  # signs in a line: in a shorter one the words need the place of the bar
WIDTH_IN_FILES = 120  # a file or a pipe has no width of its own
_LIKE_IT = str.maketrans(
    {"×": "x", "–": "-", "—": "-", "−": "-", "…": "...", "œ": "oe", "Œ": "OE", "«": '"', "»": '"'}
    | {"±": "+/-", "°": " deg", "→": "->", "·": ".", "★": "*", "⌊": "[", "⌋": "]", "\u2060": ""}
)


def open_streams() -> None:
    """Make standard output and error fit for all that is said, wherever they go; to be called before anything is.

    A file and a pipe get UTF-8, which Windows alone would not give. A terminal keeps its encoding, and what that lacks
    is written by what is like it: ``4x4`` for ``4×4`` where there is only ASCII.
    """
    codecs.register_error("like it", _like_it)
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by whoever started the command: nobody listens
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115 - for as long as it runs
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            if stream.isatty():
                stream.reconfigure(errors="like it")
            else:
                stream.reconfigure(encoding="utf-8", errors="backslashreplace")  # a pipe on Windows would refuse "×"


def _like_it(error: UnicodeError) -> tuple[str, int]:
    """For signs that the terminal's encoding lacks: letters without accents, plain spaces; else question marks."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    signs = unicodedata.normalize("NFKD", error.object[error.start : error.end].translate(_LIKE_IT))
    plain = "".join(sign for sign in signs if not unicodedata.combining(sign))
    return plain.encode("ascii", "replace").decode("ascii"), error.end


@cache
def _console(stderr: bool) -> Console:
    from rich.console import Console

    console = Console(stderr=stderr, highlight=False)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = WIDTH_IN_FILES
    return console


def say(text: str = "") -> None:
    """A line of the result, on standard output, as it is: no markup, no shortening."""
    _line(_console(stderr=False), text)


def row(text: str) -> None:
    """A line of many, on standard output at once and exactly as it is: for a program that reads along."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def remark(text: str) -> None:
    """A line beside the result, on standard error."""
    _line(_console(stderr=True), text)


def _line(console: Console, text: str) -> None:
    from rich.text import Text

    console.print(Text(text), soft_wrap=not console.is_terminal)


def width() -> int | None:
    """How many signs a line of standard output holds; None where it goes to a file or to another program."""
    console = _console(stderr=False)
    return console.width if console.is_terminal or os.environ.get("COLUMNS") else None


def remark_width() -> int:
    """How many signs a line of standard error holds."""
    return _console(stderr=True).width


def announce(title: str, text: str) -> None:
    """Something that must not be overlooked, in a box of its own, on standard error."""
    from rich import box
    from rich.panel import Panel
    from rich.text import Text

    console = _console(stderr=True)
    body = Text.assemble((title.upper(), "bold"), "\n\n", text)
    width = min(console.width, BOX_WIDTH)
    console.print(Panel(body, box=box.DOUBLE, border_style="bold yellow", padding=(1, 3), width=width))


def show(table: Table) -> None:
    """A table below its title; in a narrow terminal its cells are folded, in a very narrow one each row is a list."""
    from rich import box
    from rich.table import Table as RichTable
    from rich.text import Text

    from fissura.reporting.folding import folded, folded_line

    console = _console(stderr=False)
    for line in folded_line(table.title, console.width):
        console.print(Text(line, style="bold"), no_wrap=True, overflow="ignore", crop=False)
    if not table.rows:
        return
    narrower = folded(table, console.width)
    if narrower is None:
        _show_rows(table, console)
        return
    rendered = RichTable(
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        collapse_padding=True,
        show_header=any(narrower.columns),
        leading=int(sum("\n" in row[0] for row in narrower.rows) > 1),
    )
    for index, column in enumerate(narrower.columns):
        rendered.add_column(column, justify="left" if index < narrower.left else "right", no_wrap=True)
    for row in narrower.rows:
        rendered.add_row(*(Text(cell) for cell in row))
    console.print(rendered)


def _show_rows(table: Table, console: Console) -> None:
    from rich.text import Text

    from fissura.reporting.folding import folded_line

    lines = []
    for row in table.rows:
        lines += ["", *folded_line("  ".join(cell for cell in row[: table.left] if cell), console.width, indent="  ")]
        for column, cell in zip(table.columns[table.left :], row[table.left :], strict=True):
            if cell:
                lines += folded_line(f"  {column}  {'   '.join(cell.splitlines())}", console.width, indent="    ")
    for line in [*lines, ""]:
        console.print(Text(line), no_wrap=True, overflow="ignore", crop=False)


@contextmanager
def progress_bar() -> Iterator[Callable[[str, str, float, float], None]]:
    """A function (key, what, done, total) that draws a bar with the time left; draws nothing when not on a terminal."""
    from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
    from rich.table import Column
    from rich.text import Text

    class Words(ProgressColumn):
        """The one column that is shortened: of what does not fit, the end of the words goes first."""

        def render(self, task: Task) -> Text:
            return Text(task.description, no_wrap=True, overflow="ellipsis")

    console = _console(stderr=True)
    kept = Column(no_wrap=True)
    columns: list[ProgressColumn] = [
        Words(table_column=Column()),
        TextColumn("{task.percentage:>3.0f} %", table_column=kept),
        TimeRemainingColumn(compact=True, elapsed_when_finished=True, table_column=kept.copy()),
    ]
    if console.width >= BAR_FROM:
        columns.insert(1, BarColumn(bar_width=24, table_column=Column(no_wrap=True)))
    tasks: dict[str, TaskID] = {}
    # what is printed meanwhile must go where standard output goes, which need not be this terminal
    alone = not sys.stdout.isatty()
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal, redirect_stdout=not alone
    ) as progress:

        def update(key: str, what: str, done: float, total: float) -> None:
            if key not in tasks:
                tasks[key] = progress.add_task(what, total=total)
            progress.update(tasks[key], description=what, completed=done, total=total)

        yield update
