"""What a person sees on the terminal: tables, warnings in a box, progress with the time left. Used by ``cli`` alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich import box
from rich.console import Console
from rich.panel import Panel
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.table import Table as RichTable
from rich.text import Text

from fissura.language import Language

if TYPE_CHECKING:
    from fissura.reporting.tables import Table

out = Console(highlight=False, soft_wrap=False)
err = Console(stderr=True, highlight=False)


def say(text: str = "") -> None:
    """A line of the result, on standard output, as it is: no markup, no shortening."""
    out.print(Text(text), soft_wrap=not out.is_terminal)


def remark(text: str) -> None:
    """A line beside the result, on standard error."""
    err.print(Text(text), soft_wrap=not err.is_terminal)


def announce(title: str, text: str) -> None:
    """Something that must not be overlooked, in a box of its own, on standard error."""
    body = Text.assemble((title.upper(), "bold"), "\n\n", text)
    err.print(Panel(body, box=box.DOUBLE, border_style="bold yellow", padding=(1, 3), width=min(err.width, 100)))


def show(table: Table) -> None:
    """A table, with its first column to the left and the others to the right."""
    rendered = RichTable(title=table.title, box=box.SIMPLE_HEAD, title_justify="left", title_style="bold")
    for index, column in enumerate(table.columns):
        rendered.add_column(column, justify="left" if index < table.left else "right", overflow="fold")
    for row in table.rows:
        rendered.add_row(*(Text(cell) for cell in row))
    out.print(rendered)


@contextmanager
def progress_bar(language: Language) -> Iterator[Callable[[str, str, float, float], None]]:
    """A function (key, what, done, total) that draws a bar with the time left; draws nothing when not on a terminal."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeRemainingColumn(compact=True, elapsed_when_finished=True),
    )
    tasks: dict[str, TaskID] = {}
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as progress:

        def update(key: str, what: str, done: float, total: float) -> None:
            if key not in tasks:
                tasks[key] = progress.add_task(what, total=total)
            progress.update(tasks[key], description=what, completed=done, total=total)

        yield update
